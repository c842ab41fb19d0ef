//! What lies about on real disks: very many files, very many pages, deep directories, names that
//! are no text, and what cannot be read. Nothing is lost, and what failed is told.
//!
//! `scripts/load` does the same at full size, with memory sampled.

#![cfg(all(feature = "cli", unix))]
#![allow(clippy::unwrap_used, reason = "helpers outside of test functions")]
#![allow(clippy::print_stderr, reason = "what is skipped is told")]

mod kit;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use serde_json::Value;

use crate::kit::{Dir, line, records};

fn summary(dir: &Dir) -> Value {
    serde_json::from_str(&dir.read("summary.json")).unwrap()
}

#[test]
fn very_many_files() {
    const FILES: usize = 3000;
    let dir = Dir::new();
    for number in 0..FILES {
        dir.raw(
            &format!("d/{}/{number}.txt", number % 100),
            format!("第{number}页"),
        );
    }
    let run = dir
        .run("extract d --fields body,title,id --out-dir out --summary summary.json")
        .exits(0);
    assert_eq!(summary(&dir)["pages"]["records"], FILES, "{}", run.err);
    let whole = dir.run("extract d --fields id").exits(0);
    let mut ids = whole.each("id");
    assert_eq!(ids.len(), FILES);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), FILES);
}

#[test]
fn very_many_pages_of_one_line() {
    const PAGES: usize = 50_000;
    let dir = Dir::new();
    let pages: String = (0..PAGES)
        .map(|number| line(&number.to_string(), "甲"))
        .collect();
    dir.raw("a.jsonl", pages);
    let run = dir.run("extract a.jsonl --fields id --with-text").exits(0);
    let records = records(&run.out);
    assert_eq!(records.len(), PAGES);
    for (number, record) in records.iter().enumerate() {
        assert_eq!(
            (record["id"].as_str(), record["text"].as_str()),
            (Some(&*number.to_string()), Some("甲"))
        );
    }
}

/// What is remembered of a line to decide on it is hundreds of times two bytes; it is not
/// remembered of all of them together.
#[test]
fn a_page_of_very_many_lines() {
    const LINES: usize = 1_000_000;
    let dir = Dir::new();
    dir.raw("a.txt", "a\n".repeat(LINES));
    let run = dir.run_capped(500, "extract a.txt --threads 1 --fields id,segments");
    let record = &run.exits(0).records()[0];
    let last = record["segments"].as_array().unwrap().last().unwrap();
    assert_eq!(last["end"], 2 * LINES);
}

/// A page of every size up to the limit and beyond, from every kind of file that has a size of its own.
#[test]
fn sizes_around_the_limit() {
    let dir = Dir::new();
    for size in [0, 1, 2, 63, 64, 65, 128] {
        dir.raw(&format!("d/{size:03}.txt"), "x".repeat(size));
        dir.raw(&format!("d/{size:03}.html"), "x".repeat(size));
        dir.file(&format!("d/{size:03}.text.gz"), "x".repeat(size));
    }
    let run = dir.run(
        "extract d --max-page-size 64 --with-text --summary summary.json --errors errors.jsonl",
    );
    let run = run.exits(1);
    let texts = run.each("text");
    assert_eq!(texts.len(), 5 * 3);
    for (number, text) in texts.iter().enumerate() {
        // HTML's text ends its lines.
        assert_eq!(text.trim_end().len(), [0, 1, 2, 63, 64][number / 3]);
    }
    let failed = dir.read("errors.jsonl");
    assert_eq!(
        failed.matches("page over the limit of 64 bytes").count(),
        2 * 3
    );
}

#[test]
fn directories_in_directories() {
    let dir = Dir::new();
    // As deep as one path can name; deeper ones can only be made from within.
    let deep = "d/".repeat(1000);
    dir.raw(&format!("{deep}a.txt"), "甲");
    dir.raw("d/z.txt", "乙");
    let run = dir
        .run("extract d --fields id,body,title --out-dir out")
        .exits(0);
    assert!(run.out.is_empty());
    let below = "d/".repeat(999);
    assert!(dir.path().join(format!("out/{below}a.txt.jsonl")).is_file());
}

/// Below what a path can name, a directory is an error and the rest is read.
#[test]
fn deeper_than_a_path_can_name() {
    let dir = Dir::new();
    dir.raw("d/a.txt", "甲");
    let name = "n".repeat(200);
    let script = format!(
        "cd d && for i in $(seq 30); do mkdir {name} && cd {name}; done && echo 乙 > b.txt"
    );
    let made = Command::new("bash")
        .args(["-c", &script])
        .current_dir(dir.path())
        .status();
    assert!(made.unwrap().success());
    let run = dir.run("extract d --fields id");
    assert_eq!(run.each("id")[0], "d/a.txt");
    assert!(
        run.status == Some(0) && run.each("id").len() == 2 || run.complaints().len() == 1,
        "{}",
        run.err
    );
    let removed = Command::new("rm")
        .args(["-rf", "d"])
        .current_dir(dir.path())
        .status();
    assert!(removed.unwrap().success());
}

