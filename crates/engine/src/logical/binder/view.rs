//! Views: their text is read and bound anew at each use, at a level that sees nothing around it.

use super::state::{Binder, MAX_VIEW_DEPTH};
use crate::{
    catalog::ViewDef,
    error::{Error, ErrorCode},
    logical::{
        Expr, ExprKind, Origin, Query, RelId, RelationKind, TableFunction, expr_map, map_exprs,
        replace,
    },
};
use alloc::{format, string::ToString};
use parser::{Span, ast::StatementKind};

impl Binder<'_> {
    pub(crate) fn bind_view(
        &mut self,
        view: &ViewDef,
        alias: &str,
        span: Span,
    ) -> Result<RelId, Error> {
        if self.view_depth >= MAX_VIEW_DEPTH {
            return Err(
                Error::new(ErrorCode::StatementTooComplex, "stack depth limit exceeded")
                    .at(span)
                    .with_detail(format!(
                        "views stand on views more than {MAX_VIEW_DEPTH} deep"
                    )),
            );
        }
        let broken = |error: Error| Error {
            span: Some(span),
            detail: Some(format!("in the definition of view \"{}\"", view.name)),
            ..error
        };
        let statement = parser::parse_statement(&view.query)
            .map_err(|error| broken(Error::new(ErrorCode::InternalError, error.to_string())))?;
        let StatementKind::Query(query) = &statement.kind else {
            return Err(broken(Error::new(
                ErrorCode::InternalError,
                "a view's definition is not a query",
            )));
        };
        let (first_table, first_cte) = (self.tables.len(), self.ctes.len());
        self.view_depth += 1;
        let bound = self.in_scope(span, |binder| {
            binder.scope().closed = true;
            binder.bind_query(query)
        });
        self.view_depth -= 1;
        let mut bound = bound.map_err(broken)?;
        let mut shown = bound.targets.iter_mut().filter(|target| !target.hidden);
        for column in &view.columns {
            if let Some(target) = shown.next() {
                target.name.clone_from(column);
            }
        }
        // Places inside the view's text mean nothing in this statement.
        relocate(&mut bound, span);
        for entry in self.tables.iter_mut().skip(first_table) {
            entry.span = span;
            match &mut entry.kind {
                RelationKind::Subquery(query) => relocate(query, span),
                RelationKind::Values(rows) => rows
                    .iter_mut()
                    .flatten()
                    .for_each(|value| replace(value, &mut |expr| relocated(expr, span))),
                RelationKind::Function(
                    TableFunction::GenerateSeries(args) | TableFunction::Unnest(args),
                ) => args
                    .iter_mut()
                    .for_each(|arg| replace(arg, &mut |expr| relocated(expr, span))),
                _ => {}
            }
        }
        for cte in self.ctes.iter_mut().skip(first_cte) {
            relocate(&mut cte.query, span);
        }
        Ok(self.add_subquery(bound, alias, span))
    }
}

fn relocate(query: &mut Query, span: Span) {
    map_exprs(query, &mut |expr| relocated(expr, span));
}

fn relocated(expr: Expr, span: Span) -> Expr {
    expr_map(expr, &mut |mut part| {
        part.origin = Origin(span);
        if let ExprKind::SubLink(link) = &mut part.kind {
            relocate(&mut link.query, span);
        }
        part
    })
}
