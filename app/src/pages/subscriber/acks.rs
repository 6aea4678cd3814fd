//! Telling the server what was shown: the newest place only, and about once a second at most.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::Client,
    browser::{self, Listener, Timer},
    wire::Ack,
};

/// Milliseconds from one acknowledgement to the next.
const APART: f64 = 1_000.0;
/// Milliseconds to wait for more of what comes together.
const GATHER: f64 = 50.0;

/// What is still to be acknowledged. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Acks {
    id: RwSignal<String>,
    due: StoredValue<Due, LocalStorage>,
}

#[derive(Default)]
struct Due {
    ack: Option<Ack>,
    timer: Option<Timer>,
    last: f64,
    _leaving: Option<[Listener; 2]>,
}

impl Acks {
    /// Acknowledges as the client that this names.
    pub(super) fn new(id: RwSignal<String>) -> Self {
        let acks = Self {
            id,
            due: StoredValue::new_local(Due::default()),
        };
        Effect::new(move || {
            let leaving = browser::on_leaving(move || acks.send_at_last());
            acks.due.update_value(|due| due._leaving = Some(leaving));
        });
        acks
    }

    /// The page shows this message.
    pub(super) fn shown(self, id: String) {
        let client_id = self.id.get_untracked();
        self.due.try_update_value(|due| {
            due.ack = Some(Ack { client_id, id });
        });
        self.plan();
    }

    /// The server can be reached again.
    pub(super) fn plan(self) {
        self.due.try_update_value(|due| {
            if due.ack.is_some() && due.timer.is_none() {
                let wait = (due.last + APART - browser::now()).clamp(GATHER, APART);
                due.timer = Some(Timer::after(wait, move || self.send()));
            }
        });
    }

    fn take(self) -> Option<Ack> {
        self.due.try_update_value(|due| {
            due.timer = None;
            due.last = browser::now();
            due.ack.take()
        })?
    }

    fn send(self) {
        let Some(ack) = self.take() else { return };
        spawn_local(async move {
            if Client::new("").ack(&ack).await.is_err() {
                // With the next message, when the stream is open again, or when the page is left.
                self.due.try_update_value(|due| {
                    due.ack.get_or_insert(ack);
                });
            }
        });
    }

    fn send_at_last(self) {
        if let Some(ack) = self.take()
            && let Ok(json) = serde_json::to_string(&ack)
        {
            browser::send_beacon("/ack", &json);
        }
    }
}
