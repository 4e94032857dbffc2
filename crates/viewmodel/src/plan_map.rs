//! The plan map as areas in a box: one area for each plan, its cells where that plan wins, darker where it costs more.
//!
//! Why areas and not one shape a cell: a map has thousands of cells and a handful of plans; one path for each plan is drawn at
//! once. Pure geometry and words.

use crate::{
    format,
    scale::{Scale, Tick},
};
use protocol::{MapAxisView, PlanMapView};

/// Width of the drawing, in its own units.
pub const WIDTH: f64 = 640.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 46.0;
/// Height of a map of two axes, and of a strip.
const SQUARE: f64 = 330.0;
const STRIP: f64 = 90.0;
/// Kinds of fill before they repeat.
const STYLES: usize = 8;
/// Steps of shade for the cost.
const SHADES: usize = 5;
/// Cells that a letter needs beside it.
const LETTER_CELLS: usize = 4;

/// A plan that wins somewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct MapPlan {
    /// "A"
    pub letter: String,
    /// Which fill: 0 … 7.
    pub style: usize,
    /// What sets it apart from the others, in titles of its nodes.
    pub title: String,
    /// The whole plan, as EXPLAIN prints it without figures.
    pub text: String,
    /// "31 % of the map, cost 8.17 to 411.00"
    pub share: String,
    /// The query stands in its area.
    pub here: bool,
    /// Its cells, as an SVG path.
    pub area: String,
    /// Where its letter stands, if there is room.
    pub place: Option<(f64, f64)>,
}

/// One cell, as it is told.
#[derive(Clone, Debug, PartialEq)]
pub struct MapCell {
    /// Its box: left, top, width, height.
    pub frame: (f64, f64, f64, f64),
    /// "country finds 1.2 %, order_date finds 30 %: plan B, cost 411.00"
    pub words: String,
}

/// The whole drawing.
#[derive(Clone, Debug, PartialEq)]
pub struct MapChart {
    /// Height of the drawing.
    pub height: f64,
    /// The plot's box: left, top, right, bottom.
    pub frame: (f64, f64, f64, f64),
    /// Marks from left to right.
    pub x_ticks: Vec<Tick>,
    /// Marks from top to bottom; none for a strip.
    pub y_ticks: Vec<Tick>,
    /// The plans, the largest area first.
    pub plans: Vec<MapPlan>,
    /// Cells that are dearer than the cheapest, lightest shade first, as SVG paths.
    pub shades: Vec<String>,
    /// Lines where the plan changes, as an SVG path.
    pub borders: String,
    /// Where the query stands.
    pub here: (f64, f64),
    /// Columns and rows of cells.
    pub size: (usize, usize),
    /// One sentence for those who do not see it.
    pub summary: String,
    plot: Plot,
    /// For each cell, row by row from the bottom: position in `plans`, and cost.
    cells: Vec<(usize, f64)>,
    /// "order_date finds 30 %" for each column, and for each row if there are two axes.
    across: Vec<String>,
    up: Vec<String>,
}

impl MapChart {
    /// The cell of a column (from the left) and a row (from the bottom).
    #[must_use]
    pub fn cell(&self, column: usize, row: usize) -> Option<MapCell> {
        let across = self.across.get(column)?;
        let (plan, cost) = self.cells.get(row * self.size.0 + column)?;
        let up = self
            .up
            .get(row)
            .map_or_else(String::new, |up| format!(", {up}"));
        let (x, y) = self.plot.corner(column, row);
        Some(MapCell {
            frame: (x, y, self.plot.cell.0, self.plot.cell.1),
            words: format!(
                "{across}{up}: plan {}, cost {}",
                letter(*plan),
                format::cost(*cost)
            ),
        })
    }

    /// Column and row of the cell at a place of the drawing, the nearest if it is outside.
    #[must_use]
    pub fn find(&self, x: f64, y: f64) -> (usize, usize) {
        let (left, top, right, bottom) = self.frame;
        (
            part_of((x - left) / (right - left), self.size.0),
            part_of((bottom - y) / (bottom - top), self.size.1),
        )
    }

