//! Runs everything: one thread reads, a pool extracts, the caller's thread writes, all at
//! the same time.
//!
//! ```text
//!              batch of raw pages            the same batch, with its output
//!   reader ───────────────────────► workers ─────────────────────────────────► writer
//!     ▲                                                                          │
//!     └──────────────────────────── emptied batches ─────────────────────────────┘
//! ```
//!
//! A fixed number of batches goes round. That is all there is to bounded memory and to
//! back-pressure: a slow writer keeps batches from coming back, so the reader waits. Each
//! batch has a number; the writer takes them in that order, so the output does not depend
//! on the number of threads. Nothing in the pool ever blocks.
//!
//! Several runs of one pipeline at a time share its threads and its batches: however many
//! there are, memory is that of one, and the last to end has all cores. They cannot wait for
//! each other in a circle: a run numbers its batches as it gets them, so that its writer
//! always waits for one that it has.

use std::any::Any;
use std::collections::BTreeMap;
use std::num::NonZero;
use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use std::{io, thread};

use crate::error::{Error, Result, panic_message};
use crate::extract::{Extractor, Worker};
use crate::input::{Block, Input, Item, Parser, Skipped};
use crate::output::{OutputFormat, RecordWriter, Sink};
use crate::page::{Fault, Page, PageError, PageErrorKind};
use crate::timings::{Stage, Timings, Watch};

/// What a page that cannot be read does to a run. In each case the sink learns of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnError {
    /// It is left out.
    #[default]
    Skip,
    /// An object with its `error` stands in its place; formats that are not JSON leave it out.
    Record,
    /// It ends the run, after all records before it.
    Fail,
}

/// What a run did. If it came to its end, `read` is `pages` and `errors` together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Pages that the reader found, and files that could not be opened.
    pub read: u64,
    /// Pages that came through.
    pub pages: u64,
    /// Pages that did not, and files that could not be opened.
    pub errors: u64,
    /// Bytes of all pages as they were read, unpacked.
    pub bytes: u64,
    /// Files and streams that could be opened.
    pub opened: u64,
    /// What was passed over inside directories.
    pub skipped: Skipped,
}

/// From an [`Input`] to a [`Sink`] on all cores, in input order, in bounded memory.
///
/// ```
/// use dehusk::{Extractor, Input, OutputFormat, Pipeline, RecordWriter};
///
/// let extractor = Extractor::new();
/// let input = Input::builder().reader("pages", &b"{\"text\":\"One page\"}\n"[..]).build();
/// let mut lines = Vec::new();
/// let summary = Pipeline::new(&extractor, RecordWriter::new(OutputFormat::Jsonl)).run(input, &mut lines)?;
/// assert_eq!((summary.pages, summary.errors), (1, 0));
/// assert!(lines.starts_with(br##"{"schema":1,"id":"pages#0""##));
/// # Ok::<(), dehusk::Error>(())
/// ```
#[derive(Debug)]
#[must_use]
pub struct Pipeline<'e> {
    extractor: &'e Extractor,
    writer: RecordWriter,
    threads: Option<NonZero<usize>>,
    on_error: OnError,
    /// Of all runs, if that is wanted.
    timings: Option<Mutex<Timings>>,
    /// Started by the first run.
    engine: Mutex<Option<Arc<Engine<'e>>>>,
}

/// Each thread brings two batches; a slip of the finger must not take all memory.
const MAX_THREADS: usize = 512;

impl<'e> Pipeline<'e> {
    /// A pipeline that uses all cores and leaves out pages that cannot be read.
    pub fn new(extractor: &'e Extractor, writer: RecordWriter) -> Self {
        Self {
            extractor,
            writer,
            threads: None,
            on_error: OnError::Skip,
            timings: None,
            engine: Mutex::default(),
        }
    }

    /// How many threads extract: as many as there are cores unless set, and at most 512.
    /// Reading and writing have a thread each besides, which mostly wait.
    pub fn threads(mut self, threads: NonZero<usize>) -> Self {
        self.threads = Some(threads);
        self.engine = Mutex::default();
        self
    }

