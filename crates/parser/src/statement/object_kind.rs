//! Kinds of objects that PostgreSQL has and Pagewalk has not: their statements are not supported (0A000), which is another
//! answer than a syntax error.

use crate::keyword::Keyword as K;

/// Whether CREATE, ALTER and DROP of PostgreSQL all take this word as the kind of an object that is not here.
pub(super) const fn is_other_object(word: K) -> bool {
    matches!(
        word,
        K::Aggregate
            | K::Collation
            | K::Database
            | K::Domain
            | K::Extension
            | K::Foreign
            | K::Function
            | K::Group
            | K::Language
            | K::Materialized
            | K::Operator
            | K::Policy
            | K::Procedure
            | K::Publication
            | K::Role
            | K::Rule
            | K::Schema
            | K::Sequence
            | K::Server
            | K::Subscription
            | K::Tablespace
            | K::Text
            | K::Trigger
            | K::Type
            | K::User
    )
}
