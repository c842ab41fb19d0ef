//! What is said on standard error: failed pages, progress, a summary.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use std::{fs, thread};

use dehusk::{Meter, Stage, Timings};
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::Progress;
use crate::ledger::{Ledger, Shards};
use crate::screen;

/// How often progress is shown.
const TICK: Duration = Duration::from_millis(200);
const TICK_PLAIN: Duration = Duration::from_secs(2);

/// Before this, what is left is anybody's guess.
const FIRST_GUESS: Duration = Duration::from_secs(1);

/// Says one line. Names and words of pages cannot play tricks on the terminal. If nobody can
/// hear it, that is no reason to stop.
pub(crate) fn line(message: &dyn Display) {
    let message = screen::harmless(&message.to_string());
    let _ = writeln!(io::stderr(), "dehusk: {message}");
}

/// How much there is to read, as soon as that is known, and how much has been read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extent {
    pub(crate) meter: Meter,
    whole: Arc<OnceLock<u64>>,
}

impl Extent {
    /// Adds up the sizes of files, beside the run: a crawl of millions takes a while.
    pub(crate) fn measure(&self, files: impl Iterator<Item = PathBuf> + Send + 'static) {
        let whole = Arc::clone(&self.whole);
        // Without a thread there is no guess.
        let _ = thread::Builder::new().spawn(move || {
            let size = |path: PathBuf| fs::metadata(path).map_or(0, |data| data.len());
            let _ = whole.set(files.map(size).sum());
        });
    }

    /// The part that has been read, from 0 to 1.
    fn share(&self) -> Option<f64> {
        let whole = *self.whole.get()?;
        (whole > 0).then(|| (self.meter.bytes() as f64 / whole as f64).min(1.0))
    }
}

/// Says what is waited for where somebody may not know it.
pub(crate) fn reading_terminal() {
    if io::stdin().is_terminal() {
        line(&"reading standard input, which is a terminal; end it with Ctrl-D");
    }
}

/// Says how long each stage took: seconds, and the share of all.
pub(crate) fn timings(timings: &Timings) {
    let total = timings.total().as_secs_f64();
    let row = |name: &str, seconds: f64| {
        let share = seconds * 100.0 / total.max(f64::MIN_POSITIVE);
        line(&format!("{name:<8} {seconds:>9.3} s {share:>5.1} %"));
    };
    for stage in Stage::ALL {
        row(stage.name(), timings.of(stage).as_secs_f64());
    }
    row("all", total);
}

/// Progress of a run: a line that is redrawn on a terminal, lines now and then elsewhere.
pub(crate) struct Report {
    started: Instant,
    show: Show,
    extent: Extent,
}

enum Show {
    Nothing,
    Bar(ProgressBar),
    Lines { last: Instant },
}

impl Report {
    /// `shared` tells that records go to a terminal: unless it is asked for, progress would only
    /// be in their way.
    pub(crate) fn new(progress: Progress, quiet: bool, shared: bool, extent: Extent) -> Self {
        let started = Instant::now();
        let terminal = io::stderr().is_terminal();
        let show = match progress {
            _ if quiet => Show::Nothing,
            Progress::Never => Show::Nothing,
            Progress::Auto if shared => Show::Nothing,
            Progress::Auto | Progress::Always if terminal => Show::Bar(bar()),
            Progress::Auto => Show::Nothing,
            Progress::Always => Show::Lines { last: started },
        };
        Self {
            started,
            show,
            extent,
        }
    }

    /// What is to be read, if progress is shown at all and it is known to be these files.
    pub(crate) fn expect(&self, files: impl Iterator<Item = PathBuf> + Send + 'static) {
        if !matches!(self.show, Show::Nothing) {
            self.extent.measure(files);
        }
    }

    /// A failed page.
    pub(crate) fn error(&self, message: &dyn Display) {
        self.aside(|| line(message));
    }

