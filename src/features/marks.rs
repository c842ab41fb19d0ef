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
    title: Title,
    /// The elements around the last piece, from the outside in.
    path: Vec<Step>,
}

/// The page's `<title>`, plain: all of it, and its first part that is not short.
#[derive(Debug, Default)]
struct Title {
    whole: String,
    first: Option<String>,
}

/// An element, and what it and those around it say.
#[derive(Clone, Copy, Debug)]
struct Step {
    element: u32,
    /// Bits: kinds of elements, labels that words speak for.
    kinds: u32,
    words: Words,
    /// The words of the innermost of them that has any.
    near: Words,
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
        self.path.clear();
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
        // What is inside of an element stands right behind it.
        let behind = markup.elements[main + 1..].iter();
        let inside = behind.take_while(|element| element.parent as usize >= main);
        let inside = main as u32..=(main + inside.count()) as u32;
        let mut span: Option<Span> = None;
        for run in &markup.runs {
            if inside.contains(&run.element) {
                let whole = span.get_or_insert(run.span);
                whole.end = run.span.end;
            }
        }
        self.main = span.map(|span| (main as u32, span));
    }

    /// Compares pieces with the page's title.
    fn compare(&mut self, text: &str, pieces: &[Piece], markup: &Markup) {
        self.title = Title::of(&markup.title);
        if self.title.whole.is_empty() {
            return;
        }
        for (piece, mark) in pieces.iter().zip(&mut self.pieces) {
            let weight = piece.shape.weight();
            if (3..=120).contains(&weight) {
                mark.named = self.title.named(&plain(piece.span.of(text)));
            }
        }
    }

    /// Tells the features of a piece.
    pub(crate) fn push(
        &mut self,
        index: usize,
        piece: &Piece,
        markup: &Markup,
        push: &mut impl FnMut(Group, usize),
    ) {
        let Some(&mark) = self.pieces.get(index) else {
            return;
        };
        self.enter(mark.element, &markup.elements);
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
        self.push_around(&mark, markup, push);
        self.push_main(&mark, piece, push);
    }

    /// Makes the path that of the next piece: one goes only through elements between the two, since
    /// a page may be deep and have very many pieces down there.
    fn enter(&mut self, element: u32, elements: &[Element]) {
        let mut new = Vec::new();
        for at in ancestors(element, elements) {
            while self.path.pop_if(|step| step.element > at).is_some() {}
            if self.path.last().is_some_and(|step| step.element == at) {
                break;
            }
            new.push(at);
        }
        for at in new.into_iter().rev() {
            let step = Step::into(self.path.last(), at, elements[at as usize]);
            self.path.push(step);
        }
    }

    /// Tells of the elements around a piece.
    fn push_around(&self, mark: &Mark, markup: &Markup, push: &mut impl FnMut(Group, usize)) {
        let Some(inmost) = self.path.last() else {
            return;
        };
        let tag = markup.elements[inmost.element as usize].tag;
        push(Group::Element, tag as usize);
        for label in Label::ALL {
            if inmost.near.has(label) {
                push(Group::WordNear, label as usize);
            }
        }
        self.push_boxes(mark, push);
        for label in Label::ALL {
            if inmost.words.has(label) {
                push(Group::WordFar, label as usize);
            }
        }
        for tag in 0..Tag::COUNT {
            if inmost.kinds & 1 << tag != 0 {
                push(Group::Within, tag);
            }
        }
    }

    /// Tells of the boxes around a piece: elements that hold more than what is inside of them.
    fn push_boxes(&self, mark: &Mark, push: &mut impl FnMut(Group, usize)) {
        let mut path = &self.path[..];
        let mut held = mark.content.ink;
        for (number, group) in BOXES.into_iter().enumerate() {
            // From the inside out they hold more and more.
            let content = |step: &Step| &self.boxes[step.element as usize];
            let larger = path.partition_point(|step| content(step).ink > held + held / 4);
            let Some((step, outer)) = path[..larger].split_last() else {
                return;
            };
            let content = content(step);
            (held, path) = (content.ink, outer);
            push(group, describe(content));
            if number == 0 && content.links > 0 {
                let share = content.documents * 3 / content.linked.max(1);
                let links = bucket(content.links as usize, &[2, 5, 11]);
                push(Group::BoxTargets, links * 4 + share as usize);
            }
        }
    }

    /// Tells where a piece stands to the element with most of the prose.
    fn push_main(&self, mark: &Mark, piece: &Piece, push: &mut impl FnMut(Group, usize)) {
        let Some((main, span)) = self.main else {
            return;
        };
        let path = &self.path;
        let depth = path.binary_search_by_key(&main, |step| step.element);
        let depth = depth.ok().map(|at| path.len() - 1 - at);
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

impl Step {
    fn into(outer: Option<&Step>, at: u32, element: Element) -> Self {
        let mut step = Self {
            element: at,
            kinds: 1 << element.tag as u32,
            words: element.words,
            near: element.words,
        };
        if let Some(outer) = outer {
            step.kinds |= outer.kinds;
            step.words.merge(outer.words);
            if element.words.is_empty() {
                step.near = outer.near;
            }
        }
        step
    }
}

/// Characters of a title with which pieces are compared. Each piece is compared with all of them.
const LONGEST_TITLE: usize = 500;

impl Title {
    fn of(raw: &str) -> Self {
        let end = raw.char_indices().nth(LONGEST_TITLE);
        let raw = &raw[..end.map_or(raw.len(), |(at, _)| at)];
        let parts = raw.split(['_', '|', '-', '–', '—', '·', '»', '丨']);
        Self {
            whole: plain(raw),
            first: parts.map(plain).find(|part| part.chars().count() >= 5),
        }
    }

    fn named(&self, piece: &str) -> Named {
        if piece.is_empty() {
            return Named::Otherwise;
        }
        if piece == self.whole {
            return Named::Whole;
        }
        if self.whole.starts_with(piece) {
            return Named::Start;
        }
        if self.whole.contains(piece) {
            return Named::Part;
        }
        match &self.first {
            Some(first) if piece.contains(first) => Named::Around,
            _ => Named::Otherwise,
        }
    }
}

/// Letters and digits only, in lower case: sites differ in the marks around a title.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}
