//! Buffer pool, device model, trace and miss curve as a run tells them.

use super::{code, database, one, rows, run};
use engine::database::{Database, Measured, MissCurve, RunOptions};

fn measured(db: &mut Database, sql: &str) -> Box<Measured> {
    let options = RunOptions {
        measure: true,
        trace_limit: 100_000,
    };
    let results = db.execute_with(sql, options).unwrap();
    results.last().unwrap().done.measured.clone().unwrap()
}

fn filled() -> Database {
    let mut db = database();
    run(
        &mut db,
        "create table t (id int primary key, a int, pad text);
         insert into t select i, i * 7919 % 20000, repeat('p', 80) from generate_series(1, 20000) i;
         create index t_a on t (a); vacuum analyze t",
    );
    db
}

#[test]
fn a_cold_scan_is_read_in_sequence_and_a_warm_one_is_not_read() {
    let mut db = filled();
    let pages = db.describe().tables[0].pages;
    db.set_buffer_pages(10_000);
    run(&mut db, "set shared_buffers = '100MB'");
    let cold = measured(&mut db, "select count(*) from t where pad = ''");
    assert_eq!(cold.buffers.read, u64::from(pages));
    assert_eq!(cold.buffers.read_sequential, u64::from(pages) - 1);
    let warm = measured(&mut db, "select count(*) from t where pad = ''");
    assert_eq!((warm.buffers.read, warm.buffers.hit), (0, u64::from(pages)));
    let times = cold.page_times;
    assert_eq!(times.device, "nvme");
    assert_eq!(
        times.modelled_ns(cold.buffers.read, cold.buffers.read_sequential),
        times.random_ns + (u64::from(pages) - 1) * times.sequential_ns
    );
}

#[test]
fn a_small_pool_reads_again_and_evicts() {
    let mut db = filled();
    let pages = u64::from(db.describe().tables[0].pages);
    run(&mut db, "set shared_buffers = '80kB'");
    assert_eq!(one(&mut db, "show shared_buffers"), "80kB");
    measured(&mut db, "select count(*) from t where pad = ''");
    let again = measured(&mut db, "select count(*) from t where pad = ''");
    assert_eq!(again.buffers.read, pages);
    assert_eq!(again.buffers.evicted, pages);
    run(&mut db, "reset shared_buffers");
    assert_eq!(one(&mut db, "show shared_buffers"), "128MB");
    assert_eq!(code(&mut db, "set shared_buffers = '1kB'"), "22023");
}

#[test]
fn explain_json_shows_the_modelled_time_of_the_device_that_was_set() {
    let mut db = filled();
    run(
        &mut db,
        "set storage_device = hdd; set shared_buffers = '64MB'",
    );
    let text = one(
        &mut db,
        "explain (analyze, buffers, format json) select * from t where a = 5",
    );
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let io = &json[0]["Plan"]["Modelled I/O"];
    assert_eq!(io["Device"], "hdd");
    let random = io["Random Reads"].as_f64().unwrap();
    assert!(random >= 3.0, "{io}");
    assert!(io["Time"].as_f64().unwrap() >= 12.0 * random, "{io}");
    assert_eq!(code(&mut db, "set storage_device = tape"), "22023");
    assert_eq!(one(&mut db, "show storage_device"), "hdd");
    assert_eq!(one(&mut db, "show buffer_replacement"), "clock sweep");
    // Plain EXPLAIN has nothing of it.
    assert!(!one(&mut db, "explain (format json) select * from t").contains("Modelled"));
    assert_eq!(
        rows(&mut db, "explain (costs off) select * from t").len(),
        1
    );
}

#[test]
fn the_trace_names_what_was_touched_and_its_miss_curve_falls_to_the_distinct_pages() {
    let mut db = filled();
    run(
        &mut db,
        "set enable_hashjoin = off; set enable_mergejoin = off; set enable_material = off",
    );
    let found = measured(
        &mut db,
        "select count(y.pad) from t x join t y on y.a = x.id where x.id < 300",
    );
    let trace = found.trace.as_ref().unwrap();
    let relations = db.traced_relations(trace);
    let names: Vec<(&str, bool)> = relations.iter().map(|r| (&*r.name, r.index)).collect();
    assert_eq!(names, [("t", false), ("t_pkey", true), ("t_a", true)]);
    assert_eq!(trace.omitted, 0);
    assert_eq!(
        trace.accesses.len() as u64,
        found.buffers.hit + found.buffers.read
    );
    let curve = MissCurve::of(trace, 1_000_000);
    assert_eq!(curve.accesses, trace.accesses.len() as u64);
    assert!(
        curve
            .points
            .windows(2)
            .all(|pair| pair[0].misses >= pair[1].misses)
    );
    assert_eq!(curve.points.last().unwrap().misses, curve.distinct_pages);
    let thinned = MissCurve::of(trace, 10);
    assert!(thinned.points.len() < curve.points.len());
    assert_eq!(thinned.points.last(), curve.points.last());
    for point in &thinned.points {
        assert!(curve.points.iter().any(|p| p.misses == point.misses));
    }
    let once = measured(&mut db, "select count(*) from t where pad = ''");
    let curve = MissCurve::of(once.trace.as_ref().unwrap(), 100);
    assert_eq!(curve.points.len(), 1);
    assert_eq!(curve.points[0].misses, curve.distinct_pages);
}
