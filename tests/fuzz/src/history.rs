//! A history of tree operations, beside an ordered set: inserts, removals, bulk builds, VACUUM's removal, savepoints taken back, scans
//! with bounds in both directions, scans that go on elsewhere. The tree is checked after every few of them.

use crate::{
    input::Input,
    keys::{Keys, key, row},
};
use btree::{
    BTree, BTreeOptions, BatchParts, Bound, BulkLoader, Cursor, Direction, EntryBatch, MergePolicy,
    Payload,
};
use pages::{PageSize, PageStore, RowId, SavepointId, StoreOptions};
use std::collections::BTreeSet;

type Model = BTreeSet<(Vec<u8>, RowId)>;

struct History {
    store: PageStore,
    tree: BTree,
    keys: Keys,
    model: Model,
    saved: Vec<(SavepointId, Model)>,
}

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let choices = input.byte();
    let page_bytes = if choices & 1 == 0 { 512 } else { 1024 };
    let mut store = PageStore::new(StoreOptions {
        page_size: PageSize::new(page_bytes).unwrap(),
        ..StoreOptions::default()
    });
    let payload = if choices & 2 == 0 {
        Payload::None
    } else {
        Payload::Bytes
    };
    let merge = if choices & 4 == 0 {
        MergePolicy::WhenEmpty
    } else {
        MergePolicy::WhenHalfEmpty
    };
    let options = BTreeOptions {
        payload,
        merge,
        ..BTreeOptions::default()
    };
    let tree = BTree::create(&mut store, options).unwrap();
    let keys = Keys {
        deduplicate: choices & 8 == 0 && payload == Payload::None,
    };
    let mut history = History {
        store,
        tree,
        keys,
        model: Model::new(),
        saved: Vec::new(),
    };
    let mut steps = 0_usize;
    while !input.is_empty() {
        history.step(&mut input);
        steps += 1;
        if steps.is_multiple_of(8) {
            history.tree.check(&history.store, &history.keys).unwrap();
        }
    }
    history.tree.check(&history.store, &history.keys).unwrap();
    history.compare(&Bound::Unbounded, &Bound::Unbounded, Direction::Forward);
    history.compare(&Bound::Unbounded, &Bound::Unbounded, Direction::Backward);
}

