//! From a written name to a column: level by level outwards, with PostgreSQL's complaints and a hint at the nearest name.
//!
//! PostgreSQL: `parse_relation.c` (colNameToVar, refnameNamespaceItem, errorMissingColumn, errorMissingRTE).

use super::{
    scope::{Offered, Scope},
    state::Binder,
};
use crate::{
    error::{Error, ErrorCode},
    logical::{Expr, Origin},
};
use alloc::{boxed::Box, format, string::String, vec, vec::Vec};
use parser::{
    Span,
    ast::{Identifier, ObjectName},
};

/// A row reference found by name, and at which level (counted from the outermost).
pub(crate) struct Found {
    pub(crate) level: usize,
    pub(crate) at: usize,
}

impl Binder<'_> {
    /// `column` or `table.column`.
    pub(crate) fn bind_column(&mut self, name: &ObjectName) -> Result<Expr, Error> {
        match name.parts.as_slice() {
            [column] => self.bind_bare_column(column, name.span),
            [table, column] => self.bind_qualified(table, column, name.span),
            [schema, table, column] => {
                check_schema(schema)?;
                self.bind_qualified(table, column, name.span)
            }
            _ => Err(Error::new(
                ErrorCode::SyntaxError,
                format!(
                    "improper qualified name (too many dotted names): {}",
                    dotted(name)
                ),
            )
            .at(name.span)),
        }
    }

    fn bind_bare_column(&mut self, column: &Identifier, span: Span) -> Result<Expr, Error> {
        for level in (0..self.scopes.len()).rev() {
            let Some(scope) = self.scopes.get(level) else {
                break;
            };
            if let Some(value) = column_in_scope(scope, column, span)? {
                self.note_level(level);
                return Ok(value);
            }
            if scope.closed {
                break;
            }
        }
        // A whole-row reference: PostgreSQL looks for a table of that name last.
        if self.find_qualifier(column, span)?.is_some() {
            return Err(Error::unsupported("a whole-row reference", span));
        }
        let error = Error::new(
            ErrorCode::UndefinedColumn,
            format!("column \"{}\" does not exist", &**column),
        )
        .at(span);
        Err(match self.nearest_column(None, column) {
            Some(hint) => error.with_hint(hint),
            None => error,
        })
    }

    fn bind_qualified(
        &mut self,
        table: &Identifier,
        column: &Identifier,
        span: Span,
    ) -> Result<Expr, Error> {
        let found = self.require_qualifier(table, table.span)?;
        let offered = self.offered(&found);
        let mut matches = offered
            .columns
            .iter()
            .filter(|offer| *offer.name == *column.text);
        let value = matches.next().map(|offer| placed(&offer.value, span));
        if value.is_some() && matches.next().is_some() {
            return Err(ambiguous(column, span));
        }
        if let Some(value) = value {
            self.note_level(found.level);
            return Ok(value);
        }
        let error = Error::new(
            ErrorCode::UndefinedColumn,
            format!("column {}.{} does not exist", &**table, &**column),
        )
        .at(span);
        Err(match self.nearest_column(Some(table), column) {
            Some(hint) => error.with_hint(hint),
            None => error,
        })
    }

    /// The FROM item that `table` names; the error says which name was probably meant.
    pub(crate) fn require_qualifier(&self, table: &str, span: Span) -> Result<Found, Error> {
        if let Some(found) = self.find_qualifier(table, span)? {
            return Ok(found);
        }
        // Hidden by an alias, or out of reach?
        for scope in self.scopes.iter().rev() {
            for offered in &scope.offered {
                let same_table = offered
                    .table
                    .as_ref()
                    .is_some_and(|(_, name)| **name == *table);
                if same_table && *offered.alias != *table && offered.rel_visible {
                    return Err(Error::new(
                        ErrorCode::UndefinedTable,
                        format!("invalid reference to FROM-clause entry for table \"{table}\""),
                    )
                    .at(span)
                    .with_hint(format!(
                        "Perhaps you meant to reference the table alias \"{}\".",
                        offered.alias
                    )));
                }
                if *offered.alias == *table {
                    return Err(unreachable_item(table, span));
                }
            }
        }
        Err(Error::new(
            ErrorCode::UndefinedTable,
            format!("missing FROM-clause entry for table \"{table}\""),
        )
        .at(span))
    }

    fn find_qualifier(&self, table: &str, span: Span) -> Result<Option<Found>, Error> {
        for (level, scope) in self.scopes.iter().enumerate().rev() {
            let mut found: Option<Found> = None;
            for (at, offered) in scope.offered.iter().enumerate() {
                if !offered.rel_visible || *offered.alias != *table {
                    continue;
                }
                if offered.lateral_only && !scope.lateral_active {
                    continue;
                }
                check_lateral(offered, span)?;
                if found.is_some() {
                    return Err(Error::new(
                        ErrorCode::DuplicateAlias,
                        format!("table reference \"{table}\" is ambiguous"),
                    )
                    .at(span));
                }
                found = Some(Found { level, at });
            }
            if found.is_some() {
                return Ok(found);
            }
            if scope.closed {
                break;
            }
        }
        Ok(None)
    }

    /// What a found name offers.
    pub(crate) fn offered(&self, found: &Found) -> &Offered {
        self.scopes
            .get(found.level)
            .and_then(|scope| scope.offered.get(found.at))
            .expect("names are found among what levels offer")
    }

    /// Remembers from which level a column came.
    pub(crate) fn note_level(&mut self, level: usize) {
        self.deepest_column = Some(self.deepest_column.map_or(level, |known| known.max(level)));
    }

    /// PostgreSQL's hint: the column within a few edits of `column`, of `table` if that is given.
    fn nearest_column(&self, table: Option<&str>, column: &str) -> Option<String> {
        let mut best: Option<(usize, String)> = None;
        for scope in self.scopes.iter().rev() {
            for offered in &scope.offered {
                if !(offered.rel_visible || offered.columns_visible) {
                    continue;
                }
                for offer in &offered.columns {
                    // A wrong qualifier costs as many edits as it has letters wrong.
                    let penalty = table.map_or(0, |table| edit_distance(table, &offered.alias));
                    let distance = edit_distance(column, &offer.name) + penalty;
                    if distance > 3 || distance > column.chars().count() / 2 {
                        continue;
                    }
                    if best.as_ref().is_none_or(|(least, _)| distance < *least) {
                        let shown = if offered.alias.is_empty() {
                            String::from(&*offer.name)
                        } else {
                            format!("{}.{}", offered.alias, offer.name)
                        };
                        best = Some((distance, shown));
                    }
                }
            }
            if scope.closed {
                break;
            }
        }
        best.map(|(_, shown)| format!("Perhaps you meant to reference the column \"{shown}\"."))
    }
}

