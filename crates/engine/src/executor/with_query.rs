//! Rows of WITH queries, kept so that several scans read them, and the working tables of recursive ones.
//!
//! Why outside the operators: the scan that reads a WITH query stands anywhere in the plan, also within a sub-plan; the query
//! itself is run once, as far as its fastest reader has read.

use super::{
    operator::{Budget, ExecContext, Node, Step},
    simple::Place,
};
use crate::{Error, value::Batch};
use alloc::{boxed::Box, rc::Rc, vec::Vec};

/// One WITH query: its plan, until it has ended, and the rows so far.
#[derive(Default)]
pub struct WithQuery {
    source: Option<Box<Node>>,
    batches: Vec<Rc<Batch>>,
    bytes: usize,
    running: bool,
}

/// All WITH queries and working tables of a running statement.
#[derive(Default)]
pub struct WithQueries {
    queries: Vec<WithQuery>,
    /// Working tables by position: the rows that the last round of a recursion added.
    working: Vec<Vec<Rc<Batch>>>,
}

impl WithQueries {
    /// Adds a query, and returns its number.
    pub fn add(&mut self, source: Node) -> usize {
        self.queries.push(WithQuery {
            source: Some(Box::new(source)),
            ..WithQuery::default()
        });
        self.queries.len() - 1
    }

    /// Adds an empty working table, and returns its number.
    pub fn add_working_table(&mut self) -> usize {
        self.working.push(Vec::new());
        self.working.len() - 1
    }

    /// The rows of a working table.
    #[must_use]
    pub fn working(&self, table: usize) -> &[Rc<Batch>] {
        self.working.get(table).map_or(&[], Vec::as_slice)
    }

    /// Replaces a working table.
    pub fn set_working(&mut self, table: usize, batches: Vec<Rc<Batch>>) {
        if let Some(place) = self.working.get_mut(table) {
            *place = batches;
        }
    }
}

/// The next rows of a WITH query behind `at`, running it further if need be.
///
/// # Errors
/// As the query's operators.
pub fn read(
    cx: &mut ExecContext<'_>,
    budget: &mut Budget,
    query: usize,
    at: &mut Place,
) -> Result<Step, Error> {
    loop {
        let Some(state) = cx.with.queries.get_mut(query) else {
            return Ok(Step::Done);
        };
        if let Some(batch) = at.next(&state.batches, budget) {
            return Ok(Step::Batch(batch));
        }
        if state.running {
            return Err(Error::new(
                crate::ErrorCode::InternalError,
                "a WITH query reads itself",
            ));
        }
        let Some(mut source) = state.source.take() else {
            return Ok(Step::Done);
        };
        state.running = true;
        let step = source.step(cx, budget);
        if let Some(state) = cx.with.queries.get_mut(query) {
            state.running = false;
            match step? {
                Step::Batch(batch) => {
                    let batch = super::columns::dense(batch)?;
                    let bytes: usize = batch
                        .columns
                        .iter()
                        .map(|column| super::columns::bytes(column))
                        .sum();
                    cx.memory.take(bytes)?;
                    state.bytes += bytes;
                    state.batches.push(Rc::new(batch));
                    state.source = Some(source);
                }
                Step::Pause => {
                    state.source = Some(source);
                    return Ok(Step::Pause);
                }
                Step::Done => {}
            }
        }
    }
}
