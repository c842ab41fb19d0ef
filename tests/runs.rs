//! Large runs: lists of files, shards, an output for each input, runs that are killed, disks
//! that are full, and counts that add up.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "helpers outside of test functions")]
#![allow(
    clippy::print_stderr,
    reason = "a test tells what it could not do here"
)]

mod kit;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::kit::{Dir, Run, line, pack, records};

/// Longer than anything here takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);

/// Every file below a directory, hidden or not. A run may be at work there.
fn names(dir: &Dir, below: &str) -> Vec<String> {
    let root = dir.path().join(below);
    let (mut names, mut folders) = (Vec::new(), vec![root.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&root).unwrap();
                names.push(name.to_str().unwrap().to_owned());
            }
        }
    }
    names.sort();
    names
}

/// The same with their content. Nobody is at work there.
fn tree(dir: &Dir, below: &str) -> BTreeMap<String, Vec<u8>> {
    let root = dir.path().join(below);
    let read = |name: String| (name.clone(), fs::read(root.join(name)).unwrap());
    names(dir, below).into_iter().map(read).collect()
}

/// All but the manifests, which hold times.
fn outputs(dir: &Dir, below: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = tree(dir, below);
    files.retain(|name, _| !name.ends_with(".manifest.json"));
    files
}

fn json_file(dir: &Dir, name: &str) -> Value {
    serde_json::from_str(&dir.read(name)).unwrap()
}

/// What became of pages must be what came in, by reason too.
fn assert_adds_up(summary: &Value) {
    let pages = |key: &str| summary["pages"][key].as_u64().unwrap();
    assert_eq!(
        pages("in"),
        pages("records") + pages("errors") + pages("skipped"),
        "{summary}"
    );
    for key in ["errors", "skipped"] {
        let reasons = summary[key].as_object().unwrap().values();
        let sum: u64 = reasons.map(|count| count.as_u64().unwrap()).sum();
        assert_eq!(sum, pages(key), "{summary}");
    }
}

