//! The pages of a row group of a Parquet file, on their way to the crate that decodes them. What
//! a page's header says of it is checked first, since the crate makes room for what it is told,
//! and unpacks gzip, Brotli and LZ4 as far as that goes: a few bytes may be gigabytes.
//!
//! What rows hold that are read at once is counted, and has an end: pages as they are unpacked,
//! and values of lists, of which one row may have any number.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parquet::arrow::arrow_reader::RowGroups;
use parquet::basic::{Compression, Encoding};
use parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;

use super::thrift::{Walk, zigzag};

/// How many bytes may be read before rows come of them. What is decoded of a page of the batch
/// before may stand beside it, and a page's bytes as they are packed.
#[derive(Clone, Debug)]
pub(super) struct Allowance {
    most: u64,
    /// The most that a page may be whose values are made of those before them.
    most_shared: u64,
    used: Arc<AtomicU64>,
}

impl Allowance {
    /// As much as fits pages of pages up to this limit, and what writers do by default.
    pub(super) fn for_pages_up_to(limit: usize) -> Self {
        const LEAST: u64 = 256 << 20;
        let limit = limit as u64;
        Self {
            most: limit.saturating_mul(ROWS).max(LEAST),
            most_shared: limit.max(LEAST / ROWS),
            used: Arc::default(),
        }
    }

    /// All of it is there again.
    pub(super) fn renew(&self) {
        self.used.store(0, Ordering::Relaxed);
    }

    fn take(&self, bytes: u64) -> Result<()> {
        let before = self.used.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > self.most {
            return Err(self.exceeded());
        }
        Ok(())
    }

    fn exceeded(&self) -> ParquetError {
        let most = self.most >> 20;
        ParquetError::General(format!(
            "a page of the file, or a few rows of it, take more than {most} MiB unpacked"
        ))
    }
}

/// The most rows that are read at once: none of them, as long as it is no longer than a page of
/// text may be, can take another one's share of the allowance.
pub(super) const ROWS: u64 = 16;

/// One row group.
pub(super) struct Group {
    pub(super) file: Arc<File>,
    pub(super) table: Arc<ParquetMetaData>,
    pub(super) number: usize,
    pub(super) allowance: Allowance,
}

impl Group {
    fn told(&self) -> &RowGroupMetaData {
        self.table.row_group(self.number)
    }
}

impl RowGroups for Group {
    fn num_rows(&self) -> usize {
        usize::try_from(self.told().num_rows()).unwrap_or(0)
    }

    fn column_chunks(&self, column: usize) -> Result<Box<dyn PageIterator>> {
        let chunk = self.told().column(column);
        let column = Column::of(chunk);
        if column.decoded.saturating_mul(ROWS) > self.allowance.most {
            return Err(self.allowance.exceeded());
        }
        let pages = Pages {
            offset: chunk.byte_range().0,
            end: chunk.byte_range().0 + chunk.byte_range().1,
            packing: chunk.compression(),
            column,
            file: Arc::clone(&self.file),
            inner: SerializedPageReader::new(Arc::clone(&self.file), chunk, self.num_rows(), None)?,
            allowance: self.allowance.clone(),
        };
        Ok(Box::new(Chunks(Some(pages))))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(std::iter::once(self.told()))
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.table
    }
}

/// The pieces of a column: one.
struct Chunks(Option<Pages>);

impl Iterator for Chunks {
    type Item = Result<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        let pages = self.0.take()?;
        Some(Ok(Box::new(pages)))
    }
}

impl PageIterator for Chunks {}

/// What of a column's type decides how its pages look.
struct Column {
    /// Rows may have many values.
    repeated: bool,
    nullable: bool,
    /// What a value takes at least in a page that lists all values, and what decoded.
    least: u64,
    decoded: u64,
}

impl Column {
    fn of(chunk: &ColumnChunkMetaData) -> Self {
        let column = chunk.column_descr();
        let length = u64::try_from(column.type_length()).unwrap_or(0);
        let (least, decoded) = match column.physical_type() {
            parquet::basic::Type::FIXED_LEN_BYTE_ARRAY => (length, length.max(16)),
            _ => (4, 16),
        };
        Self {
            repeated: column.max_rep_level() > 0,
            nullable: column.max_def_level() > 0,
            least,
            decoded,
        }
    }
}

/// The pages of a piece of a column.
struct Pages {
    inner: SerializedPageReader<File>,
    file: Arc<File>,
    /// Where the header of the next page begins, and where the piece ends.
    offset: u64,
    end: u64,
    packing: Compression,
    column: Column,
    allowance: Allowance,
}

