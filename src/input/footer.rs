//! A look at a Parquet file's table of contents before the crate that reads it does: it builds
//! the schema by calling itself for each level, and makes room for as many children, row groups
//! and so on as it is told of, so that a made-up file would end the process, which no one can
//! catch. All else that may be wrong is left to be found by the crate.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::thrift::Walk;

/// Schemas of tables that people have are some ten levels deep.
const LEVELS: usize = 128;

/// More columns than any table of pages has; each takes the crate a kilobyte.
const NODES: usize = 100_000;

/// The longest table of contents: that of a file of 25,000 row groups of ten columns. It is read
/// as a whole, and takes some ten times its size then.
const LONGEST: u64 = 32 << 20;

/// An error if the schema is too deep or too wide, or has fewer nodes than it says, or if the file
/// tells of more row groups than it has told anything of.
pub(super) fn check(file: &File) -> Result<(), String> {
    let footer = read(file).map_err(|error| error.to_string())?;
    let Some(footer) = footer else { return Ok(()) };
    if footer.len() as u64 > LONGEST {
        let longest = LONGEST >> 20;
        return Err(format!(
            "broken Parquet: a table of contents over {longest} MiB"
        ));
    }
    check_contents(&footer)
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

/// Checks the lists of the table of contents.
fn check_contents(footer: &[u8]) -> Result<(), String> {
    /// `FileMetaData.schema` and `.row_groups`.
    const SCHEMA: i16 = 2;
    const ROW_GROUPS: i16 = 4;
    /// What an item of another list, and a row group takes at least.
    const ITEM: usize = 3;
    const ROW_GROUP: usize = 16;
    let mut walk = Walk::new(footer);
    let mut field = 0;
    // Where the walk ends early, the crate has words for it.
    while let Some(kind) = walk.field(&mut field) {
        if kind == Walk::STOP {
            break;
        }
        if kind == Walk::LIST {
            let ahead = &footer[footer.len() - walk.left()..];
            let count = Walk::new(ahead).list().map_or(0, |(count, _)| count);
            let least = if field == ROW_GROUPS { ROW_GROUP } else { ITEM };
            if count > ahead.len() / least {
                return Err("broken Parquet: a list is shorter than it says".into());
            }
            if field == SCHEMA {
                check_schema(ahead, count)?;
            }
        }
        if walk.skip(kind).is_none() {
            break;
        }
    }
    Ok(())
}

/// Checks the schema that begins here, and says to have so many nodes.
fn check_schema(schema: &[u8], count: usize) -> Result<(), String> {
    if count > NODES {
        return Err(format!("broken Parquet: more than {NODES} columns"));
    }
    children(schema).map_or(Ok(()), |children| check_tree(&children))
}

/// How many children each node of the schema says to have, which begins here.
fn children(schema: &[u8]) -> Option<Vec<u32>> {
    /// `SchemaElement.num_children`.
    const CHILDREN: usize = 5;
    let mut walk = Walk::new(schema);
    let (count, _) = walk.list()?;
    // A node takes a byte at least.
    let mut children = Vec::with_capacity(count.min(schema.len()));
    for _ in 0..count {
        let told = walk.integers::<{ CHILDREN + 1 }>()?[CHILDREN].unwrap_or(0);
        children.push(u32::try_from(told.max(0)).unwrap_or(u32::MAX));
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
        // The schema: `r` with one child, `c`.
        let schema = [
            0x2c, 0x48, 1, b'r', 0x15, 2, 0, 0x15, 2, 0x25, 0, 0x18, 1, b'c', 0,
        ];
        assert_eq!(children(&schema), Some(vec![1, 0]));
        for end in 0..schema.len() {
            assert_eq!(children(&schema[..end]), None);
        }
        // Version 1, that schema, two rows, a list of row groups.
        let footer =
            |groups: &[u8]| [&[0x15, 2, 0x19][..], &schema, &[0x16, 4, 0x19], groups].concat();
        assert_eq!(check_contents(&footer(&[0x0c, 0])), Ok(()));
        assert!(check_contents(&footer(&[0xfc, 0xff, 0xff, 0xff, 0xff, 7])).is_err());
        let deep = [
            &[0x15, 2, 0x19, 0xfc, 0xff, 1][..],
            &[0x15, 2, 0x45, 2, 0].repeat(255),
        ]
        .concat();
        assert!(check_contents(&deep).is_err());
    }
}
