//! The openings of a log: each time that a server has opened it for writing. They distinguish a cursor of this history
//! from a cursor of a history that was rolled back: by a restored copy of the file, or by a crash that lost the newest
//! messages.
//!
//! Every opening has an ordinal and random text. An epoch names the log and one opening, and each position has the
//! epoch of the opening in which it was written. So the id of a message stays the same over restarts.
//!
//! The ordinal is the time of the opening. A cursor names only its own opening, and all other openings that its reader may
//! have read have smaller ordinals. If openings were counted, a restored copy that is opened several times would reuse the
//! numbers of openings that the reader has read.
//!
//! In a cluster, the nodes share one log, and a node that starts again reads on in the same stream. So there is one
//! opening, number 0, and all epochs are the id of the log.

use rusqlite::Connection;

use crate::log::{codes::sql, damage::DamageRecord, error::is_damage};
use crate::message::{Cursor, Epoch, Seq};

/// The minimum number of openings to keep, even if all their messages were pruned.
const MIN_KEPT: u64 = 1_000;

/// See the module documentation.
#[derive(Clone, Debug)]
pub struct Openings {
    /// The permanent id of the log.
    log: String,
    /// Sorted by ordinal and by first position. The last one is the current one.
    list: Vec<Opening>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Opening {
    ordinal: u64,
    first: Seq,
    epoch: Epoch,
}

/// The relation of the history of a cursor to the history of this log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum History {
    /// They are the same.
    Same,
    /// They are the same before this position.
    SameBefore(Seq),
    /// They are different logs.
    Other,
}

/// Reads the openings of a file.
pub(super) fn read(conn: &Connection) -> rusqlite::Result<Openings> {
    Openings::read(conn)
}

impl Openings {
    fn read(conn: &Connection) -> rusqlite::Result<Self> {
        let log = log_id(conn)?;
        let mut find =
            conn.prepare("SELECT ordinal, random, first FROM openings ORDER BY ordinal")?;
        let list = find.query_map([], |row| {
            let ordinal = row.get(0)?;
            Ok(Opening {
                ordinal,
                epoch: epoch(&log, ordinal, &row.get::<_, String>(1)?),
                first: row.get(2)?,
            })
        })?;
        let list = list.collect::<Result<_, _>>()?;
        Ok(Self { log, list })
    }

    /// The permanent id of the log.
    pub fn log_id(&self) -> &str {
        &self.log
    }

    /// The epoch of what is written now.
    pub fn current(&self) -> &Epoch {
        &self.list[self.list.len() - 1].epoch
    }

    /// The epoch of a position.
    pub fn epoch_of(&self, seq: Seq) -> &Epoch {
        let after = self.list.partition_point(|opening| opening.first <= seq);
        &self.list[after.saturating_sub(1)].epoch
    }

    /// The cursor of a position.
    pub fn cursor(&self, seq: Seq) -> Cursor {
        Cursor {
            epoch: self.epoch_of(seq).clone(),
            seq,
        }
    }

    /// How the history of a cursor with this epoch relates to this one.
    pub(super) fn compare(&self, epoch: &Epoch) -> History {
        let Some(ordinal) = ordinal_of(epoch, &self.log) else {
            return History::Other;
        };
        let at = self
            .list
            .partition_point(|opening| opening.ordinal < ordinal);
        let unseen = match self.list.get(at) {
            // The cursor has no opening, but in this log every position has one. It can't be compared.
            Some(found) if ordinal == 0 && found.ordinal > 0 => None,
            Some(found) if found.epoch == *epoch => self.list.get(at + 1),
            // The opening of the cursor is not in this log. The reader cannot have read this one, which is not older.
            Some(other) => Some(other),
            None => self.list.last(),
        };
        unseen.map_or(History::Same, |opening| History::SameBefore(opening.first))
    }
}

/// Adds an opening and reads all openings. If the table is damaged, only the new opening is known, and all cursors up to
/// the head count as cursors of this history.
pub(super) fn open(
    conn: &Connection,
    now: u64,
    first: Seq,
    damage: &DamageRecord,
) -> rusqlite::Result<Openings> {
    match add(conn, now, first).and_then(|()| Openings::read(conn)) {
        Err(error) if is_damage(&error) => {
            damage.note(&format!("the table of openings can't be read: {error}"));
            let log = log_id(conn)?;
            let opening = Opening {
                ordinal: now,
                first,
                epoch: epoch(&log, now, &random()),
            };
            let list = vec![opening];
            Ok(Openings { log, list })
        }
        openings => openings,
    }
}

/// Adds an opening at this time, in milliseconds since 1970. `first` is the first free position. Durable when this
/// returns, if commits are.
fn add(conn: &Connection, now: u64, first: Seq) -> rusqlite::Result<()> {
    let transaction = conn.unchecked_transaction()?;
    insert(&transaction, now, first)?;
    transaction.commit()
}

