//! `CREATE`: which kind of thing, and tables with their columns.

use crate::ast::{
    ColumnDefinition, CreateTable, CreateTableAs, Identifier, StatementKind, TableConstraint,
};
use crate::cursor::{Parser, Result};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind;
use crate::statement::object_kind::is_other_object;
use alloc::{boxed::Box, vec::Vec};

/// One entry between a table's brackets.
enum Element {
    Column(ColumnDefinition),
    Constraint(TableConstraint),
}

impl Parser<'_> {
    pub(super) fn create(&mut self) -> Result<StatementKind> {
        let or_replace =
            self.keyword_at(1) == Some(K::Or) && self.keyword_at(2) == Some(K::Replace);
        let kind_at = if or_replace { 3 } else { 1 };
        match self.keyword_at(kind_at) {
            Some(K::Table) if !or_replace => {
                self.advance();
                self.create_table(false)
            }
            Some(K::Temp | K::Temporary | K::Local | K::Global) => {
                self.create_temporary(or_replace)
            }
            Some(K::Unlogged) if self.keyword_at(2) == Some(K::Table) => {
                self.advance();
                self.advance();
                self.create_table(false)
            }
            Some(K::Index) if !or_replace => self.create_index(),
            Some(K::Unique) if !or_replace && self.keyword_at(2) == Some(K::Index) => {
                self.create_index()
            }
            Some(K::View) => {
                (0..kind_at).for_each(|_| {
                    self.advance();
                });
                self.create_view(or_replace, false)
            }
            Some(K::Statistics) if !or_replace => self.create_statistics(),
            Some(_) => {
                let words = match self.keyword_at(kind_at) {
                    Some(K::Recursive | K::Materialized | K::Foreign) => kind_at + 2,
                    _ => kind_at + 1,
                };
                if !self.is_creatable(kind_at) {
                    (0..kind_at).for_each(|_| {
                        self.advance();
                    });
                    return Err(self.unexpected());
                }
                Err(self.statement_not_supported(words))
            }
            None => {
                if matches!(&*self.word_at(kind_at), "event" | "conversion" | "role") {
                    return Err(self.statement_not_supported(kind_at + 1));
                }
                (0..kind_at).for_each(|_| {
                    self.advance();
                });
                Err(self.unexpected())
            }
        }
    }

    fn word_at(&mut self, place: usize) -> alloc::string::String {
        self.peek_at(place).span.of(self.text).to_ascii_lowercase()
    }

    fn is_creatable(&mut self, place: usize) -> bool {
        self.keyword_at(place).is_some_and(|word| {
            is_other_object(word)
                || matches!(
                    word,
                    K::Cast | K::Constraint | K::Recursive | K::Transform | K::Trusted
                )
        })
    }

    fn create_temporary(&mut self, or_replace: bool) -> Result<StatementKind> {
        self.advance();
        if or_replace {
            self.advance();
            self.advance();
        }
        if !self.accept_word(K::Local) {
            self.accept_word(K::Global);
        }
        if !self.accept_word(K::Temp) {
            self.expect_word(K::Temporary)?;
        }
        match self.keyword() {
            Some(K::View) => self.create_view(or_replace, true),
            Some(K::Table) if !or_replace => self.create_table(true),
            Some(K::Sequence) => Err(self.not_supported_here("CREATE SEQUENCE")),
            _ => Err(self.unexpected()),
        }
    }

    /// From `TABLE` on.
    fn create_table(&mut self, temporary: bool) -> Result<StatementKind> {
        self.expect_word(K::Table)?;
        let if_not_exists = self.if_not_exists();
        let name = self.object_name()?;
        if self.at_word(K::Of) || self.at_word(K::Partition) {
            return Err(self.not_supported_here("CREATE TABLE … OF / PARTITION OF"));
        }
        if !self.at(TokenKind::LeftParenthesis) || self.names_only_follow() {
            let columns = self.optional_bracketed(Self::name)?;
            let parameters = self.table_parameters()?;
            self.expect_word(K::As)?;
            let query = self.table_query()?.into();
            let with_data = !self.accept_words(&[K::With, K::No, K::Data]);
            if with_data {
                self.accept_words(&[K::With, K::Data]);
            }
            return Ok(StatementKind::CreateTableAs(Box::new(CreateTableAs {
                name,
                temporary,
                if_not_exists,
                columns,
                parameters,
                query,
                with_data,
            })));
        }
        let mut columns = Vec::new();
        let mut constraints = Vec::new();
        for element in self.table_elements()? {
            match element {
                Element::Column(column) => columns.push(column),
                Element::Constraint(constraint) => constraints.push(constraint),
            }
        }
        if self.at_word(K::Inherits) {
            return Err(self.not_supported_here("INHERITS"));
        }
        if self.at_words(&[K::Partition, K::By]) {
            return Err(self.not_supported_here("PARTITION BY"));
        }
        let parameters = self.table_parameters()?;
        Ok(StatementKind::CreateTable(Box::new(CreateTable {
            name,
            temporary,
            if_not_exists,
            columns,
            constraints,
            parameters,
        })))
    }

    fn table_query(&mut self) -> Result<Box<crate::ast::Query>> {
        if self.at_word(K::Execute) {
            return Err(self.not_supported_here("CREATE TABLE AS EXECUTE"));
        }
        self.query()
    }

    /// `(a, b)` before `AS`, against `(a int, …)`
    fn names_only_follow(&mut self) -> bool {
        matches!(
            self.peek_at(2).kind,
            TokenKind::Comma | TokenKind::RightParenthesis
        )
    }

    fn table_parameters(&mut self) -> Result<Vec<crate::ast::StorageParameter>> {
        if self.at_word(K::Using) {
            return Err(self.not_supported_here("a table access method"));
        }
        let parameters = self.optional_with_parameters()?;
        if self.at_words(&[K::On, K::Commit]) {
            return Err(self.not_supported_here("ON COMMIT"));
        }
        if self.at_word(K::Tablespace) {
            return Err(self.not_supported_here("TABLESPACE"));
        }
        Ok(parameters)
    }

    fn table_elements(&mut self) -> Result<Vec<Element>> {
        if self.peek_at(1).kind == TokenKind::RightParenthesis {
            self.advance();
            self.advance();
            return Ok(Vec::new());
        }
        self.bracketed(Self::table_element)
    }

    fn table_element(&mut self) -> Result<Element> {
        if self.at_word(K::Like) {
            return Err(self.not_supported_here("LIKE in CREATE TABLE"));
        }
        if self.at_table_constraint() {
            return Ok(Element::Constraint(self.table_constraint()?));
        }
        Ok(Element::Column(self.column_definition()?))
    }

    pub(super) fn column_definition(&mut self) -> Result<ColumnDefinition> {
        let name: Identifier = self.name()?;
        let type_name = self.type_name()?;
        let mut collation = None;
        let mut constraints = Vec::new();
        loop {
            if self.accept_word(K::Collate) {
                collation = Some(self.object_name()?);
            } else if self.at_column_constraint() {
                constraints.push(self.column_constraint()?);
            } else {
                break;
            }
        }
        let span = self.since(name.span.start);
        Ok(ColumnDefinition {
            name,
            type_name,
            collation,
            constraints,
            span,
        })
    }
}
