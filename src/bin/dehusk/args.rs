//! The command line as it is typed: commands, options, and what help says of them.
//!
//! `-h` shows what most runs need and fits a screen of 80 columns; `--help` shows everything.

use std::ffi::OsString;
use std::num::NonZero;
use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

const PROGRAM_EXAMPLES: &str = "\
Examples:
  dehusk extract page.html
  dehusk extract crawl/ -o records.jsonl.zst";

/// Takes the husk off scraped web pages.
///
/// dehusk splits each page, losing no byte, into the article (title, headings, body) and the
/// rest: hashtag blocks, lists of other articles, menus, adverts, legal notices, comments.
#[derive(Debug, Parser)]
#[command(
    version,
    arg_required_else_help = true,
    infer_subcommands = true,
    max_term_width = 80,
    after_help = PROGRAM_EXAMPLES
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Extract(Box<Extract>),
    Explain(Box<Explain>),
    Stats(Stats),
    Eval(Eval),
    Train(Train),
    /// List, show and check rule packs
    ///
    /// A pack is a text file of phrases that tell what the text around them is. The built-in
    /// ones are one for each language. `dehusk rules show any` shows what a pack looks like.
    #[command(subcommand, after_help = RULES_EXAMPLES)]
    Rules(Rules),
    Schema(Schema),
    Config(Config),
    Completions(Completions),
    Man(Man),
}

const RULES_EXAMPLES: &str = "\
Examples:
  dehusk rules list
  dehusk rules show zh-hans | less
  dehusk rules check my.txt";

#[derive(Debug, Subcommand)]
pub(crate) enum Rules {
    /// List the built-in packs
    #[command(after_help = "Examples:\n  dehusk rules list\n  dehusk rules list | wc -l")]
    List,
    /// Print a built-in pack
    #[command(
        after_help = "Examples:\n  dehusk rules show any\n  dehusk rules show zh-hans | less"
    )]
    Show {
        /// Its name, as `rules list` shows it
        pack: String,
    },
    /// Check packs of your own
    ///
    /// Says how many cues each adds to the built-in ones, or what is wrong in which line;
    /// then the exit status is 1.
    #[command(
        after_help = "Examples:\n  dehusk rules check my.txt\n  dehusk rules check packs/*.txt && dehusk extract crawl/ --rules my.txt"
    )]
    Check {
        /// Files, as for `extract --rules`
        #[arg(value_name = "FILE", required = true)]
        packs: Vec<PathBuf>,
    },
}

/// Where options come from that were not typed.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct SettingsFile {
    /// Take options from FILE, not from ./dehusk.toml
    ///
    /// The file holds options by their long names, those of each command under its name:
    /// `[extract]`, and below it `threads = 2`. What is typed goes before; a list that is typed takes the
    /// place of the file's. What a file switches on (`with-text = true`), --no-with-text switches
    /// off. `dehusk config` shows what holds and why.
    #[arg(
        long,
        value_name = "FILE",
        hide_short_help = true,
        help_heading = "Running"
    )]
    pub(crate) config: Option<PathBuf>,

    /// Take no options from any file
    #[arg(
        long,
        conflicts_with = "config",
        hide_short_help = true,
        help_heading = "Running"
    )]
    pub(crate) no_config: bool,

    /// Options that came from a file, by their long names: `-o x.txt` is no quarrel with them.
    #[arg(skip)]
    pub(crate) of_file: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  dehusk extract pages.jsonl > records.jsonl
  dehusk extract crawl/ -o records.jsonl.zst --errors failed.jsonl
  dehusk extract part-*.parquet --text-field content -o records.parquet
  dehusk extract crawl/ --out-dir records/ --resume";

const POLICY: &str = "\
Errors:
  A page that cannot be read is a line on standard error, `dehusk: PATH: record N,
  byte B: reason` (records counted from 0, bytes in the unpacked file), and the
  run goes on, unless --on-error says otherwise. So is a file that cannot be
  opened; if none could, that is exit status 2.

Exit status:
  0  all pages came through, or whoever reads the output closed it
  1  the run finished, but some pages failed
  2  it could not run, was ended by --on-error fail, or could not write
  130  it was interrupted

