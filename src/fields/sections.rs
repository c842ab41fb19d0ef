//! Heading segments become the outline.

use crate::fields::{Section, Segment};
use crate::label::Label;
use crate::numbering::{self, Style};
use crate::span::Span;

/// What headings of one level look like: a numbering style, with the depth that the style
/// itself tells (`2.1.3`, `###`); none for headings without a number.
type Look = Option<(Style, u32)>;

/// The outline of the article.
///
/// A style met inside another is below it; a style met again ends what was below it. Marks
/// of Markdown tell their level themselves. Headings without a number have the first level
/// where the page numbers its first headings, else the level at which they first stand. What
/// stands behind the last paragraph heads nothing, and is no section.
pub(crate) fn outline(text: &str, segments: &[Segment]) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut open: Vec<Look> = Vec::new();
    let body = |segment: &Segment| segment.kind == Label::Body;
    let end = segments.iter().rposition(body).unwrap_or(segments.len());
    for segment in segments[..end]
        .iter()
        .filter(|segment| segment.kind == Label::Heading)
    {
        let heading = segment.span.trim(text);
        let (level, heading) = level(text, heading, &mut open);
        sections.push(Section {
            level,
            heading,
            span: segment.span,
        });
    }
    let main = segments.iter().rfind(|segment| segment.kind.is_main());
    close(
        &mut sections,
        main.map_or(0, |segment| segment.span.trim(text).end),
    );
    sections
}

/// The level of a heading, and its text without Markdown's marks.
fn level(text: &str, heading: Span, open: &mut Vec<Look>) -> (u8, Span) {
    let found = numbering::numbering(heading.of(text));
    let look = match found {
        Some(n) if n.style == Style::Markdown => {
            let heading = Span::new(heading.start + n.len, heading.end).trim(text);
            return (n.value as u8, heading);
        }
        Some(n) if n.style == Style::Multi => Some((n.style, n.value)),
        Some(n) if counts(n.style) => Some((n.style, 0)),
        _ => None,
    };
    if look.is_none() && open.first().is_some_and(Option::is_some) {
        open.truncate(1);
    } else if let Some(at) = open.iter().position(|known| *known == look) {
        open.truncate(at + 1);
    } else {
        // A style that usually stands higher ends the lower ones.
        while open
            .last()
            .is_some_and(|last| look.is_some() && *last > look)
        {
            open.pop();
        }
        open.push(look);
    }
    (open.len().min(9) as u8, heading)
}

/// Styles that number headings of one level among each other.
fn counts(style: Style) -> bool {
    !matches!(
        style,
        Style::Bracket | Style::Question | Style::Ordinal | Style::Reference
    )
}

/// Ends each section where the next of the same or a higher level begins.
fn close(sections: &mut [Section], end: usize) {
    let mut open: Vec<usize> = Vec::new();
    for index in 0..sections.len() {
        let (level, start) = (sections[index].level, sections[index].span.start);
        while let Some(last) = open.pop_if(|&mut last| sections[last].level >= level) {
            sections[last].span.end = start;
        }
        open.push(index);
    }
    for last in open {
        sections[last].span.end = end.max(sections[last].span.start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_the_last_paragraph_is_no_section() {
        let text = "一、光照\n薄荷喜光。\n# 花卉小程序\n";
        let segment = |kind, part: &str| {
            let start = text.find(part).unwrap();
            Segment {
                kind,
                span: Span::new(start, start + part.len()),
                items: Vec::new(),
                confidence: None,
            }
        };
        let segments = [
            segment(Label::Heading, "一、光照\n"),
            segment(Label::Body, "薄荷喜光。\n"),
            segment(Label::Heading, "# 花卉小程序\n"),
        ];
        let headings = |segments: &[Segment]| -> Vec<String> {
            let sections = outline(text, segments);
            let texts = sections.iter().map(|section| section.heading.of(text));
            texts.map(str::to_owned).collect()
        };
        assert_eq!(headings(&segments), ["一、光照"]);
        // Without a paragraph all are.
        let bare = [segments[0].clone(), segments[2].clone()];
        assert_eq!(headings(&bare), ["一、光照", "花卉小程序"]);
    }
}
