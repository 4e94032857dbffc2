//! What fraction of the rows satisfies a condition.
//!
//! The planner's knowledge comes in through [`VariableSource`]; nothing here reads tables or builds paths.
//! Method: PostgreSQL 15 `clausesel.c`, `selfuncs.c`, `like_support.c`.

mod variable;

pub use variable::{
    Distinct, EndpointIndex, Scope, Sides, Variable, VariableSource, strip_relabel,
};

use crate::logical::Expr;
use alloc::boxed::Box;

/// Fraction of rows that satisfy `expr`, 0 ..= 1. In a join scope: fraction of pairs (INNER, LEFT, FULL) or of outer rows
/// that find a match (SEMI, ANTI).
#[must_use]
pub fn clause_selectivity(_source: &dyn VariableSource, _expr: &Expr, _scope: &Scope<'_>) -> f64 {
    1.0
}

/// Fraction of rows that satisfy all of `clauses`; two bounds on one expression are taken together.
#[must_use]
pub fn clauselist_selectivity<'e>(
    source: &dyn VariableSource,
    clauses: impl IntoIterator<Item = &'e Expr>,
    scope: &Scope<'_>,
) -> f64 {
    clauses
        .into_iter()
        .map(|clause| clause_selectivity(source, clause, scope))
        .product()
}

/// Which parts of two sorted inputs a merge join on `left op right` reads (`mergejoinscansel`): fractions of the left
/// and the right side at which matches start and end.
#[must_use]
pub fn merge_scan_fractions(
    _source: &dyn VariableSource,
    _left: &Expr,
    _right: &Expr,
    _descending: bool,
    _nulls_first: bool,
) -> ScanFractions {
    ScanFractions::default()
}

/// Parts of both sides of a merge join, without regard to which is outer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScanFractions {
    /// Left rows before the first match.
    pub left_start: f64,
    /// Left rows up to the last match.
    pub left_end: f64,
    /// Right rows before the first match.
    pub right_start: f64,
    /// Right rows up to the last match.
    pub right_end: f64,
}

impl Default for ScanFractions {
    fn default() -> Self {
        Self {
            left_start: 0.0,
            left_end: 1.0,
            right_start: 0.0,
            right_end: 1.0,
        }
    }
}

/// Fraction of the inner rows in the bucket of a hash key, and frequency of the key's most common value
/// (`estimate_hash_bucket_stats`).
#[must_use]
pub fn bucket_fraction(_source: &dyn VariableSource, _key: &Expr, _buckets: f64) -> BucketFraction {
    BucketFraction {
        bucket: 0.1,
        most_common: 0.0,
    }
}

/// See [`bucket_fraction`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BucketFraction {
    /// Fraction of rows in one bucket.
    pub bucket: f64,
    /// Frequency of the most common value.
    pub most_common: f64,
}

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
    /// Smallest text after all that begin with `prefix`, in byte order; `None` if there is none.
    pub next: Option<Box<str>>,
    /// Byte offset in the pattern where the rest begins.
    pub rest: usize,
}

/// The fixed beginning of a LIKE pattern (`like_fixed_prefix`).
#[must_use]
pub fn like_prefix(_pattern: &str) -> LikePrefix {
    LikePrefix {
        kind: PrefixKind::None,
        prefix: "".into(),
        next: None,
        rest: 0,
    }
}
