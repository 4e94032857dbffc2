//! Planning: from text to plan for joins of two, five, eleven and twelve tables, its stages apart, and a plan map.
//!
//! Besides the time each line says how often memory was asked for: a plan should need little more than it keeps. Native figures;
//! those of the package in wasm come from `tests/bench/planning.mjs`.

use std::hint::black_box;

use divan::{AllocProfiler, Bencher};
use engine::{
    database::{Database, DatabaseOptions, RunEvent, RunOptions},
    logical::{BindOptions, BoundStatement, bind, rewrite},
    parser::parse_statement,
    physical::{KeepConsidered, PlannerInput, PlannerSettings, outcome, plan},
    stats::NoEndpoints,
};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

const SCHEMA: &str = "
create table customers (id integer primary key, name text, country text);
insert into customers select g, 'name ' || g, 'country ' || g % 30 from generate_series(1, 2000) as s(g);
create table orders (id integer primary key, customer_id integer, order_date date, status text, amount integer);
insert into orders select g, (g * 7919) % 2000 + 1, date '2020-01-01' + (g * 31) % 3650, 'status ' || g % 5, (g * 37) % 100000
  from generate_series(1, 20000) as s(g);
create index orders_customer on orders (customer_id);
create index orders_date on orders (order_date);
create index orders_status_date on orders (status, order_date);
create table items (id integer primary key, order_id integer, product_id integer, quantity integer);
insert into items select g, g % 20000 + 1, g % 500 + 1, g % 7 from generate_series(1, 40000) as s(g);
create index items_order on items (order_id);
create table products (id integer primary key, name text, category_id integer);
insert into products select g, 'product ' || g, g % 20 + 1 from generate_series(1, 500) as s(g);
create table categories (id integer primary key, name text);
insert into categories select g, 'category ' || g from generate_series(1, 20) as s(g);
analyze;
";

/// The join of `tests/bench/operations.mjs`.
const TWO: &str = "SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id \
    WHERE o.amount > 90000 AND c.country = 'country 7'";
const FIVE: &str = "SELECT c.name, p.name, g.name, sum(i.quantity) FROM customers c JOIN orders o ON o.customer_id = c.id \
    JOIN items i ON i.order_id = o.id JOIN products p ON p.id = i.product_id JOIN categories g ON g.id = p.category_id \
    WHERE c.country = 'country 7' AND o.order_date > date '2024-01-01' GROUP BY c.name, p.name, g.name ORDER BY 4 DESC LIMIT 10";
const MAP: &str = "SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id \
    WHERE o.order_date > date '2024-01-01' AND c.country = 'country 7'";

/// Customers once, orders as often as it takes: each joined with the one before.
fn chain(tables: usize) -> String {
    let mut sql = String::from("SELECT count(*) FROM customers c");
    for at in 1..tables {
        let before = if at == 1 {
            "c.id".to_owned()
        } else {
            format!("o{}.id", at - 1)
        };
        sql.push_str(&format!(
            " JOIN orders o{at} ON o{at}.customer_id = {before}"
        ));
    }
    sql + " WHERE c.country = 'country 7'"
}

/// All joined by one value, so that each can be joined with each.
fn clique(tables: usize) -> String {
    let mut sql = String::from("SELECT count(*) FROM orders o0");
    for at in 1..tables {
        sql.push_str(&format!(" JOIN orders o{at} ON o{at}.id = o0.id"));
    }
    sql
}

fn database() -> Database {
    let mut database = Database::new(DatabaseOptions::default());
    let mut run = database.start(SCHEMA, RunOptions::default());
    loop {
        match database.step(&mut run, u64::MAX) {
            RunEvent::Finished => return database,
            RunEvent::Failed(error) => panic!("{error}"),
            _ => {}
        }
    }
}

fn bound(database: &Database, sql: &str) -> BoundStatement {
    let statement = parse_statement(sql).expect("SQL of this file");
    let bound = bind(&statement, database.catalog(), &BindOptions::default());
    rewrite(bound.expect("tables of this file"))
}

/// From a bound statement to what `work` makes of it, nothing else.
fn planned<T>(
    bencher: Bencher<'_, '_>,
    sql: &str,
    work: fn(&BoundStatement, &PlannerInput<'_>) -> T,
) {
    let database = database();
    let statement = bound(&database, sql);
    let settings = PlannerSettings::default();
    let input = PlannerInput::new(
        database.catalog(),
        database.statistics(),
        &settings,
        &NoEndpoints,
    );
    bencher.bench_local(|| work(black_box(&statement), &input));
}

#[divan::bench]
fn text_to_plan_of_two_tables(bencher: Bencher<'_, '_>) {
    let mut database = database();
    bencher.bench_local(|| database.plan_at(black_box(TWO), 0, KeepConsidered::No));
}

#[divan::bench]
fn text_to_plan_of_two_tables_with_reasons(bencher: Bencher<'_, '_>) {
    let mut database = database();
    bencher.bench_local(|| database.plan_at(black_box(TWO), 0, KeepConsidered::Yes));
}

#[divan::bench]
fn parse_two_tables(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| parse_statement(black_box(TWO)));
}

#[divan::bench]
fn bind_and_rewrite_two_tables(bencher: Bencher<'_, '_>) {
    let database = database();
    let statement = parse_statement(TWO).expect("SQL of this file");
    bencher.bench_local(|| {
        let bound = bind(
            black_box(&statement),
            database.catalog(),
            &BindOptions::default(),
        );
        bound.map(rewrite)
    });
}

#[divan::bench]
fn plan_two_tables(bencher: Bencher<'_, '_>) {
    planned(bencher, TWO, plan);
}

/// What each cell of a plan map takes.
#[divan::bench]
fn cost_of_two_tables(bencher: Bencher<'_, '_>) {
    planned(bencher, TWO, outcome);
}

#[divan::bench]
fn plan_five_tables(bencher: Bencher<'_, '_>) {
    planned(bencher, FIVE, plan);
}

#[divan::bench(args = [8, 10, 11, 12, 20], max_time = 2)]
fn plan_chain(bencher: Bencher<'_, '_>, tables: usize) {
    planned(bencher, &chain(tables), plan);
}

#[divan::bench(args = [8, 10, 11, 12], max_time = 2)]
fn plan_clique(bencher: Bencher<'_, '_>, tables: usize) {
    planned(bencher, &clique(tables), plan);
}

#[divan::bench(max_time = 2)]
fn plan_map_of_two_tables_64_by_64(bencher: Bencher<'_, '_>) {
    let mut database = database();
    bencher.bench_local(|| database.plan_map_at(black_box(MAP), 0, (0, 1), 64, &|| false));
}
