//! The envelope: the one shape that never changes, so that either side can always read who is talking and answer.

use serde::{Deserialize, Serialize};

/// Raised with every change of a message. Page and worker are built together, so a difference means a stale cache:
/// it is answered by [`Response::WrongVersion`](crate::Response::WrongVersion), never by a panic in the codec.
pub const PROTOCOL_VERSION: u16 = 8;

/// Number of a request, given by the page; every response to it carries it. 0 is what nobody asked for.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct RequestId(pub u32);

impl RequestId {
    /// What nobody asked for.
    pub const UNSOLICITED: Self = Self(0);
}

/// A message: version and number first, then the body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope<B> {
    /// Of the sender.
    pub version: u16,
    /// Of the request.
    pub id: RequestId,
    /// The request or response.
    pub body: B,
}

impl<B> Envelope<B> {
    /// A message of this version.
    pub const fn new(id: RequestId, body: B) -> Self {
        Self {
            version: PROTOCOL_VERSION,
            id,
            body,
        }
    }
}
