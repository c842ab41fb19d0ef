//! Labelled pages become weights: what `dehusk train` does.
//!
//! The decision is a linear-chain conditional random field (Lafferty, McCallum and Pereira, ICML
//! 2001) over what a table and a network say of each piece, all of it learned together, by small
//! steps on a few pages each; several such are learned from different starts, and their mean
//! counts. All sums run in a fixed order: the same pages give the same weights, for any number of
//! threads.

mod field;
mod folds;
mod minimise;
mod variants;
mod vocabulary;

use std::io;
use std::num::NonZero;

use rayon::prelude::*;

use crate::decide::weights::{MOST_NETS, Table, UNIT, Weights};
use crate::decide::{self, chain};
use crate::error::{Error, Result};
use crate::extract::Extractor;
use crate::features::names::Group;
use crate::features::terms::Vocabulary;
use crate::features::{self, names};
use crate::gold::GoldPage;
use crate::label::Label;
use crate::language::{Language, Tally};
use crate::random::Random;
use crate::span::{Span, overlapping};

use self::field::{END, Example, Model, START, STEPS};
use self::variants::Parts;
use self::vocabulary::Terms;

/// How to learn.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Strength of the prior that keeps the table's weights small.
    pub prior: f64,
    /// Networks whose mean counts, 1 to 8.
    pub nets: usize,
    /// Steps of the optimiser for each, of 24 pages.
    pub steps: usize,
    /// Terms of the vocabulary, at most: 0 to 16,384.
    pub terms: usize,
    /// Variants of each page that are learned from beside it: its article in other company.
    pub variants: usize,
    /// Parts of the pages for cross-validation. A page's variants are made with pages of its own
    /// part.
    pub folds: usize,
    /// Threads that learn: as many as there are cores unless set. The weights do not
    /// depend on it.
    pub threads: Option<NonZero<usize>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            prior: 10.0,
            nets: 3,
            steps: 10_000,
            terms: 4000,
            variants: 7,
            folds: 8,
            threads: None,
        }
    }
}

/// A page made ready.
struct Sample {
    /// The page itself, and its variants behind it.
    versions: Vec<Version>,
    /// Of pages of one site or template.
    group: usize,
    fold: usize,
}

struct Version {
    example: Example,
    terms: Terms,
}

/// Learns from labelled pages.
///
/// Pages are dealt out to folds so that those of one site ([`GoldPage::site`]) or one
/// template (three lines of eight characters or more in common that few pages have) are
/// in the same one.
pub struct Trainer {
    pool: rayon::ThreadPool,
    samples: Vec<Sample>,
    settings: Settings,
}

impl Trainer {
    /// Makes pages ready; the extractor gives the rules.
    ///
    /// # Errors
    /// No threads to be had.
    pub fn new(extractor: &Extractor, pages: &[GoldPage], settings: Settings) -> Result<Self> {
        let threads = settings.threads.map_or(0, NonZero::get);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool =
            pool.map_err(|error| Error::io("cannot start threads", &io::Error::other(error)))?;
        let groups = folds::groups_of(pages);
        let folds = folds::deal(&groups, settings.folds.max(2));
        let samples = pool.install(|| {
            let read: Vec<(Version, Parts<'_>)> = pages
                .par_iter()
                .map(|page| {
                    let (version, language) = Version::new(extractor, page);
                    (version, Parts::new(page, language))
                })
                .collect();
            let (versions, parts): (Vec<_>, Vec<_>) = read.into_iter().unzip();
            let versions = versions.into_par_iter().zip(&parts).enumerate();
            versions
                .map(|(number, (version, own))| {
                    let others = variants::company(&parts, &folds, number);
                    let variants = (0..settings.variants).map(|variant| {
                        let mut random = Random((variant * pages.len() + number) as u64);
                        let page = own.variant(&others, &mut random);
                        Version::new(extractor, &page).0.without_names()
                    });
                    Sample {
                        versions: [version].into_iter().chain(variants).collect(),
                        group: groups[number],
                        fold: folds[number],
                    }
                })
                .collect()
        });
        Ok(Self {
            pool,
            samples,
            settings,
        })
    }

    /// The fold that each page is in.
    pub fn folds(&self) -> Vec<usize> {
        self.samples.iter().map(|sample| sample.fold).collect()
    }

    /// Learns weights from all pages but those of fold `without`: the text of a weights file.
    pub fn fit(&self, without: Option<usize>) -> String {
        let kept = |sample: &&Sample| Some(sample.fold) != without;
        let kept: Vec<&Sample> = self.samples.iter().filter(kept).collect();
        let Settings {
            prior,
            nets,
            steps,
            terms,
            ..
        } = self.settings;
        let sites = kept
            .iter()
            .map(|sample| (sample.group, &sample.versions[0].terms));
        let vocabulary = vocabulary::choose(sites, terms);
        let known = |version: &Version| {
            let Version { example, terms } = version;
            example.with_terms(|piece, ids| terms.push(piece, &vocabulary, ids))
        };
        let versions = kept.iter().flat_map(|sample| &sample.versions);
        let examples: Vec<Example> = versions.map(known).collect();
        let beliefs = beliefs(names::OWN + vocabulary.len());
        let nets = nets.clamp(1, MOST_NETS);
        let pull = prior as f32 / kept.len().max(1) as f32;
        let learn = |number| minimise::minimise(&examples, &beliefs, steps, pull, number);
        let models: Vec<Model> = self
            .pool
            .install(|| (1..=nets as u64).into_par_iter().map(learn).collect());
        to_weights(models, vocabulary).to_text()
    }
}

/// The weights that are most likely before any page is seen.
fn beliefs(points: usize) -> Model {
    let mut beliefs = Model::zero(points);
    for (feature, label, worth) in features::beliefs() {
        beliefs.rows[usize::from(feature)][label as usize] = worth as f32;
    }
    beliefs
}

impl Version {
    /// A page made ready, and its main language.
    fn new(extractor: &Extractor, page: &GoldPage) -> (Self, Option<Language>) {
        let mut worker = extractor.worker();
        worker.prepare(&page.text, &page.markup);
        let (features, pieces) = worker.into_features();
        let gaps = pieces.iter().map(|piece| piece.gap as usize);
        let gold = pieces
            .iter()
            .map(|piece| gold_label(page, piece.span) as usize);
        let holds = pieces.iter().map(|piece| holds_item(page, piece.span));
        let texts = pieces.iter().map(|piece| piece.span.of(&page.text));
        let mut tally = Tally::default();
        pieces.iter().for_each(|piece| tally.add(&piece.shape));
        let version = Self {
            example: Example::new(&features, gaps.collect(), gold.collect(), holds.collect()),
            terms: Terms::new(texts),
        };
        (version, tally.language())
    }