/// What the header of a page says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header {
    /// Its own length.
    len: u64,
    kind: Kind,
    unpacked: u64,
    packed: u64,
    values: u64,
    /// How many bytes at the beginning are not packed.
    levels: u64,
    is_packed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Data,
    Dictionary,
    /// Passed by the crate.
    Index,
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        self.check()?;
        let page = self.inner.get_next_page()?;
        if let Some(page) = &page {
            self.check_lengths(page)?;
        }
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.inner.peek_next_page()
    }

    /// Rows are read from first to last.
    fn skip_next_page(&mut self) -> Result<()> {
        Err(broken("pages are not passed"))
    }
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

fn broken(what: &str) -> ParquetError {
    ParquetError::General(what.into())
}

impl Pages {
    /// Checks the next page that is not an index.
    fn check(&mut self) -> Result<()> {
        while self.offset < self.end {
            let Some(header) = self.header()? else {
                // The crate has words for it.
                return Ok(());
            };
            let start = self.offset + header.len;
            self.offset = start.saturating_add(header.packed);
            if header.kind == Kind::Index {
                continue;
            }
            if self.offset > self.end.min(self.file.len()) {
                return Err(broken("a page is longer than the file has room for"));
            }
            self.allowance.take(self.cost(header)?)?;
            return self.check_unpacked(header, start + header.levels);
        }
        Ok(())
    }

    /// The header of the page that begins here; `None` if it is none.
    fn header(&self) -> Result<Option<Header>> {
        /// Statistics may hold two values as long as pages.
        const LONGEST: u64 = 64 << 20;
        let mut want = 1 << 10;
        loop {
            let mut bytes = Vec::new();
            let most = (self.end - self.offset).min(want);
            self.file
                .get_read(self.offset)?
                .take(most)
                .read_to_end(&mut bytes)?;
            let header = Header::read(&bytes);
            if header.is_some() || (bytes.len() as u64) < want || want >= LONGEST {
                return Ok(header);
            }
            want *= 8;
        }
    }

    /// What it takes to hold the page.
    fn cost(&self, header: Header) -> Result<u64> {
        let values = header.values.saturating_mul(self.column.decoded);
        match header.kind {
            Kind::Dictionary
                if header.values.saturating_mul(self.column.least) > header.unpacked =>
            {
                Err(broken("a dictionary has fewer values than it says"))
            }
            Kind::Dictionary => Ok(header.unpacked.saturating_add(values)),
            _ if self.column.repeated => Ok(header.unpacked.saturating_add(values)),
            _ => Ok(header.unpacked),
        }
    }

    /// Checks that a page holds no more than it says, where the crate would unpack it all. That
    /// unpacks it twice; in what most files are packed with (Snappy, Zstandard) it does not.
    fn check_unpacked(&self, header: Header, start: u64) -> Result<()> {
        let told = header.unpacked.saturating_sub(header.levels);
        let packed = header.packed.saturating_sub(header.levels);
        if !header.is_packed {
            return Ok(());
        }
        let bytes = || self.file.get_read(start).map(|file| file.take(packed));
        let found = match self.packing {
            Compression::GZIP(_) => count(flate2::read::MultiGzDecoder::new(bytes()?), told)?,
            Compression::BROTLI(_) => {
                count(brotli_decompressor::Decompressor::new(bytes()?, 4096), told)?
            }
            // A byte makes 255 at most.
            Compression::LZ4 if is_frame(bytes()?)? => {
                let most = packed.saturating_mul(255);
                return if most > self.allowance.most {
                    Err(self.allowance.exceeded())
                } else {
                    Ok(())
                };
            }
            _ => told,
        };
        if found > told {
            return Err(broken("a page holds more than it says"));
        }
        Ok(())
    }

    /// Checks the numbers of lengths that stand before the values of some pages.
    fn check_lengths(&self, page: &Page) -> Result<()> {
        let encoding = page.encoding();
        let shared = encoding == Encoding::DELTA_BYTE_ARRAY;
        if !shared && encoding != Encoding::DELTA_LENGTH_BYTE_ARRAY {
            return Ok(());
        }
        if shared && page.buffer().len() as u64 > self.allowance.most_shared {
            return Err(self.allowance.exceeded());
        }
        let values = self
            .values(page)
            .ok_or_else(|| broken("a page is shorter than it says"))?;
        let mut walk = Walk::new(values);
        for _ in 0..=usize::from(shared) {
            let told =
                pass_lengths(&mut walk).ok_or_else(|| broken("a page is shorter than it says"))?;
            if told > u64::from(page.num_values()) {
                return Err(broken("a page has fewer values than it says"));
            }
            self.allowance.take(told.saturating_mul(4))?;
        }
        Ok(())
    }

