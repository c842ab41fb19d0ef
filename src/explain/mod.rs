//! A decided page becomes reasons: for each piece, what spoke for its label, for the one that
//! came second, and for the boundary before it.
//!
//! All numbers are those that the decision added up; only how probable each label is takes some
//! sums more. What the network says of a piece is shared out among its features by how
//! it changes with each of them (gradient times input: Simonyan, Vedaldi and Zisserman, ICLR
//! workshop 2014); what is left, of the pieces around it, stands as evidence of its own. An
//! ordinary run does nothing for it.

mod meanings;

use std::sync::Arc;

use crate::calibration::Confidence;
use crate::decide;
use crate::decide::chain::{self, Chain, Row};
use crate::decide::net::{self, Net, OUTPUTS, Point, Trace, Worth};
use crate::decide::weights::{Table, Weights};
use crate::extract::Worker;
use crate::features::cue_features;
use crate::features::names;
use crate::fields::Record;
use crate::label::Label;
use crate::markup::Markup;
use crate::matcher::Matcher;
use crate::pieces::{Gap, Piece};
use crate::rules::Role;
use crate::span::Span;

/// Why a page was split as it was; made by [`Worker::explain`].
///
/// ```
/// use dehusk::{Label, Markup};
///
/// let page = "如何养一盆薄荷\n\n薄荷喜光,也耐半阴。春天换一次盆,土要松,水要透。\n\n相关文章: 薄荷怎么过冬\u{a0} 阳台种菜指南\u{a0}";
/// let extractor = dehusk::Extractor::new();
/// let mut worker = extractor.worker();
/// let explanation = worker.explain(page, &Markup::default());
/// let last = explanation.pieces().last().unwrap();
/// assert_eq!(last.label, Label::Related);
/// assert!(last.cues.iter().any(|cue| cue.phrase == "相关文章" && &*cue.pack == "zh-hans"));
///
/// // What the features are worth adds up to what the decision compared.
/// let sum: i32 = last.evidence.iter().map(|feature| feature.worth(Label::Related)).sum();
/// assert_eq!(sum, last.score(Label::Related));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Explanation<'w, 'p> {
    /// The page's record, with confidence.
    pub record: Record<'p>,
    worker: &'w Worker<'w>,
    weights: &'w Weights,
    probabilities: Vec<[f64; Label::COUNT]>,
    /// For each piece, the number of its segment.
    segments: Vec<usize>,
    /// For each phrase of the matcher, the numbers of its cues.
    origins: Vec<Vec<usize>>,
    /// What each network made of the page.
    traces: Vec<Trace>,
    /// What they say together, by piece.
    worths: Vec<Worth>,
}

/// Why a piece (a line, or part of one that packs several blocks) has its label.
///
/// Scores are in thousandths of log-odds, as in a weights file: 693 makes a label twice as
/// probable.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reasons {
    /// Where the piece is; without white space around it.
    pub span: Span,
    /// What it was labelled.
    pub label: Label,
    /// The segment that it is in, as a number into [`Record::segments`].
    pub segment: usize,
    /// How probable it is that the label is right.
    pub confidence: Confidence,
    /// The most probable other label.
    pub runner_up: Label,
    /// How probable each label is by the model's own account, which the calibration corrects
    /// to [`Reasons::confidence`]; in the order of [`Label::ALL`].
    pub probabilities: [f64; Label::COUNT],
    /// The cues that count in it, in order.
    pub cues: Vec<FiredCue>,
    /// All that was true of it.
    pub evidence: Vec<Evidence>,
    /// What the rules of an article did to it as title.
    pub title_rule: ArticleRule,
    /// What they did to it as body.
    pub body_rule: ArticleRule,
    /// Whether the networks say that it holds an item; nothing but for tags and lists of titles.
    pub holds_item: Option<bool>,
    /// What parts it from the piece before.
    pub gap: Gap,
    /// What it is worth for each label to follow the label before, or to open the page.
    pub entering: [i32; Label::COUNT],
    /// What it is worth for each label that the label behind follows, or that the page ends.
    pub leaving: [i32; Label::COUNT],
    /// Why a segment begins here; nothing if the one before goes on.
    pub boundary: Option<Boundary>,
}

