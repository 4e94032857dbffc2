//! BEGIN, COMMIT, ROLLBACK and savepoints.
//!
//! Why clones of the catalog and not a log: definitions are shared, so a clone is as many pointers as there are relations.

use super::{relation::Savepoint, settings::Settings, state::Database};
use crate::collections::SortedMap;
use crate::{
    Error, ErrorCode,
    catalog::{Catalog, TableId},
    stats::Statistics,
};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use parser::ast::Identifier;

/// Everything as it was at one moment.
pub(super) struct Moment {
    savepoint: Savepoint,
    catalog: Catalog,
    statistics: Statistics,
    settings: Settings,
    /// What COMMIT would set back.
    local: Vec<(String, String)>,
    changed_rows: SortedMap<TableId, u64>,
}

/// An open transaction.
pub(super) struct Transaction {
    start: Moment,
    savepoints: Vec<(Box<str>, Moment)>,
    /// A statement failed; only ROLLBACK helps.
    pub failed: bool,
    /// Settings changed by SET LOCAL, with the values that they go back to.
    pub local: Vec<(String, String)>,
}

impl Database {
    /// Whether a transaction is open.
    #[must_use]
    pub fn in_transaction(&self) -> bool {
        self.transaction.is_some()
    }

    fn moment(&mut self) -> Moment {
        Moment {
            savepoint: self.storage.savepoint(),
            catalog: self.catalog.clone(),
            statistics: self.statistics.clone(),
            settings: self.settings.clone(),
            local: self
                .transaction
                .as_ref()
                .map_or_else(Vec::new, |open| open.local.clone()),
            changed_rows: self.changed_rows.clone(),
        }
    }

    fn go_back(&mut self, moment: &Moment) {
        self.storage.roll_back(&moment.savepoint);
        self.catalog = moment.catalog.clone();
        self.statistics = moment.statistics.clone();
        self.settings = moment.settings.clone();
        self.changed_rows = moment.changed_rows.clone();
        self.settings_changed();
    }

    /// A setting, or all, was set for good: COMMIT leaves it as it is.
    pub(super) fn forget_local(&mut self, name: Option<&str>) {
        if let Some(transaction) = &mut self.transaction {
            transaction
                .local
                .retain(|(known, _)| name.is_some_and(|name| !known.eq_ignore_ascii_case(name)));
        }
    }

    /// BEGIN; a notice if there is one already.
    pub(super) fn begin(&mut self) -> Option<String> {
        if self.transaction.is_some() {
            return Some("there is already a transaction in progress".into());
        }
        let start = self.moment();
        self.transaction = Some(Transaction {
            start,
            savepoints: Vec::new(),
            failed: false,
            local: Vec::new(),
        });
        None
    }

    /// COMMIT (of a failed transaction: ROLLBACK); the tag, and a notice if there is no transaction.
    pub(super) fn commit(&mut self) -> (&'static str, Option<String>) {
        let Some(transaction) = self.transaction.take() else {
            return ("COMMIT", Some("there is no transaction in progress".into()));
        };
        if transaction.failed {
            self.go_back(&transaction.start);
            self.storage.release(transaction.start.savepoint);
            return ("ROLLBACK", None);
        }
        for (name, value) in transaction.local.iter().rev() {
            // The value was shown by the setting itself, so it fits.
            drop(self.settings.set(name, value));
        }
        if !transaction.local.is_empty() {
            self.settings_changed();
        }
        self.storage.release(transaction.start.savepoint);
        ("COMMIT", None)
    }

    /// ROLLBACK; a notice if there is no transaction.
    pub(super) fn rollback(&mut self) -> Option<String> {
        let Some(transaction) = self.transaction.take() else {
            return Some("there is no transaction in progress".into());
        };
        self.go_back(&transaction.start);
        self.storage.release(transaction.start.savepoint);
        None
    }

    /// SAVEPOINT.
    pub(super) fn set_savepoint(&mut self, name: &Identifier) -> Result<(), Error> {
        if self.transaction.is_none() {
            return Err(outside("SAVEPOINT"));
        }
        let moment = self.moment();
        if let Some(transaction) = &mut self.transaction {
            transaction.savepoints.push((name.text.clone(), moment));
        }
        Ok(())
    }

    /// ROLLBACK TO: the savepoint stays.
    pub(super) fn rollback_to(&mut self, name: &Identifier) -> Result<(), Error> {
        let Some(mut transaction) = self.transaction.take() else {
            return Err(outside("ROLLBACK TO SAVEPOINT"));
        };
        let found = transaction
            .savepoints
            .iter()
            .rposition(|(known, _)| *known == name.text);
        let result = match found {
            Some(at) => {
                transaction.savepoints.truncate(at + 1);
                if let Some((_, moment)) = transaction.savepoints.last() {
                    self.go_back(moment);
                    transaction.local.clone_from(&moment.local);
                }
                transaction.failed = false;
                Ok(())
            }
            None => Err(no_savepoint(name)),
        };
        self.transaction = Some(transaction);
        result
    }

    /// RELEASE SAVEPOINT.
    pub(super) fn release_savepoint(&mut self, name: &Identifier) -> Result<(), Error> {
        let Some(transaction) = &mut self.transaction else {
            return Err(outside("RELEASE SAVEPOINT"));
        };
        let found = transaction
            .savepoints
            .iter()
            .rposition(|(known, _)| *known == name.text);
        let at = found.ok_or_else(|| no_savepoint(name))?;
        let mut gone = transaction.savepoints.drain(at..);
        if let Some((_, moment)) = gone.next() {
            drop(gone);
            self.storage.release(moment.savepoint);
        }
        Ok(())
    }
}

fn outside(what: &str) -> Error {
    Error::new(
        ErrorCode::NoActiveSqlTransaction,
        format!("{what} can only be used in transaction blocks"),
    )
}

fn no_savepoint(name: &Identifier) -> Error {
    Error::new(
        ErrorCode::InvalidSavepointSpecification,
        format!("savepoint \"{}\" does not exist", name.text),
    )
    .at(name.span)
}
