//! Extended statistics (CREATE STATISTICS): what columns of one table say of each other.
//!
//! Three kinds: how many combinations of values there are, how far some columns decide another one, and the most common
//! combinations. Why at most 30,000 rows: every set of columns is sorted by itself; PostgreSQL takes as many at its standard target.
//! One set is done at a time, so that ANALYZE can be paused between them.
//!
//! Method: PostgreSQL 15 `mvdistinct.c`, `dependencies.c`, `mcv.c`.

use super::Reservoir;
use crate::{
    catalog::{StatisticsDef, TableId},
    value::{Batch, Value, compare},
};
use alloc::{rc::Rc, vec::Vec};
use core::cmp::Ordering;
use pages::order::sort_by;

/// Rows that are looked at.
const ROWS: usize = 30_000;
/// Combinations kept at most (`default_statistics_target`).
const MOST_COMMON: usize = 100;

/// What was found, for one CREATE STATISTICS.
#[derive(Clone, Debug, PartialEq)]
pub struct ExtendedStats {
    /// The table.
    pub table: TableId,
    /// Its columns, ascending.
    pub columns: Vec<u16>,
    /// Combinations of values for sets of two columns and more.
    pub distinct: Vec<(Vec<u16>, f64)>,
    /// How far columns decide another one; none that never does.
    pub dependencies: Vec<Dependency>,
    /// The most common combinations of all columns, most frequent first.
    pub common: Vec<CommonCombination>,
}

/// Rows that agree in some columns agree in another one.
#[derive(Clone, Debug, PartialEq)]
pub struct Dependency {
    /// The columns that decide, ascending.
    pub by: Vec<u16>,
    /// The column that is decided.
    pub decided: u16,
    /// Fraction of the rows for which that holds.
    pub degree: f64,
}

/// Values of all columns that occur together.
#[derive(Clone, Debug, PartialEq)]
pub struct CommonCombination {
    /// One value for each column, in their order.
    pub values: Vec<Value>,
    /// Fraction of the rows.
    pub frequency: f64,
    /// The fraction that there would be if the columns had nothing to do with each other.
    pub base_frequency: f64,
}

/// Statistics of one CREATE STATISTICS being gathered.
#[derive(Clone, Debug)]
pub struct ExtendedAnalysis {
    /// The definition.
    pub def: Rc<StatisticsDef>,
    reservoir: Reservoir,
    /// By column.
    values: Vec<Vec<Value>>,
    /// By column: the place of each row's value among the column's distinct values.
    ranks: Vec<Vec<u32>>,
    /// Sets of columns still to be looked at, as bits; the largest is last.
    waiting: Vec<u16>,
    found: ExtendedStats,
}

impl ExtendedAnalysis {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(def: Rc<StatisticsDef>, seed: u64) -> Self {
        let width = def.columns.len().min(8);
        let sets = 1_u16 << width;
        let waiting = (0..sets).rev().filter(|set| set.count_ones() > 1);
        Self {
            reservoir: Reservoir::new(ROWS, seed),
            values: alloc::vec![Vec::new(); width],
            ranks: Vec::new(),
            waiting: waiting.collect(),
            found: ExtendedStats {
                table: def.table,
                columns: def.columns.clone(),
                distinct: Vec::new(),
                dependencies: Vec::new(),
                common: Vec::new(),
            },
            def,
        }
    }

    /// Takes rows of the table, whose batch has all its columns. O(rows).
    pub fn push(&mut self, batch: &Batch) {
        for row in 0..batch.rows {
            let Some(place) = self.reservoir.offer() else {
                continue;
            };
            for (column, values) in self.def.columns.iter().zip(&mut self.values) {
                let value = batch
                    .columns
                    .get(usize::from(*column))
                    .map_or(Value::Null, |column| column.get(row));
                match values.get_mut(place) {
                    Some(kept) => *kept = value,
                    None => values.push(value),
                }
            }
        }
    }

