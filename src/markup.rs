//! What a page's HTML said of its text: which stretch stood in which element. The text alone
//! has lost that; the decision takes it as evidence ([`crate::features`]).

use crate::label::Label;
use crate::span::Span;

/// The markup of one page, for its text.
///
/// It comes with a page that was read from HTML and is of use with that page's text only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Markup {
    /// The content of `<title>`.
    pub(crate) title: String,
    /// Elements in the order of the page, parents before children; the first is the page.
    pub(crate) elements: Vec<Element>,
    /// Stretches of text in order, without overlap. White space and bullets lie between them.
    pub(crate) runs: Vec<Run>,
    /// Links in the order of the page; neighbours that lead to the same place are one.
    pub(crate) links: Vec<Link>,
}

/// Where a link leads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) target: Target,
    /// What the words of its address and `rel` speak for.
    pub(crate) words: Words,
}

/// What kind of place an address is, by its look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Target {
    /// None, or one for scripts.
    #[default]
    Action,
    /// A part of this page.
    Here,
    /// A site's first page.
    Home,
    /// A page that lists others.
    Section,
    /// One with a number or a long name, as articles have.
    Document,
    /// An e-mail address or telephone.
    Contact,
}

impl Link {
    /// The link of an address.
    pub(crate) fn to(address: &str) -> Self {
        let address = address.trim();
        let mut words = Words::default();
        let (scheme, rest) = address.split_once(':').unwrap_or(("", address));
        let target = match scheme.to_ascii_lowercase().as_str() {
            "javascript" => Target::Action,
            "mailto" | "tel" | "sms" => Target::Contact,
            "http" | "https" => path(rest.trim_start_matches('/'), &mut words),
            _ if address.is_empty() => Target::Action,
            _ if address.starts_with('#') => Target::Here,
            _ => match address.strip_prefix("//") {
                Some(rest) => path(rest, &mut words),
                None => place(address, &mut words),
            },
        };
        Self { target, words }
    }
}

/// What a host with a path leads to.
fn path(rest: &str, words: &mut Words) -> Target {
    rest.find('/')
        .map_or(Target::Home, |at| place(&rest[at..], words))
}

/// What a path leads to, and what its words speak for.
fn place(path: &str, words: &mut Words) -> Target {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let path = path.split('#').next().unwrap_or("");
    let (folder, name) = path
        .trim_end_matches('/')
        .rsplit_once('/')
        .unwrap_or(("", path));
    // `/tag/rust` is a tag's page; `/tags/` is a menu's entry.
    words.add_all(folder.as_bytes());
    words.add_all(query.as_bytes());
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
    let parts = name.matches(['-', '_', '%']).count();
    if name.is_empty() && query.is_empty() || name.starts_with("index.") && query.is_empty() {
        if path.matches('/').count() > 1 {
            Target::Section
        } else {
            Target::Home
        }
    } else if digits(name) >= 3 || digits(query) >= 2 || parts >= 3 || name.contains(".htm") {
        Target::Document
    } else {
        Target::Section
    }
}

impl Markup {
    /// True if the page was not HTML.
    pub(crate) fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// The runs that touch a range of the text.
    pub(crate) fn runs_in(&self, range: Span) -> impl Iterator<Item = &Run> {
        let first = self.runs.partition_point(|run| run.span.end <= range.start);
        self.runs[first..]
            .iter()
            .take_while(move |run| run.span.start < range.end)
    }

    /// Gives `part`, which is a copy of this, the runs of a range of the text, for that range as
    /// a text by itself.
    pub(crate) fn cut_runs(&self, range: Span, part: &mut Markup) {
        let inside = |run: &Run| {
            let start = run.span.start.max(range.start) - range.start;
            let end = run.span.end.min(range.end) - range.start;
            Run {
                span: Span::new(start, end),
                ..*run
            }
        };
        part.runs.clear();
        part.runs.extend(self.runs_in(range).map(inside));
    }

    /// The parts of links that lie in a range of the text, with their numbers.
    pub(crate) fn links_in(&self, range: Span) -> Vec<(u32, Span)> {
        let mut links: Vec<(u32, Span)> = Vec::new();
        for run in self.runs_in(range).filter(|run| run.link > 0) {
            let start = run.span.start.max(range.start);
            let end = run.span.end.min(range.end);
            match links.last_mut() {
                Some((link, span)) if *link == run.link => span.end = end,
                _ => links.push((run.link, Span::new(start, end))),
            }
        }
        links
    }

