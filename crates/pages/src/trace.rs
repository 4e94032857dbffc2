//! The ordered page accesses of one run, and what became of pages on the way: what people watch.
//!
//! Why it is apart from the [buffer pool](crate::buffer): counting must cost nearly nothing and is always on; the
//! list costs memory and is switched on for one statement, with a limit. It changes nothing that runs.

use crate::ids::{BlockNumber, PageId, PageKind, RelationId};
use alloc::vec::Vec;

/// How an access found its page, or what was done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessKind {
    /// In the buffer pool.
    Hit,
    /// Not in the pool: a read from the device, were there one.
    Read,
    /// Changed for the first time since it was last clean.
    Dirtied,
    /// Newly added to its relation.
    Allocated,
    /// Gave the upper part of its entries to a new page on its right, which was allocated just before.
    Split,
    /// Took in the entries of its right neighbour, which is freed next.
    Merged,
    /// Taken from its relation.
    Freed,
}

impl AccessKind {
    /// Whether a page was looked for: what a cache is asked. The others follow such an access.
    #[must_use]
    pub const fn is_access(self) -> bool {
        matches!(self, Self::Hit | Self::Read | Self::Allocated)
    }
}

/// One access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// The page.
    pub page: PageId,
    /// Whose page it is.
    pub relation: RelationId,
    /// Its position in the relation.
    pub block: BlockNumber,
    /// What it holds.
    pub kind: PageKind,
    /// How it was found.
    pub access: AccessKind,
}

/// A bounded list of accesses in the order in which they happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The first accesses, up to the limit.
    pub accesses: Vec<Access>,
    /// Accesses that came after the limit was reached.
    pub omitted: u64,
    limit: usize,
}

impl Trace {
    /// An empty list that keeps the first `limit` accesses.
    pub fn with_limit(limit: usize) -> Self {
        Self {
            accesses: Vec::new(),
            omitted: 0,
            limit,
        }
    }

    pub(crate) fn push(&mut self, access: Access) {
        if self.accesses.len() < self.limit && self.accesses.try_reserve(1).is_ok() {
            self.accesses.push(access);
        } else {
            self.omitted += 1;
        }
    }
}
