//! One row of parameters and constants into a heap: what a prepared `INSERT … VALUES ($1, …)` does when it runs again.
//!
//! Why beside [`Insert`](super::Insert): for one row the operators around it, and the memory for their columns, take longer than storing
//! the row. It knows no RETURNING, no ON CONFLICT and no expressions; whatever has them is run by the operators.

use super::{LazyBatch, Target};
use crate::{
    Error,
    database::Storage,
    executor::{columns, operator::ExecContext},
    logical::ExprKind,
    physical::{PhysicalPlan, PlanKind},
    value::{Batch, Value},
};
use alloc::{rc::Rc, vec::Vec};

/// Where a column's value comes from.
enum Source {
    /// `$n`, counted from 0.
    Param(usize),
    Const(Value),
}

/// See the file's header.
pub(crate) struct OneRow {
    target: Target,
    sources: Vec<Source>,
    /// Memory for a row's bytes.
    memory: Vec<u8>,
}

impl OneRow {
    /// For a plan that stores one such row; `None` for every other plan.
    ///
    /// # Errors
    /// The table has no storage.
    pub fn of(plan: &PhysicalPlan, storage: &Storage) -> Result<Option<Self>, Error> {
        let root = &plan.root;
        let (
            PlanKind::Insert {
                table,
                on_conflict: None,
                ..
            },
            [row],
        ) = (&root.kind, root.children.as_slice())
        else {
            return Ok(None);
        };
        let is_plain = matches!(&row.kind, PlanKind::Result { one_time_filter } if one_time_filter.is_empty())
            && row.children.is_empty()
            && row.filter.is_empty()
            && row.init_plans.is_empty()
            && root.init_plans.is_empty()
            && root.output.is_empty();
        if !is_plain {
            return Ok(None);
        }
        let target = Target::open(storage, *table, false)?;
        if target.table.cluster.is_some() || row.output.len() < target.table.types.len() {
            return Ok(None);
        }
        let mut sources = Vec::with_capacity(target.table.types.len());
        for (expr, &data_type) in row.output.iter().zip(target.table.types.iter()) {
            if expr.data_type != data_type {
                return Ok(None);
            }
            sources.push(match &expr.kind {
                ExprKind::Param(param) => Source::Param(usize::from(param.0) - 1),
                ExprKind::Const(value) => Source::Const(value.clone()),
                _ => return Ok(None),
            });
        }
        Ok(Some(Self {
            target,
            sources,
            memory: Vec::new(),
        }))
    }

    /// Stores the row; `param` gives the value of a parameter, which has the parameter's type.
    ///
    /// # Errors
    /// As INSERT.
    pub fn store<'v>(
        &mut self,
        param: &dyn Fn(usize) -> Option<&'v Value>,
        cx: &mut ExecContext<'_>,
    ) -> Result<(), Error> {
        let sources = &self.sources;
        let source = |at: usize| match sources.get(at)? {
            Source::Param(at) => param(*at),
            Source::Const(value) => Some(value),
        };
        let value = |at: usize| source(at)?.as_value_ref();
        let types = &self.target.table.types;
        let make = || {
            let mut row = Vec::with_capacity(types.len());
            for (at, &data_type) in types.iter().enumerate() {
                let mut column = columns::empty(data_type);
                columns::push(&mut column, source(at).unwrap_or(&Value::Null))?;
                row.push(Rc::new(column));
            }
            Ok(Batch::new(row, 1))
        };
        let mut batch = LazyBatch::Makes(&make);
        if !self.target.constraints.admit(&value) {
            self.target.constraints.test(batch.get()?, cx.slots)?;
        }
        self.target
            .insert_row(&value, &mut batch, &mut self.memory, cx)
    }
}
