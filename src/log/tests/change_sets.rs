//! Logs that apply the same change sets have the same content, wherever their transactions and their lives end.

use proptest::prelude::*;
use rusqlite::{Connection, types::Value};

use super::{
    super::{
        change::{
            Change, ChangeSet, ClearedInbox, PositionUpdates, Recall, RevokedTokens, TokenChange,
        },
        files,
        positions::{DeliveryCounts, PendingUpdate, Positions},
        record::{Base, Record, cbor},
        schedule::ScheduleChange,
        writer::store::Store,
    },
    *,
};
use crate::job::{
    Conclusion, JobCommand, JobId, Lines, NewJob, Report, Retry, State, Title, TrackedPush,
};
use crate::message::{Handling, ReplaceKey, Urgency};

const CLIENTS: usize = 4;
const JOBS: usize = 3;

/// How a log goes on after a change set.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Next {
    /// The next change set is applied in the same transaction.
    Together,
    /// The transaction ends here.
    Commit,
    /// The process is killed after the commit, and another one opens the file.
    Kill,
}

/// Change sets with increasing times.
fn change_sets() -> impl Strategy<Value = Vec<ChangeSet>> {
    let set = (0..2_000_u64, prop::collection::vec(change(), 1..6));
    prop::collection::vec(set, 1..30).prop_map(|sets| {
        let mut at = NOON;
        let sets = sets.into_iter().map(|(passed, changes)| {
            at += passed;
            ChangeSet { at, changes }
        });
        sets.collect()
    })
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        6 => entry().prop_map(Change::Append),
        3 => command().prop_map(Change::Job),
        2 => recall().prop_map(Change::Recall),
        2 => updates().prop_map(Change::Positions),
        1 => (0..60_000_u64).prop_map(|passed| Change::Expire(NOON + passed)),
        1 => pruning(),
        1 => (0..JOBS).prop_map(|job| Change::PruneJob(job_of(job))),
        1 => session().prop_map(Change::Session),
        1 => key_change().prop_map(Change::Key),
        1 => revocation().prop_map(Change::Token),
        2 => audit().prop_map(Change::Audit),
        1 => (0..30_u64).prop_map(Change::PruneAudit),
        2 => person_change().prop_map(Change::Person),
        3 => schedule_change().prop_map(Change::Schedule),
        3 => hook_change().prop_map(Change::Hook),
        1 => (0..CLIENTS, 0..60_u64).prop_map(|(client, until)| {
            let client = client_of(client);
            Change::ClearInbox(ClearedInbox { client, until })
        }),
        2 => saved_change().prop_map(Change::Saved),
    ]
}

fn saved_change() -> impl Strategy<Value = SavedChange> {
    let kind = || prop_oneof![Just(SavedKind::List), Just(SavedKind::Template)];
    (0..3_u8, kind(), 0..3_u8, 0..4_u8).prop_map(|(id, kind, name, what)| {
        let id = format!("s{id}");
        let new = NewSaved {
            id: id.clone(),
            kind,
            name: ["one", "One", "two"][usize::from(name)].to_owned(),
            folded: ["one", "one", "two"][usize::from(name)].to_owned(),
            summary: "{}".to_owned(),
            content: format!("[{what}]"),
            by: format!("person {name}"),
        };
        match what {
            0 | 1 => SavedChange::Add(new),
            2 => SavedChange::Replace(new),
            _ => SavedChange::Remove(kind, id),
        }
    })
}

fn updates() -> impl Strategy<Value = PositionUpdates> {
    let time = || prop::option::of(NOON..NOON + 60_000);
    let update = (
        0..CLIENTS,
        0..40_u64,
        0..40_u64,
        time(),
        time(),
        any::<bool>(),
    );
    let update = update.prop_map(|(id, sent, acked, first_seen, last_seen, left)| {
        let update = PendingUpdate {
            position: ClientPosition { sent, acked },
            first_seen,
            last_seen,
            reason: left.then(|| "left".into()),
        };
        (client_of(id), update)
    });
    let counts = (1..40_u64, 0..3_u64, 0..3_u64).prop_map(|(seq, connections, delivered)| {
        let counts = DeliveryCounts {
            connections,
            delivered,
        };
        (seq, counts)
    });
    let clients = prop::collection::vec(update, 0..4);
    let counts = prop::collection::vec(counts, 0..4);
    (clients, counts).prop_map(|(clients, counts)| PositionUpdates { clients, counts })
}

