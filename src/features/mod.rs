//! Pieces become features: for each piece, the numbers of the things that are true of it.
//!
//! Three files look at it: [`own`] at the piece itself, [`context`] at the page around it, and
//! [`marks`] at what the page's HTML said, where it was HTML. Every step is linear in the page.

mod context;
mod marks;
pub(crate) mod names;
mod own;
mod patterns;

use crate::features::names::{Group, Id};
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
    /// For each piece, where its features end in `ids`.
    ends: Vec<u32>,
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
            self.ends.push(self.ids.len() as u32);
        }
    }

    /// How many pieces there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The features of one piece itself.
    pub(crate) fn own(&self, piece: usize) -> &[Id] {
        let start = if piece == 0 {
            0
        } else {
            self.ends[piece - 1] as usize
        };
        &self.ids[start..self.ends[piece] as usize]
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
