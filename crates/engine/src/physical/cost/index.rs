//! Index scan, index-only scan, and the index part that a bitmap shares with them.
//!
//! Sources: PostgreSQL 15 `selfuncs.c` (`btcostestimate`, `genericcostestimate`), `costsize.c` (`cost_index`,
//! `index_pages_fetched`).

use super::{
    CostSink, QualCost, clamp_rows,
    clustered::{ClusteredAccess, add_clustered},
    lines,
    sink::{CostSum, Factor, Source, Unit},
};
use crate::physical::{Cost, PlannerSettings, cost_params::PAGE_CPU_MULTIPLIER};

/// What decides how often a page is fetched again.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CacheShare {
    /// Pages of all tables in the query (PostgreSQL `total_table_pages`).
    pub table_pages: f64,
    /// Pages of the index in use.
    pub index_pages: f64,
}

/// Pages fetched when `tuples` rows are read in no order from `pages` pages, by Mackert and Lohman.
///
/// `tuples`: rows fetched (N). `pages`: pages of the relation (T). Returns whole pages, 0 ..= T when T fits its share of
/// the cache, more when pages are read again. Assumes that the cache is shared in proportion to size. O(1).
///
/// Source: Mackert & Lohman, "Index Scans Using a Finite LRU Buffer", TODS 1989; PostgreSQL `index_pages_fetched`.
/// ```
/// use engine::physical::{PlannerSettings, cost::{CacheShare, pages_fetched}};
/// let share = CacheShare { table_pages: 2804.0, index_pages: 798.0 };
/// // ceil(2·2804·3070 / (2·2804 + 3070))
/// assert_eq!(pages_fetched(&PlannerSettings::default(), 3070.0, 2804.0, share), 1984.0);
/// ```
#[must_use]
pub fn pages_fetched(
    settings: &PlannerSettings,
    tuples: f64,
    pages: f64,
    share: CacheShare,
) -> f64 {
    let table = pages.max(1.0);
    let total = (share.table_pages + share.index_pages).max(1.0);
    let cache = settings.effective_cache_size * table / total;
    let cache = if cache <= 1.0 { 1.0 } else { libm::ceil(cache) };
    let in_no_order = 2.0 * table * tuples / (2.0 * table + tuples);
    if table <= cache {
        if in_no_order >= table {
            table
        } else {
            libm::ceil(in_no_order)
        }
    } else {
        let limit = 2.0 * table * cache / (2.0 * table - cache);
        if tuples <= limit {
            libm::ceil(in_no_order)
        } else {
            libm::ceil(cache + (tuples - limit) * (table - cache) / table)
        }
    }
}

/// What the index part is costed from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct IndexAccessInput {
    /// Pages of the index.
    pub index_pages: f64,
    /// Entries of the index.
    pub index_tuples: f64,
    /// Levels above the leaves (`tree_height`, 0 = the root is a leaf).
    pub tree_height: f64,
    /// Rows of the table.
    pub table_tuples: f64,
    /// Selectivity of the boundary conditions (and of the partial predicate as far as they do not imply it).
    pub boundary_selectivity: f64,
    /// A unique index with `=` on every key part, none of them an IN list or IS NULL: one entry.
    pub unique_match: bool,
    /// Descents of one scan: the product of the lengths of the IN lists, at least 1.
    pub descents: f64,
    /// The same of the IN lists among the boundary conditions, which share the boundary's entries between them.
    pub bounding_descents: f64,
    /// Repetitions of the scan (inner side of a nested loop), at least 1.
    pub loops: f64,
    /// Conditions that the index evaluates, boundary or not.
    pub conditions: f64,
    /// Evaluating the other sides of the conditions, once a scan.
    pub arguments: f64,
    /// Pages of all tables in the query.
    pub query_pages: f64,
}

impl IndexAccessInput {
    /// Entries read by one descent, whole and at least one.
    #[must_use]
    pub fn entries_per_descent(&self) -> f64 {
        let entries = if self.unique_match {
            1.0
        } else {
            let entries = self.boundary_selectivity * self.table_tuples;
            libm::rint(entries / self.bounding_descents.max(1.0))
        };
        entries.min(self.index_tuples).max(1.0)
    }

