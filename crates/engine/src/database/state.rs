//! The database: everything that lives from one statement to the next.

use super::{
    options::DatabaseOptions,
    prepared::PreparedStatements,
    relation::{Savepoint, Storage},
    settings::{Settings, parse_bytes},
    transaction::Transaction,
};
use crate::collections::SortedMap;
use crate::{
    Error, ErrorCode,
    catalog::{Catalog, TableId},
    executor::Memory,
    stats::Statistics,
};
use alloc::{boxed::Box, format};
use pages::{Eviction, PageSize, StoreOptions};

/// A database in memory. One session uses it.
pub struct Database {
    pub(super) options: DatabaseOptions,
    pub(super) storage: Storage,
    pub(super) catalog: Catalog,
    pub(super) statistics: Statistics,
    pub(super) settings: Settings,
    pub(super) transaction: Option<Transaction>,
    pub(super) prepared: PreparedStatements,
    /// Rows changed since a table was last analysed.
    pub(super) changed_rows: SortedMap<TableId, u64>,
    /// Grows with everything that may change a plan: what a kept plan is checked against.
    pub(super) generation: u64,
    pub(super) clock: Option<Box<dyn Fn() -> u64>>,
}

fn empty_storage(options: &DatabaseOptions) -> Storage {
    Storage::new(StoreOptions {
        page_size: options.page_size,
        memory_limit_bytes: options.memory_limit_bytes,
        buffer_pages: options.buffer_pages,
        eviction: Eviction::ClockSweep,
    })
}

/// What a statement would go back to.
pub(super) struct Guard {
    savepoint: Option<Savepoint>,
    definitions: Option<(Catalog, Statistics)>,
}

/// What a statement may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Touches {
    /// Nothing.
    Nothing,
    /// Rows.
    Rows,
    /// Definitions or statistics, and rows.
    Definitions,
}

impl Database {
    /// An empty database.
    #[must_use]
    pub fn new(options: DatabaseOptions) -> Self {
        let storage = empty_storage(&options);
        let settings = Settings::of(&options);
        // PostgreSQL's own objects take the numbers below.
        let catalog = Catalog {
            next_id: 16_384,
            ..Catalog::default()
        };
        Self {
            options,
            storage,
            catalog,
            statistics: Statistics::default(),
            settings,
            transaction: None,
            prepared: PreparedStatements::default(),
            changed_rows: SortedMap::new(),
            generation: 1,
            clock: None,
        }
    }

    /// Gives the engine a clock: nanoseconds from any fixed moment. Without one, EXPLAIN ANALYZE shows no times and
    /// `statement_timeout` never ends a statement.
    pub fn set_clock(&mut self, clock: impl Fn() -> u64 + 'static) {
        self.clock = Some(Box::new(clock));
    }

    /// What exists.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// What is known of the data; sizes are as of the last planning.
    #[must_use]
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Statistics, to load from outside. Plans that were kept are made anew.
    pub fn statistics_mut(&mut self) -> &mut Statistics {
        self.generation += 1;
        &mut self.statistics
    }

    /// Pages, heaps and trees, for drawing.
    #[must_use]
    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    /// The planner's settings as they are.
    #[must_use]
    pub fn planner_settings(&self) -> &crate::physical::PlannerSettings {
        &self.settings.planner
    }

    /// Empties the buffer pool and gives it another size, in pages; as `SET shared_buffers` does.
    pub fn set_buffer_pages(&mut self, pages: u32) {
        self.settings.buffer_pages = pages.max(1);
        self.storage.store.restart_buffer(pages);
    }

    /// Carries out settings that the store keeps for itself.
    pub(super) fn settings_changed(&mut self) {
        self.generation += 1;
        let store = &mut self.storage.store;
        store.set_memory_limit_bytes(self.settings.database_memory_bytes);
        if store.buffer_pages() != self.settings.buffer_pages {
            store.restart_buffer(self.settings.buffer_pages);
        }
    }

    /// Gives the database another page size: what `SET block_size` does.
    ///
    /// # Errors
    /// 55000 when a table exists, 25001 within a transaction.
    pub fn set_page_size(&mut self, size: PageSize) -> Result<(), Error> {
        if self.transaction.is_some() {
            return Err(Error::new(
                ErrorCode::ActiveSqlTransaction,
                "block_size cannot be changed inside a transaction block",
            ));
        }
        if !self.catalog.tables.is_empty() {
            return Err(Error::new(
                ErrorCode::ObjectNotInPrerequisiteState,
                "block_size cannot be changed while the database has tables",
            ));
        }
        self.options.page_size = size;
        self.settings.block_size = size.bytes() as u32;
        self.storage = empty_storage(&self.options);
        self.settings_changed();
        Ok(())
    }

    pub(super) fn set_page_size_to(&mut self, text: &str) -> Result<(), Error> {
        let bytes = parse_bytes(text, 1.0).filter(|bytes| (512.0..=32768.0).contains(bytes));
        let size = bytes.and_then(|bytes| PageSize::new(bytes as u32));
        let size = size.ok_or_else(|| {
            Error::new(
                ErrorCode::InvalidParameterValue,
                format!("invalid value for parameter \"block_size\": \"{text}\""),
            )
            .with_hint("A page has 512, 1024, 2048, 4096, 8192, 16384 or 32768 bytes.")
        })?;
        self.set_page_size(size)
    }

    /// Whether a table is analysed by itself after much of it has changed.
    pub fn set_auto_analyze(&mut self, on: bool) {
        self.options.auto_analyze = on;
    }

    pub(super) fn now(&self) -> u64 {
        self.clock.as_ref().map_or(0, |clock| clock())
    }

    /// When something begins that may last as long as a statement: for [`Self::is_late`]. The clock is not read if nothing is.
    pub(super) fn start_time(&self) -> u64 {
        if self.settings.statement_timeout_ms > 0 {
            self.now()
        } else {
            0
        }
    }

    /// Whether what began then has had a statement's time. Without a clock nothing has.
    pub(super) fn is_late(&self, began: u64) -> bool {
        let timeout = self.settings.statement_timeout_ms;
        timeout > 0
            && self.clock.is_some()
            && self.now().saturating_sub(began) > timeout * 1_000_000
    }

    /// Whether a statement may keep so many bytes.
    ///
    /// # Errors
    /// 53200 beyond `statement_memory_limit`.
    pub(super) fn within_memory(&self, bytes: usize) -> Result<(), Error> {
        Memory::new(self.settings.statement_memory_bytes).take(bytes)
    }

    /// Remembers what a statement may have to go back to.
    pub(super) fn guard(&mut self, touches: Touches) -> Guard {
        Guard {
            savepoint: (touches != Touches::Nothing).then(|| self.storage.savepoint()),
            definitions: (touches == Touches::Definitions)
                .then(|| (self.catalog.clone(), self.statistics.clone())),
        }
    }

    /// Keeps what the statement did.
    pub(super) fn keep(&mut self, guard: Guard) {
        if let Some(savepoint) = guard.savepoint {
            self.storage.release(savepoint);
        }
        if guard.definitions.is_some() {
            self.generation += 1;
        }
    }

    /// Takes back what the statement did.
    pub(super) fn undo(&mut self, guard: Guard) {
        if let Some(savepoint) = guard.savepoint {
            self.storage.roll_back(&savepoint);
            self.storage.release(savepoint);
        }
        if let Some((catalog, statistics)) = guard.definitions {
            self.catalog = catalog;
            self.statistics = statistics;
            self.generation += 1;
        }
        self.storage.system_views.clear();
        if self.storage.store.is_tracing() {
            drop(self.storage.store.take_trace());
        }
    }
}
