//! The physical plan: a tree of nodes with estimated costs. EXPLAIN prints it, the executor runs it.
//!
//! Expressions keep the statement's range-table numbers everywhere. A node's `output` lists what it
//! emits; a parent's expression that equals an entry of a child's `output` is that column of the child's batch; a column that
//! no input offers is a *parameter* from an enclosing nested loop or query level.

use crate::{
    catalog::{IndexId, TableId},
    logical::{
        AggregateCall, CompareOp, CteId, Expr, JoinKind, Quantifier, RangeTableEntry, RelId,
        SetOperator, SubPlanId, Target,
    },
    physical::cost::CostBasis,
};
use alloc::{boxed::Box, rc::Rc, string::String, vec::Vec};

/// Number of a node, unique in a `PhysicalPlan` with its sub-plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// Estimated cost in PostgreSQL's units (1.0 = one sequential page).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Before the first row.
    pub startup: f64,
    /// For all rows.
    pub total: f64,
}

/// Direction of a scan of an ordered index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Ascending in the index's order.
    Forward,
    /// Descending.
    Backward,
}

/// Kinds of physical join; `Right` and `RightAnti` keep the unmatched rows of the inner side.
pub type JoinType = JoinKind;

/// A condition that the index evaluates on one key part: `key op value`.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexCondition {
    /// Position of the key part.
    pub key: u16,
    /// The condition in the form `key op value`, as printed under "Index Cond": a `Compare` with the key on the left, a `RowCompare`
    /// with keys on the left, an `InList`, an `IsNull`, or a boolean column.
    pub expr: Expr,
}

/// Which order an index scan is asked for, `None` = any.
pub type ScanOrder = Option<Direction>;

/// How rows are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AggregateStrategy {
    /// One group.
    Plain,
    /// Input sorted by the keys.
    Sorted,
    /// Hash table.
    Hashed,
}

/// How a set operation finds equal rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOpStrategy {
    /// Input sorted.
    Sorted,
    /// Hash table.
    Hashed,
}

/// Sort by one expression, which is in the input's output list.
#[derive(Clone, Debug, PartialEq)]
pub struct SortColumn {
    /// By what.
    pub expr: Expr,
    /// DESC
    pub descending: bool,
    /// NULLS FIRST
    pub nulls_first: bool,
}

/// Key parts of an index that a scan skips over, value by value.
#[derive(Clone, Debug, PartialEq)]
pub struct SkipScan {
    /// Key parts that bound the scan, from the first.
    pub columns: u16,
    /// Those of them without an equality.
    pub over: Vec<Expr>,
}

/// Group by one expression of the input.
pub type GroupKey = Expr;

