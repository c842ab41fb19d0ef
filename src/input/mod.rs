//! Bytes become pages: paths, directories, standard input and any reader, in order.
//!
//! The work is split for the sake of threads. [`Input::fill`] runs in one thread and only
//! opens, unpacks and cuts: it fills a [`Block`] with the raw bytes of whole pages.
//! [`Parser`] runs in the workers and does what costs time: it checks and decodes text and
//! parses JSON. [`Input`] as an iterator does both in one thread.
//!
//! Whatever cannot be read becomes a [`PageError`] in its place. Nothing here ends a run,
//! and nothing grows with the size of the input: what is held is a block, of a page at most
//! the limit.

mod block;
mod compress;
mod decode;
#[cfg(feature = "parquet")]
mod footer;
mod html;
mod http;
mod jsonl;
mod meter;
#[cfg(feature = "parquet")]
mod pages;
#[cfg(feature = "parquet")]
mod parquet;
mod text;
#[cfg(feature = "parquet")]
mod thrift;
mod walk;
mod warc;

use std::fs::File;
use std::io::{self, Read};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::page::{Fault, Page, PageError, PageErrorKind, Source};

use self::block::Form;
pub(crate) use self::block::{Block, Item};
use self::compress::Stream;
pub use self::decode::Charset;
use self::jsonl::Lines;
pub use self::meter::Meter;
#[cfg(feature = "parquet")]
use self::parquet::Rows;
pub use self::walk::Skipped;
use self::walk::Walk;
pub(crate) use self::walk::ending;
use self::warc::Records;

/// How files hold pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum InputFormat {
    /// Told by the file's name, compression ending aside: `.jsonl` and `.ndjson` are JSONL,
    /// `.txt`, `.text` and `.md` are text, `.html`, `.htm`, `.xhtml` and `.shtml` are HTML,
    /// `.warc` and `.wet` are WARC, `.parquet` and `.pq` are Parquet. Under any other name, and
    /// on standard input, by its beginning: Parquet's mark, a WARC record's, an HTML page's, a
    /// JSON object on the first line that is not blank; else it is text.
    #[default]
    Auto,
    /// A file is one page.
    Text,
    /// A line is one JSON object, which holds one page.
    Jsonl,
    /// A file is one HTML page, of which the visible text is extracted.
    Html,
    /// WARC and WET: each `response` record that holds HTML or text is a page, and each
    /// `conversion` record; others are skipped and counted.
    Warc,
    /// A row of the table is one page, its text in a column, of which the name is that of the
    /// JSONL field. What is not a plain file under a path (packed, standard input) is copied
    /// into a temporary file first.
    Parquet,
}

/// Which of a JSONL line's own fields, or a Parquet row's, go into the record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Keep {
    /// None.
    #[default]
    None,
    /// All but the text.
    All,
    /// These.
    Only(Vec<String>),
}

impl Keep {
    fn wants(&self, key: &str, page_field: &str) -> bool {
        match self {
            Keep::None => false,
            Keep::All => key != page_field,
            Keep::Only(keys) => keys.iter().any(|wanted| wanted == key),
        }
    }
}

/// Which fields of a JSONL line are read as what.
#[derive(Debug)]
struct Fields {
    text: String,
    /// Holds HTML, and is read in place of the text.
    html: Option<String>,
    /// False if a page may do without either.
    needed: bool,
    id: String,
    url: String,
    keep: Keep,
}

impl Fields {
    /// The field that holds the page.
    fn page(&self) -> &str {
        self.html.as_deref().unwrap_or(&self.text)
    }
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            text: "text".into(),
            html: None,
            needed: true,
            id: "id".into(),
            url: "url".into(),
            keep: Keep::None,
        }
    }
}

/// Pages over this many bytes are errors, unless told otherwise: 16 MiB.
const MAX_PAGE_SIZE: usize = 16 << 20;

/// How many bytes are read for a worker at once, unless told otherwise: 512 KiB. Large
/// enough that handing over costs nothing, small enough that a few of them fit a cache.
const BLOCK_SIZE: usize = 512 << 10;

