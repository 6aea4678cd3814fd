//! What the frames of the peer do, but for heads.

use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    super::{
        error::{ConnectionError, ErrorCode},
        flow::Overflow,
        frame::Frame,
        open_streams::{Ended, Place},
        request_body::WrongLength,
        settings,
        stream::Work,
    },
    Answerer, Connection, LAST_PING, PING, frame_writer,
};

/// What follows from a frame.
type Received = Result<(), ConnectionError>;

impl<S: AsyncRead + AsyncWrite + Unpin, A: Answerer> Connection<S, A> {
    /// Handles a frame.
    pub(super) fn on_frame(&mut self, frame: Frame<'_>) -> Received {
        if self.head.is_some() && !matches!(frame, Frame::Continuation { .. }) {
            let reason = "another frame comes between those of a head";
            return Err(ConnectionError::protocol(reason));
        }
        match frame {
            Frame::Headers { .. } | Frame::Continuation { .. } | Frame::Data { .. } => {}
            _ => self.flood.on_idle_frame(self.now)?,
        }
        match frame {
            Frame::Data {
                stream,
                data,
                counted,
                ends,
            } => self.on_data(stream, data, counted as u32, ends),
            Frame::Headers { .. } | Frame::Continuation { .. } => self.on_part_of_head(frame),
            Frame::Priority { stream, depends_on } if stream == depends_on => {
                self.stream_error(stream, ErrorCode::Protocol)
            }
            Frame::WrongLength { stream } => self.stream_error(stream, ErrorCode::FrameSize),
            Frame::Reset { stream } => self.on_reset(stream),
            Frame::Settings(content) => self.on_settings(content),
            Frame::Ping(content) => {
                frame_writer::pong(content, self.out.answer());
                Ok(())
            }
            Frame::Pong(content) => {
                match content {
                    PING => self.pinged = None,
                    LAST_PING => self.announce_last(),
                    _ => {}
                }
                Ok(())
            }
            Frame::WindowUpdate { stream, increment } => self.on_window(stream, increment),
            Frame::SettingsAck | Frame::Priority { .. } | Frame::GoAway | Frame::Unknown => Ok(()),
        }
    }

    fn on_data(&mut self, id: u32, data: &[u8], counted: u32, ends: bool) -> Received {
        let over = |_: Overflow| ConnectionError::flow_control("more was sent than is taken");
        self.receive_window.receive(counted).map_err(over)?;
        if data.is_empty() && !ends {
            self.flood.on_idle_frame(self.now)?;
        }
        let stream = match self.streams.place(id) {
            Place::Idle => {
                return Err(ConnectionError::protocol("a request begins without a head"));
            }
            Place::Past(ended) => {
                self.take(counted);
                return match ended {
                    Some(Ended::Here) => self.flood.on_idle_frame(self.now),
                    _ => self.stream_error(id, ErrorCode::StreamClosed),
                };
            }
            Place::Open => self.streams.get(id),
        };
        let Some(stream) = stream else { return Ok(()) };
        let body = stream.body.as_mut().filter(|_| !stream.is_received);
        let Some(body) = body else {
            self.take(counted);
            return self.stream_error(id, ErrorCode::StreamClosed);
        };
        // From here on, it is given back with the stream at the latest.
        body.counted += counted;
        if body.window.receive(counted).is_err() {
            return self.stream_error(id, ErrorCode::FlowControl);
        }
        let Ok(mut unread) = body.sender.send(data) else {
            return self.stream_error(id, ErrorCode::Protocol);
        };
        unread += counted - data.len() as u32;
        body.counted -= unread;
        self.take(unread);
        match ends {
            true => self.on_end(id),
            false => Ok(()),
        }
    }

    /// A request is complete.
    pub(super) fn on_end(&mut self, id: u32) -> Received {
        let Some(stream) = self.streams.get(id) else {
            return Ok(());
        };
        stream.is_received = true;
        let finished = stream.body.as_ref().map(|body| body.sender.finish());
        match finished {
            Some(Err(WrongLength)) => self.stream_error(id, ErrorCode::Protocol),
            _ => Ok(()),
        }
    }

