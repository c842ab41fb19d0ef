//! The fence. A module imports only modules above it in `src/lib.rs`, and an outside crate
//! appears only where it belongs. The compiler holds neither inside one crate.
//!
//! Needs paths to be written out: `use crate::module::…`, no braces after `crate::`.

#![allow(clippy::unwrap_used, reason = "helpers outside of test functions")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Where each outside crate may appear, below `src`. One that is not listed may appear anywhere.
const OWNERS: [(&str, &[&str]); 42] = [
    ("aho_corasick", &["pair_search"]),
    ("anstream", &["bin/dehusk/screen.rs"]),
    ("anstyle", &["bin/dehusk/screen.rs"]),
    ("arrow_array", &["input/parquet.rs"]),
    ("arrow_json", &["input/parquet.rs", "output/parquet.rs"]),
    ("arrow_schema", &["input/parquet.rs", "output/parquet.rs"]),
    ("base64", &["bin/dehusk/sheet.rs"]),
    ("brotli_decompressor", &["input/http.rs", "input/pages.rs"]),
    ("bzip2", &["input/compress.rs"]),
    ("chardetng", &["input/decode.rs"]),
    ("clap", &["bin/dehusk"]),
    (
        "clap_complete",
        &["bin/dehusk/args.rs", "bin/dehusk/manual.rs"],
    ),
    ("clap_mangen", &["bin/dehusk/manual.rs"]),
    ("comfy_table", &["bin/dehusk/screen.rs"]),
    ("ctrlc", &["bin/dehusk/interrupt.rs"]),
    ("encoding_rs", &["input/decode.rs"]),
    (
        "flate2",
        &[
            "input/compress.rs",
            "input/http.rs",
            "input/pages.rs",
            "output/file.rs",
        ],
    ),
    ("html5gum", &["input/html.rs"]),
    ("httparse", &["input/http.rs", "input/warc.rs"]),
    ("indicatif", &["bin/dehusk/report.rs"]),
    ("lzma_rust2", &["input/compress.rs"]),
    (
        "maud",
        &[
            "bin/dehusk/sheet.rs",
            "bin/dehusk/stats",
            "bin/dehusk/explain",
        ],
    ),
    ("nix", &["bin/dehusk/interrupt.rs"]),
    // The crate; our own modules of that name are reached by `self::` and `super::`.
    (
        "parquet::arrow",
        &["input/pages.rs", "input/parquet.rs", "output/parquet.rs"],
    ),
    ("parquet::basic", &["input/pages.rs", "output/parquet.rs"]),
    ("parquet::column", &["input/pages.rs"]),
    (
        "parquet::file",
        &["input/pages.rs", "input/parquet.rs", "output/parquet.rs"],
    ),
    (
        "parquet::schema",
        &["input/parquet.rs", "output/parquet.rs"],
    ),
    ("rayon", &["pipeline.rs", "train"]),
    (
        "regex",
        &[
            "pieces.rs",
            "features/patterns.rs",
            "fields/contacts.rs",
            "eval/items.rs",
        ],
    ),
    (
        "serde",
        &[
            "input/jsonl.rs",
            "gold/mod.rs",
            "eval/records.rs",
            "output/schema.rs",
            "stats",
            "bin/dehusk/ledger.rs",
            "bin/dehusk/manifest.rs",
            "bin/dehusk/settings.rs",
        ],
    ),
    (
        "serde_json",
        &[
            "input/jsonl.rs",
            "output/json.rs",
            "gold/mod.rs",
            "eval/records.rs",
            "output/schema.rs",
            "stats/record.rs",
            "bin/dehusk/config.rs",
            "bin/dehusk/eval.rs",
            "bin/dehusk/explain/json.rs",
            "bin/dehusk/stats.rs",
            "bin/dehusk/ledger.rs",
            "bin/dehusk/manifest.rs",
        ],
    ),
    ("sha2", &["bin/dehusk/sheet.rs"]),
    ("simdutf8", &["input/decode.rs"]),
    ("tempfile", &["input/parquet.rs"]),
    ("terminal_size", &["bin/dehusk/screen.rs"]),
    ("textwrap", &["bin/dehusk/screen.rs"]),
    ("toml", &["bin/dehusk/presets.rs"]),
    ("unicode_normalization", &["eval/items.rs"]),
    ("unicode_width", &["bin/dehusk/screen.rs"]),
    ("walkdir", &["input/walk.rs"]),
    (
        "zstd",
        &["input/compress.rs", "input/http.rs", "output/file.rs"],
    ),
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file: its path below `src`, and its lines that are not comments.
fn files() -> Vec<(String, Vec<String>)> {
    let mut files = Vec::new();
    let mut folders = vec![source()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path
                    .strip_prefix(source())
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .replace('\\', "/");
                let code = fs::read_to_string(&path).unwrap();
                let lines = code
                    .lines()
                    .filter(|line| !line.trim_start().starts_with("//"));
                files.push((name, lines.map(str::to_owned).collect()));
            }
        }
    }
    files
}

