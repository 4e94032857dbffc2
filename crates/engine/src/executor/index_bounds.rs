//! From index conditions to ranges of keys.
//!
//! Equalities on leading key columns make a prefix, an inequality on the next one bounds it, IN makes several ranges. Conditions that
//! bound nothing are left for the caller to test on the key's values, as a B-tree does in PostgreSQL.

use super::{operator::ExecContext, scalar::Scalar};
use crate::{
    Error,
    database::IndexCodec,
    logical::{CompareOp, Expr, ExprKind, Quantifier},
    physical::IndexCondition,
    value::{DataType, Value, compare},
};
use alloc::vec::Vec;
use btree::Bound;
use pages::order::sort_by;

/// What one condition says of its key column.
pub(crate) enum Bounding {
    Compare(CompareOp, Scalar),
    AnyOf(Vec<Scalar>),
    Null,
    NotNull,
    /// A boolean column on its own, or negated.
    Is(bool),
}

/// A condition, taken apart.
pub(crate) struct KeyBound {
    pub key: usize,
    pub bounding: Bounding,
}

/// Takes conditions apart; the second list holds those that ranges cannot express.
pub(crate) fn analyse(
    conditions: &[IndexCondition],
    make: &mut dyn FnMut(&Expr) -> Result<Scalar, Error>,
) -> Result<(Vec<KeyBound>, Vec<Expr>), Error> {
    let mut bounds = Vec::new();
    let mut rest = Vec::new();
    for condition in conditions {
        let bounding = match &condition.expr.kind {
            ExprKind::Compare(op, _, value) if *op != CompareOp::Ne => {
                Some(Bounding::Compare(*op, make(value)?))
            }
            ExprKind::InList {
                op: CompareOp::Eq,
                quantifier: Quantifier::Any,
                list,
                ..
            } => {
                let mut values = Vec::with_capacity(list.len());
                for value in list {
                    values.push(make(value)?);
                }
                Some(Bounding::AnyOf(values))
            }
            ExprKind::IsNull { negated: false, .. } => Some(Bounding::Null),
            ExprKind::IsNull { negated: true, .. } => Some(Bounding::NotNull),
            ExprKind::Not(_) => Some(Bounding::Is(false)),
            ExprKind::Column(_) => Some(Bounding::Is(true)),
            _ => None,
        };
        match bounding {
            Some(bounding) => bounds.push(KeyBound {
                key: condition.key as usize,
                bounding,
            }),
            None => rest.push(condition.expr.clone()),
        }
    }
    Ok((bounds, rest))
}

/// A value as the key column's type, or where it lies if the type cannot hold it.
enum Fitted {
    Exact(Value),
    /// Between two values of the type: the one below.
    After(Value),
    BelowAll,
    AboveAll,
}

fn fit(value: Value, to: DataType) -> Fitted {
    let narrow = |wide: i64, min: i64, max: i64| {
        if wide < min {
            Some(Fitted::BelowAll)
        } else if wide > max {
            Some(Fitted::AboveAll)
        } else {
            None
        }
    };
    match (&value, to) {
        (Value::Int4(_) | Value::Int8(_), DataType::Int2) => {
            let wide = value.as_i64().unwrap_or(0);
            narrow(wide, i64::from(i16::MIN), i64::from(i16::MAX))
                .unwrap_or(Fitted::Exact(Value::Int2(wide as i16)))
        }
        (Value::Int2(_) | Value::Int8(_), DataType::Int4) => {
            let wide = value.as_i64().unwrap_or(0);
            narrow(wide, i64::from(i32::MIN), i64::from(i32::MAX))
                .unwrap_or(Fitted::Exact(Value::Int4(wide as i32)))
        }
        (Value::Int2(_) | Value::Int4(_), DataType::Int8) => {
            Fitted::Exact(Value::Int8(value.as_i64().unwrap_or(0)))
        }
        (Value::Date(days), DataType::Timestamp) => Fitted::Exact(Value::Timestamp(
            i64::from(*days).saturating_mul(compare::MICROS_PER_DAY),
        )),
        (Value::Timestamp(micros), DataType::Date) => {
            let days = micros.div_euclid(compare::MICROS_PER_DAY) as i32;
            if micros.rem_euclid(compare::MICROS_PER_DAY) == 0 {
                Fitted::Exact(Value::Date(days))
            } else {
                Fitted::After(Value::Date(days))
            }
        }
        (Value::Float4(x), DataType::Float8) => Fitted::Exact(Value::Float8(f64::from(*x))),
        (Value::Float8(x), DataType::Float4) => {
            // Keys of reals are encoded as doubles; the bound itself need not be a real.
            let near = *x as f32;
            if f64::from(near) == *x || x.is_nan() {
                Fitted::Exact(Value::Float4(near))
            } else if f64::from(near) < *x {
                Fitted::After(Value::Float4(near))
            } else {
                Fitted::After(Value::Float4(libm::nextafterf(near, f32::NEG_INFINITY)))
            }
        }
        _ => Fitted::Exact(value),
    }
}