/// A cue that stands in a piece, where it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FiredCue {
    /// Where it stands in the page.
    pub span: Span,
    /// The phrase as its pack has it.
    pub phrase: String,
    /// The label it speaks for.
    pub label: Label,
    /// Its role.
    pub role: Role,
    /// The pack's name.
    pub pack: Arc<str>,
    /// Its line in the pack.
    pub line: u32,
}

/// A feature that is true of a piece, and what that is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    name: String,
    weights: Row,
}

impl Evidence {
    /// Its name, as in a weights file: `len=4`, `prev.cue=17`, `word=登录`; `around` for what the
    /// pieces around it say together.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it says, in words.
    pub fn meaning(&self) -> String {
        meanings::of(&self.name)
    }

    /// How much it speaks for a label.
    pub fn worth(&self, label: Label) -> i32 {
        self.weights[label as usize]
    }

    /// How much more it speaks for one label than for another.
    pub fn lead(&self, label: Label, other: Label) -> i32 {
        self.worth(label) - self.worth(other)
    }
}

/// A page with an article has one title, whatever its lines look like by themselves; what has a title
/// has a body, and a body without a title is one beyond doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArticleRule {
    /// Nothing was done here.
    None,
    /// There was none, and this was the likeliest: raised by so much.
    Raised(i32),
    /// The title is elsewhere, or there is no article.
    Barred,
}

impl ArticleRule {
    /// From a score, and from what the evidence for it adds up to.
    fn of(score: i32, evidence: i32) -> Self {
        match score {
            chain::NEVER => Self::Barred,
            _ if score == evidence => Self::None,
            _ => Self::Raised(score - evidence),
        }
    }
}

/// Why a segment begins with a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Boundary {
    /// What parts it from the segment before.
    pub change: Change,
    /// What it would cost if this piece had the label of the one before.
    pub cost_down: i32,
    /// What it would cost if the piece before had this one's label.
    pub cost_up: i32,
}

/// What parts two segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Another label than this one begins.
    Label(Label),
    /// A blank line between paragraphs.
    BlankLine,
    /// The line before ends a sentence, so that this one opens a paragraph.
    Sentence,
    /// Each heading is a segment of its own.
    Heading,
    /// A cue opens a list of its own.
    Cue,
}

impl Reasons {
    /// What the decision added up for a label: all evidence, and what the rules of an article did.
    pub fn score(&self, label: Label) -> i32 {
        let rule = match label {
            Label::Title => self.title_rule,
            Label::Body => self.body_rule,
            _ => ArticleRule::None,
        };
        match rule {
            ArticleRule::None => self.evidence_for(label),
            ArticleRule::Raised(by) => self.evidence_for(label) + by,
            ArticleRule::Barred => chain::NEVER,
        }
    }

    /// What all evidence for a label adds up to.
    pub fn evidence_for(&self, label: Label) -> i32 {
        self.evidence.iter().map(|one| one.worth(label)).sum()
    }

    /// What a label is worth here as long as all other pieces keep theirs: its score, and the
    /// steps from the label before and to the label behind.
    pub fn worth(&self, label: Label) -> i32 {
        self.score(label) + self.entering[label as usize] + self.leaving[label as usize]
    }

    /// The evidence that speaks most for one label against another, strongest first; what
    /// speaks the other way is below 0.
    pub fn strongest(&self, label: Label, other: Label) -> Vec<Evidence> {
        let mut evidence = self.evidence.clone();
        evidence.sort_by_key(|evidence| -evidence.lead(label, other).abs());
        evidence
    }
}

