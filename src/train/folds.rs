//! Pages are dealt out to folds: like pages to the same one, or what is learned from one
//! would be tested on its twin.

use std::collections::BTreeMap;

use crate::gold::GoldPage;

/// Lines of a template are at least this long; shorter ones (登录, Home) are everywhere.
const CHARS: usize = 8;
/// A line that more pages have says nothing of a template.
const PAGES: usize = 10;
/// Pages with so many lines of a template in common are of one.
const LINES: usize = 3;

/// The fold of each page by its group. Groups go, largest first, each to the fold with the
/// fewest pages so far.
pub(super) fn deal(group_of: &[usize], folds: usize) -> Vec<usize> {
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (page, &group) in group_of.iter().enumerate() {
        groups.entry(group).or_default().push(page);
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    // Of equals, the one with the first page.
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let mut sizes = vec![0; folds];
    let mut fold_of = vec![0; group_of.len()];
    for group in groups {
        let smallest = (0..folds).min_by_key(|&fold| sizes[fold]).unwrap_or(0);
        sizes[smallest] += group.len();
        for page in group {
            fold_of[page] = smallest;
        }
    }
    fold_of
}

/// For each page, the first page of its group: those of one site or one template, and
/// whatever is like them.
pub(super) fn groups_of(pages: &[GoldPage]) -> Vec<usize> {
    let mut groups = Groups((0..pages.len()).collect());
    let mut sites: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, page) in pages.iter().enumerate() {
        groups.join(number, *sites.entry(page.site()).or_insert(number));
    }
    let mut common: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for pages in shared_lines(pages)
        .values()
        .filter(|pages| pages.len() <= PAGES)
    {
        for (at, &a) in pages.iter().enumerate() {
            for &b in &pages[at + 1..] {
                *common.entry((a, b)).or_default() += 1;
            }
        }
    }
    for ((a, b), _) in common.into_iter().filter(|(_, lines)| *lines >= LINES) {
        groups.join(a, b);
    }
    (0..pages.len()).map(|page| groups.first(page)).collect()
}

/// The pages that each line is on.
fn shared_lines(pages: &[GoldPage]) -> BTreeMap<&str, Vec<usize>> {
    let mut lines: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, page) in pages.iter().enumerate() {
        let long = |line: &&str| line.chars().count() >= CHARS;
        for line in page.text.lines().map(str::trim).filter(long) {
            let seen = lines.entry(line).or_default();
            if seen.last() != Some(&number) {
                seen.push(number);
            }
        }
    }
    lines
}

/// Sets of pages: each page points to an earlier one of its set, the first to itself.
struct Groups(Vec<usize>);

impl Groups {
    fn first(&self, mut page: usize) -> usize {
        while self.0[page] != page {
            page = self.0[page];
        }
        page
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.first(a), self.first(b));
        self.0[a.max(b)] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(id: &str, text: &str) -> GoldPage {
        GoldPage {
            id: id.into(),
            text: text.into(),
            ..GoldPage::default()
        }
    }

    const MENU: &str =
        "首页 | 产品展示 | 联系我们\n全国服务热线欢迎来电\n版权所有 翻版必究 某某公司\n";

    #[test]
    fn sites_and_templates_stay_together() {
        let pages = [
            page("a-1", "x"),
            page("b-1", &format!("{MENU}甲")),
            page("a-2", "y"),
            page("c", &format!("乙\n  {MENU}")),
            page("b-2", "z"),
            // Two lines in common are not enough, nor are short ones.
            page(
                "d",
                "首页 | 产品展示 | 联系我们\n全国服务热线欢迎来电\n甲\n乙",
            ),
        ];
        let groups = groups_of(&pages);
        assert_eq!(groups, [0, 1, 0, 1, 1, 5]);
        // The three first, then the two, then the one: to the fold with fewer pages.
        assert_eq!(deal(&groups, 2), [1, 0, 1, 0, 0, 1]);
        assert_eq!(deal(&groups, 3), [1, 0, 1, 0, 0, 2]);
    }

    #[test]
    fn what_many_pages_have_is_no_template() {
        let pages: Vec<_> = (0..11).map(|n| page(&format!("p{n}x"), MENU)).collect();
        assert_eq!(groups_of(&pages), (0..11).collect::<Vec<_>>());
        assert_eq!(groups_of(&pages[..10]), [0; 10]);
    }
}
