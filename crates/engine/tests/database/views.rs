//! Catalog views, as people ask them.

use super::{code, database, one, rows, run};
use engine::database::Database;

fn filled() -> Database {
    let mut db = database();
    run(
        &mut db,
        "create table parent (id int primary key);
         create table t (id int primary key, a numeric(8,2) not null default 1.5, b varchar(20), c text check (c <> ''),
                         p int references parent (id), unique (b)) with (fillfactor = 80);
         create index t_ab on t (a desc, lower(b)) include (c) where a > 0;
         insert into t select i, i % 10 + 1, 'b' || i, 'c', null from generate_series(1, 3000) i;
         create view v as select id, b from t;
         vacuum analyze",
    );
    db
}

#[test]
fn pg_class_tells_of_tables_indexes_and_views() {
    let mut db = filled();
    assert_eq!(
        rows(
            &mut db,
            "select relname, relkind, relnatts, relhasindex, reloptions from pg_class order by relname"
        ),
        [
            "parent|r|1|t|",
            "parent_pkey|i|1|f|",
            "t|r|5|t|{fillfactor=80}",
            "t_ab|i|3|f|",
            "t_b_key|i|1|f|",
            "t_pkey|i|1|f|",
            "v|v|2|f|",
        ]
    );
    let pages = db.describe().tables[1].pages;
    assert_eq!(
        one(
            &mut db,
            "select relpages, reltuples, relallvisible from pg_catalog.pg_class where relname = 't'"
        ),
        format!("{pages}|3000|{pages}")
    );
}

#[test]
fn views_join_by_number_and_by_regclass() {
    let mut db = filled();
    assert_eq!(
        rows(
            &mut db,
            "select c.relname, i.indisunique, i.indisprimary, i.indkey, i.indoption, i.indpred is not null
             from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = 't'::regclass order by 1",
        ),
        ["t_ab|f|f|2 0 4|3 0|t", "t_b_key|t|f|3|0|f", "t_pkey|t|t|1|0|f"]
    );
    assert_eq!(
        rows(
            &mut db,
            "select a.attname, t.typname, a.attnotnull, a.atttypmod from pg_attribute a join pg_type t on t.oid = a.atttypid
             where a.attrelid = 'public.t'::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum",
        ),
        ["id|int4|t|-1", "a|numeric|t|524294", "b|varchar|f|24", "c|text|f|-1", "p|int4|f|-1"]
    );
    assert_eq!(
        rows(
            &mut db,
            "select indexrelid::regclass, indrelid::regclass from pg_index order by 1"
        ),
        ["parent_pkey|parent", "t_ab|t", "t_b_key|t", "t_pkey|t"]
    );
    assert_eq!(
        rows(
            &mut db,
            "select conname, contype, conkey from pg_constraint where conrelid = 't'::regclass order by 1"
        ),
        [
            "t_b_key|u|{3}",
            "t_c_check|c|",
            "t_p_fkey|f|{5}",
            "t_pkey|p|{1}"
        ]
    );
    assert_eq!(
        one(
            &mut db,
            "select n.nspname, m.amname from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_am m on m.oid = c.relam where c.relname = 't_ab'"
        ),
        "public|btree"
    );
    assert_eq!(code(&mut db, "select 'nothing'::regclass"), "42P01");
}

#[test]
fn sizes_are_those_of_the_pages() {
    let mut db = filled();
    let described = db.describe();
    let table = &described.tables[1];
    let indexes: u64 = table.indexes.iter().map(|index| index.bytes).sum();
    assert_eq!(
        one(
            &mut db,
            "select pg_relation_size('t'), pg_table_size('t'), pg_indexes_size('t'), pg_total_relation_size('t'), pg_relation_size('t_ab')",
        ),
        format!(
            "{0}|{0}|{indexes}|{1}|{2}",
            table.bytes,
            table.bytes + indexes,
            table
                .indexes
                .iter()
                .find(|index| index.name == "t_ab")
                .unwrap()
                .bytes
        )
    );
    let pretty = format!("{} kB", table.bytes / 1024);
    assert_eq!(
        one(
            &mut db,
            "select pg_size_pretty(pg_relation_size('t'::regclass))"
        ),
        pretty
    );
    assert_eq!(
        rows(
            &mut db,
            "select relname, pg_relation_size(oid) = pg_relation_size(relname::regclass) from pg_class
             where relkind = 'r' order by pg_total_relation_size(oid) desc",
        ),
        ["t|t", "parent|t"]
    );
    assert_eq!(
        one(&mut db, "select pg_get_indexdef('t_pkey'::regclass)"),
        "CREATE UNIQUE INDEX t_pkey ON public.t USING btree (id)"
    );
    assert_eq!(code(&mut db, "select pg_relation_size('nothing')"), "42P01");
}

#[test]
fn statistics_and_definitions_are_shown() {
    let mut db = filled();
    assert_eq!(
        one(
            &mut db,
            "select null_frac, n_distinct, most_common_vals is not null, correlation is not null from pg_stats where tablename = 't' and attname = 'a'"
        ),
        "0|10|t|t"
    );
    assert_eq!(
        one(
            &mut db,
            "select indexdef from pg_indexes where indexname = 't_b_key'"
        ),
        "CREATE UNIQUE INDEX t_b_key ON public.t USING btree (b)"
    );
    assert_eq!(
        rows(
            &mut db,
            "select column_name, data_type, is_nullable, column_default, character_maximum_length, numeric_precision
             from information_schema.columns where table_name = 't' order by ordinal_position",
        )[..3],
        ["id|integer|NO|||32", "a|numeric|NO|1.5||8", "b|character varying|YES||20|"]
    );
    assert_eq!(
        rows(
            &mut db,
            "select table_name, table_type from information_schema.tables where table_schema = 'public' order by 1"
        ),
        ["parent|BASE TABLE", "t|BASE TABLE", "v|VIEW"]
    );
    run(&mut db, "delete from t where id <= 10");
    assert_eq!(
        one(
            &mut db,
            "select n_live_tup, n_dead_tup from pg_stat_user_tables where relname = 't'"
        ),
        "2990|10"
    );
}
