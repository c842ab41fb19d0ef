//! What is in records: they are read, counted, and the figures go to the terminal, into a report
//! of HTML, or out as JSON.

mod html;
mod plots;
mod terminal;

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::iter;
use std::path::{Path, PathBuf};

use dehusk::{Count, Figures, Input, InputBuilder, LengthUnit, Most, PageError};
use serde_json::{Map, Value};

use crate::args::Stats;
use crate::report::{self, Extent, Report};
use crate::run::{self, Failure};
use crate::{Outcome, interrupt, screen};

/// Of hosts, contacts and clusters so many are told to who chooses among them.
const CHOICE: usize = 200;

/// So many items of each list are at hand, to be compared with the other's, and drawn.
const KNOWN: usize = 2000;

/// More wrong lines than this are only counted: they are of one mistake.
const COMPLAINTS: u64 = 20;

/// Progress is told every so many records.
const TICK: u64 = 64;

/// How many items of each list are shown.
const SHOWN: usize = 10;

pub(crate) fn stats(args: &Stats) -> Result<Outcome, Failure> {
    let input = input(&args.records, true);
    let against = input_against(args);
    if let Some(path) = &args.html {
        refuse_clash(path, [Some(&input), against.as_ref()]);
    }
    interrupt::install();
    let number = KNOWN.max(args.top.unwrap_or(0));

    let mut reading = Reading::new(args);
    let sets = Sets {
        first: reading.read(name(&args.records), input, number),
        against: against.map(|input| reading.read(name(&args.against), input, number)),
    };
    write(args, &sets)?;
    Ok(reading.outcome())
}

/// Records that are shown, or two sets of them beside each other.
pub(crate) struct Sets {
    pub(crate) first: Set,
    pub(crate) against: Option<Set>,
}

/// Figures of records, and where those came from.
pub(crate) struct Set {
    pub(crate) name: String,
    pub(crate) figures: Figures,
    /// Lines that are no records.
    pub(crate) wrong: u64,
}

impl Sets {
    pub(crate) fn each(&self) -> impl Iterator<Item = &Set> {
        iter::once(&self.first).chain(&self.against)
    }

    /// What comes often in one or both, by how often it comes where it comes more often.
    pub(crate) fn counts(
        &self,
        list: impl Fn(&Figures) -> Option<&Most>,
        number: usize,
    ) -> Vec<Row> {
        let mut places = HashMap::new();
        let mut rows: Vec<Row> = Vec::new();
        let lists: Vec<_> = self.each().map(|set| list(&set.figures)).collect();
        for (column, list) in lists.iter().enumerate() {
            for count in list.iter().flat_map(|list| &list.most) {
                let place = *places
                    .entry((count.label, &count.value))
                    .or_insert(rows.len());
                if place == rows.len() {
                    rows.push(Row::new(count, &lists));
                }
                rows[place].counts[column] = Some(Times {
                    count: count.count,
                    missed: count.missed,
                });
            }
        }
        rows.sort_by_key(|row| std::cmp::Reverse(row.most()));
        rows.truncate(number);
        rows
    }
}

/// How often something came in the records and in those beside them; `None` if it is not among what
/// came there most often.
pub(crate) struct Row {
    pub(crate) value: String,
    /// Of a line, what it is.
    pub(crate) label: Option<&'static str>,
    pub(crate) counts: Vec<Option<Times>>,
}

/// How often something came, at least, and how often more it may have come.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) count: u64,
    pub(crate) missed: u64,
}

impl Row {
    /// What is not in a list of all did not come.
    fn new(count: &Count, lists: &[Option<&Most>]) -> Self {
        let never = Times {
            count: 0,
            missed: 0,
        };
        let whole = |list: &Option<&Most>| list.is_some_and(Most::is_whole);
        Self {
            value: count.value.clone(),
            label: count.label,
            counts: lists
                .iter()
                .map(|list| whole(list).then_some(never))
                .collect(),
        }
    }

    /// How often it came where it came more often.
    pub(crate) fn most(&self) -> u64 {
        let counts = self.counts.iter().flatten();
        counts.map(|times| times.count).max().unwrap_or(0)
    }

    /// How often it came in the first records.
    pub(crate) fn first(&self) -> u64 {
        self.counts
            .first()
            .copied()
            .flatten()
            .map_or(0, |times| times.count)
    }
}

