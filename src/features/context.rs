//! A page's pieces become what each stands in: the run of prose, repetition, rhythm,
//! the last cue before it.

use crate::chars::{self, Class};
use crate::features::names::Group;
use crate::features::own::Facts;
use crate::features::patterns::DateAt;
use crate::features::{bucket, few};
use crate::label::Label;
use crate::language::{Language, Tally};
use crate::pieces::{Gap, Piece};
use crate::span::Span;

/// What is known of a page as a whole and of each piece's place in it. Scratch.
#[derive(Debug, Default)]
pub(crate) struct Context {
    /// The pieces of the largest run of prose: first and one past the last.
    region: (usize, usize),
    script: usize,
    /// Bits: tags, related and comments that a cue introduces anywhere.
    page_cues: usize,
    blank_lines: bool,
    places: Vec<Place>,
    /// Sums of `prose` before each piece.
    prose_sums: Vec<u32>,
    /// Sums of dated pieces before each piece.
    date_sums: Vec<u32>,
    /// Counts of cue labels in the window, kept while sliding.
    keys: Vec<Key>,
    pairs: PairSet,
}

const MANY_PAIRS: usize = 10;

/// One piece's place in the page.
#[derive(Clone, Debug, Default)]
struct Place {
    since: Option<(Label, u8, bool)>,
    /// The longest piece since that cue, as [`length_kind`] tells.
    since_longest: u8,
    until: Option<(Label, u8)>,
    comments: u8,
    rhythm: u32,
    rhythm_place: u8,
    twin: u8,
    prefix: u8,
    overlap: u8,
    /// Pairs that the page's prose has, too, at most [`MANY_PAIRS`].
    known_pairs: u8,
    /// 1 on a line of ``` or ~~~, 2 between two of them.
    fence: u8,
    /// Length of the run in which every second, every third piece is alike.
    rhythm2: u32,
    rhythm3: u32,
    /// 0 for the best title, 1 and 2 for the next best, else 3.
    title_rank: u8,
    cues_before: [u8; Label::COUNT],
    cues_after: [u8; Label::COUNT],
}

/// A piece's text as numbers: all of it, and its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    hash: u64,
    piece: u32,
    other: u64,
    weight: u32,
}

impl Context {
    /// Looks over a whole page.
    pub(crate) fn survey(&mut self, text: &str, pieces: &[Piece], facts: &[Facts]) {
        self.places.clear();
        self.places.resize(pieces.len(), Place::default());
        self.blank_lines = pieces.iter().skip(1).any(|piece| piece.gap == Gap::Blank);
        self.script = page_script(pieces);
        self.sum(facts);
        self.region = prose_region(facts);
        self.find_leads(facts);
        self.find_fences(text, pieces);
        self.find_rhythm(pieces, facts);
        self.find_lagged_rhythm(pieces, facts);
        self.find_twins(text, pieces, facts);
        self.find_overlap(text, pieces, facts);
        self.count_cues(facts);
        self.rank_titles(text, pieces, facts);
    }

    fn sum(&mut self, facts: &[Facts]) {
        let (mut prose, mut dates) = (0, 0);
        self.prose_sums.clear();
        self.date_sums.clear();
        for fact in facts {
            self.prose_sums.push(prose);
            self.date_sums.push(dates);
            prose += u32::from(fact.prose);
            dates += u32::from(fact.date != DateAt::None);
        }
        self.prose_sums.push(prose);
        self.date_sums.push(dates);
    }

