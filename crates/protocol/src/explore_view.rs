//! Why a plan costs what it costs, and what would change it.

use crate::{Bytes, CostView};
use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// The cost of one node, line by line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UnfoldedView {
    /// The node.
    pub node: u32,
    /// The sum of the lines: what EXPLAIN prints.
    pub cost: CostView,
    /// The function of PostgreSQL 15 that works this out.
    pub source: String,
    /// The lines: those that are paid before the first row first.
    pub lines: Vec<CostLineView>,
}

/// One line: a product.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CostLineView {
    /// What is paid for.
    pub name: String,
    /// Paid before the first row.
    pub startup: bool,
    /// The product of the factors.
    pub value: f64,
    /// The factors.
    pub factors: Vec<CostFactorView>,
}

/// One factor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostFactorView {
    /// "seq_page_cost", "pages", "outer rows".
    pub name: String,
    /// Its value.
    pub value: f64,
    /// What it is counted in.
    pub unit: CostUnit,
    /// Where it comes from.
    pub source: CostSource,
    /// The node that it comes from.
    pub node: Option<u32>,
    /// How it was worked out, in words with the names of `parts` in them; empty if the parts are added up.
    pub how: String,
    /// What it was worked out from.
    pub parts: Vec<CostLineView>,
}

/// What a factor is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CostUnit {
    /// Cost units.
    Cost,
    /// Cost units for one page.
    CostPerPage,
    /// Cost units for one row.
    CostPerRow,
    /// Pages.
    Pages,
    /// Rows.
    Rows,
    /// Other things.
    Count,
    /// A fraction or a ratio.
    Ratio,
}

/// Where a factor comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CostSource {
    /// A setting.
    Setting,
    /// A constant of the model.
    Constant,
    /// The size of a table or index as it is now.
    Size,
    /// Column statistics.
    Statistics,
    /// Estimated.
    Estimate,
    /// The query.
    Query,
    /// A node below.
    Input,
    /// A sub-plan.
    SubPlan,
}

/// What turning the dials would do to a plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FlipsView {
    /// The node that the dials were chosen for.
    pub node: u32,
    /// The dials.
    pub dials: Vec<DialView>,
}

/// Something that can be turned, and where the plan changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DialView {
    /// "random_page_cost", "rows of orders".
    pub name: String,
    /// What its numbers are.
    pub unit: DialUnitView,
    /// Where it stands.
    pub now: f64,
    /// Least value tried.
    pub low: f64,
    /// Largest value tried.
    pub high: f64,
    /// The flip points, ascending.
    pub flips: Vec<FlipView>,
    /// All of the range was searched.
    pub complete: bool,
}

/// What a dial's numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DialUnitView {
    /// A plain number.
    Number,
    /// Cost units.
    Cost,
    /// Bytes.
    Bytes,
    /// Rows.
    Rows,
    /// A fraction.
    Fraction,
    /// Days since 2000-01-01.
    Date,
    /// Microseconds since 2000-01-01.
    Timestamp,
}

/// Where a plan changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FlipView {
    /// The dial there.
    pub value: f64,
    /// What the plan below has and the one above has not.
    pub before: String,
    /// The other way round.
    pub after: String,
    /// Cost of the whole plan there.
    pub cost: f64,
}

/// Cost over selectivity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurveView {
    /// Names of what can be turned.
    pub choices: Vec<String>,
    /// Which of them is drawn.
    pub choice: u32,
    /// The table, as the query calls it.
    pub relation: String,
    /// Rows of the table.
    pub tuples: f64,
    /// Where the query stands.
    pub now: f64,
    /// The selectivities, ascending.
    pub selectivities: Vec<f64>,
    /// The ways to read the table.
    pub series: Vec<CurveSeriesView>,
    /// Which way the plan takes at each selectivity: a position in `series`.
    pub chosen: Vec<Option<u32>>,
    /// Where the whole plan changes.
    pub flips: Vec<FlipView>,
}

/// One way to read a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CurveSeriesView {
    /// "Index Scan using orders_customer_id_idx".
    pub title: String,
    /// Cost at each selectivity; none where it is not possible.
    pub costs: Vec<Option<f64>>,
}

/// Which plan wins over one or two selectivities.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanMapView {
    /// Names of what can be turned.
    pub choices: Vec<String>,
    /// Which of them goes from left to right.
    pub x_choice: u32,
    /// Which from bottom to top; none if there is one axis.
    pub y_choice: Option<u32>,
    /// From left to right.
    pub x: MapAxisView,
    /// From bottom to top; none if there is one axis.
    pub y: Option<MapAxisView>,
    /// The plans that win somewhere, as EXPLAIN prints them without figures.
    pub plans: Vec<String>,
    /// For each cell, row by row from the bottom: position in `plans`, u16 little-endian.
    pub cells: Bytes,
    /// For each cell the cost of the whole plan, f32 little-endian.
    pub costs: Bytes,
    /// All cells were planned.
    pub complete: bool,
}

/// An axis of a plan map.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MapAxisView {
    /// What is turned.
    pub name: String,
    /// Where the query stands.
    pub now: f64,
    /// The values of the cells.
    pub values: Vec<f64>,
}
