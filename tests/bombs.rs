//! Files that are made to take all memory or all time: a few bytes that become gigabytes, lengths
//! that no file has, tables that lie, nesting without end. Each is read with so little memory that
//! it cannot be held; what comes of it is an error that names the place, or what is right, and the
//! pages around it come through.
//!
//! The bound is on address space, which is stricter than on memory: room that is asked for and
//! never used counts, too.

#![cfg(all(feature = "cli", feature = "parquet", target_os = "linux"))]
#![allow(clippy::unwrap_used, reason = "helpers outside of test functions")]

#[path = "kit/crawl.rs"]
mod crawl;
mod kit;

use std::io::Write as _;

use serde_json::json;

use crate::crawl::{gzip, pack};
use crate::kit::{Dir, Run, line};

/// What a run on one thread may have, in MiB: pages of up to 16 MiB take about 200 of them.
const CAP: usize = 256;
/// What bombs unpack to, in bytes: more than that.
const BLAST: usize = 320 << 20;
const PACKINGS: [&str; 4] = ["gz", "zst", "bz2", "xz"];

/// Runs `dehusk LINE --threads 1` with so little memory, and not for long.
fn capped(dir: &Dir, line: &str) -> Run {
    capped_to(dir, CAP, &format!("{line} --threads 1"))
}

fn capped_to(dir: &Dir, mebibytes: usize, line: &str) -> Run {
    let run = dir.run_capped(mebibytes, line);
    assert!(!run.err.contains("panicked"), "{run:#?}");
    assert!(!run.err.contains("bug in dehusk"), "{run:#?}");
    run
}

/// Members of which all together unpack to this many times that.
fn bomb(packing: &str, bytes: &[u8], size: usize) -> Vec<u8> {
    const MEMBER: usize = 4 << 20;
    let member = pack(packing, &bytes.repeat(MEMBER / bytes.len()));
    member.repeat(size / MEMBER)
}

#[test]
fn packed_files_that_blow_up() {
    let dir = Dir::new();
    for packing in PACKINGS {
        // What is unpacked slowly need not be so large: who reads it is the same.
        let (contents, blast) = match packing {
            "gz" | "zst" => (&[&b"\0"[..], b"a", b"\n", b"<p>"][..], BLAST),
            _ => (&[&b"a"[..]][..], 32 << 20),
        };
        for bytes in contents {
            let name = format!("x.{packing}");
            dir.raw(&name, bomb(packing, bytes, blast));
            let run = capped(&dir, &format!("extract -q {name}")).exits(1);
            let told = "page over the limit of 16777216 bytes";
            let told = format!("dehusk: {name}: record 0, byte 0: {told}");
            assert_eq!(run.complaints(), [told], "{packing} {bytes:?}");
        }
        let lines = [
            pack(packing, (line("before", "x") + "{\"text\":\"").as_bytes()),
            bomb(packing, b"a", blast),
            pack(
                packing,
                ("\"}\n".to_owned() + &line("after", "x")).as_bytes(),
            ),
        ];
        let name = format!("x.jsonl.{packing}");
        dir.raw(&name, lines.concat());
        let run = capped(&dir, &format!("extract -q {name}")).exits(1);
        assert_eq!(run.each("id"), ["before", "after"], "{packing}");
        assert_eq!(run.complaints().len(), 1, "{run:#?}");
        assert!(run.err.contains("record 1, byte 27: page over the limit"));
    }
    // Any number of blank lines is no page.
    dir.raw("x.jsonl.zst", bomb("zst", b"\n", BLAST));
    let run = capped(&dir, "extract -q x.jsonl.zst").exits(0);
    assert_eq!((run.out, run.err), (String::new(), String::new()));
}

/// Each line takes hundreds of bytes, however short it is; so not all of them are looked at together.
#[test]
fn pages_of_millions_of_lines() {
    let dir = Dir::new();
    for end in ["\n", "\r\n", "\r", "\u{2028}"] {
        let page = format!("甲乙丙丁戊{end}").repeat((2 << 20) / (15 + end.len()));
        dir.raw("x.txt.gz", gzip(page.as_bytes()));
        let run = capped(&dir, "extract -q --with-text x.txt.gz").exits(0);
        assert!(run.each("text") == [page]);
        dir.raw("x.txt.gz", gzip(end.repeat(1 << 20).as_bytes()));
        capped(&dir, "extract -q x.txt.gz").exits(0);
    }
    let html = "甲乙丙丁戊<br>".repeat(150_000);
    dir.file(
        "x.jsonl",
        json!({ "html": html }).to_string() + "\n{\"html\":\"x\"}",
    );
    let run = capped(&dir, "extract -q x.jsonl --html-field html").exits(0);
    assert_eq!(run.records().len(), 2);
}

#[test]
fn what_is_packed_twice_is_opened_once() {
    let dir = Dir::new();
    let inner = bomb("zst", b"a", BLAST);
    dir.raw("x.txt.gz", gzip(&inner));
    let run = capped(&dir, "extract -q --with-text x.txt.gz").exits(0);
    assert_eq!(run.records().len(), 1);
    assert!(run.out.len() < 32 << 20);
}

/// A frame of Zstandard with this header, and one block of a million times the same byte.
fn frame(header: &[u8]) -> Vec<u8> {
    let block = (100_000u32 << 3 | 1 << 1 | 1).to_le_bytes();
    [&[0x28, 0xb5, 0x2f, 0xfd][..], header, &block[..3], b"a"].concat()
}

