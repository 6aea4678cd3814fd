//! The audit trail in the log.

use super::*;
use crate::log::writer::reply::block_on;

fn source(id: &str) -> AuditSource {
    let caller = AuditCaller {
        id: id.into(),
        name: format!("the key {id}").into(),
    };
    AuditSource {
        caller: Some(caller.into()),
        address: Some("192.0.2.7".parse().expect("an address")),
    }
}

fn topic(name: &str) -> Topic {
    Topic::parse(name).expect("a topic")
}

fn push(test: &TestLog, id: &str, audience: Audience) -> Seq {
    let entry = Entry::new(draft(audience, "a secret text")).audited(Some(source(id)));
    test.log().append_blocking(entry).expect("stored").seq
}

fn note(test: &TestLog, entries: Vec<AuditEntry>) -> u64 {
    let change = AuditChange {
        entries,
        counts: Vec::new(),
    };
    let first = block_on(test.log().write_audit(change)).expect("written");
    first.expect("a number")
}

fn refusal(id: &str, code: &'static str) -> AuditEntry {
    let mut entry = AuditEntry::new(source(id), PUSH);
    entry.error = Some(code.into());
    entry
}

fn find(test: &TestLog, filter: &AuditFilter) -> Vec<u64> {
    let page = test.log().audit(filter, None, 100).expect("readable");
    page.records.iter().map(|record| record.number).collect()
}

fn everything() -> AuditFilter {
    AuditFilter::default()
}

/// The rows in the table of targets, and how many there should be.
fn indexed(test: &TestLog) -> (usize, usize) {
    let count =
        "SELECT (SELECT count(*) FROM audit_targets), (SELECT sum(targets) FROM audit_sizes)";
    test.log()
        .query(|conn| Ok(conn.query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?)))?))
        .expect("readable")
}

#[test]
fn a_push_and_its_entry_survive_a_restart() {
    let mut test = TestLog::new();
    let seq = push(&test, "a", Audience::Client(client("ada")));
    test.reopen();
    let page = test.log().audit(&everything(), None, 10).expect("readable");
    let record = &page.records[0];
    assert_eq!((record.number, record.at, record.clients), (1, NOON, None));
    let mut expected = AuditEntry::new(source("a"), PUSH);
    expected.target = Some(AuditTarget::Audience(Audience::Client(client("ada"))));
    expected.message = Some(seq);
    assert_eq!(record.entry, expected);
    assert_eq!((page.records.len(), page.next), (1, None));
}

#[test]
fn a_client_is_found_wherever_it_is_in_a_list() {
    let test = TestLog::new();
    let ids: Vec<ClientId> = (0..100).map(|n| client(&format!("c{n:03}"))).collect();
    push(&test, "a", Audience::clients(ids));
    push(&test, "a", Audience::Client(client("c099")));
    push(&test, "a", Audience::Everyone);
    push(&test, "a", Audience::Topic(topic("c099")));
    let about = |id| AuditFilter {
        client: Some(client(id)),
        ..everything()
    };
    assert_eq!(find(&test, &about("c099")), [2, 1]);
    assert_eq!(find(&test, &about("c000")), [1]);
    assert!(find(&test, &about("c100")).is_empty());
    let page = test
        .log()
        .audit(&about("c000"), None, 10)
        .expect("readable");
    let record = &page.records[0];
    assert_eq!(record.clients, Some(100));
    let Some(AuditTarget::Audience(named)) = &record.entry.target else {
        panic!("{record:?}");
    };
    assert_eq!(named.named().len(), 10);
    let topic = AuditFilter {
        topic: Some(topic("c099")),
        ..everything()
    };
    assert_eq!(find(&test, &topic), [4]);
}

