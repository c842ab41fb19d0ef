//! dehusk takes the husk off scraped web pages: it splits a page, losing no byte, into
//! labelled segments. The article (title, headings, body) on one side; on the other
//! hashtag blocks, lists of related titles, and everything else by kind.
//!
//! ```text
//!   text ─► lines, cues ─► pieces ─► features ─► labels for the whole page ─► record
//! ```
//!
//! Two doors lead in. One page:
//!
//! ```
//! let page = "免费咨询热线:400-000-6688\n\n阳台种薄荷,为什么总是越长越细?\n\n\
//!     薄荷好养,却也容易徒长。北阳台光线弱,可以把花盆挪到窗台最外侧,并且每三天转一次盆。\
//!     \n\n# 花卉电商小程序 # 园艺公司官网模板 # 南湖网站建设\n";
//! let record = dehusk::extract(page);
//! assert_eq!(record.title(), Some("阳台种薄荷,为什么总是越长越细?"));
//! assert_eq!(record.tags().collect::<Vec<_>>(), ["花卉电商小程序", "园艺公司官网模板", "南湖网站建设"]);
//!
//! // Segments tile the page.
//! let text: String = record.segments.iter().map(|segment| segment.span.of(page)).collect();
//! assert_eq!(text, page);
//! ```
//!
//! Many pages: an [`Extractor`] is built once and shared, each thread has a [`Worker`]:
//!
//! ```
//! let extractor = dehusk::Extractor::new();
//! let mut worker = extractor.worker();
//! for page in ["相关文章: 甲种肥料怎么选\u{a0} 乙种农药的用法\u{a0} ", "版权所有 © 2024"] {
//!     for segment in worker.extract(page).segments {
//!         println!("{} {}", segment.kind, segment.span.of(page));
//!     }
//! }
//! ```
//!
//! A whole crawl, on all cores and in bounded memory: [`Input`] to [`Pipeline`] to a [`Sink`].
//!
//! Beside that: [`Worker::explain`] tells why a page was split as it was, `Stats` what is in records,
//! and [`pair_search`] is the searcher for many patterns in Chinese text that finds the cues.
//!
//! The features `cli`, `compress`, `parquet`, `eval` and `stats` (on by default) bring the program,
//! gzip and Zstandard, Parquet, scores against labelled pages, and figures of records; a library
//! user can do without: `default-features = false`.

// The order of these lines is the order in which data flows, and the import rule:
// a module may import only modules above it (held by `tests/layers.rs`).

// words everyone uses
mod error;
mod timings;
mod label;
mod span;
mod markup;
mod page;
mod calibration;
mod chars;
mod entity;
mod numbering;
// read: bytes become pages
mod input;
// know: what the cues are
mod rules;
// find: one pass over the bytes
pub mod pair_search;
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
// labelled pages, which people write
mod gold;
// write: records become bytes
mod output;
// run: from pages to a sink, on all cores
mod pipeline;
// tell why
mod explain;
// judge and learn
mod random;
#[cfg(feature = "eval")]
mod eval;
#[cfg(feature = "stats")]
mod stats;
mod train;

pub use crate::calibration::{Calibration, Confidence};
pub use crate::error::{Error, Result};
#[cfg(feature = "eval")]
pub use crate::eval::{
    Confusion, Figure, Found, Hits, Interval, LosslessScore, Measure, PageScore, Prediction,
    Predictions, Prf, Scores, Sureness, TitleScore, Wrong,
};
pub use crate::explain::{ArticleRule, Boundary, Change, Evidence, Explanation, FiredCue, Reasons};
pub use crate::extract::{Extractor, ExtractorBuilder, Worker, extract};
pub use crate::fields::{Contact, ContactKind, Record, Section, Segment};
pub use crate::gold::{GoldPage, GoldSet};
pub use crate::input::{
    Charset, Input, InputBuilder, InputFile, InputFormat, Keep, Meter, Skipped,
};
pub use crate::label::Label;
pub use crate::language::Language;
pub use crate::markup::Markup;
#[cfg(feature = "parquet")]
pub use crate::output::ParquetWriter;
pub use crate::output::{
    Offsets, OutputFile, OutputFormat, RecordWriter, Sink, failed_schema, record_schema,
};
pub use crate::page::{Page, PageError, PageErrorKind, Source, Warc};
pub use crate::pieces::Gap;
pub use crate::pipeline::{OnError, Pipeline, Summary};
pub use crate::rules::{Cue, Role, RuleSet};
pub use crate::span::Span;
#[cfg(feature = "stats")]
pub use crate::stats::{
    Cluster, Count, Counted, Distribution, Figures, HostFigure, LabelFigure, LengthUnit, Most,
    Shared, Stats, Step, Tie,
};
pub use crate::timings::{Stage, Timings};
pub use crate::train::{Settings, Trainer};

/// What benches and fuzz targets need and nobody else: may change with any version.
#[cfg(feature = "_internals")]
#[doc(hidden)]
pub mod _internals {
    pub use crate::extract::Stages;

    /// What a weights file says, written anew.
    pub fn weights_text(name: &str, text: &str) -> crate::Result<String> {
        crate::decide::weights::Weights::parse(name, text).map(|weights| weights.to_text())
    }
}

/// The guide's program, so that it is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../docs/guide.md")]
mod guide {}
