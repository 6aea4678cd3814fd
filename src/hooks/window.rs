//! The events of one hook that are under way. Those of one client, or of one topic, are sent one after the other, in order.
//! Those of different ones are sent at the same time.

use std::{
    collections::{HashSet, VecDeque},
    time::Instant,
};

use crate::log::{EventKind, HookEvent};

/// Events that are held at most.
pub(super) const SIZE: usize = 512;

/// What has to stay in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Lane {
    Client(String),
    Topic(String),
    Kind(EventKind),
}

impl Lane {
    fn of(event: &HookEvent) -> Self {
        match (&event.client, &event.topic) {
            (Some(client), _) => Self::Client(client.clone()),
            (None, Some(topic)) => Self::Topic(topic.clone()),
            (None, None) => Self::Kind(event.kind),
        }
    }
}

/// An event that is not done, or that waits for one before it.
pub(super) struct Pending {
    pub event: HookEvent,
    /// Attempts so far.
    pub attempts: u64,
    /// How often the endpoint has refused it.
    pub refusals: u32,
    /// Successes of the hook when it was refused for the first time.
    pub successes: u64,
    lane: Lane,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting(Option<Instant>),
    Sending,
    Done,
}

/// See the module documentation.
pub(super) struct Window {
    pending: VecDeque<Pending>,
    /// Everything up to here is done.
    cursor: u64,
    /// Everything up to here was read.
    read_to: u64,
}

impl Window {
    /// Begins after an event.
    pub fn after(cursor: u64) -> Self {
        Self {
            pending: VecDeque::new(),
            cursor,
            read_to: cursor,
        }
    }

    /// Everything up to here is done.
    pub fn cursor(&self) -> u64 {
        self.cursor
    }

    /// How many more events fit, and after which one they begin.
    pub fn room(&self) -> (usize, u64) {
        (SIZE - self.pending.len(), self.read_to)
    }

    /// Adds an event, which was read after the last one. `wanted`: it is for this hook.
    pub fn read(&mut self, event: HookEvent, wanted: bool) {
        self.read_to = event.seq;
        if wanted {
            self.pending.push_back(Pending {
                attempts: 0,
                refusals: 0,
                successes: 0,
                lane: Lane::of(&event),
                state: State::Waiting(None),
                event,
            });
        }
        self.advance();
    }

    /// The next event to send now, if there is one. It counts as being sent.
    pub fn next(&mut self, now: Instant) -> Option<HookEvent> {
        let mut blocked = HashSet::new();
        for one in &mut self.pending {
            if one.state == State::Done {
                continue;
            }
            let is_due = match one.state {
                State::Waiting(due) => due.is_none_or(|due| due <= now),
                _ => false,
            };
            if is_due && !blocked.contains(&one.lane) {
                one.state = State::Sending;
                one.attempts += 1;
                return Some(one.event.clone());
            }
            blocked.insert(&one.lane);
        }
        None
    }

    /// When the next event is due that waits for a time.
    pub fn next_due(&self) -> Option<Instant> {
        let due = self.pending.iter().filter_map(|one| match one.state {
            State::Waiting(due) => due,
            _ => None,
        });
        due.min()
    }

    /// One of the events.
    pub fn get(&mut self, seq: u64) -> Option<&mut Pending> {
        let place = self.pending.binary_search_by_key(&seq, |one| one.event.seq);
        place.ok().and_then(|place| self.pending.get_mut(place))
    }

    /// An event is tried again: at this time, or as soon as possible.
    pub fn retry(&mut self, seq: u64, at: Option<Instant>) {
        if let Some(one) = self.get(seq) {
            one.state = State::Waiting(at);
        }
    }

    /// An event is done.
    pub fn done(&mut self, seq: u64) {
        if let Some(one) = self.get(seq) {
            one.state = State::Done;
        }
        self.advance();
    }

    fn advance(&mut self) {
        while let Some(first) = self.pending.front()
            && first.state == State::Done
        {
            self.cursor = first.event.seq;
            self.pending.pop_front();
        }
        if self.pending.is_empty() {
            self.cursor = self.read_to;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn event(seq: u64, client: &str) -> HookEvent {
        HookEvent {
            seq,
            at: 1,
            kind: EventKind::ClientOnline,
            client: Some(client.to_owned()),
            topic: None,
            messages: Vec::new(),
            data: "{}".to_owned(),
        }
    }

    fn window(clients: &[&str]) -> Window {
        let mut window = Window::after(10);
        for (seq, client) in (11..).zip(clients) {
            window.read(event(seq, client), *client != "-");
        }
        window
    }

    fn next(window: &mut Window, now: Instant) -> Option<u64> {
        window.next(now).map(|event| event.seq)
    }

    #[test]
    fn events_of_one_client_wait_for_each_other_and_not_for_others() {
        let now = Instant::now();
        let mut window = window(&["a", "a", "b", "a"]);
        assert_eq!(next(&mut window, now), Some(11));
        assert_eq!(next(&mut window, now), Some(13));
        assert_eq!(next(&mut window, now), None);
        window.done(13);
        assert_eq!((window.cursor(), next(&mut window, now)), (10, None));
        window.done(11);
        assert_eq!((window.cursor(), next(&mut window, now)), (11, Some(12)));
        window.done(12);
        assert_eq!((window.cursor(), next(&mut window, now)), (13, Some(14)));
        window.done(14);
        assert!(window.pending.is_empty() && window.cursor() == 14);
    }

    #[test]
    fn a_failing_event_holds_up_its_client_only_and_the_cursor() {
        let now = Instant::now();
        let later = now + Duration::from_secs(5);
        let mut window = window(&["a", "b", "a", "b"]);
        assert_eq!(next(&mut window, now), Some(11));
        window.retry(11, Some(later));
        assert_eq!(next(&mut window, now), Some(12));
        window.done(12);
        assert_eq!(next(&mut window, now), Some(14));
        window.done(14);
        assert_eq!(next(&mut window, now), None);
        assert_eq!((window.cursor(), window.next_due()), (10, Some(later)));
        assert_eq!(next(&mut window, later), Some(11));
        assert_eq!(window.get(11).map(|one| one.attempts), Some(2));
        window.done(11);
        assert_eq!((window.cursor(), next(&mut window, later)), (12, Some(13)));
    }

    #[test]
    fn events_that_the_hook_does_not_want_are_passed_over() {
        let now = Instant::now();
        let mut skipped = window(&["-", "-"]);
        assert_eq!((skipped.cursor(), next(&mut skipped, now)), (12, None));
        let mut some = window(&["a", "-", "b", "-"]);
        assert_eq!(some.room(), (SIZE - 2, 14));
        assert_eq!(
            (next(&mut some, now), next(&mut some, now)),
            (Some(11), Some(13))
        );
        some.done(13);
        assert_eq!(some.cursor(), 10);
        some.done(11);
        assert_eq!(some.cursor(), 14);
    }
}
