//! What `dehusk schema` says of records is true of them, and of nothing else.
//!
//! The schema is made of a description (`src/output/shape.rs`), records are written by hand-made
//! code. What holds the two together is here: all records fit, each key of the schema is in some
//! record, and a key more, less or of another type does not fit.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "helpers outside of test functions")]

mod kit;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::kit::{Dir, line, records};

fn schema(line: &str) -> (Value, Validator) {
    let run = Dir::new().run(line).exits(0);
    let schema: Value = serde_json::from_str(&run.out).unwrap();
    (schema.clone(), Validator(schema))
}

/// As much of JSON Schema as is used here; a word that it does not know fails the test.
/// `scripts/interop/schema.py` asks a whole validator. The crates that are one bring so many
/// features to crates that we use that all is built twice, and benches measure another program.
struct Validator(Value);

impl Validator {
    fn is_valid(&self, value: &Value) -> bool {
        self.errors(value).is_empty()
    }

    fn errors(&self, value: &Value) -> Vec<String> {
        let mut errors = Vec::new();
        check(&self.0, value, "", &mut errors);
        errors
    }
}

fn check(schema: &Value, value: &Value, at: &str, errors: &mut Vec<String>) {
    if schema.is_boolean() {
        errors.extend((schema == &json!(false)).then(|| format!("{at}: not allowed")));
        return;
    }
    for (word, told) in schema.as_object().unwrap() {
        let holds = match word.as_str() {
            "$schema" => told == "https://json-schema.org/draft/2020-12/schema",
            "title" | "description" => told.is_string(),
            "type" => is_of(told.as_str().unwrap(), value),
            "enum" => told.as_array().unwrap().contains(value),
            "const" => told == value,
            "minimum" => value
                .as_f64()
                .is_none_or(|value| value >= told.as_f64().unwrap()),
            "maximum" => value
                .as_f64()
                .is_none_or(|value| value <= told.as_f64().unwrap()),
            "minItems" => length(value).is_none_or(|length| length >= told.as_u64().unwrap()),
            "maxItems" => length(value).is_none_or(|length| length <= told.as_u64().unwrap()),
            "required" => {
                let names = told.as_array().unwrap().iter();
                let mut names = names.map(|name| name.as_str().unwrap());
                !value.is_object() || names.all(|name| value.get(name).is_some())
            }
            "anyOf" => told
                .as_array()
                .unwrap()
                .iter()
                .any(|one| fits_one(one, value)),
            "if" => {
                let branch = if fits_one(told, value) {
                    "then"
                } else {
                    "else"
                };
                fits_one(&schema[branch], value)
            }
            // Seen with `if`.
            "then" | "else" => schema.get("if").is_some(),
            "allOf" | "items" | "properties" | "additionalProperties" => {
                check_inside(word, told, schema, value, at, errors);
                true
            }
            unknown => panic!("{unknown}: teach the test this word"),
        };
        errors.extend((!holds).then(|| format!("{at}: {word} {told}")));
    }
}

/// Words that hold other schemas.
fn check_inside(
    word: &str,
    told: &Value,
    schema: &Value,
    value: &Value,
    at: &str,
    errors: &mut Vec<String>,
) {
    match (word, value) {
        ("allOf", _) => {
            let all = told.as_array().unwrap().iter();
            all.for_each(|one| check(one, value, at, errors));
        }
        ("items", Value::Array(items)) => {
            for (n, item) in items.iter().enumerate() {
                check(told, item, &format!("{at}/{n}"), errors);
            }
        }
        ("properties", Value::Object(entries)) => {
            for (name, told) in told.as_object().unwrap() {
                if let Some(value) = entries.get(name) {
                    check(told, value, &format!("{at}/{name}"), errors);
                }
            }
        }
        ("additionalProperties", Value::Object(entries)) => {
            assert_eq!(told, &json!(false));
            let known = schema["properties"].as_object().unwrap();
            let new = entries.keys().filter(|name| !known.contains_key(*name));
            errors.extend(new.map(|name| format!("{at}: unknown key {name}")));
        }
        _ => {}
    }
}

