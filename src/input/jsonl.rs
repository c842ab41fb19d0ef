//! A file of one JSON object a line. [`Lines`] cuts it into lines, in the reading thread,
//! and looks at nothing but line ends; [`parse`] makes a page of a line, in a worker.
//!
//! What is lenient here: blank lines do not count, lines may end in CRLF, the last one may
//! lack its end. Bytes that are not UTF-8 and escapes that are half a surrogate pair
//! (`"\ud83d"` alone) become U+FFFD and are counted, so that one broken character does not
//! cost a page.

use std::fmt;
use std::io;
use std::io::Read as _;
use std::sync::Arc;

use serde::Deserialize as _;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::block::{Block, Form, Item, Said};
use super::compress::Stream;
use super::decode::{self, Charset, decode_utf8, utf8};
use super::{Fields, html};
use crate::page::{Fault, Page, PageErrorKind};

/// A JSONL file that is being cut.
pub(super) struct Lines {
    path: Arc<str>,
    stream: Stream,
    /// The beginning of a line whose end did not fit into the last block.
    carry: Vec<u8>,
    /// Where in the file the line starts that is being cut.
    offset: u64,
    record: u64,
    limit: usize,
    /// What the stream is decoded from on its way here.
    charset: Option<Charset>,
}

/// How much of a file tells its charset, in bytes.
const HEAD: usize = 64 * 1024;

impl Lines {
    /// Lines in another charset than UTF-8, `forced` or told from the beginning of the file,
    /// are decoded first; the bytes that errors name are those of the decoded file then.
    pub(super) fn new(
        path: Arc<str>,
        mut stream: Stream,
        forced: Option<Charset>,
        limit: usize,
    ) -> Self {
        let charset = decode::of_stream(stream.look(HEAD), forced);
        let mut offset = 0;
        if let Some(charset) = charset {
            stream = Stream::open(decode::transcode(stream, charset));
        } else if stream.look(decode::BOM.len()).starts_with(decode::BOM) {
            stream.skip(decode::BOM.len());
            offset = decode::BOM.len() as u64;
        }
        Self {
            path,
            stream,
            charset,
            carry: Vec::new(),
            offset,
            record: 0,
            limit,
        }
    }

    /// Adds whole lines until the block is full. False at the end of the file.
    pub(super) fn fill(&mut self, block: &mut Block) -> bool {
        let first = block.bytes.len();
        block.bytes.append(&mut self.carry);
        let mut start = first;
        loop {
            if start > first && block.is_full() {
                self.carry.extend_from_slice(&block.bytes[start..]);
                block.bytes.truncate(start);
                return true;
            }
            let seen = block.bytes.len();
            let want = block.wanted(seen - start, self.limit);
            let read = self.stream.append(&mut block.bytes, want);
            start = self.cut(block, start, seen);
            if self.is_over(block, start) {
                start = self.skip_line(block, start);
                continue;
            }
            match read {
                Ok(0) => return self.end(block, start),
                Ok(_) => {}
                Err(error) => return self.break_off(block, start, &error),
            }
        }
    }

    /// Makes items of all lines that end behind `seen`; returns where the unfinished one starts.
    fn cut(&mut self, block: &mut Block, mut start: usize, seen: usize) -> usize {
        let Block { bytes, items, .. } = block;
        for found in memchr::memchr_iter(b'\n', &bytes[seen..]) {
            let end = seen + found;
            items.extend(self.line(bytes, start, end));
            self.offset += (end + 1 - start) as u64;
            start = end + 1;
        }
        start
    }

    /// The item of one line, unless that is blank.
    fn line(&mut self, bytes: &[u8], start: usize, mut end: usize) -> Option<Item> {
        if end > start && bytes[end - 1] == b'\r' {
            end -= 1;
        }
        if bytes[start..end].iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        let mut form = Form::Json;
        if end - start > self.limit {
            end = start + self.limit;
            form = super::over(self.limit);
        }
        Some(self.item(start, end, form))
    }

    fn item(&mut self, start: usize, end: usize, form: Form) -> Item {
        let (path, record) = (Arc::clone(&self.path), self.record);
        self.record += 1;
        Item {
            path,
            record,
            contained: true,
            offset: Some(self.offset),
            start,
            end,
            form,
            said: self.charset.map(|charset| {
                let transcoded = Some(charset);
                Box::new(Said {
                    transcoded,
                    ..Said::default()
                })
            }),
        }
    }

