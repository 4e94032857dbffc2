//! LIKE and its kin: the fixed beginning of a pattern, and the fraction of texts that match.
//!
//! Method: PostgreSQL 15 `like_support.c` (`like_fixed_prefix`, `patternsel_common`, `prefix_selectivity`,
//! `like_selectivity`, `make_greater_string`) for texts in byte order, and `selfuncs.c` (`histogram_selectivity`).

use super::{
    Scope, Variable, VariableSource, clamp_fraction,
    equality::{Equality, count, equals_value},
    inequality::{common_values, histogram_fraction},
    operand::{Other, only_rel, restriction},
};
use crate::{
    logical::{CompareOp, Expr, Operator},
    physical::cost_params::{
        DEFAULT_MATCH, PATTERN_ANY_CHAR, PATTERN_CUTOFF, PATTERN_FIXED_CHAR, PATTERN_FULL_BOUNDS,
        PATTERN_MIN_BOUNDS, PATTERN_WILDCARD,
    },
    value::Value,
};
use alloc::{boxed::Box, string::String, vec::Vec};

/// How much of a pattern is fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrefixKind {
    /// It begins with a wildcard.
    None,
    /// A fixed beginning.
    Partial,
    /// No wildcard at all.
    Exact,
}

/// The fixed beginning of a LIKE pattern and the range of texts that begin so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LikePrefix {
    /// How much is fixed.
    pub kind: PrefixKind,
    /// The fixed beginning, escapes resolved.
    pub prefix: Box<str>,
    /// Smallest text found that sorts after all that begin with `prefix`; `None` if there is none.
    pub next: Option<Box<str>>,
    /// Byte offset in the pattern where the rest begins.
    pub rest: usize,
}

/// The fixed beginning of a LIKE pattern. O(length).
/// ```
/// use engine::physical::selectivity::{PrefixKind, like_prefix};
/// let prefix = like_prefix("item 12%");
/// assert_eq!(prefix.kind, PrefixKind::Partial);
/// assert_eq!(&*prefix.prefix, "item 12");
/// assert_eq!(prefix.next.as_deref(), Some("item 13"));
/// ```
#[must_use]
pub fn like_prefix(pattern: &str) -> LikePrefix {
    fixed_prefix(pattern, false)
}

/// The same for a pattern operator: ILIKE's prefix ends at the first letter; `None` for operators that are not LIKE's.
#[must_use]
pub fn like_prefix_of(operator: Operator, pattern: &str) -> Option<LikePrefix> {
    match operator {
        Operator::Like | Operator::NotLike => Some(fixed_prefix(pattern, false)),
        Operator::ILike | Operator::NotILike => Some(fixed_prefix(pattern, true)),
        _ => None,
    }
}

fn fixed_prefix(pattern: &str, ignore_case: bool) -> LikePrefix {
    let mut prefix = String::new();
    let mut rest = pattern.len();
    let mut letters = pattern.char_indices();
    while let Some((at, letter)) = letters.next() {
        let literal = match letter {
            '%' | '_' => {
                rest = at;
                break;
            }
            // An escape at the very end matches nothing and fixes nothing.
            '\\' => match letters.next() {
                Some((_, escaped)) => escaped,
                None => break,
            },
            other => other,
        };
        if ignore_case && (literal.is_ascii_alphabetic() || !literal.is_ascii()) {
            rest = at;
            break;
        }
        prefix.push(literal);
    }
    let kind = if rest >= pattern.len() {
        PrefixKind::Exact
    } else if prefix.is_empty() {
        PrefixKind::None
    } else {
        PrefixKind::Partial
    };
    LikePrefix {
        kind,
        next: if kind == PrefixKind::Partial {
            next_text(&prefix)
        } else {
            None
        },
        prefix: prefix.into_boxed_str(),
        rest,
    }
}

/// A text above all that begin with `prefix`: its last character raised, or characters dropped until that works.
fn next_text(prefix: &str) -> Option<Box<str>> {
    let mut letters: Vec<char> = prefix.chars().collect();
    while let Some(last) = letters.pop() {
        let raised = match last {
            // The code points of surrogates are no characters.
            '\u{d7ff}' => Some('\u{e000}'),
            other => char::from_u32(u32::from(other) + 1),
        };
        // A longer encoding still sorts above; PostgreSQL raises the last byte within the same length, else drops it.
        if let Some(raised) = raised.filter(|raised| raised.len_utf8() == last.len_utf8()) {
            letters.push(raised);
            return Some(letters.into_iter().collect::<String>().into_boxed_str());
        }
    }
    None
}

/// Whether an operator matches patterns.
pub(super) const fn is_pattern(operator: Operator) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::Like
            | O::NotLike
            | O::ILike
            | O::NotILike
            | O::RegexMatch
            | O::RegexIMatch
            | O::NotRegexMatch
            | O::NotRegexIMatch
    )
}

const fn is_negated(operator: Operator) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::NotLike | O::NotILike | O::NotRegexMatch | O::NotRegexIMatch
    )
}

