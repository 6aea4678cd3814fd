//! What the fuzz targets of `fuzz/` call: one function for each kind of bytes that come from outside. Each states what
//! must hold for any bytes, beside that nothing panics.
//!
//! They are compiled for `cargo fuzz` and for tests. The tests run them on the inputs in `fuzz/corpus/`, so what was found
//! once stays found.

pub use crate::auth::fuzzing::{request_headers, token};
pub use crate::config::fuzzing::{issuer_keys, settings_file};
pub use crate::http::fuzzing::{api_bodies, batch_lines, push_body, stream_query};
pub use crate::log::fuzzing::cluster_record;
pub use crate::message::fuzzing::{message_frame, names, topic_filters};
pub use crate::server::fuzzing::{http2_frames, proxy_protocol, whole_push};

use app::event_parser::{Event, Parser, TooLong};

/// An event stream, in chunks. Where it is cut makes no difference. The first byte is the length of the chunks.
pub fn event_stream(input: &[u8]) {
    let Some((cut, stream)) = input.split_first() else {
        return;
    };
    let cut = usize::from(*cut).max(1);
    assert_eq!(events(stream.chunks(cut)), events([stream].into_iter()));
}

fn events<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Result<(Vec<Event>, String), TooLong> {
    let mut parser = Parser::new();
    let mut events = Vec::new();
    for chunk in chunks {
        events.extend(parser.push(chunk)?);
    }
    Ok((events, parser.last_id().to_owned()))
}

#[cfg(test)]
mod tests;