#[test]
fn a_target_is_found_in_every_block() {
    let mut test = TestLog::new();
    let about = |id: &str| {
        let mut entry = AuditEntry::new(source("a"), PUSH);
        entry.target = Some(AuditTarget::Audience(Audience::Client(client(id))));
        entry
    };
    // In commits that end before a block does, with it, and after it, or that have several blocks.
    let commits = [1_000, 23, 1, 2_500, 572, 1, 100];
    let mut entries = (1..).map(|n| about(if n % 341 == 0 { "rare" } else { "often" }));
    for entry_count in commits {
        note(&test, entries.by_ref().take(entry_count).collect());
    }
    let written = commits.iter().sum::<usize>() as u64;
    let about_rare = AuditFilter {
        client: Some(client("rare")),
        ..everything()
    };
    let expected: Vec<u64> = (1..=written).rev().filter(|n| n % 341 == 0).collect();
    assert_eq!(find(&test, &about_rare), expected);
    test.reopen();
    note(&test, vec![about("rare")]);
    assert_eq!(find(&test, &about_rare)[0], written + 1);
    assert_eq!(find(&test, &about_rare)[1..], expected);
    // Entries begin with 1, and those of the newest block are not indexed.
    assert_eq!(indexed(&test), (4 * 1_024 - 1, 4 * 1_024 - 1));
}

#[test]
fn pushes_that_are_packed_are_found_one_by_one() {
    let mut test = TestLog::new();
    let by = |n: u64| match n % 5 {
        0 => "rare",
        _ => "often",
    };
    let entry = |n: u64| {
        let audience = match n % 3 {
            0 => Audience::Topic(topic("news")),
            _ => Audience::Client(client(&format!("c{}", n % 7))),
        };
        Entry::new(draft(audience, "text")).audited(Some(source(by(n))))
    };
    let written: u64 = 2_600;
    let mut numbers = 1..=written;
    // Commits of several packs, with rows between them.
    for count in [1, 700, 3, 1_300, 500, 96] {
        let entries = numbers.by_ref().take(count).map(entry).collect();
        let stored = test.log().append_batch_blocking(entries);
        assert!(stored.iter().all(Result::is_ok));
        test.pass(Duration::from_secs(1));
    }
    for _ in 0..2 {
        note(&test, vec![refusal("often", "forbidden")]);
    }
    let expect = |wanted: &dyn Fn(u64) -> bool| -> Vec<u64> {
        (1..=written).rev().filter(|n| wanted(*n)).collect()
    };
    let all = |test: &TestLog, filter: &AuditFilter| {
        let (mut before, mut found) = (None, Vec::new());
        loop {
            let page = test.log().audit(filter, before, 97).expect("readable");
            assert!(page.records.len() <= 97);
            for record in page.records {
                if let Some(seq) = record.entry.message {
                    assert_eq!(record.number, seq, "each push has one entry");
                    let expected = entry(seq);
                    let audience = expected.draft.audience.clone();
                    assert_eq!(record.entry.source, source(by(seq)));
                    assert_eq!(record.entry.target, Some(AuditTarget::Audience(audience)));
                }
                found.push(record.number);
            }
            before = page.next;
            if before.is_none() {
                return found;
            }
        }
    };
    let accepted = AuditFilter {
        outcome: Some(OK.to_owned()),
        ..everything()
    };
    let of_rare = AuditFilter {
        caller: Some("rare".to_owned()),
        ..everything()
    };
    let about_news = AuditFilter {
        topic: Some(topic("news")),
        ..of_rare.clone()
    };
    let about_c3 = AuditFilter {
        client: Some(client("c3")),
        ..everything()
    };
    let in_second = AuditFilter {
        since: Some(NOON + 1_000),
        until: Some(NOON + 2_000),
        ..everything()
    };
    for _ in 0..2 {
        assert_eq!(all(&test, &everything()).len() as u64, written + 2);
        assert_eq!(all(&test, &accepted), expect(&|_| true));
        assert_eq!(all(&test, &of_rare), expect(&|n| by(n) == "rare"));
        assert_eq!(all(&test, &about_news), expect(&|n| n % 15 == 0));
        assert_eq!(all(&test, &about_c3), expect(&|n| n % 3 != 0 && n % 7 == 3));
        assert_eq!(all(&test, &in_second), expect(&|n| (2..=704).contains(&n)));
        test.reopen();
    }
    assert_eq!(push(&test, "often", Audience::Everyone), written + 1);
    assert_eq!(find(&test, &everything())[0], written + 3, "numbers go on");
}

