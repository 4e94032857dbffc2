//! UNION, INTERSECT, EXCEPT and recursive WITH queries.
//!
//! Source of the method: PostgreSQL 15 `prepunion.c` (`plan_set_operations`, `generate_union_paths`,
//! `generate_nonunion_paths`, `generate_recursion_path`).

use super::{
    cost::{
        CostBasis, GroupInput, InputEstimate, NoTerms, QualCost, RecursiveUnionInput,
        SubqueryScanInput, append, group, hash_memory, recursive_union, set_operation,
        subquery_scan, unique,
    },
    join_path::input_of,
    level::Level,
    path::{Path, PathKind, PathTarget},
    path_list::{PathList, no_order},
    plan::SetOpStrategy,
    planner::Planner,
    relset::RelSet,
};
use crate::{
    error::{Error, ErrorCode},
    logical::{
        ColumnRef, CteId, Distinct, Expr, FromItem, Query, RelId, RelationKind, SetOperation,
        SetOperator, SortKey,
    },
    value::DataType,
};
use alloc::{rc::Rc, vec::Vec};

/// Stands for an arm of a set operation in conditions that were pushed towards the arms.
pub(super) const ARM: RelId = RelId(u32::MAX);
/// Bytes of a group in the hash table beside its columns (`choose_hashed_setop`: the header of a minimal tuple).
const ENTRY_BYTES: f64 = 16.0;

