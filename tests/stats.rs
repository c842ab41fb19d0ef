//! `dehusk stats`, by runs of the program on small records of which the figures were worked out by hand.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "helpers outside of test functions")]

mod kit;

use serde_json::{Value, json};

use crate::kit::{Dir, Run};

fn segment(kind: &str, start: usize, end: usize) -> Value {
    json!({"kind": kind, "start": start, "end": end})
}

fn phone(value: &str) -> Value {
    json!({"kind": "phone", "value": value, "start": 0, "end": 1})
}

fn lines(records: &[Value]) -> String {
    records
        .iter()
        .map(|record| record.to_string() + "\n")
        .collect()
}

/// Three pages of 100, 100 and 40 bytes on two hosts, and one that failed.
fn records() -> Vec<Value> {
    vec![
        json!({"schema": 1, "id": "1", "url": "http://www.a.cn/1", "source": {"path": "p", "record": 0},
            "title": "薄荷", "body": "…", "sections": [], "tags": ["mint", "herb"], "related": ["B", "C"],
            "contacts": [phone("4001"), phone("4001"), phone("4002")], "masked": [], "language": "zh-Hans",
            "segments": [segment("title", 0, 6), segment("body", 6, 66), segment("nav", 66, 100)]}),
        json!({"schema": 1, "id": "2", "url": "https://A.cn:8080/2", "source": {"path": "p", "record": 1},
            "body": "", "tags": [], "related": ["B"], "contacts": [], "language": "zh-Hans",
            "segments": [segment("nav", 0, 90), segment("promo", 90, 100)]}),
        json!({"schema": 1, "id": "3", "url": "http://b.cn", "source": {"path": "p", "record": 2},
            "title": "Mint", "body": "…", "tags": ["mint"], "related": [], "contacts": [phone("4001")], "language": "en",
            "segments": [segment("heading", 0, 10), segment("body", 10, 40)]}),
        json!({"schema": 1, "id": "4", "source": {"path": "p", "record": 3}, "error": "bad JSON: at column 17"}),
    ]
}

fn json_of(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap()
}

/// A list's values and counts.
fn counts(list: &Value) -> Vec<(String, u64)> {
    let items = list.as_array().unwrap().iter();
    let pair = |item: &Value| {
        (
            item["value"].as_str().unwrap().to_owned(),
            item["count"].as_u64().unwrap(),
        )
    };
    items.map(pair).collect()
}

fn pairs(expected: &[(&str, u64)]) -> Vec<(String, u64)> {
    let pair = |&(value, count): &(&str, u64)| (value.to_owned(), count);
    expected.iter().map(pair).collect()
}

