//! The command line, by runs of the program: each option, each exit status, each thing that
//! can be wrong with a page.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "helpers outside of test functions")]

mod kit;

use std::io::{BufRead as _, BufReader, Write as _};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::kit::{Dir, Run, line, pack, records};

// ---- what comes in

#[test]
fn a_text_file_is_one_page() {
    let dir = Dir::new();
    dir.file("a.txt", "标题\r\n正文\r\n");
    let run = dir.run("extract a.txt --with-text").exits(0);
    let [record] = &run.records()[..] else {
        panic!("{run:?}")
    };
    assert_eq!(record["id"], "a.txt");
    assert_eq!(record["source"], json!({"path": "a.txt", "record": 0}));
    assert_eq!(record["text"], "标题\r\n正文\r\n");
}

#[test]
fn a_jsonl_line_is_one_page() {
    let dir = Dir::new();
    dir.file(
        "a.jsonl",
        "{\"text\":\"x\",\"id\":\"one\",\"url\":\"http://u\"}\n{\"text\":\"y\",\"url\":\"http://v\"}\n{\"text\":\"z\",\"id\":null,\"url\":\"\"}\n{\"id\":1e3,\"text\":\"\"}\n",
    );
    let run = dir.run("extract a.jsonl").exits(0);
    assert_eq!(run.each("id"), ["one", "http://v", "a.jsonl#2", "1e3"]);
    assert_eq!(run.each("url"), ["http://u", "http://v", "-", "-"]);
    assert_eq!(run.records()[3]["segments"], json!([]));
}

#[test]
fn keys_stand_in_the_order_of_the_contract() {
    let dir = Dir::new();
    let run = dir
        .run_on(
            "extract --with-text --keep all",
            r#"{"text":"T","id":"i","url":"u","n":1}"#,
        )
        .exits(0);
    let keys = [
        "schema", "id", "url", "source", "body", "sections", "tags", "related", "contacts",
        "masked",
    ];
    let places: Vec<_> = keys
        .iter()
        .chain(&["segments", "text", "input"])
        .map(|key| run.out.find(&format!("\"{key}\":")))
        .collect();
    assert!(
        places.is_sorted() && places.iter().all(Option::is_some),
        "{places:?} {}",
        run.out
    );
}

#[test]
fn line_ends_blank_lines_and_mark() {
    let dir = Dir::new();
    dir.raw(
        "a.jsonl",
        "\u{feff}{\"text\":\"1\"}\r\n\r\n  \n{\"text\":\"2\"}\n\n{\"text\":\"3\"}",
    );
    let run = dir.run("extract a.jsonl --with-text").exits(0);
    assert_eq!(run.each("id"), ["a.jsonl#0", "a.jsonl#1", "a.jsonl#2"]);
    assert_eq!(run.each("text"), ["1", "2", "3"]);
}

#[test]
fn a_mark_is_no_text_at_the_start_of_a_file_and_text_elsewhere() {
    let dir = Dir::new();
    dir.raw("a.txt", "\u{feff}a\u{feff}");
    dir.file("b.jsonl", line("b", "\u{feff}b"));
    let run = dir.run("extract a.txt b.jsonl --fields text").exits(0);
    assert_eq!(run.each("text"), ["a\u{feff}", "\u{feff}b"]);
}

#[test]
fn bytes_that_are_not_utf8_are_counted() {
    let dir = Dir::new();
    dir.raw("a.txt", b"a\xffb\xfe");
    dir.raw(
        "b.jsonl",
        b"{\"text\":\"a\xff\\ud83d\"}\n{\"text\":\"fine\"}\n",
    );
    let run = dir.run("extract a.txt b.jsonl --with-text").exits(0);
    assert_eq!(
        run.each("text"),
        ["a\u{fffd}b\u{fffd}", "a\u{fffd}\u{fffd}", "fine"]
    );
    let counts: Vec<_> = run
        .records()
        .iter()
        .map(|record| record["source"]["replaced"].clone())
        .collect();
    assert_eq!(counts, [json!(2), json!(2), Value::Null]);
}

