//! A marked page becomes a [`GoldPage`]: text that a person can write and mend, without a
//! byte offset in it.
//!
//! Each line is a line of the page, `LABEL<TAB>text`; a line with nothing in it is one with
//! nothing in it. Where a line of the page has several labels, `+LABEL<TAB>text` goes on with
//! it. `⟦` and `⟧` stand around the items of tags and related, and around the title where it
//! is not all of its line; `⟦(⟧` and `⟦)⟧` are such marks in the page itself. `heading2` is a
//! heading of level 2.

use crate::gold::{GoldPage, is_space};
use crate::label::Label;
use crate::span::Span;

/// Stand around an item.
pub(crate) const OPEN: char = '⟦';
pub(crate) const CLOSE: char = '⟧';
/// How those that the page has are written.
pub(crate) const LITERAL_OPEN: &str = "⟦(⟧";
pub(crate) const LITERAL_CLOSE: &str = "⟦)⟧";

/// Reads a marked page; an error begins with the number of its line.
pub(super) fn parse(id: String, marked: &str) -> Result<GoldPage, String> {
    let mut page = GoldPage {
        id,
        ..GoldPage::default()
    };
    let mut sections = Vec::new();
    let mut titles: Vec<(usize, usize)> = Vec::new();
    for (number, line) in (1..).zip(marked.split('\n')) {
        let fail = |reason: String| format!("line {number}: {reason}");
        let (line, goes_on) = match line.strip_prefix('+') {
            Some(line) => (line, true),
            None => (line, false),
        };
        if number > 1 && !goes_on {
            page.text.push('\n');
        }
        if line.is_empty() {
            continue;
        }
        let part = line.split_once('\t');
        let (name, text) = part.ok_or_else(|| fail("no tab behind a label".into()))?;
        let (label, level) = label(name).map_err(fail)?;
        let start = page.text.len();
        let mut items = Vec::new();
        unmark(text, &mut page.text, &mut items).map_err(|reason| fail(reason.into()))?;
        let Some(span) = ink(&page.text, start) else {
            continue;
        };
        let text = |span: Span| span.of(&page.text).to_owned();
        if label.has_items() {
            page.listed.extend_from_slice(&items);
        }
        match label {
            Label::Tags => page.tags.extend(items.drain(..).map(text)),
            Label::Related => page.related.extend(items.drain(..).map(text)),
            Label::Title => {
                let marked = items.pop().unwrap_or(span);
                titles.push((page.spans.len(), number));
                page.title.get_or_insert_default().push_str(&text(marked));
            }
            Label::Heading => sections.push((level, text(span))),
            _ => {}
        }
        if !items.is_empty() {
            return Err(fail(format!("{label} has no items")));
        }
        page.spans.push((span, label));
    }
    // A title may go on in the next line.
    if let Some(pair) = titles.windows(2).find(|pair| pair[0].0 + 1 != pair[1].0) {
        return Err(format!(
            "line {}: a second title; the first is on line {}",
            pair[1].1, pair[0].1
        ));
    }
    page.sections = (!sections.is_empty()).then_some(sections);
    Ok(page)
}

fn label(name: &str) -> Result<(Label, u8), String> {
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let level = name[bare.len()..].parse().unwrap_or(1);
    match Label::from_name(bare) {
        Some(Label::Heading) if level > 0 => Ok((Label::Heading, level)),
        Some(label) if bare == name => Ok((label, 1)),
        _ => {
            let names = Label::ALL.map(Label::name).join(", ");
            Err(format!("unknown label {name:?}; there are: {names}"))
        }
    }
}

