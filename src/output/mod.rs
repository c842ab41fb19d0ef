//! Records become bytes, in the format a user asks for, and bytes reach their place.
//!
//! [`RecordWriter`] runs in the workers, one copy each, and writes into a buffer;
//! [`Sink`] runs in one thread and gets the buffers in input order; [`OutputFile`] is the
//! place that shows itself only when it is whole.

mod file;
mod json;
mod marked;
mod offsets;
#[cfg(feature = "parquet")]
mod parquet;
mod prose;
mod schema;
mod shape;

use std::io;
use std::path::Path;

use self::json::{Key, Keys, Own};
use self::offsets::Index;
use crate::error::{Error, Result};
use crate::fields::Record;
use crate::input::ending;
use crate::page::{Page, PageError};

pub use self::file::OutputFile;
pub use self::offsets::Offsets;
#[cfg(feature = "parquet")]
pub use self::parquet::ParquetWriter;
pub use self::schema::{failed_schema, record_schema};

/// How records are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutputFormat {
    /// A JSON object a line.
    #[default]
    Jsonl,
    /// One JSON array, an object a line.
    Json,
    /// Title and body; pages are separated by a line that holds a form feed (U+000C).
    Text,
    /// Title, headings, body, lists of tags and related titles; pages are separated by a
    /// rule (`---`).
    Markdown,
    /// Each line of the page with its label before it, for a person to correct and for
    /// [`crate::GoldSet`] to read; one page in a file.
    Marked,
    /// A JSON object a line, `input` as a string: for `ParquetWriter`, which makes columns of it.
    Parquet,
}

impl OutputFormat {
    /// The format that a file's name asks for, a compression ending aside.
    pub fn from_path(path: &Path) -> Option<Self> {
        match ending(path)?.as_str() {
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "json" => Some(Self::Json),
            "txt" | "text" => Some(Self::Text),
            "md" | "markdown" => Some(Self::Markdown),
            "marked" => Some(Self::Marked),
            "parquet" | "pq" => Some(Self::Parquet),
            _ => None,
        }
    }

    /// The ending that names it, without a dot.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Json => "json",
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Marked => "marked",
            Self::Parquet => "parquet",
        }
    }

    fn is_json(self) -> bool {
        matches!(self, Self::Jsonl | Self::Json | Self::Parquet)
    }

    /// What stands before the first record.
    pub(crate) fn opening(self) -> &'static [u8] {
        if self == Self::Json { b"[\n" } else { b"" }
    }

    /// What stands between two records.
    pub(crate) fn between(self) -> &'static [u8] {
        match self {
            Self::Jsonl | Self::Parquet => b"",
            Self::Json => b",\n",
            Self::Text | Self::Marked => b"\x0c\n",
            Self::Markdown => b"\n---\n\n",
        }
    }

    /// What ends each record.
    pub(crate) fn after(self) -> &'static [u8] {
        match self {
            Self::Jsonl | Self::Parquet => b"\n",
            _ => b"",
        }
    }

    /// What stands after the last of `any` records.
    pub(crate) fn closing(self, any: bool) -> &'static [u8] {
        match (self, any) {
            (Self::Json, true) => b"\n]\n",
            (Self::Json, false) => b"]\n",
            _ => b"",
        }
    }
}

/// Writes records as bytes.
///
/// A JSON record is one object on one line, its keys in this order; those marked `?` are
/// absent when they have nothing to say, arrays are always there:
///
/// | key | meaning |
/// | --- | --- |
/// | `schema` | 1 |
/// | `id` | the input's id field; else its url; else the path, with `#N` for page N of a container |
/// | `url`? | from the input |
/// | `source` | `path`, `record` (from 0); of a WARC record `url`, `WARC-Date`, `WARC-Record-ID`; and `charset`?, `replaced`? (undecodable sequences that became U+FFFD) |
/// | `title`? | the article's title, trimmed |
/// | `body` | headings and paragraphs, each trimmed, joined by a blank line |
/// | `sections` | the outline: `level`, `heading`, `start`, `end` |
/// | `tags`, `related` | the items of all segments of that kind |
/// | `contacts` | `kind`, `value`, `start`, `end` |
/// | `masked` | `start`, `end` of words that the site censored |
/// | `language`? | as `zh-Hans` |
/// | `segments` | `kind`, `start`, `end`, for tags and related also `items`, and `confidence` (0 to 1, three decimals) if the extractor tells it; they tile the text |
/// | `text`? | the page itself, if asked for |
/// | `input`? | the input's own fields, if asked for |
///
/// ```
/// use dehusk::{OutputFormat, Page, RecordWriter};
///
/// let page = Page { id: "a".into(), text: "Hello".into(), ..Page::default() };
/// let mut writer = RecordWriter::new(OutputFormat::Jsonl).fields(["id", "text"])?;
/// let mut line = Vec::new();
/// writer.write(&page, &dehusk::extract(&page.text), &mut line);
/// assert_eq!(line, br#"{"id":"a","text":"Hello"}"#);
/// # Ok::<(), dehusk::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct RecordWriter {
    format: OutputFormat,
    keys: Keys,
    /// Keys that are written whatever `keys` says.
    always: Keys,
    index: Index,
    /// True if errors are to find a column.
    errors: bool,
}

