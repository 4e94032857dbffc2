//! How a cost formula reports its terms: every cost is a sum of products, and each product is named.
//!
//! Why: the same function that the planner calls a million times must also be able to show its arithmetic, since two
//! sets of formulas would drift apart. A formula builds its result in a [`CostSum`]; each line it adds is a list of
//! [`Factor`]s whose product is the line's value. For planning the sink is [`NoTerms`], which the compiler removes;
//! for the page it is [`Terms`], which keeps every line. Adding up the kept lines in order gives the cost bit for bit,
//! because that is the only way the cost is ever made.
//!
//! A factor that was itself worked out (pages by Mackert and Lohman, the height of a sort's tree) can be explained by a
//! [`Note`] with the numbers that it was made from.
//!
//! It does not format anything.

use crate::physical::Cost;
use alloc::vec::Vec;

/// What a factor is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Cost units (1 = one sequential page).
    Cost,
    /// Cost units for one page.
    CostPerPage,
    /// Cost units for one row, entry or call.
    CostPerRow,
    /// Pages.
    Pages,
    /// Rows.
    Rows,
    /// A number of things that are neither rows nor pages.
    Count,
    /// A fraction or a ratio.
    Ratio,
}

/// Where a factor's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A setting, by the factor's name.
    Setting,
    /// A constant of the model, see `cost_params`.
    Constant,
    /// The size of a table or index now.
    Size,
    /// Column statistics.
    Statistics,
    /// Estimated rows.
    Estimate,
    /// The query or the index definition (how many conditions, keys …).
    Query,
    /// A plan node below, by its position among the children.
    Input(u32),
    /// A sub-plan, by its position in the plan.
    SubPlan(u32),
}

/// One factor of a product.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factor {
    /// What it is: a setting's name or a few words.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// Its unit.
    pub unit: Unit,
    /// Its origin.
    pub source: Source,
}

impl Factor {
    /// A factor.
    #[inline(always)]
    #[must_use]
    pub const fn new(name: &'static str, value: f64, unit: Unit, source: Source) -> Self {
        Self {
            name,
            value,
            unit,
            source,
        }
    }

    /// A setting that prices one page.
    #[inline(always)]
    #[must_use]
    pub const fn page_price(name: &'static str, value: f64) -> Self {
        Self::new(name, value, Unit::CostPerPage, Source::Setting)
    }

    /// A setting that prices one row, index entry or operator.
    #[inline(always)]
    #[must_use]
    pub const fn row_price(name: &'static str, value: f64) -> Self {
        Self::new(name, value, Unit::CostPerRow, Source::Setting)
    }

    /// Estimated rows.
    #[inline(always)]
    #[must_use]
    pub const fn rows(name: &'static str, value: f64) -> Self {
        Self::new(name, value, Unit::Rows, Source::Estimate)
    }

    /// Estimated pages.
    #[inline(always)]
    #[must_use]
    pub const fn pages(name: &'static str, value: f64) -> Self {
        Self::new(name, value, Unit::Pages, Source::Estimate)
    }

    /// A cost of the node below at position `child`.
    #[inline(always)]
    #[must_use]
    pub const fn input(child: u32, name: &'static str, value: f64) -> Self {
        Self::new(name, value, Unit::Cost, Source::Input(child))
    }

    /// Estimated fraction or ratio.
    #[inline(always)]
    #[must_use]
    pub const fn ratio(name: &'static str, value: f64) -> Self {
        Self::new(name, value, Unit::Ratio, Source::Estimate)
    }

    /// A number of things in the query.
    #[inline(always)]
    #[must_use]
    pub const fn count(name: &'static str, value: f64) -> Self {
        Self::new(name, value, Unit::Count, Source::Query)
    }

    /// A constant of the model.
    #[inline(always)]
    #[must_use]
    pub const fn constant(name: &'static str, value: f64) -> Self {
        Self::new(name, value, Unit::Count, Source::Constant)
    }

    /// Price of conditions or output expressions on one row.
    #[inline(always)]
    #[must_use]
    pub const fn expression(name: &'static str, value: f64) -> Self {
        Self::new(name, value, Unit::CostPerRow, Source::Query)
    }
}

/// When a term is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Before the first row.
    Startup,
    /// From the first row to the last.
    Run,
}

/// One line of a cost: a product of factors.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// What is paid for.
    pub name: &'static str,
    /// When.
    pub phase: Phase,
    /// The factors; their product in order is `value`.
    pub factors: Vec<Factor>,
    /// The line's cost.
    pub value: f64,
}

