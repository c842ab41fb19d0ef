//! Input made to be slow: what an attacker would put into a crawl, of any size.
//!
//! Each attack says what it is meant to make slow. `tests/attacks.rs` counts what they cost, beside
//! text as it comes; `stages-up-to` runs one of them for a profiler.
//!
//! It knows the built-in cues, and how dehusk is told what to read.

#![allow(dead_code, reason = "not every program needs all of an attack")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use dehusk::InputFormat;

/// Input made to be slow.
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    /// What it is meant to make slow.
    pub(crate) slows: &'static str,
    pub(crate) format: InputFormat,
    /// About so many bytes of it.
    make: Make,
}

enum Make {
    /// The same again and again.
    Repeat(&'static str),
    Text(fn(usize) -> String),
    Bytes(fn(usize) -> Vec<u8>),
}

impl Attack {
    const fn repeat(name: &'static str, unit: &'static str, slows: &'static str) -> Self {
        let (format, make) = (InputFormat::Text, Make::Repeat(unit));
        Self {
            name,
            slows,
            format,
            make,
        }
    }

    const fn text(name: &'static str, make: fn(usize) -> String, slows: &'static str) -> Self {
        let (format, make) = (InputFormat::Text, Make::Text(make));
        Self {
            name,
            slows,
            format,
            make,
        }
    }

    const fn html(name: &'static str, make: fn(usize) -> String, slows: &'static str) -> Self {
        let (format, make) = (InputFormat::Html, Make::Text(make));
        Self {
            name,
            slows,
            format,
            make,
        }
    }

    const fn jsonl(name: &'static str, make: fn(usize) -> String, slows: &'static str) -> Self {
        let (format, make) = (InputFormat::Jsonl, Make::Text(make));
        Self {
            name,
            slows,
            format,
            make,
        }
    }

    const fn warc(name: &'static str, make: fn(usize) -> Vec<u8>, slows: &'static str) -> Self {
        let (format, make) = (InputFormat::Warc, Make::Bytes(make));
        Self {
            name,
            slows,
            format,
            make,
        }
    }

    pub(crate) fn bytes(&self, size: usize) -> Vec<u8> {
        match self.make {
            Make::Repeat(unit) => repeat(unit, size).into_bytes(),
            Make::Text(make) => make(size).into_bytes(),
            Make::Bytes(make) => make(size),
        }
    }
}

/// All of them.
pub(crate) fn all() -> impl Iterator<Item = &'static Attack> {
    MARKS
        .iter()
        .chain(CUES)
        .chain(RUNS)
        .chain(LINES)
        .chain(HTML)
        .chain(JSONL)
        .chain(WARC)
}