/// What a node does.
#[derive(Clone, Debug, PartialEq)]
#[allow(
    missing_docs,
    reason = "fields are named by the words of STYLE.md and EXPLAIN"
)]
pub enum PlanKind {
    /// No input, one row; or its input if the one-time filter holds.
    Result {
        one_time_filter: Vec<Expr>,
    },
    /// Evaluates `output` over its input (only where a node cannot do it itself).
    ProjectSet,
    SeqScan {
        rel: RelId,
        table: TableId,
    },
    IndexScan {
        rel: RelId,
        table: TableId,
        index: IndexId,
        direction: Direction,
        conditions: Vec<IndexCondition>,
        skip: Option<SkipScan>,
    },
    IndexOnlyScan {
        rel: RelId,
        table: TableId,
        index: IndexId,
        direction: Direction,
        conditions: Vec<IndexCondition>,
        skip: Option<SkipScan>,
    },
    /// Child: a bitmap node. `recheck` is tested where the bitmap is lossy.
    BitmapHeapScan {
        rel: RelId,
        table: TableId,
        recheck: Vec<Expr>,
    },
    BitmapIndexScan {
        rel: RelId,
        index: IndexId,
        conditions: Vec<IndexCondition>,
        skip: Option<SkipScan>,
    },
    BitmapAnd,
    BitmapOr,
    SubqueryScan {
        rel: RelId,
    },
    FunctionScan {
        rel: RelId,
    },
    ValuesScan {
        rel: RelId,
    },
    CteScan {
        rel: RelId,
        cte: CteId,
        plan: SubPlanId,
    },
    WorkTableScan {
        rel: RelId,
        cte: CteId,
    },
    /// A catalog view.
    SystemScan {
        rel: RelId,
        view: &'static str,
    },
    /// Children: outer, inner. The inner side may refer to `params`, columns of the outer side.
    NestedLoop {
        join: JoinType,
        on: Vec<Expr>,
        inner_unique: bool,
        params: Vec<Expr>,
    },
    /// Children: outer (probe), Hash over inner (build). `clauses`: (outer, inner) key pairs; printed as `conditions`.
    HashJoin {
        join: JoinType,
        clauses: Vec<(Expr, Expr)>,
        conditions: Vec<Expr>,
        on: Vec<Expr>,
        inner_unique: bool,
    },
    /// Children: outer, inner, both sorted by the clauses.
    MergeJoin {
        join: JoinType,
        clauses: Vec<(Expr, Expr)>,
        conditions: Vec<Expr>,
        on: Vec<Expr>,
        orders: Vec<(bool, bool)>,
        inner_unique: bool,
    },
    Hash,
    Materialize,
    Memoize {
        keys: Vec<Expr>,
        single_row: bool,
    },
    /// `bound`: rows that a LIMIT above asks for (top-N).
    Sort {
        keys: Vec<SortColumn>,
        bound: Option<u64>,
    },
    IncrementalSort {
        keys: Vec<SortColumn>,
        presorted: usize,
        bound: Option<u64>,
    },
    Limit {
        limit: Option<Expr>,
        offset: Option<Expr>,
    },
    /// `calls`: the aggregates computed, each found in `output` and `filter` by equality.
    Aggregate {
        strategy: AggregateStrategy,
        keys: Vec<GroupKey>,
        calls: Vec<AggregateCall>,
    },
    /// GROUP BY without aggregates over sorted input.
    Group {
        keys: Vec<GroupKey>,
    },
    /// Drops rows that equal the row before in the keys.
    Unique {
        keys: Vec<Expr>,
    },
    SetOp {
        op: SetOperator,
        all: bool,
        strategy: SetOpStrategy,
    },
    Append,
    MergeAppend {
        keys: Vec<SortColumn>,
    },
    /// Children: the non-recursive term, the recursive term.
    RecursiveUnion {
        cte: CteId,
        all: bool,
    },
    WindowAgg {
        window: usize,
        partition: Vec<Expr>,
        order: Vec<SortColumn>,
        frame: Box<crate::logical::WindowFrame>,
        calls: Vec<Expr>,
        /// Comparisons with the calls: of each partition no row passes behind the first that fails one.
        run_condition: Vec<Expr>,
        /// Whether no window stands above: rows that fail are left out. Below another window all rows go on, because its calls count them.
        last: bool,
    },
    LockRows,
    Insert {
        rel: RelId,
        table: TableId,
        on_conflict: Option<Box<crate::logical::OnConflict>>,
    },
    Update {
        rel: RelId,
        table: TableId,
        columns: Vec<u16>,
    },
    Delete {
        rel: RelId,
        table: TableId,
    },
}

/// A candidate, chosen or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Considered {
    /// For which relations (positions in the range table).
    pub rels: Vec<RelId>,
    /// As EXPLAIN would begin it: "Index Scan using i on t".
    pub title: String,
    /// Its index, if it is about one.
    pub index: Option<IndexId>,
    /// Its cost; `None` if it could not be used at all.
    pub cost: Option<Cost>,
    /// Its rows.
    pub rows: Option<f64>,
    /// The order in which its rows come, as far as it is of use: "order_date DESC, id"; empty = none.
    pub order: String,
    /// Whether it is the one chosen.
    pub chosen: bool,
    /// Why it lost, in words.
    pub reason: String,
}

