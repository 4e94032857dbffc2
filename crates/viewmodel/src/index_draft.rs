//! The *New index* form: columns clicked in order, turned into CREATE INDEX.

use std::fmt::Write as _;

/// A column of the draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftColumn {
    /// Name.
    pub name: String,
    /// DESC.
    pub descending: bool,
}

/// An index that is being designed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexDraft {
    /// Table.
    pub table: String,
    /// Key columns in order.
    pub columns: Vec<DraftColumn>,
    /// INCLUDE columns.
    pub include: Vec<String>,
    /// UNIQUE.
    pub unique: bool,
    /// An expression after the columns, as typed.
    pub expression: String,
    /// WHERE, as typed.
    pub predicate: String,
}

impl IndexDraft {
    /// A draft for a table.
    #[must_use]
    pub fn for_table(table: &str) -> Self {
        Self {
            table: table.to_owned(),
            ..Self::default()
        }
    }

    /// Adds a column at the end of the key, or takes it out if it is in.
    pub fn toggle_column(&mut self, name: &str) {
        if let Some(position) = self.position(name) {
            self.columns.remove(position);
        } else {
            self.include.retain(|included| included != name);
            self.columns.push(DraftColumn {
                name: name.to_owned(),
                descending: false,
            });
        }
    }

    /// Turns a key column's order round.
    pub fn toggle_descending(&mut self, name: &str) {
        if let Some(position) = self.position(name) {
            let column = &mut self.columns[position];
            column.descending = !column.descending;
        }
    }

    /// Adds an INCLUDE column, or takes it out. A key column stays a key column.
    pub fn toggle_include(&mut self, name: &str) {
        if self.position(name).is_some() {
            return;
        }
        if self.include.iter().any(|included| included == name) {
            self.include.retain(|included| included != name);
        } else {
            self.include.push(name.to_owned());
        }
    }

    /// Position of a column in the key, from 0.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The statement, or `None` while no column is chosen. The name is PostgreSQL's own choice, so that a script reads as people write it;
    /// `taken` are the names that exist.
    #[must_use]
    pub fn statement(&self, taken: &[String]) -> Option<String> {
        self.written(taken, false)
    }

    /// The same for an index that is only planned with.
    #[must_use]
    pub fn hypothetical(&self, taken: &[String]) -> Option<String> {
        self.written(taken, true)
    }

    fn written(&self, taken: &[String], hypothetical: bool) -> Option<String> {
        let expression = self.expression.trim();
        if self.columns.is_empty() && expression.is_empty() {
            return None;
        }
        let mut sql = String::from("CREATE ");
        if self.unique {
            sql.push_str("UNIQUE ");
        }
        let keys: Vec<String> = self
            .columns
            .iter()
            .map(|column| {
                if column.descending {
                    format!("{} DESC", quoted(&column.name))
                } else {
                    quoted(&column.name)
                }
            })
            .chain((!expression.is_empty()).then(|| format!("({expression})")))
            .collect();
        write!(
            sql,
            "INDEX {} ON {} ({})",
            quoted(&self.name(taken)),
            quoted(&self.table),
            keys.join(", ")
        )
        .ok()?;
        if !self.include.is_empty() {
            let include: Vec<String> = self.include.iter().map(|name| quoted(name)).collect();
            write!(sql, " INCLUDE ({})", include.join(", ")).ok()?;
        }
        if hypothetical {
            sql.push_str(" WITH (hypothetical = true)");
        }
        if !self.predicate.trim().is_empty() {
            write!(sql, " WHERE {}", self.predicate.trim()).ok()?;
        }
        Some(sql)
    }

    fn name(&self, taken: &[String]) -> String {
        let columns: Vec<&str> = self
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .chain((!self.expression.trim().is_empty()).then_some("expr"))
            .collect();
        let base: String = format!("{}_{}", self.table, columns.join("_"))
            .chars()
            .take(59)
            .collect();
        let base = format!("{base}_idx");
        (0..)
            .map(|number| {
                if number == 0 {
                    base.clone()
                } else {
                    format!("{base}{number}")
                }
            })
            .find(|name| !taken.contains(name))
            .unwrap_or(base)
    }
}

/// An identifier as SQL needs it: quoted only if it must be.
#[must_use]
pub fn quoted(name: &str) -> String {
    let plain = name.chars().enumerate().all(|(position, character)| {
        character == '_'
            || character.is_ascii_lowercase()
            || (position > 0 && character.is_ascii_digit())
    });
    if plain && !name.is_empty() {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_in_the_order_of_the_clicks() {
        let mut draft = IndexDraft::for_table("orders");
        draft.toggle_column("order_date");
        draft.toggle_column("customer_id");
        draft.toggle_descending("order_date");
        draft.toggle_include("amount");
        assert_eq!(
            draft.statement(&[]).unwrap(),
            "CREATE INDEX orders_order_date_customer_id_idx ON orders (order_date DESC, customer_id) INCLUDE (amount)"
        );
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        let mut draft = IndexDraft::for_table("orders");
        draft.toggle_column("amount");
        let taken = ["orders_amount_idx".to_owned()];
        assert!(
            draft
                .statement(&taken)
                .unwrap()
                .contains(" orders_amount_idx1 ")
        );
    }

    #[test]
    fn a_draft_without_columns_is_no_statement() {
        assert_eq!(IndexDraft::for_table("orders").statement(&[]), None);
    }

    #[test]
    fn odd_names_are_quoted() {
        assert_eq!(quoted("Order \"x\""), "\"Order \"\"x\"\"\"");
    }
}
