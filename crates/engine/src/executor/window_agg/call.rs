//! One window function: its value for one row after the other.
//!
//! Source: PostgreSQL 15 `windowfuncs.c`; aggregates: `nodeWindowAgg.c`, `eval_windowaggregates`.

use super::{Place, frame::number};
use crate::{
    Error, ErrorCode,
    executor::{
        aggregate::{Accumulator, Groups},
        columns::{self, RowStore},
        scalar::Scalar,
    },
    logical::WindowFunction,
    value::{Column, DataType, Value},
};
use alloc::{boxed::Box, format, rc::Rc, vec::Vec};
use core::ops::Range;

/// A call.
pub(crate) struct WindowFunctionCall {
    pub function: WindowFunction,
    pub args: Vec<Scalar>,
    pub arg_types: Vec<DataType>,
    pub filter: Option<Scalar>,
    /// Position of the first argument among the kept columns.
    pub first: usize,
    /// For aggregates.
    pub accumulator: Option<Box<dyn Accumulator>>,
    pub data_type: DataType,
    /// The values so far.
    pub made: Column,
    /// What the accumulator holds, and its value.
    pub held: Option<(Range<usize>, Value)>,
    pub dense_rank: i64,
    /// ntile: number of buckets.
    pub buckets: Option<i64>,
}

impl WindowFunctionCall {
    /// A partition begins.
    pub fn begin(&mut self) {
        self.held = None;
        self.dense_rank = 0;
        self.buckets = None;
    }

    /// Forgets the first rows, which lie before the partition in work.
    ///
    /// # Errors
    /// Out of memory.
    pub fn forget(&mut self, rows: usize) -> Result<(), Error> {
        let rest: Vec<u32> = (rows..self.made.len()).map(|row| row as u32).collect();
        self.made = columns::gather(&self.made, &rest)?;
        if let Some((held, _)) = &mut self.held {
            *held = held.start - rows..held.end - rows;
        }
        Ok(())
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.begin();
        self.made = columns::empty(self.data_type);
        if let Some(accumulator) = &mut self.accumulator {
            accumulator.clear();
        }
    }

