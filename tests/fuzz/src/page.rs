//! Pages with wrong bytes: whatever is read from or written to them gives an error or an answer.
//!
//! A page has no checksum, since none is read back from a device: a changed value is a value. What must not happen is a panic, a loop
//! without end, or, once the bytes are right again, anything but the rows that were there.

use crate::{
    input::Input,
    keys::{Keys, key, row},
};
use btree::{BTree, BTreeOptions, BatchParts, Bound, Cursor, Direction, EntryBatch, MergePolicy};
use pages::{
    BlockNumber, PageId, PageSize, PageStore, RowId, StoreOptions,
    heap::{ColumnKind, HeapFile, IndexedColumns, RowLayout, RowRef},
};

const KEYS: Keys = Keys { deduplicate: true };
const PAGE_BYTES: u32 = 512;
/// More than any sound scan needs.
const STEPS: usize = 10_000;

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    if input.flip() {
        tree(&mut input);
    } else {
        heap(&mut input);
    }
}

fn store() -> PageStore {
    PageStore::new(StoreOptions {
        page_size: PageSize::new(PAGE_BYTES).unwrap(),
        ..StoreOptions::default()
    })
}

/// Changes up to four bytes of some pages; returns what undoes it.
fn damage(
    input: &mut Input<'_>,
    store: &mut PageStore,
    pages: &[PageId],
) -> Vec<(PageId, usize, u8)> {
    let changes = usize::from(input.byte() % 4) + 1;
    let mut done = Vec::new();
    for _ in 0..changes {
        let page = pages[input.below(pages.len())];
        let at = input.below(PAGE_BYTES as usize);
        let flip = input.byte().max(1);
        store.write(page).unwrap().whole().unwrap()[at] ^= flip;
        done.push((page, at, flip));
    }
    done
}

fn tree(input: &mut Input<'_>) {
    let mut store = store();
    let options = BTreeOptions {
        merge: MergePolicy::WhenHalfEmpty,
        ..BTreeOptions::default()
    };
    let tree = BTree::create(&mut store, options).unwrap();
    for i in 0..300_u32 {
        let text = format!("{}\0{}\0", i * 7 % 40, i % 3);
        tree.insert(
            &mut store,
            &KEYS,
            text.as_bytes(),
            RowId::new(i / 50, 0),
            &[],
        )
        .unwrap();
    }
    let sound = scan(&tree, &store, Direction::Forward).unwrap();
    let pages: Vec<PageId> = (0..store.block_count(tree.relation()))
        .filter_map(|block| store.page_at(tree.relation(), BlockNumber(block)))
        .collect();
    let savepoint = store.begin_savepoint();
    damage(input, &mut store, &pages);
    drop(scan(&tree, &store, Direction::Forward));
    drop(scan(&tree, &store, Direction::Backward));
    let _ = tree.check(&store, &KEYS);
    drop(tree.shape(&store));
    for &page in &pages {
        drop(tree.page_view(&store, page));
    }
    while !input.is_empty() {
        let (key, row) = (key(input), row(input));
        let _ = match input.byte() % 4 {
            0 => tree.get(&store, &key).map(drop),
            1 => tree.remove(&mut store, &KEYS, &key, row).map(drop),
            2 => tree
                .remove_rows(&mut store, &KEYS, None, 3, &mut |row| row.slot.0 == 0)
                .map(drop),
            _ => tree.insert(&mut store, &KEYS, &key, row, &[]).map(drop),
        };
    }
    store.rollback_to(savepoint).unwrap();
    tree.check(&store, &KEYS).unwrap();
    assert!(scan(&tree, &store, Direction::Forward).unwrap() == sound);
}

fn scan(
    tree: &BTree,
    store: &PageStore,
    direction: Direction,
) -> pages::Result<Vec<(Vec<u8>, RowId)>> {
    let mut cursor = Cursor::new(tree, Bound::Unbounded, Bound::Unbounded, direction);
    let mut batch = EntryBatch::default();
    let mut found = Vec::new();
    for _ in 0..STEPS {
        batch.clear();
        if cursor.next_batch(store, 100, BatchParts::KeysAndPayloads, &mut batch)? == 0 {
            return Ok(found);
        }
        for (at, &row) in batch.rows.iter().enumerate() {
            found.push((batch.key(at).unwrap_or_default().to_vec(), row));
        }
    }
    panic!("the scan does not end");
}

fn heap(input: &mut Input<'_>) {
    let mut store = store();
    let columns = vec![ColumnKind::Fixed4, ColumnKind::Variable, ColumnKind::Fixed8];
    let heap = HeapFile::create(&mut store, RowLayout { columns }, 100).unwrap();
    let mut rows = Vec::new();
    for i in 0..120_u32 {
        let (number, text, wide) = (
            i.to_le_bytes(),
            format!("text {i}"),
            u64::from(i).to_le_bytes(),
        );
        let columns = [
            Some(&number[..]),
            (i % 4 > 0).then_some(text.as_bytes()),
            Some(&wide[..]),
        ];
        let row = RowRef {
            columns: &columns,
            row_len: 56,
        };
        rows.push(heap.insert(&mut store, &row).unwrap());
    }
    for &row in rows.iter().step_by(7) {
        heap.delete(&mut store, row).unwrap();
    }
    let sound = values(&heap, &store).unwrap();
    let pages: Vec<PageId> = (0..heap.pages(&store))
        .filter_map(|block| heap.page_id(&store, BlockNumber(block)))
        .collect();
    let savepoint = store.begin_savepoint();
    damage(input, &mut store, &pages);
    drop(values(&heap, &store));
    while !input.is_empty() {
        let row = rows[input.below(rows.len())];
        let text = input.bytes(30);
        let columns = [Some(&[1, 2, 3, 4][..]), Some(text), None];
        let new = RowRef {
            columns: &columns,
            row_len: 40,
        };
        let _ = match input.byte() % 7 {
            0 => heap.fetch(&store, row).map(drop),
            1 => heap.is_live(&store, row).map(drop),
            2 => heap.delete(&mut store, row),
            3 => heap
                .update(&mut store, row, &new, IndexedColumns::Unchanged)
                .map(drop),
            4 => heap.insert(&mut store, &new).map(drop),
            5 => heap.prune_if_useful(&mut store, row.block).map(drop),
            _ => values(&heap, &store).map(drop),
        };
    }
    store.rollback_to(savepoint).unwrap();
    assert!(values(&heap, &store).unwrap() == sound);
}

type Row = Vec<Option<Vec<u8>>>;

fn values(heap: &HeapFile, store: &PageStore) -> pages::Result<Vec<Row>> {
    let mut found = Vec::new();
    for block in 0..heap.pages(store) {
        let page = heap.page(store, BlockNumber(block))?;
        for (slot, _) in page.indexed_rows() {
            if let Some(row) = page.row(slot) {
                found.push(
                    (0..3)
                        .map(|column| row.value(column).map(<[u8]>::to_vec))
                        .collect(),
                );
            }
        }
    }
    Ok(found)
}
