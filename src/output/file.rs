//! A file that shows itself under its name only when it is whole, packed if its name says so.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{OutputFormat, RecordWriter};
use crate::error::{Error, Result};

/// An output file on its way. It is written under a hidden name beside its own, and takes
/// its own name in [`OutputFile::finish`]; dropped before that, it leaves nothing.
///
/// `.gz` and `.zst` at the end of the name compress it. A path that is not a regular file
/// (`/dev/null`, a named pipe) is written as it is.
pub struct OutputFile {
    path: PathBuf,
    /// The hidden name, until it is given up.
    part: Option<PathBuf>,
    /// `None` once it is closed.
    packer: Option<Packer>,
}

impl OutputFile {
    /// Starts a file that is to replace whatever is at `path`.
    ///
    /// # Errors
    /// The directory is not there or not writable; `path` is a directory; it asks for a
    /// compression that is not built in.
    pub fn create(path: &Path) -> Result<Self> {
        let failed = |error: io::Error| Error::io(path.display(), &error);
        // A link stays a link: what it points to is replaced.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let old = fs::metadata(&target).ok();
        if old.as_ref().is_some_and(fs::Metadata::is_dir) {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        if old.as_ref().is_some_and(|old| !old.is_file()) {
            let file = OpenOptions::new()
                .write(true)
                .open(&target)
                .map_err(failed)?;
            let packer = Packer::new(path, file).map_err(failed)?;
            return Ok(Self {
                path: target,
                part: None,
                packer: Some(packer),
            });
        }
        let (part, file) = hidden(&target).map_err(failed)?;
        let mut output = Self {
            path: target,
            part: Some(part),
            packer: None,
        };
        if let Some(old) = old {
            file.set_permissions(old.permissions()).map_err(failed)?;
        }
        output.packer = Some(Packer::new(path, file).map_err(failed)?);
        Ok(output)
    }

    /// Starts a file for what `records` writes, with the columns that Parquet needs.
    ///
    /// # Errors
    /// As [`OutputFile::create`]; Parquet is not built in.
    pub fn for_records(path: &Path, records: &RecordWriter) -> Result<Self> {
        let mut output = Self::create(path)?;
        if records.format() == OutputFormat::Parquet {
            let packer = output.packer.take().map(|packer| packer.table(records));
            output.packer = packer.transpose()?;
        }
        Ok(output)
    }

    /// The name it is written under until it is whole. Whoever ends the process without
    /// unwinding must remove it.
    pub fn part(&self) -> Option<&Path> {
        self.part.as_deref()
    }

    /// The name that a hidden file of this name was to take when it was whole; `None` for a
    /// name that is not given here. A killed process leaves such files, which nobody else removes.
    pub fn part_of(hidden: &str) -> Option<&str> {
        let (name, number) = hidden
            .strip_prefix('.')?
            .strip_suffix(".part")?
            .rsplit_once('.')?;
        let (process, count) = number.split_once('-')?;
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        (!name.is_empty() && digits(process) && digits(count)).then_some(name)
    }

    /// Writes what is still held and gives the file its name.
    ///
    /// # Errors
    /// Whatever writing or renaming fails with; the file is gone then.
    pub fn finish(mut self) -> Result<()> {
        let failed = |error: io::Error| Error::io(self.path.display(), &error);
        let Some(packer) = self.packer.take() else {
            return Ok(());
        };
        let file = packer.finish().map_err(failed)?;
        if let Some(part) = &self.part {
            // Renamed before its bytes are on disk, a file can be found empty after a crash.
            file.sync_all().map_err(failed)?;
            fs::rename(part, &self.path).map_err(failed)?;
        }
        self.part = None;
        Ok(())
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let closed = || io::Error::other("the file is closed");
        let written = self.packer.as_mut().ok_or_else(closed)?.write(bytes);
        written.map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", self.path.display()))
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.packer.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        if let Some(part) = &self.part {
            // Nothing can be done about a failure here.
            let _ = fs::remove_file(part);
        }
    }
}

impl std::fmt::Debug for OutputFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutputFile")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// A new file beside `path`, under a name that no other run or thread uses and that a walk
/// through the directory skips.
fn hidden(path: &Path) -> io::Result<(PathBuf, File)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut number = 0;
    loop {
        let part = path.with_file_name(format!(".{name}.{}-{number}.part", std::process::id()));
        let file = OpenOptions::new().write(true).create_new(true).open(&part);
        match file {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            file => return Ok((part, file?)),
        }
    }
}

fn lower(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}

/// Compresses, or not.
enum Packer {
    Plain(BufWriter<File>),
    #[cfg(feature = "compress")]
    Gzip(flate2::write::GzEncoder<BufWriter<File>>),
    #[cfg(feature = "compress")]
    Zstd(zstd::stream::write::Encoder<'static, BufWriter<File>>),
    /// Takes JSON lines; what comes of them goes on to another one.
    #[cfg(feature = "parquet")]
    Parquet(Box<super::ParquetWriter<Packer>>),
}

impl Packer {
    fn new(path: &Path, file: File) -> io::Result<Self> {
        let file = BufWriter::with_capacity(128 * 1024, file);
        match lower(path).as_deref() {
            #[cfg(feature = "compress")]
            Some("gz") => Ok(Self::Gzip(flate2::write::GzEncoder::new(
                file,
                flate2::Compression::default(),
            ))),
            #[cfg(feature = "compress")]
            Some("zst") => zstd::stream::write::Encoder::new(file, 0).map(Self::Zstd),
            #[cfg(not(feature = "compress"))]
            Some("gz" | "zst") => Err(io::Error::other("built without the feature `compress`")),
            _ => Ok(Self::Plain(file)),
        }
    }

    #[cfg(feature = "parquet")]
    fn table(self, records: &RecordWriter) -> Result<Self> {
        let table = super::ParquetWriter::new(self, records)?;
        Ok(Self::Parquet(Box::new(table)))
    }

    #[cfg(not(feature = "parquet"))]
    fn table(self, _records: &RecordWriter) -> Result<Self> {
        Err(Error::invalid("built without the feature `parquet`"))
    }

    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Plain(file) => file,
            #[cfg(feature = "compress")]
            Self::Gzip(packer) => packer,
            #[cfg(feature = "compress")]
            Self::Zstd(packer) => packer,
            #[cfg(feature = "parquet")]
            Self::Parquet(table) => table,
        }
    }

    fn finish(self) -> io::Result<File> {
        let file = match self {
            Self::Plain(file) => file,
            #[cfg(feature = "compress")]
            Self::Gzip(packer) => packer.finish()?,
            #[cfg(feature = "compress")]
            Self::Zstd(packer) => packer.finish()?,
            #[cfg(feature = "parquet")]
            Self::Parquet(table) => return table.finish()?.finish(),
        };
        file.into_inner().map_err(io::IntoInnerError::into_error)
    }
}

impl Write for Packer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_tell_whose_they_are() {
        for (hidden, expected) in [
            (".a.jsonl.123-0.part", Some("a.jsonl")),
            ("..x.1-2.part", Some(".x")),
            (".a.jsonl.123.part", None),
            (".a.jsonl.1-x.part", None),
            (".1-2.part", None),
            ("..1-2.part", None),
            ("a.1-2.part", None),
            (".a.jsonl.1-2", None),
        ] {
            assert_eq!(OutputFile::part_of(hidden), expected, "{hidden}");
        }
    }
}