Counts:
  The last line says what became of the pages: in = records + errors + skipped.
  Kinds of errors: `unopened` (a file that could not be opened counts as one
  page), `over_limit`, `bad_json`, `no_text` (the field is not there or no
  string), `broken` (a packed file or archive), `bug`. Skipped are WARC records
  without a page. `; skipped:` behind it are files passed over.

--summary FILE:
  One JSON object: `version`, `settings` (a hash of all that the records depend
  on), `elapsed_seconds`; `pages` with `in`, `records`, `errors`, `skipped`;
  `errors` by kind, `skipped` by reason; `bytes` with `in` (unpacked) and `out`
  (before packing); `files` with `opened` and `passed_over` by reason; with
  --out-dir also `shards` with `all`, `made`, `resumed`, `failed`.

Sizes are in bytes; k, M, G and T stand for powers of 1024 (16M is 16777216).";

/// Read pages, write a JSON record for each
///
/// Reads files, directories (in the order of their files' names) or standard input, each as
/// it is or packed with gzip, zstd, bzip2 or xz, and writes a record for each page, in input order.
/// Inside a directory .txt, .text, .md, .html, .htm, .xhtml, .shtml, .jsonl, .ndjson, .warc, .wet,
/// .parquet and .pq files and names without an ending are read, each also with .gz, .zst, .bz2 or .xz;
/// hidden files are not. A file named on the command line always is.
#[derive(Debug, clap::Args)]
#[command(
    after_help = EXAMPLES,
    after_long_help = format!("{EXAMPLES}\n\n{POLICY}"),
    disable_help_flag = true
)]
pub(crate) struct Extract {
    /// Files or directories; - or none is standard input
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,

    #[command(flatten, next_help_heading = "Input")]
    pub(crate) reading: Reading,

    /// Read the files and directories listed in FILE
    ///
    /// A name a line; - is standard input. They come after those of the command line. Blank
    /// lines do not count. All names are read before the first page.
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(crate) files_from: Option<PathBuf>,

