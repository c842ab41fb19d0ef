//! The `dehusk` command: what was typed ([`args`]) is given its meaning ([`run`], [`shards`], [`rules`]), and the
//! exit status is decided here.
//!
//! 0: all pages came through. 1: the run finished, but some pages failed. 2: it could not
//! run, or not to its end, or could not write. 130: it was interrupted. A reader of our
//! output who has had enough and goes away is no failure.

mod args;
mod eval;
mod explain;
mod interrupt;
mod ledger;
mod manifest;
mod places;
mod report;
mod rules;
mod run;
mod screen;
mod settings;
mod shards;
mod sheet;
mod stats;
mod train;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Args, Command};

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match args.command {
        Command::Extract(args) => run::extract(args),
        Command::Explain(args) => explain::explain(args),
        Command::Eval(args) => eval::eval(&args),
        Command::Train(args) => train::train(&args),
        Command::Stats(args) => stats::stats(&args),
        Command::Rules(command) => rules::rules(&command),
    };
    match done {
        Ok(Outcome::Complete) => ExitCode::SUCCESS,
        Ok(Outcome::SomeFailed) => ExitCode::from(1),
        Ok(Outcome::NothingRead) => ExitCode::from(2),
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            report::line(&error);
            ExitCode::from(2)
        }
    }
}

/// How a run ended that was not stopped.
enum Outcome {
    Complete,
    SomeFailed,
    /// Not one of the files could be opened.
    NothingRead,
}
