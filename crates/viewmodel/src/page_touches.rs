//! The pages that a run touched, counted by kind and relation, and their order.
//!
//! Why it is worked out once, when the trace arrives: a trace has up to 65,536 accesses, and the view is drawn anew with every
//! change of the state.

use crate::format;
use protocol::{Bytes, MissPointView, SchemaView, TraceView};

/// What a page holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum PageKind {
    /// Rows in the order of their arrival.
    #[default]
    Heap,
    /// The tree's first page: where its root is.
    Meta,
    /// Above the leaves.
    Internal,
    /// The lowest level of a tree.
    Leaf,
}

impl PageKind {
    /// All, in the order of a legend.
    pub const ALL: [Self; 4] = [Self::Heap, Self::Leaf, Self::Internal, Self::Meta];

    const fn from_byte(byte: u8) -> Self {
        match byte {
            1 => Self::Meta,
            2 => Self::Leaf,
            3 => Self::Internal,
            _ => Self::Heap,
        }
    }

    /// Its name, and its BEM modifier.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Heap => "heap",
            Self::Meta => "meta",
            Self::Internal => "internal",
            Self::Leaf => "leaf",
        }
    }
}

/// How a page was found when the run first came to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Found {
    /// In the buffer pool.
    #[default]
    Hit,
    /// It had to be read.
    Read,
    /// The run made it.
    Added,
}

/// A page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TouchedPage {
    /// Position in [`PageTouches::relations`].
    pub relation: usize,
    /// Position in its table or index.
    pub block: u32,
    /// What it holds.
    pub kind: PageKind,
    /// How it was found at first.
    pub found: Found,
    /// The run changed it.
    pub dirtied: bool,
}

/// Counts of one kind of page in one relation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touches {
    /// Different pages.
    pub pages: u32,
    /// Accesses that found their page in the pool.
    pub hits: u32,
    /// Accesses that did not.
    pub reads: u32,
    /// Clean pages that became dirty.
    pub dirtied: u32,
    /// Pages that were added.
    pub added: u32,
}

impl Touches {
    fn plus(self, other: Self) -> Self {
        Self {
            pages: self.pages + other.pages,
            hits: self.hits + other.hits,
            reads: self.reads + other.reads,
            dirtied: self.dirtied + other.dirtied,
            added: self.added + other.added,
        }
    }
}

/// A table or an index.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TouchedRelation {
    /// Name.
    pub name: String,
    /// "heap", "clustered table", "index".
    pub what: &'static str,
    /// Pages it has.
    pub pages: u32,
    /// By kind, in the order of [`PageKind::ALL`].
    pub kinds: [Touches; 4],
}

/// A whole trace, counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageTouches {
    /// Tables and indexes.
    pub relations: Vec<TouchedRelation>,
    /// Different pages in the order in which they were first touched.
    pub pages: Vec<TouchedPage>,
    /// What became of pages: added, split, merged, freed; the first of them, in order and in words.
    pub events: Vec<String>,
    /// Events beyond those.
    pub more_events: u32,
    /// Pages that were split.
    pub splits: u32,
    /// Pages that took in a neighbour.
    pub merges: u32,
    /// Accesses that came after the list was full.
    pub omitted: f64,
    /// Reads by size of cache.
    pub miss_curve: Vec<MissPointView>,
}

/// A row of the table beside the drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TouchesRow {
    /// The relation; empty where it is the one above.
    pub relation: String,
    /// "heap", "leaf" …
    pub kind: PageKind,
    /// "20 of 10,310"
    pub pages: String,
    /// Hits, reads, dirtied, added.
    pub counts: [String; 4],
}

/// Events that are put into words.
const EVENTS: usize = 60;

