//! Worked numbers for the selectivity formulas, on made-up columns of known shape.

use super::*;
use crate::{
    logical::{CompareOp, Expr, ExprKind, JoinKind, Operator, Quantifier, RelId},
    stats::{ColumnStats, IndexEndpoints, NoEndpoints},
    value::{DataType, Value},
};
use alloc::{boxed::Box, rc::Rc, vec, vec::Vec};

/// Relation n has one column with `stats[n]`, 1000 rows, all of them left.
struct Fixture {
    stats: Vec<ColumnStats>,
}

impl VariableSource for Fixture {
    fn examine(&self, expr: &Expr) -> Variable {
        let column = expr.as_column();
        Variable {
            stats: column
                .and_then(|column| self.stats.get(column.rel.0 as usize))
                .cloned()
                .map(Rc::new),
            rel: column.map(|column| column.rel),
            tuples: 1000.0,
            rows: 1000.0,
            data_type: Some(expr.data_type),
            ..Variable::default()
        }
    }

    fn is_local(&self, _rel: RelId) -> bool {
        true
    }

    fn index_ends(&self) -> &dyn IndexEndpoints {
        &NoEndpoints
    }
}

fn int(value: i32) -> Expr {
    Expr::new(
        ExprKind::Const(Value::Int4(value)),
        DataType::Int4,
        parser::Span::default(),
    )
}

fn column(rel: u32) -> Expr {
    Expr::column(RelId(rel), 0, DataType::Int4)
}

fn compare(op: CompareOp, left: Expr, right: Expr) -> Expr {
    Expr::compare(op, left, right)
}

/// 0, 10 … 1000 as bounds; -1 is common (a tenth), a tenth is NULL.
fn uniform() -> ColumnStats {
    ColumnStats {
        null_fraction: 0.1,
        avg_width: 4,
        n_distinct: 801.0,
        most_common: vec![(Value::Int4(-1), 0.1)],
        histogram: (0..=100).map(|step| Value::Int4(step * 10)).collect(),
        correlation: Some(0.0),
    }
}

fn fixture() -> Fixture {
    Fixture {
        stats: vec![uniform()],
    }
}

fn fraction(source: &Fixture, expr: &Expr) -> f64 {
    clause_selectivity(source, expr, &Scope::Restriction(None))
}

#[track_caller]
fn close(actual: f64, expected: f64) {
    assert!(
        (actual - expected).abs() < 1e-6,
        "{actual} is not {expected}"
    );
}

#[test]
fn common_value_has_its_frequency_and_others_share_the_rest() {
    let source = fixture();
    close(
        fraction(&source, &compare(CompareOp::Eq, column(0), int(-1))),
        0.1,
    );
    close(
        fraction(&source, &compare(CompareOp::Eq, column(0), int(5))),
        0.8 / 800.0,
    );
    close(
        fraction(&source, &compare(CompareOp::Ne, column(0), int(-1))),
        0.8,
    );
}

#[test]
fn inequality_interpolates_within_a_bin() {
    let source = fixture();
    let e = 1.0 / 800.0;
    close(
        fraction(&source, &compare(CompareOp::Le, column(0), int(505))),
        0.8 * 0.505 + 0.1,
    );
    close(
        fraction(&source, &compare(CompareOp::Lt, column(0), int(505))),
        0.8 * (0.505 - e) + 0.1,
    );
    close(
        fraction(&source, &compare(CompareOp::Gt, column(0), int(505))),
        0.8 * 0.495,
    );
    close(
        fraction(&source, &compare(CompareOp::Lt, int(505), column(0))),
        0.8 * 0.495,
    );
}

#[test]
fn histogram_never_says_none_or_all_when_the_ends_are_unknown() {
    let source = fixture();
    close(
        fraction(&source, &compare(CompareOp::Gt, column(0), int(5000))),
        0.8 * 0.0001,
    );
}

#[test]
fn two_bounds_on_one_column_are_a_range() {
    let source = fixture();
    let clauses = [
        compare(CompareOp::Ge, column(0), int(200)),
        compare(CompareOp::Le, column(0), int(300)),
    ];
    let both = clauselist_selectivity(&source, &clauses, &Scope::Restriction(None));
    let low = fraction(&source, &clauses[0]);
    let high = fraction(&source, &clauses[1]);
    close(both, high + low - 1.0 + f64::from(0.1_f32));
}

#[test]
fn in_list_adds_up() {
    let source = fixture();
    let list = ExprKind::InList {
        arg: Box::new(column(0)),
        op: CompareOp::Eq,
        quantifier: Quantifier::Any,
        list: vec![int(-1), int(5), int(6)],
    };
    let list = Expr::new(list, DataType::Bool, parser::Span::default());
    close(fraction(&source, &list), 0.1 + 2.0 * 0.8 / 800.0);
}

#[test]
fn unknown_value_is_an_average_one() {
    let source = fixture();
    let clause = compare(CompareOp::Eq, column(0), column(1));
    let scope = Scope::Restriction(Some(RelId(0)));
    close(
        clause_selectivity(&source, &clause, &scope),
        0.1_f64.min(0.9 / 801.0),
    );
}

#[test]
fn join_without_common_values_divides_by_the_larger_number_of_values() {
    let plain = |n_distinct| ColumnStats {
        n_distinct,
        ..ColumnStats::default()
    };
    let source = Fixture {
        stats: vec![plain(50.0), plain(200.0)],
    };
    let clause = compare(CompareOp::Eq, column(0), column(1));
    let is_inner = |rel: RelId| rel.0 == 1;
    let scope = |kind| {
        Scope::Join(Sides {
            kind,
            is_inner: &is_inner,
            inner_rows: 1000.0,
        })
    };
    close(
        clause_selectivity(&source, &clause, &scope(JoinKind::Inner)),
        1.0 / 200.0,
    );
    close(
        clause_selectivity(&source, &clause, &scope(JoinKind::Semi)),
        1.0,
    );
    let turned = compare(CompareOp::Eq, column(1), column(0));
    close(
        clause_selectivity(&source, &turned, &scope(JoinKind::Semi)),
        1.0,
    );
}

#[test]
fn like_prefix_stops_at_the_first_wildcard_and_knows_what_follows() {
    let prefix = like_prefix("ab\\%c_d%");
    assert_eq!(
        (&*prefix.prefix, prefix.kind),
        ("ab%c", PrefixKind::Partial)
    );
    assert_eq!(prefix.next.as_deref(), Some("ab%d"));
    assert_eq!(like_prefix("%x").kind, PrefixKind::None);
    assert_eq!(like_prefix("x").kind, PrefixKind::Exact);
}

#[test]
fn pattern_is_counted_in_the_inner_bounds() {
    let texts = (0..=100)
        .map(|step| Value::Text(alloc::format!("item {step:03}").into()))
        .collect();
    let source = Fixture {
        stats: vec![ColumnStats {
            n_distinct: -1.0,
            histogram: texts,
            ..ColumnStats::default()
        }],
    };
    let text = |value: &str| {
        Expr::new(
            ExprKind::Const(Value::text(value)),
            DataType::Text,
            parser::Span::default(),
        )
    };
    let like = |pattern: &str| {
        let args = vec![Expr::column(RelId(0), 0, DataType::Text), text(pattern)];
        Expr::new(
            ExprKind::Operator(Operator::Like, args),
            DataType::Bool,
            parser::Span::default(),
        )
    };
    close(fraction(&source, &like("item 04%")), 10.0 / 99.0);
    close(fraction(&source, &like("%5_")), 10.0 / 99.0);
    close(fraction(&source, &like("zzz%")), 0.0001);
}
