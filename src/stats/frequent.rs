//! Which strings come often, counted in bounded memory.
//!
//! The algorithm of Misra and Gries (1982), in the form of Anderson et al. (2017): counters are
//! added until there are too many; then the median of all counts is taken from each, and those
//! that come to nothing go. That costs constant time for each string. Of N strings, none that
//! was lost or miscounted came more often than 2 N / capacity times unnoticed; what was really
//! taken off is known, and usually far less.

use std::collections::HashMap;

/// A string is told from others by so many bytes at its beginning.
const KEY: usize = 256;

/// How many counters there are, unless told otherwise. With the longest of strings they take
/// about 25 MB.
pub(super) const CAPACITY: usize = 1 << 16;

#[derive(Debug)]
pub(super) struct Frequent<V> {
    slots: HashMap<Box<str>, Slot<V>>,
    capacity: usize,
    /// The most that were held at once.
    peak: usize,
    /// What was taken off altogether: nothing that is not held has come more often.
    pruned: u64,
    /// How many strings were counted, equal ones too.
    total: u64,
}

#[derive(Debug, Default)]
pub(super) struct Slot<V> {
    /// What decides whether the string stays.
    pub(super) rank: u64,
    /// How often it can have come before it was held.
    pub(super) missed: u64,
    /// What is known of it since.
    pub(super) value: V,
}

impl<V: Default> Frequent<V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            slots: HashMap::new(),
            capacity: capacity.max(2),
            peak: 0,
            pruned: 0,
            total: 0,
        }
    }

    /// Changes what is known of a string; if it is not held, it is from now on.
    pub(super) fn update(&mut self, key: &str, change: impl FnOnce(&mut Slot<V>)) {
        self.total += 1;
        let key = beginning(key);
        if let Some(slot) = self.slots.get_mut(key) {
            return change(slot);
        }
        if self.slots.len() >= self.capacity {
            self.prune();
        }
        let mut slot = Slot {
            missed: self.pruned,
            ..Slot::default()
        };
        change(&mut slot);
        self.slots.insert(key.into(), slot);
    }

    /// Drops the lower half.
    pub(super) fn prune(&mut self) {
        let mut ranks: Vec<_> = self.slots.values().map(|slot| slot.rank).collect();
        let middle = ranks.len() / 2;
        if ranks.is_empty() {
            return;
        }
        let (_, &mut median, _) = ranks.select_nth_unstable(middle);
        self.pruned += median;
        self.peak = self.peak.max(ranks.len());
        self.slots.retain(|_, slot| {
            slot.rank = slot.rank.saturating_sub(median);
            slot.rank > 0
        });
    }

    /// All that are held.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Slot<V>)> {
        self.slots.iter().map(|(key, slot)| (&**key, slot))
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// How many different strings came, at least; if nothing was pruned, just so many.
    pub(super) fn distinct(&self) -> u64 {
        self.peak.max(self.len()) as u64
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Nothing that is not held has come more often than this. 0: all counts are exact.
    pub(super) fn pruned(&self) -> u64 {
        self.pruned
    }
}

impl Frequent<u64> {
    /// Counts a string.
    pub(super) fn add(&mut self, key: &str) {
        self.update(key, |slot| {
            slot.rank += 1;
            slot.value += 1;
        });
    }

    /// Those that came most often, with how often at least; equal ones in the order of their letters.
    pub(super) fn most(&self, number: usize) -> Vec<(&str, &Slot<u64>)> {
        let mut all: Vec<_> = self.iter().collect();
        all.sort_by(|(a, x), (b, y)| y.value.cmp(&x.value).then_with(|| a.cmp(b)));
        all.truncate(number);
        all
    }
}

/// As much of a string as counts.
pub(super) fn beginning(key: &str) -> &str {
    let mut end = key.len().min(KEY);
    while !key.is_char_boundary(end) {
        end -= 1;
    }
    &key[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many of each as its number, those with small numbers in between the others.
    fn stream(kinds: u64) -> impl Iterator<Item = String> {
        let round = move |round| (0..kinds).filter(move |kind| *kind >= round);
        (0..kinds).flat_map(round).map(|kind| format!("s{kind}"))
    }

    #[test]
    fn few_are_counted_exactly() {
        let mut few = Frequent::new(100);
        stream(60).for_each(|key| few.add(&key));
        assert_eq!((few.pruned(), few.len(), few.total()), (0, 60, 60 * 61 / 2));
        let most = few.most(2);
        assert_eq!((most[0].0, most[0].1.value), ("s59", 60));
        assert_eq!((most[1].0, most[1].1.value), ("s58", 59));
    }

    #[test]
    fn counts_are_bounds_and_memory_is_bounded() {
        let (kinds, capacity) = (2_000, 256);
        let mut some = Frequent::new(capacity);
        for key in stream(kinds) {
            some.add(&key);
            assert!(some.len() <= capacity);
        }
        assert!(some.pruned() > 0);
        assert!(some.pruned() <= 2 * some.total() / capacity as u64);
        assert_eq!(some.distinct(), capacity as u64);
        for (key, slot) in some.iter() {
            let came = key[1..].parse::<u64>().unwrap() + 1;
            assert!(
                slot.value <= came && came <= slot.value + slot.missed,
                "{key}"
            );
        }
    }

    #[test]
    fn one_that_comes_often_is_never_lost() {
        let mut some = Frequent::new(8);
        for n in 0..10_000 {
            some.add(&format!("once {n}"));
            if n % 3 == 0 {
                some.add("often");
            }
        }
        let (key, slot) = some.most(1)[0];
        assert_eq!(key, "often");
        assert!(slot.value + slot.missed >= 3334);
    }

    #[test]
    fn long_strings_take_no_more_than_their_beginning() {
        let mut long = Frequent::new(8);
        long.add(&"薄".repeat(1_000_000));
        long.add(&"薄".repeat(2_000_000));
        let most = long.most(9);
        assert_eq!((most.len(), most[0].0.len(), most[0].1.value), (1, 255, 2));
    }
}
