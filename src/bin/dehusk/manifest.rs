//! What stands beside each output of `--out-dir`: what it was made of and what it holds, so
//! that `--resume` knows what is done. It is written last; without it, nothing is.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::interrupt;
use crate::ledger::Ledger;
use crate::run::{self, Failure};
use crate::settings::Settings;

/// Raised when a manifest's meaning changes.
const VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    manifest: u32,
    input: Option<Stamp>,
    settings: Settings,
    output: Size,
    /// The file of failed pages, if there is one.
    errors: Option<Size>,
    counts: Ledger,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Size {
    size: u64,
}

/// A state of an input file.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    /// As it was given, since records tell it.
    path: String,
    size: u64,
    /// Seconds since 1970, with nine decimals.
    modified: String,
}

impl Stamp {
    /// `None` if there is no such file, or one without size and time, as a pipe.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let data = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        let modified = data.modified().ok()?;
        let modified = match modified.duration_since(UNIX_EPOCH) {
            Ok(after) => format!("{}.{:09}", after.as_secs(), after.subsec_nanos()),
            Err(before) => format!("-{:?}", before.duration()),
        };
        Some(Self {
            path: path.to_string_lossy().into(),
            size: data.len(),
            modified,
        })
    }
}

/// The files of one shard.
#[derive(Debug)]
pub(crate) struct Shard {
    pub(crate) input: PathBuf,
    pub(crate) output: PathBuf,
    pub(crate) manifest: PathBuf,
    pub(crate) errors: Option<PathBuf>,
}

impl Shard {
    /// All files that it writes.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &Path> {
        let errors = self.errors.as_deref();
        [&*self.output, &*self.manifest].into_iter().chain(errors)
    }
}

/// How far a shard is.
pub(crate) enum State {
    Done(Box<Ledger>),
    /// Not made, or of an input that has changed since.
    Open,
    /// Made with other settings: in what they differ.
    Differs(String),
}

pub(crate) fn state(shard: &Shard, settings: &Settings) -> State {
    let Some(manifest) = load(&shard.manifest) else {
        return State::Open;
    };
    if size(&shard.output).as_ref() != Some(&manifest.output) {
        return State::Open;
    }
    if let Some(difference) = manifest.settings.differs(settings) {
        return State::Differs(difference);
    }
    let input = Stamp::of(&shard.input);
    if input.is_none() || input != manifest.input {
        return State::Open;
    }
    // Failed pages that are asked for only now must be found anew.
    let errors = shard.errors.as_deref();
    if errors.is_some_and(|path| size(path).is_none() || size(path) != manifest.errors) {
        return State::Open;
    }
    State::Done(Box::new(manifest.counts))
}

/// One that cannot be read, or is of another make, is as none.
fn load(path: &Path) -> Option<Manifest> {
    let manifest: Manifest = serde_json::from_str(&run::load(path).ok()?).ok()?;
    (manifest.manifest == VERSION).then_some(manifest)
}

fn size(path: &Path) -> Option<Size> {
    let data = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    Some(Size { size: data.len() })
}

/// Takes the manifest away: from here on, the shard is not done.
pub(crate) fn remove(shard: &Shard) -> Result<(), Failure> {
    match fs::remove_file(&shard.manifest) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(run::named(&shard.manifest, &error).into())
        }
        _ => Ok(()),
    }
}

/// Writes the manifest of a shard whose other files are in their places.
pub(crate) fn save(
    shard: &Shard,
    input: Option<Stamp>,
    settings: &Settings,
    counts: &Ledger,
) -> Result<(), Failure> {
    let gone = || run::named(&shard.output, &io::ErrorKind::NotFound.into());
    let manifest = Manifest {
        manifest: VERSION,
        input,
        settings: settings.clone(),
        output: size(&shard.output).ok_or_else(gone)?,
        errors: shard.errors.as_deref().and_then(size),
        counts: counts.clone(),
    };
    let text = serde_json::to_string_pretty(&manifest).map_err(io::Error::from)?;
    let mut file = interrupt::create(&shard.manifest)?;
    writeln!(file, "{text}")?;
    file.finish()
}
