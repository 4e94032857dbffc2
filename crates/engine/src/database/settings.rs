//! SET, SHOW and RESET: PostgreSQL's names, units and words for each setting.
//!
//! Why a table of setters: one list says what exists; planner and session read plain fields.

use super::{device::Device, options::DatabaseOptions};
use crate::{Error, ErrorCode, physical::PlannerSettings};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use pages::order::sort_by;

/// Everything that SET changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What the planner sees.
    pub planner: PlannerSettings,
    /// Milliseconds until a statement is given up; 0 = never.
    pub statement_timeout_ms: u64,
    /// Ceiling for pages and undo, in bytes.
    pub database_memory_bytes: u64,
    /// Ceiling for what one statement keeps, in bytes.
    pub statement_memory_bytes: u64,
    /// Capacity of the buffer pool, in pages.
    pub buffer_pages: u32,
    /// What pages that are not in the pool would be read from.
    pub storage_device: Device,
    /// ANALYZE looks at every row; otherwise at PostgreSQL's sample, 300 rows for each unit of the target.
    pub analyze_all_rows: bool,
    /// Bytes of a page. Belongs to the database, not to the session: only [`Database::set_page_size`](super::Database::set_page_size)
    /// changes it.
    pub(super) block_size: u32,
    /// Settings that are kept but mean nothing here, in the order of [`KEPT`].
    kept: Vec<String>,
}

impl Settings {
    /// What a new database has, and what RESET goes back to.
    #[must_use]
    pub fn of(options: &DatabaseOptions) -> Self {
        Self {
            planner: PlannerSettings::default(),
            statement_timeout_ms: options.statement_timeout_ms,
            database_memory_bytes: options.memory_limit_bytes,
            statement_memory_bytes: options.statement_memory_bytes,
            buffer_pages: options.buffer_pages.max(1),
            storage_device: Device::default(),
            analyze_all_rows: true,
            block_size: options.page_size.bytes() as u32,
            kept: KEPT.iter().map(|(_, value)| (*value).to_string()).collect(),
        }
    }
}

/// Accepted for scripts' sake.
const KEPT: &[(&str, &str)] = &[
    ("application_name", "pagewalk"),
    ("client_encoding", "UTF8"),
    ("client_min_messages", "notice"),
    ("constraint_exclusion", "partition"),
    ("datestyle", "ISO, MDY"),
    ("enable_gathermerge", "on"),
    ("enable_parallel_append", "on"),
    ("enable_parallel_hash", "on"),
    ("extra_float_digits", "1"),
    ("geqo", "on"),
    ("intervalstyle", "postgres"),
    ("jit", "off"),
    ("lock_timeout", "0"),
    ("maintenance_work_mem", "64MB"),
    ("max_parallel_workers", "0"),
    ("max_parallel_workers_per_gather", "0"),
    ("min_parallel_index_scan_size", "512kB"),
    ("min_parallel_table_scan_size", "8MB"),
    ("parallel_setup_cost", "1000"),
    ("parallel_tuple_cost", "0.1"),
    ("plan_cache_mode", "auto"),
    ("search_path", "\"$user\", public"),
    ("standard_conforming_strings", "on"),
    ("synchronous_commit", "on"),
    ("timezone", "UTC"),
    ("track_io_timing", "off"),
];

/// Can be shown, not set.
const FIXED: &[(&str, &str)] = &[
    ("buffer_replacement", "clock sweep"),
    ("server_version", "15.18 (Pagewalk)"),
    ("server_version_num", "150018"),
    ("server_encoding", "UTF8"),
    ("lc_collate", "C"),
    ("lc_ctype", "C"),
    ("integer_datetimes", "on"),
    ("transaction_isolation", "read committed"),
];

/// The page size: shown like a setting, changed while a database is empty.
pub(super) const BLOCK_SIZE: &str = "block_size";

