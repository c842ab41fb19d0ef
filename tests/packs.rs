//! The built-in packs are data, and kept like code: in one order, nothing twice,
//! exceptions with their reason.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use dehusk::{Label, Role, RuleSet};

/// A section of a pack: its head, and each phrase with the comments above it.
struct Section<'t> {
    head: &'t str,
    phrases: Vec<(Vec<&'t str>, &'t str)>,
}

/// The comments at the top and the sections below them. The packs are known to
/// parse, so this reader need not complain.
fn read(text: &str) -> (Vec<&str>, Vec<Section<'_>>) {
    let (mut top, mut sections) = (Vec::new(), Vec::<Section>::new());
    let mut comments = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if line.starts_with('#') {
            comments.push(line);
        } else if line.starts_with('[') {
            if sections.is_empty() {
                top = std::mem::take(&mut comments);
            }
            sections.push(Section {
                head: line,
                phrases: Vec::new(),
            });
        } else if let Some(section) = sections.last_mut() {
            section.phrases.push((std::mem::take(&mut comments), line));
        }
    }
    assert!(comments.is_empty(), "comments above nothing: {comments:?}");
    (top, sections)
}

/// Where a section belongs in a pack: labels and roles in the order of their types.
fn place(head: &str) -> Option<usize> {
    let mut heads = Label::ALL.iter().flat_map(|label| {
        Role::ALL
            .iter()
            .map(move |role| format!("[{label} {role}]"))
    });
    heads.position(|known| known == head)
}

/// The pack as it ought to be written.
fn canonical(text: &str) -> String {
    let (top, mut sections) = read(text);
    sections.sort_by_key(|section| place(section.head));
    let mut lines = top;
    for section in &mut sections {
        section.phrases.sort_by_key(|&(_, phrase)| phrase);
        lines.extend(["", section.head]);
        for (comments, phrase) in &section.phrases {
            lines.extend(comments);
            lines.push(phrase);
        }
    }
    lines.join("\n") + "\n"
}

fn pack_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules/packs")
}

#[test]
fn packs_are_written_canonically() {
    for (name, text) in RuleSet::builtin_packs() {
        let canonical = canonical(text);
        for (number, (is, ought)) in text.lines().zip(canonical.lines()).enumerate() {
            assert_eq!(is, ought, "{name}.txt, line {}", number + 1);
        }
        assert_eq!(*text, canonical, "{name}.txt");
    }
}

#[test]
fn packs_say_at_the_top_what_they_are() {
    for (name, text) in RuleSet::builtin_packs() {
        assert!(!read(text).0.is_empty(), "{name}.txt");
    }
}

#[test]
fn every_file_is_built_in_under_its_name() {
    let mut files: Vec<_> = fs::read_dir(pack_dir())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let mut names: Vec<_> = RuleSet::builtin_packs()
        .iter()
        .map(|(name, _)| format!("{name}.txt"))
        .collect();
    names.sort();
    assert_eq!(files, names);
}

#[test]
fn every_pack_parses_and_keeps_all_its_cues() {
    let builtin = RuleSet::builtin();
    let counts: HashMap<&str, usize> = builtin.packs().collect();
    for (name, text) in RuleSet::builtin_packs() {
        let mut alone = RuleSet::default();
        alone.add(name, text).unwrap();
        assert!(!alone.cues().is_empty(), "{name}.txt is empty");
        assert_eq!(counts[name], alone.cues().len(), "{name}.txt");
    }
}

#[test]
fn no_phrase_stands_in_two_packs() {
    let rules = RuleSet::builtin();
    let mut packs = HashMap::new();
    for cue in rules.cues() {
        let first = packs.entry(cue.key()).or_insert(&cue.pack);
        assert_eq!(*first, &cue.pack, "{} in both", cue.phrase);
    }
}

#[test]
fn a_phrase_stands_twice_only_for_a_reason() {
    let texts: HashMap<_, _> = RuleSet::builtin_packs().iter().copied().collect();
    let rules = RuleSet::builtin();
    let mut places = BTreeMap::<String, Vec<_>>::new();
    for cue in rules.cues() {
        places.entry(cue.key()).or_default().push(cue);
    }
    for cues in places.values() {
        // One may stand without: the phrase's usual sense explains itself.
        let bare: Vec<_> = cues
            .iter()
            .map(|cue| (&*cue.pack, cue.line, cue.phrase.as_str()))
            .filter(|&(pack, line, _)| !has_reason(texts[pack], line))
            .collect();
        assert!(bare.len() <= 1, "say why: {bare:?}");
    }
}

/// True if a comment stands directly above that line.
fn has_reason(text: &str, line: u32) -> bool {
    let above = text.lines().nth(line as usize - 2);
    above.is_some_and(|above| above.starts_with("# "))
}
