//! No text keeps the planner busy for longer than a statement may take: what is too much is refused, and the rest is planned.
//!
//! A plan is made in one go. Its work is counted (`physical/planner.rs`): now and then the planner looks whether the statement's time is
//! over, and where there is no time-out, or no clock, the work itself has a limit. Each text here is one of a kind that multiplies: relations, indexes, arms of OR, values, levels. A limit that is missing shows as a test that
//! does not end; the times are printed for a person.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test program tells what it did and stops at its own mistakes"
)]

use cli::answers;
use engine::{
    ErrorCode,
    database::{Database, PlanAt},
    physical::KeepConsidered,
};
use std::{fmt::Write as _, time::Instant};

/// Two small tables; the second has an index for each of its columns and some over two.
fn database() -> Database {
    let columns: Vec<String> = (0..20).map(|at| format!("c{at}")).collect();
    let mut schema = String::from(
        "create table a (id integer primary key, b integer);
         insert into a select g, g % 10 from generate_series(1, 500) as s(g);",
    );
    write!(schema, "create table w (id integer primary key").unwrap();
    for column in &columns {
        write!(schema, ", {column} integer").unwrap();
    }
    schema.push_str("); insert into w select g");
    for at in 0..columns.len() {
        write!(schema, ", g % {}", at + 2).unwrap();
    }
    schema.push_str(" from generate_series(1, 500) as s(g);");
    for (at, column) in columns.iter().enumerate() {
        write!(schema, "create index on w ({column});").unwrap();
        let next = &columns[(at + 1) % columns.len()];
        write!(
            schema,
            "create index on w ({column}, {next}) where {next} > 0;"
        )
        .unwrap();
    }
    schema.push_str("analyze;");
    answers::load(&schema).unwrap()
}

/// Plans a text, with and without reasons. Answers the code of what it was refused with.
fn planned(database: &mut Database, what: &str, sql: &str) -> Option<ErrorCode> {
    let began = Instant::now();
    let found: PlanAt = database.plan_at(sql, 0, KeepConsidered::No);
    let refused = found.diagnostics.first().map(|one| one.error.code);
    let taken = began.elapsed().as_millis();
    let began = Instant::now();
    database.plan_at(sql, 0, KeepConsidered::Yes);
    let with_reasons = began.elapsed().as_millis();
    println!(
        "{what}: {} bytes, {taken} ms, {with_reasons} ms with reasons, {}",
        sql.len(),
        refused.map_or_else(|| "planned".to_owned(), |code| format!("{code:?}"))
    );
    assert!(refused.is_some() || found.planned.is_some(), "{what}");
    refused
}

fn clique(tables: usize) -> String {
    let mut sql = String::from("select count(*) from a t0");
    for at in 1..tables {
        write!(sql, " join a t{at} on t{at}.id = t0.id").unwrap();
    }
    sql
}

fn chain(tables: usize) -> String {
    let mut sql = String::from("select count(*) from a t0");
    for at in 1..tables {
        write!(sql, " join a t{at} on t{at}.b = t{}.id", at - 1).unwrap();
    }
    sql
}

#[test]
fn joins_of_many_relations_are_planned() {
    let mut database = database();
    for tables in [11, 12, 20, 40, 64] {
        let what = format!("chain of {tables}");
        assert_eq!(planned(&mut database, &what, &chain(tables)), None);
        let what = format!("clique of {tables}");
        assert_eq!(planned(&mut database, &what, &clique(tables)), None);
    }
    let code = planned(&mut database, "chain of 65", &chain(65));
    assert_eq!(code, Some(ErrorCode::ProgramLimitExceeded));
}

#[test]
fn relations_without_conditions_between_them_are_planned() {
    let mut database = database();
    for tables in [8, 11, 20] {
        let names: Vec<String> = (0..tables).map(|at| format!("a t{at}")).collect();
        let sql = format!("select count(*) from {}", names.join(", "));
        assert_eq!(planned(&mut database, "cross join", &sql), None);
    }
}

