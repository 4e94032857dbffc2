//! Fixed-size pages, and who read them when.
//!
//! Why a crate of its own: heap tables and B+trees share one store of pages with one memory ceiling, one modelled
//! buffer pool, one trace and one undo log. It knows no SQL, no types and no order of keys.
#![no_std]
#![cfg_attr(test, allow(clippy::unwrap_used))]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod buffer;
pub mod error;
#[cfg(feature = "faults")]
pub mod faults;
pub mod heap;
pub mod ids;
pub mod loops;
pub mod order;
pub mod relation;
pub mod savepoint;
pub mod short;
pub mod stack_distance;
pub mod store;
pub mod trace;
mod undo;
pub mod writer;

pub use buffer::{BufferCounts, Eviction};
pub use error::{Result, StorageError};
pub use ids::{BlockNumber, PageId, PageKind, PageSize, RelationId, RowId, SlotId};
pub use relation::RelationState;
pub use savepoint::SavepointId;
pub use stack_distance::StackDistances;
pub use store::{PageOwner, PageStore, StoreOptions};
pub use trace::{Access, AccessKind, Trace};
pub use writer::PageWriter;

#[cfg(test)]
mod store_tests;
