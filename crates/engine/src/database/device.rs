//! What reading pages from a device would take: a model, since all pages of this database are in memory.
//!
//! Why so plain: a person compares a full scan with four reads, and cached with not cached; for that a latency and a bandwidth say
//! enough. A page behind the last one read of its relation costs its transfer, any other costs latency and transfer. Writes are
//! left out: they happen behind the statement's back. Queues, read-ahead across relations and the device's own cache are not modelled.
//! Figures are orders of magnitude of one request at a time; `docs/references.md` names where they come from.

use super::state::Database;
use pages::BufferCounts;

/// A kind of device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// The operating system's page cache.
    Memory,
    /// A flash disk on PCIe.
    #[default]
    Nvme,
    /// A flash disk on SATA.
    Ssd,
    /// A spinning disk, 7,200 a minute.
    Hdd,
    /// A volume over a cloud's network.
    Network,
}

impl Device {
    /// All of them, fastest first.
    pub const ALL: [Self; 5] = [
        Self::Memory,
        Self::Nvme,
        Self::Ssd,
        Self::Hdd,
        Self::Network,
    ];

    /// The name in settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Nvme => "nvme",
            Self::Ssd => "ssd",
            Self::Hdd => "hdd",
            Self::Network => "network",
        }
    }

    /// Nanoseconds until a random read begins to answer.
    #[must_use]
    pub const fn latency_ns(self) -> u64 {
        match self {
            Self::Memory => 500,
            Self::Nvme => 80_000,
            Self::Ssd => 150_000,
            Self::Hdd => 12_000_000,
            Self::Network => 1_000_000,
        }
    }

    /// Bytes a second once it answers.
    #[must_use]
    pub const fn bytes_per_second(self) -> u64 {
        match self {
            Self::Memory => 10_000_000_000,
            Self::Nvme => 3_000_000_000,
            Self::Ssd => 500_000_000,
            Self::Hdd => 180_000_000,
            Self::Network => 250_000_000,
        }
    }

    /// What a page takes.
    #[must_use]
    pub const fn page_times(self, page_bytes: u64) -> PageTimes {
        let transfer = page_bytes * 1_000_000_000 / self.bytes_per_second();
        PageTimes {
            device: self.name(),
            random_ns: self.latency_ns() + transfer,
            sequential_ns: transfer,
        }
    }
}

/// What reading a page takes on some device, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageTimes {
    /// Its name.
    pub device: &'static str,
    /// A page anywhere.
    pub random_ns: u64,
    /// A page behind the last one.
    pub sequential_ns: u64,
}

impl PageTimes {
    /// Modelled nanoseconds for `read` pages, `sequential` of them each behind the one before.
    ///
    /// ```
    /// use engine::database::Device;
    /// // A hundred pages of 8 KiB: one seek, then 99 transfers of 45.511 µs.
    /// let disk = Device::Hdd.page_times(8192);
    /// assert_eq!(disk.modelled_ns(100, 99), 12_045_511 + 99 * 45_511);
    /// ```
    #[must_use]
    pub const fn modelled_ns(&self, read: u64, sequential: u64) -> u64 {
        let random = read.saturating_sub(sequential);
        random * self.random_ns + sequential * self.sequential_ns
    }
}

impl Database {
    /// What a page takes on the device that `storage_device` names.
    #[must_use]
    pub fn page_times(&self) -> PageTimes {
        let page_bytes = self.storage.store.page_bytes() as u64;
        self.settings.storage_device.page_times(page_bytes)
    }

    /// Modelled nanoseconds that a statement's reads would take on every device, fastest first.
    #[must_use]
    pub fn modelled_on_all(&self, counts: &BufferCounts) -> [(Device, u64); 5] {
        let page_bytes = self.storage.store.page_bytes() as u64;
        Device::ALL.map(|device| {
            let times = device.page_times(page_bytes);
            (
                device,
                times.modelled_ns(counts.read, counts.read_sequential),
            )
        })
    }

    /// Modelled nanoseconds that a statement's reads would take on that device.
    #[must_use]
    pub fn modelled_ns(&self, counts: &BufferCounts) -> u64 {
        self.page_times()
            .modelled_ns(counts.read, counts.read_sequential)
    }
}
