//! Settings, transactions and prepared statements.

use crate::ast::{
    Execute, Identifier, IsolationLevel, ObjectName, Prepare, SetScope, SetStatement, SetValue,
    StatementKind, TransactionModes,
};
use crate::cursor::{Parser, Result};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind;
use alloc::{boxed::Box, vec, vec::Vec};

impl Parser<'_> {
    pub(super) fn set(&mut self) -> Result<StatementKind> {
        self.advance();
        let named_so = matches!(self.peek_at(1).kind, TokenKind::Operator | TokenKind::Dot)
            || self.keyword_at(1) == Some(K::To);
        let scope = match self.keyword() {
            Some(K::Local) if !named_so => SetScope::Local,
            _ => SetScope::Session,
        };
        if !named_so && (self.at_word(K::Local) || self.at_word(K::Session)) {
            self.advance();
        }
        match self.keyword() {
            Some(K::Transaction) => return Err(self.not_supported_here("SET TRANSACTION")),
            Some(K::Constraints) => return Err(self.not_supported_here("SET CONSTRAINTS")),
            Some(K::Role) => return Err(self.not_supported_here("SET ROLE")),
            Some(K::Authorization) => {
                return Err(self.not_supported_here("SET SESSION AUTHORIZATION"));
            }
            _ if self.written().eq_ignore_ascii_case("characteristics") => {
                return Err(self.not_supported_here("SET SESSION CHARACTERISTICS"));
            }
            _ => {}
        }
        let name = self.setting_name()?;
        let zone = self.last_setting_word_is_zone(&name);
        if !zone && !self.accept_operator("=") {
            self.expect_word(K::To)?;
        }
        let value = if self.accept_word(K::Default) || zone && self.accept_word(K::Local) {
            SetValue::Default
        } else {
            SetValue::Values(self.list(Self::parameter_value)?)
        };
        Ok(StatementKind::Set(Box::new(SetStatement {
            scope,
            name,
            value,
        })))
    }

    /// A setting's name; `TIME ZONE` is the name `timezone`.
    fn setting_name(&mut self) -> Result<ObjectName> {
        let start = self.start();
        if self.accept_words(&[K::Time, K::Zone]) {
            let span = self.since(start);
            let part = Identifier {
                text: "timezone".into(),
                span,
            };
            return Ok(ObjectName {
                parts: vec![part],
                span,
            });
        }
        self.object_name()
    }

    fn last_setting_word_is_zone(&self, name: &ObjectName) -> bool {
        &*name.last().text == "timezone" && name.span.of(self.text).contains(char::is_whitespace)
    }

    pub(super) fn show(&mut self) -> Result<StatementKind> {
        self.advance();
        Ok(StatementKind::Show(self.setting_or_all()?))
    }

    pub(super) fn reset(&mut self) -> Result<StatementKind> {
        self.advance();
        Ok(StatementKind::Reset(self.setting_or_all()?))
    }

    fn setting_or_all(&mut self) -> Result<Option<ObjectName>> {
        if self.accept_word(K::All) {
            return Ok(None);
        }
        if self.accept_words(&[K::Transaction, K::Isolation, K::Level]) {
            return Err(self.not_supported_here("TRANSACTION ISOLATION LEVEL"));
        }
        self.setting_name().map(Some)
    }

    pub(super) fn begin(&mut self) -> Result<StatementKind> {
        if self.advance().kind == TokenKind::Keyword(K::Start) {
            self.expect_word(K::Transaction)?;
        } else {
            self.transaction_word();
        }
        let mut modes = TransactionModes::default();
        loop {
            if self.accept_words(&[K::Isolation, K::Level]) {
                modes.isolation = Some(self.isolation_level()?);
            } else if self.accept_words(&[K::Read, K::Only]) {
                modes.read_only = Some(true);
            } else if self.accept_words(&[K::Read, K::Write]) {
                modes.read_only = Some(false);
            } else if self.accept_word(K::Deferrable) {
                modes.deferrable = Some(true);
            } else if self.accept_words(&[K::Not, K::Deferrable]) {
                modes.deferrable = Some(false);
            } else {
                return Ok(StatementKind::Begin(modes));
            }
            self.accept(TokenKind::Comma);
        }
    }

    fn isolation_level(&mut self) -> Result<IsolationLevel> {
        if self.accept_words(&[K::Read, K::Uncommitted]) {
            return Ok(IsolationLevel::ReadUncommitted);
        }
        if self.accept_words(&[K::Read, K::Committed]) {
            return Ok(IsolationLevel::ReadCommitted);
        }
        if self.accept_words(&[K::Repeatable, K::Read]) {
            return Ok(IsolationLevel::RepeatableRead);
        }
        self.expect_word(K::Serializable)?;
        Ok(IsolationLevel::Serializable)
    }

    fn transaction_word(&mut self) {
        if !self.accept_word(K::Work) {
            self.accept_word(K::Transaction);
        }
    }

    /// `AND CHAIN` opens the next transaction at once, which the engine does not do.
    fn no_chain(&mut self) -> Result<()> {
        if self.at_words(&[K::And, K::Chain]) {
            return Err(self.not_supported_here("AND CHAIN"));
        }
        self.accept_words(&[K::And, K::No, K::Chain]);
        Ok(())
    }

    pub(super) fn commit(&mut self) -> Result<StatementKind> {
        self.advance();
        if self.at_word(K::Prepared) {
            return Err(self.not_supported_here("COMMIT PREPARED"));
        }
        self.transaction_word();
        self.no_chain()?;
        Ok(StatementKind::Commit)
    }

    pub(super) fn rollback(&mut self) -> Result<StatementKind> {
        self.advance();
        if self.at_word(K::Prepared) {
            return Err(self.not_supported_here("ROLLBACK PREPARED"));
        }
        self.transaction_word();
        if self.accept_word(K::To) {
            self.accept_word(K::Savepoint);
            return Ok(StatementKind::RollbackTo(self.name()?));
        }
        self.no_chain()?;
        Ok(StatementKind::Rollback)
    }

    pub(super) fn savepoint(&mut self) -> Result<StatementKind> {
        self.advance();
        Ok(StatementKind::Savepoint(self.name()?))
    }

    pub(super) fn release(&mut self) -> Result<StatementKind> {
        self.advance();
        self.accept_word(K::Savepoint);
        Ok(StatementKind::ReleaseSavepoint(self.name()?))
    }

    pub(super) fn prepare(&mut self) -> Result<StatementKind> {
        self.advance();
        if self.at_word(K::Transaction) {
            return Err(self.not_supported_here("PREPARE TRANSACTION"));
        }
        let name = self.name()?;
        let types = self.optional_bracketed(Self::type_name)?;
        self.expect_word(K::As)?;
        let statement = self.preparable_statement()?.into();
        Ok(StatementKind::Prepare(Box::new(Prepare {
            name,
            types,
            statement,
        })))
    }

    pub(super) fn execute(&mut self) -> Result<StatementKind> {
        self.advance();
        let name = self.name()?;
        let arguments: Vec<_> = self.optional_bracketed(Self::expression)?;
        Ok(StatementKind::Execute(Execute { name, arguments }))
    }

    pub(super) fn deallocate(&mut self) -> Result<StatementKind> {
        self.advance();
        self.accept_word(K::Prepare);
        if self.accept_word(K::All) {
            return Ok(StatementKind::Deallocate(None));
        }
        Ok(StatementKind::Deallocate(Some(self.name()?)))
    }
}
