//! A heap file against a plain list of rows.

use super::{
    ColumnKind, ColumnSlice, ColumnValues, ColumnView, HeapFile, IndexedColumns, RowLayout, RowRef,
};
use crate::{BlockNumber, PageSize, PageStore, RowId, StoreOptions};
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

type Row = (Option<i32>, Option<Vec<u8>>, Option<i64>, Option<Vec<u8>>);

fn store(page_bytes: u32) -> PageStore {
    PageStore::new(StoreOptions {
        page_size: PageSize::new(page_bytes).unwrap(),
        ..StoreOptions::default()
    })
}

fn layout() -> RowLayout {
    RowLayout {
        columns: vec![
            ColumnKind::Fixed4,
            ColumnKind::Variable,
            ColumnKind::Fixed8,
            ColumnKind::Variable,
        ],
    }
}

/// PostgreSQL's length of such a row.
fn row_len(row: &Row) -> u16 {
    let mut len = 24;
    if row.0.is_some() {
        len += 4;
    }
    len += row.1.as_ref().map_or(0, |v| v.len() + 1);
    if row.2.is_some() {
        len = len.div_ceil(8) * 8 + 8;
    }
    len += row.3.as_ref().map_or(0, |v| v.len() + 1);
    (len.div_ceil(8) * 8) as u16
}

fn with_row<T>(row: &Row, f: impl FnOnce(&RowRef<'_>) -> T) -> T {
    let a = row.0.map(i32::to_le_bytes);
    let c = row.2.map(i64::to_le_bytes);
    f(&RowRef {
        columns: &[
            a.as_ref().map(|v| &v[..]),
            row.1.as_deref(),
            c.as_ref().map(|v| &v[..]),
            row.3.as_deref(),
        ],
        row_len: row_len(row),
    })
}

fn read_row(view: &super::RowView<'_>) -> Row {
    (
        view.value(0)
            .map(|v| i32::from_le_bytes(v.try_into().unwrap())),
        view.value(1).map(<[u8]>::to_vec),
        view.value(2)
            .map(|v| i64::from_le_bytes(v.try_into().unwrap())),
        view.value(3).map(<[u8]>::to_vec),
    )
}

/// All visible rows by column views.
fn scan(heap: &HeapFile, store: &PageStore) -> BTreeMap<RowId, Row> {
    let mut rows = BTreeMap::new();
    for block in 0..heap.pages(store) {
        let page = heap.page(store, BlockNumber(block)).unwrap();
        let (a, b, c, d) = (
            page.column(0),
            page.column(1),
            page.column(2),
            page.column(3),
        );
        for slot in 0..page.slots() {
            if page.visible()[slot / 8] >> (slot % 8) & 1 == 1 {
                let row = (
                    a.value(slot)
                        .map(|v| i32::from_le_bytes(v.try_into().unwrap())),
                    b.value(slot).map(<[u8]>::to_vec),
                    c.value(slot)
                        .map(|v| i64::from_le_bytes(v.try_into().unwrap())),
                    d.value(slot).map(<[u8]>::to_vec),
                );
                rows.insert(RowId::new(block, slot as u16), row);
            }
        }
    }
    rows
}

/// Everything that a rollback must restore.
fn image(heap: &HeapFile, store: &PageStore) -> (Vec<Vec<u8>>, Vec<bool>, super::HeapCounts) {
    let blocks = 0..heap.pages(store);
    (
        blocks
            .clone()
            .map(|b| {
                store
                    .peek(heap.page_id(store, BlockNumber(b)).unwrap())
                    .unwrap()
                    .to_vec()
            })
            .collect(),
        blocks
            .map(|b| heap.is_all_visible(store, BlockNumber(b)))
            .collect(),
        heap.counts(store),
    )
}

fn vacuum(heap: &HeapFile, store: &mut PageStore) -> Vec<RowId> {
    let mut dead = Vec::new();
    let mut from = Some(BlockNumber(0));
    while let Some(block) = from {
        from = heap.vacuum_prune(store, block, 3, &mut dead).unwrap().next;
    }
    heap.vacuum_free(store, &dead).unwrap();
    heap.vacuum_truncate(store).unwrap();
    dead
}

#[derive(Clone, Debug)]
enum Step {
    Insert(Row),
    Append(Vec<Row>),
    Update(usize, Row, bool),
    Delete(usize),
    Vacuum,
    Prune(u32),
}

fn any_row() -> impl Strategy<Value = Row> {
    (
        proptest::option::weighted(0.9, any::<i32>()),
        proptest::option::weighted(0.8, proptest::collection::vec(any::<u8>(), 0..30)),
        proptest::option::weighted(0.5, any::<i64>()),
        proptest::option::weighted(0.1, proptest::collection::vec(any::<u8>(), 0..60)),
    )
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => any_row().prop_map(Step::Insert),
        1 => proptest::collection::vec(any_row(), 1..40).prop_map(Step::Append),
        6 => (any::<usize>(), any_row(), any::<bool>()).prop_map(|(i, row, hot)| Step::Update(i, row, hot)),
        3 => any::<usize>().prop_map(Step::Delete),
        1 => Just(Step::Vacuum),
        1 => any::<u32>().prop_map(Step::Prune),
    ]
}

