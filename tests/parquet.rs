//! Parquet in and out: the same pages and records as through JSONL.

#![cfg(all(feature = "cli", feature = "parquet"))]
#![allow(clippy::unwrap_used, reason = "helpers outside of test functions")]

mod kit;

use std::fs;
use std::io::{Cursor, Read as _, Write as _};
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BinaryArray, DictionaryArray, Int64Array, RecordBatch};
use arrow_array::{LargeStringArray, ListArray, StringArray, TimestampMillisecondArray};
use arrow_array::{StringViewArray, types};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde_json::{Value, json};

use crate::kit::{Dir, pack};

const PAGES: [&str; 6] = [
    "标题:怎么种薄荷\n\n一、光照不够\n\n薄荷每天要晒四个小时以上，可以把花盆挪到窗台最外侧。\n\n标签: 甲 乙\n",
    "免费咨询热线:400-800-7526\n\n相关文章: 网站备案需要多久?  小程序和APP有什么区别 \n\n个*益",
    "\u{feff}\"quotes\" \\back\\slashes\\ \u{8}\u{c}\u{1}\u{7f}\t\u{2028}\r\n",
    "😀 é 𠮷 \u{fffd}",
    "",
    "a\0b",
];

/// A file of these columns, packed as told, so many rows a group.
fn table(columns: Vec<(&str, ArrayRef)>, packing: Compression, rows: usize) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties = WriterProperties::builder()
        .set_compression(packing)
        .set_max_row_group_row_count(Some(rows));
    let mut file = Vec::new();
    let mut writer =
        ArrowWriter::try_new(&mut file, batch.schema(), Some(properties.build())).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    file
}

fn strings<'a>(values: impl IntoIterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

/// A table of texts with ids and urls.
fn pages() -> Vec<u8> {
    let names: Vec<_> = (0..PAGES.len()).map(|n| format!("page {n}")).collect();
    let urls: Vec<_> = (0..PAGES.len())
        .map(|n| (n % 2 == 0).then(|| format!("https://a.example/{n}")))
        .collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", strings(names.iter().map(String::as_str))),
        ("url", Arc::new(StringArray::from(urls))),
        ("text", strings(PAGES)),
    ];
    table(columns, Compression::SNAPPY, 4)
}

/// The same as JSONL.
fn lines() -> String {
    let line = |(n, text): (usize, &&str)| {
        let url = (n % 2 == 0).then(|| format!("https://a.example/{n}"));
        json!({ "id": format!("page {n}"), "url": url, "text": text }).to_string() + "\n"
    };
    PAGES.iter().enumerate().map(line).collect()
}

fn without_source(mut records: Vec<Value>) -> Vec<Value> {
    for record in &mut records {
        record.as_object_mut().unwrap().remove("source");
    }
    records
}

fn open(file: &[u8]) -> ParquetRecordBatchReaderBuilder<fs::File> {
    let mut copy = tempfile::tempfile().unwrap();
    copy.write_all(file).unwrap();
    ParquetRecordBatchReaderBuilder::try_new(copy).unwrap()
}

/// The rows of a file as JSON, nulls left out; and its columns.
fn rows(file: &[u8]) -> (Vec<Value>, Vec<String>) {
    let reader = open(file);
    let columns = reader.schema().fields().iter();
    let columns = columns.map(|field| field.name().clone()).collect();
    let mut lines = arrow_json::LineDelimitedWriter::new(Vec::new());
    for batch in reader.build().unwrap() {
        lines.write(&batch.unwrap()).unwrap();
    }
    lines.finish().unwrap();
    let lines = String::from_utf8(lines.into_inner()).unwrap();
    (kit::records(&lines), columns)
}

/// JSONL records as Parquet has them.
fn as_rows(mut records: Vec<Value>) -> Vec<Value> {
    for record in &mut records {
        if let Some(input) = record.get_mut("input") {
            *input = input.to_string().into();
        }
    }
    records
}

#[test]
fn pages_are_those_of_jsonl() {
    let dir = Dir::new();
    let file = pages();
    let expected = dir
        .run_on("extract --with-text --from jsonl", lines())
        .exits(0);
    let expected = without_source(expected.records());
    let texts: Vec<_> = expected.iter().map(|record| &record["text"]).collect();
    assert_eq!(texts, PAGES);

    for name in [
        "pages.parquet",
        "pages.PQ",
        "pages",
        "pages.parquet.gz",
        "d/x.pq.zst",
    ] {
        dir.file(name, &file);
        let run = dir.run(&format!("extract --with-text {name}")).exits(0);
        assert_eq!(without_source(run.records()), expected, "{name}");
        assert_eq!(
            run.records()[5]["source"],
            json!({ "path": name, "record": 5 })
        );
    }
    for packed in [file.clone(), pack("a.gz", &file)] {
        let run = dir.run_on("extract --with-text", packed).exits(0);
        assert_eq!(without_source(run.records()), expected);
    }
    // A directory's are read, too.
    assert_eq!(dir.run("extract d").exits(0).records().len(), PAGES.len());
}

