//! The plan as a tree: edges as wide as their rows, cards on top, moved through by arrow keys.

use std::rc::Rc;

use gloo::utils::document;
use protocol::PlanView;
use viewmodel::Action;
use viewmodel::plan_layout::{BoxSize, Gaps, Layout, layout};
use viewmodel::plan_summary::{self, NodeCard};
use viewmodel::plan_walk::{Step, step};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};
use yew::prelude::{Callback, Html, Properties, component, html, use_memo};

use super::plan_node::PlanNode;
use crate::hooks::use_store;

const GAPS: Gaps = Gaps {
    horizontal: 24.0,
    vertical: 34.0,
};
const MARGIN: f64 = 16.0;

/// The plan to draw.
#[derive(PartialEq, Properties)]
pub struct PlanTreeProps {
    /// The plan.
    pub plan: Rc<PlanView>,
}

fn draw(plan: &PlanView) -> (Vec<NodeCard>, Vec<usize>, Layout) {
    let cards = plan_summary::cards(plan);
    let parent =
        |node: &protocol::PlanNodeView| node.parent.and_then(|parent| usize::try_from(parent).ok());
    let sizes: Vec<BoxSize> = plan
        .nodes
        .iter()
        .zip(&cards)
        .map(|(node, card)| card.size(parent(node)))
        .collect();
    let mut levels = vec![1usize; plan.nodes.len()];
    for (at, node) in plan.nodes.iter().enumerate() {
        if let Some(above) = parent(node).filter(|above| *above < at) {
            levels[at] = levels[above] + 1;
        }
    }
    let drawn = layout(&sizes, GAPS).moved(MARGIN);
    (cards, levels, drawn)
}

fn focus(id: u32) {
    let node = document()
        .get_element_by_id(&format!("plan-node-{id}"))
        .and_then(|found| found.dyn_into::<HtmlElement>().ok());
    if let Some(node) = node {
        let _ = node.focus();
    }
}

/// The tree.
#[component]
pub fn PlanTree(props: &PlanTreeProps) -> Html {
    let store = use_store();
    let drawn = use_memo(Rc::clone(&props.plan), |plan| draw(plan));
    let (cards, levels, layout) = &*drawn;
    let selected = store
        .state()
        .selected
        .filter(|id| cards.iter().any(|card| card.id == *id));
    let stop = selected.or_else(|| cards.first().map(|card| card.id));
    let on_select = {
        let store = store.clone();
        Callback::from(move |id| store.dispatch(Action::Select(id)))
    };
    let onkeydown = {
        let plan = Rc::clone(&props.plan);
        let on_select = on_select.clone();
        Callback::from(move |event: KeyboardEvent| {
            let direction = match event.key().as_str() {
                "ArrowUp" => Step::Parent,
                "ArrowDown" => Step::Child,
                "ArrowLeft" => Step::Previous,
                "ArrowRight" => Step::Next,
                "Home" => Step::First,
                "End" => Step::Last,
                _ => return,
            };
            event.prevent_default();
            if let Some(id) = step(&plan, stop, direction) {
                on_select.emit(id);
                focus(id);
            }
        })
    };
    let (width, height) = (layout.width + 2.0 * MARGIN, layout.height + 2.0 * MARGIN);
    html! {
        <div class="pw-plan" role="tree" aria-label="Plan" {onkeydown}>
            <div class="pw-plan__stage" role="presentation">
            <svg class="pw-plan__drawing" width={width.to_string()} height={height.to_string()}
                viewBox={format!("0 0 {width} {height}")} aria-hidden="true">
                { for layout.edges.iter().map(|edge| {
                    let ((x1, y1), (x2, y2)) = (edge.from, edge.to);
                    let middle = y1 + (y2 - y1) * 0.4;
                    let card = &cards[edge.child];
                    html! {
                        <g class="pw-plan__edge" key={card.id}>
                            <path d={format!("M{x1} {y1} V{middle} H{x2} V{y2}")} stroke-width={plan_summary::edge_width(card.flow).to_string()} />
                            <text x={(x2 + 8.0).to_string()} y={(y2 - 6.0).to_string()}>{ &card.flow_label }</text>
                        </g>
                    }
                }) }
            </svg>
                { for cards.iter().zip(&layout.boxes).zip(levels).map(|((card, placed), level)| html! {
                    <PlanNode key={format!("card-{}", card.id)} card={card.clone()} placed={*placed} level={*level} selected={selected == Some(card.id)}
                        tab_stop={stop == Some(card.id)} on_select={on_select.clone()} />
                }) }
            </div>
        </div>
    }
}