fn fits_one(schema: &Value, value: &Value) -> bool {
    let mut errors = Vec::new();
    check(schema, value, "", &mut errors);
    errors.is_empty()
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        unknown => panic!("{unknown}: teach the test this type"),
    }
}

fn length(value: &Value) -> Option<u64> {
    value.as_array().map(|items| items.len() as u64)
}

#[track_caller]
fn fits(validator: &Validator, record: &Value) {
    let wrong = validator.errors(record);
    assert!(wrong.is_empty(), "{wrong:#?}\n{record:#}");
}

fn fixtures() -> String {
    format!("{}/fixtures", env!("CARGO_MANIFEST_DIR"))
}

/// Pages of all kinds, and some that cannot be read.
fn pages() -> Dir {
    let dir = Dir::new();
    for name in [
        "seed-weibo-closed-tags",
        "seed-one-tag-masked-words",
        "company-blocks-pump-doorway",
    ] {
        let page = Path::new(&fixtures())
            .join("gold")
            .join(name)
            .join("page.txt");
        dir.raw(&format!("{name}.txt"), fs::read(page).unwrap());
    }
    dir.raw(
        "gbk.txt",
        b"\xd6\xd0\xce\xc4\xd2\xb3\xc3\xe6\xc8\xe7\xba\xce\xb1\xbb\xca\xb6\xb1\xf0\xff\n",
    );
    let wet = "WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: http://u.example/\r\nWARC-Date: 2024-01-02T03:04:05Z\r\nWARC-Record-ID: <urn:uuid:1>\r\nContent-Length: 7\r\n\r\nA page.\r\n\r\n";
    dir.raw("a.wet", wet);
    let more = "{\"text\":1}\n{\n{\"text\":\"x\",\"url\":\"http://u\",\"id\":7,\"n\":[1,{}]}\n";
    dir.file("z.jsonl", line("a", "一、标题\n正文。") + more);
    dir.raw(
        "broken.jsonl",
        b"{\"text\":\"x\"}\n\xff\xfe\x00 not \xe6JSON\n",
    );
    dir.raw("replaced.txt", b"a\xffb\xfe");
    dir
}

#[test]
fn golden_records_fit() {
    let (_, validator) = schema("schema");
    for entry in fs::read_dir(format!("{}/golden", fixtures())).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        fits(&validator, &serde_json::from_str(&text).unwrap());
    }
}

/// Paths of all keys in a value; of a list, those of all items.
fn keys(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                let path = format!("{path}/{key}");
                found.insert(path.clone());
                // What is in there is the input's.
                if path != "/input" {
                    keys(value, &path, found);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| keys(item, path, found)),
        _ => {}
    }
}

/// Paths of all keys that a schema allows.
fn allowed(schema: &Value, path: &str, found: &mut BTreeSet<String>) {
    for (key, value) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}/{key}");
        found.insert(path.clone());
        allowed(value, &path, found);
    }
    for inner in schema["anyOf"].as_array().into_iter().flatten() {
        allowed(inner, path, found);
    }
    if schema["items"].is_object() {
        allowed(&schema["items"], path, found);
    }
}

#[test]
fn records_of_all_options_fit_and_show_every_key() {
    let dir = pages();
    let (schema, validator) = schema("schema");
    let mut seen = BTreeSet::new();
    for options in [
        "",
        "--with-text --confidence --keep all",
        "--offsets chars --keep n",
        "--offsets utf16 --on-error record --confidence",
    ] {
        let run = dir.run(&format!("extract . {options}")).exits(1);
        assert!(run.records().len() >= 7, "{run:#?}");
        for record in run.records() {
            fits(&validator, &record);
            keys(&record, "", &mut seen);
        }
    }
    let mut all = BTreeSet::new();
    allowed(&schema, "", &mut all);
    assert!(all.len() > 35, "{all:?}");
    assert_eq!(all, seen);
}

