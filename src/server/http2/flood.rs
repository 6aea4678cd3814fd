//! Notices a peer that causes much work for nothing (RFC 9113, section 10.5). It may do so at times: a page that is left
//! resets its requests. So what it did is forgotten after a while.

use tokio::time::Instant;

use super::error::ConnectionError;

/// Requests that are reset before they are answered (CVE-2023-44487): so many at once, and so many in each second.
const EARLY_RESETS: Limit = Limit {
    burst: 100,
    per_second: 10,
};

/// Frames that ask for an answer of the connection or change nothing.
const IDLE_FRAMES: Limit = Limit {
    burst: 4_096,
    per_second: 512,
};

/// What a frame with bytes of an answer makes up for: many peers say after each one how much they take.
const FRAMES_FOR_DATA: u32 = 8;

/// Streams that are reset here because of errors of the peer, before the connection ends.
const MAX_ERRORS: u32 = 1_024;

#[derive(Clone, Copy)]
struct Limit {
    burst: u32,
    per_second: u32,
}

/// What a peer did lately.
pub struct Flood {
    early_resets: u32,
    idle_frames: u32,
    errors: u32,
    /// Up to when something was forgotten.
    since: Instant,
}

impl Flood {
    /// Nothing yet.
    pub fn new(now: Instant) -> Self {
        Self {
            early_resets: 0,
            idle_frames: 0,
            errors: 0,
            since: now,
        }
    }

    /// A request was reset before it was answered.
    pub fn on_early_reset(&mut self, now: Instant) -> Result<(), ConnectionError> {
        self.forget(now);
        self.early_resets += 1;
        match self.early_resets > EARLY_RESETS.burst {
            true => Err(ConnectionError::flood("many requests are reset")),
            false => Ok(()),
        }
    }

    /// A frame came that is no part of a request.
    pub fn on_idle_frame(&mut self, now: Instant) -> Result<(), ConnectionError> {
        self.idle_frames += 1;
        if self.idle_frames > IDLE_FRAMES.burst {
            self.forget(now);
        }
        match self.idle_frames > IDLE_FRAMES.burst {
            true => Err(ConnectionError::flood("many frames do nothing")),
            false => Ok(()),
        }
    }

    /// A stream is reset because of an error of the peer.
    pub fn on_error(&mut self) -> Result<(), ConnectionError> {
        self.errors += 1;
        match self.errors > MAX_ERRORS {
            true => Err(ConnectionError::flood("many streams have errors")),
            false => Ok(()),
        }
    }

    /// A frame with bytes of an answer was sent.
    pub fn on_data_sent(&mut self) {
        self.idle_frames = self.idle_frames.saturating_sub(FRAMES_FOR_DATA);
    }

    fn forget(&mut self, now: Instant) {
        let seconds = u32::try_from((now - self.since).as_secs()).unwrap_or(u32::MAX);
        if seconds > 0 {
            self.since = now;
            let after = |count: u32, limit: Limit| {
                count.saturating_sub(limit.per_second.saturating_mul(seconds))
            };
            self.early_resets = after(self.early_resets, EARLY_RESETS);
            self.idle_frames = after(self.idle_frames, IDLE_FRAMES);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn many_resets_at_once_are_a_flood_and_as_many_over_time_are_not() {
        let now = Instant::now();
        let mut flood = Flood::new(now);
        for _ in 0..EARLY_RESETS.burst {
            flood.on_early_reset(now).expect("allowed");
        }
        flood.on_early_reset(now).expect_err("a flood");
        let mut flood = Flood::new(now);
        for second in 0..200 {
            for _ in 0..EARLY_RESETS.per_second {
                let then = now + Duration::from_secs(second);
                flood.on_early_reset(then).expect("allowed");
            }
        }
    }

    #[test]
    fn frames_that_do_nothing_are_allowed_while_something_is_sent() {
        let now = Instant::now();
        let mut flood = Flood::new(now);
        for _ in 0..IDLE_FRAMES.burst {
            flood.on_idle_frame(now).expect("allowed");
        }
        flood.on_idle_frame(now).expect_err("a flood");
        let mut flood = Flood::new(now);
        for _ in 0..2 * IDLE_FRAMES.burst {
            flood.on_data_sent();
            (0..FRAMES_FOR_DATA).for_each(|_| flood.on_idle_frame(now).expect("allowed"));
        }
    }

    #[test]
    fn errors_of_the_peer_are_counted() {
        let mut flood = Flood::new(Instant::now());
        for _ in 0..MAX_ERRORS {
            flood.on_error().expect("allowed");
        }
        flood.on_error().expect_err("a flood");
    }
}