/// Waits, but not for ever.
fn wait(child: &mut Child) -> Option<i32> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        if started.elapsed() > LONG {
            child.kill().unwrap();
            panic!("does not end");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

// ---- lists of files

#[test]
fn names_come_from_a_list() {
    let dir = Dir::new();
    for name in ["a.txt", "d/b.txt", "d/c.txt", "two\nlines.txt", "-"] {
        dir.file(name, name);
    }
    dir.raw("list", "d\n\na.txt\n");
    let run = dir.run("extract --files-from list").exits(0);
    assert_eq!(run.each("id"), ["d/b.txt", "d/c.txt", "a.txt"]);
    // Those of the command line come first.
    let run = dir.run("extract d/c.txt --files-from list").exits(0);
    assert_eq!(run.each("id"), ["d/c.txt", "d/b.txt", "d/c.txt", "a.txt"]);
    let run = dir.run_on("extract --files-from -", "a.txt\nd/b.txt");
    assert_eq!(run.exits(0).each("id"), ["a.txt", "d/b.txt"]);
    let run = dir.run_on("extract --files-from - -0", "two\nlines.txt\0-\0");
    assert_eq!(run.exits(0).each("id"), ["two\nlines.txt", "-"]);
    assert_eq!(dir.run_on("extract --files-from -", "").exits(0).out, "");
}

#[test]
fn a_list_can_name_what_is_not_there() {
    let dir = Dir::new();
    dir.file("a.txt", "a");
    dir.raw("list", "nope.txt\na.txt\n");
    let run = dir.run("extract --files-from list").exits(1);
    assert_eq!(run.each("id"), ["a.txt"]);
    assert_eq!(
        run.complaints(),
        ["dehusk: nope.txt: No such file or directory (os error 2)"]
    );
    let run = dir.run("extract --files-from nope").exits(2);
    assert_eq!(
        run.err,
        "dehusk: nope: No such file or directory (os error 2)\n"
    );
    for wrong in ["extract -0 a.txt", "extract - --files-from -"] {
        assert_eq!(dir.run(wrong).exits(2).out, "", "{wrong}");
    }
}

// ---- shards

#[test]
fn shards_read_each_file_once() {
    let dir = Dir::new();
    for n in 0..11 {
        dir.file(&format!("d/{n:02}.txt"), "x");
    }
    dir.file("d/no.png", "x");
    dir.file("last.txt", "x");
    let all = dir.run("extract d last.txt").exits(0).each("id");
    assert_eq!(all.len(), 12);
    for of in [1, 3, 5, 20] {
        let mut parts = vec![Vec::new(); of];
        for (index, part) in parts.iter_mut().enumerate() {
            let run = dir.run(&format!("extract d last.txt --shard {index}/{of}"));
            *part = run.exits(0).each("id");
            let out = format!("extract d last.txt --out-dir o{of} --shard {index}/{of}");
            dir.run(&out).exits(0);
        }
        for (n, id) in all.iter().enumerate() {
            assert_eq!(&parts[n % of][n / of], id);
        }
        assert_eq!(parts.concat().len(), all.len());
        assert_eq!(outputs(&dir, &format!("o{of}")).len(), all.len());
    }
    let run = dir.run("extract d last.txt --shard 1/5 --summary s.json");
    assert!(run.exits(0).err.contains("1 other ending, 9 other shard"));
    let passed = &json_file(&dir, "s.json")["files"]["passed_over"];
    assert_eq!(*passed, json!({"other_shard": 9, "other_ending": 1}));
}

#[test]
fn shards_that_are_none() {
    let dir = Dir::new();
    dir.file("a.txt", "x");
    for typed in ["1", "1/1", "0/0", "-1/2", "a/b", "0/", "+0/1", "4/4"] {
        let run = dir.run(&format!("extract a.txt --shard={typed}")).exits(2);
        assert_eq!(run.out, "", "{typed}");
    }
    dir.run_on("extract --shard 0/2", "x").exits(2);
}

// ---- an output for each input

/// A small crawl with one of everything.
fn crawl(dir: &Dir) {
    dir.file("crawl/a/b.jsonl.gz", line("1", "x") + &line("2", "y"));
    dir.file("crawl/a/c.ndjson", line("3", "z"));
    dir.file("crawl/page.txt", "正文。");
    dir.file("crawl/README", "x");
    dir.file("crawl/b.jsonl.zst", line("4", "z") + "bad\n");
}

#[test]
fn outputs_are_called_as_their_inputs() {
    let dir = Dir::new();
    crawl(&dir);
    dir.run("extract crawl --out-dir out/deep -q").exits(1);
    let expected = [
        "README.jsonl",
        "a/b.jsonl.gz",
        "a/c.ndjson",
        "b.jsonl.zst",
        "page.txt.jsonl",
    ];
    let found: Vec<_> = outputs(&dir, "out/deep").into_keys().collect();
    assert_eq!(found, expected);
    assert_eq!(tree(&dir, "out/deep").len(), 10);
    assert!(names(&dir, "out/deep").contains(&"a/b.jsonl.gz.manifest.json".into()));
    // Each holds what a run of its own gives.
    let alone = dir.run("extract crawl/a/b.jsonl.gz").exits(0).out;
    let packed = fs::read(dir.path().join("out/deep/a/b.jsonl.gz")).unwrap();
    assert_eq!(packed, pack("b.gz", alone.as_bytes()));
    assert_eq!(records(&dir.read("out/deep/README.jsonl")).len(), 1);

    dir.run("extract crawl/page.txt crawl/a --out-dir md --to markdown")
        .exits(0);
    let found: Vec<_> = outputs(&dir, "md").into_keys().collect();
    assert_eq!(found, ["b.jsonl.gz.md", "c.ndjson.md", "page.txt.md"]);
    // A list's names keep their paths.
    dir.raw("list", "./crawl/page.txt\ncrawl/a\n");
    dir.run("extract --files-from list --out-dir listed --to text")
        .exits(0);
    let found: Vec<_> = outputs(&dir, "listed").into_keys().collect();
    assert_eq!(
        found,
        [
            "crawl/a/b.jsonl.gz.txt",
            "crawl/a/c.ndjson.txt",
            "crawl/page.txt"
        ]
    );
}

#[test]
fn failed_pages_have_a_file_beside_each_output() {
    let dir = Dir::new();
    crawl(&dir);
    let run = dir.run("extract crawl --out-dir out --errors out").exits(1);
    assert_eq!(
        run.complaints(),
        ["dehusk: crawl/b.jsonl.zst: record 1, byte 22: bad JSON: expected value at column 1"]
    );
    let failed = records(&dir.read("out/b.jsonl.zst.errors.jsonl"));
    assert_eq!(failed[0]["raw"], json!({"text": "bad"}));
    assert_eq!(dir.read("out/page.txt.jsonl.errors.jsonl"), "");
    assert_eq!(tree(&dir, "out").len(), 15);
}

#[test]
fn what_makes_no_sense_is_refused_before_the_start() {
    let dir = Dir::new();
    crawl(&dir);
    dir.file("other/page.txt", "x");
    for (line, said) in [
        ("crawl --out-dir crawl/out", "is inside of crawl"),
        ("crawl --out-dir crawl", "is inside of crawl"),
        ("crawl --out-dir out/../crawl", "is inside of crawl"),
        ("crawl --out-dir out --errors crawl/e", "is inside of crawl"),
        ("--out-dir out", "not standard input"),
        ("- crawl --out-dir out", "not standard input"),
        ("crawl --out-dir out -o o.jsonl", "cannot be used with"),
        ("crawl --resume", "--out-dir"),
        ("crawl --out-dir out --overwrite", "--resume"),
        (
            "crawl/page.txt other/page.txt --out-dir out",
            "crawl/page.txt and other/page.txt would both be written to",
        ),
        (
            "crawl/page.txt other/page.txt --out-dir out --shard 0/2",
            "would both be written to",
        ),
        (
            "crawl --out-dir out --summary out/page.txt.jsonl",
            "is an output",
        ),
        ("crawl/a/c.ndjson --out-dir crawl/a", "take its place"),
        (
            "crawl --out-dir out --summary crawl/page.txt",
            "is one of the files to be read",
        ),
    ] {
        let run = dir.run(&format!("extract {line}")).exits(2);
        assert!(run.err.contains(said), "{line}: {}", run.err);
        assert_eq!(dir.names(), ["crawl", "other"], "{line}");
    }
    // Not the same name: nothing is lost.
    dir.run("extract crawl/page.txt --out-dir crawl").exits(0);
    assert_eq!(dir.read("crawl/page.txt"), "正文。");
}

#[cfg(unix)]
#[test]
fn no_file_is_read_and_written_or_written_twice() {
    let dir = Dir::new();
    dir.file("a.jsonl", line("a", "x"));
    dir.file("d/b.jsonl", line("b", "x"));
    std::os::unix::fs::symlink("a.jsonl", dir.path().join("link")).unwrap();
    let before = tree(&dir, "");
    for line in [
        "a.jsonl -o a.jsonl",
        "a.jsonl -o ./a.jsonl",
        "a.jsonl -o d/../a.jsonl",
        "a.jsonl -o link",
        "link -o a.jsonl",
        "a.jsonl --errors ./a.jsonl",
        "a.jsonl --summary ./a.jsonl",
        "d -o d/b.jsonl",
        ". --errors d/b.jsonl",
        "a.jsonl -o o --errors ./o",
        "a.jsonl -o d/o --summary d/../d/o",
        "a.jsonl --errors e --summary ./e",
    ] {
        dir.run(&format!("extract {line}")).exits(2);
        assert_eq!(tree(&dir, ""), before, "{line}");
    }
    dir.run("extract a.jsonl -o /dev/null --errors /dev/null --summary /dev/null")
        .exits(0);
    dir.run("extract d -o d/new.jsonl").exits(0);
}

#[test]
fn a_file_that_cannot_be_opened_has_no_output() {
    let dir = Dir::new();
    dir.file("a.txt", "x");
    dir.raw("list", "a.txt\nnope.txt\n");
    let line = "extract --files-from list --out-dir out --resume --errors e --summary s.json";
    let run = dir.run(line).exits(1);
    assert!(
        run.err.contains("outputs: 1 made, 0 resumed, 1 failed"),
        "{}",
        run.err
    );
    assert_eq!(
        names(&dir, "out"),
        ["a.txt.jsonl", "a.txt.jsonl.manifest.json"]
    );
    assert_eq!(
        records(&dir.read("e/nope.txt.jsonl.errors.jsonl"))[0]["id"],
        "nope.txt"
    );
    assert_eq!(json_file(&dir, "s.json")["errors"], json!({"unopened": 1}));
    // It is tried again.
    dir.file("nope.txt", "y");
    dir.run(line).exits(0);
    let shards = &json_file(&dir, "s.json")["shards"];
    assert_eq!(
        *shards,
        json!({"all": 2, "made": 1, "resumed": 1, "failed": 0})
    );
    assert_adds_up(&json_file(&dir, "s.json"));
    dir.run("extract nor.txt --out-dir none").exits(2);
}

#[test]
fn the_first_failed_page_can_end_the_run() {
    let dir = Dir::new();
    crawl(&dir);
    let run = dir
        .run("extract crawl --out-dir out --on-error fail --errors e --threads 1")
        .exits(2);
    assert!(
        run.err.starts_with("dehusk: crawl/b.jsonl.zst: record 1, "),
        "{}",
        run.err
    );
    assert!(!names(&dir, "out").contains(&"b.jsonl.zst".into()));
    assert_eq!(records(&dir.read("e/b.jsonl.zst.errors.jsonl")).len(), 1);
    assert!(
        names(&dir, "out")
            .iter()
            .all(|name| !name.contains(".part"))
    );
}

// ---- going on

#[test]
fn what_is_done_is_skipped() {
    let dir = Dir::new();
    crawl(&dir);
    let line = "extract crawl --out-dir out --resume --summary s.json";
    dir.run(line).exits(1);
    let first = json_file(&dir, "s.json");
    assert_eq!(first["shards"]["made"], 5);
    assert_adds_up(&first);
    let before = outputs(&dir, "out");

    // The status and the counts are those of all, done now or before.
    let run = dir.run(line).exits(1);
    assert!(
        run.err.contains("outputs: 0 made, 5 resumed, 0 failed"),
        "{}",
        run.err
    );
    let second = json_file(&dir, "s.json");
    for key in ["pages", "errors", "skipped", "bytes", "files", "settings"] {
        assert_eq!(first[key], second[key], "{key}");
    }

    let remade = |count: u64| {
        dir.run(line).exits(1);
        assert_eq!(json_file(&dir, "s.json")["shards"]["made"], count);
        dir.run(line).exits(1);
        assert_eq!(json_file(&dir, "s.json")["shards"]["made"], 0);
    };
    fs::remove_file(dir.path().join("out/README.jsonl.manifest.json")).unwrap();
    remade(1);
    fs::remove_file(dir.path().join("out/README.jsonl")).unwrap();
    dir.raw("out/page.txt.jsonl", "shorter");
    dir.raw("out/a/c.ndjson.manifest.json", "{\"manifest\":1");
    remade(3);
    assert_eq!(outputs(&dir, "out"), before);

    // Another input under the same name; and one that is new.
    dir.file("crawl/page.txt", "正文，变了。");
    dir.file("crawl/new.txt", "x");
    remade(2);
    // The same size at another time.
    let file = fs::File::options()
        .write(true)
        .open(dir.path().join("crawl/README"));
    file.unwrap()
        .set_modified(std::time::SystemTime::UNIX_EPOCH)
        .unwrap();
    remade(1);
    // Failed pages that are asked for only now.
    dir.run(&format!("{line} --errors e")).exits(1);
    assert_eq!(json_file(&dir, "s.json")["shards"]["made"], 6);
    dir.run(&format!("{line} --errors e")).exits(1);
    assert_eq!(json_file(&dir, "s.json")["shards"]["made"], 0);
    // Without --resume all is made.
    dir.run("extract crawl --out-dir out --summary s.json")
        .exits(1);
    assert_eq!(json_file(&dir, "s.json")["shards"]["made"], 6);
}

#[test]
fn other_settings_are_refused() {
    let dir = Dir::new();
    crawl(&dir);
    dir.file("mine.txt", "[promo lead]\n今日特价大甩卖\n");
    let resume = "extract crawl --out-dir out --resume -q";
    dir.run(&format!("{resume} --rules mine.txt")).exits(1);
    let before = tree(&dir, "out");
    for (options, said) in [
        ("", "--rules was `"),
        ("--rules mine.txt --fields id", "--fields was ``, is `id`"),
        (
            "--rules mine.txt --max-page-size 1k",
            "--max-page-size was `16777216`, is `1024`",
        ),
    ] {
        let run = dir.run(&format!("{resume} {options}")).exits(2);
        assert!(run.err.contains(said), "{}", run.err);
        assert!(
            run.err
                .contains("5 of 5 outputs were made with other settings")
                && run.err.contains("--resume --overwrite"),
            "{}",
            run.err
        );
        assert_eq!(tree(&dir, "out"), before);
    }
    // What does not change records is no setting.
    dir.run(&format!("{resume} --rules mine.txt --threads 3"))
        .exits(1);
    // A pack is its content.
    dir.file("same.txt", "[promo lead]\n今日特价大甩卖\n");
    dir.run(&format!("{resume} --rules same.txt")).exits(1);
    dir.file("same.txt", "[promo lead]\n今日特价\n");
    dir.run(&format!("{resume} --rules same.txt")).exits(2);
    // Another version.
    let manifest = dir.read("out/README.jsonl.manifest.json");
    let version = concat!("\"version\": \"", env!("CARGO_PKG_VERSION"), "\"");
    assert!(manifest.contains(version), "{manifest}");
    dir.raw(
        "out/README.jsonl.manifest.json",
        manifest.replace(version, "\"version\": \"0.0.1\""),
    );
    let run = dir.run(&format!("{resume} --rules mine.txt")).exits(2);
    assert!(
        run.err.contains("1 of 5 outputs") && run.err.contains("version was `0.0.1`, is `"),
        "{}",
        run.err
    );

    dir.run(&format!("{resume} --overwrite --fields id"))
        .exits(1);
    assert_eq!(dir.read("out/README.jsonl"), "{\"id\":\"crawl/README\"}\n");
    dir.run(&format!("{resume} --fields id")).exits(1);
}

#[test]
fn a_manifest_tells_what_was_made_of_what() {
    let dir = Dir::new();
    crawl(&dir);
    dir.run("extract crawl --out-dir out -q").exits(1);
    let manifest = json_file(&dir, "out/b.jsonl.zst.manifest.json");
    assert_eq!(manifest["manifest"], 1);
    assert_eq!(manifest["input"]["path"], "crawl/b.jsonl.zst");
    let size = |name: &str| fs::metadata(dir.path().join(name)).unwrap().len();
    assert_eq!(manifest["input"]["size"], size("crawl/b.jsonl.zst"));
    assert_eq!(manifest["output"]["size"], size("out/b.jsonl.zst"));
    assert_eq!(
        manifest["counts"]["pages"],
        json!({"in": 2, "records": 1, "errors": 1, "skipped": 0})
    );
    assert_eq!(manifest["settings"]["hash"].as_str().unwrap().len(), 16);
}

// ---- runs that end before their time

/// Many small files and one that takes a while.
fn many(dir: &Dir) {
    for n in 0..60 {
        let name = format!("crawl/{}/{n:02}.jsonl", n % 4);
        dir.file(&name, line(&n.to_string(), "正文。") + "bad\n");
    }
    let text = "薄荷好养，却也容易徒长。".repeat(40);
    let big: String = (0..1500).map(|n| line(&n.to_string(), &text)).collect();
    dir.file("crawl/2/big.jsonl.gz", big);
}

/// A number that nobody knows, below `limit`.
fn any(limit: u128) -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    u64::try_from(now.unwrap().subsec_nanos() as u128 % limit).unwrap()
}

