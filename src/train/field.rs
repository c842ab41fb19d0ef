//! What is minimised: how unlikely the right labels are under given parameters, and its slope.
//!
//! Parameters are those of the network, and rows of a weight for each label: features first, then
//! for each gap and each label before it what the label behind is worth, then start and end.
//!
//! The sums over all label sequences run on probabilities, not on their logarithms: each
//! piece's are scaled to sum to 1, which is as safe and needs no `exp` between pieces.

use crate::decide::chain::GAPS;
use crate::decide::net::{self, Net, Trace};
use crate::features::Features;
use crate::features::names::{self, Id};
use crate::label::Label;
use crate::pair_search::{Work, vectorised};

const L: usize = Label::COUNT;

/// A number for each label.
type Row = [f64; L];

/// Where the rows of transitions begin.
pub(super) const STEPS: usize = names::ALL;
pub(super) const START: usize = STEPS + GAPS * L;
pub(super) const END: usize = START + 1;
/// How many rows there are.
pub(super) const ROWS: usize = END + 1;

/// Parameters, or a slope for each.
#[derive(Clone)]
pub(super) struct Model {
    pub(super) net: Net,
    pub(super) rows: Vec<[f32; L]>,
}

impl Model {
    /// Zeros, for networks that know so many features and terms.
    pub(super) fn zero(points: usize) -> Self {
        Self {
            net: Net::new(points),
            rows: vec![[0.0; L]; ROWS],
        }
    }

    /// All numbers, row by row, in a fixed order.
    pub(super) fn numbers(&mut self) -> impl Iterator<Item = &mut [f32]> {
        let net = self.net.rows_mut().map(|row| &mut row.0[..]);
        net.chain(self.rows.iter_mut().map(|row| &mut row[..]))
    }
}

/// A page: the features of each piece, its terms, and its label.
pub(super) struct Example {
    ids: Vec<Id>,
    /// For each piece, where its own features end in `ids`, and where its terms, which follow.
    ends: Vec<[usize; 2]>,
    gaps: Vec<usize>,
    gold: Vec<usize>,
    /// Whether each piece holds an item.
    holds: Vec<bool>,
    importance: f64,
}

impl Example {
    pub(super) fn new(
        features: &Features,
        gaps: Vec<usize>,
        gold: Vec<usize>,
        holds: Vec<bool>,
    ) -> Self {
        let (mut ids, mut ends) = (Vec::new(), Vec::new());
        for piece in 0..features.len() {
            ids.extend_from_slice(features.own(piece));
            ends.push([ids.len(); 2]);
        }
        // What a page of so many pieces counts for one piece: less on long pages, so that a
        // few of them with hundreds of menu lines do not drown the others.
        let importance = 1.0 / (10.0 + ends.len() as f64).sqrt();
        Self {
            ids,
            ends,
            gaps,
            gold,
            holds,
            importance,
        }
    }

    /// The same page with the terms that `push` tells of each piece.
    pub(super) fn with_terms(&self, push: impl Fn(usize, &mut Vec<Id>)) -> Self {
        let (mut ids, mut ends) = (Vec::new(), Vec::new());
        for piece in 0..self.len() {
            ids.extend_from_slice(self.own(piece));
            let end = ids.len();
            push(piece, &mut ids);
            ends.push([end, ids.len()]);
        }
        let (gaps, gold) = (self.gaps.clone(), self.gold.clone());
        Self {
            ids,
            ends,
            gaps,
            gold,
            holds: self.holds.clone(),
            importance: self.importance,
        }
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    fn own(&self, piece: usize) -> &[Id] {
        &self.ids[self.start(piece)..self.ends[piece][0]]
    }

    fn own_and_terms(&self, piece: usize) -> &[Id] {
        &self.ids[self.start(piece)..self.ends[piece][1]]
    }

    fn start(&self, piece: usize) -> usize {
        match piece {
            0 => 0,
            _ => self.ends[piece - 1][1],
        }
    }

    /// Where networks say whether a piece of a list holds an item.
    fn item_output(&self, piece: usize) -> Option<usize> {
        net::item_output(Label::ALL[self.gold[piece]])
    }

    /// Rows of what is near: the pieces before and behind.
    fn near(&self, piece: usize) -> impl Iterator<Item = (usize, Id)> + '_ {
        let side = move |side: usize, at: Option<usize>| {
            let ids = at
                .filter(|&at| at < self.len())
                .map_or(&[][..], |at| self.own(at));
            let ids = ids.iter().filter(|&&id| names::near(id));
            ids.map(move |&id| (side * names::OWN + usize::from(id), id))
        };
        side(1, piece.checked_sub(1)).chain(side(2, Some(piece + 1)))
    }

