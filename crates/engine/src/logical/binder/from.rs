//! FROM: tables, views, WITH names, sub-queries, functions and joins, and what names each of them offers.
//!
//! PostgreSQL: `parse_clause.c` (transformFromClauseItem), `parse_relation.c` (addRangeTableEntry…).

use super::{
    coerce::{common_type, without_modifier},
    names::{check_schema, dotted, nearest},
    operator::comparable,
    scope::{Clause, Offered, OfferedColumn},
    state::{Binder, boxed},
};
use crate::{
    catalog::{TableDef, system},
    error::{Error, ErrorCode},
    logical::{
        CompareOp, Expr, ExprKind, FromItem, JoinKind, Origin, RangeTableEntry, RelId,
        RelationKind, TableFunction,
    },
    value::DataType,
};
use alloc::{boxed::Box, format, vec::Vec};
use parser::{
    Span,
    ast::{
        self, FunctionCall, Identifier, Join, JoinConstraint, ObjectName, TableAlias,
        TableReference, TableReferenceKind,
    },
};

impl Binder<'_> {
    /// The FROM list; afterwards the level offers its names.
    pub(crate) fn bind_from(&mut self, items: &[TableReference]) -> Result<Vec<FromItem>, Error> {
        let mut bound = Vec::with_capacity(items.len());
        for item in items {
            let (from, mut offered) = self.bind_table_reference(item)?;
            check_aliases(&self.scope().offered, &offered, item.span)?;
            // While the rest of FROM is bound, only LATERAL items see this one.
            for one in &mut offered {
                one.lateral_only = true;
                one.lateral_ok = true;
            }
            self.scope().offered.extend(offered);
            bound.push(from);
        }
        for one in &mut self.scope().offered {
            one.lateral_only = false;
            one.lateral_ok = true;
        }
        Ok(bound)
    }

    fn bind_table_reference(
        &mut self,
        item: &TableReference,
    ) -> Result<(FromItem, Vec<Offered>), Error> {
        match &item.kind {
            TableReferenceKind::Table { name, alias } => {
                let rel = self.bind_relation(name, alias.as_ref())?;
                Ok((FromItem::Relation(rel), alloc::vec![self.offer(rel)]))
            }
            TableReferenceKind::Subquery {
                query,
                lateral,
                alias,
            } => {
                let before = core::mem::replace(&mut self.scope().lateral_active, *lateral);
                let bound = self.bind_query(query);
                self.scope().lateral_active = before;
                let rel = self.add_subquery(bound?, &alias.name, item.span);
                if let Some(entry) = self.tables.get_mut(rel.0 as usize) {
                    entry.lateral = *lateral;
                }
                self.rename_columns(rel, &alias.columns, alias)?;
                Ok((FromItem::Relation(rel), alloc::vec![self.offer(rel)]))
            }
            TableReferenceKind::Function {
                call,
                with_ordinality,
                alias,
            } => {
                if *with_ordinality {
                    return Err(Error::unsupported("WITH ORDINALITY", item.span));
                }
                let before = core::mem::replace(&mut self.scope().lateral_active, true);
                let args = self.in_clause(Clause::FromFunction, |binder| {
                    if matches!(&**call.name.last(), "unnest") {
                        Ok(Vec::new())
                    } else {
                        binder.bind_all(&call.arguments)
                    }
                });
                let made = self.add_table_function(call, args, alias.as_ref());
                self.scope().lateral_active = before;
                let (rel, _) = made?;
                if let Some(alias) = alias {
                    self.rename_columns(rel, &alias.columns, alias)?;
                }
                Ok((FromItem::Relation(rel), alloc::vec![self.offer(rel)]))
            }
            TableReferenceKind::Join(join) => self.bind_join(join, item.span),
        }
    }

    /// A name in FROM: a WITH query, a table, a view, a catalog view.
    fn bind_relation(
        &mut self,
        name: &ObjectName,
        alias: Option<&TableAlias>,
    ) -> Result<RelId, Error> {
        let last = name.last();
        let shown = alias.map_or(last, |alias| &alias.name);
        let rel = if let ([_], Some(found)) = (name.parts.as_slice(), self.find_cte(last)) {
            self.add_cte_reference(&found, shown, alias.is_some(), name.span)
        } else {
            self.bind_stored(name, shown, alias.is_some())?
        };
        if let Some(alias) = alias {
            self.rename_columns(rel, &alias.columns, alias)?;
        }
        Ok(rel)
    }

    fn bind_stored(
        &mut self,
        name: &ObjectName,
        shown: &str,
        alias_written: bool,
    ) -> Result<RelId, Error> {
        let last = name.last();
        let schema = name.qualifiers().last().map(|schema| &**schema);
        if let Some(schema) = name.qualifiers().last() {
            check_schema(schema)?;
        }
        if matches!(schema, None | Some("public" | "pg_temp")) {
            if let Some(table) = self.catalog.table_by_name(last).cloned() {
                return Ok(self.add_stored_table(&table, shown, alias_written, name.span));
            }
            if let Some(view) = self.catalog.views.get(&**last).cloned() {
                return self.bind_view(&view, shown, name.span);
            }
            if self.catalog.index_by_name(last).is_some() {
                return Err(Error::new(
                    ErrorCode::WrongObjectType,
                    format!("cannot open relation \"{}\"", &**last),
                )
                .at(name.span)
                .with_detail("This operation is not supported for indexes."));
            }
        }
        if let Some(view) = system::find(schema, last) {
            let column_names = view.columns.iter().map(|(name, _)| boxed(name)).collect();
            let column_types = view.columns.iter().map(|(_, of)| *of).collect();
            return Ok(self.add_table(RangeTableEntry {
                alias: boxed(shown),
                alias_written,
                kind: RelationKind::System(view.name),
                column_names,
                column_types,
                lateral: false,
                query: 0,
                span: name.span,
            }));
        }
        Err(self.no_relation(name))
    }

    /// 42P01, with a hint at the nearest name.
    pub(crate) fn no_relation(&self, name: &ObjectName) -> Error {
        let error = Error::new(
            ErrorCode::UndefinedTable,
            format!("relation \"{}\" does not exist", dotted(name)),
        )
        .at(name.span);
        let tables = self.catalog.tables.values().map(|table| &table.name);
        match nearest(name.last(), tables.chain(self.catalog.views.keys())) {
            Some(near) => error.with_hint(format!("Perhaps you meant the relation \"{near}\".")),
            None => error,
        }
    }

    /// A range-table entry for a table.
    pub(crate) fn add_stored_table(
        &mut self,
        table: &TableDef,
        alias: &str,
        alias_written: bool,
        span: Span,
    ) -> RelId {
        self.add_table(RangeTableEntry {
            alias: boxed(alias),
            alias_written,
            kind: RelationKind::Table(table.id),
            column_names: table.columns.iter().map(|c| c.name.clone()).collect(),
            column_types: table.columns.iter().map(|c| c.data_type).collect(),
            lateral: false,
            query: 0,
            span,
        })
    }

    fn rename_columns(
        &mut self,
        rel: RelId,
        columns: &[Identifier],
        alias: &TableAlias,
    ) -> Result<(), Error> {
        let Some(entry) = self.tables.get_mut(rel.0 as usize) else {
            return Ok(());
        };
        if columns.len() > entry.column_names.len() {
            return Err(too_many_aliases(
                &alias.name,
                entry.column_names.len(),
                columns.len(),
                alias.span,
            ));
        }
        for (name, written) in entry.column_names.iter_mut().zip(columns) {
            name.clone_from(&written.text);
        }
        Ok(())
    }

    /// What an entry offers to its level.
    pub(crate) fn offer(&self, rel: RelId) -> Offered {
        let entry = self
            .tables
            .get(rel.0 as usize)
            .expect("entries are offered after they are added");
        let columns = (0u16..)
            .zip(entry.column_names.iter().zip(&entry.column_types))
            .map(|(at, (name, data_type))| OfferedColumn {
                name: name.clone(),
                value: Expr::column(rel, at, *data_type),
            })
            .collect();
        let table = match entry.kind {
            RelationKind::Table(table) => self
                .catalog
                .tables
                .get(&table)
                .map(|def| (table, def.name.clone())),
            _ => None,
        };
        Offered {
            alias: entry.alias.clone(),
            rel: Some(rel),
            table,
            columns,
            rel_visible: true,
            columns_visible: true,
            lateral_only: false,
            lateral_ok: true,
        }
    }

    /// A function in FROM (or moved there from the select list) and its column.
    pub(crate) fn add_table_function(
        &mut self,
        call: &FunctionCall,
        args: Result<Vec<Expr>, Error>,
        alias: Option<&TableAlias>,
    ) -> Result<(RelId, Expr), Error> {
        let name = &**call.name.last();
        let (function, of) = match name {
            "generate_series" => {
                let (args, of) = self.series_arguments(args?, call.span)?;
                (TableFunction::GenerateSeries(args), of)
            }
            "unnest" => {
                let [array] = call.arguments.as_slice() else {
                    return Err(super::call::no_function(name, &[], call.span));
                };
                let elements = self.array_elements(array)?;
                let (elements, of) = self.coerce_common(elements, "ARRAY")?;
                (TableFunction::Unnest(elements), of)
            }
            _ => {
                return Err(Error::unsupported(
                    &format!("function {name} in FROM"),
                    call.span,
                ));
            }
        };
        let shown = alias.map_or(name, |alias| &alias.name);
        let rel = self.add_table(RangeTableEntry {
            alias: boxed(shown),
            alias_written: alias.is_some(),
            kind: RelationKind::Function(function),
            column_names: alloc::vec![boxed(shown)],
            column_types: alloc::vec![of],
            lateral: true,
            query: 0,
            span: call.span,
        });
        Ok((rel, Expr::column(rel, 0, of)))
    }

    fn series_arguments(
        &mut self,
        args: Vec<Expr>,
        span: Span,
    ) -> Result<(Vec<Expr>, DataType), Error> {
        let missing = super::call::no_function("generate_series", &args, span);
        if !(2..=3).contains(&args.len()) {
            return Err(missing);
        }
        let ends = args.iter().take(2).map(|arg| arg.data_type);
        let dates = ends
            .clone()
            .any(|of| matches!(of, DataType::Date | DataType::Timestamp));
        let types: Vec<DataType> = if dates && args.len() == 3 {
            alloc::vec![DataType::Timestamp, DataType::Timestamp, DataType::Interval]
        } else {
            let number = |of: DataType| {
                matches!(
                    of,
                    DataType::Unknown
                        | DataType::Int2
                        | DataType::Int4
                        | DataType::Int8
                        | DataType::Numeric(_)
                )
            };
            if !args.iter().all(|arg| number(arg.data_type)) {
                return Err(missing);
            }
            let common = common_type(
                args.iter().map(|arg| (arg.data_type, arg.span())),
                "generate_series",
            )?;
            let common = match without_modifier(common) {
                DataType::Int2 | DataType::Text => DataType::Int4,
                common => common,
            };
            alloc::vec![common; args.len()]
        };
        let of = types.first().copied().unwrap_or(DataType::Int4);
        Ok((self.coerce_args(args, &types)?, of))
    }

    fn bind_join(&mut self, join: &Join, span: Span) -> Result<(FromItem, Vec<Offered>), Error> {
        let (left, mut left_offered) = self.bind_table_reference(&join.left)?;
        // The right side may look at the left one if it is LATERAL, unless the join keeps unmatched right rows.
        let lateral_ok = matches!(join.kind, ast::JoinKind::Inner | ast::JoinKind::Left);
        for one in &mut left_offered {
            one.lateral_only = true;
            one.lateral_ok = lateral_ok;
        }
        let shown_before = self.scope().offered.len();
        self.scope().offered.append(&mut left_offered);
        let right = self.bind_table_reference(&join.right);
        let mut left_offered = self.scope().offered.split_off(shown_before);
        for one in &mut left_offered {
            one.lateral_only = false;
            one.lateral_ok = true;
        }
        let (right, mut right_offered) = right?;
        check_aliases(&left_offered, &right_offered, span)?;

        let kind = match join.kind {
            ast::JoinKind::Inner => JoinKind::Inner,
            ast::JoinKind::Left => JoinKind::Left,
            ast::JoinKind::Right => JoinKind::Right,
            ast::JoinKind::Full => JoinKind::Full,
        };
        let mut merged = Vec::new();
        let mut using_alias = None;
        let on = match &join.constraint {
            JoinConstraint::None => Vec::new(),
            JoinConstraint::On(condition) => {
                let lefts = left_offered.len();
                left_offered.append(&mut right_offered);
                let before = core::mem::replace(&mut self.scope().offered, left_offered);
                let bound = self.bind_condition(condition, Clause::JoinOn);
                left_offered = core::mem::replace(&mut self.scope().offered, before);
                right_offered = left_offered.split_off(lefts);
                bound?
            }
            JoinConstraint::Using { columns, alias } => {
                using_alias = alias.as_ref();
                let sides = [&left_offered, &right_offered].map(|side| visible_columns(side));
                self.merge_columns(columns, &sides, kind, &mut merged)?
            }
            JoinConstraint::Natural => {
                let sides = [&left_offered, &right_offered].map(|side| visible_columns(side));
                let [lefts, rights] = &sides;
                let common: Vec<Identifier> = lefts
                    .iter()
                    .filter(|left| rights.iter().any(|right| right.name == left.name))
                    .map(|left| Identifier {
                        text: left.name.clone(),
                        span,
                    })
                    .collect();
                self.merge_columns(&common, &sides, kind, &mut merged)?
            }
        };
        let item = FromItem::Join {
            kind,
            left: Box::new(left),
            right: Box::new(right),
            on,
        };
        if join.alias.is_none() && merged.is_empty() {
            left_offered.append(&mut right_offered);
            return Ok((item, left_offered));
        }
        let is_merged = |name: &str| merged.iter().any(|one: &OfferedColumn| *one.name == *name);
        let rest = visible_columns(&left_offered)
            .into_iter()
            .chain(visible_columns(&right_offered))
            .filter(|column| !is_merged(&column.name));
        let mut columns = merged.clone();
        columns.extend(rest);
        let mut offered = Vec::new();
        if let Some(alias) = &join.alias {
            if alias.columns.len() > columns.len() {
                return Err(too_many_aliases(
                    &alias.name,
                    columns.len(),
                    alias.columns.len(),
                    alias.span,
                ));
            }
            for (column, written) in columns.iter_mut().zip(&alias.columns) {
                column.name.clone_from(&written.text);
            }
            offered.push(joined(alias.name.text.clone(), columns));
            return Ok((item, offered));
        }
        // Merged columns stand first and only once; the sides stay there for qualified names.
        if let Some(alias) = using_alias {
            let mut named = joined(alias.text.clone(), merged.clone());
            named.columns_visible = false;
            offered.push(named);
        }
        let mut whole = joined(boxed(""), columns);
        whole.rel_visible = false;
        offered.push(whole);
        for mut side in left_offered.into_iter().chain(right_offered) {
            side.columns_visible = false;
            offered.push(side);
        }
        Ok((item, offered))
    }

    /// USING: the equalities, and the columns that stand for both sides.
    fn merge_columns(
        &mut self,
        names: &[Identifier],
        [left_columns, right_columns]: &[Vec<OfferedColumn>; 2],
        kind: JoinKind,
        merged: &mut Vec<OfferedColumn>,
    ) -> Result<Vec<Expr>, Error> {
        let mut on = Vec::with_capacity(names.len());
        for name in names {
            if merged.iter().any(|known| known.name == name.text) {
                return Err(Error::new(
                    ErrorCode::DuplicateColumn,
                    format!(
                        "column name \"{}\" appears more than once in USING clause",
                        &**name
                    ),
                )
                .at(name.span));
            }
            let left = using_column(left_columns, name, "left")?;
            let right = using_column(right_columns, name, "right")?;
            if comparable(left.data_type, right.data_type).is_none() {
                return Err(Error::new(
                    ErrorCode::DatatypeMismatch,
                    format!(
                        "JOIN/USING types {} and {} cannot be matched",
                        left.data_type.name(),
                        right.data_type.name()
                    ),
                )
                .at(name.span));
            }
            let pair = (left.clone(), right.clone());
            on.push(self.compare(CompareOp::Eq, "=", pair, name.span, name.span)?);
            let types = [(left.data_type, name.span), (right.data_type, name.span)];
            let common = common_type(types.into_iter(), "JOIN/USING")?;
            let left = self.coerce_implicit(left, common)?;
            let right = self.coerce_implicit(right, common)?;
            let value = match kind {
                JoinKind::Right => right,
                JoinKind::Full => Expr::new(
                    ExprKind::Coalesce(alloc::vec![left, right]),
                    common,
                    name.span,
                ),
                _ => left,
            };
            merged.push(OfferedColumn {
                name: name.text.clone(),
                value,
            });
        }
        Ok(on)
    }
}

