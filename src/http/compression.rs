//! Compresses responses with gzip for whoever takes it (RFC 9110, section 8.4.1.3): rendered pages, the description of the API,
//! and what is read by the API. Files are compressed when they are built, and streams never are.
//!
//! A page of another site can't guess secrets by the sizes of such responses (BREACH): browsers send the cookie of a session
//! with requests of this site only.

use tower_http::compression::{
    CompressionLayer,
    predicate::{DefaultPredicate, Predicate, SizeAbove},
};

/// Smaller responses stay as they are, in bytes: they fit into one packet anyway.
const LEAST: u16 = 1_024;

/// The layer of the routes whose responses are compressed.
///
/// Zstd is ruled out: the layer can name it, because Leptos needs its names for files, but not compress with it. It would prefer it
/// to gzip then, and send responses as they are to all who accept it, as browsers do.
pub fn layer() -> CompressionLayer<impl Predicate> {
    let layer = CompressionLayer::new().no_zstd();
    layer.compress_when(DefaultPredicate::new().and(SizeAbove::new(LEAST)))
}