#[test]
fn records_of_some_keys_fit_their_schema() {
    let dir = pages();
    for (fields, options) in [
        ("title,tags", ""),
        ("schema,text,input", "--on-error record"),
        ("segments,source", "--confidence --offsets utf16"),
        ("title,input,text", "--keep n --with-text"),
    ] {
        let (_, validator) = schema(&format!("schema --fields {fields}"));
        let run = dir.run(&format!("extract . --fields {fields} {options}"));
        assert!(run.records().len() >= 7, "{run:#?}");
        run.records()
            .iter()
            .for_each(|record| fits(&validator, record));
        assert!(
            !validator.is_valid(&json!({"schema": 1, "id": "a"})),
            "{fields}"
        );
    }
    let unknown = dir.run("schema --fields titel").exits(2);
    assert!(
        unknown.err.contains("there are: schema, id, url,"),
        "{unknown:?}"
    );
    dir.run("schema failed --fields title").exits(2);
}

#[test]
fn failed_pages_fit() {
    let dir = pages();
    dir.run("extract . missing.txt --errors failed.jsonl")
        .exits(1);
    let (schema, validator) = schema("schema failed");
    let mut seen = BTreeSet::new();
    dir.file("long.jsonl", line("a", &"x".repeat(5000)));
    dir.run("extract long.jsonl --max-page-size 1k --errors long.failed.jsonl")
        .exits(1);
    let failed = records(&(dir.read("failed.jsonl") + &dir.read("long.failed.jsonl")));
    assert!(failed.len() >= 5, "{failed:?}");
    for failed in &failed {
        fits(&validator, failed);
        keys(failed, "", &mut seen);
    }
    let mut all = BTreeSet::new();
    allowed(&schema, "", &mut all);
    let of_other_inputs = ["charset", "replaced", "url", "WARC-Date", "WARC-Record-ID"];
    for name in of_other_inputs {
        all.remove(&format!("/source/{name}"));
        seen.remove(&format!("/source/{name}"));
    }
    assert_eq!(all, seen);
    let mut both = failed[0].clone();
    both["raw"] = json!({"text": "a", "bytes": "YQ=="});
    assert!(!validator.is_valid(&both));
}

#[test]
fn what_is_no_record_does_not_fit() {
    let (_, validator) = schema("schema");
    let text = fs::read_to_string(format!("{}/golden/seed-weibo-closed-tags.json", fixtures()));
    let record: Value = serde_json::from_str(&text.unwrap()).unwrap();
    fits(&validator, &record);
    let broken = |change: &dyn Fn(&mut Value)| {
        let mut record = record.clone();
        change(&mut record);
        !validator.is_valid(&record)
    };
    for key in [
        "schema", "id", "source", "body", "sections", "tags", "related", "contacts", "masked",
        "segments",
    ] {
        let gone = |record: &mut Value| drop(record.as_object_mut().unwrap().remove(key));
        assert!(broken(&gone), "without {key}");
        assert!(broken(&|record| record[key] = Value::Null), "{key} is null");
    }
    for (at, value) in [
        ("/schema", json!(2)),
        ("/title", json!(1)),
        ("/language", json!("fr")),
        ("/segments/0/kind", json!("advert")),
        ("/segments/0/start", json!(-1)),
        ("/segments/0/end", json!(1.5)),
        ("/tags/0", json!(["a"])),
        ("/source/record", json!("0")),
    ] {
        let change = |record: &mut Value| {
            *record.pointer_mut(at).unwrap() = value.clone();
        };
        assert!(broken(&change), "{at} = {value}");
    }
    for at in ["", "/source", "/segments/0"] {
        let change = |record: &mut Value| record.pointer_mut(at).unwrap()["new"] = json!(1);
        assert!(broken(&change), "a new key in {at:?}");
    }
    // Items belong to lists, and to nothing else.
    let segments = record["segments"].as_array().unwrap();
    let of = |kind: &str| {
        segments
            .iter()
            .position(|segment| segment["kind"] == kind)
            .unwrap()
    };
    assert!(broken(
        &|record| record["segments"][of("body")]["items"] = json!([])
    ));
    let gone = |record: &mut Value| {
        drop(
            record["segments"][of("tags")]
                .as_object_mut()
                .unwrap()
                .remove("items"),
        );
    };
    assert!(broken(&gone));
    assert!(broken(
        &|record| record["segments"][of("tags")]["items"] = json!([[1, 2, 3]])
    ));
    // Not half an error and half a record.
    assert!(broken(&|record| record["error"] = json!("x")));
    assert!(!validator.is_valid(&json!({"schema": 1, "id": "a", "error": "x"})));
}
