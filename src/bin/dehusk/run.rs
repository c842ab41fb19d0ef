//! The command line as it is meant: settings for the library, and where its output goes.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::CommandFactory as _;
use clap::error::ErrorKind;
use dehusk::{
    Extractor, ExtractorBuilder, Input, InputFormat, Keep, OutputFile, OutputFormat, PageError,
    Pipeline, RecordWriter, Sink,
};

use crate::args::{self, Args, Extract};
use crate::report::Report;
use crate::{Outcome, interrupt, report};

/// Why a run ended early.
pub(crate) type Failure = dehusk::Error;

pub(crate) fn extract(args: Box<Extract>) -> Result<Outcome, Failure> {
    let writer = writer(&args);
    let extractor = extractor(&args)?;
    let input = input(&args);
    let mut pipeline = Pipeline::new(&extractor, writer.clone()).on_error(on_error(args.on_error));
    if let Some(threads) = args.threads {
        pipeline = pipeline.threads(threads);
    }
    if args.errors.is_some() && args.errors == args.output {
        usage("--errors and --output name the same file");
    }
    interrupt::install();
    let mut outlet = Outlet::open(&args, &writer)?;
    let run = pipeline.run(input, &mut outlet);
    outlet.report.clear();
    // The failed pages are of use even if the run was not.
    outlet.finish_errors()?;
    let summary = run?;
    // Where nothing could be read an older output stays as it is.
    if summary.opened > 0 || summary.errors == 0 {
        outlet.finish()?;
    }
    if !args.quiet {
        outlet.report.summary(&summary);
    }
    Ok(match (summary.errors, summary.opened) {
        (0, _) => Outcome::Complete,
        (_, 0) => Outcome::NothingRead,
        _ => Outcome::SomeFailed,
    })
}

fn input(args: &Extract) -> Input {
    let format = match args.from {
        args::From::Auto => InputFormat::Auto,
        args::From::Text => InputFormat::Text,
        args::From::Jsonl => InputFormat::Jsonl,
        args::From::Html => InputFormat::Html,
        args::From::Warc | args::From::Wet => InputFormat::Warc,
        args::From::Parquet => InputFormat::Parquet,
    };
    let mut keep = match &args.keep[..] {
        [] => Keep::None,
        [all] if all == "all" => Keep::All,
        names => Keep::Only(names.to_vec()),
    };
    // Who asks for the key wants something in it.
    if keep == Keep::None && args.fields.iter().any(|field| field == "input") {
        keep = Keep::All;
    }
    let mut input = Input::builder()
        .format(format)
        .text_field(&args.text_field)
        .id_field(&args.id_field)
        .url_field(&args.url_field)
        .max_page_size(args.max_page_size)
        .keep(keep);
    if let Some(field) = &args.html_field {
        input = input.html_field(field);
    }
    if let Some(charset) = args.charset {
        input = input.charset(charset);
    }
    for path in &args.paths {
        input = if path == Path::new("-") {
            input.stdin()
        } else {
            input.path(path)
        };
    }
    if args.paths.is_empty() {
        if io::stdin().is_terminal() && !args.quiet {
            report::line(&"reading standard input, which is a terminal; end it with Ctrl-D");
        }
        input = input.stdin();
    }
    input.build()
}

fn writer(args: &Extract) -> RecordWriter {
    let by_name = || args.output.as_deref().and_then(OutputFormat::from_path);
    let format = match args.to {
        Some(args::To::Jsonl) => OutputFormat::Jsonl,
        Some(args::To::Json) => OutputFormat::Json,
        Some(args::To::Text) => OutputFormat::Text,
        Some(args::To::Markdown) => OutputFormat::Markdown,
        Some(args::To::Marked) => OutputFormat::Marked,
        Some(args::To::Parquet) => OutputFormat::Parquet,
        None => by_name().unwrap_or_default(),
    };
    let records = [
        OutputFormat::Jsonl,
        OutputFormat::Json,
        OutputFormat::Parquet,
    ];
    if !records.contains(&format) {
        refuse_json_options(args);
    }
    let offsets = match args.offsets {
        args::Offsets::Bytes => dehusk::Offsets::Bytes,
        args::Offsets::Chars => dehusk::Offsets::Chars,
        args::Offsets::Utf16 => dehusk::Offsets::Utf16,
    };
    let mut writer = RecordWriter::new(format)
        .with_text(args.with_text)
        .with_errors(args.on_error == args::OnError::Record)
        .offsets(offsets);
    if !args.fields.is_empty() {
        writer = writer
            .fields(&args.fields)
            .unwrap_or_else(|error| usage(&format!("--fields: {error}")));
        // What is asked for by its own option is not taken away again.
        if !args.keep.is_empty() {
            writer = writer.with_input(true);
        }
    }
    writer
}

