//! What planning depends on, all of it: planning is a pure function of the statement and this.

use super::settings::PlannerSettings;
use crate::collections::SortedSet;
use crate::collections::sort_by;
use crate::{
    catalog::{Catalog, IndexDef, IndexId},
    logical::ColumnRef,
    stats::{IndexEndpoints, Statistics},
};
use alloc::{rc::Rc, vec::Vec};

/// Everything that planning may look at.
#[derive(Clone, Copy)]
pub struct PlannerInput<'a> {
    /// What exists. Indexes with state `Hidden` are not planned with.
    pub catalog: &'a Catalog,
    /// What is known of the data, also the sizes of hypothetical indexes.
    pub statistics: &'a Statistics,
    /// Costs, memory, switches.
    pub settings: &'a PlannerSettings,
    /// The ends of indexes as they are now.
    pub endpoints: &'a dyn IndexEndpoints,
    /// Further indexes not to plan with.
    pub hidden: &'a SortedSet<IndexId>,
    /// Further indexes to plan with, though they are not in the catalog; their sizes are in `statistics`.
    pub hypothetical: &'a [Rc<IndexDef>],
    /// Keep the candidates that lost, with reasons.
    pub keep_considered: KeepConsidered,
    /// Keep what each cost was worked out from.
    pub keep_costs: KeepCosts,
    /// Selectivities that are given, not estimated: what if the conditions on this column found that part of the rows?
    pub forced: &'a [ForcedSelectivity],
    /// Whether the statement's time is over: the host's clock, which the engine has none of. It is asked now and then while
    /// planning works, and never by a plan of a few tables.
    pub late: &'a dyn Fn() -> bool,
}

/// A given selectivity of all conditions that speak of one column alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ForcedSelectivity {
    /// The column.
    pub column: ColumnRef,
    /// Fraction of the table's rows.
    pub selectivity: f64,
}

/// Whether to keep what costs were worked out from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeepCosts {
    /// Only the costs: the quickest.
    #[default]
    No,
    /// So that [`unfold`](crate::physical::cost::CostBasis::unfold) can show each line.
    Yes,
}

/// Whether to keep what lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeepConsidered {
    /// Only the winner: the quickest.
    #[default]
    No,
    /// All candidates and a verdict for each index.
    Yes,
}

impl<'a> PlannerInput<'a> {
    /// The plain case: nothing hidden or hypothetical beside what the catalog says, losers not kept.
    #[must_use]
    pub fn new(
        catalog: &'a Catalog,
        statistics: &'a Statistics,
        settings: &'a PlannerSettings,
        endpoints: &'a dyn IndexEndpoints,
    ) -> Self {
        static NOTHING_HIDDEN: SortedSet<IndexId> = SortedSet::new();
        Self {
            catalog,
            statistics,
            settings,
            endpoints,
            hidden: &NOTHING_HIDDEN,
            hypothetical: &[],
            keep_considered: KeepConsidered::No,
            keep_costs: KeepCosts::No,
            forced: &[],
            late: &|| false,
        }
    }

    /// The indexes of a table that may be planned with, newest first (PostgreSQL's order of generation).
    pub(crate) fn indexes_of(&self, table: crate::catalog::TableId) -> Vec<&'a Rc<IndexDef>> {
        let mut indexes: Vec<&Rc<IndexDef>> = self
            .catalog
            .indexes_of(table)
            .chain(
                self.hypothetical
                    .iter()
                    .filter(|index| index.table == table),
            )
            .filter(|index| {
                index.state != crate::catalog::IndexState::Hidden
                    && !self.hidden.contains(&index.id)
            })
            .collect();
        // They come in ascending order, which leaves nothing to sort.
        indexes.reverse();
        sort_by(&mut indexes, |a, b| b.id.cmp(&a.id));
        indexes
    }
}
