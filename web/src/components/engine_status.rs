//! The line at the bottom: engine, progress with Cancel, lag, memory, buffer pool.

use viewmodel::format;
use viewmodel::store::Engine;
use yew::prelude::{Callback, Html, classes, component, html};

use super::pool_controls::PoolControls;
use crate::hooks::use_store;

fn dot(engine: &Engine) -> &'static str {
    match engine {
        Engine::Ready => "ready",
        Engine::Starting | Engine::Busy { .. } => "busy",
        Engine::Restarting { .. } | Engine::Dead { .. } => "broken",
    }
}

/// The status line.
#[component]
pub fn EngineStatus() -> Html {
    let store = use_store();
    let state = store.state();
    let cancel = {
        let store = store.clone();
        Callback::from(move |_| store.cancel())
    };
    let elapsed = match &state.engine {
        Engine::Busy { progress, .. } => Some(format::duration(progress.elapsed_ms)),
        _ => None,
    };
    let memory = &state.schema.memory;
    html! {
        <footer class="pw-status">
            <span class="pw-status__engine" role="status" aria-label="Engine">
                <span class={classes!("pw-status__dot", format!("pw-status__dot--{}", dot(&state.engine)))} aria-hidden="true"></span>
                { state.engine_line() }
            </span>
            if state.busy() {
                if let Some(done) = state.progress() {
                    <progress class="pw-status__progress" max="1" value={done.to_string()} aria-label="Progress">{ format::percent(done) }</progress>
                    <span class="pw-status__figure">{ format::percent(done) }</span>
                } else {
                    <progress class="pw-status__progress" aria-label="Progress"></progress>
                }
                <span class="pw-status__figure">{ elapsed }</span>
                <button type="button" class="pw-button pw-button--small" onclick={cancel}>{ "Cancel" }</button>
            }
            <span class="pw-status__space"></span>
            <span class="pw-status__figure" title="How long the page's event loop was kept, at most, in the last second">{ format!("page lag {:.0} ms", state.lag.page_ms) }</span>
            <span class="pw-status__figure" title="How long the worker took to answer a ping">{ format!("worker lag {:.0} ms", state.lag.worker_ms) }</span>
            if memory.pages > 0.0 {
                <span class="pw-status__figure pw-status__figure--memory" title="Pages of tables and indexes">{ format!("database {}", format::bytes(memory.pages * f64::from(memory.page_bytes))) }</span>
            }
            <span class="pw-status__figure pw-status__figure--memory" title="Memory of the worker">{ format!("worker {}", format::bytes(state.worker.wasm_bytes.max(memory.wasm_bytes))) }</span>
            <PoolControls />
        </footer>
    }
}
