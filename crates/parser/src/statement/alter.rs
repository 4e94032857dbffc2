//! `ALTER TABLE` and `ALTER INDEX`.

use crate::ast::{
    AlterColumnAction, AlterIndex, AlterIndexAction, AlterTable, AlterTableAction,
    AlterTableActionKind as Action, StatementKind,
};
use crate::cursor::{Parser, Result};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind;
use crate::statement::object_kind::is_other_object;
use alloc::{boxed::Box, vec};

impl Parser<'_> {
    pub(super) fn alter(&mut self) -> Result<StatementKind> {
        match self.keyword_at(1) {
            Some(K::Table) => self.alter_table(),
            Some(K::Index) => self.alter_index(),
            Some(word)
                if is_other_object(word)
                    || matches!(word, K::Default | K::Statistics | K::System | K::View) =>
            {
                Err(self.statement_not_supported(2))
            }
            _ => {
                self.advance();
                Err(self.unexpected())
            }
        }
    }

    fn alter_table(&mut self) -> Result<StatementKind> {
        self.advance();
        self.advance();
        let if_exists = self.if_exists();
        self.accept_word(K::Only);
        let name = self.object_name()?;
        self.accept_operator("*");
        let actions = if self.at_word(K::Rename) {
            vec![self.rename()?]
        } else {
            self.list(Self::alter_table_action)?
        };
        Ok(StatementKind::AlterTable(Box::new(AlterTable {
            name,
            if_exists,
            actions,
        })))
    }

    fn rename(&mut self) -> Result<AlterTableAction> {
        let start = self.advance().span.start;
        let kind = if self.accept_word(K::To) {
            Action::RenameTo(self.name()?)
        } else if self.accept_word(K::Constraint) {
            let from = self.name()?;
            self.expect_word(K::To)?;
            Action::RenameConstraint {
                from,
                to: self.name()?,
            }
        } else {
            self.accept_word(K::Column);
            let from = self.name()?;
            self.expect_word(K::To)?;
            Action::RenameColumn {
                from,
                to: self.name()?,
            }
        };
        Ok(AlterTableAction {
            kind,
            span: self.since(start),
        })
    }

    fn alter_table_action(&mut self) -> Result<AlterTableAction> {
        let start = self.start();
        let kind = match self.keyword() {
            Some(K::Add) => self.add()?,
            Some(K::Drop) => self.drop_part()?,
            Some(K::Alter) => {
                self.advance();
                self.accept_word(K::Column);
                let name = self.name()?;
                Action::AlterColumn {
                    name,
                    action: self.alter_column()?,
                }
            }
            Some(K::Set) if self.keyword_at(1) == Some(K::Without) => {
                self.advance();
                self.advance();
                self.expect_word(K::Cluster)?;
                Action::SetWithoutCluster
            }
            Some(K::Set) if self.peek_at(1).kind == TokenKind::LeftParenthesis => {
                self.advance();
                Action::Set(self.bracketed(Self::storage_parameter)?)
            }
            Some(K::Reset) => {
                self.advance();
                Action::Reset(self.bracketed(Self::parameter_name)?)
            }
            Some(K::Cluster) => {
                self.advance();
                self.expect_word(K::On)?;
                Action::ClusterOn(self.name()?)
            }
            _ => return Err(self.unknown_action()),
        };
        Ok(AlterTableAction {
            kind,
            span: self.since(start),
        })
    }

    /// An action that PostgreSQL knows and this grammar does not, or nonsense.
    #[cold]
    fn unknown_action(&mut self) -> crate::ParseError {
        let word = self.written().to_ascii_lowercase();
        match &*word {
            "set" | "validate" | "disable" | "enable" | "inherit" | "no" | "of" | "not"
            | "owner" | "replica" | "force" | "attach" | "detach" => {
                let feature = alloc::format!("ALTER TABLE … {}", word.to_uppercase());
                self.not_supported_here(&feature)
            }
            _ => self.unexpected(),
        }
    }

    fn add(&mut self) -> Result<Action> {
        self.advance();
        if self.at_table_constraint() {
            return Ok(Action::AddConstraint(Box::new(self.table_constraint()?)));
        }
        self.accept_word(K::Column);
        let if_not_exists = self.if_not_exists();
        let column = Box::new(self.column_definition()?);
        Ok(Action::AddColumn {
            column,
            if_not_exists,
        })
    }

    fn drop_part(&mut self) -> Result<Action> {
        self.advance();
        let constraint = self.accept_word(K::Constraint);
        if !constraint {
            self.accept_word(K::Column);
        }
        let if_exists = self.if_exists();
        let name = self.name()?;
        let behavior = self.drop_behavior();
        Ok(if constraint {
            Action::DropConstraint {
                name,
                if_exists,
                behavior,
            }
        } else {
            Action::DropColumn {
                name,
                if_exists,
                behavior,
            }
        })
    }

    fn alter_column(&mut self) -> Result<AlterColumnAction> {
        if self.accept_words(&[K::Set, K::Not, K::Null]) {
            return Ok(AlterColumnAction::SetNotNull);
        }
        if self.accept_words(&[K::Drop, K::Not, K::Null]) {
            return Ok(AlterColumnAction::DropNotNull);
        }
        if self.accept_words(&[K::Set, K::Default]) {
            return Ok(AlterColumnAction::SetDefault(self.expression()?));
        }
        if self.accept_words(&[K::Drop, K::Default]) {
            return Ok(AlterColumnAction::DropDefault);
        }
        if self.accept_words(&[K::Set, K::Statistics]) {
            return Ok(AlterColumnAction::SetStatistics(self.statistics_target()?));
        }
        if self.accept_words(&[K::Set, K::Data, K::Type]) || self.accept_word(K::Type) {
            let type_name = Box::new(self.type_name()?);
            if self.at_word(K::Collate) {
                return Err(self.not_supported_here("COLLATE in ALTER COLUMN"));
            }
            let using = if self.accept_word(K::Using) {
                Some(self.expression()?)
            } else {
                None
            };
            return Ok(AlterColumnAction::SetType { type_name, using });
        }
        let list_follows = self.peek_at(1).kind == TokenKind::LeftParenthesis;
        if list_follows && self.accept_word(K::Set) {
            return Ok(AlterColumnAction::Set(
                self.bracketed(Self::storage_parameter)?,
            ));
        }
        if list_follows && self.accept_word(K::Reset) {
            return Ok(AlterColumnAction::Reset(
                self.bracketed(Self::parameter_name)?,
            ));
        }
        let known = matches!(self.keyword(), Some(K::Set | K::Drop | K::Add | K::Restart));
        Err(if known {
            self.not_supported_here("this action on a column")
        } else {
            self.unexpected()
        })
    }

    fn statistics_target(&mut self) -> Result<i32> {
        let negative = self.accept_operator("-");
        let number = i32::try_from(self.small_number()?).unwrap_or(i32::MAX);
        Ok(if negative { -number } else { number })
    }

    fn alter_index(&mut self) -> Result<StatementKind> {
        self.advance();
        self.advance();
        if self.at_words(&[K::All, K::In, K::Tablespace]) {
            return Err(self.not_supported_here("ALTER INDEX ALL IN TABLESPACE"));
        }
        let if_exists = self.if_exists();
        let name = self.object_name()?;
        let list_follows = self.peek_at(1).kind == TokenKind::LeftParenthesis;
        let action = if self.accept_words(&[K::Rename, K::To]) {
            AlterIndexAction::RenameTo(self.name()?)
        } else if list_follows && self.accept_word(K::Set) {
            AlterIndexAction::Set(self.bracketed(Self::storage_parameter)?)
        } else if list_follows && self.accept_word(K::Reset) {
            AlterIndexAction::Reset(self.bracketed(Self::parameter_name)?)
        } else if self.accept_word(K::Alter) {
            self.accept_word(K::Column);
            let column = self.small_number()?;
            self.expect_words(&[K::Set, K::Statistics])?;
            AlterIndexAction::SetStatistics {
                column,
                target: self.statistics_target()?,
            }
        } else {
            return Err(self.unknown_action());
        };
        Ok(StatementKind::AlterIndex(Box::new(AlterIndex {
            name,
            if_exists,
            action,
        })))
    }
}
