//! The B+tree against `BTreeMap`, which pays nothing for pages, and redb, which pays for pages and for transactions.
//!
//! Keys are 8 bytes, values a row id. `BTreeMap` is the floor that no tree over pages reaches; redb (in memory, one transaction) is
//! what a careful tree over pages takes. Native figures: the browser's are `cargo xtask bench`.

use std::collections::BTreeMap;
use std::hint::black_box;

use btree::{BTree, BTreeOptions, Bound, BulkLoader, Cursor, Direction, KeyLayout, KeyPrefix};
use divan::Bencher;
use pages::{PageStore, RowId, StoreOptions};
use redb::{ReadableDatabase, TableDefinition, backends::InMemoryBackend};

const ENTRIES: u64 = 200_000;
const LOOKUPS: u64 = 20_000;
const RANGES: u64 = 2_000;
const RANGE_ENTRIES: usize = 20;
const TABLE: TableDefinition<'_, &[u8], u64> = TableDefinition::new("entries");

fn main() {
    divan::main();
}

/// Keys of one bigint column.
struct Bigints;

impl KeyLayout for Bigints {
    fn tuple_bytes(&self, _key: &[u8], _payload: &[u8]) -> usize {
        16
    }

    fn fixed_tuple_bytes(&self) -> Option<usize> {
        Some(16)
    }

    fn separator(&self, left: &[u8], right: &[u8]) -> Option<KeyPrefix> {
        (left != right).then_some(KeyPrefix {
            bytes: right.len(),
            columns: 1,
        })
    }

    fn deduplicate(&self) -> bool {
        true
    }
}

/// A series without order in which no number comes twice.
fn scattered(i: u64) -> [u8; 8] {
    (i.wrapping_mul(0x9E37_79B9_7F4A_7C15)).to_be_bytes()
}

fn row(i: u64) -> RowId {
    RowId::new(u32::try_from(i / 100).expect("few rows"), (i % 100) as u16)
}

fn key(order: Order, i: u64) -> [u8; 8] {
    match order {
        Order::Ascending => i.to_be_bytes(),
        Order::Scattered => scattered(i),
    }
}

#[derive(Clone, Copy, Debug)]
enum Order {
    Ascending,
    Scattered,
}

const ORDERS: [Order; 2] = [Order::Ascending, Order::Scattered];

fn our_tree(order: Order) -> (PageStore, BTree) {
    let mut store = PageStore::new(StoreOptions::default());
    let tree = BTree::create(&mut store, BTreeOptions::default()).expect("memory");
    for i in 0..ENTRIES {
        tree.insert(&mut store, &Bigints, &key(order, i), row(i), &[])
            .expect("memory");
    }
    (store, tree)
}

fn redb_tree(order: Order) -> redb::Database {
    let database = redb::Database::builder()
        .create_with_backend(InMemoryBackend::new())
        .expect("memory");
    let transaction = database.begin_write().expect("nobody else writes");
    {
        let mut table = transaction.open_table(TABLE).expect("new");
        for i in 0..ENTRIES {
            table
                .insert(&key(order, i)[..], row(i).to_u64())
                .expect("memory");
        }
    }
    transaction.commit().expect("memory");
    database
}

fn std_tree(order: Order) -> BTreeMap<[u8; 8], u64> {
    (0..ENTRIES)
        .map(|i| (key(order, i), row(i).to_u64()))
        .collect()
}

#[divan::bench_group(sample_count = 10)]
mod insert {
    use super::{BTreeMap, Bencher, ENTRIES, ORDERS, Order, key, our_tree, redb_tree, row};

    #[divan::bench(args = ORDERS)]
    fn ours(bencher: Bencher<'_, '_>, order: Order) {
        bencher.counter(ENTRIES).bench(|| our_tree(order));
    }

    #[divan::bench(args = ORDERS)]
    fn redb(bencher: Bencher<'_, '_>, order: Order) {
        bencher.counter(ENTRIES).bench(|| redb_tree(order));
    }

    #[divan::bench(args = ORDERS)]
    fn std(bencher: Bencher<'_, '_>, order: Order) {
        bencher.counter(ENTRIES).bench(|| {
            let mut map = BTreeMap::new();
            for i in 0..ENTRIES {
                map.insert(key(order, i), row(i).to_u64());
            }
            map
        });
    }
}

