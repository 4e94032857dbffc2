//! What the binder carries along: the statement's range table, its WITH queries, its parameters, and the stack of
//! query levels. PostgreSQL: `ParseState` of `parse_node.h`.

use super::scope::{Clause, Scope};
use crate::{
    catalog::Catalog,
    error::{Error, ErrorCode},
    logical::{Cte, CteId, Expr, ExprKind, ParamId, RangeTableEntry, RelId},
    value::{DataType, Value},
};
use alloc::{boxed::Box, format, vec::Vec};
use parser::Span;

/// How deeply views may stand on views.
pub(crate) const MAX_VIEW_DEPTH: u8 = 16;

/// How deeply queries may nest, views included: keeps rewriting and planning within the stack.
pub(crate) const MAX_QUERY_DEPTH: usize = 100;

/// What a statement is bound with.
#[derive(Clone, Copy, Debug, Default)]
pub struct BindOptions<'a> {
    /// Types of `$1 …` as far as PREPARE gave them; the others are inferred. `Unknown` = infer.
    pub param_types: &'a [DataType],
    /// Their values, for a plan that holds for these alone; they stand in the place of the parameters. Empty = parameters stay.
    pub param_values: &'a [Value],
}

/// One binding in progress.
pub struct Binder<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) tables: Vec<RangeTableEntry>,
    pub(crate) ctes: Vec<Cte>,
    pub(crate) params: Vec<DataType>,
    param_values: Vec<Value>,
    pub(crate) scopes: Vec<Scope>,
    /// Queries opened so far.
    pub(crate) queries: u32,
    pub(crate) view_depth: u8,
    /// Deepest scope index, counted from the outside, that columns bound since the last reset refer to.
    pub(crate) deepest_column: Option<usize>,
}

impl<'a> Binder<'a> {
    pub(crate) fn new(catalog: &'a Catalog, options: &BindOptions<'_>) -> Self {
        Self {
            catalog,
            tables: Vec::new(),
            ctes: Vec::new(),
            params: options.param_types.to_vec(),
            param_values: options.param_values.to_vec(),
            scopes: Vec::new(),
            queries: 0,
            view_depth: 0,
            deepest_column: None,
        }
    }

    /// Adds an entry to the range table.
    pub(crate) fn add_table(&mut self, mut entry: RangeTableEntry) -> RelId {
        entry.query = self.scopes.last().map_or(0, |scope| scope.number);
        let number = u32::try_from(self.tables.len()).expect("fewer entries than bytes of text");
        self.tables.push(entry);
        RelId(number)
    }

    /// Adds a WITH query.
    pub(crate) fn add_cte(&mut self, cte: Cte) -> CteId {
        let number = u32::try_from(self.ctes.len()).expect("fewer WITH queries than bytes of text");
        self.ctes.push(cte);
        CteId(number)
    }

    /// The innermost level.
    pub(crate) fn scope(&mut self) -> &mut Scope {
        self.scopes
            .last_mut()
            .expect("expressions are bound inside a level")
    }

    /// Opens a level, runs `body` in it, closes it.
    pub(crate) fn in_scope<T>(
        &mut self,
        span: Span,
        body: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.scopes.len() >= MAX_QUERY_DEPTH {
            return Err(
                Error::new(ErrorCode::StatementTooComplex, "stack depth limit exceeded")
                    .at(span)
                    .with_detail(format!("queries nest more than {MAX_QUERY_DEPTH} deep")),
            );
        }
        self.scopes.push(Scope {
            number: self.queries,
            ..Scope::default()
        });
        self.queries += 1;
        let result = body(self);
        self.scopes.pop();
        result
    }

    /// Runs `body` as part of `clause` of the innermost level.
    pub(crate) fn in_clause<T>(
        &mut self,
        clause: Clause,
        body: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let before = core::mem::replace(&mut self.scope().clause, clause);
        let result = body(self);
        self.scope().clause = before;
        result
    }

    /// `$n`.
    pub(crate) fn bind_param(&mut self, number: u32, span: Span) -> Result<Expr, Error> {
        let Some(id) = u16::try_from(number).ok().filter(|id| *id > 0) else {
            return Err(Error::new(
                ErrorCode::UndefinedParameter,
                format!("there is no parameter ${number}"),
            )
            .at(span));
        };
        if self.params.len() < usize::from(id) {
            self.params.resize(usize::from(id), DataType::Unknown);
        }
        let data_type = self
            .params
            .get(usize::from(id) - 1)
            .copied()
            .unwrap_or(DataType::Unknown);
        let kind = match self.param_values.get(usize::from(id) - 1) {
            Some(value) => ExprKind::Const(value.clone()),
            None => ExprKind::Param(ParamId(id)),
        };
        Ok(Expr::new(kind, data_type, span))
    }

    /// Gives a parameter its type at its first typed use.
    pub(crate) fn decide_param(&mut self, id: ParamId, data_type: DataType) {
        if let Some(slot) = self.params.get_mut(usize::from(id.0) - 1)
            && *slot == DataType::Unknown
        {
            *slot = data_type;
        }
    }
}

/// A name in its own allocation.
pub(crate) fn boxed(name: &str) -> Box<str> {
    name.into()
}
