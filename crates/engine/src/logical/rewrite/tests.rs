//! Each rule on queries that show it, through a printer that says in one line what a statement has become.

use super::rewrite;
use crate::{
    catalog::{Catalog, define::define},
    logical::{
        BindOptions, BoundStatement, Expr, ExprKind, FromItem, JoinKind, Quantifier, Query,
        RelationKind, StatementKind, SubLinkKind, bind,
    },
    value::to_text,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use parser::parse_statement;

const SCHEMA: &[&str] = &[
    "CREATE TABLE t (id integer PRIMARY KEY, n integer, s text, d date, ok boolean)",
    "CREATE TABLE u (id integer PRIMARY KEY, t_id integer, s text)",
    "CREATE TABLE w (id integer, u_id integer)",
];

/// The statement after rewriting, in one line.
fn rewritten(sql: &str) -> String {
    let mut catalog = Catalog::default();
    for text in SCHEMA {
        let change = define(&parse_statement(text).unwrap(), text, &catalog).unwrap();
        catalog.apply(&change);
    }
    let bound = bind(
        &parse_statement(sql).unwrap(),
        &catalog,
        &BindOptions::default(),
    )
    .unwrap();
    let statement = rewrite(bound);
    let StatementKind::Select(query) = &statement.kind else {
        panic!("a SELECT");
    };
    Printer(&statement).query(query)
}

/// What follows WHERE after rewriting.
fn condition(sql: &str) -> String {
    let all = rewritten(&format!("SELECT 1 FROM t WHERE {sql}"));
    all.split_once(" WHERE ")
        .map_or_else(String::new, |(_, condition)| condition.to_string())
}

struct Printer<'a>(&'a BoundStatement);

impl Printer<'_> {
    fn query(&self, query: &Query) -> String {
        let targets: Vec<String> = query
            .targets
            .iter()
            .filter(|target| !target.hidden)
            .map(|target| self.expr(&target.expr))
            .collect();
        let mut out = targets.join(", ");
        if !query.from.is_empty() {
            let items: Vec<String> = query.from.iter().map(|item| self.item(item)).collect();
            out += &format!(" FROM {}", items.join(", "));
        }
        if !query.filter.is_empty() {
            out += &format!(" WHERE {}", self.list(&query.filter));
        }
        if !query.group_by.is_empty() {
            out += " GROUPED";
        }
        if !query.having.is_empty() {
            out += &format!(" HAVING {}", self.list(&query.having));
        }
        if query.limit.is_some() {
            out += " LIMIT";
        }
        out
    }

    fn item(&self, item: &FromItem) -> String {
        match item {
            FromItem::Relation(rel) => {
                let entry = &self.0.range_table[rel.0 as usize];
                match &entry.kind {
                    RelationKind::Subquery(query) => {
                        format!("{}[{}]", entry.alias, self.query(query))
                    }
                    RelationKind::Cte { .. } => format!("cte {}", entry.alias),
                    _ => entry.alias.to_string(),
                }
            }
            FromItem::Join {
                kind,
                left,
                right,
                on,
            } => {
                let word = match kind {
                    JoinKind::Inner => "join",
                    JoinKind::Left => "left",
                    JoinKind::Right => "right",
                    JoinKind::Full => "full",
                    JoinKind::Semi => "semi",
                    JoinKind::Anti => "anti",
                };
                let on = if on.is_empty() {
                    String::new()
                } else {
                    format!(" on {}", self.list(on))
                };
                format!("({} {word} {}{on})", self.item(left), self.item(right))
            }
        }
    }

    fn list(&self, list: &[Expr]) -> String {
        self.joined(list, " & ")
    }

    fn joined(&self, list: &[Expr], between: &str) -> String {
        let parts: Vec<String> = list.iter().map(|part| self.expr(part)).collect();
        parts.join(between)
    }

    fn expr(&self, expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Const(value) if value.is_null() => "NULL".to_string(),
            ExprKind::Const(value) => to_text(value, expr.data_type).to_string(),
            ExprKind::Column(column) => {
                let entry = &self.0.range_table[column.rel.0 as usize];
                format!(
                    "{}.{}",
                    entry.alias,
                    entry.column_names[usize::from(column.column)]
                )
            }
            ExprKind::Compare(op, left, right) => {
                format!("{} {} {}", self.expr(left), op.symbol(), self.expr(right))
            }
            ExprKind::Operator(op, args) => match &args[..] {
                [one] => format!("({}{})", op.symbol(), self.expr(one)),
                _ => format!("({})", self.joined(args, &format!(" {} ", op.symbol()))),
            },
            ExprKind::Function(function, args) => {
                format!("{function:?}({})", self.joined(args, ", "))
            }
            ExprKind::Cast(arg, _) => format!("{}::{}", self.expr(arg), expr.data_type.name()),
            ExprKind::And(args) => format!("({})", self.joined(args, " and ")),
            ExprKind::Or(args) => format!("({})", self.joined(args, " or ")),
            ExprKind::Not(arg) => format!("not {}", self.expr(arg)),
            ExprKind::IsNull { arg, negated } => {
                let word = if *negated { "not null" } else { "null" };
                format!("{} is {word}", self.expr(arg))
            }
            ExprKind::InList {
                arg,
                op,
                quantifier,
                list,
            } => {
                let word = if *quantifier == Quantifier::Any {
                    "any"
                } else {
                    "all"
                };
                format!(
                    "{} {} {word}({})",
                    self.expr(arg),
                    op.symbol(),
                    self.joined(list, ", ")
                )
            }
            ExprKind::RowCompare { op, left, right } => {
                let (left, right) = (self.joined(left, ", "), self.joined(right, ", "));
                format!("({left}) {} ({right})", op.symbol())
            }
            ExprKind::Aggregate(call) => {
                format!("{:?}({})", call.function, self.joined(&call.args, ", "))
            }
            ExprKind::Coalesce(args) => format!("coalesce({})", self.joined(args, ", ")),
            ExprKind::SubLink(link) => {
                let word = match link.kind {
                    SubLinkKind::Scalar => "scalar",
                    SubLinkKind::Exists => "exists",
                    SubLinkKind::Quantified { .. } => "quantified",
                    SubLinkKind::Array => "array",
                };
                format!("{word}{{{}}}", self.query(&link.query))
            }
            other => format!("{other:?}"),
        }
    }
}

