//! Definitions, checked on what they make of small catalogs.
