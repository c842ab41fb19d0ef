//! A page's text becomes pieces: the smallest stretches that get a label of their own.
//!
//! A piece is a line, save where one line packs several things: a hashtag run glued to a
//! paragraph, a list behind its cue word in mid-line, a whole page on one line. Such a
//! line is cut where a block can begin. Pieces leave out the white space around them;
//! all other bytes of the page are in exactly one piece.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use unicode_segmentation::UnicodeSegmentation;

use crate::chars::{self, Class, Table};
use crate::entity::entity;
use crate::label::Label;
use crate::matcher::{Hit, pinyin};
use crate::rules::Role;
use crate::span::Span;

/// What a line or piece is made of. Counts are in characters unless said otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Characters of each [`Class`].
    pub(crate) counts: [u32; Class::COUNT],
    /// Characters that Chinese prose cannot do without.
    pub(crate) function: u32,
    pub(crate) simplified: u32,
    pub(crate) traditional: u32,
    /// Words of Latin script, and those of them that begin with a small letter.
    pub(crate) words: u32,
    pub(crate) lower_words: u32,
    /// Separators that no prose has: two or more spaces, or a wide one.
    pub(crate) wide_gaps: u32,
    /// The longest run of digits.
    pub(crate) digit_run: u32,
    /// Class of the first and of the last character that is not white space.
    pub(crate) first: Class,
    pub(crate) last: Class,
    /// White space before the first character.
    pub(crate) indent: u32,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            counts: [0; Class::COUNT],
            function: 0,
            simplified: 0,
            traditional: 0,
            words: 0,
            lower_words: 0,
            wide_gaps: 0,
            digit_run: 0,
            first: Class::Other,
            last: Class::Other,
            indent: 0,
        }
    }
}

impl Shape {
    /// Characters of that class.
    pub(crate) fn of(&self, class: Class) -> u32 {
        self.counts[class as usize]
    }

    /// Characters that are not white space.
    pub(crate) fn ink(&self) -> u32 {
        self.counts.iter().sum::<u32>()
            - self.of(Class::Space)
            - self.of(Class::WideSpace)
            - self.of(Class::Newline)
    }

    /// What both together are made of; `next` stands behind.
    fn gather(&mut self, next: &Self) {
        for (count, more) in self.counts.iter_mut().zip(next.counts) {
            *count += more;
        }
        self.function += next.function;
        self.simplified += next.simplified;
        self.traditional += next.traditional;
        self.words += next.words;
        self.lower_words += next.lower_words;
        self.wide_gaps += next.wide_gaps;
        self.digit_run = self.digit_run.max(next.digit_run);
        self.last = next.last;
    }

    /// Length as a reader feels it: a Latin letter is half a Han character.
    pub(crate) fn weight(&self) -> u32 {
        let narrow = self.of(Class::Latin) + self.of(Class::Digit) + self.of(Class::Letter);
        self.ink() - narrow / 2
    }
}

/// The smallest stretch that is labelled.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// Its text, without white space around it.
    pub(crate) span: Span,
    pub(crate) shape: Shape,
    /// What parts it from the piece before.
    pub(crate) gap: Gap,
    /// True if the line goes on behind it.
    pub(crate) cut: bool,
    /// The hits inside it, as indices into the page's hits.
    pub(crate) hits: Range<usize>,
}

/// What lies between a piece and the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// They share a line.
    None,
    /// A line break.
    Line,
    /// At least one blank line, or the page begins here.
    Blank,
}

/// A line that is not blank.
#[derive(Clone, Debug)]
struct Line {
    /// Its text, without white space around it.
    span: Span,
    shape: Shape,
    blank_before: bool,
}

/// No more lines than this are decided on together, and beyond so many pieces no line is cut: what
/// is remembered of a piece is 700 bytes, which is nothing on any page that people read, and gigabytes
/// on a page of 16 MB that has nothing but line ends. A page of more lines is taken in parts.
pub(crate) const MOST_PIECES: usize = 1 << 17;