    /// What a page that cannot be read does to the run.
    pub fn on_error(mut self, on_error: OnError) -> Self {
        self.on_error = on_error;
        self
    }

    /// Takes the time of each stage, which [`Pipeline::timings`] tells. Costs some tens of
    /// nanoseconds a page and stage.
    pub fn timed(mut self) -> Self {
        self.timings = Some(Mutex::default());
        self
    }

    /// How long each stage took in all runs so far; nothing unless they are
    /// [timed](Pipeline::timed).
    pub fn timings(&self) -> Timings {
        self.timings
            .as_ref()
            .map_or_else(Timings::default, |timings| *lock(timings))
    }

    /// Reads the whole input. The sink is called in this thread only, and is not flushed.
    /// Several threads may do this at a time, each with an input and a sink of its own.
    ///
    /// A bug that panics on some page costs that page, which becomes an error.
    ///
    /// # Errors
    /// What the sink failed with (see [`Error::is_broken_pipe`]); a page that could not be
    /// read, with [`OnError::Fail`]; no threads to be had. If the run ends early, the
    /// reading thread is left to end by itself: it may hang in a read that never returns.
    pub fn run(&self, input: Input, sink: &mut impl Sink) -> Result<Summary> {
        let engine = self.engine()?;
        let stop = Arc::new(AtomicBool::new(false));
        let crew = Crew {
            pipeline: self,
            parser: input.parser(),
            idle: &engine.idle,
            stop: Arc::clone(&stop),
        };
        let (events, inbox) = channel();
        let (stock, reader) = (Arc::clone(&engine.stock), events.clone());
        let name = thread::Builder::new().name("dehusk-reader".into());
        name.spawn(move || read(input, &stock, &stop, &reader))
            .map_err(|error| Error::io("cannot start threads", &error))?;

        engine.pool.in_place_scope(|scope| {
            let start = |number, mut batch: Loan| {
                let (crew, events) = (&crew, events.clone());
                scope.spawn(move |_| {
                    let worked = catch_unwind(AssertUnwindSafe(|| crew.work(&mut batch)));
                    // The writer may have left.
                    let _ = events.send(match worked {
                        Ok(()) => Event::Worked(number, batch),
                        Err(panic) => Event::Panicked(panic),
                    });
                });
            };
            let mut ordered = Ordered::new(self, sink);
            let result = ordered.run(&inbox, start);
            // Whatever is still under way is not wanted any more.
            crew.stop.store(true, Ordering::Relaxed);
            result
        })
    }

    fn engine(&self) -> Result<Arc<Engine<'e>>> {
        let mut engine = lock(&self.engine);
        if let Some(running) = &*engine {
            return Ok(Arc::clone(running));
        }
        let started = Arc::new(Engine::start(self.threads)?);
        *engine = Some(Arc::clone(&started));
        Ok(started)
    }
}

/// What all runs of a pipeline share.
struct Engine<'e> {
    pool: rayon::ThreadPool,
    stock: Arc<Stock>,
    /// Scratch memory of threads that have nothing to do.
    idle: Mutex<Vec<Scratch<'e>>>,
}

impl Engine<'_> {
    fn start(threads: Option<NonZero<usize>>) -> Result<Self> {
        let threads = threads
            .or_else(|| thread::available_parallelism().ok())
            .map_or(1, NonZero::get)
            .min(MAX_THREADS);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|n| format!("dehusk-{n}"))
            .build()
            .map_err(|error| Error::io("cannot start threads", &io::Error::other(error)))?;
        Ok(Self {
            pool,
            stock: Arc::new(Stock::new(2 * threads + 2)),
            idle: Mutex::default(),
        })
    }
}

impl std::fmt::Debug for Engine<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

/// What a lock guards stays usable: whoever panicked under it had nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The batches that go round.
struct Stock {
    shelf: Mutex<Shelf>,
    /// Told of each batch that comes back.
    back: Condvar,
}

struct Shelf {
    empty: Vec<Batch>,
    /// How many may still be made.
    unmade: usize,
}

impl Stock {
    fn new(batches: usize) -> Self {
        let shelf = Shelf {
            empty: Vec::new(),
            unmade: batches,
        };
        Self {
            shelf: Mutex::new(shelf),
            back: Condvar::new(),
        }
    }

