//! Accumulators: one aggregate's state for all groups, fed column by column.
//!
//! Why one object for all groups and not one for each: the loop over a batch then runs over typed vectors, and a group is a number.

use super::super::columns::{self, out_of_memory};
use crate::{
    Error, ErrorCode,
    value::{Column, ColumnData, Interval, NullMask, Numeric},
};
use alloc::{rc::Rc, vec::Vec};
use pages::loops;

/// Which group each row of a batch belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Groups<'g> {
    /// All rows to group 0.
    One,
    /// One number a row.
    Each(&'g [u32]),
}

impl Groups<'_> {
    #[inline]
    pub fn of(&self, row: usize) -> usize {
        match self {
            Self::One => 0,
            Self::Each(groups) => groups.get(row).copied().unwrap_or(0) as usize,
        }
    }
}

/// One aggregate's state.
pub(crate) trait Accumulator {
    /// Makes room for `groups` groups; returns by how many bytes it grew.
    ///
    /// # Errors
    /// Out of memory.
    fn grow(&mut self, groups: usize) -> Result<usize, Error>;

    /// Takes in `rows` rows. `args` are the aggregate's arguments, without selection.
    ///
    /// # Errors
    /// Overflow; out of memory.
    fn update(
        &mut self,
        groups: Groups<'_>,
        args: &[Rc<Column>],
        rows: usize,
    ) -> Result<usize, Error>;

    /// The values of groups `from..to`.
    ///
    /// # Errors
    /// Overflow; out of memory.
    fn finish(&mut self, from: usize, to: usize) -> Result<Column, Error>;

    /// Forgets all groups.
    fn clear(&mut self);
}

pub(crate) fn resize<T: Clone>(vec: &mut Vec<T>, len: usize, value: T) -> Result<usize, Error> {
    let more = len.saturating_sub(vec.len());
    vec.try_reserve(more).map_err(|_| out_of_memory())?;
    vec.resize(len.max(vec.len()), value);
    Ok(more * core::mem::size_of::<T>())
}

/// A column from values and the groups that have none.
pub(crate) fn column(data: ColumnData, nulls: Vec<bool>) -> Column {
    let nulls = if nulls.iter().any(|&null| null) {
        nulls
    } else {
        Vec::new()
    };
    Column {
        data,
        nulls: NullMask(nulls),
    }
}

fn overflow(what: &str) -> Error {
    Error::new(
        ErrorCode::NumericValueOutOfRange,
        alloc::format!("{what} out of range"),
    )
}

/// count(*), count(x)
#[derive(Default)]
pub(crate) struct Count {
    counts: Vec<i64>,
}

impl Accumulator for Count {
    fn grow(&mut self, groups: usize) -> Result<usize, Error> {
        resize(&mut self.counts, groups, 0)
    }

    fn update(
        &mut self,
        groups: Groups<'_>,
        args: &[Rc<Column>],
        rows: usize,
    ) -> Result<usize, Error> {
        let nulls: &[bool] = args.first().map_or(&[], |arg| &arg.nulls.0);
        match groups {
            Groups::One => {
                let null = nulls.iter().filter(|&&null| null).count();
                if let Some(count) = self.counts.first_mut() {
                    *count += (rows - null) as i64;
                }
            }
            Groups::Each(groups) if nulls.is_empty() => {
                loops::count_groups(&mut self.counts, groups);
            }
            Groups::Each(groups) => {
                for (&group, &null) in groups.iter().zip(nulls) {
                    if let Some(count) = self.counts.get_mut(group as usize) {
                        *count += i64::from(!null);
                    }
                }
            }
        }
        Ok(0)
    }

    fn finish(&mut self, from: usize, to: usize) -> Result<Column, Error> {
        let counts = self.counts.get(from..to).unwrap_or(&[]).to_vec();
        Ok(column(ColumnData::Int8(counts), Vec::new()))
    }

