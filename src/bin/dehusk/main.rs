//! The `dehusk` command: what was typed ([`args`]), completed from a file ([`config`]), is given its
//! meaning in a module for each command (of `extract`: [`run`] and [`shards`]), and the exit
//! status is decided here. What reaches a terminal goes through [`screen`] and [`report`], what
//! reaches a browser through [`sheet`].
//!
//! 0: all pages came through. 1: the run finished, but some pages failed. 2: it could not
//! run, or not to its end, or could not write. 130: it was interrupted. A reader of our
//! output who has had enough and goes away is no failure.

mod advice;
mod args;
mod config;
mod eval;
mod explain;
mod interrupt;
mod ledger;
mod manifest;
mod manual;
mod places;
mod presets;
mod report;
mod rules;
mod run;
mod schema;
mod screen;
mod settings;
mod shards;
mod sheet;
mod stats;
mod train;

use std::process::ExitCode;

use crate::args::Command;

fn main() -> ExitCode {
    match config::args().and_then(|args| carry_out(args.command)) {
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

fn carry_out(command: Command) -> Result<Outcome, run::Failure> {
    match command {
        Command::Extract(args) => run::extract(args),
        Command::Explain(args) => explain::explain(args),
        Command::Eval(args) => eval::eval(&args),
        Command::Train(args) => train::train(&args),
        Command::Stats(args) => stats::stats(&args),
        Command::Rules(command) => rules::rules(&command),
        Command::Schema(args) => schema::schema(&args),
        Command::Config(args) => config::show(&args),
        Command::Completions(args) => manual::completions(&args),
        Command::Man(args) => manual::man(&args),
    }
}

/// How a run ended that was not stopped.
enum Outcome {
    Complete,
    SomeFailed,
    /// Not one of the files could be opened.
    NothingRead,
}
