//! `dehusk explain`: what it says of a page on terminals of all kinds, and of which pages.
#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers outside of test functions"
)]

mod kit;

use std::process::{Command, Output, Stdio};

use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use kit::{Dir, line, records};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/example.txt");

/// Runs it with these variables; those that would change its looks are taken away first.
fn explain(dir: &Dir, variables: &[(&str, &str)], words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dehusk"));
    for name in ["COLUMNS", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM"] {
        command.env_remove(name);
    }
    command.current_dir(dir.path()).arg("explain").args(words);
    command.envs(variables.iter().copied()).stdin(Stdio::null());
    command.output().unwrap()
}

fn shown(variables: &[(&str, &str)], words: &[&str]) -> String {
    let output = explain(&Dir::new(), variables, words);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Text without the sequences that make colours.
fn plain(text: &str) -> String {
    let mut parts = text.split('\x1b');
    let mut plain = parts.next().unwrap().to_owned();
    for part in parts {
        let (code, rest) = part.split_once('m').unwrap();
        assert!(
            code.trim_start_matches('[')
                .bytes()
                .all(|b| b.is_ascii_digit() || b == b';'),
            "{code:?}"
        );
        plain += rest;
    }
    plain
}

#[test]
fn each_piece_with_its_label_and_why() {
    let told = shown(&[("COLUMNS", "200")], &[EXAMPLE]);
    let lines: Vec<_> = told.lines().collect();
    let at = |start: &str| {
        lines
            .iter()
            .position(|line| line.starts_with(start))
            .unwrap_or_else(|| panic!("{start}: {told}"))
    };
    let title = at("title   0.");
    assert!(
        lines[title].ends_with("│ 阳台种薄荷,为什么总是越长越细?"),
        "{told}"
    );
    assert!(
        lines[title + 1].contains(
            "│ edge promo ends at a blank line; to end it a piece further down would cost "
        )
    );
    assert!(lines[title + 2].contains("│ for  +"), "{told}");
    assert!(lines[title + 3].contains("│ over "), "{told}");
    let related = at("related ");
    let cue = lines[related..]
        .iter()
        .find(|line| line.contains("│ cue "))
        .unwrap();
    assert!(
        cue.contains("相关文章 (zh-hans:") && cue.contains(", related lead)"),
        "{cue}"
    );
    for item in [
        "item 1  网站备案需要多久?",
        "item 4  域名到期了还能赎回吗",
        "item 3  园艺公司官网模板",
    ] {
        assert!(told.contains(item), "{item}: {told}");
    }
}

/// On every terminal the text fits, the bars stand below each other, and all labels are words.
#[test]
fn lines_fit_and_line_up() {
    for columns in ["40", "80", "200"] {
        for full in [false, true] {
            let words: &[&str] = if full {
                &[EXAMPLE, "--full"]
            } else {
                &[EXAMPLE]
            };
            let told = shown(&[("COLUMNS", columns)], words);
            for line in told.lines() {
                assert!(
                    line.width() <= columns.parse().unwrap(),
                    "{columns}: {line}"
                );
                if let Some((before, _)) = line.split_once(['│', '┆']) {
                    assert_eq!(before.width(), 13, "{line}");
                }
            }
            for label in ["title", "heading", "body", "tags", "related", "promo"] {
                assert!(told.lines().any(|line| line.starts_with(label)), "{label}");
            }
        }
    }
    // Wide enough, nothing is cut off.
    let told = shown(&[("COLUMNS", "60")], &[EXAMPLE, "--full"]);
    let page = std::fs::read_to_string(EXAMPLE).unwrap();
    let text = told
        .lines()
        .filter_map(|line| Some(line.split_once("│ ")?.1))
        .collect::<String>();
    for word in page
        .split_whitespace()
        .filter(|word| word.chars().count() < 12)
    {
        assert!(text.contains(word), "{word}");
    }
}

#[test]
fn colour_where_it_is_wanted() {
    let piped = shown(&[], &[EXAMPLE]);
    assert!(!piped.contains('\x1b'));
    let forced = shown(&[("CLICOLOR_FORCE", "1")], &[EXAMPLE]);
    assert!(forced.contains("\x1b[38;5;"));
    assert_eq!(plain(&forced), piped);
    for quiet in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        assert_eq!(shown(&[quiet], &[EXAMPLE]), piped, "{quiet:?}");
    }
}

