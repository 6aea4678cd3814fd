//! The numbers of streams that sessions have opened, so that the streams end with their session.

use std::collections::HashMap;

use parking_lot::Mutex;

use super::stream_number;

/// The numbers, by session and by the number of its key or person. The latter is 0 if the session was opened with the admin
/// token. Has hardly more entries than there are sessions.
#[derive(Debug, Default)]
pub struct SessionStreams(Mutex<HashMap<([u8; 32], u32), u32>>);

impl SessionStreams {
    /// The number of streams of a session, as long as its key or its person has the number `parent`.
    pub(super) fn number(&self, session: [u8; 32], parent: u32) -> u32 {
        let mut numbers = self.0.lock();
        let number = numbers.entry((session, parent));
        *number.or_insert_with(stream_number::next)
    }

    /// Keys or people with these numbers have ended or changed: the numbers of the streams of their sessions, which end.
    pub fn take_of(&self, parents: &[u32]) -> Vec<u32> {
        self.take(|_, parent| parents.contains(&parent))
    }

    /// The numbers of streams of sessions that are not open any more.
    pub fn take_closed(&self, is_open: impl Fn(&[u8; 32]) -> bool) -> Vec<u32> {
        self.take(|digest, _| !is_open(digest))
    }

    fn take(&self, is_over: impl Fn(&[u8; 32], u32) -> bool) -> Vec<u32> {
        let mut numbers = self.0.lock();
        let over = numbers.extract_if(|(session, parent), _| is_over(session, *parent));
        over.map(|(_, number)| number).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_end_with_their_session_and_with_its_person() {
        let streams = SessionStreams::default();
        let person = stream_number::next();
        let (one, two) = (streams.number([1; 32], person), streams.number([2; 32], 0));
        assert_eq!(streams.number([1; 32], person), one);
        assert_ne!(one, two);
        assert_eq!(streams.take_closed(|digest| digest[0] == 1), [two]);
        assert!(streams.take_closed(|_| true).is_empty());
        assert_eq!(streams.take_of(&[person]), [one]);
        let other = stream_number::next();
        assert_ne!(streams.number([1; 32], other), one);
    }
}
