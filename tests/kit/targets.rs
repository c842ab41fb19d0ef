//! What fuzzers call: each function takes any bytes, and panics if something does not hold that
//! dehusk promises for them.
//!
//! libFuzzer calls them from `fuzz/`, steered by coverage; `tests/fuzz.rs` calls the same ones on a stable
//! toolchain. What the program reads for itself, and not the library, is compiled into both (`args`,
//! `presets`). Where a target has settings, its first byte holds them, so that a fuzzer can vary
//! them too.

#[path = "invariants.rs"]
mod invariants;
#[path = "trickle.rs"]
mod trickle;

use std::cell::RefCell;
use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use clap::CommandFactory as _;
use clap::error::ErrorKind;
use dehusk::_internals::weights_text;
use dehusk::pair_search::{Level, Searcher};
use dehusk::{
    Extractor, GoldPage, GoldSet, Input, InputBuilder, InputFormat, Keep, Label, Measure, Offsets,
    OutputFormat, Page, PageError, Predictions, Record, RecordWriter, RuleSet, Span, Stats, Worker,
};
use serde_json::{Value, json};

use crate::args::Args;
use crate::presets::{self, Presets};
use invariants::check;
use trickle::Trickle;

/// Panics if something is wrong.
pub(crate) type Target = fn(&[u8]);

/// All of them, by name.
pub(crate) const TARGETS: [(&str, Target); 13] = [
    ("page", page),
    ("jsonl", jsonl),
    ("warc", warc),
    ("html", html),
    ("parquet", parquet),
    ("packed", packed),
    ("rules", rules),
    ("weights", weights),
    ("search", search),
    ("stats", stats),
    ("gold", gold),
    ("predictions", predictions),
    ("config", config),
];

static EXTRACTOR: LazyLock<Extractor> = LazyLock::new(|| {
    let builder = Extractor::builder().confidence(true);
    builder.build().expect("the built-in packs are valid")
});

/// Over it, pages are errors.
const LIMIT: usize = 1 << 16;

/// A page of text: the record's ranges, in all units, and nothing of the pages before it.
pub(crate) fn page(bytes: &[u8]) {
    thread_local! {
        static WORKER: RefCell<Worker<'static>> = RefCell::new(EXTRACTOR.worker());
    }
    let text = String::from_utf8_lossy(bytes);
    let alone = EXTRACTOR.worker().extract(&text);
    check(&alone);
    WORKER.with_borrow_mut(|worker| {
        assert_eq!(worker.extract(&text), alone, "{text:?}");
        let explained = worker.explain(&text, &dehusk::Markup::default());
        assert_eq!(explained.record, alone, "{text:?}");
    });
    written(&alone);
}

/// JSON says what the record says, whatever offsets count.
fn written(record: &Record<'_>) {
    let text = record.text;
    let (chars, utf16): (Vec<char>, Vec<u16>) =
        (text.chars().collect(), text.encode_utf16().collect());
    for offsets in [Offsets::Bytes, Offsets::Chars, Offsets::Utf16] {
        let mut line = Vec::new();
        let writer = RecordWriter::new(OutputFormat::Jsonl).with_text(true);
        writer
            .offsets(offsets)
            .write(&Page::default(), record, &mut line);
        let json: Value = serde_json::from_slice(&line).expect("JSON");
        assert_eq!(json["text"], text);
        assert_eq!(json["title"].as_str(), record.title());
        assert_eq!(json["body"].as_str(), Some(&*record.body()));
        let found = ranges(&json).into_iter().map(|(start, end)| match offsets {
            Offsets::Chars => chars[start..end].iter().collect(),
            Offsets::Utf16 => String::from_utf16(&utf16[start..end]).expect("no character is cut"),
            _ => text[start..end].to_owned(),
        });
        let expected = spans(record).into_iter().map(|span| span.of(text));
        assert!(found.eq(expected), "{text:?}");
    }
}

/// Every range of a record in JSON, in the order of [`spans`].
fn ranges(json: &Value) -> Vec<(usize, usize)> {
    let number =
        |value: &Value| usize::try_from(value.as_u64().expect("a number")).expect("an offset");
    let pair = |range: &Value| (number(&range[0]), number(&range[1]));
    let list = |key: &str| json[key].as_array().expect("a list").iter();
    let own = |one: &Value| (number(&one["start"]), number(&one["end"]));
    let mut ranges: Vec<_> = list("sections").map(own).collect();
    ranges.extend(list("contacts").map(own));
    ranges.extend(list("masked").map(own));
    for segment in list("segments") {
        ranges.push(own(segment));
        ranges.extend(segment["items"].as_array().into_iter().flatten().map(pair));
        let sure = segment["confidence"].as_f64().expect("it was asked for");
        assert!((0.0..=1.0).contains(&sure));
    }
    ranges
}

