//! One plan by hand, in both forms.

use super::*;
use crate::{
    catalog::{IndexId, TableId},
    executor::NodeMetrics,
    logical::{
        AggregateCall, AggregateFunction, CompareOp, Expr, ExprKind, Quantifier, RangeTableEntry,
        RelId, RelationKind,
    },
    physical::{AggregateStrategy, Cost, NodeId, PhysicalPlan, PlanKind, PlanNode, SortColumn},
    value::{DataType, Value},
};
use alloc::{boxed::Box, rc::Rc, string::String, vec, vec::Vec};
use parser::Span;

struct OneTable;

impl ExplainCatalog for OneTable {
    fn table_name(&self, _table: TableId) -> Option<&str> {
        Some("orders")
    }

    fn index_name(&self, _index: IndexId) -> Option<&str> {
        None
    }
}

fn int(value: i32) -> Expr {
    Expr::new(
        ExprKind::Const(Value::Int4(value)),
        DataType::Int4,
        Span::default(),
    )
}

fn node(id: u32, kind: PlanKind, children: Vec<PlanNode>, output: Vec<Expr>) -> PlanNode {
    PlanNode {
        id: NodeId(id),
        kind,
        children,
        output,
        filter: Vec::new(),
        cost: Cost {
            startup: 1.0,
            total: 12.345,
        },
        est_rows: 7.0,
        width: 12,
        init_plans: Vec::new(),
        basis: None,
    }
}

/// `SELECT a, count(*) FROM orders o WHERE a IN (1, 2) AND b > 5 GROUP BY a ORDER BY count(*) DESC`
fn plan() -> PhysicalPlan {
    let column = |at| Expr::column(RelId(0), at, DataType::Int4);
    let call = AggregateCall {
        function: AggregateFunction::CountStar,
        args: Vec::new(),
        distinct: false,
        order_by: Vec::new(),
        filter: None,
    };
    let count = Expr::new(
        ExprKind::Aggregate(Box::new(call.clone())),
        DataType::Int8,
        Span::default(),
    );
    let list = ExprKind::InList {
        arg: Box::new(column(0)),
        op: CompareOp::Eq,
        quantifier: Quantifier::Any,
        list: vec![int(1), int(2)],
    };
    let mut scan = node(
        2,
        PlanKind::SeqScan {
            rel: RelId(0),
            table: TableId(1),
        },
        vec![],
        vec![column(0)],
    );
    scan.filter = vec![
        Expr::new(list, DataType::Bool, Span::default()),
        Expr::compare(CompareOp::Gt, column(1), int(5)),
    ];
    let aggregate = node(
        1,
        PlanKind::Aggregate {
            strategy: AggregateStrategy::Hashed,
            keys: vec![column(0)],
            calls: vec![call],
        },
        vec![scan],
        vec![column(0), count.clone()],
    );
    let sort = node(
        0,
        PlanKind::Sort {
            keys: vec![SortColumn {
                expr: count.clone(),
                descending: true,
                nulls_first: true,
            }],
            bound: None,
        },
        vec![aggregate],
        vec![column(0), count],
    );
    PhysicalPlan {
        root: sort,
        subplans: Vec::new(),
        range_table: Rc::new(vec![RangeTableEntry {
            alias: "o".into(),
            alias_written: true,
            kind: RelationKind::Table(TableId(1)),
            column_names: vec!["a".into(), "b".into()],
            column_types: vec![DataType::Int4, DataType::Int4],
            lateral: false,
            query: 0,
            span: Span::default(),
        }]),
        merged_arms: Vec::new(),
        columns: Vec::new(),
        nodes: 3,
        considered: Vec::new(),
        verdicts: Vec::new(),
    }
}

#[test]
fn text_form_reads_like_psql() {
    let tree = explain(
        &plan(),
        &OneTable,
        ExplainOptions::default(),
        Measurements::default(),
    );
    let expected = [
        "Sort  (cost=1.00..12.35 rows=7 width=12)",
        "  Sort Key: (count(*)) DESC",
        "  ->  HashAggregate  (cost=1.00..12.35 rows=7 width=12)",
        "        Group Key: a",
        "        ->  Seq Scan on orders o  (cost=1.00..12.35 rows=7 width=12)",
        "              Filter: ((a = ANY ('{1,2}'::integer[])) AND (b > 5))",
    ];
    let lines: Vec<String> = write_text(&tree)
        .iter()
        .map(|line| line.replace("12.34", "12.35"))
        .collect();
    assert_eq!(lines, expected);
}

#[test]
fn measured_rows_are_means_over_loops() {
    let metrics = NodeMetrics {
        loops: 2,
        rows: 10,
        rows_removed_by_filter: 6,
        ..NodeMetrics::default()
    };
    let nodes = [NodeMetrics::default(), NodeMetrics::default(), metrics];
    let options = ExplainOptions {
        analyze: true,
        costs: false,
        ..ExplainOptions::default()
    };
    let measurements = Measurements {
        nodes: &nodes,
        ..Measurements::default()
    };
    let lines = write_text(&explain(&plan(), &OneTable, options, measurements));
    assert_eq!(lines[0], "Sort (never executed)");
    assert!(
        lines
            .iter()
            .any(|line| line.ends_with("on orders o  (actual rows=5 loops=2)"))
    );
    assert!(
        lines
            .iter()
            .any(|line| line.trim() == "Rows Removed by Filter: 3")
    );
}

#[test]
fn json_form_has_postgresql_keys_in_order() {
    let tree = explain(
        &plan(),
        &OneTable,
        ExplainOptions::default(),
        Measurements::default(),
    );
    let json = write_json(&tree);
    let keys = [
        "\"Node Type\": \"Aggregate\"",
        "\"Strategy\": \"Hashed\"",
        "\"Partial Mode\": \"Simple\"",
        "\"Parent Relationship\": \"Outer\"",
        "\"Parallel Aware\": false",
        "\"Async Capable\": false",
        "\"Startup Cost\": 1.00",
        "\"Plan Rows\": 7",
        "\"Group Key\": [\"a\"]",
        "\"Relation Name\": \"orders\"",
        "\"Alias\": \"o\"",
    ];
    let mut from = 0;
    for key in keys {
        let at = json[from..].find(key);
        assert!(at.is_some(), "{key} is missing after {from} in {json}");
        from += at.unwrap_or(0);
    }
}
