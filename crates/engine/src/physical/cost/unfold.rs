//! A cost as a tree: lines that are added up, each a product of factors, some of which are worked out below.
//!
//! It is data for showing. Nothing is rounded and no numbers are turned into text.

use super::{Factor, Phase, Source, Term, Terms, Unit, sink::Note};
use crate::physical::{Cost, PlannerSettings};
use alloc::{vec, vec::Vec};

/// A whole cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CostTree {
    /// The sum of the lines: startup lines in order, then run lines in order.
    pub cost: Cost,
    /// The function of PostgreSQL 15 that works this out.
    pub source: &'static str,
    /// The lines, in the order in which they are added.
    pub lines: Vec<CostLine>,
}

/// One line: a product.
#[derive(Clone, Debug, PartialEq)]
pub struct CostLine {
    /// What is paid for.
    pub name: &'static str,
    /// When.
    pub phase: Phase,
    /// The product of the factors.
    pub value: f64,
    /// The factors.
    pub factors: Vec<CostFactor>,
}

/// One factor of a line.
#[derive(Clone, Debug, PartialEq)]
pub struct CostFactor {
    /// Name, value, unit and origin.
    pub factor: Factor,
    /// How it was worked out, in words with the names of `parts` in them; empty if the parts are simply added up.
    pub how: &'static str,
    /// What it was worked out from.
    pub parts: Vec<CostLine>,
}

impl CostTree {
    /// The sum of the lines.
    #[must_use]
    pub fn sum(&self) -> Cost {
        let (mut startup, mut run) = (0.0, 0.0);
        for line in &self.lines {
            match line.phase {
                Phase::Startup => startup += line.value,
                Phase::Run => run += line.value,
            }
        }
        Cost {
            startup,
            total: startup + run,
        }
    }
}

/// Builds the tree of a formula's report.
pub(super) fn tree(settings: &PlannerSettings, terms: Terms, source: &'static str) -> CostTree {
    let cost = terms.sum();
    let Terms { lines, notes } = terms;
    let lines = lines
        .into_iter()
        .map(|term| line(settings, term, &notes))
        .collect();
    CostTree {
        cost,
        source,
        lines,
    }
}

/// Puts `lines` under each factor whose name begins with `prefix`, split by phase as the name says.
pub(super) fn attach(tree: &mut CostTree, prefix: &str, lines: &[CostLine]) {
    for line in &mut tree.lines {
        for factor in &mut line.factors {
            if !factor.factor.name.starts_with(prefix) {
                continue;
            }
            let phase = if factor.factor.name.ends_with("startup") {
                Phase::Startup
            } else {
                Phase::Run
            };
            factor.parts = lines
                .iter()
                .filter(|line| line.phase == phase)
                .cloned()
                .collect();
        }
    }
}

fn line(settings: &PlannerSettings, term: Term, notes: &[Note]) -> CostLine {
    let factors = term
        .factors
        .into_iter()
        .map(|factor| explained(settings, factor, term.phase, notes))
        .collect();
    CostLine {
        name: term.name,
        phase: term.phase,
        value: term.value,
        factors,
    }
}

fn explained(
    settings: &PlannerSettings,
    factor: Factor,
    phase: Phase,
    notes: &[Note],
) -> CostFactor {
    let note = notes.iter().find(|note| note.factor == factor.name);
    if let Some(note) = note {
        let parts = note
            .parts
            .iter()
            .map(|part| CostFactor {
                factor: *part,
                how: "",
                parts: Vec::new(),
            })
            .collect();
        return CostFactor {
            factor,
            how: note.how,
            parts: vec![CostLine {
                name: "",
                phase,
                value: factor.value,
                factors: parts,
            }],
        };
    }
    let operator = settings.cpu_operator_cost;
    let priced_by_operators =
        factor.unit == Unit::CostPerRow && factor.source == Source::Query && operator > 0.0;
    let operators = factor.value / operator;
    let parts = if priced_by_operators && libm::fabs(operators - libm::rint(operators)) < 1e-9 {
        let count = Factor::count("operators and functions", libm::rint(operators));
        let price = Factor::row_price("cpu_operator_cost", operator);
        vec![CostLine {
            name: "evaluate",
            phase,
            value: count.value * price.value,
            factors: [count, price]
                .into_iter()
                .map(|factor| CostFactor {
                    factor,
                    how: "",
                    parts: Vec::new(),
                })
                .collect(),
        }]
    } else {
        Vec::new()
    };
    CostFactor {
        factor,
        how: "",
        parts,
    }
}
