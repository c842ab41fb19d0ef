//! Text becomes what a crawl leaves behind: charsets, HTML, WARC records, packed files.

// Each test binary uses its own part of this.
#![allow(dead_code)]

use std::io::{Read as _, Write as _};

use encoding_rs::Encoding;

pub(crate) fn encode(text: &str, charset: &str) -> Vec<u8> {
    if charset == "utf-16le" {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        return units.flat_map(u16::to_le_bytes).collect();
    }
    let (bytes, _, failed) = Encoding::for_label(charset.as_bytes())
        .unwrap()
        .encode(text);
    assert!(!failed, "{charset}");
    bytes.into_owned()
}

pub(crate) fn pack(packing: &str, bytes: &[u8]) -> Vec<u8> {
    match packing {
        "gz" => gzip(bytes),
        "zst" => {
            let mut out = zstd::Encoder::new(Vec::new(), 0).unwrap();
            out.include_checksum(true).unwrap();
            out.write_all(bytes).unwrap();
            out.finish().unwrap()
        }
        "bz2" => {
            let mut out = Vec::new();
            let fast = bzip2::Compression::fast();
            bzip2::read::BzEncoder::new(bytes, fast)
                .read_to_end(&mut out)
                .unwrap();
            out
        }
        "xz" => {
            let options = lzma_rust2::XzOptions::with_preset(1);
            let mut out = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
            out.write_all(bytes).unwrap();
            out.finish().unwrap()
        }
        "br" => {
            let mut out = brotli::CompressorWriter::new(Vec::new(), 4096, 1, 22);
            out.write_all(bytes).unwrap();
            out.into_inner()
        }
        "deflate" => {
            let fast = flate2::Compression::fast();
            let mut out = flate2::write::ZlibEncoder::new(Vec::new(), fast);
            out.write_all(bytes).unwrap();
            out.finish().unwrap()
        }
        "plain" => bytes.to_vec(),
        _ => panic!("{packing}"),
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

pub(crate) fn html(page: &str, charset: &str) -> Vec<u8> {
    let blocks: String = page
        .split_terminator('\n')
        .filter(|block| !block.is_empty())
        .map(|block| format!("<p>{block}</p>\n"))
        .collect();
    let head = format!("<meta charset={charset}><script>var x = '隱藏';</script>");
    encode(
        &format!("<!DOCTYPE html>\n<html><head>{head}</head><body>\n{blocks}</body></html>"),
        charset,
    )
}

pub(crate) fn record(kind: &str, number: usize, content: &[u8]) -> Vec<u8> {
    let head = format!(
        "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{number}>\r\n\
         WARC-Date: 2024-05-01T00:00:0{number}Z\r\nWARC-Target-URI: http://example.org/{number}\r\n\
         Content-Length: {}\r\n\r\n",
        content.len()
    );
    [head.as_bytes(), content, b"\r\n\r\n"].concat()
}

pub(crate) fn response(number: usize, page: &str, charset: &str) -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n";
    record(
        "response",
        number,
        &[head.as_bytes(), &html(page, charset)].concat(),
    )
}
