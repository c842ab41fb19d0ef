//! What became of the pages of a run: counts that add up, as JSON and as text.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use dehusk::{PageError, Skipped};
use serde::{Deserialize, Serialize};

use crate::interrupt;
use crate::run::Failure;

/// How often for each reason.
type Reasons = BTreeMap<String, u64>;

/// Counts of a run, or of one shard of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ledger {
    pub(crate) pages: Pages,
    errors: Reasons,
    skipped: Reasons,
    pub(crate) bytes: Bytes,
    pub(crate) files: Files,
}

/// `read` is what was found, the others are what became of it; they are counted in different
/// places and must agree.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pages {
    #[serde(rename = "in")]
    pub(crate) read: u64,
    pub(crate) records: u64,
    pub(crate) errors: u64,
    pub(crate) skipped: u64,
}

/// Pages unpacked, records before they are packed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bytes {
    #[serde(rename = "in")]
    pub(crate) read: u64,
    #[serde(rename = "out")]
    written: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Files {
    pub(crate) opened: u64,
    passed_over: Reasons,
}

/// How many outputs of `--out-dir` there are, and why they are there or not.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Shards {
    pub(crate) all: u64,
    pub(crate) made: u64,
    pub(crate) resumed: u64,
    /// Their inputs could not be opened.
    pub(crate) failed: u64,
}

/// What a sink counts while records pass through it.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    errors: Reasons,
    written: u64,
}

impl Tally {
    pub(crate) fn records(&mut self, bytes: &[u8]) {
        self.written += bytes.len() as u64;
    }

    pub(crate) fn error(&mut self, error: &PageError) {
        *self.errors.entry(error.kind.name().to_owned()).or_default() += 1;
    }
}

impl Ledger {
    pub(crate) fn new(summary: &dehusk::Summary, tally: Tally) -> Self {
        let skipped = summary.skipped;
        let pages = Pages {
            read: summary.read + skipped.records(),
            records: summary.pages,
            errors: summary.errors,
            skipped: skipped.records(),
        };
        let bytes = Bytes {
            read: summary.bytes,
            written: tally.written,
        };
        let mut ledger = Self {
            pages,
            errors: tally.errors,
            skipped: reasons([
                ("record_type", skipped.record_type),
                ("content_type", skipped.content_type),
            ]),
            bytes,
            ..Self::default()
        };
        ledger.files.opened = summary.opened;
        ledger.pass_over(skipped);
        ledger
    }

    /// Counts files that were not read.
    pub(crate) fn pass_over(&mut self, skipped: Skipped) {
        let new = reasons([
            ("hidden", skipped.hidden),
            ("other_ending", skipped.other_ending),
            ("not_a_file", skipped.not_a_file),
            ("other_shard", skipped.other_shard),
        ]);
        add(&mut self.files.passed_over, &new);
    }

    /// Counts files that other shards read.
    pub(crate) fn leave_to_others(&mut self, files: u64) {
        add(
            &mut self.files.passed_over,
            &reasons([("other_shard", files)]),
        );
    }

    /// Counts a directory that could not be listed.
    pub(crate) fn unlisted(&mut self, error: &PageError) {
        self.pages.read += 1;
        self.pages.errors += 1;
        *self.errors.entry(error.kind.name().to_owned()).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.pages.read += other.pages.read;
        self.pages.records += other.pages.records;
        self.pages.errors += other.pages.errors;
        self.pages.skipped += other.pages.skipped;
        self.bytes.read += other.bytes.read;
        self.bytes.written += other.bytes.written;
        self.files.opened += other.files.opened;
        add(&mut self.errors, &other.errors);
        add(&mut self.skipped, &other.skipped);
        add(&mut self.files.passed_over, &other.files.passed_over);
    }

    /// True if a page failed in this way.
    pub(crate) fn has_error(&self, kind: &str) -> bool {
        self.errors.contains_key(kind)
    }

    /// How many files of directories were passed over for their endings.
    pub(crate) fn other_endings(&self) -> u64 {
        let passed_over = &self.files.passed_over;
        passed_over.get("other_ending").copied().unwrap_or(0)
    }

    /// `in: 5 = 2 records + 3 errors (1 bad_json, 2 no_text) + 0 skipped; skipped: 2 hidden`
    pub(crate) fn text(&self) -> String {
        let Pages {
            read,
            records,
            errors,
            skipped,
        } = self.pages;
        let mut text = format!("in: {read} = {records} records + {errors} errors");
        let bracket = |text: &mut String, reasons: &Reasons| {
            if !reasons.is_empty() {
                // Writing to a string cannot fail.
                let _ = write!(text, " ({})", list(reasons));
            }
        };
        bracket(&mut text, &self.errors);
        let _ = write!(text, " + {skipped} skipped");
        bracket(&mut text, &self.skipped);
        if !self.files.passed_over.is_empty() {
            let passed = list(&self.files.passed_over).replace('_', " ");
            let _ = write!(text, "; skipped: {passed}");
        }
        text
    }
}

/// Those that happened.
fn reasons<const N: usize>(counts: [(&str, u64); N]) -> Reasons {
    counts
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(reason, count)| (reason.to_owned(), count))
        .collect()
}

fn add(reasons: &mut Reasons, others: &Reasons) {
    for (reason, count) in others {
        *reasons.entry(reason.clone()).or_default() += count;
    }
}

fn list(reasons: &Reasons) -> String {
    let each = reasons
        .iter()
        .map(|(reason, count)| format!("{count} {reason}"));
    each.collect::<Vec<_>>().join(", ")
}

/// What `--summary` writes.
#[derive(Serialize)]
struct Document<'l> {
    version: &'static str,
    settings: &'l str,
    elapsed_seconds: f64,
    #[serde(flatten)]
    ledger: &'l Ledger,
    #[serde(skip_serializing_if = "Option::is_none")]
    shards: Option<Shards>,
}

/// Writes the file that `--summary` names.
pub(crate) fn save(
    path: &Path,
    settings: &str,
    ledger: &Ledger,
    shards: Option<Shards>,
    elapsed: Duration,
) -> Result<(), Failure> {
    let document = Document {
        version: env!("CARGO_PKG_VERSION"),
        settings,
        // Milliseconds are enough.
        elapsed_seconds: (elapsed.as_secs_f64() * 1e3).round() / 1e3,
        ledger,
        shards,
    };
    let mut file = interrupt::create(path)?;
    let text = serde_json::to_string_pretty(&document).map_err(std::io::Error::from)?;
    writeln!(file, "{text}")?;
    file.finish()
}
