//! From packs (text that anyone can edit) to cues: phrases that tell what the text
//! around them is.
//!
//! Knows nothing of pages: how a cue is looked for is the matcher's business, how
//! much one weighs is the weights'. The cues are general knowledge of what sites say
//! around their articles, never the wording of a single site.
//!
//! A pack looks like this:
//!
//! ```text
//! # Anything behind a `#` at the start of a line is a comment.
//!
//! [off]
//! 简介
//!
//! [related lead]
//! 同城好文
//! 相关文章
//!
//! [nav whole]
//! # alone on its line a menu entry, although a list may follow it elsewhere
//! 相关文章
//! ```
//!
//! `[LABEL ROLE]` opens a section (labels as in [`Label`], roles as in [`Role`]);
//! below it stands one phrase a line, without its colon, in any one spelling: case,
//! full or half width and white space make no difference. `[off]` lists phrases
//! whose cues in *earlier* packs are switched off. Blank lines mean nothing. Built-in
//! packs are sorted besides, and give a reason where a phrase stands twice
//! (`tests/packs.rs` holds them to it).

mod builtin;
mod parse;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::label::Label;

use parse::{Off, Parsed};

/// Where a cue's phrase must stand to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Introduces a block: counts where it begins a piece of text and is followed by
    /// the line's end, a colon, a count or a list. 相关文章, 标签, Leave a comment.
    Lead,
    /// Introduces a single title: counts where it begins a piece of text and a title
    /// may follow. 上一篇, Next post.
    Step,
    /// Counts only if it is the whole line, bullets, brackets, arrows and counters
    /// left aside. 首页, 更多, Sign in.
    Whole,
    /// Counts anywhere in a line. 版权所有, 次浏览, All rights reserved.
    Part,
    /// Stands where an item would stand, but is none. 没有了, 暂无.
    Empty,
}

impl Role {
    /// Every role, in the order in which packs list them.
    pub const ALL: [Role; 5] = [Role::Lead, Role::Step, Role::Whole, Role::Part, Role::Empty];

    /// The role's name in packs.
    pub fn name(self) -> &'static str {
        match self {
            Role::Lead => "lead",
            Role::Step => "step",
            Role::Whole => "whole",
            Role::Part => "part",
            Role::Empty => "empty",
        }
    }

    /// The role of that name.
    pub fn from_name(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A phrase that tells what the text around it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cue {
    /// The phrase as its pack spells it, without a colon behind it.
    pub phrase: String,
    /// The label it speaks for.
    pub label: Label,
    /// Where it must stand to count.
    pub role: Role,
    /// The name of its pack.
    pub pack: Arc<str>,
    /// Its line in that pack, counted from 1.
    pub line: u32,
}

impl Cue {
    /// The phrase in lower case, half width, without white space. Phrases with one
    /// key are the same phrase.
    pub fn key(&self) -> String {
        key(&self.phrase)
    }
}

/// The key of a phrase, see [`Cue::key`].
fn key(phrase: &str) -> String {
    phrase
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(half_width)
        .flat_map(char::to_lowercase)
        .collect()
}

/// `c` as ASCII if it is the full-width form of an ASCII character.
fn half_width(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

/// The cues of all packs that were added, in their order.
///
/// ```
/// use dehusk::{Label, RuleSet};
///
/// let mut rules = RuleSet::builtin();
/// rules.add("mine.txt", "[promo lead]\n今日特价\n")?;
/// assert!(rules.cues().iter().any(|cue| cue.phrase == "今日特价" && cue.label == Label::Promo));
///
/// let error = rules.add("mine.txt", "[promo leed]\n").unwrap_err();
/// assert!(error.to_string().starts_with("mine.txt:1: unknown role"));
/// # Ok::<(), dehusk::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    packs: Vec<Arc<str>>,
    cues: Vec<Cue>,
}

impl RuleSet {
    /// The built-in packs.
    pub fn builtin() -> Self {
        let mut rules = Self::default();
        for (name, text) in builtin::PACKS {
            if let Err(error) = rules.add(name, text) {
                // They are part of the program and no input reaches them; the
                // tests below parse every one.
                unreachable!("built-in pack {error}");
            }
        }
        rules
    }

    /// Name and text of each built-in pack, in the order in which they are added.
    pub fn builtin_packs() -> &'static [(&'static str, &'static str)] {
        builtin::PACKS
    }

    /// Adds a pack behind those already there. `name` stands for it in messages and
    /// in [`Cue::pack`]; for a file, give its path.
    ///
    /// A cue that an earlier pack has too is kept once, as the earlier pack's.
    ///
    /// # Errors
    /// A pack that does not fit the format (`NAME:LINE: reason`), or whose `[off]`
    /// lists a phrase that no earlier pack has. The set is then left as it was.
    pub fn add(&mut self, name: &str, text: &str) -> Result<()> {
        let pack: Arc<str> = Arc::from(name);
        let Parsed { cues, off } = parse::parse(&pack, text)?;
        self.switch_off(name, &off)?;
        self.extend(cues);
        self.packs.push(pack);
        Ok(())
    }

    /// Every cue in force.
    pub fn cues(&self) -> &[Cue] {
        &self.cues
    }

    /// Name of each pack and how many of its cues are in force.
    pub fn packs(&self) -> impl Iterator<Item = (&str, usize)> {
        self.packs.iter().map(|pack| {
            let own = self.cues.iter().filter(|cue| Arc::ptr_eq(&cue.pack, pack));
            (&**pack, own.count())
        })
    }

    fn switch_off(&mut self, name: &str, off: &[Off]) -> Result<()> {
        if off.is_empty() {
            return Ok(());
        }
        let known: HashSet<String> = self.cues.iter().map(Cue::key).collect();
        if let Some(Off { phrase, line, .. }) = off.iter().find(|off| !known.contains(&off.key)) {
            // A misspelt phrase would otherwise do nothing, and nobody would notice.
            return Err(Error::invalid(format!(
                "{name}:{line}: `{phrase}` cannot be switched off: no earlier pack has it"
            )));
        }
        let off: HashSet<&str> = off.iter().map(|off| off.key.as_str()).collect();
        self.cues.retain(|cue| !off.contains(cue.key().as_str()));
        Ok(())
    }

    fn extend(&mut self, cues: Vec<Cue>) {
        let known: HashSet<_> = self.cues.iter().map(identity).collect();
        self.cues.extend(
            cues.into_iter()
                .filter(|cue| !known.contains(&identity(cue))),
        );
    }
}