#[test]
fn standard_input_is_told_by_its_content() {
    let dir = Dir::new();
    let jsonl = line("a", "x") + &line("b", "y");
    for stdin in [
        &b"  \n{\"id\":\"a\",\"text\":\"x\"}\n{\"id\":\"b\",\"text\":\"y\"}\n"[..],
        jsonl.as_bytes(),
        &pack("a.gz", jsonl.as_bytes()),
        &pack("a.zst", jsonl.as_bytes()),
    ] {
        assert_eq!(dir.run_on("extract", stdin).exits(0).each("id"), ["a", "b"]);
        assert_eq!(
            dir.run_on("extract -", stdin).exits(0).each("id"),
            ["a", "b"]
        );
    }
    for text in [
        "{ not JSON }\n{}\n",
        "plain",
        "{\"a\":1} and more\n",
        "[1]\n",
        " \n",
    ] {
        let run = dir.run_on("extract --with-text", text).exits(0);
        assert_eq!(
            (run.each("id"), run.each("text")),
            (vec!["-".to_owned()], vec![text.to_owned()])
        );
    }
    assert_eq!(dir.run_on("extract", "").exits(0).out, "");
    assert_eq!(
        dir.run_on("extract --from text", "")
            .exits(0)
            .records()
            .len(),
        1
    );
    assert_eq!(
        dir.run_on("extract", "{\"text\":\"no id\"}")
            .exits(0)
            .each("id"),
        ["-#0"]
    );
}

#[test]
fn from_overrules_name_and_content() {
    let dir = Dir::new();
    dir.file("a.txt", line("a", "x"));
    assert_eq!(dir.run("extract a.txt").exits(0).each("id"), ["a.txt"]);
    assert_eq!(
        dir.run("extract a.txt --from jsonl").exits(0).each("id"),
        ["a"]
    );
    assert_eq!(
        dir.run_on("extract --from text", line("a", "x"))
            .exits(0)
            .each("id"),
        ["-"]
    );
}

#[test]
fn a_directory_is_read_in_the_order_of_names() {
    let dir = Dir::new();
    for name in [
        "d/b.txt",
        "d/a/z.md",
        "d/a/y.text",
        "d/c.jsonl.gz",
        "d/README",
        "d/n.ndjson.zst",
        "d/page.html",
    ] {
        dir.file(
            name,
            if name.contains("json") {
                line(name, "x")
            } else {
                name.into()
            },
        );
    }
    for name in [
        "d/.hidden.txt",
        "d/.git/x.txt",
        "d/page.css",
        "d/image.png",
        "d/a.tar.gz",
    ] {
        dir.file(name, "not to be read");
    }
    let run = dir.run("extract d").exits(0);
    assert_eq!(
        run.each("id"),
        [
            "d/README",
            "d/a/y.text",
            "d/a/z.md",
            "d/b.txt",
            "d/c.jsonl.gz",
            "d/n.ndjson.zst",
            "d/page.html"
        ]
    );
    assert!(
        run.err.ends_with("; skipped: 2 hidden, 3 other ending\n"),
        "{}",
        run.err
    );
    // Named, they are.
    assert_eq!(
        dir.run("extract d/page.html d/.hidden.txt")
            .exits(0)
            .records()
            .len(),
        2
    );
}

#[cfg(unix)]
#[test]
fn links_are_followed_to_files_and_not_in_circles() {
    let dir = Dir::new();
    dir.file("d/a.txt", "a");
    std::os::unix::fs::symlink(dir.path().join("d"), dir.path().join("d/loop")).unwrap();
    std::os::unix::fs::symlink(dir.path().join("d/a.txt"), dir.path().join("d/b.txt")).unwrap();
    let run = dir.run("extract d").exits(0);
    assert_eq!(run.each("id"), ["d/a.txt", "d/b.txt"]);
    assert!(run.err.contains("1 not a file"), "{}", run.err);
    std::os::unix::fs::symlink(dir.path().join("nowhere"), dir.path().join("d/c.txt")).unwrap();
    let run = dir.run("extract d").exits(1);
    assert_eq!(
        run.complaints(),
        ["dehusk: d/c.txt: No such file or directory (os error 2)"]
    );
}

#[test]
fn an_empty_directory_is_no_failure() {
    let dir = Dir::new();
    std::fs::create_dir(dir.path().join("d")).unwrap();
    assert_eq!(dir.run("extract d").exits(0).out, "");
}

