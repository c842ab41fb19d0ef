//! Patterns become anchors: for each, the few bytes by which it is looked for.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use crate::pair_search::index::Patterns;

/// By which of its bytes a pattern is found. Each key is told from those of other kinds by its
/// upper bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// Two adjacent characters of three bytes each.
    Pair { offset: u16, key: u64 },
    /// A byte of a character of another length, and the three bytes behind it.
    Long { offset: u16, key: u64 },
    /// The same, and the byte behind it.
    Short { offset: u16, key: u64 },
    /// Such a byte that ends the pattern, as the key with a zero behind it: any byte may follow.
    Last { offset: u16, key: u64 },
    /// A character of three bytes that is all of the pattern.
    Single { key: u64 },
}

/// Marks of the keys that are not pairs; in those the fifth byte is one that continues a
/// character, 0x80 or above.
const SINGLE: u64 = 3 << 32;
const LONG: u64 = 2 << 32;
const SHORT: u64 = 1 << 32;

/// True for the first byte of a character of three bytes.
pub(super) fn leads_three(byte: u8) -> bool {
    byte & 0xf0 == 0xe0
}

/// True for a byte inside a character.
pub(super) fn continues(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// The key of two characters of three bytes, or of any six bytes.
pub(super) fn pair_key(bytes: [u8; 6]) -> u64 {
    let [a, b, c, d, e, f] = bytes;
    u64::from_le_bytes([a, b, c, d, e, f, 0, 0])
}

/// The key of a character of three bytes, or of any three bytes.
pub(super) fn single_key([a, b, c]: [u8; 3]) -> u64 {
    u64::from(u32::from_le_bytes([a, b, c, 0])) | SINGLE
}

/// The key of four bytes; `fold` is [`Patterns::fold`].
#[inline(always)]
pub(super) fn long_key(bytes: [u8; 4], fold: u8) -> u64 {
    u64::from(u32::from_le_bytes(bytes) | u32::from_le_bytes([fold; 4])) | LONG
}

/// The key of two bytes; `fold` is [`Patterns::fold`].
#[inline(always)]
pub(super) fn short_key(bytes: [u8; 2], fold: u8) -> u64 {
    u64::from(u16::from_le_bytes(bytes) | u16::from_le_bytes([fold; 2])) | SHORT
}

impl Anchor {
    /// Bytes of the pattern before it.
    pub(super) fn offset(&self) -> u16 {
        match *self {
            Self::Pair { offset, .. }
            | Self::Long { offset, .. }
            | Self::Short { offset, .. }
            | Self::Last { offset, .. } => offset,
            Self::Single { .. } => 0,
        }
    }

    /// Calls `see` with each key that leads to the pattern.
    pub(super) fn keys(&self, mut see: impl FnMut(u64)) {
        match *self {
            Self::Pair { key, .. }
            | Self::Long { key, .. }
            | Self::Short { key, .. }
            | Self::Single { key } => see(key),
            Self::Last { key, .. } => (0..=0xff).for_each(|next| see(key | next << 8)),
        }
    }

    fn at(pattern: &str, offset: usize, fold: u8) -> Option<Self> {
        let rest = &pattern.as_bytes()[offset..];
        let offset = offset as u16;
        match *rest {
            [first, ..] if continues(first) => None,
            [a, b, c, d, e, f, ..] if leads_three(a) && leads_three(d) => {
                let key = pair_key([a, b, c, d, e, f]);
                Some(Self::Pair { offset, key })
            }
            [a, b, c] if leads_three(a) && offset == 0 => Some(Self::Single {
                key: single_key([a, b, c]),
            }),
            [first, ..] if leads_three(first) => None,
            [a, b, c, d, ..] => {
                let key = long_key([a, b, c, d], fold);
                Some(Self::Long { offset, key })
            }
            [a, b, ..] => {
                let key = short_key([a, b], fold);
                Some(Self::Short { offset, key })
            }
            [byte] => {
                // Folded by hand: the zero stays one.
                let key = short_key([byte | fold, 0], 0);
                Some(Self::Last { offset, key })
            }
            [] => None,
        }
    }
}

/// The anchor of each pattern: a pair if it has one, the rarest; of pairs alike rare one that
/// few patterns have taken. Those with least choice choose first.
pub(super) fn choose(patterns: &Patterns) -> Vec<Anchor> {
    let mut taken: HashMap<u64, u32, BuildHasherDefault<Mixer>> = HashMap::default();
    let mut anchors = vec![Anchor::Single { key: 0 }; patterns.len()];
    let mut order: Vec<u32> = (0..patterns.len() as u32).collect();
    order.sort_by_key(|&pattern| patterns.get(pattern).len());
    for pattern in order {
        let text = patterns.get(pattern);
        let offsets = text.char_indices().map(|(at, _)| at);
        let choices = offsets.filter_map(|at| Some((at, Anchor::at(text, at, patterns.fold())?)));
        let cost = |&(at, anchor): &(usize, Anchor)| {
            let mut others = 0;
            anchor.keys(|key| others = others.max(taken.get(&key).copied().unwrap_or(0)));
            let rank = match anchor {
                Anchor::Pair { .. } => 0,
                Anchor::Long { .. } => 1,
                Anchor::Short { .. } => 2,
                Anchor::Last { .. } | Anchor::Single { .. } => 3,
            };
            (
                rank,
                u64::from(frequency(&text[at..])) * u64::from(others + 2),
            )
        };
        if let Some((_, anchor)) = choices.min_by_key(cost) {
            anchor.keys(|key| *taken.entry(key).or_default() += 1);
            anchors[pattern as usize] = anchor;
        }
    }
    anchors
}

/// Hashes a number; the table's own hash, made against attackers, would take most of the time
/// that building takes. Who chooses the patterns attacks only himself.
#[derive(Default)]
struct Mixer(u64);

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte.into());
        }
    }

    fn write_u64(&mut self, number: u64) {
        let mixed = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 32;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Two characters as one number.
fn both(first: char, second: char) -> u64 {
    u64::from(first) << 32 | u64::from(second)
}

/// How often the first two characters of `text` stand in a million, roughly.
fn frequency(text: &str) -> u32 {
    static FREQUENT: LazyLock<HashMap<u64, u32, BuildHasherDefault<Mixer>>> = LazyLock::new(|| {
        let mut frequent = HashMap::default();
        for line in include_str!("frequent.txt").lines() {
            let (often, pairs) = line.split_once('\t').unwrap_or_default();
            let often = 1 << often.parse().unwrap_or(0);
            let mut chars = pairs.chars().map(|c| if c == '␣' { ' ' } else { c });
            while let (Some(first), Some(second)) = (chars.next(), chars.next()) {
                frequent.insert(both(first, second), often);
            }
        }
        frequent
    });
    let mut chars = text.chars().map(|c| c.to_ascii_lowercase());
    match (chars.next(), chars.next()) {
        (Some(first), Some(second)) => FREQUENT.get(&both(first, second)).copied().unwrap_or(1),
        _ => OFTEN,
    }
}

/// What is taken for the frequency of a single character.
const OFTEN: u32 = 1 << 14;

#[cfg(test)]
mod tests {
    use super::*;

    fn anchor(pattern: &str) -> Anchor {
        choose(&Patterns::new([pattern], true).unwrap())[0]
    }

    #[test]
    fn the_rarest_pair_is_taken() {
        // 我们 is frequent, 们薄 is not; 薄荷 and 荷的 are, in the pages that were counted.
        let Anchor::Pair { offset, .. } = anchor("我们的公司") else {
            panic!("no pair");
        };
        assert_ne!(offset, 0, "我们");
    }

    #[test]
    fn what_has_no_pair_is_anchored_elsewhere() {
        assert!(matches!(anchor("(c)"), Anchor::Short { .. }));
        assert!(matches!(anchor("加QQ群聊"), Anchor::Pair { offset: 5, .. }));
        assert!(matches!(anchor("加QQ群"), Anchor::Long { .. }));
        assert!(matches!(anchor("第1"), Anchor::Last { offset: 3, .. }));
        assert!(matches!(anchor("©"), Anchor::Short { offset: 0, .. }));
        assert!(matches!(anchor("丨"), Anchor::Single { .. }));
    }

    #[test]
    fn patterns_are_spread_over_pairs() {
        let words: Vec<String> = ('一'..='十').map(|c| format!("{c}丑丙丁")).collect();
        let patterns = Patterns::new(&words, false).unwrap();
        let anchors = choose(&patterns);
        let own = anchors.iter().filter(|anchor| anchor.offset() == 0).count();
        assert!(own * 2 > words.len(), "{own} of {}", words.len());
    }

    #[test]
    fn frequencies_are_told_by_both_characters() {
        assert!(frequency("的是") < frequency("我们"));
        assert_eq!(frequency("\u{10ffff}\u{10ffff}"), 1);
    }
}
