//! The *Cost curve* tab with its three parts: one selectivity, two, and the orders of an index's columns.

use viewmodel::Action;
use viewmodel::store::Tab;
use yew::prelude::{Callback, Html, classes, component, html};

use super::{cost_curve::CostCurve, order_matrix::OrderMatrix, plan_map::PlanMap};
use crate::hooks::use_store;

/// The tab.
#[component]
pub fn CostViews() -> Html {
    let store = use_store();
    let open = store.state().tab;
    html! {
        <>
            <div class="pw-parts" role="group" aria-label="What costs are compared over">
                { for Tab::COSTS.into_iter().map(|part| {
                    let onclick = {
                        let store = store.clone();
                        Callback::from(move |_| store.dispatch(Action::OpenTab(part)))
                    };
                    let on = part == open;
                    html! {
                        <button type="button" key={part.key()} aria-pressed={on.to_string()} {onclick}
                            class={classes!("pw-chip", on.then_some("pw-chip--on"))}>{ part.name() }</button>
                    }
                }) }
            </div>
            { match open {
                Tab::Map => html! { <PlanMap /> },
                Tab::Orders => html! { <OrderMatrix /> },
                _ => html! { <CostCurve /> },
            } }
        </>
    }
}
