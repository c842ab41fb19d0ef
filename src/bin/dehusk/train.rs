//! Learning weights, and how well that does on pages that were not learned from.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::Instant;

use dehusk::{
    Calibration, Confidence, Extractor, GoldPage, GoldSet, Measure, OutputFormat, Page, Prediction,
    Predictions, Record, RecordWriter, Scores, Settings, Trainer,
};

use crate::args::Train;
use crate::run::{self, Failure};
use crate::{Outcome, interrupt, report};

pub(crate) fn train(args: &Train) -> Result<Outcome, Failure> {
    let sets: Result<Vec<_>, _> = args
        .gold
        .iter()
        .map(|folder| GoldSet::load(folder))
        .collect();
    let sets = sets?;
    refuse_twins(&sets)?;
    // Before the minutes that learning takes, not after.
    interrupt::install();
    let mut file = interrupt::create(&args.output)?;
    let held_out = args
        .held_out
        .as_deref()
        .map(interrupt::create)
        .transpose()?;

    let pages: Vec<GoldPage> = sets.iter().flat_map(|set| set.pages.clone()).collect();
    let settings = Settings {
        prior: args.prior,
        nets: args.nets,
        steps: args.steps,
        terms: args.terms,
        variants: args.variants,
        folds: args.folds,
        threads: args.threads,
    };
    let extractor = run::with_rules(&args.rules)?.build()?;
    let mut trainer = Trainer::new(&extractor, &pages, settings)?;
    let (mut tested, mut calibration) = (None, String::new());
    if !args.no_cross_validation {
        let folds = trainer.folds();
        let mut found = cross_validate(args, &pages, &mut trainer)?;
        let judged = judged(&pages, &found)?;
        calibration = Calibration::fit(judged.iter().flatten().copied()).to_text();
        calibrate(&judged, &folds, &mut found);
        tested = Some(found);
    }
    if let Some(mut held_out) = held_out {
        for found in tested.iter().flatten() {
            held_out.write_all(&line(found))?;
        }
        held_out.finish()?;
    }
    let started = Instant::now();
    let mut weights = trainer.fit(None);
    say(
        args,
        &format!(
            "learned from all {} pages in {:.1} s",
            pages.len(),
            started.elapsed().as_secs_f64()
        ),
    );
    weights += &calibration;
    file.write_all(header(args, &sets).as_bytes())?;
    file.write_all(weights.as_bytes())?;
    file.finish()?;

    let fitted = predict(args, &weights, pages.iter())?;
    let mut stdout = io::stdout().lock();
    stdout.write_all(table(&sets, tested.as_deref(), &fitted)?.as_bytes())?;
    stdout.flush()?;
    Ok(Outcome::Complete)
}

/// Pages are told apart by their names, in all folders together.
fn refuse_twins(sets: &[GoldSet]) -> Result<(), Failure> {
    let mut owners: HashMap<&str, &str> = HashMap::new();
    for (set, page) in sets
        .iter()
        .flat_map(|set| set.pages.iter().map(move |page| (set, page)))
    {
        if let Some(other) = owners.insert(&page.id, &set.name) {
            let message = format!(
                "two labelled pages are called {}, in {other} and in {}; rename one",
                page.id, set.name
            );
            return Err(io::Error::other(message).into());
        }
    }
    Ok(())
}

/// What learned weights make of a page.
#[derive(Clone)]
struct Found<'p> {
    id: &'p str,
    record: Record<'p>,
}

/// For each page, what is made of it by weights learned from other folds.
fn cross_validate<'p>(
    args: &Train,
    pages: &'p [GoldPage],
    trainer: &mut Trainer,
) -> Result<Vec<Found<'p>>, Failure> {
    let folds = trainer.folds();
    let mut all = vec![None; pages.len()];
    for fold in 0..args.folds {
        let held = || (0..pages.len()).filter(|&page| folds[page] == fold);
        let count = held().count();
        if count == 0 {
            continue;
        }
        if count == pages.len() {
            let reason = "all pages are of one site or template: nothing to test on (--no-cross-validation learns all the same)";
            return Err(io::Error::other(reason).into());
        }
        let started = Instant::now();
        let weights = trainer.fit(Some(fold));
        let found = predict(args, &weights, held().map(|page| &pages[page]))?;
        let gold: Vec<_> = held().map(|page| pages[page].clone()).collect();
        let [main, title, ..] = figures(&score(&gold, &found)?);
        say(
            args,
            &format!(
                "fold {} of {}: learned from {} pages in {:.1} s; on the other {count} main F1 {main:.4}, title {title:.4}",
                fold + 1,
                args.folds,
                pages.len() - count,
                started.elapsed().as_secs_f64(),
            ),
        );
        for (page, found) in held().zip(found) {
            all[page] = Some(found);
        }
    }
    Ok(all.into_iter().flatten().collect())
}