    /// An empty batch, as soon as there is one.
    fn lend(self: &Arc<Self>, target: usize) -> Loan {
        let mut shelf = lock(&self.shelf);
        while shelf.empty.is_empty() && shelf.unmade == 0 {
            shelf = self
                .back
                .wait(shelf)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let mut batch = shelf.empty.pop().unwrap_or_else(|| {
            shelf.unmade -= 1;
            Batch::default()
        });
        batch.block.aim(target);
        Loan {
            batch,
            stock: Arc::clone(self),
        }
    }
}

/// A batch that goes back, emptied, when it is dropped.
struct Loan {
    batch: Batch,
    stock: Arc<Stock>,
}

impl Deref for Loan {
    type Target = Batch;

    fn deref(&self) -> &Batch {
        &self.batch
    }
}

impl DerefMut for Loan {
    fn deref_mut(&mut self) -> &mut Batch {
        &mut self.batch
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        let mut batch = std::mem::take(&mut self.batch);
        batch.clear();
        lock(&self.stock.shelf).empty.push(batch);
        self.stock.back.notify_one();
    }
}

/// Raw pages on their way to the workers, and what became of them on the way back.
#[derive(Default)]
struct Batch {
    block: Block,
    out: Vec<u8>,
    errors: Vec<PageError>,
    pages: u64,
    bytes: u64,
    timings: Timings,
}

impl Batch {
    fn clear(&mut self) {
        self.block.clear();
        // As the block: one huge page must not hold its memory for the whole run.
        self.out.clear();
        self.out.shrink_to(self.block.target() * 4);
        self.errors.clear();
        self.pages = 0;
        self.bytes = 0;
        self.timings = Timings::default();
    }
}

enum Event {
    Read(Loan),
    Worked(u64, Loan),
    Ended { opened: u64, skipped: Skipped },
    Panicked(Box<dyn Any + Send>),
}

/// The reading thread.
fn read(mut input: Input, stock: &Arc<Stock>, stop: &AtomicBool, events: &Sender<Event>) {
    let reading = catch_unwind(AssertUnwindSafe(|| {
        loop {
            let mut batch = stock.lend(input.block_size());
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let started = Instant::now();
            let more = input.fill(&mut batch.block);
            batch.timings.add(Stage::Read, started.elapsed());
            if events.send(Event::Read(batch)).is_err() || !more {
                break;
            }
        }
    }));
    // Either the writer waits for this, or it has left.
    let _ = events.send(match reading {
        Ok(()) => Event::Ended {
            opened: input.opened(),
            skipped: input.skipped(),
        },
        Err(panic) => Event::Panicked(panic),
    });
}

/// What became of one page.
type Done = std::result::Result<(), Box<PageError>>;

/// What all workers share.
struct Crew<'p, 'e> {
    pipeline: &'p Pipeline<'e>,
    parser: Parser,
    idle: &'p Mutex<Vec<Scratch<'e>>>,
    stop: Arc<AtomicBool>,
}

/// One thread's scratch memory.
struct Scratch<'e> {
    worker: Worker<'e>,
    writer: RecordWriter,
    page: Page,
}