    /// True if the unfinished line is over the limit, whatever comes; one byte is left for
    /// the CR of a line end.
    fn is_over(&self, block: &Block, start: usize) -> bool {
        block.bytes.len() - start > self.limit.saturating_add(1)
    }

    /// Keeps the limit's worth of an over-long line and reads past the rest of it, in
    /// bounded memory. Returns where the next line starts.
    fn skip_line(&mut self, block: &mut Block, start: usize) -> usize {
        let mut skipped = (block.bytes.len() - start) as u64;
        block.bytes.truncate(start + self.limit);
        let item = self.item(start, start + self.limit, super::over(self.limit));
        block.items.push(item);
        let next = block.bytes.len();
        let mut chunk = vec![0; 64 * 1024];
        loop {
            match self.stream.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => match memchr::memchr(b'\n', &chunk[..count]) {
                    None => skipped += count as u64,
                    Some(at) => {
                        skipped += at as u64 + 1;
                        block.bytes.extend_from_slice(&chunk[at + 1..count]);
                        break;
                    }
                },
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.stream.fail(error);
                    break;
                }
            }
        }
        self.offset += skipped;
        self.cut(block, next, next)
    }

    /// The last line, if the file does not end in a line end.
    fn end(&mut self, block: &mut Block, start: usize) -> bool {
        let Block { bytes, items, .. } = block;
        items.extend(self.line(bytes, start, bytes.len()));
        false
    }

    /// The file could not be read on: whatever of a line is there goes into the error.
    fn break_off(&mut self, block: &mut Block, start: usize, error: &io::Error) -> bool {
        let form = Form::Bad {
            fault: error.to_string().into(),
            cut: true,
        };
        let item = self.item(start, block.bytes.len(), form);
        block.items.push(item);
        false
    }
}

/// True if this is the beginning of a JSONL file: its first line that is not blank is a
/// JSON object. `None` if more bytes are needed to tell; `whole` says that there are no more.
pub(super) fn is_jsonl(head: &[u8], whole: bool) -> Option<bool> {
    let Some(start) = head.iter().position(|byte| !byte.is_ascii_whitespace()) else {
        return whole.then_some(false);
    };
    if head[start] != b'{' {
        return Some(false);
    }
    let end = memchr::memchr(b'\n', &head[start..]).map(|at| start + at);
    match (end, whole) {
        (Some(end), _) => Some(is_object(&head[start..end])),
        (None, true) => Some(is_object(&head[start..])),
        (None, false) => None,
    }
}

/// True if the line, which starts with `{`, is JSON.
fn is_object(line: &[u8]) -> bool {
    let mut json = serde_json::Deserializer::from_slice(line);
    IgnoredAny::deserialize(&mut json).is_ok() && json.end().is_ok()
}

/// Fills the page from a line. `page.id` stays empty if the line has none.
///
/// The line is read once: serde_json checks it and says where keys and values lie, nothing
/// is built that is not wanted, and unescaping is ours, because serde_json gives up on
/// half a surrogate pair.
pub(super) fn parse(line: &[u8], fields: &Fields, page: &mut Page) -> Result<(), Fault> {
    if let Some(valid) = utf8(line) {
        return parse_text(valid, fields, page);
    }
    // Replacing cannot break the JSON: it never touches an ASCII byte. It counts bad bytes
    // anywhere in the line, not only in the text.
    let mut valid = String::with_capacity(line.len() + 16);
    let decoded = decode_utf8(line, &mut valid);
    page.source.charset = decoded.charset;
    page.source.replaced = decoded.replaced;
    parse_text(&valid, fields, page)
}

fn parse_text(line: &str, fields: &Fields, page: &mut Page) -> Result<(), Fault> {
    let mut json = serde_json::Deserializer::from_str(line);
    let found = Fill { fields, page }
        .deserialize(&mut json)
        .and_then(|text| json.end().map(|()| text));
    match found {
        Ok(TextField::Filled) if fields.html.is_some() => {
            let html = std::mem::take(&mut page.text);
            html::parse_str(&html, page);
            Ok(())
        }
        Ok(TextField::Filled) => Ok(()),
        Ok(TextField::Missing | TextField::Other("null")) if !fields.needed => Ok(()),
        Ok(TextField::Missing) => {
            let reason = format!("no field `{}`", fields.page());
            Err(Fault::new(PageErrorKind::NoText, reason))
        }
        Ok(TextField::Other(what)) => {
            let reason = format!("field `{}` is {what}, not a string", fields.page());
            Err(Fault::new(PageErrorKind::NoText, reason))
        }
        Err(error) => {
            // What was read before the fault is not to be trusted.
            page.id.clear();
            Err(Fault::new(PageErrorKind::BadJson, describe(&error)))
        }
    }
}

