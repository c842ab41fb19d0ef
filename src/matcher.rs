//! Rules become a searcher, and a page's text becomes hits: where which cue stands.
//!
//! One pass over the bytes, leftmost-longest, without overlaps. A cue is found in all
//! its spellings:
//!
//! * ASCII letters in either case, whole words only;
//! * half-width and full-width forms alike, and any white space for a space: the
//!   searcher holds each spelling, so that the usual page is searched as it is;
//! * torn by zero-width characters (`相\u{200b}关文章`), by pinyin in brackets
//!   (`相關(guān)文章`) or by spaces between single characters (`来　源`): only a page that
//!   shows such tearing (the line scan tells) is copied without it, and searched there.
//!
//! Positions are always those of the original text.
//!
//! What it costs with the built-in packs: `cargo bench --all-features --bench stages hits`.

use crate::chars::{self, Class};
use crate::error::Result;
use crate::label::Label;
use crate::pair_search::{Match, Searcher};
use crate::rules::{Role, RuleSet};

/// A place where a cue stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    /// First byte of the cue in the page.
    pub(crate) start: usize,
    /// One past its last byte.
    pub(crate) end: usize,
    /// Number of the phrase; [`Matcher::cues`] tells what it means.
    pub(crate) phrase: u32,
}

/// The compiled cues: immutable, shared by all threads.
#[derive(Debug)]
pub(crate) struct Matcher {
    searcher: Searcher,
    /// For each spelling in the searcher, its phrase.
    phrase_of: Vec<u32>,
    /// For each phrase, what it speaks for.
    cues_of: Vec<Vec<(Label, Role)>>,
}

/// Scratch: reused from page to page.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    mended: Mended,
    found: Vec<Match>,
}

/// A copy of a torn page without what tears it; see the module's head.
#[derive(Debug, Default)]
struct Mended {
    text: String,
    /// `(offset in the copy, offset in the page)` after each thing left out.
    breaks: Vec<(usize, usize)>,
}

/// No phrase gets more spellings than this; beyond it stand the all-half-width
/// and the all-full-width one.
const MAX_SPELLINGS: usize = 16;

impl Matcher {
    /// Compiles the rules.
    pub(crate) fn new(rules: &RuleSet) -> Result<Self> {
        let mut phrases: Vec<String> = rules.cues().iter().map(|cue| fold(&cue.phrase)).collect();
        phrases.sort_unstable();
        phrases.dedup();
        let mut cues_of = vec![Vec::new(); phrases.len()];
        for cue in rules.cues() {
            if let Ok(phrase) = phrases.binary_search(&fold(&cue.phrase)) {
                cues_of[phrase].push((cue.label, cue.role));
            }
        }
        let mut spellings: Vec<(String, u32)> = Vec::new();
        for (phrase, text) in phrases.iter().enumerate() {
            spellings.extend(spell(text).into_iter().map(|s| (s, phrase as u32)));
        }
        let searcher = Searcher::builder()
            .ascii_case_insensitive(true)
            .build(spellings.iter().map(|(text, _)| text))?;
        let phrase_of = spellings.into_iter().map(|(_, phrase)| phrase).collect();
        Ok(Self {
            searcher,
            phrase_of,
            cues_of,
        })
    }

    /// What a hit speaks for.
    pub(crate) fn cues(&self, hit: Hit) -> &[(Label, Role)] {
        &self.cues_of[hit.phrase as usize]
    }

    /// Finds all hits in a page, in order, into `hits`. `torn` says that the page may
    /// hold cues torn apart.
    pub(crate) fn find(&self, text: &str, torn: bool, scratch: &mut Scratch, hits: &mut Vec<Hit>) {
        hits.clear();
        let Scratch { mended, found } = scratch;
        if torn {
            mended.mend(text);
            self.scan(&mended.text, found, hits);
            mended.restore(hits);
        } else {
            self.scan(text, found, hits);
        }
    }

    fn scan(&self, text: &str, found: &mut Vec<Match>, hits: &mut Vec<Hit>) {
        self.searcher.find_into(text, found);
        hits.reserve(found.len());
        for &Match {
            start,
            end,
            pattern,
        } in found.iter()
        {
            if whole_word(text.as_bytes(), start, end) {
                let phrase = self.phrase_of[pattern];
                hits.push(Hit { start, end, phrase });
            }
        }
    }

