//! Blocks of tags and lists of titles become their items.
//!
//! What parts the items is what the block itself uses: hash marks, wide gaps, commas,
//! bars, line ends; single spaces only where nothing else is there.

use crate::chars::{self, Class};
use crate::entity::entity;
use crate::features::{find_date, in_dates};
use crate::fields::ends;
use crate::label::Label;
use crate::markup::{Markup, Tag};
use crate::matcher::{Hit, Matcher};
use crate::numbering::{self, Style};
use crate::pieces::{Piece, Shape};
use crate::rules::Role;
use crate::span::Span;

/// The cues of a page, and its links where it was HTML.
#[derive(Clone, Copy)]
pub(crate) struct Cues<'m> {
    pub(crate) hits: &'m [Hit],
    pub(crate) matcher: &'m Matcher,
    pub(crate) markup: &'m Markup,
}

impl Cues<'_> {
    /// True if a cue of that label and one of those roles is this hit.
    fn is(self, hit: Hit, label: Option<Label>, roles: &[Role]) -> bool {
        let cues = self.matcher.cues(hit);
        cues.iter()
            .any(|(l, role)| label.is_none_or(|label| *l == label) && roles.contains(role))
    }

    /// What is left of a piece behind the cue at its start, and what role that has.
    fn skip_cue(self, text: &str, piece: &Piece, label: Label) -> (Span, Option<Role>) {
        let mut hits = self.hits[piece.hits.clone()].iter().copied();
        let hit = hits.find(|hit| self.is(*hit, Some(label), &[Role::Lead, Role::Step]));
        let Some(hit) = hit.filter(|hit| is_first(text, piece, *hit)) else {
            return (piece.span, None);
        };
        let step = self.is(hit, Some(label), &[Role::Step]);
        let role = if step { Role::Step } else { Role::Lead };
        let rest = Span::new(hit.end.min(piece.span.end), piece.span.end);
        let after = rest.of(text).trim_start();
        // `(10)`, `TOP10` and the like belong to the cue.
        let start = match colon(after) {
            Some(end) => rest.end - after.len() + end,
            None if is_counter(after) => rest.end,
            None if after.len() < rest.len() || after.starts_with(['#', '[', '【']) => rest.start,
            // The cue is the start of a word: 标签云集的地方.
            None => return (piece.span, None),
        };
        (Span::new(start, rest.end).trim(text), Some(role))
    }

    /// Without a cue behind the title it goes with: `标题 下一篇`.
    fn drop_last_step(self, text: &str, piece: &Piece, span: Span) -> Span {
        let last = self.hits[piece.hits.clone()].last().copied();
        let Some(hit) = last.filter(|hit| hit.start > span.start) else {
            return span;
        };
        let ends = text[hit.end.min(span.end)..span.end]
            .chars()
            .all(|c| !c.is_alphanumeric());
        let apart = text[..hit.start].ends_with(char::is_whitespace);
        if ends && apart && self.is(hit, Some(Label::Related), &[Role::Step]) {
            return Span::new(span.start, hit.start).trim(text);
        }
        span
    }

    /// The last cue of a piece, if no word stands behind it.
    fn closing(self, text: &str, piece: &Piece) -> Option<Hit> {
        let last = self.hits[piece.hits.clone()].last().copied();
        let behind = |hit: &Hit| &text[hit.end.min(piece.span.end)..piece.span.end];
        last.filter(|hit| !behind(hit).contains(char::is_alphanumeric))
    }

    /// True if a cue with a short word before it ends the piece, as in 本周热门标签: a heading.
    fn heads(self, text: &str, piece: &Piece, label: Label) -> bool {
        const LONGEST: usize = 10;
        let lead = |hit: &Hit| self.is(*hit, Some(label), &[Role::Lead]);
        let short = |words: &str| words.chars().nth(LONGEST).is_none();
        let last = self.closing(text, piece).filter(lead);
        last.is_some() && short(trim_marks(text, piece.span).of(text))
    }

    /// True if a few words with a button behind them are the piece: `热门文章 更多>>`.
    fn heads_with_button(self, text: &str, piece: &Piece) -> bool {
        const LONGEST: usize = 12;
        let last = self.closing(text, piece);
        last.is_some_and(|hit| {
            let before = Span::new(piece.span.start.min(hit.start), hit.start);
            let head = skip_marks(text, before).of(text);
            let apart = head.ends_with(|c: char| !c.is_alphanumeric());
            let short = head.trim_end().chars().nth(LONGEST).is_none();
            apart && short && self.is(hit, None, &[Role::Whole])
        })
    }

    /// True if a cue of one of those labels is anywhere in the piece.
    fn any(self, piece: &Piece, labels: &[Label]) -> bool {
        let hits = self.hits[piece.hits.clone()].iter();
        hits.flat_map(|hit| self.matcher.cues(*hit))
            .any(|(label, _)| labels.contains(label))
    }

    /// True if the piece begins with a cue of that label and of no other.
    fn opens(self, text: &str, piece: &Piece, label: Label) -> bool {
        let first = self.hits[piece.hits.clone()].first();
        first.is_some_and(|hit| {
            let cues = self.matcher.cues(*hit);
            cues.iter().all(|(of, _)| *of == label) && is_first(text, piece, *hit)
        })
    }

    /// True if the whole of `span` is a cue of that role, as 没有了.
    fn covers(self, text: &str, piece: &Piece, span: Span, roles: &[Role]) -> bool {
        let hits = &self.hits[piece.hits.clone()];
        let Some(last) = hits.last() else {
            return false;
        };
        // Most often words stand behind the last one.
        let behind = last.end.clamp(span.start, span.end);
        if text[behind..span.end].contains(char::is_alphanumeric) {
            return false;
        }
        let span = trim_marks(text, span);
        // Hits do not overlap, so that no other one can reach to the end.
        let last = hits[..hits.partition_point(|hit| hit.start <= span.start)].last();
        last.is_some_and(|hit| {
            let exact = trim_marks(text, Span::new(hit.start, span.end)).end <= hit.end;
            exact && hit.end <= piece.span.end && self.is(*hit, None, roles)
        })
    }
}

