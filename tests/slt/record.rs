//! Reading sqllogictest files: records separated by blank lines.

/// How rows are ordered before they are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// As they come.
    None,
    /// Rows.
    Rows,
    /// Single values.
    Values,
}

/// What a record does.
pub enum Kind<'t> {
    /// A statement, and whether it must succeed.
    Statement {
        /// `statement ok`
        succeeds: bool,
    },
    /// A query.
    Query {
        /// A letter a column: I, R, T.
        types: &'t str,
        /// Order.
        sort: Sort,
        /// Queries of one label have one result.
        label: Option<&'t str>,
        /// The lines behind `----`.
        expected: Vec<&'t str>,
    },
}

/// One record.
pub struct Record<'t> {
    /// Line in the file, from 1.
    pub line: usize,
    /// What it does.
    pub kind: Kind<'t>,
    /// The command.
    pub sql: String,
}

/// All records of a file.
pub fn read(text: &str) -> Vec<Record<'_>> {
    let mut records = Vec::new();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((at, head)) = lines.next() {
        let mut words = head.split_whitespace();
        let first = words.next();
        if !matches!(first, Some("statement" | "query")) {
            continue;
        }
        let mut sql = Vec::new();
        let mut expected = Vec::new();
        let mut behind = false;
        while let Some((_, line)) = lines.next_if(|(_, line)| !line.is_empty()) {
            if line == "----" {
                behind = true;
            } else if behind {
                expected.push(line);
            } else {
                sql.push(line);
            }
        }
        let kind = if first == Some("statement") {
            Kind::Statement {
                succeeds: words.next() == Some("ok"),
            }
        } else {
            Kind::Query {
                types: words.next().unwrap_or(""),
                sort: match words.next() {
                    Some("rowsort") => Sort::Rows,
                    Some("valuesort") => Sort::Values,
                    _ => Sort::None,
                },
                label: words.next(),
                expected,
            }
        };
        records.push(Record {
            line: at + 1,
            kind,
            sql: sql.join("\n"),
        });
    }
    records
}
