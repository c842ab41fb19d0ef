//! One page's record against its labels.

use super::records::Prediction;
use super::{Confusion, Hits, Measure, items, strings};
use crate::calibration::Confidence;
use crate::gold::{GoldPage, is_space};
use crate::label::Label;
use crate::span::Span;

/// How right the record of one page is.
#[derive(Clone, Debug)]
pub struct PageScore {
    /// The page's name.
    pub id: String,
    /// Whether there was a record, and what was in it.
    pub found: Found,
    /// Whether the record's title is the right one.
    pub title_right: bool,
    /// Whether the segments tile the page, or where they do not; none without segments.
    pub lossless: Option<Result<(), String>>,
    /// Runs of characters that have a wrong label, in page order.
    pub wrong: Vec<Wrong>,
    /// Characters by right and predicted label.
    pub confusion: Confusion,
    /// For each segment that tells how sure it is and is not white space: that, and whether
    /// most of its characters have its label.
    pub judged: Vec<(Confidence, bool)>,
    pub(super) has_title: bool,
    pub(super) false_title: bool,
    hits: [Option<Hits>; Measure::COUNT],
}

/// What there was to score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A record with segments.
    Segments,
    /// A record with text but no segments.
    Body,
    /// A record with neither; for this, what its `error` says.
    Nothing(Option<String>),
    /// No record.
    Missing,
}

/// A run of characters with one wrong label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Where it is.
    pub span: Span,
    /// The label that it should have.
    pub gold: Label,
    /// The label that it has.
    pub predicted: Option<Label>,
    /// How many characters of it are not white space.
    pub chars: usize,
}

impl PageScore {
    /// A measure on this page; none where it does not apply: by position to a record of
    /// text only, items to a page that has none and was given none.
    pub fn hits(&self, measure: Measure) -> Option<Hits> {
        self.hits[measure as usize]
    }

    /// F1 of the main text, by position if there are positions.
    pub fn main_f1(&self) -> f64 {
        let hits = self.hits(Measure::Main).or(self.hits(Measure::MainText));
        hits.unwrap_or_default().prf().f1
    }

    /// How many characters there are, and how many have a wrong label.
    pub fn chars(&self) -> (usize, usize) {
        let wrong = self.wrong.iter().map(|wrong| wrong.chars).sum();
        (self.confusion.iter().flatten().sum(), wrong)
    }

    /// True if nothing is wrong.
    pub fn is_right(&self) -> bool {
        let full = |hits: &Option<Hits>| hits.is_none_or(|hits| hits.prf().f1 == 1.0);
        self.title_right && self.wrong.is_empty() && self.hits.iter().all(full)
    }
}

/// Scores one page. `positions` says whether a page without a record counts as one with no
/// segments; where no record has any, it counts as one without text.
pub(super) fn score(gold: &GoldPage, found: Option<&Prediction>, positions: bool) -> PageScore {
    let empty = Prediction::default();
    let record = found.unwrap_or(&empty);
    let segments = fit(gold, record.segments.as_deref().unwrap_or_default());
    let mut confusion = Confusion::default();
    let mut wrong = Vec::new();
    let mut hits = [None; Measure::COUNT];
    if record.segments.is_some() || positions && record.body.is_none() {
        compare(gold, &segments, &mut confusion, &mut wrong);
        hits[Measure::Main as usize] = Some(main(&confusion, Label::is_main));
        hits[Measure::MainTitle as usize] = Some(main(&confusion, is_main_or_title));
    }
    let text = |want: fn(Label) -> bool| match (&record.segments, &record.body) {
        (None, Some(body)) => strings::compare(&text_of(gold, &gold.spans, want), body),
        _ => strings::compare(
            &text_of(gold, &gold.spans, want),
            &text_of(gold, &segments, want),
        ),
    };
    hits[Measure::MainText as usize] = Some(text(Label::is_main));
    hits[Measure::MainTitleText as usize] = Some(text(is_main_or_title));
    for (strict, right, given) in [
        (Measure::Tags, &gold.tags, &record.tags),
        (Measure::Related, &gold.related, &record.related),
    ] {
        let some = |hits: Hits| (hits.gold + hits.predicted > 0).then_some(hits);
        hits[strict as usize] = some(items::compare(right, given, items::strict));
        hits[strict as usize + 1] = some(items::compare(right, given, items::loose));
    }
    let title = |title: &Option<String>| strings::bare(title.as_deref().unwrap_or_default());
    let (right, given) = (title(&gold.title), title(&record.title));
    let has_title = gold.title.as_ref().is_some_and(|title| !title.is_empty());
    PageScore {
        id: gold.id.clone(),
        found: match found {
            None => Found::Missing,
            Some(Prediction {
                segments: Some(_), ..
            }) => Found::Segments,
            Some(Prediction { body: Some(_), .. }) => Found::Body,
            Some(Prediction { error, .. }) => Found::Nothing(error.clone()),
        },
        title_right: right == given,
        lossless: record.segments.is_some().then(|| tiles(gold, &segments)),
        judged: judge(&segments, &record.confidences, &chars(gold), &wrong),
        wrong,
        confusion,
        has_title,
        false_title: !has_title && record.title.as_ref().is_some_and(|title| !title.is_empty()),
        hits,
    }
}

fn is_main_or_title(label: Label) -> bool {
    label.is_main() || label == Label::Title
}

