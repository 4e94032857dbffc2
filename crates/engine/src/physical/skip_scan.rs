//! Skip scans, an option of PostgreSQL 18: conditions behind a key part without an equality bound the scan after all, because the values
//! of that key part are skipped over one by one.
//!
//! Source of the method: PostgreSQL 18 `selfuncs.c` (`btcostestimate`): a key part without an equality counts as if it were compared
//! with each of its distinct values, unless that makes more searches than the index has pages.

use super::{
    cost_params::{DEFAULT_RANGE, SKIP_SEARCHES_PER_PAGE},
    index_info::IndexInfo,
    index_path::bounds,
    level::Level,
    path::{IndexClause, IndexPath},
    plan::SkipScan,
    planner::Planner,
    rel::RelInfo,
    selectivity::VariableSource,
};
use crate::{explain::condition_text, logical::Expr};
use alloc::{format, string::String, vec::Vec};

/// What bounds a scan that skips.
pub(super) struct SkipBoundary<'e> {
    /// The conditions that bound it.
    pub conditions: Vec<&'e Expr>,
    /// Searches from the root, expected.
    pub descents: f64,
    /// Key parts that bound it, and those skipped over.
    pub skip: SkipScan,
}

impl Planner<'_> {
    /// The conditions that bound a skip scan; `None` where nothing is to be skipped or skipping does not help.
    pub(super) fn skip_boundary<'e>(
        &self,
        level: &Level,
        at: usize,
        index: &IndexInfo,
        clauses: &'e [IndexClause],
    ) -> Option<SkipBoundary<'e>> {
        if !self.input.settings.enable.skipscan {
            return None;
        }
        let mut conditions: Vec<&Expr> = Vec::new();
        let mut over: Vec<Expr> = Vec::new();
        let mut descents = 1.0;
        let mut key = 0;
        // The conditions of the key part at hand, and whether there is an equality among them.
        let (mut here, mut equal) = (Vec::new(), false);
        for clause in clauses {
            if clause.key > key {
                if equal {
                    key += 1;
                    here = Vec::new();
                }
                let gap = self.skip(level, at, index, (key, clause.key), &here);
                let Some(searches) = gap.map(|gap| gap * descents) else {
                    break;
                };
                if clause.key > key && searches > index.pages {
                    break;
                }
                over.extend(index.keys.iter().take(clause.key).skip(key).cloned());
                (key, descents) = (clause.key, searches);
                (here, equal) = (Vec::new(), false);
            }
            let before = conditions.len();
            equal |= bounds(core::slice::from_ref(clause), &mut conditions).equal;
            let added = conditions.get(before..).unwrap_or(&[]);
            descents *= super::index_path::descents(added.iter().copied());
            here.extend(added);
        }
        if over.is_empty() {
            return None;
        }
        let most = libm::ceil(index.pages * SKIP_SEARCHES_PER_PAGE);
        Some(SkipBoundary {
            conditions,
            descents: descents.min(most).max(1.0),
            skip: SkipScan {
                columns: u16::try_from(key + 1).unwrap_or(u16::MAX),
                over,
            },
        })
    }

    /// Searches that skipping the key parts `from..to` makes; the first of them may have inequalities. `None`: it would not help.
    fn skip(
        &self,
        level: &Level,
        at: usize,
        index: &IndexInfo,
        (from, to): (usize, usize),
        inequalities: &[&Expr],
    ) -> Option<f64> {
        let mut searches = 1.0;
        for part in from..to {
            let distinct = self
                .knowledge(level)
                .examine(index.keys.get(part)?)
                .distinct();
            if distinct.is_default {
                return None;
            }
            if part == from && !inequalities.is_empty() {
                let share = self.with_predicate(level, at, index, inequalities);
                if share < DEFAULT_RANGE {
                    return None;
                }
                searches *= libm::rint(distinct.count * share).max(1.0);
            } else {
                // NULL, or the search that finds the first value.
                searches *= distinct.count + 1.0;
            }
        }
        Some(searches)
    }

    /// The end of a sentence on a scan that skips; nothing for others.
    pub(super) fn skipping(&self, info: &RelInfo, scan: &IndexPath) -> String {
        let Some(skip) = &scan.skip else {
            return String::new();
        };
        let keys = skip.over.iter();
        let keys: Vec<String> = keys
            .map(|key| condition_text(key, self.range_table, Some(info.rel)))
            .collect();
        format!(
            ", skipping over the values of {} (as PostgreSQL 18 does)",
            keys.join(", ")
        )
    }
}