    /// Leaf pages read by one descent.
    #[must_use]
    pub fn leaf_pages_per_descent(&self) -> f64 {
        if self.index_pages > 1.0 && self.index_tuples > 1.0 {
            libm::ceil(self.entries_per_descent() * self.index_pages / self.index_tuples)
        } else {
            1.0
        }
    }
}

/// Searching a B-tree: descents, leaf pages, entries. Startup is one descent. O(1); cannot fail.
///
/// Source: `genericcostestimate` and `btcostestimate`.
/// ```
/// use engine::physical::{PlannerSettings, cost::{IndexAccessInput, NoTerms, index_access}};
/// // bitmap over 3070 of 300,000 rows
/// let input = IndexAccessInput {
///     index_pages: 798.0,
///     index_tuples: 300_000.0,
///     tree_height: 2.0,
///     table_tuples: 300_000.0,
///     boundary_selectivity: 3070.0 / 300_000.0,
///     descents: 1.0,
///     loops: 1.0,
///     conditions: 1.0,
///     ..IndexAccessInput::default()
/// };
/// let cost = index_access(&PlannerSettings::default(), &input, &mut NoTerms);
/// assert!((cost.total - 59.4475).abs() < 1e-9);
/// ```
pub fn index_access(
    settings: &PlannerSettings,
    input: &IndexAccessInput,
    sink: &mut impl CostSink,
) -> Cost {
    let mut sum = CostSum::new(sink);
    add_index_access(settings, input, &mut sum);
    sum.finish()
}

fn add_index_access<S: CostSink>(
    settings: &PlannerSettings,
    input: &IndexAccessInput,
    sum: &mut CostSum<'_, S>,
) {
    let operator = Factor::row_price("cpu_operator_cost", settings.cpu_operator_cost);
    let descents = Factor::count("descents", input.descents);
    let comparisons = if input.index_tuples > 1.0 {
        libm::ceil(libm::log2(input.index_tuples))
    } else {
        0.0
    };
    let comparisons = Factor::new(
        "log2(index entries)",
        comparisons,
        Unit::Count,
        Source::Size,
    );
    sum.note(
        "log2(index entries)",
        "comparisons of a binary search, rounded up",
        || {
            [Factor::new(
                "entries of the index",
                input.index_tuples,
                Unit::Rows,
                Source::Size,
            )]
        },
    );
    let levels = Factor::new("levels", input.tree_height + 1.0, Unit::Count, Source::Size);
    let page_work = Factor::constant("operators for one page", PAGE_CPU_MULTIPLIER);
    let further = Factor::count("further descents", input.descents - 1.0);
    sum.startup(
        "condition values",
        &[Factor::expression("values", input.arguments)],
    );
    sum.startup("compare on the way down", &[comparisons, operator]);
    sum.startup("go down", &[levels, page_work, operator]);

    let pages = input.leaf_pages_per_descent();
    let scans = input.descents * input.loops;
    let random = Factor::page_price("random_page_cost", settings.random_page_cost);
    if scans > 1.0 {
        let share = CacheShare {
            table_pages: input.query_pages,
            index_pages: input.index_pages,
        };
        let fetched = pages_fetched(settings, pages * scans, input.index_pages, share);
        sum.note(
            "index pages",
            "Mackert and Lohman, for the leaf pages of all repetitions: some are read more than once, but are in the cache by then",
            || {
                [
                    Factor::pages("leaf pages of one descent", pages),
                    Factor::count("descents", input.descents),
                    Factor::rows("repetitions", input.loops),
                    Factor::new("pages of the index", input.index_pages, Unit::Pages, Source::Size),
                ]
            },
        );
        sum.run(
            "index pages of all repetitions",
            &[
                Factor::pages("index pages", fetched),
                random,
                Factor::ratio("1 / repetitions", 1.0 / input.loops),
            ],
        );
    } else {
        sum.note(
            "index pages",
            "entries ÷ (entries of the index ÷ pages of the index), rounded up",
            || {
                [
                    Factor::rows("entries", input.entries_per_descent()),
                    Factor::new(
                        "entries of the index",
                        input.index_tuples,
                        Unit::Rows,
                        Source::Size,
                    ),
                    Factor::new(
                        "pages of the index",
                        input.index_pages,
                        Unit::Pages,
                        Source::Size,
                    ),
                ]
            },
        );
        sum.run(
            "read index pages",
            &[Factor::pages("index pages", pages), random],
        );
    }
    sum.note(
        "entries",
        if input.unique_match {
            "a unique key has one entry"
        } else {
            "selectivity of the conditions that bound the scan × rows of the table, whole and at least 1"
        },
        || {
            [
                Factor::new("selectivity", input.boundary_selectivity, Unit::Ratio, Source::Estimate),
                Factor::new("rows of the table", input.table_tuples, Unit::Rows, Source::Size),
            ]
        },
    );
    let entries = Factor::rows("entries", input.entries_per_descent());
    sum.run(
        "index entries",
        &[
            entries,
            descents,
            Factor::row_price("cpu_index_tuple_cost", settings.cpu_index_tuple_cost),
        ],
    );
    sum.run(
        "index conditions",
        &[
            entries,
            descents,
            Factor::count("conditions", input.conditions),
            operator,
        ],
    );
    sum.run(
        "compare on further ways down",
        &[further, comparisons, operator],
    );
    sum.run("go down again", &[further, levels, page_work, operator]);
}