#[test]
fn killed_and_resumed_it_gives_the_same_bytes() {
    let dir = Dir::new();
    many(&dir);
    let options = "--threads 2 -q --keep all";
    dir.run(&format!(
        "extract crawl --out-dir whole --errors whole-errors {options}"
    ))
    .exits(1);
    let expected = (outputs(&dir, "whole"), tree(&dir, "whole-errors"));
    let resume = format!("extract crawl --out-dir out --errors errors --resume {options}");
    let mut killed = 0;
    for _ in 0..10 {
        let before = names(&dir, "out").len();
        let mut child = dir.start(&resume);
        let started = Instant::now();
        // Until it is at work; and then a little more or less.
        while names(&dir, "out").len() <= before && child.try_wait().unwrap().is_none() {
            assert!(started.elapsed() < LONG);
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_micros(any(40_000)));
        child.kill().unwrap();
        killed += u32::from(child.wait().unwrap().code().is_none());
        // What is there under its own name is whole.
        for (name, bytes) in outputs(&dir, "out") {
            let hidden = name.contains(".part");
            assert!(hidden || expected.0[&name] == bytes, "{name}");
        }
    }
    eprintln!("killed {killed} times");
    dir.run(&resume).exits(1);
    assert!(outputs(&dir, "out") == expected.0);
    assert!(tree(&dir, "errors") == expected.1);
    assert_eq!(tree(&dir, "out").len(), tree(&dir, "whole").len());
}

