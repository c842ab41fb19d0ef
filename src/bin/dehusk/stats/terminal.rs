//! Figures as tables with small bars, for a terminal or a pipe. Bars are of block characters, under
//! `TERM=dumb` of ASCII.

use dehusk::{Distribution, Figures, Label, LengthUnit, Most};

use super::{Row, Set, Sets, Times, notes, number, percent, size, things};
use crate::screen::{self, bold, colour, dim, excerpt, on_one_line, paint, width};

/// Columns of a bar.
const BAR: usize = 12;

/// Columns of a label, and of a count.
const LABEL: usize = 9;
const COUNT: usize = 11;

/// Hosts of a cluster that are named, and contacts.
const NAMED: usize = 3;

pub(super) fn tables(sets: &Sets, shown: usize) -> String {
    let page = Page {
        sets,
        shown,
        columns: screen::columns(),
        pen: Pen::new(),
    };
    let mut out = String::new();
    page.heads(&mut out);
    page.labels(&mut out);
    page.lengths(&mut out);
    page.counts(
        "Languages",
        "language",
        |figures| Some(&figures.languages),
        &mut out,
    );
    page.counts(
        "Failed pages",
        "reason",
        |figures| Some(&figures.errors_by_reason),
        &mut out,
    );
    page.list("Tags", |figures| Some(&figures.tags), &mut out);
    page.list("Related titles", |figures| Some(&figures.related), &mut out);
    page.list(
        "Repeated lines outside of articles",
        |figures| figures.husk_lines.as_ref(),
        &mut out,
    );
    for set in sets.each() {
        page.contacts(set, &mut out);
        page.clusters(set, &mut out);
    }
    page.hosts(&mut out);
    page.notes(&mut out);
    out
}

/// What is drawn with.
struct Pen {
    ascii: bool,
}

impl Pen {
    fn new() -> Self {
        let ascii = screen::is_dumb();
        Self { ascii }
    }

    /// A bar of that share of [`BAR`] columns; something is never nothing.
    fn bar(&self, share: f64) -> String {
        let eighths = (share.clamp(0.0, 1.0) * (BAR * 8) as f64).round() as usize;
        let eighths = eighths.max(usize::from(share > 0.0));
        if self.ascii {
            return "#".repeat(eighths.div_ceil(8));
        }
        let mut bar = "█".repeat(eighths / 8);
        if eighths % 8 > 0 {
            bar.extend(char::from_u32(0x2590 - (eighths % 8) as u32));
        }
        bar
    }

    /// A column for each number, as high as that is beside the largest.
    fn heights(&self, numbers: &[u64]) -> String {
        let ramp: &[char] = if self.ascii {
            &[' ', '.', ':', '-', '=', '+', '*', '#']
        } else {
            &[' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']
        };
        let most = numbers.iter().copied().max().unwrap_or(0).max(1);
        let top = (ramp.len() - 1) as u128;
        let height = |&number: &u64| (u128::from(number) * top).div_ceil(u128::from(most)) as usize;
        numbers.iter().map(|number| ramp[height(number)]).collect()
    }
}

struct Page<'a> {
    sets: &'a Sets,
    shown: usize,
    columns: usize,
    pen: Pen,
}

