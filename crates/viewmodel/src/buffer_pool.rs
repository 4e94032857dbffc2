//! The buffer pool and the device behind it: what can be chosen, the settings that choose it, and what the last run's reads would take.
//!
//! Nothing is worked out here: the pool is the engine's, and so are the modelled times.

use crate::format;
use protocol::{MeasuredView, SchemaView};

/// Sizes of the pool that the page offers, in pages.
pub const CACHE_PAGES: [u32; 8] = [8, 32, 128, 512, 2_048, 8_192, 16_384, 65_536];

/// Devices: the engine's name, the name to read.
pub const DEVICES: [(&str, &str); 5] = [
    ("memory", "memory"),
    ("nvme", "NVMe"),
    ("ssd", "SSD"),
    ("hdd", "hard disk"),
    ("network", "network"),
];

/// The name to read of a device.
#[must_use]
pub fn device_name(device: &str) -> &str {
    DEVICES
        .iter()
        .find(|(name, _)| *name == device)
        .map_or(device, |(_, shown)| shown)
}

/// Gives the pool another size; it is empty then.
#[must_use]
pub fn set_cache(pages: u32) -> String {
    format!("SET shared_buffers = {pages}")
}

/// Chooses the device.
#[must_use]
pub fn set_device(device: &str) -> String {
    format!("SET storage_device = {device}")
}

/// "2,048 pages · 16.0 MB"
#[must_use]
pub fn cache_label(pages: f64, schema: &SchemaView) -> String {
    format!(
        "{} · {}",
        format::counted(pages, "page"),
        format::bytes(pages * f64::from(schema.memory.page_bytes))
    )
}

/// What the reads of a run would take on one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRow {
    /// The engine's name.
    pub device: String,
    /// The name to read.
    pub name: String,
    /// "2.4 ms"
    pub time: String,
    /// Share of the slowest, 0 … 100, for a bar; logarithmic, since devices differ by powers of ten.
    pub share: u32,
    /// It is the one that is set.
    pub chosen: bool,
}

/// Modelled milliseconds of a run's reads on a device.
#[must_use]
pub fn modelled_ms(measured: &MeasuredView, device: &str) -> f64 {
    let found = measured.modelled.iter().find(|time| time.device == device);
    found.map_or(measured.modelled_ms, |time| time.ms)
}

/// The last run on every device.
#[must_use]
pub fn device_rows(measured: &MeasuredView, chosen: &str) -> Vec<DeviceRow> {
    // From a hundredth of a millisecond on.
    let height = |ms: f64| (ms * 100.0 + 1.0).log10();
    let most = measured
        .modelled
        .iter()
        .map(|time| height(time.ms))
        .fold(0.0, f64::max);
    measured
        .modelled
        .iter()
        .map(|time| DeviceRow {
            name: device_name(&time.device).to_owned(),
            time: format::duration(time.ms),
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 0 and 100"
            )]
            share: if most > 0.0 {
                (height(time.ms) / most * 100.0).clamp(0.0, 100.0) as u32
            } else {
                0
            },
            chosen: time.device == chosen,
            device: time.device.clone(),
        })
        .collect()
}

/// One sentence above the devices.
#[must_use]
pub fn device_words(measured: &MeasuredView) -> String {
    if measured.buffers_read > 0.0 {
        format!(
            "{} of this run, on each device",
            format::counted(measured.buffers_read, "read")
        )
    } else {
        "This run read nothing: all of its pages were in the pool. Empty the pool, or make it smaller, and run again.".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::ModelledTimeView;

    fn measured() -> MeasuredView {
        let time = |device: &str, ms: f64| ModelledTimeView {
            device: device.to_owned(),
            ms,
        };
        MeasuredView {
            buffers_read: 20.0,
            device: "nvme".to_owned(),
            modelled_ms: 1.6,
            modelled: vec![time("memory", 0.0), time("nvme", 1.6), time("hdd", 240.0)],
            ..MeasuredView::default()
        }
    }

    #[test]
    fn every_device_has_its_time_and_the_chosen_one_is_marked() {
        let rows = device_rows(&measured(), "hdd");
        assert_eq!(rows.len(), 3);
        assert_eq!(
            (rows[2].name.as_str(), rows[2].time.as_str()),
            ("hard disk", "240 ms")
        );
        assert!(rows[2].chosen && !rows[1].chosen);
        assert_eq!((rows[0].share, rows[2].share), (0, 100));
    }

    #[test]
    fn the_time_follows_the_device_that_is_set_now() {
        assert_eq!(modelled_ms(&measured(), "hdd"), 240.0);
        assert_eq!(modelled_ms(&measured(), "tape"), 1.6);
    }

    #[test]
    fn a_run_without_reads_says_so() {
        let warm = MeasuredView::default();
        assert!(device_words(&warm).starts_with("This run read nothing"));
        assert_eq!(
            device_words(&measured()),
            "20 reads of this run, on each device"
        );
    }
}
