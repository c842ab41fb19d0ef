//! A first decision becomes features for the second: what the page as a whole looks like
//! from each piece, once every piece has a provisional label.
//!
//! Judging twice is stacked sequential learning (Cohen and Carvalho, IJCAI 2005): the
//! second model sees the first one's labels around each piece and over the page.

use crate::features::bucket;
use crate::features::names::{self, Group, Id};
use crate::label::Label;

/// A first decision: for each piece its label, and by how much it won over the second
/// best (in units of the weights).
#[derive(Debug, Default)]
pub(crate) struct Look {
    pub(crate) labels: Vec<Label>,
    pub(crate) margins: Vec<i32>,
    ids: Vec<Id>,
    ends: Vec<u32>,
    weights: Vec<u32>,
}

impl Look {
    /// The features that a piece has by the first decision.
    pub(crate) fn own(&self, piece: usize) -> &[Id] {
        let start = if piece == 0 {
            0
        } else {
            self.ends[piece - 1] as usize
        };
        &self.ids[start..self.ends[piece] as usize]
    }

    /// Makes the features; `weight` gives the length of a piece, `unit` what 1.0 is in
    /// the margins.
    pub(crate) fn weigh(&mut self, weight: impl Fn(usize) -> u32, unit: i32) {
        self.ids.clear();
        self.ends.clear();
        self.weights.clear();
        let count = self.labels.len();
        self.weights.extend((0..count).map(weight));
        let main = largest_run(&self.labels, &self.weights);
        let body: u64 = self.sum(|label| label.is_main());
        let all: u64 = self.sum(|_| true).max(1);
        let share = bucket((body * 100 / all) as usize, &[1, 10, 25, 45, 70]);
        let runs = runs(&self.labels);
        let title_after = distances(&self.labels, Label::Title, (0..count).rev());
        let title_before = distances(&self.labels, Label::Title, 0..count);
        let mut around = [0u32; Label::COUNT];
        const WINDOW: usize = 8;
        for label in self.labels.iter().take(WINDOW) {
            around[*label as usize] += 1;
        }
        for index in 0..count {
            if let Some(label) = self.labels.get(index + WINDOW) {
                around[*label as usize] += 1;
            }
            if index > WINDOW {
                around[self.labels[index - WINDOW - 1] as usize] -= 1;
            }
            let ids = &mut self.ids;
            let mut push = |group: Group, bucket: usize| ids.push(names::id(group, bucket));
            let sure = |at: usize| {
                bucket(
                    self.margins[at].max(0) as usize,
                    &[unit as usize / 2, unit as usize * 2, unit as usize * 5],
                )
            };
            push(Group::Self1, self.labels[index] as usize * 4 + sure(index));
            let near = |at: Option<usize>| match at {
                Some(at) if at < count => self.labels[at] as usize * 2 + usize::from(sure(at) >= 2),
                _ => Label::COUNT * 2,
            };
            push(Group::Prev1, near(index.checked_sub(1)));
            push(Group::Next1, near(Some(index + 1)));
            push(Group::Prev2, near(index.checked_sub(2)) / 2);
            push(Group::Next2, near(Some(index + 2)) / 2);
            for (label, &seen) in around.iter().enumerate().filter(|(_, seen)| **seen > 0) {
                push(
                    Group::Around,
                    label * 4 + bucket(seen as usize, &[2, 5, 10]),
                );
            }
            push(Group::Main, main_bucket(main, index));
            push(Group::TitleBefore, title_before[index]);
            push(Group::TitleAfter, title_after[index]);
            push(Group::BodyShare, share);
            let run = bucket(runs[index] as usize, &[2, 4, 10]);
            push(Group::Run, self.labels[index] as usize * 4 + run);
            self.ends.push(self.ids.len() as u32);
        }
    }

    fn sum(&self, counts: impl Fn(Label) -> bool) -> u64 {
        let pairs = self.labels.iter().zip(&self.weights);
        pairs
            .filter(|(label, _)| counts(**label))
            .map(|(_, &weight)| u64::from(weight))
            .sum()
    }
}

fn main_bucket((from, to): (usize, usize), index: usize) -> usize {
    let bounds = [2, 3, 6, 12, 30];
    match index {
        _ if from == to => 15,
        _ if index < from => bucket(from - index, &bounds),
        _ if index >= to => 6 + bucket(index + 1 - to, &bounds),
        _ if index == from => 12,
        _ if index + 1 == to => 13,
        _ => 14,
    }
}

/// The run of pieces around most article text; up to two other pieces in a row may
/// stand inside it.
fn largest_run(labels: &[Label], weights: &[u32]) -> (usize, usize) {
    let (mut best, mut best_sum) = ((0, 0), 0u64);
    let (mut start, mut end, mut sum) = (0, 0, 0u64);
    for (index, label) in labels
        .iter()
        .enumerate()
        .filter(|(_, label)| label.is_main())
    {
        let _ = label;
        if index > end + 2 || sum == 0 {
            (start, sum) = (index, 0);
        }
        sum += u64::from(weights[index]);
        end = index + 1;
        if sum > best_sum {
            (best, best_sum) = ((start, end), sum);
        }
    }
    best
}

/// For each piece, the length of the run of its label.
fn runs(labels: &[Label]) -> Vec<u32> {
    let mut runs = Vec::with_capacity(labels.len());
    for run in labels.chunk_by(|a, b| a == b) {
        runs.extend(std::iter::repeat_n(run.len() as u32, run.len()));
    }
    runs
}

/// For each piece, the bucket of its distance to the last `label` in that order.
fn distances(labels: &[Label], label: Label, order: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut distances = vec![6; labels.len()];
    let mut last: Option<usize> = None;
    for index in order {
        if labels[index] == label {
            last = Some(index);
        }
        if let Some(at) = last {
            distances[index] = bucket(at.abs_diff(index), &[1, 2, 4, 10, 30]);
        }
    }
    distances
}