fn spans(record: &Record<'_>) -> Vec<Span> {
    let mut spans: Vec<Span> = record.sections.iter().map(|section| section.span).collect();
    spans.extend(record.contacts.iter().map(|contact| contact.span));
    spans.extend(&record.masked);
    for segment in &record.segments {
        spans.push(segment.span);
        spans.extend(&segment.items);
    }
    spans
}

/// Lines of JSON.
pub(crate) fn jsonl(bytes: &[u8]) {
    read(InputFormat::Jsonl, bytes);
}

/// WARC and WET.
pub(crate) fn warc(bytes: &[u8]) {
    read(InputFormat::Warc, bytes);
}

/// One page of HTML.
pub(crate) fn html(bytes: &[u8]) {
    for page in read(InputFormat::Html, bytes) {
        check(
            &EXTRACTOR
                .worker()
                .extract_marked_up(&page.text, &page.markup),
        );
    }
}

/// Whatever the bytes say they are: compressed, text or one of the others.
pub(crate) fn packed(bytes: &[u8]) {
    read(InputFormat::Auto, bytes);
}

/// A table. It has no other way in than whole.
pub(crate) fn parquet(bytes: &[u8]) {
    let input = builder(InputFormat::Parquet).reader("in", Cursor::new(bytes.to_vec()));
    for page in input.build().flatten() {
        assert!(page.text.len() <= LIMIT);
    }
}

fn builder(format: InputFormat) -> InputBuilder {
    Input::builder()
        .format(format)
        .keep(Keep::All)
        .max_page_size(LIMIT)
}

/// Reads the bytes behind the first whole, and as they come in pieces and in blocks of sizes that the first tells: the same pages
/// and errors. Returns the pages.
fn read(format: InputFormat, bytes: &[u8]) -> Vec<Page> {
    let Some((&settings, bytes)) = bytes.split_first() else {
        return Vec::new();
    };
    let whole = builder(format).reader("in", Cursor::new(bytes.to_vec()));
    let whole: Vec<_> = whole.build().collect();
    let sizes = [
        usize::from(settings >> 4) + 1,
        usize::from(settings & 15) * 50 + 1,
    ];
    let pieces = builder(format)
        .reader("in", Trickle::new(bytes, sizes))
        .block_size(sizes[1]);
    let pieces: Vec<_> = pieces.build().collect();
    for (piece, whole) in pieces.iter().zip(&whole) {
        assert_eq!(facts(piece), facts(whole));
    }
    assert_eq!(pieces.len(), whole.len());
    let pages: Vec<_> = whole.into_iter().flatten().collect();
    // A byte of another charset is up to three in UTF-8.
    assert!(pages.iter().all(|page| page.text.len() <= 3 * LIMIT));
    pages
}

/// All of a page that can be compared.
type Facts<'p> = (
    &'p str,
    Option<&'p str>,
    &'p str,
    &'p [(String, String)],
    String,
);

fn facts(page: &Result<Page, PageError>) -> Result<Facts<'_>, &PageError> {
    page.as_ref().map(|page| {
        let origin = format!("{:?} {:?}", page.source, page.markup);
        (
            &*page.id,
            page.url.as_deref(),
            &*page.text,
            &*page.input,
            origin,
        )
    })
}

/// A rule pack: it is understood, or refused with its line, and it can be searched for.
pub(crate) fn rules(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut rules = RuleSet::default();
    if let Err(error) = rules.add("pack", &text) {
        assert!(error.to_string().starts_with("pack:"), "{error}");
        return;
    }
    let cues = rules.cues().len();
    assert!(rules.cues().iter().all(|cue| !cue.phrase.trim().is_empty()));
    // Every sixteenth is used: building takes a thousand times as long as reading.
    if bytes.len().is_multiple_of(16) {
        let own = Extractor::builder().rules("pack", &*text).build();
        let own = own.expect("it can be added to the built-in packs as well");
        check(&own.worker().extract(&text));
    }
    // The second time it switches off what it switched off before, if anything, or brings nothing new.
    if rules.add("again", &text).is_ok() {
        assert_eq!(rules.cues().len(), cues);
    }
}

/// A file of weights: it is understood, or refused by name, and written as it was read.
pub(crate) fn weights(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match weights_text("weights", &text) {
        Err(error) => assert!(error.to_string().starts_with("weights:"), "{error}"),
        Ok(written) => {
            let again = weights_text("weights", &written);
            assert_eq!(again.expect("what we wrote"), written);
        }
    }
    if bytes.len().is_multiple_of(16)
        && let Ok(own) = Extractor::builder()
            .weights("weights", &*text)
            .confidence(true)
            .build()
    {
        let page = "标题\n\n正文第一段,说薄荷怎么养。\n\n# 标签 # 标签\n";
        check(&own.worker().extract(page));
    }
}

