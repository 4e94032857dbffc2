//! UPDATE, DELETE, RETURNING and assignments. INSERT is in [`insert`](super::insert).
//!
//! PostgreSQL: `analyze.c` (transformUpdateStmt, transformDeleteStmt, transformReturningList).

use super::{
    query::{Unknowns, typed_null},
    scope::{Clause, Offered},
    state::Binder,
};
use crate::{
    catalog::{ColumnDef, IndexKey, Organization, TableDef},
    error::{Error, ErrorCode},
    logical::{
        ColumnRef, Delete, Expr, ExprKind, FromItem, Query, RelId, Returning, SubLink, SubLinkKind,
        Target, Update, outer_columns,
    },
    value::DataType,
};
use alloc::{boxed::Box, format, rc::Rc, vec, vec::Vec};
use parser::{
    Span,
    ast::{
        self, Assignment, AssignmentTarget, Expression, ExpressionKind, Identifier, ObjectName,
        TargetTable,
    },
};

impl Binder<'_> {
    /// The table that a statement changes. 42P01 if there is none, 42809 if the name is a view's.
    pub(crate) fn target_table(&self, name: &ObjectName) -> Result<Rc<TableDef>, Error> {
        if let Some(table) = self.catalog.table_by_name(name.last()) {
            return Ok(table.clone());
        }
        if self.catalog.views.contains_key(&*name.last().text) {
            return Err(Error::unsupported(
                "changing rows through a view",
                name.span,
            ));
        }
        if crate::catalog::system::find(None, name.last()).is_some() {
            return Err(Error::new(
                ErrorCode::WrongObjectType,
                format!("cannot change relation \"{}\"", &**name.last()),
            )
            .at(name.span));
        }
        Err(self.no_relation(name))
    }

    /// Adds the target's entry; what it offers is for the caller to put in sight.
    pub(crate) fn add_target(&mut self, target: &TargetTable, table: &TableDef) -> RelId {
        let alias = target.alias.as_ref().unwrap_or(target.name.last());
        self.add_stored_table(table, alias, target.alias.is_some(), target.name.span)
    }

    pub(crate) fn bind_update(
        &mut self,
        update: &ast::Update,
        span: Span,
    ) -> Result<Update, Error> {
        self.in_scope(span, |binder| {
            let ctes = binder.bind_with(update.with.as_ref())?;
            let table = binder.target_table(&update.table.name)?;
            let rel = binder.add_target(&update.table, &table);
            let from = binder.bind_other_tables(rel, &update.from)?;
            let assignments = binder.bind_assignments(&table, &update.assignments)?;
            let filter = match &update.filter {
                Some(filter) => binder.bind_condition(filter, Clause::Where)?,
                None => Vec::new(),
            };
            let returning = binder.bind_returning(&update.returning)?;
            let (columns, values): (Vec<u16>, Vec<Expr>) = assignments.into_iter().unzip();
            let mut targets: Vec<Target> = columns
                .iter()
                .zip(values)
                .map(|(column, expr)| Target {
                    expr,
                    name: column_def(&table, *column).map_or_else(Box::default, |c| c.name.clone()),
                    hidden: false,
                })
                .collect();
            targets.extend(binder.row_address(&table, rel));
            Ok(Update {
                table: table.id,
                rel,
                query: Query {
                    targets,
                    from,
                    filter,
                    ctes,
                    ..Query::default()
                },
                columns,
                returning,
            })
        })
    }

    pub(crate) fn bind_delete(
        &mut self,
        delete: &ast::Delete,
        span: Span,
    ) -> Result<Delete, Error> {
        self.in_scope(span, |binder| {
            let ctes = binder.bind_with(delete.with.as_ref())?;
            let table = binder.target_table(&delete.table.name)?;
            let rel = binder.add_target(&delete.table, &table);
            let from = binder.bind_other_tables(rel, &delete.using)?;
            let filter = match &delete.filter {
                Some(filter) => binder.bind_condition(filter, Clause::Where)?,
                None => Vec::new(),
            };
            let returning = binder.bind_returning(&delete.returning)?;
            Ok(Delete {
                table: table.id,
                rel,
                query: Query {
                    targets: binder.row_address(&table, rel),
                    from,
                    filter,
                    ctes,
                    ..Query::default()
                },
                returning,
            })
        })
    }

    /// The target together with FROM or USING, which cannot look at it sideways.
    fn bind_other_tables(
        &mut self,
        rel: RelId,
        others: &[ast::TableReference],
    ) -> Result<Vec<FromItem>, Error> {
        let target = Offered {
            lateral_only: true,
            lateral_ok: false,
            ..self.offer(rel)
        };
        self.scope().offered.push(target);
        let mut from = vec![FromItem::Relation(rel)];
        from.extend(self.bind_from(others)?);
        Ok(from)
    }

    pub(crate) fn bind_returning(&mut self, items: &[ast::SelectItem]) -> Result<Returning, Error> {
        self.bind_targets(items, Clause::Returning, Unknowns::Settle)
    }

    /// SET: column positions and new values, cast to the columns' types.
    pub(crate) fn bind_assignments(
        &mut self,
        table: &TableDef,
        assignments: &[Assignment],
    ) -> Result<Vec<(u16, Expr)>, Error> {
        let mut bound: Vec<(u16, Expr)> = Vec::with_capacity(assignments.len());
        for assignment in assignments {
            let pairs = match &assignment.target {
                AssignmentTarget::Column(name) => {
                    let column = find_column(table, name)?;
                    vec![(
                        name,
                        column,
                        self.bind_new_value(table, column, &assignment.value)?,
                    )]
                }
                AssignmentTarget::Columns(names) => {
                    self.bind_multiple(table, names, &assignment.value, assignment.span)?
                }
            };
            for (name, column, value) in pairs {
                if bound.iter().any(|(known, _)| *known == column) {
                    return Err(Error::new(
                        ErrorCode::SyntaxError,
                        format!("multiple assignments to same column \"{}\"", &**name),
                    )
                    .at(name.span));
                }
                bound.push((column, value));
            }
        }
        Ok(bound)
    }

    fn bind_multiple<'n>(
        &mut self,
        table: &TableDef,
        names: &'n [Identifier],
        value: &Expression,
        span: Span,
    ) -> Result<Vec<(&'n Identifier, u16, Expr)>, Error> {
        let uneven = || {
            Error::new(
                ErrorCode::SyntaxError,
                "number of columns does not match number of values",
            )
            .at(span)
        };
        let mut pairs = Vec::with_capacity(names.len());
        match &value.kind {
            ExpressionKind::Row(fields) => {
                if fields.len() != names.len() {
                    return Err(uneven());
                }
                for (name, field) in names.iter().zip(fields) {
                    let column = find_column(table, name)?;
                    pairs.push((name, column, self.bind_new_value(table, column, field)?));
                }
            }
            ExpressionKind::Subquery(query) => {
                let query = self.in_clause(Clause::Update, |binder| binder.bind_query(query))?;
                let shown: Vec<usize> = (0..query.targets.len())
                    .filter(|at| query.targets.get(*at).is_some_and(|t| !t.hidden))
                    .collect();
                if shown.len() != names.len() {
                    return Err(uneven());
                }
                let outer = outer_columns(&query, &self.tables, &self.ctes);
                for (name, at) in names.iter().zip(shown) {
                    // One sub-query for each column: simpler than a value with several parts.
                    let mut one = query.clone();
                    let Some(data_type) = one.targets.get(at).map(|t| t.expr.data_type) else {
                        return Err(uneven());
                    };
                    keep_only(&mut one, at);
                    let link = SubLink {
                        kind: SubLinkKind::Scalar,
                        query: Box::new(one),
                        outer: outer.clone(),
                    };
                    let value = Expr::new(ExprKind::SubLink(Box::new(link)), data_type, value.span);
                    let column = find_column(table, name)?;
                    pairs.push((name, column, self.assign(table, column, value)?));
                }
            }
            _ if names.len() == 1 => {
                if let Some(name) = names.first() {
                    let column = find_column(table, name)?;
                    pairs.push((name, column, self.bind_new_value(table, column, value)?));
                }
            }
            _ => {
                return Err(Error::new(
                    ErrorCode::FeatureNotSupported,
                    "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression",
                )
                .at(value.span));
            }
        }
        Ok(pairs)
    }

    fn bind_new_value(
        &mut self,
        table: &TableDef,
        column: u16,
        value: &Expression,
    ) -> Result<Expr, Error> {
        if value.kind == ExpressionKind::Default {
            return Ok(default_value(table, column, value.span));
        }
        let bound = self.in_clause(Clause::Update, |binder| binder.bind_expr(value))?;
        self.assign(table, column, bound)
    }

    /// A value cast to its column's type.
    pub(crate) fn assign(
        &mut self,
        table: &TableDef,
        column: u16,
        value: Expr,
    ) -> Result<Expr, Error> {
        match column_def(table, column) {
            Some(def) => self.coerce_assignment(value, def.data_type, &def.name),
            None => Ok(value),
        }
    }
}

