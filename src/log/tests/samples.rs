//! Samples and marks of the node.

use super::*;

fn sample(at: u64, clients: u64) -> NodeSample {
    NodeSample {
        at,
        clients,
        connections: 2 * clients,
        pushes: 0.5,
        deliveries: 1.5,
        lag_p50: None,
        lag_p99: Some(0.25),
        memory: 1 << 20,
    }
}

fn mark(at: u64, kind: MarkKind, value: &str) -> NodeMark {
    NodeMark {
        at,
        kind,
        value: value.to_owned(),
    }
}

/// Writes samples, and waits until the writer has done so.
fn write(test: &TestLog, samples: Vec<(Step, NodeSample)>, marks: Vec<NodeMark>) {
    test.log().write_samples(NewSamples { samples, marks });
    test.log().run_maintenance().expect("done");
}

fn times(test: &TestLog, step: Step) -> Vec<u64> {
    let samples = test.log().samples(step, 0).expect("readable");
    samples.iter().map(|sample| sample.at).collect()
}

#[test]
fn samples_and_marks_survive_a_reopening_as_they_were() {
    let mut test = TestLog::new();
    let (fine, coarse) = (sample(NOON, 3), sample(NOON + 1, 4));
    let started = mark(NOON, MarkKind::Started, "1.2.3");
    let gaps = mark(NOON + 5, MarkKind::Gaps, "7");
    write(
        &test,
        vec![(Step::Fine, fine), (Step::Coarse, coarse)],
        vec![started.clone(), gaps.clone()],
    );
    test.reopen();
    let log = test.log();
    assert_eq!(log.samples(Step::Fine, 0).expect("readable"), [fine]);
    assert_eq!(log.samples(Step::Coarse, 0).expect("readable"), [coarse]);
    assert!(times(&test, Step::Minute).is_empty());
    assert_eq!(log.marks(0).expect("readable"), [started, gaps.clone()]);
    assert_eq!(log.marks(NOON + 1).expect("readable"), [gaps]);
    assert!(
        log.samples(Step::Fine, NOON + 1)
            .expect("readable")
            .is_empty()
    );
}

#[test]
fn each_step_is_kept_for_its_own_time() {
    let test = TestLog::new();
    let both = |at| vec![(Step::Fine, sample(at, 1)), (Step::Minute, sample(at, 1))];
    write(&test, both(NOON), vec![mark(NOON, MarkKind::DiskFull, "")]);
    let later = NOON + Step::Fine.kept() + 1;
    write(&test, both(later), Vec::new());
    assert_eq!(times(&test, Step::Fine), [later]);
    assert_eq!(times(&test, Step::Minute), [NOON, later]);
    let much_later = NOON + Step::Coarse.kept() + 1;
    let mark = mark(much_later, MarkKind::Started, "");
    write(&test, both(much_later), vec![mark.clone()]);
    assert_eq!(times(&test, Step::Minute), [much_later]);
    assert_eq!(test.log().marks(0).expect("readable"), [mark]);
}

#[test]
fn what_a_wrong_clock_has_put_into_the_future_is_removed() {
    let test = TestLog::new();
    write(&test, vec![(Step::Fine, sample(NOON + 99_999, 1))], vec![]);
    write(&test, vec![(Step::Fine, sample(NOON, 1))], vec![]);
    assert_eq!(times(&test, Step::Fine), [NOON]);
}

#[test]
fn the_newest_marks_are_kept_if_there_are_many() {
    let test = TestLog::new();
    let marks = (0..700).map(|n| mark(NOON + n, MarkKind::Gaps, "1"));
    write(&test, Vec::new(), marks.collect());
    let kept = test.log().marks(0).expect("readable");
    assert_eq!((kept.len(), kept[0].at), (500, NOON + 200));
}
