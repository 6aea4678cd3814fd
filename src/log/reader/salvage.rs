//! Finds the readable parts of a damaged file.
//!
//! A bad page of a table makes a range of rows unreadable: each query that touches it fails. Rows on both sides can be
//! read by a query that starts beyond the bad page. The end of the range is found with steps of doubling size, and then
//! by bisection.

use std::sync::OnceLock;

use rusqlite::Connection;

use crate::log::{
    codes::sql,
    error::ReadError,
    rows::{COLUMNS, Decoder, parse_list},
};
use crate::message::{Audience, Seq};

/// The range of messages around a position that can't be read. Only the position itself if the message can be read:
/// then something else is missing.
pub(in crate::log) fn extent(conn: &Connection, seq: Seq) -> (Seq, Seq) {
    if is_readable(conn, seq) {
        return (seq, seq);
    }
    let after = end(
        seq,
        |step| seq.checked_add(step),
        |seq| is_readable(conn, seq),
    );
    let before = end(
        seq,
        |step| seq.checked_sub(step),
        |seq| seq == 0 || is_readable(conn, seq),
    );
    (seq - before, seq + after)
}

/// How many positions after a bad one are bad too, in the direction of `at`. `at` is none beyond the last position.
fn end(seq: Seq, at: impl Fn(u64) -> Option<Seq>, is_good: impl Fn(Seq) -> bool) -> u64 {
    let is_good = |distance| at(distance).is_none_or(&is_good);
    let (mut bad, mut good) = (0, 1);
    while !is_good(good) {
        (bad, good) = (good, good.saturating_mul(2));
    }
    while good - bad > 1 {
        let middle = bad + (good - bad) / 2;
        match is_good(middle) {
            true => good = middle,
            false => bad = middle,
        }
    }
    debug_assert!(at(bad).is_some(), "{seq}");
    bad
}

/// Whether the message at a position can be read. A position without a message can.
fn is_readable(conn: &Connection, seq: Seq) -> bool {
    !read(conn, seq).is_err_and(|error| error.is_damage())
}

fn read(conn: &Connection, seq: Seq) -> Result<(), ReadError> {
    static SELECT: OnceLock<String> = OnceLock::new();
    let select =
        SELECT.get_or_init(|| format!("SELECT {COLUMNS} FROM messages m WHERE m.seq = ?1"));
    let mut find = conn.prepare_cached(select)?;
    let mut rows = find.query([sql(seq)])?;
    if let Some(row) = rows.next()? {
        let mut decoder = Decoder::default();
        if let Some(audience) = row.get(4)? {
            decoder.audience(conn, audience)?;
        }
        decoder.record(conn, row, Audience::Everyone)?;
    }
    Ok(())
}

/// Calls `each` with the position and the audiences of up to `limit` messages that have not ended, after a position and
/// up to another, in order. Returns how many there were.
pub(in crate::log) fn messages_after(
    conn: &Connection,
    (after, until): (Seq, Seq),
    limit: u64,
    mut each: impl FnMut(Seq, &[i64]),
) -> Result<u64, ReadError> {
    let mut find = conn.prepare_cached(
        "SELECT seq, audience, audiences FROM messages
         WHERE seq >= ?1 AND seq <= ?2 AND ended = 0 ORDER BY seq LIMIT ?3",
    )?;
    // From the first position that is wanted: a query that starts at the one before would touch its page.
    let mut rows = find.query((sql(after + 1), sql(until), sql(limit)))?;
    let mut found = 0;
    while let Some(row) = rows.next()? {
        found += 1;
        let audience: Option<i64> = row.get(1)?;
        let several: Option<String> = row.get(2)?;
        let several = several.as_deref().map(parse_list).unwrap_or_default();
        let audiences: Vec<i64> = audience.into_iter().chain(several).collect();
        each(row.get(0)?, &audiences);
    }
    Ok(found)
}

/// The first position after a bad one from which messages can be read in order; `until + 1` if there is none before.
pub(in crate::log) fn next_readable(conn: &Connection, bad: Seq, until: Seq) -> Seq {
    let is_good = |seq: Seq| {
        let found = messages_after(conn, (seq.saturating_sub(1), until), 1, |_, _| ());
        seq > until || !found.is_err_and(|error| error.is_damage())
    };
    bad + 1 + end(bad, |step| bad.checked_add(step), is_good)
}

/// The last position before a bad one from which messages can be read in falling order; 0 if there is none.
pub(in crate::log) fn previous_readable(conn: &Connection, bad: Seq) -> Seq {
    let is_good = |seq: Seq| {
        let found = positions_before(conn, seq + 1, 1, |_| ());
        seq == 0 || !found.is_err_and(|error| error.is_damage())
    };
    bad.saturating_sub(1 + end(bad, |step| bad.checked_sub(step), is_good))
}

/// Calls `each` with up to `limit` positions before a position, newest first. Returns how many there were.
pub(in crate::log) fn positions_before(
    conn: &Connection,
    before: Seq,
    limit: usize,
    mut each: impl FnMut(Seq),
) -> Result<usize, ReadError> {
    let mut find =
        conn.prepare_cached("SELECT seq FROM messages WHERE seq <= ?1 ORDER BY seq DESC LIMIT ?2")?;
    let mut rows = find.query((sql(before.saturating_sub(1)), limit))?;
    let mut found = 0;
    while let Some(row) = rows.next()? {
        found += 1;
        each(row.get(0)?);
    }
    Ok(found)
}