    /// Names in --files-from end with NUL, as find -print0 writes them
    #[arg(
        short = '0',
        long = "null",
        requires = "files_from",
        hide_short_help = true,
        help_heading = "Input"
    )]
    pub(crate) null: bool,

    /// Read only every N-th file, from the I-th on (I from 0)
    ///
    /// Runs with I from 0 to N-1 read each file once; files are counted in the order of reading,
    /// so that all of them must see the same files. For job arrays:
    /// --shard $SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT
    #[arg(
        long,
        value_name = "I/N",
        value_parser = shard,
        hide_short_help = true,
        help_heading = "Input"
    )]
    pub(crate) shard: Option<Shard>,

    /// Write to FILE, whole or not at all
    ///
    /// It appears under its name when it is complete. Its ending tells the format (.jsonl,
    /// .ndjson, .json, .txt, .md, .marked, .parquet), unless --to does, and the compression (.gz,
    /// .zst). Under any other ending, give --to. - is standard output.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,

    /// Write one output for each input file into DIR
    ///
    /// Each appears whole or not at all. A file found in a directory keeps its path in it, one named
    /// on the command line its name, one of --files-from its path as listed. crawl/a/b.jsonl.gz
    /// becomes DIR/a/b.jsonl.gz; a name that does not fit the output's format gets its ending,
    /// page.txt becomes DIR/page.txt.jsonl. Beside each stands NAME.manifest.json: what it was made
    /// of, and counts.
    #[arg(
        long,
        value_name = "DIR",
        value_hint = ValueHint::DirPath,
        conflicts_with = "output",
        help_heading = "Output"
    )]
    pub(crate) out_dir: Option<PathBuf>,

    /// Skip the files that --out-dir is done with
    ///
    /// Done is an output whose manifest fits it, its input (path, size and time), the settings and
    /// the version of dehusk. If the settings or the version are others, nothing is done, unless
    /// --overwrite.
    #[arg(long, requires = "out_dir", help_heading = "Output")]
    pub(crate) resume: bool,

    /// With --resume: make outputs of other settings or versions anew
    #[arg(
        long,
        requires = "resume",
        hide_short_help = true,
        help_heading = "Output"
    )]
    pub(crate) overwrite: bool,

    /// Format: jsonl, json, text, markdown, marked, parquet
    ///
    /// How records are written: `jsonl` unless -o FILE says otherwise by its ending. `json`: one
    /// array. `text`: title and body, pages separated by a line with a form feed. `markdown`: the same
    /// with headings, and lists of tags and related titles, pages separated by a rule. `marked`: each
    /// line of one page with its label before it, to correct by hand and train on. `parquet`: a table, a
    /// row a record, its columns the keys, `input` as JSON.
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub(crate) to: Option<To>,

    /// Write only these keys of the record
    ///
    /// Of: schema, id, url, source, title, body, sections, tags, related, contacts, masked,
    /// language, segments, text, input. Separated by commas; their order is always this.
    #[arg(
        long,
        value_name = "KEYS",
        value_delimiter = ',',
        value_parser = name,
        help_heading = "Output"
    )]
    pub(crate) fields: Vec<String>,

    /// Copy fields of the input: all, or a list
    ///
    /// Fields of the JSONL line, columns of the Parquet row. They go, as they stand, into the
    /// record's `input`. `all` leaves out the text. Separated by commas; white space around a name
    /// does not count.
    #[arg(
        long,
        value_name = "FIELDS",
        value_delimiter = ',',
        value_parser = name,
        help_heading = "Output"
    )]
    pub(crate) keep: Vec<String>,

    /// Write the page's text too
    #[arg(long, help_heading = "Output")]
    pub(crate) with_text: bool,

    /// What start and end count
    ///
    /// `bytes` of UTF-8, `chars` as Python counts, `utf16` units as JavaScript counts.
    #[arg(
        long,
        value_enum,
        value_name = "UNIT",
        default_value_t,
        hide_short_help = true,
        help_heading = "Output"
    )]
    pub(crate) offsets: Offsets,

    /// Tell how sure each segment's label is
    ///
    /// `confidence`, from 0 to 1: of the segments given 0.9, nine in ten are right.
    #[arg(long, hide_short_help = true, help_heading = "Decision")]
    pub(crate) confidence: bool,

    /// Add a pack of cues; may be repeated
    ///
    /// `dehusk rules check FILE` tells what is wrong with one.
    #[arg(long, value_name = "FILE", help_heading = "Decision")]
    pub(crate) rules: Vec<PathBuf>,

    /// Use these weights, not the built-in ones
    ///
    /// `dehusk train` makes such a file.
    #[arg(long, value_name = "FILE", help_heading = "Decision")]
    pub(crate) weights: Option<PathBuf>,

    /// A page that cannot be read: [skip, record, fail]
    ///
    /// `skip`, the default: leave it out. `record`: write an object with its id and `error` in its
    /// place. `fail`: stop there, after all records before it.
    #[arg(
        long,
        value_enum,
        value_name = "POLICY",
        default_value_t,
        hide_possible_values = true,
        hide_default_value = true,
        help_heading = "Errors"
    )]
    pub(crate) on_error: OnError,

    /// Write failed pages to FILE, raw, as JSONL
    ///
    /// One object each: `id`, `source`, `offset`, `reason` and `raw`, the page's bytes as
    /// `{"text":…}`, or as `{"bytes":…}` in base64 if they are not UTF-8; `truncated` if they
    /// are not all of it. The file is written even if there are none. With --out-dir, FILE is a
    /// directory and gets NAME.errors.jsonl for each output.
    #[arg(long, value_name = "FILE", help_heading = "Errors")]
    pub(crate) errors: Option<PathBuf>,

    /// Write what became of the pages to FILE, as JSON
    #[arg(
        long,
        value_name = "FILE",
        hide_short_help = true,
        help_heading = "Errors"
    )]
    pub(crate) summary: Option<PathBuf>,

    /// Threads that extract [default: one a core]
    ///
    /// Records do not depend on their number; at most 512 are used.
    #[arg(long, value_name = "N", value_parser = threads, help_heading = "Running")]
    pub(crate) threads: Option<NonZero<usize>>,

    /// Show progress on standard error
    ///
    /// Pages, megabytes of pages (10^6 bytes), both by the second, and for files the time that is
    /// left. `auto`: if standard error is a terminal, and records are not written to one.
    #[arg(
        long,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        hide_short_help = true,
        help_heading = "Running"
    )]
    pub(crate) progress: Progress,

    /// Tell at the end how long each stage took
    ///
    /// Seconds by the clock, summed over the threads, on standard error; reading and writing
    /// include waiting.
    #[arg(long, hide_short_help = true, help_heading = "Running")]
    pub(crate) timings: bool,

    #[command(flatten)]
    pub(crate) file: SettingsFile,

    /// No progress, no summary
    #[arg(short, long, help_heading = "Running")]
    pub(crate) quiet: bool,

    /// Print help (see more with '--help')
    // As clap's own, but not under a heading of its own.
    #[arg(short, long, action = ArgAction::Help, help_heading = "Running")]
    pub(crate) help: Option<bool>,
}

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  dehusk explain page.txt
  dehusk explain pages.jsonl --page 0 --full | less
  dehusk explain pages.jsonl --html pages.html
  dehusk explain crawl/ --rules my.txt --against records.jsonl.zst";