/// The segments as ranges of the labelled text. A record made from the page's file counts
/// from behind the byte order mark; the mark then goes to the first segment.
fn fit(gold: &GoldPage, segments: &[(Span, Label)]) -> Vec<(Span, Label)> {
    const MARK: &str = "\u{feff}";
    let end = segments.last().map_or(0, |(span, _)| span.end);
    let shift = if gold.text.starts_with(MARK) && end + MARK.len() == gold.text.len() {
        MARK.len()
    } else {
        0
    };
    let moved = |&(Span { start, end }, label): &(Span, Label)| {
        let start = if start == 0 {
            0
        } else {
            start.saturating_add(shift)
        };
        let end = end.saturating_add(shift);
        (Span { start, end }, label)
    };
    segments.iter().map(moved).collect()
}

/// Counts every character by its right and its predicted label.
fn compare(
    gold: &GoldPage,
    segments: &[(Span, Label)],
    confusion: &mut Confusion,
    wrong: &mut Vec<Wrong>,
) {
    let chars = chars(gold);
    let right = labels(&chars, &gold.spans);
    let predicted = labels(&chars, segments);
    let mut run: Option<Wrong> = None;
    for ((&(start, c), right), predicted) in chars.iter().zip(right).zip(predicted) {
        // The labels of a gold page cover every character.
        let Some(gold) = right else { continue };
        confusion[gold as usize][predicted.map_or(Label::COUNT, |label| label as usize)] += 1;
        let end = start + c.len_utf8();
        match &mut run {
            Some(run) if (run.gold, run.predicted) == (gold, predicted) => {
                run.span.end = end;
                run.chars += 1;
            }
            _ => {
                wrong.extend(run.take());
                run = Some(Wrong {
                    span: Span { start, end },
                    gold,
                    predicted,
                    chars: 1,
                });
            }
        }
        if predicted == Some(gold) {
            run = None;
        }
    }
    wrong.extend(run);
}

/// The characters that count, with their places.
fn chars(gold: &GoldPage) -> Vec<(usize, char)> {
    let all = gold.text.char_indices();
    all.filter(|(_, c)| !is_space(*c)).collect()
}

/// Whether each segment is right, where it tells how sure it is.
fn judge(
    segments: &[(Span, Label)],
    confidences: &[Confidence],
    chars: &[(usize, char)],
    wrong: &[Wrong],
) -> Vec<(Confidence, bool)> {
    let count = |span: Span| {
        let first = |byte: usize| chars.partition_point(|(at, _)| *at < byte);
        first(span.end).saturating_sub(first(span.start))
    };
    let mut judged = Vec::new();
    for ((span, _), confidence) in segments.iter().zip(confidences) {
        let all = count(*span);
        let first = wrong.partition_point(|wrong| wrong.span.end <= span.start);
        let inside = wrong[first..]
            .iter()
            .take_while(|wrong| wrong.span.start < span.end);
        let bad: usize = inside
            .map(|wrong| {
                count(Span {
                    start: wrong.span.start.max(span.start),
                    end: wrong.span.end.min(span.end),
                })
            })
            .sum();
        if all > 0 {
            judged.push((*confidence, bad * 2 < all));
        }
    }
    judged
}

/// The label of each character: the last one whose range holds its first byte.
fn labels(chars: &[(usize, char)], spans: &[(Span, Label)]) -> Vec<Option<Label>> {
    let mut labels = vec![None; chars.len()];
    let first = |byte: usize| chars.partition_point(|(at, _)| *at < byte);
    for (span, label) in spans {
        let (start, end) = (first(span.start), first(span.end));
        if start < end {
            labels[start..end].fill(Some(*label));
        }
    }
    labels
}

/// Characters of all the labels that are wanted, taken as one.
fn main(confusion: &Confusion, want: fn(Label) -> bool) -> Hits {
    let mut hits = Hits::default();
    for (gold, row) in Label::ALL.iter().zip(confusion) {
        for (at, &count) in row.iter().enumerate() {
            let predicted = Label::ALL.get(at).is_some_and(|&label| want(label));
            hits.gold += if want(*gold) { count } else { 0 };
            hits.predicted += if predicted { count } else { 0 };
            hits.gold_hit += if want(*gold) && predicted { count } else { 0 };
        }
    }
    hits.predicted_hit = hits.gold_hit;
    hits
}

/// The text of all ranges that are wanted, each on lines of its own.
fn text_of(gold: &GoldPage, spans: &[(Span, Label)], want: fn(Label) -> bool) -> String {
    let bytes = gold.text.as_bytes();
    let wanted = spans.iter().filter(|(_, label)| want(*label));
    let parts = wanted.map(|(span, _)| {
        let end = span.end.min(bytes.len());
        String::from_utf8_lossy(&bytes[span.start.min(end)..end])
    });
    parts.collect::<Vec<_>>().join("\n")
}

/// Whether segments tile the page; if not, why.
fn tiles(gold: &GoldPage, segments: &[(Span, Label)]) -> Result<(), String> {
    let text = &gold.text;
    let mut at = 0;
    for &(Span { start, end }, label) in segments {
        let fault = if start > at {
            "leaves a gap"
        } else if start < at {
            "overlaps the one ahead"
        } else if end < start {
            "ends before it begins"
        } else if !text.is_char_boundary(start) || !text.is_char_boundary(end) {
            "splits a character or goes past the end"
        } else {
            at = end;
            continue;
        };
        return Err(format!("{label} {start}..{end} {fault}"));
    }
    if at == text.len() {
        Ok(())
    } else {
        Err(format!("segments end at byte {at} of {}", text.len()))
    }
}
