//! The command line as it is meant: settings for the library, and where its output goes.

use std::fs::File;
use std::io::{self, IsTerminal, Read as _, Write};
use std::path::{Path, PathBuf};

use clap::CommandFactory as _;
use clap::error::ErrorKind;
use dehusk::{
    Extractor, ExtractorBuilder, Input, InputBuilder, InputFormat, Keep, OutputFormat, PageError,
    Pipeline, RecordWriter, Sink,
};

use crate::args::{self, Args, Extract};
use crate::interrupt::Guarded;
use crate::ledger::{Ledger, Shards, Tally};
use crate::report::{Extent, Report};
use crate::settings::Settings;
use crate::{Outcome, advice, interrupt, ledger, places, report, shards};

/// Why a run ended early.
pub(crate) type Failure = dehusk::Error;

pub(crate) fn extract(args: Box<Extract>) -> Result<Outcome, Failure> {
    let writer = writer(&args);
    places::refuse_ending(&args);
    let paths = places::paths(&args)?;
    let settings = Settings::of(&args, writer.format())?;
    let extractor = extractor(&args.rules, args.weights.as_deref(), args.confidence)?;
    let mut pipeline = Pipeline::new(&extractor, writer.clone()).on_error(on_error(args.on_error));
    if let Some(threads) = args.threads {
        pipeline = pipeline.threads(threads);
    }
    if args.timings {
        pipeline = pipeline.timed();
    }
    let input = input(&args, &paths);
    places::refuse_clashes(&args, &input.builder);
    interrupt::install();
    let outcome = match &args.out_dir {
        Some(dir) => shards::extract(&args, &paths, dir, &pipeline, &writer, &settings),
        None => extract_to_one(&args, input, &pipeline, &writer, &settings),
    };
    if args.timings {
        report::timings(&pipeline.timings());
    }
    outcome
}

fn extract_to_one(
    args: &Extract,
    input: Opening,
    pipeline: &Pipeline<'_>,
    writer: &RecordWriter,
    settings: &Settings,
) -> Result<Outcome, Failure> {
    let extent = Extent::default();
    let builder = input.builder.meter(&extent.meter);
    let mut outlet = Outlet::open(args, writer, extent)?;
    if let Some(files) = input.files {
        outlet.report.expect(files);
    }
    let run = pipeline.run(builder.build(), &mut outlet);
    outlet.report.clear();
    // The failed pages are of use even if the run was not.
    outlet.finish_errors()?;
    let summary = run?;
    // Where nothing could be read an older output stays as it is.
    if summary.opened > 0 || summary.errors == 0 {
        outlet.finish()?;
    }
    let ledger = Ledger::new(&summary, std::mem::take(&mut outlet.tally));
    end(args, settings, &outlet.report, &ledger, None)
}

/// Tells what became of the pages.
pub(crate) fn end(
    args: &Extract,
    settings: &Settings,
    report: &Report,
    ledger: &Ledger,
    shards: Option<Shards>,
) -> Result<Outcome, Failure> {
    if let Some(path) = &args.summary {
        ledger::save(path, &settings.hash, ledger, shards, report.elapsed())?;
    }
    if !args.quiet {
        report.summary(ledger, shards);
        if let Some(advice) = advice::of_run(args, ledger) {
            report::line(&advice);
        }
    }
    Ok(match (ledger.pages.errors, ledger.files.opened) {
        (0, _) => Outcome::Complete,
        (_, 0) => Outcome::NothingRead,
        _ => Outcome::SomeFailed,
    })
}

/// How input is read.
pub(crate) fn settings(args: &Extract) -> InputBuilder {
    let mut keep = match &args.keep[..] {
        [] => Keep::None,
        [all] if all == "all" => Keep::All,
        names => Keep::Only(names.to_vec()),
    };
    // Who asks for the key wants something in it.
    if keep == Keep::None && args.fields.iter().any(|field| field == "input") {
        keep = Keep::All;
    }
    reading(&args.reading).keep(keep)
}

/// How input is read where nothing of it is kept.
pub(crate) fn reading(args: &args::Reading) -> InputBuilder {
    let mut input = Input::builder()
        .format(input_format(args.from))
        .text_field(&args.text_field)
        .id_field(&args.id_field)
        .url_field(&args.url_field)
        .max_page_size(args.max_page_size.0);
    if let Some(field) = &args.html_field {
        input = input.html_field(field);
    }
    if let Some(charset) = args.charset {
        input = input.charset(charset);
    }
    input
}