/// The lines of a page and what they have in common. Scratch: reused from page to page.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    lines: Vec<Line>,
    /// The page may hold cues torn apart by zero-width characters, pinyin or spaces.
    pub(crate) torn: bool,
}

impl Lines {
    /// Cuts a page at its line ends and counts what each line is made of, of no more than
    /// `most` lines that are not blank. Returns the offset behind the last.
    pub(crate) fn scan(&mut self, text: &str, most: usize) -> usize {
        self.lines.clear();
        self.torn = false;
        let table = chars::table();
        let mut start = 0;
        let mut breaks = 0;
        while start < text.len() && self.lines.len() < most {
            let mut counter = Counter::new(table);
            let end = counter.run(&text[start..]) + start;
            self.torn |= counter.torn;
            match counter.content {
                Some(content) => {
                    let span = Span::new(start + content.start, start + content.end);
                    let blank_before = breaks > 1 || self.lines.is_empty();
                    self.lines.push(Line {
                        span,
                        shape: counter.shape,
                        blank_before,
                    });
                    breaks = 1;
                }
                // `\r\n` is one line end.
                None if text[..start].ends_with('\r') && text[start..].starts_with('\n') => {}
                None => breaks += 1,
            }
            start = end;
        }
        start
    }

    /// How many there are.
    #[cfg(feature = "_internals")]
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Makes pieces of the lines. `hits` are those of the whole page; `begins` tells what a hit
    /// can introduce.
    pub(crate) fn pieces(
        &mut self,
        text: &str,
        hits: &[Hit],
        begins: impl Fn(Hit) -> Option<Block>,
        pieces: &mut Vec<Piece>,
    ) {
        pieces.clear();
        let alone = self.lines.len() <= 3;
        let mut crowd = Crowd::default();
        let mut next_hit = 0;
        let mut cuts = Vec::new();
        for line in self.lines.drain(..) {
            let first_hit = next_hit + count(&hits[next_hit..], |hit| hit.start < line.span.start);
            next_hit = first_hit + count(&hits[first_hit..], |hit| hit.start < line.span.end);
            let gap = if line.blank_before {
                Gap::Blank
            } else {
                Gap::Line
            };
            cuts.clear();
            let within = &hits[first_hit..next_hit];
            find_cuts(text, &line, within, &begins, alone, &mut cuts);
            cuts.truncate(MOST_PIECES.saturating_sub(pieces.len()));
            if cuts.is_empty() {
                let hits = first_hit..next_hit;
                let piece = Piece {
                    span: line.span,
                    shape: line.shape,
                    gap,
                    cut: false,
                    hits,
                };
                crowd.push(piece, pieces);
                continue;
            }
            let push = |piece| crowd.push(piece, pieces);
            cut_line(text, &line, gap, &cuts, hits, first_hit, push);
        }
    }
}

/// Gathers pieces of a few bytes where a page has thousands of them: each costs as much as a line
/// of usual length, and such a page is no text that has a title or paragraphs.
#[derive(Default)]
struct Crowd {
    /// Bytes that the pieces so far are short of, were each of usual length.
    missing: usize,
    /// Where the last one ends.
    end: usize,
}

impl Crowd {
    /// A piece that takes less than this, with the white space before it, is short.
    const SHORT: usize = 12;
    /// So many bytes may be missing: thousands of short lines, as in the longest tables.
    const BEARABLE: usize = 1 << 14;
    /// Pieces are gathered until they have so many bytes.
    const ENOUGH: usize = 64;

    fn push(&mut self, piece: Piece, pieces: &mut Vec<Piece>) {
        let taken = piece.span.end - self.end;
        self.end = piece.span.end;
        let missing = (self.missing + Self::SHORT).saturating_sub(taken);
        self.missing = missing.min(Self::BEARABLE + Self::SHORT);
        match pieces.last_mut() {
            Some(last) if missing > Self::BEARABLE && last.span.len() < Self::ENOUGH => {
                last.gather(piece);
            }
            _ => pieces.push(piece),
        }
    }
}

