//! The page's end of the line to the worker: spawn, send, match ids, kill, start again.
//!
//! The worker runs under `gloo-worker`, but its page-side bridge is not used: that one can neither terminate its
//! worker nor hand it out, and a worker that has trapped answers nothing, not even a request to close. So the
//! bridge holds the `web_sys::Worker` itself and speaks gloo's three messages to it (`WorkerLoaded` in,
//! `Connected` and `ProcessInput` out). What is said inside is `protocol`'s.
//!
//! It does not decide what to do about a dead worker; it says that it died.

use std::cell::RefCell;
use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};
use std::rc::Rc;

use js_sys::{Array, Object, Reflect};
use protocol::{Envelope, PROTOCOL_VERSION, Request, RequestId, Response};
use serde::{Deserialize, Serialize};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::boot;

/// What the bridge tells its owner.
#[derive(Debug)]
pub enum BridgeEvent {
    /// An answer. Of requests that are only worth their newest answer (plans, pings) the older ones are dropped; the answers to
    /// runs all arrive.
    Answer {
        /// The request that it answers.
        id: RequestId,
        /// What the worker says.
        response: Response,
    },
    /// The worker is gone with everything in it. [`Bridge::restart`] starts an empty one.
    Died {
        /// Why, as far as is known.
        message: String,
    },
    /// No worker can be started, or each one dies before it listens.
    Unavailable {
        /// Why, as far as is known.
        message: String,
    },
}

/// Workers in a row that may die before they listen, until the bridge gives up.
const TRIES: u32 = 3;

/// One worker, for as long as the bridge lives. Clones share it.
#[derive(Clone)]
pub struct Bridge {
    inner: Rc<RefCell<Inner>>,
    on_event: Rc<dyn Fn(BridgeEvent)>,
}

struct Inner {
    line: Option<Line>,
    last_id: u32,
    newest: HashMap<Discriminant<Request>, RequestId>,
    kinds: HashMap<RequestId, Discriminant<Request>>,
    died_unheard: u32,
}

/// A running worker, the requests that wait for it to load, and the handlers that keep it listened to.
struct Line {
    worker: Worker,
    waiting: Option<Vec<JsValue>>,
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_error: Closure<dyn Fn(ErrorEvent)>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

impl PartialEq for Bridge {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.inner, &other.inner)
    }
}

impl Bridge {
    /// Starts a worker. Events arrive later, never from inside this call.
    pub fn spawn(on_event: Rc<dyn Fn(BridgeEvent)>) -> Self {
        let inner = Inner {
            line: None,
            last_id: 0,
            newest: HashMap::new(),
            kinds: HashMap::new(),
            died_unheard: 0,
        };
        let bridge = Self {
            inner: Rc::new(RefCell::new(inner)),
            on_event,
        };
        bridge.restart();
        bridge
    }

    /// Kills the worker, whatever it is doing, and starts an empty one. Spawn to first reply takes about 50 ms.
    /// Answers to requests sent before are lost.
    pub fn restart(&self) {
        let line = self.open();
        let mut inner = self.inner.borrow_mut();
        inner.newest.clear();
        inner.kinds.clear();
        inner.line = line;
    }

    /// Sends a request. Requests made before the worker has loaded wait for it, in order.
    pub fn send(&self, request: &Request) -> RequestId {
        let mut inner = self.inner.borrow_mut();
        inner.last_id += 1;
        let id = RequestId(inner.last_id);
        let kind = discriminant(request);
        if let Some(superseded) = inner.newest.insert(kind, id)
            && !matches!(request, Request::Run(_))
        {
            inner.kinds.remove(&superseded);
        }
        inner.kinds.insert(id, kind);
        if let Some(line) = &mut inner.line {
            line.send(gloo_message(
                "ProcessInput",
                &Array::of2(&HANDLER.into(), &encode(id, request)),
            ));
        }
        id
    }

