//! Decides when a stream is reopened. It does no I/O: it gets events with their times, and returns actions.
//!
//! The first attempt to reconnect is left to the browser. If it fails, further attempts follow with growing delays, which
//! browsers do not have.

use super::state::{Reason, Status};

/// How long opening a stream may take, in milliseconds.
const OPEN_TIMEOUT: f64 = 15_000.0;
/// How late a ping may be, in milliseconds, before it counts as missing.
const PING_GRACE: f64 = 2_000.0;
/// The first and the maximum delay between two attempts, in milliseconds, before jitter.
const MIN_DELAY: f64 = 1_000.0;
const MAX_DELAY: f64 = 30_000.0;
/// The maximum delay that a server can request, in milliseconds.
const MAX_RETRY_AFTER: f64 = 3_600_000.0;
/// The number of failures after which the delay is the maximum.
const MAX_FAILURES: i32 = 5;

/// An action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing.
    Stay,
    /// Open it, in place of what is open.
    Open,
    /// Close what is open.
    Close,
    /// Close what is open, and ask the server why it refused.
    Ask,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Closed,
    Connecting,
    Live,
    /// The browser waits before it reconnects. `lost`: it has reported that the connection was lost.
    Returning {
        lost: bool,
    },
    /// The page waits before it reconnects.
    Waiting,
}

/// The time and the circumstances of an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// Milliseconds since 1970.
    pub(super) now: f64,
    /// From 0 to 1, so that many tabs do not reconnect at the same time.
    pub(super) random: f64,
    /// Whether the server can't be reached, because there is no network.
    pub(super) cut_off: bool,
}

/// See the module documentation.
pub(super) struct Schedule {
    phase: Phase,
    /// The time at which the phase ends, unless an event comes first.
    due: f64,
    failures: i32,
    /// The maximum time between two events of an open stream, in milliseconds.
    silence_limit: f64,
    /// The time until the browser reconnects, in milliseconds.
    retry: f64,
    reason: Reason,
    has_changed: bool,
}

impl Schedule {
    pub(super) fn new() -> Self {
        Self {
            phase: Phase::Closed,
            due: 0.0,
            failures: 0,
            silence_limit: OPEN_TIMEOUT,
            retry: MIN_DELAY,
            reason: Reason::default(),
            has_changed: false,
        }
    }

    /// The status, if it has changed since the last call.
    pub(super) fn take_status(&mut self) -> Option<Status> {
        std::mem::take(&mut self.has_changed).then(|| self.status())
    }

    fn status(&self) -> Status {
        match self.phase {
            Phase::Closed | Phase::Connecting => Status::Connecting,
            Phase::Live => Status::Live,
            Phase::Returning { .. } | Phase::Waiting => Status::Waiting {
                due: self.due,
                reason: self.reason.clone(),
            },
        }
    }

    /// The time of the next [`Self::check`]. None while it is closed.
    pub(super) fn due(&self) -> Option<f64> {
        (self.phase != Phase::Closed).then_some(self.due)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.phase == Phase::Closed
    }

    fn enter(&mut self, phase: Phase, due: f64) {
        self.phase = phase;
        self.due = due;
        self.has_changed = true;
    }

    /// The page opens it.
    pub(super) fn open(&mut self, now: f64) {
        self.enter(Phase::Connecting, now + OPEN_TIMEOUT);
    }

    /// The page closes it.
    pub(super) fn close(&mut self) -> Next {
        self.phase = Phase::Closed;
        Next::Close
    }

    /// The server has accepted it. Both times are in milliseconds.
    pub(super) fn welcomed(&mut self, now: f64, heartbeat: f64, retry: f64) {
        self.failures = 0;
        self.silence_limit = 2.0 * heartbeat + PING_GRACE;
        self.retry = retry;
        self.enter(Phase::Live, now + self.silence_limit);
    }

    /// An event has arrived.
    pub(super) fn received(&mut self, now: f64) {
        if self.phase == Phase::Live {
            self.due = now + self.silence_limit;
        }
    }

