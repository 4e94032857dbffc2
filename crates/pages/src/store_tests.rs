//! The store: counting, tracing, undo and its ceiling.

use crate::{AccessKind, BufferCounts, PageId, PageKind, PageStore, StorageError, StoreOptions};
use alloc::vec::Vec;

fn store(buffer_pages: u32) -> PageStore {
    PageStore::new(StoreOptions {
        buffer_pages,
        ..StoreOptions::default()
    })
}

#[test]
fn a_pool_smaller_than_the_scan_misses_every_page_and_a_larger_one_none() {
    let mut store = store(4);
    let relation = store.create_relation().unwrap();
    let pages: Vec<PageId> = (0..10)
        .map(|_| store.extend(relation, PageKind::Heap).unwrap().1)
        .collect();
    let scan = |store: &PageStore| {
        let before = store.buffer_counts();
        pages
            .iter()
            .for_each(|&page| assert!(store.read(page).is_ok()));
        store.buffer_counts() - before
    };
    scan(&store);
    assert_eq!(
        scan(&store),
        BufferCounts {
            read: 10,
            // All but the first are the neighbour of the page before.
            read_sequential: 9,
            evicted: 10,
            ..BufferCounts::default()
        }
    );
    store.restart_buffer(10);
    assert_eq!(scan(&store).read, 10);
    assert_eq!(
        scan(&store),
        BufferCounts {
            hit: 10,
            ..BufferCounts::default()
        }
    );
}

#[test]
fn a_page_is_dirtied_once_until_a_checkpoint() {
    let mut store = store(4);
    let relation = store.create_relation().unwrap();
    let (_, page) = store.extend(relation, PageKind::Heap).unwrap();
    store.checkpoint();
    let before = store.buffer_counts();
    store.start_trace(10);
    store.write(page).unwrap().put(0, &[1]).unwrap();
    store.write(page).unwrap().put(0, &[2]).unwrap();
    let kinds: Vec<AccessKind> = store
        .take_trace()
        .accesses
        .iter()
        .map(|access| access.access)
        .collect();
    assert_eq!(
        kinds,
        [AccessKind::Hit, AccessKind::Dirtied, AccessKind::Hit]
    );
    let counts = store.buffer_counts() - before;
    assert_eq!((counts.hit, counts.dirtied), (2, 1));
}

#[test]
fn a_page_freed_and_a_relation_dropped_come_back_with_their_bytes() {
    let mut store = store(4);
    let relation = store.create_relation().unwrap();
    let (block, page) = store.extend(relation, PageKind::Heap).unwrap();
    store.write(page).unwrap().put(100, b"kept").unwrap();
    let savepoint = store.begin_savepoint();
    store.free_block(relation, block).unwrap();
    let (_, other) = store.extend(relation, PageKind::Heap).unwrap();
    store.write(other).unwrap().put(100, b"gone").unwrap();
    store.drop_relation(relation).unwrap();
    assert_eq!(store.read(page), Err(StorageError::NoSuchPage(page)));
    store.rollback_to(savepoint).unwrap();
    store.release(savepoint).unwrap();
    assert_eq!(store.page_at(relation, block), Some(page));
    assert_eq!(&store.read(page).unwrap()[100..104], b"kept");
    assert_eq!(store.free_block_count(relation), 0);
}

#[test]
fn an_ended_savepoint_cannot_be_used() {
    let mut store = store(4);
    let outer = store.begin_savepoint();
    let inner = store.begin_savepoint();
    store.release(outer).unwrap();
    assert_eq!(store.rollback_to(inner), Err(StorageError::NoSuchSavepoint));
}

/// Everything of a relation that a rollback must bring back.
fn contents(
    store: &PageStore,
    relation: crate::RelationId,
) -> (Vec<Vec<u8>>, crate::RelationState) {
    let blocks = 0..store.block_count(relation);
    let pages = blocks.map(|block| {
        let page = store.page_at(relation, crate::BlockNumber(block)).unwrap();
        store.peek(page).unwrap().to_vec()
    });
    (pages.collect(), *store.state(relation).unwrap())
}

#[test]
fn nested_savepoints_bring_back_every_byte_whatever_was_kept_before() {
    let mut store = store(64);
    let relation = store.create_relation().unwrap();
    for _ in 0..4 {
        store.extend(relation, PageKind::Heap).unwrap();
    }
    let mut random = 7_u64;
    let mut next = |below: u64| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (random >> 33) % below
    };
    let mut open = Vec::new();
    for step in 0..20_000_u32 {
        let blocks = u64::from(store.block_count(relation));
        match next(20) {
            0..=2 if open.len() < 4 => {
                let before = contents(&store, relation);
                open.push((store.begin_savepoint(), before));
            }
            3 | 4 if !open.is_empty() => {
                let at = next(open.len() as u64) as usize;
                store.release(open[at].0).unwrap();
                open.truncate(at);
            }
            5 if !open.is_empty() => {
                let at = next(open.len() as u64) as usize;
                store.rollback_to(open[at].0).unwrap();
                open.truncate(at + 1);
                assert!(contents(&store, relation) == open[at].1, "step {step}");
            }
            6 if blocks < 12 => {
                store.extend(relation, PageKind::Heap).unwrap();
            }
            7 => {
                let page = store.page_at(relation, crate::BlockNumber(next(blocks) as u32));
                let mut writer = store.write(page.unwrap()).unwrap();
                writer.whole().unwrap().fill(step as u8);
            }
            8 => store.state_mut(relation).unwrap()[3] += 1,
            _ => {
                let page = store.page_at(relation, crate::BlockNumber(next(blocks) as u32));
                let mut writer = store.write(page.unwrap()).unwrap();
                let at = next(200) as usize * 40;
                writer.put(at, &[step as u8; 40]).unwrap();
            }
        }
    }
}

#[test]
fn a_transaction_of_many_small_statements_keeps_each_page_once() {
    let mut store = store(64);
    let relation = store.create_relation().unwrap();
    let (_, page) = store.extend(relation, PageKind::Heap).unwrap();
    let transaction = store.begin_savepoint();
    for step in 0..10_000_usize {
        let statement = store.begin_savepoint();
        let mut writer = store.write(page).unwrap();
        writer.put(step % 4000, &step.to_le_bytes()).unwrap();
        store.state_mut(relation).unwrap()[0] += 1;
        store.release(statement).unwrap();
    }
    assert!(store.undo.memory_bytes() < 64 << 10);
    store.rollback_to(transaction).unwrap();
    assert!(store.peek(page).unwrap().iter().all(|&byte| byte == 0));
    assert_eq!(store.state(relation).unwrap()[0], 0);
}
