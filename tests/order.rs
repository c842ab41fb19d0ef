//! The output depends on the input alone: not on threads, nor on how the bytes happen to
//! arrive, nor on how they are dealt out.

#![allow(clippy::unwrap_used, reason = "helpers outside of test functions")]

#[path = "kit/trickle.rs"]
mod trickle;

use std::io::{self, Read};
use std::num::NonZero;
use std::sync::OnceLock;

use dehusk::{
    Charset, Extractor, Input, InputBuilder, InputFormat, OnError, OutputFormat, PageError,
    Pipeline, RecordWriter, Sink, Summary,
};
use proptest::prelude::*;

use trickle::Trickle;

/// Keeps everything.
#[derive(Debug, Default, PartialEq)]
struct Kept {
    out: Vec<u8>,
    errors: Vec<PageError>,
}

impl Sink for Kept {
    fn records(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn error(&mut self, error: &PageError) -> io::Result<()> {
        self.errors.push(error.clone());
        Ok(())
    }
}

/// One for all: building it takes longer than most runs here.
fn extractor() -> &'static Extractor {
    static SHARED: OnceLock<Extractor> = OnceLock::new();
    SHARED.get_or_init(Extractor::new)
}

fn run(input: InputBuilder, threads: usize, on_error: OnError) -> (Kept, Option<Summary>) {
    let writer = RecordWriter::new(OutputFormat::Jsonl).with_text(true);
    let pipeline = Pipeline::new(extractor(), writer)
        .threads(NonZero::new(threads).unwrap())
        .on_error(on_error);
    let mut kept = Kept::default();
    let summary = pipeline.run(input.build(), &mut kept).ok();
    (kept, summary)
}

/// Lines of all kinds: good, broken, blank, long, not UTF-8.
fn some_line() -> impl Strategy<Value = Vec<u8>> {
    let page =
        "\\PC{0,40}".prop_map(|text| serde_json::json!({ "text": text }).to_string().into_bytes());
    let long = (1..400_usize)
        .prop_map(|length| format!("{{\"text\":\"{}\"}}", "长".repeat(length)).into_bytes());
    let bytes = proptest::collection::vec(
        any::<u8>().prop_filter("one line", |byte| *byte != b'\n'),
        0..30,
    );
    prop_oneof![8 => page, 2 => long, 1 => bytes, 1 => Just(b" ".to_vec()), 1 => Just(b"{\"id\":1}".to_vec())]
}

fn some_lines() -> impl Strategy<Value = Vec<u8>> {
    let end = prop_oneof![Just(&b"\n"[..]), Just(&b"\r\n"[..])];
    let lines = proptest::collection::vec((some_line(), end), 0..60);
    (lines, any::<bool>(), any::<bool>()).prop_map(|(lines, mark, open)| {
        let mut all = if mark {
            b"\xef\xbb\xbf".to_vec()
        } else {
            Vec::new()
        };
        for (line, end) in lines {
            all.extend(line);
            all.extend(end);
        }
        if open && all.ends_with(b"\n") {
            all.pop();
        }
        all
    })
}

fn jsonl() -> InputBuilder {
    Input::builder()
        .format(InputFormat::Jsonl)
        .max_page_size(500)
}