#[test]
fn every_type_of_text_and_packing() {
    let dir = Dir::new();
    let expected = dir
        .run_on(
            "extract --with-text --fields body,text --from jsonl",
            lines(),
        )
        .records();
    let dictionary: DictionaryArray<types::Int32Type> = PAGES.into_iter().collect();
    let columns: [ArrayRef; 4] = [
        strings(PAGES),
        Arc::new(LargeStringArray::from_iter_values(PAGES)),
        Arc::new(StringViewArray::from_iter_values(PAGES)),
        Arc::new(dictionary),
    ];
    let packings = [
        Compression::UNCOMPRESSED,
        Compression::GZIP(GzipLevel::default()),
        Compression::BROTLI(BrotliLevel::default()),
        Compression::LZ4_RAW,
    ];
    for (column, packing) in columns.into_iter().zip(packings) {
        let what = format!("{} {packing}", column.data_type());
        dir.raw("x.parquet", table(vec![("content", column)], packing, 2));
        let run = dir.run("extract --with-text --fields body,text --text-field content x.parquet");
        assert_eq!(run.exits(0).records(), expected, "{what}");
    }
}

#[test]
fn bytes_are_decoded_as_documents() {
    let dir = Dir::new();
    let gbk = b"\xb1\xa1\xba\xc9\xba\xc3\xd1\xf8\xa3\xac\xc8\xb4\xd2\xb2\xc8\xdd\xd2\xd7\xcd\xbd\xb3\xa4\xa1\xa3";
    let column: ArrayRef = Arc::new(BinaryArray::from_iter_values([&gbk[..], b"plain"]));
    let packing = Compression::ZSTD(ZstdLevel::default());
    dir.raw("x.parquet", table(vec![("text", column)], packing, 9));
    let run = dir
        .run("extract --fields text,source --with-text x.parquet")
        .exits(0);
    assert_eq!(run.each("text"), ["薄荷好养，却也容易徒长。", "plain"]);
    let charset = run.records()[0]["source"]["charset"].clone();
    assert!(
        ["GBK", "gb18030"].contains(&charset.as_str().unwrap()),
        "{charset}"
    );

    let html = "<p>Eins<script>x</script><p>Zwei";
    let column = table(vec![("page", strings([html]))], packing, 9);
    dir.raw("html.parquet", column);
    let run = dir
        .run("extract --with-text --html-field page html.parquet")
        .exits(0);
    let expected = dir.run_on(
        "extract --with-text --from jsonl --html-field page",
        json!({ "page": html }).to_string(),
    );
    assert_eq!(run.each("text"), expected.each("text"));
}

#[test]
fn fields_that_are_kept() {
    let dir = Dir::new();
    let list =
        ListArray::from_iter_primitive::<types::Int32Type, _, _>([Some(vec![Some(1), None]), None]);
    let time = TimestampMillisecondArray::from(vec![1_700_000_000_123, 0]);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from(vec![7, i64::MAX]))),
        ("text", strings(["a", "b"])),
        (
            "name",
            Arc::new(StringArray::from(vec![Some("x\"y"), None])),
        ),
        ("list", Arc::new(list)),
        ("time", Arc::new(time.with_timezone("Europe/Berlin"))),
    ];
    dir.raw("x.parquet", table(columns, Compression::SNAPPY, 9));
    let run = dir.run("extract --fields id --keep all x.parquet").exits(0);
    let expected = "\
{\"id\":\"7\",\"input\":{\"id\":7,\"name\":\"x\\\"y\",\"list\":[1,null],\"time\":\"2023-11-14T22:13:20.123Z\"}}
{\"id\":\"9223372036854775807\",\"input\":{\"id\":9223372036854775807,\"name\":null,\"list\":null,\"time\":\"1970-01-01T00:00:00Z\"}}
";
    assert_eq!(run.out, expected);
    let run = dir
        .run("extract --fields input --keep name,none x.parquet")
        .exits(0);
    assert_eq!(
        run.out,
        "{\"input\":{\"name\":\"x\\\"y\"}}\n{\"input\":{\"name\":null}}\n"
    );
}

