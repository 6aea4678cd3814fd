//! Postings: which message is for which audience. With this index the cost of a replay depends on what it returns.
//!
//! Postings are grouped into blocks of positions, and by audience within a block. So new postings go to the few pages
//! of the newest block, whatever their audience is, and pruning removes them from the oldest. In a single index over
//! all audiences, nearly every posting would touch a page of its own. A reader pays with one lookup for each block
//! between its position and the head.

use std::sync::OnceLock;

use rusqlite::{Connection, OptionalExtension};

use crate::log::{
    bulk_insert::BulkInsert,
    codes::{ANY_TOPIC, sql},
};
use crate::message::Seq;

/// A block has `1 << BLOCK_BITS` positions.
const BLOCK_BITS: u32 = 15;

/// Empty blocks are skipped one by one up to this number. Then the next block is searched in the index.
const MAX_STEPS: u64 = 64;

/// The block of a position.
fn block(seq: Seq) -> u64 {
    seq >> BLOCK_BITS
}

/// A posting to be written. Its order is that of the primary key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Posting {
    block: u64,
    audience: i64,
    seq: Seq,
    topic: Option<i64>,
}

impl Posting {
    /// A posting of a message for an audience.
    pub fn new(audience: i64, seq: Seq) -> Self {
        Self {
            block: block(seq),
            audience,
            seq,
            topic: None,
        }
    }

    /// The posting of a message for [`ANY_TOPIC`], with the audience of its topic. It is negative if the message has alternate
    /// topics, too: there is one such posting for each message.
    pub fn of_any_topic(seq: Seq, topic: i64, has_alternates: bool) -> Self {
        Self {
            topic: Some(if has_alternates { -topic } else { topic }),
            ..Self::new(ANY_TOPIC, seq)
        }
    }
}

/// Writes postings. They are sorted first, so that a commit goes through the pages of the file once, in order.
pub(super) fn write(conn: &Connection, postings: &mut [Posting]) -> rusqlite::Result<()> {
    static INSERT: OnceLock<BulkInsert> = OnceLock::new();
    let insert =
        INSERT.get_or_init(|| BulkInsert::into("posts", &["block", "audience", "seq", "topic"]));
    postings.sort_unstable();
    insert.write(conn, postings, |insert, at, post| {
        insert.raw_bind_parameter(at, sql(post.block))?;
        insert.raw_bind_parameter(at + 1, post.audience)?;
        insert.raw_bind_parameter(at + 2, sql(post.seq))?;
        insert.raw_bind_parameter(at + 3, post.topic)
    })?;
    Ok(())
}

/// Deletes a posting.
pub(super) fn remove(conn: &Connection, audience: i64, seq: Seq) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM posts WHERE block = ?1 AND audience = ?2 AND seq = ?3")?
        .execute((sql(block(seq)), audience, sql(seq)))?;
    Ok(())
}

/// Moves a posting to the negative number of the audience, where the history looks, but delivery does not.
pub(super) fn end(conn: &Connection, audience: i64, seq: Seq) -> rusqlite::Result<()> {
    remove(conn, audience, seq)?;
    write(conn, &mut [Posting::new(-audience, seq)])
}

/// Calls `each` with the position and topic of up to `limit` postings of an audience after a position and up to
/// another, in order. Returns their number.
pub(super) fn after(
    conn: &Connection,
    audience: i64,
    (after, until): (Seq, Seq),
    limit: u64,
    mut each: impl FnMut(Seq, Option<i64>) -> Result<(), crate::log::ReadError>,
) -> Result<u64, crate::log::ReadError> {
    let mut find = conn.prepare_cached(
        "SELECT seq, topic FROM posts WHERE block = ?1 AND audience = ?2 AND seq > ?3 AND seq <= ?4
         ORDER BY seq LIMIT ?5",
    )?;
    let mut found = 0;
    let mut at = block(after + 1);
    while at <= block(until) && found < limit {
        let rest = sql(limit - found);
        let mut rows = find.query((sql(at), audience, sql(after), sql(until), rest))?;
        while let Some(row) = rows.next()? {
            found += 1;
            each(row.get(0)?, row.get(1)?)?;
        }
        at = match next_block(conn, at, block(until))? {
            Some(next) => next,
            None => break,
        };
    }
    Ok(found)
}

/// The next block that has postings.
fn next_block(conn: &Connection, at: u64, last: u64) -> rusqlite::Result<Option<u64>> {
    if last.saturating_sub(at) <= MAX_STEPS {
        return Ok(Some(at + 1));
    }
    conn.prepare_cached("SELECT min(block) FROM posts WHERE block > ?1")?
        .query_row([sql(at)], |row| row.get(0))
}

/// The positions of an audience before a position, newest first: at most `limit`, including messages that have ended.
pub(super) fn before(
    conn: &Connection,
    audience: i64,
    before: Seq,
    limit: usize,
) -> rusqlite::Result<Vec<Seq>> {
    let mut find = conn.prepare_cached(
        "SELECT seq FROM (SELECT seq FROM posts WHERE block = ?1 AND audience = ?3 AND seq < ?2
                          ORDER BY seq DESC LIMIT ?4)
         UNION ALL
         SELECT seq FROM (SELECT seq FROM posts WHERE block = ?1 AND audience = -?3 AND seq < ?2
                          ORDER BY seq DESC LIMIT ?4)
         ORDER BY seq DESC LIMIT ?4",
    )?;
    let mut seqs: Vec<Seq> = Vec::new();
    let mut at = Some(block(before.saturating_sub(1)));
    while let Some(block) = at.filter(|_| seqs.len() < limit) {
        let rest = limit - seqs.len();
        let rows = find.query_map((sql(block), sql(before), audience, rest), |row| row.get(0))?;
        for seq in rows {
            seqs.push(seq?);
        }
        at = conn
            .prepare_cached("SELECT max(block) FROM posts WHERE block < ?1")?
            .query_row([sql(block)], |row| row.get(0))
            .optional()?
            .flatten();
    }
    Ok(seqs)
}

/// A subquery for all existing blocks, for queries that look for any posting of an audience.
pub(super) const BLOCKS: &str = "WITH RECURSIVE blocks (block) AS (
     SELECT min(block) FROM posts
     UNION ALL SELECT (SELECT min(block) FROM posts WHERE block > blocks.block) FROM blocks
     WHERE blocks.block IS NOT NULL)";