    fn clear(&mut self) {
        self.counts.clear();
    }
}

/// A sum and a count for each group.
struct Counted<T> {
    sums: Vec<T>,
    counts: Vec<i64>,
}

impl<T: Clone + Default> Counted<T> {
    const fn new() -> Self {
        Self {
            sums: Vec::new(),
            counts: Vec::new(),
        }
    }

    fn grow(&mut self, groups: usize) -> Result<usize, Error> {
        Ok(resize(&mut self.sums, groups, T::default())? + resize(&mut self.counts, groups, 0)?)
    }

    #[inline]
    fn of(&mut self, group: usize) -> Option<(&mut T, &mut i64)> {
        self.sums.get_mut(group).zip(self.counts.get_mut(group))
    }

    /// Sums and counts of groups `from..to`.
    fn part(&self, from: usize, to: usize) -> (&[T], &[i64]) {
        (
            self.sums.get(from..to).unwrap_or(&[]),
            self.counts.get(from..to).unwrap_or(&[]),
        )
    }

    fn clear(&mut self) {
        self.sums.clear();
        self.counts.clear();
    }
}

/// Groups without a value have no sum.
fn no_values(counts: &[i64]) -> Vec<bool> {
    counts.iter().map(|&count| count == 0).collect()
}

/// What is made of a sum and a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mean {
    /// sum(x)
    Sum,
    /// avg(x)
    Average,
}

/// sum and avg of whole numbers. The sum of integers is a bigint, that of bigints and every average a numeric.
pub(crate) struct WholeSum {
    pub mean: Mean,
    /// Whether a sum is a bigint.
    pub narrow: bool,
    groups: Counted<i128>,
}

impl WholeSum {
    pub fn new(mean: Mean, narrow: bool) -> Self {
        Self {
            mean,
            narrow,
            groups: Counted::new(),
        }
    }

    fn add<T: Copy + Into<i64>>(&mut self, values: &[T], nulls: &[bool], groups: Groups<'_>) {
        match groups {
            Groups::One => {
                let mut sum = 0i128;
                let mut count = 0i64;
                if nulls.is_empty() {
                    // 1,024 values of 32 bits cannot overflow 64; of 64 bits they can, so halves are summed apart.
                    let (mut low, mut high) = (0u64, 0i64);
                    for &value in values {
                        let value: i64 = value.into();
                        low += (value as u64) & 0xFFFF_FFFF;
                        high += value >> 32;
                    }
                    sum = (i128::from(high) << 32) + i128::from(low);
                    count = values.len() as i64;
                } else {
                    for (&value, &null) in values.iter().zip(nulls) {
                        if !null {
                            sum += i128::from(value.into());
                            count += 1;
                        }
                    }
                }
                if let Some((s, c)) = self.groups.of(0) {
                    *s += sum;
                    *c += count;
                }
            }
            Groups::Each(groups) => {
                for (row, (&value, &group)) in values.iter().zip(groups).enumerate() {
                    if nulls.get(row).copied().unwrap_or(false) {
                        continue;
                    }
                    let group = group as usize;
                    if let Some((s, c)) = self.groups.of(group) {
                        *s += i128::from(value.into());
                        *c += 1;
                    }
                }
            }
        }
    }
}

impl Accumulator for WholeSum {
    fn grow(&mut self, groups: usize) -> Result<usize, Error> {
        self.groups.grow(groups)
    }

