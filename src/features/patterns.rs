//! Text becomes what it holds of dates and addresses.

use std::sync::LazyLock;

use regex::Regex;

use crate::chars::Class;
use crate::pieces::Shape;

/// Where a date stands in a piece; the numbers are buckets of `date=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DateAt {
    None,
    /// All of the piece but brackets and spaces.
    Alone,
    Start,
    End,
    Inside,
    /// More than one.
    Many,
}

#[allow(
    clippy::expect_used,
    reason = "constant patterns; a test compiles each"
)]
fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern")
}

/// Dates and times as pages print them: 2024-01-02, 2024年1月2日, 01-02, 1月2日, 12:30,
/// 2 May 2024, May 2, 2024, 3天前.
static DATE: LazyLock<Regex> = LazyLock::new(|| {
    compile(concat!(
        r"(?:(?:19|20)[0-9]{2}[ ]?(?:[-/.]|年)[ ]?[01]?[0-9][ ]?(?:(?:[-/.]|月)[ ]?[0-3]?[0-9]日?|月)?",
        r"|[01]?[0-9](?:[-/]|月)[0-3][0-9]日?(?-u:\b)|[01]?[0-9]月[0-3]?[0-9]日",
        r"|(?i-u:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? [0-3]?[0-9](?:st|nd|rd|th)?,? (?:19|20)[0-9]{2})",
        r"|(?i-u:[0-3]?[0-9] (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,? (?:19|20)[0-9]{2})",
        r"|[0-3]?[0-9]\.[01]?[0-9]\.(?:19|20)[0-9]{2}(?-u:\b)",
        r"|[0-9]{1,3} ?(?:分钟|分鐘|小时|小時|天|个月|年)前|[0-9]{1,2} (?:minutes?|hours?|days?|weeks?|months?|years?) ago",
        r"|[0-9]{1,3} ?(?:일|시간|분|개월|년) ?전",
        r")(?:[ T]*[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9])?(?: ?[AaPp][Mm])?)?|(?-u:\b)[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9])?(?-u:\b)",
    ))
});

/// True for a letter that a date may have.
pub(crate) fn in_dates(c: char) -> bool {
    c.is_ascii() || "年月日分钟鐘小时時天个前일시간분개월년전".contains(c)
}

/// The first date in `text` as a byte range.
pub(crate) fn find_date(text: &str) -> Option<(usize, usize)> {
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    DATE.find(text).map(|found| (found.start(), found.end()))
}

/// False if there is no date in a text that has digits: most have not, and looking for what
/// stands behind a digit costs less than the pattern. English dates have words.
fn may_be_dated(text: &str, shape: &Shape) -> bool {
    const UNITS: [&str; 11] = [
        "年", "月", "分", "小", "天", "个", "년", "개", "일", "시", "분",
    ];
    let bytes = text.as_bytes();
    let behind = |at: usize| {
        let rest = &bytes[at + 1..];
        let rest = rest.strip_prefix(b" ").unwrap_or(rest);
        match rest.first() {
            Some(b'-' | b'/' | b'.' | b':') => true,
            Some(0x80..) => UNITS.iter().any(|unit| rest.starts_with(unit.as_bytes())),
            _ => false,
        }
    };
    let digit = |&(_, byte): &(usize, &u8)| byte.is_ascii_digit();
    shape.of(Class::Latin) >= 3
        || bytes
            .iter()
            .enumerate()
            .filter(digit)
            .any(|(at, _)| behind(at))
}

/// Where the dates of a piece stand.
pub(crate) fn date_at(text: &str, shape: &Shape) -> DateAt {
    // No byline is longer than this.
    if shape.of(Class::Digit) == 0 || text.len() > 600 || !may_be_dated(text, shape) {
        return DateAt::None;
    }
    let mut found = DATE.find_iter(text);
    let Some(first) = found.next() else {
        return DateAt::None;
    };
    if found.next().is_some() {
        return DateAt::Many;
    }
    let blank = |part: &str| !part.contains(char::is_alphanumeric);
    match (blank(&text[..first.start()]), blank(&text[first.end()..])) {
        (true, true) => DateAt::Alone,
        (true, false) => DateAt::Start,
        (false, true) => DateAt::End,
        (false, false) => DateAt::Inside,
    }
}

/// Bits of [`address`].
const URL: usize = 1;
const EMAIL: usize = 2;
const PHONE: usize = 4;

/// Which addresses a piece holds, as a bucket of `address=`.
pub(crate) fn address(text: &str, shape: &Shape) -> usize {
    let mut bits = 0;
    if shape.of(Class::Slash) >= 2 || shape.of(Class::Dot) >= 2 {
        let url = text.contains("://") || text.contains("www.") || text.contains(".com");
        bits |= if url { URL } else { 0 };
    }
    if text.contains('@') && shape.of(Class::Dot) > 0 {
        bits |= EMAIL;
    }
    let phone = shape.digit_run >= 7 && shape.digit_run <= 12
        || shape.digit_run >= 3 && shape.of(Class::Digit) >= 9 && shape.of(Class::Dash) > 0;
    bits | if phone { PHONE } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pieces::Lines;

    #[test]
    fn dates_and_where_they_stand() {
        for (text, expected) in [
            ("2022-04-25 15:02:14", DateAt::Alone),
            ("[2024年1月2日]", DateAt::Alone),
            ("03-01 标题在后", DateAt::Start),
            ("标题在前 2024/03/01", DateAt::End),
            ("标题粘着2024-05-05", DateAt::End),
            ("于2017-07-19发布", DateAt::Inside),
            ("May 12, 2022", DateAt::Alone),
            ("Posted 3 days ago", DateAt::End),
            ("2024-01-02 至 2024-02-03", DateAt::Many),
            ("价格 3.5 元", DateAt::None),
            ("比分 3:10 的说法", DateAt::Inside),
            ("5天前", DateAt::Alone),
        ] {
            assert_eq!(date_at(text, &shape(text)), expected, "{text}");
        }
    }

    fn shape(line: &str) -> Shape {
        let (mut lines, mut pieces) = (Lines::default(), Vec::new());
        lines.scan(line, usize::MAX);
        lines.pieces(line, &[], |_| None, &mut pieces);
        pieces.swap_remove(0).shape
    }

    #[test]
    fn no_date_is_passed_over() {
        for text in [
            "2024 年 1 月",
            "19年前",
            "20 分钟前",
            "3分鐘前",
            "2小时前",
            "2 小時前",
            "1个月前",
            "2일 전",
            "3 시간 전",
            "10분전",
            "2 개월 전",
            "5년 전",
            "2019 . 3 . 4",
            "1/02",
            "12.5.2024",
            "Sept. 3rd, 2020",
            "3 sep 2020",
            "7 weeks ago",
            "9:05 PM",
            "2020-1-2T10:20",
            "１２ 8:30",
            "3月5日",
        ] {
            let mut letters = text.chars().filter(|c| c.is_alphabetic());
            assert!(letters.all(in_dates), "{text}");
            assert!(find_date(text).is_some(), "{text}");
            assert!(may_be_dated(text, &shape(text)), "{text}");
        }
    }
}
