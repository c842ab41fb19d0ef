//! What is true of a piece for where it stood in the page's HTML: links, tags, class names,
//! the boxes around it, its likeness to `<title>`. Of pages that came as text it says nothing.

use crate::features::bucket;
use crate::features::names::{self, Group, Id};
use crate::label::Label;
use crate::markup::{Element, Markup, Run, Tag, Target, Words};
use crate::pieces::Piece;
use crate::span::Span;

/// Scratch: reused from page to page.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    pieces: Vec<Mark>,
    boxes: Vec<Content>,
    /// The smallest element that holds most of the page's prose; it begins and ends there.
    main: Option<(u32, Span)>,
    title: String,
}

/// What the runs of a piece say.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    /// The element that holds its first run.
    element: u32,
    content: Content,
    /// Where its first link leads, and what the words of all of them speak for.
    target: Option<Target>,
    words: Words,
    last_link: u32,
    strong: u32,
    time: bool,
    named: Named,
}

/// How a piece compares with the page's `<title>`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Named {
    #[default]
    Otherwise,
    /// It is the title.
    Whole,
    /// The title begins with it, and goes on with something apart: the site's name.
    Start,
    /// It is somewhere in the title.
    Part,
    /// It holds the title's first part.
    Around,
}

/// What a piece or an element holds, in characters that are not white space.
#[derive(Clone, Copy, Debug, Default)]
struct Content {
    ink: u32,
    linked: u32,
    /// Linked to what looks like articles.
    documents: u32,
    /// Of runs that are no link and read like sentences.
    prose: u32,
    links: u32,
}

impl Content {
    fn add(&mut self, other: Self) {
        self.ink += other.ink;
        self.linked += other.linked;
        self.documents += other.documents;
        self.prose += other.prose;
        // Links are counted once, however many runs they have.
        self.links += other.links;
    }

    /// Bucket of the share that is linked: none, some, half, most, all.
    fn linked(&self) -> usize {
        match self.linked * 100 / self.ink.max(1) {
            0 => 0,
            1..25 => 1,
            25..60 => 2,
            60..90 => 3,
            _ => 4,
        }
    }
}

/// What is believed of names in markup before any page has been seen, as of cues: those that
/// sites of all kinds use for one thing only.
pub(super) fn beliefs() -> impl Iterator<Item = (Id, Label, f64)> {
    [
        (Group::WordNear, Label::Tags, 2.0),
        (Group::LinkWord, Label::Tags, 2.0),
        (Group::WordNear, Label::Comment, 1.0),
        (Group::WordFar, Label::Comment, 1.0),
    ]
    .into_iter()
    .map(|(group, label, worth)| (names::id(group, label as usize), label, worth))
}

impl Marks {
    /// Looks at a page.
    pub(crate) fn survey(&mut self, text: &str, pieces: &[Piece], markup: &Markup) {
        self.pieces.clear();
        self.boxes.clear();
        self.main = None;
        if markup.is_empty() {
            return;
        }
        self.measure(text, pieces, markup);
        self.find_main(markup);
        self.compare(text, pieces, markup);
    }

    /// Adds up what pieces and elements hold.
    fn measure(&mut self, text: &str, pieces: &[Piece], markup: &Markup) {
        self.boxes.resize(markup.elements.len(), Content::default());
        for piece in pieces {
            let part = |run: &Run| {
                let start = run.span.start.max(piece.span.start);
                Span::new(start, run.span.end.min(piece.span.end)).of(text)
            };
            let runs = || markup.runs_in(piece.span);
            let is_prose = is_prose(runs().filter(|run| run.link == 0).map(part));
            let mut mark = Mark {
                element: runs().next().map_or(0, |run| run.element),
                ..Mark::default()
            };
            for run in runs() {
                let ink = ink(part(run));
                let new = run.link > 0 && run.link != mark.last_link;
                let link = markup.link(run).copied().unwrap_or_default();
                let content = Content {
                    ink,
                    linked: if run.link > 0 { ink } else { 0 },
                    documents: if link.target == Target::Document {
                        ink
                    } else {
                        0
                    },
                    prose: if is_prose && run.link == 0 { ink } else { 0 },
                    links: u32::from(new),
                };
                if new {
                    mark.target = mark.target.or(Some(link.target));
                    mark.words.merge(link.words);
                    mark.last_link = run.link;
                }
                mark.content.add(content);
                mark.strong += if run.strong { ink } else { 0 };
                mark.time |= run.time;
                self.boxes[run.element as usize].add(content);
            }
            self.pieces.push(mark);
        }
        // Children stand behind their parents.
        for at in (1..self.boxes.len()).rev() {
            let inner = self.boxes[at];
            self.boxes[markup.elements[at].parent as usize].add(inner);
        }
    }

