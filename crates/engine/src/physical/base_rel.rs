//! Base relations: their size, their indexes, their rows after the conditions on them alone, and the scans of what is not a
//! table.
//!
//! Source of the method: PostgreSQL 15 `plancat.c` (`get_relation_info`, `estimate_rel_size`), `allpaths.c`
//! (`set_rel_size`, `set_rel_pathlist`).

use super::{
    clause::Clause,
    index_info::{ClusteredRole, IndexInfo},
    level::Level,
    path::{Path, PathKind, PathTarget},
    path_list::no_order,
    planner::Planner,
    rel::BaseKind,
    relset::{MAX_RELATIONS, RelSet},
};
use crate::{
    catalog::{IndexDef, IndexKey, Organization, TableDef, TableId},
    error::{Error, ErrorCode},
    logical::{ColumnRef, Expr, ExprKind, RelId, RelationKind, TableFunction, expr_map, simplify},
    physical::{
        Cost,
        cost::{
            CostBasis, NoTerms, QualCost, RowSourceInput, clamp_rows, cte_scan, function_scan,
            values_scan,
        },
        cost_params::DEFAULT_FUNCTION_ROWS,
    },
    stats::RelationSize,
    value::Value,
};
use alloc::{format, rc::Rc, vec::Vec};
use core::cell::OnceCell;

/// Bytes of a heap page that rows may fill.
const PAGE_ROOM: u32 = 8192 - 24;
/// Header of a row and its line pointer, in bytes.
const ROW_OVERHEAD: u32 = 24 + 4;
/// A table never analysed is taken to have at least so many pages.
const MIN_UNKNOWN_PAGES: u32 = 10;

pub(super) fn setup_error(relations: usize) -> Error {
    Error::new(
        ErrorCode::ProgramLimitExceeded,
        format!("{relations} relations in one query level exceed the limit of {MAX_RELATIONS}"),
    )
}

/// The expression over `RelId(0)`, as catalog entries keep it, over the range-table entry `rel`.
pub(super) fn over_rel(expr: &Expr, rel: RelId) -> Expr {
    expr_map(expr.clone(), &mut |mut part| {
        if let ExprKind::Column(column) = &mut part.kind {
            column.rel = rel;
        }
        part
    })
}

