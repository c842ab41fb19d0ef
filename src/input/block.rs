//! What the reading thread hands to a worker: raw bytes, and where each page lies in them.

use std::ops::Range;
use std::sync::Arc;

use super::decode::Charset;
use super::http::Coding;
use crate::page::{Fault, Source, Warc};

/// Raw bytes of whole pages. A block is recycled: cleared, filled again, never rebuilt.
#[derive(Debug, Default)]
pub(crate) struct Block {
    pub(super) bytes: Vec<u8>,
    pub(super) items: Vec<Item>,
    /// How many bytes are enough.
    target: usize,
    /// How many the items hold beside these.
    beside: usize,
}

/// One page, not yet looked into.
#[derive(Debug)]
pub(crate) struct Item {
    pub(super) path: Arc<str>,
    /// Number of the page in its file.
    pub(super) record: u64,
    /// True if its file can hold more than one page.
    pub(super) contained: bool,
    /// Where the page starts in its file, decompressed; `None` if that was not opened, or
    /// a page is not in one place there.
    pub(super) offset: Option<u64>,
    /// Where its bytes stand in the block.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) form: Form,
    /// What its container says of the page, if it says anything.
    pub(super) said: Option<Box<Said>>,
}

/// What a container says of a page, beside its bytes.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Where in the item's bytes the page itself is, if it is not all of them.
    pub(super) body: Option<Range<usize>>,
    pub(super) id: Option<String>,
    pub(super) url: Option<String>,
    pub(super) warc: Option<Box<Warc>>,
    /// What the bytes were decoded from already, on their way here.
    pub(super) transcoded: Option<Charset>,
    /// Undecodable sequences that became U+FFFD in what the container says.
    pub(super) replaced: u64,
    /// The charset that a header declares.
    pub(super) charset: Option<Charset>,
    /// What the bytes are packed with, the outermost last.
    pub(super) codings: Vec<Coding>,
    /// The page's own fields that are to be kept, as [`crate::Page::input`].
    pub(super) input: Vec<(String, String)>,
}

/// How an item's bytes are to be read.
#[derive(Debug)]
pub(super) enum Form {
    Text,
    Html,
    Json,
    /// The text or HTML itself, a string by its column's type.
    #[cfg(feature = "parquet")]
    Cell {
        is_html: bool,
    },
    /// Not at all, for this reason. `cut` if the bytes are not the whole page.
    Bad {
        fault: Fault,
        cut: bool,
    },
}

/// More pages than this are not put into one block, however small they are.
const ITEMS: usize = 8192;

impl Block {
    pub(crate) fn new(target: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(target),
            items: Vec::new(),
            target,
            beside: 0,
        }
    }

    /// Sets how many bytes are enough.
    pub(crate) fn aim(&mut self, target: usize) {
        self.target = target;
    }

    /// Empties it. The memory is kept, unless a page far over the target has blown it up.
    pub(crate) fn clear(&mut self) {
        self.items.clear();
        self.bytes.clear();
        self.beside = 0;
        self.bytes.shrink_to(self.target * 2);
    }

    pub(crate) fn items(&self) -> &[Item] {
        &self.items
    }

    /// How many bytes are enough.
    pub(crate) fn target(&self) -> usize {
        self.target
    }

    /// Counts bytes that an item holds by itself.
    #[cfg(feature = "parquet")]
    pub(super) fn hold(&mut self, bytes: usize) {
        self.beside += bytes;
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() + self.beside >= self.target || self.items.len() >= ITEMS
    }

    /// How many bytes to read next: what is missing to the target, and for a line that
    /// outgrows it as much again as there is of the line, up to the limit.
    pub(super) fn wanted(&self, line: usize, limit: usize) -> usize {
        let missing = self.target.saturating_sub(self.bytes.len());
        let rest = limit.saturating_add(2).saturating_sub(line);
        missing.max(line.min(rest)).max(64 * 1024)
    }

    /// The raw bytes of an item of this block.
    pub(crate) fn raw(&self, item: &Item) -> &[u8] {
        &self.bytes[item.start..item.end]
    }
}

impl Item {
    /// How many bytes of input the page takes.
    pub(crate) fn len(&self) -> usize {
        self.end - self.start
    }

    /// Where the page is read, as far as that is known before it is decoded.
    pub(super) fn source(&self) -> Source {
        Source {
            path: Arc::clone(&self.path),
            record: self.record,
            warc: self.said.as_ref().and_then(|said| said.warc.clone()),
            ..Source::default()
        }
    }

    /// The id of a page that brings none.
    pub(super) fn default_id(&self, id: &mut String) {
        use std::fmt::Write as _;
        id.push_str(&self.path);
        if self.contained {
            // Writing to a string cannot fail.
            let _ = write!(id, "#{}", self.record);
        }
    }
}
