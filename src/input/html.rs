//! An HTML page becomes the text that a reader sees, and what its markup says of that text.
//!
//! The layout is that of text which crawlers extract: a block starts on a line of its own,
//! paragraphs, headings, lists and tables stand between blank lines, list items have bullets
//! or numbers, a table's row is a line, its cells parted by tabs. White space is folded as CSS
//! does. What no reader sees is left out: scripts, styles, templates, hidden elements, the
//! options of a form.
//!
//! Tokens are html5gum's. A tree is not built: of open elements there is a stack, as deep as
//! browsers allow, in which end tags that were left out are implied and tags that are out of
//! place close what a browser would close, or nothing. So time and memory are linear in the
//! page, whatever it is.

use std::convert::Infallible;

use html5gum::Span as At;
use html5gum::Tokenizer;
use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};

use super::decode::{self, Charset, Decoded};
use crate::markup::{Element, Link, Markup, Run, Tag, Words};
use crate::page::Page;
use crate::span::Span;

/// True if this is the beginning of an HTML page.
pub(super) fn is_html(head: &[u8]) -> bool {
    let mut rest = head.strip_prefix(decode::BOM).unwrap_or(head);
    loop {
        rest = rest.trim_ascii_start();
        // A comment, or the declaration of XML.
        let end: &[u8] = match rest {
            [b'<', b'!', b'-', b'-', ..] => b"-->",
            [b'<', b'?', ..] => b">",
            _ => break,
        };
        let Some(at) = memchr::memmem::find(rest, end) else {
            return false;
        };
        rest = &rest[at + end.len()..];
    }
    let starts = |tag: &str| {
        rest.get(..tag.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(tag.as_bytes()))
    };
    ["<!doctype html", "<html", "<head", "<body"]
        .into_iter()
        .any(starts)
}

/// Fills the page from a document's bytes; `declared` is what stands outside of it.
pub(super) fn parse(
    bytes: &[u8],
    declared: Option<Charset>,
    forced: Option<Charset>,
    page: &mut Page,
) {
    let mut source = String::new();
    let declared = declared.or_else(|| meta_charset(bytes));
    let Decoded { charset, replaced } = decode::decode(bytes, declared, forced, &mut source);
    page.source.charset = charset;
    page.source.replaced = replaced;
    parse_str(&source, page);
}

/// Fills the page from HTML.
pub(super) fn parse_str(html: &str, page: &mut Page) {
    let mut builder = Builder::new(std::mem::take(&mut page.text));
    let on_event = |event: CallbackEvent<'_>, _: At<()>| -> Option<Infallible> {
        builder.take(event);
        None
    };
    let mut emitter = CallbackEmitter::new(on_event);
    emitter.naively_switch_states(true);
    // Everything happens in the callback, and there is nothing to fail.
    let Ok(()) = Tokenizer::new_with_emitter(html, emitter).finish();
    (page.text, page.markup) = builder.finish();
}

/// The charset that a page declares of itself in `<meta>`, near its beginning.
fn meta_charset(bytes: &[u8]) -> Option<Charset> {
    /// Browsers look no further than 1024 bytes; pages are less careful.
    const NEAR: usize = 8 * 1024;
    let head = bytes[..bytes.len().min(NEAR)].to_ascii_lowercase();
    let mut at = 0;
    while let Some(found) = memchr::memmem::find(&head[at..], b"charset") {
        at += found + b"charset".len();
        let rest = head[at..].trim_ascii_start();
        let Some(rest) = rest.strip_prefix(b"=") else {
            continue;
        };
        let rest = rest.trim_ascii_start();
        let rest = rest
            .strip_prefix(b"\"")
            .or(rest.strip_prefix(b"'"))
            .unwrap_or(rest);
        let end = rest
            .iter()
            .position(|byte| !byte.is_ascii_alphanumeric() && !b"-_".contains(byte));
        let label = std::str::from_utf8(&rest[..end.unwrap_or(rest.len())]).ok()?;
        if let Some(charset) = Charset::for_label(label) {
            return Some(charset);
        }
    }
    None
}