#[test]
fn a_part_of_a_pack_is_removed() {
    let test = TestLog::with(|options| options.max_bytes = 1 << 20);
    let entry = |n: u64| {
        let audience = Audience::Client(client(&format!("c{}", n % 7)));
        Entry::new(draft(audience, "text")).audited(Some(source("a")))
    };
    let stored = test
        .log()
        .append_batch_blocking((1..=5_000).map(entry).collect());
    assert!(stored.iter().all(Result::is_ok));
    test.log().run_maintenance().expect("maintained");
    let rest = test.log().audit(&everything(), None, 10_000);
    let rest = rest.expect("readable").records;
    let oldest = rest.last().expect("an entry");
    assert_eq!(rest[0].number, 5_000, "the newest stay");
    assert_eq!(rest.len() as u64, 5_001 - oldest.number);
    assert!(
        oldest.number % 128 != 1,
        "not a whole pack: {}",
        oldest.number
    );
    assert_eq!(oldest.entry.message, Some(oldest.number));
    let about = AuditFilter {
        client: Some(client("c3")),
        ..everything()
    };
    let found = test.log().audit(&about, None, 10_000).expect("readable");
    let found: Vec<u64> = found.records.iter().map(|record| record.number).collect();
    let expected = (oldest.number..=5_000).rev().filter(|n| n % 7 == 3);
    assert_eq!(found, expected.collect::<Vec<_>>());
}

#[test]
fn filters_can_be_combined() {
    let test = TestLog::new();
    for n in 0..4 {
        let id = if n % 2 == 0 { "a" } else { "b" };
        push(&test, id, Audience::Client(client("ada")));
        test.pass(Duration::from_secs(10));
    }
    note(
        &test,
        vec![refusal("a", "forbidden"), refusal("b", "forbidden")],
    );
    let mut revoked = AuditEntry::new(source("a"), "key.revoke");
    revoked.target = Some(AuditTarget::Key("k1".into()));
    assert_eq!(note(&test, vec![revoked]), 7);
    let text = |text: &str| Some(text.to_owned());
    let by = |caller| AuditFilter {
        caller: text(caller),
        ..everything()
    };
    assert_eq!(find(&test, &by("a")), [7, 5, 3, 1]);
    assert_eq!(find(&test, &by("the key b")), [6, 4, 2]);
    assert!(find(&test, &by("nobody")).is_empty());
    let forbidden = AuditFilter {
        outcome: text("forbidden"),
        ..by("a")
    };
    assert_eq!(find(&test, &forbidden), [5]);
    let accepted = AuditFilter {
        outcome: text(OK),
        action: text(PUSH),
        ..everything()
    };
    assert_eq!(find(&test, &accepted), [4, 3, 2, 1]);
    let revoked = AuditFilter {
        action: text("key.revoke"),
        ..everything()
    };
    assert_eq!(find(&test, &revoked), [7]);
    let between = AuditFilter {
        since: Some(NOON + 10_000),
        until: Some(NOON + 20_000),
        client: Some(client("ada")),
        ..by("a")
    };
    assert_eq!(find(&test, &between), [3]);
    let later = AuditFilter {
        since: Some(NOON + 50_000),
        ..everything()
    };
    assert!(find(&test, &later).is_empty());
}

