//! Why a condition that speaks of an index's column cannot be looked up in it: a function around the column, another type, OR,
//! a pattern without a beginning, NOT, another column of the same row.
//!
//! It is the other half of [`index_match`](super::index_match): what that file refuses, this one explains.

use super::{
    clause::Clause,
    equivalence::strip_relabel,
    index_info::IndexInfo,
    index_match::ClauseSet,
    level::Level,
    planner::Planner,
    rel::RelInfo,
    selectivity::{PrefixKind, like_prefix},
    verdict::{holds, written},
};
use crate::{
    explain::condition_text,
    logical::{CompareOp, Expr, ExprKind, Operator, Quantifier, contains_volatile},
    value::{TypeClass, Value},
};
use alloc::{
    format,
    rc::Rc,
    string::{String, ToString},
};
use parser::Span;

/// A sentence, and which part of the statement it is about.
pub(super) struct Told {
    pub words: String,
    pub span: Option<Span>,
}

impl Told {
    /// About no part in particular.
    pub(super) fn plain(words: &str) -> Self {
        Self {
            words: words.to_string(),
            span: None,
        }
    }
}

impl Planner<'_> {
    /// The first condition that speaks of the key part and cannot be looked up by it, with the reason.
    pub(super) fn unusable_condition(
        &self,
        level: &Level,
        info: &RelInfo,
        key: &Expr,
    ) -> Option<Told> {
        let clauses = info.restrict.iter().chain(&info.join_info);
        for clause in clauses {
            let speaks = match &key.kind {
                ExprKind::Column(_) => holds(&clause.expr, key),
                _ => {
                    let mine = self.columns_used(key);
                    let theirs = self.columns_used(&clause.expr);
                    mine.iter().any(|column| theirs.contains(column))
                }
            };
            if !speaks {
                continue;
            }
            let text = condition_text(&clause.expr, self.range_table, Some(info.rel));
            let why = self.why_not(level, info, key, clause);
            return Some(Told {
                words: format!("{text} cannot be looked up: {why}"),
                span: written(&clause.expr),
            });
        }
        None
    }

    fn why_not(&self, level: &Level, info: &RelInfo, key: &Expr, clause: &Rc<Clause>) -> String {
        let name = condition_text(key, self.range_table, Some(info.rel));
        if let Some(arms) = &clause.arms {
            return self.why_not_any(level, info, arms, &name);
        }
        match &clause.expr.kind {
            ExprKind::Compare(CompareOp::Ne, left, right)
                if side_is(left, key) || side_is(right, key) =>
            {
                format!(
                    "all values of {name} but one satisfy it, and there is no one place for them"
                )
            }
            ExprKind::Compare(_, left, right) => {
                let (mine, other) = if holds(left, key) || !holds(right, key) {
                    (left, right)
                } else {
                    (right, left)
                };
                self.why_not_compared(info, key, mine, other, &name)
            }
            ExprKind::RowCompare { left, right, .. } => match (left.first(), right.first()) {
                (Some(mine), Some(other)) if side_is(mine, key) => {
                    self.why_not_compared(info, key, mine, other, &name)
                }
                (Some(other), Some(mine)) if side_is(mine, key) => {
                    self.why_not_compared(info, key, mine, other, &name)
                }
                _ => format!("rows compare by their first column, and {name} comes after it"),
            },
            ExprKind::InList {
                op,
                quantifier,
                arg,
                ..
            } => {
                if *op == CompareOp::Ne || *quantifier == Quantifier::All {
                    format!("it leaves out some values of {name}, and the rest has no one place")
                } else if side_is(arg, key) {
                    format!("the list has values of another type, or of the same row, than {name}")
                } else {
                    self.wrapped(info, key, arg, &name)
                }
            }
            ExprKind::Operator(Operator::Like, args) => match args.as_slice() {
                [text, pattern] if side_is(text, key) => pattern_reason(pattern),
                [text, _] => self.wrapped(info, key, text, &name),
                _ => String::from("the operator has no order"),
            },
            ExprKind::Operator(Operator::ILike | Operator::NotILike, _) => format!(
                "ILIKE takes upper and lower case as one, and the index sorts them apart; an index on lower({name}) with LIKE could serve"
            ),
            ExprKind::Operator(Operator::NotLike, _) => {
                String::from("NOT LIKE leaves out some values, and the rest has no one place")
            }
            ExprKind::Operator(
                Operator::RegexMatch
                | Operator::RegexIMatch
                | Operator::NotRegexMatch
                | Operator::NotRegexIMatch,
                _,
            ) => String::from("a regular expression is tested row by row"),
            ExprKind::Not(_) => {
                format!("NOT leaves out some values of {name}, and the rest has no one place")
            }
            ExprKind::IsDistinct { .. } => String::from(
                "IS DISTINCT FROM is not a comparison that a B-tree knows; write = or IS NULL",
            ),
            ExprKind::IsNull { arg, .. } | ExprKind::BoolTest(_, arg) => {
                self.wrapped(info, key, arg, &name)
            }
            ExprKind::SubPlan { .. } => {
                String::from("the value comes from a sub-query that runs for each row")
            }
            _ if !matches!(key.kind, ExprKind::Column(_)) => {
                format!("the index is on {name}, and the condition does not say that")
            }
            _ => format!("it is not of the form {name} = value, <, <=, >, >=, IN or IS NULL"),
        }
    }

    fn why_not_compared(
        &self,
        info: &RelInfo,
        key: &Expr,
        mine: &Expr,
        other: &Expr,
        name: &str,
    ) -> String {
        if !side_is(mine, key) {
            return self.wrapped(info, key, mine, name);
        }
        let classes = (other.data_type.class(), key.data_type.class());
        if classes.0 != classes.1 && classes.0 != TypeClass::Unknown {
            return format!(
                "{name} is {} and is compared with {}, whose order is another",
                key.data_type, other.data_type
            );
        }
        if contains_volatile(other) {
            return String::from("the value may be another for each row");
        }
        if self
            .columns_used(other)
            .iter()
            .any(|column| column.rel == info.rel)
        {
            return format!("{name} is compared with another column of the same row");
        }
        String::from("the join that it belongs to must be made first")
    }

    /// The key stands inside something.
    fn wrapped(&self, info: &RelInfo, key: &Expr, side: &Expr, name: &str) -> String {
        let text = condition_text(side, self.range_table, Some(info.rel));
        if !matches!(key.kind, ExprKind::Column(_)) {
            return format!("the index is on {name}, and the condition is on {text}");
        }
        if let ExprKind::Cast(inner, _) = &side.kind
            && side_is(inner, key)
        {
            return format!(
                "type mismatch: {name} is {} and the index sorts it so; here each value is turned into {} first. Compare with a value of the column's type",
                key.data_type, side.data_type
            );
        }
        if !holds(side, key) {
            return format!("it is about {text}");
        }
        match &side.kind {
            ExprKind::Operator(..) => format!(
                "{name} is part of a calculation; leave {name} alone on one side, or index the expression {text}"
            ),
            _ => format!(
                "{name} stands inside {text}, and the index sorts by {name} itself; an index on the expression {text} would serve"
            ),
        }
    }

    fn why_not_any(
        &self,
        level: &Level,
        info: &RelInfo,
        arms: &[alloc::vec::Vec<Rc<Clause>>],
        name: &str,
    ) -> String {
        for arm in arms {
            let served = info
                .indexes
                .iter()
                .any(|index| index.predicate_ok && self.serves(level, index, arm));
            if !served {
                let text = arm.first().map_or_else(String::new, |clause| {
                    condition_text(&clause.expr, self.range_table, Some(info.rel))
                });
                return format!("under OR every arm needs an index, and {text} has none");
            }
        }
        format!(
            "each arm of OR could be looked up by itself into a bitmap, {name} among them, but that costs more"
        )
    }

    fn serves(&self, level: &Level, index: &IndexInfo, arm: &[Rc<Clause>]) -> bool {
        let mut set = ClauseSet::default();
        self.match_clauses(level, index, arm, &mut set);
        !set.is_empty()
    }
}

fn side_is(side: &Expr, key: &Expr) -> bool {
    strip_relabel(side) == key
}

fn pattern_reason(pattern: &Expr) -> String {
    let ExprKind::Const(Value::Text(text)) = &pattern.kind else {
        return String::from(
            "the pattern is known only when it runs, so it has no fixed beginning",
        );
    };
    if like_prefix(text).kind == PrefixKind::None {
        format!("the pattern '{text}' begins with a wildcard, so there is no beginning to look up")
    } else {
        String::from("the pattern is tested row by row")
    }
}
