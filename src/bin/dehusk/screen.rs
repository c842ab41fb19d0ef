//! What reaches a terminal: words of pages made harmless, text cut and filled to columns,
//! tables, colours. Knows nothing of pages and records.
//!
//! Text of pages is never printed as it is: it passes [`harmless`], or what is built on it
//! ([`on_one_line`], [`excerpt`], [`fold`]). Colours are written always and taken away by
//! [`print`] where they are not wanted: no terminal, `NO_COLOR`, `TERM=dumb`.

use std::fmt::{Display, Write as _};
use std::io::{self, Write as _};

use anstream::{AutoStream, ColorChoice};
use anstyle::{Ansi256Color, Color, Style};
use comfy_table::{CellAlignment, Table, presets};
use dehusk::Label;
use unicode_width::UnicodeWidthChar as _;

/// Where neither the terminal nor `COLUMNS` says anything.
const COLUMNS: usize = 80;
/// Fewer hold no table of ours.
const FEWEST_COLUMNS: usize = 40;

/// Columns to fill: what `COLUMNS` says, else the terminal, else 80; never fewer than 40.
pub(crate) fn columns() -> usize {
    let told = std::env::var("COLUMNS").ok();
    let told = told.and_then(|columns| columns.parse().ok());
    let seen = || terminal_size::terminal_size_of(io::stdout());
    let seen = || seen().map(|(width, _)| usize::from(width.0));
    let columns = told.or_else(seen).filter(|&columns| columns > 0);
    columns.unwrap_or(COLUMNS).max(FEWEST_COLUMNS)
}

/// True for a terminal that shows characters and nothing more.
pub(crate) fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Writes to standard output, with colours where they are wanted.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let stdout = io::stdout();
    let forced = std::env::var_os("CLICOLOR_FORCE").is_some_and(|wish| wish != "0");
    // By itself anstream takes any terminal of a CI machine for one with colours.
    let choice = match is_dumb() && !forced {
        true => ColorChoice::Never,
        false => AutoStream::choice(&stdout),
    };
    let mut stdout = AutoStream::new(stdout, choice).lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// A text in a style; what stands in it must be harmless.
pub(crate) fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

pub(crate) fn bold() -> Style {
    Style::new().bold()
}

/// For what stands behind the rest.
pub(crate) fn dim() -> Style {
    Style::new().dimmed()
}

/// A label's colour. All are of middling lightness, to be read on white and on black.
pub(crate) fn colour(label: Label) -> Style {
    let number = match label {
        Label::Title => 170,
        Label::Heading => 33,
        Label::Body => 67,
        Label::Tags => 172,
        Label::Related => 36,
        Label::Meta => 136,
        Label::Nav => 245,
        Label::Promo => 167,
        Label::Legal => 97,
        Label::Comment => 71,
    };
    let style = Style::new().fg_color(Some(Color::Ansi256(Ansi256Color(number))));
    if matches!(label, Label::Title | Label::Heading) {
        style.bold()
    } else {
        style
    }
}

/// More marks than this on one character are an attack on the lines above and below; the
/// scripts that need most, and Korean in single letters, do with fewer.
const MOST_MARKS: usize = 8;

/// A text that cannot move the cursor, ring, colour, reorder or hide anything: control
/// characters are shown by their pictures (`␛`), those that are invisible or turn the
/// direction of writing by their numbers (`<U+202E>`).
pub(crate) fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut marks = 0;
    for c in text.chars() {
        marks = if c.width() == Some(0) { marks + 1 } else { 0 };
        match c {
            // Unicode's own pictures stand in the order of what they show.
            '\0'..='\x1f' => shown.extend(char::from_u32(0x2400 + u32::from(c))),
            '\x7f' => shown.push('␡'),
            _ if c.is_control() || is_unseen(c) => {
                let _ = write!(shown, "<U+{:04X}>", u32::from(c));
            }
            _ if is_variant(c) || marks > MOST_MARKS => {}
            _ => shown.push(c),
        }
    }
    shown
}

/// Characters that show nothing and change how others are shown.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Asks for another picture of the character before it, on whose width no two terminals agree.
fn is_variant(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// The text with each run of white space made one space, and harmless.
pub(crate) fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line += &harmless(word);
    }
    line
}

/// How many columns a harmless text takes.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

fn columns_of(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// The beginning of a text, on one line, in so many columns; `…` if there is more.
pub(crate) fn excerpt(text: &str, columns: usize) -> String {
    // Of a line of megabytes a little is enough; a column is not often more than this.
    let near = text.char_indices().nth(columns.saturating_mul(8).max(64));
    let (near, more) = near.map_or((text, false), |(at, _)| (&text[..at], true));
    let line = on_one_line(near);
    if !more && width(&line) <= columns {
        return line;
    }
    let mut taken = 0;
    let fits = |c: &char| {
        taken += columns_of(*c);
        taken < columns
    };
    let mut line: String = line.chars().take_while(fits).collect();
    line.push('…');
    line
}

/// A harmless text filled with spaces to so many columns.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    let blanks = columns.saturating_sub(width(text));
    format!("{text}{:blanks$}", "")
}