/// True if nothing but marks stands before a hit in its piece.
fn is_first(text: &str, piece: &Piece, hit: Hit) -> bool {
    let before = Span::new(piece.span.start.min(hit.start), hit.start);
    skip_marks(text, before).is_empty()
}

/// The end of a colon, perhaps behind a counter, at the start of what follows a cue.
fn colon(after: &str) -> Option<usize> {
    if let Some((':' | '：', len)) = entity(after) {
        return Some(len);
    }
    let (at, mark) = after.match_indices([':', '：']).next()?;
    (at <= 12 && is_counter(&after[..at])).then_some(at + mark.len())
}

/// Digits and marks, as behind `相关文章 (10)` or `热门 TOP10`.
fn is_counter(text: &str) -> bool {
    text.trim_start_matches(['T', 't', 'O', 'o', 'P', 'p', ' ', '\u{a0}'])
        .chars()
        .all(|c| {
            !matches!(
                chars::class(c),
                Class::Han | Class::Latin | Class::Kana | Class::Hangul | Class::Hash
            )
        })
}

/// The tags of a block; `holds` tells which pieces hold any.
pub(crate) fn tags(
    text: &str,
    pieces: &[Piece],
    holds: &[bool],
    cues: Cues<'_>,
    items: &mut Vec<Span>,
) {
    // A cue alone on its line is no line of tags.
    let cue_alone = |piece: &Piece| cues.skip_cue(text, piece, Label::Tags).0.is_empty();
    let lines = pieces.iter().filter(|piece| !cue_alone(piece)).count();
    let list = List::of(text, pieces);
    let linked = is_linked(pieces, cues.markup);
    for (index, piece) in pieces.iter().enumerate().filter(|(index, _)| holds[*index]) {
        let (rest, cue) = cues.skip_cue(text, piece, Label::Tags);
        if linked {
            for (_, link) in cues.markup.links_in(rest) {
                let item = clean_tag(text, without_count(text, link, cues.markup));
                let button = cues.covers(text, piece, item, &[Role::Empty]);
                if is_tag(item.of(text)) && !button {
                    items.push(item);
                }
            }
            continue;
        }
        let heading = index == 0 && list.is_heading(text, piece, cues, Label::Tags);
        if cue.is_none() && heading {
            continue;
        }
        let (cue, behind) = (cue.is_some(), skip_head(text, rest));
        let (cue, rest) = (cue || behind.start > rest.start, behind);
        let buttons: &[Role] = if pieces.len() > 2 {
            &[Role::Empty, Role::Whole]
        } else {
            &[Role::Empty]
        };
        let button = cues.covers(text, piece, rest, buttons) && !rest.of(text).is_ascii();
        if rest.is_empty() || button {
            continue;
        }
        let split = match piece.shape.of(Class::Hash) {
            0 => separator(text, rest, cue || lines == 1),
            _ if hash_positions(rest.of(text)).any(|(_, spaced)| spaced) => Separator::Hash,
            _ => separator(text, rest, cue || lines == 1),
        };
        split.each(text, rest, |item| {
            let item = clean_tag(text, item);
            let word = item.of(text);
            // A rank or a count on a line of its own.
            let number = lines > 2 && word.len() <= 3 && word.bytes().all(|b| b.is_ascii_digit());
            if is_tag(word) && !number {
                items.push(item);
            }
        });
    }
    if !linked {
        ends::trim_tags(text, items);
    }
}

/// Chars of the longest tag, and Han characters of it: what is longer has lost its separators, and
/// no one can tell where they were.
const LONGEST_TAG: usize = 60;
const MOST_HAN: usize = 13;

fn is_tag(word: &str) -> bool {
    let han = |c: &char| chars::class(*c) == Class::Han;
    let short = word.len() <= 3 * MOST_HAN
        || word.chars().nth(LONGEST_TAG).is_none()
            && word.chars().filter(han).nth(MOST_HAN).is_none();
    let mention = matches!(word.chars().next(), Some('@' | '＠'));
    short && !mention && word.chars().any(char::is_alphanumeric)
}

/// True for a block whose entries are links: most lines have one.
fn is_linked(pieces: &[Piece], markup: &Markup) -> bool {
    let links = |piece: &&Piece| !markup.links_in(piece.span).is_empty();
    let linked = pieces.iter().filter(links).count();
    linked > 1 || linked * 2 >= pieces.len().max(1)
}

/// What is left of a line of tags behind a head that no cue knows: `今日热词：`, `[图片]`.
fn skip_head(text: &str, span: Span) -> Span {
    let body = span.of(text);
    let short = |head: &str| {
        let words = head.chars().filter(|c| c.is_alphanumeric()).count();
        (1..=10).contains(&words) && !head.contains(['#', '＃', ',', '，', '、'])
    };
    let first = |marks: [char; 2]| marks.iter().filter_map(|mark| body.find(*mark)).min();
    let bracketed = body.starts_with(['[', '【']);
    let close = bracketed.then(|| first([']', '】'])).flatten();
    let head = close.or_else(|| first([':', '：'])).unwrap_or(0);
    if head == 0 || !short(&body[..head]) {
        return span;
    }
    let rest = Span::new(span.start + head + mark_len(&body[head..]), span.end).trim(text);
    // Brackets around each tag are none around a head.
    let alone = rest.is_empty() && body.starts_with('[');
    let listed = alone || bracketed && rest.of(text).starts_with(['[', '【']);
    if listed { span } else { rest }
}

/// A title has some of these.
const WORDS: [Class; 6] = [
    Class::Han,
    Class::Kana,
    Class::Hangul,
    Class::Latin,
    Class::Letter,
    Class::Digit,
];

/// The titles of a list; `holds` tells which pieces hold any.
pub(crate) fn related(
    text: &str,
    pieces: &[Piece],
    holds: &[bool],
    cues: Cues<'_>,
    items: &mut Vec<Span>,
) {
    match is_linked(pieces, cues.markup) {
        true => {
            let pieces = pieces.iter().zip(holds);
            let told = pieces.filter_map(|(piece, holds)| holds.then_some(piece));
            linked_titles(text, told, cues, items);
        }
        false => plain_titles(text, pieces, holds, cues, items),
    }
    drop_refrain(text, items);
    ends::trim_titles(text, items);
}

