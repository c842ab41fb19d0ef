//! From a file's bytes to its content: gzip of any number of members and zstd of any
//! number of frames are told by their first bytes, never by a name, and unpacked.
//! Anything else passes through. Broken data yields all bytes before the break, then an
//! error; it never looks like the end of the file.

use std::io::{self, Read};

/// A stream with its first bytes already at hand, so that they can be looked at before
/// anyone decides how to read it.
pub(super) struct Stream {
    head: Vec<u8>,
    /// How much of `head` has been given away.
    given: usize,
    /// What happened while looking ahead: kept until the bytes before it are read.
    failed: Option<io::Error>,
    rest: Box<dyn Read + Send>,
}

/// Bytes enough to tell a compression by.
const MAGIC: usize = 4;

impl Stream {
    /// The unpacked content of `raw`.
    pub(super) fn open(raw: impl Read + Send + 'static) -> Self {
        let mut stream = Self::plain(Box::new(raw));
        match Packing::of(stream.look(MAGIC)) {
            None => stream,
            Some(packing) => Self::plain(packing.unpack(stream)),
        }
    }

    fn plain(rest: Box<dyn Read + Send>) -> Self {
        Self {
            head: Vec::new(),
            given: 0,
            failed: None,
            rest,
        }
    }

    /// The next bytes, `want` of them unless the stream ends or fails before, without taking them.
    pub(super) fn look(&mut self, want: usize) -> &[u8] {
        let missing = want.saturating_sub(self.head.len() - self.given);
        if missing > 0 && self.failed.is_none() {
            let more = self
                .rest
                .by_ref()
                .take(missing as u64)
                .read_to_end(&mut self.head);
            self.failed = more.err();
        }
        &self.head[self.given..]
    }

    /// Passes `count` bytes that have been looked at.
    pub(super) fn skip(&mut self, count: usize) {
        self.given += count;
        debug_assert!(self.given <= self.head.len());
    }

    /// Takes up to `want` bytes to the end of `buffer`; 0 says that the stream has ended.
    /// On an error, the bytes before it are in `buffer`.
    pub(super) fn append(&mut self, buffer: &mut Vec<u8>, want: usize) -> io::Result<usize> {
        self.take(want as u64).read_to_end(buffer)
    }

    /// Puts an error back, to be met by the next one who reads.
    pub(super) fn fail(&mut self, error: io::Error) {
        self.failed = Some(error);
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given < self.head.len() {
            let count = (&self.head[self.given..]).read(buffer)?;
            self.given += count;
            return Ok(count);
        }
        match self.failed.take() {
            Some(error) => Err(error),
            None => self.rest.read(buffer),
        }
    }
}

#[derive(Clone, Copy)]
enum Packing {
    Gzip,
    Zstd,
}

impl Packing {
    fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            // A frame, or a skippable one before it.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    #[cfg(feature = "compress")]
    fn unpack(self, packed: Stream) -> Box<dyn Read + Send> {
        let packed = io::BufReader::with_capacity(128 * 1024, packed);
        match self {
            Self::Gzip => self.named(flate2::bufread::MultiGzDecoder::new(packed)),
            Self::Zstd => match zstd::stream::read::Decoder::with_buffer(packed) {
                Ok(decoder) => self.named(decoder),
                Err(error) => self.named(Failure(Some(error))),
            },
        }
    }

    #[cfg(not(feature = "compress"))]
    fn unpack(self, _packed: Stream) -> Box<dyn Read + Send> {
        self.named(Failure(Some(io::Error::other(
            "built without the feature `compress`",
        ))))
    }

    fn named(self, inner: impl Read + Send + 'static) -> Box<dyn Read + Send> {
        Box::new(Unpacked {
            packing: self,
            inner,
        })
    }
}

/// Says in errors what was being unpacked.
struct Unpacked<R> {
    packing: Packing,
    inner: R,
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            kind => io::Error::new(kind, format!("broken {}: {error}", self.packing.name())),
        })
    }
}

/// Fails once.
struct Failure(Option<io::Error>);

impl Read for Failure {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_takes_nothing() {
        let mut stream = Stream::open(&b"plain text"[..]);
        assert_eq!(&stream.look(7)[..7], b"plain t");
        let mut all = Vec::new();
        assert_eq!(stream.append(&mut all, 100).unwrap(), 10);
        assert_eq!(all, b"plain text");
        assert_eq!(stream.append(&mut all, 100).unwrap(), 0);
    }

    #[cfg(feature = "compress")]
    #[test]
    fn bytes_before_a_break_come_through() {
        use std::io::Write as _;
        let text: Vec<u8> = (0..40_000u32)
            .flat_map(|n| n.to_string().into_bytes())
            .collect();
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(&text).unwrap();
        let mut packed = gz.finish().unwrap();
        packed.truncate(packed.len() / 2);

        let mut stream = Stream::open(io::Cursor::new(packed));
        let mut all = Vec::new();
        let error = loop {
            match stream.append(&mut all, 1000) {
                Ok(0) => panic!("looks like a whole file"),
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert!(!all.is_empty() && text.starts_with(&all));
        assert!(error.to_string().starts_with("broken gzip: "), "{error}");
    }
}
