//! Running a prepared statement through the facade: the shortest way from values to rows.
//!
//! Why apart from [`run`](super::run): a single-row INSERT or a point lookup takes less time than making operators for it. So the
//! operators of a plan for all values are kept and begin anew with the next values.

use super::{
    planning::{PlannedStatement, Verb},
    prepared::{PreparedId, Which, wrong_count},
    query::target_table,
    result::StatementDone,
    state::{Database, Touches},
};
use crate::{
    Error, ErrorCode,
    executor::{Budget, Execution, Outcome},
    value::{Batch, DataType, Value, cast_value},
};
use alloc::{boxed::Box, rc::Rc, string::String, vec::Vec};
use pages::loops::push_number;

/// Units of work between two looks at the clock.
const SLICE_UNITS: u64 = 1 << 16;

impl Database {
    /// Runs a prepared statement to its end. `params` are cast to the parameters' types.
    ///
    /// # Errors
    /// 08P01's kin for a wrong number of parameters; whatever running it answers, and then nothing is changed.
    pub fn run_prepared(
        &mut self,
        id: PreparedId,
        params: &[Value],
    ) -> Result<(Vec<Batch>, StatementDone), Error> {
        if self.transaction.as_ref().is_some_and(|open| open.failed) {
            return Err(Error::new(
                ErrorCode::InFailedSqlTransaction,
                "current transaction is aborted, commands ignored until end of transaction block",
            ));
        }
        let result = self.run_known(Which::Id(id), params);
        if result.is_err()
            && let Some(transaction) = &mut self.transaction
        {
            transaction.failed = true;
        }
        result
    }

    fn run_known(
        &mut self,
        which: Which<'_>,
        params: &[Value],
    ) -> Result<(Vec<Batch>, StatementDone), Error> {
        let known = self.prepared.find(which)?;
        let types = known.types();
        if params.len() != types.len() {
            return Err(wrong_count("", params.len(), types.len()));
        }
        let types = Rc::clone(types);
        let generation = self.generation;
        if let Some(generic) = known.settled(generation)
            && let Some(execution) = generic.operators.take_if(|kept| kept.stores_row())
        {
            let planned = Rc::clone(&generic.planned);
            return self.run_row(which, &planned, execution, params, &types);
        }
        let fits = params.iter().zip(types.iter()).all(|(v, &t)| v.is_of(t));
        let mut cast = Vec::new();
        if !fits {
            for (value, &data_type) in params.iter().zip(types.iter()) {
                cast.push(fit(value, data_type)?);
            }
        }
        let values = if fits { params } else { &cast };
        let memory = self.settings.statement_memory_bytes;
        let (planned, execution, generic) = match self.prepared.find(which)?.settled(generation) {
            Some(generic) => {
                let kept = generic.operators.take();
                (Rc::clone(&generic.planned), kept, true)
            }
            None => {
                let (planned, generic) = self.choose_plan(which, values)?;
                (planned, None, generic)
            }
        };
        let mut execution = match execution {
            Some(mut execution) => {
                execution.restart(&mut self.storage, values, memory);
                execution
            }
            None => {
                for view in &planned.views {
                    let rows = self.system_rows(view);
                    self.storage.system_views.insert(view, rows);
                }
                let values = if generic { values } else { &[] };
                Box::new(Execution::new(
                    &planned.plan,
                    &self.storage,
                    values,
                    memory,
                    self.settings.planner.work_mem,
                )?)
            }
        };
        let guard = self.guard(if planned.is_read_only() {
            Touches::Nothing
        } else {
            Touches::Rows
        });
        match self.run_whole(&mut execution) {
            Ok(batches) => {
                self.keep(guard);
                let done = self.done(&planned, &mut execution, &batches);
                if generic
                    && planned.restarts
                    && let Some(generic) = self.prepared.find(which)?.settled(generation)
                {
                    execution.will_run_again(&planned.plan, &self.storage)?;
                    generic.operators = Some(execution);
                }
                Ok((batches, done))
            }
            Err(error) => {
                self.undo(guard);
                Err(error)
            }
        }
    }

