//! From a file's bytes to its content: gzip of any number of members, zstd of any number of
//! frames, bzip2 and xz of any number of streams are told by their first bytes, never by a
//! name, and unpacked.
//! Anything else passes through. Broken data yields the bytes before the break, but for the last
//! 16 KiB at most, then an error; it never looks like the end of the file.

use std::io::{self, Read};

/// A stream with its first bytes already at hand, so that they can be looked at before
/// anyone decides how to read it.
pub(super) struct Stream {
    head: Vec<u8>,
    /// How much of `head` has been given away.
    given: usize,
    /// What happened while looking ahead: kept until the bytes before it are read.
    failed: Option<io::Error>,
    /// True if what is read is not what stands in the file.
    #[cfg(feature = "parquet")]
    packed: bool,
    rest: Box<dyn Read + Send>,
}

/// What an xz file may ask for, in KiB: the most that `xz -9` does is 65 MiB; `--extreme`
/// dictionaries of 1.5 GiB are no crawl's, but an attack's.
#[cfg(feature = "compress")]
const XZ_MEMORY: u32 = 256 << 10;

/// Bytes enough to tell a compression by.
const MAGIC: usize = 10;

impl Stream {
    /// The unpacked content of `raw`.
    pub(super) fn open(raw: impl Read + Send + 'static) -> Self {
        let mut stream = Self::plain(Box::new(raw));
        match Packing::of(stream.look(MAGIC)) {
            None => stream,
            Some(packing) => Self {
                #[cfg(feature = "parquet")]
                packed: true,
                ..Self::plain(packing.unpack(stream))
            },
        }
    }

    fn plain(rest: Box<dyn Read + Send>) -> Self {
        Self {
            head: Vec::new(),
            given: 0,
            failed: None,
            #[cfg(feature = "parquet")]
            packed: false,
            rest,
        }
    }

    /// True if the bytes have been unpacked.
    #[cfg(feature = "parquet")]
    pub(super) fn is_packed(&self) -> bool {
        self.packed
    }

    /// The next bytes, `want` of them unless the stream ends or fails before, without taking them.
    pub(super) fn look(&mut self, want: usize) -> &[u8] {
        if self.given == self.head.len() {
            self.head.clear();
            self.given = 0;
        }
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
    Bzip2,
    Xz,
}

impl Packing {
    fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            // A frame, or a skippable one before it.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            // A text may well begin with `BZh`: the block's own mark must follow, or the end's.
            [
                b'B',
                b'Z',
                b'h',
                b'1'..=b'9',
                0x31,
                0x41,
                0x59,
                0x26,
                0x53,
                0x59,
                ..,
            ]
            | [
                b'B',
                b'Z',
                b'h',
                b'1'..=b'9',
                0x17,
                0x72,
                0x45,
                0x38,
                0x50,
                0x90,
                ..,
            ] => Some(Self::Bzip2),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            _ => None,
        }
    }

    /// True where a member may begin: its mark, and what is fixed of its header.
    #[cfg(feature = "compress")]
    fn starts(self, bytes: &[u8]) -> bool {
        match self {
            Self::Gzip => matches!(bytes, [0x1f, 0x8b, 8, flags, ..] if flags & 0xe0 == 0),
            _ => bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]),
        }
    }

    /// The first byte of a member.
    #[cfg(feature = "compress")]
    fn first(self) -> u8 {
        if let Self::Gzip = self { 0x1f } else { 0x28 }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
        }
    }

    #[cfg(feature = "compress")]
    fn unpack(self, packed: Stream) -> Box<dyn Read + Send> {
        let packed = Steady::new(packed, 128 << 10);
        let unpacked = match self {
            Self::Gzip | Self::Zstd => Box::new(Members::new(packed, self)),
            Self::Bzip2 => self.named(bzip2::bufread::MultiBzDecoder::new(packed)),
            Self::Xz => {
                let streams = true;
                self.named(lzma_rust2::XzReader::new_mem_limit(
                    packed, streams, XZ_MEMORY,
                ))
            }
        };
        Box::new(Steady::new(Stream::plain(unpacked), 16 << 10))
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

/// Reads in steps of one size, however its bytes arrive and however they are asked for.
///
/// What a decoder still gives of broken data depends on how much it is given and asked for at a
/// time; between two of these it does not depend on a pipe's moods or on the size of blocks.
#[cfg(feature = "compress")]
struct Steady {
    stream: Stream,
    step: usize,
}

#[cfg(feature = "compress")]
impl Steady {
    fn new(stream: Stream, step: usize) -> Self {
        Self { stream, step }
    }
}

#[cfg(feature = "compress")]
impl io::BufRead for Steady {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        // Only what is left of the last step, if there is any.
        let left = self.stream.head.len() - self.stream.given;
        let want = if left > 0 { left } else { self.step };
        if self.stream.look(want).is_empty() {
            return self.stream.failed.take().map_or(Ok(&[]), Err);
        }
        Ok(&self.stream.head[self.stream.given..])
    }

    fn consume(&mut self, count: usize) {
        self.stream.skip(count);
    }
}

