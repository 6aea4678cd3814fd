//! What has to happen at a certain time: pings, and the ends of what waits for too long.

use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};

use super::{super::error::ErrorCode, Answerer, Connection, End, PING, Phase, frame_writer};

impl<S: AsyncRead + AsyncWrite + Unpin, A: Answerer> Connection<S, A> {
    /// Looks at the times at this one, if not before.
    pub(super) fn look_at(&mut self, time: Instant) {
        if time < self.timer.deadline() {
            self.timer.as_mut().reset(time);
        }
    }

    /// Does what is due now, and sets the timer again.
    pub(super) fn on_time(&mut self) -> Result<(), End> {
        self.check_socket()?;
        self.check_ping()?;
        self.reset_stalled();
        self.check_end();
        let options = self.options;
        let ping = match self.pinged {
            Some(sent) => Some(sent + options.request_timeout),
            None => (!self.streams.is_empty()).then(|| self.last_read + options.heartbeat),
        };
        let stalled = self.streams.iter().filter_map(|stream| stream.waits_since);
        let stalled = stalled.chain(self.out.blocked_since()).min();
        let end = match self.phase {
            Phase::Open => self.streams.is_empty().then_some(self.idle_until),
            Phase::Announced(since) => Some(since + options.request_timeout),
            Phase::Last | Phase::Refused => None,
        };
        let times = [
            ping,
            stalled.map(|since| since + options.stall_timeout),
            end,
        ];
        let next = times.into_iter().flatten().min();
        let next = next.unwrap_or(self.now + options.heartbeat);
        self.timer.as_mut().reset(next);
        Ok(())
    }

    /// The kernel does the same for TCP: see `TCP_USER_TIMEOUT` in `accept.rs`.
    fn check_socket(&mut self) -> Result<(), End> {
        let blocked = self.out.blocked_since();
        match blocked.is_some_and(|since| self.now >= since + self.options.stall_timeout) {
            true => {
                tracing::debug!("an HTTP/2 connection is closed, because its peer takes nothing");
                Err(End::Failed)
            }
            false => Ok(()),
        }
    }

    /// While there are streams, a peer that was silent for a heartbeat has to answer a ping.
    fn check_ping(&mut self) -> Result<(), End> {
        if let Some(sent) = self.pinged {
            return match self.now >= sent + self.options.request_timeout {
                true => {
                    tracing::debug!("an HTTP/2 connection is closed: a ping is not answered");
                    Err(End::Failed)
                }
                false => Ok(()),
            };
        }
        let is_silent = self.now >= self.last_read + self.options.heartbeat;
        if is_silent && !self.streams.is_empty() {
            self.pinged = Some(self.now);
            frame_writer::ping(PING, self.out.frames());
        }
        Ok(())
    }

    /// Resets streams of which the peer takes nothing. The others go on.
    fn reset_stalled(&mut self) {
        let (now, timeout) = (self.now, self.options.stall_timeout);
        let is_stalled = |since: Instant| now >= since + timeout;
        let stalled: Vec<u32> = (self.streams.iter())
            .filter(|stream| stream.waits_since.is_some_and(is_stalled))
            .map(|stream| {
                // Before the answer is dropped, so that it knows.
                stream.tracker.fail();
                stream.id
            })
            .collect();
        for id in stalled {
            tracing::debug!("a stream of HTTP/2 is closed, because its peer takes nothing");
            self.reset(id, ErrorCode::Cancel);
        }
    }

    fn check_end(&mut self) {
        match self.phase {
            Phase::Open if self.streams.is_empty() && self.now >= self.idle_until => {
                self.shut_down();
            }
            // The peer has not answered the end of the connection.
            Phase::Announced(since) if self.now >= since + self.options.request_timeout => {
                self.announce_last();
            }
            _ => {}
        }
    }
}
