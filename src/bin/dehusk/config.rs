//! The command line, completed by a settings file; and `dehusk config`, which shows what
//! holds and where it comes from.
//!
//! An option of the file is put before those that were typed, unless it was typed itself. So
//! the file's options are parsed by whatever parses the others.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory as _, FromArgMatches as _};
use serde_json::{Map, Value, json};

use crate::args::{self, Args, Config};
use crate::presets::{self, Preset, Presets, Takes};
use crate::run::{self, Failure};
use crate::{Outcome, screen};

/// Read if it is in the working directory.
const FILE: &str = "dehusk.toml";

/// What was typed, and what a file adds.
pub(crate) fn args() -> Result<Args, Failure> {
    let whole = complete(&program(), std::env::args_os().collect())?;
    let mut args = Args::from_arg_matches(&whole.matches).unwrap_or_else(|error| error.exit());
    if let args::Command::Extract(extract) = &mut args.command {
        extract.file.of_file = whole
            .of_file()
            .map(|preset| preset.option.clone())
            .collect();
    }
    Ok(args)
}

/// A command line with what a file adds.
struct Whole {
    matches: ArgMatches,
    file: Option<Presets>,
    /// The command's name, where it takes options from a file.
    command: String,
    /// The same as typed.
    typed: ArgMatches,
}

impl Whole {
    /// The options that come from the file.
    fn of_file(&self) -> impl Iterator<Item = &Preset> {
        let all = self.file.iter().flat_map(|file| file.of(&self.command));
        all.filter(|preset| !is_typed(&self.typed, &preset.option))
    }
}

fn complete(program: &Command, mut line: Vec<OsString>) -> Result<Whole, Failure> {
    let matches = program.clone().get_matches_from(&line);
    let (command, typed) = matches.subcommand().unwrap_or(("", &matches));
    let mut whole = Whole {
        file: file(program, command, typed)?,
        command: command.to_owned(),
        typed: typed.clone(),
        matches,
    };
    if whole.file.is_some() {
        // The first is the program, the second the command: no options stand before it.
        let words: Vec<_> = whole
            .of_file()
            .flat_map(|preset| preset.words.clone())
            .collect();
        line.splice(2..2, words);
        whole.matches = program.clone().get_matches_from(line);
    }
    Ok(whole)
}

/// True if this option was typed, or what switches it off.
fn is_typed(typed: &ArgMatches, option: &str) -> bool {
    let is = |id: &str| {
        let known = typed.try_contains_id(id).unwrap_or(false);
        known && typed.value_source(id) == Some(ValueSource::CommandLine)
    };
    is(&option.replace('-', "_")) || is(&presets::opposite(option))
}

/// The program's commands, and for each flag that a file may switch on, one that switches it
/// off again.
fn program() -> Command {
    let mut program = Args::command();
    program.build();
    let names: Vec<_> = presets::commands(&program)
        .map(|command| command.get_name().to_owned())
        .collect();
    names.iter().fold(Args::command(), |program, name| {
        program.mut_subcommand(name, with_opposites)
    })
}

fn with_opposites(command: Command) -> Command {
    let flags: Vec<_> = presets::settings(&command)
        .filter(|arg| Takes::of(arg) == Takes::Flag)
        .filter_map(|arg| Some((arg.get_id().clone(), arg.get_long()?.to_owned())))
        .collect();
    flags.into_iter().fold(command, |command, (id, long)| {
        let name = presets::opposite(&long);
        let off = Arg::new(name.clone())
            .long(name)
            .action(ArgAction::SetTrue)
            .overrides_with(id)
            .hide(true);
        command.arg(off)
    })
}

/// The settings file, if the command takes options from one and there is one.
fn file(program: &Command, command: &str, typed: &ArgMatches) -> Result<Option<Presets>, Failure> {
    // A flag has a value, said or not, wherever there is such an option. (Of an option that the
    // command does not have, clap says so only with its debug assertions.)
    let Ok(Some(no_config)) = typed.try_get_one::<bool>("no_config") else {
        return Ok(None);
    };
    let here = Path::new(FILE);
    let path = match typed.get_one::<PathBuf>("config") {
        // Shows options of others, which have files of their own.
        _ if command == "config" => return Ok(None),
        Some(path) => path,
        None if *no_config || !here.exists() => return Ok(None),
        None => here,
    };
    Presets::parse(path, &run::load(path)?, program).map(Some)
}

