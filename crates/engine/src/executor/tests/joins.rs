//! Joins and sub-queries by every method, paused everywhere.

use super::Bench;
use alloc::{string::String, vec::Vec};

const QUERIES: &[&str] = &[
    "select t.a, u.b from t join u on t.a = u.a",
    "select t.a, u.b from t left join u on t.a = u.a",
    "select t.a, u.b from t right join u on t.a = u.a",
    "select t.a, u.b from t full join u on t.a = u.a",
    "select t.a, u.b from t left join u on t.a = u.a and u.b > 3",
    "select t.a from t where t.a in (select a from u)",
    "select t.a from t where t.a not in (select a from u where a is not null)",
    "select t.a from t where exists (select 1 from u where u.a = t.a)",
    "select t.a from t where not exists (select 1 from u where u.a = t.a)",
    "select t.a, (select count(*) from u where u.a < t.a) from t",
    "select t.a from t where t.a > (select avg(a) from u)",
    "select t.a from t where t.a >= all (select a from u where a < 5)",
    "select x.a, y.a, z.b from t x, t y, u z where x.a = y.a and y.a = z.a",
    "select t.a, u.b from t, u where t.a < u.a",
    "select count(*), t.c from t join u using (a) group by t.c",
    "select a from t where a between 3 and 9 order by a",
    "select a, c from t where a = 5 or c = 2",
    "with q as (select a, count(*) n from u group by a) select * from q x join q y on x.n = y.n + 1",
    "with recursive r(n) as (select 1 union all select n + 1 from r where n < 20) select n from r",
    "select distinct on (c) c, a from t order by c, a desc",
    "select t.a, l.b from t, lateral (select b from u where u.a = t.a order by b limit 2) l",
    "select a from t intersect select a from u",
    "select a from t except all select a from u",
    "select c, sum(a), min(a) from t group by c order by 2",
    "select * from (values (1,'a'),(2,'b')) v(x,y) join t on t.a = v.x",
    "select d.name, count(*), sum(u.b) from u join d on d.a = u.a group by d.name",
    "select d.grp, d.name, count(*) from t join d on d.a = t.a group by d.grp, d.name having count(*) > 1",
    "select d.name, count(d.name), min(t.c) from t join d on d.a = t.a group by d.name",
    "select d.grp, max(t.c) filter (where d.name is null) from t join d on d.a = t.a group by d.grp",
    "select d.grp + 1, count(*) from t join d on d.a = t.a and d.grp < t.c + 2 group by d.grp",
    "select (select max(n) from (select count(*) n from t join d on d.a = t.a where d.grp > x.c group by d.grp) q) from t x",
    "select d.name, count(*) from t left join d on d.a = t.a group by d.name",
    "select t.a, d.name from t join d on d.a = t.a::bigint",
    "select u.b from u where u.a in (select a from d)",
    "select t.c, far.name from t join d far on far.a = t.a * 1000000007::bigint",
];

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench
        .run(
            "create table t(a int, c int); create table u(a int, b int);
             insert into t select (i * 7) % 23, i % 4 from generate_series(1, 60) i;
             insert into u select (i * 5) % 31, i % 9 from generate_series(1, 90) i;
             insert into t values (null, 1), (4, null); insert into u values (null, 2);
             create table d(a bigint primary key, name text, grp int);
             insert into d select i, 'name ' || i % 5, i % 3 from generate_series(-3, 20) i where i <> 7;
             insert into d values (21, null, null), (7000000049, 'far', 4), (9223372036854775807, 'last', 5);
             create index on t(a); create index on t(c, a desc); create index on u(a); create index on u(b, a);
             analyze t;",
        )
        .unwrap();
    bench
}

fn sorted(mut rows: Vec<String>) -> Vec<String> {
    rows.sort();
    rows
}

#[test]
fn every_path_gives_the_same_rows() {
    let mut reference = bench();
    reference.settings.enable.indexscan = false;
    reference.settings.enable.indexonlyscan = false;
    reference.settings.enable.bitmapscan = false;
    for sql in QUERIES {
        let expected = sorted(reference.run(sql).unwrap_or_else(|e| panic!("{e}: {sql}")));
        for choice in 0..10 {
            let mut bench = bench();
            let enable = &mut bench.settings.enable;
            match choice {
                0 => enable.seqscan = false,
                1 => {
                    enable.seqscan = false;
                    enable.indexscan = false;
                    enable.indexonlyscan = false;
                }
                2 => {
                    enable.seqscan = false;
                    enable.bitmapscan = false;
                }
                3 => {
                    enable.hashjoin = false;
                    enable.mergejoin = false;
                }
                4 => {
                    enable.nestloop = false;
                    enable.mergejoin = false;
                }
                5 => {
                    enable.hashjoin = false;
                    enable.nestloop = false;
                }
                6 => enable.hashagg = false,
                7 => enable.sort = false,
                8 => {
                    enable.material = false;
                    enable.hashjoin = false;
                    enable.mergejoin = false;
                }
                _ => {
                    enable.memoize = false;
                    enable.seqscan = false;
                    enable.hashjoin = false;
                }
            }
            let rows = sorted(
                bench
                    .run(sql)
                    .unwrap_or_else(|e| panic!("{e}: {choice} {sql}")),
            );
            assert_eq!(rows, expected, "choice {choice}: {sql}");
        }
    }
}

#[test]
fn a_run_paused_everywhere_gives_the_same_rows_and_counts() {
    for sql in QUERIES {
        let mut whole = bench();
        let expected = whole.run(sql).unwrap();
        for units in [1, 2, 3, 7, 50] {
            let mut paused = bench();
            paused.units = units;
            assert_eq!(paused.run(sql).unwrap(), expected, "{units}: {sql}");
            let rows = |bench: &Bench| -> Vec<(u64, u64, u64)> {
                let each = bench.metrics.iter();
                each.map(|m| (m.loops, m.rows, m.buffers_hit + m.buffers_read))
                    .collect()
            };
            assert_eq!(rows(&paused), rows(&whole), "{units}: {sql}");
        }
    }
}