/// Settings of an [`Input`], and what it is to read.
#[derive(Debug)]
#[must_use]
pub struct InputBuilder {
    places: Vec<Place>,
    format: InputFormat,
    fields: Fields,
    charset: Option<Charset>,
    max_page_size: usize,
    block_size: usize,
    shard: Shard,
    meter: Meter,
}

/// Which files are read: those whose number leaves this remainder.
#[derive(Clone, Copy, Debug)]
struct Shard {
    index: u64,
    of: NonZero<u64>,
}

impl Shard {
    const ALL: Shard = Shard {
        index: 0,
        of: NonZero::<u64>::MIN,
    };
}

impl InputBuilder {
    /// Adds a file or directory. A directory is walked in the order of its files' names;
    /// of it, files are read whose ending [`InputFormat::Auto`] knows, each also with `.gz`,
    /// `.zst`, `.bz2` or `.xz`, and names without an ending; hidden files and links to
    /// directories are not.
    pub fn path(mut self, path: impl Into<PathBuf>) -> Self {
        self.places.push(Place::Path(path.into()));
        self
    }

    /// Adds standard input, under the name `-`.
    pub fn stdin(self) -> Self {
        self.reader("-", io::stdin())
    }

    /// Adds any stream of bytes, compressed or not, under a name that stands for its path.
    pub fn reader(mut self, name: &str, reader: impl Read + Send + 'static) -> Self {
        self.places
            .push(Place::Reader(name.into(), Bytes(Box::new(reader))));
        self
    }

    /// How files hold pages; told from each file unless set.
    pub fn format(mut self, format: InputFormat) -> Self {
        self.format = format;
        self
    }

    /// The JSONL field that holds the text: `text` unless set.
    pub fn text_field(mut self, name: impl Into<String>) -> Self {
        self.fields.text = name.into();
        self
    }

    /// A JSONL field that holds the page as HTML; it is read in place of the text field.
    pub fn html_field(mut self, name: impl Into<String>) -> Self {
        self.fields.html = Some(name.into());
        self
    }

    /// A JSONL line or Parquet row without the text field is a page of no text, and no error.
    /// For objects of which other fields are of interest, as records are.
    pub fn text_optional(mut self) -> Self {
        self.fields.needed = false;
        self
    }

    /// The charset of all pages, whatever they declare or look like. Unless set it is told
    /// for each page: by a byte order mark, by a header or `<meta>` where the bytes do not
    /// belie it, by being UTF-8, else by detection; and for JSONL for each file.
    pub fn charset(mut self, charset: Charset) -> Self {
        self.charset = Some(charset);
        self
    }

    /// The JSONL field that holds the id, a string or a number: `id` unless set.
    pub fn id_field(mut self, name: impl Into<String>) -> Self {
        self.fields.id = name.into();
        self
    }

    /// The JSONL field that holds the page's address: `url` unless set.
    pub fn url_field(mut self, name: impl Into<String>) -> Self {
        self.fields.url = name.into();
        self
    }

    /// The JSONL fields that go into the record's `input`: none unless set.
    pub fn keep(mut self, keep: Keep) -> Self {
        self.fields.keep = keep;
        self
    }

    /// The most bytes a page may take as it is read: a text file unpacked, a JSONL line
    /// without its end. A larger one is a [`PageError`] and is never held as a whole.
    pub fn max_page_size(mut self, bytes: usize) -> Self {
        self.max_page_size = bytes.max(1);
        self
    }

    /// How many bytes are handed to a worker at once, 512 KiB unless set. What comes out
    /// does not depend on it.
    pub fn block_size(mut self, bytes: usize) -> Self {
        self.block_size = bytes.max(1);
        self
    }

    /// Reads every file whose number, counted from 0 in the order of reading, leaves the
    /// remainder `index` when divided by `of`. What a directory passes over has no number.
    pub fn shard(mut self, index: u64, of: NonZero<u64>) -> Self {
        self.shard = Shard { index, of };
        self
    }

    /// Counts on this meter the bytes that are read of files and streams, as they come.
    pub fn meter(mut self, meter: &Meter) -> Self {
        self.meter = meter.clone();
        self
    }

    /// True if there is a file at `path` and it is one of those to be read, by whatever name;
    /// links inside directories are not looked into.
    pub fn would_read(&self, path: &Path) -> bool {
        let Ok(path) = path.canonicalize() else {
            return false;
        };
        path.is_file() && self.places.iter().any(|place| place.holds(&path))
    }

