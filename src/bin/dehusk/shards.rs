//! `--out-dir`: one output for each input file, several at once, each whole or not there.
//!
//! First all files are found and all names settled, so that whatever makes no sense is refused
//! before anything is written. Then each shard is a run of its own to files of its own. They
//! take their places in this order: failed pages, output, manifest. A shard is done when its
//! manifest is there, so a run that is killed anywhere has either finished a shard or not.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write as _};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{fs, thread};

use dehusk::{InputBuilder, OutputFile, PageError, Pipeline, RecordWriter, Sink};

use crate::Outcome;
use crate::args::{self, Extract};
use crate::interrupt::{self, Guarded};
use crate::ledger::{Ledger, Shards, Tally};
use crate::manifest::{self, Shard, Stamp, State};
use crate::places::{self, place};
use crate::report::{Extent, Report};
use crate::run::{self, Failure, usage};
use crate::settings::Settings;

/// More outputs than this are not open at once; their threads are busy anyway.
const MOST_AT_ONCE: usize = 64;

/// What there is to do.
struct Plan {
    /// In the order of their inputs.
    open: Vec<Shard>,
    ledger: Ledger,
    shards: Shards,
}

pub(crate) fn extract(
    args: &Extract,
    paths: &[PathBuf],
    dir: &Path,
    pipeline: &Pipeline<'_>,
    writer: &RecordWriter,
    settings: &Settings,
) -> Result<Outcome, Failure> {
    refuse_nonsense(args, paths, dir);
    let extent = Extent::default();
    let report = Report::new(args.progress, args.quiet, false, extent.clone());
    let plan = plan(args, paths, dir, settings, &report)?;
    let files: Vec<_> = plan.open.iter().map(|shard| shard.input.clone()).collect();
    report.expect(files.into_iter());
    let at_once = at_once(args.threads, plan.open.len());
    let job = Job {
        args,
        pipeline,
        writer,
        settings,
        extent,
        state: Mutex::new(Progress {
            todo: plan.open.into_iter(),
            ledger: plan.ledger,
            shards: plan.shards,
            seen: Seen::default(),
            report,
            failure: None,
        }),
    };
    thread::scope(|scope| {
        for _ in 1..at_once {
            scope.spawn(|| job.work());
        }
        job.work();
    });
    let state = job.state.into_inner();
    state
        .unwrap_or_else(PoisonError::into_inner)
        .end(args, settings)
}

fn refuse_nonsense(args: &Extract, paths: &[PathBuf], dir: &Path) {
    let stdin = args.paths.iter().any(|path| path == Path::new("-"));
    if stdin || paths.is_empty() && args.files_from.is_none() {
        usage(
            "extract",
            "--out-dir needs files or directories to read, not standard input",
        );
    }
    if dir.exists() && !dir.is_dir() {
        let dir = dir.display();
        usage(
            "extract",
            &format!("--out-dir {dir} is a file; give a directory, which is made if need be"),
        );
    }
    places::refuse_inside("--out-dir", dir, paths);
    if let Some(errors) = &args.errors {
        places::refuse_inside("--errors", errors, paths);
    }
}

fn at_once(threads: Option<NonZero<usize>>, files: usize) -> usize {
    let threads = threads.or_else(|| thread::available_parallelism().ok());
    threads.map_or(1, NonZero::get).min(MOST_AT_ONCE).min(files)
}

fn plan(
    args: &Extract,
    paths: &[PathBuf],
    dir: &Path,
    settings: &Settings,
    report: &Report,
) -> Result<Plan, Failure> {
    let mut plan = Plan {
        open: Vec::new(),
        ledger: Ledger::default(),
        shards: Shards::default(),
    };
    let all = find(args, paths, dir, report, &mut plan.ledger);
    // Over all shards: another one of the array may be writing its files just now.
    places::refuse_shared(&all, args.summary.as_deref())?;
    let own = own(args, all, &mut plan.ledger);
    plan.shards.all = own.len() as u64;
    remove_parts(&own);
    plan.open = own;
    if args.resume {
        resume(args, settings, &mut plan)?;
    }
    Ok(plan)
}

