//! Learning weights, and how well that does on pages that were not learned from.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::Instant;

use dehusk::{
    Extractor, GoldPage, GoldSet, Measure, OutputFile, OutputFormat, Page, Prediction, Predictions,
    RecordWriter, Scores, Settings, Trainer,
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
    // Before the minutes that learning takes, not after.
    interrupt::install();
    let mut file = OutputFile::create(&args.output)?;
    interrupt::remove_on_signal(file.part());

    let pages: Vec<GoldPage> = sets.iter().flat_map(|set| set.pages.clone()).collect();
    let settings = Settings {
        prior: args.prior,
        steps: args.steps,
        folds: args.folds,
        threads: args.threads,
    };
    let extractor = run::with_rules(&args.rules)?.build()?;
    let mut trainer = Trainer::new(&extractor, &pages, settings)?;
    let tested = if args.no_cross_validation {
        None
    } else {
        Some(cross_validate(args, &pages, &mut trainer)?)
    };
    if let (Some(path), Some(tested)) = (&args.held_out, &tested) {
        let mut held_out = OutputFile::create(path)?;
        for found in tested {
            held_out.write_all(&found.line)?;
        }
        held_out.finish()?;
    }
    let started = Instant::now();
    let weights = trainer.fit(None);
    say(
        args,
        &format!(
            "learned from all {} pages in {:.1} s",
            pages.len(),
            started.elapsed().as_secs_f64()
        ),
    );
    file.write_all(header(args, &sets).as_bytes())?;
    file.write_all(weights.as_bytes())?;
    file.finish()?;

    let fitted = predict(args, &weights, pages.iter())?;
    let mut stdout = io::stdout().lock();
    stdout.write_all(table(&sets, tested.as_deref(), &fitted)?.as_bytes())?;
    stdout.flush()?;
    Ok(Outcome::Complete)
}

/// What learned weights make of a page.
#[derive(Clone, Default)]
struct Found {
    prediction: Prediction,
    /// The record as a line of JSON.
    line: Vec<u8>,
}

/// For each page, what is made of it by weights learned from other folds.
fn cross_validate(
    args: &Train,
    pages: &[GoldPage],
    trainer: &mut Trainer,
) -> Result<Vec<Found>, Failure> {
    let folds = trainer.folds();
    let mut all = vec![Found::default(); pages.len()];
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
            all[page] = found;
        }
    }
    Ok(all)
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
) -> Result<Vec<Found>, Failure> {
    let extractor: Extractor = run::with_rules(&args.rules)?
        .weights("learned weights", weights)
        .build()?;
    let mut worker = extractor.worker();
    let mut writer = RecordWriter::new(OutputFormat::Jsonl);
    Ok(pages
        .map(|page| {
            let record = worker.extract(&page.text);
            let mut line = Vec::new();
            let of = Page {
                id: page.id.clone(),
                ..Page::default()
            };
            writer.write(&of, &record, &mut line);
            line.push(b'\n');
            let prediction = Prediction::from(&record);
            Found { prediction, line }
        })
        .collect())
}

fn score(pages: &[GoldPage], found: &[Found]) -> Result<Scores, Failure> {
    let mut predictions = Predictions::new(pages);
    for (page, found) in pages.iter().zip(found) {
        predictions.add(&page.id, found.prediction.clone())?;
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
fn table(
    sets: &[GoldSet],
    tested: Option<&[Found]>,
    fitted: &[Found],
) -> Result<String, Failure> {
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
        steps,
        folds,
        ..
    } = args;
    let _ = writeln!(
        text,
        "# settings: prior {prior}, steps {steps}, folds {folds}"
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