/// The titles of a block of lines.
fn plain_titles(
    text: &str,
    pieces: &[Piece],
    holds: &[bool],
    cues: Cues<'_>,
    items: &mut Vec<Span>,
) {
    let list = List::of(text, pieces);
    let worded = |piece: &Piece| WORDS.iter().any(|&class| piece.shape.of(class) > 0);
    let told = |(index, piece): &(usize, &Piece)| holds[*index] && worded(piece);
    for (index, piece) in pieces.iter().enumerate().filter(told) {
        let (rest, cue) = cues.skip_cue(text, piece, Label::Related);
        if rest.is_empty() || cues.covers(text, piece, rest, &[Role::Empty, Role::Whole]) {
            continue;
        }
        if cue.is_none() {
            let cue_alone = cues.covers(text, piece, rest, &[Role::Lead, Role::Step])
                || list.is_inner_heading(text, piece, cues);
            let heading = index == 0 && list.is_heading(text, piece, cues, Label::Related);
            if cue_alone || heading || !list.is_title(text, piece, cues) {
                continue;
            }
        }
        let rest = cues.drop_last_step(text, piece, rest);
        let rest = drop_bullet(text, rest);
        let rest = match is_ranked(text, pieces, index) {
            true => drop_number(text, rest),
            false => rest,
        };
        let rest = match piece.shape.wide_gaps {
            0 | 1 => rest,
            _ => drop_label_cell(text, rest),
        };
        let rest = list.drop_columns(text, rest);
        list_separator(text, rest, &piece.shape, cue).each(text, rest, |item| {
            items.extend(title(text, item));
        });
    }
}

/// Without what is no longer than twelve characters and there three times or more: the column, the
/// author or the button of each entry.
fn drop_refrain(text: &str, items: &mut Vec<Span>) {
    let short = |item: &Span| item.of(text).chars().nth(12).is_none();
    let names = items.iter().filter(|item| short(item));
    let mut names: Vec<&str> = names.map(|item| item.of(text)).collect();
    if names.len() < 3 {
        return;
    }
    names.sort_unstable();
    let runs = names.chunk_by(|one, next| one == next);
    let refrains: Vec<&str> = runs.filter_map(|run| run.get(2).copied()).collect();
    items.retain(|item| !(short(item) && refrains.binary_search(&item.of(text)).is_ok()));
}

/// The titles of a block whose entries are links: one for each link.
fn linked_titles<'p>(
    text: &str,
    pieces: impl Iterator<Item = &'p Piece>,
    cues: Cues<'_>,
    items: &mut Vec<Span>,
) {
    const BUTTONS: &[Role] = &[Role::Empty, Role::Whole, Role::Lead, Role::Step];
    // The best part of the link that is being read.
    let mut best: Option<(u32, u8, Span)> = None;
    for piece in pieces {
        let (line, _) = cues.skip_cue(text, piece, Label::Related);
        let line = cues.drop_last_step(text, piece, line);
        let mut links = cues.markup.links_in(line);
        // A category before the title belongs to it: `[图] 标题`.
        if let [(_, first), (link, second)] = links[..]
            && first.of(text).trim_start().starts_with(['[', '【'])
        {
            links = vec![(link, Span::new(first.start, second.end))];
        }
        for (link, part) in links {
            let Some(item) = title(text, part) else {
                continue;
            };
            if cues.covers(text, piece, part, BUTTONS) {
                continue;
            }
            let worth = worth(text, item, cues.markup);
            match &mut best {
                Some((open, old, span)) if *open == link => {
                    if worth > *old {
                        (*old, *span) = (worth, item);
                    }
                }
                _ => items.extend(best.replace((link, worth, item)).map(|(_, _, span)| span)),
            }
        }
    }
    items.extend(best.map(|(_, _, span)| span));
}

/// How much a part of a link looks like its title: a card's link may hold a category, a title
/// and a blurb.
fn worth(text: &str, part: Span, markup: &Markup) -> u8 {
    let heading = markup.runs_in(part).any(|run| {
        let element = markup.elements[run.element as usize];
        let tag = matches!(element.tag, Tag::H1 | Tag::H2 | Tag::H3 | Tag::H4);
        tag || run.strong || element.words.has(Label::Title)
    });
    let length = part
        .of(text)
        .chars()
        .filter(|c| c.is_alphanumeric())
        .count();
    u8::from(length >= 5) + 2 * u8::from(heading)
}

/// A tag without the count in an element of its own behind it: `Python <i>12</i>`.
fn without_count(text: &str, tag: Span, markup: &Markup) -> Span {
    let number = |span: Span| {
        let word = span.of(text).trim();
        word.chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '(' | ')' | '（' | '）'))
    };
    let last = markup.runs_in(tag).last();
    match last.filter(|run| run.span.start > tag.start && number(run.span)) {
        Some(run) => Span::new(tag.start, run.span.start).trim(text),
        None => tag,
    }
}

/// What most lines of a list have in common.
struct List {
    count: usize,
    /// A length that its titles have: lines of blurb are longer, headings shorter.
    typical: u32,
    /// They begin with bullets.
    bulleted: bool,
    /// They end as sentences do.
    sentences: bool,
    /// They are rows of two or three cells.
    columns: bool,
    /// They end with a number.
    counted: bool,
}

impl List {
    fn of(text: &str, pieces: &[Piece]) -> Self {
        let most = |is: &dyn Fn(&Piece) -> bool| {
            if pieces.len() < 3 {
                return false;
            }
            let count = pieces.iter().filter(|piece| is(piece)).count();
            count >= 3 && count * 10 >= pieces.len() * 6
        };
        let weights = pieces.iter().map(|piece| piece.shape.weight());
        let mut weights: Vec<u32> = weights.filter(|weight| *weight >= 7).collect();
        weights.sort_unstable();
        Self {
            count: pieces.len(),
            typical: weights.get(weights.len() / 3).copied().unwrap_or(0),
            bulleted: most(&|piece| piece.shape.first == Class::Bullet),
            sentences: most(&|piece| piece.span.of(text).ends_with('。')),
            columns: most(&|piece| (1..=2).contains(&piece.shape.wide_gaps)),
            counted: most(&|piece| last_number(piece.span.of(text)).is_some()),
        }
    }