/// The records that are read, from standard input if nothing is named.
fn input(paths: &[PathBuf], or_stdin: bool) -> InputBuilder {
    let mut input = dehusk::Stats::input(Input::builder());
    for path in paths {
        input = if is_stdin(path) {
            input.stdin()
        } else {
            input.path(path)
        };
    }
    if paths.is_empty() && or_stdin {
        input.stdin()
    } else {
        input
    }
}

fn input_against(args: &Stats) -> Option<InputBuilder> {
    let first = args.records.is_empty() || args.records.iter().any(|path| is_stdin(path));
    let second = args.against.iter().any(|path| is_stdin(path));
    if first && second {
        run::usage(
            "stats",
            "standard input holds either the records or those of --against",
        );
    }
    (!args.against.is_empty()).then(|| input(&args.against, false))
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn refuse_clash(report: &Path, inputs: [Option<&InputBuilder>; 2]) {
    if inputs
        .into_iter()
        .flatten()
        .any(|input| input.would_read(report))
    {
        run::usage("stats", "--html names a file of records");
    }
}

fn name(paths: &[PathBuf]) -> String {
    match paths {
        [] => "standard input".into(),
        [path] if is_stdin(path) => "standard input".into(),
        [path] => path.display().to_string(),
        [path, more @ ..] => format!("{} and {} more", path.display(), more.len()),
    }
}

/// Records on their way in, of all sets.
struct Reading {
    report: Report,
    extent: Extent,
    read: u64,
    wrong: u64,
    opened: u64,
}

impl Reading {
    fn new(args: &Stats) -> Self {
        let extent = Extent::default();
        let report = Report::new(args.progress, args.quiet, false, extent.clone());
        let all: Vec<PathBuf> = args.records.iter().chain(&args.against).cloned().collect();
        if !args.records.is_empty() && !all.iter().any(|path| is_stdin(path)) {
            let mut files = input(&all, false).build();
            report.expect(
                iter::from_fn(move || files.next_file()).filter_map(|file| Some(file.ok()?.path)),
            );
        }
        if args.records.is_empty() && !args.quiet {
            report::reading_terminal();
        }
        Self {
            report,
            extent,
            read: 0,
            wrong: 0,
            opened: 0,
        }
    }

    fn read(&mut self, name: String, input: InputBuilder, number: usize) -> Set {
        let mut stats = dehusk::Stats::new();
        let mut input = input.meter(&self.extent.meter).build();
        let before = self.wrong;
        for page in input.by_ref() {
            let counted = page.map_err(Box::new).and_then(|page| stats.add(&page));
            self.read += 1;
            if let Err(error) = counted {
                self.complain(&error, self.wrong - before);
            }
            if self.read.is_multiple_of(TICK) {
                let bytes = self.extent.meter.bytes();
                self.report.progress(self.read, self.wrong, bytes);
            }
        }
        self.report.clear();
        let wrong = self.wrong - before;
        if wrong > COMPLAINTS {
            report::line(&format!("{name}: {} more like these", wrong - COMPLAINTS));
        }
        self.opened += input.opened();
        Set {
            name,
            figures: stats.figures(number),
            wrong,
        }
    }

    fn complain(&mut self, error: &PageError, before: u64) {
        self.wrong += 1;
        if before < COMPLAINTS {
            self.report.error(&screen::on_one_line(&error.to_string()));
        }
    }

    fn outcome(&self) -> Outcome {
        match (self.wrong, self.opened) {
            (0, _) => Outcome::Complete,
            (_, 0) => Outcome::NothingRead,
            _ => Outcome::SomeFailed,
        }
    }
}

fn write(args: &Stats, sets: &Sets) -> Result<(), Failure> {
    if let Some(path) = &args.html {
        let mut file = interrupt::create(path)?;
        let report = html::report(sets, args.top.unwrap_or(CHOICE));
        file.write_all(report.as_bytes())?;
        file.finish()?;
    }
    let shown = args.top.unwrap_or(SHOWN);
    if args.json {
        let json = format!("{:#}\n", to_json(sets, shown)?);
        let mut stdout = io::stdout().lock();
        stdout.write_all(json.as_bytes())?;
        stdout.flush()?;
    } else if args.html.is_none() {
        screen::print(&terminal::tables(sets, shown))?;
    }
    Ok(())
}

/// The figures, and those beside them under `against`.
fn to_json(sets: &Sets, number: usize) -> Result<Value, Failure> {
    let mut all = set_json(&sets.first, number)?;
    if let Some(against) = &sets.against {
        all.insert("against".into(), set_json(against, number)?.into());
    }
    Ok(all.into())
}

fn set_json(set: &Set, number: usize) -> Result<Map<String, Value>, Failure> {
    let figures = set.figures.clone().truncated(number);
    let failed = |error: serde_json::Error| Failure::from(io::Error::other(error));
    let mut all = Map::new();
    all.insert("records".into(), set.name.clone().into());
    all.insert("not_records".into(), set.wrong.into());
    if let Value::Object(figures) = serde_json::to_value(&figures).map_err(failed)? {
        all.extend(figures);
    }
    Ok(all)
}

/// `12,345`
fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// `1 page`, `12,345 pages`.
fn things(count: u64, noun: &str) -> String {
    format!(
        "{} {noun}{}",
        number(count),
        if count == 1 { "" } else { "s" }
    )
}

/// `61.3 %`
fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// `1.2 MB`, of characters `1.2 M`.
fn size(length: u64, unit: LengthUnit) -> String {
    let (value, prefix) = match length {
        0..10_000 => {
            return format!(
                "{length}{}",
                if unit == LengthUnit::Bytes { " B" } else { "" }
            );
        }
        10_000..1_000_000 => (length as f64 / 1e3, "k"),
        1_000_000..1_000_000_000 => (length as f64 / 1e6, "M"),
        1_000_000_000..1_000_000_000_000 => (length as f64 / 1e9, "G"),
        _ => (length as f64 / 1e12, "T"),
    };
    let byte = if unit == LengthUnit::Bytes { "B" } else { "" };
    format!("{value:.1} {prefix}{byte}")
}

/// What the reader must know of figures, so as not to take them for more than they are.
fn notes(set: &Set) -> Vec<String> {
    let figures = &set.figures;
    let mut notes = Vec::new();
    let mut note = |wanted: bool, text: String| {
        if wanted {
            notes.push(text);
        }
    };
    let pages = figures.pages;
    note(
        set.wrong > 0,
        format!(
            "Not counted, being no records: {}.",
            things(set.wrong, "line")
        ),
    );
    note(
        pages > 0 && figures.with("segments") == 0,
        "No record has segments, so nothing is told of labels. If these are pages, `dehusk extract` makes records of them.".into(),
    );
    note(
        figures.with("segments") > 0 && figures.with("segments") < pages,
        format!(
            "{} of {} records have segments; lengths and labels are theirs.",
            number(figures.with("segments")),
            number(pages)
        ),
    );
    note(
        figures.unit == LengthUnit::Characters,
        "The records' offsets count characters (extract --offsets); without the text, lengths are not bytes.".into(),
    );
    note(
        figures.unit == LengthUnit::Mixed,
        "Some records' offsets count bytes, others' characters; without the text, both are added up as they are.".into(),
    );
    note(
        pages > 0 && figures.husk_lines.is_none(),
        "Repeated lines need the page's text, which no record has (extract --with-text).".into(),
    );
    // An empty page has no text to be missed.
    let steps = figures.page_length.steps.first();
    let empty = steps
        .filter(|step| step.from == 0)
        .map_or(0, |step| step.count);
    let with_text = figures.with("text") + empty;
    note(
        figures.husk_lines.is_some() && with_text < pages,
        format!(
            "Repeated lines are those of {} of {} records, which have the page's text.",
            number(with_text),
            number(pages)
        ),
    );
    note(
        pages > 0 && figures.with("url") == 0,
        "No record has a url, so hosts are not known, nor what they share.".into(),
    );
    let lists = [
        Some(&figures.tags),
        Some(&figures.related),
        figures.husk_lines.as_ref(),
    ];
    let bound = lists
        .into_iter()
        .flatten()
        .map(|list| list.missed)
        .max()
        .unwrap_or(0);
    let inexact = bound > 0 || !figures.hosts_count.exact || !figures.contacts.exact;
    note(
        inexact,
        format!(
            "There is too much to count all of it: counts with >= are lower bounds, and what is not listed may have come up to {} times.",
            number(bound)
        ),
    );
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        let shown = [0, 999, 1000, 1_234_567].map(number);
        assert_eq!(shown, ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(percent(0.6134), "61.3 %");
        let sizes = [9_999, 12_345, 1_234_567].map(|length| size(length, LengthUnit::Bytes));
        assert_eq!(sizes, ["9999 B", "12.3 kB", "1.2 MB"]);
        assert_eq!(size(12_345, LengthUnit::Characters), "12.3 k");
    }
}
