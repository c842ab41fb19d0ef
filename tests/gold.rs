//! The fixture pages with the built-in weights, scored: no figure may fall below its floor.
//!
//! These pages are a twentieth of those that the weights were learned from. A floor is about
//! three points under what was measured when it was set. It is raised when the program gets
//! better, and lowered only with a reason.

#![cfg(feature = "eval")]
#![allow(clippy::unwrap_used, reason = "helpers outside of test functions")]
#![allow(clippy::print_stdout, reason = "figures, with --nocapture")]

use std::fs;
use std::path::Path;

use dehusk::{
    Extractor, GoldPage, GoldSet, Label, Markup, Measure, OutputFormat, Page, Prediction,
    Predictions, Record, RecordWriter, Scores, Span, extract,
};

fn gold() -> GoldSet {
    load("fixtures/gold")
}

fn load(folder: &str) -> GoldSet {
    GoldSet::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap()
}

/// Scores of the pages with all that is known of them.
fn score(gold: &GoldSet) -> Scores {
    let extractor = Extractor::new();
    let mut worker = extractor.worker();
    let mut predictions = Predictions::new(&gold.pages);
    for page in &gold.pages {
        let record = worker.extract_marked_up(&page.text, &page.markup);
        predictions
            .add(&page.id, Prediction::from(&record))
            .unwrap();
    }
    predictions.score()
}

/// The headings with their levels, as the gold files have them.
fn outline(record: &Record<'_>) -> Vec<(u8, String)> {
    let sections = record.sections.iter();
    sections
        .map(|section| (section.level, section.heading.of(record.text).to_owned()))
        .collect()
}

/// Share of the pages that tell something on which the program says the same.
fn agreement<T: PartialEq>(
    gold: &GoldSet,
    right: impl Fn(&GoldPage) -> Option<T>,
    found: impl Fn(&Record<'_>) -> T,
) -> f64 {
    let told = gold
        .pages
        .iter()
        .filter_map(|page| Some((page, right(page)?)));
    let same: Vec<bool> = told
        .map(|(page, right)| found(&extract(&page.text)) == right)
        .collect();
    assert!(!same.is_empty());
    same.iter().filter(|same| **same).count() as f64 / same.len() as f64
}

/// A record written as a marked page is read back as what it says.
#[test]
fn marked_pages_are_read_as_they_were_written() {
    let folder = std::env::temp_dir().join(format!("dehusk-marked-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut writer = RecordWriter::new(OutputFormat::Marked);
    let pages = gold().pages;
    for page in &pages {
        let mut marked = Vec::new();
        writer.write(&Page::default(), &extract(&page.text), &mut marked);
        fs::write(folder.join(format!("{}.marked", page.id)), marked).unwrap();
    }
    let read = GoldSet::load(&folder).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(read.pages.len(), pages.len());
    for page in &read.pages {
        let right = pages.iter().find(|right| right.id == page.id).unwrap();
        assert_eq!(page.text, right.text);
        let record = extract(&right.text);
        assert_eq!(page.title.as_deref(), record.title(), "{}", page.id);
        assert!(record.tags().eq(&page.tags), "{}", page.id);
        assert!(record.related().eq(&page.related), "{}", page.id);
        let found: Vec<Label> = chars(&page.spans, &page.text);
        let spans: Vec<_> = record.segments.iter().map(|s| (s.span, s.kind)).collect();
        assert!(found == chars(&spans, &page.text), "{}", page.id);
    }
}

/// The label of each character that is not white space.
fn chars(spans: &[(Span, Label)], text: &str) -> Vec<Label> {
    let labelled = spans.iter().flat_map(|(span, label)| {
        let ink = span.of(text).chars().filter(|c| !c.is_whitespace());
        ink.map(|_| *label)
    });
    labelled.collect()
}

#[test]
fn every_page_is_tiled() {
    let scores = score(&gold());
    let lossless = scores.lossless();
    assert_eq!((lossless.ok, lossless.fail), (scores.pages.len(), 0));
}

#[test]
fn figures_stay_above_their_floors() {
    let gold = gold();
    let scores = score(&gold);
    let macro_f1 = |measure| scores.figure(measure).macro_.f1;
    let figures = [
        ("main F1, macro", macro_f1(Measure::Main), MAIN),
        ("title exact", scores.title().exact, TITLE),
        ("tags F1, macro", macro_f1(Measure::Tags), TAGS),
        ("related F1, macro", macro_f1(Measure::Related), RELATED),
        (
            "related F1 loose, macro",
            macro_f1(Measure::RelatedLoose),
            RELATED_LOOSE,
        ),
        ("mean label F1", scores.mean_label_f1(), LABELS),
        (
            "outline",
            agreement(&gold, |page| page.sections.clone(), outline),
            OUTLINE,
        ),
        (
            "language",
            agreement(
                &gold,
                |page| page.language.clone(),
                |record| {
                    record
                        .language
                        .map_or(String::new(), |language| language.tag().into())
                },
            ),
            LANGUAGE,
        ),
    ];
    // `cargo test --test gold -- --nocapture` shows them.
    for (name, value, floor) in figures {
        println!("{name:24} {value:.4}, floor {floor}");
    }
    let low: Vec<_> = figures
        .iter()
        .filter(|(_, value, floor)| value < floor)
        .collect();
    let pages: Vec<_> = scores
        .worst()
        .iter()
        .take(10)
        .map(|page| (&page.id, page.main_f1()))
        .collect();
    assert!(
        low.is_empty(),
        "below their floors: {low:#?}\nworst pages: {pages:#?}"
    );
}

/// On pages of HTML, markup only helps.
#[test]
fn markup_is_no_worse_than_the_text_alone() {
    let mut html = load("fixtures/html");
    let with = score(&html);
    for page in &mut html.pages {
        page.markup = Markup::default();
    }
    let alone = score(&html);
    let figures = |scores: &Scores| {
        let macro_f1 = |measure| scores.figure(measure).macro_.f1;
        [
            ("main F1, macro", macro_f1(Measure::Main)),
            ("title exact", scores.title().exact),
            ("tags F1, macro", macro_f1(Measure::Tags)),
            ("related F1, macro", macro_f1(Measure::Related)),
            ("mean label F1", scores.mean_label_f1()),
        ]
    };
    for ((name, with), (_, alone)) in figures(&with).into_iter().zip(figures(&alone)) {
        println!("{name:24} {with:.4}, text alone {alone:.4}");
        assert!(with >= alone, "{name}: {with} with markup, {alone} without");
    }
}

const MAIN: f64 = 0.965;
const TITLE: f64 = 0.93;
/// .925 before 456 harder pages joined those that the weights were learned from: one of 31 pages, whose
/// only tag is now a heading by a hair.
const TAGS: f64 = 0.92;
const RELATED: f64 = 0.885;
const RELATED_LOOSE: f64 = 0.895;
const LABELS: f64 = 0.945;
/// .89 before many more pages in which no heading follows a menu: four of 40 pages, each with one heading
/// lost or one too many.
const OUTLINE: f64 = 0.80;
const LANGUAGE: f64 = 0.97;