/// A text on one line, broken into lines of at most so many columns.
pub(crate) fn fold(text: &str, columns: usize) -> Vec<String> {
    let line = on_one_line(text);
    // Names with hyphens stay whole where they fit.
    let options = textwrap::Options::new(columns.max(1));
    let options = options.word_splitter(textwrap::WordSplitter::NoHyphenation);
    let lines = textwrap::wrap(&line, options);
    lines.into_iter().map(|line| line.into_owned()).collect()
}

/// Columns under a head, as wide as what stands in them; those from `numbers` on stand to the
/// right. All of it must be harmless, and without colours.
pub(crate) fn table(head: &[&str], numbers: usize, rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(head.to_vec());
    table.add_rows(rows.to_vec());
    for (at, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if at >= numbers {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned() + "\n");
    lines.collect()
}

/// `1 page`, `2 pages`.
pub(crate) fn plural(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

/// A count in five columns; nothing is a dot, so that the rest stands out.
pub(crate) fn short(count: usize) -> String {
    match count {
        0 => ".".into(),
        1..100_000 => count.to_string(),
        100_000..10_000_000 => format!("{}k", count / 1000),
        _ => format!("{}M", count / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_acts_on_the_terminal() {
        for (text, shown) in [
            ("\x1b[2J\x1b]0;title\x07", "␛[2J␛]0;title␇"),
            ("a\r\nb\tc\0", "a␍␊b␉c␀"),
            ("\u{9b}31m\x7f", "<U+009B>31m␡"),
            ("abc\u{202e}fed\u{2066}", "abc<U+202E>fed<U+2066>"),
            ("兼\u{200b}职", "兼<U+200B>职"),
            ("❤\u{fe0f}", "❤"),
        ] {
            assert_eq!(harmless(text), shown, "{text:?}");
        }
        let every: String = (0..0x11_0000).filter_map(char::from_u32).collect();
        let shown = harmless(&every);
        assert!(!shown.chars().any(|c| c.is_control() || is_unseen(c)));
        // Words that pile up marks keep to their line.
        assert_eq!(
            harmless(&format!("e{}", "\u{301}".repeat(99)))
                .chars()
                .count(),
            9
        );
        // Syllables in single letters are left whole.
        let syllable = "\u{1112}\u{1161}\u{11ab}".repeat(9);
        assert_eq!(harmless(&syllable), syllable);
    }

    #[test]
    fn excerpts_fit() {
        assert_eq!(excerpt(" 一\n\n二 ", 9), "一 二");
        assert_eq!(excerpt("一二三", 6), "一二三");
        assert_eq!(excerpt("一二三", 5), "一二…");
        assert_eq!(excerpt("一二三", 4), "一…");
        assert_eq!(excerpt("", 4), "");
        assert_eq!(excerpt("abcd", 1), "…");
        for columns in 1..40 {
            let text = "薄荷 mint\u{200b} ミント 박하".repeat(20_000);
            assert!(width(&excerpt(&text, columns)) <= columns);
        }
        assert_eq!(excerpt(&" ".repeat(1_000_000), 4), "…");
    }

    #[test]
    fn filled_to_columns() {
        assert_eq!(pad("薄荷", 6), "薄荷  ");
        assert_eq!(pad("mint", 6), "mint  ");
        assert_eq!(pad("longer", 3), "longer");
    }

    #[test]
    fn folded_lines_fit_and_hold_all() {
        let text = "how to grow mint 如何在北阳台种一盆薄荷而不徒长 anunbreakableword".repeat(3);
        for columns in [8, 20, 80] {
            let lines = fold(&text, columns);
            assert!(lines.iter().all(|line| width(line) <= columns), "{lines:?}");
            let squeezed = |text: &str| text.replace(' ', "");
            assert_eq!(squeezed(&lines.concat()), squeezed(&text));
        }
        assert_eq!(fold("", 9).concat(), "");
    }

    #[test]
    fn tables_line_up() {
        let rows = [("body", "3"), ("标题", "12")].map(|(a, b)| vec![a.to_owned(), b.to_owned()]);
        let shown = table(&["label", "n"], 1, &rows);
        let widths: Vec<_> = shown.lines().map(width).collect();
        assert_eq!(shown.lines().next(), Some("label   n"), "{shown}");
        assert_eq!(widths, [9, 9, 9], "{shown}");
    }

    #[test]
    fn counts() {
        assert_eq!(
            (plural(1, "page"), plural(0, "page")),
            ("1 page".into(), "0 pages".into())
        );
        let shown = [0, 7, 99_999, 100_000, 12_345_678].map(short);
        assert_eq!(shown, [".", "7", "99999", "100k", "12M"]);
    }

    #[test]
    fn every_label_has_a_colour_of_its_own() {
        let colours: std::collections::HashSet<_> = Label::ALL.map(colour).into_iter().collect();
        assert_eq!(colours.len(), Label::COUNT);
    }
}