fn append(heap: &HeapFile, store: &mut PageStore, rows: &[Row]) -> Vec<RowId> {
    let nulls = |is_null: &dyn Fn(&Row) -> bool| {
        let mut bits = vec![0u8; rows.len().div_ceil(8)];
        for (i, row) in rows.iter().enumerate() {
            bits[i / 8] |= u8::from(is_null(row)) << (i % 8);
        }
        bits
    };
    let variable = |value: &dyn Fn(&Row) -> Vec<u8>| {
        let (mut offsets, mut bytes) = (vec![0u32], Vec::new());
        for row in rows {
            bytes.extend(value(row));
            offsets.push(bytes.len() as u32);
        }
        (offsets, bytes)
    };
    let a: Vec<i32> = rows.iter().map(|row| row.0.unwrap_or(0)).collect();
    let c: Vec<i64> = rows.iter().map(|row| row.2.unwrap_or(0)).collect();
    let b = variable(&|row| row.1.clone().unwrap_or_default());
    let d = variable(&|row| row.3.clone().unwrap_or_default());
    let n = [
        nulls(&|r| r.0.is_none()),
        nulls(&|r| r.1.is_none()),
        nulls(&|r| r.2.is_none()),
        nulls(&|r| r.3.is_none()),
    ];
    let lens: Vec<u16> = rows.iter().map(row_len).collect();
    let columns = [
        ColumnSlice {
            values: ColumnValues::Fixed4(&a),
            nulls: Some(&n[0]),
        },
        ColumnSlice {
            values: ColumnValues::Variable {
                offsets: &b.0,
                bytes: &b.1,
            },
            nulls: Some(&n[1]),
        },
        ColumnSlice {
            values: ColumnValues::Fixed8(&c),
            nulls: Some(&n[2]),
        },
        ColumnSlice {
            values: ColumnValues::Variable {
                offsets: &d.0,
                bytes: &d.1,
            },
            nulls: Some(&n[3]),
        },
    ];
    let runs = heap.append(store, &columns, &lens, 0..rows.len()).unwrap();
    runs.iter()
        .flat_map(|run| (0..run.rows).map(|i| RowId::new(run.first.block.0, run.first.slot.0 + i)))
        .collect()
}

