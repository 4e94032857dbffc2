//! Functions in FROM: `generate_series` and `unnest` of a list.

use super::{
    columns,
    operator::{Budget, ExecContext, Operator, Step, pause_if_spent},
    scalar::Scalar,
};
use crate::{
    Error, ErrorCode,
    value::{Batch, Column, ColumnData, DataType, Interval, NullMask, Numeric, Value},
};
use alloc::{rc::Rc, vec::Vec};

/// `generate_series(start, stop[, step])` of whole numbers, numerics, dates and timestamps.
pub(crate) struct GenerateSeries {
    pub args: Vec<Scalar>,
    pub data_type: DataType,
    pub state: Option<Series>,
}

/// Where a series is.
pub(crate) enum Series {
    Empty,
    Whole {
        next: Option<i64>,
        stop: i64,
        step: i64,
    },
    Numeric {
        next: Numeric,
        stop: Numeric,
        step: Numeric,
    },
    Time {
        next: i64,
        stop: i64,
        step: Interval,
    },
}

fn zero_step() -> Error {
    Error::new(
        ErrorCode::InvalidParameterValue,
        "step size cannot equal zero",
    )
}

impl GenerateSeries {
    fn open(&self, cx: &ExecContext<'_>) -> Result<Series, Error> {
        let mut values = Vec::with_capacity(self.args.len());
        for arg in &self.args {
            values.push(arg.value(cx)?);
        }
        if values.iter().any(Value::is_null) {
            return Ok(Series::Empty);
        }
        let mut values = values.into_iter();
        let (start, stop, step) = (values.next(), values.next(), values.next());
        Ok(match (start, stop, step) {
            (Some(Value::Numeric(next)), Some(Value::Numeric(stop)), step) => {
                let step = match step {
                    Some(Value::Numeric(step)) => step,
                    _ => Numeric::from_i64(1),
                };
                if step.is_zero() {
                    return Err(zero_step());
                }
                Series::Numeric { next, stop, step }
            }
            (
                Some(Value::Timestamp(next)),
                Some(Value::Timestamp(stop)),
                Some(Value::Interval(step)),
            ) => {
                if crate::value::compare::interval_micros(step) == 0 {
                    return Err(zero_step());
                }
                Series::Time { next, stop, step }
            }
            (Some(start), Some(stop), step) => {
                let (Some(next), Some(stop)) = (start.as_i64(), stop.as_i64()) else {
                    return Err(Error::new(
                        ErrorCode::FeatureNotSupported,
                        "generate_series of this type is not supported",
                    ));
                };
                let step = step.and_then(|step| step.as_i64()).unwrap_or(1);
                if step == 0 {
                    return Err(zero_step());
                }
                Series::Whole {
                    next: Some(next),
                    stop,
                    step,
                }
            }
            _ => Series::Empty,
        })
    }
}

impl Operator for GenerateSeries {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        pause_if_spent!(budget);
        if self.state.is_none() {
            self.state = Some(self.open(cx)?);
        }
        let limit = budget.batch_rows().min(budget.left().max(1));
        let data = match &mut self.state {
            None | Some(Series::Empty) => return Ok(Step::Done),
            Some(Series::Whole { next, stop, step }) => {
                let mut values = Vec::with_capacity(limit);
                while let Some(value) = *next
                    && values.len() < limit
                {
                    if (*step > 0 && value > *stop) || (*step < 0 && value < *stop) {
                        break;
                    }
                    values.push(value);
                    *next = value.checked_add(*step);
                }
                match self.data_type {
                    DataType::Int4 => {
                        ColumnData::Int4(values.into_iter().map(|value| value as i32).collect())
                    }
                    _ => ColumnData::Int8(values),
                }
            }
            Some(Series::Numeric { next, stop, step }) => {
                let mut values = Vec::with_capacity(limit);
                while values.len() < limit {
                    let order = next.compare(*stop);
                    if (step.mantissa > 0 && order.is_gt()) || (step.mantissa < 0 && order.is_lt())
                    {
                        break;
                    }
                    values.push(*next);
                    *next = next.add(*step)?;
                }
                ColumnData::Numeric(values)
            }
            Some(Series::Time { next, stop, step }) => {
                let forward = crate::value::compare::interval_micros(*step) > 0;
                let mut values = Vec::with_capacity(limit);
                while values.len() < limit {
                    if (forward && *next > *stop) || (!forward && *next < *stop) {
                        break;
                    }
                    values.push(*next);
                    *next = crate::value::datetime::add_interval_to_timestamp(*next, *step)?;
                }
                ColumnData::Timestamp(values)
            }
        };
        let rows = data.len();
        if rows == 0 {
            return Ok(Step::Done);
        }
        budget.spend(rows);
        Ok(Step::Batch(Batch {
            columns: alloc::vec![Rc::new(Column {
                data,
                nulls: NullMask::default(),
            })],
            rows,
            selection: None,
        }))
    }

    fn rescan(&mut self, _cx: &mut ExecContext<'_>) {
        self.state = None;
    }
}

/// `unnest(ARRAY[…])`: its elements as rows.
pub(crate) struct Unnest {
    pub elements: Vec<Scalar>,
    pub data_type: DataType,
    pub given: bool,
}

impl Operator for Unnest {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        if core::mem::replace(&mut self.given, true) || self.elements.is_empty() {
            return Ok(Step::Done);
        }
        let mut column = columns::empty(self.data_type);
        for element in &self.elements {
            columns::push(&mut column, &element.value(cx)?)?;
        }
        budget.spend(self.elements.len());
        Ok(Step::Batch(Batch::made(
            alloc::vec![column],
            self.elements.len(),
        )))
    }

    fn rescan(&mut self, _cx: &mut ExecContext<'_>) {
        self.given = false;
    }
}
