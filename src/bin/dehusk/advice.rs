//! What to try next, said once at the end of a run of which nothing came, or beside an error
//! that a stranger could not make sense of.

use std::io;
use std::path::Path;

use crate::args::{self, Extract};
use crate::ledger::Ledger;
use crate::run::Failure;

/// What is most likely wrong with a run that wrote no record.
pub(crate) fn of_run(args: &Extract, ledger: &Ledger) -> Option<String> {
    if ledger.pages.records > 0 {
        return None;
    }
    let has = |kind| ledger.has_error(kind);
    if has("no_text") {
        let reading = &args.reading;
        let field = reading.html_field.as_ref().unwrap_or(&reading.text_field);
        return Some(format!(
            "no page has its text in `{field}`: name the field or column with --text-field NAME, or \
             --html-field NAME if it holds HTML"
        ));
    }
    if args.reading.from != args::From::Auto && ledger.pages.errors > 0 {
        return Some(
            "the input is not what --from says; without --from it is told by names and first bytes"
                .into(),
        );
    }
    if has("bad_json") {
        return Some("no line is a JSON object; --from text reads a file as one page".into());
    }
    if ledger.pages.read > 0 {
        return None;
    }
    Some(match ledger.other_endings() {
        0 => "there was nothing to read; name files or directories, or write to standard input"
            .into(),
        files => format!(
            "there was nothing to read; {files} of unknown endings passed over, which are read if they \
             are named themselves"
        ),
    })
}

/// An error about a file that was to be weights.
pub(crate) fn of_weights(error: Failure, path: &Path) -> Failure {
    let message = error.to_string();
    if error.io_kind().is_some() || !message.starts_with(&path.display().to_string()) {
        return error;
    }
    io::Error::other(format!("{message}; `dehusk train` writes files of weights")).into()
}

/// Why an output cannot be begun: most often a directory is not there.
pub(crate) fn of_output(error: Failure, path: &Path) -> Failure {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    let Some(dir) = dir.filter(|dir| !dir.exists()) else {
        return error;
    };
    let (path, dir) = (path.display(), dir.display());
    io::Error::other(format!(
        "{path}: there is no directory {dir}; make it first"
    ))
    .into()
}
