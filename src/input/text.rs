//! A file that is one page. Of text the bytes, decoded, are the page; nothing else is changed,
//! line ends stay as they are.

use std::sync::Arc;

use super::block::{Block, Form, Item};
use super::compress::Stream;
use super::decode::{Charset, decode};
use crate::page::Page;

/// Takes all of `stream` as one page, to be read as `form`.
pub(super) fn read(
    path: &Arc<str>,
    mut stream: Stream,
    mut form: Form,
    limit: usize,
    block: &mut Block,
) {
    let start = block.bytes.len();
    let read = stream.append(&mut block.bytes, limit.saturating_add(1));
    if let Err(error) = read {
        let fault = error.to_string().into();
        form = Form::Bad { fault, cut: true };
    }
    if block.bytes.len() - start > limit {
        block.bytes.truncate(start + limit);
        form = super::over(limit);
    }
    let (path, end) = (Arc::clone(path), block.bytes.len());
    let item = Item {
        path,
        record: 0,
        contained: false,
        offset: Some(0),
        start,
        end,
        form,
        said: None,
    };
    block.items.push(item);
}

/// Fills the page from a document's bytes; `declared` is what stands outside of it.
pub(super) fn parse(
    bytes: &[u8],
    declared: Option<Charset>,
    forced: Option<Charset>,
    page: &mut Page,
) {
    let decoded = decode(bytes, declared, forced, &mut page.text);
    page.source.charset = decoded.charset;
    page.source.replaced = decoded.replaced;
}
