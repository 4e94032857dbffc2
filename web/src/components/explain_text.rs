//! EXPLAIN as PostgreSQL prints it, to read and to copy.

use viewmodel::Action;
use yew::prelude::{Callback, Html, component, html, use_state_eq};

use crate::address;
use crate::hooks::use_store;

/// The text tab.
#[component]
pub fn ExplainText() -> Html {
    let store = use_store();
    let as_json = use_state_eq(|| false);
    let Some(plan) = store.state().shown_plan().cloned() else {
        return html! { <p class="pw-empty">{ "No plan yet." }</p> };
    };
    let text = if *as_json {
        plan.json.clone()
    } else {
        plan.text.clone()
    };
    let copy = {
        let (store, text) = (store.clone(), text.clone());
        Callback::from(move |_| {
            let (store, text) = (store.clone(), text.clone());
            wasm_bindgen_futures::spawn_local(async move {
                let told = if address::copy(&text).await {
                    "copied"
                } else {
                    "the browser did not allow copying; select the text instead"
                };
                store.dispatch(Action::Tell(told.to_owned()));
            });
        })
    };
    let switch = |json: bool| {
        let as_json = as_json.clone();
        Callback::from(move |_| as_json.set(json))
    };
    html! {
        <div class="pw-text">
            <div class="pw-text__tools">
                <button type="button" class="pw-button pw-button--small" aria-pressed={(!*as_json).to_string()} onclick={switch(false)}>{ "Text" }</button>
                <button type="button" class="pw-button pw-button--small" aria-pressed={as_json.to_string()} onclick={switch(true)}>{ "JSON" }</button>
                <button type="button" class="pw-button pw-button--small" onclick={copy}>{ "Copy" }</button>
            </div>
            <pre class="pw-text__body" tabindex="0" aria-label="EXPLAIN">{ text }</pre>
        </div>
    }
}
