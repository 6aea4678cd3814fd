//! `kill -9` at any moment.

use std::collections::HashSet;

use tidings::log::Durability;

use crate::child::{self, Part, Said};

fn killed_in_a_loop(durability: Durability) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut acked: Vec<(u64, String)> = Vec::new();
    for round in 0..6 {
        let mut child = child::start(Part::Load, folder.path(), durability, &[]);
        let mut said = child::said(&mut child);
        // Not a time but a number of answers: then it dies in the middle of others.
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
            "in order and each place once"
        );
        for (seq, text) in &acked {
            let found = there.binary_search_by_key(seq, |(seq, ..)| *seq);
            let found = found.unwrap_or_else(|_| panic!("{seq} was acked and is lost"));
            assert!(
                text.ends_with(&format!(":{}", there[found].1)),
                "{seq} is another message"
            );
        }
        let places: HashSet<u64> = acked.iter().map(|(seq, _)| *seq).collect();
        assert_eq!(places.len(), acked.len(), "no place was given twice");
    }
    assert!(acked.len() > 500, "{}", acked.len());
}

#[test]
fn what_was_acked_survives_being_killed_in_order_and_once() {
    killed_in_a_loop(Durability::Fsync);
}

#[test]
fn without_fsync_too_as_long_as_the_system_lives() {
    killed_in_a_loop(Durability::Os);
}
