//! A piece's text becomes terms, and a vocabulary tells which of them count.
//!
//! A term is a word of a script that parts words (`login`), a pair of characters of one that does
//! not (`登录`), or all letters of a short piece (`上一篇`). Cues say what a person knows of such
//! words; a vocabulary holds the ones that many sites have in common, whatever they say, and what
//! each is worth is learned with everything else.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

use crate::chars::{self, Class};
use crate::features::names::{Id, OWN};

/// How far into a piece terms are looked for, in characters: what a line is shows early.
const HEAD: usize = 48;
const _: () = assert!(HEAD * 4 <= u8::MAX as usize);
/// The longest piece that is a term as a whole, in letters; a number counts as one.
const WHOLE: usize = 12;
/// The most terms of a piece.
const MOST: usize = 16;
/// The most terms of a vocabulary.
pub(crate) const MOST_TERMS: usize = 16_384;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Word,
    /// All letters and numbers of a piece, whatever stands between them; each number is a 0.
    Line,
}

/// Stands for a term: a hash of its kind and letters, small ones for large ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key(u64);

/// A key in the making.
#[derive(Clone, Copy)]
struct Letters(u64);

impl Letters {
    fn none(kind: Kind) -> Self {
        Self(match kind {
            Kind::Word => 0x9e37_79b9_7f4a_7c15,
            Kind::Line => 0xc2b2_ae3d_27d4_eb4f,
        })
    }

    #[inline(always)]
    fn and(self, letter: char) -> Self {
        self.mix(u64::from(small(letter)))
    }

    /// Two at once, of scripts that have no small letters.
    #[inline(always)]
    fn and_two(self, first: char, second: char) -> Self {
        self.mix(u64::from(first) << 32 | u64::from(second))
    }

    #[inline(always)]
    fn mix(self, letters: u64) -> Self {
        let mixed = (self.0 ^ letters).wrapping_mul(0xff51_afd7_ed55_8ccd);
        Self(mixed ^ mixed >> 32)
    }

    fn key(self) -> Key {
        Key(self.0)
    }
}

#[inline(always)]
fn small(letter: char) -> char {
    match letter {
        letter if letter.is_ascii() => letter.to_ascii_lowercase(),
        // Beyond, no letter is large, or few texts have it.
        letter if letter < '\u{2000}' => letter.to_lowercase().next().unwrap_or(letter),
        letter => letter,
    }
}

/// What a character is for terms.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// Of a script that does not part words: a term with the next one.
    Paired,
    /// Of one that does.
    Spelled,
    Digit,
    Other,
}

impl Sort {
    #[inline(always)]
    fn is_letter(self) -> bool {
        matches!(self, Self::Paired | Self::Spelled)
    }
}

/// By [`Class`].
const SORTS: [Sort; Class::COUNT] = {
    let mut sorts = [Sort::Other; Class::COUNT];
    sorts[Class::Han as usize] = Sort::Paired;
    sorts[Class::Kana as usize] = Sort::Paired;
    sorts[Class::Hangul as usize] = Sort::Paired;
    sorts[Class::Latin as usize] = Sort::Spelled;
    sorts[Class::Letter as usize] = Sort::Spelled;
    sorts[Class::Digit as usize] = Sort::Digit;
    sorts
};

/// The first characters of a piece.
struct Head {
    chars: [char; HEAD],
    sorts: [Sort; HEAD],
    /// Where each of them begins, in bytes.
    starts: [u8; HEAD],
    len: usize,
    /// How many are letters.
    letters: usize,
    /// Where the last one ends.
    end: usize,
}

impl Head {
    #[inline(always)]
    fn of(text: &str) -> Self {
        let table = chars::table();
        let mut head = Self {
            chars: ['\0'; HEAD],
            sorts: [Sort::Other; HEAD],
            starts: [0; HEAD],
            len: 0,
            letters: 0,
            end: text.len(),
        };
        for (start, c) in text.char_indices() {
            if head.len == HEAD {
                head.end = start;
                break;
            }
            let sort = SORTS[table.kind(c).index()];
            head.chars[head.len] = c;
            head.sorts[head.len] = sort;
            head.letters += usize::from(sort.is_letter());
            head.starts[head.len] = start as u8;
            head.len += 1;
        }
        head
    }

