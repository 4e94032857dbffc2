//! A path: one way to produce the rows of a relation or join, with its cost and what order it gives.
//!
//! Why not plan nodes at once: hundreds of paths are compared for each plan made. A path shares everything by
//! `Rc` and holds only what comparing and costing need; [`create_plan`](super::create_plan) turns the winner into nodes.
//!
//! Source of the method: PostgreSQL `pathnodes.h`.

use super::{
    Cost,
    clause::{Clause, EcId},
    cost::CostBasis,
    index_info::IndexInfo,
    level::SubLevel,
    plan::{Direction, JoinType, SetOpStrategy, SkipScan},
    relset::RelSet,
};
use crate::logical::{AggregateCall, CteId, Expr, RelId, SetOperator, SubPlanId};
use alloc::{rc::Rc, vec::Vec};
use core::ops::Deref;

/// One canonical sort key: an equivalence class and a direction. Equal keys are the same order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PathKey {
    /// Sort by any member of this class.
    pub ec: EcId,
    /// DESC
    pub descending: bool,
    /// NULLS FIRST
    pub nulls_first: bool,
}

/// A shared order. None at all, which most paths have, takes no memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathKeys(Option<Rc<[PathKey]>>);

impl PathKeys {
    /// No order.
    pub const NONE: Self = Self(None);
}

impl Deref for PathKeys {
    type Target = [PathKey];

    #[inline]
    fn deref(&self) -> &[PathKey] {
        self.0.as_deref().unwrap_or(&[])
    }
}

impl From<&[PathKey]> for PathKeys {
    fn from(keys: &[PathKey]) -> Self {
        Self((!keys.is_empty()).then(|| Rc::from(keys)))
    }
}

/// What a path emits, with the cost to compute it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PathTarget {
    /// Expressions, in order.
    pub exprs: Vec<Expr>,
    /// Cost before the first row.
    pub startup: f64,
    /// Cost of each row.
    pub per_tuple: f64,
    /// Bytes of a row.
    pub width: u32,
}

/// What a parameterised path needs from outside.
#[derive(Debug)]
pub struct ParamInfo {
    /// Relations that must supply values.
    pub required_outer: RelSet,
    /// Rows of each scan.
    pub rows: f64,
    /// Join clauses that are tested inside.
    pub clauses: Vec<Rc<Clause>>,
}

/// A clause as an index evaluates it.
#[derive(Clone, Debug)]
pub struct IndexClause {
    /// The clause of the query.
    pub clause: Rc<Clause>,
    /// What the index tests instead of the clause, each `key op value`, such as its mirror image; `None`: the clause as it stands.
    pub instead: Option<Rc<[Expr]>>,
    /// The conditions pass rows that the clause refuses, so it must be tested again.
    pub lossy: bool,
    /// Which key part.
    pub key: usize,
}

impl IndexClause {
    /// What the index tests, each `key op value`.
    #[must_use]
    pub fn conditions(&self) -> &[Expr] {
        match &self.instead {
            Some(conditions) => conditions,
            None => core::slice::from_ref(&self.clause.expr),
        }
    }
}

/// An index scan, plain or as part of a bitmap.
#[derive(Clone, Debug)]
pub struct IndexPath {
    /// The index.
    pub index: Rc<IndexInfo>,
    /// Its clauses, by key part.
    pub clauses: Vec<IndexClause>,
    /// Direction.
    pub direction: Direction,
    /// The heap is visited only where the visibility map asks for it.
    pub only: bool,
    /// Cost of the index part alone.
    pub index_total: f64,
    /// Fraction of the table's rows that it finds.
    pub selectivity: f64,
    /// Key parts without an equality that are skipped over.
    pub skip: Option<SkipScan>,
}

/// Common part of joins.
#[derive(Clone, Debug)]
pub struct JoinPath {
    /// Kind, as the outer side sees it.
    pub join: JoinType,
    /// Outer input.
    pub outer: Rc<Path>,
    /// Inner input.
    pub inner: Rc<Path>,
    /// All clauses tested at this join.
    pub clauses: Vec<Rc<Clause>>,
    /// Each outer row has at most one match.
    pub inner_unique: bool,
}

/// A min/max aggregate answered by the end of an index.
#[derive(Clone, Debug)]
pub struct MinMaxAggregate {
    /// The call.
    pub call: AggregateCall,
    /// The level that reads one row.
    pub level: Rc<SubLevel>,
    /// How it reads it.
    pub path: Rc<Path>,
    /// Of the path's rows the first.
    pub fraction: f64,
    /// What that row costs.
    pub cost: f64,
}

