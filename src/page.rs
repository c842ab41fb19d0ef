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
    /// What is wrong.
    pub reason: String,
    /// The page's bytes as they were read.
    pub raw: Vec<u8>,
    /// True if `raw` is not all of them: the page was over the limit, or reading broke off.
    pub truncated: bool,
}

/// How reasons begin, and their kinds.
const KINDS: [(&str, &str); 7] = [
    ("page over the limit", "over_limit"),
    ("bad JSON", "bad_json"),
    ("no field `", "no_text"),
    ("field `", "no_text"),
    ("no column `", "no_text"),
    ("column `", "no_text"),
    ("bug in dehusk", "bug"),
];

impl PageError {
    /// What kind of failure it is, to count by; these words do not change as messages may.
    ///
    /// `unopened`: the file could not be opened. `over_limit`: the page is too large.
    /// `bad_json`: the line is not JSON. `no_text`: the field is not there, or no string.
    /// `bug`: dehusk failed. `broken`: anything else, as a packed file that breaks off.
    pub fn kind(&self) -> &'static str {
        if self.offset.is_none() && !self.contained {
            return "unopened";
        }
        let known = KINDS
            .iter()
            .find(|(start, _)| self.reason.starts_with(start));
        known.map_or("broken", |(_, kind)| kind)
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