#[test]
fn frames_that_tell_of_absurd_lengths() {
    let dir = Dir::new();
    let good = pack("zst", line("good", "x").as_bytes());
    let reads = |what: &str, bytes: &[u8], told: &str| {
        dir.raw("x.jsonl.zst", bytes);
        let run = capped(&dir, "extract -q x.jsonl.zst").exits(1);
        assert_eq!(run.complaints().len(), 1, "{what}: {run:#?}");
        assert!(
            run.err.starts_with("dehusk: x.jsonl.zst: record "),
            "{what}: {run:#?}"
        );
        assert!(run.err.contains(told), "{what}: {run:#?}");
        run.each("id")
    };
    // A window of 2 GiB, as `zstd --long=31` makes it.
    let window = frame(&[0, 21 << 3]);
    let told = "broken zstd: Frame requires too much memory";
    assert_eq!(
        reads("window", &[&good[..], &window].concat(), told),
        ["good"]
    );
    // 2^60 bytes, in a window of a kilobyte, and without one.
    let size = (1u64 << 60).to_le_bytes();
    let told = "broken zstd: ";
    let sized = frame(&[&[0xc0, 10 << 3], &size[..]].concat());
    assert_eq!(reads("size", &[&good[..], &sized].concat(), told), ["good"]);
    let single = frame(&[&[0xe0], &size[..]].concat());
    assert_eq!(
        reads("single", &[&good[..], &single].concat(), told),
        ["good"]
    );
    // Frames to be passed, of 4 GiB that are not there; one of them looks like a dictionary.
    for mark in [0x50, 0x5d, 0x5f] {
        let skipped = [mark, 0x2a, 0x4d, 0x18, 0xff, 0xff, 0xff, 0xff];
        dir.raw("x.jsonl.zst", [&good[..], &skipped, &good].concat());
        let run = capped(&dir, "extract -q x.jsonl.zst");
        assert_eq!(run.each("id"), ["good"], "{mark:x}: {run:#?}");
        assert_eq!(run.status, Some(1), "{mark:x}: {run:#?}");
    }
    let empty = pack("zst", b"").repeat(5000);
    dir.raw("x.jsonl.zst", [&empty[..], &good, &empty, &good].concat());
    let run = capped(&dir, "extract -q x.jsonl.zst").exits(0);
    assert_eq!(run.each("id"), ["good", "good"]);
}

/// A dictionary of 16 MiB of which half a gigabyte is told to follow is not held.
#[test]
fn a_large_dictionary_is_none() {
    let dir = Dir::new();
    let good = pack("zst", line("good", "x").as_bytes());
    let length = u32::try_from(BLAST).unwrap().to_le_bytes();
    let head = [&[0x5d, 0x2a, 0x4d, 0x18][..], &length].concat();
    // The outer packing keeps the file small; the inner one is read in memory.
    let dir_input = [head, vec![0; BLAST], good].concat();
    let path = dir.raw("x.jsonl.zst", dir_input);
    let run = capped(&dir, "extract -q x.jsonl.zst").exits(0);
    assert_eq!(run.each("id"), ["good"]);
    std::fs::remove_file(path).unwrap();
}

#[test]
fn an_xz_file_may_not_have_a_dictionary_of_any_size() {
    let dir = Dir::new();
    let mut file = pack("xz", b"a page");
    // The header of the first block: its size, flags, the filter (LZMA2), and the size of its
    // dictionary: 40 is 4 GiB.
    let block = 12..12 + (usize::from(file[12]) + 1) * 4;
    assert_eq!(file[14..16], [0x21, 1]);
    file[16] = 40;
    let sum = crc32(&file[block.start..block.end - 4]);
    file[block.end - 4..block.end].copy_from_slice(&sum.to_le_bytes());
    dir.raw("x.txt.xz", file);
    let run = capped(&dir, "extract -q x.txt.xz").exits(1);
    assert_eq!(run.complaints().len(), 1, "{run:#?}");
    assert!(
        run.err
            .starts_with("dehusk: x.txt.xz: record 0, byte 0: broken xz: "),
        "{run:#?}"
    );
    assert!(run.err.contains("memory"), "{run:#?}");
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// Members that break one in another are not read over and over.
#[test]
fn members_in_members_cost_no_more_than_their_length() {
    let dir = Dir::new();
    // Each begins a stored block of 65,535 bytes, in which others begin.
    let start = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 0, 0xff, 0xff, 0, 0];
    let file = start.repeat((8 << 20) / start.len());
    dir.raw("x.warc.gz", file);
    let run = capped(&dir, "extract -q x.warc.gz").exits(1);
    assert!(run.out.is_empty() && !run.err.is_empty());
}

fn record(number: usize, content: &[u8]) -> Vec<u8> {
    record_of(number, &content.len().to_string(), content)
}

fn record_of(number: usize, length: &str, content: &[u8]) -> Vec<u8> {
    let head = format!(
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://example.org/{number}\r\n\
         Content-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), content, b"\r\n\r\n"].concat()
}

fn answer(headers: &str, body: &[u8]) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

/// Reads the record between two good ones, and gives what was said of it, if anything.
#[track_caller]
fn between(dir: &Dir, what: &str, middle: &[u8]) -> Option<String> {
    let good = |number| record(number, &answer("", b"<p>good"));
    dir.raw("x.warc", [&good(1)[..], middle, &good(3)].concat());
    let run = capped(dir, "extract -q --with-text x.warc");
    let ids: Vec<_> = run
        .each("id")
        .iter()
        .map(|id| id[19..].to_owned())
        .collect();
    let complaints = run.complaints();
    assert!(complaints.len() < 2, "{what}: {run:#?}");
    assert_eq!(
        run.status,
        Some(i32::from(!complaints.is_empty())),
        "{what}"
    );
    if let Some(told) = complaints.first() {
        assert_eq!(ids, ["1", "3"], "{what}: {told}");
        let (place, told) = told.split_at(told.find("byte ").unwrap());
        assert_eq!(place, "dehusk: x.warc: record 1, ", "{what}");
        return Some(told.split_once(": ").unwrap().1.to_owned());
    }
    assert_eq!(ids, ["1", "2", "3"], "{what}: {run:#?}");
    assert_eq!(run.each("text")[1].trim_end(), "good", "{what}");
    None
}

#[test]
fn answers_that_blow_up() {
    let dir = Dir::new();
    let over = Some("page over the limit of 16777216 bytes".to_owned());
    for (packing, coding) in [
        ("gz", "gzip"),
        ("deflate", "deflate"),
        ("br", "br"),
        ("zst", "zstd"),
    ] {
        let body = pack(packing, &vec![b'a'; 64 << 20]);
        let content = answer(&format!("Content-Encoding: {coding}\r\n"), &body);
        assert_eq!(between(&dir, coding, &record(2, &content)), over);
        let twice = answer(
            &format!("Content-Encoding: {coding}, gzip\r\n"),
            &gzip(&body),
        );
        assert_eq!(between(&dir, coding, &record(2, &twice)), over);
    }
    // Members one after another.
    let body = bomb("gz", b"a", BLAST);
    let content = answer("Content-Encoding: gzip\r\n", &body);
    assert_eq!(between(&dir, "members", &record(2, &content)), over);
    // A window of 2 GiB.
    let told = between(
        &dir,
        "window",
        &record(
            2,
            &answer("Content-Encoding: zstd\r\n", &frame(&[0, 21 << 3])),
        ),
    );
    assert!(told.unwrap().starts_with("broken zstd in the body: "));
    // A record of half a gigabyte, in one member.
    let head = answer("", b"");
    let length = (head.len() + BLAST).to_string();
    let record = record_of(2, &length, &head);
    let members = [
        gzip(&self::record(1, &answer("", b"<p>good"))),
        gzip(&record[..record.len() - 4]),
        bomb("gz", b"a", BLAST),
        gzip(b"\r\n\r\n"),
        gzip(&self::record(3, &answer("", b"<p>good"))),
    ];
    dir.raw("x.warc.gz", members.concat());
    let run = capped(&dir, "extract -q x.warc.gz").exits(1);
    assert_eq!(
        run.each("id"),
        ["http://example.org/1", "http://example.org/3"]
    );
    assert!(
        run.err.contains("record 1, byte ") && run.err.contains("over the limit"),
        "{run:#?}"
    );
}

