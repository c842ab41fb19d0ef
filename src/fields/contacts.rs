//! Finds telephone numbers, QQ and WeChat ids, e-mail addresses and ICP filing numbers.

use std::sync::LazyLock;

use regex::Regex;

use crate::chars::Class;
use crate::fields::{Contact, ContactKind};
use crate::pieces::Piece;
use crate::span::Span;

#[allow(clippy::expect_used, reason = "a constant pattern; the tests use it")]
static CONTACT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?:[\p{Han}]ICP[ ]?(?:备|證|证|備)[ ]?(?:字第?)?[0-9]{6,10}[ ]?[号號]?(?:-[0-9]{1,3})?)",
        r"|(?i-u:qq)(?:群|号|號|号码|客服|咨询|在线|交流群)*[ ]*[:：]?[ ]*(?:[1-9][0-9]{4,10})",
        r"|(?:微信|(?i-u:wechat|weixin|vx))(?:号|號|同号|客服|咨询|公众号|公眾號|扫码|ID|id)*[ ]*[:：][ ]*(?:[A-Za-z][A-Za-z0-9_-]{5,19})",
        // 400 and 800 numbers; Chinese mobiles; numbers with an area code; +NN.
        r"|(?:(?:\+[0-9]{1,3}[- ]?)?(?:",
        r"[48]00[-_ ]?[0-9]{3}[-_ ]?[0-9]{4}|[48]00[-_ ]?[0-9]{4}[-_ ]?[0-9]{3}",
        r"|1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}",
        r"|(?:\(0[0-9]{2,3}\)|（0[0-9]{2,3}）|0[0-9]{2,3})[- —]?[2-9][0-9]{2,3}[- ]?[0-9]{4}",
        r"|\(?[2-9][0-9]{2}\)?[-. ][0-9]{3}[-. ][0-9]{4}))",
    ))
    .expect("a constant pattern")
});

/// Bounded, as the standards bound it: else a long run of letters is read to its end for
/// an @ at each of its characters. Apart from the others, since it costs most and few
/// pieces have an @.
#[allow(clippy::expect_used, reason = "a constant pattern; the tests use it")]
static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]+)+")
        .expect("a constant pattern")
});

/// The contacts of a page, in order.
pub(crate) fn find(text: &str, pieces: &[Piece]) -> Vec<Contact> {
    let mut contacts = Vec::new();
    for piece in pieces {
        let shape = &piece.shape;
        // No telephone has fewer than ten digits, and all else has letters.
        let letters = shape.of(Class::Latin) >= 2;
        let digits = if letters { 5 } else { 10 };
        let number = shape.digit_run >= 3 && shape.of(Class::Digit) >= digits;
        let address = shape.of(Class::Code) > 0 && shape.of(Class::Latin) > 4;
        let wechat = shape.of(Class::Latin) >= 6 && shape.of(Class::Colon) > 0;
        if number || address || wechat {
            find_in(text, piece.span, &mut contacts);
        }
    }
    contacts
}

fn find_in(text: &str, piece: Span, contacts: &mut Vec<Contact>) {
    let body = piece.of(text);
    let first = contacts.len();
    if body.contains('@') {
        contacts.extend(EMAIL.find_iter(body).map(|found| Contact {
            kind: ContactKind::Email,
            value: normalise(ContactKind::Email, found.as_str()),
            span: Span::new(piece.start + found.start(), piece.start + found.end()),
        }));
    }
    for place in CONTACT.find_iter(body) {
        let (kind, value) = kind(place.as_str());
        let (start, end) = (place.end() - value.len(), place.end());
        let digital = matches!(kind, ContactKind::Phone | ContactKind::Qq);
        if digital && inside_number(body, start, end) {
            continue;
        }
        let span = Span::new(piece.start + start, piece.start + end);
        contacts.push(Contact {
            kind,
            value: normalise(kind, value),
            span,
        });
    }
    // Of two that overlap the one that begins first stays, then the longer.
    let mut found = contacts.split_off(first);
    found.sort_by_key(|contact| (contact.span.start, std::cmp::Reverse(contact.span.end)));
    let mut end = 0;
    for contact in found {
        if contact.span.start >= end {
            end = contact.span.end;
            contacts.push(contact);
        }
    }
}

/// What kind of contact the pattern has found, and the contact itself, without its cue. Groups in
/// the pattern would tell it, too, and many times slower.
fn kind(found: &str) -> (ContactKind, &str) {
    let behind = |inside: fn(char) -> bool| &found[found.trim_end_matches(inside).len()..];
    let id = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    match found.chars().next() {
        Some('q' | 'Q') => (ContactKind::Qq, behind(|c| c.is_ascii_digit())),
        Some('w' | 'W' | 'v' | 'V') => (ContactKind::Wechat, behind(id)),
        _ if found.starts_with("微信") => (ContactKind::Wechat, behind(id)),
        Some('+' | '(' | '（' | '0'..='9') => (ContactKind::Phone, found),
        _ => (ContactKind::Icp, found),
    }
}

/// True if the match is part of a longer number, word or decimal.
fn inside_number(body: &str, start: usize, end: usize) -> bool {
    let before = body[..start].chars().next_back();
    let after = body[end..].chars().next();
    before.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '=' | '%'))
        || after.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '*' | '%' | '@'))
}

fn normalise(kind: ContactKind, text: &str) -> String {
    match kind {
        ContactKind::Phone => text
            .chars()
            .filter(|c| c.is_ascii_digit() || *c == '+')
            .collect(),
        ContactKind::Email => text.to_ascii_lowercase(),
        ContactKind::Icp => text.chars().filter(|c| !c.is_whitespace()).collect(),
        ContactKind::Qq | ContactKind::Wechat => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_and_other_numbers() {
        for (text, expected) in [
            (
                "免费咨询热线:400-800-7526",
                &[(ContactKind::Phone, "4008007526")][..],
            ),
            ("热线 : 400_000_3579", &[(ContactKind::Phone, "4000003579")]),
            ("热线400 123 3317", &[(ContactKind::Phone, "4001233317")]),
            ("手机：13812345678", &[(ContactKind::Phone, "13812345678")]),
            (
                "电话：022-85103518 (0516)89225110",
                &[
                    (ContactKind::Phone, "02285103518"),
                    (ContactKind::Phone, "051689225110"),
                ],
            ),
            (
                "+86 138-1234-5678",
                &[(ContactKind::Phone, "+8613812345678")],
            ),
            (
                "QQ：123456789 微信号:abc_12345",
                &[
                    (ContactKind::Qq, "123456789"),
                    (ContactKind::Wechat, "abc_12345"),
                ],
            ),
            (
                "Sales@Example.com",
                &[(ContactKind::Email, "sales@example.com")],
            ),
            (
                "苏ICP备17007063号-1",
                &[(ContactKind::Icp, "苏ICP备17007063号-1")],
            ),
            ("文档序号:17607751 编号201904251142000001", &[]),
            ("138****1234", &[]),
            ("2019-04-25 11:42:00", &[]),
        ] {
            let mut found = Vec::new();
            find_in(text, Span::new(0, text.len()), &mut found);
            let found: Vec<_> = found.iter().map(|c| (c.kind, c.value.as_str())).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
