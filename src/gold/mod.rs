//! Folders of labelled pages become [`GoldPage`]s: what programs are scored against and
//! weights are learned from.
//!
//! `FOLDER/CASE.marked` is a page with its labels ([`marked`]); where there is `CASE.html` too,
//! it is the text of that. Or `FOLDER/CASE/page.txt` is
//! the page, UTF-8, and `FOLDER/CASE/gold.json` says what is right about it. A file that
//! contradicts itself is an error, never repaired.

pub(crate) mod marked;

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::input::{Input, InputFormat};
use crate::label::Label;
use crate::markup::Markup;
use crate::page::Page;
use crate::span::Span;

/// A page with all that is right about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoldPage {
    /// Its name: that of its folder.
    pub id: String,
    /// The page's text, with a byte order mark if it begins with one.
    pub text: String,
    /// What its HTML said of the text, where it was HTML.
    pub markup: Markup,
    /// Labelled byte ranges, in order, over every character that is not white space.
    pub spans: Vec<(Span, Label)>,
    /// The article's title; none on a page without an article.
    pub title: Option<String>,
    /// Items of the hashtag and keyword blocks, in page order.
    pub tags: Vec<String>,
    /// Titles of other articles, in page order.
    pub related: Vec<String>,
    /// Where all these items stand, in order. Where the file does not tell, it is all that has
    /// their label.
    pub listed: Vec<Span>,
    /// Level and text of each heading, where the file tells.
    pub sections: Option<Vec<(u8, String)>>,
    /// The main language's BCP 47 tag, where the file tells.
    pub language: Option<String>,
}

impl GoldPage {
    /// What pages of one site have in common: the id without a last `-` and digits.
    pub fn site(&self) -> &str {
        let stem = self.id.trim_end_matches(|c: char| c.is_ascii_digit());
        match stem.strip_suffix('-') {
            Some(site) if stem.len() < self.id.len() => site,
            _ => &self.id,
        }
    }

    /// What is wrong with the spans, if anything.
    pub(crate) fn fault(&self) -> Option<String> {
        let mut last = 0;
        for (span, _) in &self.spans {
            let Span { start, end } = *span;
            let range = format!("span {start}..{end}");
            if start >= end {
                return Some(format!("{range} is empty"));
            }
            if start < last {
                return Some(format!(
                    "{range} begins before the one ahead of it has ended"
                ));
            }
            if end > self.text.len() {
                return Some(format!(
                    "{range} ends behind the page of {} bytes",
                    self.text.len()
                ));
            }
            if !self.text.is_char_boundary(start) || !self.text.is_char_boundary(end) {
                return Some(format!("{range} splits a character"));
            }
            if let Some(bare) = ink(&self.text[last..start]) {
                return Some(format!("byte {} has no label", last + bare));
            }
            last = end;
        }
        ink(&self.text[last..]).map(|bare| format!("byte {} has no label", last + bare))
    }
}

/// Where the first character stands that is not white space.
fn ink(text: &str) -> Option<usize> {
    text.find(|c| !is_space(c))
}

/// True for what needs no label and counts for nothing in scores: Unicode's `White_Space`
/// and the four separators U+001C to U+001F, which Python counts among it.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// A folder of labelled pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoldSet {
    /// The folder's own name.
    pub name: String,
    /// Its pages, in the order of their names.
    pub pages: Vec<GoldPage>,
}

impl GoldSet {
    /// Reads every file in `folder` whose name ends in `.marked`, and every folder in it that
    /// holds a `gold.json`.
    ///
    /// # Errors
    /// There is none; a file cannot be read; labels are unknown, overlap, split a character
    /// or leave one out. The message names the file and the reason.
    pub fn load(folder: &Path) -> Result<Self> {
        let failed = |error| Error::io(folder.display(), &error);
        let mut cases = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let case = entry.map_err(failed)?.path();
            if is_marked(&case) || case.join("gold.json").is_file() {
                cases.push(case);
            }
        }
        cases.sort();
        if cases.is_empty() {
            let reason = "no labelled pages (CASE.marked, or CASE/page.txt with CASE/gold.json)";
            return Err(Error::invalid(format!("{}: {reason}", folder.display())));
        }
        let pages: Result<Vec<_>> = cases.iter().map(|case| load_page(case)).collect();
        // A name that stays the same wherever the command is run.
        let whole = fs::canonicalize(folder).map_err(failed)?;
        Ok(Self {
            name: whole
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into(),
            pages: pages?,
        })
    }

    /// Tells whether two sets hold the same pages with the same labels and items in lists: FNV-1a,
    /// 64 bits.
    pub fn hash(&self) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325;
        let mut add = |bytes: &[u8]| {
            for &byte in bytes {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        };
        for page in &self.pages {
            // No byte of UTF-8 is 0xff: what ends one string cannot be read as the next.
            add(page.id.as_bytes());
            add(&[0xff]);
            add(page.text.as_bytes());
            add(&[0xff]);
            for (span, label) in &page.spans {
                add(&(span.start as u64).to_le_bytes());
                add(&(span.end as u64).to_le_bytes());
                add(&[*label as u8]);
            }
            for item in &page.listed {
                add(&(item.start as u64).to_le_bytes());
                add(&(item.end as u64).to_le_bytes());
            }
        }
        hash
    }
}

