//! What is said on standard error: failed pages, progress, a summary.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::args::Progress;
use crate::ledger::{Ledger, Shards};

/// How often progress is shown.
const TICK: Duration = Duration::from_millis(200);
const TICK_PLAIN: Duration = Duration::from_secs(2);

/// Says one line. If nobody can hear it, that is no reason to stop.
pub(crate) fn line(message: &dyn Display) {
    let _ = writeln!(io::stderr(), "dehusk: {message}");
}

/// Progress of a run: a line that is redrawn on a terminal, lines now and then elsewhere.
pub(crate) struct Report {
    started: Instant,
    show: Show,
}

enum Show {
    Nothing,
    Bar(ProgressBar),
    Lines { last: Instant },
}

impl Report {
    pub(crate) fn new(progress: Progress, quiet: bool) -> Self {
        let started = Instant::now();
        let terminal = io::stderr().is_terminal();
        let show = match progress {
            _ if quiet => Show::Nothing,
            Progress::Never => Show::Nothing,
            Progress::Auto | Progress::Always if terminal => Show::Bar(bar()),
            Progress::Auto => Show::Nothing,
            Progress::Always => Show::Lines { last: started },
        };
        Self { started, show }
    }

    /// A failed page.
    pub(crate) fn error(&self, message: &dyn Display) {
        match &self.show {
            Show::Bar(bar) => bar.suspend(|| line(message)),
            _ => line(message),
        }
    }

    pub(crate) fn progress(&mut self, pages: u64, errors: u64, bytes: u64) {
        let state = || state(pages, errors, bytes, self.started.elapsed());
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
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(TICK);
    bar
}

fn state(pages: u64, errors: u64, bytes: u64, elapsed: Duration) -> String {
    let megabytes = bytes as f64 / 1e6;
    let seconds = elapsed.as_secs_f64();
    let rate = megabytes / seconds.max(1e-3);
    let noun = if pages == 1 { "page" } else { "pages" };
    format!("{pages} {noun}, {errors} failed, {megabytes:.1} MB in {seconds:.1} s, {rate:.1} MB/s")
}