    /// The server is about to close it, and the browser will reconnect after this time, in milliseconds.
    pub(super) fn leave(&mut self, now: f64, after: f64, reason: String) {
        self.retry = after;
        self.reason = Reason {
            code: reason,
            detail: None,
        };
        self.enter(Phase::Returning { lost: false }, now + after);
    }

    /// The browser reports an error. `gave_up`: it will not reconnect.
    pub(super) fn failed(&mut self, gave_up: bool, moment: Moment) -> Next {
        match self.phase {
            Phase::Closed | Phase::Waiting => Next::Stay,
            _ if gave_up => {
                self.enter(Phase::Connecting, moment.now + OPEN_TIMEOUT);
                Next::Ask
            }
            Phase::Live => {
                self.reason = lost_reason("ended", moment);
                self.enter(Phase::Returning { lost: true }, moment.now + self.retry);
                Next::Stay
            }
            Phase::Returning { lost: false } => {
                self.enter(Phase::Returning { lost: true }, moment.now + self.retry);
                Next::Stay
            }
            Phase::Returning { lost: true } | Phase::Connecting => {
                self.wait(lost_reason("unreachable", moment), 0.0, moment)
            }
        }
    }

    /// The server has refused it, for this reason. `after`: the delay that it requests, in milliseconds.
    pub(super) fn refused(
        &mut self,
        status: u16,
        reason: Reason,
        after: f64,
        moment: Moment,
    ) -> Next {
        // The same request will be refused again.
        if status < 500 && status != 408 && status != 429 {
            self.failures = MAX_FAILURES;
        }
        self.wait(reason, after.min(MAX_RETRY_AFTER), moment)
    }

    /// The reason is unknown: the server does not answer, or accepts the stream now.
    pub(super) fn unexplained(&mut self, code: &str, moment: Moment) -> Next {
        self.wait(lost_reason(code, moment), 0.0, moment)
    }

    /// Acts if the phase has ended.
    pub(super) fn check(&mut self, moment: Moment) -> Next {
        if moment.now < self.due {
            return Next::Stay;
        }
        match self.phase {
            Phase::Closed => Next::Stay,
            Phase::Connecting => self.wait(lost_reason("silent", moment), 0.0, moment),
            Phase::Live | Phase::Waiting => Next::Open,
            // The browser is connecting.
            Phase::Returning { .. } => {
                self.enter(Phase::Connecting, moment.now + OPEN_TIMEOUT);
                Next::Stay
            }
        }
    }

    /// The page was suspended, or the network has changed. Timers may be late, and delays may be pointless.
    pub(super) fn wake(&mut self, moment: Moment) -> Next {
        match self.phase {
            Phase::Returning { .. } | Phase::Waiting if !moment.cut_off => Next::Open,
            Phase::Connecting | Phase::Live if moment.cut_off => {
                self.wait(lost_reason("offline", moment), 0.0, moment)
            }
            _ => self.check(moment),
        }
    }

    /// The user does not want to wait.
    pub(super) fn retry(&mut self) -> Next {
        match self.phase {
            Phase::Returning { .. } | Phase::Waiting => Next::Open,
            _ => Next::Stay,
        }
    }

    fn wait(&mut self, reason: Reason, at_least: f64, moment: Moment) -> Next {
        let delay = (MIN_DELAY * f64::from(1 << self.failures.min(MAX_FAILURES))).min(MAX_DELAY);
        self.failures += 1;
        self.reason = reason;
        let delay = at_least.max(delay * (0.5 + moment.random));
        self.enter(Phase::Waiting, moment.now + delay);
        Next::Close
    }
}

