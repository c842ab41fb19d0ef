//! Examples become parameters: Adam (Kingma and Ba, ICLR 2015), a few pages a step.

use rayon::prelude::*;

use crate::decide::net::{DIM, LAYERS, Point};
use crate::random::Random;
use crate::train::field::{Example, Model, Shard, Weights};

/// Pages of one step.
const BATCH: usize = 24;
/// Parts that a step's pages are cut into; fixed, so that sums are the same for any number of
/// threads.
const SHARDS: usize = 6;
/// Share of the features that a page is learned without, so that none is relied on alone
/// (dropout: Srivastava and others, JMLR 15, 2014).
const DROPPED: f32 = 0.5;
/// Share of the pages that are learned with some of the network's layers, any number of the last,
/// blind to what is around a piece, so that what a piece says of itself is not drowned by that.
const BLIND: f32 = 0.12;
/// The longest step, and how many it takes to get there; from there on they get shorter.
const LONGEST: f32 = 3e-3;
const WARM: usize = 50;
/// A longer slope is shortened to this.
const STEEPEST: f32 = 1.0;
/// How much of the mean slope, and of the mean of its square, each step keeps.
const KEPT: f32 = 0.9;
const SQUARE_KEPT: f32 = 0.99;

/// Learns from `examples`, from the start that `seed` stands for. `pull` draws the rows of the
/// table to where they start from.
pub(super) fn minimise(
    examples: &[Example],
    start: &Model,
    steps: usize,
    pull: f32,
    seed: u64,
) -> Model {
    let mut model = start.clone();
    let mut random = Random(seed);
    scatter(&mut model, &mut random);
    let points = model.net.points.len();
    let mut slope = Model::zero(points);
    let mut adam = Adam::new(points);
    let mut shards: Vec<Shard> = (0..SHARDS).map(|_| Shard::new(points)).collect();
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let mut at = order.len();
    for step in 1..=steps {
        if at >= order.len() {
            random.shuffle(&mut order);
            at = 0;
        }
        let batch = &order[at..order.len().min(at + BATCH)];
        at += BATCH;
        let weights = Weights::new(&model);
        let parts = shards.par_iter_mut().enumerate();
        parts.for_each(|(number, shard)| {
            shard.clear();
            for &page in batch.iter().skip(number).step_by(SHARDS) {
                let mut random = Random((step * examples.len() + page) as u64 ^ (seed << 48));
                let shares = shares(&mut random, points);
                let sighted = sighted(&mut random);
                shard.add(&examples[page], &shares, sighted, &weights);
            }
        });
        slope.numbers().for_each(|slopes| slopes.fill(0.0));
        let share = 1.0 / batch.len().max(1) as f32;
        for shard in &mut shards {
            for (sums, parts) in slope.numbers().zip(shard.slope.numbers()) {
                let pairs = sums.iter_mut().zip(parts);
                pairs.for_each(|(sum, part)| *sum += *part * share);
            }
        }
        let table = slope.rows.iter_mut().flatten();
        let from = model.rows.iter().flatten().zip(start.rows.iter().flatten());
        for (slope, (weight, start)) in table.zip(from) {
            *slope += pull * (weight - start);
        }
        adam.step(&mut model, &mut slope, rate(step, steps));
    }
    model
}

/// How long a step is.
fn rate(step: usize, steps: usize) -> f32 {
    let turn = std::f32::consts::PI * step as f32 / steps as f32;
    let warmth = (step as f32 / WARM as f32).min(1.0);
    LONGEST * warmth * (0.5 + 0.5 * turn.cos()) + 1e-5
}

struct Adam {
    mean: Model,
    square: Model,
    steps: i32,
}

impl Adam {
    fn new(points: usize) -> Self {
        Self {
            mean: Model::zero(points),
            square: Model::zero(points),
            steps: 0,
        }
    }

    fn step(&mut self, model: &mut Model, slope: &mut Model, rate: f32) {
        self.steps += 1;
        let square = |slopes: &mut [f32]| slopes.iter().map(|slope| slope * slope).sum::<f32>();
        let length = slope.numbers().map(square).sum::<f32>();
        let scale = (STEEPEST / length.sqrt().max(STEEPEST)).min(1.0);
        // Means of few steps are near 0, where they began.
        let known = 1.0 - KEPT.powi(self.steps);
        let square_known = 1.0 - SQUARE_KEPT.powi(self.steps);
        let parameters = model.numbers().zip(slope.numbers());
        let means = self.mean.numbers().zip(self.square.numbers());
        for ((weights, slopes), (means, squares)) in parameters.zip(means) {
            let parameters = weights.iter_mut().zip(slopes);
            let means = means.iter_mut().zip(squares);
            for ((weight, slope), (mean, square)) in parameters.zip(means) {
                let slope = *slope * scale;
                *mean = KEPT * *mean + (1.0 - KEPT) * slope;
                *square = SQUARE_KEPT * *square + (1.0 - SQUARE_KEPT) * slope * slope;
                *weight -= rate * (*mean / known) / ((*square / square_known).sqrt() + 1e-8);
            }
        }
    }
}

/// How much each feature counts: those that are left stand for all.
fn shares(random: &mut Random, points: usize) -> Vec<f32> {
    let mut share = || match random.unit() < DROPPED {
        true => 0.0,
        false => 1.0 / (1.0 - DROPPED),
    };
    (0..points).map(|_| share()).collect()
}

/// How many of the layers see what is around a piece.
fn sighted(random: &mut Random) -> usize {
    match random.unit() < BLIND {
        true => random.below(LAYERS),
        false => LAYERS,
    }
}

/// Puts the network where it can learn from, no two parts of it alike.
fn scatter(model: &mut Model, random: &mut Random) {
    let mut fill = |rows: &mut [Point], spread: f32| {
        for value in rows.iter_mut().flat_map(|row| &mut row.0) {
            *value = (random.unit() * 2.0 - 1.0) * spread;
        }
    };
    let width = (DIM as f32).sqrt();
    fill(&mut model.net.points, 0.17);
    for layer in &mut model.net.layers {
        fill(&mut layer.taps, 0.5);
        fill(&mut layer.page, 0.5 / width);
        fill(&mut layer.mix, 0.9 / width);
    }
    fill(&mut model.net.outputs, 0.5 / width);
}