/// How a factor's value was worked out.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// The factor's name.
    pub factor: &'static str,
    /// The formula in words, with the names of `parts` in it.
    pub how: &'static str,
    /// The numbers that went in.
    pub parts: Vec<Factor>,
}

/// Takes the lines of a cost.
pub trait CostSink {
    /// Whether anything is kept: notes are only worked out if so.
    const KEEPS: bool;

    /// One line.
    fn term(&mut self, phase: Phase, name: &'static str, factors: &[Factor], value: f64);

    /// How the factor of that name was worked out, for all lines of this cost that have it.
    fn note(&mut self, factor: &'static str, how: &'static str, parts: &[Factor]);
}

/// Keeps nothing: for planning.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTerms;

impl CostSink for NoTerms {
    const KEEPS: bool = false;

    #[inline(always)]
    fn term(&mut self, _phase: Phase, _name: &'static str, _factors: &[Factor], _value: f64) {}

    #[inline(always)]
    fn note(&mut self, _factor: &'static str, _how: &'static str, _parts: &[Factor]) {}
}

/// Keeps every line: for showing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Terms {
    /// The lines.
    pub lines: Vec<Term>,
    /// How some of their factors were worked out.
    pub notes: Vec<Note>,
}

impl Terms {
    /// The cost that the lines add up to: startup lines in order, then run lines in order.
    #[must_use]
    pub fn sum(&self) -> Cost {
        let (mut startup, mut run) = (0.0, 0.0);
        for term in &self.lines {
            match term.phase {
                Phase::Startup => startup += term.value,
                Phase::Run => run += term.value,
            }
        }
        Cost {
            startup,
            total: startup + run,
        }
    }
}

impl CostSink for Terms {
    const KEEPS: bool = true;

    fn term(&mut self, phase: Phase, name: &'static str, factors: &[Factor], value: f64) {
        self.lines.push(Term {
            name,
            phase,
            factors: factors.to_vec(),
            value,
        });
    }

    fn note(&mut self, factor: &'static str, how: &'static str, parts: &[Factor]) {
        if !self.notes.iter().any(|known| known.factor == factor) {
            self.notes.push(Note {
                factor,
                how,
                parts: parts.to_vec(),
            });
        }
    }
}

/// A cost being added up. Lines that are zero are added but not reported.
pub(super) struct CostSum<'s, S: CostSink> {
    startup: f64,
    run: f64,
    sink: &'s mut S,
}

impl<'s, S: CostSink> CostSum<'s, S> {
    pub(super) const fn new(sink: &'s mut S) -> Self {
        Self {
            startup: 0.0,
            run: 0.0,
            sink,
        }
    }

    /// Adds a line that is paid before the first row.
    #[inline(always)]
    pub(super) fn startup(&mut self, name: &'static str, factors: &[Factor]) {
        let value = product(factors);
        self.startup += value;
        if value != 0.0 {
            self.sink.term(Phase::Startup, name, factors, value);
        }
    }

    /// Adds a line that is paid while rows come.
    #[inline(always)]
    pub(super) fn run(&mut self, name: &'static str, factors: &[Factor]) {
        let value = product(factors);
        self.run += value;
        if value != 0.0 {
            self.sink.term(Phase::Run, name, factors, value);
        }
    }

    /// Says how the factor of that name was worked out; `parts` are only made if somebody listens.
    #[inline(always)]
    pub(super) fn note<const N: usize>(
        &mut self,
        factor: &'static str,
        how: &'static str,
        parts: impl FnOnce() -> [Factor; N],
    ) {
        if S::KEEPS {
            self.sink.note(factor, how, &parts());
        }
    }

    /// Adds the penalty of a path that is switched off.
    pub(super) fn disabled_unless(&mut self, enabled: bool, setting: &'static str) {
        if !enabled {
            self.startup(
                setting,
                &[Factor::new(
                    "disable_cost",
                    super::super::cost_params::DISABLE_COST,
                    Unit::Cost,
                    Source::Constant,
                )],
            );
        }
    }

    /// The cost.
    pub(super) fn finish(self) -> Cost {
        Cost {
            startup: self.startup,
            total: self.startup + self.run,
        }
    }
}

#[inline(always)]
fn product(factors: &[Factor]) -> f64 {
    let mut value = 1.0;
    for factor in factors {
        value *= factor.value;
    }
    value
}