    fn open(&self) -> Option<Line> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = match Worker::new_with_options(&boot::worker_url(), &options) {
            Ok(worker) => worker,
            Err(error) => {
                self.report_later(format!("the worker could not be started: {error:?}"));
                return None;
            }
        };
        let on_message = {
            let bridge = self.clone();
            Closure::new(move |event: MessageEvent| bridge.received(event.data()))
        };
        let on_error = {
            let bridge = self.clone();
            Closure::new(move |event: ErrorEvent| bridge.died(event.message()))
        };
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Some(Line {
            worker,
            waiting: Some(vec![gloo_message("Connected", &HANDLER.into())]),
            _on_message: on_message,
            _on_error: on_error,
        })
    }

    fn received(&self, data: JsValue) {
        if data.as_string().as_deref() == Some("WorkerLoaded") {
            if let Some(line) = &mut self.inner.borrow_mut().line {
                line.flush();
            }
            return;
        }
        match decode(data) {
            Ok(Envelope {
                body: Response::Trapped { message },
                ..
            }) => self.died(message),
            Ok(Envelope {
                id, body: response, ..
            }) => {
                if matches!(response, Response::Ready(_)) {
                    self.inner.borrow_mut().died_unheard = 0;
                }
                if id == RequestId::UNSOLICITED || self.inner.borrow().kinds.contains_key(&id) {
                    (self.on_event)(BridgeEvent::Answer { id, response });
                }
            }
            Err(message) => self.died(message),
        }
    }

    /// A trap arrives twice, as a message and as an error event; only the first still finds a line.
    fn died(&self, message: String) {
        let line = self.inner.borrow_mut().line.take();
        if let Some(line) = line {
            // The handler that is running belongs to the line, so that it may not be dropped before it returns.
            gloo::timers::callback::Timeout::new(0, move || drop(line)).forget();
            let tries = {
                let mut inner = self.inner.borrow_mut();
                inner.died_unheard += 1;
                inner.died_unheard
            };
            (self.on_event)(if tries > TRIES {
                BridgeEvent::Unavailable { message }
            } else {
                BridgeEvent::Died { message }
            });
        }
    }

    fn report_later(&self, message: String) {
        let on_event = Rc::clone(&self.on_event);
        gloo::timers::callback::Timeout::new(0, move || {
            on_event(BridgeEvent::Unavailable { message })
        })
        .forget();
    }

    /// Ends the worker. Without it the handlers, which hold the bridge, would keep each other alive.
    pub fn close(&self) {
        let line = self.inner.borrow_mut().line.take();
        drop(line);
    }
}

impl Line {
    fn send(&mut self, message: JsValue) {
        match &mut self.waiting {
            Some(waiting) => waiting.push(message),
            None => self.post(&message),
        }
    }

    fn flush(&mut self) {
        for message in self.waiting.take().unwrap_or_default() {
            self.post(&message);
        }
    }

    fn post(&self, message: &JsValue) {
        // It fails only for values that cannot be cloned, and encoding makes none.
        let _ = self.worker.post_message(message);
    }
}

/// gloo numbers the bridges of a worker; ours is its only one.
const HANDLER: u32 = 0;

/// A variant with a payload as serde writes it: an object of one field.
fn gloo_message(variant: &str, payload: &JsValue) -> JsValue {
    let message = Object::new();
    // Setting a field of a fresh object cannot fail.
    let _ = Reflect::set(&message, &variant.into(), payload);
    message.into()
}

fn encode(id: RequestId, request: &Request) -> JsValue {
    let serializer = serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true);
    Envelope::new(id, request)
        .serialize(&serializer)
        .expect("requests are plain data with numbers that JavaScript can hold")
}

/// A body that has not been looked at.
#[derive(Deserialize)]
struct RawBody(#[serde(with = "serde_wasm_bindgen::preserve")] JsValue);

fn decode(data: JsValue) -> Result<Envelope<Response>, String> {
    let outer: Envelope<RawBody> =
        serde_wasm_bindgen::from_value(data).map_err(|error| error.to_string())?;
    let Envelope { version, id, body } = outer;
    if version != PROTOCOL_VERSION {
        return Err(format!(
            "the worker speaks protocol version {version}, this page {PROTOCOL_VERSION}"
        ));
    }
    let body = serde_wasm_bindgen::from_value(body.0).map_err(|error| error.to_string())?;
    Ok(Envelope { version, id, body })
}
