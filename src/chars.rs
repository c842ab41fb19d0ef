//! A character becomes its class: the alphabet in which shapes are counted.
//!
//! One byte a character from a table over the Basic Multilingual Plane, so that a
//! page is classified by one load a character. Half-width and full-width forms have
//! the same class.

use std::sync::LazyLock;

/// What a character is for the shape of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Class {
    /// Symbols and whatever has no class of its own.
    Other,
    Han,
    Kana,
    Hangul,
    /// Letters of Latin script.
    Latin,
    /// Letters of all other scripts.
    Letter,
    Digit,
    /// The ASCII space.
    Space,
    /// White space that keyboards do not give: tab, U+00A0, U+2002–U+200A, U+3000.
    WideSpace,
    /// Ends a line: `\n`, `\r`, `\x0b`, `\x0c`, U+0085, U+2028, U+2029.
    Newline,
    /// Ends a sentence: 。！？!?…
    End,
    /// Parts a sentence: ，、,;；
    Comma,
    Colon,
    Dot,
    Pipe,
    Slash,
    /// `>` `›` `»` `→`: joins the crumbs of a breadcrumb.
    Angle,
    Dash,
    Hash,
    Bullet,
    Open,
    Close,
    Quote,
    /// Characters of program text: `=` `{` `}` `$` `\` and the like.
    Code,
    /// Zero-width characters, the byte order mark, the soft hyphen, controls.
    Invisible,
    Emoji,
}

impl Class {
    /// How many classes there are.
    pub(crate) const COUNT: usize = Class::Emoji as usize + 1;
}

const CLASS_BITS: u8 = 0x1f;
/// A character that Chinese prose cannot do without (的, 了, 是) and titles mostly do.
const FUNCTION: u8 = 0x20;
const SIMPLIFIED: u8 = 0x40;
const TRADITIONAL: u8 = 0x80;

/// A character's class and what else the table knows of it.
#[derive(Clone, Copy)]
pub(crate) struct Kind(u8);

impl Kind {
    pub(crate) fn class(self) -> Class {
        CLASSES[(self.0 & CLASS_BITS) as usize]
    }

    /// The class as an index below [`Class::COUNT`].
    pub(crate) fn index(self) -> usize {
        (self.0 & CLASS_BITS) as usize
    }

    /// 1 for a function character, else 0.
    pub(crate) fn function(self) -> u32 {
        u32::from(self.0 & FUNCTION != 0)
    }

    /// 1 for a character that only simplified text has, else 0.
    pub(crate) fn simplified(self) -> u32 {
        u32::from(self.0 & SIMPLIFIED != 0)
    }

    /// 1 for a character that only traditional text has, else 0.
    pub(crate) fn traditional(self) -> u32 {
        u32::from(self.0 & TRADITIONAL != 0)
    }
}

const CLASSES: [Class; 32] = {
    use Class::*;
    [
        Other, Han, Kana, Hangul, Latin, Letter, Digit, Space, WideSpace, Newline, End, Comma,
        Colon, Dot, Pipe, Slash, Angle, Dash, Hash, Bullet, Open, Close, Quote, Code, Invisible,
        Emoji, Other, Other, Other, Other, Other, Other,
    ]
};

/// The classes of all characters.
pub(crate) struct Table(Box<[u8]>);

static TABLE: LazyLock<Table> = LazyLock::new(Table::build);

/// The table; take it once a page, not once a character.
pub(crate) fn table() -> &'static Table {
    &TABLE
}

/// The class of one character.
pub(crate) fn class(c: char) -> Class {
    table().kind(c).class()
}

impl Table {
    #[inline]
    pub(crate) fn kind(&self, c: char) -> Kind {
        match self.0.get(c as usize) {
            Some(&kind) => Kind(kind),
            None => Kind(astral(c) as u8),
        }
    }