    /// The next row.
    ///
    /// # Errors
    /// Arguments out of range; what an aggregate answers.
    pub fn row(
        &mut self,
        row: usize,
        place: &Place,
        frame: Range<usize>,
        rows: &RowStore,
    ) -> Result<(), Error> {
        if row == place.peers {
            self.dense_rank += 1;
        }
        let value = self.value(row, place, frame, rows)?;
        columns::push(&mut self.made, &value)
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_wrap,
        reason = "rows of a partition are far fewer than 2^53"
    )]
    fn value(
        &mut self,
        row: usize,
        place: &Place,
        frame: Range<usize>,
        rows: &RowStore,
    ) -> Result<Value, Error> {
        let size = place.to - place.from;
        let rank = place.peers - place.from;
        Ok(match self.function {
            WindowFunction::RowNumber => Value::Int8((row - place.from) as i64 + 1),
            WindowFunction::Rank => Value::Int8(rank as i64 + 1),
            WindowFunction::DenseRank => Value::Int8(self.dense_rank),
            WindowFunction::PercentRank if size <= 1 => Value::Float8(0.0),
            WindowFunction::PercentRank => Value::Float8(rank as f64 / (size - 1) as f64),
            WindowFunction::CumeDist => {
                Value::Float8((place.peers_end - place.from) as f64 / size as f64)
            }
            WindowFunction::Ntile => self.ntile(row, place, rows)?,
            WindowFunction::Lag => self.neighbour(row, place, rows, -1),
            WindowFunction::Lead => self.neighbour(row, place, rows, 1),
            WindowFunction::FirstValue => {
                self.at(rows, 0, (!frame.is_empty()).then_some(frame.start))
            }
            WindowFunction::LastValue => {
                self.at(rows, 0, (!frame.is_empty()).then(|| frame.end - 1))
            }
            WindowFunction::NthValue => match self.whole(rows, 1, row) {
                None => Value::Null,
                Some(n) if n <= 0 => {
                    return Err(out_of_range("nth_value", "greater than zero"));
                }
                Some(n) => {
                    let at = usize::try_from(n - 1)
                        .ok()
                        .and_then(|n| frame.start.checked_add(n));
                    self.at(rows, 0, at.filter(|at| frame.contains(at)))
                }
            },
            WindowFunction::Aggregate(_) => self.aggregate(frame, rows)?,
        })
    }

    /// Argument `number` at a row; NULL where there is no such row.
    fn at(&self, rows: &RowStore, number: usize, row: Option<usize>) -> Value {
        let data_type = self.arg_types.get(number).copied();
        match (rows.columns.get(self.first + number), row, data_type) {
            (Some(column), Some(row), Some(data_type)) => columns::value(column, row, data_type),
            _ => Value::Null,
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole numbers of at most 64 bits"
    )]
    fn whole(&self, rows: &RowStore, argument: usize, row: usize) -> Option<i64> {
        number(&self.at(rows, argument, Some(row))).map(|value| value as i64)
    }

    fn neighbour(&self, row: usize, place: &Place, rows: &RowStore, sign: i64) -> Value {
        let distance = if self.arg_types.len() > 1 {
            match self.whole(rows, 1, row) {
                Some(distance) => distance,
                None => return Value::Null,
            }
        } else {
            1
        };
        let wanted = i64::try_from(row)
            .ok()
            .and_then(|row| row.checked_add(distance.checked_mul(sign)?))
            .and_then(|wanted| usize::try_from(wanted).ok())
            .filter(|wanted| (place.from..place.to).contains(wanted));
        match wanted {
            Some(_) => self.at(rows, 0, wanted),
            None => self.at(rows, 2, Some(row)),
        }
    }

    #[expect(clippy::cast_possible_wrap, reason = "rows are fewer than 2^63")]
    fn ntile(&mut self, row: usize, place: &Place, rows: &RowStore) -> Result<Value, Error> {
        if self.buckets.is_none() {
            self.buckets = self.whole(rows, 0, row);
        }
        let Some(buckets) = self.buckets else {
            return Ok(Value::Null);
        };
        if buckets <= 0 {
            return Err(out_of_range("ntile", "greater than zero"));
        }
        let (size, at) = ((place.to - place.from) as i64, (row - place.from) as i64);
        let (each, larger) = (size / buckets, size % buckets);
        // The first `larger` buckets have one row more.
        let bucket = if at < larger * (each + 1) {
            at / (each + 1)
        } else {
            larger + (at - larger * (each + 1)) / each.max(1)
        };
        let bucket = i32::try_from(bucket + 1).unwrap_or(i32::MAX);
        Ok(Value::Int4(bucket))
    }

    /// The aggregate over the frame. A frame that only grew takes the new rows in, any other is counted anew.
    fn aggregate(&mut self, frame: Range<usize>, rows: &RowStore) -> Result<Value, Error> {
        let taken = match &self.held {
            Some((held, value)) if *held == frame => return Ok(value.clone()),
            Some((held, _)) if held.start == frame.start && held.end <= frame.end => held.end,
            _ => frame.start,
        };
        let Some(accumulator) = &mut self.accumulator else {
            return Ok(Value::Null);
        };
        if taken == frame.start {
            accumulator.clear();
            accumulator.grow(1)?;
        }
        let flag = self
            .filter
            .as_ref()
            .and_then(|_| rows.columns.get(self.first + self.args.len()));
        let new: Vec<u32> = (taken..frame.end)
            .filter(|&row| {
                flag.is_none_or(|flag| {
                    columns::value(flag, row, DataType::Bool) == Value::Bool(true)
                })
            })
            .map(|row| row as u32)
            .collect();
        if !new.is_empty() {
            let mut args = Vec::with_capacity(self.args.len());
            let own = rows.columns.iter().skip(self.first).take(self.args.len());
            for column in own {
                args.push(Rc::new(columns::gather(column, &new)?));
            }
            accumulator.update(Groups::One, &args, new.len())?;
        }
        let value = columns::value(&accumulator.finish(0, 1)?, 0, self.data_type);
        self.held = Some((frame, value.clone()));
        Ok(value)
    }
}

fn out_of_range(function: &str, what: &str) -> Error {
    Error::new(
        ErrorCode::InvalidParameterValue,
        format!("argument of {function} must be {what}"),
    )
}
