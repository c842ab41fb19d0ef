//! A page with its reasons becomes a JSON object, for pipelines.

use std::io::{self, Write};

use dehusk::{ArticleRule, Boundary, Change, Label, Reasons, Segment};
use serde_json::{Value, json};

use crate::explain::Told;
use crate::explain::against::Difference;

/// Writes the object and a line's end, piece by piece: all features of a page of a million lines
/// are more than memory holds.
pub(super) fn page(told: &Told, out: &mut impl Write) -> io::Result<()> {
    let Told {
        page,
        explanation,
        differences,
    } = told;
    let record = &explanation.record;
    let segments = record.segments.iter().map(segment);
    let source = json!({"path": &*page.source.path, "record": page.source.record});
    write!(out, "{{\"id\":{},\"source\":{source}", json!(page.id))?;
    write!(out, ",\"segments\":{}", segments.collect::<Value>())?;
    match differences {
        None => {}
        Some(Ok(all)) => write!(
            out,
            ",\"differences\":{}",
            all.iter().map(difference).collect::<Value>()
        )?,
        Some(Err(reason)) => write!(out, ",\"not_compared\":{}", json!(reason))?,
    }
    out.write_all(b",\"pieces\":[")?;
    for (number, one) in explanation.pieces().enumerate() {
        let comma = if number > 0 { "," } else { "" };
        write!(out, "{comma}{}", piece(record.text, &one))?;
    }
    out.write_all(b"]}\n")
}

fn segment(segment: &Segment) -> Value {
    json!({
        "kind": segment.kind.name(),
        "start": segment.span.start,
        "end": segment.span.end,
        "confidence": segment.confidence.map(dehusk::Confidence::get),
        "items": segment.items.iter().map(|item| [item.start, item.end]).collect::<Vec<_>>(),
    })
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
    for (name, rule) in [("title", piece.title_rule), ("body", piece.body_rule)] {
        match rule {
            ArticleRule::Raised(by) => value[format!("{name}_raised")] = by.into(),
            ArticleRule::Barred => value[format!("{name}_barred")] = true.into(),
            _ => {}
        }
    }
    if let Some(holds) = piece.holds_item {
        value["holds_item"] = holds.into();
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
