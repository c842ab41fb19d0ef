//! What records depend on beside their input: every option that changes them, packs and
//! weights by their content, and the version. Two runs with equal settings write equal bytes.

use std::collections::BTreeMap;
use std::path::Path;

use dehusk::{OutputFormat, RuleSet};
use serde::{Deserialize, Serialize};

use crate::args::{Extract, Reading};
use crate::run::{self, Failure};

/// The weights that are built in; packs can be had from the library.
const WEIGHTS: [&str; 2] = [
    include_str!("../../decide/text.tsv"),
    include_str!("../../decide/html.tsv"),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// Of all that follows.
    pub(crate) hash: String,
    options: BTreeMap<String, String>,
}

impl Settings {
    pub(crate) fn of(args: &Extract, format: OutputFormat) -> Result<Self, Failure> {
        let options = options(args, format)?;
        let mut hash = Fnv::default();
        for (name, value) in &options {
            hash.field(name.as_bytes());
            hash.field(value.as_bytes());
        }
        let hash = hash.hex();
        Ok(Self { hash, options })
    }

    /// The first difference, for a person: what it was here and is there.
    pub(crate) fn differs(&self, now: &Self) -> Option<String> {
        if self == now {
            return None;
        }
        let value = |settings: &Self, name: &str| {
            let value = settings.options.get(name);
            value.map_or_else(|| "not known".to_owned(), |value| format!("`{value}`"))
        };
        let mut names = now.options.keys().chain(self.options.keys());
        let name = names.find(|name| self.options.get(*name) != now.options.get(*name));
        Some(name.map_or_else(
            || "the hash is not that of the settings".to_owned(),
            |name| format!("{name} was {}, is {}", value(self, name), value(now, name)),
        ))
    }
}

/// Names no field with `..`, so that who adds an option must decide.
fn options(args: &Extract, format: OutputFormat) -> Result<BTreeMap<String, String>, Failure> {
    let Reading {
        from,
        text_field,
        html_field,
        charset,
        id_field,
        url_field,
        max_page_size,
    } = &args.reading;
    let Extract {
        reading: _,
        fields,
        with_text,
        keep,
        offsets,
        confidence,
        rules,
        weights,
        on_error,
        // The format, in which these end.
        to: _,
        output: _,
        // What is read: a manifest holds it for each file.
        paths: _,
        files_from: _,
        null: _,
        shard: _,
        // Where records go, and how.
        out_dir: _,
        resume: _,
        overwrite: _,
        errors: _,
        summary: _,
        threads: _,
        progress: _,
        timings: _,
        quiet: _,
        file: _,
        help: _,
    } = args;
    let some = |value: Option<String>| value.unwrap_or_else(|| "none".into());
    let options = [
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ("built-in packs and weights", built_in()),
        ("--from", lower(from)),
        ("--text-field", text_field.clone()),
        ("--html-field", some(html_field.clone())),
        ("--charset", some(charset.map(|known| known.name().into()))),
        ("--id-field", id_field.clone()),
        ("--url-field", url_field.clone()),
        ("--max-page-size", max_page_size.0.to_string()),
        ("--to", format.ending().to_owned()),
        ("--fields", fields.join(",")),
        ("--with-text", with_text.to_string()),
        ("--keep", keep.join(",")),
        ("--offsets", lower(offsets)),
        ("--confidence", confidence.to_string()),
        ("--on-error", lower(on_error)),
        ("--rules", files(rules.iter().map(AsRef::as_ref))?),
        ("--weights", files(weights.as_deref().into_iter())?),
    ];
    let named = |(name, value): (&str, String)| (name.to_owned(), value);
    Ok(options.into_iter().map(named).collect())
}

/// A choice as it is typed.
fn lower(choice: &impl std::fmt::Debug) -> String {
    format!("{choice:?}").to_lowercase()
}

fn built_in() -> String {
    let mut hash = Fnv::default();
    for weights in WEIGHTS {
        hash.field(weights.as_bytes());
    }
    for (name, pack) in RuleSet::builtin_packs() {
        hash.field(name.as_bytes());
        hash.field(pack.as_bytes());
    }
    hash.hex()
}

/// The content of these files, hashed; their names say nothing.
fn files<'p>(paths: impl Iterator<Item = &'p Path>) -> Result<String, Failure> {
    let hash = |path| {
        let mut hash = Fnv::default();
        hash.field(run::load(path)?.as_bytes());
        Ok(hash.hex())
    };
    Ok(paths
        .map(hash)
        .collect::<Result<Vec<_>, Failure>>()?
        .join(","))
}

/// FNV-1a, 64 bits: the same on every machine and for ever, as the standard library's hashes
/// are not. It tells slips apart, not forgeries.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    /// Adds some bytes and their number, so that `ab`, `c` is not `a`, `bc`.
    fn field(&mut self, bytes: &[u8]) {
        let length = (bytes.len() as u64).to_le_bytes();
        for byte in bytes.iter().chain(&length) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }

    fn hex(&self) -> String {
        format!("{:016x}", self.0)
    }
}
