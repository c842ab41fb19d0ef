//! Scores become labels: the best sequence, and how surely each piece has its label.
//!
//! Viterbi's algorithm forward and backward over the ten labels. Scores are integers, so
//! that the result is the same on every machine. Each row of sums is kept relative to its
//! best label, so that a page of any length fits.

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
#[derive(Debug, Default)]
pub(crate) struct Chain {
    forward: Vec<Row>,
    from: Vec<[u8; Label::COUNT]>,
}

impl Chain {
    /// The best labels for `scores`, into `labels`. Equal sequences go to the label that
    /// stands first in [`Label::ALL`], the article's own.
    pub(crate) fn best(
        &mut self,
        scores: &[Row],
        gaps: impl Fn(usize) -> Gap,
        transitions: &Transitions,
        labels: &mut Vec<Label>,
    ) {
        labels.clear();
        self.run_forward(scores, &gaps, transitions);
        let Some(last) = self.forward.last() else {
            return;
        };
        let mut label = argmax(last);
        labels.resize(scores.len(), Label::Title);
        for index in (0..scores.len()).rev() {
            labels[index] = Label::ALL[label];
            label = usize::from(self.from[index][label]);
        }
    }

    /// By how much the best sequence through `label_of` each piece beats the best one
    /// through any other label of that piece; below 0 where another label wins.
    pub(crate) fn margins(
        &mut self,
        scores: &[Row],
        gaps: impl Fn(usize) -> Gap,
        transitions: &Transitions,
        label_of: impl Fn(usize) -> Label,
        margins: &mut Vec<i32>,
    ) {
        margins.clear();
        margins.resize(scores.len(), 0);
        self.run_forward(scores, &gaps, transitions);
        // `forward` holds `end` in its last row; backward starts from nothing.
        let mut backward: Row = [0; Label::COUNT];
        for index in (0..scores.len()).rev() {
            let through = |label: usize| self.forward[index][label].saturating_add(backward[label]);
            let own = label_of(index) as usize;
            let other = (0..Label::COUNT)
                .filter(|&label| label != own)
                .map(through)
                .max();
            margins[index] = through(own).saturating_sub(other.unwrap_or(NEVER));
            if index > 0 {
                backward = step_back(&backward, &scores[index], gaps(index), transitions);
            }
        }
    }

    fn run_forward(
        &mut self,
        scores: &[Row],
        gaps: &impl Fn(usize) -> Gap,
        transitions: &Transitions,
    ) {
        self.forward.clear();
        self.from.clear();
        let mut row = transitions.start;
        for (index, score) in scores.iter().enumerate() {
            let mut from = [0u8; Label::COUNT];
            if index > 0 {
                (row, from) = step(&self.forward[index - 1], gaps(index), transitions);
            }
            for (sum, own) in row.iter_mut().zip(score) {
                *sum = sum.saturating_add(*own);
            }
            if index + 1 == scores.len() {
                for (sum, end) in row.iter_mut().zip(&transitions.end) {
                    *sum += end;
                }
            }
            relate(&mut row);
            self.forward.push(row);
            self.from.push(from);
        }
    }
}

fn step(before: &Row, gap: Gap, transitions: &Transitions) -> (Row, [u8; Label::COUNT]) {
    let mut row = [NEVER; Label::COUNT];
    let mut from = [0u8; Label::COUNT];
    for (left, &sum) in before.iter().enumerate() {
        for (right, worth) in transitions.steps[gap as usize][left].iter().enumerate() {
            let total = sum + worth;
            // `>`, not `>=`: the earlier label wins a tie.
            if total > row[right] {
                row[right] = total;
                from[right] = left as u8;
            }
        }
    }
    (row, from)
}

fn step_back(behind: &Row, score: &Row, gap: Gap, transitions: &Transitions) -> Row {
    let mut row = [NEVER; Label::COUNT];
    for (left, best) in row.iter_mut().enumerate() {
        for (right, worth) in transitions.steps[gap as usize][left].iter().enumerate() {
            let total = behind[right]
                .saturating_add(score[right])
                .saturating_add(*worth);
            *best = (*best).max(total);
        }
    }
    relate(&mut row);
    row
}

/// Makes the best score of a row 0.
fn relate(row: &mut Row) {
    let best = row[argmax(row)];
    for score in row {
        *score = score.saturating_sub(best).max(NEVER);
    }
}

fn argmax(row: &Row) -> usize {
    let mut best = 0;
    for (label, &score) in row.iter().enumerate() {
        if score > row[best] {
            best = label;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAT: Transitions = Transitions {
        steps: [[[0; Label::COUNT]; Label::COUNT]; GAPS],
        start: [0; Label::COUNT],
        end: [0; Label::COUNT],
    };

    fn row(scores: &[(Label, i32)]) -> Row {
        let mut row = [-1000; Label::COUNT];
        for &(label, score) in scores {
            row[label as usize] = score;
        }
        row
    }

    fn decide(scores: &[Row], transitions: &Transitions) -> (Vec<Label>, Vec<i32>) {
        let (mut labels, mut margins) = (Vec::new(), Vec::new());
        let mut chain = Chain::default();
        chain.best(scores, |_| Gap::Line, transitions, &mut labels);
        chain.margins(
            scores,
            |_| Gap::Line,
            transitions,
            |i| labels[i],
            &mut margins,
        );
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

    #[test]
    fn ties_go_to_the_first_label() {
        let (labels, margins) = decide(&[[0; Label::COUNT]], &FLAT);
        assert_eq!(labels, [Label::Title]);
        assert_eq!(margins, [0]);
        assert_eq!(decide(&[], &FLAT).0, []);
    }
}
