//! `DROP`, and statements that look after what exists.

use crate::ast::{
    Analyze, Cluster, Drop, DropBehavior, DropKind, MaintenanceTarget, Reindex, ReindexTarget,
    StatementKind, UtilityOption, Vacuum,
};
use crate::cursor::{Parser, Result};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind;
use crate::statement::object_kind::is_other_object;
use alloc::{boxed::Box, vec::Vec};

impl Parser<'_> {
    pub(super) fn drop_objects(&mut self) -> Result<StatementKind> {
        let kind = match self.keyword_at(1) {
            Some(K::Table) => DropKind::Table,
            Some(K::Index) => DropKind::Index,
            Some(K::View) => DropKind::View,
            Some(K::Statistics) => DropKind::Statistics,
            Some(word) if is_other_object(word) || matches!(word, K::Cast | K::Owned) => {
                return Err(self.statement_not_supported(2));
            }
            _ => {
                self.advance();
                return Err(self.unexpected());
            }
        };
        self.advance();
        self.advance();
        let concurrently = kind == DropKind::Index && self.accept_word(K::Concurrently);
        let if_exists = self.if_exists();
        let names = self.list(Self::object_name)?;
        let behavior = self.drop_behavior();
        Ok(StatementKind::Drop(Drop {
            kind,
            names,
            if_exists,
            concurrently,
            behavior,
        }))
    }

    pub(super) fn drop_behavior(&mut self) -> DropBehavior {
        if self.accept_word(K::Cascade) {
            return DropBehavior::Cascade;
        }
        self.accept_word(K::Restrict);
        DropBehavior::Restrict
    }

    pub(super) fn reindex(&mut self) -> Result<StatementKind> {
        self.advance();
        let options = self.optional_bracketed(Self::utility_option)?;
        let target = match self.keyword() {
            Some(K::Index) => ReindexTarget::Index,
            Some(K::Table) => ReindexTarget::Table,
            Some(K::Schema) => ReindexTarget::Schema,
            Some(K::Database) => ReindexTarget::Database,
            Some(K::System) => ReindexTarget::System,
            _ => return Err(self.unexpected()),
        };
        self.advance();
        let concurrently = self.accept_word(K::Concurrently);
        let name = self.object_name()?;
        Ok(StatementKind::Reindex(Box::new(Reindex {
            target,
            name,
            concurrently,
            options,
        })))
    }

    pub(super) fn cluster(&mut self) -> Result<StatementKind> {
        self.advance();
        let mut verbose = self.accept_word(K::Verbose);
        if !verbose && self.at(TokenKind::LeftParenthesis) {
            let options = self.bracketed(Self::utility_option)?;
            verbose = options.iter().any(|option| &*option.name == "verbose");
        }
        let table = if self.at_name() {
            Some(self.object_name()?)
        } else {
            None
        };
        let mut cluster = Cluster {
            verbose,
            table,
            index: None,
        };
        if cluster.table.is_some() && self.accept_word(K::Using) {
            cluster.index = Some(self.name()?);
        } else if self.accept_word(K::On) {
            // The order of PostgreSQL 8.2 and before: index first.
            let index = cluster.table.take().and_then(|mut name| name.parts.pop());
            cluster.index = index;
            cluster.table = Some(self.object_name()?);
        }
        Ok(StatementKind::Cluster(cluster))
    }

    pub(super) fn analyze(&mut self) -> Result<StatementKind> {
        self.advance();
        let mut options = self.optional_bracketed(Self::utility_option)?;
        if options.is_empty() && self.at_word(K::Verbose) {
            options.push(self.word_option());
        }
        Ok(StatementKind::Analyze(Analyze {
            options,
            targets: self.maintenance_targets()?,
        }))
    }

    pub(super) fn vacuum(&mut self) -> Result<StatementKind> {
        self.advance();
        let mut options: Vec<UtilityOption> = self.optional_bracketed(Self::utility_option)?;
        if options.is_empty() {
            for word in [K::Full, K::Freeze, K::Verbose, K::Analyze] {
                if self.at_word(word) || word == K::Analyze && self.at_word(K::Analyse) {
                    options.push(self.word_option());
                }
            }
        }
        Ok(StatementKind::Vacuum(Vacuum {
            options,
            targets: self.maintenance_targets()?,
        }))
    }

    fn maintenance_targets(&mut self) -> Result<Vec<MaintenanceTarget>> {
        if !self.at_name() {
            return Ok(Vec::new());
        }
        self.list(|parser| {
            let table = parser.object_name()?;
            let columns = parser.optional_bracketed(Self::name)?;
            Ok(MaintenanceTarget { table, columns })
        })
    }
}
