//! Flip points, cost curves and plan maps of a small database: what they say must be what planning says.
#![allow(
    clippy::unwrap_used,
    reason = "a test program stops at its own mistakes"
)]

use cli::answers;
use engine::{
    database::{Database, RunEvent, RunOptions},
    explore::{DialUnit, Knob, Setting},
    logical::{BindOptions, ColumnRef, RelId, bind, rewrite},
    parser::parse_statement,
    physical::{
        ForcedSelectivity, KeepConsidered, NodeId, PlannerInput, PlannerSettings, Rehearsal,
        outcome,
    },
    stats::NoEndpoints,
};

const SCHEMA: &str = "
create table customers (id integer primary key, country text);
insert into customers select g, 'c' || (g % 30) from generate_series(1, 2000) g;
create table orders (id integer primary key, customer_id integer, order_date date, amount integer);
insert into orders select g, (g * 7919) % 2000 + 1, date '2020-01-01' + (g * 31) % 3650, (g * 37) % 100000
  from generate_series(1, 20000) g;
create index orders_date on orders (order_date);
create index orders_customer on orders (customer_id);
analyze;
";
const RANGE: &str = "select sum(amount) from orders where order_date between date '2021-01-01' and date '2021-01-20'";
const JOIN: &str = "select count(*) from orders o join customers c on c.id = o.customer_id \
    where o.order_date < date '2020-02-01' and c.country = 'c7'";

fn never() -> bool {
    false
}

fn database() -> Database {
    answers::load(SCHEMA).unwrap()
}

fn run(database: &mut Database, sql: &str) {
    let mut run = database.start(sql, RunOptions::default());
    loop {
        match database.step(&mut run, u64::MAX) {
            RunEvent::Finished => return,
            RunEvent::Failed(error) => panic!("{sql}: {error:?}"),
            _ => {}
        }
    }
}

/// The titles of the scans, and the cost of the whole.
fn plan_of(database: &mut Database, settings: &[&str], sql: &str) -> (String, f64) {
    for set in settings {
        run(database, set);
    }
    let found = database
        .plan_at(sql, 0, KeepConsidered::No)
        .planned
        .unwrap();
    for set in settings {
        let name = set.split_whitespace().nth(1).unwrap();
        run(database, &format!("reset {name}"));
    }
    let cost = found.plan.root.cost.total;
    (format!("{:?}", found.plan.root), cost)
}

#[test]
fn the_plan_changes_where_a_flip_point_says() {
    let mut database = database();
    let scan = scan_of(&mut database, RANGE);
    let found = database.flips_at(RANGE, 0, scan, &never).unwrap();
    let dial = found
        .iter()
        .find(|one| one.dial.knob == Knob::Setting(Setting::RandomPageCost))
        .unwrap();
    assert!(dial.complete);
    let flip = dial.flips.first().unwrap();
    assert_ne!(flip.before, flip.after);
    let kinds = |database: &mut Database, cost: f64| {
        let set = format!("set random_page_cost = {cost}");
        let (plan, total) = plan_of(database, &[&set], RANGE);
        let kind = ["SeqScan", "BitmapHeapScan", "IndexScan"]
            .into_iter()
            .find(|kind| plan.contains(kind))
            .unwrap();
        (kind, total)
    };
    let (below, _) = kinds(&mut database, flip.value * 0.998);
    let (above, cost) = kinds(&mut database, flip.value * 1.000_001);
    assert_ne!(below, above);
    assert!((cost - flip.cost).abs() < 0.01 * cost);
}

#[test]
fn literals_dates_rows_and_correlation_are_dials() {
    let mut database = database();
    let scan = scan_of(&mut database, RANGE);
    let found = database.flips_at(RANGE, 0, scan, &never).unwrap();
    let names: Vec<&str> = found.iter().map(|one| one.dial.name.as_str()).collect();
    for name in [
        "part of the rows found by order_date",
        "the value that order_date is compared with",
        "rows of orders",
        "correlation of order_date",
        "random_page_cost",
        "effective_cache_size",
        "work_mem",
    ] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    let turned = found
        .iter()
        .any(|one| one.dial.unit == DialUnit::Date && !one.flips.is_empty());
    assert!(turned, "a wide range is read in full");
}

#[test]
fn the_first_value_of_a_row_is_a_dial() {
    let mut database = database();
    let sql = "select amount from orders where (order_date, id) > (date '2029-12-10', 5)";
    let scan = scan_of(&mut database, sql);
    let found = database.flips_at(sql, 0, scan, &never).unwrap();
    let dial = found
        .iter()
        .find(|one| matches!(one.dial.knob, Knob::Literal { .. }))
        .unwrap();
    assert_eq!(dial.dial.name, "the value that order_date is compared with");
    assert!(!dial.flips.is_empty(), "an early date is read in full");
}

#[test]
fn a_curve_stands_where_the_query_stands() {
    let mut database = database();
    let curves = database.curve_at(RANGE, 0, 0, &never).unwrap().unwrap();
    let curve = &curves.curve;
    let titles: Vec<&str> = curve.series.iter().map(|one| one.title.as_str()).collect();
    assert!(titles.contains(&"Seq Scan"), "{titles:?}");
    assert!(
        titles.contains(&"Index Scan using orders_date"),
        "{titles:?}"
    );
    assert!(
        titles.contains(&"Bitmap Heap Scan by orders_date"),
        "{titles:?}"
    );
    let share = curve.dial.now * curve.tuples;
    assert!(
        (50.0..200.0).contains(&share),
        "20 of 3,650 days of 20,000 rows: {share}"
    );
    // Few rows are looked up, all of them are scanned.
    let seq = titles
        .iter()
        .position(|title| *title == "Seq Scan")
        .unwrap();
    assert_ne!(curve.chosen.first().unwrap().unwrap() as usize, seq);
    assert_eq!(curve.chosen.last().unwrap().unwrap() as usize, seq);
    assert!(!curve.flips.is_empty());
    // The whole scan costs the same whatever it finds.
    let costs = &curve.series[seq].costs;
    assert!(costs.iter().all(|cost| (cost - costs[0]).abs() < 1e-9));
}

