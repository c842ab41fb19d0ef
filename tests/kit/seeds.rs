//! Fixtures become what fuzzing starts from: small inputs that each target understands.

use std::fs;
use std::path::Path;

use dehusk::{Extractor, OutputFormat, Page, ParquetWriter, RecordWriter, RuleSet};
use serde_json::json;

use crate::crawl::{html, pack, record, response};
use crate::kit::line;
use crate::targets::GOLD_PAGE;

/// Larger ones would slow a fuzzer down and show it nothing new.
const LARGEST: usize = 6000;

/// What a target with settings takes for its first byte.
const SETTINGS: u8 = 0x35;

/// Seeds for the target of this name.
pub(crate) fn seeds(target: &str) -> Vec<Vec<u8>> {
    let set = |bytes: Vec<u8>| [&[SETTINGS][..], &bytes].concat();
    let bytes = |texts: Vec<String>| {
        texts
            .into_iter()
            .map(String::into_bytes)
            .collect::<Vec<_>>()
    };
    match target {
        "page" => bytes(pages()),
        "jsonl" => lines(3).map(set).collect(),
        "warc" => crawls().into_iter().map(set).collect(),
        "html" => files("fixtures/html", "html")
            .into_iter()
            .map(set)
            .collect(),
        "packed" => packed().into_iter().map(set).collect(),
        "parquet" => vec![table(&pages()[..2]), table(&pages()[2..5]), table(&[])],
        "rules" => packs(),
        "weights" => weight_files(),
        "search" => searches().into_iter().map(set).collect(),
        "stats" => written(&pages()).chunks(2).map(<[_]>::concat).collect(),
        "gold" => [
            files("fixtures/train", "marked"),
            files("fixtures/gold", "json"),
            vec![gold()],
        ]
        .concat(),
        "predictions" => predictions(),
        "config" => settings(),
        _ => panic!("no target {target}"),
    }
}

/// The fixtures' files with this ending that are not too large.
fn files(folder: &str, ending: &str) -> Vec<Vec<u8>> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut paths = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                paths.push(path);
            }
        }
    }
    paths.sort();
    let small = |path| Some(fs::read(path).unwrap()).filter(|bytes| bytes.len() <= LARGEST);
    paths.iter().filter_map(small).collect()
}

fn pages() -> Vec<String> {
    let files = files("fixtures/gold", "txt");
    files
        .into_iter()
        .map(|bytes| String::from_utf8(bytes).unwrap())
        .collect()
}

/// So many short pages a file.
fn lines(pages_each: usize) -> impl Iterator<Item = Vec<u8>> {
    let own = |text: String| line(&text.chars().take(4).collect::<String>(), &text);
    let lines: Vec<_> = pages()
        .into_iter()
        .filter(|page| page.len() < 2000)
        .map(own)
        .collect();
    let all: Vec<_> = lines
        .chunks(pages_each)
        .map(|lines| lines.concat().into_bytes())
        .collect();
    all.into_iter()
}

fn crawls() -> Vec<Vec<u8>> {
    let short: Vec<_> = pages()
        .into_iter()
        .filter(|page| page.len() < 1500)
        .collect();
    let wet = |(number, page): (usize, &String)| record("conversion", number, page.as_bytes());
    let mut files: Vec<_> = short.iter().enumerate().map(wet).collect();
    files.push(files[..2].concat());
    let charsets = ["utf-8", "gb18030", "utf-16le"];
    files.extend(
        charsets
            .iter()
            .zip(&short)
            .map(|(charset, page)| response(1, page, charset)),
    );
    let chunked = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n\
                   c\r\n<p>one</p>\n<p\r\n7;x=y\r\n>two</p\r\n1\r\n>\r\n0\r\nX-End: 1\r\n\r\n";
    files.push(record("response", 2, chunked.as_bytes()));
    for (coding, packing) in [("gzip", "gz"), ("zstd", "zst")] {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: {coding}\r\n\r\n"
        );
        let body = pack(packing, &html(&short[0], "utf-8"));
        files.push(record("response", 3, &[head.as_bytes(), &body].concat()));
    }
    files.push(pack("gz", &files[0]));
    files.push([pack("gz", &files[0]), pack("gz", &files[1])].concat());
    files
}

fn packed() -> Vec<Vec<u8>> {
    let page = &pages()[0].clone().into_bytes();
    let inner: Vec<Vec<u8>> = lines(1).take(2).chain([page.clone()]).collect();
    let all = ["gz", "zst", "bz2", "xz"].iter();
    let mut files: Vec<_> = all
        .flat_map(|packing| inner.iter().map(|inner| pack(packing, inner)))
        .collect();
    files.push([pack("gz", page), pack("zst", page)].concat());
    files.extend([
        b"\xef\xbb\xbf\xe7\x94\xb2".to_vec(),
        b"\xff\xfe\x32\x75".to_vec(),
        b"\xbc\xd7\xd2\xd2\xb1\xfb".to_vec(),
    ]);
    files
}

