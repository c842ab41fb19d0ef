//! What was counted becomes the figures that are shown, or written as JSON.

use serde::Serialize;

use super::contacts::{Cluster, Shared};
use super::frequent::Frequent;
use super::lengths::Distribution;
use super::{LabelCount, Stats};
use crate::label::Label;

/// What is in records. Lists hold what comes most often, that first.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Figures {
    /// Records of pages.
    pub pages: u64,
    /// Pages that failed: error objects, and lines of a file of failed pages.
    pub errors: u64,
    /// Records of pages that have each key, and that is not empty.
    pub with: Vec<Count>,
    /// What lengths count.
    pub unit: LengthUnit,
    /// Length of all pages, as far as they have segments.
    pub length: u64,
    /// How much of that is heading and body; nothing if there is nothing.
    pub body_share: Option<f64>,
    /// How much is labelled what.
    pub labels: Vec<LabelFigure>,
    /// How long pages are.
    pub page_length: Distribution,
    /// How long their heading and body are together.
    pub body_length: Distribution,
    /// How many characters titles have.
    pub title_length: Distribution,
    /// Pages by their share of body: under 5 %, under 10 %, …
    pub body_shares: [u64; 20],
    /// Pages by language; the empty one is undecided.
    pub languages: Most,
    /// Failed pages by reason; numbers in it are `N`.
    pub errors_by_reason: Most,
    /// Tags.
    pub tags: Most,
    /// Titles of other articles.
    pub related: Most,
    /// Lines that are neither title nor heading nor body, with their labels; nothing if no
    /// record has the page's text.
    pub husk_lines: Option<Most>,
    /// How many different contacts there are.
    pub contacts: Counted,
    /// Contacts that stand on several hosts, those on most hosts first.
    pub shared_contacts: Vec<Shared>,
    /// How many of them there are.
    pub shared_contacts_count: u64,
    /// Hosts that contacts tie together, the largest clusters first.
    pub clusters: Vec<Cluster>,
    /// How many clusters there are.
    pub clusters_count: u64,
    /// How many hosts there are.
    pub hosts_count: Counted,
    /// Hosts with most pages.
    pub hosts: Vec<HostFigure>,
}

/// What the lengths of records count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum LengthUnit {
    /// Bytes of UTF-8, by the records or by their texts.
    Bytes,
    /// Characters or units of UTF-16, which cannot be turned into bytes without the text.
    Characters,
    /// Bytes in some records, characters in others.
    Mixed,
}

/// How often something comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Count {
    /// Of a line, what it is labelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<&'static str>,
    /// What came.
    pub value: String,
    /// How often it came, at least.
    pub count: u64,
    /// How often it may have come more.
    pub missed: u64,
}

/// How many different things there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counted {
    /// So many, at least.
    pub count: u64,
    /// False if there are more.
    pub exact: bool,
}

/// What comes most often of many strings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Most {
    /// How many there are, equal ones too.
    pub total: u64,
    /// How many different ones.
    pub distinct: Counted,
    /// What may have come unnoticed came no more often than this.
    pub missed: u64,
    /// Those that came most often.
    pub most: Vec<Count>,
}

/// How much is labelled what.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LabelFigure {
    /// The label's name.
    pub label: &'static str,
    /// How much there is of it.
    pub length: u64,
    /// As a share of all.
    pub share: f64,
    /// In how many segments.
    pub segments: u64,
    /// On how many pages.
    pub pages: u64,
}

/// What is on one host.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HostFigure {
    /// Its name, without `www.`.
    pub host: String,
    /// How many pages were counted.
    pub pages: u64,
    /// How many more there may be.
    pub missed: u64,
    /// Length of these pages.
    pub length: u64,
    /// How much of it is not title, heading or body.
    pub husk: u64,
    /// As a share.
    pub husk_share: f64,
}

impl Most {
    /// True if all that came is listed, with how often.
    pub fn is_whole(&self) -> bool {
        self.distinct.exact && self.distinct.count == self.most.len() as u64
    }
}