#[test]
fn many_members_and_many_frames() {
    let dir = Dir::new();
    for ending in ["gz", "zst"] {
        let name = format!("a.jsonl.{ending}");
        let mut packed = Vec::new();
        for part in [
            "{\"id\":\"a\",\"te",
            "xt\":\"x\"}\n",
            "",
            "{\"id\":\"b\",\"text\":\"y\"}\n",
        ] {
            packed.extend(pack(&name, part.as_bytes()));
        }
        dir.raw(&name, packed);
        assert_eq!(
            dir.run(&format!("extract {name}")).exits(0).each("id"),
            ["a", "b"]
        );
    }
    // Told by the first bytes, whatever the name says.
    dir.raw("lies.txt", pack("a.gz", b"unpacked"));
    assert_eq!(
        dir.run("extract lies.txt --with-text")
            .exits(0)
            .each("text"),
        ["unpacked"]
    );
    dir.raw("lies.txt.gz", b"never packed");
    assert_eq!(
        dir.run("extract lies.txt.gz --with-text")
            .exits(0)
            .each("text"),
        ["never packed"]
    );
}

#[test]
fn fields_by_other_names() {
    let dir = Dir::new();
    let page = r#"{"content":"x","text":"not this","doc":9,"link":"http://u","id":"nor this"}"#;
    let run = dir
        .run_on(
            "extract --with-text --text-field content --id-field doc --url-field link",
            page,
        )
        .exits(0);
    assert_eq!(
        (run.each("text"), run.each("id"), run.each("url")),
        (vec!["x".into()], vec!["9".into()], vec!["http://u".into()])
    );
}

// ---- what goes out

#[test]
fn kept_fields_are_verbatim() {
    let dir = Dir::new();
    let page = r#"{"n":1.50, "text":"x","o":{"b":1,"a":[ ]},"id":"i","s":"\u00e9\ud800"}"#;
    let all = dir.run_on("extract --keep all --fields id", page).exits(0);
    assert_eq!(
        all.out,
        "{\"id\":\"i\",\"input\":{\"n\":1.50,\"o\":{\"b\":1,\"a\":[ ]},\"id\":\"i\",\"s\":\"\\u00e9\\ud800\"}}\n"
    );
    let some = dir
        .run_on("extract --keep n,missing,text --fields id", page)
        .exits(0);
    assert_eq!(
        some.out,
        "{\"id\":\"i\",\"input\":{\"n\":1.50,\"text\":\"x\"}}\n"
    );
    let none = dir
        .run_on("extract --keep missing --fields id", page)
        .exits(0);
    assert_eq!(none.out, "{\"id\":\"i\"}\n");
    let asked = dir.run_on("extract --fields input", page).exits(0);
    assert!(
        asked.out.starts_with("{\"input\":{\"n\":1.50,"),
        "{}",
        asked.out
    );
}

#[test]
fn fields_are_a_subset_in_fixed_order() {
    let dir = Dir::new();
    let run = dir
        .run_on("extract --fields text,id", line("a", "x"))
        .exits(0);
    assert_eq!(run.out, "{\"id\":\"a\",\"text\":\"x\"}\n");
    let run = dir
        .run_on("extract --fields id --with-text", line("a", "x"))
        .exits(0);
    assert_eq!(run.out, "{\"id\":\"a\",\"text\":\"x\"}\n");
    let run = dir
        .run_on("extract --fields id,txet", line("a", "x"))
        .exits(2);
    assert!(
        run.err
            .contains("unknown field `txet`; there are: schema, id, url"),
        "{}",
        run.err
    );
    assert_eq!(run.out, "");
}

