//! Patterns become a searcher, and a text becomes matches: where which pattern stands.
//!
//! For sets of dozens to tens of thousands of patterns over UTF-8 text that is mostly Chinese,
//! Japanese or Korean. Matches are leftmost-longest and do not overlap, as those of
//! [`aho_corasick::MatchKind::LeftmostLongest`]; offsets are bytes into the text, from 0.
//!
//! ```
//! use dehusk::pair_search::Searcher;
//!
//! let searcher = Searcher::new(["相关文章", "相关文章推荐", "标签", "Tags"])?;
//! let text = "标签: 薄荷\n相关文章推荐: 薄荷怎么过冬";
//! let found: Vec<_> = searcher.find_iter(text).map(|found| &text[found.range()]).collect();
//! assert_eq!(found, ["标签", "相关文章推荐"]);
//! # Ok::<(), dehusk::Error>(())
//! ```
//!
//! # How it works
//!
//! Prefilters look for the bytes that patterns begin with. In UTF-8 the first bytes of Han
//! characters, E4 to E9, are everywhere in Chinese text, so such filters let almost all of it
//! through, and what stays is an automaton that takes a step for each byte. Here each pattern
//! stands for itself by its **rarest pair of adjacent characters** instead (`anchors`), of
//! which most texts have few:
//!
//! 1. At each character of three bytes with another such behind it, the six bytes are hashed
//!    and two bits of a table are looked at, that is, a Bloom filter (Communications of the ACM 13,
//!    1970) whose bits for one key share a word (`filter`). The table has 2 KiB to 256 KiB.
//! 2. Where both are set, a hash table tells which patterns have that very pair for their
//!    anchor, and each of those is compared with the text around it.
//! 3. What was found is sorted, and of what overlaps the leftmost stays, of those the longest.
//!
//! A pattern without such a pair is anchored at an ASCII character, or at one of two or four
//! bytes, with the byte or the three bytes behind it; in Chinese text such places are few. One
//! that is a single character of three bytes is told by the second and the third of them. In
//! texts of ASCII alone, patterns of ASCII alone are left to aho-corasick if they are no more
//! than [`FEW`], since its prefilters are the best there are for these.
//!
//! Step 1 comes in three forms of equal results (`scan`, `simd`): a portable one of a
//! character at a time, one of 8 pairs at a time with AVX2, one of 16 with AVX-512. Which one
//! runs is settled when the searcher is built, by what the processor says of itself
//! ([`Level`]).
//!
//! How frequent pairs are was counted on the project's own labelled pages
//! (`scripts/count-pairs`, `frequent.txt`). On text of another kind other pairs are rare; that
//! costs time and changes no match.
//!
//! # What it costs
//!
//! The text is read once, plus a look at each place that step 1 lets through: with a text made
//! for it, of one pair only, that is each character times the patterns that share the pair.
//! Patterns are spread over their pairs so that few do. [`Searcher::memory_usage`] tells the
//! bytes a searcher holds: about 110 KiB for each 1,000 patterns, which takes about 1 ms to build,
//! 2 ms with tens of thousands. `cargo bench --all-features --bench search` measures all of it
//! beside aho-corasick and daachorse; `benches/runs` has figures.
//!
//! # What was tried and left
//!
//! * Looking patterns up right where the scan finds a place: each look waits for memory, and each
//!   wait stops the scan. Places are gathered and looked at 32 at a time.
//! * One table of two bytes for all anchors that are not pairs: too much of English text passes
//!   it. Four bytes are hashed, and sets of first and second bytes, looked up for a whole
//!   vector, leave few places to hash.
//! * An automaton for the patterns of one character: a second reading of the text, which took
//!   longer than the first.

mod anchors;
mod filter;
mod index;
mod scan;
mod simd;

use std::cmp::Reverse;
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::error::{Error, Result};
use crate::pair_search::filter::Filters;
use crate::pair_search::index::{Index, Patterns};

pub use crate::pair_search::simd::Level;
#[cfg(test)]
pub(crate) use crate::pair_search::simd::vectorised_at;
pub(crate) use crate::pair_search::simd::{Work, vectorised};

