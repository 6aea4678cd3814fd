//! What a connection reads from the log: encoded where it is read, many messages together.

use std::{collections::VecDeque, sync::Arc};

use crate::{
    log::{Log, Loss, Page, PageLimit, ReadError, Subscriptions},
    message::{Epoch, Frame, FrameWriter, Seq},
};

/// Bytes of frames that are written at once. More would gain nothing, and would be held for longer by a
/// reader that is slow.
const BATCH: usize = 32 << 10;

/// Room for them and the last of them.
const ROOM: usize = BATCH + (1 << 10);

/// A page of the log that a connection needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRead {
    /// Whose messages.
    pub subscriptions: Arc<Subscriptions>,
    /// Those after this place; none: those that the client has not had, by what the log knows of it,
    pub after: Option<Seq>,
    /// up to and with this one, if there is an end.
    pub until: Option<Seq>,
}

/// Messages that stand in the log one after the other, as far as they are for this connection.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Their frames, whole.
    pub frames: Frame,
    /// The place of the last.
    pub last: Seq,
    /// The place of the last that is for clients by name, and so waits for them.
    pub direct: Option<Seq>,
}

/// What a [`LogRead`] has brought.
#[derive(Clone, Debug)]
pub struct Backlog {
    /// The messages, in order.
    pub batches: VecDeque<Batch>,
    /// See [`Page::reached`].
    pub reached: Seq,
    /// See [`Page::more`].
    pub more: bool,
    /// See [`Page::losses`].
    pub losses: Vec<Loss>,
}

impl LogRead {
    /// Reads the page, and encodes it. Blocks: see [`Log::read`].
    pub fn run(&self, log: &Log) -> Result<Backlog, ReadError> {
        let after = match (self.after, &self.subscriptions.client) {
            (Some(after), _) => after,
            (None, Some(client_id)) => log.inbox_place(client_id)?,
            (None, None) => 0,
        };
        if let Some(until) = self.until.filter(|until| *until <= after) {
            return Ok(Backlog::nothing_after(until));
        }
        let page = log.read(&self.subscriptions, after, self.until, PageLimit::default())?;
        Ok(Backlog::of(page, log.epoch()))
    }
}

impl Backlog {
    /// What a read brings when the log has nothing after this place.
    pub fn nothing_after(seq: Seq) -> Self {
        Self {
            batches: VecDeque::new(),
            reached: seq,
            more: false,
            losses: Vec::new(),
        }
    }

    /// Bytes of its messages.
    pub fn bytes(&self) -> usize {
        self.batches.iter().map(|batch| batch.frames.size()).sum()
    }

    /// Encodes a page of the log of this epoch.
    pub fn of(page: Page, epoch: &Epoch) -> Self {
        let mut batches = VecDeque::new();
        let mut left: usize = page
            .messages
            .iter()
            .map(|m| FrameWriter::size(m, epoch))
            .sum();
        let mut writer = FrameWriter::with_room(left.min(ROOM));
        let mut direct = None;
        for (i, message) in page.messages.iter().enumerate() {
            left = left.saturating_sub(FrameWriter::size(message, epoch));
            writer.message(message, epoch);
            if message.audience.is_direct() {
                direct = Some(message.seq);
            }
            if writer.len() >= BATCH || i + 1 == page.messages.len() {
                let next = FrameWriter::with_room(left.min(ROOM));
                batches.push_back(Batch {
                    frames: std::mem::replace(&mut writer, next).take(),
                    last: message.seq,
                    direct: direct.take(),
                });
            }
        }
        Self {
            batches,
            reached: page.reached,
            more: page.more,
            losses: page.losses,
        }
    }
}
