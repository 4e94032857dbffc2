//! The cost curve as lines in a box: both scales logarithmic, pure geometry.

use crate::axes::{self, Axes, Here};
use crate::{format, scale::Tick};
use protocol::CurveView;

/// One way to read the table.
#[derive(Clone, Debug, PartialEq)]
pub struct CurveLine {
    /// Its title.
    pub title: String,
    /// Which colour and dashes: 0 … 4.
    pub style: usize,
    /// The line, as an SVG path.
    pub path: String,
    /// Where the plan takes it, as an SVG path.
    pub taken: String,
    /// Its cost where the query stands.
    pub cost: String,
    /// The plan takes it where the query stands.
    pub chosen: bool,
}

/// A row of the same numbers as a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurveRow {
    /// "1 % (3,000 rows)"
    pub share: String,
    /// Costs, in the order of the lines.
    pub costs: Vec<String>,
    /// What the plan takes.
    pub chosen: String,
}

/// The whole drawing.
#[derive(Clone, Debug, PartialEq)]
pub struct CurveChart {
    /// Selectivities from left to right, costs upwards.
    pub axes: Axes,
    /// The lines.
    pub lines: Vec<CurveLine>,
    /// Where the plan changes: place and words.
    pub flips: Vec<Tick>,
    /// Where the query stands.
    pub here: Here,
    /// The same as a table.
    pub rows: Vec<CurveRow>,
    /// One sentence for those who do not see it.
    pub summary: String,
}

