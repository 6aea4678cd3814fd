//! What the writer of a stream does next, in frames: the same for tasks and delivery threads.

use std::sync::atomic::Ordering;

use super::connection::{Backlog, Connection, LogRead, Source, Step};
use super::events;
use crate::{
    broker::Broker,
    message::{EncodedMessage, Frame, Seq},
    outbox::CloseReason,
    registry::Registration,
};

/// What to do next. It has to be done before the next call.
pub enum Action {
    /// Write this.
    Write(Frame),
    /// Read from the log, and pass the result to [`Connection::replayed`].
    Read(LogRead),
    /// The state has changed: call again.
    Retry,
    /// Nothing: wait until the source has something.
    Wait,
    /// Close the stream for this reason.
    Close(CloseReason),
}

/// The next action. `on_direct` gets the position of a direct message that is about to be written.
pub fn next_action<I: Source>(
    connection: &mut Connection<I>,
    broker: &Broker,
    on_direct: impl FnOnce(Seq),
) -> Action {
    let encoding = connection.encoding();
    let step = connection.step();
    note(connection.registration(), &step);
    Action::Write(match step {
        Step::Write(logged) => {
            logged.written.fetch_add(1, Ordering::AcqRel);
            if logged.direct {
                on_direct(logged.seq);
            }
            logged.message.frame(encoding).clone()
        }
        Step::WriteEphemeral(message) => message.frame(encoding).clone(),
        Step::Replay(batch) => {
            if let Some(seq) = batch.direct {
                on_direct(seq);
            }
            batch.frames
        }
        Step::Gap(gap) => events::gap(&gap, broker.log().openings(), encoding),
        // Skip a read that would find nothing. The head is read after the step, as the read would be.
        Step::Read(read) => match read.after {
            Some(after) if read.is_empty(broker.log()) => {
                connection.replayed(Backlog::nothing_after(after));
                return Action::Retry;
            }
            _ => return Action::Read(read),
        },
        Step::Wait => return Action::Wait,
        Step::Close(reason) => return Action::Close(reason),
    })
}

/// Counts what is about to be written.
fn note(registration: &Registration, step: &Step) {
    let counters = registration.counters();
    let waited = |message: &EncodedMessage| {
        let age = message.encoded_at().elapsed();
        counters.tasks.lag.observe(age, 1);
    };
    let events = match step {
        Step::Write(logged) => {
            waited(&logged.message);
            1
        }
        Step::WriteEphemeral(message) => {
            waited(message);
            1
        }
        Step::Replay(batch) => batch.messages,
        Step::Gap(gap) => {
            counters.gaps.inc(gap.reason.as_str());
            registration.note_gap(gap.reason.as_str(), gap.range);
            1
        }
        Step::Read(_) | Step::Wait | Step::Close(_) => 0,
    };
    if let Some(access) = registration.access() {
        access.add_events(events);
    }
}

/// A ping with the position up to which the connection has been served.
pub fn ping<I: Source>(connection: &Connection<I>, broker: &Broker) -> Frame {
    let cursor = connection.position().map(|seq| broker.cursor(seq));
    events::ping(cursor.as_ref(), connection.encoding())
}