fn input_format(from: args::From) -> InputFormat {
    match from {
        args::From::Auto => InputFormat::Auto,
        args::From::Text => InputFormat::Text,
        args::From::Jsonl => InputFormat::Jsonl,
        args::From::Html => InputFormat::Html,
        args::From::Warc | args::From::Wet => InputFormat::Warc,
        args::From::Parquet => InputFormat::Parquet,
    }
}

/// What is read, and how.
struct Opening {
    builder: InputBuilder,
    /// The files, found once more; `None` if there is standard input, whose end nobody knows.
    files: Option<Files>,
}

type Files = Box<dyn Iterator<Item = PathBuf> + Send>;

fn input(args: &Extract, paths: &[PathBuf]) -> Opening {
    let with_shard = |input: InputBuilder| match args.shard {
        Some(args::Shard { index, of }) => input.shard(index, of),
        None => input,
    };
    let mut input = with_shard(settings(args));
    let mut stdin = paths.is_empty() && args.files_from.is_none();
    for (n, path) in paths.iter().enumerate() {
        // In a list of files, it is a file.
        let dash = n < args.paths.len() && path == Path::new("-");
        stdin |= dash;
        input = if dash {
            input.stdin()
        } else {
            input.path(path)
        };
    }
    refuse_stdin(args, stdin);
    if stdin && args.paths.is_empty() && args.out_dir.is_none() {
        if !args.quiet {
            report::reading_terminal();
        }
        input = input.stdin();
    }
    let again = || paths.iter().fold(settings(args), InputBuilder::path);
    Opening {
        builder: input,
        files: (!stdin).then(|| files(with_shard(again()).build())),
    }
}

fn files(mut input: Input) -> Files {
    let next = move || input.next_file();
    let found = std::iter::from_fn(next).filter_map(Result::ok);
    Box::new(found.map(|file| file.path))
}

/// Options that standard input does not go with.
fn refuse_stdin(args: &Extract, stdin: bool) {
    if stdin && args.files_from.as_deref() == Some(Path::new("-")) {
        usage(
            "extract",
            "standard input holds either names, for --files-from -, or pages",
        );
    }
    if stdin && args.shard.is_some() {
        usage(
            "extract",
            "--shard needs files or directories to read, not standard input",
        );
    }
}

/// The format of the records.
pub(crate) fn format(args: &Extract) -> OutputFormat {
    let by_name = || args.output.as_deref().and_then(OutputFormat::from_path);
    let of_file = args.file.of_file.iter().any(|name| name == "to");
    if let Some(format) = by_name().filter(|_| of_file) {
        return format;
    }
    match args.to {
        Some(args::To::Jsonl) => OutputFormat::Jsonl,
        Some(args::To::Json) => OutputFormat::Json,
        Some(args::To::Text) => OutputFormat::Text,
        Some(args::To::Markdown) => OutputFormat::Markdown,
        Some(args::To::Marked) => OutputFormat::Marked,
        Some(args::To::Parquet) => OutputFormat::Parquet,
        None => by_name().unwrap_or_default(),
    }
}

fn writer(args: &Extract) -> RecordWriter {
    let format = format(args);
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
            .unwrap_or_else(|error| usage("extract", &format!("--fields: {error}")));
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
    // A file says what is usual; who types `--to text` now and then need not undo it.
    let typed = |option: &str| {
        !args
            .file
            .of_file
            .iter()
            .any(|name| option[2..].starts_with(name))
    };
    let wrong = |(given, option): &(bool, &str)| *given && typed(option);
    if let Some((_, option)) = given.into_iter().find(wrong) {
        usage(
            "extract",
            &format!("{option} needs JSON records, --to jsonl, json or parquet"),
        );
    }
}

/// Ends the process as clap does for a command line that makes no sense.
pub(crate) fn usage(command: &str, message: &str) -> ! {
    let mut program = Args::command();
    program.build();
    let found = program.find_subcommand_mut(command);
    let mut command = found.cloned().unwrap_or(program);
    command.error(ErrorKind::ArgumentConflict, message).exit()
}

