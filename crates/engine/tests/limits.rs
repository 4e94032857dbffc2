//! Under a LIMIT every node gives as many rows as PostgreSQL's: what is above decides how far the nodes below read.
#![allow(clippy::unwrap_used, reason = "a test stops at its own mistakes")]

#[path = "common/small_database.rs"]
mod small_database;

use engine::{database::Database, value::Value};
use small_database::{database, run};

fn prepared() -> Database {
    let mut database = database(8192);
    let load = "create table t (id int primary key, g int, v int, s text);
         insert into t select i, i / 10, (i * 37) % 1000, 's' || i % 7 from generate_series(1, 5000) i;
         create index t_gv on t (g, v); create index t_v on t (v);
         create table u (id int primary key, t int, w int);
         insert into u select i, (i * 13) % 5000, i % 50 from generate_series(1, 3000) i;
         create index u_t on u (t); analyze t; analyze u; vacuum t; vacuum u";
    run(&mut database, load).unwrap();
    database
}

/// The rows of each node, in the order of EXPLAIN's lines, the LIMIT first.
fn rows_of_nodes(database: &mut Database, sql: &str) -> (Vec<u64>, String) {
    let explain = format!("explain (analyze, costs off, timing off, summary off) {sql}");
    let rows = run(database, &explain).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let lines = rows.into_iter().map(|row| match &row[0] {
        Value::Text(line) => line.to_string(),
        other => panic!("{other:?}"),
    });
    let plan = lines.collect::<Vec<_>>().join("\n");
    let nodes = plan.split("(actual rows=").skip(1);
    let rows = nodes.map(|node| node.split(' ').next().unwrap().parse().unwrap());
    (rows.collect(), plan)
}

fn give(database: &mut Database, queries: &[(&str, &[u64])]) {
    for (sql, expected) in queries {
        let (rows, plan) = rows_of_nodes(database, sql);
        assert_eq!(&rows, expected, "{sql}\n{plan}");
    }
}

