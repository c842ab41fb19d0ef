//! Features become labels: all pieces of a page are decided together.
//!
//! Twice: a first look labels every piece by its features and its neighbours' labels; the
//! second does so again, knowing what the first made of the page as a whole.

pub(crate) mod chain;
pub(crate) mod weights;
pub(crate) mod wide;

use crate::chars::Class;
use crate::decide::chain::Chain;
use crate::decide::weights::{UNIT, Weights};
use crate::decide::wide::{WIDTH, WideRow, WideTable};
use crate::features::names::{self, Id};
use crate::features::{Features, Look};
use crate::label::Label;
use crate::pieces::{Gap, Piece};

/// Scratch of the decision, reused from page to page.
#[derive(Debug, Default)]
pub(crate) struct Decision {
    /// The label of each piece.
    pub(crate) labels: Vec<Label>,
    /// How probable each of them is; empty unless [`Decision::weigh_up`] was called.
    pub(crate) probabilities: Vec<f64>,
    pub(crate) look: Look,
    scores: Vec<WideRow>,
    margins: Vec<i32>,
    chain: Chain,
}

/// The features of a piece and its neighbours, as rows of the table of weights.
pub(crate) fn active<'f>(
    features: &'f Features,
    look: Option<&'f Look>,
    piece: usize,
) -> impl Iterator<Item = usize> + 'f {
    let near = move |side: usize, at: Option<usize>| {
        let ids: &[Id] = match at {
            Some(at) if at < features.len() => features.own(at),
            _ => &[],
        };
        let ids = ids.iter().filter(|&&id| names::near(id));
        ids.map(move |&id| side * names::OWN + usize::from(id))
    };
    let own = features.own(piece).iter().map(|&id| usize::from(id));
    let look = look
        .map_or(&[][..], |look| look.own(piece))
        .iter()
        .map(|&id| usize::from(id));
    own.chain(look)
        .chain(near(1, piece.checked_sub(1)))
        .chain(near(2, Some(piece + 1)))
}

impl Decision {
    /// Labels each piece; `tables` are those of both looks.
    pub(crate) fn decide(
        &mut self,
        pieces: &[Piece],
        features: &Features,
        tables: &[WideTable; 2],
    ) {
        let gap = |index: usize| pieces[index].gap;
        let weight = |index: usize| pieces[index].shape.weight();
        self.first_look(features, gap, weight, &tables[0]);
        let second = &tables[1];
        let look = std::mem::take(&mut self.look);
        self.score(features, Some(&look), second);
        self.look = look;
        self.chain.best(&self.scores, gap, second, &mut self.labels);
        self.settle_title(pieces, second);
    }

    /// Tells how probable each label is, given the page; to be called after
    /// [`Decision::decide`].
    pub(crate) fn weigh_up(&mut self, pieces: &[Piece], weights: &Weights) {
        Chain::probabilities(
            &self.scores,
            |index| pieces[index].gap,
            &weights.looks[1].transitions,
            &self.labels,
            &mut self.probabilities,
        );
    }

    /// Labels each piece by itself and its neighbours, and turns that into features.
    pub(crate) fn first_look(
        &mut self,
        features: &Features,
        gap: impl Fn(usize) -> Gap,
        weight: impl Fn(usize) -> u32,
        table: &WideTable,
    ) {
        self.score(features, None, table);
        let Look {
            labels, margins, ..
        } = &mut self.look;
        self.chain.best(&self.scores, &gap, table, labels);
        let label_of = |index: usize| labels[index];
        self.chain
            .margins(&self.scores, &gap, table, label_of, margins);
        self.look.weigh(weight, UNIT);
    }

    /// Adds up the weights of the features that [`active`] lists, going through each
    /// piece's own only once: what is near goes to the pieces next to it as well.
    fn score(&mut self, features: &Features, look: Option<&Look>, table: &WideTable) {
        let count = features.len();
        self.scores.clear();
        self.scores.resize(count, [0; WIDTH]);
        // What the piece before is worth to this one.
        let mut before = [0; WIDTH];
        for piece in 0..count {
            // To itself, to the piece behind, to the piece before.
            let mut sums = [[0; WIDTH]; 3];
            for &id in features.own(piece) {
                for (sums, row) in sums.iter_mut().zip(&table.rows[usize::from(id)].0) {
                    wide::add(sums, row);
                }
            }
            let [mut own, behind, ahead] = sums;
            for &id in look.map_or(&[][..], |look| look.own(piece)) {
                wide::add(&mut own, &table.rows[usize::from(id)].0[0]);
            }
            wide::add(&mut own, &before);
            wide::add(&mut self.scores[piece], &own);
            if piece > 0 {
                wide::add(&mut self.scores[piece - 1], &ahead);
            }
            before = behind;
        }
    }

    /// A page with an article has one title. Of several the surest stays; where there is
    /// none the likeliest is taken, unless it is very unlikely. Then the page is decided
    /// again.
    fn settle_title(&mut self, pieces: &[Piece], table: &WideTable) {
        let gap = |index: usize| pieces[index].gap;
        let titles = |labels: &[Label]| {
            let runs = labels.chunk_by(|a, b| a == b);
            runs.filter(|run| run[0] == Label::Title).count()
        };
        let article = self.labels.contains(&Label::Body);
        let found = titles(&self.labels);
        if found == 1 || found == 0 && !article {
            return;
        }
        let Self {
            scores,
            chain,
            margins,
            labels,
            ..
        } = self;
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
        let is_title = |index: usize| labels[index] == Label::Title;
        let start = (0..best)
            .rev()
            .find(|&index| !is_title(index))
            .map_or(0, |index| index + 1);
        let end = (best..labels.len())
            .find(|&index| !is_title(index))
            .unwrap_or(labels.len());
        for (index, row) in scores.iter_mut().enumerate() {
            if !(start..end).contains(&index) {
                row[Label::Title as usize] = chain::NEVER;
            }
        }
        chain.best(scores, gap, table, labels);
    }

    /// What the last decision added up for each piece and label.
    pub(crate) fn scores(&self) -> &[WideRow] {
        &self.scores
    }
}

/// A title less likely than this (in units of the weights) is none.
const LARGEST_DOUBT: i32 = 3 * UNIT;