    /// The values of a page, behind their levels.
    fn values<'p>(&self, page: &'p Page) -> Option<&'p [u8]> {
        let bytes: &[u8] = page.buffer();
        if let Page::DataPageV2 {
            def_levels_byte_len,
            rep_levels_byte_len,
            ..
        } = page
        {
            let levels = u64::from(*def_levels_byte_len) + u64::from(*rep_levels_byte_len);
            return bytes.get(usize::try_from(levels).ok()?..);
        }
        let mut rest = bytes;
        for levels in [self.column.repeated, self.column.nullable] {
            if levels {
                let len = rest.first_chunk().map(|len| u32::from_le_bytes(*len))?;
                rest = rest.get(4..)?.get(usize::try_from(len).ok()?..)?;
            }
        }
        Some(rest)
    }
}

/// How much is unpacked, of which one byte more than told is enough to know.
fn count(unpacked: impl Read, told: u64) -> Result<u64> {
    Ok(io::copy(
        &mut unpacked.take(told.saturating_add(1)),
        &mut io::sink(),
    )?)
}

/// True for LZ4 as its own format has it, which is what Parquet once had.
fn is_frame(mut packed: impl Read) -> Result<bool> {
    let mut magic = Vec::new();
    packed.by_ref().take(4).read_to_end(&mut magic)?;
    Ok(magic == [0x04, 0x22, 0x4d, 0x18])
}

/// Passes numbers that are packed as differences; how many there are by what they say.
fn pass_lengths(walk: &mut Walk<'_>) -> Option<u64> {
    let block = walk.number()?;
    let parts = walk.number()?;
    let told = walk.number()?;
    walk.number()?;
    let part = block.checked_div(parts).filter(|&part| part >= 32)?;
    // The first stands in the header.
    let mut left = told.saturating_sub(1);
    while left > 0 {
        walk.number()?;
        let widths = walk.bytes(usize::try_from(parts).ok()?)?;
        for &width in widths {
            // Widths of parts that hold nothing say nothing.
            if left > 0 {
                let bytes = u64::from(width).checked_mul(part)? / 8;
                walk.bytes(usize::try_from(bytes).ok()?)?;
            }
            left = left.saturating_sub(part);
        }
    }
    Some(told)
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Self> {
        /// Fields of `PageHeader`, and of the structs in it.
        const TYPE: i16 = 1;
        const UNPACKED: i16 = 2;
        const PACKED: i16 = 3;
        const DATA: i16 = 5;
        const DICTIONARY: i16 = 7;
        const DATA_V2: i16 = 8;
        const VALUES: usize = 1;
        const LEVELS: [usize; 2] = [5, 6];
        const IS_PACKED: usize = 7;
        const FIELDS: usize = 8;
        let mut walk = Walk::new(bytes);
        let (mut kind, mut unpacked, mut packed) = (None, None, None);
        let (mut data, mut dictionary, mut data_v2) = (None, None, None);
        let mut field = 0;
        loop {
            match (walk.field(&mut field)?, field) {
                (Walk::STOP, _) => break,
                (Walk::I32, TYPE) => kind = Some(zigzag(walk.number()?)),
                (Walk::I32, UNPACKED) => unpacked = u64::try_from(zigzag(walk.number()?)).ok(),
                (Walk::I32, PACKED) => packed = u64::try_from(zigzag(walk.number()?)).ok(),
                (Walk::STRUCT, DATA) => data = Some(walk.integers::<FIELDS>()?),
                (Walk::STRUCT, DICTIONARY) => dictionary = Some(walk.integers::<FIELDS>()?),
                (Walk::STRUCT, DATA_V2) => data_v2 = Some(walk.integers::<FIELDS>()?),
                (other, _) => walk.skip(other)?,
            }
        }
        let (kind, told) = match kind? {
            0 => (Kind::Data, data),
            2 => (Kind::Dictionary, dictionary),
            3 => (Kind::Data, data_v2),
            _ => (Kind::Index, None),
        };
        let number = |told: Option<[Option<i64>; FIELDS]>, at: usize| {
            told.and_then(|told| u64::try_from(told[at]?).ok())
        };
        Some(Self {
            len: (bytes.len() - walk.left()) as u64,
            kind,
            unpacked: unpacked?,
            packed: packed?,
            values: number(told, VALUES).unwrap_or(0),
            // The crate looks at these whatever the kind of the page is.
            levels: number(data_v2, LEVELS[0]).unwrap_or(0)
                + number(data_v2, LEVELS[1]).unwrap_or(0),
            is_packed: number(data_v2, IS_PACKED) != Some(0),
        })
    }
}
