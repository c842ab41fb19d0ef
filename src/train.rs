//! Labelled pages become weights: what `dehusk train` does.
//!
//! Each of the two decisions is a linear-chain conditional random field (Lafferty,
//! McCallum and Pereira, ICML 2001) with a Gaussian prior, fitted by L-BFGS (Liu and
//! Nocedal, Mathematical Programming 45, 1989). The second sees, on the pages that it
//! learns from, labels of first models that have not seen those pages; otherwise it would
//! trust them too much. All sums run in a fixed order: the same pages give the same
//! weights, for any number of threads.

use rayon::prelude::*;

use crate::decide::chain::{GAPS, Row, Transitions};
use crate::decide::weights::{Table, UNIT, Weights};
use crate::decide::{self, Decision};
use crate::extract::Extractor;
use crate::features::{self, Features, Look, names};
use crate::gold::GoldPage;
use crate::label::Label;
use crate::page::Span;

/// How to learn.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Strength of the prior that keeps weights small.
    pub prior: f64,
    /// Most steps of the optimiser for each model.
    pub steps: usize,
    /// Parts of the pages for cross-validation and for the second decision.
    pub folds: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            prior: 1.0,
            steps: 150,
            folds: 5,
        }
    }
}

/// A page made ready: features and the labels that are right.
struct Sample {
    features: Features,
    gaps: Vec<crate::pieces::Gap>,
    weights: Vec<u32>,
    gold: Vec<Label>,
    fold: usize,
}

/// Learns from labelled pages.
pub struct Trainer {
    samples: Vec<Sample>,
    settings: Settings,
    /// The weights that are most likely before any page is seen.
    beliefs: Vec<f64>,
}

impl Trainer {
    /// Makes pages ready; the extractor gives the rules.
    pub fn new(extractor: &Extractor, pages: &[GoldPage], settings: Settings) -> Self {
        let folds = assign_folds(pages, settings.folds.max(2));
        let samples = pages.par_iter().zip(folds).map(|(page, fold)| {
            let mut worker = extractor.worker();
            worker.prepare(&page.text);
            let (features, pieces) = worker.into_features();
            Sample {
                gold: pieces
                    .iter()
                    .map(|piece| gold_label(page, piece.span))
                    .collect(),
                gaps: pieces.iter().map(|piece| piece.gap).collect(),
                weights: pieces.iter().map(|piece| piece.shape.weight()).collect(),
                features,
                fold,
            }
        });
        let mut beliefs = vec![0.0; PARAMETERS];
        for (feature, label, worth) in features::beliefs() {
            beliefs[usize::from(feature) * L + label as usize] = worth;
        }
        Self {
            samples: samples.collect(),
            settings,
            beliefs,
        }
    }

    /// The fold that each page is in.
    pub fn folds(&self) -> Vec<usize> {
        self.samples.iter().map(|sample| sample.fold).collect()
    }

    /// Learns weights from all pages but those of fold `without`.
    pub fn fit(&self, without: Option<usize>) -> String {
        self.fit_weights(without).to_text()
    }

    fn fit_weights(&self, without: Option<usize>) -> Weights {
        let kept: Vec<usize> = (0..self.samples.len())
            .filter(|&i| Some(self.samples[i].fold) != without)
            .collect();
        let first = self.fit_table(&kept, None);
        let looks = self.looks(&kept);
        let second = self.fit_table(&kept, Some(&looks));
        Weights {
            looks: [first, second],
        }
    }

    /// First decisions on pages by models that have not seen their folds.
    fn looks(&self, kept: &[usize]) -> Vec<Look> {
        let mut looks: Vec<Look> = Vec::new();
        looks.resize_with(self.samples.len(), Look::default);
        for fold in 0..self.settings.folds {
            let (held, rest): (Vec<usize>, Vec<usize>) = kept
                .iter()
                .partition(|&&index| self.samples[index].fold == fold);
            if held.is_empty() || rest.is_empty() {
                continue;
            }
            let table = self.fit_table(&rest, None);
            for index in held {
                let sample = &self.samples[index];
                let mut decision = Decision::default();
                decision.first_look(
                    &sample.features,
                    |i| sample.gaps[i],
                    |i| sample.weights[i],
                    &table,
                );
                looks[index] = decision.look;
            }
        }
        looks
    }