/// Lays a curve out; `None` if there is nothing to draw.
#[must_use]
pub fn chart(view: &CurveView) -> Option<CurveChart> {
    let costs = view
        .series
        .iter()
        .flat_map(|series| series.costs.iter().flatten());
    // A way that is switched off has a prohibitive cost: it would flatten all others.
    let shown = |cost: &f64| cost.is_finite() && *cost > 0.0 && *cost < 1e9;
    let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
    for cost in costs.copied().filter(|cost| shown(cost)) {
        low = low.min(cost);
        high = high.max(cost);
    }
    let (first, last) = (*view.selectivities.first()?, *view.selectivities.last()?);
    if high <= 0.0 || last <= first {
        return None;
    }
    let x = axes::across(first, last);
    let y = axes::upwards(low, high);
    let nearest = view
        .selectivities
        .iter()
        .enumerate()
        .min_by(|(_, a), (_, b)| {
            let away = |share: f64| (share / view.now.max(first)).ln().abs();
            away(**a).total_cmp(&away(**b))
        })
        .map_or(0, |(at, _)| at);
    let chosen_at = |at: usize| {
        view.chosen
            .get(at)
            .copied()
            .flatten()
            .map(|way| way as usize)
    };
    let lines: Vec<CurveLine> = view
        .series
        .iter()
        .enumerate()
        .map(|(way, series)| {
            let points = |wanted: &dyn Fn(usize) -> bool| {
                let places = view.selectivities.iter().zip(&series.costs).enumerate();
                axes::line(places.map(|(at, (share, cost))| {
                    let cost = cost.filter(|cost| shown(cost) && wanted(at))?;
                    Some((x.at(*share), y.at(cost)))
                }))
            };
            CurveLine {
                title: series.title.clone(),
                style: way % 5,
                path: points(&|_| true),
                taken: points(&|at| {
                    chosen_at(at) == Some(way) || at.checked_sub(1).and_then(chosen_at) == Some(way)
                }),
                cost: series
                    .costs
                    .get(nearest)
                    .copied()
                    .flatten()
                    .map_or_else(|| "–".to_owned(), format::cost),
                chosen: chosen_at(nearest) == Some(way),
            }
        })
        .collect();
    let words = |share: f64| {
        format!(
            "{} ({})",
            format::share(share),
            format::counted((share * view.tuples).round(), "row")
        )
    };
    let here_cost = chosen_at(nearest)
        .and_then(|way| view.series.get(way)?.costs.get(nearest).copied().flatten())
        .unwrap_or(low);
    let every = (view.selectivities.len() / 12).max(1);
    let rows = view
        .selectivities
        .iter()
        .enumerate()
        .filter(|(at, _)| at % every == 0 || *at == nearest)
        .map(|(at, share)| CurveRow {
            share: words(*share),
            costs: view
                .series
                .iter()
                .map(|series| {
                    let cost = series.costs.get(at).copied().flatten();
                    cost.map_or_else(|| "–".to_owned(), format::cost)
                })
                .collect(),
            chosen: chosen_at(at)
                .and_then(|way| view.series.get(way))
                .map_or_else(
                    || "look-ups from another table".to_owned(),
                    |series| series.title.clone(),
                ),
        })
        .collect();
    let flips: Vec<Tick> = view
        .flips
        .iter()
        .map(|flip| Tick {
            at: x.at(flip.value),
            label: format!("from {} on: {}", words(flip.value), flip.after),
        })
        .collect();
    let chosen_title = chosen_at(nearest)
        .and_then(|way| view.series.get(way))
        .map_or("look-ups from another table", |series| {
            series.title.as_str()
        });
    Some(CurveChart {
        axes: Axes::of(&x, &y, format::share),
        here: Here {
            x: x.at(view.now),
            y: y.at(here_cost),
            words: format!("this query: {}", words(view.now)),
        },
        rows,
        summary: format!(
            "Estimated cost of each way to read {} when the conditions find {} to all of its rows. This query finds {} and uses {}. {}",
            view.relation,
            format::share(first),
            words(view.now),
            chosen_title,
            match flips.len() {
                0 => "The plan never changes.".to_owned(),
                1 => "The plan changes once.".to_owned(),
                more => format!("The plan changes {more} times."),
            }
        ),
        flips,
        lines,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{CurveSeriesView, FlipView};

    fn view() -> CurveView {
        let series = |title: &str, costs: [Option<f64>; 3]| CurveSeriesView {
            title: title.to_owned(),
            costs: costs.to_vec(),
        };
        CurveView {
            choices: vec!["part of the rows found by a".to_owned()],
            choice: 0,
            relation: "t".to_owned(),
            tuples: 1000.0,
            now: 0.01,
            selectivities: vec![0.001, 0.03, 1.0],
            series: vec![
                series("Seq Scan", [Some(100.0); 3]),
                series("Index Scan using i", [Some(8.0), Some(120.0), Some(2000.0)]),
                series("off", [Some(1e10), None, None]),
            ],
            chosen: vec![Some(1), Some(0), Some(0)],
            flips: vec![FlipView {
                value: 0.02,
                before: "Index Scan using i on t".to_owned(),
                after: "Seq Scan on t".to_owned(),
                cost: 100.0,
            }],
        }
    }

    #[test]
    fn everything_lies_in_the_frame() {
        let chart = chart(&view()).unwrap();
        let (left, top, right, bottom) = chart.axes.frame;
        for tick in chart.axes.x_ticks.iter().chain(&chart.flips) {
            assert!((left..=right).contains(&tick.at));
        }
        for tick in &chart.axes.y_ticks {
            assert!((top..=bottom).contains(&tick.at));
        }
        assert!((left..=right).contains(&chart.here.x));
    }

    #[test]
    fn a_way_that_is_switched_off_does_not_flatten_the_others() {
        let chart = chart(&view()).unwrap();
        assert!(chart.axes.y_ticks.iter().all(|tick| tick.label != "10 G"));
        assert_eq!(chart.lines[2].path, "");
    }

    #[test]
    fn the_table_says_what_the_lines_say() {
        let chart = chart(&view()).unwrap();
        assert_eq!(chart.rows.len(), 3);
        assert_eq!(chart.rows[0].costs, ["100.00", "8.00", "10,000,000,000"]);
        assert_eq!(chart.rows[0].chosen, "Index Scan using i");
        assert!(chart.summary.contains("The plan changes once."));
    }
}