impl Planner<'_> {
    /// Pages, rows and all-visible fraction of a table (`estimate_rel_size`).
    fn table_size(&self, table: TableId, def: &TableDef) -> (f64, f64, f64) {
        let Some(size) = self.input.statistics.tables.get(&table) else {
            let tuples = f64::from(MIN_UNKNOWN_PAGES * self.rows_on_page(table, def));
            return (f64::from(MIN_UNKNOWN_PAGES), tuples, 0.0);
        };
        let pages = if size.pages < MIN_UNKNOWN_PAGES && size.analyzed_rows < 0.0 {
            MIN_UNKNOWN_PAGES
        } else {
            size.pages
        };
        if pages == 0 {
            return (0.0, 0.0, 0.0);
        }
        let density = if size.analyzed_rows >= 0.0 && size.analyzed_pages > 0 {
            size.analyzed_rows / f64::from(size.analyzed_pages)
        } else {
            f64::from(self.rows_on_page(table, def))
        };
        let all_visible = if size.all_visible_pages == 0 {
            0.0
        } else if size.all_visible_pages >= pages {
            1.0
        } else {
            f64::from(size.all_visible_pages) / f64::from(pages)
        };
        (
            f64::from(pages),
            libm::rint(density * f64::from(pages)),
            all_visible,
        )
    }

    fn rows_on_page(&self, table: TableId, def: &TableDef) -> u32 {
        let width: u32 = (0..def.columns.len())
            .filter_map(|at| u16::try_from(at).ok())
            .map(|column| self.table_column_width(table, column, def))
            .sum();
        let room = PAGE_ROOM * u32::from(def.fill_factor.clamp(10, 100)) / 100;
        (room / (width + ROW_OVERHEAD)).max(1)
    }

    fn clustered_role(&self, table: &TableDef, index: &IndexDef) -> ClusteredRole {
        let key = table
            .primary_key
            .filter(|_| table.organization == Organization::Clustered);
        let Some(key) = key.and_then(|key| self.input.catalog.indexes.get(&key)) else {
            return ClusteredRole::Heap;
        };
        if key.id == index.id {
            return ClusteredRole::Rows;
        }
        let exact = key.columns.iter().filter_map(|part| match part.key {
            IndexKey::Column(at) => Some(at),
            IndexKey::Expression(_) => None,
        });
        let size = self.input.statistics.indexes.get(&key.id);
        ClusteredRole::Secondary {
            key: exact.collect(),
            row_tree_height: size.map_or(0, |size| size.tree_height),
        }
    }

    fn index_size(&self, index: &IndexDef, table_tuples: f64) -> (f64, f64, u32) {
        let Some(size) = self.input.statistics.indexes.get(&index.id) else {
            return (1.0, table_tuples, 0);
        };
        let pages = f64::from(size.pages);
        if index.predicate.is_empty() {
            return (pages, table_tuples, size.tree_height);
        }
        let RelationSize {
            analyzed_pages,
            analyzed_rows,
            ..
        } = *size;
        let tuples = if analyzed_rows < 0.0 {
            table_tuples
        } else if analyzed_pages > 1 && size.pages > 1 {
            let density = analyzed_rows / f64::from(analyzed_pages - 1);
            libm::rint(density * f64::from(size.pages - 1))
        } else {
            analyzed_rows
        };
        (pages, tuples.min(table_tuples), size.tree_height)
    }

    /// Pages and rows of all tables of the level.
    pub(super) fn load_sizes(&self, level: &mut Level) {
        for at in 0..level.base_count {
            if let BaseKind::Table { table, def } = level.rels[at].kind.clone() {
                let (pages, tuples, all_visible) = self.table_size(table, &def);
                let info = &mut level.rels[at];
                info.pages = pages;
                info.tuples = tuples;
                info.all_visible = all_visible;
                level.total_pages += pages;
            }
        }
    }

    /// Outputs and indexes of all base relations.
    pub(super) fn set_up_base_rels(&self, level: &mut Level) {
        for at in 0..level.base_count {
            self.set_target(level, at);
            self.load_indexes(level, at);
        }
    }

    /// Rows of all base relations (`set_base_rel_sizes`).
    pub(super) fn size_base_rels(&self, level: &mut Level) -> Result<(), Error> {
        for at in 0..level.base_count {
            if !level.rels[at].dummy {
                self.size_base_rel(level, at)?;
            }
        }
        Ok(())
    }

    fn set_target(&self, level: &mut Level, at: usize) {
        let info = &level.rels[at];
        let entry = self.entry(info.rel);
        let mut exprs = Vec::new();
        let mut width = 0;
        for needed in &info.needed {
            if !needed.output && !needed.left_over && needed.joins.is_subset(info.relids) {
                continue;
            }
            let data_type = entry
                .column_types
                .get(usize::from(needed.column))
                .copied()
                .unwrap_or(crate::value::DataType::Int8);
            let column = ColumnRef {
                rel: info.rel,
                column: needed.column,
            };
            let expr = super::planner::column_expr(column, data_type);
            width += self.column_width(level, column, data_type);
            exprs.push(expr);
        }
        level.rels[at].target = Rc::new(PathTarget {
            exprs,
            startup: 0.0,
            per_tuple: 0.0,
            width,
        });
    }

    pub(super) fn load_indexes(&self, level: &mut Level, at: usize) {
        let BaseKind::Table {
            table,
            def: table_def,
        } = level.rels[at].kind.clone()
        else {
            return;
        };
        let rel = level.rels[at].rel;
        let tuples = level.rels[at].tuples;
        let restrict: Rc<[Rc<Clause>]> = level.rels[at].restrict.as_slice().into();
        let mut indexes = Vec::new();
        for def in self.input.indexes_of(table) {
            let keys = def
                .columns
                .iter()
                .map(|part| match &part.key {
                    IndexKey::Column(column) => super::planner::column_expr(
                        ColumnRef {
                            rel,
                            column: *column,
                        },
                        part.data_type,
                    ),
                    IndexKey::Expression(expr) => simplify(over_rel(expr, rel)),
                })
                .collect();
            let predicate: Vec<Expr> = def
                .predicate
                .iter()
                .map(|condition| simplify(over_rel(condition, rel)))
                .collect();
            let (pages, index_tuples, tree_height) = self.index_size(def, tuples);
            let mut info = IndexInfo {
                id: def.id,
                def: def.clone(),
                rel,
                keys,
                predicate_ok: predicate.is_empty(),
                predicate,
                pages,
                tuples: index_tuples,
                tree_height,
                clustered: self.clustered_role(&table_def, def),
                restrict: Rc::clone(&restrict),
                serves: OnceCell::new(),
                matched: OnceCell::new(),
            };
            if !info.predicate.is_empty() {
                self.check_predicate(level, at, &mut info);
            }
            indexes.push(Rc::new(info));
        }
        level.rels[at].indexes = indexes;
    }

    fn size_base_rel(&self, level: &mut Level, at: usize) -> Result<(), Error> {
        // Beside other conditions it is tested once, before the scan.
        if let [clause] = level.rels[at].restrict.as_slice()
            && matches!(
                clause.expr.kind,
                ExprKind::Const(Value::Bool(false) | Value::Null)
            )
        {
            let info = &mut level.rels[at];
            info.unmeasured = true;
            Rc::make_mut(&mut info.target).width = 0;
            self.make_dummy(level, at);
            return Ok(());
        }
        match level.rels[at].kind.clone() {
            BaseKind::Table { .. } => {}
            BaseKind::Subquery(_) => return self.plan_subquery_rel(level, at),
            BaseKind::Function => {
                level.rels[at].tuples = self.function_rows(level.rels[at].rel);
            }
            BaseKind::Values => {
                if let RelationKind::Values(rows) = &self.entry(level.rels[at].rel).kind {
                    level.rels[at].tuples = count(rows.len());
                }
            }
            BaseKind::Cte(cte) => {
                level.rels[at].tuples = self
                    .cte_plans
                    .borrow()
                    .get(&cte)
                    .map_or(1.0, |plan| plan.rows);
            }
            BaseKind::WorkTable(_) => {
                // PostgreSQL's guess: each round finds ten times the rows of the first.
                level.rels[at].tuples =
                    clamp_rows(10.0 * level.work_table.map_or(1.0, |(_, rows)| rows));
            }
            BaseKind::System(_) => level.rels[at].tuples = 100.0,
            BaseKind::Join => {}
        }
        self.set_base_rows(level, at);
        Ok(())
    }

    /// Rows after the conditions on the relation alone, and what testing them costs.
    pub(super) fn set_base_rows(&self, level: &mut Level, at: usize) {
        let restrict = &level.rels[at].restrict;
        let selectivity = self.restriction_selectivity(level, restrict);
        let cost = self.clauses_cost(restrict);
        let info = &mut level.rels[at];
        info.rows = clamp_rows(info.tuples * selectivity);
        info.restrict_cost = (cost.startup, cost.per_tuple);
    }

    fn function_rows(&self, rel: RelId) -> f64 {
        let RelationKind::Function(function) = &self.entry(rel).kind else {
            return DEFAULT_FUNCTION_ROWS;
        };
        match function {
            TableFunction::GenerateSeries(args) => {
                let number = |at: usize| {
                    args.get(at).and_then(|arg| match &arg.kind {
                        ExprKind::Const(value) => super::query_planner::integer(value),
                        _ => None,
                    })
                };
                let step = if args.len() > 2 { number(2) } else { Some(1.0) };
                match (number(0), number(1), step) {
                    (Some(start), Some(stop), Some(step)) if step != 0.0 => {
                        libm::floor((stop - start + step) / step).max(0.0)
                    }
                    _ => DEFAULT_FUNCTION_ROWS,
                }
            }
            TableFunction::Unnest(items) => count(items.len()),
        }
    }

    /// Marks a relation as proven empty.
    pub(super) fn make_dummy(&self, level: &mut Level, at: usize) {
        let info = &mut level.rels[at];
        info.rows = 0.0;
        info.dummy = true;
        info.list.paths.clear();
        info.list.paths.push(Rc::new(Path {
            kind: PathKind::Append { inputs: Vec::new() },
            rels: info.relids,
            target: info.target.clone(),
            param: None,
            rows: 0.0,
            cost: Cost::default(),
            basis: self.basis(|| CostBasis::Append(Vec::new())),
            keys: no_order(),
        }));
        info.cheapest = info.list.cheapest();
    }

    /// All scans of all base relations (`set_base_rel_pathlists`).
    pub(super) fn base_paths(&self, level: &mut Level) -> Result<(), Error> {
        for at in 0..level.base_count {
            if !level.rels[at].dummy {
                match level.rels[at].kind.clone() {
                    BaseKind::Table { .. } => self.table_paths(level, at),
                    BaseKind::Subquery(_) => self.subquery_paths(level, at)?,
                    _ => self.other_scan(level, at),
                }
            }
            self.check_work()?;
            let info = &mut level.rels[at];
            info.cheapest = info.list.cheapest();
        }
        Ok(())
    }

    fn other_scan(&self, level: &mut Level, at: usize) {
        let param = self.base_param_info(level, at, level.rels[at].lateral);
        let (rows, filter) = self.scan_rows_and_filter(level, at, param.as_deref());
        let info = &level.rels[at];
        let settings = self.input.settings;
        let mut input = RowSourceInput {
            tuples: info.tuples,
            rows,
            source: QualCost::default(),
            filter,
            target: QualCost {
                startup: info.target.startup,
                per_tuple: info.target.per_tuple,
            },
        };
        let (kind, cost, basis) = match &info.kind {
            BaseKind::Values => (
                PathKind::ValuesScan,
                values_scan(settings, &input, &mut NoTerms),
                CostBasis::ValuesScan as fn(RowSourceInput) -> CostBasis,
            ),
            BaseKind::Cte(cte) => {
                let plan = self
                    .cte_plans
                    .borrow()
                    .get(cte)
                    .map(|known| known.plan)
                    .expect("WITH queries are planned before the queries that read them");
                (
                    PathKind::CteScan { cte: *cte, plan },
                    cte_scan(settings, &input, &mut NoTerms),
                    CostBasis::CteScan as _,
                )
            }
            BaseKind::WorkTable(cte) => (
                PathKind::WorkTableScan { cte: *cte },
                cte_scan(settings, &input, &mut NoTerms),
                CostBasis::CteScan as _,
            ),
            BaseKind::System(view) => (
                PathKind::SystemScan { view },
                values_scan(settings, &input, &mut NoTerms),
                CostBasis::ValuesScan as _,
            ),
            _ => {
                input.source = self.function_cost(info.rel);
                (
                    PathKind::FunctionScan,
                    function_scan(settings, &input, &mut NoTerms),
                    CostBasis::FunctionScan as _,
                )
            }
        };
        let path = Path {
            kind,
            rels: info.relids,
            target: info.target.clone(),
            param,
            rows,
            cost,
            basis: self.basis(|| basis(input)),
            keys: no_order(),
        };
        level.rels[at].list.add(path);
    }

    fn function_cost(&self, rel: RelId) -> QualCost {
        let RelationKind::Function(function) = &self.entry(rel).kind else {
            return QualCost::default();
        };
        let (args, calls) = match function {
            TableFunction::GenerateSeries(args) | TableFunction::Unnest(args) => (args, 1.0),
        };
        let mut cost = self.exprs_cost(args);
        cost.per_tuple += calls * self.input.settings.cpu_operator_cost;
        cost
    }

    /// Rows of a scan and the cost of its conditions, with the join clauses that are tested inside.
    pub(super) fn scan_rows_and_filter(
        &self,
        level: &Level,
        at: usize,
        param: Option<&super::path::ParamInfo>,
    ) -> (f64, QualCost) {
        let info = &level.rels[at];
        let base = QualCost {
            startup: info.restrict_cost.0,
            per_tuple: info.restrict_cost.1,
        };
        match param {
            None => (info.rows, base),
            Some(param) => (param.rows, base + self.clauses_cost(&param.clauses)),
        }
    }

    /// Outer columns that the relation itself refers to (LATERAL).
    pub(super) fn lateral_columns(&self, rel: RelId) -> Vec<ColumnRef> {
        let entry = self.entry(rel);
        let mut columns = Vec::new();
        match &entry.kind {
            RelationKind::Subquery(query) => {
                columns = crate::logical::outer_columns(query, self.range_table, self.ctes);
            }
            RelationKind::Function(
                TableFunction::GenerateSeries(args) | TableFunction::Unnest(args),
            ) => {
                for arg in args {
                    columns.extend(self.columns_used(arg));
                }
            }
            RelationKind::Values(rows) => {
                for expr in rows.iter().flatten() {
                    columns.extend(self.columns_used(expr));
                }
            }
            _ => {}
        }
        columns
    }

    /// Finds what LATERAL items refer to.
    pub(super) fn find_lateral_references(&self, level: &mut Level) {
        for at in 0..level.base_count {
            let mut lateral = RelSet::EMPTY;
            for column in self.lateral_columns(level.rels[at].rel) {
                let Some(other) = level.position(column.rel) else {
                    continue;
                };
                if other == at {
                    continue;
                }
                lateral.add(RelSet::single(other));
                let types = &self.entry(column.rel).column_types;
                let data_type = types
                    .get(usize::from(column.column))
                    .copied()
                    .unwrap_or(crate::value::DataType::Int8);
                let expr = super::planner::column_expr(column, data_type);
                let joins = RelSet::single(at).union(RelSet::single(other));
                self.need_columns(level, &expr, joins);
            }
            level.has_lateral |= !lateral.is_empty();
            level.rels[at].lateral = lateral;
        }
    }

    /// Closes lateral references over one another.
    pub(super) fn finish_lateral(&self, level: &mut Level) {
        if !level.has_lateral {
            return;
        }
        for _ in 0..level.base_count {
            for at in 0..level.base_count {
                let mut all = level.rels[at].lateral;
                for other in all.iter() {
                    all.add(level.rels[other].lateral);
                }
                level.rels[at].lateral = all.minus(RelSet::single(at));
            }
        }
        for at in 0..level.base_count {
            for other in level.rels[at].lateral.iter() {
                level.rels[other]
                    .lateral_referencers
                    .add(RelSet::single(at));
            }
        }
    }
}

/// A length as a float.
#[expect(
    clippy::cast_precision_loss,
    reason = "lists are far shorter than 2^53"
)]
pub(super) const fn count(length: usize) -> f64 {
    length as f64
}
