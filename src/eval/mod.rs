//! Records against labelled pages: how right they are.
//!
//! A *character* here is one that is not white space. What is measured, on each page and
//! over all:
//!
//! - **by position**: every character has one right label and one predicted one, that of
//!   the segment with its first byte (the later one where segments overlap, none outside);
//! - **by string**: the main text against the right one, white space removed: the same lines
//!   first, then five-character shingles of what is left. It compares with tools that give
//!   only text, and with pages that another converter made;
//! - **items** of tags and related, as multisets without white space; *loose* also without
//!   bullets, ranks, cues, trailing dates and counts, case and punctuation;
//! - **title**: the same but for white space; **lossless**: the segments tile the page.
//!
//! *Micro* figures sum over all pages, *macro* ones are means over pages. A page on which
//! nothing was to be found and nothing was counts 1; items leave such pages out.

mod interval;
mod items;
mod page;
mod records;
mod strings;

use crate::calibration::Confidence;
use crate::label::Label;

pub use self::interval::Interval;
pub use self::page::{Found, PageScore, Wrong};
pub use self::records::{Prediction, Predictions};

/// What is counted as found, missed and wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Measure {
    /// Headings and body by position.
    Main,
    /// Title, headings and body by position.
    MainTitle,
    /// Headings and body by string.
    MainText,
    /// Title, headings and body by string.
    MainTitleText,
    /// Items of tags.
    Tags,
    /// The same, loosely.
    TagsLoose,
    /// Items of related.
    Related,
    /// The same, loosely.
    RelatedLoose,
}

impl Measure {
    /// How many measures there are.
    pub const COUNT: usize = 8;

    /// Every measure.
    pub const ALL: [Measure; Measure::COUNT] = [
        Measure::Main,
        Measure::MainTitle,
        Measure::MainText,
        Measure::MainTitleText,
        Measure::Tags,
        Measure::TagsLoose,
        Measure::Related,
        Measure::RelatedLoose,
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Main => "main",
            Measure::MainTitle => "main+title",
            Measure::MainText => "main by string",
            Measure::MainTitleText => "main+title by string",
            Measure::Tags => "tags",
            Measure::TagsLoose => "tags loose",
            Measure::Related => "related",
            Measure::RelatedLoose => "related loose",
        }
    }
}

/// Precision, recall and their harmonic mean.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Prf {
    /// Share of what was predicted that is right.
    pub p: f64,
    /// Share of what is right that was predicted.
    pub r: f64,
    /// Their harmonic mean.
    pub f1: f64,
}

/// What was found of how much. By string, a character matched on one side need not be
/// matched on the other, so both sides are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    /// How much is right, and how much of that was found.
    pub gold: usize,
    /// See [`Hits::gold`].
    pub gold_hit: usize,
    /// How much was predicted, and how much of that is right.
    pub predicted: usize,
    /// See [`Hits::predicted`].
    pub predicted_hit: usize,
}

impl Hits {
    fn new(hit: usize, predicted: usize, gold: usize) -> Self {
        Self {
            gold,
            gold_hit: hit,
            predicted,
            predicted_hit: hit,
        }
    }

    /// 1 where there was nothing to find and nothing was found.
    pub fn prf(self) -> Prf {
        if self.gold == 0 && self.predicted == 0 {
            return Prf {
                p: 1.0,
                r: 1.0,
                f1: 1.0,
            };
        }
        let share = |hit: usize, all: usize| {
            if all == 0 {
                0.0
            } else {
                hit as f64 / all as f64
            }
        };
        let (p, r) = (
            share(self.predicted_hit, self.predicted),
            share(self.gold_hit, self.gold),
        );
        let f1 = if p + r == 0.0 {
            0.0
        } else {
            2.0 * p * r / (p + r)
        };
        Prf { p, r, f1 }
    }
}

/// A measure over all pages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// Of the sums over pages.
    pub micro: Prf,
    /// The means over pages.
    pub macro_: Prf,
    /// The pages that it was measured on.
    pub cases: usize,
    /// What the sums are.
    pub hits: Hits,
}

