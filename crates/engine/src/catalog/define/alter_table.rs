//! ALTER TABLE: each action on the definition that the one before left. PostgreSQL: `tablecmds.c`.

use super::{
    Change, Work,
    alter_type::index_uses,
    columns::column,
    constraints::{KeyKind, check, foreign_key, key_index},
    create_index::table_named,
    drop::still_used,
    names::{Taken, already_exists, relation_exists},
    parameters::{Parameters, organization},
};
use crate::{
    catalog::{Catalog, IndexDef, IndexId, TableDef},
    error::{Error, ErrorCode},
    logical::{Expr, RelId, bind_default, data_type, find_column},
    value::Value,
};
use alloc::{format, vec::Vec};
use parser::ast::{
    AlterColumnAction, AlterTable, AlterTableActionKind, ColumnConstraintKind, DropBehavior,
    Identifier, TableConstraint, TableConstraintKind,
};

pub(super) struct Altering<'a> {
    pub(super) catalog: &'a Catalog,
    text: &'a str,
    /// The definition as the actions so far have left it.
    pub(super) table: TableDef,
    taken: Taken<'a>,
    next: u32,
    pub(super) change: Change,
}

pub(super) fn alter_table(
    alter: &AlterTable,
    text: &str,
    catalog: &Catalog,
) -> Result<Change, Error> {
    let table = match table_named(catalog, &alter.name) {
        Ok(table) => table,
        Err(error) if alter.if_exists && error.code == ErrorCode::UndefinedTable => {
            return Ok(Change::notice(format!("{}, skipping", error.message)));
        }
        Err(error) => return Err(error),
    };
    let mut altering = Altering {
        catalog,
        text,
        table: (*table).clone(),
        taken: Taken::new(catalog),
        next: catalog.next_id,
        change: Change::default(),
    };
    for action in &alter.actions {
        altering.act(&action.kind)?;
    }
    altering.change.tables.push(altering.table);
    Ok(altering.change)
}

