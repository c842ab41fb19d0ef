//! A page with its reasons becomes lines for a terminal. Each piece has its label in a column of
//! its own, so that nothing is told by colour alone.

use std::ops::Range;

use dehusk::{Evidence, Label, Page, Reasons, Segment};

use crate::explain::against::{Difference, Sum};
use crate::explain::{Told, words};
use crate::screen::{self, paint, plural};

/// Columns before a piece's text: label, confidence, bar.
const MARGIN: usize = 15;
/// Columns for what a line of reasons is about.
const KEY: usize = 5;
/// What a folded page shows at most: pieces, pieces of a run of one label, items, differences.
const MOST_PIECES: usize = 60;
const MOST_OF_RUN: usize = 4;
const MOST_ITEMS: usize = 12;
const MOST_DIFFERENCES: usize = 12;
const FEATURES: usize = 3;
const FEATURES_IN_FULL: usize = 8;

/// How a page is shown.
struct Pen {
    out: String,
    columns: usize,
    full: bool,
}

/// All of a page.
pub(super) fn page(told: &Told, full: bool, columns: usize) -> String {
    let mut pen = Pen {
        out: String::new(),
        columns,
        full,
    };
    pen.head(told);
    let explanation = told.explanation;
    let record = &explanation.record;
    let label = |at: usize| (explanation.label(at), explanation.confidence(at).get());
    let count = explanation.len();
    let shown = if full {
        vec![true; count]
    } else {
        fold((0..count).map(label))
    };
    let mut hidden = Vec::new();
    for at in 0..count {
        if shown[at] {
            pen.hidden(&mut hidden);
            pen.piece(record.text, &explanation.reasons(at));
        } else {
            hidden.push(label(at));
        }
        let segment = explanation.segment(at);
        let ends = at + 1 == count || explanation.segment(at + 1) != segment;
        // Where all around is left out, so are the items.
        if ends && (shown[at] || shown.get(at + 1) != Some(&false)) {
            pen.hidden(&mut hidden);
            pen.items(record.text, &record.segments[segment]);
        }
    }
    pen.hidden(&mut hidden);
    pen.out.push('\n');
    pen.out
}

/// Which pieces are shown of a long page: of each run of a label the first two, the least sure
/// and the last; and not more than fit.
fn fold(pieces: impl Iterator<Item = (Label, f64)>) -> Vec<bool> {
    let pieces: Vec<_> = pieces.collect();
    let mut shown = vec![false; pieces.len()];
    let mut start = 0;
    for run in pieces.chunk_by(|a, b| a.0 == b.0) {
        let range = start..start + run.len();
        start = range.end;
        for at in of_run(run, range) {
            shown[at] = true;
        }
    }
    let mut left = MOST_PIECES;
    for show in &mut shown {
        *show = *show && left > 0;
        left -= usize::from(*show);
    }
    shown
}

fn of_run(run: &[(Label, f64)], range: Range<usize>) -> Vec<usize> {
    if run.len() <= MOST_OF_RUN {
        return range.collect();
    }
    let least = (0..run.len()).min_by(|&a, &b| run[a].1.total_cmp(&run[b].1));
    let (start, last) = (range.start, range.end - 1);
    vec![start, start + 1, start + least.unwrap_or(0), last]
}

impl Pen {
    fn line(&mut self, line: &str) {
        self.out += line.trim_end();
        self.out.push('\n');
    }

    /// What the page is called and made of.
    fn head(&mut self, told: &Told) {
        let Told {
            page, explanation, ..
        } = told;
        let record = &explanation.record;
        let name = screen::excerpt(&page.id, self.columns);
        self.line(&paint(screen::bold(), name));
        for url in page.url.iter().filter(|url| **url != page.id) {
            let url = screen::excerpt(url, self.columns);
            self.line(&url);
        }
        let language = record
            .language
            .map_or(String::new(), |language| format!(", {}", language.tag()));
        let size = format!(
            "{}, {} in {}{language}{}",
            plural(record.text.len(), "byte"),
            plural(explanation.len(), "piece"),
            plural(record.segments.len(), "segment"),
            charset(page),
        );
        let size = screen::excerpt(&size, self.columns);
        self.line(&paint(screen::dim(), size));
        self.out.push('\n');
    }