    /// Column and row of the cell in which the query stands.
    #[must_use]
    pub fn standing(&self) -> (usize, usize) {
        self.find(self.here.0, self.here.1)
    }
}

/// Cells as numbers.
struct Grid<'a> {
    columns: usize,
    rows: usize,
    plans: Vec<usize>,
    costs: Vec<f64>,
    view: &'a PlanMapView,
}

impl<'a> Grid<'a> {
    fn read(view: &'a PlanMapView) -> Option<Self> {
        let columns = view.x.values.len();
        let plans: Vec<usize> = view
            .cells
            .0
            .chunks_exact(2)
            .map(|two| usize::from(u16::from_le_bytes([two[0], two[1]])))
            .collect();
        let costs: Vec<f64> = view
            .costs
            .0
            .chunks_exact(4)
            .map(|four| f64::from(f32::from_le_bytes([four[0], four[1], four[2], four[3]])))
            .collect();
        // A search that was ended has whole rows only.
        let filled = plans.len().min(costs.len()) / columns.max(1);
        (columns > 0 && filled > 0).then(|| Self {
            columns,
            rows: view.y.as_ref().map_or(1, |y| y.values.len()),
            plans: plans[..filled * columns].to_vec(),
            costs: costs[..filled * columns].to_vec(),
            view,
        })
    }

    fn at(&self, column: usize, row: usize) -> Option<usize> {
        if column >= self.columns {
            return None;
        }
        self.plans.get(row * self.columns + column).copied()
    }
}

/// The box of the plot and of one cell.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Plot {
    frame: (f64, f64, f64, f64),
    cell: (f64, f64),
}

impl Plot {
    #[expect(clippy::cast_precision_loss, reason = "at most 256 cells a side")]
    fn new(grid: &Grid<'_>) -> (Self, f64) {
        let height = if grid.view.y.is_some() { SQUARE } else { STRIP };
        let frame = (LEFT, TOP, WIDTH - RIGHT, height - BOTTOM);
        let cell = (
            (frame.2 - frame.0) / grid.columns as f64,
            (frame.3 - frame.1) / grid.rows as f64,
        );
        (Self { frame, cell }, height)
    }

    /// Left and top of a cell.
    #[expect(clippy::cast_precision_loss, reason = "at most 256 cells a side")]
    fn corner(&self, column: usize, row: usize) -> (f64, f64) {
        (
            self.frame.0 + column as f64 * self.cell.0,
            self.frame.3 - (row + 1) as f64 * self.cell.1,
        )
    }

    /// All cells that `wanted` answers yes for, as rectangles as wide as they can be.
    #[expect(clippy::cast_precision_loss, reason = "at most 256 cells a side")]
    fn area(&self, grid: &Grid<'_>, wanted: &dyn Fn(usize) -> bool) -> String {
        let mut path = String::new();
        for row in 0..grid.plans.len() / grid.columns {
            let mut column = 0;
            while column < grid.columns {
                let run = (column..grid.columns)
                    .take_while(|at| wanted(row * grid.columns + at))
                    .count();
                if run > 0 {
                    let (x, y) = self.corner(column, row);
                    path.push_str(&format!(
                        "M{x:.1} {y:.1}h{:.1}v{:.1}H{x:.1}z",
                        run as f64 * self.cell.0,
                        self.cell.1
                    ));
                }
                column += run.max(1);
            }
        }
        path
    }

    /// A line along each side at which two plans meet.
    fn borders(&self, grid: &Grid<'_>) -> String {
        let mut path = String::new();
        for row in 0..grid.rows {
            for column in 0..grid.columns {
                let Some(mine) = grid.at(column, row) else {
                    continue;
                };
                let (x, y) = self.corner(column, row);
                if grid.at(column + 1, row).is_some_and(|other| other != mine) {
                    path.push_str(&format!(
                        "M{:.1} {y:.1}v{:.1}",
                        x + self.cell.0,
                        self.cell.1
                    ));
                }
                if grid.at(column, row + 1).is_some_and(|other| other != mine) {
                    path.push_str(&format!("M{x:.1} {y:.1}h{:.1}", self.cell.0));
                }
            }
        }
        path
    }

