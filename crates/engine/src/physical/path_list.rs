//! The paths of one relation that are worth keeping, and the rules by which one path beats another.
//!
//! Source of the method: PostgreSQL `pathnode.c` (`add_path`, `set_cheapest`, `compare_path_costs_fuzzily`). A path is kept
//! unless another is not worse in total cost, startup cost (where that is of interest), order, rows and required outer
//! relations, with costs within one percent taken as equal.

use super::{
    Cost,
    path::{Path, PathKey, PathKeys},
    relset::RelSet,
};
use alloc::{rc::Rc, vec::Vec};
use core::cmp::Ordering;

/// Costs closer than this factor count as equal.
const FUZZ: f64 = 1.01;
/// Rounding noise only.
const TINY_FUZZ: f64 = 1.000_000_000_1;

/// How two things compare on one dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The same.
    Equal,
    /// The first is at least as good.
    FirstBetter,
    /// The second is at least as good.
    SecondBetter,
    /// Neither.
    Different,
}

/// A path that was not kept, and the one that beat it.
#[derive(Clone, Debug)]
pub struct Loser {
    /// The path.
    pub path: Rc<Path>,
    /// Its better.
    pub beaten_by: Rc<Path>,
}

/// The paths of one relation.
#[derive(Clone, Debug, Default)]
pub struct PathList {
    /// Kept paths, cheapest total first.
    pub paths: Vec<Rc<Path>>,
    /// Whether a low startup cost is of interest.
    pub consider_startup: bool,
    /// The same for parameterised paths.
    pub consider_param_startup: bool,
    /// Whether to keep what lost.
    pub keep_losers: bool,
    /// What lost.
    pub losers: Vec<Loser>,
}

/// Which cost counts first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Criterion {
    /// Startup cost.
    Startup,
    /// Total cost.
    Total,
}

/// By one cost, ties by the other.
#[must_use]
pub fn compare_costs(first: &Path, second: &Path, criterion: Criterion) -> Ordering {
    let startup = first.cost.startup.total_cmp(&second.cost.startup);
    let total = first.cost.total.total_cmp(&second.cost.total);
    match criterion {
        Criterion::Startup => startup.then(total),
        Criterion::Total => total.then(startup),
    }
}

/// By the cost to fetch a fraction of the rows.
#[must_use]
pub fn compare_fractional(first: &Path, second: &Path, fraction: f64) -> Ordering {
    if fraction <= 0.0 || fraction >= 1.0 {
        return compare_costs(first, second, Criterion::Total);
    }
    first
        .fractional_cost(fraction)
        .total_cmp(&second.fractional_cost(fraction))
}

/// Which order includes which. O(keys).
#[must_use]
pub fn compare_keys(first: &[PathKey], second: &[PathKey]) -> Verdict {
    let common = first.len().min(second.len());
    if first.get(..common) != second.get(..common) {
        return Verdict::Different;
    }
    match first.len().cmp(&second.len()) {
        Ordering::Equal => Verdict::Equal,
        Ordering::Greater => Verdict::FirstBetter,
        Ordering::Less => Verdict::SecondBetter,
    }
}

/// Whether `keys` sorts by `wanted`.
#[must_use]
pub fn satisfies(wanted: &[PathKey], keys: &[PathKey]) -> bool {
    keys.len() >= wanted.len() && keys.get(..wanted.len()) == Some(wanted)
}

/// How many leading keys of `wanted` the order `keys` gives.
#[must_use]
pub fn common_prefix(wanted: &[PathKey], keys: &[PathKey]) -> usize {
    wanted
        .iter()
        .zip(keys)
        .take_while(|(left, right)| left == right)
        .count()
}

fn compare_outer(first: RelSet, second: RelSet) -> Verdict {
    if first == second {
        Verdict::Equal
    } else if first.is_subset(second) {
        Verdict::FirstBetter
    } else if second.is_subset(first) {
        Verdict::SecondBetter
    } else {
        Verdict::Different
    }
}

