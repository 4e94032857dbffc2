//! How much of the whole cost each node is to blame for.
//!
//! EXPLAIN's costs are of one run of a node with its inputs. Summing them up blames a nested loop for every run of its inner side but
//! the first, and counts below a LIMIT what is never run. Here the root's cost is handed down: each input gets what its
//! parent's cost holds of it, and what is left is the parent's own.

use engine::explain::ExplainNode;

/// Own cost of each node in the order of EXPLAIN; together they are the root's total cost.
pub fn own_costs(root: &ExplainNode) -> Vec<f64> {
    let mut own = Vec::new();
    hand_down(root, root.cost.total, &mut own);
    own
}

// The planner bounds the depth of plans.
fn hand_down(node: &ExplainNode, charged: f64, own: &mut Vec<f64>) {
    let at = own.len();
    own.push(0.0);
    let outer_rows = node
        .children
        .iter()
        .find(|child| child.relationship == Some("Outer"))
        .map_or(1.0, |outer| outer.est_rows.max(1.0));
    let wanted: Vec<f64> = node
        .children
        .iter()
        .map(|child| {
            let runs = match child.relationship {
                Some("Inner") if node.node_type == "Nested Loop" => outer_rows,
                Some("SubPlan") => node.est_rows.max(1.0),
                _ => 1.0,
            };
            child.cost.total * runs
        })
        .collect();
    // What inputs want beyond the parent's own cost is a LIMIT's saving, or a rescan's.
    let whole: f64 = wanted.iter().sum();
    let scale = if whole > charged && whole > 0.0 {
        charged / whole
    } else {
        1.0
    };
    let mut left = charged;
    for (child, wanted) in node.children.iter().zip(wanted) {
        let part = wanted * scale;
        left -= part;
        hand_down(child, part, own);
    }
    if let Some(place) = own.get_mut(at) {
        *place = left.max(0.0);
    }
}
