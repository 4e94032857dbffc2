//! What statement reads and what it refuses, one rule a test.

use crate::ast::{
    AlterTableActionKind, ColumnConstraintKind, ConflictAction, IndexTarget, SetValue,
    SortDirection, StatementKind as S, TableConstraintKind,
};
use crate::{parse_script, parse_statement};

fn kind(text: &str) -> S {
    match parse_statement(text) {
        Ok(statement) => statement.kind,
        Err(error) => panic!("{text}: {error} at {:?}", error.span),
    }
}

#[test]
fn a_table_keeps_its_columns_constraints_and_parameters() {
    let text = "create temp table if not exists s.t (a int primary key, b numeric(10, 2) not null \
                default 1 + 2 check (b > 0), c char, d text collate \"C\" references u (x) on delete \
                cascade, constraint k unique (a, b), foreign key (c) references v) \
                with (organization = clustered, fillfactor = 70)";
    let S::CreateTable(table) = kind(text) else {
        panic!("no table")
    };
    assert!(table.temporary && table.if_not_exists);
    assert_eq!((table.columns.len(), table.constraints.len()), (4, 2));
    assert_eq!(table.columns[1].constraints.len(), 3);
    assert!(matches!(
        table.columns[1].constraints[1].kind,
        ColumnConstraintKind::Default(_)
    ));
    assert!(matches!(
        table.constraints[1].kind,
        TableConstraintKind::ForeignKey { .. }
    ));
    assert_eq!(
        &*table.parameters[0].value.as_ref().unwrap().text,
        "clustered"
    );
    assert!(matches!(
        kind("create table t as select 1 with no data"),
        S::CreateTableAs(_)
    ));
    assert!(matches!(
        kind("create table t (a, b) as select 1, 2"),
        S::CreateTableAs(_)
    ));
}

#[test]
fn an_index_keeps_its_key_in_order() {
    let text = "create unique index concurrently if not exists i on only t using btree \
                (a desc nulls last, lower(b) text_pattern_ops, (c + 1), (d)) include (e) \
                nulls not distinct with (fillfactor = 90) where a > 0";
    let S::CreateIndex(index) = kind(text) else {
        panic!("no index")
    };
    assert!(index.unique && index.concurrently && index.nulls_not_distinct);
    assert_eq!(index.elements[0].direction, SortDirection::Descending);
    assert!(matches!(
        index.elements[1].target,
        IndexTarget::Expression(_)
    ));
    assert!(index.elements[1].operator_class.is_some());
    assert!(matches!(index.elements[3].target, IndexTarget::Column(_)));
    assert!(index.filter.is_some() && index.include.len() == 1);
    let S::CreateIndex(index) = kind("create index on t (a)") else {
        panic!("no index")
    };
    assert!(index.name.is_none());
}

#[test]
fn rows_are_inserted_updated_and_deleted() {
    let text = "insert into t as x (a, b) values (1, default) on conflict (a) where b > 0 \
                do update set b = excluded.b, (c, d) = (1, 2) where x.a > 0 returning *, a as z";
    let S::Insert(insert) = kind(text) else {
        panic!("no insert")
    };
    let action = &insert.on_conflict.as_ref().unwrap().action;
    assert!(matches!(action, ConflictAction::Update { assignments, .. } if assignments.len() == 2));
    assert_eq!(insert.returning.len(), 2);
    assert!(matches!(kind("insert into t default values"), S::Insert(_)));
    assert!(matches!(kind("insert into t (select 1)"), S::Insert(_)));
    let S::Update(update) = kind("update t set a = 1 from u where t.x = u.x returning a") else {
        panic!("no update")
    };
    assert!(update.table.alias.is_none() && update.from.len() == 1);
    assert!(matches!(
        kind("with c as (select 1) delete from t x using c where true"),
        S::Delete(_)
    ));
}

#[test]
fn every_family_of_statements_is_read() {
    let text = "alter table if exists t add column if not exists a int not null, drop b cascade, \
         alter c type bigint using c::bigint, alter column d set statistics 500, add primary key (a);
         alter table t rename column a to b; alter table t rename to u;
         alter table t alter a set (n_distinct = -0.5), set (fillfactor = 50), drop constraint if exists k;
         alter index i set (hidden = true); alter index i rename to j;
         drop table if exists a, s.b cascade; drop index concurrently i; drop view v; drop statistics s;
         reindex table t; reindex (verbose) index concurrently i; cluster t using i; cluster;
         create or replace view v (a) as select 1; create statistics s (ndistinct, mcv) on a, b from t;
         create statistics on a, (b + 1) from t; truncate table a, b restart identity cascade;
         copy t (a, b) from stdin with (format csv, header true, delimiter ';', force_null (a));
         copy (select 1) to stdout csv header delimiter ',' null ''; analyze verbose t (a), u; analyze;
         vacuum (full, analyze) t; vacuum full verbose analyze t; vacuum;
         explain analyze verbose select 1; explain (analyze, buffers off, format json) select 1;
         explain (select 1); explain insert into t values (1); set work_mem = '64MB'; set local a.b to off;
         set session x to default; set time zone 'UTC'; set search_path to a, b; show all; show work_mem;
         show time zone; reset all; reset enable_seqscan; begin; start transaction isolation level repeatable read, read only;
         commit work; end; rollback; abort; savepoint s; release savepoint s; rollback to s;
         prepare p (int, text) as select $1; execute p (1, 'x'); deallocate p; deallocate all;
         values (1), (2); table t; (select 1) union select 2";
    let script = parse_script(text);
    for parsed in &script.statements {
        if let Err(error) = &parsed.statement {
            panic!("{}: {error}", parsed.span.of(text));
        }
    }
    assert_eq!(script.statements.len(), 55);
}

#[test]
fn both_spellings_of_options_are_told_alike() {
    let S::Explain(words) = kind("explain analyze verbose select 1") else {
        panic!("no explain")
    };
    let S::Explain(list) = kind("explain (analyze, verbose) select 1") else {
        panic!("no explain")
    };
    let names = |options: &[crate::ast::UtilityOption]| {
        options
            .iter()
            .map(|option| option.name.text.clone())
            .collect::<alloc::vec::Vec<_>>()
    };
    assert_eq!(names(&words.options), names(&list.options));
    let S::Copy(old) = kind("copy t from stdin csv header") else {
        panic!("no copy")
    };
    assert_eq!(&*old.options[0].value.as_ref().unwrap().text, "csv");
}

#[test]
fn settings_keep_their_values_as_written() {
    let S::Set(set) = kind("set random_page_cost = -1.1") else {
        panic!("no set")
    };
    assert!(matches!(set.value, SetValue::Values(values) if &*values[0].text == "-1.1"));
    let S::AlterTable(alter) = kind("alter table t alter column a drop default") else {
        panic!("no alter")
    };
    assert!(matches!(
        alter.actions[0].kind,
        AlterTableActionKind::AlterColumn { .. }
    ));
}
