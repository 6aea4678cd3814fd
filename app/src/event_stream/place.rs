//! How far a page is in the log, over all the connections that its stream has had.

use crate::cursor;

/// The place of one client.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// What to go on after.
    cursor: String,
    /// The newest message that was told.
    newest: String,
    /// The last id on this connection.
    heard: String,
    /// Whether what comes is from before this connection.
    missed: bool,
}

impl Place {
    /// Everything up to here has been told before; nothing, when it is empty.
    pub(super) fn after(cursor: String) -> Self {
        Self {
            newest: cursor.clone(),
            cursor,
            ..Self::default()
        }
    }

    /// What to go on after; empty: wherever the server thinks right.
    pub(super) fn cursor(&self) -> &str {
        &self.cursor
    }

    /// Whether what comes now is from before this connection.
    pub(super) fn is_catching_up(&self) -> bool {
        self.missed
    }

    /// Another connection begins.
    pub(super) fn reopen(&mut self) {
        self.heard.clear();
        self.missed = true;
    }

    /// The server has no more from before this connection.
    pub(super) fn catch_up(&mut self) {
        self.missed = false;
    }

    /// An event came; a browser gives it the last id that there was. The answer is the id of the event
    /// itself: on one connection no two have the same.
    pub(super) fn hear(&mut self, last_id: String) -> Option<String> {
        if last_id.is_empty() || last_id == self.heard {
            return None;
        }
        self.heard.clone_from(&last_id);
        self.cursor.clone_from(&last_id);
        Some(last_id)
    }

    /// Whether a message with this id is new here.
    pub(super) fn is_new(&mut self, id: Option<&String>) -> bool {
        let Some(id) = id else { return true };
        if cursor::is_repeat(id, &self.newest) {
            return false;
        }
        self.newest.clone_from(id);
        true
    }

    /// The log is not the one that was read so far: its places may come a second time.
    pub(super) fn forget_newest(&mut self) {
        self.newest.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(place: &mut Place, last_id: &str) -> bool {
        let id = place.hear(last_id.to_owned());
        place.is_new(id.as_ref())
    }

    #[test]
    fn what_was_told_is_not_told_again() {
        let mut place = Place::after("k3-4".to_owned());
        place.reopen();
        assert!(!message(&mut place, "k3-4"));
        assert!(message(&mut place, "k3-5"));
        place.reopen();
        assert!(!message(&mut place, "k3-5"));
        assert!(message(&mut place, "k3-6"));
        assert_eq!(place.cursor(), "k3-6");
    }

    #[test]
    fn a_message_without_a_place_is_no_repeat_of_the_one_before() {
        let mut place = Place::default();
        place.reopen();
        assert!(message(&mut place, "k3-5"));
        assert!(
            message(&mut place, "k3-5"),
            "it bears the id of the one before"
        );
        assert_eq!(place.cursor(), "k3-5");
    }

    #[test]
    fn a_log_that_was_put_back_uses_its_places_again() {
        let mut place = Place::after("k3-9".to_owned());
        place.reopen();
        place.forget_newest();
        assert!(message(&mut place, "k3-7"));
        assert_eq!(place.cursor(), "k3-7");
    }

    #[test]
    fn until_it_has_caught_up_all_is_from_before() {
        let mut place = Place::default();
        place.reopen();
        assert!(place.is_catching_up());
        place.catch_up();
        assert!(!place.is_catching_up());
    }
}
