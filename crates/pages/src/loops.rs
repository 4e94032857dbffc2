//! Loops over the values of columns.
//!
//! Why here: this crate is compiled for speed and the engine for size, where a loop is neither unrolled nor vectorised. Each is a
//! function of its own types, since a generic one would be compiled in the crate that calls it. None knows what its values mean.

use crate::{order::strings::Strings, short};
use alloc::{vec, vec::Vec};

/// Appends booleans given as bytes: all but 0 are true.
pub fn extend_bool(to: &mut Vec<bool>, bytes: &[u8]) {
    let from = to.len();
    to.resize(from + bytes.len(), false);
    let places = to.get_mut(from..).unwrap_or_default();
    for (place, &byte) in places.iter_mut().zip(bytes) {
        *place = byte != 0;
    }
}

/// Appends numbers given as little-endian bytes.
pub fn extend_i32(to: &mut Vec<i32>, bytes: &[u8]) {
    let words = bytes.as_chunks::<4>().0;
    to.extend(words.iter().map(|&word| i32::from_le_bytes(word)));
}

/// Appends numbers given as little-endian bytes.
pub fn extend_i64(to: &mut Vec<i64>, bytes: &[u8]) {
    let words = bytes.as_chunks::<8>().0;
    to.extend(words.iter().map(|&word| i64::from_le_bytes(word)));
}

/// Appends the values of some rows; 0 for a row that there is not.
pub fn gather_i32(to: &mut Vec<i32>, from: &[i32], rows: &[u32]) {
    let value = |&row: &u32| from.get(row as usize).copied().unwrap_or(0);
    to.extend(rows.iter().map(value));
}

/// Appends the values of some rows; 0 for a row that there is not.
pub fn gather_i64(to: &mut Vec<i64>, from: &[i64], rows: &[u32]) {
    let value = |&row: &u32| from.get(row as usize).copied().unwrap_or(0);
    to.extend(rows.iter().map(value));
}

/// Appends the strings of some rows, empty ones for rows that there are not, and where each ends. All bytes must stay below 4 GiB.
pub fn gather_strings(bytes: &mut Vec<u8>, ends: &mut Vec<u32>, from: Strings<'_>, rows: &[u32]) {
    for &row in rows {
        short::extend(bytes, from.tail(row, 0));
        ends.push(bytes.len() as u32);
    }
}

/// The sum of at most 2³² values.
pub fn sum_i32(values: &[i32]) -> i64 {
    values.iter().map(|&value| i64::from(value)).sum()
}

/// Adds each value to its group's sum and one to the group's count. Rows of groups that there are not are left out.
pub fn add_to_groups_i32(sums: &mut [i128], counts: &mut [i64], values: &[i32], groups: &[u32]) {
    for (&value, &group) in values.iter().zip(groups) {
        let group = group as usize;
        if let (Some(sum), Some(count)) = (sums.get_mut(group), counts.get_mut(group)) {
            *sum += i128::from(value);
            *count += 1;
        }
    }
}

/// The group of each row by what is known of it, which is one more than the group or 0; any number for a place whose row's group is
/// not known: that place is appended to `unknown`.
pub fn known_groups(known: &[u32], rows: &[i32], groups: &mut Vec<u32>, unknown: &mut Vec<u32>) {
    let from = groups.len();
    let number = |&row: &i32| known.get(row as u32 as usize).copied().unwrap_or(0);
    groups.extend(rows.iter().map(|row| number(row).wrapping_sub(1)));
    let found = groups.get(from..).unwrap_or_default();
    if found.contains(&u32::MAX) {
        let places = (0..).zip(found).filter(|&(_, &group)| group == u32::MAX);
        unknown.extend(places.map(|(place, _)| place));
    }
}

/// The partners of keys in a list that has, for the key `least` and those after it, a row plus one, or 0 for none: appended as pairs
/// of the key's place, counted from `first`, and the row.
pub fn direct_pairs_i32(
    list: &[u32],
    least: i64,
    keys: &[i32],
    first: u32,
    left: &mut Vec<u32>,
    right: &mut Vec<u32>,
) {
    direct_pairs(
        list,
        least,
        keys.iter().map(|&key| i64::from(key)),
        first,
        left,
        right,
    );
}

/// As [`direct_pairs_i32`].
pub fn direct_pairs_i64(
    list: &[u32],
    least: i64,
    keys: &[i64],
    first: u32,
    left: &mut Vec<u32>,
    right: &mut Vec<u32>,
) {
    direct_pairs(list, least, keys.iter().copied(), first, left, right);
}