impl Page<'_> {
    fn compared(&self) -> bool {
        self.sets.against.is_some()
    }

    fn heading(&self, text: &str, out: &mut String) {
        out.push('\n');
        out.push_str(&paint(bold(), text));
        out.push('\n');
    }

    fn heads(&self, out: &mut String) {
        for (at, set) in self.sets.each().enumerate() {
            let name = if at == 0 { "" } else { "against " };
            let name = format!("{name}{}", on_one_line(&set.name));
            out.push_str(&paint(bold(), excerpt(&name, self.columns)));
            out.push('\n');
            for line in screen::fold(&head(set), self.columns.saturating_sub(2)) {
                out.push_str(&format!("  {line}\n"));
            }
        }
    }

    fn labels(&self, out: &mut String) {
        let figures = &self.sets.first.figures;
        if self.sets.each().all(|set| set.figures.length == 0) {
            return;
        }
        self.heading("Labels", out);
        let long = figures.unit != LengthUnit::Bytes;
        let length = if long { "length" } else { "bytes" };
        let mut rows = Vec::new();
        for (at, label) in figures.labels.iter().enumerate() {
            let mut row = vec![
                label.label.to_owned(),
                self.pen.bar(label.share),
                percent(label.share),
            ];
            if let Some(other) = self
                .sets
                .against
                .as_ref()
                .and_then(|set| set.figures.labels.get(at))
            {
                row.push(percent(other.share));
                row.push(format!("{:+.1}", (label.share - other.share) * 100.0));
            } else {
                row.push(size(label.length, figures.unit));
                row.push(number(label.segments));
                row.push(number(label.pages));
            }
            rows.push(row);
        }
        let head: &[&str] = if self.compared() {
            &["label", "", "share", "against", "points"]
        } else {
            &["label", "", "share", length, "segments", "pages"]
        };
        let table = screen::table(head, 2, &rows);
        let mut lines = table.lines();
        out.extend(lines.next().map(|head| paint(dim(), head) + "\n"));
        for ((line, row), label) in lines.zip(&rows).zip(Label::ALL) {
            let bar = &row[1];
            let painted = if bar.is_empty() {
                line.to_owned()
            } else {
                line.replacen(bar, &paint(colour(label), bar), 1)
            };
            out.push_str(&painted);
            out.push('\n');
        }
    }

    fn lengths(&self, out: &mut String) {
        if self
            .sets
            .each()
            .all(|set| set.figures.body_length.count == 0)
        {
            return;
        }
        self.heading("Lengths", out);
        let mut rows = Vec::new();
        for (at, set) in self.sets.each().enumerate() {
            let figures = &set.figures;
            let whose = if at == 0 { "" } else { "against: " };
            for (what, found, unit) in [
                ("page", &figures.page_length, figures.unit),
                ("body", &figures.body_length, figures.unit),
                (
                    "title, characters",
                    &figures.title_length,
                    LengthUnit::Characters,
                ),
            ] {
                if found.count > 0 {
                    rows.push(length_row(&format!("{whose}{what}"), found, unit));
                }
            }
        }
        self.table(
            &[
                "", "pages", "least", "tenth", "half", "9 tenths", "most", "mean",
            ],
            1,
            &rows,
            out,
        );
        for set in self.sets.each() {
            let figures = &set.figures;
            self.heights(
                "pages by length of body",
                &steps(&figures.body_length),
                figures.unit,
                out,
            );
            if figures.page_length.count > 0 {
                let shares = self.pen.heights(&figures.body_shares);
                out.push_str(&format!(
                    "  {:24}0 % |{shares}| 100 %\n",
                    "pages by share of body"
                ));
            }
        }
    }

    /// A histogram on a line, with its ends.
    fn heights(&self, what: &str, steps: &[(u64, u64)], unit: LengthUnit, out: &mut String) {
        let (Some(first), Some(last)) = (steps.first(), steps.last()) else {
            return;
        };
        let counts: Vec<_> = steps.iter().map(|(_, count)| *count).collect();
        let heights = self.pen.heights(&counts);
        let (from, to) = (size(first.0, unit), size(last.0, unit));
        out.push_str(&format!("  {what:24}{from} |{heights}| {to}\n"));
    }

    fn table(&self, head: &[&str], numbers: usize, rows: &[Vec<String>], out: &mut String) {
        let table = screen::table(head, numbers, rows);
        for (at, line) in table.lines().enumerate() {
            let line = if at == 0 {
                paint(dim(), line)
            } else {
                line.to_owned()
            };
            out.push_str(&line);
            out.push('\n');
        }
    }

    /// Counts of pages.
    fn counts(
        &self,
        heading: &str,
        what: &str,
        list: impl Fn(&Figures) -> Option<&Most>,
        out: &mut String,
    ) {
        let rows = self.sets.counts(list, self.shown);
        let found = |row: &Row| row.most() > 0;
        if rows.iter().any(found) {
            self.heading(heading, out);
            self.rows(what, "pages", &rows, out);
        }
    }

    fn list(&self, heading: &str, list: impl Fn(&Figures) -> Option<&Most>, out: &mut String) {
        let rows = self.sets.counts(&list, self.shown);
        if rows.is_empty() {
            return;
        }
        self.heading(heading, out);
        for set in self.sets.each() {
            let Some(most) = list(&set.figures) else {
                continue;
            };
            let distinct = most.distinct;
            let at_least = if distinct.exact { "" } else { "at least " };
            let name = if self.compared() {
                format!("{}: ", on_one_line(&set.name))
            } else {
                String::new()
            };
            let line = format!(
                "{name}{}, {at_least}{} different",
                number(most.total),
                number(distinct.count)
            );
            out.push_str(&paint(dim(), excerpt(&line, self.columns)));
            out.push('\n');
        }
        self.rows("", "times", &rows, out);
    }

    /// A row for each string, as wide as the screen.
    fn rows(&self, what: &str, times: &str, rows: &[Row], out: &mut String) {
        let columns = if self.compared() { 2 } else { 1 };
        let labelled = rows.iter().any(|row| row.label.is_some());
        let texts = 1 + usize::from(labelled);
        let taken = (texts - 1) * LABEL + BAR + 4 + columns * COUNT;
        let room = self.columns.saturating_sub(taken).max(8);
        let most = rows.iter().map(Row::most).max().unwrap_or(0).max(1);
        let cells: Vec<_> = rows
            .iter()
            .map(|row| {
                let value = if row.value.is_empty() {
                    "(undecided)"
                } else {
                    row.value.as_str()
                };
                let label = labelled.then(|| row.label.unwrap_or("").to_owned());
                let mut cells: Vec<_> = label.into_iter().collect();
                cells.extend([
                    excerpt(value, room),
                    self.pen.bar(row.first() as f64 / most as f64),
                ]);
                cells.extend(
                    row.counts
                        .iter()
                        .map(|times| times_of(*times, self.pen.ascii)),
                );
                cells
            })
            .collect();
        let label = labelled.then_some("label");
        let head: Vec<_> = label
            .into_iter()
            .chain([what, "", times, "against"])
            .collect();
        self.table(&head[..texts + 1 + columns], texts + 1, &cells, out);
    }

    fn contacts(&self, set: &Set, out: &mut String) {
        let figures = &set.figures;
        if figures.shared_contacts.is_empty() {
            return;
        }
        let all = number(figures.shared_contacts_count);
        let title = format!(
            "Contacts on several hosts, {all} of {}",
            number(figures.contacts.count)
        );
        self.heading(&self.of(set, &title), out);
        let room = self.columns.saturating_sub(BAR + 36);
        let most = figures.shared_contacts[0].hosts.max(1);
        let shared = figures.shared_contacts.iter().take(self.shown);
        let rows: Vec<_> = shared
            .map(|contact| {
                vec![
                    excerpt(&contact.kind, 8),
                    excerpt(&contact.value, room.max(8)),
                    self.pen.bar(contact.hosts as f64 / most as f64),
                    number(contact.hosts),
                    at_least(contact.pages, contact.missed, self.pen.ascii),
                ]
            })
            .collect();
        self.table(&["kind", "contact", "", "hosts", "pages"], 3, &rows, out);
    }

    fn clusters(&self, set: &Set, out: &mut String) {
        let figures = &set.figures;
        if figures.clusters.is_empty() {
            return;
        }
        let title = format!(
            "Hosts tied together by contacts, {}",
            things(figures.clusters_count, "cluster")
        );
        self.heading(&self.of(set, &title), out);
        for cluster in figures.clusters.iter().take(self.shown) {
            let contacts = cluster
                .contacts
                .iter()
                .map(|tie| format!("{} {}", tie.kind, tie.value));
            let contacts = some(contacts.collect(), cluster.contacts.len());
            let size = usize::try_from(cluster.size).unwrap_or(usize::MAX);
            let hosts = some(cluster.hosts.clone(), size);
            let wide = if cluster.widespread {
                " (on many: a template's default?)"
            } else {
                ""
            };
            let head = format!("{} by {contacts}{wide}", things(cluster.size, "host"));
            out.push_str(&excerpt(&head, self.columns));
            out.push('\n');
            let hosts = format!("  {}", excerpt(&hosts, self.columns.saturating_sub(2)));
            out.push_str(&paint(dim(), hosts));
            out.push('\n');
        }
    }

    /// Hosts with most husk of those with most pages.
    fn hosts(&self, out: &mut String) {
        for set in self.sets.each() {
            let figures = &set.figures;
            if figures.hosts.iter().all(|host| host.length == 0) {
                continue;
            }
            let mut hosts: Vec<_> = figures
                .hosts
                .iter()
                .take(super::CHOICE)
                .filter(|host| host.length > 0)
                .collect();
            let of = hosts.len();
            hosts.sort_by(|a, b| {
                b.husk_share
                    .total_cmp(&a.husk_share)
                    .then(b.pages.cmp(&a.pages))
            });
            let least = if figures.hosts_count.exact {
                ""
            } else {
                "at least "
            };
            let title = format!(
                "Hosts by share of husk, of {} with most pages of {least}{}",
                number(of as u64),
                number(figures.hosts_count.count)
            );
            self.heading(&self.of(set, &title), out);
            let room = self.columns.saturating_sub(BAR + 36).max(8);
            let rows: Vec<_> = hosts
                .into_iter()
                .take(self.shown)
                .map(|host| {
                    vec![
                        excerpt(&host.host, room),
                        self.pen.bar(host.husk_share),
                        percent(host.husk_share),
                        at_least(host.pages, host.missed, self.pen.ascii),
                        size(host.length, figures.unit),
                    ]
                })
                .collect();
            self.table(&["host", "", "husk", "pages", "length"], 2, &rows, out);
        }
    }

    /// A heading that says of which records it is, where there are others.
    fn of(&self, set: &Set, heading: &str) -> String {
        if self.compared() {
            let room = self.columns.saturating_sub(width(heading) + 2);
            format!("{heading}: {}", excerpt(&set.name, room.max(8)))
        } else {
            heading.to_owned()
        }
    }

    fn notes(&self, out: &mut String) {
        for set in self.sets.each() {
            let notes = notes(set);
            if !notes.is_empty() {
                out.push('\n');
            }
            for note in notes {
                let note = if self.compared() {
                    format!("{}: {note}", set.name)
                } else {
                    note
                };
                for line in screen::fold(&note, self.columns) {
                    out.push_str(&paint(dim(), line));
                    out.push('\n');
                }
            }
        }
    }
}