#[cfg(feature = "compress")]
impl Read for Steady {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = io::BufRead::fill_buf(self)?.read(buffer)?;
        self.stream.skip(count);
        Ok(count)
    }
}

/// A break in packed data.
#[derive(Debug)]
pub(super) struct Broken {
    message: String,
    /// True if a part of the broken member has come through.
    pub(super) inside: bool,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Broken {}

/// The members of a gzip file or the frames of a zstd file, one after another. A broken one
/// is an error; whoever reads on gets what comes behind it.
#[cfg(feature = "compress")]
struct Members<R> {
    packing: Packing,
    state: Member<R>,
    /// True once the member that is being read has given a byte.
    inside: bool,
    /// How many bytes of members that broke have been read, some of them more than once.
    tried: u64,
    /// What frames were packed with, where the file begins with a dictionary, as the
    /// [use of Zstandard in WARC](https://iipc.github.io/warc-specifications/specifications/warc-zstd/) has it.
    dictionary: Vec<u8>,
}

#[cfg(feature = "compress")]
enum Member<R> {
    /// Between two.
    Between(Again<R>),
    Gzip(Box<flate2::bufread::GzDecoder<Again<R>>>),
    Zstd(zstd::stream::read::Decoder<'static, Again<R>>),
    End,
}

#[cfg(feature = "compress")]
impl<R: io::BufRead> Members<R> {
    fn new(packed: R, packing: Packing) -> Self {
        Self {
            packing,
            state: Member::Between(Again::new(packed)),
            inside: false,
            tried: 0,
            dictionary: Vec::new(),
        }
    }

    /// Starts the member that comes next, or ends.
    fn start(&mut self, mut packed: Again<R>) -> io::Result<()> {
        // Tapes and downloads pad with zeros.
        while let Some(0) = packed.peek()? {
            packed.consume(1);
        }
        packed.mark();
        self.inside = false;
        if packed.peek()?.is_none() {
            self.state = Member::End;
            return Ok(());
        }
        self.state = match self.packing {
            Packing::Gzip => Member::Gzip(Box::new(flate2::bufread::GzDecoder::new(packed))),
            _ => {
                self.read_dictionary(&mut packed)?;
                let frame = zstd::stream::read::Decoder::with_dictionary(packed, &self.dictionary);
                Member::Zstd(frame?.single_frame())
            }
        };
        Ok(())
    }

    /// Takes a frame that holds a dictionary.
    fn read_dictionary(&mut self, packed: &mut Again<R>) -> io::Result<()> {
        const FRAME: [u8; 4] = [0x5d, 0x2a, 0x4d, 0x18];
        const DICTIONARY: [u8; 4] = [0x37, 0xa4, 0x30, 0xec];
        const LARGEST: u64 = 16 << 20;
        if !packed.starts_with(&FRAME)? {
            return Ok(());
        }
        let mut head = [0; 8];
        packed.read_exact(&mut head)?;
        let size = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
        let mut content = Vec::new();
        let (kept, rest) = (size.min(LARGEST), size.saturating_sub(LARGEST));
        packed.by_ref().take(kept).read_to_end(&mut content)?;
        // What is larger is no dictionary, whatever it says.
        io::copy(&mut packed.by_ref().take(rest), &mut io::sink())?;
        if content.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            let mut unpacked = Vec::new();
            let inner = zstd::stream::read::Decoder::with_buffer(&content[..])?;
            inner.take(LARGEST).read_to_end(&mut unpacked)?;
            content = unpacked;
        }
        if content.starts_with(&DICTIONARY) {
            self.dictionary = content;
        }
        packed.mark();
        Ok(())
    }

    /// The source back again, wherever the member is.
    fn source(&mut self) -> Option<Again<R>> {
        match std::mem::replace(&mut self.state, Member::End) {
            Member::Between(packed) => Some(packed),
            Member::Gzip(decoder) => Some(decoder.into_inner()),
            Member::Zstd(decoder) => Some(decoder.finish()),
            Member::End => None,
        }
    }

