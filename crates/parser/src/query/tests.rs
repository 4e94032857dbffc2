//! What query reads and what it refuses, one rule a test.

use crate::ast::{
    Distinct, JoinConstraint, Limit, Materialization, Query, QueryBody, Select, SetOperator,
    StatementKind, TableReferenceKind,
};
use crate::parse_statement;
use alloc::{format, rc::Rc, string::String};

fn query(text: &str) -> Query {
    match parse_statement(text).map(|statement| statement.kind) {
        Ok(StatementKind::Query(query)) => Rc::into_inner(query).unwrap(),
        other => panic!("{text}: {other:?}"),
    }
}

fn select(text: &str) -> Select {
    match query(text).body {
        QueryBody::Select(select) => *select,
        other => panic!("{text}: {other:?}"),
    }
}

fn sets(body: &QueryBody) -> String {
    match body {
        QueryBody::SetOperation(set) => {
            let word = match set.operator {
                SetOperator::Union => "u",
                SetOperator::Intersect => "i",
                SetOperator::Except => "e",
            };
            format!(
                "({}{word}{}{})",
                sets(&set.left),
                if set.all { "+" } else { "" },
                sets(&set.right)
            )
        }
        QueryBody::Nested(_) => "n".into(),
        _ => "q".into(),
    }
}

fn tables(kind: &TableReferenceKind) -> String {
    match kind {
        TableReferenceKind::Table { name, .. } => String::from(&*name.last().text),
        TableReferenceKind::Subquery { alias, .. } => format!("query {}", &*alias.name),
        TableReferenceKind::Function { call, .. } => format!("{}()", &*call.name.last().text),
        TableReferenceKind::Join(join) => {
            let how = match join.constraint {
                JoinConstraint::None => "cross",
                JoinConstraint::On(_) => "on",
                JoinConstraint::Using { .. } => "using",
                JoinConstraint::Natural => "natural",
            };
            let (left, right) = (tables(&join.left.kind), tables(&join.right.kind));
            format!("({left} {:?} {how} {right})", join.kind)
        }
    }
}

#[test]
fn intersect_binds_tighter_than_union_and_except() {
    for (text, expected) in [
        ("select 1 union select 2 intersect select 3", "(qu(qiq))"),
        ("select 1 except select 2 union all select 3", "((qeq)u+q)"),
        ("(select 1 union select 2) intersect select 3", "((quq)iq)"),
        ("select 1 union (select 2 limit 1)", "(qun)"),
        ("values (1) union select 2", "(quq)"),
    ] {
        assert_eq!(sets(&query(text).body), expected, "{text}");
    }
}

#[test]
fn joins_nest_as_written() {
    for (from, expected) in [
        (
            "a join b on true left join c using (x)",
            "((a Inner on b) Left using c)",
        ),
        (
            "a join b join c on true on true",
            "(a Inner on (b Inner on c))",
        ),
        (
            "a cross join b natural full join c",
            "((a Inner cross b) Full natural c)",
        ),
        (
            "a right outer join (b join c on true) on true",
            "(a Right on (b Inner on c))",
        ),
        ("((select 1) x join b on true)", "(query x Inner on b)"),
        ("((select 1) union (select 2)) x", "query x"),
        ("(values (1)) v(a)", "query v"),
        ("generate_series(1, 10) as g(i)", "generate_series()"),
    ] {
        let select = select(&format!("select * from {from}"));
        assert_eq!(tables(&select.from[0].kind), expected, "{from}");
    }
}

#[test]
fn the_clauses_of_a_select_are_kept() {
    let text = "with recursive r(n) as materialized (select 1) select distinct on (a) t.*, b as c, d e \
                from t, lateral (select 1) l where x group by rollup (a), (), b having y \
                window w as (partition by a) order by a desc nulls last limit 5 offset 2 for update";
    let query = query(text);
    assert_eq!(query.span.of(text), text);
    let with = query.with.as_ref().unwrap();
    assert!(with.recursive && with.ctes[0].materialization == Materialization::Always);
    assert_eq!((query.order_by.len(), query.locking.len()), (1, 1));
    assert!(query.limit.is_some() && query.offset.is_some());
    let QueryBody::Select(select) = &query.body else {
        panic!("no select")
    };
    assert!(matches!(select.distinct, Some(Distinct::On(_))));
    assert_eq!(
        (select.items.len(), select.from.len(), select.group_by.len()),
        (3, 2, 3)
    );
    assert_eq!(select.items[2].span.of(text), "d e");
}

#[test]
fn limits_have_several_spellings() {
    assert!(query("select 1 limit all").limit.is_none());
    assert!(matches!(
        query("select 1 fetch first row only").limit,
        Some(Limit { .. })
    ));
    assert!(
        query("select 1 offset 1 rows fetch next 3 rows with ties")
            .limit
            .unwrap()
            .with_ties
    );
}

#[test]
fn brackets_without_need_are_dropped() {
    assert!(matches!(query("((select 1))").body, QueryBody::Select(_)));
    assert!(matches!(
        query("(select 1 limit 1)").body,
        QueryBody::Select(_)
    ));
    assert!(matches!(query("table t").body, QueryBody::Select(_)));
    assert_eq!(select("select").items.len(), 0);
}
