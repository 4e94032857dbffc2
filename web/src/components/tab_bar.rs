//! The tabs of the centre, moved by arrow keys as tabs are.

use gloo::utils::document;
use viewmodel::Action;
use viewmodel::format;
use viewmodel::store::Tab;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};
use yew::prelude::{Callback, Html, classes, component, html};

use crate::hooks::use_store;

/// The tab list.
#[component]
pub fn TabBar() -> Html {
    let store = use_store();
    let open = store.state().tab.bar();
    let onkeydown = {
        let store = store.clone();
        Callback::from(move |event: KeyboardEvent| {
            let here = Tab::ALL.iter().position(|tab| *tab == open).unwrap_or(0);
            let to = match event.key().as_str() {
                "ArrowRight" => (here + 1) % Tab::ALL.len(),
                "ArrowLeft" => (here + Tab::ALL.len() - 1) % Tab::ALL.len(),
                "Home" => 0,
                "End" => Tab::ALL.len() - 1,
                _ => return,
            };
            event.prevent_default();
            let tab = Tab::ALL[to];
            store.dispatch(Action::OpenTab(tab));
            if let Some(button) = document()
                .get_element_by_id(&format!("tab-{}", tab.key()))
                .and_then(|found| found.dyn_into::<HtmlElement>().ok())
            {
                let _ = button.focus();
            }
        })
    };
    let rows = store.state().results.total_rows;
    html! {
        <div class="pw-tabs" role="tablist" aria-label="Views of the query" {onkeydown}>
            { for Tab::ALL.into_iter().map(|tab| {
                let onclick = {
                    let store = store.clone();
                    Callback::from(move |_| store.dispatch(Action::OpenTab(tab)))
                };
                let count = rows.filter(|_| tab == Tab::Results).map(|rows| format!(" · {}", format::short_count(rows)));
                html! {
                    <button type="button" role="tab" key={tab.key()} id={format!("tab-{}", tab.key())} aria-controls="panel"
                        aria-selected={(tab == open).to_string()} tabindex={if tab == open { "0" } else { "-1" }}
                        class={classes!("pw-tabs__tab", (tab == open).then_some("pw-tabs__tab--open"))} {onclick}>
                        { tab.name() }
                        if let Some(count) = count { <span class="pw-tabs__count" aria-hidden="true">{ count }</span> }
                    </button>
                }
            }) }
        </div>
    }
}
