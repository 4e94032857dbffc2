//! WITH: in order, each seeing those before it; with RECURSIVE also itself.
//!
//! PostgreSQL: `parse_cte.c`.

use super::{
    query::Unknowns,
    scope::VisibleCte,
    state::{Binder, boxed},
};
use crate::{
    error::{Error, ErrorCode},
    logical::{Cte, CteId, Query, RangeTableEntry, RelId, RelationKind, SetOperation},
    value::DataType,
};
use alloc::{boxed::Box, format, vec::Vec};
use parser::{
    Span,
    ast::{self, CteBody, Materialization, QueryBody},
};

impl Binder<'_> {
    pub(crate) fn bind_with(&mut self, with: Option<&ast::With>) -> Result<Vec<CteId>, Error> {
        let Some(with) = with else {
            return Ok(Vec::new());
        };
        let mut defined = Vec::with_capacity(with.ctes.len());
        for cte in &with.ctes {
            if self
                .scope()
                .ctes
                .iter()
                .any(|known| known.name == cte.name.text)
            {
                return Err(Error::new(
                    ErrorCode::DuplicateAlias,
                    format!(
                        "WITH query name \"{}\" specified more than once",
                        &*cte.name
                    ),
                )
                .at(cte.name.span));
            }
            let CteBody::Query(query) = &cte.body else {
                return Err(Error::unsupported(
                    "a data-modifying statement in WITH",
                    cte.span,
                ));
            };
            let id = match (with.recursive, &query.body) {
                (true, QueryBody::SetOperation(operation))
                    if operation.operator == ast::SetOperator::Union && query.with.is_none() =>
                {
                    self.bind_recursive(cte, query, operation)?
                }
                (recursive, _) => self.bind_plain_cte(cte, query, recursive)?,
            };
            self.scope().ctes.push(VisibleCte {
                name: cte.name.text.clone(),
                cte: id,
                working: false,
            });
            defined.push(id);
        }
        Ok(defined)
    }

    fn bind_plain_cte(
        &mut self,
        cte: &ast::Cte,
        query: &ast::Query,
        recursive: bool,
    ) -> Result<CteId, Error> {
        let bound = self.bind_query(query).map_err(|error| {
            let itself = error.code == ErrorCode::UndefinedTable
                && error.message == format!("relation \"{}\" does not exist", &*cte.name);
            if recursive && itself {
                Error {
                    code: ErrorCode::InvalidRecursion,
                    message: format!(
                        "recursive query \"{}\" does not have the form non-recursive-term UNION [ALL] recursive-term",
                        &*cte.name
                    ),
                    ..error
                }
            } else {
                error
            }
        })?;
        self.define(cte, bound, false)
    }

    fn define(&mut self, cte: &ast::Cte, query: Query, recursive: bool) -> Result<CteId, Error> {
        let (column_names, column_types) = columns(cte, &query)?;
        Ok(self.add_cte(Cte {
            name: cte.name.text.clone(),
            query,
            recursive,
            materialized: match cte.materialization {
                Materialization::Default => None,
                Materialization::Always => Some(true),
                Materialization::Never => Some(false),
            },
            references: 0,
            column_names,
            column_types,
        }))
    }

    fn bind_recursive(
        &mut self,
        cte: &ast::Cte,
        query: &ast::Query,
        operation: &ast::SetOperation,
    ) -> Result<CteId, Error> {
        let (tables, ctes) = (self.tables.len(), self.ctes.len());
        let left_span = body_span(&operation.left);
        let left = self.bind_leaf(&operation.left, Unknowns::Settle)?;
        // The CTE must have a number before its recursive term is bound.
        let id = self.define(cte, left.clone(), true)?;
        self.scope().ctes.push(VisibleCte {
            name: cte.name.text.clone(),
            cte: id,
            working: true,
        });
        let right = self.bind_leaf(&operation.right, Unknowns::Keep);
        self.scope().ctes.pop();
        let right = right?;
        let references = self
            .ctes
            .get(id.0 as usize)
            .map_or(0, |defined| defined.references);
        if references == 0 {
            // It does not use itself after all.
            self.tables.truncate(tables);
            self.ctes.truncate(ctes);
            return self.bind_plain_cte(cte, query, false);
        }
        if let Some(key) = query.order_by.first() {
            return Err(Error::new(
                ErrorCode::FeatureNotSupported,
                "ORDER BY in a recursive query is not implemented",
            )
            .at(key.span));
        }
        if let Some(limit) = &query.limit {
            return Err(Error::new(
                ErrorCode::FeatureNotSupported,
                "LIMIT in a recursive query is not implemented",
            )
            .at(limit.count.span));
        }
        if references > 1 {
            return Err(Error::new(
                ErrorCode::InvalidRecursion,
                format!(
                    "recursive reference to query \"{}\" must not appear more than once",
                    &*cte.name
                ),
            )
            .at(cte.name.span));
        }
        if right.aggregates {
            return Err(Error::new(
                ErrorCode::InvalidRecursion,
                "aggregate functions are not allowed in a recursive query's recursive term",
            )
            .at(body_span(&operation.right)));
        }
        let types = shown_types(&left);
        let right = self.match_recursive_types(cte, right, &types, operation)?;
        let left_rel = self.add_subquery(left, "*SELECT* 1", left_span);
        let right_rel = self.add_subquery(right, "*SELECT* 2", body_span(&operation.right));
        let tree = SetOperation::Node {
            op: crate::logical::SetOperator::Union,
            all: operation.all,
            left: Box::new(SetOperation::Leaf(left_rel)),
            right: Box::new(SetOperation::Leaf(right_rel)),
            types,
        };
        let bound = Query {
            targets: self.columns_as_targets(left_rel),
            set_operation: Some(tree),
            ..Query::default()
        };
        if let Some(defined) = self.ctes.get_mut(id.0 as usize) {
            defined.query = bound;
            defined.references = 0;
        }
        Ok(id)
    }

    fn match_recursive_types(
        &mut self,
        cte: &ast::Cte,
        right: Query,
        types: &[DataType],
        operation: &ast::SetOperation,
    ) -> Result<Query, Error> {
        let given = shown_types(&right);
        if given.len() != types.len() {
            return Err(super::set_operation::uneven(operation));
        }
        for (at, (from, to)) in given.iter().zip(types).enumerate() {
            let common = super::coerce::common_type(
                [(*to, operation.span), (*from, operation.span)].into_iter(),
                "UNION",
            )?;
            if !super::coerce::same_base(common, *to) {
                return Err(Error::new(
                    ErrorCode::DatatypeMismatch,
                    format!(
                        "recursive query \"{}\" column {} has type {} in non-recursive term but type {} overall",
                        &*cte.name,
                        at + 1,
                        to.name(),
                        common.name()
                    ),
                )
                .at(body_span(&operation.left))
                .with_hint("Cast the output of the non-recursive term to the correct type."));
            }
        }
        self.cast_outputs(right, types, operation.span)
    }

    /// The WITH query of that name that is in sight, and whether it is the working table.
    pub(crate) fn find_cte(&self, name: &str) -> Option<VisibleCte> {
        for scope in self.scopes.iter().rev() {
            if let Some(found) = scope.ctes.iter().rev().find(|cte| *cte.name == *name) {
                return Some(found.clone());
            }
            if scope.closed {
                break;
            }
        }
        None
    }

    /// An entry that refers to a WITH query.
    pub(crate) fn add_cte_reference(
        &mut self,
        found: &VisibleCte,
        alias: &str,
        alias_written: bool,
        span: Span,
    ) -> RelId {
        let (mut column_names, mut column_types) = (Vec::new(), Vec::new());
        if let Some(cte) = self.ctes.get_mut(found.cte.0 as usize) {
            cte.references += 1;
            column_names.clone_from(&cte.column_names);
            column_types.clone_from(&cte.column_types);
        }
        self.add_table(RangeTableEntry {
            alias: boxed(alias),
            alias_written,
            kind: RelationKind::Cte {
                cte: found.cte,
                recursive: found.working,
            },
            column_names,
            column_types,
            lateral: false,
            query: 0,
            span,
        })
    }
}