/// One line of marks and numbers.
const MARKS: &[Attack] = &[
    Attack::repeat("hashes", "#", "looking for entities at each mark"),
    Attack::repeat("spaced-hashes", "# a ", "hashtags and their items"),
    Attack::repeat("glued-hashes", "#a", "hashtags without spaces"),
    Attack::repeat("wide-hashes", "# 甲  ", "hashtags that wide gaps part"),
    Attack::repeat(
        "separators",
        "甲|乙/丙、丁,戊·己  庚\u{a0}辛\u{3000}壬\t癸 ",
        "finding what parts items",
    ),
    Attack::repeat("bars", "甲|", "items that bars part"),
    Attack::repeat("commas", "甲、", "items that commas part"),
    Attack::repeat("wide-gaps", "甲\u{3000}", "cutting a line at its gaps"),
    Attack::repeat("spaces", " ", "white space"),
    Attack::repeat("dotted-numbers", "1.", "numbering that has no end"),
    Attack::repeat("chapters", "第一章第一节", "numbering behind numbering"),
    Attack::repeat(
        "bracketed-numbers",
        "（一）",
        "numbers in brackets, and pinyin in brackets",
    ),
    Attack::repeat("circled-numbers", "①", "numbers in circles"),
    Attack::repeat(
        "numerals",
        "一二三四五六七八九十百",
        "numerals that have no end",
    ),
    Attack::repeat("open-marks", "《", "brackets that nothing closes"),
    Attack::repeat("close-marks", "》", "brackets that nothing opened"),
    Attack::repeat("parens", "(", "pinyin that does not come"),
    Attack::repeat(
        "mixed-brackets",
        "《》【】（）()[]「」",
        "brackets of all kinds",
    ),
    Attack::text(
        "nested-brackets",
        |size| repeat("《", size / 2) + &repeat("》", size / 2),
        "brackets in brackets",
    ),
    Attack::text(
        "far-bracket",
        |size| "【".to_owned() + &repeat("甲", size) + "】",
        "a bracket that is closed far away",
    ),
    Attack::repeat("stars", "*", "runs of stars"),
    Attack::repeat("masked-words", "甲*乙", "censored words"),
    Attack::repeat("masked-letters", "*a*a", "stars that mask nothing"),
    Attack::repeat("masked-digits", "1***", "censored numbers"),
    Attack::text(
        "masked-long-number",
        |size| alternate("***", &"1".repeat(500), size),
        "digits around censored ones",
    ),
    Attack::repeat("quotes", "\"", "what JSON escapes"),
    Attack::repeat("controls", "\u{1}\u{2}", "what JSON escapes longest"),
    Attack::repeat("sentences", "甲。", "cutting a packed line into sentences"),
    Attack::text(
        "closed-sentence",
        |size| "甲。".repeat(4) + "." + &repeat(")", size),
        "looking ahead behind a full stop",
    ),
    Attack::text(
        "spaced-sentence",
        |size| "甲。".repeat(4) + "." + &repeat(" ", size) + "a",
        "the same, with spaces",
    ),
    Attack::repeat(
        "closed-sentences",
        "甲。.)))))))))))))))))))))))))))))",
        "the same, again and again",
    ),
    Attack::text(
        "quoted-sentences",
        |size| "甲。".repeat(4) + &alternate(".\")\")\")\")\")\")\"", &"1".repeat(300), size),
        "the same, over digits",
    ),
];

/// One line of cues, whole and broken off.
const CUES: &[Attack] = &[
    Attack::repeat(
        "unfinished-cue",
        "相关文",
        "cues that are not there in the end",
    ),
    Attack::repeat("unfinished-notice", "版权所", "the same"),
    Attack::repeat("cue", "标签", "many cues in one piece"),
    Attack::repeat("cue-colon", "标签:", "cues that introduce something"),
    Attack::repeat("cue-block", " 标签: ", "blocks in one line"),
    Attack::repeat(
        "cue-list",
        " 相关文章: 甲的种法\u{3000}乙的养法\u{3000}丙的吃法",
        "lists in one line",
    ),
    Attack::text(
        "cue-and-list",
        |size| "相关文章: ".to_owned() + &repeat("甲的种法\u{3000}", size),
        "one long list",
    ),
    Attack::text(
        "cue-and-tags",
        |size| "标签: ".to_owned() + &repeat("薄荷,", size),
        "one long row of tags",
    ),
    Attack::repeat("copyright", "©", "cues that are marks"),
    Attack::text(
        "all-cues",
        |size| cycle(cues(), size),
        "places where cues stand",
    ),
    Attack::text(
        "all-unfinished-cues",
        |size| cycle(cues().map(without_last), size),
        "places where cues seem to stand",
    ),
    Attack::text(
        "overlapping-cues",
        overlapping_cues,
        "places where many cues stand",
    ),
    Attack::text(
        "worst-pair",
        |size| repeat(COMMON_PAIR, size),
        "pairs that most cues share",
    ),
    Attack::repeat(
        "pinyin",
        "相關(guān)文章(zhāng)",
        "mending what pinyin tears",
    ),
    Attack::repeat(
        "unfinished-pinyin",
        "相(abcdefgh",
        "pinyin that does not end",
    ),
    Attack::repeat(
        "torn-cue",
        "相\u{200b}关\u{200b}文\u{200b}章",
        "mending what invisible characters tear",
    ),
    Attack::repeat("spaced-cue", "来 源 ", "mending what spaces tear"),
    Attack::text(
        "far-torn-cue",
        |size| alternate("相", &repeat("\u{200b}", 3000), size) + "关文章",
        "cues torn far apart",
    ),
];

