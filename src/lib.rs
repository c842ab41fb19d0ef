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
// read: bytes become pages
mod input;
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
// write: records become bytes
mod output;
// run: from pages to a sink, on all cores
mod pipeline;
// learn: weights from labelled pages
mod train;

pub use crate::error::{Error, Result};
pub use crate::extract::{Extractor, ExtractorBuilder, Worker, extract};
pub use crate::fields::{Contact, ContactKind, Record, Section, Segment};
pub use crate::input::{Input, InputBuilder, InputFormat, Keep, Skipped};
pub use crate::label::Label;
pub use crate::language::Language;
pub use crate::output::{Offsets, OutputFile, OutputFormat, RecordWriter, Sink};
pub use crate::page::{Page, PageError, Source, Span};
pub use crate::pipeline::{OnError, Pipeline, Summary};
pub use crate::rules::{Cue, Role, RuleSet};
pub use crate::train::{GoldPage, Settings, Trainer};

/// What benches and fuzz targets need and nobody else: may change with any version.
#[cfg(feature = "_internals")]
#[doc(hidden)]
pub mod _internals {
    pub use crate::extract::Stages;
}
