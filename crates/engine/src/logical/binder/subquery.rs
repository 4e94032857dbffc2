//! Sub-queries in expressions. PostgreSQL: `parse_expr.c` (transformSubLink).

use super::{expression::boolean, operator::comparable, state::Binder};
use crate::{
    error::{Error, ErrorCode},
    logical::{CompareOp, Expr, ExprKind, Quantifier, Query, SubLink, SubLinkKind, outer_columns},
};
use alloc::{boxed::Box, format, vec, vec::Vec};
use parser::{
    Span,
    ast::{self, Expression, ExpressionKind},
};

impl Binder<'_> {
    fn bind_inner(&mut self, query: &ast::Query, span: Span) -> Result<Query, Error> {
        let clause = self.scope().clause;
        if !clause.allows_subqueries() {
            let name = match clause {
                super::scope::Clause::Check => "check constraint",
                super::scope::Clause::Default => "DEFAULT expression",
                super::scope::Clause::IndexExpression => "index expression",
                super::scope::Clause::IndexPredicate => "index predicate",
                super::scope::Clause::Transform => "transform expression",
                _ => "EXECUTE parameter",
            };
            return Err(Error::new(
                ErrorCode::FeatureNotSupported,
                format!("cannot use subquery in {name}"),
            )
            .at(span));
        }
        self.bind_query(query)
    }

    pub(super) fn sublink(&self, kind: SubLinkKind, query: Query) -> ExprKind {
        let outer = outer_columns(&query, &self.tables, &self.ctes);
        ExprKind::SubLink(Box::new(SubLink {
            kind,
            query: Box::new(query),
            outer,
        }))
    }

    pub(crate) fn bind_exists(&mut self, query: &ast::Query, span: Span) -> Result<Expr, Error> {
        let query = self.bind_inner(query, span)?;
        Ok(boolean(self.sublink(SubLinkKind::Exists, query), span))
    }

    pub(crate) fn bind_scalar_subquery(
        &mut self,
        query: &ast::Query,
        span: Span,
    ) -> Result<Expr, Error> {
        let query = self.bind_inner(query, span)?;
        let mut shown = query.targets.iter().filter(|target| !target.hidden);
        let (Some(only), None) = (shown.next(), shown.next()) else {
            return Err(Error::new(
                ErrorCode::SyntaxError,
                "subquery must return only one column",
            )
            .at(span));
        };
        let of = only.expr.data_type;
        Ok(Expr::new(
            self.sublink(SubLinkKind::Scalar, query),
            of,
            span,
        ))
    }

    /// `(SELECT a, b …)` beside a row: one scalar sub-query for each of its columns. Each says by itself that there may
    /// be one row at most, and without a row each is NULL, as the row as a whole would be.
    pub(crate) fn bind_row_subquery(
        &mut self,
        query: &ast::Query,
        fields: usize,
        span: Span,
    ) -> Result<Vec<Expr>, Error> {
        let mut columns = Vec::with_capacity(fields);
        for at in 0..fields {
            let bound = self.bind_inner(query, span)?;
            let shown = bound.targets.iter().filter(|target| !target.hidden);
            let message = match shown.count() {
                count if count > fields => Some("subquery has too many columns"),
                count if count < fields => Some("subquery has too few columns"),
                _ => None,
            };
            if let Some(message) = message {
                return Err(Error::new(ErrorCode::SyntaxError, message).at(span));
            }
            let mut one = self.wrap(bound, "row", span);
            let Some(target) = (at < one.targets.len()).then(|| one.targets.swap_remove(at)) else {
                return Err(Error::unsupported("this sub-query beside a row", span));
            };
            let of = target.expr.data_type;
            one.targets = vec![target];
            columns.push(Expr::new(self.sublink(SubLinkKind::Scalar, one), of, span));
        }
        Ok(columns)
    }

    /// `left op ANY/ALL (query)`, IN and NOT IN included.
    pub(crate) fn bind_quantified_subquery(
        &mut self,
        left: &Expression,
        op: CompareOp,
        quantifier: Quantifier,
        query: &ast::Query,
        span: Span,
    ) -> Result<Expr, Error> {
        let lefts = match &left.kind {
            ExpressionKind::Row(fields) => self.bind_all(fields)?,
            _ => vec![self.bind_expr(left)?],
        };
        if lefts.len() > 1 && !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Err(Error::unsupported(
                "comparing rows with a sub-query by this operator",
                span,
            ));
        }
        let mut query = self.bind_inner(query, span)?;
        let columns = query.targets.iter().filter(|target| !target.hidden).count();
        if columns != lefts.len() {
            let message = if columns > lefts.len() {
                "subquery has too many columns"
            } else {
                "subquery has too few columns"
            };
            return Err(Error::new(ErrorCode::SyntaxError, message).at(span));
        }
        let shown = query.targets.iter().filter(|target| !target.hidden);
        let types: Vec<_> = shown.map(|target| target.expr.data_type).collect();
        let mut left_cast = Vec::with_capacity(lefts.len());
        let mut query_casts = Vec::with_capacity(lefts.len());
        for (left, right) in lefts.into_iter().zip(types) {
            let Some((to_left, to_right)) = comparable(left.data_type, right) else {
                return Err(super::operator::no_operator(
                    op.symbol(),
                    &[left.data_type, right],
                    span,
                ));
            };
            left_cast.push(match to_left {
                Some(to) => self.coerce_implicit(left, to)?,
                None => left,
            });
            query_casts.push(to_right);
        }
        if query_casts.iter().any(Option::is_some) {
            let types = query_casts
                .iter()
                .zip(query.targets.iter().filter(|target| !target.hidden))
                .map(|(cast, target)| cast.unwrap_or(target.expr.data_type))
                .collect::<Vec<_>>();
            query = self.cast_outputs(query, &types, span)?;
        }
        let kind = SubLinkKind::Quantified {
            left: left_cast,
            op,
            quantifier,
        };
        Ok(boolean(self.sublink(kind, query), span))
    }
}
