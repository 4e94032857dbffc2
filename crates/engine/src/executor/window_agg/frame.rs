//! The frame of a row: which rows of its partition a call looks at.
//!
//! ROWS counts rows, GROUPS counts groups of peers, RANGE compares the value of the one ORDER BY key. Distances of RANGE are
//! numbers only. Source: PostgreSQL 15 `nodeWindowAgg.c`, `row_is_in_frame`, `update_frameheadpos`.

use super::Place;
use crate::{
    Error, ErrorCode,
    executor::{columns, operator::ExecContext, scalar::Scalar},
    logical::FrameUnits,
    value::{Column, DataType, Value},
};
use core::ops::Range;

/// One end.
pub(crate) enum Bound {
    /// The partition's end.
    Unbounded,
    /// The row itself, or its peers.
    Current,
    /// Before it.
    Preceding(Scalar),
    /// Behind it.
    Following(Scalar),
}

/// A frame's definition.
pub(crate) struct Frame {
    pub units: FrameUnits,
    pub start: Bound,
    pub end: Bound,
    /// Type of the first ORDER BY key, and whether it descends.
    pub key: Option<(DataType, bool)>,
    /// The distances, once known.
    pub distances: (f64, f64),
}

impl Frame {
    /// Works out the distances, which are the same for all rows.
    ///
    /// # Errors
    /// 22004 for NULL, 22013 for a negative one.
    pub fn prepare(&mut self, cx: &ExecContext<'_>) -> Result<(), Error> {
        self.distances = (
            distance(&self.start, "starting", cx)?,
            distance(&self.end, "ending", cx)?,
        );
        Ok(())
    }

    /// The rows of the frame.
    pub fn of_row(
        &self,
        row: usize,
        place: &Place,
        begins: &[(bool, bool)],
        key: Option<&Column>,
    ) -> Range<usize> {
        let start = match &self.start {
            Bound::Unbounded => place.from,
            Bound::Current if self.units == FrameUnits::Rows => row,
            Bound::Current => place.peers,
            Bound::Preceding(_) => self.edge(row, place, begins, key, -self.distances.0, false),
            Bound::Following(_) => self.edge(row, place, begins, key, self.distances.0, false),
        };
        let end = match &self.end {
            Bound::Unbounded => place.to,
            Bound::Current if self.units == FrameUnits::Rows => row + 1,
            Bound::Current => place.peers_end,
            Bound::Preceding(_) => self.edge(row, place, begins, key, -self.distances.1, true),
            Bound::Following(_) => self.edge(row, place, begins, key, self.distances.1, true),
        };
        start..end.max(start)
    }

    /// The edge at a distance: the first row in the frame, or (`behind`) the first row behind it.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "distances are whole and rows few enough; what lies outside is cut off"
    )]
    fn edge(
        &self,
        row: usize,
        place: &Place,
        begins: &[(bool, bool)],
        key: Option<&Column>,
        distance: f64,
        behind: bool,
    ) -> usize {
        match self.units {
            FrameUnits::Rows => {
                let at = row as f64 + distance + f64::from(u8::from(behind));
                at.clamp(place.from as f64, place.to as f64) as usize
            }
            FrameUnits::Groups => {
                let wanted = place.groups_before as f64 + distance + f64::from(u8::from(behind));
                if wanted <= 0.0 {
                    return place.from;
                }
                let mut groups = -1.0;
                for (at, begins) in begins.iter().enumerate().take(place.to).skip(place.from) {
                    if begins.1 {
                        groups += 1.0;
                        if groups >= wanted {
                            return at;
                        }
                    }
                }
                place.to
            }
            FrameUnits::Range => self.edge_by_value(row, place, key, distance, behind),
        }
    }

    fn edge_by_value(
        &self,
        row: usize,
        place: &Place,
        key: Option<&Column>,
        distance: f64,
        behind: bool,
    ) -> usize {
        let (Some(key), Some((data_type, descending))) = (key, self.key) else {
            return place.from;
        };
        let at = |row: usize| {
            let value = number(&columns::value(key, row, data_type))?;
            Some(if descending { -value } else { value })
        };
        let Some(own) = at(row) else {
            // NULLs are peers of each other and at no distance from anything.
            return if behind { place.peers_end } else { place.peers };
        };
        // NULLs stand together at one end of the partition.
        let (mut low, mut high) = (place.from, place.to);
        while low < high && at(low).is_none() {
            low += 1;
        }
        while low < high && at(high - 1).is_none() {
            high -= 1;
        }
        let bound = own + distance;
        while low < high {
            let middle = low.midpoint(high);
            let value = at(middle).unwrap_or(f64::NAN);
            let before = if behind {
                value <= bound
            } else {
                value < bound
            };
            if before {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

fn distance(bound: &Bound, which: &str, cx: &ExecContext<'_>) -> Result<f64, Error> {
    let (Bound::Preceding(scalar) | Bound::Following(scalar)) = bound else {
        return Ok(0.0);
    };
    let wrong = |what: &str| {
        Error::new(
            ErrorCode::InvalidParameterValue,
            alloc::format!("frame {which} offset must not be {what}"),
        )
    };
    match number(&scalar.value(cx)?) {
        None => Err(wrong("null")),
        Some(distance) if distance < 0.0 => Err(wrong("negative")),
        Some(distance) => Ok(distance),
    }
}

/// A number as a float; `None` for NULL and what is no number.
#[expect(
    clippy::cast_precision_loss,
    reason = "distances and keys beyond 2^53 are compared roughly"
)]
pub(crate) fn number(value: &Value) -> Option<f64> {
    Some(match value {
        Value::Int2(number) => f64::from(*number),
        Value::Int4(number) => f64::from(*number),
        Value::Int8(number) => *number as f64,
        Value::Float4(number) => f64::from(*number),
        Value::Float8(number) => *number,
        Value::Numeric(number) => number.to_f64(),
        _ => return None,
    })
}
