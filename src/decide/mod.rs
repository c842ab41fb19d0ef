//! Features become labels: all pieces of a page are decided together.
//!
//! What a piece is worth as each label is a sum: of a row of the table for each of its features
//! and of those of the pieces beside it, and of what the networks make of it, of 15 pieces on
//! either side and of the page's mean. The best sequence of labels wins. The networks tell as well
//! which lines of a list hold an item.

pub(crate) mod chain;
pub(crate) mod net;
pub(crate) mod weights;
pub(crate) mod wide;

use crate::chars::Class;
use crate::decide::chain::Chain;
use crate::decide::net::{Net, Trace, Worth};
use crate::decide::weights::{UNIT, Weights};
use crate::decide::wide::{WIDTH, WidePoints, WideRow, WideTable};
use crate::error::Result;
use crate::features::Features;
use crate::features::names::{self, Id};
use crate::label::Label;
use crate::pair_search::{Work, vectorised};
use crate::pieces::{Gap, Piece};

/// Scratch of the decision, reused from page to page.
#[derive(Debug, Default)]
pub(crate) struct Decision {
    /// The label of each piece.
    pub(crate) labels: Vec<Label>,
    /// Whether each piece, if it is of a list, holds an item.
    pub(crate) holds: Vec<bool>,
    /// How probable each of them is; empty unless [`Decision::weigh_up`] was called.
    pub(crate) probabilities: Vec<f64>,
    trace: Trace,
    worths: Vec<Worth>,
    scores: Vec<WideRow>,
    margins: Vec<i32>,
    chain: Chain,
}

/// Weights as they are written, and as they are added up.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) weights: Weights,
    table: WideTable,
    /// By network.
    points: Vec<WidePoints>,
}

impl Model {
    /// Reads the text of a weights file; `name` is shown in error messages.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self> {
        let weights = Weights::parse(name, text)?;
        let table = WideTable::new(&weights.table);
        let points = weights.nets.iter().map(WidePoints::new).collect();
        Ok(Self {
            weights,
            table,
            points,
        })
    }

    /// What each network makes of a page, and what they say of each piece.
    pub(crate) fn traces(&self, features: &Features) -> (Vec<Trace>, Vec<Worth>) {
        let nets = self.weights.nets.iter().zip(&self.points);
        let run = |(net, points)| {
            let mut trace = Trace::kept();
            run(net, points, features, &mut trace);
            trace
        };
        let traces: Vec<Trace> = nets.map(run).collect();
        let mut worths = vec![Worth::default(); features.len()];
        for (net, trace) in self.weights.nets.iter().zip(&traces) {
            net.add_worths(trace, &mut worths);
        }
        (traces, worths)
    }
}

/// The features of a piece and its neighbours, as rows of the table of weights.
pub(crate) fn active(features: &Features, piece: usize) -> impl Iterator<Item = usize> + '_ {
    let near = move |side: usize, at: Option<usize>| {
        let ids: &[Id] = match at {
            Some(at) if at < features.len() => features.own(at),
            _ => &[],
        };
        let ids = ids.iter().filter(|&&id| names::near(id));
        ids.map(move |&id| side * names::OWN + usize::from(id))
    };
    let own = features.own(piece).iter().map(|&id| usize::from(id));
    own.chain(near(1, piece.checked_sub(1)))
        .chain(near(2, Some(piece + 1)))
}

/// What a network makes of a page, in `trace`.
#[inline(always)]
fn run(net: &Net, points: &WidePoints, features: &Features, trace: &mut Trace) {
    trace.points.clear();
    trace.points.reserve(features.len());
    for piece in 0..features.len() {
        trace.points.push(points.sum(features.own_and_terms(piece)));
    }
    net.run(trace);
}

/// Adds up what table and networks say of each piece.
struct AddUp<'a> {
    decision: &'a mut Decision,
    features: &'a Features,
    model: &'a Model,
}

impl Work for AddUp<'_> {
    #[inline(always)]
    fn run(self) {
        let Self {
            decision,
            features,
            model,
        } = self;
        decision.score(features, &model.table);
        let Decision {
            trace,
            worths,
            scores,
            ..
        } = decision;
        worths.clear();
        worths.resize(features.len(), Worth::default());
        for (net, points) in model.weights.nets.iter().zip(&model.points) {
            run(net, points, features, trace);
            net.add_worths(trace, worths);
        }
        for (scores, worth) in scores.iter_mut().zip(worths) {
            for label in 0..Label::COUNT {
                scores[label] += in_units(worth[label]);
            }
        }
    }
}

