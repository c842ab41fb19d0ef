//! A piece becomes facts and features that it shows by itself.

use crate::chars::{self, Class};
use crate::entity::entity;
use crate::features::marks;
use crate::features::names::{self, Group, Id};
use crate::features::patterns::{self, DateAt};
use crate::features::{bucket, few};
use crate::label::Label;
use crate::matcher::{Hit, Matcher};
use crate::numbering::{self, Numbering, Style};
use crate::pieces::{Gap, Piece, Shape};
use crate::rules::Role;
use crate::span::Span;

/// What is believed of a cue before any page has been seen: how much, in log-odds, it
/// speaks for its label. Training starts from these and moves them where pages disagree.
pub(crate) fn beliefs() -> impl Iterator<Item = (Id, Label, f64)> {
    let cues = Label::ALL.into_iter().flat_map(|label| {
        Role::ALL.into_iter().flat_map(move |role| {
            let worth: [f64; PLACES] = match role {
                Role::Lead => [2.0, 4.0, 0.5, 0.0, 1.0, 2.0],
                Role::Step => [2.0, 3.0, 1.0, 0.0, 0.0, 0.0],
                Role::Whole => [2.0, 0.0, 0.0, 0.0, 0.0, 0.0],
                Role::Part => [1.5, 1.0, 1.0, 0.5, 0.5, 0.5],
                Role::Empty => [1.5, 0.0, 0.0, 0.0, 0.0, 0.0],
            };
            (0..PLACES).map(move |place| {
                (
                    names::id(Group::Cue, cue(label, role, place)),
                    label,
                    worth[place],
                )
            })
        })
    });
    let hashtags = [(2, 2.0), (3, 4.0)]
        .map(|(count, worth)| (names::id(Group::Hashtags, count), Label::Tags, worth));
    // No paragraph of sentences is made of tags, or a title.
    let prose = (5..8_usize).flat_map(|len| {
        let kinds = [0_usize, 1].map(|comma| names::id(Group::Prose, len * 4 + 2 + comma));
        kinds
            .into_iter()
            .flat_map(|kind| [Label::Tags, Label::Title].map(move |label| (kind, label, -3.0)))
    });
    cues.chain(hashtags).chain(prose).chain(marks::beliefs())
}

/// The bucket of `cue=`.
fn cue(label: Label, role: Role, place: usize) -> usize {
    (label as usize * ROLES + role as usize) * PLACES + place
}

/// Where in a piece a cue stands; the numbers are part of the bucket of `cue=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// All of the piece but brackets, bullets, a colon and a count.
    Alone,
    /// At its start, with a colon and more behind it.
    Colon,
    /// At its start, with more behind it.
    Start,
    Inside,
    /// At its end, with a short word before it: 本周热门标签.
    Tail,
    /// The same, with a colon and more behind it.
    TailColon,
}

const PLACES: usize = 6;
const ROLES: usize = 5;

/// What is known of a piece by itself.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// Length as a reader feels it.
    pub(crate) weight: u32,
    /// How much it is prose: 0 (not) to 4 (a paragraph).
    pub(crate) prose: u8,
    pub(crate) prose_bucket: u8,
    pub(crate) script: u8,
    pub(crate) len_bucket: u8,
    pub(crate) numbering: Option<Numbering>,
    pub(crate) date: DateAt,
    address: usize,
    boxed: bool,
    /// How many hashtags it is made of, if of nothing else: 0 to 3.
    hashtags: u8,
    /// The label of a cue at its start that introduces a block.
    pub(crate) lead: Option<Label>,
    /// True if what it introduces stands on the same line, behind a colon.
    pub(crate) lead_inline: bool,
    tokens: u8,
    /// Bits: labels that a cue speaks for.
    pub(crate) cue_labels: u16,

    /// `(label, role, place)` of its cues, at most a few.
    cues: [u16; MAX_CUES],
    cue_count: u8,
    hit_count: u32,
    /// Bytes that cues of each label make up, as buckets 0 to 3.
    cover: [u8; Label::COUNT],
}

/// More cues of one piece than this tell nothing new.
const MAX_CUES: usize = 6;

