//! Names and sizes of relations in expressions: casts to `regclass`, `pg_relation_size` and its kin, `pg_get_indexdef`.
//!
//! Why here and not functions: they ask the catalog and the store, which expressions do not reach. Each becomes a scalar
//! sub-query over a catalog view, which is made anew for every statement. There is no type `regclass`: a name becomes the relation's
//! number, and a number becomes its name.

use super::state::Binder;
use crate::{
    catalog::system,
    error::{Error, ErrorCode},
    logical::{
        ColumnRef, CompareOp, Expr, ExprKind, FromItem, Query, RangeTableEntry, RelationKind,
        SubLinkKind, Target,
    },
    value::{DataType, Value},
};
use alloc::{boxed::Box, format, string::String, vec, vec::Vec};
use parser::Span;

/// The column of the view that a function shows.
pub(crate) fn relation_function(name: &str) -> Option<&'static str> {
    Some(match name {
        "pg_relation_size" | "pg_table_size" => "main_bytes",
        "pg_indexes_size" => "indexes_bytes",
        "pg_total_relation_size" => "total_bytes",
        "pg_get_indexdef" => "definition",
        _ => return None,
    })
}

impl Binder<'_> {
    /// `operand::regclass`.
    pub(crate) fn bind_regclass(&mut self, operand: Expr, span: Span) -> Result<Expr, Error> {
        if let ExprKind::Const(Value::Text(name)) = &operand.kind {
            let id = self.relation_number(name, span)?;
            return Ok(Expr::new(
                ExprKind::Const(Value::Int8(i64::from(id))),
                DataType::Int8,
                span,
            ));
        }
        if is_number(operand.data_type) {
            self.of_relation("name", operand, span)
        } else {
            self.of_relation("oid", operand, span)
        }
    }

    /// A call of one of [`relation_function`]'s.
    pub(crate) fn bind_relation_function(
        &mut self,
        shown: &'static str,
        args: Vec<Expr>,
        span: Span,
    ) -> Result<Expr, Error> {
        let mut args = args.into_iter();
        let Some(of) = args.next() else {
            return Err(
                Error::new(ErrorCode::UndefinedFunction, "a relation is to be given").at(span),
            );
        };
        let of = if matches!(of.kind, ExprKind::Const(Value::Text(_))) {
            self.bind_regclass(of, span)?
        } else {
            of
        };
        if let Some(fork) = args.next()
            && !matches!(&fork.kind, ExprKind::Const(Value::Text(name)) if &**name == "main")
        {
            return Err(Error::unsupported("a fork other than main", span));
        }
        self.of_relation(shown, of, span)
    }

    /// The number of the relation that a literal names.
    fn relation_number(&self, name: &str, span: Span) -> Result<u32, Error> {
        let bare = name.strip_prefix("public.").unwrap_or(name).trim();
        let folded = match bare
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
        {
            Some(quoted) => String::from(quoted),
            None => bare.to_lowercase(),
        };
        if let Ok(number) = folded.parse::<u32>() {
            return Ok(number);
        }
        if let Some(table) = self.catalog.table_by_name(&folded) {
            return Ok(table.id.0);
        }
        if let Some(index) = self.catalog.index_by_name(&folded) {
            return Ok(index.id.0);
        }
        let view = self
            .catalog
            .views
            .values()
            .position(|view| *view.name == *folded);
        match view {
            Some(at) => Ok(u32::MAX - at as u32),
            None => Err(Error::new(
                ErrorCode::UndefinedTable,
                format!("relation \"{name}\" does not exist"),
            )
            .at(span)),
        }
    }

    /// `(SELECT shown FROM relations WHERE oid = key)`, or by name where the key is a text.
    fn of_relation(&mut self, shown: &str, key: Expr, span: Span) -> Result<Expr, Error> {
        let Some(view) = system::find(None, system::RELATIONS) else {
            return Err(Error::unsupported("relations as values", span));
        };
        let rel = self.add_table(RangeTableEntry {
            alias: view.name.into(),
            alias_written: false,
            kind: RelationKind::System(view.name),
            column_names: view
                .columns
                .iter()
                .map(|(name, _)| Box::from(*name))
                .collect(),
            column_types: view.columns.iter().map(|(_, of)| *of).collect(),
            lateral: false,
            query: 0,
            span,
        });
        let column = |name: &str| {
            let at = view.columns.iter().position(|(known, _)| *known == name);
            let (at, of) = at
                .and_then(|at| Some((at, view.columns.get(at)?.1)))
                .unwrap_or((0, DataType::Int8));
            let column = ColumnRef {
                rel,
                column: at as u16,
            };
            Expr::new(ExprKind::Column(column), of, span)
        };
        let by = if is_number(key.data_type) {
            "oid"
        } else {
            "name"
        };
        let found = self.compare(CompareOp::Eq, "=", (column(by), key), span, span)?;
        let expr = column(shown);
        let of = expr.data_type;
        let query = Query {
            targets: vec![Target {
                expr,
                name: shown.into(),
                hidden: false,
            }],
            from: vec![FromItem::Relation(rel)],
            filter: vec![found],
            ..Query::default()
        };
        Ok(Expr::new(
            self.sublink(SubLinkKind::Scalar, query),
            of,
            span,
        ))
    }
}

fn is_number(of: DataType) -> bool {
    matches!(of, DataType::Int2 | DataType::Int4 | DataType::Int8)
}