    /// Each row of a piece, and the feature that it is of.
    fn rows(&self, piece: usize) -> impl Iterator<Item = (usize, Id)> + '_ {
        let own = self.own(piece).iter().map(|&id| (usize::from(id), id));
        own.chain(self.near(piece))
    }
}

/// How much each feature counts on one page, for the time being.
pub(super) type Shares = [f32];

/// The sum over some pages. Its memory is used again.
pub(super) struct Shard {
    pub(super) loss: f64,
    pub(super) slope: Model,
    scratch: Scratch,
    trace: Trace,
}

struct Add<'a> {
    shard: &'a mut Shard,
    example: &'a Example,
    shares: &'a Shares,
    weights: &'a Weights<'a>,
}

impl Work for Add<'_> {
    #[inline(always)]
    fn run(self) {
        self.shard.add_page(self.example, self.shares, self.weights);
    }
}

/// Parameters, with what is needed of them for every piece.
pub(super) struct Weights<'w> {
    model: &'w Model,
    /// By gap, by label before: the exponential of a transition's weight.
    steps: Vec<[Row; L]>,
}

impl<'w> Weights<'w> {
    pub(super) fn new(model: &'w Model) -> Self {
        let row = |at: usize| model.rows[at].map(|weight| f64::from(weight).exp());
        let step = |gap: usize| std::array::from_fn(|left| row(STEPS + gap * L + left));
        Self {
            model,
            steps: (0..GAPS).map(step).collect(),
        }
    }
}

/// For each piece of a page: what the network says, scores of the labels, their exponentials
/// (relative to the best), the share of sequences up to it and from it, and the scale of the first.
#[derive(Default)]
struct Scratch {
    worths: Vec<net::Worth>,
    scores: Vec<Row>,
    odds: Vec<Row>,
    forward: Vec<Row>,
    backward: Vec<Row>,
    scales: Vec<f64>,
}

impl Scratch {
    /// The scores of all pieces; start and end count as features of the first and last.
    #[inline(always)]
    fn score(&mut self, example: &Example, shares: &Shares, model: &Model, trace: &mut Trace) {
        trace.points.clear();
        for piece in 0..example.len() {
            let mut sum = net::Point::ZERO;
            for &id in example.own_and_terms(piece) {
                let id = usize::from(id);
                net::add(&mut sum, &model.net.points[id], shares[id]);
            }
            trace.points.push(sum);
        }
        model.net.run(trace);
        self.worths.clear();
        self.worths.resize(example.len(), net::Worth::default());
        model.net.add_worths(trace, &mut self.worths);
        self.scores.clear();
        let last = example.len() - 1;
        for piece in 0..example.len() {
            let worth = &self.worths[piece];
            let mut row: [f32; L] = std::array::from_fn(|label| worth[label]);
            for (at, id) in example.rows(piece) {
                add(&mut row, &model.rows[at], shares[usize::from(id)]);
            }
            if piece == 0 {
                add(&mut row, &model.rows[START], 1.0);
            }
            if piece == last {
                add(&mut row, &model.rows[END], 1.0);
            }
            self.scores.push(row.map(f64::from));
        }
    }

    /// Fills the rest; returns the logarithm of the sum over all label sequences.
    #[inline(always)]
    fn sum(&mut self, example: &Example, weights: &Weights<'_>) -> f64 {
        let count = example.len();
        self.odds.clear();
        self.forward.clear();
        self.scales.clear();
        let mut log_sum = 0.0;
        for (piece, scores) in self.scores.iter().enumerate() {
            let best = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let odds = scores.map(|score| (score - best).exp());
            let mut row = match self.forward.last() {
                None => odds,
                Some(before) => {
                    let mut row = [0.0; L];
                    for (share, steps) in before.iter().zip(&weights.steps[example.gaps[piece]]) {
                        row.iter_mut()
                            .zip(steps)
                            .for_each(|(sum, step)| *sum += share * step);
                    }
                    row.iter_mut()
                        .zip(&odds)
                        .for_each(|(sum, odds)| *sum *= odds);
                    row
                }
            };
            let scale: f64 = row.iter().sum();
            row.iter_mut().for_each(|share| *share /= scale);
            log_sum += best + scale.ln();
            self.odds.push(odds);
            self.forward.push(row);
            self.scales.push(scale);
        }
        self.backward.clear();
        self.backward.resize(count, [1.0; L]);
        for piece in (1..count).rev() {
            let ahead = self.ahead(piece);
            let steps = &weights.steps[example.gaps[piece]];
            for (sum, steps) in self.backward[piece - 1].iter_mut().zip(steps) {
                *sum = steps
                    .iter()
                    .zip(&ahead)
                    .map(|(step, ahead)| step * ahead)
                    .sum();
            }
        }
        log_sum
    }

    /// What a label of this piece is worth to the piece before.
    #[inline(always)]
    fn ahead(&self, piece: usize) -> Row {
        let (odds, backward) = (&self.odds[piece], &self.backward[piece]);
        std::array::from_fn(|label| odds[label] * backward[label] / self.scales[piece])
    }
}