/// All files that are to be read, and what becomes of each.
fn find(
    args: &Extract,
    paths: &[PathBuf],
    dir: &Path,
    report: &Report,
    ledger: &mut Ledger,
) -> Vec<Shard> {
    let (dir, errors) = (place(dir), args.errors.as_deref().map(place));
    let format = run::format(args);
    let builder = paths.iter().fold(run::settings(args), InputBuilder::path);
    let mut input = builder.build();
    let mut shards = Vec::new();
    while let Some(next) = input.next_file() {
        let file = match next {
            Ok(file) => file,
            Err(error) => {
                report.error(&error);
                ledger.unlisted(&error);
                continue;
            }
        };
        // Those behind the command line's are of --files-from.
        let root = args.paths.get(file.place).map(PathBuf::as_path);
        let name = places::output_name(&places::relative(&file.path, root), format);
        let errors = errors.as_ref().map(|dir| dir.join(&name));
        shards.push(Shard {
            manifest: places::with(&dir.join(&name), ".manifest.json"),
            errors: errors.map(|path| places::with(&path, ".errors.jsonl")),
            output: dir.join(name),
            input: file.path,
        });
    }
    ledger.pass_over(input.skipped());
    shards
}

/// Every N-th, with `--shard`.
fn own(args: &Extract, all: Vec<Shard>, ledger: &mut Ledger) -> Vec<Shard> {
    let Some(args::Shard { index, of }) = args.shard else {
        return all;
    };
    let found = all.len();
    let numbered = (0_u64..).zip(all);
    let own = numbered.filter(|(number, _)| *number % of == index);
    let own: Vec<_> = own.map(|(_, shard)| shard).collect();
    ledger.leave_to_others((found - own.len()) as u64);
    own
}

/// Removes what a killed run left of these shards. Those of others may be at work.
fn remove_parts(shards: &[Shard]) {
    let mut names: HashMap<&Path, HashSet<String>> = HashMap::new();
    for target in shards.iter().flat_map(Shard::targets) {
        if let (Some(dir), Some(name)) = (target.parent(), target.file_name()) {
            let name = name.to_string_lossy().into_owned();
            names.entry(dir).or_default().insert(name);
        }
    }
    for (dir, names) in names {
        // Not there yet, most likely.
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let whose = name.to_str().and_then(OutputFile::part_of);
            if whose.is_some_and(|whose| names.contains(whose)) {
                // It is only in the way.
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Takes out of the plan what is done.
fn resume(args: &Extract, settings: &Settings, plan: &mut Plan) -> Result<(), Failure> {
    let mut others: Option<(u64, PathBuf, String)> = None;
    for shard in std::mem::take(&mut plan.open) {
        match manifest::state(&shard, settings) {
            State::Done(counts) => {
                plan.shards.resumed += 1;
                plan.ledger.add(&counts);
                continue;
            }
            State::Differs(difference) if !args.overwrite => {
                let output = shard.output.clone();
                others.get_or_insert((0, output, difference)).0 += 1;
            }
            State::Differs(_) | State::Open => {}
        }
        plan.open.push(shard);
    }
    others.map_or(Ok(()), |(count, output, difference)| {
        let message = format!(
            "{count} of {} outputs were made with other settings (of {}: {difference}); resume with \
             those, make these outputs anew with --resume --overwrite, or give another --out-dir",
            plan.shards.all,
            output.display()
        );
        Err(io::Error::other(message).into())
    })
}

/// What all threads share.
struct Job<'a, 'e> {
    args: &'a Extract,
    pipeline: &'a Pipeline<'e>,
    writer: &'a RecordWriter,
    settings: &'a Settings,
    extent: Extent,
    state: Mutex<Progress>,
}

struct Progress {
    todo: std::vec::IntoIter<Shard>,
    ledger: Ledger,
    shards: Shards,
    seen: Seen,
    report: Report,
    /// The first failure; it ends the run.
    failure: Option<Failure>,
}

/// Pages, errors and bytes that were done so far.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    pages: u64,
    errors: u64,
    bytes: u64,
}

impl Progress {
    fn end(self, args: &Extract, settings: &Settings) -> Result<Outcome, Failure> {
        self.report.clear();
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let shards = Some(self.shards);
        run::end(args, settings, &self.report, &self.ledger, shards)
    }
}

impl Job<'_, '_> {
    fn state(&self) -> MutexGuard<'_, Progress> {
        lock(&self.state)
    }

    /// Makes one shard after another, until there are no more or one has failed.
    fn work(&self) {
        while let Some(shard) = self.next() {
            if let Err(failure) = self.make(&shard) {
                // Those behind the first only say that they were stopped.
                self.state().failure.get_or_insert(failure);
            }
        }
    }

    fn next(&self) -> Option<Shard> {
        let mut state = self.state();
        if state.failure.is_some() {
            return None;
        }
        state.todo.next()
    }

    fn make(&self, shard: &Shard) -> Result<(), Failure> {
        // Taken before it is read: a file that changes meanwhile is read again next time.
        let stamp = Stamp::of(&shard.input);
        let mut outlet = Outlet::open(self, shard)?;
        let input = run::settings(self.args).meter(&self.extent.meter);
        let input = input.path(&shard.input).build();
        let run = self.pipeline.run(input, &mut outlet);
        let Outlet {
            records,
            errors,
            tally,
            ..
        } = outlet;
        // The failed pages are of use even if the run was not, but not some of them.
        if run.is_ok() || self.fails() && self.state().failure.is_none() {
            errors.map_or(Ok(()), Guarded::finish)?;
        }
        let summary = run?;
        let counts = Ledger::new(&summary, tally);
        // Where nothing could be read there is nothing to show, and the next run tries again.
        if summary.opened > 0 {
            manifest::remove(shard)?;
            records.finish()?;
            manifest::save(shard, stamp, self.settings, &counts)?;
        }
        let mut state = self.state();
        state.ledger.add(&counts);
        state.shards.made += u64::from(summary.opened > 0);
        state.shards.failed += u64::from(summary.opened == 0);
        Ok(())
    }

    /// True if the first failed page ends the run: its message is said at the end then.
    fn fails(&self) -> bool {
        self.args.on_error == args::OnError::Fail
    }
}

fn lock(state: &Mutex<Progress>) -> MutexGuard<'_, Progress> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where the records and the failed pages of one shard go.
struct Outlet<'j> {
    job: &'j Mutex<Progress>,
    /// As [`Job::fails`].
    fails: bool,
    records: Guarded,
    errors: Option<Guarded>,
    tally: Tally,
    /// What the job knows of this shard.
    told: Seen,
}