    /// Does something while the progress line is out of the way.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.show {
            Show::Bar(bar) => bar.suspend(write),
            _ => write(),
        }
    }

    pub(crate) fn progress(&mut self, pages: u64, errors: u64, bytes: u64) {
        let elapsed = self.started.elapsed();
        let share = self.extent.share();
        let state = || state(pages, errors, bytes, elapsed) + &left(share, elapsed);
        match &mut self.show {
            Show::Nothing => {}
            Show::Bar(bar) => bar.set_message(state()),
            Show::Lines { last } if last.elapsed() >= TICK_PLAIN => {
                *last = Instant::now();
                line(&state());
            }
            Show::Lines { .. } => {}
        }
    }

    /// Takes the progress line away.
    pub(crate) fn clear(&self) {
        if let Show::Bar(bar) = &self.show {
            bar.finish_and_clear();
        }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The one line at the end.
    pub(crate) fn summary(&self, ledger: &Ledger, shards: Option<Shards>) {
        let pages = &ledger.pages;
        let state = state(
            pages.records,
            pages.errors,
            ledger.bytes.read,
            self.elapsed(),
        );
        let shards = shards.map_or_else(String::new, |shards| {
            let Shards {
                made,
                resumed,
                failed,
                ..
            } = shards;
            format!("; outputs: {made} made, {resumed} resumed, {failed} failed")
        });
        line(&format!("{state}{shards}; {}", ledger.text()));
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    // Without the style there is still a spinner.
    if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(TICK);
    bar
}

/// `12345 pages, 3 failed, 48.1 MB in 12.0 s, 1029 pages/s, 4.0 MB/s`.
fn state(pages: u64, errors: u64, bytes: u64, elapsed: Duration) -> String {
    let megabytes = bytes as f64 / 1e6;
    let seconds = elapsed.as_secs_f64();
    let by_second = |number: f64| number / seconds.max(1e-3);
    let noun = if pages == 1 { "page" } else { "pages" };
    format!(
        "{pages} {noun}, {errors} failed, {megabytes:.1} MB in {seconds:.1} s, {:.0} pages/s, {:.1} MB/s",
        by_second((pages + errors) as f64),
        by_second(megabytes)
    )
}

/// `, 45 %, 0:15 left`, if so much has been read as to tell.
fn left(share: Option<f64>, elapsed: Duration) -> String {
    let Some(share) = share.filter(|share| *share > 0.0) else {
        return String::new();
    };
    let percent = (share * 100.0).floor();
    if elapsed < FIRST_GUESS {
        return format!(", {percent} %");
    }
    let rest = elapsed.as_secs_f64() * (1.0 - share) / share;
    // Over a hundred years is no guess either.
    let seconds = rest.min(4e9).ceil() as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours == 0 {
        format!(", {percent} %, {minutes}:{seconds:02} left")
    } else {
        format!(", {percent} %, {hours}:{minutes:02}:{seconds:02} left")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_it_is() {
        let seconds = Duration::from_secs;
        assert_eq!(
            state(12_345, 3, 48_100_000, seconds(12)),
            "12345 pages, 3 failed, 48.1 MB in 12.0 s, 1029 pages/s, 4.0 MB/s"
        );
        assert_eq!(
            state(1, 0, 0, Duration::ZERO),
            "1 page, 0 failed, 0.0 MB in 0.0 s, 1000 pages/s, 0.0 MB/s"
        );
        for (share, elapsed, text) in [
            (None, 9, ""),
            (Some(0.0), 9, ""),
            (Some(0.5), 0, ", 50 %"),
            (Some(0.25), 5, ", 25 %, 0:15 left"),
            (Some(0.999), 3600, ", 99 %, 0:04 left"),
            (Some(0.1), 1200, ", 10 %, 3:00:00 left"),
            (Some(1.0), 9, ", 100 %, 0:00 left"),
        ] {
            assert_eq!(left(share, seconds(elapsed)), text);
        }
        assert!(left(Some(1e-300), seconds(2)).ends_with(" left"));
    }
}