#[test]
fn nodes_below_a_limit_read_until_the_last_row_passes() {
    let mut database = prepared();
    let settings = "set enable_seqscan = off; set enable_sort = off; set enable_bitmapscan = off;
         set enable_hashagg = off; set enable_hashjoin = off";
    run(&mut database, settings).unwrap();
    let queries: &[(&str, &[u64])] = &[
        (
            "select * from (select id, v, rank() over (order by id) r from t) s where v % 3 = 0 limit 10",
            &[10, 10, 28, 29],
        ),
        (
            "select * from (select id, v, lag(v) over (order by id) r from t) s where r > 500 limit 7 offset 5",
            &[7, 12, 26, 27],
        ),
        (
            "select * from (select g, count(*) c from t group by g order by g) s where c = 10 limit 5",
            &[5, 5, 60],
        ),
        (
            "select g, sum(v) c from t group by g having sum(v) % 3 = 0 order by g limit 5",
            &[5, 5, 110],
        ),
        (
            "select * from (select id, v from t where v % 2 = 0 offset 3) s where v % 5 = 0 limit 10",
            &[10, 10, 47, 50],
        ),
        (
            "select * from (select id, v from t order by id limit 1000) s where v % 5 = 0 limit 10",
            &[10, 10, 50, 50],
        ),
        (
            "select * from (select id, v from t where id < 20 union all select id, w from u offset 0) s where v % 5 = 0 limit 10",
            &[10, 10, 54, 19, 35],
        ),
        (
            "select * from (select v from t union select w from u) s limit 10",
            &[10, 10, 586, 8000, 5000, 3000],
        ),
        (
            "select v from t intersect select w from u limit 3",
            &[3, 3, 196, 8000, 3000, 3000, 5000, 5000],
        ),
        (
            "select v from t except select w from u limit 3",
            &[3, 3, 3266, 8000, 5000, 5000, 3000, 3000],
        ),
        (
            "select v from t intersect all select w from u limit 3",
            &[3, 3, 66, 8000, 3000, 3000, 5000, 5000],
        ),
        (
            "select * from (select distinct on (g) g, v from t order by g, v) s where v % 3 = 0 limit 5",
            &[5, 5, 15, 140],
        ),
        (
            "select * from t join u on u.t = t.id limit 10",
            &[10, 10, 17, 10],
        ),
        (
            "select * from t, u where t.v > u.w + 900 limit 10",
            &[10, 10, 1, 10, 10],
        ),
        (
            "select * from t left join u on u.t = t.id and u.w > 10 limit 10",
            &[10, 10, 10, 4],
        ),
        (
            "select * from t left join u on u.t = t.id where u.id is null limit 10",
            &[10, 10, 24, 15],
        ),
        (
            "select * from t where not exists (select 1 from u where u.t = t.id) limit 10",
            &[10, 10, 24, 15],
        ),
        (
            "select * from t where exists (select 1 from u where u.t = t.id and u.w = t.v % 50) limit 3",
            &[3, 3, 15, 9],
        ),
        ("select * from t order by g, id limit 10", &[10, 10, 20]),
        (
            "select * from (select (select max(w) from u where u.t = t.id) m, id from t offset 0) s where m > 5 limit 4",
            &[4, 4, 9, 1, 1],
        ),
        (
            "with c as materialized (select id, v from t) select * from c a, c b where a.id < b.id limit 10",
            &[10, 11, 10, 1, 11],
        ),
        (
            "with c as materialized (select id, v from t) select * from c a where exists (select 1 from c b where b.v = a.id) limit 3",
            &[3, 973, 3, 3, 946],
        ),
        (
            "with recursive r(n) as (select 1 union all select n + 1 from r where n < 5000) select * from r where n % 5 = 0 limit 10",
            &[10, 50, 1, 1, 10],
        ),
        (
            "select * from (values (1),(2),(3),(4),(5)) x(k), t limit 12",
            &[12, 12, 3, 4, 5],
        ),
        (
            "select s, count(*) from t group by s limit 2",
            &[2, 2, 1430, 5000],
        ),
        (
            "select * from (select g, v, row_number() over (partition by g order by v) r from t) s where r % 4 = 0 limit 6",
            &[6, 6, 27, 28],
        ),
        (
            "select * from (select g, v, ntile(3) over (partition by g order by v) r from t) s where r = 2 limit 6",
            &[6, 6, 16, 20],
        ),
        (
            "select * from t full join u on t.id = u.t limit 10",
            &[10, 10, 10, 6],
        ),
        (
            "select * from t a where exists (select 1 from u where u.w > a.v) limit 5",
            &[5, 5, 109, 2864, 3000],
        ),
        (
            "select a.id, x.w from t a cross join lateral (select w from u where u.t = a.id offset 1) x limit 3",
            &[0, 0, 5000, 0, 1],
        ),
        (
            "select * from (select * from t order by g, s) x where id % 3 = 0 limit 10",
            &[10, 10, 14],
        ),
        (
            "select * from (select v from t union all select w from u) x order by v limit 10",
            &[10, 10, 6, 5, 3000],
        ),
        (
            "select * from (select g, dense_rank() over (order by g) c from t) x where c % 3 = 0 limit 12",
            &[12, 12, 51, 60],
        ),
        (
            "select * from (select g, v, lead(v, 3) over (order by g, v) c from t) x where c % 3 = 0 limit 12",
            &[12, 12, 34, 37],
        ),
        (
            "select * from (select g, v, first_value(v) over (order by g, v rows between 2 preceding and 2 following) c from t) x where c % 3 = 0 limit 12",
            &[12, 12, 36, 36],
        ),
        (
            "with c as materialized (select g, count(*) n from t group by g order by g) select * from c where n = 10 limit 4",
            &[4, 5, 50, 4],
        ),
        (
            "with c as materialized (select id, v from t) select * from c where v > 500 union all select id, w from u limit 6",
            &[6, 19, 6, 6],
        ),
        (
            "with recursive r(n) as (select id from t where id < 2000 union all select n + 1 from r where n < 3) select * from r limit 1500 offset 3",
            &[1500, 1503, 1503, 1503],
        ),
        (
            "select * from t, (values (1), (2)) x(k) where t.v % 3 = k limit 9",
            &[9, 9, 13, 2, 2],
        ),
        (
            "select * from (select * from t where v > 10 limit 100 offset 5) x where v % 7 = 1 limit 4",
            &[4, 4, 22, 27],
        ),
        (
            "select * from (select * from (select * from t offset 2) y where v > 10 offset 5) x where v % 7 = 1 limit 4 offset 1",
            &[4, 5, 28, 33, 33, 35],
        ),
        (
            "(select v from t limit 3) union all (select w from u limit 4 offset 2) limit 5",
            &[5, 5, 3, 3, 2, 4],
        ),
        (
            "select * from (select distinct s from t) x limit 3",
            &[3, 3, 1430, 5000],
        ),
    ];
    give(&mut database, queries);
}

#[test]
fn hashed_nodes_and_bitmaps_below_a_limit_read_until_the_last_row_passes() {
    let mut database = prepared();
    let queries: &[(&str, &[u64])] = &[
        (
            "select * from t left join u on u.t = t.id where u.id is null limit 10",
            &[10, 10, 3000, 5000, 5000],
        ),
        (
            "select * from t where v in (100, 200) or g = 3 limit 15",
            &[15, 15, 0, 10, 10],
        ),
        (
            "select * from t where v between 100 and 110 and s = 's3' limit 5",
            &[5, 5, 55],
        ),
        (
            "with c as materialized (select id, v from t) select * from c a where exists (select 1 from c b where b.v = a.id) limit 3",
            &[3, 5000, 3, 3, 1000, 1000, 5000],
        ),
        (
            "select * from t where v = 5 or g = 7 limit 5",
            &[5, 5, 0, 5, 10],
        ),
    ];
    give(&mut database, queries);
}

/// A page whose rows go out in several batches is accessed once.
#[test]
fn a_bitmap_scan_counts_each_page_once_under_a_limit() {
    let mut database = prepared();
    let sql = "select * from t where v between 100 and 110 and s = 's3' limit 5";
    let (_, plan) = rows_of_nodes(&mut database, sql);
    assert!(plan.contains("Heap Blocks: exact=10"), "{plan}");
}
