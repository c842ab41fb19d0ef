//! Labelled pages become variants of them, to learn from: the same article in other company.
//!
//! What stands before an article and what stands behind it come from another page, runs of lines
//! are left out, blank lines are lost as some extractors lose them, articles stand alone as others
//! leave them. So what is learned of the article of one site is not tied to that site's menus, nor
//! the other way round. (Cutting and pasting what is learned from: for images Yun et al., CutMix,
//! ICCV 2019.)

use crate::gold::{self, GoldPage};
use crate::label::Label;
use crate::language::Language;
use crate::markup::{Element, Markup, Run};
use crate::random::Random;
use crate::span::{Span, overlapping};

/// How often an article stands alone, before it or behind it; how often what is around it comes
/// from another page; how often lines are left out, and blank lines are lost.
const BARE: f32 = 0.1;
const GRAFTED: f32 = 0.5;
const THINNED: f32 = 0.3;
const BLANKLESS: f32 = 0.3;

/// A page in parts.
pub(super) struct Parts<'p> {
    page: &'p GoldPage,
    language: Option<Language>,
    head: Vec<Line<'p>>,
    article: Vec<Line<'p>>,
    tail: Vec<Line<'p>>,
}

/// A line of a page, with its line end.
#[derive(Clone)]
struct Line<'p> {
    page: &'p GoldPage,
    range: Span,
    labels: &'p [(Span, Label)],
    listed: &'p [Span],
    /// Whether the title of its page stands in it.
    tells_title: bool,
}

impl Line<'_> {
    fn is_blank(&self) -> bool {
        self.range.of(&self.page.text).chars().all(gold::is_space)
    }

    fn is_article(&self) -> bool {
        let article = |label| matches!(label, Label::Title | Label::Heading | Label::Body);
        self.labels.iter().any(|(_, label)| article(*label))
    }

    fn is_paragraph(&self) -> bool {
        !self.is_blank() && self.labels.iter().all(|(_, label)| *label == Label::Body)
    }
}

impl<'p> Parts<'p> {
    /// Of a page without an article all is its head.
    pub(super) fn new(page: &'p GoldPage, language: Option<Language>) -> Self {
        let mut head = lines(page);
        let first = head.iter().position(Line::is_article);
        let last = head.iter().rposition(Line::is_article);
        let tail = head.split_off(last.map_or(head.len(), |last| last + 1));
        let article = head.split_off(first.unwrap_or(head.len()));
        Self {
            page,
            language,
            head,
            article,
            tail,
        }
    }

    /// Whether what is around one article could be around the other: pages of one language, as far
    /// as it can be told.
    fn goes_with(&self, other: &Self) -> bool {
        let is_html = |parts: &Self| !parts.page.markup.is_empty();
        self.language == other.language && is_html(self) == is_html(other)
    }

    /// A variant of the page; `others`, of which there is at least one, may be what is around its
    /// article there.
    pub(super) fn variant(&self, others: &[&Self], random: &mut Random) -> GoldPage {
        let mut kept = Vec::new();
        self.side(|parts| &parts.head, others, random, &mut kept);
        thin_paragraphs(&self.article, random, &mut kept);
        self.side(|parts| &parts.tail, others, random, &mut kept);
        if self.page.markup.is_empty() && random.unit() < BLANKLESS {
            kept.retain(|line| !line.is_blank());
        }
        self.page_of(&kept)
    }

