//! Figures as a report that is one HTML file: plots, and below them tables to sort.

use dehusk::{Cluster, Distribution, Figures, HostFigure, Label, LengthUnit, Most};
use maud::{Markup, html};

use super::plots::{self, Scale};
use super::{Row, Set, Sets, Times, notes, number, percent, size, things};
use crate::sheet::{self, Sheet, text};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// So many clusters are drawn.
const DRAWN: usize = 24;

/// So many hosts are drawn.
const DOTS: usize = 1000;

/// More rows than this are rolled.
const OPEN: usize = 15;

pub(super) fn report(sets: &Sets, most: usize) -> String {
    let report = Report { sets, most };
    let title = format!("dehusk stats: {}", sets.first.name);
    Sheet {
        title: &title,
        style: STYLE,
        script: SCRIPT,
        body: report.body(),
    }
    .render()
}

struct Report<'a> {
    sets: &'a Sets,
    most: usize,
}

impl Report<'_> {
    fn body(&self) -> Markup {
        let sections = [
            ("labels", "Labels", self.labels()),
            ("lengths", "Lengths", self.lengths()),
            ("hosts", "Hosts", self.hosts()),
            ("contacts", "Contacts that tie hosts", self.contacts()),
            ("lines", "Repeated lines", self.husk_lines()),
            ("tags", "Tags and related titles", self.strings()),
            ("pages", "Languages and failures", self.pages()),
        ];
        let sections: Vec<_> = sections
            .into_iter()
            .filter_map(|(id, name, part)| Some((id, name, part?)))
            .collect();
        html! {
            header.top {
                h1 { "What is in " (text(&self.sets.first.name)) }
                @if let Some(against) = &self.sets.against {
                    p.soft { "beside " (text(&against.name)) }
                }
                nav.jump aria-label="Parts" {
                    @for (id, name, _) in &sections { a href={ "#" (id) } { (name) } }
                }
            }
            main {
                @for set in self.sets.each() { (self.head(set)) }
                @for (id, name, part) in &sections {
                    section aria-labelledby=(id) { h2 id=(id) { (name) } (part) }
                }
            }
            footer.end {
                p {
                    "Husk is all that is not title, heading or body. Hosts are those of the records' urls, without www. "
                    "Click a column's head, or press Enter on it, to sort by it; point at a plot to see its numbers."
                }
                p { "Made by dehusk " (env!("CARGO_PKG_VERSION")) ". This file loads nothing and sends nothing." }
            }
        }
    }

    fn compared(&self) -> bool {
        self.sets.against.is_some()
    }

    /// Which records, where there are two sets.
    fn whose(&self, set: &Set) -> Markup {
        html! { @if self.compared() { h3 { (text(&set.name)) } } }
    }

    fn head(&self, set: &Set) -> Markup {
        let figures = &set.figures;
        let least = |exact: bool| if exact { "" } else { "≥ " };
        let without = figures.pages - figures.with("title");
        html! {
            (self.whose(set))
            dl.cards {
                div { dt { "Pages" } dd { (number(figures.pages)) @if without > 0 { small { (number(without)) " without a title" } } } }
                @if figures.hosts_count.count > 0 {
                    div { dt { "Hosts" } dd { (least(figures.hosts_count.exact)) (number(figures.hosts_count.count)) } }
                }
                @if figures.length > 0 {
                    div { dt { "Text" } dd { (size(figures.length, figures.unit)) } }
                }
                @if let Some(share) = figures.body_share {
                    div { dt { "Heading and body" } dd { (percent(share)) small { "of the text" } } }
                }
                @if figures.body_length.count > 0 {
                    div { dt { "Usual article" } dd { (size(figures.body_length.p50, figures.unit)) small { "half are shorter" } } }
                }
                div { dt { "Failed" } dd { (number(figures.errors)) } }
            }
            @let notes = notes(set);
            @if !notes.is_empty() {
                div.notes { @for note in notes { p { (note) } } }
            }
        }
    }

    fn labels(&self) -> Option<Markup> {
        let sets: Vec<_> = self
            .sets
            .each()
            .filter(|set| set.figures.length > 0)
            .collect();
        let figures = &sets.first()?.figures;
        let unit = figures.unit;
        let other = self.sets.against.as_ref();
        Some(html! {
            figure {
                @for set in sets {
                    @if self.compared() { figcaption { b { (text(&set.name)) } } }
                    (plots::strip(&set.figures))
                }
                (plots::legend())
            }
            div.scroll { table.sortable.labels {
                caption { "How much is labelled what" }
                thead { tr {
                    th scope="col" { "Label" }
                    th.bars scope="col" { "Share" span.unseen { " drawn" } }
                    th.num scope="col" { "Share" }
                    @if other.is_some() { th.num scope="col" { "Beside" } th.num scope="col" { "Points" } }
                    th.num scope="col" { (if unit == LengthUnit::Bytes { "Bytes" } else { "Length" }) }
                    th.num scope="col" { "Segments" }
                    th.num scope="col" { "Pages" }
                } }
                tbody { @for (at, (label, name)) in figures.labels.iter().zip(Label::ALL).enumerate() {
                    tr.(sheet::class(name)) {
                        td { (sheet::key(name)) }
                        td.bars.of-label data-value=(label.share) { (plots::bar(label.share)) }
                        td.num data-value=(label.share) { (percent(label.share)) }
                        @if let Some(other) = other.and_then(|set| set.figures.labels.get(at)) {
                            @let points = (label.share - other.share) * 100.0;
                            td.num data-value=(other.share) { (percent(other.share)) }
                            td.num data-value=(points) { (format!("{points:+.1}")) }
                        }
                        (count(label.length, &size(label.length, unit)))
                        (count(label.segments, &number(label.segments)))
                        (count(label.pages, &number(label.pages)))
                    }
                } }
            } }
        })
    }

    fn lengths(&self) -> Option<Markup> {
        type Which = fn(&Figures) -> &Distribution;
        let kinds: [(&str, Which); 2] = [
            ("Length of heading and body", |figures| &figures.body_length),
            ("Length of pages", |figures| &figures.page_length),
        ];
        if self
            .sets
            .each()
            .all(|set| set.figures.body_length.count == 0)
        {
            return None;
        }
        let plots = kinds.map(|(what, which)| {
            let scale = Scale::over(self.sets.each().map(|set| which(&set.figures)));
            html! { div { @for set in self.sets.each() {
                @let found = which(&set.figures);
                @let none = found.steps.first().filter(|step| step.from == 0).map_or(0, |step| step.count);
                @if found.count > none {
                    figure {
                        figcaption {
                            b { (what) } @if self.compared() { ", " (text(&set.name)) }
                            ", pages" @if none > 0 { "; " (number(none)) " more have none" }
                        }
                        (plots::lengths(found, scale, set.figures.unit, what))
                    }
                }
            } } }
        });
        Some(html! {
            div.pair { @for plot in plots { (plot) } }
            div.pair { @for set in self.sets.each().filter(|set| set.figures.page_length.count > 0) {
                figure {
                    figcaption { b { "Share of heading and body" } @if self.compared() { ", " (text(&set.name)) } ", pages" }
                    (plots::shares(&set.figures.body_shares))
                }
            } div { (self.quantiles()) } }
        })
    }

    fn quantiles(&self) -> Markup {
        let rows = self.sets.each().flat_map(|set| {
            let figures = &set.figures;
            let rows = [
                ("page", &figures.page_length, figures.unit),
                ("heading and body", &figures.body_length, figures.unit),
                (
                    "title, characters",
                    &figures.title_length,
                    LengthUnit::Characters,
                ),
            ];
            rows.map(|(what, found, unit)| (set, what, found, unit))
        });
        html! { div.scroll { table {
            caption { "So many are not longer; to within a sixteenth" }
            thead { tr {
                th scope="col" { "" }
                @for head in ["A tenth", "Half", "9 tenths", "Longest", "Mean"] { th.num scope="col" { (head) } }
            } }
            tbody { @for (set, what, found, unit) in rows.filter(|(_, _, found, _)| found.count > 0) { tr {
                th scope="row" { (what) @if self.compared() { span.soft.small { " " (text(&set.name)) } } }
                @for value in [found.p10, found.p50, found.p90, found.max, found.mean.round() as u64] {
                    td.num { (size(value, unit)) }
                }
            } } }
        } } }
    }

    fn hosts(&self) -> Option<Markup> {
        let with_hosts = || {
            self.sets
                .each()
                .filter(|set| set.figures.hosts.iter().any(|host| host.length > 0))
        };
        with_hosts().next()?;
        Some(html! { @for set in with_hosts() {
            (self.whose(set))
            @let hosts = &set.figures.hosts;
            @if hosts.len() > 7 {
                figure {
                    @let hosts = &hosts[..hosts.len().min(DOTS)];
                    figcaption { b { "Share of husk" } " by number of pages, a dot for each of the " (number(hosts.len() as u64)) " hosts with most pages" }
                    (plots::cloud(hosts))
                }
            }
            (self.host_table(set))
        } })
    }

    fn host_table(&self, set: &Set) -> Markup {
        let figures = &set.figures;
        let shown = figures.hosts.len().min(self.most);
        let mut hosts: Vec<&HostFigure> = figures.hosts[..shown].iter().collect();
        hosts.sort_by(|a, b| {
            b.husk_share
                .total_cmp(&a.husk_share)
                .then(b.pages.cmp(&a.pages))
        });
        let table = html! { table.sortable {
            caption { (format!("{} hosts with most pages", number(shown as u64))) }
            thead { tr {
                th scope="col" { "Host" }
                th.bars scope="col" { "Husk" span.unseen { " drawn" } }
                th.num scope="col" aria-sort="descending" { "Husk" }
                th.num scope="col" { "Pages" }
                th.num scope="col" { "Length" }
            } }
            tbody { @for host in hosts { tr {
                td.text { (text(&host.host)) }
                td.bars.of-husk data-value=(host.husk_share) { (plots::bar(host.husk_share)) }
                td.num data-value=(host.husk_share) { (percent(host.husk_share)) }
                (count(host.pages, &at_least(host.pages, host.missed)))
                (count(host.length, &size(host.length, figures.unit)))
            } } }
        } };
        rolled(table, shown, "Hosts")
    }

    fn contacts(&self) -> Option<Markup> {
        let with = || {
            self.sets
                .each()
                .filter(|set| !set.figures.shared_contacts.is_empty())
        };
        with().next()?;
        Some(html! { @for set in with() {
            @let figures = &set.figures;
            (self.whose(set))
            p.soft {
                (number(figures.shared_contacts_count)) " of " (number(figures.contacts.count))
                " contacts stand on several hosts and make " (things(figures.clusters_count, "cluster"))
                @if figures.clusters.len() > DRAWN { "; the largest are drawn" }
                ". A contact on more than 64 hosts may be a template's default, so it makes a cluster of its own."
            }
            div.clusters { @for cluster in figures.clusters.iter().take(DRAWN) { (drawn(cluster)) } }
            (self.contact_table(figures))
        } })
    }

    fn contact_table(&self, figures: &Figures) -> Markup {
        let shared = &figures.shared_contacts[..figures.shared_contacts.len().min(self.most)];
        let most = shared.first().map_or(1, |contact| contact.hosts).max(1);
        let table = html! { table.sortable {
            caption { "Contacts on several hosts" }
            thead { tr {
                th scope="col" { "Kind" }
                th scope="col" { "Contact" }
                th.bars scope="col" { "Hosts" span.unseen { " drawn" } }
                th.num scope="col" aria-sort="descending" { "Hosts" }
                th.num scope="col" { "Pages" }
            } }
            tbody { @for contact in shared { tr {
                td { (text(&contact.kind)) }
                td.text { (text(&contact.value)) }
                td.bars data-value=(contact.hosts) { (plots::bar(contact.hosts as f64 / most as f64)) }
                (count(contact.hosts, &number(contact.hosts)))
                (count(contact.pages, &at_least(contact.pages, contact.missed)))
            } } }
        } };
        rolled(table, shared.len(), "Contacts")
    }

    fn husk_lines(&self) -> Option<Markup> {
        let lists = self
            .sets
            .each()
            .filter_map(|set| set.figures.husk_lines.as_ref());
        let all: Vec<_> = lists.collect();
        all.first().filter(|list| list.total > 0)?;
        Some(
            self.list("Lines that are not title, heading or body", |figures| {
                figures.husk_lines.as_ref()
            }),
        )
    }

    fn strings(&self) -> Option<Markup> {
        let some = self
            .sets
            .each()
            .any(|set| set.figures.tags.total + set.figures.related.total > 0);
        some.then(|| {
            html! { div.pair {
                div { (self.list("Tags", |figures| Some(&figures.tags))) }
                div { (self.list("Related titles", |figures| Some(&figures.related))) }
            } }
        })
    }

    fn pages(&self) -> Option<Markup> {
        let pages = self
            .sets
            .each()
            .any(|set| set.figures.pages + set.figures.errors > 0);
        let errors = self.sets.each().any(|set| set.figures.errors > 0);
        pages.then(|| html! { div.pair {
            div { (self.counts("Pages by language", "Language", |figures| Some(&figures.languages))) }
            @if errors {
                div { (self.counts("Failed pages by reason, numbers as N", "Reason", |figures| Some(&figures.errors_by_reason))) }
            }
        } })
    }

    fn list(&self, caption: &str, list: impl Fn(&Figures) -> Option<&Most>) -> Markup {
        html! {
            @for set in self.sets.each() {
                @if let Some(most) = list(&set.figures) {
                    p.soft.small {
                        @if self.compared() { (text(&set.name)) ": " }
                        (number(most.total)) ", " @if !most.distinct.exact { "at least " } (number(most.distinct.count)) " different"
                    }
                }
            }
            (self.counts(caption, "Text", &list))
        }
    }

    /// A table of strings and how often they come, with their labels where they have some.
    fn counts(
        &self,
        caption: &str,
        what: &str,
        list: impl Fn(&Figures) -> Option<&Most>,
    ) -> Markup {
        let rows = self.sets.counts(list, self.most);
        let most = rows.iter().map(Row::most).max().unwrap_or(0).max(1);
        let labelled = rows.iter().any(|row| row.label.is_some());
        let table = html! { table.sortable {
            caption { (caption) }
            thead { tr {
                @if labelled { th scope="col" { "Label" } }
                th scope="col" { (what) }
                th.bars scope="col" { "Times" span.unseen { " drawn" } }
                th.num scope="col" aria-sort=[(!self.compared()).then_some("descending")] { "Times" }
                @if self.compared() { th.num scope="col" { "Beside" } }
            } }
            tbody { @for row in &rows { tr {
                @if labelled { td { @if let Some(label) = row.label.and_then(Label::from_name) { (sheet::key(label)) } } }
                td.text { @if row.value.is_empty() { span.soft { "(undecided)" } } @else { (text(&row.value)) } }
                td.bars data-value=(row.first()) { (plots::bar(row.first() as f64 / most as f64)) }
                @for times in &row.counts { (times_of(*times)) }
            } } }
        } };
        rolled(table, rows.len(), caption)
    }
}

