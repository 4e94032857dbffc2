//! The log against a plain list, and the store against copies of its pages.

use super::{ByteStack, PIECE_BYTES, Record, UndoLog};
use crate::{BlockNumber, PageId, PageKind, PageStore, SavepointId, StoreOptions};
use alloc::vec;
use alloc::vec::Vec;

/// Numbers without pattern, the same at every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        let grown = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = grown.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

#[test]
fn bytes_of_a_stack_are_those_pushed_and_not_cut_off() {
    let mut dice = Dice(1);
    let (mut stack, mut model) = (ByteStack::default(), Vec::<u8>::new());
    for i in 0..4000_usize {
        match dice.below(10) {
            0..6 => {
                let more = [0, 1, 3, 4, 32, 33, 500][dice.below(7)];
                let place = stack.grow(more).unwrap();
                assert_eq!(place.len(), more);
                place.fill(i as u8);
                model.resize(model.len() + more, i as u8);
            }
            6..8 => {
                let len = dice.below(model.len() + 10);
                stack.truncate(len);
                model.truncate(len);
            }
            8 => {
                let (a, b) = (dice.below(model.len() + 1), dice.below(model.len() + 1));
                let (to, from) = (a.min(b), a.max(b));
                let len = dice.below(model.len() - from + 1);
                stack.move_down(from, to, len);
                model.copy_within(from..from + len, to);
            }
            _ => stack.shrink_to(dice.below(600)),
        }
        assert_eq!(stack.len(), model.len());
        assert_eq!(stack.last(model.len()), model);
        let count = dice.below(model.len() + 1);
        assert_eq!(stack.last(count), &model[model.len() - count..]);
    }
}

#[test]
fn bytes_beyond_what_a_stack_has_are_not_given() {
    let mut stack = ByteStack::default();
    stack.grow(5).unwrap().fill(7);
    assert_eq!(stack.last(6), [7; 5]);
    stack.truncate(9);
    assert_eq!(stack.len(), 5);
    stack.truncate(2);
    assert_eq!(stack.last(5), [7; 2]);
    // What was cut off may still be there, but nobody sees it before it is written anew.
    stack.grow(1).unwrap().fill(8);
    assert_eq!(stack.last(3), [7, 7, 8]);
}

#[test]
fn a_record_holds_the_pieces_of_one_writer_each_with_its_place_behind_it() {
    let page = PageId::new(3).unwrap();
    let mut log = UndoLog::default();
    let pieces: [(usize, &[u8]); 5] = [
        (0, &[1, 2, 3]),
        (32_767, &[4]),
        (77, &[]),
        (40, &[5; 300]),
        (8, &[6, 7]),
    ];
    assert!(log.start_pieces(page));
    for (at, old) in pieces {
        if let [a, b] = *old {
            assert!(log.push_array(at, &[a, b]));
        } else {
            assert!(log.push_piece(at, old));
        }
    }
    let size: usize = pieces.iter().map(|(_, old)| old.len() + PIECE_BYTES).sum();
    let [Record::Pieces { page: of, len }] = log.records[..] else {
        panic!("{:?}", log.records);
    };
    assert_eq!((of, len as usize, log.bytes.len()), (page, size, size));
    assert_eq!(UndoLog::bytes_of(&log.records[0], 512), size);
    for (at, old) in pieces.into_iter().rev() {
        let words = u32::from_le_bytes(*log.bytes.last(PIECE_BYTES).first_chunk().unwrap());
        assert_eq!(words, (at | old.len() << 16) as u32);
        log.bytes.truncate(log.bytes.len() - PIECE_BYTES);
        assert_eq!(log.bytes.last(old.len()), old);
        log.bytes.truncate(log.bytes.len() - old.len());
    }
    assert_eq!(log.bytes.len(), 0);
}

fn images(store: &PageStore, pages: &[PageId]) -> Vec<Vec<u8>> {
    let image = |&page: &PageId| store.peek(page).unwrap().to_vec();
    pages.iter().map(image).collect()
}