impl Decision {
    /// Labels each piece.
    pub(crate) fn decide(&mut self, pieces: &[Piece], features: &Features, model: &Model) {
        let gap = |index: usize| pieces[index].gap;
        let table = &model.table;
        vectorised(AddUp {
            decision: self,
            features,
            model,
        });
        self.chain.best(&self.scores, gap, table, &mut self.labels);
        self.settle_title(pieces, table);
        self.settle_body(gap, table);
        let Self {
            labels,
            holds,
            worths,
            ..
        } = self;
        let item = |(label, worth): (&Label, &Worth)| {
            net::item_output(*label).is_none_or(|output| worth[output] >= 0.0)
        };
        holds.clear();
        holds.extend(labels.iter().zip(worths.iter()).map(item));
    }

    /// Tells how probable each label is, given the page; to be called after
    /// [`Decision::decide`].
    pub(crate) fn weigh_up(&mut self, pieces: &[Piece], weights: &Weights) {
        Chain::probabilities(
            &self.scores,
            |index| pieces[index].gap,
            &weights.table.transitions,
            &self.labels,
            &mut self.probabilities,
        );
    }

    /// Adds up the weights of the features that [`active`] lists, going through each
    /// piece's own only once: what is near goes to the pieces next to it as well.
    #[inline(always)]
    fn score(&mut self, features: &Features, table: &WideTable) {
        let count = features.len();
        self.scores.clear();
        self.scores.resize(count, [0; WIDTH]);
        // What the piece before is worth to this one.
        let mut before = [0; WIDTH];
        for piece in 0..count {
            // To itself, to the piece behind, to the piece before.
            let [mut own, mut behind, mut ahead] = [[0; WIDTH]; 3];
            for &id in features.own(piece) {
                let row = &table.rows[usize::from(id)].0;
                wide::add(&mut own, &row[0]);
                wide::add(&mut behind, &row[1]);
                wide::add(&mut ahead, &row[2]);
            }
            wide::add(&mut own, &before);
            wide::add(&mut self.scores[piece], &own);
            if piece > 0 {
                wide::add(&mut self.scores[piece - 1], &ahead);
            }
            before = behind;
        }
    }

    /// A page with an article has one title, on one line. Of several the surest stays; where
    /// there is none the likeliest is taken, unless it is very unlikely. Then the page is
    /// decided again.
    fn settle_title(&mut self, pieces: &[Piece], table: &WideTable) {
        let gap = |index: usize| pieces[index].gap;
        let Self {
            scores,
            chain,
            margins,
            labels,
            ..
        } = self;
        let goes_on = |index: usize| gap(index) == Gap::None;
        let is_title = |index: usize| labels[index] == Label::Title;
        let begins =
            |index: usize| is_title(index) && !(index > 0 && goes_on(index) && is_title(index - 1));
        let article = labels.contains(&Label::Body);
        let found = (0..labels.len()).filter(|&index| begins(index)).count();
        if found == 1 || found == 0 && !article {
            return;
        }
        chain.margins(scores, gap, table, |_| Label::Title, margins);
        // The first of equals: titles stand before what they head. A paragraph is none.
        let paragraph = |index: usize| {
            let shape = &pieces[index].shape;
            shape.last == Class::End && shape.weight() > 50
        };
        let candidates = (0..margins.len()).rev().filter(|&index| !paragraph(index));
        let Some(best) = candidates.max_by_key(|&index| margins[index]) else {
            return;
        };
        if found == 0 {
            if margins[best] > -LARGEST_DOUBT {
                scores[best][Label::Title as usize] -= margins[best] - 1;
                chain.best(scores, gap, table, labels);
            }
            return;
        }
        let start = (0..=best)
            .rev()
            .find(|&index| index == 0 || !goes_on(index) || !is_title(index - 1));
        let end = (best + 1..labels.len()).find(|&index| !goes_on(index) || !is_title(index));
        let title = start.unwrap_or(best)..end.unwrap_or(labels.len());
        for (index, row) in scores.iter_mut().enumerate() {
            if !title.contains(&index) {
                row[Label::Title as usize] = chain::NEVER;
            }
        }
        chain.best(scores, gap, table, labels);
    }

