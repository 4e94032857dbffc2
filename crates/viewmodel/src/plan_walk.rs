//! Moving through a plan tree by keys.

use protocol::PlanView;

/// Where to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Up.
    Parent,
    /// Down to the first child.
    Child,
    /// The node before, in EXPLAIN's order.
    Previous,
    /// The node after.
    Next,
    /// The root.
    First,
    /// The last node.
    Last,
}

/// The number of the node that is reached from `from`; `None` if there is none in that direction.
#[must_use]
pub fn step(plan: &PlanView, from: Option<u32>, to: Step) -> Option<u32> {
    let here = plan
        .nodes
        .iter()
        .position(|node| Some(node.id) == from)
        .unwrap_or(0);
    let target = match to {
        Step::Parent => usize::try_from(plan.nodes.get(here)?.parent?).ok()?,
        Step::Child => plan.nodes.iter().position(|node| {
            node.parent.and_then(|parent| usize::try_from(parent).ok()) == Some(here)
        })?,
        Step::Previous => here.checked_sub(1)?,
        Step::Next => here + 1,
        Step::First => 0,
        Step::Last => plan.nodes.len().checked_sub(1)?,
    };
    plan.nodes.get(target).map(|node| node.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::PlanNodeView;

    #[test]
    fn keys_walk_the_tree() {
        let node = |id, parent| PlanNodeView {
            id,
            parent,
            ..PlanNodeView::default()
        };
        let plan = PlanView {
            nodes: vec![node(10, None), node(11, Some(0)), node(12, Some(0))],
            ..PlanView::default()
        };
        assert_eq!(step(&plan, Some(10), Step::Child), Some(11));
        assert_eq!(step(&plan, Some(12), Step::Parent), Some(10));
        assert_eq!(step(&plan, Some(11), Step::Next), Some(12));
        assert_eq!(step(&plan, Some(12), Step::Next), None);
        assert_eq!(step(&plan, None, Step::Last), Some(12));
    }
}
