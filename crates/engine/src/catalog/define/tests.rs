//! Definitions, checked on what they make of small catalogs: names, errors with code and place, and the work they ask for.

use super::{Change, Work, define};
use crate::{
    catalog::{Catalog, IndexState, ReferentialAction, TableDef},
    error::Error,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use parser::parse_statement;

const SHOP: &[&str] = &[
    "CREATE TABLE a (id integer PRIMARY KEY, x integer UNIQUE, y text, UNIQUE (x, y), CHECK (x > 0), CONSTRAINT named CHECK (y <> ''))",
    "CREATE TABLE b (id bigint, a_id integer REFERENCES a ON DELETE CASCADE, n integer DEFAULT 7)",
    "CREATE VIEW v AS SELECT id, y FROM a",
    "CREATE VIEW w AS SELECT id FROM v",
    "CREATE INDEX ON b (n)",
];

fn change(sql: &str, catalog: &Catalog) -> Result<Change, Error> {
    define(&parse_statement(sql).unwrap(), sql, catalog)
}

fn catalog_of(statements: &[&str]) -> Catalog {
    let mut catalog = Catalog::default();
    for sql in statements {
        let change = change(sql, &catalog).unwrap();
        catalog.apply(&change);
    }
    catalog
}

/// The shop after more statements.
fn shop(more: &[&str]) -> Catalog {
    let mut all = SHOP.to_vec();
    all.extend(more);
    catalog_of(&all)
}

/// Code, message and the text at fault.
fn error(sql: &str) -> String {
    let error = change(sql, &shop(&[])).unwrap_err();
    let place = error.span.map_or("-", |span| span.of(sql));
    format!("{} {} [{place}]", error.code.sqlstate(), error.message)
}

fn notices(sql: &str) -> Vec<String> {
    change(sql, &shop(&[])).unwrap().notices
}

fn table(catalog: &Catalog, name: &str) -> TableDef {
    (**catalog.table_by_name(name).unwrap()).clone()
}

fn index_names(catalog: &Catalog) -> Vec<String> {
    catalog
        .indexes
        .values()
        .map(|index| index.name.to_string())
        .collect()
}

#[test]
fn what_was_not_named_gets_postgresqls_names() {
    let catalog = shop(&[
        "CREATE INDEX ON a (y)",
        "CREATE INDEX ON a (y)",
        "CREATE INDEX ON a (lower(y))",
        "CREATE INDEX ON a ((x + 1), y)",
        "CREATE STATISTICS ON x, y FROM a",
        "CREATE STATISTICS ON x, y FROM a",
    ]);
    assert_eq!(
        index_names(&catalog),
        [
            "a_pkey",
            "a_x_key",
            "a_x_y_key",
            "b_n_idx",
            "a_y_idx",
            "a_y_idx1",
            "a_lower_idx",
            "a_expr_y_idx"
        ]
    );
    let checks: Vec<_> = table(&catalog, "a")
        .checks
        .iter()
        .map(|check| check.name.to_string())
        .collect();
    assert_eq!(checks, ["a_x_check", "named"]);
    assert_eq!(&*table(&catalog, "b").foreign_keys[0].name, "b_a_id_fkey");
    let statistics: Vec<_> = catalog.statistics.keys().map(|n| &**n).collect();
    assert_eq!(statistics, ["a_x_y_stat", "a_x_y_stat1"]);
}

#[test]
fn a_long_name_gives_way_so_that_the_label_fits() {
    let long = "t".repeat(60);
    let catalog = catalog_of(&[&format!("CREATE TABLE {long} (id integer PRIMARY KEY)")]);
    assert_eq!(index_names(&catalog), [format!("{}_pkey", "t".repeat(58))]);
}

#[test]
fn a_primary_key_makes_its_columns_not_null() {
    let a = table(&shop(&[]), "a");
    let not_null: Vec<bool> = a.columns.iter().map(|column| column.not_null).collect();
    assert_eq!(not_null, [true, false, false]);
}

#[test]
fn mistakes_in_create_have_code_and_place() {
    for (sql, expected) in [
        (
            "CREATE TABLE a (id integer)",
            "42P07 relation \"a\" already exists [a]",
        ),
        (
            "CREATE TABLE v (id integer)",
            "42P07 relation \"v\" already exists [v]",
        ),
        (
            "CREATE TABLE c (i integer, i text)",
            "42701 column \"i\" specified more than once [i]",
        ),
        (
            "CREATE TABLE c (i intege)",
            "42704 type \"intege\" does not exist [intege]",
        ),
        (
            "CREATE TABLE c (i integer, PRIMARY KEY (j))",
            "42703 column \"j\" named in key does not exist [j]",
        ),
        (
            "CREATE TABLE c (i integer PRIMARY KEY, PRIMARY KEY (i))",
            "42P16 multiple primary keys for table \"c\" are not allowed [PRIMARY KEY (i)]",
        ),
        (
            "CREATE TABLE c (i integer, UNIQUE (i, i))",
            "42701 column \"i\" appears twice in unique constraint [i]",
        ),
        (
            "CREATE TABLE c (i integer REFERENCES nowhere)",
            "42P01 relation \"nowhere\" does not exist [nowhere]",
        ),
        (
            "CREATE TABLE c (i integer REFERENCES b)",
            "42704 there is no primary key for referenced table \"b\" [b]",
        ),
        (
            "CREATE TABLE c (i integer REFERENCES a (y))",
            "42830 there is no unique constraint matching given keys for referenced table \"a\" [a]",
        ),
        (
            "CREATE TABLE c (i integer REFERENCES a (z))",
            "42703 column \"z\" referenced in foreign key constraint does not exist [z]",
        ),
        (
            "CREATE TABLE c (i integer, j integer, FOREIGN KEY (i, j) REFERENCES a (id))",
            "42830 number of referencing and referenced columns for foreign key disagree [a]",
        ),
        (
            "CREATE TABLE c (i integer, CONSTRAINT k CHECK (i > 0), CONSTRAINT k FOREIGN KEY (i) REFERENCES a)",
            "42710 constraint \"k\" for relation \"c\" already exists [k]",
        ),
        (
            "CREATE TABLE c (i integer CHECK (i))",
            "42804 argument of CHECK must be type boolean, not type integer [i]",
        ),
        (
            "CREATE TABLE c (i integer DEFAULT 'x')",
            "22P02 invalid input syntax for type integer: \"x\" ['x']",
        ),
        (
            "CREATE TABLE c (i integer) WITH (organization = clustered)",
            "42P16 a clustered table must have a primary key [c]",
        ),
        (
            "CREATE TABLE c WITH (organization = clustered) AS SELECT 1",
            "42P16 a clustered table must have a primary key [c]",
        ),
        (
            "ALTER TABLE a SET (organization = clustered)",
            "0A000 changing the organization of a table is not supported [organization = clustered]",
        ),
        (
            "CREATE INDEX ON a (id) WITH (organization = clustered)",
            "22023 unrecognized parameter \"organization\" [organization = clustered]",
        ),
        (
            "CREATE TABLE c (i integer) WITH (fillfactor = 5)",
            "22023 value 5 out of bounds for option \"fillfactor\" [fillfactor = 5]",
        ),
        (
            "CREATE INDEX ON nowhere (x)",
            "42P01 relation \"nowhere\" does not exist [nowhere]",
        ),
        (
            "CREATE INDEX ON a (z)",
            "42703 column \"z\" does not exist [z]",
        ),
        (
            "CREATE INDEX a_pkey ON a (x)",
            "42P07 relation \"a_pkey\" already exists [a_pkey]",
        ),
        (
            "CREATE INDEX ON a ((random()))",
            "42P17 functions in index expression must be marked IMMUTABLE [random()]",
        ),
        (
            "CREATE VIEW v AS SELECT 1",
            "42P07 relation \"v\" already exists [v]",
        ),
        (
            "CREATE VIEW c AS SELECT 1, 2",
            "42701 column \"?column?\" specified more than once [2]",
        ),
        (
            "CREATE STATISTICS ON x FROM a",
            "42P17 extended statistics require at least 2 columns [a]",
        ),
        (
            "CREATE STATISTICS ON x, x FROM a",
            "42701 duplicate column name in statistics definition [x]",
        ),
        (
            "CREATE STATISTICS ON x, z FROM a",
            "42703 column \"z\" does not exist [z]",
        ),
    ] {
        assert_eq!(error(sql), expected, "{sql}");
    }
}

#[test]
fn if_exists_and_if_not_exists_say_what_they_skip() {
    for (sql, expected) in [
        (
            "CREATE TABLE IF NOT EXISTS a (id integer)",
            "relation \"a\" already exists, skipping",
        ),
        (
            "CREATE INDEX IF NOT EXISTS a_pkey ON a (x)",
            "relation \"a_pkey\" already exists, skipping",
        ),
        (
            "DROP TABLE IF EXISTS c",
            "table \"c\" does not exist, skipping",
        ),
        (
            "DROP INDEX IF EXISTS c",
            "index \"c\" does not exist, skipping",
        ),
        (
            "DROP VIEW IF EXISTS c",
            "view \"c\" does not exist, skipping",
        ),
        (
            "ALTER TABLE IF EXISTS c ADD d integer",
            "relation \"c\" does not exist, skipping",
        ),
        (
            "ALTER TABLE a ADD COLUMN IF NOT EXISTS x integer",
            "column \"x\" of relation \"a\" already exists, skipping",
        ),
        (
            "ALTER TABLE a DROP COLUMN IF EXISTS z",
            "column \"z\" of relation \"a\" does not exist, skipping",
        ),
        (
            "ALTER TABLE a DROP CONSTRAINT IF EXISTS z",
            "constraint \"z\" of relation \"a\" does not exist, skipping",
        ),
    ] {
        assert_eq!(notices(sql), [expected], "{sql}");
    }
}

#[test]
fn nothing_goes_while_something_stands_on_it() {
    for (sql, expected) in [
        (
            "DROP TABLE a",
            "2BP01 cannot drop table a because other objects depend on it [a]",
        ),
        (
            "DROP VIEW v",
            "2BP01 cannot drop view v because other objects depend on it [v]",
        ),
        (
            "DROP INDEX a_pkey",
            "2BP01 cannot drop index a_pkey because constraint a_pkey on table a requires it [a_pkey]",
        ),
        (
            "ALTER TABLE a DROP CONSTRAINT a_pkey",
            "2BP01 cannot drop constraint a_pkey because other objects depend on it [a_pkey]",
        ),
        (
            "ALTER TABLE a DROP COLUMN id",
            "2BP01 cannot drop column id because other objects depend on it [id]",
        ),
        ("DROP TABLE c", "42P01 table \"c\" does not exist [c]"),
        ("DROP INDEX c", "42704 index \"c\" does not exist [c]"),
        ("DROP VIEW a", "42809 \"a\" is not a view [a]"),
        ("DROP TABLE v", "42809 \"v\" is not a table [v]"),
        ("DROP INDEX a", "42809 \"a\" is not an index [a]"),
        (
            "DROP STATISTICS s",
            "42704 statistics object \"s\" does not exist [s]",
        ),
    ] {
        assert_eq!(error(sql), expected, "{sql}");
    }
}

#[test]
fn cascade_takes_views_and_foreign_keys_along() {
    let catalog = shop(&["CREATE STATISTICS s ON x, y FROM a", "DROP TABLE a CASCADE"]);
    assert!(catalog.views.is_empty() && catalog.statistics.is_empty());
    assert!(table(&catalog, "b").foreign_keys.is_empty());
    assert_eq!(index_names(&catalog), ["b_n_idx"]);
    // Both at once need no CASCADE.
    let both = change("DROP TABLE b, c", &shop(&["CREATE TABLE c (i integer)"])).unwrap();
    assert_eq!(both.dropped_tables.len(), 2);
}

#[test]
fn mistakes_in_alter_table_have_code_and_place() {
    for (sql, expected) in [
        (
            "ALTER TABLE c ADD d integer",
            "42P01 relation \"c\" does not exist [c]",
        ),
        (
            "ALTER TABLE a ADD x integer",
            "42701 column \"x\" of relation \"a\" already exists [x]",
        ),
        (
            "ALTER TABLE b DROP COLUMN z",
            "42703 column \"z\" of relation \"b\" does not exist [z]",
        ),
        (
            "ALTER TABLE a ALTER id DROP NOT NULL",
            "42P16 column \"id\" is in a primary key [id]",
        ),
        (
            "ALTER TABLE b RENAME TO a",
            "42P07 relation \"a\" already exists [a]",
        ),
        (
            "ALTER TABLE b RENAME n TO id",
            "42701 column \"id\" of relation \"b\" already exists [id]",
        ),
        (
            "ALTER TABLE a DROP CONSTRAINT z",
            "42704 constraint \"z\" of relation \"a\" does not exist [z]",
        ),
        (
            "ALTER TABLE a RENAME CONSTRAINT z TO zz",
            "42704 constraint \"z\" for table \"a\" does not exist [z]",
        ),
        (
            "ALTER TABLE a ADD CONSTRAINT named CHECK (x < 9)",
            "42710 constraint \"named\" for relation \"a\" already exists [named]",
        ),
        (
            "ALTER TABLE a ADD PRIMARY KEY (x)",
            "42P16 multiple primary keys for table \"a\" are not allowed [PRIMARY KEY (x)]",
        ),
    ] {
        assert_eq!(error(sql), expected, "{sql}");
    }
    for sql in [
        "ALTER TABLE a RENAME TO aa",
        "ALTER TABLE a RENAME y TO yy",
        "ALTER TABLE a ALTER y TYPE varchar(9)",
    ] {
        assert!(error(sql).starts_with("0A000"), "{sql}: a view reads it");
    }
}

#[test]
fn a_new_column_is_computed_from_its_default() {
    let change = change("ALTER TABLE b ADD m integer NOT NULL DEFAULT 5", &shop(&[])).unwrap();
    let Work::RewriteTable { columns, .. } = &change.work[0] else {
        panic!("{:?}", change.work);
    };
    assert_eq!(columns.len(), 4);
    assert!(matches!(
        change.work[1],
        Work::CheckNotNull { column: 3, .. }
    ));
}

#[test]
fn a_dropped_column_moves_the_numbers_of_those_behind_it() {
    let catalog = shop(&["ALTER TABLE b DROP COLUMN a_id"]);
    assert!(table(&catalog, "b").foreign_keys.is_empty());
    let index = catalog.index_by_name("b_n_idx").unwrap();
    assert_eq!(index.columns[0].key, crate::catalog::IndexKey::Column(1));
    let gone = shop(&["ALTER TABLE b DROP COLUMN n"]);
    assert!(gone.index_by_name("b_n_idx").is_none());
}

#[test]
fn constraints_added_later_are_checked_on_the_rows() {
    let catalog = shop(&[]);
    let work = |sql: &str| change(sql, &catalog).unwrap().work;
    assert!(matches!(
        work("ALTER TABLE b ADD PRIMARY KEY (id)")[..],
        [Work::CheckNotNull { column: 0, .. }, Work::BuildIndex(_)]
    ));
    assert!(matches!(
        work("ALTER TABLE b ADD CHECK (n > 0)")[..],
        [Work::CheckRows { .. }]
    ));
    assert!(matches!(
        work("ALTER TABLE b ADD FOREIGN KEY (n) REFERENCES a (x) ON UPDATE SET NULL")[..],
        [Work::CheckForeignKey { ref key, .. }] if key.on_update == ReferentialAction::SetNull
    ));
    assert!(matches!(
        work("ALTER TABLE b ALTER n SET NOT NULL")[..],
        [Work::CheckNotNull { column: 2, .. }]
    ));
}

#[test]
fn a_clustered_table_keeps_its_primary_key() {
    let catalog = catalog_of(&[
        "CREATE TABLE k (id integer PRIMARY KEY, n integer) WITH (organization = clustered)",
    ]);
    for sql in [
        "ALTER TABLE k DROP CONSTRAINT k_pkey",
        "ALTER TABLE k DROP COLUMN id",
    ] {
        let error = change(sql, &catalog).unwrap_err();
        assert_eq!(error.code.sqlstate(), "0A000", "{sql}");
    }
}

#[test]
fn an_index_may_be_hypothetical_or_hidden_and_change_its_name() {
    let catalog = shop(&["CREATE INDEX h ON b (id) WITH (hypothetical = true)"]);
    assert_eq!(
        catalog.index_by_name("h").unwrap().state,
        IndexState::Hypothetical
    );
    let catalog = shop(&[
        "ALTER INDEX b_n_idx SET (hidden = true)",
        "ALTER INDEX b_n_idx RENAME TO other",
    ]);
    assert_eq!(
        catalog.index_by_name("other").unwrap().state,
        IndexState::Hidden
    );
    assert!(error("ALTER INDEX b_n_idx SET (hypothetical = true)").starts_with("22023"));
    assert!(error("ALTER INDEX c RENAME TO d").starts_with("42P01"));
}

#[test]
fn create_table_as_takes_names_and_types_from_the_query() {
    let catalog = shop(&["CREATE TABLE c (one) AS SELECT id, y AS two FROM a"]);
    let names: Vec<_> = table(&catalog, "c")
        .columns
        .iter()
        .map(|column| format!("{} {}", column.name, column.data_type.name()))
        .collect();
    assert_eq!(names, ["one integer", "two text"]);
}