impl Altering<'_> {
    fn act(&mut self, action: &AlterTableActionKind) -> Result<(), Error> {
        match action {
            AlterTableActionKind::AddColumn {
                column,
                if_not_exists,
            } => self.add_column(column, *if_not_exists),
            AlterTableActionKind::DropColumn {
                name,
                if_exists,
                behavior,
            } => self.drop_column(name, *if_exists, *behavior),
            AlterTableActionKind::AlterColumn { name, action } => self.alter_column(name, action),
            AlterTableActionKind::AddConstraint(constraint) => self.add_constraint(constraint),
            AlterTableActionKind::DropConstraint {
                name,
                if_exists,
                behavior,
            } => self.drop_constraint(name, *if_exists, *behavior),
            AlterTableActionKind::RenameTo(to) => {
                if relation_exists(self.catalog, to) {
                    return Err(already_exists(to, to.span));
                }
                self.refuse_under_views("renaming a table that a view reads", to)?;
                self.table.name = to.text.clone();
                Ok(())
            }
            AlterTableActionKind::RenameColumn { from, to } => {
                let column = find_column(&self.table, from)?;
                if self.table.column_position(to).is_some() {
                    return Err(self.column_exists(to));
                }
                self.refuse_under_views("renaming a column of a table that a view reads", from)?;
                if let Some(def) = self.table.columns.get_mut(usize::from(column)) {
                    def.name = to.text.clone();
                }
                Ok(())
            }
            AlterTableActionKind::RenameConstraint { from, to } => self.rename_constraint(from, to),
            AlterTableActionKind::Set(list) => {
                let parameters = Parameters::read(list)?;
                let other = parameters
                    .organization
                    .filter(|o| *o != self.table.organization);
                if let (Some(_), Some(said)) = (other, organization(list)) {
                    return Err(Error::unsupported(
                        "changing the organization of a table",
                        said.span,
                    ));
                }
                if let Some(factor) = parameters.fill_factor {
                    self.table.fill_factor = factor;
                }
                Ok(())
            }
            AlterTableActionKind::Reset(names) => {
                if names.iter().any(|name| &**name.last() == "fillfactor") {
                    self.table.fill_factor = 100;
                }
                Ok(())
            }
            AlterTableActionKind::ClusterOn(name) => {
                Err(Error::unsupported("ALTER TABLE … CLUSTER ON", name.span))
            }
            AlterTableActionKind::SetWithoutCluster => Ok(()),
        }
    }

    fn column_exists(&self, name: &Identifier) -> Error {
        Error::new(
            ErrorCode::DuplicateColumn,
            format!(
                "column \"{}\" of relation \"{}\" already exists",
                &**name, self.table.name
            ),
        )
        .at(name.span)
    }

    /// Views are kept as text, which would not follow.
    pub(super) fn refuse_under_views(&self, what: &str, name: &Identifier) -> Result<(), Error> {
        let mut views = self.catalog.views.values();
        match views.find(|view| view.depends_on.contains(&self.table.name)) {
            Some(view) => Err(Error::unsupported(what, name.span)
                .with_detail(format!("view {} reads {}", view.name, self.table.name))
                .with_hint("Drop the view first and make it again afterwards.")),
            None => Ok(()),
        }
    }

    /// The old columns as expressions over the old row.
    pub(super) fn old_columns(&self) -> Vec<Expr> {
        (0u16..)
            .zip(&self.table.columns)
            .map(|(at, column)| Expr::column(RelId(0), at, column.data_type))
            .collect()
    }

    /// One rewrite a statement, so that its expressions are over rows as they lie on the pages.
    pub(super) fn rewrite(&mut self, columns: Vec<Expr>, name: &Identifier) -> Result<(), Error> {
        let again = self
            .change
            .work
            .iter()
            .any(|work| matches!(work, Work::RewriteTable { .. }));
        if again {
            return Err(Error::unsupported(
                "more than one change of the rows' layout in one ALTER TABLE",
                name.span,
            ));
        }
        self.change.work.push(Work::RewriteTable {
            table: self.table.id,
            columns,
        });
        Ok(())
    }

    fn add_column(
        &mut self,
        definition: &parser::ast::ColumnDefinition,
        if_not_exists: bool,
    ) -> Result<(), Error> {
        if self.table.column_position(&definition.name).is_some() {
            let error = self.column_exists(&definition.name);
            if if_not_exists {
                self.change
                    .notices
                    .push(format!("{}, skipping", error.message));
                return Ok(());
            }
            return Err(error);
        }
        let def = column(definition, &self.table.name, self.catalog)?;
        let mut columns = self.old_columns();
        columns.push(
            def.default
                .clone()
                .unwrap_or_else(|| Expr::constant(Value::Null, def.data_type)),
        );
        let not_null = def.not_null;
        self.table.columns.push(def);
        self.rewrite(columns, &definition.name)?;
        let position = find_column(&self.table, &definition.name)?;
        if not_null {
            self.change.work.push(Work::CheckNotNull {
                table: self.table.id,
                column: position,
            });
        }
        for constraint in &definition.constraints {
            let own = Vec::from([definition.name.clone()]);
            let name = constraint.name.clone();
            let kind = match &constraint.kind {
                ColumnConstraintKind::PrimaryKey(key) => {
                    let mut key = key.clone();
                    key.columns = own;
                    TableConstraintKind::PrimaryKey(key)
                }
                ColumnConstraintKind::Unique(key) => {
                    let mut key = key.clone();
                    key.columns = own;
                    TableConstraintKind::Unique(key)
                }
                ColumnConstraintKind::Check(expr) => {
                    self.add_check(name.as_ref(), expr)?;
                    continue;
                }
                ColumnConstraintKind::References(reference) => TableConstraintKind::ForeignKey {
                    columns: own,
                    reference: reference.clone(),
                },
                _ => continue,
            };
            self.add_constraint(&TableConstraint {
                name,
                kind,
                span: constraint.span,
            })?;
        }
        Ok(())
    }

    fn alter_column(&mut self, name: &Identifier, action: &AlterColumnAction) -> Result<(), Error> {
        let position = find_column(&self.table, name)?;
        let primary = self
            .table
            .primary_key
            .and_then(|id| self.catalog.indexes.get(&id));
        let in_key = primary.is_some_and(|index| index_uses(index, position));
        let table = self.table.id;
        let Some(def) = self.table.columns.get_mut(usize::from(position)) else {
            return Ok(());
        };
        match action {
            AlterColumnAction::SetNotNull => {
                def.not_null = true;
                self.change.work.push(Work::CheckNotNull {
                    table,
                    column: position,
                });
            }
            AlterColumnAction::DropNotNull if in_key => {
                return Err(Error::new(
                    ErrorCode::InvalidTableDefinition,
                    format!("column \"{}\" is in a primary key", &**name),
                )
                .at(name.span));
            }
            AlterColumnAction::DropNotNull => def.not_null = false,
            AlterColumnAction::SetDefault(expr) => {
                def.default = Some(bind_default(expr, def.data_type, name, self.catalog)?);
            }
            AlterColumnAction::DropDefault => def.default = None,
            AlterColumnAction::SetStatistics(target) => {
                def.statistics_target = u16::try_from(*target).ok().map(|t| t.min(10_000));
            }
            AlterColumnAction::SetType { type_name, using } => {
                let to = data_type(type_name)?;
                return self.set_type(name, position, to, using.as_ref());
            }
            AlterColumnAction::Set(_) | AlterColumnAction::Reset(_) => {
                return Err(Error::unsupported("a column's parameters", name.span));
            }
        }
        Ok(())
    }

    fn add_check(
        &mut self,
        name: Option<&Identifier>,
        expr: &parser::ast::Expression,
    ) -> Result<(), Error> {
        let check = check(&self.table, name, expr, self.text, self.catalog)?;
        self.change.work.push(Work::CheckRows {
            table: self.table.id,
            name: check.name.clone(),
            condition: check.condition.clone(),
        });
        self.table.checks.push(check);
        Ok(())
    }

    fn add_constraint(&mut self, constraint: &TableConstraint) -> Result<(), Error> {
        let name = constraint.name.as_ref();
        match &constraint.kind {
            TableConstraintKind::PrimaryKey(key) => {
                let index = self.new_key(KeyKind::Primary, key, constraint)?;
                for part in &index.columns {
                    if let crate::catalog::IndexKey::Column(column) = part.key {
                        self.change.work.push(Work::CheckNotNull {
                            table: self.table.id,
                            column,
                        });
                    }
                }
                self.change.work.push(Work::BuildIndex(index.id));
                self.change.indexes.push(index);
            }
            TableConstraintKind::Unique(key) => {
                let index = self.new_key(KeyKind::Unique, key, constraint)?;
                self.change.work.push(Work::BuildIndex(index.id));
                self.change.indexes.push(index);
            }
            TableConstraintKind::Check(expr) => self.add_check(name, expr)?,
            TableConstraintKind::ForeignKey { columns, reference } => {
                let key = foreign_key(
                    &self.table,
                    name,
                    (columns, reference),
                    &self.change.indexes,
                    self.catalog,
                )?;
                self.change.work.push(Work::CheckForeignKey {
                    table: self.table.id,
                    key: key.clone(),
                });
                self.table.foreign_keys.push(key);
            }
        }
        Ok(())
    }

    fn new_key(
        &mut self,
        kind: KeyKind,
        key: &parser::ast::UniqueConstraint,
        constraint: &TableConstraint,
    ) -> Result<IndexDef, Error> {
        let id = IndexId(self.next);
        self.next += 1;
        key_index(
            &mut self.table,
            (kind, key, &key.columns),
            constraint.name.as_ref(),
            id,
            (&mut self.taken, constraint.span),
        )
    }

    fn drop_constraint(
        &mut self,
        name: &Identifier,
        if_exists: bool,
        behavior: DropBehavior,
    ) -> Result<(), Error> {
        let before = self.table.checks.len() + self.table.foreign_keys.len();
        self.table.checks.retain(|check| check.name != name.text);
        self.table.foreign_keys.retain(|key| key.name != name.text);
        if self.table.checks.len() + self.table.foreign_keys.len() < before {
            return Ok(());
        }
        let index = self
            .catalog
            .indexes_of(self.table.id)
            .find(|index| index.constraint && index.name == name.text)
            .map(|index| index.id);
        let Some(index) = index else {
            let message = format!(
                "constraint \"{}\" of relation \"{}\" does not exist",
                &**name, self.table.name
            );
            if if_exists {
                self.change.notices.push(format!("{message}, skipping"));
                return Ok(());
            }
            return Err(Error::new(ErrorCode::UndefinedObject, message).at(name.span));
        };
        let user = self
            .catalog
            .tables
            .values()
            .find(|table| table.foreign_keys.iter().any(|key| key.index == index));
        if let Some(user) = user {
            if behavior == DropBehavior::Cascade {
                return Err(Error::unsupported(
                    "DROP CONSTRAINT … CASCADE here",
                    name.span,
                ));
            }
            let line = format!("a foreign key of table {} depends on it", user.name);
            return Err(still_used("constraint", name, &[line]));
        }
        self.drop_index(index, name)
    }

    fn rename_constraint(&mut self, from: &Identifier, to: &Identifier) -> Result<(), Error> {
        if let Some(check) = self.table.checks.iter_mut().find(|c| c.name == from.text) {
            check.name = to.text.clone();
            return Ok(());
        }
        if let Some(key) = self
            .table
            .foreign_keys
            .iter_mut()
            .find(|k| k.name == from.text)
        {
            key.name = to.text.clone();
            return Ok(());
        }
        let index = self
            .catalog
            .indexes_of(self.table.id)
            .find(|index| index.constraint && index.name == from.text);
        match index {
            Some(index) => {
                let mut changed = (**index).clone();
                changed.name = self.taken.take(to, to.span)?;
                self.change.indexes.push(changed);
                Ok(())
            }
            None => Err(Error::new(
                ErrorCode::UndefinedObject,
                format!(
                    "constraint \"{}\" for table \"{}\" does not exist",
                    &**from, self.table.name
                ),
            )
            .at(from.span)),
        }
    }
}
