//! A record as a marked page: what [`crate::GoldSet`] reads, for a person to correct.

use crate::fields::{Record, Segment};
use crate::gold::marked::{CLOSE, LITERAL_CLOSE, LITERAL_OPEN, OPEN};
use crate::label::Label;
use crate::span::Span;

/// Each line of the page, with the label of its segment before it and marks around items.
pub(super) fn marked(record: &Record<'_>, out: &mut Vec<u8>) {
    let mut line_begins = true;
    for segment in &record.segments {
        let mut at = segment.span.start;
        for line in segment.span.of(record.text).split_inclusive('\n') {
            let part = line.strip_suffix('\n').unwrap_or(line);
            if !part.is_empty() {
                if !line_begins {
                    out.extend_from_slice(b"\n+");
                }
                let span = Span::new(at, at + part.len());
                label(record, segment, out);
                text(record, segment, span, out);
                line_begins = false;
            }
            if part.len() < line.len() {
                out.push(b'\n');
                line_begins = true;
            }
            at += line.len();
        }
    }
}

fn label(record: &Record<'_>, segment: &Segment, out: &mut Vec<u8>) {
    out.extend_from_slice(segment.kind.name().as_bytes());
    let first = record
        .sections
        .partition_point(|section| section.heading.start < segment.span.start);
    match record.sections.get(first) {
        Some(section)
            if segment.kind == Label::Heading
                && section.heading.end <= segment.span.end
                && section.level > 1 =>
        {
            out.extend_from_slice(section.level.to_string().as_bytes());
        }
        _ => {}
    }
    out.push(b'\t');
}

fn text(record: &Record<'_>, segment: &Segment, part: Span, out: &mut Vec<u8>) {
    // A title that is not all of its line.
    let title = record
        .title
        .filter(|title| segment.kind == Label::Title && part.trim(record.text) != *title);
    let inside = |item: &&Span| part.start <= item.start && item.end <= part.end;
    // A block may have an item on each of very many lines.
    let first = segment
        .items
        .partition_point(|item| item.start < part.start);
    let items = segment.items[first..].iter();
    let items = items.take_while(|item| item.start < part.end);
    let mut at = part.start;
    for item in items.chain(&title).filter(inside) {
        plain(&record.text[at..item.start], out);
        push(OPEN, out);
        plain(item.of(record.text), out);
        push(CLOSE, out);
        at = item.end;
    }
    plain(&record.text[at..part.end], out);
}

fn plain(text: &str, out: &mut Vec<u8>) {
    for c in text.chars() {
        match c {
            OPEN => out.extend_from_slice(LITERAL_OPEN.as_bytes()),
            CLOSE => out.extend_from_slice(LITERAL_CLOSE.as_bytes()),
            _ => push(c, out),
        }
    }
}

fn push(c: char, out: &mut Vec<u8>) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}
