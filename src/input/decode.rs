//! From bytes to text, whatever the charset, a whole document at a time.
//!
//! [`decode`] chooses in this order, and none of it is ever decided by a line of a page:
//! what the user said; a byte order mark; what the container or the page declares, unless the
//! bytes belie it; UTF-8, if the bytes are that but for a few; else what `chardetng` (the
//! detector of Firefox) takes them for. A stream of JSON lines is decoded before it is cut
//! into lines ([`transcode`]), since UTF-16 has no bytes to cut at.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// A charset of the [WHATWG list](https://encoding.spec.whatwg.org/#names-and-labels).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Charset(&'static Encoding);

impl Charset {
    /// The charset of that label, in whatever case: `gb2312`, `GBK`, `big5-hkscs`, `sjis`.
    pub fn for_label(label: &str) -> Option<Self> {
        Encoding::for_label(label.trim().as_bytes()).map(Self)
    }

    /// Its name in the list: `GBK`, `Big5`, `UTF-8`.
    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

impl fmt::Debug for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What decoding did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Decoded {
    /// The charset, where it was not plain UTF-8.
    pub(super) charset: Option<&'static str>,
    /// Undecodable sequences that became U+FFFD.
    pub(super) replaced: u64,
}

/// The encoding mark at the start of a UTF-8 file. It is no part of the text.
pub(super) const BOM: &[u8] = b"\xef\xbb\xbf";

/// The bytes as they are, if they are UTF-8. Ten times as fast as std's check on Chinese.
pub(super) fn utf8(bytes: &[u8]) -> Option<&str> {
    simdutf8::basic::from_utf8(bytes).ok()
}

/// Appends `bytes` as text. `declared` is what stands outside of them: in a header, or in a
/// page's `<meta>`; `forced` is the user's word, which is taken without a look at the bytes.
pub(super) fn decode(
    bytes: &[u8],
    declared: Option<Charset>,
    forced: Option<Charset>,
    text: &mut String,
) -> Decoded {
    let (marked, behind) = unmark(bytes);
    let told = forced.or(marked);
    // Where it is not of the charset that was told, a mark is none.
    let bytes = if told == marked { behind } else { bytes };
    if told.is_none_or(|charset| charset.0 == UTF_8)
        && let Some(valid) = utf8(bytes)
        && (told.is_some() || utf16(bytes).is_none())
        && declared.is_none_or(|charset| !is_believed(charset, bytes))
    {
        text.push_str(valid);
        return Decoded::default();
    }
    let charset = told.unwrap_or_else(|| choose(bytes, declared));
    replace_into(bytes, charset, text)
}

/// Appends `bytes` as UTF-8 text, whatever they look like.
pub(super) fn decode_utf8(bytes: &[u8], text: &mut String) -> Decoded {
    match utf8(bytes) {
        Some(valid) => {
            text.push_str(valid);
            Decoded::default()
        }
        None => replace_into(bytes, Charset(UTF_8), text),
    }
}

/// A byte order mark's charset, and the bytes behind it.
fn unmark(bytes: &[u8]) -> (Option<Charset>, &[u8]) {
    match Encoding::for_bom(bytes) {
        Some((encoding, length)) => (Some(Charset(encoding)), &bytes[length..]),
        None => (None, bytes),
    }
}

/// True if bytes that are valid UTF-8 are rather what was declared: so few characters may be
/// UTF-8 by chance. ("联通" in GBK is the famous case.) Pages that declare GBK and are UTF-8 are common.
fn is_believed(declared: Charset, bytes: &[u8]) -> bool {
    const CHANCE: usize = 4;
    let foreign = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    declared.0 != UTF_8 && (1..2 * CHANCE).contains(&foreign)
        || [UTF_16LE, UTF_16BE].contains(&declared.0)
        || !declared.0.is_ascii_compatible()
}

/// The charset of bytes without a mark that are not UTF-8, or not believed to be.
fn choose(bytes: &[u8], declared: Option<Charset>) -> Charset {
    if is_damaged_utf8(bytes) {
        return Charset(UTF_8);
    }
    if let Some(declared) = declared
        && declared.0 != UTF_8
        && few_errors(bytes, declared)
    {
        return declared;
    }
    if let Some(wide) = utf16(bytes) {
        return wide;
    }
    let detected = detect(bytes);
    // A letter or two prove no charset of single bytes.
    let foreign = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    if declared.is_none() && detected.0.is_single_byte() && foreign < 4 {
        return Charset(UTF_8);
    }
    match declared {
        // Where both are bad, the one that spoils less.
        Some(declared) if errors(bytes, declared) <= errors(bytes, detected) => declared,
        _ => detected,
    }
}

/// True for UTF-8 that was cut or patched badly: bytes of other charsets are seldom characters
/// of three bytes by chance, and nearly always errors.
fn is_damaged_utf8(bytes: &[u8]) -> bool {
    let (mut errors, mut wide, mut foreign) = (0, 0, 0);
    for chunk in bytes.utf8_chunks() {
        errors += usize::from(!chunk.invalid().is_empty());
        wide += chunk.valid().bytes().filter(|&byte| byte >= 0xe0).count();
        foreign += chunk
            .valid()
            .bytes()
            .filter(|byte| !byte.is_ascii())
            .count();
    }
    errors <= wide || errors * 50 <= foreign
}

/// True if of what is not ASCII at most one part in fifty is broken: a page of that charset
/// that was cut or patched badly, and not a page of another one.
fn few_errors(bytes: &[u8], charset: Charset) -> bool {
    let foreign = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    errors(bytes, charset) * 50 <= foreign
}

/// UTF-16 without a mark: with a byte of NUL, as each character of ASCII has one, and nearly
/// all units ones that texts are made of, read in one order but not in the other.
fn utf16(bytes: &[u8]) -> Option<Charset> {
    memchr::memchr(0, bytes)?;
    let head = &bytes[..bytes.len().min(64 * 1024)];
    let usual = |unit: u16| {
        matches!(unit, 9 | 10 | 13 | 0x20..=0x7e | 0xa0..=0x17f | 0x2010..=0x2040
            | 0x3000..=0x30ff | 0x4e00..=0x9fff | 0xac00..=0xd7a3 | 0xff00..=0xffef)
    };
    let count = |unit: fn([u8; 2]) -> u16| {
        let units = head.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        units.filter(|&unit| usual(unit)).count()
    };
    let (little, big) = (count(u16::from_le_bytes), count(u16::from_be_bytes));
    if little.max(big) * 20 < head.len() / 2 * 19 {
        return None;
    }
    match little.cmp(&big) {
        std::cmp::Ordering::Less => Some(Charset(UTF_16BE)),
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some(Charset(UTF_16LE)),
    }
}

fn detect(bytes: &[u8]) -> Charset {
    /// Bytes to look at, and bytes beyond ASCII among them. More tell nothing new, and the detector
    /// tries two dozen charsets with each.
    const MOST: usize = 1 << 20;
    const ENOUGH: usize = 4096;
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    let bytes = &bytes[..bytes.len().min(MOST)];
    let mut telling = (1..).zip(bytes).filter(|(_, byte)| !byte.is_ascii());
    let head = telling
        .nth(ENOUGH - 1)
        .map_or(bytes, |(end, _)| &bytes[..end]);
    detector.feed(head, head.len() == bytes.len());
    Charset(detector.guess(None, Utf8Detection::Deny))
}

/// How many sequences are not of that charset.
fn errors(bytes: &[u8], charset: Charset) -> usize {
    replace_into(bytes, charset, &mut String::new()).replaced as usize
}

/// Decodes; each sequence that is not of the charset becomes one U+FFFD, cut as the Encoding
/// standard says (and browsers and `String::from_utf8_lossy` do).
fn replace_into(bytes: &[u8], charset: Charset, text: &mut String) -> Decoded {
    let mut decoder = charset.0.new_decoder_without_bom_handling();
    let (mut rest, mut replaced) = (bytes, 0);
    loop {
        let need = decoder.max_utf8_buffer_length_without_replacement(rest.len());
        text.reserve(need.unwrap_or(usize::MAX).clamp(16, 64 * 1024));
        let (result, read) = decoder.decode_to_string_without_replacement(rest, text, true);
        rest = &rest[read..];
        match result {
            DecoderResult::InputEmpty => break,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => {
                text.push(char::REPLACEMENT_CHARACTER);
                replaced += 1;
            }
        }
    }
    Decoded {
        charset: (charset.0 != UTF_8).then(|| charset.name()),
        replaced,
    }
}

/// How many sequences had become U+FFFD when a page was decoded with others.
pub(super) fn replacements(text: &str) -> u64 {
    text.matches(char::REPLACEMENT_CHARACTER).count() as u64
}

/// The beginning of a stream as UTF-8, so that one can tell what it holds.
pub(super) fn as_utf8(head: &[u8], forced: Option<Charset>) -> Cow<'_, [u8]> {
    match of_stream(head, forced) {
        None => Cow::Borrowed(head.strip_prefix(BOM).unwrap_or(head)),
        Some(charset) => {
            let mut text = String::new();
            replace_into(unmark(head).1, charset, &mut text);
            Cow::Owned(text.into_bytes())
        }
    }
}