impl Facts {
    pub(crate) fn of(text: &str, piece: &Piece, hits: &[Hit], matcher: &Matcher) -> Self {
        let body = piece.span.of(text);
        let shape = &piece.shape;
        let weight = shape.weight();
        let len_bucket = bucket(weight as usize, &LENGTHS) as u8;
        let mut facts = Self {
            weight,
            prose: prose(shape, weight),
            prose_bucket: prose_bucket(shape, weight),
            script: script(shape),
            len_bucket,
            numbering: numbering::numbering(body),
            date: patterns::date_at(body, shape),
            address: patterns::address(body, shape),
            boxed: shape.first == Class::Open && shape.last == Class::Close,
            hashtags: hashtags(body, shape),
            lead: None,
            lead_inline: false,
            tokens: tokens(body, shape),
            cue_labels: 0,
            cues: [0; MAX_CUES],
            cue_count: 0,
            hit_count: piece.hits.len() as u32,
            cover: [0; Label::COUNT],
        };
        facts.read_cues(text, piece, &hits[piece.hits.clone()], matcher);
        facts
    }

    fn read_cues(&mut self, text: &str, piece: &Piece, hits: &[Hit], matcher: &Matcher) {
        if hits.is_empty() {
            return;
        }
        let content = piece.span.start + lead_in(piece.span.of(text));
        let mut covered = [0usize; Label::COUNT];
        for &hit in hits {
            let place = place(text, piece.span, content, hit);
            for &(label, role) in matcher.cues(hit) {
                covered[label as usize] += hit.end.min(piece.span.end) - hit.start;
                self.read_cue(label, role, place);
            }
        }
        for (bucket_of, &bytes) in self.cover.iter_mut().zip(&covered) {
            *bucket_of = bucket(bytes * 100 / piece.span.len(), &[25, 50, 85]) as u8;
        }
    }

    fn read_cue(&mut self, label: Label, role: Role, place: Place) {
        // A menu word counts as one only if it is all there is; its share is in `cover`.
        if role == Role::Whole && place != Place::Alone {
            return;
        }
        self.cue_labels |= 1 << label as u16;
        let opens = matches!(role, Role::Lead | Role::Step);
        let whole = matches!(place, Place::Alone | Place::Colon);
        let tail = role == Role::Lead && matches!(place, Place::Tail | Place::TailColon);
        if (opens && whole || tail) && self.lead.is_none() {
            self.lead = Some(label);
            self.lead_inline = matches!(place, Place::Colon | Place::TailColon);
        }
        if usize::from(self.cue_count) < MAX_CUES {
            self.cues[usize::from(self.cue_count)] = cue(label, role, place as usize) as u16;
            self.cue_count += 1;
        }
    }
}

/// The features that a cue can have, by where it stands.
pub(crate) fn cue_features(label: Label, role: Role) -> [Id; PLACES] {
    std::array::from_fn(|place| names::id(Group::Cue, cue(label, role, place)))
}

/// Bytes before the first character that can begin a cue.
pub(crate) fn lead_in(body: &str) -> usize {
    let table = chars::table();
    body.find(|c| {
        !matches!(
            table.kind(c).class(),
            Class::Open
                | Class::Bullet
                | Class::Emoji
                | Class::Hash
                | Class::Dash
                | Class::Angle
                | Class::Pipe
                | Class::Invisible
                | Class::Space
                | Class::WideSpace
                | Class::Other
        )
    })
    .unwrap_or(0)
}

fn place(text: &str, piece: Span, content: usize, hit: Hit) -> Place {
    let tail = hit.start > content;
    if tail && !is_short_word(&text[content..hit.start]) {
        return Place::Inside;
    }
    let rest = &text[hit.end.min(piece.end)..piece.end];
    let table = chars::table();
    let mark = |c: char| {
        matches!(
            table.kind(c).class(),
            Class::Open
                | Class::Close
                | Class::Bullet
                | Class::Angle
                | Class::Digit
                | Class::Space
                | Class::WideSpace
                | Class::Dot
                | Class::Colon
                | Class::Dash
                | Class::Emoji
                | Class::Invisible
                | Class::Pipe
                | Class::Code
        )
    };
    if without_top(rest).chars().all(mark) {
        return if tail { Place::Tail } else { Place::Alone };
    }
    let rest = rest.trim_start();
    let next = entity(rest).map(|(c, _)| c).or_else(|| rest.chars().next());
    let colon = next.is_some_and(|c| table.kind(c).class() == Class::Colon)
        || rest.starts_with(">>")
        || rest.starts_with('»');
    match (colon, tail) {
        (true, false) => Place::Colon,
        (true, true) => Place::TailColon,
        (false, false) => Place::Start,
        (false, true) => Place::Inside,
    }
}

