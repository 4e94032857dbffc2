//! UNION ALL in order: arms that are sorted alike are merged.
//!
//! Why: with an index under each arm, the first rows of a sorted UNION ALL come without reading the rest. Source of the method:
//! PostgreSQL 15 `allpaths.c` (`generate_orderedappend_paths`), `pathnode.c` (`create_merge_append_path`).

use super::{
    cost::{CostBasis, InputEstimate, NoTerms, merge_append},
    join_path::input_of,
    level::Level,
    path::{Path, PathKind},
    pathkeys::SortSpec,
    planner::Planner,
    set_operation::Arms,
};
use crate::{
    error::Error,
    logical::{ExprKind, RelId, SetOperation, SetOperator, SortKey},
};
use alloc::{rc::Rc, vec::Vec};

/// A wanted order: column of the output, descending, NULLs first.
pub(super) type ColumnOrder = (u16, bool, bool);

impl Planner<'_> {
    /// Adds a merge of the arms to a planned UNION ALL.
    pub(super) fn add_merge_append(
        &self,
        level: &mut Level,
        order: &[ColumnOrder],
        of: &Arms<'_>,
        append: &Path,
    ) -> Result<Option<Path>, Error> {
        let Some(operation) = &level.query.set_operation else {
            return Ok(None);
        };
        let mut arms = Vec::new();
        if order.is_empty() || !collect_arms(operation, &mut arms) {
            return Ok(None);
        }
        let wanted = (level.tuple_fraction, level.limit_tuples);
        let (mut inputs, mut ordered) = (Vec::new(), false);
        for arm in arms {
            let input = self.plan_arm_in_order(arm, order, of, wanted)?;
            ordered |= !is_sorted_here(&input);
            inputs.push(input);
        }
        if !ordered {
            return Ok(None);
        }
        let specs: Vec<SortSpec> = order
            .iter()
            .filter_map(|(column, descending, nulls_first)| {
                let at = of.numbers.iter().position(|number| number == column)?;
                let expr = append.target.exprs.get(at)?;
                Some((expr.clone(), *descending, *nulls_first))
            })
            .collect();
        let keys = self.keys_for(level, &specs);
        let estimates: Vec<InputEstimate> = inputs.iter().map(|input| input_of(input)).collect();
        Ok(Some(Path {
            rels: append.rels,
            target: append.target.clone(),
            param: None,
            rows: append.rows,
            cost: merge_append(self.input.settings, &estimates, &mut NoTerms),
            basis: self.basis(|| CostBasis::MergeAppend(estimates)),
            keys,
            kind: PathKind::MergeAppend { inputs },
        }))
    }
}

/// The order that ORDER BY asks of the columns of `rel`; empty if it asks for anything else.
pub(super) fn order_over(level: &Level, rel: RelId) -> Vec<ColumnOrder> {
    let key = |key: &SortKey| match &level.query.targets.get(key.target)?.expr.kind {
        ExprKind::Column(column) if column.rel == rel => {
            Some((column.column, key.descending, key.nulls_first))
        }
        _ => None,
    };
    let order: Option<Vec<ColumnOrder>> = level.query.order_by.iter().map(key).collect();
    order.unwrap_or_default()
}

/// The arms from left to right; `false` if it is not UNION ALL throughout.
pub(super) fn collect_arms(operation: &SetOperation, arms: &mut Vec<RelId>) -> bool {
    match operation {
        SetOperation::Leaf(rel) => {
            arms.push(*rel);
            true
        }
        SetOperation::Node {
            op: SetOperator::Union,
            all: true,
            left,
            right,
            ..
        } => collect_arms(left, arms) && collect_arms(right, arms),
        SetOperation::Node { .. } => false,
    }
}

fn is_sorted_here(path: &Rc<Path>) -> bool {
    match &path.kind {
        PathKind::SubqueryScan { input, .. } => is_sorted_here(input),
        PathKind::Sort { .. } | PathKind::IncrementalSort { .. } => true,
        _ => false,
    }
}