impl Shard {
    pub(super) fn new(points: usize) -> Self {
        Self {
            loss: 0.0,
            slope: Model::zero(points),
            scratch: Scratch::default(),
            trace: Trace::kept(),
        }
    }

    pub(super) fn clear(&mut self) {
        self.loss = 0.0;
        self.slope.numbers().for_each(|slopes| slopes.fill(0.0));
    }

    /// Adds one page's loss and its slope, where so many layers of the network see what is around
    /// a piece.
    pub(super) fn add(
        &mut self,
        example: &Example,
        shares: &Shares,
        sighted: usize,
        weights: &Weights<'_>,
    ) {
        self.trace.blind_behind(sighted);
        vectorised(Add {
            shard: self,
            example,
            shares,
            weights,
        });
    }

    #[inline(always)]
    fn add_page(&mut self, example: &Example, shares: &Shares, weights: &Weights<'_>) {
        if example.len() == 0 {
            return;
        }
        let model = weights.model;
        self.scratch.score(example, shares, model, &mut self.trace);
        let mut loss = self.scratch.sum(example, weights);
        for (piece, &gold) in example.gold.iter().enumerate() {
            loss -= self.scratch.scores[piece][gold];
            if piece > 0 {
                let before = example.gold[piece - 1];
                let step = STEPS + example.gaps[piece] * L + before;
                loss -= f64::from(model.rows[step][gold]);
            }
        }
        for (piece, worth) in self.scratch.worths.iter().enumerate() {
            if let Some(output) = example.item_output(piece) {
                loss += surprise(worth[output], example.holds[piece]);
            }
        }
        self.loss += example.importance * loss;
        self.slope_of_pieces(example, shares, model);
        self.slope_of_steps(example, weights);
    }

    /// For each piece: how likely each label is, less the right one.
    #[inline(always)]
    fn slope_of_pieces(&mut self, example: &Example, shares: &Shares, model: &Model) {
        let last = example.len() - 1;
        let mut all = Vec::with_capacity(example.len());
        for (piece, &gold) in example.gold.iter().enumerate() {
            let (forward, backward) = (&self.scratch.forward[piece], &self.scratch.backward[piece]);
            let mut slopes: Row = std::array::from_fn(|label| forward[label] * backward[label]);
            slopes[gold] -= 1.0;
            let slopes = slopes.map(|slope| (slope * example.importance) as f32);
            for (at, id) in example.rows(piece) {
                add(&mut self.slope.rows[at], &slopes, shares[usize::from(id)]);
            }
            if piece == 0 {
                add(&mut self.slope.rows[START], &slopes, 1.0);
            }
            if piece == last {
                add(&mut self.slope.rows[END], &slopes, 1.0);
            }
            let mut outputs = [0.0; net::OUTPUTS];
            outputs[..L].copy_from_slice(&slopes);
            if let Some(output) = example.item_output(piece) {
                let holds = f64::from(u8::from(example.holds[piece]));
                let slope = chance(self.scratch.worths[piece][output]) - holds;
                outputs[output] = (slope * example.importance) as f32;
            }
            all.push(outputs);
        }
        let points = model
            .net
            .slope(0..all.len(), &all, &self.trace, &mut self.slope.net);
        for (piece, slopes) in points.iter().enumerate() {
            for &id in example.own_and_terms(piece) {
                let id = usize::from(id);
                net::add(&mut self.slope.net.points[id], slopes, shares[id]);
            }
        }
    }

    /// For each two neighbours: how likely each pair of labels is, less the right one.
    #[inline(always)]
    fn slope_of_steps(&mut self, example: &Example, weights: &Weights<'_>) {
        for piece in 1..example.len() {
            let gap = example.gaps[piece];
            let ahead = self
                .scratch
                .ahead(piece)
                .map(|ahead| ahead * example.importance);
            let before = &self.scratch.forward[piece - 1];
            let slopes = &mut self.slope.rows[STEPS + gap * L..][..L];
            for ((slopes, steps), share) in slopes.iter_mut().zip(&weights.steps[gap]).zip(before) {
                let pairs = steps.iter().zip(&ahead);
                slopes
                    .iter_mut()
                    .zip(pairs)
                    .for_each(|(sum, (step, ahead))| *sum += (share * step * ahead) as f32);
            }
            slopes[example.gold[piece - 1]][example.gold[piece]] -= example.importance as f32;
        }
    }
}

/// How probable it is that a piece holds an item.
fn chance(worth: f32) -> f64 {
    1.0 / (1.0 + f64::from(-worth).exp())
}

