//! What the planner is told: ways it may go, prices, memory. A change is a statement, so it is in the link, and the plan follows.

use viewmodel::planner_settings::{self, FIELDS, Field, SWITCHES, Switch};
use viewmodel::store::Purpose;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlDetailsElement, HtmlInputElement};
use yew::prelude::{Callback, Html, classes, component, html, use_state};

use crate::hooks::{Store, use_store};

fn change(store: &Store, setting: &str, script: &str) {
    store.run(Purpose::Change(format!("setting {setting}")), script);
}

fn switch(store: &Store, blocked: bool, switch: Switch) -> Html {
    let Some(setting) = planner_settings::find(&store.state().schema, switch.setting) else {
        return Html::default();
    };
    let on = setting.value == "on";
    let onclick = {
        let (store, script) = (store.clone(), planner_settings::turn(setting));
        Callback::from(move |_| change(&store, switch.setting, &script))
    };
    html! {
        <button type="button" key={switch.setting} aria-pressed={on.to_string()} disabled={blocked} {onclick}
            class={classes!("pw-setting__switch", on.then_some("pw-setting__switch--on"), planner_settings::is_changed(setting).then_some("pw-setting__switch--changed"))}
            title={format!("{}: {}", switch.setting, switch.title)}>{ switch.name }</button>
    }
}

fn field(store: &Store, blocked: bool, field: Field) -> Html {
    let Some(setting) = planner_settings::find(&store.state().schema, field.setting) else {
        return Html::default();
    };
    let onchange = {
        let (store, setting) = (store.clone(), setting.clone());
        Callback::from(move |event: Event| {
            let input = event
                .target()
                .and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            if let Some(input) = input {
                let script = planner_settings::change(&setting, &input.value());
                // What the engine answers decides what stands there.
                input.set_value(&setting.value);
                change(&store, field.setting, &script);
            }
        })
    };
    let changed = planner_settings::is_changed(setting);
    html! {
        <label key={field.setting} class={classes!("pw-setting__field", changed.then_some("pw-setting__field--changed"))} title={field.title}>
            <span class="pw-setting__name">{ field.setting }</span>
            <input class="pw-input pw-setting__input" type="text" autocomplete="off" spellcheck="false" value={setting.value.clone()}
                placeholder={setting.default.clone()} disabled={blocked} {onchange} />
        </label>
    }
}

/// The section under the tables.
#[component]
pub fn PlannerSettings() -> Html {
    let store = use_store();
    let open = use_state(|| false);
    let state = store.state();
    if state.schema.settings.is_empty() {
        return Html::default();
    }
    let ontoggle = {
        let open = open.clone();
        Callback::from(move |event: Event| {
            let details = event
                .target()
                .and_then(|target| target.dyn_into::<HtmlDetailsElement>().ok());
            open.set(details.is_some_and(|details| details.open()));
        })
    };
    let blocked = !state.ready();
    let changed = planner_settings::changed(&state.schema).len();
    let reset = {
        let (store, script) = (store.clone(), planner_settings::reset_all(&state.schema));
        Callback::from(move |_| change(&store, "back the planner's settings", &script))
    };
    html! {
        <details class="pw-settings" {ontoggle}>
            <summary class="pw-settings__head">
                <h2 class="pw-heading">{ "Planner settings" }</h2>
                if let Some(label) = planner_settings::changed_label(changed) { <span class="pw-settings__count">{ label }</span> }
            </summary>
            if *open {
                <div class="pw-settings__switches" role="group" aria-label="Ways the planner may go">
                    { for SWITCHES.into_iter().map(|one| switch(&store, blocked, one)) }
                </div>
                <div class="pw-settings__fields">
                    { for FIELDS.into_iter().map(|one| field(&store, blocked, one)) }
                </div>
                <button type="button" class="pw-button pw-button--small" disabled={blocked || changed == 0} onclick={reset}>{ "Reset all" }</button>
            }
        </details>
    }
}
