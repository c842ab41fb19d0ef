//! Ctrl-C and its kin: end at once, and leave nothing that looks finished.
//!
//! The process ends in the signal's thread, whatever the others are waiting for. That skips
//! all destructors, so files on their way are listed here.

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use dehusk::OutputFile;

use crate::run::Failure;

static PARTS: LazyLock<Mutex<HashSet<PathBuf>>> = LazyLock::new(Mutex::default);

/// A shell's status for a command that Ctrl-C ended.
const STATUS: i32 = 130;

fn parts() -> MutexGuard<'static, HashSet<PathBuf>> {
    PARTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on, a signal to end removes what is listed and ends the process.
///
/// Not under `nohup`: the handler would be called for the hang-up, too, and cannot tell it
/// from others. Signals then do what they do by default, only less tidily.
pub(crate) fn install() {
    if hang_up_is_ignored() {
        return;
    }
    // Without a handler the default action ends the process too.
    let _ = ctrlc::set_handler(|| {
        // Held to the end: no file may be started any more.
        let parts = parts();
        for part in parts.iter() {
            let _ = std::fs::remove_file(part);
        }
        std::process::exit(STATUS);
    });
}

/// Linux tells in a mask, of which SIGHUP is the lowest bit; elsewhere nobody does.
fn hang_up_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut masks = status
        .lines()
        .filter_map(|line| line.strip_prefix("SigIgn:"));
    let mask = masks
        .next()
        .map(|mask| u64::from_str_radix(mask.trim(), 16));
    matches!(mask, Some(Ok(mask)) if mask & 1 == 1)
}

/// An output file that goes away if the process is interrupted before it is whole.
pub(crate) struct Guarded {
    file: Option<OutputFile>,
    part: Option<PathBuf>,
}

/// Starts such a file.
pub(crate) fn create(path: &Path) -> Result<Guarded, Failure> {
    // A signal between creating and listing would leave the file.
    let mut parts = parts();
    let file = OutputFile::create(path)?;
    let part = file.part().map(Path::to_owned);
    parts.extend(part.clone());
    Ok(Guarded {
        file: Some(file),
        part,
    })
}

impl Guarded {
    /// As [`OutputFile::finish`].
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        self.file.take().map_or(Ok(()), OutputFile::finish)
    }
}

impl Write for Guarded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let closed = || io::Error::other("the file is closed");
        self.file.as_mut().ok_or_else(closed)?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.file.take());
        if let Some(part) = &self.part {
            parts().remove(part);
        }
    }
}