fn session() -> impl Strategy<Value = SessionChange> {
    let key = prop::option::of(0..3_u8);
    (0..3_u8, prop::option::of(NOON..NOON + 60_000), key).prop_map(|(id, ends_at, key)| {
        SessionChange {
            digest: [id; 32],
            ends_at,
            key: key.map(|key| [key; 32]),
            from: key.map(|key| format!("192.0.2.{key}")),
            program: None,
        }
    })
}

fn hook_change() -> impl Strategy<Value = HookChange> {
    let present = || {
        let one = (0..2_u8, 0..3_u8).prop_map(|(kind, name)| match kind {
            0 => Present::Client(format!("c{name}")),
            _ => Present::Topic(format!("t/{name}")),
        });
        prop::collection::vec(one, 0..3)
    };
    let kind = || prop::sample::select(&EventKind::ALL[..]);
    let kinds = prop::collection::vec(kind(), 1..12);
    let event = (kind(), 0..3_u8, 0..40_u64).prop_map(|(kind, name, seq)| NewHookEvent {
        kind,
        client: Some(format!("c{name}")),
        topic: None,
        messages: vec![seq],
        data: "{}".to_owned(),
    });
    let events = (
        prop::collection::vec(event, 0..3),
        present(),
        present(),
        present(),
        0..2_u8,
    );
    let events = events.prop_map(|(events, were, came, gone, node)| NodeEvents {
        node: format!("n{node}"),
        events,
        were,
        came,
        gone,
    });
    (0..10_u8, 0..3_u8, 0..30_u64, kinds, events).prop_map(|(kind, id, number, kinds, events)| {
        let id = format!("h{id}");
        let config = format!("{{\"number\":{number}}}");
        let kinds = kinds.into_iter().collect();
        match kind {
            0 | 1 => HookChange::Create {
                id,
                config,
                kinds,
                secrets: HiddenText(number.to_string()),
            },
            2 => HookChange::Update { id, config, kinds },
            3 => HookChange::Secrets(id, HiddenText(number.to_string())),
            4 => HookChange::Pause(id, (number > 15).then(|| "why".to_owned())),
            5 => HookChange::Replay(id, NOON + 1000 * number),
            6 => HookChange::Remove(id),
            7 => HookChange::Prune(number),
            8 => HookChange::Progress(HookProgress {
                id,
                run: number % 3,
                cursor: number,
                failing: (number > 15).then(|| Failing {
                    since: NOON,
                    why: "why".to_owned(),
                    retry_at: NOON + number,
                }),
                deliveries: vec![HookDelivery {
                    event: number,
                    at: NOON,
                    attempts: 1,
                    outcome: DeliveryOutcome::ALL[number as usize % 3],
                    status: Some(200),
                    latency: None,
                    error: None,
                }],
            }),
            _ => HookChange::Events(events),
        }
    })
}

fn person_change() -> impl Strategy<Value = PersonChange> {
    let step = prop::option::of(1..4_u64);
    (0..6_u8, 0..3_u8, 0..4_u8, step, session()).prop_map(|(kind, id, other, step, session)| {
        let (id, access) = (id.to_string(), format!("{{\"role\":\"{other}\"}}"));
        let name = PersonName {
            shown: format!("P{other}"),
            folded: format!("p{other}"),
        };
        let password = Hidden(format!("hash {other}"));
        match kind {
            0 => PersonChange::Add {
                id,
                name,
                password,
                access,
            },
            1 => PersonChange::Update { id, name, access },
            2 => PersonChange::Password {
                id,
                password,
                session: step.map(|_| session),
            },
            3 => {
                let secret = Hidden(vec![other; 20]);
                let totp = step.map(|step| StoredTotp { secret, step });
                PersonChange::Totp { id, totp }
            }
            4 => PersonChange::Remove(id),
            _ => PersonChange::SignIn {
                id,
                version: other.into(),
                step,
                session,
            },
        }
    })
}

