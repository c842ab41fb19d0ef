//! Scores on a terminal, or as JSON.

use std::fmt::{self, Write as _};
use std::fs::File;
use std::io;
use std::path::Path;

use dehusk::{
    Figure, Found, GoldPage, GoldSet, Interval, Label, Measure, PageScore, Predictions, Prf,
    Scores, Sureness, Wrong,
};
use serde_json::{Map, Value, json};

use crate::args::Eval;
use crate::run::{self, Failure};
use crate::screen::{self, excerpt, plural, short};
use crate::{Outcome, report};

pub(crate) fn eval(args: &Eval) -> Result<Outcome, Failure> {
    let mut gold = GoldSet::load(&args.gold)?;
    if let Some(path) = &args.cases {
        gold.pages = select(gold.pages, path)?;
    }
    let mut predictions = Predictions::new(&gold.pages);
    if args.records == Path::new("-") {
        predictions.read("-", io::stdin())?;
    } else {
        let file = File::open(&args.records).map_err(|error| run::named(&args.records, &error))?;
        predictions.read(&args.records.to_string_lossy(), file)?;
    }
    let scores = predictions.score();
    if scores.pages.iter().all(|page| page.found == Found::Missing) {
        report::line(
            &"no record belongs to a labelled page; its id must be the page's name, or its path end in it",
        );
    }
    let mut out = String::new();
    if args.json {
        out = format!("{:#}\n", to_json(&scores));
    } else {
        // Writing to a string cannot fail.
        let _ = show(&scores, &gold.pages, args.worst, &mut out);
    }
    screen::print(&out)?;
    Ok(Outcome::Complete)
}

/// The pages that a file names, one a line, in the folder's order.
fn select(pages: Vec<GoldPage>, path: &Path) -> Result<Vec<GoldPage>, Failure> {
    let list = run::load(path)?;
    let lines = list.lines().map(str::trim);
    let mut wanted: Vec<&str> = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    let (kept, _): (Vec<_>, Vec<_>) = pages
        .into_iter()
        .partition(|page| wanted.contains(&page.id.as_str()));
    wanted.retain(|id| !kept.iter().any(|page| page.id == *id));
    match wanted.first() {
        None if !kept.is_empty() => Ok(kept),
        None => Err(io::Error::other(format!("{}: names no page", path.display())).into()),
        Some(id) => {
            Err(io::Error::other(format!("{}: no labelled page {id}", path.display())).into())
        }
    }
}

/// The whole report, at most 80 columns wide.
fn show(scores: &Scores, gold: &[GoldPage], worst: usize, out: &mut String) -> fmt::Result {
    header(scores, out)?;
    figures(scores, out)?;
    intervals(&scores.headline, out)?;
    if by_position(scores) {
        labels(scores, out)?;
        confusion(scores, out)?;
        calibration(&scores.calibration(), out)?;
    }
    worst_pages(scores, gold, worst, out)
}

fn by_position(scores: &Scores) -> bool {
    scores.figure(Measure::Main).cases > 0
}

/// How many pages were scored, and what stands in the way of taking the figures at their word.
fn header(scores: &Scores, out: &mut String) -> fmt::Result {
    let count = |which: fn(&Found) -> bool| {
        scores
            .pages
            .iter()
            .filter(|page| which(&page.found))
            .count()
    };
    let with_segments = count(|found| *found == Found::Segments);
    write!(
        out,
        "{}, {with_segments} with segments",
        plural(scores.pages.len(), "page")
    )?;
    for (pages, what) in [
        (count(|found| *found == Found::Body), "body only"),
        (count(|found| matches!(found, Found::Nothing(_))), "failed"),
        (count(|found| *found == Found::Missing), "missing"),
    ] {
        if pages > 0 {
            write!(out, ", {pages} {what}")?;
        }
    }
    out.push('\n');
    let empty = count(|found| matches!(found, Found::Nothing(_) | Found::Missing));
    if empty > 0 {
        writeln!(
            out,
            "failed and missing pages count as pages of which nothing was found"
        )?;
    }
    if scores.unknown > 0 {
        writeln!(
            out,
            "{} of pages that are not labelled left out",
            plural(scores.unknown, "record")
        )?;
    }
    Ok(())
}

