//! Index scans of clustered tables, in PostgreSQL's units.
//!
//! PostgreSQL has no such tables, so there is no formula to follow. These say what InnoDB and SQL Server do, with the prices that
//! everything else here is paid in, so that plans of both kinds of table can be compared:
//!
//! - Through the **primary key** the leaves hold the rows. Descents and entries cost what they cost in any B-tree; the first leaf is
//!   a random page, and those after it follow one another in key order, as heap pages do under a perfectly correlated index
//!   (`cost_index`, best case). No page is fetched besides.
//! - Through a **secondary index** each entry gives a primary key, by which the row is looked up. Its leaf is a page fetched like a heap
//!   page – Mackert and Lohman's formula, by correlation between worst and best, since leaves lie in key order – and on top of
//!   each row comes the way down the second tree: comparisons and levels, as `btcostestimate` prices a descent.
//! - A **sequential scan** reads all leaves in key order, `seq_page_cost` each: [`seq_scan`](super::seq_scan) with the leaves as pages.

use super::{
    CostSink, IndexScanInput,
    sink::{CostSum, Factor, Source, Unit},
};
use crate::physical::{PlannerSettings, cost_params::PAGE_CPU_MULTIPLIER};

/// What an index is to a clustered table.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum ClusteredAccess {
    /// The table is a heap.
    #[default]
    Heap,
    /// The leaves are the rows.
    Rows,
    /// Each row is looked up in a second tree.
    Lookup {
        /// Levels of that tree above its leaves.
        tree_height: f64,
    },
}

/// CPU cost of finding one row by its primary key: comparisons on the way down, and work on each level's page.
///
/// `rows`: rows of the table. `tree_height`: levels above the leaves. Returns cost units. O(1); cannot fail.
/// Source: PostgreSQL `btcostestimate`, the part for one descent.
/// ```
/// use engine::physical::{PlannerSettings, cost::row_descent};
/// // (ceil(log2(1,000,000)) + 3 · 50) · 0.0025
/// assert!((row_descent(&PlannerSettings::default(), 1e6, 2.0) - 0.425).abs() < 1e-12);
/// ```
#[must_use]
pub fn row_descent(settings: &PlannerSettings, rows: f64, tree_height: f64) -> f64 {
    let comparisons = if rows > 1.0 {
        libm::ceil(libm::log2(rows))
    } else {
        0.0
    };
    (comparisons + (tree_height + 1.0) * PAGE_CPU_MULTIPLIER) * settings.cpu_operator_cost
}

/// Adds what a clustered table's rows cost beside the entries; `true` when heap pages have no part in it.
pub(super) fn add_clustered<S: CostSink>(
    settings: &PlannerSettings,
    input: &IndexScanInput,
    sum: &mut CostSum<'_, S>,
) -> bool {
    match input.clustered {
        ClusteredAccess::Heap => false,
        ClusteredAccess::Rows => {
            let access = &input.access;
            if access.descents * access.loops <= 1.0 {
                let further = access.leaf_pages_per_descent() - 1.0;
                let cheaper = settings.seq_page_cost - settings.random_page_cost;
                sum.run(
                    "saved because leaves follow one another",
                    &[
                        Factor::pages("further leaves", further),
                        Factor::new(
                            "seq_page_cost - random_page_cost",
                            cheaper,
                            Unit::Cost,
                            Source::Estimate,
                        ),
                    ],
                );
            }
            true
        }
        ClusteredAccess::Lookup { tree_height } => {
            if !input.index_only {
                let descent = row_descent(settings, input.access.table_tuples, tree_height);
                sum.run(
                    "ways down the tree that has the rows",
                    &[
                        Factor::rows("rows", input.tuples_fetched()),
                        Factor::expression("one way down", descent),
                    ],
                );
            }
            false
        }
    }
}
