//! Figures as SVG. Places are percentages, and there is no `viewBox`: a plot is as wide as there is
//! room, and its letters stay as large as others. Colours are classes, so that they follow the
//! scheme of the reader.

use std::collections::BTreeMap;

use dehusk::{Cluster, Distribution, Figures, HostFigure, LengthUnit, Step};
use maud::{Markup, html};

use super::{number, percent, size, things};
use crate::screen::{excerpt, width};
use crate::sheet::{self, plain};

/// Heights, in pixels.
const STRIP: usize = 34;
const PLOT: usize = 190;
const CLOUD: usize = 260;
const ROW: usize = 22;

/// Dots of hosts: so many to a row, and how far rows are apart.
const DOTS: usize = 14;
const DOT: usize = 10;

/// Contacts, and groups of hosts, that are drawn of one cluster.
const TIES: usize = 10;
const GROUPS: usize = 12;

/// Ends of a cluster's lines, in hundredths of its width.
const LEFT: f64 = 43.0;
const RIGHT: f64 = 58.0;

/// A small bar for a table's cell.
pub(super) fn bar(share: f64) -> Markup {
    let width = share.clamp(0.0, 1.0) * 100.0;
    html! {
        svg.bar width="100%" height="12" aria-hidden="true" {
            rect.track width="100%" height="12" rx="2" {}
            rect.fill width=(at(width)) height="12" rx="2" {}
        }
    }
}

/// All labels beside each other, each as wide as its share.
pub(super) fn strip(figures: &Figures) -> Markup {
    let mut left = 0.0;
    let parts: Vec<_> = figures
        .labels
        .iter()
        .map(|label| {
            let from = left;
            left += label.share * 100.0;
            (label, from)
        })
        .collect();
    let spoken = parts
        .iter()
        .map(|(label, _)| format!("{} {}", label.label, percent(label.share)));
    let spoken = spoken.collect::<Vec<_>>().join(", ");
    html! {
        svg.strip width="100%" height=(STRIP) role="img" aria-label=(spoken) {
            @for (label, from) in parts {
                @let said = format!("{} {}", label.label, percent(label.share));
                rect.{"is-" (label.label)} x=(at(from)) width=(at(label.share * 100.0)) height=(STRIP) {
                    title { (said) }
                }
            }
        }
    }
}

/// How many pages have which length, on a scale on which equal distances are equal factors.
pub(super) fn lengths(found: &Distribution, scale: Scale, unit: LengthUnit, what: &str) -> Markup {
    let most = found
        .steps
        .iter()
        .map(|step| step.count)
        .max()
        .unwrap_or(0)
        .max(1);
    let spoken = format!(
        "{what}: half have up to {}, nine tenths up to {}",
        size(found.p50, unit),
        size(found.p90, unit)
    );
    html! {
        svg.plot width="100%" height=(PLOT + 22) role="img" aria-label=(spoken) {
            (grid(most))
            @for step in found.steps.iter().filter(|step| step.count > 0 && step.from > 0) {
                (column(step, most, scale, unit))
            }
            // The words stand one below the other, so that they do not meet.
            @for (value, word, y) in [(found.p50, "\u{a0}half\u{a0}", 11), (found.p90, "\u{a0}9 tenths\u{a0}", 25)] {
                @if value > 0 {
                    @let x = scale.at(value);
                    line.mark x1=(at(x)) x2=(at(x)) y1=(y - 9) y2=(PLOT) {}
                    text.soft x=(at(x)) y=(y) text-anchor=(if x > 50.0 { "end" } else { "start" }) { (word) }
                }
            }
            (grid_names(most))
            @for tick in scale.ticks() {
                @let x = scale.at(tick);
                line.tick x1=(at(x)) x2=(at(x)) y1=(PLOT) y2=(PLOT + 4) {}
                text.soft x=(at(x)) y=(PLOT + 18) text-anchor=(anchor(x)) { (round(tick, unit)) }
            }
        }
    }
}

fn column(step: &Step, most: u64, scale: Scale, unit: LengthUnit) -> Markup {
    let (from, to) = (scale.at(step.from), scale.at(step.to));
    let height = high(step.count, most);
    let said = format!(
        "{} to {}: {}",
        size(step.from, unit),
        size(step.to.saturating_sub(1), unit),
        pages(step.count)
    );
    html! {
        rect.fill x=(at(from)) width=(at((to - from - 0.15).max(0.2))) y=(PLOT - height) height=(height) { title { (said) } }
    }
}

