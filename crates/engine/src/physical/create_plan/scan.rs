//! Plan nodes of scans: conditions of the index, conditions of the filter, bitmaps, sub-queries.
//!
//! Source of the method: PostgreSQL 15 `createplan.c` (`create_indexscan_plan`, `create_bitmap_scan_plan`,
//! `create_subqueryscan_plan`).

use super::{OutputUse, PlanMaker};
use crate::{
    collections::sort_by,
    error::Error,
    logical::{ColumnRef, Expr, ExprKind, contains_mutable},
    physical::{
        Cost,
        clause::{Clause, EcId},
        cost::{CostBasis, clamp_rows},
        index_path::checked,
        level::Level,
        path::{IndexPath, Path, PathKind},
        plan::{IndexCondition, PlanKind, PlanNode, SkipScan},
        planner::column_expr,
        predicate_proof::implied,
        rel::{BaseKind, RelInfo},
        subquery::column_numbers,
    },
    value::DataType,
};
use alloc::{rc::Rc, vec::Vec};

/// What a bitmap makes sure of.
struct BitmapQuals {
    /// Conditions of the query, tested again where the bitmap is lossy.
    original: Vec<Expr>,
    /// Conditions as the indexes test them.
    tested: Vec<Expr>,
}

impl PlanMaker<'_, '_> {
    fn base(&self, path: &Path) -> &RelInfo {
        let at = path.rels.only().expect("a scan is of one relation");
        &self.level.rels[at]
    }

    /// The clauses of a scan: its own restrictions and the join clauses that moved in.
    fn scan_clauses(&self, path: &Path) -> Vec<Rc<Clause>> {
        let info = self.base(path);
        let mut clauses = match &path.kind {
            PathKind::Index(scan) => scan.index.restrict.to_vec(),
            _ => info.restrict.clone(),
        };
        if let Some(param) = &path.param {
            clauses.extend(param.clauses.iter().cloned());
        }
        clauses
    }

    /// Conditions in the order of their cost; cheap ones first, as written among equals.
    pub(super) fn ordered(&self, clauses: Vec<Rc<Clause>>) -> Vec<Expr> {
        let mut priced: Vec<(f64, Rc<Clause>)> = clauses
            .into_iter()
            .map(|clause| (self.planner.clause_cost(&clause).per_tuple, clause))
            .collect();
        sort_by(&mut priced, |left, right| left.0.total_cmp(&right.0));
        priced
            .into_iter()
            .map(|(_, clause)| self.fix(&clause.expr))
            .collect()
    }

    pub(super) fn scan(&self, path: &Rc<Path>) -> Result<PlanNode, Error> {
        let info = self.base(path);
        let (rel, table) = (
            info.rel,
            match info.kind {
                BaseKind::Table { table, .. } => Some(table),
                _ => None,
            },
        );
        let clauses = self.scan_clauses(path);
        let (once, clauses): (Vec<_>, Vec<_>) = clauses
            .into_iter()
            .partition(|clause| clause.pseudoconstant);
        let need_table = || table.expect("tables are scanned as tables");
        let (kind, children, rest) = match &path.kind {
            PathKind::SeqScan => (
                PlanKind::SeqScan {
                    rel,
                    table: need_table(),
                },
                Vec::new(),
                clauses,
            ),
            PathKind::Index(scan) => {
                let conditions = self.conditions(scan);
                let tested: Vec<Expr> = scan
                    .clauses
                    .iter()
                    .flat_map(|one| one.conditions().iter().cloned())
                    .collect();
                let rest = clauses
                    .into_iter()
                    .filter(|clause| !checked(clause, &scan.clauses))
                    .filter(|clause| {
                        contains_mutable(&clause.expr)
                            || !implied(core::slice::from_ref(&clause.expr), &tested)
                    })
                    .collect();
                let (table, index, direction) = (need_table(), scan.index.id, scan.direction);
                let skip = self.skip(scan);
                let kind = if scan.only {
                    PlanKind::IndexOnlyScan {
                        rel,
                        table,
                        index,
                        direction,
                        conditions,
                        skip,
                    }
                } else {
                    PlanKind::IndexScan {
                        rel,
                        table,
                        index,
                        direction,
                        conditions,
                        skip,
                    }
                };
                (kind, Vec::new(), rest)
            }
            PathKind::BitmapHeap { bitmap } => {
                let (child, quals) = self.bitmap(bitmap);
                let classes = classes_of(bitmap);
                let rest: Vec<Rc<Clause>> = clauses
                    .into_iter()
                    .filter(|clause| {
                        let covered = quals.tested.contains(&clause.expr)
                            || clause
                                .parent_ec
                                .is_some_and(|ec| classes.contains(&Some(ec)))
                            || (!contains_mutable(&clause.expr)
                                && implied(core::slice::from_ref(&clause.expr), &quals.tested));
                        !covered
                    })
                    .collect();
                let recheck = quals
                    .original
                    .iter()
                    .filter(|qual| {
                        // What a BitmapOr stands for is tested even if the filter says the same.
                        matches!(qual.kind, ExprKind::Or(_))
                            || !rest.iter().any(|clause| clause.expr == **qual)
                    })
                    .map(|qual| self.fix(qual))
                    .collect();
                let kind = PlanKind::BitmapHeapScan {
                    rel,
                    table: need_table(),
                    recheck,
                };
                (kind, alloc::vec![child], rest)
            }
            PathKind::ValuesScan => (PlanKind::ValuesScan { rel }, Vec::new(), clauses),
            PathKind::CteScan { cte, plan } => (
                PlanKind::CteScan {
                    rel,
                    cte: *cte,
                    plan: *plan,
                },
                Vec::new(),
                clauses,
            ),
            PathKind::WorkTableScan { cte } => (
                PlanKind::WorkTableScan { rel, cte: *cte },
                Vec::new(),
                clauses,
            ),
            PathKind::SystemScan { view } => {
                (PlanKind::SystemScan { rel, view }, Vec::new(), clauses)
            }
            _ => (PlanKind::FunctionScan { rel }, Vec::new(), clauses),
        };
        let mut node = self.bare(path, kind, children);
        node.filter = self.ordered(rest);
        Ok(self.gate(node, self.ordered(once)))
    }