    /// Looks at one more set of columns; the statistics after the last. `total_rows`: of the table. O(rows · log rows · columns).
    pub fn step(&mut self, total_rows: f64) -> Option<ExtendedStats> {
        if self.ranks.is_empty() {
            self.ranks = self.values.iter().map(|values| ranks(values)).collect();
        }
        let rows = self.ranks.first().map_or(0, Vec::len);
        let Some(set) = self.waiting.pop().filter(|_| rows > 0) else {
            if self.def.mcv && rows > 0 {
                self.found.common = self.most_common(total_rows);
            }
            return Some(self.found.clone());
        };
        let within: Vec<usize> = (0..self.ranks.len())
            .filter(|at| set >> at & 1 == 1)
            .collect();
        if self.def.ndistinct {
            let order = self.sorted(&within);
            let distinct = self.distinct(&order, &within, total_rows);
            self.found.distinct.push((self.numbers(&within), distinct));
        }
        if self.def.dependencies {
            for &decided in &within {
                let by: Vec<usize> = within.iter().copied().filter(|at| *at != decided).collect();
                let degree = self.degree(&by, decided);
                if degree > 0.0 {
                    self.found.dependencies.push(Dependency {
                        by: self.numbers(&by),
                        decided: self.def.columns.get(decided).copied().unwrap_or_default(),
                        degree,
                    });
                }
            }
        }
        None
    }

    fn numbers(&self, within: &[usize]) -> Vec<u16> {
        let columns = within.iter().filter_map(|at| self.def.columns.get(*at));
        columns.copied().collect()
    }