impl History {
    fn payload<'k>(&self, key: &'k [u8]) -> &'k [u8] {
        match self.tree.options().payload {
            Payload::Bytes => &key[..key.len().min(5)],
            _ => &[],
        }
    }

    fn step(&mut self, input: &mut Input<'_>) {
        match input.byte() {
            0..140 => {
                let (key, row) = (key(input), row(input));
                let payload = self.payload(&key).to_vec();
                self.tree
                    .insert(&mut self.store, &self.keys, &key, row, &payload)
                    .unwrap();
                self.model.insert((key, row));
            }
            140..200 => {
                let at = input.below(self.model.len());
                if let Some((key, row)) = self.model.iter().nth(at).cloned() {
                    assert!(
                        self.tree
                            .remove(&mut self.store, &self.keys, &key, row)
                            .unwrap()
                    );
                    self.model.remove(&(key, row));
                }
            }
            200..206 => self.vacuum(u16::from(input.byte() % 7) + 1),
            206..210 => self.build(),
            210..220 => {
                let savepoint = self.store.begin_savepoint();
                self.saved.push((savepoint, self.model.clone()));
            }
            220..230 => {
                if let Some((savepoint, model)) = self.saved.pop() {
                    if input.flip() {
                        self.store.rollback_to(savepoint).unwrap();
                        self.model = model;
                    }
                    self.store.release(savepoint).unwrap();
                }
            }
            230..245 => {
                let (lower, upper) = (bound(input), bound(input));
                let direction = direction(input);
                self.compare(&lower, &upper, direction);
            }
            _ => self.go_on(&key(input), direction(input)),
        }
    }

    fn vacuum(&mut self, modulus: u16) {
        let dead = |row: RowId| row.slot.0.is_multiple_of(modulus);
        let mut from = None;
        loop {
            let removed = self
                .tree
                .remove_rows(&mut self.store, &self.keys, from, 2, &mut |row| dead(row));
            from = removed.unwrap();
            if from.is_none() {
                break;
            }
        }
        self.model.retain(|(_, row)| !dead(*row));
    }

    fn build(&mut self) {
        self.tree.clear(&mut self.store).unwrap();
        let mut loader = BulkLoader::new(&self.tree);
        for (key, row) in &self.model {
            let payload = self.payload(key).to_vec();
            loader
                .add(&mut self.store, &self.keys, key, *row, &payload)
                .unwrap();
        }
        loader.finish(&mut self.store, &self.keys).unwrap();
    }

    /// A scan beside the set's answer.
    fn compare(&self, lower: &Bound, upper: &Bound, direction: Direction) {
        let mut expected: Vec<_> = self
            .model
            .iter()
            .filter(|(key, _)| above(key, lower) && below(key, upper))
            .cloned()
            .collect();
        if direction == Direction::Backward {
            expected.reverse();
        }
        let cursor = Cursor::new(&self.tree, lower.clone(), upper.clone(), direction);
        assert_eq!(self.read(cursor), expected);
    }

    /// From the first entry straight to a prefix and what lies beyond it.
    fn go_on(&self, key: &[u8], direction: Direction) {
        let mut cursor = Cursor::new(&self.tree, Bound::Unbounded, Bound::Unbounded, direction);
        let Some(first) = cursor
            .next(&self.store)
            .unwrap()
            .map(|entry| entry.key.to_vec())
        else {
            return;
        };
        let bound = Bound::Included(key.to_vec());
        let (lower, upper) = match direction {
            Direction::Forward if first.as_slice() <= key => (bound, Bound::Unbounded),
            Direction::Backward if first.as_slice() >= key => (Bound::Unbounded, bound),
            _ => return,
        };
        let mut expected: Vec<_> = self
            .model
            .iter()
            .filter(|(key, _)| above(key, &lower) && below(key, &upper))
            .cloned()
            .collect();
        if direction == Direction::Backward {
            expected.reverse();
        }
        cursor.go_on(&self.store, lower, upper).unwrap();
        assert_eq!(self.read(cursor), expected);
    }

    fn read(&self, mut cursor: Cursor) -> Vec<(Vec<u8>, RowId)> {
        let mut batch = EntryBatch::default();
        let mut found = Vec::new();
        loop {
            batch.clear();
            let count = cursor
                .next_batch(&self.store, 5, BatchParts::KeysAndPayloads, &mut batch)
                .unwrap();
            if count == 0 {
                return found;
            }
            for at in 0..count {
                let key = batch.key(at).unwrap();
                assert_eq!(batch.payload(at).unwrap(), self.payload(key));
                found.push((key.to_vec(), batch.rows[at]));
            }
        }
    }
}

fn direction(input: &mut Input<'_>) -> Direction {
    if input.flip() {
        Direction::Forward
    } else {
        Direction::Backward
    }
}

fn bound(input: &mut Input<'_>) -> Bound {
    match input.byte() % 3 {
        0 => Bound::Unbounded,
        1 => Bound::Included(key(input)),
        _ => Bound::Excluded(key(input)),
    }
}

/// As a bound compares: by the prefix.
fn cut<'k>(key: &'k [u8], prefix: &[u8]) -> &'k [u8] {
    &key[..prefix.len().min(key.len())]
}

fn above(key: &[u8], bound: &Bound) -> bool {
    match bound {
        Bound::Unbounded => true,
        Bound::Included(prefix) => key >= prefix.as_slice(),
        Bound::Excluded(prefix) => cut(key, prefix) > prefix.as_slice(),
    }
}

fn below(key: &[u8], bound: &Bound) -> bool {
    match bound {
        Bound::Unbounded => true,
        Bound::Included(prefix) => cut(key, prefix) <= prefix.as_slice(),
        Bound::Excluded(prefix) => cut(key, prefix) < prefix.as_slice(),
    }
}