/// Long runs without white space, or of one thing.
const RUNS: &[Attack] = &[
    Attack::repeat("one-han", "中", "pairs of equal characters"),
    Attack::text("random-han", random_han, "pairs of any characters"),
    Attack::repeat("one-latin", "a", "one long word"),
    Attack::repeat(
        "latin",
        "theQuickBrownFoxJumps",
        "one long word of many letters",
    ),
    Attack::repeat("digits", "1", "one long number"),
    Attack::repeat("kana", "アイウエオ", "other scripts"),
    Attack::repeat("emoji", "😀", "characters of four bytes"),
    Attack::repeat("dates", "2019-04-25", "dates glued together"),
    Attack::repeat("spaced-dates", "2019-04-25 ", "dates"),
    Attack::repeat("half-dates", "20190", "what could begin a date"),
    Attack::repeat("phones", "13812345678", "telephone numbers glued together"),
    Attack::repeat("spaced-phones", "13812345678 ", "telephone numbers"),
    Attack::repeat("hotlines", "400-800-7526,", "hotlines"),
    Attack::repeat(
        "half-phones",
        "400-800-",
        "what could begin a telephone number",
    ),
    Attack::repeat("at-signs", "a@", "what could begin an e-mail address"),
    Attack::repeat("emails", "a@a.a ", "e-mail addresses"),
    Attack::repeat("dotted-email", "a@a.", "an e-mail address that has no end"),
    Attack::text(
        "long-locals",
        |size| alternate(&"a".repeat(63), "@", size),
        "the longest names before an @",
    ),
    Attack::text(
        "no-at",
        |size| repeat("a.b-c_d%", size) + "@",
        "looking back from an @",
    ),
    Attack::repeat("urls", "http://", "addresses"),
    Attack::repeat("qq", "qq:123456 ", "QQ numbers"),
    Attack::text(
        "qq-far",
        |size| "qq".to_owned() + &repeat("群", size) + "12345",
        "a QQ number far behind its cue",
    ),
    Attack::repeat("qq-gap", "qq     ", "QQ numbers that do not come"),
    Attack::repeat("wechat", "微信:abcdef ", "WeChat ids"),
    Attack::text(
        "wechat-far",
        |size| "微信".to_owned() + &repeat("客服", size) + ":abcdef",
        "a WeChat id far behind its cue",
    ),
    Attack::repeat("icp", "京ICP备12345678号", "filing numbers"),
    Attack::repeat("entities", "&amp;", "entities"),
    Attack::repeat(
        "double-entities",
        "&amp;nbsp;",
        "entities that were escaped twice",
    ),
    Attack::repeat("entity-marks", "&#", "entities that do not come"),
    Attack::repeat("ampersands", "&", "the same"),
    Attack::repeat("torn-entities", "&#x4e0;#xff0", "entities torn apart"),
    Attack::text(
        "combining",
        |size| "e".to_owned() + &repeat("\u{301}", size),
        "marks on one letter",
    ),
    Attack::repeat("joiners", "\u{200d}", "invisible characters"),
    Attack::repeat("marks-of-order", "\u{feff}", "byte order marks"),
    Attack::repeat("bidi", "\u{202e}\u{202c}", "controls of direction"),
    Attack::repeat("flags", "🇨🇳", "pairs of regional indicators"),
    Attack::repeat("nuls", "\0", "what looks like UTF-16"),
];

