//! Pages as a field of small squares, drawn with a handful of SVG paths.
//!
//! Why paths with dashes: ten thousand elements would keep the browser for a long task, and a canvas does not follow the theme. Here
//! a run of equal squares in a row is one dashed line, so that a full scan of 10,310 pages is about a hundred and thirty of them.

use crate::page_touches::{Found, PageKind, PageTouches, TouchedPage};
use std::fmt::Write;

/// Width of a field, in its own units.
pub const WIDTH: u32 = 640;

/// Height that a field should not exceed while squares can still be made smaller.
const HEIGHT: usize = 216;

/// Sizes of a square with its gap, largest first.
const PITCHES: [usize; 7] = [16, 12, 10, 8, 6, 5, 4];

/// Squares at most; beyond it each stands for several pages.
const SQUARES: usize = 40_000;

/// Squares of one look, as one path.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldPath {
    /// BEM modifiers: what is drawn.
    pub modifiers: Vec<&'static str>,
    /// The path.
    pub d: String,
    /// Width of its line: the height of the squares.
    pub stroke: String,
    /// Dashes: square, gap.
    pub dash: String,
}

/// A field.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Height, in its own units.
    pub height: usize,
    /// The squares.
    pub paths: Vec<FieldPath>,
    /// Pages that a square stands for.
    pub pages_each: usize,
}

/// How a square looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Untouched,
    Touched(PageKind, Found),
}

impl Look {
    const fn of(page: &TouchedPage) -> Self {
        Self::Touched(page.kind, page.found)
    }

    fn modifiers(self) -> Vec<&'static str> {
        match self {
            Self::Untouched => vec!["untouched"],
            Self::Touched(kind, Found::Hit) => vec![kind.name(), "hit"],
            Self::Touched(kind, Found::Read) => vec![kind.name(), "read"],
            Self::Touched(kind, Found::Added) => vec![kind.name(), "added"],
        }
    }
}

/// All pages that the run touched, in the order in which it first came to them; the first `shown` of them stand out.
#[must_use]
pub fn in_order(touches: &PageTouches, shown: usize) -> Field {
    let pages = touches.pages.iter().enumerate();
    let cells: Vec<Option<&TouchedPage>> = pages
        .map(|(at, page)| (at < shown).then_some(page))
        .collect();
    draw(&cells)
}

/// All pages of one relation, in their place; those among the first `shown` that the run touched stand out.
#[must_use]
pub fn in_place(touches: &PageTouches, relation: usize, shown: usize) -> Field {
    let size = touches
        .relations
        .get(relation)
        .map_or(0, |relation| relation.pages);
    let of_relation = |pages: &'_ [TouchedPage]| -> Vec<TouchedPage> {
        let pages = pages.iter().filter(|page| page.relation == relation);
        pages.copied().collect()
    };
    let last = of_relation(&touches.pages)
        .iter()
        .map(|page| page.block + 1)
        .max()
        .unwrap_or(0);
    let count = usize::try_from(size.max(last)).unwrap_or(0);
    let stands_out = of_relation(touches.pages.get(..shown).unwrap_or(&touches.pages));
    let mut cells = vec![None; count];
    for page in &stands_out {
        let cell = usize::try_from(page.block).ok();
        if let Some(cell) = cell.and_then(|at| cells.get_mut(at)) {
            *cell = Some(page);
        }
    }
    draw(&cells)
}

fn draw(pages: &[Option<&TouchedPage>]) -> Field {
    let pages_each = pages.len().div_ceil(SQUARES).max(1);
    let squares: Vec<(Look, bool)> = pages
        .chunks(pages_each)
        .map(|group| {
            let touched = || group.iter().copied().flatten();
            let look = touched().next().map_or(Look::Untouched, Look::of);
            (look, touched().any(|page| page.dirtied))
        })
        .collect();
    let width = usize::try_from(WIDTH).unwrap_or(usize::MAX);
    let rows_at = |pitch: usize| squares.len().div_ceil(width / pitch);
    let pitch = PITCHES
        .into_iter()
        .find(|pitch| rows_at(*pitch) * pitch <= HEIGHT)
        .unwrap_or(3);
    let gap = if pitch > 6 { 2 } else { 1 };
    let side = pitch - gap;
    let columns = width / pitch;
    let mut looks: Vec<(Look, String)> = Vec::new();
    let mut changed = String::new();
    for (row, line) in squares.chunks(columns).enumerate() {
        let top = row * pitch;
        for (look, from, to) in runs(line, |square| square.0) {
            let at = looks.iter().position(|(other, _)| *other == look);
            let at = at.unwrap_or_else(|| {
                looks.push((look, String::new()));
                looks.len() - 1
            });
            if let Some((_, path)) = looks.get_mut(at) {
                dashes(path, from, to, top * 2 + side, pitch, gap);
            }
        }
        for (dirtied, from, to) in runs(line, |square| square.1) {
            if dirtied {
                let foot = (side / 3).max(1);
                dashes(&mut changed, from, to, (top + side) * 2 - foot, pitch, gap);
            }
        }
    }
    let dash = format!("{side} {gap}");
    let mut paths: Vec<FieldPath> = looks
        .into_iter()
        .map(|(look, d)| FieldPath {
            modifiers: look.modifiers(),
            d,
            // Colour is not the only sign: what was found is flat, what was read is a full square.
            stroke: match look {
                Look::Touched(_, Found::Hit) => (side / 2).max(1).to_string(),
                _ => side.to_string(),
            },
            dash: dash.clone(),
        })
        .collect();
    if !changed.is_empty() {
        paths.push(FieldPath {
            modifiers: vec!["dirtied"],
            d: changed,
            stroke: (side / 3).max(1).to_string(),
            dash,
        });
    }
    Field {
        height: rows_at(pitch).max(1) * pitch,
        paths,
        pages_each,
    }
}

