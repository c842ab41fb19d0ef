//! A record as `dehusk extract` writes it becomes what is counted of it. Records come as pages of
//! [`crate::Input`], which reads JSONL and Parquet: the record's keys are the page's kept fields,
//! its text is the page's.

use serde::Deserialize;

use crate::label::Label;
use crate::page::Page;
use crate::span::Span;

/// The keys that are read, beside `id`, `url` and `text`.
pub(super) const KEYS: [&str; 11] = [
    "schema", "source", "title", "body", "tags", "related", "contacts", "language", "segments",
    "error", "reason",
];

/// No page is longer, in whatever unit: what is said of one that is would not add up.
const LONGEST: usize = 1 << 40;

/// What one record says.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) url: Option<String>,
    pub(super) title: Option<String>,
    pub(super) body: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) related: Vec<String>,
    pub(super) contacts: Vec<Told>,
    pub(super) language: Option<String>,
    pub(super) segments: Option<Vec<Part>>,
    /// Why there is none of this.
    pub(super) error: Option<String>,
}

/// A contact, wherever it stands.
#[derive(Debug, Deserialize)]
pub(super) struct Told {
    pub(super) kind: String,
    pub(super) value: String,
}

/// A segment.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) label: Label,
    pub(super) span: Span,
    pub(super) items: Vec<Span>,
}

#[derive(Deserialize)]
struct Segment {
    kind: String,
    start: usize,
    end: usize,
    items: Option<Vec<(usize, usize)>>,
}

#[derive(Default, Deserialize)]
struct Source {
    url: Option<String>,
}

/// Reads a record; the error says what is wrong with it.
pub(super) fn read(page: &Page) -> Result<Facts, String> {
    let mut facts = Facts::default();
    let mut of_warc = None;
    let mut known = false;
    for (key, json) in &page.input {
        // Parquet has all columns in all rows.
        known |= json != "null";
        match key.as_str() {
            "source" => of_warc = value::<Option<Source>>(key, json)?.unwrap_or_default().url,
            "title" => facts.title = value(key, json)?,
            // Texts are long, and not wanted where segments tell where the body is.
            "body" if page.text.is_empty() => facts.body = value(key, json)?,
            "tags" => facts.tags = value::<Option<_>>(key, json)?.unwrap_or_default(),
            "related" => facts.related = value::<Option<_>>(key, json)?.unwrap_or_default(),
            "contacts" => facts.contacts = value::<Option<_>>(key, json)?.unwrap_or_default(),
            "language" => facts.language = value(key, json)?,
            "segments" => {
                facts.segments = value::<Option<Vec<Segment>>>(key, json)?
                    .map(parts)
                    .transpose()?
            }
            "error" | "reason" => facts.error = value::<Option<_>>(key, json)?.or(facts.error),
            _ => {}
        }
    }
    if !known {
        return Err("no record: it has no `segments`, `body` or other key of one".into());
    }
    facts.url = page.url.clone().or(of_warc);
    Ok(facts)
}

fn value<'j, T: Deserialize<'j>>(key: &str, json: &'j str) -> Result<T, String> {
    serde_json::from_str(json).map_err(|error| {
        let message = error.to_string();
        let what = message.split(" at line ").next().unwrap_or(&message);
        format!("no record: `{key}`: {what}")
    })
}

fn parts(segments: Vec<Segment>) -> Result<Vec<Part>, String> {
    let mut done = 0;
    let next = |segment| {
        let part = part(segment)?;
        let Span { start, end } = part.span;
        if start < done {
            return Err(format!(
                "no record: a segment from {start}, where the one before ends at {done}"
            ));
        }
        done = end;
        Ok(part)
    };
    segments.into_iter().map(next).collect()
}

fn part(segment: Segment) -> Result<Part, String> {
    let Segment {
        kind,
        start,
        end,
        items,
    } = segment;
    let label =
        Label::from_name(&kind).ok_or_else(|| format!("no record: unknown kind {kind:?}"))?;
    if start > end || end > LONGEST {
        return Err(format!("no record: a segment from {start} to {end}"));
    }
    let items = items.into_iter().flatten();
    Ok(Part {
        label,
        span: Span { start, end },
        items: items
            .map(|(start, end)| Span {
                start,
                end: end.max(start),
            })
            .collect(),
    })
}

/// What the offsets of a record count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Bytes,
    Chars,
    Utf16,
}

impl Unit {
    /// How much of it a text takes.
    pub(super) fn of(self, text: &str) -> usize {
        match self {
            Self::Bytes => text.len(),
            Self::Chars => text.chars().count(),
            Self::Utf16 => text.encode_utf16().count(),
        }
    }

    const ALL: [Unit; 3] = [Unit::Bytes, Unit::Chars, Unit::Utf16];
}

/// What the offsets count, which no record says: with the text, by the end of the last segment;
/// else by the items, which stand in the record as strings, too; else by the body, of which
/// the segments cannot be shorter. Where all are the same, as in ASCII, it is bytes.
pub(super) fn unit(facts: &Facts, text: &str) -> Unit {
    let segments = facts.segments.as_deref().unwrap_or_default();
    let fits: Box<dyn Fn(Unit) -> bool> = if text.is_empty() {
        Box::new(|unit| items_fit(facts, segments, unit) && body_fits(facts, segments, unit))
    } else {
        let end = segments.iter().map(|part| part.span.end).max().unwrap_or(0);
        Box::new(move |unit| unit.of(text) == end)
    };
    Unit::ALL
        .into_iter()
        .find(|&unit| fits(unit))
        .unwrap_or(Unit::Bytes)
}