impl<'e> Crew<'_, 'e> {
    fn work(&self, batch: &mut Batch) {
        let known = lock(self.idle).pop();
        let mut scratch = known.unwrap_or_else(|| self.scratch());
        self.work_with(&mut scratch, batch);
        batch.timings += scratch.worker.watch.take();
        lock(self.idle).push(scratch);
    }

    fn scratch(&self) -> Scratch<'e> {
        let Pipeline {
            extractor, writer, ..
        } = self.pipeline;
        let mut worker = extractor.worker();
        worker.watch = Watch::new(self.pipeline.timings.is_some());
        Scratch {
            worker,
            writer: writer.clone(),
            page: Page::default(),
        }
    }

    fn work_with(&self, scratch: &mut Scratch<'e>, batch: &mut Batch) {
        let Batch {
            block,
            out,
            errors,
            pages,
            bytes,
            ..
        } = batch;
        for item in block.items() {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            *bytes += item.len() as u64;
            let Err(error) = self.page(scratch, block, item, out) else {
                *pages += 1;
                continue;
            };
            if self.pipeline.on_error == OnError::Record {
                self.put_error(scratch, &error, out);
            }
            errors.push(*error);
            if self.pipeline.on_error == OnError::Fail {
                return;
            }
        }
    }

    /// One page from raw bytes to output.
    fn page(
        &self,
        scratch: &mut Scratch<'e>,
        block: &Block,
        item: &Item,
        out: &mut Vec<u8>,
    ) -> Done {
        self.guard(scratch, block, item, out, |scratch, out| {
            let Scratch {
                worker,
                writer,
                page,
            } = scratch;
            worker.watch.start();
            self.parser.read(block, item, page)?;
            worker.watch.lap(Stage::Parse);
            let record = worker.extract_marked_up(&page.text, &page.markup);
            out.extend_from_slice(writer.format().between());
            writer.write(page, &record, out);
            out.extend_from_slice(writer.format().after());
            worker.watch.lap(Stage::Write);
            Ok(())
        })
    }

    /// Does the work for one page. A panic costs that page, and the scratch memory, whose
    /// state is not known any more.
    fn guard(
        &self,
        scratch: &mut Scratch<'e>,
        block: &Block,
        item: &Item,
        out: &mut Vec<u8>,
        work: impl FnOnce(&mut Scratch<'e>, &mut Vec<u8>) -> Done,
    ) -> Done {
        let start = out.len();
        let done = catch_unwind(AssertUnwindSafe(|| work(scratch, out)));
        done.unwrap_or_else(|panic| {
            out.truncate(start);
            let id = std::mem::take(&mut scratch.page.id);
            *scratch = self.scratch();
            let reason = format!("bug in dehusk, please report: {}", panic_message(&*panic));
            let fault = Fault::new(PageErrorKind::Bug, reason);
            Err(Box::new(self.parser.error(block, item, &id, fault)))
        })
    }

    fn put_error(&self, scratch: &Scratch<'e>, error: &PageError, out: &mut Vec<u8>) {
        let (start, format) = (out.len(), scratch.writer.format());
        out.extend_from_slice(format.between());
        if !scratch.writer.write_error(error, out) {
            out.truncate(start);
            return;
        }
        out.extend_from_slice(format.after());
    }
}

/// The writing end: takes batches as they come and hands them on in order.
struct Ordered<'r, S> {
    format: OutputFormat,
    on_error: OnError,
    timings: Option<&'r Mutex<Timings>>,
    sink: &'r mut S,
    /// Batches that are ready before their turn.
    waiting: BTreeMap<u64, Loan>,
    /// Batches read.
    read: u64,
    /// Batches written.
    written: u64,
    /// True once there is a record.
    any: bool,
    summary: Summary,
}

impl<'r, S: Sink> Ordered<'r, S> {
    fn new(pipeline: &'r Pipeline<'_>, sink: &'r mut S) -> Self {
        Self {
            format: pipeline.writer.format(),
            on_error: pipeline.on_error,
            timings: pipeline.timings.as_ref(),
            sink,
            waiting: BTreeMap::new(),
            read: 0,
            written: 0,
            any: false,
            summary: Summary::default(),
        }
    }

    fn run(&mut self, inbox: &Receiver<Event>, start: impl Fn(u64, Loan)) -> Result<Summary> {
        self.put(self.format.opening())?;
        let mut ended = false;
        while !ended || self.written < self.read {
            // Senders live as long as the inbox: the reader's or this run's own.
            let Ok(event) = inbox.recv() else { break };
            match event {
                Event::Read(batch) => {
                    self.summary.read += batch.block.items().len() as u64;
                    start(self.read, batch);
                    self.read += 1;
                }
                Event::Worked(number, batch) => {
                    self.waiting.insert(number, batch);
                    self.write_ready()?;
                }
                Event::Ended { opened, skipped } => {
                    (self.summary.opened, self.summary.skipped) = (opened, skipped);
                    ended = true;
                }
                Event::Panicked(panic) => resume_unwind(panic),
            }
        }
        self.put(self.format.closing(self.any))?;
        Ok(self.summary)
    }