/// Characters by label: right label, predicted label; the last column is none.
pub type Confusion = [[usize; Label::COUNT + 1]; Label::COUNT];

/// How often the title was right.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TitleScore {
    /// Share of all pages on which it is the right one, or on which there is rightly none.
    pub exact: f64,
    /// Share of the pages with a title on which it is the right one.
    pub exact_with_gold: f64,
    /// Pages with a title.
    pub with_gold: usize,
    /// Titles given to pages that have none.
    pub false_titles: usize,
}

/// Segments that were given about the same confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sureness {
    /// The least and the greatest confidence of this row.
    pub from: f64,
    /// See [`Sureness::from`].
    pub to: f64,
    /// How many segments there are.
    pub segments: usize,
    /// The mean of what they were given.
    pub said: f64,
    /// The share of them that is right.
    pub right: f64,
}

impl Sureness {
    /// Where rows begin and end.
    const BOUNDS: [f64; 11] = [0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0];
}

/// How many pages the segments tile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LosslessScore {
    /// They do.
    pub ok: usize,
    /// They do not.
    pub fail: usize,
    /// There are none.
    pub no_segments: usize,
}

/// How right the records of all pages are.
#[derive(Clone, Debug)]
pub struct Scores {
    /// Each page, in the order of the labelled pages.
    pub pages: Vec<PageScore>,
    /// Records of no page among the labelled ones.
    pub unknown: usize,
    /// The headline figures with their 95 % intervals.
    pub headline: Vec<Interval>,
    totals: Totals,
}

impl Scores {
    pub(crate) fn new(pages: Vec<PageScore>, unknown: usize) -> Self {
        Self {
            headline: interval::intervals(&pages),
            totals: pages.iter().collect(),
            pages,
            unknown,
        }
    }

    /// A measure over all pages; measures by position have no `cases` if no record had segments.
    pub fn figure(&self, measure: Measure) -> Figure {
        self.totals.figure(measure)
    }

    /// Characters of a label, found and missed.
    pub fn label(&self, label: Label) -> Hits {
        self.totals.label(label)
    }

    /// The mean F1 of the ten labels.
    pub fn mean_label_f1(&self) -> f64 {
        self.totals.mean_label_f1()
    }

    /// Share of all characters that have the right label.
    pub fn accuracy(&self) -> f64 {
        self.totals.accuracy()
    }

    /// Which labels were taken for which.
    pub fn confusion(&self) -> &Confusion {
        &self.totals.confusion
    }

    /// How often segments are right that were given so much confidence; empty if none tell it.
    pub fn calibration(&self) -> Vec<Sureness> {
        let judged = self.pages.iter().flat_map(|page| &page.judged);
        let mut rows: Vec<Sureness> = Vec::new();
        let bounds = Sureness::BOUNDS.map(Confidence::new);
        for pair in bounds.windows(2) {
            // The last row holds its upper bound, too.
            let inside = |said: Confidence| {
                pair[0] <= said && (said < pair[1] || pair[1] == bounds[bounds.len() - 1])
            };
            let (mut sum, mut right, mut segments) = (0.0, 0, 0);
            for &(said, is_right) in judged.clone().filter(|(said, _)| inside(*said)) {
                sum += said.get();
                right += usize::from(is_right);
                segments += 1;
            }
            if segments > 0 {
                rows.push(Sureness {
                    from: pair[0].get(),
                    to: pair[1].get(),
                    segments,
                    said: sum / segments as f64,
                    right: right as f64 / segments as f64,
                });
            }
        }
        rows
    }

    /// The titles.
    pub fn title(&self) -> TitleScore {
        self.totals.title()
    }

    /// Whether segments tile their pages.
    pub fn lossless(&self) -> LosslessScore {
        let mut score = LosslessScore::default();
        for page in &self.pages {
            match &page.lossless {
                None => score.no_segments += 1,
                Some(Ok(())) => score.ok += 1,
                Some(Err(_)) => score.fail += 1,
            }
        }
        score
    }

