//! What is in records: how many pages, how much of them is article, what the rest is, and what
//! comes again and again. Records come one at a time and go; what is held has a fixed size, so
//! that any number of them can be counted ([`frequent`], [`lengths`], [`contacts`]).

mod contacts;
mod figures;
mod frequent;
mod lengths;
mod record;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::input::{InputBuilder, Keep};
use crate::label::Label;
use crate::page::{Page, PageError};

use self::contacts::Contacts;
pub use self::contacts::{Cluster, Shared, Tie};
pub use self::figures::{Count, Counted, Figures, HostFigure, LabelFigure, LengthUnit, Most};
use self::frequent::{CAPACITY, Frequent};
use self::lengths::Lengths;
pub use self::lengths::{Distribution, Step};
use self::record::{Facts, Part, Unit, Walk};

/// A record is longer than its page, above all one of a page of many short lines; one that takes
/// more than this is an error.
const MAX_RECORD_SIZE: usize = 256 << 20;

/// How many languages there may be; what comes on top of that is made up.
const LANGUAGES: usize = 256;

/// The most reasons of errors; equal ones with other numbers in them are one.
const REASONS: usize = 1024;

/// Counts what is in records.
///
/// ```
/// use dehusk::{Input, Stats};
///
/// let record = r#"{"id":"a","url":"http://a.cn/","tags":["mint"],"segments":[{"kind":"body","start":0,"end":9}]}"#;
/// let mut stats = Stats::new();
/// for page in Stats::input(Input::builder()).reader("records", record.as_bytes()).build() {
///     stats.add(&page?)?;
/// }
/// let figures = stats.figures(20);
/// assert_eq!((figures.pages, figures.length), (1, 9));
/// assert_eq!(figures.tags.most[0].value, "mint");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Stats {
    pages: u64,
    errors: u64,
    with: With,
    labels: [LabelCount; Label::COUNT],
    /// Pages by how many twentieths of them are body.
    shares: [u64; 20],
    bytes: u64,
    characters: u64,
    page: Lengths,
    body: Lengths,
    title: Lengths,
    languages: Frequent<u64>,
    reasons: Frequent<u64>,
    tags: Frequent<u64>,
    related: Frequent<u64>,
    lines: Frequent<u64>,
    contacts: Contacts,
    hosts: Frequent<HostCount>,
    scratch: String,
}

/// How many pages have what.
#[derive(Clone, Copy, Debug, Default)]
struct With {
    url: u64,
    title: u64,
    body: u64,
    segments: u64,
    text: u64,
    tags: u64,
    related: u64,
    contacts: u64,
    language: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct LabelCount {
    length: u64,
    segments: u64,
    pages: u64,
}

#[derive(Debug, Default)]
struct HostCount {
    pages: u64,
    length: u64,
    husk: u64,
}

impl Default for Stats {
    fn default() -> Self {
        Self::new()
    }
}

impl Stats {
    /// Of no records yet.
    pub fn new() -> Self {
        Self {
            pages: 0,
            errors: 0,
            with: With::default(),
            labels: [LabelCount::default(); Label::COUNT],
            shares: [0; 20],
            bytes: 0,
            characters: 0,
            page: Lengths::default(),
            body: Lengths::default(),
            title: Lengths::default(),
            languages: Frequent::new(LANGUAGES),
            reasons: Frequent::new(REASONS),
            tags: Frequent::new(CAPACITY),
            related: Frequent::new(CAPACITY),
            lines: Frequent::new(CAPACITY),
            contacts: Contacts::default(),
            hosts: Frequent::new(CAPACITY),
            scratch: String::new(),
        }
    }

    /// Sets an input up to read records, JSONL and Parquet, as `dehusk extract` writes them.
    pub fn input(input: InputBuilder) -> InputBuilder {
        let keys = record::KEYS.map(str::to_owned).to_vec();
        input
            .text_optional()
            .keep(Keep::Only(keys))
            .max_page_size(MAX_RECORD_SIZE)
    }

