//! One set of pages through every container, compression and charset: the same records, but
//! for where they came from; and records of WARC files that are broken in every way.

#![cfg(feature = "compress")]
#![allow(clippy::unwrap_used, reason = "helpers outside of test functions")]

#[path = "kit/crawl.rs"]
mod crawl;
#[path = "kit/trickle.rs"]
mod trickle;

use std::io::{Cursor, Write as _};

use dehusk::{Extractor, Input, InputBuilder, OutputFormat, Page, PageError, RecordWriter};
use serde_json::{Value, json};

use crawl::{encode, gzip, html, pack, record, response};
use trickle::Trickle;

/// Pages whose characters all of the charsets have. A block is a paragraph.
const PAGES: [&str; 3] = [
    "陽台種薄荷，為什麼越長越細？\n\n\
     薄荷喜光，也耐半陰，放在窗台上就能活。北邊的陽台光線弱，可以把花盆挪到窗台最外側，並且每三天轉一次盆，\
     這樣枝條才不會只往一邊長。\n\n\
     春天換一次盆，土要鬆，水要透。換盆以後先放在陰涼的地方，過一個星期再慢慢搬到有太陽的位置，葉子就不會枯。\n\n\
     相關文章：薄荷怎麼過冬\u{3000}\u{3000}薄荷的三種吃法\u{3000}\u{3000}陽台種菜指南\n\n\
     版權所有 2024 某某園藝\n",
    "老街的燈會今晚開始\n\n\
     縣府昨天宣布，老街的燈會今晚七點開始，一共展出三百多盞手工花燈，展期到下個月十五日為止，全程免費參觀。\n\n\
     承辦人員說，今年的主燈由當地的竹編師傅製作，高六公尺，用了兩千多根竹子，從去年十月一直做到上個星期才完成。\n\n\
     標籤：燈會、老街、竹編\n",
    "網站首頁\n\n關於我們\n\n聯絡我們\n\n服務熱線：400-000-1234\n",
];

const CHARSETS: [&str; 4] = ["utf-8", "gb18030", "big5", "utf-16le"];
const PACKINGS: [&str; 5] = ["plain", "gz", "zst", "bz2", "xz"];

/// The pages in a container, as files of it.
fn files(container: &str, charset: &str) -> Vec<Vec<u8>> {
    let numbered = || PAGES.iter().copied().enumerate();
    match container {
        "text" => PAGES.iter().map(|page| encode(page, charset)).collect(),
        "html" => PAGES.iter().map(|page| html(page, charset)).collect(),
        "jsonl" => {
            let lines: String = numbered()
                .map(|(number, page)| {
                    let url = format!("http://example.org/{number}");
                    json!({"url": url, "text": page}).to_string() + "\n"
                })
                .collect();
            vec![encode(&lines, charset)]
        }
        "jsonl of html" => {
            let lines: String = numbered()
                .map(|(number, page)| {
                    let url = format!("http://example.org/{number}");
                    let html = String::from_utf8(html(page, "utf-8")).unwrap();
                    json!({"url": url, "html": html}).to_string() + "\n"
                })
                .collect();
            vec![encode(&lines, charset)]
        }
        "wet" => {
            let pages = numbered().map(|(n, page)| record("conversion", n, &encode(page, charset)));
            vec![pages.collect::<Vec<_>>().concat()]
        }
        "warc" => {
            let other = record("request", 0, b"GET / HTTP/1.1\r\n\r\n");
            let pages =
                numbered().map(|(n, page)| [&other[..], &response(n, page, charset)].concat());
            vec![pages.collect::<Vec<_>>().concat()]
        }
        _ => panic!("{container}"),
    }
}

fn pages(builder: InputBuilder) -> Vec<Result<Page, PageError>> {
    builder.build().collect()
}

/// A record without what tells where it came from.
fn bare(extractor: &Extractor, page: &Page) -> Value {
    let record = extractor
        .worker()
        .extract_marked_up(&page.text, &page.markup);
    let mut out = Vec::new();
    RecordWriter::new(OutputFormat::Jsonl)
        .with_text(true)
        .write(page, &record, &mut out);
    let mut record: Value = serde_json::from_slice(&out).unwrap();
    for key in ["id", "url", "source"] {
        record.as_object_mut().unwrap().remove(key);
    }
    record
}

