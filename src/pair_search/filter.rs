//! Anchors become bit tables that tell fast where none of them stands.

use crate::pair_search::anchors::{self, Anchor};

/// All that a scan looks at before the index.
#[derive(Debug)]
pub(super) struct Filters {
    pub(super) pairs: PairFilter,
    pub(super) bytes: ByteFilter,
    pub(super) singles: SingleFilter,
    /// There are anchors of that kind.
    pub(super) any_pairs: bool,
    pub(super) any_bytes: bool,
    pub(super) any_singles: bool,
}

impl Filters {
    pub(super) fn new(anchors: &[Anchor], fold: u8) -> Self {
        let pairs: Vec<u64> = anchors
            .iter()
            .filter_map(|anchor| match anchor {
                Anchor::Pair { key, .. } => Some(*key),
                _ => None,
            })
            .collect();
        let mut bytes = ByteFilter::new(fold);
        let mut singles = SingleFilter::default();
        for anchor in anchors {
            bytes.add(anchor);
            singles.add(anchor);
        }
        Self {
            any_pairs: !pairs.is_empty(),
            any_bytes: bytes.any_long || bytes.any_short,
            any_singles: anchors
                .iter()
                .any(|anchor| matches!(anchor, Anchor::Single { .. })),
            pairs: PairFilter::new(&pairs),
            bytes,
            singles,
        }
    }

    pub(super) fn memory_usage(&self) -> usize {
        self.pairs.words.len() * size_of::<u32>() + 2 * size_of::<Bits>()
    }
}

/// A Bloom filter of pairs of characters. Both bits of a key are in the same word, so that
/// one look at memory tells.
#[derive(Debug)]
pub(super) struct PairFilter {
    /// 2^`log` of them.
    words: Box<[u32]>,
    log: u32,
}

/// Multipliers of the hash: odd, with bits all over.
pub(super) const FIRST: u32 = 0x9e37_79b1;
pub(super) const SECOND: u32 = 0x85eb_ca6b;

impl PairFilter {
    /// Words per key, and the logarithms of the fewest and of the most words: 2 KiB, which
    /// leaves most of a core's first cache to others, to 256 KiB, which its second one holds.
    const WORDS_PER_KEY: usize = 2;
    const LOG: std::ops::RangeInclusive<u32> = 9..=16;

    fn new(keys: &[u64]) -> Self {
        let wanted = (keys.len() * Self::WORDS_PER_KEY)
            .max(1)
            .next_power_of_two();
        let log = wanted.ilog2().clamp(*Self::LOG.start(), *Self::LOG.end());
        let mut filter = Self {
            words: vec![0; 1 << log].into(),
            log,
        };
        for &key in keys {
            let (word, bits) = filter.place(key);
            filter.words[word] |= bits;
        }
        filter
    }

    pub(super) fn words(&self) -> &[u32] {
        &self.words
    }

    /// The logarithm of how many words there are, 9 to 16.
    pub(super) fn log(&self) -> u32 {
        self.log
    }

    /// The word of a pair and its bits there.
    fn place(&self, key: u64) -> (usize, u32) {
        let first = key as u32 & 0xff_ffff;
        let second = (key >> 24) as u32 & 0xff_ffff;
        let hash = first
            .wrapping_mul(FIRST)
            .wrapping_add(second.wrapping_mul(SECOND));
        let bit = |shift: u32| 1u32 << (hash >> (shift - self.log) & 31);
        ((hash >> (32 - self.log)) as usize, bit(27) | bit(22))
    }

    /// False if there is no such pair.
    #[inline(always)]
    pub(super) fn passes(&self, key: u64) -> bool {
        let (word, bits) = self.place(key);
        self.words[word] & bits == bits
    }
}

/// A set of numbers of 16 bits.
type Bits = [u64; 1024];

/// A set of bytes in the form that vector instructions look things up in: by its lower half a
/// byte finds eight bits, by its upper half it tells which of them is its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct ByteSet {
    pub(super) by_lower_half: [u8; 16],
    pub(super) bits: [u8; 16],
}

impl ByteSet {
    /// For any bytes: ASCII has a bit for each upper half (controls share one), all other
    /// bytes have the last.
    const ANY: [u8; 16] = [
        1, 1, 2, 4, 8, 16, 32, 64, 128, 128, 128, 128, 128, 128, 128, 128,
    ];
    /// For bytes inside a character.
    const INSIDE: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 0, 0, 0, 0];

    fn new(bits: [u8; 16]) -> Self {
        let by_lower_half = [0; 16];
        Self {
            by_lower_half,
            bits,
        }
    }

    fn add(&mut self, byte: u8) {
        self.by_lower_half[usize::from(byte & 15)] |= self.bits[usize::from(byte >> 4)];
    }

    #[inline(always)]
    fn has(&self, byte: u8) -> bool {
        self.by_lower_half[usize::from(byte & 15)] & self.bits[usize::from(byte >> 4)] != 0
    }
}