/// What decides whether a path is kept.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'k> {
    /// Its cost.
    pub cost: Cost,
    /// Its rows.
    pub rows: f64,
    /// Its order.
    pub keys: &'k [PathKey],
    /// What it needs from outside; `None` = nothing.
    pub required: Option<RelSet>,
}

/// What comes of a path before it is made.
#[derive(Clone, Debug)]
pub enum Prospect {
    /// It may be kept: nobody knows yet.
    Open,
    /// It is kept, at that place.
    Kept(usize),
    /// It will lose to this one, and is made to be shown among those that lost.
    Lost(Rc<Path>),
}

impl<'k> Candidate<'k> {
    fn of(path: &'k Path) -> Self {
        Self {
            cost: path.cost,
            rows: path.rows,
            keys: &path.keys,
            required: path.param.as_ref().map(|param| param.required_outer),
        }
    }

    /// The order that counts: what waits for others is read again and again, so that its order is of no use.
    const fn order(&self) -> &'k [PathKey] {
        if self.required.is_some() {
            &[]
        } else {
            self.keys
        }
    }

    fn required_outer(&self) -> RelSet {
        self.required.unwrap_or(RelSet::EMPTY)
    }
}

/// As [`Candidate::order`].
fn order_of(path: &Path) -> &[PathKey] {
    if path.param.is_some() {
        &[]
    } else {
        &path.keys
    }
}

impl PathList {
    fn startup_counts(&self, parameterised: bool) -> bool {
        if parameterised {
            self.consider_param_startup
        } else {
            self.consider_startup
        }
    }

    fn compare_fuzzily(&self, first: &Candidate<'_>, second: &Path, fuzz: f64) -> Verdict {
        let (one, two) = (first.cost, second.cost);
        if one.total > two.total * fuzz {
            if two.startup > one.startup * fuzz && self.startup_counts(first.required.is_some()) {
                return Verdict::Different;
            }
            return Verdict::SecondBetter;
        }
        if two.total > one.total * fuzz {
            if one.startup > two.startup * fuzz && self.startup_counts(second.param.is_some()) {
                return Verdict::Different;
            }
            return Verdict::FirstBetter;
        }
        if one.startup > two.startup * fuzz {
            return Verdict::SecondBetter;
        }
        if two.startup > one.startup * fuzz {
            return Verdict::FirstBetter;
        }
        Verdict::Equal
    }

    /// (the new path beats the old, the old path beats the new). What is cheaper is looked at first: it mostly decides, and then the
    /// other must be no better in rows, in what it needs and in order, of which rows are the quickest to compare.
    fn duel(&self, new: &Candidate<'_>, old: &Path) -> (bool, bool) {
        match self.compare_fuzzily(new, old, FUZZ) {
            Verdict::Different => (false, false),
            Verdict::FirstBetter => (
                new.rows <= old.rows
                    && new.required_outer().is_subset(old.required_outer())
                    && satisfies(order_of(old), new.order()),
                false,
            ),
            Verdict::SecondBetter => (
                false,
                new.rows >= old.rows
                    && old.required_outer().is_subset(new.required_outer())
                    && satisfies(new.order(), order_of(old)),
            ),
            Verdict::Equal => self.duel_of_equals(new, old),
        }
    }

    /// A duel between two that cost the same.
    fn duel_of_equals(&self, new: &Candidate<'_>, old: &Path) -> (bool, bool) {
        let outer = compare_outer(new.required_outer(), old.required_outer());
        let new_needs_no_more = matches!(outer, Verdict::Equal | Verdict::FirstBetter);
        let old_needs_no_more = matches!(outer, Verdict::Equal | Verdict::SecondBetter);
        match compare_keys(new.order(), order_of(old)) {
            Verdict::Different => (false, false),
            Verdict::FirstBetter => (new_needs_no_more && new.rows <= old.rows, false),
            Verdict::SecondBetter => (false, old_needs_no_more && new.rows >= old.rows),
            Verdict::Equal => match outer {
                Verdict::Equal => {
                    let better = new.rows < old.rows
                        || (new.rows <= old.rows
                            && self.compare_fuzzily(new, old, TINY_FUZZ) == Verdict::FirstBetter);
                    (better, !better)
                }
                Verdict::FirstBetter => (new.rows <= old.rows, false),
                Verdict::SecondBetter => (false, new.rows >= old.rows),
                Verdict::Different => (false, false),
            },
        }
    }

