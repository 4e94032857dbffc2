//! All orders of some columns beside some queries: what is asked, and the answer as a table.

use crate::{format, schema_labels::mentions, store::State};
use protocol::{OrderMatrixRequest, OrderMatrixView, OrderRowView, TableView};

/// Columns at most: five would make 325 orders.
pub const MOST_COLUMNS: usize = 4;
/// Columns that are taken from the query at first.
const FIRST_COLUMNS: usize = 3;

/// What is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrdersDraft {
    /// The table.
    pub table: String,
    /// Its columns, in the order in which they were chosen.
    pub columns: Vec<String>,
    /// Queries beside the one in the editor.
    pub kept: Vec<String>,
}

impl OrdersDraft {
    /// A draft for a table, with the columns that a query mentions.
    #[must_use]
    pub fn for_query(table: &TableView, query: &str) -> Self {
        let named = table.columns.iter().map(|column| column.name.clone());
        Self {
            table: table.name.clone(),
            columns: named
                .filter(|name| mentions(query, name))
                .take(FIRST_COLUMNS)
                .collect(),
            kept: Vec::new(),
        }
    }

    /// Adds a column, or takes it out if it is in.
    pub fn toggle(&mut self, column: &str) {
        match self.columns.iter().position(|known| known == column) {
            Some(at) => _ = self.columns.remove(at),
            None if self.columns.len() < MOST_COLUMNS => self.columns.push(column.to_owned()),
            None => {}
        }
    }

    /// The queries, that of the editor last unless it is kept already.
    #[must_use]
    pub fn queries(&self, present: &str) -> Vec<String> {
        let mut queries = self.kept.clone();
        let present = present.trim();
        if !present.is_empty() && !queries.iter().any(|known| known == present) {
            queries.push(present.to_owned());
        }
        queries
    }

    /// The question, once there is something to compare.
    #[must_use]
    pub fn request(&self, present: &str) -> Option<OrderMatrixRequest> {
        let statements = self.queries(present);
        (!self.columns.is_empty() && !statements.is_empty()).then(|| OrderMatrixRequest {
            table: self.table.clone(),
            columns: self.columns.clone(),
            statements,
        })
    }
}

impl State {
    /// The statement under the cursor as it was planned last, or the whole text.
    #[must_use]
    pub fn present_query(&self) -> &str {
        self.plan
            .as_ref()
            .map_or(&*self.text, |plan| plan.sql.as_str())
    }

    /// What is compared: the draft, or one made from the query.
    #[must_use]
    pub fn orders_draft(&self) -> Option<OrdersDraft> {
        let query = self.present_query();
        self.orders.clone().or_else(|| {
            let mentioned = self.schema.tables.iter();
            let table = mentioned
                .filter(|table| mentions(query, &table.name))
                .max_by(|a, b| a.rows.total_cmp(&b.rows))
                .or_else(|| self.largest_table())?;
            Some(OrdersDraft::for_query(table, query))
        })
    }

    /// The question about orders of columns, while it is looked at.
    #[must_use]
    pub fn orders_request(&self) -> Option<OrderMatrixRequest> {
        self.orders_draft()?.request(self.present_query())
    }
}

/// One cost of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatrixCell {
    /// "53.20"
    pub cost: String,
    /// "÷ 459"; empty if nothing changes.
    pub change: String,
    /// The query's plan reads the index.
    pub used: bool,
}

/// One order of columns.
#[derive(Clone, Debug, PartialEq)]
pub struct MatrixRow {
    /// "customer_id, order_date"
    pub key: String,
    /// One for each query.
    pub cells: Vec<MatrixCell>,
    /// Sum over the queries.
    pub sum: MatrixCell,
    /// "≈ 22.1 MB"
    pub size: String,
    /// No other order makes the queries cheaper together.
    pub best: bool,
    /// CREATE INDEX that makes it.
    pub statement: String,
    /// CREATE INDEX that makes it hypothetically.
    pub hypothetical: String,
}

/// The answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// Costs as things are, one for each query, and their sum.
    pub present: (Vec<String>, String),
    /// The cheapest together first; of those that cost the same, the smallest.
    pub rows: Vec<MatrixRow>,
    /// "64 orders tried", and what is to be known beside.
    pub note: String,
}

fn cell(cost: f64, present: f64, used: bool) -> MatrixCell {
    let change = crate::plan_summary::change(cost, present);
    MatrixCell {
        cost: format::cost(cost),
        change: change.map_or_else(String::new, |(words, _)| words),
        used,
    }
}

