//! A byte range of a page.

/// A byte range of a page's text, `start` included, `end` not; both lie on
/// character boundaries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First byte, counted from 0.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The range `start..end`.
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end);
        Self { start, end }
    }

    /// Length in bytes.
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// True if it holds no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The text it points at.
    pub fn of(self, text: &str) -> &str {
        &text[self.start..self.end]
    }

    /// The same range without white space at its ends.
    pub fn trim(self, text: &str) -> Self {
        let rest = self.of(text).trim_start();
        let start = self.end - rest.len();
        Self {
            start,
            end: start + rest.trim_end().len(),
        }
    }
}

/// Those of `all`, which are in order and apart, that share a byte with `range`.
pub(crate) fn overlapping<T>(all: &[T], range: Span, span_of: impl Fn(&T) -> Span) -> &[T] {
    let first = all.partition_point(|one| span_of(one).end <= range.start);
    let behind = &all[first..];
    &behind[..behind.partition_point(|one| span_of(one).start < range.end)]
}
