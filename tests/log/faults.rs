//! A disk that fails at any write and any fsync.

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    sync::OnceLock,
};

use tidings::log::Durability;

use crate::child::{self, FATAL, NOT_OPENED, Part, Said};

/// The failing disk, compiled by the C compiler that SQLite needs anyway.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/log/faults.c");
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults.so");
        // Another name first: a test that runs beside this one may be loading it.
        let fresh = library.with_extension(format!("{}", std::process::id()));
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
            .args([&fresh, &source])
            .arg("-ldl")
            .status();
        assert!(
            built.expect("a C compiler").success(),
            "faults.c does not compile"
        );
        std::fs::rename(fresh, &library).expect("renamed");
        library
    })
}

/// What came of one life with a fault.
struct Outcome {
    said: Vec<Said>,
    status: ExitStatus,
    /// Whether the fault came at all.
    fired: bool,
    /// What is in the log afterwards.
    there: Vec<(u64, String, bool)>,
}

impl Outcome {
    fn acked(&self) -> impl Iterator<Item = (u64, &str)> {
        self.said.iter().filter_map(|said| match said {
            Said::Acked(seq, text) => Some((*seq, text.as_str())),
            _ => None,
        })
    }

    fn done(&self) -> bool {
        self.said.contains(&Said::Done)
    }

    fn lost(&self) -> Vec<u64> {
        let recalled = self.said.contains(&Said::Recalled(1));
        self.acked()
            .filter(|(seq, text)| {
                let is = |there: &(u64, String, bool)| {
                    // A recall that was under way may have come to pass without its answer.
                    there.0 == *seq && (there.1 == *text || *seq == 1 && !there.2)
                };
                !self.there.iter().any(is)
            })
            .map(|(seq, _)| seq)
            .chain(
                (recalled && self.there.iter().any(|there| there.0 == 1 && there.2)).then_some(1),
            )
            .collect()
    }

    /// What is there is what was pushed, in order, each once, without a hole.
    fn assert_prefix(&self, what: &str) {
        let seqs: Vec<u64> = self.there.iter().map(|there| there.0).collect();
        assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>(), "{what}");
    }
}

fn live(kind: &str, at: usize, span: usize, durability: Durability) -> Outcome {
    let outer = tempfile::tempdir().expect("a folder");
    let folder = outer.path().join("log");
    std::fs::create_dir(&folder).expect("a folder");
    let (at, span) = (at.to_string(), span.to_string());
    let faults = [
        ("LD_PRELOAD", library().to_str().expect("UTF-8")),
        ("FAULT_FOLDER", folder.to_str().expect("UTF-8")),
        ("FAULT_KIND", kind),
        ("FAULT_AT", &at),
        ("FAULT_FOR", &span),
    ];
    let mut child = child::start(Part::Life, &folder, durability, &faults);
    let said = child::said(&mut child).collect();
    let status = child.wait().expect("its end");
    let there = child::everything(&folder);
    Outcome {
        said,
        status,
        fired: folder.with_extension("fired").exists(),
        there,
    }
}

/// Lives with the fault at each call in turn, `stride` calls apart, until one comes to its end unharmed.
fn at_every_call(kind: &str, stride: usize, check: impl Fn(usize, &Outcome)) {
    let every = std::env::var("TIDINGS_TEST_EVERY_FAULT").is_ok();
    let stride = if every { 1 } else { stride };
    let mut at = 1;
    loop {
        let outcome = live(kind, at, 1, Durability::Fsync);
        check(at, &outcome);
        if !outcome.fired {
            assert!(
                outcome.done() && outcome.acked().count() == 13,
                "{:?}",
                outcome.said
            );
            assert!(at > 10, "{kind}: the fault came at {at} calls only");
            return;
        }
        at += stride;
    }
}

fn dies_and_loses_nothing(kind: &str, stride: usize) {
    at_every_call(kind, stride, |at, outcome| {
        let what = format!("{kind} at {at}: {:?}", outcome.said);
        assert_eq!(outcome.lost(), [0; 0], "{what}");
        outcome.assert_prefix(&what);
        assert!(
            outcome.done() || outcome.status.code() == Some(137),
            "{what}"
        );
    });
}

#[test]
fn a_process_that_dies_before_any_write_or_fsync_loses_nothing() {
    dies_and_loses_nothing("kill", 11);
}

#[test]
fn a_torn_write_is_recovered() {
    dies_and_loses_nothing("tear", 7);
}

#[test]
fn what_was_acked_survives_the_loss_of_everything_that_was_not_synced() {
    dies_and_loses_nothing("power", 5);
}

#[test]
fn what_was_acked_survives_writes_that_reach_the_disk_out_of_order() {
    dies_and_loses_nothing("mixed", 7);
}

#[test]
fn without_fsync_power_loss_takes_messages_and_this_test_bed_sees_it() {
    let outcomes = (1..=10).map(|i| live("power", 40 + 10 * i, 1, Durability::Os));
    let lost: usize = outcomes.map(|outcome| outcome.lost().len()).sum();
    assert!(lost > 0, "a test bed that loses nothing proves nothing");
}

#[test]
fn an_fsync_that_fails_is_the_end_and_nothing_is_acked_after_it() {
    at_every_call("eio", 1, |at, outcome| {
        let what = format!("eio at {at}: {:?}", outcome.said);
        assert_eq!(outcome.lost(), [0; 0], "{what}");
        outcome.assert_prefix(&what);
        if !outcome.fired {
            return;
        }
        if outcome.status.code() == Some(NOT_OPENED) {
            assert_eq!(outcome.said, [], "{what}");
            return;
        }
        assert_eq!(outcome.status.code(), Some(FATAL), "{what}");
        assert!(
            matches!(outcome.said.last(), Some(Said::Fatal(why)) if why.contains("I/O")),
            "{what}"
        );
    });
}

#[test]
fn a_write_that_fails_is_the_end_and_nothing_is_acked_after_it() {
    at_every_call("eio-write", 9, |at, outcome| {
        let what = format!("eio-write at {at}: {:?}", outcome.said);
        assert_eq!(outcome.lost(), [0; 0], "{what}");
        outcome.assert_prefix(&what);
        let code = outcome.status.code();
        assert!(
            outcome.done() || matches!(code, Some(FATAL | NOT_OPENED)),
            "{what}"
        );
    });
}

#[test]
fn a_full_disk_refuses_pushes_and_when_there_is_room_it_goes_on() {
    let mut refused = 0;
    for at in (1..250).step_by(8) {
        let outcome = live("enospc", at, 9, Durability::Fsync);
        let what = format!("enospc at {at}: {:?}", outcome.said);
        assert_eq!(outcome.lost(), [0; 0], "{what}");
        outcome.assert_prefix(&what);
        if outcome.status.code() == Some(NOT_OPENED) {
            assert_eq!(outcome.said, [], "{what}");
            continue;
        }
        assert!(outcome.done(), "{what}");
        let full = outcome
            .said
            .iter()
            .filter(|said| **said == Said::Full)
            .count();
        assert_eq!(outcome.acked().count() + full, 13, "{what}");
        refused += full;
        if let Some(first) = outcome.said.iter().position(|said| *said == Said::Full) {
            let last = outcome.said.iter().rposition(|said| *said == Said::Full);
            let after = &outcome.said[last.unwrap_or(first)..];
            let goes_on = after.iter().any(|said| matches!(said, Said::Acked(..)));
            assert!(goes_on || after.len() <= 4, "{what}");
        }
    }
    assert!(refused > 3, "{refused}");
}