    /// For each phrase, where its cues stand in the rules that the matcher was compiled from.
    pub(crate) fn origins(rules: &RuleSet) -> Vec<Vec<usize>> {
        let folded = rules.cues().iter().map(|cue| fold(&cue.phrase));
        let mut folded: Vec<_> = folded.zip(0..).collect();
        folded.sort_unstable();
        let phrases = folded.chunk_by(|a, b| a.0 == b.0);
        phrases
            .map(|cues| cues.iter().map(|&(_, at)| at).collect())
            .collect()
    }
}

/// A cue that begins or ends with an ASCII letter or digit does so at a word's edge.
fn whole_word(text: &[u8], start: usize, end: usize) -> bool {
    let word = |at: usize| text.get(at).is_some_and(u8::is_ascii_alphanumeric);
    let digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    let joined = |inner: usize, outer: usize| word(inner) && word(outer) && !(digit(outer));
    let before = start > 0 && joined(start, start - 1);
    !before && !joined(end - 1, end)
}

/// What makes two phrases the same: half-width, lower case, single spaces.
fn fold(phrase: &str) -> String {
    phrase
        .chars()
        .map(half)
        .map(|c| c.to_ascii_lowercase())
        .map(|c| {
            if matches!(chars::class(c), Class::Space | Class::WideSpace) {
                ' '
            } else {
                c
            }
        })
        .collect()
}