#[test]
fn operators_and_functions_of_constants_are_computed() {
    for (sql, expected) in [
        ("n = 1 + 2 * 3", "t.n = 7"),
        ("d < DATE '2022-01-01' + 5", "t.d < 2022-01-06"),
        (
            "d < '2022-01-31'::date - interval '1 month'",
            "t.d < 2021-12-31 00:00:00",
        ),
        ("s = lower('ABC')", "t.s = abc"),
        ("s = 'a' || 'b'", "t.s = ab"),
        ("n = length('four')", "t.n = 4"),
        ("s LIKE 'a' || '%'", "(t.s ~~ a%)"),
        ("n IN (1 + 1, 2 + 2, 3 + 3)", "t.n = any(2, 4, 6)"),
        ("n = -(-5)", "t.n = 5"),
        ("n > CASE WHEN 1 < 2 THEN 3 ELSE n END", "t.n > 3"),
        ("n = coalesce(NULL, 4, n)", "t.n = 4"),
        ("3 IN (1, 2, 3)", ""),
        ("3 IN (1, 2)", "false"),
        ("n = nullif(1, 2)", "t.n = 1"),
    ] {
        assert_eq!(condition(sql), expected.replace("false", "f"), "{sql}");
    }
}

#[test]
fn a_null_argument_makes_a_strict_call_null() {
    for (sql, expected) in [
        ("s = lower(NULL)", "f"),
        ("n + NULL > 3", "f"),
        ("s = concat('a', NULL)", "t.s = Concat(a, NULL)"),
        ("n IS NULL OR n + NULL > 3", "(t.n is null or NULL)"),
    ] {
        assert_eq!(condition(sql), expected, "{sql}");
    }
}

#[test]
fn what_fails_or_changes_with_the_session_is_left_to_run() {
    for (sql, expected) in [
        ("n = 1 / 0", "t.n = (1 / 0)"),
        ("n = 2147483647 + 1", "t.n = (2147483647 + 1)"),
        ("d > CURRENT_DATE - 7", "t.d > (CurrentDate() - 7)"),
        ("n > random()", "t.n::double precision > Random()"),
    ] {
        assert_eq!(condition(sql), expected, "{sql}");
    }
}

