//! Geometry and words of a small map.

use super::*;
use protocol::Bytes;

/// Three columns, two rows: plan 0 below on the left, plan 1 elsewhere.
fn view() -> PlanMapView {
    let axis = |name: &str, values: &[f64]| MapAxisView {
        name: format!("part of the rows found by {name}"),
        now: 0.1,
        values: values.to_vec(),
    };
    let cells: [u16; 6] = [0, 0, 1, 1, 1, 1];
    let costs: [f32; 6] = [1.0, 2.0, 10.0, 50.0, 100.0, 100.0];
    PlanMapView {
        choices: vec!["a".to_owned(), "b".to_owned()],
        x_choice: 0,
        y_choice: Some(1),
        x: axis("t.a", &[0.01, 0.1, 1.0]),
        y: Some(axis("t.b", &[0.1, 1.0])),
        plans: vec![
            "Aggregate\n  ->  Index Scan using i on t\n        Index Cond: (a = 1)".to_owned(),
            "Aggregate\n  ->  Seq Scan on t\n        Filter: (a = 1)".to_owned(),
        ],
        cells: Bytes(cells.iter().flat_map(|cell| cell.to_le_bytes()).collect()),
        costs: Bytes(costs.iter().flat_map(|cost| cost.to_le_bytes()).collect()),
        complete: true,
    }
}

#[test]
fn plans_are_told_by_what_sets_them_apart_and_the_largest_comes_first() {
    let chart = chart(&view()).unwrap();
    let titles: Vec<(&str, &str)> = chart
        .plans
        .iter()
        .map(|plan| (plan.letter.as_str(), plan.title.as_str()))
        .collect();
    assert_eq!(
        titles,
        [("A", "Seq Scan on t"), ("B", "Index Scan using i on t")]
    );
    assert_eq!(chart.plans[1].share, "33 % of the map, cost 1.00 to 2.00");
    assert!(chart.plans[1].here && !chart.plans[0].here);
}

#[test]
fn a_cell_tells_its_selectivities_its_plan_and_its_cost() {
    let chart = chart(&view()).unwrap();
    assert_eq!(
        chart.cell(2, 0).unwrap().words,
        "t.a finds 100 %, t.b finds 10 %: plan A, cost 10.00"
    );
    assert!(chart.cell(3, 0).is_none() && chart.cell(0, 2).is_none());
}

#[test]
fn every_cell_is_found_at_its_own_middle() {
    let chart = chart(&view()).unwrap();
    for row in 0..2 {
        for column in 0..3 {
            let (x, y, width, height) = chart.cell(column, row).unwrap().frame;
            let found = chart.find(x + width / 2.0, y + height / 2.0);
            assert_eq!(found, (column, row));
        }
    }
    assert_eq!(chart.standing(), (1, 0));
}

#[test]
fn borders_lie_only_between_different_plans() {
    let chart = chart(&view()).unwrap();
    // One upright line between the second and third column, two level ones above the first two cells.
    assert_eq!(chart.borders.matches('v').count(), 1);
    assert_eq!(chart.borders.matches('h').count(), 2);
}

#[test]
fn everything_lies_in_the_frame() {
    let chart = chart(&view()).unwrap();
    let (left, top, right, bottom) = chart.frame;
    assert!(
        chart
            .x_ticks
            .iter()
            .all(|tick| (left..=right).contains(&tick.at))
    );
    assert!(
        chart
            .y_ticks
            .iter()
            .all(|tick| (top..=bottom).contains(&tick.at))
    );
    assert!((left..=right).contains(&chart.here.0) && (top..=bottom).contains(&chart.here.1));
    assert_eq!(chart.x_ticks.len(), 3);
}

#[test]
fn a_map_that_was_ended_early_draws_what_it_has() {
    let mut view = view();
    view.cells.0.truncate(8);
    view.complete = false;
    let chart = chart(&view).unwrap();
    assert!(chart.cell(0, 0).is_some() && chart.cell(0, 1).is_none());
    assert!(chart.summary.contains("not planned in time"));
}

#[test]
fn a_map_of_one_axis_is_a_strip() {
    let mut view = view();
    view.y = None;
    view.cells.0.truncate(6);
    view.costs.0.truncate(12);
    let chart = chart(&view).unwrap();
    assert_eq!(chart.size, (3, 1));
    assert!(chart.y_ticks.is_empty());
    assert_eq!(
        chart.cell(0, 0).unwrap().words,
        "t.a finds 1 %: plan A, cost 1.00"
    );
}
