//! What the planner is told: ways it may go, prices, memory. A change is a statement, so it is in the link, and the plan follows.

use viewmodel::planner_settings::{self, FIELDS, Field, SWITCHES, Switch};
use viewmodel::store::Purpose;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlDetailsElement, HtmlInputElement, InputEvent};
use yew::prelude::{Callback, Html, UseStateHandle, classes, component, html, use_state};

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

/// What is being typed into which field: the page is drawn anew meanwhile, and must not put the old value back.
type Draft = UseStateHandle<Option<(&'static str, String)>>;

fn field(store: &Store, blocked: bool, field: Field, draft: &Draft) -> Html {
    let Some(setting) = planner_settings::find(&store.state().schema, field.setting) else {
        return Html::default();
    };
    let oninput = {
        let draft = draft.clone();
        Callback::from(move |event: InputEvent| {
            let input = event
                .target()
                .and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            draft.set(input.map(|input| (field.setting, input.value())));
        })
    };
    let shown = match &**draft {
        Some((name, text)) if *name == field.setting => text.clone(),
        _ => setting.value.clone(),
    };
    let onchange = {
        let (store, setting, draft) = (store.clone(), setting.clone(), draft.clone());
        Callback::from(move |event: Event| {
            let input = event
                .target()
                .and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            if let Some(input) = input {
                let script = planner_settings::change(&setting, &input.value());
                // What the engine answers decides what stands there.
                input.set_value(&setting.value);
                draft.set(None);
                change(&store, field.setting, &script);
            }
        })
    };
    let changed = planner_settings::is_changed(setting);
    html! {
        <label key={field.setting} class={classes!("pw-setting__field", changed.then_some("pw-setting__field--changed"))} title={field.title}>
            <span class="pw-setting__name">{ field.setting }</span>
            <input class="pw-input pw-setting__input" type="text" autocomplete="off" spellcheck="false" value={shown}
                placeholder={setting.default.clone()} disabled={blocked} {oninput} {onchange} />
        </label>
    }
}

/// The section under the tables.
#[component]
pub fn PlannerSettings() -> Html {
    let store = use_store();
    let open = use_state(|| false);
    let draft: Draft = use_state(|| None);
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
                    { for FIELDS.into_iter().map(|one| field(&store, blocked, one, &draft)) }
                </div>
                <button type="button" class="pw-button pw-button--small" disabled={blocked || changed == 0} onclick={reset}>{ "Reset all" }</button>
            }
        </details>
    }
}
