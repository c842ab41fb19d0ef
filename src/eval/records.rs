//! What there is to score: records as the program writes them, by the page they are of.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read};

use serde::Deserialize;

use super::{Scores, page};
use crate::calibration::Confidence;
use crate::error::{Error, Result};
use crate::fields::Record;
use crate::gold::GoldPage;
use crate::input;
use crate::label::Label;
use crate::span::Span;

/// What a record says of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prediction {
    /// The article's title.
    pub title: Option<String>,
    /// The article's text. It is scored only if there are no segments.
    pub body: Option<String>,
    /// Items of the hashtag and keyword blocks.
    pub tags: Vec<String>,
    /// Titles of other articles.
    pub related: Vec<String>,
    /// Labelled byte ranges of the page.
    pub segments: Option<Vec<(Span, Label)>>,
    /// How sure each segment is; empty where not all records' segments tell it.
    pub confidences: Vec<Confidence>,
    /// Why there is none of this.
    pub error: Option<String>,
}

impl From<&Record<'_>> for Prediction {
    fn from(record: &Record<'_>) -> Self {
        let segments = record.segments.iter();
        Self {
            title: record.title().map(str::to_owned),
            body: None,
            tags: record.tags().map(str::to_owned).collect(),
            related: record.related().map(str::to_owned).collect(),
            segments: Some(
                segments
                    .map(|segment| (segment.span, segment.kind))
                    .collect(),
            ),
            confidences: sure(record.segments.iter().map(|segment| segment.confidence)),
            error: None,
        }
    }
}

/// The longest line that is read. No page that someone has labelled has a longer record.
const LONGEST: u64 = 64 << 20;

impl Prediction {
    /// Reads records as `dehusk extract` writes them, a JSON object a line, packed with gzip
    /// or zstd or not, and hands on each with the id of its page. `name` is shown in error
    /// messages.
    ///
    /// # Errors
    /// Reading fails, a line is no record, or `each` fails; the message names the line.
    pub fn read_all(
        name: &str,
        records: impl Read + Send + 'static,
        mut each: impl FnMut(String, Prediction) -> Result<()>,
    ) -> Result<()> {
        let mut records = BufReader::new(input::unpack(records));
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let failed = |error| Error::io(format!("{name}:{number}"), &error);
            let mut some = records.by_ref().take(LONGEST + 1);
            if some.read_until(b'\n', &mut line).map_err(failed)? == 0 {
                break;
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            let wrong = |reason: String| Error::invalid(format!("{name}:{number}: {reason}"));
            if line.len() as u64 > LONGEST {
                return Err(wrong(format!(
                    "a record of more than {} MiB",
                    LONGEST >> 20
                )));
            }
            if !line.trim_ascii().starts_with(b"{") {
                let told =
                    "no JSON object; records are JSON lines, as `dehusk extract` writes them";
                return Err(wrong(told.into()));
            }
            let (id, prediction) = parse(&line).map_err(wrong)?;
            each(id, prediction).map_err(|error| wrong(error.to_string()))?;
        }
        Ok(())
    }
}

/// What all segments tell, or nothing.
fn sure(confidences: impl Iterator<Item = Option<Confidence>>) -> Vec<Confidence> {
    confidences.collect::<Option<_>>().unwrap_or_default()
}

/// The records of labelled pages; a page without one counts as one of which nothing was said.
///
/// ```
/// use dehusk::{GoldPage, Label, Measure, Predictions, Span};
///
/// let page = GoldPage {
///     id: "mint".into(),
///     text: "Home | Blog\n\nMint likes light and a larger pot every spring.".into(),
///     spans: vec![(Span::new(0, 11), Label::Nav), (Span::new(13, 60), Label::Body)],
///     ..GoldPage::default()
/// };
/// let mut predictions = Predictions::new(std::slice::from_ref(&page));
/// let line = r#"{"id":"mint","segments":[{"kind":"body","start":0,"end":60}]}"#;
/// predictions.read("records", line.as_bytes())?;
/// let main = predictions.score().figure(Measure::Main).micro;
/// assert_eq!((main.r, main.p), (1.0, 39.0 / 48.0));
/// # Ok::<(), dehusk::Error>(())
/// ```
#[derive(Debug)]
pub struct Predictions<'g> {
    pages: &'g [GoldPage],
    index: HashMap<&'g str, usize>,
    found: Vec<Option<Prediction>>,
    unknown: usize,
}

