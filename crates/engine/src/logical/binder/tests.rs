//! Binding, checked through errors (code, message, place) and through what comes out.

use super::{BindOptions, bind};
use crate::{
    catalog::{Catalog, define::define},
    error::Error,
    logical::{BoundStatement, Query, RelationKind, StatementKind, rewrite},
};
use alloc::{format, string::String, vec::Vec};
use parser::parse_statement;

const SCHEMA: &[&str] = &[
    "CREATE TABLE t (id integer PRIMARY KEY, name text NOT NULL, n bigint, price numeric(10,2), d date, ts timestamp, ok boolean, v varchar(10))",
    "CREATE TABLE u (id integer PRIMARY KEY, t_id integer, name text)",
    "CREATE INDEX ON u (t_id)",
    "CREATE VIEW big AS SELECT id, name AS title FROM t WHERE n > 100",
];

pub(crate) fn catalog_of(statements: &[&str]) -> Catalog {
    let mut catalog = Catalog::default();
    for text in statements {
        let statement = parse_statement(text).unwrap();
        let change = define(&statement, text, &catalog).unwrap();
        catalog.apply(&change);
    }
    catalog
}

fn bound(sql: &str) -> Result<BoundStatement, Error> {
    let catalog = catalog_of(SCHEMA);
    bind(
        &parse_statement(sql).unwrap(),
        &catalog,
        &BindOptions::default(),
    )
}

fn query(sql: &str) -> Query {
    match bound(sql).unwrap().kind {
        StatementKind::Select(query) => query,
        other => panic!("not a query: {other:?}"),
    }
}

/// Names and types of the output columns.
fn columns(sql: &str) -> String {
    let query = query(sql);
    let shown = query.targets.iter().filter(|target| !target.hidden);
    let list: Vec<String> = shown
        .map(|target| format!("{} {}", target.name, target.expr.data_type.name()))
        .collect();
    list.join(", ")
}

/// Code, message and the text at fault.
fn error(sql: &str) -> String {
    let error = bound(sql).unwrap_err();
    let place = error.span.map_or("-", |span| span.of(sql));
    format!("{} {} [{place}]", error.code.sqlstate(), error.message)
}

#[test]
fn output_columns_have_postgresqls_names_and_types() {
    assert_eq!(
        columns(
            "SELECT 1, 'a', id, count(*), 1 + 1.5, n::text, CAST(n AS int), CASE WHEN ok THEN 1 END, true, price * 2 FROM t GROUP BY id"
        ),
        "?column? integer, ?column? text, id integer, count bigint, ?column? numeric, n text, n integer, case integer, bool boolean, ?column? numeric"
    );
    assert_eq!(
        columns("SELECT * FROM u JOIN t USING (id)"),
        "id integer, t_id integer, name text, name text, n bigint, price numeric, d date, ts timestamp without time zone, ok boolean, v character varying"
    );
    assert_eq!(
        columns(
            "SELECT d + 1, d - d, ts - ts, d + interval '1 day', sum(n), avg(id), min(name), max(d) FROM t GROUP BY d, ts"
        ),
        "?column? date, ?column? integer, ?column? interval, ?column? timestamp without time zone, sum numeric, avg numeric, min text, max date"
    );
    assert_eq!(columns("SELECT title FROM big"), "title text");
    assert_eq!(
        columns("SELECT g, g.g FROM generate_series(1, 3) AS g"),
        "g integer, g integer"
    );
    assert_eq!(
        columns("VALUES (1, 'a'), (2.5, NULL)"),
        "column1 numeric, column2 text"
    );
    assert_eq!(columns("SELECT 1 AS x UNION SELECT 2.5"), "x numeric");
    assert_eq!(
        columns(
            "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n FROM r"
        ),
        "n integer"
    );
    assert_eq!(
        columns(
            "SELECT row_number() OVER (ORDER BY id), sum(n) OVER w, lag(name) OVER w FROM t WINDOW w AS (PARTITION BY ok ORDER BY id)"
        ),
        "row_number bigint, sum numeric, lag text"
    );
    assert_eq!(columns("SELECT relname FROM pg_class"), "relname text");
}

