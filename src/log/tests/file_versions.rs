//! Files of earlier versions. Each was written by the program of that version, and is never changed.

use super::*;
use crate::message::{Handling, ReplaceKey};

/// The file of each version that programs have written, as statements of SQL.
const FILES: [(i64, &str); 9] = [
    (4, include_str!("files/version-4.sql")),
    (5, include_str!("files/version-5.sql")),
    (6, include_str!("files/version-6.sql")),
    (7, include_str!("files/version-7.sql")),
    (8, include_str!("files/version-8.sql")),
    (9, include_str!("files/version-9.sql")),
    (10, include_str!("files/version-10.sql")),
    (11, include_str!("files/version-11.sql")),
    (12, include_str!("files/version-12.sql")),
];

/// Long enough for all files.
const MAX_AGE: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

#[test]
fn a_file_of_each_version_is_opened_with_all_that_it_has() {
    for (version, statements) in FILES {
        let test = open_file(statements);
        let page = test.read(&subscriptions("ada", &["orders/*"]), 0);
        assert_eq!(
            texts(&page),
            ["to everyone", "to ada", "to two", "to a topic"],
            "version {version}"
        );
        let recalled = test.read(&subscriptions("eve", &[]), 0);
        assert_eq!(texts(&recalled), ["to everyone"], "version {version}");
        let ada = test.log().client_position(&client("ada")).expect("read");
        assert_eq!(ada.acked, 2, "version {version}");
        let keys = test.log().keys(None, 10);
        let keys: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
        let expected: &[&str] = if version < 6 {
            &[]
        } else {
            &["support", "shop"]
        };
        assert_eq!(keys, expected, "version {version}");
        let trail = test.log().audit(&AuditFilter::default(), None, 20);
        let audited = trail.expect("readable").records.len();
        let expected = match version {
            ..7 => 0,
            7 => 4,
            8 => 7,
            9..12 => 8,
            _ => 12,
        };
        assert_eq!(audited, expected, "version {version}");
        let people = test.log().people(None, 10);
        let people: Vec<&str> = people.iter().map(|one| one.name.shown.as_str()).collect();
        let expected: &[&str] = if version < 7 { &[] } else { &["bob", "Ada"] };
        assert_eq!(people, expected, "version {version}");
        let waiting = u64::from(version >= 9);
        assert_eq!(test.log().scheduled_count(), waiting, "version {version}");
        let running = test.log().set_job_tail(Box::new(|_| {}));
        assert_eq!(running.len(), 1, "version {version}");
        let next = if version < 12 { 6 } else { 10 };
        let pushed = test.push(Audience::Everyone, "new");
        assert_eq!(pushed, next, "version {version}");
    }
}

#[test]
fn there_is_a_file_of_the_current_version() {
    let newest = FILES.iter().map(|(version, _)| *version).max();
    assert_eq!(
        newest,
        Some(migrations::VERSION),
        "add a file of this version, written by `tidings serve` and dumped by SQLite"
    );
}

#[test]
fn revocations_of_a_file_hold() {
    let test = open_file(include_str!("files/version-6.sql"));
    let is = |name: &str, id: &str| test.log().is_revoked(&client(name), Some(id), None);
    assert!(is("eve", "one") && is("ada", "two") && !is("eve", "two"));
}

#[test]
fn quotas_of_a_file_hold_with_what_was_pushed() {
    let test = open_file(include_str!("files/version-8.sql"));
    let keys = test.log().keys(None, 10);
    let shop = keys.iter().find(|key| key.name == "shop").expect("there");
    assert_eq!(shop.pushes_per_day, Some(1000));
    let pushes = NodePushes {
        node: "node1".into(),
        day: 20_786,
        count: 1,
    };
    assert_eq!(shop.pushes, [pushes]);
    let older = open_file(include_str!("files/version-7.sql"));
    let key = older.log().keys(None, 1).remove(0);
    assert_eq!((key.pushes_per_day, key.pushes.len()), (None, 0));
}

#[test]
fn a_webhook_of_a_file_goes_on_after_its_cursor() {
    let test = open_file(include_str!("files/version-9.sql"));
    let hooks = test.log().hooks();
    assert_eq!((hooks.len(), hooks[0].cursor), (1, 1));
    assert!(hooks[0].config.contains("shop") && hooks[0].secrets.0.contains("whsec_"));
    let events = test
        .log()
        .hook_events(hooks[0].cursor, 10)
        .expect("readable");
    assert_eq!(
        (events.len(), events[0].client.as_deref()),
        (1, Some("bob"))
    );
    let delivered = test
        .log()
        .hook_deliveries(&hooks[0].id, 9, 10)
        .expect("readable");
    assert_eq!((delivered.len(), delivered[0].status), (1, Some(204)));
    let present = test.log().hook_presence("node1", 10).expect("readable");
    assert_eq!(present, [Present::Client("ada".to_owned())]);
    let older = open_file(include_str!("files/version-8.sql"));
    assert!(older.log().hooks().is_empty());
}

