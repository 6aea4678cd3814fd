//! Postings: which message is for which audience. The index that makes a replay cost what it returns.
//!
//! Postings are kept in blocks of the log, and by audience within a block. So new postings go to the few
//! pages of the newest block, whoever they are for, and old ones leave from the oldest; one index over
//! all would touch a page of its own for nearly every post. A reader pays with one look for each block
//! between its position and the head.

use std::{slice::ChunksExact, sync::OnceLock};

use rusqlite::{Connection, OptionalExtension};

use crate::log::codes::sql;
use crate::message::Seq;

/// A block is as many positions as this is bits.
const BLOCK_BITS: u32 = 15;

/// Postings that one run of the statement writes.
const BATCH: usize = 32;

/// Blocks without any post that are walked over one by one; a wider gap is leapt.
const WALK: u64 = 64;

/// The block of a position.
fn block(seq: Seq) -> u64 {
    seq >> BLOCK_BITS
}

/// A post on its way into the file, in the order in which the file keeps them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Posting {
    block: u64,
    audience: i64,
    seq: Seq,
    topic: Option<i64>,
}

impl Posting {
    /// Postings a message to an audience; to that of any topic with the topic's number.
    pub fn new(audience: i64, seq: Seq, topic: Option<i64>) -> Self {
        Self {
            block: block(seq),
            audience,
            seq,
            topic,
        }
    }
}

/// Writes postings: sorted first, so that those of one commit go through the pages of the file once, from
/// left to right, and not to and fro; and many with one run of a statement, which costs as much as a row.
pub(super) fn write(conn: &Connection, postings: &mut [Posting]) -> rusqlite::Result<()> {
    static INSERT: OnceLock<[String; 2]> = OnceLock::new();
    let [many, one] = INSERT.get_or_init(|| [insert(BATCH), insert(1)]);
    postings.sort_unstable();
    let chunks = postings.chunks_exact(BATCH);
    let rest = chunks.remainder().chunks_exact(1);
    run(conn, many, chunks)?;
    run(conn, one, rest)
}

fn insert(rows: usize) -> String {
    let rows = vec!["(?, ?, ?, ?)"; rows].join(", ");
    format!("INSERT INTO posts (block, audience, seq, topic) VALUES {rows}")
}

fn run(conn: &Connection, insert: &str, chunks: ChunksExact<'_, Posting>) -> rusqlite::Result<()> {
    if chunks.len() == 0 {
        return Ok(());
    }
    let mut insert = conn.prepare_cached(insert)?;
    for chunk in chunks {
        for (post, at) in chunk.iter().zip((1..).step_by(4)) {
            insert.raw_bind_parameter(at, sql(post.block))?;
            insert.raw_bind_parameter(at + 1, post.audience)?;
            insert.raw_bind_parameter(at + 2, sql(post.seq))?;
            insert.raw_bind_parameter(at + 3, post.topic)?;
        }
        insert.raw_execute()?;
    }
    Ok(())
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
    write(conn, &mut [Posting::new(-audience, seq, None)])
}

/// Calls `each` with the position and topic of up to `limit` postings of an audience after a position and up to
/// another, in order, and says how many there were.
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

/// The positions of an audience before a position, newest first: at most `limit`, what has ended too.
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