    fn update(
        &mut self,
        groups: Groups<'_>,
        args: &[Rc<Column>],
        _rows: usize,
    ) -> Result<usize, Error> {
        if let Some(arg) = args.first() {
            let nulls = &arg.nulls.0;
            match (&arg.data, groups) {
                (ColumnData::Int4(v), Groups::One) if nulls.is_empty() => {
                    if let Some((sum, count)) = self.groups.of(0) {
                        *sum += i128::from(loops::sum_i32(v));
                        *count += v.len() as i64;
                    }
                    return Ok(0);
                }
                (ColumnData::Int4(v), Groups::Each(each)) if nulls.is_empty() => {
                    let Counted { sums, counts } = &mut self.groups;
                    loops::add_to_groups_i32(sums, counts, v, each);
                    return Ok(0);
                }
                _ => {}
            }
            match &arg.data {
                ColumnData::Int2(v) => self.add(v, nulls, groups),
                ColumnData::Int4(v) => self.add(v, nulls, groups),
                ColumnData::Int8(v) => self.add(v, nulls, groups),
                _ => {}
            }
        }
        Ok(0)
    }

    fn finish(&mut self, from: usize, to: usize) -> Result<Column, Error> {
        let (sums, counts) = self.groups.part(from, to);
        let nulls = no_values(counts);
        if self.mean == Mean::Sum && self.narrow {
            let mut values = Vec::with_capacity(sums.len());
            for &sum in sums {
                values.push(i64::try_from(sum).map_err(|_| overflow("bigint"))?);
            }
            return Ok(column(ColumnData::Int8(values), nulls));
        }
        let mut values = Vec::with_capacity(sums.len());
        for (&sum, &count) in sums.iter().zip(counts) {
            let sum = Numeric::new(sum, 0);
            values.push(match self.mean {
                Mean::Sum => sum,
                Mean::Average if count == 0 => sum,
                Mean::Average => sum.div(Numeric::from_i64(count))?,
            });
        }
        Ok(column(ColumnData::Numeric(values), nulls))
    }

    fn clear(&mut self) {
        self.groups.clear();
    }
}

/// sum and avg of numerics.
pub(crate) struct NumericSum {
    mean: Mean,
    groups: Counted<Numeric>,
}

impl NumericSum {
    pub fn new(mean: Mean) -> Self {
        Self {
            mean,
            groups: Counted::new(),
        }
    }
}

impl Accumulator for NumericSum {
    fn grow(&mut self, groups: usize) -> Result<usize, Error> {
        self.groups.grow(groups)
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
        let ColumnData::Numeric(values) = &arg.data else {
            return Ok(0);
        };
        for (row, &value) in values.iter().enumerate().take(rows) {
            if columns::is_null(arg, row) {
                continue;
            }
            let group = groups.of(row);
            if let Some((sum, count)) = self.groups.of(group) {
                *sum = match sum.mantissa.checked_add(value.mantissa) {
                    Some(mantissa) if sum.scale == value.scale => Numeric::new(mantissa, sum.scale),
                    _ => sum.add(value)?,
                };
                *count += 1;
            }
        }
        Ok(0)
    }

    fn finish(&mut self, from: usize, to: usize) -> Result<Column, Error> {
        let (sums, counts) = self.groups.part(from, to);
        let nulls = no_values(counts);
        let mut values = Vec::with_capacity(sums.len());
        for (&sum, &count) in sums.iter().zip(counts) {
            values.push(match self.mean {
                Mean::Average if count > 0 => sum.div(Numeric::from_i64(count))?,
                _ => sum,
            });
        }
        Ok(column(ColumnData::Numeric(values), nulls))
    }

    fn clear(&mut self) {
        self.groups.clear();
    }
}

/// sum and avg of floats; the sum of reals is a real.
pub(crate) struct FloatSum {
    mean: Mean,
    single: bool,
    groups: Counted<f64>,
}

impl FloatSum {
    pub fn new(mean: Mean, single: bool) -> Self {
        Self {
            mean,
            single,
            groups: Counted::new(),
        }
    }
}