#[test]
fn figures_are_what_they_are_by_hand() {
    let dir = Dir::new();
    dir.raw("r.jsonl", lines(&records()));
    let run = dir.run("stats r.jsonl --json").exits(0);
    assert_eq!(run.err, "");
    let found = json_of(&run);
    for (key, value) in [
        ("records", json!("r.jsonl")),
        ("not_records", json!(0)),
        ("pages", json!(3)),
        ("errors", json!(1)),
        ("unit", json!("bytes")),
        ("length", json!(240)),
        ("husk_lines", Value::Null),
        ("hosts_count", json!({"count": 2, "exact": true})),
        ("contacts", json!({"count": 2, "exact": true})),
    ] {
        assert_eq!(found[key], value, "{key}");
    }
    // Of 240 bytes 60 + 40 are heading and body.
    assert!((found["body_share"].as_f64().unwrap() - 100.0 / 240.0).abs() < 1e-12);
    let labels = found["labels"].as_array().unwrap();
    let label = |name: &str| labels.iter().find(|label| label["label"] == name).unwrap();
    for (name, length, segments, pages) in [
        ("title", 6, 1, 1),
        ("heading", 10, 1, 1),
        ("body", 90, 2, 2),
        ("nav", 124, 2, 2),
        ("promo", 10, 1, 1),
        ("legal", 0, 0, 0),
    ] {
        let found = label(name);
        assert_eq!(
            (&found["length"], &found["segments"], &found["pages"]),
            (&json!(length), &json!(segments), &json!(pages)),
            "{name}"
        );
        assert!((found["share"].as_f64().unwrap() - f64::from(length) / 240.0).abs() < 1e-12);
    }
    let page = &found["page_length"];
    assert_eq!(
        (&page["count"], &page["min"], &page["max"], &page["mean"]),
        (&json!(3), &json!(40), &json!(100), &json!(80.0))
    );
    let body = &found["body_length"];
    assert_eq!(
        (&body["min"], &body["max"], &body["count"]),
        (&json!(0), &json!(60), &json!(3))
    );
    // Characters: 薄荷 has 2, Mint 4.
    assert_eq!(
        (&found["title_length"]["min"], &found["title_length"]["max"]),
        (&json!(2), &json!(4))
    );
    // 60 %, nothing, and all of a page.
    let shares: Vec<_> = found["body_shares"]
        .as_array()
        .unwrap()
        .iter()
        .map(|count| count.as_u64().unwrap())
        .collect();
    assert_eq!(
        (
            shares[12],
            shares[0],
            shares[19],
            shares.iter().sum::<u64>()
        ),
        (1, 1, 1, 3)
    );
    assert_eq!(
        counts(&found["languages"]["most"]),
        pairs(&[("zh-Hans", 2), ("en", 1)])
    );
    assert_eq!(
        counts(&found["tags"]["most"]),
        pairs(&[("mint", 2), ("herb", 1)])
    );
    assert_eq!(
        counts(&found["related"]["most"]),
        pairs(&[("B", 2), ("C", 1)])
    );
    assert_eq!(
        counts(&found["errors_by_reason"]["most"]),
        pairs(&[("bad JSON: at column N", 1)])
    );
    assert_eq!(
        counts(&found["with"]),
        pairs(&[
            ("url", 3),
            ("title", 2),
            ("body", 2),
            ("tags", 2),
            ("related", 2),
            ("contacts", 2),
            ("language", 3),
            ("segments", 3),
            ("text", 0)
        ])
    );
    // 44 of the 200 bytes on a.cn are title and body, of b.cn none is husk.
    let hosts = found["hosts"].as_array().unwrap();
    assert_eq!(
        (
            &hosts[0]["host"],
            &hosts[0]["pages"],
            &hosts[0]["husk"],
            &hosts[0]["husk_share"]
        ),
        (&json!("a.cn"), &json!(2), &json!(134), &json!(0.67))
    );
    assert_eq!(
        (&hosts[1]["host"], &hosts[1]["pages"], &hosts[1]["husk"]),
        (&json!("b.cn"), &json!(1), &json!(0))
    );
    // 4001 stands on two hosts, on two pages; 4002 on one host.
    assert_eq!(
        found["shared_contacts"],
        json!([{"kind": "phone", "value": "4001", "hosts": 2, "pages": 2, "missed": 0}])
    );
    assert_eq!(
        found["clusters"],
        json!([{"hosts": ["a.cn", "b.cn"], "size": 2, "widespread": false,
            "contacts": [{"kind": "phone", "value": "4001", "size": 2, "hosts": [0, 1]}]}])
    );
}

#[test]
fn the_terminal_shows_the_same() {
    let dir = Dir::new();
    dir.raw("r.jsonl", lines(&records()));
    let run = dir.run("stats r.jsonl").exits(0);
    for expected in [
        "3 pages of 2 hosts with 240 B, 41.7 % of it heading and body; 1 more failed; 1\n  without a title; 1 without a body\n",
        "body     ████▌    37.5 %   90 B         2      2\n",
        "\nzh-Hans   ████████████      2\n",
        "\nTags\n3, 2 different\n",
        "\nbad JSON: at column N  ████████████      1\n",
        "\nphone  4001     ████████████      2      2\n",
        "\n2 hosts by phone 4001\n  a.cn, b.cn\n",
        "\na.cn  ████████  67.0 %      2   200 B\n",
        "Repeated lines need the page's text, which no record has",
    ] {
        assert!(run.out.contains(expected), "{expected}\n{}", run.out);
    }
}

