//! What was considered and why it lost, in words; the verdict on each index is in [`verdict`](super::verdict).
//!
//! It is worked out only when asked for. The words are for people; no part of the planner reads them.

use super::{
    cost_params::DISABLE_COST,
    level::Level,
    path::{JoinPath, Path, PathKind},
    path_list::{Loser, Verdict, compare_keys},
    plan::{Considered, Direction, IndexVerdict, PlanNode, SubPlan},
    planner::Planner,
    rel::RelInfo,
    relset::RelSet,
    verdict::times,
};
use crate::{
    catalog::IndexId,
    explain::condition_text,
    logical::{JoinKind, RelId},
};
use alloc::{format, rc::Rc, string::String, vec::Vec};

/// Candidates and verdicts noted so far.
#[derive(Default)]
pub(super) struct Notes {
    list: Vec<Considered>,
    pub verdicts: Vec<IndexVerdict>,
}

impl Notes {
    /// All of them, in order of the range table; verdicts are brought into line with the plan as it came out.
    pub(super) fn finish(
        mut self,
        root: &PlanNode,
        subplans: &[SubPlan],
    ) -> (Vec<Considered>, Vec<IndexVerdict>) {
        super::verdict::settle(&mut self.verdicts, root, subplans);
        (self.list, self.verdicts)
    }
}

impl Planner<'_> {
    /// Notes the candidates of a level of which `best` was chosen.
    pub(super) fn note_level(&self, level: &Level, best: &Rc<Path>) {
        if !self.keeps_losers() {
            return;
        }
        let mut used: Vec<Rc<Path>> = Vec::new();
        collect_used(best, &mut used);
        let mut notes = self.notes.borrow_mut();
        for (at, info) in level.rels.iter().enumerate() {
            let rels: Vec<RelId> = info
                .relids
                .iter()
                .filter_map(|at| level.rels.get(at))
                .map(|base| base.rel)
                .collect();
            for path in &info.list.paths {
                let chosen = is_used(path, &used);
                let reason = if chosen {
                    String::from("chosen")
                } else {
                    kept_reason(path, info)
                };
                notes
                    .list
                    .push(self.entry_for(level, path, &rels, chosen, reason));
            }
            for loser in &info.list.losers {
                let reason = self.beaten_reason(level, loser);
                notes
                    .list
                    .push(self.entry_for(level, &loser.path, &rels, false, reason));
            }
            if at < level.base_count {
                self.note_verdicts(level, info, &used, &mut notes.verdicts);
            }
        }
        for loser in &level.final_list.losers {
            let reason = self.beaten_reason(level, loser);
            notes
                .list
                .push(self.entry_for(level, &loser.path, &[], false, reason));
        }
    }

    fn entry_for(
        &self,
        level: &Level,
        path: &Path,
        rels: &[RelId],
        chosen: bool,
        reason: String,
    ) -> Considered {
        Considered {
            rels: rels.to_vec(),
            title: self.title_of(level, path, rels),
            index: index_of(path),
            cost: Some(path.cost),
            rows: Some(path.rows),
            order: self.order_in_words(level, path),
            chosen,
            reason,
        }
    }

    /// "order_date DESC, id".
    fn order_in_words(&self, level: &Level, path: &Path) -> String {
        let mut words = String::new();
        for key in path.keys.iter() {
            let Some(member) = level.class(key.ec).members.first() else {
                continue;
            };
            if !words.is_empty() {
                words.push_str(", ");
            }
            words.push_str(&condition_text(&member.expr, self.range_table, None));
            if key.descending {
                words.push_str(" DESC");
            }
            if key.nulls_first != key.descending {
                words.push_str(if key.nulls_first {
                    " NULLS FIRST"
                } else {
                    " NULLS LAST"
                });
            }
        }
        words
    }

    fn beaten_reason(&self, level: &Level, loser: &Loser) -> String {
        let (path, better) = (&loser.path, &loser.beaten_by);
        let title = self.title_of(level, better, &[]);
        let ratio = |mine: f64, theirs: f64| if theirs > 0.0 { mine / theirs } else { 1.0 };
        let dearer = ratio(path.cost.total, better.cost.total);
        if path.cost.total >= DISABLE_COST && better.cost.total < DISABLE_COST {
            return format!("a setting forbids it, and {title} does without");
        }
        if dearer > 1.01 {
            return format!(
                "{title} is cheaper: this costs {} times as much",
                times(dearer)
            );
        }
        if compare_keys(&better.keys, &path.keys) == Verdict::FirstBetter {
            return format!("{title} costs about the same and also gives a useful order");
        }
        let start = ratio(path.cost.startup, better.cost.startup);
        if start > 1.01 {
            return format!(
                "{title} costs about the same in all and starts {} times sooner",
                times(start)
            );
        }
        // Costs within one percent count as equal.
        let about = if (dearer - 1.0).abs() < 1e-9 {
            ""
        } else {
            "about "
        };
        format!("{title} costs {about}the same, and came first")
    }

    pub(super) fn title_of(&self, level: &Level, path: &Path, rels: &[RelId]) -> String {
        let on = match rels {
            [rel] if (rel.0 as usize) < self.range_table.len() => {
                format!(" on {}", self.entry(*rel).alias)
            }
            _ => String::new(),
        };
        match &path.kind {
            PathKind::SeqScan => format!("Seq Scan{on}"),
            PathKind::Index(scan) => format!(
                "Index {}Scan {}using {}{on}",
                if scan.only { "Only " } else { "" },
                if scan.direction == Direction::Backward {
                    "Backward "
                } else {
                    ""
                },
                scan.index.def.name
            ),
            PathKind::BitmapHeap { bitmap } => match &bitmap.kind {
                PathKind::Index(scan) => {
                    format!("Bitmap Heap Scan{on} by {}", scan.index.def.name)
                }
                _ => format!("Bitmap Heap Scan{on} by several indexes"),
            },
            PathKind::NestLoop(join) => {
                let inner = match &join.inner.kind {
                    PathKind::Material { .. } => " kept",
                    PathKind::Memoize { .. } => " remembered by key",
                    _ if join.inner.param.is_some() => " looked up by each row",
                    _ => "",
                };
                self.join_title(level, "Nested Loop", join, ["", inner])
            }
            PathKind::MergeJoin {
                path,
                outer_sort,
                inner_sort,
                ..
            } => {
                let how = [outer_sort, inner_sort]
                    .map(|keys| if keys.is_empty() { "" } else { " sorted" });
                self.join_title(level, "Merge Join", path, how)
            }
            PathKind::HashJoin { path, .. } => {
                self.join_title(level, "Hash Join", path, ["", " hashed"])
            }
            PathKind::Sort { .. } => String::from("Sort"),
            PathKind::IncrementalSort { .. } => String::from("Incremental Sort"),
            PathKind::Aggregate { .. } | PathKind::Group { .. } => String::from("Aggregate"),
            PathKind::Unique { .. } => String::from("Unique"),
            PathKind::Limit { input, .. } => {
                format!("Limit over {}", self.title_of(level, input, rels))
            }
            PathKind::SubqueryScan { .. } => format!("Subquery Scan{on}"),
            PathKind::MinMax { .. } => String::from("Result from the ends of indexes"),
            _ => String::from("Scan"),
        }
    }
}