/// Pages by share of body.
pub(super) fn shares(shares: &[u64; 20]) -> Markup {
    let most = shares.iter().copied().max().unwrap_or(0).max(1);
    html! {
        svg.plot width="100%" height=(PLOT + 22) role="img" aria-label="Pages by share of body" {
            (grid(most))
            @for (number, &count) in shares.iter().enumerate().filter(|(_, count)| **count > 0) {
                @let height = high(count, most);
                @let said = format!("{} to {} % body: {}", number * 5, number * 5 + 5, pages(count));
                rect.fill x=(at(number as f64 * 5.0)) width="4.8%" y=(PLOT - height) height=(height) { title { (said) } }
            }
            (grid_names(most))
            @for tick in [0, 25, 50, 75, 100] {
                text.soft x=(at(f64::from(tick))) y=(PLOT + 18) text-anchor=(anchor(f64::from(tick))) { (tick) " %" }
            }
        }
    }
}

/// Lines at round numbers of pages, behind the bars.
fn grid(most: u64) -> Markup {
    html! {
        @for count in grid_lines(most) {
            @let y = PLOT - high(count, most);
            line.grid x1="0" x2="100%" y1=(y) y2=(y) {}
        }
        line.base x1="0" x2="100%" y1=(PLOT) y2=(PLOT) {}
    }
}

/// Their numbers, before the bars.
fn grid_names(most: u64) -> Markup {
    html! { @for count in grid_lines(most) {
        text.soft x="0" y=((PLOT - high(count, most)).saturating_sub(3)) { (number(count)) }
    } }
}

fn grid_lines(most: u64) -> impl Iterator<Item = u64> {
    let step = round_step(most);
    (1..=most / step).map(move |line| line * step)
}

/// 1, 2 or 5 with zeros behind, so that a few fit.
fn round_step(most: u64) -> u64 {
    let third = (most / 3).max(1);
    let ten = 10_u64.pow(third.ilog10());
    match third / ten {
        1 => ten,
        2..=4 => ten * 2,
        _ => ten * 5,
    }
}

/// The height of a column; something is never nothing.
fn high(count: u64, most: u64) -> usize {
    let room = (PLOT - 30) as f64;
    let height = (count as f64 / most as f64 * room).round() as usize;
    height.max(usize::from(count > 0) * 2)
}

/// A scale of lengths, or of numbers of pages.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    from: f64,
    to: f64,
}

impl Scale {
    /// Over all lengths of these, but for nothing.
    pub(super) fn over<'d>(all: impl Iterator<Item = &'d Distribution>) -> Self {
        let steps: Vec<_> = all
            .flat_map(|found| &found.steps)
            .filter(|step| step.from > 0 && step.count > 0)
            .collect();
        let from = steps.iter().map(|step| step.from).min().unwrap_or(1);
        let to = steps.iter().map(|step| step.to).max().unwrap_or(10);
        Self::new(from, to)
    }

    fn new(from: u64, to: u64) -> Self {
        let from = from.max(1);
        Self {
            from: (from as f64).log10(),
            to: (to.max(from + 1) as f64).log10(),
        }
    }

    /// Where a value is, in hundredths.
    fn at(self, value: u64) -> f64 {
        ((value.max(1) as f64).log10() - self.from) / (self.to - self.from) * 100.0
    }

    /// Powers of ten; where they are few, two and five of each, too.
    fn ticks(self) -> Vec<u64> {
        let decades = self.to - self.from;
        let steps: &[u64] = match decades {
            ..2.0 => &[1, 2, 5],
            2.0..4.0 => &[1, 3],
            _ => &[1],
        };
        let tens = (self.from.floor() as u32..=(self.to.floor() as u32).min(18))
            .map(|power| 10_u64.pow(power));
        let all = tens.flat_map(|ten| steps.iter().map(move |step| step * ten));
        all.filter(|&tick| (-0.01..=100.01).contains(&self.at(tick)))
            .collect()
    }
}