    fn conditions(&self, scan: &IndexPath) -> Vec<IndexCondition> {
        scan.clauses
            .iter()
            .flat_map(|one| {
                one.conditions().iter().map(|condition| IndexCondition {
                    key: u16::try_from(one.key).unwrap_or(u16::MAX),
                    expr: self.fix(condition),
                })
            })
            .collect()
    }

    fn skip(&self, scan: &IndexPath) -> Option<SkipScan> {
        scan.skip.as_ref().map(|skip| SkipScan {
            columns: skip.columns,
            over: skip.over.iter().map(|key| self.fix(key)).collect(),
        })
    }

    /// A bitmap node and what it makes sure of.
    fn bitmap(&self, path: &Path) -> (PlanNode, BitmapQuals) {
        let info = self.base(path);
        let table_rows = info.tuples;
        let node = |kind, children, cost: f64, selectivity: f64| PlanNode {
            id: self.planner.next_node_id(),
            kind,
            children,
            output: Vec::new(),
            filter: Vec::new(),
            cost: Cost {
                startup: cost,
                total: cost,
            },
            est_rows: clamp_rows(selectivity * table_rows),
            width: 0,
            init_plans: Vec::new(),
            basis: path.basis.clone(),
        };
        match &path.kind {
            PathKind::Index(scan) => {
                let mut quals = BitmapQuals {
                    original: Vec::new(),
                    tested: Vec::new(),
                };
                for one in &scan.clauses {
                    quals.original.push(one.clause.expr.clone());
                    quals.tested.extend(one.conditions().iter().cloned());
                }
                for predicate in &scan.index.predicate {
                    if !implied(core::slice::from_ref(predicate), &quals.original) {
                        quals.original.push(predicate.clone());
                        quals.tested.push(predicate.clone());
                    }
                }
                let kind = PlanKind::BitmapIndexScan {
                    rel: info.rel,
                    index: scan.index.id,
                    conditions: self.conditions(scan),
                    skip: self.skip(scan),
                };
                let mut made = node(kind, Vec::new(), scan.index_total, scan.selectivity);
                made.cost.startup = 0.0;
                if let Some(CostBasis::IndexScan(scan)) = path.basis.as_deref() {
                    made.basis = Some(Rc::new(CostBasis::BitmapIndexScan(scan.access)));
                }
                (made, quals)
            }
            PathKind::BitmapAnd {
                inputs,
                selectivity,
            } => {
                let mut quals = BitmapQuals {
                    original: Vec::new(),
                    tested: Vec::new(),
                };
                let mut children = Vec::new();
                for input in inputs {
                    let (child, part) = self.bitmap(input);
                    children.push(child);
                    for (all, more) in [
                        (&mut quals.original, part.original),
                        (&mut quals.tested, part.tested),
                    ] {
                        for qual in more {
                            if !all.contains(&qual) {
                                all.push(qual);
                            }
                        }
                    }
                }
                (
                    node(PlanKind::BitmapAnd, children, path.cost.total, *selectivity),
                    quals,
                )
            }
            PathKind::BitmapOr {
                inputs,
                selectivity,
            } => {
                let (mut original, mut tested) = (Vec::new(), Vec::new());
                let mut children = Vec::new();
                for input in inputs {
                    let (child, part) = self.bitmap(input);
                    children.push(child);
                    original.push(all_of(part.original));
                    tested.push(all_of(part.tested));
                }
                let quals = BitmapQuals {
                    original: alloc::vec![any_of(original)],
                    tested: alloc::vec![any_of(tested)],
                };
                (
                    node(PlanKind::BitmapOr, children, path.cost.total, *selectivity),
                    quals,
                )
            }
            _ => unreachable!("a bitmap is made of index scans"),
        }
    }