/// Corrects the confidence of each page by what was found true of the other folds' pages.
fn calibrate(judged: &[Vec<(Confidence, bool)>], folds: &[usize], all: &mut [Found]) {
    for fold in 0..folds.iter().max().map_or(0, |last| last + 1) {
        let others = judged.iter().zip(folds).filter(|(_, of)| **of != fold);
        let calibration = Calibration::fit(others.flat_map(|(judged, _)| judged).copied());
        for (found, _) in all.iter_mut().zip(folds).filter(|(_, of)| **of == fold) {
            for segment in &mut found.record.segments {
                segment.confidence = segment.confidence.map(|said| calibration.correct(said));
            }
        }
    }
}

/// For each page, how sure its segments were, and whether rightly.
fn judged(pages: &[GoldPage], found: &[Found]) -> Result<Vec<Vec<(Confidence, bool)>>, Failure> {
    let pages = score(pages, found)?.pages;
    Ok(pages.into_iter().map(|page| page.judged).collect())
}

fn say(args: &Train, message: &str) {
    if !args.quiet {
        report::line(&message);
    }
}

fn predict<'p>(
    args: &Train,
    weights: &str,
    pages: impl Iterator<Item = &'p GoldPage>,
) -> Result<Vec<Found<'p>>, Failure> {
    let extractor: Extractor = run::with_rules(&args.rules)?
        .weights("learned weights", weights)
        .confidence(true)
        .build()?;
    let mut worker = extractor.worker();
    Ok(pages
        .map(|page| Found {
            id: &page.id,
            record: worker.extract_marked_up(&page.text, &page.markup),
        })
        .collect())
}

/// A record as a line of JSON.
fn line(found: &Found) -> Vec<u8> {
    let page = Page {
        id: found.id.to_owned(),
        ..Page::default()
    };
    let mut line = Vec::new();
    RecordWriter::new(OutputFormat::Jsonl).write(&page, &found.record, &mut line);
    line.push(b'\n');
    line
}

fn score(pages: &[GoldPage], found: &[Found]) -> Result<Scores, Failure> {
    let mut predictions = Predictions::new(pages);
    for (page, found) in pages.iter().zip(found) {
        predictions.add(&page.id, Prediction::from(&found.record))?;
    }
    Ok(predictions.score())
}

const COLUMNS: [&str; 5] = ["main F1", "title", "related", "tags", "labels"];

/// What the columns show.
fn figures(scores: &Scores) -> [f64; COLUMNS.len()] {
    let macro_f1 = |measure| scores.figure(measure).macro_.f1;
    [
        macro_f1(Measure::Main),
        scores.title().exact,
        macro_f1(Measure::RelatedLoose),
        macro_f1(Measure::TagsLoose),
        scores.mean_label_f1(),
    ]
}

/// For each folder, how right the records are: on pages not learned from, and on pages
/// learned from.
fn table(sets: &[GoldSet], tested: Option<&[Found]>, fitted: &[Found]) -> Result<String, Failure> {
    let mut text = format!("{:20} {:>5}  {:15}", "", "pages", "");
    for column in COLUMNS {
        text += &format!(" {column:>7}");
    }
    text.push('\n');
    let mut start = 0;
    for set in sets {
        let range = start..start + set.pages.len();
        start = range.end;
        for (how, found) in [("cross-validated", tested), ("fitted", Some(fitted))] {
            let Some(found) = found else { continue };
            let scores = score(&set.pages, &found[range.clone()])?;
            text += &format!("{:20} {:5}  {how:15}", set.name, set.pages.len());
            for figure in figures(&scores) {
                text += &format!("  {figure:.4}");
            }
            text.push('\n');
        }
    }
    text += "main F1, related and tags (loose): macro means over pages; title: share exact;\n\
             labels: mean F1 of the ten\n";
    Ok(text)
}

/// What the weights were made with and of.
fn header(args: &Train, sets: &[GoldSet]) -> String {
    let mut text = format!(
        "# made by `dehusk train`, dehusk {}\n",
        env!("CARGO_PKG_VERSION")
    );
    let Train {
        prior,
        nets,
        steps,
        terms,
        variants,
        folds,
        ..
    } = args;
    let _ = writeln!(
        text,
        "# settings: prior {prior}, nets {nets}, steps {steps}, terms {terms}, variants {variants}, folds {folds}"
    );
    for path in &args.rules {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let _ = writeln!(text, "# rules: {name}");
    }
    for set in sets {
        let _ = writeln!(
            text,
            "# gold: {}, {} pages, hash {:016x}",
            set.name,
            set.pages.len(),
            set.hash()
        );
    }
    text
}
