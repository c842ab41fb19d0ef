//! Input made to be slow costs, per byte, at most five times what text as it comes costs: each stage
//! of a page of text; with reading and writing, all of them together for HTML, JSONL and WARC.
//!
//! Instructions are counted, by Valgrind's callgrind, since seconds drift. This program runs itself
//! under it ([`measured`]); each call of a function in [`counted`] leaves a file with what it took.
//! `cargo test --all-features --test attacks -- --nocapture` prints a table.
//!
//! A piece costs what a piece costs, whatever its length: a page of lines of two bytes has more of
//! them per byte than five times what is usual. There the bound is per piece, and another one says
//! how many pieces a page can have.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test; one that prints a table, and tells itself what it measured"
)]

#[path = "../benches/attacks/mod.rs"]
mod attacks;
#[path = "../benches/corpus/mod.rs"]
mod corpus;

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;

use dehusk::_internals::Stages;
use dehusk::{Extractor, Input, InputFormat, Offsets, OutputFormat, Page, Record, RecordWriter};

use attacks::Attack;
use corpus::Crawl;

/// Bytes of an attack, and how many times that of those that once grew faster than their size.
const SIZE: usize = 10_000;
const LARGER: usize = 4;
/// Bytes of usual text.
const USUAL: usize = 200_000;

/// Attacks that took more and more time for each byte, for as long as nobody had looked.
const GREW: [&str; 15] = [
    "closed-sentence",
    "spaced-sentence",
    "quoted-sentences",
    "cue",
    "cue-colon",
    "all-cues",
    "headings",
    "tags-below-cue",
    "html-title",
    "html-links-on-line",
    "html-tags-on-line",
    "warc-open-headers",
    "warc-large-records",
    "warc-empty-records",
    "warc-codings",
];

/// Times what usual text costs.
const BOUND: u64 = 5;

const STAGES: [&str; 7] = [
    "lines", "hits", "features", "labels", "segments", "read", "write",
];

