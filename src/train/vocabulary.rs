//! Pages become a vocabulary: the terms that many sites have in common.
//!
//! What a term is worth is not asked: only that it can be learned from some sites and met on
//! others. Words of sentences tell little, so the terms are those of short pieces.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use crate::features::names::Id;
use crate::features::terms::{self, Key, Vocabulary};

/// A short piece has at most so many characters.
const SHORT: usize = 24;
/// A term of fewer sites is none of the language of sites.
const SITES: usize = 6;

/// The terms of a page.
pub(super) struct Terms {
    keys: Vec<Key>,
    /// For each piece, where its terms end in `keys`.
    ends: Vec<usize>,
    /// Those of its short pieces, by their names.
    short: HashMap<Key, String>,
}

impl Terms {
    /// Those of the pieces of these texts.
    pub(super) fn new<'t>(texts: impl Iterator<Item = &'t str>) -> Self {
        let (mut keys, mut ends, mut short) = (Vec::new(), Vec::new(), HashMap::new());
        for text in texts {
            let is_short = text.chars().nth(SHORT).is_none();
            terms::each(text, |key, kind, place| {
                keys.push(key);
                if is_short {
                    short
                        .entry(key)
                        .or_insert_with(|| terms::name(kind, &text[place]));
                }
            });
            ends.push(keys.len());
        }
        Self { keys, ends, short }
    }

    /// Forgets what [`choose`] asks for.
    pub(super) fn drop_names(&mut self) {
        self.short = HashMap::new();
    }

    /// Pushes the terms of a piece that count.
    pub(super) fn push(&self, piece: usize, vocabulary: &Vocabulary, ids: &mut Vec<Id>) {
        let start = if piece == 0 { 0 } else { self.ends[piece - 1] };
        let first = ids.len();
        for &key in &self.keys[start..self.ends[piece]] {
            if let Some(id) = vocabulary.find(key) {
                terms::add(id, first, ids);
            }
        }
    }
}

/// So many terms of those pages, or fewer, the most common first. Each page comes with the number
/// of its site.
pub(super) fn choose<'t>(
    pages: impl Iterator<Item = (usize, &'t Terms)>,
    size: usize,
) -> Vocabulary {
    let mut sites: HashMap<&str, HashSet<usize>> = HashMap::new();
    for (site, page) in pages {
        for name in page.short.values() {
            sites.entry(name).or_default().insert(site);
        }
    }
    let common = sites.into_iter().map(|(name, sites)| (sites.len(), name));
    let mut common: Vec<_> = common.filter(|(sites, _)| *sites >= SITES).collect();
    common.sort_unstable_by_key(|&(sites, name)| (Reverse(sites), name));
    let mut vocabulary = Vocabulary::default();
    for (_, name) in common.into_iter().take(size) {
        // None is refused but those past the most.
        let _ = vocabulary.number(name);
    }
    vocabulary
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_of_many_sites_count_the_commonest_first() {
        let page = |text: &'static str| Terms::new(text.lines());
        let pages: Vec<(usize, Terms)> = (0..14)
            .map(|page_number| {
                // One site has eight of the pages.
                let site = page_number.max(7) - 7;
                (
                    site,
                    page(if page_number < 9 {
                        "首页 news"
                    } else {
                        "首页"
                    }),
                )
            })
            .collect();
        let named = |size: usize| {
            let vocabulary = choose(pages.iter().map(|(site, page)| (*site, page)), size);
            let names = (0..vocabulary.len()).map(|term| vocabulary.name(term).to_owned());
            names.collect::<Vec<_>>()
        };
        // Seven sites have 首页, two of them `news`, five the line without it.
        assert_eq!(named(9), ["word=首页"]);
        assert_eq!(named(0), Vec::<String>::new());
        let prose = format!("{}。", "词".repeat(SHORT));
        assert!(Terms::new([prose.as_str()].into_iter()).short.is_empty());
    }

    #[test]
    fn a_page_is_learned_as_it_is_read() {
        let mut vocabulary = Vocabulary::default();
        for name in ["word=登录", "word=sign", "line=登录sign"] {
            vocabulary.number(name).unwrap();
        }
        let texts = ["登录 Sign", "无", "sign, sign"];
        let page = Terms::new(texts.into_iter());
        for (piece, text) in texts.into_iter().enumerate() {
            let (mut learned, mut read) = (vec![7], vec![7]);
            page.push(piece, &vocabulary, &mut learned);
            terms::push(text, &vocabulary, &mut read);
            assert_eq!(learned, read, "{text}");
            assert_eq!(learned.len(), [4, 1, 2][piece]);
        }
    }
}
