//! ANALYZE over a sample: what it finds is near to what all rows say, the same on every run, and the planner's rows follow.

use crate::{database, run};
use engine::{
    database::Database,
    stats::{ColumnStats, StatsKey},
};

const ROWS: u32 = 60_000;

/// A table of sixty thousand rows, analysed by all rows or by a sample of three thousand.
fn analysed(all_rows: bool) -> Database {
    let mut database = database();
    let setting = if all_rows { "on" } else { "off" };
    run(
        &mut database,
        &format!(
            "set analyze_all_rows = {setting}; set default_statistics_target = 10;
             create table t (id integer, few integer, skewed integer, padding text);
             insert into t select g, g % 37, case when g % 5 = 0 then 0 else g end, 'x' || g % 1000
               from generate_series(1, {ROWS}) as s(g);
             analyze t;"
        ),
    );
    database
}

fn stats(database: &Database, column: u16) -> &ColumnStats {
    let table = database.catalog().table_by_name("t").unwrap().id;
    &database.statistics().columns[&StatsKey::Column(table, column)]
}

fn near(found: f64, wanted: f64, share: f64) -> bool {
    (found - wanted).abs() <= share * wanted.abs()
}

#[test]
fn a_sample_tells_nearly_what_all_rows_tell() {
    let (sample, whole) = (analysed(false), analysed(true));
    let table = sample.catalog().table_by_name("t").unwrap().id;
    let size = sample.statistics().tables[&table];
    assert!(near(size.analyzed_rows, f64::from(ROWS), 0.02), "{size:?}");
    // A key is unique, a few values are all found, the frequent one stands out.
    assert!(near(f64::from(stats(&sample, 0).n_distinct), -1.0, 0.01));
    assert_eq!(stats(&sample, 1).n_distinct, 37.0);
    let (common, frequency) = &stats(&sample, 2).most_common[0];
    assert_eq!(*common, engine::value::Value::Int4(0));
    assert!(near(f64::from(*frequency), 0.2, 0.1), "{frequency}");
    for column in 0..3 {
        let correlation = |database| stats(database, column).correlation.map(f64::from);
        let (found, wanted) = (correlation(&sample).unwrap(), correlation(&whole).unwrap());
        assert!((found - wanted).abs() < 0.1, "{column}: {found}, {wanted}");
    }
}

#[test]
fn the_bounds_of_a_sample_cut_the_rows_into_bins_of_nearly_equal_count() {
    let sample = analysed(false);
    let bounds = &stats(&sample, 0).histogram;
    assert_eq!(bounds.len(), 11);
    for (at, bound) in bounds.iter().enumerate() {
        let engine::value::Value::Int4(bound) = bound else {
            panic!("a bound of another type");
        };
        let wanted = f64::from(ROWS) * at as f64 / 10.0;
        assert!((f64::from(*bound) - wanted).abs() < 0.05 * f64::from(ROWS));
    }
}

#[test]
fn the_same_table_gives_the_same_sample() {
    let (one, other) = (analysed(false), analysed(false));
    for column in 0..4 {
        assert_eq!(stats(&one, column), stats(&other, column));
    }
}
