//! Probabilities become confidence: how often such a probability was right on pages that the
//! weights had not seen.
//!
//! A model is surer of itself than it should be on pages unlike those it learned from. What
//! it says is mapped to what was found true of it, by isotonic regression (Zadrozny and
//! Elkan, KDD 2002): the rising steps that fit best.

use std::fmt;
use std::fmt::Write as _;

/// How probable it is that a label is right, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Confidence(u16);

const WHOLE: u16 = 1000;

impl Confidence {
    /// From a probability, rounded; what is outside of 0 to 1 counts as the nearer of them.
    pub fn new(probability: f64) -> Self {
        // A cast cuts off what does not fit, and makes 0 of what is no number.
        Self(((probability * f64::from(WHOLE)).round() as u16).min(WHOLE))
    }

    /// From 0 to 1.
    pub fn get(self) -> f64 {
        f64::from(self.0) / f64::from(WHOLE)
    }
}

/// With three decimals.
impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / WHOLE, self.0 % WHOLE)
    }
}

/// What a model says, and what is true of it. Between two points it is a straight line;
/// without any, all is taken at its word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calibration {
    /// Rising on both sides.
    points: Vec<(u16, u16)>,
}

/// The fewest segments that a step stands for.
const FEWEST: f64 = 30.0;

impl Calibration {
    /// Learns from what was said of segments, and whether it was right.
    pub fn fit(judged: impl IntoIterator<Item = (Confidence, bool)>) -> Self {
        // By what was said: how often, and how often rightly.
        let mut counts = vec![(0.0, 0.0); usize::from(WHOLE) + 1];
        for (said, right) in judged {
            let (all, good) = &mut counts[usize::from(said.0)];
            *all += 1.0;
            *good += f64::from(u8::from(right));
        }
        let mut steps: Vec<Step> = Vec::new();
        for (said, &(all, good)) in counts.iter().enumerate().filter(|(_, (all, _))| *all > 0.0) {
            steps.push(Step {
                said: said as f64 * all,
                all,
                good,
            });
            while let [.., before, last] = &steps[..]
                && (before.share() >= last.share() || before.all < FEWEST)
            {
                let (before, last) = (before.clone(), last.clone());
                steps.truncate(steps.len() - 2);
                steps.push(before.join(&last));
            }
        }
        if let [.., before, last] = &steps[..]
            && last.all < FEWEST
        {
            let joined = before.clone().join(last);
            steps.truncate(steps.len() - 2);
            steps.push(joined);
        }
        let thousandths = |share: f64| Confidence::new(share).0;
        let points = steps.iter().map(|step| {
            let said = step.said / step.all / f64::from(WHOLE);
            (thousandths(said), thousandths(step.share()))
        });
        let mut points: Vec<_> = points.collect();
        points.dedup_by_key(|(said, _)| *said);
        Self { points }
    }

    /// What is true of what was said.
    pub fn correct(&self, said: Confidence) -> Confidence {
        let at = self.points.partition_point(|(point, _)| *point < said.0);
        let ends = ((0, 0), (WHOLE, WHOLE));
        if self.points.is_empty() {
            return said;
        }
        let left = at.checked_sub(1).map_or(ends.0, |at| self.points[at]);
        let right = self.points.get(at).copied().unwrap_or(ends.1);
        let (from, to) = (u32::from(left.0), u32::from(right.0));
        let (low, high) = (u32::from(left.1), u32::from(right.1));
        let way = (u32::from(said.0) - from).min(to - from);
        let value = low + (high.saturating_sub(low) * way + (to - from) / 2) / (to - from).max(1);
        Confidence(value as u16)
    }

    /// Adds a point behind those there are; false if it does not rise.
    pub(crate) fn push(&mut self, said: u16, found: u16) -> bool {
        let rises = self
            .points
            .last()
            .is_none_or(|last| last.0 < said && last.1 <= found);
        let fits = rises && said <= WHOLE && found <= WHOLE;
        if fits {
            self.points.push((said, found));
        }
        fits
    }

    /// Lines for a weights file.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (said, found) in &self.points {
            let _ = writeln!(text, "calibration\t{said}\t{found}");
        }
        text
    }
}

/// Some segments of which about the same was said.
#[derive(Clone, Debug)]
struct Step {
    /// The sum of what was said of them, in thousandths.
    said: f64,
    all: f64,
    good: f64,
}

impl Step {
    /// How many are right; one of two is added, so that few segments make no certainty.
    fn share(&self) -> f64 {
        (self.good + 0.5) / (self.all + 1.0)
    }

    fn join(mut self, other: &Self) -> Self {
        self.said += other.said;
        self.all += other.all;
        self.good += other.good;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of `all` segments said to be as sure as `said`, so many are right.
    fn judged(said: f64, all: usize, right: usize) -> impl Iterator<Item = (Confidence, bool)> {
        (0..all).map(move |at| (Confidence::new(said), at < right))
    }

    #[test]
    fn what_was_said_becomes_what_was_found() {
        let all = judged(0.5, 200, 60).chain(judged(0.9, 200, 140));
        let calibration = Calibration::fit(all);
        let at = |said: f64| calibration.correct(Confidence::new(said)).get();
        assert!((at(0.5) - 0.3).abs() < 0.01, "{}", at(0.5));
        assert!((at(0.9) - 0.7).abs() < 0.01, "{}", at(0.9));
        assert!((at(0.7) - 0.5).abs() < 0.01, "{}", at(0.7));
        assert_eq!((at(0.0), at(1.0)), (0.0, 1.0));
        let all: Vec<_> = (0..=1000).map(|n| at(f64::from(n) / 1000.0)).collect();
        assert!(all.is_sorted(), "{all:?}");
    }

    /// Where the surer segments were right less often, they share one step.
    #[test]
    fn it_never_falls() {
        let all = judged(0.6, 100, 80).chain(judged(0.8, 100, 40));
        let calibration = Calibration::fit(all);
        assert_eq!(calibration.points.len(), 1);
        assert_eq!(calibration.points[0].0, 700);
        assert!((590..=610).contains(&calibration.points[0].1));
    }

    #[test]
    fn without_points_all_is_taken_at_its_word() {
        for calibration in [Calibration::default(), Calibration::fit([])] {
            let said = Confidence::new(0.123);
            assert_eq!(calibration.correct(said), said);
        }
    }

    #[test]
    fn thousandths() {
        let shown = |probability| Confidence::new(probability).to_string();
        assert_eq!(
            [0.0, 0.0004, 0.05, 0.9996, 1.0, 7.0, -1.0, f64::NAN].map(shown),
            [
                "0.000", "0.000", "0.050", "1.000", "1.000", "1.000", "0.000", "0.000"
            ]
        );
    }
}