/// A terminal, by util-linux' `script`: where that is not, this is not tested.
#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal() {
    let on_terminal = |variables: &[(&str, &str)]| {
        let mut command = Command::new("script");
        let line = format!(
            "stty rows 30 cols 100; {} explain {EXAMPLE}",
            env!("CARGO_BIN_EXE_dehusk")
        );
        command
            .args(["-q", "-e", "-c", &line, "/dev/null"])
            .stdin(Stdio::null());
        for name in ["COLUMNS", "NO_COLOR", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
        command
            .env("TERM", "xterm-256color")
            .envs(variables.iter().copied());
        let output = command
            .output()
            .ok()
            .filter(|output| output.status.success())?;
        Some(
            String::from_utf8(output.stdout)
                .unwrap()
                .replace("\r\n", "\n"),
        )
    };
    let Some(told) = on_terminal(&[]) else { return };
    assert!(told.contains("\x1b[38;5;"), "{told}");
    let widest = plain(&told).lines().map(str::width).max().unwrap();
    assert!((90..=100).contains(&widest), "{widest}");
    for quiet in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        assert!(
            !on_terminal(&[quiet]).unwrap().contains('\x1b'),
            "{quiet:?}"
        );
    }
}

#[test]
fn hostile_text_does_nothing_to_a_terminal() {
    let dir = Dir::new();
    let attack = "\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m\u{202e}txt.exe\u{202c}\u{200b}\0\u{7f}";
    let page = format!(
        "相关文章: {attack}甲种肥料\u{a0} 乙{attack}\u{a0} \n\n{}\n\ne{}",
        "長".repeat(400_000),
        "\u{301}".repeat(90)
    );
    let id = format!("id{attack}");
    let lines = format!(
        "{}{}",
        serde_json::json!({ "id": id, "url": format!("http://x/{attack}"), "text": page })
            .to_string()
            + "\n",
        serde_json::json!({ "id": "2", "text": attack }).to_string() + "\n",
    );
    dir.file("hostile.jsonl", &lines);
    let old = serde_json::json!({ "id": id, "segments": [{ "kind": "nav", "start": 0, "end": page.len() }] });
    dir.file("old.jsonl", old.to_string());
    let pack = format!("pack{}.txt", "\u{202e}");
    dir.file(&pack, "[promo part]\n甲种肥料\n");
    for words in [
        &["hostile.jsonl", "--rules", &pack][..],
        &["hostile.jsonl", "--full"],
        &["hostile.jsonl", "--page", "1"],
        &["hostile.jsonl", "--against", "old.jsonl"],
        &["hostile.jsonl", "--against", "old.jsonl", "--full"],
    ] {
        let output = explain(&dir, &[], words);
        let told =
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{told:.1000}");
        let bad = |c: char| {
            c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}' | '\u{200b}')
        };
        assert_eq!(told.find(bad), None, "{words:?}");
        assert!(told.contains("␛[2J"), "{words:?} {told:.500}");
    }
    // In colour too there are no sequences but ours; `plain` knows no others.
    let told = explain(&dir, &[("CLICOLOR_FORCE", "1")], &["hostile.jsonl"]);
    plain(&String::from_utf8(told.stdout).unwrap());
    // Folded, a line of a megabyte is a line of a terminal.
    let told = explain(&dir, &[], &["hostile.jsonl"]).stdout;
    assert!(told.len() < 20_000, "{}", told.len());
}

