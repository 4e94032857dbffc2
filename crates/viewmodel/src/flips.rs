//! What would change the plan: the nearest flip points of each dial, in words.

use crate::format;
use protocol::{DialUnitView, DialView, FlipsView};

/// One dial with flip points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlipLine {
    /// "random_page_cost"
    pub name: String,
    /// "now 4"
    pub now: String,
    /// Where the plan changes, nearest below first, then nearest above.
    pub points: Vec<FlipWords>,
}

/// One flip point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlipWords {
    /// "from 5.31 on"
    pub place: String,
    /// What is in the plan there that is not in this one.
    pub plan: String,
}

/// The dials that change the plan, and the names of those that do not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlipSummary {
    /// Those that do.
    pub lines: Vec<FlipLine>,
    /// "work_mem, cpu_tuple_cost", or nothing.
    pub without: String,
}

/// Sums up what the dials do.
#[must_use]
pub fn summary(view: &FlipsView) -> FlipSummary {
    let mut found = FlipSummary::default();
    let mut without: Vec<&str> = Vec::new();
    for dial in &view.dials {
        let points = nearest(dial);
        if points.is_empty() {
            if dial.complete {
                without.push(&dial.name);
            }
            continue;
        }
        found.lines.push(FlipLine {
            name: dial.name.clone(),
            now: format!("now {}", amount(dial.unit, dial.now)),
            points,
        });
    }
    found.without = without.join(", ");
    found
}

fn nearest(dial: &DialView) -> Vec<FlipWords> {
    let below = dial.flips.iter().rfind(|flip| flip.value <= dial.now);
    let above = dial.flips.iter().find(|flip| flip.value > dial.now);
    let below = below.map(|flip| FlipWords {
        place: format!("below {}", amount(dial.unit, flip.value)),
        plan: flip.before.clone(),
    });
    let above = above.map(|flip| FlipWords {
        place: format!("from {} on", amount(dial.unit, flip.value)),
        plan: flip.after.clone(),
    });
    below.into_iter().chain(above).collect()
}

/// A dial's number as people read it.
#[must_use]
pub fn amount(unit: DialUnitView, value: f64) -> String {
    match unit {
        DialUnitView::Number | DialUnitView::Cost => format::number(value),
        DialUnitView::Bytes => format::bytes(value),
        DialUnitView::Rows => format::short_count(value),
        DialUnitView::Fraction if (0.0..=1.0).contains(&value) => format::share(value),
        DialUnitView::Fraction => format::number(value),
        DialUnitView::Date => format::date(value),
        DialUnitView::Timestamp => format::date(value / 86_400e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::FlipView;

    #[test]
    fn the_nearest_flip_points_on_both_sides_are_named() {
        let flip = |value, before: &str, after: &str| FlipView {
            value,
            before: before.to_owned(),
            after: after.to_owned(),
            cost: 1.0,
        };
        let dial = DialView {
            name: "random_page_cost".to_owned(),
            unit: DialUnitView::Cost,
            now: 4.0,
            low: 0.1,
            high: 100.0,
            flips: vec![
                flip(0.5, "a", "b"),
                flip(1.25, "Index Scan", "Bitmap Heap Scan"),
                flip(9.0, "Bitmap Heap Scan", "Seq Scan"),
                flip(40.0, "c", "d"),
            ],
            complete: true,
        };
        let idle = DialView {
            name: "work_mem".to_owned(),
            flips: Vec::new(),
            ..dial.clone()
        };
        let view = FlipsView {
            node: 0,
            dials: vec![dial, idle],
        };
        let found = summary(&view);
        let words: Vec<(&str, &str)> = found.lines[0]
            .points
            .iter()
            .map(|point| (point.place.as_str(), point.plan.as_str()))
            .collect();
        assert_eq!(
            words,
            [("below 1.25", "Index Scan"), ("from 9 on", "Seq Scan")]
        );
        assert_eq!(found.without, "work_mem");
    }
}