/// What an index scan is costed from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct IndexScanInput {
    /// The index part.
    pub access: IndexAccessInput,
    /// Selectivity of all index conditions and the partial predicate.
    pub selectivity: f64,
    /// Correlation of index order and physical order, already weighted (see `MULTI_COLUMN_CORRELATION`).
    pub correlation: f64,
    /// Pages of the table.
    pub table_pages: f64,
    /// Fraction of the table's pages known to be visible to all.
    pub all_visible: f64,
    /// Whether only the index is read where pages are visible to all.
    pub index_only: bool,
    /// What the index is to a clustered table.
    pub clustered: ClusteredAccess,
    /// Rows after all conditions.
    pub rows: f64,
    /// Conditions that the index does not check.
    pub filter: QualCost,
    /// The output expressions.
    pub target: QualCost,
}

impl IndexScanInput {
    /// Rows fetched from the table, whole and at least one.
    #[must_use]
    pub fn tuples_fetched(&self) -> f64 {
        clamp_rows(self.selectivity * self.access.table_tuples)
    }

    /// Costs of fetching heap pages: in no order at all, and in perfect order.
    fn heap_costs(&self, settings: &PlannerSettings) -> (f64, f64) {
        let share = CacheShare {
            table_pages: self.access.query_pages,
            index_pages: self.access.index_pages,
        };
        let fetched = |tuples| pages_fetched(settings, tuples, self.table_pages, share);
        let visible = |pages: f64| {
            if self.index_only {
                libm::ceil(pages * (1.0 - self.all_visible))
            } else {
                pages
            }
        };
        let loops = self.access.loops;
        let in_order = libm::ceil(self.selectivity * self.table_pages);
        if loops > 1.0 {
            let worst = visible(fetched(self.tuples_fetched() * loops));
            let best = visible(fetched(in_order * loops));
            (
                worst * settings.random_page_cost / loops,
                best * settings.random_page_cost / loops,
            )
        } else {
            let worst = visible(fetched(self.tuples_fetched()));
            let best = visible(in_order);
            let best_cost = if best > 0.0 {
                let mut cost = settings.random_page_cost;
                if best > 1.0 {
                    cost += (best - 1.0) * settings.seq_page_cost;
                }
                cost
            } else {
                0.0
            };
            (worst * settings.random_page_cost, best_cost)
        }
    }
}