    /// The middle of the longest run of a plan's cells, of the middle one among the longest.
    #[expect(clippy::cast_precision_loss, reason = "at most 256 cells a side")]
    fn letter(&self, grid: &Grid<'_>, plan: usize) -> Option<(f64, f64)> {
        let mut best: Vec<(usize, usize, usize)> = Vec::new();
        for row in 0..grid.plans.len() / grid.columns {
            let mut column = 0;
            while column < grid.columns {
                let run = (column..grid.columns)
                    .take_while(|at| grid.at(*at, row) == Some(plan))
                    .count();
                let longest = best.first().map_or(LETTER_CELLS, |known| known.2);
                if run > longest {
                    best.clear();
                }
                if run >= longest {
                    best.push((column, row, run));
                }
                column += run.max(1);
            }
        }
        let (column, row, run) = *best.get(best.len() / 2)?;
        let (x, y) = self.corner(column, row);
        Some((
            x + run as f64 * self.cell.0 / 2.0,
            y + self.cell.1 / 2.0 + 4.0,
        ))
    }
}

/// In which of `count` equal parts a place between 0 and 1 lies.
fn part_of(place: f64, count: usize) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "between 0 and the number of parts"
    )]
    let at = (place.clamp(0.0, 1.0) * count as f64) as usize;
    at.min(count.saturating_sub(1))
}

/// Scale of an axis: the first and last value lie in the middle of the first and last cell.
fn scale(axis: &MapAxisView, from: f64, to: f64, cell: f64) -> Scale {
    let half = if to > from { cell / 2.0 } else { -cell / 2.0 };
    Scale {
        low: axis.values.first().copied().unwrap_or(1.0),
        high: axis.values.last().copied().unwrap_or(1.0),
        from: from + half,
        to: to - half,
    }
}

/// "orders.order_date" of "part of the rows found by orders.order_date".
fn column_of(axis: &MapAxisView) -> &str {
    axis.name.rsplit(' ').next().unwrap_or(&axis.name)
}

/// "order_date finds 30 %" for each value of an axis.
fn found(axis: &MapAxisView) -> Vec<String> {
    let name = column_of(axis);
    let values = axis.values.iter();
    values
        .map(|share| format!("{name} finds {}", format::share(*share)))
        .collect()
}

/// Titles of a plan's nodes, outermost first.
fn titles(text: &str) -> Vec<&str> {
    text.lines()
        .enumerate()
        .filter_map(|(at, line)| {
            let line = line.trim_start();
            match line.strip_prefix("->") {
                Some(title) => Some(title.trim_start()),
                None => (at == 0).then_some(line),
            }
        })
        .collect()
}

/// What a plan has that not all plans have; a plan that has nothing of its own is told by its first node.
fn telling(plans: &[String], at: usize) -> String {
    let mine = titles(&plans[at]);
    let common = |title: &&&str| plans.iter().all(|other| titles(other).contains(*title));
    let own: Vec<&str> = mine
        .iter()
        .filter(|title| !common(title))
        .copied()
        .collect();
    if own.is_empty() || plans.len() == 1 {
        mine.join(" · ")
    } else {
        own.join(" · ")
    }
}

fn letter(at: usize) -> String {
    match u8::try_from(at).ok().filter(|at| *at < 26) {
        Some(at) => char::from(b'A' + at).to_string(),
        None => format!("{}", at + 1),
    }
}

