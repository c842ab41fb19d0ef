//! Pages whose figures are worked out by hand.

use super::*;
use crate::gold::GoldPage;
use crate::span::Span;

/// A page of labelled parts; what stands between brackets has no label.
fn gold(id: &str, parts: &[(Option<Label>, &str)]) -> GoldPage {
    let mut page = GoldPage {
        id: id.into(),
        ..GoldPage::default()
    };
    for &(label, part) in parts {
        let start = page.text.len();
        page.text.push_str(part);
        if let Some(label) = label {
            page.spans.push((Span::new(start, page.text.len()), label));
        }
    }
    page
}

/// 4 nav, 5 title, 7 body, 3 heading, 6 body, 6 tags: 31 characters, 16 of them main.
/// And a page without an article: 4 nav, 4 legal.
fn pages() -> [GoldPage; 2] {
    use Label::*;
    let space = (None, "\n");
    let mut herbs = gold(
        "herbs",
        &[
            (Some(Nav), "主页 导航"),
            space,
            (Some(Title), "窗台种薄荷"),
            space,
            (Some(Body), "薄荷喜光又耐阴"),
            space,
            (Some(Heading), "换 盆时"),
            space,
            (Some(Body), "春天换一次。"),
            space,
            (Some(Tags), "#薄荷 #花盆"),
        ],
    );
    herbs.title = Some("窗台种薄荷".into());
    herbs.tags = vec!["薄荷".into(), "花盆".into()];
    let bare = gold(
        "bare",
        &[(Some(Nav), "只有导航"), space, (Some(Legal), "版权所有")],
    );
    [herbs, bare]
}

/// What is right, as a record.
fn right(page: &GoldPage) -> Prediction {
    let mut segments = page.spans.clone();
    for at in 0..segments.len() {
        segments[at].0.end = segments
            .get(at + 1)
            .map_or(page.text.len(), |(next, _)| next.start);
    }
    Prediction {
        title: page.title.clone(),
        tags: page.tags.clone(),
        related: page.related.clone(),
        segments: Some(segments),
        ..Prediction::default()
    }
}

/// Scores of two records, the first changed.
fn scores(change: impl FnOnce(&mut Prediction)) -> Scores {
    let pages = pages();
    let mut predictions = Predictions::new(&pages);
    let mut herbs = right(&pages[0]);
    change(&mut herbs);
    predictions.add("herbs", herbs).unwrap();
    predictions.add("bare", right(&pages[1])).unwrap();
    predictions.score()
}

fn segments(prediction: &mut Prediction) -> &mut Vec<(Span, Label)> {
    prediction.segments.as_mut().unwrap()
}

#[track_caller]
fn assert_prf(prf: Prf, (p, r): (f64, f64)) {
    let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
    assert!(near(prf.p, p) && near(prf.r, r), "{prf:?}, not {p} {r}");
    assert!(near(prf.f1, 2.0 * p * r / (p + r)), "{prf:?}");
}

#[test]
fn what_is_right_scores_1() {
    let scores = scores(|_| ());
    for measure in Measure::ALL {
        let figure = scores.figure(measure);
        assert_eq!(
            (figure.micro.f1, figure.macro_.f1),
            (1.0, 1.0),
            "{measure:?}"
        );
    }
    // No tags to find and none found: the page without an article is left out.
    assert_eq!(scores.figure(Measure::Tags).cases, 1);
    assert_eq!(scores.figure(Measure::Related).cases, 0);
    assert_eq!((scores.mean_label_f1(), scores.accuracy()), (1.0, 1.0));
    assert_eq!(scores.title().exact, 1.0);
    assert_eq!(scores.lossless().ok, 2);
    assert!(scores.worst().is_empty());
    assert!(
        scores
            .headline
            .iter()
            .all(|x| (x.low, x.high) == (1.0, 1.0))
    );
}

#[test]
fn nothing_found_is_right_only_where_nothing_is() {
    let pages = pages();
    let scores = Predictions::new(&pages).score();
    let main = scores.figure(Measure::Main);
    assert_eq!((main.micro.f1, main.macro_.f1, main.cases), (0.0, 0.5, 2));
    assert_eq!(scores.title().exact, 0.5);
    assert_eq!(scores.accuracy(), 0.0);
    assert!(scores.pages.iter().all(|page| page.found == Found::Missing));
    // All 39 characters have no label.
    let none: usize = scores.confusion().iter().map(|row| row[Label::COUNT]).sum();
    assert_eq!(none, 39);
    assert_eq!(scores.worst()[0].id, "herbs");
    // The main F1 of a resample is the share of it that is `bare`.
    let main = scores.headline[0];
    assert_eq!((main.value, main.low, main.high), (0.5, 0.0, 1.0));
}

