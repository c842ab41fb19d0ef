//! What is read: a page of text with its origin, or why there is none.

use std::fmt;
use std::sync::Arc;

use crate::markup::Markup;

/// One scraped document.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The input's id; else its url; else the path, with `#N` for page N of a container.
    pub id: String,
    /// The page's address, if the input has one.
    pub url: Option<String>,
    /// Where the page was read.
    pub source: Source,
    /// The page itself.
    pub text: String,
    /// The input's own fields that are to be kept: names, and values as JSON, verbatim.
    pub input: Vec<(String, String)>,
    /// What the page's HTML said of the text; empty if it came from text.
    pub markup: Markup,
}

/// Where a page was read and what decoding did to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The file's path as it was given, `-` for standard input.
    pub path: Arc<str>,
    /// Number of the page in its file, counted from 0.
    pub record: u64,
    /// The charset it was decoded from, where that was not plain UTF-8.
    pub charset: Option<&'static str>,
    /// Undecodable sequences that became U+FFFD.
    pub replaced: u64,
    /// What a WARC file says of the record.
    pub warc: Option<Box<Warc>>,
}

/// What a WARC file says of the record that held a page, verbatim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Warc {
    /// `WARC-Target-URI`.
    pub url: Option<String>,
    /// `WARC-Date`.
    pub date: Option<String>,
    /// `WARC-Record-ID`.
    pub id: Option<String>,
}

/// A page that could not be read. It is data, not the end of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageError {
    /// The page's id if it could be read; else the path, with `#N` in a container.
    pub id: String,
    /// Where the page was to be read.
    pub source: Source,
    /// True if the page is one of the many in its file; else the error is the file's own.
    pub contained: bool,
    /// The byte of the decompressed file at which the page starts; `None` if the
    /// file could not be opened, and for Parquet, where a page is not in one place.
    pub offset: Option<u64>,
    /// What kind of failure it is.
    pub kind: PageErrorKind,
    /// What is wrong, in words.
    pub reason: String,
    /// The page's bytes as they were read.
    pub raw: Vec<u8>,
    /// True if `raw` is not all of them: the page was over the limit, or reading broke off.
    pub truncated: bool,
}

/// What kind of failure it is that a page could not be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PageErrorKind {
    /// The file could not be opened.
    Unopened,
    /// The page is too large.
    OverLimit,
    /// The line is not JSON.
    BadJson,
    /// The field that is to hold the text is not there, or no string.
    NoText,
    /// dehusk failed.
    Bug,
    /// Anything else, as a packed file that breaks off.
    #[default]
    Broken,
}

impl PageErrorKind {
    /// Its name, to count by; these words do not change as messages may.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unopened => "unopened",
            Self::OverLimit => "over_limit",
            Self::BadJson => "bad_json",
            Self::NoText => "no_text",
            Self::Bug => "bug",
            Self::Broken => "broken",
        }
    }
}

/// What is wrong with a page, before it is known which page that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: PageErrorKind,
    pub(crate) reason: String,
}

impl Fault {
    pub(crate) fn new(kind: PageErrorKind, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { kind, reason }
    }
}

/// What is told without a kind is broken.
impl From<String> for Fault {
    fn from(reason: String) -> Self {
        Self::new(PageErrorKind::Broken, reason)
    }
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, reason, .. } = self;
        let (path, record) = (&source.path, source.record);
        match self.offset {
            Some(at) => write!(f, "{path}: record {record}, byte {at}: {reason}"),
            None if self.contained => write!(f, "{path}: record {record}: {reason}"),
            None => write!(f, "{path}: {reason}"),
        }
    }
}

impl std::error::Error for PageError {}
