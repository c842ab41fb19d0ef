//! Records for people: plain text, and Markdown. Both give the article and leave the husk;
//! nothing in them is escaped, what the page says stands as it stood.

use crate::fields::{Record, Segment};
use crate::label::Label;

/// Title and body, a blank line between them, a line end at the end.
pub(super) fn text(record: &Record<'_>, out: &mut Vec<u8>) {
    let start = out.len();
    for part in record.title().into_iter().chain(record.body_parts()) {
        block(part, out);
    }
    trim_blank_line(start, out);
}

/// Title as `#`, headings by their level below it, then tags and related titles as lists.
pub(super) fn markdown(record: &Record<'_>, out: &mut Vec<u8>) {
    let start = out.len();
    if let Some(title) = record.title() {
        heading(1, title, out);
    }
    for segment in &record.segments {
        match segment.kind {
            Label::Heading => headings(record, segment, out),
            Label::Body => block(segment.span.of(record.text).trim(), out),
            _ => {}
        }
    }
    list(Label::Tags, record.tags(), out);
    list(Label::Related, record.related(), out);
    trim_blank_line(start, out);
}

/// A segment of headings: each at its section's level, or below the title if it has none.
fn headings(record: &Record<'_>, segment: &Segment, out: &mut Vec<u8>) {
    let span = segment.span;
    let inside = |at: usize| at < span.end;
    let mut any = false;
    let first = record
        .sections
        .partition_point(|section| section.heading.start < span.start);
    let sections = record.sections[first..].iter();
    for section in sections.take_while(|section| inside(section.heading.start)) {
        heading(
            section.level.saturating_add(1),
            section.heading.of(record.text),
            out,
        );
        any = true;
    }
    if !any {
        heading(2, span.of(record.text), out);
    }
}

/// A heading on one line; marks that the page itself brought are not doubled.
fn heading(level: u8, text: &str, out: &mut Vec<u8>) {
    out.extend(std::iter::repeat_n(b'#', level.clamp(1, 6).into()));
    out.push(b' ');
    one_line(text.trim().trim_start_matches('#').trim_start(), out);
    out.extend_from_slice(b"\n\n");
}

fn list<'a>(label: Label, items: impl Iterator<Item = &'a str>, out: &mut Vec<u8>) {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return;
    }
    out.extend_from_slice(format!("**{label}**\n\n").as_bytes());
    for item in items {
        out.extend_from_slice(b"- ");
        one_line(item, out);
        out.push(b'\n');
    }
    out.push(b'\n');
}

fn block(text: &str, out: &mut Vec<u8>) {
    if !text.is_empty() {
        out.extend_from_slice(text.as_bytes());
        out.extend_from_slice(b"\n\n");
    }
}

fn one_line(text: &str, out: &mut Vec<u8>) {
    for (number, line) in text.lines().enumerate() {
        if number > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(line.trim().as_bytes());
    }
}

/// Blocks end in a blank line; a record, which begins at `start`, does not.
fn trim_blank_line(start: usize, out: &mut Vec<u8>) {
    if out[start..].ends_with(b"\n\n") {
        out.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::Section;
    use crate::span::Span;

    fn record() -> Record<'static> {
        let text = "标题\n# 一、开头\n第一段。\n标签: a b\n";
        let find = |part: &str| {
            Span::new(
                text.find(part).unwrap(),
                text.find(part).unwrap() + part.len(),
            )
        };
        let segment = |kind, part: &str, items| Segment {
            confidence: None,
            kind,
            span: find(part),
            items,
        };
        Record {
            text,
            title: Some(find("标题")),
            sections: vec![Section {
                level: 2,
                heading: find("# 一、开头"),
                span: find("# 一、开头\n第一段。\n"),
            }],
            contacts: Vec::new(),
            masked: Vec::new(),
            language: None,
            segments: vec![
                segment(Label::Title, "标题\n", vec![]),
                segment(Label::Heading, "# 一、开头\n", vec![]),
                segment(Label::Body, "第一段。\n", vec![]),
                segment(Label::Tags, "标签: a b\n", vec![find("a"), find("b\n")]),
            ],
        }
    }

    #[test]
    fn as_text() {
        let mut out = Vec::new();
        text(&record(), &mut out);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "标题\n\n# 一、开头\n\n第一段。\n"
        );
    }

    #[test]
    fn nothing_to_say_takes_nothing_away() {
        let empty = crate::extract::extract("");
        let mut out = b"before\n\n".to_vec();
        text(&empty, &mut out);
        markdown(&empty, &mut out);
        assert_eq!(out, b"before\n\n");
    }

    #[test]
    fn as_markdown() {
        let mut out = Vec::new();
        markdown(&record(), &mut out);
        let expected = "# 标题\n\n### 一、开头\n\n第一段。\n\n**tags**\n\n- a\n- b\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
