//! Ctrl-C and its kin: end at once, and leave nothing that looks finished.
//!
//! The process ends in the signal's thread, whatever the others are waiting for. That skips
//! all destructors, so files on their way are listed here.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

static PARTS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A shell's status for a command that Ctrl-C ended.
const STATUS: i32 = 130;

/// From now on, a signal to end removes what is listed and ends the process.
pub(crate) fn install() {
    // Without a handler the default action ends the process too, only less tidily.
    let _ = ctrlc::set_handler(|| {
        for part in PARTS.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let _ = std::fs::remove_file(part);
        }
        std::process::exit(STATUS);
    });
}

/// Lists a file that must not survive an interruption under this name.
pub(crate) fn remove_on_signal(part: Option<&Path>) {
    PARTS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .extend(part.map(Path::to_owned));
}
