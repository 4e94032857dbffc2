//! Questions about the plan: unfolded costs, flip points, curves, maps. Answered at once, and not longer than a moment.

use engine::database::Database;
use engine::physical::NodeId;
use protocol::{FlipsView, Request, Response};

use super::Host;
use crate::convert;

/// Milliseconds after which a search ends with what it has.
const ENOUGH_MS: f64 = 150.0;

/// The answer. A statement that cannot be planned has none; its mistake is told with its plan.
pub fn answer(database: &mut Database, host: Host, request: &Request) -> Response {
    let began = (host.now_ms)();
    let enough = move || (host.now_ms)() - began > ENOUGH_MS;
    let place = |cursor: u32| usize::try_from(cursor).unwrap_or(usize::MAX);
    match request {
        Request::Unfold(asked) => {
            let found = database.unfold_at(&asked.text, place(asked.cursor), NodeId(asked.node));
            let found = found.ok().flatten();
            Response::Unfolded(found.map(|node| Box::new(convert::unfolded(&node))))
        }
        Request::Flips(asked) => {
            let node = NodeId(asked.node);
            let found = database.flips_at(&asked.text, place(asked.cursor), node, &enough);
            let view = match found {
                Ok(found) => convert::flips(asked.node, &found),
                Err(_) => FlipsView::default(),
            };
            Response::Flips(Box::new(view))
        }
        Request::Curve(asked) => {
            let found = database.curve_at(&asked.text, place(asked.cursor), asked.choice, &enough);
            let found = found.ok().flatten();
            Response::Curve(found.map(|curves| Box::new(convert::curve(&curves))))
        }
        Request::PlanMap(asked) => {
            let axes = (asked.x, asked.y);
            let found =
                database.plan_map_at(&asked.text, place(asked.cursor), axes, asked.size, &enough);
            let found = found.ok().flatten();
            Response::PlanMap(found.map(|map| Box::new(convert::plan_map(&map))))
        }
        _ => Response::Unfolded(None),
    }
}