fn key_change() -> impl Strategy<Value = KeyChange> {
    let time = NOON..NOON + 60_000;
    let end = prop::option::of(time.clone());
    (0..6_u8, 0..3_u8, 0..9_u8, time, end).prop_map(|(kind, id, other, at, expires_at)| {
        let pushes_per_day = (other > 4).then(|| u64::from(other));
        let (id, name, digest) = (id.to_string(), other.to_string(), [other; 32]);
        let access = format!("{{\"role\":\"{other}\"}}");
        match kind {
            0 => KeyChange::Create(NewApiKey {
                id,
                name,
                digest,
                access,
                expires_at,
                pushes_per_day,
            }),
            1 => KeyChange::Update {
                id,
                name,
                access,
                expires_at,
                pushes_per_day,
            },
            2 => KeyChange::Rotate {
                id,
                digest,
                previous_until: at,
            },
            3 => KeyChange::Revoke(id),
            4 => {
                let here = NodePushes {
                    node: format!("node{}", other % 2).into(),
                    day: at,
                    count: u64::from(other),
                };
                KeyChange::Pushed(vec![(id.as_str().into(), here)])
            }
            _ => {
                let from = (other > 3).then(|| format!("10.0.0.{other}"));
                KeyChange::Used(vec![(id.as_str().into(), KeyUse { at, from })])
            }
        }
    })
}

fn revocation() -> impl Strategy<Value = TokenChange> {
    let ends_at = NOON..NOON + 60_000;
    (0..3_u8, any::<bool>(), ends_at).prop_map(|(n, by_id, ends_at)| TokenChange {
        tokens: match by_id {
            true => RevokedTokens::WithId(format!("token {n}")),
            false => RevokedTokens::OfClient(ClientId::parse(&format!("c{n}")).expect("an id")),
        },
        ends_at,
    })
}

fn source() -> impl Strategy<Value = AuditSource> {
    let address = prop_oneof![
        Just(None),
        (0..3_u8).prop_map(|n| Some([10, 0, 0, n].into())),
        (0..3_u16).prop_map(|n| Some([0x2001, 0xdb8, 0, 0, 0, 0, 0, n].into())),
    ];
    (prop::option::of(0..3_u8), address).prop_map(|(caller, address)| {
        let caller = caller.map(|n| AuditCaller {
            id: n.to_string().into(),
            name: format!("caller {}", n % 2).into(),
        });
        AuditSource {
            caller: caller.map(Arc::new),
            address,
        }
    })
}

fn audit() -> impl Strategy<Value = AuditChange> {
    let target = prop_oneof![
        Just(None),
        audience().prop_map(|audience| Some(AuditTarget::Audience(audience))),
        Just(Some(AuditTarget::Key("k".into()))),
        Just(Some(AuditTarget::Person("p".into()))),
        Just(Some(AuditTarget::Token("t".into()))),
    ];
    let about = (
        prop::option::of(1..40_u64),
        prop::option::of(0..JOBS),
        1..4_u64,
    );
    let entry = (source(), target, any::<bool>(), about);
    let entry = entry.prop_map(
        |(source, target, refused, (message, job, count))| AuditEntry {
            source,
            action: if refused { "push" } else { "key.create" }.into(),
            target,
            error: refused.then_some("forbidden".into()),
            message,
            job: job.map(job_of),
            count,
        },
    );
    let counts = prop::collection::vec((1..30_u64, 1..9_u64), 0..3);
    let entries = prop::collection::vec(entry, 0..4);
    (entries, counts).prop_map(|(entries, counts)| AuditChange { entries, counts })
}

/// The oldest messages, or some from the middle.
fn pruning() -> impl Strategy<Value = Change> {
    prop_oneof![
        (1..10_u64).prop_map(|line| Change::Prune((1..=line).collect(), Some(line))),
        prop::collection::btree_set(1..40_u64, 1..4)
            .prop_map(|some| Change::Prune(some.into_iter().collect(), None)),
    ]
}

fn audience() -> impl Strategy<Value = Audience> {
    let some = prop::collection::vec(0..CLIENTS, 1..CLIENTS);
    prop_oneof![
        3 => (0..CLIENTS).prop_map(|id| Audience::Client(client_of(id))),
        2 => some.prop_map(|ids| Audience::clients(ids.into_iter().map(client_of).collect())),
        3 => (0..3_u8).prop_map(|topic| {
            Audience::Topic(Topic::parse(&format!("t/{topic}")).expect("a topic"))
        }),
        1 => Just(Audience::Everyone),
    ]
}