    fn find_leads(&mut self, facts: &[Facts]) {
        let introduced = |label| facts.iter().any(|fact| fact.lead == Some(label));
        self.page_cues = usize::from(introduced(Label::Tags))
            + 2 * usize::from(introduced(Label::Related))
            + 4 * usize::from(introduced(Label::Comment));
        let mut last: Option<(Label, usize, bool)> = None;
        let mut longest = 0;
        let mut comment: Option<usize> = None;
        for (index, fact) in facts.iter().enumerate() {
            if let Some(label) = fact.lead {
                last = Some((label, index, false));
                longest = 0;
                if label == Label::Comment {
                    comment = Some(index);
                }
            }
            let place = &mut self.places[index];
            if fact.lead.is_none() {
                longest = longest.max(length_kind(fact) as u8);
            }
            place.since_longest = longest;
            place.since = last.map(|(label, at, prose)| {
                (label, bucket(index - at, &[1, 2, 4, 8, 16]) as u8, prose)
            });
            place.comments =
                comment.map_or(0, |at| 1 + bucket(index - at, &[4, 11, 31, 101]) as u8);
            if let Some(last) = &mut last {
                last.2 |= fact.prose >= 3;
            }
        }
        let mut next: Option<(Label, usize)> = None;
        for (index, fact) in facts.iter().enumerate().rev() {
            let near = next.filter(|(_, at)| at - index <= 10);
            self.places[index].until =
                near.map(|(label, at)| (label, bucket(at - index, &[2, 5]) as u8));
            if let Some(label) = fact.lead {
                next = Some((label, index));
            }
        }
    }

    /// Finds blocks of code between Markdown's fences. A fence that nothing closes opens
    /// nothing.
    fn find_fences(&mut self, text: &str, pieces: &[Piece]) {
        let mut open: Option<usize> = None;
        for (index, piece) in pieces.iter().enumerate() {
            if !piece.span.of(text).starts_with("```") && !piece.span.of(text).starts_with("~~~") {
                continue;
            }
            self.places[index].fence = 1;
            if let Some(start) = open.take() {
                self.places[start + 1..index]
                    .iter_mut()
                    .for_each(|place| place.fence = 2);
            } else {
                open = Some(index);
            }
        }
    }

    /// Finds runs of pieces that are alike in length, script, first and last character.
    fn find_rhythm(&mut self, pieces: &[Piece], facts: &[Facts]) {
        let mut start = 0;
        for index in 1..=pieces.len() {
            if index < pieces.len() && alike(pieces, facts, index - 1, index) {
                continue;
            }
            let length = (index - start) as u32;
            for (place, at) in self.places[start..index].iter_mut().zip(start..) {
                place.rhythm = length;
                place.rhythm_place = match (at == start, at + 1 == index) {
                    (true, true) => 0,
                    (true, false) => 1,
                    (false, true) => 3,
                    (false, false) => 2,
                };
            }
            start = index;
        }
    }

    /// Finds runs in which every second or third piece is alike, as in lists whose titles
    /// have a date or blurb below them.
    fn find_lagged_rhythm(&mut self, pieces: &[Piece], facts: &[Facts]) {
        for lag in [2, 3] {
            let mut start = 0;
            for index in lag..=pieces.len() {
                if index < pieces.len() && alike(pieces, facts, index - lag, index) {
                    continue;
                }
                let length = (index.max(start + lag) - start - lag) as u32;
                for place in &mut self.places[start..index] {
                    let slot = if lag == 2 {
                        &mut place.rhythm2
                    } else {
                        &mut place.rhythm3
                    };
                    *slot = (*slot).max(length);
                }
                start = index + 1 - lag;
            }
        }
    }