impl<'j> Outlet<'j> {
    fn open(job: &'j Job<'_, '_>, shard: &Shard) -> Result<Self, Failure> {
        let errors = shard.errors.as_deref();
        Ok(Self {
            job: &job.state,
            fails: job.fails(),
            records: create(&shard.output, |path| {
                interrupt::create_for(path, job.writer)
            })?,
            errors: errors
                .map(|path| create(path, interrupt::create))
                .transpose()?,
            tally: Tally::default(),
            told: Seen::default(),
        })
    }
}

/// Starts a file, and the directories it lies in.
fn create(
    path: &Path,
    start: impl FnOnce(&Path) -> Result<Guarded, Failure>,
) -> Result<Guarded, Failure> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).map_err(|error| run::named(dir, &error))?;
    }
    start(path)
}

impl Sink for Outlet<'_> {
    fn records(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.tally.records(bytes);
        self.records.write_all(bytes)
    }

    fn error(&mut self, error: &PageError) -> io::Result<()> {
        if !self.fails {
            lock(self.job).report.error(error);
        }
        self.tally.error(error);
        let file = self.errors.as_mut();
        file.map_or(Ok(()), |file| writeln!(file, "{}", error.to_json()))
    }

    fn progress(&mut self, pages: u64, errors: u64, bytes: u64) -> io::Result<()> {
        let mut state = lock(self.job);
        if state.failure.is_some() {
            return Err(io::Error::other("another output failed"));
        }
        state.seen.pages += pages - self.told.pages;
        state.seen.errors += errors - self.told.errors;
        state.seen.bytes += bytes - self.told.bytes;
        let seen = state.seen;
        state.report.progress(seen.pages, seen.errors, seen.bytes);
        self.told = Seen {
            pages,
            errors,
            bytes,
        };
        Ok(())
    }
}
