//! The labelled pages of `fixtures/gold` become a crawl of any size, the same one for the
//! same seed.
//!
//! A page of the crawl follows one fixture: its order of blocks, its separators, its line
//! ends. Into that come texts of other fixtures in the same language: menus for menus, cues
//! for cues, items for items, and paragraphs of sentences drawn one by one. Article and lists
//! are stretched so that lengths spread as in a real crawl: most pages have 1 to 20 KB, one in
//! five hundred has several 100 KB. Nine bytes in ten are Chinese.
//!
//! It knows fixtures and nothing of dehusk.

#![allow(dead_code, reason = "not every bench needs all of a page")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

/// A page of the crawl.
#[derive(Clone, Debug)]
pub(crate) struct CrawlPage {
    pub(crate) id: String,
    pub(crate) url: String,
    pub(crate) text: String,
}

impl CrawlPage {
    /// The page as a line of a dump, with its line end.
    pub(crate) fn to_line(&self) -> String {
        json!({ "id": self.id, "url": self.url, "text": self.text }).to_string() + "\n"
    }
}

/// Pages without end.
#[derive(Debug)]
pub(crate) struct Crawl {
    stock: Stock,
    random: Random,
    made: u64,
}

impl Crawl {
    /// A crawl made of the repository's fixtures.
    pub(crate) fn new(seed: u64) -> Self {
        let gold = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/gold");
        Self {
            stock: Stock::of(&gold),
            random: Random(seed),
            made: 0,
        }
    }

    /// Its first pages, of so many bytes of text that one page less would be too few.
    pub(crate) fn bytes(self, mut wanted: usize) -> impl Iterator<Item = CrawlPage> {
        self.take_while(move |page| {
            let more = wanted > 0;
            wanted = wanted.saturating_sub(page.text.len());
            more
        })
    }
}

impl Iterator for Crawl {
    type Item = CrawlPage;

    fn next(&mut self) -> Option<CrawlPage> {
        let text = self.stock.page(&mut self.random);
        let (id, site) = (format!("{:08}", self.made), self.random.below(5000));
        self.made += 1;
        let url = format!("https://www.site{site}.example/a/{id}.html");
        Some(CrawlPage { id, url, text })
    }
}

/// SplitMix64. Its own and not the library's: the same seed is to give the same corpus for good.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn one_of<'t, T>(&mut self, things: &'t [T]) -> &'t T {
        &things[self.below(things.len())]
    }

    fn text<'t>(&mut self, texts: &'t [String]) -> &'t str {
        self.one_of::<String>(texts)
    }

    /// How often a thing is to be done that is done `times` on average.
    fn about(&mut self, times: f64) -> usize {
        let rest = (self.next() % 1000) as f64 / 1000.0;
        (times + rest) as usize
    }

    /// The length of a page, in bytes.
    fn page_length(&mut self) -> usize {
        if self.below(500) == 0 {
            return 100_000 + self.below(400_000);
        }
        // Evenly over the octaves: as many from 1 to 2 KB as from 8 to 16 KB.
        let octave = 1000 << self.below(4);
        octave + self.below(octave * 5 / 4)
    }
}

/// A labelled stretch of a fixture.
#[derive(Clone, Debug)]
struct Span {
    /// White space before it.
    gap: String,
    text: String,
    form: Form,
}

/// What can be done with a span's text.
#[derive(Clone, Debug)]
enum Form {
    /// It stands or falls as a whole.
    Whole,
    /// Prose: other sentences can take its place.
    Sentences,
    /// A list: its head, then items, each with what follows it.
    List {
        head: String,
        items: Vec<(String, String)>,
    },
}

/// Spans of one label that follow each other; heading and body count as one label.
#[derive(Clone, Debug)]
struct Run {
    label: String,
    spans: Vec<Span>,
}

#[derive(Debug)]
struct Template {
    language: String,
    runs: Vec<Run>,
    /// White space after the last span.
    end: String,
    length: usize,
}

/// The texts of one language.
#[derive(Debug, Default)]
struct Texts {
    sentences: Vec<String>,
    /// By label: spans that stand or fall as a whole, and items of lists.
    whole: BTreeMap<String, Vec<String>>,
    items: BTreeMap<String, Vec<String>>,
    runs: BTreeMap<String, Vec<Run>>,
}

/// All that pages are made of.
#[derive(Debug)]
struct Stock {
    templates: BTreeMap<String, Vec<Template>>,
    texts: BTreeMap<String, Texts>,
}

/// Languages by their share of the pages, in percent.
const SHARES: [(&str, usize); 5] = [
    ("zh-Hans", 95),
    ("zh-Hant", 2),
    ("en", 1),
    ("ja", 1),
    ("ko", 1),
];

