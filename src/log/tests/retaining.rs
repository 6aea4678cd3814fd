use super::*;

const DAY: u64 = 24 * 60 * 60;

fn gap(from: Seq, to: Seq, reason: LogGapReason) -> LogGap {
    LogGap { from, to, reason }
}

#[test]
fn an_expired_message_is_not_delivered_and_its_loss_is_told() {
    let bed = Bed::new();
    bed.push_for(to_client("a"), "short", Some(10));
    bed.push_for(to_client("b"), "other", Some(10));
    bed.push(to_client("a"), "long");
    assert_eq!(texts(&bed.read(&listener("a", &[]), 0)), ["short", "long"]);
    bed.pass(Duration::from_secs(10));
    let expected = [gap(1, 1, LogGapReason::Expired)];
    let look = || {
        let page = bed.read(&listener("a", &[]), 0);
        assert_eq!(texts(&page), ["long"]);
        assert_eq!(page.gaps, expected);
        assert!(bed.read(&listener("a", &[]), 1).gaps.is_empty());
        assert!(bed.read(&listener("c", &[]), 0).gaps.is_empty());
    };
    // Before the writer has settled it, and after.
    look();
    bed.log().run_maintenance().expect("tidied");
    look();
    assert_eq!(
        bed.log().tail_start(),
        1,
        "expiry does not move the line of retention"
    );
}

#[test]
fn what_is_too_old_is_pruned_and_told_to_those_who_lost_something() {
    let mut bed = Bed::new();
    bed.push(to_client("a"), "old");
    bed.push(to_clients(&["b", "c"]), "old");
    bed.push(to_topic("commands/1"), "old");
    bed.pass(Duration::from_secs(7 * DAY + 1));
    bed.push(to_client("a"), "new");
    bed.log().run_maintenance().expect("tidied");
    assert_eq!(bed.log().stats().expect("numbers").messages, 1);
    bed.reopen();
    let gaps = |subscriptions: &Subscriptions, after| bed.read(subscriptions, after).gaps;
    assert_eq!(
        gaps(&listener("a", &[]), 0),
        [gap(1, 1, LogGapReason::Pruned)]
    );
    assert_eq!(gaps(&listener("a", &[]), 1), []);
    assert_eq!(
        gaps(&listener("c", &[]), 1),
        [gap(2, 2, LogGapReason::Pruned)]
    );
    assert_eq!(
        gaps(&listener("d", &["commands/1"]), 0),
        [gap(1, 3, LogGapReason::Pruned)]
    );
    assert_eq!(
        gaps(&listener("d", &["commands/*"]), 1),
        [gap(2, 3, LogGapReason::Pruned)]
    );
    assert_eq!(gaps(&listener("d", &["update/*"]), 1), []);
    assert_eq!(gaps(&listener("d", &["commands/*"]), 3), []);
}

#[test]
fn a_loss_that_happens_between_two_pages_is_told_too() {
    let bed = Bed::new();
    for i in 0..4 {
        bed.push(to_client("a"), &i.to_string());
    }
    let (messages, bytes) = (2, 1000);
    let page = bed
        .log()
        .read(&listener("a", &[]), 0, None, PageLimit { messages, bytes });
    assert_eq!(page.expect("a page").reached, 2);
    bed.pass(Duration::from_secs(7 * DAY + 1));
    bed.log().run_maintenance().expect("tidied");
    let page = bed.read(&listener("a", &[]), 2);
    assert_eq!(page.gaps, [gap(3, 4, LogGapReason::Pruned)]);
    assert_eq!(page.reached, 4);
}