#[inline(always)]
fn direct_pairs(
    list: &[u32],
    least: i64,
    keys: impl ExactSizeIterator<Item = i64>,
    first: u32,
    left: &mut Vec<u32>,
    right: &mut Vec<u32>,
) {
    let from = left.len();
    left.resize(from + keys.len(), 0);
    right.resize(from + keys.len(), 0);
    let mut kept = from;
    // Written without a branch: a row without partner is overwritten by the next.
    for (row, key) in (first..).zip(keys) {
        let place = usize::try_from(key.wrapping_sub(least) as u64);
        let found = place.ok().and_then(|place| list.get(place));
        let found = found.copied().unwrap_or(0);
        if let (Some(left), Some(right)) = (left.get_mut(kept), right.get_mut(kept)) {
            *left = row;
            *right = found.wrapping_sub(1);
        }
        kept += usize::from(found > 0);
    }
    left.truncate(kept);
    right.truncate(kept);
}

/// Adds one to the count of each row's group.
pub fn count_groups(counts: &mut [i64], groups: &[u32]) {
    for &group in groups {
        if let Some(count) = counts.get_mut(group as usize) {
            *count += 1;
        }
    }
}

/// Appends a text and where it ends; `false`, and nothing, if it is not UTF-8 or the texts would grow beyond 4 GiB.
pub fn push_text(bytes: &mut Vec<u8>, ends: &mut Vec<u32>, text: &[u8]) -> bool {
    let Ok(end) = u32::try_from(bytes.len() + text.len()) else {
        return false;
    };
    if !text.is_ascii() && core::str::from_utf8(text).is_err() {
        return false;
    }
    short::extend(bytes, text);
    ends.push(end);
    true
}

/// The rows of `selection` (or all) whose value is within `low..=high`, in order.
pub fn rows_within_i32(values: &[i32], low: i32, high: i32, selection: Option<&[u32]>) -> Vec<u32> {
    if low > high {
        return Vec::new();
    }
    // One comparison: what lies below wraps round.
    let span = high.wrapping_sub(low) as u32;
    let within = |value: i32| value.wrapping_sub(low) as u32 <= span;
    rows(values.len(), selection, |row| {
        values.get(row).is_some_and(|&value| within(value))
    })
}

/// The rows of `selection` (or all) whose value is within `low..=high`, in order.
pub fn rows_within_i64(values: &[i64], low: i64, high: i64, selection: Option<&[u32]>) -> Vec<u32> {
    if low > high {
        return Vec::new();
    }
    let span = high.wrapping_sub(low) as u64;
    let within = |value: i64| value.wrapping_sub(low) as u64 <= span;
    rows(values.len(), selection, |row| {
        values.get(row).is_some_and(|&value| within(value))
    })
}

/// The rows of `selection` (or all) whose value is true, in order.
pub fn rows_true(values: &[bool], selection: Option<&[u32]>) -> Vec<u32> {
    rows(values.len(), selection, |row| {
        values.get(row).is_some_and(|&value| value)
    })
}

/// Row numbers for which the test holds, written without a branch.
#[inline(always)]
fn rows(count: usize, selection: Option<&[u32]>, test: impl Fn(usize) -> bool) -> Vec<u32> {
    let mut out = vec![0; selection.map_or(count, <[u32]>::len)];
    let mut kept = 0;
    match selection {
        None => {
            for row in 0..count {
                if let Some(place) = out.get_mut(kept) {
                    *place = row as u32;
                }
                kept += usize::from(test(row));
            }
        }
        Some(selection) => {
            for &row in selection {
                if let Some(place) = out.get_mut(kept) {
                    *place = row;
                }
                kept += usize::from(test(row as usize));
            }
        }
    }
    out.truncate(kept);
    out
}

/// For each value whether it is within `low..=high`, or is not where `outside`.
pub fn within_i32(values: &[i32], low: i32, high: i32, outside: bool) -> Vec<bool> {
    let within = |&value: &i32| (low <= value && value <= high) != outside;
    values.iter().map(within).collect()
}

/// For each value whether it is within `low..=high`, or is not where `outside`.
pub fn within_i64(values: &[i64], low: i64, high: i64, outside: bool) -> Vec<bool> {
    let within = |&value: &i64| (low <= value && value <= high) != outside;
    values.iter().map(within).collect()
}