#[test]
fn every_container_packing_and_charset() {
    let extractor = Extractor::new();
    let expected: Vec<Value> = PAGES
        .iter()
        .map(|text| {
            bare(
                &extractor,
                &Page {
                    text: (*text).into(),
                    ..Page::default()
                },
            )
        })
        .collect();
    assert_eq!(expected[0]["related"].as_array().unwrap().len(), 3);
    assert_eq!(expected[1]["tags"], json!(["燈會", "老街", "竹編"]));
    for container in ["text", "html", "jsonl", "jsonl of html", "wet", "warc"] {
        for charset in CHARSETS {
            let files = files(container, charset);
            for packing in PACKINGS {
                let mut input = Input::builder();
                if container == "jsonl of html" {
                    input = input.html_field("html");
                }
                for file in &files {
                    input = input.reader("in", Cursor::new(pack(packing, file)));
                }
                let way = format!("{container}, {charset}, {packing}");
                let pages = pages(input);
                let pages: Vec<Page> = pages.into_iter().map(|page| page.expect(&way)).collect();
                let records: Vec<Value> = pages.iter().map(|page| bare(&extractor, page)).collect();
                assert_eq!(records.len(), expected.len(), "{way}");
                for (record, expected) in records.iter().zip(&expected) {
                    assert_eq!(record, expected, "{way}");
                }
                let told = pages[0]
                    .source
                    .charset
                    .unwrap_or("UTF-8")
                    .to_ascii_lowercase();
                assert!(
                    charset == told || (charset, &*told) == ("gb18030", "gbk"),
                    "{way}: {told}"
                );
                let url =
                    (container != "text" && container != "html").then_some("http://example.org/2");
                assert_eq!(pages[2].url.as_deref(), url, "{way}");
            }
        }
    }
}

/// The urls of the pages that came through, and the reasons of those that did not.
fn outcome(bytes: &[u8]) -> (Vec<String>, Vec<String>) {
    let (mut urls, mut reasons) = (Vec::new(), Vec::new());
    for page in pages(Input::builder().reader("in", Cursor::new(bytes.to_vec()))) {
        match page {
            Ok(page) => urls.push(
                page.url
                    .unwrap_or_default()
                    .replace("http://example.org/", ""),
            ),
            Err(error) => reasons.push(error.reason),
        }
    }
    (urls, reasons)
}

fn five(pack: fn(&[u8]) -> Vec<u8>) -> Vec<Vec<u8>> {
    (0..5)
        .map(|number| pack(&response(number, PAGES[number % 3], "utf-8")))
        .collect()
}

/// A byte at a time, two, three …: the same pages as all at once.
#[test]
fn however_the_bytes_arrive() {
    let sizes = || (1..=70).chain([127, 128, 129, 1000, 4096, 16_384]);
    for container in ["text", "html", "jsonl", "wet", "warc"] {
        for packing in PACKINGS {
            let files = files(container, "gb18030");
            let files = files.iter().map(|file| pack(packing, file));
            for file in files.collect::<Vec<_>>() {
                let whole = pages(Input::builder().reader("in", Cursor::new(file.clone())));
                assert!(!whole.is_empty() && whole.iter().all(Result::is_ok));
                for size in sizes() {
                    let input = Input::builder().reader("in", Trickle::new(&*file, [size]));
                    let pieces = pages(input.block_size(size));
                    let way = format!("{container}, {packing}, by {size} bytes");
                    assert_eq!(format!("{pieces:?}"), format!("{whole:?}"), "{way}");
                }
            }
        }
    }
}