/// The row as a double; whole numbers and numerics too.
pub(crate) fn as_f64(column: &Column, row: usize) -> f64 {
    match &column.data {
        ColumnData::Float8(v) => v.get(row).copied().unwrap_or(0.0),
        ColumnData::Float4(v) => f64::from(v.get(row).copied().unwrap_or(0.0)),
        ColumnData::Int2(v) => f64::from(v.get(row).copied().unwrap_or(0)),
        ColumnData::Int4(v) => f64::from(v.get(row).copied().unwrap_or(0)),
        ColumnData::Int8(v) => v.get(row).copied().unwrap_or(0) as f64,
        ColumnData::Numeric(v) => v.get(row).map_or(0.0, |x| x.to_f64()),
        _ => 0.0,
    }
}

impl Accumulator for FloatSum {
    fn grow(&mut self, groups: usize) -> Result<usize, Error> {
        self.groups.grow(groups)
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
            let group = groups.of(row);
            if let Some((sum, count)) = self.groups.of(group) {
                *sum += as_f64(arg, row);
                *count += 1;
            }
        }
        Ok(0)
    }

    fn finish(&mut self, from: usize, to: usize) -> Result<Column, Error> {
        let (sums, counts) = self.groups.part(from, to);
        let nulls = no_values(counts);
        let values: Vec<f64> = sums
            .iter()
            .zip(counts)
            .map(|(&sum, &count)| match self.mean {
                Mean::Sum => sum,
                Mean::Average => sum / count as f64,
            })
            .collect();
        if self.single && self.mean == Mean::Sum {
            let values = values.into_iter().map(|value| value as f32).collect();
            return Ok(column(ColumnData::Float4(values), nulls));
        }
        Ok(column(ColumnData::Float8(values), nulls))
    }

    fn clear(&mut self) {
        self.groups.clear();
    }
}

/// sum and avg of intervals.
pub(crate) struct IntervalSum {
    mean: Mean,
    groups: Counted<Interval>,
}

impl IntervalSum {
    pub fn new(mean: Mean) -> Self {
        Self {
            mean,
            groups: Counted::new(),
        }
    }
}

impl Accumulator for IntervalSum {
    fn grow(&mut self, groups: usize) -> Result<usize, Error> {
        self.groups.grow(groups)
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
        let ColumnData::Interval(values) = &arg.data else {
            return Ok(0);
        };
        for (row, value) in values.iter().enumerate().take(rows) {
            if columns::is_null(arg, row) {
                continue;
            }
            let group = groups.of(row);
            if let Some((sum, count)) = self.groups.of(group) {
                let out = || overflow("interval");
                sum.months = sum.months.checked_add(value.months).ok_or_else(out)?;
                sum.days = sum.days.checked_add(value.days).ok_or_else(out)?;
                sum.micros = sum.micros.checked_add(value.micros).ok_or_else(out)?;
                *count += 1;
            }
        }
        Ok(0)
    }

    fn finish(&mut self, from: usize, to: usize) -> Result<Column, Error> {
        let (sums, counts) = self.groups.part(from, to);
        let nulls = no_values(counts);
        let mut values = Vec::with_capacity(sums.len());
        for (&sum, &count) in sums.iter().zip(counts) {
            values.push(match self.mean {
                Mean::Average if count > 0 => divide_interval(sum, count),
                _ => sum,
            });
        }
        Ok(column(ColumnData::Interval(values), nulls))
    }

    fn clear(&mut self) {
        self.groups.clear();
    }
}

/// Whole months, then the rest as days (30 to a month), then the rest as time.
fn divide_interval(sum: Interval, count: i64) -> Interval {
    let day = crate::value::compare::MICROS_PER_DAY;
    let months = i64::from(sum.months) / count;
    let day_micros = (i128::from(sum.months) % i128::from(count)) * 30 * i128::from(day)
        / i128::from(count)
        + i128::from(sum.days) * i128::from(day) / i128::from(count);
    let days = day_micros / i128::from(day);
    let micros = day_micros % i128::from(day) + i128::from(sum.micros / count);
    Interval {
        months: months as i32,
        days: days as i32,
        micros: micros as i64,
    }
}
