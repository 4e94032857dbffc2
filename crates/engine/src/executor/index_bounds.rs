//! From index conditions to ranges of keys.
//!
//! Equalities on leading key columns make a prefix, an inequality on the next one bounds it, IN makes several ranges. Conditions that
//! bound nothing are left for the caller to test on the key's values, as a B-tree does in PostgreSQL.

use super::{operator::ExecContext, scalar::Scalar};
use crate::{
    Error,
    database::IndexCodec,
    logical::{CompareOp, Expr, ExprKind, Quantifier},
    physical::{IndexCondition, strip_relabel},
    value::{Column, DataType, Value, compare},
};
use alloc::{borrow::Cow, vec::Vec};
use btree::Bound;
use core::{cell::RefCell, ops::Range};
use pages::order::sort_by;

/// What one condition says of its key column.
pub(crate) enum Bounding {
    Compare(CompareOp, Scalar),
    /// The values of a row, compared with this key column and those behind it.
    Rows(CompareOp, Vec<Scalar>),
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
    /// Memory to encode a value in, used again by every scan.
    one: RefCell<Option<Column>>,
}

/// Takes conditions apart; the second list holds those that ranges cannot express. `keys` are the index's key columns.
pub(crate) fn analyse(
    conditions: &[IndexCondition],
    keys: &[Expr],
    make: &mut dyn FnMut(&Expr) -> Result<Scalar, Error>,
) -> Result<(Vec<KeyBound>, Vec<Expr>), Error> {
    let mut bounds = Vec::new();
    let mut rest = Vec::new();
    for condition in conditions {
        let bounding = match &condition.expr.kind {
            ExprKind::Compare(op, _, value) if *op != CompareOp::Ne => {
                Some(Bounding::Compare(*op, make(value)?))
            }
            ExprKind::RowCompare { op, left, right } => {
                let columns = keys.get(condition.key as usize..).unwrap_or(&[]);
                let mut values = Vec::with_capacity(right.len());
                for ((field, value), key) in left.iter().zip(right).zip(columns) {
                    if strip_relabel(field) != key {
                        break;
                    }
                    values.push(make(value)?);
                }
                // Equal in the fields that bound it, a row may be on either side.
                let op = match op {
                    CompareOp::Lt if values.len() < right.len() => CompareOp::Le,
                    CompareOp::Gt if values.len() < right.len() => CompareOp::Ge,
                    op => *op,
                };
                Some(Bounding::Rows(op, values))
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
                one: RefCell::default(),
            }),
            None => rest.push(condition.expr.clone()),
        }
    }
    Ok((bounds, rest))
}

/// A value as the key column's type, or where it lies if the type cannot hold it.
enum Fitted<'v> {
    Exact(Cow<'v, Value>),
    /// Between two values of the type: the one below.
    After(Value),
    BelowAll,
    AboveAll,
}