/// One writer's change: some pieces, that may overlap and reach to the page's end, or more than is worth keeping as pieces.
fn change(store: &mut PageStore, page: PageId, dice: &mut Dice) {
    let page_bytes = store.page_bytes();
    let mut writer = store.write(page).unwrap();
    for _ in 0..dice.below(5) {
        let value = dice.below(256) as u8;
        let len = [0, 1, 2, 6, 17, 40, page_bytes / 3][dice.below(7)];
        let at = if dice.below(4) == 0 {
            page_bytes - len
        } else {
            dice.below(page_bytes - len + 1)
        };
        match dice.below(9) {
            0..4 => writer.put(at, &vec![value; len]).unwrap(),
            4..6 => writer.range(at..at + len).unwrap().fill(value),
            6 => writer.put_u16(at.min(page_bytes - 2), 0x0101).unwrap(),
            7 => writer
                .put_array(at.min(page_bytes - 6), [value; 6])
                .unwrap(),
            _ if dice.below(6) == 0 => writer.whole().unwrap().fill(value),
            _ => {}
        }
    }
}

#[test]
fn pages_go_back_to_what_they_were_at_each_of_several_savepoints() {
    let mut dice = Dice(2);
    for _ in 0..40 {
        let mut store = PageStore::new(StoreOptions {
            page_size: crate::PageSize::new(512).unwrap(),
            ..StoreOptions::default()
        });
        let relation = store.create_relation().unwrap();
        let pages: Vec<PageId> = (0..3)
            .map(|_| store.extend(relation, PageKind::Heap).unwrap().1)
            .collect();
        let mut open: Vec<(SavepointId, Vec<Vec<u8>>, usize, usize)> = Vec::new();
        for _ in 0..200 {
            match dice.below(12) {
                0 | 1 => {
                    let (records, bytes) = (store.undo.records.len(), store.undo.bytes.len());
                    let before = images(&store, &pages);
                    open.push((store.begin_savepoint(), before, records, bytes));
                }
                2 if !open.is_empty() => {
                    let at = dice.below(open.len());
                    let (id, before, records, bytes) = &open[at];
                    store.rollback_to(*id).unwrap();
                    assert!(images(&store, &pages) == *before);
                    // The log is where it was, and so ready for the next change.
                    assert_eq!(store.undo.records.len(), *records);
                    assert_eq!(store.undo.bytes.len(), *bytes);
                    open.truncate(at + 1);
                }
                3 if !open.is_empty() => {
                    let at = dice.below(open.len());
                    store.release(open[at].0).unwrap();
                    open.truncate(at);
                }
                _ => change(&mut store, pages[dice.below(3)], &mut dice),
            }
        }
        if let Some((id, before, ..)) = open.first() {
            store.rollback_to(*id).unwrap();
            assert!(images(&store, &pages) == *before);
        }
        assert_eq!(store.block_count(relation), 3);
        assert_eq!(store.page_at(relation, BlockNumber(0)), Some(pages[0]));
    }
}

#[test]
fn small_changes_are_kept_as_pieces_and_large_ones_as_one_page() {
    let mut store = PageStore::new(StoreOptions::default());
    let relation = store.create_relation().unwrap();
    let page = store.extend(relation, PageKind::Heap).unwrap().1;
    let page_bytes = store.page_bytes();
    let savepoint = store.begin_savepoint();
    let mut writer = store.write(page).unwrap();
    for at in 0..10 {
        writer.put(100 * at, &[1; 6]).unwrap();
    }
    assert!(matches!(store.undo.records[..], [Record::Pieces { .. }]));
    assert_eq!(store.undo.bytes.len(), 10 * (6 + PIECE_BYTES));
    let mut writer = store.write(page).unwrap();
    for _ in 0..page_bytes {
        writer.put(0, &[2; 6]).unwrap();
    }
    let images = store.undo.records.iter();
    let images = images.filter(|record| matches!(record, Record::Image { .. }));
    assert_eq!(images.count(), 1);
    assert!(store.undo.bytes.len() < 2 * page_bytes);
    store.rollback_to(savepoint).unwrap();
    assert!(store.peek(page).unwrap().iter().all(|&byte| byte == 0));
}