#[test]
fn not_is_pushed_down_and_common_parts_leave_an_or() {
    for (sql, expected) in [
        ("NOT (n > 1 AND s = 'a')", "(t.n <= 1 or t.s <> a)"),
        ("NOT (n IN (1, 2))", "t.n <> all(1, 2)"),
        ("NOT s LIKE 'a%'", "(t.s !~~ a%)"),
        ("NOT (n IS NULL)", "t.n is not null"),
        ("ok = true", "t.ok"),
        ("ok = false", "not t.ok"),
        ("n IN (4)", "t.n = 4"),
        (
            "(n = 1 AND s = 'a') OR (n = 1 AND s = 'b')",
            "t.n = 1 & (t.s = a or t.s = b)",
        ),
        ("n = 1 OR (n = 1 AND s = 'a')", "t.n = 1"),
    ] {
        assert_eq!(condition(sql), expected, "{sql}");
    }
}

#[test]
fn exists_and_in_become_joins() {
    for (sql, expected) in [
        (
            "SELECT t.id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.t_id = t.id AND u.s = 'a')",
            "t.id FROM (t semi u on u.t_id = t.id & u.s = a)",
        ),
        (
            "SELECT t.id FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.t_id = t.id)",
            "t.id FROM (t anti u on u.t_id = t.id)",
        ),
        (
            "SELECT t.id FROM t WHERE id IN (SELECT t_id FROM u)",
            "t.id FROM (t semi u on t.id = u.t_id)",
        ),
        (
            "SELECT t.id FROM t WHERE n > ANY (SELECT count(*) FROM u GROUP BY s)",
            "t.id FROM (t semi ANY_subquery[CountStar() FROM u GROUPED] on t.n > ANY_subquery.count)",
        ),
        (
            "SELECT t.id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.t_id = t.id AND EXISTS (SELECT 1 FROM w WHERE w.u_id = u.id))",
            "t.id FROM (t semi (u semi w on w.u_id = u.id) on u.t_id = t.id)",
        ),
    ] {
        assert_eq!(rewritten(sql), expected, "{sql}");
    }
    // A NULL in the list makes NOT IN unknown; an uncorrelated EXISTS runs once; an inner one that looks at both stays.
    for sql in [
        "SELECT t.id FROM t WHERE id NOT IN (SELECT t_id FROM u)",
        "SELECT t.id FROM t WHERE EXISTS (SELECT 1 FROM u)",
        "SELECT t.id FROM t WHERE n = (SELECT max(id) FROM u WHERE u.t_id = t.id)",
    ] {
        assert!(rewritten(sql).contains('{'), "{sql}");
    }
}

#[test]
fn a_nested_exists_that_looks_at_both_sides_goes_above_neither() {
    let text = rewritten(
        "SELECT t.id FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.t_id = t.id AND EXISTS (SELECT 1 FROM w WHERE w.u_id = u.id AND w.id = t.n))",
    );
    assert_eq!(
        text,
        "t.id FROM (t anti u on u.t_id = t.id & exists{ FROM w WHERE w.u_id = u.id & w.id = t.n})"
            .replace("exists{ FROM", "exists{1 FROM")
    );
}

#[test]
fn a_sub_query_in_on_joins_where_its_rows_are_known() {
    for (sql, expected) in [
        (
            "SELECT t.id FROM t JOIN u ON u.t_id = t.id AND EXISTS (SELECT 1 FROM w WHERE w.u_id = u.id)",
            "t.id FROM ((t join u on u.t_id = t.id) semi w on w.u_id = u.id)",
        ),
        (
            "SELECT t.id, u.s FROM t LEFT JOIN u ON u.t_id = t.id AND u.id IN (SELECT u_id FROM w)",
            "t.id, u.s FROM (t left (u semi w on u.id = w.u_id) on u.t_id = t.id)",
        ),
    ] {
        assert_eq!(rewritten(sql), expected, "{sql}");
    }
    let left = "SELECT t.id, u.s FROM t LEFT JOIN u ON u.t_id = t.id AND EXISTS (SELECT 1 FROM w WHERE w.id = t.id)";
    assert!(rewritten(left).contains("exists{"));
}

