//! Memoize: the rows of an inner side, kept by the parameters that made them.

use super::{
    columns,
    operator::{Budget, ExecContext, Node, Operator, Step},
    row_keys::{KeySet, RowKeys},
    scalar::Scalar,
};
use crate::{Error, physical::NodeId, value::Batch, value::DataType};
use alloc::{rc::Rc, vec::Vec};

/// The Memoize node.
pub(crate) struct Memoize {
    pub id: NodeId,
    pub input: Node,
    pub keys: Vec<(Scalar, DataType)>,
    pub set: KeySet,
    /// Rows by key number; `None` while they are not complete.
    pub kept: Vec<Option<Vec<Batch>>>,
    pub state: MemoizeState,
}

/// What the present loop does.
#[derive(Default)]
pub(crate) enum MemoizeState {
    #[default]
    Fresh,
    Hit(usize, usize),
    Fill(usize, Vec<Batch>),
}

impl Memoize {
    fn look_up(&mut self, cx: &mut ExecContext<'_>) -> Result<(), Error> {
        let mut key_columns = Vec::with_capacity(self.keys.len());
        for (scalar, data_type) in &self.keys {
            let value = scalar.value(cx)?;
            key_columns.push(Rc::new(columns::constant(&value, *data_type, 1)?));
        }
        let mut keys = RowKeys::default();
        keys.compute(key_columns.iter(), 1)?;
        let (number, grown) = self.set.insert(&keys, 0)?;
        cx.memory.take(grown)?;
        let number = number as usize;
        if self.kept.len() <= number {
            self.kept.resize_with(number + 1, || None);
        }
        let hit = matches!(self.kept.get(number), Some(Some(_)));
        let counts = cx.metrics(self.id).memoize.get_or_insert((0, 0, 0));
        if hit {
            counts.0 += 1;
            self.state = MemoizeState::Hit(number, 0);
        } else {
            counts.1 += 1;
            self.input.rescan(cx);
            self.state = MemoizeState::Fill(number, Vec::new());
        }
        Ok(())
    }
}

impl Operator for Memoize {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        if matches!(self.state, MemoizeState::Fresh) {
            self.look_up(cx)?;
        }
        match &mut self.state {
            MemoizeState::Fresh => Ok(Step::Done),
            MemoizeState::Hit(number, at) => {
                let batch = self
                    .kept
                    .get(*number)
                    .and_then(Option::as_ref)
                    .and_then(|batches| batches.get(*at));
                *at += 1;
                Ok(match batch {
                    Some(batch) => {
                        budget.spend(batch.rows);
                        Step::Batch(batch.clone())
                    }
                    None => Step::Done,
                })
            }
            MemoizeState::Fill(number, batches) => {
                let step = self.input.step(cx, budget)?;
                match step {
                    Step::Batch(batch) => {
                        let batch = columns::dense(batch)?;
                        let bytes: usize = batch.columns.iter().map(|c| columns::bytes(c)).sum();
                        cx.memory.take(bytes)?;
                        batches.push(batch.clone());
                        Ok(Step::Batch(batch))
                    }
                    Step::Done => {
                        let number = *number;
                        let batches = core::mem::take(batches);
                        if let Some(place) = self.kept.get_mut(number) {
                            *place = Some(batches);
                        }
                        self.state = MemoizeState::Hit(number, usize::MAX - 1);
                        Ok(Step::Done)
                    }
                    Step::Pause => Ok(Step::Pause),
                }
            }
        }
    }

    fn rescan(&mut self, _cx: &mut ExecContext<'_>) {
        self.state = MemoizeState::Fresh;
    }
}
