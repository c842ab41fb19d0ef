//! The start of a line becomes its numbering: style, value and length of the mark.
//!
//! Headings, lists and outlines are told by it: `一、`, `(二)`, `3.`, `第四章`, `2.1`, `##`.

/// A numbering mark at the start of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Numbering {
    pub(crate) style: Style,
    /// What it counts to; 0 where the style does not count.
    pub(crate) value: u32,
    /// Bytes of the mark, without the white space behind it.
    pub(crate) len: usize,
}

/// How a line is numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Style {
    /// `# `, `## `: the value is the count of marks.
    Markdown,
    /// 第一章, 第2部分
    Chapter,
    /// 第一节: below a chapter where a page has both.
    Section,
    /// 一、
    Han,
    /// (一)
    HanParen,
    /// 1. or 1、
    Arabic,
    /// 1.1: the value is the count of numbers.
    Multi,
    /// (1) or 1)
    ArabicParen,
    /// ①
    Circled,
    /// A. or IV.
    Letter,
    /// Q1:, 问:, 答:
    Question,
    /// 【…】 or 『…』 around the first words.
    Bracket,
    /// 步骤一, 误区二:, Step 3: a short word, then its number.
    Word,
    /// 首先, 第一,: counted in words.
    Ordinal,
    /// `[1]`, as in bibliographies.
    Reference,
}

impl Style {
    pub(crate) const COUNT: usize = Style::Reference as usize + 1;
}

/// The numbering at the start of `line`, if there is one.
pub(crate) fn numbering(line: &str) -> Option<Numbering> {
    let first = line.chars().next()?;
    let found = match first {
        '#' | '＃' => markdown(line),
        '第' => chapter(line),
        '(' | '（' => paren(line),
        '[' | '［' => reference(line),
        '【' | '『' | '〖' => bracket(line),
        '0'..='9' | '０'..='９' => arabic(line),
        '①'..='⑳' => circled(first),
        _ if han_digit(first).is_some() => han(line),
        _ => None,
    };
    match (found, may_be_worded(first)) {
        (None, true) => worded(line),
        (found, _) => found,
    }
}

fn mark(style: Style, value: u32, len: usize) -> Option<Numbering> {
    Some(Numbering { style, value, len })
}

fn markdown(line: &str) -> Option<Numbering> {
    let len = line.bytes().take_while(|&b| b == b'#').count();
    let rest = &line[len..];
    // `#标签` and `#include` are no headings; `##标题` may be one.
    let spaced = rest.starts_with([' ', '\u{a0}', '\u{3000}']);
    let heading = (1..=6).contains(&len) && (spaced || len > 1) && !rest.trim().is_empty();
    if heading {
        mark(Style::Markdown, len as u32, len)
    } else {
        None
    }
}

fn chapter(line: &str) -> Option<Numbering> {
    let after = line.strip_prefix('第')?.trim_start();
    let (value, len) = number(after)?;
    let rest = after[len..].trim_start();
    let unit = rest.chars().next()?;
    let end = line.len() - rest.len() + unit.len_utf8();
    match unit {
        '章' | '篇' | '部' | '卷' | '回' | '编' | '編' | '讲' | '講' => {
            let end = end
                + if rest[unit.len_utf8()..].starts_with('分') {
                    3
                } else {
                    0
                };
            mark(Style::Chapter, value, end)
        }
        '节' | '節' => mark(Style::Section, value, end),
        '步' | '天' | '招' | '点' | '點' | '条' | '條' | '种' | '種' | '个' | '個' | '项'
        | '項' => mark(Style::Word, value, end),
        '，' | ',' | '、' | '：' | ':' => mark(Style::Ordinal, value, end),
        _ => None,
    }
}

fn paren(line: &str) -> Option<Numbering> {
    let open = line.chars().next()?.len_utf8();
    let (value, len) = number(&line[open..])?;
    let close = line[open + len..]
        .chars()
        .next()
        .filter(|c| matches!(c, ')' | '）'))?;
    let end = open + len + close.len_utf8();
    let arabic = line[open..].starts_with(|c: char| c.is_ascii_digit());
    mark(
        if arabic {
            Style::ArabicParen
        } else {
            Style::HanParen
        },
        value,
        end,
    )
}

fn reference(line: &str) -> Option<Numbering> {
    let open = line.chars().next()?.len_utf8();
    let (value, len) = number(&line[open..])?;
    let close = line[open + len..]
        .chars()
        .next()
        .filter(|c| matches!(c, ']' | '］'))?;
    mark(Style::Reference, value, open + len + close.len_utf8())
}

