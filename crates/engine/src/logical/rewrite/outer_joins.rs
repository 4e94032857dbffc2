//! Outer joins whose NULL-filled rows a later condition throws away become inner or anti joins; RIGHT becomes LEFT.
//!
//! PostgreSQL: `prepjointree.c` (reduce_outer_joins).

use super::statement::Workbench;
use crate::collections::SortedSet;
use crate::logical::{
    ColumnRef, Expr, ExprKind, FromItem, JoinKind, Query, RelId, columns_forced_non_null,
    rels_forced_non_null, rels_in,
};
use crate::value::Value;
use alloc::vec::Vec;

type Columns = SortedSet<ColumnRef>;
type Rels = SortedSet<RelId>;

impl Workbench {
    pub(super) fn reduce_outer_joins(&mut self, query: &mut Query) {
        if !query.from.iter().any(is_outer) {
            return;
        }
        let mut forced = Rels::new();
        for condition in &query.filter {
            forced.extend(rels_forced_non_null(condition));
        }
        let mut from = core::mem::take(&mut query.from);
        let mut reducer = Reducer {
            null_tests: query.filter.iter().filter_map(null_test).collect(),
            emptied: Vec::new(),
            settled: Vec::new(),
        };
        for item in &mut from {
            reducer.reduce(item, &forced);
        }
        let Reducer {
            emptied, settled, ..
        } = reducer;
        query.filter.retain(|condition| {
            null_test(condition).is_none_or(|column| !settled.contains(&column))
        });
        if !emptied.is_empty() {
            // What an anti join has no row for is NULL everywhere above it.
            self.map_deep(query, &mut |column, expr| {
                if emptied.contains(&column.rel) {
                    Expr {
                        kind: ExprKind::Const(Value::Null),
                        ..expr
                    }
                } else {
                    expr
                }
            });
        }
        query.from = from;
    }
}

/// Whether a join of a FROM item is none of the kinds that stay as they are.
fn is_outer(item: &FromItem) -> bool {
    match item {
        FromItem::Relation(_) => false,
        FromItem::Join {
            kind, left, right, ..
        } => !matches!(kind, JoinKind::Inner) || is_outer(left) || is_outer(right),
    }
}

struct Reducer {
    /// Columns that WHERE wants NULL.
    null_tests: Columns,
    /// Entries on the far side of anti joins.
    emptied: Vec<RelId>,
    /// Columns whose IS NULL the anti join answers.
    settled: Vec<ColumnRef>,
}

impl Reducer {
    fn reduce(&mut self, item: &mut FromItem, forced: &Rels) {
        let FromItem::Join {
            kind,
            left,
            right,
            on,
        } = item
        else {
            return;
        };
        let touches = |item: &FromItem| rels_in(item).iter().any(|rel| forced.contains(rel));
        match kind {
            JoinKind::Full => {
                *kind = match (touches(left), touches(right)) {
                    (true, true) => JoinKind::Inner,
                    (true, false) => JoinKind::Left,
                    (false, true) => JoinKind::Right,
                    (false, false) => JoinKind::Full,
                };
            }
            JoinKind::Left if touches(right) => *kind = JoinKind::Inner,
            JoinKind::Right if touches(left) => *kind = JoinKind::Inner,
            _ => {}
        }
        if *kind == JoinKind::Right {
            core::mem::swap(left, right);
            *kind = JoinKind::Left;
        }
        let mut here = Rels::new();
        for condition in on.iter() {
            here.extend(rels_forced_non_null(condition));
        }
        if *kind == JoinKind::Left {
            let mut columns = Columns::new();
            for condition in on.iter() {
                columns.extend(columns_forced_non_null(condition));
            }
            let far = rels_in(right);
            let settled: Vec<ColumnRef> = self
                .null_tests
                .iter()
                .filter(|column| far.contains(&column.rel) && columns.contains(column))
                .copied()
                .collect();
            if !settled.is_empty() {
                *kind = JoinKind::Anti;
                self.settled.extend(settled);
                self.emptied.extend(far);
            }
        }
        match kind {
            JoinKind::Inner | JoinKind::Semi => {
                here.extend(forced.iter().copied());
                self.reduce(left, &here);
                self.reduce(right, &here);
            }
            JoinKind::Left | JoinKind::Anti | JoinKind::Right => {
                self.reduce(left, forced);
                let nothing = core::mem::take(&mut self.null_tests);
                self.reduce(right, &here);
                self.null_tests = nothing;
            }
            JoinKind::Full => {
                let nothing = core::mem::take(&mut self.null_tests);
                self.reduce(left, &Rels::new());
                self.reduce(right, &Rels::new());
                self.null_tests = nothing;
            }
        }
    }
}

fn null_test(condition: &Expr) -> Option<ColumnRef> {
    match &condition.kind {
        ExprKind::IsNull {
            arg,
            negated: false,
        } => arg.as_column(),
        _ => None,
    }
}
