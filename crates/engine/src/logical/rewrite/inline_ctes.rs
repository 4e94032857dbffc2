//! A WITH query used once (or NOT MATERIALIZED) becomes a sub-query at its place of use.
//!
//! PostgreSQL: `subselect.c` (SS_process_ctes, inline_cte).

use super::statement::Workbench;
use crate::logical::{Query, RelId, RelationKind, contains_volatile, for_each_expr};
use alloc::boxed::Box;

impl Workbench {
    pub(super) fn inline_ctes(&mut self) {
        for at in 0..self.ctes.len() {
            let Some(cte) = self.ctes.get(at) else {
                break;
            };
            let wanted = match cte.materialized {
                Some(true) => false,
                Some(false) => true,
                None => cte.references == 1,
            };
            if !wanted || cte.recursive || cte.references == 0 || is_volatile(&cte.query) {
                continue;
            }
            let query = cte.query.clone();
            let mut first = true;
            for rel in 0..self.tables.len() {
                let Some(entry) = self.tables.get(rel) else {
                    break;
                };
                let RelationKind::Cte { cte, .. } = entry.kind else {
                    continue;
                };
                if cte.0 as usize != at {
                    continue;
                }
                let body = if first {
                    query.clone()
                } else {
                    self.copy(&query)
                };
                first = false;
                let rel = RelId(u32::try_from(rel).unwrap_or(u32::MAX));
                self.put_kind(rel, RelationKind::Subquery(Box::new(body)));
            }
            if let Some(cte) = self.ctes.get_mut(at) {
                cte.references = 0;
            }
        }
    }

    /// A level defines only the WITH queries that are still read.
    pub(super) fn drop_inlined_ctes(&self, query: &mut Query) {
        query.ctes.retain(|id| {
            self.ctes
                .get(id.0 as usize)
                .is_some_and(|cte| cte.references > 0)
        });
    }
}

fn is_volatile(query: &Query) -> bool {
    let mut found = query.row_locks;
    for_each_expr(query, &mut |expr| found = found || contains_volatile(expr));
    found
}
