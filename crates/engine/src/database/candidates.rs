//! Which index would help most: candidates for one statement ranked by what the planner would make of them, and all column orders
//! beside several statements. Both go in steps of a few plans, so that they can be ended at any time; nothing is changed.

use super::{planning::Purpose, state::Database};
use crate::{
    Error, ErrorCode,
    catalog::{IndexDef, TableId},
    logical::BoundStatement,
    physical::{Cost, KeepConsidered, PhysicalPlan, PlanKind},
    stats::RelationSize,
    what_if::{
        IndexSizeInput, WritePrice, candidate_indexes, column_orders, create_statement, key_text,
        predicted_index_size, write_price,
    },
};
use alloc::{
    borrow::Cow,
    format,
    rc::Rc,
    string::{String, ToString},
    vec::Vec,
};

/// Costs closer than this factor are the same.
const SAME: f64 = 1.001;
/// Candidates that are told.
const TOLD: usize = 12;

/// An index that would help.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Its table.
    pub table: String,
    /// "customer_id, order_date".
    pub key: String,
    /// "composite", "covering", "partial", "expression" or "single column".
    pub kind: &'static str,
    /// CREATE INDEX that makes it.
    pub statement: String,
    /// CREATE INDEX that makes it hypothetically.
    pub hypothetical: String,
    /// Cost of the whole statement with it.
    pub cost: Cost,
    /// Predicted size.
    pub size: RelationSize,
    /// Predicted bytes.
    pub bytes: u64,
    /// What keeping it up would cost.
    pub write_price: WritePrice,
}

/// One column order beside all statements.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderRow {
    /// "a, b, c".
    pub key: String,
    /// CREATE INDEX that makes it.
    pub statement: String,
    /// CREATE INDEX that makes it hypothetically.
    pub hypothetical: String,
    /// Total cost of each statement with it.
    pub costs: Vec<f64>,
    /// Whether the statement's plan reads it.
    pub used: Vec<bool>,
    /// Predicted size.
    pub size: RelationSize,
    /// Predicted bytes.
    pub bytes: u64,
    /// What keeping it up would cost.
    pub write_price: WritePrice,
}

/// All column orders beside some statements.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OrderMatrix {
    /// Total cost of each statement as things are.
    pub present: Vec<f64>,
    /// The orders: one column first, then two, three, four.
    pub rows: Vec<OrderRow>,
}

struct Tried {
    def: Rc<IndexDef>,
    size: RelationSize,
    cost: Vec<Cost>,
    used: Vec<bool>,
}

/// A search on its way. It belongs to the state of the database in which it began.
pub struct CandidateSearch {
    generation: u64,
    statements: Vec<BoundStatement>,
    present: Vec<Cost>,
    waiting: Vec<Rc<IndexDef>>,
    tried: Vec<Tried>,
}

impl CandidateSearch {
    /// Indexes tried, and of how many.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        (self.tried.len(), self.tried.len() + self.waiting.len())
    }

    /// Cost of the (first) statement as things are.
    #[must_use]
    pub fn present(&self) -> Option<Cost> {
        self.present.first().copied()
    }
}

impl Database {
    /// Begins to look for indexes that would help the statement at byte `cursor` of a text. `None`: it has no plan.
    ///
    /// # Errors
    /// Whatever binding and planning say.
    pub fn search_candidates(
        &mut self,
        text: &str,
        cursor: usize,
    ) -> Result<Option<CandidateSearch>, Error> {
        let Some(bound) = self.bound_at(text, cursor)? else {
            return Ok(None);
        };
        let waiting = candidate_indexes(&bound, &self.catalog, &self.statistics);
        self.search(Vec::from([bound]), waiting).map(Some)
    }

    /// Begins to try all orders of up to four columns of a table beside some statements, each one SQL text.
    ///
    /// # Errors
    /// 42P01, 42703 for names that do not exist; 54000 for more than four columns; whatever binding and planning say.
    pub fn search_orders(
        &mut self,
        table: &str,
        columns: &[&str],
        statements: &[&str],
    ) -> Result<CandidateSearch, Error> {
        if columns.len() > 4 {
            return Err(Error::new(
                ErrorCode::ProgramLimitExceeded,
                "at most four columns can be tried in all orders",
            ));
        }
        let def = self.catalog.table_by_name(table).cloned().ok_or_else(|| {
            Error::new(
                ErrorCode::UndefinedTable,
                format!("relation \"{table}\" does not exist"),
            )
        })?;
        let mut numbers = Vec::with_capacity(columns.len());
        for name in columns {
            numbers.push(def.column_position(name).ok_or_else(|| {
                Error::new(
                    ErrorCode::UndefinedColumn,
                    format!("column \"{name}\" does not exist"),
                )
            })?);
        }
        self.refresh_size(def.id);
        let mut bound = Vec::with_capacity(statements.len());
        for text in statements {
            bound.extend(self.bound_at(text, 0)?);
        }
        let first = crate::catalog::IndexId(self.catalog.next_id);
        self.search(bound, column_orders(&def, &numbers, first))
    }

    fn search(
        &mut self,
        statements: Vec<BoundStatement>,
        waiting: Vec<IndexDef>,
    ) -> Result<CandidateSearch, Error> {
        let mut present = Vec::with_capacity(statements.len());
        for statement in &statements {
            let plan = self.plan_bound(
                Cow::Borrowed(statement),
                Purpose::Look,
                KeepConsidered::No,
                &[],
            )?;
            present.push(plan.root.cost);
        }
        Ok(CandidateSearch {
            generation: self.generation,
            statements,
            present,
            waiting: waiting.into_iter().rev().map(Rc::new).collect(),
            tried: Vec::new(),
        })
    }

