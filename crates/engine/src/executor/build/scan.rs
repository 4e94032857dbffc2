//! Scans: of tables, through indexes, of functions, lists and WITH queries.

use super::{Builder, Raw, rel_column};
use crate::{
    Error, ErrorCode,
    catalog::{IndexId, IndexKey, TableId},
    database::Wanted,
    executor::{
        bitmap::{BitmapHeapScan, BitmapSource},
        function_scan::{GenerateSeries, Unnest},
        index_bounds::{analyse, enforced, enforced_by_skipping},
        index_scan::{EntryScan, IndexOnlyScan, IndexScan},
        scalar::{Filter, Scalar},
        seq_scan::{ScanParts, SeqScan},
        simple::{CteScan, Place, SystemScan, ValuesScan, WorkTableScan},
        skip_scan::SkipScan as Skipping,
    },
    logical::{
        ColumnRef, Expr, ExprKind, Origin, RelId, RelationKind, TableFunction, expr_map, expr_walk,
    },
    physical::{Direction, IndexCondition, PlanKind, PlanNode, SkipScan},
    value::DataType,
};
use alloc::{boxed::Box, vec::Vec};
use btree::BatchParts;
use pages::order::sort_by;

fn internal(what: &str) -> Error {
    Error::new(ErrorCode::InternalError, what)
}

