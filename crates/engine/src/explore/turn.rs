//! Turning a dial: the statement and its circumstances with one thing different.

use super::dial::{Dial, Knob, value_of};
use crate::{
    logical::{BoundStatement, ExprKind, RelationKind, expr_map, map_exprs},
    physical::{ForcedSelectivity, PlannerInput},
    stats::{RelationSize, StatsKey},
};
use alloc::rc::Rc;

/// Calls `look` with the statement and circumstances as they are with the dial at `value`.
pub(super) fn turn(
    statement: &BoundStatement,
    input: &PlannerInput<'_>,
    dial: &Dial,
    value: f64,
    look: &mut dyn FnMut(&BoundStatement, &PlannerInput<'_>),
) {
    match dial.knob {
        Knob::Setting(setting) => {
            let mut settings = *input.settings;
            setting.set(&mut settings, value);
            look(
                statement,
                &PlannerInput {
                    settings: &settings,
                    ..*input
                },
            );
        }
        Knob::Selectivity(column) => {
            let forced = [ForcedSelectivity {
                column,
                selectivity: value,
            }];
            look(
                statement,
                &PlannerInput {
                    forced: &forced,
                    ..*input
                },
            );
        }
        Knob::Correlation(column) => {
            let mut statistics = input.statistics.clone();
            if let Some(RelationKind::Table(table)) = statement
                .range_table
                .get(column.rel.0 as usize)
                .map(|entry| &entry.kind)
                && let Some(stats) = statistics
                    .columns
                    .get_mut(&StatsKey::Column(*table, column.column))
            {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "statistics have single precision"
                )]
                {
                    Rc::make_mut(stats).correlation = Some(value as f32);
                }
            }
            look(
                statement,
                &PlannerInput {
                    statistics: &statistics,
                    ..*input
                },
            );
        }
        Knob::Rows(rel) => {
            let mut statistics = input.statistics.clone();
            if let Some(RelationKind::Table(table)) = statement
                .range_table
                .get(rel.0 as usize)
                .map(|entry| &entry.kind)
            {
                let factor = value / dial.now.max(f64::MIN_POSITIVE);
                if let Some(size) = statistics.tables.get_mut(table) {
                    scale(size, factor);
                }
                for index in input.catalog.indexes_of(*table) {
                    if let Some(size) = statistics.indexes.get_mut(&index.id) {
                        scale(size, factor);
                    }
                }
            }
            look(
                statement,
                &PlannerInput {
                    statistics: &statistics,
                    ..*input
                },
            );
        }
        Knob::Literal { span, data_type } => {
            let Some(value) = value_of(value, data_type) else {
                return;
            };
            let mut changed = statement.clone();
            map_exprs(changed.query_mut(), &mut |expr| {
                expr_map(expr, &mut |mut part| {
                    if part.origin.0 == span
                        && let ExprKind::Const(known) = &mut part.kind
                    {
                        *known = value.clone();
                    }
                    part
                })
            });
            look(&changed, input);
        }
    }
}

/// Leaf and internal pages that one page of the level above points to, about (`cost-model`: 20-byte keys).
const FANOUT: f64 = 285.0;

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "page counts are positive; floats beyond u32 saturate"
)]
fn scale(size: &mut RelationSize, factor: f64) {
    if libm::fabs(factor - 1.0) < 1e-9 {
        return;
    }
    let times = |pages: u32| (f64::from(pages) * factor).max(1.0) as u32;
    let levels = |pages: u32| {
        let mut level = f64::from(pages.saturating_sub(1));
        let mut height = 0;
        while level > 1.0 && height < 16 {
            level /= FANOUT;
            height += 1;
        }
        height
    };
    let before = levels(size.pages);
    size.pages = times(size.pages);
    size.analyzed_pages = times(size.analyzed_pages);
    size.all_visible_pages = (f64::from(size.all_visible_pages) * factor) as u32;
    if size.analyzed_rows > 0.0 {
        size.analyzed_rows *= factor;
    }
    // A table has no levels; an index of more than one page gains and loses them with its size.
    if size.tree_height > 0 || before > 0 {
        size.tree_height = (size.tree_height + levels(size.pages)).saturating_sub(before);
    }
}