    /// Finds pieces with the same text, or the same beginning. Sorting keeps it far from
    /// quadratic on any page.
    fn find_twins(&mut self, text: &str, pieces: &[Piece], facts: &[Facts]) {
        self.keys.clear();
        for (index, piece) in pieces.iter().enumerate() {
            let (hash, beginning) = hashes(piece.span.of(text));
            let weight = facts[index].weight;
            self.keys.push(Key {
                hash,
                piece: index as u32,
                other: beginning,
                weight,
            });
        }
        self.keys.sort_unstable();
        for group in self
            .keys
            .chunk_by(|a, b| a.hash == b.hash)
            .filter(|group| group.len() > 1)
        {
            let (first, last) = (group[0].piece, group[group.len() - 1].piece);
            for key in group {
                let length = bucket(key.weight as usize, &[6, 14]) as u8;
                let sides = u8::from(key.piece > first) + 2 * u8::from(key.piece < last);
                self.places[key.piece as usize].twin = 1 + length * 3 + sides - 1;
            }
        }
        self.keys.retain(|key| key.weight >= 6);
        for key in &mut self.keys {
            std::mem::swap(&mut key.hash, &mut key.other);
        }
        self.keys.sort_unstable();
        for group in self.keys.chunk_by(|a, b| a.hash == b.hash) {
            let same = group.iter().all(|key| key.other == group[0].other);
            if same {
                continue;
            }
            let (first, last) = (group[0].piece, group[group.len() - 1].piece);
            let shortest = group.iter().map(|key| key.weight).min().unwrap_or(0);
            for key in group {
                let sides = u8::from(key.piece > first) + 2 * u8::from(key.piece < last);
                let short = 4 * u8::from(key.weight == shortest);
                self.places[key.piece as usize].prefix = sides + short;
            }
        }
    }

    /// Compares each piece that is not prose with the page's prose.
    fn find_overlap(&mut self, text: &str, pieces: &[Piece], facts: &[Facts]) {
        self.pairs.clear();
        let (from, to) = self.region;
        // A long title stands at the start of the prose and looks like it.
        let prose = |index: usize| {
            let prose = facts[index].prose;
            prose >= 3 || prose == 2 && index > from + 1
        };
        for index in (from..to).filter(|&index| prose(index)) {
            self.pairs.add(text, pieces[index].span);
        }
        for (index, piece) in pieces.iter().enumerate() {
            if prose(index) || !(2..=80).contains(&facts[index].weight) {
                continue;
            }
            let (known, all) = self.pairs.known(text, piece.span);
            let share = bucket(known * 100 / all.max(1), &[8, 20, 35, 55, 80]);
            let inside = usize::from((from..to).contains(&index));
            let place = &mut self.places[index];
            place.overlap = (1 + share + inside * 6) as u8;
            place.known_pairs = known.min(MANY_PAIRS) as u8;
        }
    }

    /// Ranks the pieces before and at the start of the prose by how much each could be
    /// its title: it says what the prose says, stands near, is copied elsewhere in the
    /// page, and has a byline below it.
    fn rank_titles(&mut self, text: &str, pieces: &[Piece], facts: &[Facts]) {
        let (from, to) = self.region;
        let last = if from == to { 30 } else { from + 3 }.min(pieces.len());
        let mut best = [(i32::MIN, usize::MAX); 3];
        for index in last.saturating_sub(60)..last {
            let fact = &facts[index];
            let shape = &pieces[index].shape;
            let sentences = shape.of(Class::End) + shape.of(Class::Comma) > 3;
            let fits = (4..=80).contains(&fact.weight) && !sentences && fact.lead.is_none();
            if !fits || shape.wide_gaps > 2 || fact.date == DateAt::Alone {
                continue;
            }
            let place = &self.places[index];
            let copied = place.twin > 3 || place.prefix > 0;
            let byline = facts
                .get(index + 1..(index + 4).min(facts.len()))
                .unwrap_or(&[]);
            let byline = byline.iter().any(|fact| fact.date != DateAt::None);
            let score = i32::from(place.known_pairs) * 2
                + if copied { 5 } else { 0 }
                + if byline { 4 } else { 0 }
                + fact.weight.min(24) as i32 / 4
                - if fact.cue_labels != 0 { 5 } else { 0 }
                - if is_clause(pieces[index].span.of(text)) {
                    10
                } else {
                    0
                }
                - 6 * (shape.of(Class::Angle) + shape.of(Class::Pipe)).min(1) as i32
                - 2 * shape.of(Class::Code).min(3) as i32
                - if index > from { 3 } else { 0 }
                - (from.abs_diff(index) as i32).min(20) / 2;
            let slot = best.iter().position(|other| score > other.0);
            if let Some(slot) = slot {
                best[slot..].rotate_right(1);
                best[slot] = (score, index);
            }
        }
        for place in &mut self.places {
            place.title_rank = 3;
        }
        for (rank, (_, index)) in best.into_iter().enumerate() {
            if let Some(place) = self.places.get_mut(index) {
                place.title_rank = rank as u8;
            }
        }
    }