/// Selectivity of a pattern match (`patternsel_common`); between relations the default.
pub(super) fn pattern_match(
    source: &dyn VariableSource,
    operator: Operator,
    args: &[Expr],
    scope: &Scope<'_>,
    is_join: bool,
) -> f64 {
    let negated = is_negated(operator);
    let default = if negated {
        1.0 - DEFAULT_MATCH
    } else {
        DEFAULT_MATCH
    };
    let [left, right] = args else {
        return default;
    };
    if is_join {
        return default;
    }
    let Some(sides) = restriction(source, left, right, only_rel(scope)) else {
        return default;
    };
    if !sides.variable_on_left {
        return default;
    }
    let pattern = match sides.other {
        Other::Known(Value::Null) => return 0.0,
        Other::Known(Value::Text(pattern)) => pattern,
        _ => return default,
    };
    let Some(prefix) = like_prefix_of(operator, pattern) else {
        // Regular expressions are not evaluated on the histogram here.
        return default;
    };
    let variable = &sides.variable;
    let ignore_case = matches!(operator, Operator::ILike | Operator::NotILike);
    let matches = |value: &Value| match value {
        Value::Text(text) => like_matches(text, pattern, ignore_case),
        _ => false,
    };
    let fraction = if prefix.kind == PrefixKind::Exact {
        equals_value(variable, &Value::Text(prefix.prefix), Equality::Equal)
    } else {
        let (in_histogram, bounds) = histogram_matches(variable, matches);
        let mut fraction = in_histogram.unwrap_or(0.0);
        if bounds < PATTERN_FULL_BOUNDS {
            let guess =
                prefix_fraction(source, variable, &prefix) * rest_fraction(&pattern[prefix.rest..]);
            fraction = match in_histogram {
                None => guess,
                Some(counted) => {
                    let weight = count(bounds) / count(PATTERN_FULL_BOUNDS);
                    counted * weight + guess * (1.0 - weight)
                }
            };
        }
        let fraction = fraction.clamp(PATTERN_CUTOFF, 1.0 - PATTERN_CUTOFF);
        let (common, all_common) = common_values(variable, matches);
        fraction * (1.0 - variable.null_fraction() - all_common) + common
    };
    clamp_fraction(if negated {
        1.0 - fraction - variable.null_fraction()
    } else {
        fraction
    })
}

/// Fraction of the inner histogram bounds that match, if there are enough; and how many bounds there are.
fn histogram_matches(
    variable: &Variable,
    matches: impl Fn(&Value) -> bool,
) -> (Option<f64>, usize) {
    let Some(stats) = &variable.stats else {
        return (None, 0);
    };
    let bounds = &stats.histogram;
    if bounds.len() < PATTERN_MIN_BOUNDS {
        return (None, bounds.len());
    }
    let inner = &bounds[1..bounds.len() - 1];
    let matching = inner.iter().filter(|bound| matches(bound)).count();
    (Some(count(matching) / count(inner.len())), bounds.len())
}

/// Fraction of texts that begin with the fixed part, from the histogram as a range.
fn prefix_fraction(source: &dyn VariableSource, variable: &Variable, prefix: &LikePrefix) -> f64 {
    if prefix.kind != PrefixKind::Partial {
        return 1.0;
    }
    let value = Value::Text(prefix.prefix.clone());
    let Some(mut fraction) = histogram_fraction(source, variable, CompareOp::Ge, &value) else {
        return DEFAULT_MATCH;
    };
    if let Some(next) = &prefix.next {
        let next = Value::Text(next.clone());
        let below = histogram_fraction(source, variable, CompareOp::Lt, &next).unwrap_or(1.0);
        fraction = below + fraction - 1.0;
    }
    fraction.max(equals_value(variable, &value, Equality::Equal))
}

/// Guess for what follows the fixed part.
fn rest_fraction(rest: &str) -> f64 {
    let mut fraction = 1.0;
    let mut letters = rest.trim_start_matches(['%', '_']).chars();
    while let Some(letter) = letters.next() {
        fraction *= match letter {
            '%' => PATTERN_WILDCARD,
            '_' => PATTERN_ANY_CHAR,
            '\\' => {
                if letters.next().is_none() {
                    break;
                }
                PATTERN_FIXED_CHAR
            }
            _ => PATTERN_FIXED_CHAR,
        };
    }
    if fraction > 1.0 { 1.0 } else { fraction }
}

/// Whether a text matches a LIKE pattern with the escape character `\`. O(text · wildcards).
///
/// Why here: histogram bounds are few, so nothing is compiled; the executor has its own, faster matcher.
fn like_matches(text: &str, pattern: &str, ignore_case: bool) -> bool {
    let same = |a: char, b: char| a == b || (ignore_case && a.to_lowercase().eq(b.to_lowercase()));
    let mut text = text.chars();
    let mut pattern = pattern.chars();
    // Where to resume when the present attempt fails: after the last `%`, one character further on.
    let mut resume: Option<(core::str::Chars<'_>, core::str::Chars<'_>)> = None;
    loop {
        let mut rest = pattern.clone();
        let step = match rest.next() {
            Some('%') => {
                resume = Some((text.clone(), rest.clone()));
                pattern = rest;
                continue;
            }
            Some('_') => text.next().is_some(),
            Some('\\') => rest
                .next()
                .zip(text.next())
                .is_some_and(|(a, b)| same(a, b)),
            Some(letter) => text.next().is_some_and(|other| same(letter, other)),
            None if text.clone().next().is_none() => return true,
            None => false,
        };
        if step {
            pattern = rest;
            continue;
        }
        let Some((from, after)) = &mut resume else {
            return false;
        };
        if from.next().is_none() {
            return false;
        }
        text = from.clone();
        pattern = after.clone();
    }
}
