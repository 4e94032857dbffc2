//! Scans, sorts, groups, limits, changes.

use super::{Bench, check};

const T: &str = "create table t(a int, b text, c numeric(10,2));
    insert into t values (3,'x',1.50),(1,'y',2.25),(2,null,null),(5,'x',0.10);";

fn on_t(sql: &str, expected: &[&str]) {
    check(&alloc::format!("{T} {sql}"), expected);
}

#[test]
fn a_query_without_a_table_gives_one_row() {
    check("select 1, 'x', null", &["1|x|NULL"]);
}

#[test]
fn series_are_generated_in_both_directions() {
    check("select * from generate_series(1,3)", &["1", "2", "3"]);
    check("select * from generate_series(3,1,-2)", &["3", "1"]);
}

#[test]
fn a_scan_reads_all_rows_in_order_of_arrival() {
    on_t(
        "select * from t",
        &["3|x|1.50", "1|y|2.25", "2|NULL|NULL", "5|x|0.10"],
    );
    on_t("select a + 1 from t where b = 'x'", &["4", "6"]);
}

#[test]
fn rows_are_sorted_with_nulls_where_they_belong() {
    on_t("select a from t order by a", &["1", "2", "3", "5"]);
    on_t(
        "select a from t order by b desc, a desc",
        &["2", "1", "5", "3"],
    );
    on_t(
        "select a from t order by c nulls first limit 2",
        &["2", "5"],
    );
    on_t("select a from t order by a offset 1 limit 2", &["2", "3"]);
}

#[test]
fn groups_are_summed() {
    on_t(
        "select count(*), sum(a), avg(a), min(b), max(c) from t",
        &["4|11|2.7500000000000000|x|2.25"],
    );
    on_t(
        "select b, count(*), sum(c) from t group by b order by b",
        &["x|2|1.60", "y|1|2.25", "NULL|1|NULL"],
    );
    on_t("select count(distinct b) from t", &["2"]);
    on_t("select b from t group by b having count(*) > 1", &["x"]);
    on_t("select sum(a) from t where a > 100", &["NULL"]);
    on_t("select distinct b from t order by 1", &["x", "y", "NULL"]);
}

#[test]
fn sets_are_combined() {
    on_t(
        "select * from (select a from t union select 9) s order by 1",
        &["1", "2", "3", "5", "9"],
    );
    on_t("select a from t intersect select 3", &["3"]);
    on_t(
        "select * from (select a from t except select 3) s order by 1",
        &["1", "2", "5"],
    );
    on_t("select 1 union all select 1", &["1", "1"]);
}

#[test]
fn rows_are_updated_and_deleted() {
    on_t("update t set a = a + 1 where b = 'x'", &["2"]);
    on_t(
        "update t set a = a + 1; select a from t order by a",
        &["2", "3", "4", "6"],
    );
    on_t(
        "delete from t where a > 2; select a from t order by a",
        &["1", "2"],
    );
    on_t("update t set c = 1 where a = 1 returning a, c", &["1|1.00"]);
    on_t(
        "insert into t select a + 10, b, c from t; select count(*) from t",
        &["8"],
    );
}

#[test]
fn constraints_are_kept() {
    let mut bench = Bench::new();
    bench.run("create table u(id int primary key, n int check (n > 0)); insert into u values (1,1),(2,2)").unwrap();
    let error = bench.run("insert into u values (3,3),(2,9)").unwrap_err();
    assert_eq!(
        error.message,
        "duplicate key value violates unique constraint \"u_pkey\""
    );
    assert_eq!(
        error.detail.as_deref(),
        Some("Key (id)=(2) already exists.")
    );
    assert_eq!(bench.run("select count(*) from u").unwrap(), ["2"]);
    let error = bench.run("insert into u values (4, 0)").unwrap_err();
    assert_eq!(
        error.message,
        "new row for relation \"u\" violates check constraint \"u_n_check\""
    );
    let error = bench.run("insert into u values (null, 1)").unwrap_err();
    assert_eq!(
        error.detail.as_deref(),
        Some("Failing row contains (null, 1).")
    );
    assert_eq!(bench.run("insert into u values (2,7) on conflict (id) do update set n = excluded.n returning n").unwrap(), ["7"]);
    assert_eq!(
        bench
            .run("insert into u values (2,8) on conflict do nothing")
            .unwrap(),
        ["0"]
    );
}

#[test]
fn an_index_scan_finds_the_row_in_few_pages() {
    let mut bench = Bench::new();
    bench.run("create table t(a int); insert into t select generate_series from generate_series(1,100000); create index on t(a); analyze t").unwrap();
    assert_eq!(bench.run("select * from t where a = 42").unwrap(), ["42"]);
    let pages = bench.metrics[0].buffers_hit + bench.metrics[0].buffers_read;
    assert!(
        (3..=4).contains(&pages),
        "{pages} pages, {:?}",
        bench.plan.as_ref().unwrap().root.kind
    );
    assert_eq!(
        bench
            .run("select a from t where a between 10 and 12")
            .unwrap(),
        ["10", "11", "12"]
    );
    assert_eq!(
        bench
            .run("select a from t order by a desc limit 2")
            .unwrap(),
        ["100000", "99999"]
    );
    assert_eq!(
        bench.run("select a from t where a in (5, 7, 5)").unwrap(),
        ["5", "7"]
    );
    assert_eq!(
        bench.run("select count(*) from t where a < 50000").unwrap(),
        ["49999"]
    );
    assert_eq!(
        bench.run("select min(a), max(a) from t").unwrap(),
        ["1|100000"]
    );
}

#[test]
fn many_rows_are_sorted_as_an_index_has_them_wherever_the_answer_begins() {
    let mut bench = Bench::new();
    let script = "create table t(id int, a int, b text, c bigint, d text);
        insert into t select i, nullif((i * 7919) % 1009, 7), case when i % 3 = 0 then 'http://example.org/a/long/way/' else 'x' end
        || (i * 31) % 4001, (i * 104729) % 1000003 * 5000000000, case when i % 50 = 0 then null else 'same' end
        from generate_series(1, 10000::bigint) i; analyze t;";
    bench.run(script).unwrap();
    for key in [
        "a desc, id",
        "b, id",
        "c, id",
        "d, b desc nulls last, id",
        "a",
    ] {
        let sql = alloc::format!("select id, a, b, c, d from t order by {key}");
        let sorted = bench.run(&sql).unwrap();
        let index = alloc::format!("create index i on t({key})");
        bench.run(&index).unwrap();
        bench.settings.enable.sort = false;
        bench.settings.enable.seqscan = false;
        bench.settings.enable.incremental_sort = false;
        assert_eq!(bench.run(&sql).unwrap(), sorted, "{key}");
        bench.settings.enable = crate::physical::EnabledPaths::default();
        bench.run("drop index i").unwrap();
        for offset in [1, 5_000, 9_990] {
            let some = bench.run(&alloc::format!("{sql} limit 20 offset {offset}"));
            let end = sorted.len().min(offset + 20);
            assert_eq!(some.unwrap(), sorted[offset..end], "{key} from {offset}");
        }
    }
}
