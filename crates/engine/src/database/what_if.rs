//! The plan of a statement if another index existed, beside the plan that it has: nothing is built and nothing is changed.

use super::{
    planning::{PlannedStatement, Purpose},
    run::syntax_error,
    state::Database,
};
use crate::{
    Error, ErrorCode,
    catalog::{
        IndexId, IndexState,
        define::{Change, define},
    },
    physical::{IndexVerdict, KeepConsidered},
    stats::RelationSize,
    what_if::{WritePrice, write_price},
};
use alloc::{
    rc::Rc,
    string::{String, ToString},
};
use parser::{
    ast::{Statement, StatementKind},
    parse_script,
};

/// See the file's header.
#[derive(Clone, Debug)]
pub struct WhatIf {
    /// The plan now, hypothetical indexes of the catalog included; `None` if the text has no plan at the cursor.
    pub before: Option<Rc<PlannedStatement>>,
    /// The plan with the index.
    pub after: Option<Rc<PlannedStatement>>,
    /// The index's name, as CREATE INDEX would give it.
    pub name: String,
    /// Predicted size.
    pub size: RelationSize,
    /// Predicted bytes.
    pub bytes: u64,
    /// What keeping it up would cost.
    pub write_price: WritePrice,
    /// What the plan makes of it.
    pub verdict: Option<IndexVerdict>,
}

impl Database {
    /// Plans the statement at byte `cursor` of a text as if `definition`, a CREATE INDEX, had been run.
    ///
    /// # Errors
    /// Whatever CREATE INDEX would say; 42601 if the definition is something else; whatever planning says.
    pub fn what_if(
        &mut self,
        text: &str,
        cursor: usize,
        definition: &str,
    ) -> Result<WhatIf, Error> {
        let change = self.hypothetical_change(definition)?;
        let index = change.indexes.first().map(|index| index.id);
        let index = index.ok_or_else(nothing_new)?;
        let statement = self.statement_at(text, cursor)?;
        let before = self.look(statement.as_ref())?;
        let kept = (self.catalog.clone(), self.statistics.indexes.clone());
        self.catalog.apply(&change);
        let found = self.with_index(index, statement.as_ref());
        (self.catalog, self.statistics.indexes) = kept;
        let found = found?;
        Ok(WhatIf { before, ..found })
    }

    fn with_index(
        &mut self,
        index: IndexId,
        statement: Option<&Statement>,
    ) -> Result<WhatIf, Error> {
        self.refresh_sizes();
        let after = self.look(statement)?;
        let size = self.statistics.indexes.get(&index).copied();
        let def = self.catalog.indexes.get(&index);
        let (Some(size), Some(def)) = (size, def) else {
            return Err(nothing_new());
        };
        let page_bytes = self.storage.store.page_bytes() as u32;
        let rows = self.live_rows(def.table) as f64;
        let verdicts = after.iter().flat_map(|after| &after.plan.verdicts);
        let of_it = verdicts.filter(|verdict| verdict.index == index);
        Ok(WhatIf {
            before: None,
            name: def.name.to_string(),
            size,
            bytes: u64::from(size.pages) * u64::from(page_bytes),
            write_price: write_price(&size, rows, page_bytes),
            verdict: of_it
                .min_by_key(|verdict| verdict.cause != crate::physical::VerdictCause::Used)
                .cloned(),
            after,
        })
    }

    fn look(
        &mut self,
        statement: Option<&Statement>,
    ) -> Result<Option<Rc<PlannedStatement>>, Error> {
        statement
            .map(|statement| {
                self.plan(statement, &[], KeepConsidered::Yes, Purpose::Look)
                    .map(Rc::new)
            })
            .transpose()
    }

    /// What CREATE INDEX would change, with the index hypothetical.
    fn hypothetical_change(&self, definition: &str) -> Result<Change, Error> {
        let script = parse_script(definition);
        let statement = match script.statements.as_slice() {
            [one] => one.statement.as_ref().map_err(syntax_error)?,
            _ => return Err(nothing_new()),
        };
        if !matches!(statement.kind, StatementKind::CreateIndex(_)) {
            return Err(nothing_new());
        }
        let mut change = define(statement, definition, &self.catalog)?;
        change.work.clear();
        for index in &mut change.indexes {
            index.state = IndexState::Hypothetical;
        }
        Ok(change)
    }
}

fn nothing_new() -> Error {
    Error::new(
        ErrorCode::SyntaxError,
        "what-if takes one CREATE INDEX statement",
    )
}
