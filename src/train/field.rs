//! What is minimised: how unlikely the right labels are under given weights, and its slope.
//!
//! Parameters are rows of a weight for each label: features first, then for each gap and
//! each label before it what the label behind is worth, then start and end.
//!
//! The sums over all label sequences run on probabilities, not on their logarithms: each
//! piece's are scaled to sum to 1, which is as safe and needs no `exp` between pieces.

use rayon::prelude::*;

use crate::decide::chain::GAPS;
use crate::features::names;
use crate::label::Label;

const L: usize = Label::COUNT;

/// A number for each label.
pub(super) type Row = [f64; L];

/// Where the rows of transitions begin.
pub(super) const STEPS: usize = names::ALL;
pub(super) const START: usize = STEPS + GAPS * L;
pub(super) const END: usize = START + 1;
/// How many rows there are.
pub(super) const ROWS: usize = END + 1;

/// A page: the features of each piece, and its label.
pub(super) struct Example {
    ids: Vec<u32>,
    /// For each piece, where its features end in `ids`.
    ends: Vec<usize>,
    gaps: Vec<usize>,
    gold: Vec<usize>,
    importance: f64,
}

impl Example {
    pub(super) fn new(ids: Vec<u32>, ends: Vec<usize>, gaps: Vec<usize>, gold: Vec<usize>) -> Self {
        // What a page of so many pieces counts for one piece: less on long pages, so that a
        // few of them with hundreds of menu lines do not drown the others.
        let importance = (50.0 / (10.0 + ends.len() as f64)).sqrt();
        Self {
            ids,
            ends,
            gaps,
            gold,
            importance,
        }
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    fn features(&self, piece: usize) -> &[u32] {
        let start = if piece == 0 { 0 } else { self.ends[piece - 1] };
        &self.ids[start..self.ends[piece]]
    }
}

/// The function to minimise.
pub(super) struct Objective<'e> {
    examples: &'e [Example],
    beliefs: &'e [Row],
    prior: f64,
    shards: Vec<Shard>,
}

/// Parts that a sum over pages is cut into; fixed, so that sums are the same anywhere.
const SHARDS: usize = 8;

/// The sum over one part of the pages. Its memory is used again.
struct Shard {
    loss: f64,
    slope: Vec<Row>,
    scratch: Scratch,
}

impl<'e> Objective<'e> {
    pub(super) fn new(examples: &'e [Example], beliefs: &'e [Row], prior: f64) -> Self {
        let shard = || Shard {
            loss: 0.0,
            slope: vec![[0.0; L]; ROWS],
            scratch: Scratch::default(),
        };
        Self {
            examples,
            beliefs,
            prior,
            shards: (0..SHARDS).map(|_| shard()).collect(),
        }
    }

    /// Negative log-likelihood with the prior; its gradient goes into `slope`.
    pub(super) fn value(&mut self, parameters: &[f64], slope: &mut [f64]) -> f64 {
        let weights = Weights::new(parameters);
        let examples = self.examples;
        self.shards
            .par_iter_mut()
            .enumerate()
            .for_each(|(number, shard)| {
                shard.loss = 0.0;
                shard.slope.fill([0.0; L]);
                for example in examples.iter().skip(number).step_by(SHARDS) {
                    shard.add(example, &weights);
                }
            });
        let mut loss = 0.0;
        slope.fill(0.0);
        for shard in &self.shards {
            loss += shard.loss;
            add(slope, shard.slope.as_flattened());
        }
        let beliefs = self.beliefs.as_flattened();
        for ((slope, weight), belief) in slope.iter_mut().zip(parameters).zip(beliefs) {
            let moved = weight - belief;
            *slope += self.prior * moved;
            loss += 0.5 * self.prior * moved * moved;
        }
        loss
    }
}

/// Parameters, with what is needed of them for every piece.
struct Weights<'w> {
    rows: &'w [Row],
    /// By gap, by label before: the exponential of a transition's weight.
    steps: Vec<[Row; L]>,
}

impl<'w> Weights<'w> {
    fn new(parameters: &'w [f64]) -> Self {
        let (rows, _) = parameters.as_chunks::<L>();
        let step =
            |gap: usize| std::array::from_fn(|left| rows[STEPS + gap * L + left].map(f64::exp));
        Self {
            rows,
            steps: (0..GAPS).map(step).collect(),
        }
    }
}

/// For each piece of a page: scores of the labels, their exponentials (relative to the
/// best), the share of sequences up to it and from it, and the scale of the first.
#[derive(Default)]
struct Scratch {
    scores: Vec<Row>,
    odds: Vec<Row>,
    forward: Vec<Row>,
    backward: Vec<Row>,
    scales: Vec<f64>,
}

impl Scratch {
    /// The scores of all pieces; start and end count as features of the first and last.
    fn score(&mut self, example: &Example, weights: &Weights<'_>) {
        self.scores.clear();
        let last = example.len() - 1;
        for piece in 0..example.len() {
            let mut row = [0.0; L];
            for &id in example.features(piece) {
                add(&mut row, &weights.rows[id as usize]);
            }
            if piece == 0 {
                add(&mut row, &weights.rows[START]);
            }
            if piece == last {
                add(&mut row, &weights.rows[END]);
            }
            self.scores.push(row);
        }
    }

    /// Fills the rest; returns the logarithm of the sum over all label sequences.
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
    fn ahead(&self, piece: usize) -> Row {
        let (odds, backward) = (&self.odds[piece], &self.backward[piece]);
        std::array::from_fn(|label| odds[label] * backward[label] / self.scales[piece])
    }
}

