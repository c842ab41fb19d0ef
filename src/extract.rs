//! Joins the stages: a page's text in, its record out.

use std::sync::OnceLock;

use crate::decide::Decision;
use crate::decide::weights::Weights;
use crate::error::Result;
use crate::features::Features;
use crate::fields::{self, Record};
use crate::matcher::{Hit, Matcher, Mended};
use crate::pieces::{self, Lines, Piece};
use crate::rules::RuleSet;

/// Splits pages; built once, immutable, shared by all threads.
#[derive(Debug)]
pub struct Extractor {
    matcher: Matcher,
    weights: Weights,
}

/// Settings of an [`Extractor`].
#[derive(Debug, Default)]
pub struct ExtractorBuilder {
    rules: Vec<(String, String)>,
    weights: Option<(String, String)>,
}

impl ExtractorBuilder {
    /// Adds a rule pack: `name` is shown in error messages (its path), `text` is the pack.
    #[must_use]
    pub fn rules(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.rules.push((name.into(), text.into()));
        self
    }

    /// Uses these weights for the decision in place of the built-in ones.
    #[must_use]
    pub fn weights(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.weights = Some((name.into(), text.into()));
        self
    }

    /// Compiles the packs.
    ///
    /// # Errors
    /// A pack or weights file that does not fit its format; the message names file and line.
    pub fn build(self) -> Result<Extractor> {
        let mut rules = RuleSet::builtin();
        for (name, text) in &self.rules {
            rules.add(name, text)?;
        }
        let weights = match &self.weights {
            Some((name, text)) => Weights::parse(name, text)?,
            None => Weights::parse("built-in weights", BUILTIN_WEIGHTS)?,
        };
        Ok(Extractor {
            matcher: Matcher::new(&rules)?,
            weights,
        })
    }
}

const BUILTIN_WEIGHTS: &str = include_str!("decide/weights.tsv");

impl Extractor {
    /// An extractor with the built-in packs and weights.
    ///
    /// # Panics
    /// Never: the built-in data are tested.
    #[allow(clippy::expect_used, reason = "built-in data; the tests build them")]
    pub fn new() -> Self {
        Self::builder()
            .build()
            .expect("built-in packs and weights are valid")
    }

    /// Settings to build from.
    pub fn builder() -> ExtractorBuilder {
        ExtractorBuilder::default()
    }

    /// Scratch memory for one thread.
    pub fn worker(&self) -> Worker<'_> {
        Worker {
            extractor: self,
            lines: Lines::default(),
            mended: Mended::default(),
            hits: Vec::new(),
            pieces: Vec::new(),
            features: Features::default(),
            decision: Decision::default(),
        }
    }
}

impl Default for Extractor {
    fn default() -> Self {
        Self::new()
    }
}

/// One thread's scratch memory: buffers are cleared between pages, never freed.
#[derive(Debug)]
pub struct Worker<'e> {
    extractor: &'e Extractor,
    lines: Lines,
    mended: Mended,
    hits: Vec<Hit>,
    pieces: Vec<Piece>,
    features: Features,
    decision: Decision,
}

impl Worker<'_> {
    /// Splits one page.
    pub fn extract<'p>(&mut self, text: &'p str) -> Record<'p> {
        self.prepare(text);
        let Self {
            extractor,
            pieces,
            features,
            decision,
            hits,
            ..
        } = self;
        decision.decide(pieces, features, &extractor.weights);
        fields::assemble(
            text,
            pieces,
            &decision.labels,
            features,
            hits,
            &extractor.matcher,
        )
    }

    /// All up to the decision: lines, hits, pieces, features.
    pub(crate) fn prepare(&mut self, text: &str) {
        let Self {
            extractor,
            lines,
            mended,
            hits,
            pieces,
            features,
            ..
        } = self;
        let matcher = &extractor.matcher;
        lines.scan(text);
        matcher.find(text, lines.torn, mended, hits);
        let opens = |hit: Hit| {
            matcher
                .cues(hit)
                .iter()
                .any(|&(label, role)| pieces::opens(label, role))
        };
        lines.pieces(text, hits, opens, pieces);
        features.weigh(text, pieces, hits, matcher);
    }

    /// What the trainer learns from.
    pub(crate) fn into_features(self) -> (Features, Vec<Piece>) {
        (self.features, self.pieces)
    }
}

/// Splits one page with the built-in packs and weights.
///
/// ```
/// let record = dehusk::extract("免费咨询热线:4008001234\n\n如何养一盆薄荷\n\n薄荷喜光,也耐半阴,放在窗台上就能活。春天换一次盆,土要松,水要透。\n\n相关文章: 薄荷怎么过冬\u{a0} 薄荷的三种吃法\u{a0} 阳台种菜指南\u{a0}");
/// assert_eq!(record.title(), Some("如何养一盆薄荷"));
/// assert_eq!(record.related().count(), 3);
/// ```
pub fn extract(text: &str) -> Record<'_> {
    static SHARED: OnceLock<Extractor> = OnceLock::new();
    SHARED.get_or_init(Extractor::new).worker().extract(text)
}
