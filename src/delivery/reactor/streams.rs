//! The streams of a thread in a slab with generations.

use std::{io, mem};

use slab::Slab;

use super::stream::Stream;
use crate::{
    message::{ClientId, Seq},
    outbox::StreamKey,
    registry::slab_growth,
};

/// See the module documentation.
pub struct Streams<S> {
    slots: Slab<Slot<S>>,
    /// The generation of the newest stream.
    generation: u32,
}

/// A slot of the slab.
pub struct Slot<S> {
    generation: u32,
    /// Whether it is an observer, which `everyone` does not include.
    pub observer: bool,
    pub state: SlotState<S>,
}

/// What is in a slot.
pub enum SlotState<S> {
    /// A stream.
    Stream(Stream<S>),
    /// The socket of a closed stream, until its peer has noticed.
    Lingering(Box<LingeringSocket<S>>),
    /// Neither, between the two.
    Vacant,
}

/// The socket of a closed stream. Closing it at once could reset the connection if the peer has sent bytes, and the
/// last event would be lost. And if the peer closed before it had read everything, a reset follows, which has to be
/// seen.
pub struct LingeringSocket<S> {
    pub socket: S,
    /// The direct message to confirm if no reset comes.
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
    /// Whether no slot is used.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The key that the next [`Self::insert`] returns.
    pub fn next(&self) -> StreamKey {
        StreamKey {
            // There are far fewer file descriptors.
            index: self.slots.vacant_key() as u32,
            generation: self.generation.wrapping_add(1),
        }
    }

    /// Adds a stream.
    pub fn insert(&mut self, stream: Stream<S>) -> StreamKey {
        let key = self.next();
        self.generation = key.generation;
        slab_growth::grow(&mut self.slots);
        self.slots.insert(Slot {
            generation: key.generation,
            observer: stream.is_observer(),
            state: SlotState::Stream(stream),
        });
        key
    }

    /// The content of a slot, with the key of its present stream.
    pub fn at(&mut self, index: u32) -> Option<(StreamKey, &mut SlotState<S>)> {
        let slot = self.slots.get_mut(index as usize)?;
        let generation = slot.generation;
        Some((StreamKey { index, generation }, &mut slot.state))
    }

    /// The content of a slot, if the generation is still the same.
    pub fn get(&mut self, key: StreamKey) -> Option<&mut SlotState<S>> {
        let slot = self.slots.get_mut(key.index as usize)?;
        (slot.generation == key.generation).then_some(&mut slot.state)
    }

    /// The stream with this key, if it is open.
    pub fn stream(&mut self, key: StreamKey) -> Option<&mut Stream<S>> {
        match self.get(key)? {
            SlotState::Stream(stream) => Some(stream),
            _ => None,
        }
    }

    /// Takes a stream out of its slot, which stays reserved.
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

    /// Frees a slot. Its socket, if it has one, is closed.
    pub fn remove(&mut self, index: u32) {
        self.slots.try_remove(index as usize);
        if self.slots.is_empty() {
            // Release the memory after the last stream.
            self.slots = Slab::new();
        }
    }

    /// Frees the slots for which this returns false.
    pub fn retain(&mut self, mut keep: impl FnMut(&SlotState<S>) -> bool) {
        self.slots.retain(|_, slot| keep(&slot.state));
    }

    /// Calls `found` for each stream that is not an observer.
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
    use crate::delivery::reactor::stream_socket::StreamSocket;

    #[test]
    fn a_stream_has_at_most_the_documented_size() {
        assert!(size_of::<Slot<StreamSocket>>() <= 96);
    }
}