    /// Counts a record, which [`Stats::input`] has read. An error object, or a line of a file of
    /// failed pages, is counted as a page that failed.
    ///
    /// # Errors
    /// It is no record.
    pub fn add(&mut self, page: &Page) -> Result<(), Box<PageError>> {
        let facts = record::read(page).map_err(|reason| {
            Box::new(PageError {
                id: page.id.clone(),
                source: page.source.clone(),
                contained: true,
                reason,
                ..PageError::default()
            })
        })?;
        match &facts.error {
            Some(reason) => self.failed(reason),
            None => self.record(&facts, &page.text),
        }
        Ok(())
    }

    /// A page that failed.
    fn failed(&mut self, reason: &str) {
        self.errors += 1;
        let words = reason.split(|c: char| c.is_ascii_digit());
        let mut number = false;
        self.scratch.clear();
        for word in words {
            // Runs of digits leave nothing between them.
            if !word.is_empty() {
                if number {
                    self.scratch.push('N');
                }
                self.scratch.push_str(word);
            }
            number = true;
        }
        if reason.ends_with(|c: char| c.is_ascii_digit()) {
            self.scratch.push('N');
        }
        self.reasons.add(&self.scratch);
    }

    fn record(&mut self, facts: &Facts, text: &str) {
        self.pages += 1;
        self.count_keys(facts, text);
        let host: Option<Arc<str>> = facts.url.as_deref().and_then(host).map(Into::into);
        for tag in &facts.tags {
            self.tags.add(tag.trim());
        }
        for title in &facts.related {
            self.related.add(title.trim());
        }
        self.count_contacts(facts, host.as_ref());
        let (length, husk) = self.count_segments(facts, text);
        if let Some(host) = host {
            self.hosts.update(&host, |slot| {
                slot.rank += 1;
                slot.value.pages += 1;
                let HostCount {
                    length: all,
                    husk: of_it,
                    ..
                } = &mut slot.value;
                *all = all.saturating_add(length);
                *of_it = of_it.saturating_add(husk);
            });
        }
    }

    fn count_keys(&mut self, facts: &Facts, text: &str) {
        let With {
            url,
            title,
            body,
            segments,
            text: texts,
            tags,
            related,
            contacts,
            language,
        } = &mut self.with;
        for (count, there) in [
            (url, facts.url.is_some()),
            (title, facts.title.is_some()),
            (body, has_body(facts)),
            (segments, facts.segments.is_some()),
            (texts, !text.is_empty()),
            (tags, !facts.tags.is_empty()),
            (related, !facts.related.is_empty()),
            (contacts, !facts.contacts.is_empty()),
            (language, facts.language.is_some()),
        ] {
            *count += u64::from(there);
        }
        self.languages.add(facts.language.as_deref().unwrap_or(""));
        if let Some(title) = &facts.title {
            self.title.add(title.chars().count() as u64);
        }
    }

    fn count_contacts(&mut self, facts: &Facts, host: Option<&Arc<str>>) {
        let contacts = facts.contacts.iter();
        let once: BTreeSet<_> = contacts
            .map(|told| (told.kind.as_str(), told.value.as_str()))
            .collect();
        for (kind, value) in once {
            self.contacts.add(kind, value, host);
        }
    }

    /// Returns the length of the page, and of what is not its article.
    fn count_segments(&mut self, facts: &Facts, text: &str) -> (u64, u64) {
        let Some(segments) = &facts.segments else {
            if let Some(body) = &facts.body {
                self.body.add(body.len() as u64);
            }
            return (0, 0);
        };
        let unit = record::unit(facts, text);
        let mut walk = Walk::new(text, unit);
        // Without the text, what was not counted in bytes stays as it is.
        let in_bytes = unit == Unit::Bytes || !text.is_empty();
        let (mut length, mut main, mut husk) = (0, 0, 0);
        let mut seen = [false; Label::COUNT];
        for part in segments {
            let (start, end) = if in_bytes {
                (walk.to(part.span.start), walk.to(part.span.end))
            } else {
                (part.span.start, part.span.end)
            };
            let long = end.saturating_sub(start) as u64;
            length += long;
            main += if part.label.is_main() { long } else { 0 };
            husk += if is_husk(part.label) { long } else { 0 };
            self.count_label(part.label, long, &mut seen);
            self.count_lines(part, text.get(start..end).unwrap_or(""));
        }
        *if in_bytes {
            &mut self.bytes
        } else {
            &mut self.characters
        } += 1;
        self.page.add(length);
        self.body.add(main);
        if let Some(share) = (main * 20).checked_div(length) {
            self.shares[(share as usize).min(19)] += 1;
        }
        (length, husk)
    }

