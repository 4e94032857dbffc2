//! The right side: the chosen node in full, what else was considered, what became of each index.

use protocol::PlanNodeView;
use viewmodel::details;
use yew::prelude::{Html, classes, component, html};

use super::{flip_points::FlipPoints, unfolded_cost::UnfoldedCost, verdict_list::VerdictList};
use crate::hooks::use_store;

fn rows(title: &str, rows: Vec<(String, String)>) -> Html {
    if rows.is_empty() {
        return html! {};
    }
    html! {
        <section class="pw-details__section">
            <h3 class="pw-heading">{ title }</h3>
            <dl class="pw-details__rows">
                { for rows.into_iter().map(|(name, value)| html! {
                    <div class="pw-details__row"><dt>{ name }</dt><dd>{ value }</dd></div>
                }) }
            </dl>
        </section>
    }
}

fn conditions(node: &PlanNodeView) -> Html {
    html! {
        { for node.details.iter().map(|detail| html! {
            <div class="pw-details__condition"><span class="pw-details__name">{ &detail.name }</span><code>{ &detail.value }</code></div>
        }) }
    }
}

/// The inspector.
#[component]
pub fn NodeDetails() -> Html {
    let store = use_store();
    let state = store.state();
    let Some(plan) = state.shown_plan() else {
        return html! { <p class="pw-details__empty">{ "Choose a node of the plan to see what it does and what it costs." }</p> };
    };
    let chosen = state
        .selected
        .and_then(|id| plan.nodes.iter().find(|node| node.id == id))
        .or_else(|| details::dearest(plan));
    let Some(node) = chosen else {
        return html! {};
    };
    // The plan that ran does not say what it was chosen over; the same plan, made for looking, does.
    let reasons = state.plan.as_ref().unwrap_or(plan);
    let considered = details::considered(reasons, node);
    html! {
        <>
            <h2 class="pw-heading">{ "Selected node" }</h2>
            <p class="pw-details__title">{ &node.title }</p>
            <p class="pw-details__words">{ details::in_words(node) }</p>
            { conditions(node) }
            { rows("Estimated", details::estimated(node)) }
            { rows("Measured", details::measured(node)) }
            <FlipPoints />
            <UnfoldedCost />
            if !considered.is_empty() {
                <section class="pw-details__section" aria-label="Also considered">
                    <h3 class="pw-heading">{ "Also considered" }</h3>
                    <ul class="pw-details__list">
                        { for considered.into_iter().map(|item| html! {
                            <li class={classes!("pw-details__item", item.better.then_some("pw-details__item--better"))}>
                                <span>{ item.title }</span><span class="pw-details__cost">{ item.cost }</span>
                                <span class="pw-details__why">{ item.reason }</span>
                            </li>
                        }) }
                    </ul>
                </section>
            }
            if !reasons.verdicts.is_empty() { <VerdictList verdicts={reasons.verdicts.clone()} /> }
        </>
    }
}