#[test]
fn outputs_do_not_depend_on_threads() {
    let dir = Dir::new();
    many(&dir);
    for threads in [1, 7] {
        let line = format!("extract crawl --out-dir {threads} --errors e{threads} -q");
        dir.run(&format!("{line} --threads {threads}")).exits(1);
    }
    assert!(outputs(&dir, "1") == outputs(&dir, "7"));
    assert!(tree(&dir, "e1") == tree(&dir, "e7"));
}

#[test]
fn parts_of_a_killed_run_are_removed_and_nothing_else() {
    let dir = Dir::new();
    crawl(&dir);
    let ours = [
        "out/.page.txt.jsonl.1-0.part",
        "out/a/.b.jsonl.gz.77-3.part",
    ];
    let others = [
        "out/.mine.1-0.part",
        "out/.page.txt.jsonl.part",
        "out/page.txt.jsonl.1-0.part",
    ];
    for name in ours.iter().chain(&others) {
        dir.raw(name, "x");
    }
    // Shard 2 of 5 is a/c.ndjson's: the others may be at work.
    dir.run("extract crawl --out-dir out -q --shard 2/5")
        .exits(0);
    assert!(ours.iter().all(|name| dir.path().join(name).exists()));
    dir.run("extract crawl --out-dir out -q --resume").exits(1);
    assert!(ours.iter().all(|name| !dir.path().join(name).exists()));
    assert!(others.iter().all(|name| dir.path().join(name).exists()));
}

