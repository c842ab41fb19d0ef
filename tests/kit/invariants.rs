//! A record becomes a panic if something does not hold that every record promises.

use dehusk::{Label, Record, Segment, Span};

/// All that a record promises about itself.
#[track_caller]
pub(crate) fn check(record: &Record<'_>) {
    check_tiles(record);
    check_items(record);
    let text = record.text;
    if let Some(title) = record.title {
        let holder = record
            .segments
            .iter()
            .find(|segment| inside(title, segment.span));
        assert_eq!(
            holder.map(|segment| segment.kind),
            Some(Label::Title),
            "{text:?}"
        );
        assert!(is_trimmed(title.of(text)), "{text:?}");
    }
    let mut last = 0;
    for section in &record.sections {
        let heading = record
            .segments
            .iter()
            .find(|segment| inside(section.heading, segment.span));
        assert_eq!(
            heading.map(|segment| segment.kind),
            Some(Label::Heading),
            "{text:?}"
        );
        assert!(
            section.level > 0 && inside(section.heading, section.span),
            "{text:?}"
        );
        assert!(
            section.span.start >= last && section.span.end <= text.len(),
            "{text:?}"
        );
        assert!(
            text.get(section.span.start..section.span.end).is_some(),
            "{text:?}"
        );
        last = section.span.start;
    }
    let contacts = record.contacts.iter().map(|contact| contact.span);
    check_row(text, contacts, "contacts");
    assert!(
        record
            .contacts
            .iter()
            .all(|contact| !contact.value.is_empty()),
        "{text:?}"
    );
    check_row(text, record.masked.iter().copied(), "masked");
}

/// Segments tile the text.
#[track_caller]
fn check_tiles(record: &Record<'_>) {
    let text = record.text;
    check_row(
        text,
        record.segments.iter().map(|segment| segment.span),
        "segments",
    );
    let parts = record.segments.iter().map(|segment| segment.span.of(text));
    assert_eq!(parts.collect::<String>(), text);

    let main = record
        .segments
        .iter()
        .filter(|segment| segment.kind.is_main());
    let parts = main
        .map(|segment| segment.span.of(text).trim())
        .filter(|part| !part.is_empty());
    assert_eq!(
        parts.collect::<Vec<_>>().join("\n\n"),
        record.body(),
        "{text:?}"
    );
}

/// Items lie inside their segments, and are what the record says.
#[track_caller]
fn check_items(record: &Record<'_>) {
    let text = record.text;
    for Segment {
        kind, span, items, ..
    } in &record.segments
    {
        assert!(
            items.is_empty() || matches!(kind, Label::Tags | Label::Related),
            "{text:?}"
        );
        check_row(text, items.iter().copied(), "items");
        assert!(items.iter().all(|item| inside(*item, *span)), "{text:?}");
        assert!(
            items.iter().all(|item| is_trimmed(item.of(text))),
            "{text:?}"
        );
    }
    let items = |kind| {
        let segments = record
            .segments
            .iter()
            .filter(move |segment| segment.kind == kind);
        segments.flat_map(|segment| segment.items.iter().map(|item| item.of(text)))
    };
    assert!(items(Label::Tags).eq(record.tags()), "{text:?}");
    assert!(items(Label::Related).eq(record.related()), "{text:?}");
}

/// Ranges follow each other, hold something, and cut no character.
#[track_caller]
fn check_row(text: &str, spans: impl Iterator<Item = Span>, what: &str) {
    let mut last = 0;
    for Span { start, end } in spans {
        assert!(
            last <= start && start < end,
            "{what} {start}..{end} in {text:?}"
        );
        assert!(
            text.get(start..end).is_some(),
            "{what} {start}..{end} in {text:?}"
        );
        last = end;
    }
}

fn inside(inner: Span, outer: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

fn is_trimmed(text: &str) -> bool {
    !text.is_empty() && text.trim() == text
}
