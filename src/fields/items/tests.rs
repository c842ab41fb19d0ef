//! Blocks and their items, as a reader would tell them.

use std::sync::OnceLock;

use super::*;
use crate::matcher::Scratch;
use crate::pieces::{Block, Lines};
use crate::rules::RuleSet;

type Find = fn(&str, &[Piece], Cues<'_>, &mut Vec<Span>);

/// The tags of a block whose pieces may all hold some.
fn tags(text: &str, pieces: &[Piece], cues: Cues<'_>, items: &mut Vec<Span>) {
    super::tags(text, pieces, &vec![true; pieces.len()], cues, items);
}

/// The titles of a list whose pieces may all hold one.
fn related(text: &str, pieces: &[Piece], cues: Cues<'_>, items: &mut Vec<Span>) {
    super::related(text, pieces, &vec![true; pieces.len()], cues, items);
}

/// The items of a text that is one block.
fn items(find: Find, text: &str) -> Vec<&str> {
    static MATCHER: OnceLock<Matcher> = OnceLock::new();
    let matcher = MATCHER.get_or_init(|| Matcher::new(&RuleSet::builtin()).unwrap());
    let (mut lines, mut hits, mut pieces) = (Lines::default(), Vec::new(), Vec::new());
    lines.scan(text, usize::MAX);
    matcher.find(text, lines.torn, &mut Scratch::default(), &mut hits);
    let begins = |hit: Hit| Block::of(matcher.cues(hit));
    lines.pieces(text, &hits, begins, &mut pieces);
    let cues = Cues {
        hits: &hits,
        matcher,
        markup: &Markup::default(),
    };
    let mut items = Vec::new();
    find(text, &pieces, cues, &mut items);
    items.into_iter().map(|item| item.of(text)).collect()
}

fn check(find: Find, cases: &[(&str, &[&str])]) {
    for (block, expected) in cases {
        assert_eq!(items(find, block), *expected, "{block}");
    }
}

#[test]
fn tags_by_what_parts_them() {
    check(
        tags,
        &[
            ("# 甲乙 # 丙丁  # C#", &["甲乙", "丙丁", "C#"]),
            ("#甲乙#丙丁#戊己", &["甲乙", "丙丁", "戊己"]),
            // Who is spoken to is no tag.
            ("#甲乙丙# @丁戊", &["甲乙丙"]),
            ("标签：留学 面试 指南", &["留学", "面试", "指南"]),
            (
                "标签：留学\u{3000}面试 指南\u{3000}签证",
                &["留学", "面试 指南", "签证"],
            ),
            ("关键词 >> 味觉,嗅觉", &["味觉", "嗅觉"]),
            ("日常1\nHexo3 建站12", &["日常1", "Hexo3", "建站12"]),
            ("甲1|乙2 丙3|丁4", &["甲1", "乙2 丙3", "丁4"]),
            ("Tags: home brewing, yeast", &["home brewing", "yeast"]),
            ("标签：甲乙丨丙丁丨戊己", &["甲乙", "丙丁", "戊己"]),
            ("标签：甲乙_丙丁_戊己", &["甲乙", "丙丁", "戊己"]),
            ("标签：【甲乙】【丙丁】【戊己】", &["甲乙", "丙丁", "戊己"]),
            ("[甲乙]\n[丙丁]\n[戊己]", &["甲乙", "丙丁", "戊己"]),
            ("标签：甲乙．丙丁．戊己", &["甲乙", "丙丁", "戊己"]),
            ("甲乙31丙丁9戊己2", &["甲乙", "丙丁", "戊己"]),
            ("PS4攻略9", &["PS4攻略9"]),
            ("- 甲乙\n- 丙丁\n- 戊己", &["甲乙", "丙丁", "戊己"]),
            ("甲乙 12\n丙丁 3\n戊己 40", &["甲乙", "丙丁", "戊己"]),
            (
                "标签云：种菜(57) LED 补光(8) 番茄(41) pH 值(5)",
                &["种菜", "LED 补光", "番茄", "pH 值"],
            ),
        ],
    );
}

#[test]
fn tags_without_heads_ranks_and_what_is_glued() {
    let glued = format!("标签：{}", "智能家居装修设计".repeat(9));
    check(
        tags,
        &[
            // A head that no cue knows, before a colon or in brackets.
            ("今日热词回顾： 甲乙 丙丁 戊己", &["甲乙", "丙丁", "戊己"]),
            ("[图片搜索]\u{a0}\u{a0}甲乙 丙丁", &["甲乙", "丙丁"]),
            ("热门TAGS\n甲乙 丙丁 戊己", &["甲乙", "丙丁", "戊己"]),
            ("本周热门标签\n甲乙\n丙丁\n戊己", &["甲乙", "丙丁", "戊己"]),
            ("1\n甲乙\n2\n丙丁\n3\n戊己", &["甲乙", "丙丁", "戊己"]),
            ("标签：", &[]),
            (&glued, &[]),
            ("标签：茶山春雨头采手工炒青白毫银针", &[]),
            ("标签：茶山春雨头采手工炒青", &["茶山春雨头采手工炒青"]),
        ],
    );
}

#[test]
fn titles_by_what_parts_them() {
    check(
        related,
        &[
            (
                "相关文章: 备案要多久?\u{a0} 域名到期了\u{a0} 绿萝黄叶怎么办\u{a0}",
                &["备案要多久?", "域名到期了", "绿萝黄叶怎么办"],
            ),
            // One title, whatever blanks it has.
            (
                "上一篇：二〇二一年水乡古桥修缮经验交流会 石桥加固与行船两不误 补充通知",
                &["二〇二一年水乡古桥修缮经验交流会 石桥加固与行船两不误 补充通知"],
            ),
            ("上一篇：没有了", &[]),
            // Five short names are a list.
            (
                "渡口夜话 账房先生 盐工之女 六月雪 北地驿站",
                &["渡口夜话", "账房先生", "盐工之女", "六月雪", "北地驿站"],
            ),
            (
                "&middot;&nbsp;旧地坪翻新先铲还是先磨",
                &["旧地坪翻新先铲还是先磨"],
            ),
            ("\u{f053} 给防火墙规则写测试", &["给防火墙规则写测试"]),
            ("[日志采集为什么慢](/p/31)", &["日志采集为什么慢"]),
            ("下一篇：[图](新)", &["[图](新)"]),
            // What looks like a bullet or a number of readers may be part of the title.
            (
                "2025-06-29 .NET 服务注册的三种写法",
                &[".NET 服务注册的三种写法"],
            ),
            ("下一篇：三年级课外阅读 3", &["三年级课外阅读 3"]),
        ],
    );
}

#[test]
fn titles_without_what_stands_beside_them() {
    let title = [
        "城南老街的修伞人还在",
        "一座桥修了十二年才通",
        "雨天的骑手们在哪里躲雨",
    ];
    let list = |line: &dyn Fn(usize, &str) -> String| {
        let lines = title.iter().enumerate().map(|(at, title)| line(at, title));
        lines.collect::<Vec<_>>().join("\n")
    };
    for block in [
        list(&|at, title| format!("{}. {title} 03-1{at}", at + 1)),
        list(&|at, title| format!("{}위{title}", at + 1)),
        list(&|at, title| format!("{title} 12{at}31")),
        list(&|at, title| format!("{title}0{}-1{at}", at + 1)),
        list(&|at, title| format!("{title} - 2020-10-1{at}")),
        list(&|at, title| format!("{title}评论 {at}47\u{a0}\u{a0}赞 {at}")),
        list(&|at, title| format!("{title} 阅读 1.{at}万")),
        list(&|at, title| format!("{title}\u{3000}发布：2022-06-1{at} 11:58\u{3000}浏览：{at}")),
        list(&|at, title| format!("{title} (1{at},408)")),
        list(&|at, title| format!("{title} (2006-03-1{at}) (14{at})")),
        list(&|_, title| format!("{title}     苇岸")),
        list(&|_, title| format!("讨论区: 校园\u{3000}\u{3000}{title}\u{3000}\u{3000}回帖：12")),
        format!("职场\t\t-\t\t{}\n{}\n{}", title[0], title[1], title[2]),
        list(&|at, title| format!("{title}\n阅读 19{at}3")),
        list(&|at, title| format!("{title}\n苇岸 · {at}1 小时前")),
        list(&|at, title| format!("‧{title} 1{at}万人看过")),
        list(&|_, title| format!("{title}\n加入书架 写书评 分享")),
        list(&|_, title| {
            format!(
                "{title}\n记者走了三个县，看到的是不一样的景象，也听到不一样的话，有人说再等等，有人说等不起了，还有人已经走了……[详细]"
            )
        }),
        format!(
            "{}\n{}\n看过本文的人还看了\n{}",
            title[0], title[1], title[2]
        ),
        list(&|_, title| format!("{title}\n街头故事第三辑")),
        title.join("\u{3000}|\u{3000}"),
        list(&|at, title| format!("• {title} 1{at}.6.2019")),
        format!("近日看点\n{}", list(&|_, title| format!("• {title}"))),
        format!("相关推荐\n{}", title.join("\n")),
        list(&|_, title| {
            format!("{title}\n记者走了三个县，看到的是不一样的景象，也听到不一样的话。")
        }),
    ] {
        assert_eq!(items(related, &block), title, "{block}");
    }
}

#[test]
fn headlines_in_two_halves_stay_whole() {
    check(
        related,
        &[
            (
                "• 老街停車場今起收費　攤商擔心客人不來\n• 小學校慶改到週六　家長多半說好\n• 圖書館延長開放　夜讀座位翻倍",
                &[
                    "老街停車場今起收費　攤商擔心客人不來",
                    "小學校慶改到週六　家長多半說好",
                    "圖書館延長開放　夜讀座位翻倍",
                ],
            ),
            (
                "延伸閱讀：漁港冷凍庫停電整晚　兩噸魚貨報銷",
                &["漁港冷凍庫停電整晚　兩噸魚貨報銷"],
            ),
            // A figure stands in a column of its own.
            (
                "糯米酒怎麼釀才不酸　點擊：1204\n粿模的木頭要怎麼養　點擊：88\n舊蒸籠還能不能再用　點擊：310",
                &[
                    "糯米酒怎麼釀才不酸",
                    "粿模的木頭要怎麼養",
                    "舊蒸籠還能不能再用",
                ],
            ),
        ],
    );
}

/// The titles of a list where, by the networks, every second piece holds none.
fn of_every_second(text: &str, pieces: &[Piece], cues: Cues<'_>, items: &mut Vec<Span>) {
    let holds: Vec<bool> = (0..pieces.len()).map(|piece| piece % 2 == 0).collect();
    super::related(text, pieces, &holds, cues, items);
}

#[test]
fn what_holds_no_title_is_left_out() {
    check(
        of_every_second,
        &[
            (
                "老茶园春天怎么剪枝\n浇水的人说要看土色\n井水为什么冬暖夏凉\n村里的老人都这么讲",
                &["老茶园春天怎么剪枝", "井水为什么冬暖夏凉"],
            ),
            (
                "上一篇：老茶园春天怎么剪枝\n下一篇：没有更早的了",
                &["老茶园春天怎么剪枝"],
            ),
        ],
    );
}

#[test]
fn an_article_s_title_is_told_from_the_label_before_it() {
    for (line, expected) in [
        ("  • 老茶园春天怎么剪枝 ", "老茶园春天怎么剪枝"),
        (
            "标\u{a0}\u{a0}题：\t\t老茶园春天怎么剪枝",
            "老茶园春天怎么剪枝",
        ),
        ("標題:老茶園春天怎麼剪枝", "老茶園春天怎麼剪枝"),
        ("文件名称：\t关于剪枝的通知", "关于剪枝的通知"),
        ("剪枝：老茶园的春天", "剪枝：老茶园的春天"),
        ("剪枝： 老茶园的春天", "剪枝： 老茶园的春天"),
        ("标题：", "标题："),
    ] {
        let title = super::article_title(line, Span::new(0, line.len()));
        assert_eq!(title.of(line), expected);
    }
}

#[test]
fn titles_with_marks_between_are_told_from_a_title_with_marks() {
    let pruned = "老茶园春天怎么剪枝";
    let well = "井水为什么冬暖夏凉";
    let weather = "村里老人怎么看天色";
    check(
        related,
        &[
            (
                &format!("相关文章：{pruned}；{well}；{weather}；豆腐"),
                &[pruned, well, weather, "豆腐"],
            ),
            (
                &format!("{pruned}、{well}、{weather}、豆腐、旧木梯、糯米酒"),
                &[pruned, well, weather, "豆腐", "旧木梯", "糯米酒"],
            ),
            (
                &format!("{pruned}、豆腐、木梯怎么修"),
                &[&format!("{pruned}、豆腐、木梯怎么修")],
            ),
        ],
    );
}