    fn fit_table(&self, kept: &[usize], looks: Option<&[Look]>) -> Table {
        let active: Vec<(Vec<u32>, Vec<u32>)> = kept
            .par_iter()
            .map(|&index| {
                let features = &self.samples[index].features;
                let (mut ids, mut ends) = (Vec::new(), Vec::new());
                for piece in 0..features.len() {
                    let look = looks.map(|looks| &looks[index]);
                    ids.extend(decide::active(features, look, piece).map(|id| id as u32));
                    ends.push(ids.len() as u32);
                }
                (ids, ends)
            })
            .collect();
        let objective = |parameters: &[f64], gradient: &mut [f64]| {
            self.objective(kept, &active, parameters, gradient)
        };
        let parameters = minimise(objective, self.beliefs.clone(), self.settings.steps);
        to_table(&parameters)
    }

    /// Negative log-likelihood with the prior, and its gradient.
    fn objective(
        &self,
        kept: &[usize],
        active: &[(Vec<u32>, Vec<u32>)],
        parameters: &[f64],
        gradient: &mut [f64],
    ) -> f64 {
        let shards: Vec<(f64, Vec<f64>)> = (0..SHARDS)
            .into_par_iter()
            .map(|shard| {
                let mut gradient = vec![0.0; PARAMETERS];
                let mut loss = 0.0;
                for at in (shard..kept.len()).step_by(SHARDS) {
                    let sample = &self.samples[kept[at]];
                    let (ids, ends) = &active[at];
                    let importance = importance(sample.gold.len());
                    loss += page_loss(sample, ids, ends, parameters, importance, &mut gradient);
                }
                (loss, gradient)
            })
            .collect();
        let mut loss = 0.0;
        gradient.fill(0.0);
        for (part, slopes) in shards {
            loss += part;
            gradient
                .iter_mut()
                .zip(slopes)
                .for_each(|(sum, slope)| *sum += slope);
        }
        for ((slope, weight), belief) in gradient.iter_mut().zip(parameters).zip(&self.beliefs) {
            let moved = weight - belief;
            *slope += self.settings.prior * moved;
            loss += 0.5 * self.settings.prior * moved * moved;
        }
        loss
    }
}

/// Parts that a sum over pages is cut into; fixed, so that sums are the same anywhere.
const SHARDS: usize = 8;
const L: usize = Label::COUNT;
const STEPS: usize = names::ALL * L;
const START: usize = STEPS + GAPS * L * L;
const END: usize = START + L;
const PARAMETERS: usize = END + L;

/// What a page of so many pieces counts for one piece: less on long pages, so that a few
/// of them with hundreds of menu lines do not drown the others.
fn importance(pieces: usize) -> f64 {
    (50.0 / (10.0 + pieces as f64)).sqrt()
}

/// Deals sites out to folds, largest first, each to the fold with the fewest pieces of
/// text so far.
fn assign_folds(pages: &[GoldPage], folds: usize) -> Vec<usize> {
    let mut sites: Vec<(&str, usize)> = Vec::new();
    for page in pages {
        match sites.iter_mut().find(|site| site.0 == page.site()) {
            Some(site) => site.1 += 1,
            None => sites.push((page.site(), 1)),
        }
    }
    sites.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let mut sizes = vec![0; folds];
    let mut fold_of: Vec<(&str, usize)> = Vec::new();
    for (site, count) in sites {
        let smallest = (0..folds).min_by_key(|&fold| sizes[fold]).unwrap_or(0);
        sizes[smallest] += count;
        fold_of.push((site, smallest));
    }
    let find = |page: &GoldPage| fold_of.iter().find(|(site, _)| *site == page.site());
    pages
        .iter()
        .map(|page| find(page).map_or(0, |&(_, fold)| fold))
        .collect()
}