    fn write_ready(&mut self) -> Result<()> {
        while let Some(batch) = self.waiting.remove(&self.written) {
            let started = Instant::now();
            self.write(&batch)?;
            self.written += 1;
            if let Some(timings) = self.timings {
                let mut timings = lock(timings);
                *timings += batch.timings;
                timings.add(Stage::Write, started.elapsed());
            }
        }
        Ok(())
    }

    fn write(&mut self, batch: &Batch) -> Result<()> {
        // Each record brings its separator; before the first there is none.
        let skip = if self.any || batch.out.is_empty() {
            0
        } else {
            self.format.between().len()
        };
        self.any |= !batch.out.is_empty();
        self.put(&batch.out[skip..])?;
        self.summary.pages += batch.pages;
        self.summary.errors += batch.errors.len() as u64;
        self.summary.bytes += batch.bytes;
        for error in &batch.errors {
            self.sink.error(error).map_err(|error| unwritten(&error))?;
        }
        let Summary {
            pages,
            errors,
            bytes,
            ..
        } = self.summary;
        self.sink
            .progress(pages, errors, bytes)
            .map_err(|error| unwritten(&error))?;
        match batch.errors.last() {
            Some(error) if self.on_error == OnError::Fail => {
                self.put(self.format.closing(self.any))?;
                Err(Error::invalid(error.to_string()))
            }
            _ => Ok(()),
        }
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.sink.records(bytes).map_err(|error| unwritten(&error))
    }
}

fn unwritten(error: &io::Error) -> Error {
    Error::io("cannot write", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_at_a_time_share_batches() {
        let extractor = Extractor::new();
        let pipeline = Pipeline::new(&extractor, RecordWriter::new(OutputFormat::Jsonl))
            .threads(NonZero::<usize>::MIN);
        let lines = |run: usize| -> String {
            let line = |n| format!("{{\"id\":\"{run}.{n}\",\"text\":\"x\"}}\n");
            (0..300).map(line).collect()
        };
        let run = |run: usize| {
            let lines = io::Cursor::new(lines(run));
            let input = Input::builder().reader("in", lines).block_size(100).build();
            let mut out = Vec::new();
            let summary = pipeline.run(input, &mut out).unwrap();
            assert_eq!((summary.read, summary.pages), (300, 300));
            out
        };
        // Ten runs of hundreds of batches each, of which there are four.
        let together: Vec<_> = thread::scope(|scope| {
            let runs: Vec<_> = (0..10).map(|n| scope.spawn(move || run(n))).collect();
            runs.into_iter().map(|run| run.join().unwrap()).collect()
        });
        for (n, out) in together.iter().enumerate() {
            assert_eq!(*out, run(n), "{n}");
        }
        let engine = pipeline.engine().unwrap();
        assert!(lock(&engine.stock.shelf).empty.len() <= 4);
    }

    #[test]
    fn a_panic_costs_one_page() {
        let extractor = Extractor::new();
        let pipeline = Pipeline::new(&extractor, RecordWriter::new(OutputFormat::Jsonl));
        let mut input = Input::builder()
            .reader("in", &b"{\"text\":\"x\"}\n"[..])
            .build();
        let parser = input.parser();
        let crew = Crew {
            pipeline: &pipeline,
            parser,
            idle: &Mutex::default(),
            stop: Arc::default(),
        };
        let mut block = input.block();
        input.fill(&mut block);
        let (mut scratch, mut out) = (crew.scratch(), b"before".to_vec());
        let item = &block.items()[0];
        let done = crew.guard(&mut scratch, &block, item, &mut out, |_, out| {
            out.extend_from_slice(b"half a rec");
            panic!("boom")
        });
        let error = done.unwrap_err();
        assert_eq!(error.reason, "bug in dehusk, please report: boom");
        assert_eq!(
            (&out[..], &error.raw[..]),
            (&b"before"[..], &b"{\"text\":\"x\"}"[..])
        );
        assert!(crew.page(&mut scratch, &block, item, &mut out).is_ok());
        assert!(out.len() > 20);
    }
}
