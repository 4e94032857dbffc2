//! One operator of the plan tree. It draws what it is given and decides nothing.

use viewmodel::plan_layout::Placed;
use viewmodel::plan_summary::NodeCard;
use web_sys::HtmlElement;
use yew::prelude::{
    Callback, Html, MouseEvent, Properties, classes, component, html, use_effect_with, use_node_ref,
};

/// Width of a full bar, as its SVG counts.
const BAR_WIDTH: f64 = 226.0;

/// What a node is given.
#[derive(PartialEq, Properties)]
pub struct PlanNodeProps {
    /// Its labels.
    pub card: NodeCard,
    /// Its place.
    pub placed: Placed,
    /// Its depth in the tree, from 1.
    pub level: usize,
    /// It is the chosen one.
    pub selected: bool,
    /// It takes part in Tab order.
    pub tab_stop: bool,
    /// Called with its number.
    pub on_select: Callback<u32>,
}

/// Puts an element at its place. Through the object model, since the Content-Security-Policy forbids style attributes.
fn place(element: &HtmlElement, placed: Placed) {
    let style = element.style();
    for (name, value) in [
        ("left", placed.x),
        ("top", placed.y),
        ("width", placed.width),
        ("height", placed.height),
    ] {
        // It fails only for names that are none.
        let _ = style.set_property(name, &format!("{value}px"));
    }
}

/// How far the estimate is off, if that can be said.
fn off(card: &NodeCard) -> Html {
    html! {
        if let Some(label) = &card.estimate_label {
            <span class={format!("pw-plan-node__off pw-plan-node__off--{}", card.severity.modifier())}>{ label }</span>
        }
    }
}

/// A card over the tree's drawing.
#[component]
pub fn PlanNode(props: &PlanNodeProps) -> Html {
    let PlanNodeProps {
        card,
        placed,
        level,
        selected,
        tab_stop,
        on_select,
    } = props;
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_with(*placed, move |placed| {
            if let Some(element) = node.cast::<HtmlElement>() {
                place(&element, *placed);
            }
        });
    }
    let onclick = on_select.reform({
        let id = card.id;
        move |_: MouseEvent| id
    });
    html! {
        <button type="button" role="treeitem" ref={node} id={format!("plan-node-{}", card.id)} aria-level={level.to_string()} aria-selected={selected.to_string()}
            aria-label={card.accessible_name.clone()} tabindex={if *tab_stop { "0" } else { "-1" }} {onclick}
            class={classes!("pw-plan-node", format!("pw-plan-node--{}", card.step.modifier()), selected.then_some("pw-plan-node--selected"))}>
            if let Some(subplan) = &card.subplan { <span class="pw-plan-node__subplan">{ subplan }</span> }
            <span class="pw-plan-node__head">
                <span class="pw-plan-node__title">{ &card.title }</span>
                <span class="pw-plan-node__share">
                    if card.dearest { <span class="pw-plan-node__tag">{ "dearest" }</span> }
                    { &card.share_label }
                </span>
            </span>
            if let Some(subject) = &card.subject { <span class="pw-plan-node__subject">{ subject }</span> }
            <svg class="pw-plan-node__bar" width="226" height="6" viewBox="0 0 226 6" preserveAspectRatio="none" aria-hidden="true">
                <rect class="pw-plan-node__track" width="226" height="6" rx="3" />
                <rect class="pw-plan-node__fill" width={(card.share * BAR_WIDTH).to_string()} height="6" rx="3" />
            </svg>
            if let Some(pages) = &card.pages {
                <span class="pw-plan-node__line"><span>{ "read" }</span><span>{ pages }</span></span>
            }
            <span class="pw-plan-node__line">
                <span class="pw-plan-node__rows">
                    { "est. " }<b>{ &card.est_rows }</b>
                    if let Some(actual) = &card.actual_rows { { " · actual " }<b>{ actual }</b> }
                    if let Some(loops) = &card.loops { { " × " }{ loops } }
                </span>
                if !card.label_below { { off(card) } }
            </span>
            if card.label_below { <span class="pw-plan-node__line">{ off(card) }</span> }
            if let Some((name, value)) = &card.condition {
                <span class="pw-plan-node__line"><span class="pw-plan-node__key">{ name }</span><code class="pw-plan-node__condition">{ value }</code></span>
            }
        </button>
    }
}