    /// The link of a run.
    pub(crate) fn link(&self, run: &Run) -> Option<&Link> {
        self.links.get((run.link as usize).checked_sub(1)?)
    }

    /// Forgets the page.
    pub(crate) fn clear(&mut self) {
        self.title.clear();
        self.elements.clear();
        self.runs.clear();
        self.links.clear();
    }
}

/// An element that can tell something: a block, or one whose class or id has a known word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element {
    /// Index of the element around it; the first is its own.
    pub(crate) parent: u32,
    pub(crate) tag: Tag,
    /// What its class and id are words for.
    pub(crate) words: Words,
}

/// A stretch of text within one element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) span: Span,
    /// Index of the innermost element.
    pub(crate) element: u32,
    /// Number of the link it is in, from 1; 0 for none.
    pub(crate) link: u32,
    pub(crate) strong: bool,
    /// Inside `<time>`.
    pub(crate) time: bool,
}

/// Kinds of elements, as far as they matter to us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tag {
    /// `div` and whatever has no kind of its own.
    #[default]
    Block,
    /// Part of a line: `span` and the like.
    Inline,
    Paragraph,
    H1,
    H2,
    H3,
    /// `h4` to `h6`.
    H4,
    List,
    Item,
    Table,
    Cell,
    Quote,
    Code,
    Figure,
    Form,
    Button,
    Article,
    Main,
    Section,
    Nav,
    Header,
    Footer,
    Aside,
}

impl Tag {
    pub(crate) const COUNT: usize = Tag::Aside as usize + 1;
}

/// A set of labels that words in class names and ids speak for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words(u16);

impl Words {
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.0 |= other.0;
    }

    pub(crate) fn has(self, label: Label) -> bool {
        self.0 & 1 << label as u16 != 0
    }

    /// Adds what the words of a name speak for: `postMeta`, `post-meta`, `post_meta2` have two.
    pub(crate) fn add_all(&mut self, name: &[u8]) {
        let mut word = String::new();
        let mut small = false;
        for &byte in name {
            let part = !byte.is_ascii_alphabetic();
            if part || (small && byte.is_ascii_uppercase()) {
                self.add(&word);
                word.clear();
            }
            if !part {
                word.push(char::from(byte.to_ascii_lowercase()));
            }
            small = byte.is_ascii_lowercase();
        }
        self.add(&word);
    }

    /// Adds what one word speaks for.
    fn add(&mut self, word: &str) {
        if let Ok(at) = WORDS.binary_search_by_key(&word, |&(known, _)| known) {
            self.0 |= 1 << WORDS[at].1 as u16;
        }
    }
}