fn lost_reason(code: &str, moment: Moment) -> Reason {
    let code = if moment.cut_off { "offline" } else { code };
    Reason {
        code: code.to_owned(),
        detail: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(now: f64) -> Moment {
        Moment {
            now,
            random: 0.5,
            cut_off: false,
        }
    }

    fn live(now: f64) -> Schedule {
        let mut schedule = Schedule::new();
        schedule.open(now);
        schedule.welcomed(now, 25_000.0, 2_000.0);
        schedule
    }

    fn waits_for(schedule: &Schedule) -> (f64, String) {
        match schedule.status() {
            Status::Waiting { due, reason } => (due, reason.code),
            other => panic!("it does not wait: {other:?}"),
        }
    }

    #[test]
    fn the_browser_reconnects_by_itself_once_and_then_the_page_does_with_growing_delays() {
        let mut schedule = live(0.0);
        assert_eq!(schedule.failed(false, at(100.0)), Next::Stay);
        assert_eq!(waits_for(&schedule), (2_100.0, "ended".to_owned()));
        assert_eq!(schedule.check(at(2_100.0)), Next::Stay);
        assert_eq!(schedule.status(), Status::Connecting);
        let mut now = 2_200.0;
        for delay in [
            1_000.0, 2_000.0, 4_000.0, 8_000.0, 16_000.0, 30_000.0, 30_000.0,
        ] {
            assert_eq!(schedule.failed(false, at(now)), Next::Close);
            assert_eq!(
                waits_for(&schedule),
                (now + delay, "unreachable".to_owned())
            );
            now += delay;
            assert_eq!(schedule.check(at(now)), Next::Open);
            schedule.open(now);
        }
        schedule.welcomed(now, 25_000.0, 2_000.0);
        assert_eq!(schedule.status(), Status::Live);
        schedule.failed(false, at(now));
        schedule.check(at(now + 2_000.0));
        schedule.failed(false, at(now + 2_000.0));
        assert_eq!(waits_for(&schedule).0, now + 3_000.0, "delays start again");
    }

    #[test]
    fn missing_pings_and_a_silent_server_count_as_lost() {
        let mut schedule = live(0.0);
        schedule.received(10_000.0);
        assert_eq!(schedule.due(), Some(62_000.0));
        assert_eq!(schedule.check(at(61_999.0)), Next::Stay);
        assert_eq!(schedule.check(at(62_000.0)), Next::Open);
        schedule.open(62_000.0);
        assert_eq!(schedule.check(at(77_000.0)), Next::Close);
        assert_eq!(waits_for(&schedule), (78_000.0, "silent".to_owned()));
    }

    #[test]
    fn a_server_that_leaves_says_when_the_browser_comes_back() {
        let mut schedule = live(0.0);
        schedule.leave(100.0, 9_000.0, "shutdown".to_owned());
        assert_eq!(waits_for(&schedule), (9_100.0, "shutdown".to_owned()));
        assert_eq!(schedule.failed(false, at(200.0)), Next::Stay);
        assert_eq!(waits_for(&schedule), (9_200.0, "shutdown".to_owned()));
    }

    #[test]
    fn a_refusal_is_explained_and_repeated_seldom() {
        let mut schedule = live(0.0);
        assert_eq!(schedule.failed(true, at(0.0)), Next::Ask);
        let reason = Reason {
            code: "forbidden".to_owned(),
            detail: Some("no".to_owned()),
        };
        assert_eq!(
            schedule.refused(403, reason.clone(), 0.0, at(0.0)),
            Next::Close
        );
        assert_eq!(waits_for(&schedule), (30_000.0, "forbidden".to_owned()));
        schedule.open(0.0);
        schedule.failures = 0;
        schedule.refused(503, reason, 5_000.0, at(0.0));
        assert_eq!(waits_for(&schedule).0, 5_000.0, "as the server asks");
    }

    #[test]
    fn who_wakes_up_does_not_wait_unless_there_is_no_network() {
        let cut_off = Moment {
            cut_off: true,
            ..at(0.0)
        };
        let mut schedule = live(0.0);
        assert_eq!(schedule.wake(at(1.0)), Next::Stay);
        assert_eq!(schedule.wake(cut_off), Next::Close);
        assert_eq!(waits_for(&schedule).1, "offline");
        assert_eq!(schedule.wake(cut_off), Next::Stay);
        assert_eq!(schedule.wake(at(1.0)), Next::Open);
        assert_eq!(
            live(0.0).wake(at(60_000.0)),
            Next::Open,
            "pings were missed"
        );
    }
}
