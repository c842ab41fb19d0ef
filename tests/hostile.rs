//! What files say of themselves is data: no name in an archive becomes a file's name, and what is
//! said about a broken file cannot do anything to a terminal.

#![cfg(all(feature = "cli", feature = "parquet"))]
#![allow(clippy::unwrap_used, reason = "helpers outside of test functions")]

mod kit;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;

use crate::kit::{Dir, Run};

/// Names that lead elsewhere.
const NAMES: [&str; 6] = [
    "../../evil-dehusk",
    "/tmp/evil-dehusk",
    "/etc/evil-dehusk",
    "~/evil-dehusk",
    "file:///tmp/evil-dehusk",
    "..\\..\\evil-dehusk",
];

/// All files below a directory.
fn tree(below: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![below.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(below).unwrap().to_str().unwrap();
                found.insert(name.to_owned());
            }
        }
    }
    found
}

fn table(columns: Vec<(&str, &str)>) -> Vec<u8> {
    let column = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text])) };
    let columns = columns.into_iter().map(|(name, text)| (name, column(text)));
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    file
}

/// A file of each kind with this name wherever one may stand.
fn files(dir: &Dir, number: usize, name: &str) {
    let object = serde_json::json!({ "id": name, "url": name, "text": name, name: name });
    dir.file(&format!("a/b/in/{number}.jsonl"), object.to_string() + "\n");
    let mut packed = flate2::GzBuilder::new()
        .filename(name)
        .comment(name)
        .write(Vec::new(), flate2::Compression::fast());
    packed.write_all(object.to_string().as_bytes()).unwrap();
    dir.raw(
        &format!("a/b/in/{number}-named.jsonl.gz"),
        packed.finish().unwrap(),
    );
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Location: {name}\r\n\
         Content-Disposition: attachment; filename=\"{name}\"\r\n\r\n<title>{name}</title><p>{name}"
    );
    let length = answer.len();
    let record = format!(
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Filename: {name}\r\nWARC-Target-URI: {name}\r\n\
         WARC-Record-ID: {name}\r\nContent-Length: {length}\r\n\r\n{answer}\r\n\r\n"
    );
    dir.raw(&format!("a/b/in/{number}.warc"), record);
    let columns = vec![("id", name), ("url", name), ("text", name), (name, name)];
    dir.raw(&format!("a/b/in/{number}.parquet"), table(columns));
}

#[test]
fn no_name_in_a_file_becomes_a_files_name() {
    let dir = Dir::new();
    for (number, name) in NAMES.into_iter().enumerate() {
        files(&dir, number, name);
    }
    let before = tree(dir.path());
    assert_eq!(before.len(), 4 * NAMES.len());
    let options = "--keep all --errors a/b/errors.jsonl --summary a/b/summary.json";
    let run = dir
        .run(&format!("extract a/b/in -o a/b/all.jsonl {options}"))
        .exits(0);
    assert!(!run.err.contains("evil"), "{run:#?}");
    dir.run("extract a/b/in --out-dir a/b/out --keep all --with-text")
        .exits(0);
    dir.run("extract a/b/in --to marked -o a/b/all.marked")
        .exits(0);
    dir.run("extract a/b/in -o a/b/all.parquet --keep all")
        .exits(0);
    dir.run("explain a/b/in --html a/b/explained.html").exits(0);
    dir.run("stats a/b/all.jsonl --html a/b/stats.html")
        .exits(0);

    let mut expected = before.clone();
    for name in [
        "all.jsonl",
        "all.marked",
        "all.parquet",
        "errors.jsonl",
        "summary.json",
        "explained.html",
        "stats.html",
    ] {
        expected.insert(format!("a/b/{name}"));
    }
    let after = tree(dir.path());
    let new: BTreeSet<_> = after.difference(&before).cloned().collect();
    assert!(new.iter().all(|name| !name.contains("evil")), "{new:#?}");
    let outside: Vec<_> = new
        .iter()
        .filter(|name| !expected.contains(*name) && !name.starts_with("a/b/out/"))
        .collect();
    assert!(outside.is_empty(), "{outside:#?}");
    // An output and a manifest for each file.
    let out = new.iter().filter(|name| name.starts_with("a/b/out/"));
    let stems: BTreeSet<_> = out
        .map(|name| name["a/b/out/".len()..].split('.').next().unwrap())
        .collect();
    assert!(
        stems
            .iter()
            .all(|stem| stem.trim_end_matches("-named").parse::<usize>().is_ok()),
        "{stems:?}"
    );
    for name in ["/tmp/evil-dehusk", "/etc/evil-dehusk"] {
        assert!(!Path::new(name).exists(), "{name}");
    }
    // What was said is there, as data.
    let records = kit::records(&dir.read("a/b/all.jsonl"));
    assert_eq!(records.len(), 4 * NAMES.len());
    for record in &records {
        assert!(NAMES.contains(&record["id"].as_str().unwrap()), "{record}");
    }
}