#[test]
fn pages_follow_each_other() {
    let test = TestLog::new();
    let entries = (0..1_000).map(|n| match n % 100 {
        0 => refusal("rare", "forbidden"),
        _ => refusal("often", "too_many_pushes"),
    });
    note(&test, entries.collect());
    let filter = AuditFilter {
        caller: Some("rare".to_owned()),
        ..everything()
    };
    let (mut before, mut found) = (None, Vec::new());
    loop {
        let page = test.log().audit(&filter, before, 3).expect("readable");
        assert!(page.records.len() <= 3);
        found.extend(page.records.iter().map(|record| record.number));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    let expected: Vec<u64> = (0..10).rev().map(|n| n * 100 + 1).collect();
    assert_eq!(found, expected);
}

#[test]
fn counts_are_added_to_their_entry() {
    let test = TestLog::new();
    let first = note(&test, vec![refusal("a", "forbidden")]);
    test.pass(Duration::from_secs(3));
    for more in [5, 6] {
        let counts = vec![(first, more)];
        let change = AuditChange {
            entries: Vec::new(),
            counts,
        };
        assert_eq!(block_on(test.log().write_audit(change)), Ok(None));
    }
    let page = test.log().audit(&everything(), None, 10).expect("readable");
    let record = &page.records[0];
    assert_eq!((record.entry.count, record.at), (12, NOON));
    assert_eq!(record.last_at, Some(NOON + 3_000));
}

#[test]
fn old_entries_are_removed_with_all_that_refers_to_them() {
    let mut test = TestLog::with(|options| options.audit_age = Duration::from_secs(3600));
    let audience = || Audience::clients(vec![client("ada"), client("bob")]);
    for thousand in 0..20 {
        let caller = if thousand < 16 { "oldest" } else { "old" };
        let mut entry = AuditEntry::new(source(caller), PUSH);
        entry.target = Some(AuditTarget::Audience(audience()));
        note(&test, vec![entry; 1_000]);
    }
    test.pass(Duration::from_secs(3601));
    let newest = push(&test, "new", audience());
    test.log().run_maintenance().expect("maintained");
    assert_eq!(find(&test, &everything()), [20_001]);
    let about = AuditFilter {
        client: Some(client("bob")),
        ..everything()
    };
    let page = test.log().audit(&about, None, 10).expect("readable");
    assert_eq!(page.records[0].entry.message, Some(newest));
    test.reopen();
    let count = |table: &str| -> u64 {
        let count = format!("SELECT count(*) FROM {table}");
        test.log()
            .query(|conn| Ok(conn.query_row(&count, [], |row| row.get(0))?))
            .expect("readable")
    };
    // Whole blocks are gone; the last one has entries of two callers.
    assert_eq!((count("audit_callers"), count("audit_blocks")), (2, 2));
    assert!(count("audit_targets") < 2 * 1024);
    assert_eq!(count("audit_sizes"), 1);
}

#[test]
fn the_trail_takes_a_part_of_the_file_only() {
    let test = TestLog::with(|options| options.max_bytes = 1 << 20);
    note(&test, vec![refusal("a", "forbidden"); 10_000]);
    test.log().run_maintenance().expect("maintained");
    let rest = test
        .log()
        .audit(&everything(), None, 10_000)
        .expect("readable");
    assert_eq!(rest.records.len(), (1 << 20) / 4 / 64);
    assert_eq!(rest.records[0].number, 10_000, "the newest stay");
}

#[test]
fn long_lists_count_for_what_they_take() {
    let test = TestLog::with(|options| options.max_bytes = 4 << 20);
    let ids: Vec<ClientId> = (0..20).map(|n| client(&format!("c{n}"))).collect();
    let mut entry = AuditEntry::new(source("a"), PUSH);
    entry.target = Some(AuditTarget::Audience(Audience::clients(ids)));
    note(&test, vec![entry; 3_000]);
    test.log().run_maintenance().expect("maintained");
    // One block is too much, and goes with its rows.
    let rest = 3_000 - 1_023;
    let page = test.log().audit(&everything(), None, 3_000);
    assert_eq!(page.expect("readable").records.len(), rest);
    assert_eq!(indexed(&test), (20 * rest, 20 * rest));
}

#[test]
fn a_repeated_push_has_an_entry_of_its_own() {
    let test = TestLog::new();
    let entry = || {
        let entry = Entry::new(draft(Audience::Everyone, "x")).audited(Some(source("a")));
        entry.with_key(IdempotencyKey::parse("once").expect("a key"))
    };
    let first = test.log().append_blocking(entry()).expect("stored");
    let again = test.log().append_blocking(entry()).expect("stored before");
    assert!(again.duplicate);
    let page = test.log().audit(&everything(), None, 10).expect("readable");
    let messages: Vec<_> = page
        .records
        .iter()
        .map(|record| record.entry.message)
        .collect();
    assert_eq!(messages, [Some(first.seq); 2]);
}
