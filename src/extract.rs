//! Joins the stages: a page's text in, its record out.

#[cfg(feature = "_internals")]
use std::sync::LazyLock;
use std::sync::OnceLock;

use crate::decide::{Decision, Model};
use crate::error::Result;
use crate::features::Features;
use crate::fields::{self, Record};
use crate::markup::Markup;
use crate::matcher::{self, Hit, Matcher};
use crate::pieces::{Block, Lines, MOST_PIECES, Piece};
use crate::rules::RuleSet;
use crate::span::Span;
use crate::timings::{Stage, Watch};

/// Splits pages; built once, immutable, shared by all threads.
#[derive(Debug)]
pub struct Extractor {
    pub(crate) matcher: Matcher,
    /// What the matcher was made of; only explanations look at it.
    pub(crate) rules: RuleSet,
    models: Models,
    confidence: bool,
}

/// What decides. Lines of HTML pages come with other evidence than those of text, and it is
/// worth other weights; built-in ones are read when the first page of their kind comes.
#[derive(Debug, Default)]
struct Models {
    /// The user's, for pages of both kinds.
    told: Option<Model>,
    text: OnceLock<Model>,
    html: OnceLock<Model>,
}

impl Models {
    #[allow(clippy::expect_used, reason = "built-in data; a test reads them")]
    fn model(&self, markup: &Markup) -> &Model {
        let (model, text) = match &self.told {
            Some(told) => return told,
            None if markup.is_empty() => (&self.text, include_str!("decide/text.tsv")),
            None => (&self.html, include_str!("decide/html.tsv")),
        };
        let read = || Model::parse("built-in weights", text).expect("they are valid");
        model.get_or_init(read)
    }
}

/// Settings of an [`Extractor`].
#[derive(Debug, Default)]
pub struct ExtractorBuilder {
    rules: Vec<(String, String)>,
    weights: Option<(String, String)>,
    confidence: bool,
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

    /// Tells of each segment how probable it is that its label is right
    /// ([`Segment::confidence`]); the decision takes about twice as long. No unless set.
    ///
    /// [`Segment::confidence`]: crate::Segment::confidence
    #[must_use]
    pub fn confidence(mut self, yes: bool) -> Self {
        self.confidence = yes;
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
        let told = match &self.weights {
            Some((name, text)) => Some(Model::parse(name, text)?),
            None => None,
        };
        let models = Models {
            told,
            ..Models::default()
        };
        Ok(Extractor {
            matcher: Matcher::new(&rules)?,
            rules,
            models,
            confidence: self.confidence,
        })
    }
}

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
            scratch: matcher::Scratch::default(),
            hits: Vec::new(),
            pieces: Vec::new(),
            features: Features::default(),
            decision: Decision::default(),
            watch: Watch::default(),
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
    pub(crate) extractor: &'e Extractor,
    lines: Lines,
    scratch: matcher::Scratch,
    pub(crate) hits: Vec<Hit>,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) features: Features,
    pub(crate) decision: Decision,
    /// Off unless a pipeline wants to know.
    pub(crate) watch: Watch,
}

