//! Blocks of tags and lists of titles become their items.
//!
//! What parts the items is what the block itself uses: hash marks, wide gaps, commas,
//! bars, line ends; single spaces only where nothing else is there.

use crate::chars::{self, Class};
use crate::entity::entity;
use crate::features::find_date;
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
        let content = skip_marks(text, piece.span);
        let hit = self.hits[piece.hits.clone()].iter().copied().find(|hit| {
            hit.start <= content.start && self.is(*hit, Some(label), &[Role::Lead, Role::Step])
        });
        let Some(hit) = hit else {
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

    /// True if a cue with a short word before it ends the piece, as in 本周热门标签: a heading.
    fn heads(self, text: &str, piece: &Piece, label: Label) -> bool {
        let span = trim_marks(text, piece.span);
        let short = span.of(text).chars().count() <= 10;
        let mut hits = self.hits[piece.hits.clone()].iter();
        short && hits.any(|hit| hit.end >= span.end && self.is(*hit, Some(label), &[Role::Lead]))
    }

    /// True if a cue of one of those labels is anywhere in the piece.
    fn any(self, piece: &Piece, labels: &[Label]) -> bool {
        let hits = self.hits[piece.hits.clone()].iter();
        hits.flat_map(|hit| self.matcher.cues(*hit))
            .any(|(label, _)| labels.contains(label))
    }

    /// True if the piece begins with a cue of that label and of no other.
    fn opens(self, text: &str, piece: &Piece, label: Label) -> bool {
        let content = skip_marks(text, piece.span);
        let first = self.hits[piece.hits.clone()].first();
        first.is_some_and(|hit| {
            let cues = self.matcher.cues(*hit);
            hit.start <= content.start && cues.iter().all(|(of, _)| *of == label)
        })
    }

    /// True if the whole of `span` is a cue of that role, as 没有了.
    fn covers(self, text: &str, piece: &Piece, span: Span, roles: &[Role]) -> bool {
        let span = trim_marks(text, span);
        let hits = &self.hits[piece.hits.clone()];
        // Hits do not overlap, so that no other one can reach to the end.
        let last = hits[..hits.partition_point(|hit| hit.start <= span.start)].last();
        last.is_some_and(|hit| {
            let exact = trim_marks(text, Span::new(hit.start, span.end)).end <= hit.end;
            exact && hit.end <= piece.span.end && self.is(*hit, None, roles)
        })
    }
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

/// The tags of a block.
pub(crate) fn tags(text: &str, pieces: &[Piece], cues: Cues<'_>, items: &mut Vec<Span>) {
    // A cue alone on its line is no line of tags.
    let cue_alone = |piece: &Piece| cues.skip_cue(text, piece, Label::Tags).0.is_empty();
    let lines = pieces.iter().filter(|piece| !cue_alone(piece)).count();
    let list = List::of(text, pieces);
    let linked = is_linked(pieces, cues.markup);
    for (index, piece) in pieces.iter().enumerate() {
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
}

/// Chars of the longest tag: what is longer has lost its separators, and no one can tell
/// where they were.
const LONGEST_TAG: usize = 60;

fn is_tag(word: &str) -> bool {
    word.contains(char::is_alphanumeric) && word.chars().count() <= LONGEST_TAG
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
    let colon = body.find([':', '：']);
    let head = match (body.chars().next(), body.find([']', '】'])) {
        (Some('[' | '【'), Some(close)) => close,
        _ => colon.unwrap_or(0),
    };
    if head == 0 || !short(&body[..head]) {
        return span;
    }
    let rest = Span::new(span.start + head + mark_len(&body[head..]), span.end).trim(text);
    // Brackets around each tag are none around a head.
    let listed = body.starts_with(['[', '【']) && rest.of(text).starts_with(['[', '【']);
    if listed { span } else { rest }
}

/// The titles of a list.
pub(crate) fn related(text: &str, pieces: &[Piece], cues: Cues<'_>, items: &mut Vec<Span>) {
    let list = List::of(text, pieces);
    if is_linked(pieces, cues.markup) {
        return linked_titles(text, pieces, cues, items);
    }
    for (index, piece) in pieces.iter().enumerate() {
        let (rest, cue) = cues.skip_cue(text, piece, Label::Related);
        if rest.is_empty() || cues.covers(text, piece, rest, &[Role::Empty, Role::Whole]) {
            continue;
        }
        if cue.is_none() {
            let cue_alone = cues.covers(text, piece, rest, &[Role::Lead, Role::Step]);
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
        let rest = list.drop_columns(text, rest);
        list_separator(text, rest, &piece.shape, cue).each(text, rest, |item| {
            let item = clean_title(text, item);
            if is_item(item.of(text)) {
                items.push(item);
            }
        });
    }
}

/// The titles of a block whose entries are links: one for each link.
fn linked_titles(text: &str, pieces: &[Piece], cues: Cues<'_>, items: &mut Vec<Span>) {
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
            let item = clean_title(text, part);
            if !is_item(item.of(text)) || cues.covers(text, piece, part, BUTTONS) {
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

    /// True if a line can be a title, and is no heading, blurb, byline or button.
    fn is_title(&self, text: &str, piece: &Piece, cues: Cues<'_>) -> bool {
        let shape = &piece.shape;
        let weight = shape.weight();
        let body = piece.span.of(text);
        let heading = self.count > 1 && weight <= 6 && weight * 2 < self.typical;
        let opens = shape.last == Class::Colon;
        let cut_off = body.ends_with("...") || body.ends_with('…');
        let long = shape.of(Class::End) >= 1 && shape.of(Class::Comma) >= 1 || cut_off;
        let blurb = weight > 40 && long && weight * 2 > self.typical * 3
            || !self.sentences && body.ends_with('。') && weight * 5 > self.typical * 6;
        let byline = weight <= 12 && cues.opens(text, piece, Label::Meta);
        !heading && !opens && !blurb && !byline
    }

    /// Without the cells beside the title in a list of rows, and the count behind it in a list
    /// of counts.
    fn drop_columns(&self, text: &str, row: Span) -> Span {
        let mut row = row;
        if self.columns {
            let mut longest = Span::default();
            Separator::Wide.each(text, row, |cell| {
                if cell.len() > longest.len() {
                    longest = cell;
                }
            });
            row = longest;
        }
        match last_number(row.of(text)) {
            Some(at) if self.counted => Span::new(row.start, row.start + at).trim(text),
            _ => row,
        }
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

/// True if there is something to read in an item that is no date and no number.
fn is_item(item: &str) -> bool {
    let letters = item.chars().filter(|c| c.is_alphabetic()).count();
    if letters == 0 {
        return false;
    }
    match find_date(item) {
        Some((start, end)) => {
            let rest = item[..start].chars().chain(item[end..].chars());
            rest.filter(|c| c.is_alphabetic()).count() >= 2
        }
        None => true,
    }
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
    /// `、`, which stands among the commas.
    Enumeration,
    Space,
    /// A space beside a Han character or the end of a sentence.
    HanSpace,
    /// A wide gap, behind which stands no item but what the first one is about.
    Blurb,
}

impl Separator {
    /// Calls `see` with each item, without the white space around it.
    fn each(self, text: &str, span: Span, mut see: impl FnMut(Span)) {
        let body = span.of(text);
        let mut start = 0;
        let mut cut = |from: usize, to: usize| {
            let item = Span::new(span.start + from, span.start + to).trim(text);
            if !item.is_empty() {
                see(item);
            }
        };
        for (end, next) in self.gaps(body) {
            cut(start, end);
            start = next;
            if self == Separator::Blurb {
                return;
            }
        }
        cut(start, body.len());
    }

    /// Where items end and the next ones begin.
    fn gaps(self, body: &str) -> Vec<(usize, usize)> {
        let table = chars::table();
        match self {
            Separator::Nothing => Vec::new(),
            Separator::Hash => {
                let glued = !hashes_are_spaced(body);
                let marks = hash_positions(body).filter(|&(_, spaced)| glued || spaced);
                marks
                    .map(|(at, _)| (at, at + mark_len(&body[at..])))
                    .collect()
            }
            Separator::Wide | Separator::Blurb => spaces(body)
                .filter(|gap| is_wide(&body[gap.0..gap.1]))
                .collect(),
            Separator::Space => spaces(body).collect(),
            Separator::HanSpace => spaces(body)
                .filter(|gap| {
                    let before = body[..gap.0]
                        .chars()
                        .next_back()
                        .map(|c| table.kind(c).class());
                    let after = body[gap.1..].chars().next().map(|c| table.kind(c).class());
                    let han = |class| matches!(class, Some(Class::Han | Class::End | Class::Close));
                    let open = |class| matches!(class, Some(Class::Han | Class::Open));
                    han(before) || open(after)
                })
                .collect(),
            Separator::Class(class) => body
                .char_indices()
                .filter(|(_, c)| table.kind(*c).class() == class)
                .map(|(at, c)| (at, at + c.len_utf8()))
                .collect(),
            Separator::Count => spaces(body)
                .filter(|gap| body[..gap.0].ends_with([')', '）']))
                .collect(),
            Separator::Mark(mark) => body
                .match_indices(mark)
                .map(|(at, mark)| (at, at + mark.len()))
                .collect(),
            Separator::Enumeration => body
                .match_indices('、')
                .map(|(at, mark)| (at, at + mark.len()))
                .collect(),
        }
    }
}

fn mark_len(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

/// Runs of white space inside `body`.
fn spaces(body: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + body[at..].find(char::is_whitespace)?;
        let rest = body[start..].trim_start();
        at = body.len() - rest.len();
        Some((start, at))
    })
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
fn hashes_are_spaced(body: &str) -> bool {
    let (mut all, mut spaced) = (0, 0);
    for (_, apart) in hash_positions(body) {
        all += 1;
        spaced += usize::from(apart);
    }
    spaced > 1 && spaced * 2 >= all
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
    let candidates = [
        (Separator::Class(Class::Pipe), marks.pipes),
        (Separator::Class(Class::Comma), marks.commas),
        (Separator::Wide, Separator::Wide.gaps(body).len()),
        (Separator::Class(Class::Slash), marks.slashes),
        (Separator::Class(Class::Bullet), marks.dots),
        // Brackets around each: 【甲】【乙】.
        (Separator::Class(Class::Close), marks.closed),
        (Separator::Mark('丨'), marks.strokes),
        (
            Separator::Mark('_'),
            if marks.spaces == 0 { marks.lows } else { 0 },
        ),
    ];
    let best = candidates.iter().copied().max_by_key(|&(_, count)| count);
    let counts = Separator::Count.gaps(body).len();
    if counts >= 2 && counts > best.map_or(0, |(_, count)| count) {
        return Separator::Count;
    }
    // No word of Han characters has a space inside.
    let han = |c: Option<char>| c.is_some_and(|c| chars::class(c) == Class::Han);
    let between = spaces(body)
        .filter(|gap| !is_wide(&body[gap.0..gap.1]))
        .filter(|gap| han(body[..gap.0].chars().next_back()) && han(body[gap.1..].chars().next()))
        .count();
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
        _ if body.is_ascii() && spaces(body).count() < 3 => Separator::Nothing,
        _ => Separator::Space,
    }
}

/// What parts the titles of a line.
fn list_separator(text: &str, span: Span, shape: &Shape, cue: Option<Role>) -> Separator {
    let body = span.of(text);
    let cued = cue.is_some();
    let wide = Separator::Wide.gaps(body).len();
    let pipes = Separator::Class(Class::Pipe).gaps(body).len();
    let enumerated = Separator::Enumeration.gaps(body).len();
    let single = Separator::HanSpace.gaps(body).len();
    let length = shape.weight();
    let trailing = body.ends_with(|c| chars::class(c) == Class::WideSpace);
    let spaced_pipes = body.contains(" | ") || body.contains(" ｜ ");
    if wide >= 3 || wide >= 1 && (cued || trailing) {
        Separator::Wide
    } else if pipes >= 2 && (cued || spaced_pipes) || pipes == 1 && cued && length > 30 {
        Separator::Class(Class::Pipe)
    } else if enumerated >= 3 && cued && single < enumerated {
        Separator::Enumeration
    } else if cue == Some(Role::Lead) && single >= 2 && length > 50 || single >= 6 && length > 120 {
        Separator::HanSpace
    } else if wide == 1 && length > 60 {
        Separator::Blurb
    } else {
        Separator::Nothing
    }
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
    c.is_whitespace() || chars::class(c) == Class::Invisible
}

fn trim_by(text: &str, span: Span, blank: impl Fn(char) -> bool) -> Span {
    let rest = span.of(text).trim_start_matches(&blank);
    let start = span.end - rest.len();
    Span::new(start, start + rest.trim_end_matches(&blank).len())
}

fn clean_tag(text: &str, item: Span) -> Span {
    let item = trim_by(text, item, |c| {
        is_blank(c)
            || matches!(
                chars::class(c),
                Class::Comma | Class::Pipe | Class::Hash | Class::Angle
            )
            || matches!(
                c,
                '•' | '·' | '●' | '◆' | '■' | '►' | '↑' | '↓' | '【' | '［'
            )
    });
    let item = restore_sharp(text, item);
    drop_counter(text, item)
}

/// A `#` that belongs to the word before it: C#, F#.
fn restore_sharp(text: &str, item: Span) -> Span {
    let sharp = item.of(text).ends_with(['C', 'F', 'c', 'J'])
        && text[item.end..].starts_with('#')
        && item.len() == 1;
    Span::new(item.start, item.end + usize::from(sharp))
}

/// Drops a count in brackets at the end: `Python (3)`.
fn drop_counter(text: &str, item: Span) -> Span {
    let body = item.of(text);
    let Some(inner) = body.strip_suffix([')', '）', ']']) else {
        return item;
    };
    let head = inner.trim_end_matches(|c: char| c.is_ascii_digit());
    match head.strip_suffix(['(', '（', '[']) {
        Some(head) if head.len() + 1 < inner.len() && !head.trim().is_empty() => {
            Span::new(item.start, item.start + head.trim_end().len())
        }
        _ => item,
    }
}

/// A title without bullet, rank, date and counter.
fn clean_title(text: &str, item: Span) -> Span {
    let mut item = trim_by(text, item, is_blank);
    item = drop_bullet(text, item);
    item = drop_rank(text, item);
    item = drop_dates(text, item);
    item = drop_bullet(text, item);
    item = drop_counter(text, item);
    trim_by(text, item, |c| {
        is_blank(c)
            || matches!(chars::class(c), Class::Pipe | Class::Angle)
            || matches!(c, '←' | '«')
    })
}

/// Without the bullet or arrow at its start.
pub(crate) fn drop_bullet(text: &str, item: Span) -> Span {
    let bullet = |c: char| {
        is_blank(c)
            || matches!(chars::class(c), Class::Bullet | Class::Angle)
            || matches!(c, '-' | '–' | '—' | '·' | '←' | '«' | '‹')
    };
    let rest = item.of(text).trim_start_matches(bullet);
    if rest.is_empty() {
        item
    } else {
        Span::new(item.end - rest.len(), item.end)
    }
}

/// Drops a rank with its mark: `1.`, `02、`, `③`, or zero before a digit.
fn drop_rank(text: &str, item: Span) -> Span {
    let body = item.of(text);
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

/// Drops a date at either end with the brackets around it. `6月6日起` and the like
/// belong to the title; a date is apart if a gap or bracket parts it, or if it is written
/// in figures to the day.
fn drop_dates(text: &str, item: Span) -> Span {
    let body = item.of(text);
    let Some((start, end)) = find_date(body) else {
        return item;
    };
    let (before, date, after) = (&body[..start], &body[start..end], &body[end..]);
    let figures = date.len() >= 8 && !date.contains(['年', '月']);
    let mark =
        |c: char| !c.is_alphanumeric() && !matches!(chars::class(c), Class::Quote | Class::End);
    let few_marks = |part: &str| part.chars().count() <= 2 && part.chars().all(mark);
    let rest = if few_marks(before) && (figures || after.starts_with(mark)) {
        let after = after.trim_start_matches(|c: char| mark(c) && !opens(c));
        Span::new(item.end - after.len(), item.end)
    } else if few_marks(after)
        && (figures || before.ends_with(|c: char| c.is_whitespace() || opens(c)))
    {
        let head = before
            .trim_end_matches(|c: char| c.is_whitespace() || opens(c) || c == '/' || c == '|');
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

/// A mark that opens what follows it.
fn opens(c: char) -> bool {
    chars::class(c) == Class::Open
}

#[cfg(test)]
mod tests;
