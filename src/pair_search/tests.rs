//! The searcher against aho-corasick, which is slow on such text and right.

use aho_corasick::{AhoCorasick, MatchKind};
use proptest::prelude::*;

use super::*;

const LEVELS: [Level; 3] = [Level::Portable, Level::Avx2, Level::Avx512];

fn expected(patterns: &[String], fold: bool, text: &str) -> Vec<Match> {
    let automaton = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .ascii_case_insensitive(fold)
        .build(patterns)
        .unwrap();
    let same = |a: &str, b: &str| a == b || fold && a.eq_ignore_ascii_case(b);
    let first = |pattern: usize| {
        let equal = |other: &String| same(other, &patterns[pattern]);
        patterns.iter().position(equal).unwrap()
    };
    let found = automaton.find_iter(text).map(|found| Match {
        start: found.start(),
        end: found.end(),
        pattern: first(found.pattern().as_usize()),
    });
    found.collect()
}

fn check(patterns: &[String], fold: bool, text: &str) {
    let expected = expected(patterns, fold, text);
    // In a block of just its length, so that a sanitizer sees who reads on.
    let text: Box<str> = text.into();
    for level in LEVELS {
        let builder = Searcher::builder()
            .ascii_case_insensitive(fold)
            .level(level);
        let searcher = builder.build(patterns).unwrap();
        let found: Vec<Match> = searcher.find_iter(&text).collect();
        assert_eq!(found, expected, "{level:?} {patterns:?} {text:?}");
    }
}

/// Few different characters of one to four bytes, so that patterns occur and overlap.
fn word(longest: usize) -> impl Strategy<Value = String> {
    let characters = "[一丁七丈三上下的是。，aAbBqQ1 é©ж😀]";
    proptest::string::string_regex(&format!("{characters}{{1,{longest}}}")).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn as_aho_corasick(
        patterns in prop::collection::vec(word(5), 1..12),
        fold: bool,
        text in prop::collection::vec(word(40), 0..8),
    ) {
        check(&patterns, fold, &text.concat());
    }

    #[test]
    fn as_aho_corasick_where_no_pattern_is_rare(
        patterns in prop::collection::vec("[一丁]{1,6}", 1..12),
        text in "[一丁]{0,120}",
    ) {
        check(&patterns, false, &text);
    }
}

#[test]
fn every_length_of_text_is_read_to_its_end() {
    let patterns: Vec<String> = ["相关文章", "QQ群", "tags"].map(String::from).into();
    for blanks in 0..150 {
        for filler in ["一", " ", "é", "😀"] {
            let filler = filler.repeat(blanks);
            check(
                &patterns,
                true,
                &format!("{filler}相关文章{filler}TAGS{filler}qq群"),
            );
        }
    }
}

#[test]
fn few_patterns_of_ascii_go_to_an_automaton() {
    let searcher = Searcher::new(["tag", "tags", "tag"]).unwrap();
    assert!(matches!(searcher.engine, Engine::Few(_)));
    let found: Vec<Match> = searcher.find_iter("a tags").collect();
    assert_eq!(
        found,
        [Match {
            start: 2,
            end: 6,
            pattern: 1
        }]
    );
    assert_eq!(searcher.pattern_count(), 2);
}

#[test]
fn bad_patterns_are_errors() {
    let long = "一".repeat(30_000);
    for (pattern, reason) in [
        ("", "pattern 1: it is empty"),
        (&*long, "pattern 1: it has more than 65,535 bytes"),
    ] {
        let error = Searcher::new(["甲乙", pattern]).unwrap_err();
        assert_eq!(error.to_string(), reason);
    }
}

#[test]
fn no_patterns_no_matches() {
    let searcher = Searcher::new([""; 0]).unwrap();
    assert_eq!(searcher.find_iter("相关文章").count(), 0);
}
