//! Unique inserts: what a conflict is, and that the place which the check found is the one that a descent finds.

use super::{INTEGERS, Keys, image, int_key, row, store};
use crate::{BTree, BTreeOptions, UniqueInsert};
use alloc::vec::Vec;

#[test]
fn a_live_equal_key_is_a_conflict_and_a_dead_one_is_not() {
    let mut store = store(512);
    let tree = BTree::create(&mut store, BTreeOptions::default()).unwrap();
    let mut insert = |key, id, live: bool| {
        tree.insert_unique(
            &mut store,
            &INTEGERS,
            &int_key(key),
            row(id),
            &[],
            &mut |_, _| Ok(live),
        )
        .unwrap()
    };
    assert_eq!(insert(5, 1, true), UniqueInsert::Inserted);
    assert_eq!(insert(5, 2, true), UniqueInsert::Conflict(row(1)));
    assert_eq!(insert(5, 2, false), UniqueInsert::Inserted);
}

#[test]
fn a_unique_insert_makes_the_pages_and_accesses_of_a_look_up_and_an_insert() {
    for (distinct, deduplicate) in [(7, true), (40, false), (40, true), (400, false)] {
        let layout = Keys {
            deduplicate,
            ..INTEGERS
        };
        let (mut one, mut two) = (store(512), store(512));
        let tree = BTree::create(&mut one, BTreeOptions::default()).unwrap();
        assert_eq!(
            BTree::create(&mut two, BTreeOptions::default()).unwrap(),
            tree
        );
        for i in 0..3000_u32 {
            let key = int_key(i.wrapping_mul(2_654_435_761) % distinct);
            let row = row(i * 7919 % 3000);
            let inserted =
                tree.insert_unique(&mut one, &layout, &key, row, &[], &mut |_, _| Ok(false));
            assert_eq!(inserted.unwrap(), UniqueInsert::Inserted);
            if !tree.is_beyond_all(&two, &key).unwrap() {
                tree.get_all(&two, &key, &mut Vec::new()).unwrap();
            }
            tree.insert(&mut two, &layout, &key, row, &[]).unwrap();
            assert_eq!(one.buffer_counts(), two.buffer_counts());
        }
        assert!(tree.counts(&one).height > 0);
        assert!(image(&tree, &one) == image(&tree, &two));
    }
}