const EXPLAIN_NUMBERS: &str = "\
What the lines say:
  A line is a piece, the least that gets a label: a line of the page, or part of
  one that packs several blocks. Before it stand its label and how probable it is
  that the label is right.
  edge  why a segment begins here: what changes, and what it would cost to move
        the boundary one piece down or up
  cue   phrases that count here: (PACK:LINE, label and role)
  for   features that speak most for the label
  over  the most probable other label, how probable it is by the model's own
        account, by how much it lost, and what spoke most against it and for it;
        `neighbours` is what the labels on either side make of it
  rule  what the rule of one title a page did
  item  a tag, or a related title
  Costs and features are log-odds: +0.69 makes a label twice as probable. The
  features of a piece add up to what was decided by; --json has all, under their
  names in the weights file.

Exit status:
  0  it was told
  1  so it was, but some pages could not be read
  2  it could not be";

/// Show each line of a page with its label and why
///
/// Of a file or folder of several pages the first is shown, or those that --page picks. Long
/// pages are folded: of a run of lines with one label the first two, the least sure and the
/// last are shown. With --html, --json and --against all pages count unless --page picks some.
#[derive(Debug, clap::Args)]
#[command(after_help = EXPLAIN_EXAMPLES, after_long_help = format!("{EXPLAIN_EXAMPLES}\n\n{EXPLAIN_NUMBERS}"))]
pub(crate) struct Explain {
    /// File or directory; - or none is standard input
    pub(crate) path: Option<PathBuf>,

    /// Pick a page by its number (from 0), id or URL
    #[arg(long, value_name = "N|ID|URL")]
    pub(crate) page: Vec<String>,

    /// Show all lines, whole, and all items
    ///
    /// With more features of each.
    #[arg(long, conflicts_with_all = ["html", "json"])]
    pub(crate) full: bool,

    /// Write one HTML file, of at most 100 pages
    ///
    /// It needs no network.
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    pub(crate) html: Option<PathBuf>,

    /// Write one JSON object a page, with all features
    #[arg(long)]
    pub(crate) json: bool,

    /// Show where labels differ from those of RECORDS
    ///
    /// Those are records made earlier, or by other settings: JSONL as `extract` writes it, offsets in bytes, also packed with gzip or zstd.
    /// Pages are found by their ids; the records are held in memory.
    #[arg(long, value_name = "RECORDS")]
    pub(crate) against: Option<PathBuf>,

    /// Add a rule pack; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Vec<PathBuf>,

    /// Use these weights, not the built-in ones
    #[arg(long, value_name = "FILE")]
    pub(crate) weights: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) reading: Reading,

    #[command(flatten)]
    pub(crate) file: SettingsFile,
}