fn figures(scores: &Scores, out: &mut String) -> fmt::Result {
    writeln!(
        out,
        "\n{:20} {:>7} {:>6} {:>6} {:>8} {:>6} {:>6} {:>6}",
        "", "micro P", "R", "F1", "macro P", "R", "F1", "pages"
    )?;
    for measure in Measure::ALL {
        let Figure {
            micro,
            macro_,
            cases,
            ..
        } = scores.figure(measure);
        if cases == 0 && matches!(measure, Measure::Main | Measure::MainTitle) {
            continue;
        }
        let Prf { p, r, f1 } = micro;
        write!(out, "{:20}  {p:.4} {r:.4} {f1:.4}", measure.name())?;
        let Prf { p, r, f1 } = macro_;
        writeln!(out, "   {p:.4} {r:.4} {f1:.4} {cases:6}")?;
    }
    for (measure, name) in [(Measure::Tags, "tags"), (Measure::Related, "related")] {
        let hits = scores.figure(measure).hits;
        let (found, right) = (hits.predicted, hits.predicted_hit);
        writeln!(
            out,
            "{name}: {}, {found} found, {right} of them right",
            plural(hits.gold, "item")
        )?;
    }
    let title = scores.title();
    writeln!(
        out,
        "title: {:.4} exact; {:.4} of {} with a title; {} without one given one",
        title.exact,
        title.exact_with_gold,
        plural(title.with_gold, "page"),
        title.false_titles
    )?;
    let lossless = scores.lossless();
    writeln!(
        out,
        "lossless: {} ok, {} not, {} without segments",
        plural(lossless.ok, "page"),
        lossless.fail,
        lossless.no_segments
    )?;
    let faults = scores
        .pages
        .iter()
        .filter_map(|page| Some((page, page.lossless.as_ref()?.as_ref().err()?)));
    for (page, fault) in faults.take(5) {
        writeln!(out, "  {}: {fault}", screen::harmless(&page.id))?;
    }
    Ok(())
}

fn intervals(headline: &[Interval], out: &mut String) -> fmt::Result {
    writeln!(
        out,
        "\n95 % intervals (percentile bootstrap over pages, {} resamples, seed {})",
        Interval::RESAMPLES,
        Interval::SEED
    )?;
    for Interval {
        name,
        value,
        low,
        high,
    } in headline
    {
        writeln!(out, "{name:26} {value:.4}   {low:.4} to {high:.4}")?;
    }
    Ok(())
}

fn labels(scores: &Scores, out: &mut String) -> fmt::Result {
    writeln!(
        out,
        "\n{:10} {:>6} {:>6} {:>6} {:>10} {:>10}",
        "label", "P", "R", "F1", "characters", "predicted"
    )?;
    for label in Label::ALL {
        let hits = scores.label(label);
        let Prf { p, r, f1 } = hits.prf();
        writeln!(
            out,
            "{:10} {p:.4} {r:.4} {f1:.4} {:10} {:10}",
            label.name(),
            hits.gold,
            hits.predicted
        )?;
    }
    writeln!(
        out,
        "mean label F1 {:.4}, character accuracy {:.4}",
        scores.mean_label_f1(),
        scores.accuracy()
    )
}

/// The table of labels by labels, columns of six.
fn confusion(scores: &Scores, out: &mut String) -> fmt::Result {
    writeln!(
        out,
        "\ncharacters by right label (rows) and predicted label (columns)"
    )?;
    write!(out, "{:7}", "")?;
    for name in Label::ALL.map(Label::name).into_iter().chain(["none"]) {
        write!(out, " {:>5}", &name[..name.len().min(5)])?;
    }
    out.push('\n');
    for (label, row) in Label::ALL.iter().zip(scores.confusion()) {
        write!(out, "{:7}", label.name())?;
        for &count in row {
            write!(out, " {:>5}", short(count))?;
        }
        out.push('\n');
    }
    Ok(())
}

