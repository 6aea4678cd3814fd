//! What blocks of fields can have wrong.

/// Why a block of fields can't be decoded. The connection ends: the dynamic tables of both sides may differ from here on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HpackError {
    /// The block ends within a field.
    #[error("a block of fields ends too early")]
    Truncated,
    /// A number is over any limit.
    #[error("a number in a block of fields is too large")]
    Integer,
    /// A text is not encoded by the Huffman code.
    #[error("a text in a block of fields is not valid")]
    Huffman,
    /// There is no such entry in the tables.
    #[error("a block of fields names an entry that is not there")]
    Index,
    /// The table would be larger than allowed, or its size changes between two fields.
    #[error("a change of the size of the dynamic table is not allowed")]
    TableSize,
    /// The fields are so much over the limit that their end is not waited for.
    #[error("a block of fields is far over the limit")]
    TooLarge,
}
