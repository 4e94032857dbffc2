//! Requests in, answers out: what the worker does, without the browser it does it in.
//!
//! Long work goes in slices: [`Service::receive`] only notes it, [`Service::work`] does a bounded piece of it,
//! and whoever owns the event loop decides how many pieces to do before it lets other messages in.

use protocol::{Failure, Request, RequestId, Response, WorkerView};

/// One answer, and the request that it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The request that it answers.
    pub id: RequestId,
    /// What to say.
    pub response: Response,
}

/// Whether there is more to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pending {
    /// Nothing is under way; call again after the next request.
    Idle,
    /// Call [`Service::work`] again.
    More,
}

/// All that the service may know of where it runs.
#[derive(Clone, Copy, Debug)]
pub struct Host {
    /// Milliseconds since a fixed moment. A call costs about 150 ns in a browser and the clock steps by 0.1 ms.
    pub now_ms: fn() -> f64,
    /// Bytes that the worker's memory has grown to.
    pub memory_bytes: fn() -> f64,
}

/// The database and what it has been asked to do.
pub struct Service {
    host: Host,
    answers: Vec<Answer>,
    longest_turn_ms: f64,
}

impl Service {
    /// A service with an empty database; its first answer is [`Response::Ready`].
    pub fn new(host: Host) -> Self {
        let mut service = Self {
            host,
            answers: Vec::new(),
            longest_turn_ms: 0.0,
        };
        let ready = Response::Ready(service.state());
        service.answer(RequestId::default(), ready);
        service
    }

    /// Takes a request in: answers at once what can be answered at once, notes the rest for [`Self::work`].
    pub fn receive(&mut self, id: RequestId, request: Request) {
        let response = match request {
            Request::Ping => Response::Pong(self.state()),
            _ => Response::Failed {
                failure: Failure {
                    code: "0A000".into(),
                    message: "not supported yet".into(),
                    detail: None,
                    hint: None,
                    span: None,
                },
                schema: None,
            },
        };
        self.answer(id, response);
    }

    /// Does one slice of the work under way, a millisecond or so.
    pub fn work(&mut self) -> Pending {
        Pending::Idle
    }

    /// Takes the answers given since the last call, in order.
    pub fn take_answers(&mut self) -> Vec<Answer> {
        core::mem::take(&mut self.answers)
    }

    /// Notes how long the event loop was kept from its messages, for the next [`WorkerView`].
    pub fn turn_took(&mut self, ms: f64) {
        self.longest_turn_ms = self.longest_turn_ms.max(ms);
    }

    fn answer(&mut self, id: RequestId, response: Response) {
        self.answers.push(Answer { id, response });
    }

    fn state(&mut self) -> WorkerView {
        WorkerView {
            wasm_bytes: (self.host.memory_bytes)(),
            lag_ms: core::mem::take(&mut self.longest_turn_ms),
            busy: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ping_is_answered_at_once_under_its_own_id() {
        let host = Host {
            now_ms: || 0.0,
            memory_bytes: || 65536.0,
        };
        let mut service = Service::new(host);
        service.turn_took(9.0);
        service.receive(RequestId(7), Request::Ping);
        let answers = service.take_answers();
        assert!(matches!(answers[0].response, Response::Ready(_)));
        assert_eq!(answers[1].id, RequestId(7));
        assert!(matches!(&answers[1].response, Response::Pong(state) if state.lag_ms == 9.0));
        assert_eq!(service.work(), Pending::Idle);
    }
}