/// Good files between all that a directory can hold besides.
#[test]
fn what_is_no_file() {
    let dir = Dir::new();
    for name in ["d/a.txt", "d/m/b.txt", "d/z.txt"] {
        dir.raw(name, name);
    }
    let at = |name: &str| dir.path().join("d").join(name);
    symlink("nowhere", at("broken.txt")).unwrap();
    symlink("circle2.txt", at("circle1.txt")).unwrap();
    symlink("circle1.txt", at("circle2.txt")).unwrap();
    symlink("..", at("m/up")).unwrap();
    symlink("/dev/zero", at("endless.txt")).unwrap();
    symlink("pipe.txt", at("to-pipe.txt")).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(at("pipe.txt"))
            .status()
            .unwrap()
            .success()
    );
    let _socket = UnixListener::bind(at("socket.txt")).unwrap();
    fs::create_dir(at("empty")).unwrap();
    fs::create_dir(at("directory.txt")).unwrap();
    File::create(at("nothing.txt")).unwrap();

    let run = dir
        .run("extract d --fields id --summary summary.json")
        .exits(1);
    assert_eq!(
        run.each("id"),
        ["d/a.txt", "d/m/b.txt", "d/nothing.txt", "d/z.txt"]
    );
    let complaints = run.complaints();
    assert_eq!(complaints.len(), 3, "{}", run.err);
    for (complaint, name) in complaints.iter().zip(["broken", "circle1", "circle2"]) {
        assert!(
            complaint.starts_with(&format!("dehusk: d/{name}.txt: ")),
            "{complaint}"
        );
    }
    assert_eq!(
        summary(&dir)["files"]["passed_over"]["not_a_file"],
        5,
        "{}",
        dir.read("summary.json")
    );
}

#[test]
fn what_may_not_be_read() {
    let dir = Dir::new();
    for name in ["d/a.txt", "d/b.txt", "d/c/in.txt", "d/z.txt"] {
        dir.raw(name, name);
    }
    let allow = |name: &str, mode| {
        fs::set_permissions(dir.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    allow("", 0o755);
    allow("d/b.txt", 0o000);
    allow("d/c", 0o000);
    let mut command = Command::new(env!("CARGO_BIN_EXE_dehusk"));
    command
        .args(["extract", "d", "--fields", "id"])
        .current_dir(dir.path());
    if File::open(dir.path().join("d/b.txt")).is_ok() {
        // Permissions do not bind this user; they bind nobody.
        command.uid(65534);
    }
    let Ok(run) = command.output() else {
        eprintln!("skipped: nobody may not run the program here");
        return;
    };
    allow("d/c", 0o755);
    assert_eq!(run.status.code(), Some(1));
    let ids = String::from_utf8(run.stdout).unwrap();
    assert_eq!(ids, "{\"id\":\"d/a.txt\"}\n{\"id\":\"d/z.txt\"}\n");
    let complaints = String::from_utf8(run.stderr).unwrap();
    assert_eq!(
        complaints.matches("Permission denied").count(),
        2,
        "{complaints}"
    );
}

/// Names are bytes. In records they are shown as text, in an output directory they stay what they are.
#[test]
fn names_that_are_no_text() {
    let dir = Dir::new();
    let names: [&[u8]; 6] = [
        b"\xff\xfe.txt",
        b"\xb5\xe7\xd3\xb0.txt",
        b"line\nbreak.txt",
        b"--help.txt",
        b" .txt",
        b"\x1b[31m.txt",
    ];
    fs::create_dir(dir.path().join("d")).unwrap();
    for name in names {
        fs::write(dir.path().join("d").join(OsStr::from_bytes(name)), "页").unwrap();
    }
    let run = dir.run("extract d").exits(0);
    assert_eq!(records(&run.out).len(), names.len());
    let run = dir
        .run("extract d --out-dir out --summary summary.json")
        .exits(0);
    assert!(!run.err.contains('\x1b'));
    for name in names {
        let out = [name, b".jsonl"].concat();
        let out = fs::read_to_string(dir.path().join("out").join(OsStr::from_bytes(&out)));
        assert_eq!(records(&out.unwrap()).len(), 1);
    }
    // And they are found again.
    let again = dir
        .run("extract d --out-dir out --resume --summary summary.json")
        .exits(0);
    assert!(again.out.is_empty());
    assert_eq!(summary(&dir)["pages"]["records"], names.len());
}
