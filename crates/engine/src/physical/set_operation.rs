//! UNION, INTERSECT and EXCEPT. Their arms are planned in [`union_arm`](super::union_arm).
//!
//! Source of the method: PostgreSQL 15 `prepunion.c` (`plan_set_operations`, `generate_union_paths`,
//! `generate_nonunion_paths`).

use super::{
    cost::{
        CostBasis, GroupInput, InputEstimate, NoTerms, append, group, hash_memory, set_operation,
        unique,
    },
    join_path::input_of,
    level::Level,
    path::{Path, PathKind, PathTarget},
    path_list::no_order,
    plan::SetOpStrategy,
    planner::Planner,
    relset::RelSet,
    subquery::all_union_all,
    union_arm::Charge,
};
use crate::{
    error::Error,
    logical::{ColumnRef, Distinct, Expr, RelId, SetOperation, SetOperator},
    value::DataType,
};
use alloc::{rc::Rc, vec::Vec};

/// Stands for an arm of a set operation in conditions that were pushed towards the arms.
pub(super) const ARM: RelId = RelId(u32::MAX);
/// Bytes of a group in the hash table beside its columns (`choose_hashed_setop`: the header of a minimal tuple).
const ENTRY_BYTES: f64 = 16.0;

/// Bytes of the column that tells the sides of an INTERSECT or EXCEPT apart.
const FLAG_BYTES: u32 = 4;

/// What the arms of a set operation share.
pub(super) struct Arms<'a> {
    /// What comes out.
    pub columns: &'a [Expr],
    /// The arms' columns that it is made of.
    pub numbers: &'a [u16],
    /// Conditions that were pushed towards the arms.
    pub conditions: &'a [Expr],
    /// It is UNION ALL throughout: an append of relations.
    pub merged: bool,
}

/// Whether an input tells by a column of its own which side it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flag {
    None,
    Added,
}

/// A planned part of a set operation.
pub(super) struct Part {
    pub path: Rc<Path>,
    /// Rows of distinct values, guessed.
    pub groups: f64,
}