#[test]
fn pages_that_fail() {
    let dir = Dir::new();
    let long = "长".repeat(100);
    let texts = [Some("one"), None, Some(&*long), Some("two")];
    let column: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
    let columns = vec![("id", strings(["a", "b", "c", "d"])), ("text", column)];
    dir.raw("x.parquet", table(columns, Compression::SNAPPY, 9));
    let line = "extract --max-page-size 50 --errors e.jsonl -q x.parquet";
    let run = dir.run(line).exits(1);
    assert_eq!(run.each("id"), ["a", "d"]);
    assert_eq!(
        run.complaints(),
        [
            "dehusk: x.parquet: record 1: field `text` is null, not a string",
            "dehusk: x.parquet: record 2: page over the limit of 50 bytes",
        ]
    );
    let errors = kit::records(&dir.read("e.jsonl"));
    assert_eq!(errors[0]["id"], "b");
    assert_eq!(errors[0]["raw"], json!({ "text": "" }));
    assert!(errors[0].get("offset").is_none());
    assert_eq!(errors[1]["truncated"], true);

    // Errors have a column where they are asked for.
    let line =
        "extract --max-page-size 50 --on-error record -q --fields text x.parquet -o y.parquet";
    dir.run(line).exits(1);
    let (rows, columns) = rows(&fs::read(dir.path().join("y.parquet")).unwrap());
    assert_eq!(columns, ["schema", "id", "source", "text", "error"]);
    assert_eq!(rows[1]["error"], "field `text` is null, not a string");
    assert_eq!((rows.len(), &rows[3]["text"]), (4, &json!("two")));
}

#[test]
fn what_is_kept_counts() {
    let dir = Dir::new();
    let columns = vec![
        ("text", strings(["a", "b"])),
        ("name", strings(["12345678", "1"])),
    ];
    dir.raw("x.parquet", table(columns, Compression::SNAPPY, 9));
    let line = "extract -q --fields input --max-page-size 8 x.parquet --keep";
    let run = dir.run(&format!("{line} name")).exits(1);
    assert_eq!(run.out, "{\"input\":{\"name\":\"1\"}}\n");
    let complaint = "dehusk: x.parquet: record 0: page over the limit of 8 bytes";
    assert_eq!(run.complaints(), [complaint]);
    dir.run(&format!("{line} none")).exits(0);
}

#[test]
fn files_that_fail() {
    let dir = Dir::new();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("text", Arc::new(Int64Array::from(vec![1]))),
        ("body", strings(["a"])),
    ];
    dir.raw("x.parquet", table(columns, Compression::SNAPPY, 9));
    let only = |line: &str| {
        let run = dir.run(line).exits(1);
        assert_eq!(run.complaints().len(), 1, "{run:#?}");
        run.complaints()[0].to_owned()
    };
    assert_eq!(
        only("extract -q x.parquet --text-field content"),
        "dehusk: x.parquet: no column `content`; there are: text, body"
    );
    assert_eq!(
        only("extract -q x.parquet"),
        "dehusk: x.parquet: column `text` is Int64, not a string"
    );
    let whole = pages();
    dir.raw("cut.parquet", &whole[..whole.len() - 9]);
    dir.raw("zero.parquet", "");
    dir.raw("gz.parquet", &pack("a.gz", &whole)[..500]);
    assert!(only("extract -q cut.parquet").starts_with("dehusk: cut.parquet: "));
    assert!(only("extract -q zero.parquet").starts_with("dehusk: zero.parquet: "));
    assert!(only("extract -q gz.parquet").starts_with("dehusk: gz.parquet: broken gzip: "));
    let none = table(vec![("text", strings([]))], Compression::SNAPPY, 9);
    dir.raw("none.parquet", none);
    let run = dir.run("extract -q none.parquet").exits(0);
    assert_eq!((run.out, run.err), (String::new(), String::new()));
}

#[test]
fn a_broken_row_group_costs_itself() {
    let dir = Dir::new();
    let texts: Vec<_> = (0..30).map(|n| format!("第{n}页")).collect();
    let column = strings(texts.iter().map(String::as_str));
    let mut file = table(
        vec![("text", column)],
        Compression::ZSTD(ZstdLevel::default()),
        10,
    );
    let groups = open(&file).metadata().row_groups().to_vec();
    let (start, length) = groups[1].column(0).byte_range();
    let middle = usize::try_from(start + length / 2).unwrap();
    for byte in &mut file[middle..middle + 8] {
        *byte ^= 0x55;
    }
    dir.raw("x.parquet", file);
    let run = dir.run("extract -q x.parquet --fields id,body").exits(1);
    let (ids, complaints) = (run.each("id"), run.complaints());
    assert_eq!(complaints.len(), 1, "{run:#?}");
    assert!(complaints[0].starts_with("dehusk: x.parquet: record 10: row group 1: "));
    assert_eq!(
        ids[..10],
        (0..10)
            .map(|n| format!("x.parquet#{n}"))
            .collect::<Vec<_>>()
    );
    assert_eq!(
        ids[10..],
        (20..30)
            .map(|n| format!("x.parquet#{n}"))
            .collect::<Vec<_>>()
    );
}

