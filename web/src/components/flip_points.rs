//! What would change the plan: for each setting, size and literal the nearest flip points.

use viewmodel::flips;
use yew::prelude::{Html, component, html};

use crate::hooks::use_store;

/// The section of the inspector.
#[component]
pub fn FlipPoints() -> Html {
    let store = use_store();
    let state = store.state();
    let shown = state
        .flips
        .as_ref()
        .filter(|view| state.inspected().is_some_and(|node| node.id == view.node));
    let Some(view) = shown else {
        return html! {};
    };
    let summary = flips::summary(view);
    html! {
        <section class="pw-details__section" aria-label="Flip points">
            <h3 class="pw-heading">{ "Flip points: what would change the plan" }</h3>
            <ul class="pw-details__list">
                { for summary.lines.into_iter().map(|line| html! {
                    <li class="pw-details__item">
                        <span>{ line.name }</span><span class="pw-details__cost">{ line.now }</span>
                        { for line.points.into_iter().map(|point| html! {
                            <span class="pw-details__why"><b>{ point.place }</b>{ ": " }{ point.plan }</span>
                        }) }
                    </li>
                }) }
            </ul>
            if !summary.without.is_empty() {
                <p class="pw-flips__without">{ format!("No value tried of these changes it: {}.", summary.without) }</p>
            }
        </section>
    }
}
