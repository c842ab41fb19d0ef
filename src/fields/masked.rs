//! Finds words that the site censored: `个*益`, `锁 *** 设备`, `138****1234`.

use crate::chars::{self, Class};
use crate::pieces::Piece;
use crate::span::Span;

/// The censored words of a page, in order.
pub(crate) fn find(text: &str, pieces: &[Piece]) -> Vec<Span> {
    let mut masked = Vec::new();
    for piece in pieces
        .iter()
        .filter(|piece| piece.shape.of(Class::Bullet) > 0)
    {
        find_in(text, piece.span, &mut masked);
    }
    masked
}

fn find_in(text: &str, piece: Span, masked: &mut Vec<Span>) {
    let body = piece.of(text);
    let runs = star_runs(body);
    // `**word**` is emphasis.
    let pairs = runs
        .iter()
        .filter(|(start, end)| body[*start..*end].chars().count() == 2)
        .count();
    for (start, end) in runs {
        let stars = body[start..end].chars().count();
        if stars == 2 && pairs >= 2 {
            continue;
        }
        if let Some((from, to)) = word(body, start, end, stars) {
            let span = Span::new(piece.start + from, piece.start + to);
            match masked.last_mut() {
                // `首*个*益`: one word with several of its characters gone.
                Some(last) if last.end > span.start => last.end = span.end,
                _ => masked.push(span),
            }
        }
    }
}

/// Runs of asterisks, as byte ranges.
fn star_runs(body: &str) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (at, star) in body.char_indices().filter(|(_, c)| matches!(c, '*' | '＊')) {
        match runs.last_mut() {
            Some(run) if run.1 == at => run.1 = at + star.len_utf8(),
            _ => runs.push((at, at + star.len_utf8())),
        }
    }
    runs
}

/// The word that asterisks stand in, if they censor one: with the character on either
/// side where they touch it; alone where the site put spaces around them.
fn word(body: &str, start: usize, end: usize, stars: usize) -> Option<(usize, usize)> {
    let before = body[..start].chars().next_back()?;
    let after = body[end..].chars().next()?;
    match (chars::class(before), chars::class(after)) {
        (Class::Han, Class::Han) => Some((start - before.len_utf8(), end + after.len_utf8())),
        (Class::Digit, Class::Digit) if stars >= 3 => {
            let digit = |c: char| c.is_ascii_digit();
            let from = body[..start].trim_end_matches(digit).len();
            let to = body.len() - body[end..].trim_start_matches(digit).len();
            Some((from, to))
        }
        (left, right) if stars >= 3 && borders(left) && borders(right) => {
            let near = body[..start]
                .trim_end()
                .chars()
                .next_back()
                .map(chars::class);
            let far = body[end..].trim_start().chars().next().map(chars::class);
            let inside = near
                .zip(far)
                .is_some_and(|(l, r)| l == Class::Han || r == Class::Han);
            inside.then_some((start, end))
        }
        _ => None,
    }
}

/// What can stand beside a censored word.
fn borders(class: Class) -> bool {
    matches!(
        class,
        Class::Han | Class::Space | Class::WideSpace | Class::Comma | Class::End
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn censored_words_and_other_asterisks() {
        for (text, expected) in [
            ("对个*益造成损害", &["个*益"][..]),
            ("对个*人*益造成损害", &["个*人*益"]),
            ("依法*** 法规", &["***"]),
            ("依 *** 法规", &["***"]),
            ("锁 *** 设备", &["***"]),
            ("不要签字,*** 的路径", &["***"]),
            ("电话138****1234。", &["138****1234"]),
            ("*请认真填写", &[]),
            ("3*4=12", &[]),
            ("这是**重点**内容", &[]),
            ("姓名 * 电话 *", &[]),
        ] {
            let mut found = Vec::new();
            find_in(text, Span::new(0, text.len()), &mut found);
            let found: Vec<&str> = found.iter().map(|span| span.of(text)).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
