//! A WARC or WET file ([ISO 28500](https://iipc.github.io/warc-specifications/)). [`Records`]
//! cuts it into records, in the reading thread, and keeps those that hold pages; undoing
//! codings and charsets and reading HTML is left to the workers.
//!
//! A record that is truncated, garbled or of a wrong length costs itself: the next one is
//! looked for where a line begins with `WARC/`, in a packed file at the next member.

use std::sync::Arc;

use memchr::memmem;

use super::block::{Block, Form, Item, Said};
use super::compress::{Broken, Stream};
use super::decode::Charset;
use super::walk::Skipped;
use super::{html, http};
use crate::page::Warc;

/// How many bytes are asked for at once.
const CHUNK: usize = 256 * 1024;

/// The longest header of a record, in bytes.
const HEADER: usize = 64 * 1024;

/// The most lines of a header.
const LINES: usize = 128;

/// True if this is the beginning of a WARC file.
pub(super) fn is_warc(head: &[u8]) -> bool {
    head.trim_ascii_start().starts_with(b"WARC/")
}

/// A WARC file that is being cut.
pub(super) struct Records {
    path: Arc<str>,
    stream: Stream,
    /// Bytes of the file that have been read and not dealt with.
    buffer: Vec<u8>,
    /// Where in `buffer` the next record starts.
    at: usize,
    /// Where in the file `buffer` starts.
    offset: u64,
    /// What comes after `buffer`.
    after: After,
    record: u64,
    limit: usize,
}

/// What comes after the bytes that have been read.
enum After {
    More,
    End,
    /// A break: what was read up to it is not to be trusted as far as it is `inside` the
    /// piece that broke; reading may go on behind it.
    Break {
        reason: String,
        inside: bool,
    },
}

/// What the header of a record says.
#[derive(Default)]
struct Header {
    /// Its length, the blank line included.
    len: usize,
    kind: String,
    content: usize,
    warc: Warc,
}

impl Records {
    pub(super) fn new(path: Arc<str>, stream: Stream, limit: usize) -> Self {
        Self {
            path,
            stream,
            buffer: Vec::new(),
            at: 0,
            offset: 0,
            after: After::More,
            record: 0,
            limit,
        }
    }

    /// Adds records until the block is full. False at the end of the file.
    pub(super) fn fill(&mut self, block: &mut Block, skipped: &mut Skipped) -> bool {
        while !block.is_full() {
            if !self.next(block, skipped) {
                return false;
            }
        }
        true
    }

    /// Deals with one record, or with what stands in the place of one.
    fn next(&mut self, block: &mut Block, skipped: &mut Skipped) -> bool {
        self.pass_blank();
        self.ensure(b"WARC/".len());
        if self.rest().is_empty() {
            return match std::mem::replace(&mut self.after, After::More) {
                After::Break { reason, inside } => {
                    // One that is `inside` a piece was told with the record before it.
                    if !inside {
                        self.bad(0, reason, block);
                    }
                    true
                }
                After::More | After::End => false,
            };
        }
        if !self.rest().starts_with(b"WARC/") {
            self.resync(0, "no WARC record starts here".into(), block);
            return true;
        }
        match self.header() {
            Err((from, reason)) => self.resync(from, reason, block),
            Ok(header) if header.content > self.limit => self.skip_large(&header, block, skipped),
            Ok(header) => self.take(header, block, skipped),
        }
        true
    }

    /// What has been read and not dealt with.
    fn rest(&self) -> &[u8] {
        &self.buffer[self.at..]
    }

    /// Reads until there are `want` bytes; says whether there are.
    fn ensure(&mut self, want: usize) -> bool {
        while self.buffer.len() - self.at < want && matches!(self.after, After::More) {
            if self.at >= CHUNK {
                self.buffer.drain(..self.at);
                self.offset += self.at as u64;
                self.at = 0;
            }
            let missing = want - (self.buffer.len() - self.at);
            match self.stream.append(&mut self.buffer, missing.max(CHUNK)) {
                Ok(0) => self.after = After::End,
                Ok(_) => {}
                Err(error) => {
                    let broken = error
                        .get_ref()
                        .and_then(|inner| inner.downcast_ref::<Broken>());
                    self.after = After::Break {
                        inside: broken.is_none_or(|broken| broken.inside),
                        reason: error.to_string(),
                    };
                }
            }
        }
        self.buffer.len() - self.at >= want
    }

    /// Passes the line ends between records.
    fn pass_blank(&mut self) {
        while self.ensure(1) && self.rest()[0].is_ascii_whitespace() {
            self.at += 1;
        }
    }

