//! Pieces become features: for each piece, the numbers of the things that are true of it.
//!
//! Four files look at it: [`own`] at the piece itself, [`terms`] at its words, [`context`] at the
//! page around it, and [`marks`] at what the page's HTML said, where it was HTML. Every step is
//! linear in the page.

mod context;
mod marks;
pub(crate) mod names;
mod own;
mod patterns;
pub(crate) mod terms;

use crate::features::names::{Group, Id};
use crate::features::terms::Vocabulary;
use crate::label::Label;
use crate::markup::Markup;
use crate::matcher::{Hit, Matcher};
use crate::pieces::Piece;

pub(crate) use crate::features::own::{beliefs, cue_features};
pub(crate) use crate::features::patterns::{find_date, in_dates};

/// The features of a page's pieces. Scratch: reused from page to page.
#[derive(Debug, Default)]
pub(crate) struct Features {
    ids: Vec<Id>,
    /// For each piece, where its own features end in `ids`, and where its terms, which follow.
    ends: Vec<[u32; 2]>,
    context: context::Context,
    facts: Vec<own::Facts>,
    marks: marks::Marks,
}

impl Features {
    /// Weighs each piece of a page.
    pub(crate) fn weigh(
        &mut self,
        text: &str,
        pieces: &[Piece],
        hits: &[Hit],
        matcher: &Matcher,
        markup: &Markup,
        vocabulary: &Vocabulary,
    ) {
        self.ids.clear();
        self.ends.clear();
        self.facts.clear();
        for piece in pieces {
            self.facts.push(own::Facts::of(text, piece, hits, matcher));
        }
        self.context.survey(text, pieces, &self.facts);
        self.marks.survey(text, pieces, markup);
        for (index, piece) in pieces.iter().enumerate() {
            let mut push = |group: Group, bucket: usize| self.ids.push(names::id(group, bucket));
            own::push(piece, &self.facts[index], &mut push);
            self.context.push(index, pieces, &self.facts, &mut push);
            self.marks.push(index, piece, markup, &mut push);
            let end = self.ids.len();
            terms::push(piece.span.of(text), vocabulary, &mut self.ids);
            self.ends.push([end as u32, self.ids.len() as u32]);
        }
    }

    /// How many pieces there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The features of one piece itself.
    pub(crate) fn own(&self, piece: usize) -> &[Id] {
        &self.ids[self.start(piece)..self.ends[piece][0] as usize]
    }

    /// The same, and its terms.
    pub(crate) fn own_and_terms(&self, piece: usize) -> &[Id] {
        &self.ids[self.start(piece)..self.ends[piece][1] as usize]
    }

    fn start(&self, piece: usize) -> usize {
        match piece {
            0 => 0,
            _ => self.ends[piece - 1][1] as usize,
        }
    }

    /// The label of a cue that introduces a block at the start of this piece.
    pub(crate) fn lead(&self, piece: usize) -> Option<Label> {
        self.facts[piece].lead
    }
}

/// Bucket of a count: 0, 1, 2, 3 and more.
fn few(count: u32) -> usize {
    count.min(3) as usize
}

/// The first bucket whose bound is over `value`.
fn bucket(value: usize, bounds: &[usize]) -> usize {
    bounds.partition_point(|&bound| bound <= value)
}