/// A `gold.json`. Keys that are not here (`style`, `note`) are for people.
#[derive(Deserialize)]
struct File {
    id: String,
    title: Option<String>,
    tags: Option<Vec<String>>,
    related: Option<Vec<String>>,
    sections: Option<Vec<(u8, String)>>,
    language: Option<String>,
    spans: Vec<Labelled>,
}

#[derive(Deserialize)]
struct Labelled {
    start: usize,
    end: usize,
    label: String,
}

fn is_marked(case: &Path) -> bool {
    case.extension().is_some_and(|ending| ending == "marked") && case.is_file()
}

/// Reads a file of a labelled page.
fn read(path: PathBuf) -> Result<String> {
    /// No page is longer that someone has labelled.
    const LONGEST: u64 = 64 << 20;
    let failed = |error| Error::io(path.display(), &error);
    let mut bytes = Vec::new();
    let file = fs::File::open(&path).map_err(failed)?;
    file.take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    let wrong = |reason| Error::invalid(format!("{}: {reason}", path.display()));
    if bytes.len() as u64 > LONGEST {
        let longest = LONGEST >> 20;
        return Err(wrong(format!(
            "over {longest} MiB, too long for a labelled page"
        )));
    }
    String::from_utf8(bytes).map_err(|_| wrong("not UTF-8".into()))
}

/// The markup of an HTML page that is labelled as `text`.
fn markup(html: &Path, text: &str) -> Result<Markup> {
    let mut input = Input::builder()
        .format(InputFormat::Html)
        .path(html)
        .build();
    let page = match input.next() {
        Some(page) => page.map_err(|error| Error::invalid(error.to_string()))?,
        None => Page::default(),
    };
    if page.text == text {
        return Ok(page.markup);
    }
    let mut lines = (1..).zip(page.text.split('\n').zip(text.split('\n')));
    let differs = lines.find(|(_, (read, labelled))| read != labelled);
    let number = differs.map_or(0, |(number, _)| number);
    let reason = format!("reads otherwise than its .marked page, from line {number} on");
    Err(Error::invalid(format!("{}: {reason}", html.display())))
}

fn load_page(case: &Path) -> Result<GoldPage> {
    if is_marked(case) {
        let id = case.file_stem().unwrap_or_default().to_string_lossy();
        let wrong = |reason| Error::invalid(format!("{}: {reason}", case.display()));
        let mut page = marked::parse(id.into(), &read(case.to_owned())?).map_err(wrong)?;
        let html = case.with_extension("html");
        if html.is_file() {
            page.markup = markup(&html, &page.text)?;
        }
        return Ok(page);
    }
    let text = read(case.join("page.txt"))?;
    let json = read(case.join("gold.json"))?;
    let wrong =
        |reason: &str| Error::invalid(format!("{}: {reason}", case.join("gold.json").display()));
    let file: File = serde_json::from_str(&json).map_err(|error| wrong(&error.to_string()))?;
    let folder = case.file_name().unwrap_or_default();
    if folder != file.id.as_str() {
        return Err(wrong(&format!("id {:?} is not the folder's name", file.id)));
    }
    let page = page(file, text).map_err(|reason| wrong(&reason))?;
    page.fault().map_or(Ok(page), |reason| Err(wrong(&reason)))
}

fn page(file: File, text: String) -> std::result::Result<GoldPage, String> {
    let label = |name: &str| {
        Label::from_name(name).ok_or_else(|| {
            let names = Label::ALL.map(Label::name).join(", ");
            format!("unknown label {name:?}; there are: {names}")
        })
    };
    let spans: std::result::Result<_, String> = file
        .spans
        .iter()
        .map(
            |Labelled {
                 start,
                 end,
                 label: name,
             }| {
                let span = Span {
                    start: *start,
                    end: *end,
                };
                Ok((span, label(name)?))
            },
        )
        .collect();
    let spans: Vec<(Span, Label)> = spans?;
    let mut listed = places(&text, &spans, Label::Related, file.related.as_deref());
    listed.extend(places(&text, &spans, Label::Tags, file.tags.as_deref()));
    listed.sort();
    Ok(GoldPage {
        id: file.id,
        text,
        markup: Markup::default(),
        spans,
        listed,
        title: file.title,
        tags: file.tags.unwrap_or_default(),
        related: file.related.unwrap_or_default(),
        sections: file.sections,
        language: file.language,
    })
}

