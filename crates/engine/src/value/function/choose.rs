//! Choosing one of several signatures for the types at hand.
//!
//! Source of the rules: PostgreSQL's manual, "Operator" and "Function Type Resolution" (`func_select_candidate`), and "UNION,
//! CASE, and Related Constructs" (`select_common_type`).

use crate::{
    error::{Error, ErrorCode},
    logical::CastContext,
    value::{DataType, TypeClass, cast_allowed},
};
use alloc::{format, vec::Vec};

/// What the chooser found.
pub(super) enum Choice {
    /// This candidate.
    One(usize),
    /// None takes these types.
    None,
    /// Several do, equally well.
    Ambiguous,
}

/// The type that its category prefers: ties between candidates go to it.
fn is_preferred(data_type: DataType) -> bool {
    matches!(
        data_type,
        DataType::Float8
            | DataType::Text
            | DataType::Bool
            | DataType::Timestamp
            | DataType::Interval
    )
}

/// Numbers are one category here, whatever their class.
fn category(data_type: DataType) -> TypeClass {
    if data_type.is_number() {
        TypeClass::Float
    } else {
        data_type.class()
    }
}

fn implicit(from: DataType, to: DataType) -> bool {
    matches!(cast_allowed(from, to), Some(CastContext::Implicit))
}

/// Chooses among argument lists of the same length as `args`.
pub(super) fn choose(candidates: &[Vec<DataType>], args: &[DataType]) -> Choice {
    let args: Vec<DataType> = args.iter().map(|arg| arg.base()).collect();
    let exact = |candidate: &&[DataType]| {
        candidate
            .iter()
            .zip(&args)
            .filter(|(have, arg)| have == arg)
            .count()
    };
    let fitting: Vec<usize> = (0..candidates.len())
        .filter(|&at| {
            candidates[at].len() == args.len()
                && candidates[at]
                    .iter()
                    .zip(&args)
                    .all(|(to, from)| implicit(*from, *to))
        })
        .collect();
    if let Some(&at) = fitting
        .iter()
        .find(|&&at| exact(&candidates[at].as_slice()) == args.len())
    {
        return Choice::One(at);
    }
    // With one side known, try the other as the same type first.
    if let [left, right] = args[..]
        && (left == DataType::Unknown) != (right == DataType::Unknown)
    {
        let known = if left == DataType::Unknown {
            right
        } else {
            left
        };
        if let Some(&at) = fitting.iter().find(|&&at| candidates[at] == [known, known]) {
            return Choice::One(at);
        }
    }
    let best = |fitting: Vec<usize>, score: &dyn Fn(&[DataType]) -> usize| {
        let most = fitting
            .iter()
            .map(|&at| score(&candidates[at]))
            .max()
            .unwrap_or(0);
        fitting
            .into_iter()
            .filter(|&at| score(&candidates[at]) == most)
            .collect::<Vec<_>>()
    };
    let fitting = best(fitting, &|candidate| exact(&candidate));
    let fitting = best(fitting, &|candidate| {
        candidate
            .iter()
            .zip(&args)
            .filter(|(have, arg)| {
                *have == *arg || (is_preferred(**have) && category(**have) == category(**arg))
            })
            .count()
    });
    let mut fitting = fitting;
    // Undecided literals: text if some candidate takes it, else the one category that all agree on.
    for (at, arg) in args.iter().enumerate() {
        if *arg != DataType::Unknown || fitting.len() < 2 {
            continue;
        }
        let has_text = fitting
            .iter()
            .any(|&f| candidates[f][at].class() == TypeClass::Text);
        if has_text {
            fitting.retain(|&f| candidates[f][at].class() == TypeClass::Text);
            if fitting.iter().any(|&f| is_preferred(candidates[f][at])) {
                fitting.retain(|&f| is_preferred(candidates[f][at]));
            }
        } else if fitting.iter().any(|&f| is_preferred(candidates[f][at])) {
            let first = category(candidates[fitting[0]][at]);
            if fitting
                .iter()
                .all(|&f| category(candidates[f][at]) == first)
            {
                fitting.retain(|&f| is_preferred(candidates[f][at]));
            }
        }
    }
    if fitting.len() > 1 {
        // All known arguments of one type: take the undecided ones to be of it, too.
        let mut known = args.iter().filter(|arg| **arg != DataType::Unknown);
        if let Some(first) = known.next()
            && known.all(|arg| arg == first)
            && args.contains(&DataType::Unknown)
        {
            let same: Vec<usize> = fitting
                .iter()
                .copied()
                .filter(|&at| candidates[at].iter().all(|have| implicit(*first, *have)))
                .collect();
            if same.len() == 1 {
                fitting = same;
            }
        }
    }
    match fitting[..] {
        [] => Choice::None,
        [one] => Choice::One(one),
        _ => Choice::Ambiguous,
    }
}

/// The one type of UNION, CASE, COALESCE, GREATEST, IN lists and VALUES. `context` is PostgreSQL's word for the construct ("CASE",
/// "UNION"). Undecided literals alone become text. 42804 if there is none.
pub fn common_type(types: &[DataType], context: &str) -> Result<DataType, Error> {
    let mut known = types
        .iter()
        .copied()
        .filter(|data_type| *data_type != DataType::Unknown);
    let Some(first) = known.next() else {
        return Ok(DataType::Text);
    };
    let mut common = first;
    let mut same_modifier = true;
    for next in known {
        same_modifier &= next == first;
        if next.same_base(common) {
            continue;
        }
        if category(next) != category(common) {
            return Err(Error::new(
                ErrorCode::DatatypeMismatch,
                format!(
                    "{context} types {} and {} cannot be matched",
                    common.name(),
                    next.name()
                ),
            ));
        }
        if !is_preferred(common)
            && implicit(common, next)
            && (!implicit(next, common) || is_preferred(next))
        {
            common = next;
        }
    }
    Ok(if same_modifier && common == first {
        first
    } else {
        unconstrained(common)
    })
}

/// The type without its modifier where values of several modifiers meet.
const fn unconstrained(data_type: DataType) -> DataType {
    data_type.base()
}
