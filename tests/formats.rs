//! The same pages through every way in give the same records, but for where they came from.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "helpers outside of test functions")]

mod kit;

use serde_json::Value;

use crate::kit::{Dir, Run, pack};

/// Pages that are hard on readers. A text file cannot start with a mark, and an empty
/// one is left out, because standard input without a byte is no page.
const PAGES: [&str; 8] = [
    "标题\n\n第一段，正文。\n第二段。\n标签: 甲 乙\n",
    "ends in spaces  \r\n\r\n",
    "\n\nstarts with line ends",
    "\"quotes\" \\back\\slashes\\ \u{8}\u{c}\u{1}\u{7f}\t\u{2028}\u{feff}",
    "😀 é 𠮷 \u{fffd}",
    "{\"text\": \"looks like JSON\"} but is not",
    " ",
    "a\0b",
];

/// The records without id and source.
fn bare(run: &Run) -> Vec<Value> {
    let mut records = run.records();
    for record in &mut records {
        let record = record.as_object_mut().unwrap();
        assert!(record.remove("id").is_some() && record.remove("source").is_some());
    }
    records
}

fn jsonl(escape: bool) -> String {
    let line = |page: &&str| {
        let line = serde_json::json!({ "text": page }).to_string();
        if escape {
            ascii(&line) + "\n"
        } else {
            line + "\n"
        }
    };
    PAGES.iter().map(line).collect()
}

/// The same JSON with `\u` escapes only.
fn ascii(json: &str) -> String {
    let unit = |unit: u16| match u8::try_from(unit) {
        Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
        _ => format!("\\u{unit:04x}"),
    };
    json.encode_utf16().map(unit).collect()
}

#[test]
fn every_way_in() {
    let dir = Dir::new();
    let expected = bare(
        &dir.run_on("extract --with-text --from jsonl", jsonl(false))
            .exits(0),
    );
    let texts: Vec<_> = expected
        .iter()
        .map(|record| record["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, PAGES);

    for ending in ["", ".gz", ".zst"] {
        for escape in [false, true] {
            let name = format!("pages.jsonl{ending}");
            dir.file(&name, jsonl(escape));
            assert_eq!(
                bare(&dir.run(&format!("extract --with-text {name}")).exits(0)),
                expected,
                "{name}"
            );
            let packed = pack(&name, jsonl(escape).as_bytes());
            assert_eq!(
                bare(&dir.run_on("extract --with-text", packed).exits(0)),
                expected,
                "stdin {name}"
            );
        }
        for (number, page) in PAGES.iter().enumerate() {
            dir.file(&format!("texts{ending}/{number}.txt{ending}"), page);
            dir.file(&format!("names{ending}/{number}{ending}"), page);
            let run = dir.run_on(
                "extract --with-text",
                pack(&format!("a{ending}"), page.as_bytes()),
            );
            assert_eq!(
                bare(&run.exits(0)),
                expected[number..=number],
                "stdin{ending} {number}"
            );
        }
        for place in ["texts", "names"] {
            let run = dir
                .run(&format!("extract --with-text {place}{ending}"))
                .exits(0);
            assert_eq!(bare(&run), expected, "{place}{ending}");
        }
    }
}

#[test]
fn every_way_out_is_the_same_article() {
    let dir = Dir::new();
    let records = dir
        .run_on("extract --from jsonl", jsonl(false))
        .exits(0)
        .records();
    let array = dir
        .run_on("extract --from jsonl --to json", jsonl(false))
        .exits(0);
    assert_eq!(
        serde_json::from_str::<Vec<Value>>(&array.out).unwrap(),
        records
    );

    let text = dir
        .run_on("extract --from jsonl --to text", jsonl(false))
        .exits(0)
        .out;
    let articles: Vec<_> = text.split("\u{c}\n").map(str::trim).collect();
    assert_eq!(articles.len(), records.len());
    for (article, record) in articles.iter().zip(&records) {
        let title = record["title"].as_str().unwrap_or("");
        let body = record["body"].as_str().unwrap();
        assert_eq!(*article, format!("{title}\n\n{body}").trim());
    }
}