/// Where items stand in the lists of a label: all of the lists if they are not told, or one is not
/// found.
fn places(
    text: &str,
    spans: &[(Span, Label)],
    label: Label,
    items: Option<&[String]>,
) -> Vec<Span> {
    let lists = spans.iter().filter(|(_, of)| *of == label);
    let spans: Vec<Span> = lists.map(|(span, _)| *span).collect();
    let Some(items) = items else {
        return spans;
    };
    let mut rest = spans.iter().copied();
    let mut here = Span::default();
    let place = |item: &String| loop {
        // What the file says of spans has not been checked.
        let found = text.get(here.start..here.end)?.find(item.as_str());
        if let Some(at) = found {
            let start = here.start + at;
            here.start = start + item.len();
            return Some(Span::new(start, here.start));
        }
        here = rest.next()?;
    };
    let places: Option<Vec<Span>> = items.iter().map(place).collect();
    places.unwrap_or(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, json: &str) -> std::result::Result<GoldPage, String> {
        let file: File = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let page = page(file, text.into())?;
        page.fault().map_or(Ok(page), Err)
    }

    fn spans(list: &str) -> String {
        format!("{{\"id\":\"a\",\"title\":null,\"spans\":[{list}]}}")
    }

    #[test]
    fn faults_are_named() {
        let text = "标题\n正文 x";
        let span = |start: usize, end: usize| {
            format!("{{\"start\":{start},\"end\":{end},\"label\":\"body\"}}")
        };
        for (list, expected) in [
            (format!("{},{}", span(0, 6), span(7, 15)), ""),
            (span(0, 15), ""),
            (
                format!("{},{}", span(0, 7), span(6, 15)),
                "span 6..15 begins before the one ahead of it has ended",
            ),
            (
                format!("{},{}", span(0, 6), span(7, 16)),
                "span 7..16 ends behind the page of 15 bytes",
            ),
            (
                format!("{},{}", span(0, 5), span(7, 15)),
                "span 0..5 splits a character",
            ),
            (span(3, 3), "span 3..3 is empty"),
            (span(7, 15), "byte 0 has no label"),
            (span(0, 13), "byte 14 has no label"),
            (String::new(), "byte 0 has no label"),
        ] {
            let fault = parse(text, &spans(&list)).err().unwrap_or_default();
            assert_eq!(fault, expected, "{list}");
        }
        let fault = parse("x", &spans("{\"start\":0,\"end\":1,\"label\":\"ad\"}")).unwrap_err();
        assert!(
            fault.starts_with("unknown label \"ad\"; there are: title, heading, "),
            "{fault}"
        );
    }

    #[test]
    fn titles_are_found_in_their_lists_or_the_lists_are_told() {
        // 甲 stands in the body, too.
        let text = "甲乙\n上一篇：甲\n下一篇：丙";
        let span = |start: usize, end: usize, label: &str| {
            format!("{{\"start\":{start},\"end\":{end},\"label\":\"{label}\"}}")
        };
        let list = [
            span(0, 6, "body"),
            span(7, 22, "related"),
            span(23, 38, "related"),
        ];
        let listed = |items: &str| {
            let list = spans(&list.join(","));
            let json = list.replacen('{', &format!("{{{items}"), 1);
            parse(text, &json).unwrap().listed
        };
        let lists = [Span::new(7, 22), Span::new(23, 38)];
        assert_eq!(
            listed("\"related\":[\"甲\",\"丙\"],"),
            [Span::new(19, 22), Span::new(35, 38)]
        );
        assert_eq!(listed("\"related\":[],"), []);
        for unknown in [
            "",
            "\"related\":[\"丙\",\"甲\"],",
            "\"related\":[\"甲\",\"丁\"],",
        ] {
            assert_eq!(listed(unknown), lists, "{unknown}");
        }
    }

    #[test]
    fn white_space_needs_no_label() {
        let page = parse(" \u{3000}\x1c\x1f\u{85}\n", &spans(""));
        assert!(page.is_ok(), "{page:?}");
        // Invisible is not white.
        assert!(parse("\u{feff}", &spans("")).is_err());
        assert!(parse("\u{200b}", &spans("")).is_err());
    }

    #[test]
    fn sites() {
        let site = |id: &str| {
            GoldPage {
                id: id.into(),
                ..GoldPage::default()
            }
            .site()
            .to_owned()
        };
        assert_eq!(
            ["a-b-12", "a-b", "a12", "7", "-7"].map(site),
            ["a-b", "a-b", "a12", "7", ""]
        );
    }

    #[test]
    fn the_hash_sees_text_labels_and_titles_in_lists() {
        let set = |text: &str, label| GoldSet {
            name: String::new(),
            pages: vec![GoldPage {
                id: "a".into(),
                text: text.into(),
                spans: vec![(Span::new(0, 1), label)],
                ..GoldPage::default()
            }],
        };
        let hash = set("x", Label::Body).hash();
        assert_eq!(hash, set("x", Label::Body).hash());
        assert_ne!(hash, set("y", Label::Body).hash());
        assert_ne!(hash, set("x", Label::Nav).hash());
        let mut listed = set("x", Label::Body);
        listed.pages[0].listed.push(Span::new(0, 1));
        assert_ne!(hash, listed.hash());
        assert_eq!(GoldSet::default().hash(), 0xcbf2_9ce4_8422_2325);
    }
}