/// What a path does.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "named as the plan nodes they become")]
pub enum PathKind {
    SeqScan,
    Index(IndexPath),
    BitmapHeap {
        bitmap: Rc<Path>,
    },
    BitmapAnd {
        inputs: Vec<Rc<Path>>,
        selectivity: f64,
    },
    BitmapOr {
        inputs: Vec<Rc<Path>>,
        selectivity: f64,
    },
    /// `keep`: it stays a node even if it passes everything on.
    SubqueryScan {
        /// Range-table entry.
        rel: RelId,
        level: Rc<SubLevel>,
        input: Rc<Path>,
        keep: bool,
    },
    FunctionScan,
    ValuesScan,
    CteScan {
        cte: CteId,
        plan: SubPlanId,
    },
    WorkTableScan {
        cte: CteId,
    },
    SystemScan {
        view: &'static str,
    },
    /// No input; one row if the conditions hold.
    Result {
        quals: Vec<Expr>,
    },
    Append {
        inputs: Vec<Rc<Path>>,
    },
    /// Inputs sorted alike.
    MergeAppend {
        inputs: Vec<Rc<Path>>,
    },
    Material {
        input: Rc<Path>,
    },
    Memoize {
        input: Rc<Path>,
        keys: Rc<[Expr]>,
        single_row: bool,
        calls: f64,
        distinct_keys: f64,
    },
    /// The inner side of a semi join made distinct, so that it can be joined as any other.
    UniqueInner {
        input: Rc<Path>,
        hashed: bool,
        exprs: Vec<Expr>,
        noop: bool,
    },
    NestLoop(JoinPath),
    MergeJoin {
        path: JoinPath,
        merge_clauses: Vec<(Rc<Clause>, bool)>,
        outer_sort: PathKeys,
        inner_sort: PathKeys,
        materialize: bool,
    },
    HashJoin {
        path: JoinPath,
        hash_clauses: Vec<(Rc<Clause>, bool)>,
    },
    Projection {
        /// A node of its own even if it passes everything on: the input has a column that nobody may see.
        forced: bool,
        input: Rc<Path>,
    },
    Sort {
        input: Rc<Path>,
        bound: Option<f64>,
    },
    IncrementalSort {
        input: Rc<Path>,
        presorted: usize,
        bound: Option<f64>,
    },
    Group {
        input: Rc<Path>,
        keys: Vec<Expr>,
        having: Vec<Expr>,
    },
    Unique {
        input: Rc<Path>,
        keys: Vec<Expr>,
    },
    Aggregate {
        input: Rc<Path>,
        strategy: super::plan::AggregateStrategy,
        keys: Vec<Expr>,
        calls: Rc<Vec<AggregateCall>>,
        having: Vec<Expr>,
    },
    MinMax {
        aggregates: Vec<MinMaxAggregate>,
        having: Vec<Expr>,
    },
    Window {
        input: Rc<Path>,
        window: usize,
        calls: Vec<Expr>,
    },
    SetOp {
        input: Rc<Path>,
        op: SetOperator,
        all: bool,
        strategy: SetOpStrategy,
    },
    RecursiveUnion {
        cte: CteId,
        all: bool,
        left: (Rc<SubLevel>, Rc<Path>),
        right: (Rc<SubLevel>, Rc<Path>),
    },
    Limit {
        input: Rc<Path>,
        limit: Option<Expr>,
        offset: Option<Expr>,
    },
}

/// One way to produce rows.
#[derive(Clone, Debug)]
pub struct Path {
    /// What it does.
    pub kind: PathKind,
    /// Base relations that it covers; empty above grouping.
    pub rels: RelSet,
    /// What it emits.
    pub target: Rc<PathTarget>,
    /// What it needs from outside; `None` = nothing.
    pub param: Option<Rc<ParamInfo>>,
    /// Rows.
    pub rows: f64,
    /// Cost.
    pub cost: Cost,
    /// Order.
    pub keys: PathKeys,
    /// What the cost was worked out from, if the plan is to be unfolded.
    pub basis: Option<Rc<CostBasis>>,
}

impl Path {
    /// Relations that must supply values.
    #[must_use]
    pub fn required_outer(&self) -> RelSet {
        self.param
            .as_ref()
            .map_or(RelSet::EMPTY, |param| param.required_outer)
    }

    /// Cost of all rows after the first.
    #[must_use]
    pub fn run_cost(&self) -> f64 {
        self.cost.total - self.cost.startup
    }

    /// The paths that it reads from, those of a sub-query in FROM and of a recursion too. An InitPlan is not among them.
    #[must_use]
    pub fn inputs(&self) -> Vec<&Rc<Self>> {
        match &self.kind {
            PathKind::NestLoop(join)
            | PathKind::MergeJoin { path: join, .. }
            | PathKind::HashJoin { path: join, .. } => alloc::vec![&join.outer, &join.inner],
            PathKind::Append { inputs }
            | PathKind::MergeAppend { inputs }
            | PathKind::BitmapAnd { inputs, .. }
            | PathKind::BitmapOr { inputs, .. } => inputs.iter().collect(),
            PathKind::BitmapHeap { bitmap: input }
            | PathKind::SubqueryScan { input, .. }
            | PathKind::Material { input }
            | PathKind::Memoize { input, .. }
            | PathKind::UniqueInner { input, .. }
            | PathKind::Projection { input, .. }
            | PathKind::Sort { input, .. }
            | PathKind::IncrementalSort { input, .. }
            | PathKind::Group { input, .. }
            | PathKind::Unique { input, .. }
            | PathKind::Aggregate { input, .. }
            | PathKind::Window { input, .. }
            | PathKind::SetOp { input, .. }
            | PathKind::Limit { input, .. } => alloc::vec![input],
            PathKind::RecursiveUnion { left, right, .. } => alloc::vec![&left.1, &right.1],
            PathKind::SeqScan
            | PathKind::Index(_)
            | PathKind::FunctionScan
            | PathKind::ValuesScan
            | PathKind::CteScan { .. }
            | PathKind::WorkTableScan { .. }
            | PathKind::SystemScan { .. }
            | PathKind::Result { .. }
            | PathKind::MinMax { .. } => Vec::new(),
        }
    }

    /// Cost to get that fraction of the rows (whole cost outside 0..1).
    #[must_use]
    pub fn fractional_cost(&self, fraction: f64) -> f64 {
        self.cost.startup + fraction * (self.cost.total - self.cost.startup)
    }
}