/// Remainders of a division that cuts towards zero. `divisor` is neither 0 nor -1.
///
/// Why by way of a product: a division of 64 bits takes several times as long. Below 2⁵⁰ the quotient that a product with the
/// reciprocal gives is wrong by one at most, which the remainder shows.
pub fn remainders_i64(values: &[i64], divisor: i64) -> Vec<i64> {
    const EXACT: i64 = 1 << 50;
    if !(2..EXACT).contains(&divisor) {
        return values
            .iter()
            .map(|&value| value.wrapping_rem(divisor))
            .collect();
    }
    let reciprocal = 1.0 / divisor as f64;
    let one = |&value: &i64| {
        if !(0..EXACT).contains(&value) {
            return value.wrapping_rem(divisor);
        }
        let quotient = (value as f64 * reciprocal) as i64;
        let rest = value.wrapping_sub(quotient.wrapping_mul(divisor));
        if rest < 0 {
            rest + divisor
        } else if rest >= divisor {
            rest - divisor
        } else {
            rest
        }
    };
    values.iter().map(one).collect()
}

/// Appends whole numbers in decimal, and where each ends. All bytes must stay below 4 GiB.
pub fn digits(bytes: &mut Vec<u8>, ends: &mut Vec<u32>, values: &mut dyn Iterator<Item = i64>) {
    for value in values {
        push_number(bytes, value);
        ends.push(bytes.len() as u32);
    }
}

/// Appends a whole number in decimal.
pub fn push_number(to: &mut Vec<u8>, value: i64) {
    // Nineteen digits and a sign.
    let mut written = [0_u8; 20];
    let mut at = written.len();
    let mut put = |digit: u8| {
        at = at.saturating_sub(1);
        if let Some(place) = written.get_mut(at) {
            *place = digit;
        }
    };
    let mut rest = value.unsigned_abs();
    while rest > u64::from(u32::MAX) {
        put(b'0' + (rest % 10) as u8);
        rest /= 10;
    }
    // Numbers of 32 bits are divided in less time.
    let mut rest = rest as u32;
    loop {
        put(b'0' + (rest % 10) as u8);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        put(b'-');
    }
    short::extend(to, written.get(at..).unwrap_or_default());
}

/// Texts of many rows, or one for all.
#[derive(Clone, Copy, Debug)]
pub enum Texts<'a> {
    /// One for each row.
    Each(Strings<'a>),
    /// The same for all.
    One(&'a [u8]),
}

impl<'a> Texts<'a> {
    #[inline(always)]
    fn at(&self, row: u32) -> &'a [u8] {
        match self {
            Self::Each(strings) => strings.tail(row, 0),
            Self::One(text) => text,
        }
    }
}

