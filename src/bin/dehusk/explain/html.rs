//! Pages with their reasons become one HTML file: the text in colours on one side, why and the
//! record on the other. What is to be shown of a piece stands in the file beside the page, hidden
//! until somebody points at the piece.

use std::io::{self, Write as _};
use std::path::Path;

use dehusk::{Evidence, Label, OutputFormat, Page, Reasons, Record, RecordWriter, Segment, Span};
use maud::{Markup, html};

use crate::explain::against::{Difference, Sum};
use crate::explain::{Told, words};
use crate::interrupt;
use crate::run::Failure;
use crate::screen::plural;
use crate::sheet::{self, Sheet};

/// More pieces than this are shown without reasons: the file would be too large to be opened.
const MOST_REASONS: usize = 3000;
const FEATURES: usize = 5;

/// Pages that are ready to be written.
#[derive(Default)]
pub(super) struct Pages {
    ids: Vec<String>,
    bodies: Vec<Markup>,
}

impl Pages {
    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    pub(super) fn add(&mut self, told: &Told) {
        let number = self.ids.len();
        self.ids.push(told.page.id.clone());
        self.bodies.push(body(told, number));
    }
}

/// Writes the file, whole or not at all; `-` is standard output.
pub(super) fn write(path: &Path, pages: &Pages, sum: Option<&Sum>) -> Result<(), Failure> {
    let title = match &pages.ids[..] {
        [only] => format!("{} explained", sheet::plain(only)),
        all => format!("{} explained", plural(all.len(), "page")),
    };
    let sheet = Sheet {
        title: &title,
        style: include_str!("style.css"),
        script: include_str!("script.js"),
        body: frame(pages, sum),
    };
    let text = sheet.render();
    if path == Path::new("-") {
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        return Ok(stdout.flush()?);
    }
    let mut file = interrupt::create(path)?;
    file.write_all(text.as_bytes())?;
    file.finish()
}

fn frame(pages: &Pages, sum: Option<&Sum>) -> Markup {
    html! {
        header.top {
            @if pages.ids.len() > 1 {
                nav.pages aria-label="Pages" {
                    button.step type="button" data-step="-1" title="Previous page (p)" { "‹ previous" }
                    select.choice aria-label="Page" {
                        @for (number, id) in pages.ids.iter().enumerate() {
                            option value=(number) { (number + 1) " · " (short(id)) }
                        }
                    }
                    button.step type="button" data-step="1" title="Next page (n)" { "next ›" }
                }
            }
            @if let Some(sum) = sum { (changes(sum)) }
        }
        main { @for body in &pages.bodies { (body) } }
        footer.end {
            p.keys {
                "Point at a line, or tap it, to see why it has its label. "
                kbd { "j" } " " kbd { "k" } " next and previous line"
                @if pages.ids.len() > 1 { ", " kbd { "n" } " " kbd { "p" } " next and previous page" }
                ", " kbd { "Esc" } " back."
            }
            p {
                "Numbers with a sign are log-odds: +0.69 makes a label twice as probable. Made by dehusk "
                (env!("CARGO_PKG_VERSION")) "."
            }
        }
    }
}

/// An id that fits a list of pages.
fn short(id: &str) -> String {
    let id = sheet::plain(id);
    match id.char_indices().nth(90) {
        Some((at, _)) => format!("{}…", &id[..at]),
        None => id,
    }
}

fn changes(sum: &Sum) -> Markup {
    html! {
        section.changes {
            h2 { "What changed" }
            p {
                (plural(sum.same + sum.different, "page")) ": " (sum.same) " as before, " (sum.different) " different"
                @if sum.not_compared > 0 { ", " (sum.not_compared) " not compared" }
                ". " (sum.different_chars) " of " (sum.chars) " characters have another label."
            }
            @if sum.different > 0 {
                div.scroll { table.sortable {
                    thead { tr { th { "was" } th { "is" } th.num { "characters" } } }
                    tbody {
                        @for (was, is, chars) in sum.moves() {
                            tr { td { (sheet::key(was)) } td { (sheet::key(is)) } td.num data-value=(chars) { (chars) } }
                        }
                    }
                } }
            }
        }
    }
}

