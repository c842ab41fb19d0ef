//! Features become labels: all pieces of a page are decided together.
//!
//! Twice: a first look labels every piece by its features and its neighbours' labels; the
//! second does so again, knowing what the first made of the page as a whole.

pub(crate) mod chain;
pub(crate) mod weights;

use crate::decide::chain::{Chain, Row};
use crate::decide::weights::{Table, UNIT, Weights};
use crate::features::names::{self, Id};
use crate::features::{Features, Look};
use crate::label::Label;
use crate::pieces::{Gap, Piece};

/// Scratch of the decision, reused from page to page.
#[derive(Debug, Default)]
pub(crate) struct Decision {
    /// The label of each piece.
    pub(crate) labels: Vec<Label>,
    pub(crate) look: Look,
    scores: Vec<Row>,
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
    /// Labels each piece.
    pub(crate) fn decide(&mut self, pieces: &[Piece], features: &Features, weights: &Weights) {
        let gap = |index: usize| pieces[index].gap;
        self.first_look(
            features,
            gap,
            |index| pieces[index].shape.weight(),
            &weights.looks[0],
        );
        let second = &weights.looks[1];
        let look = std::mem::take(&mut self.look);
        self.score(features, Some(&look), second);
        self.look = look;
        self.chain
            .best(&self.scores, gap, &second.transitions, &mut self.labels);
        self.keep_one_title(pieces, second);
    }

    /// Labels each piece by itself and its neighbours, and turns that into features.
    pub(crate) fn first_look(
        &mut self,
        features: &Features,
        gap: impl Fn(usize) -> Gap,
        weight: impl Fn(usize) -> u32,
        table: &Table,
    ) {
        self.score(features, None, table);
        let Look {
            labels, margins, ..
        } = &mut self.look;
        self.chain
            .best(&self.scores, &gap, &table.transitions, labels);
        self.chain
            .margins(&self.scores, &gap, &table.transitions, labels, margins);
        self.look.weigh(weight, UNIT);
    }

    fn score(&mut self, features: &Features, look: Option<&Look>, table: &Table) {
        self.scores.clear();
        for piece in 0..features.len() {
            let mut row = [0i32; Label::COUNT];
            for feature in active(features, look, piece) {
                for (sum, weight) in row.iter_mut().zip(&table.rows[feature]) {
                    *sum += weight;
                }
            }
            self.scores.push(row);
        }
    }

    /// A page has one title: of several runs the one that is surest stays, and the page
    /// is decided again without the others.
    fn keep_one_title(&mut self, pieces: &[Piece], table: &Table) {
        let gap = |index: usize| pieces[index].gap;
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for (index, _) in self
            .labels
            .iter()
            .enumerate()
            .filter(|(_, label)| **label == Label::Title)
        {
            match runs.last_mut() {
                Some(run) if run.1 == index => run.1 = index + 1,
                _ => runs.push((index, index + 1)),
            }
        }
        if runs.len() < 2 {
            return;
        }
        let mut margins = Vec::new();
        self.chain.margins(
            &self.scores,
            gap,
            &table.transitions,
            &self.labels,
            &mut margins,
        );
        let sure = |run: &(usize, usize)| margins[run.0..run.1].iter().max().copied();
        // The first of equals: titles stand before what they head.
        let mut best = runs[0];
        for run in &runs {
            if sure(run) > sure(&best) {
                best = *run;
            }
        }
        for (index, row) in self.scores.iter_mut().enumerate() {
            if !(best.0..best.1).contains(&index) {
                row[Label::Title as usize] = chain::NEVER;
            }
        }
        self.chain
            .best(&self.scores, gap, &table.transitions, &mut self.labels);
    }
}
