//! Work becomes times: how long each of its stages took, over all threads.

use std::ops::AddAssign;
use std::time::{Duration, Instant};

/// A stage of the work on pages, in the order in which they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Reading, unpacking and cutting into pages. Includes waiting for the disk or a pipe.
    Read,
    /// From a page as it was read to its text: JSON, charsets, HTML.
    Parse,
    /// Lines, what they are made of, and the pieces that get labels.
    Lines,
    /// Finding cues.
    Match,
    /// Features of each piece.
    Features,
    /// Deciding on labels.
    Decide,
    /// The fields of the record.
    Assemble,
    /// Formatting, packing and writing. Includes waiting for who reads it.
    Write,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Self; 8] = [
        Self::Read,
        Self::Parse,
        Self::Lines,
        Self::Match,
        Self::Features,
        Self::Decide,
        Self::Assemble,
        Self::Write,
    ];

    /// The stage in a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Parse => "parse",
            Self::Lines => "lines",
            Self::Match => "match",
            Self::Features => "features",
            Self::Decide => "decide",
            Self::Assemble => "assemble",
            Self::Write => "write",
        }
    }
}

/// How long each stage took: clock time, summed over the threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings([Duration; Stage::ALL.len()]);

impl Timings {
    /// How long that stage took.
    pub fn of(&self, stage: Stage) -> Duration {
        self.0[stage as usize]
    }

    /// All stages together.
    pub fn total(&self) -> Duration {
        self.0.iter().sum()
    }

    pub(crate) fn add(&mut self, stage: Stage, time: Duration) {
        self.0[stage as usize] += time;
    }
}

impl AddAssign for Timings {
    fn add_assign(&mut self, other: Self) {
        for (time, more) in self.0.iter_mut().zip(other.0) {
            *time += more;
        }
    }
}

/// Takes the times of one thread, if it is told to.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    on: bool,
    since: Option<Instant>,
    timings: Timings,
}

impl Watch {
    pub(crate) fn new(on: bool) -> Self {
        Self {
            on,
            ..Self::default()
        }
    }

    /// A stage begins.
    pub(crate) fn start(&mut self) {
        self.since = self.on.then(Instant::now);
    }

    /// That stage ends, and the next one begins.
    pub(crate) fn lap(&mut self, stage: Stage) {
        if let Some(since) = self.since {
            let now = Instant::now();
            self.timings.add(stage, now - since);
            self.since = Some(now);
        }
    }

    /// What was taken since the last call.
    pub(crate) fn take(&mut self) -> Timings {
        std::mem::take(&mut self.timings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn laps_add_up_and_are_taken_once() {
        let mut watch = Watch::new(true);
        watch.start();
        std::thread::sleep(Duration::from_millis(2));
        watch.lap(Stage::Match);
        watch.lap(Stage::Match);
        let taken = watch.take();
        assert!(taken.of(Stage::Match) >= Duration::from_millis(2));
        assert_eq!(taken.total(), taken.of(Stage::Match));
        assert_eq!(watch.take(), Timings::default());
    }

    #[test]
    fn a_watch_that_is_off_takes_nothing() {
        let mut watch = Watch::new(false);
        watch.start();
        watch.lap(Stage::Read);
        assert_eq!(watch.take(), Timings::default());
    }

    #[test]
    fn stages_stand_in_their_order() {
        for (number, stage) in Stage::ALL.into_iter().enumerate() {
            assert_eq!(stage as usize, number, "{}", stage.name());
        }
    }
}
