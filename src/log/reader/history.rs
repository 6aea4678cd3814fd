//! The history: messages in reverse order, including those that have expired or were recalled.

use rusqlite::Connection;

use crate::log::{
    audiences,
    codes::{EVERYONE, ended, kind, sql},
    damage::DamageRecord,
    error::ReadError,
    postings,
    reader::history_filter::{HistoryAudience, HistoryFilter},
    reader::salvage,
    rows::{self, COLUMN_COUNT, COLUMNS, Decoder, parse_list},
};
use crate::message::{Audience, Message, Seq};

/// Maximum number of rows that one page reads. If a filter matches few of them, the next page continues.
const MAX_ROWS: u64 = 20_000;

/// Maximum bytes of data that one page reads.
const MAX_BYTES: usize = 32 << 20;

/// Positions fetched by one query.
const FETCH: usize = 256;

/// Maximum number of clients named in an entry of a list.
const MAX_NAMED_CLIENTS: usize = 10;

/// Why a message is no longer delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Its time to live is over. Its data is kept until the message is pruned.
    Expired,
    /// It was recalled. Its data is deleted.
    Recalled,
    /// A newer message with the same key took its place.
    Replaced,
}

/// A message in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The message. In a list, the audience of a message to several clients contains only the first ten.
    pub message: Message,
    /// The number of its clients. None if it is for a topic or for everyone.
    pub clients: Option<u64>,
    /// Why it is no longer delivered. None if it still is.
    pub ended: Option<Ended>,
}

/// A page of the history.
#[derive(Clone, Debug, Default)]
pub struct HistoryPage {
    /// The messages, newest first.
    pub records: Vec<Record>,
    /// Continue before this position. None if this is the last page. A page can be empty and still have a next page.
    pub next: Option<Seq>,
    /// Ranges that can't be read because the file is damaged, newest first.
    pub unreadable: Vec<(Seq, Seq)>,
    /// The number of rows read.
    pub rows_read: u64,
}

impl HistoryPage {
    /// Adds a message that can't be read, and its unreadable neighbours.
    fn unreadable_message(
        &mut self,
        conn: &Connection,
        seq: Seq,
        error: &ReadError,
        damage: &DamageRecord,
    ) {
        let known = damage.range_of(seq);
        let range = known.unwrap_or_else(|| salvage::extent(conn, seq));
        self.unreadable(range, error, damage);
    }

    fn unreadable(&mut self, range: (Seq, Seq), error: &ReadError, damage: &DamageRecord) {
        damage.note_range(range, error);
        if self.unreadable.last() != Some(&range) {
            self.unreadable.push(range);
        }
    }
}

/// The newest messages before a position that match a filter.
pub(in crate::log) fn history(
    conn: &Connection,
    filter: &HistoryFilter,
    before: Seq,
    limit: usize,
    now: u64,
    damage: &DamageRecord,
) -> Result<HistoryPage, ReadError> {
    let mut page = HistoryPage::default();
    let Some(positions) = Candidates::of(conn, filter)? else {
        return Ok(page);
    };
    let mut before = match filter.until {
        Some(until) => match first_after(conn, until) {
            // The filter checks the time of each message anyway.
            Err(error) if error.is_damage() => before,
            first => before.min(first?),
        },
        None => before,
    };
    let end = match filter.since {
        // From here on, everything is older.
        Some(since) => match first_after(conn, since.saturating_sub(1)) {
            Err(error) if error.is_damage() => 0,
            first => first?,
        },
        None => 0,
    };
    let wanted = RowFilter::new(filter);
    let mut decoder = Decoder::default();
    let mut bytes = 0;
    loop {
        let (seqs, last) = positions.before(conn, before, damage, &mut page)?;
        if seqs.is_empty() && !last {
            before = page.unreadable.last().map_or(before, |range| range.0);
        }
        for seq in seqs {
            if seq < end {
                return Ok(page);
            }
            page.rows_read += 2;
            before = seq;
            let record = match record(conn, &mut decoder, seq, MAX_NAMED_CLIENTS, now) {
                Err(error) if error.is_damage() => {
                    page.unreadable_message(conn, seq, &error, damage);
                    continue;
                }
                record => record?,
            };
            let Some(record) = record else { continue };
            bytes += record.message.data.as_str().len();
            if wanted.matches(&record) {
                page.records.push(record);
            }
            if page.records.len() >= limit.max(1)
                || page.rows_read >= MAX_ROWS
                || bytes >= MAX_BYTES
            {
                page.next = Some(before);
                return Ok(page);
            }
        }
        if last {
            return Ok(page);
        }
    }
}

/// The positions that the filter has to check.
enum Candidates {
    All,
    Postings(i64),
}

impl Candidates {
    /// None if no message can match.
    fn of(conn: &Connection, filter: &HistoryFilter) -> Result<Option<Self>, ReadError> {
        let found = match &filter.audience {
            Some(HistoryAudience::Client(id)) => audiences::find(conn, kind::CLIENT, id.as_str())?,
            Some(HistoryAudience::Topic(t)) => audiences::find(conn, kind::TOPIC, t.as_str())?,
            Some(HistoryAudience::Everyone) => Some(EVERYONE),
            Some(HistoryAudience::Direct | HistoryAudience::Topics) | None => {
                return Ok(Some(Self::All));
            }
        };
        Ok(found.map(Self::Postings))
    }