pub(crate) fn show(config: &Config) -> Result<Outcome, Failure> {
    let lines = match &config.line[..] {
        [] => every_command(),
        typed => vec![typed.to_vec()],
    };
    let program = lenient();
    let mut shown = Vec::new();
    for typed in lines {
        let whole = complete(&program, line(config, typed))?;
        let command = presets::commands(&program).find(|known| known.get_name() == whole.command);
        let Some(command) = command else {
            let message = format!("`{}` has no settings", whole.command);
            return Err(std::io::Error::other(message).into());
        };
        let held: Vec<_> = presets::settings(command)
            .map(|arg| Held::of(arg, &whole))
            .collect();
        shown.push((whole.command, held));
    }
    let text = if config.json {
        format!("{:#}\n", to_json(&shown))
    } else {
        to_toml(&shown)
    };
    screen::print(&text)?;
    Ok(Outcome::Complete)
}

fn every_command() -> Vec<Vec<OsString>> {
    let program = program();
    let names = presets::commands(&program).map(|command| vec![command.get_name().into()]);
    names.collect()
}

/// The program, that does not ask for what a command must be given.
fn lenient() -> Command {
    let names = every_command().into_iter().flatten();
    names.fold(program(), |program, name| {
        program.mut_subcommand(name.to_string_lossy().as_ref(), |command| {
            command.mut_args(|arg| arg.required(false))
        })
    })
}

/// `dehusk COMMAND …`, with the file that `dehusk config` was to read.
fn line(config: &Config, mut typed: Vec<OsString>) -> Vec<OsString> {
    typed.insert(0, "dehusk".into());
    if let Some(path) = &config.file.config {
        typed.insert(2, "--config".into());
        typed.insert(3, path.into());
    } else if config.file.no_config {
        typed.insert(2, "--no-config".into());
    }
    typed
}

/// A setting as it holds.
struct Held {
    name: String,
    value: Value,
    origin: String,
}

impl Held {
    fn of(arg: &Arg, whole: &Whole) -> Self {
        let name = arg.get_long().unwrap_or_default().to_owned();
        let matches = whole.matches.subcommand().map(|(_, matches)| matches);
        let value = matches.map_or(Value::Null, |matches| value(arg, matches));
        let preset = whole.of_file().find(|preset| preset.option == name);
        let origin = match (preset, &whole.file) {
            _ if is_typed(&whole.typed, &name) => "command line".to_owned(),
            (Some(preset), Some(file)) => format!("{}:{}", file.path.display(), preset.line),
            _ => "default".to_owned(),
        };
        Self {
            name,
            value,
            origin,
        }
    }
}

fn value(arg: &Arg, matches: &ArgMatches) -> Value {
    let id = arg.get_id().as_str();
    if Takes::of(arg) == Takes::Flag {
        return matches.get_flag(id).into();
    }
    let typed = matches.get_raw(id).into_iter().flatten();
    let mut typed = typed.map(|value| value.to_string_lossy().into_owned());
    if presets::is_list(arg) {
        return typed.collect();
    }
    let text = typed.next();
    match Takes::of(arg) {
        Takes::Number => text.and_then(|text| serde_json::from_str(&text).ok()),
        _ => text.map(Value::String),
    }
    .unwrap_or(Value::Null)
}

/// A settings file in which all that could be told is told.
fn to_toml(shown: &[(String, Vec<Held>)]) -> String {
    let sections = shown.iter().map(|(command, held)| {
        let lines: Vec<_> = held.iter().map(Held::line).collect();
        let width = lines.iter().map(|line| screen::width(line)).max();
        let mut text = format!("[{command}]\n");
        for (line, held) in lines.iter().zip(held) {
            let line = screen::pad(line, width.unwrap_or(0));
            text += &format!("{line}  # {}\n", screen::harmless(&held.origin));
        }
        text
    });
    sections.collect::<Vec<_>>().join("\n")
}

impl Held {
    fn line(&self) -> String {
        if self.value.is_null() {
            return format!("# {} is not set", self.name);
        }
        format!("{} = {}", self.name, toml(&self.value))
    }
}

/// JSON's strings, numbers and lists are TOML's, but for one character; and what could play
/// tricks on the terminal is written by its number.
fn toml(value: &Value) -> String {
    let escape = |c: char| {
        let shown = screen::harmless(c.encode_utf8(&mut [0; 4]));
        if shown.starts_with(c) {
            c.to_string()
        } else {
            format!("\\U{:08X}", u32::from(c))
        }
    };
    value.to_string().chars().map(escape).collect()
}

fn to_json(shown: &[(String, Vec<Held>)]) -> Value {
    let section = |held: &Vec<Held>| {
        held.iter()
            .map(|held| {
                let entry = json!({ "value": held.value, "origin": held.origin });
                (held.name.clone(), entry)
            })
            .collect::<Map<_, _>>()
    };
    let sections = shown
        .iter()
        .map(|(command, held)| (command.clone(), section(held).into()));
    json!({ "settings": sections.collect::<Map<String, Value>>() })
}