/// How often segments are right, by how sure they are.
fn calibration(rows: &[Sureness], out: &mut String) -> fmt::Result {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n{:14} {:>8} {:>10} {:>6}",
        "confidence", "segments", "mean given", "right"
    )?;
    for row in rows {
        let Sureness {
            from,
            to,
            segments,
            said,
            right,
        } = row;
        let range = format!("{from:.2} to {to:.2}");
        writeln!(out, "{range:14} {segments:8} {said:10.4} {right:.4}")?;
    }
    let all: usize = rows.iter().map(|row| row.segments).sum();
    let off = rows
        .iter()
        .map(|row| (row.said - row.right).abs() * row.segments as f64);
    writeln!(
        out,
        "expected calibration error {:.4}",
        off.sum::<f64>() / all as f64
    )
}

fn worst_pages(scores: &Scores, gold: &[GoldPage], most: usize, out: &mut String) -> fmt::Result {
    let worst = scores.worst();
    if most == 0 || worst.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\nworst of {} with something wrong",
        plural(worst.len(), "page")
    )?;
    for page in worst.into_iter().take(most) {
        if let Some(gold) = gold.iter().find(|gold| gold.id == page.id) {
            worst_page(page, gold, out)?;
        }
    }
    Ok(())
}

/// Runs of wrong characters that are shown of one page.
const RUNS: usize = 8;

fn worst_page(page: &PageScore, gold: &GoldPage, out: &mut String) -> fmt::Result {
    writeln!(out, "\n{}", screen::harmless(&page.id))?;
    let (chars, wrong) = page.chars();
    write!(out, "  main F1 {:.4}", page.main_f1())?;
    if chars > 0 {
        write!(out, ", {wrong} of {chars} characters wrong")?;
    }
    if !page.title_right {
        write!(out, ", title wrong")?;
    }
    for (measure, name) in [(Measure::Tags, "tags"), (Measure::Related, "related")] {
        match page.hits(measure).map(|hits| hits.prf().f1) {
            Some(f1) if f1 < 1.0 => write!(out, ", {name} F1 {f1:.2}")?,
            _ => {}
        }
    }
    out.push('\n');
    match &page.found {
        Found::Nothing(Some(reason)) => writeln!(out, "  failed: {reason}")?,
        Found::Nothing(None) => writeln!(out, "  the record says nothing of it")?,
        Found::Missing => writeln!(out, "  no record")?,
        Found::Segments | Found::Body => {}
    }
    for wrong in largest(&page.wrong) {
        let Wrong {
            span,
            gold: right,
            predicted,
            ..
        } = wrong;
        let range = format!("{}..{}", span.start, span.end);
        let predicted = predicted.map_or("none", Label::name);
        let excerpt = excerpt(span.of(&gold.text), 39);
        writeln!(
            out,
            "  {range:15} {:7} as {predicted:7}  {excerpt}",
            right.name()
        )?;
    }
    if page.wrong.len() > RUNS {
        writeln!(out, "  and {} shorter ones", page.wrong.len() - RUNS)?;
    }
    Ok(())
}

/// The longest runs, in page order.
fn largest(runs: &[Wrong]) -> Vec<Wrong> {
    let mut runs = runs.to_vec();
    runs.sort_by_key(|run| std::cmp::Reverse(run.chars));
    runs.truncate(RUNS);
    runs.sort_by_key(|run| run.span.start);
    runs
}