    /// A piece's text with its label before it, and why below.
    fn piece(&mut self, text: &str, piece: &Reasons) {
        let width = self.columns - MARGIN;
        let text = piece.span.of(text);
        let lines = if self.full {
            screen::fold(text, width)
        } else {
            vec![screen::excerpt(text, width)]
        };
        let style = screen::colour(piece.label);
        let label = screen::pad(piece.label.name(), 7);
        for (number, line) in lines.iter().enumerate() {
            let margin = if number == 0 {
                format!("{} {:.2} ", paint(style, &label), piece.confidence.get())
            } else {
                format!("{:13}", "")
            };
            self.line(&format!("{margin}{} {line}", paint(style, "│")));
        }
        self.reasons(piece);
    }

    fn reasons(&mut self, piece: &Reasons) {
        let edge = words::edge(piece);
        let cues = piece.cues.iter().map(words::cue).collect::<Vec<_>>();
        let features = if self.full {
            FEATURES_IN_FULL
        } else {
            FEATURES
        };
        let case = words::case(piece, features);
        let speaks_for = list(&case.speaks_for, |one| one.worth(piece.label));
        let (label, other) = (piece.label, piece.runner_up);
        let share = piece.probabilities[other as usize];
        let mut over = format!(
            "{other} ({share:.2}) by {:.2}: ",
            f64::from(case.lead) / 1000.0
        );
        over += &list(&case.over, |one| one.lead(label, other));
        if words::counts(case.neighbours) {
            over += &format!("; neighbours {}", words::odds(case.neighbours));
        }
        if !case.but.is_empty() {
            over += &format!("; but {}", list(&case.but, |one| one.lead(label, other)));
        }
        let lines = [
            ("edge", edge),
            ("rule", words::rule(piece)),
            ("item", words::no_item(piece)),
            ("cue", (!cues.is_empty()).then(|| cues.join("; "))),
            ("for", Some(speaks_for)),
            ("over", Some(over)),
        ];
        for (key, what) in lines {
            if let Some(what) = what {
                self.reason(label, key, &what);
            }
        }
    }

    fn reason(&mut self, label: Label, key: &str, what: &str) {
        let bar = paint(screen::colour(label), "│");
        let lines = screen::fold(what, self.columns - MARGIN - KEY);
        for (number, line) in lines.iter().enumerate() {
            let key = screen::pad(if number == 0 { key } else { "" }, KEY);
            let line = paint(screen::dim(), format!("{key}{line}"));
            self.line(&format!("{:13}{bar} {line}", ""));
        }
    }

    fn items(&mut self, text: &str, segment: &Segment) {
        let most = if self.full { usize::MAX } else { MOST_ITEMS };
        let digits = segment.items.len().to_string().len();
        for (number, item) in (1..).zip(segment.items.iter().take(most)) {
            let number = format!("{number:digits$}  ");
            self.item(segment.kind, &number, item.of(text));
        }
        let more = segment.items.len().saturating_sub(most);
        if more > 0 {
            self.item(segment.kind, "… ", &plural(more, "more item"));
        }
    }

    fn item(&mut self, label: Label, number: &str, text: &str) {
        let bar = paint(screen::colour(label), "│");
        let width = self.columns - MARGIN - KEY - screen::width(number);
        let lines = if self.full {
            screen::fold(text, width)
        } else {
            vec![screen::excerpt(text, width)]
        };
        let mut before = format!("item {number}");
        for line in &lines {
            self.line(&format!("{:13}{bar} {before}{line}", ""));
            before = " ".repeat(screen::width(&before));
        }
    }

    /// What was passed over since the last piece that is shown.
    fn hidden(&mut self, pieces: &mut Vec<(Label, f64)>) {
        for run in pieces.chunk_by(|a, b| a.0 == b.0) {
            let label = run[0].0;
            let sure = run.iter().map(|piece| piece.1);
            let (least, most) =
                sure.fold((1.0, 0.0), |(low, high), one| (one.min(low), one.max(high)));
            let count = plural(run.len(), "more piece");
            let style = screen::colour(label);
            let name = paint(style, screen::pad(label.name(), 7));
            let bar = paint(style, "┆");
            self.line(&format!(
                "{name}      {bar} … {count}, {} sure; --full shows all",
                range(least, most)
            ));
        }
        pieces.clear();
    }
}

