//! Statements: one look at the first words decides which rule reads the rest.

mod alter;
mod constraint;
mod copy;
mod create_index;
mod create_table;
mod create_view;
mod maintenance;
mod modify;
mod object_kind;
mod option;
mod session;

use crate::ast::{Explain, Statement, StatementKind};
use crate::cursor::{Parser, Result};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind;
use alloc::{boxed::Box, string::String, vec::Vec};

impl Parser<'_> {
    /// One statement, without a semicolon.
    pub(crate) fn statement(&mut self) -> Result<Statement> {
        let level = self.enter()?;
        let start = self.start();
        let kind = match self.kind() {
            TokenKind::LeftParenthesis => StatementKind::Query(self.query()?.into()),
            TokenKind::Keyword(word) => self.statement_of(word)?,
            _ => return Err(self.unexpected()),
        };
        self.leave(level);
        Ok(Statement {
            kind,
            span: self.since(start),
        })
    }

    fn statement_of(&mut self, word: K) -> Result<StatementKind> {
        match word {
            K::Select | K::Values | K::Table => {
                self.query().map(|query| StatementKind::Query(query.into()))
            }
            K::With | K::Insert | K::Update | K::Delete => self.rows_statement(),
            K::Truncate => self.truncate(),
            K::Copy => self.copy(),
            K::Create => self.create(),
            K::Alter => self.alter(),
            K::Drop => self.drop_objects(),
            K::Reindex => self.reindex(),
            K::Cluster => self.cluster(),
            K::Analyze | K::Analyse => self.analyze(),
            K::Vacuum => self.vacuum(),
            K::Explain => self.explain(),
            K::Set => self.set(),
            K::Show => self.show(),
            K::Reset => self.reset(),
            K::Begin | K::Start => self.begin(),
            K::Commit | K::End => self.commit(),
            K::Rollback | K::Abort => self.rollback(),
            K::Savepoint => self.savepoint(),
            K::Release => self.release(),
            K::Prepare => self.prepare(),
            K::Execute => self.execute(),
            K::Deallocate => self.deallocate(),
            K::Call
            | K::Checkpoint
            | K::Close
            | K::Comment
            | K::Declare
            | K::Discard
            | K::Do
            | K::Fetch
            | K::Grant
            | K::Import
            | K::Listen
            | K::Load
            | K::Lock
            | K::Merge
            | K::Move
            | K::Notify
            | K::Reassign
            | K::Refresh
            | K::Revoke
            | K::Security
            | K::Unlisten => Err(self.statement_not_supported(1)),
            _ => Err(self.unexpected()),
        }
    }

    /// Refuses a statement by its first `words`.
    #[cold]
    pub(crate) fn statement_not_supported(&mut self, words: usize) -> crate::ParseError {
        let start = self.start();
        let mut name = String::new();
        for _ in 0..words {
            if !name.is_empty() {
                name.push(' ');
            }
            name.push_str(&self.written().to_uppercase());
            self.advance();
        }
        let span = self.since(start);
        self.not_supported(name, span)
    }

    /// A statement that yields or changes rows, perhaps after `WITH`.
    pub(crate) fn rows_statement(&mut self) -> Result<StatementKind> {
        let start = self.start();
        let with = if self.at_word(K::With) {
            Some(self.with()?)
        } else {
            None
        };
        match self.keyword() {
            Some(K::Insert) => self.insert(with),
            Some(K::Update) => self.update(with),
            Some(K::Delete) => self.delete(with),
            Some(K::Merge) => Err(self.not_supported_here("MERGE")),
            _ => self
                .query_with(with, start)
                .map(|query| StatementKind::Query(query.into())),
        }
    }

    /// What may stand in `WITH`, after `PREPARE … AS` and, with more, after `EXPLAIN`.
    pub(crate) fn preparable_statement(&mut self) -> Result<Statement> {
        let level = self.enter()?;
        let start = self.start();
        let kind = self.rows_statement()?;
        self.leave(level);
        Ok(Statement {
            kind,
            span: self.since(start),
        })
    }

    fn explain(&mut self) -> Result<StatementKind> {
        self.advance();
        let mut options = Vec::new();
        if self.at(TokenKind::LeftParenthesis) && !self.query_in_brackets_follows() {
            options = self.bracketed(Self::utility_option)?;
        } else {
            for word in [K::Analyze, K::Verbose] {
                if self.at_word(word) || word == K::Analyze && self.at_word(K::Analyse) {
                    options.push(self.word_option());
                }
            }
        }
        let explainable = matches!(
            self.keyword(),
            Some(
                K::Select
                    | K::With
                    | K::Values
                    | K::Table
                    | K::Insert
                    | K::Update
                    | K::Delete
                    | K::Create
                    | K::Execute
            )
        );
        if !explainable && !self.at(TokenKind::LeftParenthesis) {
            return Err(self.unexpected());
        }
        let statement = Box::new(self.statement()?);
        let allowed = matches!(
            statement.kind,
            StatementKind::Query(_)
                | StatementKind::Insert(_)
                | StatementKind::Update(_)
                | StatementKind::Delete(_)
                | StatementKind::CreateTableAs(_)
                | StatementKind::Execute(_)
        );
        if !allowed {
            return Err(self.not_supported("EXPLAIN of this statement", statement.span));
        }
        Ok(StatementKind::Explain(Explain { options, statement }))
    }

    /// `EXPLAIN (SELECT …)` against `EXPLAIN (ANALYZE) …`
    fn query_in_brackets_follows(&mut self) -> bool {
        let mut ahead = 0;
        while ahead < 64 && self.peek_at(ahead).kind == TokenKind::LeftParenthesis {
            ahead += 1;
        }
        matches!(
            self.keyword_at(ahead),
            Some(K::Select | K::Values | K::With | K::Table)
        )
    }
}

#[cfg(test)]
mod tests;
