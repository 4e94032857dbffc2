//! Hypothetical indexes and candidates as they are shown.

use engine::database::{Candidate, CandidateSearch, OrderMatrix, WhatIf};
use engine::physical::VerdictCause;
use engine::what_if::WritePrice;
use protocol::{
    CandidateView, CandidatesView, OrderMatrixView, OrderRowView, WhatIfView, WritePriceView,
};

use super::failure::failure;
use super::figures::{count, figure};
use super::plan::cost;

/// What one more index would do.
pub fn what_if(definition: String, found: Result<WhatIf, engine::Error>) -> WhatIfView {
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            return WhatIfView {
                definition,
                failure: Some(failure(&error)),
                ..WhatIfView::default()
            };
        }
    };
    let verdict = found.verdict.as_ref();
    WhatIfView {
        definition,
        failure: None,
        before: found.before.as_ref().map(|plan| cost(plan.plan.root.cost)),
        after: found.after.as_ref().map(|plan| cost(plan.plan.root.cost)),
        used: verdict.is_some_and(|verdict| verdict.cause == VerdictCause::Used),
        reason: verdict.map_or_else(
            || "the query does not read this table".to_owned(),
            |verdict| verdict.reason.clone(),
        ),
        pages: f64::from(found.size.pages),
        bytes: figure(found.bytes),
        height: found.size.tree_height + 1,
        entries: found.size.analyzed_rows,
        write_price: write_price(&found.write_price),
    }
}

pub(super) fn write_price(price: &WritePrice) -> WritePriceView {
    WritePriceView {
        pages_read: price.pages_read,
        pages_dirtied: price.pages_dirtied,
        entry_bytes: price.entry_bytes,
    }
}

/// What a search for one statement has found.
pub fn candidates(
    found: Vec<Candidate>,
    search: &CandidateSearch,
    complete: bool,
) -> CandidatesView {
    CandidatesView {
        failure: None,
        present: search.present().map(cost),
        candidates: found.into_iter().map(candidate).collect(),
        tried: count(search.progress().0),
        complete,
    }
}

fn candidate(candidate: Candidate) -> CandidateView {
    CandidateView {
        table: candidate.table,
        key: candidate.key,
        kind: candidate.kind.to_owned(),
        statement: candidate.statement,
        hypothetical: candidate.hypothetical,
        cost: cost(candidate.cost),
        pages: f64::from(candidate.size.pages),
        bytes: figure(candidate.bytes),
        height: candidate.size.tree_height + 1,
        write_price: write_price(&candidate.write_price),
    }
}

/// All column orders beside some statements.
pub fn order_matrix(matrix: OrderMatrix, complete: bool) -> OrderMatrixView {
    OrderMatrixView {
        failure: None,
        present: matrix.present,
        rows: matrix
            .rows
            .into_iter()
            .map(|row| OrderRowView {
                key: row.key,
                statement: row.statement,
                hypothetical: row.hypothetical,
                costs: row.costs,
                used: row.used,
                bytes: figure(row.bytes),
                write_price: write_price(&row.write_price),
            })
            .collect(),
        complete,
    }
}