#[test]
fn a_log_that_is_too_large_lets_go_of_what_has_ended_and_then_of_the_oldest() {
    let bed = Bed::with(|options| options.max_bytes = 3 << 20);
    let text = "x".repeat(1000);
    let push = |ttl: Option<u64>| {
        let entry = || {
            let mut draft = draft(to_client("a"), &text);
            draft.ttl = ttl.map(Duration::from_secs);
            Entry::new(draft)
        };
        let outcomes = bed
            .log()
            .append_batch_blocking((0..1000).map(|_| entry()).collect());
        assert!(outcomes.iter().all(Result::is_ok));
    };
    push(None);
    push(Some(10));
    bed.pass(Duration::from_secs(10));
    bed.log().run_maintenance().expect("tidied");
    push(None);
    bed.log().run_maintenance().expect("tidied");
    assert!(bed.log().stats().expect("numbers").messages < 3000);
    assert_eq!(bed.log().tail_start(), 1, "what has ended made room enough");
    push(None);
    bed.log().run_maintenance().expect("tidied");
    assert!(
        (2..1000).contains(&bed.log().tail_start()),
        "{}",
        bed.log().tail_start()
    );
    let page = bed.read(&listener("a", &[]), 0);
    assert_eq!(page.gaps.len(), 2);
    assert_eq!(page.messages[0].seq, bed.log().tail_start());
    let (head, mut after, mut got) = (bed.log().head(), 0, Vec::new());
    while after < head {
        let page = bed.read(&listener("a", &[]), after);
        got.extend(page.messages.iter().map(|message| message.seq));
        after = page.reached;
    }
    let kept = (bed.log().tail_start()..=1000).chain(2001..=4000);
    assert_eq!(got, kept.collect::<Vec<_>>());
}

#[test]
fn space_is_given_back() {
    let mut bed = Bed::new();
    let text = "x".repeat(10_000);
    for _ in 0..5 {
        let entries = (0..400).map(|_| Entry::new(draft(to_client("a"), &text)));
        bed.log().append_batch_blocking(entries.collect());
    }
    bed.reopen();
    let full = bed.log().stats().expect("numbers").bytes;
    assert!(full > 20_000_000, "{full}");
    bed.pass(Duration::from_secs(7 * DAY + 1));
    bed.log().run_maintenance().expect("tidied");
    bed.reopen();
    let stats = bed.log().stats().expect("numbers");
    assert!(stats.bytes < 2_000_000, "{}", stats.bytes);
    assert_eq!(stats.messages, 0);
}

#[test]
fn the_writer_prunes_by_itself_while_messages_come() {
    let bed = Bed::with(|options| options.max_bytes = 1 << 20);
    let text = "x".repeat(1000);
    for _ in 0..20 {
        let entries = (0..500).map(|_| Entry::new(draft(to_client("a"), &text)));
        bed.log().append_batch_blocking(entries.collect());
    }
    assert!(bed.log().tail_start() > 1);
    let messages = bed.log().stats().expect("numbers").messages;
    assert!(messages < 9000, "{messages}");
}

#[test]
fn a_name_that_nobody_uses_is_forgotten_and_an_old_cursor_is_still_told() {
    let bed = Bed::new();
    bed.push(to_topic("gone"), "x");
    bed.push(to_client("gone"), "x");
    bed.log().note_seen(&client("seen"), None);
    let names = || {
        let page = bed.log().clients("", None, 10).expect("a page");
        page.clients
            .iter()
            .map(|known| known.id.to_string())
            .collect::<Vec<_>>()
    };
    bed.log().run_maintenance().expect("tidied");
    assert_eq!(names(), ["gone", "seen"]);
    for _ in 0..4 {
        bed.pass(Duration::from_secs(7 * DAY + 1));
        bed.log().run_maintenance().expect("tidied");
    }
    assert_eq!(names(), ["seen"]);
    bed.push(to_topic("gone"), "y");
    let page = bed.read(&topics(&["gone"]), 1);
    assert_eq!(texts(&page), ["y"]);
    assert!(bed.read(&topics(&["gone"]), 3).gaps.is_empty());
    // Whoever asks for a name that is not there with a cursor from before hears of the gap.
    assert_eq!(
        bed.read(&topics(&["other"]), 1).gaps,
        [gap(2, 2, LogGapReason::Pruned)]
    );
}