/// Which single characters of three bytes there are, by their second and their third byte.
#[derive(Debug)]
pub(super) struct SingleFilter {
    pub(super) second: ByteSet,
    pub(super) third: ByteSet,
}

impl Default for SingleFilter {
    fn default() -> Self {
        let empty = ByteSet::new(ByteSet::INSIDE);
        Self {
            second: empty,
            third: empty,
        }
    }
}

impl SingleFilter {
    fn add(&mut self, anchor: &Anchor) {
        if let Anchor::Single { key } = anchor {
            let [_, second, third, ..] = key.to_le_bytes();
            self.second.add(second);
            self.third.add(third);
        }
    }

    /// False if there is no such character.
    #[inline(always)]
    pub(super) fn passes(&self, [_, second, third]: [u8; 3]) -> bool {
        self.second.has(second) && self.third.has(third)
    }
}

/// Which first bytes of anchors there are that are not pairs.
#[derive(Debug)]
pub(super) struct ByteFilter {
    /// Of long anchors, by a hash of their key; of short ones, by the key's two bytes.
    long: Box<Bits>,
    short: Box<Bits>,
    any_long: bool,
    any_short: bool,
    /// The first and the second bytes of all of them.
    pub(super) first: ByteSet,
    pub(super) second: ByteSet,
    /// [`Patterns::fold`](crate::pair_search::index::Patterns::fold).
    fold: u8,
}

impl ByteFilter {
    fn new(fold: u8) -> Self {
        Self {
            long: Box::new([0; 1024]),
            short: Box::new([0; 1024]),
            any_long: false,
            any_short: false,
            first: ByteSet::new(ByteSet::ANY),
            second: ByteSet::new(ByteSet::ANY),
            fold,
        }
    }

    fn add(&mut self, anchor: &Anchor) {
        match anchor {
            Anchor::Pair { .. } | Anchor::Single { .. } => return,
            Anchor::Long { key, .. } => {
                set(&mut self.long, hash_long(*key));
                self.any_long = true;
            }
            Anchor::Short { .. } | Anchor::Last { .. } => {
                anchor.keys(|key| set(&mut self.short, key as u16));
                self.any_short = true;
            }
        }
        anchor.keys(|key| {
            let [first, second, ..] = key.to_le_bytes();
            // In a text the bits that folding sets may not be set.
            for (set, byte) in [(&mut self.first, first), (&mut self.second, second)] {
                set.add(byte);
                set.add(byte & !self.fold);
            }
        });
    }

    /// Calls `visit` with the key of each anchor that may stand at `at`.
    #[inline(always)]
    pub(super) fn look(&self, text: &[u8], at: usize, visit: &mut impl FnMut(u64, usize)) {
        let byte = |ahead: usize| text.get(at + ahead).copied().unwrap_or(0);
        let four = text.get(at..at + 4).and_then(|four| four.try_into().ok());
        let bytes: [u8; 4] = four.unwrap_or_else(|| std::array::from_fn(byte));
        let key = anchors::long_key(bytes, self.fold);
        if self.any_long && has(&self.long, hash_long(key)) {
            visit(key, at);
        }
        if self.any_short && has(&self.short, key as u16) {
            visit(anchors::short_key([bytes[0], bytes[1]], self.fold), at);
        }
    }
}

fn hash_long(key: u64) -> u16 {
    ((key as u32).wrapping_mul(FIRST) >> 16) as u16
}

fn set(bits: &mut Bits, number: u16) {
    bits[usize::from(number / 64)] |= 1 << (number % 64);
}

#[inline(always)]
fn has(bits: &Bits, number: u16) -> bool {
    bits[usize::from(number / 64)] >> (number % 64) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_passes_and_little_else() {
        let keys: Vec<u64> = (0..5_000u64)
            .map(|n| (n * 0x3_0517) & 0xffff_ffff_ffff)
            .collect();
        let filter = PairFilter::new(&keys);
        assert!(keys.iter().all(|&key| filter.passes(key)));
        let others =
            (0..100_000u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a) >> 8 & 0xffff_ffff_ffff);
        let wrong = others.filter(|&key| filter.passes(key)).count();
        assert!(wrong < 2_000, "{wrong} of 100,000 pass");
    }

    #[test]
    fn bytes_of_either_case_lead_to_one_key() {
        let mut filter = ByteFilter::new(b' ');
        let key = anchors::long_key(*b"rela", b' ');
        filter.add(&Anchor::Long { offset: 0, key });
        for (text, expected) in [
            ("xRELated", vec![(key, 1)]),
            ("xrelish", vec![]),
            ("re", vec![]),
        ] {
            let mut seen = Vec::new();
            for at in 0..text.len() {
                filter.look(text.as_bytes(), at, &mut |key, at| seen.push((key, at)));
            }
            assert_eq!(seen, expected, "{text}");
        }
    }
}