fn word(column: &Bytes, at: usize) -> u32 {
    let bytes = column.0.get(at * 4..at * 4 + 4);
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .map_or(0, u32::from_le_bytes)
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn position(kind: PageKind) -> usize {
    PageKind::ALL
        .iter()
        .position(|other| *other == kind)
        .unwrap_or(0)
}

/// What a traced relation is, by the schema: the primary key of a clustered table holds its rows.
fn named(schema: &SchemaView, name: &str, id: u32, is_index: bool) -> (String, &'static str) {
    if !is_index {
        return (name.to_owned(), "heap");
    }
    let table = schema.tables.iter().find(|table| {
        let clustered = table.organization == "clustered";
        clustered
            && table
                .indexes
                .iter()
                .any(|index| index.id == id && index.primary)
    });
    table.map_or_else(
        || (name.to_owned(), "index"),
        |table| (table.name.clone(), "clustered table"),
    )
}

impl PageTouches {
    /// Counts a trace. O(accesses).
    #[must_use]
    pub fn of(view: &TraceView, schema: &SchemaView) -> Self {
        let mut relations: Vec<TouchedRelation> = view
            .relations
            .iter()
            .map(|relation| {
                let (name, what) = named(schema, &relation.name, relation.id, relation.index);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "the engine counts pages in 32 bits"
                )]
                let pages = relation.pages as u32;
                TouchedRelation {
                    name,
                    what,
                    pages,
                    kinds: [Touches::default(); 4],
                }
            })
            .collect();
        let mut touches = Self {
            omitted: view.omitted,
            miss_curve: view.miss_curve.clone(),
            ..Self::default()
        };
        // By number of the page in the store: its place in `pages`, plus one.
        let mut seen: Vec<u32> = Vec::new();
        for at in 0..index(view.accesses) {
            let number = index(word(&view.pages, at));
            let relation = index(word(&view.relation_of, at));
            let kind = PageKind::from_byte(view.kinds.0.get(at).copied().unwrap_or(0));
            let how = view.found.0.get(at).copied().unwrap_or(0);
            if seen.len() <= number {
                seen.resize(number + 1, 0);
            }
            let block = word(&view.blocks, at);
            if how >= 3 {
                let name = relations
                    .get(relation)
                    .map_or("", |relation| &relation.name);
                touches.event(name, kind, block, how);
            }
            if how >= 4 {
                // A freed page's number may come again with another page.
                if how == 6 {
                    seen[number] = 0;
                }
                continue;
            }
            let first = seen[number] == 0;
            if first {
                touches.pages.push(TouchedPage {
                    relation,
                    block,
                    kind,
                    found: match how {
                        1 => Found::Read,
                        3 => Found::Added,
                        _ => Found::Hit,
                    },
                    dirtied: false,
                });
                seen[number] = u32::try_from(touches.pages.len()).unwrap_or(u32::MAX);
            }
            if how >= 2
                && let Some(page) = touches.pages.get_mut(index(seen[number]).wrapping_sub(1))
            {
                page.dirtied = true;
            }
            if let Some(relation) = relations.get_mut(relation) {
                let counts = &mut relation.kinds[position(kind)];
                counts.pages += u32::from(first);
                match how {
                    0 => counts.hits += 1,
                    1 => counts.reads += 1,
                    2 => counts.dirtied += 1,
                    _ => counts.added += 1,
                }
            }
        }
        touches.relations = relations;
        touches
    }

    /// Takes down what was done to a page.
    fn event(&mut self, relation: &str, kind: PageKind, block: u32, how: u8) {
        let what = match how {
            3 => "added",
            4 => "split",
            5 => "took in its right neighbour",
            _ => "freed",
        };
        self.splits += u32::from(how == 4);
        self.merges += u32::from(how == 5);
        if self.events.len() < EVENTS {
            self.events
                .push(format!("{relation}: {} page {block} {what}", kind.name()));
        } else {
            self.more_events += 1;
        }
    }

    /// Counts of one kind over all relations.
    #[must_use]
    pub fn of_kind(&self, kind: PageKind) -> Touches {
        let counts = self
            .relations
            .iter()
            .map(|relation| relation.kinds[position(kind)]);
        counts.fold(Touches::default(), Touches::plus)
    }

    /// Counts of everything.
    #[must_use]
    pub fn total(&self) -> Touches {
        let counts = PageKind::ALL.map(|kind| self.of_kind(kind));
        counts.into_iter().fold(Touches::default(), Touches::plus)
    }

    /// "24 pages touched: 4 hits, 20 reads"
    #[must_use]
    pub fn headline(&self) -> String {
        let total = self.total();
        let mut words = format!(
            "{}: {}, {}",
            format::counted(f64::from(total.pages), "page"),
            format::counted(f64::from(total.hits), "hit"),
            format::counted(f64::from(total.reads), "read")
        );
        if total.dirtied + total.added > 0 {
            words.push_str(&format!(
                ", {} dirtied, {} added",
                format::count(f64::from(total.dirtied)),
                format::count(f64::from(total.added))
            ));
        }
        for (count, what) in [(self.splits, "split"), (self.merges, "merge")] {
            if count > 0 {
                words.push_str(&format!(", {}", format::counted(f64::from(count), what)));
            }
        }
        words
    }

    /// What the run did as the page before place `shown` of its order: "17 of 24: leaf page 3 of orders_pkey, read".
    #[must_use]
    pub fn step_words(&self, shown: usize) -> String {
        let number =
            |count: usize| format::count(f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
        let all = number(self.pages.len());
        let page = shown.checked_sub(1).and_then(|at| self.pages.get(at));
        let Some(page) = page else {
            return format!("0 of {all}");
        };
        let found = match page.found {
            Found::Hit => "found in the pool",
            Found::Read => "read",
            Found::Added => "added",
        };
        let relation = self.relations.get(page.relation);
        format!(
            "{} of {all}: {} page {} of {}, {found}",
            number(shown),
            page.kind.name(),
            page.block,
            relation.map_or("", |relation| relation.name.as_str())
        )
    }

    /// "Changes of structure: 12 in the order in which they happened"
    #[must_use]
    pub fn events_line(&self) -> String {
        let shown = u32::try_from(self.events.len()).unwrap_or(u32::MAX);
        let all = f64::from(shown) + f64::from(self.more_events);
        format!("Changes of structure: {}, in order", format::count(all))
    }

    /// What was left out, if anything was.
    #[must_use]
    pub fn omission(&self) -> Option<String> {
        let total = self.total();
        let kept = f64::from(total.hits)
            + f64::from(total.reads)
            + f64::from(total.dirtied)
            + f64::from(total.added);
        (self.omitted > 0.0).then(|| {
            format!(
                "The first {} of this run are counted and drawn; {} more came after them.",
                format::counted(kept, "access").replace("accesss", "accesses"),
                format::count(self.omitted)
            )
        })
    }

    /// The table: a row for each kind of page of each relation, the most touched relation first.
    #[must_use]
    pub fn rows(&self) -> Vec<TouchesRow> {
        // There are a handful; a sort would be the larger part of this file's code.
        let all = |relation: &TouchedRelation| {
            let pages = relation.kinds.iter().map(|kind| kind.pages);
            pages.sum::<u32>()
        };
        let mut order: Vec<&TouchedRelation> = Vec::new();
        for relation in &self.relations {
            let before = order.iter().take_while(|other| all(other) >= all(relation));
            order.insert(before.count(), relation);
        }
        let mut rows = Vec::new();
        for relation in order {
            let mut name = format!("{} · {}", relation.name, relation.what);
            for kind in PageKind::ALL {
                let counts = relation.kinds[position(kind)];
                if counts == Touches::default() {
                    continue;
                }
                let pages = format::count(f64::from(counts.pages));
                rows.push(TouchesRow {
                    pages: if name.is_empty() {
                        pages
                    } else {
                        format!("{pages} of {}", format::count(f64::from(relation.pages)))
                    },
                    relation: std::mem::take(&mut name),
                    kind,
                    counts: [counts.hits, counts.reads, counts.dirtied, counts.added]
                        .map(|count| format::count(f64::from(count))),
                });
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests;