    /// What comes of a path that costs no less than `least`; `None` if it would be refused, so that it need not be priced in full
    /// (`add_path_precheck`). O(paths).
    #[must_use]
    pub fn prospect(&self, least: Cost, keys: &[PathKey], required: RelSet) -> Option<Prospect> {
        let startup_counts = self.startup_counts(!required.is_empty());
        let keys = if required.is_empty() { keys } else { &[] };
        for old in &self.paths {
            if least.total <= old.cost.total * FUZZ {
                // Those that follow are dearer still.
                break;
            }
            if (!startup_counts || least.startup > old.cost.startup * FUZZ)
                && old.required_outer() == required
                && satisfies(keys, order_of(old))
            {
                return self.keep_losers.then(|| Prospect::Lost(old.clone()));
            }
        }
        Some(Prospect::Open)
    }

    /// Makes room for a path with that prospect, now that its cost is known; `None` if another is better, so that it need not be
    /// made. Where losers are kept it is made in any case, and [`settle`](Self::settle) decides. O(paths).
    pub fn contest(&mut self, new: &Candidate<'_>, prospect: Prospect) -> Option<Prospect> {
        if self.keep_losers {
            return Some(prospect);
        }
        self.place(new, &mut |_| {}).ok().map(Prospect::Kept)
    }

    /// Adds a path, or notes that it lost. O(paths).
    pub fn settle(&mut self, path: Rc<Path>, prospect: Prospect) {
        match prospect {
            Prospect::Open => self.add_shared(path),
            Prospect::Kept(at) => self.paths.insert(at, path),
            Prospect::Lost(beaten_by) => self.losers.push(Loser { path, beaten_by }),
        }
    }

    /// Where a path belongs among those that are left when it has dropped those that it betters; else the place of the one that is better.
    fn place(
        &mut self,
        new: &Candidate<'_>,
        dropped: &mut dyn FnMut(Rc<Path>),
    ) -> Result<usize, usize> {
        let mut place = 0;
        let mut at = 0;
        while let Some(old) = self.paths.get(at) {
            let (remove_old, refuse_new) = self.duel(new, old);
            if remove_old {
                dropped(self.paths.remove(at));
                continue;
            }
            if refuse_new {
                return Err(at);
            }
            at += 1;
            if new.cost.total >= old.cost.total {
                place = at;
            }
        }
        Ok(place)
    }

    /// Keeps the path unless another is better, and drops those that it betters. O(paths).
    pub fn add(&mut self, new: Path) {
        self.add_shared(Rc::new(new));
    }

    /// [`add`](Self::add) for a path that is shared already.
    pub fn add_shared(&mut self, new: Rc<Path>) {
        let mut dropped = Vec::new();
        let placed = self.place(&Candidate::of(&new), &mut |old| dropped.push(old));
        if self.keep_losers {
            let lost = |path| Loser {
                path,
                beaten_by: new.clone(),
            };
            self.losers.extend(dropped.into_iter().map(lost));
        }
        match placed {
            Ok(at) => self.paths.insert(at, new),
            Err(at) if self.keep_losers => self.losers.push(Loser {
                path: new,
                beaten_by: self.paths[at].clone(),
            }),
            Err(_) => {}
        }
    }

