//! Reads a file of Bolt (bbolt, version 2): a tree of pages, as the first of two pages with metadata says that is right.
//!
//! All numbers have the byte order of the machine that wrote the file, which is little-endian on those that hubs run on.

use std::cell::Cell;

use anyhow::{Context, bail, ensure};

/// What the metadata begins with, and the version of the format.
const MAGIC: u32 = 0xED0C_DAED;
const VERSION: u32 = 2;

/// The length of the head of a page, and of what is said about each of its elements.
const PAGE_HEAD: usize = 16;
const ELEMENT: usize = 16;

/// The place of the checksum behind the head of a page with metadata.
const CHECKSUM: usize = 56;

/// What a page is.
const BRANCH: u16 = 1;
const LEAF: u16 = 2;

/// An element of a leaf that is a bucket, and not a value.
const BUCKET: u32 = 1;

/// The length of what is said about a bucket. The page of a small one follows.
const BUCKET_HEAD: usize = 16;

/// The deepest tree. Files of any size are less deep.
const MAX_DEPTH: usize = 64;

/// A file.
pub struct Bolt<'a> {
    bytes: &'a [u8],
    /// How many elements may still be read: in a damaged file, pages can contain each other.
    left: Cell<usize>,
    page_size: usize,
    root: u64,
}

impl<'a> Bolt<'a> {
    /// Finds the newest metadata that are right.
    pub fn open(bytes: &'a [u8]) -> anyhow::Result<Self> {
        let first = Meta::read(bytes, 0);
        // Without the first one, the size of a page is not known.
        let sizes = [1 << 12, 1 << 13, 1 << 14, 1 << 15, 1 << 16];
        let second = match &first {
            Some(meta) => Meta::read(bytes, meta.page_size),
            None => sizes.into_iter().find_map(|size| Meta::read(bytes, size)),
        };
        let metas = first.into_iter().chain(second);
        let newest = metas.max_by_key(|meta| meta.transaction);
        let newest = newest.context("it is not a file of Bolt, or is damaged")?;
        Ok(Self {
            bytes,
            left: Cell::new(2 * bytes.len() / ELEMENT),
            page_size: newest.page_size,
            root: newest.root,
        })
    }

    /// The values of a bucket, in the order of their keys. Without this bucket, there are none.
    pub fn entries(&self, bucket: &str) -> anyhow::Result<Vec<&'a [u8]>> {
        let mut found = None;
        self.each(self.page(self.root)?, 0, &mut |flags, key, value| {
            if flags & BUCKET != 0 && key == bucket.as_bytes() {
                found = Some(value);
            }
        })?;
        let Some(bucket) = found else {
            return Ok(Vec::new());
        };
        let root = u64_at(bucket, 0)?;
        let page = match root {
            0 => bucket.get(BUCKET_HEAD..).context(DAMAGED)?,
            root => self.page(root)?,
        };
        let mut values = Vec::new();
        self.each(page, 0, &mut |_, _, value| values.push(value))?;
        Ok(values)
    }

    /// The bytes from the begin of a page to the end of the file.
    fn page(&self, number: u64) -> anyhow::Result<&'a [u8]> {
        let number = usize::try_from(number)?;
        let start = number.checked_mul(self.page_size).context(DAMAGED)?;
        self.bytes.get(start..).context(DAMAGED)
    }

    /// Calls `found` with the flags, the key and the value of each element below a page.
    fn each(
        &self,
        page: &'a [u8],
        depth: usize,
        found: &mut impl FnMut(u32, &'a [u8], &'a [u8]),
    ) -> anyhow::Result<()> {
        ensure!(depth < MAX_DEPTH, DAMAGED);
        let (kind, count) = (u16_at(page, 8)?, u16_at(page, 10)?);
        for number in 0..usize::from(count) {
            let left = self.left.get().checked_sub(1).context(DAMAGED)?;
            self.left.set(left);
            let element = page.get(PAGE_HEAD + number * ELEMENT..).context(DAMAGED)?;
            match kind {
                BRANCH => self.each(self.page(u64_at(element, 8)?)?, depth + 1, found)?,
                LEAF => {
                    let [flags, at, key, value] = [0, 4, 8, 12].map(|at| u32_at(element, at));
                    let (at, key, value) = (at? as usize, key? as usize, value? as usize);
                    let rest = element.get(at..).context(DAMAGED)?;
                    let key_bytes = rest.get(..key).context(DAMAGED)?;
                    let value = rest.get(key..key + value).context(DAMAGED)?;
                    found(flags?, key_bytes, value);
                }
                _ => bail!(DAMAGED),
            }
        }
        Ok(())
    }
}