/// serde_json's message, its position counted within the one line.
fn describe(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match message.rsplit_once(" at line 1 column ") {
        Some((what, column)) => format!("bad JSON: {what} at column {column}"),
        None => format!("bad JSON: {message}"),
    }
}

/// What became of the text field.
enum TextField {
    Missing,
    Filled,
    Other(&'static str),
}

/// Reads an object's wanted fields into a page.
struct Fill<'f> {
    fields: &'f Fields,
    page: &'f mut Page,
}

impl<'de> DeserializeSeed<'de> for Fill<'_> {
    type Value = TextField;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<TextField, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Fill<'_> {
    type Value = TextField;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    /// Of keys that come twice, the last counts.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TextField, A::Error> {
        let Self { fields, page } = self;
        let mut text = TextField::Missing;
        let mut escaped = String::new();
        while let Some(key) = map.next_key::<&RawValue>()? {
            let key = plain(key.get(), &mut escaped);
            let keep = fields.keep.wants(key, fields.page());
            let wanted = keep || key == fields.page() || key == fields.id || key == fields.url;
            if !wanted {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = map.next_value::<&RawValue>()?.get();
            if key == fields.page() {
                text = fill_text(value, page);
            }
            if key == fields.id {
                page.id.clear();
                fill_name(value, &mut page.id);
            }
            if key == fields.url {
                page.url = None;
                let url = page.url.get_or_insert_default();
                fill_name(value, url);
            }
            if keep {
                page.input.push((key.to_owned(), value.to_owned()));
            }
        }
        Ok(text)
    }
}

fn fill_text(value: &str, page: &mut Page) -> TextField {
    let what = match value.as_bytes()[0] {
        b'"' => {
            page.text.clear();
            page.source.replaced += unescape(inside(value), &mut page.text);
            return TextField::Filled;
        }
        b'n' => "null",
        b't' | b'f' => "true or false",
        b'[' => "an array",
        b'{' => "an object",
        _ => "a number",
    };
    TextField::Other(what)
}

/// An id or address: a string's content, a number as it is written, nothing for null.
pub(super) fn fill_name(value: &str, name: &mut String) {
    match value.as_bytes()[0] {
        b'"' => {
            unescape(inside(value), name);
        }
        b'n' => {}
        _ => name.push_str(value),
    }
}

/// Appends the text as a JSON string.
#[cfg(feature = "parquet")]
pub(super) fn quote(text: &str, out: &mut Vec<u8>) {
    // Writing into memory does not fail.
    let _ = serde_json::to_writer(out, text);
}

/// A JSON string without its quotes.
fn inside(json: &str) -> &str {
    &json[1..json.len() - 1]
}

/// A JSON string's content; `buffer` is used if it has escapes.
fn plain<'a>(json: &'a str, buffer: &'a mut String) -> &'a str {
    let raw = inside(json);
    if memchr::memchr(b'\\', raw.as_bytes()).is_none() {
        return raw;
    }
    buffer.clear();
    unescape(raw, buffer);
    buffer
}

/// Appends the content of a JSON string that serde_json has found well-formed; returns how
/// many halves of surrogate pairs became U+FFFD.
fn unescape(mut raw: &str, out: &mut String) -> u64 {
    let mut replaced = 0;
    while let Some(at) = memchr::memchr(b'\\', raw.as_bytes()) {
        out.push_str(&raw[..at]);
        let escape = raw.as_bytes()[at + 1];
        raw = &raw[at + 2..];
        let simple = match escape {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let (char, length) = unicode(raw);
                raw = &raw[length..];
                replaced += u64::from(char.is_none());
                char.unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            other => char::from(other),
        };
        out.push(simple);
    }
    out.push_str(raw);
    replaced
}