/// The charset that a stream of JSON lines must be decoded from before it can be cut, told
/// from its beginning; `None` for UTF-8. JSON is to be UTF-8, so single bytes that are not are
/// taken for damage, never for letters of a charset of single bytes.
pub(super) fn of_stream(head: &[u8], forced: Option<Charset>) -> Option<Charset> {
    let told = forced.or(unmark(head).0);
    // The head may end inside a character.
    let whole = &head[..head.len() - unfinished(head)];
    let charset = told.unwrap_or_else(|| match utf8(whole) {
        Some(_) => utf16(whole).unwrap_or(Charset(UTF_8)),
        None => {
            let chosen = choose(whole, None);
            if chosen.0.is_single_byte() {
                Charset(UTF_8)
            } else {
                chosen
            }
        }
    });
    (charset.0 != UTF_8).then_some(charset)
}

/// How many bytes at the end begin a character of UTF-8 and do not end it.
fn unfinished(bytes: &[u8]) -> usize {
    let lead = |byte: u8| byte >= 0xc0;
    let tail = &bytes[bytes.len().saturating_sub(3)..];
    tail.iter()
        .rev()
        .position(|&byte| lead(byte))
        .map_or(0, |at| at + 1)
}

/// A stream in UTF-8 of one in another charset. What cannot be decoded becomes U+FFFD.
pub(super) struct Transcoded<R> {
    inner: R,
    decoder: Decoder,
    raw: Vec<u8>,
    text: Vec<u8>,
    /// How much of `text` has been given away.
    given: usize,
    ended: bool,
}

