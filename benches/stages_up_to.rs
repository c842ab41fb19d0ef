//! Runs the first N stages on the pages of a crawl, for counting instructions:
//! `cargo run --release --all-features --example stages-up-to -- 6`.
//!
//! What the next run with one stage more takes is what that stage takes; 0 only makes the pages and the
//! extractor. `scripts/instructions` does that for all. Prints the bytes of text and the sum of
//! what the stages made.

mod corpus;

use std::io::{self, Write as _};
use std::process::ExitCode;

use dehusk::_internals::Stages;
use dehusk::Extractor;

use corpus::Crawl;

/// Bytes of text: what valgrind reads in some seconds.
const SIZE: usize = 1_000_000;

fn main() -> ExitCode {
    let wanted = std::env::args().nth(1).map(|argument| argument.parse());
    let Some(Ok(wanted)) = wanted else {
        let _ = writeln!(io::stderr(), "usage: stages-up-to N");
        return ExitCode::from(2);
    };
    let extractor = Extractor::new();
    let pages: Vec<String> = Crawl::new(1).bytes(SIZE).map(|page| page.text).collect();
    // Weights and patterns are made when they are first used.
    extractor.worker().extract("一页");
    let mut sum = 0;
    for page in &pages {
        let mut stages = Stages::new(&extractor, page);
        sum += run(&mut stages, wanted);
    }
    let bytes: usize = pages.iter().map(String::len).sum();
    match writeln!(io::stdout(), "{bytes} {sum}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(2),
    }
}

/// Runs the first stages; returns what they made.
fn run<'t>(stages: &mut Stages<'t, 't>, wanted: usize) -> usize {
    let all = [
        Stages::lines,
        Stages::hits,
        Stages::pieces,
        Stages::features,
        Stages::labels,
        Stages::segments,
    ];
    all.iter().take(wanted).map(|stage| stage(stages)).sum()
}