    /// True if the first line is the heading of those below it.
    fn is_heading(&self, text: &str, piece: &Piece, cues: Cues<'_>, label: Label) -> bool {
        let weight = piece.shape.weight();
        let bare = self.bulleted && piece.shape.first != Class::Bullet && weight <= 20;
        let told = weight <= 12 && cues.any(piece, &[Label::Related, Label::Tags]);
        self.count > 2 && (bare || told) || self.count > 1 && cues.heads(text, piece, label)
    }

    /// True if a line further down heads those behind it.
    fn is_inner_heading(&self, text: &str, piece: &Piece, cues: Cues<'_>) -> bool {
        let bare = !(self.bulleted && piece.shape.first == Class::Bullet);
        let heads = cues.heads(text, piece, Label::Related);
        bare && (heads || cues.heads_with_button(text, piece))
    }

    /// True if a line can be a title, and is no heading, blurb, byline or button.
    fn is_title(&self, text: &str, piece: &Piece, cues: Cues<'_>) -> bool {
        let shape = &piece.shape;
        let weight = shape.weight();
        let body = piece.span.of(text);
        let heading = self.count > 1 && weight <= 6 && weight * 2 < self.typical;
        let opens = shape.last == Class::Colon;
        // `……[详细]`
        let button = match body.ends_with([']', '】']) {
            true => body.rfind(['[', '【']),
            false => None,
        };
        let body = button.map_or(body, |at| body[..at].trim_end());
        let cut_off = body.ends_with("...") || body.ends_with('…');
        let long = shape.of(Class::End) >= 1 && shape.of(Class::Comma) >= 1 || cut_off;
        let blurb = weight > 40 && long && weight * 2 > self.typical * 3
            || !self.sentences && body.ends_with('。') && weight * 5 > self.typical * 6;
        let byline = weight <= 12 && cues.opens(text, piece, Label::Meta);
        !heading && !opens && !blurb && !byline
    }

    /// Without the cells beside the title in a list of rows, and the votes or the count behind it
    /// in a list of counts.
    fn drop_columns(&self, text: &str, row: Span) -> Span {
        let mut row = row;
        if self.columns && !is_headline(row.of(text)) {
            let mut longest = Span::default();
            Separator::Wide.each(text, row, |cell| {
                let cell = cell.trim(text);
                if cell.len() > longest.len() {
                    longest = cell;
                }
            });
            row = longest;
        }
        let voted = drop_votes(text, row);
        if voted != row {
            return voted;
        }
        let number = self.counted.then(|| last_number(row.of(text))).flatten();
        number.map_or(row, |at| Span::new(row.start, row.start + at).trim(text))
    }
}

/// Without a short first cell that a mark in a cell of its own parts from the rest: `职场  -  标题`.
/// A mark that stands again parts titles.
fn drop_label_cell(text: &str, row: Span) -> Span {
    let mut cells = Vec::new();
    Separator::Wide.each(text, row, |cell| cells.push(cell.trim(text)));
    match cells[..] {
        [label, mark, rest, ref more @ ..]
            if label.of(text).chars().count() <= 4
                && !mark.is_empty()
                && !mark.of(text).contains(char::is_alphanumeric)
                && more.iter().all(|cell| cell.of(text) != mark.of(text)) =>
        {
            Span::new(rest.start, row.end)
        }
        _ => row,
    }
}

/// Where a number behind white space begins that ends the line: `标题 31200`, `标题 (12,408)`.
fn last_number(line: &str) -> Option<usize> {
    let at = line.trim_end().rfind(char::is_whitespace)?;
    let word = line[at..].trim();
    let mark = |c: char| matches!(c, '(' | ')' | '（' | '）' | ',' | '+' | '￥' | '¥' | '❤');
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let number = digits > 0 && word.chars().all(|c| c.is_ascii_digit() || mark(c));
    // A year belongs to the title.
    (number && !(digits == 4 && word.starts_with("20"))).then_some(at)
}

/// True if the number at the start of a line is its rank: the line before or behind
/// counts on with it.
fn is_ranked(text: &str, pieces: &[Piece], index: usize) -> bool {
    let number = |at: usize| {
        let piece = pieces.get(at)?;
        let body = drop_bullet(text, piece.span).of(text);
        let digits = body.bytes().take_while(u8::is_ascii_digit).count();
        body[..digits].parse::<u32>().ok().filter(|_| digits <= 2)
    };
    // A digit that a title begins with may be glued to its rank: `42021年` is 4, 2021年.
    let starts_with = |at: usize, value: u32| {
        let Some(piece) = pieces.get(at) else {
            return false;
        };
        let body = drop_bullet(text, piece.span).of(text);
        body.strip_prefix(&value.to_string())
            .is_some_and(|rest| !rest.is_empty())
    };
    let Some(value) = number(index) else {
        return false;
    };
    index > 0 && value > 1 && number(index - 1) == Some(value - 1)
        || starts_with(index + 1, value + 1)
}

/// What Korean and Japanese rankings put behind a rank: 1위, 2位.
const PLACES: [char; 2] = ['위', '位'];

/// Drops the number at the start of a line with its mark.
fn drop_number(text: &str, item: Span) -> Span {
    let body = item.of(text);
    let mark = match numbering::numbering(body) {
        Some(n) if n.style == Style::Arabic => n.len,
        _ => {
            let digits = body.bytes().take_while(u8::is_ascii_digit).count();
            let place = body[digits..].chars().next().filter(|c| PLACES.contains(c));
            digits + place.map_or(0, char::len_utf8)
        }
    };
    let rest = Span::new(item.start + mark, item.end).trim(text);
    if rest.is_empty() { item } else { rest }
}