impl Piece {
    /// Goes on to the end of the next one.
    fn gather(&mut self, next: Piece) {
        self.span.end = next.span.end;
        self.shape.gather(&next.shape);
        self.cut = next.cut;
        self.hits.end = next.hits.end;
    }
}

fn count(hits: &[Hit], before: impl Fn(&Hit) -> bool) -> usize {
    hits.iter().take_while(|hit| before(hit)).count()
}

/// Pushes the pieces of a line that is cut at `cuts` (ascending offsets into the page).
fn cut_line(
    text: &str,
    line: &Line,
    gap: Gap,
    cuts: &[usize],
    hits: &[Hit],
    first_hit: usize,
    mut push: impl FnMut(Piece),
) {
    let mut gap = gap;
    let mut next_hit = first_hit;
    let ends = cuts.iter().copied().chain([line.span.end]);
    let mut start = line.span.start;
    for end in ends {
        let span = Span::new(start, end).trim(text);
        start = end;
        if span.is_empty() {
            continue;
        }
        let mut counter = Counter::new(chars::table());
        counter.run(span.of(text));
        let first = next_hit;
        next_hit += count(&hits[first..], |hit| hit.start < span.end);
        let cut = end < line.span.end;
        push(Piece {
            span,
            shape: counter.shape,
            gap,
            cut,
            hits: first..next_hit,
        });
        gap = Gap::None;
    }
}

/// Reads characters up to a line end and counts them.
struct Counter<'t> {
    table: &'t Table,
    shape: Shape,
    content: Option<Range<usize>>,
    torn: bool,
}

impl<'t> Counter<'t> {
    fn new(table: &'t Table) -> Self {
        Self {
            table,
            shape: Shape::default(),
            content: None,
            torn: false,
        }
    }

    /// Returns the offset behind the first line end of `text`, or its length.
    ///
    /// One long loop on purpose: each character of a crawl comes by here.
    fn run(&mut self, text: &str) -> usize {
        let shape = &mut self.shape;
        let mut previous = Class::Newline;
        let mut gap = 0;
        let (mut digits, mut han) = (0, 0);
        // A single Han character with white space behind it, as in `来　源`.
        let mut lone_han = false;
        // Where an undecoded entity ends that has been counted as its character.
        let mut counted = 0;
        for (at, mut c) in text.char_indices() {
            if at < counted {
                continue;
            }
            let mut end = at + c.len_utf8();
            if matches!(c, '#' | '&')
                && let Some((character, len)) = entity(&text[at..])
            {
                (c, end, counted) = (character, at + len, at + len);
            }
            let kind = self.table.kind(c);
            let class = kind.class();
            shape.counts[kind.index()] += 1;
            match class {
                Class::Newline => return end,
                Class::Space | Class::WideSpace => {
                    lone_han = lone_han && gap > 0 || han == 1;
                    gap += if class == Class::WideSpace { 2 } else { 1 };
                    (digits, han) = (0, 0);
                    previous = class;
                    continue;
                }
                Class::Invisible => self.torn = true,
                Class::Open if previous == Class::Han => {
                    self.torn |= pinyin(&text[at..]) > 0;
                }
                Class::Han => {
                    self.torn |= lone_han && gap > 0;
                    shape.function += kind.function();
                    shape.simplified += kind.simplified();
                    shape.traditional += kind.traditional();
                }
                Class::Latin if previous != Class::Latin => {
                    shape.words += 1;
                    shape.lower_words += u32::from(c.is_ascii_lowercase());
                }
                _ => {}
            }
            digits = if class == Class::Digit { digits + 1 } else { 0 };
            shape.digit_run = shape.digit_run.max(digits);
            han = if class == Class::Han { han + 1 } else { 0 };
            match &mut self.content {
                Some(content) => {
                    shape.wide_gaps += u32::from(gap > 1);
                    content.end = end;
                }
                none => {
                    shape.first = class;
                    shape.indent = gap;
                    *none = Some(at..end);
                }
            }
            (gap, lone_han) = (0, false);
            shape.last = class;
            previous = class;
        }
        text.len()
    }
}