#[cfg(unix)]
fn until(what: impl Fn() -> bool) {
    let started = Instant::now();
    while !what() {
        assert!(started.elapsed() < LONG);
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A pipe under a name; whoever opens it waits for the other end.
#[cfg(unix)]
fn pipe(dir: &Dir, name: &str) {
    let made = Command::new("mkfifo").arg(dir.path().join(name)).status();
    assert!(made.unwrap().success());
}

#[cfg(unix)]
#[test]
fn interrupted_it_leaves_what_is_done_and_no_more() {
    let dir = Dir::new();
    dir.file("a.txt", "x");
    pipe(&dir, "pipe.jsonl");
    let mut child = dir.start("extract a.txt pipe.jsonl --out-dir out --errors out --threads 1");
    until(|| {
        names(&dir, "out")
            .iter()
            .any(|name| name.starts_with(".pipe.jsonl."))
    });
    kit::interrupt(&child);
    assert_eq!(wait(&mut child), Some(130));
    assert_eq!(
        names(&dir, "out"),
        [
            "a.txt.jsonl",
            "a.txt.jsonl.errors.jsonl",
            "a.txt.jsonl.manifest.json"
        ]
    );
}

#[cfg(target_os = "linux")]
#[test]
fn signals_that_are_ignored_stay_ignored() {
    let dir = Dir::new();
    let mut child = Command::new("sh")
        .args(["-c", "trap '' HUP INT; exec \"$0\" extract -q -o o.jsonl"])
        .arg(env!("CARGO_BIN_EXE_dehusk"))
        .current_dir(dir.path())
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    until(|| !dir.names().is_empty());
    kit::signal(&child, "-HUP");
    kit::signal(&child, "-INT");
    // It is at work as before.
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"text").unwrap();
    assert_eq!(wait(&mut child), Some(0));
    assert_eq!(records(&dir.read("o.jsonl")).len(), 1);
}

#[test]
fn a_directory_that_cannot_be_written() {
    let dir = Dir::new();
    crawl(&dir);
    // Below a file there is no directory, not even for root.
    dir.raw("file", "x");
    for line in [
        "--out-dir file",
        "--out-dir file/out",
        "--out-dir out --errors file/e",
        "--out-dir out --summary file/s.json",
        "-o file/o.jsonl",
    ] {
        let run = dir.run(&format!("extract crawl {line}")).exits(2);
        assert!(run.err.contains("file"), "{line}: {}", run.err);
        assert_eq!(dir.read("file"), "x");
    }
}

#[cfg(unix)]
#[test]
fn a_directory_that_may_not_be_written() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = Dir::new();
    crawl(&dir);
    fs::create_dir(dir.path().join("out")).unwrap();
    let allow = |mode| {
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(dir.path().join("out"), permissions).unwrap();
    };
    allow(0o555);
    if fs::write(dir.path().join("out/probe"), "x").is_ok() {
        eprintln!("skipped: permissions do not bind this user");
        return;
    }
    let run = dir.run("extract crawl --out-dir out").exits(2);
    assert!(run.err.contains("Permission denied"), "{}", run.err);
    allow(0o755);
    assert_eq!(names(&dir, "out"), [""; 0]);
    dir.run("extract crawl --out-dir out --resume").exits(1);
}

