//! INSERT … ON CONFLICT: rows go in one by one, each after a look whether one with its key is there.

use super::{
    columns,
    modify::{Addresses, Target},
    operator::ExecContext,
    scalar::{Filter, Scalar},
};
use crate::{
    Error, ErrorCode,
    catalog::IndexId,
    database::{ByteList, storage_error},
    physical::NodeId,
    value::{Batch, Column},
};
use alloc::{collections::BTreeSet, rc::Rc, vec::Vec};

/// What to do with a row whose key is there.
pub(crate) struct Conflict {
    /// The Insert node.
    pub id: NodeId,
    /// Unique indexes that arbitrate; empty = all.
    pub arbiters: Vec<IndexId>,
    pub update: Option<ConflictUpdate>,
    /// Rows that this statement has inserted or updated.
    pub touched: BTreeSet<Vec<u8>>,
}

/// DO UPDATE: expressions over the present row's columns, then the refused row's.
pub(crate) struct ConflictUpdate {
    pub assignments: Vec<(u16, Scalar)>,
    pub filter: Filter,
}

impl Conflict {
    /// Stores what can be stored; returns the rows inserted or updated.
    pub fn insert(
        &mut self,
        target: &Target,
        batch: &Batch,
        cx: &mut ExecContext<'_>,
    ) -> Result<Option<Batch>, Error> {
        let mut stored: Option<super::columns::RowStore> = None;
        for row in 0..batch.rows {
            let one = columns::dense(Batch {
                columns: batch.columns.clone(),
                rows: batch.rows,
                selection: Some(alloc::vec![row as u32]),
            });
            let one = if batch.rows == 1 { batch.clone() } else { one? };
            target.constraints.test(&one, cx.slots)?;
            let kept = match self.find(target, &one, cx)? {
                None => {
                    target.insert(&one, cx)?;
                    self.touch(target, &one, cx)?;
                    Some(one)
                }
                Some(row) => {
                    cx.metrics(self.id).conflicting_rows += 1;
                    self.resolve(target, &row, &one, cx)?
                }
            };
            if let Some(kept) = kept {
                stored.get_or_insert_default().append(&kept)?;
            }
        }
        match stored {
            None => Ok(None),
            Some(rows) => Ok(Some(rows.range(0, rows.rows)?)),
        }
    }

    fn find(
        &self,
        target: &Target,
        one: &Batch,
        cx: &ExecContext<'_>,
    ) -> Result<Option<Addresses>, Error> {
        for index in &target.indexes {
            let arbitrates = self.arbiters.is_empty() || self.arbiters.contains(&index.def.id);
            if !index.def.unique || !arbitrates {
                continue;
            }
            let entries = index.entries(one)?;
            if entries.rows.is_empty() || !index.may_conflict(&entries, 0) {
                continue;
            }
            if target.table.cluster.is_some() {
                if let Some(key) = index.holder(&cx.storage.store, entries.key(0))? {
                    let mut keys = ByteList {
                        bytes: key,
                        ..ByteList::default()
                    };
                    keys.end()?;
                    return Ok(Some(Addresses::Keys(keys)));
                }
                continue;
            }
            let mut rows = Vec::new();
            index
                .tree
                .get_all(&cx.storage.store, entries.key(0), &mut rows)
                .map_err(storage_error)?;
            for row in rows {
                let found = target
                    .table
                    .heap
                    .fetch_indexed(&cx.storage.store, row)
                    .map_err(storage_error)?;
                if let Some(view) = found {
                    return Ok(Some(Addresses::Rows(Vec::from([view.row_id()]))));
                }
            }
        }
        Ok(None)
    }

    fn resolve(
        &mut self,
        target: &Target,
        address: &Addresses,
        refused: &Batch,
        cx: &mut ExecContext<'_>,
    ) -> Result<Option<Batch>, Error> {
        let Some(update) = &self.update else {
            return Ok(None);
        };
        let old = target.fetch(address, cx)?;
        let mut both: Vec<Rc<Column>> = old.columns.clone();
        both.extend(refused.columns.iter().cloned());
        let mut row = Batch {
            columns: both,
            rows: 1,
            selection: None,
        };
        update.filter.apply(&mut row, cx)?;
        if row.selected() == 0 {
            cx.metrics(self.id).rows_removed_by_filter += 1;
            return Ok(None);
        }
        if self.touched.contains(&name(address)) {
            return Err(Error::new(
                ErrorCode::CardinalityViolation,
                "ON CONFLICT DO UPDATE command cannot affect row a second time",
            )
            .with_hint("Ensure that no rows proposed for insertion within the same command have duplicate constrained values."));
        }
        let mut new = old.columns.clone();
        let mut assigned = Vec::new();
        for (column, scalar) in &update.assignments {
            let value = scalar.evaluate(&row, cx)?;
            assigned.push(*column);
            if let Some(place) = new.get_mut(*column as usize) {
                *place = value;
            }
        }
        let new = Batch {
            columns: new,
            rows: 1,
            selection: None,
        };
        target.update(address, &old, &new, &assigned, cx)?;
        self.touch(target, &new, cx)?;
        Ok(Some(new))
    }

    /// Notes a row just written by where it is now: by what a further row of its key would find.
    fn touch(
        &mut self,
        target: &Target,
        written: &Batch,
        cx: &ExecContext<'_>,
    ) -> Result<(), Error> {
        if self.update.is_some()
            && let Some(address) = self.find(target, written, cx)?
        {
            self.touched.insert(name(&address));
        }
        Ok(())
    }
}

/// One row's address as bytes.
fn name(address: &Addresses) -> Vec<u8> {
    match address {
        Addresses::Rows(ids) => ids.iter().flat_map(|id| id.to_bytes()).collect(),
        Addresses::Keys(keys) => keys.bytes.clone(),
    }
}