/// What an update of Mercure has, with topics that its canonical one may be among.
fn update() -> impl Strategy<Value = Update> {
    let id = prop::option::weighted(0.5, 0..3_u8);
    let retry = prop::option::of(0..3_u64);
    let given = (
        prop::collection::btree_set(0..3_u8, 0..3),
        any::<bool>(),
        id,
        retry,
    );
    given.prop_map(|(alternates, private, id, retry)| {
        let topic = |number| Topic::parse(&format!("t/{number}")).expect("a topic");
        Update {
            alternates: alternates.into_iter().map(topic).collect(),
            private,
            id: id.map(|id| UpdateId::parse(&format!("urn:{id}")).expect("an id")),
            retry,
        }
    })
}

fn entry() -> impl Strategy<Value = Entry> {
    let key = prop::option::weighted(0.3, 0..4_u8);
    let tracked = prop::option::weighted(0.2, any::<u128>());
    let ttl = prop::option::weighted(0.3, 1..100_u64);
    let source = prop::option::of(source());
    let update = prop::option::of(update());
    let handling = prop::option::weighted(0.3, handling());
    let given = (
        audience(),
        0..3_u8,
        ttl,
        key,
        tracked,
        source,
        update,
        handling,
    );
    given.prop_map(
        |(audience, text, ttl, key, tracked, source, update, handling)| {
            let mut draft = draft(audience, &text.to_string());
            if let (Audience::Topic(canonical), Some(mut update)) = (&draft.audience, update) {
                let mut alternates = update.alternates.into_vec();
                alternates.retain(|topic| topic != canonical);
                update.alternates = alternates.into();
                draft.update = Some(Arc::new(update));
            }
            draft.handling = handling.and_then(Handling::unless_usual);
            draft.ttl = ttl.map(Duration::from_secs);
            let mut entry = Entry::new(draft).audited(source);
            if let Some(key) = key {
                entry = entry.with_key(key_of(key));
            }
            match tracked {
                Some(id) => entry.tracked_by(TrackedPush {
                    id: JobId::parse(&uuid::Uuid::from_u128(id).to_string()).expect("an id"),
                    title: Title::parse("a push").expect("a title"),
                }),
                None => entry,
            }
        },
    )
}

fn handling() -> impl Strategy<Value = Handling> {
    let replace = prop::option::of(0..2_u8);
    let urgency = prop_oneof![
        Just(Urgency::VeryLow),
        Just(Urgency::Normal),
        Just(Urgency::High)
    ];
    (replace, urgency, any::<bool>()).prop_map(|(replace, urgency, is_state)| Handling {
        replace: replace.and_then(|key| ReplaceKey::parse(&key.to_string()).ok()),
        urgency,
        is_state,
        replaces: None,
    })
}

/// Schedules of a few ids, which are made, moved, cancelled and sent.
fn schedule_change() -> impl Strategy<Value = ScheduleChange> {
    let id = |n: u8| ScheduleId::from_bytes([n; 16]);
    let when = || {
        prop_oneof![
            (NOON..NOON + 60_000).prop_map(When::At),
            (0..30_000_u64).prop_map(|delay| When::In(Duration::from_millis(delay))),
        ]
    };
    let new = (0..4_u8, when(), entry(), 0..4_u64);
    prop_oneof![
        3 => new.prop_map(move |(n, when, entry, most)| {
            let most = KeptSize {
                messages: most,
                bytes: 1_000,
            };
            let mut new = NewSchedule::new(entry, when, most);
            new.id = id(n);
            ScheduleChange::Add(Box::new(new))
        }),
        1 => (0..4_u8, when()).prop_map(move |(n, when)| ScheduleChange::Move(id(n), when)),
        1 => (0..4_u8).prop_map(move |n| ScheduleChange::Cancel(id(n))),
        2 => (NOON..NOON + 60_000).prop_map(ScheduleChange::Send),
    ]
}

fn retry() -> impl Strategy<Value = Option<Retry>> {
    let push =
        (0..3_u8).prop_map(|n| Retry::parse(&format!("{{\"to\":\"everyone\",\"data\":{n}}}")));
    prop::option::of(push.prop_map(|push| push.expect("short")))
}

