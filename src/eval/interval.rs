//! How far a figure may be off for having been measured on these pages and no others: the
//! percentile bootstrap over pages (Efron, 1979).

use super::{Measure, PageScore, Totals};
use crate::random::Random;

/// A headline figure and the range that holds 95 % of its values on resampled pages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// What it is.
    pub name: &'static str,
    /// Its value on the pages.
    pub value: f64,
    /// 2.5 % of the resamples are below.
    pub low: f64,
    /// 2.5 % are above.
    pub high: f64,
}

impl Interval {
    /// How often the pages are resampled.
    pub const RESAMPLES: usize = 1000;
    /// Where the random numbers start: the same pages give the same intervals.
    pub const SEED: u64 = 1;
}

/// What the headline figures are, and which of them need positions.
const NAMES: [(&str, bool); 11] = [
    ("main F1, macro", true),
    ("main F1, micro", true),
    ("main+title F1, macro", true),
    ("main F1 by string, macro", false),
    ("title exact", false),
    ("tags F1, macro", false),
    ("tags F1 loose, macro", false),
    ("related F1, macro", false),
    ("related F1 loose, macro", false),
    ("mean label F1", true),
    ("character accuracy", true),
];

fn values(totals: &Totals) -> [f64; NAMES.len()] {
    let macro_f1 = |measure| totals.figure(measure).macro_.f1;
    [
        macro_f1(Measure::Main),
        totals.figure(Measure::Main).micro.f1,
        macro_f1(Measure::MainTitle),
        macro_f1(Measure::MainText),
        totals.title().exact,
        macro_f1(Measure::Tags),
        macro_f1(Measure::TagsLoose),
        macro_f1(Measure::Related),
        macro_f1(Measure::RelatedLoose),
        totals.mean_label_f1(),
        totals.accuracy(),
    ]
}

/// The headline figures. Those by position are left out if no page has segments.
pub(super) fn intervals(pages: &[PageScore]) -> Vec<Interval> {
    let found = values(&pages.iter().collect());
    let mut random = Random(Interval::SEED);
    let resamples: Vec<_> = (0..Interval::RESAMPLES)
        .map(|_| {
            let drawn = (0..pages.len()).map(|_| &pages[random.below(pages.len())]);
            values(&drawn.collect())
        })
        .collect();
    let by_position = pages.iter().any(|page| page.hits(Measure::Main).is_some());
    let interval = |(at, value): (usize, f64)| {
        let (name, needs_position) = NAMES[at];
        let mut drawn: Vec<f64> = resamples.iter().map(|values| values[at]).collect();
        drawn.sort_by(f64::total_cmp);
        let tail = Interval::RESAMPLES / 40;
        let (low, high) = (drawn[tail], drawn[drawn.len() - 1 - tail]);
        (by_position || !needs_position).then_some(Interval {
            name,
            value,
            low,
            high,
        })
    };
    found.into_iter().enumerate().filter_map(interval).collect()
}
