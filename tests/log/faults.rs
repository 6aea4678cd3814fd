//! Faults at any write and any fsync.

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    sync::OnceLock,
};

use tidings::log::Durability;

use crate::child::{self, FATAL, NOT_OPENED, Part, Said};

/// A library that injects faults, compiled by the C compiler that SQLite needs anyway.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/log/faults.c");
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults.so");
        // Written under another name first, because a concurrent test may be loading it.
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

/// The result of a run with a fault.
struct Outcome {
    said: Vec<Said>,
    status: ExitStatus,
    /// Whether the fault was triggered.
    fired: bool,
    /// The content of the log afterwards.
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
                    // A recall in progress may have succeeded without its answer.
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

    /// Asserts that the log contains a prefix of the pushes, in order, each once, without holes.
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

/// Runs with the fault at each call in turn, `stride` calls apart, until a run completes without triggering it.
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
fn a_crash_before_any_write_or_fsync_loses_nothing() {
    dies_and_loses_nothing("kill", 11);
}

#[test]
fn a_torn_write_is_recovered() {
    dies_and_loses_nothing("tear", 7);
}

#[test]
fn acknowledged_messages_survive_the_loss_of_unsynced_data() {
    dies_and_loses_nothing("power", 5);
}

#[test]
fn acknowledged_messages_survive_reordered_writes() {
    dies_and_loses_nothing("mixed", 7);
}

#[test]
fn without_fsync_power_loss_loses_messages_and_these_tests_detect_it() {
    let outcomes = (1..=20).map(|i| live("power", 40 + 10 * i, 1, Durability::Os));
    let lost: usize = outcomes.map(|outcome| outcome.lost().len()).sum();
    assert!(lost > 0, "a test bed that loses nothing proves nothing");
}

#[test]
fn a_failed_fsync_is_fatal_and_nothing_is_acknowledged_after_it() {
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
fn a_failed_write_is_fatal_and_nothing_is_acknowledged_after_it() {
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
fn pushes_are_refused_on_a_full_disk_and_accepted_again_when_there_is_space() {
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