/// True if there is something to read in an item beside its date.
fn is_more_than_date(item: &str) -> bool {
    // What only looks like a date has few letters that no date has.
    let mut others = item.chars().filter(|c| is_letter(*c) && !in_dates(*c));
    if others.nth(1).is_some() {
        return true;
    }
    match find_date(item) {
        Some((start, end)) => {
            let rest = item[..start].chars().chain(item[end..].chars());
            rest.filter(|c| is_letter(*c)).nth(1).is_some()
        }
        None => item.contains(is_letter),
    }
}

fn is_letter(c: char) -> bool {
    // Most are Han characters, and the tables of Unicode take their time.
    matches!(c, '\u{4e00}'..='\u{9fff}') || c.is_alphabetic()
}

/// What parts the items of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Separator {
    /// The block is one item.
    Nothing,
    Hash,
    /// Two spaces, a tab, or a space that keyboards do not give.
    Wide,
    Class(Class),
    Mark(char),
    /// White space behind a count in brackets: `甲(57) 乙 丙(23)`.
    Count,
    Space,
    /// A space beside a Han character or the end of a sentence.
    HanSpace,
    /// A count glued to both: `甲12乙3丙40`.
    Figures,
    /// A wide gap, behind which stands no item but what the first one is about.
    Blurb,
}

impl Separator {
    /// Calls `see` with each item and the white space around it.
    fn each(self, text: &str, span: Span, mut see: impl FnMut(Span)) {
        let body = span.of(text);
        let mut start = 0;
        let mut cut = |from: usize, to: usize| {
            if from < to {
                see(Span::new(span.start + from, span.start + to));
            }
        };
        self.each_gap(body, |end, next| {
            cut(start, end);
            start = next;
        });
        if self != Separator::Blurb {
            cut(start, body.len());
        }
    }

    /// How often it parts a text.
    fn count(self, body: &str) -> usize {
        let mut count = 0;
        self.each_gap(body, |_, _| count += 1);
        count
    }

    /// Calls `see` with where an item ends and where the next one begins.
    fn each_gap(self, body: &str, mut see: impl FnMut(usize, usize)) {
        let table = chars::table();
        let class = |c: char| table.kind(c).class();
        let before = |at: usize| body[..at].chars().next_back().map(class);
        let behind = |at: usize| body[at..].chars().next().map(class);
        match self {
            Separator::Nothing => {}
            Separator::Hash => {
                let marks: Vec<_> = hash_positions(body).collect();
                let glued = !are_spaced(&marks);
                for (at, _) in marks.into_iter().filter(|(_, spaced)| glued || *spaced) {
                    see(at, at + mark_len(&body[at..]));
                }
            }
            Separator::Wide | Separator::Blurb => {
                spaces(body, |start, end| {
                    if is_wide(&body[start..end]) {
                        see(start, end);
                    }
                });
            }
            Separator::Space => spaces(body, see),
            Separator::HanSpace => spaces(body, |start, end| {
                if matches!(before(start), Some(Class::Han | Class::End | Class::Close))
                    || matches!(behind(end), Some(Class::Han | Class::Open))
                {
                    see(start, end);
                }
            }),
            Separator::Count => spaces(body, |start, end| {
                if body[..start].ends_with([')', '）']) {
                    see(start, end);
                }
            }),
            Separator::Class(of) => {
                for (at, c) in body.char_indices().filter(|(_, c)| class(*c) == of) {
                    see(at, at + c.len_utf8());
                }
            }
            Separator::Figures => {
                let mut open = None;
                for (at, c) in body.char_indices().chain([(body.len(), ' ')]) {
                    match (c.is_ascii_digit(), open) {
                        (true, None) => open = Some(at),
                        (false, Some(start)) => {
                            see(start, at);
                            open = None;
                        }
                        _ => {}
                    }
                }
            }
            Separator::Mark(mark) => {
                for (at, mark) in body.match_indices(mark) {
                    see(at, at + mark.len());
                }
            }
        }
    }
}

fn mark_len(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

/// Calls `see` with where each run of white space begins and ends.
fn spaces(body: &str, mut see: impl FnMut(usize, usize)) {
    let mut open = None;
    for (at, c) in body.char_indices() {
        match (c.is_whitespace(), open) {
            (true, None) => open = Some(at),
            (false, Some(start)) => {
                see(start, at);
                open = None;
            }
            _ => {}
        }
    }
    if let Some(start) = open {
        see(start, body.len());
    }
}

fn is_wide(gap: &str) -> bool {
    gap != " "
        && (gap.chars().nth(1).is_some()
            || gap.chars().any(|c| chars::class(c) == Class::WideSpace))
}

/// Hash marks and whether each stands at the start or behind white space or a comma.
fn hash_positions(body: &str) -> impl Iterator<Item = (usize, bool)> + '_ {
    let table = chars::table();
    let mut before = Class::Newline;
    body.char_indices().filter_map(move |(at, c)| {
        let class = table.kind(c).class();
        let spaced = matches!(
            before,
            Class::Newline | Class::Space | Class::WideSpace | Class::Comma | Class::Invisible
        );
        before = class;
        (class == Class::Hash).then_some((at, spaced))
    })
}

/// True if marks stand apart (`#a #b`, `# a  # b`), not glued (`#a#b`): then a mark inside
/// a word, as in C#, is part of it.
fn are_spaced(marks: &[(usize, bool)]) -> bool {
    let spaced = marks.iter().filter(|(_, spaced)| *spaced).count();
    spaced > 1 && spaced * 2 >= marks.len()
}

/// How many there are of the marks that part tags; counted in one pass.
#[derive(Default)]
struct Marks {
    pipes: usize,
    commas: usize,
    slashes: usize,
    dots: usize,
    closed: usize,
    strokes: usize,
    lows: usize,
    points: usize,
    spaces: usize,
}

impl Marks {
    fn of(body: &str) -> Self {
        let mut marks = Self::default();
        for c in body.chars() {
            match c {
                '|' | '｜' | '│' => marks.pipes += 1,
                ',' | '，' | '、' | ';' | '；' => marks.commas += 1,
                '/' => marks.slashes += 1,
                '·' | '•' => marks.dots += 1,
                '】' | '］' => marks.closed += 1,
                '丨' => marks.strokes += 1,
                '_' => marks.lows += 1,
                '．' => marks.points += 1,
                ' ' => marks.spaces += 1,
                _ => {}
            }
        }
        marks
    }
}

