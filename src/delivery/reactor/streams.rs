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
    places: Slab<Held<S>>,
    /// Streams that were ever held: the generation of the last.
    generation: u32,
}

/// A place and who has it.
pub struct Held<S> {
    generation: u32,
    /// Whether it only watches the server, and `everyone` does not mean it.
    pub observer: bool,
    pub what: What<S>,
}

/// Who has a place.
pub enum What<S> {
    /// A stream.
    Stream(Stream<S>),
    /// A stream that has ended, until its peer has noticed.
    Parting(Box<Parting<S>>),
    /// Neither, while it goes from one to the other.
    Nobody,
}

/// Closing a socket that still holds unread bytes of the peer would reset it, and what was last written
/// with it. And a peer that closed may not have had everything: then it answers by a reset.
pub struct Parting<S> {
    pub socket: S,
    /// What to tell when no reset has come.
    pub farewell: Option<(ClientId, Seq)>,
}

impl<S> Default for Streams<S> {
    fn default() -> Self {
        Self {
            places: Slab::new(),
            generation: 0,
        }
    }
}

impl<S: io::Read + io::Write> Streams<S> {
    /// Whether nobody has a place.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The place that [`Self::insert`] will give.
    pub fn next(&self) -> StreamKey {
        StreamKey {
            // Descriptors end far below.
            index: self.places.vacant_key() as u32,
            generation: self.generation.wrapping_add(1),
        }
    }

    /// Gives a stream its place.
    pub fn insert(&mut self, stream: Stream<S>) -> StreamKey {
        let key = self.next();
        self.generation = key.generation;
        slab_growth::grow(&mut self.places);
        self.places.insert(Held {
            generation: key.generation,
            observer: stream.client_id().is_none(),
            what: What::Stream(stream),
        });
        key
    }

    /// What is at a place, whoever has it now.
    pub fn at(&mut self, index: u32) -> Option<(StreamKey, &mut What<S>)> {
        let held = self.places.get_mut(index as usize)?;
        let generation = held.generation;
        Some((StreamKey { index, generation }, &mut held.what))
    }

    /// What is at a place, if it is still what was meant.
    pub fn still(&mut self, key: StreamKey) -> Option<&mut What<S>> {
        let held = self.places.get_mut(key.index as usize)?;
        (held.generation == key.generation).then_some(&mut held.what)
    }

    /// The stream at a place, if it is still there.
    pub fn stream(&mut self, key: StreamKey) -> Option<&mut Stream<S>> {
        match self.still(key)? {
            What::Stream(stream) => Some(stream),
            _ => None,
        }
    }

    /// Takes a stream out of its place, which it goes on to hold.
    pub fn take(&mut self, index: u32) -> Option<(StreamKey, Stream<S>)> {
        let (key, what) = self.at(index)?;
        match mem::replace(what, What::Nobody) {
            What::Stream(stream) => Some((key, stream)),
            other => {
                *what = other;
                None
            }
        }
    }

    /// Gives up a place. Its socket, if it has one, closes.
    pub fn remove(&mut self, index: u32) {
        self.places.try_remove(index as usize);
        if self.places.is_empty() {
            // The crowd has gone: what it took is given back.
            self.places = Slab::new();
        }
    }

    /// Gives up the places of those whom this names.
    pub fn retain(&mut self, mut keep: impl FnMut(&What<S>) -> bool) {
        self.places.retain(|_, held| keep(&held.what));
    }

    /// Calls this for each stream that `everyone` means.
    pub fn each(&mut self, mut found: impl FnMut(StreamKey, &mut Stream<S>)) {
        for (index, held) in &mut self.places {
            let key = StreamKey {
                index: index as u32,
                generation: held.generation,
            };
            if let What::Stream(stream) = &mut held.what
                && !held.observer
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
        assert!(size_of::<Held<mio::net::TcpStream>>() <= 96);
    }
}