fn apply(
    heap: &HeapFile,
    store: &mut PageStore,
    model: &mut BTreeMap<RowId, Row>,
    roots: &mut BTreeMap<RowId, RowId>,
    step: &Step,
) {
    let pick =
        |model: &BTreeMap<RowId, Row>, i: usize| model.keys().nth(i % model.len().max(1)).copied();
    match step {
        Step::Insert(row) => {
            let id = with_row(row, |row| heap.insert(store, row)).unwrap();
            assert!(model.insert(id, row.clone()).is_none());
            roots.insert(id, id);
        }
        Step::Append(rows) => {
            for (id, row) in append(heap, store, rows).into_iter().zip(rows) {
                assert!(model.insert(id, row.clone()).is_none());
                roots.insert(id, id);
            }
        }
        Step::Update(i, row, hot) => {
            let Some(old) = pick(model, *i) else { return };
            let indexed = if *hot {
                IndexedColumns::Unchanged
            } else {
                IndexedColumns::Changed
            };
            let done = with_row(row, |row| heap.update(store, old, row, indexed)).unwrap();
            model.remove(&old);
            let root = roots.remove(&old).unwrap();
            assert!(model.insert(done.row_id, row.clone()).is_none());
            let is_hot = done.hot == super::HotOutcome::Hot;
            roots.insert(done.row_id, if is_hot { root } else { done.row_id });
        }
        Step::Delete(i) => {
            let Some(old) = pick(model, *i) else { return };
            heap.delete(store, old).unwrap();
            model.remove(&old);
            roots.remove(&old);
        }
        Step::Vacuum => {
            for id in vacuum(heap, store) {
                assert!(
                    !roots.values().any(|&root| root == id),
                    "{id} is still in use"
                );
            }
            assert_eq!(heap.counts(store).dead_rows, 0);
        }
        Step::Prune(block) => {
            if heap.pages(store) > 0 {
                heap.prune_if_useful(store, BlockNumber(block % heap.pages(store)))
                    .unwrap();
            }
        }
    }
}