impl Planner<'_> {
    /// "Hash Join (left) of o with c hashed": `how` says what is done with the outer and the inner side.
    fn join_title(&self, level: &Level, method: &str, join: &JoinPath, how: [&str; 2]) -> String {
        let names = |rels: RelSet| {
            let mut names = String::new();
            for base in rels.iter().filter_map(|at| level.rels.get(at)) {
                if !names.is_empty() {
                    names.push_str(", ");
                }
                names.push_str(&self.entry(base.rel).alias);
            }
            names
        };
        format!(
            "{method}{} of {}{} with {}{}",
            kind_words(join.join),
            names(join.outer.rels),
            how[0],
            names(join.inner.rels),
            how[1]
        )
    }
}

fn kind_words(kind: JoinKind) -> &'static str {
    match kind {
        JoinKind::Inner => "",
        JoinKind::Left => " (left)",
        JoinKind::Right => " (right)",
        JoinKind::Full => " (full)",
        JoinKind::Semi => " (semi)",
        JoinKind::Anti => " (anti)",
    }
}

fn kept_reason(path: &Path, info: &RelInfo) -> String {
    let cheapest = info.cheapest.total.as_ref();
    let dearer = cheapest.map_or(1.0, |best: &Rc<Path>| {
        if best.cost.total > 0.0 {
            path.cost.total / best.cost.total
        } else {
            1.0
        }
    });
    if path.param.is_some() {
        return String::from("kept for nested loops, but the whole plan was cheaper without it");
    }
    if dearer > 1.0 && !path.keys.is_empty() {
        return format!(
            "kept for its order at {} times the cheapest, but the whole plan was cheaper without it",
            times(dearer)
        );
    }
    String::from("kept, but the whole plan was cheaper without it")
}

pub(super) fn index_of(path: &Path) -> Option<IndexId> {
    match &path.kind {
        PathKind::Index(scan) => Some(scan.index.id),
        PathKind::BitmapHeap { bitmap } => index_of(bitmap),
        _ => None,
    }
}

/// Whether a path is part of the chosen one. A path whose output was changed in place is a copy, so it is recognised by what
/// it does, not by its address.
fn is_used(path: &Path, used: &[Rc<Path>]) -> bool {
    used.iter().any(|one| {
        one.rels == path.rels
            && core::mem::discriminant(&one.kind) == core::mem::discriminant(&path.kind)
            && index_of(one) == index_of(path)
            && one.required_outer() == path.required_outer()
            && one.keys == path.keys
            && same_inputs(one, path)
    })
}

fn same_inputs(one: &Path, other: &Path) -> bool {
    let (one, other) = (one.inputs(), other.inputs());
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(left, right)| Rc::ptr_eq(left, right))
}

/// The paths of one level that the chosen one is made of. The scans that make a bitmap are its own affair.
fn collect_used(path: &Rc<Path>, used: &mut Vec<Rc<Path>>) {
    used.push(path.clone());
    if matches!(
        path.kind,
        PathKind::BitmapHeap { .. }
            | PathKind::SubqueryScan { .. }
            | PathKind::RecursiveUnion { .. }
    ) {
        return;
    }
    for input in path.inputs() {
        collect_used(input, used);
    }
}
