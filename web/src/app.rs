//! The page's frame: it owns the bridge to the worker and shows what came back.

use std::rc::Rc;

use protocol::{Request, Response};
use yew::prelude::{Html, component, html, use_effect_with, use_state};

use crate::bridge::{Bridge, BridgeEvent};

/// The whole page.
#[component]
pub fn App() -> Html {
    let status = use_state(|| String::from("starting"));
    {
        let status = status.clone();
        use_effect_with((), move |()| {
            let bridge = Bridge::spawn(Rc::new(move |event| match event {
                BridgeEvent::Answer {
                    response: Response::Pong(state),
                    ..
                } => status.set(format!("engine ready, {} bytes", state.wasm_bytes)),
                BridgeEvent::Answer { .. } => {}
                BridgeEvent::Died { message } => status.set(format!("engine stopped: {message}")),
            }));
            bridge.send(&Request::Ping);
            move || bridge.close()
        });
    }
    html! {
        <main class="pw-app">
            <h1>{ "Pagewalk" }</h1>
            <p role="status" aria-label="Engine">{ (*status).clone() }</p>
        </main>
    }
}
