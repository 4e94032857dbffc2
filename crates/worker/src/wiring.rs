//! The service on a Web Worker: messages in, slices of work, messages out.
//!
//! gloo registers the worker and hands over its messages. Answers do not go through gloo's `respond`, because it
//! posts without a transfer list. Nothing here decides what a request means; that is [`Service`].

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo::worker::{HandlerId, Registrable, Worker, WorkerScope};
use protocol::{Failure, PROTOCOL_VERSION, RequestId, Response};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::DedicatedWorkerGlobalScope;

use crate::codec::{self, DecodeError, JsCodec, RawMessage};
use crate::service::{Host, Pending, Service};
use crate::yield_now::yield_now;

/// How long the worker may work before it looks at its messages. Half a frame: a keystroke's plan is asked for
/// and drawn within 16 ms even while a query runs.
const SLICE_MS: f64 = 8.0;

/// Registers the worker. To be called once, from the worker's own entry point.
pub fn start() {
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.to_string();
        post(&codec::encode(
            RequestId::default(),
            Response::Trapped { message },
        ));
    }));
    DatabaseWorker::registrar().encoding::<JsCodec>().register();
}

/// The gloo worker: one [`Service`] and whether its loop is running.
pub struct DatabaseWorker {
    service: Rc<RefCell<Service>>,
    running: Rc<Cell<bool>>,
}

impl Worker for DatabaseWorker {
    type Message = ();
    type Input = RawMessage;
    type Output = RawMessage;

    fn create(_scope: &WorkerScope<Self>) -> Self {
        let service = Service::new(Host {
            now_ms,
            memory_bytes,
        });
        Self {
            service: Rc::new(RefCell::new(service)),
            running: Rc::new(Cell::new(false)),
        }
    }

    fn connected(&mut self, _scope: &WorkerScope<Self>, _page: HandlerId) {
        post_answers(&self.service);
    }

    fn update(&mut self, _scope: &WorkerScope<Self>, _message: ()) {}

    fn received(&mut self, _scope: &WorkerScope<Self>, message: RawMessage, _from: HandlerId) {
        let began = now_ms();
        match codec::decode_request(message.0) {
            Ok(envelope) => self
                .service
                .borrow_mut()
                .receive(envelope.id, envelope.body),
            Err(error) => {
                if let Some((id, response)) = refusal(error) {
                    post(&codec::encode(id, response));
                }
                return;
            }
        }
        self.service.borrow_mut().turn_took(now_ms() - began);
        post_answers(&self.service);
        if !self.running.replace(true) {
            spawn_local(run(Rc::clone(&self.service), Rc::clone(&self.running)));
        }
    }
}

/// Works until nothing is under way, letting messages in after every slice.
async fn run(service: Rc<RefCell<Service>>, running: Rc<Cell<bool>>) {
    loop {
        let began = now_ms();
        let (pending, ended) = loop {
            let pending = service.borrow_mut().work();
            let now = now_ms();
            if pending == Pending::Idle || now - began >= SLICE_MS {
                break (pending, now);
            }
        };
        service.borrow_mut().turn_took(ended - began);
        post_answers(&service);
        if pending == Pending::Idle {
            running.set(false);
            return;
        }
        yield_now().await;
    }
}

fn post_answers(service: &RefCell<Service>) {
    let answers = service.borrow_mut().take_answers();
    for answer in answers {
        post(&codec::encode(answer.id, answer.response));
    }
}

/// What to say to a message that cannot be read; nothing when it does not even name a request.
fn refusal(error: DecodeError) -> Option<(RequestId, Response)> {
    match error {
        DecodeError::NoEnvelope => None,
        DecodeError::Version { id } => Some((
            id,
            Response::WrongVersion {
                expected: PROTOCOL_VERSION,
            },
        )),
        DecodeError::Body { id, message } => {
            let failure = Failure {
                // SQLSTATE class 08, connection exception: protocol violation.
                code: "08P01".into(),
                message,
                detail: None,
                hint: None,
                span: None,
            };
            Some((
                id,
                Response::Failed {
                    failure,
                    schema: None,
                },
            ))
        }
    }
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

fn post(message: &JsValue) {
    // It fails only for values that cannot be cloned, and the codec makes none.
    let _ = scope().post_message_with_transfer(message, &codec::transferables(message));
}

fn now_ms() -> f64 {
    scope().performance().map_or(0.0, |clock| clock.now())
}

fn memory_bytes() -> f64 {
    let memory: js_sys::WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    let buffer: js_sys::ArrayBuffer = memory.buffer().unchecked_into();
    f64::from(buffer.byte_length())
}
