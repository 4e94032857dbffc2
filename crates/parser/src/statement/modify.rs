//! `INSERT`, `UPDATE`, `DELETE` and `TRUNCATE`.

use crate::ast::{
    Assignment, AssignmentTarget, ConflictAction, ConflictTarget, Delete, Expression, Identifier,
    Insert, InsertSource, OnConflict, SelectItem, StatementKind, TargetTable, Truncate, Update,
    With,
};
use crate::cursor::{Parser, Result};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind;
use alloc::{rc::Rc, vec::Vec};

impl Parser<'_> {
    pub(super) fn insert(&mut self, with: Option<With>) -> Result<StatementKind> {
        self.expect_words(&[K::Insert, K::Into])?;
        let name = self.object_name()?;
        let alias = if self.accept_word(K::As) {
            Some(self.name()?)
        } else {
            None
        };
        let columns = self.insert_columns()?;
        if self.at_word(K::Overriding) {
            return Err(self.not_supported_here("OVERRIDING"));
        }
        let source = if self.accept_words(&[K::Default, K::Values]) {
            InsertSource::DefaultValues
        } else {
            InsertSource::Query(self.query()?)
        };
        let on_conflict = if self.at_words(&[K::On, K::Conflict]) {
            Some(self.on_conflict()?)
        } else {
            None
        };
        let returning = self.returning()?;
        let table = TargetTable { name, alias };
        Ok(StatementKind::Insert(Rc::new(Insert {
            with,
            table,
            columns,
            source,
            on_conflict,
            returning,
        })))
    }

    /// `(columns)`; a query in brackets may stand there instead.
    fn insert_columns(&mut self) -> Result<Vec<Identifier>> {
        if !self.at(TokenKind::LeftParenthesis) {
            return Ok(Vec::new());
        }
        let query_follows = match self.peek_at(1).kind {
            TokenKind::LeftParenthesis => true,
            TokenKind::Keyword(K::Select | K::With | K::Table) => true,
            TokenKind::Keyword(K::Values) => self.peek_at(2).kind == TokenKind::LeftParenthesis,
            _ => false,
        };
        if query_follows {
            Ok(Vec::new())
        } else {
            self.bracketed(Self::target_column)
        }
    }

    fn target_column(&mut self) -> Result<Identifier> {
        let name = self.name()?;
        if self.at(TokenKind::Dot) || self.at(TokenKind::LeftBracket) {
            return Err(self.not_supported_here("assigning to a part of a column"));
        }
        Ok(name)
    }

    fn on_conflict(&mut self) -> Result<OnConflict> {
        let start = self.start();
        self.expect_words(&[K::On, K::Conflict])?;
        let target = if self.accept_words(&[K::On, K::Constraint]) {
            Some(ConflictTarget::Constraint(self.name()?))
        } else if self.at(TokenKind::LeftParenthesis) {
            let elements = self.bracketed(Self::index_element)?;
            Some(ConflictTarget::Index {
                elements,
                filter: self.optional_where()?,
            })
        } else {
            None
        };
        self.expect_word(K::Do)?;
        let action = if self.accept_word(K::Nothing) {
            ConflictAction::Nothing
        } else {
            self.expect_words(&[K::Update, K::Set])?;
            let assignments = self.list(Self::assignment)?;
            ConflictAction::Update {
                assignments,
                filter: self.optional_where()?,
            }
        };
        let span = self.since(start);
        if target.is_none() && action != ConflictAction::Nothing {
            let message =
                "ON CONFLICT DO UPDATE requires inference specification or constraint name";
            return Err(self.syntax(message, span));
        }
        Ok(OnConflict {
            target,
            action,
            span,
        })
    }

    fn returning(&mut self) -> Result<Vec<SelectItem>> {
        if self.accept_word(K::Returning) {
            self.list(Self::select_item)
        } else {
            Ok(Vec::new())
        }
    }

    fn assignment(&mut self) -> Result<Assignment> {
        let start = self.start();
        let target = if self.at(TokenKind::LeftParenthesis) {
            AssignmentTarget::Columns(self.bracketed(Self::target_column)?)
        } else {
            AssignmentTarget::Column(self.target_column()?)
        };
        self.expect_operator("=")?;
        let value = self.expression()?;
        Ok(Assignment {
            target,
            value,
            span: self.since(start),
        })
    }

    /// `[ONLY] table [*] [[AS] alias]`; without `AS` the alias cannot be `set`.
    fn target_table(&mut self) -> Result<TargetTable> {
        self.accept_word(K::Only);
        let name = self.object_name()?;
        self.accept_operator("*");
        let alias = if self.accept_word(K::As) || self.at_name() && !self.at_word(K::Set) {
            Some(self.name()?)
        } else {
            None
        };
        Ok(TargetTable { name, alias })
    }

    pub(super) fn update(&mut self, with: Option<With>) -> Result<StatementKind> {
        self.expect_word(K::Update)?;
        let table = self.target_table()?;
        self.expect_word(K::Set)?;
        let assignments = self.list(Self::assignment)?;
        let from = if self.accept_word(K::From) {
            self.list(Self::table_reference)?
        } else {
            Vec::new()
        };
        let filter = self.row_condition()?;
        let returning = self.returning()?;
        Ok(StatementKind::Update(Rc::new(Update {
            with,
            table,
            assignments,
            from,
            filter,
            returning,
        })))
    }

    pub(super) fn delete(&mut self, with: Option<With>) -> Result<StatementKind> {
        self.expect_words(&[K::Delete, K::From])?;
        let table = self.target_table()?;
        let using = if self.accept_word(K::Using) {
            self.list(Self::table_reference)?
        } else {
            Vec::new()
        };
        let filter = self.row_condition()?;
        let returning = self.returning()?;
        Ok(StatementKind::Delete(Rc::new(Delete {
            with,
            table,
            using,
            filter,
            returning,
        })))
    }

    fn row_condition(&mut self) -> Result<Option<Expression>> {
        if self.at_words(&[K::Where, K::Current, K::Of]) {
            return Err(self.not_supported_here("WHERE CURRENT OF"));
        }
        self.optional_where()
    }

    pub(super) fn truncate(&mut self) -> Result<StatementKind> {
        self.advance();
        self.accept_word(K::Table);
        let tables = self.list(|parser| {
            parser.accept_word(K::Only);
            let name = parser.object_name()?;
            parser.accept_operator("*");
            Ok(name)
        })?;
        let restart_identity = self.accept_words(&[K::Restart, K::Identity]);
        if !restart_identity {
            self.accept_words(&[K::Continue, K::Identity]);
        }
        let behavior = self.drop_behavior();
        Ok(StatementKind::Truncate(Truncate {
            tables,
            restart_identity,
            behavior,
        }))
    }
}