/// A line shorter than this (bytes) is never cut for being the whole page.
const PACKED_BYTES: usize = 400;

/// Finds where a line that packs several blocks is to be cut: ascending offsets into the
/// page, none for a usual line.
fn find_cuts(
    text: &str,
    line: &Line,
    hits: &[Hit],
    begins: impl Fn(Hit) -> Option<Block>,
    alone: bool,
    cuts: &mut Vec<usize>,
) {
    let hash = match line.shape.of(Class::Hash) >= MIN_HASHTAGS {
        true => glued_hash_run(text, line.span),
        false => None,
    };
    let mut blocks: Vec<Range<usize>> = hash.into_iter().collect();
    // Looked for once and only where there is a list: a line may hold many.
    let mut gaps: Option<Vec<usize>> = None;
    // Where a list ends in any case.
    let mut facts = line.span.end;
    for &hit in hits.iter().rev() {
        let Some(block) = begins(hit).filter(|_| opens_block(text, line.span, hit)) else {
            continue;
        };
        match block {
            Block::Facts => facts = hit.start,
            Block::List if hit.start > line.span.start || facts < line.span.end => {
                let gaps = gaps.get_or_insert_with(|| wide_gaps(text, line.span));
                let end = list_end(gaps, Span::new(hit.end, line.span.end));
                blocks.push(hit.start..end.min(facts));
            }
            Block::List => {}
        }
    }
    let packed = alone && line.span.len() >= PACKED_BYTES && line.shape.of(Class::End) >= 4;
    if blocks.is_empty() && !packed {
        return;
    }
    blocks.sort_unstable_by_key(|block| block.start);
    let mut done = line.span.start;
    for index in 0..blocks.len() {
        let next = blocks
            .get(index + 1)
            .map_or(line.span.end, |block| block.start);
        let block = blocks[index].start..blocks[index].end.min(next);
        if block.start < done {
            continue;
        }
        cut_prose(text, Span::new(done, block.start), packed, cuts);
        push(cuts, line.span, block.start);
        push(cuts, line.span, block.end);
        done = block.end;
    }
    cut_prose(text, Span::new(done, line.span.end), true, cuts);
}

fn push(cuts: &mut Vec<usize>, line: Span, at: usize) {
    if at > line.start && at < line.end && cuts.last().is_none_or(|&last| last < at) {
        cuts.push(at);
    }
}

/// Fewer hashtags than this in mid-line are part of a sentence.
const MIN_HASHTAGS: u32 = 3;

/// Finds a run of hashtags that is glued to the text before or behind it.
fn glued_hash_run(text: &str, line: Span) -> Option<Range<usize>> {
    let body = line.of(text);
    let table = chars::table();
    let class = |c: char| table.kind(c).class();
    let first = body.find(|c| class(c) == Class::Hash)?;
    let before = body[..first].trim_end().chars().next_back().map(class);
    // Marks in a row are a heading's: `## 2. 基本原则`.
    if body[first..].contains("## ") {
        return None;
    }
    // In the middle of a sentence hashtags are quoted, not attached.
    if !matches!(
        before,
        None | Some(Class::End | Class::Close | Class::Quote | Class::Dot)
    ) {
        return None;
    }
    let last = body.rfind(|c| class(c) == Class::Hash)?;
    let tail = &body[last..];
    // The last tag ends where tags end on this line: at a wide gap if such gaps part them.
    let spaced = hash_gap_is_wide(&body[first..]);
    let length = tag_length(tail, spaced);
    let end = first.max(last + length);
    (first > 0 || end < body.len()).then(|| line.start + first..line.start + end)
}