/// What stands behind `\u`: the character, if it is one, and how many bytes spell it.
fn unicode(raw: &str) -> (Option<char>, usize) {
    let unit = |at: usize| {
        raw.get(at..at + 4)
            .and_then(|hex| u32::from_str_radix(hex, 16).ok())
    };
    let Some(first) = unit(0) else {
        return (None, 0);
    };
    if !(0xd800..0xdc00).contains(&first) {
        return (char::from_u32(first), 4);
    }
    let second = raw
        .get(4..6)
        .filter(|&mark| mark == "\\u")
        .and_then(|_| unit(6));
    match second {
        Some(low @ 0xdc00..0xe000) => (
            char::from_u32(0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00)),
            10,
        ),
        _ => (None, 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Keep;

    fn page(line: &str) -> Result<Page, String> {
        let fields = Fields {
            keep: Keep::All,
            ..Fields::default()
        };
        let mut page = Page::default();
        let read = parse(line.as_bytes(), &fields, &mut page);
        read.map(|()| page).map_err(|fault| fault.reason)
    }

    #[test]
    fn escapes() {
        for (json, text, replaced) in [
            (r#""""#, "", 0),
            (r#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{c}\n\r\t", 0),
            (r#""\u6b63\u6587\u00E9""#, "正文é", 0),
            (r#""\ud83d\ude00!""#, "😀!", 0),
            (r#""\ud83d""#, "\u{fffd}", 1),
            (r#""\ud83d\n""#, "\u{fffd}\n", 1),
            (r#""\ude00\ud83dx""#, "\u{fffd}\u{fffd}x", 2),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀", 1),
            (r#""\ud83d\u0041正""#, "\u{fffd}A正", 1),
        ] {
            let page = page(&format!(r#"{{"text":{json}}}"#)).unwrap();
            assert_eq!(
                (page.text.as_str(), page.source.replaced),
                (text, replaced),
                "{json}"
            );
            if replaced == 0 {
                assert_eq!(serde_json::from_str::<String>(json).unwrap(), text);
            }
        }
    }

    #[test]
    fn fields_of_a_line() {
        let page = page(
            r#"{"id":12345678901234567890123,"u\u0072l":"h","text":"t","n":[1.0, 2],"z":null}"#,
        );
        let page = page.unwrap();
        assert_eq!(page.id, "12345678901234567890123");
        assert_eq!(page.url.as_deref(), Some("h"));
        let kept: Vec<_> = page
            .input
            .iter()
            .map(|(key, json)| (key.as_str(), json.as_str()))
            .collect();
        assert_eq!(
            kept,
            [
                ("id", "12345678901234567890123"),
                ("url", "\"h\""),
                ("n", "[1.0, 2]"),
                ("z", "null")
            ]
        );
    }

    #[test]
    fn the_last_of_equal_keys_counts() {
        let page = page(r#"{"text":"a","id":"x","text":"b","id":"y"}"#).unwrap();
        assert_eq!((page.text.as_str(), page.id.as_str()), ("b", "y"));
    }

    #[test]
    fn objects_without_text() {
        let fields = Fields {
            needed: false,
            keep: Keep::Only(vec!["tags".into()]),
            ..Fields::default()
        };
        for line in [r#"{"tags":[]}"#, r#"{"tags":[],"text":null}"#] {
            let mut page = Page::default();
            parse(line.as_bytes(), &fields, &mut page).unwrap();
            assert_eq!(page.text, "");
            assert_eq!(page.input, [("tags".to_owned(), "[]".to_owned())]);
        }
        let wrong = parse(br#"{"text":1}"#, &fields, &mut Page::default());
        let reason = "field `text` is a number, not a string";
        assert_eq!(wrong, Err(Fault::new(PageErrorKind::NoText, reason)));
    }

    #[test]
    fn reasons() {
        for (line, reason) in [
            (r#"{"a":1}"#, "no field `text`"),
            (r#"{"text":null}"#, "field `text` is null, not a string"),
            (r#"{"text":-1}"#, "field `text` is a number, not a string"),
            (
                r#"{"text":["a"]}"#,
                "field `text` is an array, not a string",
            ),
            (
                r#"[1]"#,
                "bad JSON: invalid type: sequence, expected an object at column 0",
            ),
            (
                r#"{"text":"a""#,
                "bad JSON: EOF while parsing an object at column 11",
            ),
            (
                r#"{"text":"a"} x"#,
                "bad JSON: trailing characters at column 14",
            ),
            (r#"{"text":"a\x"}"#, "bad JSON: invalid escape at column 12"),
        ] {
            assert_eq!(page(line).unwrap_err(), reason, "{line}");
        }
    }

    #[test]
    fn bad_bytes_are_counted() {
        let fields = Fields::default();
        let mut page = Page::default();
        parse(b"{\"text\":\"a\xff\\ud800\xe6\xadz\"}", &fields, &mut page).unwrap();
        assert_eq!(
            (page.text.as_str(), page.source.replaced),
            ("a\u{fffd}\u{fffd}\u{fffd}z", 3)
        );
    }
}