/// A host is a dot: the more pages the further to the right, the more husk the higher.
pub(super) fn cloud(hosts: &[HostFigure]) -> Markup {
    let pages_of = hosts.iter().map(|host| host.pages);
    let (least, most) = (
        pages_of.clone().min().unwrap_or(1),
        pages_of.max().unwrap_or(1),
    );
    let scale = Scale::new(least, most + 1);
    // Room for dots at the ends; those with equal numbers of pages are strewn a little, the same
    // way each time, so as not to hide each other.
    let strewn = |number: usize| (number as f64 * 0.618_034).fract() * 2.4 - 1.2;
    let x = |pages: u64| 6.0 + scale.at(pages) * 0.92;
    let y = |share: f64| 12.0 + (1.0 - share) * (CLOUD - 24) as f64;
    html! {
        svg.plot width="100%" height=(CLOUD + 38) role="img" aria-label="Hosts by pages and share of husk" {
            @for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
                line.grid x1="0" x2="100%" y1=(y(tick)) y2=(y(tick)) {}
                text.soft x="0" y=(y(tick) - 3.0) { (format!("{:.0} %", tick * 100.0)) }
            }
            @for (place, host) in hosts.iter().enumerate() {
                @let said = format!("{}: {} husk, {}", plain(&host.host), percent(host.husk_share), pages(host.pages));
                circle.dot cx=(at(x(host.pages) + strewn(place))) cy=(format!("{:.1}", y(host.husk_share))) r="5" { title { (said) } }
            }
            @for tick in scale.ticks() {
                text.soft x=(at(x(tick))) y=(CLOUD + 14) text-anchor="middle" { (number(tick)) }
            }
            text.soft x="100%" y=(CLOUD + 32) text-anchor="end" { "pages →" }
        }
    }
}

/// Which contacts tie which hosts: contacts on the left, hosts on the right, a line for each pair.
/// Many hosts are grouped by their contacts, a dot each.
pub(super) fn cluster(cluster: &Cluster) -> Markup {
    let groups = groups(cluster);
    let tops: Vec<usize> = groups
        .iter()
        .scan(4, |top, group| {
            let own = *top;
            *top += group.height();
            Some(own)
        })
        .collect();
    let drawn = cluster.contacts.len().min(TIES);
    let right = groups.iter().map(Group::height).sum::<usize>();
    let height = right.max(drawn * ROW) + 8;
    // Contacts are spread over the height of the hosts.
    let y = |tie: usize| (height as f64 * (tie as f64 + 0.5) / drawn as f64).round() as usize;
    let spoken = format!(
        "{} tie {}",
        things(cluster.contacts.len() as u64, "contact"),
        things(cluster.size, "host")
    );
    html! {
        svg.ties width="100%" height=(height) role="img" aria-label=(spoken) {
            @for (tie, contact) in cluster.contacts.iter().take(drawn).enumerate() {
                @let own = groups.iter().zip(&tops).filter(|(group, _)| group.contacts.contains(&tie));
                g.tie {
                    title { (plain(&contact.kind)) " " (plain(&contact.value)) ": " (number(contact.size)) " hosts" }
                    @for (group, top) in own {
                        line x1=(at(LEFT + 1.0)) y1=(y(tie)) x2=(at(RIGHT - 1.0)) y2=(top + group.middle())
                            stroke-width=(format!("{:.1}", 1.2 + (group.hosts.len() as f64).ln() * 0.7)) {}
                    }
                    text x=(at(LEFT)) y=(y(tie) + 4) text-anchor="end" {
                        tspan.soft { (excerpt(&contact.kind, 6)) " " }
                        (excerpt(&contact.value, 20 - width(&contact.kind).min(6)))
                    }
                }
            }
            @for (group, top) in groups.iter().zip(&tops) {
                (hosts(group, *top))
            }
        }
    }
}

/// Hosts that have the same contacts.
struct Group<'a> {
    contacts: Vec<usize>,
    hosts: Vec<&'a str>,
}

impl Group<'_> {
    fn dots(&self) -> usize {
        if self.hosts.len() > 1 {
            self.hosts.len().div_ceil(DOTS)
        } else {
            0
        }
    }

    fn height(&self) -> usize {
        ROW + self.dots() * DOT + if self.dots() > 0 { 4 } else { 0 }
    }

    fn middle(&self) -> usize {
        ROW / 2
    }
}