    fn compare(&self, a: u32, b: u32, within: &[usize]) -> Ordering {
        let rank = |column: &Vec<u32>, row: u32| column.get(row as usize).copied();
        within
            .iter()
            .filter_map(|at| self.ranks.get(*at))
            .map(|column| rank(column, a).cmp(&rank(column, b)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    /// The rows in the order of some columns.
    fn sorted(&self, within: &[usize]) -> Vec<u32> {
        let rows = self.ranks.first().map_or(0, Vec::len);
        let mut order: Vec<u32> = (0..rows)
            .filter_map(|row| u32::try_from(row).ok())
            .collect();
        sort_by(&mut order, |a, b| self.compare(*a, *b, within));
        order
    }

    /// Lengths of the groups of equal neighbours, with the first row of each.
    fn groups(&self, order: &[u32], within: &[usize]) -> Vec<(u32, usize)> {
        order
            .chunk_by(|a, b| self.compare(*a, *b, within).is_eq())
            .filter_map(|group| Some((*group.first()?, group.len())))
            .collect()
    }

    /// Combinations in the whole table (the estimator Duj1, as for single columns).
    fn distinct(&self, order: &[u32], within: &[usize], total_rows: f64) -> f64 {
        let groups = self.groups(order, within);
        let rows = float(order.len());
        let once = float(groups.iter().filter(|(_, length)| *length == 1).count());
        let found = float(groups.len());
        let estimate = rows * found / ((rows - once) + once * rows / total_rows.max(rows));
        libm::floor(estimate.clamp(found, total_rows.max(found)) + 0.5)
    }

    /// Fraction of the rows whose values in `by` leave one value only for `decided`.
    fn degree(&self, by: &[usize], decided: usize) -> f64 {
        let mut all = by.to_vec();
        all.push(decided);
        let order = self.sorted(&all);
        let mut agreeing = 0;
        for group in order.chunk_by(|a, b| self.compare(*a, *b, by).is_eq()) {
            if let (Some(first), Some(last)) = (group.first(), group.last())
                && self.compare(*first, *last, &[decided]).is_eq()
            {
                agreeing += group.len();
            }
        }
        float(agreeing) / float(order.len().max(1))
    }

    fn most_common(&self, total_rows: f64) -> Vec<CommonCombination> {
        let all: Vec<usize> = (0..self.ranks.len()).collect();
        let order = self.sorted(&all);
        let mut groups = self.groups(&order, &all);
        sort_by(&mut groups, |a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        let rows = float(order.len());
        let least = least_common(rows, total_rows.max(rows));
        let mut counts: Vec<Vec<usize>> = Vec::new();
        for column in &self.ranks {
            let mut of_rank = Vec::new();
            for rank in column {
                let rank = *rank as usize;
                if of_rank.len() <= rank {
                    of_rank.resize(rank + 1, 0_usize);
                }
                if let Some(count) = of_rank.get_mut(rank) {
                    *count += 1;
                }
            }
            counts.push(of_rank);
        }
        let share = |column: usize, row: usize| {
            let rank = self.ranks.get(column)?.get(row)?;
            let count = counts.get(column)?.get(*rank as usize)?;
            Some(float(*count) / rows)
        };
        groups
            .into_iter()
            .take(MOST_COMMON)
            .take_while(|(_, length)| float(*length) >= least)
            .map(|(row, length)| CommonCombination {
                values: self
                    .values
                    .iter()
                    .map(|values| values.get(row as usize).cloned().unwrap_or(Value::Null))
                    .collect(),
                frequency: float(length) / rows,
                base_frequency: all
                    .iter()
                    .filter_map(|column| share(*column, row as usize))
                    .product(),
            })
            .collect()
    }
}

/// How often a combination must occur in a sample for its share to be within a fifth of the truth
/// (`get_mincount_for_mcv_list`); 0 if all rows were looked at.
fn least_common(sample: f64, total: f64) -> f64 {
    let above = sample * (total - sample);
    let below = total - sample + 0.04 * sample * (total - 1.0);
    if below > 0.0 { above / below } else { 0.0 }
}

/// The place of each value among the distinct ones; NULL is a value like others.
fn ranks(values: &[Value]) -> Vec<u32> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    let between = |a: usize, b: usize| match (values.get(a), values.get(b)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => Ordering::Equal,
    };
    sort_by(&mut order, |a, b| between(*a, *b));
    let mut ranks = alloc::vec![0; values.len()];
    for (rank, group) in (0..).zip(order.chunk_by(|a, b| between(*a, *b).is_eq())) {
        for row in group {
            if let Some(slot) = ranks.get_mut(*row) {
                *slot = rank;
            }
        }
    }
    ranks
}

#[expect(clippy::cast_precision_loss, reason = "at most 30,000 rows")]
const fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Column, DataType};

    /// A city decides its country; the third column has nothing to do with either.
    fn found() -> ExtendedStats {
        let def = StatisticsDef {
            name: "s".into(),
            table: TableId(1),
            columns: alloc::vec![0, 1, 2],
            ndistinct: true,
            dependencies: true,
            mcv: true,
        };
        let mut analysis = ExtendedAnalysis::new(Rc::new(def), 7);
        let column = |of: fn(i32) -> i32| {
            let mut column = Column::new(DataType::Int4);
            for row in 0..1000 {
                column.push(&Value::Int4(of(row)));
            }
            Rc::new(column)
        };
        let columns = [
            column(|row| row % 20),
            column(|row| row % 20 / 5),
            column(|row| row / 20 % 10),
        ];
        analysis.push(&Batch::new(columns.to_vec(), 1000));
        loop {
            if let Some(found) = analysis.step(1000.0) {
                return found;
            }
        }
    }

    #[test]
    fn combinations_are_counted_for_every_set_of_columns() {
        let found = found();
        let of = |columns: &[u16]| {
            let known = found.distinct.iter().find(|(set, _)| set == columns);
            known.unwrap().1
        };
        assert_eq!(of(&[0, 1]), 20.0);
        assert_eq!(of(&[0, 2]), 200.0);
        assert_eq!(of(&[1, 2]), 40.0);
        assert_eq!(of(&[0, 1, 2]), 200.0);
    }

    #[test]
    fn a_city_decides_its_country_and_not_the_other_way_round() {
        let found = found();
        let degree = |by: &[u16], decided: u16| {
            let known = found
                .dependencies
                .iter()
                .find(|one| one.by == by && one.decided == decided);
            known.map_or(0.0, |one| one.degree)
        };
        assert_eq!(degree(&[0], 1), 1.0);
        assert_eq!(degree(&[1], 0), 0.0);
        assert_eq!(degree(&[0, 2], 1), 1.0);
    }

    #[test]
    fn common_combinations_tell_what_independence_would_say() {
        let found = found();
        let first = found.common.first().unwrap();
        assert_eq!(found.common.len(), 100);
        assert_eq!(first.frequency, 0.005);
        assert!((first.base_frequency - 0.05 * 0.25 * 0.1).abs() < 1e-12);
    }
}
