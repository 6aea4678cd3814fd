//! HPACK: how HTTP/2 compresses the fields of heads (RFC 7541).

mod decoder;
mod dynamic_table;
mod encoder;
mod error;
mod huffman;
mod integer;
mod static_table;

pub use decoder::Decoder;
pub use dynamic_table::FIELD_OVERHEAD;
pub use encoder::{Encoder, field, header};
pub use error::HpackError;