    /// Positions before a position, newest first, and whether these are the last. Skips a damaged range and adds it to
    /// the page. Then the result may be empty although there are more positions.
    fn before(
        &self,
        conn: &Connection,
        before: Seq,
        damage: &DamageRecord,
        page: &mut HistoryPage,
    ) -> Result<(Vec<Seq>, bool), ReadError> {
        let mut seqs = Vec::new();
        let found = match self {
            Self::All => salvage::positions_before(conn, before, FETCH, |seq| seqs.push(seq)),
            Self::Postings(audience) => {
                seqs = postings::before(conn, *audience, before, FETCH)?;
                Ok(seqs.len())
            }
        };
        match found {
            Err(error) if error.is_damage() && seqs.is_empty() && before > 1 => {
                let previous = salvage::previous_readable(conn, before - 1);
                page.unreadable((previous + 1, before - 1), &error, damage);
                Ok((seqs, previous == 0))
            }
            Err(error) if error.is_damage() => Ok((seqs, false)),
            found => Ok((seqs, found? < FETCH)),
        }
    }
}

/// The first position after a time, by binary search.
fn first_after(conn: &Connection, time: u64) -> Result<Seq, ReadError> {
    let (mut low, mut high): (Seq, Seq) = conn.query_row(
        "SELECT coalesce(min(seq), 1), coalesce(max(seq), 0) + 1 FROM messages",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let mut find =
        conn.prepare_cached("SELECT seq, at FROM messages WHERE seq >= ?1 ORDER BY seq LIMIT 1")?;
    while low < high {
        let middle = low + (high - low) / 2;
        let (seq, at): (Seq, u64) =
            find.query_row([sql(middle)], |row| Ok((row.get(0)?, row.get(1)?)))?;
        match at > time {
            true => high = middle,
            false => low = seq + 1,
        }
    }
    Ok(low)
}

/// The conditions of the filter that are not covered by the choice of candidates.
struct RowFilter<'f> {
    filter: &'f HistoryFilter,
    text: Option<String>,
}

impl<'f> RowFilter<'f> {
    fn new(filter: &'f HistoryFilter) -> Self {
        let text = filter.text.as_ref().map(|text| text.to_lowercase());
        Self { filter, text }
    }

    fn matches(&self, record: &Record) -> bool {
        let message = &record.message;
        let audience = match &self.filter.audience {
            Some(HistoryAudience::Direct) => record.clients.is_some(),
            Some(HistoryAudience::Topics) => matches!(message.audience, Audience::Topic(_)),
            _ => true,
        };
        let contains = |text: &String| message.data.as_str().to_lowercase().contains(text);
        audience
            && self
                .filter
                .event
                .as_ref()
                .is_none_or(|event| message.event.as_ref() == Some(event))
            && self.filter.since.is_none_or(|since| message.at >= since)
            && self.filter.until.is_none_or(|until| message.at <= until)
            && self.text.as_ref().is_none_or(contains)
    }
}

/// One message, with at most `named` of its clients.
pub(in crate::log) fn record(
    conn: &Connection,
    decoder: &mut Decoder,
    seq: Seq,
    named: usize,
    now: u64,
) -> Result<Option<Record>, ReadError> {
    let mut find = conn.prepare_cached(SELECT.get_or_init(|| {
        format!("SELECT {COLUMNS}, m.audiences FROM messages m WHERE m.seq = ?1")
    }))?;
    let mut rows = find.query([sql(seq)])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let several: Option<String> = row.get(COLUMN_COUNT)?;
    let (audience, clients) = match row.get::<_, Option<i64>>(4)? {
        Some(id) => {
            let audience = decoder.audience(conn, id)?;
            let clients = matches!(audience, Audience::Client(_)).then_some(1);
            (audience, clients)
        }
        None => {
            let ids = several.as_deref().map(parse_list).unwrap_or_default();
            (names(conn, &ids, named)?, Some(ids.len() as u64))
        }
    };
    let message = decoder.record(conn, row, audience)?;
    let ended = match row.get::<_, i64>(3)? {
        ended::RECALLED => Some(Ended::Recalled),
        ended::REPLACED => Some(Ended::Replaced),
        ended::EXPIRED => Some(Ended::Expired),
        _ => message
            .expires_at
            .is_some_and(|at| at <= now)
            .then_some(Ended::Expired),
    };
    Ok(Some(Record {
        message,
        clients,
        ended,
    }))
}

static SELECT: std::sync::OnceLock<String> = std::sync::OnceLock::new();

fn names(conn: &Connection, ids: &[i64], named: usize) -> Result<Audience, ReadError> {
    let mut clients = Vec::new();
    for id in ids.iter().take(named) {
        if let Some((_, name)) = rows::name_of(conn, *id)? {
            clients.push(rows::client_id(&name)?);
        }
    }
    Ok(Audience::clients(clients))
}
