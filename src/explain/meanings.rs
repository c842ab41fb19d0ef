//! Names of features become words: `prev.cue=17` is for machines.
//!
//! What a group of features is about stands in the table; where a bucket stands for a label or a
//! kind of character, that is told too. Measures stay numbers of their bucket: more is more.

use crate::label::Label;
use crate::rules::Role;

/// What a feature says.
pub(super) fn of(name: &str) -> String {
    let (whose, rest) = match name.split_once('.') {
        Some(("prev", rest)) => ("the piece before: ", rest),
        Some(("next", rest)) => ("the piece behind: ", rest),
        _ => ("", name),
    };
    let (group, bucket) = rest.split_once('=').unwrap_or((rest, ""));
    match group {
        "word" => return format!("the word “{bucket}”"),
        "line" => return format!("nothing but “{bucket}”"),
        _ => {}
    }
    let bucket: usize = bucket.parse().unwrap_or(0);
    let what = about(group).unwrap_or(group);
    match bucket_in_words(group, bucket) {
        Some(words) if words.is_empty() => format!("{whose}{what}"),
        Some(words) => format!("{whose}{what}: {words}"),
        None if bucket == 0 && COUNTS.contains(&group) => format!("{whose}no {what}"),
        None => format!("{whose}{what}, level {bucket}"),
    }
}

/// What a group is about.
fn about(group: &str) -> Option<&'static str> {
    let found = GROUPS.iter().find(|(name, _)| *name == group);
    found.map(|(_, about)| *about)
}

/// What a bucket of some groups stands for; nothing where it is a measure.
fn bucket_in_words(group: &str, bucket: usize) -> Option<String> {
    let words = match group {
        "around" | "bias" | "html" | "timetag" => String::new(),
        "boxed" | "packed" | "strong" => if bucket == 1 { "yes" } else { "no" }.into(),
        "first" | "last" => one_of(&CLASSES, bucket),
        "number" => one_of(&STYLES, bucket),
        "date" => one_of(&PLACES_OF_DATES, bucket),
        "gap" => one_of(&GAPS, bucket % GAPS.len()),
        "script" => one_of(&SCRIPTS, bucket),
        "titlerank" => one_of(&RANKS, bucket),
        "cue" => cue(bucket),
        "cover" | "until" | "cuesbefore" | "cuesafter" => of_label(bucket, 3),
        "leadnext" => of_label(bucket, 8),
        "since" | "sincelen" => of_label(bucket, 12),
        "linkword" | "wordnear" | "wordfar" => of_label(bucket, 1),
        _ => return None,
    };
    Some(words)
}

fn one_of(words: &[&str], bucket: usize) -> String {
    words.get(bucket).copied().unwrap_or("other").to_owned()
}

/// The label of a bucket where each label has so many.
fn of_label(bucket: usize, each: usize) -> String {
    label(bucket / each).to_owned()
}

fn label(number: usize) -> &'static str {
    Label::ALL
        .get(number)
        .map_or("nothing", |label| label.name())
}

/// A bucket of `cue=`: label, role and place.
fn cue(bucket: usize) -> String {
    const PLACES: [&str; 6] = [
        "alone",
        "with a colon",
        "at the start",
        "inside",
        "at the end",
        "at the end, with a colon",
    ];
    let (cue, place) = (bucket / PLACES.len(), PLACES[bucket % PLACES.len()]);
    let role = Role::ALL[cue % Role::ALL.len()];
    format!("{} {role}, {place}", label(cue / Role::ALL.len()))
}

/// Groups whose bucket 0 says that there is nothing.
const COUNTS: [&str; 26] = [
    "widegaps",
    "spaces",
    "pipes",
    "slashes",
    "angles",
    "dashes",
    "bullets",
    "hashes",
    "colons",
    "commas",
    "ends",
    "codes",
    "opens",
    "quotes",
    "emojis",
    "digits",
    "words",
    "address",
    "hashtags",
    "cuecount",
    "twin",
    "prefix",
    "comments",
    "datesnear",
    "pagecues",
    "overlap",
];

/// As [`crate::chars::Class`] has them.
const CLASSES: [&str; 26] = [
    "symbol",
    "Han",
    "kana",
    "Hangul",
    "Latin",
    "letter",
    "digit",
    "space",
    "wide space",
    "line end",
    "end of sentence",
    "comma",
    "colon",
    "dot",
    "bar",
    "slash",
    "arrow or angle",
    "dash",
    "hash mark",
    "bullet",
    "opening bracket",
    "closing bracket",
    "quotation mark",
    "mark of program text",
    "invisible",
    "emoji",
];

/// As [`crate::numbering::Style`] has them.
const STYLES: [&str; 16] = [
    "#",
    "第一章",
    "第一节",
    "一、",
    "(一)",
    "1.",
    "1.1",
    "(1)",
    "①",
    "A.",
    "Q1",
    "【】",
    "步骤一",
    "首先",
    "[1]",
    "none",
];

/// As `features/patterns.rs` has them.
const PLACES_OF_DATES: [&str; 6] = [
    "none",
    "alone",
    "at the start",
    "at the end",
    "inside",
    "many",
];
const RANKS: [&str; 4] = ["best", "second", "third", "below"];
const GAPS: [&str; 3] = ["nothing", "a line break", "a blank line"];
/// As `features/own.rs` has them.
const SCRIPTS: [&str; 8] = [
    "none",
    "Han",
    "Japanese",
    "Korean",
    "Latin",
    "digits",
    "other",
    "Han with Latin",
];

