//! How much memory a statement's sorts, hash tables and kept rows take, and the limit.
//!
//! Why counted by hand: an allocator's failure in WebAssembly is a trap that kills the worker; a count that reaches its limit is
//! an error that leaves the database as it was. Single batches in flight are not counted.

use crate::{Error, ErrorCode};

/// Bytes in use by one statement.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    used: u64,
    peak: u64,
    limit: u64,
}

impl Memory {
    /// Nothing used yet, of `limit` bytes.
    #[must_use]
    pub const fn new(limit: u64) -> Self {
        Self {
            used: 0,
            peak: 0,
            limit,
        }
    }

    /// Notes that `bytes` more are in use.
    ///
    /// # Errors
    /// 53200 beyond the limit.
    #[inline]
    pub fn take(&mut self, bytes: usize) -> Result<(), Error> {
        self.used += bytes as u64;
        self.peak = self.peak.max(self.used);
        if self.used > self.limit {
            return Err(Error::new(ErrorCode::OutOfMemory, "out of memory")
                .with_detail(alloc::format!(
                    "The statement needs more than its limit of {} bytes.",
                    self.limit
                ))
                .with_hint("Raise \"statement_memory_limit\", or ask for fewer rows at a time."));
        }
        Ok(())
    }

    /// Notes that `bytes` are free again.
    pub fn give_back(&mut self, bytes: usize) {
        self.used = self.used.saturating_sub(bytes as u64);
    }

    /// Most bytes in use at one time.
    #[must_use]
    pub const fn peak(&self) -> u64 {
        self.peak
    }

    /// Bytes in use.
    #[must_use]
    pub const fn used(&self) -> u64 {
        self.used
    }
}
