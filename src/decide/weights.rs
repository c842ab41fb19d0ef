//! The text of a weights file becomes the table that the decision adds up.
//!
//! A line is a name, a tab, and ten integers, one for each label in the order of the
//! `labels` line. Names are features (`len=3`, `prev.cue=17`), transitions
//! (`gap.line:body` is worth this to each label behind a body piece), `start` and `end`.
//! A line `look 2` opens the weights of the second decision. 1000 is one unit of log-odds.
//! Lines `calibration SAID TRUE`, in thousandths, correct the probabilities.

use std::fmt::Write as _;

use crate::calibration::Calibration;
use crate::decide::chain::{GAPS, Row, Transitions};
use crate::error::{Error, Result};
use crate::features::names;
use crate::label::Label;

/// 1.0 of log-odds, as an integer.
pub(crate) const UNIT: i32 = 1000;

/// The weights of one decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    /// By feature: a score for each label.
    pub(crate) rows: Vec<Row>,
    pub(crate) transitions: Transitions,
}

impl Default for Table {
    fn default() -> Self {
        let zero = [0; Label::COUNT];
        Self {
            rows: vec![zero; names::ALL],
            transitions: Transitions {
                steps: [[zero; Label::COUNT]; GAPS],
                start: zero,
                end: zero,
            },
        }
    }
}

/// The weights of both decisions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Weights {
    pub(crate) looks: [Table; 2],
    pub(crate) calibration: Calibration,
}

const GAP_NAMES: [&str; GAPS] = ["gap.none", "gap.line", "gap.blank"];
/// No sum of features may overflow: a piece has fewer than 400.
const LARGEST: i32 = 1_000_000;

impl Weights {
    /// Reads the text of a weights file; `name` is shown in error messages.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self> {
        let mut weights = Self::default();
        let mut look = None;
        let mut labelled = false;
        for (number, line) in (1..).zip(text.lines()) {
            let fail = |reason: &str| Error::invalid(format!("{name}:{number}: {reason}"));
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, values) = line
                .split_once('\t')
                .ok_or_else(|| fail("no tab between name and weights"))?;
            match key {
                "labels" => {
                    labelled = values
                        .split('\t')
                        .eq(Label::ALL.iter().map(|label| label.name()));
                }
                "look" => {
                    let index = values
                        .parse::<usize>()
                        .ok()
                        .and_then(|look| look.checked_sub(1));
                    look = index.filter(|&index| index < weights.looks.len());
                    look.ok_or_else(|| fail("look is neither 1 nor 2"))?;
                }
                "calibration" => {
                    let point = values
                        .split_once('\t')
                        .and_then(|(said, found)| Some((said.parse().ok()?, found.parse().ok()?)));
                    let rises =
                        point.is_some_and(|(said, found)| weights.calibration.push(said, found));
                    if !rises {
                        return Err(fail("calibration: not two rising integers up to 1000"));
                    }
                }
                _ if !labelled => {
                    return Err(fail("a `labels` line with the ten labels must stand first"));
                }
                _ => {
                    let look = look.ok_or_else(|| fail("weights before the first `look` line"))?;
                    let row = parse_row(values).ok_or_else(|| fail("not ten integers"))?;
                    let slot = weights.looks[look].slot(key);
                    *slot.ok_or_else(|| fail(&format!("unknown feature {key:?}")))? = row;
                }
            }
        }
        if look.is_none() {
            return Err(Error::invalid(format!("{name}: holds no weights")));
        }
        Ok(weights)
    }

    /// The text that [`Weights::parse`] reads back; rows of zeros are left out.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::from("labels");
        for label in Label::ALL {
            let _ = write!(text, "\t{label}");
        }
        text.push('\n');
        for (look, table) in (1..).zip(&self.looks) {
            let _ = writeln!(text, "look\t{look}");
            table.write(&mut text);
        }
        text += &self.calibration.to_text();
        text
    }
}

