//! Fuzz targets: the PROXY protocol, pushes that hyper does not read, and HTTP/2. See `src/fuzzing.rs`.

pub use super::{http1::fuzzing::whole_push, http2::fuzzing::http2_frames};

use super::proxy_protocol::read;

/// The first bytes of a connection. Not more than the header is read, whatever follows it.
pub fn proxy_protocol(input: &[u8]) {
    let mut whole = input;
    let sender = now(read(&mut whole)).map_err(|error| error.to_string());
    if sender.is_ok() {
        let header = &input[..input.len() - whole.len()];
        let mut alone = header;
        let again = now(read(&mut alone)).map_err(|error| error.to_string());
        assert_eq!((again, alone), (sender, &[][..]));
    }
}

/// The result of a future that waits for nothing.
fn now<T>(future: impl Future<Output = T>) -> T {
    futures_util::FutureExt::now_or_never(future).expect("the bytes are there")
}