/// Sorts and words an answer; `None` if it has none, with what is wrong in it.
#[must_use]
pub fn matrix(view: &OrderMatrixView) -> Option<Matrix> {
    if view.rows.is_empty() {
        return None;
    }
    let sum = |costs: &[f64]| costs.iter().sum::<f64>();
    let whole = sum(&view.present);
    let mut rows: Vec<&OrderRowView> = view.rows.iter().collect();
    rows.sort_by(|a, b| {
        let (one, other) = (sum(&a.costs), sum(&b.costs));
        // Costs that look the same are the same.
        let same = (one - other).abs() < 0.005;
        if same {
            a.bytes.total_cmp(&b.bytes)
        } else {
            one.total_cmp(&other)
        }
    });
    let helps = |row: &OrderRowView| sum(&row.costs) < whole * 0.9995;
    let least = rows.first().map_or(0.0, |row| sum(&row.costs));
    let words = rows
        .iter()
        .map(|row| MatrixRow {
            key: row.key.clone(),
            cells: row
                .costs
                .iter()
                .zip(&view.present)
                .enumerate()
                .map(|(at, (cost, present))| cell(*cost, *present, row.used.get(at) == Some(&true)))
                .collect(),
            sum: cell(sum(&row.costs), whole, row.used.contains(&true)),
            size: format!("≈ {}", format::bytes(row.bytes)),
            best: helps(row) && sum(&row.costs) < least + 0.005,
            statement: row.statement.clone(),
            hypothetical: row.hypothetical.clone(),
        })
        .collect();
    let tried = format::counted(
        f64::from(u32::try_from(view.rows.len()).unwrap_or(u32::MAX)),
        "order",
    );
    Some(Matrix {
        present: (
            view.present.iter().copied().map(format::cost).collect(),
            format::cost(whole),
        ),
        rows: words,
        note: if view.complete {
            format!("{tried} tried, the cheapest for all queries together first.")
        } else {
            format!("{tried} tried before the time ran out.")
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::TableColumnView;

    fn table() -> TableView {
        let column = |name: &str| TableColumnView {
            name: name.to_owned(),
            ..TableColumnView::default()
        };
        TableView {
            name: "orders".to_owned(),
            columns: ["id", "customer_id", "order_date", "status", "amount"]
                .map(column)
                .to_vec(),
            ..TableView::default()
        }
    }

    #[test]
    fn a_draft_begins_with_the_columns_of_the_query() {
        let draft = OrdersDraft::for_query(
            &table(),
            "SELECT amount FROM orders WHERE customer_id = 1 AND status = 'x' AND order_date > '2020-01-01'",
        );
        assert_eq!(draft.columns, ["customer_id", "order_date", "status"]);
    }

    #[test]
    fn no_more_than_four_columns_are_taken() {
        let mut draft = OrdersDraft::default();
        for column in ["a", "b", "c", "d", "e"] {
            draft.toggle(column);
        }
        assert_eq!(draft.columns, ["a", "b", "c", "d"]);
        draft.toggle("b");
        assert_eq!(draft.columns, ["a", "c", "d"]);
    }

    #[test]
    fn a_query_that_is_kept_is_not_asked_twice() {
        let draft = OrdersDraft {
            columns: vec!["a".to_owned()],
            kept: vec!["SELECT 1".to_owned()],
            ..OrdersDraft::default()
        };
        assert_eq!(draft.request(" SELECT 1 ").unwrap().statements.len(), 1);
        assert_eq!(draft.request("SELECT 2").unwrap().statements.len(), 2);
        assert!(OrdersDraft::default().request("SELECT 1").is_none());
    }

    #[test]
    fn the_cheapest_order_stands_first_and_of_equals_the_smallest() {
        let row = |key: &str, costs: [f64; 2], bytes: f64| OrderRowView {
            key: key.to_owned(),
            costs: costs.to_vec(),
            used: vec![true, false],
            bytes,
            ..OrderRowView::default()
        };
        let view = OrderMatrixView {
            present: vec![100.0, 50.0],
            rows: vec![
                row("a", [100.0, 50.0], 1.0),
                row("a, b", [10.0, 50.0], 9.0),
                row("b", [10.0, 50.0], 5.0),
            ],
            complete: true,
            ..OrderMatrixView::default()
        };
        let matrix = matrix(&view).unwrap();
        let keys: Vec<&str> = matrix.rows.iter().map(|row| row.key.as_str()).collect();
        assert_eq!(keys, ["b", "a, b", "a"]);
        assert_eq!(matrix.rows[0].cells[0].change, "÷ 10");
        assert_eq!(matrix.rows[0].cells[1].change, "");
        assert!(matrix.rows[0].best && matrix.rows[1].best && !matrix.rows[2].best);
        assert_eq!(matrix.present.1, "150.00");
    }
}