/// Very many lines.
const LINES: &[Attack] = &[
    Attack::repeat("empty-lines", "\n", "lines without a piece"),
    Attack::repeat(
        "empty-crlf-lines",
        "\r\n",
        "the same, with line ends of two bytes",
    ),
    Attack::repeat("returns", "一行文字很短\r", "line ends of one kind"),
    Attack::repeat("one-letter-lines", "a\n", "pieces of one byte"),
    Attack::repeat("one-han-lines", "中\n", "pieces of one character"),
    Attack::repeat(
        "one-letter-paragraphs",
        "a\n\n",
        "the same, with blank lines",
    ),
    Attack::repeat(
        "one-letter-separators",
        "a\u{2028}",
        "the same, with other line ends",
    ),
    Attack::repeat("one-mark-lines", ".\n", "pieces without a letter"),
    Attack::repeat("short-lines", "好的\n", "pieces of two characters"),
    Attack::repeat(
        "equal-lines",
        "同样的一行文字\n",
        "finding lines that come again",
    ),
    Attack::text(
        "like-titles",
        |size| numbered(size, |n| format!("阳台种薄荷为什么总是越长越细{n}\n")),
        "finding lines that begin alike",
    ),
    Attack::text(
        "one-title",
        |size| {
            "阳台种薄荷,为什么总是越长越细?\n\n".to_owned()
                + &repeat(
                    "薄荷好养,却也容易徒长。阳台种薄荷,为什么总是越长越细?\n",
                    size,
                )
        },
        "finding the title",
    ),
    Attack::repeat("headings", "## 标题\n", "the outline"),
    Attack::repeat(
        "headings-and-text",
        "一、标题\n薄荷好养,却也容易徒长,去年我种了三盆。\n",
        "the outline of an article",
    ),
    Attack::text(
        "numbered-headings",
        |size| numbered(size, |n| format!("第{n}章 标题\n")),
        "the outline",
    ),
    Attack::text(
        "list",
        |size| numbered(size, |n| format!("- 第{n}项\n")),
        "a list of very many items",
    ),
    Attack::text(
        "titles-below-cue",
        |size| "相关文章\n".to_owned() + &numbered(size, |n| format!("薄荷的第{n}种吃法\n")),
        "a list of very many titles",
    ),
    Attack::text(
        "tags-below-cue",
        |size| "标签\n".to_owned() + &numbered(size, |n| format!("薄荷{n}\n")),
        "a list of very many tags",
    ),
    Attack::text(
        "ranks",
        |size| "热门文章\n".to_owned() + &numbered(size, |n| format!("{}. 薄荷怎么吃\n", n % 99)),
        "ranks before titles",
    ),
    Attack::repeat(
        "questions",
        "问：薄荷怎么养？\n答：放在窗台上。\n",
        "questions and answers",
    ),
    Attack::repeat("cue-lines", "标签\n", "a cue on each line"),
    Attack::text(
        "all-cue-lines",
        |size| cycle(cues().map(|cue| cue + "\n"), size),
        "the same, with all cues",
    ),
    Attack::repeat("date-lines", "2019-04-25 10:20\n", "a date on each line"),
    Attack::repeat(
        "word-date-lines",
        "Posted on Sept. 3rd, 2020 by admin\n",
        "the same, in words",
    ),
    Attack::text(
        "dates-in-lines",
        |size| alternate(&"2019-04-25".repeat(59), "\n", size),
        "many dates in each line",
    ),
    Attack::text(
        "half-dates-in-lines",
        |size| alternate(&"1 jan 1 1年 ".repeat(40), "\n", size),
        "what could be dates in each line",
    ),
    Attack::repeat(
        "phone-lines",
        "联系电话:13812345678\n",
        "a telephone number on each line",
    ),
    Attack::repeat("fences", "```\n", "fences of code"),
    Attack::repeat(
        "pages-on-lines",
        "[1] [2] [3]\n",
        "brackets at the start of lines",
    ),
];