    /// The input; no file is opened yet.
    pub fn build(self) -> Input {
        Input {
            places: self.places.into_iter(),
            place: 0,
            shard: self.shard,
            meter: self.meter,
            number: 0,
            format: self.format,
            max_page_size: self.max_page_size,
            block_size: self.block_size,
            parser: Parser {
                fields: Arc::new(self.fields),
                charset: self.charset,
                max_page_size: self.max_page_size,
            },
            walk: None,
            container: None,
            skipped: Skipped::default(),
            opened: 0,
            ahead: None,
        }
    }
}

/// Somewhere to read from.
#[derive(Debug)]
enum Place {
    Path(PathBuf),
    Reader(Arc<str>, Bytes),
}

impl Place {
    /// True if the file at this canonical path is read from here.
    fn holds(&self, path: &Path) -> bool {
        let Self::Path(place) = self else {
            return false;
        };
        let place = place.canonicalize();
        place.is_ok_and(|place| place == path || walk::comes_to(&place, path))
    }
}

/// What is to be opened next.
enum Next {
    File(PathBuf),
    Unreadable(PathBuf, String),
    Stream(Arc<str>, Bytes),
}

/// A file that is to be read, found without opening it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InputFile {
    /// Where it is.
    pub path: PathBuf,
    /// By which call of [`InputBuilder::path`] or its like it came in, counted from 0.
    pub place: usize,
}

struct Bytes(Box<dyn Read + Send>);

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("reader")
    }
}

/// Pages out of files, directories and streams, in order.
///
/// ```
/// let lines = br#"{"id":"a","text":"One page"}
/// {"id":"b"}
/// "#;
/// let mut input = dehusk::Input::builder().reader("pages", &lines[..]).build();
/// assert_eq!(input.next().unwrap().unwrap().text, "One page");
/// assert_eq!(
///     input.next().unwrap().unwrap_err().to_string(),
///     "pages: record 1, byte 29: no field `text`",
/// );
/// assert!(input.next().is_none());
/// ```
pub struct Input {
    places: std::vec::IntoIter<Place>,
    /// How many of the places have been begun.
    place: usize,
    shard: Shard,
    meter: Meter,
    /// How many files have been found.
    number: u64,
    format: InputFormat,
    max_page_size: usize,
    block_size: usize,
    parser: Parser,
    /// The directory that is being walked.
    walk: Option<Walk>,
    /// The file of many pages that is being cut.
    container: Option<Container>,
    skipped: Skipped,
    opened: u64,
    /// For the iterator: a block, and how much of it has been given out.
    ahead: Option<(Block, usize)>,
}

impl Input {
    /// Settings to build from.
    pub fn builder() -> InputBuilder {
        InputBuilder {
            places: Vec::new(),
            format: InputFormat::Auto,
            fields: Fields::default(),
            charset: None,
            max_page_size: MAX_PAGE_SIZE,
            block_size: BLOCK_SIZE,
            shard: Shard::ALL,
            meter: Meter::default(),
        }
    }

    /// What has been passed over inside directories so far.
    pub fn skipped(&self) -> Skipped {
        self.skipped
    }

    /// How many files and streams have been opened so far.
    pub fn opened(&self) -> u64 {
        self.opened
    }

    pub(crate) fn parser(&self) -> Parser {
        self.parser.clone()
    }

    /// How many bytes make a block.
    pub(crate) fn block_size(&self) -> usize {
        self.block_size
    }

    /// An empty block of the right size.
    pub(crate) fn block(&self) -> Block {
        Block::new(self.block_size)
    }

    /// Adds pages until the block is full. False if there are no more.
    pub(crate) fn fill(&mut self, block: &mut Block) -> bool {
        while !block.is_full() {
            if let Some(container) = &mut self.container {
                if !container.fill(block, &mut self.skipped) {
                    self.container = None;
                }
            } else if !self.open_next(block) {
                return false;
            }
        }
        true
    }

