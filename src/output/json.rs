//! Records as JSON, written straight into a buffer: keys in the contract's order, no tree
//! in between. The contract's meaning of each key is documented at [`crate::RecordWriter`].

use super::offsets::Index;
use crate::fields::{Contact, Record, Section, Segment};
use crate::page::{Page, PageError, Source};
use crate::span::Span;

/// The version of the record's layout.
pub(super) const SCHEMA: u64 = 1;

/// A record's keys, in the order in which they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Key {
    Schema,
    Id,
    Url,
    Source,
    Title,
    Body,
    Sections,
    Tags,
    Related,
    Contacts,
    Masked,
    Language,
    Segments,
    Text,
    Input,
}

impl Key {
    pub(super) const ALL: [(Key, &'static str); 15] = [
        (Key::Schema, "schema"),
        (Key::Id, "id"),
        (Key::Url, "url"),
        (Key::Source, "source"),
        (Key::Title, "title"),
        (Key::Body, "body"),
        (Key::Sections, "sections"),
        (Key::Tags, "tags"),
        (Key::Related, "related"),
        (Key::Contacts, "contacts"),
        (Key::Masked, "masked"),
        (Key::Language, "language"),
        (Key::Segments, "segments"),
        (Key::Text, "text"),
        (Key::Input, "input"),
    ];

    pub(super) fn from_name(name: &str) -> Option<Key> {
        Self::ALL
            .into_iter()
            .find(|(_, known)| *known == name)
            .map(|(key, _)| key)
    }

    pub(super) fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// The names of all keys, for messages.
    pub(super) fn names() -> String {
        Self::ALL.map(|(_, name)| name).join(", ")
    }
}

/// A set of keys.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys(u16);

impl Keys {
    pub(super) const NONE: Keys = Keys(0);
    /// What is written unless told otherwise.
    pub(super) const USUAL: Keys = Keys(0x7fff & !(1 << Key::Text as u8));

    pub(super) fn set(self, key: Key, yes: bool) -> Self {
        let bit = 1 << key as u8;
        if yes {
            Keys(self.0 | bit)
        } else {
            Keys(self.0 & !bit)
        }
    }

    pub(super) fn or(self, other: Keys) -> Self {
        Keys(self.0 | other.0)
    }

    pub(super) fn has(self, key: Key) -> bool {
        self.0 & (1 << key as u8) != 0
    }
}

/// How the input's own fields are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    /// As an object.
    Object,
    /// As a string that holds one.
    String,
}

/// Writes one record, without a line end.
pub(super) fn record(
    page: &Page,
    record: &Record<'_>,
    keys: Keys,
    index: &Index,
    own: Own,
    out: &mut Vec<u8>,
) {
    let mut object = Object::open(out, keys);
    object.put(Key::Schema, |out| number(SCHEMA, out));
    object.put(Key::Id, |out| string(&page.id, out));
    object.put_some(Key::Url, page.url.as_deref(), string);
    object.put(Key::Source, |out| source(&page.source, out));
    object.put_some(Key::Title, record.title(), string);
    object.put(Key::Body, |out| body(record, out));

    let places = Places {
        text: record.text,
        index,
    };
    object.put(Key::Sections, |out| {
        array(&record.sections, out, |item, out| places.section(item, out))
    });
    object.put(Key::Tags, |out| array(record.tags(), out, string));
    object.put(Key::Related, |out| array(record.related(), out, string));
    object.put(Key::Contacts, |out| {
        array(&record.contacts, out, |item, out| places.contact(item, out))
    });
    object.put(Key::Masked, |out| {
        array(&record.masked, out, |item, out| places.masked(*item, out))
    });
    object.put_some(
        Key::Language,
        record.language.map(|language| language.tag()),
        string,
    );
    object.put(Key::Segments, |out| {
        array(&record.segments, out, |item, out| places.segment(item, out))
    });
    object.put(Key::Text, |out| string(record.text, out));
    object.put_some(
        Key::Input,
        Some(&page.input[..]).filter(|input| !input.is_empty()),
        if own == Own::String {
            quoted_input
        } else {
            input
        },
    );
    object.close();
}

/// Writes what stands in the place of a page that could not be read.
pub(super) fn error(error: &PageError, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"schema\":");
    number(SCHEMA, out);
    out.extend_from_slice(b",\"id\":");
    string(&error.id, out);
    out.extend_from_slice(b",\"source\":");
    source(&error.source, out);
    out.extend_from_slice(b",\"error\":");
    string(&error.reason, out);
    out.push(b'}');
}

