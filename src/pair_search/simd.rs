//! The same as `scan`, many characters at a time; and a way to have other code compiled for
//! vectors. The only unsafe code of the crate.
//!
//! What it rests on:
//!
//! * A function with `target_feature` is called only at a [`Level`] not above
//!   [`Level::best`], which asks the processor. [`scan`] takes the lesser of the two.
//! * Each load from the text stands in a loop that holds `at + 33 <= len` or `at + 64 <= len`,
//!   and ends inside that stretch. Other loads are of arrays of just that length.
//! * Gathers read words of the pair filter. An index is a hash shifted right by `32 - log`, so
//!   it is below 2^`log`, which is how many words there are (asserted before the loop).
//!
//! The functions are tested against the portable scan and against aho-corasick on texts of
//! all kinds of characters, cut anywhere (`pair_search/tests.rs`).

#![allow(unsafe_code, reason = "vector instructions; see above")]

use crate::pair_search::filter::Filters;

/// The instructions that a search uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Level {
    /// Those of every processor.
    Portable,
    /// AVX2 of x86-64.
    Avx2,
    /// AVX-512 with VBMI and VBMI2 of x86-64.
    Avx512,
}

impl Level {
    /// The highest level of this processor.
    pub fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            let has_256 = is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("popcnt");
            let has_512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vbmi")
                && is_x86_feature_detected!("avx512vbmi2")
                && is_x86_feature_detected!("bmi2");
            match (has_256, has_512) {
                (true, true) => return Self::Avx512,
                (true, false) => return Self::Avx2,
                (false, _) => {}
            }
        }
        Self::Portable
    }
}

/// Something that wide vectors do faster, if [`Work::run`] and what it calls are always inlined.
pub(crate) trait Work {
    fn run(self);
}

/// Runs what is compiled for the widest vectors of the processor's [`Level`]. Results are the same
/// to the bit.
pub(crate) fn vectorised(work: impl Work) {
    vectorised_at(Level::Avx512, work);
}

/// The same, at no higher level than that.
pub(crate) fn vectorised_at(level: Level, work: impl Work) {
    #[cfg(target_arch = "x86_64")]
    match level.min(Level::best()) {
        // SAFETY: the processor has what the level stands for.
        Level::Avx512 => return unsafe { x86::vectorised_avx512(work) },
        // SAFETY: as above.
        Level::Avx2 => return unsafe { x86::vectorised_avx2(work) },
        Level::Portable => {}
    }
    let _ = level;
    work.run();
}