/// What an element does to the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    /// Part of a line.
    Inline,
    /// On lines of its own.
    Block,
    /// On lines of its own, between blank lines.
    Paragraph,
    /// Not to be seen.
    Hidden,
    /// A tag without content or end.
    Void,
}

/// What an element is to the builder: its flow, its kind, and which open elements its start ends.
fn known(name: &[u8]) -> (Flow, Tag) {
    use Flow::{Block, Hidden, Inline, Paragraph, Void};
    match name {
        b"p" => (Paragraph, Tag::Paragraph),
        b"h1" => (Paragraph, Tag::H1),
        b"h2" => (Paragraph, Tag::H2),
        b"h3" => (Paragraph, Tag::H3),
        b"h4" | b"h5" | b"h6" => (Paragraph, Tag::H4),
        b"ul" | b"ol" | b"dl" | b"menu" | b"dir" => (Paragraph, Tag::List),
        b"li" | b"dt" | b"dd" => (Block, Tag::Item),
        b"table" => (Paragraph, Tag::Table),
        b"tr" | b"thead" | b"tbody" | b"tfoot" | b"caption" => (Block, Tag::Table),
        b"td" | b"th" => (Inline, Tag::Cell),
        b"blockquote" => (Paragraph, Tag::Quote),
        b"pre" | b"xmp" | b"listing" | b"plaintext" => (Paragraph, Tag::Code),
        b"code" | b"kbd" | b"samp" => (Inline, Tag::Code),
        b"figure" => (Paragraph, Tag::Figure),
        b"figcaption" => (Block, Tag::Figure),
        b"form" | b"fieldset" => (Paragraph, Tag::Form),
        b"label" | b"legend" => (Inline, Tag::Form),
        b"button" => (Inline, Tag::Button),
        b"article" => (Paragraph, Tag::Article),
        b"main" => (Paragraph, Tag::Main),
        b"section" => (Paragraph, Tag::Section),
        b"nav" => (Paragraph, Tag::Nav),
        b"header" | b"hgroup" => (Paragraph, Tag::Header),
        b"footer" => (Paragraph, Tag::Footer),
        b"aside" => (Paragraph, Tag::Aside),
        b"html" | b"body" | b"div" | b"center" | b"address" | b"details" | b"summary"
        | b"dialog" | b"marquee" | b"frameset" => (Block, Tag::Block),
        b"script" | b"style" | b"noscript" | b"template" | b"title" | b"textarea" | b"select"
        | b"iframe" | b"object" | b"svg" | b"audio" | b"video" | b"canvas" | b"noembed"
        | b"noframes" | b"datalist" | b"map" => (Hidden, Tag::Inline),
        b"br" | b"hr" | b"img" | b"input" | b"meta" | b"link" | b"area" | b"base" | b"col"
        | b"embed" | b"source" | b"track" | b"wbr" | b"param" | b"frame" | b"keygen"
        | b"bgsound" | b"basefont" => (Void, Tag::Inline),
        _ => (Inline, Tag::Inline),
    }
}

/// The name of an element, made to be compared with hundreds of others.
#[derive(Debug, PartialEq)]
struct Name {
    /// The first eight bytes, then zeros; no name has a byte 0.
    first: u64,
    /// All of a name of more bytes.
    long: Box<[u8]>,
}

impl Name {
    fn new(name: &[u8]) -> Self {
        let mut first = [0; 8];
        let len = name.len().min(first.len());
        first[..len].copy_from_slice(&name[..len]);
        let long = if name.len() > len { name } else { &[] };
        Self {
            first: u64::from_le_bytes(first),
            long: long.into(),
        }
    }
}

/// An element that is open.
#[derive(Debug)]
struct Open {
    name: Name,
    flow: Flow,
    tag: Tag,
    style: Style,
    /// Index of its own element or of the one around it.
    element: u32,
    /// Of a list with numbers: the last one.
    number: Option<u32>,
}

/// What an element makes of all text inside of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Plain,
    Link,
    Strong,
    Time,
    Pre,
    Hidden,
}