/// Options that say something only about JSON do not go with other formats.
fn refuse_json_options(args: &Extract) {
    let given = [
        (!args.fields.is_empty(), "--fields"),
        (args.with_text, "--with-text"),
        (!args.keep.is_empty(), "--keep"),
        (args.confidence, "--confidence"),
        (args.offsets != args::Offsets::Bytes, "--offsets"),
        (args.on_error == args::OnError::Record, "--on-error record"),
    ];
    if let Some((_, option)) = given.into_iter().find(|(given, _)| *given) {
        usage(&format!(
            "{option} needs JSON records, --to jsonl, json or parquet"
        ));
    }
}

/// Ends the process as clap does for a command line that makes no sense.
fn usage(message: &str) -> ! {
    Args::command()
        .error(ErrorKind::ArgumentConflict, message)
        .exit()
}

fn on_error(policy: args::OnError) -> dehusk::OnError {
    match policy {
        args::OnError::Skip => dehusk::OnError::Skip,
        args::OnError::Record => dehusk::OnError::Record,
        args::OnError::Fail => dehusk::OnError::Fail,
    }
}

fn extractor(args: &Extract) -> Result<Extractor, Failure> {
    let mut builder = with_rules(&args.rules)?.confidence(args.confidence);
    if let Some(path) = &args.weights {
        builder = builder.weights(path.display().to_string(), load(path)?);
    }
    builder.build()
}

/// The built-in rules and those of these packs.
pub(crate) fn with_rules(packs: &[PathBuf]) -> Result<ExtractorBuilder, Failure> {
    let mut builder = Extractor::builder();
    for path in packs {
        builder = builder.rules(path.display().to_string(), load(path)?);
    }
    Ok(builder)
}

pub(crate) fn load(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::from(named(path, &error)))
}

/// An error that says which file it is about.
pub(crate) fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Where a run's output goes: records to a file or standard output, failed pages to a file
/// if there is one and always to standard error.
struct Outlet {
    records: Records,
    errors: Option<OutputFile>,
    report: Report,
    /// True if the first failed page ends the run: its message is said at the end then.
    fails: bool,
}

enum Records {
    File(Box<OutputFile>),
    Stdout(io::StdoutLock<'static>),
    #[cfg(feature = "parquet")]
    Table(Box<dehusk::ParquetWriter<io::Stdout>>),
}

impl Records {
    fn open(output: Option<&Path>, writer: &RecordWriter) -> Result<Self, Failure> {
        let path = output.filter(|path| *path != Path::new("-"));
        match (path, writer.format()) {
            (Some(path), _) => {
                let file = OutputFile::for_records(path, writer)?;
                interrupt::remove_on_signal(file.part());
                Ok(Self::File(Box::new(file)))
            }
            (None, OutputFormat::Parquet) => Self::table(writer),
            (None, _) => Ok(Self::Stdout(io::stdout().lock())),
        }
    }

    /// A Parquet file on standard output.
    #[cfg(feature = "parquet")]
    fn table(writer: &RecordWriter) -> Result<Self, Failure> {
        if io::stdout().is_terminal() {
            usage(
                "standard output is a terminal, which cannot show Parquet; write to a file with -o FILE",
            );
        }
        let table = dehusk::ParquetWriter::new(io::stdout(), writer)?;
        Ok(Self::Table(Box::new(table)))
    }

    #[cfg(not(feature = "parquet"))]
    fn table(_writer: &RecordWriter) -> Result<Self, Failure> {
        Err(io::Error::other("built without the feature `parquet`").into())
    }
}

impl Outlet {
    fn open(args: &Extract, writer: &RecordWriter) -> Result<Self, Failure> {
        let records = Records::open(args.output.as_deref(), writer)?;
        let errors = args.errors.as_deref().map(create).transpose()?;
        Ok(Self {
            records,
            errors,
            report: Report::new(args.progress, args.quiet),
            fails: args.on_error == args::OnError::Fail,
        })
    }

    fn finish_errors(&mut self) -> Result<(), Failure> {
        self.errors.take().map_or(Ok(()), OutputFile::finish)
    }

    fn finish(&mut self) -> Result<(), Failure> {
        match std::mem::replace(&mut self.records, Records::Stdout(io::stdout().lock())) {
            Records::File(file) => file.finish(),
            Records::Stdout(mut stdout) => Ok(stdout.flush()?),
            #[cfg(feature = "parquet")]
            Records::Table(table) => Ok(table.finish()?.flush()?),
        }
    }
}

fn create(path: &Path) -> Result<OutputFile, Failure> {
    let file = OutputFile::create(path)?;
    interrupt::remove_on_signal(file.part());
    Ok(file)
}

impl Sink for Outlet {
    fn records(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.records {
            Records::File(file) => file.write_all(bytes),
            Records::Stdout(stdout) => stdout.write_all(bytes),
            #[cfg(feature = "parquet")]
            Records::Table(table) => table.write_all(bytes),
        }
    }

    fn error(&mut self, error: &PageError) -> io::Result<()> {
        if !self.fails {
            self.report.error(error);
        }
        self.errors
            .as_mut()
            .map_or(Ok(()), |file| writeln!(file, "{}", error.to_json()))
    }

    fn progress(&mut self, pages: u64, errors: u64, bytes: u64) -> io::Result<()> {
        self.report.progress(pages, errors, bytes);
        Ok(())
    }
}