fn half(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

fn full(c: char) -> char {
    match c {
        '!'..='~' => char::from_u32(c as u32 + 0xfee0).unwrap_or(c),
        ' ' => '\u{3000}',
        _ => c,
    }
}

/// The spellings of a phrase that the searcher holds: marks in either width each, one
/// kind of space for all its spaces, and letters all in full width where it is one word.
fn spell(phrase: &str) -> Vec<String> {
    let mut spellings = vec![String::new()];
    for c in phrase.chars() {
        let forms = match c {
            _ if c.is_ascii_alphanumeric() || c == ' ' || full(c) == c => vec![c],
            _ => vec![c, full(c)],
        };
        if spellings.len() * forms.len() > MAX_SPELLINGS {
            spellings = vec![phrase.to_owned(), phrase.chars().map(full).collect()];
            break;
        }
        let longer = |start: &String| forms.iter().map(|form| format!("{start}{form}")).collect();
        spellings = spellings
            .iter()
            .flat_map(|start| -> Vec<String> { longer(start) })
            .collect();
    }
    if phrase.contains(' ') {
        let wide = |space: &str| phrase.replace(' ', space);
        spellings.extend(["\u{a0}", "\u{3000}"].map(wide));
    } else {
        let wide = |word: String| word.chars().map(full).collect::<String>();
        spellings.push(wide(phrase.to_ascii_lowercase()));
        spellings.push(wide(phrase.to_ascii_uppercase()));
    }
    spellings.sort_unstable();
    spellings.dedup();
    spellings
}

impl Mended {
    /// Copies `text` without zero-width characters, without pinyin in brackets, and
    /// without the spaces between single Han characters.
    fn mend(&mut self, text: &str) {
        self.text.clear();
        self.breaks.clear();
        let table = chars::table();
        // Length of the run of Han characters that ends at the cursor.
        let mut run = 0u32;
        // What is not copied yet begins at `from`.
        let (mut from, mut at) = (0, 0);
        while let Some(c) = text[at..].chars().next() {
            let class = table.kind(c).class();
            let gap = match class {
                Class::Invisible => c.len_utf8(),
                Class::Open if run > 0 => pinyin(&text[at..]),
                Class::Space | Class::WideSpace if run == 1 => gap_between_han(&text[at..]),
                _ => 0,
            };
            if gap > 0 {
                self.text.push_str(&text[from..at]);
                at += gap;
                from = at;
                self.breaks.push((self.text.len(), at));
                continue;
            }
            run = if class == Class::Han { run + 1 } else { 0 };
            at += c.len_utf8();
        }
        self.text.push_str(&text[from..]);
    }

    /// Moves hits from the copy to the page. A hit that begins right after a gap begins
    /// after it; one that ends right before a gap ends before it.
    fn restore(&self, hits: &mut [Hit]) {
        let mut passed = 0;
        for hit in hits {
            while self
                .breaks
                .get(passed)
                .is_some_and(|gap| gap.0 <= hit.start)
            {
                passed += 1;
            }
            let shift = |gaps: usize| {
                gaps.checked_sub(1).map_or(0, |last| {
                    let (copy, page) = self.breaks[last];
                    page - copy
                })
            };
            let mut inside = passed;
            while self.breaks.get(inside).is_some_and(|gap| gap.0 < hit.end) {
                inside += 1;
            }
            hit.start += shift(passed);
            hit.end += shift(inside);
        }
    }
}

/// Length of a reading in brackets at the start of `text`: `(guān)`, at most eight letters.
pub(crate) fn pinyin(text: &str) -> usize {
    let mut chars = text.char_indices();
    if !matches!(chars.next(), Some((_, '(' | '（'))) {
        return 0;
    }
    let mut letters = 0;
    for (at, c) in chars {
        match c {
            ')' | '）' if letters > 0 => return at + c.len_utf8(),
            'a'..='z' | 'ü' | 'à'..='ü' | 'ā'..='ǜ' if letters < 8 => letters += 1,
            _ => return 0,
        }
    }
    0
}

/// Length of the white space at the start of `text` if a Han character follows.
fn gap_between_han(text: &str) -> usize {
    let rest =
        text.trim_start_matches(|c| matches!(chars::class(c), Class::Space | Class::WideSpace));
    match rest.chars().next().map(chars::class) {
        Some(Class::Han) => text.len() - rest.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACK: &str = "[related lead]\nRelated Posts\n相关文章\n相关文章推荐\n相關文章\n[meta lead]\n来源\n[tags lead]\nTAG\n[legal part]\n(C)\n";

    fn found(text: &str, torn: bool) -> Vec<&str> {
        let mut rules = RuleSet::default();
        rules.add("test", PACK).unwrap();
        let matcher = Matcher::new(&rules).unwrap();
        let mut hits = Vec::new();
        matcher.find(text, torn, &mut Scratch::default(), &mut hits);
        hits.iter().map(|hit| &text[hit.start..hit.end]).collect()
    }

    #[test]
    fn cues_lead_back_to_their_packs() {
        let mut rules = RuleSet::builtin();
        rules.add("mine", PACK).unwrap();
        let matcher = Matcher::new(&rules).unwrap();
        let origins = Matcher::origins(&rules);
        assert_eq!(origins.len(), matcher.cues_of.len());
        for (cues, origins) in matcher.cues_of.iter().zip(origins) {
            let cue = |at: usize| (rules.cues()[at].label, rules.cues()[at].role);
            assert_eq!(*cues, origins.into_iter().map(cue).collect::<Vec<_>>());
        }
    }

    /// text, whether torn, what is found
    const TABLE: &[(&str, bool, &[&str])] = &[
        ("", false, &[]),
        ("相关文章: x", false, &["相关文章"]),
        ("相关文章推荐", false, &["相关文章推荐"]),
        ("x相关文章相关文章", false, &["相关文章", "相关文章"]),
        (
            "related\u{a0}posts RELATED POSTS",
            false,
            &["related\u{a0}posts", "RELATED POSTS"],
        ),
        ("Ｔａｇ ＴＡＧ ｔａｇ", false, &["ＴＡＧ", "ｔａｇ"]),
        ("TAGS stage tag1", false, &["tag"]),
        ("（Ｃ）(c)（c)", false, &["（Ｃ）", "(c)", "（c)"]),
        (
            "相\u{200b}关\u{feff}文章",
            true,
            &["相\u{200b}关\u{feff}文章"],
        ),
        ("相關(guān)文章(zhāng)：", true, &["相關(guān)文章"]),
        ("\u{feff}来　源：", true, &["来　源"]),
        ("来源\u{200b}x\u{200b}来源", true, &["来源", "来源"]),
        ("从来 源头", true, &[]),
    ];

    #[test]
    fn spellings_of_a_cue() {
        for (text, torn, expected) in TABLE {
            assert_eq!(&found(text, *torn), expected, "{text:?}");
        }
    }

    #[test]
    fn an_empty_rule_set_finds_nothing() {
        let matcher = Matcher::new(&RuleSet::default()).unwrap();
        let mut hits = vec![Hit {
            start: 0,
            end: 1,
            phrase: 0,
        }];
        matcher.find("相关文章", false, &mut Scratch::default(), &mut hits);
        assert!(hits.is_empty());
    }
}