#[test]
fn offsets_in_three_units() {
    let dir = Dir::new();
    for (unit, end) in [("bytes", 11), ("chars", 4), ("utf16", 5)] {
        let run = dir
            .run_on(
                &format!("extract --offsets {unit}"),
                line("a", "é😀正x".trim_end_matches('x')).replace('é', "éa"),
            )
            .exits(0);
        let record = &run.records()[0];
        let ends: Vec<_> = record["segments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|segment| segment["end"].clone())
            .collect();
        assert_eq!(
            ends.last(),
            Some(&json!(end - usize::from(unit == "bytes"))),
            "{unit}"
        );
    }
}

#[test]
fn confidence_is_told_when_asked_for() {
    let dir = Dir::new();
    let page = line(
        "a",
        "首页 | 新闻\n\n窗台种薄荷\n\n薄荷喜光，也耐半阴，放在窗台上就能活。\n",
    );
    let plain = dir.run_on("extract", &page).exits(0).out;
    assert!(!plain.contains("confidence"));
    let mut record = dir.run_on("extract --confidence", &page).exits(0).records()[0].clone();
    for segment in record["segments"].as_array_mut().unwrap() {
        let confidence = segment.as_object_mut().unwrap().remove("confidence");
        let confidence = confidence.unwrap().as_f64().unwrap();
        assert!((0.0..=1.0).contains(&confidence), "{confidence}");
    }
    // Nothing else is told differently.
    assert_eq!(record, serde_json::from_str::<Value>(&plain).unwrap());
}

#[test]
fn formats() {
    let dir = Dir::new();
    let pages = line("a", "x") + &line("b", "y");
    let json = dir.run_on("extract --to json --fields id", &pages).exits(0);
    assert_eq!(json.out, "[\n{\"id\":\"a\"},\n{\"id\":\"b\"}\n]\n");
    assert_eq!(
        dir.run_on("extract --to json --from jsonl", "")
            .exits(0)
            .out,
        "[\n]\n"
    );
    let one = |record: &Value| record["body"].as_str().unwrap().to_owned();
    let bodies: Vec<_> = dir
        .run_on("extract", &pages)
        .records()
        .iter()
        .map(one)
        .collect();
    let text = dir.run_on("extract --to text", &pages).exits(0).out;
    assert_eq!(text.split("\u{c}\n").count(), 2);
    let markdown = dir.run_on("extract --to markdown", &pages).exits(0).out;
    assert_eq!(markdown.split("\n---\n\n").count(), 2);
    for body in bodies {
        assert!(text.contains(&body) && markdown.contains(&body));
    }
}

#[test]
fn options_for_json_do_not_go_with_prose() {
    let dir = Dir::new();
    for option in [
        "--fields id",
        "--with-text",
        "--keep all",
        "--offsets chars",
        "--confidence",
        "--on-error record",
    ] {
        let run = dir
            .run_on(&format!("extract --to text {option}"), "x")
            .exits(2);
        assert!(
            run.err.contains(&format!("{option} needs JSON records"))
                || run.err.contains("needs JSON records"),
            "{}",
            run.err
        );
    }
}

#[test]
fn an_output_file_is_packed_and_written_by_its_ending() {
    let dir = Dir::new();
    dir.file("a.jsonl", line("a", "x"));
    let plain = dir.run("extract a.jsonl").exits(0).out;
    for name in ["o.jsonl", "o.jsonl.gz", "o.jsonl.zst", "o", "o.JSONL.GZ"] {
        let run = dir.run(&format!("extract a.jsonl -o {name}")).exits(0);
        assert_eq!(run.out, "");
        let bytes = std::fs::read(dir.path().join(name)).unwrap();
        if name.to_lowercase().ends_with("gz") {
            assert!(bytes.starts_with(&[0x1f, 0x8b]));
        } else if name.ends_with("zst") {
            assert!(bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]));
        } else {
            assert_eq!(bytes, plain.as_bytes());
        }
        // Read back, it holds one page for each record.
        let back = dir
            .run(&format!("extract {name} --text-field body --from jsonl"))
            .exits(0);
        assert_eq!(back.each("id"), ["a"]);
    }
    dir.run("extract a.jsonl -o o.json").exits(0);
    assert!(dir.read("o.json").starts_with("[\n{"));
    dir.run("extract a.jsonl -o o.md --to jsonl").exits(0);
    assert_eq!(dir.read("o.md"), plain);
    dir.run("extract a.jsonl -o o.txt.gz").exits(0);
    assert_eq!(dir.run("extract a.jsonl -o -").exits(0).out, plain);
}

