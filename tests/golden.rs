//! Whole records of some fixture pages: what the program does, right or wrong.
//!
//! A change that is meant goes into the files with `scripts/refresh-golden`, and the diff is
//! reviewed. What is right stands in `fixtures/gold`, which no command writes.

#![allow(clippy::unwrap_used, reason = "helpers outside of test functions")]

use std::fs;
use std::path::{Path, PathBuf};

use dehusk::{Extractor, OutputFormat, Page, RecordWriter, Source};

/// One of each kind that the program has to get along with.
const PAGES: [&str; 8] = [
    "adv-markdown-shell-tutorial",
    "blog-wordpress-comments-replies",
    "en-recipe-affiliate-jump",
    "newsfarm-one-line-entity-debris",
    "noarticle-contact-company",
    "portal-gov-notice-meta-table",
    "seed-weibo-closed-tags",
    "tw-blog-cafe-labels",
];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn record(extractor: &Extractor, name: &str) -> String {
    let path = format!("gold/{name}/page.txt");
    let page = Page {
        id: name.into(),
        text: fs::read_to_string(fixtures().join(&path)).unwrap(),
        source: Source {
            path: path.into(),
            ..Source::default()
        },
        ..Page::default()
    };
    let mut line = Vec::new();
    let mut worker = extractor.worker();
    RecordWriter::new(OutputFormat::Jsonl).write(&page, &worker.extract(&page.text), &mut line);
    pretty(&String::from_utf8(line).unwrap())
}

/// The record with a line for each key and for each element of an array, in its own order.
fn pretty(json: &str) -> String {
    let mut text = String::new();
    let mut open: Vec<char> = Vec::new();
    let (mut quoted, mut escaped) = (false, false);
    // The record itself, and arrays that are values of its keys.
    let broken = |open: &[char]| matches!(open, ['{'] | ['{', '[']);
    let line = |depth: usize| format!("\n{}", "  ".repeat(depth));
    for (at, c) in json.char_indices() {
        if quoted {
            text.push(c);
            quoted = c != '"' || escaped;
            escaped = c == '\\' && !escaped;
            continue;
        }
        quoted = c == '"';
        match c {
            '{' | '[' => {
                text.push(c);
                open.push(c);
                if broken(&open) && !json[at + 1..].starts_with([']', '}']) {
                    text += &line(open.len());
                }
            }
            '}' | ']' => {
                if broken(&open) && !json[..at].ends_with(['[', '{']) {
                    text += &line(open.len() - 1);
                }
                open.pop();
                text.push(c);
            }
            ',' if broken(&open) => {
                text.push(c);
                text += &line(open.len());
            }
            _ => text.push(c),
        }
    }
    text.push('\n');
    text
}

/// The lines that are only in one of two texts, in order, by their longest common sequence.
fn diff(old: &str, new: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    // How many lines the rests of both have in common.
    let mut common = vec![vec![0; new.len() + 1]; old.len() + 1];
    for a in (0..old.len()).rev() {
        for b in (0..new.len()).rev() {
            common[a][b] = if old[a] == new[b] {
                common[a + 1][b + 1] + 1
            } else {
                common[a + 1][b].max(common[a][b + 1])
            };
        }
    }
    let mut text = String::new();
    let mut show = |sign, number: usize, line: &str| {
        let line: String = line.chars().take(140).collect();
        text += &format!("{sign}{:4} {line}\n", number + 1);
    };
    let (mut a, mut b) = (0, 0);
    while a < old.len() || b < new.len() {
        if a < old.len() && b < new.len() && old[a] == new[b] {
            (a, b) = (a + 1, b + 1);
        } else if a < old.len() && (b == new.len() || common[a + 1][b] >= common[a][b + 1]) {
            show('-', a, old[a]);
            a += 1;
        } else {
            show('+', b, new[b]);
            b += 1;
        }
    }
    text
}

#[test]
fn records_are_what_they_were() {
    let extractor = Extractor::new();
    let refresh = std::env::var_os("DEHUSK_REFRESH_GOLDEN").is_some();
    let mut changes = String::new();
    for name in PAGES {
        let path = fixtures().join(format!("golden/{name}.json"));
        let new = record(&extractor, name);
        if refresh {
            fs::write(path, new).unwrap();
            continue;
        }
        let old = fs::read_to_string(path).unwrap_or_default();
        if old != new {
            changes += &format!("\n{name}.json\n{}", diff(&old, &new));
        }
    }
    assert!(
        changes.is_empty(),
        "records have changed (- before, + now):\n{changes}\nif that is meant: scripts/refresh-golden"
    );
}

#[test]
fn no_record_is_left_over() {
    let mut names: Vec<_> = fs::read_dir(fixtures().join("golden"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, PAGES.map(|name| format!("{name}.json")));
}

#[test]
fn pretty_changes_nothing_but_white_space() {
    let json = r#"{"a":[],"b":[{"c":[1,2]},"x, [y\"]"],"d":{"e":1,"f":"\\"},"g":"{,"}"#;
    let expected = r#"{
  "a":[],
  "b":[
    {"c":[1,2]},
    "x, [y\"]"
  ],
  "d":{"e":1,"f":"\\"},
  "g":"{,"
}
"#;
    assert_eq!(pretty(json), expected);
}

#[test]
fn a_diff_shows_what_differs() {
    let lines = |text: &str| text.replace(' ', "\n");
    let found = diff(&lines("a b c d e"), &lines("a x y d f e"));
    assert_eq!(
        found,
        lines("-___2_b -___3_c +___2_x +___3_y +___5_f ").replace('_', " ")
    );
    assert_eq!(diff("a", "a"), "");
}