/// Writes all that is known of a page that could not be read, with its raw bytes.
pub(super) fn failure(error: &PageError, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"id\":");
    string(&error.id, out);
    out.extend_from_slice(b",\"source\":");
    source(&error.source, out);
    if let Some(offset) = error.offset {
        out.extend_from_slice(b",\"offset\":");
        number(offset, out);
    }
    out.extend_from_slice(b",\"reason\":");
    string(&error.reason, out);
    out.extend_from_slice(b",\"raw\":");
    match std::str::from_utf8(&error.raw) {
        Ok(text) => {
            out.extend_from_slice(b"{\"text\":");
            string(text, out);
        }
        Err(_) => {
            out.extend_from_slice(b"{\"bytes\":\"");
            base64(&error.raw, out);
            out.push(b'"');
        }
    }
    out.push(b'}');
    if error.truncated {
        out.extend_from_slice(b",\"truncated\":true");
    }
    out.push(b'}');
}

/// An object of wanted keys.
struct Object<'o> {
    out: &'o mut Vec<u8>,
    keys: Keys,
    before: u8,
}

impl<'o> Object<'o> {
    fn open(out: &'o mut Vec<u8>, keys: Keys) -> Self {
        Self {
            out,
            keys,
            before: b'{',
        }
    }

    fn put(&mut self, key: Key, value: impl FnOnce(&mut Vec<u8>)) {
        if !self.keys.has(key) {
            return;
        }
        self.out.extend_from_slice(&[self.before, b'"']);
        self.before = b',';
        self.out.extend_from_slice(key.name().as_bytes());
        self.out.extend_from_slice(b"\":");
        value(self.out);
    }

    fn put_some<T: ?Sized>(
        &mut self,
        key: Key,
        value: Option<&T>,
        write: impl FnOnce(&T, &mut Vec<u8>),
    ) {
        if let Some(value) = value {
            self.put(key, |out| write(value, out));
        }
    }

    fn close(self) {
        if self.before == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
    }
}

/// Writes whatever has offsets.
struct Places<'a> {
    text: &'a str,
    index: &'a Index,
}

impl Places<'_> {
    fn section(&self, section: &Section, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"level\":");
        number(section.level.into(), out);
        out.extend_from_slice(b",\"heading\":");
        string(section.heading.of(self.text), out);
        self.range(section.span, out);
        out.push(b'}');
    }

    fn contact(&self, contact: &Contact, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"kind\":\"");
        out.extend_from_slice(contact.kind.name().as_bytes());
        out.extend_from_slice(b"\",\"value\":");
        string(&contact.value, out);
        self.range(contact.span, out);
        out.push(b'}');
    }

    fn masked(&self, span: Span, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"start\":");
        self.offset(span.start, out);
        out.extend_from_slice(b",\"end\":");
        self.offset(span.end, out);
        out.push(b'}');
    }

    fn segment(&self, segment: &Segment, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"kind\":\"");
        out.extend_from_slice(segment.kind.name().as_bytes());
        out.push(b'"');
        self.range(segment.span, out);
        if segment.kind.has_items() {
            out.extend_from_slice(b",\"items\":");
            array(&segment.items, out, |item, out| self.pair(*item, out));
        }
        if let Some(confidence) = segment.confidence {
            out.extend_from_slice(format!(",\"confidence\":{confidence}").as_bytes());
        }
        out.push(b'}');
    }

    fn range(&self, span: Span, out: &mut Vec<u8>) {
        out.extend_from_slice(b",\"start\":");
        self.offset(span.start, out);
        out.extend_from_slice(b",\"end\":");
        self.offset(span.end, out);
    }

    fn pair(&self, span: Span, out: &mut Vec<u8>) {
        out.push(b'[');
        self.offset(span.start, out);
        out.push(b',');
        self.offset(span.end, out);
        out.push(b']');
    }

    fn offset(&self, at: usize, out: &mut Vec<u8>) {
        number(self.index.get(self.text, at) as u64, out);
    }
}

fn source(source: &Source, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"path\":");
    string(&source.path, out);
    out.extend_from_slice(b",\"record\":");
    number(source.record, out);
    if let Some(warc) = &source.warc {
        for (name, value) in [
            ("url", &warc.url),
            ("WARC-Date", &warc.date),
            ("WARC-Record-ID", &warc.id),
        ] {
            let Some(value) = value else { continue };
            out.push(b',');
            string(name, out);
            out.push(b':');
            string(value, out);
        }
    }
    if let Some(charset) = source.charset {
        out.extend_from_slice(b",\"charset\":");
        string(charset, out);
    }
    if source.replaced > 0 {
        out.extend_from_slice(b",\"replaced\":");
        number(source.replaced, out);
    }
    out.push(b'}');
}