#[test]
fn lines_of_husk_are_counted_where_there_is_text() {
    let text = "薄荷怎么种\n首页\n 首页 \n2\n转载请注明\n正文首页\n";
    let record = |id: u32| {
        json!({"id": id.to_string(), "title": "t", "text": text,
            "segments": [segment("title", 0, 16), segment("nav", 16, 34), segment("legal", 34, 50), segment("body", 50, text.len())]})
    };
    let dir = Dir::new();
    dir.raw("r.jsonl", lines(&[record(1), record(2)]));
    let found = json_of(&dir.run("stats r.jsonl --json").exits(0));
    let nav = json!({"label": "nav", "value": "首页", "count": 4, "missed": 0});
    let legal = json!({"label": "legal", "value": "转载请注明", "count": 2, "missed": 0});
    assert_eq!(found["husk_lines"]["most"], json!([nav, legal]));
    assert_eq!(found["husk_lines"]["total"], 6);
    let shown = dir.run("stats r.jsonl").exits(0).out;
    assert!(
        shown.contains("\nnav    首页        ████████████      4\n"),
        "{shown}"
    );
}

/// All forms of records of the same pages give the same figures.
#[test]
fn packed_and_as_a_table_they_are_the_same() {
    let dir = Dir::new();
    let page = std::fs::read_to_string("fixtures/example.txt").unwrap();
    let pages: Vec<_> = (0..30)
        .map(|n| json!({"id": n, "url": format!("http://h{}.cn/{n}", n % 4), "text": page}))
        .collect();
    dir.raw("pages.jsonl", lines(&pages) + "{\"id\":\"x\"}\n");
    let mut figures = Vec::new();
    for name in ["r.jsonl", "r.jsonl.gz", "r.jsonl.zst", "r.parquet"] {
        dir.run(&format!(
            "extract pages.jsonl -q --with-text --on-error record -o {name}"
        ))
        .exits(1);
        let mut found = json_of(&dir.run(&format!("stats {name} --json")).exits(0));
        assert_eq!(
            (&found["pages"], &found["errors"]),
            (&json!(30), &json!(1)),
            "{name}"
        );
        found["records"].take();
        figures.push(found);
    }
    assert!(figures.iter().all(|found| *found == figures[0]));
    assert_eq!(counts(&figures[0]["tags"]["most"])[0].1, 30);
    // Characters become bytes where there is the text.
    for unit in ["chars", "utf16"] {
        let records = dir
            .run(&format!(
                "extract pages.jsonl -q --with-text --on-error record --offsets {unit}"
            ))
            .exits(1)
            .out;
        let mut found = json_of(&dir.run_on("stats --json", &records).exits(0));
        assert_eq!(found["records"].take(), "standard input");
        assert_eq!(found, figures[0], "{unit}");
    }
    // Files of failed pages are counted, too.
    dir.run("extract pages.jsonl -q --errors failed.jsonl")
        .exits(1);
    let failed = json_of(&dir.run("stats failed.jsonl --json").exits(0));
    assert_eq!(
        (&failed["pages"], &failed["errors"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(
        counts(&failed["errors_by_reason"]["most"]),
        pairs(&[("no field `text`", 1)])
    );
}

#[test]
fn characters_without_text_are_said_to_be_characters() {
    let dir = Dir::new();
    let record = json!({"id": "1", "tags": ["薄荷"], "segments": [segment("body", 0, 10),
        {"kind": "tags", "start": 10, "end": 15, "items": [[11, 13]]}]});
    dir.raw("r.jsonl", lines(&[record]));
    let found = json_of(&dir.run("stats r.jsonl --json").exits(0));
    assert_eq!(
        (&found["unit"], &found["length"]),
        (&json!("characters"), &json!(15))
    );
    assert!(
        dir.run("stats r.jsonl")
            .exits(0)
            .out
            .contains("offsets count characters")
    );
    dir.raw("b.jsonl", lines(&records()));
    let both = json_of(&dir.run("stats r.jsonl b.jsonl --json").exits(0));
    assert_eq!(
        (&both["unit"], &both["length"], &both["pages"]),
        (&json!("mixed"), &json!(255), &json!(4))
    );
}

#[test]
fn wrong_lines_are_named_and_the_run_goes_on() {
    let dir = Dir::new();
    let good = lines(&records());
    dir.raw("r.jsonl", format!("{{\"id\":1,\"text\":\"page\"}}\n{good}not json\n{{\"segments\":[{{\"kind\":\"x\",\"start\":0,\"end\":1}}]}}\n{{\"tags\":7}}\n"));
    let run = dir.run("stats r.jsonl gone.jsonl --json").exits(1);
    let found = json_of(&run);
    assert_eq!(
        (&found["pages"], &found["errors"], &found["not_records"]),
        (&json!(3), &json!(1), &json!(5))
    );
    let said: Vec<_> = run.err.lines().collect();
    for (line, part) in said.iter().zip([
        "dehusk: r.jsonl: record 0: no record: it has no `segments`",
        "dehusk: r.jsonl: record 5, byte ",
        "dehusk: r.jsonl: record 6: no record: unknown kind \"x\"",
        "dehusk: r.jsonl: record 7: no record: `tags`: invalid type: integer `7`, expected a sequence",
        "dehusk: gone.jsonl: No such file",
    ]) {
        assert!(line.starts_with(part), "{line}");
    }
    assert_eq!(said.len(), 5);
    assert!(
        said[1].ends_with("bad JSON: expected ident at column 2"),
        "{}",
        said[1]
    );
    dir.run("stats gone.jsonl").exits(2);
    // A thousand lines of one mistake are not a thousand lines.
    dir.raw("pages.jsonl", "{\"id\":1,\"text\":\"page\"}\n".repeat(1000));
    let run = dir.run("stats pages.jsonl").exits(1);
    assert_eq!(run.err.lines().count(), 21);
    assert!(
        run.err.ends_with("pages.jsonl: 980 more like these\n"),
        "{}",
        run.err
    );
    assert!(
        run.out.contains("being no records: 1,000 lines"),
        "{}",
        run.out
    );
}

#[test]
fn nothing_is_no_failure() {
    let dir = Dir::new();
    dir.raw("empty.jsonl", "");
    let run = dir.run("stats empty.jsonl").exits(0);
    assert_eq!(run.out, "empty.jsonl\n  0 pages\n");
    let found = json_of(&dir.run("stats empty.jsonl --json").exits(0));
    assert_eq!(
        (&found["pages"], &found["body_share"]),
        (&json!(0), &Value::Null)
    );
    dir.run("stats empty.jsonl --html e.html").exits(0);
    assert!(dir.read("e.html").starts_with("<!DOCTYPE html>"));
}

#[test]
fn two_sets_stand_beside_each_other() {
    let dir = Dir::new();
    let all = records();
    dir.raw("a.jsonl", lines(&all));
    dir.raw("b.jsonl", lines(&all[2..3]));
    let found = json_of(&dir.run("stats a.jsonl --against b.jsonl --json").exits(0));
    assert_eq!(
        (&found["pages"], &found["against"]["pages"]),
        (&json!(3), &json!(1))
    );
    assert_eq!(found["against"]["records"], "b.jsonl");
    let shown = dir.run("stats a.jsonl --against b.jsonl").exits(0).out;
    for expected in [
        // 90 of 240 bytes against 30 of 40.
        "body     ████▌    37.5 %   75.0 %   -37.5\n",
        "\nmint  ████████████      2        1\n",
        "\nherb  ██████            1        0\n",
        "\nagainst b.jsonl\n  1 page of 1 host with 40 B, 100.0 % of it heading and body\n",
    ] {
        assert!(shown.contains(expected), "{expected}\n{shown}");
    }
    let run = dir.run_on("stats --against -", "").exits(2);
    assert!(run.err.contains("standard input"), "{}", run.err);
}

/// What a page could try to do to a terminal or an HTML file.
const HOSTILE: [&str; 6] = [
    "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\0\r",
    "\u{202e}gnp.exe\u{2066}\u{feff}",
    "<script>alert(1)</script>",
    "\"'></title></style><img src=x onerror=alert(2)>",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    "薄荷\u{2028}ミント\u{2029}박하",
];

fn hostile() -> String {
    let mut all = Vec::new();
    let long = "長".repeat(500_000);
    for text in HOSTILE.into_iter().chain([long.as_str()]) {
        for host in ["a", "b"] {
            all.push(json!({"id": text, "url": format!("http://{host}{text}/"), "title": text, "tags": [text, text],
                "related": [text], "contacts": [phone(text), {"kind": text, "value": text}], "language": text, "text": text,
                "segments": [segment("nav", 0, text.len())]}));
        }
        all.push(json!({"id": text, "error": text}));
    }
    lines(&all)
}

#[test]
fn hostile_strings_do_nothing_to_a_terminal() {
    let dir = Dir::new();
    dir.raw("h.jsonl", hostile());
    for (variables, columns) in [
        (&[("COLUMNS", "80")][..], 80),
        (&[("COLUMNS", "200"), ("TERM", "dumb")], 200),
        (&[], 80),
    ] {
        let shown = dir.run_with("stats h.jsonl", variables).exits(0).out;
        let acts = |c: char| {
            c.is_control() && c != '\n'
                || matches!(
                    c,
                    '\u{200b}' | '\u{2028}'..='\u{202e}' | '\u{2066}' | '\u{feff}'
                )
        };
        assert!(!shown.contains(acts), "{shown:?}");
        assert!(
            shown.contains("<U+202E>gnp.exe") && shown.contains("␛[2J"),
            "{shown}"
        );
        for line in shown.lines() {
            assert!(
                unicode_width::UnicodeWidthStr::width(line) <= columns,
                "{line}"
            );
        }
        let dumb = variables.iter().any(|(_, value)| *value == "dumb");
        assert_eq!(shown.contains('█'), !dumb);
        assert_eq!(shown.contains("####"), dumb);
    }
}

#[test]
fn hostile_strings_are_only_text_in_html() {
    let dir = Dir::new();
    dir.raw("h.jsonl", hostile());
    dir.run("stats h.jsonl --against h.jsonl --html h.html")
        .exits(0);
    let page = dir.read("h.html");
    assert_eq!(
        (
            page.matches("<script").count(),
            page.matches("<style").count()
        ),
        (1, 1)
    );
    assert!(!page.contains("<img") && !page.contains("\u{202e}") && !page.contains('\u{9b}'));
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    // No attribute that runs or styles, none that leads out.
    for forbidden in [
        " onerror=\"",
        " onclick=",
        " style=\"",
        "href=\"http",
        " src=\"",
    ] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    // A megabyte of one line is there by its beginning.
    assert!(page.len() < 400_000, "{}", page.len());
}

#[test]
fn wide_characters_line_up() {
    let dir = Dir::new();
    let tags = ["薄荷", "mint", "ミント", "박하차", "é", "👍"];
    let record = json!({"id": "1", "tags": tags, "segments": [segment("body", 0, 1)]});
    dir.raw("r.jsonl", lines(&[record]));
    let shown = dir.run("stats r.jsonl").exits(0).out;
    let ends: Vec<_> = shown
        .lines()
        .filter(|line| tags.iter().any(|tag| line.starts_with(tag)))
        .map(unicode_width::UnicodeWidthStr::width)
        .collect();
    assert_eq!(ends.len(), tags.len());
    assert!(ends.iter().all(|end| *end == ends[0]), "{shown}");
}

#[test]
fn a_report_never_takes_the_place_of_records() {
    let dir = Dir::new();
    dir.raw("r.jsonl", lines(&records()));
    let run = dir.run("stats r.jsonl --html r.jsonl").exits(2);
    assert!(
        run.err.contains("--html names a file of records"),
        "{}",
        run.err
    );
    assert_eq!(dir.read("r.jsonl"), lines(&records()));
    // The same records, the same report.
    dir.run("stats r.jsonl --html 1.html").exits(0);
    dir.run("stats r.jsonl --html 2.html").exits(0);
    assert_eq!(dir.read("1.html"), dir.read("2.html"));
}