/// True if the first two hashtags of `run` are parted by a wide gap.
fn hash_gap_is_wide(run: &str) -> bool {
    let tags = run.strip_prefix(['#', '＃']).unwrap_or(run);
    let Some(second) = tags.find(['#', '＃']) else {
        return false;
    };
    let tag = &tags[..second];
    let gap = &tag[tag.trim_end().len()..];
    is_wide(gap)
}

fn is_wide(gap: &str) -> bool {
    let table = chars::table();
    gap.chars().nth(1).is_some()
        || gap
            .chars()
            .any(|c| table.kind(c).class() == Class::WideSpace)
}

/// Length of the hashtag at the start of `tail`, with its mark.
fn tag_length(tail: &str, spaced: bool) -> usize {
    let name = tail.trim_start_matches(['#', '＃']);
    let name = name.trim_start();
    let begin = tail.len() - name.len();
    let mut at = 0;
    while let Some(found) = name[at..].find(char::is_whitespace) {
        let rest = name[at + found..].trim_start();
        let gap = name.len() - at - found - rest.len();
        let end = at + found;
        if !spaced || is_wide(&name[end..end + gap]) {
            return begin + end;
        }
        at = end + gap;
    }
    tail.len()
}

/// True if a cue in mid-line stands where a block begins: behind a gap or the end of a
/// sentence, and with a colon behind it.
fn opens_block(text: &str, line: Span, hit: Hit) -> bool {
    let table = chars::table();
    let before = text[line.start..hit.start]
        .chars()
        .next_back()
        .map(|c| table.kind(c).class());
    let after = text[hit.end..line.end]
        .trim_start()
        .chars()
        .next()
        .map(|c| table.kind(c).class());
    after == Some(Class::Colon)
        && matches!(
            before,
            None | Some(
                Class::Space
                    | Class::WideSpace
                    | Class::End
                    | Class::Close
                    | Class::Quote
                    | Class::Pipe
                    | Class::Invisible
            )
        )
}

/// Where the list behind a cue ends: at its last wide gap, if such gaps part its items,
/// so that what follows the list on the same line can be told from it.
fn list_end(gaps: &[usize], rest: Span) -> usize {
    let inside = &gaps[gaps.partition_point(|&gap| gap <= rest.start)..];
    match inside {
        [_, _, .., last] => *last,
        _ => rest.end,
    }
}

/// Where wide gaps end in a line, in order.
fn wide_gaps(text: &str, line: Span) -> Vec<usize> {
    let table = chars::table();
    let mut gaps = Vec::new();
    let mut gap = 0;
    for (at, c) in line.of(text).char_indices() {
        match table.kind(c).class() {
            Class::Space => gap += 1,
            Class::WideSpace => gap += 2,
            _ => {
                if gap > 1 {
                    gaps.push(line.start + at);
                }
                gap = 0;
            }
        }
    }
    gaps
}

/// Cuts text that packs several blocks at its gaps and, with `sentences`, at the ends of
/// sentences (Unicode Standard Annex 29).
fn cut_prose(text: &str, span: Span, sentences: bool, cuts: &mut Vec<usize>) {
    let table = chars::table();
    let body = span.of(text);
    if body.trim().is_empty() {
        return;
    }
    let mut found: Vec<usize> = Vec::new();
    if sentences {
        find_sentences(body, &mut found);
    }
    let mut previous = Class::Newline;
    let mut gap = 0;
    for (at, c) in body.char_indices() {
        let class = table.kind(c).class();
        match class {
            Class::Space => gap += 1,
            Class::WideSpace => gap += 2,
            _ => {
                if gap > 1 || gap == 1 && begins_block(previous, &body[at..]) {
                    found.push(at);
                }
                gap = 0;
                previous = class;
            }
        }
    }
    found.sort_unstable();
    for at in found {
        push(cuts, span, span.start + at);
    }
}

