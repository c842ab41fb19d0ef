//! Text against text, when there are no positions to compare.

use std::collections::HashMap;
use std::hash::Hash;

use super::Hits;
use crate::gold::is_space;

/// The text without any white space.
pub(super) fn bare(text: &str) -> String {
    text.chars().filter(|&c| !is_space(c)).collect()
}

/// How often each element is there.
pub(super) fn counts<T: Eq + Hash>(elements: impl IntoIterator<Item = T>) -> HashMap<T, usize> {
    let mut counts = HashMap::new();
    for element in elements {
        *counts.entry(element).or_insert(0) += 1;
    }
    counts
}

/// What two multisets have in common.
pub(super) fn common<T: Eq + Hash + Clone>(
    a: &HashMap<T, usize>,
    b: &HashMap<T, usize>,
) -> HashMap<T, usize> {
    let both = |(element, &count): (&T, &usize)| {
        let count = count.min(b.get(element).copied().unwrap_or(0));
        (count > 0).then(|| (element.clone(), count))
    };
    a.iter().filter_map(both).collect()
}

/// Takes one from the multiset, if there is one.
fn take<T: Eq + Hash>(left: &mut HashMap<T, usize>, element: &T) -> bool {
    match left.get_mut(element) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    }
}

/// Characters in a shingle.
const SHINGLE: usize = 5;

/// Matches lines, then shingles of what is left; order does not matter.
pub(super) fn compare(gold: &str, predicted: &str) -> Hits {
    let (gold_lines, predicted_lines) = (lines(gold), lines(predicted));
    let shared = common(&counts(&gold_lines), &counts(&predicted_lines));
    let same: usize = shared.iter().map(|(line, count)| line.len() * count).sum();
    let (gold_rest, predicted_rest) = (rest(&gold_lines, &shared), rest(&predicted_lines, &shared));
    let (gold_covered, predicted_covered) = covered(&gold_rest, &predicted_rest);
    Hits {
        gold: gold_lines.iter().map(Vec::len).sum(),
        gold_hit: same + gold_covered,
        predicted: predicted_lines.iter().map(Vec::len).sum(),
        predicted_hit: same + predicted_covered,
    }
}

/// The characters of each line that has any.
fn lines(text: &str) -> Vec<Vec<char>> {
    let bare = |line: &str| line.chars().filter(|&c| !is_space(c)).collect::<Vec<_>>();
    text.split('\n')
        .map(bare)
        .filter(|line| !line.is_empty())
        .collect()
}

/// The lines that have no partner, joined.
fn rest(lines: &[Vec<char>], shared: &HashMap<&Vec<char>, usize>) -> Vec<char> {
    let mut left = shared.clone();
    let single = lines.iter().filter(|line| !take(&mut left, line));
    single.flatten().copied().collect()
}

/// How many characters of each text lie in shingles of both.
fn covered(a: &[char], b: &[char]) -> (usize, usize) {
    let size = SHINGLE.min(a.len()).min(b.len());
    if size == 0 {
        return (0, 0);
    }
    let shared = common(&counts(a.windows(size)), &counts(b.windows(size)));
    let covered = |text: &[char]| {
        let mut left = shared.clone();
        let (mut sum, mut end) = (0, 0);
        for (start, shingle) in text.windows(size).enumerate() {
            if take(&mut left, &shingle) {
                sum += start + size - start.max(end);
                end = start + size;
            }
        }
        sum
    };
    (covered(a), covered(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(gold: &str, predicted: &str) -> [usize; 4] {
        let hits = compare(gold, predicted);
        [hits.gold_hit, hits.gold, hits.predicted_hit, hits.predicted]
    }

    #[test]
    fn lines_then_shingles() {
        for (gold, predicted, expected) in [
            ("", "", [0, 0, 0, 0]),
            ("ab", "", [0, 2, 0, 0]),
            ("ab\ncd", "cd\n a b", [4, 4, 4, 4]),
            // One `ab` has no partner; the rest of one side is empty.
            ("ab\nab", "ab", [2, 4, 2, 2]),
            // Re-flowed: the line `abcdefgh` of the gold is two lines.
            ("abcdefgh", "abcd\nefgh", [8, 8, 8, 8]),
            // abcde, bcdef are in both; ..fxy and fxyg are not.
            ("abcdefgh", "abcdefxy", [6, 8, 6, 8]),
            // The shingle aaaaa once on one side, three times on the other.
            ("aaaaa", "aaaaaaa", [5, 5, 5, 7]),
            // Shorter than a shingle: their own length counts.
            ("abc", "xbcx", [0, 3, 0, 4]),
            ("bc", "xbcx", [2, 2, 2, 4]),
        ] {
            assert_eq!(hits(gold, predicted), expected, "{gold:?} {predicted:?}");
        }
    }
}
