//! A look at a Parquet file's table of contents before the crate that reads it does: it builds
//! the schema by calling itself for each level, and makes room for as many children as it is
//! told of, so that a made-up schema would end the process, which no one can catch.
//!
//! This knows as much of Thrift's compact protocol as it takes to walk over the schema, and
//! leaves all else that may be wrong to be found by the crate.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Schemas of tables that people have are some ten levels deep.
const LEVELS: usize = 128;

/// The longest table of contents: that of a file of a million row groups of few columns. It is
/// read as a whole, and takes some times its size then.
const LONGEST: u64 = 256 << 20;

/// An error if the schema is too deep, or has fewer nodes than it says.
pub(super) fn check(file: &File) -> Result<(), String> {
    let footer = read(file).map_err(|error| error.to_string())?;
    let Some(footer) = footer else { return Ok(()) };
    if footer.len() as u64 > LONGEST {
        let longest = LONGEST >> 20;
        return Err(format!(
            "broken Parquet: a table of contents over {longest} MiB"
        ));
    }
    match children(&footer) {
        Some(children) => check_tree(&children),
        // The crate has words for it.
        None => Ok(()),
    }
}

/// The table of contents, or one byte more than the longest; `None` if there cannot be one.
fn read(mut file: &File) -> io::Result<Option<Vec<u8>>> {
    const TAIL: u64 = 8;
    let len = file.seek(SeekFrom::End(0))?;
    if len < TAIL {
        return Ok(None);
    }
    let mut tail = [0; TAIL as usize];
    file.seek(SeekFrom::Start(len - TAIL))?;
    file.read_exact(&mut tail)?;
    let footer = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
    let Some(start) = (len - TAIL).checked_sub(footer) else {
        return Ok(None);
    };
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(footer.min(LONGEST + 1)).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// How many children each node of the schema says to have.
fn children(footer: &[u8]) -> Option<Vec<u32>> {
    /// `FileMetaData.schema`.
    const SCHEMA: i16 = 2;
    let mut walk = Walk { rest: footer };
    let mut field = 0;
    loop {
        let kind = walk.field(&mut field)?;
        if field == SCHEMA && kind == Walk::LIST {
            break;
        }
        walk.skip(kind, 0)?;
    }
    let (count, _) = walk.list()?;
    // A node takes a byte at least.
    let mut children = Vec::with_capacity(count.min(footer.len()));
    for _ in 0..count {
        children.push(walk.node()?);
    }
    Some(children)
}

/// Walks the tree that was written from its root down, each node before its children.
fn check_tree(children: &[u32]) -> Result<(), String> {
    // How many nodes are still to come on each level.
    let mut open: Vec<u32> = Vec::new();
    for (number, &count) in children.iter().enumerate() {
        while let Some(0) = open.last() {
            open.pop();
        }
        if let Some(last) = open.last_mut() {
            *last -= 1;
        }
        if count as usize > children.len() - number {
            return Err("broken Parquet: the schema has fewer columns than it says".into());
        }
        if count > 0 {
            open.push(count);
        }
        if open.len() > LEVELS {
            return Err(format!(
                "broken Parquet: a schema of more than {LEVELS} levels"
            ));
        }
    }
    Ok(())
}

/// Values of Thrift's compact protocol, one after another. `None` wherever they are broken.
struct Walk<'f> {
    rest: &'f [u8],
}

impl Walk<'_> {
    const STOP: u8 = 0;
    const LIST: u8 = 9;

    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn pass(&mut self, count: usize) -> Option<()> {
        self.rest = self.rest.get(count..)?;
        Some(())
    }

    fn number(&mut self) -> Option<u64> {
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
    fn field(&mut self, number: &mut i16) -> Option<u8> {
        let byte = self.byte()?;
        match (byte & 15, byte >> 4) {
            (Self::STOP, _) => {}
            (_, 0) => *number = i16::try_from(zigzag(self.number()?)).ok()?,
            (_, more) => *number = number.checked_add(more.into())?,
        }
        Some(byte & 15)
    }

    /// The header of a list: its length, and the kind of its items.
    fn list(&mut self) -> Option<(usize, u8)> {
        let byte = self.byte()?;
        let count = match byte >> 4 {
            15 => usize::try_from(self.number()?).ok()?,
            few => usize::from(few),
        };
        Some((count, byte & 15))
    }

    /// A node of the schema: how many children it says to have.
    fn node(&mut self) -> Option<u32> {
        /// `SchemaElement.num_children`, and how a number of its size is marked.
        const CHILDREN: i16 = 5;
        const I32: u8 = 5;
        let (mut field, mut children) = (0, 0);
        loop {
            match self.field(&mut field)? {
                Self::STOP => return Some(children),
                I32 if field == CHILDREN => {
                    let told = zigzag(self.number()?);
                    children = u32::try_from(told).unwrap_or(if told < 0 { 0 } else { u32::MAX });
                }
                kind => self.skip(kind, 0)?,
            }
        }
    }

    /// Passes a value.
    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        if depth > LEVELS {
            return None;
        }
        match kind {
            // Booleans as fields are in the header; in lists, which have none here, a byte.
            1 | 2 => Some(()),
            3 => self.pass(1),
            4..=6 => self.number().map(drop),
            7 => self.pass(8),
            8 => {
                let count = usize::try_from(self.number()?).ok()?;
                self.pass(count)
            }
            9 | 10 => {
                let (count, kind) = self.list()?;
                (0..count).try_for_each(|_| match kind {
                    1 | 2 => self.pass(1),
                    _ => self.skip(kind, depth + 1),
                })
            }
            12 => {
                let mut field = 0;
                loop {
                    match self.field(&mut field)? {
                        Self::STOP => return Some(()),
                        kind => self.skip(kind, depth + 1)?,
                    }
                }
            }
            // Maps do not come in Parquet.
            _ => None,
        }
    }
}

fn zigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees() {
        // A root of two: a group of one, and a leaf.
        assert_eq!(check_tree(&[2, 1, 0, 0]), Ok(()));
        assert_eq!(check_tree(&[]), Ok(()));
        let wide: Vec<u32> = [5000].into_iter().chain(vec![0; 5000]).collect();
        assert_eq!(check_tree(&wide), Ok(()));
        assert!(check_tree(&[3, 0]).is_err());
        assert!(check_tree(&[u32::MAX]).is_err());
        let mut deep = vec![1; 200];
        deep.push(0);
        assert!(check_tree(&deep).is_err());
        assert_eq!(check_tree(&deep[150..]), Ok(()));
    }

    #[test]
    fn a_table_of_contents() {
        // Version 1; the schema: `r` with one child, `c`.
        let footer = [
            0x15, 2, 0x19, 0x2c, 0x48, 1, b'r', 0x15, 2, 0, 0x15, 2, 0x25, 0, 0x18, 1, b'c', 0,
        ];
        assert_eq!(children(&footer), Some(vec![1, 0]));
        for end in 0..footer.len() {
            assert_eq!(children(&footer[..end]), None);
        }
    }
}
