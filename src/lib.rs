//! dehusk takes the husk off scraped web pages.

// The order of these lines is the order in which data flows, and the import rule:
// a module may import only modules above it (held by `tests/layers.rs`).

// words everyone uses
mod error;
mod label;
mod page;
mod chars;
mod entity;
mod numbering;
// know: what the cues are
mod rules;
// find: one pass over the bytes
mod matcher;
mod pieces;
mod language;
// weigh: features of each piece
mod features;
// decide: labels for the whole page
mod decide;
// assemble: fields people want
mod fields;
mod extract;
// learn: weights from labelled pages
mod train;

pub use crate::error::{Error, Result};
pub use crate::extract::{Extractor, ExtractorBuilder, Worker, extract};
pub use crate::fields::{Contact, ContactKind, Record, Section, Segment};
pub use crate::label::Label;
pub use crate::language::Language;
pub use crate::page::{Page, Source, Span};
pub use crate::rules::{Cue, Role, RuleSet};
pub use crate::train::{GoldPage, Settings, Trainer};