#[test]
fn a_page_that_is_all_body() {
    let length = pages()[0].text.len();
    let scores = scores(|herbs| {
        *segments(herbs) = vec![(Span::new(0, length), Label::Body)];
    });
    assert_prf(scores.figure(Measure::Main).micro, (16.0 / 31.0, 1.0));
    assert_prf(scores.figure(Measure::MainTitle).micro, (21.0 / 31.0, 1.0));
    let f1 = 2.0 * 16.0 / (31.0 + 16.0);
    assert_eq!(scores.figure(Measure::Main).macro_.f1, (f1 + 1.0) / 2.0);
    assert_prf(scores.label(Label::Body).prf(), (13.0 / 31.0, 1.0));
    assert_eq!(scores.accuracy(), (13.0 + 8.0) / 39.0);
    assert_eq!(
        scores.confusion()[Label::Heading as usize][Label::Body as usize],
        3
    );
}

#[test]
fn a_paragraph_taken_for_a_menu() {
    let scores = scores(|herbs| segments(herbs)[4].1 = Label::Nav);
    let main = scores.figure(Measure::Main);
    assert_prf(main.micro, (1.0, 10.0 / 16.0));
    assert_prf(scores.figure(Measure::MainText).micro, (1.0, 10.0 / 16.0));
    assert_prf(scores.label(Label::Body).prf(), (1.0, 7.0 / 13.0));
    assert_prf(scores.label(Label::Nav).prf(), (8.0 / 14.0, 1.0));
    let [worst] = scores.worst()[..] else {
        panic!("{:?}", scores.worst())
    };
    let [wrong] = worst.wrong[..] else {
        panic!("{:?}", worst.wrong)
    };
    assert_eq!(wrong.span.of(&pages()[0].text), "春天换一次。");
    assert_eq!(
        (wrong.gold, wrong.predicted, wrong.chars),
        (Label::Body, Some(Label::Nav), 6)
    );
}

#[test]
fn runs_end_where_labels_change() {
    // Title and first paragraph as promo, and a character of the heading without a label.
    let scores = scores(|herbs| {
        let segments = segments(herbs);
        segments[1].1 = Label::Promo;
        segments[2].1 = Label::Promo;
        segments[3].0.start += "换 ".len();
    });
    let text = &pages()[0].text;
    let runs = scores.pages[0].wrong.iter();
    let runs: Vec<_> = runs
        .map(|run| (run.span.of(text), run.gold.name(), run.chars))
        .collect();
    assert_eq!(
        runs,
        [
            ("窗台种薄荷", "title", 5),
            ("薄荷喜光又耐阴", "body", 7),
            ("换", "heading", 1)
        ]
    );
}

#[test]
fn the_later_of_two_segments_counts() {
    let scores = scores(|herbs| {
        let all = Span::new(0, pages()[0].text.len());
        segments(herbs).push((all, Label::Comment));
    });
    assert_eq!(scores.label(Label::Comment).predicted, 31);
    assert_eq!(scores.lossless().fail, 1);
}

#[test]
fn segments_that_do_not_tile() {
    type Change = fn(&mut Vec<(Span, Label)>);
    let cases: [(Change, &str); 6] = [
        (|s| s[1].0.start += 3, "title 17..30 leaves a gap"),
        (|s| s[1].0.start -= 1, "title 13..30 overlaps the one ahead"),
        (|s| (s[0].0.end, s[1].0.start) = (13, 13), ""),
        (
            |s| (s[0].0.end, s[1].0.start) = (12, 12),
            "nav 0..12 splits a character or goes past the end",
        ),
        (|s| s.truncate(2), "segments end at byte 30 of 97"),
        (
            |s| s[5].0.end = 500,
            "tags 82..500 splits a character or goes past the end",
        ),
    ];
    for (change, expected) in cases {
        let scores = scores(|herbs| change(segments(herbs)));
        let fault = scores.pages[0]
            .lossless
            .clone()
            .unwrap()
            .err()
            .unwrap_or_default();
        assert_eq!(fault, expected);
    }
}

#[test]
fn titles() {
    let white = scores(|herbs| herbs.title = Some(" 窗台\u{3000}种薄荷\n".into()));
    assert_eq!(white.title().exact, 1.0);
    let longer = scores(|herbs| herbs.title = Some("窗台种薄荷_某网".into()));
    assert_eq!(
        (longer.title().exact, longer.title().exact_with_gold),
        (0.5, 0.0)
    );
    let pages = pages();
    let mut predictions = Predictions::new(&pages[1..]);
    let mut bare = right(&pages[1]);
    bare.title = Some("导航".into());
    predictions.add("bare", bare).unwrap();
    let title = predictions.score().title();
    assert_eq!(
        (title.exact, title.false_titles, title.with_gold),
        (0.0, 1, 0)
    );
}

