//! `$sys/clients`: tells the panel who came and went.

use std::{sync::Arc, time::Duration};

use app::wire::{ClientInfo, EVENT_CLIENTS, EVENT_RESYNC, SYS_CLIENTS};
use serde::Serialize;

use super::clients;
use crate::{
    broker::Broker,
    message::{Audience, Data, Draft, EventType, InvalidTopic, Topic},
    registry::Changed,
};

/// Changes that come closer together than this are told together.
const GATHER: Duration = Duration::from_millis(50);

/// Publishes the registry's changes for as long as the task lives.
pub async fn watch(broker: Arc<Broker>) -> Result<(), InvalidTopic> {
    let topic = Topic::parse(SYS_CLIENTS)?;
    let changes = broker.registry().changes();
    loop {
        changes.noted().await;
        tokio::time::sleep(GATHER).await;
        let changed = changes.take();
        if !broker.registry().is_heard(&topic) {
            continue;
        }
        let draft = match changed {
            Changed::TooMany => draft(&topic, EVENT_RESYNC, &()),
            Changed::Clients(ids) => {
                let presence = |id| clients::info(broker.registry().presence(&id));
                let infos: Vec<ClientInfo> = ids.into_iter().map(presence).collect();
                draft(&topic, EVENT_CLIENTS, &infos)
            }
        };
        broker.publish(draft).await;
    }
}

fn draft(topic: &Topic, event: &'static str, data: &impl Serialize) -> Draft {
    let json = serde_json::to_string(data).unwrap_or_default();
    Draft {
        audience: Audience::Topic(topic.clone()),
        event: Some(EventType::own(event)),
        data: Data::Json(json.into()),
        ttl: Some(Duration::ZERO),
    }
}
