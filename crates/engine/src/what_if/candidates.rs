//! Indexes that could help a statement: for each table the key columns in the orders that make sense, the same with the columns that
//! are read besides (covering), for the rows of one condition only (partial), and over expressions.
//!
//! Method: the columns compared with values come first (the one with most distinct values leading), then one bound or the wanted
//! order; join columns lead where the table is looked up row by row. Whether a candidate helps, the planner is asked.

use super::interest::{Interest, interests};
use super::table_source::TableSource;
use crate::{
    catalog::{Catalog, IndexColumn, IndexDef, IndexId, IndexKey, IndexState, TableDef},
    explain::expression_text,
    logical::{BoundStatement, Expr, ExprKind},
    stats::Statistics,
};
use alloc::{string::String, vec::Vec};
use pages::order::sort_by;

/// Key columns of a candidate at most.
const MAX_KEYS: usize = 4;
/// Columns that a covering candidate may carry besides its key.
const MAX_INCLUDED: usize = 4;
/// Candidates for one table of the statement.
const MAX_FOR_TABLE: usize = 60;
/// A partial index is worth it only if it leaves this share of the rows out.
const PARTIAL_BELOW: f64 = 0.5;

/// Candidates for all tables, without those that exist. Their numbers begin at the catalog's next. O(columns²) a table.
pub(crate) fn candidate_indexes(
    statement: &BoundStatement,
    catalog: &Catalog,
    statistics: &Statistics,
) -> Vec<IndexDef> {
    let mut all: Vec<IndexDef> = Vec::new();
    for interest in interests(statement) {
        let table = interest.table.and_then(|id| catalog.tables.get(&id));
        let Some(table) = table else {
            continue;
        };
        let rows = statistics
            .tables
            .get(&table.id)
            .map_or(0.0, |size| size.analyzed_rows.max(0.0));
        let source = TableSource {
            statistics,
            table: table.id,
            rows,
        };
        let mut maker = Maker {
            table,
            made: Vec::new(),
        };
        maker.make(&interest, &source);
        for def in maker.made.into_iter().take(MAX_FOR_TABLE) {
            let exists = catalog
                .indexes_of(table.id)
                .map(|index| &**index)
                .chain(&all)
                .any(|known| same_index(known, &def));
            if !exists {
                let id = IndexId(catalog.next_id.saturating_add(all.len() as u32));
                all.push(IndexDef { id, ..def });
            }
        }
    }
    all
}

fn same_index(one: &IndexDef, other: &IndexDef) -> bool {
    one.state != IndexState::Hidden
        && one.table == other.table
        && one.columns == other.columns
        && one.include == other.include
        && one.predicate == other.predicate
}

struct Maker<'a> {
    table: &'a TableDef,
    made: Vec<IndexDef>,
}

type Keys = Vec<(u16, bool)>;

impl Maker<'_> {
    fn make(&mut self, interest: &Interest, source: &TableSource<'_>) {
        let sequences = sequences(interest, self.table, source);
        let partial: Vec<&Expr> = interest
            .fixed
            .iter()
            .filter(|condition| source.fraction(core::slice::from_ref(*condition)) < PARTIAL_BELOW)
            .collect();
        for keys in &sequences {
            self.push(keys, &[], None);
        }
        for keys in &sequences {
            let rest: Vec<u16> = interest
                .used
                .iter()
                .copied()
                .filter(|column| keys.iter().all(|(key, _)| key != column))
                .collect();
            if !rest.is_empty() && rest.len() <= MAX_INCLUDED {
                self.push(keys, &rest, None);
            }
        }
        for condition in partial {
            let fixed = column_in(condition);
            for keys in &sequences {
                let left: Keys = keys
                    .iter()
                    .copied()
                    .filter(|(column, _)| Some(*column) != fixed)
                    .collect();
                if !left.is_empty() {
                    self.push(&left, &[], Some(condition));
                }
            }
        }
        for expr in &interest.expressions {
            let part = IndexColumn {
                key: IndexKey::Expression(expr.clone()),
                data_type: expr.data_type,
                descending: false,
                nulls_first: false,
            };
            let def = self.def(Vec::from([part]), Vec::new(), None);
            self.made.push(def);
        }
    }

    fn push(&mut self, keys: &[(u16, bool)], include: &[u16], predicate: Option<&Expr>) {
        let columns = keys
            .iter()
            .filter_map(|&(column, descending)| {
                let def = self.table.columns.get(usize::from(column))?;
                Some(IndexColumn {
                    key: IndexKey::Column(column),
                    data_type: def.data_type,
                    descending,
                    nulls_first: descending,
                })
            })
            .collect();
        let def = self.def(columns, include.to_vec(), predicate);
        if !self.made.contains(&def) {
            self.made.push(def);
        }
    }

    fn def(
        &self,
        columns: Vec<IndexColumn>,
        include: Vec<u16>,
        predicate: Option<&Expr>,
    ) -> IndexDef {
        IndexDef {
            id: IndexId(0),
            name: "candidate".into(),
            table: self.table.id,
            columns,
            include,
            predicate: predicate.into_iter().cloned().collect(),
            predicate_text: predicate.map(|expr| expression_text(expr, self.table)),
            unique: false,
            nulls_not_distinct: false,
            constraint: false,
            fill_factor: 90,
            state: IndexState::Hypothetical,
        }
    }
}

fn column_in(condition: &Expr) -> Option<u16> {
    let mut found = None;
    crate::logical::expr_walk(condition, &mut |part| {
        if let ExprKind::Column(column) = &part.kind {
            found = Some(column.column);
        }
        true
    });
    found
}

