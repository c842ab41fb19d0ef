//! `dehusk eval`, by runs of the program.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "helpers outside of test functions")]

mod kit;

use serde_json::{Value, json};

use crate::kit::{Dir, Run, pack};

/// Two labelled pages, `a` with 4 characters of nav and 12 of body, `b` with 3 of nav.
fn folder() -> Dir {
    let dir = Dir::new();
    dir.raw("gold/a/page.txt", "导航 首页\n薄荷喜光又耐阴,好养活。\n");
    dir.raw("gold/b/page.txt", "404");
    let nav = json!({"start": 0, "end": 13, "label": "nav"});
    let body = json!({"start": 14, "end": 48, "label": "body"});
    let a = json!({"id": "a", "title": null, "tags": ["薄荷"], "spans": [nav, body], "note": "!"});
    dir.raw("gold/a/gold.json", a.to_string());
    let b = json!({"id": "b", "title": null, "spans": [{"start": 0, "end": 3, "label": "nav"}]});
    dir.raw("gold/b/gold.json", b.to_string());
    // Neither a page nor in the way.
    dir.raw("gold/README.md", "About these pages");
    dir.raw("gold/c/notes.txt", "later");
    dir
}

/// A record of `a` with everything right but the end of the body.
fn record(id: &str) -> String {
    let segments = [("nav", 0, 14), ("body", 14, 36), ("promo", 36, 49)];
    let segments =
        segments.map(|(kind, start, end)| json!({"kind": kind, "start": start, "end": end}));
    json!({"id": id, "tags": ["薄荷"], "related": [], "segments": segments}).to_string() + "\n"
}

fn scores(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap()
}

#[test]
fn extracted_pages_are_scored_by_their_paths() {
    let dir = folder();
    let records = dir.run("extract gold -q").exits(0).out;
    let run = dir.run_on("eval gold -", &records).exits(0);
    assert!(
        run.out.starts_with(
            "2 pages, 2 with segments\n2 records of pages that are not labelled left out\n"
        ),
        "{}",
        run.out
    );
    let records = dir.run("extract gold/a gold/b -q").exits(0).out;
    for name in ["r.jsonl", "r.jsonl.gz", "r.zst"] {
        dir.raw(name, pack(name, records.as_bytes()));
        let run = dir.run(&format!("eval gold {name}")).exits(0);
        assert!(
            run.out.starts_with("2 pages, 2 with segments\n"),
            "{}",
            run.out
        );
        assert_eq!(run.err, "");
    }
}

#[test]
fn the_report_says_what_went_wrong() {
    let dir = folder();
    dir.raw("r.jsonl", record("a"));
    let run = dir.run("eval gold r.jsonl").exits(0);
    for expected in [
        "2 pages, 1 with segments, 1 missing\n",
        "main                  1.0000 0.6667 0.8000   1.0000 0.8333 0.9000      2\n",
        "tags: 1 item, 1 found, 1 of them right\n",
        "title: 1.0000 exact",
        "lossless: 1 page ok, 0 not, 1 without segments\n",
        "promo      0.0000 0.0000 0.0000          0          4\n",
        "body        .     .     8",
        "\na\n  main F1 0.8000, 4 of 16 characters wrong\n",
        "  36..48          body    as promo    好养活。\n",
        "\nb\n  main F1 1.0000, 3 of 3 characters wrong\n  no record\n",
    ] {
        assert!(run.out.contains(expected), "{expected}\n{}", run.out);
    }
    assert!(
        run.out.lines().all(|line| line.chars().count() <= 80),
        "{}",
        run.out
    );
    assert!(
        !dir.run("eval gold r.jsonl --worst 0")
            .exits(0)
            .out
            .contains("worst")
    );
    assert!(
        !dir.run("eval gold r.jsonl --worst 1")
            .exits(0)
            .out
            .contains("\nb\n")
    );
}

#[test]
fn failed_records_are_empty_and_said() {
    let dir = folder();
    let failed = json!({"schema": 1, "id": "gold/b/page.txt", "error": "too large"}).to_string();
    let run = dir.run_on("eval gold -", record("a") + &failed).exits(0);
    assert!(
        run.out
            .starts_with("2 pages, 1 with segments, 1 failed\nfailed and missing pages count"),
        "{}",
        run.out
    );
    assert!(run.out.contains("  failed: too large\n"), "{}", run.out);
}

#[test]
fn json_has_all_figures() {
    let dir = folder();
    let run = dir.run_on("eval gold - --json", record("a")).exits(0);
    let scores = scores(&run);
    assert_eq!(scores["figures"]["main"]["micro"]["r"], 8.0 / 12.0);
    assert_eq!(scores["figures"]["main by string"]["macro"]["p"], 1.0);
    assert_eq!(scores["missing"], json!(["b"]));
    assert_eq!(scores["labels"]["nav"]["gold"], 7);
    assert_eq!(scores["confusion"]["body"], json!({"body": 8, "promo": 4}));
    assert_eq!(scores["per_page"][0]["wrong"][0]["characters"], 4);
    assert_eq!(scores["intervals"]["figures"].as_array().unwrap().len(), 11);
    // The same figures every time.
    assert_eq!(dir.run_on("eval gold - --json", record("a")).out, run.out);
}

