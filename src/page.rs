//! What is read and pointed into: a page of text with its origin, or why there is none,
//! and byte ranges of it.

use std::fmt;
use std::sync::Arc;

/// A byte range of a page's text, `start` included, `end` not; both lie on
/// character boundaries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First byte, counted from 0.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The range `start..end`.
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end);
        Self { start, end }
    }

    /// Length in bytes.
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// True if it holds no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The text it points at.
    pub fn of(self, text: &str) -> &str {
        &text[self.start..self.end]
    }

    /// The same range without white space at its ends.
    pub fn trim(self, text: &str) -> Self {
        let rest = self.of(text).trim_start();
        let start = self.end - rest.len();
        Self {
            start,
            end: start + rest.trim_end().len(),
        }
    }
}

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
}

/// A page that could not be read. It is data, not the end of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageError {
    /// The page's id if it could be read; else the path, with `#N` in a container.
    pub id: String,
    /// Where the page was to be read.
    pub source: Source,
    /// The byte of the decompressed file at which the page starts; `None` if the
    /// file could not be opened.
    pub offset: Option<u64>,
    /// What is wrong.
    pub reason: String,
    /// The page's bytes as they were read.
    pub raw: Vec<u8>,
    /// True if `raw` is not all of them: the page was over the limit, or reading broke off.
    pub truncated: bool,
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, reason, .. } = self;
        match self.offset {
            None => write!(f, "{}: {reason}", source.path),
            Some(at) => write!(
                f,
                "{}: record {}, byte {at}: {reason}",
                source.path, source.record
            ),
        }
    }
}

impl std::error::Error for PageError {}
