//! What each stage costs, and the whole job: `cargo bench --all-features --bench stages`.
//!
//! Every run counts what it makes and compares that with a page by page run and with
//! `benches/counts.tsv`, so that a fast wrong engine fails. When pages, cues, weights or rules
//! have changed for a reason, `COUNTS=record cargo bench --all-features --bench stages` writes
//! the file anew; look at its diff. Run as a test, each bench runs once, and the file, which
//! changes with every cue, is left out.
//!
//! A stage is timed over all pages, each with scratch memory of its own and the earlier stages
//! done, so that its input comes from a cold cache; in the whole job it does not.

#![allow(clippy::unwrap_used, reason = "a bench fails like a test")]

mod corpus;

use std::cell::RefCell;
use std::fmt::Write as _;
use std::num::NonZero;
use std::path::Path;
use std::sync::LazyLock;
use std::{env, fs};

use dehusk::_internals::Stages;
use dehusk::{
    Extractor, Input, InputFormat, OutputFormat, Page, Pipeline, Record, RecordWriter, Worker,
};
use divan::Bencher;
use divan::counter::BytesCount;

use corpus::Crawl;

/// Bytes of page text: enough to outgrow the caches, little enough for tests.
const SIZE: usize = 2_000_000;

static EXTRACTOR: LazyLock<Extractor> = LazyLock::new(Extractor::new);

static DUMP: LazyLock<String> = LazyLock::new(|| {
    let pages = Crawl::new(1).bytes(SIZE);
    pages.map(|page| page.to_line()).collect()
});

static PAGES: LazyLock<Vec<Page>> = LazyLock::new(|| input().collect::<Result<_, _>>().unwrap());

fn main() {
    if env::args().any(|argument| argument == "--bench") {
        check_counts();
    }
    divan::main();
}

type Stage = fn(&mut Stages<'static, 'static>) -> usize;

/// In the order in which they run.
const STAGES: [(&str, Stage); 6] = [
    ("lines", Stages::lines),
    ("hits", Stages::hits),
    ("pieces", Stages::pieces),
    ("features", Stages::features),
    ("labels", Stages::labels),
    ("segments", Stages::segments),
];

/// What each stage makes of the pages, counted one page at a time.
static COUNTS: LazyLock<[usize; STAGES.len()]> = LazyLock::new(|| {
    let mut counts = [0; STAGES.len()];
    for page in PAGES.iter() {
        let mut stages = Stages::new(&EXTRACTOR, &page.text);
        for (count, (_, stage)) in counts.iter_mut().zip(STAGES) {
            *count += stage(&mut stages);
        }
    }
    counts
});

/// Compares the counts with those on record, or records them.
fn check_counts() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/counts.tsv");
    let mut counts = format!("pages\t{}\nbytes\t{}\n", PAGES.len(), bytes());
    for ((name, _), count) in STAGES.iter().zip(*COUNTS) {
        writeln!(counts, "{name}\t{count}").unwrap();
    }
    if env::var_os("COUNTS").is_some_and(|wish| wish == "record") {
        fs::write(&path, &counts).unwrap();
    }
    let recorded = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(counts, recorded, "other counts than {}", path.display());
}

fn bytes() -> usize {
    PAGES.iter().map(|page| page.text.len()).sum()
}

fn input() -> Input {
    Input::builder()
        .reader("dump", DUMP.as_bytes())
        .format(InputFormat::Jsonl)
        .build()
}

#[divan::bench(args = STAGES.map(|(name, _)| name), sample_size = 1)]
fn stage(bencher: Bencher<'_, '_>, name: &str) {
    let which = STAGES.iter().position(|(known, _)| *known == name).unwrap();
    let pages = PAGES.iter().map(|page| Stages::new(&EXTRACTOR, &page.text));
    let pages = RefCell::new(pages.collect::<Vec<_>>());
    let prepare = || {
        for page in pages.borrow_mut().iter_mut() {
            for (_, stage) in &STAGES[..which] {
                stage(page);
            }
        }
        COUNTS[which]
    };
    let run = |expected| {
        let count: usize = pages.borrow_mut().iter_mut().map(STAGES[which].1).sum();
        assert_eq!(count, expected, "{name}");
    };
    let bencher = bencher.counter(BytesCount::new(bytes()));
    bencher.with_inputs(prepare).bench_local_values(run);
}

/// All stages, one page after the other with the same scratch memory.
#[divan::bench(sample_size = 1)]
fn extract(bencher: Bencher<'_, '_>) {
    let mut worker = EXTRACTOR.worker();
    let run = || {
        let segments: usize = records(&mut worker)
            .map(|record| record.segments.len())
            .sum();
        assert_eq!(segments, COUNTS[STAGES.len() - 1]);
    };
    bencher.counter(BytesCount::new(bytes())).bench_local(run);
}

fn records(worker: &mut Worker<'_>) -> impl Iterator<Item = Record<'static>> {
    PAGES.iter().map(|page| worker.extract(&page.text))
}

/// Lines of JSON become pages.
#[divan::bench(sample_size = 1)]
fn read_jsonl(bencher: Bencher<'_, '_>) {
    let run = || {
        let lengths = input().map(|page| page.unwrap().text.len());
        assert_eq!(lengths.sum::<usize>(), bytes());
    };
    bencher.counter(BytesCount::new(bytes())).bench_local(run);
}

/// Records become lines of JSON.
#[divan::bench(sample_size = 1)]
fn write_jsonl(bencher: Bencher<'_, '_>) {
    let records: Vec<_> = records(&mut EXTRACTOR.worker()).collect();
    let expected = piped(1).len();
    let mut writer = RecordWriter::new(OutputFormat::Jsonl);
    let mut out = Vec::new();
    let run = || {
        out.clear();
        for (page, record) in PAGES.iter().zip(&records) {
            writer.write(page, record, &mut out);
            out.push(b'\n');
        }
        assert_eq!(out.len(), expected);
    };
    bencher.counter(BytesCount::new(bytes())).bench_local(run);
}

/// From lines to lines, as the program does it.
#[divan::bench(args = [1, 2], sample_size = 1)]
fn pipeline(bencher: Bencher<'_, '_>, threads: usize) {
    let expected = piped(1);
    assert!(piped(threads) == expected, "output depends on threads");
    let run = || assert_eq!(piped(threads).len(), expected.len());
    bencher.counter(BytesCount::new(bytes())).bench_local(run);
}

fn piped(threads: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let summary = Pipeline::new(&EXTRACTOR, RecordWriter::new(OutputFormat::Jsonl))
        .threads(NonZero::new(threads).unwrap())
        .run(input(), &mut out)
        .unwrap();
    assert_eq!(summary.pages as usize, PAGES.len());
    out
}