/// HTML pages.
const HTML: &[Attack] = &[
    Attack::html(
        "html-deep",
        |size| html(&repeat("<div>甲", size)),
        "elements in elements",
    ),
    Attack::html(
        "html-deep-inline",
        |size| html(&repeat("<b>", size)),
        "tags that are not closed",
    ),
    Attack::html(
        "html-deep-tables",
        |size| html(&repeat("<table><tr><td>", size)),
        "tables in tables",
    ),
    Attack::html(
        "html-lines-in-depth",
        |size| html(&below("<div class=post>", "甲<br>", size)),
        "looking around a piece for elements",
    ),
    Attack::html(
        "html-items-in-depth",
        |size| html(&below("<div class=post>", "<p>甲", size)),
        "the same, with elements of their own",
    ),
    Attack::html(
        "html-links-in-depth",
        |size| html(&below("<i>", "<a>", size)),
        "the open link behind a link",
    ),
    Attack::html(
        "html-list-in-depth",
        |size| html(&below("<i>", "<li>", size)),
        "the list of an item",
    ),
    Attack::html(
        "html-ends-in-depth",
        |size| html(&below("<i>", "</b>", size)),
        "the start of what ends",
    ),
    Attack::html(
        "html-bodies-in-depth",
        |size| html(&below("<i>", "<body>", size)),
        "a second body",
    ),
    Attack::html(
        "html-blocks-in-cell",
        |size| {
            html(&format!(
                "<p><table><td>{}",
                below("<i>", "<div></div>", size)
            ))
        },
        "the paragraph that a block ends",
    ),
    Attack::html(
        "html-lists-in-depth",
        |size| html(&below("<i>", "<ul></ul>", size)),
        "the item around a list",
    ),
    Attack::html("html-rotation", rotation, "tags that are crossed"),
    Attack::html(
        "html-attributes",
        |size| html(&format!("<p {}>", repeat("a=b ", size))),
        "attributes of one tag",
    ),
    Attack::html(
        "html-class",
        |size| html(&format!("<p class='{}'>", repeat("post-meta ", size))),
        "words of one class",
    ),
    Attack::html(
        "html-class-word",
        |size| html(&format!("<p class='{}'>", repeat("post", size))),
        "one long word of a class",
    ),
    Attack::html(
        "html-style",
        |size| html(&format!("<p style='{}'>", repeat("display : ", size))),
        "one long style",
    ),
    Attack::html(
        "html-address",
        |size| html(&format!("<a href='{}'>甲</a>", repeat("/a?b#", size))),
        "one long address",
    ),
    Attack::html(
        "html-equal-addresses",
        |size| {
            html(&alternate(
                &format!("<a href='{}'>甲</a>", "/a".repeat(200)),
                "",
                size,
            ))
        },
        "addresses that are the same",
    ),
    Attack::html(
        "html-comment",
        |size| html(&format!("<!--{}-->", repeat("--!", size))),
        "one long comment",
    ),
    Attack::html(
        "html-open-comment",
        |size| html(&format!("甲<!--{}", repeat("-", size))),
        "a comment that has no end",
    ),
    Attack::html(
        "html-comments",
        |size| html(&repeat("<!---->", size)),
        "very many comments",
    ),
    Attack::html(
        "html-entities",
        |size| html(&repeat("&nbsp;&#x4e00;&amp;", size)),
        "entities",
    ),
    Attack::html(
        "html-no-entities",
        |size| html(&repeat("&notanentity&", size)),
        "what could be entities",
    ),
    Attack::html(
        "html-open-tag",
        |size| html(&format!("<a {}", repeat("<a ", size))),
        "a tag that has no end",
    ),
    Attack::html(
        "html-angles",
        |size| html(&repeat("<", size)),
        "tags that do not begin",
    ),
    Attack::html(
        "html-items",
        |size| html(&format!("<ul>{}", repeat("<li>甲", size))),
        "items",
    ),
    Attack::html(
        "html-cells",
        |size| html(&format!("<table><tr>{}", repeat("<td>甲", size))),
        "cells",
    ),
    Attack::html(
        "html-words",
        |size| html(&repeat("甲 ", size)),
        "words that are runs of their own",
    ),
    Attack::html(
        "html-bold-words",
        |size| html(&repeat("<b>甲</b>", size)),
        "runs",
    ),
    Attack::html(
        "html-title",
        |size| {
            format!(
                "<title>{}</title>{}",
                repeat("甲乙_", size / 2),
                html(&repeat("<p>甲丙丁</p>", size / 2))
            )
        },
        "comparing lines with a long title",
    ),
    Attack::html(
        "html-titles",
        |size| html(&repeat("<title>甲</title>", size)),
        "very many titles",
    ),
    Attack::html(
        "html-links-on-line",
        |size| {
            html(&format!(
                "<div class=related>{}</div>",
                repeat("<a href=/1234.html>相关文章</a>", size)
            ))
        },
        "cues and links on one line",
    ),
    Attack::html(
        "html-tags-on-line",
        |size| {
            html(&format!(
                "<div class=tags>标签: {}</div>",
                repeat("<a href=/tag/a>标签</a>,", size)
            ))
        },
        "cues and tags on one line",
    ),
    Attack::html(
        "html-pre",
        |size| html(&format!("<pre>{}", repeat(" \n", size))),
        "white space that shows",
    ),
    Attack::html(
        "html-pre-spaces",
        |size| html(&format!("<pre>{}", repeat("  a", size))),
        "the same, within a line",
    ),
    Attack::html(
        "html-script",
        |size| html(&format!("<script>{}", repeat("</scrip", size))),
        "a script that has no end",
    ),
    Attack::html(
        "html-hidden",
        |size| html(&repeat("<p hidden>甲</p>", size)),
        "what is not shown",
    ),
    Attack::html(
        "html-one-line",
        |size| html(&format!("<p>{}", repeat("甲。 <i class=tag>乙</i> ", size))),
        "runs of a line that is cut",
    ),
];