#[test]
fn many_levels_of_many_joins_end_in_a_plan_or_in_a_refusal() {
    let mut database = database();
    let one = clique(10);
    let many = vec![format!("({one})"); 100].join(" + ");
    let sql = format!("select {many}");
    let code = planned(&mut database, "a hundred cliques of ten", &sql);
    assert!(matches!(code, None | Some(ErrorCode::StatementTooComplex)));
}

#[test]
fn long_lists_are_planned_beside_many_indexes() {
    let mut database = database();
    let values: Vec<String> = (0..10_000).map(|value| value.to_string()).collect();
    let list = values.join(", ");
    for sql in [
        format!("select * from w where c0 in ({list})"),
        format!("select * from w where c0 not in ({list})"),
        format!("select * from w where c0 in ({list}) and c1 in ({list}) and c2 > 0"),
        format!("select * from a where b = any (array[{list}])"),
    ] {
        assert_eq!(planned(&mut database, "list", &sql), None);
    }
}

#[test]
fn many_arms_of_or_end_in_a_plan_or_in_a_refusal() {
    let mut database = database();
    let arms: Vec<String> = (0..1_000)
        .map(|at| format!("(c{} = {at} and c{} = {at})", at % 20, (at + 7) % 20))
        .collect();
    let sql = format!("select * from w where {}", arms.join(" or "));
    let code = planned(&mut database, "arms of OR", &sql);
    assert!(matches!(code, None | Some(ErrorCode::StatementTooComplex)));
    let some: Vec<String> = (0..200)
        .map(|at| format!("(c{} = {at} or c{} = {at})", at % 20, (at + 7) % 20))
        .collect();
    let sql = format!("select * from w where {}", some.join(" and "));
    let code = planned(&mut database, "OR under AND", &sql);
    assert!(matches!(code, None | Some(ErrorCode::StatementTooComplex)));
}

#[test]
fn nesting_ends_in_a_plan_or_in_a_refusal() {
    let mut database = database();
    let nested = |open: &str, close: &str, depth: usize| {
        format!("{}1{}", open.repeat(depth), close.repeat(depth))
    };
    let texts = [
        format!("select {}", nested("(", ")", 20_000)),
        format!("select {}", nested("- ", "", 20_000)),
        format!("select {}", nested("abs(", ")", 20_000)),
        format!("select {}", vec!["1"; 20_000].join(" + ")),
        format!(
            "select * from a where {}",
            vec!["b > 0"; 20_000].join(" and ")
        ),
        format!(
            "select * from a where {}",
            vec!["b > 0"; 20_000].join(" or ")
        ),
        format!(
            "select * from {}",
            nested("(select * from ", ") s", 2_000).replace('1', "a")
        ),
        format!(
            "select * from a where {}",
            nested("not (b = ", " or b > 0)", 1_000)
        ),
        format!(
            "select * from a where {}",
            nested("exists (select 1 from a where id = ", ")", 1_000)
        ),
        vec!["select 1"; 1_000].join(" union all "),
        vec!["select b from a"; 500].join(" union "),
    ];
    for sql in &texts {
        let what: String = sql.chars().take(40).collect();
        let code = planned(&mut database, &what, sql);
        assert!(
            matches!(
                code,
                None | Some(
                    ErrorCode::StatementTooComplex
                        | ErrorCode::ProgramLimitExceeded
                        | ErrorCode::SyntaxError
                )
            ),
            "{what}: {code:?}"
        );
    }
}

#[test]
fn many_columns_groups_and_orders_are_planned() {
    let mut database = database();
    let columns: Vec<String> = (0..20).map(|at| format!("c{at}")).collect();
    let all = columns.join(", ");
    let wide: Vec<String> = (0..1_600)
        .map(|at| format!("c{} + {at}", at % 20))
        .collect();
    for sql in [
        format!("select {all}, count(*) from w group by {all} order by {all}"),
        format!("select distinct {all} from w order by {all} limit 5"),
        format!("select {} from w", wide.join(", ")),
        format!(
            "select {} from w group by {}",
            wide[..200].join(", "),
            wide[..200].join(", ")
        ),
        format!("select * from w x join w y using ({all}) order by {all}"),
    ] {
        assert_eq!(planned(&mut database, "columns", &sql), None);
    }
}