/// Appends the two texts of each row as one, and where each ends. All bytes must stay below 4 GiB.
pub fn join_texts(
    bytes: &mut Vec<u8>,
    ends: &mut Vec<u32>,
    rows: usize,
    (left, right): (Texts<'_>, Texts<'_>),
) {
    for row in 0..rows as u32 {
        short::extend(bytes, left.at(row));
        short::extend(bytes, right.at(row));
        ends.push(bytes.len() as u32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remainders_are_those_of_a_division() {
        let near = |of: i64| [of.wrapping_sub(1), of, of.wrapping_add(1)];
        let numbers = [
            0,
            7,
            1_000_003,
            1 << 32,
            1 << 50,
            (1 << 50) - 1_000_003 * 5,
            i64::MAX,
        ];
        let mut values: Vec<i64> = numbers.into_iter().flat_map(near).collect();
        values.extend((0..2_000).map(|step| step * 562_949_953_421));
        for divisor in [
            1,
            2,
            3,
            10,
            1_000_003,
            1 << 49,
            (1 << 50) - 1,
            1 << 50,
            i64::MAX,
            -7,
        ] {
            let found = remainders_i64(&values, divisor);
            for (&value, found) in values.iter().zip(found) {
                assert_eq!(found, value % divisor, "{value} % {divisor}");
            }
            // Multiples and their neighbours, where a quotient would be wrong first.
            let multiples =
                (1..1_000).flat_map(|step| near(divisor.wrapping_mul(step * 1_048_573)));
            let multiples: Vec<i64> = multiples.collect();
            let expected: Vec<i64> = multiples.iter().map(|value| value % divisor).collect();
            assert_eq!(remainders_i64(&multiples, divisor), expected, "{divisor}");
        }
    }

    #[test]
    fn numbers_become_texts_and_texts_are_joined() {
        let (mut bytes, mut ends) = (Vec::new(), Vec::from([0]));
        let values = [0, -1, i64::MIN, i64::MAX, 4_294_967_296, 10];
        digits(&mut bytes, &mut ends, &mut values.into_iter());
        let strings = Strings {
            bytes: &bytes,
            offsets: &ends,
        };
        for (row, value) in (0..).zip(values) {
            assert_eq!(strings.tail(row, 0), alloc::format!("{value}").as_bytes());
        }
        let (mut joined, mut joined_ends) = (Vec::new(), Vec::new());
        let sides = (Texts::One(b"no. "), Texts::Each(strings));
        join_texts(&mut joined, &mut joined_ends, 2, sides);
        assert_eq!(
            (&*joined, &*joined_ends),
            (&b"no. 0no. -1"[..], &[5, 11][..])
        );
        assert_eq!(within_i32(&[1, 2, 3], 2, 3, false), [false, true, true]);
        assert_eq!(within_i64(&[1, 2, 3], 2, 2, true), [true, false, true]);
    }

    #[test]
    fn sums_and_counts_by_group_leave_out_groups_that_there_are_not() {
        assert_eq!(sum_i32(&[i32::MAX, i32::MAX, -1]), 2 * 0x7FFF_FFFF - 1);
        let (mut sums, mut counts) = ([0, 10], [0, 0]);
        add_to_groups_i32(&mut sums, &mut counts, &[5, -7, 9], &[1, 0, 2]);
        assert_eq!((sums, counts), ([-7, 15], [1, 1]));
        count_groups(&mut counts, &[1, 1, 7]);
        assert_eq!(counts, [1, 3]);
    }

    #[test]
    fn pairs_are_found_by_the_keys_distance_from_the_least() {
        let (mut left, mut right) = (Vec::from([9]), Vec::from([9]));
        let list = [3, 0, 1];
        let keys = [12, 10, 11, 9, i32::MIN, 13];
        direct_pairs_i32(&list, 10, &keys, 5, &mut left, &mut right);
        assert_eq!((&*left, &*right), (&[9, 5, 6][..], &[9, 0, 2][..]));
        let keys = [i64::MIN, i64::MAX, i64::MIN + 1];
        direct_pairs_i64(&[1], i64::MIN, &keys, 0, &mut left, &mut right);
        assert_eq!((&*left, &*right), (&[9, 5, 6, 0][..], &[9, 0, 2, 0][..]));
    }

    #[test]
    fn rows_without_a_known_group_are_named_by_their_place() {
        let (mut groups, mut unknown) = (Vec::new(), Vec::new());
        known_groups(&[0, 5, 1], &[1, 0, 2, 9], &mut groups, &mut unknown);
        assert_eq!((groups[0], groups[2]), (4, 0));
        assert_eq!(unknown, [1, 3]);
    }

    #[test]
    fn rows_within_bounds_are_found_at_the_ends_of_the_type_too() {
        let values = [i32::MIN, -1, 0, 5, i32::MAX];
        assert_eq!(rows_within_i32(&values, -1, 5, None), [1, 2, 3]);
        assert_eq!(
            rows_within_i32(&values, i32::MIN, i32::MAX, None),
            [0, 1, 2, 3, 4]
        );
        assert_eq!(rows_within_i32(&values, 1, 0, None), [0_u32; 0]);
        assert_eq!(
            rows_within_i32(&values, 0, i32::MAX, Some(&[0, 3, 4])),
            [3, 4]
        );
        let wide = values.map(i64::from);
        assert_eq!(rows_within_i64(&wide, i64::MIN, 0, None), [0, 1, 2]);
        assert_eq!(rows_true(&[true, false, true], None), [0, 2]);
        assert_eq!(rows_true(&[true, false, true], Some(&[1, 2])), [2]);
    }

    #[test]
    fn missing_rows_give_nought_and_the_empty_string() {
        let mut numbers = vec![1];
        gather_i32(&mut numbers, &[7, 8], &[1, u32::MAX, 0]);
        assert_eq!(numbers, [1, 8, 0, 7]);
        let (mut bytes, mut ends) = (Vec::new(), vec![0]);
        let from = Strings {
            bytes: b"abcde",
            offsets: &[0, 3, 5],
        };
        gather_strings(&mut bytes, &mut ends, from, &[1, u32::MAX, 0]);
        assert_eq!((&*bytes, &*ends), (&b"deabc"[..], &[0, 2, 2, 5][..]));
    }
}
