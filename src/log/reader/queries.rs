//! The queries of the log: replay, inboxes, receipts, history and statistics.
//!
//! All of them block while they read the file. Call them only where blocking is allowed.

use std::{fs, sync::atomic::Ordering};

use rusqlite::Connection;

use crate::log::{
    AppendError, ClientPage, ClientPosition, Damage, HistoryFilter, HistoryPage, KnownClient, Log,
    Page, PageLimit, ReadError, Record, Subscriptions, Work,
    change::{Change, ClearedInbox},
    clients, position_rows,
    positions::DeliveryCounts,
    postings,
    reader::history,
    reader::recalled,
    reader::replay,
    reader::urgent,
    receipts,
    rows::Decoder,
    update_rows,
};
use crate::message::{ClientId, Message, Receipt, Receipts, Seq, UpdateId};

/// Statistics of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// The number of messages, including those that have ended and are kept for the history.
    pub messages: u64,
    /// The size of the files in bytes.
    pub bytes: u64,
    /// When the oldest message was accepted, in milliseconds since 1970.
    pub oldest_at: Option<u64>,
    /// When the newest message was accepted, in milliseconds since 1970.
    pub newest_at: Option<u64>,
    /// Messages in the queue of the writer.
    pub queued: u64,
    /// What the writer has done since the log was opened.
    pub work: Work,
}

impl Log {
    /// The messages of these subscriptions after a position, in order, each once, up to `until` or the head. Expired
    /// and recalled messages are skipped.
    pub fn read(
        &self,
        subscriptions: &Subscriptions,
        after: Seq,
        until: Option<Seq>,
        limit: PageLimit,
    ) -> Result<Page, ReadError> {
        // The head is read first, so the transaction contains everything up to it.
        let head = self.head();
        let until = until.map_or(head, |until| until.min(head));
        let now = self.shared.clock.now();
        let damage = &self.shared.damage;
        let range = (after, until);
        let page = self.query(|conn| replay::read(conn, subscriptions, range, limit, now, damage));
        match page {
            // Nothing can be read. The reader gets a gap and continues after it. Otherwise it would retry for ever.
            Err(error) if error.is_damage() && after < until => {
                Ok(Page::unreadable((after, until)))
            }
            page => page,
        }
    }

    /// Whether there may be urgent messages to clients. It does not read the file.
    pub fn has_urgent(&self) -> bool {
        self.shared.has_urgent.load(Ordering::Acquire)
    }

    /// The first urgent messages to a client in a range, in order. Not all, if there are many.
    pub fn urgent(&self, client: &ClientId, range: (Seq, Seq)) -> Result<Vec<Message>, ReadError> {
        let (now, damage) = (self.shared.clock.now(), &self.shared.damage);
        let found = self.query(|conn| urgent::read(conn, client, range, now, damage));
        match found {
            // They are read again, in their order.
            Err(error) if error.is_damage() => {
                damage.note(&error);
                Ok(Vec::new())
            }
            found => found,
        }
    }

    /// Whether a message was recalled while this position was the head, or later.
    pub fn has_recalls_since(&self, seq: Seq) -> bool {
        seq > 0 && self.shared.recalled_at.load(Ordering::Acquire) >= seq
    }

    /// Messages of these subscriptions up to a position that were recalled when it was the head, or later; oldest
    /// first. At most ten thousand, the newest recalls.
    pub fn recalls_since(
        &self,
        subscriptions: &Subscriptions,
        seq: Seq,
    ) -> Result<Vec<Seq>, ReadError> {
        if !self.has_recalls_since(seq) {
            return Ok(Vec::new());
        }
        match self.query(|conn| recalled::since(conn, subscriptions, seq)) {
            // The messages matter more: they are read on.
            Err(error) if error.is_damage() => {
                self.shared.damage.note(&error);
                Ok(Vec::new())
            }
            recalled => recalled,
        }
    }

    /// The position of the first update that is kept with an id of its publisher. None if there is none.
    pub fn update_position(&self, id: &UpdateId) -> Result<Option<Seq>, ReadError> {
        self.query(|conn| Ok(update_rows::position_of(conn, id)?))
    }