/// One page: text, reasons, record.
fn body(told: &Told, number: usize) -> Markup {
    let Told {
        page, explanation, ..
    } = told;
    let record = &explanation.record;
    let reasons: Vec<Reasons> = explanation.pieces().take(MOST_REASONS).collect();
    let differences = match &told.differences {
        Some(Ok(all)) => &all[..],
        _ => &[],
    };
    html! {
        article.page data-page=(number) data-id=(sheet::plain(&page.id)) {
            h1 { (sheet::text(record.title().unwrap_or(&page.id))) }
            p.soft.small {
                (sheet::text(&page.id)) " · " (plural(record.text.len(), "byte")) " · "
                (plural(explanation.len(), "piece")) " in " (plural(record.segments.len(), "segment"))
                @if let Some(charset) = page.source.charset { " · " (charset) }
            }
            @if let Some(Err(reason)) = &told.differences { p.soft { "Not compared: " (sheet::text(reason)) } }
            (legend(record))
            @if explanation.len() > reasons.len() {
                p.soft { "The page has " (explanation.len()) " pieces; why is told of the first " (MOST_REASONS) "." }
            }
            div.sides {
                div.text { @for (at, segment) in record.segments.iter().enumerate() {
                    (self::segment(record.text, segment, at, &reasons, differences))
                } }
                aside.beside {
                    section.why aria-live="polite" {
                        h2 { "Why" }
                        div.now { p.soft { "Point at a line, or tap it." } }
                        button.close type="button" aria-label="Close" { "×" }
                    }
                    (fields(page, record))
                }
            }
            div.store hidden { @for (at, piece) in reasons.iter().enumerate() {
                div data-why=(at) { (why(record.text, piece, differences)) }
            } }
        }
    }
}

/// The labels of the page, by how many characters they have.
fn legend(record: &Record) -> Markup {
    let ink = |label: Label| -> usize {
        let own = record
            .segments
            .iter()
            .filter(|segment| segment.kind == label);
        own.map(|segment| {
            segment
                .span
                .of(record.text)
                .chars()
                .filter(|c| !c.is_whitespace())
                .count()
        })
        .sum()
    };
    let counts = Label::ALL.map(|label| (label, ink(label)));
    let all: usize = counts.iter().map(|(_, count)| count).sum();
    html! {
        ul.legend { @for (label, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            li { (sheet::key(label)) " " span.soft { (format!("{:.0} %", count as f64 * 100.0 / all as f64)) } }
        } }
    }
}

/// A stretch of a segment's text of which the same is to be said.
struct Atom {
    span: Span,
    piece: Option<usize>,
    /// The number of the item it is in, and whether it begins it.
    item: Option<(usize, bool)>,
    was: Option<Label>,
}

fn segment(
    text: &str,
    segment: &Segment,
    at: usize,
    reasons: &[Reasons],
    differences: &[Difference],
) -> Markup {
    let sure = segment
        .confidence
        .map_or(String::new(), |sure| format!("{:.2}", sure.get()));
    let first = reasons.partition_point(|piece| piece.segment < at);
    let last = reasons.partition_point(|piece| piece.segment <= at);
    let atoms = atoms(segment, first, &reasons[first..last], differences);
    html! {
        div.segment.(sheet::class(segment.kind)) data-kind=(segment.kind) data-sure=(sure) {
            div.words { @for run in atoms.chunk_by(|a, b| a.piece == b.piece) {
                @match run[0].piece {
                    Some(piece) => {
                        span.piece data-at=(piece) tabindex="0" role="button" {
                            @for atom in run { (self::atom(text, atom)) }
                        }
                    }
                    // Blank lines between segments part nothing here: their edges do.
                    None => { span.rest[is_end(text, segment, run)] { @for atom in run { (self::atom(text, atom)) } } }
                }
            } }
        }
    }
}