impl<'e> Worker<'e> {
    /// Splits a page as [`Worker::extract_marked_up`] does, and tells why.
    pub fn explain<'w, 'p>(&'w mut self, text: &'p str, markup: &Markup) -> Explanation<'w, 'p> {
        let record = self.split(text, markup, true);
        let worker: &'w Worker<'e> = self;
        let model = worker.model(markup);
        let weights = &model.weights;
        let (traces, worths) = model.traces(&worker.features);
        Explanation {
            traces,
            worths,
            segments: segments(&worker.pieces, &record),
            record,
            probabilities: probabilities(worker, &weights.table),
            origins: Matcher::origins(&worker.extractor.rules),
            worker,
            weights,
        }
    }
}

/// For each piece, the number of its segment.
fn segments(pieces: &[Piece], record: &Record) -> Vec<usize> {
    let mut segment = 0;
    let of = |piece: &Piece| {
        while record.segments[segment].span.end <= piece.span.start {
            segment += 1;
        }
        segment
    };
    pieces.iter().map(of).collect()
}

/// How probable each label of each piece is.
fn probabilities(worker: &Worker, table: &Table) -> Vec<[f64; Label::COUNT]> {
    let (scores, pieces) = (worker.decision.scores(), &worker.pieces);
    let mut all = vec![[0.0; Label::COUNT]; pieces.len()];
    let mut column = Vec::new();
    for label in Label::ALL {
        let labels = vec![label; pieces.len()];
        let gap = |piece: usize| pieces[piece].gap;
        Chain::probabilities(scores, gap, &table.transitions, &labels, &mut column);
        for (row, &probability) in all.iter_mut().zip(&column) {
            row[label as usize] = probability;
        }
    }
    all
}

impl Explanation<'_, '_> {
    /// How many pieces the page has.
    pub fn len(&self) -> usize {
        self.worker.pieces.len()
    }

    /// True of a page of nothing but white space.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The reasons of each piece, in order; each is made when it is asked for.
    pub fn pieces(&self) -> impl ExactSizeIterator<Item = Reasons> + DoubleEndedIterator {
        (0..self.len()).map(|at| self.reasons(at))
    }

    /// The reasons of one piece.
    ///
    /// # Panics
    /// There are not so many.
    pub fn reasons(&self, at: usize) -> Reasons {
        let mut reasons = self.piece(at);
        if at > 0 && self.segments[at - 1] != self.segments[at] {
            let before = self.piece(at - 1);
            reasons.boundary = Some(self.boundary(at, &before, &reasons));
        }
        reasons
    }

    /// The number of the first piece that ends behind a byte of the page; [`Explanation::len`]
    /// if none does.
    pub fn piece_at(&self, byte: usize) -> usize {
        let pieces = &self.worker.pieces;
        pieces.partition_point(|piece| piece.span.end <= byte)
    }

    /// The label of one piece, which costs less than all of its reasons.
    ///
    /// # Panics
    /// There are not so many.
    pub fn label(&self, at: usize) -> Label {
        self.worker.decision.labels[at]
    }

    /// How probable it is that the label of one piece is right.
    ///
    /// # Panics
    /// There are not so many.
    pub fn confidence(&self, at: usize) -> Confidence {
        let said = Confidence::new(self.probabilities[at][self.label(at) as usize]);
        self.weights.calibration.correct(said)
    }

    /// The segment of one piece, as a number into [`Record::segments`].
    ///
    /// # Panics
    /// There are not so many.
    pub fn segment(&self, at: usize) -> usize {
        self.segments[at]
    }