/// Fetches rows in index order. O(1); cannot fail.
///
/// Heap pages are priced between the worst case (rows in no order) and the best (rows in order) by the square of the
/// correlation. Source: `cost_index`.
/// ```
/// use engine::physical::{PlannerSettings, cost::{IndexAccessInput, IndexScanInput, NoTerms, index_scan}};
/// // one row by primary key out of a million
/// let access = IndexAccessInput {
///     index_pages: 2745.0,
///     index_tuples: 1e6,
///     tree_height: 2.0,
///     table_tuples: 1e6,
///     boundary_selectivity: 1e-6,
///     unique_match: true,
///     descents: 1.0,
///     loops: 1.0,
///     conditions: 1.0,
///     query_pages: 11944.0,
///     ..IndexAccessInput::default()
/// };
/// let input = IndexScanInput { access, selectivity: 1e-6, correlation: 1.0, table_pages: 11944.0, rows: 1.0, ..IndexScanInput::default() };
/// let cost = index_scan(&PlannerSettings::default(), &input, &mut NoTerms);
/// assert!((cost.startup - 0.425).abs() < 1e-9);
/// assert!((cost.total - 8.4425).abs() < 1e-9);
/// ```
pub fn index_scan(
    settings: &PlannerSettings,
    input: &IndexScanInput,
    sink: &mut impl CostSink,
) -> Cost {
    let mut sum = CostSum::new(sink);
    if input.index_only {
        sum.disabled_unless(settings.enable.indexonlyscan, "enable_indexonlyscan");
    }
    sum.disabled_unless(settings.enable.indexscan, "enable_indexscan");
    add_index_access(settings, &input.access, &mut sum);
    lines::set_up(&mut sum, input.filter, input.target);
    if !add_clustered(settings, input, &mut sum) {
        add_heap_pages(settings, input, &mut sum);
    }
    lines::per_row(
        settings,
        &mut sum,
        input.tuples_fetched(),
        input.filter.per_tuple,
    );
    lines::output(&mut sum, input.rows, input.target.per_tuple);
    sum.finish()
}

fn add_heap_pages<S: CostSink>(
    settings: &PlannerSettings,
    input: &IndexScanInput,
    sum: &mut CostSum<'_, S>,
) {
    let (worst, best) = input.heap_costs(settings);
    let correlation = Factor::new(
        "correlation",
        input.correlation,
        Unit::Ratio,
        Source::Statistics,
    );
    note_heap(settings, input, (worst, best), sum);
    sum.run(
        "heap pages, rows in no order",
        &[Factor::new(
            "worst case",
            worst,
            Unit::Cost,
            Source::Estimate,
        )],
    );
    sum.run(
        "saved because rows lie in index order",
        &[
            correlation,
            correlation,
            Factor::new(
                "best case - worst case",
                best - worst,
                Unit::Cost,
                Source::Estimate,
            ),
        ],
    );
}

/// How the price of heap pages was found.
fn note_heap<S: CostSink>(
    settings: &PlannerSettings,
    input: &IndexScanInput,
    costs: (f64, f64),
    sum: &mut CostSum<'_, S>,
) {
    let (worst, best) = costs;
    let pages = worst / settings.random_page_cost.max(f64::MIN_POSITIVE);
    let heap = Factor::new(
        "pages of the table",
        input.table_pages,
        Unit::Pages,
        Source::Size,
    );
    let rows = Factor::rows("rows fetched", input.tuples_fetched());
    let random = Factor::page_price("random_page_cost", settings.random_page_cost);
    let repetitions = Factor::rows("repetitions", input.access.loops);
    let visible = Factor::new(
        "part of the pages visible to all",
        input.all_visible,
        Unit::Ratio,
        Source::Size,
    );
    let how = match (input.index_only, input.access.loops > 1.0) {
        (false, false) => {
            "heap pages × random_page_cost; heap pages by Mackert and Lohman: 2·T·N ÷ (2·T + N), rounded up, with T pages of the table and N rows fetched"
        }
        (false, true) => {
            "heap pages × random_page_cost; heap pages by Mackert and Lohman for all repetitions together, divided by them"
        }
        (true, _) => {
            "heap pages × random_page_cost; only pages that are not known to be visible to all are visited"
        }
    };
    sum.note("worst case", how, || {
        [
            Factor::pages("heap pages", pages),
            random,
            heap,
            rows,
            repetitions,
            visible,
        ]
    });
    let how = if input.access.loops > 1.0 {
        "with rows in index order the pages of each repetition would lie side by side"
    } else {
        "with rows in index order: random_page_cost for the first page, seq_page_cost for each other one"
    };
    sum.note("best case - worst case", how, || {
        [
            Factor::new("best case", best, Unit::Cost, Source::Estimate),
            Factor::new("worst case", worst, Unit::Cost, Source::Estimate),
        ]
    });
}