/// What parts the tags of a line without hash marks. `list` says that the line is a list
/// for certain, not one tag of several lines.
fn separator(text: &str, span: Span, list: bool) -> Separator {
    let body = span.of(text);
    let marks = Marks::of(body);
    // No word of Han characters has a space inside.
    let han = |c: Option<char>| c.is_some_and(|c| chars::class(c) == Class::Han);
    let [mut wide, mut counts, mut between] = [0; 3];
    spaces(body, |start, end| {
        let (before, behind) = (&body[..start], &body[end..]);
        counts += usize::from(before.ends_with([')', '）']));
        if is_wide(&body[start..end]) {
            wide += 1;
        } else {
            let words = han(before.chars().next_back()) && han(behind.chars().next());
            between += usize::from(words);
        }
    });
    let candidates = [
        (Separator::Class(Class::Pipe), marks.pipes),
        (Separator::Class(Class::Comma), marks.commas),
        (Separator::Wide, wide),
        (Separator::Class(Class::Slash), marks.slashes),
        (Separator::Class(Class::Bullet), marks.dots),
        // Brackets around each: 【甲】【乙】.
        (Separator::Class(Class::Close), marks.closed),
        (Separator::Mark('丨'), marks.strokes),
        (Separator::Mark('．'), marks.points),
        (
            Separator::Mark('_'),
            if marks.spaces == 0 { marks.lows } else { 0 },
        ),
    ];
    let best = candidates.iter().copied().max_by_key(|&(_, count)| count);
    if counts >= 2 && counts > best.map_or(0, |(_, count)| count) {
        return Separator::Count;
    }
    // A count glued to each: `甲1 乙12`. It stays, since `PS4` looks like that, too.
    let counted = |word: &str| {
        word.ends_with(|c: char| c.is_ascii_digit()) && word.contains(char::is_alphabetic)
    };
    let unmarked = best.is_none_or(|(_, count)| count == 0);
    if unmarked && marks.spaces == 0 && is_counted_run(body) {
        return Separator::Figures;
    }
    if unmarked && counted(body) && body.contains(' ') && body.split(' ').all(counted) {
        return Separator::Space;
    }
    if between > best.map_or(0, |(_, count)| count) && (list || between >= 2) {
        return Separator::Space;
    }
    match best {
        Some((separator, found))
            if found >= 2
                || found == 1
                    && !matches!(
                        separator,
                        Separator::Class(Class::Slash | Class::Bullet | Class::Close)
                            | Separator::Mark(_)
                    ) =>
        {
            separator
        }
        _ if !list => Separator::Nothing,
        // A few Latin words are one phrase; Han words parted by spaces are a list.
        _ if body.is_ascii() && Separator::Space.count(body) < 3 => Separator::Nothing,
        _ => Separator::Space,
    }
}

/// Three words of Han characters or more, each with a count glued to its end: `甲12乙3丙40`.
fn is_counted_run(body: &str) -> bool {
    let mut counts = 0;
    let mut counting = true;
    for c in body.chars() {
        let digit = c.is_ascii_digit();
        if !digit && chars::class(c) != Class::Han || digit && counting && counts == 0 {
            return false;
        }
        counts += usize::from(digit && !counting);
        counting = digit;
    }
    counting && counts >= 3
}

/// Characters of the shortest line that many titles stand on.
const SHORTEST_LIST: u32 = 16;

/// What parts the titles of a line.
fn list_separator(text: &str, span: Span, shape: &Shape, cue: Option<Role>) -> Separator {
    let body = span.of(text);
    let cued = cue.is_some();
    let length = shape.weight();
    let wide = match shape.wide_gaps {
        0 => 0,
        1 if is_headline(body) => 0,
        _ => Separator::Wide.count(body),
    };
    if wide >= 3 {
        return Separator::Wide;
    }
    let trailing = || body.ends_with(|c| chars::class(c) == Class::WideSpace);
    if wide >= 1 && (cued || trailing()) {
        return Separator::Wide;
    }
    let spaced_pipes = || body.contains(" | ") || body.contains(" ｜ ");
    let pipes = match shape.of(Class::Pipe) {
        0 => 0,
        _ => Separator::Class(Class::Pipe).count(body),
    };
    if pipes >= 2 && (cued || spaced_pipes()) || pipes == 1 && cued && length > 30 {
        return Separator::Class(Class::Pipe);
    }
    if length > SHORTEST_LIST
        && let Some(mark) = enumerating_mark(body, cued)
    {
        return Separator::Mark(mark);
    }
    let single = || Separator::HanSpace.count(body);
    if shape.of(Class::Space) >= 4 && are_names(body) {
        Separator::Space
    } else if cue == Some(Role::Lead) && length > 50 && single() >= 2
        || length > 120 && single() >= 6
    {
        Separator::HanSpace
    } else if wide == 1 && length > 60 {
        Separator::Blurb
    } else {
        Separator::Nothing
    }
}

/// The mark that parts titles, if there are more of it than a title has.
fn enumerating_mark(body: &str, cued: bool) -> Option<char> {
    let marks: &[(char, usize)] = match cued {
        true => &[('、', 3), ('；', 3), ('，', 5), (',', 5)],
        false => &[('、', 5), ('；', 5)],
    };
    // An excerpt.
    if body.contains('。') {
        return None;
    }
    let many = |&&(mark, least): &&(char, usize)| {
        let count = Separator::Mark(mark).count(body);
        count >= least && Separator::HanSpace.count(body) < count
    };
    marks.iter().find(many).map(|&(mark, _)| mark)
}

/// True for a headline in two halves, as newspapers of Taiwan and Japan have them: `甲乙丙丁戊　己庚辛壬癸`.
/// In a column there stands something shorter, a figure or a name behind a colon.
fn is_headline(body: &str) -> bool {
    const LEAST: usize = 5;
    let ideograph = |c: &char| matches!(chars::class(*c), Class::Han | Class::Kana);
    let half = |part: &str| part.chars().filter(ideograph).nth(LEAST - 1).is_some();
    let halves = body.split_once('\u{3000}');
    halves.is_some_and(|(one, other)| {
        half(one) && half(other) && !other.contains(['\u{3000}', ':', '：'])
    })
}

