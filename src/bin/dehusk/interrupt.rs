//! Ctrl-C and its kin: end at once, and leave nothing that looks finished.
//!
//! The process ends in the signal's thread, whatever the others are waiting for. That skips
//! all destructors, so files on their way are listed here.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use dehusk::{OutputFile, RecordWriter};

use crate::advice;
use crate::run::Failure;

static PARTS: LazyLock<Mutex<HashSet<PathBuf>>> = LazyLock::new(Mutex::default);

/// A shell's status for a command that Ctrl-C ended.
const STATUS: i32 = 130;

fn parts() -> MutexGuard<'static, HashSet<PathBuf>> {
    PARTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on, a signal to end removes what is listed and ends the process. Must be called
/// before threads are started.
pub(crate) fn install() {
    #[cfg(unix)]
    keep_ignoring();
    // Without a handler the default action ends the process too.
    let _ = ctrlc::set_handler(|| {
        // Held to the end: no file may be started any more.
        let parts = parts();
        for part in parts.iter() {
            let _ = fs::remove_file(part);
        }
        std::process::exit(STATUS);
    });
}

/// What was to be ignored when the process was started, as a hang-up under `nohup`, is held
/// back from all threads: the handler is called for each signal and cannot tell which it was.
#[cfg(unix)]
fn keep_ignoring() {
    use nix::sys::signal::{SigSet, Signal};
    let ignored = ignored();
    let mut held = SigSet::empty();
    for signal in [Signal::SIGHUP, Signal::SIGINT] {
        if ignored >> (signal as i32 - 1) & 1 == 1 {
            held.add(signal);
        }
    }
    // If it fails, they end the process as they would have without this.
    let _ = held.thread_block();
}

/// A bit for each ignored signal, the lowest for the first. Linux tells it; elsewhere there is
/// no way without unsafe code, and none counts as ignored.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut masks = status
        .lines()
        .filter_map(|line| line.strip_prefix("SigIgn:"));
    let mask = masks.next().map(str::trim);
    mask.and_then(|mask| u64::from_str_radix(mask, 16).ok())
        .unwrap_or(0)
}

/// An output file that goes away if the process is interrupted before it is whole.
pub(crate) struct Guarded {
    file: Option<OutputFile>,
    part: Option<PathBuf>,
}

/// Starts such a file.
pub(crate) fn create(path: &Path) -> Result<Guarded, Failure> {
    start(path, || OutputFile::create(path))
}

/// Starts such a file for records.
pub(crate) fn create_for(path: &Path, records: &RecordWriter) -> Result<Guarded, Failure> {
    start(path, || OutputFile::for_records(path, records))
}

fn start(
    path: &Path,
    create: impl FnOnce() -> Result<OutputFile, Failure>,
) -> Result<Guarded, Failure> {
    let create = || create().map_err(|error| advice::of_output(error, path));
    // A pipe is no file on its way, and opening it may take for ever.
    if fs::metadata(path).is_ok_and(|data| !data.is_file()) {
        let file = create()?;
        return Ok(Guarded {
            file: Some(file),
            part: None,
        });
    }
    // A signal between creating and listing would leave the file.
    let mut parts = parts();
    let file = create()?;
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
