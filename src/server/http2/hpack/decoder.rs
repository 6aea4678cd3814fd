//! Decodes blocks of fields.

use super::{
    dynamic_table::DynamicTable,
    error::HpackError,
    huffman, integer,
    static_table::{FIRST_DYNAMIC, STATIC},
};

/// The size of the dynamic table, of which the peer may use less: what holds if nothing else was agreed, and it never is
/// (RFC 9113, section 6.5.2).
const MAX_TABLE: usize = 4_096;

/// Decodes the blocks of one connection, one after the other.
pub struct Decoder {
    table: DynamicTable,
}

impl Default for Decoder {
    fn default() -> Self {
        Self {
            table: DynamicTable::new(MAX_TABLE),
        }
    }
}

/// How a field is encoded (RFC 7541, section 6).
enum Kind {
    Indexed,
    /// A literal, whose name is a number of so many bits or a text. It may be added to the table.
    Literal {
        prefix: u32,
        is_added: bool,
    },
    TableSize,
}

impl Kind {
    fn of(first: u8) -> Self {
        match first {
            0x80.. => Self::Indexed,
            0x40.. => Self::Literal {
                prefix: 6,
                is_added: true,
            },
            0x20.. => Self::TableSize,
            _ => Self::Literal {
                prefix: 4,
                is_added: false,
            },
        }
    }
}

impl Decoder {
    /// Calls `take` with the name and the value of each field.
    pub fn decode(
        &mut self,
        mut block: &[u8],
        mut take: impl FnMut(&[u8], &[u8]) -> Result<(), HpackError>,
    ) -> Result<(), HpackError> {
        let mut is_first = true;
        let (mut name, mut value) = (Vec::new(), Vec::new());
        while let Some(first) = block.first() {
            match Kind::of(*first) {
                Kind::Indexed => {
                    let (index, rest) = integer::decode(block, 7)?;
                    block = rest;
                    let (name, value) = self.entry(index)?;
                    take(name, value)?;
                }
                Kind::Literal { prefix, is_added } => {
                    let (index, rest) = integer::decode(block, prefix)?;
                    block = rest;
                    name.clear();
                    value.clear();
                    match index {
                        0 => block = text(block, &mut name)?,
                        _ => name.extend_from_slice(self.entry(index)?.0),
                    }
                    block = text(block, &mut value)?;
                    take(&name, &value)?;
                    if is_added {
                        self.table.insert(&name, &value);
                    }
                }
                Kind::TableSize => {
                    let (size, rest) = integer::decode(block, 5)?;
                    if !is_first || size > MAX_TABLE {
                        return Err(HpackError::TableSize);
                    }
                    block = rest;
                    self.table.resize(size);
                    // Two changes may follow one another.
                    continue;
                }
            }
            is_first = false;
        }
        Ok(())
    }

    fn entry(&self, index: usize) -> Result<(&[u8], &[u8]), HpackError> {
        let entry = match index {
            0 => None,
            1..FIRST_DYNAMIC => {
                let (name, value) = STATIC[index - 1];
                Some((name.as_bytes(), value.as_bytes()))
            }
            _ => self.table.get(index - FIRST_DYNAMIC),
        };
        entry.ok_or(HpackError::Index)
    }
}

/// Reads a text (RFC 7541, section 5.2). Returns what follows.
fn text<'a>(block: &'a [u8], decoded: &mut Vec<u8>) -> Result<&'a [u8], HpackError> {
    const HUFFMAN: u8 = 0x80;
    let is_compressed = block.first().ok_or(HpackError::Truncated)? & HUFFMAN != 0;
    let (length, rest) = integer::decode(block, 7)?;
    let (encoded, rest) = rest.split_at_checked(length).ok_or(HpackError::Truncated)?;
    match is_compressed {
        true => huffman::decode(encoded, decoded)?,
        false => decoded.extend_from_slice(encoded),
    }
    Ok(rest)
}

#[cfg(test)]
mod tests;