impl Stock {
    fn of(gold: &Path) -> Self {
        let mut folders: Vec<_> = fs::read_dir(gold)
            .unwrap_or_else(|error| panic!("{}: {error}", gold.display()))
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        folders.sort();
        let mut stock = Self {
            templates: BTreeMap::new(),
            texts: BTreeMap::new(),
        };
        for folder in folders {
            stock.add(Template::of(&folder));
        }
        stock
    }

    fn add(&mut self, template: Template) {
        let texts = self.texts.entry(template.language.clone()).or_default();
        for run in &template.runs {
            for span in &run.spans {
                texts.add(&run.label, span);
            }
            let runs = texts.runs.entry(run.label.clone()).or_default();
            runs.push(run.clone());
        }
        let language = template.language.clone();
        self.templates.entry(language).or_default().push(template);
    }

    /// One page.
    fn page(&self, random: &mut Random) -> String {
        let mut lot = random.below(100);
        let share = SHARES.iter().find(|(_, share)| {
            let hit = lot < *share;
            lot = lot.wrapping_sub(*share);
            hit
        });
        let language = share.map_or("zh-Hans", |(language, _)| language);
        let template = random.one_of(&self.templates[language]);
        let texts = &self.texts[language];

        let stretch = random.page_length() as f64 / template.length as f64;
        let mut page = String::new();
        for run in &template.runs {
            match run.label.as_str() {
                "main" => {
                    let times = random.about(stretch).max(1);
                    texts.main(run, times, random, &mut page);
                }
                "title" => texts.list(run, 1.0, random, &mut page),
                "tags" | "related" => {
                    // Lists grow with the page, but less than the article does.
                    let stretch = stretch.sqrt() * (0.5 + random.below(100) as f64 / 100.0);
                    texts.list(run, stretch.max(0.3), random, &mut page);
                }
                _ => texts.husk(run, stretch, random, &mut page),
            }
        }
        page + &template.end
    }
}

impl Texts {
    fn add(&mut self, label: &str, span: &Span) {
        match &span.form {
            Form::Sentences => self.sentences.extend(sentences(&span.text)),
            Form::Whole => {
                let whole = self.whole.entry(label.to_owned()).or_default();
                whole.push(span.text.clone());
            }
            Form::List { items, .. } => {
                let known = self.items.entry(label.to_owned()).or_default();
                known.extend(items.iter().map(|(item, _)| item.clone()));
            }
        }
    }

    /// The article, so many times as long as in the fixture.
    fn main(&self, run: &Run, times: usize, random: &mut Random, page: &mut String) {
        for turn in 0..times {
            for (index, span) in run.spans.iter().enumerate() {
                let first_again = turn > 0 && index == 0;
                page.push_str(if first_again {
                    run.inner_gap()
                } else {
                    &span.gap
                });
                match span.form {
                    Form::Sentences => self.paragraph(span.text.len(), random, page),
                    _ => page.push_str(random.text(&self.whole["main"])),
                }
            }
        }
    }

    /// About so many bytes of prose.
    fn paragraph(&self, length: usize, random: &mut Random, page: &mut String) {
        let length = length / 2 + random.below(length);
        let start = page.len();
        while page.len() - start < length.max(1) {
            page.push_str(random.text(&self.sentences));
        }
        page.truncate(page.trim_end().len());
    }

    /// Spans with other texts and items in them, the number of items multiplied.
    fn list(&self, run: &Run, stretch: f64, random: &mut Random, page: &mut String) {
        for span in &run.spans {
            match &span.form {
                Form::List { head, items } if items.len() > 1 => {
                    page.push_str(&span.gap);
                    page.push_str(head);
                    let count = random.about(stretch * items.len() as f64).max(1);
                    for number in 0..count {
                        page.push_str(random.text(&self.items[&run.label]));
                        page.push_str(&items[number % items.len()].1);
                    }
                    page.truncate(page.trim_end().len());
                }
                Form::List { head, items } => {
                    for _ in 0..random.about(stretch) {
                        page.push_str(&span.gap);
                        page.push_str(head);
                        page.push_str(random.text(&self.items[&run.label]));
                        page.push_str(&items[0].1);
                    }
                }
                _ => {
                    page.push_str(&span.gap);
                    page.push_str(random.text(&self.whole[&run.label]));
                }
            }
        }
    }

    /// A run of another fixture, with the separators of this one.
    fn husk(&self, run: &Run, stretch: f64, random: &mut Random, page: &mut String) {
        let other = random.one_of(&self.runs[&run.label]);
        // Comments come in any number; everything else once.
        let times = match run.label.as_str() {
            "comment" => random.about(stretch.sqrt()).max(1),
            _ => 1,
        };
        let spans = other.spans.iter().cycle().take(other.spans.len() * times);
        for (index, span) in spans.enumerate() {
            page.push_str(if index == 0 {
                &run.spans[0].gap
            } else {
                run.inner_gap()
            });
            page.push_str(&span.text);
        }
    }
}

