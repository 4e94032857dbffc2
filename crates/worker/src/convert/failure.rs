//! Errors with their places.

use engine::Error;
use engine::database::PlanDiagnostic;
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

/// An error with a place to underline.
pub fn diagnostic(diagnostic: &PlanDiagnostic) -> Diagnostic {
    Diagnostic {
        failure: failure(&diagnostic.error),
        span: TextSpan {
            start: diagnostic.span.start,
            end: diagnostic.span.end,
        },
    }
}
