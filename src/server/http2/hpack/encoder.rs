//! Encodes blocks of fields without a dynamic table: an answer needs no memory of the ones before.

use axum::http::HeaderValue;

use super::{integer, static_table};

/// Encodes the blocks of one connection.
#[derive(Default)]
pub struct Encoder {
    /// The peer knows that no table is used.
    has_begun: bool,
}

impl Encoder {
    /// Begins a block. The first one says that the dynamic table has no size, which is allowed whatever the peer asks for.
    pub fn begin(&mut self, block: &mut Vec<u8>) {
        const NO_TABLE: u8 = 0x20;
        if !std::mem::replace(&mut self.has_begun, true) {
            block.push(NO_TABLE);
        }
    }
}

/// Appends a field with a name in lower case. `is_secret`: no proxy may add it to a table.
pub fn field(name: &str, value: &[u8], is_secret: bool, block: &mut Vec<u8>) {
    const INDEXED: u8 = 0x80;
    const SECRET: u8 = 0x10;
    let flags = if is_secret { SECRET } else { 0 };
    match static_table::find(name, value) {
        Some((index, true)) if !is_secret => return integer::encode(index, 7, INDEXED, block),
        Some((index, _)) => integer::encode(index, 4, flags, block),
        None => {
            block.push(flags);
            text(name.as_bytes(), block);
        }
    }
    text(value, block);
}

/// Appends a field.
pub fn header(name: &str, value: &HeaderValue, block: &mut Vec<u8>) {
    field(name, value.as_bytes(), value.is_sensitive(), block);
}

/// Without compression: it would save a few bytes of one head for each stream.
fn text(text: &[u8], block: &mut Vec<u8>) {
    integer::encode(text.len(), 7, 0, block);
    block.extend_from_slice(text);
}

#[cfg(test)]
mod tests {
    use super::super::Decoder;
    use super::*;

    #[test]
    fn fields_come_back() {
        let long = "x".repeat(20_000);
        let fields = [
            (":status", "200"),
            (":status", "429"),
            ("content-type", "text/event-stream"),
            ("x-own", "value"),
            ("x-empty", ""),
            ("x-long", &long),
        ];
        for is_secret in [false, true] {
            let mut encoder = Encoder::default();
            let mut decoder = Decoder::default();
            // Twice, because the first block of a connection differs.
            for _ in 0..2 {
                let mut block = Vec::new();
                encoder.begin(&mut block);
                for (name, value) in fields {
                    field(name, value.as_bytes(), is_secret, &mut block);
                }
                let mut decoded = Vec::new();
                let taken = decoder.decode(&block, |name, value| {
                    decoded.push((name.to_vec(), value.to_vec()));
                    Ok(())
                });
                taken.expect("a valid block");
                let fields = fields.map(|(name, value)| (name.into(), value.into()));
                assert_eq!(decoded, fields);
            }
        }
    }

    #[test]
    fn only_the_first_block_changes_the_size_of_the_table() {
        let mut encoder = Encoder::default();
        let [first, second] = [(); 2].map(|()| {
            let mut block = Vec::new();
            encoder.begin(&mut block);
            field(":status", b"200", false, &mut block);
            block
        });
        assert_eq!(first, [0x20, 0x88]);
        assert_eq!(second, [0x88]);
    }

    #[test]
    fn secrets_are_marked() {
        let mut block = Vec::new();
        let mut value = HeaderValue::from_static("secret");
        value.set_sensitive(true);
        header("set-cookie", &value, &mut block);
        assert_eq!(block, [&[0x1f, 55 - 15, 6][..], b"secret"].concat());
    }
}
