//! Labelled pages become weights: what `dehusk train` does.
//!
//! Each of the two decisions is a linear-chain conditional random field (Lafferty,
//! McCallum and Pereira, ICML 2001) with a Gaussian prior, fitted by L-BFGS. The second
//! sees, on the pages that it learns from, labels of first models that have not seen those
//! pages; otherwise it would trust them too much. All sums run in a fixed order: the same
//! pages give the same weights, for any number of threads.

mod field;
mod folds;
mod minimise;

use std::collections::BTreeMap;
use std::io;
use std::num::NonZero;

use rayon::prelude::*;

use crate::decide::weights::{Table, UNIT, Weights};
use crate::decide::wide::WideTable;
use crate::decide::{self, Decision, chain};
use crate::error::{Error, Result};
use crate::extract::Extractor;
use crate::features::{self, Features, Look, names};
use crate::gold::GoldPage;
use crate::label::Label;
use crate::pieces::Gap;
use crate::span::Span;

use self::field::{END, Example, ROWS, Row, START, STEPS};

/// How to learn.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Strength of the prior that keeps weights small.
    pub prior: f64,
    /// Most steps of the optimiser for each model.
    pub steps: usize,
    /// Parts of the pages for cross-validation and for the second decision.
    pub folds: usize,
    /// Threads that learn: as many as there are cores unless set. The weights do not
    /// depend on it.
    pub threads: Option<NonZero<usize>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            prior: 10.0,
            steps: 150,
            folds: 8,
            threads: None,
        }
    }
}

/// A page made ready: features and the labels that are right.
struct Sample {
    features: Features,
    gaps: Vec<Gap>,
    weights: Vec<u32>,
    gold: Vec<Label>,
    fold: usize,
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
    /// The weights that are most likely before any page is seen.
    beliefs: Vec<Row>,
    /// First models, by the folds that they have not seen: cross-validation meets them again.
    firsts: BTreeMap<Vec<usize>, Table>,
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
        let folds = folds::deal(pages, settings.folds.max(2));
        let samples = pool.install(|| {
            let pages = pages.par_iter().zip(folds);
            pages
                .map(|(page, fold)| Sample::new(extractor, page, fold))
                .collect()
        });
        let mut beliefs = vec![[0.0; Label::COUNT]; ROWS];
        for (feature, label, worth) in features::beliefs() {
            beliefs[usize::from(feature)][label as usize] = worth;
        }
        Ok(Self {
            pool,
            samples,
            settings,
            beliefs,
            firsts: BTreeMap::new(),
        })
    }

    /// The fold that each page is in.
    pub fn folds(&self) -> Vec<usize> {
        self.samples.iter().map(|sample| sample.fold).collect()
    }

    /// Learns weights from all pages but those of fold `without`: the text of a weights file.
    pub fn fit(&mut self, without: Option<usize>) -> String {
        let unseen: Vec<usize> = without.into_iter().collect();
        let first = self.first(&unseen);
        let looks = self.looks(&unseen);
        let second = self.fit_table(&self.kept(&unseen), Some(&looks));
        Weights {
            looks: [first, second],
            ..Weights::default()
        }
        .to_text()
    }

    /// The pages that are in none of these folds.
    fn kept(&self, unseen: &[usize]) -> Vec<usize> {
        let kept = |&page: &usize| !unseen.contains(&self.samples[page].fold);
        (0..self.samples.len()).filter(kept).collect()
    }

    /// The first model of all pages but those of some folds.
    fn first(&mut self, unseen: &[usize]) -> Table {
        let mut unseen = unseen.to_vec();
        unseen.sort_unstable();
        if let Some(known) = self.firsts.get(&unseen) {
            return known.clone();
        }
        let table = self.fit_table(&self.kept(&unseen), None);
        self.firsts.insert(unseen, table.clone());
        table
    }

    /// First decisions on pages by models that have not seen their folds. Where no page is
    /// left to learn such a model from, one that has seen them must do.
    fn looks(&mut self, unseen: &[usize]) -> Vec<Look> {
        let mut looks: Vec<Look> = Vec::new();
        looks.resize_with(self.samples.len(), Look::default);
        for fold in (0..self.settings.folds).filter(|fold| !unseen.contains(fold)) {
            if !self.samples.iter().any(|sample| sample.fold == fold) {
                continue;
            }
            let all = [unseen, &[fold]].concat();
            let alone = self.kept(&all).is_empty();
            let table = self.first(if alone { unseen } else { &all });
            for (sample, look) in self.samples.iter().zip(&mut looks) {
                if sample.fold == fold {
                    *look = sample.look(&table);
                }
            }
        }
        looks
    }

    fn fit_table(&self, kept: &[usize], looks: Option<&[Look]>) -> Table {
        self.pool.install(|| {
            let examples: Vec<Example> = kept
                .par_iter()
                .map(|&page| self.samples[page].example(looks.map(|looks| &looks[page])))
                .collect();
            let mut objective =
                field::Objective::new(&examples, &self.beliefs, self.settings.prior);
            let at = self.beliefs.as_flattened().to_vec();
            let parameters = minimise::minimise(
                |parameters, slope| objective.value(parameters, slope),
                at,
                self.settings.steps,
            );
            to_table(&parameters)
        })
    }
}

impl Sample {
    fn new(extractor: &Extractor, page: &GoldPage, fold: usize) -> Self {
        let mut worker = extractor.worker();
        worker.prepare(&page.text, &page.markup);
        let (features, pieces) = worker.into_features();
        let gold = pieces.iter().map(|piece| gold_label(page, piece.span));
        Self {
            gold: gold.collect(),
            gaps: pieces.iter().map(|piece| piece.gap).collect(),
            weights: pieces.iter().map(|piece| piece.shape.weight()).collect(),
            features,
            fold,
        }
    }

    /// What a first model makes of the page.
    fn look(&self, table: &Table) -> Look {
        let mut decision = Decision::default();
        let table = WideTable::new(table);
        decision.first_look(
            &self.features,
            |i| self.gaps[i],
            |i| self.weights[i],
            &table,
        );
        decision.look
    }

    /// The page as the optimiser sees it.
    fn example(&self, look: Option<&Look>) -> Example {
        let (mut ids, mut ends) = (Vec::new(), Vec::new());
        for piece in 0..self.features.len() {
            ids.extend(decide::active(&self.features, look, piece).map(|id| id as u32));
            ends.push(ids.len());
        }
        let gaps = self.gaps.iter().map(|&gap| gap as usize);
        let gold = self.gold.iter().map(|&label| label as usize);
        Example::new(ids, ends, gaps.collect(), gold.collect())
    }
}

/// The label of most bytes of a piece.
fn gold_label(page: &GoldPage, piece: Span) -> Label {
    let mut bytes = [0usize; Label::COUNT];
    let first = page
        .spans
        .partition_point(|(span, _)| span.end <= piece.start);
    let behind = page.spans[first..].iter();
    for (span, label) in behind.take_while(|(span, _)| span.start < piece.end) {
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

fn to_table(parameters: &[f64]) -> Table {
    let (rows, _) = parameters.as_chunks::<{ Label::COUNT }>();
    let row = |at: usize| -> chain::Row {
        rows[at].map(|weight| (weight * f64::from(UNIT)).round() as i32)
    };
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