    /// The same, but of no use to choose a vocabulary.
    fn without_names(mut self) -> Self {
        self.terms.drop_names();
        self
    }
}

/// The label of most bytes of a piece.
fn gold_label(page: &GoldPage, piece: Span) -> Label {
    let mut bytes = [0usize; Label::COUNT];
    for (span, label) in overlapping(&page.spans, piece, |(span, _)| *span) {
        bytes[*label as usize] += span.end.min(piece.end) - span.start.max(piece.start);
    }
    // The first of equals.
    let labels = Label::ALL.into_iter().rev();
    let most = labels
        .max_by_key(|&label| bytes[label as usize])
        .unwrap_or(Label::Nav);
    if bytes[most as usize] == 0 {
        Label::Nav
    } else {
        most
    }
}

/// Whether a piece holds an item.
fn holds_item(page: &GoldPage, piece: Span) -> bool {
    !overlapping(&page.listed, piece, |item| *item).is_empty()
}

/// The mean of what the models say: a table of their means, and networks of which each says its
/// share.
fn to_weights(models: Vec<Model>, vocabulary: Vocabulary) -> Weights {
    let share = 1.0 / models.len() as f32;
    let mut weights = Weights {
        vocabulary,
        ..Weights::default()
    };
    let mut rows = Model::zero(0).rows;
    for Model {
        mut net,
        rows: more,
    } in models
    {
        let pairs = rows.iter_mut().flatten().zip(more.iter().flatten());
        pairs.for_each(|(sum, weight)| *sum += weight * share);
        let outputs = net.outputs.iter_mut().flat_map(|row| &mut row.0);
        outputs.for_each(|value| *value *= share);
        weights.nets.push(net);
    }
    weights.table = to_table(&rows);
    for label in [Label::Title, Label::Body] {
        let bias = usize::from(names::id(Group::Bias, 0));
        weights.table.rows[bias][label as usize] -= DOUBT;
    }
    weights
}

/// How much surer than of other labels the decision is to be of a piece before it is title or
/// body, in units of the weights. What is learned makes lines right; but an article found in a page
/// that has none spoils the page, and a line missed does not.
const DOUBT: i32 = 6 * UNIT / 10;

fn to_table(rows: &[[f32; Label::COUNT]]) -> Table {
    let row = |at: usize| rows[at].map(decide::in_units);
    Table {
        rows: (0..names::ALL).map(row).collect(),
        transitions: chain::Transitions {
            steps: std::array::from_fn(|gap| {
                std::array::from_fn(|left| row(STEPS + gap * Label::COUNT + left))
            }),
            start: row(START),
            end: row(END),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn title_and_body_are_worth_less_than_was_learned() {
        let weights = to_weights(vec![Model::zero(0)], Vocabulary::default());
        let bias = weights.table.rows[usize::from(names::id(Group::Bias, 0))];
        for label in Label::ALL {
            let doubted = matches!(label, Label::Title | Label::Body);
            assert_eq!(bias[label as usize], if doubted { -DOUBT } else { 0 });
        }
    }
}
