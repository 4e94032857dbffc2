//! Merge Append: inputs that are sorted alike become one sorted stream.
//!
//! Why a heap of inputs: the next row is the least of all inputs' next rows, and finding it anew costs the logarithm of their number.
//! Source of the method: PostgreSQL `nodeMergeAppend.c`.

use crate::{
    Error,
    executor::{
        columns,
        operator::{Budget, ExecContext, Node, Operator, Step, pause_if_spent, step_wanting},
        scalar::Scalar,
        sort_keys::{OrderKeys, SortKeySpec},
    },
    value::Batch,
};
use alloc::{rc::Rc, vec::Vec};

/// The MergeAppend node.
pub(crate) struct MergeAppend {
    inputs: Vec<Input>,
    keys: Vec<(Scalar, SortKeySpec)>,
    /// Inputs with a next row, the least first: a binary heap.
    heap: Vec<usize>,
    /// Inputs that have to be read before the next row can be told.
    hungry: Vec<usize>,
    /// Rows picked from the inputs' present batches, not given yet.
    picked: Vec<(usize, u32)>,
}

struct Input {
    node: Node,
    batch: Option<Batch>,
    keys: OrderKeys,
    at: usize,
}

impl MergeAppend {
    /// Over inputs with columns of the same types, sorted by `keys`.
    pub fn new(nodes: Vec<Node>, keys: Vec<(Scalar, SortKeySpec)>) -> Self {
        let inputs: Vec<Input> = nodes
            .into_iter()
            .map(|node| Input {
                node,
                batch: None,
                keys: OrderKeys::default(),
                at: 0,
            })
            .collect();
        Self {
            hungry: (0..inputs.len()).rev().collect(),
            inputs,
            keys,
            heap: Vec::new(),
            picked: Vec::new(),
        }
    }

    /// Whether the next row of input `a` comes before that of input `b`; of equal rows the earlier input's.
    fn before(&self, a: usize, b: usize) -> bool {
        let (Some(x), Some(y)) = (self.inputs.get(a), self.inputs.get(b)) else {
            return false;
        };
        x.keys.compare(x.at, &y.keys, y.at).then(a.cmp(&b)).is_lt()
    }

    fn sift_down(&mut self, mut at: usize) {
        loop {
            let child = 2 * at + 1;
            let (Some(&here), Some(&left)) = (self.heap.get(at), self.heap.get(child)) else {
                return;
            };
            let (mut first, mut place) = (left, child);
            if let Some(&right) = self.heap.get(child + 1)
                && self.before(right, left)
            {
                (first, place) = (right, child + 1);
            }
            if !self.before(first, here) {
                return;
            }
            self.heap.swap(at, place);
            at = place;
        }
    }

    fn enter(&mut self, input: usize) {
        let mut at = self.heap.len();
        self.heap.push(input);
        while at > 0 {
            let parent = (at - 1) / 2;
            match self.heap.get(parent) {
                Some(&above) if self.before(input, above) => self.heap.swap(at, parent),
                _ => return,
            }
            at = parent;
        }
    }

    /// Picks the least row; whether its input has to be read again.
    fn pick(&mut self) -> bool {
        let Some(&least) = self.heap.first() else {
            return true;
        };
        let Some(input) = self.inputs.get_mut(least) else {
            return true;
        };
        self.picked.push((least, input.at as u32));
        input.at += 1;
        if input.batch.as_ref().is_some_and(|b| input.at < b.rows) {
            self.sift_down(0);
            return false;
        }
        self.heap.swap_remove(0);
        self.sift_down(0);
        self.hungry.push(least);
        true
    }

    /// The picked rows.
    fn flush(&mut self) -> Result<Batch, Error> {
        let picked = core::mem::take(&mut self.picked);
        let first = picked.first().and_then(|&(input, _)| self.batch(input));
        let width = first.map_or(0, |batch| batch.columns.len());
        let mut made = Vec::with_capacity(width);
        let mut rows: Vec<u32> = Vec::new();
        for at in 0..width {
            let column = |input: usize| self.batch(input).and_then(|batch| batch.columns.get(at));
            let mut to = None;
            for run in picked.chunk_by(|a, b| a.0 == b.0) {
                let Some(from) = run.first().and_then(|&(input, _)| column(input)) else {
                    continue;
                };
                rows.clear();
                rows.extend(run.iter().map(|&(_, row)| row));
                let to = to.get_or_insert_with(|| columns::empty_like(from));
                columns::append(to, from, Some(&rows))?;
            }
            made.extend(to.map(Rc::new));
        }
        Ok(Batch {
            columns: made,
            rows: picked.len(),
            selection: None,
        })
    }

    fn batch(&self, input: usize) -> Option<&Batch> {
        self.inputs.get(input)?.batch.as_ref()
    }
}

impl Operator for MergeAppend {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        loop {
            if let Some(&next) = self.hungry.last() {
                if !self.picked.is_empty() {
                    return Ok(Step::Batch(self.flush()?));
                }
                pause_if_spent!(budget);
                let Some(input) = self.inputs.get_mut(next) else {
                    return Ok(Step::Done);
                };
                match step_wanting(&mut input.node, budget.want_each(), cx, budget)? {
                    Step::Pause => return Ok(Step::Pause),
                    Step::Done => {
                        input.batch = None;
                        self.hungry.pop();
                    }
                    Step::Batch(batch) => {
                        let batch = columns::dense(batch)?;
                        let mut columns = Vec::with_capacity(self.keys.len());
                        for (scalar, spec) in &self.keys {
                            columns.push((scalar.evaluate(&batch, cx)?, *spec));
                        }
                        input.keys.clear();
                        input.keys.append(&columns, batch.rows)?;
                        input.batch = Some(batch);
                        input.at = 0;
                        self.hungry.pop();
                        self.enter(next);
                    }
                }
                continue;
            }
            if self.heap.is_empty() {
                return Ok(if self.picked.is_empty() {
                    Step::Done
                } else {
                    Step::Batch(self.flush()?)
                });
            }
            let limit = budget.batch_rows();
            while self.picked.len() < limit {
                budget.spend(1);
                if self.pick() {
                    break;
                }
            }
            if self.picked.len() >= limit {
                return Ok(Step::Batch(self.flush()?));
            }
        }
    }

    fn rescan(&mut self, cx: &mut ExecContext<'_>) {
        self.heap.clear();
        self.picked.clear();
        self.hungry = (0..self.inputs.len()).rev().collect();
        for input in &mut self.inputs {
            input.batch = None;
            input.node.rescan(cx);
        }
    }
}