    /// The innermost element with most of the prose: elements that have so much are nested.
    fn find_main(&mut self, markup: &Markup) {
        let all = self.boxes[0].prose;
        let most = |content: &Content| u64::from(content.prose) * 10 >= u64::from(all) * 6;
        let Some(main) = self.boxes.iter().rposition(most).filter(|_| all > 0) else {
            return;
        };
        let mut span: Option<Span> = None;
        for run in &markup.runs {
            if within(run.element, main as u32, &markup.elements) {
                let whole = span.get_or_insert(run.span);
                whole.end = run.span.end;
            }
        }
        self.main = span.map(|span| (main as u32, span));
    }

    /// Compares pieces with the page's title.
    fn compare(&mut self, text: &str, pieces: &[Piece], markup: &Markup) {
        self.title = plain(&markup.title);
        if self.title.is_empty() {
            return;
        }
        for (piece, mark) in pieces.iter().zip(&mut self.pieces) {
            let weight = piece.shape.weight();
            if (3..=120).contains(&weight) {
                mark.named = named(&plain(piece.span.of(text)), &self.title, &markup.title);
            }
        }
    }

    /// Tells the features of a piece.
    pub(crate) fn push(
        &self,
        index: usize,
        piece: &Piece,
        markup: &Markup,
        push: &mut impl FnMut(Group, usize),
    ) {
        let Some(mark) = self.pieces.get(index) else {
            return;
        };
        push(Group::Html, 0);
        let content = mark.content;
        let links = bucket(content.links as usize, &[1, 2, 3, 6]);
        push(Group::Linked, content.linked() * 5 + links);
        if let Some(target) = mark.target {
            push(Group::Target, target as usize);
            for label in Label::ALL
                .into_iter()
                .filter(|label| mark.words.has(*label))
            {
                push(Group::LinkWord, label as usize);
            }
        }
        if mark.strong * 2 > content.ink {
            push(Group::Strong, usize::from(mark.strong >= content.ink));
        }
        if mark.time {
            push(Group::TimeTag, 0);
        }
        push(Group::Named, mark.named as usize);
        self.push_around(mark, markup, push);
        self.push_main(mark, piece, markup, push);
    }

    /// Tells of the elements around a piece.
    fn push_around(&self, mark: &Mark, markup: &Markup, push: &mut impl FnMut(Group, usize)) {
        let mut kinds = 0u32;
        let (mut near, mut far) = (None, 0u32);
        let mut boxes = 0;
        let mut held = mark.content.ink;
        for (depth, at) in ancestors(mark.element, &markup.elements).enumerate() {
            let element = markup.elements[at as usize];
            if depth == 0 || near.is_none() && element.tag != Tag::Inline && kinds == 0 {
                push(Group::Element, element.tag as usize);
            }
            kinds |= 1 << element.tag as u32;
            if !element.words.is_empty() {
                let first = near.is_none();
                near = Some(at);
                for label in Label::ALL
                    .into_iter()
                    .filter(|label| element.words.has(*label))
                {
                    if first {
                        push(Group::WordNear, label as usize);
                    }
                    far |= 1 << label as u32;
                }
            }
            let content = &self.boxes[at as usize];
            if boxes < 3 && content.ink > held + held / 4 {
                held = content.ink;
                push(BOXES[boxes], describe(content));
                if boxes == 0 && content.links > 0 {
                    let share = content.documents * 3 / content.linked.max(1);
                    let links = bucket(content.links as usize, &[2, 5, 11]);
                    push(Group::BoxTargets, links * 4 + share as usize);
                }
                boxes += 1;
            }
        }
        for label in Label::ALL
            .into_iter()
            .filter(|label| far & 1 << *label as u32 != 0)
        {
            push(Group::WordFar, label as usize);
        }
        for tag in 0..Tag::COUNT {
            if kinds & 1 << tag != 0 {
                push(Group::Within, tag);
            }
        }
    }