    fn count_label(&mut self, label: Label, length: u64, seen: &mut [bool; Label::COUNT]) {
        let count = &mut self.labels[label as usize];
        count.length = count.length.saturating_add(length);
        count.segments += 1;
        count.pages += u64::from(!std::mem::replace(&mut seen[label as usize], true));
    }

    /// The lines of what is not the article.
    fn count_lines(&mut self, part: &Part, text: &str) {
        if !is_husk(part.label) {
            return;
        }
        for line in text.lines().map(str::trim).filter(|line| is_telling(line)) {
            self.scratch.clear();
            self.scratch.push_str(part.label.name());
            self.scratch.push(' ');
            self.scratch.push_str(frequent::beginning(line));
            self.lines.add(&self.scratch);
        }
    }

    /// What has been counted, of each list so many as come most often.
    pub fn figures(&self, most: usize) -> Figures {
        Figures::of(self, most)
    }
}

/// True for all but the article and its title.
fn is_husk(label: Label) -> bool {
    !label.is_main() && label != Label::Title
}

/// False for numbers of pages and ranks, rules and bullets: they come everywhere.
fn is_telling(line: &str) -> bool {
    line.chars().any(char::is_alphabetic) || line.bytes().filter(u8::is_ascii_digit).count() > 4
}

fn has_body(facts: &Facts) -> bool {
    let in_segments = || {
        facts
            .segments
            .iter()
            .flatten()
            .any(|part| part.label.is_main())
    };
    facts.body.as_ref().is_some_and(|body| !body.is_empty()) || in_segments()
}

/// The host of a URL, in small letters, without port, user, a dot at its end, and `www.`.
fn host(url: &str) -> Option<String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let place = authority
        .rsplit_once('@')
        .map_or(authority, |(_, place)| place);
    let host = match place.split_once(']') {
        // An IPv6 address has colons.
        Some((address, _)) => address.trim_start_matches('['),
        None => place.split(':').next()?,
    };
    let host = host.trim_end_matches('.').to_lowercase();
    let host = host.strip_prefix("www.").map(str::to_owned).unwrap_or(host);
    // The longest that a name may be is 253.
    let host = frequent::beginning(&host);
    (!host.is_empty()).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_urls() {
        for (url, expected) in [
            ("https://WWW.Example.cn:8080/a?b#c", Some("example.cn")),
            ("http://user:pw@a.b.cn./", Some("a.b.cn")),
            ("//cdn.cn/x", Some("cdn.cn")),
            ("a.cn/x", Some("a.cn")),
            ("http://[::1]:80/", Some("::1")),
            ("http://薄荷.cn/", Some("薄荷.cn")),
            ("http://", None),
            ("", None),
        ] {
            assert_eq!(host(url).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn numbers_in_reasons_do_not_count() {
        let mut stats = Stats::new();
        for reason in [
            "bad JSON: x at column 24",
            "bad JSON: x at column 7",
            "over 12 of 3",
            "12",
        ] {
            stats.failed(reason);
        }
        let found = stats.figures(9).errors_by_reason;
        let found: Vec<_> = found
            .most
            .iter()
            .map(|count| (count.value.as_str(), count.count))
            .collect();
        assert_eq!(
            found,
            [("bad JSON: x at column N", 2), ("N", 1), ("over N of N", 1)]
        );
    }
}
