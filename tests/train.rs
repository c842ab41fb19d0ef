//! `dehusk train`, by runs of the program on a few labelled pages.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "helpers outside of test functions")]

mod kit;

use std::fs;
use std::path::Path;

use crate::kit::Dir;

/// Six of the fixtures, small ones of different kinds.
const PAGES: [&str; 6] = [
    "adv-recipe-ingredient-lines",
    "blog-zblog-archives-counters",
    "hk-clinic-glued-nav",
    "noarticle-error-404",
    "seed-single-space-hashtags",
    "short-notice-two-lines",
];

fn folder() -> Dir {
    let dir = Dir::new();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/gold");
    for page in PAGES {
        for file in ["page.txt", "gold.json"] {
            let bytes = fs::read(fixtures.join(page).join(file)).unwrap();
            dir.raw(&format!("six/{page}/{file}"), bytes);
        }
    }
    dir
}

#[test]
fn the_same_pages_give_the_same_bytes() {
    let dir = folder();
    let learn = "train six --steps 6 --prior 2 --folds 2 --no-cross-validation -q";
    for (threads, file) in [(1, "a"), (2, "b"), (2, "c")] {
        let run = dir
            .run(&format!("{learn} --threads {threads} -o {file}"))
            .exits(0);
        assert_eq!(run.err, "");
        assert!(
            run.out.contains("six                      6  fitted  "),
            "{}",
            run.out
        );
    }
    let weights = dir.read("a");
    assert!(weights == dir.read("b") && weights == dir.read("c"));
    let head: Vec<_> = weights.lines().take(4).collect();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        head[0],
        format!("# made by `dehusk train`, dehusk {version}")
    );
    assert_eq!(
        head[1],
        "# settings: prior 2, nets 3, steps 6, terms 4000, variants 7, folds 2"
    );
    assert!(
        head[2].starts_with("# gold: six, 6 pages, hash "),
        "{}",
        head[2]
    );
    assert!(head[3].starts_with("labels\ttitle\t"), "{}", head[3]);
}

#[test]
fn cross_validation_is_told_as_it_goes_and_at_the_end() {
    let dir = folder();
    let run = dir.run("train six --steps 3 --folds 2 -o w").exits(0);
    for expected in [
        "dehusk: fold 1 of 2: learned from 3 pages in ",
        "fold 2 of 2",
        "all 6 pages in ",
    ] {
        assert!(run.err.contains(expected), "{}", run.err);
    }
    for expected in [
        "six                      6  cross-validated  ",
        "six                      6  fitted  ",
    ] {
        assert!(run.out.contains(expected), "{}", run.out);
    }
    // Trying things out on some pages does not change what is learned from all.
    dir.run("train six --steps 3 --folds 2 --no-cross-validation -o v")
        .exits(0);
    let learned = |file: &str| {
        let text = dir.read(file);
        let lines = text.lines().filter(|line| !line.starts_with("calibration"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(learned("v") == learned("w"));
    // The weights are of use.
    dir.raw("page.txt", "标题\n\n正文。\n");
    let with = dir.run("extract page.txt --weights w -q").exits(0);
    assert_eq!(with.records().len(), 1);
}

/// Records of pages by weights that have not seen them: one of each page, with confidence.
#[test]
fn held_out_records_can_be_scored() {
    let dir = folder();
    let run = dir
        .run("train six --steps 3 --folds 2 -q -o w --held-out h.jsonl")
        .exits(0);
    let scores = dir.run("eval six h.jsonl --json").exits(0);
    let scores: serde_json::Value = serde_json::from_str(&scores.out).unwrap();
    assert_eq!(scores["with_segments"], 6);
    let main = scores["figures"]["main"]["macro"]["f1"].as_f64().unwrap();
    assert!(
        run.out.contains(&format!("cross-validated  {main:.4} ")),
        "{main} {}",
        run.out
    );
    assert!(!scores["calibration"].as_array().unwrap().is_empty());
    assert!(dir.read("w").contains("\ncalibration\t"));
    let run = dir
        .run("train six -o w --held-out h --no-cross-validation")
        .exits(2);
    assert!(run.err.contains("cannot be used with"), "{}", run.err);
}

#[test]
fn a_weights_file_that_is_none_is_named_with_the_line() {
    let dir = folder();
    dir.run("train six --steps 1 --prior 2 --folds 2 --no-cross-validation -q -o w")
        .exits(0);
    let broken = dir.read("w").replacen("\nnet.1.", "\nnose=1\t0\nnet.1.", 1);
    let line = broken
        .lines()
        .position(|line| line.starts_with("nose"))
        .unwrap()
        + 1;
    dir.raw("broken", broken);
    dir.raw("page.txt", "x");
    let run = dir.run("extract page.txt --weights broken").exits(2);
    assert!(
        run.err.starts_with(&format!("dehusk: broken:{line}: ")),
        "{}",
        run.err
    );
}

#[test]
fn what_cannot_be_learned_from_leaves_no_file() {
    let dir = folder();
    for (line, expected) in [
        ("train nothing -o w", "dehusk: nothing: No such file"),
        (
            "train six/hk-clinic-glued-nav -o w",
            "dehusk: six/hk-clinic-glued-nav: no labelled pages",
        ),
        (
            "train six -o no/such/w",
            "dehusk: no/such/w: there is no directory no/such",
        ),
        (
            "train six -o w --held-out no/such/h",
            "dehusk: no/such/h: there is no directory no/such",
        ),
        (
            "train six -o w --folds 1",
            "error: invalid value '1' for '--folds <K>': not a number from 2 to 100",
        ),
        (
            "train six -o w --prior 0",
            "error: invalid value '0' for '--prior <X>': not a number over 0",
        ),
        (
            "train six",
            "error: the following required arguments were not provided:\n  --output <FILE>",
        ),
    ] {
        let run = dir.run(line).exits(2);
        assert!(run.err.starts_with(expected), "{line}: {}", run.err);
    }
    for page in PAGES.iter().skip(1) {
        fs::remove_dir_all(dir.path().join("six").join(page)).unwrap();
    }
    let run = dir.run("train six --steps 1 -o w").exits(2);
    assert!(
        run.err
            .starts_with("dehusk: all pages are of one site or template"),
        "{}",
        run.err
    );
    assert_eq!(dir.names(), ["six"]);
    // One page will do if nothing is to be tested.
    dir.run("train six --steps 1 -o w --no-cross-validation")
        .exits(0);
}
