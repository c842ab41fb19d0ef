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
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::{Array, BinaryViewArray, RecordBatch, new_empty_array};
use arrow_json::EncoderOptions;
use arrow_json::writer::{NullableEncoder, make_encoder};
use arrow_schema::{DataType, Field, FieldRef, Schema};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
};
use parquet::arrow::{FieldLevels, ProjectionMask, parquet_to_arrow_field_levels};
use parquet::file::metadata::ParquetMetaData;
use parquet::schema::types::{SchemaDescriptor, Type, TypePtr};

use super::block::{Block, Form, Item, Said};
use super::compress::Stream;
use super::decode::decode_utf8;
use super::pages::{Allowance, Group, ROWS};
use super::{Fields, Meter, footer, html, jsonl};
use crate::error::panic_message;
use crate::page::{Fault, Page, PageErrorKind};

/// How many bytes the rows that are read at once should have together, by the mean of their
/// group. Texts are not copied for it, but the pieces of the file in which they stand are held
/// unpacked.
const BYTES: u64 = 4 << 20;

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
    file: Arc<File>,
    table: Arc<ParquetMetaData>,
    columns: Columns,
    allowance: Allowance,
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
            let (table, columns) = open_table(&file, &fields)?;
            let batch = RecordBatch::new_empty(Arc::new(Schema::empty()));
            Ok(Self {
                path,
                fields,
                limit,
                file: Arc::new(file),
                table,
                columns,
                allowance: Allowance::for_pages_up_to(limit),
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
        let all = rows(self.table.file_metadata().num_rows());
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
        self.allowance.renew();
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
        let groups = self.table.row_groups();
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
        let batch = (BYTES / mean.max(1)).clamp(1, ROWS);
        let group = Group {
            file: Arc::clone(&self.file),
            table: Arc::clone(&self.table),
            number,
            allowance: self.allowance.clone(),
        };
        let (levels, batch) = (&self.columns.levels, usize::try_from(batch).unwrap_or(1));
        let reader = ParquetRecordBatchReader::try_new_with_row_groups(levels, &group, batch, None);
        self.reader = Some(reader.map_err(|error| told(&error))?);
        Ok(true)
    }

    /// Ends a row group, of which all rows should have come.
    fn close_group(&mut self) -> Result<(), String> {
        self.reader = None;
        let told = rows(self.table.row_group(self.next_group - 1).num_rows());
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
        let fault = format!("row group {group}: {reason}").into();
        self.put(&[], Form::Bad { fault, cut: true }, None, block);
    }

    /// Puts rows into the block until that is full.
    fn cut(&mut self, block: &mut Block) -> Result<(), String> {
        let batch = self.batch.clone();
        let options = options();
        let mut cells = Cells::new(&batch, &self.fields, &self.columns.strings, &options)?;
        while self.row < batch.num_rows() && !block.is_full() {
            let row = self.row;
            self.row += 1;
            if cells.beside(row) > self.limit {
                self.put(&[], super::over(self.limit), None, block);
                continue;
            }
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
                let fault = Fault::new(PageErrorKind::NoText, reason);
                (&[], Form::Bad { fault, cut: false })
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

/// How the wanted columns are read.
struct Columns {
    levels: FieldLevels,
    /// Columns that are strings by their type. They are read as bytes: one that is not UTF-8
    /// must not cost all rows of its group.
    strings: Vec<String>,
}

/// The table of contents, and how to read what is wanted of it.
fn open_table(file: &File, fields: &Fields) -> Result<(Arc<ParquetMetaData>, Columns), String> {
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
    let columns = read_as(&table, &wanted).map_err(|error| unreadable(&error))?;
    Ok((Arc::clone(table.metadata()), columns))
}

/// How to read these columns: strings as bytes, where they stand in the file's pieces.
fn read_as(
    table: &ArrowReaderMetadata,
    wanted: &[usize],
) -> Result<Columns, parquet::errors::ParquetError> {
    let root = table.parquet_schema().root_schema();
    let (mut types, mut kinds, mut strings) = (Vec::new(), Vec::new(), Vec::new());
    for (column, told) in table.schema().fields().iter().zip(root.get_fields()) {
        let is_string = *column.data_type() == DataType::Utf8;
        if is_string {
            strings.push(column.name().clone());
        }
        types.push(if is_string {
            as_bytes(told)?
        } else {
            Arc::clone(told)
        });
        kinds.push(Arc::new(suited(column)));
    }
    let root = Type::group_type_builder(root.name())
        .with_fields(types)
        .build()?;
    let schema = SchemaDescriptor::new(Arc::new(root));
    let wanted = ProjectionMask::roots(&schema, wanted.iter().copied());
    let levels = parquet_to_arrow_field_levels(&schema, wanted, Some(&kinds.into()))?;
    Ok(Columns { levels, strings })
}

/// The column without a word on what its bytes are.
fn as_bytes(string: &TypePtr) -> Result<TypePtr, parquet::errors::ParquetError> {
    let bytes = Type::primitive_type_builder(string.name(), string.get_physical_type())
        .with_repetition(string.get_basic_info().repetition());
    bytes.build().map(Arc::new)
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

/// The column as it is to be read: strings and bytes where they stand in the file's pieces, so
/// that one that comes a thousand times is there once; of time zones, which in Parquet are none
/// or UTC, the offset, since names of zones would need a table of them.
fn suited(column: &Field) -> Field {
    let kind = match column.data_type() {
        // These are known to be strings, see `Columns`.
        DataType::Utf8 => DataType::BinaryView,
        other => suited_kind(other),
    };
    column.clone().with_data_type(kind)
}

fn suited_kind(kind: &DataType) -> DataType {
    let inner = |field: &FieldRef| {
        let kind = suited_kind(field.data_type());
        Arc::new(field.as_ref().clone().with_data_type(kind))
    };
    match kind {
        DataType::Utf8 => DataType::Utf8View,
        DataType::Binary => DataType::BinaryView,
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
    String(&'b BinaryViewArray),
    Bytes(&'b BinaryViewArray),
    Null,
}

impl<'b> Cells<'b> {
    fn new(
        batch: &'b RecordBatch,
        fields: &Fields,
        strings: &[String],
        options: &'b EncoderOptions,
    ) -> Result<Self, String> {
        let schema = batch.schema_ref();
        let is_string = |name: &str| strings.iter().any(|string| string == name);
        let name = |name: &str| {
            let Some((number, field)) = schema.fields().find(name) else {
                return Ok(None);
            };
            Name::new(field, batch.column(number).as_ref(), options).map(Some)
        };
        let mut kept = Vec::new();
        for (field, column) in schema.fields().iter().zip(batch.columns()) {
            if fields.keep.wants(field.name(), fields.page()) {
                let cell = Cell::new(field, column.as_ref(), is_string(field.name()), options)?;
                kept.push((field.name().as_str(), cell));
            }
        }
        let text = batch.column_by_name(fields.page());
        let text = text.and_then(|column| column.as_binary_view_opt());
        Ok(Self {
            text: match text {
                None => Text::Null,
                Some(text) if is_string(fields.page()) => Text::String(text),
                Some(text) => Text::Bytes(text),
            },
            id: name(&fields.id)?,
            url: name(&fields.url)?,
            kept,
            json: Vec::new(),
        })
    }

    /// The page; `None` for null.
    fn text(&self, row: usize) -> Option<&'b [u8]> {
        match self.text {
            Text::String(column) | Text::Bytes(column) => {
                column.is_valid(row).then(|| column.value(row))
            }
            Text::Null => None,
        }
    }

    fn is_string(&self) -> bool {
        matches!(self.text, Text::String(_))
    }

    /// How many bytes of strings are to be kept of a row, or stand in its id or address.
    fn beside(&self, row: usize) -> usize {
        let kept = self.kept.iter().map(|(_, cell)| cell.bytes(row));
        let kept = kept.fold(0, usize::saturating_add);
        let names = self.id.iter().chain(&self.url).map(|name| name.bytes(row));
        names.fold(kept, usize::max)
    }

    /// What the row says beside the page.
    fn said(&mut self, row: usize) -> Said {
        let json = &mut self.json;
        let id = self.id.as_mut().map(|id| id.text(row, json));
        let url = self.url.as_mut().map(|url| url.text(row, json));
        let mut replaced = 0;
        let kept = self.kept.iter_mut();
        let input = kept.map(|(name, cell)| {
            replaced += cell.json(row, json);
            // Nothing else than UTF-8 is written; if it were, nothing would be better than that.
            let json = super::decode::utf8(json).filter(|json| !json.is_empty());
            ((*name).to_owned(), json.unwrap_or("null").to_owned())
        });
        Said {
            input: input.collect(),
            id,
            url,
            replaced,
            ..Said::default()
        }
    }
}

/// A column of ids or addresses.
enum Name<'b> {
    /// Strings; old writers do not say of them that they are some.
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
            None => Cell::new(field, column, false, options).map(Self::Cell),
        }
    }

    fn bytes(&self, row: usize) -> usize {
        match self {
            Self::Bytes(column) => bytes_of(*column, row..row + 1),
            Self::Cell(cell) => cell.bytes(row),
        }
    }

    /// As [`jsonl::fill_name`] has it: nothing for null.
    fn text(&mut self, row: usize, buffer: &mut Vec<u8>) -> String {
        let mut text = String::new();
        match self {
            Self::Bytes(column) if column.is_null(row) => {}
            Self::Bytes(column) => text.push_str(&String::from_utf8_lossy(column.value(row))),
            Self::Cell(cell) => {
                cell.json(row, buffer);
                jsonl::fill_name(super::decode::utf8(buffer).unwrap_or("null"), &mut text);
            }
        }
        text
    }
}

/// A column whose values are written as JSON: bytes in hexadecimal, times as RFC 3339 has them.
enum Cell<'b> {
    String(&'b BinaryViewArray),
    Other(&'b dyn Array, NullableEncoder<'b>),
}

impl<'b> Cell<'b> {
    fn new(
        field: &'b FieldRef,
        column: &'b dyn Array,
        is_string: bool,
        options: &'b EncoderOptions,
    ) -> Result<Self, String> {
        if let (true, Some(strings)) = (is_string, column.as_binary_view_opt()) {
            return Ok(Self::String(strings));
        }
        let encoder = make_encoder(field, column, options);
        let encoder = encoder.map_err(|error| error.to_string())?;
        Ok(Self::Other(column, encoder))
    }

    /// How many bytes of strings there are in a row.
    fn bytes(&self, row: usize) -> usize {
        match self {
            Self::String(column) => bytes_of(*column, row..row + 1),
            Self::Other(column, _) => bytes_of(*column, row..row + 1),
        }
    }

    /// Writes the value as JSON into `buffer`; returns how many undecodable sequences became U+FFFD.
    fn json(&mut self, row: usize, buffer: &mut Vec<u8>) -> u64 {
        buffer.clear();
        let mut replaced = 0;
        match self {
            Self::String(column) if column.is_valid(row) => {
                let mut text = String::new();
                replaced = decode_utf8(column.value(row), &mut text).replaced;
                jsonl::quote(&text, buffer);
            }
            Self::Other(_, encoder) if !encoder.is_null(row) => encoder.encode(row, buffer),
            _ => {}
        }
        if buffer.is_empty() {
            buffer.extend_from_slice(b"null");
        }
        replaced
    }
}

/// How many bytes of strings there are in some rows of a column, and values beside them. A string
/// of the file may stand in a row a million times.
fn bytes_of(column: &dyn Array, rows: Range<usize>) -> usize {
    // The length is the lower half of what stands for a string.
    let sum = |views: &[u128]| -> usize {
        let lengths = views[rows.clone()].iter().map(|&view| view as u32 as usize);
        lengths.fold(rows.len(), usize::saturating_add)
    };
    let inside = |offsets: &[i32]| {
        let at = |row: usize| usize::try_from(offsets[row]).unwrap_or(0);
        at(rows.start)..at(rows.end)
    };
    if let Some(strings) = column.as_string_view_opt() {
        sum(strings.views())
    } else if let Some(bytes) = column.as_binary_view_opt() {
        sum(bytes.views())
    } else if let Some(list) = column.as_list_opt::<i32>() {
        bytes_of(list.values().as_ref(), inside(list.value_offsets()))
    } else if let Some(map) = column.as_map_opt() {
        bytes_of(map.entries(), inside(map.value_offsets()))
    } else if let Some(parts) = column.as_struct_opt() {
        let parts = parts.columns().iter();
        parts.fold(0, |sum, part| {
            sum.saturating_add(bytes_of(part.as_ref(), rows.clone()))
        })
    } else {
        rows.len().saturating_mul(8)
    }
}
