//! The one error type. A failure that belongs to one page is a [`crate::PageError`]
//! and travels as data; an [`Error`] stops the run.

use std::any::Any;
use std::fmt;

/// A `Result` whose error is [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// Why something could not be done: what was being done, where, and the cause.
///
/// The message names the file (and line, where there is one), so that it can be
/// shown to a user as it is.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: String,
}

#[derive(Debug)]
enum Kind {
    Io(std::io::ErrorKind),
    Invalid,
}

impl Error {
    /// Reading or writing `what` failed.
    pub(crate) fn io(what: impl fmt::Display, cause: &std::io::Error) -> Self {
        Self {
            kind: Kind::Io(cause.kind()),
            message: format!("{what}: {cause}"),
        }
    }

    /// Data that a user supplied does not fit its format.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Invalid,
            message: message.into(),
        }
    }

    /// The kind of the I/O error behind this one, if there is one.
    pub fn io_kind(&self) -> Option<std::io::ErrorKind> {
        match self.kind {
            Kind::Io(kind) => Some(kind),
            Kind::Invalid => None,
        }
    }

    /// True if whoever reads our output has gone away, which is no failure.
    pub fn is_broken_pipe(&self) -> bool {
        self.io_kind() == Some(std::io::ErrorKind::BrokenPipe)
    }
}

/// For a caller's own reading and writing around a run; the message stays as it is.
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self {
            kind: Kind::Io(error.kind()),
            message: error.to_string(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// What a panic said.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("panic")
}
