//! The program has nothing to do with the network: no command makes a call to the system that has
//! to do with it, whatever addresses stand in pages, and every command works where there is none.

#![cfg(all(feature = "cli", feature = "parquet", target_os = "linux"))]
#![allow(clippy::unwrap_used, reason = "helpers outside of test functions")]
#![allow(clippy::print_stderr, reason = "what is skipped is told")]

mod kit;

use std::fs;
use std::process::{Command, Output};

use crate::kit::{Dir, line};

/// A page that would have a browser load something from each of these addresses.
const PAGE: &str = "<?xml version='1.0'?>
<!DOCTYPE html [<!ENTITY x SYSTEM 'http://127.0.0.1:9/entity'> <!ENTITY % y SYSTEM 'http://127.0.0.1:9/dtd'> %y;]>
<html><head><base href='http://127.0.0.1:9/'><link rel=stylesheet href='http://127.0.0.1:9/style'>
<link rel=preconnect href='//127.0.0.1:9'><meta http-equiv=refresh content='0;url=http://127.0.0.1:9/next'>
<script src='http://127.0.0.1:9/script'></script><style>@import 'http://127.0.0.1:9/import';</style></head>
<body background='http://127.0.0.1:9/back'><h1>A title</h1><p>Mint likes light &x; and a larger pot every spring.</p>
<img src='http://127.0.0.1:9/image'><iframe src='http://127.0.0.1:9/frame'></iframe>
<a href='http://127.0.0.1:9/link' ping='http://127.0.0.1:9/ping'>a link</a></body></html>";

/// Files of every kind, and each command that reads or writes some.
fn commands(dir: &Dir) -> Vec<String> {
    let url = "http://127.0.0.1:9/page";
    let object = serde_json::json!({ "id": url, "url": url, "html": PAGE, "text": "x" });
    let object = object.to_string() + "\n";
    dir.file("page.html", PAGE);
    dir.file("page.xhtml.gz", PAGE);
    dir.file("pages.jsonl.zst", object.repeat(3));
    let content =
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nLocation: {url}\r\n\r\n{PAGE}");
    let head = format!("WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\n");
    let length = content.len();
    dir.file(
        "page.warc",
        format!("{head}Content-Length: {length}\r\n\r\n{content}\r\n\r\n"),
    );
    dir.file(
        "gold/a.marked",
        "title\tA title\nbody\tMint likes light and a larger pot.\n",
    );
    dir.file(
        "gold/b.marked",
        "nav\tHome | Blog\nbody\tA rose wants water every morning.\n",
    );
    dir.file(
        "gold.jsonl",
        line("a", "A title\nMint likes light and a larger pot.\n"),
    );
    dir.file("list.txt", "page.html\npage.warc\n");
    dir.file("pack.txt", "[promo part]\nhttp://127.0.0.1:9/pack\n");
    dir.file("dehusk.toml", "[extract]\nkeep = ['url']\n");
    let lines = "
        extract page.html page.xhtml.gz page.warc pages.jsonl.zst -o records.jsonl --threads 3 --with-text
        extract pages.jsonl.zst --html-field html -o records.parquet --errors errors.jsonl --summary summary.json
        extract records.parquet --text-field body --to markdown
        extract --files-from list.txt --out-dir out --with-text --confidence --timings
        extract --files-from list.txt --out-dir out --with-text --confidence --resume
        extract gold.jsonl -o gold-records.jsonl --rules pack.txt
        explain page.html --html page-explained.html
        explain page.warc --json
        stats records.jsonl --html stats.html
        eval gold gold-records.jsonl
        train gold -o gold.tsv
        rules list
        rules check pack.txt
        schema
        config
        completions bash
        man --dir manual
        --help
    ";
    lines
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Runs it with these words before it, if they do anything here.
fn run_under(dir: &Dir, before: &[&str], line: &str) -> std::io::Result<Output> {
    Command::new(before[0])
        .args(&before[1..])
        .arg(env!("CARGO_BIN_EXE_dehusk"))
        .args(line.split_whitespace())
        .current_dir(dir.path())
        .output()
}

/// Asserts that it did what it was to do.
fn assert_done(line: &str, output: &Output) {
    let (status, err) = (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(matches!(status, Some(0)), "{line}: {status:?} {err}");
}

#[test]
fn no_call_to_the_system_has_to_do_with_the_network() {
    const STRACE: [&str; 7] = ["strace", "-f", "-q", "-e", "trace=%network", "-o", "calls"];
    let dir = Dir::new();
    let works = run_under(&dir, &STRACE, "schema");
    if !works.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: no strace, or it may not trace here");
        return;
    }
    // It would tell.
    let told = Command::new("strace")
        .args(&STRACE[1..])
        .args(["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9"])
        .current_dir(dir.path())
        .output()
        .unwrap();
    assert!(!told.status.success() && dir.read("calls").contains("connect("));
    for line in commands(&dir) {
        let output = run_under(&dir, &STRACE, &line).unwrap();
        assert_done(&line, &output);
        let calls = dir.read("calls");
        // `???(` stands for any call at all, of a thread that ended with the process before it
        // could be asked for the call's number.
        let calls: Vec<_> = calls
            .lines()
            .filter(|call| !["+++", "---", "???("].iter().any(|&no| call.contains(no)))
            .collect();
        assert!(calls.is_empty(), "{line}: {calls:#?}");
    }
    assert!(dir.read("records.jsonl").contains("Mint likes light"));
}

#[test]
fn every_command_works_without_a_network() {
    const UNSHARE: [&str; 3] = ["unshare", "-r", "-n"];
    let dir = Dir::new();
    let works = run_under(&dir, &UNSHARE, "schema");
    if !works.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: no unshare, or it may not make a namespace here");
        return;
    }
    for line in commands(&dir) {
        assert_done(&line, &run_under(&dir, &UNSHARE, &line).unwrap());
    }
    // The HTML files load nothing either: what names an address is text.
    for name in ["page-explained.html", "stats.html"] {
        let html = fs::read_to_string(dir.path().join(name)).unwrap();
        assert!(html.contains("default-src 'none'"), "{name}");
    }
}
