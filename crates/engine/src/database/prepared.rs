//! Prepared statements: parsed once, planned once until something changes that plans depend on.

use super::{
    planning::{PlannedStatement, Purpose},
    query::{QueryOptions, QueryTask},
    result::StatementDone,
    run::TaskStep,
    state::{Database, Touches},
};
use crate::collections::SortedMap;
use crate::{
    Error, ErrorCode,
    executor::expression::Compiled,
    logical::{bind_parameter, data_type},
    physical::KeepConsidered,
    value::{Batch, DataType, Value, cast_value},
};
use alloc::{boxed::Box, format, rc::Rc, vec::Vec};
use parser::{
    Span,
    ast::{Execute, Identifier, Prepare, Statement},
    parse_statement,
};

/// A statement prepared through [`Database::prepare`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PreparedId(u32);

struct Prepared {
    statement: Rc<Statement>,
    types: Vec<DataType>,
    /// The plan, and the state of the database that it was made for.
    planned: Option<(u64, Rc<PlannedStatement>)>,
}

/// All prepared statements.
#[derive(Default)]
pub(super) struct PreparedStatements {
    by_name: SortedMap<Box<str>, Prepared>,
    by_id: SortedMap<PreparedId, Prepared>,
    next: u32,
}

impl Database {
    /// Prepares one statement with parameters `$1 …`, whose types are inferred.
    ///
    /// # Errors
    /// Whatever parsing, binding and planning answer; 0A000 for what has no plan.
    pub fn prepare(&mut self, sql: &str) -> Result<PreparedId, Error> {
        let statement = parse_statement(sql).map_err(|error| super::run::syntax_error(&error))?;
        let planned = Rc::new(self.plan(&statement, &[], KeepConsidered::No, Purpose::Run)?);
        let id = PreparedId(self.prepared.next);
        self.prepared.next += 1;
        let prepared = Prepared {
            types: planned.params.clone(),
            statement: statement.into(),
            planned: Some((self.generation, planned)),
        };
        self.prepared.by_id.insert(id, prepared);
        Ok(id)
    }

    /// Forgets a prepared statement.
    pub fn forget(&mut self, id: PreparedId) {
        self.prepared.by_id.remove(&id);
    }

    /// The plan of a prepared statement: columns and types of its parameters.
    ///
    /// # Errors
    /// 26000 for a statement that was forgotten; whatever planning it anew answers.
    pub fn prepared_plan(&mut self, id: PreparedId) -> Result<Rc<PlannedStatement>, Error> {
        let known = self.prepared.by_id.get(&id).ok_or_else(|| {
            Error::new(
                ErrorCode::InvalidSqlStatementName,
                "prepared statement does not exist",
            )
        })?;
        if let Some((generation, planned)) = &known.planned
            && *generation == self.generation
        {
            return Ok(Rc::clone(planned));
        }
        let (statement, types) = (Rc::clone(&known.statement), known.types.clone());
        let planned = Rc::new(self.plan(&statement, &types, KeepConsidered::No, Purpose::Run)?);
        let generation = self.generation;
        if let Some(known) = self.prepared.by_id.get_mut(&id) {
            known.planned = Some((generation, Rc::clone(&planned)));
        }
        Ok(planned)
    }

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
        let planned = self.prepared_plan(id)?;
        if params.len() != planned.params.len() {
            return Err(wrong_count("", params.len(), planned.params.len()));
        }
        let mut values = Vec::with_capacity(params.len());
        for (value, &data_type) in params.iter().zip(&planned.params) {
            values.push(fit(value, data_type)?);
        }
        let touches = if planned.is_read_only() {
            Touches::Nothing
        } else {
            Touches::Rows
        };
        let span = planned.span;
        let guard = self.guard(touches);
        match self.run_whole(planned, values) {
            Ok((batches, step)) => {
                self.keep(guard);
                Ok((batches, done(step, span)))
            }
            Err(error) => {
                self.undo(guard);
                if let Some(transaction) = &mut self.transaction {
                    transaction.failed = true;
                }
                Err(error)
            }
        }
    }

    fn run_whole(
        &mut self,
        planned: Rc<PlannedStatement>,
        params: Vec<Value>,
    ) -> Result<(Vec<Batch>, super::run::Ended), Error> {
        let options = QueryOptions {
            params,
            explain: None,
            measure: false,
            planning_ns: 0,
        };
        let mut task = QueryTask::new(self, planned, options)?;
        let mut batches = Vec::new();
        loop {
            match task.step(self, u64::MAX)? {
                TaskStep::Rows { batch, .. } if batch.rows > 0 => batches.push(batch),
                TaskStep::Ended(ended) => return Ok((batches, ended)),
                _ => {}
            }
        }
    }

    /// PREPARE.
    pub(super) fn prepare_statement(&mut self, prepare: &Prepare) -> Result<(), Error> {
        let name = &prepare.name.text;
        if self.prepared.by_name.contains_key(name) {
            return Err(Error::new(
                ErrorCode::DuplicatePreparedStatement,
                format!("prepared statement \"{name}\" already exists"),
            )
            .at(prepare.name.span));
        }
        let mut types = Vec::with_capacity(prepare.types.len());
        for written in &prepare.types {
            types.push(data_type(written)?);
        }
        let planned =
            Rc::new(self.plan(&prepare.statement, &types, KeepConsidered::No, Purpose::Run)?);
        let prepared = Prepared {
            types: planned.params.clone(),
            statement: Rc::clone(&prepare.statement),
            planned: Some((self.generation, planned)),
        };
        self.prepared.by_name.insert(name.clone(), prepared);
        Ok(())
    }

    /// DEALLOCATE; all without a name.
    pub(super) fn deallocate(&mut self, name: Option<&Identifier>) -> Result<(), Error> {
        let Some(name) = name else {
            self.prepared.by_name.clear();
            return Ok(());
        };
        match self.prepared.by_name.remove(&name.text) {
            Some(_) => Ok(()),
            None => Err(no_such(name)),
        }
    }

    /// The plan and the parameters' values of EXECUTE.
    pub(super) fn bind_execute(
        &mut self,
        execute: &Execute,
    ) -> Result<(Rc<PlannedStatement>, Vec<Value>), Error> {
        let known = self
            .prepared
            .by_name
            .get(&execute.name.text)
            .ok_or_else(|| no_such(&execute.name))?;
        if known.types.len() != execute.arguments.len() {
            let name = format!(" for prepared statement \"{}\"", execute.name.text);
            return Err(
                wrong_count(&name, execute.arguments.len(), known.types.len())
                    .at(execute.name.span),
            );
        }
        let types = known.types.clone();
        let mut values = Vec::with_capacity(types.len());
        for (at, (argument, &data_type)) in execute.arguments.iter().zip(&types).enumerate() {
            let bound = bind_parameter(argument, at + 1, data_type, &self.catalog)?;
            let mut compiled = Compiled::compile(&bound, &|_: &crate::logical::Expr| None)?;
            values.push(compiled.evaluate_once(&[])?);
        }
        let planned = match &known.planned {
            Some((generation, planned)) if *generation == self.generation => Rc::clone(planned),
            _ => {
                let statement = Rc::clone(&known.statement);
                // Places in the statement's own text mean nothing in this one.
                let planned = self
                    .plan(&statement, &types, KeepConsidered::No, Purpose::Run)
                    .map_err(|mut error| {
                        error.span = None;
                        error
                    })?;
                let planned = Rc::new(planned);
                let generation = self.generation;
                if let Some(known) = self.prepared.by_name.get_mut(&execute.name.text) {
                    known.planned = Some((generation, Rc::clone(&planned)));
                }
                planned
            }
        };
        Ok((planned, values))
    }
}

