//! Runs the first N stages on the pages of a crawl, for counting instructions:
//! `cargo run --release --all-features --example stages-up-to -- 6`. With the name of an attack
//! behind N, on input made to be slow (`benches/attacks`).
//!
//! What the next run with one stage more takes is what that stage takes; 0 only makes the pages and the
//! extractor. `scripts/instructions` does that for all. Prints the bytes of text and the sum of
//! what the stages made.

mod attacks;
mod corpus;

use std::io::{self, Cursor, Write as _};
use std::process::ExitCode;

use dehusk::_internals::Stages;
use dehusk::{Extractor, Input, Page};

use attacks::Attack;
use corpus::Crawl;

/// Bytes of text: what valgrind reads in some seconds.
const SIZE: usize = 1_000_000;
/// The same of an attack.
const ATTACK: usize = 50_000;

fn main() -> ExitCode {
    let wanted = std::env::args().nth(1).map(|argument| argument.parse());
    let attack = std::env::args().nth(2);
    let attack = attack.map(|name| attacks::all().find(|attack| attack.name == name));
    let (Some(Ok(wanted)), None | Some(Some(_))) = (wanted, attack) else {
        let _ = writeln!(io::stderr(), "usage: stages-up-to N [ATTACK]");
        return ExitCode::from(2);
    };
    let extractor = Extractor::new();
    let pages = attack.flatten().map_or_else(usual, made_slow);
    // Weights and patterns are made when they are first used.
    extractor.worker().extract("一页");
    let mut sum = 0;
    for page in &pages {
        let mut stages = Stages::marked_up(&extractor, &page.text, &page.markup);
        sum += run(&mut stages, wanted);
    }
    let bytes: usize = pages.iter().map(|page| page.text.len()).sum();
    match writeln!(io::stdout(), "{bytes} {sum}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(2),
    }
}

fn usual() -> Vec<Page> {
    let page = |text| Page {
        text,
        ..Page::default()
    };
    let crawl = Crawl::new(1).bytes(SIZE);
    crawl.map(|made| page(made.text)).collect()
}

fn made_slow(attack: &Attack) -> Vec<Page> {
    let bytes = Cursor::new(attack.bytes(ATTACK));
    let input = Input::builder().reader(attack.name, bytes);
    let pages = input.format(attack.format).build();
    pages.filter_map(Result::ok).collect()
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
