//! `kill -9` at random moments.

use std::collections::HashSet;

use tidings::log::Durability;

use crate::child::{self, Part, Said};

fn killed_in_a_loop(durability: Durability) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut acked: Vec<(u64, String)> = Vec::new();
    for round in 0..6 {
        let mut child = child::start(Part::Load, folder.path(), durability, &[]);
        let mut said = child::said(&mut child);
        // After a number of answers, not a time, so that others are in progress.
        for word in said.by_ref().take(40 + 60 * round) {
            if let Said::Acked(seq, text) = word {
                acked.push((seq, format!("{round}:{text}")));
            }
        }
        child.kill().expect("killed");
        for word in said {
            if let Said::Acked(seq, text) = word {
                acked.push((seq, format!("{round}:{text}")));
            }
        }
        child.wait().expect("gone");
        let there = child::everything(folder.path());
        assert!(
            there.is_sorted_by(|a, b| a.0 < b.0),
            "in order and each position once"
        );
        for (seq, text) in &acked {
            let found = there.binary_search_by_key(seq, |(seq, ..)| *seq);
            let found = found.unwrap_or_else(|_| panic!("{seq} was acked and is lost"));
            assert!(
                text.ends_with(&format!(":{}", there[found].1)),
                "{seq} is another message"
            );
        }
        let positions: HashSet<u64> = acked.iter().map(|(seq, _)| *seq).collect();
        assert_eq!(positions.len(), acked.len(), "no position was given twice");
    }
    assert!(acked.len() > 500, "{}", acked.len());
}

#[test]
fn acknowledged_messages_survive_kills_in_order_and_once() {
    killed_in_a_loop(Durability::Fsync);
}

#[test]
fn without_fsync_they_survive_kills_of_the_process_too() {
    killed_in_a_loop(Durability::Os);
}

/// The files of a log that was killed after 20 messages: the database and its write-ahead log.
fn killed_files() -> (Vec<u8>, Vec<u8>) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = child::start(Part::Load, folder.path(), Durability::Fsync, &[]);
    let acked = child::said(&mut child).take(20).count();
    assert_eq!(acked, 20);
    child.kill().expect("killed");
    child.wait().expect("gone");
    let read = |name: &str| std::fs::read(folder.path().join(name)).expect("bytes");
    (read("tidings.sqlite3"), read("tidings.sqlite3-wal"))
}

fn opened(database: &[u8], tail: &[u8]) -> usize {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("tidings.sqlite3"), database).expect("written");
    std::fs::write(folder.path().join("tidings.sqlite3-wal"), tail).expect("written");
    let there = child::everything(folder.path());
    let seqs: Vec<u64> = there.iter().map(|there| there.0).collect();
    assert_eq!(
        seqs,
        (1..=seqs.len() as u64).collect::<Vec<_>>(),
        "a prefix"
    );
    seqs.len()
}

#[test]
fn a_truncated_or_damaged_write_ahead_log_keeps_earlier_commits() {
    let (database, tail) = killed_files();
    let whole = opened(&database, &tail);
    assert!(whole >= 20, "{whole}");
    let mut before = 0;
    for part in 1..=12 {
        let cut = tail.len() * part / 12 - 1;
        let kept = opened(&database, &tail[..cut]);
        assert!(
            (before..=whole).contains(&kept),
            "{kept} at {part} of {whole}"
        );
        before = kept;
        let mut spoilt = tail.clone();
        spoilt[cut - 100] ^= 0x10;
        assert!(opened(&database, &spoilt) <= whole);
    }
    // Four publishers, so the last commit had at most four messages.
    assert!(before + 4 >= whole, "{before} of {whole}");
}