/// A long table is rolled in a window of its own, so that what follows is seen.
fn rolled(table: Markup, rows: usize, what: &str) -> Markup {
    let long = rows > OPEN;
    html! {
        div.scroll.tall[long] tabindex=[long.then_some("0")] role=[long.then_some("region")] aria-label=[long.then_some(what)] {
            (table)
        }
    }
}

fn drawn(cluster: &Cluster) -> Markup {
    let contacts = cluster.contacts.len() as u64;
    html! { article {
        h4 {
            (things(cluster.size, "host")) " by " (things(contacts, "contact"))
            @if cluster.widespread { span.soft { ", a template’s default?" } }
        }
        (plots::cluster(cluster))
        details {
            summary { "All names" }
            div {
                p { @for (at, tie) in cluster.contacts.iter().enumerate() {
                    @if at > 0 { ", " }
                    span.soft { (text(&tie.kind)) " " } (text(&tie.value))
                } }
                p { @for (at, host) in cluster.hosts.iter().enumerate() { @if at > 0 { ", " } (text(host)) } }
            }
        }
    } }
}

/// A cell with a number, as it is shown and as it is sorted.
fn count(value: u64, shown: &str) -> Markup {
    html! { td.num data-value=(value) { (shown) } }
}

fn times_of(found: Option<Times>) -> Markup {
    match found {
        Some(found) => count(found.count, &at_least(found.count, found.missed)),
        None => html! { td.num data-value="0" { span.soft { "–" } } },
    }
}

/// A count that may be too low says so.
fn at_least(count: u64, missed: u64) -> String {
    format!("{}{}", if missed > 0 { "≥ " } else { "" }, number(count))
}