/// The modules in the order of `lib.rs`.
fn modules() -> Vec<String> {
    let lib = fs::read_to_string(source().join("lib.rs")).unwrap();
    let name = |line: &str| {
        Some(
            line.strip_prefix("pub ")
                .unwrap_or(line)
                .strip_prefix("mod ")?
                .strip_suffix(';')?
                .to_owned(),
        )
    };
    lib.lines().filter_map(name).collect()
}

/// The names that follow `before` in a line of code, where that starts a path.
fn names_after<'l>(line: &'l str, before: &str) -> Vec<&'l str> {
    let word = |char: char| char.is_alphanumeric() || char == '_';
    let starts = line
        .match_indices(before)
        .filter(|(at, _)| !line[..*at].ends_with(word));
    starts
        .map(|(at, _)| {
            line[at + before.len()..]
                .split(|char| !word(char))
                .next()
                .unwrap()
        })
        .collect()
}

/// Upward imports, as messages.
fn upward(modules: &[String], file: &str, lines: &[String]) -> Vec<String> {
    let module = file.split(['/', '.']).next().unwrap();
    let rank = |name: &str| modules.iter().position(|known| known == name);
    let Some(own) = rank(module) else {
        return Vec::new();
    };
    let complain = |line: &String, name: &str| match rank(name) {
        Some(other) if other <= own => None,
        _ => Some(format!("{file}: {}", line.trim())),
    };
    lines
        .iter()
        .flat_map(|line| {
            names_after(line, "crate::")
                .into_iter()
                .filter_map(|name| complain(line, name))
                .collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn modules_import_only_what_is_above_them() {
    let modules = modules();
    assert!(modules.len() > 5, "{modules:?}");
    let found: Vec<_> = files()
        .iter()
        .flat_map(|(file, lines)| upward(&modules, file, lines))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn outside_crates_stay_with_their_owners() {
    let mut found = Vec::new();
    for (file, lines) in files() {
        for (name, owners) in OWNERS {
            let owned = owners.iter().any(|owner| file.starts_with(owner));
            let mut uses = lines
                .iter()
                .filter(|line| !names_after(line, &format!("{name}::")).is_empty());
            found.extend(
                uses.next()
                    .filter(|_| !owned)
                    .map(|line| format!("{file}: {}", line.trim())),
            );
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// The crates that a manifest asks for.
fn crates(manifest: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if let Some((name, _)) = line.split_once(" = ")
            && inside
        {
            found.insert(name);
        }
    }
    found
}

/// The crates that stand first in a row of a table.
fn rows(document: &str) -> Vec<&str> {
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split_once('`'))
        .map(|(name, _)| name)
        .collect()
}

#[test]
fn each_dependency_is_accounted_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let document = fs::read_to_string(root.join("docs/dependencies.md")).unwrap();
    let (asked, told) = (crates(&manifest), rows(&document));
    assert!(
        asked.len() > 40 && asked.contains("nix") && asked.contains("divan"),
        "{asked:?}"
    );
    let once: BTreeSet<_> = told.iter().copied().collect();
    assert_eq!(
        once.len(),
        told.len(),
        "a crate stands there twice: {told:?}"
    );
    assert_eq!(asked, once);
}

#[test]
fn unsafe_code_is_in_one_file() {
    let found: Vec<_> = files()
        .into_iter()
        .filter(|(_, lines)| {
            lines
                .iter()
                .any(|line| !names_after(line, "unsafe").is_empty())
        })
        .map(|(file, _)| file)
        .collect();
    assert_eq!(found, ["pair_search/simd.rs"]);
}

#[test]
fn every_module_says_what_it_is() {
    for (name, _) in files() {
        let code = fs::read_to_string(source().join(&name)).unwrap();
        assert!(code.starts_with("//! "), "{name}");
    }
}

#[test]
fn the_fence_finds_what_is_planted() {
    let modules = ["error", "input", "output"].map(str::to_owned);
    let check = |file: &str, line: &str| upward(&modules, file, &[line.to_owned()]).len();
    assert_eq!(check("input/mod.rs", "use crate::error::Error;"), 0);
    assert_eq!(check("input/mod.rs", "use crate::input::Input;"), 0);
    assert_eq!(check("input.rs", "    let x = crate::output::f();"), 1);
    // A re-export would be a way round.
    assert_eq!(check("error.rs", "use crate::Input;"), 1);
    assert_eq!(check("error.rs", "use crate::{input, output};"), 1);
    assert_eq!(check("bin/dehusk/main.rs", "use crate::args::Args;"), 0);
    assert_eq!(
        names_after("use other_regex::X; regex::Y", "regex::"),
        ["Y"]
    );
}