impl Planner<'_> {
    /// Plans a query that is a set operation.
    pub(super) fn plan_set_operation(&self, level: &mut Level) -> Result<(), Error> {
        let operation = level
            .query
            .set_operation
            .clone()
            .expect("only set operations come here");
        let conditions: Vec<Expr> = core::mem::take(&mut level.query.filter);
        let mut leaves = Vec::new();
        operation.collect_leaves(&mut leaves);
        let first = *leaves.first().expect("a set operation has leaves");
        let types = output_types(&operation, self, first);
        let numbers = super::subquery::column_numbers(&level.query);
        let columns: Vec<Expr> = numbers
            .iter()
            .filter_map(|number| {
                let column = ColumnRef {
                    rel: first,
                    column: *number,
                };
                let data_type = types.get(usize::from(*number))?;
                Some(super::planner::column_expr(column, *data_type))
            })
            .collect();
        let arms = Arms {
            columns: &columns,
            numbers: &numbers,
            conditions: &conditions,
            merged: all_union_all(&operation),
        };
        // All of it is needed unless it is a plain UNION ALL.
        let fraction = match &operation {
            SetOperation::Node {
                op: SetOperator::Union,
                all: true,
                ..
            } if level.query.order_by.is_empty() => level.tuple_fraction,
            _ => 0.0,
        };
        let part = self.plan_part(level, &operation, &arms, fraction, 0)?;
        self.set_query_keys(level);
        let mut list = self.upper_list(level);
        let order = super::merge_append::order_over(level, first);
        let merged = self.add_merge_append(level, &order, &arms, &part.path)?;
        let target = self.make_target(
            level,
            level
                .query
                .targets
                .iter()
                .map(|target| target.expr.clone())
                .collect(),
        );
        let mut target = (*target).clone();
        if target.exprs == columns {
            target.width = part.path.target.width;
        }
        let target = Rc::new(target);
        list.add_shared(self.project(part.path, &target));
        if let Some(merged) = merged {
            list.add_shared(self.project(Rc::new(merged), &target));
        }
        if level.query.distinct != Distinct::None {
            let upper = super::grouping::Upper {
                group_exprs: Vec::new(),
                calls: Rc::new(Vec::new()),
                grouping: false,
                aggregates: false,
            };
            list = self.distinct_paths(level, list, &upper);
        }
        if !level.query.order_by.is_empty() {
            list = self.ordered_paths(level, list, &target);
        }
        self.limit_paths(level, list);
        Ok(())
    }

    fn plan_part(
        &self,
        level: &mut Level,
        operation: &SetOperation,
        of: &Arms<'_>,
        fraction: f64,
        depth: u32,
    ) -> Result<Part, Error> {
        super::planner::check_depth(depth)?;
        match operation {
            SetOperation::Leaf(rel) => self.plan_arm(*rel, of, fraction, Charge::Scan),
            SetOperation::Node {
                op: SetOperator::Union,
                all,
                ..
            } => {
                let mut arms = Vec::new();
                flatten(operation, *all, &mut arms);
                let mut paths = Vec::new();
                for arm in arms {
                    let part = match arm {
                        SetOperation::Leaf(rel) if of.merged => {
                            // A UNION ALL alone is an append of plain relations.
                            self.plan_arm(*rel, of, fraction, Charge::IfComplex)?
                        }
                        _ => self.plan_part(level, arm, of, fraction, depth + 1)?,
                    };
                    paths.push(self.as_input(part.path, arm, of.columns, Flag::None));
                }
                let path = self.append_path(paths, of);
                let rows = path.rows;
                let path = if *all {
                    path
                } else {
                    self.make_distinct(level, path, of.columns)
                };
                Ok(Part { path, groups: rows })
            }
            SetOperation::Node {
                op,
                all,
                left,
                right,
                ..
            } => {
                let mut sides = Vec::new();
                for side in [&**left, &**right] {
                    let mut part = self.plan_part(level, side, of, 0.0, depth + 1)?;
                    part.path = self.as_input(part.path, side, of.columns, Flag::Added);
                    sides.push(part);
                }
                let right = sides.pop().expect("two sides were planned");
                let left = sides.pop().expect("two sides were planned");
                Ok(self.intersect_or_except(level, *op, *all, (left, right), of))
            }
        }
    }

    /// A planned part as input of an operation: one that is an operation itself has a Result on top that emits the columns
    /// wanted of it, and not the one that tells its own sides apart.
    fn as_input(
        &self,
        path: Rc<Path>,
        operation: &SetOperation,
        columns: &[Expr],
        flag: Flag,
    ) -> Rc<Path> {
        let extra = if flag == Flag::Added { FLAG_BYTES } else { 0 };
        let SetOperation::Node { op, .. } = operation else {
            return if flag == Flag::Added {
                kept_scan(path)
            } else {
                path
            };
        };
        if flag == Flag::None && *op == SetOperator::Union {
            return path;
        }
        let target = Rc::new(PathTarget {
            exprs: columns.to_vec(),
            startup: 0.0,
            per_tuple: 0.0,
            width: self.types_width(columns) + extra,
        });
        if matches!(path.kind, PathKind::Aggregate { .. }) {
            let mut path = (*path).clone();
            path.target = target;
            return Rc::new(path);
        }
        self.projection(path, &target, true)
    }

    /// Width of columns of which only the types are known.
    fn types_width(&self, columns: &[Expr]) -> u32 {
        columns
            .iter()
            .map(|column| self.type_width(column.data_type))
            .sum()
    }

    fn append_path(&self, inputs: Vec<Rc<Path>>, of: &Arms<'_>) -> Rc<Path> {
        let estimates: Vec<InputEstimate> = inputs.iter().map(|path| input_of(path)).collect();
        let rows: f64 = inputs.iter().map(|path| path.rows).sum();
        let bytes: f64 = inputs
            .iter()
            .map(|path| path.rows * f64::from(path.target.width))
            .sum();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a mean of widths is small and positive"
        )]
        let width = if !of.merged {
            self.types_width(of.columns)
        } else if rows > 0.0 {
            libm::rint(bytes / rows) as u32
        } else {
            0
        };
        Rc::new(Path {
            rels: RelSet::EMPTY,
            target: Rc::new(PathTarget {
                exprs: of.columns.to_vec(),
                startup: 0.0,
                per_tuple: 0.0,
                width,
            }),
            param: None,
            rows,
            cost: append(self.input.settings, &estimates, &mut NoTerms),
            basis: self.basis(|| CostBasis::Append(estimates)),
            keys: no_order(),
            kind: PathKind::Append { inputs },
        })
    }

    /// Removes duplicates of a UNION: by hashing if that fits and is cheaper (`make_union_unique`).
    fn make_distinct(&self, level: &mut Level, path: Rc<Path>, columns: &[Expr]) -> Rc<Path> {
        let groups = path.rows;
        let input = path.clone();
        let keys = self.ascending_keys(level, columns);
        let sorted = Rc::new(self.sort_path(path, &keys, None));
        let count = super::base_rel::count(columns.len());
        let cost = unique(self.input.settings, &input_of(&sorted), count, &mut NoTerms);
        if self.prefers_hash(&input, columns, groups) {
            return Rc::new(self.hash_distinct(input, columns, groups));
        }
        Rc::new(Path {
            rels: RelSet::EMPTY,
            target: sorted.target.clone(),
            param: None,
            rows: groups,
            cost,
            basis: self.basis(|| CostBasis::Unique {
                input: input_of(&sorted),
                keys: count,
            }),
            keys: sorted.keys.clone(),
            kind: PathKind::Unique {
                input: sorted,
                keys: columns.to_vec(),
            },
        })
    }

    /// Whether duplicates are found by hashing: if the groups fit memory and hashing all is cheaper than sorting and comparing
    /// neighbours (`choose_hashed_setop`, which asks that of plain grouping whatever the operation).
    fn prefers_hash(&self, input: &Rc<Path>, columns: &[Expr], groups: f64) -> bool {
        let settings = self.input.settings;
        let entry = f64::from(super::cost::max_align(input.target.width)) + ENTRY_BYTES;
        if !settings.enable.hashagg || entry * groups > hash_memory(settings) {
            return false;
        }
        let hashed = self.hash_distinct(input.clone(), columns, groups).cost;
        let sorted = self.sort_path(input.clone(), &no_order(), None);
        let estimate = GroupInput {
            input: input_of(&sorted),
            keys: super::base_rel::count(columns.len()),
            groups,
            rows: groups,
            ..GroupInput::default()
        };
        let sorted = group(settings, &estimate, &mut NoTerms);
        (hashed.total, hashed.startup) < (sorted.total, sorted.startup)
    }

    fn intersect_or_except(
        &self,
        level: &mut Level,
        op: SetOperator,
        all: bool,
        sides: (Part, Part),
        of: &Arms<'_>,
    ) -> Part {
        let columns = of.columns;
        let (mut left, mut right) = sides;
        // The smaller side of an INTERSECT is counted first.
        if op == SetOperator::Intersect && right.groups < left.groups {
            core::mem::swap(&mut left, &mut right);
        }
        let groups = if op == SetOperator::Except {
            left.groups
        } else {
            left.groups.min(right.groups)
        };
        let rows = if all {
            left.path.rows.min(if op == SetOperator::Except {
                f64::INFINITY
            } else {
                right.path.rows
            })
        } else {
            groups
        };
        let arms = alloc::vec![left.path, right.path];
        let input = self.append_path(arms, of);
        let mut flagged = (*input).clone();
        flagged.target = Rc::new(PathTarget {
            width: input.target.width + FLAG_BYTES,
            ..(*input.target).clone()
        });
        let input = Rc::new(flagged);
        let count = super::base_rel::count(columns.len());
        let settings = self.input.settings;
        let keys = self.ascending_keys(level, columns);
        let sorted = Rc::new(self.sort_path(input.clone(), &keys, None));
        let hash_cost = set_operation(settings, &input_of(&input), count, &mut NoTerms);
        let sort_cost = set_operation(settings, &input_of(&sorted), count, &mut NoTerms);
        let hashed = self.prefers_hash(&input, columns, groups);
        let (input, cost, strategy) = if hashed {
            (input, hash_cost, SetOpStrategy::Hashed)
        } else {
            (sorted, sort_cost, SetOpStrategy::Sorted)
        };
        let path = Path {
            rels: RelSet::EMPTY,
            target: input.target.clone(),
            param: None,
            rows,
            cost,
            basis: self.basis(|| CostBasis::Unique {
                input: input_of(&input),
                keys: count,
            }),
            keys: input.keys.clone(),
            kind: PathKind::SetOp {
                input,
                op,
                all,
                strategy,
            },
        };
        Part {
            path: Rc::new(path),
            groups,
        }
    }
}

/// An arm that is counted: its scan marks which side a row is from, so it stays a node.
fn kept_scan(path: Rc<Path>) -> Rc<Path> {
    let mut path = (*path).clone();
    if let PathKind::SubqueryScan { keep, .. } = &mut path.kind {
        *keep = true;
    }
    path.target = Rc::new(PathTarget {
        width: path.target.width + FLAG_BYTES,
        ..(*path.target).clone()
    });
    Rc::new(path)
}

fn flatten<'o>(operation: &'o SetOperation, all: bool, arms: &mut Vec<&'o SetOperation>) {
    match operation {
        SetOperation::Node {
            op: SetOperator::Union,
            all: same,
            left,
            right,
            ..
        } if *same == all || !all => {
            flatten(left, all, arms);
            flatten(right, all, arms);
        }
        _ => arms.push(operation),
    }
}

fn output_types(operation: &SetOperation, planner: &Planner<'_>, first: RelId) -> Vec<DataType> {
    match operation {
        SetOperation::Node { types, .. } => types.clone(),
        SetOperation::Leaf(_) => planner.entry(first).column_types.clone(),
    }
}