    /// All but the boundary.
    fn piece(&self, at: usize) -> Reasons {
        let Worker {
            pieces, decision, ..
        } = self.worker;
        let (label, evidence) = (self.label(at), self.evidence(at));
        let (entering, leaving) = self.steps(at);
        let rule = |label: Label| {
            let sum = evidence.iter().map(|one| one.worth(label)).sum();
            ArticleRule::of(decision.scores()[at][label as usize], sum)
        };
        Reasons {
            span: pieces[at].span,
            label,
            segment: self.segments[at],
            confidence: self.confidence(at),
            runner_up: runner_up(&self.probabilities[at], label),
            probabilities: self.probabilities[at],
            cues: self.cues(at),
            title_rule: rule(Label::Title),
            body_rule: rule(Label::Body),
            holds_item: label.has_items().then(|| decision.holds[at]),
            evidence,
            gap: pieces[at].gap,
            entering,
            leaving,
            boundary: None,
        }
    }

    fn table(&self) -> &Table {
        &self.weights.table
    }

    fn evidence(&self, at: usize) -> Vec<Evidence> {
        let features = &self.worker.features;
        let of_nets: Vec<_> = self
            .nets()
            .map(|(net, trace)| (net, self.of_net(at, net, trace)))
            .collect();
        // What the networks make of a feature or term.
        let by_nets = |feature: usize| -> Row {
            let mut weights = [0; Label::COUNT];
            for (net, slopes) in &of_nets {
                for (weight, slope) in weights.iter_mut().zip(slopes) {
                    *weight += decide::in_units(net::dot(slope, &net.points[feature]));
                }
            }
            weights
        };
        let own = features.own(at).len();
        let table = &self.table().rows;
        let of_features = decide::active(features, at)
            .enumerate()
            .map(|(number, feature)| {
                let mut weights = table[feature];
                if number < own {
                    let pairs = weights.iter_mut().zip(by_nets(feature));
                    pairs.for_each(|(weight, more)| *weight += more);
                }
                let name = names::name(feature);
                Evidence { name, weights }
            });
        let of_terms = features.own_and_terms(at)[own..].iter().map(|&term| {
            let term = usize::from(term);
            let name = self.weights.vocabulary.name(term - names::OWN).to_owned();
            let weights = by_nets(term);
            Evidence { name, weights }
        });
        let mut all: Vec<Evidence> = of_features.chain(of_terms).collect();
        // What the table and the networks say of the piece, less what has been shared out.
        let weights = std::array::from_fn(|label| {
            let own = decide::active(features, at).map(|feature| table[feature][label]);
            let said = decide::in_units(self.worths[at][label]);
            let shared = all.iter().map(|evidence| evidence.weights[label]);
            own.sum::<i32>() + said - shared.sum::<i32>()
        });
        all.push(Evidence {
            name: "around".to_owned(),
            weights,
        });
        all
    }

    fn nets(&self) -> impl Iterator<Item = (&Net, &Trace)> {
        self.weights.nets.iter().zip(&self.traces)
    }

    /// For each label, how what a network says of a piece changes with the piece's point. Each layer
    /// reaches further than all before it together, so that nothing comes back to a piece by way of
    /// another but through the page's mean; that counts as what is around.
    fn of_net(&self, at: usize, net: &Net, trace: &Trace) -> [Point; Label::COUNT] {
        let mut unused = Net::new(0);
        Label::ALL.map(|label| {
            let mut slopes = [0.0; OUTPUTS];
            slopes[label as usize] = 1.0;
            net.slope(at..at + 1, &[slopes], trace, &mut unused)[0]
        })
    }

    /// What each label is worth between the labels on either side.
    fn steps(&self, at: usize) -> (Row, Row) {
        let transitions = &self.table().transitions;
        let (pieces, labels) = (&self.worker.pieces, &self.worker.decision.labels);
        let entering = match at.checked_sub(1) {
            Some(before) => transitions.steps[pieces[at].gap as usize][labels[before] as usize],
            None => transitions.start,
        };
        let leaving = match pieces.get(at + 1) {
            Some(Piece { gap, .. }) => {
                transitions.steps[*gap as usize].map(|row| row[labels[at + 1] as usize])
            }
            None => transitions.end,
        };
        (entering, leaving)
    }

