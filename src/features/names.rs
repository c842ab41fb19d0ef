//! The names of all features: groups of buckets, numbered once and for all.
//!
//! A feature is `group=bucket`, as `len=4` or `cue=related.lead.alone`. It is on or off
//! for a piece, never a quantity: quantities are cut into buckets, so that weights stay
//! a table of integers that a person can read.

use crate::label::Label;
use crate::markup::Tag;

/// A feature's number: an index into the table of weights.
pub(crate) type Id = u16;

macro_rules! groups {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $size:expr, $seen:ident;)*) => {
        /// A set of features of which each piece usually has one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(usize)]
        pub(crate) enum Group { $($(#[$doc])* $name,)* }

        const TEXTS: &[&str] = &[$($text,)*];
        const SIZES: &[usize] = &[$($size,)*];
        const SEEN: &[bool] = &[$(groups!(@$seen),)*];
    };
    (@near) => { true };
    (@own) => { false };
}

// `near` groups are features of the pieces next to a piece, too.
groups! {
    /// Always on: how frequent a label is.
    Bias = "bias", 1, own;
    /// Length by [`crate::pieces::Shape::weight`].
    Len = "len", 14, near;
    /// What most of its characters are.
    Script = "script", 8, near;
    /// Class of the first character.
    First = "first", 26, near;
    /// Class of the last character.
    Last = "last", 26, near;
    /// Coarse length with the kind of the last character.
    Ending = "ending", 36, near;
    /// Length, sentence ends and commas together: how much it is prose.
    Prose = "prose", 32, near;
    /// Share of function characters among Han.
    Function = "function", 6, near;
    /// Share of digits.
    Digits = "digits", 5, near;
    /// Latin words, and how many begin small.
    Words = "words", 12, near;
    WideGaps = "widegaps", 5, near;
    Spaces = "spaces", 4, own;
    Pipes = "pipes", 4, own;
    Slashes = "slashes", 4, own;
    Angles = "angles", 4, near;
    Dashes = "dashes", 4, own;
    Bullets = "bullets", 4, own;
    Hashes = "hashes", 4, near;
    Colons = "colons", 4, near;
    Commas = "commas", 4, own;
    Ends = "ends", 4, own;
    Codes = "codes", 4, near;
    Opens = "opens", 4, near;
    Quotes = "quotes", 4, own;
    Emojis = "emojis", 4, own;
    Indent = "indent", 3, own;
    /// What parts it from the piece before, by whether the page has blank lines.
    Gap = "gap", 6, near;
    /// At the edge of or inside a block of code between fences.
    Fence = "fence", 3, own;
    /// Shares its line with another piece.
    Packed = "packed", 2, own;
    /// Numbering style; the last bucket is none.
    Number = "number", 16, near;
    /// Where a date or time stands in it.
    Date = "date", 6, near;
    /// Addresses: URL, e-mail, telephone.
    Address = "address", 8, near;
    /// Hashtags that make up the whole piece.
    Hashtags = "hashtags", 4, near;
    /// All of it in brackets.
    Boxed = "boxed", 2, own;
    /// A cue: label, role, position.
    Cue = "cue", Label::COUNT * 5 * 6, near;
    /// Share of its text that cues of a label make up.
    Cover = "cover", Label::COUNT * 3, near;
    /// What a cue that introduces a block introduces: label, on this line or on the next, length.
    LeadNext = "leadnext", Label::COUNT * 8, own;
    /// Words that separators part: how many, and the longest.
    Tokens = "tokens", 24, near;
    /// Cues that are none of its start: how many.
    CueCount = "cuecount", 4, own;
    /// Position in the page, from the start, from the end, as a share.
    FromStart = "fromstart", 8, own;
    FromEnd = "fromend", 8, own;
    Share = "share", 10, own;
    /// Size of the page in pieces.
    Pages = "pagesize", 8, own;
    /// Where it stands to the page's largest run of prose.
    Region = "region", 32, own;
    /// How much of its character pairs the prose of the page has too.
    Overlap = "overlap", 14, own;
    /// The same text elsewhere in the page.
    Twin = "twin", 12, own;
    /// A longer or shorter line elsewhere begins as this one does.
    Prefix = "prefix", 8, own;
    /// Label of and distance to the last cue that introduces a block.
    Since = "since", Label::COUNT * 12, own;
    /// Label of and distance to the next one.
    Until = "until", Label::COUNT * 3, own;
    /// The same, with the longest piece since; only up to the next prose.
    SinceLen = "sincelen", Label::COUNT * 12, own;
    /// Which blocks cues introduce anywhere in the page: tags, related, comments.
    PageCues = "pagecues", 8, own;
    /// Distance to the last comment cue.
    Comments = "comments", 6, own;
    /// How it compares with the other pieces that could be the title: best, second, third.
    TitleRank = "titlerank", 4, near;
    /// Length of the run of like-shaped pieces it is in, with their length.
    Rhythm = "rhythm", 24, own;
    RhythmPlace = "rhythmplace", 4, own;
    /// Length of the run in which every second, every third piece is alike.
    Rhythm2 = "rhythm2", 5, own;
    Rhythm3 = "rhythm3", 5, own;
    /// How much prose stands around it, near and wide.
    Window2 = "window2", 6, own;
    Window5 = "window5", 6, own;
    Window12 = "window12", 6, own;
    Before5 = "before5", 6, own;
    After5 = "after5", 6, own;
    /// Cues of a label among the pieces before and after.
    CuesBefore = "cuesbefore", Label::COUNT * 3, own;
    CuesAfter = "cuesafter", Label::COUNT * 3, own;
    /// Dates among the pieces around it.
    DatesNear = "datesnear", 4, own;
    /// Prose of the pieces two away.
    Prose2Before = "prose2before", 32, own;
    Prose2After = "prose2after", 32, own;
    /// Main script of the page.
    PageScript = "pagescript", 6, own;
    /// The page was HTML.
    Html = "html", 1, own;
    /// Share of it that is linked, and in how many links.
    Linked = "linked", 25, near;
    /// Where its first link leads, and what words of its links' addresses speak for.
    Target = "target", 6, near;
    LinkWord = "linkword", Label::COUNT, near;
    /// How many links the box around it has, and how many of them lead to articles.
    BoxTargets = "boxtargets", 16, own;
    /// Bold from end to end.
    Strong = "strong", 2, near;
    /// Has a `<time>`.
    TimeTag = "timetag", 1, near;
    /// How it compares with the page's `<title>`, and where it stands then.
    Named = "named", 5, near;
    NamedPlace = "namedplace", 5, own;
    /// The innermost element, and all of them.
    Element = "element", Tag::COUNT, near;
    Within = "within", Tag::COUNT, own;
    /// What class and id of the nearest element that says something speak for, and of all.
    WordNear = "wordnear", Label::COUNT, near;
    WordFar = "wordfar", Label::COUNT, own;
    /// The boxes around it: size, links and their length, prose.
    Box1 = "box1", 65, own;
    Box2 = "box2", 65, own;
    Box3 = "box3", 65, own;
    /// Where it stands to the smallest box with most of the prose, and how much of it is linked.
    MainBox = "mainbox", 35, own;
}

const fn offsets() -> [usize; SIZES.len() + 1] {
    let mut offsets = [0; SIZES.len() + 1];
    let mut at = 0;
    while at < SIZES.len() {
        offsets[at + 1] = offsets[at] + SIZES[at];
        at += 1;
    }
    offsets
}

const OFFSETS: [usize; SIZES.len() + 1] = offsets();

/// Features of a piece itself.
pub(crate) const OWN: usize = OFFSETS[SIZES.len()];
/// All features: a piece's own, then those of the piece before, then of the one behind.
pub(crate) const ALL: usize = 3 * OWN;

const _: () = assert!(ALL < Id::MAX as usize);

/// The number of a feature; a bucket past the end counts as the last.
pub(crate) fn id(group: Group, bucket: usize) -> Id {
    let size = SIZES[group as usize];
    (OFFSETS[group as usize] + bucket.min(size - 1)) as Id
}

/// True if a piece's neighbours have the feature too.
pub(crate) fn near(feature: Id) -> bool {
    NEAR[feature as usize]
}

static NEAR: [bool; OWN] = {
    let mut near = [false; OWN];
    let mut group = 0;
    while group < SIZES.len() {
        let mut at = OFFSETS[group];
        while at < OFFSETS[group + 1] {
            near[at] = SEEN[group];
            at += 1;
        }
        group += 1;
    }
    near
};

/// The feature's name, as the weights file has it.
pub(crate) fn name(feature: usize) -> String {
    let (side, own) = match feature / OWN {
        0 => ("", feature),
        1 => ("prev.", feature - OWN),
        _ => ("next.", feature - 2 * OWN),
    };
    let group = OFFSETS.partition_point(|&offset| offset <= own) - 1;
    format!("{side}{}={}", TEXTS[group], own - OFFSETS[group])
}

/// The feature of that name.
pub(crate) fn from_name(name: &str) -> Option<usize> {
    let (side, rest) = if let Some(rest) = name.strip_prefix("prev.") {
        (1, rest)
    } else if let Some(rest) = name.strip_prefix("next.") {
        (2, rest)
    } else {
        (0, name)
    };
    let (group, bucket) = rest.split_once('=')?;
    let group = TEXTS.iter().position(|&text| text == group)?;
    let bucket: usize = bucket.parse().ok()?;
    (bucket < SIZES[group]).then_some(side * OWN + OFFSETS[group] + bucket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_has_its_own_name() {
        for feature in 0..ALL {
            assert_eq!(
                from_name(&name(feature)),
                Some(feature),
                "{}",
                name(feature)
            );
        }
    }

    #[test]
    fn buckets_stay_in_their_group() {
        assert_eq!(id(Group::Len, 99), id(Group::Len, 13));
        assert_ne!(id(Group::Len, 99), id(Group::Script, 0));
    }
}
