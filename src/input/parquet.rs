//! A Parquet file: a table, of which a row is a page and a column its text. [`Rows`] reads
//! the wanted columns, in the reading thread, a few rows at a time.
//!
//! A row group that cannot be read costs itself, from the row on that is broken; the next
//! one is read again. What the file says of itself is not believed: the number of rows that
//! come is compared with the number that was told, and a panic of the crate that reads is
//! one more error.

use std::fmt::Display;
use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::{Array, BinaryViewArray, RecordBatch, StringViewArray, new_empty_array};
use arrow_json::EncoderOptions;
use arrow_json::writer::{NullableEncoder, make_encoder};
use arrow_schema::{DataType, Field, FieldRef, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};

use super::block::{Block, Form, Item, Said};
use super::compress::Stream;
use super::decode::decode_utf8;
use super::{Fields, Meter, footer, html, jsonl};
use crate::error::panic_message;
use crate::page::Page;

/// The most rows read at once. Texts are not copied for it, but the pieces of the file in
/// which they stand are held unpacked.
const ROWS: usize = 32;

/// How many bytes these rows should have together, by the mean of their group.
const BYTES: usize = 4 << 20;

/// Copies a stream into a file without a name, which the system takes away when it is
/// closed: the table of contents of a Parquet file stands at its end.
pub(super) fn spool(mut stream: Stream) -> Result<File, String> {
    let mut file = tempfile::tempfile()
        .map_err(|error| format!("no temporary file to unpack Parquet into: {error}"))?;
    io::copy(&mut stream, &mut file).map_err(|error| error.to_string())?;
    Ok(file)
}

/// Fills the page from a value that is text by its column's type, so that there is no
/// charset to be told.
pub(super) fn parse(value: &[u8], is_html: bool, page: &mut Page) {
    if is_html {
        let mut source = String::with_capacity(value.len());
        page.source.replaced = decode_utf8(value, &mut source).replaced;
        html::parse_str(&source, page);
    } else {
        page.source.replaced = decode_utf8(value, &mut page.text).replaced;
    }
}

/// A Parquet file that is being cut.
pub(super) struct Rows {
    path: Arc<str>,
    fields: Arc<Fields>,
    limit: usize,
    file: File,
    table: ArrowReaderMetadata,
    wanted: ProjectionMask,
    /// The row group that is read next.
    next_group: usize,
    /// Number of its first row, by what the file tells of those before it.
    start: u64,
    /// What is read of the one before it.
    reader: Option<ParquetRecordBatchReader>,
    /// How many rows the reader has given.
    given: u64,
    /// Rows that have been read, and the one that comes next.
    batch: RecordBatch,
    row: usize,
    /// Number of the row in the file.
    record: u64,
    meter: Meter,
}

impl Rows {
    /// Reads the file's table of contents and finds the columns.
    ///
    /// The error is the whole file's.
    pub(super) fn open(
        path: Arc<str>,
        file: File,
        fields: Arc<Fields>,
        limit: usize,
    ) -> Result<Self, String> {
        guard(move || {
            let (table, wanted) = open_table(&file, &fields)?;
            let batch = RecordBatch::new_empty(Arc::new(Schema::empty()));
            Ok(Self {
                path,
                fields,
                limit,
                file,
                table,
                wanted,
                next_group: 0,
                start: 0,
                reader: None,
                given: 0,
                batch,
                row: 0,
                record: 0,
                meter: Meter::default(),
            })
        })
    }

    /// Counts the file's bytes on this meter, for each row as if all were of one size: it is not
    /// read from its beginning to its end.
    pub(super) fn counted(self, meter: Meter) -> Self {
        Self { meter, ..self }
    }

    fn count(&self, read: usize) {
        let all = rows(self.table.metadata().file_metadata().num_rows());
        let size = self.file.metadata().map_or(0, |data| data.len());
        let share = u128::from(size) * read as u128 / u128::from(all.max(1));
        self.meter.add(u64::try_from(share).unwrap_or(size));
    }

    /// Adds rows until the block is full. False at the end of the file.
    pub(super) fn fill(&mut self, block: &mut Block) -> bool {
        while !block.is_full() {
            match guard(|| self.step(block)) {
                Ok(true) => {}
                Ok(false) => return false,
                Err(reason) => self.fail(reason, block),
            }
        }
        true
    }

    /// Puts rows into the block that are at hand, else reads more. False at the end.
    fn step(&mut self, block: &mut Block) -> Result<bool, String> {
        if self.row < self.batch.num_rows() {
            self.cut(block)?;
            return Ok(true);
        }
        let Some(reader) = &mut self.reader else {
            return self.open_group();
        };
        match reader.next() {
            Some(batch) => {
                self.batch = batch.map_err(|error| told(&error))?;
                self.given += self.batch.num_rows() as u64;
                self.row = 0;
                self.count(self.batch.num_rows());
            }
            None => self.close_group()?,
        }
        Ok(true)
    }