/// No more patterns of ASCII alone than this are left to aho-corasick, where the text is ASCII.
pub const FEW: usize = 64;

/// A place where a pattern stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// Offset of its first byte in the text.
    pub start: usize,
    /// Offset of the byte behind its last.
    pub end: usize,
    /// Number of the pattern, in the order in which they were given, from 0; of equal patterns
    /// the first.
    pub pattern: usize,
}

impl Match {
    /// The bytes of the text that it covers.
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }
}

/// Settings of a [`Searcher`].
#[derive(Clone, Copy, Debug, Default)]
pub struct SearcherBuilder {
    ascii_case_insensitive: bool,
    level: Option<Level>,
}

impl SearcherBuilder {
    /// Makes ASCII letters of either case the same. No unless set.
    #[must_use]
    pub fn ascii_case_insensitive(mut self, yes: bool) -> Self {
        self.ascii_case_insensitive = yes;
        self
    }

    /// Uses no wider instructions than these, for comparing them. All that the processor has
    /// unless set.
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        self.level = Some(level);
        self
    }

    /// Compiles the patterns.
    ///
    /// # Errors
    /// An empty pattern, more than 2^32 bytes of them, or one of more than 65,535 bytes.
    pub fn build<P: AsRef<str>>(self, patterns: impl IntoIterator<Item = P>) -> Result<Searcher> {
        let patterns = Patterns::new(patterns, self.ascii_case_insensitive)?;
        let level = self.level.unwrap_or(Level::Avx512).min(Level::best());
        let ascii = |pattern: u32| patterns.get(pattern).is_ascii();
        let few = patterns.iter().filter(|text| text.is_ascii()).count() <= FEW;
        let automaton = match few {
            true => Automaton::new(&patterns, ascii)?,
            false => None,
        };
        let engine = match automaton {
            Some(all) if all.patterns.len() == patterns.len() => Engine::Few(all),
            ascii => Engine::Pairs(Box::new(Pairs::new(&patterns, ascii))),
        };
        Ok(Searcher {
            engine,
            patterns,
            level,
        })
    }
}

/// Finds many patterns in a text; see the [module](self). Immutable, for all threads.
#[derive(Debug)]
pub struct Searcher {
    engine: Engine,
    patterns: Patterns,
    level: Level,
}

#[derive(Debug)]
enum Engine {
    Pairs(Box<Pairs>),
    /// For a few patterns of ASCII.
    Few(Automaton),
}

#[derive(Debug)]
struct Pairs {
    filters: Filters,
    index: Index,
    /// For texts of ASCII alone, if few patterns can stand there.
    ascii: Option<Automaton>,
}

/// Some of the patterns, and what finds them.
#[derive(Debug)]
struct Automaton {
    automaton: AhoCorasick,
    patterns: Vec<u32>,
}

impl Automaton {
    /// For those of the patterns that are `wanted`; none if that is none.
    fn new(patterns: &Patterns, wanted: impl Fn(u32) -> bool) -> Result<Option<Self>> {
        let numbers = 0..patterns.len() as u32;
        let wanted: Vec<u32> = numbers.filter(|&pattern| wanted(pattern)).collect();
        if wanted.is_empty() {
            return Ok(None);
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(patterns.fold() > 0)
            .build(wanted.iter().map(|&pattern| patterns.get(pattern)))
            .map_err(|cause| Error::invalid(format!("cannot compile the patterns: {cause}")))?;
        Ok(Some(Self {
            automaton,
            patterns: wanted,
        }))
    }

    fn find(&self, patterns: &Patterns, text: &str) -> impl Iterator<Item = Match> {
        self.automaton.find_iter(text).map(|found| Match {
            start: found.start(),
            end: found.end(),
            pattern: patterns.given(self.patterns[found.pattern().as_usize()]),
        })
    }

    fn memory_usage(&self) -> usize {
        self.automaton.memory_usage() + size_of_val(&*self.patterns)
    }
}

impl Searcher {
    /// A searcher for these patterns, all letters as they are.
    ///
    /// # Errors
    /// As [`SearcherBuilder::build`].
    pub fn new<P: AsRef<str>>(patterns: impl IntoIterator<Item = P>) -> Result<Self> {
        Self::builder().build(patterns)
    }