    fn start(&self, at: usize) -> usize {
        if at < self.len {
            usize::from(self.starts[at])
        } else {
            self.end
        }
    }

    /// The key of all of it, if it is short.
    #[inline(always)]
    fn line(&self) -> Option<Key> {
        if self.letters > WHOLE {
            return None;
        }
        let (mut line, mut letters, mut number) = (Letters::none(Kind::Line), 0, false);
        for at in 0..self.len {
            let (c, sort) = (self.chars[at], self.sorts[at]);
            let letter = sort.is_letter();
            let digit = sort == Sort::Digit;
            if letter || digit && !number {
                if letters == WHOLE {
                    return None;
                }
                line = line.and(if digit { '0' } else { c });
                letters += 1;
            }
            number = digit || number && !letter;
        }
        (letters > 0).then(|| line.key())
    }
}

/// Tells of each term of a piece, and where it stands, in bytes.
#[inline(always)]
pub(crate) fn each(text: &str, mut found: impl FnMut(Key, Kind, Range<usize>)) {
    let head = Head::of(text);
    let mut at = 0;
    while at < head.len {
        let (start, first) = (at, head.chars[at]);
        at += 1;
        match head.sorts[start] {
            Sort::Paired if at < head.len && head.sorts[at] == Sort::Paired => {
                let pair = Letters::none(Kind::Word).and_two(first, head.chars[at]);
                found(
                    pair.key(),
                    Kind::Word,
                    head.start(start)..head.start(at + 1),
                );
            }
            Sort::Spelled => {
                let mut word = Letters::none(Kind::Word).and(first);
                while at < head.len && head.sorts[at] == Sort::Spelled {
                    word = word.and(head.chars[at]);
                    at += 1;
                }
                let place = head.start(start)..head.start(at);
                found(word.key(), Kind::Word, place);
            }
            _ => {}
        }
    }
    if head.end == text.len()
        && let Some(line) = head.line()
    {
        found(line, Kind::Line, 0..text.len());
    }
}

/// Pushes the numbers of a piece's terms: of those that count, each once, as many as tell
/// something new.
#[inline(always)]
pub(crate) fn push(text: &str, vocabulary: &Vocabulary, ids: &mut Vec<Id>) {
    if vocabulary.len() == 0 {
        return;
    }
    let start = ids.len();
    each(text, |key, _, _| {
        if let Some(id) = vocabulary.find(key) {
            add(id, start, ids);
        }
    });
}

/// Adds a term to those that begin at `start`.
#[inline(always)]
pub(crate) fn add(id: Id, start: usize, ids: &mut Vec<Id>) {
    if ids.len() < start + MOST && !ids[start..].contains(&id) {
        ids.push(id);
    }
}

/// A term's name in a weights file: `word=登录`, `line=上一篇`.
pub(crate) fn name(kind: Kind, text: &str) -> String {
    let (mut name, mut number) = match kind {
        Kind::Word => (String::from(WORD), false),
        Kind::Line => (String::from(LINE), false),
    };
    for c in text.chars() {
        let class = chars::class(c);
        match class {
            Class::Digit if number => {}
            Class::Digit => name.push('0'),
            Class::Han | Class::Kana | Class::Hangul | Class::Latin | Class::Letter => {
                name.push(small(c));
                number = false;
            }
            _ => {}
        }
        number |= class == Class::Digit;
    }
    name
}

const WORD: &str = "word=";
const LINE: &str = "line=";

/// Hashes what is a hash already.
#[derive(Default)]
struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Only keys are hashed; for completeness' sake.
        for &byte in bytes {
            self.write_u64(self.0.rotate_left(8) ^ u64::from(byte));
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// Terms and their numbers, which follow those of a piece's own features.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vocabulary {
    names: Vec<String>,
    numbers: HashMap<Key, Id, BuildHasherDefault<Same>>,
    /// A bit for each term, by a part of its key: most keys are none, which this tells at once.
    filter: Filter,
}

#[derive(Clone, Debug)]
struct Filter(Box<[u64; 1 << (FILTER_BITS - 6)]>);