fn on_error(policy: args::OnError) -> dehusk::OnError {
    match policy {
        args::OnError::Skip => dehusk::OnError::Skip,
        args::OnError::Record => dehusk::OnError::Record,
        args::OnError::Fail => dehusk::OnError::Fail,
    }
}

/// The built-in rules and those of these packs, with the built-in weights or those of a file.
pub(crate) fn extractor(
    packs: &[PathBuf],
    weights: Option<&Path>,
    confidence: bool,
) -> Result<Extractor, Failure> {
    let mut builder = with_rules(packs)?.confidence(confidence);
    if let Some(path) = weights {
        builder = builder.weights(path.display().to_string(), load(path)?);
    }
    let built = builder.build();
    match weights {
        Some(path) => built.map_err(|error| advice::of_weights(error, path)),
        None => built,
    }
}

/// The built-in rules and those of these packs.
pub(crate) fn with_rules(packs: &[PathBuf]) -> Result<ExtractorBuilder, Failure> {
    let mut builder = Extractor::builder();
    for path in packs {
        builder = builder.rules(path.display().to_string(), load(path)?);
    }
    Ok(builder)
}

/// The text of a pack, of weights or of settings.
pub(crate) fn load(path: &Path) -> Result<String, Failure> {
    /// A million cues, or seventy times the built-in weights.
    const LONGEST: u64 = 16 << 20;
    let failed = |error: &io::Error| Failure::from(named(path, error));
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| failed(&error))?;
    let read = file.take(LONGEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| failed(&error))?;
    if bytes.len() as u64 > LONGEST {
        let told = format!(
            "over {} MiB, which is no list of cues, weights or settings",
            LONGEST >> 20
        );
        return Err(failed(&io::Error::other(told)));
    }
    String::from_utf8(bytes).map_err(|_| failed(&io::Error::other("not UTF-8")))
}

/// An error that says which file it is about.
pub(crate) fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Where a run's output goes: records to a file or standard output, failed pages to a file
/// if there is one and always to standard error.
struct Outlet {
    records: Records,
    errors: Option<Guarded>,
    tally: Tally,
    report: Report,
    /// True if records and progress would stand on one terminal.
    shared: bool,
    /// True if the first failed page ends the run: its message is said at the end then.
    fails: bool,
}

enum Records {
    File(Box<Guarded>),
    Stdout(io::StdoutLock<'static>),
    #[cfg(feature = "parquet")]
    Table(Box<dehusk::ParquetWriter<io::Stdout>>),
}

impl Records {
    fn open(output: Option<&Path>, writer: &RecordWriter) -> Result<Self, Failure> {
        let path = output.filter(|path| *path != Path::new("-"));
        match (path, writer.format()) {
            (Some(path), _) => {
                let file = interrupt::create_for(path, writer)?;
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
                "extract",
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
    fn open(args: &Extract, writer: &RecordWriter, extent: Extent) -> Result<Self, Failure> {
        let records = Records::open(args.output.as_deref(), writer)?;
        let shared = matches!(&records, Records::Stdout(stdout) if stdout.is_terminal());
        let errors = args.errors.as_deref().map(interrupt::create).transpose()?;
        Ok(Self {
            records,
            errors,
            tally: Tally::default(),
            report: Report::new(args.progress, args.quiet, shared, extent),
            shared,
            fails: args.on_error == args::OnError::Fail,
        })
    }

    fn finish_errors(&mut self) -> Result<(), Failure> {
        self.errors.take().map_or(Ok(()), Guarded::finish)
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

impl Sink for Outlet {
    fn records(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.tally.records(bytes);
        match &mut self.records {
            Records::File(file) => file.write_all(bytes),
            Records::Stdout(stdout) if self.shared => self.report.aside(|| stdout.write_all(bytes)),
            Records::Stdout(stdout) => stdout.write_all(bytes),
            #[cfg(feature = "parquet")]
            Records::Table(table) => table.write_all(bytes),
        }
    }

    fn error(&mut self, error: &PageError) -> io::Result<()> {
        if !self.fails {
            self.report.error(error);
        }
        self.tally.error(error);
        self.errors
            .as_mut()
            .map_or(Ok(()), |file| writeln!(file, "{}", error.to_json()))
    }

    fn progress(&mut self, pages: u64, errors: u64, bytes: u64) -> io::Result<()> {
        self.report.progress(pages, errors, bytes);
        Ok(())
    }
}