#[test]
fn pages_are_picked_by_number_id_and_url() {
    let dir = Dir::new();
    let page = |id: &str, url: &str, text: &str| {
        serde_json::json!({ "id": id, "url": url, "text": text }).to_string() + "\n"
    };
    let lines = page("one", "https://e.org/1", "第一页的文字。")
        + "{broken\n"
        + &page("two", "https://e.org/2", "第二页的文字。")
        + &page("three", "https://e.org/3", "第三页的文字。");
    for name in ["pages.jsonl", "pages.jsonl.gz", "pages.jsonl.zst"] {
        dir.file(name, &lines);
        for (wanted, text) in [
            ("0", "第一页"),
            ("two", "第二页"),
            ("2", "第二页"),
            ("https://e.org/3", "第三页"),
        ] {
            let run = dir.run(&format!("explain {name} --page {wanted}")).exits(0);
            assert!(run.out.contains(text), "{wanted} {}", run.out);
            assert_eq!(run.out.matches("的文字").count(), 1);
        }
    }
    let both = dir
        .run("explain pages.jsonl --page three --page 0")
        .exits(0);
    assert!(
        both.out.find("第一页") < both.out.find("第三页"),
        "{}",
        both.out
    );
    let none = dir.run("explain pages.jsonl --page four").exits(2);
    assert_eq!(none.err, "dehusk: pages.jsonl: no page `four`\n");
    // The broken one, and no other, is complained of.
    let broken = dir.run("explain pages.jsonl --page 1").exits(2);
    assert!(
        broken
            .err
            .starts_with("dehusk: pages.jsonl: record 1, byte "),
        "{}",
        broken.err
    );
    let first = dir.run("explain pages.jsonl").exits(0);
    assert!(first.out.contains("第一页") && !first.out.contains("第二页"));
    assert!(
        first.err.contains("--page N, ID or URL picks others"),
        "{}",
        first.err
    );
}

#[test]
fn inputs_are_read_as_extract_reads_them() {
    let dir = Dir::new();
    dir.raw("gbk.txt", [0xb0, 0xe6, 0xc8, 0xa8, 0xcb, 0xf9, 0xd3, 0xd0]);
    let run = dir.run("explain gbk.txt --charset gbk").exits(0);
    assert!(
        run.out.contains("版权所有") && run.out.contains("zh-hans:"),
        "{}",
        run.out
    );
    let run = dir
        .run_on("explain --text-field t", "{\"t\":\"版权所有\"}\n")
        .exits(0);
    assert!(run.out.contains("legal"), "{}", run.out);
    let html = "<html><body><ul><li><a href=/>首页</a><li><a href=/a>新闻</a></ul><article><p>正文。</article>";
    dir.file("a.html", html);
    let run = dir.run("explain a.html --json").exits(0);
    let names = |value: &Value| {
        value["features"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["name"].to_string())
            .collect::<String>()
    };
    assert!(
        names(&run.records()[0]["pieces"][0]).contains("\"html=0\""),
        "{}",
        run.out
    );
    dir.run("explain nothing.txt").exits(2);
    dir.run_on("explain", "").exits(2);
}

/// What is written as JSON adds up: features, rule and sides make the worth, and the label has the most.
#[test]
fn json_adds_up() {
    let dir = Dir::new();
    let pages = [
        "example.txt",
        "gold/seed-nbsp-classic/page.txt",
        "html/apk-puzzle.html",
    ];
    for page in pages {
        let path = format!("{}/fixtures/{page}", env!("CARGO_MANIFEST_DIR"));
        let run = dir.run(&format!("explain {path} --json")).exits(0);
        let [ref record] = run.records()[..] else {
            panic!("one page, one line")
        };
        for piece in record["pieces"].as_array().unwrap() {
            for who in ["label", "runner_up"] {
                let label = piece[who].as_str().unwrap();
                let raised = piece[format!("{label}_raised")].as_i64().unwrap_or(0);
                let features = piece["features"].as_array().unwrap();
                let sum: i64 = features.iter().map(|one| one[who].as_i64().unwrap()).sum();
                assert_eq!(piece["score"][label], sum + raised, "{page} {piece}");
                let sides = piece["entering"][label].as_i64().unwrap()
                    + piece["leaving"][label].as_i64().unwrap();
                assert_eq!(piece["worth"][label], sum + raised + sides);
            }
            let worth = piece["worth"].as_object().unwrap();
            let best = worth.values().map(|worth| worth.as_i64().unwrap()).max();
            assert_eq!(
                worth[piece["label"].as_str().unwrap()].as_i64(),
                best,
                "{piece}"
            );
        }
    }
}