/// Runs a shell line here, in a mount namespace of its own, with a small disk at `small`.
/// `None` where that cannot be had.
#[cfg(target_os = "linux")]
fn on_a_small_disk(dir: &Dir, line: &str) -> Option<std::process::Output> {
    fs::create_dir_all(dir.path().join("small")).unwrap();
    let mount = "mount -t tmpfs -o size=128k none small";
    let unshare = |line: &str| {
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-c", &format!("{mount} && {line}")]);
        command.current_dir(dir.path());
        command.env("DEHUSK", env!("CARGO_BIN_EXE_dehusk")).output()
    };
    let can = unshare("true").is_ok_and(|output| output.status.success());
    can.then(|| unshare(line).unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_the_run_and_leaves_nothing_half_done() {
    let dir = Dir::new();
    many(&dir);
    let script = "$DEHUSK extract crawl --out-dir small --keep all -q; echo status $?; \
                  $DEHUSK extract crawl --out-dir small --keep all -q --resume; echo status $?; \
                  mkdir kept; cp -r small kept";
    let Some(output) = on_a_small_disk(&dir, script) else {
        eprintln!("skipped: no small disk to be had");
        return;
    };
    let said = String::from_utf8(output.stderr).unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(out, "status 2\nstatus 2\n", "{said}");
    assert!(said.contains("No space left on device"), "{said}");
    dir.run("extract crawl --out-dir whole --keep all -q")
        .exits(1);
    let whole = outputs(&dir, "whole");
    for (name, bytes) in outputs(&dir, "kept/small") {
        assert!(whole[&name] == bytes, "{name}");
    }
    // With room, it goes on from there.
    dir.run("extract crawl --out-dir kept/small --keep all -q --resume")
        .exits(1);
    assert!(outputs(&dir, "kept/small") == whole);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_no_place_for_anything() {
    let dir = Dir::new();
    dir.file("a.jsonl", line("a", "x") + "bad\n");
    for option in ["-o", "--errors", "--summary"] {
        let run = dir
            .run(&format!("extract a.jsonl {option} /dev/full"))
            .exits(2);
        assert!(run.err.contains("No space left on device"), "{}", run.err);
    }
}

#[test]
fn a_reader_who_goes_away_ends_a_run_over_many_files() {
    let dir = Dir::new();
    many(&dir);
    dir.raw("list", "crawl\ncrawl\n");
    for shard in ["", "--shard 0/2"] {
        let line = format!("extract --files-from list --keep all --errors e.jsonl {shard}");
        let mut child = dir.start(&line);
        drop(child.stdout.take());
        assert_eq!(wait(&mut child), Some(0));
    }
    assert_eq!(dir.names(), ["crawl", "e.jsonl", "list"]);
}

// ---- counts

/// A WARC file of a page, an image and a record of another kind.
fn warc() -> String {
    let record = |kind: &str, body: &str| {
        format!(
            "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: http://u/\r\nContent-Length: {}\r\n\r\n{body}\r\n\r\n",
            body.len()
        )
    };
    let response = |kind: &str| format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n\r\n<p>x</p>");
    record("warcinfo", "software: x")
        + &record("response", &response("text/html"))
        + &record("response", &response("image/png"))
        + &record("request", "GET / HTTP/1.1\r\n\r\n")
}

#[test]
fn counts_add_up() {
    let dir = Dir::new();
    dir.file("d/a.warc", warc());
    dir.file(
        "d/b.jsonl",
        line("a", "x") + "bad\n{\"txt\":1}\n{\"text\":1}\n" + &line("b", &"x".repeat(900)),
    );
    let numbers: String = (0..100).map(|n| format!("{n} ")).collect();
    let packed = pack("a.gz", numbers.as_bytes());
    dir.raw("d/c.txt.gz", &packed[..packed.len() / 2]);
    dir.file("d/d.txt", "x");
    dir.file("d/e.png", "x");
    dir.file("d/.hidden", "x");
    let options = "--max-page-size 500 --summary s.json";
    for (line, status) in [
        ("extract d nope.txt", 1),
        ("extract d nope.txt --on-error record", 1),
        ("extract d nope.txt --to text", 1),
        ("extract d nope.txt --threads 1 -o o.jsonl", 1),
        ("extract d nope.txt --out-dir out", 1),
        ("extract d nope.txt --out-dir out --resume", 1),
        ("extract d nope.txt --out-dir out --resume --shard 0/1", 1),
    ] {
        let run = dir.run(&format!("{line} {options}")).exits(status);
        let summary = json_file(&dir, "s.json");
        assert_adds_up(&summary);
        assert_eq!(
            summary["pages"],
            json!({"in": 12, "records": 3, "errors": 6, "skipped": 3}),
            "{line}"
        );
        assert_eq!(
            summary["errors"],
            json!({"bad_json": 1, "no_text": 2, "over_limit": 1, "broken": 1, "unopened": 1})
        );
        assert_eq!(
            summary["skipped"],
            json!({"record_type": 2, "content_type": 1})
        );
        assert_eq!(
            summary["files"],
            json!({"opened": 4, "passed_over": {"hidden": 1, "other_ending": 1}})
        );
        assert!(
            run.err.ends_with(
                "; in: 12 = 3 records + 6 errors (1 bad_json, 1 broken, 2 no_text, 1 over_limit, 1 unopened) \
                 + 3 skipped (1 content_type, 2 record_type); skipped: 1 hidden, 1 other ending\n"
            ),
            "{}",
            run.err
        );
    }
    let summary = json_file(&dir, "s.json");
    assert_eq!(summary["version"], env!("CARGO_PKG_VERSION"));
    assert!(summary["elapsed_seconds"].is_number());
    assert_eq!(summary["shards"]["all"], 5);
    dir.run("extract nope.txt --summary none.json").exits(2);
    assert_adds_up(&json_file(&dir, "none.json"));
    dir.run("extract d/d.txt -o o.jsonl --summary s.json")
        .exits(0);
    let size = fs::metadata(dir.path().join("o.jsonl")).unwrap().len();
    assert_eq!(
        json_file(&dir, "s.json")["bytes"],
        json!({"in": 1, "out": size})
    );
}

/// The bytes of each failed page.
fn raw_parts(errors: &str) -> Vec<Vec<u8>> {
    let raw = |error: &Value| match error["raw"]["text"].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => base64(error["raw"]["bytes"].as_str().unwrap()),
    };
    records(errors).iter().map(raw).collect()
}

fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |byte: u8| ALPHABET.iter().position(|known| *known == byte).unwrap();
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0, 0);
    for byte in text.trim_end_matches('=').bytes() {
        held = (held << 6 | digit(byte)) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).unwrap());
        }
    }
    bytes
}