/// How unlikely it is that it does, or does not: the logarithm.
fn surprise(worth: f32, holds: bool) -> f64 {
    let against = f64::from(if holds { -worth } else { worth });
    against.max(0.0) + (-against.abs()).exp().ln_1p()
}

#[inline(always)]
fn add(sums: &mut [f32; L], terms: &[f32; L], share: f32) {
    for (sum, term) in sums.iter_mut().zip(terms) {
        *sum += term * share;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::net::LAYERS;

    const TAGS: usize = Label::Tags as usize;
    const RELATED: usize = Label::Related as usize;
    /// One term.
    const TERM: Id = names::OWN as Id;
    const POINTS: usize = names::OWN + 1;

    /// Two pages of a few features each, and parameters that are not all zero.
    fn pages() -> (Vec<Example>, Model) {
        let page = |ids: Vec<Id>, ends: Vec<[usize; 2]>, gaps: Vec<usize>, gold| Example {
            ids,
            holds: [false, true, false][..ends.len()].to_vec(),
            ends,
            gaps,
            gold,
            importance: 0.3,
        };
        let examples = vec![
            page(
                vec![3, 7, 7, 9],
                vec![[1, 1], [3, 3], [4, 4]],
                vec![0, 1, 2],
                vec![0, TAGS, RELATED],
            ),
            page(vec![3, 5, TERM], vec![[2, 3]], vec![0], vec![6]),
            page(vec![], vec![], vec![], vec![]),
        ];
        let mut model = Model::zero(POINTS);
        for (at, number) in model.numbers().flatten().enumerate() {
            *number = ((at * 37 % 101) as f32 - 50.0) / 80.0;
        }
        // Far from where the slope jumps, so that it can be measured.
        let biases = model
            .net
            .layers
            .iter_mut()
            .flat_map(|layer| &mut layer.bias.0);
        biases.for_each(|bias| *bias += 9.0);
        (examples, model)
    }

    fn loss(examples: &[Example], model: &Model) -> (f64, Model) {
        loss_of(examples, model, LAYERS)
    }

    fn loss_of(examples: &[Example], model: &Model, sighted: usize) -> (f64, Model) {
        let mut shard = Shard::new(POINTS);
        shard.clear();
        let mut shares = vec![1.0; POINTS];
        shares[7] = 0.0;
        let weights = Weights::new(model);
        for example in examples {
            shard.add(example, &shares, sighted, &weights);
        }
        (shard.loss, shard.slope)
    }

    #[test]
    fn the_loss_is_that_of_all_sequences_counted_one_by_one() {
        let (examples, mut model) = pages();
        model.net.outputs = [net::Point::ZERO; net::OUTPUTS];
        let row = |at: usize| model.rows[at].map(f64::from);
        let page = &examples[0];
        let worth = |labels: [usize; 3]| {
            let mut sum = row(START)[labels[0]] + row(END)[labels[2]];
            for (piece, label) in labels.into_iter().enumerate() {
                let rows = page.rows(piece).filter(|(_, id)| *id != 7);
                sum += rows.map(|(at, _)| row(at)[label]).sum::<f64>();
            }
            for piece in 1..3 {
                sum += row(STEPS + page.gaps[piece] * L + labels[piece - 1])[labels[piece]];
            }
            sum
        };
        let all = (0..L * L * L).map(|n| [n / L / L, n / L % L, n % L]);
        let total: f64 = all.map(|labels| worth(labels).exp()).sum();
        // Of the two pieces of lists nothing is known.
        let unknown = 2.0 * 2f64.ln();
        let expected = page.importance * (total.ln() - worth([0, TAGS, RELATED]) + unknown);
        let (loss, _) = loss(&examples[..1], &model);
        assert!((loss - expected).abs() < 1e-5, "{loss} {expected}");
    }

    #[test]
    fn the_slope_is_that_of_the_loss() {
        for sighted in [LAYERS, 2] {
            check_slope(sighted);
        }
    }

    fn check_slope(sighted: usize) {
        let (examples, model) = pages();
        let (_, mut slope) = loss_of(&examples, &model, sighted);
        let slopes: Vec<f32> = slope.numbers().flatten().map(|slope| *slope).collect();
        let of_rows = usize::from(TERM) * net::DIM;
        let some = (3 * net::DIM..10 * net::DIM).chain(of_rows..slopes.len());
        for at in some.filter(|&at| slopes[at] != 0.0).step_by(13) {
            let value = |by: f32| {
                let mut moved = model.clone();
                *moved.numbers().flatten().nth(at).unwrap() += by;
                loss_of(&examples, &moved, sighted).0
            };
            let measured = (value(1e-2) - value(-1e-2)) / 2e-2;
            let far = (measured - f64::from(slopes[at])).abs();
            assert!(
                far < 2e-3 + 0.02 * measured.abs(),
                "{at}, {sighted} layers: {measured} {}",
                slopes[at]
            );
        }
    }
}
