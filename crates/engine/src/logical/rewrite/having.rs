//! HAVING conditions without aggregates test the group key: they may as well test the rows before grouping.
//!
//! PostgreSQL: `planner.c` (subquery_planner, "HAVING clauses moved into WHERE").

use super::statement::Workbench;
use crate::logical::{Query, contains_aggregate, contains_sublink, contains_volatile};

impl Workbench {
    pub(super) fn having_to_where(query: &mut Query) {
        // Without GROUP BY there is one group even if no row comes, so the condition must stay.
        if query.group_by.is_empty() {
            return;
        }
        let conditions = core::mem::take(&mut query.having);
        for condition in conditions {
            if contains_aggregate(&condition)
                || contains_sublink(&condition)
                || contains_volatile(&condition)
            {
                query.having.push(condition);
            } else {
                query.filter.push(condition);
            }
        }
    }
}
