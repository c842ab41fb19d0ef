//! What the command's definition tells others: manual pages for `man`, completions for shells.

use std::io::{self, Write as _};
use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man as Page;

use crate::args::{self, Args};
use crate::run::{self, Failure};
use crate::{Outcome, interrupt, screen};

pub(crate) fn completions(args: &args::Completions) -> Result<Outcome, Failure> {
    // Written by ourselves: clap would panic where a reader goes away.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "dehusk", &mut script);
    screen::print(&String::from_utf8_lossy(&script))?;
    Ok(Outcome::Complete)
}

pub(crate) fn man(args: &args::Man) -> Result<Outcome, Failure> {
    match &args.dir {
        Some(dir) => write_all(dir)?,
        None => screen::print(&page(named(&args.command)?)?)?,
    }
    Ok(Outcome::Complete)
}

/// The program, or the command of these names, called as its page is: `dehusk-rules-check`.
fn named(names: &[String]) -> Result<Command, Failure> {
    let mut command = program();
    for name in names {
        let found = command.find_subcommand(name);
        let Some(found) = found else {
            let known: Vec<_> = command.get_subcommands().map(Command::get_name).collect();
            let message = format!("no command `{name}`; there are: {}", known.join(", "));
            return Err(io::Error::other(message).into());
        };
        command = found.clone();
    }
    Ok(command)
}

/// With all names settled, and without `help`, which would have pages that say nothing.
fn program() -> Command {
    let mut program = Args::command().disable_help_subcommand(true);
    program.build();
    program
}

fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or(command.get_name())
}

fn page(command: Command) -> io::Result<String> {
    let name = name(&command).to_owned();
    let mut page = Vec::new();
    Page::new(command).title(name).render(&mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// A page for each command, whole or not at all.
fn write_all(dir: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(dir).map_err(|error| run::named(dir, &error))?;
    let mut commands = vec![program()];
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands().cloned());
        let name = format!("{}.1", name(&command));
        let mut file = interrupt::create(&dir.join(name))?;
        file.write_all(page(command)?.as_bytes())?;
        file.finish()?;
    }
    Ok(())
}