fn bracket(line: &str) -> Option<Numbering> {
    let close = line.find(['】', '』', '〗'])?;
    (close <= 60).then_some(())?;
    mark(Style::Bracket, 0, close + 3)
}

fn arabic(line: &str) -> Option<Numbering> {
    let (value, mut len) = number(line)?;
    let mut parts = 1;
    while let Some(rest) = line[len..].strip_prefix(['.', '．']) {
        let Some((_, more)) = arabic_number(rest) else {
            break;
        };
        len = line.len() - rest.len() + more;
        parts += 1;
    }
    let rest = &line[len..];
    let next = rest.chars().next()?;
    match next {
        '.' | '．' | '、' | '。' if parts == 1 => {
            mark(Style::Arabic, value, len + next.len_utf8())
        }
        ')' | '）' if parts == 1 => mark(Style::ArabicParen, value, len + next.len_utf8()),
        // 2.5 km and 3.14 are numbers in a sentence; 2.1 标题 is a heading.
        '.' | '．' | '、' | ' ' | '\u{a0}' | '\u{3000}'
            if (2..=4).contains(&parts) && value < 40 =>
        {
            let end = len
                + if matches!(next, '.' | '．' | '、') {
                    next.len_utf8()
                } else {
                    0
                };
            mark(Style::Multi, parts, end)
        }
        _ => None,
    }
}

fn circled(first: char) -> Option<Numbering> {
    mark(
        Style::Circled,
        first as u32 - '①' as u32 + 1,
        first.len_utf8(),
    )
}

fn han(line: &str) -> Option<Numbering> {
    let (value, len) = number(line)?;
    let next = line[len..].chars().next()?;
    let end = len + next.len_utf8();
    match next {
        '、' | '.' | '．' | '：' | ':' => mark(Style::Han, value, end),
        ')' | '）' => mark(Style::HanParen, value, end),
        '，' | ',' => mark(Style::Ordinal, value, end),
        _ => None,
    }
}

/// Words that carry a number behind them, as headings do.
const NUMBERED_WORDS: [&str; 22] = [
    "步骤", "步驟", "误区", "誤區", "方法", "技巧", "原因", "表现", "表現", "案例", "问题", "問題",
    "建议", "建議", "方案", "注意", "Step ", "STEP ", "Part ", "Chapter ", "Tip ", "Day ",
];

const ORDINALS: [&str; 9] = [
    "首先", "其次", "再次", "最后", "最後", "其一", "其二", "其三", "另外",
];

/// False if no numbering in words begins with that character: few lines have to be compared
/// with all of them.
fn may_be_worded(first: char) -> bool {
    matches!(
        first,
        'A'..='Z'
            | 'q'
            | '首'
            | '其'
            | '再'
            | '最'
            | '另'
            | '步'
            | '误'
            | '誤'
            | '方'
            | '技'
            | '原'
            | '表'
            | '案'
            | '问'
            | '問'
            | '建'
            | '注'
            | '答'
    )
}

fn worded(line: &str) -> Option<Numbering> {
    for word in ORDINALS {
        if line
            .strip_prefix(word)
            .is_some_and(|rest| rest.starts_with([',', '，', ':', '：']))
        {
            return mark(Style::Ordinal, 0, word.len());
        }
    }
    for word in NUMBERED_WORDS {
        if let Some((value, len)) = line.strip_prefix(word).and_then(number) {
            return mark(Style::Word, value, word.len() + len);
        }
    }
    question(line).or_else(|| letter(line))
}

fn question(line: &str) -> Option<Numbering> {
    let rest = line
        .strip_prefix(['Q', 'A', 'q', '问', '問', '答'])
        .map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()))?;
    let counted = rest.len() + 3 < line.len()
        || !line.starts_with(|c: char| c.is_ascii())
        || rest.len() + 1 < line.len();
    let next = rest
        .chars()
        .next()
        .filter(|&c| matches!(c, ':' | '：') || counted && matches!(c, '、' | '.' | '．'))?;
    mark(
        Style::Question,
        0,
        line.len() - rest.len() + next.len_utf8(),
    )
}

fn letter(line: &str) -> Option<Numbering> {
    let len = line
        .bytes()
        .take_while(|b| b"ABCDEFGHIVX".contains(b))
        .count();
    let rest = &line[len..];
    let spaced = |mark: &str| {
        rest.strip_prefix(mark)
            .is_some_and(|r| !r.starts_with(|c: char| c.is_ascii_alphanumeric()))
    };
    let marked = spaced(".") || rest.starts_with('、') || rest.starts_with('．') || spaced(")");
    if (1..=4).contains(&len) && marked {
        let end = len + rest.chars().next().map_or(0, char::len_utf8);
        return mark(Style::Letter, 0, end);
    }
    None
}