    /// Starts the next row group. False if there is none.
    fn open_group(&mut self) -> Result<bool, String> {
        let groups = self.table.metadata().row_groups();
        let Some(group) = groups.get(self.next_group) else {
            return Ok(false);
        };
        let number = self.next_group;
        // Rows keep their numbers, even if those before them were lost.
        self.record = self.record.max(self.start);
        self.start += rows(group.num_rows());
        self.next_group += 1;
        self.given = 0;
        let mean = rows(group.total_byte_size()) / rows(group.num_rows()).max(1);
        let batch = (BYTES as u64 / mean.max(1)).clamp(1, ROWS as u64);
        let file = self.file.try_clone().map_err(|error| error.to_string())?;
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.table.clone())
            .with_projection(self.wanted.clone())
            .with_row_groups(vec![number])
            .with_batch_size(usize::try_from(batch).unwrap_or(1))
            .build();
        self.reader = Some(reader.map_err(|error| told(&error))?);
        Ok(true)
    }

    /// Ends a row group, of which all rows should have come.
    fn close_group(&mut self) -> Result<(), String> {
        self.reader = None;
        let told = rows(
            self.table
                .metadata()
                .row_group(self.next_group - 1)
                .num_rows(),
        );
        if told == self.given {
            return Ok(());
        }
        Err(format!(
            "it holds {} rows, not {told} as the file says",
            self.given
        ))
    }

    /// Makes an error of what is left of a row group.
    fn fail(&mut self, reason: String, block: &mut Block) {
        self.reader = None;
        self.row = self.batch.num_rows();
        let group = self.next_group.saturating_sub(1);
        let reason = format!("row group {group}: {reason}");
        self.put(&[], Form::Bad { reason, cut: true }, None, block);
    }

    /// Puts rows into the block until that is full.
    fn cut(&mut self, block: &mut Block) -> Result<(), String> {
        let batch = self.batch.clone();
        let options = options();
        let mut cells = Cells::new(&batch, &self.fields, &options)?;
        while self.row < batch.num_rows() && !block.is_full() {
            let row = self.row;
            self.row += 1;
            let mut said = cells.said(row);
            let beside = said.input.iter().map(|(_, value)| value.len()).sum();
            let (bytes, form) = self.page(&cells, row, beside);
            match form {
                Form::Bad { .. } => said.input.clear(),
                _ => block.hold(beside),
            }
            self.put(bytes, form, Some(Box::new(said)), block);
        }
        Ok(())
    }

    /// The page in a row with so many bytes of kept values, and how it is to be read.
    fn page<'c>(&self, cells: &Cells<'c>, row: usize, beside: usize) -> (&'c [u8], Form) {
        let is_html = self.fields.html.is_some();
        match cells.text(row) {
            None if !self.fields.needed && beside > self.limit => (&[], super::over(self.limit)),
            None if !self.fields.needed => (&[], Form::Cell { is_html: false }),
            None => {
                let reason = format!("field `{}` is null, not a string", self.fields.page());
                (&[], Form::Bad { reason, cut: false })
            }
            Some(bytes) if bytes.len().saturating_add(beside) > self.limit => {
                let some = &bytes[..bytes.len().min(self.limit)];
                (some, super::over(self.limit))
            }
            Some(bytes) if cells.is_string() => (bytes, Form::Cell { is_html }),
            Some(bytes) if is_html => (bytes, Form::Html),
            Some(bytes) => (bytes, Form::Text),
        }
    }

    fn put(&mut self, bytes: &[u8], form: Form, said: Option<Box<Said>>, block: &mut Block) {
        let start = block.bytes.len();
        block.bytes.extend_from_slice(bytes);
        block.items.push(Item {
            path: Arc::clone(&self.path),
            record: self.record,
            contained: true,
            offset: None,
            start,
            end: block.bytes.len(),
            form,
            said,
        });
        self.record += 1;
    }
}

/// Calls into the crates that read. They are written to return errors, but a made-up file has
/// made them panic before, and one file must not cost a run.
fn guard<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(format!("broken Parquet: {}", panic_message(&*panic))))
}

/// What an error says, without the names of the crates that it went through.
fn told(error: &impl Display) -> String {
    let message = error.to_string();
    let mut rest = message.as_str();
    for wrapping in [
        "Parquet argument error: ",
        "Arrow: ",
        "Parquet error: ",
        "External: ",
        "EOF: ",
    ] {
        rest = rest.strip_prefix(wrapping).unwrap_or(rest);
    }
    rest.to_owned()
}