impl Run {
    /// What stands between its spans.
    fn inner_gap(&self) -> &str {
        &self.spans.get(1).unwrap_or(&self.spans[0]).gap
    }
}

impl Template {
    fn of(folder: &Path) -> Self {
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let page = read("page.txt");
        let gold: Value = serde_json::from_str(&read("gold.json"))
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));

        let mut items = Items::of(&gold);
        let mut runs: Vec<Run> = Vec::new();
        let mut end = 0;
        for span in list(&gold["spans"]) {
            let at = |key: &str| span[key].as_u64().unwrap_or_default() as usize;
            let label = match span["label"].as_str().unwrap_or_default() {
                "heading" | "body" => "main",
                label => label,
            };
            let (gap, text) = (&page[end..at("start")], &page[at("start")..at("end")]);
            end = at("end");
            let span = Span {
                gap: gap.to_owned(),
                text: text.to_owned(),
                form: items.form(label, text),
            };
            match runs.last_mut().filter(|run| run.label == label) {
                Some(run) => run.spans.push(span),
                None => runs.push(Run {
                    label: label.to_owned(),
                    spans: vec![span],
                }),
            }
        }
        Self {
            language: gold["language"].as_str().unwrap_or_default().to_owned(),
            runs,
            end: page[end..].to_owned(),
            length: page.len(),
        }
    }
}

/// The items of a fixture's lists that have not been found in its text yet.
struct Items<'g> {
    title: Option<&'g str>,
    tags: &'g [Value],
    related: &'g [Value],
}

impl<'g> Items<'g> {
    fn of(gold: &'g Value) -> Self {
        Self {
            title: gold["title"].as_str(),
            tags: list(&gold["tags"]),
            related: list(&gold["related"]),
        }
    }

    /// The form of the next span.
    fn form(&mut self, label: &str, text: &str) -> Form {
        match label {
            "main" if sentences(text).nth(1).is_some() => Form::Sentences,
            "title" if self.title.is_some_and(|title| text.trim() == title) => Form::List {
                head: String::new(),
                items: vec![(text.to_owned(), String::new())],
            },
            "tags" => cut(text, &mut self.tags),
            "related" => cut(text, &mut self.related),
            _ => Form::Whole,
        }
    }
}

/// Cuts a list at the items that it holds, and takes those from `items`.
fn cut(text: &str, items: &mut &[Value]) -> Form {
    let mut head = "";
    let mut found: Vec<(String, String)> = Vec::new();
    let mut rest = text;
    while let Some((first, others)) = items.split_first() {
        let Some(item) = first.as_str().filter(|item| !item.is_empty()) else {
            break;
        };
        let Some(at) = rest.find(item) else { break };
        match found.last_mut() {
            Some(last) => last.1 = rest[..at].to_owned(),
            None => head = &rest[..at],
        }
        found.push((item.to_owned(), String::new()));
        rest = &rest[at + item.len()..];
        *items = others;
    }
    match found.last_mut() {
        None => return Form::Whole,
        Some(last) => last.1 = rest.to_owned(),
    }
    // A line of many items ends without a separator; one of them can come to stand inside.
    if found.len() > 1 && rest.is_empty() {
        let between = found[0].1.clone();
        if let Some(last) = found.last_mut() {
            last.1 = between;
        }
    }
    Form::List {
        head: head.to_owned(),
        items: found,
    }
}

/// The sentences of a text, each with what ends it. What is no whole sentence is left out.
fn sentences(text: &str) -> impl Iterator<Item = String> + '_ {
    let chinese = text.contains(FULL_STOPS);
    let mut rest = text;
    let next = move || {
        let (at, stop) = match chinese {
            true => rest.match_indices(FULL_STOPS).next()?,
            false => rest.match_indices(". ").next()?,
        };
        let end = rest[at + stop.len()..]
            .find(|c| !matches!(c, '”' | '」' | '』' | '）'))
            .map_or(rest.len(), |more| at + stop.len() + more);
        let sentence = &rest[..end];
        rest = &rest[end..];
        Some(sentence.trim_start().to_owned())
    };
    std::iter::from_fn(next).filter(|sentence| sentence.len() > SHORTEST_SENTENCE)
}

const FULL_STOPS: [char; 3] = ['。', '！', '？'];

/// In bytes; shorter ones are mostly numbers.
const SHORTEST_SENTENCE: usize = 12;

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