    /// What is to stand on one side of the article.
    fn side(
        &self,
        of: impl Fn(&Self) -> &[Line<'p>],
        others: &[&Self],
        random: &mut Random,
        kept: &mut Vec<Line<'p>>,
    ) {
        if !self.article.is_empty() && random.unit() < BARE {
            return;
        }
        if random.unit() < GRAFTED {
            let other = others[random.below(others.len())];
            thin(&around(of(self), of(other)), random, kept);
        } else {
            thin(of(self), random, kept);
        }
    }

    /// A page of these lines.
    fn page_of(&self, lines: &[Line<'_>]) -> GoldPage {
        let mut text = String::new();
        let (mut spans, mut listed) = (Vec::new(), Vec::new());
        let mut markup = Markup {
            title: self.page.markup.title.clone(),
            ..Markup::default()
        };
        // Where the elements and links of each page went.
        let mut places: Vec<(&GoldPage, u32, u32)> = Vec::new();
        for line in lines {
            let move_to = text.len();
            let moved = |span: Span| {
                let start = span.start.max(line.range.start) - line.range.start;
                let end = span.end.min(line.range.end) - line.range.start;
                Span::new(move_to + start, move_to + end)
            };
            spans.extend(
                line.labels
                    .iter()
                    .map(|&(span, label)| (moved(span), label)),
            );
            listed.extend(line.listed.iter().map(|&item| moved(item)));
            let known = places
                .iter()
                .find(|(page, ..)| std::ptr::eq(*page, line.page));
            let (_, elements, links) = known.copied().unwrap_or_else(|| {
                let place = (
                    line.page,
                    markup.elements.len() as u32,
                    markup.links.len() as u32,
                );
                add_elements(&mut markup, &line.page.markup);
                places.push(place);
                place
            });
            let runs = line.page.markup.runs_in(line.range).map(|run| Run {
                span: moved(run.span),
                element: elements + run.element,
                link: if run.link > 0 { links + run.link } else { 0 },
                ..*run
            });
            markup.runs.extend(runs);
            text.push_str(line.range.of(&line.page.text));
            if !text.ends_with('\n') {
                text.push('\n');
            }
        }
        GoldPage {
            id: self.page.id.clone(),
            text,
            spans,
            listed,
            markup,
            ..GoldPage::default()
        }
    }
}

/// The pages that may be around the article of one of them: of its own fold, so that nothing is
/// learned from what is held out.
pub(super) fn company<'l, 'p>(
    pages: &'l [Parts<'p>],
    folds: &[usize],
    number: usize,
) -> Vec<&'l Parts<'p>> {
    let here = pages
        .iter()
        .zip(folds)
        .filter(|(_, fold)| **fold == folds[number]);
    let others = here.map(|(other, _)| other);
    others
        .filter(|other| other.goes_with(&pages[number]))
        .collect()
}

/// Puts the elements of a page into the first element of another, if there is one.
fn add_elements(markup: &mut Markup, page: &Markup) {
    let place = markup.elements.len() as u32;
    let moved = page
        .elements
        .iter()
        .enumerate()
        .map(|(number, element)| Element {
            parent: if number > 0 {
                place + element.parent
            } else {
                0
            },
            ..*element
        });
    markup.elements.extend(moved);
    markup.links.extend_from_slice(&page.links);
}

fn lines(page: &GoldPage) -> Vec<Line<'_>> {
    let title = page.title.as_deref().unwrap_or("").trim();
    let mut at = 0;
    let line = |text: &str| {
        let range = Span::new(at, at + text.len());
        at = range.end;
        Line {
            page,
            range,
            labels: overlapping(&page.spans, range, |(span, _)| *span),
            listed: overlapping(&page.listed, range, |item| *item),
            tells_title: !title.is_empty() && text.contains(title),
        }
    };
    page.text.split_inclusive('\n').map(line).collect()
}

/// The lines `other` in place of those around an article: but those that tell the article's title
/// stay where they stood, at the beginning or at the end, and those that tell another's go.
fn around<'p>(own: &[Line<'p>], other: &[Line<'p>]) -> Vec<Line<'p>> {
    let (before, behind) = own.split_at(own.len() / 2);
    let title = |line: &&Line<'_>| line.tells_title;
    let other = other.iter().filter(|line| !line.tells_title);
    let (before, behind) = (before.iter().filter(title), behind.iter().filter(title));
    before.chain(other).chain(behind).cloned().collect()
}

/// Leaves out a run of lines, at times.
fn thin<'p>(lines: &[Line<'p>], random: &mut Random, kept: &mut Vec<Line<'p>>) {
    if lines.len() < 4 || random.unit() >= THINNED {
        kept.extend_from_slice(lines);
        return;
    }
    let length = 1 + random.below(lines.len() * 2 / 3);
    let start = random.below(lines.len() - length + 1);
    kept.extend_from_slice(&lines[..start]);
    kept.extend_from_slice(&lines[start + length..]);
}