    /// Opens whatever comes next. False if nothing does.
    fn open_next(&mut self, block: &mut Block) -> bool {
        match self.next_own() {
            None => return false,
            Some(Next::File(path)) => self.open_file(&path, block),
            Some(Next::Unreadable(path, reason)) => {
                block.items.push(unreadable(&name(&path), reason, block));
            }
            Some(Next::Stream(name, bytes)) => self.read(name, None, bytes.0, None, block),
        }
        true
    }

    /// Steps over the next file, or learns why a directory cannot be read. Streams do not
    /// count. For a caller that gives each file an input of its own.
    pub fn next_file(&mut self) -> Option<Result<InputFile, PageError>> {
        loop {
            match self.next_own()? {
                Next::Stream(..) => {}
                Next::File(path) => {
                    let place = self.place - 1;
                    return Some(Ok(InputFile { path, place }));
                }
                Next::Unreadable(path, reason) => return Some(Err(unlisted(&path, reason))),
            }
        }
    }

    /// What comes next of all that is not left to other shards.
    fn next_own(&mut self) -> Option<Next> {
        loop {
            let next = self.next_any()?;
            let own = self.number % self.shard.of == self.shard.index;
            self.number += 1;
            if own {
                return Some(next);
            }
            self.skipped.other_shard += 1;
        }
    }

    fn next_any(&mut self) -> Option<Next> {
        loop {
            if let Some(walk) = &mut self.walk {
                match walk.next() {
                    Some(Ok(path)) => return Some(Next::File(path)),
                    Some(Err((path, reason))) => return Some(Next::Unreadable(path, reason)),
                    None => self.leave(),
                }
                continue;
            }
            let place = self.places.next()?;
            self.place += 1;
            match place {
                Place::Reader(name, bytes) => return Some(Next::Stream(name, bytes)),
                Place::Path(path) if path.is_dir() => self.walk = Some(Walk::new(&path)),
                Place::Path(path) => return Some(Next::File(path)),
            }
        }
    }

    /// The end of a directory.
    fn leave(&mut self) {
        if let Some(walk) = self.walk.take() {
            let new = walk.skipped();
            self.skipped.hidden += new.hidden;
            self.skipped.other_ending += new.other_ending;
            self.skipped.not_a_file += new.not_a_file;
        }
    }

    fn open_file(&mut self, path: &Path, block: &mut Block) {
        match File::open(path) {
            Ok(file) => self.read(name(path), by_name(path), file, Some(path), block),
            Err(error) => block
                .items
                .push(unreadable(&name(path), error.to_string(), block)),
        }
    }

    /// Reads a file of one page into the block, or leaves one of many in `container`.
    fn read(
        &mut self,
        name: Arc<str>,
        named: Option<InputFormat>,
        bytes: impl Read + Send + 'static,
        path: Option<&Path>,
        block: &mut Block,
    ) {
        self.opened += 1;
        let limit = self.max_page_size;
        let mut stream = Stream::open(self.meter.read(bytes));
        let format = match self.format {
            InputFormat::Auto => {
                named.or_else(|| by_content(&mut stream, self.parser.charset, limit))
            }
            told => Some(told),
        };
        let form = match format {
            Some(InputFormat::Jsonl) => {
                let lines = Lines::new(name, stream, self.parser.charset, limit);
                self.container = Some(Container::Lines(lines));
                return;
            }
            Some(InputFormat::Warc) => {
                self.container = Some(Container::Warc(Records::new(name, stream, limit)));
                return;
            }
            Some(InputFormat::Parquet) => return self.open_table(&name, stream, path, block),
            // Nothing came, and nothing says that it was to be a page.
            None if &*name == "-" => return,
            Some(InputFormat::Html) => Form::Html,
            _ => Form::Text,
        };
        text::read(&name, stream, form, limit, block);
    }

    /// Leaves a Parquet file in `container`; where it is not one that can be sought in, a copy of it.
    #[cfg(feature = "parquet")]
    fn open_table(
        &mut self,
        name: &Arc<str>,
        stream: Stream,
        path: Option<&Path>,
        block: &mut Block,
    ) {
        let (path, fields) = (path.filter(|path| path.is_file()), &self.parser.fields);
        let path = path.filter(|_| !stream.is_packed());
        let file = match path {
            Some(path) => File::open(path).map_err(|error| error.to_string()),
            None => parquet::spool(stream),
        };
        let (table, fields) = (Arc::clone(name), Arc::clone(fields));
        match file.and_then(|file| Rows::open(table, file, fields, self.max_page_size)) {
            Ok(rows) => {
                // A copy's bytes have been counted on their way into it.
                let meter = path.map(|_| self.meter.clone()).unwrap_or_default();
                let rows = rows.counted(meter);
                self.container = Some(Container::Parquet(Box::new(rows)));
            }
            Err(reason) => block.items.push(unreadable(name, reason, block)),
        }
    }

