//! The buffer pool's controls in the status line: its size, the device behind it, and a way to empty it.

use viewmodel::buffer_pool::{self, CACHE_PAGES, DEVICES};
use viewmodel::store::Purpose;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlSelectElement};
use yew::prelude::{Callback, Html, component, html};

use crate::hooks::{Store, use_store};

/// Runs what a choice says.
fn on_choice(
    store: &Store,
    doing: &'static str,
    script: impl Fn(&str) -> Option<String> + 'static,
) -> Callback<Event> {
    let store = store.clone();
    Callback::from(move |event: Event| {
        let chosen = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
        if let Some(script) = chosen.and_then(|select| script(&select.value())) {
            store.run(Purpose::Change(doing.to_owned()), &script);
        }
    })
}

/// The controls.
#[component]
pub fn PoolControls() -> Html {
    let store = use_store();
    let schema = &store.state().schema;
    let pages = schema.memory.buffer_pages;
    let blocked = !store.state().ready() || pages <= 0.0;
    let on_cache = on_choice(&store, "resizing the buffer pool", |value| {
        value.parse().ok().map(buffer_pool::set_cache)
    });
    let on_device = on_choice(&store, "choosing the device", |value| {
        Some(buffer_pool::set_device(value))
    });
    let empty = {
        let store = store.clone();
        Callback::from(move |_| store.empty_pool())
    };
    let known = pages > 0.0;
    let cache = if known {
        buffer_pool::cache_label(pages, schema)
    } else {
        "–".to_owned()
    };
    let offered = CACHE_PAGES.map(f64::from);
    html! {
        <span class="pw-pool" role="group" aria-label="Buffer pool">
            <label class="pw-pool__label">{ "cache" }
                <select class="pw-select pw-pool__select" aria-label="Cache size" title="Pages that the buffer pool holds (shared_buffers); another size starts empty" onchange={on_cache} disabled={blocked}>
                    if !offered.contains(&pages) { <option value="" selected=true>{ cache }</option> }
                    { for CACHE_PAGES.into_iter().map(|size| html! {
                        <option value={size.to_string()} selected={f64::from(size) == pages}>{ buffer_pool::cache_label(f64::from(size), schema) }</option>
                    }) }
                </select>
            </label>
            <button type="button" class="pw-button pw-button--small" onclick={empty} disabled={blocked} aria-label="Empty the buffer pool" title="Empty the buffer pool: the next run starts cold">{ "Empty" }</button>
            <label class="pw-pool__label">{ "device" }
                <select class="pw-select pw-pool__select" aria-label="Device" title="What pages outside the buffer pool would be read from (storage_device)" onchange={on_device} disabled={blocked}>
                    if !known { <option value="" selected=true>{ "–" }</option> }
                    { for DEVICES.into_iter().map(|(device, name)| html! {
                        <option value={device} selected={schema.storage_device == device}>{ name }</option>
                    }) }
                </select>
            </label>
        </span>
    }
}
