//! Ordered byte keys over pages.
//!
//! Why a crate of its own: it knows no SQL, no types and no text, only bytes that sort, so that it can be tested against
//! an ordered map of bytes. What it must know of PostgreSQL's tuple sizes the caller tells it ([`KeyLayout`]).
#![no_std]
#![cfg_attr(test, allow(clippy::unwrap_used))]
extern crate alloc;
#[cfg(test)]
extern crate std;

mod append;
mod bulk_load;
mod check;
mod cursor;
mod delete;
mod insert;
mod internal;
mod layout;
mod leaf;
mod node;
mod rows;
mod search;
mod shape;
mod split;
mod split_point;
mod tree;

pub use append::EntryList;
pub use bulk_load::BulkLoader;
pub use cursor::{BatchParts, Bound, Cursor, Direction, Entry, EntryBatch};
pub use layout::{KeyLayout, KeyPrefix};
pub use shape::{LevelShape, PageItem, PageView, TreeShape};
pub use tree::{BTree, BTreeOptions, MergePolicy, Payload, TreeCounts, TreeWork, UniqueInsert};

#[cfg(test)]
mod tests;