const GROUPS: &[(&str, &str)] = &[
    ("around", "the pieces around it"),
    (
        "bias",
        "how frequent the label is, and how sure it is to be",
    ),
    ("len", "length"),
    ("script", "script of most characters"),
    ("first", "kind of the first character"),
    ("last", "kind of the last character"),
    ("ending", "length and last character"),
    ("prose", "reads like sentences"),
    ("function", "share of characters that Chinese prose needs"),
    ("digits", "share of digits"),
    ("words", "Latin words"),
    ("widegaps", "wide gaps"),
    ("spaces", "spaces"),
    ("pipes", "bars"),
    ("slashes", "slashes"),
    ("angles", "arrows and angles"),
    ("dashes", "dashes"),
    ("bullets", "bullets"),
    ("hashes", "hash marks"),
    ("colons", "colons"),
    ("commas", "commas"),
    ("ends", "ends of sentences"),
    ("codes", "marks of program text"),
    ("opens", "opening brackets"),
    ("quotes", "quotation marks"),
    ("emojis", "emoji"),
    ("indent", "indented"),
    ("gap", "what parts it from the piece before"),
    ("fence", "fenced code"),
    ("packed", "shares its line"),
    ("number", "numbering"),
    ("date", "date or time"),
    ("address", "addresses, telephone numbers"),
    ("hashtags", "made of hashtags"),
    ("boxed", "all in brackets"),
    ("cue", "cue"),
    ("cover", "share of the text that cues make up"),
    ("leadnext", "what its cue introduces"),
    ("tokens", "short words between separators"),
    ("cuecount", "cues in it"),
    ("fromstart", "distance from the page's start"),
    ("fromend", "distance from the page's end"),
    ("share", "place in the page"),
    ("pagesize", "size of the page"),
    ("region", "place beside the largest run of prose"),
    ("overlap", "words shared with the page's prose"),
    ("twin", "copy of it elsewhere in the page"),
    ("prefix", "other line that begins like it"),
    ("since", "distance from the last cue that opens a block"),
    ("until", "distance to the next cue that opens a block"),
    ("sincelen", "lengths since the last cue that opens a block"),
    ("pagecues", "blocks that cues open in the page"),
    ("comments", "distance from a comment cue"),
    ("titlerank", "how well it would do as the title"),
    ("rhythm", "in a run of lines of like length"),
    ("rhythmplace", "place in that run"),
    ("rhythm2", "every second line alike"),
    ("rhythm3", "every third line alike"),
    ("window2", "prose within 2 pieces"),
    ("window5", "prose within 5 pieces"),
    ("window12", "prose within 12 pieces"),
    ("before5", "prose of the 5 pieces before"),
    ("after5", "prose of the 5 pieces behind"),
    ("cuesbefore", "cues before"),
    ("cuesafter", "cues behind"),
    ("datesnear", "dates around it"),
    ("prose2before", "prose two pieces before"),
    ("prose2after", "prose two pieces behind"),
    ("pagescript", "main script of the page"),
    ("html", "the page was HTML"),
    ("linked", "share that is linked"),
    ("target", "where its link leads"),
    ("linkword", "words of the link's address speak for"),
    ("boxtargets", "links of the box around it"),
    ("strong", "bold from end to end"),
    ("timetag", "has a time element"),
    ("named", "beside the page's title element"),
    ("namedplace", "where that stands"),
    ("element", "innermost element"),
    ("within", "inside of an element"),
    ("wordnear", "nearest class or id speaks for"),
    ("wordfar", "a class or id around it speaks for"),
    ("box1", "size and links of the box around it"),
    ("box2", "size and links of the second box"),
    ("box3", "size and links of the third box"),
    ("mainbox", "place beside the box with most prose"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::names;

    #[test]
    fn every_feature_has_a_meaning() {
        for feature in 0..names::ALL {
            let name = names::name(feature);
            let group = name.trim_start_matches("prev.").trim_start_matches("next.");
            let group = group.split('=').next().unwrap();
            assert!(about(group).is_some(), "{name}");
            assert!(!of(&name).is_empty());
        }
    }

    #[test]
    fn lists_are_as_long_as_what_they_name() {
        assert_eq!(CLASSES.len(), crate::chars::Class::COUNT);
        assert_eq!(STYLES.len(), crate::numbering::Style::COUNT + 1);
        assert!(COUNTS.iter().all(|group| about(group).is_some()));
    }

    #[test]
    fn in_words() {
        for (name, meaning) in [
            ("len=4", "length, level 4"),
            ("prev.cue=120", "the piece before: cue: related lead, alone"),
            ("cue=185", "cue: nav lead, at the end, with a colon"),
            ("around", "the pieces around it"),
            ("last=10", "kind of the last character: end of sentence"),
            ("next.colons=0", "the piece behind: no colons"),
            ("number=15", "numbering: none"),
            (
                "bias=0",
                "how frequent the label is, and how sure it is to be",
            ),
            ("word=登录", "the word “登录”"),
            ("line=上一篇", "nothing but “上一篇”"),
        ] {
            assert_eq!(of(name), meaning);
        }
    }
}