/// The same of a file that cannot be read at all.
fn unreadable(error: &impl Display) -> String {
    format!("unreadable Parquet: {}", told(error))
}

/// A number that a file tells, which must not be believed to be one.
fn rows(told: i64) -> u64 {
    // Small enough that sums of them fit.
    u64::try_from(told).unwrap_or(0).min(1 << 40)
}

/// The table of contents, and which columns of it to read.
fn open_table(
    file: &File,
    fields: &Fields,
) -> Result<(ArrowReaderMetadata, ProjectionMask), String> {
    footer::check(file)?;
    // The Arrow schema that some writers put in says nothing that is of use here.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let table = ArrowReaderMetadata::load(file, options).map_err(|error| unreadable(&error))?;
    let text = text_column(table.schema(), fields)?;
    let columns = table.schema().fields();
    let mut wanted = Vec::new();
    for (number, column) in columns.iter().enumerate() {
        let name = column.name().as_str();
        let keep = fields.keep.wants(name, fields.page());
        if keep || name == fields.id || name == fields.url {
            check(column)?;
        }
        if keep || Some(number) == text || name == fields.id || name == fields.url {
            wanted.push(number);
        }
    }
    count_rows(&table)?;
    let wanted = ProjectionMask::roots(table.parquet_schema(), wanted);
    let columns: Vec<_> = columns
        .iter()
        .map(|column| Arc::new(suited(column)))
        .collect();
    let options = ArrowReaderOptions::new().with_schema(Arc::new(Schema::new(columns)));
    let table = ArrowReaderMetadata::try_new(Arc::clone(table.metadata()), options);
    Ok((table.map_err(|error| unreadable(&error))?, wanted))
}

/// Rows would be lost in silence where the file's sum is too low.
fn count_rows(table: &ArrowReaderMetadata) -> Result<(), String> {
    let groups = table.metadata().row_groups();
    let sum: u64 = groups.iter().map(|group| rows(group.num_rows())).sum();
    let told = rows(table.metadata().file_metadata().num_rows());
    if sum == told {
        return Ok(());
    }
    Err(format!(
        "broken Parquet: {told} rows, but {sum} in its row groups"
    ))
}

/// The number of the column that holds the page; none where none is needed.
fn text_column(schema: &Schema, fields: &Fields) -> Result<Option<usize>, String> {
    let name = fields.page();
    let columns = schema.fields();
    let Some(number) = columns.iter().position(|column| column.name() == name) else {
        if !fields.needed {
            return Ok(None);
        }
        let names: Vec<_> = columns
            .iter()
            .map(|column| column.name().as_str())
            .collect();
        return Err(format!(
            "no column `{name}`; there are: {}",
            names.join(", ")
        ));
    };
    match columns[number].data_type() {
        DataType::Utf8 | DataType::Binary | DataType::Null => Ok(Some(number)),
        other => Err(format!("column `{name}` is {other}, not a string")),
    }
}

/// An error if values of the column cannot be written as JSON.
fn check(column: &FieldRef) -> Result<(), String> {
    let column = Arc::new(suited(column));
    let (none, options) = (new_empty_array(column.data_type()), options());
    let made = make_encoder(&column, &none, &options);
    made.map(drop)
        .map_err(|error| format!("column `{}` cannot be kept: {error}", column.name()))
}

/// The column as it is to be read: strings where they stand in the file's pieces, so that a
/// string that comes a thousand times is there once.
fn suited(column: &Field) -> Field {
    let kind = match column.data_type() {
        DataType::Utf8 => DataType::Utf8View,
        DataType::Binary => DataType::BinaryView,
        other => with_offset(other),
    };
    column.clone().with_data_type(kind)
}

/// The type with each time zone, which in Parquet is none or UTC, written as an offset: names
/// of zones would need a table of them.
fn with_offset(kind: &DataType) -> DataType {
    let inner = |field: &FieldRef| {
        let kind = with_offset(field.data_type());
        Arc::new(field.as_ref().clone().with_data_type(kind))
    };
    match kind {
        DataType::Timestamp(unit, Some(_)) => DataType::Timestamp(*unit, Some("+00:00".into())),
        DataType::List(field) => DataType::List(inner(field)),
        DataType::Map(field, sorted) => DataType::Map(inner(field), *sorted),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(inner).collect()),
        other => other.clone(),
    }
}

/// A null is as good a value as any in the fields that are kept.
fn options() -> EncoderOptions {
    EncoderOptions::default().with_explicit_nulls(true)
}