/// Why an index is used or not, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerdictCause {
    /// The plan reads it.
    Used,
    /// It could be read, and another way is cheaper.
    Dearer,
    /// It is hidden.
    Hidden,
    /// The conditions do not imply its predicate.
    Predicate,
    /// Conditions on its columns are not such that it can look them up.
    Condition,
    /// Only columns after the first have conditions.
    LeadingColumn,
    /// Nothing in the query is about its columns.
    Unrelated,
    /// The table is not read at all.
    NotRead,
}

/// What became of one index of one table.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexVerdict {
    /// The table's entry in the range table.
    pub rel: RelId,
    /// The index.
    pub index: IndexId,
    /// Why, in one word.
    pub cause: VerdictCause,
    /// Why, in a sentence.
    pub reason: String,
    /// Which part of the statement the sentence is about.
    pub span: Option<parser::Span>,
    /// The cheapest candidate that reads it by itself.
    pub cost: Option<Cost>,
}

/// One node.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanNode {
    /// Number.
    pub id: NodeId,
    /// What it does.
    pub kind: PlanKind,
    /// Inputs; outer first.
    pub children: Vec<PlanNode>,
    /// What it emits.
    pub output: Vec<Expr>,
    /// Tested per row after the scan or join (or on groups).
    pub filter: Vec<Expr>,
    /// Estimated cost.
    pub cost: Cost,
    /// Estimated rows per loop.
    pub est_rows: f64,
    /// Estimated bytes per row.
    pub width: u32,
    /// Uncorrelated sub-plans run once before this node (printed under it).
    pub init_plans: Vec<SubPlanId>,
    /// What the cost was worked out from, if that was kept.
    pub basis: Option<Rc<CostBasis>>,
}

/// How a sub-plan is used.
#[derive(Clone, Debug, PartialEq)]
pub enum SubPlanKind {
    /// Run at most once; its first column of its only row is the value (`exists`: whether it has a row).
    Init {
        /// EXISTS.
        exists: bool,
    },
    /// A WITH query that is kept; read by `CteScan`.
    Cte(CteId),
    /// Run for each row: a value.
    Scalar,
    /// Run for each row: whether it has a row.
    Exists,
    /// Run for each row, or once into a hash table: `left op ANY/ALL`.
    Quantified {
        /// Comparison.
        op: CompareOp,
        /// ANY or ALL.
        quantifier: Quantifier,
        /// Once, hashed (uncorrelated, Eq with ANY).
        hashed: bool,
        /// It stands for an EXISTS: where NULLs leave it open, it is false.
        exists: bool,
    },
    /// Run for each row: an array. Not supported yet.
    Array,
}

/// A sub-query that stayed one.
#[derive(Clone, Debug, PartialEq)]
pub struct SubPlan {
    /// Number.
    pub id: SubPlanId,
    /// Name as printed: "SubPlan 1", "InitPlan 1 (returns $0)", "CTE t".
    pub name: String,
    /// Use.
    pub kind: SubPlanKind,
    /// Its plan.
    pub plan: PlanNode,
    /// Columns of outer levels that it refers to.
    pub params: Vec<Expr>,
}

/// A whole plan.
#[derive(Clone, Debug, PartialEq)]
pub struct PhysicalPlan {
    /// The tree.
    pub root: PlanNode,
    /// Sub-plans; `SubPlanId` is the position.
    pub subplans: Vec<SubPlan>,
    /// The statement's range table (names for EXPLAIN, function arguments, VALUES rows).
    pub range_table: Rc<Vec<RangeTableEntry>>,
    /// Arms of UNION ALL that are tables of the query around them.
    pub merged_arms: Vec<RelId>,
    /// The shown columns: for SELECT the first columns of the root's output; for DML the RETURNING list.
    pub columns: Vec<Target>,
    /// Nodes numbered so far.
    pub nodes: u32,
    /// Candidates, chosen and not.
    pub considered: Vec<Considered>,
    /// What became of each index of each table, in the order of the range table; only if candidates were kept.
    pub verdicts: Vec<IndexVerdict>,
}