impl Shard {
    /// Adds one page's loss and its gradient.
    fn add(&mut self, example: &Example, weights: &Weights<'_>) {
        if example.len() == 0 {
            return;
        }
        self.scratch.score(example, weights);
        let mut loss = self.scratch.sum(example, weights);
        for (piece, &gold) in example.gold.iter().enumerate() {
            loss -= self.scratch.scores[piece][gold];
            if piece > 0 {
                let before = example.gold[piece - 1];
                loss -= weights.rows[STEPS + example.gaps[piece] * L + before][gold];
            }
        }
        self.loss += example.importance * loss;
        self.slope_of_pieces(example);
        self.slope_of_steps(example, weights);
    }

    /// For each piece: how likely each label is, less the right one.
    fn slope_of_pieces(&mut self, example: &Example) {
        let last = example.len() - 1;
        for (piece, &gold) in example.gold.iter().enumerate() {
            let (forward, backward) = (&self.scratch.forward[piece], &self.scratch.backward[piece]);
            let mut slopes: Row = std::array::from_fn(|label| forward[label] * backward[label]);
            slopes[gold] -= 1.0;
            slopes
                .iter_mut()
                .for_each(|slope| *slope *= example.importance);
            for &id in example.features(piece) {
                add(&mut self.slope[id as usize], &slopes);
            }
            if piece == 0 {
                add(&mut self.slope[START], &slopes);
            }
            if piece == last {
                add(&mut self.slope[END], &slopes);
            }
        }
    }

    /// For each two neighbours: how likely each pair of labels is, less the right one.
    fn slope_of_steps(&mut self, example: &Example, weights: &Weights<'_>) {
        for piece in 1..example.len() {
            let gap = example.gaps[piece];
            let ahead = self
                .scratch
                .ahead(piece)
                .map(|ahead| ahead * example.importance);
            let before = &self.scratch.forward[piece - 1];
            let slopes = &mut self.slope[STEPS + gap * L..][..L];
            for ((slopes, steps), share) in slopes.iter_mut().zip(&weights.steps[gap]).zip(before) {
                let pairs = steps.iter().zip(&ahead);
                slopes
                    .iter_mut()
                    .zip(pairs)
                    .for_each(|(sum, (step, ahead))| *sum += share * step * ahead);
            }
            slopes[example.gold[piece - 1]][example.gold[piece]] -= example.importance;
        }
    }
}

fn add(sums: &mut [f64], terms: &[f64]) {
    sums.iter_mut()
        .zip(terms)
        .for_each(|(sum, term)| *sum += term);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two pages of a few features each, and weights that are not all zero.
    fn pages() -> (Vec<Example>, Vec<Row>, Vec<f64>) {
        let examples = vec![
            Example::new(
                vec![3, 7, 7, 9],
                vec![1, 3, 4],
                vec![0, 1, 2],
                vec![0, 2, 2],
            ),
            Example::new(vec![3, 5], vec![2], vec![0], vec![6]),
            Example::new(vec![], vec![], vec![], vec![]),
        ];
        let mut beliefs = vec![[0.0; L]; ROWS];
        beliefs[7][4] = 1.5;
        let weight = |at: usize| ((at * 37 % 101) as f64 - 50.0) / 40.0;
        (examples, beliefs, (0..ROWS * L).map(weight).collect())
    }

    #[test]
    fn the_loss_is_that_of_all_sequences_counted_one_by_one() {
        let (examples, beliefs, parameters) = pages();
        let row = |at: usize| &parameters[at * L..][..L];
        let page = &examples[0];
        let worth = |labels: [usize; 3]| {
            let mut sum = row(START)[labels[0]] + row(END)[labels[2]];
            for (piece, label) in labels.into_iter().enumerate() {
                let features = page.features(piece).iter();
                sum += features.map(|&id| row(id as usize)[label]).sum::<f64>();
            }
            for piece in 1..3 {
                sum += row(STEPS + page.gaps[piece] * L + labels[piece - 1])[labels[piece]];
            }
            sum
        };
        let all = (0..L * L * L).map(|n| [n / L / L, n / L % L, n % L]);
        let total: f64 = all.map(|labels| worth(labels).exp()).sum();
        let expected = page.importance * (total.ln() - worth([0, 2, 2]));
        let mut slope = vec![0.0; parameters.len()];
        let loss = Objective::new(&examples[..1], &beliefs, 0.0).value(&parameters, &mut slope);
        assert!((loss - expected).abs() < 1e-9, "{loss} {expected}");
    }

    #[test]
    fn the_slope_is_that_of_the_loss() {
        let (examples, beliefs, parameters) = pages();
        let mut objective = Objective::new(&examples, &beliefs, 0.3);
        let mut slope = vec![0.0; parameters.len()];
        objective.value(&parameters, &mut slope);
        let mut unused = slope.clone();
        let rows = [
            3,
            5,
            7,
            9,
            11,
            STEPS,
            STEPS + L,
            STEPS + 2 * L + 2,
            START,
            END,
        ];
        for at in rows.iter().flat_map(|row| row * L..(row + 1) * L) {
            let mut moved = parameters.clone();
            let mut value = |by: f64| {
                moved[at] = parameters[at] + by;
                objective.value(&moved, &mut unused)
            };
            let measured = (value(1e-5) - value(-1e-5)) / 2e-5;
            assert!(
                (measured - slope[at]).abs() < 1e-6,
                "{at}: {measured} {}",
                slope[at]
            );
        }
    }
}