fn range(least: f64, most: f64) -> String {
    let (least, most) = (format!("{least:.2}"), format!("{most:.2}"));
    if least == most {
        least
    } else {
        format!("{least} to {most}")
    }
}

fn charset(page: &Page) -> String {
    let charset = page.source.charset.map(|charset| format!(", {charset}"));
    charset.unwrap_or_default()
}

fn list(evidence: &[Evidence], worth: impl Fn(&Evidence) -> i32) -> String {
    let told = evidence
        .iter()
        .map(|one| format!("{} {}", words::odds(worth(one)), one.meaning()));
    let told: Vec<_> = told.collect();
    if told.is_empty() {
        "nothing by itself".into()
    } else {
        told.join("; ")
    }
}

/// Where a page's labels are others than they were; nothing of a page where they are not.
pub(super) fn differences(told: &Told, full: bool, columns: usize) -> String {
    let mut pen = Pen {
        out: String::new(),
        columns,
        full,
    };
    let name = paint(screen::bold(), screen::excerpt(&told.page.id, columns));
    match &told.differences {
        Some(Ok(all)) if !all.is_empty() => {
            pen.line(&name);
            pen.moves(told, all);
        }
        Some(Err(reason)) => {
            pen.line(&name);
            screen::fold(reason, columns - 2)
                .iter()
                .for_each(|line| pen.line(&format!("  {line}")));
        }
        _ => return String::new(),
    }
    pen.out.push('\n');
    pen.out
}

impl Pen {
    fn moves(&mut self, told: &Told, all: &[Difference]) {
        let most = if self.full {
            usize::MAX
        } else {
            MOST_DIFFERENCES
        };
        let text = told.explanation.record.text;
        for one in all.iter().take(most) {
            let (was, is) = (
                screen::pad(one.was.name(), 7),
                screen::pad(one.is.name(), 7),
            );
            let (was, is) = (
                paint(screen::colour(one.was), was),
                paint(screen::colour(one.is), is),
            );
            let excerpt = screen::excerpt(one.span.of(text).trim(), self.columns - 41);
            self.line(&format!(
                "  {was} now {is} {:>5} characters  {excerpt}",
                screen::short(one.chars)
            ));
            if self.full {
                let explanation = told.explanation;
                let pieces = explanation.piece_at(one.span.start)..explanation.len();
                let pieces = pieces.map(|at| explanation.reasons(at));
                pieces
                    .take_while(|piece| piece.span.start < one.span.end)
                    .for_each(|piece| self.piece(text, &piece));
            }
        }
        if all.len() > most {
            self.line(&format!(
                "  … {} more; --full shows all, and why",
                all.len() - most
            ));
        }
    }
}

/// The differences of all pages.
pub(super) fn sum(sum: &Sum) -> String {
    let Sum {
        same,
        different,
        not_compared,
        chars,
        different_chars,
        ..
    } = sum;
    let mut out = format!(
        "{}: {same} as before, {different} different",
        plural(same + different, "page")
    );
    if *not_compared > 0 {
        out += &format!("; {not_compared} not compared");
    }
    out += &format!("\n{different_chars} of {chars} characters have another label\n");
    let moves = sum.moves();
    if !moves.is_empty() {
        let rows = moves.into_iter().map(|(was, is, chars)| {
            vec![
                was.name().to_owned(),
                is.name().to_owned(),
                chars.to_string(),
            ]
        });
        out.push('\n');
        out += &screen::table(&["was", "is", "characters"], 2, &rows.collect::<Vec<_>>());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_runs_are_folded() {
        let run = |label, sure: &[f64]| sure.iter().map(|&sure| (label, sure)).collect::<Vec<_>>();
        let body = run(Label::Body, &[0.9, 0.9, 0.9, 0.9, 0.3, 0.9, 0.9]);
        let nav = run(Label::Nav, &[0.1; 4]);
        let shown = fold([body, nav].concat().into_iter());
        let told: String = shown
            .iter()
            .map(|show| if *show { '#' } else { '.' })
            .collect();
        assert_eq!(told, "##..#.#####");
        let mixed = (0..10_000).map(|at| (Label::ALL[at % 10], 0.5));
        let shown = fold(mixed);
        assert_eq!(shown.iter().filter(|show| **show).count(), MOST_PIECES);
    }
}
