//! How answers go on: they are found, and their bytes are framed in turns.

use axum::{
    body::{Bytes, HttpBody},
    response::Response,
};
use bytes::Buf;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    super::{
        answer_head,
        error::ErrorCode,
        frame_writer::{self, MAX_DATA},
        open_streams::Ended,
        stream::{Step, Work},
    },
    Answerer, Connection,
};

impl<S: AsyncRead + AsyncWrite + Unpin, A: Answerer> Connection<S, A> {
    /// Lets all streams go on that can. Returns whether there was one.
    pub(super) fn go_on(&mut self) -> bool {
        let mut streams = std::mem::take(&mut self.again);
        let framed = streams.len();
        self.ready.append_to(&mut streams);
        for id in &streams[framed..] {
            if let Some(stream) = self.streams.get(*id) {
                stream.waker.taken();
            }
        }
        let went_on = !streams.is_empty();
        for id in streams.drain(..) {
            self.on_read(id);
            self.step(id);
        }
        if self.again.is_empty() {
            self.again = streams;
        }
        went_on
    }

    /// Lets a stream go on until it has to wait.
    fn step(&mut self, id: u32) {
        while let Some(stream) = self.streams.get(id)
            && stream.rest.is_empty()
        {
            match stream.step() {
                Step::Wait => return,
                Step::Answer(response) => self.begin_answer(id, response),
                Step::Write => {
                    stream.waits_since = Some(self.now);
                    stream.queue(&mut self.sendable);
                    self.look_at(self.now + self.options.stall_timeout);
                }
                Step::End => {
                    frame_writer::data(id, &[], true, self.out.frames());
                    self.finish(id);
                }
                Step::Fail => {
                    stream.tracker.fail();
                    self.reset(id, ErrorCode::Internal);
                }
            }
        }
    }

    fn begin_answer(&mut self, id: u32, response: Response) {
        let Some(stream) = self.streams.get(id) else {
            return;
        };
        let (parts, body) = response.into_parts();
        let is_head_only = answer_head::has_no_body(&stream.method, parts.status);
        let ends = is_head_only || body.is_end_stream();
        let length = body.size_hint().exact().filter(|_| !ends);
        stream.work = Work::Writing(body);
        let mut block = Vec::with_capacity(256);
        self.encoder.begin(&mut block);
        answer_head::encode(&parts, length, &mut block);
        frame_writer::headers(id, &block, ends, self.out.frames());
        if ends {
            self.finish(id);
        }
    }

    /// An answer is complete. What has not come of its request is not needed (RFC 9113, section 8.1).
    fn finish(&mut self, id: u32) {
        match self
            .streams
            .get(id)
            .is_some_and(|stream| stream.is_received)
        {
            true => self.remove(id, Ended::Known),
            false => self.reset(id, ErrorCode::NoError),
        }
    }

    /// Frames bytes of the streams, in turns. Returns whether there were some.
    pub(super) fn fill(&mut self) -> bool {
        let mut filled = false;
        while self.out.takes_data()
            && self.send_window.available() > 0
            && let Some(id) = self.sendable.pop_front()
        {
            filled |= self.frame(id);
        }
        filled
    }

    /// Frames bytes of one stream. Returns whether the peer takes some.
    fn frame(&mut self, id: u32) -> bool {
        let Some(stream) = self.streams.get(id) else {
            return false;
        };
        stream.is_queued = false;
        let size = (stream.rest.len())
            .min(stream.window.available())
            .min(self.send_window.available())
            .min(MAX_DATA);
        if size == 0 {
            return false;
        }
        stream.window.sent(size);
        self.send_window.sent(size);
        self.flood.on_data_sent();
        let is_done = size == stream.rest.len();
        let ends = is_done && stream.is_last;
        frame_writer::data(id, &stream.rest[..size], ends, self.out.frames());
        if !is_done {
            stream.rest.advance(size);
            stream.waits_since = Some(self.now);
            stream.queue(&mut self.sendable);
            return true;
        }
        stream.rest = Bytes::new();
        stream.waits_since = None;
        if let Some(seq) = stream.tracker.unwritten() {
            self.unwritten.push((id, seq));
        }
        match ends {
            true => self.finish(id),
            false => self.again.push(id),
        }
        true
    }
}