#[test]
fn answers_in_many_wrappings() {
    let dir = Dir::new();
    let wrapped = |times: usize| (0..times).fold(b"<p>good".to_vec(), |body, _| gzip(&body));
    let named = |times: usize| format!("Content-Encoding: {}\r\n", vec!["gzip"; times].join(", "));
    for (times, named_times, told) in [
        (1, 1, None),
        (8, 8, None),
        // Stored unpacked under the server's headers.
        (0, 50, None),
        (1, 5000, None),
        (9, 9, Some("the body is packed more than 8 times over")),
        (50, 50, Some("the body is packed more than 8 times over")),
    ] {
        let content = answer(&named(named_times), &wrapped(times));
        let found = between(&dir, &times.to_string(), &record(2, &content));
        assert_eq!(found.as_deref(), told, "{times} {named_times}");
    }
    let chunked = |size: &str| {
        let body = format!("{size}\r\n<p>good");
        record(
            2,
            &answer("Transfer-Encoding: chunked\r\n", body.as_bytes()),
        )
    };
    assert_eq!(between(&dir, "chunk", &chunked("ffffffffffffffff")), None);
    assert_eq!(between(&dir, "chunk", &chunked("7")), None);
}

#[test]
fn lengths_that_no_record_has() {
    let dir = Dir::new();
    let (half, all) = ((1u64 << 63).to_string(), (1u128 << 64).to_string());
    // What a server said of an answer's length is not needed.
    for length in [
        &*half,
        &all,
        "-1",
        "-9223372036854775808",
        "1e999",
        "",
        "NaN",
    ] {
        let content = answer(&format!("Content-Length: {length}\r\n"), b"<p>good");
        assert_eq!(between(&dir, length, &record(2, &content)), None);
    }
    let told = |length: &str| between(&dir, length, &record_of(2, length, &answer("", b"<p>good")));
    assert_eq!(
        told(&half).unwrap(),
        "page over the limit of 16777216 bytes"
    );
    assert_eq!(
        told("18446744073709551615").unwrap(),
        "page over the limit of 16777216 bytes"
    );
    for length in [
        &*all,
        "-1",
        "-9223372036854775808",
        "1e999",
        "",
        "NaN",
        "0x10",
    ] {
        assert_eq!(
            told(length).unwrap(),
            "the record's Content-Length is not a number",
            "{length}"
        );
    }
    assert_eq!(told("0").unwrap(), "the record's Content-Length is wrong");
}

#[test]
fn heads_without_end() {
    let dir = Dir::new();
    let lines = "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(200_000);
    let head = format!("WARC/1.0\r\nWARC-Type: response\r\n{lines}");
    let told = between(&dir, "WARC", head.as_bytes());
    assert_eq!(told.unwrap(), "the header of the record has no end");
    let head = format!("WARC/1.0\r\nWARC-Type: {}", "a".repeat(8 << 20));
    let told = between(&dir, "WARC", format!("{head}\r\n").as_bytes());
    assert_eq!(told.unwrap(), "the header of the record has no end");

    let content = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{lines}");
    let told = between(&dir, "HTTP", &record(2, content.as_bytes()));
    assert_eq!(told.unwrap(), "the head of the answer has no end");
    // One that ends, however late, is right.
    assert_eq!(
        between(&dir, "long", &record(2, &answer(&lines, b"<p>good"))),
        None
    );
}

#[test]
fn json_without_end() {
    let dir = Dir::new();
    const DEEP: usize = 100_000;
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let middle = if open == "[" { "" } else { "1" };
        let deep = open.repeat(DEEP) + middle + &close.repeat(DEEP);
        // Where it is not wanted and where it is kept it is as good as any value.
        let fine = format!("{{\"id\":\"x\",\"text\":\"t\",\"deep\":{deep}}}\n");
        let file = line("before", "x")
            + &fine
            + &deep
            + "\n"
            + &open.repeat(DEEP)
            + "\n"
            + &line("after", "x");
        dir.file("x.jsonl", &file);
        let run = capped(&dir, "extract -q x.jsonl").exits(1);
        assert_eq!(run.each("id"), ["before", "x", "after"]);
        assert_eq!(run.complaints().len(), 2, "{:?}", run.complaints());
        for (complaint, record) in run.complaints().iter().zip(2..) {
            assert!(complaint.starts_with(&format!("dehusk: x.jsonl: record {record}, byte ")));
        }
        let run = capped(&dir, "extract -q --keep deep --fields id,input x.jsonl").exits(1);
        assert!(
            run.out
                .contains(&format!("{{\"id\":\"x\",\"input\":{{\"deep\":{deep}}}}}\n"))
        );
        capped(&dir, "extract -q --keep deep x.jsonl -o x.parquet").exits(1);
        // The others have none.
        let run = capped(&dir, "extract -q --text-field input x.parquet --with-text").exits(1);
        assert!(run.each("text")[0].contains(&deep));

        // Records are data, too, and not all come from here.
        let good = dir.run_on("extract", line("good", "x")).out;
        dir.file("r.jsonl", good.clone() + &fine + &deep + "\n" + &good);
        let run = dir.run_capped(CAP, "stats r.jsonl");
        assert_eq!(run.status, Some(1), "{run:#?}");
        assert!(run.err.contains("r.jsonl: record 2"), "{run:#?}");
        dir.file("gold/x.marked", "body\tx\n");
        dir.file("gold/good.marked", "body\tx\n");
        dir.file("deep.jsonl", good.clone() + &fine);
        let run = dir.run_capped(CAP, "eval gold deep.jsonl");
        assert!(matches!(run.status, Some(0 | 2)), "{run:#?}");
        dir.file("deep.jsonl", good + &deep + "\n");
        let run = dir.run_capped(CAP, "eval gold deep.jsonl").exits(2);
        assert!(run.err.contains("deep.jsonl:2: "), "{run:#?}");
        dir.file("other/deep/page.txt", "x");
        dir.file("other/deep/gold.json", &deep);
        let run = dir.run_capped(CAP, "eval other r.jsonl").exits(2);
        assert!(run.err.contains("gold.json"), "{run:#?}");
    }
}

