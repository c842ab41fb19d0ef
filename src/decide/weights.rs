//! The text of a weights file becomes what the decision adds up: a table and networks.
//!
//! A line is a name, a tab, and integers with tabs between them; 1000 is one, in the table one unit
//! of log-odds. The table has ten in a line, one for each label in the order of the
//! `labels` line. Names are features (`len=3`, `prev.cue=17`), transitions
//! (`gap.line:body` is worth this to each label behind a body piece), `start` and `end`.
//! A network has 32 in a line, one for each dimension: in the first, `net.1.len=3` is a feature's
//! point, `net.1.word=登录` and `net.1.line=上一篇` are those of terms, `net.1.body` is a label's,
//! `net.1.related.item` that of lines of a list of titles that hold one, `net.1.tags.item` that of
//! lines of tags;
//! `net.1.layer.4.before`, `.itself`, `.behind` are a layer's taps, `.bias` its bias, `.page.32` what
//! the last dimension of the page's mean adds to it, `.mix.32` what its own last dimension adds to
//! all. Points count as far as ±32,767.
//! Lines `calibration SAID TRUE`, in thousandths, correct the probabilities.

use std::fmt::Write as _;

use crate::calibration::Calibration;
use crate::decide::chain::{GAPS, Row, Transitions};
use crate::decide::net::{self, DIM, Net, Point};
use crate::error::{Error, Result};
use crate::features::names;
use crate::features::terms::Vocabulary;
use crate::label::Label;

/// 1.0 of log-odds, as an integer.
pub(crate) const UNIT: i32 = 1000;

/// What each feature and each step from label to label is worth.
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

/// All that is learned.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Weights {
    /// Terms that the networks know, beside a piece's own features.
    pub(crate) vocabulary: Vocabulary,
    pub(crate) table: Table,
    pub(crate) nets: Vec<Net>,
    pub(crate) calibration: Calibration,
}

const GAP_NAMES: [&str; GAPS] = ["gap.none", "gap.line", "gap.blank"];
/// No sum of features may overflow: a piece has fewer than 400.
const LARGEST: i32 = 1_000_000;
/// Networks of one file.
pub(crate) const MOST_NETS: usize = 8;

impl Weights {
    /// Reads the text of a weights file; `name` is shown in error messages.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self> {
        let mut weights = Self::default();
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
                    let unknown = || fail(&format!("unknown feature {key:?}"));
                    if let Some(key) = key.strip_prefix("net.") {
                        let row: [i32; DIM] =
                            parse_row(values).ok_or_else(|| fail("not 32 integers"))?;
                        let slot = weights.slot(key).ok_or_else(unknown)?;
                        slot.0 = row.map(|value| value as f32 / UNIT as f32);
                    } else {
                        let row = parse_row(values).ok_or_else(|| fail("not ten integers"))?;
                        *weights.table.slot(key).ok_or_else(unknown)? = row;
                    }
                }
            }
        }
        if !labelled {
            return Err(Error::invalid(format!("{name}: holds no weights")));
        }
        // Rows of zeros are not written.
        let points = names::OWN + weights.vocabulary.len();
        for net in &mut weights.nets {
            net.points.resize(points, Point::ZERO);
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
        self.table.write(&mut text);
        // Terms in the order in which reading comes upon them, since rows of zeros are left out.
        let known = |term: usize| move |net: &Net| net.points[names::OWN + term] != Point::ZERO;
        let mut terms: Vec<usize> = (0..self.vocabulary.len()).collect();
        terms.sort_by_key(|&term| self.nets.iter().position(known(term)));
        for (number, net) in (1..).zip(&self.nets) {
            for (name, point) in self.points(net, &terms) {
                let row = point.map(|value| (value * UNIT as f32).round() as i32);
                write_row(&mut text, &format!("net.{number}.{name}"), &row);
            }
        }
        text += &self.calibration.to_text();
        text
    }

    /// The row of a network that a name stands for. Networks come to be when they are named.
    fn slot(&mut self, name: &str) -> Option<&mut Point> {
        let (number, name) = name.split_once('.')?;
        let number: usize = number.parse().ok()?;
        let net = number.checked_sub(1).filter(|net| *net < MOST_NETS)?;
        if self.nets.len() < number {
            self.nets.resize_with(number, || Net::new(names::OWN));
        }
        let net = &mut self.nets[net];
        let Some(term) = self.vocabulary.number(name) else {
            return slot(net, name);
        };
        let term = usize::from(term);
        if net.points.len() <= term {
            net.points.resize(term + 1, Point::ZERO);
        }
        Some(&mut net.points[term])
    }

    /// The rows of a network by their names, those of its terms in this order.
    fn points<'n>(&self, net: &'n Net, terms: &[usize]) -> Vec<(String, &'n Point)> {
        let (own, of_terms) = net.points.split_at(names::OWN);
        let mut rows: Vec<(String, &Point)> = (0..).map(names::name).zip(own).collect();
        let term = |&term: &usize| (self.vocabulary.name(term).to_owned(), &of_terms[term]);
        rows.extend(terms.iter().map(term));
        for (number, layer) in (1..).zip(&net.layers) {
            let row = |name: &str| format!("layer.{number}.{name}");
            rows.extend(TAPS.iter().map(|tap| row(tap)).zip(&layer.taps));
            rows.push((row("bias"), &layer.bias));
            rows.extend(
                (1..)
                    .map(|dim| row(&format!("page.{dim}")))
                    .zip(&layer.page),
            );
            rows.extend((1..).map(|dim| row(&format!("mix.{dim}"))).zip(&layer.mix));
        }
        let labels = Label::ALL.iter().map(|label| label.name().to_owned());
        rows.extend(labels.zip(&net.outputs));
        for label in Label::ALL {
            if let Some(output) = net::item_output(label) {
                rows.push((format!("{label}{ITEM}"), &net.outputs[output]));
            }
        }
        rows
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

/// What stands behind a list's label for whether a piece holds an item.
const ITEM: &str = ".item";

const TAPS: [&str; 3] = ["before", "itself", "behind"];

/// The row of a network that a name stands for.
fn slot<'n>(net: &'n mut Net, name: &str) -> Option<&'n mut Point> {
    if let Some(label) = Label::from_name(name) {
        return Some(&mut net.outputs[label as usize]);
    }
    if let Some(list) = name.strip_suffix(ITEM) {
        let output = net::item_output(Label::from_name(list)?)?;
        return Some(&mut net.outputs[output]);
    }
    let Some(row) = name.strip_prefix("layer.") else {
        let feature = names::from_name(name).filter(|feature| *feature < names::OWN)?;
        return Some(&mut net.points[feature]);
    };
    let (number, row) = row.split_once('.')?;
    let index = |number: &str| number.parse::<usize>().ok()?.checked_sub(1);
    let layer = net.layers.get_mut(index(number)?)?;
    if let Some(tap) = TAPS.iter().position(|tap| *tap == row) {
        return Some(&mut layer.taps[tap]);
    }
    match row.split_once('.') {
        Some(("page", dim)) => layer.page.get_mut(index(dim)?),
        Some(("mix", dim)) => layer.mix.get_mut(index(dim)?),
        _ => (row == "bias").then_some(&mut layer.bias),
    }
}