/// One range of keys.
#[derive(Debug)]
pub(crate) struct KeyRange {
    pub lower: Bound,
    pub upper: Bound,
}

/// Ranges in ascending order of keys, without overlap.
pub(crate) fn ranges(
    bounds: &[KeyBound],
    codec: &IndexCodec,
    cx: &ExecContext<'_>,
) -> Result<Vec<KeyRange>, Error> {
    let mut prefixes: Vec<Vec<u8>> = alloc::vec![Vec::new()];
    for at in 0..codec.keys.len() {
        let Some(keys) = equalities(bounds, at, codec, cx)? else {
            return inequalities(prefixes, bounds, at, codec, cx);
        };
        let mut longer = Vec::with_capacity(prefixes.len() * keys.len());
        for prefix in &prefixes {
            for key in &keys {
                let mut both = prefix.clone();
                both.extend_from_slice(key);
                longer.push(both);
            }
        }
        prefixes = longer;
    }
    Ok(whole(prefixes))
}

/// Ranges of one key column on its own, in ascending order of bytes, without overlap; one of everything if nothing bounds it.
pub(crate) fn column_ranges(
    bounds: &[KeyBound],
    at: usize,
    codec: &IndexCodec,
    cx: &ExecContext<'_>,
) -> Result<Vec<KeyRange>, Error> {
    match equalities(bounds, at, codec, cx)? {
        Some(keys) => Ok(whole(keys)),
        None => inequalities(alloc::vec![Vec::new()], bounds, at, codec, cx),
    }
}

/// The values that equalities leave key column `at`, as sorted bytes; `None` without one.
fn equalities(
    bounds: &[KeyBound],
    at: usize,
    codec: &IndexCodec,
    cx: &ExecContext<'_>,
) -> Result<Option<Vec<Vec<u8>>>, Error> {
    let Some(key) = codec.keys.get(at) else {
        return Ok(None);
    };
    let mut made: Option<Vec<Vec<u8>>> = None;
    for bound in bounds.iter().filter(|bound| bound.key == at) {
        let values = match &bound.bounding {
            Bounding::Compare(CompareOp::Eq, scalar) => alloc::vec![scalar.value(cx)?],
            Bounding::AnyOf(list) => {
                let mut values = Vec::with_capacity(list.len());
                for scalar in list {
                    values.push(scalar.value(cx)?);
                }
                values
            }
            Bounding::Is(wanted) => alloc::vec![Value::Bool(*wanted)],
            Bounding::Null => {
                // Beside an equality on the same column nothing fits.
                let null = null_bytes(codec, at)?;
                made = Some(match made {
                    None => alloc::vec![null],
                    Some(before) => before.into_iter().filter(|key| *key == null).collect(),
                });
                continue;
            }
            _ => continue,
        };
        let mut keys = Vec::with_capacity(values.len());
        for value in values {
            if value.is_null() {
                continue;
            }
            if let Fitted::Exact(value) = fit(value, key.data_type) {
                let mut bytes = Vec::new();
                codec.key_value(at, &value, &mut bytes)?;
                keys.push(bytes);
            }
        }
        sort_by(&mut keys, Ord::cmp);
        keys.dedup();
        made = Some(match made {
            None => keys,
            Some(before) => before.into_iter().filter(|k| keys.contains(k)).collect(),
        });
    }
    Ok(made)
}

fn whole(prefixes: Vec<Vec<u8>>) -> Vec<KeyRange> {
    let bound = |prefix: &Vec<u8>| {
        if prefix.is_empty() {
            Bound::Unbounded
        } else {
            Bound::Included(prefix.clone())
        }
    };
    prefixes
        .iter()
        .map(|prefix| KeyRange {
            lower: bound(prefix),
            upper: bound(prefix),
        })
        .collect()
}

fn null_bytes(codec: &IndexCodec, at: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    codec.key_value(at, &Value::Null, &mut bytes)?;
    Ok(bytes)
}

