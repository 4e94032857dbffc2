//! Prepared statements: parsed once, and planned as seldom as PostgreSQL plans them.
//!
//! The first five runs are planned for the values that they are given; then one plan for all values is made, and kept if it is
//! estimated to be no dearer than those, planning included. Whatever changes definitions, statistics or settings makes a kept
//! plan void. Source: PostgreSQL 15 `plancache.c`, `choose_custom_plan`. Running is in [`prepared_run`](super::prepared_run).

use super::{
    planning::{PlannedStatement, Purpose},
    result::ResultColumn,
    state::Database,
};
use crate::collections::SortedMap;
use crate::{
    Error, ErrorCode,
    executor::{Execution, expression::Compiled},
    logical::{bind_parameter, data_type},
    physical::KeepConsidered,
    value::{DataType, Value},
};
use alloc::{boxed::Box, format, rc::Rc, vec::Vec};
use parser::{
    ast::{Execute, Identifier, Prepare, Statement},
    parse_statement,
};

/// A statement prepared through [`Database::prepare`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PreparedId(u32);

/// Runs that are planned for their own values before a plan for all is tried.
const CUSTOM_RUNS: u32 = 5;

/// A plan for all values.
pub(super) struct Generic {
    /// The state of the database that it was made for.
    generation: u64,
    pub planned: Rc<PlannedStatement>,
    /// It is the one to take, until the database changes.
    settled: bool,
    /// Its operators, to be used again.
    pub operators: Option<Box<Execution>>,
}

/// One prepared statement.
pub(super) struct Prepared {
    statement: Rc<Statement>,
    types: Rc<[DataType]>,
    /// What came out when it was prepared: that must not change.
    columns: Rc<[ResultColumn]>,
    pub generic: Option<Generic>,
    custom_runs: u32,
    custom_cost: f64,
}

impl Prepared {
    fn new(statement: Rc<Statement>, planned: PlannedStatement, generation: u64) -> Self {
        Self {
            statement,
            types: planned.params.as_slice().into(),
            columns: Rc::clone(&planned.columns),
            generic: Some(Generic {
                generation,
                settled: planned.params.is_empty(),
                planned: Rc::new(planned),
                operators: None,
            }),
            custom_runs: 0,
            custom_cost: 0.0,
        }
    }

    /// The plan for all values, if there is no question that it is to be taken.
    pub fn settled(&mut self, generation: u64) -> Option<&mut Generic> {
        self.generic
            .as_mut()
            .filter(|generic| generic.settled && generic.generation == generation)
    }

    /// Types of the parameters.
    pub fn types(&self) -> &Rc<[DataType]> {
        &self.types
    }
}

/// Who names a prepared statement.
#[derive(Clone, Copy)]
pub(super) enum Which<'n> {
    Name(&'n str),
    Id(PreparedId),
}

/// All prepared statements.
#[derive(Default)]
pub(super) struct PreparedStatements {
    by_name: SortedMap<Box<str>, Prepared>,
    /// By number; numbers are not used again.
    by_id: Vec<Option<Box<Prepared>>>,
}

impl PreparedStatements {
    /// The statement.
    ///
    /// # Errors
    /// 26000 for one that was forgotten.
    pub fn find(&mut self, which: Which<'_>) -> Result<&mut Prepared, Error> {
        match which {
            Which::Name(name) => self.by_name.get_mut(name),
            Which::Id(id) => self
                .by_id
                .get_mut(id.0 as usize)
                .and_then(Option::as_deref_mut),
        }
        .ok_or_else(|| {
            Error::new(
                ErrorCode::InvalidSqlStatementName,
                "prepared statement does not exist",
            )
        })
    }
}

impl Database {
    /// Prepares one statement with parameters `$1 …`, whose types are inferred.
    ///
    /// # Errors
    /// Whatever parsing, binding and planning answer; 0A000 for what has no plan.
    pub fn prepare(&mut self, sql: &str) -> Result<PreparedId, Error> {
        let statement = parse_statement(sql).map_err(|error| super::run::syntax_error(&error))?;
        let planned = self.plan(&statement, &[], KeepConsidered::No, Purpose::Run)?;
        let number = u32::try_from(self.prepared.by_id.len())
            .map_err(|_| Error::new(ErrorCode::ProgramLimitExceeded, "too many statements"))?;
        let prepared = Prepared::new(Rc::new(statement), planned, self.generation);
        self.prepared.by_id.push(Some(Box::new(prepared)));
        Ok(PreparedId(number))
    }

    /// Forgets a prepared statement.
    pub fn forget(&mut self, id: PreparedId) {
        if let Some(place) = self.prepared.by_id.get_mut(id.0 as usize) {
            *place = None;
        }
    }

    /// The plan for all values of a prepared statement: columns and types of its parameters.
    ///
    /// # Errors
    /// 26000 for a statement that was forgotten; whatever planning it anew answers.
    pub fn prepared_plan(&mut self, id: PreparedId) -> Result<Rc<PlannedStatement>, Error> {
        self.generic_plan(Which::Id(id))
    }

