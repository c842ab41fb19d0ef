//! A report becomes one HTML file that needs nothing beside itself: style and script are inside,
//! and its Content-Security-Policy forbids all else. Knows nothing of what the report says.
//!
//! What comes from pages may be hostile. It gets into the file through `html!`, which escapes it,
//! or better through [`text`], which also shows what would not be seen or would turn the text
//! around. Neither goes into script or style; those are ours, and the browser runs only what has
//! the hash that the policy tells.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use dehusk::Label;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

const STYLE: &str = include_str!("sheet/style.css");
const SCRIPT: &str = include_str!("sheet/script.js");

/// One HTML file.
pub(crate) struct Sheet<'a> {
    /// What the browser's tab shows.
    pub(crate) title: &'a str,
    /// CSS beside the common one, in which `:root` and `.is-LABEL` have the colours. The policy
    /// lets no `style=""` through: what varies goes into classes and SVG's own attributes.
    pub(crate) style: &'static str,
    /// Script beside the common one, which sorts tables; it runs when all elements are there.
    pub(crate) script: &'static str,
    /// What is between `<body>` and the script: `header.top`, `main`, `footer.end`.
    pub(crate) body: Markup,
}

impl Sheet<'_> {
    /// The whole file.
    pub(crate) fn render(&self) -> String {
        let style = format!("{STYLE}{}", self.style);
        let script = format!("{SCRIPT}{}", self.script);
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy(&style, &script));
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="referrer" content="no-referrer";
                    meta name="generator" content=(concat!("dehusk ", env!("CARGO_PKG_VERSION")));
                    // Keeps browsers from asking the server for an icon.
                    link rel="icon" href="data:,";
                    title { (plain(self.title)) }
                    style { (PreEscaped(&style)) }
                }
                body {
                    (self.body)
                    script { (PreEscaped(&script)) }
                }
            }
        };
        page.into_string() + "\n"
    }
}

/// Nothing may be loaded, sent or run but this style and this script.
fn policy(style: &str, script: &str) -> String {
    format!(
        "default-src 'none'; img-src data:; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        source(style),
        source(script)
    )
}

/// How a policy names an element by its content.
fn source(content: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(content)))
}

/// The class that gives an element, and what is in it, `--label`, the colour of a label.
pub(crate) fn class(label: Label) -> String {
    format!("is-{}", label.name())
}

/// A label's name beside its colour.
pub(crate) fn key(label: Label) -> Markup {
    html! { span.key.(class(label)) { (label.name()) } }
}

/// Text from a page, in which characters that nobody sees, or that move others, show as signs.
/// Line ends and tabs stay; text that runs from right to left does not move what is around it.
pub(crate) fn text(text: &str) -> Markup {
    html! {
        bdi {
            @for part in text.split_inclusive(is_hidden) {
                @match part.char_indices().next_back().filter(|(_, c)| is_hidden(*c)) {
                    Some((at, sign)) => { (part[..at]) span.sign { (name(sign)) } }
                    None => { (part) }
                }
            }
        }
    }
}

/// The same on one line without elements, for attributes and SVG.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => plain.push(' '),
            c if is_hidden(c) => plain.push_str(&name(c)),
            c => plain.push(c),
        }
    }
    plain
}

/// Control characters, marks of direction and of nothing. The joiners of emoji and of scripts
/// like Persian are what they are there for, and stay.
fn is_hidden(c: char) -> bool {
    let control = c.is_control() && !matches!(c, '\n' | '\t');
    let format = matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}');
    control || format
}

fn name(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(title: &str, body: Markup) -> String {
        Sheet {
            title,
            style: "b { color: var(--promo); }",
            script: "",
            body,
        }
        .render()
    }

    #[test]
    fn page_text_is_only_text() {
        let hostile =
            "</title></style><script>alert(1)</script><img src=x onerror='a' b=\"&amp;\">";
        let page = sheet(
            hostile,
            html! { p title=(plain(hostile)) { (text(hostile)) } },
        );
        // Ours, and no more.
        assert_eq!(page.matches("<script>").count(), 1);
        assert_eq!(page.matches("<style>").count(), 1);
        assert!(!page.contains("<img"));
        assert_eq!(
            page.matches("&lt;img src=x onerror='a' b=&quot;&amp;amp;&quot;&gt;")
                .count(),
            3
        );
    }

    #[test]
    fn what_is_not_seen_is_shown() {
        let shown = text("a\u{202e}b\0\n\u{1b}[31mc👨\u{200d}👩").into_string();
        assert_eq!(
            shown,
            "<bdi>a<span class=\"sign\">U+202E</span>b<span class=\"sign\">U+0000</span>\n\
             <span class=\"sign\">U+001B</span>[31mc👨\u{200d}👩</bdi>"
        );
        assert_eq!(plain("a\u{202e}b\n\u{7f}"), "aU+202Eb U+007F");
        assert_eq!(text("").into_string(), "<bdi></bdi>");
    }

    /// RFC 6920 gives the same digest of this text.
    #[test]
    fn the_policy_names_content_by_its_hash() {
        assert_eq!(
            source("Hello World!"),
            "sha256-f4OxZX/x/FO5LcGBSKHWXfwtSx+j1ncoSt3SABJtkGk="
        );
    }

    #[test]
    fn nothing_is_named_that_would_be_loaded() {
        let page = sheet("t", html! {});
        for outside in ["http://", "https://", "url(", "@import", "src="] {
            let found = page.replace("-src ", "");
            assert!(!found.contains(outside), "{outside}");
        }
    }
}
