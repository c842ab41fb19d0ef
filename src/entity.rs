//! The start of a text becomes the character that an undecoded entity stands for.
//!
//! Farm pages are full of them, whole (`&#xff1a;`, `&nbsp;`) or without their `&`
//! (`#xff0c;`). The text stays as it is; only what it counts as changes.

/// The character that an entity at the start of `text` stands for, and the entity's
/// length in bytes.
pub(crate) fn entity(text: &str) -> Option<(char, usize)> {
    let bytes = text.as_bytes();
    let mut at = usize::from(bytes.first() == Some(&b'&'));
    // `&amp;nbsp;` was escaped twice.
    if text[at..].starts_with("amp;") && at == 1 {
        at += 4;
    }
    if bytes.get(at) == Some(&b'#') {
        return numeric(text, at + 1);
    }
    // Few of the names' first letters; a page may be full of `&`.
    if at == 0
        || !bytes
            .get(at)
            .is_some_and(|first| b"nqglrhm".contains(first))
    {
        return None;
    }
    let (name, c) = NAMED
        .iter()
        .find(|(name, _)| text[at..].starts_with(name))?;
    Some((*c, at + name.len()))
}

const NAMED: [(&str, char); 9] = [
    ("nbsp;", '\u{a0}'),
    ("quot;", '"'),
    ("gt;", '>'),
    ("lt;", '<'),
    ("ldquo;", '“'),
    ("rdquo;", '”'),
    ("hellip;", '…'),
    ("mdash;", '—'),
    ("middot;", '·'),
];

/// `x` and four hexadecimal digits, or up to five decimal ones behind `&`; the semicolon
/// may be lost with the first kind.
fn numeric(text: &str, at: usize) -> Option<(char, usize)> {
    let rest = &text[at..];
    let (digits, radix, start) = match rest.strip_prefix(['x', 'X']) {
        Some(hex) => (
            hex.bytes()
                .take(4)
                .take_while(u8::is_ascii_hexdigit)
                .count(),
            16,
            at + 1,
        ),
        None => (
            rest.bytes().take(5).take_while(u8::is_ascii_digit).count(),
            10,
            at,
        ),
    };
    let end = start + digits;
    let closed = text[end..].starts_with(';');
    let whole = if radix == 16 {
        digits == 4
    } else {
        digits >= 2 && closed && at > 1
    };
    let code = u32::from_str_radix(&text[start..end], radix)
        .ok()
        .filter(|_| whole)?;
    Some((char::from_u32(code)?, end + usize::from(closed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_and_their_debris() {
        for (text, expected) in [
            ("&#xff1a;x", Some(('：', 8))),
            ("#xff0c;x", Some(('，', 7))),
            ("#xff0c后", Some(('，', 6))),
            ("&nbsp;", Some(('\u{a0}', 6))),
            ("&amp;nbsp;", Some(('\u{a0}', 10))),
            ("&#12288;", Some(('\u{3000}', 8))),
            ("#123;", None),
            ("#标签", None),
            ("#fff;", None),
            ("&", None),
            ("#", None),
            ("", None),
        ] {
            assert_eq!(entity(text), expected, "{text}");
        }
    }
}
