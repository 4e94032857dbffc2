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
