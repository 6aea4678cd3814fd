//! Appends messages that are not treated as usual.

use std::sync::Arc;

use crate::log::{
    codes::{EVERYONE, ended},
    entry::Entry,
    error::StoreError,
    handling_rows::{self, Scope},
    kept_size::KeptSize,
    positions::ClientPosition,
    retention::message_row::MessageRow,
    state_rows,
    writer::append_statements::Appended,
    writer::apply::Applied,
    writer::store::Store,
};
use crate::message::{Audience, ClientId, Handling, Message, Replaced, Urgency};

impl Store {
    /// Appends entries in order, whatever they are. Returns what became of each.
    pub(super) fn append_all(
        &mut self,
        entries: &[Entry],
        at: u64,
        applied: &mut Applied,
    ) -> Result<Vec<Appended>, StoreError> {
        let mut outcomes = Vec::with_capacity(entries.len());
        let usual = |entry: &Entry| entry.draft.handling.is_none();
        for run in entries.chunk_by(|one, next| usual(one) && usual(next)) {
            match run {
                [entry] if !usual(entry) => outcomes.push(self.append_handled(entry, at, applied)?),
                run => outcomes.extend(self.append_run(run.iter(), at, applied)?),
            }
        }
        Ok(outcomes)
    }

    /// Appends an entry that is not treated as usual. The rows of all changes before it must be in the file.
    pub(super) fn append_handled(
        &mut self,
        entry: &Entry,
        at: u64,
        applied: &mut Applied,
    ) -> Result<Appended, StoreError> {
        if let Some(most) = self.has_no_room_for_state(entry)? {
            return Ok(Appended::StatesFull(most));
        }
        let mut appended = self.append_run(std::iter::once(entry), at, applied)?;
        let (message, job, handling) = match (appended.pop(), &entry.draft.handling) {
            (Some(Appended::New(message, job)), Some(handling)) => (message, job, handling),
            (Some(other), _) => return Ok(other),
            (None, _) => unreachable!("each entry has an outcome"),
        };
        let (audience, several) = self.numbers(&message.audience)?;
        let scope = Scope::new(audience, &several);
        let mut handling = Handling::clone(handling);
        handling.replaces = self.replace(&handling, &scope, (&entry.replacing, at))?;
        handling_rows::insert(&self.conn, message.seq, &handling, &scope)?;
        if handling.urgency == Urgency::High && message.audience.is_direct() {
            applied.has_urgent = true;
            for id in audience.iter().chain(&several) {
                handling_rows::note_urgent(&self.conn, *id, message.seq)?;
            }
        }
        if handling.is_state
            && let Audience::Topic(topic) = &message.audience
        {
            state_rows::put(&self.conn, topic, &message, &mut self.states)?;
            applied.has_states = true;
        }
        let message = Arc::new(Message {
            handling: Some(Arc::new(handling)),
            ..Message::clone(&message)
        });
        if let Some(last) = applied.messages.last_mut() {
            *last = Arc::clone(&message);
        }
        Ok(Appended::New(message, job))
    }

    /// How many states may be, if an entry sets one and there is no room for it.
    pub(super) fn has_no_room_for_state(
        &self,
        entry: &Entry,
    ) -> Result<Option<KeptSize>, StoreError> {
        let handling = entry.draft.handling.as_deref();
        let (true, Some(most), Audience::Topic(topic)) = (
            handling.is_some_and(|handling| handling.is_state),
            entry.most_states,
            &entry.draft.audience,
        ) else {
            return Ok(None);
        };
        let sizes = (self.states, most);
        let has_room = state_rows::has_room(&self.conn, topic, &entry.draft.data, sizes)?;
        Ok((!has_room).then_some(most))
    }

    /// Ends the message whose place a new one takes at a time. `positions`: those of its clients that are not in the file.
    fn replace(
        &mut self,
        handling: &Handling,
        scope: &Scope,
        (positions, at): (&[(ClientId, ClientPosition)], u64),
    ) -> Result<Option<Replaced>, StoreError> {
        let Some(key) = &handling.replace else {
            return Ok(None);
        };
        let Some((last, first)) = handling_rows::newest(&self.conn, scope, key)? else {
            return Ok(None);
        };
        let found = self.rows_at(&[last])?;
        // One whose time is over is lost for who does not have it, and is told as such.
        let waits = |row: &&MessageRow| {
            row.ended == ended::NOT && row.expires_at.is_none_or(|end| end > at)
        };
        if let Some(message) = found.first().filter(waits) {
            let pending = self.known_positions(positions)?;
            self.end(message, ended::REPLACED, &pending)?;
        }
        Ok(Some(Replaced { first, last }))
    }

    /// The number of a single audience, or those of several clients.
    fn numbers(&mut self, audience: &Audience) -> rusqlite::Result<(Option<i64>, Vec<i64>)> {
        let (conn, names) = (&self.conn, &mut self.audiences);
        Ok(match audience {
            Audience::Everyone => (Some(EVERYONE), Vec::new()),
            Audience::Client(id) => (Some(names.client(conn, id)?), Vec::new()),
            Audience::Topic(topic) => (Some(names.topic(conn, topic)?), Vec::new()),
            Audience::Clients(ids) => {
                let ids = ids.iter().map(|id| names.client(conn, id));
                (None, ids.collect::<Result<_, _>>()?)
            }
        })
    }
}