fn command() -> impl Strategy<Value = JobCommand> {
    let report = (0..5_u64, prop::option::of(Just(State::Done)));
    (0..JOBS).prop_flat_map(move |job| {
        let id = job_of(job);
        prop_oneof![
            2 => retry().prop_map(move |retry| JobCommand::Begin(NewJob {
                id,
                title: Title::parse("a job").expect("a title"),
                total: Some(3),
                timeout: Duration::from_secs(60),
                retry,
            })),
            4 => (report.clone(), retry()).prop_map(move |((step, state), retry)| JobCommand::Report(id, Report {
                step: Some(step),
                state,
                retry,
                lines: Lines::parse("one\ntwo").expect("lines"),
                ..Report::default()
            })),
            1 => Just(JobCommand::Cancel(id)),
            1 => Just(JobCommand::TimeOut(id)),
            1 => Just(JobCommand::Finish(id, Conclusion {
                state: State::Done,
                reason: None,
                delivery: Receipts::default(),
                updated_at: NOON,
            })),
        ]
    })
}

fn recall() -> impl Strategy<Value = Recall> {
    let position = (0..CLIENTS, 0..40_u64, 0..40_u64);
    let positions = prop::collection::vec(position, 0..3);
    let key = prop::option::weighted(0.3, 0..4_u8);
    (1..60_u64, key, positions).prop_map(|(seq, key, positions)| {
        let position = |(id, sent, acked)| (client_of(id), ClientPosition { sent, acked });
        Recall {
            seq,
            key: key.map(key_of),
            positions: positions.into_iter().map(position).collect(),
        }
    })
}

fn client_of(id: usize) -> ClientId {
    client(&format!("client-{id}"))
}

fn job_of(id: usize) -> JobId {
    JobId::parse(&uuid::Uuid::from_u128(id as u128).to_string()).expect("an id")
}

fn key_of(key: u8) -> IdempotencyKey {
    IdempotencyKey::parse(&key.to_string()).expect("a key")
}

/// The writing half of a log, without its thread.
struct TestStore {
    folder: TempDir,
    store: Store,
}

impl TestStore {
    fn new() -> Self {
        Self::open(tempfile::tempdir().expect("a folder"))
    }

    fn open(folder: TempDir) -> Self {
        let mut options = LogOptions::new(folder.path());
        options.durability = Durability::Os;
        let opened = schema::open(&options).expect("opens");
        let positions = Positions::new(options.clock.clone(), opened.next_expiry);
        let store = Store::new(opened, options, Arc::new(positions));
        Self { folder, store }
    }