/// How pages are read.
#[derive(Debug, clap::Args)]
pub(crate) struct Reading {
    /// Format: auto, text, jsonl, html, warc, wet, parquet
    ///
    /// How files hold pages. `auto`, the default, goes by the name; under other names, and for standard input, by the
    /// beginning: a WARC record's, an HTML page's, Parquet's, a first line that is a JSON object;
    /// any other is text. `text`, `html`: a file is one page. `jsonl`: a line is one JSON object with
    /// one page. `warc`, `wet`: responses that hold HTML or text, and conversions, are pages.
    /// `parquet`: a row is a page; its columns are told as fields of JSONL are. Standard input
    /// and packed files are copied into a temporary file first.
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub(crate) from: From,

    /// Field or column with the text
    ///
    /// Of a JSONL line or of a Parquet row. A page without it, or where it is no string, is an error.
    #[arg(long, value_name = "NAME", default_value = "text")]
    pub(crate) text_field: String,

    /// Field or column with the page as HTML
    ///
    /// It is read in place of the text.
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub(crate) html_field: Option<String>,

    /// JSONL field or Parquet column with the id
    ///
    /// It may be a string or a number. A page without one is called by its url, else by its
    /// path and, in a file of many pages, `#` and its number from 0.
    #[arg(
        long,
        value_name = "NAME",
        default_value = "id",
        hide_short_help = true
    )]
    pub(crate) id_field: String,

    /// JSONL field or Parquet column with the url
    #[arg(
        long,
        value_name = "NAME",
        default_value = "url",
        hide_short_help = true
    )]
    pub(crate) url_field: String,

    /// Charset of all pages, as gb18030 [default: found for each]
    ///
    /// It is found for each page: by its byte order mark, by what a header or the
    /// page declares where the bytes do not belie it, by being UTF-8, else by detection. All that
    /// browsers know are known here, by the names that HTML has for them: gbk, big5, shift_jis.
    #[arg(
        long,
        value_name = "NAME",
        value_parser = charset,
        hide_short_help = true
    )]
    pub(crate) charset: Option<dehusk::Charset>,

    /// Largest page to read
    ///
    /// A larger one is an error. What counts is the page as it is read: a text file unpacked,
    /// a JSONL line as it stands, of a Parquet row the text and what is kept. In bytes; k, M, G
    /// and T stand for powers of 1024.
    #[arg(
        long,
        value_name = "SIZE",
        default_value = "16M",
        value_parser = size,
        hide_short_help = true
    )]
    pub(crate) max_page_size: Size,
}

const EVAL_EXAMPLES: &str = "\
Examples:
  dehusk extract gold/ | dehusk eval gold -
  dehusk eval gold records.jsonl.zst --worst 20
  dehusk eval gold records.jsonl --json > scores.json";

const EVAL_STATUS: &str = "\
Exit status: 0 the records were scored, however badly; 2 they could not be.";

/// Score records against labelled pages
///
/// GOLD holds a file for each page, CASE.marked (extract --to marked writes such files), where the
/// page is HTML with CASE.html, or a folder, CASE/page.txt with CASE/gold.json. A record belongs to
/// the page whose CASE is its id, or whose path is (.../CASE/page.txt, .../CASE.html). Pages without a
/// record, or with one that holds an error, count as pages of which nothing was found.
#[derive(Debug, clap::Args)]
#[command(after_help = EVAL_EXAMPLES, after_long_help = format!("{EVAL_EXAMPLES}\n\n{EVAL_STATUS}"))]
pub(crate) struct Eval {
    /// Folder of labelled pages
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) gold: PathBuf,

    /// Records as `extract` writes them; - is standard input
    ///
    /// JSONL, packed or not, with offsets in bytes.
    pub(crate) records: PathBuf,

    /// Score only the pages that FILE names, one a line
    #[arg(long, value_name = "FILE")]
    pub(crate) cases: Option<PathBuf>,

    /// Show N pages that went wrong, worst first
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) worst: usize,

    /// Write all figures as JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) file: SettingsFile,
}

const TRAIN_EXAMPLES: &str = "\
Examples:
  dehusk train my-pages -o my.weights
  dehusk train gold my-pages -o all.weights --prior 0.5 > report.txt
  dehusk extract crawl/ --weights my.weights > records.jsonl";