impl Worker<'_> {
    /// Splits one page of text.
    pub fn extract<'p>(&mut self, text: &'p str) -> Record<'p> {
        self.extract_marked_up(text, &Markup::default())
    }

    /// Splits one page that was HTML: `markup` is what that said of `text`
    /// ([`Page::markup`]; an empty one says nothing).
    ///
    /// [`Page::markup`]: crate::Page::markup
    pub fn extract_marked_up<'p>(&mut self, text: &'p str, markup: &Markup) -> Record<'p> {
        self.watch.start();
        let end = self.lines.scan(text, MOST_PIECES);
        if end < text.len() {
            return self.split_in_parts(text, markup, end);
        }
        self.weigh_lines(text, markup);
        self.conclude(text, markup, self.extractor.confidence)
    }

    /// All stages for the page as one, however long it is.
    pub(crate) fn split<'p>(
        &mut self,
        text: &'p str,
        markup: &Markup,
        confidence: bool,
    ) -> Record<'p> {
        self.prepare(text, markup);
        self.conclude(text, markup, confidence)
    }

    /// All stages for each part of a very long page; of the first, which ends at `end`, the
    /// lines are known.
    fn split_in_parts<'p>(&mut self, text: &'p str, markup: &Markup, mut end: usize) -> Record<'p> {
        let mut whole = Record::empty(text);
        let mut part = markup.clone();
        let mut start = 0;
        while start < text.len() {
            markup.cut_runs(Span::new(start, end), &mut part);
            self.weigh_lines(&text[start..end], &part);
            let record = self.conclude(&text[start..end], &part, self.extractor.confidence);
            whole.append(record, start);
            start = end;
            end += self.lines.scan(&text[start..], MOST_PIECES);
        }
        whole
    }

    /// All stages behind the features.
    fn conclude<'p>(&mut self, text: &'p str, markup: &Markup, confidence: bool) -> Record<'p> {
        self.decide(markup, confidence);
        self.watch.lap(Stage::Decide);
        let record = self.assemble(text, markup, confidence);
        self.watch.lap(Stage::Assemble);
        record
    }

    /// What decides on pages with that markup.
    pub(crate) fn model(&self, markup: &Markup) -> &Model {
        self.extractor.models.model(markup)
    }

    /// All up to the decision: lines, hits, pieces, features.
    pub(crate) fn prepare(&mut self, text: &str, markup: &Markup) {
        self.watch.start();
        self.lines.scan(text, usize::MAX);
        self.weigh_lines(text, markup);
    }

    /// From lines to features.
    fn weigh_lines(&mut self, text: &str, markup: &Markup) {
        self.watch.lap(Stage::Lines);
        self.find(text);
        self.watch.lap(Stage::Match);
        self.cut(text);
        self.watch.lap(Stage::Lines);
        self.weigh(text, markup);
        self.watch.lap(Stage::Features);
    }

    fn find(&mut self, text: &str) {
        let matcher = &self.extractor.matcher;
        matcher.find(text, self.lines.torn, &mut self.scratch, &mut self.hits);
    }

    fn cut(&mut self, text: &str) {
        let matcher = &self.extractor.matcher;
        let begins = |hit: Hit| Block::of(matcher.cues(hit));
        self.lines
            .pieces(text, &self.hits, begins, &mut self.pieces);
    }

    fn weigh(&mut self, text: &str, markup: &Markup) {
        let matcher = &self.extractor.matcher;
        let vocabulary = &self.extractor.models.model(markup).weights.vocabulary;
        let (pieces, hits) = (&self.pieces, &self.hits);
        self.features
            .weigh(text, pieces, hits, matcher, markup, vocabulary);
    }

    fn decide(&mut self, markup: &Markup, confidence: bool) {
        let model = self.extractor.models.model(markup);
        self.decision.decide(&self.pieces, &self.features, model);
        if confidence {
            self.decision.weigh_up(&self.pieces, &model.weights);
        }
    }

    fn assemble<'p>(&self, text: &'p str, markup: &Markup, confidence: bool) -> Record<'p> {
        let mut record = fields::assemble(
            text,
            &self.pieces,
            &self.decision,
            &self.features,
            &self.hits,
            &self.extractor.matcher,
            markup,
        );
        if confidence {
            let (segments, probabilities) = (&mut record.segments, &self.decision.probabilities);
            let calibration = &self.extractor.models.model(markup).weights.calibration;
            fields::set_confidence(segments, &self.pieces, probabilities, calibration);
        }
        record
    }

    /// What the trainer learns from.
    pub(crate) fn into_features(self) -> (Features, Vec<Piece>) {
        (self.features, self.pieces)
    }
}

/// One page, stage by stage: each is to be called after those above it, and returns how many
/// of its things there are.
#[cfg(feature = "_internals")]
#[derive(Debug)]
pub struct Stages<'e, 'p> {
    worker: Worker<'e>,
    text: &'p str,
    markup: &'p Markup,
}

#[cfg(feature = "_internals")]
impl<'e, 'p> Stages<'e, 'p> {
    /// Nothing done yet with a page of text.
    pub fn new(extractor: &'e Extractor, text: &'p str) -> Self {
        static NONE: LazyLock<Markup> = LazyLock::new(Markup::default);
        Self::marked_up(extractor, text, &NONE)
    }

    /// The same with a page that was HTML.
    pub fn marked_up(extractor: &'e Extractor, text: &'p str, markup: &'p Markup) -> Self {
        let worker = extractor.worker();
        Self {
            worker,
            text,
            markup,
        }
    }

    /// Lines that are not blank.
    pub fn lines(&mut self) -> usize {
        self.worker.lines.scan(self.text, usize::MAX);
        self.worker.lines.len()
    }

    /// Hits of cues.
    pub fn hits(&mut self) -> usize {
        self.worker.find(self.text);
        self.worker.hits.len()
    }

    /// Pieces; uses the lines up.
    pub fn pieces(&mut self) -> usize {
        self.worker.cut(self.text);
        self.worker.pieces.len()
    }

    /// Features of all pieces.
    pub fn features(&mut self) -> usize {
        self.worker.weigh(self.text, self.markup);
        let features = &self.worker.features;
        (0..features.len())
            .map(|at| features.own_and_terms(at).len())
            .sum()
    }

    /// Labels.
    pub fn labels(&mut self) -> usize {
        self.worker.decide(self.markup, false);
        self.worker.decision.labels.len()
    }

    /// Segments.
    pub fn segments(&mut self) -> usize {
        self.record().segments.len()
    }

    /// The record, segments and all.
    pub fn record(&mut self) -> Record<'p> {
        self.worker.assemble(self.text, self.markup, false)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_weights_are_valid() {
        let models = Models::default();
        let mut html = Markup::default();
        html.elements.push(crate::markup::Element {
            parent: 0,
            tag: crate::markup::Tag::Block,
            words: crate::markup::Words::default(),
        });
        let [text, html] = [Markup::default(), html].map(|markup| &models.model(&markup).weights);
        assert_ne!(text, html);
    }
}
