//! Items lose what the list put before or behind each: a mark, a number before a mark, a count, the
//! time.
//!
//! One item alone does not tell: `Top 10` and `iPhone 15` end with numbers of their own. What the
//! entries nearest to it begin or end with, too, is the list's.

use crate::chars::{self, Class};
use crate::span::Span;

/// Trims the titles of a list, and drops what is left without a letter and what is a byline.
pub(super) fn trim_titles(text: &str, items: &mut Vec<Span>) {
    // A count may stand behind a count: `标题 33页 12金币`.
    const PASSES: usize = 3;
    for _ in 0..PASSES {
        let Some((heads, tails)) = ends(text, items) else {
            return;
        };
        let length = |at: usize| items[at].of(text).chars().count();
        let untold = |at: &usize| *at < items.len() && tails[*at].is_none();
        let mut kept = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let (head, tail) = (shared(&heads, at), shared(&tails, at));
            if (head, tail) == (None, None) {
                kept.push(*item);
                continue;
            }
            let end = tail.map_or(item.end, |tail| item.start + tail);
            let start = item.start + head.unwrap_or(0);
            if start >= end {
                continue;
            }
            let rest = Span::new(start, end).trim(text);
            // Short between titles of which no count is told: an author and what he is read.
            let beside = [at.wrapping_sub(1), at + 1].into_iter().filter(untold);
            let title = beside.map(length).max().unwrap_or(0);
            let size = rest.of(text).chars().count();
            let byline = tail.is_some() && size <= LONGEST_NAME && size * 2 < title;
            if !byline && rest.of(text).contains(char::is_alphabetic) {
                kept.push(rest);
            }
        }
        if *items == kept {
            return;
        }
        *items = kept;
    }
}

/// Trims marks and counts of tags.
pub(super) fn trim_tags(text: &str, items: &mut [Span]) {
    let Some((heads, tails)) = ends(text, items) else {
        return;
    };
    for (at, item) in items.iter_mut().enumerate() {
        let mark = matches!(heads[at], Some((_, Head::Mark(_))));
        let count = matches!(tails[at], Some((_, Tail::Count(_))));
        let start = shared(&heads, at).filter(|_| mark).unwrap_or(0);
        let end = shared(&tails, at).filter(|_| count);
        let (start, end) = (
            item.start + start,
            end.map_or(item.end, |end| item.start + end),
        );
        if start < end {
            *item = Span::new(start, end).trim(text);
        }
    }
}

/// Chars of the longest name before a count that makes it a byline.
const LONGEST_NAME: usize = 12;

/// An end of an item: where it parts from the rest, and its kind.
type End<K> = Option<(usize, K)>;
type Ends<K> = Vec<End<K>>;

/// Where the end of an item parts if two of the eight items nearest to it have one of its kind.
fn shared<K: PartialEq>(ends: &[End<K>], at: usize) -> Option<usize> {
    const NEAR: usize = 4;
    let (part, kind) = ends[at].as_ref()?;
    let near = &ends[at.saturating_sub(NEAR)..ends.len().min(at + NEAR + 1)];
    let same = near.iter().flatten().filter(|(_, other)| other == kind);
    // Itself, and two more.
    (same.count() > 2).then_some(*part)
}

/// What an item begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Head {
    /// A mark: `❖标题`.
    Mark(char),
    /// A number apart from the rest: `05 | 标题`, `2016: 标题`, `(6,022)标题`, `P3 标题`.
    Number,
}

/// The ends of all items; nothing if too few have one for three to be alike.
fn ends<'t>(text: &'t str, items: &[Span]) -> Option<(Ends<Head>, Ends<Tail<'t>>)> {
    let heads: Vec<_> = items.iter().map(|item| Head::of(item.of(text))).collect();
    let tails: Vec<_> = items.iter().map(|item| Tail::of(item.of(text))).collect();
    let enough = heads.iter().flatten().nth(2).is_some() || tails.iter().flatten().nth(2).is_some();
    enough.then_some((heads, tails))
}

