//! What a connection has its writer do next, in frames: the same whoever writes.

use std::sync::atomic::Ordering;

use super::connection::{Backlog, Connection, LogRead, Source, Step};
use super::events;
use crate::{
    broker::Broker,
    message::{Frame, Seq},
    outbox::CloseReason,
};

/// What to do next. Whatever comes has to be done before the next action.
pub enum Action {
    /// Write this.
    Write(Frame),
    /// Read from the log, and hand what came to [`Connection::replayed`].
    Read(LogRead),
    /// Something has changed without anything to do: take the next action.
    Retry,
    /// Nothing now: wait until something comes in.
    Wait,
    /// Say why, and end.
    Close(CloseReason),
}

/// Takes the next step. `on_direct` is told the place of a direct message that is about to be written.
pub fn next_action<I: Source>(
    connection: &mut Connection<I>,
    broker: &Broker,
    on_direct: impl FnOnce(Seq),
) -> Action {
    Action::Write(match connection.step() {
        Step::Write(logged) => {
            logged.written.fetch_add(1, Ordering::AcqRel);
            if logged.direct {
                on_direct(logged.seq);
            }
            logged.frame.clone()
        }
        Step::WriteEphemeral(frame) => frame,
        Step::Replay(batch) => {
            if let Some(seq) = batch.direct {
                on_direct(seq);
            }
            batch.frames
        }
        Step::Gap(gap) => events::gap(&gap, broker.log().epoch()),
        // The log is asked only for what it has. Its head is looked at after the step, as a read would be.
        Step::Read(read) => match read.after {
            Some(after) if read.until.is_none() && broker.log().head() <= after => {
                connection.replayed(Backlog::nothing_after(after));
                return Action::Retry;
            }
            _ => return Action::Read(read),
        },
        Step::Wait => return Action::Wait,
        Step::Close(reason) => return Action::Close(reason),
    })
}

/// A ping that says how far the connection has been served.
pub fn ping<I: Source>(connection: &Connection<I>, broker: &Broker) -> Frame {
    let cursor = connection.position().map(|seq| broker.cursor(seq));
    events::ping(cursor.as_ref())
}