    fn build() -> Self {
        let mut table: Box<[u8]> = (0..0x1_0000u32)
            .map(|code| char::from_u32(code).map_or(Class::Other, class_of) as u8)
            .collect();
        let mut mark = |chars: &str, bit: u8| {
            for c in chars.chars() {
                table[c as usize] |= bit;
            }
        };
        mark(FUNCTION_CHARS, FUNCTION);
        let mut pairs = PAIRS.chars();
        while let (Some(simplified), Some(traditional)) = (pairs.next(), pairs.next()) {
            mark(simplified.encode_utf8(&mut [0; 4]), SIMPLIFIED);
            mark(traditional.encode_utf8(&mut [0; 4]), TRADITIONAL);
        }
        Self(table)
    }
}

/// Characters above the Basic Multilingual Plane.
fn astral(c: char) -> Class {
    match c as u32 {
        0x2_0000..=0x3_ffff => Class::Han,
        0x1_f000..=0x1_faff => Class::Emoji,
        0xe_0000..=0xe_0fff => Class::Invisible,
        _ if c.is_alphabetic() => Class::Letter,
        _ => Class::Other,
    }
}

fn class_of(c: char) -> Class {
    // Full-width forms of ASCII stand exactly 0xFEE0 above it.
    if let '\u{ff01}'..='\u{ff5e}' = c {
        return char::from_u32(c as u32 - 0xfee0).map_or(Class::Other, class_of);
    }
    match c {
        '\n' | '\r' | '\x0b' | '\x0c' | '\u{85}' | '\u{2028}' | '\u{2029}' => Class::Newline,
        ' ' => Class::Space,
        '\t'
        | '\u{a0}'
        | '\u{1680}'
        | '\u{2000}'..='\u{200a}'
        | '\u{202f}'
        | '\u{205f}'
        | '\u{3000}' => Class::WideSpace,
        '\0'..='\x1f'
        | '\x7f'..='\u{9f}'
        | '\u{ad}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fe00}'..='\u{fe0f}' => Class::Invisible,
        '0'..='9' => Class::Digit,
        '。' | '｡' | '!' | '?' | '…' | '‼' | '⁇' | '⁉' => Class::End,
        ',' | '、' | '､' | ';' => Class::Comma,
        ':' | '︰' | '∶' => Class::Colon,
        '.' => Class::Dot,
        '|' | '│' | '┃' | '丨' | '¦' => Class::Pipe,
        '/' => Class::Slash,
        '>' | '›' | '»' | '→' | '⟶' | '〉' | '❯' => Class::Angle,
        '-' | '_' | '‐'..='―' | '─' | '━' | '~' | '～' | '〜' => Class::Dash,
        '#' => Class::Hash,
        '·' | '•' | '‣' | '●' | '○' | '◆' | '◇' | '■' | '□' | '▪' | '▫' | '►' | '▶' | '▸' | '※'
        | '★' | '☆' | '✓' | '✔' | '✦' | '➤' | '◎' | '・' | '･' | '∙' | '◦' | '▲' | '△' | '▼'
        | '◀' | '*' | '⊙' => Class::Bullet,
        '(' | '[' | '【' | '「' | '『' | '《' | '〈' | '〔' | '〖' => Class::Open,
        ')' | ']' | '】' | '」' | '』' | '》' | '〕' | '〗' => Class::Close,
        '"' | '\'' | '“' | '”' | '‘' | '’' | '`' | '´' => Class::Quote,
        '=' | '{' | '}' | '$' | '\\' | '^' | '<' | '&' | '@' | '+' | '%' => Class::Code,
        '\u{2190}'..='\u{21ff}'
        | '\u{2300}'..='\u{23ff}'
        | '\u{2600}'..='\u{27bf}'
        | '\u{2b00}'..='\u{2bff}' => Class::Emoji,
        '々'
        | '〇'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' => Class::Han,
        '\u{3041}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9f}' => Class::Kana,
        '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7a3}' => {
            Class::Hangul
        }
        'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => Class::Latin,
        _ if c.is_alphabetic() => Class::Letter,
        _ => Class::Other,
    }
}

