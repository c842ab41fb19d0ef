//! A file that is one page: its bytes, decoded, nothing else changed. Line ends stay as
//! they are; only an encoding mark at the start is gone before this stage.

use std::sync::Arc;

use super::block::{Block, Form, Item};
use super::compress::Stream;
use super::decode::decode;
use crate::page::Page;

/// Takes the rest of `stream`, which starts at byte `offset` of the file, as one page.
pub(super) fn read(
    path: &Arc<str>,
    offset: u64,
    mut stream: Stream,
    limit: usize,
    block: &mut Block,
) {
    let start = block.bytes.len();
    let read = stream.append(&mut block.bytes, limit.saturating_add(1));
    let mut form = match read {
        Ok(_) => Form::Text,
        Err(error) => Form::Bad {
            reason: error.to_string(),
            cut: true,
        },
    };
    if block.bytes.len() - start > limit {
        block.bytes.truncate(start + limit);
        form = super::over(limit);
    }
    let (path, end) = (Arc::clone(path), block.bytes.len());
    let item = Item {
        path,
        record: 0,
        contained: false,
        offset: Some(offset),
        start,
        end,
        form,
    };
    block.items.push(item);
}

/// Fills the page from a file's bytes.
pub(super) fn parse(bytes: &[u8], page: &mut Page) {
    let decoded = decode(bytes, &mut page.text);
    page.source.charset = decoded.charset;
    page.source.replaced = decoded.replaced;
}
