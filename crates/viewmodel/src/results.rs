//! The rows of a result, as the grid reads them: chunks of columns, cells by number.

use protocol::{Alignment, RowsView};
use std::rc::Rc;

/// A column's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnHead {
    /// Name.
    pub name: String,
    /// PostgreSQL's type.
    pub type_name: String,
    /// Numbers to the right.
    pub alignment: Alignment,
}

/// Rows of one statement; cloning shares them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    /// The statement's position in its script.
    pub statement: u32,
    /// Heads.
    pub columns: Rc<Vec<ColumnHead>>,
    chunks: Vec<Rc<RowsView>>,
    rows: u32,
    /// Rows that came out, also those that were not sent.
    pub total_rows: Option<f64>,
    /// Time, in milliseconds.
    pub elapsed_ms: Option<f64>,
    /// What the statement said it did: "SELECT 20".
    pub tag: String,
}

impl Results {
    /// A result without rows, of that statement.
    #[must_use]
    pub fn empty(statement: u32) -> Self {
        Self {
            statement,
            ..Self::default()
        }
    }

    /// Rows that are here.
    #[must_use]
    pub const fn rows(&self) -> u32 {
        self.rows
    }

    /// Takes a chunk in. A chunk of a later statement replaces what was there.
    pub fn push(&mut self, chunk: RowsView) {
        if self.columns.is_empty() || chunk.statement != self.statement || chunk.first == 0 {
            let heads = chunk.columns.iter().map(|column| ColumnHead {
                name: column.name.clone(),
                type_name: column.type_name.clone(),
                alignment: column.alignment,
            });
            *self = Self {
                statement: chunk.statement,
                columns: Rc::new(heads.collect()),
                ..Self::default()
            };
        }
        self.rows += chunk.rows;
        self.chunks.push(Rc::new(chunk));
    }

    /// A cell's text; `None` = NULL (or no such cell). O(chunks).
    #[must_use]
    pub fn cell(&self, row: u32, column: usize) -> Option<&str> {
        let chunk = self
            .chunks
            .iter()
            .find(|chunk| (chunk.first..chunk.first + chunk.rows).contains(&row))?;
        let within = usize::try_from(row - chunk.first).ok()?;
        let column = chunk.columns.get(column)?;
        if column.nulls.0.get(within).is_some_and(|null| *null != 0) {
            return None;
        }
        let offset = |at: usize| {
            let bytes = column.offsets.0.get(at * 4..at * 4 + 4)?;
            usize::try_from(u32::from_le_bytes(bytes.try_into().ok()?)).ok()
        };
        std::str::from_utf8(column.text.0.get(offset(within)?..offset(within + 1)?)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{Bytes, ColumnView};

    fn chunk(first: u32, texts: &[Option<&str>]) -> RowsView {
        let mut offsets = 0u32.to_le_bytes().to_vec();
        let (mut text, mut nulls) = (Vec::new(), Vec::new());
        for value in texts {
            text.extend_from_slice(value.unwrap_or_default().as_bytes());
            offsets.extend_from_slice(&u32::try_from(text.len()).unwrap().to_le_bytes());
            nulls.push(u8::from(value.is_none()));
        }
        let column = ColumnView {
            name: "a".to_owned(),
            type_name: "text".to_owned(),
            alignment: Alignment::Start,
            offsets: Bytes(offsets),
            text: Bytes(text),
            nulls: Bytes(nulls),
        };
        RowsView {
            statement: 0,
            first,
            rows: u32::try_from(texts.len()).unwrap(),
            columns: vec![column],
        }
    }

    #[test]
    fn cells_are_found_across_chunks() {
        let mut results = Results::default();
        results.push(chunk(0, &[Some("x"), None]));
        results.push(chunk(2, &[Some(""), Some("ü")]));
        assert_eq!(results.rows(), 4);
        assert_eq!(
            [0, 1, 2, 3, 4].map(|row| results.cell(row, 0)),
            [Some("x"), None, Some(""), Some("ü"), None]
        );
    }

    #[test]
    fn a_new_result_replaces_the_old_one() {
        let mut results = Results::default();
        results.push(chunk(0, &[Some("x"), Some("y")]));
        results.push(chunk(0, &[Some("z")]));
        assert_eq!((results.rows(), results.cell(0, 0)), (1, Some("z")));
    }
}