/// A planned part of a set operation.
struct Part {
    path: Rc<Path>,
    /// Rows of distinct values, guessed.
    groups: f64,
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
        let columns: Vec<Expr> = types
            .iter()
            .enumerate()
            .map(|(at, data_type)| {
                let column = ColumnRef {
                    rel: first,
                    column: u16::try_from(at).unwrap_or(u16::MAX),
                };
                super::planner::column_expr(column, *data_type)
            })
            .collect();
        // All of it is needed unless it is a plain UNION ALL.
        let fraction = match &operation {
            SetOperation::Node {
                op: SetOperator::Union,
                all: true,
                ..
            } if level.query.order_by.is_empty() => level.tuple_fraction,
            _ => 0.0,
        };
        let part = self.plan_part(level, &operation, &columns, &conditions, fraction, 0)?;
        self.set_query_keys(level);
        let mut list = self.upper_list(level);
        let order = super::merge_append::order_over(level, first);
        let merged = self.add_merge_append(level, &order, &conditions, &part.path)?;
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
        columns: &[Expr],
        conditions: &[Expr],
        fraction: f64,
        depth: u32,
    ) -> Result<Part, Error> {
        super::planner::check_depth(depth)?;
        match operation {
            SetOperation::Leaf(rel) => self.plan_arm(*rel, conditions, fraction, Charge::Scan),
            SetOperation::Node {
                op: SetOperator::Union,
                all,
                ..
            } => {
                let mut arms = Vec::new();
                flatten(operation, *all, &mut arms);
                let whole = *all && depth == 0;
                let mut paths = Vec::new();
                for arm in arms {
                    let part = match arm {
                        SetOperation::Leaf(rel) if whole => {
                            // A UNION ALL alone is an append of plain relations.
                            self.plan_arm(*rel, conditions, fraction, Charge::IfComplex)?
                        }
                        _ => {
                            self.plan_part(level, arm, columns, conditions, fraction, depth + 1)?
                        }
                    };
                    paths.push(part.path);
                }
                let path = self.append_path(paths, columns);
                let rows = path.rows;
                let path = if *all {
                    path
                } else {
                    self.make_distinct(level, path, columns)
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
                let left = self.plan_part(level, left, columns, conditions, 0.0, depth + 1)?;
                let right = self.plan_part(level, right, columns, conditions, 0.0, depth + 1)?;
                Ok(self.intersect_or_except(level, *op, *all, (left, right), columns))
            }
        }
    }

    /// Plans an arm of a UNION ALL in a wanted order: by an index if one gives it, else by a sort.
    pub(super) fn plan_arm_in_order(
        &self,
        rel: RelId,
        order: &[super::merge_append::ColumnOrder],
        conditions: &[Expr],
        (fraction, bound): (f64, f64),
    ) -> Result<Rc<Path>, Error> {
        let mut query = self.arm_query(rel)?;
        let shown: Vec<usize> = (0..query.targets.len())
            .filter(|at| query.targets.get(*at).is_some_and(|target| !target.hidden))
            .collect();
        let simple = self.is_append_member(&query);
        self.conditions_into_arm(&mut query, conditions);
        query.order_by = order
            .iter()
            .filter_map(|(column, descending, nulls_first)| {
                Some(SortKey {
                    target: *shown.get(usize::from(*column))?,
                    descending: *descending,
                    nulls_first: *nulls_first,
                })
            })
            .collect();
        let sub = self.plan_query(query, fraction, None)?;
        let by_index = sub.final_list.paths.iter().find(|path| {
            !matches!(
                path.kind,
                PathKind::Sort { .. } | PathKind::IncrementalSort { .. }
            )
        });
        let input = match by_index {
            Some(path) if simple => path.clone(),
            _ => sub
                .final_list
                .cheapest_fractional(fraction)
                .expect("a planned level has at least one path"),
        };
        // No arm gives more rows than the LIMIT above wants.
        let input = match &input.kind {
            PathKind::Sort { input: rows, .. } if bound > 0.0 => {
                Rc::new(self.sort_path(rows.clone(), &input.keys, Some(bound)))
            }
            _ => input,
        };
        let charge = if simple {
            Charge::IfComplex
        } else {
            Charge::Scan
        };
        Ok(self.arm_path(rel, sub, input, charge == Charge::IfComplex))
    }

    fn arm_query(&self, rel: RelId) -> Result<Query, Error> {
        match &self.entry(rel).kind {
            RelationKind::Subquery(query) => Ok((**query).clone()),
            _ => Err(Error::new(
                ErrorCode::InternalError,
                "an arm of a set operation is not a query",
            )),
        }
    }

    /// Plans an arm as a scan of its sub-query.
    fn plan_arm(
        &self,
        rel: RelId,
        conditions: &[Expr],
        fraction: f64,
        charge: Charge,
    ) -> Result<Part, Error> {
        let mut query = self.arm_query(rel)?;
        let simple = self.is_append_member(&query);
        self.conditions_into_arm(&mut query, conditions);
        let sub = self.plan_query(query, fraction, None)?;
        let input = sub
            .final_list
            .cheapest_fractional(fraction)
            .expect("a planned level has at least one path");
        let shown: Vec<Expr> = sub
            .query
            .targets
            .iter()
            .filter(|target| !target.hidden)
            .map(|target| target.expr.clone())
            .collect();
        let plain = sub.query.group_by.is_empty()
            && sub.query.distinct == Distinct::None
            && !sub.query.aggregates
            && sub.query.set_operation.is_none();
        let groups = if plain {
            self.groups(&sub, &shown, input.rows).count
        } else {
            input.rows
        };
        let free = charge == Charge::IfComplex && simple;
        let path = self.arm_path(rel, sub, input, free);
        Ok(Part { groups, path })
    }

    /// The scan of a planned arm; free of charge if the arm could be merged into the append.
    fn arm_path(&self, rel: RelId, sub: Level, input: Rc<Path>, free: bool) -> Rc<Path> {
        let (cost, basis) = if free {
            (input.cost, self.basis(|| CostBasis::Passed(input.cost)))
        } else {
            let estimate = SubqueryScanInput {
                input: input_of(&input),
                rows: input.rows,
                filter: QualCost::default(),
                target: QualCost::default(),
            };
            (
                subquery_scan(self.input.settings, &estimate, &mut NoTerms),
                self.basis(|| CostBasis::SubqueryScan(estimate)),
            )
        };
        let shown: Vec<&Expr> = sub
            .query
            .targets
            .iter()
            .filter(|target| !target.hidden)
            .map(|target| &target.expr)
            .collect();
        let target = Rc::new(PathTarget {
            exprs: shown
                .iter()
                .zip(0..)
                .map(|(expr, column)| {
                    super::planner::column_expr(ColumnRef { rel, column }, expr.data_type)
                })
                .collect(),
            startup: 0.0,
            per_tuple: 0.0,
            width: shown.iter().map(|expr| self.expr_width(&sub, expr)).sum(),
        });
        Rc::new(Path {
            rels: RelSet::EMPTY,
            target,
            param: None,
            rows: input.rows,
            cost,
            basis,
            keys: no_order(),
            kind: PathKind::SubqueryScan {
                level: Rc::new(sub),
                input,
                keep: false,
            },
        })
    }

    /// Whether an arm of a UNION ALL becomes a plain relation of the append.
    fn is_append_member(&self, query: &Query) -> bool {
        let [FromItem::Relation(rel)] = query.from.as_slice() else {
            return false;
        };
        is_simple(query) && !matches!(self.entry(*rel).kind, RelationKind::Subquery(_))
    }

    fn append_path(&self, inputs: Vec<Rc<Path>>, columns: &[Expr]) -> Rc<Path> {
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
        let width = if rows > 0.0 {
            libm::rint(bytes / rows) as u32
        } else {
            0
        };
        Rc::new(Path {
            rels: RelSet::EMPTY,
            target: Rc::new(PathTarget {
                exprs: columns.to_vec(),
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
        columns: &[Expr],
    ) -> Part {
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
        let arms = alloc::vec![kept_scan(left.path), kept_scan(right.path)];
        let input = self.append_path(arms, columns);
        let mut flagged = (*input).clone();
        flagged.target = Rc::new(PathTarget {
            width: input.target.width + 4,
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
            keys: no_order(),
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

    /// Plans a WITH RECURSIVE query.
    pub(super) fn plan_recursion(&self, cte: CteId, query: &Query) -> Result<Level, Error> {
        let Some(SetOperation::Node {
            op: SetOperator::Union,
            all,
            left,
            right,
            types,
        }) = &query.set_operation
        else {
            return self.plan_query(query.clone(), 0.0, None);
        };
        let mut level = Level::new(query.clone());
        let (SetOperation::Leaf(left_rel), SetOperation::Leaf(right_rel)) = (&**left, &**right)
        else {
            return Err(Error::new(
                ErrorCode::FeatureNotSupported,
                "a recursive query with more than one UNION is not supported",
            ));
        };
        self.plan_ctes(&mut level)?;
        let arm =
            |rel: RelId, work: Option<(CteId, f64)>| -> Result<(Rc<Level>, Rc<Path>), Error> {
                let RelationKind::Subquery(query) = &self.entry(rel).kind else {
                    return Err(Error::new(
                        ErrorCode::InternalError,
                        "an arm of a set operation is not a query",
                    ));
                };
                let sub = self.plan_query((**query).clone(), 0.0, work)?;
                let path = sub
                    .final_list
                    .cheapest()
                    .total
                    .expect("a planned level has at least one path");
                Ok((Rc::new(sub), path))
            };
        let start = arm(*left_rel, None)?;
        let step = arm(*right_rel, Some((cte, start.1.rows)))?;
        let estimate = RecursiveUnionInput {
            start: self.scanned(&start.1),
            step: self.scanned(&step.1),
        };
        let (cost, rows) = recursive_union(self.input.settings, &estimate, &mut NoTerms);
        let exprs = types
            .iter()
            .enumerate()
            .map(|(at, data_type)| {
                let column = ColumnRef {
                    rel: *left_rel,
                    column: u16::try_from(at).unwrap_or(u16::MAX),
                };
                super::planner::column_expr(column, *data_type)
            })
            .collect();
        let target = Rc::new(PathTarget {
            exprs,
            startup: 0.0,
            per_tuple: 0.0,
            width: start.1.target.width.max(step.1.target.width),
        });
        let mut list = PathList::default();
        list.add(Path {
            rels: RelSet::EMPTY,
            target,
            param: None,
            rows,
            cost,
            basis: self.basis(|| CostBasis::RecursiveUnion(estimate)),
            keys: no_order(),
            kind: PathKind::RecursiveUnion {
                cte,
                all: *all,
                left: start,
                right: step,
            },
        });
        level.final_list = list;
        self.charge_init_plans(&mut level);
        Ok(level)
    }

    /// A path as read through a scan of its sub-query, which is charged though it is left out of the plan.
    fn scanned(&self, path: &Path) -> InputEstimate {
        let input = SubqueryScanInput {
            input: input_of(path),
            rows: path.rows,
            filter: QualCost::default(),
            target: QualCost::default(),
        };
        InputEstimate {
            cost: subquery_scan(self.input.settings, &input, &mut NoTerms),
            ..input_of(path)
        }
    }
}

/// An arm that is counted: its scan marks which side a row is from, so it stays a node.
fn kept_scan(path: Rc<Path>) -> Rc<Path> {
    let mut path = (*path).clone();
    if let PathKind::SubqueryScan { keep, .. } = &mut path.kind {
        *keep = true;
    }
    Rc::new(path)
}

/// Whether the scan of an arm is charged.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Charge {
    /// Always.
    Scan,
    /// Only if the arm could not be merged into an append of plain relations.
    IfComplex,
}

/// Whether a sub-query could be merged into its parent (`is_simple_subquery`) as a table of an append, which has no place for
/// conditions of its own (`is_safe_append_member`).
fn is_simple(query: &Query) -> bool {
    query.filter.is_empty()
        && !query.aggregates
        && query.group_by.is_empty()
        && query.having.is_empty()
        && query.windows.is_empty()
        && query.distinct == Distinct::None
        && query.order_by.is_empty()
        && query.limit.is_none()
        && query.offset.is_none()
        && query.set_operation.is_none()
        && query.ctes.is_empty()
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