impl Table {
    /// The row that a name stands for.
    fn slot(&mut self, key: &str) -> Option<&mut Row> {
        match key {
            "start" => return Some(&mut self.transitions.start),
            "end" => return Some(&mut self.transitions.end),
            _ => {}
        }
        if let Some((gap, label)) = key.split_once(':') {
            let gap = GAP_NAMES.iter().position(|&name| name == gap)?;
            return Some(&mut self.transitions.steps[gap][Label::from_name(label)? as usize]);
        }
        names::from_name(key).map(|feature| &mut self.rows[feature])
    }

    fn write(&self, text: &mut String) {
        write_row(text, "start", &self.transitions.start);
        write_row(text, "end", &self.transitions.end);
        for (name, rows) in GAP_NAMES.iter().zip(&self.transitions.steps) {
            for (label, row) in Label::ALL.iter().zip(rows) {
                write_row(text, &format!("{name}:{label}"), row);
            }
        }
        for (feature, row) in self.rows.iter().enumerate() {
            write_row(text, &names::name(feature), row);
        }
    }
}

fn write_row(text: &mut String, name: &str, row: &Row) {
    if row.iter().all(|&weight| weight == 0) {
        return;
    }
    text.push_str(name);
    for weight in row {
        let _ = write!(text, "\t{weight}");
    }
    text.push('\n');
}

fn parse_row(values: &str) -> Option<Row> {
    let mut row = [0; Label::COUNT];
    let mut fields = values.split('\t');
    for weight in &mut row {
        *weight = fields.next()?.parse::<i32>().ok()?;
        (-LARGEST..=LARGEST).contains(weight).then_some(())?;
    }
    fields.next().is_none().then_some(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "labels\ttitle\theading\tbody\ttags\trelated\tmeta\tnav\tpromo\tlegal\tcomment\n";

    #[test]
    fn text_and_back() {
        let mut weights = Weights::default();
        weights.looks[0].rows[3][2] = -17;
        weights.looks[1].rows[names::ALL - 1][9] = 5;
        weights.looks[1].transitions.steps[2][4][4] = 800;
        weights.looks[0].transitions.end[0] = 1;
        assert!(weights.calibration.push(300, 200) && weights.calibration.push(900, 850));
        assert_eq!(Weights::parse("w", &weights.to_text()).unwrap(), weights);
    }

    #[test]
    fn errors_name_the_line() {
        let row = "\t0\t0\t0\t0\t0\t0\t0\t0\t0\t0";
        for (text, expected) in [
            (String::new(), "w: holds no weights"),
            (
                format!("bias=0{row}\n"),
                "w:1: a `labels` line with the ten labels must stand first",
            ),
            (
                format!("{HEAD}bias=0{row}\n"),
                "w:2: weights before the first `look` line",
            ),
            (format!("{HEAD}look\t3\n"), "w:2: look is neither 1 nor 2"),
            (
                format!("{HEAD}look\t1\nnose=0{row}\n"),
                "w:3: unknown feature \"nose=0\"",
            ),
            (
                format!("{HEAD}look\t1\nbias=1{row}\n"),
                "w:3: unknown feature \"bias=1\"",
            ),
            (
                format!("{HEAD}look\t1\nbias=0\t1\t2\n"),
                "w:3: not ten integers",
            ),
            (
                format!("{HEAD}calibration\t5\t7\ncalibration\t4\t8\n"),
                "w:3: calibration: not two rising integers up to 1000",
            ),
            (
                format!("{HEAD}look\t1\nbias=0\t-2147483648{}\n", "\t0".repeat(9)),
                "w:3: not ten integers",
            ),
            (
                format!("{HEAD}look\t1\nbias\n"),
                "w:3: no tab between name and weights",
            ),
        ] {
            assert_eq!(
                Weights::parse("w", &text).unwrap_err().to_string(),
                expected
            );
        }
    }
}