    /// The cues in a piece that have become features of it.
    fn cues(&self, at: usize) -> Vec<FiredCue> {
        let Worker {
            pieces,
            hits,
            features,
            extractor,
            ..
        } = self.worker;
        let mut fired = Vec::new();
        for hit in &hits[pieces[at].hits.clone()] {
            let cues = self.origins[hit.phrase as usize].iter();
            for cue in cues.map(|&cue| &extractor.rules.cues()[cue]) {
                let known = cue_features(cue.label, cue.role);
                if features.own(at).iter().any(|id| known.contains(id)) {
                    fired.push(FiredCue {
                        span: Span::new(hit.start, hit.end),
                        phrase: cue.phrase.clone(),
                        label: cue.label,
                        role: cue.role,
                        pack: Arc::clone(&cue.pack),
                        line: cue.line,
                    });
                }
            }
        }
        fired
    }

    fn boundary(&self, at: usize, before: &Reasons, here: &Reasons) -> Boundary {
        let change = match (here.label, here.gap) {
            (label, _) if label != before.label => Change::Label(before.label),
            (Label::Body, Gap::Blank) => Change::BlankLine,
            (Label::Body, _) => Change::Sentence,
            (Label::Heading, _) => Change::Heading,
            _ => Change::Cue,
        };
        debug_assert!(change != Change::Cue || self.worker.features.lead(at).is_some());
        Boundary {
            change,
            cost_down: here.worth(here.label) - here.worth(before.label),
            cost_up: before.worth(before.label) - before.worth(here.label),
        }
    }
}

