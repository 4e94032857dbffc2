//! What the planner knows of one relation: a base relation or the join of several (PostgreSQL's `RelOptInfo`).

use super::{
    clause::{Clause, EcId},
    index_info::IndexInfo,
    level::Level,
    path::{ParamInfo, Path, PathTarget},
    path_list::{Cheapest, PathList},
    relset::RelSet,
};
use crate::{
    catalog::{Organization, TableDef, TableId},
    logical::{CteId, RelId},
};
use alloc::{rc::Rc, vec::Vec};

/// What a base relation is.
#[derive(Clone, Debug)]
pub enum BaseKind {
    /// A table.
    Table {
        /// Number.
        table: TableId,
        /// Definition.
        def: Rc<TableDef>,
    },
    /// A sub-query with a plan of its own.
    Subquery(Option<Rc<Level>>),
    /// A function in FROM.
    Function,
    /// VALUES
    Values,
    /// A WITH query that is kept.
    Cte(CteId),
    /// The rows of the last round of a recursion.
    WorkTable(CteId),
    /// A catalog view.
    System(&'static str),
    /// A join.
    Join,
}

/// Where a column of a base relation is needed.
#[derive(Clone, Copy, Debug)]
pub struct Needed {
    /// The column.
    pub column: u16,
    /// By join conditions over these relations.
    pub joins: RelSet,
    /// By the query's output.
    pub output: bool,
    /// By the condition of a join that was removed: it is read all the same.
    pub left_over: bool,
}

/// A base relation, or a join of several.
#[derive(Clone, Debug)]
pub struct RelInfo {
    /// Its base relations.
    pub relids: RelSet,
    /// Range-table entry of a base relation.
    pub rel: RelId,
    /// What it is.
    pub kind: BaseKind,
    /// Rows after its restriction clauses (a join: after its join clauses).
    pub rows: f64,
    /// Rows of the table.
    pub tuples: f64,
    /// Pages of the table.
    pub pages: f64,
    /// Fraction of its pages that are all-visible.
    pub all_visible: f64,
    /// What it emits.
    pub target: Rc<PathTarget>,
    /// Its paths.
    pub list: PathList,
    /// Cheapest of them, once chosen.
    pub cheapest: Cheapest,
    /// The cheapest path made distinct for a semi join: tried or not, possible or not.
    pub unique_path: Option<Option<Rc<Path>>>,
    /// Conditions on this relation alone.
    pub restrict: Vec<Rc<Clause>>,
    /// Cost of testing them: startup, per tuple.
    pub restrict_cost: (f64, f64),
    /// Conditions that join it with others.
    pub join_info: Vec<Rc<Clause>>,
    /// Some equivalence class may join it with others.
    pub has_ec_joins: bool,
    /// Classes that mention it.
    pub classes: Vec<EcId>,
    /// Usable indexes, newest first.
    pub indexes: Vec<Rc<IndexInfo>>,
    /// Relations that it refers to laterally, directly or through others.
    pub lateral: RelSet,
    /// Relations that refer to it laterally.
    pub lateral_referencers: RelSet,
    /// Columns that are needed and where.
    pub needed: Vec<Needed>,
    /// Parameterisations made so far.
    pub params: Vec<Rc<ParamInfo>>,
    /// Outer sets for which the relation is known to be unique.
    pub unique_for: Vec<RelSet>,
    /// Outer sets for which it is known not to be.
    pub not_unique_for: Vec<RelSet>,
    /// Proven empty.
    pub dummy: bool,
    /// Proven empty before its columns were measured: the widths are those of their types.
    pub unmeasured: bool,
}

impl RelInfo {
    /// Whether it is a clustered table.
    #[must_use]
    pub fn is_clustered(&self) -> bool {
        matches!(&self.kind, BaseKind::Table { def, .. } if def.organization == Organization::Clustered)
    }

    /// A relation of which nothing is known yet.
    #[must_use]
    pub fn new(relids: RelSet, rel: RelId, kind: BaseKind) -> Self {
        Self {
            relids,
            rel,
            kind,
            rows: 0.0,
            tuples: 0.0,
            pages: 0.0,
            all_visible: 0.0,
            target: Rc::new(PathTarget::default()),
            list: PathList::default(),
            cheapest: Cheapest::default(),
            unique_path: None,
            restrict: Vec::new(),
            restrict_cost: (0.0, 0.0),
            join_info: Vec::new(),
            has_ec_joins: false,
            classes: Vec::new(),
            indexes: Vec::new(),
            lateral: RelSet::EMPTY,
            lateral_referencers: RelSet::EMPTY,
            needed: Vec::new(),
            params: Vec::new(),
            unique_for: Vec::new(),
            not_unique_for: Vec::new(),
            dummy: false,
            unmeasured: false,
        }
    }

    /// Whether it is a base relation.
    #[must_use]
    pub fn is_base(&self) -> bool {
        !matches!(self.kind, BaseKind::Join)
    }
}
