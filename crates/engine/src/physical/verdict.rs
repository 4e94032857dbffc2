//! What became of each index of each table of a query, in a sentence with its cause: used and for what, too dear and beside
//! what, or not usable and because of which condition.
//!
//! It reads what planning left (the paths kept and beaten) and plans nothing anew. The words are for people.

use super::{
    cost_params::DISABLE_COST,
    index_info::IndexInfo,
    level::Level,
    path::{IndexClause, IndexPath, Path, PathKind},
    plan::{IndexVerdict, PlanKind, PlanNode, SubPlan, VerdictCause},
    planner::Planner,
    predicate_proof::implied,
    rel::{BaseKind, RelInfo},
    verdict_cause::Told,
};
use crate::{
    catalog::{IndexDef, IndexId, IndexState},
    explain::condition_text,
    logical::{ColumnRef, Expr, expr_any},
};
use alloc::{
    format,
    rc::Rc,
    string::{String, ToString},
    vec::Vec,
};
use parser::Span;

/// The ways to read one index that were costed.
struct Ways<'a> {
    /// Paths over this index alone, with the scan within.
    alone: Vec<(&'a Path, &'a IndexPath)>,
    /// Key parts for which some path has a condition.
    matched: Vec<&'a IndexClause>,
}

impl Planner<'_> {
    /// A verdict for each index of a base relation. `used`: the paths within the chosen one.
    pub(super) fn note_verdicts(
        &self,
        level: &Level,
        info: &RelInfo,
        used: &[Rc<Path>],
        verdicts: &mut Vec<IndexVerdict>,
    ) {
        let BaseKind::Table { table, .. } = &info.kind else {
            return;
        };
        let beside = self.input.hypothetical.iter();
        let all = self
            .input
            .catalog
            .indexes_of(*table)
            .chain(beside.filter(|index| index.table == *table));
        for index in all {
            let (told, cause, cost) = self.verdict(level, info, index, used);
            let verdict = IndexVerdict {
                rel: info.rel,
                index: index.id,
                cause,
                reason: told.words,
                span: told.span,
                cost,
            };
            // A relation may be planned more than once; a plan that reads the index says more than one that does not.
            match verdicts
                .iter_mut()
                .find(|known| known.rel == info.rel && known.index == index.id)
            {
                Some(known) if known.cause == VerdictCause::Used => {}
                Some(known) => *known = verdict,
                None => verdicts.push(verdict),
            }
        }
    }

    fn verdict(
        &self,
        level: &Level,
        info: &RelInfo,
        index: &IndexDef,
        used: &[Rc<Path>],
    ) -> (Told, VerdictCause, Option<super::Cost>) {
        let plain = |words: &str| Told {
            words: words.to_string(),
            span: None,
        };
        if index.state == IndexState::Hidden {
            return (
                plain("hidden: it is kept up to date, but not planned with"),
                VerdictCause::Hidden,
                None,
            );
        }
        if self.input.hidden.contains(&index.id) {
            return (plain("not planned with"), VerdictCause::Hidden, None);
        }
        if info.dummy {
            let words = "the conditions cannot hold together, so the table is not read";
            return (plain(words), VerdictCause::NotRead, None);
        }
        let Some(known) = info.indexes.iter().find(|one| one.id == index.id) else {
            return (plain("the table is not read"), VerdictCause::NotRead, None);
        };
        if !known.predicate_ok {
            return (
                self.predicate_not_implied(info, known),
                VerdictCause::Predicate,
                None,
            );
        }
        let ways = ways(info, index.id);
        if let Some(told) = self.how_used(info, known, used) {
            let cost = ways.cheapest(false).or(ways.cheapest(true));
            return (told, VerdictCause::Used, cost.map(|(path, _)| path.cost));
        }
        let skips = ways.cheapest(false).is_some_and(|way| way.1.skip.is_some());
        if skips || ways.matched.iter().any(|one| one.key == 0) {
            let (told, cost) = self.too_dear(level, info, &ways, String::new());
            return (told, VerdictCause::Dearer, cost);
        }
        let (told, cause) = self.cannot_look_up(level, info, known, &ways);
        match ways.cheapest(false) {
            // It can be read from end to end, for its order or instead of the table.
            Some((path, scan)) if cause != VerdictCause::Condition || ways.matched.is_empty() => {
                let what = if cause == VerdictCause::LeadingColumn {
                    told.words
                } else {
                    whole_index(path, scan)
                };
                let (words, cost) = self.too_dear(level, info, &ways, what);
                let span = told.span.or(words.span);
                let cause = if cause == VerdictCause::LeadingColumn {
                    cause
                } else {
                    VerdictCause::Dearer
                };
                let words = words.words;
                (Told { words, span }, cause, cost)
            }
            _ => (told, cause, None),
        }
    }

    /// The settings that forbid ways to read an index.
    fn switched_off(&self) -> String {
        let enable = &self.input.settings.enable;
        let all = [
            (enable.indexscan, "enable_indexscan"),
            (enable.indexonlyscan, "enable_indexonlyscan"),
            (enable.bitmapscan, "enable_bitmapscan"),
        ];
        let off: Vec<&str> = all
            .iter()
            .filter(|(on, _)| !on)
            .map(|(_, name)| *name)
            .collect();
        format!("the settings ({})", off.join(", "))
    }

    fn text(&self, info: &RelInfo, expr: &Expr) -> String {
        condition_text(expr, self.range_table, Some(info.rel))
    }

    fn predicate_not_implied(&self, info: &RelInfo, index: &IndexInfo) -> Told {
        let conditions: Vec<Expr> = info
            .restrict
            .iter()
            .map(|clause| clause.expr.clone())
            .collect();
        let missing = index
            .predicate
            .iter()
            .find(|part| !implied(core::slice::from_ref(*part), &conditions));
        let Some(missing) = missing else {
            return Told::plain("partial: the conditions do not imply its predicate");
        };
        let columns = self.columns_used(missing);
        let near = info.restrict.iter().find(|clause| {
            let mine = self.columns_used(&clause.expr);
            mine.iter().any(|column| columns.contains(column))
        });
        let predicate = self.text(info, missing);
        match near {
            Some(clause) => Told {
                words: format!(
                    "partial: it holds only rows with {predicate}, which {} does not imply",
                    self.text(info, &clause.expr)
                ),
                span: written(&clause.expr),
            },
            None => Told::plain(&format!(
                "partial: it holds only rows with {predicate}, and no condition of the query says so"
            )),
        }
    }

    /// What the chosen plan gets from the index, if it reads it.
    fn how_used(&self, info: &RelInfo, index: &IndexInfo, used: &[Rc<Path>]) -> Option<Told> {
        let (path, scan) = used
            .iter()
            .filter(|path| path.rels == info.relids)
            .flat_map(|path| scans_in(path).into_iter().map(move |scan| (path, scan)))
            .find(|(_, scan)| scan.index.id == index.id)?;
        let bitmap = !matches!(path.kind, PathKind::Index(_));
        let conditions: Vec<String> = scan
            .clauses
            .iter()
            .flat_map(|one| one.conditions())
            .map(|condition| self.text(info, condition))
            .collect();
        let mut gains: Vec<String> = Vec::new();
        if !conditions.is_empty() {
            let all = conditions.join(" and ");
            gains.push(if scan.skip.is_some() {
                format!("finds the rows with {all}{}", self.skipping(info, scan))
            } else if !scan.clauses.iter().any(|one| one.key == 0) {
                format!("is walked whole, testing {all} in its entries")
            } else if path.param.is_some() {
                format!("looks up {all} for each row of the other side")
            } else if bitmap {
                format!("collects the places of rows with {all}")
            } else {
                format!("finds the rows with {all}")
            });
        }
        if !bitmap && !path.keys.is_empty() {
            gains.push(String::from("gives the order that is wanted"));
        }
        if scan.only {
            gains.push(String::from(
                "has every column that is read, so the table need not be visited",
            ));
        } else if gains.is_empty() {
            gains.push(String::from("holds just the rows of its predicate"));
        }
        let span = scan
            .clauses
            .first()
            .and_then(|one| written(&one.clause.expr));
        Some(Told {
            words: format!("used: it {}", gains.join(", and ")),
            span,
        })
    }

    /// A sentence about a way that lost by its cost. `why`: what stands before the figures.
    fn too_dear(
        &self,
        level: &Level,
        info: &RelInfo,
        ways: &Ways<'_>,
        why: String,
    ) -> (Told, Option<super::Cost>) {
        // A way without a condition says nothing of one that could be looked up.
        let looked_up = |way: &(&Path, &IndexPath)| {
            !why.is_empty() || way.1.skip.is_some() || way.1.clauses.iter().any(|one| one.key == 0)
        };
        let alone = ways.cheapest(false).filter(looked_up);
        let Some((path, scan)) = alone.or(ways.cheapest(true)).or(ways.cheapest(false)) else {
            return (
                Told::plain(
                    "its condition can be looked up only in a join order that is not possible",
                ),
                None,
            );
        };
        let span = scan
            .clauses
            .first()
            .and_then(|one| written(&one.clause.expr));
        let walked = why.ends_with("walked");
        let mut words = why;
        if words.is_empty() {
            let conditions: Vec<String> = scan
                .clauses
                .iter()
                .map(|one| self.text(info, &one.clause.expr))
                .collect();
            let all = conditions.join(" and ");
            words = if all.is_empty() {
                whole_index(path, scan)
            } else {
                format!("it could look up {all}{}", self.skipping(info, scan))
            };
        }
        if path.param.is_some() {
            words.push_str(&format!(
                " for each row of the other side at {} a row, but the whole plan is cheaper without it",
                figure(path.cost.total)
            ));
            return (Told { words, span }, Some(path.cost));
        }
        if path.cost.total >= DISABLE_COST {
            words.push_str(&format!(", but {} forbid it", self.switched_off()));
            return (Told { words, span }, Some(path.cost));
        }
        let share = 100.0 * path.rows / info.tuples.max(1.0);
        let best = info.cheapest.total.as_ref();
        match best {
            Some(best) if best.cost.total < path.cost.total && best.param.is_none() => {
                let found = if scan.clauses.is_empty() || share < 0.5 {
                    String::new()
                } else {
                    format!(
                        " for {} rows ({share:.0} % of the table)",
                        figure(path.rows)
                    )
                };
                words.push_str(&format!(
                    "{found}, {} would cost {} against {} of the {}: {} times as much",
                    if walked { "which" } else { "but" },
                    figure(path.cost.total),
                    figure(best.cost.total),
                    self.title_of(level, best, &[info.rel]),
                    times(path.cost.total / best.cost.total.max(0.01)),
                ));
            }
            _ => words.push_str(&format!(
                " at {}, but the whole plan is cheaper without it",
                figure(path.cost.total)
            )),
        }
        (Told { words, span }, Some(path.cost))
    }

    /// Why no condition can be looked up.
    fn cannot_look_up(
        &self,
        level: &Level,
        info: &RelInfo,
        index: &IndexInfo,
        ways: &Ways<'_>,
    ) -> (Told, VerdictCause) {
        let Some(leading) = index.keys.first() else {
            return (Told::plain("it has no key"), VerdictCause::Unrelated);
        };
        if let Some(told) = self.unusable_condition(level, info, leading) {
            return (told, VerdictCause::Condition);
        }
        let leading_text = self.text(info, leading);
        if let Some(lower) = ways.matched.first() {
            let words = format!(
                "its leading column {leading_text} has no condition: {} is on column {} of its key, so the whole index would have to be walked",
                self.text(info, &lower.clause.expr),
                lower.key + 1
            );
            let span = written(&lower.clause.expr);
            return (Told { words, span }, VerdictCause::LeadingColumn);
        }
        for (key, position) in index.keys.iter().zip(1..).skip(1) {
            if let Some(told) = self.unusable_condition(level, info, key) {
                let words = format!(
                    "its leading column {leading_text} has no condition; and on column {position}: {}",
                    told.words
                );
                let span = told.span;
                return (Told { words, span }, VerdictCause::LeadingColumn);
            }
        }
        let missing = self.missing_column(info, index);
        let mut words = format!(
            "its leading column {leading_text} has no condition, and its order is of no use here"
        );
        if let Some(missing) = missing {
            words.push_str(&format!(
                "; nor can it stand for the table, for it lacks {missing}"
            ));
        }
        (Told { words, span: None }, VerdictCause::Unrelated)
    }

    /// A column that the query reads and the index does not have.
    fn missing_column(&self, info: &RelInfo, index: &IndexInfo) -> Option<String> {
        let exprs = info
            .target
            .exprs
            .iter()
            .chain(info.restrict.iter().map(|clause| &clause.expr));
        for expr in exprs {
            for column in self.columns_used(expr) {
                if column.rel == info.rel && !index.stores(column.column) {
                    return Some(self.column_name(column));
                }
            }
        }
        None
    }

    pub(super) fn column_name(&self, column: ColumnRef) -> String {
        let names = &self.entry(column.rel).column_names;
        names
            .get(usize::from(column.column))
            .map_or_else(|| String::from("ctid"), |name| String::from(&**name))
    }
}