#[test]
fn settings_without_end() {
    let dir = Dir::new();
    dir.file("x.txt", "x");
    for toml in [
        format!("[extract]\nkeep = {}", "[".repeat(100_000)),
        format!(
            "[extract]\nkeep = {}{}",
            "[".repeat(100_000),
            "]".repeat(100_000)
        ),
        format!(
            "[extract]\nkeep = {}1{}",
            "{a=".repeat(100_000),
            "}".repeat(100_000)
        ),
        format!("[{}]\n", vec!["extract"; 100_000].join(".")),
        format!("{} = 1\n", vec!["extract"; 100_000].join(".")),
        "[extract]\nmax-page-size = 1e999\n".into(),
        "[extract]\nmax-page-size = nan\n".into(),
        "[extract]\nthreads = -0\n".into(),
        "[extract]\nthreads = 99999999999999999999999999\n".into(),
    ] {
        dir.file("dehusk.toml", &toml);
        let run = dir.run_capped(CAP, "extract x.txt").exits(2);
        assert!(run.err.contains("dehusk.toml"), "{run:#?}");
        assert!(run.err.len() < 2000, "{} bytes", run.err.len());
    }
}

#[test]
fn packs_and_weights_without_end() {
    let dir = Dir::new();
    dir.file("x.txt", "x");
    let large = std::fs::File::create(dir.path().join("large.txt")).unwrap();
    large.set_len(1 << 30).unwrap();
    for line in [
        "extract x.txt --rules large.txt",
        "extract x.txt --weights large.txt",
        "rules check large.txt",
        "extract x.txt --config large.txt",
    ] {
        let run = dir.run_capped(CAP, line).exits(2);
        assert!(
            run.err.contains("large.txt: over 16 MiB"),
            "{line}: {run:#?}"
        );
    }
    let large = std::fs::File::create(dir.path().join("large.marked")).unwrap();
    large.set_len(1 << 30).unwrap();
    dir.file("gold/x.marked", "body\tx\n");
    std::fs::rename(
        dir.path().join("large.marked"),
        dir.path().join("gold/y.marked"),
    )
    .unwrap();
    let run = dir.run_capped(CAP, "eval gold x.txt").exits(2);
    assert!(run.err.contains("y.marked: over 64 MiB"), "{run:#?}");
    std::fs::remove_file(dir.path().join("gold/y.marked")).unwrap();
    dir.raw("r.jsonl.gz", bomb("gz", b"a", BLAST));
    let run = dir.run_capped(CAP, "eval gold r.jsonl.gz").exits(2);
    assert!(
        run.err
            .contains("r.jsonl.gz:1: a record of more than 64 MiB"),
        "{run:#?}"
    );
    // Records may be longer than pages: up to 256 MiB, and a copy of that for the error.
    let run = dir.run_capped(1100, "stats r.jsonl.gz");
    assert!(
        run.err.contains("r.jsonl.gz: record 0, byte 0: "),
        "{run:#?}"
    );

    // A built-in table with one number changed.
    let table = include_str!("../src/decide/text.tsv");
    dir.file("w.tsv", table);
    capped(&dir, "extract -q x.txt --weights w.tsv").exits(0);
    let (name, row) = table
        .lines()
        .find_map(|line| line.split_once("bias=0\t").map(|(_, row)| ("bias=0", row)))
        .unwrap();
    let first = row.split('\t').next().unwrap();
    for number in [
        "1e999",
        "NaN",
        "inf",
        "99999999999",
        "-2147483648",
        "0.5",
        "",
        "1000000000",
    ] {
        let changed = table.replacen(
            &format!("{name}\t{first}\t"),
            &format!("{name}\t{number}\t"),
            1,
        );
        dir.file("w.tsv", changed);
        let run = capped(&dir, "extract -q x.txt --weights w.tsv").exits(2);
        assert!(
            run.err.contains("w.tsv:") && run.err.contains("not ten integers"),
            "{number}: {run:#?}"
        );
    }
    // Minus nothing is nothing.
    let changed = table.replacen(&format!("{name}\t{first}\t"), &format!("{name}\t-0\t"), 1);
    dir.file("w.tsv", changed);
    capped(&dir, "extract -q x.txt --weights w.tsv").exits(0);
    // Many cues, and a long one, are cues.
    let cues: String = (0..50_000).map(|n| format!("茶{n}\n")).collect();
    dir.file("cues.txt", format!("[promo part]\n{cues}"));
    capped(&dir, "extract -q x.txt --rules cues.txt").exits(0);
    dir.file(
        "cues.txt",
        format!("[promo part]\n{}\n", "茶".repeat(1 << 20)),
    );
    let run = capped(&dir, "extract -q x.txt --rules cues.txt");
    assert!(matches!(run.status, Some(0 | 2)), "{run:#?}");
    assert!(run.err.len() < 2000, "{} bytes", run.err.len());
}

/// What a Parquet file says of itself, as Thrift's compact protocol has it.
enum Value {
    I32(i64),
    I64(i64),
    Text(&'static str),
    List(Vec<Value>),
    /// A list that says to have so many items.
    Lying(u64, Vec<Value>),
    Struct(Vec<(u8, Value)>),
}

use Value::{I32, I64, List, Lying, Struct, Text};

impl Value {
    fn kind(&self) -> u8 {
        match self {
            I32(_) => 5,
            I64(_) => 6,
            Text(_) => 8,
            List(_) | Lying(..) => 9,
            Struct(_) => 12,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            I32(number) | I64(number) => {
                varint((number << 1 ^ number >> 63) as u64, out);
            }
            Text(text) => {
                varint(text.len() as u64, out);
                out.extend(text.bytes());
            }
            List(items) => Self::list(items.len() as u64, items, out),
            Lying(count, items) => Self::list(*count, items, out),
            Struct(fields) => {
                let mut last = 0;
                for (number, value) in fields {
                    out.push((number - last) << 4 | value.kind());
                    value.write(out);
                    last = *number;
                }
                out.push(0);
            }
        }
    }