/// The label of most bytes of a piece.
fn gold_label(page: &GoldPage, piece: Span) -> Label {
    let mut bytes = [0usize; L];
    let first = page
        .spans
        .partition_point(|(span, _)| span.end <= piece.start);
    for (span, label) in page.spans[first..]
        .iter()
        .take_while(|(span, _)| span.start < piece.end)
    {
        bytes[*label as usize] += span.end.min(piece.end) - span.start.max(piece.start);
    }
    let most = (0..L)
        .max_by_key(|&label| (bytes[label], L - label))
        .unwrap_or(0);
    if bytes[most] == 0 {
        Label::Nav
    } else {
        Label::ALL[most]
    }
}

/// Negative log-likelihood of one page, and its gradient added to `gradient`.
fn page_loss(
    sample: &Sample,
    ids: &[u32],
    ends: &[u32],
    parameters: &[f64],
    importance: f64,
    gradient: &mut [f64],
) -> f64 {
    let count = ends.len();
    if count == 0 {
        return 0.0;
    }
    let range = |piece: usize| {
        let start = if piece == 0 {
            0
        } else {
            ends[piece - 1] as usize
        };
        &ids[start..ends[piece] as usize]
    };
    let scores: Vec<[f64; L]> = (0..count)
        .map(|piece| {
            let mut row = [0.0; L];
            for &id in range(piece) {
                let weights = &parameters[id as usize * L..][..L];
                row.iter_mut()
                    .zip(weights)
                    .for_each(|(sum, weight)| *sum += weight);
            }
            row
        })
        .collect();
    let step = |piece: usize| &parameters[STEPS + sample.gaps[piece] as usize * L * L..][..L * L];
    let (forward, backward, log_sum) = sums(&scores, &step, parameters);

    let mut loss = log_sum;
    for piece in 0..count {
        let gold = sample.gold[piece] as usize;
        loss -= scores[piece][gold];
        let mut slopes = [0.0; L];
        for (label, slope) in slopes.iter_mut().enumerate() {
            *slope = (forward[piece][label] + backward[piece][label] - log_sum).exp();
        }
        slopes[gold] -= 1.0;
        slopes.iter_mut().for_each(|s| *s *= importance);
        for &id in range(piece) {
            let sums = &mut gradient[id as usize * L..][..L];
            sums.iter_mut()
                .zip(&slopes)
                .for_each(|(sum, slope)| *sum += slope);
        }
        if piece == 0 {
            loss -= parameters[START + gold];
            gradient[START..END]
                .iter_mut()
                .zip(&slopes)
                .for_each(|(sum, slope)| *sum += slope);
        } else {
            let before = sample.gold[piece - 1] as usize;
            loss -= step(piece)[before * L + gold];
            let base = STEPS + sample.gaps[piece] as usize * L * L;
            for left in 0..L {
                for right in 0..L {
                    let both = forward[piece - 1][left]
                        + step(piece)[left * L + right]
                        + scores[piece][right]
                        + backward[piece][right];
                    gradient[base + left * L + right] += importance * (both - log_sum).exp();
                }
            }
            gradient[base + before * L + gold] -= importance;
        }
        if piece + 1 == count {
            loss -= parameters[END + gold];
            gradient[END..]
                .iter_mut()
                .zip(&slopes)
                .for_each(|(sum, slope)| *sum += slope);
        }
    }
    loss
}

/// Log-sums over all label sequences up to and from each piece.
fn sums<'p>(
    scores: &[[f64; L]],
    step: &impl Fn(usize) -> &'p [f64],
    parameters: &[f64],
) -> (Vec<[f64; L]>, Vec<[f64; L]>, f64) {
    let count = scores.len();
    let mut forward = vec![[0.0; L]; count];
    let mut backward = vec![[0.0; L]; count];
    for label in 0..L {
        forward[0][label] = parameters[START + label] + scores[0][label];
        backward[count - 1][label] = parameters[END + label];
    }
    for piece in 1..count {
        let steps = step(piece);
        for right in 0..L {
            let terms =
                std::array::from_fn(|left| forward[piece - 1][left] + steps[left * L + right]);
            forward[piece][right] = log_sum_exp(&terms) + scores[piece][right];
        }
    }
    for piece in (1..count).rev() {
        let steps = step(piece);
        for left in 0..L {
            let terms = std::array::from_fn(|right| {
                steps[left * L + right] + scores[piece][right] + backward[piece][right]
            });
            backward[piece - 1][left] = log_sum_exp(&terms);
        }
    }
    let last = std::array::from_fn(|label| forward[count - 1][label] + backward[count - 1][label]);
    (forward, backward, log_sum_exp(&last))
}

