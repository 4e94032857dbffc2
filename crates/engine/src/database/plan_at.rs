//! The plan of the statement under the cursor, and what is wrong in the whole text: what follows each keystroke.
//!
//! It runs nothing and needs nothing of a run under way. Mistakes of later statements that speak of tables which an earlier one of
//! the same text would make are told too: the text is judged against what exists now.

use super::{
    planning::{PlannedStatement, Purpose},
    run::syntax_error,
    state::Database,
};
use crate::{
    Error,
    catalog::define::define,
    logical::{BindOptions, bind},
    physical::KeepConsidered,
};
use alloc::{rc::Rc, vec::Vec};
use parser::{
    ParsedStatement, Span,
    ast::{Statement, StatementKind},
    parse_script, statement_at,
};

/// A mistake in a text.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanDiagnostic {
    /// What.
    pub error: Error,
    /// Where; never empty unless the text is.
    pub span: Span,
}

/// What [`Database::plan_at`] found.
#[derive(Clone, Debug)]
pub struct PlanAt {
    /// The plan, if the statement under the cursor has one.
    pub planned: Option<Rc<PlannedStatement>>,
    /// Where the statement under the cursor stands.
    pub span: Option<Span>,
    /// All mistakes in the text.
    pub diagnostics: Vec<PlanDiagnostic>,
}

impl Database {
    /// Plans the statement at byte `cursor` of a text and checks all of it. `considered`: keep the candidates that lost.
    pub fn plan_at(&mut self, text: &str, cursor: usize, considered: KeepConsidered) -> PlanAt {
        let script = parse_script(text);
        let at = statement_at(text, cursor).map(|span| span.start);
        let mut found = PlanAt {
            planned: None,
            span: None,
            diagnostics: Vec::new(),
        };
        for parsed in &script.statements {
            let here = at.is_some_and(|at| parsed.span.start <= at && at <= parsed.span.end);
            let checked = match &parsed.statement {
                Err(error) => Err(syntax_error(error)),
                Ok(statement) if here => {
                    found.span = Some(parsed.span);
                    self.plan_here(statement, text, considered)
                        .map(|planned| found.planned = planned)
                }
                Ok(statement) => self.check_statement(statement, text),
            };
            if let Err(error) = checked {
                let span = place(&error, parsed, text);
                found.diagnostics.push(PlanDiagnostic { error, span });
            }
        }
        found
    }

    /// The part of the statement at the cursor that has a plan.
    pub(super) fn statement_at(
        &self,
        text: &str,
        cursor: usize,
    ) -> Result<Option<Statement>, Error> {
        let script = parse_script(text);
        let at = statement_at(text, cursor).map(|span| span.start);
        let here = script
            .statements
            .iter()
            .find(|parsed| at.is_some_and(|at| parsed.span.start <= at && at <= parsed.span.end));
        match here.map(|parsed| &parsed.statement) {
            None => Ok(None),
            Some(Err(error)) => Err(syntax_error(error)),
            Some(Ok(statement)) => Ok(planned_part(statement)),
        }
    }

    fn plan_here(
        &mut self,
        statement: &Statement,
        text: &str,
        considered: KeepConsidered,
    ) -> Result<Option<Rc<PlannedStatement>>, Error> {
        match planned_part(statement) {
            Some(part) => Ok(Some(Rc::new(self.plan(
                &part,
                &[],
                considered,
                Purpose::Look,
            )?))),
            None => self.check_statement(statement, text).map(|()| None),
        }
    }

    fn check_statement(&self, statement: &Statement, text: &str) -> Result<(), Error> {
        if let Some(part) = planned_part(statement) {
            return bind(&part, &self.catalog, &BindOptions::default()).map(|_| ());
        }
        match &statement.kind {
            StatementKind::CreateTable(_)
            | StatementKind::CreateTableAs(_)
            | StatementKind::CreateIndex(_)
            | StatementKind::CreateView(_)
            | StatementKind::CreateStatistics(_)
            | StatementKind::AlterTable(_)
            | StatementKind::AlterIndex(_)
            | StatementKind::Drop(_) => define(statement, text, &self.catalog).map(|_| ()),
            _ => Ok(()),
        }
    }
}

/// The part of a statement that has a plan, also below EXPLAIN.
fn planned_part(statement: &Statement) -> Option<Statement> {
    let kind = match &statement.kind {
        StatementKind::Explain(explain) => return planned_part(&explain.statement),
        StatementKind::Query(query) => StatementKind::Query(Rc::clone(query)),
        StatementKind::Insert(insert) => StatementKind::Insert(Rc::clone(insert)),
        StatementKind::Update(update) => StatementKind::Update(Rc::clone(update)),
        StatementKind::Delete(delete) => StatementKind::Delete(Rc::clone(delete)),
        StatementKind::CreateTableAs(create) => StatementKind::Query(Rc::clone(&create.query)),
        _ => return None,
    };
    Some(Statement {
        kind,
        span: statement.span,
    })
}

/// Where to underline: the error's place, or the whole statement.
fn place(error: &Error, parsed: &ParsedStatement, text: &str) -> Span {
    let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
    match error.span {
        Some(span) if span.start < span.end && span.end <= end => span,
        Some(span) => {
            // An empty place, such as the end of the text: the character before it.
            let at = span.start.min(end);
            let before = text
                .get(..at as usize)
                .and_then(|text| text.chars().next_back())
                .map_or(0, char::len_utf8) as u32;
            if before > 0 {
                Span::new(at - before, at)
            } else {
                parsed.span
            }
        }
        None => parsed.span,
    }
}
