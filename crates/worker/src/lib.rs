//! The worker: one database behind a message queue.
//!
//! [`Service`] turns requests into answers and knows no browser, so that it is tested natively; [`start`] puts
//! it on a Web Worker's event loop. Neither knows the page.

#![cfg_attr(test, allow(clippy::unwrap_used))]
mod codec;
mod convert;
mod service;
mod wiring;
mod yield_now;

pub use codec::{
    DecodeError, JsCodec, RawMessage, decode_request, decode_response, encode, transferables,
};
pub use service::{Answer, Host, Pending, Service};
pub use wiring::{DatabaseWorker, start};
pub use yield_now::yield_now;