/// JSON lines.
const JSONL: &[Attack] = &[
    Attack::jsonl(
        "json-escapes",
        |size| object(&repeat("\\u4e00", size)),
        "escapes",
    ),
    Attack::jsonl(
        "json-short-escapes",
        |size| object(&repeat("\\n", size)),
        "the same, shorter",
    ),
    Attack::jsonl(
        "json-surrogates",
        |size| object(&repeat("\\ud83d", size)),
        "halves of pairs",
    ),
    Attack::jsonl(
        "json-depth",
        |size| {
            format!(
                "{{\"a\":{}{},\"text\":\"甲\"}}\n",
                "[".repeat(size / 2),
                "]".repeat(size / 2)
            )
        },
        "values in values",
    ),
    Attack::jsonl(
        "json-open-depth",
        |size| format!("{{\"text\":{}\n", "[".repeat(size)),
        "the same, without an end",
    ),
    Attack::jsonl(
        "json-keys",
        |size| {
            format!(
                "{{{}\"text\":\"甲\"}}\n",
                numbered(size, |n| format!("\"k{n}\":0,"))
            )
        },
        "keys",
    ),
    Attack::jsonl(
        "json-equal-keys",
        |size| {
            format!(
                "{{{}\"text\":\"甲\"}}\n",
                repeat("\"text\":\"乙\",\"id\":1,", size)
            )
        },
        "keys that are the same",
    ),
    Attack::jsonl(
        "json-escaped-keys",
        |size| format!("{{{}\"text\":\"甲\"}}\n", repeat("\"\\u0061\":0,", size)),
        "keys with escapes",
    ),
    Attack::jsonl(
        "json-records",
        |size| repeat("{\"text\":\"\"}\n", size),
        "records of nothing",
    ),
    Attack::jsonl(
        "json-bad-records",
        |size| repeat("{\n", size),
        "records that cannot be read",
    ),
    Attack::jsonl(
        "json-blank-lines",
        |size| object("甲") + &repeat("\n", size),
        "lines without a record",
    ),
];

