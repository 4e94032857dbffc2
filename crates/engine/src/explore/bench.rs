//! One statement on the bench: it is planned with one dial turned, and the bench counts how often.

use super::{dial::Dial, turn::turn};
use crate::{
    error::Error,
    explain::{ExplainNode, ExplainOptions, Measurements, explain},
    logical::BoundStatement,
    physical::{Outcome, PhysicalPlan, PlannerInput, outcome, plan},
};
use alloc::{string::String, vec::Vec};

/// A statement and its circumstances.
pub struct Bench<'a> {
    /// The statement, bound and rewritten.
    pub statement: &'a BoundStatement,
    /// The circumstances as they are.
    pub input: PlannerInput<'a>,
    /// Whether enough time went by: the host's clock, which the engine has none of.
    pub enough: &'a dyn Fn() -> bool,
    /// How often it was planned.
    pub plans: u32,
}

impl<'a> Bench<'a> {
    /// A bench.
    #[must_use]
    pub const fn new(
        statement: &'a BoundStatement,
        mut input: PlannerInput<'a>,
        enough: &'a dyn Fn() -> bool,
    ) -> Self {
        // One planning may take longer than all of them should.
        input.late = enough;
        Self {
            statement,
            input,
            enough,
            plans: 0,
        }
    }

    /// What comes of planning with the dial at `value`; `None` if it cannot be planned then.
    pub fn outcome(&mut self, dial: &Dial, value: f64) -> Option<Outcome> {
        self.planned(dial, value, outcome)
    }

    /// The plan with the dial at `value`.
    pub fn plan(&mut self, dial: &Dial, value: f64) -> Option<PhysicalPlan> {
        self.planned(dial, value, plan)
    }

    fn planned<T>(
        &mut self,
        dial: &Dial,
        value: f64,
        planner: fn(&BoundStatement, &PlannerInput<'_>) -> Result<T, Error>,
    ) -> Option<T> {
        self.plans += 1;
        let mut found = None;
        turn(
            self.statement,
            &self.input,
            dial,
            value,
            &mut |statement, input| found = planner(statement, input).ok(),
        );
        found
    }

    /// What is different in the second plan, in titles of nodes as EXPLAIN begins them.
    pub fn difference(&self, one: &PhysicalPlan, other: &PhysicalPlan) -> (String, String) {
        let titles = |plan: &PhysicalPlan| {
            let tree = explain(
                plan,
                self.input.catalog,
                ExplainOptions::default(),
                Measurements::default(),
            );
            let mut titles = Vec::new();
            collect(&tree.root, &mut titles);
            titles
        };
        let (one, other) = (titles(one), titles(other));
        let only = |mine: &[String], theirs: &[String]| {
            let mut left: Vec<&String> = theirs.iter().collect();
            let mut found: Vec<&str> = Vec::new();
            for title in mine {
                match left.iter().position(|known| *known == title) {
                    Some(at) => _ = left.swap_remove(at),
                    None => found.push(title),
                }
            }
            found.truncate(3);
            found.join(" · ")
        };
        let in_order = |titles: &[String]| {
            let scans = titles.iter().filter(|title| title.contains(" on "));
            let scans: Vec<&str> = scans.take(3).map(String::as_str).collect();
            scans.join(" then ")
        };
        let found = (only(&one, &other), only(&other, &one));
        if found.0.is_empty() && found.1.is_empty() {
            // The same nodes in another order.
            return (in_order(&one), in_order(&other));
        }
        let or_first = |words: String, titles: &[String]| {
            if words.is_empty() {
                titles.first().cloned().unwrap_or_default()
            } else {
                words
            }
        };
        (or_first(found.0, &one), or_first(found.1, &other))
    }
}

// The planner bounds the depth of plans.
fn collect(node: &ExplainNode, into: &mut Vec<String>) {
    into.push(node.title.clone());
    for child in &node.children {
        collect(child, into);
    }
}
