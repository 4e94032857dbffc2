//! UNION, INTERSECT, EXCEPT: leaves become range-table entries, their columns meet in common types.
//!
//! PostgreSQL: `analyze.c` (transformSetOperationStmt).

use super::{coerce::common_type, query::Unknowns, state::Binder, with::body_span};
use crate::{
    error::{Error, ErrorCode},
    logical::{Query, RelationKind, SetOperation, SetOperator},
    value::DataType,
};
use alloc::{boxed::Box, format, vec::Vec};
use parser::{
    Span,
    ast::{self, QueryBody},
};

/// A tree whose leaves are bound but not yet of one type.
enum Pending {
    Leaf(Box<Query>, Span),
    Node {
        op: SetOperator,
        all: bool,
        left: Box<Pending>,
        right: Box<Pending>,
    },
}

impl Binder<'_> {
    pub(crate) fn bind_set_operation(
        &mut self,
        operation: &ast::SetOperation,
        order_by: &[ast::SortKey],
        unknowns: Unknowns,
    ) -> Result<Query, Error> {
        let (pending, types) = self.bind_node(operation)?;
        // The common type of the whole goes down to every leaf: then no level above a leaf needs casts.
        let types: Vec<DataType> = types
            .into_iter()
            .map(|of| match (of, unknowns) {
                (DataType::Unknown, Unknowns::Settle) => DataType::Text,
                _ => of,
            })
            .collect();
        let mut number = 0;
        let tree = self.settle_leaves(pending, &types, &mut number)?;
        let mut leaves = Vec::new();
        tree.collect_leaves(&mut leaves);
        let targets = leaves
            .first()
            .map(|rel| self.columns_as_targets(*rel))
            .unwrap_or_default();
        let mut query = Query {
            targets,
            set_operation: Some(tree),
            ..Query::default()
        };
        self.order_by_outputs(&mut query, order_by)?;
        Ok(query)
    }

    fn bind_node(
        &mut self,
        operation: &ast::SetOperation,
    ) -> Result<(Pending, Vec<DataType>), Error> {
        let (left, left_types) = self.bind_side(&operation.left)?;
        let (right, right_types) = self.bind_side(&operation.right)?;
        if left_types.len() != right_types.len() {
            return Err(uneven(operation));
        }
        let word = word(operation.operator);
        let mut types = Vec::with_capacity(left_types.len());
        for (left, right) in left_types.iter().zip(&right_types) {
            types.push(
                if *left == DataType::Unknown && *right == DataType::Unknown {
                    DataType::Text
                } else {
                    let pair = [
                        (*left, body_span(&operation.left)),
                        (*right, body_span(&operation.right)),
                    ];
                    common_type(pair.into_iter(), word)?
                },
            );
        }
        let op = match operation.operator {
            ast::SetOperator::Union => SetOperator::Union,
            ast::SetOperator::Intersect => SetOperator::Intersect,
            ast::SetOperator::Except => SetOperator::Except,
        };
        let node = Pending::Node {
            op,
            all: operation.all,
            left: Box::new(left),
            right: Box::new(right),
        };
        Ok((node, types))
    }

    fn bind_side(&mut self, body: &QueryBody) -> Result<(Pending, Vec<DataType>), Error> {
        if let QueryBody::SetOperation(operation) = body {
            return self.bind_node(operation);
        }
        let query = self.bind_leaf(body, Unknowns::Keep)?;
        let shown = query.targets.iter().filter(|target| !target.hidden);
        let types = shown.map(|target| target.expr.data_type).collect();
        Ok((Pending::Leaf(Box::new(query), body_span(body)), types))
    }

    /// One side of a set operation as a query at a level of its own.
    pub(crate) fn bind_leaf(
        &mut self,
        body: &QueryBody,
        unknowns: Unknowns,
    ) -> Result<Query, Error> {
        if let QueryBody::Nested(query) = body {
            return self.bind_query_with(query, unknowns);
        }
        self.in_scope(body_span(body), |binder| {
            binder.bind_ordered(body, &[], unknowns)
        })
    }

    fn settle_leaves(
        &mut self,
        pending: Pending,
        types: &[DataType],
        number: &mut usize,
    ) -> Result<SetOperation, Error> {
        match pending {
            Pending::Leaf(query, span) => {
                *number += 1;
                let alias = format!("*SELECT* {number}");
                let query = self.cast_outputs(*query, types, span)?;
                let rel = self.add_subquery(query, &alias, span);
                // Lengths and precisions differ between leaves; the columns have the common type.
                if let Some(entry) = self.tables.get_mut(rel.0 as usize)
                    && matches!(entry.kind, RelationKind::Subquery(_))
                {
                    entry.column_types = types.to_vec();
                }
                Ok(SetOperation::Leaf(rel))
            }
            Pending::Node {
                op,
                all,
                left,
                right,
            } => {
                let left = Box::new(self.settle_leaves(*left, types, number)?);
                let right = Box::new(self.settle_leaves(*right, types, number)?);
                Ok(SetOperation::Node {
                    op,
                    all,
                    left,
                    right,
                    types: types.to_vec(),
                })
            }
        }
    }
}

const fn word(operator: ast::SetOperator) -> &'static str {
    match operator {
        ast::SetOperator::Union => "UNION",
        ast::SetOperator::Intersect => "INTERSECT",
        ast::SetOperator::Except => "EXCEPT",
    }
}

/// 42601: the sides have different numbers of columns.
pub(crate) fn uneven(operation: &ast::SetOperation) -> Error {
    Error::new(
        ErrorCode::SyntaxError,
        format!(
            "each {} query must have the same number of columns",
            word(operation.operator)
        ),
    )
    .at(body_span(&operation.right))
}