#[test]
fn items() {
    let scores = scores(|herbs| {
        herbs.tags = vec!["• 薄荷".into(), "花 盆".into(), "花盆".into()];
        herbs.related = vec!["没有的".into()];
    });
    assert_prf(scores.figure(Measure::Tags).micro, (1.0 / 3.0, 1.0 / 2.0));
    assert_prf(scores.figure(Measure::TagsLoose).micro, (2.0 / 3.0, 1.0));
    let related = scores.figure(Measure::Related);
    assert_eq!((related.micro.p, related.cases), (0.0, 1));
}

#[test]
fn text_without_positions() {
    let pages = pages();
    let mut predictions = Predictions::new(&pages);
    let body = "薄荷喜光又耐阴\n主页导航";
    let herbs = Prediction {
        body: Some(body.into()),
        ..Prediction::default()
    };
    predictions.add("herbs", herbs).unwrap();
    let scores = predictions.score();
    assert_prf(
        scores.figure(Measure::MainText).micro,
        (7.0 / 11.0, 7.0 / 16.0),
    );
    // No record has positions, so a missing one is not held against them.
    assert_eq!(scores.figure(Measure::Main).cases, 0);
    assert_eq!(scores.lossless().no_segments, 2);
    let names: Vec<_> = scores
        .headline
        .iter()
        .map(|interval| interval.name)
        .collect();
    assert!(!names.contains(&"main F1, macro") && names.contains(&"title exact"));
}

#[test]
fn records_are_told_by_id_and_by_path() {
    let pages = pages();
    let add = |ids: &[&str]| {
        let mut predictions = Predictions::new(&pages);
        for id in ids {
            let added = predictions.add(id, Prediction::default());
            if let Err(error) = added {
                return error.to_string();
            }
        }
        let scores = predictions.score();
        let there = scores
            .pages
            .iter()
            .filter(|page| page.found != Found::Missing);
        format!("{} of {}", there.count(), ids.len() - scores.unknown)
    };
    assert_eq!(add(&["herbs", "x/bare/page.txt"]), "2 of 2");
    assert_eq!(add(&["herbs.html", "x/bare.html"]), "2 of 2");
    assert_eq!(
        add(&["./herbs/page.txt", r"C:\gold\bare\page.txt"]),
        "2 of 2"
    );
    assert_eq!(
        add(&["x/herbs", "page.txt", "bare/page.txt/x", "herbspage.txt"]),
        "0 of 0"
    );
    assert_eq!(
        add(&["herbs", "herbs/page.txt"]),
        "a second record of herbs"
    );
}

#[test]
fn a_mark_at_the_start_is_no_text_of_a_file() {
    let page = gold(
        "m",
        &[
            (Some(Label::Nav), "\u{feff}导航"),
            (None, "\n"),
            (Some(Label::Body), "正文"),
        ],
    );
    let pages = [page];
    for (shift, id) in [(0, "m"), (3, "m/page.txt")] {
        let mut prediction = right(&pages[0]);
        for (at, (span, _)) in segments(&mut prediction).iter_mut().enumerate() {
            span.start -= if at == 0 { 0 } else { shift };
            span.end -= shift;
        }
        let mut predictions = Predictions::new(&pages);
        predictions.add(id, prediction).unwrap();
        let scores = predictions.score();
        assert_eq!((scores.accuracy(), scores.lossless().ok), (1.0, 1), "{id}");
    }
}

#[test]
fn lines_that_are_no_record() {
    let pages = pages();
    for (lines, expected) in [
        (
            "{\"id\":\"herbs\"}\n\n{\"id\":\"herbs\"}\n",
            "r:3: a second record of herbs",
        ),
        (
            "{\"id\":1}\n",
            "r:1: invalid type: integer `1`, expected a string at byte 7",
        ),
        ("{}", "r:1: missing field `id` at byte 2"),
        (
            "{\"id\":\"a\",\"segments\":[{\"kind\":\"ad\",\"start\":0,\"end\":1}]}",
            "r:1: unknown kind \"ad\"; there are: title, heading, body, tags, related, meta, nav, promo, legal, comment",
        ),
    ] {
        let read = Predictions::new(&pages).read("r", lines.as_bytes());
        assert_eq!(read.unwrap_err().to_string(), expected);
    }
}