fn items_fit(facts: &Facts, segments: &[Part], unit: Unit) -> bool {
    let items = |label| {
        let segments = segments.iter().filter(move |part| part.label == label);
        segments.flat_map(|part| &part.items)
    };
    let fit = |label, strings: &[String]| {
        items(label)
            .zip(strings)
            .all(|(item, string)| item.end - item.start == unit.of(string))
    };
    fit(Label::Tags, &facts.tags) && fit(Label::Related, &facts.related)
}

fn body_fits(facts: &Facts, segments: &[Part], unit: Unit) -> bool {
    let main = segments.iter().filter(|part| part.label.is_main());
    let (count, length) = main.fold((0, 0_usize), |(count, length), part| {
        (
            count + 1,
            length.saturating_add(part.span.end - part.span.start),
        )
    });
    // Paragraphs are joined by blank lines, which need not stand in the page.
    let body = facts.body.as_deref().map_or(0, |body| unit.of(body));
    length + 2 * count >= body
}

/// Where offsets that count `unit` are in a text, in bytes, for offsets that do not fall. One
/// beyond the text is its end.
pub(super) struct Walk<'t> {
    rest: &'t str,
    unit: Unit,
    units: usize,
    at: usize,
}

impl<'t> Walk<'t> {
    pub(super) fn new(text: &'t str, unit: Unit) -> Self {
        Self {
            rest: text,
            unit,
            units: 0,
            at: 0,
        }
    }

    pub(super) fn to(&mut self, offset: usize) -> usize {
        if self.unit == Unit::Bytes {
            return offset;
        }
        while self.units < offset {
            let Some(c) = self.rest.chars().next() else {
                break;
            };
            self.units += if self.unit == Unit::Utf16 {
                c.len_utf16()
            } else {
                1
            };
            self.at += c.len_utf8();
            self.rest = &self.rest[c.len_utf8()..];
        }
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(json: &str) -> Result<Facts, String> {
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        let fields = value.as_object().unwrap().iter();
        read(&Page {
            input: fields
                .map(|(key, value)| (key.clone(), value.to_string()))
                .collect(),
            ..Page::default()
        })
    }

    #[test]
    fn wrong_records_say_what_is_wrong() {
        for (json, reason) in [
            (
                "{}",
                "no record: it has no `segments`, `body` or other key of one",
            ),
            (
                r#"{"title":null}"#,
                "no record: it has no `segments`, `body` or other key of one",
            ),
            (
                r#"{"tags":"a"}"#,
                "no record: `tags`: invalid type: string \"a\", expected a sequence",
            ),
            (
                r#"{"segments":[{"kind":"x","start":0,"end":1}]}"#,
                "no record: unknown kind \"x\"",
            ),
            (
                r#"{"segments":[{"kind":"body","start":2,"end":1}]}"#,
                "no record: a segment from 2 to 1",
            ),
            (
                r#"{"segments":[{"kind":"body","start":0,"end":18446744073709551615}]}"#,
                "no record: a segment from 0 to 18446744073709551615",
            ),
            (
                r#"{"segments":[{"kind":"nav","start":0,"end":9},{"kind":"body","start":5,"end":12}]}"#,
                "no record: a segment from 5, where the one before ends at 9",
            ),
            (
                r#"{"segments":[{"kind":"body","start":-1,"end":1}]}"#,
                "no record: `segments`: invalid value: integer `-1`, expected usize",
            ),
        ] {
            assert_eq!(facts(json).unwrap_err(), reason, "{json}");
        }
    }

    #[test]
    fn nulls_are_absent() {
        let facts = facts(r#"{"schema":1,"title":null,"tags":null,"segments":null,"error":"e","source":{"url":null}}"#).unwrap();
        assert_eq!((facts.title, facts.tags.len(), facts.url), (None, 0, None));
        assert!(facts.segments.is_none());
        assert_eq!(facts.error.as_deref(), Some("e"));
    }

    /// 薄荷😀 is 10 bytes, 3 characters, 4 units of UTF-16.
    #[test]
    fn units_are_told_from_text_items_or_body() {
        for (end, unit) in [(10, Unit::Bytes), (3, Unit::Chars), (4, Unit::Utf16)] {
            let segment = |kind| {
                format!(r#"[{{"kind":"{kind}","start":0,"end":{end},"items":[[0,{end}]]}}]"#)
            };
            let tags = facts(&format!(
                r#"{{"tags":["薄荷😀"],"segments":{}}}"#,
                segment("tags")
            ))
            .unwrap();
            assert_eq!(super::unit(&tags, ""), unit);
            let text = facts(&format!(r#"{{"segments":{}}}"#, segment("nav"))).unwrap();
            assert_eq!(super::unit(&text, "薄荷😀"), unit);
        }
        for (end, unit) in [(30, Unit::Bytes), (10, Unit::Chars)] {
            let body = format!(
                r#"{{"body":"薄荷喜光又耐阴好养活","segments":[{{"kind":"body","start":0,"end":{end}}}]}}"#
            );
            assert_eq!(super::unit(&facts(&body).unwrap(), ""), unit);
        }
    }

    #[test]
    fn offsets_become_bytes() {
        let places = |unit, offsets: &[usize]| {
            let mut walk = Walk::new("薄a😀b", unit);
            offsets.iter().map(|&at| walk.to(at)).collect::<Vec<_>>()
        };
        assert_eq!(places(Unit::Chars, &[0, 1, 2, 3, 3, 9]), [0, 3, 4, 8, 8, 9]);
        assert_eq!(places(Unit::Utf16, &[1, 2, 4, 5]), [3, 4, 8, 9]);
        assert_eq!(places(Unit::Bytes, &[3, 9]), [3, 9]);
    }
}
