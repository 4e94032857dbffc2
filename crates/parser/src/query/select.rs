//! One `SELECT` from its list to its `WINDOW` clause.

use crate::ast::Expression;
use crate::ast::{
    Distinct, ExpressionKind, NamedWindow, Select, SelectItem, SelectItemKind, TableReference,
    TableReferenceKind,
};
use crate::cursor::{Parser, Result};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind;
use alloc::{boxed::Box, vec, vec::Vec};

impl Parser<'_> {
    pub(super) fn select(&mut self) -> Result<Box<Select>> {
        let start = self.expect_word(K::Select)?.span.start;
        let mut select = empty_select();
        if !self.accept_word(K::All) {
            select.distinct = self.distinct()?;
        }
        if !self.at_select_list_end() {
            select.items = self.list(Self::select_item)?;
        }
        if self.at_word(K::Into) {
            return Err(self.not_supported_here("SELECT INTO"));
        }
        if self.accept_word(K::From) {
            select.from = self.list(Self::table_reference)?;
        }
        select.filter = self.optional_where()?;
        if self.accept_words(&[K::Group, K::By]) {
            select.group_by = self.grouping()?;
        }
        if self.accept_word(K::Having) {
            select.having = Some(self.expression()?);
        }
        if self.accept_word(K::Window) {
            select.windows = self.list(Self::named_window)?;
        }
        select.span = self.since(start);
        Ok(Box::new(select))
    }

    /// `TABLE t`
    pub(super) fn table_command(&mut self) -> Result<Box<Select>> {
        let word = self.expect_word(K::Table)?.span;
        self.accept_word(K::Only);
        let name = self.object_name()?;
        let table_span = name.span;
        let mut select = empty_select();
        let kind = SelectItemKind::Wildcard { qualifier: None };
        select.items = vec![SelectItem { kind, span: word }];
        let kind = TableReferenceKind::Table { name, alias: None };
        select.from = vec![TableReference {
            kind,
            span: table_span,
        }];
        select.span = self.since(word.start);
        Ok(Box::new(select))
    }

    fn distinct(&mut self) -> Result<Option<Distinct>> {
        if !self.accept_word(K::Distinct) {
            return Ok(None);
        }
        if self.accept_word(K::On) {
            return Ok(Some(Distinct::On(self.bracketed(Self::expression)?)));
        }
        Ok(Some(Distinct::Rows))
    }

    /// Whether the select list is empty.
    fn at_select_list_end(&mut self) -> bool {
        match self.kind() {
            TokenKind::End | TokenKind::Semicolon | TokenKind::RightParenthesis => true,
            TokenKind::Keyword(word) => {
                matches!(
                    word,
                    K::From | K::Where | K::Group | K::Having | K::Window | K::Into
                ) || self.at_query_continuation()
            }
            _ => false,
        }
    }

    /// One entry of a select list or of `RETURNING`.
    pub(crate) fn select_item(&mut self) -> Result<SelectItem> {
        let start = self.start();
        if self.accept_operator("*") {
            let kind = SelectItemKind::Wildcard { qualifier: None };
            return Ok(SelectItem {
                kind,
                span: self.since(start),
            });
        }
        let expression = self.expression()?;
        let alias = if self.accept_word(K::As) || self.at_bare_label() {
            Some(self.label()?)
        } else {
            None
        };
        let span = self.since(start);
        let kind = match expression.kind {
            ExpressionKind::WholeRow(name) if alias.is_none() => SelectItemKind::Wildcard {
                qualifier: Some(name),
            },
            _ => SelectItemKind::Expression { expression, alias },
        };
        Ok(SelectItem { kind, span })
    }

    pub(crate) fn optional_where(&mut self) -> Result<Option<Expression>> {
        if self.accept_word(K::Where) {
            self.expression().map(Some)
        } else {
            Ok(None)
        }
    }

    fn named_window(&mut self) -> Result<NamedWindow> {
        let name = self.name()?;
        self.expect_word(K::As)?;
        Ok(NamedWindow {
            name,
            window: self.window_specification()?,
        })
    }
}

fn empty_select() -> Select {
    Select {
        distinct: None,
        items: Vec::new(),
        from: Vec::new(),
        filter: None,
        group_by: Vec::new(),
        having: None,
        windows: Vec::new(),
        span: crate::Span::default(),
    }
}