#[test]
fn a_broken_record_costs_itself() {
    let plain = five(<[u8]>::to_vec);
    let third = String::from_utf8(plain[2].clone()).unwrap();
    let length = |wrong: usize| {
        let (head, rest) = third.split_once("Content-Length: ").unwrap();
        let (_, rest) = rest.split_once("\r\n").unwrap();
        format!("{head}Content-Length: {wrong}\r\n{rest}")
    };
    for (what, broken) in [
        (
            "too long",
            third.replace("Content-Length: ", "Content-Length: 1"),
        ),
        ("too short", length(third.len() / 2)),
        (
            "no number",
            third.replace("Content-Length: ", "Content-Length: x"),
        ),
        ("no length", third.replace("Content-Length", "Content-Size")),
        (
            "endless",
            third.replace("Content-Length: ", "Content-Length: 99999999"),
        ),
        ("no header", third.replace("WARC/1.0\r\n", "GARBAGE\r\n")),
        (
            "garbled header",
            third.replace("WARC-Type", "\u{1}WARC Type"),
        ),
        ("cut", third[..third.len() / 2].to_owned() + "\r\n\r\n"),
        ("header cut", "WARC/1.0\r\nWARC-Ty\r\n".to_owned()),
        (
            "garbage before",
            "xyz\r\n\r\n".to_owned() + &third.replace("WARC/1.0", "WARD/1.0"),
        ),
    ] {
        let mut parts = plain.clone();
        parts[2] = broken.into_bytes();
        let (urls, reasons) = outcome(&parts.concat());
        assert_eq!(urls, ["0", "1", "3", "4"], "{what}: {reasons:?}");
        assert_eq!(reasons.len(), 1, "{what}: {reasons:?}");
    }
    // At the end of the file there is no next one.
    let whole = plain.concat();
    let (urls, reasons) = outcome(&whole[..whole.len() - 300]);
    assert_eq!(
        (urls.len(), &*reasons),
        (4, &["the file ends in the record".to_owned()][..])
    );
}

#[test]
fn a_broken_member_costs_itself() {
    for (name, members) in [
        ("gzip", five(gzip)),
        ("zstd", five(|bytes| pack("zst", bytes))),
    ] {
        let (urls, reasons) = outcome(&members.concat());
        assert_eq!((urls.len(), reasons.len()), (5, 0), "{name}");
        let len = members[2].len();
        // Every byte of a member in turn, but for those whose change changes nothing.
        for at in (0..len).step_by(7) {
            let mut members = members.clone();
            members[2][at] ^= 0x55;
            let (urls, reasons) = outcome(&members.concat());
            let others = urls.iter().filter(|url| *url != "2").count();
            assert_eq!(
                others, 4,
                "{name}, byte {at} of {len}: {urls:?} {reasons:?}"
            );
            assert!(
                urls.len() + reasons.len() >= 5,
                "{name}, byte {at}: {urls:?} {reasons:?}"
            );
        }
        for cut in [1, 9, len / 2, len - 1] {
            let mut members = members.clone();
            members[2].truncate(cut);
            let (urls, reasons) = outcome(&members.concat());
            assert_eq!(
                urls,
                ["0", "1", "3", "4"],
                "{name} cut at {cut}: {reasons:?}"
            );
            assert!(!reasons.is_empty(), "{name} cut at {cut}");
        }
    }
}

#[test]
fn bodies_are_unpacked() {
    let body = html(PAGES[1], "utf-8");
    let mut chunked = Vec::new();
    for chunk in body.chunks(100) {
        chunked.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        chunked.extend(chunk);
        chunked.extend(b"\r\n");
    }
    chunked.extend(b"0\r\n\r\n");
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    zlib.write_all(&body).unwrap();
    let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    deflate.write_all(&body).unwrap();
    for (headers, bytes) in [
        ("Content-Encoding: gzip\r\n", gzip(&body)),
        // Stored unpacked under the server's headers.
        (
            "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
            body.clone(),
        ),
        ("Content-Encoding: br\r\n", body.clone()),
        ("Content-Encoding: deflate\r\n", zlib.finish().unwrap()),
        ("Content-Encoding: deflate\r\n", deflate.finish().unwrap()),
        ("Content-Encoding: zstd\r\n", pack("zst", &body)),
        ("Transfer-Encoding: chunked\r\n", chunked),
        (
            "Content-Encoding: identity\r\nX-\u{e9}: bad header\r\n",
            body.clone(),
        ),
    ] {
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n{headers}\r\n");
        let content = [head.as_bytes(), &bytes].concat();
        let pages =
            pages(Input::builder().reader("in", Cursor::new(record("response", 0, &content))));
        assert_eq!(pages[0].as_ref().unwrap().text, PAGES[1], "{headers}");
    }
}