fn fit(value: Cow<'_, Value>, to: DataType) -> Fitted<'_> {
    let narrow = |wide: i64, min: i64, max: i64| {
        if wide < min {
            Some(Fitted::BelowAll)
        } else if wide > max {
            Some(Fitted::AboveAll)
        } else {
            None
        }
    };
    let exact = |value: Value| Fitted::Exact(Cow::Owned(value));
    match (&*value, to) {
        (Value::Int4(_) | Value::Int8(_), DataType::Int2) => {
            let wide = value.as_i64().unwrap_or(0);
            narrow(wide, i64::from(i16::MIN), i64::from(i16::MAX))
                .unwrap_or(exact(Value::Int2(wide as i16)))
        }
        (Value::Int2(_) | Value::Int8(_), DataType::Int4) => {
            let wide = value.as_i64().unwrap_or(0);
            narrow(wide, i64::from(i32::MIN), i64::from(i32::MAX))
                .unwrap_or(exact(Value::Int4(wide as i32)))
        }
        (Value::Int2(_) | Value::Int4(_), DataType::Int8) => {
            exact(Value::Int8(value.as_i64().unwrap_or(0)))
        }
        (Value::Date(days), DataType::Timestamp) => exact(Value::Timestamp(
            i64::from(*days).saturating_mul(compare::MICROS_PER_DAY),
        )),
        (Value::Timestamp(micros), DataType::Date) => {
            let days = micros.div_euclid(compare::MICROS_PER_DAY) as i32;
            if micros.rem_euclid(compare::MICROS_PER_DAY) == 0 {
                exact(Value::Date(days))
            } else {
                Fitted::After(Value::Date(days))
            }
        }
        (Value::Float4(x), DataType::Float8) => exact(Value::Float8(f64::from(*x))),
        (Value::Float8(x), DataType::Float4) => {
            // Keys of reals are encoded as doubles; the bound itself need not be a real.
            let near = *x as f32;
            if f64::from(near) == *x || x.is_nan() {
                exact(Value::Float4(near))
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
        if let Some((bound, scalar)) = lone_equality(bounds, at) {
            // The usual one: the value's bytes go where they are needed.
            let Some((first, others)) = prefixes.split_first_mut() else {
                return Ok(Vec::new());
            };
            let from = first.len();
            if !append_key(bound, scalar.peek(cx)?, codec, first)? {
                return Ok(Vec::new());
            }
            for other in others {
                other.extend_from_slice(first.get(from..).unwrap_or(&[]));
            }
            continue;
        }
        let Some(keys) = equalities(bounds, at, codec, cx)? else {
            return inequalities(prefixes, bounds, at..codec.keys.len(), codec, cx);
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

/// The only condition on key column `at`, if it is an equality.
fn lone_equality(bounds: &[KeyBound], at: usize) -> Option<(&KeyBound, &Scalar)> {
    let mut of_key = bounds.iter().filter(|bound| bound.key == at);
    match (of_key.next(), of_key.next()) {
        (Some(bound), None) => match &bound.bounding {
            Bounding::Compare(CompareOp::Eq, scalar) => Some((bound, scalar)),
            _ => None,
        },
        _ => None,
    }
}

/// Appends the key bytes of a value that a column shall equal; `false` if no value of its type does.
fn append_key(
    bound: &KeyBound,
    value: Cow<'_, Value>,
    codec: &IndexCodec,
    to: &mut Vec<u8>,
) -> Result<bool, Error> {
    if value.is_null() {
        return Ok(false);
    }
    let Some(key) = codec.keys.get(bound.key) else {
        return Ok(false);
    };
    match fit(value, key.data_type) {
        Fitted::Exact(value) => {
            bound.encode(&value, codec, to)?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

impl KeyBound {
    /// Appends a value's key bytes.
    fn encode(&self, value: &Value, codec: &IndexCodec, to: &mut Vec<u8>) -> Result<(), Error> {
        codec.key_value_in(&mut self.one.borrow_mut(), self.key, value, to)
    }
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
        None => inequalities(alloc::vec![Vec::new()], bounds, at..at + 1, codec, cx),
    }
}

/// The values that equalities leave key column `at`, as sorted bytes; `None` without one.
fn equalities(
    bounds: &[KeyBound],
    at: usize,
    codec: &IndexCodec,
    cx: &ExecContext<'_>,
) -> Result<Option<Vec<Vec<u8>>>, Error> {
    if at >= codec.keys.len() {
        return Ok(None);
    }
    let mut made: Option<Vec<Vec<u8>>> = None;
    for bound in bounds.iter().filter(|bound| bound.key == at) {
        let values = match &bound.bounding {
            Bounding::Compare(CompareOp::Eq, scalar) => alloc::vec![scalar.peek(cx)?],
            Bounding::AnyOf(list) => {
                let mut values = Vec::with_capacity(list.len());
                for scalar in list {
                    values.push(scalar.peek(cx)?);
                }
                values
            }
            Bounding::Is(wanted) => alloc::vec![Cow::Owned(Value::Bool(*wanted))],
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
            let mut bytes = Vec::new();
            if append_key(bound, value, codec, &mut bytes)? {
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
    let bound = |prefix: Vec<u8>| {
        if prefix.is_empty() {
            Bound::Unbounded
        } else {
            Bound::Included(prefix)
        }
    };
    prefixes
        .into_iter()
        .map(|prefix| KeyRange {
            lower: bound(prefix.clone()),
            upper: bound(prefix),
        })
        .collect()
}

fn null_bytes(codec: &IndexCodec, at: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    codec.key_value(at, &Value::Null, &mut bytes)?;
    Ok(bytes)
}

/// A place between entries, in the order of bytes: before or behind all keys that begin so.
#[derive(PartialEq, Eq)]
struct Edge {
    bytes: Vec<u8>,
    behind: bool,
}

impl Edge {
    fn is_above(&self, other: &Self) -> bool {
        // A key's columns end where they say: bytes that are the beginning of others are fewer columns of the same key.
        if self.bytes.len() < other.bytes.len() && other.bytes.starts_with(&self.bytes) {
            return self.behind;
        }
        if self.bytes.starts_with(&other.bytes) {
            return !other.behind && *self != *other;
        }
        self.bytes > other.bytes
    }
}

/// What an inequality with key columns from `at` on, up to `end`, leaves: an edge, and whether it is the lower one.
enum Side {
    Nothing,
    All,
    From(Edge),
    To(Edge),
}

fn side(
    op: CompareOp,
    values: &[Scalar],
    (at, end): (usize, usize),
    codec: &IndexCodec,
    cx: &ExecContext<'_>,
) -> Result<Side, Error> {
    let greater = matches!(op, CompareOp::Gt | CompareOp::Ge);
    let with_equal = matches!(op, CompareOp::Ge | CompareOp::Le);
    let mut bytes = Vec::new();
    // A descending column turns the bytes round.
    let descending = codec.keys.get(at).is_some_and(|key| key.spec.descending);
    let mut inclusive = true;
    for (place, (key, scalar)) in codec.keys.iter().take(end).skip(at).zip(values).enumerate() {
        let is_first = place == 0;
        let value = scalar.peek(cx)?;
        if is_first && value.is_null() {
            return Ok(Side::Nothing);
        }
        if value.is_null() || key.spec.descending != descending {
            break;
        }
        match fit(value, key.data_type) {
            Fitted::Exact(value) => {
                codec.key_value(at + place, &value, &mut bytes)?;
                if place + 1 == values.len() {
                    inclusive = with_equal;
                }
            }
            _ if !is_first => break,
            Fitted::After(value) => {
                codec.key_value(at, &value, &mut bytes)?;
                inclusive = !greater;
                break;
            }
            Fitted::BelowAll if greater => return Ok(Side::All),
            Fitted::AboveAll if !greater => return Ok(Side::All),
            Fitted::BelowAll | Fitted::AboveAll => return Ok(Side::Nothing),
        }
    }
    Ok(if greater == descending {
        let behind = inclusive;
        Side::To(Edge { bytes, behind })
    } else {
        let behind = !inclusive;
        Side::From(Edge { bytes, behind })
    })
}

/// The first key column without equality: what its inequalities leave of each prefix. Rows are compared up to the columns' end.
fn inequalities(
    prefixes: Vec<Vec<u8>>,
    bounds: &[KeyBound],
    columns: Range<usize>,
    codec: &IndexCodec,
    cx: &ExecContext<'_>,
) -> Result<Vec<KeyRange>, Error> {
    let at = columns.start;
    let Some(key) = codec.keys.get(at) else {
        return Ok(whole(prefixes));
    };
    let mut lower: Option<Edge> = None;
    let mut upper: Option<Edge> = None;
    let mut bounded = false;
    for bound in bounds.iter().filter(|bound| bound.key == at) {
        let (op, values) = match &bound.bounding {
            Bounding::Compare(op, scalar) => (*op, core::slice::from_ref(scalar)),
            Bounding::Rows(op, scalars) => (*op, scalars.as_slice()),
            Bounding::NotNull => {
                bounded = true;
                continue;
            }
            _ => continue,
        };
        bounded = true;
        match side(op, values, (at, columns.end), codec, cx)? {
            Side::Nothing => return Ok(Vec::new()),
            Side::All => {}
            Side::From(edge) => {
                if lower.as_ref().is_none_or(|known| edge.is_above(known)) {
                    lower = Some(edge);
                }
            }
            Side::To(edge) => {
                if upper.as_ref().is_none_or(|known| known.is_above(&edge)) {
                    upper = Some(edge);
                }
            }
        }
    }
    if !bounded {
        return Ok(whole(prefixes));
    }
    // Without a bound on a side, NULLs there are still left out.
    let null = |behind| null_bytes(codec, at).map(|bytes| Edge { bytes, behind });
    if key.spec.nulls_first && lower.is_none() {
        lower = Some(null(true)?);
    } else if !key.spec.nulls_first && upper.is_none() {
        upper = Some(null(false)?);
    }
    let end = |mut prefix: Vec<u8>, edge: &Option<Edge>, behind_is_in: bool| match edge {
        None if prefix.is_empty() => Bound::Unbounded,
        None => Bound::Included(prefix),
        Some(edge) => {
            prefix.extend_from_slice(&edge.bytes);
            if edge.behind == behind_is_in {
                Bound::Included(prefix)
            } else {
                Bound::Excluded(prefix)
            }
        }
    };
    Ok(prefixes
        .into_iter()
        .map(|prefix| KeyRange {
            lower: end(prefix.clone(), &lower, false),
            upper: end(prefix, &upper, true),
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
        .map(|bound| {
            bound.key < columns
                && (is_equality(bound) || !has_equality(bound.key) && !is_row(bound))
        })
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

/// Ranges bound a comparison of rows, but leave NULLs in its further columns, and columns that they cannot take in.
const fn is_row(bound: &KeyBound) -> bool {
    matches!(bound.bounding, Bounding::Rows(..))
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
        .map(|bound| bound.key < last && is_equality(bound) || bound.key == last && !is_row(bound))
        .collect()
}
