//! Aggregates that need all values of a group at once, in an order: string_agg, percentiles, mode.
//!
//! Why kept and sorted at the end: their results depend on the order of values, which PostgreSQL sorts per group as well.

use super::{
    super::columns::{self, RowStore, out_of_memory},
    accumulator::{Accumulator, Groups},
};
use crate::{
    Error, ErrorCode,
    logical::AggregateFunction,
    value::{Batch, Column, DataType, Numeric, Value, compare, is_same},
};
use alloc::{rc::Rc, string::String, vec::Vec};
use core::cmp::Ordering;
use pages::order::sort_by;

/// Values of all groups.
pub(crate) struct Collected {
    pub function: AggregateFunction,
    /// Arguments, then sort keys; their types.
    pub types: Vec<DataType>,
    /// How many of the columns are arguments.
    pub args: usize,
    /// Direction of each sort key: descending, nulls first.
    pub order: Vec<(bool, bool)>,
    pub result: DataType,
    rows: RowStore,
    groups: Vec<u32>,
}

impl Collected {
    pub fn new(
        function: AggregateFunction,
        types: Vec<DataType>,
        args: usize,
        order: Vec<(bool, bool)>,
        result: DataType,
    ) -> Self {
        Self {
            function,
            types,
            args,
            order,
            result,
            rows: RowStore::default(),
            groups: Vec::new(),
        }
    }

    fn at(&self, column: usize, row: u32) -> Value {
        match (self.rows.columns.get(column), self.types.get(column)) {
            (Some(values), Some(&data_type)) => columns::value(values, row as usize, data_type),
            _ => Value::Null,
        }
    }

    fn compare(&self, a: u32, b: u32) -> Ordering {
        for (key, &(descending, nulls_first)) in self.order.iter().enumerate() {
            let (x, y) = (self.at(self.args + key, a), self.at(self.args + key, b));
            let ordering = match (x.is_null(), y.is_null()) {
                (true, true) => Ordering::Equal,
                (true, false) if nulls_first => Ordering::Less,
                (true, false) => Ordering::Greater,
                (false, true) if nulls_first => Ordering::Greater,
                (false, true) => Ordering::Less,
                _ if descending => compare(&y, &x),
                _ => compare(&x, &y),
            };
            if ordering.is_ne() {
                return ordering;
            }
        }
        a.cmp(&b)
    }

    fn result(&self, rows: &[u32]) -> Result<Value, Error> {
        match self.function {
            AggregateFunction::StringAgg => {
                let mut text = String::new();
                let mut any = false;
                for &row in rows {
                    let Value::Text(part) = self.at(0, row) else {
                        continue;
                    };
                    if any && let Value::Text(separator) = self.at(1, row) {
                        text.push_str(&separator);
                    }
                    any = true;
                    text.push_str(&part);
                }
                Ok(if any { Value::text(text) } else { Value::Null })
            }
            AggregateFunction::Mode => {
                let mut best: Option<(usize, Value)> = None;
                let mut at = 0;
                let values: Vec<Value> = rows
                    .iter()
                    .map(|&row| self.at(self.args, row))
                    .filter(|value| !value.is_null())
                    .collect();
                while let Some(value) = values.get(at) {
                    let same = values.iter().skip(at).take_while(|v| is_same(v, value));
                    let count = same.count();
                    if best.as_ref().is_none_or(|(most, _)| count > *most) {
                        best = Some((count, value.clone()));
                    }
                    at += count;
                }
                Ok(best.map_or(Value::Null, |(_, value)| value))
            }
            _ => self.percentile(rows),
        }
    }

    fn percentile(&self, rows: &[u32]) -> Result<Value, Error> {
        let values: Vec<Value> = rows
            .iter()
            .map(|&row| self.at(self.args, row))
            .filter(|value| !value.is_null())
            .collect();
        let Some(fraction) = rows.first().and_then(|&row| self.at(0, row).as_f64()) else {
            return Ok(Value::Null);
        };
        if !(0.0..=1.0).contains(&fraction) {
            return Err(Error::new(
                ErrorCode::NumericValueOutOfRange,
                alloc::format!("percentile value {fraction} is not between 0 and 1"),
            ));
        }
        if values.is_empty() {
            return Ok(Value::Null);
        }
        let last = (values.len() - 1) as f64;
        if self.function == AggregateFunction::PercentileDisc {
            let at = (libm::ceil(fraction * values.len() as f64) as usize).saturating_sub(1);
            return Ok(values.get(at).cloned().unwrap_or(Value::Null));
        }
        let position = fraction * last;
        let low = values
            .get(libm::floor(position) as usize)
            .and_then(Value::as_f64);
        let high = values
            .get(libm::ceil(position) as usize)
            .and_then(Value::as_f64);
        Ok(match (low, high) {
            (Some(low), Some(high)) => {
                Value::Float8(low + (high - low) * (position - libm::floor(position)))
            }
            _ => Value::Null,
        })
    }
}

impl Accumulator for Collected {
    fn grow(&mut self, _groups: usize) -> Result<usize, Error> {
        Ok(0)
    }

    fn update(
        &mut self,
        groups: Groups<'_>,
        args: &[Rc<Column>],
        rows: usize,
    ) -> Result<usize, Error> {
        self.groups.try_reserve(rows).map_err(|_| out_of_memory())?;
        for row in 0..rows {
            self.groups.push(groups.of(row) as u32);
        }
        let batch = Batch {
            columns: args.to_vec(),
            rows,
            selection: None,
        };
        Ok(self.rows.append(&batch)? + 4 * rows)
    }

    fn finish(&mut self, from: usize, to: usize) -> Result<Column, Error> {
        let mut rows: Vec<u32> = (0..self.groups.len() as u32)
            .filter(|&row| {
                let group = self.groups.get(row as usize).copied().unwrap_or(0) as usize;
                (from..to).contains(&group)
            })
            .collect();
        let group_of = |row: u32| self.groups.get(row as usize).copied().unwrap_or(0);
        sort_by(&mut rows, |&a, &b| {
            group_of(a)
                .cmp(&group_of(b))
                .then_with(|| self.compare(a, b))
        });
        let mut made = columns::empty(self.result);
        let mut at = 0;
        for group in from..to {
            let start = at;
            while rows
                .get(at)
                .is_some_and(|&row| group_of(row) as usize == group)
            {
                at += 1;
            }
            let value = self.result(rows.get(start..at).unwrap_or(&[]))?;
            columns::push(&mut made, &fit(value, self.result))?;
        }
        Ok(made)
    }

    fn clear(&mut self) {
        self.rows.clear();
        self.groups.clear();
    }
}

/// percentile_cont of a column that is not a float is a float all the same.
fn fit(value: Value, data_type: DataType) -> Value {
    match (value, data_type) {
        (Value::Float8(x), DataType::Numeric(_)) => {
            Numeric::from_f64(x).map_or(Value::Null, Value::Numeric)
        }
        (value, _) => value,
    }
}
