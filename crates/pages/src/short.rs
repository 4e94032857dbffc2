//! Copying a few bytes.
//!
//! Why not `copy_from_slice`: with a length that is known only when running it is one instruction of WebAssembly, which engines carry
//! out by a call. Two copies of a fixed length that may overlap need none: in V8 they take a quarter to a half of its time for the
//! 3 to 31 bytes of most keys and short texts (4 to 16 ns against 15 to 32).

use alloc::vec::Vec;

/// Appends bytes. Complexity O(length).
#[inline]
pub fn extend(to: &mut Vec<u8>, from: &[u8]) {
    fn halves<const N: usize>(to: &mut Vec<u8>, from: &[u8]) {
        if let (Some(first), Some(last)) = (from.first_chunk::<N>(), from.last_chunk::<N>()) {
            let end = to.len() + from.len();
            to.extend_from_slice(first);
            to.truncate(end - N);
            to.extend_from_slice(last);
        }
    }
    match from.len() {
        0 => {}
        1 => halves::<1>(to, from),
        2..4 => halves::<2>(to, from),
        4..8 => halves::<4>(to, from),
        8..16 => halves::<8>(to, from),
        16..=32 => halves::<16>(to, from),
        _ => to.extend_from_slice(from),
    }
}

/// Copies bytes to a place of the same length; to one of another length nothing. Complexity O(length).
#[inline]
pub fn copy(to: &mut [u8], from: &[u8]) {
    #[inline]
    fn halves<const N: usize>(to: &mut [u8], from: &[u8]) {
        if let (Some(first), Some(last)) = (from.first_chunk::<N>(), from.last_chunk::<N>()) {
            if let Some(place) = to.first_chunk_mut::<N>() {
                *place = *first;
            }
            if let Some(place) = to.last_chunk_mut::<N>() {
                *place = *last;
            }
        }
    }
    if to.len() != from.len() {
        return;
    }
    match from.len() {
        0 => {}
        1 => halves::<1>(to, from),
        2..4 => halves::<2>(to, from),
        4..8 => halves::<4>(to, from),
        8..16 => halves::<8>(to, from),
        16..=32 => halves::<16>(to, from),
        _ => to.copy_from_slice(from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_copied_whole() {
        let from: Vec<u8> = (1..=100).collect();
        for length in 0..from.len() {
            let mut appended = alloc::vec![7];
            extend(&mut appended, &from[..length]);
            assert_eq!(appended[1..], from[..length]);
            let mut place = alloc::vec![0; length];
            copy(&mut place, &from[..length]);
            assert_eq!(place, from[..length]);
        }
    }
}