    /// The damage found since the log was opened. None if there is none.
    pub fn damage(&self) -> Option<Damage> {
        self.shared.damage.get()
    }

    /// The position of a client in its direct messages. Zero if it has received none.
    pub fn client_position(&self, client: &ClientId) -> Result<ClientPosition, ReadError> {
        // The pending update is read first: if it is written meanwhile, the file has it.
        let mut position = self.shared.positions.pending_position(client);
        let written = self.query(|conn| Ok(position_rows::written(conn, client)?))?;
        position.merge(written.map(|(_, position)| position).unwrap_or_default());
        Ok(position)
    }

    /// The position after which the inbox of a client begins, for `since=unread`. If it can't be read, the start of the
    /// log: a duplicate is better than a lost message.
    pub fn inbox_position(&self, client: &ClientId) -> Result<Seq, ReadError> {
        match self.client_position(client) {
            Err(error) if error.is_damage() => Ok(self
                .shared
                .positions
                .pending_position(client)
                .unread_after()),
            position => Ok(position?.unread_after()),
        }
    }

    /// The number of direct messages that a client has not received, counted up to `limit`.
    pub fn unread_count(&self, client: &ClientId, limit: u64) -> Result<u64, ReadError> {
        let pending_position = self.shared.positions.pending_position(client);
        self.query(|conn| {
            let Some((audience, mut position)) = position_rows::written(conn, client)? else {
                return Ok(0);
            };
            position.merge(pending_position);
            let unread = (position.unread_after(), self.head());
            postings::after(conn, audience, unread, limit, |_, _| Ok(()))
        })
    }

    /// Whether a client has direct messages up to a position that it has not received, as far as the file knows.
    pub fn has_unread(&self, client: &ClientId, until: Seq) -> Result<bool, ReadError> {
        self.query(|conn| {
            let Some((audience, position)) = position_rows::written(conn, client)? else {
                return Ok(false);
            };
            let unread = (position.unread_after(), until);
            Ok(postings::after(conn, audience, unread, 1, |_, _| Ok(()))? > 0)
        })
    }

    /// Ends a thousand of the direct messages up to a position that a client has not received: for this client they expire.
    /// Positions that are not in the file do not count, so have them written first. It is durable when this returns.
    pub async fn clear_inbox(&self, client: ClientId, until: Seq) -> Result<(), AppendError> {
        self.change(Change::ClearInbox(ClearedInbox { client, until }))
            .await
    }

    /// Records that all messages for this client up to a position were written completely to one of its connections.
    /// Call it after direct messages, not after each ping. It is written to the file within a second.
    pub fn note_sent(&self, client: &ClientId, seq: Seq) {
        let sent = seq.min(self.head());
        self.shared
            .positions
            .note(client, ClientPosition { sent, acked: 0 });
    }

    /// Records that a client has acknowledged everything up to a position.
    pub fn note_acked(&self, client: &ClientId, seq: Seq) {
        let acked = seq.min(self.head());
        self.shared
            .positions
            .note(client, ClientPosition { sent: 0, acked });
    }

    /// Records that a client is connected, or why one of its connections has just ended.
    pub fn note_seen(&self, client: &ClientId, reason: Option<&str>) {
        let now = self.shared.clock.now();
        self.shared.positions.note_seen(client, now, reason);
        if reason.is_some() && self.shared.replica.is_some() {
            // It may connect to another node next, which has to know what it has.
            self.shared.positions.hurry();
        }
    }

    /// The time of the log in milliseconds since 1970. In a cluster it is that of the stream.
    pub fn now(&self) -> u64 {
        self.shared.clock.now()
    }

    /// Records that a message to a topic or to everyone was written completely to this many more connections.
    pub fn note_delivered(&self, seq: Seq, connections: u64) {
        let counts = DeliveryCounts {
            connections: 0,
            delivered: connections,
        };
        self.shared
            .positions
            .record_deliveries(std::iter::once((seq, counts)));
    }

    /// The known clients whose ids contain `text` and that `sees` accepts, sorted by id.
    pub fn clients(
        &self,
        text: &str,
        after: Option<&ClientId>,
        limit: usize,
        sees: &dyn Fn(&ClientId) -> bool,
    ) -> Result<ClientPage, ReadError> {
        let range = (after, limit);
        self.query(|conn| clients::clients(conn, &self.shared.positions, text, range, sees))
    }

