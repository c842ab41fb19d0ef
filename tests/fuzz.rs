//! The fuzz targets on a stable toolchain: on their seeds, on what once broke them, and on seeds
//! that are cut, spliced and garbled, so many a target that a run takes a minute.
//!
//! To look further: `PROPTEST_CASES=100000 PROPTEST_RNG_SEED=$RANDOM cargo test --release --all-features
//! --test fuzz`. To look much further: `fuzz/`, see CONTRIBUTING.md.

#![cfg(all(feature = "_internals", feature = "cli", feature = "parquet"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers outside of test functions"
)]

#[allow(dead_code)]
#[path = "../src/bin/dehusk/args.rs"]
mod args;
#[path = "kit/crawl.rs"]
mod crawl;
mod kit;
#[allow(dead_code)]
#[path = "../src/bin/dehusk/presets.rs"]
mod presets;
#[path = "kit/seeds.rs"]
mod seeds;
#[path = "kit/targets.rs"]
mod targets;

use std::path::Path;
use std::{env, fmt, fs};

use dehusk::_internals::weights_text;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{RngSeed, TestRunner};

use seeds::seeds;
use targets::TARGETS;

/// Cases a target, unless the environment has another number.
const CASES: u32 = 2000;

/// What turns up where formats have limits.
const TOKENS: [&[u8]; 18] = [
    b"\0",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\xe4\xbd",
    b"\xed\xa0\x80",
    b"\n",
    b"\r\n\r\n",
    b"#",
    b"\"",
    b"\\u",
    b"<",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"[[[[[[[[",
    "\u{200b}".as_bytes(),
    "\u{202e}".as_bytes(),
    "标签".as_bytes(),
];

/// One change to bytes.
#[derive(Clone, Debug)]
enum Edit {
    Cut(Index, Index),
    Repeat(Index, Index, usize),
    Set(Index, u8),
    Insert(Index, &'static [u8]),
    /// From there on, what another seed has from there on.
    Splice(Index, Index, Index),
}

impl Edit {
    fn apply(&self, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let at = |index: &Index, bytes: &[u8]| index.index(bytes.len() + 1);
        let range = |one: &Index, other: &Index, bytes: &[u8]| {
            let (one, other) = (at(one, bytes), at(other, bytes));
            one.min(other)..one.max(other)
        };
        match self {
            Self::Cut(one, other) => drop(bytes.drain(range(one, other, bytes))),
            Self::Repeat(one, other, times) => {
                let range = range(one, other, bytes);
                let more = bytes[range.clone()].repeat(*times);
                bytes.splice(range.end..range.end, more);
            }
            Self::Set(index, byte) => {
                if let Some(there) = bytes.len().checked_sub(1) {
                    bytes[index.index(there + 1)] = *byte;
                }
            }
            Self::Insert(index, token) => {
                let at = at(index, bytes);
                bytes.splice(at..at, token.iter().copied());
            }
            Self::Splice(index, seed, from) => {
                let other = &seeds[seed.index(seeds.len())];
                bytes.truncate(at(index, bytes));
                bytes.extend(&other[at(from, other)..]);
            }
        }
        // Repeats of repeats.
        bytes.truncate(50_000);
    }
}

fn edit() -> impl Strategy<Value = Edit> {
    let index = any::<Index>;
    prop_oneof![
        (index(), index()).prop_map(|(one, other)| Edit::Cut(one, other)),
        (index(), index(), 1..9_usize)
            .prop_map(|(one, other, times)| Edit::Repeat(one, other, times)),
        (index(), any::<u8>()).prop_map(|(at, byte)| Edit::Set(at, byte)),
        (index(), select(&TOKENS[..])).prop_map(|(at, token)| Edit::Insert(at, token)),
        (index(), index(), index()).prop_map(|(at, seed, from)| Edit::Splice(at, seed, from)),
    ]
}

/// Shown as a literal, so that it can be pasted.
struct Garbled(Vec<u8>);

impl fmt::Debug for Garbled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

/// Runs a target on seeds that have been changed.
fn garble(target: &str, run: impl Fn(&[u8])) {
    let seeds = seeds(target);
    for seed in &seeds {
        run(seed);
    }
    let mut config = ProptestConfig::default();
    if env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    if matches!(config.rng_seed, RngSeed::Random) {
        config.rng_seed = RngSeed::Fixed(20_261_122);
    }
    config.failure_persistence = None;
    let changed = (any::<Index>(), vec(edit(), 1..6)).prop_map(|(seed, edits)| {
        let mut bytes = seeds[seed.index(seeds.len())].clone();
        edits.iter().for_each(|edit| edit.apply(&mut bytes, &seeds));
        Garbled(bytes)
    });
    let result = TestRunner::new(config).run(&changed, |garbled| {
        run(&garbled.0);
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{target}: {failure}");
    }
}

/// Else nothing behind reading is reached.
#[test]
fn seeds_of_weights_are_understood() {
    let seeds = seeds("weights");
    for seed in &seeds {
        weights_text("weights", str::from_utf8(seed).unwrap()).unwrap();
    }
    let nets = |seed: &&Vec<u8>| seed.windows(5).any(|bytes| bytes == b"\nnet.");
    assert!(seeds.iter().any(|seed| nets(&seed)) && !seeds.iter().all(|seed| nets(&seed)));
}

macro_rules! garbled {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            garble(stringify!($name), targets::$name);
        }
    )*
        /// Neither here nor in `fuzz/`.
        #[test]
        fn no_target_is_forgotten() {
            let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
            let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
            for (name, _) in TARGETS {
                let file = fs::read_to_string(fuzz.join(format!("fuzz_targets/{name}.rs"))).unwrap();
                assert!(file.contains(&format!("run(\"{name}\", bytes)")));
                assert!(manifest.contains(&format!("name = \"{name}\"")));
            }
            assert!(TARGETS.iter().map(|(name, _)| *name).eq([$(stringify!($name)),*]));
        }
    };
}

garbled!(page jsonl warc html parquet packed rules weights search stats gold predictions config);

/// What once broke a target: `fixtures/fuzz/TARGET/NAME`.
#[test]
fn findings_stay_mended() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/fuzz");
    for (target, run) in TARGETS {
        let Ok(findings) = fs::read_dir(root.join(target)) else {
            continue;
        };
        for finding in findings {
            run(&fs::read(finding.unwrap().path()).unwrap());
        }
    }
}

/// Writes the seeds where `cargo fuzz` looks for them.
#[test]
#[ignore = "writes files; for fuzz/"]
fn seeds_for_fuzzing() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for target in TARGETS.map(|(name, _)| name) {
        let folder = corpus.join(target);
        fs::create_dir_all(&folder).unwrap();
        for (number, seed) in seeds(target).iter().enumerate() {
            fs::write(folder.join(format!("seed-{number:03}")), seed).unwrap();
        }
    }
}