    /// Stores a row whose values are parameters and constants.
    fn run_row(
        &mut self,
        which: Which<'_>,
        planned: &PlannedStatement,
        mut execution: Box<Execution>,
        params: &[Value],
        types: &[DataType],
    ) -> Result<(Vec<Batch>, StatementDone), Error> {
        let mut cast: Vec<(usize, Value)> = Vec::new();
        for (at, (value, &data_type)) in params.iter().zip(types).enumerate() {
            if !value.is_of(data_type) {
                cast.push((at, fit(value, data_type)?));
            }
        }
        let param = |at: usize| {
            let cast = cast.iter().find(|(cast, _)| *cast == at);
            cast.map(|(_, value)| value).or_else(|| params.get(at))
        };
        let guard = self.guard(Touches::Rows);
        if let Err(error) = execution.store_row(&mut self.storage, &param) {
            self.undo(guard);
            return Err(error);
        }
        self.keep(guard);
        let done = self.done(planned, &mut execution, &[]);
        let generation = self.generation;
        if let Some(generic) = self.prepared.find(which)?.settled(generation) {
            generic.operators = Some(execution);
        }
        Ok((Vec::new(), done))
    }

    fn run_whole(&mut self, execution: &mut Execution) -> Result<Vec<Batch>, Error> {
        let began = self.start_time();
        let mut batches = Vec::new();
        loop {
            let mut budget = Budget::new(SLICE_UNITS);
            match execution.step(&mut self.storage, &mut budget, None)? {
                Outcome::Batch(batch) if batch.rows > 0 => batches.push(batch),
                Outcome::Batch(_) => {}
                Outcome::Done => return Ok(batches),
                Outcome::Pause => {
                    if self.is_late(began) {
                        return Err(Error::timed_out());
                    }
                }
            }
        }
    }

    fn done(
        &mut self,
        planned: &PlannedStatement,
        execution: &mut Execution,
        batches: &[Batch],
    ) -> StatementDone {
        if !planned.views.is_empty() {
            self.storage.system_views.clear();
        }
        let rows: usize = batches.iter().map(|batch| batch.rows).sum();
        let affected = if planned.verb == Verb::Select {
            0
        } else {
            execution.affected()
        };
        if let Some(table) = target_table(planned) {
            *self.changed_rows.or_insert(table, 0) += affected;
        }
        StatementDone {
            statement: 0,
            span: planned.span,
            tag: tag(planned.verb, affected, rows as u64),
            affected,
            rows: if planned.columns.is_empty() {
                0
            } else {
                rows as u64
            },
            replayable: planned.verb != Verb::Select,
            ledger: execution.take_ledger(),
            measured: None,
        }
    }
}

/// PostgreSQL's tag of a statement that has a plan. Without the machinery of formatting, which is a good part of a lookup.
pub(super) fn tag(verb: Verb, affected: u64, rows: u64) -> String {
    let (words, count) = match verb {
        Verb::Select => ("SELECT ", rows),
        Verb::Insert => ("INSERT 0 ", affected),
        Verb::Update => ("UPDATE ", affected),
        Verb::Delete => ("DELETE ", affected),
    };
    let mut tag = Vec::with_capacity(32);
    tag.extend_from_slice(words.as_bytes());
    push_number(&mut tag, i64::try_from(count).unwrap_or(i64::MAX));
    String::from_utf8(tag).expect("words and digits are ASCII")
}

/// A parameter's value in its type.
fn fit(value: &Value, data_type: DataType) -> Result<Value, Error> {
    if value.is_of(data_type) {
        return Ok(value.clone());
    }
    cast_value(
        value,
        value.data_type(),
        data_type,
        crate::logical::CastContext::Explicit,
    )
}