    /// Reads the header of the record; on failure, where to look for the next one, and why.
    fn header(&mut self) -> Result<Header, (usize, String)> {
        const START: usize = b"WARC/".len();
        let endless = || (START, "the header of the record has no end".to_owned());
        let mut seen = START;
        let len = loop {
            match blank_line(self.rest(), seen) {
                Blank::Behind(len) => break len,
                Blank::None => return Err(endless()),
                Blank::NotYet => {}
            }
            let read = self.rest().len();
            if read > HEADER {
                return Err(endless());
            }
            if !self.ensure(read + 1) {
                return Err((START, self.why("the file ends in the header of a record")));
            }
            // Of what was read last, a line end may tell only now what stands behind it.
            seen = read.saturating_sub(VERSION).max(START);
        };
        let bad = |what: &str| (START, what.to_owned());
        let header = &self.rest()[..len];
        let lines = memchr::memchr(b'\n', header).map_or(len, |at| at + 1);
        let mut fields = [httparse::EMPTY_HEADER; LINES];
        let Ok(httparse::Status::Complete((_, fields))) =
            httparse::parse_headers(&header[lines..], &mut fields)
        else {
            return Err(bad("the header of the record is garbled"));
        };
        let value = |name: &str| {
            let field = fields
                .iter()
                .find(|field| field.name.eq_ignore_ascii_case(name))?;
            let value = String::from_utf8_lossy(field.value);
            Some(value.trim().to_owned())
        };
        let content =
            value("Content-Length").ok_or_else(|| bad("the record has no Content-Length"))?;
        Ok(Header {
            len,
            kind: value("WARC-Type").unwrap_or_default().to_ascii_lowercase(),
            content: content
                .parse()
                .map_err(|_| bad("the record's Content-Length is not a number"))?,
            warc: Warc {
                // Old versions of Wget put it between angle brackets.
                url: value("WARC-Target-URI").map(|url| url.trim_matches(['<', '>']).to_owned()),
                date: value("WARC-Date"),
                id: value("WARC-Record-ID"),
            },
        })
    }

    /// Why there are no more bytes.
    fn why(&self, end: &str) -> String {
        match &self.after {
            After::Break { reason, .. } => reason.clone(),
            After::More | After::End => end.to_owned(),
        }
    }

    /// Deals with a record that is not over the limit.
    fn take(&mut self, header: Header, block: &mut Block, skipped: &mut Skipped) {
        let end = header.len + header.content;
        // One byte more than the record and its end, so that a check sum behind it has been seen.
        self.ensure(end + 5);
        let rest = self.rest();
        if rest.len() < end {
            let reason = self.why("the file ends in the record");
            return self.resync(header.len, reason, block);
        }
        let tail = rest[end..].trim_ascii_start();
        let broken = match &self.after {
            After::Break {
                reason,
                inside: true,
            } if tail.is_empty() => Some(reason.clone()),
            _ => None,
        };
        if let Some(reason) = broken {
            return self.resync(header.len, reason, block);
        }
        // Behind its proper end, whatever follows is no fault of the record.
        let ends = rest[end..].starts_with(b"\r\n\r\n");
        if !ends && !tail.is_empty() && !b"WARC/".starts_with(&tail[..tail.len().min(5)]) {
            let reason = "the record's Content-Length is wrong".into();
            return self.resync(header.len, reason, block);
        }
        let len = end + (rest.len() - end - tail.len()).min(4);
        match Self::page(&rest[..end], header) {
            Ok((form, said)) => self.put(len, form, Some(Box::new(said)), block),
            Err(Skip::RecordType) => skipped.record_type += 1,
            Err(Skip::ContentType) => skipped.content_type += 1,
        }
        self.at += len;
    }

    /// How the page in a record is to be read; of a record without one, why it is passed over.
    fn page(record: &[u8], header: Header) -> Result<(Form, Said), Skip> {
        let content = &record[header.len..];
        let mut said = Said {
            url: header.warc.url.clone(),
            body: Some(header.len..record.len()),
            ..Said::default()
        };
        let form = match header.kind.as_str() {
            "conversion" => {
                said.charset = Charset::for_label("utf-8");
                Form::Text
            }
            "response" => {
                let head = match http::head(content) {
                    Some(head) => head,
                    None if content.starts_with(b"HTTP/") => return Ok((endless(), said)),
                    None => return Err(Skip::ContentType),
                };
                let body = &content[head.len..];
                let form = match head.media.as_deref() {
                    Some("text/html" | "application/xhtml+xml") => Form::Html,
                    Some("text/plain") => Form::Text,
                    None if html::is_html(body) => Form::Html,
                    _ => return Err(Skip::ContentType),
                };
                said.body = Some(header.len + head.len..record.len());
                said.charset = head.charset;
                said.codings = head.codings;
                form
            }
            _ => return Err(Skip::RecordType),
        };
        said.warc = Some(Box::new(header.warc));
        Ok((form, said))
    }