/// A full stop with many brackets or spaces behind it. From each of those the rules look ahead for
/// a small letter (SB8), as far as there is none: a line of a million takes days.
#[allow(clippy::expect_used, reason = "a constant pattern; the tests use it")]
static LONG_STOP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\p{sb=ATerm}[\p{sb=Close}\p{sb=Sp}\p{sb=Extend}\p{sb=Format}]{5,}")
        .expect("a constant pattern")
});

/// What a sentence can end with; between two of these there is none to look for.
#[allow(clippy::expect_used, reason = "a constant pattern; the tests use it")]
static STOP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[\p{sb=ATerm}\p{sb=STerm}\p{sb=Sep}\p{sb=CR}\p{sb=LF}]")
        .expect("a constant pattern")
});

/// Pushes where sentences begin. Behind a long stop one begins in any case.
fn find_sentences(body: &str, found: &mut Vec<usize>) {
    let mut from = 0;
    for stop in LONG_STOP.find_iter(body) {
        let mark = stop.as_str().chars().next().map_or(0, char::len_utf8);
        find_sentences_within(body, from, stop.start() + mark, found);
        from = stop.end();
    }
    find_sentences_within(body, from, body.len(), found);
}

/// The same of `from..to`, which has no long stop inside.
fn find_sentences_within(body: &str, from: usize, to: usize, found: &mut Vec<usize>) {
    /// Bytes without a stop that cost more to go through than to go around.
    const FAR: usize = 64;
    if from == to {
        return;
    }
    found.push(from);
    let body = &body[..to];
    let mut stops = STOP
        .find_iter(&body[from..])
        .map(|stop| from + stop.start());
    let (mut base, mut at) = (from, from);
    let mut sentences = body[base..].split_sentence_bound_indices().skip(1);
    while let Some(stop) = stops.find(|stop| *stop >= at) {
        if stop - at > FAR {
            // Of what stands before a stop, the rules look at one character and the marks on it.
            let near = |c: char| c.is_ascii() || chars::class(c) == Class::Han;
            base = body[at..stop].rfind(near).map_or(at, |near| at + near);
            sentences = body[base..].split_sentence_bound_indices().skip(1);
        }
        let Some((ahead, _)) = sentences.next() else {
            return;
        };
        at = base + ahead;
        found.push(at);
    }
}

/// True if a single space between a character of class `before` and `rest` can part two
/// blocks, and not two words of one phrase (`iPhone 15 壁纸`, `800 克`).
fn begins_block(before: Class, rest: &str) -> bool {
    let mut classes = rest.chars().map(chars::class);
    let first = classes.next();
    let numbered = first == Some(Class::Digit)
        && classes.find(|&class| class != Class::Digit) == Some(Class::Dot);
    match before {
        Class::End | Class::Close | Class::Quote => true,
        Class::Digit | Class::Latin | Class::Colon | Class::Comma => numbered,
        _ => numbered || matches!(first, Some(Class::Han | Class::Open | Class::Bullet)),
    }
}

/// What a cue in mid-line introduces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Block {
    /// A list of tags or titles: a block of its own.
    List,
    /// Date, source or editor: what ends a list, `标签：甲 乙 发布于：2015-11-05`.
    Facts,
}

