//! From a pack's text to its cues. Every complaint names file and line.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::Arc;

use crate::error::Error;
use crate::label::Label;

use super::{Cue, Role, key};

/// The longest phrase taken, in bytes. A longer one is a paste gone wrong: no cue
/// is a whole paragraph.
const MAX_PHRASE: usize = 200;

/// What a pack holds.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) cues: Vec<Cue>,
    pub(super) off: Vec<Off>,
}

/// A phrase whose cues in earlier packs are to be switched off.
#[derive(Debug)]
pub(super) struct Off {
    pub(super) phrase: String,
    pub(super) key: String,
    pub(super) line: u32,
}

/// Reads a pack; `pack` is its name.
pub(super) fn parse(pack: &Arc<str>, text: &str) -> Result<Parsed, Error> {
    let mut parser = Parser::new(pack);
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    for (line, number) in text.lines().zip(1..) {
        parser.line = number;
        parser
            .take(line.trim())
            .map_err(|reason| parser.error(reason))?;
    }
    Ok(parser.parsed)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Section {
    Off,
    Cues(Label, Role),
}

struct Parser<'p> {
    pack: &'p Arc<str>,
    line: u32,
    section: Option<Section>,
    /// Line of each section's head.
    sections: HashMap<Section, u32>,
    /// Line of each phrase, by section and key.
    phrases: HashMap<(Section, String), u32>,
    parsed: Parsed,
}

impl<'p> Parser<'p> {
    fn new(pack: &'p Arc<str>) -> Self {
        Self {
            pack,
            line: 0,
            section: None,
            sections: HashMap::new(),
            phrases: HashMap::new(),
            parsed: Parsed {
                cues: Vec::new(),
                off: Vec::new(),
            },
        }
    }

    fn error(&self, reason: String) -> Error {
        Error::invalid(format!("{}:{}: {reason}", self.pack, self.line))
    }

    /// Takes one trimmed line; the error is the reason alone.
    fn take(&mut self, line: &str) -> Result<(), String> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        match line.strip_prefix('[') {
            Some(head) => self.open(head),
            None => self.phrase(line),
        }
    }

    fn open(&mut self, head: &str) -> Result<(), String> {
        let Some(head) = head.strip_suffix(']') else {
            return Err("a section must end in `]`".to_owned());
        };
        let section = section(head)?;
        if let Some(earlier) = self.sections.insert(section, self.line) {
            return Err(format!("section [{head}] is open since line {earlier}"));
        }
        self.section = Some(section);
        Ok(())
    }

    fn phrase(&mut self, phrase: &str) -> Result<(), String> {
        let Some(section) = self.section else {
            return Err(format!("`{phrase}` stands before any section"));
        };
        check(phrase)?;
        let key = key(phrase);
        if let Some(earlier) = self.phrases.insert((section, key.clone()), self.line) {
            return Err(format!(
                "`{phrase}` is in this section already, on line {earlier}"
            ));
        }
        let (phrase, line) = (phrase.to_owned(), self.line);
        match section {
            Section::Off => self.parsed.off.push(Off { phrase, key, line }),
            Section::Cues(label, role) => {
                let pack = Arc::clone(self.pack);
                self.parsed.cues.push(Cue {
                    phrase,
                    label,
                    role,
                    pack,
                    line,
                });
            }
        }
        Ok(())
    }
}

/// The section of that head, brackets off.
fn section(head: &str) -> Result<Section, String> {
    let mut words = head.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some("off"), None, _) => Ok(Section::Off),
        (Some(label), Some(role), None) => {
            let label =
                Label::from_name(label).ok_or_else(|| unknown("label", label, &Label::ALL))?;
            let role = Role::from_name(role).ok_or_else(|| unknown("role", role, &Role::ALL))?;
            Ok(Section::Cues(label, role))
        }
        _ => Err(format!("[{head}] is neither [LABEL ROLE] nor [off]")),
    }
}

fn unknown(what: &str, name: &str, known: &[impl Display]) -> String {
    let known: Vec<String> = known.iter().map(ToString::to_string).collect();
    format!(
        "unknown {what} `{name}`, must be one of {}",
        known.join(", ")
    )
}