/// Function characters of Chinese, in both scripts.
const FUNCTION_CHARS: &str = "的了是在不和有也就都而及与與其之所被把从從于於以但因或此那他她它我你您很还還要能可这這们們过過吗嗎呢吧啊让讓给給对對将將则則却卻又并且等为為会會来來";

/// Characters that tell the scripts apart: simplified and traditional, pair by pair.
const PAIRS: &str = "这這们們个個来來时時说說对對国國会會学學为為过過发發后後还還没沒种種样樣经經现現头頭动動\
点點开開见見长長问問给給让讓两兩从從电電话話车車边邊气氣应應进進关關变變无無书書东東业業爱愛亲親听聽语語读讀写寫认認识識讲講课課题題师師级級务務网網页頁设設计計\
论論观觀传傳统統类類实實际際标標准準产產权權质質结結构構据據证證报報号號码碼术術机機间間场場农農药藥医醫疗療专專责責费費资資贸貿价價钱錢银銀购購买買卖賣单單订訂\
户戶万萬亿億体體随隨让讓选選择擇运運输輸历歷压壓厂廠广廣庆慶应應龙龍马馬鱼魚鸟鳥龟龜齐齊乡鄉达達迁遷远遠违違连連迟遲边邊邮郵释釋里裡针針钟鐘铁鐵错錯键鍵镇鎮\
门門闻聞队隊阳陽阴陰陆陸陈陳隐隱难難云雲静靜顶頂项項顺順须須预預领領频頻颜顏额額风風飞飛饭飯饮飲馆館驱驅验驗骑騎骗騙鲜鮮鸡雞麦麥黄黃齿齒\
华華协協厅廳双雙参參图圖园園围圍团團块塊坚堅坏壞处處备備复複够夠头頭夺奪奋奮妇婦孙孫宁寧宝寶审審宽寬导導尔爾层層属屬岁歲岛島币幣帮幫带帶库庫废廢异異归歸录錄\
忆憶态態怀懷总總恼惱恶惡惊驚惯慣愿願战戰户戶执執扩擴护護担擔拥擁拨撥挂掛换換摄攝敌敵数數断斷显顯晓曉暂暫条條极極树樹检檢楼樓欢歡残殘毕畢汇匯汉漢济濟测測浓濃\
涨漲温溫湾灣满滿灭滅灯燈热熱爷爺犹猶独獨环環画畫监監盖蓋矿礦碍礙礼禮离離稳穩竞競笔筆筑築简簡类類粮糧纪紀约約纯純纳納纸紙线線练練组組细細织織终終绍紹绝絕\
维維绩績续續绿綠缓緩编編缩縮罗羅罚罰职職联聯肤膚胜勝脑腦脱脫脸臉艺藝节節苏蘇苹蘋获獲营營虑慮虽雖补補装裝规規视視览覽触觸誉譽订訂讨討训訓议議记記许許设設访訪评評\
词詞试試诗詩该該详詳误誤请請诸諸谁誰调調谈談谢謝贝貝负負贡貢财財败敗货貨贫貧贵貴贷貸费費赏賞赖賴赛賽赢贏赶趕跃躍轮輪软軟轻輕载載较較辅輔辆輛辑輯输輸辞辭边邊";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_is_half_width() {
        for (half, full) in [
            (':', '：'),
            ('|', '｜'),
            ('#', '＃'),
            ('?', '？'),
            ('1', '１'),
            ('a', 'ａ'),
        ] {
            assert_eq!(class(half), class(full), "{half}");
        }
    }

    #[test]
    fn class_names_match_their_numbers() {
        for (index, class) in CLASSES.iter().enumerate().take(Class::COUNT) {
            assert_eq!(*class as usize, index);
        }
        assert!(Class::COUNT <= usize::from(CLASS_BITS) + 1);
    }

    #[test]
    fn no_character_tells_both_scripts() {
        let table = table();
        for c in PAIRS.chars() {
            let kind = table.kind(c);
            // 后, 里 and the like are characters of both; they may stand on one side only.
            assert!(kind.simplified() + kind.traditional() == 1, "{c}");
        }
    }
}
