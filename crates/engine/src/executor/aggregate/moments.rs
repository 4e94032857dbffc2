//! Accumulators over powers and products of numbers, over booleans and bits.
//!
//! Method for floats: Youngs and Cramer's updating formulas, as PostgreSQL's `float8_accum` and `float8_regr_accum`; for whole
//! numbers and numerics the sums of values and squares, as `numeric_stddev_internal`.

use super::{
    super::columns,
    accumulator::{Accumulator, Groups, as_f64, column, resize},
};
use crate::{
    Error,
    logical::AggregateFunction,
    value::{Column, ColumnData, Numeric},
};
use alloc::{rc::Rc, vec::Vec};

#[derive(Clone, Copy, Debug, Default)]
struct Pair {
    n: f64,
    sx: f64,
    sxx: f64,
    sy: f64,
    syy: f64,
    sxy: f64,
}

/// Variances of floats, and correlation and covariance.
pub(crate) struct FloatMoments {
    function: AggregateFunction,
    groups: Vec<Pair>,
}

impl FloatMoments {
    pub fn new(function: AggregateFunction) -> Self {
        Self {
            function,
            groups: Vec::new(),
        }
    }

    fn result(&self, pair: Pair) -> Option<f64> {
        let sample = (pair.n > 1.0).then_some(pair.n - 1.0);
        match self.function {
            AggregateFunction::VarSamp => sample.map(|n| pair.sxx / n),
            AggregateFunction::StddevSamp => sample.map(|n| libm::sqrt(pair.sxx / n)),
            AggregateFunction::VarPop => (pair.n > 0.0).then(|| pair.sxx / pair.n),
            AggregateFunction::StddevPop => (pair.n > 0.0).then(|| libm::sqrt(pair.sxx / pair.n)),
            AggregateFunction::CovarSamp => sample.map(|n| pair.sxy / n),
            AggregateFunction::CovarPop => (pair.n > 0.0).then(|| pair.sxy / pair.n),
            _ => (pair.sxx > 0.0 && pair.syy > 0.0)
                .then(|| pair.sxy / libm::sqrt(pair.sxx * pair.syy)),
        }
    }
}

impl Accumulator for FloatMoments {
    fn grow(&mut self, groups: usize) -> Result<usize, Error> {
        resize(&mut self.groups, groups, Pair::default())
    }

    fn update(
        &mut self,
        groups: Groups<'_>,
        args: &[Rc<Column>],
        rows: usize,
    ) -> Result<usize, Error> {
        // corr(y, x): the first argument is the dependent one.
        let (x, y) = match args {
            [x] => (x, x),
            [y, x] => (x, y),
            _ => return Ok(0),
        };
        for row in 0..rows {
            if columns::is_null(x, row) || columns::is_null(y, row) {
                continue;
            }
            let Some(pair) = self.groups.get_mut(groups.of(row)) else {
                continue;
            };
            let (vx, vy) = (as_f64(x, row), as_f64(y, row));
            pair.n += 1.0;
            pair.sx += vx;
            pair.sy += vy;
            if pair.n > 1.0 {
                let dx = vx * pair.n - pair.sx;
                let dy = vy * pair.n - pair.sy;
                let scale = 1.0 / (pair.n * (pair.n - 1.0));
                pair.sxx += dx * dx * scale;
                pair.syy += dy * dy * scale;
                pair.sxy += dx * dy * scale;
            }
        }
        Ok(0)
    }

    fn finish(&mut self, from: usize, to: usize) -> Result<Column, Error> {
        let found: Vec<Option<f64>> = self
            .groups
            .get(from..to)
            .unwrap_or(&[])
            .iter()
            .map(|&pair| self.result(pair))
            .collect();
        let nulls = found.iter().map(Option::is_none).collect();
        let values = found.into_iter().map(|v| v.unwrap_or(0.0)).collect();
        Ok(column(ColumnData::Float8(values), nulls))
    }

    fn clear(&mut self) {
        self.groups.clear();
    }
}

/// Variances of whole numbers and numerics, which are numerics.
pub(crate) struct NumericMoments {
    function: AggregateFunction,
    groups: Vec<(i64, Numeric, Numeric)>,
}

impl NumericMoments {
    pub fn new(function: AggregateFunction) -> Self {
        Self {
            function,
            groups: Vec::new(),
        }
    }

    fn result(&self, (n, sum, squares): (i64, Numeric, Numeric)) -> Result<Option<Numeric>, Error> {
        let sample = matches!(
            self.function,
            AggregateFunction::VarSamp | AggregateFunction::StddevSamp
        );
        if n == 0 || (sample && n == 1) {
            return Ok(None);
        }
        let count = Numeric::from_i64(n);
        // (n·Σx² − (Σx)²) / (n·n or n·(n − 1))
        let upper = count.mul(squares)?.sub(sum.mul(sum)?)?;
        if upper.mantissa <= 0 {
            return Ok(Some(Numeric::new(0, 0)));
        }
        let lower = count.mul(if sample {
            Numeric::from_i64(n - 1)
        } else {
            count
        })?;
        let variance = upper.div(lower)?;
        Ok(Some(match self.function {
            AggregateFunction::StddevSamp | AggregateFunction::StddevPop => variance.sqrt()?,
            _ => variance,
        }))
    }
}