/// Records, one a page.
fn written(pages: &[String]) -> Vec<Vec<u8>> {
    let extractor = Extractor::new();
    let mut writer = RecordWriter::new(OutputFormat::Jsonl);
    let own = |(number, text): (usize, &String)| {
        let url = Some(format!("http://host{number}.example/"));
        let page = Page {
            url,
            id: number.to_string(),
            ..Page::default()
        };
        let mut line = Vec::new();
        writer.write(&page, &extractor.worker().extract(text), &mut line);
        line.push(b'\n');
        line
    };
    pages
        .iter()
        .filter(|page| page.len() < 2000)
        .enumerate()
        .map(own)
        .collect()
}

fn table(pages: &[String]) -> Vec<u8> {
    let extractor = Extractor::new();
    let mut writer = RecordWriter::new(OutputFormat::Parquet).with_text(true);
    let mut file = ParquetWriter::new(Vec::new(), &writer).unwrap();
    for text in pages {
        let mut bytes = Vec::new();
        writer.write(
            &Page::default(),
            &extractor.worker().extract(text),
            &mut bytes,
        );
        dehusk::Sink::records(&mut file, &bytes).unwrap();
    }
    file.finish().unwrap()
}

/// The built-in packs in parts, and one with all that a pack can have.
fn packs() -> Vec<Vec<u8>> {
    let own = "# Ours.\n[promo lead]\n咨询\n加微信   # why\n\n[off]\n加微信\n[tags lead]\n标签：\n";
    let of_pack = |(_, text): &(&str, &str)| {
        let sections = text.split("\n[").skip(1);
        sections
            .map(|section| format!("[{section}").into_bytes())
            .collect::<Vec<_>>()
    };
    let parts = RuleSet::builtin_packs().iter().flat_map(of_pack);
    parts
        .chain([own.as_bytes().to_vec()])
        .filter(|part| part.len() <= LARGEST)
        .collect()
}

/// The built-in weights in parts.
fn weight_files() -> Vec<Vec<u8>> {
    let text = include_str!("../../src/decide/text.tsv");
    let (head, rest): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| line.starts_with("labels"));
    let own = |lines: &[&str]| format!("{}\n{}\n", head[0], lines.join("\n")).into_bytes();
    let rows: Vec<&str> = rest
        .into_iter()
        .filter(|line| !line.starts_with('#'))
        .collect();
    rows.chunks(60).step_by(9).map(own).collect()
}

fn searches() -> Vec<Vec<u8>> {
    let rules = RuleSet::builtin();
    let phrases: Vec<&str> = rules.cues().iter().map(|cue| cue.phrase.as_str()).collect();
    let own = |(page, phrases): (&String, &[&str])| {
        format!("{}\n=\n{page}", phrases.join("\n")).into_bytes()
    };
    let short: Vec<_> = pages()
        .into_iter()
        .filter(|page| page.len() < 2000)
        .collect();
    short.iter().zip(phrases.chunks(40)).map(own).collect()
}

fn gold() -> Vec<u8> {
    let span =
        |start: usize, end: usize, label: &str| json!({"start": start, "end": end, "label": label});
    let spans = [
        span(0, 6, "title"),
        span(8, 38, "body"),
        span(40, 51, "tags"),
    ];
    let gold =
        json!({"id": "case", "title": "标题", "tags": ["甲", "乙"], "related": [], "spans": spans});
    gold.to_string().into_bytes()
}

/// Records of the page that is scored.
fn predictions() -> Vec<Vec<u8>> {
    let extractor = Extractor::builder().confidence(true).build().unwrap();
    let page = Page {
        id: "page".into(),
        ..Page::default()
    };
    let record = extractor.worker().extract(GOLD_PAGE);
    let mut line = Vec::new();
    RecordWriter::new(OutputFormat::Jsonl).write(&page, &record, &mut line);
    line.push(b'\n');
    let failed = br#"{"schema":1,"id":"page","source":{"path":"p","record":0},"error":"bad JSON"}"#;
    let bare = r#"{"id":"a/page.html","title":"标题","body":"薄荷喜光，也耐半阴。","tags":["甲"],"related":[]}"#;
    vec![
        line.clone(),
        failed.to_vec(),
        bare.as_bytes().to_vec(),
        [&line[..], b"\n", &line].concat(),
        pack("gz", &line),
    ]
}

fn settings() -> Vec<Vec<u8>> {
    let texts = [
        "[extract]\nthreads = 2\nquiet = true\nmax-page-size = \"4M\"\nfields = [\"id\", \"title\"]\noffsets = \"chars\"\n",
        "[extract]\nrules = ['a.txt', \"b.txt\"]  # ours\nfrom = \"jsonl\"\nkeep = [\"x\"]\n\n[explain]\nfrom = '''html'''\n",
        "[extract]\nquiet = 1\nthreads = -1\n[extract.more]\nx = { y = 1979-05-27 }\n",
    ];
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}