/// What the file says, found the slow way.
fn lines_by_hand(bytes: &[u8]) -> usize {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.trim_ascii().is_empty())
        .count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn however_it_is_dealt_out(
        bytes in some_lines(),
        sizes in proptest::collection::vec(1..200_usize, 1..8),
        block in 1..3000_usize,
    ) {
        let (expected, summary) = run(jsonl().reader("in", io::Cursor::new(bytes.clone())), 1, OnError::Record);
        let summary = summary.unwrap();
        prop_assert_eq!((summary.pages + summary.errors) as usize, lines_by_hand(&bytes));
        prop_assert_eq!(expected.out.iter().filter(|byte| **byte == b'\n').count(), lines_by_hand(&bytes));
        for threads in [1, 2, 3, 8] {
            let trickle = Trickle::new(&*bytes, &*sizes);
            let got = run(jsonl().reader("in", trickle).block_size(block), threads, OnError::Record);
            prop_assert_eq!(&got.0, &expected);
            prop_assert_eq!(got.1, Some(summary));
        }
        let pages = jsonl().reader("in", io::Cursor::new(bytes.clone())).block_size(block).build();
        let errors: Vec<_> = pages.filter_map(Result::err).collect();
        prop_assert_eq!(errors, expected.errors);
    }

    #[test]
    fn failing_is_in_order_too(bytes in some_lines(), block in 1..3000_usize) {
        let input = || jsonl().reader("in", io::Cursor::new(bytes.clone()));
        let expected = run(input(), 1, OnError::Fail);
        prop_assert!(expected.0.errors.len() <= 1);
        prop_assert_eq!(expected.1.is_some(), expected.0.errors.is_empty());
        for threads in [1, 3] {
            let got = run(input().block_size(block), threads, OnError::Fail);
            prop_assert_eq!(&got.0, &expected.0);
        }
    }

    #[test]
    fn text_arrives_whole(bytes in proptest::collection::vec(any::<u8>(), 0..600), size in 1..100_usize) {
        let trickle = Trickle::new(&*bytes, [size]);
        let utf8 = Charset::for_label("utf-8").unwrap();
        let mut input = Input::builder().format(InputFormat::Text).charset(utf8).reader("in", trickle).build();
        if bytes.starts_with(&[0x1f, 0x8b]) {
            return Ok(());
        }
        let page = input.next().unwrap().unwrap();
        let plain = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        prop_assert_eq!(page.text, String::from_utf8_lossy(plain));
        prop_assert!(input.next().is_none());
    }
}

#[test]
fn many_blocks_many_threads() {
    let page = |number: usize| {
        format!(
            "{{\"text\":\"{}\"}}\n",
            "正文。\\n".repeat(number * 37 % 400)
        )
    };
    let bytes: Vec<u8> = (0..3000).map(page).collect::<String>().into_bytes();
    let input = || Input::builder().reader("in", io::Cursor::new(bytes.clone()));
    let expected = run(input(), 1, OnError::Skip);
    assert_eq!(expected.1.unwrap().pages, 3000);
    for (threads, block) in [(2, 1000), (3, 64 << 10), (8, 1)] {
        assert!(
            run(input().block_size(block), threads, OnError::Skip) == expected,
            "{threads} {block}"
        );
    }
}

/// Takes so many calls, then fails.
struct Tired(usize);

impl Sink for Tired {
    fn records(&mut self, _bytes: &[u8]) -> io::Result<()> {
        self.0 = self.0.checked_sub(1).ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(())
    }
}

#[test]
fn a_sink_that_fails_ends_the_run() {
    for calls in [0, 1, 50] {
        // Never ends by itself.
        let input = Input::builder()
            .reader("in", Endless(0))
            .block_size(1000)
            .build();
        let pipeline = Pipeline::new(extractor(), RecordWriter::new(OutputFormat::Jsonl));
        let error = pipeline.run(input, &mut Tired(calls)).unwrap_err();
        assert!(error.is_broken_pipe(), "{error}");
    }
}

/// The same line for ever; counts bytes given.
struct Endless(usize);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let line = b"{\"text\":\"more\"}\n";
        let rest = &line[self.0 % line.len()..];
        let count = buffer.len().min(rest.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.0 += count;
        Ok(count)
    }
}

struct Panics;

impl Read for Panics {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        panic!("a reader's own bug")
    }
}

#[test]
#[should_panic(expected = "a reader's own bug")]
fn a_panic_does_not_hang_the_run() {
    run(Input::builder().reader("in", Panics), 2, OnError::Skip);
}
