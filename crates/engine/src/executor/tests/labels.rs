//! What EXPLAIN ANALYZE says of sorts, joins and caches is what they did.

use super::Bench;
use crate::{executor::NodeMetrics, physical::PlanNode};
use alloc::string::String;

/// The counters of the first node, from the root down, that is of a kind.
fn counters(bench: &Bench, kind: &str) -> NodeMetrics {
    fn find(node: &PlanNode, kind: &str) -> Option<usize> {
        let name = alloc::format!("{:?}", node.kind);
        if name.starts_with(kind) {
            return Some(node.id.0 as usize);
        }
        node.children.iter().find_map(|child| find(child, kind))
    }
    let root = &bench.plan.as_ref().unwrap().root;
    let id = find(root, kind).unwrap_or_else(|| panic!("no {kind} in the plan"));
    bench.metrics[id].clone()
}

fn bench(script: &str) -> Bench {
    let mut bench = Bench::new();
    bench.run(script).unwrap();
    bench
}

#[test]
fn a_sort_keeps_a_heap_only_where_more_than_twice_as_many_rows_come() {
    for (rows, limit, method) in [
        (20, 10, "quicksort"),
        (21, 10, "top-N heapsort"),
        (5000, 100, "top-N heapsort"),
        (9000, 8000, "radix sort"),
    ] {
        let mut bench = bench(&alloc::format!(
            "create table t(a int, b text);
             insert into t select (i * 7919) % 1009, 'x' || i from generate_series(1, {rows}) i; analyze t;"
        ));
        let sql = "select a, b from t order by a desc, b";
        let all = bench.run(sql).unwrap();
        let limited = bench.run(&alloc::format!("{sql} limit {limit}")).unwrap();
        assert_eq!(
            limited,
            all[..limit.min(rows)],
            "{rows} rows, limit {limit}"
        );
        let metrics = counters(&bench, "Sort");
        assert_eq!(
            metrics.sort_method,
            Some(method),
            "{rows} rows, limit {limit}"
        );
        assert!(metrics.peak_bytes > 0);
    }
}

#[test]
fn an_incremental_sort_forms_the_groups_that_postgresql_forms() {
    // Rows in each group of the first key; PostgreSQL 15's "Full-sort Groups" and "Pre-sorted Groups".
    for (in_group, full, presorted) in [(1, 32, 0), (10, 25, 0), (100, 10, 10), (500, 2, 2)] {
        let mut bench = bench(&alloc::format!(
            "create table t(a int, b int); create index on t(a);
             insert into t select (i - 1) / {in_group}, (i * 7919) % 1009 from generate_series(1, 1000) i; analyze t;"
        ));
        let sql = "select a, b from t order by a, b";
        bench.settings.enable.incremental_sort = false;
        let expected = bench.run(sql).unwrap();
        bench.settings.enable.incremental_sort = true;
        bench.settings.enable.sort = false;
        bench.settings.enable.seqscan = false;
        assert_eq!(bench.run(sql).unwrap(), expected);
        let metrics = counters(&bench, "IncrementalSort");
        let counts = (
            metrics.full_sort_groups.count,
            metrics.presorted_groups.count,
        );
        assert_eq!(counts, (full, presorted), "groups of {in_group} rows");
    }
}

#[test]
fn an_incremental_sort_under_a_limit_reads_no_further_than_it_must() {
    let mut bench = bench(
        "create table t(a int, b int); create index on t(a);
         insert into t select (i - 1) / 10, (i * 7919) % 1009 from generate_series(1, 1000) i; analyze t;",
    );
    bench.settings.enable.sort = false;
    bench.settings.enable.seqscan = false;
    let rows = bench
        .run("select a, b from t order by a, b limit 15")
        .unwrap();
    assert_eq!(rows.len(), 15);
    // Fifteen rows, then to the end of the second group, and one row of the third to see that.
    assert_eq!(counters(&bench, "IndexScan").rows, 21);
}

#[test]
fn a_merge_join_stops_where_one_side_ends() {
    let mut bench = bench(
        "create table t(a int primary key); create table u(a int primary key);
         insert into t select i from generate_series(1, 50) i;
         insert into u select i from generate_series(1, 20000) i; analyze t; analyze u;",
    );
    bench.settings.enable.hashjoin = false;
    bench.settings.enable.nestloop = false;
    bench.settings.enable.sort = false;
    let rows = bench
        .run("select t.a, u.a from t join u on t.a = u.a")
        .unwrap();
    assert_eq!(rows.len(), 50);
    let read: u64 = bench.metrics.iter().map(|metrics| metrics.rows).sum();
    assert!(read < 10_000, "{read} rows passed up by all nodes");
}

#[test]
fn memoize_evicts_what_was_not_used_for_longest() {
    let mut bench = bench(
        "create table t(id int, k int); create table u(k int primary key, b text);
         insert into t select i, i % 900 from generate_series(1, 2700) i;
         insert into u select i, repeat('x', 100) from generate_series(0, 999) i; analyze t; analyze u;",
    );
    bench.settings.enable.hashjoin = false;
    bench.settings.enable.mergejoin = false;
    bench.settings.enable.seqscan = false;
    let sql = "select t.id, u.b from t join u on t.k = u.k";
    let expected: usize = bench.run(sql).unwrap().iter().map(String::len).sum();
    let metrics = counters(&bench, "Memoize");
    let counts = metrics.memoize.unwrap();
    assert_eq!((counts.hits, counts.misses), (1800, 900));
    assert_eq!((counts.evictions, counts.overflows), (0, 0));
    bench.work_mem = 16 << 10;
    let found: usize = bench.run(sql).unwrap().iter().map(String::len).sum();
    assert_eq!(found, expected);
    let metrics = counters(&bench, "Memoize");
    let counts = metrics.memoize.unwrap();
    // Keys come round in order, so what is needed next has always just gone.
    assert_eq!((counts.hits, counts.misses), (0, 2700));
    assert!(counts.evictions > 2000);
    assert!(metrics.peak_bytes <= 2 * bench.work_mem);
}
