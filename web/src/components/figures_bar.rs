//! The large figures: what did it cost?

use viewmodel::plan_summary;
use yew::prelude::{Html, classes, component, html};

use crate::hooks::use_store;

/// The line of figures of the plan that is shown.
#[component]
pub fn FiguresBar() -> Html {
    let store = use_store();
    let state = store.state();
    let Some(plan) = state.shown_plan() else {
        return html! { <div class="pw-figures pw-figures--empty">{ state.no_plan_words() }</div> };
    };
    let figures = plan_summary::figures(
        plan,
        state.plan_before.as_deref(),
        state.measured_before.as_deref(),
        &state.schema.storage_device,
    );
    html! {
        <dl class="pw-figures" aria-label="Figures of the plan">
            { for figures.into_iter().map(|figure| html! {
                <div class="pw-figures__item" key={figure.label.clone()}>
                    <dt class="pw-figures__label">{ figure.label }</dt>
                    <dd class="pw-figures__value">
                        <strong>{ figure.value }</strong>
                        if !figure.unit.is_empty() { <span class="pw-figures__unit">{ figure.unit }</span> }
                        if let Some((text, kind)) = figure.change {
                            <em class={classes!("pw-figures__change", format!("pw-figures__change--{}", kind.modifier()))}>{ text }</em>
                        }
                    </dd>
                </div>
            }) }
        </dl>
    }
}
