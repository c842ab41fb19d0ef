//! Scores become labels: the best sequence, how surely each piece has its label, and how
//! probable that is.
//!
//! Viterbi's algorithm forward and backward over the ten labels; sums in place of best
//! scores give the probabilities (Rabiner, Proceedings of the IEEE 77, 1989). Scores are integers, so
//! that the result is the same on every machine. Each row of sums is kept relative to its
//! best label, so that a page of any length fits.

use crate::decide::wide::{WIDTH, WideRow, WideTable, add};
use crate::label::Label;
use crate::pieces::Gap;

/// Kinds of [`Gap`] between two pieces.
pub(crate) const GAPS: usize = 3;

/// A score for each label.
pub(crate) type Row = [i32; Label::COUNT];

/// What it is worth that one label follows another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transitions {
    /// By gap, by label before: a score for each label behind.
    pub(crate) steps: [[Row; Label::COUNT]; GAPS],
    /// For the first and for the last piece.
    pub(crate) start: Row,
    pub(crate) end: Row,
}

/// A score so low that no sum of real ones reaches it.
pub(crate) const NEVER: i32 = i32::MIN / 4;

/// The sequence decision. Scratch: reused from page to page.
///
/// Sums need no care for overflow: a row of sums is at most 0 and at least [`NEVER`] once it is
/// related to its best label, a score is [`NEVER`] or within what `weights` allows, and no more
/// than three such are ever added up.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    forward: Vec<WideRow>,
}

impl Chain {
    /// The best labels for `scores`, into `labels`. Equal sequences go to the label that
    /// stands first in [`Label::ALL`], the article's own.
    pub(crate) fn best(
        &mut self,
        scores: &[WideRow],
        gaps: impl Fn(usize) -> Gap,
        table: &WideTable,
        labels: &mut Vec<Label>,
    ) {
        labels.clear();
        self.run_forward(scores, &gaps, table);
        let Some(last) = self.forward.last() else {
            return;
        };
        let mut label = argmax(last);
        labels.resize(scores.len(), Label::Title);
        for index in (0..scores.len()).rev() {
            labels[index] = Label::ALL[label];
            if index > 0 {
                let from = table.steps_back[gaps(index) as usize][label];
                label = argmax(&plus(&self.forward[index - 1], &from));
            }
        }
    }

    /// By how much the best sequence through `label_of` each piece beats the best one
    /// through any other label of that piece; below 0 where another label wins. To be
    /// called after [`Chain::best`], with the same scores.
    pub(crate) fn margins(
        &self,
        scores: &[WideRow],
        gaps: impl Fn(usize) -> Gap,
        table: &WideTable,
        label_of: impl Fn(usize) -> Label,
        margins: &mut Vec<i32>,
    ) {
        margins.clear();
        margins.resize(scores.len(), 0);
        // `forward` holds `end` in its last row; backward starts from nothing.
        let mut backward = [0; WIDTH];
        for index in (0..scores.len()).rev() {
            let mut through = plus(&self.forward[index], &backward);
            let own = label_of(index) as usize;
            let sum = through[own];
            through[own] = NEVER * 2;
            margins[index] = sum - through[argmax(&through)];
            if index > 0 {
                let ahead = plus(&backward, &scores[index]);
                backward = step(&ahead, &table.steps_back[gaps(index) as usize]);
                relate(&mut backward);
            }
        }
    }

    /// How probable the label of each piece is, given the page.
    pub(crate) fn probabilities(
        scores: &[WideRow],
        gaps: impl Fn(usize) -> Gap,
        transitions: &Transitions,
        labels: &[Label],
        probabilities: &mut Vec<f64>,
    ) {
        probabilities.clear();
        let best = transitions.steps.as_flattened().as_flattened().iter().max();
        let best = best.copied().unwrap_or(0);
        let worth = |score: i32| exp(score.saturating_sub(best));
        let steps = transitions.steps.map(|gap| gap.map(|row| row.map(worth)));
        let mut forward: Vec<Chances> = Vec::with_capacity(scores.len());
        let mut chances = likely(&transitions.start);
        for (index, score) in scores.iter().enumerate() {
            if let Some(before) = forward.last() {
                let step = &steps[gaps(index) as usize];
                chances = std::array::from_fn(|right| {
                    let from = before.iter().zip(step);
                    from.map(|(chance, row)| chance * row[right]).sum()
                });
            }
            forward.push(scaled(times(&chances, &likely(score))));
        }
        let mut behind = likely(&transitions.end);
        probabilities.resize(scores.len(), 0.0);
        for index in (0..scores.len()).rev() {
            let both = scaled(times(&forward[index], &behind));
            probabilities[index] = both[labels[index] as usize];
            if index > 0 {
                let ahead = times(&behind, &likely(&scores[index]));
                let step = &steps[gaps(index) as usize];
                behind = scaled(std::array::from_fn(|left| {
                    let to = ahead.iter().zip(&step[left]);
                    to.map(|(chance, worth)| chance * worth).sum()
                }));
            }
        }
    }