impl<'g> Predictions<'g> {
    /// For these pages, none yet.
    pub fn new(pages: &'g [GoldPage]) -> Self {
        let ids = pages.iter().map(|page| page.id.as_str());
        Self {
            pages,
            index: ids.zip(0..).collect(),
            found: vec![None; pages.len()],
            unknown: 0,
        }
    }

    /// Adds the record of the page with that id; of a page that is not labelled it is counted.
    ///
    /// # Errors
    /// There is one of that page.
    pub fn add(&mut self, id: &str, prediction: Prediction) -> Result<()> {
        let Some(page) = self.page(id) else {
            self.unknown += 1;
            return Ok(());
        };
        let name = &self.pages[page].id;
        match self.found[page].replace(prediction) {
            None => Ok(()),
            Some(_) => Err(Error::invalid(format!("a second record of {name}"))),
        }
    }

    /// The page that a record is of. Its id is the page's, or the path of the file that the
    /// page was read from, `…/ID/page.txt` or `…/ID.html`.
    fn page(&self, id: &str) -> Option<usize> {
        let by_path = || {
            let folder = || id.strip_suffix("page.txt")?.strip_suffix(['/', '\\']);
            let case = folder().or_else(|| id.strip_suffix(".html"))?;
            self.index.get(case.rsplit(['/', '\\']).next()?)
        };
        self.index.get(id).or_else(by_path).copied()
    }

    /// Adds records as `dehusk extract` writes them, a JSON object a line, packed with gzip
    /// or zstd or not. `name` is shown in error messages.
    ///
    /// # Errors
    /// Reading fails, a line is no record, or there are two of one page; the message names
    /// the line.
    pub fn read(&mut self, name: &str, records: impl Read + Send + 'static) -> Result<()> {
        Prediction::read_all(name, records, |id, prediction| self.add(&id, prediction))
    }

    /// How right they are.
    pub fn score(&self) -> Scores {
        let found = || self.found.iter().flatten();
        let text_only = found().any(|p| p.body.is_some()) && !found().any(|p| p.segments.is_some());
        let pages = self.pages.iter().zip(&self.found);
        let scores = pages.map(|(gold, found)| page::score(gold, found.as_ref(), !text_only));
        Scores::new(scores.collect(), self.unknown)
    }
}

/// A record's line; keys that are not here are not scored.
#[derive(Deserialize)]
struct Line {
    id: String,
    title: Option<String>,
    body: Option<String>,
    tags: Option<Vec<String>>,
    related: Option<Vec<String>>,
    segments: Option<Vec<Segment>>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Segment {
    kind: String,
    start: usize,
    end: usize,
    confidence: Option<f64>,
}

fn parse(line: &[u8]) -> std::result::Result<(String, Prediction), String> {
    let line: Line = serde_json::from_slice(line).map_err(|error| reason(&error))?;
    let segment = |segment: &Segment| match Label::from_name(&segment.kind) {
        Some(label) => Ok((
            Span {
                start: segment.start,
                end: segment.end,
            },
            label,
        )),
        None => {
            let names = Label::ALL.map(Label::name).join(", ");
            let kind = &segment.kind;
            Err(format!("unknown kind {kind:?}; there are: {names}"))
        }
    };
    let told = line.segments.iter().flatten();
    let confidences = sure(told.map(|segment| segment.confidence.map(Confidence::new)));
    let segments = line
        .segments
        .map(|segments| segments.iter().map(segment).collect());
    let prediction = Prediction {
        title: line.title,
        body: line.body,
        tags: line.tags.unwrap_or_default(),
        related: line.related.unwrap_or_default(),
        segments: segments.transpose()?,
        confidences,
        error: line.error,
    };
    Ok((line.id, prediction))
}

/// serde_json's message; the line that it counts is always 1.
fn reason(error: &serde_json::Error) -> String {
    error.to_string().replace(" at line 1 column ", " at byte ")
}