    fn generic_plan(&mut self, which: Which<'_>) -> Result<Rc<PlannedStatement>, Error> {
        let generation = self.generation;
        let known = self.prepared.find(which)?;
        if let Some(generic) = &known.generic
            && generic.generation == generation
        {
            return Ok(Rc::clone(&generic.planned));
        }
        let (statement, types) = (Rc::clone(&known.statement), Rc::clone(&known.types));
        let planned = Rc::new(self.plan_again(&statement, &types, &[], which)?);
        self.prepared.find(which)?.generic = Some(Generic {
            generation,
            settled: types.is_empty(),
            planned: Rc::clone(&planned),
            operators: None,
        });
        Ok(planned)
    }

    fn plan_again(
        &mut self,
        statement: &Statement,
        types: &[DataType],
        values: &[Value],
        which: Which<'_>,
    ) -> Result<PlannedStatement, Error> {
        let mut planned = self
            .plan_with(statement, types, values, KeepConsidered::No, Purpose::Run)
            .map_err(|mut error| {
                // Places in the statement's own text mean nothing in this one.
                error.span = None;
                error
            })?;
        let known = self.prepared.find(which)?;
        if planned.columns != known.columns {
            return Err(Error::new(
                ErrorCode::FeatureNotSupported,
                "cached plan must not change result type",
            ));
        }
        if !values.is_empty() {
            planned.params = Vec::new();
        }
        Ok(planned)
    }

    /// The plan to run with these values, and whether it is the one for all values.
    pub(super) fn choose_plan(
        &mut self,
        which: Which<'_>,
        values: &[Value],
    ) -> Result<(Rc<PlannedStatement>, bool), Error> {
        let generation = self.generation;
        let mode = self.settings.plan_cache_mode();
        let known = self.prepared.find(which)?;
        if let Some(generic) = known.settled(generation) {
            return Ok((Rc::clone(&generic.planned), true));
        }
        let (runs, cost) = (known.custom_runs, known.custom_cost);
        let custom = match mode {
            _ if values.is_empty() => false,
            "force_generic_plan" => false,
            "force_custom_plan" => true,
            _ if runs < CUSTOM_RUNS => true,
            _ => {
                let generic = self.generic_plan(which)?;
                generic.plan.root.cost.total >= cost / f64::from(runs)
            }
        };
        if !custom {
            let planned = self.generic_plan(which)?;
            if let Some(generic) = &mut self.prepared.find(which)?.generic {
                generic.settled = true;
            }
            return Ok((planned, true));
        }
        let known = self.prepared.find(which)?;
        let (statement, types) = (Rc::clone(&known.statement), Rc::clone(&known.types));
        let planned = self.plan_again(&statement, &types, values, which)?;
        // What planning itself is taken to cost: 1000 operators for each relation and one more.
        let relations = planned.plan.range_table.len() as f64 + 1.0;
        let planning = 1000.0 * self.settings.planner.cpu_operator_cost * relations;
        let known = self.prepared.find(which)?;
        known.custom_runs = known.custom_runs.saturating_add(1);
        known.custom_cost += planned.plan.root.cost.total + planning;
        Ok((Rc::new(planned), false))
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
        let planned = self.plan(&prepare.statement, &types, KeepConsidered::No, Purpose::Run)?;
        let statement = Rc::clone(&prepare.statement);
        let prepared = Prepared::new(statement, planned, self.generation);
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
        let which = Which::Name(&execute.name.text);
        let types = match self.prepared.find(which) {
            Ok(known) => Rc::clone(known.types()),
            Err(_) => return Err(no_such(&execute.name)),
        };
        if types.len() != execute.arguments.len() {
            let name = format!(" for prepared statement \"{}\"", execute.name.text);
            return Err(
                wrong_count(&name, execute.arguments.len(), types.len()).at(execute.name.span)
            );
        }
        let mut values = Vec::with_capacity(types.len());
        for (at, (argument, &data_type)) in execute.arguments.iter().zip(types.iter()).enumerate() {
            let bound = bind_parameter(argument, at + 1, data_type, &self.catalog)?;
            let mut compiled = Compiled::compile(&bound, &|_: &crate::logical::Expr| None)?;
            values.push(compiled.evaluate_once(&[])?);
        }
        let (planned, generic) = self.choose_plan(which, &values)?;
        if !generic {
            values.clear();
        }
        Ok((planned, values))
    }
}

fn no_such(name: &Identifier) -> Error {
    Error::new(
        ErrorCode::InvalidSqlStatementName,
        format!("prepared statement \"{}\" does not exist", name.text),
    )
    .at(name.span)
}

/// A number of parameters that does not fit.
pub(super) fn wrong_count(name: &str, given: usize, wanted: usize) -> Error {
    Error::new(
        ErrorCode::SyntaxError,
        format!("wrong number of parameters{name}"),
    )
    .with_detail(format!("Expected {wanted} parameters but got {given}."))
}