#[test]
fn a_map_of_a_join_has_a_plan_for_each_corner() {
    let mut database = database();
    let found = database
        .plan_map_at(JOIN, 0, (0, 1), 16, &never)
        .unwrap()
        .unwrap();
    assert_eq!((found.x, found.y), (0, Some(1)));
    assert_eq!(found.choices.len(), 2, "{:?}", found.choices);
    let map = found.map;
    assert!(map.complete);
    assert_eq!(map.cells.len(), 256);
    assert_eq!(map.costs.len(), 256);
    assert!(map.plans.len() >= 2, "{:?}", map.plans);
    assert!(map.costs[0] < map.costs[255]);
    assert!(map.plans.iter().all(|plan| !plan.is_empty()));
}

/// A plan map plans its cells from where the selectivities begin to matter. What it took from one cell to the next must change none.
#[test]
fn a_rehearsed_planning_gives_what_a_whole_one_gives() {
    let database = database();
    let on_dates = "o.order_date < date '2020-02-01'";
    for sql in [
        RANGE.to_owned(),
        JOIN.to_owned(),
        format!("select o.id from orders o where {on_dates} order by o.customer_id limit 3"),
        format!("select max(o.amount) from orders o where {on_dates} and o.customer_id < 900"),
        format!("select o.id, c.id from orders o left join customers c on c.id = o.customer_id and c.country = 'c7' where {on_dates}"),
        format!("select c.id from customers c where c.country > 'c2' and exists (select 1 from orders o where o.customer_id = c.id and {on_dates})"),
        format!("select c.country, sum(o.amount) from orders o, customers c where c.id = o.customer_id and {on_dates} group by 1 order by 2"),
        format!("select o.id from orders o join orders p on p.customer_id = o.customer_id join customers c on c.id = p.customer_id
            where {on_dates} and (p.amount = 7 or o.amount = 8)"),
        format!("select o.id from orders o join customers c on c.id = o.customer_id join orders p on p.id = o.id
            where {on_dates} and p.amount > 70000 and c.country = 'c7' order by c.id limit 20"),
        format!("select id from orders o where {on_dates} union select id from customers c where c.country = 'c7'"),
    ] {
        let statement = parse_statement(&sql).unwrap();
        let bound = bind(&statement, database.catalog(), &BindOptions::default()).unwrap();
        let statement = rewrite(bound);
        let settings = PlannerSettings::default();
        let (catalog, statistics) = (database.catalog(), database.statistics());
        let input = PlannerInput::new(catalog, statistics, &settings, &NoEndpoints);
        let mut rehearsal = Rehearsal::new(&statement, input).unwrap();
        let mut shapes = Vec::new();
        for turn in 0..49 {
            let part = |step: i32| 0.1_f64.powi(step % 7).min(0.7);
            let given = |rel, column, step| ForcedSelectivity {
                column: ColumnRef {
                    rel: RelId(rel),
                    column,
                },
                selectivity: part(step),
            };
            let forced = [given(0, 2, turn), given(1, 1, turn / 7), given(0, 1, turn / 7)];
            let forced = &forced[..if turn == 9 { 0 } else { 3 }];
            let whole = outcome(&statement, &PlannerInput { forced, ..input }).unwrap();
            assert_eq!(rehearsal.outcome(forced).unwrap(), whole, "{sql}: {turn}");
            if !shapes.contains(&whole.shape) {
                shapes.push(whole.shape);
            }
        }
        assert!(shapes.len() > 1 || sql.contains("union"), "{sql} has one plan only");
    }
}

#[test]
fn a_map_of_one_condition_is_a_strip() {
    let mut database = database();
    let found = database
        .plan_map_at(RANGE, 0, (7, 9), 16, &never)
        .unwrap()
        .unwrap();
    assert_eq!((found.x, found.y), (0, None));
    assert_eq!(found.map.cells.len(), 16);
    assert!(found.map.y.is_none() && found.map.plans.len() >= 2);
}

#[test]
fn the_host_can_end_a_search() {
    let mut database = database();
    let found = database.flips_at(RANGE, 0, NodeId(0), &|| true).unwrap();
    assert!(
        found
            .iter()
            .all(|one| !one.complete && one.flips.is_empty())
    );
}

/// The number of the node that reads the table.
fn scan_of(database: &mut Database, sql: &str) -> NodeId {
    let planned = database
        .plan_at(sql, 0, KeepConsidered::No)
        .planned
        .unwrap();
    planned.plan.root.children.first().unwrap().id
}

#[test]
fn a_node_is_unfolded_with_the_numbers_of_its_children() {
    let mut database = database();
    let planned = database
        .plan_at(JOIN, 0, KeepConsidered::No)
        .planned
        .unwrap();
    let root = &planned.plan.root;
    let node = database.unfold_at(JOIN, 0, root.id).unwrap().unwrap();
    assert_eq!(node.tree.sum(), root.cost);
    assert_eq!(node.children, [root.children[0].id]);
    let input = node.tree.lines.iter().flat_map(|line| &line.factors);
    assert!(
        input
            .clone()
            .any(|one| one.factor.value == root.children[0].cost.total),
        "the aggregate reads its input in full"
    );
}
