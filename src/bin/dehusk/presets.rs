//! `dehusk.toml` becomes options as one would have typed them.
//!
//! There is one definition of each option, that of the command line ([`crate::args`]): a value of
//! the file is turned into `--name=value` and judged as that would be. What is wrong is told
//! with file and line, and what would be right.

use std::any::TypeId;
use std::ffi::OsString;
use std::num::NonZero;
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};
use dehusk::Error;
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use crate::args::Size;

/// Options that say what is read and written, or what is shown: they are only ever typed, so
/// that no file lying about makes a command read or overwrite something.
const TYPED: [&str; 18] = [
    "against",
    "cases",
    "config",
    "errors",
    "files-from",
    "full",
    "held-out",
    "html",
    "json",
    "no-config",
    "null",
    "out-dir",
    "output",
    "overwrite",
    "page",
    "resume",
    "shard",
    "summary",
];

/// A settings file, all of it understood.
pub(crate) struct Presets {
    pub(crate) path: PathBuf,
    entries: Vec<Preset>,
}

/// One option of the file.
pub(crate) struct Preset {
    command: String,
    /// Its long name.
    pub(crate) option: String,
    /// What one would type; nothing for a flag that is off.
    pub(crate) words: Vec<OsString>,
    pub(crate) line: usize,
}

impl Presets {
    /// Reads the text of the file at `path`: options of the program's commands.
    pub(crate) fn parse(path: &Path, text: &str, program: &Command) -> Result<Self, Error> {
        let read = Reader {
            path,
            text,
            program,
        };
        Ok(Self {
            path: path.to_owned(),
            entries: read.all()?,
        })
    }

    /// What it holds for a command.
    pub(crate) fn of<'p>(&'p self, command: &'p str) -> impl Iterator<Item = &'p Preset> {
        self.entries
            .iter()
            .filter(move |entry| entry.command == command)
    }
}

/// Commands that a file can have options for.
pub(crate) fn commands(program: &Command) -> impl Iterator<Item = &Command> {
    program
        .get_subcommands()
        .filter(|command| command.get_name() != "config" && has_file(command))
}

/// True if the command takes options from a file.
pub(crate) fn has_file(command: &Command) -> bool {
    command.get_arguments().any(|arg| arg.get_id() == "config")
}

/// The command's options that a file can hold.
pub(crate) fn settings(command: &Command) -> impl Iterator<Item = &Arg> {
    let typed = |name: &str| TYPED.contains(&name) || name == "help" || name == "version";
    command.get_arguments().filter(move |arg| {
        let name = arg.get_long();
        name.is_some_and(|name| !typed(name)) && !arg.is_hide_set()
    })
}

/// The name that switches a flag off: `no-quiet`, and `x` for `no-x`.
pub(crate) fn opposite(flag: &str) -> String {
    flag.strip_prefix("no-")
        .map_or_else(|| format!("no-{flag}"), str::to_owned)
}

/// What an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    Flag,
    Number,
    Size,
    Path,
    Text,
}

impl Takes {
    pub(crate) fn of(arg: &Arg) -> Self {
        if matches!(arg.get_action(), ArgAction::SetTrue) {
            return Self::Flag;
        }
        let is = |kind: TypeId| arg.get_value_parser().type_id() == kind;
        if is(TypeId::of::<PathBuf>()) {
            Self::Path
        } else if is(TypeId::of::<Size>()) {
            Self::Size
        } else if is(TypeId::of::<usize>())
            || is(TypeId::of::<NonZero<usize>>())
            || is(TypeId::of::<f64>())
        {
            Self::Number
        } else {
            Self::Text
        }
    }

    /// What to write in the file, for a message.
    fn wanted(self, many: bool) -> &'static str {
        match (self, many) {
            (Self::Flag, _) => "true or false",
            (Self::Number, _) => "a number",
            (Self::Size, _) => "a number of bytes, or a string as \"16M\"",
            (Self::Path, false) => "a path in quotes",
            (Self::Text, false) => "a string in quotes",
            (_, true) => "a string in quotes, or a list of them in brackets",
        }
    }
}

