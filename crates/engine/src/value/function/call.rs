//! What the functions compute: one match from function to room.

use super::{is_strict, numbers, strings, times};
use crate::{
    error::{Error, ErrorCode},
    logical::Function,
    value::{DataType, Value},
};
use alloc::format;

/// Calls a function with values of the types that [`resolve_function`](super::resolve_function) gave; `types` are the arguments'
/// types (for text output of any type), `result` its result type. Strict functions give NULL for a NULL argument.
///
/// Functions that need the session (clock, sizes, random numbers) are 0A000 here: the executor replaces them before.
pub fn eval_function(
    function: Function,
    args: &[Value],
    types: &[DataType],
    result: DataType,
) -> Result<Value, Error> {
    if is_strict(function) && args.iter().any(Value::is_null) {
        return Ok(Value::Null);
    }
    numbers::call(function, args, result)
        .or_else(|| strings::call(function, args, types))
        .or_else(|| times::call(function, args, result))
        .unwrap_or_else(|| {
            Err(Error::new(
                ErrorCode::FeatureNotSupported,
                format!(
                    "function {} is not supported here",
                    super::function_name(function)
                ),
            ))
        })
}
