//! The streams of a connection by their numbers, and what is known of those that have ended (RFC 9113, section 5.1).

use std::collections::VecDeque;

use super::stream::Stream;

/// Ended streams that are remembered.
const REMEMBERED: usize = 32;

/// See the module documentation.
#[derive(Default)]
pub struct OpenStreams {
    /// In the order of their numbers, which is the order in which they were opened.
    #[expect(
        clippy::vec_box,
        reason = "the list has room for more streams than there are"
    )]
    streams: Vec<Box<Stream>>,
    /// The newest number that the peer has used.
    last: u32,
    ended: VecDeque<(u32, Ended)>,
}

/// How a stream that is not open has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was reset here. The peer may not know it yet.
    Here,
    /// Both sides know it.
    Known,
}

/// A number of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It is open.
    Open,
    /// It was not used yet.
    Idle,
    /// It has ended, or was left out by the peer; how, if it is remembered.
    Past(Option<Ended>),
}

impl OpenStreams {
    /// The newest number that was used.
    pub fn last(&self) -> u32 {
        self.last
    }

    /// How many are open.
    pub fn len(&self) -> usize {
        self.streams.len()
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    /// What this number is.
    pub fn place(&self, id: u32) -> Place {
        if id > self.last {
            return Place::Idle;
        }
        if self.index(id).is_ok() {
            return Place::Open;
        }
        let known = self.ended.iter().find(|(known, _)| *known == id);
        Place::Past(known.map(|(_, ended)| *ended))
    }

    /// The peer uses a new number.
    pub fn use_number(&mut self, id: u32) {
        self.last = id;
    }

    /// Adds a stream with the newest number.
    pub fn push(&mut self, stream: Box<Stream>) {
        // Most connections have few streams.
        if self.streams.len() == self.streams.capacity() {
            self.streams.reserve_exact((self.streams.len() / 2).max(1));
        }
        self.streams.push(stream);
    }

    /// The stream with this number, if it is open.
    pub fn get(&mut self, id: u32) -> Option<&mut Stream> {
        let index = self.index(id).ok()?;
        Some(&mut self.streams[index])
    }

    /// All open streams.
    pub fn iter(&mut self) -> impl Iterator<Item = &mut Stream> {
        self.streams.iter_mut().map(Box::as_mut)
    }

    /// Removes a stream that has ended.
    pub fn remove(&mut self, id: u32, ended: Ended) -> Option<Box<Stream>> {
        let index = self.index(id).ok()?;
        self.remember(id, ended);
        Some(self.streams.remove(index))
    }

    /// A number was used for a stream that was never open.
    pub fn remember(&mut self, id: u32, ended: Ended) {
        if self.ended.len() == REMEMBERED {
            self.ended.pop_front();
        }
        self.ended.push_back((id, ended));
    }

    /// Removes all streams.
    pub fn clear(&mut self) {
        self.streams.clear();
    }

    fn index(&self, id: u32) -> Result<usize, usize> {
        self.streams.binary_search_by_key(&id, |stream| stream.id)
    }
}
