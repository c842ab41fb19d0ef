//! Byte offsets become the offsets that a reader's language counts in.

/// What a record's offsets count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Offsets {
    /// Bytes of UTF-8 (Rust, Go).
    #[default]
    Bytes,
    /// Unicode scalar values (Python).
    Chars,
    /// Units of UTF-16 (JavaScript, Java).
    Utf16,
}

/// Converts the offsets of one text, in any order, in constant time each.
///
/// One pass over the text notes the count at every 64th byte; an offset costs a look at
/// that and at most 63 bytes more.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    unit: Offsets,
    /// Units before byte 64·n.
    before: Vec<usize>,
}

const STEP: usize = 64;

impl Index {
    pub(super) fn new(unit: Offsets) -> Self {
        Self {
            unit,
            before: Vec::new(),
        }
    }

    /// Prepares for `text`.
    pub(super) fn set(&mut self, text: &str) {
        if self.unit == Offsets::Bytes {
            return;
        }
        self.before.clear();
        let mut total = 0;
        for chunk in text.as_bytes().chunks(STEP) {
            self.before.push(total);
            total += self.count(chunk);
        }
        self.before.push(total);
    }

    /// The offset `at` of the text that it was prepared for.
    pub(super) fn get(&self, text: &str, at: usize) -> usize {
        if self.unit == Offsets::Bytes {
            return at;
        }
        let known = at / STEP;
        self.before[known] + self.count(&text.as_bytes()[known * STEP..at])
    }

    /// Units in these bytes; a character counts where its first byte stands.
    fn count(&self, bytes: &[u8]) -> usize {
        let first = |byte: u8| usize::from(byte & 0xc0 != 0x80);
        match self.unit {
            Offsets::Bytes => bytes.len(),
            Offsets::Chars => bytes.iter().map(|&byte| first(byte)).sum(),
            Offsets::Utf16 => bytes
                .iter()
                .map(|&byte| first(byte) + usize::from(byte >= 0xf0))
                .sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_counting() {
        for text in [
            "",
            "a",
            "正文😀é",
            &"正a😀éb".repeat(50),
            &"x".repeat(64),
            &"😀".repeat(16),
        ] {
            for unit in [Offsets::Bytes, Offsets::Chars, Offsets::Utf16] {
                let mut index = Index::new(unit);
                index.set("another text before");
                index.set(text);
                for at in (0..=text.len()).filter(|&at| text.is_char_boundary(at)) {
                    let expected = match unit {
                        Offsets::Bytes => at,
                        Offsets::Chars => text[..at].chars().count(),
                        Offsets::Utf16 => text[..at].encode_utf16().count(),
                    };
                    assert_eq!(index.get(text, at), expected, "{unit:?} {at} {text:?}");
                }
            }
        }
    }
}