    /// Up to `limit` known clients whose ids contain a text, without the first `offset`, sorted by id; and their total
    /// number. With `sees`, only of clients that it accepts. Blocks. The cost grows with the number of all known clients.
    pub fn client_window(
        &self,
        text: &str,
        range: (u64, u64),
        sees: Option<&dyn Fn(&ClientId) -> bool>,
    ) -> Result<(Vec<KnownClient>, u64), ReadError> {
        let positions = &self.shared.positions;
        self.query(|conn| match sees {
            None => clients::window(conn, positions, text, range),
            Some(sees) => clients::visible_window(conn, positions, text, range, sees),
        })
    }

    /// One client. None if the log does not know it.
    pub fn client(&self, id: &ClientId) -> Result<Option<KnownClient>, ReadError> {
        self.query(|conn| clients::client(conn, &self.shared.positions, id))
    }

    /// The receipt counts of a message. None if there is no such message.
    pub fn receipts(&self, seq: Seq) -> Result<Option<Receipts>, ReadError> {
        let now = self.shared.clock.now();
        self.query(|conn| receipts::receipts(conn, &self.shared.positions, seq, now))
    }

    /// The receipt of a message for one client. None if it is not for this client by name.
    pub fn receipt_of(&self, seq: Seq, client: &ClientId) -> Result<Option<Receipt>, ReadError> {
        let now = self.shared.clock.now();
        self.query(|conn| receipts::receipt_of(conn, &self.shared.positions, (seq, client), now))
    }

    /// The receipts of a message for each client: `limit` of them without the first `skip`. Empty for a message to a
    /// topic or to everyone. None if there is no such message.
    pub fn recipients(
        &self,
        seq: Seq,
        skip: usize,
        limit: usize,
    ) -> Result<Option<Vec<(ClientId, Receipt)>>, ReadError> {
        let now = self.shared.clock.now();
        let page = (skip, limit);
        self.query(|conn| receipts::recipients(conn, &self.shared.positions, seq, page, now))
    }

    /// One message with its complete audience, even if it has ended.
    pub fn message(&self, seq: Seq) -> Result<Option<Record>, ReadError> {
        let now = self.shared.clock.now();
        self.query(|conn| history::record(conn, &mut Decoder::default(), seq, usize::MAX, now))
    }

    /// The messages that match, newest first, before a position or from the newest on.
    pub fn history(
        &self,
        filter: &HistoryFilter,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<HistoryPage, ReadError> {
        let now = self.shared.clock.now();
        let before = before.unwrap_or_else(|| self.head() + 1);
        let damage = &self.shared.damage;
        self.query(|conn| history::history(conn, filter, before, limit, now, damage))
    }

    /// Statistics of the log.
    pub fn stats(&self) -> Result<Stats, ReadError> {
        let end = |order: &str| {
            let text = format!("SELECT seq, at FROM messages ORDER BY seq {order} LIMIT 1");
            self.query(|conn| {
                let mut find = conn.prepare_cached(&text)?;
                let mut rows = find.query([])?;
                Ok(match rows.next()? {
                    Some(row) => Some((row.get::<_, Seq>(0)?, row.get::<_, u64>(1)?)),
                    None => None,
                })
            })
        };
        let end = |order| match end(order) {
            Err(error) if error.is_damage() => Ok(None),
            end => end,
        };
        let (oldest, newest) = (end("ASC")?, end("DESC")?);
        let path = self.shared.path.display();
        let size = |suffix| fs::metadata(format!("{path}{suffix}")).map_or(0, |file| file.len());
        Ok(Stats {
            messages: self.shared.messages.load(Ordering::Relaxed),
            bytes: size("") + size("-wal"),
            oldest_at: oldest.map(|(_, at)| at),
            newest_at: newest.map(|(_, at)| at),
            queued: self.shared.queue.len() as u64,
            work: self.shared.counters.work(),
        })
    }

    pub(in crate::log) fn query<T>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let answer = self.shared.readers.read(question);
        if let Err(error) = &answer
            && error.is_damage()
        {
            self.shared.damage.note(error);
        }
        answer
    }
}
