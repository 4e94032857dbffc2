//! Constraints of columns and of tables.

use crate::ast::{
    ColumnConstraint, ColumnConstraintKind, Expression, ForeignKeyReference, Identifier,
    ReferentialAction, TableConstraint, TableConstraintKind, UniqueConstraint,
};
use crate::cursor::{Parser, Result};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind;
use alloc::vec::Vec;

impl Parser<'_> {
    pub(super) fn at_table_constraint(&mut self) -> bool {
        matches!(
            self.keyword(),
            Some(K::Constraint | K::Primary | K::Unique | K::Check | K::Foreign)
        ) || self.at_word(K::Exclude)
    }

    pub(super) fn at_column_constraint(&mut self) -> bool {
        matches!(
            self.keyword(),
            Some(
                K::Constraint
                    | K::Not
                    | K::Null
                    | K::Default
                    | K::Check
                    | K::Primary
                    | K::Unique
                    | K::References
                    | K::Generated
            )
        )
    }

    fn constraint_name(&mut self) -> Result<Option<Identifier>> {
        if self.accept_word(K::Constraint) {
            self.name().map(Some)
        } else {
            Ok(None)
        }
    }

    pub(super) fn column_constraint(&mut self) -> Result<ColumnConstraint> {
        let start = self.start();
        let name = self.constraint_name()?;
        let kind = match self.keyword() {
            Some(K::Not) => {
                self.advance();
                self.expect_word(K::Null)?;
                ColumnConstraintKind::NotNull
            }
            Some(K::Null) => {
                self.advance();
                ColumnConstraintKind::Null
            }
            Some(K::Default) => {
                self.advance();
                ColumnConstraintKind::Default(self.restricted_expression()?)
            }
            Some(K::Check) => ColumnConstraintKind::Check(self.check()?),
            Some(K::Primary) => {
                self.advance();
                self.expect_word(K::Key)?;
                ColumnConstraintKind::PrimaryKey(self.unique_end(UniqueConstraint::default())?)
            }
            Some(K::Unique) => {
                self.advance();
                let nulls_not_distinct = self.nulls_not_distinct();
                let unique = UniqueConstraint {
                    nulls_not_distinct,
                    ..Default::default()
                };
                ColumnConstraintKind::Unique(self.unique_end(unique)?)
            }
            Some(K::References) => ColumnConstraintKind::References(self.references()?),
            Some(K::Generated) => self.generated()?,
            _ => return Err(self.unexpected()),
        };
        self.constraint_timing()?;
        Ok(ColumnConstraint {
            name,
            kind,
            span: self.since(start),
        })
    }

    fn check(&mut self) -> Result<Expression> {
        self.expect_word(K::Check)?;
        self.expect(TokenKind::LeftParenthesis)?;
        let condition = self.expression()?;
        self.expect(TokenKind::RightParenthesis)?;
        self.accept_words(&[K::No, K::Inherit]);
        Ok(condition)
    }

    fn generated(&mut self) -> Result<ColumnConstraintKind> {
        self.advance();
        let always = self.accept_word(K::Always);
        if !always {
            self.expect_words(&[K::By, K::Default])?;
        }
        self.expect_word(K::As)?;
        if always && self.accept(TokenKind::LeftParenthesis) {
            let value = self.expression()?;
            self.expect(TokenKind::RightParenthesis)?;
            self.expect_word(K::Stored)?;
            return Ok(ColumnConstraintKind::Generated(value));
        }
        self.expect_word(K::Identity)?;
        if self.at(TokenKind::LeftParenthesis) {
            return Err(self.not_supported_here("options of an identity column"));
        }
        Ok(ColumnConstraintKind::Identity { always })
    }

    pub(super) fn table_constraint(&mut self) -> Result<TableConstraint> {
        let start = self.start();
        let name = self.constraint_name()?;
        let kind = match self.keyword() {
            Some(K::Check) => TableConstraintKind::Check(self.check()?),
            Some(K::Primary) => {
                self.advance();
                self.expect_word(K::Key)?;
                TableConstraintKind::PrimaryKey(self.unique_columns(false)?)
            }
            Some(K::Unique) => {
                self.advance();
                let nulls_not_distinct = self.nulls_not_distinct();
                TableConstraintKind::Unique(self.unique_columns(nulls_not_distinct)?)
            }
            Some(K::Foreign) => {
                self.advance();
                self.expect_word(K::Key)?;
                let columns = self.name_list()?;
                TableConstraintKind::ForeignKey {
                    columns,
                    reference: self.references()?,
                }
            }
            Some(K::Exclude) => return Err(self.not_supported_here("EXCLUDE")),
            _ => return Err(self.unexpected()),
        };
        self.constraint_timing()?;
        Ok(TableConstraint {
            name,
            kind,
            span: self.since(start),
        })
    }

    fn unique_columns(&mut self, nulls_not_distinct: bool) -> Result<UniqueConstraint> {
        if self.at_words(&[K::Using, K::Index]) {
            return Err(self.not_supported_here("USING INDEX"));
        }
        let columns = self.name_list()?;
        let include = if self.accept_word(K::Include) {
            self.name_list()?
        } else {
            Vec::new()
        };
        let unique = UniqueConstraint {
            columns,
            include,
            nulls_not_distinct,
            ..Default::default()
        };
        self.unique_end(unique)
    }

    fn unique_end(&mut self, mut unique: UniqueConstraint) -> Result<UniqueConstraint> {
        unique.parameters = self.optional_with_parameters()?;
        if self.at_words(&[K::Using, K::Index]) {
            return Err(self.not_supported_here("USING INDEX TABLESPACE"));
        }
        Ok(unique)
    }

    /// `NULLS [NOT] DISTINCT`
    pub(super) fn nulls_not_distinct(&mut self) -> bool {
        let found = self.accept_words(&[K::Nulls, K::Not, K::Distinct]);
        if !found {
            self.accept_words(&[K::Nulls, K::Distinct]);
        }
        found
    }

    fn references(&mut self) -> Result<ForeignKeyReference> {
        self.expect_word(K::References)?;
        let table = self.object_name()?;
        let columns = self.optional_bracketed(Self::name)?;
        if self.accept_word(K::Match) && !self.accept_word(K::Simple) {
            return Err(self.not_supported_here("MATCH FULL or PARTIAL"));
        }
        let (mut on_delete, mut on_update) = Default::default();
        while self.at_words(&[K::On, K::Delete]) || self.at_words(&[K::On, K::Update]) {
            self.advance();
            if self.advance().kind == TokenKind::Keyword(K::Delete) {
                on_delete = self.referential_action()?;
            } else {
                on_update = self.referential_action()?;
            }
        }
        Ok(ForeignKeyReference {
            table,
            columns,
            on_delete,
            on_update,
        })
    }

    fn referential_action(&mut self) -> Result<ReferentialAction> {
        if self.accept_words(&[K::No, K::Action]) {
            return Ok(ReferentialAction::NoAction);
        }
        if self.accept_words(&[K::Set, K::Null]) {
            return Ok(ReferentialAction::SetNull);
        }
        if self.accept_words(&[K::Set, K::Default]) {
            return Ok(ReferentialAction::SetDefault);
        }
        if self.accept_word(K::Restrict) {
            return Ok(ReferentialAction::Restrict);
        }
        self.expect_word(K::Cascade)?;
        Ok(ReferentialAction::Cascade)
    }

    /// Constraints are checked at once here, so only the words that say so are taken.
    fn constraint_timing(&mut self) -> Result<()> {
        loop {
            if self.at_word(K::Deferrable) || self.at_words(&[K::Initially, K::Deferred]) {
                return Err(self.not_supported_here("a deferrable constraint"));
            }
            if self.at_words(&[K::Not, K::Valid]) {
                return Err(self.not_supported_here("NOT VALID"));
            }
            if !self.accept_words(&[K::Not, K::Deferrable])
                && !self.accept_words(&[K::Initially, K::Immediate])
            {
                return Ok(());
            }
        }
    }
}
