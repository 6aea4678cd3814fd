//! The streams of a thread, by their places.

use std::{io, mem};

use slab::Slab;

use super::stream::Stream;
use crate::{
    message::{ClientId, Seq},
    outbox::StreamKey,
    registry::slab_growth,
};

/// See the module's description.
pub struct Streams<S> {
    slots: Slab<Slot<S>>,
    /// Streams that were ever slot: the generation of the last.
    generation: u32,
}

/// A place and who has it.
pub struct Slot<S> {
    generation: u32,
    /// Whether it only watches the server, and `everyone` does not mean it.
    pub observer: bool,
    pub state: SlotState<S>,
}

/// Who has a place.
pub enum SlotState<S> {
    /// A stream.
    Stream(Stream<S>),
    /// A stream that has ended, until its peer has noticed.
    Lingering(Box<LingeringSocket<S>>),
    /// Neither, while it goes from one to the other.
    Vacant,
}

/// Closing a socket that still holds unread bytes of the peer would reset it, and what was last written
/// with it. And a peer that closed may not have had everything: then it answers by a reset.
pub struct LingeringSocket<S> {
    pub socket: S,
    /// What to tell when no reset has come.
    pub unconfirmed: Option<(ClientId, Seq)>,
}

impl<S> Default for Streams<S> {
    fn default() -> Self {
        Self {
            slots: Slab::new(),
            generation: 0,
        }
    }
}

impl<S: io::Read + io::Write> Streams<S> {
    /// Whether nobody has a place.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The place that [`Self::insert`] will give.
    pub fn next(&self) -> StreamKey {
        StreamKey {
            // Descriptors end far below.
            index: self.slots.vacant_key() as u32,
            generation: self.generation.wrapping_add(1),
        }
    }

    /// Gives a stream its place.
    pub fn insert(&mut self, stream: Stream<S>) -> StreamKey {
        let key = self.next();
        self.generation = key.generation;
        slab_growth::grow(&mut self.slots);
        self.slots.insert(Slot {
            generation: key.generation,
            observer: stream.client_id().is_none(),
            state: SlotState::Stream(stream),
        });
        key
    }

    /// What is at a place, whoever has it now.
    pub fn at(&mut self, index: u32) -> Option<(StreamKey, &mut SlotState<S>)> {
        let slot = self.slots.get_mut(index as usize)?;
        let generation = slot.generation;
        Some((StreamKey { index, generation }, &mut slot.state))
    }

    /// What is at a place, if it is still what was meant.
    pub fn get(&mut self, key: StreamKey) -> Option<&mut SlotState<S>> {
        let slot = self.slots.get_mut(key.index as usize)?;
        (slot.generation == key.generation).then_some(&mut slot.state)
    }

    /// The stream at a place, if it is still there.
    pub fn stream(&mut self, key: StreamKey) -> Option<&mut Stream<S>> {
        match self.get(key)? {
            SlotState::Stream(stream) => Some(stream),
            _ => None,
        }
    }

    /// Takes a stream out of its place, which it goes on to hold.
    pub fn take(&mut self, index: u32) -> Option<(StreamKey, Stream<S>)> {
        let (key, state) = self.at(index)?;
        match mem::replace(state, SlotState::Vacant) {
            SlotState::Stream(stream) => Some((key, stream)),
            other => {
                *state = other;
                None
            }
        }
    }

    /// Gives up a place. Its socket, if it has one, closes.
    pub fn remove(&mut self, index: u32) {
        self.slots.try_remove(index as usize);
        if self.slots.is_empty() {
            // The crowd has gone: what it took is given back.
            self.slots = Slab::new();
        }
    }

    /// Gives up the places of those whom this names.
    pub fn retain(&mut self, mut keep: impl FnMut(&SlotState<S>) -> bool) {
        self.slots.retain(|_, slot| keep(&slot.state));
    }

    /// Calls this for each stream that `everyone` context.
    pub fn each(&mut self, mut found: impl FnMut(StreamKey, &mut Stream<S>)) {
        for (index, slot) in &mut self.slots {
            let key = StreamKey {
                index: index as u32,
                generation: slot.generation,
            };
            if let SlotState::Stream(stream) = &mut slot.state
                && !slot.observer
            {
                found(key, stream);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_takes_no_more_room_than_the_documents_say() {
        assert!(size_of::<Slot<mio::net::TcpStream>>() <= 96);
    }
}
