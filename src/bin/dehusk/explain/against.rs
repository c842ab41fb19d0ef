//! Older records are held against a page's new one: where labels differ.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io;
use std::path::Path;

use dehusk::{Label, Prediction, Record, Span};

use crate::run::{self, Failure};

/// A stretch of a page whose label is another now; white space alone is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) span: Span,
    pub(super) was: Label,
    pub(super) is: Label,
    /// Characters that are not white space.
    pub(super) chars: usize,
}

type Segments = Vec<(Span, Label)>;

/// The segments of each page, or why there are none.
pub(super) struct Records {
    by_id: HashMap<String, Result<Segments, String>>,
}

impl Records {
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let mut by_id = HashMap::new();
        let each = |id, prediction: Prediction| {
            let nothing = || {
                prediction
                    .error
                    .unwrap_or("the record has no segments".into())
            };
            by_id.insert(id, prediction.segments.ok_or_else(nothing));
            Ok(())
        };
        let name = path.to_string_lossy();
        if path == Path::new("-") {
            Prediction::read_all(&name, io::stdin(), each)?;
        } else {
            let file = File::open(path).map_err(|error| run::named(path, &error))?;
            Prediction::read_all(&name, file, each)?;
        }
        Ok(Self { by_id })
    }

    pub(super) fn compare(&self, id: &str, record: &Record) -> Result<Vec<Difference>, String> {
        match self.by_id.get(id) {
            None => Err("there is no record of it".into()),
            Some(Err(reason)) => Err(reason.clone()),
            Some(Ok(old)) if !tiles(old, record.text) => {
                Err("the record's segments do not fit the text: it is of another text, or its offsets are not in bytes".into())
            }
            Some(Ok(old)) => Ok(differences(old, record)),
        }
    }
}

fn tiles(segments: &Segments, text: &str) -> bool {
    let mut end = 0;
    segments.iter().all(|(span, _)| {
        let fits = span.start == end && span.end >= span.start && text.is_char_boundary(span.end);
        end = span.end;
        fits
    }) && end == text.len()
}

fn differences(old: &Segments, record: &Record) -> Vec<Difference> {
    let mut found: Vec<Difference> = Vec::new();
    let mut old = old.iter().peekable();
    for segment in &record.segments {
        while let Some(&&(span, was)) = old.peek() {
            let common = Span {
                start: span.start.max(segment.span.start),
                end: span.end.min(segment.span.end),
            };
            if common.start < common.end && was != segment.kind {
                add(
                    &mut found,
                    Difference {
                        span: common,
                        was,
                        is: segment.kind,
                        chars: chars(common.of(record.text)),
                    },
                );
            }
            if span.end > segment.span.end {
                break;
            }
            old.next();
        }
    }
    found.retain(|difference| difference.chars > 0);
    found
}

/// What goes on where the last one ended is one with it.
fn add(found: &mut Vec<Difference>, next: Difference) {
    match found.last_mut() {
        Some(last)
            if (last.span.end, last.was, last.is) == (next.span.start, next.was, next.is) =>
        {
            last.span.end = next.span.end;
            last.chars += next.chars;
        }
        _ => found.push(next),
    }
}

fn chars(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

/// The differences of all pages.
#[derive(Debug, Default)]
pub(super) struct Sum {
    pub(super) same: usize,
    pub(super) different: usize,
    pub(super) not_compared: usize,
    pub(super) chars: usize,
    pub(super) different_chars: usize,
    /// Characters, by old and new label.
    pub(super) moves: BTreeMap<(Label, Label), usize>,
}

impl Sum {
    pub(super) fn add(&mut self, record: &Record, differences: &Result<Vec<Difference>, String>) {
        let Ok(differences) = differences else {
            self.not_compared += 1;
            return;
        };
        self.chars += chars(record.text);
        if differences.is_empty() {
            self.same += 1;
        } else {
            self.different += 1;
        }
        for Difference { was, is, chars, .. } in differences {
            self.different_chars += chars;
            *self.moves.entry((*was, *is)).or_default() += chars;
        }
    }

    /// The moves of most characters first.
    pub(super) fn moves(&self) -> Vec<(Label, Label, usize)> {
        let moves = self.moves.iter();
        let mut moves: Vec<_> = moves.map(|(&(was, is), &chars)| (was, is, chars)).collect();
        moves.sort_by_key(|&(.., chars)| std::cmp::Reverse(chars));
        moves
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: usize, end: usize) -> Span {
        Span { start, end }
    }

    #[test]
    fn stretches_are_joined_and_white_space_is_none() {
        let extractor = dehusk::Extractor::new();
        let text = "版权所有 © 2024 某某公司 保留所有权利\n";
        let record = extractor.worker().extract(text);
        let is = record.segments[0].kind;
        assert_eq!(record.segments.len(), 1, "{record:?}");
        let old = vec![
            (span(0, 6), Label::Nav),
            (span(6, 12), Label::Nav),
            (span(12, text.len()), is),
        ];
        let expected = Difference {
            span: span(0, 12),
            was: Label::Nav,
            is,
            chars: 4,
        };
        assert_eq!(differences(&old, &record), [expected]);
        let end = text.len() - 1;
        let old = vec![(span(0, end), is), (span(end, end + 1), Label::Nav)];
        assert_eq!(differences(&old, &record), []);
    }

    #[test]
    fn segments_that_do_not_fit_are_found() {
        let fits = |ends: &[usize]| {
            let starts = [0].into_iter().chain(ends.iter().copied());
            let segments = starts
                .zip(ends)
                .map(|(start, &end)| (span(start, end), Label::Nav));
            tiles(&segments.collect(), "薄荷")
        };
        assert!(fits(&[3, 6]) && fits(&[6]));
        assert!(!fits(&[2, 6]) && !fits(&[3]) && !fits(&[]) && !fits(&[3, 9]));
    }
}
