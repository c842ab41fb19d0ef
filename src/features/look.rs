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
        self.weights.extend((0..self.labels.len()).map(weight));
        let page = Overview::of(&self.labels, &self.weights);
        let mut around = Around::default();
        for index in 0..self.labels.len() {
            around.slide(&self.labels, index);
            let Self {
                labels,
                margins,
                ids,
                ends,
                ..
            } = self;
            let mut push = |group: Group, bucket: usize| ids.push(names::id(group, bucket));
            push_near(labels, margins, index, unit, &mut push);
            for (label, &seen) in around
                .counts
                .iter()
                .enumerate()
                .filter(|(_, seen)| **seen > 0)
            {
                push(
                    Group::Around,
                    label * 4 + bucket(seen as usize, &[2, 5, 10]),
                );
            }
            page.push(labels[index], index, &mut push);
            ends.push(ids.len() as u32);
        }
    }
}

/// Pushes what the piece itself and the two on either side were taken for.
fn push_near(
    labels: &[Label],
    margins: &[i32],
    index: usize,
    unit: i32,
    push: &mut impl FnMut(Group, usize),
) {
    let unit = unit as usize;
    let sure = |at: usize| bucket(margins[at].max(0) as usize, &[unit / 2, unit * 2, unit * 5]);
    let near = |at: Option<usize>| match at {
        Some(at) if at < labels.len() => labels[at] as usize * 2 + usize::from(sure(at) >= 2),
        _ => Label::COUNT * 2,
    };
    push(Group::Self1, labels[index] as usize * 4 + sure(index));
    push(Group::Prev1, near(index.checked_sub(1)));
    push(Group::Next1, near(Some(index + 1)));
    push(Group::Prev2, near(index.checked_sub(2)) / 2);
    push(Group::Next2, near(Some(index + 2)) / 2);
}

/// How often each label stands in a window around a piece.
#[derive(Default)]
struct Around {
    counts: [u32; Label::COUNT],
}

impl Around {
    const WIDTH: usize = 8;

    /// Moves the window from the piece before `index` to it.
    fn slide(&mut self, labels: &[Label], index: usize) {
        if index == 0 {
            labels
                .iter()
                .take(Self::WIDTH)
                .for_each(|label| self.counts[*label as usize] += 1);
        }
        if let Some(label) = labels.get(index + Self::WIDTH) {
            self.counts[*label as usize] += 1;
        }
        if index > Self::WIDTH {
            self.counts[labels[index - Self::WIDTH - 1] as usize] -= 1;
        }
    }
}

/// The first decision on the page as a whole.
struct Overview {
    /// The run of pieces around most article text.
    main: (usize, usize),
    /// Bucket of the share of article text.
    share: usize,
    /// For each piece: length of the run of its label, the labels of the runs before and
    /// behind (10 is none), and distances to a title.
    runs: Vec<u32>,
    before: Vec<u8>,
    behind: Vec<u8>,
    /// Buckets of how many pieces are tags, related, comments, article.
    totals: [usize; 4],
    title_before: Vec<usize>,
    title_after: Vec<usize>,
}

impl Overview {
    fn of(labels: &[Label], weights: &[u32]) -> Self {
        let count = labels.len();
        let sum = |main: bool| -> u64 {
            let pieces = labels.iter().zip(weights);
            pieces
                .filter(|(l, _)| !main || l.is_main())
                .map(|(_, &weight)| u64::from(weight))
                .sum()
        };
        let share = sum(true) * 100 / sum(false).max(1);
        Self {
            main: largest_run(labels, weights),
            share: bucket(share as usize, &[1, 10, 25, 45, 70]),
            runs: runs(labels),
            before: neighbours(labels.chunk_by(|a, b| a == b)),
            behind: {
                let mut behind = neighbours(labels.chunk_by(|a, b| a == b).rev());
                behind.reverse();
                behind
            },
            totals: [Label::Tags, Label::Related, Label::Comment, Label::Body].map(|label| {
                let count = labels.iter().filter(|found| **found == label).count();
                bucket(count, &[1, 4, 13])
            }),
            title_before: distances(labels, Label::Title, 0..count),
            title_after: distances(labels, Label::Title, (0..count).rev()),
        }
    }

    fn push(&self, label: Label, index: usize, push: &mut impl FnMut(Group, usize)) {
        push(Group::Main, main_bucket(self.main, index));
        push(Group::TitleBefore, self.title_before[index]);
        push(Group::TitleAfter, self.title_after[index]);
        push(Group::BodyShare, self.share);
        let beside = label as usize * (Label::COUNT + 1);
        push(Group::RunBefore, beside + usize::from(self.before[index]));
        push(Group::RunAfter, beside + usize::from(self.behind[index]));
        for (kind, &total) in self.totals.iter().enumerate() {
            push(Group::Totals, kind * 4 + total);
        }
        let run = bucket(self.runs[index] as usize, &[2, 4, 10]);
        push(Group::Run, label as usize * 4 + run);
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
    for index in (0..labels.len()).filter(|&index| labels[index].is_main()) {
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

/// For each piece, the label of the run before its own, in the order of `runs`.
fn neighbours<'l>(runs: impl Iterator<Item = &'l [Label]>) -> Vec<u8> {
    let mut last = Label::COUNT as u8;
    let mut neighbours = Vec::new();
    for run in runs {
        neighbours.extend(std::iter::repeat_n(last, run.len()));
        last = run[0] as u8;
    }
    neighbours
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
