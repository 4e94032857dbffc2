//! Where the boxes of a plan tree stand: a pure function from sizes to positions.
//!
//! Root on top, children in the order of EXPLAIN from left to right, each parent centred over its children. Subtrees are pushed together
//! until their outlines touch (the contour idea of Reingold & Tilford, "Tidier Drawings of Trees", 1981), so that boxes of
//! different heights never overlap.

/// One box to place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoxSize {
    /// Position of the parent in the list; the parent comes first.
    pub parent: Option<usize>,
    /// Width in pixels.
    pub width: f64,
    /// Height in pixels.
    pub height: f64,
}

/// Room between boxes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gaps {
    /// Between neighbours.
    pub horizontal: f64,
    /// Between a parent and its children.
    pub vertical: f64,
}

/// A placed box: its top left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Placed {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// A line from a parent's bottom to a child's top.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// Position of the child, whose rows flow along it.
    pub child: usize,
    /// Start, at the parent.
    pub from: (f64, f64),
    /// End, at the child.
    pub to: (f64, f64),
}

/// A drawn tree.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// Boxes, in the order given.
    pub boxes: Vec<Placed>,
    /// One for each box that has a parent.
    pub edges: Vec<Edge>,
    /// Width of the whole.
    pub width: f64,
    /// Height of the whole.
    pub height: f64,
}

impl Layout {
    /// The same drawing, that far from the left and the top.
    #[must_use]
    pub fn moved(mut self, by: f64) -> Self {
        for placed in &mut self.boxes {
            placed.x += by;
            placed.y += by;
        }
        for edge in &mut self.edges {
            edge.from = (edge.from.0 + by, edge.from.1 + by);
            edge.to = (edge.to.0 + by, edge.to.1 + by);
        }
        self
    }
}

/// Outline of a subtree: for each depth the leftmost and rightmost x, relative to its root's centre.
type Contour = Vec<(f64, f64)>;

/// Places the boxes. O(n · depth). Boxes of one depth share their top, which keeps edges readable.
#[must_use]
pub fn layout(sizes: &[BoxSize], gaps: Gaps) -> Layout {
    if sizes.is_empty() {
        return Layout::default();
    }
    let mut children = vec![Vec::new(); sizes.len()];
    let mut depth = vec![0usize; sizes.len()];
    for (at, size) in sizes.iter().enumerate() {
        if let Some(parent) = size.parent.filter(|parent| *parent < at) {
            children[parent].push(at);
            depth[at] = depth[parent] + 1;
        }
    }
    let levels = depth.iter().max().map_or(0, |deepest| deepest + 1);
    let mut level_height = vec![0.0f64; levels];
    for (at, size) in sizes.iter().enumerate() {
        level_height[depth[at]] = level_height[depth[at]].max(size.height);
    }
    let mut offset = vec![0.0; sizes.len()];
    let mut contours: Vec<Contour> = vec![Contour::new(); sizes.len()];
    // Children come after their parents, so going backwards meets every subtree complete.
    for at in (0..sizes.len()).rev() {
        contours[at] = place_children(
            &children[at],
            sizes[at].width,
            gaps.horizontal,
            &mut offset,
            &mut contours,
        );
    }
    let roots: Vec<usize> = (0..sizes.len())
        .filter(|at| sizes[*at].parent.is_none_or(|parent| parent >= *at))
        .collect();
    let forest = place_children(&roots, 0.0, gaps.horizontal, &mut offset, &mut contours);
    let left = forest
        .iter()
        .skip(1)
        .map(|(left, _)| *left)
        .fold(f64::INFINITY, f64::min);
    let right = forest
        .iter()
        .skip(1)
        .map(|(_, right)| *right)
        .fold(f64::NEG_INFINITY, f64::max);

    let mut boxes = vec![Placed::default(); sizes.len()];
    let mut centre = vec![0.0; sizes.len()];
    let tops: Vec<f64> = level_height
        .iter()
        .scan(0.0, |top, height| {
            let this = *top;
            *top += height + gaps.vertical;
            Some(this)
        })
        .collect();
    let mut edges = Vec::new();
    for (at, size) in sizes.iter().enumerate() {
        let parent = size.parent.filter(|parent| *parent < at);
        centre[at] = offset[at] + parent.map_or(-left, |parent| centre[parent]);
        boxes[at] = Placed {
            x: centre[at] - size.width / 2.0,
            y: tops[depth[at]],
            width: size.width,
            height: size.height,
        };
        if let Some(parent) = parent {
            let above = boxes[parent];
            edges.push(Edge {
                child: at,
                from: (centre[parent], above.y + above.height),
                to: (centre[at], boxes[at].y),
            });
        }
    }
    let height = boxes
        .iter()
        .map(|placed| placed.y + placed.height)
        .fold(0.0, f64::max);
    Layout {
        boxes,
        edges,
        width: right - left,
        height,
    }
}