/// A parameter's value in its type.
fn fit(value: &Value, data_type: DataType) -> Result<Value, Error> {
    let same = matches!(
        (value, data_type),
        (Value::Null, _)
            | (Value::Bool(_), DataType::Bool)
            | (Value::Int2(_), DataType::Int2)
            | (Value::Int4(_), DataType::Int4)
            | (Value::Int8(_), DataType::Int8)
            | (Value::Float8(_), DataType::Float8)
            | (Value::Text(_), DataType::Text)
            | (Value::Date(_), DataType::Date)
            | (Value::Timestamp(_), DataType::Timestamp)
            | (Value::Uuid(_), DataType::Uuid)
    );
    if same {
        return Ok(value.clone());
    }
    let from = match value {
        Value::Bool(_) => DataType::Bool,
        Value::Int2(_) => DataType::Int2,
        Value::Int4(_) => DataType::Int4,
        Value::Int8(_) => DataType::Int8,
        Value::Float4(_) => DataType::Float4,
        Value::Float8(_) => DataType::Float8,
        Value::Numeric(_) => DataType::Numeric(None),
        Value::Date(_) => DataType::Date,
        Value::Timestamp(_) => DataType::Timestamp,
        Value::Interval(_) => DataType::Interval,
        Value::Uuid(_) => DataType::Uuid,
        Value::Null | Value::Text(_) => DataType::Text,
    };
    cast_value(
        value,
        from,
        data_type,
        crate::logical::CastContext::Explicit,
    )
}

fn done(ended: super::run::Ended, span: Span) -> StatementDone {
    StatementDone {
        statement: 0,
        span,
        tag: ended.tag,
        affected: ended.affected,
        rows: ended.rows,
        replayable: ended.replayable,
        ledger: ended.ledger,
        measured: ended.measured,
    }
}

fn no_such(name: &Identifier) -> Error {
    Error::new(
        ErrorCode::InvalidSqlStatementName,
        format!("prepared statement \"{}\" does not exist", name.text),
    )
    .at(name.span)
}

fn wrong_count(name: &str, given: usize, wanted: usize) -> Error {
    Error::new(
        ErrorCode::SyntaxError,
        format!("wrong number of parameters{name}"),
    )
    .with_detail(format!("Expected {wanted} parameters but got {given}."))
}