#[divan::bench_group(sample_count = 10)]
mod bulk_load {
    use super::{
        BTree, BTreeMap, BTreeOptions, Bencher, Bigints, BulkLoader, ENTRIES, PageStore,
        StoreOptions, row,
    };

    #[divan::bench]
    fn ours(bencher: Bencher<'_, '_>) {
        bencher.counter(ENTRIES).bench(|| {
            let mut store = PageStore::new(StoreOptions::default());
            let tree = BTree::create(&mut store, BTreeOptions::default()).expect("memory");
            let mut loader = BulkLoader::new(&tree);
            for i in 0..ENTRIES {
                loader
                    .add(&mut store, &Bigints, &i.to_be_bytes(), row(i), &[])
                    .expect("memory");
            }
            loader.finish(&mut store, &Bigints).expect("memory");
            store
        });
    }

    #[divan::bench]
    fn std(bencher: Bencher<'_, '_>) {
        bencher.counter(ENTRIES).bench(|| {
            (0..ENTRIES)
                .map(|i| (i.to_be_bytes(), row(i).to_u64()))
                .collect::<BTreeMap<_, _>>()
        });
    }
}

#[divan::bench_group(sample_count = 20)]
mod lookup {
    use super::{
        Bencher, LOOKUPS, Order, ReadableDatabase, TABLE, black_box, our_tree, redb_tree,
        scattered, std_tree,
    };

    #[divan::bench]
    fn ours(bencher: Bencher<'_, '_>) {
        let (store, tree) = our_tree(Order::Scattered);
        bencher.counter(LOOKUPS).bench_local(|| {
            for i in 0..LOOKUPS {
                black_box(tree.get(&store, &scattered(i)).expect("sound pages"));
            }
        });
    }

    #[divan::bench]
    fn redb(bencher: Bencher<'_, '_>) {
        let database = redb_tree(Order::Scattered);
        bencher.counter(LOOKUPS).bench_local(|| {
            let transaction = database.begin_read().expect("sound");
            let table = transaction.open_table(TABLE).expect("there");
            for i in 0..LOOKUPS {
                black_box(table.get(&scattered(i)[..]).expect("sound pages"));
            }
        });
    }

    #[divan::bench]
    fn std(bencher: Bencher<'_, '_>) {
        let map = std_tree(Order::Scattered);
        bencher.counter(LOOKUPS).bench_local(|| {
            for i in 0..LOOKUPS {
                black_box(map.get(&scattered(i)));
            }
        });
    }
}

#[divan::bench_group(sample_count = 20)]
mod range {
    use super::{
        Bencher, Bound, Cursor, Direction, Order, RANGE_ENTRIES, RANGES, ReadableDatabase, TABLE,
        black_box, our_tree, redb_tree, scattered, std_tree,
    };

    #[divan::bench]
    fn ours(bencher: Bencher<'_, '_>) {
        let (store, tree) = our_tree(Order::Scattered);
        bencher.counter(RANGES).bench_local(|| {
            for i in 0..RANGES {
                let lower = Bound::Included(scattered(i).to_vec());
                let mut cursor = Cursor::new(&tree, lower, Bound::Unbounded, Direction::Forward);
                for _ in 0..RANGE_ENTRIES {
                    black_box(cursor.next(&store).expect("sound pages"));
                }
            }
        });
    }

    #[divan::bench]
    fn redb(bencher: Bencher<'_, '_>) {
        let database = redb_tree(Order::Scattered);
        bencher.counter(RANGES).bench_local(|| {
            let transaction = database.begin_read().expect("sound");
            let table = transaction.open_table(TABLE).expect("there");
            for i in 0..RANGES {
                let from = scattered(i);
                for entry in table
                    .range(&from[..]..)
                    .expect("sound pages")
                    .take(RANGE_ENTRIES)
                {
                    black_box(entry.expect("sound pages"));
                }
            }
        });
    }

    #[divan::bench]
    fn std(bencher: Bencher<'_, '_>) {
        let map = std_tree(Order::Scattered);
        bencher.counter(RANGES).bench_local(|| {
            for i in 0..RANGES {
                for entry in map.range(scattered(i)..).take(RANGE_ENTRIES) {
                    black_box(entry);
                }
            }
        });
    }
}
