//! What becomes of a hook and of its events when the endpoint does not take them, with a clock that stands still.

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::{
    broker::Broker,
    config::{HookSettings, Settings},
    hooks::{HookSecret, HookTexts, SecretKind},
    log::{Clock, EventKind, HiddenText, LogOptions, NewHookEvent, NodeEvents},
    outbox::QueueLimits,
    registry::{Capacity, Registry},
};

const HOUR: u64 = 3_600_000;

/// A hook, and who delivers to it. Nothing is sent: the tests say what the endpoint answers.
struct Test {
    runner: Runner,
    clock: Arc<AtomicU64>,
    _folder: tempfile::TempDir,
}

impl Test {
    /// With an event of each of these clients.
    async fn new(clients: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(AtomicU64::new(1_800_000_000_000));
        let mut options = LogOptions::new(folder.path());
        let now = Arc::clone(&clock);
        options.clock = Clock::new(move || now.load(Ordering::Relaxed));
        let hooks = Hooks::open(broker(options), &settings(), "n");
        let config = HookConfig::parse(&HookTexts {
            url: "https://example.com/hooks".to_owned(),
            events: vec!["connection.opened".to_owned()],
            ..HookTexts::default()
        });
        let config = config.expect("valid");
        let secret = HookSecret::random(SecretKind::Hmac).expect("random bytes");
        let create = HookChange::Create {
            id: "h".to_owned(),
            config: config.to_stored(),
            kinds: config.kinds(),
            secrets: HiddenText(HookSecrets::new(secret).to_stored()),
        };
        hooks.change(create).await.expect("made");
        let events = clients.iter().map(|client| NewHookEvent {
            kind: EventKind::ConnectionOpened,
            client: Some((*client).to_owned()),
            topic: None,
            messages: Vec::new(),
            data: "{}".to_owned(),
        });
        let events = HookChange::Events(NodeEvents {
            node: "n".to_owned(),
            events: events.collect(),
            ..NodeEvents::default()
        });
        hooks.change(events).await.expect("written");
        let hook = hooks.broker.log().hook("h").expect("the hook");
        let mut runner = Runner::new(hooks, hook).expect("a runner");
        runner.read().await;
        Self {
            runner,
            clock,
            _folder: folder,
        }
    }

    fn pass(&self, milliseconds: u64) {
        self.clock.fetch_add(milliseconds, Ordering::Relaxed);
    }

    /// Takes the next event, whenever it is due.
    fn next(&mut self) -> u64 {
        let far_away = Instant::now() + Duration::from_secs(1_000_000);
        self.runner.window.next(far_away).expect("an event").seq
    }

    /// The endpoint answers the request with an event. Returns whether deliveries go on.
    async fn answered(&mut self, seq: u64, result: Result<u16, Failure>) -> bool {
        let latency = Duration::from_millis(1);
        self.runner.note(seq, Attempt { latency, result }).await
    }

    fn stored(&self) -> Arc<StoredHook> {
        let log = self.runner.hooks.broker.log();
        log.hook(&self.runner.hook.id).expect("the hook")
    }
}

fn settings() -> HookSettings {
    Settings::from_flags([""; 0]).expect("valid").hooks
}

fn broker(options: LogOptions) -> Arc<Broker> {
    let capacity = Capacity {
        per_client: 1,
        per_address: 1,
        total: 1,
    };
    let limits = QueueLimits {
        frames: 1,
        bytes: 1,
    };
    let registry = Registry::new(capacity, limits);
    Broker::open(options, registry, None, |reason| panic!("{reason}")).expect("a log")
}

fn down() -> Result<u16, Failure> {
    Err(Failure::Unreachable("no connection".to_owned()))
}

fn refused() -> Result<u16, Failure> {
    Err(Failure::Status(422, None))
}

#[tokio::test]
async fn a_hook_is_paused_after_a_day_without_a_delivery() {
    let mut test = Test::new(&["ada"]).await;
    let seq = test.next();
    assert!(test.answered(seq, down()).await);
    test.pass(24 * HOUR - 1);
    assert_eq!(test.next(), seq, "it is tried again");
    assert!(test.answered(seq, down()).await);
    assert_eq!(test.stored().paused, None);
    test.pass(1);
    assert_eq!(test.next(), seq);
    assert!(!test.answered(seq, down()).await, "deliveries end");
    let (why, since) = test.stored().paused.clone().expect("paused");
    assert_eq!(
        why,
        "every delivery has failed for 24 hours; the last time: no connection"
    );
    assert_eq!(since, test.clock.load(Ordering::Relaxed));
    assert!(test.stored().cursor < seq, "the event waits");
    assert!(!test.runner.is_current());
}

#[tokio::test]
async fn a_delivery_ends_the_time_without_one() {
    let mut test = Test::new(&["ada", "bob"]).await;
    let ada = test.next();
    assert!(test.answered(ada, down()).await);
    test.pass(23 * HOUR);
    assert_eq!(test.next(), ada);
    assert!(test.answered(ada, Ok(204)).await);
    test.pass(2 * HOUR);
    let bob = test.next();
    assert!(test.answered(bob, down()).await);
    test.pass(24 * HOUR - 1);
    assert_eq!(test.next(), bob);
    assert!(test.answered(bob, down()).await);
    assert_eq!(test.stored().paused, None);
}

#[tokio::test]
async fn an_event_is_given_up_after_ten_refusals_if_others_were_taken() {
    let mut test = Test::new(&["ada", "bob"]).await;
    let (ada, bob) = (test.next(), test.next());
    assert!(test.answered(ada, refused()).await);
    assert!(test.answered(bob, Ok(204)).await);
    for _ in 2..REFUSALS {
        assert_eq!(test.next(), ada);
        assert!(test.answered(ada, refused()).await);
        assert!(test.runner.window.cursor() < ada, "it is tried again");
    }
    assert_eq!(test.next(), ada);
    assert!(test.answered(ada, refused()).await);
    assert_eq!(test.runner.window.cursor(), bob, "nothing waits");
    test.runner.write().await;
    assert_eq!(test.stored().cursor, bob);
    let log = test.runner.hooks.broker.log();
    let deliveries = log.hook_deliveries("h", u64::MAX, 10).expect("a list");
    let of_ada = deliveries.iter().find(|one| one.event == ada);
    let of_ada = of_ada.expect("a delivery");
    assert_eq!(of_ada.outcome, DeliveryOutcome::Failed);
    assert_eq!(of_ada.attempts, u64::from(REFUSALS));
    assert_eq!(of_ada.status, Some(422));
}

#[tokio::test]
async fn no_event_is_given_up_while_nothing_is_taken() {
    let mut test = Test::new(&["ada"]).await;
    for _ in 0..3 * REFUSALS {
        let seq = test.next();
        assert!(test.answered(seq, refused()).await);
        assert!(test.runner.window.cursor() < seq);
    }
}
