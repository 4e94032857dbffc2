//! Traces, counted.

use super::*;
use protocol::{IndexView, TableView, TraceRelationView};

/// A trace of (relation, page, kind, found).
fn view(accesses: &[(u32, u32, u8, u8)]) -> TraceView {
    let words = |pick: fn(&(u32, u32, u8, u8)) -> u32| {
        Bytes(
            accesses
                .iter()
                .flat_map(|access| pick(access).to_le_bytes())
                .collect(),
        )
    };
    let relation = |name: &str, index: bool, id: u32, pages: f64| TraceRelationView {
        name: name.to_owned(),
        index,
        id,
        pages,
    };
    TraceView {
        relations: vec![
            relation("orders", false, 1, 100.0),
            relation("orders_pkey", true, 7, 30.0),
        ],
        accesses: u32::try_from(accesses.len()).unwrap(),
        pages: words(|access| access.1),
        relation_of: words(|access| access.0),
        blocks: words(|access| access.1 % 1000),
        kinds: Bytes(accesses.iter().map(|access| access.2).collect()),
        found: Bytes(accesses.iter().map(|access| access.3).collect()),
        ..TraceView::default()
    }
}

const LOOKUP: [(u32, u32, u8, u8); 5] = [
    (1, 2001, 3, 0),
    (1, 2002, 2, 1),
    (0, 1005, 0, 1),
    (1, 2001, 3, 0),
    (0, 1005, 0, 0),
];

#[test]
fn pages_come_once_in_the_order_of_their_first_touch() {
    let touches = PageTouches::of(&view(&LOOKUP), &SchemaView::default());
    let order: Vec<(u32, PageKind, Found)> = touches
        .pages
        .iter()
        .map(|page| (page.block, page.kind, page.found))
        .collect();
    assert_eq!(
        order,
        [
            (1, PageKind::Internal, Found::Hit),
            (2, PageKind::Leaf, Found::Read),
            (5, PageKind::Heap, Found::Read)
        ]
    );
}

#[test]
fn accesses_are_counted_by_kind_and_relation() {
    let touches = PageTouches::of(&view(&LOOKUP), &SchemaView::default());
    let heap = touches.of_kind(PageKind::Heap);
    assert_eq!((heap.pages, heap.hits, heap.reads), (1, 1, 1));
    assert_eq!(touches.headline(), "3 pages: 3 hits, 2 reads");
    let rows = touches.rows();
    assert_eq!(rows[0].relation, "orders_pkey · index");
    assert_eq!(
        (rows[0].kind, rows[0].pages.as_str()),
        (PageKind::Leaf, "1 of 30")
    );
    assert_eq!(
        (rows[1].relation.as_str(), rows[1].pages.as_str()),
        ("", "1")
    );
    assert_eq!(rows[2].counts, ["1", "1", "0", "0"]);
}

#[test]
fn changed_and_added_pages_are_marked() {
    let touches = PageTouches::of(
        &view(&[(0, 1005, 0, 0), (0, 1005, 0, 2), (1, 2009, 2, 3)]),
        &SchemaView::default(),
    );
    assert!(touches.pages[0].dirtied && touches.pages[1].dirtied);
    assert_eq!(touches.pages[1].found, Found::Added);
    assert_eq!(
        touches.headline(),
        "2 pages: 1 hit, 0 reads, 1 dirtied, 1 added"
    );
}

#[test]
fn what_became_of_pages_is_told_in_order_and_a_freed_number_may_come_again() {
    let accesses = [
        (1, 2002, 2, 0),
        (1, 2009, 2, 3),
        (1, 2002, 2, 4),
        (1, 2002, 2, 5),
        (1, 2009, 2, 6),
        (0, 2009, 0, 3),
    ];
    let touches = PageTouches::of(&view(&accesses), &SchemaView::default());
    assert_eq!(
        touches.events,
        [
            "orders_pkey: leaf page 9 added",
            "orders_pkey: leaf page 2 split",
            "orders_pkey: leaf page 2 took in its right neighbour",
            "orders_pkey: leaf page 9 freed",
            "orders: heap page 9 added",
        ]
    );
    assert_eq!(touches.pages.len(), 3);
    assert_eq!(
        touches.headline(),
        "3 pages: 1 hit, 0 reads, 0 dirtied, 2 added, 1 split, 1 merge"
    );
}

#[test]
fn the_primary_key_of_a_clustered_table_is_the_table() {
    let table = TableView {
        name: "orders".to_owned(),
        organization: "clustered".to_owned(),
        indexes: vec![IndexView {
            id: 7,
            primary: true,
            ..IndexView::default()
        }],
        ..TableView::default()
    };
    let schema = SchemaView {
        tables: vec![table],
        ..SchemaView::default()
    };
    let touches = PageTouches::of(&view(&LOOKUP), &schema);
    assert_eq!(touches.rows()[0].relation, "orders · clustered table");
}

#[test]
fn each_step_of_the_run_is_put_into_words() {
    let touches = PageTouches::of(&view(&LOOKUP), &SchemaView::default());
    assert_eq!(touches.step_words(0), "0 of 3");
    assert_eq!(
        touches.step_words(2),
        "2 of 3: leaf page 2 of orders_pkey, read"
    );
    assert_eq!(touches.step_words(3), "3 of 3: heap page 5 of orders, read");
    assert_eq!(touches.step_words(9), "0 of 3");
}

#[test]
fn what_was_left_out_is_said() {
    let mut long = view(&LOOKUP);
    long.omitted = 12_000.0;
    let touches = PageTouches::of(&long, &SchemaView::default());
    assert_eq!(
        touches.omission().unwrap(),
        "The first 5 accesses of this run are counted and drawn; 12,000 more came after them."
    );
    assert_eq!(PageTouches::default().omission(), None);
}

#[test]
fn a_trace_cut_short_is_no_trap() {
    let mut broken = view(&LOOKUP);
    broken.kinds.0.truncate(2);
    broken.relation_of.0.truncate(6);
    assert_eq!(
        PageTouches::of(&broken, &SchemaView::default()).pages.len(),
        3
    );
}
