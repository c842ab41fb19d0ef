//! Lists of tags and titles against the right ones.

use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization as _;

use super::Hits;
use super::strings::{bare, common, counts};
use crate::gold::is_space;

/// Compares two lists as multisets of what `normal` makes of their items; an item that is
/// nothing then does not count.
pub(super) fn compare(gold: &[String], found: &[String], normal: fn(&str) -> String) -> Hits {
    let count = |items: &[String]| {
        let items = items.iter().map(|item| normal(item));
        counts(items.filter(|item| !item.is_empty()))
    };
    let (gold, found) = (count(gold), count(found));
    let hit = common(&gold, &found).values().sum();
    Hits::new(hit, found.values().sum(), gold.values().sum())
}

/// Without white space.
pub(super) fn strict(item: &str) -> String {
    bare(item)
}

/// Also without what a list puts around its items, and without case and punctuation.
pub(super) fn loose(item: &str) -> String {
    let forms = &*FORMS;
    let mut item: String = item.nfkc().collect();
    for lead in [&forms.bullet, &forms.cue, &forms.bullet, &forms.rank] {
        if let Some(found) = lead.find(&item) {
            item.drain(..found.end());
        }
    }
    for tail in [&forms.count, &forms.date] {
        let cut = tail.replace_all(&item, "");
        // An item that is all date is no title with a date behind it.
        if cut.chars().any(|c| !is_space(c)) {
            item = cut.into_owned();
        }
    }
    forms
        .other
        .replace_all(&item.to_lowercase(), "")
        .into_owned()
}

struct Forms {
    bullet: Regex,
    cue: Regex,
    rank: Regex,
    count: Regex,
    date: Regex,
    other: Regex,
}

#[allow(
    clippy::expect_used,
    reason = "built-in patterns; the tests build them"
)]
static FORMS: LazyLock<Forms> = LazyLock::new(|| {
    // `~` stands for white space as `is_space` knows it.
    let regex = |pattern: &str| {
        Regex::new(&pattern.replace('~', r"[\s\x1c-\x1f]")).expect("built-in pattern is valid")
    };
    Forms {
        bullet: regex(r"^[\s\x1c-\x1f•·●◆■▪◦*※►>\-–—]+"),
        cue: regex(r"^(?:上一篇|下一篇|上一条|下一条|相关文章)~*[:：]?"),
        rank: regex(r"^\d{1,2}~*[.、．/]~*"),
        count: regex(r"~*(?:评论|阅读|点击|[(（\[])~*[:：]?~*\d+~*[)）\]]?(?:~*赞~*\d+)?~*$"),
        date: regex(
            r"~*[(（\[]?~*(?:(?:19|20)\d\d[-/.年])?\d{1,2}[-/.月]\d{1,2}日?(?:~*\d{1,2}:\d\d(?::\d\d)?)?~*[)）\]]?~*$",
        ),
        other: regex(r"[^\p{L}\p{N}]+"),
    }
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loose_forms() {
        for (item, expected) in [
            ("• 薄荷怎么过冬", "薄荷怎么过冬"),
            ("3. 薄荷怎么过冬 2019-09-26", "薄荷怎么过冬"),
            ("０３、薄荷（2）", "薄荷"),
            ("上一篇：薄荷 [05-12 08:30]", "薄荷"),
            ("> 下一条 : - 薄荷 3月5日", "薄荷"),
            ("相关文章薄荷 阅读 1200 赞 3", "薄荷"),
            ("Mint & Basil, 2nd ed.", "mintbasil2nded"),
            ("ＡＢＣ①", "abc1"),
            // All of it is a date or a count: kept.
            ("2019-09-26", "20190926"),
            ("(12)", "12"),
            // A mark is neither letter nor number.
            ("e\u{301}té ️", "été"),
            ("नमस्ते", "नमसत"),
            ("\x1f薄荷\x1c", "薄荷"),
            ("——", ""),
        ] {
            assert_eq!(loose(item), expected, "{item:?}");
        }
    }

    #[test]
    fn multisets() {
        let list = |items: &str| items.split(',').map(str::to_owned).collect::<Vec<_>>();
        let hits = compare(&list("建站,优化"), &list("建 站,建站,别的, "), strict);
        assert_eq!(hits, Hits::new(1, 3, 2));
        assert_eq!(compare(&[], &list(" "), strict), Hits::new(0, 0, 0));
    }
}