/// Words of class names and ids, sorted. Themes and content management systems in all
/// countries name their boxes in English, or in pinyin.
const WORDS: &[(&str, Label)] = &[
    ("about", Label::Promo),
    ("ad", Label::Promo),
    ("address", Label::Promo),
    ("ads", Label::Promo),
    ("adsbygoogle", Label::Promo),
    ("advert", Label::Promo),
    ("app", Label::Promo),
    ("arcinfo", Label::Meta),
    ("art", Label::Body),
    ("artibody", Label::Body),
    ("article", Label::Body),
    ("attr", Label::Meta),
    ("author", Label::Meta),
    ("banner", Label::Promo),
    ("beian", Label::Legal),
    ("bio", Label::Meta),
    ("body", Label::Body),
    ("bottom", Label::Legal),
    ("bread", Label::Nav),
    ("breadcrumb", Label::Nav),
    ("breadcrumbs", Label::Nav),
    ("button", Label::Nav),
    ("byline", Label::Meta),
    ("category", Label::Meta),
    ("cmt", Label::Comment),
    ("comment", Label::Comment),
    ("commentlist", Label::Comment),
    ("comments", Label::Comment),
    ("con", Label::Body),
    ("contact", Label::Promo),
    ("content", Label::Body),
    ("context", Label::Body),
    ("copy", Label::Legal),
    ("copyright", Label::Legal),
    ("crumb", Label::Nav),
    ("crumbs", Label::Nav),
    ("date", Label::Meta),
    ("desc", Label::Meta),
    ("detail", Label::Body),
    ("disclaimer", Label::Legal),
    ("editor", Label::Meta),
    ("entry", Label::Body),
    ("flink", Label::Nav),
    ("foot", Label::Legal),
    ("footer", Label::Legal),
    ("form", Label::Promo),
    ("friend", Label::Nav),
    ("friendlink", Label::Nav),
    ("friendlinks", Label::Nav),
    ("gg", Label::Promo),
    ("guess", Label::Related),
    ("head", Label::Nav),
    ("header", Label::Nav),
    ("headline", Label::Title),
    ("hot", Label::Related),
    ("hotline", Label::Promo),
    ("hots", Label::Related),
    ("icp", Label::Legal),
    ("info", Label::Meta),
    ("inquiry", Label::Promo),
    ("intro", Label::Body),
    ("kefu", Label::Promo),
    ("keyword", Label::Tags),
    ("keywords", Label::Tags),
    ("label", Label::Tags),
    ("labels", Label::Tags),
    ("latest", Label::Related),
    ("license", Label::Legal),
    ("like", Label::Nav),
    ("link", Label::Nav),
    ("links", Label::Nav),
    ("list", Label::Related),
    ("lists", Label::Related),
    ("liuyan", Label::Comment),
    ("location", Label::Nav),
    ("login", Label::Nav),
    ("logo", Label::Nav),
    ("menu", Label::Nav),
    ("menus", Label::Nav),
    ("meta", Label::Meta),
    ("mod", Label::Related),
    ("more", Label::Related),
    ("nav", Label::Nav),
    ("navbar", Label::Nav),
    ("navi", Label::Nav),
    ("navigation", Label::Nav),
    ("neighbor", Label::Related),
    ("new", Label::Related),
    ("news", Label::Related),
    ("newsletter", Label::Promo),
    ("next", Label::Related),
    ("page", Label::Nav),
    ("pagebar", Label::Nav),
    ("pagenavi", Label::Nav),
    ("pager", Label::Nav),
    ("pages", Label::Nav),
    ("pagination", Label::Nav),
    ("paging", Label::Nav),
    ("path", Label::Nav),
    ("pinglun", Label::Comment),
    ("place", Label::Nav),
    ("popular", Label::Related),
    ("popup", Label::Promo),
    ("position", Label::Nav),
    ("post", Label::Body),
    ("prenext", Label::Related),
    ("prev", Label::Related),
    ("previous", Label::Related),
    ("promo", Label::Promo),
    ("pubdate", Label::Meta),
    ("publish", Label::Meta),
    ("pubtime", Label::Meta),
    ("qr", Label::Promo),
    ("qrcode", Label::Promo),
    ("rank", Label::Related),
    ("ranking", Label::Related),
    ("read", Label::Related),
    ("rec", Label::Related),
    ("recent", Label::Related),
    ("recommend", Label::Related),
    ("recommended", Label::Related),
    ("relate", Label::Related),
    ("related", Label::Related),
    ("relation", Label::Related),
    ("reply", Label::Comment),
    ("respond", Label::Comment),
    ("review", Label::Comment),
    ("search", Label::Nav),
    ("service", Label::Promo),
    ("share", Label::Nav),
    ("shares", Label::Nav),
    ("side", Label::Related),
    ("sidebar", Label::Related),
    ("sitemap", Label::Nav),
    ("social", Label::Nav),
    ("source", Label::Meta),
    ("sponsor", Label::Promo),
    ("statement", Label::Legal),
    ("story", Label::Body),
    ("subject", Label::Title),
    ("subscribe", Label::Promo),
    ("tab", Label::Nav),
    ("tabs", Label::Nav),
    ("tag", Label::Tags),
    ("tagcloud", Label::Tags),
    ("tags", Label::Tags),
    ("tel", Label::Promo),
    ("text", Label::Body),
    ("time", Label::Meta),
    ("tips", Label::Promo),
    ("tit", Label::Title),
    ("title", Label::Title),
    ("toc", Label::Nav),
    ("toolbar", Label::Nav),
    ("tools", Label::Nav),
    ("top", Label::Nav),
    ("topbar", Label::Nav),
    ("topic", Label::Tags),
    ("topics", Label::Tags),
    ("txt", Label::Body),
    ("views", Label::Meta),
    ("wechat", Label::Promo),
    ("weixin", Label::Promo),
    ("widget", Label::Related),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_sorted() {
        assert!(WORDS.is_sorted_by(|one, next| one.0 < next.0));
    }
}