impl Style {
    fn of(start: &Start, flow: Flow) -> Self {
        match &start.name[..] {
            _ if flow == Flow::Hidden || start.hidden => Self::Hidden,
            b"a" => Self::Link,
            b"b" | b"strong" => Self::Strong,
            b"time" => Self::Time,
            b"pre" | b"xmp" | b"listing" | b"plaintext" => Self::Pre,
            _ => Self::Plain,
        }
    }
}

/// Elements deeper than this are not told from those around them, as in browsers.
const DEEPEST: usize = 512;

/// Puts text and markup together, token by token.
struct Builder {
    text: String,
    markup: Markup,
    stack: Vec<Open>,
    /// How many elements are open that the stack does not hold.
    beyond: usize,
    /// How many paragraphs are open.
    paragraphs: usize,
    /// Where the last link led.
    address: String,
    /// The next text is a run of its own.
    apart: bool,
    /// How many elements of each style are open.
    styles: [usize; 6],
    /// The tag that is being read.
    start: Start,
    /// True inside the page's `<title>`.
    in_title: bool,
    gap: Gap,
    /// What stands before the next text on its line: a bullet or number.
    bullet: Option<String>,
    /// White space of `<pre>` that shows if text follows it on its line.
    white: String,
}

/// A start tag on its way.
#[derive(Debug, Default)]
struct Start {
    name: Vec<u8>,
    /// The attribute whose value is to come.
    attribute: Attribute,
    words: Words,
    hidden: bool,
    first: Option<u32>,
    /// Where a link leads, and its `rel`.
    address: String,
    relation: Words,
}

impl Start {
    fn reset(&mut self, name: &[u8]) {
        self.name.clear();
        self.name.extend_from_slice(name);
        self.attribute = Attribute::Other;
        self.words = Words::default();
        self.hidden = false;
        self.first = None;
        self.address.clear();
        self.relation = Words::default();
    }

    fn attribute(&mut self, name: &[u8]) {
        self.attribute = match name {
            b"class" | b"id" => Attribute::Words,
            b"style" => Attribute::Style,
            b"start" => Attribute::First,
            b"href" => Attribute::Address,
            b"rel" => Attribute::Relation,
            _ => Attribute::Other,
        };
        self.hidden |= name == b"hidden";
    }

    fn value(&mut self, value: &[u8]) {
        match self.attribute {
            Attribute::Other => {}
            Attribute::Words => self.words.add_all(value),
            Attribute::Address => self.address.push_str(&String::from_utf8_lossy(value)),
            Attribute::Relation => self.relation.add_all(value),
            Attribute::Style => self.hidden |= hides(value),
            Attribute::First => {
                self.first = std::str::from_utf8(value)
                    .ok()
                    .and_then(|first| first.trim().parse().ok());
            }
        }
    }
}

/// True for a style that shows nothing. `visibility:hidden` is none: pages that scripts finish
/// carry it on the very article, to be taken away.
fn hides(style: &[u8]) -> bool {
    let plain: Vec<u8> = style
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(u8::to_ascii_lowercase)
        .collect();
    memchr::memmem::find(&plain, b"display:none").is_some()
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Attribute {
    #[default]
    Other,
    /// `class` or `id`.
    Words,
    Style,
    /// Where a list's numbers start.
    First,
    /// `href` and `rel`.
    Address,
    Relation,
}

/// What is to stand between the text so far and the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    #[default]
    None,
    Space,
    Tab,
    Line,
    Blank,
}

impl Builder {
    fn new(mut text: String) -> Self {
        text.clear();
        let mut markup = Markup::default();
        markup.elements.push(Element {
            parent: 0,
            tag: Tag::Block,
            words: Words::default(),
        });
        Self {
            text,
            markup,
            stack: Vec::new(),
            beyond: 0,
            paragraphs: 0,
            address: String::new(),
            apart: false,
            styles: [0; 6],
            start: Start::default(),
            in_title: false,
            gap: Gap::None,
            bullet: None,
            white: String::new(),
        }
    }