    /// Counts, for each label, the cues among the six pieces before and after.
    fn count_cues(&mut self, facts: &[Facts]) {
        const WINDOW: usize = 6;
        let mut before = [0u8; Label::COUNT];
        let mut after = [0u8; Label::COUNT];
        let tally = |counts: &mut [u8; Label::COUNT], bits: u16, add: bool| {
            for (label, count) in counts.iter_mut().enumerate() {
                let bit = (bits >> label & 1) as u8;
                *count = if add { *count + bit } else { *count - bit };
            }
        };
        for fact in facts.iter().take(WINDOW) {
            tally(&mut after, fact.cue_labels, true);
        }
        for index in 0..facts.len() {
            tally(&mut after, facts[index].cue_labels, false);
            if let Some(entering) = facts.get(index + WINDOW) {
                tally(&mut after, entering.cue_labels, true);
            }
            self.places[index].cues_before = before;
            self.places[index].cues_after = after;
            tally(&mut before, facts[index].cue_labels, true);
            if index >= WINDOW {
                tally(&mut before, facts[index - WINDOW].cue_labels, false);
            }
        }
    }

    /// Pushes the features of one piece's place.
    pub(crate) fn push(
        &self,
        index: usize,
        pieces: &[Piece],
        facts: &[Facts],
        push: &mut impl FnMut(Group, usize),
    ) {
        let place = &self.places[index];
        let last = pieces.len() - 1;
        push(Group::PageScript, self.script);
        let gap = pieces[index].gap as usize + 3 * usize::from(self.blank_lines);
        push(Group::Gap, gap);
        push(Group::Fence, usize::from(place.fence));
        push(Group::FromStart, bucket(index, &[1, 2, 3, 5, 8, 16, 41]));
        push(
            Group::FromEnd,
            bucket(last - index, &[1, 2, 3, 5, 8, 16, 41]),
        );
        push(Group::Share, index * 10 / pieces.len());
        push(
            Group::Pages,
            bucket(pieces.len(), &[5, 12, 25, 50, 90, 150, 300]),
        );
        push(Group::Region, self.region_bucket(index));
        push(Group::Overlap, usize::from(place.overlap));
        push(Group::TitleRank, usize::from(place.title_rank));
        push(Group::Twin, usize::from(place.twin));
        push(Group::Prefix, usize::from(place.prefix));
        if let Some((label, distance, prose)) = place.since {
            let at = usize::from(distance) + 6 * usize::from(prose);
            push(Group::Since, label as usize * 12 + at);
        }
        if let Some((label, distance)) = place.until {
            push(Group::Until, label as usize * 3 + usize::from(distance));
        }
        if let Some((label, distance @ 1.., false)) = place.since {
            let near = [0, 0, 1, 1, 2, 2][usize::from(distance)];
            let at = near * 4 + usize::from(place.since_longest);
            push(Group::SinceLen, label as usize * 12 + at);
        }
        if let Some(label) = facts[index].lead {
            let inline = facts[index].lead_inline;
            let introduced = facts.get(index + usize::from(!inline));
            let kind = introduced.map_or(0, length_kind) + 4 * usize::from(inline);
            push(Group::LeadNext, label as usize * 8 + kind);
        }
        push(Group::PageCues, self.page_cues);
        push(Group::Comments, usize::from(place.comments));
        let run = bucket(place.rhythm as usize, &[2, 3, 5, 9, 17]);
        let length = bucket(facts[index].weight as usize, &[7, 13, 41]);
        push(Group::Rhythm, run * 4 + length);
        push(Group::RhythmPlace, usize::from(place.rhythm_place));
        push(
            Group::Rhythm2,
            bucket(place.rhythm2 as usize, &[1, 2, 4, 8]),
        );
        push(
            Group::Rhythm3,
            bucket(place.rhythm3 as usize, &[1, 2, 4, 8]),
        );
        self.push_windows(index, facts, push);
        for (label, (&before, &after)) in
            place.cues_before.iter().zip(&place.cues_after).enumerate()
        {
            if before > 0 {
                push(
                    Group::CuesBefore,
                    label * 3 + bucket(before.into(), &[2, 4]),
                );
            }
            if after > 0 {
                push(Group::CuesAfter, label * 3 + bucket(after.into(), &[2, 4]));
            }
        }
    }

