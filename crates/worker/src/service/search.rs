//! Looking for indexes that would help: planning alone, but so much of it that it goes in slices and has a time limit.

use engine::database::CandidateSearch;
use protocol::{CandidatesView, OrderMatrixView, Request, RequestId, Response};

use super::Service;
use crate::convert;

/// Indexes tried in one slice: at most a few milliseconds for a join of several tables.
const INDEXES_AT_ONCE: usize = 4;

/// Milliseconds after which what was found so far is told.
const BUDGET_MS: f64 = 3_000.0;

/// A search on its way; only the newest of its kind is worked at.
pub(super) struct Search {
    id: RequestId,
    search: CandidateSearch,
    /// Orders of columns beside statements, instead of candidates for one.
    orders: bool,
    began_ms: f64,
}

impl Service {
    /// Begins a search, in place of one of its kind that is under way.
    pub(super) fn look_for_indexes(&mut self, id: RequestId, request: Request) {
        let began_ms = (self.host.now_ms)();
        let (found, orders) = match request {
            Request::Candidates(request) => {
                let cursor = usize::try_from(request.cursor).unwrap_or(usize::MAX);
                (
                    self.database.search_candidates(&request.text, cursor),
                    false,
                )
            }
            Request::OrderMatrix(request) => {
                let columns: Vec<&str> = request.columns.iter().map(String::as_str).collect();
                let texts: Vec<&str> = request.statements.iter().map(String::as_str).collect();
                let search = self
                    .database
                    .search_orders(&request.table, &columns, &texts);
                (search.map(Some), true)
            }
            _ => return,
        };
        let slot = &mut self.searches[usize::from(orders)];
        *slot = None;
        match found {
            Ok(Some(search)) => {
                *slot = Some(Box::new(Search {
                    id,
                    search,
                    orders,
                    began_ms,
                }));
            }
            Ok(None) => {
                let view = CandidatesView {
                    complete: true,
                    ..CandidatesView::default()
                };
                self.answer(id, Response::Candidates(Box::new(view)));
            }
            Err(error) => self.search_failed(id, orders, &error),
        }
    }

    /// One slice; what is left to do.
    pub(super) fn work_at_search(&mut self, mut search: Box<Search>) -> Option<Box<Search>> {
        let more = match self
            .database
            .step_candidates(&mut search.search, INDEXES_AT_ONCE)
        {
            Ok(more) => more,
            Err(error) => {
                self.search_failed(search.id, search.orders, &error);
                return None;
            }
        };
        if more && (self.host.now_ms)() - search.began_ms < BUDGET_MS {
            return Some(search);
        }
        let response = if search.orders {
            let matrix = self.database.orders_found(&search.search);
            Response::OrderMatrix(Box::new(convert::order_matrix(matrix, !more)))
        } else {
            let found = self.database.candidates_found(&search.search);
            let view = convert::candidates(found, &search.search, !more);
            Response::Candidates(Box::new(view))
        };
        self.answer(search.id, response);
        None
    }

    fn search_failed(&mut self, id: RequestId, orders: bool, error: &engine::Error) {
        let failure = Some(convert::failure(error));
        let response = if orders {
            Response::OrderMatrix(Box::new(OrderMatrixView {
                failure,
                ..OrderMatrixView::default()
            }))
        } else {
            Response::Candidates(Box::new(CandidatesView {
                failure,
                ..CandidatesView::default()
            }))
        };
        self.answer(id, response);
    }
}