/// The most important in a sentence.
fn head(set: &Set) -> String {
    let figures = &set.figures;
    let mut parts = vec![things(figures.pages, "page")];
    if figures.hosts_count.count > 0 {
        let least = if figures.hosts_count.exact {
            ""
        } else {
            "at least "
        };
        parts.push(format!(
            "of {least}{}",
            things(figures.hosts_count.count, "host")
        ));
    }
    if figures.length > 0 {
        parts.push(format!("with {}", size(figures.length, figures.unit)));
    }
    let mut text = parts.join(" ");
    if let Some(share) = figures.body_share {
        text += &format!(", {} of it heading and body", percent(share));
    }
    if figures.errors > 0 {
        text += &format!("; {} more failed", number(figures.errors));
    }
    for (key, what) in [("title", "title"), ("body", "body")] {
        let without = figures.pages - figures.with(key);
        if without > 0 {
            text += &format!("; {} without a {what}", number(without));
        }
    }
    text
}

fn length_row(what: &str, found: &Distribution, unit: LengthUnit) -> Vec<String> {
    let mut row = vec![what.to_owned(), number(found.count)];
    let lengths = [found.min, found.p10, found.p50, found.p90, found.max];
    row.extend(lengths.map(|length| size(length, unit)));
    row.push(size(found.mean.round() as u64, unit));
    row
}

