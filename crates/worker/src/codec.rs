//! Messages as JavaScript values, over `serde-wasm-bindgen`.
//!
//! Why not gloo's own bincode: a field that serialises as bytes becomes a `Uint8Array` here, whose buffer can be
//! *transferred* instead of copied (64 MB: 2.6 ms against 87 ms), and the envelope can be read before the body,
//! so that a message of another build is answered and not a panic.

use gloo::worker::Codec;
use js_sys::{Array, ArrayBuffer, Object, Reflect, Uint8Array};
use protocol::{Envelope, PROTOCOL_VERSION, Request, RequestId, Response};
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue};

/// The codec handed to gloo. It decodes gloo's own small messages and leaves ours, [`RawMessage`], untouched.
pub struct JsCodec;

impl Codec for JsCodec {
    fn encode<I: Serialize>(input: I) -> JsValue {
        serde_wasm_bindgen::to_value(&input)
            .expect("gloo's messages are plain enums around a JsValue")
    }

    fn decode<O: for<'de> Deserialize<'de>>(input: JsValue) -> O {
        serde_wasm_bindgen::from_value(input)
            .expect("only the page's bridge, built with this worker, posts here")
    }
}

/// A message that has not been looked at.
#[derive(Debug, Serialize, Deserialize)]
pub struct RawMessage(#[serde(with = "serde_wasm_bindgen::preserve")] pub JsValue);

/// Why a message could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// It has no envelope; there is no id to answer to.
    NoEnvelope,
    /// The other side speaks another version.
    Version {
        /// The request to answer to.
        id: RequestId,
    },
    /// The envelope is right, the body is not.
    Body {
        /// The request to answer to.
        id: RequestId,
        /// What the decoder says.
        message: String,
    },
}

/// Encodes a message with its envelope. A field that serialises as bytes becomes a `Uint8Array`.
///
/// # Panics
/// If a message holds an integer beyond 2^53, which a JavaScript number cannot carry.
pub fn encode<B: Serialize>(id: RequestId, body: B) -> JsValue {
    let serializer = serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true);
    Envelope::new(id, body)
        .serialize(&serializer)
        .expect("messages are plain data with numbers that JavaScript can hold")
}

/// Decodes a request, envelope first.
///
/// # Errors
/// [`DecodeError`] says how much of the message could be read.
pub fn decode_request(message: JsValue) -> Result<Envelope<Request>, DecodeError> {
    decode(message)
}

/// Decodes an answer, envelope first; the worker's own tests play the page with it.
///
/// # Errors
/// [`DecodeError`] says how much of the message could be read.
pub fn decode_response(message: JsValue) -> Result<Envelope<Response>, DecodeError> {
    decode(message)
}

fn decode<B: for<'de> Deserialize<'de>>(message: JsValue) -> Result<Envelope<B>, DecodeError> {
    let outer: Envelope<RawMessage> =
        serde_wasm_bindgen::from_value(message).map_err(|_| DecodeError::NoEnvelope)?;
    let Envelope { version, id, body } = outer;
    if version != PROTOCOL_VERSION {
        return Err(DecodeError::Version { id });
    }
    let body = serde_wasm_bindgen::from_value(body.0).map_err(|error| DecodeError::Body {
        id,
        message: error.to_string(),
    })?;
    Ok(Envelope { version, id, body })
}

/// The buffers inside an encoded message that are worth transferring, for `postMessage`'s second argument.
///
/// Linear in the number of objects and arrays; arrays of numbers and strings are not walked. Encoding made these
/// buffers, so nobody else holds them and giving them away is safe.
pub fn transferables(message: &JsValue) -> Array {
    let found = Array::new();
    collect(message, &found);
    found
}

/// Below this, copying is as cheap as handing over.
const WORTH_TRANSFERRING_BYTES: u32 = 4096;

fn collect(value: &JsValue, found: &Array) {
    if let Some(bytes) = value.dyn_ref::<Uint8Array>() {
        if bytes.byte_length() >= WORTH_TRANSFERRING_BYTES {
            let buffer: ArrayBuffer = bytes.buffer().unchecked_into();
            found.push(&buffer);
        }
    } else if let Some(items) = value.dyn_ref::<Array>() {
        if items.get(0).is_object() {
            items.iter().for_each(|item| collect(&item, found));
        }
    } else if let Some(object) = value.dyn_ref::<Object>() {
        for key in Object::keys(object).iter() {
            if let Ok(field) = Reflect::get(object, &key)
                && field.is_object()
            {
                collect(&field, found);
            }
        }
    }
}