/// Patterns, one a line, a line of `=`, and a text to find them in: what aho-corasick finds, at
/// every level that the processor has.
pub(crate) fn search(bytes: &[u8]) {
    let Some((&settings, bytes)) = bytes.split_first() else {
        return;
    };
    let fold = settings & 1 == 1;
    let all = String::from_utf8_lossy(bytes);
    let (patterns, text) = all.split_once("\n=\n").unwrap_or((&all, &all));
    let patterns: Vec<&str> = patterns
        .split('\n')
        .filter(|pattern| !pattern.is_empty())
        .collect();
    let oracle = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .ascii_case_insensitive(fold)
        .build(&patterns)
        .expect("few patterns");
    let expected: Vec<_> = oracle.find_iter(text).map(|found| found.range()).collect();
    for level in [Level::Portable, Level::Avx2, Level::Avx512] {
        let searcher = Searcher::builder()
            .ascii_case_insensitive(fold)
            .level(level);
        let searcher = searcher.build(&patterns).expect("none is empty");
        let found = searcher.find_iter(text).map(|found| found.range());
        assert!(
            found.eq(expected.iter().cloned()),
            "{level:?} {patterns:?} {text:?}"
        );
    }
}

/// Records that anyone may have written: each is counted or refused.
pub(crate) fn stats(bytes: &[u8]) {
    let input = Input::builder()
        .reader("in", Cursor::new(bytes.to_vec()))
        .format(InputFormat::Jsonl);
    let mut stats = Stats::new();
    let counted = Stats::input(input)
        .build()
        .flatten()
        .filter(|page| stats.add(page).is_ok())
        .count();
    let figures = stats.figures(10);
    assert_eq!(figures.pages + figures.errors, counted as u64);
}

/// A labelled page: it is understood, or refused by its name, and scores full marks against itself.
pub(crate) fn gold(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a directory");
    let own = |name: &str| folder.path().join(name);
    // In one of both forms; the other's text is the marked file, so that offsets can be right.
    if bytes.trim_ascii_start().starts_with(b"{") {
        fs::create_dir(own("case")).expect("an empty place");
        fs::write(own("case/page.txt"), GOLD_PAGE).expect("a new file");
        fs::write(own("case/gold.json"), bytes).expect("a new file");
    } else {
        fs::write(own("case.marked"), bytes).expect("a new file");
    }
    match GoldSet::load(folder.path()) {
        Err(error) => assert!(error.to_string().contains("case"), "{error}"),
        Ok(set) => {
            let (page, pages) = (&set.pages[0], &set.pages);
            let segments = page.spans.iter().map(
                |(span, kind)| json!({"kind": kind.name(), "start": span.start, "end": span.end}),
            );
            let record = json!({"id": "case", "title": page.title, "segments": segments.collect::<Vec<_>>()});
            let mut predictions = Predictions::new(pages);
            let line = Cursor::new(record.to_string().into_bytes());
            predictions.read("own", line).expect("a record");
            assert_eq!(predictions.score().accuracy(), 1.0, "{record}");
        }
    }
}

/// The page that [`predictions`] are about, and `gold.json` as well.
pub(crate) const GOLD_PAGE: &str = "标题\n\n薄荷喜光，也耐半阴。\n\n# 甲  # 乙\n";

/// Records to be scored: each is refused by its line, or all are scored.
pub(crate) fn predictions(bytes: &[u8]) {
    let labelled = [
        (0, 6, Label::Title),
        (8, 38, Label::Body),
        (40, 51, Label::Tags),
    ];
    let page = GoldPage {
        id: "page".into(),
        text: GOLD_PAGE.into(),
        spans: labelled
            .map(|(start, end, label)| (Span::new(start, end), label))
            .into(),
        title: Some("标题".into()),
        tags: vec!["甲".into(), "乙".into()],
        ..GoldPage::default()
    };
    let mut predictions = Predictions::new(std::slice::from_ref(&page));
    if let Err(error) = predictions.read("records", Cursor::new(bytes.to_vec())) {
        assert!(error.to_string().starts_with("records:"), "{error}");
        return;
    }
    let scores = predictions.score();
    let shares = [
        scores.accuracy(),
        scores.mean_label_f1(),
        scores.figure(Measure::Main).micro.f1,
    ];
    assert!(
        shares.iter().all(|share| (0.0..=1.0).contains(share)),
        "{shares:?}"
    );
}

/// `dehusk.toml`: it is refused by its line, or means what could have been typed.
pub(crate) fn config(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut program = Args::command();
    program.build();
    match Presets::parse(Path::new("own.toml"), &text, &program) {
        Err(error) => assert!(error.to_string().starts_with("own.toml:"), "{error}"),
        Ok(read) => {
            for command in presets::commands(&program.clone()) {
                let name = command.get_name();
                let words = read.of(name).flat_map(|preset| preset.words.clone());
                let line = ["dehusk".into(), name.into()].into_iter().chain(words);
                // What is missing was not to be in the file; all that is there is accepted.
                if let Err(error) = program.try_get_matches_from_mut(line) {
                    let kind = error.kind();
                    assert!(
                        matches!(
                            kind,
                            ErrorKind::MissingRequiredArgument | ErrorKind::ArgumentConflict
                        ),
                        "{error}"
                    );
                }
            }
        }
    }
}