    #[cfg(not(feature = "parquet"))]
    #[allow(clippy::unused_self, reason = "as with the feature")]
    fn open_table(
        &mut self,
        name: &Arc<str>,
        _stream: Stream,
        _path: Option<&Path>,
        block: &mut Block,
    ) {
        let reason = "built without the feature `parquet`".into();
        block.items.push(unreadable(name, reason, block));
    }
}

/// A file of many pages on its way into blocks.
enum Container {
    Lines(Lines),
    Warc(Records),
    #[cfg(feature = "parquet")]
    Parquet(Box<Rows>),
}

impl Container {
    /// Adds pages until the block is full. False at the end of the file.
    fn fill(&mut self, block: &mut Block, skipped: &mut Skipped) -> bool {
        match self {
            Self::Lines(lines) => lines.fill(block),
            Self::Warc(records) => records.fill(block, skipped),
            #[cfg(feature = "parquet")]
            Self::Parquet(rows) => rows.fill(block),
        }
    }
}

impl Iterator for Input {
    type Item = Result<Page, PageError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (mut block, mut at) = self.ahead.take().unwrap_or_else(|| (self.block(), 0));
        // A block of blank lines holds no item and is not the end.
        let mut more = true;
        while at == block.items().len() && more {
            block.clear();
            at = 0;
            more = self.fill(&mut block);
        }
        let item = block.items().get(at)?;
        let mut page = Page::default();
        let result = self.parser.read(&block, item, &mut page).map(|()| page);
        self.ahead = Some((block, at + 1));
        Some(result.map_err(|error| *error))
    }
}

/// The content of a stream that may be packed with gzip or zstd.
#[cfg(feature = "eval")]
pub(crate) fn unpack(raw: impl Read + Send + 'static) -> impl Read {
    Stream::open(raw)
}

/// How a path is called in ids, sources and messages.
fn name(path: &Path) -> Arc<str> {
    path.to_string_lossy().into()
}

/// The item of a file that cannot be opened.
fn unreadable(name: &Arc<str>, reason: String, block: &Block) -> Item {
    let (path, end) = (Arc::clone(name), block.bytes.len());
    let fault = Fault::new(PageErrorKind::Unopened, reason);
    let form = Form::Bad { fault, cut: false };
    Item {
        path,
        record: 0,
        contained: false,
        offset: None,
        start: end,
        end,
        form,
        said: None,
    }
}

/// The error of a directory that cannot be listed.
fn unlisted(path: &Path, reason: String) -> PageError {
    let path = name(path);
    PageError {
        id: (*path).into(),
        source: Source {
            path,
            ..Source::default()
        },
        kind: PageErrorKind::Unopened,
        reason,
        ..PageError::default()
    }
}

/// Why a page over the limit is not read.
fn over_limit(limit: usize) -> Fault {
    let reason = format!("page over the limit of {limit} bytes");
    Fault::new(PageErrorKind::OverLimit, reason)
}

/// The form of a page of which only a limit's worth is at hand.
fn over(limit: usize) -> Form {
    let fault = over_limit(limit);
    Form::Bad { fault, cut: true }
}

fn by_name(path: &Path) -> Option<InputFormat> {
    match ending(path)?.as_str() {
        "jsonl" | "ndjson" => Some(InputFormat::Jsonl),
        "txt" | "text" | "md" => Some(InputFormat::Text),
        "html" | "htm" | "xhtml" | "shtml" => Some(InputFormat::Html),
        "warc" | "wet" => Some(InputFormat::Warc),
        "parquet" | "pq" => Some(InputFormat::Parquet),
        _ => None,
    }
}