    fn list(count: u64, items: &[Value], out: &mut Vec<u8>) {
        out.push(0xf0 | items.first().map_or(12, Value::kind));
        varint(count, out);
        items.iter().for_each(|item| item.write(out));
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }
}

fn varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Codecs by their numbers.
const PLAIN: i64 = 0;
const SNAPPY: i64 = 1;
const GZIP: i64 = 2;
const BROTLI: i64 = 4;
const LZ4: i64 = 5;
const ZSTD: i64 = 6;
const LZ4_RAW: i64 = 7;

/// Encodings by theirs.
const AS_IS: i64 = 0;
const DELTA_LENGTHS: i64 = 6;
const DELTA_STRINGS: i64 = 7;
const BY_DICTIONARY: i64 = 8;

/// A data page of version 1 that says what it is told to.
fn page(unpacked: usize, values: i64, encoding: i64, packed: &[u8]) -> Vec<u8> {
    let told = Struct(vec![
        (1, I32(values)),
        (2, I32(encoding)),
        (3, I32(3)),
        (4, I32(3)),
    ]);
    header(0, unpacked, packed, (5, told))
}

fn dictionary(unpacked: usize, values: i64, packed: &[u8]) -> Vec<u8> {
    let told = Struct(vec![(1, I32(values)), (2, I32(AS_IS))]);
    header(2, unpacked, packed, (7, told))
}

fn header(kind: i64, unpacked: usize, packed: &[u8], told: (u8, Value)) -> Vec<u8> {
    let sizes = [unpacked, packed.len()].map(|size| I32(i64::try_from(size).unwrap()));
    let [unpacked, length] = sizes;
    let header = Struct(vec![(1, I32(kind)), (2, unpacked), (3, length), told]);
    [header.bytes(), packed.to_vec()].concat()
}

/// Strings as a page lists them.
fn listed(strings: &[&[u8]]) -> Vec<u8> {
    let one =
        |string: &&[u8]| [&u32::try_from(string.len()).unwrap().to_le_bytes(), *string].concat();
    strings.iter().flat_map(one).collect()
}

/// A schema with one column, `text`, of strings.
fn schema() -> Value {
    let root = Struct(vec![(4, Text("root")), (5, I32(1))]);
    let text = Struct(vec![
        (1, I32(6)),
        (3, I32(0)),
        (4, Text("text")),
        (6, I32(0)),
    ]);
    List(vec![root, text])
}

/// A row group of that column, which stands at these bytes.
fn group(codec: i64, rows: i64, start: usize, len: usize, has_dictionary: bool) -> Value {
    let number = |number: usize| I64(i64::try_from(number).unwrap());
    let mut column = vec![
        (1, I32(6)),
        (2, List(vec![I32(0)])),
        (3, List(vec![Text("text")])),
        (4, I32(codec)),
        (5, I64(rows)),
        (6, number(len)),
        (7, number(len)),
        (9, number(start)),
    ];
    if has_dictionary {
        column.push((11, number(start)));
    }
    let column = Struct(vec![(2, number(start)), (3, Struct(column))]);
    Struct(vec![
        (1, List(vec![column])),
        (2, number(len)),
        (3, I64(rows)),
    ])
}

fn file(pages: &[u8], told: Vec<(u8, Value)>) -> Vec<u8> {
    let footer = Struct(told).bytes();
    let length = u32::try_from(footer.len()).unwrap().to_le_bytes();
    [b"PAR1", pages, &footer, &length, b"PAR1"].concat()
}

fn contents(schema: Value, rows: i64, groups: Vec<Value>) -> Vec<(u8, Value)> {
    vec![(1, I32(1)), (2, schema), (3, I64(rows)), (4, List(groups))]
}

/// A group of such pages, so many rows of them, and a good group of one row.
fn table(codec: i64, rows: i64, pages: &[u8]) -> Vec<u8> {
    let good = listed(&[b"good"]);
    let good = page(good.len(), 1, AS_IS, &good);
    // Pages of this kind stand first where there are any.
    let has_dictionary = pages.get(1) == Some(&4);
    let groups = vec![
        group(codec, rows, 4, pages.len(), has_dictionary),
        group(PLAIN, 1, 4 + pages.len(), good.len(), false),
    ];
    file(
        &[pages, &good].concat(),
        contents(schema(), rows.saturating_add(1), groups),
    )
}

/// Reads a table whose first group is broken, and gives what was said of it.
#[track_caller]
fn broken(dir: &Dir, what: &str, file: Vec<u8>) -> String {
    dir.raw("x.parquet", file);
    let run = capped(dir, "extract -q x.parquet --with-text").exits(1);
    assert_eq!(run.each("text"), ["good"], "{what}: {run:#?}");
    assert_eq!(run.complaints().len(), 1, "{what}: {run:#?}");
    let told = run.complaints()[0].strip_prefix("dehusk: x.parquet: record 0: row group 0: ");
    told.unwrap_or_else(|| panic!("{what}: {run:#?}"))
        .to_owned()
}

#[test]
fn tables_made_here_are_tables() {
    let dir = Dir::new();
    let text = listed(&[b"one", b"two"]);
    let reads = |what: &str, file: Vec<u8>, texts: &[&str]| {
        dir.raw("x.parquet", file);
        let run = capped(&dir, "extract -q x.parquet --with-text").exits(0);
        assert_eq!(run.each("text"), texts, "{what}");
    };
    for codec in [GZIP, BROTLI, ZSTD, PLAIN] {
        let page = page(text.len(), 2, AS_IS, &packed(codec, &text));
        reads(
            &format!("codec {codec}"),
            table(codec, 2, &page),
            &["one", "two", "good"],
        );
    }
    // One value, a hundred times.
    let value = listed(&[b"many"]);
    let pages = [
        dictionary(value.len(), 1, &value),
        page(4, 100, BY_DICTIONARY, &[1, 100 << 1 & 0x7f | 0x80, 1, 0]),
    ];
    let texts = [vec!["many"; 100], vec!["good"]].concat();
    reads("dictionary", table(PLAIN, 100, &pages.concat()), &texts);
    // Lengths first, as differences: 3, and 3 + 0.
    let lengths = [&[128, 1, 4, 2, 6, 0, 0, 0, 0, 0][..], b"onetwo"].concat();
    let page = page(lengths.len(), 2, DELTA_LENGTHS, &lengths);
    reads("lengths", table(PLAIN, 2, &page), &["one", "two", "good"]);
}

fn packed(codec: i64, bytes: &[u8]) -> Vec<u8> {
    match codec {
        GZIP => gzip(bytes),
        BROTLI => pack("br", bytes),
        ZSTD => pack("zst", bytes),
        _ => bytes.to_vec(),
    }
}

#[test]
fn pages_of_tables_that_lie_about_their_size() {
    let dir = Dir::new();
    let over = "a page of the file, or a few rows of it, take more than 256 MiB unpacked";
    // More than it says, by half a gigabyte.
    let large = listed(&[&vec![b'a'; 64 << 20]]);
    for codec in [GZIP, BROTLI] {
        let bytes = if codec == GZIP {
            bomb("gz", b"a", BLAST)
        } else {
            packed(codec, &large)
        };
        let told = broken(&dir, "more", table(codec, 1, &page(100, 1, AS_IS, &bytes)));
        assert_eq!(told, "a page holds more than it says", "{codec}");
    }
    let zstd = packed(ZSTD, &large);
    broken(
        &dir,
        "more, zstd",
        table(ZSTD, 1, &page(100, 1, AS_IS, &zstd)),
    );
    // A block of LZ4 that copies one byte on and on; a frame of it; a length of Snappy.
    let lz4 = [&[0x1f, b'a', 1, 0][..], &[0xff; 2 << 20], &[0]].concat();
    broken(
        &dir,
        "more, lz4",
        table(LZ4_RAW, 1, &page(100, 1, AS_IS, &lz4)),
    );
    broken(&dir, "more, lz4", table(LZ4, 1, &page(100, 1, AS_IS, &lz4)));
    let length = u32::try_from(lz4.len()).unwrap().to_le_bytes();
    let frame = [
        &[4, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73][..],
        &length,
        &lz4,
        &[0; 4],
    ]
    .concat();
    assert_eq!(
        broken(
            &dir,
            "lz4 frame",
            table(LZ4, 1, &page(100, 1, AS_IS, &frame))
        ),
        over
    );
    let snappy = [0xff, 0xff, 0xff, 0xff, 0x0f, 0];
    broken(
        &dir,
        "more, snappy",
        table(SNAPPY, 1, &page(100, 1, AS_IS, &snappy)),
    );
    // Less than it says: by little, and by more than may be.
    let small = listed(&[b"x"]);
    for codec in [GZIP, BROTLI, ZSTD, SNAPPY, LZ4_RAW, LZ4] {
        let bytes = packed(codec, &small);
        broken(&dir, "less", table(codec, 1, &page(1000, 1, AS_IS, &bytes)));
        let told = broken(
            &dir,
            "much less",
            table(codec, 1, &page(1 << 30, 1, AS_IS, &bytes)),
        );
        assert_eq!(told, over, "{codec}");
    }
    // Neither does it end in the file.
    let mut long = page(small.len(), 1, AS_IS, &small);
    let at = long.iter().rposition(|&byte| byte == b'x').unwrap();
    long.truncate(at - 4);
    broken(&dir, "no end", table(PLAIN, 1, &long));
}

#[test]
fn values_of_tables_that_lie() {
    let dir = Dir::new();
    let value = listed(&[b"many"]);
    let index = |number: u8| [8, 2, number];
    let entry = dictionary(value.len(), 1, &value);
    let of = |pages: &[Vec<u8>]| table(PLAIN, 1, &pages.concat());
    let told = broken(
        &dir,
        "index",
        of(&[entry.clone(), page(3, 1, BY_DICTIONARY, &index(9))]),
    );
    assert!(told.contains("invalid key=9"), "{told}");
    broken(
        &dir,
        "no dictionary",
        of(&[page(3, 1, BY_DICTIONARY, &index(0))]),
    );
    broken(
        &dir,
        "wide index",
        of(&[entry.clone(), page(3, 1, BY_DICTIONARY, &[255, 2, 0])]),
    );
    let told = broken(
        &dir,
        "count of a dictionary",
        of(&[
            dictionary(value.len(), i64::from(i32::MAX), &value),
            page(3, 1, BY_DICTIONARY, &index(0)),
        ]),
    );
    assert_eq!(told, "a dictionary has fewer values than it says");
    broken(
        &dir,
        "negative",
        of(&[
            dictionary(value.len(), -1, &value),
            page(3, 1, BY_DICTIONARY, &index(0)),
        ]),
    );
    broken(
        &dir,
        "count of a page",
        of(&[page(value.len(), i64::from(i32::MAX), AS_IS, &value)]),
    );
    for length in [5, u32::MAX / 2, u32::MAX] {
        let lying = [&length.to_le_bytes()[..], b"x"].concat();
        broken(&dir, "length", of(&[page(lying.len(), 1, AS_IS, &lying)]));
    }
    // Lengths as differences: of more values than there are, in one and in the other list.
    let numbers = |count: u64| {
        let mut out = vec![128, 1, 4];
        varint(count, &mut out);
        out.extend([2, 0, 0, 0, 0, 0]);
        out
    };
    for count in [2, 1 << 31, 1 << 40, u64::MAX] {
        for (encoding, lists) in [
            (DELTA_LENGTHS, vec![count]),
            (DELTA_STRINGS, vec![count, 1]),
            (DELTA_STRINGS, vec![1, count]),
        ] {
            let bytes: Vec<u8> = lists.iter().flat_map(|&count| numbers(count)).collect();
            broken(
                &dir,
                "lengths",
                of(&[page(bytes.len(), 1, encoding, &bytes)]),
            );
        }
    }
}

/// A writer that tells of strings what are none must not cost the rows around them.
#[test]
fn strings_of_tables_that_are_not_utf8() {
    let dir = Dir::new();
    let bytes = listed(&[b"one", b"b\xffd", b"\xe8\x96", b"two"]);
    let page = page(bytes.len(), 4, AS_IS, &bytes);
    dir.raw("x.parquet", table(PLAIN, 4, &page));
    let run = capped(&dir, "extract -q x.parquet --with-text --id-field text").exits(0);
    let texts = ["one", "b\u{fffd}d", "\u{fffd}", "two", "good"];
    assert_eq!(run.each("text"), texts);
    assert_eq!(run.each("id"), texts);
    let replaced = run
        .records()
        .iter()
        .map(|record| record["source"]["replaced"].clone())
        .collect::<Vec<_>>();
    assert_eq!(
        replaced,
        [json!(null), json!(1), json!(1), json!(null), json!(null)]
    );
}

/// Each value begins with all of the one before it, so that a page of some megabytes is some
/// thousand times that.
#[test]
fn strings_that_are_made_of_those_before_them() {
    const COUNT: usize = 64;
    const LENGTH: usize = 12 << 20;
    let dir = Dir::new();
    // Differences between lengths: after the first value, none but for the step to the second.
    let lengths = |first: u64, second: i64| {
        let mut out = vec![128, 1, 4];
        varint(COUNT as u64, &mut out);
        varint(first << 1, &mut out);
        // The least difference, and of each value how much more it is: a bit, of the first.
        varint((second.min(0) << 1 ^ second.min(0) >> 63) as u64, &mut out);
        let width = if second == 0 { 0 } else { 32 };
        out.extend([width, width, 0, 0]);
        if width > 0 {
            let more = |n: usize| {
                u32::try_from(if n == 0 {
                    second.max(0)
                } else {
                    -second.min(0)
                })
                .unwrap()
            };
            (0..64).for_each(|n| out.extend(more(n).to_le_bytes()));
        }
        out
    };
    let length = i64::try_from(LENGTH).unwrap();
    let values = |length: i64, text: &[u8]| {
        [
            lengths(0, length),
            lengths(length as u64, -length),
            text.to_vec(),
        ]
        .concat()
    };
    let small = values(3, b"abc");
    let page_of = |bytes: &[u8]| page(bytes.len(), COUNT as i64, DELTA_STRINGS, bytes);
    dir.raw("x.parquet", table(PLAIN, COUNT as i64, &page_of(&small)));
    let run = capped(&dir, "extract -q x.parquet --with-text").exits(0);
    assert_eq!(run.each("text")[..COUNT], ["abc"; COUNT]);
    // 16 values of 12 MiB at a time are what there may be; 64 of them do not fit.
    let large = values(length, &vec![b'a'; LENGTH]);
    dir.raw("x.parquet", table(PLAIN, COUNT as i64, &page_of(&large)));
    let run = capped_to(
        &dir,
        640,
        "extract -q x.parquet --fields id --threads 1 --max-page-size 1K",
    );
    assert_eq!(run.status, Some(1), "{run:#?}");
    assert_eq!(run.complaints().len(), COUNT, "{run:#?}");
    // Of a longer page no value is made.
    let longer = values(length * 2, &vec![b'a'; LENGTH * 2]);
    let told = broken(
        &dir,
        "longer",
        table(PLAIN, COUNT as i64, &page_of(&longer)),
    );
    assert_eq!(
        told,
        "a page of the file, or a few rows of it, take more than 256 MiB unpacked"
    );
}

#[test]
fn contents_of_tables_that_lie() {
    let dir = Dir::new();
    let fails = |what: &str, file: &[u8]| {
        dir.raw("x.parquet", file);
        dir.file("y.txt", "x");
        let run = capped(&dir, "extract -q x.parquet y.txt").exits(1);
        assert_eq!(run.each("id"), ["y.txt"], "{what}: {run:#?}");
        assert_eq!(run.complaints().len(), 1, "{what}: {run:#?}");
        assert!(
            run.err.starts_with("dehusk: x.parquet: "),
            "{what}: {run:#?}"
        );
        run.err
    };
    let good = listed(&[b"x"]);
    let good = page(good.len(), 1, AS_IS, &good);
    let of = |rows, told| {
        let groups = vec![group(PLAIN, told, 4, good.len(), false)];
        file(&good, contents(schema(), rows, groups))
    };
    let whole = of(1, 1);
    for length in [0, 7, 1 << 31, u32::MAX] {
        let mut file = whole.clone();
        let at = file.len() - 8;
        file[at..at + 4].copy_from_slice(&length.to_le_bytes());
        fails(&format!("footer of {length}"), &file);
    }
    for rows in [1 << 62, i64::MAX, -1, i64::MIN] {
        fails("rows of the file", &of(rows, 1));
        fails("rows of a group", &of(1, rows));
    }
    // Rows that both tell of are missing in their group.
    dir.raw("x.parquet", of(1 << 62, 1 << 62));
    let run = capped(&dir, "extract -q x.parquet").exits(1);
    assert_eq!(run.records().len(), 1, "{run:#?}");
    assert_eq!(run.complaints().len(), 1);

    let root = |children| Struct(vec![(4, Text("root")), (5, I32(children))]);
    let node = || Struct(vec![(3, I32(0)), (4, Text("n")), (5, I32(1))]);
    let leaf = || {
        Struct(vec![
            (1, I32(6)),
            (3, I32(0)),
            (4, Text("text")),
            (6, I32(0)),
        ])
    };
    let deep: Vec<_> = (0..10_000).map(|_| node()).chain([leaf()]).collect();
    let deep = List([vec![root(1)], deep].concat_values());
    let told = fails("deep", &file(&good, contents(deep, 0, vec![])));
    assert!(told.contains("more than 128 levels"), "{told}");
    let children = contents(List(vec![root(i64::from(i32::MAX)), leaf()]), 0, vec![]);
    fails("children", &file(&good, children));
    for number in [2, 4, 5, 7] {
        let mut told = contents(schema(), 1, vec![group(PLAIN, 1, 4, good.len(), false)]);
        told.retain(|(field, _)| *field != number);
        told.push((number, Lying(1 << 31, vec![Struct(vec![])])));
        told.sort_by_key(|(field, _)| *field);
        fails(&format!("list {number}"), &file(&good, told));
    }
    let wide = (0..200_000).map(|_| leaf());
    let wide = List([vec![root(200_000)], wide.collect()].concat_values());
    let told = fails("wide", &file(&good, contents(wide, 0, vec![])));
    assert!(told.contains("more than 100000 columns"), "{told}");
    // A column that lies elsewhere.
    for (start, len) in [(1 << 40, 10), (0, 1), (usize::MAX / 2 - 10, 9)] {
        let groups = vec![group(PLAIN, 1, start, len, false)];
        fails("place", &file(&good, contents(schema(), 1, groups)));
    }
    // 300 MiB of zeros for a table of contents.
    let large = dir.path().join("large.parquet");
    let mut large = std::fs::File::create(large).unwrap();
    large.write_all(b"PAR1").unwrap();
    large.set_len(300 << 20).unwrap();
    std::io::Seek::seek(&mut large, std::io::SeekFrom::End(0)).unwrap();
    large.write_all(&u32::to_le_bytes(299 << 20)).unwrap();
    large.write_all(b"PAR1").unwrap();
    let run = capped(&dir, "extract -q large.parquet").exits(1);
    assert!(
        run.err.contains("a table of contents over 32 MiB"),
        "{run:#?}"
    );
}

trait ConcatValues {
    fn concat_values(self) -> Vec<Value>;
}

impl ConcatValues for [Vec<Value>; 2] {
    fn concat_values(self) -> Vec<Value> {
        self.into_iter().flatten().collect()
    }
}

#[test]
fn thousands_of_columns() {
    use arrow_array::{ArrayRef, RecordBatch, StringArray};
    let dir = Dir::new();
    let column =
        |text: &'static str| -> ArrayRef { std::sync::Arc::new(StringArray::from(vec![text])) };
    let columns = (0..3000).map(|n| (format!("c{n}"), column("x")));
    let columns = columns.chain([("text".to_owned(), column("a page"))]);
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut file = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    dir.raw("x.parquet", file);
    let run = capped(&dir, "extract -q x.parquet --with-text --keep all").exits(0);
    let records = run.records();
    assert_eq!(records[0]["text"], "a page");
    assert_eq!(records[0]["input"].as_object().unwrap().len(), 3000);
}

/// The best known bomb: a value that stands once, and is said to be in a thousand million rows.
#[test]
fn one_value_in_many_rows() {
    let dir = Dir::new();
    let many = |value: &[u8], rows: u64| {
        let value = listed(&[value]);
        let mut indices = vec![1];
        varint(rows << 1, &mut indices);
        indices.push(0);
        let rows = i64::try_from(rows).unwrap();
        let pages = [
            dictionary(value.len(), 1, &value),
            page(indices.len(), rows, BY_DICTIONARY, &indices),
        ];
        table(PLAIN, rows, &pages.concat())
    };
    // All of them are right, so the reader stops when it has had enough.
    dir.raw("x.parquet", many(&[b'a'; 1000], 1_000_000_000));
    let run = dir.run_capped_into_head(CAP, 3000, "extract -q x.parquet --threads 1");
    assert_eq!(run.records().len(), 3000);
    // Where it is long, each is over the limit.
    dir.raw("x.parquet", many(&vec![b'a'; 20 << 20], 40));
    let run = capped(&dir, "extract -q x.parquet --with-text").exits(1);
    assert_eq!(run.each("text"), ["good"]);
    assert_eq!(run.complaints().len(), 40);
    let told = "dehusk: x.parquet: record 39: page over the limit of 16777216 bytes";
    assert_eq!(run.complaints()[39], told);
}

/// One row with a list of which each item is the same long string.
#[test]
fn one_value_in_a_long_list() {
    let dir = Dir::new();
    let value = listed(&[&vec![b'a'; 1 << 20]]);
    let lists = |items: u64| {
        let rle = |value: u8| {
            let mut run = Vec::new();
            varint(items << 1, &mut run);
            run.push(value);
            run
        };
        // The first begins a row, the others are in it; each is there.
        let mut repetition = vec![2, 0];
        varint((items - 1) << 1, &mut repetition);
        repetition.push(1);
        let levels = |levels: Vec<u8>| {
            [
                &u32::try_from(levels.len()).unwrap().to_le_bytes()[..],
                &levels,
            ]
            .concat()
        };
        let body = [levels(repetition), levels(rle(1)), vec![1], rle(0)].concat();
        let count = i64::try_from(items).unwrap();
        let pages = [
            dictionary(value.len(), 1, &value),
            page(body.len(), count, BY_DICTIONARY, &body),
        ];
        let text = listed(&[b"a page"]);
        let text = page(text.len(), 1, AS_IS, &text);
        let list = pages.concat();
        let number = |number: usize| I64(i64::try_from(number).unwrap());
        let column = |name, start, len, values, first: Option<usize>| {
            let mut told = vec![
                (1, I32(6)),
                (2, List(vec![I32(0)])),
                (3, List(vec![Text(name)])),
                (4, I32(PLAIN)),
                (5, I64(values)),
                (6, number(len)),
                (7, number(len)),
                (9, number(start)),
            ];
            told.extend(first.map(|first| (11, number(first))));
            Struct(vec![(2, number(start)), (3, Struct(told))])
        };
        let columns = vec![
            column("text", 4, text.len(), 1, None),
            column(
                "list",
                4 + text.len(),
                list.len(),
                count,
                Some(4 + text.len()),
            ),
        ];
        let group = Struct(vec![
            (1, List(columns)),
            (2, number(list.len())),
            (3, I64(1)),
        ]);
        let schema = List(vec![
            Struct(vec![(4, Text("root")), (5, I32(2))]),
            Struct(vec![
                (1, I32(6)),
                (3, I32(0)),
                (4, Text("text")),
                (6, I32(0)),
            ]),
            Struct(vec![
                (1, I32(6)),
                (3, I32(2)),
                (4, Text("list")),
                (6, I32(0)),
            ]),
        ]);
        file(&[text, list].concat(), contents(schema, 1, vec![group]))
    };
    dir.raw("x.parquet", lists(3));
    let run = capped(&dir, "extract -q x.parquet --keep list").exits(0);
    assert_eq!(
        run.records()[0]["input"]["list"].as_array().unwrap().len(),
        3
    );
    for (items, told) in [
        (1 << 20, "page over the limit"),
        (
            1 << 30,
            "a page of the file, or a few rows of it, take more than 256 MiB unpacked",
        ),
    ] {
        dir.raw("x.parquet", lists(items));
        let run = capped(&dir, "extract -q x.parquet --keep list").exits(1);
        assert_eq!(run.complaints().len(), 1, "{run:#?}");
        assert!(run.err.contains(told), "{run:#?}");
        // Where the list is not wanted, it is not read.
        let run = capped(&dir, "extract -q x.parquet --with-text").exits(0);
        assert_eq!(run.each("text"), ["a page"]);
    }
}

#[test]
fn a_bomb_among_files_costs_itself() {
    let dir = Dir::new();
    dir.file("in/a.txt", "one");
    dir.raw("in/b.txt.gz", bomb("gz", b"a", BLAST));
    dir.raw("in/c.parquet", b"PAR1\0\0\0\x80PAR1");
    dir.file("in/d.jsonl", line("x", "two"));
    let run = capped(&dir, "extract -q in --with-text").exits(1);
    assert_eq!(run.each("text"), ["one", "two"]);
    assert_eq!(run.complaints().len(), 2, "{run:#?}");
    let run = capped(&dir, "extract -q in --out-dir out").exits(1);
    assert_eq!(run.complaints().len(), 2, "{run:#?}");
    let records = kit::records(&dir.read("out/d.jsonl"));
    assert_eq!(records[0]["id"], json!("x"));
}