/// Adds an opening in the current transaction.
pub(super) fn insert(conn: &Connection, now: u64, first: Seq) -> rusqlite::Result<()> {
    let last = "SELECT coalesce(max(ordinal), 0) FROM openings";
    let last: u64 = conn.query_row(last, [], |row| row.get(0))?;
    // The next opening replaces openings without messages: it begins at the same position.
    let empty = "DELETE FROM openings WHERE first >= ?1 AND ordinal > 0";
    conn.execute(empty, [sql(first)])?;
    conn.execute(
        "INSERT INTO openings (ordinal, random, first) VALUES (?1, ?2, ?3)",
        (sql(now.max(last + 1)), random(), sql(first)),
    )?;
    Ok(())
}

fn random() -> String {
    uuid::Uuid::new_v4().simple().to_string()[..6].to_owned()
}

pub(super) fn log_id(conn: &Connection) -> rusqlite::Result<String> {
    conn.query_row("SELECT epoch FROM log", [], |row| row.get(0))
}

/// Removes openings whose messages were all pruned, except for the newest thousand: cursors outlive messages.
pub(super) fn prune(conn: &Connection, pruned: Seq) -> rusqlite::Result<()> {
    let delete = "DELETE FROM openings WHERE ordinal < (SELECT max(ordinal) FROM openings WHERE first <= ?1 + 1)
                  AND ordinal <= (SELECT ordinal FROM openings ORDER BY ordinal DESC LIMIT 1 OFFSET ?2)";
    conn.prepare_cached(delete)?
        .execute((sql(pruned), sql(MIN_KEPT)))?;
    Ok(())
}

/// The epoch of an opening: the id of the log, `o` and the ordinal in hexadecimal, `r` and the random text. Opening 0 has
/// only the id. `o` and `r` are not among the digits `0-9 a-f` of the other parts.
fn epoch(log: &str, ordinal: u64, random: &str) -> Epoch {
    match ordinal {
        0 => Epoch::of(log),
        _ => Epoch::of(&format!("{log}o{ordinal:x}r{random}")),
    }
}

/// The ordinal of the opening that an epoch names. None if the epoch belongs to another log.
fn ordinal_of(epoch: &Epoch, log: &str) -> Option<u64> {
    match epoch.as_str().strip_prefix(log)? {
        "" => Some(0),
        opening => {
            let (ordinal, _) = opening.strip_prefix('o')?.split_once('r')?;
            u64::from_str_radix(ordinal, 16).ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn openings(of: &[(u64, &str, Seq)]) -> Openings {
        let opening = |(ordinal, random, first): &(u64, &str, Seq)| Opening {
            ordinal: *ordinal,
            first: *first,
            epoch: epoch("0a", *ordinal, random),
        };
        Openings {
            log: "0a".into(),
            list: of.iter().map(opening).collect(),
        }
    }

    fn compare(openings: &Openings, text: &str) -> History {
        openings.compare(&Epoch::parse(text).expect("an epoch"))
    }

    #[test]
    fn each_position_has_the_epoch_of_its_opening() {
        let openings = openings(&[(0, "", 1), (1, "aa", 4), (7, "bb", 9)]);
        let cursor = |seq| openings.cursor(seq).to_string();
        assert_eq!([cursor(0), cursor(3)], ["0a-0", "0a-3"]);
        assert_eq!([cursor(4), cursor(8)], ["0ao1raa-4", "0ao1raa-8"]);
        assert_eq!([cursor(9), cursor(99)], ["0ao7rbb-9", "0ao7rbb-99"]);
        assert_eq!(openings.current().as_str(), "0ao7rbb");
    }

    #[test]
    fn histories_are_the_same_before_the_first_opening_that_the_reader_cannot_have_read() {
        let openings = openings(&[(1, "aa", 1), (2, "bb", 5), (4, "dd", 9)]);
        let found = [
            ("0ao4rdd", History::Same),
            ("0ao2rbb", History::SameBefore(9)),
            ("0ao1raa", History::SameBefore(5)),
            // Another opening has the ordinal.
            ("0ao4rff", History::SameBefore(9)),
            ("0ao1rff", History::SameBefore(1)),
            // It had no messages, or all of them were pruned.
            ("0ao3rcc", History::SameBefore(9)),
            // The copy was opened less often.
            ("0ao9rff", History::SameBefore(9)),
        ];
        for (text, history) in found {
            assert_eq!(compare(&openings, text), history, "{text}");
        }
    }

    #[test]
    fn cursors_from_before_there_were_openings_end_where_the_first_one_begins() {
        let upgraded = openings(&[(0, "", 1), (1, "aa", 5)]);
        assert_eq!(compare(&upgraded, "0a"), History::SameBefore(5));
        assert_eq!(compare(&openings(&[(1, "aa", 1)]), "0a"), History::Same);
    }

    #[test]
    fn other_epochs_belong_to_another_log() {
        let openings = openings(&[(1, "aa", 1)]);
        for text in ["0b", "0bo1raa", "0ax", "0ao1", "0aozraa", "0aor", "unknown"] {
            assert_eq!(compare(&openings, text), History::Other, "{text}");
        }
    }
}