    /// What is in the files at this moment is what a process finds that comes after a kill.
    fn killed(self) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = files::database(self.folder.path());
        for from in [files::wal_path(&database), database] {
            let to = folder.path().join(from.file_name().expect("a name"));
            if from.exists() {
                std::fs::copy(from, to).expect("a copy");
            }
        }
        Self::open(folder)
    }

    fn apply(mut self, sets: &[ChangeSet], plan: &[Next]) -> Self {
        let mut together = Vec::new();
        for (set, next) in sets.iter().zip(plan.iter().cycle()) {
            together.push(set);
            if *next != Next::Together {
                self.store.apply(&together, |_| Ok(())).expect("applied");
                together.clear();
            }
            if *next == Next::Kill {
                self = self.killed();
            }
        }
        self.store.apply(&together, |_| Ok(())).expect("applied");
        self
    }

    /// Everything that the file says about messages, clients and jobs: by names, because the numbers of audiences are
    /// those of one file.
    fn dump(&self) -> String {
        let names = |list: &str| {
            format!(
                "(SELECT group_concat(name) FROM (SELECT name FROM json_each({list}) AS number
                  JOIN audiences AS named ON named.id = number.value ORDER BY name))"
            )
        };
        const NAME: &str = "(SELECT kind || ' ' || name FROM audiences WHERE id = ";
        let queries = [
            format!(
                "SELECT seq, at, expires_at, ended, {NAME} audience), event, json, data,
                 {}, {} FROM messages ORDER BY seq",
                names("messages.audiences"),
                names("missed"),
            ),
            format!(
                "SELECT block, {NAME} abs(audience)), audience < 0, seq, {NAME} abs(topic)), topic < 0
                 FROM posts ORDER BY 4, 2"
            ),
            format!(
                "SELECT {NAME} audience), sent, acked, first_seen, last_seen, last_reason
                 FROM clients ORDER BY 1"
            ),
            "SELECT kind, name, expired, pruned FROM audiences ORDER BY kind, name".to_owned(),
            "SELECT * FROM reach ORDER BY seq".to_owned(),
            "SELECT * FROM updates ORDER BY seq".to_owned(),
            "SELECT * FROM handlings ORDER BY seq".to_owned(),
            "SELECT * FROM replaceable ORDER BY scope, key".to_owned(),
            "SELECT * FROM urgent ORDER BY audience, seq".to_owned(),
            "SELECT * FROM topic_states ORDER BY name".to_owned(),
            "SELECT * FROM scheduled ORDER BY number".to_owned(),
            "SELECT floor, pruned FROM log".to_owned(),
            "SELECT key, digest, seq, at FROM keys ORDER BY key".to_owned(),
            "SELECT * FROM jobs ORDER BY number".to_owned(),
            "SELECT * FROM job_lines ORDER BY job, line".to_owned(),
            "SELECT * FROM recalls ORDER BY seq".to_owned(),
            "SELECT * FROM sessions ORDER BY digest".to_owned(),
            "SELECT * FROM api_keys ORDER BY id".to_owned(),
            "SELECT * FROM key_pushes ORDER BY key, node".to_owned(),
            "SELECT * FROM revoked_tokens ORDER BY kind, name".to_owned(),
            "SELECT * FROM hooks ORDER BY id".to_owned(),
            "SELECT * FROM hook_events ORDER BY seq".to_owned(),
            "SELECT * FROM hook_deliveries ORDER BY hook, event".to_owned(),
            "SELECT * FROM hook_presence ORDER BY kind, name, node".to_owned(),
            "SELECT * FROM saved ORDER BY id".to_owned(),
            "SELECT * FROM audit ORDER BY number".to_owned(),
            "SELECT * FROM audit_packs ORDER BY first".to_owned(),
            "SELECT * FROM audit_callers ORDER BY id".to_owned(),
            "SELECT * FROM audit_sizes ORDER BY block".to_owned(),
            "SELECT * FROM audit_blocks ORDER BY caller, block".to_owned(),
            "SELECT * FROM audit_targets ORDER BY block, target, number".to_owned(),
        ];
        let rows = queries.iter().map(|query| rows(&self.store.conn, query));
        rows.collect::<Vec<_>>().join("\n\n")
    }
}

fn rows(conn: &Connection, query: &str) -> String {
    let mut query = conn.prepare(query).expect("a query");
    let columns = query.column_count();
    let rows = query.query_map([], |row| {
        let values: Result<Vec<Value>, _> = (0..columns).map(|i| row.get(i)).collect();
        Ok(format!("{:?}", values?))
    });
    let rows: Result<Vec<_>, _> = rows.expect("rows").collect();
    rows.expect("rows").join("\n")
}

fn plan() -> impl Strategy<Value = Vec<Next>> {
    let next = prop_oneof![
        4 => Just(Next::Together),
        4 => Just(Next::Commit),
        1 => Just(Next::Kill),
    ];
    prop::collection::vec(next, 1..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_record_comes_back_as_it_was(sets in change_sets(), number in 1..u64::MAX) {
        for ChangeSet { at, changes } in sets {
            let base = Base { place: at, head: number };
            let bytes = cbor::encode(7, number, base, &changes);
            let record = cbor::decode(&bytes).expect("a record");
            prop_assert_eq!(&record, &Record { boot: 7, number, base, changes });
            for end in 0..bytes.len() {
                prop_assert!(cbor::decode(&bytes[..end]).is_err(), "cut off at {}", end);
            }
        }
    }

    #[test]
    fn logs_that_apply_the_same_change_sets_are_equal(
        sets in change_sets(),
        plans in (plan(), plan()),
    ) {
        let one_by_one = TestStore::new().apply(&sets, &[Next::Commit]);
        let expected = one_by_one.dump();
        for plan in [plans.0, plans.1, vec![Next::Together], vec![Next::Kill]] {
            let log = TestStore::new().apply(&sets, &plan);
            prop_assert_eq!(&log.dump(), &expected, "with {:?}", plan);
            prop_assert_eq!(log.store.head, one_by_one.store.head);
            prop_assert_eq!(log.store.messages, one_by_one.store.messages);
        }
    }
}