#[test]
fn lists_and_templates_of_a_file_are_there() {
    let test = open_file(include_str!("files/version-10.sql"));
    let lists = test.log().saved_heads(SavedKind::List).expect("readable");
    assert_eq!(lists.len(), 1);
    let list = &lists[0];
    assert_eq!(
        (&*list.name, &*list.made_by, &*list.changed_by),
        ("Testers", "this machine", "this machine")
    );
    let found = test.log().saved_item(SavedKind::List, &list.id);
    let found = found.expect("readable").expect("there");
    assert!(found.content.contains("bob"));
    let templates = test.log().saved_heads(SavedKind::Template);
    let names = templates.expect("readable").into_iter();
    let names: Vec<String> = names.map(|template| template.name).collect();
    assert_eq!(names, ["Maintenance"]);
    let older = open_file(include_str!("files/version-9.sql"));
    let none = older.log().saved_heads(SavedKind::List).expect("readable");
    assert!(none.is_empty());
}

#[test]
fn samples_and_marks_of_a_file_are_there() {
    let test = open_file(include_str!("files/version-11.sql"));
    let marks = test.log().marks(0).expect("readable");
    let kinds: Vec<MarkKind> = marks.iter().map(|mark| mark.kind).collect();
    assert_eq!(
        (kinds, &*marks[0].value),
        (vec![MarkKind::Started], "0.1.0")
    );
    for step in Step::ALL {
        let samples = test.log().samples(step, 0).expect("readable");
        assert!(!samples.is_empty(), "{step:?}");
        assert!(samples.iter().all(|sample| sample.memory > 1 << 20));
    }
    let older = open_file(include_str!("files/version-10.sql"));
    assert!(older.log().marks(0).expect("readable").is_empty());
}

#[test]
fn entries_of_the_audit_trail_of_a_file_are_found() {
    let test = open_file(include_str!("files/version-7.sql"));
    let filter = AuditFilter {
        client: Some(client("bob")),
        ..AuditFilter::default()
    };
    let page = test.log().audit(&filter, None, 10).expect("readable");
    let found: Vec<u64> = page.records.iter().map(|record| record.number).collect();
    assert_eq!(found, [3]);
    let test = open_file(include_str!("files/version-12.sql"));
    let filter = AuditFilter {
        client: Some(client("zoe")),
        ..AuditFilter::default()
    };
    let page = test.log().audit(&filter, None, 10).expect("readable");
    let entry = |record: &AuditRecord| (record.number, record.entry.message);
    let found: Vec<_> = page.records.iter().map(entry).collect();
    assert_eq!(found, [(12, Some(9)), (11, Some(8)), (9, Some(6))]);
}

#[test]
fn an_update_of_a_file_is_found_by_its_topics_and_its_id() {
    let test = open_file(concat!(
        include_str!("files/version-8.sql"),
        include_str!("files/version-8-update.sql")
    ));
    let subscriptions = Subscriptions {
        access: TopicAccess::everything(),
        ..topics(&["users/*"])
    };
    assert_eq!(texts(&test.read(&subscriptions, 0)), ["a book"]);
    let id = UpdateId::parse("urn:book:1").expect("an id");
    let found = test.log().update_position(&id).expect("readable");
    assert_eq!(found, Some(6));
}

#[test]
fn a_scheduled_message_of_a_file_is_sent_when_it_is_due_and_its_key_holds() {
    let test = open_file(include_str!("files/version-9.sql"));
    let page = test
        .log()
        .schedules(SchedulePlace::default(), 10)
        .expect("readable");
    let [later] = &page[..] else {
        panic!("{page:?}");
    };
    test.clock.store(later.due_at, Ordering::Relaxed);
    test.log().run_maintenance().expect("done");
    let found = test
        .log()
        .scheduled(later.id)
        .expect("readable")
        .expect("there");
    assert_eq!(found.state, ScheduleState::Sent(6));
    let message = test.log().message(6).expect("readable").expect("there");
    assert_eq!(message.message.data.as_str(), "later");
}

#[test]
fn a_file_of_version_8_gets_what_version_9_adds() {
    let test = open_file(include_str!("files/version-8.sql"));
    let mut draft = draft(to_topic("t"), "a state");
    draft.handling = Handling {
        replace: ReplaceKey::parse("k").ok(),
        is_state: true,
        ..Handling::default()
    }
    .unless_usual();
    let first = test
        .log()
        .append_blocking(Entry::new(draft.clone()))
        .expect("kept");
    test.log().append_blocking(Entry::new(draft)).expect("kept");
    let page = test.read(&topics(&["t"]), 0);
    assert_eq!(page.messages.len(), 1);
    assert_eq!(page.messages[0].replaces(), Some(first.seq));
    let topic = Topic::parse("t").expect("a topic");
    assert!(test.log().topic_state(&topic).expect("readable").is_some());
}

fn open_file(statements: &str) -> TestLog {
    let mut test = TestLog::new();
    drop(test.log.take());
    let path = test.folder.path().join("tidings.sqlite3");
    std::fs::remove_file(&path).expect("removed");
    let conn = rusqlite::Connection::open(&path).expect("a file");
    conn.execute_batch(statements).expect("an older file");
    drop(conn);
    let mut options = test.options();
    options.max_age = MAX_AGE;
    options.hook_age = MAX_AGE;
    test.log = Some(test.open(options));
    test
}
