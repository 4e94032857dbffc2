//! The plan map: which plan wins, and what it costs, over two selectivities.
//!
//! Source of the idea: Reddy & Haritsa, "Analyzing Plan Diagrams of Database Query Optimizers", VLDB 2005.

use super::{
    bench::Bench,
    dial::{Dial, Knob},
    flip::value_at,
};
use crate::{
    explain::{ExplainOptions, Measurements, explain, write_text},
    physical::{ForcedSelectivity, PlannerInput, Rehearsal, plan},
};
use alloc::{string::String, vec::Vec};

/// One axis.
#[derive(Clone, Debug, PartialEq)]
pub struct MapAxis {
    /// The selectivity that is turned.
    pub dial: Dial,
    /// Its values.
    pub values: Vec<f64>,
}

/// A plan map.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanMap {
    /// From left to right.
    pub x: MapAxis,
    /// From bottom to top; one value if the map has one axis.
    pub y: Option<MapAxis>,
    /// The plans that win somewhere, as EXPLAIN prints them without figures.
    pub plans: Vec<String>,
    /// For each cell, row by row from the bottom: position in `plans`.
    pub cells: Vec<u16>,
    /// For each cell the cost of the whole plan.
    pub costs: Vec<f64>,
    /// All cells were planned.
    pub complete: bool,
}

/// Plans `size` × `size` cells (`size` if there is one axis), rehearsed. O(cells) plannings.
#[must_use]
pub fn plan_map(bench: &mut Bench<'_>, x: &Dial, y: Option<&Dial>, size: u32) -> PlanMap {
    let axis = |dial: &Dial| MapAxis {
        dial: dial.clone(),
        values: (0..size)
            .map(|step| {
                let last = size.saturating_sub(1).max(1);
                value_at(dial, f64::from(step) / f64::from(last))
            })
            .collect(),
    };
    let mut map = PlanMap {
        x: axis(x),
        y: y.map(axis),
        plans: Vec::new(),
        cells: Vec::new(),
        costs: Vec::new(),
        complete: true,
    };
    let mut shapes: Vec<u64> = Vec::new();
    let rows: Vec<Option<f64>> = match &map.y {
        Some(axis) => axis.values.iter().copied().map(Some).collect(),
        None => alloc::vec![None],
    };
    let Ok(mut rehearsal) = Rehearsal::new(bench.statement, bench.input) else {
        map.complete = false;
        return map;
    };
    for row in rows {
        if (bench.enough)() {
            map.complete = false;
            break;
        }
        for &value in &map.x.values {
            let forced = [(x, Some(value)), (y.unwrap_or(x), row)].map(|(dial, value)| {
                match (dial.knob, value) {
                    (Knob::Selectivity(column), Some(selectivity)) => Some(ForcedSelectivity {
                        column,
                        selectivity,
                    }),
                    _ => None,
                }
            });
            let forced: Vec<ForcedSelectivity> = forced.into_iter().flatten().collect();
            bench.plans += 1;
            let Ok(here) = rehearsal.outcome(&forced) else {
                map.complete = false;
                return map;
            };
            let at = shapes
                .iter()
                .position(|shape| *shape == here.shape)
                .unwrap_or_else(|| {
                    shapes.push(here.shape);
                    let input = PlannerInput {
                        forced: &forced,
                        ..bench.input
                    };
                    map.plans.push(text_of(bench, &input));
                    shapes.len() - 1
                });
            map.cells.push(u16::try_from(at).unwrap_or(u16::MAX));
            map.costs.push(here.cost.total);
        }
    }
    map
}

fn text_of(bench: &Bench<'_>, input: &PlannerInput<'_>) -> String {
    let Ok(plan) = plan(bench.statement, input) else {
        return String::new();
    };
    let options = ExplainOptions {
        costs: false,
        ..ExplainOptions::default()
    };
    let tree = explain(&plan, bench.input.catalog, options, Measurements::default());
    write_text(&tree).join("\n")
}
