//! Input made to be slow.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "../benches/attacks/mod.rs"]
mod attacks;
#[path = "../benches/corpus/mod.rs"]
mod corpus;

use std::env;

use dehusk::_internals::Stages;
use dehusk::{Extractor, Input, InputFormat, OutputFormat, Page, Record, RecordWriter};

#[inline(never)]
fn counted_read(bytes: Vec<u8>, format: InputFormat) -> Vec<Page> {
    Input::builder()
        .reader("attack", std::io::Cursor::new(bytes))
        .format(format)
        .build()
        .filter_map(Result::ok)
        .collect()
}
#[inline(never)]
fn counted_lines(stages: &mut [Stages<'_, '_>]) -> usize {
    stages.iter_mut().map(|s| s.lines()).sum()
}
#[inline(never)]
fn counted_hits(stages: &mut [Stages<'_, '_>]) -> usize {
    stages.iter_mut().map(|s| s.hits()).sum()
}
#[inline(never)]
fn counted_pieces(stages: &mut [Stages<'_, '_>]) -> usize {
    stages.iter_mut().map(|s| s.pieces()).sum()
}
#[inline(never)]
fn counted_features(stages: &mut [Stages<'_, '_>]) -> usize {
    stages.iter_mut().map(|s| s.features()).sum()
}
#[inline(never)]
fn counted_labels(stages: &mut [Stages<'_, '_>]) -> usize {
    stages.iter_mut().map(|s| s.labels()).sum()
}
#[inline(never)]
fn counted_segments<'p>(stages: &mut [Stages<'_, 'p>]) -> Vec<Record<'p>> {
    stages.iter_mut().map(|s| s.record()).collect()
}
#[inline(never)]
fn counted_write(pages: &[Page], records: &[Record<'_>], writer: &mut RecordWriter) -> usize {
    let mut out = Vec::new();
    for (page, record) in pages.iter().zip(records) {
        writer.write(page, record, &mut out);
    }
    out.len()
}

fn measure(name: &str, bytes: Vec<u8>, format: InputFormat) {
    let size = bytes.len();
    static E: std::sync::LazyLock<Extractor> = std::sync::LazyLock::new(|| {
        let e = Extractor::new();
        e.worker().extract("一页");
        e
    });
    let extractor = &*E;
    let mut writer = RecordWriter::new(OutputFormat::Jsonl)
        .with_text(true)
        .offsets(dehusk::Offsets::Utf16);
    let time = std::time::Instant::now();
    let mut laps = vec![];
    let mut lap = || laps.push(time.elapsed().as_secs_f64());
    let pages = counted_read(bytes, format);
    lap();
    let mut stages: Vec<_> = pages
        .iter()
        .map(|p| Stages::marked_up(extractor, &p.text, &p.markup))
        .collect();
    let lines = counted_lines(&mut stages);
    lap();
    let hits = counted_hits(&mut stages);
    lap();
    let pieces = counted_pieces(&mut stages);
    lap();
    let features = counted_features(&mut stages);
    lap();
    let labels = counted_labels(&mut stages);
    lap();
    let records = counted_segments(&mut stages);
    lap();
    let written = counted_write(&pages, &records, &mut writer);
    lap();
    let text: usize = pages.iter().map(|p| p.text.len()).sum();
    let mut before = 0.0;
    let times: Vec<String> = laps
        .iter()
        .map(|&l| {
            let d = (l - before) / size as f64 * 1e9;
            before = l;
            format!("{d:.1}")
        })
        .collect();
    println!(
        "MEASURED {name} {size} pages={} text={text} lines={lines} hits={hits} pieces={pieces} features={features} labels={labels} written={written} ns/B: {}",
        pages.len(),
        times.join(" ")
    );
}

#[test]
#[ignore]
fn measured() {
    let sizes: Vec<usize> = env::var("SIZES")
        .unwrap_or("50000".into())
        .split(',')
        .map(|s| s.parse().unwrap())
        .collect();
    let only = env::var("ONLY").unwrap_or_default();
    if only.is_empty() || only.contains("normal") {
        let text: Vec<Vec<u8>> = corpus::Crawl::new(1)
            .bytes(sizes[0] * 10)
            .map(|p| p.text.into_bytes())
            .collect();
        // one page a measure: join as jsonl
        let jsonl: String = corpus::Crawl::new(1)
            .bytes(sizes[0] * 10)
            .map(|p| p.to_line())
            .collect();
        measure("normal-jsonl", jsonl.into_bytes(), InputFormat::Jsonl);
        measure("normal-text", text[0].clone(), InputFormat::Text);
        let mut html: Vec<_> = std::fs::read_dir("fixtures/html")
            .unwrap()
            .map(|e| e.unwrap().path())
            .filter(|p| p.extension().is_some_and(|e| e == "html"))
            .collect();
        html.sort();
        let mut warc = Vec::new();
        for p in html {
            let b = std::fs::read(p).unwrap();
            warc.extend_from_slice(format!("WARC/1.0\r\nWARC-Type: response\r\nContent-Length: {}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", b.len() + 44).as_bytes());
            warc.extend(b);
            warc.extend_from_slice(b"\r\n\r\n");
        }
        measure("normal-html-warc", warc, InputFormat::Warc);
    }
    for attack in attacks::all().filter(|a| only.is_empty() || only.split(',').any(|o| a.name == o))
    {
        for &size in &sizes {
            measure(attack.name, attack.bytes(size), attack.format);
        }
    }
}
