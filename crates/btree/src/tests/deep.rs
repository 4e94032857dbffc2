//! Trees of more levels than a path keeps in place: pages of 512 bytes and long separators.

use super::{Keys, entries, image, row, store};
use crate::search::{Path, Step};
use crate::tree::HEIGHT;
use crate::{BTree, BTreeOptions, Direction, UniqueInsert};
use alloc::vec::Vec;
use pages::{PageId, RowId};

/// Of one long column: a separator is a whole key, so that an internal page holds three or four.
const LONG: Keys = Keys {
    columns: 1,
    deduplicate: false,
    integers: false,
};

/// Keys that differ in their last byte but one only where they must: 110 bytes.
fn long_key(value: u32) -> Vec<u8> {
    let mut key = alloc::vec![b'k'; 100];
    key.extend(alloc::format!("{value:09}").as_bytes());
    key.push(0);
    key
}

fn step(at: usize) -> Step {
    Step {
        page: PageId::new(at as u32 + 1).unwrap(),
        slot: at * 3,
    }
}

#[test]
fn a_path_gives_its_steps_back_from_the_lowest_however_many_there_are() {
    for len in 0..12 {
        let mut path = Path::default();
        (0..len).for_each(|at| path.push(step(at)));
        assert_eq!(path.len(), len);
        let pages: Vec<PageId> = path.pages().collect();
        assert_eq!(pages, (0..len).map(|at| step(at).page).collect::<Vec<_>>());
        // Half is taken, other steps come in its place, and then all goes.
        for at in (len / 2..len).rev() {
            let taken = path.pop().unwrap();
            assert_eq!((taken.page, taken.slot), (step(at).page, step(at).slot));
        }
        (20..26).for_each(|at| path.push(step(at)));
        assert_eq!(path.len(), len / 2 + 6);
        for at in (20..26).rev().chain((0..len / 2).rev()) {
            let taken = path.pop().unwrap();
            assert_eq!((taken.page, taken.slot), (step(at).page, step(at).slot));
        }
        assert!(path.pop().is_none() && path.pages().next().is_none());
    }
}

/// What an insert did to the tree's height and splits.
#[derive(Default)]
struct Seen {
    height: u64,
    /// The most splits of one insert.
    splits: u64,
}

/// Inserts by the place that a unique insert's check found; every tree of one and the same keys must be the same.
fn grow(values: impl Iterator<Item = u32>) -> Seen {
    let (mut one, mut two) = (store(512), store(512));
    let tree = BTree::create(&mut one, BTreeOptions::default()).unwrap();
    assert_eq!(
        BTree::create(&mut two, BTreeOptions::default()).unwrap(),
        tree
    );
    let mut model: Vec<(Vec<u8>, RowId)> = Vec::new();
    let mut seen = Seen::default();
    for (value, id) in values.zip((0..).map(row)) {
        let key = long_key(value);
        let before = tree.work(&one).splits;
        let inserted = tree.insert_unique(&mut one, &LONG, &key, id, &[], &mut |_, _| Ok(true));
        match model.binary_search_by(|(known, _)| known.cmp(&key)) {
            Ok(at) => assert_eq!(inserted.unwrap(), UniqueInsert::Conflict(model[at].1)),
            Err(at) => {
                assert_eq!(inserted.unwrap(), UniqueInsert::Inserted);
                tree.insert(&mut two, &LONG, &key, id, &[]).unwrap();
                model.insert(at, (key, id));
            }
        }
        tree.check(&one, &LONG).unwrap();
        seen.splits = seen.splits.max(tree.work(&one).splits - before);
        seen.height = one.state(tree.relation()).unwrap()[HEIGHT];
    }
    assert_eq!(entries(&tree, &one, Direction::Forward), model);
    assert!(image(&tree, &one) == image(&tree, &two));
    seen
}

#[test]
fn inserts_by_a_known_place_split_every_level_of_a_deep_tree() {
    // Spread over the whole tree, so that pages split in their middle, with values that come again.
    let seen = grow((0..900).map(|i: u32| i.wrapping_mul(2_654_435_761) % 1100));
    assert!(seen.height > 4, "{} levels", seen.height);
    assert!(seen.splits > 4, "{} splits at once", seen.splits);
    // Falling and rising keys split the first and the last page of each level.
    for seen in [grow((0..400).rev()), grow(0..400)] {
        assert!(seen.height > 4, "{} levels", seen.height);
        assert!(seen.splits > 4, "{} splits at once", seen.splits);
    }
}

#[test]
fn a_deep_tree_shrinks_to_nothing_and_grows_again() {
    let mut store = store(512);
    let tree = BTree::create(&mut store, BTreeOptions::default()).unwrap();
    for round in 0..2 {
        let before = tree.work(&store).splits;
        for i in 0..500_u32 {
            let value = i * 7919 % 500;
            tree.insert(&mut store, &LONG, &long_key(value), row(value), &[])
                .unwrap();
        }
        assert!(store.state(tree.relation()).unwrap()[HEIGHT] > 4, "{round}");
        assert!(tree.work(&store).splits > before);
        for i in 0..500_u32 {
            let value = i * 4_391 % 500;
            assert!(
                tree.remove(&mut store, &LONG, &long_key(value), row(value))
                    .unwrap()
            );
            tree.check(&store, &LONG).unwrap();
        }
        assert_eq!(tree.counts(&store).entries, 0);
    }
}