    /// What has a title has a body: without one, either the likeliest piece is it or there is no
    /// article, whichever takes less. What has a body and no title is no article, unless a piece is
    /// body beyond doubt.
    fn settle_body(&mut self, gap: impl Fn(usize) -> Gap + Copy, table: &WideTable) {
        let labels = &self.labels;
        let title = labels.iter().position(|&label| label == Label::Title);
        if title.is_some() == labels.contains(&Label::Body) {
            return;
        }
        let (scores, margins) = (&mut self.scores, &mut self.margins);
        let least = match title {
            Some(title) => {
                self.chain
                    .margins(scores, gap, table, |_| Label::Title, margins);
                -margins[title]
            }
            None => LARGEST_DOUBT,
        };
        self.chain
            .margins(scores, gap, table, |_| Label::Body, margins);
        let others = (0..labels.len()).rev();
        let best = others
            .filter(|&index| labels[index] != Label::Title)
            .max_by_key(|&index| margins[index]);
        match best.filter(|&best| margins[best] >= least) {
            Some(_) if title.is_none() => return,
            Some(best) => scores[best][Label::Body as usize] -= margins[best] - 1,
            None => {
                for row in scores.iter_mut() {
                    row[Label::Title as usize] = chain::NEVER;
                    row[Label::Body as usize] = chain::NEVER;
                }
            }
        }
        self.chain.best(scores, gap, table, &mut self.labels);
    }

    /// What the last decision added up for each piece and label.
    pub(crate) fn scores(&self) -> &[WideRow] {
        &self.scores
    }
}

/// A title less likely than this (in units of the weights) is none; where there is none, a body is
/// to be more likely than not by as much.
const LARGEST_DOUBT: i32 = 3 * UNIT;

/// What a network says, in units of the weights; bounded, so that sums with it are as well.
#[inline(always)]
pub(crate) fn in_units(worth: f32) -> i32 {
    const MOST: f32 = 1e7;
    (worth * UNIT as f32).round_ties_even().clamp(-MOST, MOST) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::weights::Table;

    fn row(best: Label, score: i32, other: Label, less: i32) -> WideRow {
        let mut row = [-100_000; WIDTH];
        row[best as usize] = score;
        row[other as usize] = less;
        row
    }

    /// What becomes of pieces of these scores once they have their labels.
    fn settled(scores: Vec<WideRow>, labelled: &[Label]) -> Vec<Label> {
        let mut decision = Decision {
            scores,
            ..Decision::default()
        };
        let table = WideTable::new(&Table::default());
        let Decision {
            chain,
            scores,
            labels,
            ..
        } = &mut decision;
        chain.best(scores, |_| Gap::Line, &table, labels);
        assert_eq!(labels[..], *labelled);
        decision.settle_body(|_| Gap::Line, &table);
        decision.labels
    }

    #[test]
    fn a_title_gets_a_body_or_goes_whichever_takes_less() {
        // A title before a promo, by how much each leads and a body would cost.
        let settled = |title: i32, cost: i32| {
            let scores = vec![
                row(Label::Title, title, Label::Nav, 0),
                row(Label::Promo, 0, Label::Body, -cost),
            ];
            settled(scores, &[Label::Title, Label::Promo])
        };
        assert_eq!(settled(30, 20), [Label::Title, Label::Body]);
        assert_eq!(settled(20, 30), [Label::Nav, Label::Promo]);
    }

    #[test]
    fn without_a_title_one_piece_is_body_beyond_doubt_or_none_is() {
        let settled = |leads: [i32; 2]| {
            let scores = leads.map(|lead| row(Label::Body, lead, Label::Nav, 0));
            settled(scores.into(), &[Label::Body, Label::Body])
        };
        assert_eq!(settled([10, LARGEST_DOUBT]), [Label::Body, Label::Body]);
        assert_eq!(settled([10, LARGEST_DOUBT - 1]), [Label::Nav, Label::Nav]);
    }
}