    fn run_forward(&mut self, scores: &[WideRow], gaps: &impl Fn(usize) -> Gap, table: &WideTable) {
        self.forward.clear();
        self.forward.reserve(scores.len());
        let mut row = table.start;
        for (index, score) in scores.iter().enumerate() {
            if index > 0 {
                row = step(&row, &table.steps[gaps(index) as usize]);
            }
            add(&mut row, score);
            if index + 1 == scores.len() {
                add(&mut row, &table.end);
            }
            relate(&mut row);
            self.forward.push(row);
        }
    }
}

/// A number for each label that is proportional to how probable it is.
type Chances = [f64; Label::COUNT];

fn times(a: &Chances, b: &Chances) -> Chances {
    std::array::from_fn(|label| a[label] * b[label])
}

/// The same, with the sum 1; where there is no chance at all, all labels have the same.
fn scaled(chances: Chances) -> Chances {
    let sum: f64 = chances.iter().sum();
    if sum > 0.0 {
        chances.map(|chance| chance / sum)
    } else {
        [1.0 / Label::COUNT as f64; Label::COUNT]
    }
}

/// The chances that scores stand for; the best one's is 1.
fn likely(scores: &[i32]) -> Chances {
    let scores = &scores[..Label::COUNT];
    let best = scores.iter().copied().max().unwrap_or(0);
    std::array::from_fn(|label| exp(scores[label].saturating_sub(best)))
}

/// The exponential of a score, a thousandth of log-odds each. Made of sums and products
/// only: the one of the system's library may differ in the last digit between machines.
fn exp(score: i32) -> f64 {
    // e^x = 2^whole * e^rest, where the rest is at most half of ln 2.
    let x = f64::from(score.clamp(-700_000, 700_000)) / 1000.0;
    let whole = (x * std::f64::consts::LOG2_E).round();
    let rest = x - whole * std::f64::consts::LN_2;
    let series = (1..=14)
        .rev()
        .fold(1.0, |sum, n| 1.0 + sum * rest / f64::from(n));
    let power = f64::from_bits(((1023 + whole as i64) as u64) << 52);
    if score <= -700_000 {
        0.0
    } else {
        series * power
    }
}

/// For each label the best sum over all labels of the piece next to it.
fn step(beside: &WideRow, steps: &[WideRow; Label::COUNT]) -> WideRow {
    let mut best = [NEVER * 2; WIDTH];
    for (sum, worth) in beside.iter().zip(steps) {
        for (best, worth) in best.iter_mut().zip(worth) {
            *best = (*best).max(sum + worth);
        }
    }
    best
}

fn plus(one: &WideRow, other: &WideRow) -> WideRow {
    let mut sums = *one;
    add(&mut sums, other);
    sums
}

/// Makes the best score of a row 0.
fn relate(row: &mut WideRow) {
    let best = row[argmax(row)];
    for score in row {
        *score = (*score - best).max(NEVER);
    }
}

