//! Looking at the planner's outcome without making plan nodes: its cost, which plan it is, and what each way to read one
//! table would cost.
//!
//! Why: flip points, cost curves and plan maps plan the same statement thousands of times and need two numbers of each.

use super::{
    Cost,
    input::{KeepConsidered, PlannerInput},
    level::Level,
    path::{Path, PathKind},
    planner::Planner,
};
use crate::{
    catalog::IndexId,
    error::Error,
    logical::{BoundStatement, RelId},
};
use alloc::{rc::Rc, vec::Vec};
use core::hash::{Hash, Hasher};

/// A planned statement, as numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Cost of the chosen plan.
    pub cost: Cost,
    /// Its rows.
    pub rows: f64,
    /// Equal for plans with the same nodes over the same tables and indexes. Sub-plans in expressions are not looked at.
    pub shape: u64,
}

/// A way to read a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessKind {
    /// Every page.
    SeqScan,
    /// An index, then the heap.
    IndexScan,
    /// An index alone.
    IndexOnlyScan,
    /// The heap in physical order, after a bitmap.
    BitmapHeapScan,
}

/// What one way to read a table costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AccessCost {
    /// The way.
    pub kind: AccessKind,
    /// Its index; `None` also for bitmaps of several.
    pub index: Option<IndexId>,
    /// Its cost.
    pub cost: Cost,
}

/// The ways to read one table, and which of them the plan takes.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessCosts {
    /// Rows of the table.
    pub tuples: f64,
    /// Rows that satisfy all conditions on it.
    pub rows: f64,
    /// The ways that need nothing from other tables, the cheapest of each kind and index.
    pub ways: Vec<AccessCost>,
    /// The way taken; `None` if the plan reads it by look-ups from another table.
    pub chosen: Option<(AccessKind, Option<IndexId>)>,
}

/// Plans a statement, and says what came of it.
///
/// # Errors
/// As [`plan`](super::plan).
pub fn outcome(statement: &BoundStatement, input: &PlannerInput<'_>) -> Result<Outcome, Error> {
    let planner = Planner::new(statement, input);
    let level = planner.plan_query(statement.query().clone(), 0.0, None)?;
    Ok(outcome_of(&level))
}

/// The outcome of a planned level.
pub(super) fn outcome_of(level: &Level) -> Outcome {
    let best = Planner::best_path(level);
    let mut shape = Shape(0xcbf2_9ce4_8422_2325);
    hash_path(&best, &mut shape);
    Outcome {
        cost: best.cost,
        rows: best.rows,
        shape: shape.0,
    }
}

/// What each way to read the table `rel` of the statement's top level costs; `None` if it is not there.
///
/// # Errors
/// As [`plan`](super::plan).
pub fn access_costs(
    statement: &BoundStatement,
    input: &PlannerInput<'_>,
    rel: RelId,
) -> Result<Option<AccessCosts>, Error> {
    let mut input = *input;
    input.keep_considered = KeepConsidered::Yes;
    let planner = Planner::new(statement, &input);
    let level = planner.plan_query(statement.query().clone(), 0.0, None)?;
    let Some(info) = level.position(rel).and_then(|at| level.rels.get(at)) else {
        return Ok(None);
    };
    let mut ways: Vec<AccessCost> = Vec::new();
    let losers = info.list.losers.iter().map(|loser| &loser.path);
    for path in info.list.paths.iter().chain(losers) {
        let Some((kind, index)) = access_of(path).filter(|_| path.param.is_none()) else {
            continue;
        };
        let same = ways
            .iter_mut()
            .find(|way| way.kind == kind && way.index == index);
        match same {
            Some(way) if path.cost.total < way.cost.total => way.cost = path.cost,
            Some(_) => {}
            None => ways.push(AccessCost {
                kind,
                index,
                cost: path.cost,
            }),
        }
    }
    let best = Planner::best_path(&level);
    let mut chosen = None;
    visit(&best, &mut |path| {
        if path.rels == info.relids && path.param.is_none() && chosen.is_none() {
            chosen = access_of(path);
        }
    });
    Ok(Some(AccessCosts {
        tuples: info.tuples,
        rows: info.rows,
        ways,
        chosen,
    }))
}

fn access_of(path: &Path) -> Option<(AccessKind, Option<IndexId>)> {
    Some(match &path.kind {
        PathKind::SeqScan => (AccessKind::SeqScan, None),
        PathKind::Index(scan) if scan.only => (AccessKind::IndexOnlyScan, Some(scan.index.id)),
        PathKind::Index(scan) => (AccessKind::IndexScan, Some(scan.index.id)),
        PathKind::BitmapHeap { bitmap } => {
            let index = match &bitmap.kind {
                PathKind::Index(scan) => Some(scan.index.id),
                _ => None,
            };
            (AccessKind::BitmapHeapScan, index)
        }
        _ => return None,
    })
}

/// A hash that is the same on every machine (FNV-1a).
struct Shape(u64);

impl Hasher for Shape {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

fn hash_path(path: &Rc<Path>, shape: &mut Shape) {
    visit(path, &mut |path| {
        core::mem::discriminant(&path.kind).hash(shape);
        for at in path.rels.iter() {
            at.hash(shape);
        }
        match &path.kind {
            PathKind::Index(scan) => {
                scan.index.id.0.hash(shape);
                (scan.direction == super::Direction::Backward).hash(shape);
                scan.only.hash(shape);
            }
            PathKind::NestLoop(join) => join.outer.rels.iter().for_each(|at| at.hash(shape)),
            PathKind::HashJoin { path: join, .. } => {
                join.outer.rels.iter().for_each(|at| at.hash(shape));
            }
            PathKind::MergeJoin {
                path: join,
                outer_sort,
                inner_sort,
                materialize,
                ..
            } => {
                join.outer.rels.iter().for_each(|at| at.hash(shape));
                (outer_sort.is_empty(), inner_sort.is_empty(), *materialize).hash(shape);
            }
            PathKind::Aggregate { strategy, .. } => {
                core::mem::discriminant(strategy).hash(shape);
            }
            _ => {}
        }
    });
}

/// Visits a path and its inputs, also those of sub-queries in FROM. Paths are as deep as plans, which the planner bounds.
fn visit(path: &Path, to: &mut dyn FnMut(&Path)) {
    to(path);
    for input in path.inputs() {
        visit(input, to);
    }
}
