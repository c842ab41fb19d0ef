//! Patterns become one stretch of bytes, and their anchors a table: which patterns may stand
//! where that anchor stands.

use std::collections::HashSet;
use std::ops::Range;

use crate::error::{Error, Result};
use crate::pair_search::Match;
use crate::pair_search::anchors::Anchor;

/// The different patterns, numbered in the order in which they first came.
#[derive(Debug)]
pub(super) struct Patterns {
    text: String,
    /// Where each ends in `text`.
    ends: Vec<u32>,
    /// The number that each was given by the user.
    given: Vec<u32>,
    fold: bool,
}

/// The bit that makes ASCII letters lower case. Set in other bytes it makes some of them alike,
/// which a filter may do.
const LOWER: u8 = 0x20;

/// The longest pattern, in bytes: offsets in it are kept in 16 bits.
const LONGEST: usize = u16::MAX as usize;

impl Patterns {
    /// `fold` makes ASCII letters of either case the same.
    pub(super) fn new<P: AsRef<str>>(
        patterns: impl IntoIterator<Item = P>,
        fold: bool,
    ) -> Result<Self> {
        let mut seen = HashSet::new();
        let mut all = Self {
            text: String::new(),
            ends: Vec::new(),
            given: Vec::new(),
            fold,
        };
        for (number, pattern) in patterns.into_iter().enumerate() {
            let mut pattern = pattern.as_ref().to_owned();
            if fold {
                pattern.make_ascii_lowercase();
            }
            let fail = |reason: &str| Error::invalid(format!("pattern {number}: {reason}"));
            if pattern.is_empty() {
                return Err(fail("it is empty"));
            }
            if pattern.len() > LONGEST {
                return Err(fail("it has more than 65,535 bytes"));
            }
            if seen.contains(&pattern) {
                continue;
            }
            all.text.push_str(&pattern);
            let end = u32::try_from(all.text.len());
            all.ends
                .push(end.map_err(|_| fail("with it there are more than 2^32 bytes"))?);
            all.given.push(number as u32);
            seen.insert(pattern);
        }
        Ok(all)
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The bits to be set in each byte of a key, so that both cases of a letter have the same.
    pub(super) fn fold(&self) -> u8 {
        if self.fold { LOWER } else { 0 }
    }

    /// A pattern's text; with `fold`, in lower case.
    pub(super) fn get(&self, pattern: u32) -> &str {
        let range = self.range(pattern);
        &self.text[range.start as usize..range.end as usize]
    }

    fn range(&self, pattern: u32) -> Range<u32> {
        let pattern = pattern as usize;
        let before = pattern.checked_sub(1).map_or(0, |before| self.ends[before]);
        before..self.ends[pattern]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as u32).map(|pattern| self.get(pattern))
    }

    /// The user's number of a pattern.
    pub(super) fn given(&self, pattern: u32) -> usize {
        self.given[pattern as usize] as usize
    }

    /// The match of `entry` if its pattern stands around its anchor at `at` in `text`.
    #[inline]
    pub(super) fn look(&self, entry: Entry, text: &str, at: usize) -> Option<Match> {
        let length = usize::from(entry.length);
        let pattern = &self.text.as_bytes()[entry.start as usize..][..length];
        let start = at.checked_sub(usize::from(entry.offset))?;
        let end = start + length;
        let there = text.as_bytes().get(start..end)?;
        let same = if self.fold {
            there.eq_ignore_ascii_case(pattern)
        } else {
            there == pattern
        };
        let pattern = entry.given as usize;
        same.then_some(Match {
            start,
            end,
            pattern,
        })
    }

    pub(super) fn memory_usage(&self) -> usize {
        self.text.capacity() + (self.ends.capacity() + self.given.capacity()) * size_of::<u32>()
    }
}

/// A pattern that may stand around an anchor, with all that is asked of it, so that memory is
/// looked at once.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entry {
    /// Where its text begins, and bytes of it.
    start: u32,
    length: u16,
    /// Bytes of it before the anchor.
    offset: u16,
    /// The number that the user gave it.
    given: u32,
}

/// The patterns of one key: the first, and where the others are, if not 0. No key is 0.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slot {
    key: u64,
    first: Entry,
    others: u32,
}

/// A hash table with linear probing, at most half full; built once.
#[derive(Debug)]
pub(super) struct Index {
    slots: Vec<Slot>,
    /// For each key of several patterns all but the first, one after another, and how many
    /// before them.
    others: Vec<Entry>,
}

impl Index {
    pub(super) fn new(patterns: &Patterns, anchors: &[Anchor]) -> Self {
        let mut entries: Vec<(u64, Entry)> = Vec::new();
        for (pattern, anchor) in (0..).zip(anchors) {
            let range = patterns.range(pattern);
            let entry = Entry {
                start: range.start,
                length: range.len() as u16,
                offset: anchor.offset(),
                given: patterns.given[pattern as usize],
            };
            anchor.keys(|key| entries.push((key, entry)));
        }
        entries.sort_by_key(|&(key, _)| key);
        let groups = || entries.chunk_by(|a, b| a.0 == b.0);
        let mut index = Self {
            slots: vec![Slot::default(); (groups().count() * 2 + 1).next_power_of_two()],
            others: vec![Entry::default()],
        };
        for group in groups() {
            let (key, first) = group[0];
            let slot = index.slot(key);
            let mut others = 0;
            if group.len() > 1 {
                others = index.others.len() as u32;
                let given = group.len() as u32 - 1;
                index.others.push(Entry {
                    given,
                    ..Entry::default()
                });
                index
                    .others
                    .extend(group[1..].iter().map(|&(_, entry)| entry));
            }
            index.slots[slot] = Slot { key, first, others };
        }
        index
    }

    /// Calls `see` with the patterns that `slot` has for `key`.
    #[inline]
    pub(super) fn entries(&self, slot: usize, key: u64, mut see: impl FnMut(Entry)) {
        let slot = self.slots[slot];
        if slot.key != key {
            return;
        }
        see(slot.first);
        if slot.others > 0 {
            let (count, others) = (slot.others as usize, slot.others as usize + 1);
            let count = self.others[count].given as usize;
            self.others[others..][..count]
                .iter()
                .for_each(|&entry| see(entry));
        }
    }

    /// Where `key` is or would be. Ends, since half of the slots are free.
    #[inline]
    pub(super) fn slot(&self, key: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize & mask;
        while self.slots[at].key != 0 && self.slots[at].key != key {
            at = (at + 1) & mask;
        }
        at
    }

    pub(super) fn memory_usage(&self) -> usize {
        size_of_val(&*self.slots) + size_of_val(&*self.others)
    }
}