    fn push_windows(&self, index: usize, facts: &[Facts], push: &mut impl FnMut(Group, usize)) {
        let count = facts.len();
        let mean = |from: usize, to: usize| {
            let sum = self.prose_sums[to] - self.prose_sums[from];
            bucket(sum as usize * 20 / (to - from).max(1), &[1, 8, 20, 36, 56])
        };
        let around =
            |width: usize| mean(index.saturating_sub(width), (index + width + 1).min(count));
        push(Group::Window2, around(2));
        push(Group::Window5, around(5));
        push(Group::Window12, around(12));
        push(Group::Before5, mean(index.saturating_sub(5), index));
        push(
            Group::After5,
            mean(index + 1, (index + 6).min(count).max(index + 1)),
        );
        let dates =
            self.date_sums[(index + 4).min(count)] - self.date_sums[index.saturating_sub(3)];
        push(Group::DatesNear, few(dates));
        if index >= 2 {
            push(
                Group::Prose2Before,
                usize::from(facts[index - 2].prose_bucket),
            );
        }
        if index + 2 < count {
            push(
                Group::Prose2After,
                usize::from(facts[index + 2].prose_bucket),
            );
        }
    }

    fn region_bucket(&self, index: usize) -> usize {
        let (from, to) = self.region;
        let bounds = [2, 3, 4, 6, 11, 21];
        let strength = if self.prose_sums[to] - self.prose_sums[from] >= 8 {
            0
        } else {
            16
        };
        strength
            + match index {
                _ if from == to => 15,
                _ if index < from => bucket(from - index, &bounds),
                _ if index >= to => 7 + bucket(index + 1 - to, &bounds),
                _ => 14,
            }
    }
}

/// A word, a short title, a long one, or more.
fn length_kind(fact: &Facts) -> usize {
    bucket(fact.weight as usize, &[7, 14, 41])
}

/// True if a line ends as a sentence or a part of one does, and no title.
fn is_clause(text: &str) -> bool {
    text.ends_with(['。', ',', '，', ';', '；', ':', '：', '、', '{', '}'])
        || text.ends_with('.') && !text.ends_with("..")
}

fn page_script(pieces: &[Piece]) -> usize {
    let mut tally = Tally::default();
    for piece in pieces {
        tally.add(&piece.shape);
    }
    match tally.language() {
        Some(Language::ZhHans) => 0,
        Some(Language::ZhHant) => 1,
        Some(Language::En) => 2,
        Some(Language::Ja) => 3,
        Some(Language::Ko) => 4,
        _ => 5,
    }
}

/// The run of pieces whose prose outweighs what is not prose among it by most: the
/// maximum-sum run (Kadane's algorithm, as in Bentley, Programming Pearls, column 8).
fn prose_region(facts: &[Facts]) -> (usize, usize) {
    let (mut best, mut best_sum) = ((0, 0), 0i64);
    let (mut start, mut sum) = (0, 0i64);
    for (index, fact) in facts.iter().enumerate() {
        let gain = match fact.prose {
            0 if fact.lead.is_some() => -8,
            0 => -3,
            1 => 2,
            _ => i64::from(fact.weight.min(240)) / 6,
        };
        sum += gain;
        if sum <= 0 {
            (sum, start) = (0, index + 1);
        } else if sum > best_sum {
            (best, best_sum) = ((start, index + 1), sum);
        }
    }
    best
}