/// True for an option that takes a list.
pub(crate) fn is_list(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Append)
}

struct Reader<'r> {
    path: &'r Path,
    text: &'r str,
    program: &'r Command,
}

impl Reader<'_> {
    fn all(&self) -> Result<Vec<Preset>, Error> {
        let table = DeTable::parse(self.text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            self.wrong(at, error.message())
        })?;
        let mut entries = Vec::new();
        for (name, value) in table.get_ref() {
            entries.extend(self.command(name.get_ref(), name.span().start, value)?);
        }
        Ok(entries)
    }

    /// The options below a `[name]`.
    fn command(
        &self,
        name: &str,
        at: usize,
        value: &Spanned<DeValue>,
    ) -> Result<Vec<Preset>, Error> {
        let known = commands(self.program).find(|command| command.get_name() == name);
        let Some(command) = known else {
            return Err(self.no_command(name, at));
        };
        let Some(options) = value.get_ref().as_table() else {
            return Err(self.wrong(
                at,
                &format!("write [{name}], and options in lines below it"),
            ));
        };
        let option = |(name, value): (&Spanned<_>, &Spanned<_>)| self.option(command, name, value);
        options.iter().map(option).collect()
    }

    fn no_command(&self, name: &str, at: usize) -> Error {
        let names: Vec<_> = commands(self.program)
            .map(|command| format!("[{}]", command.get_name()))
            .collect();
        let names = names.join(", ");
        if self.program.find_subcommand(name).is_some() {
            return self.wrong(at, &format!("no settings for `{name}`; there are {names}"));
        }
        let is_option = |command: &&Command| setting(command, name).is_some();
        let message = match commands(self.program).find(is_option) {
            Some(command) => format!(
                "`{name}` stands under no command; put it under [{}]",
                command.get_name()
            ),
            None => format!("no settings for `{name}`; there are {names}"),
        };
        self.wrong(at, &message)
    }

    fn option(
        &self,
        command: &Command,
        name: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue>,
    ) -> Result<Preset, Error> {
        let (at, name) = (name.span().start, name.get_ref());
        let arg =
            setting(command, name).ok_or_else(|| self.wrong(at, &no_option(command, name)))?;
        let words = self
            .words(arg, value.get_ref())
            .and_then(|words| accepted(arg, &words).map(|()| words));
        Ok(Preset {
            command: command.get_name().to_owned(),
            option: name.to_string(),
            words: words.map_err(|reason| self.wrong(at, &format!("{name}: {reason}")))?,
            line: self.line(at),
        })
    }

    /// What one would type for this value.
    fn words(&self, arg: &Arg, value: &DeValue) -> Result<Vec<OsString>, String> {
        let name = arg.get_long().unwrap_or_default();
        let word = |value: OsString| {
            let mut word = OsString::from(format!("--{name}="));
            word.push(value);
            word
        };
        match (Takes::of(arg), value) {
            (Takes::Flag, DeValue::Boolean(true)) => Ok(vec![format!("--{name}").into()]),
            (Takes::Flag, DeValue::Boolean(false)) => Ok(Vec::new()),
            (_, DeValue::Array(items)) if is_list(arg) => {
                let items = items.iter().map(|item| self.value(arg, item.get_ref()));
                items.map(|item| item.map(word)).collect()
            }
            (_, value) => Ok(vec![word(self.value(arg, value)?)]),
        }
    }

    /// One value as it would be typed.
    fn value(&self, arg: &Arg, value: &DeValue) -> Result<OsString, String> {
        let takes = Takes::of(arg);
        match (takes, value) {
            (Takes::Number | Takes::Size, DeValue::Integer(number)) => integer(number),
            (Takes::Number, DeValue::Float(number)) => Ok(number.as_str().into()),
            (Takes::Text, DeValue::String(text)) if is_list(arg) && text.contains(',') => {
                Err("a name cannot hold a comma; write [\"a\", \"b\"]".into())
            }
            (Takes::Text | Takes::Size, DeValue::String(text)) => Ok((&**text).into()),
            (Takes::Path, DeValue::String(path)) => {
                let dir = self.path.parent().unwrap_or(Path::new(""));
                Ok(dir.join(&**path).into())
            }
            _ => Err(format!("must be {}", takes.wanted(is_list(arg)))),
        }
    }

    fn wrong(&self, at: usize, message: &str) -> Error {
        let (path, line) = (self.path.display(), self.line(at));
        Error::from(std::io::Error::other(format!("{path}:{line}: {message}")))
    }

    /// The line of a byte, from 1.
    fn line(&self, at: usize) -> usize {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        1 + before.iter().filter(|byte| **byte == b'\n').count()
    }
}