/// Whatever is wrong in a file, reading ends, and says so unless the pages are all there.
#[test]
fn garbled_files_end_in_errors() {
    let whole = pages();
    let read = |file: Vec<u8>| -> Vec<_> {
        let input = dehusk::Input::builder().reader("x", Cursor::new(file));
        input.build().collect()
    };
    assert_eq!(read(whole.clone()).iter().flatten().count(), PAGES.len());
    let footer = whole.len() * 2 / 3;
    for at in (4..footer)
        .step_by(13)
        .chain((footer..whole.len() - 4).step_by(3))
    {
        for flip in [0x01, 0x80, 0xff] {
            let mut file = whole.clone();
            file[at] ^= flip;
            let pages = read(file);
            let good = pages.iter().flatten().count();
            assert!(good == PAGES.len() || good < pages.len(), "{at} {flip:x}");
        }
    }
    for end in (5..whole.len()).step_by(31) {
        assert!(
            read(whole[..end].to_vec()).iter().any(Result::is_err),
            "{end}"
        );
    }
}

#[test]
fn records_are_those_of_jsonl() {
    let dir = Dir::new();
    let kept = lines().replace("\"text\"", "\"n\":[1,{\"a\":null}],\"text\"");
    dir.file("in.jsonl", kept);
    for options in [
        "",
        "--with-text --keep all --confidence",
        "--offsets chars --fields segments,related,id",
        "--fields title --keep n",
    ] {
        let expected = as_rows(
            dir.run(&format!("extract {options} in.jsonl"))
                .exits(0)
                .records(),
        );
        dir.run(&format!("extract {options} in.jsonl -o out.parquet"))
            .exits(0);
        let file = fs::read(dir.path().join("out.parquet")).unwrap();
        let (found, columns) = rows(&file);
        assert_eq!(found, expected, "{options}");
        if options.starts_with("--offsets") {
            assert_eq!(columns, ["id", "related", "segments"]);
        }

        let mut child = dir.start(&format!(
            "extract {options} in.jsonl --to parquet --threads 1"
        ));
        let mut stdout = Vec::new();
        child
            .stdout
            .take()
            .unwrap()
            .read_to_end(&mut stdout)
            .unwrap();
        assert!(child.wait().unwrap().success());
        assert!(stdout == file, "{options}: {} {}", stdout.len(), file.len());
    }
    assert_eq!(dir.names(), ["in.jsonl", "out.parquet"]);
}

#[test]
fn large_outputs_are_the_same_for_any_number_of_threads() {
    let dir = Dir::new();
    // Six bytes of JSON for each: much to write, little to decide.
    let page = PAGES[..2].join("\n") + &"\u{1}".repeat(6000);
    let lines: String = (0..600)
        .map(|n| kit::line(&n.to_string(), &format!("{n}\n{page}")))
        .collect();
    dir.file("in.jsonl", lines);
    let run = |threads: usize| {
        let line = format!("extract --with-text --threads {threads} in.jsonl -o {threads}.parquet");
        dir.run(&line).exits(0);
        fs::read(dir.path().join(format!("{threads}.parquet"))).unwrap()
    };
    let file = run(1);
    assert!(file == run(4));
    let reader = open(&file);
    let groups = reader.metadata().row_groups();
    assert!(groups.len() > 1);
    assert_eq!(
        groups.iter().map(|group| group.num_rows()).sum::<i64>(),
        600
    );
}

#[test]
fn no_pages_are_an_empty_table() {
    let dir = Dir::new();
    dir.file("in.jsonl", "");
    dir.run("extract in.jsonl -o out.parquet").exits(0);
    let (rows, columns) = rows(&fs::read(dir.path().join("out.parquet")).unwrap());
    assert_eq!((rows.len(), columns.len()), (0, 14));
    // Its own output can be read again.
    let run = dir.run("extract out.parquet --text-field body").exits(0);
    assert!(run.out.is_empty());
}
