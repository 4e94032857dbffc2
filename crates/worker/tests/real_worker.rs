//! A real Web Worker in a real browser, driven over the wire as the page drives it.
//!
//! The worker runs this very test binary: the runner serves it as `wasm-bindgen-test.js`, a blob loads it a second
//! time off the main thread, and [`start_worker`] is its entry. Runs only under `wasm-pack test --headless --chrome`.
#![cfg(target_arch = "wasm32")]

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use protocol::{Bytes, Envelope, PROTOCOL_VERSION, Request, RequestId, Response, RunRequest};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Blob, BlobPropertyBag, MessageEvent, Url, Worker};
use worker::{decode_response, encode, transferables, yield_now};

wasm_bindgen_test_configure!(run_in_browser);

/// The worker's entry point, called by the blob.
#[wasm_bindgen]
pub fn start_worker() {
    worker::start();
}

/// A worker and what it has said.
struct Line {
    worker: Worker,
    inbox: Rc<RefCell<Vec<JsValue>>>,
    wake: Rc<RefCell<Option<Function>>>,
    _on_message: Closure<dyn Fn(MessageEvent)>,
}

impl Line {
    /// Starts a worker and waits until it listens.
    async fn open() -> Self {
        let origin = web_sys::window()
            .expect("browser")
            .location()
            .origin()
            .expect("origin");
        let script = format!(
            "import('{origin}/wasm-bindgen-test.js')\
             .then(async (glue) => {{ await glue.default({{ module_or_path: '{origin}/wasm-bindgen-test_bg.wasm' }}); glue.start_worker(); }})\
             .catch((error) => postMessage(`failed: ${{error}}`));"
        );
        let options = BlobPropertyBag::new();
        options.set_type("text/javascript");
        let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&script.into()), &options)
            .expect("blob");
        let worker =
            Worker::new(&Url::create_object_url_with_blob(&blob).expect("url")).expect("worker");
        let inbox = Rc::new(RefCell::new(Vec::new()));
        let wake = Rc::new(RefCell::new(None::<Function>));
        let on_message = {
            let (inbox, wake) = (Rc::clone(&inbox), Rc::clone(&wake));
            Closure::new(move |event: MessageEvent| {
                inbox.borrow_mut().push(event.data());
                if let Some(wake) = wake.borrow_mut().take() {
                    wake.call0(&JsValue::NULL)
                        .expect("a promise's resolve does not throw");
                }
            })
        };
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        let line = Self {
            worker,
            inbox,
            wake,
            _on_message: on_message,
        };
        loop {
            match line.next().await.as_string() {
                Some(loaded) if loaded == "WorkerLoaded" => break,
                Some(text) => panic!("the worker says {text:?} instead of having loaded"),
                // What the test runner's console shim sends.
                None => {}
            }
        }
        line.post("Connected", &JsValue::from(0));
        line
    }

    async fn next(&self) -> JsValue {
        while self.inbox.borrow().is_empty() {
            let promise = Promise::new(&mut |resolve, _| {
                *self.wake.borrow_mut() = Some(resolve);
            });
            JsFuture::from(promise).await.expect("never rejected");
        }
        self.inbox.borrow_mut().remove(0)
    }

    /// The next answer under this id.
    async fn answer(&self, id: RequestId) -> Response {
        loop {
            if let Ok(Envelope { id: of, body, .. }) = decode_response(self.next().await)
                && of == id
            {
                return body;
            }
        }
    }

    fn send(&self, message: &JsValue) {
        self.post("ProcessInput", &Array::of2(&JsValue::from(0), message));
    }

    fn post(&self, variant: &str, payload: &JsValue) {
        let message = Object::new();
        Reflect::set(&message, &variant.into(), payload).expect("plain object");
        self.worker.post_message(&message).expect("plain data");
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

#[wasm_bindgen_test]
async fn worker_says_it_is_ready_and_answers_a_ping() {
    let line = Line::open().await;
    assert!(matches!(
        line.answer(RequestId(0)).await,
        Response::Ready(_)
    ));
    line.send(&encode(RequestId(5), Request::Ping));
    let Response::Pong(state) = line.answer(RequestId(5)).await else {
        panic!("a ping is answered with a pong");
    };
    assert!(
        state.wasm_bytes >= 65536.0,
        "memory comes in pages of 64 KiB"
    );
}

#[wasm_bindgen_test]
async fn message_of_another_version_is_answered_and_the_worker_lives_on() {
    let line = Line::open().await;
    let stale = Envelope {
        version: PROTOCOL_VERSION + 1,
        id: RequestId(1),
        body: "a body this build cannot read",
    };
    line.send(&serde_wasm_bindgen::to_value(&stale).expect("plain data"));
    assert_eq!(
        line.answer(RequestId(1)).await,
        Response::WrongVersion {
            expected: PROTOCOL_VERSION
        }
    );
    line.send(&encode(RequestId(2), "not a request"));
    assert!(
        matches!(line.answer(RequestId(2)).await, Response::Failed { failure, .. } if failure.code == "08P01")
    );
    line.send(&encode(RequestId(3), Request::Ping));
    assert!(matches!(line.answer(RequestId(3)).await, Response::Pong(_)));
}

#[wasm_bindgen_test]
fn large_byte_fields_are_transferable_and_small_ones_are_copied() {
    let message = encode(
        RequestId(1),
        vec![Bytes(vec![7; 10_000]), Bytes(vec![7; 10])],
    );
    let found = transferables(&message);
    assert_eq!(found.length(), 1);
    assert_eq!(Uint8Array::new(&found.get(0)).length(), 10_000);
}

#[wasm_bindgen_test]
async fn yielding_lets_a_queued_message_in() {
    let (seen, channel) = (
        Rc::new(RefCell::new(false)),
        web_sys::MessageChannel::new().expect("channel"),
    );
    let on_message = {
        let seen = Rc::clone(&seen);
        Closure::<dyn Fn()>::new(move || *seen.borrow_mut() = true)
    };
    channel
        .port1()
        .set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    channel
        .port2()
        .post_message(&JsValue::NULL)
        .expect("null can be cloned");
    for _ in 0..100 {
        yield_now().await;
    }
    assert!(*seen.borrow());
}

#[wasm_bindgen_test]
async fn script_runs_in_the_worker_and_its_rows_come_back() {
    let line = Line::open().await;
    let request = Request::Run(RunRequest {
        script: "create table t (a integer primary key); insert into t select generate_series(1, 50000); select a from t where a > 49998"
            .into(),
        row_limit: 10,
        measure: true,
        timeout_ms: 0,
    });
    line.send(&encode(RequestId(1), request));
    let mut text = Vec::new();
    let plan = loop {
        match line.answer(RequestId(1)).await {
            Response::Rows(rows) if rows.rows > 0 => text = rows.columns[0].text.0.clone(),
            Response::Finished(finished) => break finished.plan.expect("measuring was asked for"),
            Response::Failed { failure, .. } => panic!("{failure:?}"),
            _ => {}
        }
    };
    assert_eq!(text, b"4999950000");
    assert_eq!(
        plan.nodes[0].actual.as_ref().expect("it ran").total_rows,
        2.0
    );
}
