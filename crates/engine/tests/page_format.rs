//! The example of `docs/page-format.md`: every byte that is drawn there is in the page, and the bytes decoded by the tables there give
//! the rows that went in.
//!
//! Why it decodes by itself: a decoder of the engine's would agree with the engine whatever the document says.

#![allow(clippy::unwrap_used, reason = "a test stops at its own mistakes")]

use engine::database::{Database, DatabaseOptions, RunOptions};

const PAGE_BYTES: usize = 512;

fn document() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/page-format.md");
    std::fs::read_to_string(path).unwrap()
}

/// A code block whose first line is `name`.
fn block<'d>(document: &'d str, name: &str) -> &'d str {
    let start = format!("```text\n{name}\n");
    let from = document.find(&start).unwrap() + start.len();
    let rest = &document[from..];
    &rest[..rest.find("```").unwrap()]
}

/// The bytes of a drawing: each line is an offset, bytes, two spaces, words. `00 × 7` is a run.
fn drawn(drawing: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in drawing.lines().filter(|line| !line.trim().is_empty()) {
        let (offset, rest) = line.trim_start().split_once("  ").unwrap();
        assert_eq!(offset.parse::<usize>().unwrap(), bytes.len(), "{line}");
        let hex = rest.trim_start().split("  ").next().unwrap().trim();
        if let Some((byte, times)) = hex.split_once(" × ") {
            let byte = u8::from_str_radix(byte, 16).unwrap();
            bytes.resize(bytes.len() + times.parse::<usize>().unwrap(), byte);
        } else {
            bytes.extend(
                hex.split(' ')
                    .map(|byte| u8::from_str_radix(byte, 16).unwrap()),
            );
        }
    }
    bytes
}

/// The example's statements, run.
fn example() -> Database {
    let document = document();
    let mut database = Database::new(DatabaseOptions::default());
    let sql = document.split("```sql\n").nth(1).unwrap();
    let sql = &sql[..sql.find("```").unwrap()];
    database.execute_with(sql, RunOptions::default()).unwrap();
    database
}

fn page(database: &Database, relation: &str, block: usize) -> Vec<u8> {
    let pages = database.relation_pages(relation).unwrap();
    database.describe_page(pages[block]).unwrap().bytes
}

fn u16_at(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn same(name: &str, drawn: &[u8], real: &[u8]) {
    assert_eq!(drawn.len(), PAGE_BYTES, "{name}: bytes drawn");
    for (at, (drawn, real)) in drawn.iter().zip(real).enumerate() {
        assert_eq!(drawn, real, "{name}: byte {at}");
    }
}

#[test]
fn every_byte_drawn_of_the_heap_page_is_there() {
    same(
        "heap",
        &drawn(block(&document(), "heap page, block 0 of cats")),
        &page(&example(), "cats", 0),
    );
}

#[test]
fn every_byte_drawn_of_the_leaf_page_is_there() {
    same(
        "leaf",
        &drawn(block(&document(), "leaf page, block 1 of cats_age")),
        &page(&example(), "cats_age", 1),
    );
}

#[test]
fn the_heap_page_decodes_by_the_document_to_the_rows_that_went_in() {
    let page = drawn(block(&document(), "heap page, block 0 of cats"));
    assert_eq!(page[0], 1);
    let (capacity, slots, columns) = (u16_at(&page, 2), u16_at(&page, 4), u16_at(&page, 16));
    assert_eq!((slots, u16_at(&page, 6), columns), (3, 3, 3));
    let lengths: usize = (0..slots)
        .map(|slot| u16_at(&page, 24 + 2 * columns + 2 * capacity + 2 * slot))
        .sum();
    assert_eq!(
        u16_at(&page, 8),
        lengths,
        "tuple bytes are the sum of the rows' lengths"
    );
    let states = 24 + 2 * columns;
    let visible = states + 4 * capacity;
    let mut rows = Vec::new();
    for slot in 0..slots {
        assert_eq!(
            u16_at(&page, states + 2 * slot),
            1 << 13 | 0x1FFF,
            "live, no link"
        );
        assert_eq!(page[visible + slot / 8] >> (slot % 8) & 1, 1);
        let area = |column: usize| {
            let entry = u16_at(&page, 24 + 2 * column);
            let start = (entry & 0x3FFF) * 2;
            let is_null = entry >> 14 == 1 && {
                let bitmap = start - capacity.div_ceil(16) * 2;
                page[bitmap + slot / 8] >> (slot % 8) & 1 == 1
            };
            (start, is_null)
        };
        let id = u32_at(&page, area(0).0 + 4 * slot);
        let (names, no_name) = area(1);
        let name = (!no_name).then(|| {
            let end = |slot: usize| u16_at(&page, names + 2 * slot);
            let from = if slot == 0 { 0 } else { end(slot - 1) };
            let texts = names + 2 * capacity;
            String::from_utf8(page[texts + from..texts + end(slot)].to_vec()).unwrap()
        });
        let (ages, no_age) = area(2);
        rows.push((id, name, (!no_age).then(|| u16_at(&page, ages + 2 * slot))));
    }
    assert_eq!(
        rows,
        [
            (1, Some("Ada".to_owned()), Some(3)),
            (2, Some("Grace".to_owned()), None),
            (3, None, Some(7))
        ]
    );
}

#[test]
fn the_leaf_page_decodes_by_the_document_to_the_entries_in_order() {
    let page = drawn(block(&document(), "leaf page, block 1 of cats_age"));
    assert_eq!((page[0], page[1], u16_at(&page, 2)), (2, 0, 0));
    assert_eq!(
        (u32_at(&page, 12), u32_at(&page, 16), u16_at(&page, 20)),
        (0, 0, 0)
    );
    let entries: Vec<(Vec<u8>, u32, usize)> = (0..u16_at(&page, 4))
        .map(|slot| {
            let cell = u16_at(&page, 32 + 2 * slot);
            let length = u16_at(&page, cell);
            let key = page[cell + 2..cell + 2 + length].to_vec();
            let row = cell + 2 + length;
            (key, u32_at(&page, row), u16_at(&page, row + 4))
        })
        .collect();
    // Keys sort as bytes do: a NULL is last. Rows 0, 2 and 1 have the ages 3, 7 and NULL.
    assert!(entries.windows(2).all(|pair| pair[0].0 < pair[1].0));
    assert_eq!(
        entries
            .iter()
            .map(|entry| (entry.1, entry.2))
            .collect::<Vec<_>>(),
        [(0, 0), (0, 2), (0, 1)]
    );
}