#[test]
fn against_records_made_otherwise() {
    let dir = Dir::new();
    let page = std::fs::read_to_string(EXAMPLE).unwrap();
    dir.file(
        "pages.jsonl",
        line("a", &page) + &line("b", "版权所有 © 2024") + &line("c", "首页"),
    );
    let old = dir.run("extract -q pages.jsonl").exits(0).out;
    for name in ["same.jsonl", "same.jsonl.gz", "same.jsonl.zst"] {
        dir.file(name, &old);
        let run = dir
            .run(&format!("explain pages.jsonl --against {name}"))
            .exits(0);
        let ink = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
        let chars = ink(&page) + ink("版权所有 © 2024") + ink("首页");
        let expected = format!(
            "3 pages: 3 as before, 0 different\n0 of {chars} characters have another label\n"
        );
        assert_eq!(run.out, expected);
    }
    let mut changed = records(&old);
    for segment in changed[0]["segments"].as_array_mut().unwrap() {
        if segment["kind"] == "related" {
            segment["kind"] = "promo".into();
        }
    }
    changed[1]["segments"] = serde_json::json!([{ "kind": "legal", "start": 0, "end": 3 }]);
    changed.pop();
    let old: String = changed
        .iter()
        .map(|record| record.to_string() + "\n")
        .collect();
    dir.file("old.jsonl", old);
    let run = dir.run("explain pages.jsonl --against old.jsonl").exits(0);
    assert!(run.out.contains("promo   now related"), "{}", run.out);
    assert!(
        run.out
            .contains("b\n  the record's segments do not fit the text"),
        "{}",
        run.out
    );
    assert!(
        run.out.contains("c\n  there is no record of it\n"),
        "{}",
        run.out
    );
    assert!(
        run.out
            .contains("1 page: 0 as before, 1 different; 2 not compared\n"),
        "{}",
        run.out
    );
    assert!(
        run.out
            .contains("was    is       characters\npromo  related"),
        "{}",
        run.out
    );
    let full = dir
        .run("explain pages.jsonl --against old.jsonl --full")
        .exits(0);
    assert!(
        full.out.contains("│ cue  相关文章 (zh-hans:"),
        "{}",
        full.out
    );
    let json = dir
        .run("explain pages.jsonl --against old.jsonl --json")
        .exits(0);
    let lines = records(&json.out);
    assert_eq!(lines[0]["differences"][0]["was"], "promo");
    assert_eq!(lines[2]["not_compared"], "there is no record of it");
    dir.run("explain pages.jsonl --against pages.jsonl")
        .exits(0);
    dir.run("explain pages.jsonl --against nothing.jsonl")
        .exits(2);
}

#[test]
fn an_html_file_is_whole_and_takes_the_place_of_no_input() {
    let dir = Dir::new();
    dir.file(
        "pages.jsonl",
        line("a", "首页\n\n<script>alert(1)</script>") + &line("b", "版权所有"),
    );
    dir.run("explain pages.jsonl --html out.html").exits(0);
    let file = dir.read("out.html");
    assert_eq!(file.matches("<article").count(), 2);
    assert_eq!(file.matches("<script").count(), 1, "only ours");
    assert!(file.contains("&lt;script&gt;alert(1)"));
    assert!(!file.contains("http://") && !file.contains("https://"));
    dir.run("explain pages.jsonl --html one.html --page b")
        .exits(0);
    assert_eq!(dir.read("one.html").matches("<article").count(), 1);
    let piped = dir.run("explain pages.jsonl --html -").exits(0);
    assert_eq!(piped.out, file);
    let before = dir.read("pages.jsonl");
    let refused = dir.run("explain pages.jsonl --html ./pages.jsonl").exits(2);
    assert!(
        refused.err.contains("would replace what is read"),
        "{}",
        refused.err
    );
    dir.run("explain nothing.jsonl --html none.html").exits(2);
    assert_eq!(dir.read("pages.jsonl"), before);
    assert_eq!(dir.names(), ["one.html", "out.html", "pages.jsonl"]);
}

#[test]
fn an_html_file_holds_a_hundred_pages() {
    let dir = Dir::new();
    let pages: String = (0..130).map(|n| line(&n.to_string(), "首页")).collect();
    dir.file("many.jsonl", pages);
    let run = dir.run("explain many.jsonl --html many.html").exits(0);
    assert_eq!(dir.read("many.html").matches("<article").count(), 100);
    assert!(
        run.err.contains("100 pages shown and more there"),
        "{}",
        run.err
    );
}