/// Leaves out a run of paragraphs, at times, but neither the first nor the last.
fn thin_paragraphs<'p>(lines: &[Line<'p>], random: &mut Random, kept: &mut Vec<Line<'p>>) {
    let count = lines.iter().filter(|line| line.is_paragraph()).count();
    if count < 4 || random.unit() >= THINNED {
        kept.extend_from_slice(lines);
        return;
    }
    let length = 1 + random.below(count - 2);
    let start = 1 + random.below(count - 1 - length);
    let mut number = 0;
    for line in lines {
        if !(line.is_paragraph() && (start..start + length).contains(&number)) {
            kept.push(line.clone());
        }
        number += usize::from(line.is_paragraph());
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::gold::GoldSet;
    use crate::markup::{Link, Tag};

    /// Variants of some pages of a folder of fixtures, each with the page it is of.
    fn variants(folder: &str) -> Vec<(GoldPage, GoldPage)> {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        let pages = GoldSet::load(&fixtures.join(folder)).unwrap().pages;
        let pages = &pages[..12];
        let parts: Vec<_> = pages.iter().map(|page| Parts::new(page, None)).collect();
        let others: Vec<&Parts<'_>> = parts.iter().collect();
        let mut random = Random(7);
        let mut all = Vec::new();
        for _ in 0..6 {
            for (page, parts) in pages.iter().zip(&parts) {
                all.push((page.clone(), parts.variant(&others, &mut random)));
            }
        }
        all
    }

    /// The text of those labels, without white space.
    fn text_of(page: &GoldPage, labels: &[Label]) -> String {
        let spans = page
            .spans
            .iter()
            .filter(|(_, label)| labels.contains(label));
        let words = spans.flat_map(|(span, _)| span.of(&page.text).split_whitespace());
        words.collect()
    }

    #[test]
    fn a_variant_has_its_page_s_article_less_a_run_of_paragraphs() {
        let mut shorter = 0;
        for (page, variant) in variants("gold") {
            assert_eq!(variant.fault(), None, "{}", page.id);
            let heads = [Label::Title, Label::Heading];
            assert_eq!(text_of(&page, &heads), text_of(&variant, &heads));
            let [whole, left] = [&page, &variant].map(|page| text_of(page, &[Label::Body]));
            let pairs = whole.char_indices().zip(left.chars());
            let same = pairs.take_while(|((_, whole), left)| whole == left);
            let before = same
                .map(|((at, c), _)| at + c.len_utf8())
                .last()
                .unwrap_or(0);
            assert!(whole.ends_with(&left[before..]), "{}", page.id);
            shorter += usize::from(left.len() < whole.len());
        }
        assert!(shorter > 0);
    }

    #[test]
    fn an_article_stands_alone_at_times() {
        let page = |labels: [Label; 3]| GoldPage {
            text: "甲\n乙\n丙\n".into(),
            spans: [0, 4, 8]
                .map(|at| Span::new(at, at + 3))
                .into_iter()
                .zip(labels)
                .collect(),
            ..GoldPage::default()
        };
        // In its own company, so that nothing else can take its surroundings away.
        let lengths = |page: &GoldPage| {
            let parts = Parts::new(page, None);
            let mut random = Random(7);
            let lengths = (0..200).map(|_| parts.variant(&[&parts], &mut random).spans.len());
            let mut counts = [0; 4];
            lengths.for_each(|length| counts[length] += 1);
            counts
        };
        let [none, alone, one_side, both] = lengths(&page([Label::Nav, Label::Body, Label::Legal]));
        assert_eq!(none, 0);
        assert!(
            0 < alone && alone < one_side && one_side < both,
            "{alone} {one_side} {both}"
        );
        // Without an article there is nothing to stand alone.
        assert_eq!(
            lengths(&page([Label::Nav, Label::Promo, Label::Legal])),
            [0, 0, 0, 200]
        );
    }

    #[test]
    fn company_is_of_the_same_fold_language_and_kind() {
        let page = |id: &str, element: bool| {
            let mut page = GoldPage {
                id: id.into(),
                ..GoldPage::default()
            };
            let element = element.then(|| Element {
                parent: 0,
                tag: Tag::Block,
                words: Default::default(),
            });
            page.markup.elements.extend(element);
            page
        };
        let pages = ["a", "b", "c", "d", "e"].map(|id| page(id, id == "e"));
        let languages = [
            Language::En,
            Language::En,
            Language::Ko,
            Language::En,
            Language::En,
        ];
        let parts = pages.iter().zip(languages);
        let parts: Vec<_> = parts.map(|(page, of)| Parts::new(page, Some(of))).collect();
        let ids = |number: usize| {
            let company = company(&parts, &[0, 1, 0, 0, 0], number);
            company
                .iter()
                .map(|parts| parts.page.id.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!(ids(0), ["a", "d"]);
        assert_eq!(ids(1), ["b"]);
        assert_eq!(ids(2), ["c"]);
        assert_eq!(ids(4), ["e"]);
    }

    #[test]
    fn items_of_lists_go_with_their_lines() {
        let items = |page: &GoldPage| -> Vec<String> {
            let items = page.listed.iter().map(|item| item.of(&page.text));
            items.map(str::to_owned).collect()
        };
        let variants = variants("gold");
        let known: Vec<_> = variants.iter().flat_map(|(page, _)| items(page)).collect();
        for (page, variant) in &variants {
            for item in items(variant) {
                assert!(known.contains(&item), "{}: {item}", page.id);
            }
            let in_a_list = |item: &&Span| {
                let mut spans = variant.spans.iter();
                spans.any(|(span, label)| {
                    label.has_items() && span.start <= item.start && item.end <= span.end
                })
            };
            assert_eq!(
                variant.listed.iter().filter(in_a_list).count(),
                variant.listed.len()
            );
        }
        assert!(
            variants
                .iter()
                .any(|(_, variant)| !variant.listed.is_empty())
        );
    }

    #[test]
    fn most_variants_differ() {
        let variants = variants("gold");
        let same = variants
            .iter()
            .filter(|(page, variant)| page.text == variant.text);
        assert!(same.count() * 3 < variants.len());
    }

    /// The text of each run, its element's tag, and whether it is a link.
    fn kinds(page: &GoldPage) -> Vec<(String, Tag, Option<Link>)> {
        let Markup { elements, runs, .. } = &page.markup;
        let kind = |run: &Run| {
            let link = page.markup.link(run).copied();
            let text = run.span.of(&page.text).to_owned();
            (text, elements[run.element as usize].tag, link)
        };
        runs.iter().map(kind).collect()
    }

    #[test]
    fn the_markup_goes_with_its_lines() {
        let variants = variants("html");
        let known: Vec<_> = variants.iter().flat_map(|(page, _)| kinds(page)).collect();
        for (page, variant) in variants {
            assert_eq!(variant.fault(), None, "{}", page.id);
            let Markup {
                elements,
                runs,
                links,
                title,
            } = &variant.markup;
            assert_eq!(title, &page.markup.title);
            for (number, element) in elements.iter().enumerate() {
                assert!((element.parent as usize) < number.max(1));
            }
            let mut last = 0;
            for run in runs {
                assert!(last <= run.span.start && run.span.start < run.span.end);
                assert!(
                    (run.element as usize) < elements.len() && run.link as usize <= links.len()
                );
                last = run.span.end;
            }
            assert!(last <= variant.text.len());
            for run in kinds(&variant) {
                assert!(known.contains(&run), "{}: {run:?}", page.id);
            }
        }
    }
}