const DAMAGED: &str = "the file is damaged";

/// What a page with metadata says.
struct Meta {
    page_size: usize,
    root: u64,
    transaction: u64,
}

impl Meta {
    /// The metadata at this place. None if they are not right.
    fn read(bytes: &[u8], place: usize) -> Option<Self> {
        let meta = bytes.get(place.checked_add(PAGE_HEAD)?..)?;
        let right = u32_at(meta, 0).ok()? == MAGIC
            && u32_at(meta, 4).ok()? == VERSION
            && u64_at(meta, CHECKSUM).ok()? == fnv(meta.get(..CHECKSUM)?);
        right.then_some(())?;
        Some(Self {
            page_size: u32_at(meta, 8).ok()? as usize,
            root: u64_at(meta, 16).ok()?,
            transaction: u64_at(meta, 48).ok()?,
        })
    }
}

/// FNV-1a of 64 bits.
fn fnv(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> anyhow::Result<[u8; N]> {
    let part = bytes.get(at..).and_then(|rest| rest.first_chunk());
    part.copied().context(DAMAGED)
}

fn u16_at(bytes: &[u8], at: usize) -> anyhow::Result<u16> {
    array(bytes, at).map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> anyhow::Result<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> anyhow::Result<u64> {
    array(bytes, at).map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use std::{fs::File, io::Read};

    use flate2::read::GzDecoder;

    use super::*;

    /// Written by a hub, with 400 updates.
    fn file() -> Vec<u8> {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/it/mercure/updates.db.gz"
        );
        let mut bytes = Vec::new();
        let file = File::open(path).expect("a file");
        GzDecoder::new(file).read_to_end(&mut bytes).expect("bytes");
        bytes
    }

    #[test]
    fn all_values_are_found_in_their_order() {
        let bytes = file();
        let values = Bolt::open(&bytes).and_then(|file| file.entries("updates"));
        let values = values.expect("values");
        assert_eq!(values.len(), 400);
        for (number, value) in values.iter().enumerate() {
            let text = String::from_utf8_lossy(value);
            assert!(
                text.contains(&format!("\"ID\":\"urn:uuid:{number}\"")),
                "{text}"
            );
        }
        let none = Bolt::open(&bytes).and_then(|file| file.entries("other"));
        assert!(none.expect("no values").is_empty());
    }

    #[test]
    fn a_damaged_file_is_refused_or_read_and_never_more() {
        let bytes = file();
        assert!(Bolt::open(b"").is_err() && Bolt::open(&[0; 9000]).is_err());
        // Without the first metadata, the second are used, which are at most one change older.
        let mut one = bytes.clone();
        one[20] ^= 1;
        let values = Bolt::open(&one).and_then(|file| file.entries("updates"));
        assert!(values.expect("values").len() >= 399);
        for place in (0..bytes.len()).step_by(61) {
            let mut damaged = bytes.clone();
            damaged[place] ^= 0xff;
            let _ =
                Bolt::open(&damaged).and_then(|file| file.entries("updates").map(|all| all.len()));
        }
        for end in (0..bytes.len()).step_by(997) {
            let _ = Bolt::open(&bytes[..end])
                .and_then(|file| file.entries("updates").map(|all| all.len()));
        }
    }
}
