//! What a connection has its writer do next, in frames: the same whoever writes.

use std::sync::atomic::Ordering;

use super::connection::{Backlog, Connection, Inlet, Read, Step};
use super::events;
use crate::{
    broker::Broker,
    message::{Frame, Seq},
    outbox::CloseReason,
};

/// What to do next. Whatever comes has to be done before the next turn.
pub enum Turn {
    /// Write this.
    Write(Frame),
    /// Read from the log, and hand what came to [`Connection::replayed`].
    Read(Read),
    /// Something has changed without anything to do: take the next turn.
    Again,
    /// Nothing now: wait until something comes in.
    Wait,
    /// Say why, and end.
    Close(CloseReason),
}

/// Takes the next step. `give` is told the place of a direct message that is about to be written.
pub fn turn<I: Inlet>(
    connection: &mut Connection<I>,
    broker: &Broker,
    give: impl FnOnce(Seq),
) -> Turn {
    Turn::Write(match connection.step() {
        Step::Write(logged) => {
            logged.written.fetch_add(1, Ordering::AcqRel);
            if logged.direct {
                give(logged.seq);
            }
            logged.frame.clone()
        }
        Step::WriteEphemeral(frame) => frame,
        Step::Replay(batch) => {
            if let Some(seq) = batch.direct {
                give(seq);
            }
            batch.frames
        }
        Step::Gap(gap) => events::gap(&gap, broker.log().epoch()),
        // The log is asked only for what it has. Its head is looked at after the step, as a read would be.
        Step::Read(read) => match read.after {
            Some(after) if read.until.is_none() && broker.log().head() <= after => {
                connection.replayed(Backlog::nothing_after(after));
                return Turn::Again;
            }
            _ => return Turn::Read(read),
        },
        Step::Wait => return Turn::Wait,
        Step::Close(reason) => return Turn::Close(reason),
    })
}

/// A ping that says how far the connection has been served.
pub fn ping<I: Inlet>(connection: &Connection<I>, broker: &Broker) -> Frame {
    let cursor = connection.place().map(|seq| broker.cursor(seq));
    events::ping(cursor.as_ref())
}