#[test]
fn raw_parts_of_failed_pages_can_be_fed_back() {
    let dir = Dir::new();
    let lines: [&[u8]; 5] = [
        b"{\"id\":\"b\",\"txt\":1}",
        b"{\"text\":",
        b"\xff\xfe\x00 not \xe6JSON",
        "{\"text\":[\"正\"]}".as_bytes(),
        b"not \"JSON\" \\ either",
    ];
    let mut mixed = line("a", "x").into_bytes();
    for line in lines {
        mixed.extend_from_slice(line);
        mixed.extend_from_slice(b"\n");
    }
    dir.raw("m.jsonl", mixed);
    let run = dir.run("extract m.jsonl --errors e.jsonl").exits(1);
    assert_eq!(run.each("id"), ["a"]);
    let raw = raw_parts(&dir.read("e.jsonl"));
    assert_eq!(raw, lines);
    let reasons = |name: &str| -> Vec<Value> {
        let failed = records(&dir.read(name));
        failed.iter().map(|error| error["reason"].clone()).collect()
    };

    // As they were, they fail as they did.
    dir.raw("again.jsonl", raw.join(&b'\n'));
    dir.run("extract again.jsonl --errors e2.jsonl").exits(1);
    assert_eq!(reasons("e2.jsonl"), reasons("e.jsonl"));
    assert_eq!(raw_parts(&dir.read("e2.jsonl")), lines);
    // Put right, they come through.
    let fixed: String = ["b", "c", "d", "e", "f"].map(|id| line(id, "x")).concat();
    dir.raw("fixed.jsonl", fixed);
    dir.run("extract fixed.jsonl").exits(0);
    // The errors file itself is JSONL; its lines that are text can be read where they stand.
    let run = dir.run("extract e.jsonl --text-field reason").exits(0);
    assert_eq!(run.records().len(), 5);
}

#[test]
fn the_summary_is_whole_or_not_there() {
    let dir = Dir::new();
    dir.file("a.jsonl", "bad\n");
    let run: Run = dir.run("extract a.jsonl --on-error fail --summary s.json");
    run.exits(2);
    assert!(!Path::new(&dir.path().join("s.json")).exists());
}