fn verify(
    heap: &HeapFile,
    store: &PageStore,
    model: &BTreeMap<RowId, Row>,
    roots: &BTreeMap<RowId, RowId>,
) {
    assert_eq!(&scan(heap, store), model);
    assert_eq!(heap.counts(store).live_rows, model.len() as u64);
    for (id, root) in roots {
        let view = heap.fetch_indexed(store, *root).unwrap().unwrap();
        assert_eq!(view.row_id(), *id);
        assert_eq!(&read_row(&view), &model[id]);
    }
    for block in 0..heap.pages(store) {
        if heap.is_all_visible(store, BlockNumber(block)) {
            let page = heap.peek(store, BlockNumber(block)).unwrap();
            assert!((0..page.slots()).all(|slot| !matches!(
                page.slot_state(slot).unwrap().0,
                super::format::SlotState::Dead
                    | super::format::SlotState::DeadHeapOnly
                    | super::format::SlotState::Stub
            )));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_histories_match_a_list_of_rows_and_roll_back_exactly(
        history in proptest::collection::vec((any_step(), 0u8..8), 1..120),
        page in prop_oneof![Just(512u32), Just(1024)],
        fillfactor in prop_oneof![Just(100u8), Just(70)],
    ) {
        let mut store = store(page);
        let heap = HeapFile::create(&mut store, layout(), fillfactor).unwrap();
        let (mut model, mut roots) = (BTreeMap::new(), BTreeMap::new());
        for (step, fate) in &history {
            match fate {
                0 | 1 => {
                    let before = image(&heap, &store);
                    let pages = store.allocated_pages();
                    let outer = store.begin_savepoint();
                    let (mut m, mut r) = (model.clone(), roots.clone());
                    apply(&heap, &mut store, &mut m, &mut r, step);
                    let between = image(&heap, &store);
                    let inner = store.begin_savepoint();
                    apply(&heap, &mut store, &mut m, &mut r, step);
                    if *fate == 0 {
                        store.rollback_to(inner).unwrap();
                        prop_assert_eq!(image(&heap, &store), between);
                    } else {
                        store.release(inner).unwrap();
                    }
                    store.rollback_to(outer).unwrap();
                    store.release(outer).unwrap();
                    prop_assert_eq!(image(&heap, &store), before);
                    prop_assert_eq!(store.allocated_pages(), pages);
                }
                2 => {
                    let id = store.begin_savepoint();
                    apply(&heap, &mut store, &mut model, &mut roots, step);
                    store.release(id).unwrap();
                }
                _ => {
                    store.next_transaction();
                    apply(&heap, &mut store, &mut model, &mut roots, step);
                }
            }
            verify(&heap, &store, &model, &roots);
        }
    }

    #[test]
    fn a_damaged_page_gives_an_error_or_rows_but_no_panic(flips in proptest::collection::vec((0usize..512, any::<u8>()), 1..6)) {
        let mut store = store(512);
        let heap = HeapFile::create(&mut store, layout(), 100).unwrap();
        let row = (Some(1), Some(b"abc".to_vec()), None, None);
        for _ in 0..8 {
            with_row(&row, |row| heap.insert(&mut store, row)).unwrap();
        }
        let page = heap.page_id(&store, BlockNumber(0)).unwrap();
        let bytes = store.write(page).unwrap();
        let mut bytes = bytes;
        for (at, flip) in flips {
            bytes.whole().unwrap()[at] ^= flip;
        }
        if let Ok(page) = heap.page(&store, BlockNumber(0)) {
            for c in 0..4 {
                for slot in 0..page.slots() {
                    let _ = page.column(c).value(slot);
                }
            }
        }
        for slot in 0..10 {
            let _ = heap.fetch_indexed(&store, RowId::new(0, slot));
        }
        let _ = with_row(&row, |row| heap.insert(&mut store, row));
        let _ = with_row(&row, |row| heap.update(&mut store, RowId::new(0, 2), row, IndexedColumns::Unchanged));
        let _ = heap.delete(&mut store, RowId::new(0, 1));
        let _ = heap.vacuum_prune(&mut store, BlockNumber(0), 10, &mut Vec::new());
    }
}

#[test]
fn page_counts_equal_postgresql_for_narrow_rows() {
    // s100000 of the size scenarios: two integers and a text; 64 bytes a row with the line pointer.
    let mut store = store(8192);
    let heap = HeapFile::create(&mut store, layout(), 70).unwrap();
    let row: Row = (Some(7), Some(vec![b'x'; 3]), None, None);
    assert_eq!(row_len(&row), 32);
    let rows: Vec<Row> = (0..10_000).map(|_| row.clone()).collect();
    append(&heap, &mut store, &rows);
    // (8168 - 2457) / 36 = 158 rows a page
    assert_eq!(heap.pages(&store), 64);
    let one_by_one = HeapFile::create(&mut store, layout(), 70).unwrap();
    for row in &rows {
        with_row(row, |row| one_by_one.insert(&mut store, row)).unwrap();
    }
    assert_eq!(one_by_one.pages(&store), 64);
}

#[test]
fn a_page_without_nulls_and_dead_rows_says_so_at_once() {
    let mut store = store(8192);
    let heap = HeapFile::create(&mut store, layout(), 100).unwrap();
    let id = with_row(&(Some(1), Some(vec![1]), Some(3), None), |row| {
        heap.insert(&mut store, row)
    })
    .unwrap();
    let page = heap.page(&store, BlockNumber(0)).unwrap();
    assert!(page.all_slots_visible());
    assert!(matches!(
        page.column(0),
        ColumnView::Fixed {
            width: 4,
            nulls: None,
            ..
        }
    ));
    assert_eq!(page.column(3), ColumnView::AllNull);
    heap.delete(&mut store, id).unwrap();
    assert!(
        !heap
            .page(&store, BlockNumber(0))
            .unwrap()
            .all_slots_visible()
    );
}

#[test]
fn memory_ceiling_is_an_error_and_rolls_back() {
    let mut store = PageStore::new(StoreOptions {
        memory_limit_bytes: 3 << 20,
        ..StoreOptions::default()
    });
    let heap = HeapFile::create(&mut store, layout(), 100).unwrap();
    let id = store.begin_savepoint();
    let row = (Some(1), Some(vec![7; 100]), Some(3), None);
    let error = loop {
        if let Err(error) = with_row(&row, |row| heap.insert(&mut store, row)) {
            break error;
        }
    };
    assert_eq!(
        error,
        crate::StorageError::OutOfMemory {
            limit_bytes: 3 << 20
        }
    );
    store.rollback_to(id).unwrap();
    assert_eq!(heap.pages(&store), 0);
    assert_eq!(store.allocated_pages(), 0);
}
