//! The searcher beside others, on pages and on ASCII: `cargo bench --all-features --bench search`.
//!
//! (`-- 600` for one set only).
//!
//! Each set of patterns is searched for by each in turn, in one run, so that whatever else the
//! machine does falls on all alike. All must find the same matches. Prints Markdown: medians of
//! MB/s (10^6 bytes of text) with their spread, what building takes and what is held in memory. Run as
//! a test, it searches once and little.
//!
//! Patterns are cues of the built-in packs, then phrases, which are stretches of 4 to 10 Han
//! characters of `fixtures/train` and seldom occur elsewhere, or words of 2 to 4 characters, which
//! do so all the time. The texts are a crawl made of `fixtures/gold`, and words of Latin script of
//! the pages in `fixtures/train`.

#![allow(clippy::unwrap_used, reason = "a bench fails like a test")]
#![allow(clippy::print_stdout, reason = "its table")]

mod corpus;

use std::collections::BTreeSet;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs};

use aho_corasick::{AhoCorasick, MatchKind};
use daachorse::CharwiseDoubleArrayAhoCorasick;
use dehusk::RuleSet;
use dehusk::pair_search::{Level, Searcher};

use corpus::Crawl;

/// Number of patterns, by set.
const SETS: [usize; 4] = [60, 600, 6_000, 60_000];
/// Runs of each.
const ROUNDS: usize = 7;

fn main() {
    let bench = env::args().any(|argument| argument == "--bench");
    let wanted: Vec<usize> = env::args()
        .filter_map(|argument| argument.parse().ok())
        .collect();
    let (size, sets, rounds) = match bench {
        true if wanted.is_empty() => (16_000_000, &SETS[..], ROUNDS),
        true => (16_000_000, &wanted[..], ROUNDS),
        false => (100_000, &SETS[..2], 1),
    };
    let pages: Vec<String> = Crawl::new(1).bytes(size).map(|page| page.text).collect();
    let english = english(size);
    let phrases = patterns(&[4, 5, 6, 7, 8, 10], *sets.iter().max().unwrap());
    let words = patterns(&[2, 2, 3, 4], 6_000);
    for &count in sets {
        compare("cues and phrases, pages", &pages, &phrases[..count], rounds);
        compare(
            "cues and phrases, ASCII",
            &english,
            &phrases[..count],
            rounds,
        );
    }
    compare("cues and words, pages", &pages, &words, rounds);
}

/// Searches pages one after another; returns a sum over all matches.
type Search = Box<dyn Fn(&[String]) -> usize>;

fn compare(name: &str, texts: &[String], patterns: &[String], rounds: usize) {
    let size: usize = texts.iter().map(String::len).sum();
    println!(
        "\n{} patterns, {:.1} MB of {name}\n",
        patterns.len(),
        size as f64 / 1e6
    );
    println!("| | MB/s | spread | built in | memory |\n| --- | ---: | ---: | ---: | ---: |");
    let searches = searches(patterns);
    let mut times = vec![Vec::new(); searches.len()];
    let mut sums = BTreeSet::new();
    for _ in 0..rounds {
        for (times, (_, search, ..)) in times.iter_mut().zip(&searches) {
            let start = Instant::now();
            sums.insert(black_box(search(texts)));
            times.push(size as f64 / 1e6 / start.elapsed().as_secs_f64());
        }
    }
    assert_eq!(sums.len(), 1, "they find different matches: {sums:?}");
    for (speeds, (name, _, built, memory)) in times.iter_mut().zip(&searches) {
        speeds.sort_by(f64::total_cmp);
        let (low, high) = (speeds[0], speeds[speeds.len() - 1]);
        let median = speeds[speeds.len() / 2];
        let spread = (high - low) / median * 100.0;
        let kib = *memory as f64 / 1024.0;
        println!("| {name} | {median:.0} | {spread:.0} % | {built:.1?} | {kib:.0} KiB |");
    }
}