    /// Finds the cheapest paths.
    #[must_use]
    pub fn cheapest(&self) -> Cheapest {
        let mut cheapest = Cheapest::default();
        let mut best_param: Option<&Rc<Path>> = None;
        for path in &self.paths {
            if path.param.is_some() {
                cheapest.parameterised.push(path.clone());
                let Some(best) = best_param else {
                    best_param = Some(path);
                    continue;
                };
                let cheaper = compare_costs(path, best, Criterion::Total) == Ordering::Less;
                let better = match compare_outer(path.required_outer(), best.required_outer()) {
                    Verdict::Equal | Verdict::Different => cheaper,
                    Verdict::FirstBetter => true,
                    Verdict::SecondBetter => false,
                };
                if better {
                    best_param = Some(path);
                }
                continue;
            }
            for (slot, criterion) in [
                (&mut cheapest.startup, Criterion::Startup),
                (&mut cheapest.total, Criterion::Total),
            ] {
                let replace =
                    slot.as_ref()
                        .is_none_or(|best| match compare_costs(best, path, criterion) {
                            Ordering::Greater => true,
                            Ordering::Equal => {
                                compare_keys(&best.keys, &path.keys) == Verdict::SecondBetter
                            }
                            Ordering::Less => false,
                        });
                if replace {
                    *slot = Some(path.clone());
                }
            }
        }
        if let Some(total) = &cheapest.total {
            cheapest.parameterised.insert(0, total.clone());
        } else {
            cheapest.total = best_param.cloned();
        }
        cheapest
    }

    /// The cheapest path with that order that needs no more than `required_outer`.
    #[must_use]
    pub fn cheapest_for_keys(
        &self,
        keys: &[PathKey],
        required_outer: RelSet,
        criterion: Criterion,
    ) -> Option<Rc<Path>> {
        self.best(keys, required_outer, |first, second| {
            compare_costs(first, second, criterion)
        })
    }

    /// The same, by the cost of a fraction of the rows.
    #[must_use]
    pub fn cheapest_fractional_for_keys(
        &self,
        keys: &[PathKey],
        required_outer: RelSet,
        fraction: f64,
    ) -> Option<Rc<Path>> {
        self.best(keys, required_outer, |first, second| {
            compare_fractional(first, second, fraction)
        })
    }

    fn best(
        &self,
        keys: &[PathKey],
        required_outer: RelSet,
        compare: impl Fn(&Path, &Path) -> Ordering,
    ) -> Option<Rc<Path>> {
        let mut best: Option<&Rc<Path>> = None;
        for path in &self.paths {
            if best.is_some_and(|best| compare(best, path) != Ordering::Greater) {
                continue;
            }
            if satisfies(keys, &path.keys) && path.required_outer().is_subset(required_outer) {
                best = Some(path);
            }
        }
        best.cloned()
    }

    /// The cheapest path to fetch `tuple_fraction` (≥ 1: a number of rows; 0: all).
    #[must_use]
    pub fn cheapest_fractional(&self, tuple_fraction: f64) -> Option<Rc<Path>> {
        let best = self.cheapest().total?;
        if tuple_fraction <= 0.0 {
            return Some(best);
        }
        let fraction = if tuple_fraction >= 1.0 && best.rows > 0.0 {
            tuple_fraction / best.rows
        } else {
            tuple_fraction
        };
        let mut chosen = &best;
        for path in &self.paths {
            if path.param.is_none()
                && !Rc::ptr_eq(path, &best)
                && compare_fractional(chosen, path, fraction) == Ordering::Greater
            {
                chosen = path;
            }
        }
        Some(chosen.clone())
    }
}

/// The cheapest paths of a relation.
#[derive(Clone, Debug, Default)]
pub struct Cheapest {
    /// By startup cost, without parameters.
    pub startup: Option<Rc<Path>>,
    /// By total cost; with parameters only if there is none without.
    pub total: Option<Rc<Path>>,
    /// The cheapest by total cost and all parameterised paths.
    pub parameterised: Vec<Rc<Path>>,
}

/// An empty order.
#[must_use]
pub const fn no_order() -> PathKeys {
    PathKeys::NONE
}