/// White space at the end of a segment.
fn is_end(text: &str, segment: &Segment, run: &[Atom]) -> bool {
    let span = Span {
        start: run[0].span.start,
        end: run[run.len() - 1].span.end,
    };
    span.end == segment.span.end
        && span.start > segment.span.start
        && span.of(text).trim().is_empty()
}

fn atom(text: &str, atom: &Atom) -> Markup {
    let words = line_ends(atom.span.of(text));
    let words = match atom.was {
        Some(was) => html! { span.changed title=(format!("was {was}")) { (words) } },
        None => words,
    };
    match atom.item {
        Some((number, true)) => html! { span.item data-number=(number + 1) { (words) } },
        Some((_, false)) => html! { span.item { (words) } },
        None => words,
    }
}

/// Text in which the first half of a line's end that DOS wrote is there, but not in the way.
fn line_ends(text: &str) -> Markup {
    html! { @for (number, line) in text.split("\r\n").enumerate() {
        @if number > 0 { span.sign.cr { "U+000D" } "\n" }
        (sheet::text(line))
    } }
}

/// Cuts a segment wherever a piece, an item or a difference begins or ends.
fn atoms(
    segment: &Segment,
    first: usize,
    pieces: &[Reasons],
    differences: &[Difference],
) -> Vec<Atom> {
    let inside = |span: &Span| span.start < segment.span.end && span.end > segment.span.start;
    let differences: Vec<_> = differences.iter().filter(|one| inside(&one.span)).collect();
    let spans = pieces.iter().map(|piece| piece.span);
    let spans = spans.chain(segment.items.iter().copied());
    let spans = spans.chain(differences.iter().map(|one| one.span));
    let mut cuts: Vec<usize> = spans.flat_map(|span| [span.start, span.end]).collect();
    cuts.extend([segment.span.start, segment.span.end]);
    cuts.retain(|cut| (segment.span.start..=segment.span.end).contains(cut));
    cuts.sort_unstable();
    cuts.dedup();
    let (mut piece, mut item, mut difference) = (0, 0, 0);
    let atom = |cut: &[usize]| {
        let span = Span {
            start: cut[0],
            end: cut[1],
        };
        piece += pieces[piece..]
            .iter()
            .take_while(|one| one.span.end <= span.start)
            .count();
        item += segment.items[item..]
            .iter()
            .take_while(|one| one.end <= span.start)
            .count();
        difference += differences[difference..]
            .iter()
            .take_while(|one| one.span.end <= span.start)
            .count();
        let holds = |outer: &Span| outer.start <= span.start && span.end <= outer.end;
        Atom {
            span,
            piece: pieces
                .get(piece)
                .filter(|one| holds(&one.span))
                .map(|_| first + piece),
            item: segment
                .items
                .get(item)
                .filter(|one| holds(one))
                .map(|one| (item, one.start == span.start)),
            was: differences
                .get(difference)
                .filter(|one| holds(&one.span))
                .map(|one| one.was),
        }
    };
    cuts.windows(2).map(atom).collect()
}

/// What is told of a piece.
fn why(text: &str, piece: &Reasons, differences: &[Difference]) -> Markup {
    let (label, other) = (piece.label, piece.runner_up);
    let case = words::case(piece, FEATURES);
    let was = differences
        .iter()
        .find(|one| one.span.start < piece.span.end && one.span.end > piece.span.start);
    let share = piece.probabilities[other as usize];
    html! {
        p.verdict {
            (sheet::key(label)) " " strong { (format!("{:.2}", piece.confidence.get())) } " sure; "
            "next " (sheet::key(other)) " " span.soft { (format!("{share:.2}")) }
        }
        @if let Some(was) = was { p { "Was " (sheet::key(was.was)) " in the records." } }
        blockquote.quote { (sheet::text(&excerpt(piece.span.of(text)))) }
        @if let Some(edge) = words::edge(piece) { p { strong { "Boundary: " } (edge) "." } }
        @if let Some(rule) = words::rule(piece) { p { strong { "One title, and a body: " } (rule) "." } }
        @if let Some(why) = words::no_item(piece) { p { strong { "Item: " } (why) "." } }
        @if !piece.cues.is_empty() {
            h3 { "Cues" }
            ul.cues { @for cue in &piece.cues {
                li { (sheet::text(&cue.phrase)) " " span.soft {
                    (cue.label) " " (cue.role) ", " code { (sheet::plain(&cue.pack)) ":" (cue.line) }
                } }
            } }
        }
        h3 { "What spoke for " (label) ", and for " (other) }
        table.features {
            thead { tr { th { "feature" } th.num { (label) } th.num { (other) } } }
            tbody {
                @for one in &strongest(&case, piece) {
                    tr {
                        td { (one.meaning()) " " code.soft { (one.name()) } }
                        td.num { (words::odds(one.worth(label))) }
                        td.num { (words::odds(one.worth(other))) }
                    }
                }
                @if words::counts(case.neighbours) {
                    tr { td { "labels on either side" } td.num colspan="2" { (words::odds(case.neighbours)) " for " (label) } }
                }
                tr.sum {
                    td { "all " (piece.evidence.len()) " features and both sides" }
                    td.num { (words::odds(piece.worth(label))) }
                    td.num { (words::odds(piece.worth(other))) }
                }
            }
        }
    }
}

