//! Labelled pieces become segments that tile the page.

use std::ops::Range;

use crate::chars::Class;
use crate::fields::Segment;
use crate::label::Label;
use crate::pieces::{Gap, Piece};
use crate::span::Span;

/// The runs of pieces that make up one segment each. `lead` tells which pieces begin with
/// a cue that introduces a block.
pub(crate) fn group(
    pieces: &[Piece],
    labels: &[Label],
    lead: impl Fn(usize) -> Option<Label>,
) -> Vec<Range<usize>> {
    let mut blocks: Vec<Range<usize>> = Vec::new();
    for index in 0..pieces.len() {
        let joins = index > 0 && joins(pieces, labels, index, &lead);
        match blocks.last_mut() {
            Some(block) if joins => block.end = index + 1,
            _ => blocks.push(index..index + 1),
        }
    }
    blocks
}

/// True if a piece goes on with the segment of the piece before it.
fn joins(
    pieces: &[Piece],
    labels: &[Label],
    index: usize,
    lead: &impl Fn(usize) -> Option<Label>,
) -> bool {
    let (before, piece) = (&pieces[index - 1], &pieces[index]);
    if labels[index - 1] != labels[index] {
        return false;
    }
    match labels[index] {
        Label::Heading => piece.gap == Gap::None,
        // A paragraph ends at a blank line, or where a line ends with a sentence; lists,
        // verse, tables and code stay together.
        Label::Body => match piece.gap {
            Gap::None => true,
            Gap::Line => !ends_sentence(before) || listed(before) && listed(piece),
            Gap::Blank => false,
        },
        // Each list with its own cue is a block of its own.
        Label::Tags | Label::Related => {
            lead(index) != Some(labels[index]) || lead(index - 1) == Some(labels[index])
        }
        _ => true,
    }
}

/// An entry of a list.
fn listed(piece: &Piece) -> bool {
    matches!(piece.shape.first, Class::Bullet | Class::Digit)
}

fn ends_sentence(piece: &Piece) -> bool {
    let shape = &piece.shape;
    let closed = matches!(shape.last, Class::Close | Class::Quote);
    shape.last == Class::End
        || closed && shape.of(Class::End) > 0
        || shape.last == Class::Dot && shape.words > 5
}

/// Stretches each block to where the next begins, so that no byte is left out.
pub(crate) fn tile(
    text: &str,
    pieces: &[Piece],
    labels: &[Label],
    blocks: &[Range<usize>],
) -> Vec<Segment> {
    if blocks.is_empty() && !text.is_empty() {
        // A page of nothing but white space is one piece of chrome.
        let span = Span::new(0, text.len());
        return vec![Segment {
            kind: Label::Nav,
            span,
            items: Vec::new(),
            confidence: None,
        }];
    }
    let starts = blocks
        .iter()
        .skip(1)
        .map(|block| pieces[block.start].span.start);
    let mut start = 0;
    let mut segments = Vec::with_capacity(blocks.len());
    for (block, end) in blocks.iter().zip(starts.chain([text.len()])) {
        let kind = labels[block.start];
        segments.push(Segment {
            kind,
            span: Span::new(start, end),
            items: Vec::new(),
            confidence: None,
        });
        start = end;
    }
    debug_assert!(start == text.len() && segments.iter().all(|s| !s.span.is_empty()));
    segments
}
