//! INSERT, UPDATE, DELETE on clustered tables: rows go into the primary key's leaves, then every other index follows.
//!
//! Within a slice what goes is removed before what comes is added, so that keys may be exchanged between rows, as they may in a heap.

use super::Target;
use crate::{
    Error, ErrorCode,
    database::{ByteList, Index},
    executor::{ledger, operator::ExecContext},
    value::Batch,
};
use alloc::vec::Vec;
use pages::RowId;

impl Target {
    /// The index that holds the rows, and the others.
    fn split(&self) -> Result<(&Index, impl Iterator<Item = &Index>), Error> {
        let rows = self.indexes.iter().find(|index| index.holds_rows());
        let rows = rows.ok_or_else(|| {
            Error::new(
                ErrorCode::InternalError,
                "a clustered table has no primary key",
            )
        })?;
        Ok((
            rows,
            self.indexes.iter().filter(|index| !index.holds_rows()),
        ))
    }

    pub(super) fn insert_clustered(
        &self,
        batch: &Batch,
        cx: &mut ExecContext<'_>,
    ) -> Result<(), Error> {
        let (primary, others) = self.split()?;
        let store = &mut cx.storage.store;
        let before = ledger::Before::index(store, primary);
        self.table.store_rows(store, Some(primary), batch)?;
        let rows = batch.rows as u64;
        cx.ledger.rows += rows;
        cx.ledger.index(&before, store, primary, rows, 0);
        for index in others {
            let before = ledger::Before::index(store, index);
            let entries = index.entries(batch)?;
            for at in 0..entries.rows.len() {
                index.insert(store, &self.table, &entries, at, RowId::default())?;
            }
            let added = entries.rows.len() as u64;
            cx.ledger.index(&before, store, index, added, 0);
        }
        *cx.affected += rows;
        Ok(())
    }

    pub(super) fn update_clustered(
        &self,
        keys: &ByteList,
        old: &Batch,
        new: &Batch,
        cx: &mut ExecContext<'_>,
    ) -> Result<(), Error> {
        let (primary, others) = self.split()?;
        let Some(cluster) = &self.table.cluster else {
            return Ok(());
        };
        let store = &mut cx.storage.store;
        let before = ledger::Before::index(store, primary);
        let entries = primary.entries(new)?;
        let lens = self.table.row_lengths(&new.columns, new.rows);
        let mut moved = Vec::new();
        let mut payload = Vec::new();
        let encode = |row: usize, payload: &mut Vec<u8>| {
            payload.clear();
            let len = lens.get(row).copied().unwrap_or(u16::MAX);
            cluster.codec.payload(&new.columns, row, len, payload);
        };
        for row in 0..new.rows {
            if keys.get(row) == entries.key(row) {
                encode(row, &mut payload);
                cluster.replace(store, keys.get(row), &payload)?;
            } else {
                cluster.remove(store, keys.get(row))?;
                moved.push(row);
            }
        }
        for &row in &moved {
            encode(row, &mut payload);
            if !cluster.insert(store, entries.key(row), &payload)? {
                return Err(primary.violation(&entries, row));
            }
        }
        let changed = moved.len() as u64;
        cx.ledger.rows += new.rows as u64;
        cx.ledger.index(&before, store, primary, changed, changed);
        for index in others {
            let before = ledger::Before::index(store, index);
            let (was, is) = (index.entries(old)?, index.entries(new)?);
            let mut removed = 0;
            let mut added = Vec::new();
            // Both lists are by ascending row; rows outside a partial index's predicate are in neither, or in one.
            let (mut a, mut b) = (0, 0);
            loop {
                let (left, right) = (was.rows.get(a), is.rows.get(b));
                let (here, there) = match (left, right) {
                    (None, None) => break,
                    (Some(left), Some(right)) => (left <= right, right <= left),
                    (left, right) => (left.is_some(), right.is_some()),
                };
                let same =
                    here && there && was.key(a) == is.key(b) && was.payload(a) == is.payload(b);
                if here && !same {
                    index.remove(store, was.key(a))?;
                    removed += 1;
                }
                if there && !same {
                    added.push(b);
                }
                a += usize::from(here);
                b += usize::from(there);
            }
            for &at in &added {
                index.insert(store, &self.table, &is, at, RowId::default())?;
            }
            cx.ledger
                .index(&before, store, index, added.len() as u64, removed);
        }
        *cx.affected += new.rows as u64;
        Ok(())
    }

    pub(super) fn delete_clustered(
        &self,
        keys: &ByteList,
        cx: &mut ExecContext<'_>,
    ) -> Result<(), Error> {
        let (primary, others) = self.split()?;
        let others: Vec<&Index> = others.collect();
        let Some(cluster) = &self.table.cluster else {
            return Ok(());
        };
        if !others.is_empty() {
            let old =
                self.table
                    .fetch_keys(&cx.storage.store, keys, &super::all_columns(&self.table))?;
            for index in others {
                let store = &mut cx.storage.store;
                let before = ledger::Before::index(store, index);
                let entries = index.entries(&old)?;
                for at in 0..entries.rows.len() {
                    index.remove(store, entries.key(at))?;
                }
                let removed = entries.rows.len() as u64;
                cx.ledger.index(&before, store, index, 0, removed);
            }
        }
        let store = &mut cx.storage.store;
        let before = ledger::Before::index(store, primary);
        for at in 0..keys.len() {
            cluster.remove(store, keys.get(at))?;
        }
        let rows = keys.len() as u64;
        cx.ledger.rows += rows;
        cx.ledger.index(&before, store, primary, 0, rows);
        *cx.affected += rows;
        Ok(())
    }
}
