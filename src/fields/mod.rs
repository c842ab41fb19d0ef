//! From labelled segments to the record: the fields that people want.

mod confidence;
mod contacts;
mod ends;
mod items;
mod masked;
mod sections;
mod segments;

use crate::calibration::Confidence;
use crate::decide::Decision;
use crate::features::Features;
use crate::label::Label;
use crate::language::{Language, Tally};
use crate::markup::Markup;
use crate::matcher::{Hit, Matcher};
use crate::pieces::Piece;
use crate::span::Span;

/// A labelled byte range of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// What it is.
    pub kind: Label,
    /// Where it is.
    pub span: Span,
    /// For [`Label::Tags`] and [`Label::Related`]: its items, in order, inside `span`.
    pub items: Vec<Span>,
    /// How probable it is that `kind` is right, if [`crate::ExtractorBuilder::confidence`]
    /// asked for it.
    pub confidence: Option<Confidence>,
}

/// One entry of the outline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Depth of the heading, from 1.
    pub level: u8,
    /// The heading's text, trimmed.
    pub heading: Span,
    /// From the heading to the next section of the same or a higher level.
    pub span: Span,
}

/// What kind of address a [`Contact`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ContactKind {
    /// Telephone, mobile or hotline number.
    Phone,
    /// QQ number.
    Qq,
    /// WeChat id.
    Wechat,
    /// E-mail address.
    Email,
    /// ICP filing number.
    Icp,
}

impl ContactKind {
    /// Every kind.
    pub const ALL: [ContactKind; 5] = [
        ContactKind::Phone,
        ContactKind::Qq,
        ContactKind::Wechat,
        ContactKind::Email,
        ContactKind::Icp,
    ];

    /// Its name in records.
    pub fn name(self) -> &'static str {
        match self {
            ContactKind::Phone => "phone",
            ContactKind::Qq => "qq",
            ContactKind::Wechat => "wechat",
            ContactKind::Email => "email",
            ContactKind::Icp => "icp",
        }
    }
}

/// A telephone number or the like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// What kind it is.
    pub kind: ContactKind,
    /// Normalised: `400-800-7526` is `4008007526`.
    pub value: String,
    /// Where it stands, as it is written.
    pub span: Span,
}

/// What dehusk found in one page. All spans are byte ranges of [`Record::text`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<'p> {
    /// The page's text.
    pub text: &'p str,
    /// The article's title, trimmed.
    pub title: Option<Span>,
    /// Outline of the article.
    pub sections: Vec<Section>,
    /// Telephone numbers and the like, in page order.
    pub contacts: Vec<Contact>,
    /// Words that the site censored.
    pub masked: Vec<Span>,
    /// Main language, if it could be told.
    pub language: Option<Language>,
    /// Labelled ranges that tile the text.
    pub segments: Vec<Segment>,
}

impl<'p> Record<'p> {
    /// Of a page whose parts are to be appended.
    pub(crate) fn empty(text: &'p str) -> Self {
        Self {
            text,
            title: None,
            sections: Vec::new(),
            contacts: Vec::new(),
            masked: Vec::new(),
            language: None,
            segments: Vec::new(),
        }
    }

    /// Adds the record of the part of the text that starts at byte `at`. Title and language are
    /// those of the first part that has them.
    pub(crate) fn append(&mut self, part: Record<'_>, at: usize) {
        let shift = |span: Span| Span::new(span.start + at, span.end + at);
        self.title = self.title.or(part.title.map(shift));
        self.language = self.language.or(part.language);
        self.masked.extend(part.masked.into_iter().map(shift));
        self.sections
            .extend(part.sections.into_iter().map(|section| Section {
                heading: shift(section.heading),
                span: shift(section.span),
                ..section
            }));
        self.contacts
            .extend(part.contacts.into_iter().map(|contact| Contact {
                span: shift(contact.span),
                ..contact
            }));
        self.segments
            .extend(part.segments.into_iter().map(|segment| Segment {
                span: shift(segment.span),
                items: segment.items.into_iter().map(shift).collect(),
                ..segment
            }));
    }

    /// The article's title.
    pub fn title(&self) -> Option<&'p str> {
        self.title.map(|span| span.of(self.text))
    }

    /// The parts of the article's text, in page order, each trimmed and not empty.
    pub fn body_parts(&self) -> impl Iterator<Item = &'p str> + '_ {
        self.segments
            .iter()
            .filter(|segment| segment.kind.is_main())
            .map(|segment| segment.span.of(self.text).trim())
            .filter(|part| !part.is_empty())
    }

    /// The article's text: headings and paragraphs joined by a blank line.
    pub fn body(&self) -> String {
        self.body_parts().collect::<Vec<_>>().join("\n\n")
    }

    /// The items of all segments with that label, in page order.
    fn items(&self, kind: Label) -> impl Iterator<Item = &'p str> + '_ {
        self.segments
            .iter()
            .filter(move |segment| segment.kind == kind)
            .flat_map(|segment| &segment.items)
            .map(|item| item.of(self.text))
    }

    /// The hashtags and keywords, without marks and separators.
    pub fn tags(&self) -> impl Iterator<Item = &'p str> + '_ {
        self.items(Label::Tags)
    }

    /// The titles of other articles.
    pub fn related(&self) -> impl Iterator<Item = &'p str> + '_ {
        self.items(Label::Related)
    }
}

pub(crate) use self::confidence::set as set_confidence;

/// Makes the record of a page from its labelled pieces.
pub(crate) fn assemble<'p>(
    text: &'p str,
    pieces: &[Piece],
    decision: &Decision,
    features: &Features,
    hits: &[Hit],
    matcher: &Matcher,
    markup: &Markup,
) -> Record<'p> {
    let Decision { labels, holds, .. } = decision;
    let blocks = segments::group(pieces, labels, |piece| features.lead(piece));
    let mut segments = segments::tile(text, pieces, labels, &blocks);
    let cues = items::Cues {
        hits,
        matcher,
        markup,
    };
    for (segment, block) in segments.iter_mut().zip(&blocks) {
        let (pieces, holds) = (&pieces[block.clone()], &holds[block.clone()]);
        match segment.kind {
            Label::Tags => items::tags(text, pieces, holds, cues, &mut segment.items),
            Label::Related => items::related(text, pieces, holds, cues, &mut segment.items),
            _ => {}
        }
    }
    let mut tally = Tally::default();
    pieces.iter().for_each(|piece| tally.add(&piece.shape));
    let title = segments.iter().find(|segment| segment.kind == Label::Title);
    Record {
        text,
        title: title.map(|segment| items::article_title(text, segment.span)),
        sections: sections::outline(text, &segments),
        contacts: contacts::find(text, pieces),
        masked: masked::find(text, pieces),
        language: tally.language(),
        segments,
    }
}