/// Appends `marked` to `text` without its marks; `items` get what stands between them.
fn unmark(marked: &str, text: &mut String, items: &mut Vec<Span>) -> Result<(), &'static str> {
    let mut open: Option<usize> = None;
    let mut rest = marked;
    while let Some(c) = rest.chars().next() {
        let literal = [(LITERAL_OPEN, OPEN), (LITERAL_CLOSE, CLOSE)];
        if let Some((written, mark)) = literal.iter().find(|(l, _)| rest.starts_with(l)) {
            text.push(*mark);
            rest = &rest[written.len()..];
            continue;
        }
        rest = &rest[c.len_utf8()..];
        match (c, open) {
            (OPEN, None) => open = Some(text.len()),
            (CLOSE, Some(start)) => {
                let item = Span::new(start, text.len());
                if item.trim(text) != item || item.is_empty() {
                    return Err("an item is empty or has white space at an end");
                }
                items.push(item);
                open = None;
            }
            (OPEN, _) => return Err("⟦ inside an item"),
            (CLOSE, _) => return Err("⟧ without ⟦"),
            _ => text.push(c),
        }
    }
    match open {
        None => Ok(()),
        Some(_) => Err("⟦ without ⟧"),
    }
}

/// What is not white space at its ends of the text from `start`.
fn ink(text: &str, start: usize) -> Option<Span> {
    let rest = text[start..].trim_start_matches(is_space);
    let first = text.len() - rest.len();
    let len = rest.trim_end_matches(is_space).len();
    (len > 0).then(|| Span::new(first, first + len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_with_all_there_is() {
        let marked = "nav\t首页 | 新闻\n\ntitle\t# ⟦窗台种薄荷⟧\nbody\t  薄荷喜光。 \n+tags\t# ⟦薄荷⟧ # ⟦花盆⟧\nheading2\t（一）换盆\nrelated\t1. ⟦⟦(⟧图⟦)⟧ 水培⟧ 03-12\nbody\t\u{3000}\n";
        let page = parse("a".into(), marked).unwrap();
        assert_eq!(
            page.text,
            "首页 | 新闻\n\n# 窗台种薄荷\n  薄荷喜光。 # 薄荷 # 花盆\n（一）换盆\n1. ⟦图⟧ 水培 03-12\n\u{3000}\n"
        );
        assert_eq!(page.title.as_deref(), Some("窗台种薄荷"));
        assert_eq!(page.tags, ["薄荷", "花盆"]);
        assert_eq!(page.related, ["⟦图⟧ 水培"]);
        assert_eq!(page.sections, Some(vec![(2, "（一）换盆".to_owned())]));
        let spans: Vec<_> = page
            .spans
            .iter()
            .map(|(span, _)| span.of(&page.text))
            .collect();
        assert_eq!(
            spans,
            [
                "首页 | 新闻",
                "# 窗台种薄荷",
                "薄荷喜光。",
                "# 薄荷 # 花盆",
                "（一）换盆",
                "1. ⟦图⟧ 水培 03-12"
            ]
        );
        assert_eq!(page.fault(), None);
    }

    #[test]
    fn faults_name_the_line() {
        let fault = |marked: &str| parse("a".into(), marked).unwrap_err();
        assert_eq!(fault("nav\tx\ny"), "line 2: no tab behind a label");
        assert!(fault("menu\tx").starts_with("line 1: unknown label \"menu\"; there are: title, "));
        assert!(fault("nav2\tx").starts_with("line 1: unknown label \"nav2\""));
        assert!(fault("heading0\tx").starts_with("line 1: unknown label \"heading0\""));
        assert_eq!(fault("tags\t⟦a"), "line 1: ⟦ without ⟧");
        assert_eq!(fault("tags\ta⟧"), "line 1: ⟧ without ⟦");
        assert_eq!(fault("tags\t⟦a⟦b⟧"), "line 1: ⟦ inside an item");
        assert_eq!(fault("body\t⟦a⟧"), "line 1: body has no items");
        assert_eq!(
            fault("related\t⟦a ⟧"),
            "line 1: an item is empty or has white space at an end"
        );
        assert_eq!(
            fault("title\ta\nbody\tb\ntitle\tc"),
            "line 3: a second title; the first is on line 1"
        );
    }
}