fn setting<'c>(command: &'c Command, name: &str) -> Option<&'c Arg> {
    settings(command).find(|arg| arg.get_long() == Some(name))
}

/// TOML also knows `0x10` and `1_000`.
fn integer(number: &DeInteger<'_>) -> Result<OsString, String> {
    let value = i64::from_str_radix(number.as_str(), number.radix());
    value.map_or_else(
        |_| Err("too large".into()),
        |value| Ok(value.to_string().into()),
    )
}

/// Why there is no such setting, and which one was meant.
fn no_option(command: &Command, name: &str) -> String {
    let command_name = command.get_name();
    if TYPED.contains(&name) {
        return format!(
            "`{name}` can only be typed, since a file says how a command works, not what it reads and writes"
        );
    }
    let meant = suggestion(command, name);
    let meant = meant.map_or_else(
        || format!("`dehusk config {command_name}` shows all there are"),
        |meant| format!("did you mean `{meant}`?"),
    );
    format!("unknown setting `{name}` of [{command_name}]; {meant}")
}

/// The setting whose name is most like this, by clap's measure.
fn suggestion(command: &Command, name: &str) -> Option<String> {
    let typed = name.replace('_', "-");
    if setting(command, &typed).is_some() {
        return Some(typed);
    }
    let all = settings(command).map(|arg| {
        Arg::new(arg.get_id().clone())
            .long(arg.get_long()?.to_owned())
            .into()
    });
    let all: Option<Vec<Arg>> = all.collect();
    let only = Command::new("").no_binary_name(true).args(all?);
    let error = only.try_get_matches_from([format!("--{typed}")]).err()?;
    match error.get(ContextKind::SuggestedArg)? {
        ContextValue::String(found) => Some(found.trim_start_matches('-').to_owned()),
        _ => None,
    }
}

/// Whether the option takes these values, when they are typed.
fn accepted(arg: &Arg, words: &[OsString]) -> Result<(), String> {
    let only = Command::new("").no_binary_name(true).arg(arg.clone());
    let Err(error) = only.try_get_matches_from(words) else {
        return Ok(());
    };
    let value = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) => format!("`{value}`"),
        _ => "the value".into(),
    };
    let reason = std::error::Error::source(&error).map(ToString::to_string);
    Err(match (error.kind(), reason) {
        (ErrorKind::InvalidValue, _) => format!("{value} is none of {}", possible(arg)),
        (_, Some(reason)) => format!("{value}: {reason}"),
        (_, None) => error.to_string(),
    })
}

