//! Frames that are sent (RFC 9113, section 6).

use super::{
    error::ErrorCode,
    frame::{HEAD, MAX_CONTENT, flag, kind},
};

/// The largest content of a frame with bytes of an answer: with the head of the frame, it fits into one record of TLS.
pub const MAX_DATA: usize = MAX_CONTENT - HEAD;

/// Appends the head of a frame.
fn head(length: usize, kind: u8, flags: u8, stream: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(&(length as u32).to_be_bytes()[1..]);
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
}

/// Appends bytes of an answer, at most [`MAX_DATA`].
pub fn data(stream: u32, bytes: &[u8], ends: bool, out: &mut Vec<u8>) {
    out.reserve(HEAD + bytes.len());
    let flags = if ends { flag::END_STREAM } else { 0 };
    head(bytes.len(), kind::DATA, flags, stream, out);
    out.extend_from_slice(bytes);
}

/// Appends the head of an answer, in as many frames as it needs.
pub fn headers(stream: u32, block: &[u8], ends: bool, out: &mut Vec<u8>) {
    let mut flags = if ends { flag::END_STREAM } else { 0 };
    let mut kind = kind::HEADERS;
    let mut rest = block;
    loop {
        let (part, after) = rest.split_at(rest.len().min(MAX_CONTENT));
        rest = after;
        if rest.is_empty() {
            flags |= flag::END_HEADERS;
        }
        head(part.len(), kind, flags, stream, out);
        out.extend_from_slice(part);
        if rest.is_empty() {
            return;
        }
        (kind, flags) = (kind::CONTINUATION, 0);
    }
}

/// Appends the end of a stream before its time.
pub fn reset(stream: u32, code: ErrorCode, out: &mut Vec<u8>) {
    head(4, kind::RST_STREAM, 0, stream, out);
    out.extend_from_slice(&(code as u32).to_be_bytes());
}

/// Appends settings, as pairs of a name and a value.
pub fn settings(settings: &[(u16, u32)], out: &mut Vec<u8>) {
    head(settings.len() * 6, kind::SETTINGS, 0, 0, out);
    for (name, value) in settings {
        out.extend_from_slice(&name.to_be_bytes());
        out.extend_from_slice(&value.to_be_bytes());
    }
}

/// Appends that the settings of the peer are followed.
pub fn settings_ack(out: &mut Vec<u8>) {
    head(0, kind::SETTINGS, flag::ACK, 0, out);
}

/// Appends a ping.
pub fn ping(content: [u8; 8], out: &mut Vec<u8>) {
    head(content.len(), kind::PING, 0, 0, out);
    out.extend_from_slice(&content);
}

/// Appends the answer to a ping.
pub fn pong(content: [u8; 8], out: &mut Vec<u8>) {
    head(content.len(), kind::PING, flag::ACK, 0, out);
    out.extend_from_slice(&content);
}

/// Appends that no stream after `last` is answered.
pub fn go_away(last: u32, code: ErrorCode, out: &mut Vec<u8>) {
    head(8, kind::GOAWAY, 0, 0, out);
    out.extend_from_slice(&last.to_be_bytes());
    out.extend_from_slice(&(code as u32).to_be_bytes());
}

/// Appends that more bytes of a stream are taken, or of the connection (0).
pub fn window_update(stream: u32, increment: u32, out: &mut Vec<u8>) {
    head(4, kind::WINDOW_UPDATE, 0, stream, out);
    out.extend_from_slice(&increment.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::super::frame::{Frame, FrameHead};
    use super::*;

    fn frames(mut bytes: &[u8]) -> Vec<Frame<'_>> {
        let mut frames = Vec::new();
        while let Some(head) = FrameHead::read(bytes) {
            let (content, rest) = bytes[HEAD..].split_at(head.length);
            frames.push(Frame::read(head, content).expect("valid"));
            bytes = rest;
        }
        assert!(bytes.is_empty());
        frames
    }

    #[test]
    fn frames_are_read_as_they_were_written() {
        let mut out = Vec::new();
        data(5, b"bytes", true, &mut out);
        reset(7, ErrorCode::Cancel, &mut out);
        settings(&[(3, 200)], &mut out);
        settings_ack(&mut out);
        ping([1; 8], &mut out);
        pong([2; 8], &mut out);
        go_away(9, ErrorCode::NoError, &mut out);
        window_update(0, 77, &mut out);
        let expected = [
            Frame::Data {
                stream: 5,
                data: b"bytes",
                counted: 5,
                ends: true,
            },
            Frame::Reset { stream: 7 },
            Frame::Settings(&[0, 3, 0, 0, 0, 200]),
            Frame::SettingsAck,
            Frame::Ping([1; 8]),
            Frame::Pong([2; 8]),
            Frame::GoAway,
            Frame::WindowUpdate {
                stream: 0,
                increment: 77,
            },
        ];
        assert_eq!(frames(&out), expected);
    }

    #[test]
    fn a_large_head_takes_several_frames() {
        let block = vec![7; 2 * MAX_CONTENT + 1];
        let mut out = Vec::new();
        headers(1, &block, true, &mut out);
        let frames = frames(&out);
        let mut whole = Vec::new();
        for (place, frame) in frames.iter().enumerate() {
            let is_last = place == 2;
            let (part, ends_head) = match frame {
                Frame::Headers {
                    block,
                    ends_head,
                    ends: true,
                    ..
                } if place == 0 => (block, *ends_head),
                Frame::Continuation {
                    block, ends_head, ..
                } => (block, *ends_head),
                other => panic!("{other:?}"),
            };
            assert_eq!(ends_head, is_last);
            whole.extend_from_slice(part);
        }
        assert_eq!(whole, block);
        let mut out = Vec::new();
        headers(1, b"", false, &mut out);
        assert_eq!(out.len(), HEAD);
    }
}