#[test]
fn a_bigint_column_compares_with_an_integer_without_a_cast() {
    let query = query("SELECT 1 FROM t WHERE n = 42");
    let text = format!("{:?}", query.filter);
    assert!(!text.contains("Cast"), "{text}");
}

#[test]
fn mistakes_are_named_in_postgresqls_words() {
    for (sql, expected) in [
        (
            "SELECT nme FROM t",
            "42703 column \"nme\" does not exist [nme]",
        ),
        (
            "SELECT t.nme FROM t",
            "42703 column t.nme does not exist [t.nme]",
        ),
        (
            "SELECT * FROM tt",
            "42P01 relation \"tt\" does not exist [tt]",
        ),
        (
            "SELECT x.id FROM t",
            "42P01 missing FROM-clause entry for table \"x\" [x]",
        ),
        (
            "SELECT t.id FROM t AS a",
            "42P01 invalid reference to FROM-clause entry for table \"t\" [t]",
        ),
        (
            "SELECT id FROM t, u",
            "42702 column reference \"id\" is ambiguous [id]",
        ),
        (
            "SELECT * FROM t, t",
            "42712 table name \"t\" specified more than once [t]",
        ),
        (
            "SELECT name, count(*) FROM t",
            "42803 column \"t.name\" must appear in the GROUP BY clause or be used in an aggregate function [name]",
        ),
        (
            "SELECT 1 FROM t WHERE count(*) > 1",
            "42803 aggregate functions are not allowed in WHERE [count(*)]",
        ),
        (
            "SELECT sum(count(*)) FROM t",
            "42803 aggregate function calls cannot be nested [count(*)]",
        ),
        (
            "SELECT 1 FROM t WHERE id",
            "42804 argument of WHERE must be type boolean, not type integer [id]",
        ),
        (
            "SELECT 1 FROM t WHERE name = 1",
            "42883 operator does not exist: text = integer [=]",
        ),
        (
            "SELECT nosuch(1)",
            "42883 function nosuch(integer) does not exist [nosuch(1)]",
        ),
        (
            "SELECT 1 FROM t ORDER BY 2",
            "42P10 ORDER BY position 2 is not in select list [2]",
        ),
        (
            "SELECT DISTINCT id FROM t ORDER BY name",
            "42P10 for SELECT DISTINCT, ORDER BY expressions must appear in select list [name]",
        ),
        (
            "SELECT 1 UNION SELECT 1, 2",
            "42601 each UNION query must have the same number of columns [SELECT 1, 2]",
        ),
        (
            "SELECT (SELECT 1, 2)",
            "42601 subquery must return only one column [(SELECT 1, 2)]",
        ),
        (
            "INSERT INTO t (id) VALUES (1, 2)",
            "42601 INSERT has more expressions than target columns [2]",
        ),
        (
            "INSERT INTO t (idd) VALUES (1)",
            "42703 column \"idd\" of relation \"t\" does not exist [idd]",
        ),
        (
            "INSERT INTO t (id) VALUES (true)",
            "42804 column \"id\" is of type integer but expression is of type boolean [true]",
        ),
        (
            "INSERT INTO t (id, name) VALUES (1, 'a') ON CONFLICT (name) DO NOTHING",
            "42P10 there is no unique or exclusion constraint matching the ON CONFLICT specification [ON CONFLICT (name) DO NOTHING]",
        ),
        (
            "UPDATE t SET id = 1, id = 2",
            "42601 multiple assignments to same column \"id\" [id]",
        ),
        (
            "SELECT rank() FROM t",
            "42809 window function rank requires an OVER clause [rank()]",
        ),
        (
            "SELECT CASE WHEN ok THEN 1 ELSE 'x' END FROM t",
            "22P02 invalid input syntax for type integer: \"x\" ['x']",
        ),
        (
            "SELECT CASE WHEN ok THEN 1 ELSE ok END FROM t",
            "42804 CASE types boolean and integer cannot be matched [1]",
        ),
        ("SELECT $1", "-"),
    ] {
        if expected == "-" {
            assert!(bound(sql).is_ok(), "{sql}");
            continue;
        }
        assert_eq!(error(sql), expected, "{sql}");
    }
}

