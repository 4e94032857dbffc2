//! What a scan emits when nobody says otherwise: all columns of its table or of its index, as they are stored.
//!
//! Why: DISTINCT over an ordered scan passes such rows on, and what ORDER BY wants of them is then picked by a Result on top. It
//! costs nothing, but PostgreSQL shows it. Source of the method: PostgreSQL 15 `createplan.c` (`use_physical_tlist`,
//! `create_projection_plan`).

use super::{
    cost::CostBasis,
    create_plan::PlanMaker,
    level::Level,
    path::{Path, PathKind, PathTarget},
    plan::{PlanKind, PlanNode},
    planner::Planner,
    rel::BaseKind,
};
use crate::logical::{ColumnRef, Expr, ExprKind};
use alloc::{rc::Rc, vec::Vec};

impl Planner<'_> {
    /// The path that ORDER BY takes as it is: under a projection if it is a DISTINCT that passes on what a scan emits.
    pub(super) fn over_distinct(
        &self,
        level: &Level,
        path: &Rc<Path>,
        target: &Rc<PathTarget>,
    ) -> Rc<Path> {
        let query = &level.query;
        let grouped = query.aggregates || !query.group_by.is_empty() || !query.windows.is_empty();
        let PathKind::Unique { input, .. } = &path.kind else {
            return path.clone();
        };
        if grouped || !matches!(input.kind, PathKind::Index(_) | PathKind::SeqScan) {
            return path.clone();
        }
        let Some(info) = input.rels.only().map(|at| &level.rels[at]) else {
            return path.clone();
        };
        if info.target.exprs != target.exprs {
            return path.clone();
        }
        Rc::new(Path {
            target: target.clone(),
            basis: self.basis(|| CostBasis::Passed(path.cost)),
            kind: PathKind::Projection {
                forced: false,
                input: path.clone(),
            },
            ..(**path).clone()
        })
    }
}

impl PlanMaker<'_, '_> {
    /// Makes a DISTINCT over a scan pass on all that the scan stores.
    pub(super) fn widen_distinct(&self, path: &Path, node: &mut PlanNode) {
        let PathKind::Unique { input, .. } = &path.kind else {
            return;
        };
        let Some(columns) = self.stored_columns(input) else {
            return;
        };
        let is_scan = |scan: &PlanNode| {
            matches!(
                scan.kind,
                PlanKind::IndexScan { .. }
                    | PlanKind::IndexOnlyScan { .. }
                    | PlanKind::SeqScan { .. }
            )
        };
        if let [scan] = node.children.as_mut_slice()
            && is_scan(scan)
            && scan.output.iter().all(|expr| columns.contains(expr))
        {
            scan.output.clone_from(&columns);
            node.output = columns;
        }
    }

    fn stored_columns(&self, scan: &Path) -> Option<Vec<Expr>> {
        let info = &self.level.rels[scan.rels.only()?];
        let BaseKind::Table { def, .. } = &info.kind else {
            return None;
        };
        let column = |at: u16| {
            let data_type = def.columns.get(usize::from(at))?.data_type;
            let column = ColumnRef {
                rel: info.rel,
                column: at,
            };
            Some(super::planner::column_expr(column, data_type))
        };
        match &scan.kind {
            PathKind::Index(index) if index.only => {
                let keys = index.index.keys.iter().cloned().map(Some);
                let included = index.index.def.include.iter().map(|at| column(*at));
                keys.chain(included)
                    .map(|key| key.filter(|key| matches!(key.kind, ExprKind::Column(_))))
                    .collect()
            }
            _ => (0..u16::try_from(def.columns.len()).ok()?)
                .map(column)
                .collect(),
        }
    }
}