    /// Pages on which something is wrong, worst first: by main F1, then by characters with a
    /// wrong label.
    pub fn worst(&self) -> Vec<&PageScore> {
        let f1 = |page: &PageScore| page.main_f1();
        let wrong = |page: &PageScore| page.wrong.iter().map(|wrong| wrong.chars).sum::<usize>();
        let mut pages: Vec<_> = self.pages.iter().filter(|page| !page.is_right()).collect();
        // A stable sort: equals stay in the order of their names.
        pages.sort_by(|a, b| f1(a).total_cmp(&f1(b)).then(wrong(b).cmp(&wrong(a))));
        pages
    }
}

/// Sums over pages.
#[derive(Clone, Debug, Default)]
struct Totals {
    hits: [Hits; Measure::COUNT],
    /// Sums of the pages' own figures.
    sums: [Prf; Measure::COUNT],
    cases: [usize; Measure::COUNT],
    confusion: Confusion,
    pages: usize,
    titles_right: usize,
    titles: usize,
    titles_found: usize,
    false_titles: usize,
}

impl<'p> FromIterator<&'p PageScore> for Totals {
    fn from_iter<I: IntoIterator<Item = &'p PageScore>>(pages: I) -> Self {
        let mut totals = Self::default();
        pages.into_iter().for_each(|page| totals.add(page));
        totals
    }
}

impl Totals {
    fn add(&mut self, page: &PageScore) {
        for measure in Measure::ALL {
            let Some(hits) = page.hits(measure) else {
                continue;
            };
            let at = measure as usize;
            let (prf, sum, all) = (hits.prf(), &mut self.sums[at], &mut self.hits[at]);
            *sum = Prf {
                p: sum.p + prf.p,
                r: sum.r + prf.r,
                f1: sum.f1 + prf.f1,
            };
            all.gold += hits.gold;
            all.gold_hit += hits.gold_hit;
            all.predicted += hits.predicted;
            all.predicted_hit += hits.predicted_hit;
            self.cases[at] += 1;
        }
        for (sums, row) in self.confusion.iter_mut().zip(&page.confusion) {
            sums.iter_mut()
                .zip(row)
                .for_each(|(sum, count)| *sum += count);
        }
        self.pages += 1;
        self.titles_right += usize::from(page.title_right);
        self.titles += usize::from(page.has_title);
        self.titles_found += usize::from(page.has_title && page.title_right);
        self.false_titles += usize::from(page.false_title);
    }

    fn figure(&self, measure: Measure) -> Figure {
        let at = measure as usize;
        let (sum, cases) = (self.sums[at], self.cases[at]);
        let mean = |sum: f64| share(sum, cases);
        Figure {
            micro: self.hits[at].prf(),
            macro_: Prf {
                p: mean(sum.p),
                r: mean(sum.r),
                f1: mean(sum.f1),
            },
            cases,
            hits: self.hits[at],
        }
    }

    fn label(&self, label: Label) -> Hits {
        let at = label as usize;
        let predicted = self.confusion.iter().map(|row| row[at]).sum();
        Hits::new(
            self.confusion[at][at],
            predicted,
            self.confusion[at].iter().sum(),
        )
    }

    fn mean_label_f1(&self) -> f64 {
        let sum: f64 = Label::ALL
            .iter()
            .map(|&label| self.label(label).prf().f1)
            .sum();
        sum / Label::COUNT as f64
    }

    fn accuracy(&self) -> f64 {
        let right: usize = (0..Label::COUNT).map(|at| self.confusion[at][at]).sum();
        share(right as f64, self.confusion.iter().flatten().sum())
    }

    fn title(&self) -> TitleScore {
        TitleScore {
            exact: share(self.titles_right as f64, self.pages),
            exact_with_gold: share(self.titles_found as f64, self.titles),
            with_gold: self.titles,
            false_titles: self.false_titles,
        }
    }
}

/// All of nothing is 1.
fn share(part: f64, all: usize) -> f64 {
    if all == 0 { 1.0 } else { part / all as f64 }
}

#[cfg(test)]
mod tests;
