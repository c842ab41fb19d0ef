//! The ten labels, spelled only here.

use std::fmt;

/// What a stretch of a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Label {
    /// The article's own title, next to the body; other copies of it are [`Label::Nav`].
    Title,
    /// A heading inside the body.
    Heading,
    /// Paragraphs, lists, quotes, tables, code and captions of the article.
    Body,
    /// A block of SEO hashtags or keywords, with its cue word.
    Tags,
    /// A list of other articles' titles, with its cue word and dates.
    Related,
    /// Byline, date, source, category, counts, author box.
    Meta,
    /// Menus, breadcrumbs, pagination, search, login, share buttons, friend links.
    Nav,
    /// Slogans, hotlines, contact data, adverts, forms, calls to action.
    Promo,
    /// Copyright, licences, disclaimers, reprint notices.
    Legal,
    /// User comments and their chrome.
    Comment,
}

impl Label {
    /// How many labels there are.
    pub const COUNT: usize = 10;

    /// Every label, in the order of the contract.
    pub const ALL: [Label; Label::COUNT] = [
        Label::Title,
        Label::Heading,
        Label::Body,
        Label::Tags,
        Label::Related,
        Label::Meta,
        Label::Nav,
        Label::Promo,
        Label::Legal,
        Label::Comment,
    ];

    /// Those of lists, whose segments have items.
    pub const LISTS: [Label; 2] = [Label::Tags, Label::Related];

    /// The label's name in records, packs and weights.
    pub fn name(self) -> &'static str {
        match self {
            Label::Title => "title",
            Label::Heading => "heading",
            Label::Body => "body",
            Label::Tags => "tags",
            Label::Related => "related",
            Label::Meta => "meta",
            Label::Nav => "nav",
            Label::Promo => "promo",
            Label::Legal => "legal",
            Label::Comment => "comment",
        }
    }

    /// The label of that name.
    pub fn from_name(name: &str) -> Option<Label> {
        Label::ALL.into_iter().find(|label| label.name() == name)
    }

    /// True for lists, whose segments have items.
    pub fn has_items(self) -> bool {
        Label::LISTS.contains(&self)
    }

    /// True for the article's text: heading and body.
    pub fn is_main(self) -> bool {
        matches!(self, Label::Heading | Label::Body)
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