/// Learn weights from labelled pages
///
/// Each GOLD is a folder as for `eval`. The weights are for `extract --weights`; comments at
/// their top say what they were made of. Cross-validation says how well that does on pages
/// that were not learned from: pages of one site (ids that differ in a last -N only) or one
/// template are never split. What is learned does not depend on the number of threads.
#[derive(Debug, clap::Args)]
#[command(after_help = TRAIN_EXAMPLES)]
pub(crate) struct Train {
    /// Folders of labelled pages
    #[arg(required = true, value_hint = ValueHint::DirPath)]
    pub(crate) gold: Vec<PathBuf>,

    /// Write the weights to FILE, whole or not at all
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,

    /// Write the records of cross-validation to FILE
    ///
    /// Each is made by weights that have not seen its page: `dehusk eval GOLD FILE` tells all
    /// about them.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "no_cross_validation",
        hide_short_help = true
    )]
    pub(crate) held_out: Option<PathBuf>,

    /// Parts of the pages, each tested by the others
    ///
    /// Each part's pages are labelled by weights learned from the other parts. Variants of a page are
    /// made with pages of its own part. From 2 to 100.
    #[arg(long, value_name = "K", default_value_t = 8, value_parser = folds)]
    pub(crate) folds: usize,

    /// Strength of the prior that keeps the table's weights small
    ///
    /// A number over 0; the more, the fewer pages there are.
    #[arg(long, value_name = "X", default_value_t = 10.0, value_parser = prior, hide_short_help = true)]
    pub(crate) prior: f64,

    /// Networks whose mean counts, 1 to 8
    ///
    /// The more, the surer and the slower, in learning and in use.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = nets, hide_short_help = true)]
    pub(crate) nets: usize,

    /// Steps of the optimiser for each network, of 24 pages
    #[arg(
        long,
        value_name = "N",
        default_value_t = 10000,
        hide_short_help = true
    )]
    pub(crate) steps: usize,

    /// Terms that the networks know, 0 to 16384: words and short lines that many sites share
    #[arg(long, value_name = "N", default_value_t = 4000, value_parser = terms, hide_short_help = true)]
    pub(crate) terms: usize,

    /// Variants of each page to learn from, 0 to 16: its article with what is around another
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = variants, hide_short_help = true)]
    pub(crate) variants: usize,

    /// Learn and do not test, in a fraction of the time
    #[arg(long)]
    pub(crate) no_cross_validation: bool,

    /// Add a pack of cues; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Vec<PathBuf>,

    /// Threads that learn [default: one a core]
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(crate) threads: Option<NonZero<usize>>,

    #[command(flatten)]
    pub(crate) file: SettingsFile,

    /// No progress
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

const STATS_EXAMPLES: &str = "\
Examples:
  dehusk stats records.jsonl.zst
  dehusk stats records/ --html report.html
  dehusk extract crawl/ --with-text | dehusk stats
  dehusk stats new.jsonl --against old.jsonl";

const STATS_STATUS: &str = "\
Exit status:
  0  all was read
  1  some lines are no records
  2  nothing could be read, or not written";

/// Show what is in records
///
/// How much of the pages is article, what the rest is, how long things are, and what comes again and
/// again: tags, related titles, lines, contacts that many hosts share. Records are read once, as they
/// come, in memory that does not grow. Where a list is too long to be counted exactly, counts are lower
/// bounds, marked >=. Lines can be told only of records that have the page's text (extract --with-text),
/// hosts only of records with a url. Objects of extract --on-error record and files of extract --errors
/// are counted as failed pages.
#[derive(Debug, clap::Args)]
#[command(after_help = STATS_EXAMPLES, after_long_help = format!("{STATS_EXAMPLES}\n\n{STATS_STATUS}"))]
pub(crate) struct Stats {
    /// Files or directories of records; - or none is standard input
    ///
    /// JSONL or Parquet, packed or not.
    #[arg(value_name = "RECORDS")]
    pub(crate) records: Vec<PathBuf>,

