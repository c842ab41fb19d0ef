//! How much of the input has been read, for whoever shows progress.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the bytes that are read of files and streams, as they lie on disk: packed ones
/// packed. Copies count together.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<AtomicU64>);

impl Meter {
    /// How many bytes have been read so far. Reading is some pages ahead of writing.
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The stream, counted.
    pub(super) fn read<R: Read>(&self, stream: R) -> Metered<R> {
        let meter = self.clone();
        Metered { stream, meter }
    }
}

pub(super) struct Metered<R> {
    stream: R,
    meter: Meter,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        self.meter.add(read as u64);
        Ok(read)
    }
}
