//! Names that PostgreSQL makes up, and names that are taken. PostgreSQL: `indexcmds.c` (ChooseIndexName,
//! ChooseRelationName), `makeObjectName`.

use crate::collections::SortedSet;
use crate::{
    catalog::Catalog,
    error::{Error, ErrorCode},
};
use alloc::{boxed::Box, format, string::String};
use parser::{
    Span,
    ast::{Identifier, ObjectName},
};

/// Longest name in bytes (PostgreSQL's NAMEDATALEN - 1).
const MAX_NAME: usize = 63;

/// The names that one statement may not use: those that exist and those it has given itself.
pub(super) struct Taken<'a> {
    catalog: &'a Catalog,
    given: SortedSet<Box<str>>,
}

impl<'a> Taken<'a> {
    pub(super) const fn new(catalog: &'a Catalog) -> Self {
        Self {
            catalog,
            given: SortedSet::new(),
        }
    }

    fn holds(&self, name: &str) -> bool {
        self.given.contains(name) || relation_exists(self.catalog, name)
    }

    /// Takes a name that was written.
    pub(super) fn take(&mut self, name: &str, span: Span) -> Result<Box<str>, Error> {
        if self.holds(name) {
            return Err(already_exists(name, span));
        }
        let name: Box<str> = name.into();
        self.given.insert(name.clone());
        Ok(name)
    }

    /// Takes `table_columns_label`, with a number if that is taken.
    pub(super) fn choose(&mut self, table: &str, columns: &str, label: &str) -> Box<str> {
        let mut number = 0u32;
        loop {
            let suffix = if number == 0 {
                String::from(label)
            } else {
                format!("{label}{number}")
            };
            let name = made_up(table, columns, &suffix);
            if !self.holds(&name) {
                self.given.insert(name.clone());
                return name;
            }
            number += 1;
        }
    }
}

/// `a_b_label`, where the longer of a and b gives way so that the whole fits.
pub(super) fn made_up(first: &str, second: &str, label: &str) -> Box<str> {
    let overhead = label.len() + 1 + usize::from(!second.is_empty());
    let room = MAX_NAME.saturating_sub(overhead);
    let (mut one, mut two) = (first.len(), second.len());
    while one + two > room {
        if one > two {
            one -= 1;
        } else {
            two -= 1;
        }
    }
    let cut = |text: &str, mut length: usize| {
        while !text.is_char_boundary(length) {
            length -= 1;
        }
        String::from(text.get(..length).unwrap_or(text))
    };
    let mut name = cut(first, one);
    if !second.is_empty() {
        name.push('_');
        name.push_str(&cut(second, two));
    }
    name.push('_');
    name.push_str(label);
    name.into()
}

/// Whether a table, index or view has that name.
pub(super) fn relation_exists(catalog: &Catalog, name: &str) -> bool {
    catalog.table_by_name(name).is_some()
        || catalog.index_by_name(name).is_some()
        || catalog.views.contains_key(name)
}

/// 42P07
pub(super) fn already_exists(name: &str, span: Span) -> Error {
    Error::new(
        ErrorCode::DuplicateTable,
        format!("relation \"{name}\" already exists"),
    )
    .at(span)
}

/// The last part of a name whose schema must be ours.
pub(super) fn own_name(name: &ObjectName) -> Result<&Identifier, Error> {
    match name.qualifiers().last() {
        Some(schema) if !matches!(&**schema, "public" | "pg_temp") => Err(Error::new(
            ErrorCode::UndefinedObject,
            format!("schema \"{}\" does not exist", &**schema),
        )
        .at(schema.span)),
        _ => Ok(name.last()),
    }
}