    /// Goes behind a break.
    fn fail(&mut self, error: &io::Error) -> io::Error {
        let mut packed = self.source();
        if let Some(packed) = &mut packed {
            self.tried += packed.since_mark();
            // Made-up members that break one in another would be read again and again.
            if self.tried > packed.taken.saturating_mul(4).saturating_add(KEPT as u64) {
                packed.mark();
            }
        }
        // What cannot be read cannot be searched.
        let found = packed
            .as_mut()
            .is_some_and(|packed| packed.seek(self.packing));
        self.state = packed
            .filter(|_| found)
            .map_or(Member::End, Member::Between);
        let message = format!("broken {}: {error}", self.packing.name());
        let inside = self.inside;
        io::Error::new(error.kind(), Broken { message, inside })
    }
}

#[cfg(feature = "compress")]
impl<R: io::BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let read = match &mut self.state {
                Member::End => return Ok(0),
                Member::Between(_) => {
                    let Some(packed) = self.source() else {
                        return Ok(0);
                    };
                    self.start(packed).map(|()| None)
                }
                Member::Gzip(decoder) => decoder.read(buffer).map(Some),
                Member::Zstd(decoder) => decoder.read(buffer).map(Some),
            };
            match read {
                Ok(None) => {}
                Ok(Some(0)) => {
                    if let Some(packed) = self.source() {
                        self.state = Member::Between(packed);
                    }
                }
                Ok(Some(count)) => {
                    self.inside = true;
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
                Err(error) => return Err(self.fail(&error)),
            }
        }
    }
}

/// A source that keeps what was read since a mark, so that it can be read again.
#[cfg(feature = "compress")]
struct Again<R> {
    inner: R,
    kept: Vec<u8>,
    /// Where in `kept` the mark is, and where reading is.
    mark: usize,
    at: usize,
    /// How many bytes have come of the source.
    taken: u64,
}

/// No more of a member than this is kept; a larger one that breaks is searched from the break on.
#[cfg(feature = "compress")]
const KEPT: usize = 2 << 20;

#[cfg(feature = "compress")]
impl<R: io::BufRead> Again<R> {
    fn new(inner: R) -> Self {
        Self {
            inner,
            kept: Vec::new(),
            mark: 0,
            at: 0,
            taken: 0,
        }
    }

    /// From here on, all is kept.
    fn mark(&mut self) {
        self.mark = self.at;
    }

    /// How many bytes behind the mark have been read, of those that are kept.
    fn since_mark(&self) -> u64 {
        (self.at - self.mark) as u64
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(io::BufRead::fill_buf(self)?.first().copied())
    }

    fn consume(&mut self, count: usize) {
        self.at += count;
    }

    /// Reads on until `want` bytes are at hand, or all that there are.
    fn ensure(&mut self, want: usize) -> io::Result<&[u8]> {
        while self.kept.len() - self.at < want {
            let old = self.mark.max(self.at.saturating_sub(KEPT));
            if old >= KEPT {
                self.kept.drain(..old);
                self.at -= old;
                self.mark = 0;
            }
            let more = self.inner.fill_buf()?;
            if more.is_empty() {
                break;
            }
            let count = more.len();
            self.kept.extend_from_slice(more);
            self.inner.consume(count);
            self.taken += count as u64;
        }
        Ok(&self.kept[self.at..])
    }

    fn starts_with(&mut self, magic: &[u8]) -> io::Result<bool> {
        Ok(self.ensure(magic.len())?.starts_with(magic))
    }

    /// Goes to the beginning of another member behind the mark; false if there is none.
    fn seek(&mut self, packing: Packing) -> bool {
        self.at = (self.mark + 1).min(self.kept.len());
        loop {
            let Ok(rest) = self.ensure(MAGIC) else {
                return false;
            };
            if rest.len() < MAGIC {
                return false;
            }
            let start = memchr::memchr_iter(packing.first(), rest)
                .find(|&at| rest.len() - at >= MAGIC && packing.starts(&rest[at..]));
            match start {
                Some(start) => {
                    self.at += start;
                    self.mark();
                    return true;
                }
                None => {
                    self.at += rest.len() - (MAGIC - 1);
                    self.mark();
                }
            }
        }
    }
}

#[cfg(feature = "compress")]
impl<R: io::BufRead> Read for Again<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = io::BufRead::fill_buf(self)?.read(buffer)?;
        self.at += count;
        Ok(count)
    }
}

#[cfg(feature = "compress")]
impl<R: io::BufRead> io::BufRead for Again<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.ensure(1)
    }

    fn consume(&mut self, count: usize) {
        self.at += count;
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
#[cfg(not(feature = "compress"))]
struct Failure(Option<io::Error>);

#[cfg(not(feature = "compress"))]
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
