//! The heap: rows in, a column of all rows out, single rows by their address. The yardstick is a `Vec` of rows.
//!
//! Rows are those of an order: three numbers of 4 bytes and a text of about 20.

use std::hint::black_box;

use divan::Bencher;
use pages::heap::{ColumnKind, ColumnView, HeapFile, RowLayout, RowRef};
use pages::{BlockNumber, PageStore, RowId, StoreOptions};

const ROWS: u32 = 200_000;
const LOOKUPS: usize = 20_000;
/// PostgreSQL's header (24), three integers, a short text, aligned.
const ROW_LEN: u16 = 24 + 12 + 1 + 20;

fn main() {
    divan::main();
}

/// A row as a program would keep it.
struct Order {
    customer: i32,
    amount: i32,
    email: Box<str>,
}

fn email(i: u32) -> String {
    format!("user{i:06}@example.org")
}

fn our_heap() -> (PageStore, HeapFile, Vec<RowId>) {
    let mut store = PageStore::new(StoreOptions::default());
    let layout = RowLayout {
        columns: vec![
            ColumnKind::Fixed4,
            ColumnKind::Fixed4,
            ColumnKind::Fixed4,
            ColumnKind::Variable,
        ],
    };
    let heap = HeapFile::create(&mut store, layout, 100).expect("memory");
    let mut rows = Vec::new();
    for i in 0..ROWS {
        let (id, customer, amount) = (i.to_le_bytes(), (i % 1000).to_le_bytes(), i.to_le_bytes());
        let email = email(i);
        let row = RowRef {
            columns: &[
                Some(&id),
                Some(&customer),
                Some(&amount),
                Some(email.as_bytes()),
            ],
            row_len: ROW_LEN,
        };
        rows.push(heap.insert(&mut store, &row).expect("memory"));
    }
    (store, heap, rows)
}

fn std_rows() -> Vec<Order> {
    (0..ROWS)
        .map(|i| Order {
            customer: (i % 1000).cast_signed(),
            amount: i.cast_signed(),
            email: email(i).into(),
        })
        .collect()
}

#[divan::bench_group(sample_count = 10)]
mod insert {
    use super::{Bencher, ROWS, our_heap, std_rows};

    #[divan::bench]
    fn ours(bencher: Bencher<'_, '_>) {
        bencher.counter(ROWS).bench(our_heap);
    }

    #[divan::bench]
    fn std(bencher: Bencher<'_, '_>) {
        bencher.counter(ROWS).bench(std_rows);
    }
}

#[divan::bench_group(sample_count = 20)]
mod sum_of_a_column {
    use super::{Bencher, BlockNumber, ColumnView, ROWS, our_heap, std_rows};

    #[divan::bench]
    fn ours(bencher: Bencher<'_, '_>) {
        let (store, heap, _) = our_heap();
        bencher.counter(ROWS).bench_local(|| {
            let mut sum = 0_i64;
            for block in 0..heap.pages(&store) {
                let page = heap.page(&store, BlockNumber(block)).expect("sound pages");
                if let ColumnView::Fixed { values, .. } = page.column(2) {
                    let (values, _) = values.as_chunks::<4>();
                    sum += values
                        .iter()
                        .map(|value| i64::from(i32::from_le_bytes(*value)))
                        .sum::<i64>();
                }
            }
            sum
        });
    }

    #[divan::bench]
    fn std(bencher: Bencher<'_, '_>) {
        let rows = std_rows();
        bencher
            .counter(ROWS)
            .bench_local(|| rows.iter().map(|row| i64::from(row.amount)).sum::<i64>());
    }
}

#[divan::bench_group(sample_count = 20)]
mod fetch_by_address {
    use super::{Bencher, LOOKUPS, black_box, our_heap, std_rows};

    #[divan::bench]
    fn ours(bencher: Bencher<'_, '_>) {
        let (store, heap, rows) = our_heap();
        bencher.counter(LOOKUPS).bench_local(|| {
            for i in 0..LOOKUPS {
                let row = rows[i * 7919 % rows.len()];
                let found = heap.fetch(&store, row).expect("sound pages");
                black_box(
                    found.map(|row| (row.value(1).map(<[u8]>::len), row.value(3).map(<[u8]>::len))),
                );
            }
        });
    }

    #[divan::bench]
    fn std(bencher: Bencher<'_, '_>) {
        let rows = std_rows();
        bencher.counter(LOOKUPS).bench_local(|| {
            for i in 0..LOOKUPS {
                let row = &rows[i * 7919 % rows.len()];
                black_box((row.customer, row.email.len()));
            }
        });
    }
}