/// Lays a map out; `None` if there is nothing to draw.
#[must_use]
pub fn chart(view: &PlanMapView) -> Option<MapChart> {
    let grid = Grid::read(view)?;
    let (plot, height) = Plot::new(&grid);
    let (left, top, right, bottom) = plot.frame;
    let x = scale(&view.x, left, right, plot.cell.0);
    let y = view
        .y
        .as_ref()
        .map(|axis| scale(axis, bottom, top, plot.cell.1));
    let here = (
        x.at(view.x.now),
        match (&y, &view.y) {
            (Some(scale), Some(axis)) => scale.at(axis.now),
            _ => (top + bottom) / 2.0,
        },
    );
    let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
    for cost in grid.costs.iter().copied().filter(|cost| *cost > 0.0) {
        low = low.min(cost);
        high = high.max(cost);
    }
    let shade_of = |cost: f64| {
        let part = (cost.max(low) / low).ln() / (high / low).ln().max(0.01);
        part_of(part, SHADES)
    };
    let mut order: Vec<(usize, usize)> = (0..view.plans.len())
        .map(|plan| (plan, grid.plans.iter().filter(|one| **one == plan).count()))
        .filter(|(_, cells)| *cells > 0)
        .collect();
    order.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let rank: Vec<usize> = (0..view.plans.len())
        .map(|plan| {
            let at = order.iter().position(|(one, _)| *one == plan);
            at.unwrap_or(usize::MAX)
        })
        .collect();
    let mut chart = MapChart {
        height,
        frame: plot.frame,
        x_ticks: x.ticks(format::share),
        y_ticks: y.map_or_else(Vec::new, |scale| scale.ticks(format::share)),
        plans: Vec::new(),
        shades: (1..SHADES)
            .map(|shade| plot.area(&grid, &|cell| shade_of(grid.costs[cell]) == shade))
            .collect(),
        borders: plot.borders(&grid),
        here,
        size: (grid.columns, grid.rows),
        summary: String::new(),
        plot,
        cells: grid
            .plans
            .iter()
            .zip(&grid.costs)
            .map(|(plan, cost)| (rank.get(*plan).copied().unwrap_or_default(), *cost))
            .collect(),
        across: found(&view.x),
        up: view.y.as_ref().map_or_else(Vec::new, found),
    };
    let standing = chart.standing();
    let at_home = grid.at(standing.0, standing.1);
    chart.plans = order
        .iter()
        .enumerate()
        .map(|(at, (plan, cells))| plan_of(&grid, &plot, at, (*plan, *cells), at_home))
        .collect();
    let axes = match &view.y {
        Some(y) => format!("{} (across) and {} (up)", column_of(&view.x), column_of(y)),
        None => column_of(&view.x).to_owned(),
    };
    let home = at_home
        .and_then(|plan| rank.get(plan))
        .map_or_else(String::new, |at| {
            format!(" This query stands in plan {}.", letter(*at))
        });
    chart.summary = format!(
        "Which of {} wins, over the part of the rows that the conditions on {axes} find.{home}{}",
        format::counted(
            f64::from(u32::try_from(order.len()).unwrap_or(u32::MAX)),
            "plan"
        ),
        if view.complete {
            ""
        } else {
            " The upper rows were not planned in time."
        }
    );
    Some(chart)
}

fn plan_of(
    grid: &Grid<'_>,
    plot: &Plot,
    at: usize,
    (plan, cells): (usize, usize),
    at_home: Option<usize>,
) -> MapPlan {
    let mine = grid.plans.iter().zip(&grid.costs);
    let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
    for (_, cost) in mine.filter(|(one, _)| **one == plan) {
        low = low.min(*cost);
        high = high.max(*cost);
    }
    #[expect(clippy::cast_precision_loss, reason = "at most 65,536 cells")]
    let share = cells as f64 / grid.plans.len() as f64;
    MapPlan {
        letter: letter(at),
        style: at % STYLES,
        title: telling(&grid.view.plans, plan),
        text: grid.view.plans[plan].clone(),
        share: format!(
            "{} of the map, cost {} to {}",
            format::share(share),
            format::cost(low),
            format::cost(high)
        ),
        here: at_home == Some(plan),
        area: plot.area(grid, &|cell| grid.plans[cell] == plan),
        place: plot.letter(grid, plan),
    }
}

#[cfg(test)]
#[path = "plan_map/tests.rs"]
mod tests;
