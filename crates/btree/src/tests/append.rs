//! Lists of ascending entries against the same entries one by one.

use super::{INTEGERS, Keys, int_key, row, store};
use crate::{BTree, BTreeOptions};
use alloc::vec::Vec;
use pages::{PageStore, RowId};

/// Adds the entries by [`BTree::append`] where it takes them, else one by one, in lists of `step`.
fn append_all(
    tree: &BTree,
    store: &mut PageStore,
    layout: &Keys,
    entries: &[(Vec<u8>, RowId)],
    (step, distinct): (usize, bool),
) {
    for part in entries.chunks(step) {
        let bytes: Vec<u8> = part.iter().flat_map(|(key, _)| key.clone()).collect();
        let ends = part.iter().scan(0, |end, (key, _)| {
            *end += key.len() as u32;
            Some(*end)
        });
        let (ends, rows): (Vec<u32>, Vec<RowId>) =
            ends.zip(part.iter().map(|(_, row)| row)).unzip();
        let list = crate::EntryList {
            bytes: &bytes,
            ends: &ends,
            rows: &rows,
        };
        let mut next = 0;
        while next < part.len() {
            let added = tree.append(store, layout, list, next, distinct).unwrap();
            next += added;
            if added == 0 {
                let (key, row) = &part[next];
                tree.insert(store, layout, key, *row, &[]).unwrap();
                next += 1;
            }
        }
    }
}

#[test]
fn appending_lists_makes_the_pages_and_accesses_that_single_entries_make() {
    let layout = INTEGERS;
    for (page_bytes, step, distinct, repeat) in [
        (512, 1, true, 1),
        (512, 7, true, 1),
        (8192, 1000, true, 1),
        (8192, 1000, false, 3),
        (512, 64, false, 40),
    ] {
        // Ascending, with equal keys and a few that come too late.
        let entries: Vec<(Vec<u8>, RowId)> = (0..5000)
            .map(|i| {
                let value = if i % 97 == 0 { i / 2 } else { i };
                (int_key(value / repeat).to_vec(), row(i))
            })
            .collect();
        let (mut one, mut many) = (store(page_bytes), store(page_bytes));
        let trees = [&mut one, &mut many]
            .map(|store| BTree::create(store, BTreeOptions::default()).unwrap());
        for (key, row) in &entries {
            trees[0].insert(&mut one, &layout, key, *row, &[]).unwrap();
        }
        let savepoint = many.begin_savepoint();
        append_all(&trees[1], &mut many, &layout, &entries, (step, distinct));
        trees[1].check(&many, &layout).unwrap();
        let counts = |store: &PageStore| (store.buffer_counts().hit, store.buffer_counts().read);
        assert_eq!(counts(&one), counts(&many));
        assert_eq!(trees[0].counts(&one), trees[1].counts(&many));
        assert_eq!(trees[0].work(&one), trees[1].work(&many));
        for block in 0..one.block_count(trees[0].relation()) {
            let bytes = |store: &PageStore, tree: &BTree| {
                let page = store.page_at(tree.relation(), pages::BlockNumber(block));
                store.peek(page.unwrap()).unwrap().to_vec()
            };
            let (one, many) = (bytes(&one, &trees[0]), bytes(&many, &trees[1]));
            assert!(
                one == many,
                "block {block} of {page_bytes} bytes, lists of {step}"
            );
        }
        many.rollback_to(savepoint).unwrap();
        assert_eq!(trees[1].counts(&many).entries, 0);
    }
}