    /// Bytes of requests were taken, so the peer may send others.
    pub(super) fn take(&mut self, bytes: u32) {
        if let Some(taken) = self.receive_window.take(bytes) {
            frame_writer::window_update(0, taken, self.out.answer());
        }
    }

    /// Bytes of this request were read.
    pub(super) fn on_read(&mut self, id: u32) {
        let Some(stream) = self.streams.get(id) else {
            return;
        };
        let Some(body) = &mut stream.body else { return };
        let read = body.sender.take_read();
        if read == 0 {
            return;
        }
        body.counted -= read;
        let taken = body.window.take(read).filter(|_| !stream.is_received);
        if let Some(taken) = taken {
            frame_writer::window_update(id, taken, self.out.answer());
        }
        self.take(read);
    }

    fn on_reset(&mut self, id: u32) -> Received {
        match self.streams.place(id) {
            Place::Idle => Err(ConnectionError::protocol("a stream ends that never began")),
            Place::Past(_) => Ok(()),
            Place::Open => {
                let stream = self.streams.get(id);
                if stream.is_some_and(|stream| matches!(stream.work, Work::Answering(_))) {
                    self.flood.on_early_reset(self.now)?;
                }
                self.remove(id, Ended::Known);
                Ok(())
            }
        }
    }

    fn on_settings(&mut self, content: &[u8]) -> Received {
        if let Some(window) = settings::read(content)? {
            let difference = i64::from(window) - i64::from(self.peer_window);
            self.peer_window = window;
            let overflow = |_: Overflow| ConnectionError::flow_control("a window is too large");
            for stream in self.streams.iter() {
                stream.window.change(difference).map_err(overflow)?;
                stream.queue(&mut self.sendable);
            }
        }
        frame_writer::settings_ack(self.out.answer());
        Ok(())
    }

    fn on_window(&mut self, id: u32, increment: u32) -> Received {
        if id == 0 {
            let overflow = |_: Overflow| ConnectionError::flow_control("a window is too large");
            return match increment {
                0 => Err(ConnectionError::protocol("a window grows by nothing")),
                _ => self.send_window.add(increment).map_err(overflow),
            };
        }
        match self.streams.place(id) {
            Place::Idle => Err(ConnectionError::protocol("a window of no stream grows")),
            Place::Past(_) => Ok(()),
            Place::Open if increment == 0 => self.stream_error(id, ErrorCode::Protocol),
            Place::Open => {
                let Some(stream) = self.streams.get(id) else {
                    return Ok(());
                };
                if stream.window.add(increment).is_err() {
                    return self.stream_error(id, ErrorCode::FlowControl);
                }
                stream.queue(&mut self.sendable);
                Ok(())
            }
        }
    }

    /// The peer has made an error that ends a stream only.
    pub(super) fn stream_error(&mut self, id: u32, code: ErrorCode) -> Received {
        tracing::debug!(?code, "a stream of HTTP/2 is reset");
        if self.streams.place(id) == Place::Idle {
            let reason = "an error on a stream that never began";
            return Err(ConnectionError { code, reason });
        }
        self.flood.on_error()?;
        if let Some(stream) = self.streams.get(id) {
            stream.tracker.fail();
        }
        self.reset(id, code);
        Ok(())
    }

    /// Resets a stream, and removes it if it is open.
    pub(super) fn reset(&mut self, id: u32, code: ErrorCode) {
        self.out.reset(id, code);
        match self.streams.place(id) {
            Place::Open => self.remove(id, Ended::Here),
            _ => self.streams.remember(id, Ended::Here),
        }
    }

    /// Removes a stream that has ended.
    pub(super) fn remove(&mut self, id: u32, ended: Ended) {
        let Some(stream) = self.streams.remove(id, ended) else {
            return;
        };
        if let Some(body) = &stream.body {
            self.take(body.counted);
        }
        drop(stream);
        if self.streams.is_empty() {
            self.idle_until = self.now + self.options.idle;
            self.look_at(self.idle_until);
        }
    }
}