fn write_row(text: &mut String, name: &str, row: &[i32]) {
    if row.iter().all(|&weight| weight == 0) {
        return;
    }
    text.push_str(name);
    for weight in row {
        let _ = write!(text, "\t{weight}");
    }
    text.push('\n');
}

fn parse_row<const N: usize>(values: &str) -> Option<[i32; N]> {
    let mut row = [0; N];
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
        weights.table.rows[3][2] = -17;
        weights.table.rows[names::ALL - 1][9] = 5;
        weights.table.transitions.steps[2][4][4] = 800;
        weights.table.transitions.end[0] = 1;
        for term in ["word=登录", "line=上一篇", "word=login"] {
            weights.vocabulary.number(term).unwrap();
        }
        weights.nets = vec![Net::new(names::OWN + 3); 2];
        let rows = weights.nets.iter_mut().flat_map(Net::rows_mut);
        for (number, row) in rows.enumerate() {
            row[number % DIM] = number as f32 / 10_000.0;
        }
        assert!(weights.calibration.push(300, 200) && weights.calibration.push(900, 850));
        let text = weights.to_text();
        let read = Weights::parse("w", &text).unwrap();
        assert_eq!(read.to_text(), text);
        assert_eq!(read.table, weights.table);
        assert_eq!(read.vocabulary, weights.vocabulary);
    }

    #[test]
    fn networks_know_the_same_terms() {
        let row = "\t0".repeat(DIM - 1);
        let text = format!("{HEAD}net.2.word=b\t5{row}\nnet.1.word=a\t7{row}\n");
        let weights = Weights::parse("w", &text).unwrap();
        let of_terms = |net: usize| weights.nets[net].points[names::OWN..].iter();
        let firsts = |net| of_terms(net).map(|point| point[0]).collect::<Vec<_>>();
        assert_eq!(firsts(0), [0.0, 0.007]);
        assert_eq!(firsts(1), [0.005, 0.0]);
        for name in ["word=two words", "word=", "line="] {
            let text = format!("{HEAD}net.1.{name}\t5{row}\n");
            let error = Weights::parse("w", &text).unwrap_err().to_string();
            assert!(error.contains("unknown feature"), "{error}");
        }
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
                format!("{HEAD}start{row}\nnose=0{row}\n"),
                "w:3: unknown feature \"nose=0\"",
            ),
            (
                format!("{HEAD}start{row}\nbias=1{row}\n"),
                "w:3: unknown feature \"bias=1\"",
            ),
            (
                format!("{HEAD}start{row}\nbias=0\t1\t2\n"),
                "w:3: not ten integers",
            ),
            (
                format!("{HEAD}calibration\t5\t7\ncalibration\t4\t8\n"),
                "w:3: calibration: not two rising integers up to 1000",
            ),
            (
                format!("{HEAD}start{row}\nbias=0\t-2147483648{}\n", "\t0".repeat(9)),
                "w:3: not ten integers",
            ),
            (
                format!("{HEAD}start{row}\nbias\n"),
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