fn joined(alias: Box<str>, columns: Vec<OfferedColumn>) -> Offered {
    Offered {
        alias,
        rel: None,
        table: None,
        columns,
        rel_visible: true,
        columns_visible: true,
        lateral_only: false,
        lateral_ok: true,
    }
}

fn visible_columns(offered: &[Offered]) -> Vec<OfferedColumn> {
    offered
        .iter()
        .filter(|one| one.columns_visible)
        .flat_map(|one| one.columns.iter().cloned())
        .collect()
}

fn using_column(columns: &[OfferedColumn], name: &Identifier, side: &str) -> Result<Expr, Error> {
    let mut found = columns.iter().filter(|column| column.name == name.text);
    match (found.next(), found.next()) {
        (Some(column), None) => {
            let mut value = column.value.clone();
            value.origin = Origin(name.span);
            Ok(value)
        }
        (Some(_), Some(_)) => Err(Error::new(
            ErrorCode::AmbiguousColumn,
            format!(
                "common column name \"{}\" appears more than once in {side} table",
                &**name
            ),
        )
        .at(name.span)),
        (None, _) => Err(Error::new(
            ErrorCode::UndefinedColumn,
            format!(
                "column \"{}\" specified in USING clause does not exist in {side} table",
                &**name
            ),
        )
        .at(name.span)),
    }
}

fn check_aliases(known: &[Offered], new: &[Offered], span: Span) -> Result<(), Error> {
    for one in new.iter().filter(|one| one.rel_visible) {
        if known
            .iter()
            .any(|other| other.rel_visible && other.alias == one.alias)
        {
            return Err(Error::new(
                ErrorCode::DuplicateAlias,
                format!("table name \"{}\" specified more than once", one.alias),
            )
            .at(span));
        }
    }
    Ok(())
}

fn too_many_aliases(name: &str, available: usize, given: usize, span: Span) -> Error {
    Error::new(
        ErrorCode::InvalidColumnReference,
        format!("table \"{name}\" has {available} columns available but {given} columns specified"),
    )
    .at(span)
}