    fn finish(mut self) -> (String, Markup) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let folded: Vec<&str> = self.markup.title.split_whitespace().collect();
        self.markup.title = folded.join(" ");
        (self.text, self.markup)
    }

    fn take(&mut self, event: CallbackEvent<'_>) {
        match event {
            CallbackEvent::OpenStartTag { name } => self.start.reset(name),
            CallbackEvent::AttributeName { name } => self.start.attribute(name),
            CallbackEvent::AttributeValue { value } => self.start.value(value),
            CallbackEvent::CloseStartTag { .. } => {
                let start = std::mem::take(&mut self.start);
                self.open(&start);
                self.start = start;
            }
            CallbackEvent::EndTag { name } => self.close(name),
            CallbackEvent::String { value } => self.string(&String::from_utf8_lossy(value)),
            CallbackEvent::Comment { .. }
            | CallbackEvent::Doctype { .. }
            | CallbackEvent::Error(_) => {}
        }
    }

    fn open(&mut self, start: &Start) {
        let (flow, tag) = known(&start.name);
        let name = &start.name[..];
        match name {
            b"br" => return self.line_break(),
            b"hr" => return self.gap = self.gap.max(Gap::Blank),
            b"a" => self.close_inline(b"a"),
            b"body" | b"html" if self.innermost([name], |_| false).is_some() => return,
            _ => {}
        }
        if flow == Flow::Void || self.stack.len() == DEEPEST {
            self.beyond += usize::from(flow != Flow::Void);
            return;
        }
        self.imply_ends(name, flow);
        self.part(flow, tag);
        let style = Style::of(start, flow);
        let first = start.first.unwrap_or(1);
        let open = Open {
            name: Name::new(name),
            flow,
            tag,
            style,
            element: self.stack.last().map_or(0, |open| open.element),
            number: (name == b"ol").then(|| first.saturating_sub(1)),
        };
        self.in_title = name == b"title" && !self.is(Style::Hidden) && self.markup.title.is_empty();
        if name == b"li" {
            self.item();
        }
        if style == Style::Link {
            // Links in a row stand apart on the screen.
            if self.ends_in_link() {
                self.gap = self.gap.max(Gap::Space);
            }
            self.start_link(start);
        }
        self.apart = true;
        self.push(open, start.words);
    }

    fn is(&self, style: Style) -> bool {
        self.styles[style as usize] > 0
    }

    /// Adds a link, unless it leads to where the one before it does: a card's picture, title
    /// and blurb are often a link each.
    fn start_link(&mut self, start: &Start) {
        let again = self.address == start.address && self.address.len() > 1;
        if !again || self.markup.links.is_empty() {
            let mut link = Link::to(&start.address);
            link.words.merge(start.relation);
            self.markup.links.push(link);
            self.address.clone_from(&start.address);
        }
    }

    fn ends_in_link(&self) -> bool {
        let last = self.markup.runs.last();
        last.is_some_and(|run| run.link > 0 && run.span.end == self.text.len())
    }

    fn push(&mut self, mut open: Open, words: Words) {
        self.styles[open.style as usize] += 1;
        self.paragraphs += usize::from(open.tag == Tag::Paragraph);
        let tells = open.tag != Tag::Inline || !words.is_empty();
        if tells && !self.is(Style::Hidden) {
            let element = Element {
                parent: open.element,
                tag: open.tag,
                words,
            };
            // A page's text is below 4 GiB, its tags are fewer.
            open.element = self.markup.elements.len() as u32;
            self.markup.elements.push(element);
        }
        self.stack.push(open);
    }

    /// A list's item gets its bullet, or its number.
    fn item(&mut self) {
        let list = self.stack.iter_mut().rfind(|open| open.tag == Tag::List);
        let number = list.and_then(|list| {
            list.number = list.number.map(|last| last.saturating_add(1));
            list.number
        });
        self.bullet = Some(match number {
            Some(number) => format!("{number}. "),
            None => "\u{2022} ".into(),
        });
    }

    /// Ends the open elements that the start of this one ends without an end tag.
    fn imply_ends(&mut self, name: &[u8], flow: Flow) {
        let of_list = |open: &Open| matches!(open.tag, Tag::List | Tag::Cell);
        let table = Name::new(b"table");
        let of_table = |open: &Open| open.name == table;
        match name {
            b"li" => self.close_within([b"li"], of_list),
            b"dt" | b"dd" => self.close_within([b"dt", b"dd"], of_list),
            b"td" | b"th" => self.close_within([b"td", b"th"], of_table),
            b"tr" => self.close_within([b"tr"], of_table),
            b"thead" | b"tbody" | b"tfoot" => {
                self.close_within([b"thead", b"tbody", b"tfoot"], of_table);
            }
            _ => {}
        }
        if self.paragraphs > 0 && matches!(flow, Flow::Block | Flow::Paragraph) {
            self.close_within([b"p"], |open| open.tag == Tag::Cell);
        }
    }

    fn close(&mut self, name: &[u8]) {
        if self.beyond > 0 {
            self.beyond -= 1;
            return;
        }
        match name {
            b"html" | b"body" => {}
            b"br" => self.line_break(),
            b"p" if self.paragraphs == 0 => self.gap = self.gap.max(Gap::Blank),
            _ => match known(name) {
                (Flow::Inline, Tag::Inline) => self.close_inline(name),
                (_, Tag::Cell | Tag::Table) => {
                    let table = Name::new(b"table");
                    self.close_within([name], |open| open.name == table);
                }
                _ => self.close_within([name], |open| open.tag == Tag::Cell),
            },
        }
    }

    /// Ends the innermost element of these names, and whatever is open inside of it.
    fn close_within<const N: usize>(&mut self, names: [&[u8]; N], fence: impl Fn(&Open) -> bool) {
        if let Some(at) = self.innermost(names, fence) {
            while self.stack.len() > at {
                if let Some(open) = self.stack.pop() {
                    self.ended(&open);
                }
            }
        }
    }

    /// Ends the innermost element of that name and leaves open what is open inside of it:
    /// tags of parts of a line are often crossed.
    fn close_inline(&mut self, name: &[u8]) {
        if let Some(at) = self.innermost([name], |open| open.tag == Tag::Cell) {
            let open = self.stack.remove(at);
            self.ended(&open);
        }
    }

    /// Where the innermost open element of these names is; nowhere if it stands outside of one for
    /// which `fence` is true.
    fn innermost<const N: usize>(
        &self,
        names: [&[u8]; N],
        fence: impl Fn(&Open) -> bool,
    ) -> Option<usize> {
        let names = names.map(Name::new);
        let named = |open: &Open| names.contains(&open.name);
        let at = self
            .stack
            .iter()
            .rposition(|open| named(open) || fence(open))?;
        named(&self.stack[at]).then_some(at)
    }

    fn ended(&mut self, open: &Open) {
        self.in_title = false;
        self.apart = true;
        if !self.is(Style::Hidden) {
            self.part(open.flow, open.tag);
        }
        self.styles[open.style as usize] -= 1;
        self.paragraphs -= usize::from(open.tag == Tag::Paragraph);
        if open.name == Name::new(b"li") {
            self.bullet = None;
        }
    }

    /// An element's edge parts the text before it from the text behind.
    fn part(&mut self, flow: Flow, tag: Tag) {
        let gap = match (flow, tag) {
            (Flow::Block, _) => Gap::Line,
            (Flow::Paragraph, _) => Gap::Blank,
            (Flow::Inline, Tag::Cell) => Gap::Tab,
            (Flow::Inline, Tag::Button) => Gap::Space,
            _ => return,
        };
        // A list inside an item is no paragraph of its own.
        let nested = tag == Tag::List && self.stack.iter().any(|open| open.tag == Tag::Item);
        let gap = if nested { Gap::Line } else { gap };
        self.gap = self.gap.max(gap);
    }

    fn line_break(&mut self) {
        self.gap = match self.gap {
            Gap::Line | Gap::Blank => Gap::Blank,
            _ => Gap::Line,
        };
    }

    fn string(&mut self, string: &str) {
        if self.in_title {
            self.markup.title.push_str(string);
            return;
        }
        if self.is(Style::Hidden) {
            return;
        }
        if self.is(Style::Pre) {
            self.verbatim(string);
        } else {
            self.folded(string);
        }
    }

    /// Text in which white space counts for one blank, and none at the edges of a line.
    fn folded(&mut self, string: &str) {
        let mut rest = string;
        while !rest.is_empty() {
            let blank = rest.len() - rest.trim_start_matches(is_space).len();
            if blank > 0 {
                self.gap = self.gap.max(Gap::Space);
                rest = &rest[blank..];
            }
            let end = rest.find(is_space).unwrap_or(rest.len());
            if end > 0 {
                self.word(&rest[..end]);
                rest = &rest[end..];
            }
        }
    }

    /// Text of `<pre>`: its lines stay as they are.
    fn verbatim(&mut self, string: &str) {
        for (number, line) in string.split('\n').enumerate() {
            if number > 0 {
                self.line_break();
                self.white.clear();
            }
            let line = line.trim_end_matches('\r');
            let ink = line.trim_end_matches(is_space);
            if !ink.is_empty() {
                self.word(ink);
            }
            self.white.push_str(&line[ink.len()..]);
        }
    }

    /// Appends text without white space that folds, behind the gap that is due.
    fn word(&mut self, word: &str) {
        // A line of nothing but no-break spaces is a blank one.
        let starts_line = self.text.is_empty() || self.gap >= Gap::Line;
        if starts_line && word.trim().is_empty() {
            return;
        }
        let glued = self.gap == Gap::None && self.bullet.is_none();
        self.put_gap();
        let start = self.text.len();
        self.text.push_str(word);
        self.mark(start, glued);
    }

    fn put_gap(&mut self) {
        if self.text.is_empty() {
            self.gap = Gap::Line;
        } else {
            self.text.push_str(match self.gap {
                Gap::None => "",
                Gap::Space => " ",
                Gap::Tab => "\t",
                Gap::Line => "\n",
                Gap::Blank => "\n\n",
            });
        }
        if let Some(bullet) = self.bullet.take() {
            self.text.push_str(&bullet);
        }
        self.gap = Gap::None;
        self.text.push_str(&self.white);
        self.white.clear();
    }

    /// Notes where the text since `start` stood; goes on with the run before if that is of the
    /// same kind and on the same line.
    fn mark(&mut self, start: usize, glued: bool) {
        let end = self.text.len();
        let open = self.stack.last();
        let apart = std::mem::take(&mut self.apart);
        let run = Run {
            span: Span::new(start, end),
            element: open.map_or(0, |open| open.element),
            link: if self.is(Style::Link) {
                self.markup.links.len() as u32
            } else {
                0
            },
            strong: self.is(Style::Strong),
            time: self.is(Style::Time),
        };
        let same = |old: &Run| {
            let alike = Run {
                span: old.span,
                ..run
            } == *old;
            !apart && alike && (glued || !self.text[old.span.end..start].contains(['\n', '\t']))
        };
        match self.markup.runs.last_mut() {
            Some(old) if same(old) => old.span.end = end,
            _ => self.markup.runs.push(run),
        }
    }
}

