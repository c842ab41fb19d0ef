//! Writes a crawl dump for measuring, as JSONL on standard output:
//! `cargo run --release --example generate -- --megabytes 64 > dump.jsonl`.
//!
//! Megabytes are of page text; the same arguments give the same bytes.

mod corpus;

use std::io::{self, BufWriter, Write as _};
use std::process::ExitCode;

use corpus::Crawl;

const USAGE: &str = "usage: generate [--megabytes N] [--seed N] > dump.jsonl";

fn main() -> ExitCode {
    let Some((megabytes, seed)) = arguments() else {
        let _ = writeln!(io::stderr(), "{USAGE}");
        return ExitCode::from(2);
    };
    match write(megabytes, seed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "generate: {error}");
            ExitCode::from(2)
        }
    }
}

fn arguments() -> Option<(usize, u64)> {
    let (mut megabytes, mut seed) = (64, 1);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next()?;
        match name.as_str() {
            "--megabytes" => megabytes = value.parse().ok()?,
            "--seed" => seed = value.parse().ok()?,
            _ => return None,
        }
    }
    Some((megabytes, seed))
}

fn write(megabytes: usize, seed: u64) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for page in Crawl::new(seed).bytes(megabytes * 1_000_000) {
        out.write_all(page.to_line().as_bytes())?;
    }
    out.flush()
}