/// The first label of those with the best score.
fn argmax(row: &WideRow) -> usize {
    let mut best = 0;
    for (label, &score) in row.iter().enumerate().take(Label::COUNT) {
        if score > row[best] {
            best = label;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::weights::Table;

    const FLAT: Transitions = Transitions {
        steps: [[[0; Label::COUNT]; Label::COUNT]; GAPS],
        start: [0; Label::COUNT],
        end: [0; Label::COUNT],
    };

    fn row(scores: &[(Label, i32)]) -> WideRow {
        let mut row = [-1000; WIDTH];
        for &(label, score) in scores {
            row[label as usize] = score;
        }
        row
    }

    fn decide(scores: &[WideRow], transitions: &Transitions) -> (Vec<Label>, Vec<i32>) {
        let (mut labels, mut margins) = (Vec::new(), Vec::new());
        let mut chain = Chain::default();
        let table = WideTable::new(&Table {
            transitions: transitions.clone(),
            ..Table::default()
        });
        chain.best(scores, |_| Gap::Line, &table, &mut labels);
        chain.margins(scores, |_| Gap::Line, &table, |i| labels[i], &mut margins);
        (labels, margins)
    }

    /// ```text
    /// body 10 ──0── body  4 ──0── body 10     24
    ///   nav 0 ───── nav   6 ───── nav   0
    /// body 10 ─-5── nav   6 ─-5── body 10     16
    /// ```
    #[test]
    fn neighbours_outweigh_a_weak_piece() {
        let mut transitions = FLAT;
        for gap in &mut transitions.steps {
            gap[Label::Body as usize][Label::Nav as usize] = -5;
            gap[Label::Nav as usize][Label::Body as usize] = -5;
        }
        let strong = row(&[(Label::Body, 10), (Label::Nav, 0)]);
        let weak = row(&[(Label::Body, 4), (Label::Nav, 6)]);
        let (labels, margins) = decide(&[strong, weak, strong], &transitions);
        assert_eq!(labels, [Label::Body; 3]);
        assert_eq!(margins[1], 24 - 16);
        // Without the cost of switching the middle piece has its own way.
        let (labels, margins) = decide(&[strong, weak, strong], &FLAT);
        assert_eq!(labels, [Label::Body, Label::Nav, Label::Body]);
        assert_eq!(margins, [10, 2, 10]);
    }

    /// Against the sum over all sequences of three pieces.
    #[test]
    fn probabilities_are_shares_of_all_sequences() {
        let mut transitions = FLAT;
        transitions.steps[Gap::Line as usize][2][6] = -700;
        transitions.steps[Gap::Line as usize][6][6] = 900;
        transitions.start[2] = 300;
        transitions.end[6] = 1200;
        let scores: Vec<WideRow> = (0..3)
            .map(|piece| std::array::from_fn(|label| (piece * 7 + label as i32 * 131) % 1500))
            .collect();
        let labels = [Label::Body, Label::Nav, Label::Nav];
        let mut found = Vec::new();
        Chain::probabilities(&scores, |_| Gap::Line, &transitions, &labels, &mut found);
        let step = &transitions.steps[Gap::Line as usize];
        let (mut all, mut shares) = (0.0, [0.0; 3]);
        for sequence in 0..1000 {
            let label = [sequence % 10, sequence / 10 % 10, sequence / 100];
            let sum = transitions.start[label[0]]
                + scores[0][label[0]]
                + step[label[0]][label[1]]
                + scores[1][label[1]]
                + step[label[1]][label[2]]
                + scores[2][label[2]]
                + transitions.end[label[2]];
            let chance = (f64::from(sum) / 1000.0).exp();
            all += chance;
            for (piece, share) in shares.iter_mut().enumerate() {
                if label[piece] == labels[piece] as usize {
                    *share += chance;
                }
            }
        }
        for (found, share) in found.iter().zip(shares) {
            assert!(
                (found - share / all).abs() < 1e-12,
                "{found} {}",
                share / all
            );
        }
    }

    #[test]
    fn the_exponential_is_right() {
        for score in [-699_999, -52_417, -1000, -347, -1, 0, 1, 346, 1000, 88_000] {
            let right = (f64::from(score) / 1000.0).exp();
            assert!((exp(score) / right - 1.0).abs() < 1e-12, "{score}");
        }
        assert_eq!(exp(NEVER), 0.0);
    }

    #[test]
    fn ties_go_to_the_first_label() {
        let (labels, margins) = decide(&[[0; WIDTH]], &FLAT);
        assert_eq!(labels, [Label::Title]);
        assert_eq!(margins, [0]);
        assert_eq!(decide(&[], &FLAT).0, []);
    }
}
