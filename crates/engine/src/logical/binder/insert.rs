//! INSERT: every column of the table gets a value, the defaults included; ON CONFLICT finds its indexes.
//!
//! PostgreSQL: `analyze.c` (transformInsertStmt, transformOnConflictClause), `plancat.c` (infer_arbiter_indexes).

use super::{
    modify::{column_def, default_value, find_column},
    query::Unknowns,
    scope::Clause,
    standalone::bind_over_table,
    state::{Binder, boxed},
};
use crate::collections::SortedMap;
use crate::{
    catalog::{IndexDef, IndexId, IndexKey, IndexState, TableDef},
    error::{Error, ErrorCode},
    logical::{
        Expr, FromItem, Insert, InsertSource, OnConflict, OnConflictAction, Query, RangeTableEntry,
        RelationKind, Target,
    },
    value::DataType,
};
use alloc::{format, vec, vec::Vec};
use parser::{
    Span,
    ast::{
        self, ConflictAction, ConflictTarget, ExpressionKind, IndexElement, IndexTarget, QueryBody,
    },
};

impl Binder<'_> {
    pub(crate) fn bind_insert(
        &mut self,
        insert: &ast::Insert,
        span: Span,
    ) -> Result<Insert, Error> {
        self.in_scope(span, |binder| {
            let ctes = binder.bind_with(insert.with.as_ref())?;
            let table = binder.target_table(&insert.table.name)?;
            let columns = target_columns(&table, insert)?;
            let written = !insert.columns.is_empty();
            let mut query = match &insert.source {
                ast::InsertSource::DefaultValues => {
                    binder.with_defaults(&table, SortedMap::new(), Vec::new(), span)
                }
                ast::InsertSource::Query(query) => {
                    binder.bind_source(&table, &columns, written, query)?
                }
            };
            query.ctes = ctes;
            let rel = binder.add_target(&insert.table, &table);
            let offered = binder.offer(rel);
            binder.scope().offered.push(offered);
            let on_conflict = match &insert.on_conflict {
                Some(clause) => Some(binder.bind_on_conflict(&table, clause)?),
                None => None,
            };
            let returning = binder.bind_returning(&insert.returning)?;
            Ok(Insert {
                table: table.id,
                rel,
                source: InsertSource::Query(query),
                on_conflict,
                returning,
            })
        })
    }

    /// The rows: VALUES row by row, or a query as a sub-query.
    fn bind_source(
        &mut self,
        table: &TableDef,
        columns: &[u16],
        written: bool,
        query: &ast::Query,
    ) -> Result<Query, Error> {
        let bare = query.with.is_none()
            && query.order_by.is_empty()
            && query.limit.is_none()
            && query.offset.is_none();
        if let (QueryBody::Values(values), true) = (&query.body, bare) {
            return self.bind_value_rows(table, columns, written, values);
        }
        let mut bound = self.bind_query_with(query, Unknowns::Keep)?;
        let shown = bound.targets.iter().filter(|target| !target.hidden).count();
        let at = bound
            .targets
            .iter()
            .filter(|target| !target.hidden)
            .nth(columns.len())
            .map_or(query.span, |target| target.expr.span());
        check_count(shown, columns.len(), written, at)?;
        // Literals of unknown type are read as what the column wants.
        let shown_targets = bound.targets.iter_mut().filter(|target| !target.hidden);
        for (position, target) in shown_targets.enumerate() {
            let expr = core::mem::replace(&mut target.expr, Expr::null());
            target.expr = match columns.get(position) {
                Some(column) if expr.data_type == DataType::Unknown => {
                    self.assign(table, *column, expr)?
                }
                _ => self.settle_unknown(expr)?,
            };
        }
        let spans: Vec<Span> = bound
            .targets
            .iter()
            .filter(|target| !target.hidden)
            .map(|target| target.expr.span())
            .collect();
        let rel = self.add_subquery(bound, "*SELECT*", query.span);
        let mut values = SortedMap::new();
        for ((column, target), span) in columns.iter().zip(self.columns_as_targets(rel)).zip(spans)
        {
            let mut expr = target.expr;
            expr.origin = crate::logical::Origin(span);
            values.insert(*column, self.assign(table, *column, expr)?);
        }
        Ok(self.with_defaults(table, values, vec![FromItem::Relation(rel)], query.span))
    }

    fn bind_value_rows(
        &mut self,
        table: &TableDef,
        columns: &[u16],
        written: bool,
        values: &ast::Values,
    ) -> Result<Query, Error> {
        let width = values.rows.first().map_or(0, Vec::len);
        let mut rows = Vec::with_capacity(values.rows.len());
        for row in &values.rows {
            if row.len() != width {
                return Err(Error::new(
                    ErrorCode::SyntaxError,
                    "VALUES lists must all be the same length",
                )
                .at(row.first().map_or(values.span, |value| value.span)));
            }
            let extra = row
                .get(columns.len())
                .map_or(values.span, |value| value.span);
            check_count(row.len(), columns.len(), written, extra)?;
            let mut bound = Vec::with_capacity(row.len());
            for (value, column) in row.iter().zip(columns) {
                bound.push(if value.kind == ExpressionKind::Default {
                    default_value(table, *column, value.span)
                } else {
                    let expr = self.in_clause(Clause::Values, |binder| binder.bind_expr(value))?;
                    self.assign(table, *column, expr)?
                });
            }
            rows.push(bound);
        }
        if rows.len() == 1 {
            let values = columns.iter().copied().zip(rows.into_iter().flatten());
            return Ok(self.with_defaults(table, values.collect(), Vec::new(), Span::default()));
        }
        let used = columns.get(..width).unwrap_or_default();
        let column_types: Vec<DataType> = used
            .iter()
            .map(|column| column_def(table, *column).map_or(DataType::Unknown, |c| c.data_type))
            .collect();
        let rel = self.add_table(RangeTableEntry {
            alias: boxed("*VALUES*"),
            alias_written: false,
            kind: RelationKind::Values(rows),
            column_names: (1..=width).map(|n| format!("column{n}").into()).collect(),
            column_types,
            lateral: false,
            query: 0,
            span: values.span,
        });
        let given = used
            .iter()
            .copied()
            .zip(self.columns_as_targets(rel).into_iter().map(|t| t.expr))
            .collect();
        Ok(self.with_defaults(table, given, vec![FromItem::Relation(rel)], values.span))
    }

    /// A query with one target for each column of the table.
    fn with_defaults(
        &self,
        table: &TableDef,
        mut given: SortedMap<u16, Expr>,
        from: Vec<FromItem>,
        span: Span,
    ) -> Query {
        let targets = (0u16..)
            .zip(&table.columns)
            .map(|(at, column)| Target {
                expr: given
                    .remove(&at)
                    .unwrap_or_else(|| default_value(table, at, span)),
                name: column.name.clone(),
                hidden: false,
            })
            .collect();
        Query {
            targets,
            from,
            ..Query::default()
        }
    }

    fn bind_on_conflict(
        &mut self,
        table: &TableDef,
        clause: &ast::OnConflict,
    ) -> Result<OnConflict, Error> {
        let arbiters = match &clause.target {
            Some(ConflictTarget::Index { elements, filter }) => {
                self.infer_arbiters(table, elements, filter.as_ref(), clause.span)?
            }
            Some(ConflictTarget::Constraint(name)) => {
                let index = self
                    .catalog
                    .indexes_of(table.id)
                    .find(|index| index.constraint && index.name == name.text);
                match index {
                    Some(index) => vec![index.id],
                    None => {
                        return Err(Error::new(
                            ErrorCode::UndefinedObject,
                            format!(
                                "constraint \"{}\" for table \"{}\" does not exist",
                                &**name, table.name
                            ),
                        )
                        .at(name.span));
                    }
                }
            }
            None => Vec::new(),
        };
        let action = match &clause.action {
            ConflictAction::Nothing => OnConflictAction::Nothing,
            ConflictAction::Update {
                assignments,
                filter,
            } => {
                if clause.target.is_none() {
                    return Err(Error::new(
                        ErrorCode::SyntaxError,
                        "ON CONFLICT DO UPDATE requires inference specification or constraint name",
                    )
                    .at(clause.span)
                    .with_hint("For example, ON CONFLICT (column_name)."));
                }
                let excluded = self.add_stored_table(table, "excluded", true, clause.span);
                let offered = self.offer(excluded);
                let offered_columns = super::scope::Offered {
                    // Bare names mean the table's own columns.
                    columns_visible: false,
                    ..offered
                };
                self.scope().offered.push(offered_columns);
                let assignments = self.bind_assignments(table, assignments)?;
                let filter = match filter {
                    Some(filter) => self.bind_condition(filter, Clause::Where)?,
                    None => Vec::new(),
                };
                self.scope().offered.pop();
                OnConflictAction::Update {
                    assignments,
                    filter,
                    excluded,
                }
            }
        };
        Ok(OnConflict { arbiters, action })
    }

    fn infer_arbiters(
        &mut self,
        table: &TableDef,
        elements: &[IndexElement],
        filter: Option<&ast::Expression>,
        span: Span,
    ) -> Result<Vec<IndexId>, Error> {
        let mut keys = Vec::with_capacity(elements.len());
        for element in elements {
            keys.push(match &element.target {
                IndexTarget::Column(name) => IndexKey::Column(find_column(table, name)?),
                IndexTarget::Expression(expr) => {
                    let bound =
                        bind_over_table(expr, table, self.catalog, Clause::IndexExpression)?;
                    match bound.as_column() {
                        Some(column) => IndexKey::Column(column.column),
                        None => IndexKey::Expression(bound),
                    }
                }
            });
        }
        let conditions = match filter {
            Some(filter) => {
                let bound = bind_over_table(filter, table, self.catalog, Clause::IndexPredicate)?;
                crate::logical::flatten_and(bound)
            }
            None => Vec::new(),
        };
        let fits = |index: &IndexDef| {
            index.unique
                && index.state != IndexState::Hypothetical
                && index.columns.iter().all(|part| keys.contains(&part.key))
                && keys
                    .iter()
                    .all(|key| index.columns.iter().any(|part| part.key == *key))
                && index.predicate.iter().all(|part| conditions.contains(part))
        };
        let found: Vec<IndexId> = self
            .catalog
            .indexes_of(table.id)
            .filter(|index| fits(index))
            .map(|index| index.id)
            .collect();
        if found.is_empty() {
            return Err(Error::new(
                ErrorCode::InvalidColumnReference,
                "there is no unique or exclusion constraint matching the ON CONFLICT specification",
            )
            .at(span));
        }
        Ok(found)
    }
}

fn target_columns(table: &TableDef, insert: &ast::Insert) -> Result<Vec<u16>, Error> {
    if insert.columns.is_empty() {
        return Ok((0u16..).zip(&table.columns).map(|(at, _)| at).collect());
    }
    let mut columns = Vec::with_capacity(insert.columns.len());
    for name in &insert.columns {
        let column = find_column(table, name)?;
        if columns.contains(&column) {
            return Err(Error::new(
                ErrorCode::DuplicateColumn,
                format!("column \"{}\" specified more than once", &**name),
            )
            .at(name.span));
        }
        columns.push(column);
    }
    Ok(columns)
}

fn check_count(given: usize, columns: usize, written: bool, span: Span) -> Result<(), Error> {
    let message = if given > columns {
        "INSERT has more expressions than target columns"
    } else if written && given < columns {
        "INSERT has more target columns than expressions"
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorCode::SyntaxError, message).at(span))
}
