//! What can be turned: a setting, a table's size, a column's correlation, a literal, the selectivity of conditions.

use super::{bench::Bench, turn::turn};
use crate::{
    logical::{
        BoundStatement, ColumnRef, Expr, ExprKind, RelId, RelationKind, expr_any, expr_walk,
        for_each_expr,
    },
    physical::{PlannerInput, PlannerSettings},
    stats::{RelationSize, StatsKey},
    value::{DataType, Value},
};
use alloc::{format, string::String, vec::Vec};
use parser::Span;

/// A setting with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the settings")]
pub enum Setting {
    SeqPageCost,
    RandomPageCost,
    CpuTupleCost,
    CpuIndexTupleCost,
    CpuOperatorCost,
    EffectiveCacheSize,
    WorkMem,
}

impl Setting {
    /// Those that people turn.
    pub const ALL: [Self; 7] = [
        Self::RandomPageCost,
        Self::SeqPageCost,
        Self::EffectiveCacheSize,
        Self::WorkMem,
        Self::CpuTupleCost,
        Self::CpuIndexTupleCost,
        Self::CpuOperatorCost,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SeqPageCost => "seq_page_cost",
            Self::RandomPageCost => "random_page_cost",
            Self::CpuTupleCost => "cpu_tuple_cost",
            Self::CpuIndexTupleCost => "cpu_index_tuple_cost",
            Self::CpuOperatorCost => "cpu_operator_cost",
            Self::EffectiveCacheSize => "effective_cache_size",
            Self::WorkMem => "work_mem",
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "settings are far below 2^53")]
    const fn get(self, settings: &PlannerSettings) -> f64 {
        match self {
            Self::SeqPageCost => settings.seq_page_cost,
            Self::RandomPageCost => settings.random_page_cost,
            Self::CpuTupleCost => settings.cpu_tuple_cost,
            Self::CpuIndexTupleCost => settings.cpu_index_tuple_cost,
            Self::CpuOperatorCost => settings.cpu_operator_cost,
            Self::EffectiveCacheSize => settings.effective_cache_size * 8192.0,
            Self::WorkMem => settings.work_mem as f64,
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bytes are positive; floats beyond u64 saturate"
    )]
    pub(super) const fn set(self, settings: &mut PlannerSettings, value: f64) {
        match self {
            Self::SeqPageCost => settings.seq_page_cost = value,
            Self::RandomPageCost => settings.random_page_cost = value,
            Self::CpuTupleCost => settings.cpu_tuple_cost = value,
            Self::CpuIndexTupleCost => settings.cpu_index_tuple_cost = value,
            Self::CpuOperatorCost => settings.cpu_operator_cost = value,
            Self::EffectiveCacheSize => settings.effective_cache_size = value / 8192.0,
            Self::WorkMem => settings.work_mem = value as u64,
        }
    }
}

/// What a dial turns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Knob {
    /// A setting.
    Setting(Setting),
    /// The rows of a table; pages of the table and its indexes grow along.
    Rows(RelId),
    /// The correlation between a column's order and the rows' physical order.
    Correlation(ColumnRef),
    /// The part of the rows that the conditions on a column find.
    Selectivity(ColumnRef),
    /// A literal of the query.
    Literal {
        /// Where it stands.
        span: Span,
        /// Its type.
        data_type: DataType,
    },
}

/// What a dial's numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialUnit {
    /// A plain number.
    Number,
    /// Cost units.
    Cost,
    /// Bytes.
    Bytes,
    /// Rows.
    Rows,
    /// A fraction.
    Fraction,
    /// Days since 2000-01-01.
    Date,
    /// Microseconds since 2000-01-01.
    Timestamp,
}

/// A knob with its scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Dial {
    /// What it turns.
    pub knob: Knob,
    /// In words: "random_page_cost", "rows of orders", "correlation of orders.order_date".
    pub name: String,
    /// What its numbers are.
    pub unit: DialUnit,
    /// Where it stands.
    pub now: f64,
    /// Least value tried.
    pub low: f64,
    /// Largest value tried.
    pub high: f64,
    /// Tried in equal ratios; otherwise in equal steps.
    pub logarithmic: bool,
}

/// The dials that matter for the tables `rels`, those of the query itself first.
#[must_use]
pub fn dials(bench: &mut Bench<'_>, rels: &[RelId]) -> Vec<Dial> {
    let mut found = selectivity_dials(bench, rels);
    found.extend(literals(bench, rels));
    for &rel in rels {
        found.extend(rows_dial(bench, rel));
        found.extend(correlation_dials(bench, rel));
    }
    found.extend(Setting::ALL.into_iter().map(|setting| {
        let now = setting.get(bench.input.settings);
        let unit = match setting {
            Setting::EffectiveCacheSize | Setting::WorkMem => DialUnit::Bytes,
            _ => DialUnit::Cost,
        };
        let middle = now.max(1e-6);
        Dial {
            knob: Knob::Setting(setting),
            name: String::from(setting.name()),
            unit,
            now,
            low: if setting == Setting::WorkMem {
                65_536.0
            } else {
                middle / 1000.0
            },
            high: middle * 1000.0,
            logarithmic: true,
        }
    }));
    found
}