#[test]
fn no_input_is_slow() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("attacks: left out, for want of Valgrind");
        return;
    }
    let measured = measure();
    let usual = |format| {
        measured
            .iter()
            .find(|one| one.name == usual_name(format))
            .unwrap()
    };
    let text = usual(InputFormat::Text);
    let mut faults = Vec::new();
    println!(
        "{:24} {:>7} {:>7} {} all",
        "times usual text",
        "bytes",
        "pieces",
        STAGES.join(" ")
    );
    for attack in attacks::all() {
        let mut sizes = measured.iter().filter(|one| one.name == attack.name);
        let (one, larger) = (sizes.next().unwrap(), sizes.next());
        let all = usual(attack.format);
        for one in [Some(one), larger].into_iter().flatten() {
            one.print(text, all);
            one.check(text, all, &mut faults);
        }
        if let Some(larger) = larger {
            let growth =
                larger.all() as f64 / one.all() as f64 / (larger.size as f64 / one.size as f64);
            if growth > 1.25 {
                faults.push(format!(
                    "{}: {growth:.2} times as much per byte when {LARGER} times as large",
                    attack.name
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What one input took.
struct Measured {
    name: String,
    size: u64,
    text: u64,
    pieces: u64,
    /// In the order of [`STAGES`].
    costs: [u64; STAGES.len()],
}

impl Measured {
    fn all(&self) -> u64 {
        self.costs.iter().sum()
    }

    /// Checks it against what usual text takes in each stage, and what usual input of its kind
    /// takes in all.
    fn check(&self, text: &Self, all: &Self, faults: &mut Vec<String>) {
        let (name, size) = (&self.name, self.size);
        let mut check = |what: &str, cost: u64, usual: u64, of: &Self, bytes: u64| {
            let by_bytes = BOUND * usual * size / bytes;
            // A fourth more, since what is counted in a piece differs.
            let by_pieces = usual * self.pieces * 5 / 4 / of.pieces;
            if cost > by_bytes.max(by_pieces) {
                let times = cost as f64 / size as f64 / (usual as f64 / bytes as f64);
                faults.push(format!(
                    "{name}, {size} bytes, {what}: {times:.1} times the usual per byte"
                ));
            }
        };
        for (number, &stage) in STAGES.iter().enumerate().take(5) {
            // Weights for HTML hold a network more.
            let of = if stage == "labels" { all } else { text };
            check(stage, self.costs[number], of.costs[number], of, of.text);
        }
        check("all", self.all(), all.all(), all, all.size);
        if self.pieces > 2_000 + size / 10 {
            faults.push(format!("{name}, {size} bytes: {} pieces", self.pieces));
        }
    }

    fn print(&self, text: &Self, all: &Self) {
        let times = |cost: u64, usual: u64, bytes: u64| {
            cost as f64 / self.size as f64 / (usual as f64 / bytes as f64)
        };
        print!("{:24} {:7} {:7}", self.name, self.size, self.pieces);
        for (stage, (&cost, &usual)) in STAGES.iter().zip(self.costs.iter().zip(&text.costs)) {
            print!(" {:1$.1}", times(cost, usual, text.text), stage.len());
        }
        println!(" {:.1}", times(self.all(), all.all(), all.size));
    }
}

/// Runs [`measured`] under Valgrind.
fn measure() -> Vec<Measured> {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--toggle-collect=*counted*"])
        .arg("--dump-after=attacks::counted::*")
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "measured",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let said = String::from_utf8(run.stdout).unwrap();
    let told = said
        .lines()
        .filter_map(|line| line.split_once("MEASURED "))
        .map(|(_, told)| told);
    let mut files = (1..).map(|number| total(&out.with_extension(number.to_string())));
    let mut measured = Vec::new();
    for told in told {
        let mut words = told.split_whitespace();
        let name = words.next().unwrap().to_owned();
        let [size, text, pieces] = [(); 3].map(|()| words.next().unwrap().parse().unwrap());
        let [read, lines, hits, cut, features, labels, segments, write] =
            [(); 8].map(|()| files.next().unwrap());
        // As `--timings` has it, lines and pieces are one stage.
        let costs = [lines + cut, hits, features, labels, segments, read, write];
        measured.push(Measured {
            name,
            size,
            text,
            pieces,
            costs,
        });
    }
    measured
}

/// The instructions of which a file of callgrind's tells.
fn total(path: &Path) -> u64 {
    let file =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let total = file.lines().find_map(|line| line.strip_prefix("totals: "));
    total.unwrap().trim().parse().unwrap()
}

/// What is measured: not inlined, so that Valgrind knows them by their names.
mod counted {
    use super::*;

    #[inline(never)]
    pub(super) fn read(bytes: Vec<u8>, format: InputFormat) -> Vec<Page> {
        let input = Input::builder().reader("attack", Cursor::new(bytes));
        input
            .format(format)
            .build()
            .filter_map(Result::ok)
            .collect()
    }

    #[inline(never)]
    pub(super) fn lines(pages: &mut [Stages<'_, '_>]) -> usize {
        pages.iter_mut().map(Stages::lines).sum()
    }

    #[inline(never)]
    pub(super) fn hits(pages: &mut [Stages<'_, '_>]) -> usize {
        pages.iter_mut().map(Stages::hits).sum()
    }

    #[inline(never)]
    pub(super) fn pieces(pages: &mut [Stages<'_, '_>]) -> usize {
        pages.iter_mut().map(Stages::pieces).sum()
    }

    #[inline(never)]
    pub(super) fn features(pages: &mut [Stages<'_, '_>]) -> usize {
        pages.iter_mut().map(Stages::features).sum()
    }

    #[inline(never)]
    pub(super) fn labels(pages: &mut [Stages<'_, '_>]) -> usize {
        pages.iter_mut().map(Stages::labels).sum()
    }

    #[inline(never)]
    pub(super) fn segments<'p>(pages: &mut [Stages<'_, 'p>]) -> Vec<Record<'p>> {
        pages.iter_mut().map(Stages::record).collect()
    }

    #[inline(never)]
    pub(super) fn write(
        pages: &[Page],
        records: &[Record<'_>],
        writer: &mut [RecordWriter],
    ) -> usize {
        let mut out = Vec::new();
        for (page, record) in pages.iter().zip(records) {
            for writer in &mut *writer {
                writer.write(page, record, &mut out);
            }
        }
        out.len()
    }
}

#[test]
#[ignore = "what the other test runs under Valgrind"]
fn measured() {
    let extractor = Extractor::new();
    run(&extractor, "warm", "一页".into(), InputFormat::Text);
    run(
        &extractor,
        "warm",
        "<html><p>一页".into(),
        InputFormat::Html,
    );
    let (text, html) = (usual_text(), usual_html());
    run(&extractor, "usual-text", text, InputFormat::Jsonl);
    run(&extractor, "usual-html", html, InputFormat::Warc);
    for attack in attacks::all() {
        run_attack(&extractor, attack, SIZE);
        if GREW.contains(&attack.name) {
            run_attack(&extractor, attack, SIZE * LARGER);
        }
    }
}

fn run_attack(extractor: &Extractor, attack: &Attack, size: usize) {
    run(extractor, attack.name, attack.bytes(size), attack.format);
}

fn run(extractor: &Extractor, name: &str, bytes: Vec<u8>, format: InputFormat) {
    let size = bytes.len();
    // Text is written with offsets that have to be counted, and in all forms that differ.
    let writer = |format| {
        RecordWriter::new(format)
            .with_text(true)
            .offsets(Offsets::Utf16)
    };
    let mut writers = [
        OutputFormat::Jsonl,
        OutputFormat::Markdown,
        OutputFormat::Marked,
    ]
    .map(writer);
    let pages = counted::read(bytes, format);
    let mut stages = Vec::new();
    for page in &pages {
        stages.push(Stages::marked_up(extractor, &page.text, &page.markup));
    }
    counted::lines(&mut stages);
    counted::hits(&mut stages);
    let pieces = counted::pieces(&mut stages);
    counted::features(&mut stages);
    counted::labels(&mut stages);
    let records = counted::segments(&mut stages);
    counted::write(&pages, &records, &mut writers);
    let text: usize = pages.iter().map(|page| page.text.len()).sum();
    println!("MEASURED {name} {size} {text} {pieces}");
}

/// The usual input beside which one of that format is held.
fn usual_name(format: InputFormat) -> &'static str {
    match format {
        InputFormat::Html | InputFormat::Warc => "usual-html",
        _ => "usual-text",
    }
}

fn usual_text() -> Vec<u8> {
    let lines = Crawl::new(1).bytes(USUAL).map(|page| page.to_line());
    lines.collect::<String>().into_bytes()
}

fn usual_html() -> Vec<u8> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/html");
    let paths = fs::read_dir(fixtures).unwrap();
    let paths = paths.map(|entry| entry.unwrap().path());
    let is_html = |path: &PathBuf| path.extension().is_some_and(|is| is == "html");
    let mut paths: Vec<_> = paths.filter(is_html).collect();
    paths.sort();
    let pages = paths.iter().step_by(3);
    pages
        .flat_map(|path| record(&fs::read(path).unwrap()))
        .collect()
}

/// A WARC record with a page.
fn record(page: &[u8]) -> Vec<u8> {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n";
    let length = answer.len() + page.len();
    let head = format!("WARC/1.0\r\nWARC-Type: response\r\nContent-Length: {length}\r\n\r\n");
    [head.as_bytes(), answer, page, b"\r\n\r\n"].concat()
}