impl Builder<'_> {
    /// Whether the node's operator tests the filter, before it reads the columns that the filter does not need: a scan of a heap.
    pub(super) fn tests_itself(&self, node: &PlanNode) -> bool {
        let PlanKind::SeqScan { table, .. } = &node.kind else {
            return false;
        };
        let table = self.storage.table(*table);
        table.is_ok_and(|table| table.cluster.is_none())
    }

    pub(super) fn scan(&mut self, node: &PlanNode) -> Result<Raw, Error> {
        match &node.kind {
            PlanKind::SeqScan { rel, table } => {
                let inputs = self.wanted(node, *rel, &[]);
                // A clustered table is read leaf by leaf, in key order.
                if let Some(cluster) = &self.storage.table(*table)?.cluster {
                    let index = cluster.index;
                    let operator =
                        self.row_scan(node, (*rel, index), (Direction::Forward, None), &[])?;
                    return Ok((Box::new(operator), inputs));
                }
                let (late, plain): (Vec<Expr>, Vec<Expr>) =
                    node.filter.iter().cloned().partition(super::has_sub_plan);
                let mut tested = alloc::vec![false; inputs.len()];
                for expr in &plain {
                    super::mark_used(expr, &inputs, &mut tested);
                }
                let read = node.output.iter().chain(&late);
                let parts = ScanParts {
                    id: node.id,
                    table: *table,
                    wanted: wanted(&inputs),
                    filter: Filter::new(&plain, &inputs, &mut self.scope)?,
                    tested,
                    passed: super::used(self.plan, read, &inputs),
                };
                Ok((Box::new(SeqScan::new(parts)), inputs))
            }
            PlanKind::IndexScan {
                rel,
                index,
                direction,
                conditions,
                skip,
                ..
            } => {
                let way = (*direction, skip.as_ref());
                let operator = self.row_scan(node, (*rel, *index), way, conditions)?;
                Ok((Box::new(operator), self.wanted(node, *rel, &[])))
            }
            PlanKind::IndexOnlyScan {
                rel,
                table,
                index,
                direction,
                conditions,
                skip,
            } => {
                let way = (*direction, skip.as_ref());
                let (scan, inputs) = self.entries(node, (*rel, *index), way, conditions, true)?;
                let operator = IndexOnlyScan {
                    id: node.id,
                    table: *table,
                    scan,
                    last: None,
                };
                Ok((Box::new(operator), inputs))
            }
            // Bitmaps are exact, so the plan's recheck, which EXPLAIN shows, has nothing to do here.
            PlanKind::BitmapHeapScan { rel, table, .. } => self.bitmap_heap(node, *rel, *table),
            PlanKind::FunctionScan { rel } => self.function(*rel),
            PlanKind::ValuesScan { rel } => self.values(*rel),
            PlanKind::CteScan { rel, cte, plan } => {
                let query = match self.ctes.get(cte) {
                    Some(query) => *query,
                    None => {
                        let sub_plan = self.sub_plan(*plan)?;
                        let source = self.node(&sub_plan.plan)?;
                        let query = self.with.add(source);
                        self.ctes.insert(*cte, query);
                        query
                    }
                };
                Ok((
                    Box::new(CteScan {
                        query,
                        at: Place::default(),
                    }),
                    self.rel_columns(*rel)?,
                ))
            }
            PlanKind::WorkTableScan { rel, cte } => {
                let table = self
                    .working
                    .get(cte)
                    .copied()
                    .ok_or_else(|| internal("a working table is read outside its recursion"))?;
                Ok((
                    Box::new(WorkTableScan {
                        table,
                        at: Place::default(),
                    }),
                    self.rel_columns(*rel)?,
                ))
            }
            PlanKind::SystemScan { rel, view } => Ok((
                Box::new(SystemScan {
                    view,
                    at: Place::default(),
                }),
                self.rel_columns(*rel)?,
            )),
            _ => Err(internal("a plan node has no operator")),
        }
    }

    /// A scan of an index's entries and of the rows that they lead to.
    fn row_scan(
        &mut self,
        node: &PlanNode,
        (rel, index): (RelId, IndexId),
        way: (Direction, Option<&SkipScan>),
        conditions: &[IndexCondition],
    ) -> Result<IndexScan, Error> {
        let (mut scan, _) = self.entries(node, (rel, index), way, conditions, false)?;
        let table = self.storage.index(index)?.def.table;
        if self.storage.table(table)?.cluster.is_some() {
            scan.parts = BatchParts::KeysAndPayloads;
        }
        Ok(IndexScan {
            table,
            scan,
            wanted: wanted(&self.wanted(node, rel, &[])),
            last: None,
            given: Vec::new(),
        })
    }

    /// The columns of an entry, all of them.
    fn rel_columns(&self, rel: RelId) -> Result<Vec<Expr>, Error> {
        let entry = self
            .plan
            .range_table
            .get(rel.0 as usize)
            .ok_or_else(|| internal("a plan scans an entry that does not exist"))?;
        let types = entry.column_types.iter().enumerate();
        Ok(types.map(|(at, &t)| rel_column(rel, at, t)).collect())
    }

    /// The columns of a table that a node reads, each once, in order.
    fn wanted(&self, node: &PlanNode, rel: RelId, more: &[Expr]) -> Vec<Expr> {
        let mut found: Vec<Expr> = Vec::new();
        let mut note = |expr: &Expr| {
            expr_walk(expr, &mut |part| {
                if let ExprKind::Column(column) = &part.kind
                    && column.rel == rel
                    && !found.iter().any(|known| known.kind == part.kind)
                {
                    found.push(part.clone());
                }
                true
            });
        };
        for expr in node.output.iter().chain(&node.filter).chain(more) {
            note(expr);
            let mut plans = Vec::new();
            expr_walk(expr, &mut |part| {
                if let ExprKind::SubPlan { plan, .. } = &part.kind {
                    plans.push(*plan);
                }
                true
            });
            for plan in plans {
                if let Some(sub_plan) = self.plan.subplans.get(plan.0 as usize) {
                    sub_plan.params.iter().for_each(&mut note);
                }
            }
        }
        let column = |expr: &Expr| match &expr.kind {
            ExprKind::Column(column) => column.column,
            _ => u16::MAX,
        };
        sort_by(&mut found, |a, b| column(a).cmp(&column(b)));
        found
    }

    /// How entries of an index are found. With `only`, the columns that the node asks of them.
    fn entries(
        &mut self,
        node: &PlanNode,
        (rel, index): (RelId, IndexId),
        (direction, skip): (Direction, Option<&SkipScan>),
        conditions: &[IndexCondition],
        only: bool,
    ) -> Result<(EntryScan, Vec<Expr>), Error> {
        let found = self.storage.index(index)?;
        let table = self.storage.table(found.def.table)?;
        let mut inputs: Vec<Expr> = Vec::new();
        for column in &found.def.columns {
            inputs.push(match &column.key {
                IndexKey::Column(at) => rel_column(rel, *at as usize, column.data_type),
                IndexKey::Expression(expr) => under(expr, rel),
            });
        }
        for &at in found.carried().iter().chain(&found.def.include) {
            inputs.push(rel_column(rel, at as usize, table.data_type(at)));
        }
        let keys = found.def.columns.len();
        let scope = &mut self.scope;
        let key_exprs = inputs.get(..keys).unwrap_or(&[]);
        let (bounds, mut rest) = analyse(conditions, key_exprs, &mut |expr| {
            Scalar::new(expr, &[], scope)
        })?;
        let express = match skip {
            Some(skip) => enforced_by_skipping(&bounds, usize::from(skip.columns)),
            None => enforced(&bounds, keys),
        };
        let mut at = 0;
        for condition in conditions {
            // `analyse` keeps the order of the conditions that it could take apart.
            if rest.contains(&condition.expr) {
                continue;
            }
            if express.get(at) == Some(&false) {
                rest.push(condition.expr.clone());
            }
            at += 1;
        }
        let mut needed = alloc::vec![false; inputs.len()];
        for expr in &rest {
            super::mark_used(expr, &inputs, &mut needed);
        }
        if only {
            let read = node.output.iter().chain(&node.filter);
            for (place, used) in needed.iter_mut().zip(super::used(self.plan, read, &inputs)) {
                *place |= used;
            }
        }
        let decode = inputs
            .iter()
            .zip(&needed)
            .map(|(input, &needed)| needed.then_some(input.data_type))
            .collect();
        let filter = Filter::new(&rest, &inputs, &mut self.scope)?;
        let mut scan = EntryScan::new(index, direction, bounds, filter, decode);
        scan.skip = skip.map(|skip| Skipping::new(node.id, usize::from(skip.columns), direction));
        Ok((scan, inputs))
    }

    fn bitmap_heap(&mut self, node: &PlanNode, rel: RelId, table: TableId) -> Result<Raw, Error> {
        let child = node
            .children
            .first()
            .ok_or_else(|| internal("a bitmap heap scan lacks its bitmap"))?;
        let inputs = self.wanted(node, rel, &[]);
        let operator = BitmapHeapScan {
            id: node.id,
            table,
            wanted: wanted(&inputs),
            source: self.bitmap(child)?,
            rows: None,
            next: 0,
            block: None,
        };
        Ok((Box::new(operator), inputs))
    }

    fn bitmap(&mut self, node: &PlanNode) -> Result<BitmapSource, Error> {
        let mut parts = Vec::with_capacity(node.children.len());
        for child in &node.children {
            parts.push(self.bitmap(child)?);
        }
        Ok(match &node.kind {
            PlanKind::BitmapIndexScan {
                rel,
                index,
                conditions,
                skip,
            } => {
                let way = (Direction::Forward, skip.as_ref());
                let (scan, _) = self.entries(node, (*rel, *index), way, conditions, false)?;
                BitmapSource::Index {
                    id: node.id,
                    scan: Box::new(scan),
                    rows: Vec::new(),
                    started: false,
                    done: false,
                }
            }
            PlanKind::BitmapAnd => BitmapSource::And(node.id, parts),
            PlanKind::BitmapOr => BitmapSource::Or(node.id, parts),
            _ => return Err(internal("a bitmap is made by something else")),
        })
    }

    fn function(&mut self, rel: RelId) -> Result<Raw, Error> {
        let entry = self.plan.range_table.get(rel.0 as usize);
        let Some(RelationKind::Function(function)) = entry.map(|entry| &entry.kind) else {
            return Err(internal("a function scan of something else"));
        };
        let data_type = entry
            .and_then(|entry| entry.column_types.first().copied())
            .unwrap_or(DataType::Int8);
        let inputs = alloc::vec![rel_column(rel, 0, data_type)];
        Ok(match function {
            TableFunction::GenerateSeries(args) => {
                let operator = GenerateSeries {
                    args: Scalar::all(args, &[], &mut self.scope)?,
                    data_type,
                    state: None,
                };
                (Box::new(operator), inputs)
            }
            TableFunction::Unnest(elements) => {
                let operator = Unnest {
                    elements: Scalar::all(elements, &[], &mut self.scope)?,
                    data_type,
                    given: false,
                };
                (Box::new(operator), inputs)
            }
        })
    }

    fn values(&mut self, rel: RelId) -> Result<Raw, Error> {
        let inputs = self.rel_columns(rel)?;
        let entry = self.plan.range_table.get(rel.0 as usize);
        let Some(RelationKind::Values(rows)) = entry.map(|entry| &entry.kind) else {
            return Err(internal("a values scan of something else"));
        };
        let mut made = Vec::with_capacity(rows.len());
        for row in rows {
            made.push(Scalar::all(row, &[], &mut self.scope)?);
        }
        let operator = ValuesScan {
            rows: made,
            types: super::types(&inputs),
            next: 0,
        };
        Ok((Box::new(operator), inputs))
    }
}

/// An index's expression with its columns under the scan's number.
fn under(expr: &Expr, rel: RelId) -> Expr {
    expr_map(expr.clone(), &mut |part| match part.kind {
        ExprKind::Column(column) => Expr {
            kind: ExprKind::Column(ColumnRef { rel, ..column }),
            data_type: part.data_type,
            origin: Origin::default(),
        },
        _ => part,
    })
}

fn wanted(inputs: &[Expr]) -> Vec<Wanted> {
    inputs
        .iter()
        .map(|expr| match &expr.kind {
            ExprKind::Column(column) if column.column == ColumnRef::ROW_ID => Wanted::RowId,
            ExprKind::Column(column) => Wanted::Column(column.column),
            _ => Wanted::RowId,
        })
        .collect()
}