#[test]
fn what_holds_no_page_is_counted() {
    let image = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n\x89PNG";
    let file = [
        record("warcinfo", 0, b"software: x\r\n"),
        record("response", 1, image),
        response(2, PAGES[0], "big5"),
        record("metadata", 3, b""),
        record("response", 4, b"\x00\x01 a DNS answer"),
    ];
    let mut input = Input::builder()
        .reader("in", Cursor::new(file.concat()))
        .build();
    let pages: Vec<_> = input.by_ref().map(Result::unwrap).collect();
    assert_eq!(pages.len(), 1);
    let warc = pages[0].source.warc.as_ref().unwrap();
    assert_eq!(warc.id.as_deref(), Some("<urn:uuid:2>"));
    assert_eq!(warc.date.as_deref(), Some("2024-05-01T00:00:02Z"));
    let skipped = input.skipped();
    assert_eq!((skipped.record_type, skipped.content_type), (2, 2));
}

#[test]
fn a_record_over_the_limit_is_passed_in_bounded_memory() {
    let large = record("response", 1, &[b'x'; 300_000]);
    let lying = String::from_utf8(large.clone())
        .unwrap()
        .replace("Length: ", "Length: 9");
    for middle in [
        large,
        lying.into_bytes(),
        record("metadata", 1, &[b'x'; 300_000]),
    ] {
        let metadata = middle.starts_with(b"WARC/1.0\r\nWARC-Type: metadata");
        let file = [
            response(0, PAGES[0], "utf-8"),
            middle,
            response(2, PAGES[2], "utf-8"),
        ]
        .concat();
        let input = Input::builder()
            .max_page_size(50_000)
            .reader("in", Cursor::new(file));
        let pages = pages(input);
        let errors: Vec<_> = pages
            .iter()
            .filter_map(|page| page.as_ref().err())
            .collect();
        assert_eq!(
            (pages.len(), errors.len()),
            if metadata { (2, 0) } else { (3, 1) }
        );
        if let Some(error) = errors.first() {
            assert_eq!((error.raw.len(), error.truncated), (50_000, true));
        }
    }
}

#[test]
fn records_that_lie_are_told_from_those_behind_them() {
    let large = "WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 99999999\r\n\r\nx\r\n\r\n";
    let endless = "WARC/1.0\r\nWARC-Type: response\r\n";
    for lying in [large, endless] {
        let file = lying.repeat(3).into_bytes();
        let input = Input::builder()
            .max_page_size(50_000)
            .reader("in", Cursor::new(file));
        let pages = pages(input);
        let raw = pages
            .iter()
            .map(|page| page.as_ref().unwrap_err().raw.len());
        let raw: Vec<_> = raw.collect();
        assert!(
            raw.len() == 3 && raw.iter().all(|&len| len <= lying.len()),
            "{raw:?}"
        );
    }
}

#[test]
fn a_body_is_not_unpacked_without_end() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: ";
    let chunked = |body: String| format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let answer = |times: usize| {
        let body = (0..times).fold("abcde".to_owned(), |body, _| chunked(body));
        let content = format!("{head}{}\r\n\r\n{body}", vec!["chunked"; times].join(","));
        let file = record("response", 0, content.as_bytes());
        let mut pages = pages(Input::builder().reader("in", Cursor::new(file)));
        let page = pages.pop().unwrap();
        page.map(|page| page.text).map_err(|error| error.reason)
    };
    assert_eq!(answer(8).unwrap(), "abcde\n");
    let told = "the body is packed more than 8 times over";
    assert_eq!(answer(9).unwrap_err(), told);
}