fn log_sum_exp(terms: &[f64; L]) -> f64 {
    let most = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    most + terms
        .iter()
        .map(|term| (term - most).exp())
        .sum::<f64>()
        .ln()
}

fn to_table(parameters: &[f64]) -> Table {
    let row = |at: usize| -> Row {
        std::array::from_fn(|label| (parameters[at + label] * f64::from(UNIT)).round() as i32)
    };
    Table {
        rows: (0..names::ALL).map(|feature| row(feature * L)).collect(),
        transitions: Transitions {
            steps: std::array::from_fn(|gap| {
                std::array::from_fn(|left| row(STEPS + (gap * L + left) * L))
            }),
            start: row(START),
            end: row(END),
        },
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Minimises a smooth function from `at` by L-BFGS with backtracking.
fn minimise(
    mut objective: impl FnMut(&[f64], &mut [f64]) -> f64,
    mut at: Vec<f64>,
    steps: usize,
) -> Vec<f64> {
    const MEMORY: usize = 8;
    let size = at.len();
    let mut slope = vec![0.0; size];
    let mut value = objective(&at, &mut slope);
    let mut history: Vec<(Vec<f64>, Vec<f64>, f64)> = Vec::new();
    let mut next_slope = vec![0.0; size];
    for step in 0..steps {
        let direction = descent(&slope, &history);
        let decline = dot(&direction, &slope);
        let mut length = if step == 0 {
            1.0 / dot(&slope, &slope).sqrt().max(1.0)
        } else {
            1.0
        };
        let (next, next_value) = loop {
            let next: Vec<f64> = at
                .iter()
                .zip(&direction)
                .map(|(x, d)| x + length * d)
                .collect();
            let next_value = objective(&next, &mut next_slope);
            if next_value <= value + 1e-4 * length * decline || length < 1e-10 {
                break (next, next_value);
            }
            length *= 0.5;
        };
        let moved: Vec<f64> = next.iter().zip(&at).map(|(x, y)| x - y).collect();
        let bent: Vec<f64> = next_slope.iter().zip(&slope).map(|(x, y)| x - y).collect();
        let curve = dot(&moved, &bent);
        if curve > 1e-12 {
            if history.len() == MEMORY {
                history.remove(0);
            }
            history.push((moved, bent, 1.0 / curve));
        }
        let gain = value - next_value;
        at = next;
        value = next_value;
        std::mem::swap(&mut slope, &mut next_slope);
        if gain < 1e-5 * value.abs() {
            break;
        }
    }
    at
}

/// The direction that L-BFGS takes: the slope, corrected by what past steps told.
fn descent(slope: &[f64], history: &[(Vec<f64>, Vec<f64>, f64)]) -> Vec<f64> {
    let mut direction: Vec<f64> = slope.iter().map(|x| -x).collect();
    let mut shares = Vec::with_capacity(history.len());
    for (moved, bent, inverse) in history.iter().rev() {
        let share = inverse * dot(moved, &direction);
        direction
            .iter_mut()
            .zip(bent)
            .for_each(|(d, y)| *d -= share * y);
        shares.push(share);
    }
    if let Some((moved, bent, _)) = history.last() {
        let scale = dot(moved, bent) / dot(bent, bent);
        direction.iter_mut().for_each(|d| *d *= scale);
    }
    for ((moved, bent, inverse), share) in history.iter().zip(shares.iter().rev()) {
        let back = inverse * dot(bent, &direction);
        direction
            .iter_mut()
            .zip(moved)
            .for_each(|(d, s)| *d += (share - back) * s);
    }
    direction
}
