//! A trace of page accesses as columns of bytes.

use engine::database::{AccessKind, Database, MissCurve, PageKind, Trace};
use protocol::{MissPointView, TraceRelationView, TraceView};

use super::figures::{count, figure};

/// Points of a miss curve at most, more or less.
const CURVE_POINTS: usize = 200;

/// The accesses, named, with their miss curve.
pub fn trace(database: &Database, trace: &Trace) -> TraceView {
    let relations = database.traced_relations(trace);
    let curve = MissCurve::of(trace, CURVE_POINTS);
    let mut view = TraceView {
        accesses: count(trace.accesses.len()),
        omitted: figure(trace.omitted),
        distinct_pages: figure(curve.distinct_pages),
        ..TraceView::default()
    };
    for access in &trace.accesses {
        let position = relations
            .binary_search_by_key(&access.relation, |relation| relation.relation)
            .unwrap_or(usize::MAX);
        let words = [
            (&mut view.pages, access.page.get()),
            (&mut view.relation_of, count(position)),
            (&mut view.blocks, access.block.0),
        ];
        for (column, word) in words {
            column.0.extend_from_slice(&word.to_le_bytes());
        }
        view.kinds.0.push(match access.kind {
            PageKind::Heap | PageKind::Free => 0,
            PageKind::Meta => 1,
            PageKind::Leaf => 2,
            PageKind::Internal => 3,
        });
        view.found.0.push(match access.access {
            AccessKind::Hit => 0,
            AccessKind::Read => 1,
            AccessKind::Dirtied => 2,
            AccessKind::Allocated => 3,
            AccessKind::Split => 4,
            AccessKind::Merged => 5,
            AccessKind::Freed => 6,
        });
    }
    view.relations = relations
        .into_iter()
        .map(|relation| TraceRelationView {
            name: relation.name,
            index: relation.index,
            id: relation.id,
            pages: f64::from(relation.pages),
        })
        .collect();
    view.miss_curve = curve
        .points
        .iter()
        .map(|point| MissPointView {
            cache_pages: figure(point.cache_pages),
            misses: figure(point.misses),
        })
        .collect();
    view
}