impl Figures {
    pub(super) fn of(stats: &Stats, number: usize) -> Self {
        let length = {
            let lengths = stats.labels.iter().map(|label| label.length);
            lengths.fold(0, u64::saturating_add)
        };
        let main = Label::ALL.into_iter().filter(|label| label.is_main());
        let main = main
            .map(|label| stats.labels[label as usize].length)
            .fold(0, u64::saturating_add);
        let (shared_contacts, shared_contacts_count) = stats.contacts.shared(number);
        let (clusters, clusters_count) = stats.contacts.clusters(number);
        let (contacts, more_contacts) = stats.contacts.distinct();
        Self {
            pages: stats.pages,
            errors: stats.errors,
            with: with(stats),
            unit: unit(stats),
            length,
            body_share: share(main, length),
            labels: Label::ALL
                .into_iter()
                .zip(&stats.labels)
                .map(|(label, count)| label_figure(label, count, length))
                .collect(),
            page_length: stats.page.distribution(),
            body_length: stats.body.distribution(),
            title_length: stats.title.distribution(),
            body_shares: stats.shares,
            languages: most(&stats.languages, number),
            errors_by_reason: most(&stats.reasons, number),
            tags: most(&stats.tags, number),
            related: most(&stats.related, number),
            husk_lines: (stats.with.text > 0).then(|| lines(most(&stats.lines, number))),
            contacts: Counted {
                count: contacts,
                exact: !more_contacts,
            },
            shared_contacts,
            shared_contacts_count,
            clusters,
            clusters_count,
            hosts_count: distinct(&stats.hosts),
            hosts: hosts(stats, number),
        }
    }

    /// The same with lists of no more than so many.
    #[must_use]
    pub fn truncated(mut self, number: usize) -> Self {
        let lists = [
            Some(&mut self.languages),
            Some(&mut self.tags),
            Some(&mut self.related),
            Some(&mut self.errors_by_reason),
            self.husk_lines.as_mut(),
        ];
        for list in lists.into_iter().flatten() {
            list.most.truncate(number);
        }
        self.shared_contacts.truncate(number);
        self.clusters.truncate(number);
        self.hosts.truncate(number);
        self
    }

    /// How many records of pages have this key.
    pub fn with(&self, key: &str) -> u64 {
        let found = self.with.iter().find(|count| count.value == key);
        found.map_or(0, |count| count.count)
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn with(stats: &Stats) -> Vec<Count> {
    let with = &stats.with;
    let counts = [
        ("url", with.url),
        ("title", with.title),
        ("body", with.body),
        ("tags", with.tags),
        ("related", with.related),
        ("contacts", with.contacts),
        ("language", with.language),
        ("segments", with.segments),
        ("text", with.text),
    ];
    let count = |(value, count): (&str, u64)| Count {
        label: None,
        value: value.into(),
        count,
        missed: 0,
    };
    counts.map(count).into()
}

fn unit(stats: &Stats) -> LengthUnit {
    match (stats.bytes, stats.characters) {
        (_, 0) => LengthUnit::Bytes,
        (0, _) => LengthUnit::Characters,
        _ => LengthUnit::Mixed,
    }
}

fn label_figure(label: Label, count: &LabelCount, length: u64) -> LabelFigure {
    LabelFigure {
        label: label.name(),
        length: count.length,
        share: share(count.length, length).unwrap_or(0.0),
        segments: count.segments,
        pages: count.pages,
    }
}

fn distinct<V: Default>(found: &Frequent<V>) -> Counted {
    Counted {
        count: found.distinct(),
        exact: found.pruned() == 0,
    }
}

fn most(found: &Frequent<u64>, number: usize) -> Most {
    let most = found.most(number).into_iter().map(|(value, slot)| Count {
        label: None,
        value: value.to_owned(),
        count: slot.value,
        missed: slot.missed,
    });
    Most {
        total: found.total(),
        distinct: distinct(found),
        missed: found.pruned(),
        most: most.collect(),
    }
}

/// Tells lines from the labels before them.
fn lines(mut all: Most) -> Most {
    for count in &mut all.most {
        if let Some((label, line)) = count.value.split_once(' ') {
            count.label = Label::from_name(label).map(Label::name);
            count.value = line.to_owned();
        }
    }
    all
}

fn hosts(stats: &Stats, number: usize) -> Vec<HostFigure> {
    let mut hosts: Vec<_> = stats.hosts.iter().collect();
    hosts.sort_by(|(a, x), (b, y)| y.value.pages.cmp(&x.value.pages).then_with(|| a.cmp(b)));
    hosts.truncate(number);
    let figure = hosts.into_iter().map(|(host, slot)| HostFigure {
        host: host.to_owned(),
        pages: slot.value.pages,
        missed: slot.missed,
        length: slot.value.length,
        husk: slot.value.husk,
        husk_share: share(slot.value.husk, slot.value.length).unwrap_or(0.0),
    });
    figure.collect()
}