fn possible(arg: &Arg) -> String {
    let values = arg.get_possible_values();
    let names: Vec<_> = values.iter().map(|value| value.get_name()).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn program() -> Command {
        let mut program = crate::args::Args::command();
        program.build();
        program
    }

    fn read(text: &str) -> Result<Vec<Vec<OsString>>, String> {
        let program = program();
        let reader = Reader {
            path: Path::new("dir/d.toml"),
            text,
            program: &program,
        };
        let entries = reader.all().map_err(|error| error.to_string())?;
        Ok(entries.into_iter().map(|entry| entry.words).collect())
    }

    #[test]
    fn values_become_words() {
        for (line, words) in [
            ("threads = 2", &["--threads=2"][..]),
            ("threads = 0x10", &["--threads=16"]),
            ("max-page-size = \"1M\"", &["--max-page-size=1M"]),
            ("max-page-size = 1_000", &["--max-page-size=1000"]),
            ("with-text = true", &["--with-text"]),
            ("with-text = false", &[]),
            ("text-field = '正文'", &["--text-field=正文"]),
            ("keep = 'all'", &["--keep=all"]),
            ("keep = ['a', '标题']", &["--keep=a", "--keep=标题"]),
            ("rules = 'a b.txt'", &["--rules=dir/a b.txt"]),
            ("weights = '/w'", &["--weights=/w"]),
            ("from = 'wet'", &["--from=wet"]),
        ] {
            let words: Vec<OsString> = words.iter().map(Into::into).collect();
            assert_eq!(
                read(&format!("[extract]\n{line}")),
                Ok(vec![words]),
                "{line}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, message) in [
            ("[extract]\nthreads = 'two'", "2: threads: must be a number"),
            ("[extract]\nthreads = 0", "2: threads: `0`: "),
            (
                "[extract]\n\nfrom = 'json'",
                "3: from: `json` is none of auto, text, jsonl, html, ",
            ),
            (
                "[extract]\nthread = 1",
                "2: unknown setting `thread` of [extract]; did you mean `threads`?",
            ),
            (
                "[extract]\ntext_field = 't'",
                "2: unknown setting `text_field` of [extract]; did you mean `text-field`?",
            ),
            (
                "[extract]\nqqqqqq = 1",
                "2: unknown setting `qqqqqq` of [extract]; `dehusk config extract` shows",
            ),
            ("[extract]\noutput = 'x'", "2: `output` can only be typed"),
            (
                "[extract]\nquiet = 'yes'",
                "2: quiet: must be true or false",
            ),
            (
                "[extract]\ntext-field = ['a']",
                "2: text-field: must be a string in quotes",
            ),
            (
                "[extract]\nfields = 'a,b'",
                "2: fields: a name cannot hold a comma",
            ),
            (
                "[extract]\nmax-page-size = '1Q'",
                "2: max-page-size: `1Q`: no unit `q`",
            ),
            (
                "threads = 1",
                "1: `threads` stands under no command; put it under [extract]",
            ),
            (
                "[extrct]",
                "1: no settings for `extrct`; there are [extract], ",
            ),
            (
                "extract = 1",
                "1: write [extract], and options in lines below it",
            ),
            ("[rules]", "1: no settings for `rules`"),
            ("[extract]\nthreads 1", "2: "),
            ("[extract]\nthreads = 1\nthreads = 2", "3: duplicate key"),
            (
                "[train]\nprior = -1.5",
                "2: prior: `-1.5`: not a number over 0",
            ),
        ] {
            let error = read(text).unwrap_err();
            let found = error.strip_prefix("dir/d.toml:").unwrap_or(&error);
            assert!(found.starts_with(message), "{text}\n{error}");
        }
    }

    #[test]
    fn every_option_is_a_setting_or_typed() {
        let program = program();
        let mut typed: Vec<_> = commands(&program)
            .flat_map(Command::get_arguments)
            .filter_map(Arg::get_long)
            .filter(|name| TYPED.contains(name))
            .collect();
        typed.sort_unstable();
        typed.dedup();
        assert_eq!(typed, TYPED);
        // What is checked one by one must not need another option.
        for arg in commands(&program).flat_map(settings) {
            assert!(accepted(arg, &[]).is_ok(), "{arg}");
        }
    }
}