/// Runs of equal squares in a row: what they are, first, after last.
fn runs<T: Copy, L: Copy + PartialEq>(row: &[T], look: impl Fn(&T) -> L) -> Vec<(L, usize, usize)> {
    let mut runs: Vec<(L, usize, usize)> = Vec::new();
    for (at, square) in row.iter().enumerate() {
        let this = look(square);
        match runs.last_mut() {
            Some((last, _, to)) if *last == this => *to = at + 1,
            _ => runs.push((this, at, at + 1)),
        }
    }
    runs
}

/// A dashed line through a run; `twice_y` is twice its height from the top, since its middle may lie between two units.
fn dashes(path: &mut String, from: usize, to: usize, twice_y: usize, pitch: usize, gap: usize) {
    let half = if twice_y % 2 == 1 { ".5" } else { "" };
    // Writing to a string cannot fail.
    let _ = write!(
        path,
        "M{} {}{half}h{}",
        from * pitch,
        twice_y / 2,
        (to - from) * pitch - gap
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page_touches::TouchedRelation;

    const ALL: usize = usize::MAX;

    fn scan(pages: u32) -> PageTouches {
        PageTouches {
            relations: vec![TouchedRelation {
                pages,
                ..TouchedRelation::default()
            }],
            pages: (0..pages)
                .map(|block| TouchedPage {
                    block,
                    found: Found::Read,
                    ..TouchedPage::default()
                })
                .collect(),
            ..PageTouches::default()
        }
    }

    /// Squares of a path: each dash of its lines.
    /// Squares of the path that has that modifier.
    fn squares_of(field: &Field, modifier: &str) -> usize {
        let path = field
            .paths
            .iter()
            .find(|path| path.modifiers.contains(&modifier));
        squares(path.unwrap())
    }

    fn squares(path: &FieldPath) -> usize {
        let (side, gap) = path.dash.split_once(' ').unwrap();
        let (side, gap): (usize, usize) = (side.parse().unwrap(), gap.parse().unwrap());
        let lines = path.d.split('M').skip(1);
        lines
            .map(|line| line.split_once('h').unwrap().1.parse::<usize>().unwrap())
            .map(|length| (length + gap) / (side + gap))
            .sum()
    }

    #[test]
    fn a_full_scan_is_one_path_with_a_line_a_row() {
        let field = in_order(&scan(10_310), ALL);
        assert_eq!(field.paths.len(), 1);
        assert_eq!(squares(&field.paths[0]), 10_310);
        let lines = field.paths[0].d.matches('M').count();
        assert!(lines < 200, "{lines} lines");
        assert!(field.height <= 280, "{} high", field.height);
    }

    #[test]
    fn four_pages_of_ten_thousand_stand_out_in_their_place() {
        let mut touches = scan(10_310);
        touches
            .pages
            .retain(|page| [5, 77, 4_000, 10_309].contains(&page.block));
        let field = in_place(&touches, 0, ALL);
        assert_eq!(
            (squares_of(&field, "read"), squares_of(&field, "untouched")),
            (4, 10_306)
        );
    }

    #[test]
    fn a_run_can_be_stopped_at_any_page() {
        for field in [in_order(&scan(100), 30), in_place(&scan(100), 0, 30)] {
            assert_eq!(
                (squares_of(&field, "read"), squares_of(&field, "untouched")),
                (30, 70)
            );
        }
    }

    #[test]
    fn a_page_that_was_changed_is_marked_besides_its_kind() {
        let mut touches = scan(3);
        touches.pages[1].dirtied = true;
        let field = in_order(&touches, ALL);
        assert_eq!(field.paths.len(), 2);
        assert_eq!(field.paths[1].modifiers, ["dirtied"]);
        assert_eq!(squares(&field.paths[1]), 1);
    }

    #[test]
    fn everything_lies_within_the_width_whatever_the_number() {
        for pages in [1, 39, 40, 41, 700, 5_000, 65_536, 200_000] {
            let field = in_order(&scan(pages), ALL);
            for path in &field.paths {
                for line in path.d.split('M').skip(1) {
                    let (place, length) = line.split_once('h').unwrap();
                    let x: usize = place.split_once(' ').unwrap().0.parse().unwrap();
                    assert!(x + length.parse::<usize>().unwrap() <= 640, "{pages} pages");
                }
            }
            let drawn: usize = field.paths.iter().map(squares).sum();
            assert_eq!(
                drawn,
                usize::try_from(pages).unwrap().div_ceil(field.pages_each)
            );
        }
    }

    #[test]
    fn nothing_touched_is_an_empty_field() {
        assert_eq!(in_order(&PageTouches::default(), ALL).paths, []);
        assert_eq!(in_place(&PageTouches::default(), 3, ALL).paths, []);
    }
}
