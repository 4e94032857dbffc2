//! `FROM`: tables, subqueries, functions and joins.

use crate::ast::{
    Join, JoinConstraint, JoinKind, ObjectName, Query, TableAlias, TableReference,
    TableReferenceKind,
};
use crate::cursor::{Level, Parser, Result};
use crate::keyword::{Keyword as K, KeywordClass};
use crate::lexer::TokenKind;
use alloc::{boxed::Box, vec::Vec};

/// What a bracket in `FROM` may hold.
enum InBrackets {
    Query(Box<Query>),
    Tables(TableReference),
}

impl Parser<'_> {
    /// One entry of `FROM`, joins included.
    pub(crate) fn table_reference(&mut self) -> Result<TableReference> {
        let level = self.enter()?;
        let start = self.start();
        let left = self.single_table()?;
        self.joins(left, start, level)
    }

    /// All joins that follow `left`. Ends `level`.
    fn joins(
        &mut self,
        mut left: TableReference,
        start: u32,
        mut level: Level,
    ) -> Result<TableReference> {
        while self.at_join() {
            self.link(&mut level)?;
            left = self.join(left, start)?;
        }
        self.leave(level);
        Ok(left)
    }

    fn at_join(&mut self) -> bool {
        matches!(
            self.keyword(),
            Some(K::Join | K::Inner | K::Left | K::Right | K::Full | K::Cross | K::Natural)
        )
    }

    /// One join, with `left` as its left side.
    fn join(&mut self, left: TableReference, start: u32) -> Result<TableReference> {
        let natural = self.accept_word(K::Natural);
        let cross = !natural && self.accept_word(K::Cross);
        let kind = if cross {
            JoinKind::Inner
        } else {
            self.join_kind()
        };
        self.expect_word(K::Join)?;
        let mut right = self.join_input()?;
        let constraint = if cross {
            JoinConstraint::None
        } else if natural {
            JoinConstraint::Natural
        } else {
            right = self.joins_before_condition(right)?;
            self.join_condition()?
        };
        let join = Join {
            kind,
            constraint,
            left,
            right,
            alias: None,
        };
        let kind = TableReferenceKind::Join(Box::new(join));
        Ok(TableReference {
            kind,
            span: self.since(start),
        })
    }

    fn join_kind(&mut self) -> JoinKind {
        let kind = match self.keyword() {
            Some(K::Inner) => {
                self.advance();
                return JoinKind::Inner;
            }
            Some(K::Left) => JoinKind::Left,
            Some(K::Right) => JoinKind::Right,
            Some(K::Full) => JoinKind::Full,
            _ => return JoinKind::Inner,
        };
        self.advance();
        self.accept_word(K::Outer);
        kind
    }

    fn join_input(&mut self) -> Result<TableReference> {
        let level = self.enter()?;
        let found = self.single_table()?;
        self.leave(level);
        Ok(found)
    }

    /// `a JOIN b JOIN c ON … ON …`: the inner join belongs to the right side.
    fn joins_before_condition(&mut self, right: TableReference) -> Result<TableReference> {
        if !self.at_join() {
            return Ok(right);
        }
        let start = right.span.start;
        let level = self.enter()?;
        self.joins(right, start, level)
    }

    fn join_condition(&mut self) -> Result<JoinConstraint> {
        if self.accept_word(K::On) {
            return Ok(JoinConstraint::On(self.expression()?));
        }
        self.expect_word(K::Using)?;
        let columns = self.name_list()?;
        let alias = if self.accept_word(K::As) {
            Some(self.name()?)
        } else {
            None
        };
        Ok(JoinConstraint::Using { columns, alias })
    }

    fn single_table(&mut self) -> Result<TableReference> {
        let start = self.start();
        let lateral = self.accept_word(K::Lateral);
        if self.at(TokenKind::LeftParenthesis) {
            return self.bracketed_table(lateral, start);
        }
        if self.at_words(&[K::Rows, K::From]) && self.peek_at(2).kind == TokenKind::LeftParenthesis
        {
            return Err(self.not_supported_here("ROWS FROM"));
        }
        let only = !lateral && self.accept_word(K::Only);
        if only && self.accept(TokenKind::LeftParenthesis) {
            let name = self.object_name()?;
            self.expect(TokenKind::RightParenthesis)?;
            return self.plain_table(name, start);
        }
        let name = self.table_or_function_name()?;
        if !only && self.at(TokenKind::LeftParenthesis) {
            return self.function_table(name, start);
        }
        if lateral {
            return Err(self.unexpected());
        }
        self.plain_table(name, start)
    }

    fn table_or_function_name(&mut self) -> Result<ObjectName> {
        let function_word = match self.keyword() {
            Some(word) => word.class() == KeywordClass::TypeOrFunctionName,
            None => false,
        };
        if function_word && self.peek_at(1).kind == TokenKind::LeftParenthesis {
            let first = self.label()?;
            return self.qualified(first);
        }
        self.object_name()
    }

    fn plain_table(&mut self, name: ObjectName, start: u32) -> Result<TableReference> {
        self.accept_operator("*");
        let alias = self.optional_alias()?;
        if self.at_word(K::Tablesample) {
            return Err(self.not_supported_here("TABLESAMPLE"));
        }
        let kind = TableReferenceKind::Table { name, alias };
        Ok(TableReference {
            kind,
            span: self.since(start),
        })
    }

    fn function_table(&mut self, name: ObjectName, start: u32) -> Result<TableReference> {
        let call = Box::new(self.function_call(name)?);
        let with_ordinality = self.accept_words(&[K::With, K::Ordinality]);
        if self.at_word(K::As) && self.peek_at(1).kind == TokenKind::LeftParenthesis {
            return Err(self.not_supported_here("a column definition list"));
        }
        let alias = self.optional_alias()?;
        let kind = TableReferenceKind::Function {
            call,
            with_ordinality,
            alias,
        };
        Ok(TableReference {
            kind,
            span: self.since(start),
        })
    }

    fn bracketed_table(&mut self, lateral: bool, start: u32) -> Result<TableReference> {
        let found = self.in_brackets()?;
        self.close_brackets(found, lateral, start)
    }

    /// Gives the alias to what stood in brackets.
    fn close_brackets(
        &mut self,
        found: InBrackets,
        lateral: bool,
        start: u32,
    ) -> Result<TableReference> {
        match found {
            InBrackets::Query(query) => {
                let values = matches!(query.body, crate::ast::QueryBody::Values(_));
                let Some(alias) = self.optional_alias()? else {
                    let message = if values {
                        "VALUES in FROM must have an alias"
                    } else {
                        "subquery in FROM must have an alias"
                    };
                    let span = self.since(start);
                    return Err(self.syntax(message, span));
                };
                let kind = TableReferenceKind::Subquery {
                    query,
                    lateral,
                    alias,
                };
                Ok(TableReference {
                    kind,
                    span: self.since(start),
                })
            }
            InBrackets::Tables(mut tables) => {
                if lateral {
                    return Err(self.unexpected());
                }
                let alias = self.optional_alias()?;
                match (&mut tables.kind, alias) {
                    (_, None) => {}
                    (TableReferenceKind::Join(join), alias @ Some(_)) if join.alias.is_none() => {
                        join.alias = alias;
                        tables.span = self.since(start);
                    }
                    (_, Some(alias)) => {
                        let token = alias.name.span;
                        let kind = crate::ErrorKind::SyntaxNear {
                            token: token.of(self.text).into(),
                        };
                        return Err(crate::ParseError::new(kind, token));
                    }
                }
                Ok(tables)
            }
        }
    }

    /// A query or joined tables in brackets.
    fn in_brackets(&mut self) -> Result<InBrackets> {
        let level = self.enter()?;
        self.expect(TokenKind::LeftParenthesis)?;
        let start = self.start();
        let found = if self.at_query() {
            InBrackets::Query(self.query()?)
        } else if self.at(TokenKind::LeftParenthesis) {
            match self.in_brackets()? {
                InBrackets::Query(query) if self.at(TokenKind::RightParenthesis) => {
                    InBrackets::Query(query)
                }
                InBrackets::Query(query) if self.at_query_continuation() => {
                    InBrackets::Query(self.query_after(query, start)?)
                }
                inner => {
                    let left = self.close_brackets(inner, false, start)?;
                    let joins = self.enter()?;
                    InBrackets::Tables(self.joins(left, start, joins)?)
                }
            }
        } else {
            InBrackets::Tables(self.table_reference()?)
        };
        self.expect(TokenKind::RightParenthesis)?;
        self.leave(level);
        Ok(found)
    }

    /// `[AS] name [(columns)]`
    fn optional_alias(&mut self) -> Result<Option<TableAlias>> {
        let written = self.accept_word(K::As);
        if !written && !self.at_name() {
            return Ok(None);
        }
        let name = self.name()?;
        let mut columns = Vec::new();
        if self.at(TokenKind::LeftParenthesis) {
            let typed = self.peek_at(2).kind;
            if matches!(typed, TokenKind::Identifier | TokenKind::Keyword(_)) {
                return Err(self.not_supported_here("a column definition list"));
            }
            columns = self.name_list()?;
        }
        let span = self.since(name.span.start);
        Ok(Some(TableAlias {
            name,
            columns,
            span,
        }))
    }
}
