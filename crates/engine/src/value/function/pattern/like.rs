//! LIKE: `%` any run, `_` one letter, `\` takes the next letter as it is.
//!
//! Method: two pointers and one mark to go back to, the last `%`; O(text · pattern) at worst, no recursion.

use crate::error::{Error, ErrorCode};
use alloc::string::String;

/// Whether capitals differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// They do.
    Sensitive,
    /// They do not.
    Insensitive,
}

/// Whether all of `text` matches. 22025 if the pattern ends in its escape character.
pub fn like(text: &str, pattern: &str, case: Case) -> Result<bool, Error> {
    if case == Case::Insensitive {
        return like_bytes(lower(text).as_bytes(), lower(pattern).as_bytes());
    }
    like_bytes(text.as_bytes(), pattern.as_bytes())
}

fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// [`like`] with capitals that differ, of texts in UTF-8.
pub(crate) fn like_bytes(text: &[u8], pattern: &[u8]) -> Result<bool, Error> {
    let (mut t, mut p) = (0, 0);
    // After the last `%`: where the pattern goes on, and the first text position not tried yet.
    let mut mark: Option<(usize, usize)> = None;
    loop {
        let matched = match pattern.get(p) {
            Some(b'%') => {
                p += 1;
                mark = Some((p, t));
                continue;
            }
            Some(b'_') if t < text.len() => {
                t += letter_length(text, t);
                p += 1;
                true
            }
            Some(b'\\') => {
                let literal = pattern.get(p + 1).ok_or_else(|| {
                    Error::new(
                        ErrorCode::InvalidEscapeSequence,
                        "LIKE pattern must not end with escape character",
                    )
                })?;
                let same = text.get(t) == Some(literal);
                if same {
                    t += 1;
                    p += 2;
                }
                same
            }
            Some(literal) => {
                let same = *literal != b'_' && text.get(t) == Some(literal);
                if same {
                    t += 1;
                    p += 1;
                }
                same
            }
            None if t == text.len() => return Ok(true),
            None => false,
        };
        if matched {
            continue;
        }
        match mark {
            Some((after, from)) if from < text.len() => {
                let mut next = from + letter_length(text, from);
                // A letter that must come next is looked for byte by byte, which is quicker than trying the pattern everywhere.
                if let Some(&literal) = pattern.get(after)
                    && !matches!(literal, b'%' | b'_' | b'\\')
                {
                    let rest = text.get(next..).unwrap_or(&[]);
                    match rest.iter().position(|&byte| byte == literal) {
                        Some(found) => next += found,
                        None => return Ok(false),
                    }
                }
                mark = Some((after, next));
                p = after;
                t = next;
            }
            _ => return Ok(false),
        }
    }
}

/// Bytes of the letter that starts at `at`.
fn letter_length(text: &[u8], at: usize) -> usize {
    1 + text[at + 1..]
        .iter()
        .take_while(|byte| **byte & 0xc0 == 0x80)
        .count()
}

#[cfg(test)]
mod tests {
    use super::{Case, like};

    #[test]
    fn patterns_match_as_in_sql() {
        for (text, pattern, expected) in [
            ("abc", "abc", true),
            ("abc", "a%", true),
            ("abc", "%c", true),
            ("abc", "_b_", true),
            ("abc", "a_", false),
            ("abc", "", false),
            ("", "", true),
            ("", "%", true),
            ("", "_", false),
            ("abcabc", "%bc", true),
            ("a%c", "a\\%c", true),
            ("abc", "a\\%c", false),
            ("žluť", "_luť", true),
            ("žluť", "%ť", true),
            ("aaab", "%a_b", true),
            ("mississippi", "m%iss%ip%i", true),
            ("abc", "%%%c%%", true),
        ] {
            assert_eq!(
                like(text, pattern, Case::Sensitive),
                Ok(expected),
                "{text} like {pattern}"
            );
        }
        assert_eq!(like("ABC", "%b%", Case::Insensitive), Ok(true));
        assert_eq!(like("ABC", "%b%", Case::Sensitive), Ok(false));
    }
}
