//! Records become a Parquet file. The workers write JSON lines as for JSONL; here, in the
//! writing thread, lines become columns of fixed types, a few records at a time.
//!
//! What ends a batch and a row group is counted in records and bytes of JSON, so that the
//! file is the same however the lines come in.

use std::io::{self, Write};
use std::sync::Arc;

use arrow_json::ReaderBuilder;
use arrow_json::reader::Decoder;
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use super::json::{Key, Keys};
use super::shape::{self, Shape, There};
use super::{OutputFormat, RecordWriter};
use crate::error::{Error, Result};

/// The most records that become columns at once.
const BATCH: usize = 1024;

/// How many bytes of JSON are enough for that.
const BATCH_BYTES: usize = 1 << 20;

/// How many bytes of JSON go into a row group, which is held packed until it is whole.
const GROUP_BYTES: usize = 16 << 20;

/// A record of more bytes could not be told apart by its offsets.
const RECORD_BYTES: usize = i32::MAX as usize;

/// Turns what a [`RecordWriter`] of [`OutputFormat::Parquet`] writes into a Parquet file.
///
/// The columns are the keys of the record, lists and structs as they are there; `input` is
/// JSON in a string, since each page may have other fields. What is absent is null.
///
/// ```
/// use dehusk::{Extractor, Input, OutputFormat, ParquetWriter, Pipeline, RecordWriter};
///
/// let extractor = Extractor::new();
/// let input = Input::builder().reader("pages", &b"{\"text\":\"One page\"}\n"[..]).build();
/// let writer = RecordWriter::new(OutputFormat::Parquet);
/// let mut table = ParquetWriter::new(Vec::new(), &writer)?;
/// Pipeline::new(&extractor, writer).run(input, &mut table)?;
/// assert!(table.finish()?.starts_with(b"PAR1"));
/// # Ok::<(), dehusk::Error>(())
/// ```
pub struct ParquetWriter<W: Write + Send> {
    decoder: Decoder,
    table: ArrowWriter<W>,
    /// Bytes of the record that is coming in, of the batch and of the row group.
    record: usize,
    batch: usize,
    group: usize,
    /// Records in the batch.
    records: usize,
}

impl<W: Write + Send> ParquetWriter<W> {
    /// Starts a file with columns for what `records` writes.
    ///
    /// # Errors
    /// `records` writes another format.
    pub fn new(place: W, records: &RecordWriter) -> Result<Self> {
        if records.format() != OutputFormat::Parquet {
            return Err(Error::invalid("the records are not written for Parquet"));
        }
        let schema = Arc::new(Schema::new(columns(records)));
        let failed = |error: &dyn std::fmt::Display| Error::invalid(format!("Parquet: {error}"));
        let decoder = ReaderBuilder::new(Arc::clone(&schema))
            .with_batch_size(BATCH + 1)
            .build_decoder()
            .map_err(|error| failed(&error))?;
        let table = ArrowWriter::try_new(place, schema, Some(properties()?))
            .map_err(|error| failed(&error))?;
        Ok(Self {
            decoder,
            table,
            record: 0,
            batch: 0,
            group: 0,
            records: 0,
        })
    }

    /// Writes what is still held and the file's end, without which it cannot be read.
    ///
    /// # Errors
    /// Whatever writing fails with.
    pub fn finish(mut self) -> io::Result<W> {
        self.end_batch()?;
        self.table.into_inner().map_err(failure)
    }

    /// Takes a record, or a part of one.
    fn take(&mut self, mut part: &[u8]) -> io::Result<()> {
        let is_whole = part.ends_with(b"\n");
        self.record += part.len();
        if self.record > RECORD_BYTES {
            return Err(io::Error::other("a record is too large for Parquet"));
        }
        while !part.is_empty() {
            let taken = self.decoder.decode(part).map_err(|error| bug(&error))?;
            if taken == 0 {
                return Err(io::Error::other("a record is no JSON line"));
            }
            part = &part[taken..];
        }
        if is_whole {
            self.end_record()?;
        }
        Ok(())
    }

    fn end_record(&mut self) -> io::Result<()> {
        self.batch += std::mem::take(&mut self.record);
        self.records += 1;
        if self.records >= BATCH || self.batch >= BATCH_BYTES {
            self.end_batch()?;
        }
        if self.group >= GROUP_BYTES {
            self.group = 0;
            self.table.flush().map_err(failure)?;
        }
        Ok(())
    }

    fn end_batch(&mut self) -> io::Result<()> {
        self.records = 0;
        self.group += std::mem::take(&mut self.batch);
        if let Some(batch) = self.decoder.flush().map_err(|error| bug(&error))? {
            self.table.write(&batch).map_err(failure)?;
        }
        Ok(())
    }
}

impl<W: Write + Send> Write for ParquetWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.take(part)?;
        }
        Ok(bytes.len())
    }

    /// Does nothing: what has come in is written when a row group is whole.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write + Send> std::fmt::Debug for ParquetWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParquetWriter").finish_non_exhaustive()
    }
}

/// Lines that are no records, or records that do not fit the columns.
fn bug(error: &ArrowError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("Parquet: {error}"))
}

/// The error of the place that is written to, as that gave it.
fn failure(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    }
}

fn properties() -> Result<WriterProperties> {
    let level = ZstdLevel::try_new(3).map_err(|error| Error::invalid(error.to_string()))?;
    let mut properties = WriterProperties::builder().set_compression(Compression::ZSTD(level));
    // No two pages are the same: looking for repetitions of whole texts is time lost.
    for key in [Key::Id, Key::Url, Key::Body, Key::Text, Key::Input] {
        let column = ColumnPath::from(key.name());
        properties = properties.set_column_dictionary_enabled(column, false);
    }
    Ok(properties.build())
}

/// The columns of what `records` writes.
fn columns(records: &RecordWriter) -> Fields {
    let mut columns: Vec<_> = each(records.wanted()).map(column).collect();
    if records.errors {
        columns.push(Field::new("error", DataType::Utf8, true));
    }
    columns.into()
}

fn each(keys: Keys) -> impl Iterator<Item = Key> {
    let all = Key::ALL.into_iter().map(|(key, _)| key);
    all.filter(move |&key| keys.has(key))
}

/// A column may be empty where what stands in the place of a page that could not be read
/// does not have it.
fn column(key: Key) -> Field {
    let of_errors = shape::error();
    let sure = of_errors.iter().any(|field| field.name == key.name());
    Field::new(key.name(), kind(&shape::field(key).shape), !sure)
}

fn kind(shape: &Shape) -> DataType {
    match shape {
        // What the input has differs from page to page: JSON in a string.
        Shape::Text | Shape::Word(_) | Shape::Any => DataType::Utf8,
        Shape::Version | Shape::Small(_) => DataType::Int32,
        Shape::Count => DataType::Int64,
        Shape::Share => DataType::Float64,
        Shape::Yes => DataType::Boolean,
        Shape::Pair => list(DataType::Int64),
        Shape::List(of) => list(kind(of)),
        Shape::Object(fields) => fields_of(fields),
        Shape::Either(objects) => fields_of(&objects.concat()),
    }
}

fn fields_of(fields: &[shape::Field]) -> DataType {
    let field = |field: &shape::Field| {
        let sure = field.there == There::Always;
        Field::new(field.name, kind(&field.shape), !sure)
    };
    DataType::Struct(fields.iter().map(field).collect())
}

/// Named as the format wants it.
fn list(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("element", item, false)))
}
