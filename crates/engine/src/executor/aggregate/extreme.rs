//! min, max and any_value, one loop per physical type.

use super::{
    super::columns::{self, text_at},
    accumulator::{Accumulator, Groups, column, resize},
};
use crate::{
    Error,
    value::{Column, ColumnData, DataType, Interval, Numeric, TextData},
};
use alloc::{boxed::Box, rc::Rc, vec::Vec};

/// Whether the smallest or the largest is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extreme {
    Min,
    Max,
    /// any_value: the first.
    First,
}

/// min, max, any_value of one fixed-width type.
struct FixedExtreme<T> {
    extreme: Extreme,
    values: Vec<T>,
    found: Vec<bool>,
    zero: T,
    less: fn(&T, &T) -> bool,
    read: fn(&ColumnData) -> Option<&[T]>,
    wrap: fn(Vec<T>) -> ColumnData,
}

impl<T: Copy> Accumulator for FixedExtreme<T> {
    fn grow(&mut self, groups: usize) -> Result<usize, Error> {
        Ok(resize(&mut self.values, groups, self.zero)? + resize(&mut self.found, groups, false)?)
    }

    fn update(
        &mut self,
        groups: Groups<'_>,
        args: &[Rc<Column>],
        rows: usize,
    ) -> Result<usize, Error> {
        let Some((arg, values)) = args
            .first()
            .and_then(|arg| (self.read)(&arg.data).map(|values| (arg, values)))
        else {
            return Ok(0);
        };
        for (row, value) in values.iter().enumerate().take(rows) {
            if columns::is_null(arg, row) {
                continue;
            }
            let group = groups.of(row);
            if let (Some(best), Some(found)) =
                (self.values.get_mut(group), self.found.get_mut(group))
            {
                let better = match self.extreme {
                    Extreme::Min => (self.less)(value, best),
                    Extreme::Max => (self.less)(best, value),
                    Extreme::First => false,
                };
                if !*found || better {
                    *best = *value;
                    *found = true;
                }
            }
        }
        Ok(0)
    }

    fn finish(&mut self, from: usize, to: usize) -> Result<Column, Error> {
        let values = self.values.get(from..to).unwrap_or(&[]).to_vec();
        let found = self.found.get(from..to).unwrap_or(&[]);
        Ok(column(
            (self.wrap)(values),
            found.iter().map(|&found| !found).collect(),
        ))
    }

    fn clear(&mut self) {
        self.values.clear();
        self.found.clear();
    }
}

/// min, max, any_value of texts.
struct TextExtreme {
    extreme: Extreme,
    values: Vec<Option<Vec<u8>>>,
}

impl Accumulator for TextExtreme {
    fn grow(&mut self, groups: usize) -> Result<usize, Error> {
        resize(&mut self.values, groups, None)
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
        let ColumnData::Text(texts) = &arg.data else {
            return Ok(0);
        };
        let mut grown = 0;
        for row in 0..rows {
            if columns::is_null(arg, row) {
                continue;
            }
            let text = text_at(texts, row);
            if let Some(best) = self.values.get_mut(groups.of(row)) {
                let better = match (&best, self.extreme) {
                    (None, _) => true,
                    (Some(best), Extreme::Min) => text < best.as_slice(),
                    (Some(best), Extreme::Max) => text > best.as_slice(),
                    (Some(_), Extreme::First) => false,
                };
                if better {
                    let place = best.get_or_insert_default();
                    grown += text.len().saturating_sub(place.len());
                    place.clear();
                    place.extend_from_slice(text);
                }
            }
        }
        Ok(grown)
    }

    fn finish(&mut self, from: usize, to: usize) -> Result<Column, Error> {
        let values = self.values.get(from..to).unwrap_or(&[]);
        let mut texts = TextData {
            offsets: alloc::vec![0],
            bytes: Vec::new(),
        };
        for value in values {
            columns::push_text(&mut texts, value.as_deref().unwrap_or(&[]))?;
        }
        Ok(column(
            ColumnData::Text(texts),
            values.iter().map(Option::is_none).collect(),
        ))
    }

    fn clear(&mut self) {
        self.values.clear();
    }
}

/// min, max or any_value of a type.
pub(crate) fn extreme(extreme: Extreme, data_type: DataType) -> Box<dyn Accumulator> {
    macro_rules! fixed {
        ($variant:ident, $zero:expr, $less:expr) => {
            Box::new(FixedExtreme {
                extreme,
                values: Vec::new(),
                found: Vec::new(),
                zero: $zero,
                less: $less,
                read: |data| match data {
                    ColumnData::$variant(values) => Some(values.as_slice()),
                    _ => None,
                },
                wrap: ColumnData::$variant,
            })
        };
    }
    use crate::value::compare::{compare_f64, compare_intervals};
    match data_type {
        DataType::Bool => fixed!(Bool, false, |a, b| !a & b),
        DataType::Int2 => fixed!(Int2, 0, |a, b| a < b),
        DataType::Int4 => fixed!(Int4, 0, |a, b| a < b),
        DataType::Int8 => fixed!(Int8, 0, |a, b| a < b),
        DataType::Date => fixed!(Date, 0, |a, b| a < b),
        DataType::Timestamp => fixed!(Timestamp, 0, |a, b| a < b),
        DataType::Float4 => fixed!(Float4, 0.0, |a, b| compare_f64(
            f64::from(*a),
            f64::from(*b)
        )
        .is_lt()),
        DataType::Float8 => fixed!(Float8, 0.0, |a, b| compare_f64(*a, *b).is_lt()),
        DataType::Numeric(_) => {
            fixed!(Numeric, Numeric::new(0, 0), |a, b| a.compare(*b).is_lt())
        }
        DataType::Interval => {
            fixed!(Interval, Interval::default(), |a, b| compare_intervals(
                *a, *b
            )
            .is_lt())
        }
        DataType::Uuid => fixed!(Uuid, [0; 16], |a, b| a < b),
        DataType::Unknown | DataType::Text | DataType::Varchar(_) | DataType::Char(_) => {
            Box::new(TextExtreme {
                extreme,
                values: Vec::new(),
            })
        }
    }
}