/// Name, search, time to build, bytes on the heap.
fn searches(patterns: &[String]) -> Vec<(String, Search, Duration, usize)> {
    let mut searches: Vec<(String, Search, Duration, usize)> = Vec::new();
    let start = Instant::now();
    let automaton = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .build(patterns)
        .unwrap();
    let (built, memory) = (start.elapsed(), automaton.memory_usage());
    let search = move |texts: &[String]| {
        let found = texts.iter().flat_map(|text| automaton.find_iter(text));
        found.map(|found| found.start() ^ found.end() << 20).sum()
    };
    searches.push(("aho-corasick".into(), Box::new(search), built, memory));

    let start = Instant::now();
    let automaton = daachorse::CharwiseDoubleArrayAhoCorasickBuilder::new()
        .match_kind(daachorse::MatchKind::LeftmostLongest);
    let automaton: CharwiseDoubleArrayAhoCorasick<u32> = automaton.build(patterns).unwrap();
    let (built, memory) = (start.elapsed(), automaton.heap_bytes());
    let search = move |texts: &[String]| {
        let found = texts
            .iter()
            .flat_map(|text| automaton.leftmost_find_iter(text));
        found.map(|found| found.start() ^ found.end() << 20).sum()
    };
    searches.push((
        "daachorse, charwise".into(),
        Box::new(search),
        built,
        memory,
    ));

    for level in [Level::Portable, Level::Avx2, Level::Avx512] {
        if level > Level::best() {
            continue;
        }
        let start = Instant::now();
        let searcher = Searcher::builder().level(level).build(patterns).unwrap();
        let (built, memory) = (start.elapsed(), searcher.memory_usage());
        let search = move |texts: &[String]| {
            let (mut sum, mut found) = (0, Vec::new());
            for text in texts {
                searcher.find_into(text, &mut found);
                sum += found
                    .iter()
                    .map(|found| found.start ^ found.end << 20)
                    .sum::<usize>();
            }
            sum
        };
        searches.push((
            format!("pair_search, {level:?}"),
            Box::new(search),
            built,
            memory,
        ));
    }
    searches
}

/// So many different patterns: 600 cues, then stretches of these lengths.
fn patterns(lengths: &[usize], count: usize) -> Vec<String> {
    let rules = RuleSet::builtin();
    let mut seen = BTreeSet::new();
    let mut patterns: Vec<String> = Vec::new();
    // Each tenth of the 600 is spread over all packs, as is the whole.
    let cues: Vec<&str> = rules.cues().iter().map(|cue| &*cue.phrase).collect();
    let step = cues.len() / 60;
    let spread = (0..step).flat_map(|first| cues.iter().skip(first).step_by(step));
    for cue in spread
        .filter(|cue| seen.insert((**cue).to_owned()))
        .take(600)
    {
        patterns.push((**cue).to_owned());
    }
    let mut turn = 0;
    for run in han_runs() {
        let chars: Vec<char> = run.chars().collect();
        let mut at = 0;
        while patterns.len() < count {
            turn += 1;
            let length = lengths[turn % lengths.len()];
            let Some(word) = chars.get(at..at + length) else {
                break;
            };
            let word: String = word.iter().collect();
            if seen.insert(word.clone()) {
                patterns.push(word);
            }
            at += 2;
        }
    }
    assert!(patterns.len() >= count, "only {} patterns", patterns.len());
    patterns
}

/// Runs of Han characters in the fixtures for training.
fn han_runs() -> Vec<String> {
    let han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    runs(han)
}

/// Texts of 10,000 bytes or so, of the lines of ASCII in the fixtures for training.
fn english(size: usize) -> Vec<String> {
    let runs = runs(|c| c.is_ascii() && c != '\n');
    let lines: Vec<String> = runs.into_iter().filter(|run| run.len() > 30).collect();
    let text = lines.join("\n");
    let pages: Vec<String> = text
        .as_bytes()
        .chunks(10_000)
        .map(|page| String::from_utf8_lossy(page).into_owned())
        .collect();
    pages.iter().cycle().take(size / 10_000).cloned().collect()
}

/// Runs of characters that are `wanted` in the fixtures for training.
fn runs(wanted: impl Fn(char) -> bool) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/train");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "marked"))
        .collect();
    paths.sort();
    let mut runs = Vec::new();
    for path in paths {
        let text = fs::read_to_string(path).unwrap();
        let parts = text.split(|c| !wanted(c));
        runs.extend(parts.filter(|run| !run.is_empty()).map(str::to_owned));
    }
    runs
}