fn steps(found: &Distribution) -> Vec<(u64, u64)> {
    found
        .steps
        .iter()
        .map(|step| (step.from, step.count))
        .collect()
}

/// A count that may be too low says so.
fn at_least(count: u64, missed: u64, ascii: bool) -> String {
    let sign = match (missed, ascii) {
        (0, _) => "",
        (_, true) => ">=",
        (_, false) => "≥",
    };
    format!("{sign}{}", number(count))
}

fn times_of(times: Option<Times>, ascii: bool) -> String {
    times.map_or_else(
        || ".".into(),
        |times| at_least(times.count, times.missed, ascii),
    )
}

/// The first names, and how many more there are.
fn some(names: Vec<String>, count: usize) -> String {
    let named = names.len().min(NAMED);
    let shown = names[..named].join(", ");
    match count - named {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_what_they_show() {
        let [blocks, ascii] = [false, true].map(|ascii| Pen { ascii });
        for (share, drawn, plain) in [
            (0.0, "", ""),
            (0.001, "▏", "#"),
            (0.5, "██████", "######"),
            (0.55, "██████▋", "#######"),
            (1.0, "████████████", "############"),
            (7.0, "████████████", "############"),
        ] {
            assert_eq!(
                (blocks.bar(share).as_str(), ascii.bar(share).as_str()),
                (drawn, plain),
                "{share}"
            );
        }
        assert_eq!(blocks.heights(&[0, 1, 50, 100]), " ▁▄█");
        assert_eq!(ascii.heights(&[0, 1, 50, 100]), " .=#");
        assert_eq!(blocks.heights(&[0, 0]), "  ");
        assert_eq!(blocks.heights(&[u64::MAX, 0]), "█ ");
    }

    #[test]
    fn lists_are_cut() {
        let names = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
        assert_eq!(some(names(2), 2), "0, 1");
        assert_eq!(some(names(9), 12), "0, 1, 2 and 9 more");
    }
}
