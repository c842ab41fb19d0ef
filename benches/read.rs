//! Reads one file of pages in one thread, and no more than that, for measuring the readers:
//! `cargo run --release --example read -- crawl.warc.gz [--text-field NAME]`.
//!
//! Prints how many pages there are, how many could not be read, and their bytes of text.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use dehusk::{Input, InputBuilder};

const USAGE: &str = "usage: read FILE [--text-field NAME]";

fn main() -> ExitCode {
    let Some(input) = arguments() else {
        let _ = writeln!(io::stderr(), "{USAGE}");
        return ExitCode::from(2);
    };
    let (mut pages, mut errors, mut bytes) = (0_u64, 0_u64, 0);
    for page in input.build() {
        match page {
            Ok(page) => {
                pages += 1;
                bytes += page.text.len();
            }
            Err(error) => {
                errors += 1;
                let _ = writeln!(io::stderr(), "read: {error}");
            }
        }
    }
    match writeln!(
        io::stdout(),
        "{pages} pages, {errors} errors, {bytes} bytes of text"
    ) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(2),
    }
}

fn arguments() -> Option<InputBuilder> {
    let (mut file, mut input) = (None, Input::builder());
    let mut arguments = std::env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--text-field" {
            input = input.text_field(arguments.next()?.into_string().ok()?);
        } else if file.replace(PathBuf::from(argument)).is_some() {
            return None;
        }
    }
    Some(input.path(file?))
}