impl Head {
    fn of(item: &str) -> End<Self> {
        let first = item.chars().next()?;
        if first.is_ascii_lowercase() || chars::class(first) == Class::Han {
            return None;
        }
        if let Some((number, _)) = item.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
            let counted = number.starts_with(|c: char| c.is_ascii_digit());
            let all = counted && number.chars().all(is_figure);
            return all.then_some((number.len() + 2, Head::Number));
        }
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let lettered = first.is_ascii_uppercase() && (1..=3).contains(&digits(&item[1..]));
        if !first.is_ascii_digit() && !lettered {
            let mark = !first.is_alphanumeric()
                && !matches!(
                    chars::class(first),
                    Class::Open | Class::Quote | Class::Hash
                )
                && !matches!(first, '$' | '￥' | '¥' | '.' | '@' | '№' | '&');
            return mark.then_some((first.len_utf8(), Head::Mark(first)));
        }
        let rest = item[usize::from(lettered)..].trim_start_matches(is_figure);
        let behind = rest.trim_start();
        let apart = behind.len() < rest.len();
        let mark = behind.chars().next().filter(|c| {
            matches!(c, '|' | '｜' | '│' | ':' | '：') || apart && matches!(c, '·' | '•')
        });
        let date = item[..item.len() - rest.len()].contains(['-', '/']);
        let len = item.len() - behind.len() + mark.map_or(0, char::len_utf8);
        (mark.is_some() || apart && (date || lettered)).then_some((len, Head::Number))
    }
}

/// What an item ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tail<'t> {
    /// A number of such things: `标题 3,118次`, `标题 ￥260起`.
    Count(&'t str),
    /// Time or day: `标题 10:41`.
    Time,
}

impl<'t> Tail<'t> {
    fn of(item: &'t str) -> End<Self> {
        /// Chars of the longest name of what is counted, behind a title and alone on a line.
        const LONGEST_UNIT: usize = 5;
        const LONGEST_ALONE: usize = 3;
        /// Bytes that the longest unit takes.
        const NEAR: usize = 4 * LONGEST_UNIT;
        let last = item.len().saturating_sub(NEAR);
        let digit = item.as_bytes()[last..]
            .iter()
            .rposition(u8::is_ascii_digit)?;
        let counted = &item[..=last + digit];
        let unit = item[counted.len()..].trim();
        // How long another article takes.
        let reading = matches!(unit, "min" | "min read");
        if !reading && unit.chars().nth(LONGEST_UNIT).is_some() {
            return None;
        }
        let figures = counted.trim_end_matches(is_figure);
        let number = &counted[figures.len()..];
        let priced = figures.strip_suffix(['¥', '￥', '$']).unwrap_or(figures);
        let head = match priced.is_empty() {
            true => priced,
            false => priced.strip_suffix(char::is_whitespace)?.trim_end(),
        };
        // Grams and square metres are part of a name, sizes of files are not.
        let counts = |c: char| chars::class(c) == Class::Han || "KMGTBkmw+".contains(c);
        let year = number.len() == 4 && (number.starts_with("19") || number.starts_with("20"));
        let own = year && unit.chars().count() <= 1
            || unit.is_empty() && number.contains('.')
            || head.ends_with('第');
        let longest = match head.is_empty() {
            true => LONGEST_ALONE,
            false => LONGEST_UNIT,
        };
        let short = unit.chars().nth(longest).is_none() && unit.chars().all(counts);
        let begins = number.starts_with(|c: char| c.is_ascii_digit());
        if own || !begins || !(short || reading && head.is_empty()) {
            return None;
        }
        let kind = match unit.is_empty() && number.contains([':', '-', '/']) {
            true => Tail::Time,
            false => Tail::Count(unit.trim_start_matches(['万', '亿', 'k', 'K', 'w', 'W'])),
        };
        Some((head.len(), kind))
    }
}