    /// Tells where a piece stands to the element with most of the prose.
    fn push_main(
        &self,
        mark: &Mark,
        piece: &Piece,
        markup: &Markup,
        push: &mut impl FnMut(Group, usize),
    ) {
        let Some((main, span)) = self.main else {
            return;
        };
        let depth = ancestors(mark.element, &markup.elements).position(|at| at == main);
        let place = match depth {
            Some(depth) => 3 + depth.min(3),
            None if piece.span.end <= span.start => 0,
            None if piece.span.start >= span.end => 1,
            None => 2,
        };
        push(Group::MainBox, place * 5 + mark.content.linked());
        if let (Named::Whole | Named::Start, None) = (mark.named, depth) {
            push(Group::NamedPlace, place);
        } else if mark.named != Named::Otherwise {
            push(
                Group::NamedPlace,
                3 + usize::from(piece.span.start > span.start + span.len() / 8),
            );
        }
    }
}

const BOXES: [Group; 3] = [Group::Box1, Group::Box2, Group::Box3];

/// Bucket of what a box holds: its size, the share of links, and their length, or its prose.
fn describe(content: &Content) -> usize {
    let size = bucket(content.ink as usize, &[40, 150, 600, 2500]);
    let kind = match content.linked() {
        links @ 0..=1 => links * 2 + usize::from(content.prose * 2 > content.ink),
        links => {
            let each = content.linked / content.links.max(1);
            4 + (links - 2) * 3 + bucket(each as usize, &[6, 13])
        }
    };
    size * 13 + kind
}

/// Characters that are not white space.
fn ink(text: &str) -> u32 {
    text.chars().filter(|c| !c.is_whitespace()).count() as u32
}

/// True if what is no link in a piece reads like sentences.
fn is_prose<'t>(parts: impl Iterator<Item = &'t str>) -> bool {
    let mark = |c: char| {
        matches!(
            c,
            '。' | '，' | '！' | '？' | '；' | '、' | ',' | '.' | '!' | '?' | ';'
        )
    };
    let (mut all, mut marks) = (0, 0);
    for part in parts {
        all += ink(part);
        marks += part.matches(mark).count() as u32;
    }
    all >= 10 && marks * 60 >= all
}

/// An element and those around it, from the inside out.
fn ancestors(element: u32, elements: &[Element]) -> impl Iterator<Item = u32> {
    std::iter::successors(Some(element), |&at| {
        let parent = elements[at as usize].parent;
        (parent != at).then_some(parent)
    })
}

fn within(element: u32, outer: u32, elements: &[Element]) -> bool {
    // Parents stand before their children.
    ancestors(element, elements)
        .take_while(|&at| at >= outer)
        .any(|at| at == outer)
}

fn named(piece: &str, title: &str, raw: &str) -> Named {
    if piece.is_empty() {
        return Named::Otherwise;
    }
    if piece == title {
        return Named::Whole;
    }
    if title.starts_with(piece) {
        return Named::Start;
    }
    if title.contains(piece) {
        return Named::Part;
    }
    let parts = raw.split(['_', '|', '-', '–', '—', '·', '»', '丨']);
    let first = parts.map(plain).find(|part| part.chars().count() >= 5);
    match first {
        Some(first) if piece.contains(&first) => Named::Around,
        _ => Named::Otherwise,
    }
}

/// Letters and digits only, in lower case: sites differ in the marks around a title.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}