impl Binder<'_> {
    /// What names a row of the target: its address, in a clustered table its primary key.
    fn row_address(&self, table: &TableDef, rel: RelId) -> Vec<Target> {
        let hidden = |column, data_type, name: &str| Target {
            expr: Expr::column(rel, column, data_type),
            name: name.into(),
            hidden: true,
        };
        let key = table
            .primary_key
            .and_then(|key| self.catalog.indexes.get(&key));
        match key {
            Some(key) if table.organization == Organization::Clustered => {
                let parts = key.columns.iter().filter_map(|part| match part.key {
                    IndexKey::Column(at) => Some((at, column_def(table, at)?)),
                    IndexKey::Expression(_) => None,
                });
                parts
                    .map(|(at, def)| hidden(at, def.data_type, &def.name))
                    .collect()
            }
            _ => vec![hidden(ColumnRef::ROW_ID, DataType::Int8, "ctid")],
        }
    }
}

/// Hides all targets but one, which becomes the first (keys keep their numbers because the list only swaps).
fn keep_only(query: &mut Query, wanted: usize) {
    for (at, target) in query.targets.iter_mut().enumerate() {
        target.hidden = at != wanted;
    }
}

pub(crate) fn column_def(table: &TableDef, column: u16) -> Option<&ColumnDef> {
    table.columns.get(usize::from(column))
}

/// The position of a written column of the target.
pub(crate) fn find_column(table: &TableDef, name: &Identifier) -> Result<u16, Error> {
    table.column_position(name).ok_or_else(|| {
        let error = Error::new(
            ErrorCode::UndefinedColumn,
            format!(
                "column \"{}\" of relation \"{}\" does not exist",
                &**name, table.name
            ),
        )
        .at(name.span);
        match super::names::nearest(name, table.columns.iter().map(|column| &column.name)) {
            Some(near) => error.with_hint(format!(
                "Perhaps you meant to reference the column \"{}.{near}\".",
                table.name
            )),
            None => error,
        }
    })
}

/// A column's default, NULL if it has none.
pub(crate) fn default_value(table: &TableDef, column: u16, span: Span) -> Expr {
    match column_def(table, column) {
        Some(def) => def
            .default
            .clone()
            .unwrap_or_else(|| typed_null(def.data_type, span)),
        None => typed_null(DataType::Unknown, span),
    }
}