    pub(super) fn subquery(
        &self,
        path: &Rc<Path>,
        sub: &Rc<Level>,
        input: &Rc<Path>,
        usage: OutputUse,
    ) -> Result<PlanNode, Error> {
        let child = self.planner.finish(sub, input)?;
        let base = path.rels.only().map(|at| &self.level.rels[at]);
        let clauses = if base.is_some() {
            self.scan_clauses(path)
        } else {
            Vec::new()
        };
        let shown = sub
            .query
            .targets
            .iter()
            .filter(|target| !target.hidden)
            .count();
        let PathKind::SubqueryScan { rel, keep, .. } = path.kind else {
            unreachable!("only scans of sub-queries come here");
        };
        let numbers = column_numbers(&sub.query);
        let in_order = path.target.exprs.len() == shown
            && path
                .target
                .exprs
                .iter()
                .zip(&numbers)
                .all(|(expr, number)| {
                    matches!(expr.kind, ExprKind::Column(column)
                    if column.rel == rel && column.column == *number)
                });
        let referenced = base.is_some_and(|info| !info.lateral_referencers.is_empty())
            || self.is_parameter_source(rel);
        let plain_columns = path
            .target
            .exprs
            .iter()
            .all(|expr| matches!(expr.kind, ExprKind::Column(column) if column.rel == rel));
        // The column that tells the sides of a set operation apart must not be seen above.
        let keep = keep || emits_flag(&child);
        // What has no column cannot be told from the same constant above an outer join that fills it with NULL.
        let is_opaque = |expr: &Expr| {
            matches!(
                expr.kind,
                ExprKind::Const(_) | ExprKind::Param(_) | ExprKind::InitPlan(_)
            )
        };
        let nullable = path.rels.overlaps(self.level.nullable_rels);
        let is_read = |number: u16| {
            let mut read = path.target.exprs.iter();
            read.any(|expr| {
                matches!(expr.kind, ExprKind::Column(column)
                    if column.rel == rel && column.column == number)
            })
        };
        let mut given = child.output.iter().zip(&numbers);
        let fills = nullable && given.any(|(expr, number)| is_opaque(expr) && is_read(*number));
        let trivial = !(keep || fills)
            && clauses.is_empty()
            && (child.output.len() == shown && in_order
                || usage == OutputUse::Any && plain_columns)
            && !referenced;
        if trivial {
            let mut renamed = self.renamed.borrow_mut();
            for ((at, expr), number) in child.output.iter().enumerate().zip(&numbers) {
                // The arms of a set operation differ in it: above them it is a column.
                if base.is_none() && is_opaque(expr) {
                    continue;
                }
                let column = ColumnRef {
                    rel,
                    column: *number,
                };
                let data_type = sub
                    .query
                    .targets
                    .iter()
                    .filter(|target| !target.hidden)
                    .nth(at)
                    .map_or(DataType::Unknown, |target| target.expr.data_type);
                renamed.push((column_expr(column, data_type), expr.clone()));
            }
            return Ok(child);
        }
        let (once, rest): (Vec<_>, Vec<_>) = clauses
            .into_iter()
            .partition(|clause| clause.pseudoconstant);
        let mut node = self.bare(path, PlanKind::SubqueryScan { rel }, alloc::vec![child]);
        node.filter = self.ordered(rest);
        Ok(self.gate(node, self.ordered(once)))
    }

    /// Whether some sub-plan takes a column of the relation as its parameter.
    fn is_parameter_source(&self, rel: crate::logical::RelId) -> bool {
        self.planner.subplans.borrow().iter().any(|subplan| {
            subplan
                .params
                .iter()
                .any(|param| matches!(param.kind, ExprKind::Column(column) if column.rel == rel))
        })
    }
}

/// Whether rows come out of an INTERSECT or EXCEPT as it counted them.
fn emits_flag(node: &PlanNode) -> bool {
    match node.kind {
        PlanKind::SetOp { .. } => true,
        PlanKind::Sort { .. } | PlanKind::IncrementalSort { .. } | PlanKind::Limit { .. } => {
            node.children.iter().any(emits_flag)
        }
        _ => false,
    }
}

fn classes_of(path: &Path) -> Vec<Option<EcId>> {
    match &path.kind {
        PathKind::Index(scan) => scan
            .clauses
            .iter()
            .filter(|one| one.clause.parent_ec.is_some())
            .map(|one| one.clause.parent_ec)
            .collect(),
        PathKind::BitmapAnd { inputs, .. } => {
            inputs.iter().flat_map(|input| classes_of(input)).collect()
        }
        _ => Vec::new(),
    }
}

fn all_of(mut conditions: Vec<Expr>) -> Expr {
    match conditions.len() {
        0 => Expr::bool(true),
        1 => conditions.remove(0),
        _ => Expr::new(
            ExprKind::And(conditions),
            DataType::Bool,
            parser::Span::default(),
        ),
    }
}

fn any_of(mut conditions: Vec<Expr>) -> Expr {
    if conditions.len() == 1 {
        return conditions.remove(0);
    }
    Expr::new(
        ExprKind::Or(conditions),
        DataType::Bool,
        parser::Span::default(),
    )
}