    /// Settings to build from.
    pub fn builder() -> SearcherBuilder {
        SearcherBuilder::default()
    }

    /// How many different patterns there are.
    pub fn pattern_count(&self) -> usize {
        self.patterns.len()
    }

    /// The instructions that it uses.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Bytes on the heap.
    pub fn memory_usage(&self) -> usize {
        let engine = match &self.engine {
            Engine::Few(few) => few.memory_usage(),
            Engine::Pairs(pairs) => {
                let ascii = pairs.ascii.as_ref().map_or(0, Automaton::memory_usage);
                pairs.filters.memory_usage() + pairs.index.memory_usage() + ascii
            }
        };
        self.patterns.memory_usage() + engine
    }

    /// The matches in `text`, in order.
    pub fn find_iter(&self, text: &str) -> impl Iterator<Item = Match> + use<> {
        let mut found = Vec::new();
        self.find_into(text, &mut found);
        found.into_iter()
    }

    /// Puts the matches in `text`, in order, into `found`, in place of what is there: for many
    /// texts one after another, without asking for memory each time.
    pub fn find_into(&self, text: &str, found: &mut Vec<Match>) {
        found.clear();
        match &self.engine {
            Engine::Pairs(pairs) => {
                if let Some(ascii) = &pairs.ascii
                    && text.is_ascii()
                {
                    return found.extend(ascii.find(&self.patterns, text));
                }
                pairs.find(&self.patterns, self.level, text, found);
                settle(found);
            }
            Engine::Few(few) => found.extend(few.find(&self.patterns, text)),
        }
    }
}

impl Pairs {
    fn new(patterns: &Patterns, ascii: Option<Automaton>) -> Self {
        let anchors = anchors::choose(patterns);
        Self {
            filters: Filters::new(&anchors, patterns.fold()),
            index: Index::new(patterns, &anchors),
            ascii,
        }
    }

    /// Pushes each place where a pattern stands, roughly in order.
    fn find(&self, patterns: &Patterns, level: Level, text: &str, found: &mut Vec<Match>) {
        let mut places = Places::default();
        let mut visit = |key: u64, at: usize| {
            if places.push(key, at) {
                self.look(patterns, text, &mut places, found);
            }
        };
        let from = simd::scan(level, text, &self.filters, &mut visit);
        scan::scan(text, from, &self.filters, &mut visit);
        self.look(patterns, text, &mut places, found);
    }

    /// Looks what stands at each place, and forgets the places. All are found in the
    /// index before the first pattern is compared, so that waits for memory overlap.
    fn look(&self, patterns: &Patterns, text: &str, places: &mut Places, found: &mut Vec<Match>) {
        let mut slots = [0; PLACES];
        let places = places.take();
        for (slot, &(key, _)) in slots.iter_mut().zip(places) {
            *slot = self.index.slot(key);
        }
        for (&slot, &(key, at)) in slots.iter().zip(places) {
            self.index.entries(slot, key, |entry| {
                found.extend(patterns.look(entry, text, at))
            });
        }
    }
}

/// How many places are looked at together.
const PLACES: usize = 32;

/// Places that passed the filters: key and offset.
#[derive(Default)]
struct Places {
    places: [(u64, usize); PLACES],
    count: usize,
}

impl Places {
    /// True if it is full.
    #[inline(always)]
    fn push(&mut self, key: u64, at: usize) -> bool {
        self.places[self.count] = (key, at);
        self.count += 1;
        self.count == PLACES
    }

    fn take(&mut self) -> &[(u64, usize)] {
        &self.places[..std::mem::take(&mut self.count)]
    }
}

/// Leaves of all places those that are leftmost and longest and do not overlap.
fn settle(found: &mut Vec<Match>) {
    // As mostly they are.
    if found.windows(2).all(|pair| pair[0].end <= pair[1].start) {
        return;
    }
    found.sort_by_key(|found| (found.start, Reverse(found.end)));
    let mut done = 0;
    found.retain(|found| {
        let free = found.start >= done;
        done = if free { found.end } else { done };
        free
    });
}

#[cfg(test)]
mod tests;