/// Refuses phrases that could never be found, or not as they stand.
fn check(phrase: &str) -> Result<(), String> {
    if phrase.len() > MAX_PHRASE {
        return Err(format!(
            "a phrase of {} bytes, over {MAX_PHRASE}",
            phrase.len()
        ));
    }
    if let Some(c) = phrase.chars().find(|&c| is_invisible(c)) {
        return Err(format!(
            "invisible character U+{:04X} in the phrase",
            u32::from(c)
        ));
    }
    let bare = phrase.trim_end_matches([':', '：']);
    if bare.len() == phrase.len() {
        return Ok(());
    }
    if bare.is_empty() {
        return Err("an empty phrase".to_owned());
    }
    Err(format!(
        "leave out the colon: `{}` is found with and without",
        bare.trim_end()
    ))
}

/// Control and zero-width characters, which matching skips in pages.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Parsed {
        parse(&Arc::from("p.txt"), text).unwrap()
    }

    fn reason(text: &str) -> String {
        parse(&Arc::from("p.txt"), text).unwrap_err().to_string()
    }

    #[test]
    fn sections_phrases_and_their_lines() {
        let pack = parsed(
            "# a pack\n\n[related lead]\n 相关文章 \n# why\nSee also\n\n[ related  step ]\n上一篇\n",
        );
        let cues: Vec<_> = pack
            .cues
            .iter()
            .map(|c| (c.phrase.as_str(), c.label, c.role, c.line))
            .collect();
        assert_eq!(
            cues,
            [
                ("相关文章", Label::Related, Role::Lead, 4),
                ("See also", Label::Related, Role::Lead, 6),
                ("上一篇", Label::Related, Role::Step, 9),
            ]
        );
        assert!(pack.off.is_empty());
    }

    #[test]
    fn line_ends_and_byte_order_marks_of_editors() {
        let pack = parsed("\u{FEFF}[off]\r\n简介\r\n");
        assert_eq!((pack.off[0].phrase.as_str(), pack.off[0].line), ("简介", 2));
    }

    #[test]
    fn every_label_and_role_opens_a_section() {
        for label in Label::ALL {
            for role in Role::ALL {
                assert_eq!(
                    parsed(&format!("[{label} {role}]\nx\n")).cues[0].label,
                    label
                );
            }
        }
    }

    #[test]
    fn the_same_phrase_may_stand_in_two_sections() {
        assert_eq!(
            parsed("[nav whole]\n标签\n[tags lead]\n标签\n").cues.len(),
            2
        );
    }

    #[test]
    fn bad_packs_are_told_file_line_and_reason() {
        let long = format!("[nav whole]\n{}", "长".repeat(67));
        let cases = [
            ("x\n", "p.txt:1: `x` stands before any section"),
            (
                "\n[navi whole]\n",
                "p.txt:2: unknown label `navi`, must be one of title, heading, body, tags, \
                 related, meta, nav, promo, legal, comment",
            ),
            (
                "[nav Whole]\n",
                "p.txt:1: unknown role `Whole`, must be one of lead, step, whole, part, empty",
            ),
            (
                "[nav]\n",
                "p.txt:1: [nav] is neither [LABEL ROLE] nor [off]",
            ),
            ("[off nav]\n", "p.txt:1: unknown label `off`"),
            ("[nav whole\n", "p.txt:1: a section must end in `]`"),
            (
                "[off]\na\n[off]\n",
                "p.txt:3: section [off] is open since line 1",
            ),
            (
                "[nav whole]\nSign in\n# again\nＳｉｇｎ IN\n",
                "p.txt:4: `Ｓｉｇｎ IN` is in this section already, on line 2",
            ),
            (
                "[meta lead]\n来源：\n",
                "p.txt:2: leave out the colon: `来源` is found with and without",
            ),
            ("[meta lead]\n：\n", "p.txt:2: an empty phrase"),
            (
                "[meta lead]\n来\u{200B}源\n",
                "p.txt:2: invisible character U+200B in the phrase",
            ),
            (long.as_str(), "p.txt:2: a phrase of 201 bytes, over 200"),
        ];
        for (text, expected) in cases {
            let reason = reason(text);
            assert!(reason.starts_with(expected), "{reason}");
        }
    }
}