/// Up to five letters, as what stands before the noun of a heading: 本周热门, 最新.
fn is_short_word(text: &str) -> bool {
    // Not by counting: what stands before may be most of a page, and this is asked for each cue.
    text.chars().nth(5).is_none() && text.chars().all(char::is_alphanumeric)
}

/// What stands behind a cue, without the TOP of `TOP10`.
fn without_top(rest: &str) -> &str {
    let trimmed = rest.trim_start();
    let top = trimmed
        .get(..3)
        .is_some_and(|word| word.eq_ignore_ascii_case("top"));
    if top { &trimmed[3..] } else { rest }
}

/// The words of a short line that separators part, as a bucket of `tokens=`: how many,
/// and how long the longest is.
fn tokens(body: &str, shape: &Shape) -> u8 {
    let weight = shape.weight();
    if !(2..=400).contains(&weight) || shape.of(Class::End) > 0 {
        return 0;
    }
    let table = chars::table();
    let (mut count, mut longest, mut run) = (0, 0, 0u32);
    let mut close = |run: &mut u32| {
        count += u32::from(*run > 0);
        longest = longest.max(*run);
        *run = 0;
    };
    for c in body.chars() {
        match table.kind(c).class() {
            Class::Space | Class::WideSpace | Class::Comma | Class::Pipe | Class::Hash => {
                close(&mut run);
            }
            // In halves: a Latin letter counts half.
            Class::Latin | Class::Digit => run += 1,
            _ => run += 2,
        }
    }
    close(&mut run);
    let many = bucket(count as usize, &[2, 3, 5, 9, 16]);
    (many * 4 + bucket(longest as usize, &[9, 17, 29])) as u8
}

const LENGTHS: [usize; 13] = [2, 3, 5, 7, 10, 14, 19, 26, 36, 51, 81, 141, 301];

fn script(shape: &Shape) -> u8 {
    let (han, kana, hangul) = (
        shape.of(Class::Han),
        shape.of(Class::Kana),
        shape.of(Class::Hangul),
    );
    let latin = shape.of(Class::Latin);
    let digits = shape.of(Class::Digit);
    let most = [
        han + kana,
        hangul,
        latin / 2,
        digits,
        shape.of(Class::Letter),
    ];
    let top = most.iter().copied().max().unwrap_or(0);
    if top == 0 {
        return 0;
    }
    match most.iter().position(|&count| count == top) {
        Some(0) if kana * 8 > han => 2,
        Some(0) if latin + digits > han => 7,
        Some(0) => 1,
        Some(1) => 3,
        Some(2) => 4,
        Some(3) => 5,
        _ => 6,
    }
}

/// How many hashtags a piece is made of: short words with a mark before each, no
/// sentence, no Markdown heading, no comment in program text.
fn hashtags(body: &str, shape: &Shape) -> u8 {
    let marks = shape.of(Class::Hash);
    if marks == 0 || shape.first != Class::Hash || shape.of(Class::End) > marks / 3 {
        return 0;
    }
    let long = shape.weight() / marks > 16;
    let code = shape.of(Class::Code) * 2 > marks;
    let heading =
        numbering::numbering(body).is_some_and(|n| n.style == Style::Markdown && n.value == marks);
    if long || code || heading {
        0
    } else {
        few(marks) as u8
    }
}

/// Sentence marks, with the full stop of Latin text.
fn ends(shape: &Shape) -> u32 {
    let stop = shape.last == Class::Dot && shape.of(Class::Digit) < shape.ink() / 2;
    shape.of(Class::End) + u32::from(stop)
}

fn prose(shape: &Shape, weight: u32) -> u8 {
    let marks = ends(shape) + shape.of(Class::Comma);
    // Words parted by commas, and no end of a sentence.
    let commas = shape.of(Class::Comma);
    let listed = commas >= 3 && ends(shape) == 0 && weight / (commas + 1) <= 9;
    match weight {
        _ if listed || shape.wide_gaps >= 3 || shape.of(Class::Pipe) >= 3 => 0,
        141.. if marks >= 2 => 4,
        51.. if marks >= 2 => 3,
        26.. if marks >= 2 || ends(shape) > 0 => 2,
        14.. if marks >= 1 && shape.function > 0 || ends(shape) > 0 => 1,
        _ => 0,
    }
}

