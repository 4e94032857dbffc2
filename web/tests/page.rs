//! The page's own parts in a real browser. Runs only under `wasm-pack test --headless --chrome`.
//!
//! There is no worker here: the end-to-end tests have the built site for that.
#![cfg(target_arch = "wasm32")]

use std::cell::RefCell;
use std::rc::Rc;

use gloo::timers::future::TimeoutFuture;
use protocol::Request;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web::bridge::{Bridge, BridgeEvent};

wasm_bindgen_test_configure!(run_in_browser);

/// Puts an address where `boot.js` would.
fn set_worker_url(url: &str) {
    let boot = js_sys::Object::new();
    js_sys::Reflect::set(&boot, &"workerUrl".into(), &url.into()).expect("plain object");
    js_sys::Reflect::set(&js_sys::global(), &"pagewalk".into(), &boot)
        .expect("the window takes properties");
}

#[wasm_bindgen_test]
async fn worker_that_cannot_load_is_reported_once() {
    set_worker_url("no-such-worker.js");
    let deaths = Rc::new(RefCell::new(0));
    let bridge = {
        let deaths = Rc::clone(&deaths);
        Bridge::spawn(Rc::new(move |event| {
            if matches!(event, BridgeEvent::Died { .. }) {
                *deaths.borrow_mut() += 1;
            }
        }))
    };
    bridge.send(&Request::Ping);
    for _ in 0..200 {
        if *deaths.borrow() > 0 {
            break;
        }
        TimeoutFuture::new(10).await;
    }
    assert_eq!(*deaths.borrow(), 1);
    bridge.close();
}
