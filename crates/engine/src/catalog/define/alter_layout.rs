//! The two actions of ALTER TABLE that change how rows are laid out and so reach into everything that knows a column by
//! its number: DROP COLUMN and ALTER COLUMN … TYPE. PostgreSQL: `tablecmds.c` (ATExecDropColumn, ATExecAlterColumnType).

use super::{
    Work,
    alter_table::Altering,
    alter_type::{index_uses, moved, shift, shift_index, uses},
    drop::still_used,
};
use crate::{
    catalog::{IndexId, IndexKey, Organization},
    error::Error,
    logical::{Clause, bind_over_table, cast_for_column, find_column},
    value::DataType,
};
use alloc::{format, string::String, vec::Vec};
use parser::ast::{DropBehavior, Identifier};

impl Altering<'_> {
    pub(super) fn drop_column(
        &mut self,
        name: &Identifier,
        if_exists: bool,
        behavior: DropBehavior,
    ) -> Result<(), Error> {
        let gone = match find_column(&self.table, name) {
            Ok(column) => column,
            Err(error) if if_exists => {
                self.change
                    .notices
                    .push(format!("{}, skipping", error.message));
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let mut users: Vec<String> = self
            .catalog
            .views
            .values()
            .filter(|view| view.depends_on.contains(&self.table.name))
            .map(|view| format!("view {} may depend on column {}", view.name, &**name))
            .collect();
        for other in self.catalog.tables.values() {
            for key in &other.foreign_keys {
                if key.table == self.table.id && key.referenced.contains(&gone) {
                    users.push(format!(
                        "constraint {} on table {} depends on column {} of table {}",
                        key.name, other.name, &**name, self.table.name
                    ));
                }
            }
        }
        if !users.is_empty() {
            if behavior == DropBehavior::Restrict {
                return Err(still_used("column", name, &users));
            }
            return Err(Error::unsupported("DROP COLUMN … CASCADE here", name.span));
        }
        let mut columns = self.old_columns();
        columns.remove(usize::from(gone));
        self.table.columns.remove(usize::from(gone));
        let indexes: Vec<_> = self.catalog.indexes_of(self.table.id).cloned().collect();
        for index in indexes {
            if index_uses(&index, gone) {
                self.drop_index(index.id, name)?;
            } else {
                self.change.indexes.push(shift_index(&index, gone));
            }
        }
        self.table
            .checks
            .retain(|check| !uses(&check.condition, gone));
        for check in &mut self.table.checks {
            check.condition = shift(check.condition.clone(), gone);
        }
        self.table
            .foreign_keys
            .retain(|key| !key.columns.contains(&gone));
        let own = self.table.id;
        for key in &mut self.table.foreign_keys {
            for column in &mut key.columns {
                *column = moved(*column, gone).unwrap_or(*column);
            }
            if key.table == own {
                for column in &mut key.referenced {
                    *column = moved(*column, gone).unwrap_or(*column);
                }
            }
        }
        // Other tables' foreign keys know this table's columns by number.
        for other in self.catalog.tables.values().filter(|t| t.id != own) {
            if other.foreign_keys.iter().any(|key| key.table == own) {
                let mut changed = (**other).clone();
                for key in changed
                    .foreign_keys
                    .iter_mut()
                    .filter(|key| key.table == own)
                {
                    for column in &mut key.referenced {
                        *column = moved(*column, gone).unwrap_or(*column);
                    }
                }
                self.change.tables.push(changed);
            }
        }
        for statistics in self.catalog.statistics.values().filter(|s| s.table == own) {
            if statistics.columns.contains(&gone) {
                self.change.dropped_statistics.push(statistics.name.clone());
            } else {
                let mut changed = (**statistics).clone();
                for column in &mut changed.columns {
                    *column = moved(*column, gone).unwrap_or(*column);
                }
                self.change.statistics.push(changed);
            }
        }
        self.rewrite(columns, name)
    }

    /// An index goes with the constraint or column called `name`.
    pub(super) fn drop_index(&mut self, index: IndexId, name: &Identifier) -> Result<(), Error> {
        if self.table.primary_key == Some(index) {
            if self.table.organization == Organization::Clustered {
                return Err(Error::unsupported(
                    "dropping the primary key of a clustered table",
                    name.span,
                ));
            }
            self.table.primary_key = None;
        }
        self.change.dropped_indexes.push(index);
        self.change.work.push(Work::DropIndex(index));
        Ok(())
    }

    pub(super) fn set_type(
        &mut self,
        name: &Identifier,
        position: u16,
        to: DataType,
        using: Option<&parser::ast::Expression>,
    ) -> Result<(), Error> {
        self.refuse_under_views(
            "changing the type of a column of a table that a view reads",
            name,
        )?;
        let mut columns = self.old_columns();
        let indexes: Vec<_> = self.catalog.indexes_of(self.table.id).cloned().collect();
        let deep = indexes.iter().any(|index| {
            index.predicate.iter().any(|part| uses(part, position))
                || index.columns.iter().any(|part| match &part.key {
                    IndexKey::Expression(expr) => uses(expr, position),
                    IndexKey::Column(_) => false,
                })
        }) || self
            .table
            .checks
            .iter()
            .any(|check| uses(&check.condition, position));
        if deep {
            return Err(Error::unsupported(
                "changing the type of a column that an index expression, a predicate or a check uses",
                name.span,
            ));
        }
        let Some(slot) = columns.get_mut(usize::from(position)) else {
            return Ok(());
        };
        let value = match using {
            Some(expr) => bind_over_table(expr, &self.table, self.catalog, Clause::Transform)?,
            None => slot.clone(),
        };
        *slot = cast_for_column(value, to, name, self.catalog)?;
        for index in indexes {
            let mut changed = (*index).clone();
            let mut touched = false;
            for part in &mut changed.columns {
                if part.key == IndexKey::Column(position) {
                    part.data_type = to;
                    touched = true;
                }
            }
            if touched {
                self.change.indexes.push(changed);
            }
        }
        if let Some(def) = self.table.columns.get_mut(usize::from(position)) {
            def.data_type = to;
            if let Some(default) = def.default.take() {
                def.default = Some(cast_for_column(default, to, name, self.catalog)?);
            }
        }
        self.rewrite(columns, name)
    }
}