/// Sets the children's offsets from their parent's centre and returns the outline of the whole, the parent at depth 0.
fn place_children(
    children: &[usize],
    width: f64,
    gap: f64,
    offset: &mut [f64],
    contours: &mut [Contour],
) -> Contour {
    let mut merged: Contour = Vec::new();
    for child in children {
        let contour = std::mem::take(&mut contours[*child]);
        let shift = merged
            .iter()
            .zip(&contour)
            .map(|((_, right), (left, _))| right + gap - left)
            .fold(f64::NEG_INFINITY, f64::max);
        let shift = if merged.is_empty() { 0.0 } else { shift };
        offset[*child] = shift;
        for (level, (left, right)) in contour.iter().enumerate() {
            let moved = (left + shift, right + shift);
            match merged.get_mut(level) {
                Some(outline) => outline.1 = moved.1,
                None => merged.push(moved),
            }
        }
    }
    if let (Some(first), Some(last)) = (children.first(), children.last()) {
        let middle = (offset[*first] + offset[*last]) / 2.0;
        for child in children {
            offset[*child] -= middle;
        }
        for outline in &mut merged {
            *outline = (outline.0 - middle, outline.1 - middle);
        }
    }
    merged.insert(0, (-width / 2.0, width / 2.0));
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{Strategy, any, prop, proptest};

    const GAPS: Gaps = Gaps {
        horizontal: 10.0,
        vertical: 20.0,
    };

    fn sized(parent: Option<usize>, width: f64, height: f64) -> BoxSize {
        BoxSize {
            parent,
            width,
            height,
        }
    }

    #[test]
    fn a_parent_stands_centred_over_its_children() {
        let drawn = layout(
            &[
                sized(None, 50.0, 30.0),
                sized(Some(0), 40.0, 20.0),
                sized(Some(0), 40.0, 20.0),
            ],
            GAPS,
        );
        assert_eq!((drawn.width, drawn.height), (90.0, 70.0));
        assert_eq!(
            (drawn.boxes[0].x, drawn.boxes[1].x, drawn.boxes[2].x),
            (20.0, 0.0, 50.0)
        );
        assert_eq!(drawn.edges[0].from, (45.0, 30.0));
    }

    #[test]
    fn nothing_is_drawn_as_nothing() {
        assert_eq!(layout(&[], GAPS), Layout::default());
    }

    fn forests() -> impl Strategy<Value = Vec<BoxSize>> {
        prop::collection::vec(
            (any::<prop::sample::Index>(), 10.0..300.0f64, 10.0..150.0f64),
            1..40,
        )
        .prop_map(|nodes| {
            nodes
                .iter()
                .enumerate()
                .map(|(at, (parent, width, height))| {
                    sized((at > 0).then(|| parent.index(at.max(1))), *width, *height)
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn no_box_touches_another_and_all_lie_within_the_drawing(sizes in forests()) {
            let drawn = layout(&sizes, GAPS);
            for (at, a) in drawn.boxes.iter().enumerate() {
                assert!(a.x > -1e-6 && a.x + a.width < drawn.width + 1e-6, "box {at} leaves the drawing");
                for b in &drawn.boxes[at + 1..] {
                    let apart = a.x + a.width + 9.999 <= b.x || b.x + b.width + 9.999 <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
                    assert!(apart, "{a:?} touches {b:?}");
                }
            }
            for edge in &drawn.edges {
                assert!(edge.from.1 < edge.to.1, "a child stands above its parent");
            }
        }
    }
}
