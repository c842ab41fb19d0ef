//! Packs: which there are, what is in them, and whether one of your own fits the format.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use dehusk::{Error, RuleSet};

use crate::args::Rules;
use crate::run::{self, Failure};
use crate::{Outcome, report};

pub(crate) fn rules(command: &Rules) -> Result<Outcome, Failure> {
    let mut out = io::stdout().lock();
    let outcome = match command {
        Rules::List => list(&mut out),
        Rules::Show { pack } => show(pack, &mut out),
        Rules::Check { packs } => check(packs, &mut out),
    }?;
    out.flush()?;
    Ok(outcome)
}

/// Name and number of cues of each built-in pack.
fn list(out: &mut impl Write) -> Result<Outcome, Failure> {
    let rules = RuleSet::builtin();
    let width = rules.packs().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, cues) in rules.packs() {
        writeln!(out, "{name:width$}  {cues:6} cues")?;
    }
    Ok(Outcome::Complete)
}

/// The text of a built-in pack.
fn show(wanted: &str, out: &mut impl Write) -> Result<Outcome, Failure> {
    let packs = RuleSet::builtin_packs();
    let Some((_, text)) = packs.iter().find(|(name, _)| *name == wanted) else {
        let names: Vec<_> = packs.iter().map(|(name, _)| *name).collect();
        let message = format!("no pack `{wanted}`; there are: {}", names.join(", "));
        return Err(Error::from(io::Error::other(message)));
    };
    out.write_all(text.as_bytes())?;
    Ok(Outcome::Complete)
}

/// Reads each pack as `extract --rules` would, behind the built-in ones.
fn check(packs: &[PathBuf], out: &mut impl Write) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::Complete;
    for path in packs {
        match new_cues(path)? {
            Ok(1) => writeln!(out, "{}: 1 new cue", path.display())?,
            Ok(cues) => writeln!(out, "{}: {cues} new cues", path.display())?,
            Err(error) => {
                report::line(&error);
                outcome = Outcome::SomeFailed;
            }
        }
    }
    Ok(outcome)
}

/// How many cues a pack adds, or what is wrong with it; fails if it cannot be read.
fn new_cues(path: &Path) -> Result<Result<usize, Error>, Failure> {
    let text = run::load(path)?;
    let mut rules = RuleSet::builtin();
    let added = rules.add(&path.display().to_string(), &text);
    Ok(added.map(|()| rules.packs().last().map_or(0, |(_, cues)| cues)))
}