fn alike(pieces: &[Piece], facts: &[Facts], one: usize, other: usize) -> bool {
    let (a, b) = (&facts[one], &facts[other]);
    let (x, y) = (&pieces[one].shape, &pieces[other].shape);
    let marked = |class: Class| {
        matches!(
            class,
            Class::Bullet | Class::Digit | Class::Open | Class::Hash
        )
    };
    let same_first = x.first == y.first || !marked(x.first) && !marked(y.first);
    let sentence = |class: Class| class == Class::End;
    a.len_bucket.abs_diff(b.len_bucket) <= 2
        && a.prose < 3
        && b.prose < 3
        && same_first
        && sentence(x.last) == sentence(y.last)
        && (a.script == b.script || a.script == 7 || b.script == 7)
        && (a.date == b.date)
}

/// A piece's text and its first six characters as numbers; white space, marks and case
/// do not count.
fn hashes(text: &str) -> (u64, u64) {
    let table = chars::table();
    let (mut hash, mut beginning, mut count) = (SEED, 0, 0);
    for c in text.chars() {
        let class = table.kind(c).class();
        let word = class as usize >= Class::Han as usize && class as usize <= Class::Digit as usize;
        if !word {
            continue;
        }
        hash = mix(hash, c.to_ascii_lowercase() as u64);
        count += 1;
        if count == 6 {
            beginning = hash;
        }
    }
    (hash, if count < 6 { hash } else { beginning })
}

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

fn mix(hash: u64, value: u64) -> u64 {
    (hash.rotate_left(5) ^ value).wrapping_mul(0x517c_c1b7_2722_0a95)
}

/// A set of pairs of adjacent Han characters and of Latin words, as bits; a few wrong
/// answers on a very long page do no harm.
#[derive(Debug)]
struct PairSet {
    bits: Box<[u64; 1024]>,
}

impl Default for PairSet {
    fn default() -> Self {
        Self {
            bits: Box::new([0; 1024]),
        }
    }
}

impl PairSet {
    fn clear(&mut self) {
        self.bits.fill(0);
    }

    fn add(&mut self, text: &str, span: Span) {
        pairs(span.of(text), |pair| {
            self.bits[pair / 64] |= 1 << (pair % 64)
        });
    }

    /// How many pairs of the span are in the set, and how many it has.
    fn known(&self, text: &str, span: Span) -> (usize, usize) {
        let (mut known, mut all) = (0, 0);
        pairs(span.of(text), |pair| {
            all += 1;
            known += (self.bits[pair / 64] >> (pair % 64) & 1) as usize;
        });
        (known, all)
    }
}

/// Calls `see` with a number below 65,536 for each pair of Han characters and each word.
fn pairs(text: &str, mut see: impl FnMut(usize)) {
    let table = chars::table();
    let mut previous: Option<char> = None;
    let mut word = SEED;
    let mut in_word = false;
    for c in text.chars() {
        match table.kind(c).class() {
            Class::Han | Class::Kana | Class::Hangul => {
                if let Some(previous) = previous {
                    see((mix(mix(SEED, previous as u64), c as u64) >> 48) as usize);
                }
                previous = Some(c);
            }
            Class::Latin | Class::Digit | Class::Letter => {
                word = mix(word, c.to_ascii_lowercase() as u64);
                in_word = true;
                previous = None;
                continue;
            }
            _ => previous = None,
        }
        if in_word {
            see((word >> 48) as usize);
            (word, in_word) = (SEED, false);
        }
    }
    if in_word {
        see((word >> 48) as usize);
    }
}
