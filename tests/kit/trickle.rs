//! Bytes arrive in pieces of given sizes.

use std::io::{Cursor, Read, Result};

/// Gives its bytes in pieces of the given sizes, over and over.
pub(crate) struct Trickle {
    bytes: Cursor<Vec<u8>>,
    sizes: Vec<usize>,
    turn: usize,
}

impl Trickle {
    /// None of the sizes may be 0.
    pub(crate) fn new(bytes: impl Into<Vec<u8>>, sizes: impl Into<Vec<usize>>) -> Self {
        Self {
            bytes: Cursor::new(bytes.into()),
            sizes: sizes.into(),
            turn: 0,
        }
    }
}

impl Read for Trickle {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let size = self.sizes[self.turn % self.sizes.len()];
        self.turn += 1;
        let size = size.min(buffer.len());
        self.bytes.read(&mut buffer[..size])
    }
}