/// Two cues with the same identity are the same cue.
fn identity(cue: &Cue) -> (String, Label, Role) {
    (cue.key(), cue.label, cue.role)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrases(rules: &RuleSet) -> Vec<&str> {
        rules.cues().iter().map(|cue| cue.phrase.as_str()).collect()
    }

    #[test]
    fn builtin_packs_parse() {
        for (name, text) in RuleSet::builtin_packs() {
            RuleSet::default().add(name, text).unwrap();
        }
        assert_eq!(
            RuleSet::builtin().packs().count(),
            RuleSet::builtin_packs().len()
        );
    }

    #[test]
    fn names_of_roles_lead_back() {
        for role in Role::ALL {
            assert_eq!(Role::from_name(role.name()), Some(role));
        }
        assert_eq!(Role::from_name("Lead"), None);
    }

    #[test]
    fn a_key_ignores_case_width_and_space() {
        assert_eq!(key("Ｒｅａｄ More"), "readmore");
        assert_eq!(key("相关\u{3000}文章"), "相关文章");
    }

    #[test]
    fn off_reaches_earlier_packs_only() {
        let mut rules = RuleSet::default();
        rules
            .add("a", "[nav whole]\nHome\nTags\n[tags lead]\nTags\n")
            .unwrap();
        rules.add("b", "[off]\nTAGS\n[meta lead]\nTags\n").unwrap();
        assert_eq!(phrases(&rules), ["Home", "Tags"]);
        assert_eq!(rules.cues()[1].label, Label::Meta);
        assert_eq!(rules.packs().collect::<Vec<_>>(), [("a", 1), ("b", 1)]);
    }

    #[test]
    fn off_without_a_match_is_an_error_and_changes_nothing() {
        let mut rules = RuleSet::default();
        rules.add("a", "[nav whole]\nHome\n").unwrap();
        let error = rules.add("b.txt", "[off]\nHome\nHoem\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "b.txt:3: `Hoem` cannot be switched off: no earlier pack has it"
        );
        assert_eq!(phrases(&rules), ["Home"]);
        assert_eq!(rules.packs().count(), 1);
    }

    #[test]
    fn a_cue_that_is_there_stays_the_earlier_packs() {
        let mut rules = RuleSet::default();
        rules.add("a", "[nav whole]\nHome\n").unwrap();
        rules
            .add("b", "[nav whole]\nHOME\n[nav lead]\nHome\n")
            .unwrap();
        assert_eq!(rules.packs().collect::<Vec<_>>(), [("a", 1), ("b", 1)]);
        assert_eq!(rules.cues()[1].role, Role::Lead);
    }
}