fn column_in_scope(scope: &Scope, column: &str, span: Span) -> Result<Option<Expr>, Error> {
    let mut found: Option<&Expr> = None;
    for offered in &scope.offered {
        if !offered.columns_visible || (offered.lateral_only && !scope.lateral_active) {
            continue;
        }
        for offer in &offered.columns {
            if *offer.name != *column {
                continue;
            }
            check_lateral(offered, span)?;
            if found.is_some() {
                return Err(ambiguous(column, span));
            }
            found = Some(&offer.value);
        }
    }
    Ok(found.map(|value| placed(value, span)))
}

fn check_lateral(offered: &Offered, span: Span) -> Result<(), Error> {
    if offered.lateral_only && !offered.lateral_ok {
        return Err(Error::new(
            ErrorCode::InvalidColumnReference,
            format!(
                "invalid reference to FROM-clause entry for table \"{}\"",
                offered.alias
            ),
        )
        .at(span)
        .with_detail("The combining JOIN type must be INNER or LEFT for a LATERAL reference."));
    }
    Ok(())
}

fn unreachable_item(table: &str, span: Span) -> Error {
    Error::new(
        ErrorCode::UndefinedTable,
        format!("invalid reference to FROM-clause entry for table \"{table}\""),
    )
    .at(span)
    .with_detail(format!(
        "There is an entry for table \"{table}\", but it cannot be referenced from this part of the query."
    ))
}

fn ambiguous(column: &str, span: Span) -> Error {
    Error::new(
        ErrorCode::AmbiguousColumn,
        format!("column reference \"{column}\" is ambiguous"),
    )
    .at(span)
}

/// The same value, written at `span`.
pub(crate) fn placed(value: &Expr, span: Span) -> Expr {
    let mut value = value.clone();
    value.origin = Origin(span);
    value
}

/// Schemas that exist.
pub(crate) fn check_schema(schema: &Identifier) -> Result<(), Error> {
    if matches!(
        &**schema,
        "public" | "pg_catalog" | "information_schema" | "pg_temp"
    ) {
        Ok(())
    } else {
        Err(Error::new(
            ErrorCode::UndefinedTable,
            format!("schema \"{}\" does not exist", &**schema),
        )
        .at(schema.span))
    }
}

/// The name with its dots.
pub(crate) fn dotted(name: &ObjectName) -> String {
    let parts: Vec<&str> = name.parts.iter().map(|part| &**part).collect();
    parts.join(".")
}

/// The name nearest to `wanted` among `names`, if it is near enough to be a slip.
pub(crate) fn nearest<'n>(
    wanted: &str,
    names: impl Iterator<Item = &'n Box<str>>,
) -> Option<&'n str> {
    names
        .map(|name| (edit_distance(wanted, name), &**name))
        .filter(|(distance, _)| *distance <= 3 && *distance <= wanted.chars().count() / 2)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Levenshtein distance. O(n·m).
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for (j, (to, pair)) in b.iter().zip(row.windows(2)).enumerate() {
            let &[diagonal, above] = pair else { continue };
            let left = next.get(j).copied().unwrap_or(usize::MAX - 1);
            let change = diagonal + usize::from(from != *to);
            next.push(change.min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
