//! Weights become rows as wide as the processor likes them: what a person reads is in
//! [`Table`], what the decision adds up is here.
//!
//! Ten labels make rows of twelve integers, which vectors of four hold without a rest; the last
//! two say nothing and are never chosen. The three rows of a feature (for the piece itself, for the one
//! behind it and for the one before it) stand side by side, since they are added together.
//!
//! The points of a network's features are short integers here, sixteen to a vector.

use crate::decide::chain::{GAPS, Row};
use crate::decide::net::{DIM, Net, Point};
use crate::decide::weights::{Table, UNIT};
use crate::features::names::{self, Id};
use crate::label::Label;

/// A score for each label, and two more.
pub(crate) type WideRow = [i32; WIDTH];

/// Scores in a row.
pub(crate) const WIDTH: usize = Label::COUNT.next_multiple_of(4);

/// What a feature is worth to the piece itself, to the one behind it, for which it is a feature of
/// the piece before, and to the one before it. Aligned, so that vectors are added from memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(16))]
pub(crate) struct Sides(pub(crate) [WideRow; 3]);

/// A [`Table`] as the decision reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WideTable {
    /// By a piece's own feature.
    pub(crate) rows: Vec<Sides>,
    /// By gap, by label before: a score for each label behind.
    pub(crate) steps: [[WideRow; Label::COUNT]; GAPS],
    /// By gap, by label behind: a score for each label before.
    pub(crate) steps_back: [[WideRow; Label::COUNT]; GAPS],
    pub(crate) start: WideRow,
    pub(crate) end: WideRow,
}

impl WideTable {
    pub(crate) fn new(table: &Table) -> Self {
        let side = |feature: usize, side: usize| match side {
            1 | 2 if !names::near(feature as Id) => [0; WIDTH],
            _ => widen(&table.rows[side * names::OWN + feature]),
        };
        let steps = table.transitions.steps;
        let turned = |gap: usize, behind: usize| {
            let column: Row = std::array::from_fn(|before| steps[gap][before][behind]);
            widen(&column)
        };
        Self {
            rows: (0..names::OWN)
                .map(|feature| Sides([0, 1, 2].map(|at| side(feature, at))))
                .collect(),
            steps: steps.map(|gap| gap.map(|row| widen(&row))),
            steps_back: std::array::from_fn(|gap| std::array::from_fn(|row| turned(gap, row))),
            start: widen(&table.transitions.start),
            end: widen(&table.transitions.end),
        }
    }
}

/// A point in thousandths. Aligned, so that vectors are added from memory.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Short([i16; DIM]);

/// The points of a network's features and terms. What is beyond ±32.767, each or their sum, counts
/// as that.
#[derive(Clone, Debug)]
pub(crate) struct WidePoints(Vec<Short>);

impl WidePoints {
    pub(crate) fn new(net: &Net) -> Self {
        let short = |value: f32| (value * UNIT as f32).round() as i16;
        let points = net.points.iter().map(|point| Short(point.map(short)));
        Self(points.collect())
    }

    /// The sum of the points of a piece's features.
    #[inline(always)]
    pub(crate) fn sum(&self, features: &[Id]) -> Point {
        let mut sums = [0i16; DIM];
        for &feature in features {
            let point = &self.0[usize::from(feature)].0;
            for dim in 0..DIM {
                sums[dim] = sums[dim].saturating_add(point[dim]);
            }
        }
        let mut point = Point::ZERO;
        for dim in 0..DIM {
            point[dim] = f32::from(sums[dim]) / UNIT as f32;
        }
        point
    }
}

fn widen(row: &Row) -> WideRow {
    std::array::from_fn(|label| row.get(label).copied().unwrap_or(0))
}

#[inline(always)]
pub(crate) fn add(sums: &mut WideRow, row: &WideRow) {
    for label in 0..WIDTH {
        sums[label] += row[label];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_add_up_in_thousandths_as_far_as_they_go() {
        let mut net = Net::new(3);
        for (feature, point) in net.points.iter_mut().enumerate() {
            point[0] = feature as f32 * 0.25 + 0.001;
            point[1] = 20.0 - feature as f32 * 40.0;
        }
        let sum = WidePoints::new(&net).sum(&[0, 2, 2]);
        assert_eq!(sum[..3], [1.003, -32.768, 0.0]);
        assert_eq!(WidePoints::new(&net).sum(&[]), Point::ZERO);
    }
}
