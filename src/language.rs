//! Counts of characters become the main language of a page.

use crate::chars::Class;
use crate::pieces::Shape;

/// The main language of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// Chinese in simplified characters.
    ZhHans,
    /// Chinese in traditional characters.
    ZhHant,
    /// English.
    En,
    /// Japanese.
    Ja,
    /// Korean.
    Ko,
}

impl Language {
    /// Every language that can be told.
    pub const ALL: [Language; 5] = [
        Language::ZhHans,
        Language::ZhHant,
        Language::En,
        Language::Ja,
        Language::Ko,
    ];

    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Language::ZhHans => "zh-Hans",
            Language::ZhHant => "zh-Hant",
            Language::En => "en",
            Language::Ja => "ja",
            Language::Ko => "ko",
        }
    }
}

/// Character counts over many pieces.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    han: u64,
    kana: u64,
    hangul: u64,
    latin: u64,
    letters: u64,
    words: u64,
    simplified: u64,
    traditional: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, shape: &Shape) {
        self.han += u64::from(shape.of(Class::Han));
        self.kana += u64::from(shape.of(Class::Kana));
        self.hangul += u64::from(shape.of(Class::Hangul));
        self.latin += u64::from(shape.of(Class::Latin));
        self.letters += u64::from(shape.of(Class::Letter));
        self.words += u64::from(shape.words);
        self.simplified += u64::from(shape.simplified);
        self.traditional += u64::from(shape.traditional);
    }

    /// The language, or none where the counts do not tell. Japanese has kana among its
    /// Han characters; Chinese is told apart by the characters that only one of its
    /// scripts has; Latin text is called English only if nothing else is there to see.
    pub(crate) fn language(&self) -> Option<Language> {
        // A Latin word says about as much as two Han characters.
        let latin = self.words * 2;
        let cjk = self.han + self.kana + self.hangul;
        if self.letters > latin + cjk || latin + cjk < 4 {
            return None;
        }
        if latin > cjk {
            return Some(Language::En);
        }
        if self.hangul * 2 > cjk {
            return Some(Language::Ko);
        }
        if self.kana * 8 > cjk {
            return Some(Language::Ja);
        }
        match (self.simplified, self.traditional) {
            (0, 0) => None,
            (s, t) if s >= t => Some(Language::ZhHans),
            _ => Some(Language::ZhHant),
        }
    }
}