const FILTER_BITS: u32 = 16;

impl Default for Filter {
    fn default() -> Self {
        Self(Box::new([0; 1 << (FILTER_BITS - 6)]))
    }
}

impl Filter {
    #[inline(always)]
    fn place(key: Key) -> (usize, u64) {
        let place = key.0 >> (64 - FILTER_BITS);
        ((place >> 6) as usize, 1 << (place & 63))
    }

    #[inline(always)]
    fn has(&self, key: Key) -> bool {
        let (word, bit) = Self::place(key);
        self.0[word] & bit != 0
    }

    fn add(&mut self, key: Key) {
        let (word, bit) = Self::place(key);
        self.0[word] |= bit;
    }
}

impl PartialEq for Vocabulary {
    fn eq(&self, other: &Self) -> bool {
        self.names == other.names
    }
}

impl Vocabulary {
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// The number of a term that counts.
    #[inline(always)]
    pub(crate) fn find(&self, key: Key) -> Option<Id> {
        if !self.filter.has(key) {
            return None;
        }
        self.numbers.get(&key).copied()
    }

    /// The name of a term by its number less those of the own features.
    pub(crate) fn name(&self, term: usize) -> &str {
        &self.names[term]
    }

    /// The number of the term of this name, which counts from now on.
    pub(crate) fn number(&mut self, name: &str) -> Option<Id> {
        let (wanted, text) = match (name.strip_prefix(WORD), name.strip_prefix(LINE)) {
            (Some(text), _) => (Kind::Word, text),
            (_, Some(text)) => (Kind::Line, text),
            _ => return None,
        };
        let mut key = None;
        each(text, |found, kind, place| {
            if kind == wanted && place.len() == text.len() {
                key = Some(found);
            }
        });
        let key = key?;
        if let Some(number) = self.find(key) {
            return Some(number);
        }
        if self.len() == MOST_TERMS {
            return None;
        }
        let number = (OWN + self.len()) as Id;
        self.names.push(name.to_owned());
        self.numbers.insert(key, number);
        self.filter.add(key);
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<String> {
        let mut terms = Vec::new();
        each(text, |_, kind, place| terms.push(name(kind, &text[place])));
        terms
    }

    #[test]
    fn words_pairs_and_short_lines() {
        assert_eq!(
            terms("登录/Sign Up 12-30"),
            ["word=登录", "word=sign", "word=up", "line=登录signup0"]
        );
        assert_eq!(terms("· 上一篇"), ["word=上一", "word=一篇", "line=上一篇"]);
        assert_eq!(terms("2024-05-01 10:20"), ["line=0"]);
        assert_eq!(terms("댓글 3개"), ["word=댓글", "line=댓글0개"]);
        assert!(terms("—— 。").is_empty());
    }

    #[test]
    fn long_pieces_are_no_terms_and_show_their_head_alone() {
        assert!(
            !terms(&"长".repeat(13))
                .iter()
                .any(|term| term.starts_with(LINE))
        );
        let late = format!("{}late", "， ".repeat(HEAD));
        assert!(terms(&late).is_empty());
    }

    #[test]
    fn a_vocabulary_finds_its_terms_however_they_are_written() {
        let mut vocabulary = Vocabulary::default();
        let names = ["word=login", "line=登录0", "word=登录", "word=été"];
        for (number, name) in names.iter().enumerate() {
            let id = vocabulary.number(name);
            assert_eq!(id, Some((OWN + number) as Id), "{name}");
            assert_eq!(vocabulary.number(name), id);
            assert_eq!(vocabulary.name(number), *name);
        }
        let found = |text: &str| {
            let mut found = Vec::new();
            each(text, |key, _, _| found.extend(vocabulary.find(key)));
            found
                .iter()
                .map(|id| usize::from(*id) - OWN)
                .collect::<Vec<_>>()
        };
        assert_eq!(found("LOGIN Été"), [0, 3]);
        assert_eq!(found("登 录（25）"), [1]);
        assert_eq!(found("[登录] 7"), [2, 1]);
        for name in ["word=", "word=a b", "line=", "term=a", "word=登录名"] {
            assert_eq!(vocabulary.number(name), None, "{name}");
        }
    }
}