/// A stream in UTF-8, of one in this charset; a byte order mark is left out.
pub(super) fn transcode<R: Read>(inner: R, charset: Charset) -> Transcoded<R> {
    Transcoded {
        inner,
        decoder: charset.0.new_decoder_with_bom_removal(),
        raw: vec![0; 64 * 1024],
        text: Vec::new(),
        given: 0,
        ended: false,
    }
}

impl<R: Read> Transcoded<R> {
    /// Decodes the next bytes.
    fn advance(&mut self) -> io::Result<()> {
        let count = self.inner.read(&mut self.raw)?;
        self.ended = count == 0;
        let room = self.decoder.max_utf8_buffer_length(count);
        self.text.resize(room.unwrap_or(usize::MAX), 0);
        let raw = &self.raw[..count];
        let (_, _, written, _) = self.decoder.decode_to_utf8(raw, &mut self.text, self.ended);
        self.text.truncate(written);
        self.given = 0;
        Ok(())
    }
}

impl<R: Read> Read for Transcoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() && !self.ended {
            self.advance()?;
        }
        let count = (&self.text[self.given..]).read(buffer)?;
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], declared: &str) -> (String, Decoded) {
        let mut text = String::new();
        let decoded = decode(bytes, Charset::for_label(declared), None, &mut text);
        (text, decoded)
    }

    #[test]
    fn counts_what_it_replaces() {
        for (bytes, text, replaced) in [
            (&b""[..], "", 0),
            ("正文".as_bytes(), "正文", 0),
            (b"a\xffb\xfe\xfdc", "a\u{fffd}b\u{fffd}\u{fffd}c", 3),
            (b"\xe6\xad", "\u{fffd}", 1),
            (b"\xed\xa0\x80", "\u{fffd}\u{fffd}\u{fffd}", 3),
        ] {
            let mut out = String::new();
            let charset = None;
            assert_eq!(decode_utf8(bytes, &mut out), Decoded { charset, replaced });
            assert_eq!(out, text);
        }
    }

    const TEXT: &str = "阳台种薄荷,为什么总是越长越细?北阳台光线弱,可以把花盆挪到窗台最外侧。";
    const KANA: &str = "ベランダで育てるミントは、なぜ細く伸びてしまうのでしょうか。";
    const HANGUL: &str = "베란다에서 키우는 민트는 왜 가늘게만 자랄까요?";

    #[test]
    fn tells_charsets_with_and_without_a_declaration() {
        let traditional = "陽台種薄荷,為什麼總是越長越細?北陽台光線弱,可以把花盆挪到窗台最外側。";
        for (label, text) in [
            ("gbk", TEXT),
            ("big5", traditional),
            ("shift_jis", KANA),
            ("euc-jp", KANA),
            ("euc-kr", HANGUL),
        ] {
            let charset = Charset::for_label(label).unwrap();
            let bytes = charset.0.encode(text).0.into_owned();
            let expected = (
                text.to_owned(),
                Decoded {
                    charset: Some(charset.name()),
                    replaced: 0,
                },
            );
            assert_eq!(decoded(&bytes, label), expected);
            assert_eq!(decoded(&bytes, ""), expected, "{label} undeclared");
            assert_eq!(decoded(&bytes, "utf-8"), expected, "{label} declared UTF-8");
            assert_eq!(
                decoded(text.as_bytes(), label),
                (text.to_owned(), Decoded::default())
            );
        }
    }

    #[test]
    fn utf16_with_and_without_a_mark() {
        let text = format!("{TEXT}\n\n{TEXT} 2024\n");
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (mark, bytes, name) in [
            (&b"\xff\xfe"[..], &little, "UTF-16LE"),
            (b"", &little, "UTF-16LE"),
            (b"\xfe\xff", &big, "UTF-16BE"),
            (b"", &big, "UTF-16BE"),
        ] {
            let bytes = [mark, bytes].concat();
            let (out, decoded) = decoded(&bytes, "");
            assert_eq!((out.as_str(), decoded.charset), (text.as_str(), Some(name)));
            let charset = of_stream(&bytes, None).unwrap();
            let mut out = String::new();
            transcode(&bytes[..], charset)
                .read_to_string(&mut out)
                .unwrap();
            assert_eq!((out.as_str(), charset.name()), (text.as_str(), name));
        }
    }

    #[test]
    fn a_few_broken_bytes_change_no_charset() {
        let mut bytes = TEXT.repeat(4).into_bytes();
        bytes[1] = b'?';
        let (text, decoded) = decoded(&bytes, "gb2312");
        assert_eq!((decoded.charset, decoded.replaced), (None, 2));
        assert!(text.ends_with(TEXT));
    }

    #[test]
    fn few_characters_are_what_was_declared() {
        let bytes = Charset::for_label("gbk").unwrap().0.encode("联通").0;
        assert_eq!(decoded(&bytes, "gb2312").0, "联通");
        assert_eq!(
            of_stream("正文".as_bytes().split_last().unwrap().1, None),
            None
        );
    }
}