    /// Tries some more indexes; whether there are more. What was changed in between ends the search early.
    ///
    /// # Errors
    /// Whatever planning says.
    pub fn step_candidates(
        &mut self,
        search: &mut CandidateSearch,
        indexes: usize,
    ) -> Result<bool, Error> {
        for _ in 0..indexes {
            if search.generation != self.generation {
                search.waiting.clear();
            }
            let Some(def) = search.waiting.pop() else {
                return Ok(false);
            };
            let size = self.size_of_candidate(&def);
            self.statistics.indexes.insert(def.id, size);
            let tried = self.try_index(search, def.clone(), size);
            self.statistics.indexes.remove(&def.id);
            search.tried.push(tried?);
        }
        Ok(!search.waiting.is_empty())
    }

    fn try_index(
        &self,
        search: &CandidateSearch,
        def: Rc<IndexDef>,
        size: RelationSize,
    ) -> Result<Tried, Error> {
        let beside = [def.clone()];
        let mut tried = Tried {
            def,
            size,
            cost: Vec::new(),
            used: Vec::new(),
        };
        for statement in &search.statements {
            let plan = self.plan_bound(
                Cow::Borrowed(statement),
                Purpose::Look,
                KeepConsidered::No,
                &beside,
            )?;
            tried.cost.push(plan.root.cost);
            tried.used.push(reads(&plan, &tried.def));
        }
        Ok(tried)
    }

    fn size_of_candidate(&self, def: &IndexDef) -> RelationSize {
        let table = self.catalog.tables.get(&def.table);
        let table = table.expect("a candidate's table exists while its generation lasts");
        predicted_index_size(&IndexSizeInput {
            index: def,
            table,
            statistics: &self.statistics,
            rows: self.live_rows(def.table) as f64,
            page_bytes: self.storage.store.page_bytes() as u32,
        })
    }

    fn price(&self, table: TableId, size: &RelationSize) -> WritePrice {
        let page_bytes = self.storage.store.page_bytes() as u32;
        write_price(size, self.live_rows(table) as f64, page_bytes)
    }

    /// What a search for one statement has found: the cheapest plan first, and only what a smaller index does not do as well.
    #[must_use]
    pub fn candidates_found(&self, search: &CandidateSearch) -> Vec<Candidate> {
        let Some(present) = search.present() else {
            return Vec::new();
        };
        let mut helpful: Vec<(&Tried, Cost)> = search
            .tried
            .iter()
            .filter_map(|tried| Some((tried, *tried.cost.first()?)))
            .filter(|(tried, cost)| {
                tried.used.first() == Some(&true) && cost.total * SAME < present.total
            })
            .collect();
        pages::order::sort_by(&mut helpful, |(a, a_cost), (b, b_cost)| {
            a_cost
                .total
                .total_cmp(&b_cost.total)
                .then(a.size.pages.cmp(&b.size.pages))
        });
        let mut told: Vec<(&Tried, Cost)> = Vec::new();
        for (tried, cost) in helpful {
            let as_good = |other: &(&Tried, Cost)| {
                other.1.total <= cost.total * SAME && other.0.size.pages <= tried.size.pages
            };
            if !told.iter().any(as_good) && told.len() < TOLD {
                told.push((tried, cost));
            }
        }
        let page_bytes = self.storage.store.page_bytes() as u64;
        told.into_iter()
            .filter_map(|(tried, cost)| {
                let table = self.catalog.tables.get(&tried.def.table)?;
                Some(Candidate {
                    table: table.name.to_string(),
                    key: key_text(&tried.def, table),
                    kind: kind(&tried.def),
                    statement: create_statement(&tried.def, table, false),
                    hypothetical: create_statement(&tried.def, table, true),
                    cost,
                    size: tried.size,
                    bytes: u64::from(tried.size.pages) * page_bytes,
                    write_price: self.price(table.id, &tried.size),
                })
            })
            .collect()
    }

    /// What a search over column orders has found so far.
    #[must_use]
    pub fn orders_found(&self, search: &CandidateSearch) -> OrderMatrix {
        let page_bytes = self.storage.store.page_bytes() as u64;
        let rows = search.tried.iter().filter_map(|tried| {
            let table = self.catalog.tables.get(&tried.def.table)?;
            Some(OrderRow {
                key: key_text(&tried.def, table),
                statement: create_statement(&tried.def, table, false),
                hypothetical: create_statement(&tried.def, table, true),
                costs: tried.cost.iter().map(|cost| cost.total).collect(),
                used: tried.used.clone(),
                size: tried.size,
                bytes: u64::from(tried.size.pages) * page_bytes,
                write_price: self.price(table.id, &tried.size),
            })
        });
        OrderMatrix {
            present: search.present.iter().map(|cost| cost.total).collect(),
            rows: rows.collect(),
        }
    }
}

fn kind(def: &IndexDef) -> &'static str {
    let expression = def
        .columns
        .iter()
        .any(|part| matches!(part.key, crate::catalog::IndexKey::Expression(_)));
    if !def.predicate.is_empty() {
        "partial"
    } else if !def.include.is_empty() {
        "covering"
    } else if expression {
        "expression"
    } else if def.columns.len() > 1 {
        "composite"
    } else {
        "single column"
    }
}

/// Whether a plan reads an index.
fn reads(plan: &PhysicalPlan, def: &IndexDef) -> bool {
    let mut waiting: Vec<_> = Vec::from([&plan.root]);
    waiting.extend(plan.subplans.iter().map(|subplan| &subplan.plan));
    while let Some(node) = waiting.pop() {
        waiting.extend(&node.children);
        if let PlanKind::IndexScan { index, .. }
        | PlanKind::IndexOnlyScan { index, .. }
        | PlanKind::BitmapIndexScan { index, .. } = &node.kind
            && *index == def.id
        {
            return true;
        }
    }
    false
}