/// `None` for a stream of no bytes. A first line over the limit cannot be parsed; starting
/// like an object it is taken for one, so that the error costs a line, not the file.
fn by_content(stream: &mut Stream, forced: Option<Charset>, limit: usize) -> Option<InputFormat> {
    let mut want = 64 * 1024;
    loop {
        let head = stream.look(want);
        if head.is_empty() {
            return None;
        }
        // How a Parquet file begins and ends.
        if head.starts_with(b"PAR1") {
            return Some(InputFormat::Parquet);
        }
        if warc::is_warc(head) {
            return Some(InputFormat::Warc);
        }
        let over = head.len() > limit;
        let whole = head.len() < want;
        let head = &*decode::as_utf8(head, forced);
        if html::is_html(head) {
            return Some(InputFormat::Html);
        }
        match jsonl::is_jsonl(head, whole) {
            None if !over => want *= 2,
            // Nothing but white space.
            None if !head.trim_ascii_start().starts_with(b"{") => return Some(InputFormat::Text),
            Some(false) => return Some(InputFormat::Text),
            None | Some(true) => return Some(InputFormat::Jsonl),
        }
    }
}

/// Makes pages of a block's items; runs in the workers.
#[derive(Clone, Debug)]
pub(crate) struct Parser {
    fields: Arc<Fields>,
    charset: Option<Charset>,
    max_page_size: usize,
}

impl Parser {
    /// Reads one item into `page`, whose memory is used again.
    pub(crate) fn read(
        &self,
        block: &Block,
        item: &Item,
        page: &mut Page,
    ) -> Result<(), Box<PageError>> {
        page.id.clear();
        page.url = None;
        page.text.clear();
        page.input.clear();
        page.markup.clear();
        page.source = item.source();
        if let Some(said) = &item.said {
            page.id.push_str(said.id.as_deref().unwrap_or(""));
            page.url.clone_from(&said.url);
            page.input.clone_from(&said.input);
        }
        let raw = block.raw(item);
        let read = match &item.form {
            Form::Json => jsonl::parse(raw, &self.fields, page),
            #[cfg(feature = "parquet")]
            Form::Cell { is_html } => {
                parquet::parse(raw, *is_html, page);
                Ok(())
            }
            Form::Bad { fault, .. } => Err(fault.clone()),
            Form::Text => self.document(item, raw, text::parse, page),
            Form::Html => self.document(item, raw, html::parse, page),
        };
        if let Some(charset) = item.said.as_ref().and_then(|said| said.transcoded) {
            page.source.charset = Some(charset.name());
            page.source.replaced = decode::replacements(&page.text);
        }
        page.source.replaced += item.said.as_ref().map_or(0, |said| said.replaced);
        self.name(item, page);
        read.map_err(|fault| Box::new(self.error(block, item, &page.id, fault)))
    }

    /// Reads a document: its codings undone, `parse` gets its bytes and what is known of their charset.
    fn document(
        &self,
        item: &Item,
        raw: &[u8],
        parse: fn(&[u8], Option<Charset>, Option<Charset>, &mut Page),
        page: &mut Page,
    ) -> Result<(), Fault> {
        let Some(said) = &item.said else {
            parse(raw, None, self.charset, page);
            return Ok(());
        };
        let body = said.body.clone().map_or(raw, |body| &raw[body]);
        let body = http::unpack(body, &said.codings, self.max_page_size)?;
        parse(&body, said.charset, self.charset, page);
        Ok(())
    }

    /// Gives the page an id, if it brought none.
    fn name(&self, item: &Item, page: &mut Page) {
        page.url = page.url.take().filter(|url| !url.is_empty());
        if page.id.is_empty() {
            match &page.url {
                Some(url) => page.id.push_str(url),
                None => item.default_id(&mut page.id),
            }
        }
    }

    /// The error that an item becomes, with its raw bytes.
    pub(crate) fn error(&self, block: &Block, item: &Item, id: &str, fault: Fault) -> PageError {
        let source = item.source();
        let truncated = matches!(item.form, Form::Bad { cut: true, .. });
        PageError {
            id: id.into(),
            source,
            contained: item.contained,
            offset: item.offset,
            kind: fault.kind,
            reason: fault.reason,
            raw: block.raw(item).to_vec(),
            truncated,
        }
    }
}