/// Moves the cursor, sets a title, colours, reorders, hides.
const ATTACK: &str = "\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m\u{202e}exe.txt\u{200b}\u{7f}\r";

#[track_caller]
fn assert_harmless(what: &str, run: &Run) {
    let bad = |c: char| {
        c.is_control() && c != '\n'
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
    };
    assert!(!run.err.contains(bad), "{what}: {run:#?}");
    assert!(!run.err.is_empty(), "{what}: nothing was said");
}

#[test]
fn what_is_said_of_a_file_is_harmless() {
    let dir = Dir::new();
    let attack = serde_json::Value::from(ATTACK);
    dir.file("x.txt", "x");
    dir.raw("columns.parquet", table(vec![(ATTACK, "x")]));
    dir.raw(
        "number.warc",
        format!("WARC/1.0\r\nContent-Length: {ATTACK}\r\n\r\n"),
    );
    dir.file(
        "bad.jsonl",
        format!("{{\"text\": {ATTACK}\n{{\"id\":{attack},\"text\":1}}\n"),
    );
    dir.file("pack.txt", format!("[{ATTACK}]\nx\n"));
    dir.file("cue.txt", format!("[promo part]\nx\n[off]\n{ATTACK}\n"));
    dir.file("labels.tsv", format!("{ATTACK}\t1\n"));
    let head = include_str!("../src/decide/text.tsv")
        .lines()
        .find(|line| line.starts_with("labels"))
        .unwrap();
    dir.file(
        "feature.tsv",
        format!("{head}\n{ATTACK}{}\n", "\t0".repeat(10)),
    );
    dir.file("key.toml", format!("[extract]\n{attack} = 1\n"));
    dir.file("value.toml", format!("[extract]\nto = {attack}\n"));
    dir.file("garbage.toml", ATTACK);
    dir.file("gold/case/page.txt", "x");
    dir.file(
        "gold/case/gold.json",
        serde_json::json!({ "id": ATTACK, "spans": [] }).to_string(),
    );
    dir.file("label/case.marked", format!("{ATTACK}\tx\n"));
    dir.file("good/case.marked", "body\tx\n");
    dir.file(
        "records.jsonl",
        serde_json::json!({ "id": "case", "segments": [{ "kind": ATTACK, "start": 0, "end": 1 }] })
            .to_string(),
    );
    for line in [
        "extract columns.parquet",
        "extract number.warc",
        "extract bad.jsonl",
        "extract x.txt --rules pack.txt",
        "extract x.txt --rules cue.txt",
        "rules check pack.txt cue.txt",
        "extract x.txt --weights labels.tsv",
        "extract x.txt --weights feature.tsv",
        "extract x.txt --config key.toml",
        "extract x.txt --config value.toml",
        "extract x.txt --config garbage.toml",
        "eval gold records.jsonl",
        "eval label records.jsonl",
        "eval good records.jsonl",
        "stats records.jsonl",
    ] {
        let run = dir.run(line);
        assert!(!run.out.contains('\u{1b}'), "{line}: {run:#?}");
        assert_harmless(line, &run);
    }
    // A file's name.
    for name in ["no-such-\u{1b}[2J\u{202e}", "\u{9b}31m"] {
        assert_harmless(name, &dir.run(&format!("extract {name}")));
    }
}