fn shown_types(query: &Query) -> Vec<DataType> {
    let shown = query.targets.iter().filter(|target| !target.hidden);
    shown.map(|target| target.expr.data_type).collect()
}

fn columns(cte: &ast::Cte, query: &Query) -> Result<(Vec<Box<str>>, Vec<DataType>), Error> {
    let mut names: Vec<Box<str>> = query
        .targets
        .iter()
        .filter(|target| !target.hidden)
        .map(|target| target.name.clone())
        .collect();
    if cte.columns.len() > names.len() {
        return Err(Error::new(
            ErrorCode::InvalidColumnReference,
            format!(
                "WITH query \"{}\" has {} columns available but {} columns specified",
                &*cte.name,
                names.len(),
                cte.columns.len()
            ),
        )
        .at(cte.name.span));
    }
    for (name, written) in names.iter_mut().zip(&cte.columns) {
        name.clone_from(&written.text);
    }
    Ok((names, shown_types(query)))
}

/// Where a query body stands.
pub(crate) fn body_span(body: &QueryBody) -> Span {
    match body {
        QueryBody::Select(select) => select.span,
        QueryBody::Values(values) => values.span,
        QueryBody::SetOperation(operation) => operation.span,
        QueryBody::Nested(query) => query.span,
    }
}
