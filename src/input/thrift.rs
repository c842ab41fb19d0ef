//! Thrift's compact protocol, in which a Parquet file tells of itself: as much of it as it takes
//! to walk over values and pick numbers out of them.

/// Values may stand in each other; those of Parquet do some ten levels deep.
const LEVELS: usize = 128;

/// Values of Thrift's compact protocol, one after another. `None` wherever they are broken.
pub(super) struct Walk<'f> {
    rest: &'f [u8],
}

impl<'f> Walk<'f> {
    pub(super) const STOP: u8 = 0;
    const TRUE: u8 = 1;
    const FALSE: u8 = 2;
    const BYTE: u8 = 3;
    const I16: u8 = 4;
    pub(super) const I32: u8 = 5;
    const I64: u8 = 6;
    const DOUBLE: u8 = 7;
    const BINARY: u8 = 8;
    pub(super) const LIST: u8 = 9;
    const SET: u8 = 10;
    pub(super) const STRUCT: u8 = 12;

    pub(super) fn new(bytes: &'f [u8]) -> Self {
        Self { rest: bytes }
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    /// The next bytes, passed.
    pub(super) fn bytes(&mut self, count: usize) -> Option<&'f [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(bytes)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// The header of a field: its kind, and its number in place of that of the one before.
    pub(super) fn field(&mut self, number: &mut i16) -> Option<u8> {
        let byte = self.byte()?;
        match (byte & 15, byte >> 4) {
            (Self::STOP, _) => {}
            (_, 0) => *number = i16::try_from(zigzag(self.number()?)).ok()?,
            (_, more) => *number = number.checked_add(more.into())?,
        }
        Some(byte & 15)
    }

    /// The header of a list: its length, and the kind of its items.
    pub(super) fn list(&mut self) -> Option<(usize, u8)> {
        let byte = self.byte()?;
        let count = match byte >> 4 {
            15 => usize::try_from(self.number()?).ok()?,
            few => usize::from(few),
        };
        Some((count, byte & 15))
    }

    /// The integers of a struct below this number of fields, by their numbers; booleans are 1
    /// and 0. All else is passed.
    pub(super) fn integers<const FIELDS: usize>(&mut self) -> Option<[Option<i64>; FIELDS]> {
        let (mut field, mut found) = (0, [None; FIELDS]);
        loop {
            let value = match self.field(&mut field)? {
                Self::STOP => return Some(found),
                Self::TRUE => 1,
                Self::FALSE => 0,
                Self::I16..=Self::I64 => zigzag(self.number()?),
                kind => {
                    self.skip(kind)?;
                    continue;
                }
            };
            let slot = usize::try_from(field).ok().and_then(|at| found.get_mut(at));
            if let Some(slot) = slot {
                *slot = Some(value);
            }
        }
    }

    /// Passes a value.
    pub(super) fn skip(&mut self, kind: u8) -> Option<()> {
        self.skip_at(kind, 0)
    }

    fn skip_at(&mut self, kind: u8, depth: usize) -> Option<()> {
        if depth > LEVELS {
            return None;
        }
        match kind {
            // Booleans as fields are in the header; in lists a byte.
            Self::TRUE | Self::FALSE => Some(()),
            Self::BYTE => self.bytes(1).map(drop),
            Self::I16..=Self::I64 => self.number().map(drop),
            Self::DOUBLE => self.bytes(8).map(drop),
            Self::BINARY => {
                let count = usize::try_from(self.number()?).ok()?;
                self.bytes(count).map(drop)
            }
            Self::LIST | Self::SET => {
                let (count, kind) = self.list()?;
                (0..count).try_for_each(|_| match kind {
                    Self::TRUE | Self::FALSE => self.bytes(1).map(drop),
                    _ => self.skip_at(kind, depth + 1),
                })
            }
            Self::STRUCT => {
                let mut field = 0;
                loop {
                    match self.field(&mut field)? {
                        Self::STOP => return Some(()),
                        kind => self.skip_at(kind, depth + 1)?,
                    }
                }
            }
            // Maps do not come in Parquet.
            _ => None,
        }
    }
}

pub(super) fn zigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}
