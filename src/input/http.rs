//! A server's answer as a crawler stored it: its head says of what type and charset the page
//! is and how it is packed; its body becomes the page's bytes again.

use std::borrow::Cow;
#[cfg(feature = "compress")]
use std::io::{self, Read};

use super::decode::Charset;
use crate::page::Fault;

/// What a body is packed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Chunked,
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// What the head says.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// Where the body starts.
    pub(super) len: usize,
    /// `Content-Type` without its parameters, in lower case.
    pub(super) media: Option<String>,
    pub(super) charset: Option<Charset>,
    /// In the order in which they were applied.
    pub(super) codings: Vec<Coding>,
}

/// More header lines than any server sends.
const LINES: usize = 512;

/// Reads the head of an answer; `None` if it has none, so that all of it is the body.
pub(super) fn head(answer: &[u8]) -> Option<Head> {
    if !answer.starts_with(b"HTTP/") {
        return None;
    }
    let start = memchr::memchr(b'\n', answer)? + 1;
    let mut lines = vec![httparse::EMPTY_HEADER; LINES];
    let mut head = Head::default();
    let known = match httparse::parse_headers(&answer[start..], &mut lines) {
        Ok(httparse::Status::Complete((len, found))) => {
            head.len = start + len;
            found
                .iter()
                .map(|line| (line.name.as_bytes(), line.value))
                .collect()
        }
        // Lines that no standard allows, or more of them than any server sends.
        _ => {
            head.len = end_of_head(answer)?;
            lines_of(&answer[start..head.len])
        }
    };
    let mut transfer = Vec::new();
    for (name, value) in known {
        let Ok(value) = std::str::from_utf8(value) else {
            continue;
        };
        if name.eq_ignore_ascii_case(b"content-type") {
            head.content_type(value);
        } else if name.eq_ignore_ascii_case(b"content-encoding") {
            head.codings.extend(codings(value));
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            transfer.extend(codings(value));
        }
    }
    head.codings.append(&mut transfer);
    Some(head)
}

/// What looks like a name and a value.
fn lines_of(head: &[u8]) -> Vec<(&[u8], &[u8])> {
    let lines = head.split(|&byte| byte == b'\n');
    let pairs = lines.filter_map(|line| {
        let colon = memchr::memchr(b':', line)?;
        Some((&line[..colon], line[colon + 1..].trim_ascii()))
    });
    pairs.collect()
}

/// Where the blank line ends that parts head and body.
fn end_of_head(answer: &[u8]) -> Option<usize> {
    let crlf = memchr::memmem::find(answer, b"\r\n\r\n").map(|at| at + 4);
    let lf = memchr::memmem::find(answer, b"\n\n").map(|at| at + 2);
    crlf.into_iter().chain(lf).min()
}

impl Head {
    fn content_type(&mut self, value: &str) {
        let mut parts = value.split(';');
        let media = parts.next().unwrap_or("").trim();
        self.media = (!media.is_empty()).then(|| media.to_ascii_lowercase());
        for part in parts {
            if let Some((name, value)) = part.split_once('=')
                && name.trim().eq_ignore_ascii_case("charset")
            {
                self.charset = Charset::for_label(value.trim().trim_matches(['"', '\'']));
            }
        }
    }
}

fn codings(value: &str) -> impl Iterator<Item = Coding> {
    value
        .split(',')
        .filter_map(|name| match name.trim().to_ascii_lowercase().as_str() {
            "chunked" => Some(Coding::Chunked),
            "gzip" | "x-gzip" => Some(Coding::Gzip),
            "deflate" => Some(Coding::Deflate),
            "br" => Some(Coding::Brotli),
            "zstd" => Some(Coding::Zstd),
            _ => None,
        })
}

/// A body in more than this many wrappings is an attack.
const WRAPPINGS: usize = 8;