impl RecordWriter {
    /// Writes all keys but `text`, with offsets in bytes.
    pub fn new(format: OutputFormat) -> Self {
        Self {
            format,
            keys: Keys::USUAL,
            always: Keys::NONE,
            index: Index::default(),
            errors: false,
        }
    }

    /// Writes only these keys of JSON records. Their order stays the contract's.
    ///
    /// # Errors
    /// A name that is no key; the message lists the keys.
    pub fn fields<S: AsRef<str>>(mut self, names: impl IntoIterator<Item = S>) -> Result<Self> {
        self.keys = keys(names)?;
        Ok(self)
    }

    /// Writes the page's text too, whatever [`RecordWriter::fields`] says.
    pub fn with_text(mut self, yes: bool) -> Self {
        self.always = self.always.set(Key::Text, yes);
        self
    }

    /// Writes the input's own fields, if there are any, whatever [`RecordWriter::fields`] says.
    pub fn with_input(mut self, yes: bool) -> Self {
        self.always = self.always.set(Key::Input, yes);
        self
    }

    /// Gives Parquet the columns for what [`RecordWriter::write_error`] writes, of which `error`
    /// would be lost. Other formats need no such thing.
    pub fn with_errors(mut self, yes: bool) -> Self {
        self.errors = yes;
        self
    }

    /// What offsets count: bytes unless set.
    pub fn offsets(mut self, offsets: Offsets) -> Self {
        self.index = Index::new(offsets);
        self
    }

    /// The keys that are written.
    fn wanted(&self) -> Keys {
        let keys = self.keys.or(self.always);
        if !self.errors || self.format != OutputFormat::Parquet {
            return keys;
        }
        // An error has these, so that their columns are there.
        let of_errors = [Key::Schema, Key::Id, Key::Source];
        of_errors
            .into_iter()
            .fold(keys, |keys, key| keys.set(key, true))
    }

    /// The format it writes.
    pub fn format(&self) -> OutputFormat {
        self.format
    }

    /// Appends one record, with nothing before or after it that depends on its neighbours.
    pub fn write(&mut self, page: &Page, record: &Record<'_>, out: &mut Vec<u8>) {
        match self.format {
            OutputFormat::Text => prose::text(record, out),
            OutputFormat::Markdown => prose::markdown(record, out),
            OutputFormat::Marked => marked::marked(record, out),
            OutputFormat::Jsonl | OutputFormat::Json | OutputFormat::Parquet => {
                self.index.set(record.text);
                let own = match self.format {
                    OutputFormat::Parquet => Own::String,
                    _ => Own::Object,
                };
                json::record(page, record, self.wanted(), &self.index, own, out);
            }
        }
    }

    /// Appends what stands in the place of a page that could not be read,
    /// `{"schema":1,"id":…,"source":…,"error":…}`; false if the format has no such thing.
    pub fn write_error(&self, error: &PageError, out: &mut Vec<u8>) -> bool {
        if self.format.is_json() {
            json::error(error, out);
        }
        self.format.is_json()
    }
}

/// The keys of these names.
fn keys<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Result<Keys> {
    names.into_iter().try_fold(Keys::NONE, |keys, name| {
        let name = name.as_ref();
        let unknown = || {
            let known = Key::names();
            Error::invalid(format!("unknown field `{name}`; there are: {known}"))
        };
        Ok(keys.set(Key::from_name(name).ok_or_else(unknown)?, true))
    })
}

impl PageError {
    /// All that is known of the page as one JSON object: `id`, `source`, `offset`,
    /// `reason`, `raw`, and `truncated` if `raw` is not the whole page. As in ripgrep's
    /// output, `raw` is `{"text":…}`, or `{"bytes":…}` in base64 if it is not UTF-8.
    pub fn to_json(&self) -> String {
        let mut out = Vec::with_capacity(self.raw.len() + 256);
        json::failure(self, &mut out);
        // Written from strings and ASCII only.
        String::from_utf8(out).unwrap_or_default()
    }
}

/// Where a run's output goes. All calls come from one thread, in input order.
///
/// An error from any of them ends the run. Every [`io::Write`] is a sink that takes records
/// and nothing else.
pub trait Sink {
    /// Takes finished bytes: some records, or what stands between them.
    ///
    /// # Errors
    /// Whatever writing fails with.
    fn records(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Learns of a page that could not be read.
    ///
    /// # Errors
    /// Anything that is to end the run.
    fn error(&mut self, _error: &PageError) -> io::Result<()> {
        Ok(())
    }

    /// Learns now and then how many pages, errors and bytes of input are done.
    ///
    /// # Errors
    /// Anything that is to end the run: this is the place to stop it from outside.
    fn progress(&mut self, _pages: u64, _errors: u64, _bytes: u64) -> io::Result<()> {
        Ok(())
    }
}

impl<W: io::Write> Sink for W {
    fn records(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }
}