/// What numbers, times and days are written in.
fn is_figure(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, ',' | '.' | ':' | '-' | '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The items, one a line, that are left of those.
    fn titles(list: &str) -> Vec<&str> {
        trimmed(list, trim_titles)
    }

    fn tags(list: &str) -> Vec<&str> {
        trimmed(list, |text, items| trim_tags(text, items))
    }

    fn trimmed(list: &str, trim: impl Fn(&str, &mut Vec<Span>)) -> Vec<&str> {
        let mut at = 0;
        let mut items = Vec::new();
        for line in list.split_inclusive('\n') {
            items.push(Span::new(at, at + line.len()).trim(list));
            at += line.len();
        }
        trim(list, &mut items);
        items.iter().map(|item| item.of(list)).collect()
    }

    #[test]
    fn what_three_entries_end_with_is_the_lists() {
        let rest = ["冬天怎么囤菜", "白菜放几天", "窖藏红薯"];
        for list in [
            "冬天怎么囤菜 45,120人看过\n白菜放几天 983人看过\n窖藏红薯 1.2万人看过",
            "冬天怎么囤菜 77 个回答\n白菜放几天 5 个回答\n窖藏红薯 31 个回答",
            "冬天怎么囤菜 10:41\n白菜放几天 07-02\n窖藏红薯 28/2",
            "冬天怎么囤菜 ￥74起\n白菜放几天 ￥41起\n窖藏红薯 ￥6起",
            "冬天怎么囤菜 33页 12金币\n白菜放几天 8页 5金币\n窖藏红薯 14页 10金币",
        ] {
            assert_eq!(titles(list), rest, "{list}");
        }
        let two = "冬天怎么囤菜 983\n白菜放几天 45\n窖藏红薯";
        assert_eq!(
            titles(two),
            ["冬天怎么囤菜 983", "白菜放几天 45", "窖藏红薯"]
        );
    }

    #[test]
    fn years_versions_and_weights_are_the_titles_own() {
        for list in [
            "招生简章 2023\n招生简章 2022\n招生简章 2021",
            "春茶价格 2023年\n夏茶价格 2022年\n秋茶价格 2021年",
            "听泉播放器 4.2\n竹叶便签 1.0\n云雀输入法 9.3",
            "烘青 150g\n炒青 75g\n晒青 200g",
            "渡口旧事 第3集\n渡口旧事 第4集\n渡口旧事 第5集",
        ] {
            assert_eq!(titles(list), list.lines().collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_three_entries_begin_with_is_the_lists() {
        let rest = ["冬天怎么囤菜", "白菜放几天", "窖藏红薯"];
        for list in [
            "‧冬天怎么囤菜\n‧白菜放几天\n‧窖藏红薯",
            "05 | 冬天怎么囤菜\n07 | 白菜放几天\n11 | 窖藏红薯",
            "113-06-11 冬天怎么囤菜\n113-06-05 白菜放几天\n113-05-28 窖藏红薯",
            "(6,022)冬天怎么囤菜\n(4,418)白菜放几天\n(3,902)窖藏红薯",
            "P1 冬天怎么囤菜\nP2 白菜放几天\nP3 窖藏红薯",
        ] {
            assert_eq!(titles(list), rest, "{list}");
        }
        let own = "《渡口》读后\n《灯塔》读后\n《盐碱地》读后";
        assert_eq!(titles(own), own.lines().collect::<Vec<_>>());
        let own = "10 ways to dry corn\n7 ways to dry beans\n5 ways to dry tea";
        assert_eq!(titles(own), own.lines().collect::<Vec<_>>());
    }

    #[test]
    fn a_name_with_a_count_between_titles_is_a_byline() {
        let list = "一口老井的十二个月，和掉进去的那只水桶\n灶台边的人 1803评\n\
                    集市上卖竹篮的人，后来都到哪里去了\n沅水边 408评\n\
                    村口的拖拉机修了三回，第四回没人修了\n老周 55评";
        let titles = titles(list);
        assert_eq!(titles, list.lines().step_by(2).collect::<Vec<_>>());
        assert_eq!(self::titles("5 min\n8 min\n13 min"), [""; 0]);
        assert_eq!(self::titles("35票\n8票\n13票"), [""; 0]);
    }

    #[test]
    fn tags_lose_marks_and_counts() {
        assert_eq!(tags("- 黑茶\n- 白茶\n- 花茶"), ["黑茶", "白茶", "花茶"]);
        assert_eq!(tags("黑茶 12\n白茶 3\n花茶 40"), ["黑茶", "白茶", "花茶"]);
        assert_eq!(
            tags("黑茶 12个\n白茶 3个\n花茶 40个"),
            ["黑茶", "白茶", "花茶"]
        );
        assert_eq!(tags("404\n301\n18650"), ["404", "301", "18650"]);
        assert_eq!(
            tags("windows 11\nguide\nlinux 6"),
            ["windows 11", "guide", "linux 6"]
        );
    }
}
