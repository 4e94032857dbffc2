//! Errors with their places.

use engine::Error;
use protocol::{Diagnostic, Failure, TextSpan};

/// An error as it is shown. Its place is in the text that was sent.
pub fn failure(error: &Error) -> Failure {
    Failure {
        code: error.code.sqlstate().to_owned(),
        message: error.message.clone(),
        detail: error.detail.clone(),
        hint: error.hint.clone(),
        span: error.span.map(|span| TextSpan {
            start: span.start,
            end: span.end,
        }),
    }
}

/// An error with a place to underline: its own, or the text's last character when it is about what is missing at the end.
pub fn diagnostic(error: &Error, text: &str) -> Diagnostic {
    let failure = failure(error);
    let end = u32::try_from(text.trim_end().len()).unwrap_or(u32::MAX);
    let place = failure.span.unwrap_or(TextSpan { start: 0, end });
    let start = place.start.min(end.saturating_sub(1));
    Diagnostic {
        span: TextSpan {
            start,
            end: place.end.clamp(start + 1, end.max(start + 1)),
        },
        failure,
    }
}