impl Block {
    /// What a hit's cues introduce.
    pub(crate) fn of(cues: &[(Label, Role)]) -> Option<Self> {
        let of = |&(label, role): &(Label, Role)| match (label, role) {
            (Label::Tags | Label::Related, Role::Lead | Role::Step) => Some(Self::List),
            (Label::Meta, Role::Lead) => Some(Self::Facts),
            _ => None,
        };
        cues.iter().filter_map(of).min()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::matcher::{Matcher, Scratch};
    use crate::rules::RuleSet;

    fn pieces(text: &str) -> Vec<Piece> {
        let (mut lines, mut pieces) = (Lines::default(), Vec::new());
        lines.scan(text, usize::MAX);
        lines.pieces(text, &[], |_| None, &mut pieces);
        pieces
    }

    #[test]
    fn only_very_many_short_lines_are_gathered() {
        assert_eq!(pieces(&"a\n".repeat(1500)).len(), 1500);
        assert_eq!(pieces(&"twelve bytes\n".repeat(9000)).len(), 9000);
        let text = "a\n".repeat(10_000) + "A line as long as others.\n";
        let found = pieces(&text);
        assert!(found.len() < 2000, "{}", found.len());
        let letters = found.iter().map(|piece| piece.shape.of(Class::Latin));
        assert_eq!(letters.sum::<u32>(), 10_000 + 19);
        // No byte but white space is lost.
        let gaps = found
            .windows(2)
            .map(|two| two[0].span.end..two[1].span.start);
        assert!(gaps.map(|gap| &text[gap]).all(|gap| gap.trim().is_empty()));
        let last = found.last().unwrap();
        assert_eq!(last.span.of(&text), "A line as long as others.");
    }

    /// The pieces of one line under the built-in rules.
    fn cut(line: &str) -> Vec<&str> {
        let matcher = Matcher::new(&RuleSet::builtin()).unwrap();
        let (mut lines, mut hits, mut pieces) = (Lines::default(), Vec::new(), Vec::new());
        lines.scan(line, usize::MAX);
        matcher.find(line, lines.torn, &mut Scratch::default(), &mut hits);
        let begins = |hit: Hit| Block::of(matcher.cues(hit));
        lines.pieces(line, &hits, begins, &mut pieces);
        pieces.iter().map(|piece| piece.span.of(line)).collect()
    }

    #[test]
    fn facts_end_a_list() {
        let cut = |line| cut(line).join("|");
        let line = "标签： 求职 面试 发布于：2015-11-05 编辑：甲";
        assert_eq!(cut(line), "标签： 求职 面试|发布于：2015-11-05 编辑：甲");
        let line = "来源：甲报 标签：求职 面试 责任编辑：乙";
        assert_eq!(cut(line), "来源：甲报|标签：求职 面试|责任编辑：乙");
        // No list, or facts that stand in no gap.
        for whole in ["来源：甲报 责任编辑：乙", "标签：求职 面试来源：乙"] {
            assert_eq!(cut(whole), whole);
        }
    }

    #[test]
    fn headings_in_mid_line_are_no_hashtags() {
        let whole = "先看错误。### 2. 基本原则 #### 2.1 少写";
        assert_eq!(cut(whole), [whole]);
        let glued = "味道更好。#便当 #厨房 #家常菜";
        assert_eq!(cut(glued), ["味道更好。", "#便当 #厨房 #家常菜"]);
    }

    #[test]
    fn long_stops_end_sentences() {
        let sentences = |text: &str| {
            let mut found = Vec::new();
            find_sentences(text, &mut found);
            found
        };
        assert_eq!(sentences("One. Two. three"), [0, 5]);
        assert_eq!(sentences("One.      Two"), [0, 10]);
        assert_eq!(sentences("甲。乙.))))))))丙。"), [0, 6, 18]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn sentences_are_those_of_the_standard(text in "([aA1.!?。)\u{201d}, \u{300}\u{ad}甲ก\u{e34}\n\r]|(A\u{300}{20}|1{70}|甲{25}, )){0,20}") {
            prop_assume!(!LONG_STOP.is_match(&text));
            let mut found = Vec::new();
            find_sentences(&text, &mut found);
            let standard = text.split_sentence_bound_indices().map(|(at, _)| at);
            prop_assert_eq!(found, standard.collect::<Vec<_>>());
        }
    }
}