/// The first of equals.
fn runner_up(probabilities: &[f64; Label::COUNT], label: Label) -> Label {
    let others = Label::ALL.into_iter().filter(|&other| other != label);
    let better = |a: Label, b: Label| {
        let (left, right) = (probabilities[a as usize], probabilities[b as usize]);
        if right > left { b } else { a }
    };
    others.reduce(better).unwrap_or(label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Extractor;
    use crate::gold::{GoldPage, GoldSet};

    /// On labelled pages of text and of HTML.
    fn on_all_pages(check: impl FnMut(&GoldPage, &Explanation)) {
        on_pages(&["fixtures/gold", "fixtures/html"], check);
    }

    fn on_pages(folders: &[&str], mut check: impl FnMut(&GoldPage, &Explanation)) {
        let extractor = Extractor::new();
        let mut worker = extractor.worker();
        for folder in folders {
            for page in GoldSet::load(folder.as_ref()).unwrap().pages {
                check(&page, &worker.explain(&page.text, &page.markup));
            }
        }
    }

    #[test]
    fn evidence_adds_up_to_what_the_decision_used() {
        on_all_pages(|GoldPage { id, .. }, page| {
            for (piece, scores) in page.pieces().zip(page.worker.decision.scores()) {
                let told = Label::ALL.map(|label| piece.score(label));
                assert_eq!(told, scores[..Label::COUNT], "{id} {:?}", piece.span);
            }
        });
    }

    /// The best labels by scores and steps as they are told are the labels.
    #[test]
    fn no_piece_would_be_worth_more_under_another_label() {
        on_all_pages(|GoldPage { id, .. }, page| {
            for piece in page.pieces() {
                let own = piece.worth(piece.label);
                for label in Label::ALL {
                    assert!(piece.worth(label) <= own, "{id} {:?} {label}", piece.span);
                }
                if let Some(boundary) = piece.boundary {
                    assert!(boundary.cost_up >= 0 && boundary.cost_down >= 0, "{id}");
                }
            }
        });
    }

    #[test]
    fn probabilities_are_shares_and_those_of_the_record() {
        on_all_pages(|GoldPage { id, .. }, page| {
            let pieces: Vec<_> = page.pieces().collect();
            for piece in &pieces {
                let sum: f64 = piece.probabilities.iter().sum();
                assert!((sum - 1.0).abs() < 1e-9, "{id}: {sum}");
                assert_ne!(piece.runner_up, piece.label);
            }
            for (number, segment) in page.record.segments.iter().enumerate() {
                let own: Vec<_> = pieces.iter().filter(|p| p.segment == number).collect();
                assert!(own.iter().all(|piece| piece.label == segment.kind), "{id}");
                if let [only] = own[..] {
                    assert_eq!(Some(only.confidence), segment.confidence, "{id}");
                }
            }
        });
    }

    #[test]
    fn the_record_is_the_usual_one() {
        let extractor = Extractor::builder().confidence(true).build().unwrap();
        let mut worker = extractor.worker();
        on_all_pages(|gold, page| {
            let record = worker.extract_marked_up(&gold.text, &gold.markup);
            assert_eq!(record, page.record, "{}", gold.id);
        });
    }

    #[test]
    fn the_rule_of_one_title_is_told() {
        let (mut raised, mut barred) = (0, 0);
        // A title that is not found at once is rare.
        let folders = ["fixtures/gold", "fixtures/html", "fixtures/train"];
        on_pages(&folders, |GoldPage { id, .. }, page| {
            let rules: Vec<_> = page.pieces().map(|piece| piece.title_rule).collect();
            let is_raised =
                |rule: &&ArticleRule| matches!(rule, ArticleRule::Raised(by) if *by > 0);
            let up = rules.iter().filter(is_raised).count();
            let out = rules
                .iter()
                .filter(|rule| **rule == ArticleRule::Barred)
                .count();
            assert!(up <= 1 && (up == 0 || out == 0), "{id}");
            (raised, barred) = (raised + up, barred + out);
        });
        assert!(raised > 0 && barred > 0);
    }

    #[test]
    fn what_has_a_title_has_a_body() {
        on_all_pages(|GoldPage { id, .. }, page| {
            let count = |label: Label| page.pieces().filter(|piece| piece.label == label).count();
            assert!(count(Label::Title) == 0 || count(Label::Body) > 0, "{id}");
            for piece in page.pieces() {
                match piece.body_rule {
                    ArticleRule::None => {}
                    ArticleRule::Raised(_) => {
                        assert_eq!((piece.label, count(Label::Body)), (Label::Body, 1), "{id}");
                    }
                    ArticleRule::Barred => assert_eq!(count(Label::Body), 0, "{id}"),
                }
            }
        });
    }

    #[test]
    fn segments_begin_with_a_boundary() {
        on_all_pages(|GoldPage { id, .. }, page| {
            let begun = page.pieces().filter(|piece| piece.boundary.is_some());
            assert_eq!(begun.count() + 1, page.record.segments.len().max(1), "{id}");
        });
    }

    #[test]
    fn a_cue_is_told_with_its_pack() {
        let pack = "[promo part]\n进群领资料\n[nav whole]\n资料\n";
        let extractor = Extractor::builder().rules("mine.txt", pack).build();
        let extractor = extractor.unwrap();
        let text = "现在进群领资料\n\n资料很多";
        let mut worker = extractor.worker();
        let page = worker.explain(text, &Markup::default());
        let cues: Vec<_> = page.pieces().flat_map(|piece| piece.cues).collect();
        // The menu word does not count inside a line.
        assert_eq!(cues.len(), 1, "{cues:?}");
        assert_eq!((&*cues[0].pack, cues[0].line), ("mine.txt", 2));
        assert_eq!(cues[0].span.of(text), "进群领资料");
    }

    #[test]
    fn nothing_and_white_space() {
        let extractor = Extractor::new();
        let mut worker = extractor.worker();
        for text in ["", " \n \n"] {
            let page = worker.explain(text, &Markup::default());
            assert!(page.is_empty() && page.pieces().next().is_none());
        }
    }
}
