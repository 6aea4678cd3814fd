//! The server's own topics `$sys/clients`, `$sys/messages` and `$sys/jobs`: change events for the panel.

use std::{convert::Infallible, sync::Arc, time::Duration};

use app::wire::{
    EVENT_CLIENTS, EVENT_EPHEMERAL, EVENT_JOB, EVENT_JOBS_REMOVED, EVENT_MOVED, EVENT_PUSHED,
    EVENT_RESYNC, JobInfo, SYS_CLIENTS, SYS_JOBS, SYS_MESSAGES,
};
use serde::Serialize;

use super::{clients, jobs::describe, messages};
use crate::{
    broker::Broker,
    change_feed::Changed,
    jobs::Jobs,
    message::{Audience, ClientId, Data, Draft, EventType, Topic},
};

/// Changes within this time are published as one event.
const GATHER: Duration = Duration::from_millis(50);

/// The same for jobs, which can change many times a second.
const GATHER_JOBS: Duration = Duration::from_millis(200);

/// Publishes which clients connected and disconnected. Never ends.
pub async fn publish_clients(broker: Arc<Broker>) -> Infallible {
    loop {
        let changed = broker.registry().changes().next_batch(GATHER).await;
        let ids = named(changed);
        if let Some(nodes) = broker.nodes() {
            nodes.tell_changed(ids.as_deref());
        }
        publish_changed(&broker, ids).await;
    }
}

/// The same for clients of other nodes.
pub async fn publish_remote_clients(broker: Arc<Broker>) -> Infallible {
    let Some(nodes) = broker.nodes() else {
        return std::future::pending().await;
    };
    loop {
        let changed = nodes.changes().next_batch(GATHER).await;
        publish_changed(&broker, named(changed)).await;
    }
}

/// The changed clients. None: there are too many to name.
fn named(changed: Changed<ClientId, ()>) -> Option<Vec<ClientId>> {
    match changed {
        Changed::TooMany => None,
        Changed::These(ids) => Some(ids.into_keys().collect()),
    }
}

async fn publish_changed(broker: &Broker, ids: Option<Vec<ClientId>>) {
    if !broker.registry().is_observed() {
        return;
    }
    let topic = Topic::own(SYS_CLIENTS);
    match ids {
        None => publish(broker, &topic, EVENT_RESYNC, &()),
        Some(ids) => {
            let found = clients::presence::of(broker, &ids).await;
            publish(broker, &topic, EVENT_CLIENTS, &found.clients);
        }
    }
}

/// Publishes new messages, and for which clients receipts have changed. Never ends.
pub async fn publish_messages(broker: Arc<Broker>) -> Infallible {
    let topic = Topic::own(SYS_MESSAGES);
    loop {
        broker.activity().changed().await;
        tokio::time::sleep(GATHER).await;
        let activity = broker.activity().take();
        if activity.overflowed {
            publish(&broker, &topic, EVENT_RESYNC, &());
        }
        for pushed in &activity.pushed {
            let event = match pushed.is_logged {
                true => EVENT_PUSHED,
                false => EVENT_EPHEMERAL,
            };
            let info = messages::just_pushed(pushed, &broker);
            publish(&broker, &topic, event, &info);
        }
        if !activity.receipts_moved.is_empty() {
            let ids: Vec<&str> = activity
                .receipts_moved
                .iter()
                .map(|id| id.as_str())
                .collect();
            publish(&broker, &topic, EVENT_MOVED, &ids);
        }
    }
}

/// Publishes which jobs have changed or were removed. Never ends.
pub async fn publish_jobs(broker: Arc<Broker>, jobs: Arc<Jobs>) -> Infallible {
    let topic = Topic::own(SYS_JOBS);
    loop {
        let changed = jobs.changes().next_batch(GATHER_JOBS).await;
        if !broker.registry().is_observed() {
            continue;
        }
        match changed {
            Changed::TooMany => publish(&broker, &topic, EVENT_RESYNC, &()),
            Changed::These(changed) => {
                let openings = broker.log().openings();
                let states = changed.values().flatten();
                let infos: Vec<JobInfo> = states.map(|job| describe(job, openings)).collect();
                if !infos.is_empty() {
                    publish(&broker, &topic, EVENT_JOB, &infos);
                }
                let gone = changed.iter().filter(|(_, job)| job.is_none());
                let gone: Vec<String> = gone.map(|(id, _)| id.to_string()).collect();
                if !gone.is_empty() {
                    publish(&broker, &topic, EVENT_JOBS_REMOVED, &gone);
                }
            }
        }
    }
}

/// Publishes an event on one of these topics.
pub fn publish(broker: &Broker, topic: &Topic, event: &'static str, data: &impl Serialize) {
    let json = serde_json::to_string(data).unwrap_or_default();
    broker.announce(&Draft {
        audience: Audience::Topic(topic.clone()),
        event: Some(EventType::own(event)),
        data: Data::Json(json.into()),
        ttl: Some(Duration::ZERO),
        update: None,
        handling: None,
    });
}