/// True if single spaces part five names or more: words of Han characters, none longer than a short
/// title. A title itself has one space or two.
fn are_names(body: &str) -> bool {
    let name = |part: &str| {
        (2..=12).contains(&part.chars().count())
            && part.chars().all(|c| chars::class(c) == Class::Han)
    };
    body.split(' ').all(name) && body.split(' ').nth(4).is_some()
}

/// Without the marks at its start.
fn skip_marks(text: &str, span: Span) -> Span {
    let body = span.of(text);
    let rest = body.trim_start_matches(|c: char| {
        c.is_whitespace()
            || matches!(
                chars::class(c),
                Class::Bullet
                    | Class::Emoji
                    | Class::Dash
                    | Class::Angle
                    | Class::Pipe
                    | Class::Invisible
                    | Class::Open
                    | Class::Hash
                    | Class::Other
                    | Class::Code
            )
    });
    Span::new(span.end - rest.len(), span.end)
}

/// Without marks at both ends.
fn trim_marks(text: &str, span: Span) -> Span {
    let span = skip_marks(text, span);
    let kept = span
        .of(text)
        .trim_end_matches(|c: char| !c.is_alphanumeric());
    Span::new(span.start, span.start + kept.len())
}

/// White space, zero-width characters and separators at both ends.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || chars::class(c) == Class::Invisible || is_icon(c)
}

/// Characters for private use: icons of a font.
fn is_icon(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}')
}

fn trim_by(text: &str, span: Span, blank: impl Fn(char) -> bool) -> Span {
    let rest = span.of(text).trim_start_matches(&blank);
    let start = span.end - rest.len();
    Span::new(start, start + rest.trim_end_matches(&blank).len())
}

fn clean_tag(text: &str, item: Span) -> Span {
    let ends = |c: Option<char>| {
        let class = c.map(chars::class);
        matches!(class, Some(Class::Han | Class::Latin | Class::Digit))
    };
    // Most have nothing to lose.
    let mut chars = item.of(text).chars();
    let first = chars.next();
    if ends(first) && ends(chars.next_back().or(first)) {
        return restore_sharp(text, item);
    }
    let item = trim_by(text, item, |c| match chars::class(c) {
        Class::Comma | Class::Pipe | Class::Hash | Class::Angle | Class::Invisible => true,
        Class::Han | Class::Latin | Class::Digit => false,
        _ => {
            let mark = matches!(
                c,
                '•' | '·' | '●' | '◆' | '■' | '►' | '↑' | '↓' | '【' | '［'
            );
            mark || c.is_whitespace() || is_icon(c)
        }
    });
    let item = drop_counter(text, restore_sharp(text, item));
    let body = item.of(text);
    let bracketed = body.starts_with('[') && body.ends_with(']');
    if bracketed && body.matches(['[', ']']).count() == 2 {
        return Span::new(item.start + 1, item.end - 1).trim(text);
    }
    item
}

/// A `#` that belongs to the word before it: C#, F#.
fn restore_sharp(text: &str, item: Span) -> Span {
    let sharp = matches!(item.of(text).as_bytes(), [b'C' | b'F' | b'c' | b'J'])
        && text[item.end..].starts_with('#');
    Span::new(item.start, item.end + usize::from(sharp))
}

/// Drops a count in brackets at the end: `Python (3)`.
fn drop_counter(text: &str, item: Span) -> Span {
    let body = item.of(text);
    let last = body.chars().next_back();
    let Some(close) = last.filter(|c| matches!(c, ')' | '）' | ']')) else {
        return item;
    };
    let inner = &body[..body.len() - close.len_utf8()];
    let head = inner.trim_end_matches(|c: char| c.is_ascii_digit());
    match head.strip_suffix(['(', '（', '[']) {
        Some(head) if head.len() + 1 < inner.len() && !head.trim().is_empty() => {
            Span::new(item.start, item.start + head.trim_end().len())
        }
        _ => item,
    }
}

/// What readers do with an article, as lists count it.
const VOTES: [&str; 17] = [
    "评论", "評論", "赞", "讚", "回复", "回覆", "阅读", "閱讀", "浏览", "瀏覽", "点击", "點擊",
    "播放", "收藏", "热度", "人气", "人氣",
];

/// Those that stand right behind titles; the others may be a title's own last word.
const GLUED_VOTES: usize = 6;

/// Drops what readers did, in numbers, at the end: `标题 评论 147 赞 12`.
fn drop_votes(text: &str, item: Span) -> Span {
    let mut item = item;
    loop {
        let body = item.of(text);
        let counted = body.strip_suffix('万').unwrap_or(body);
        let number =
            counted.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ','));
        if number.len() == counted.len() {
            return item;
        }
        let words = number.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '：'));
        if words.ends_with(|c: char| c.is_ascii()) {
            return item;
        }
        let Some((at, head)) = VOTES
            .iter()
            .enumerate()
            .find_map(|(at, vote)| Some((at, words.strip_suffix(vote)?)))
        else {
            return item;
        };
        let apart =
            head.ends_with(char::is_whitespace) || at < GLUED_VOTES && words.len() < number.len();
        let title = head.trim_end();
        if !apart || title.is_empty() {
            return item;
        }
        item = Span::new(item.start, item.start + title.len());
    }
}

/// The title in an item, without bullet, rank, date and counter; none where that is all.
fn title(text: &str, item: Span) -> Option<Span> {
    let item = drop_bullet(text, trim_by(text, item, is_blank));
    // Nothing stands beside a single character.
    if item.len() <= 4 {
        return item.of(text).contains(is_letter).then_some(item);
    }
    let item = drop_rank(text, unlink(text, item));
    // Counts stand before a date or behind it.
    let item = drop_votes(text, drop_counter(text, item));
    let date = find_date(item.of(text));
    if date == Some((0, item.len())) {
        return None;
    }
    let item = date.map_or(item, |date| drop_date(text, item, date));
    let item = drop_votes(text, drop_counter(text, drop_bullet(text, item)));
    // A byline: `作者 · 3小时前`.
    let body = item.of(text).trim_end();
    if body.ends_with(['·', '•']) && body.chars().nth(10).is_none() {
        return None;
    }
    let item = trim_by(text, item, |c| {
        is_blank(c)
            || matches!(chars::class(c), Class::Pipe | Class::Angle)
            || matches!(c, '←' | '«' | '·' | '•' | '/')
    });
    let body = item.of(text);
    let read = match date {
        Some(_) => is_more_than_date(body),
        None => body.contains(is_letter),
    };
    read.then_some(item)
}

