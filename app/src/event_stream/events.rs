//! What the events of a stream mean.

use leptos::prelude::*;
use serde::de::DeserializeOwned;

use super::{Arrival, EventStream, State, Told};
use crate::wire::{Gap, Recall, Reconnect, Welcome};

impl EventStream {
    /// What an event means to the page, if it means anything.
    pub(super) fn understood(self, kind: &str, id: Option<String>, data: String) -> Option<Told> {
        match kind {
            "welcome" => self.welcomed(&data).then_some(Told::Welcome),
            "ping" => {
                self.upkeep.try_update_value(|u| u.place.catch_up());
                None
            }
            "refused" => read(&data).map(Told::Refused),
            "gap" => {
                let gap: Gap = read(&data)?;
                if gap.from.is_none() {
                    self.upkeep.try_update_value(|u| u.place.forget_newest());
                }
                Some(Told::Gap(gap))
            }
            "recall" => read(&data).map(|Recall { id }| Told::Recall(id)),
            "reconnect" => {
                let Reconnect { after_ms, reason } = read(&data)?;
                self.wait(after_ms as f64, Some(reason));
                None
            }
            _ => self.message(kind, id, data),
        }
    }

    fn message(self, kind: &str, id: Option<String>, data: String) -> Option<Told> {
        let event = (kind != "message").then(|| kind.to_owned());
        let missed = self.upkeep.try_update_value(|upkeep| {
            // A type that is no longer wanted may still be listened for.
            let wanted = event
                .as_ref()
                .is_none_or(|kind| upkeep.types.contains(kind));
            (wanted && upkeep.place.is_new(id.as_ref())).then(|| upkeep.place.is_catching_up())
        })??;
        Some(Told::Message(Arrival {
            id,
            event,
            data,
            missed,
        }))
    }

    fn welcomed(self, data: &str) -> bool {
        let Some(welcome) = read::<Welcome>(data) else {
            return false;
        };
        self.upkeep.try_update_value(|upkeep| {
            upkeep.heartbeat = welcome.heartbeat as f64 * 1_000.0;
            upkeep.failures = 0;
        });
        self.state.set(State::Live);
        self.look_again_in(self.silence_left());
        true
    }
}

fn read<T: DeserializeOwned>(data: &str) -> Option<T> {
    serde_json::from_str(data).ok()
}
