//! One operator of the plan tree. It draws what it is given and decides nothing.

use viewmodel::plan_layout::Placed;
use viewmodel::plan_summary::NodeCard;
use yew::prelude::{Callback, Html, MouseEvent, Properties, classes, component, html};

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

/// A card inside the tree's SVG.
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
    let onclick = on_select.reform({
        let id = card.id;
        move |_: MouseEvent| id
    });
    let bar = 226.0;
    html! {
        <foreignObject x={placed.x.to_string()} y={placed.y.to_string()} width={placed.width.to_string()} height={placed.height.to_string()}
            class="pw-plan-node__place">
            <button type="button" role="treeitem" id={format!("plan-node-{}", card.id)} aria-level={level.to_string()} aria-selected={selected.to_string()}
                aria-label={card.accessible_name.clone()} tabindex={if *tab_stop { "0" } else { "-1" }} {onclick}
                class={classes!("pw-plan-node", format!("pw-plan-node--{}", card.step.modifier()), selected.then_some("pw-plan-node--selected"))}>
                if let Some(subplan) = &card.subplan { <span class="pw-plan-node__subplan">{ subplan }</span> }
                <span class="pw-plan-node__head">
                    <span class="pw-plan-node__title">{ &card.title }</span>
                    if card.dearest { <span class="pw-plan-node__tag">{ "dearest" }</span> }
                    else { <span class="pw-plan-node__share">{ &card.share_label }</span> }
                </span>
                if let Some(subject) = &card.subject { <span class="pw-plan-node__subject">{ subject }</span> }
                <svg class="pw-plan-node__bar" width="226" height="6" viewBox="0 0 226 6" aria-hidden="true">
                    <rect class="pw-plan-node__track" width="226" height="6" rx="3" />
                    <rect class="pw-plan-node__fill" width={(card.share * bar).to_string()} height="6" rx="3" />
                </svg>
                <span class="pw-plan-node__line">
                    <span><b>{ &card.share_label }</b>{ " of cost" }</span>
                    if let Some(pages) = &card.pages { <span>{ pages }</span> }
                </span>
                <span class="pw-plan-node__line">
                    <span>
                        { "est. " }<b>{ &card.est_rows }</b>
                        if let Some(actual) = &card.actual_rows { { " · actual " }<b>{ actual }</b> }
                        if let Some(loops) = &card.loops { { " × " }{ loops } }
                    </span>
                    if let Some(label) = &card.estimate_label {
                        <span class={format!("pw-plan-node__off pw-plan-node__off--{}", card.severity.modifier())}>{ label }</span>
                    }
                </span>
                if let Some((name, value)) = &card.condition {
                    <span class="pw-plan-node__line"><span class="pw-plan-node__key">{ name }</span><code class="pw-plan-node__condition">{ value }</code></span>
                }
            </button>
        </foreignObject>
    }
}