/// The features of a case, those that part the two labels most first.
fn strongest(case: &words::Case, piece: &Reasons) -> Vec<Evidence> {
    let parts = case.over.iter().chain(&case.but).chain(&case.speaks_for);
    let mut all: Vec<Evidence> = Vec::new();
    parts.for_each(|one| {
        if !all.contains(one) {
            all.push(one.clone());
        }
    });
    all.sort_by_key(|one| -one.lead(piece.label, piece.runner_up).abs());
    all
}

fn excerpt(text: &str) -> String {
    match text.char_indices().nth(160) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// The record: what people want of it first, all of it as JSON below.
fn fields(page: &Page, record: &Record) -> Markup {
    let list = |name: &str, items: Vec<&str>| {
        html! { @if !items.is_empty() {
            h3 { (name) " " span.soft { (items.len()) } }
            ol.items { @for item in &items { li { (sheet::text(item)) } } }
        } }
    };
    let mut json = Vec::new();
    RecordWriter::new(OutputFormat::Json).write(page, record, &mut json);
    html! {
        section.record {
            h2 { "Record" }
            dl {
                @if let Some(title) = record.title() { dt { "title" } dd { (sheet::text(title)) } }
                @if let Some(url) = &page.url { dt { "url" } dd { (sheet::text(url)) } }
                @if let Some(language) = record.language { dt { "language" } dd { (language.tag()) } }
                @for contact in &record.contacts {
                    dt { (contact.kind.name()) } dd { (sheet::text(&contact.value)) }
                }
            }
            @if !record.sections.is_empty() {
                h3 { "sections" }
                ul.sections { @for section in &record.sections {
                    li data-level=(section.level.min(6)) { (sheet::text(section.heading.of(record.text))) }
                } }
            }
            (list("tags", record.tags().collect()))
            (list("related", record.related().collect()))
            details { summary { "JSON" } pre.json { (sheet::text(&String::from_utf8_lossy(&json))) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pieces, items and white space are cut apart and nothing is lost.
    #[test]
    fn atoms_tile_the_page() {
        let text = std::fs::read_to_string("fixtures/example.txt").unwrap();
        let extractor = dehusk::Extractor::new();
        let mut worker = extractor.worker();
        let explanation = worker.explain(&text, &dehusk::Markup::default());
        let pieces: Vec<_> = explanation.pieces().collect();
        let mut shown = String::new();
        for (at, segment) in explanation.record.segments.iter().enumerate() {
            let first = pieces.partition_point(|piece| piece.segment < at);
            let last = pieces.partition_point(|piece| piece.segment <= at);
            let atoms = atoms(segment, first, &pieces[first..last], &[]);
            atoms.iter().for_each(|atom| shown += atom.span.of(&text));
            let begun = atoms
                .iter()
                .filter(|atom| matches!(atom.item, Some((_, true))));
            assert_eq!(begun.count(), segment.items.len());
        }
        assert_eq!(shown, text);
    }
}
