//! Two logarithmic scales around a box: what the curves of the page have in common.
//!
//! Why not a chart library: a few lines, two scales and a marker are a page of code, and what a chart library draws on a
//! canvas cannot be read aloud.

use crate::{
    format,
    scale::{Scale, Tick},
};
use std::fmt::Write;

/// Width of a drawing, in its own units.
pub const WIDTH: f64 = 640.0;
/// Height of a drawing.
pub const HEIGHT: f64 = 300.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 30.0;

/// The box and its marks.
#[derive(Clone, Debug, PartialEq)]
pub struct Axes {
    /// The plot's box: left, top, right, bottom.
    pub frame: (f64, f64, f64, f64),
    /// Marks from left to right.
    pub x_ticks: Vec<Tick>,
    /// Marks from bottom to top.
    pub y_ticks: Vec<Tick>,
}

impl Axes {
    /// Marks at the powers of ten of both scales.
    pub(crate) fn of(x: &Scale, y: &Scale, x_label: fn(f64) -> String) -> Self {
        Self {
            frame: (LEFT, TOP, WIDTH - RIGHT, HEIGHT - BOTTOM),
            x_ticks: x.ticks(x_label),
            y_ticks: y.ticks(format::short_count),
        }
    }
}

/// Where the present stands: a place and what to say of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Here {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// Words beside it.
    pub words: String,
}

/// A scale from left to right.
pub(crate) const fn across(low: f64, high: f64) -> Scale {
    Scale {
        low,
        high,
        from: LEFT,
        to: WIDTH - RIGHT,
    }
}

/// A scale from bottom to top, with some air.
pub(crate) fn upwards(low: f64, high: f64) -> Scale {
    Scale {
        low: low * 0.8,
        high: high * 1.25,
        from: HEIGHT - BOTTOM,
        to: TOP,
    }
}

/// A line through points, broken where there is none, as an SVG path.
pub(crate) fn line(points: impl Iterator<Item = Option<(f64, f64)>>) -> String {
    let mut path = String::new();
    let mut letter = 'M';
    for point in points {
        letter = match point {
            Some((x, y)) => {
                // Writing to a string cannot fail.
                let _ = write!(path, "{letter}{x:.1} {y:.1}");
                'L'
            }
            None => 'M',
        };
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_runs_from_end_to_end_and_holds_what_lies_beyond() {
        let scale = across(1.0, 1000.0);
        assert_eq!(scale.at(1.0), LEFT);
        assert_eq!(scale.at(1e9), WIDTH - RIGHT);
        assert_eq!(scale.at(0.0), LEFT);
        let labels: Vec<String> = scale
            .ticks(format::short_count)
            .into_iter()
            .map(|tick| tick.label)
            .collect();
        assert_eq!(labels, ["1", "10", "100", "1 k"]);
    }

    #[test]
    fn a_line_is_broken_where_there_is_no_point() {
        let points = [Some((1.0, 2.0)), Some((3.0, 4.0)), None, Some((5.0, 6.0))];
        assert_eq!(line(points.into_iter()), "M1.0 2.0L3.0 4.0M5.0 6.0");
    }
}
