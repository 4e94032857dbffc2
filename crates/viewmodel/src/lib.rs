//! viewmodel.