    /// Passes a record over the limit in bounded memory. Its length may be a lie, so the
    /// beginning of another record ends it, too.
    fn skip_large(&mut self, header: &Header, block: &mut Block, skipped: &mut Skipped) {
        if !matches!(header.kind.as_str(), "response" | "conversion") {
            skipped.record_type += 1;
        } else {
            self.ensure(self.limit);
            let rest = &self.rest()[..self.rest().len().min(self.limit)];
            // Else records of a few bytes that claim to be large are kept with all behind them.
            let next = next_record(rest.get(header.len..).unwrap_or_default());
            let len = next.map_or(rest.len(), |next| header.len + next);
            self.put(len, super::over(self.limit), None, block);
        }
        let mut left = header.content;
        self.at += header.len;
        while left > 0 && self.ensure(1) {
            self.ensure(CHUNK);
            let rest = self.rest();
            if let Some(next) = next_record(&rest[..rest.len().min(left)]) {
                self.at += next;
                return;
            }
            // A record's beginning may lie across the end.
            let pass = rest.len().min(left);
            let pass = if pass < left {
                pass.saturating_sub(START.len()).max(1)
            } else {
                pass
            };
            self.at += pass;
            left -= pass;
        }
    }

    /// Makes an error of what stands here and goes on at the next record, which is looked for
    /// `from` bytes on.
    fn resync(&mut self, from: usize, reason: String, block: &mut Block) {
        let mut seen = from;
        let len = loop {
            if let Some(next) = next_record(&self.rest()[seen.min(self.rest().len())..]) {
                break seen + next;
            }
            let read = self.rest().len();
            seen = read.saturating_sub(START.len()).max(seen);
            if read > self.limit {
                // Too much to keep: the rest of it is passed when its turn comes.
                break seen.min(read);
            }
            if !self.ensure(read + 1) {
                break read;
            }
        };
        self.bad(len, reason, block);
        self.at += len;
        if let After::Break { inside: true, .. } = self.after
            && self.rest().is_empty()
        {
            self.after = After::More;
        }
    }

    fn bad(&mut self, len: usize, reason: String, block: &mut Block) {
        let cut = matches!(self.after, After::End | After::Break { .. }) || len > self.limit;
        let fault = reason.into();
        self.put(len.min(self.limit), Form::Bad { fault, cut }, None, block);
    }

    /// Puts the next `len` bytes into the block.
    fn put(&mut self, len: usize, form: Form, said: Option<Box<Said>>, block: &mut Block) {
        let start = block.bytes.len();
        block
            .bytes
            .extend_from_slice(&self.buffer[self.at..self.at + len]);
        block.items.push(Item {
            path: Arc::clone(&self.path),
            record: self.record,
            contained: true,
            offset: Some(self.offset + self.at as u64),
            start,
            end: block.bytes.len(),
            form,
            said,
        });
        self.record += 1;
    }
}

/// The form of an answer of which the head is all there is, and not all of it.
fn endless() -> Form {
    let fault = "the head of the answer has no end".to_owned().into();
    Form::Bad { fault, cut: false }
}

/// Why a record holds no page.
enum Skip {
    RecordType,
    ContentType,
}

/// How a record begins, behind the one before it.
const START: &[u8] = b"\nWARC/1.0\r\n";

/// The longest first line of a record that [`is_version`] has to see, with the line end before it.
const VERSION: usize = b"\nWARC/0.18\n".len();

/// What was found of the blank line that ends a header.
enum Blank {
    /// The header ends here.
    Behind(usize),
    /// Another record begins before it.
    None,
    NotYet,
}

/// Looks for the end of a header, from the line ends at or behind `from` on. Some write no CR.
fn blank_line(header: &[u8], from: usize) -> Blank {
    for at in memchr::memchr_iter(b'\n', &header[from.min(header.len())..]) {
        let at = from + at;
        match &header[at + 1..] {
            [b'\n', ..] => return Blank::Behind(at + 2),
            [b'\r', b'\n', ..] if header[at - 1] == b'\r' => return Blank::Behind(at + 3),
            // Where many headers have no end, each is read up to the next one only.
            [b'W', b'A', b'R', b'C', b'/', rest @ ..] if is_version(rest) => return Blank::None,
            _ => {}
        }
    }
    Blank::NotYet
}

/// True for what stands behind `WARC/` where a record begins.
fn is_version(rest: &[u8]) -> bool {
    matches!(rest, [b'0' | b'1', b'.', b'0'..=b'9', b'\r' | b'\n', ..])
        || matches!(
            rest,
            [b'0', b'.', b'0'..=b'9', b'0'..=b'9', b'\r' | b'\n', ..]
        )
}

/// Where the next record begins.
fn next_record(bytes: &[u8]) -> Option<usize> {
    let starts = memmem::find_iter(bytes, b"\nWARC/").map(|at| at + 1);
    starts
        .into_iter()
        .find(|at| is_version(&bytes[at + b"WARC/".len()..]))
}