/// WARC files.
const WARC: &[Attack] = &[
    Attack::warc(
        "warc-header-lines",
        |size| format!("WARC/1.0\r\n{}\r\n", repeat("A: b\r\n", size)).into_bytes(),
        "lines of one header",
    ),
    Attack::warc(
        "warc-header-line",
        |size| format!("WARC/1.0\r\nA: {}\r\n\r\n", repeat("b", size)).into_bytes(),
        "one line of a header",
    ),
    Attack::warc(
        "warc-empty-records",
        |size| {
            repeat(
                "WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 0\r\n\r\n\r\n\r\n",
                size,
            )
            .into_bytes()
        },
        "records of nothing",
    ),
    Attack::warc(
        "warc-lf-records",
        |size| {
            repeat(
                "WARC/1.0\nWARC-Type: response\nContent-Length: 0\n\n\n\n",
                size,
            )
            .into_bytes()
        },
        "the same, with line ends of one byte",
    ),
    Attack::warc(
        "warc-open-headers",
        |size| repeat("WARC/1.0\r\n", size).into_bytes(),
        "headers without an end",
    ),
    Attack::warc(
        "warc-large-records",
        |size| {
            repeat(
                "WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 99999999999\r\n\r\n",
                size,
            )
            .into_bytes()
        },
        "records that say they are over the limit",
    ),
    Attack::warc(
        "warc-long-records",
        |size| {
            repeat(
                "WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 99\r\n\r\n",
                size,
            )
            .into_bytes()
        },
        "records of a wrong length",
    ),
    Attack::warc(
        "warc-blank",
        |size| {
            answer("", "甲")
                .into_bytes()
                .into_iter()
                .chain(repeat("\r\n", size).into_bytes())
                .collect()
        },
        "line ends between records",
    ),
    Attack::warc(
        "warc-small-answers",
        |size| repeat(&answer("", "甲"), size).into_bytes(),
        "answers of one character",
    ),
    Attack::warc(
        "warc-answer-header",
        |size| answer(&repeat("A: b\r\n", size), "甲").into_bytes(),
        "lines of one answer's head",
    ),
    Attack::warc(
        "warc-chunks",
        |size| {
            answer(
                "Transfer-Encoding: chunked\r\n",
                &(repeat("1\r\na\r\n", size) + "0\r\n\r\n"),
            )
            .into_bytes()
        },
        "chunks of one byte",
    ),
    Attack::warc(
        "warc-codings",
        |size| {
            answer(
                &format!("Transfer-Encoding: {}\r\n", repeat("chunked,", size / 2)),
                &(repeat("ffffff\r\n", size / 2)),
            )
            .into_bytes()
        },
        "codings of codings",
    ),
    Attack::warc("warc-bad-utf8", bad_utf8, "bytes of no charset"),
    Attack::warc("warc-gbk", gbk, "telling charsets"),
];

/// `unit` again and again.
fn repeat(unit: &str, size: usize) -> String {
    unit.repeat(size.div_ceil(unit.len()))
}

/// Both in turn.
fn alternate(one: &str, other: &str, size: usize) -> String {
    repeat(&format!("{one}{other}"), size)
}

/// All of these in turn, neighbours far apart.
fn cycle(parts: impl Iterator<Item = String>, size: usize) -> String {
    let parts: Vec<String> = parts.collect();
    let mut text = String::new();
    let mut at = 0;
    while text.len() < size {
        text.push_str(&parts[at]);
        at = (at + 997) % parts.len();
    }
    text
}

