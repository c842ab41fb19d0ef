//! A page with its reasons becomes a JSON object, for pipelines.

use dehusk::{Boundary, Change, Label, Reasons, TitleRule};
use serde_json::{Value, json};

use crate::explain::Told;
use crate::explain::against::Difference;

pub(super) fn page(told: &Told) -> Value {
    let Told {
        page,
        explanation,
        differences,
    } = told;
    let record = &explanation.record;
    let segments = record.segments.iter().map(|segment| {
        json!({
            "kind": segment.kind.name(),
            "start": segment.span.start,
            "end": segment.span.end,
            "confidence": segment.confidence.map(dehusk::Confidence::get),
            "items": segment.items.iter().map(|item| [item.start, item.end]).collect::<Vec<_>>(),
        })
    });
    let mut value = json!({
        "id": page.id,
        "source": {"path": &*page.source.path, "record": page.source.record},
        "segments": segments.collect::<Vec<_>>(),
        "pieces": explanation.pieces().map(|one| piece(record.text, &one)).collect::<Vec<_>>(),
    });
    match differences {
        None => {}
        Some(Ok(all)) => value["differences"] = all.iter().map(difference).collect(),
        Some(Err(reason)) => value["not_compared"] = reason.as_str().into(),
    }
    value
}

fn piece(text: &str, piece: &Reasons) -> Value {
    let cues = piece.cues.iter().map(|cue| {
        json!({
            "phrase": cue.phrase, "pack": &*cue.pack, "line": cue.line,
            "label": cue.label.name(), "role": cue.role.name(),
            "start": cue.span.start, "end": cue.span.end,
        })
    });
    let mut value = json!({
        "start": piece.span.start,
        "end": piece.span.end,
        "text": piece.span.of(text),
        "segment": piece.segment,
        "label": piece.label.name(),
        "confidence": piece.confidence.get(),
        "runner_up": piece.runner_up.name(),
        "probabilities": by_label(|label| piece.probabilities[label as usize].into()),
        "worth": by_label(|label| piece.worth(label).into()),
        "score": by_label(|label| piece.score(label).into()),
        "entering": by_label(|label| piece.entering[label as usize].into()),
        "leaving": by_label(|label| piece.leaving[label as usize].into()),
        "cues": cues.collect::<Vec<_>>(),
        "features": features(piece),
    });
    if let TitleRule::Raised(by) = piece.title_rule {
        value["title_raised"] = by.into();
    }
    if piece.title_rule == TitleRule::Barred {
        value["title_barred"] = true.into();
    }
    if let Some(edge) = &piece.boundary {
        value["boundary"] = boundary(edge);
    }
    value
}

/// Worth for the label and for the one that came second, strongest first.
fn features(piece: &Reasons) -> Vec<Value> {
    let all = piece.strongest(piece.label, piece.runner_up).into_iter();
    let told = all.map(|one| {
        json!({
            "name": one.name(),
            "meaning": one.meaning(),
            "label": one.worth(piece.label),
            "runner_up": one.worth(piece.runner_up),
        })
    });
    told.collect()
}

fn boundary(boundary: &Boundary) -> Value {
    let (change, before) = match boundary.change {
        Change::Label(before) => ("label", Some(before.name())),
        Change::BlankLine => ("blank_line", None),
        Change::Sentence => ("sentence", None),
        Change::Heading => ("heading", None),
        Change::Cue => ("cue", None),
        _ => ("other", None),
    };
    json!({
        "change": change, "before": before,
        "cost_down": boundary.cost_down, "cost_up": boundary.cost_up,
    })
}

fn difference(one: &Difference) -> Value {
    json!({
        "start": one.span.start, "end": one.span.end,
        "was": one.was.name(), "label": one.is.name(), "characters": one.chars,
    })
}

fn by_label(value: impl Fn(Label) -> Value) -> Value {
    let pairs = Label::ALL
        .into_iter()
        .map(|label| (label.name(), value(label)));
    pairs.collect()
}