/// How a setting is written.
enum Place<'a> {
    Real(&'a mut f64, f64, f64),
    Count(&'a mut u32, u32, u32),
    Switch(&'a mut bool),
    /// Bytes, shown in kB and above, and the least that is taken.
    Bytes(&'a mut u64, u64),
    /// Pages of so many bytes, shown as bytes.
    Buffers(&'a mut u32, u32),
    Device(&'a mut Device),
    /// Pages of 8 KiB, shown as bytes.
    Pages(&'a mut f64),
    Milliseconds(&'a mut u64),
    Kept(&'a mut String),
}

/// Names of all settings that can be set, in alphabetical order.
const NAMES: &[&str] = &[
    "analyze_all_rows",
    "cpu_index_tuple_cost",
    "cpu_operator_cost",
    "cpu_tuple_cost",
    "cursor_tuple_fraction",
    "database_memory_limit",
    "default_statistics_target",
    "effective_cache_size",
    "enable_bitmapscan",
    "enable_hashagg",
    "enable_hashjoin",
    "enable_incremental_sort",
    "enable_indexonlyscan",
    "enable_indexscan",
    "enable_material",
    "enable_memoize",
    "enable_mergejoin",
    "enable_nestloop",
    "enable_seqscan",
    "enable_skipscan",
    "enable_sort",
    "enable_tidscan",
    "from_collapse_limit",
    "hash_mem_multiplier",
    "join_collapse_limit",
    "random_page_cost",
    "seq_page_cost",
    "shared_buffers",
    "statement_memory_limit",
    "statement_timeout",
    "storage_device",
    "work_mem",
];

const HUGE: f64 = f64::MAX;

impl Settings {
    fn place(&mut self, name: &str) -> Option<Place<'_>> {
        let p = &mut self.planner;
        let e = &mut p.enable;
        Some(match name {
            "analyze_all_rows" => Place::Switch(&mut self.analyze_all_rows),
            "cpu_index_tuple_cost" => Place::Real(&mut p.cpu_index_tuple_cost, 0.0, HUGE),
            "cpu_operator_cost" => Place::Real(&mut p.cpu_operator_cost, 0.0, HUGE),
            "cpu_tuple_cost" => Place::Real(&mut p.cpu_tuple_cost, 0.0, HUGE),
            "cursor_tuple_fraction" => Place::Real(&mut p.cursor_tuple_fraction, 0.0, 1.0),
            "hash_mem_multiplier" => Place::Real(&mut p.hash_mem_multiplier, 1.0, 1000.0),
            "random_page_cost" => Place::Real(&mut p.random_page_cost, 0.0, HUGE),
            "seq_page_cost" => Place::Real(&mut p.seq_page_cost, 0.0, HUGE),
            "default_statistics_target" => {
                Place::Count(&mut p.default_statistics_target, 1, 10_000)
            }
            "from_collapse_limit" => Place::Count(&mut p.from_collapse_limit, 1, i32::MAX as u32),
            "join_collapse_limit" => Place::Count(&mut p.join_collapse_limit, 1, i32::MAX as u32),
            "effective_cache_size" => Place::Pages(&mut p.effective_cache_size),
            "work_mem" => Place::Bytes(&mut p.work_mem, 64 << 10),
            "database_memory_limit" => Place::Bytes(&mut self.database_memory_bytes, 1 << 20),
            "statement_memory_limit" => Place::Bytes(&mut self.statement_memory_bytes, 64 << 10),
            "shared_buffers" => Place::Buffers(&mut self.buffer_pages, self.block_size),
            "storage_device" => Place::Device(&mut self.storage_device),
            "statement_timeout" => Place::Milliseconds(&mut self.statement_timeout_ms),
            "enable_bitmapscan" => Place::Switch(&mut e.bitmapscan),
            "enable_hashagg" => Place::Switch(&mut e.hashagg),
            "enable_hashjoin" => Place::Switch(&mut e.hashjoin),
            "enable_incremental_sort" => Place::Switch(&mut e.incremental_sort),
            "enable_indexonlyscan" => Place::Switch(&mut e.indexonlyscan),
            "enable_indexscan" => Place::Switch(&mut e.indexscan),
            "enable_material" => Place::Switch(&mut e.material),
            "enable_memoize" => Place::Switch(&mut e.memoize),
            "enable_mergejoin" => Place::Switch(&mut e.mergejoin),
            "enable_nestloop" => Place::Switch(&mut e.nestloop),
            "enable_seqscan" => Place::Switch(&mut e.seqscan),
            "enable_skipscan" => Place::Switch(&mut e.skipscan),
            "enable_sort" => Place::Switch(&mut e.sort),
            "enable_tidscan" => Place::Switch(&mut e.tidscan),
            _ => {
                let at = KEPT.iter().position(|(kept, _)| *kept == name)?;
                Place::Kept(self.kept.get_mut(at)?)
            }
        })
    }

    /// `plan_cache_mode`.
    pub(super) fn plan_cache_mode(&self) -> &str {
        let at = KEPT.iter().position(|(name, _)| *name == "plan_cache_mode");
        at.and_then(|at| self.kept.get(at))
            .map_or("auto", |mode| mode)
    }

    /// SET. `value` is what was written, without quotes.
    ///
    /// # Errors
    /// 42704 for an unknown name, 22023 for a value that does not fit, 55P02's kin for what cannot be changed.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let name = name.to_ascii_lowercase();
        if name == BLOCK_SIZE || FIXED.iter().any(|(fixed, _)| *fixed == name) {
            return Err(Error::new(
                ErrorCode::ObjectNotInPrerequisiteState,
                format!("parameter \"{name}\" cannot be changed"),
            ));
        }
        let place = self.place(&name).ok_or_else(|| unknown(&name))?;
        let invalid = || {
            Error::new(
                ErrorCode::InvalidParameterValue,
                format!("invalid value for parameter \"{name}\": \"{value}\""),
            )
        };
        let outside = |low: String, high: String| {
            Error::new(
                ErrorCode::InvalidParameterValue,
                format!(
                    "{value} is outside the valid range for parameter \"{name}\" ({low} .. {high})"
                ),
            )
        };
        match place {
            Place::Real(to, low, high) => {
                let number: f64 = value.trim().parse().map_err(|_| invalid())?;
                if !(low..=high).contains(&number) {
                    return Err(outside(real_text(low), real_text(high)));
                }
                *to = number;
            }
            Place::Count(to, low, high) => {
                let number: f64 = value.trim().parse().map_err(|_| invalid())?;
                if !(f64::from(low)..=f64::from(high)).contains(&number) {
                    return Err(outside(low.to_string(), high.to_string()));
                }
                *to = libm::rint(number) as u32;
            }
            Place::Switch(to) => {
                *to = parse_bool(value).ok_or_else(|| {
                    Error::new(
                        ErrorCode::InvalidParameterValue,
                        format!("parameter \"{name}\" requires a Boolean value"),
                    )
                })?
            }
            Place::Bytes(to, least) => {
                let bytes = parse_bytes(value, 1024.0).ok_or_else(invalid)?;
                if bytes < least as f64 {
                    return Err(outside((least / 1024).to_string(), i32::MAX.to_string()));
                }
                *to = bytes as u64;
            }
            Place::Buffers(to, page_bytes) => {
                let page_bytes = f64::from(page_bytes);
                let pages =
                    libm::floor(parse_bytes(value, page_bytes).ok_or_else(invalid)? / page_bytes);
                if !(1.0..=f64::from(1 << 30)).contains(&pages) {
                    return Err(outside("1".into(), (1 << 30).to_string()));
                }
                *to = pages as u32;
            }
            Place::Device(to) => {
                let known = Device::ALL.into_iter().find(|d| d.name() == value);
                *to = known.ok_or_else(|| {
                    let names: Vec<&str> = Device::ALL.iter().map(|d| d.name()).collect();
                    invalid().with_hint(format!("Available values: {}.", names.join(", ")))
                })?;
            }
            Place::Pages(to) => {
                let bytes = parse_bytes(value, 8192.0).ok_or_else(invalid)?;
                if bytes < 8192.0 {
                    return Err(outside("1".into(), i32::MAX.to_string()));
                }
                *to = libm::floor(bytes / 8192.0);
            }
            Place::Milliseconds(to) => *to = parse_milliseconds(value).ok_or_else(invalid)?,
            Place::Kept(_)
                if name == "plan_cache_mode"
                    && !["auto", "force_generic_plan", "force_custom_plan"].contains(&value) =>
            {
                return Err(invalid()
                    .with_hint("Available values: auto, force_generic_plan, force_custom_plan."));
            }
            Place::Kept(to) => *to = value.to_string(),
        }
        Ok(())
    }

    /// SHOW.
    ///
    /// # Errors
    /// 42704 for an unknown name.
    pub fn show(&self, name: &str) -> Result<String, Error> {
        let name = name.to_ascii_lowercase();
        if name == BLOCK_SIZE {
            return Ok(self.block_size.to_string());
        }
        if let Some((_, value)) = FIXED.iter().find(|(fixed, _)| *fixed == name) {
            return Ok((*value).to_string());
        }
        let mut copy = self.clone();
        let place = copy.place(&name).ok_or_else(|| unknown(&name))?;
        Ok(match place {
            Place::Real(value, ..) => real_text(*value),
            Place::Count(value, ..) => value.to_string(),
            Place::Switch(on) => if *on { "on" } else { "off" }.to_string(),
            Place::Bytes(bytes, _) => bytes_text(*bytes),
            Place::Buffers(pages, size) => bytes_text(u64::from(*pages) * u64::from(size)),
            Place::Device(device) => device.name().to_string(),
            Place::Pages(pages) => bytes_text((*pages * 8192.0) as u64),
            Place::Milliseconds(ms) => milliseconds_text(*ms),
            Place::Kept(value) => value.clone(),
        })
    }

    /// RESET, and SET … TO DEFAULT.
    ///
    /// # Errors
    /// 42704 for an unknown name.
    pub fn reset(&mut self, name: &str, defaults: &Self) -> Result<(), Error> {
        let value = defaults.show(name)?;
        self.set(name, &value)
    }

    /// Names and values of all settings.
    #[must_use]
    pub fn all(&self) -> Vec<(&'static str, String)> {
        let kept = KEPT.iter().chain(FIXED).map(|(name, _)| *name);
        let names = NAMES.iter().copied().chain(kept);
        let mut names: Vec<&'static str> = names.chain([BLOCK_SIZE]).collect();
        sort_by(&mut names, Ord::cmp);
        names
            .into_iter()
            .filter_map(|name| Some((name, self.show(name).ok()?)))
            .collect()
    }

    /// All settings that mean something, with the values that RESET goes back to.
    #[must_use]
    pub fn described(&self, default: &Self) -> Vec<SettingDescription> {
        NAMES
            .iter()
            .filter_map(|&name| {
                Some(SettingDescription {
                    name,
                    value: self.show(name).ok()?,
                    default: default.show(name).ok()?,
                })
            })
            .collect()
    }
}

/// A setting as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingDescription {
    /// PostgreSQL's name.
    pub name: &'static str,
    /// As SHOW prints it.
    pub value: String,
    /// What RESET makes of it.
    pub default: String,
}

fn unknown(name: &str) -> Error {
    Error::new(
        ErrorCode::UndefinedObject,
        format!("unrecognized configuration parameter \"{name}\""),
    )
}

fn real_text(value: f64) -> String {
    if value == HUGE {
        return "1.79769e+308".to_string();
    }
    value.to_string()
}

/// PostgreSQL's words for true and false, which may be cut short.
pub(crate) fn parse_bool(text: &str) -> Option<bool> {
    let text = text.trim().to_ascii_lowercase();
    let begins = |word: &str, least: usize| text.len() >= least && word.starts_with(&text);
    if begins("true", 1) || begins("yes", 1) || begins("on", 2) || text == "1" {
        Some(true)
    } else if begins("false", 1) || begins("no", 1) || begins("off", 2) || text == "0" {
        Some(false)
    } else {
        None
    }
}

/// A number and a unit; without a unit, so many times `unit`.
fn split_unit(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-' || c == '+'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    Some((number.parse().ok()?, unit.trim()))
}

pub(super) fn parse_bytes(text: &str, unit: f64) -> Option<f64> {
    let (number, word) = split_unit(text)?;
    let factor = match word {
        "" => unit,
        "B" => 1.0,
        "kB" => 1024.0,
        "MB" => 1_048_576.0,
        "GB" => 1_073_741_824.0,
        "TB" => 1_099_511_627_776.0,
        _ => return None,
    };
    Some(number * factor)
}

fn parse_milliseconds(text: &str) -> Option<u64> {
    let (number, word) = split_unit(text)?;
    let factor = match word {
        "" | "ms" => 1.0,
        "us" => 0.001,
        "s" => 1000.0,
        "min" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => return None,
    };
    let ms = number * factor;
    (0.0..=2_147_483_647.0)
        .contains(&ms)
        .then(|| libm::rint(ms) as u64)
}

fn bytes_text(bytes: u64) -> String {
    for (unit, name) in [(1u64 << 40, "TB"), (1 << 30, "GB"), (1 << 20, "MB")] {
        if bytes >= unit && bytes.is_multiple_of(unit) {
            return format!("{}{name}", bytes / unit);
        }
    }
    if bytes.is_multiple_of(1024) {
        format!("{}kB", bytes / 1024)
    } else {
        format!("{bytes}B")
    }
}

fn milliseconds_text(ms: u64) -> String {
    for (unit, name) in [
        (86_400_000, "d"),
        (3_600_000, "h"),
        (60_000, "min"),
        (1000, "s"),
    ] {
        if ms >= unit && ms.is_multiple_of(unit) {
            return format!("{}{name}", ms / unit);
        }
    }
    if ms == 0 {
        "0".to_string()
    } else {
        format!("{ms}ms")
    }
}