/// Calls `visit` with the key and the offset of each anchor that may stand in the first part of
/// `text`, in order; returns the offset from which the rest is to be scanned.
pub(super) fn scan(
    level: Level,
    text: &str,
    filters: &Filters,
    visit: &mut impl FnMut(u64, usize),
) -> usize {
    #[cfg(target_arch = "x86_64")]
    {
        match level.min(Level::best()) {
            // SAFETY: the processor has what the level stands for.
            Level::Avx512 => return unsafe { x86::scan_avx512(text.as_bytes(), filters, visit) },
            // SAFETY: as above.
            Level::Avx2 => return unsafe { x86::scan_avx2(text.as_bytes(), filters, visit) },
            Level::Portable => {}
        }
    }
    let _ = (level, text, filters, visit);
    0
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use crate::pair_search::anchors::{pair_key, single_key};
    use crate::pair_search::filter::{ByteSet, FIRST, Filters, PairFilter, SECOND};

    /// The key of the six bytes at `at`; `at + 6 <= bytes.len()`.
    #[inline(always)]
    fn key_at(bytes: &[u8], at: usize) -> u64 {
        match bytes[at..at + 6] {
            [a, b, c, d, e, f] => pair_key([a, b, c, d, e, f]),
            _ => 0,
        }
    }

    /// The key of the three bytes at `at`; `at + 3 <= bytes.len()`.
    #[inline(always)]
    fn single_at(bytes: &[u8], at: usize) -> u64 {
        match bytes[at..at + 3] {
            [a, b, c] => single_key([a, b, c]),
            _ => 0,
        }
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn vectorised_avx2(work: impl super::Work) {
        work.run();
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn vectorised_avx512(work: impl super::Work) {
        work.run();
    }

    /// Goes through runs of characters of three bytes, up to eight pairs at a time, and
    /// through what stands between such runs.
    #[target_feature(enable = "avx2,bmi1,popcnt")]
    pub(super) fn scan_avx2(
        bytes: &[u8],
        filters: &Filters,
        visit: &mut impl FnMut(u64, usize),
    ) -> usize {
        // Every third bit: where characters of three bytes begin in a run of them.
        const THIRDS: u32 = 0x0924_9249;
        let mut at = 0;
        while at + 33 <= bytes.len() {
            // SAFETY: 33 bytes from `at` are inside.
            let block = unsafe { _mm256_loadu_si256(bytes.as_ptr().add(at).cast()) };
            let high = _mm256_and_si256(block, _mm256_set1_epi8(0xf0u8 as i8));
            let threes = _mm256_cmpeq_epi8(high, _mm256_set1_epi8(0xe0u8 as i8));
            let threes = _mm256_movemask_epi8(threes) as u32;
            let run = (!threes & THIRDS).trailing_zeros() / 3;
            if run >= 2 && filters.any_pairs {
                let pairs = (run - 1).min(8);
                // SAFETY: as above; the function reads 28 bytes.
                let mut found = unsafe { eight_pairs(bytes.as_ptr().add(at), &filters.pairs) };
                found &= (1 << pairs) - 1;
                while found != 0 {
                    let place = at + 3 * found.trailing_zeros() as usize;
                    visit(key_at(bytes, place), place);
                    found &= found - 1;
                }
            }
            // The next run begins at bit `next`; a step is no longer than eight pairs.
            let begin = 3 * run.min(8);
            let next = (threes.unbounded_shr(begin).trailing_zeros() + begin).min(24);
            if filters.any_singles {
                let singles = &filters.singles;
                let mut found = threes & low(next) & among(block, &singles.second) >> 1;
                found &= among(block, &singles.third) >> 2;
                while found != 0 {
                    let place = at + found.trailing_zeros() as usize;
                    visit(single_at(bytes, place), place);
                    found &= found - 1;
                }
            }
            if filters.any_bytes {
                let inside = _mm256_cmpgt_epi8(_mm256_set1_epi8(-64), block);
                let others = !(threes | _mm256_movemask_epi8(inside) as u32);
                let mut others = others & low(next) & !low(begin);
                if others != 0 {
                    // SAFETY: 33 bytes from `at` are inside.
                    let behind = unsafe { _mm256_loadu_si256(bytes.as_ptr().add(at + 1).cast()) };
                    others &= among(block, &filters.bytes.first);
                    others &= among(behind, &filters.bytes.second);
                }
                while others != 0 {
                    let place = at + others.trailing_zeros() as usize;
                    filters.bytes.look(bytes, place, visit);
                    others &= others - 1;
                }
            }
            at += next as usize;
        }
        at
    }

    /// Which bytes are in a set, as bits.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn among(block: __m256i, set: &ByteSet) -> u32 {
        let table = |halves: &[u8; 16]| {
            // SAFETY: the array has 16 bytes.
            let table = unsafe { _mm_loadu_si128(halves.as_ptr().cast()) };
            _mm256_broadcastsi128_si256(table)
        };
        let half = _mm256_set1_epi8(15);
        let lower = _mm256_and_si256(block, half);
        let upper = _mm256_and_si256(_mm256_srli_epi16::<4>(block), half);
        let bits = _mm256_shuffle_epi8(table(&set.by_lower_half), lower);
        let bit = _mm256_shuffle_epi8(table(&set.bits), upper);
        let none = _mm256_cmpeq_epi8(_mm256_and_si256(bits, bit), _mm256_setzero_si256());
        !_mm256_movemask_epi8(none) as u32
    }

    /// The same of 64 bytes.
    #[target_feature(enable = "avx512f,avx512bw")]
    #[inline]
    fn among_64(block: __m512i, set: &ByteSet) -> u64 {
        let table = |halves: &[u8; 16]| {
            // SAFETY: the array has 16 bytes.
            let table = unsafe { _mm_loadu_si128(halves.as_ptr().cast()) };
            _mm512_broadcast_i32x4(table)
        };
        let half = _mm512_set1_epi8(15);
        let lower = _mm512_and_si512(block, half);
        let upper = _mm512_and_si512(_mm512_srli_epi16::<4>(block), half);
        let bits = _mm512_shuffle_epi8(table(&set.by_lower_half), lower);
        let bit = _mm512_shuffle_epi8(table(&set.bits), upper);
        _mm512_test_epi8_mask(bits, bit)
    }

    /// The lowest `count` bits, up to 32.
    #[inline(always)]
    fn low(count: u32) -> u32 {
        1u32.unbounded_shl(count).wrapping_sub(1)
    }

    /// Takes the 27 bytes at `at` for nine characters of three bytes; tells which of
    /// the eight pairs pass the filter, as bits.
    ///
    /// # Safety
    /// 28 bytes at `at` are readable.
    #[target_feature(enable = "avx2")]
    #[inline]
    unsafe fn eight_pairs(at: *const u8, filter: &PairFilter) -> u32 {
        // SAFETY: 16 bytes at 0 and at 12 end within 28.
        let (near, far) = unsafe {
            (
                _mm_loadu_si128(at.cast()),
                _mm_loadu_si128(at.add(12).cast()),
            )
        };
        let both = _mm256_set_m128i(far, near);
        let spread = |by: i8| {
            let three = |n: i8| [by + 3 * n, by + 3 * n + 1, by + 3 * n + 2];
            let ([a, b, c], [d, e, f]) = (three(0), three(1));
            let ([g, h, i], [j, k, l]) = (three(2), three(3));
            let lane = _mm_setr_epi8(a, b, c, -1, d, e, f, -1, g, h, i, -1, j, k, l, -1);
            _mm256_shuffle_epi8(both, _mm256_set_m128i(lane, lane))
        };
        let first = _mm256_mullo_epi32(spread(0), _mm256_set1_epi32(FIRST as i32));
        let second = _mm256_mullo_epi32(spread(3), _mm256_set1_epi32(SECOND as i32));
        let hash = _mm256_add_epi32(first, second);
        let (words, log) = (filter.words(), filter.log());
        assert_eq!(words.len(), 1 << log);
        let shift = |by: u32| _mm256_srl_epi32(hash, _mm_cvtsi32_si128((by - log) as i32));
        // SAFETY: an index has `log` bits, and there are 2^log words.
        let words = unsafe { _mm256_i32gather_epi32::<4>(words.as_ptr().cast(), shift(32)) };
        let one = _mm256_set1_epi32(1);
        let bit = |by: u32| {
            let place = _mm256_and_si256(shift(by), _mm256_set1_epi32(31));
            _mm256_sllv_epi32(one, place)
        };
        let bits = _mm256_or_si256(bit(27), bit(22));
        let passed = _mm256_cmpeq_epi32(_mm256_and_si256(words, bits), bits);
        _mm256_movemask_ps(_mm256_castsi256_ps(passed)) as u32
    }

    /// Takes 48 bytes at a time, in which at most 16 characters of three bytes begin.
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vbmi2,bmi1,bmi2,popcnt")]
    pub(super) fn scan_avx512(
        bytes: &[u8],
        filters: &Filters,
        visit: &mut impl FnMut(u64, usize),
    ) -> usize {
        const STEP: usize = 48;
        const INSIDE: u64 = (1 << STEP) - 1;
        let (words, log) = (filters.pairs.words(), filters.pairs.log());
        assert_eq!(words.len(), 1 << log);
        let count = |by: u32| _mm_cvtsi32_si128((by - log) as i32);
        let (word_shift, bit_shifts) = (count(32), [count(27), count(22)]);
        let numbers: [i8; 64] = std::array::from_fn(|n| n as i8);
        // SAFETY: the array has 64 bytes.
        let numbers = unsafe { _mm512_loadu_si512(numbers.as_ptr().cast()) };
        // Each byte of a lane becomes its lowest one, plus 0, 1 and 2; the fourth is not used.
        let lowest = _mm512_set4_epi32(0x0c0c_0c0c, 0x0808_0808, 0x0404_0404, 0);
        let (here, behind) = (
            _mm512_set1_epi32(0x0002_0100),
            _mm512_set1_epi32(0x0005_0403),
        );
        const THREE_OF_FOUR: u64 = 0x7777_7777_7777_7777;
        let mut at = 0;
        while at + 64 <= bytes.len() {
            // SAFETY: 64 bytes from `at` are inside.
            let block = unsafe { _mm512_loadu_si512(bytes.as_ptr().add(at).cast()) };
            let high = _mm512_and_si512(block, _mm512_set1_epi8(0xf0u8 as i8));
            let threes = _mm512_cmpeq_epi8_mask(high, _mm512_set1_epi8(0xe0u8 as i8));
            let pairs = threes & (threes >> 3) & INSIDE;
            if pairs != 0 && filters.any_pairs {
                let starts = _mm512_maskz_compress_epi8(pairs, numbers);
                let starts = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(starts));
                let starts = _mm512_shuffle_epi8(starts, lowest);
                let chars = |ahead| {
                    let places = _mm512_add_epi8(starts, ahead);
                    _mm512_maskz_permutexvar_epi8(THREE_OF_FOUR, places, block)
                };
                let first = _mm512_mullo_epi32(chars(here), _mm512_set1_epi32(FIRST as i32));
                let second = _mm512_mullo_epi32(chars(behind), _mm512_set1_epi32(SECOND as i32));
                let hash = _mm512_add_epi32(first, second);
                let index = _mm512_srl_epi32(hash, word_shift);
                // SAFETY: an index has `log` bits, and there are 2^log words.
                let words = unsafe { _mm512_i32gather_epi32::<4>(index, words.as_ptr().cast()) };
                let bit = |shift| {
                    let place =
                        _mm512_and_si512(_mm512_srl_epi32(hash, shift), _mm512_set1_epi32(31));
                    _mm512_sllv_epi32(_mm512_set1_epi32(1), place)
                };
                let bits = _mm512_or_si512(bit(bit_shifts[0]), bit(bit_shifts[1]));
                let passed = _mm512_cmpeq_epi32_mask(_mm512_and_si512(words, bits), bits);
                let mut passed = u32::from(passed) & low(pairs.count_ones());
                while passed != 0 {
                    // The pair of lane n begins at the n-th bit of `pairs`.
                    let lane = u64::from(passed & passed.wrapping_neg());
                    let place = at + _pdep_u64(lane, pairs).trailing_zeros() as usize;
                    visit(key_at(bytes, place), place);
                    passed &= passed - 1;
                }
            }
            if filters.any_singles {
                let singles = &filters.singles;
                let mut found = threes & INSIDE & among_64(block, &singles.second) >> 1;
                found &= among_64(block, &singles.third) >> 2;
                while found != 0 {
                    let place = at + found.trailing_zeros() as usize;
                    visit(single_at(bytes, place), place);
                    found &= found - 1;
                }
            }
            if filters.any_bytes {
                let inside = _mm512_cmplt_epi8_mask(block, _mm512_set1_epi8(-64));
                let mut others = !(threes | inside) & INSIDE;
                if others != 0 {
                    // The byte behind the last one of the step is in the block.
                    others &= among_64(block, &filters.bytes.first);
                    others &= among_64(block, &filters.bytes.second) >> 1;
                }
                while others != 0 {
                    let place = at + others.trailing_zeros() as usize;
                    filters.bytes.look(bytes, place, visit);
                    others &= others - 1;
                }
            }
            at += STEP;
        }
        at
    }
}
