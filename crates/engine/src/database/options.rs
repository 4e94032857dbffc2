//! What a database and a run are made with.

use pages::PageSize;

/// How a database is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatabaseOptions {
    /// Bytes in a page.
    pub page_size: PageSize,
    /// Capacity of the buffer pool, in pages.
    pub buffer_pages: u32,
    /// Ceiling for pages and undo, in bytes.
    pub memory_limit_bytes: u64,
    /// Ceiling for what one statement keeps (sorts, hash tables, an index build), in bytes.
    pub statement_memory_bytes: u64,
    /// Milliseconds until a statement is given up; 0 = never. Needs a clock.
    pub statement_timeout_ms: u64,
    /// Analyse a table by itself after a statement that changed much of it.
    pub auto_analyze: bool,
}

impl Default for DatabaseOptions {
    /// 8 KiB pages, 128 MB of buffer pool, 1 GiB in all, 512 MiB a statement, no time limit; ANALYZE only when told.
    fn default() -> Self {
        Self {
            page_size: PageSize::DEFAULT,
            buffer_pages: 16_384,
            memory_limit_bytes: 1 << 30,
            statement_memory_bytes: 512 << 20,
            statement_timeout_ms: 0,
            auto_analyze: false,
        }
    }
}

/// How a script is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunOptions {
    /// Keep plan and counters of each SELECT, INSERT, UPDATE and DELETE, as EXPLAIN ANALYZE would show them.
    pub measure: bool,
    /// With `measure`: keep the first so many page accesses of each of them.
    pub trace_limit: u32,
}