/// The columns of some rows.
struct Cells<'b> {
    text: Text<'b>,
    id: Option<Name<'b>>,
    url: Option<Name<'b>>,
    kept: Vec<(&'b str, Cell<'b>)>,
    json: Vec<u8>,
}

enum Text<'b> {
    String(&'b StringViewArray),
    Bytes(&'b BinaryViewArray),
    Null,
}

impl<'b> Cells<'b> {
    fn new(
        batch: &'b RecordBatch,
        fields: &Fields,
        options: &'b EncoderOptions,
    ) -> Result<Self, String> {
        let schema = batch.schema_ref();
        let name = |name: &str| {
            let Some((number, field)) = schema.fields().find(name) else {
                return Ok(None);
            };
            Name::new(field, batch.column(number).as_ref(), options).map(Some)
        };
        let mut kept = Vec::new();
        for (field, column) in schema.fields().iter().zip(batch.columns()) {
            if fields.keep.wants(field.name(), fields.page()) {
                let cell = Cell::new(field, column.as_ref(), options)?;
                kept.push((field.name().as_str(), cell));
            }
        }
        let text = batch.column_by_name(fields.page());
        Ok(Self {
            text: text.map_or(Text::Null, |column| Text::new(column.as_ref())),
            id: name(&fields.id)?,
            url: name(&fields.url)?,
            kept,
            json: Vec::new(),
        })
    }

    /// The page; `None` for null.
    fn text(&self, row: usize) -> Option<&'b [u8]> {
        match self.text {
            Text::String(column) => column.is_valid(row).then(|| column.value(row).as_bytes()),
            Text::Bytes(column) => column.is_valid(row).then(|| column.value(row)),
            Text::Null => None,
        }
    }

    fn is_string(&self) -> bool {
        matches!(self.text, Text::String(_))
    }

    /// What the row says beside the page.
    fn said(&mut self, row: usize) -> Said {
        let json = &mut self.json;
        let id = self.id.as_mut().map(|id| id.text(row, json));
        let url = self.url.as_mut().map(|url| url.text(row, json));
        let kept = self.kept.iter_mut();
        let input = kept.map(|(name, cell)| ((*name).to_owned(), cell.json(row, json).to_owned()));
        Said {
            id,
            url,
            input: input.collect(),
            ..Said::default()
        }
    }
}

impl<'b> Text<'b> {
    fn new(column: &'b dyn Array) -> Self {
        if let Some(strings) = column.as_string_view_opt() {
            Self::String(strings)
        } else if let Some(bytes) = column.as_binary_view_opt() {
            Self::Bytes(bytes)
        } else {
            Self::Null
        }
    }
}

/// A column of ids or addresses.
enum Name<'b> {
    /// Bytes of no told type; old writers do not say of strings that they are some.
    Bytes(&'b BinaryViewArray),
    Cell(Cell<'b>),
}

impl<'b> Name<'b> {
    fn new(
        field: &'b FieldRef,
        column: &'b dyn Array,
        options: &'b EncoderOptions,
    ) -> Result<Self, String> {
        match column.as_binary_view_opt() {
            Some(bytes) => Ok(Self::Bytes(bytes)),
            None => Cell::new(field, column, options).map(Self::Cell),
        }
    }

    /// As [`jsonl::fill_name`] has it: nothing for null.
    fn text(&mut self, row: usize, buffer: &mut Vec<u8>) -> String {
        let mut text = String::new();
        match self {
            Self::Bytes(column) if column.is_null(row) => {}
            Self::Bytes(column) => text.push_str(&String::from_utf8_lossy(column.value(row))),
            Self::Cell(cell) => jsonl::fill_name(cell.json(row, buffer), &mut text),
        }
        text
    }
}

/// A column whose values are written as JSON: bytes in hexadecimal, times as RFC 3339 has them.
struct Cell<'b>(NullableEncoder<'b>);

impl<'b> Cell<'b> {
    fn new(
        field: &'b FieldRef,
        column: &'b dyn Array,
        options: &'b EncoderOptions,
    ) -> Result<Self, String> {
        let encoder = make_encoder(field, column, options);
        encoder.map(Self).map_err(|error| error.to_string())
    }

    /// The value as JSON, in `buffer`.
    fn json<'j>(&mut self, row: usize, buffer: &'j mut Vec<u8>) -> &'j str {
        buffer.clear();
        if !self.0.is_null(row) {
            self.0.encode(row, buffer);
        }
        // Nothing else than UTF-8 is written; if it were, nothing would be better than that.
        match super::decode::utf8(buffer) {
            Some(json) if !json.is_empty() => json,
            _ => "null",
        }
    }
}