/// Each host by itself if there are few; else those with the same contacts together, and what is left.
fn groups(cluster: &Cluster) -> Vec<Group<'_>> {
    let mut contacts = vec![Vec::new(); cluster.hosts.len()];
    for (number, tie) in cluster.contacts.iter().enumerate().take(TIES) {
        for &host in &tie.hosts {
            contacts[host].push(number);
        }
    }
    let few = cluster.hosts.len() <= GROUPS;
    let mut found: BTreeMap<(Vec<usize>, usize), Vec<&str>> = BTreeMap::new();
    for (number, (contacts, host)) in contacts.into_iter().zip(&cluster.hosts).enumerate() {
        let own = if few { number } else { 0 };
        found.entry((contacts, own)).or_default().push(host);
    }
    let groups = found
        .into_iter()
        .map(|((contacts, _), hosts)| Group { contacts, hosts });
    let mut groups: Vec<_> = groups.collect();
    groups.sort_by_key(|group| {
        (
            group.contacts.first().copied(),
            std::cmp::Reverse(group.hosts.len()),
        )
    });
    if groups.len() > GROUPS {
        groups.sort_by_key(|group| std::cmp::Reverse(group.hosts.len()));
        let rest = groups.split_off(GROUPS - 1);
        let mut contacts: Vec<_> = rest
            .iter()
            .flat_map(|group| group.contacts.iter().copied())
            .collect();
        contacts.sort_unstable();
        contacts.dedup();
        let hosts = rest.into_iter().flat_map(|group| group.hosts).collect();
        groups.push(Group { contacts, hosts });
    }
    groups
}

fn hosts(group: &Group<'_>, top: usize) -> Markup {
    let first = group.hosts.first().copied().unwrap_or("");
    let more = group.hosts.len().saturating_sub(1);
    let room = if more > 0 {
        16 - number(more as u64).len().min(8)
    } else {
        21
    };
    html! {
        text x=(at(RIGHT)) y=(top + 15) {
            title { (plain(first)) }
            (excerpt(first, room))
            @if more > 0 { tspan.soft { " +" (number(more as u64)) } }
        }
        @if more > 0 {
            @for (number, host) in group.hosts.iter().enumerate() {
                @let x = RIGHT + 1.0 + (number % DOTS) as f64 * (97.0 - RIGHT) / DOTS as f64;
                circle.dot cx=(at(x)) cy=(top + ROW + 4 + number / DOTS * DOT) r="3.2" { title { (plain(host)) } }
            }
        }
    }
}

fn at(hundredths: f64) -> String {
    format!("{hundredths:.2}%")
}

/// Words at the ends stay inside.
fn anchor(x: f64) -> &'static str {
    match x {
        ..8.0 => "start",
        92.0.. => "end",
        _ => "middle",
    }
}

fn pages(count: u64) -> String {
    things(count, "page")
}

/// A round length: `100 B`, `3 kB`.
fn round(length: u64, unit: LengthUnit) -> String {
    let byte = if unit == LengthUnit::Bytes { "B" } else { "" };
    let (value, prefix) = match length {
        ..1_000 => (length, ""),
        1_000..1_000_000 => (length / 1_000, "k"),
        1_000_000..1_000_000_000 => (length / 1_000_000, "M"),
        _ => (length / 1_000_000_000, "G"),
    };
    format!("{value} {prefix}{byte}").trim_end().to_owned()
}

/// The colours' names, for a strip.
pub(super) fn legend() -> Markup {
    html! {
        ul.legend { @for label in dehusk::Label::ALL { li { (sheet::key(label)) } } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales() {
        let scale = Scale::new(10, 1000);
        assert_eq!(
            [10, 100, 1000].map(|value| scale.at(value).round()),
            [0.0, 50.0, 100.0]
        );
        assert_eq!(scale.ticks(), [10, 30, 100, 300, 1000]);
        assert_eq!(Scale::new(0, 0).at(2).round(), 100.0);
        assert_eq!([1, 3, 10, 70, 1000].map(round_step), [1, 1, 2, 20, 200]);
        assert_eq!(Scale::new(1, u64::MAX).ticks().len(), 19);
    }

    #[test]
    fn columns_are_as_high_as_what_they_show() {
        assert_eq!(
            [0, 1, 500, 1000].map(|count| high(count, 1000)),
            [0, 2, 80, 160]
        );
    }

    #[test]
    fn round_lengths() {
        assert_eq!(round(3000, LengthUnit::Bytes), "3 kB");
        assert_eq!(round(100, LengthUnit::Characters), "100");
    }
}