    /// Show these records beside the others; may be repeated
    #[arg(long, value_name = "RECORDS")]
    pub(crate) against: Vec<PathBuf>,

    /// Write a report with plots to FILE
    ///
    /// It needs nothing beside itself, and no network.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,

    /// Print figures as JSON
    #[arg(long)]
    pub(crate) json: bool,

    /// How much of each list to show [default: 10]
    ///
    /// With --html 200.
    #[arg(long, value_name = "N")]
    pub(crate) top: Option<usize>,

    /// Show progress on standard error
    ///
    /// `auto`: if that is a terminal.
    #[arg(
        long,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        hide_short_help = true
    )]
    pub(crate) progress: Progress,

    /// No progress
    #[arg(short, long)]
    pub(crate) quiet: bool,

    #[command(flatten)]
    pub(crate) file: SettingsFile,
}

const SCHEMA_EXAMPLES: &str = "\
Examples:
  dehusk schema > record.schema.json
  dehusk schema --fields title,tags
  dehusk schema failed | jq .title";

/// Print the JSON Schema of the records
///
/// A record, or the object that stands in its place with --on-error record; no other key is
/// allowed, so that validating tells when records hold more than you know of.
#[derive(Debug, clap::Args)]
#[command(after_help = SCHEMA_EXAMPLES)]
pub(crate) struct Schema {
    /// Of what: `record`, or `failed`, the lines of `extract --errors`
    #[arg(
        value_enum,
        default_value_t,
        hide_possible_values = true,
        value_name = "OF"
    )]
    pub(crate) of: SchemaOf,

    /// Of records that are written with these --fields
    #[arg(long, value_name = "KEYS", value_delimiter = ',', value_parser = name)]
    pub(crate) fields: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    #[default]
    Record,
    Failed,
}

const CONFIG_EXAMPLES: &str = "\
Examples:
  dehusk config
  dehusk config extract --threads 2 crawl/
  dehusk config --json | jq .settings.extract
  dehusk config > dehusk.toml";

/// Show each setting and where it comes from
///
/// Settings are options that say how a command works; a file, ./dehusk.toml or the one that
/// --config names, may hold them under the command's name. What is read and written (paths, -o,
/// --errors and their like) is only ever typed. Relative paths in the file start from where the
/// file is. What is printed is such a file: each value with its origin behind it.
#[derive(Debug, clap::Args)]
#[command(after_help = CONFIG_EXAMPLES)]
pub(crate) struct Config {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) file: SettingsFile,

    /// A command as you would type it: its settings only
    #[arg(
        value_name = "COMMAND",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub(crate) line: Vec<OsString>,
}

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  dehusk completions bash > ~/.local/share/bash-completion/completions/dehusk
  dehusk completions zsh > ~/.zfunc/_dehusk
  dehusk completions fish > ~/.config/fish/completions/dehusk.fish
  dehusk completions powershell >> $PROFILE";

/// Print what makes a shell complete dehusk's options
#[derive(Debug, clap::Args)]
#[command(after_help = COMPLETIONS_EXAMPLES)]
pub(crate) struct Completions {
    /// bash, zsh, fish, powershell or elvish
    #[arg(value_enum, hide_possible_values = true)]
    pub(crate) shell: Shell,
}

const MAN_EXAMPLES: &str = "\
Examples:
  dehusk man | man -l -
  dehusk man extract | man -l -
  dehusk man --dir ~/.local/share/man/man1";

/// Print the manual page
#[derive(Debug, clap::Args)]
#[command(after_help = MAN_EXAMPLES)]
pub(crate) struct Man {
    /// Of this command; else of dehusk itself
    #[arg(conflicts_with = "dir")]
    pub(crate) command: Vec<String>,