#[test]
fn the_nearest_column_is_hinted_at() {
    let error = bound("SELECT nmae FROM t").unwrap_err();
    assert_eq!(
        error.hint.as_deref(),
        Some("Perhaps you meant to reference the column \"t.name\".")
    );
}

#[test]
fn a_grouped_primary_key_determines_the_other_columns() {
    assert!(bound("SELECT name, count(*) FROM t GROUP BY id").is_ok());
}

#[test]
fn insert_fills_every_column_of_the_table() {
    let StatementKind::Insert(insert) = bound("INSERT INTO u (name, id) SELECT name, id FROM t")
        .unwrap()
        .kind
    else {
        panic!("an INSERT");
    };
    let crate::logical::InsertSource::Query(query) = insert.source;
    let names: Vec<&str> = query.targets.iter().map(|t| &*t.name).collect();
    assert_eq!(names, ["id", "t_id", "name"]);
}

#[test]
fn a_correlated_exists_becomes_a_semi_join_and_a_simple_subquery_vanishes() {
    let catalog = catalog_of(SCHEMA);
    let rewritten = |sql: &str| {
        let statement = bind(
            &parse_statement(sql).unwrap(),
            &catalog,
            &BindOptions::default(),
        )
        .unwrap();
        let statement = rewrite(statement);
        let StatementKind::Select(query) = &statement.kind else {
            panic!("a SELECT");
        };
        let left = statement
            .range_table
            .iter()
            .filter(|entry| matches!(entry.kind, RelationKind::Subquery(_)))
            .count();
        format!("{:?} {left}", query.from)
    };
    assert!(
        rewritten("SELECT * FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.t_id = t.id)")
            .contains("Semi")
    );
    assert!(
        rewritten("SELECT * FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.t_id = t.id)")
            .contains("Anti")
    );
    assert!(rewritten("SELECT * FROM t WHERE id IN (SELECT t_id FROM u)").contains("Semi"));
    assert!(
        rewritten("SELECT * FROM t LEFT JOIN u ON u.t_id = t.id WHERE u.name = 'x'")
            .contains("Inner")
    );
    assert!(
        rewritten("SELECT t.id FROM t LEFT JOIN u ON u.t_id = t.id WHERE u.t_id IS NULL")
            .contains("Anti")
    );
    assert_eq!(
        rewritten("SELECT title FROM big WHERE id = 1"),
        "[Relation(RelId(0))] 0"
    );
    assert_eq!(
        rewritten("WITH c AS (SELECT * FROM t) SELECT * FROM c WHERE id = 1"),
        "[Relation(RelId(0))] 0"
    );
}

/// The schemas and queries whose plans are compared with PostgreSQL's.
#[test]
fn every_query_of_the_oracle_binds() {
    extern crate std;
    let scenarios = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fidelity/scenarios"
    );
    let folders = std::fs::read_dir(scenarios).unwrap();
    let mut failures = Vec::new();
    for folder in folders {
        let folder = folder.unwrap().path();
        let mut catalog = Catalog::default();
        let schema = std::fs::read_to_string(folder.join("schema.sql")).unwrap();
        let queries = std::fs::read_to_string(folder.join("queries.sql")).unwrap();
        for text in [&schema, &queries] {
            for parsed in parser::parse_script(text).statements {
                let statement = match parsed.statement {
                    Ok(statement) => statement,
                    Err(error) => {
                        failures.push(format!("{folder:?}: {error}"));
                        continue;
                    }
                };
                use parser::ast::StatementKind as S;
                let result = match statement.kind {
                    S::Query(_) | S::Insert(_) | S::Update(_) | S::Delete(_) => {
                        bind(&statement, &catalog, &BindOptions::default())
                            .map(|bound| drop(rewrite(bound)))
                    }
                    S::CreateTable(_) | S::CreateIndex(_) => {
                        define(&statement, text, &catalog).map(|change| catalog.apply(&change))
                    }
                    _ => Ok(()),
                };
                if let Err(error) = result {
                    failures.push(format!("{}: {error}", statement.span.of(text)));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
