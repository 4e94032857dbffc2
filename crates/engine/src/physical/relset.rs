//! Sets of base relations of one query level, as bits of one word.
//!
//! Why: join planning asks "is this set inside that one" all the time, and for at most 64 relations that is one
//! machine instruction. A query level with more relations is refused (54000).

use core::fmt;

/// Most relations that one query level may have.
pub const MAX_RELATIONS: usize = 64;

/// A set of base relations; the n-th relation of the level is bit n.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelSet(u64);

impl RelSet {
    /// No relation.
    pub const EMPTY: Self = Self(0);

    /// The set of one relation. `at` must be under [`MAX_RELATIONS`].
    #[must_use]
    pub const fn single(at: usize) -> Self {
        Self(1 << at)
    }

    /// Both together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those in both.
    #[must_use]
    pub const fn intersect(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those in `self` only.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether all of `self` are in `other`.
    #[must_use]
    pub const fn is_subset(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Whether any is in both.
    #[must_use]
    pub const fn overlaps(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether the relation is in it.
    #[must_use]
    pub const fn contains(self, at: usize) -> bool {
        self.0 & (1 << at) != 0
    }

    /// Adds all of `other`.
    pub const fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// The only relation, if there is exactly one.
    #[must_use]
    pub const fn only(self) -> Option<usize> {
        if self.0.count_ones() == 1 {
            Some(self.0.trailing_zeros() as usize)
        } else {
            None
        }
    }

    /// The relations, ascending.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            if rest == 0 {
                return None;
            }
            let at = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            Some(at)
        })
    }
}

impl fmt::Debug for RelSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::RelSet;
    use alloc::vec::Vec;

    #[test]
    fn members_come_out_ascending() {
        let set = RelSet::single(5)
            .union(RelSet::single(63))
            .union(RelSet::single(0));
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 5, 63]);
        assert!(RelSet::single(5).is_subset(set));
        assert_eq!(set.only(), None);
    }
}
