//! Cost over selectivity: what each way to read a table costs when the conditions on one of its columns find few rows, and
//! when they find all.

use super::{
    bench::Bench,
    dial::{Dial, Knob},
    flip::{FlipPoint, flips, value_at},
    turn::turn,
};
use crate::physical::{AccessKind, access_costs};
use alloc::{format, string::String, vec::Vec};

/// One way to read the table.
#[derive(Clone, Debug, PartialEq)]
pub struct CurveSeries {
    /// As EXPLAIN would begin it.
    pub title: String,
    /// Cost at each selectivity; NaN where it is not possible.
    pub costs: Vec<f64>,
}

/// The curves of one dial.
#[derive(Clone, Debug, PartialEq)]
pub struct CostCurve {
    /// The selectivity that is turned; `now` is where the query stands.
    pub dial: Dial,
    /// The table, as the query calls it.
    pub relation: String,
    /// Rows of the table.
    pub tuples: f64,
    /// The selectivities, ascending.
    pub selectivities: Vec<f64>,
    /// The ways.
    pub series: Vec<CurveSeries>,
    /// Which way the plan takes at each selectivity: a position in `series`.
    pub chosen: Vec<Option<u32>>,
    /// Where the whole plan changes.
    pub flips: Vec<FlipPoint>,
}

/// Draws the curves over `points` selectivities. `None` if the dial is no selectivity or the table is not read at the top
/// level. O(points + flip points) plannings.
#[must_use]
pub fn cost_curve(bench: &mut Bench<'_>, dial: &Dial, points: u32) -> Option<CostCurve> {
    let Knob::Selectivity(column) = dial.knob else {
        return None;
    };
    let rel = column.rel;
    let entry = bench.statement.range_table.get(rel.0 as usize)?;
    let mut curve = CostCurve {
        dial: dial.clone(),
        relation: String::from(&*entry.alias),
        tuples: 0.0,
        selectivities: Vec::new(),
        series: Vec::new(),
        chosen: Vec::new(),
        flips: Vec::new(),
    };
    let mut ways: Vec<(AccessKind, Option<crate::catalog::IndexId>)> = Vec::new();
    let last = points.max(2) - 1;
    for step in 0..=last {
        if (bench.enough)() {
            break;
        }
        let selectivity = value_at(dial, f64::from(step) / f64::from(last));
        bench.plans += 1;
        let mut found = None;
        turn(
            bench.statement,
            &bench.input,
            dial,
            selectivity,
            &mut |statement, input| {
                found = access_costs(statement, input, rel).ok().flatten();
            },
        );
        let found = found?;
        curve.tuples = found.tuples;
        let before = curve.selectivities.len();
        curve.selectivities.push(selectivity);
        for way in &found.ways {
            let key = (way.kind, way.index);
            let at = ways
                .iter()
                .position(|known| *known == key)
                .unwrap_or_else(|| {
                    ways.push(key);
                    curve.series.push(CurveSeries {
                        title: title(bench, key),
                        costs: alloc::vec![f64::NAN; before],
                    });
                    ways.len() - 1
                });
            if let Some(series) = curve.series.get_mut(at) {
                series.costs.push(way.cost.total);
            }
        }
        for series in &mut curve.series {
            series.costs.resize(before + 1, f64::NAN);
        }
        let chosen = found.chosen.and_then(|chosen| {
            let at = ways.iter().position(|known| *known == chosen)?;
            u32::try_from(at).ok()
        });
        curve.chosen.push(chosen);
    }
    curve.flips = flips(bench, dial).flips;
    Some(curve)
}

fn title(bench: &Bench<'_>, way: (AccessKind, Option<crate::catalog::IndexId>)) -> String {
    let (kind, index) = way;
    let name = index
        .and_then(|id| {
            let catalog = bench.input.catalog.indexes.get(&id);
            catalog.or_else(|| bench.input.hypothetical.iter().find(|index| index.id == id))
        })
        .map_or("", |index| &index.name);
    match kind {
        AccessKind::SeqScan => String::from("Seq Scan"),
        AccessKind::IndexScan => format!("Index Scan using {name}"),
        AccessKind::IndexOnlyScan => format!("Index Only Scan using {name}"),
        AccessKind::BitmapHeapScan if index.is_some() => format!("Bitmap Heap Scan by {name}"),
        AccessKind::BitmapHeapScan => String::from("Bitmap Heap Scan by several indexes"),
    }
}