/// The dials for what conditions on single columns of `rels` find, in the order of the query.
#[must_use]
pub fn selectivity_dials(bench: &mut Bench<'_>, rels: &[RelId]) -> Vec<Dial> {
    let mut found: Vec<Dial> = Vec::new();
    for (column, _) in conditions(bench.statement, rels) {
        let knob = Knob::Selectivity(column);
        if found.iter().any(|dial| dial.knob == knob) {
            continue;
        }
        let mut dial = Dial {
            knob,
            name: format!("part of the rows found by {}", name_of(bench, column)),
            unit: DialUnit::Fraction,
            now: 1.0,
            low: 1e-6,
            high: 1.0,
            logarithmic: true,
        };
        if let Some((now, tuples)) = selectivity_now(bench, &dial, column.rel) {
            dial.now = now;
            dial.low = (1.0 / tuples.max(1.0)).clamp(1e-9, 0.1);
            found.push(dial);
        }
    }
    found
}

/// The part of the rows that the conditions find as they are, and the rows of the table.
fn selectivity_now(bench: &mut Bench<'_>, dial: &Dial, rel: RelId) -> Option<(f64, f64)> {
    let look = |statement: &BoundStatement, input: &PlannerInput<'_>| {
        crate::physical::access_costs(statement, input, rel)
            .ok()
            .flatten()
    };
    bench.plans += 2;
    let as_it_is = look(bench.statement, &bench.input)?;
    let mut all = None;
    turn(
        bench.statement,
        &bench.input,
        dial,
        1.0,
        &mut |statement, input| {
            all = look(statement, input);
        },
    );
    let all = all?;
    (all.rows > 0.0 && as_it_is.tuples > 0.0)
        .then(|| ((as_it_is.rows / all.rows).clamp(0.0, 1.0), as_it_is.tuples))
}

/// Conditions of the top level that speak of one column of one of `rels` alone; of a comparison of rows the first fields count, by which
/// it is estimated.
fn conditions<'s>(statement: &'s BoundStatement, rels: &[RelId]) -> Vec<(ColumnRef, &'s Expr)> {
    let mut found = Vec::new();
    let query = statement.query();
    let outputs = query.targets.len();
    let mut position = 0;
    for_each_expr(query, &mut |expr| {
        position += 1;
        if position <= outputs || expr.data_type != DataType::Bool {
            return;
        }
        let parts: &[Expr] = match &expr.kind {
            ExprKind::And(parts) => parts,
            _ => core::slice::from_ref(expr),
        };
        for part in parts {
            let column = match sides(part) {
                Some((
                    left,
                    Expr {
                        kind: ExprKind::Const(_),
                        ..
                    },
                )) => only_column(left),
                Some((
                    Expr {
                        kind: ExprKind::Const(_),
                        ..
                    },
                    right,
                )) => only_column(right),
                _ => only_column(part),
            };
            if let Some(column) = column
                && rels.contains(&column.rel)
                && is_table(statement, column.rel)
            {
                found.push((column, part));
            }
        }
    });
    found
}

/// What a comparison compares, of rows their first fields.
fn sides(condition: &Expr) -> Option<(&Expr, &Expr)> {
    match &condition.kind {
        ExprKind::Compare(_, left, right) => Some((left, right)),
        ExprKind::RowCompare { left, right, .. } => Some((left.first()?, right.first()?)),
        _ => None,
    }
}

fn is_table(statement: &BoundStatement, rel: RelId) -> bool {
    statement
        .range_table
        .get(rel.0 as usize)
        .is_some_and(|entry| matches!(entry.kind, RelationKind::Table(_)))
}

/// The one column that an expression speaks of; `None` if there are several, none, or a sub-query.
fn only_column(expr: &Expr) -> Option<ColumnRef> {
    let mut column = None;
    let mut several = false;
    expr_walk(expr, &mut |part| {
        match &part.kind {
            ExprKind::Column(one) => {
                several |= column.is_some_and(|known| known != *one);
                column = Some(*one);
            }
            ExprKind::SubLink(_) | ExprKind::Aggregate(_) | ExprKind::Window(_) => several = true,
            _ => {}
        }
        true
    });
    column.filter(|_| !several)
}

/// Numbers and dates that a column is compared with.
fn literals(bench: &Bench<'_>, rels: &[RelId]) -> Vec<Dial> {
    let mut found: Vec<Dial> = Vec::new();
    for (column, condition) in conditions(bench.statement, rels) {
        let Some((left, right)) = sides(condition) else {
            continue;
        };
        let (value, expr) = match (&left.kind, &right.kind) {
            (_, ExprKind::Const(value)) => (value, right),
            (ExprKind::Const(value), _) => (value, left),
            _ => continue,
        };
        let span = expr.origin.0;
        let (Some(now), Some((low, high))) = (number_of(value), range_of(bench, column)) else {
            continue;
        };
        if span.start >= span.end || low >= high {
            continue;
        }
        found.push(Dial {
            knob: Knob::Literal {
                span,
                data_type: expr.data_type,
            },
            name: format!("the value that {} is compared with", name_of(bench, column)),
            unit: match expr.data_type {
                DataType::Date => DialUnit::Date,
                DataType::Timestamp => DialUnit::Timestamp,
                _ => DialUnit::Number,
            },
            now,
            low,
            high,
            logarithmic: false,
        });
    }
    found
}