/// The text of a link in Markdown: `[标题](/p/31)`.
fn unlink(text: &str, item: Span) -> Span {
    let body = item.of(text);
    let link = body.starts_with('[') && body.ends_with(')');
    let end = if link { body.find("](") } else { None };
    match end.filter(|at| body[*at..].contains(['/', '.', '#'])) {
        Some(end) => Span::new(item.start + 1, item.start + end),
        None => item,
    }
}

/// The article's title, without bullet and without the label before it: `标  题：`, or any in a
/// cell of its own.
pub(crate) fn article_title(text: &str, line: Span) -> Span {
    let line = drop_bullet(text, line.trim(text));
    let body = line.of(text);
    let Some((label, title)) = body.split_once([':', '：']) else {
        return line;
    };
    let inked = || label.chars().filter(|c| !is_blank(*c));
    let names_it = ["标题", "標題"].iter().any(|name| inked().eq(name.chars()));
    let cell = title.starts_with('\t') && inked().count() <= LONGEST_LABEL;
    let title = title.trim_start_matches(is_blank);
    if title.is_empty() || !(names_it || cell) {
        return line;
    }
    Span::new(line.end - title.len(), line.end)
}

/// Chars of the longest label in a cell of its own.
const LONGEST_LABEL: usize = 6;

/// Without the bullet or arrow at its start.
fn drop_bullet(text: &str, item: Span) -> Span {
    let bullet = |c: char| {
        is_blank(c)
            || matches!(chars::class(c), Class::Bullet | Class::Angle)
            || matches!(c, '-' | '–' | '—' | '·' | '←' | '«' | '‹')
    };
    let mut rest = item.of(text).trim_start_matches(bullet);
    while rest.starts_with(['&', '#'])
        && let Some((_, len)) = entity(rest).filter(|(c, _)| bullet(*c))
    {
        rest = rest[len..].trim_start_matches(bullet);
    }
    if rest.is_empty() {
        item
    } else {
        Span::new(item.end - rest.len(), item.end)
    }
}

/// Drops a rank with its mark: `1.`, `02、`, `③`, or zero before a digit.
fn drop_rank(text: &str, item: Span) -> Span {
    let body = item.of(text);
    if !body.starts_with(|c| matches!(c, '0'..='9' | '０'..='９' | '①'..='⑳')) {
        return item;
    }
    let padded = body.len() > 2 && body.starts_with('0') && body.as_bytes()[1].is_ascii_digit();
    let digits = body.bytes().take_while(u8::is_ascii_digit).count();
    if (1..=3).contains(&digits) && body[digits..].starts_with(PLACES) {
        return drop_number(text, item);
    }
    match numbering::numbering(body) {
        Some(n) if n.style == Style::Arabic && n.value <= 300 => drop_number(text, item),
        Some(n) if n.style == Style::Circled => Span::new(item.start + n.len, item.end).trim(text),
        _ if padded && body[2..].starts_with(char::is_whitespace) => drop_number(text, item),
        _ => item,
    }
}

/// Drops the item's first date, where it is at either end, with the brackets around it.
/// `6月6日起` and the like belong to the title; a date is apart if a gap or bracket parts it, if
/// it is written in figures to the day, or if it is month and day in two figures each behind a
/// character that is no letter of a model's name: `标题08-20`.
fn drop_date(text: &str, item: Span, (start, end): (usize, usize)) -> Span {
    let body = item.of(text);
    let (before, date, after) = (&body[..start], &body[start..end], &body[end..]);
    let figures = date.len() >= 8 && !date.contains(['年', '月']);
    let mark =
        |c: char| !c.is_alphanumeric() && !matches!(chars::class(c), Class::Quote | Class::End);
    let few_marks = |part: &str| part.chars().count() <= 2 && part.chars().all(mark);
    let day =
        date.len() == 5 && date.as_bytes()[2] == b'-' && !before.ends_with(|c: char| c.is_ascii());
    let rest = if few_marks(before) && (figures || after.starts_with(mark)) {
        let rest = after.trim_start_matches(|c: char| mark(c) && !opens(c));
        // `.NET`
        let dotted = after[..after.len() - rest.len()].ends_with(" .")
            && rest.starts_with(|c: char| c.is_ascii_alphabetic());
        Span::new(item.end - rest.len() - usize::from(dotted), item.end)
    } else if few_marks(after)
        && (figures || day || before.ends_with(|c: char| c.is_whitespace() || opens(c)))
    {
        let head = before.trim_end_matches(|c: char| {
            c.is_whitespace() || opens(c) || matches!(c, '/' | '|' | '-' | '–' | '—')
        });
        let head = without_field_name(head);
        let rest = Span::new(item.start, item.start + head.len());
        // `标题 来源 · 3小时前`
        match head
            .strip_suffix('·')
            .map(|head| head.trim_end().rfind(char::is_whitespace))
        {
            Some(Some(source)) => Span::new(item.start, item.start + source),
            _ => rest,
        }
    } else {
        return item;
    };
    let rest = rest.trim(text);
    if rest.is_empty() { item } else { rest }
}

/// Without the name of what stood behind it: `标题 发布：`.
fn without_field_name(head: &str) -> &str {
    const LONGEST: usize = 12;
    let name = head.strip_suffix([':', '：']);
    match name.and_then(|name| Some((name.len(), name.rfind(char::is_whitespace)?))) {
        Some((end, at)) if end - at <= LONGEST + 1 => head[..at].trim_end(),
        _ => head,
    }
}

/// A mark that opens what follows it.
fn opens(c: char) -> bool {
    chars::class(c) == Class::Open
}

#[cfg(test)]
mod tests;
