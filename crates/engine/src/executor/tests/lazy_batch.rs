//! A row's batch that is made only where somebody looks at it.

use crate::{
    Error, ErrorCode,
    executor::modify::LazyBatch,
    value::{Batch, Column, ColumnData, NullMask},
};
use alloc::{rc::Rc, vec};
use core::cell::Cell;

fn one_row(value: i32) -> Batch {
    let column = Column {
        data: ColumnData::Int4(vec![value]),
        nulls: NullMask::default(),
    };
    Batch::new(vec![Rc::new(column)], 1)
}

#[test]
fn a_batch_is_made_once_and_not_before_somebody_asks() {
    let made = Cell::new(0);
    let make = || {
        made.set(made.get() + 1);
        Ok(one_row(made.get()))
    };
    let mut batch = LazyBatch::Makes(&make);
    assert_eq!(made.get(), 0);
    for _ in 0..3 {
        assert_eq!(batch.get().unwrap().columns, one_row(1).columns);
    }
    assert_eq!(made.get(), 1);
}

#[test]
fn a_batch_that_is_there_is_given_as_it_is() {
    let there = one_row(7);
    let mut batch = LazyBatch::Is(&there);
    assert!(core::ptr::eq(batch.get().unwrap(), &raw const there));
}

#[test]
fn a_batch_that_could_not_be_made_is_tried_again() {
    let tries = Cell::new(0);
    let make = || match tries.replace(tries.get() + 1) {
        0 => Err(Error::new(ErrorCode::OutOfMemory, "no room")),
        _ => Ok(one_row(2)),
    };
    let mut batch = LazyBatch::Makes(&make);
    assert_eq!(batch.get().unwrap_err().code, ErrorCode::OutOfMemory);
    assert_eq!(batch.get().unwrap().rows, 1);
    assert_eq!(tries.get(), 2);
}