#[test]
fn text_only_records_are_scored_as_text() {
    let dir = folder();
    let body = json!({"id": "a", "body": "薄荷喜光\n又耐阴,好养活。"}).to_string();
    let run = dir.run_on("eval gold -", body).exits(0);
    assert!(
        run.out
            .starts_with("2 pages, 0 with segments, 1 body only, 1 missing\n"),
        "{}",
        run.out
    );
    assert!(
        run.out
            .contains("main by string        1.0000 1.0000 1.0000"),
        "{}",
        run.out
    );
    assert!(
        !run.out.contains("confusion") && !run.out.contains("\nmain  "),
        "{}",
        run.out
    );
}

#[test]
fn some_pages_only() {
    let dir = folder();
    dir.raw("list", "# the one with an article\na\n\n");
    let run = dir.run_on("eval gold - --cases list", record("a")).exits(0);
    assert!(
        run.out.starts_with("1 page, 1 with segments\n"),
        "{}",
        run.out
    );
    dir.raw("list", "a\nz\n");
    let run = dir.run_on("eval gold - --cases list", "").exits(2);
    assert_eq!(run.err, "dehusk: list: no labelled page z\n");
}

#[test]
fn what_cannot_be_scored_is_exit_2() {
    let dir = folder();
    dir.raw("r", record("a") + &record("gold/a/page.txt"));
    dir.raw(
        "bad/x/gold.json",
        "{\"id\":\"x\",\"spans\":[{\"start\":0,\"end\":1,\"label\":\"ad\"}]}",
    );
    dir.raw("bad/x/page.txt", "x");
    dir.raw("other/x/gold.json", "{\"id\":\"y\",\"spans\":[]}");
    dir.raw("other/x/page.txt", "");
    for (line, expected) in [
        ("eval gold nothing", "dehusk: nothing: No such file"),
        ("eval nothing r", "dehusk: nothing: No such file"),
        (
            "eval gold/c r",
            "dehusk: gold/c: no labelled pages (CASE.marked, or CASE/page.txt with CASE/gold.json)",
        ),
        ("eval gold r", "dehusk: r:2: a second record of a"),
        ("eval gold gold/b/page.txt", "dehusk: gold/b/page.txt:1: "),
        (
            "eval bad r",
            "dehusk: bad/x/gold.json: unknown label \"ad\"; there are: title, ",
        ),
        (
            "eval other r",
            "dehusk: other/x/gold.json: id \"y\" is not the folder's name",
        ),
    ] {
        let run = dir.run(line).exits(2);
        assert!(run.err.starts_with(expected), "{line}: {}", run.err);
        assert_eq!(run.out, "");
    }
}

#[test]
fn confidence_is_compared_with_what_was_found() {
    let dir = folder();
    let segment = |kind: &str, start: usize, end: usize, confidence: f64| json!({"kind": kind, "start": start, "end": end, "confidence": confidence});
    // Right; right by most of its characters; wrong.
    let segments = [
        segment("nav", 0, 14, 0.9),
        segment("body", 14, 36, 0.92),
        segment("promo", 36, 49, 0.4),
    ];
    let records = json!({"id": "a", "segments": segments}).to_string();
    let run = dir.run_on("eval gold -", &records).exits(0);
    let table = [
        "confidence     segments mean given  right\n",
        "0.30 to 0.50          1     0.4000 0.0000\n",
        "0.90 to 0.95          2     0.9100 1.0000\n",
        "expected calibration error 0.1933\n",
    ];
    assert!(run.out.contains(&table.concat()), "{}", run.out);
    let rows = &scores(&dir.run_on("eval gold - --json", &records).exits(0))["calibration"];
    assert_eq!(
        rows[0],
        json!({"from": 0.3, "to": 0.5, "segments": 1, "said": 0.4, "right": 0.0})
    );
    // Where a segment does not tell it, nothing is compared.
    let records = record("a");
    let run = dir.run_on("eval gold -", &records).exits(0);
    assert!(!run.out.contains("confidence"), "{}", run.out);
}

#[test]
fn marked_pages_are_labelled_pages() {
    let dir = folder();
    dir.raw(
        "marked/a.marked",
        "nav\t导航 首页\nbody\t薄荷喜光又耐阴,好养活。\n",
    );
    dir.raw("marked/b.marked", "nav\t404");
    let records = dir.run("extract gold/a gold/b -q").exits(0).out;
    let of_json = dir.run_on("eval gold - --json", &records).exits(0);
    let of_marked = dir.run_on("eval marked - --json", &records).exits(0);
    assert_eq!(
        scores(&of_json)["per_page"][1],
        scores(&of_marked)["per_page"][1]
    );
    assert_eq!(scores(&of_json)["labels"], scores(&of_marked)["labels"]);
    dir.raw("marked/c.marked", "nav\tx\nmenu\ty");
    let run = dir.run_on("eval marked -", "").exits(2);
    assert!(
        run.err
            .starts_with("dehusk: marked/c.marked: line 2: unknown label \"menu\"; there are: "),
        "{}",
        run.err
    );
}