fn prose_bucket(shape: &Shape, weight: u32) -> u8 {
    let len = bucket(weight as usize, &[5, 10, 18, 30, 50, 90, 180]);
    let end = usize::from(ends(shape) > 0);
    let comma = usize::from(shape.of(Class::Comma) > 0 || shape.function > 2);
    (len * 4 + end * 2 + comma) as u8
}

/// Pushes the features of one piece.
pub(crate) fn push(piece: &Piece, facts: &Facts, push: &mut impl FnMut(Group, usize)) {
    push(Group::Bias, 0);
    push_shape(piece, facts, push);
    push_marks(&piece.shape, push);
    let number = facts
        .numbering
        .map_or(Style::COUNT, |numbering| numbering.style as usize);
    push(Group::Number, number);
    push(Group::Date, facts.date as usize);
    push(Group::Address, facts.address);
    push(Group::Hashtags, usize::from(facts.hashtags));
    push(Group::Boxed, usize::from(facts.boxed));
    push(Group::CueCount, few(facts.hit_count));
    push(Group::Tokens, usize::from(facts.tokens));
    for &cue in &facts.cues[..usize::from(facts.cue_count)] {
        push(Group::Cue, usize::from(cue));
    }
    for (label, &cover) in facts
        .cover
        .iter()
        .enumerate()
        .filter(|(_, cover)| **cover > 0)
    {
        push(Group::Cover, label * 3 + usize::from(cover) - 1);
    }
}

fn push_shape(piece: &Piece, facts: &Facts, push: &mut impl FnMut(Group, usize)) {
    let shape = &piece.shape;
    push(Group::Len, usize::from(facts.len_bucket));
    push(Group::Script, usize::from(facts.script));
    push(Group::First, shape.first as usize);
    push(Group::Last, shape.last as usize);
    let ending = match shape.last {
        Class::End => 1,
        Class::Colon => 2,
        Class::Comma | Class::Dot => 3,
        Class::Digit => 4,
        Class::Close | Class::Quote => 5,
        _ => 0,
    };
    let coarse = bucket(facts.weight as usize, &[5, 10, 19, 36, 81]);
    push(Group::Ending, coarse * 6 + ending);
    push(Group::Prose, usize::from(facts.prose_bucket));
    let han = shape.of(Class::Han).max(1);
    push(
        Group::Function,
        match shape.of(Class::Han) {
            0..10 => 0,
            _ => 1 + bucket((shape.function * 100 / han) as usize, &[1, 5, 9, 13]),
        },
    );
    let ink = shape.ink().max(1);
    push(
        Group::Digits,
        bucket(
            (shape.of(Class::Digit) * 100 / ink) as usize,
            &[1, 15, 40, 80],
        ),
    );
    let words = match shape.words {
        0 => 0,
        words => {
            let small = bucket((shape.lower_words * 100 / words) as usize, &[40, 75]);
            1 + small + 3 * bucket(words as usize, &[4, 9])
        }
    };
    push(Group::Words, words);
    push(Group::Indent, bucket(shape.indent as usize, &[1, 4]));
    push(
        Group::Packed,
        usize::from(piece.cut || piece.gap == Gap::None),
    );
}

fn push_marks(shape: &Shape, push: &mut impl FnMut(Group, usize)) {
    push(
        Group::WideGaps,
        bucket(shape.wide_gaps as usize, &[1, 2, 3, 6]),
    );
    for (group, class) in [
        (Group::Spaces, Class::Space),
        (Group::Pipes, Class::Pipe),
        (Group::Slashes, Class::Slash),
        (Group::Angles, Class::Angle),
        (Group::Dashes, Class::Dash),
        (Group::Bullets, Class::Bullet),
        (Group::Hashes, Class::Hash),
        (Group::Colons, Class::Colon),
        (Group::Commas, Class::Comma),
        (Group::Ends, Class::End),
        (Group::Codes, Class::Code),
        (Group::Opens, Class::Open),
        (Group::Quotes, Class::Quote),
        (Group::Emojis, Class::Emoji),
    ] {
        let count = few(shape.of(class));
        if count > 0 {
            push(group, count);
        }
    }
}
