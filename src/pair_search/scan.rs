//! A text becomes places where anchors may stand, character by character.

use crate::pair_search::anchors::{continues, leads_three, pair_key, single_key};
use crate::pair_search::filter::Filters;

/// Calls `visit` with the key and the offset of each anchor that may stand in `text` from
/// the byte `from` on, in order. What it calls it with is not always one, but each one is there.
pub(super) fn scan(text: &str, from: usize, filters: &Filters, visit: &mut impl FnMut(u64, usize)) {
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        if leads_three(byte) {
            if filters.any_singles
                && let Some(&[a, b, c]) = bytes.get(at..at + 3)
                && filters.singles.passes([a, b, c])
            {
                visit(single_key([a, b, c]), at);
            }
            if let Some(&[a, b, c, d, e, f]) = bytes.get(at..at + 6)
                && leads_three(d)
            {
                let key = pair_key([a, b, c, d, e, f]);
                if filters.pairs.passes(key) {
                    visit(key, at);
                }
            }
            at += 3;
            continue;
        }
        if filters.any_bytes && !continues(byte) {
            filters.bytes.look(bytes, at, visit);
        }
        at += 1;
    }
}