/// Undoes the codings. Crawlers often store a body unpacked under the server's headers, so
/// what does not look packed is taken as it is.
///
/// # Errors
/// Broken data; more than `limit` bytes; more wrappings than a server makes.
pub(super) fn unpack<'b>(
    body: &'b [u8],
    codings: &[Coding],
    limit: usize,
) -> Result<Cow<'b, [u8]>, Fault> {
    let mut bytes = Cow::Borrowed(body);
    let mut undone = 0;
    for &coding in codings.iter().rev() {
        let unpacked = match coding {
            Coding::Chunked => dechunk(&bytes),
            _ => inflate(coding, &bytes, limit)?,
        };
        if let Some(unpacked) = unpacked {
            undone += 1;
            if undone > WRAPPINGS {
                return Err(format!("the body is packed more than {WRAPPINGS} times over").into());
            }
            bytes = Cow::Owned(unpacked);
        }
    }
    Ok(bytes)
}

/// The chunks of a chunked body, put together; `None` if it is none. A body that breaks off
/// or goes wrong gives what came before, as a browser shows it.
fn dechunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    let mut any = false;
    loop {
        match httparse::parse_chunk_size(rest) {
            Ok(httparse::Status::Complete((start, size))) => {
                any = true;
                rest = &rest[start..];
                let size = usize::try_from(size).unwrap_or(usize::MAX).min(rest.len());
                if size == 0 {
                    return Some(body);
                }
                body.extend_from_slice(&rest[..size]);
                rest = &rest[size..];
                rest = rest
                    .strip_prefix(b"\r\n")
                    .or(rest.strip_prefix(b"\n"))
                    .unwrap_or(rest);
            }
            _ => return any.then_some(body),
        }
    }
}

#[cfg(not(feature = "compress"))]
fn inflate(coding: Coding, _bytes: &[u8], _limit: usize) -> Result<Option<Vec<u8>>, Fault> {
    Err(format!("{} needs the feature `compress`", name(coding)).into())
}

#[cfg(feature = "compress")]
fn inflate(coding: Coding, bytes: &[u8], limit: usize) -> Result<Option<Vec<u8>>, Fault> {
    let read = |reader: &mut dyn Read| -> Result<Vec<u8>, (Vec<u8>, io::Error)> {
        let mut out = Vec::new();
        match reader
            .take((limit as u64).saturating_add(1))
            .read_to_end(&mut out)
        {
            Ok(_) => Ok(out),
            Err(error) => Err((out, error)),
        }
    };
    let packed = match coding {
        Coding::Gzip => bytes.starts_with(&[0x1f, 0x8b]),
        Coding::Zstd => bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]),
        // Neither has a mark.
        _ => !looks_like_text(bytes),
    };
    if !packed {
        return Ok(None);
    }
    let result = match coding {
        Coding::Gzip => read(&mut flate2::bufread::MultiGzDecoder::new(bytes)),
        // The standard's deflate is zlib's; what servers send is not always.
        Coding::Deflate => read(&mut flate2::bufread::ZlibDecoder::new(bytes))
            .or_else(|_| read(&mut flate2::bufread::DeflateDecoder::new(bytes))),
        Coding::Brotli => read(&mut brotli_decompressor::Decompressor::new(bytes, 4096)),
        Coding::Zstd => match zstd::stream::read::Decoder::with_buffer(bytes) {
            Ok(mut decoder) => read(&mut decoder),
            Err(error) => Err((Vec::new(), error)),
        },
        Coding::Chunked => return Ok(None),
    };
    match result {
        Ok(out) if out.len() > limit => Err(super::over_limit(limit)),
        Ok(out) => Ok(Some(out)),
        Err((_, error)) => Err(format!("broken {} in the body: {error}", name(coding)).into()),
    }
}

/// True for bytes that begin as a page does, not as packed ones do.
#[cfg(feature = "compress")]
fn looks_like_text(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(64)];
    head.iter()
        .all(|&byte| byte >= b' ' || byte.is_ascii_whitespace())
}

fn name(coding: Coding) -> &'static str {
    match coding {
        Coding::Chunked => "chunks",
        Coding::Gzip => "gzip",
        Coding::Deflate => "deflate",
        Coding::Brotli => "brotli",
        Coding::Zstd => "zstd",
    }
}
