//! Reasons become words and sorted lists, the same for terminal and HTML.

use dehusk::{ArticleRule, Change, Evidence, FiredCue, Gap, Label, Reasons};

/// Log-odds with their sign.
pub(super) fn odds(thousandths: i32) -> String {
    format!("{:+.2}", f64::from(thousandths) / 1000.0)
}

/// True if the two decimals that are told show anything.
pub(super) fn counts(thousandths: i32) -> bool {
    thousandths.abs() >= 5
}

/// A phrase and where it comes from. Packs of the user's own have names that may hold anything.
pub(super) fn cue(cue: &FiredCue) -> String {
    let FiredCue {
        phrase,
        pack,
        line,
        label,
        role,
        ..
    } = cue;
    format!("{phrase} ({pack}:{line}, {label} {role})")
}

/// Why a segment begins with this piece.
pub(super) fn edge(piece: &Reasons) -> Option<String> {
    let boundary = piece.boundary?;
    let parted = match piece.gap {
        Gap::None => "in mid-line",
        Gap::Line => "at a line break",
        Gap::Blank => "at a blank line",
    };
    Some(match boundary.change {
        Change::Label(before) => format!(
            "{before} ends {parted}; to end it a piece further down would cost {:.2}, a piece further up {:.2}",
            f64::from(boundary.cost_down) / 1000.0,
            f64::from(boundary.cost_up) / 1000.0
        ),
        Change::BlankLine => "a blank line parts paragraphs".into(),
        Change::Sentence => "the line before ends a sentence".into(),
        Change::Heading => "each heading stands for itself".into(),
        Change::Cue => "its cue opens a list of its own".into(),
        // There may be more of them in later versions of the library.
        _ => parted.into(),
    })
}

/// What the rules of an article did.
pub(super) fn rule(piece: &Reasons) -> Option<String> {
    let would_be = |label| piece.evidence_for(label) > piece.score(piece.label);
    match (piece.title_rule, piece.body_rule) {
        (_, ArticleRule::Raised(by)) => Some(format!(
            "the page had a title and no body; this was the likeliest and is raised by {}",
            odds(by)
        )),
        (ArticleRule::Raised(by), _) => Some(format!(
            "no line was a title by itself; this was the likeliest and is raised by {}",
            odds(by)
        )),
        (_, ArticleRule::Barred) if would_be(Label::Body) => Some(
            "the page has no article: no line is its title, and none is body beyond doubt".into(),
        ),
        (ArticleRule::Barred, _) if would_be(Label::Title) => {
            Some("the page has its title elsewhere, or no article".into())
        }
        _ => None,
    }
}

/// Why there is nothing of it among the items.
pub(super) fn no_item(piece: &Reasons) -> Option<String> {
    let none = piece.holds_item == Some(false);
    none.then(|| "none: by what is around it a heading, name, date or excerpt".into())
}

/// What spoke for a label, and for it or another.
pub(super) struct Case {
    /// The strongest for the label by itself.
    pub(super) speaks_for: Vec<Evidence>,
    /// By how much the label won over the one that came second.
    pub(super) lead: i32,
    /// The strongest for the label against that one.
    pub(super) over: Vec<Evidence>,
    /// The strongest the other way.
    pub(super) but: Vec<Evidence>,
    /// What the labels on either side make of it.
    pub(super) neighbours: i32,
}

/// With at most so many features of each kind.
pub(super) fn case(piece: &Reasons, most: usize) -> Case {
    let (label, other) = (piece.label, piece.runner_up);
    let mut speaks_for = piece.evidence.clone();
    speaks_for.sort_by_key(|one| -one.worth(label));
    speaks_for.retain(|one| one.worth(label) > 0);
    speaks_for.truncate(most);
    let (mut over, mut but) = (piece.strongest(label, other), Vec::new());
    over.retain(|one| match one.lead(label, other) {
        0 => false,
        lead if lead < 0 => {
            but.push(one.clone());
            false
        }
        _ => true,
    });
    over.truncate(most);
    but.truncate(most / 2);
    let steps = |label: Label| piece.entering[label as usize] + piece.leaving[label as usize];
    Case {
        speaks_for,
        lead: piece.worth(label) - piece.worth(other),
        over,
        but,
        neighbours: steps(label) - steps(other),
    }
}