/// A number at the start of `text`, in Arabic digits (at most four) or Han numerals
/// (at most eight): its value and its length in bytes.
fn number(text: &str) -> Option<(u32, usize)> {
    arabic_number(text).or_else(|| han_number(text))
}

fn arabic_number(text: &str) -> Option<(u32, usize)> {
    let (mut value, mut len, mut digits) = (0, 0, 0);
    for c in text.chars() {
        let digit = match c {
            '0'..='9' => c as u32 - '0' as u32,
            '０'..='９' => c as u32 - '０' as u32,
            _ => break,
        };
        digits += 1;
        value = value * 10 + digit;
        len += c.len_utf8();
        if digits > 4 {
            return None;
        }
    }
    (digits > 0).then_some((value, len))
}

fn han_digit(c: char) -> Option<u32> {
    Some(match c {
        '〇' | '零' => 0,
        '一' | '壹' => 1,
        '二' | '贰' | '貳' | '两' | '兩' => 2,
        '三' | '叁' | '參' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' | '陸' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        '十' | '拾' => 10,
        '百' => 100,
        _ => return None,
    })
}

fn han_number(text: &str) -> Option<(u32, usize)> {
    let (mut value, mut len) = (0, 0);
    for (count, digit) in text.chars().map(han_digit).enumerate() {
        let Some(digit) = digit else { break };
        if count == 8 {
            return None;
        }
        value = match digit {
            10 | 100 => (value / digit.max(1)) * digit + (value % digit).max(1) * digit,
            _ => value + digit,
        };
        len += 3;
    }
    (len > 0).then_some((value, len))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// line, style, value, mark
    const TABLE: &[(&str, Style, u32, &str)] = &[
        ("一、标题", Style::Han, 1, "一、"),
        ("十二、标题", Style::Han, 12, "十二、"),
        ("二十、标题", Style::Han, 20, "二十、"),
        ("二十一、标题", Style::Han, 21, "二十一、"),
        ("（三）标题", Style::HanParen, 3, "（三）"),
        ("(十)标题", Style::HanParen, 10, "(十)"),
        ("1. 标题", Style::Arabic, 1, "1."),
        ("１、标题", Style::Arabic, 1, "１、"),
        ("01. 标题", Style::Arabic, 1, "01."),
        ("2.1 标题", Style::Multi, 2, "2.1"),
        ("2.1.3. 标题", Style::Multi, 3, "2.1.3."),
        ("(2) 标题", Style::ArabicParen, 2, "(2)"),
        ("3）标题", Style::ArabicParen, 3, "3）"),
        ("③标题", Style::Circled, 3, "③"),
        ("第四章 标题", Style::Chapter, 4, "第四章"),
        ("第2部分:标题", Style::Chapter, 2, "第2部分"),
        ("第 3 节 标题", Style::Section, 3, "第 3 节"),
        ("## 标题", Style::Markdown, 2, "##"),
        ("####(1) 标题", Style::Markdown, 4, "####"),
        ("误区二:标题", Style::Word, 2, "误区二"),
        ("Step 3: Bake", Style::Word, 3, "Step 3"),
        ("Q1:为什么", Style::Question, 0, "Q1:"),
        ("问：为什么", Style::Question, 0, "问："),
        ("首先,我们", Style::Ordinal, 0, "首先"),
        ("[1] 张三", Style::Reference, 1, "[1]"),
        ("【摘要】正文", Style::Bracket, 0, "【摘要】"),
        ("A. Option", Style::Letter, 0, "A."),
    ];

    #[test]
    fn every_word_may_begin_a_line() {
        for word in NUMBERED_WORDS.iter().chain(&ORDINALS) {
            assert!(word.starts_with(may_be_worded), "{word}");
        }
    }

    #[test]
    fn styles() {
        for &(line, style, value, text) in TABLE {
            let expected = Some(Numbering {
                style,
                value,
                len: text.len(),
            });
            assert_eq!(numbering(line), expected, "{line}");
        }
    }

    #[test]
    fn no_numbering() {
        for line in [
            "",
            "#标签",
            "#include <x>",
            "2019年",
            "2.5公里",
            "3.14",
            "12345. 标题",
            "一个人",
            "十分钟快手面",
            "第一次",
            "A.I. is",
            "Apple",
            "(开心)",
            "2024-01-02",
            "1",
            "九九八十一难、",
        ] {
            assert_eq!(numbering(line), None, "{line}");
        }
    }
}