/// The article's text, without building it first.
fn body(record: &Record<'_>, out: &mut Vec<u8>) {
    out.push(b'"');
    for (number, part) in record.body_parts().enumerate() {
        if number > 0 {
            out.extend_from_slice(b"\\n\\n");
        }
        escape(part, out);
    }
    out.push(b'"');
}

/// The input's own fields; the values are JSON already.
fn input(fields: &[(String, String)], out: &mut Vec<u8>) {
    let mut before = b'{';
    for (key, value) in fields {
        out.push(before);
        before = b',';
        string(key, out);
        out.push(b':');
        out.extend_from_slice(value.as_bytes());
    }
    out.push(b'}');
}

/// The same as a string.
fn quoted_input(fields: &[(String, String)], out: &mut Vec<u8>) {
    let mut json = Vec::new();
    input(fields, &mut json);
    string(&String::from_utf8_lossy(&json), out);
}

fn array<T>(
    items: impl IntoIterator<Item = T>,
    out: &mut Vec<u8>,
    mut write: impl FnMut(T, &mut Vec<u8>),
) {
    out.push(b'[');
    for (number, item) in items.into_iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(b']');
}

fn number(value: u64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = value;
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

fn string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    escape(text, out);
    out.push(b'"');
}

/// Escapes exactly as serde_json does. Text without anything to escape, which is most text,
/// is checked 32 bytes at a time in a loop that the compiler turns into vector code.
fn escape(text: &str, out: &mut Vec<u8>) {
    out.reserve(text.len());
    let mut rest = text.as_bytes();
    loop {
        let clean = clean_prefix(rest);
        out.extend_from_slice(&rest[..clean]);
        let Some(&byte) = rest.get(clean) else { return };
        escape_byte(byte, out);
        rest = &rest[clean + 1..];
    }
}

/// How many bytes from the start need no escape.
fn clean_prefix(bytes: &[u8]) -> usize {
    let mut clean = 0;
    for chunk in bytes.chunks_exact(32) {
        if chunk
            .iter()
            .fold(false, |found, &byte| found | needs_escape(byte))
        {
            break;
        }
        clean += 32;
    }
    let tail = bytes[clean..].iter().position(|&byte| needs_escape(byte));
    tail.map_or(bytes.len(), |at| clean + at)
}

fn needs_escape(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

fn escape_byte(byte: u8, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let letter = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
            out.extend_from_slice(b"\\u00");
            out.extend_from_slice(&digits);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', letter]);
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8], out: &mut Vec<u8>) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for chunk in bytes.chunks(3) {
        let mut group = [0; 3];
        group[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        for place in 0..4 {
            let digit = ALPHABET[(bits >> (18 - 6 * place) & 63) as usize];
            out.push(if place > chunk.len() { b'=' } else { digit });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn escapes_as_serde_json_does() {
        let every: String = (0..0x300)
            .chain(0x2020..0x2030)
            .filter_map(char::from_u32)
            .collect();
        let long = format!(
            "{}\"{}\\{}\n😀",
            "正文".repeat(30),
            "a".repeat(31),
            "b".repeat(64)
        );
        for text in ["", "a", "正文", &every, &long] {
            assert_eq!(
                text_of(|out| string(text, out)),
                serde_json::to_string(text).unwrap()
            );
        }
    }

    #[test]
    fn escapes_wherever_they_stand() {
        for length in 0..70 {
            for at in 0..length {
                let text: String = (0..length)
                    .map(|n| if n == at { '\n' } else { 'x' })
                    .collect();
                assert_eq!(
                    text_of(|out| string(&text, out)),
                    serde_json::to_string(&text).unwrap()
                );
            }
        }
    }

    #[test]
    fn numbers() {
        for value in [0, 7, 10, 409, u64::MAX] {
            assert_eq!(text_of(|out| number(value, out)), value.to_string());
        }
    }

    #[test]
    fn base64_of_the_standard() {
        for (bytes, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(text_of(|out| base64(bytes.as_bytes(), out)), expected);
        }
        assert_eq!(text_of(|out| base64(&[0xff, 0xfe, 0xfb], out)), "//77");
    }

    #[test]
    fn no_keys_is_still_an_object() {
        let (page, found) = (Page::default(), crate::extract::extract(""));
        assert_eq!(
            text_of(|out| record(
                &page,
                &found,
                Keys::NONE,
                &Index::default(),
                Own::Object,
                out
            )),
            "{}"
        );
    }
}