/// The first key column without equality: what its inequalities leave of each prefix.
fn inequalities(
    prefixes: Vec<Vec<u8>>,
    bounds: &[KeyBound],
    at: usize,
    codec: &IndexCodec,
    cx: &ExecContext<'_>,
) -> Result<Vec<KeyRange>, Error> {
    let Some(key) = codec.keys.get(at) else {
        return Ok(whole(prefixes));
    };
    // In the order of bytes: the smallest and largest that may match, and whether they match themselves.
    let mut lower: Option<(Vec<u8>, bool)> = None;
    let mut upper: Option<(Vec<u8>, bool)> = None;
    let mut bounded = false;
    for bound in bounds.iter().filter(|bound| bound.key == at) {
        let (op, value) = match &bound.bounding {
            Bounding::Compare(op, scalar) => (*op, scalar.value(cx)?),
            Bounding::NotNull => {
                bounded = true;
                continue;
            }
            _ => continue,
        };
        if value.is_null() {
            return Ok(Vec::new());
        }
        bounded = true;
        let greater = matches!(op, CompareOp::Gt | CompareOp::Ge);
        let (value, inclusive) = match fit(value, key.data_type) {
            Fitted::Exact(value) => (value, matches!(op, CompareOp::Ge | CompareOp::Le)),
            Fitted::After(value) => (value, !greater),
            Fitted::BelowAll if greater => continue,
            Fitted::AboveAll if !greater => continue,
            Fitted::BelowAll | Fitted::AboveAll => return Ok(Vec::new()),
        };
        let mut bytes = Vec::new();
        codec.key_value(at, &value, &mut bytes)?;
        // A descending column turns the bytes round.
        if greater != key.spec.descending {
            let narrower = lower
                .as_ref()
                .is_none_or(|(old, with)| bytes > *old || (bytes == *old && *with && !inclusive));
            if narrower {
                lower = Some((bytes, inclusive));
            }
        } else {
            let narrower = upper
                .as_ref()
                .is_none_or(|(old, with)| bytes < *old || (bytes == *old && *with && !inclusive));
            if narrower {
                upper = Some((bytes, inclusive));
            }
        }
    }
    if !bounded {
        return Ok(whole(prefixes));
    }
    // Without a bound on a side, NULLs there are still left out.
    let null = null_bytes(codec, at)?;
    let lower = lower.or_else(|| key.spec.nulls_first.then(|| (null.clone(), false)));
    let upper = upper.or_else(|| (!key.spec.nulls_first).then(|| (null.clone(), false)));
    let end = |prefix: &Vec<u8>, side: &Option<(Vec<u8>, bool)>| match side {
        None if prefix.is_empty() => Bound::Unbounded,
        None => Bound::Included(prefix.clone()),
        Some((bytes, inclusive)) => {
            let mut both = prefix.clone();
            both.extend_from_slice(bytes);
            if *inclusive {
                Bound::Included(both)
            } else {
                Bound::Excluded(both)
            }
        }
    };
    Ok(prefixes
        .iter()
        .map(|prefix| KeyRange {
            lower: end(prefix, &lower),
            upper: end(prefix, &upper),
        })
        .collect())
}

/// Which conditions a skip scan over the first `columns` key columns makes sure of: beside an equality other ones must be tested.
pub(crate) fn enforced_by_skipping(bounds: &[KeyBound], columns: usize) -> Vec<bool> {
    let has_equality = |key: usize| {
        bounds
            .iter()
            .any(|bound| bound.key == key && is_equality(bound))
    };
    bounds
        .iter()
        .map(|bound| bound.key < columns && (is_equality(bound) || !has_equality(bound.key)))
        .collect()
}

fn is_equality(bound: &KeyBound) -> bool {
    matches!(
        bound.bounding,
        Bounding::Compare(CompareOp::Eq, ..)
            | Bounding::AnyOf(_)
            | Bounding::Is(_)
            | Bounding::Null
    )
}

/// How many leading conditions ranges express: those on key columns after the first one without equality must be tested.
pub(crate) fn enforced(bounds: &[KeyBound], keys: usize) -> Vec<bool> {
    let mut last = 0;
    while last < keys
        && bounds
            .iter()
            .any(|bound| bound.key == last && is_equality(bound))
    {
        last += 1;
    }
    bounds
        .iter()
        .map(|bound| bound.key < last && is_equality(bound) || bound.key == last)
        .collect()
}