    /// Write a page for each command into DIR
    #[arg(long, value_hint = ValueHint::DirPath)]
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum From {
    #[default]
    Auto,
    Text,
    Jsonl,
    Html,
    Warc,
    Wet,
    Parquet,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum To {
    Jsonl,
    Json,
    Text,
    Markdown,
    Marked,
    Parquet,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Offsets {
    #[default]
    Bytes,
    Chars,
    Utf16,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnError {
    #[default]
    Skip,
    Record,
    Fail,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Progress {
    #[default]
    Auto,
    Always,
    Never,
}

/// Every `of`-th file, from the one numbered `index` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    pub(crate) index: u64,
    pub(crate) of: NonZero<u64>,
}

fn shard(typed: &str) -> Result<Shard, String> {
    let wrong = || "not I/N with I from 0 to N-1, as 0/4".to_owned();
    let (index, of) = typed.split_once('/').ok_or_else(wrong)?;
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(index) || !digits(of) {
        return Err(wrong());
    }
    let index: u64 = index.parse().map_err(|_| wrong())?;
    let of: NonZero<u64> = of.parse().map_err(|_| wrong())?;
    if index >= of.get() {
        return Err(format!(
            "there are shards 0 to {} of {of}; job arrays must count from 0",
            of.get() - 1
        ));
    }
    Ok(Shard { index, of })
}

/// One name of a list; white space around it is of the list.
fn name(typed: &str) -> Result<String, String> {
    match typed.trim() {
        "" => Err("an empty name; names stand between commas, as in title,tags".into()),
        name => Ok(name.to_owned()),
    }
}

fn charset(typed: &str) -> Result<dehusk::Charset, String> {
    dehusk::Charset::for_label(typed)
        .ok_or_else(|| "no charset that browsers know; there are utf-8, gb18030, gbk, big5, utf-16le, shift_jis, euc-jp, euc-kr, windows-1252 and others".into())
}

fn threads(typed: &str) -> Result<NonZero<usize>, String> {
    typed.parse().map_err(|_| "not a number from 1 up".into())
}

fn folds(typed: &str) -> Result<usize, String> {
    let number: Option<usize> = typed.parse().ok();
    let number = number.filter(|folds| (2..=100).contains(folds));
    number.ok_or_else(|| "not a number from 2 to 100".into())
}

fn nets(typed: &str) -> Result<usize, String> {
    let number = typed.parse().ok().filter(|nets| (1..=8).contains(nets));
    number.ok_or_else(|| "not a number from 1 to 8".into())
}

fn terms(typed: &str) -> Result<usize, String> {
    let number = typed.parse().ok().filter(|terms| *terms <= 16_384);
    number.ok_or_else(|| "not a number from 0 to 16384".into())
}

fn variants(typed: &str) -> Result<usize, String> {
    let number = typed.parse().ok().filter(|variants| *variants <= 16);
    number.ok_or_else(|| "not a number from 0 to 16".into())
}

fn prior(typed: &str) -> Result<f64, String> {
    let number: Option<f64> = typed.parse().ok();
    let number = number.filter(|prior| prior.is_finite() && *prior > 0.0);
    number.ok_or_else(|| "not a number over 0".into())
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) usize);

/// `500k`, `16M`, `16MiB`, `1g`, `4096`.
fn size(typed: &str) -> Result<Size, String> {
    let digits = typed.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = typed[digits.len()..].to_ascii_lowercase();
    let shift = match unit
        .strip_suffix("ib")
        .or(unit.strip_suffix('b'))
        .unwrap_or(&unit)
    {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return Err(format!("no unit `{unit}`; there are k, M, G and T")),
    };
    let number: usize = digits
        .parse()
        .map_err(|_| "not a number of bytes, as 500k or 16M".to_owned())?;
    let bytes = number.checked_mul(1 << shift).ok_or("too large")?;
    if bytes == 0 {
        Err("0 bytes hold no page".into())
    } else {
        Ok(Size(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn sizes() {
        for (typed, bytes) in [
            ("1", 1),
            ("500k", 512_000),
            ("16M", 16 << 20),
            ("16MiB", 16 << 20),
            ("2KB", 2048),
            ("1g", 1 << 30),
        ] {
            assert_eq!(size(typed), Ok(Size(bytes)), "{typed}");
        }
        for typed in ["", "M", "0", "-1", "1.5M", "3x", "99999999999T"] {
            assert!(size(typed).is_err(), "{typed}");
        }
    }
}
