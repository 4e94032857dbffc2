//! What fraction of the rows satisfies a condition.
//!
//! The planner's knowledge comes in through [`VariableSource`]; nothing here reads tables or builds paths.
//! Method: PostgreSQL 15 `clausesel.c`, `selfuncs.c`, `like_support.c`.

mod boolean;
mod bucket;
mod clause;
mod clause_list;
mod equality;
mod extended;
mod in_list;
mod inequality;
mod join;
mod merge;
mod operand;
mod pattern;
mod scalar;
mod variable;

pub use bucket::{BucketFraction, bucket_fraction};
pub use clause::clause_selectivity;
pub use clause_list::clauselist_selectivity;
pub use merge::{ScanFractions, merge_scan_fractions};
pub use pattern::{LikePrefix, PrefixKind, like_prefix, like_prefix_of};
pub use variable::{
    Distinct, EndpointIndex, Scope, Sides, Variable, VariableSource, strip_relabel,
};

/// Forces a fraction into 0 ..= 1; NaN becomes 0.
pub(crate) const fn clamp_fraction(fraction: f64) -> f64 {
    if fraction > 1.0 {
        1.0
    } else if fraction > 0.0 {
        fraction
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests;