/// Where an expression was written.
pub(super) fn written(expr: &Expr) -> Option<Span> {
    let span = expr.origin.0;
    (span.start < span.end).then_some(span)
}

/// How many times, with as many digits as say something.
pub(super) fn times(ratio: f64) -> String {
    if ratio < 2.0 {
        format!("{ratio:.2}")
    } else if ratio < 100.0 {
        format!("{ratio:.1}")
    } else {
        figure(libm::rint(ratio))
    }
}

/// A figure as people read it: cents where it is small, whole where it is large.
fn figure(value: f64) -> String {
    if value < 1_000.0 && libm::rint(value) != value {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

impl<'a> Ways<'a> {
    /// The cheapest of them, with or without values from other relations.
    fn cheapest(&self, with_params: bool) -> Option<(&'a Path, &'a IndexPath)> {
        self.alone
            .iter()
            .filter(|(path, _)| path.param.is_some() == with_params)
            .min_by(|(a, _), (b, _)| a.cost.total.total_cmp(&b.cost.total))
            .copied()
    }
}

fn ways(info: &RelInfo, index: IndexId) -> Ways<'_> {
    let kept = info.list.paths.iter();
    let lost = info.list.losers.iter().map(|loser| &loser.path);
    let mut found = Ways {
        alone: Vec::new(),
        matched: Vec::new(),
    };
    for path in kept.chain(lost) {
        let scans = scans_in(path);
        let single = scans.len() == 1;
        for scan in scans {
            if scan.index.id != index {
                continue;
            }
            found.matched.extend(&scan.clauses);
            if single {
                found.alone.push((path, scan));
            }
        }
    }
    found
}

/// The index scans of a path over one table.
fn scans_in(path: &Path) -> Vec<&IndexPath> {
    let mut found = Vec::new();
    let mut waiting: Vec<&Path> = Vec::from([path]);
    while let Some(path) = waiting.pop() {
        match &path.kind {
            PathKind::Index(scan) => found.push(scan),
            PathKind::BitmapHeap { bitmap } => waiting.push(bitmap),
            PathKind::BitmapAnd { inputs, .. } | PathKind::BitmapOr { inputs, .. } => {
                waiting.extend(inputs.iter().map(|input| &**input));
            }
            _ => {}
        }
    }
    found
}

/// Whether a sub-expression equal to `part` occurs in `expr`.
pub(super) fn holds(expr: &Expr, part: &Expr) -> bool {
    expr_any(expr, &mut |one| one == part)
}

/// Brings verdicts into line with the plan as it came out: an index that answers min() or max() is read by a plan of its own.
pub(super) fn settle(verdicts: &mut [IndexVerdict], root: &PlanNode, subplans: &[SubPlan]) {
    let mut waiting: Vec<&PlanNode> = Vec::from([root]);
    waiting.extend(subplans.iter().map(|subplan| &subplan.plan));
    while let Some(node) = waiting.pop() {
        waiting.extend(&node.children);
        let (rel, index) = match &node.kind {
            PlanKind::IndexScan { rel, index, .. }
            | PlanKind::IndexOnlyScan { rel, index, .. }
            | PlanKind::BitmapIndexScan { rel, index, .. } => (*rel, *index),
            _ => continue,
        };
        let known = verdicts
            .iter_mut()
            .find(|known| known.rel == rel && known.index == index);
        if let Some(known) = known
            && known.cause != VerdictCause::Used
        {
            known.cause = VerdictCause::Used;
            known.reason = String::from("used: its end holds the value that is asked for");
            known.span = None;
            known.cost = Some(node.cost);
        }
    }
    crate::collections::sort_by(verdicts, |a, b| (a.rel, a.index).cmp(&(b.rel, b.index)));
}

/// Why an index without a condition was thought of at all.
fn whole_index(path: &Path, scan: &IndexPath) -> String {
    let order = !path.keys.is_empty();
    match (order, scan.only) {
        (true, true) => String::from("it gives a useful order and has every column that is read"),
        (true, false) => String::from("it gives a useful order, row by row out of the table"),
        (false, true) => String::from("it has every column that is read"),
        (false, false) => String::from("it could be read from end to end"),
    }
}
