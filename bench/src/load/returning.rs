//! The listeners that come back by themselves, and when.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    time::{Duration, Instant},
};

/// Numbers of listeners, by the time at which they connect again.
#[derive(Default)]
pub struct Returning(BinaryHeap<Reverse<(Instant, usize)>>);

impl Returning {
    /// A listener comes back after this time.
    pub fn add(&mut self, number: usize, after: Duration) {
        self.0.push(Reverse((Instant::now() + after, number)));
    }

    /// A listener whose time has come.
    pub fn take_due(&mut self) -> Option<usize> {
        let Reverse((due, number)) = *self.0.peek()?;
        (due <= Instant::now()).then(|| {
            self.0.pop();
            number
        })
    }

    /// How long none is due.
    pub fn idle_time(&self) -> Option<Duration> {
        let Reverse((due, _)) = self.0.peek()?;
        Some(due.saturating_duration_since(Instant::now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_whose_time_has_come_are_taken_in_order() {
        let mut returning = Returning::default();
        assert_eq!(returning.idle_time(), None);
        returning.add(1, Duration::from_secs(3_600));
        assert_eq!(returning.take_due(), None);
        returning.add(2, Duration::ZERO);
        assert_eq!(returning.idle_time(), Some(Duration::ZERO));
        assert_eq!(returning.take_due(), Some(2));
        assert_eq!(returning.take_due(), None);
        assert!(returning.idle_time() > Some(Duration::from_secs(3_000)));
    }
}
