//! From a directory to the files in it that are to be read, sorted by name at each level,
//! and a count of what was passed over and why.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

/// Endings of files that are read inside a directory. A name without an ending is read too.
const ENDINGS: [&str; 13] = [
    "txt", "text", "md", "jsonl", "ndjson", "html", "htm", "xhtml", "shtml", "warc", "wet",
    "parquet", "pq",
];

/// What was passed over: files inside directories, records inside of WARC files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skipped {
    /// Files and directories whose names start with a dot.
    pub hidden: u64,
    /// Files with an ending that is not known to be text.
    pub other_ending: u64,
    /// WARC records of a type that holds no page.
    pub record_type: u64,
    /// WARC responses that are neither HTML nor text.
    pub content_type: u64,
    /// Links to directories (they could lead round in circles), sockets, pipes, devices.
    pub not_a_file: u64,
    /// Files left to other shards ([`crate::InputBuilder::shard`]).
    pub other_shard: u64,
}

impl Skipped {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.files() + self.records()
    }

    /// Files.
    pub fn files(&self) -> u64 {
        self.hidden + self.other_ending + self.not_a_file + self.other_shard
    }

    /// Records inside of files that were read.
    pub fn records(&self) -> u64 {
        self.record_type + self.content_type
    }
}

/// A directory on its way.
pub(super) struct Walk {
    entries: walkdir::IntoIter,
    skipped: Skipped,
}

/// A path that cannot be read, and why.
pub(super) type Unreadable = (PathBuf, String);

impl Walk {
    pub(super) fn new(root: &Path) -> Self {
        let entries = WalkDir::new(root)
            .min_depth(1)
            .sort_by_file_name()
            .into_iter();
        Self {
            entries,
            skipped: Skipped::default(),
        }
    }

    pub(super) fn skipped(&self) -> Skipped {
        self.skipped
    }

    /// True for a file to be read; counts it otherwise.
    fn takes(&mut self, entry: &DirEntry) -> bool {
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            self.skipped.hidden += 1;
            if entry.file_type().is_dir() {
                self.entries.skip_current_dir();
            }
            return false;
        }
        if entry.file_type().is_dir() {
            return false;
        }
        // Through a link to what it points to; a dangling link is tried, so that it is an error.
        let kind = std::fs::metadata(entry.path());
        if kind.is_ok_and(|kind| !kind.is_file()) {
            self.skipped.not_a_file += 1;
            return false;
        }
        let known = is_known(entry.path());
        self.skipped.other_ending += u64::from(!known);
        known
    }
}

impl Iterator for Walk {
    type Item = Result<PathBuf, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.entries.next()? {
                Ok(entry) if self.takes(&entry) => return Some(Ok(entry.into_path())),
                Ok(_) => {}
                Err(error) => return Some(Err(unreadable(&error))),
            }
        }
    }
}

/// True if the name tells that the file is to be read.
fn is_known(path: &Path) -> bool {
    ending(path).is_none_or(|ending| ENDINGS.contains(&ending.as_str()))
}

/// True if a walk through `root` comes to the file at `path`; both are canonical.
pub(super) fn comes_to(root: &Path, path: &Path) -> bool {
    let Ok(below) = path.strip_prefix(root) else {
        return false;
    };
    let hidden = |name: &std::ffi::OsStr| name.as_encoded_bytes().starts_with(b".");
    !below.iter().any(hidden) && is_known(path)
}

fn unreadable(error: &walkdir::Error) -> Unreadable {
    let path = error.path().unwrap_or(Path::new("")).to_owned();
    let reason = error
        .io_error()
        .map_or_else(|| error.to_string(), ToString::to_string);
    (path, reason)
}

/// A name's ending in lower case, that of a compression left out: `jsonl` of `a.jsonl.gz`.
pub(crate) fn ending(path: &Path) -> Option<String> {
    let lower = |path: &Path| Some(path.extension()?.to_str()?.to_ascii_lowercase());
    match lower(path)?.as_str() {
        "gz" | "zst" | "bz2" | "xz" => lower(&path.with_extension("")),
        ending => Some(ending.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings() {
        for (name, expected) in [
            ("a.jsonl", Some("jsonl")),
            ("a.JSONL.GZ", Some("jsonl")),
            ("a.tar.zst", Some("tar")),
            ("a.gz", None),
            ("dir.d/a", None),
            ("a.b.txt", Some("txt")),
        ] {
            assert_eq!(ending(Path::new(name)).as_deref(), expected, "{name}");
        }
    }
}
