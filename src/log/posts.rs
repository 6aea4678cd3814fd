//! Posts: which message is for which audience. The index that makes a replay cost what it returns.
//!
//! Posts are kept in blocks of the log, and by audience within a block. So new posts go to the few
//! pages of the newest block, whoever they are for, and old ones leave from the oldest; one index over
//! all would touch a page of its own for nearly every post. A reader pays with one look for each block
//! between its place and the head.

use rusqlite::{CachedStatement, Connection, OptionalExtension};

use super::schema::sql;
use crate::message::Seq;

/// A block is as many places as this is bits.
const BLOCK_BITS: u32 = 15;

/// Blocks without any post that are walked over one by one; a wider gap is leapt.
const WALK: u64 = 64;

/// The block of a place.
fn block(seq: Seq) -> u64 {
    seq >> BLOCK_BITS
}

/// The statement that writes posts, looked up once for a whole commit.
pub(super) struct Insert<'c>(CachedStatement<'c>);

impl<'c> Insert<'c> {
    pub fn new(conn: &'c Connection) -> rusqlite::Result<Self> {
        let insert = "INSERT INTO posts (block, audience, seq, topic) VALUES (?1, ?2, ?3, ?4)";
        conn.prepare_cached(insert).map(Self)
    }

    /// Posts a message to an audience; to that of any topic with the topic's number.
    pub fn post(&mut self, audience: i64, seq: Seq, topic: Option<i64>) -> rusqlite::Result<()> {
        self.0
            .execute((sql(block(seq)), audience, sql(seq), topic))?;
        Ok(())
    }
}

/// Takes a post away.
pub(super) fn remove(conn: &Connection, audience: i64, seq: Seq) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM posts WHERE block = ?1 AND audience = ?2 AND seq = ?3")?
        .execute((sql(block(seq)), audience, sql(seq)))?;
    Ok(())
}

/// Puts a post where deliveries do not look and the history does: at the audience's negative.
pub(super) fn end(conn: &Connection, audience: i64, seq: Seq) -> rusqlite::Result<()> {
    remove(conn, audience, seq)?;
    Insert::new(conn)?.post(-audience, seq, None)
}

/// Calls `each` with the place and topic of up to `limit` posts of an audience after a place and up to
/// another, in order, and says how many there were.
pub(super) fn after(
    conn: &Connection,
    audience: i64,
    (after, until): (Seq, Seq),
    limit: u64,
    mut each: impl FnMut(Seq, Option<i64>) -> Result<(), super::ReadError>,
) -> Result<u64, super::ReadError> {
    let mut find = conn.prepare_cached(
        "SELECT seq, topic FROM posts WHERE block = ?1 AND audience = ?2 AND seq > ?3 AND seq <= ?4
         ORDER BY seq LIMIT ?5",
    )?;
    let mut found = 0;
    let mut at = block(after + 1);
    while at <= block(until) && found < limit {
        let rest = sql(limit - found);
        let mut posts = find.query((sql(at), audience, sql(after), sql(until), rest))?;
        while let Some(post) = posts.next()? {
            found += 1;
            each(post.get(0)?, post.get(1)?)?;
        }
        at = match next_block(conn, at, block(until))? {
            Some(next) => next,
            None => break,
        };
    }
    Ok(found)
}

/// The next block in which to look.
fn next_block(conn: &Connection, at: u64, last: u64) -> rusqlite::Result<Option<u64>> {
    if last.saturating_sub(at) <= WALK {
        return Ok(Some(at + 1));
    }
    conn.prepare_cached("SELECT min(block) FROM posts WHERE block > ?1")?
        .query_row([sql(at)], |row| row.get(0))
}

/// The places of an audience before a place, newest first: at most `limit`, what has ended too.
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

/// The blocks that there are, for a query that asks for any post of an audience.
pub(super) const BLOCKS: &str = "WITH RECURSIVE blocks (block) AS (
     SELECT min(block) FROM posts
     UNION ALL SELECT (SELECT min(block) FROM posts WHERE block > blocks.block) FROM blocks
     WHERE blocks.block IS NOT NULL)";
