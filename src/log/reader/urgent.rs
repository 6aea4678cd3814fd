//! Urgent messages of an inbox, which come before the others.

use rusqlite::Connection;

use crate::log::{
    audiences, codes::kind, damage::DamageRecord, error::ReadError, gap::GapCollector,
    handling_rows, reader::page::PageBuilder,
};
use crate::message::{ClientId, Message, Seq, TopicAccess};

/// Messages that are read, at most. More of them come in their order.
const MOST: usize = 256;

/// Bytes of data that are read, about.
const MOST_BYTES: usize = 1 << 20;

/// The first urgent messages to a client in a range, in order. Gaps are not reported here: the same messages are read again.
pub(in crate::log) fn read(
    conn: &Connection,
    client: &ClientId,
    range: (Seq, Seq),
    now: u64,
    damage: &DamageRecord,
) -> Result<Vec<Message>, ReadError> {
    let Some(audience) = audiences::find(conn, kind::CLIENT, client.as_str())? else {
        return Ok(Vec::new());
    };
    let seqs = handling_rows::urgent(conn, audience, range, MOST)?;
    let access = TopicAccess::default();
    let mut builder = PageBuilder::new(conn, (Some(client), &access), MOST_BYTES, now);
    builder.fill(&seqs, &mut GapCollector::new(range.0, damage))?;
    Ok(builder.messages)
}