#[test]
fn simple_sub_queries_are_merged_and_others_stay() {
    for (sql, expected) in [
        (
            "SELECT x.a FROM (SELECT n + 1 AS a, s FROM t WHERE ok) x WHERE x.s = 'a'",
            "(t.n + 1) FROM t WHERE t.ok & t.s = a",
        ),
        (
            "SELECT x.c FROM (SELECT s, count(*) AS c FROM t GROUP BY s) x",
            "x.c FROM x[t.s, CountStar() FROM t GROUPED]",
        ),
        (
            "SELECT t.id, x.s FROM t LEFT JOIN (SELECT t_id, s FROM u WHERE s <> '') x ON x.t_id = t.id",
            "t.id, u.s FROM (t left u on u.s <>  & u.t_id = t.id)",
        ),
    ] {
        assert_eq!(rewritten(sql), expected, "{sql}");
    }
    // An outer join may have to make its computed column NULL.
    let computed =
        "SELECT t.id, x.one FROM t LEFT JOIN (SELECT t_id, 1 AS one FROM u) x ON x.t_id = t.id";
    assert!(rewritten(computed).contains("x["));
}

#[test]
fn an_outer_join_becomes_what_its_conditions_leave_of_it() {
    for (sql, expected) in [
        (
            "SELECT t.id FROM t LEFT JOIN u ON u.t_id = t.id WHERE u.s = 'a'",
            "t.id FROM (t join u on u.t_id = t.id) WHERE u.s = a",
        ),
        (
            "SELECT t.id FROM t LEFT JOIN u ON u.t_id = t.id WHERE u.t_id IS NULL",
            "t.id FROM (t anti u on u.t_id = t.id)",
        ),
        (
            "SELECT t.id, u.id FROM t RIGHT JOIN u ON u.t_id = t.id",
            "t.id, u.id FROM (u left t on u.t_id = t.id)",
        ),
        (
            "SELECT t.id, u.id FROM t FULL JOIN u ON u.t_id = t.id WHERE t.n = 1",
            "t.id, u.id FROM (t left u on u.t_id = t.id) WHERE t.n = 1",
        ),
    ] {
        assert_eq!(rewritten(sql), expected, "{sql}");
    }
}

#[test]
fn conditions_go_into_sub_queries_below_their_grouping() {
    assert_eq!(
        rewritten(
            "SELECT x.c FROM (SELECT s, count(*) AS c FROM t GROUP BY s) x WHERE x.s = 'a' AND x.c > 1"
        ),
        "x.c FROM x[t.s, CountStar() FROM t WHERE t.s = a GROUPED HAVING CountStar() > 1]"
    );
    // LIMIT chooses rows first.
    assert_eq!(
        rewritten("SELECT x.s FROM (SELECT s FROM t LIMIT 3) x WHERE x.s = 'a'"),
        "x.s FROM x[t.s FROM t LIMIT] WHERE x.s = a"
    );
}

#[test]
fn a_with_query_read_once_is_merged() {
    let once = "WITH c AS (SELECT id, n FROM t) SELECT n FROM c WHERE id = 1";
    assert_eq!(rewritten(once), "t.n FROM t WHERE t.id = 1");
    let kept = "WITH c AS MATERIALIZED (SELECT id, n FROM t) SELECT n FROM c WHERE id = 1";
    assert_eq!(rewritten(kept), "c.n FROM cte c WHERE c.id = 1");
    let twice = "WITH c AS (SELECT id, n FROM t) SELECT a.n FROM c a JOIN c b ON a.id = b.n";
    assert_eq!(
        rewritten(twice),
        "a.n FROM (cte a join cte b on a.id = b.n)"
    );
}

#[test]
fn having_without_aggregates_filters_rows() {
    assert_eq!(
        rewritten("SELECT s FROM t GROUP BY s HAVING s > 'b' AND count(*) > 1"),
        "t.s FROM t WHERE t.s > b GROUPED HAVING CountStar() > 1"
    );
    assert_eq!(
        rewritten("SELECT count(*) FROM t HAVING 1 > 2"),
        "CountStar() FROM t HAVING f"
    );
}

#[test]
fn a_row_beside_a_sub_query_is_compared_field_by_field() {
    assert_eq!(
        condition("(id, n) = (SELECT t_id, id FROM u WHERE s = 'a')"),
        "t.id = scalar{u.t_id FROM u WHERE u.s = a} & t.n = scalar{u.id FROM u WHERE u.s = a}"
    );
    assert_eq!(
        condition("(id, n) < (SELECT t_id, id FROM u)"),
        "(t.id, t.n) < (scalar{u.t_id FROM u}, scalar{u.id FROM u})"
    );
}