/// Key columns in the orders worth trying, the shortest first among those of one origin.
fn sequences(interest: &Interest, table: &TableDef, source: &TableSource<'_>) -> Vec<Keys> {
    let distinct = |column: &u16| {
        let data_type = table
            .columns
            .get(usize::from(*column))
            .map_or(crate::value::DataType::Unknown, |def| def.data_type);
        let expr = super::index_size::table_column(*column, data_type);
        source
            .distinct(IndexId(u32::MAX), u16::MAX, Some(&expr))
            .unwrap_or(1.0)
    };
    let mut equal = interest.equal.clone();
    sort_by(&mut equal, |a, b| distinct(b).total_cmp(&distinct(a)));
    let plain = |columns: &[u16]| -> Keys { columns.iter().map(|&at| (at, false)).collect() };
    let equal_keys = plain(&equal);
    let mut all: Vec<Keys> = Vec::new();
    let mut add = |parts: &[&[(u16, bool)]]| {
        let mut keys: Keys = Vec::new();
        for &(column, descending) in parts.iter().copied().flatten() {
            if keys.len() < MAX_KEYS && keys.iter().all(|(known, _)| *known != column) {
                keys.push((column, descending));
            }
        }
        // An index is read from either end.
        if keys.iter().all(|(_, descending)| *descending) {
            keys.iter_mut().for_each(|key| key.1 = false);
        }
        if !keys.is_empty() && !all.contains(&keys) {
            all.push(keys);
        }
    };
    add(&[&equal_keys]);
    for &column in &equal {
        add(&[&[(column, false)]]);
    }
    for &column in &interest.ranges {
        add(&[&[(column, false)]]);
        add(&[&equal_keys, &[(column, false)]]);
    }
    for order in &interest.orders {
        add(&[order]);
        add(&[&equal_keys, order]);
        for &column in &interest.ranges {
            add(&[&equal_keys, &[(column, false)], order]);
            add(&[&equal_keys, order, &[(column, false)]]);
        }
    }
    for &column in &interest.joined {
        let joined = [(column, false)];
        add(&[&joined]);
        add(&[&joined, &equal_keys]);
        add(&[&equal_keys, &joined]);
        for &range in &interest.ranges {
            add(&[&joined, &[(range, false)]]);
            add(&[&equal_keys, &joined, &[(range, false)]]);
        }
        for order in &interest.orders {
            add(&[&joined, order]);
            add(&[order, &joined]);
        }
    }
    all
}

/// All ordered selections of some columns, longest last: (a), (b), (a, b), (b, a) …
pub(crate) fn column_orders(table: &TableDef, columns: &[u16], first: IndexId) -> Vec<IndexDef> {
    let mut orders: Vec<Keys> = Vec::from([Vec::new()]);
    let mut from = 0;
    for _ in 0..columns.len().min(MAX_KEYS) {
        let until = orders.len();
        for at in from..until {
            let base = orders.get(at).cloned().unwrap_or_default();
            for &column in columns {
                if base.iter().all(|(known, _)| *known != column) {
                    let mut longer = base.clone();
                    longer.push((column, false));
                    orders.push(longer);
                }
            }
        }
        from = until;
    }
    let mut maker = Maker {
        table,
        made: Vec::new(),
    };
    for keys in orders.iter().filter(|keys| !keys.is_empty()) {
        maker.push(keys, &[], None);
    }
    let numbers = first.0..;
    maker
        .made
        .into_iter()
        .zip(numbers)
        .map(|(def, id)| IndexDef {
            id: IndexId(id),
            ..def
        })
        .collect()
}

/// The statement that makes the index, without a name: PostgreSQL chooses one. `hypothetical`: without building it.
pub(crate) fn create_statement(index: &IndexDef, table: &TableDef, hypothetical: bool) -> String {
    let quote = crate::explain::quote_identifier;
    let mut text = String::from("CREATE INDEX ON ");
    text.push_str(&quote(&table.name));
    text.push_str(" (");
    text.push_str(&key_text(index, table));
    text.push(')');
    if !index.include.is_empty() {
        text.push_str(" INCLUDE (");
        for (at, &column) in index.include.iter().enumerate() {
            if at > 0 {
                text.push_str(", ");
            }
            if let Some(def) = table.columns.get(usize::from(column)) {
                text.push_str(&quote(&def.name));
            }
        }
        text.push(')');
    }
    if hypothetical {
        text.push_str(" WITH (hypothetical = true)");
    }
    if let Some(predicate) = &index.predicate_text {
        text.push_str(" WHERE ");
        text.push_str(predicate);
    }
    text
}

/// "customer_id, order_date DESC".
pub(crate) fn key_text(index: &IndexDef, table: &TableDef) -> String {
    let mut text = String::new();
    for (at, part) in index.columns.iter().enumerate() {
        if at > 0 {
            text.push_str(", ");
        }
        match &part.key {
            IndexKey::Column(column) => {
                if let Some(def) = table.columns.get(usize::from(*column)) {
                    text.push_str(&crate::explain::quote_identifier(&def.name));
                }
            }
            IndexKey::Expression(expr) => {
                let words = expression_text(expr, table);
                let plain = matches!(expr.kind, ExprKind::Function(..)) || words.starts_with('(');
                if plain {
                    text.push_str(&words);
                } else {
                    text.push('(');
                    text.push_str(&words);
                    text.push(')');
                }
            }
        }
        if part.descending {
            text.push_str(" DESC");
        }
    }
    text
}