fn to_json(scores: &Scores) -> Value {
    let named = |which: fn(&Found) -> bool| {
        let pages = scores.pages.iter().filter(|page| which(&page.found));
        pages.map(|page| page.id.as_str()).collect::<Vec<_>>()
    };
    let title = scores.title();
    let lossless = scores.lossless();
    let mut all = json!({
        "pages": scores.pages.len(),
        "with_segments": named(|found| *found == Found::Segments).len(),
        "body_only": named(|found| *found == Found::Body).len(),
        "failed": named(|found| matches!(found, Found::Nothing(_))),
        "missing": named(|found| *found == Found::Missing),
        "not_labelled": scores.unknown,
        "title": {
            "exact": title.exact,
            "exact_with_gold": title.exact_with_gold,
            "with_gold": title.with_gold,
            "false_titles": title.false_titles,
        },
        "lossless": {"ok": lossless.ok, "fail": lossless.fail, "no_segments": lossless.no_segments},
        "intervals": {
            "level": 0.95,
            "method": "percentile bootstrap over pages",
            "resamples": Interval::RESAMPLES,
            "seed": Interval::SEED,
            "figures": scores.headline.iter().map(|interval| json!({
                "name": interval.name, "value": interval.value, "low": interval.low, "high": interval.high,
            })).collect::<Vec<_>>(),
        },
        "per_page": scores.pages.iter().map(page_json).collect::<Vec<_>>(),
    });
    let measures = Measure::ALL.map(|measure| (measure, scores.figure(measure)));
    let applies = measures.into_iter().filter(|(_, figure)| figure.cases > 0);
    all["figures"] = applies
        .map(|(measure, figure)| (measure.name(), figure_json(figure)))
        .collect();
    if by_position(scores) {
        all["labels"] = Label::ALL
            .iter()
            .map(|&label| (label.name(), label_json(scores, label)))
            .collect();
        all["mean_label_f1"] = scores.mean_label_f1().into();
        all["character_accuracy"] = scores.accuracy().into();
        all["confusion"] = confusion_json(scores);
        all["calibration"] = scores.calibration().iter().map(sureness_json).collect();
    }
    all
}

fn prf_json(Prf { p, r, f1 }: Prf) -> Value {
    json!({"p": p, "r": r, "f1": f1})
}

fn figure_json(figure: Figure) -> Value {
    json!({
        "micro": prf_json(figure.micro),
        "macro": prf_json(figure.macro_),
        "cases": figure.cases,
        "gold": figure.hits.gold,
        "predicted": figure.hits.predicted,
    })
}

fn sureness_json(row: &Sureness) -> Value {
    json!({
        "from": row.from,
        "to": row.to,
        "segments": row.segments,
        "said": row.said,
        "right": row.right,
    })
}

fn label_json(scores: &Scores, label: Label) -> Value {
    let hits = scores.label(label);
    let mut value = prf_json(hits.prf());
    value["gold"] = hits.gold.into();
    value["predicted"] = hits.predicted.into();
    value
}

/// `{right: {predicted: characters}}`, without zeros.
fn confusion_json(scores: &Scores) -> Value {
    let names = Label::ALL.map(Label::name);
    let row = |row: &[usize; Label::COUNT + 1]| {
        let counts = names.into_iter().chain(["none"]).zip(row);
        counts
            .filter(|(_, count)| **count > 0)
            .map(|(name, &count)| (name, count))
            .collect::<Value>()
    };
    names
        .into_iter()
        .zip(scores.confusion().map(|counts| row(&counts)))
        .collect()
}

fn page_json(page: &PageScore) -> Value {
    let figures = Measure::ALL.iter().filter_map(|&measure| {
        Some((
            measure.name().to_owned(),
            prf_json(page.hits(measure)?.prf()),
        ))
    });
    let (found, error) = match &page.found {
        Found::Segments => ("segments", None),
        Found::Body => ("body", None),
        Found::Nothing(error) => ("nothing", error.as_deref()),
        Found::Missing => ("missing", None),
    };
    let mut value = json!({
        "id": page.id,
        "found": found,
        "title_right": page.title_right,
        "figures": figures.collect::<Map<_, _>>(),
        "wrong": page.wrong.iter().map(|wrong| json!({
            "start": wrong.span.start,
            "end": wrong.span.end,
            "gold": wrong.gold.name(),
            "predicted": wrong.predicted.map(Label::name),
            "characters": wrong.chars,
        })).collect::<Vec<_>>(),
    });
    if let Some(error) = error {
        value["error"] = error.into();
    }
    if let Some(lossless) = &page.lossless {
        value["lossless"] = lossless.as_ref().err().map_or("ok", String::as_str).into();
    }
    value
}
