//! What the keys of a record hold: one description, which becomes JSON Schema (`schema`) and
//! the columns of a table (`parquet`). What `json` writes is held to it by tests.

use super::json::{Key, SCHEMA};
use crate::fields::ContactKind;
use crate::label::Label;
use crate::language::Language;

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    Text,
    /// One of these.
    Word(Vec<&'static str>),
    /// The layout's version.
    Version,
    /// A whole number, at least this; one that stays small.
    Small(u64),
    /// A whole number from 0 on.
    Count,
    /// From 0 to 1.
    Share,
    /// Nothing but `true`.
    Yes,
    /// Start and end.
    Pair,
    List(Box<Shape>),
    Object(Vec<Field>),
    /// An object of whatever the input has.
    Any,
    /// One of these objects.
    Either(Vec<Vec<Field>>),
}

/// A key and what it holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) there: There,
    /// For a person.
    pub(super) says: &'static str,
}

/// When a key is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum There {
    Always,
    /// If there is something to say, or if it was asked for.
    Maybe,
    /// If the object's `kind` is one of these, and only then.
    OfKind(&'static [&'static str]),
}

fn always(name: &'static str, shape: Shape, says: &'static str) -> Field {
    let there = There::Always;
    Field {
        name,
        shape,
        there,
        says,
    }
}

fn maybe(name: &'static str, shape: Shape, says: &'static str) -> Field {
    let there = There::Maybe;
    Field {
        there,
        ..always(name, shape, says)
    }
}

fn list(of: Shape) -> Shape {
    Shape::List(Box::new(of))
}

/// What a key of a record holds.
pub(super) fn field(key: Key) -> Field {
    let name = key.name();
    match key {
        Key::Schema => always(
            name,
            Shape::Version,
            "Version of this layout; raised when a meaning changes.",
        ),
        Key::Id => always(
            name,
            Shape::Text,
            "The input's id; else its url; else the path, with `#N` for page N (from 0) of a file of many pages.",
        ),
        Key::Url => maybe(name, Shape::Text, "The page's address, from the input."),
        Key::Source => always(
            name,
            source(),
            "Where the page was read, and what decoding did to it.",
        ),
        Key::Title => maybe(name, Shape::Text, "The article's title."),
        Key::Body => always(
            name,
            Shape::Text,
            "Headings and paragraphs in page order, verbatim, joined by a blank line.",
        ),
        Key::Sections => always(name, list(section()), "Outline of the article."),
        Key::Tags => always(
            name,
            list(Shape::Text),
            "Hashtags and keywords, without cue words, marks and separators; in page order, repetitions kept.",
        ),
        Key::Related => always(
            name,
            list(Shape::Text),
            "Titles of other articles, without cue words, dates, ranks and bullets; in page order.",
        ),
        Key::Contacts => always(name, list(contact()), "Telephone numbers and the like."),
        Key::Masked => always(
            name,
            list(Shape::Object(range(
                "Start of the word.",
                "End of the word.",
            ))),
            "Words that the site censored.",
        ),
        Key::Language => maybe(
            name,
            Shape::Word(Language::ALL.map(Language::tag).into()),
            "Main language, as BCP 47 has it.",
        ),
        Key::Segments => always(
            name,
            list(segment()),
            "Labelled ranges that tile the page: the first starts at 0, each next one where the last ended, the last ends at the text's length.",
        ),
        Key::Text => maybe(name, Shape::Text, "The page itself, with --with-text."),
        Key::Input => maybe(
            name,
            Shape::Any,
            "The input's own fields, verbatim, with --keep.",
        ),
    }
}

fn source() -> Shape {
    Shape::Object(vec![
        always(
            "path",
            Shape::Text,
            "The file, as it was given; `-` is standard input.",
        ),
        always(
            "record",
            Shape::Count,
            "Number of the page in its file, from 0.",
        ),
        maybe("url", Shape::Text, "WARC-Target-URI of a WARC record."),
        maybe("WARC-Date", Shape::Text, "Of a WARC record."),
        maybe("WARC-Record-ID", Shape::Text, "Of a WARC record."),
        maybe(
            "charset",
            Shape::Text,
            "What the page was decoded from, where that was not UTF-8.",
        ),
        maybe(
            "replaced",
            Shape::Count,
            "Undecodable sequences that became U+FFFD.",
        ),
    ])
}

/// Two offsets. What they count is the user's choice, so it is said with each.
fn range(start: &'static str, end: &'static str) -> Vec<Field> {
    vec![
        always("start", Shape::Count, start),
        always("end", Shape::Count, end),
    ]
}

fn section() -> Shape {
    let mut fields = vec![
        always("level", Shape::Small(1), "Depth of the heading, from 1."),
        always("heading", Shape::Text, "The heading."),
    ];
    fields.extend(range(
        "Start of the heading.",
        "Start of the next section of the same or a higher level, or the end of the article.",
    ));
    Shape::Object(fields)
}

fn contact() -> Shape {
    let mut fields = vec![
        always(
            "kind",
            Shape::Word(ContactKind::ALL.map(ContactKind::name).into()),
            "What kind of contact it is.",
        ),
        always(
            "value",
            Shape::Text,
            "Normalised: 400-800-7526 is 4008007526.",
        ),
    ];
    fields.extend(range("Start of it as it is written.", "Its end."));
    Shape::Object(fields)
}

fn segment() -> Shape {
    let mut fields = vec![always(
        "kind",
        Shape::Word(Label::ALL.map(Label::name).into()),
        "What it is.",
    )];
    fields.extend(range("Its start.", "Its end, and the next one's start."));
    fields.push(Field {
        there: There::OfKind(&["tags", "related"]),
        ..always(
            "items",
            list(Shape::Pair),
            "Start and end of each item, inside the segment.",
        )
    });
    fields.push(maybe(
        "confidence",
        Shape::Share,
        "How probable it is that the kind is right, with --confidence.",
    ));
    Shape::Object(fields)
}

/// What stands in the place of a page that could not be read.
pub(super) fn error() -> Vec<Field> {
    vec![
        field(Key::Schema),
        field(Key::Id),
        field(Key::Source),
        always("error", Shape::Text, "Why the page could not be read."),
    ]
}

/// What is kept of a page that could not be read.
pub(super) fn failed() -> Vec<Field> {
    let text = always("text", Shape::Text, "The page's bytes, which are UTF-8.");
    let bytes = always("bytes", Shape::Text, "The page's bytes in base64.");
    vec![
        field(Key::Id),
        field(Key::Source),
        maybe(
            "offset",
            Shape::Count,
            "Byte of the unpacked file at which the page starts; not for a file that could not be opened, nor for Parquet.",
        ),
        always("reason", Shape::Text, "Why the page could not be read."),
        always(
            "raw",
            Shape::Either(vec![vec![text], vec![bytes]]),
            "The page as it was read.",
        ),
        maybe("truncated", Shape::Yes, "`raw` is not all of the page."),
    ]
}

/// The version's number.
pub(super) const VERSION: u64 = SCHEMA;