/// Least and largest value of a column, as far as its statistics know.
fn range_of(bench: &Bench<'_>, column: ColumnRef) -> Option<(f64, f64)> {
    let RelationKind::Table(table) = bench.statement.range_table.get(column.rel.0 as usize)?.kind
    else {
        return None;
    };
    let key = StatsKey::Column(table, column.column);
    let stats = bench.input.statistics.columns.get(&key)?;
    let common = stats.most_common.iter().map(|(value, _)| value);
    let mut range: Option<(f64, f64)> = None;
    for value in stats.histogram.iter().chain(common) {
        let Some(number) = number_of(value) else {
            continue;
        };
        range = Some(range.map_or((number, number), |(low, high)| {
            (low.min(number), high.max(number))
        }));
    }
    range
}

#[expect(clippy::cast_precision_loss, reason = "a scale needs no more")]
fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Date(days) => Some(f64::from(*days)),
        Value::Timestamp(micros) => Some(*micros as f64),
        Value::Bool(_) | Value::Interval(_) => None,
        other => other.as_f64(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "floats beyond an integer's range saturate"
)]
pub(super) fn value_of(number: f64, data_type: DataType) -> Option<Value> {
    Some(match data_type {
        DataType::Int2 => Value::Int2(libm::rint(number) as i16),
        DataType::Int4 => Value::Int4(libm::rint(number) as i32),
        DataType::Int8 => Value::Int8(libm::rint(number) as i64),
        DataType::Float4 => Value::Float4(number as f32),
        DataType::Float8 => Value::Float8(number),
        DataType::Numeric(_) => Value::Numeric(crate::value::Numeric::from_f64(number).ok()?),
        DataType::Date => Value::Date(libm::rint(number) as i32),
        DataType::Timestamp => Value::Timestamp(libm::rint(number) as i64),
        _ => return None,
    })
}

fn size_of(bench: &Bench<'_>, rel: RelId) -> Option<RelationSize> {
    let RelationKind::Table(table) = bench.statement.range_table.get(rel.0 as usize)?.kind else {
        return None;
    };
    bench.input.statistics.tables.get(&table).copied()
}

fn rows_dial(bench: &Bench<'_>, rel: RelId) -> Option<Dial> {
    let size = size_of(bench, rel).filter(|size| size.analyzed_rows > 0.0)?;
    let now = size.analyzed_rows;
    Some(Dial {
        knob: Knob::Rows(rel),
        name: format!(
            "rows of {}",
            bench.statement.range_table.get(rel.0 as usize)?.alias
        ),
        unit: DialUnit::Rows,
        now,
        low: (now / 10_000.0).max(1.0),
        high: now * 1000.0,
        logarithmic: true,
    })
}

fn correlation_dials(bench: &Bench<'_>, rel: RelId) -> Vec<Dial> {
    let Some(entry) = bench.statement.range_table.get(rel.0 as usize) else {
        return Vec::new();
    };
    let RelationKind::Table(table) = entry.kind else {
        return Vec::new();
    };
    let mut found: Vec<Dial> = Vec::new();
    for index in bench.input.catalog.indexes_of(table) {
        let Some(crate::catalog::IndexKey::Column(column)) =
            index.columns.first().map(|part| &part.key)
        else {
            continue;
        };
        let column = ColumnRef {
            rel,
            column: *column,
        };
        let key = StatsKey::Column(table, column.column);
        let known = bench.input.statistics.columns.get(&key);
        let Some(now) = known.and_then(|stats| stats.correlation) else {
            continue;
        };
        let knob = Knob::Correlation(column);
        let read = bench.statement.query().filter.iter().any(|condition| {
            expr_any(
                condition,
                &mut |part| matches!(part.kind, ExprKind::Column(one) if one == column),
            )
        });
        if read && !found.iter().any(|dial| dial.knob == knob) {
            found.push(Dial {
                knob,
                name: format!("correlation of {}", name_of(bench, column)),
                unit: DialUnit::Fraction,
                now: f64::from(now),
                low: -1.0,
                high: 1.0,
                logarithmic: false,
            });
        }
    }
    found
}

/// "orders.order_date", or "order_date" if the query has one relation only.
pub(super) fn name_of(bench: &Bench<'_>, column: ColumnRef) -> String {
    let Some(entry) = bench.statement.range_table.get(column.rel.0 as usize) else {
        return String::new();
    };
    let name = entry
        .column_names
        .get(usize::from(column.column))
        .map_or("", |name| name);
    if bench.statement.range_table.len() == 1 {
        String::from(name)
    } else {
        format!("{}.{name}", entry.alias)
    }
}