fn as_numeric(column: &Column, row: usize) -> Numeric {
    match &column.data {
        ColumnData::Int2(v) => Numeric::from_i64(v.get(row).map_or(0, |&x| i64::from(x))),
        ColumnData::Int4(v) => Numeric::from_i64(v.get(row).map_or(0, |&x| i64::from(x))),
        ColumnData::Int8(v) => Numeric::from_i64(v.get(row).copied().unwrap_or(0)),
        ColumnData::Numeric(v) => v.get(row).copied().unwrap_or(Numeric::new(0, 0)),
        _ => Numeric::new(0, 0),
    }
}

impl Accumulator for NumericMoments {
    fn grow(&mut self, groups: usize) -> Result<usize, Error> {
        let zero = Numeric::new(0, 0);
        resize(&mut self.groups, groups, (0, zero, zero))
    }

    fn update(
        &mut self,
        groups: Groups<'_>,
        args: &[Rc<Column>],
        rows: usize,
    ) -> Result<usize, Error> {
        let Some(arg) = args.first() else {
            return Ok(0);
        };
        for row in 0..rows {
            if columns::is_null(arg, row) {
                continue;
            }
            if let Some((n, sum, squares)) = self.groups.get_mut(groups.of(row)) {
                let value = as_numeric(arg, row);
                *n += 1;
                *sum = sum.add(value)?;
                *squares = squares.add(value.mul(value)?)?;
            }
        }
        Ok(0)
    }

    fn finish(&mut self, from: usize, to: usize) -> Result<Column, Error> {
        let mut values = Vec::new();
        let mut nulls = Vec::new();
        for &group in self.groups.get(from..to).unwrap_or(&[]) {
            let found = self.result(group)?;
            nulls.push(found.is_none());
            values.push(found.unwrap_or(Numeric::new(0, 0)));
        }
        Ok(column(ColumnData::Numeric(values), nulls))
    }

    fn clear(&mut self) {
        self.groups.clear();
    }
}

/// bool_and, bool_or, bit_and, bit_or: each value is combined with what there is.
pub(crate) struct Bits {
    function: AggregateFunction,
    groups: Vec<Option<i64>>,
    like: Option<ColumnData>,
}

impl Bits {
    /// `like` says of which type the result is.
    pub fn new(function: AggregateFunction, like: ColumnData) -> Self {
        Self {
            function,
            groups: Vec::new(),
            like: Some(like),
        }
    }
}

impl Accumulator for Bits {
    fn grow(&mut self, groups: usize) -> Result<usize, Error> {
        resize(&mut self.groups, groups, None)
    }

    fn update(
        &mut self,
        groups: Groups<'_>,
        args: &[Rc<Column>],
        rows: usize,
    ) -> Result<usize, Error> {
        let Some(arg) = args.first() else {
            return Ok(0);
        };
        for row in 0..rows {
            if columns::is_null(arg, row) {
                continue;
            }
            let value = match &arg.data {
                ColumnData::Bool(v) => i64::from(v.get(row).copied().unwrap_or(false)),
                ColumnData::Int2(v) => v.get(row).map_or(0, |&x| i64::from(x)),
                ColumnData::Int4(v) => v.get(row).map_or(0, |&x| i64::from(x)),
                ColumnData::Int8(v) => v.get(row).copied().unwrap_or(0),
                _ => 0,
            };
            if let Some(state) = self.groups.get_mut(groups.of(row)) {
                *state = Some(match (*state, self.function) {
                    (None, _) => value,
                    (Some(old), AggregateFunction::BoolAnd | AggregateFunction::BitAnd) => {
                        old & value
                    }
                    (Some(old), _) => old | value,
                });
            }
        }
        Ok(0)
    }

    fn finish(&mut self, from: usize, to: usize) -> Result<Column, Error> {
        let found = self.groups.get(from..to).unwrap_or(&[]);
        let nulls = found.iter().map(Option::is_none).collect();
        let values = found.iter().map(|value| value.unwrap_or(0));
        let data = match &self.like {
            Some(ColumnData::Int2(_)) => ColumnData::Int2(values.map(|x| x as i16).collect()),
            Some(ColumnData::Int4(_)) => ColumnData::Int4(values.map(|x| x as i32).collect()),
            Some(ColumnData::Int8(_)) => ColumnData::Int8(values.collect()),
            _ => ColumnData::Bool(values.map(|x| x != 0).collect()),
        };
        Ok(column(data, nulls))
    }

    fn clear(&mut self) {
        self.groups.clear();
    }
}
