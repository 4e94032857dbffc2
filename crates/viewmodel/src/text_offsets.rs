//! Byte offsets (the engine's) to UTF-16 offsets (the editor's) and back.

/// UTF-16 offset of a byte offset; offsets inside a character or beyond the end are clamped.
#[must_use]
pub fn utf16_offset(text: &str, byte: u32) -> u32 {
    let end = text.floor_char_boundary(usize::try_from(byte).unwrap_or(usize::MAX).min(text.len()));
    let units: usize = text[..end].chars().map(char::len_utf16).sum();
    u32::try_from(units).unwrap_or(u32::MAX)
}

/// Byte offset of a UTF-16 offset; beyond the end it is the text's length.
#[must_use]
pub fn byte_offset(text: &str, utf16: u32) -> u32 {
    let mut units = 0;
    for (byte, character) in text.char_indices() {
        if units >= utf16 as usize {
            return u32::try_from(byte).unwrap_or(u32::MAX);
        }
        units += character.len_utf16();
    }
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_agree_beyond_the_basic_plane() {
        let text = "a𝄞é=1";
        assert_eq!(utf16_offset(text, 5), 3);
        assert_eq!(byte_offset(text, 3), 5);
        assert_eq!(utf16_offset(text, 99), 6);
        assert_eq!(byte_offset(text, 99), 9);
    }
}