/// The white space that HTML folds; no-break and ideographic spaces are not.
fn is_space(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n' | '\r' | '\u{c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(html: &str) -> Page {
        let mut page = Page::default();
        parse_str(html, &mut page);
        page
    }

    #[test]
    fn layout() {
        for (html, text) in [
            ("", ""),
            (" \n ", ""),
            ("plain\n text", "plain text\n"),
            ("<p>a</p><p>b", "a\n\nb\n"),
            ("<div>a</div><div>b</div>", "a\nb\n"),
            ("a<br>b<br><br>c", "a\nb\n\nc\n"),
            ("<ul><li>a<li>b</ul>c", "\u{2022} a\n\u{2022} b\n\nc\n"),
            ("<ol start=3><li>a<li>b</ol>", "3. a\n4. b\n"),
            (
                "<ul><li>a<ul><li>b</ul><li>c</ul>",
                "\u{2022} a\n\u{2022} b\n\u{2022} c\n",
            ),
            ("<ul><li></ul><p>no bullet", "no bullet\n"),
            ("<table><tr><td>a<td>b<tr><td>c</table>", "a\tb\nc\n"),
            ("<TD>x</TD><FONT>y</FONT>", "x\ty\n"),
            ("<a href=1>a</a><a href=2>b</a>", "a b\n"),
            ("本<b>文</b>字", "本文字\n"),
            (
                "<p>\u{3000}\u{3000}段落</p><p>\u{a0}</p>",
                "\u{3000}\u{3000}段落\n",
            ),
            ("<pre>a\n  b <i>c</i>\n\n\nd</pre>", "a\n  b c\n\nd\n"),
            (
                "a<script>x</script><style>x</style><noscript>x</noscript>b",
                "ab\n",
            ),
            (
                "<template><p>x</template><svg><title>x</title></svg>a",
                "a\n",
            ),
            ("<p hidden>x</p><p style='DISPLAY : none'>x</p>a", "a\n"),
            ("<div style='visibility:hidden'>a</div>", "a\n"),
            ("<select><option>x</select><textarea>x</textarea>a", "a\n"),
            ("<!-- x -->a<!DOCTYPE html>", "a\n"),
            ("&lt;a&gt; &amp;nbsp; &#x6587;", "<a> &nbsp; 文\n"),
            ("<b><p>a</b>b</p></i>c", "ab\n\nc\n"),
            ("<table><td><div>a</table>b</div>c", "a\n\nbc\n"),
            ("<div><table><td>a</div>b</table>c", "ab\n\nc\n"),
            ("<p>a<div>b</p>c", "a\n\nb\n\nc\n"),
            ("a<button>b</button>c", "a b c\n"),
        ] {
            assert_eq!(page(html).text, text, "{html}");
        }
    }

    #[test]
    fn markup_lies_over_the_text() {
        let page = page(
            "<title> 标题 _ 站 </title><div class='post-tags'><a href='/tag/1'>甲</a> <b>乙</b></div>\
             <h1>标题</h1><a href=/n/12345.html><time>今天</time></a>",
        );
        assert_eq!(
            (page.text.as_str(), page.markup.title.as_str()),
            ("甲 乙\n\n标题\n\n今天\n", "标题 _ 站")
        );
        let runs: Vec<_> = page
            .markup
            .runs
            .iter()
            .map(|run| (run.span.of(&page.text), run.link, run.strong, run.time))
            .collect();
        assert_eq!(
            runs,
            [
                ("甲", 1, false, false),
                ("乙", 0, true, false),
                ("标题", 0, false, false),
                ("今天", 2, false, true)
            ]
        );
        let words = page.markup.elements[page.markup.runs[0].element as usize].words;
        assert!(words.has(crate::label::Label::Tags) && words.has(crate::label::Label::Body));
    }

    #[test]
    fn declared_charsets() {
        for (head, expected) in [
            ("<meta charset=gb2312>", "GBK"),
            (
                "<META http-equiv=x content='text/html; CHARSET = \"big5\"'>",
                "Big5",
            ),
            ("<meta content='text/html; charset=big5'>", "Big5"),
            (
                "<script charset=nonsense></script><meta charset='utf-8'>",
                "UTF-8",
            ),
            ("<p>", "-"),
        ] {
            let found = meta_charset(head.as_bytes()).map_or("-", Charset::name);
            assert_eq!(found, expected, "{head}");
        }
    }

    #[test]
    fn what_begins_an_html_page() {
        for (head, is) in [
            ("<!DOCTYPE html>", true),
            ("\u{feff} <!-- x --> <?xml version='1.0'?>\n<HTML>", true),
            ("<p>", false),
            ("<", false),
            ("# <html>", false),
            ("<!-- no end", false),
        ] {
            assert_eq!(is_html(head.as_bytes()), is, "{head}");
        }
    }

    /// Time and memory are linear; a tree would overflow the stack, or grow with the square.
    #[test]
    fn storms() {
        for (storm, text) in [
            ("<div>".repeat(300_000) + "x", "x\n"),
            ("<p><b><a href=1>".repeat(50_000) + "x", "x\n"),
            ("</div>".repeat(300_000) + "x", "x\n"),
            ("<table><tr><td>".repeat(100_000) + "x", "x\n"),
            ("<".repeat(300_000), &*("<".repeat(300_000) + "\n")),
            (format!("x<a {}>", "b=c ".repeat(200_000)), "x\n"),
            (format!("x<!--{}", "-".repeat(300_000)), "x\n"),
        ] {
            assert_eq!(page(&storm).text, text);
        }
    }
}