#[test]
fn an_output_file_is_whole_or_not_there() {
    let dir = Dir::new();
    dir.file("a.jsonl", line("a", "x") + "bad\n" + &line("b", "y"));
    dir.run("extract a.jsonl -o new.jsonl --on-error fail")
        .exits(2);
    assert_eq!(dir.names(), ["a.jsonl"]);

    dir.file("old.jsonl", "old");
    dir.run("extract a.jsonl -o old.jsonl --on-error fail")
        .exits(2);
    assert_eq!(
        (dir.read("old.jsonl").as_str(), dir.names().len()),
        ("old", 2)
    );

    dir.run("extract a.jsonl -o old.jsonl").exits(1);
    assert_eq!(records(&dir.read("old.jsonl")).len(), 2);
    assert_eq!(dir.names(), ["a.jsonl", "old.jsonl"]);

    let run = dir.run("extract a.jsonl -o nowhere/o.jsonl").exits(2);
    assert!(
        run.err
            .starts_with("dehusk: nowhere/o.jsonl: there is no directory nowhere"),
        "{}",
        run.err
    );
    let run = dir.run("extract a.jsonl -o .").exits(2);
    assert!(run.err.starts_with("dehusk: .: "), "{}", run.err);
}

#[cfg(unix)]
#[test]
fn an_output_link_stays_a_link() {
    let dir = Dir::new();
    dir.file("real/o.jsonl", "old");
    std::os::unix::fs::symlink("real/o.jsonl", dir.path().join("o.jsonl")).unwrap();
    dir.run_on("extract -o o.jsonl", line("a", "x")).exits(0);
    assert!(dir.path().join("o.jsonl").is_symlink());
    assert_eq!(records(&dir.read("real/o.jsonl")).len(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_a_failure() {
    let dir = Dir::new();
    let run = dir.run_on("extract -o /dev/full", line("a", "x")).exits(2);
    assert!(run.err.contains("No space left on device"), "{}", run.err);
    dir.run_on("extract -o /dev/null", line("a", "x")).exits(0);
}

// ---- what can go wrong

/// One page of each fate.
fn mixed() -> String {
    line("a", "x")
        + "{\"id\":\"b\",\"txt\":1}\n"
        + "{\"text\":\n"
        + &line("c", "y")
        + "{\"text\":[]}\n"
}

const MIXED_COMPLAINTS: [&str; 3] = [
    "dehusk: m.jsonl: record 1, byte 22: no field `text`",
    "dehusk: m.jsonl: record 2, byte 41: bad JSON: EOF while parsing a value at column 8",
    "dehusk: m.jsonl: record 4, byte 72: field `text` is an array, not a string",
];

#[test]
fn on_error_skip() {
    let dir = Dir::new();
    dir.file("m.jsonl", mixed());
    let run = dir.run("extract m.jsonl").exits(1);
    assert_eq!(run.each("id"), ["a", "c"]);
    assert_eq!(run.complaints(), MIXED_COMPLAINTS);
    assert!(
        run.err.contains("dehusk: 2 pages, 3 failed, "),
        "{}",
        run.err
    );
}

#[test]
fn on_error_record_matches_line_to_line() {
    let dir = Dir::new();
    dir.file("m.jsonl", mixed());
    let run = dir.run("extract m.jsonl --on-error record").exits(1);
    assert_eq!(run.each("id"), ["a", "b", "m.jsonl#2", "c", "m.jsonl#4"]);
    assert_eq!(
        run.records()[1],
        json!({"schema": 1, "id": "b", "source": {"path": "m.jsonl", "record": 1}, "error": "no field `text`"})
    );
    assert_eq!(run.complaints(), MIXED_COMPLAINTS);
}

#[test]
fn on_error_fail_stops_at_the_first_in_order() {
    let dir = Dir::new();
    let many: String = (0..2000)
        .map(|n| line(&n.to_string(), &"正文。".repeat(100)))
        .collect();
    dir.file("m.jsonl", many.clone() + &mixed() + &many);
    for threads in [1, 3] {
        let run = dir
            .run(&format!(
                "extract m.jsonl --on-error fail --threads {threads}"
            ))
            .exits(2);
        assert_eq!(run.records().len(), 2001);
        let [complaint] = &run.complaints()[..] else {
            panic!("{}", run.err)
        };
        assert!(
            complaint.starts_with("dehusk: m.jsonl: record 2001, byte ")
                && complaint.ends_with("no field `text`")
        );
    }
    let run = dir
        .run("extract m.jsonl --on-error fail --to json --fields id")
        .exits(2);
    assert_eq!(
        serde_json::from_str::<Vec<Value>>(&run.out).unwrap().len(),
        2001
    );
}

#[test]
fn failed_pages_go_to_a_file_as_they_were() {
    let dir = Dir::new();
    dir.raw(
        "m.jsonl",
        [mixed().as_bytes(), b"\xff\xfe\x00 not \xe6JSON\r\n"].concat(),
    );
    dir.run("extract m.jsonl --errors e.jsonl --max-page-size 30")
        .exits(1);
    let failed = records(&dir.read("e.jsonl"));
    let reasons: Vec<_> = failed
        .iter()
        .map(|error| error["reason"].as_str().unwrap())
        .collect();
    assert_eq!(reasons.len(), 4, "{reasons:?}");
    assert_eq!(
        failed[0],
        json!({"id": "b", "source": {"path": "m.jsonl", "record": 1}, "offset": 22, "reason": "no field `text`", "raw": {"text": "{\"id\":\"b\",\"txt\":1}"}})
    );
    assert_eq!(failed[3]["raw"], json!({"bytes": "//4AIG5vdCDmSlNPTg=="}));
    assert_eq!(failed[3]["offset"], 84);

    // Nothing is lost: the failed lines and the others are the file.
    dir.run_on("extract --errors none.jsonl", line("a", "x"))
        .exits(0);
    assert_eq!(dir.read("none.jsonl"), "");
    // They are there even if the run is not.
    dir.run("extract m.jsonl --errors f.jsonl --on-error fail -o o.jsonl")
        .exits(2);
    assert_eq!(records(&dir.read("f.jsonl")).len(), 1);
    assert!(!dir.names().contains(&"o.jsonl".to_owned()));
}

#[test]
fn pages_over_the_limit() {
    let dir = Dir::new();
    let long = line("long", &"长".repeat(100_000));
    let limit = line("limit", &"x".repeat(76));
    assert_eq!(limit.len(), 101);
    dir.file(
        "a.jsonl",
        line("a", "x")
            + &long
            + &limit
            + &limit.replace('\n', "\r\n")
            + &line("b", "y")
            + &limit.replace("xx", "xxx"),
    );
    let run = dir
        .run("extract a.jsonl --max-page-size 100 --errors e.jsonl")
        .exits(1);
    assert_eq!(run.each("id"), ["a", "limit", "limit", "b"]);
    assert_eq!(run.complaints().len(), 2);
    assert_eq!(
        run.complaints()[0],
        "dehusk: a.jsonl: record 1, byte 22: page over the limit of 100 bytes"
    );
    let failed = records(&dir.read("e.jsonl"));
    assert_eq!(failed[0]["truncated"], true);
    assert_eq!(failed[0]["id"], "a.jsonl#1");
    // 100 bytes end inside a character.
    assert!(failed[0]["raw"]["bytes"].is_string());

    dir.file("a.txt", "x".repeat(101));
    dir.file("b.txt.gz", "x".repeat(1_000_000));
    dir.file("c.txt", "x".repeat(100));
    let run = dir
        .run("extract a.txt b.txt.gz c.txt --max-page-size 100 --on-error record")
        .exits(1);
    assert_eq!(
        run.each("error"),
        [
            "page over the limit of 100 bytes",
            "page over the limit of 100 bytes",
            "-"
        ]
    );
    dir.run("extract a.txt --max-page-size 1k").exits(0);
    for size in ["0", "x", "1.5M", "-1"] {
        dir.run(&format!("extract a.txt --max-page-size={size}"))
            .exits(2);
    }
}

#[test]
fn a_long_line_ends_with_the_file() {
    let dir = Dir::new();
    for last in ["", "\n"] {
        dir.file("a.jsonl", line("a", "x") + &"y".repeat(200_000) + last);
        let run = dir
            .run("extract a.jsonl --max-page-size 1000 --on-error record")
            .exits(1);
        assert_eq!(run.each("id"), ["a", "a.jsonl#1"]);
    }
}

#[test]
fn a_truncated_file_yields_all_before_the_break() {
    let dir = Dir::new();
    let text: String = (0..20_000)
        .map(|n| line(&n.to_string(), &format!("{}", n * n)))
        .collect();
    dir.file("z.jsonl", line("last", "z"));
    for ending in ["gz", "zst"] {
        let name = format!("a.jsonl.{ending}");
        let packed = pack(&name, text.as_bytes());
        dir.raw(&name, &packed[..packed.len() * 2 / 3]);
        let run = dir
            .run(&format!(
                "extract {name} z.jsonl --errors e.jsonl --keep all"
            ))
            .exits(1);
        let ids = run.each("id");
        assert_eq!(ids.last().unwrap(), "last");
        let through = ids.len() - 1;
        assert!((1..20_000).contains(&through), "{through}");
        assert_eq!(ids[through - 1], (through - 1).to_string());

        let failed = records(&dir.read("e.jsonl"));
        assert_eq!(failed.len(), 1);
        assert_eq!(failed[0]["source"]["record"], through);
        assert_eq!(failed[0]["truncated"], true);
        let offset = failed[0]["offset"].as_u64().unwrap() as usize;
        assert!(text[offset..].starts_with(failed[0]["raw"]["text"].as_str().unwrap()));
        assert!(text[offset..].starts_with(&format!("{{\"id\":\"{through}\"")));
        let unpacking = if ending == "gz" {
            "broken gzip: "
        } else {
            "broken zstd: "
        };
        assert!(
            failed[0]["reason"].as_str().unwrap().starts_with(unpacking),
            "{}",
            failed[0]
        );
    }
    let packed = pack("a.gz", text.as_bytes());
    dir.raw("a.txt.gz", &packed[..5000]);
    dir.raw("b.txt.gz", &packed[..5]);
    dir.raw(
        "c.txt.gz",
        [&pack("a.gz", b"whole")[..], b"rubbish behind it"].concat(),
    );
    let run = dir
        .run("extract a.txt.gz b.txt.gz c.txt.gz --on-error record")
        .exits(1);
    assert!(
        run.each("error")
            .iter()
            .all(|error| error.starts_with("broken gzip: ")),
        "{}",
        run.out
    );
    assert_eq!(run.records().len(), 3);
}

#[test]
fn a_file_that_is_not_there() {
    let dir = Dir::new();
    dir.file("a.txt", "x");
    let run = dir.run("extract nope.txt a.txt").exits(1);
    assert_eq!(
        run.complaints(),
        ["dehusk: nope.txt: No such file or directory (os error 2)"]
    );
    assert_eq!(run.each("id"), ["a.txt"]);
    // If nothing could be read, nothing was done.
    dir.run("extract nope.txt nor.txt").exits(2);
    let run = dir
        .run("extract nope.txt a.txt --on-error record --errors e.jsonl")
        .exits(1);
    assert_eq!(run.each("id"), ["nope.txt", "a.txt"]);
    assert_eq!(records(&dir.read("e.jsonl"))[0]["raw"], json!({"text": ""}));
    dir.run("extract nope.txt a.txt --on-error fail").exits(2);
}

#[test]
fn packs_and_weights_that_are_not_there() {
    let dir = Dir::new();
    for option in ["--rules", "--weights"] {
        let run = dir.run_on(&format!("extract {option} nope"), "x").exits(2);
        assert_eq!(
            run.err,
            "dehusk: nope: No such file or directory (os error 2)\n"
        );
    }
}

// ---- packs

#[test]
fn packs_are_listed_shown_and_checked() {
    let dir = Dir::new();
    let list = dir.run("rules list").exits(0).out;
    let names: Vec<_> = list
        .lines()
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    assert!(
        names.contains(&"zh-hans") && names.contains(&"any"),
        "{list}"
    );
    for name in &names {
        // What is shown can be used as it is.
        dir.raw(
            "shown.txt",
            dir.run(&format!("rules show {name}")).exits(0).out,
        );
        dir.run("rules check shown.txt").exits(0);
    }
    let run = dir.run("rules show klingon").exits(2);
    assert!(
        run.err
            .starts_with("dehusk: no pack `klingon`; there are: ")
    );

    dir.raw("good.txt", "[promo lead]\n今日特价大甩卖\n");
    dir.raw("bad.txt", "[promo lead]\n[nonsense]\n");
    let run = dir.run("rules check good.txt bad.txt").exits(1);
    assert_eq!(run.out, "good.txt: 1 new cue\n");
    assert!(run.err.starts_with("dehusk: bad.txt:2: "), "{}", run.err);
    dir.run("rules check nope.txt").exits(2);

    let page = "今日特价大甩卖";
    dir.run_on("extract --rules good.txt", page).exits(0);
    let run = dir.run_on("extract --rules bad.txt", page).exits(2);
    assert!(run.err.starts_with("dehusk: bad.txt:2: "), "{}", run.err);
    dir.raw("w.tsv", "nonsense");
    dir.run_on("extract --weights w.tsv", page).exits(2);
}

// ---- how it behaves

#[test]
fn quiet_and_progress() {
    let dir = Dir::new();
    dir.file("a.jsonl", line("a", "x"));
    let summary = |run: &Run| run.err.starts_with("dehusk: 1 page, 0 failed, 0.0 MB in ");
    assert!(summary(&dir.run("extract a.jsonl").exits(0)));
    assert!(summary(
        &dir.run("extract a.jsonl --progress always").exits(0)
    ));
    assert!(summary(
        &dir.run("extract a.jsonl --progress never").exits(0)
    ));
    assert_eq!(dir.run("extract a.jsonl -q").exits(0).err, "");
    assert_eq!(
        dir.run("extract a.jsonl -q --progress always").exits(0).err,
        ""
    );
    assert_eq!(
        dir.run_on("extract -q", "{\"txet\":1}")
            .exits(1)
            .complaints()
            .len(),
        1
    );
}

#[test]
fn timings_tell_each_stage() {
    let dir = Dir::new();
    dir.file("in/a.jsonl", line("a", "正文。"));
    let plain = dir.run("extract in/a.jsonl").exits(0).out;
    for arguments in ["in/a.jsonl", "in --out-dir out"] {
        let run = dir
            .run(&format!("extract -q --timings {arguments}"))
            .exits(0);
        let rows: Vec<Vec<&str>> = run
            .err
            .lines()
            .map(|row| row.split_whitespace().skip(1).collect())
            .collect();
        let stages: Vec<&str> = rows.iter().map(|row| row[0]).collect();
        assert_eq!(
            stages,
            [
                "read", "parse", "lines", "match", "features", "decide", "assemble", "write", "all"
            ]
        );
        let shares: f64 = rows[..8]
            .iter()
            .map(|row| row[3].parse::<f64>().unwrap())
            .sum();
        assert!((99.0..=101.0).contains(&shares), "{}", run.err);
    }
    assert_eq!(dir.run("extract -q --timings in/a.jsonl").out, plain);
}

#[test]
fn a_reader_who_goes_away_is_no_failure() {
    let dir = Dir::new();
    let pages: String = (0..20_000)
        .map(|n| line(&n.to_string(), "正文。"))
        .collect();
    dir.file("a.jsonl", &pages);
    let started = Instant::now();
    let mut child = dir.start("extract a.jsonl");
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut first)
        .unwrap();
    assert_eq!(records(&first)[0]["id"], "0");
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_reader_who_goes_away_does_not_wait_for_more_input() {
    let dir = Dir::new();
    let mut child = dir.start("extract");
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    // More than is read at once.
    let pages: String = (0..40_000)
        .map(|n| line(&n.to_string(), "正文。"))
        .collect();
    // Standard input stays open; it may be closed on us before all is written.
    let _ = stdin.write_all(pages.as_bytes());
    let status = wait(&mut child);
    assert_eq!(status, Some(0));
    drop(stdin);
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_nothing() {
    let dir = Dir::new();
    let mut child = dir.start("extract -o o.jsonl --errors e.jsonl");
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(line("a", "x").as_bytes()).unwrap();
    let started = Instant::now();
    while dir.names().len() < 2 {
        assert!(started.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(5));
    }
    kit::interrupt(&child);
    assert_eq!(wait(&mut child), Some(130));
    assert_eq!(dir.names(), [""; 0]);
    drop(stdin);
}

/// Waits, but not for ever.
fn wait(child: &mut std::process::Child) -> Option<i32> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        if started.elapsed() > Duration::from_secs(20) {
            child.kill().unwrap();
            panic!("does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn help_and_usage() {
    let dir = Dir::new();
    let short = dir.run("extract -h").exits(0);
    assert!(
        short.out.lines().count() <= 60 && short.out.contains("Examples:"),
        "{}",
        short.out
    );
    let long = dir.run("extract --help").exits(0);
    assert!(long.out.contains("Exit status:") && long.out.len() > 2 * short.out.len());
    dir.run("--version").exits(0);
    for wrong in [
        "",
        "extrude",
        "extract --nope",
        "extract --threads 0",
        "extract --to pdf",
        "extract -o x --errors x",
    ] {
        assert_eq!(dir.run(wrong).exits(2).out, "", "{wrong}");
    }
}