/// What `part` makes of 1, 2, 3 and so on.
fn numbered(size: usize, part: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for n in 1.. {
        text.push_str(&part(n));
        if text.len() >= size {
            break;
        }
    }
    text
}

/// Phrases of the built-in packs.
fn cues() -> impl Iterator<Item = String> {
    let packs = [
        include_str!("../../src/rules/packs/any.txt"),
        include_str!("../../src/rules/packs/en.txt"),
        include_str!("../../src/rules/packs/ja.txt"),
        include_str!("../../src/rules/packs/ko.txt"),
        include_str!("../../src/rules/packs/zh-hans.txt"),
        include_str!("../../src/rules/packs/zh-hant.txt"),
    ];
    let lines = packs.into_iter().flat_map(str::lines);
    let phrases = lines.filter(|line| !line.is_empty() && !line.starts_with(['#', '[']));
    phrases.map(str::to_owned)
}

fn without_last(mut cue: String) -> String {
    cue.pop();
    cue
}

/// Each cue begins with the last character of the one before it.
fn overlapping_cues(size: usize) -> String {
    let mut by_first: BTreeMap<char, Vec<String>> = BTreeMap::new();
    for cue in cues().filter(|cue| !cue.is_ascii()) {
        let first = cue.chars().next().unwrap_or(' ');
        by_first.entry(first).or_default().push(cue);
    }
    let mut text = "相关文章".to_owned();
    let mut turn = 0;
    while text.len() < size {
        let last = text.chars().next_back().unwrap_or(' ');
        turn += 1;
        match by_first.get(&last) {
            Some(cues) => text.extend(cues[turn % cues.len()].chars().skip(1)),
            None => text.push_str("推荐阅读"),
        }
    }
    text
}

/// Characters in any order.
fn random_han(size: usize) -> String {
    let mut text = String::new();
    let mut state = 1u64;
    while text.len() < size {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        text.extend(char::from_u32(0x4e00 + (state >> 40) as u32 % 8000));
    }
    text
}

const COMMON_PAIR: &str = "文章";

fn html(body: &str) -> String {
    format!("<!doctype html><html><body>{body}")
}

/// `unit` again and again inside of as many elements as are told apart.
fn below(open: &str, unit: &str, size: usize) -> String {
    let depth = (size / 4 / open.len()).min(505);
    open.repeat(depth) + &repeat(unit, size - depth * open.len())
}

/// The outermost of many elements is closed and opened inside of the others.
fn rotation(size: usize) -> String {
    let name = |n: usize| format!("x{}", n % 500);
    let mut page = html("");
    for n in 0..500 {
        let _ = write!(page, "<{}>", name(n));
    }
    page + &numbered(size.saturating_sub(2500), |n| {
        format!("</{0}><{0}>", name(n - 1))
    })
}

/// A record with that text.
fn object(text: &str) -> String {
    format!("{{\"text\":\"{text}\"}}\n")
}

/// A record with an answer of a server.
fn answer(head: &str, body: &str) -> String {
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{head}\r\n{body}");
    let length = answer.len();
    format!("WARC/1.0\r\nWARC-Type: response\r\nContent-Length: {length}\r\n\r\n{answer}\r\n\r\n")
}

fn bad_utf8(size: usize) -> Vec<u8> {
    let answer = answer("", &"\u{7f}".repeat(size)).into_bytes();
    answer
        .into_iter()
        .map(|byte| if byte == 0x7f { 0xff } else { byte })
        .collect()
}

/// Bytes that are no UTF-8 and declare nothing: 中文 in GBK.
fn gbk(size: usize) -> Vec<u8> {
    let mut turn = 0;
    let answer = answer("", &"\u{7f}".repeat(size / 4 * 4)).into_bytes();
    let mut gbk = |byte| {
        if byte != 0x7f {
            return byte;
        }
        turn += 1;
        [0xd6, 0xd0, 0xce, 0xc4][(turn - 1) % 4]
    };
    answer.into_iter().map(&mut gbk).collect()
}
