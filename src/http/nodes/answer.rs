//! Answers what other nodes ask for the lists of the API.

use std::sync::Arc;

use app::wire::ClientInfo;
use serde::Serialize;

use super::ask::Part;
use crate::{
    http::{
        AppState,
        clients::{presence, wanted::Wanted},
        mercure::subscriptions,
        stats,
        topics::{self, WantedTopics},
        visible::Visible,
    },
    message::ClientId,
};

/// Answers what other nodes ask.
pub fn serve(state: &AppState) {
    let Some(nodes) = state.broker.nodes() else {
        return;
    };
    let state = state.downgrade();
    nodes.serve_api(Box::new(move |part, query| {
        let state = state.clone();
        Box::pin(async move {
            let answered = match (state.upgrade(), part_of(&part)) {
                (Some(state), Some(part)) => answer(&state, part, &query).await,
                _ => None,
            };
            // Not JSON, so that this node counts as one that has not answered.
            answered.unwrap_or_default()
        })
    }));
}

fn part_of(name: &str) -> Option<Part> {
    Part::ALL.into_iter().find(|part| part.name() == name)
}

async fn answer(state: &AppState, part: Part, query: &str) -> Option<String> {
    let broker = Arc::clone(&state.broker);
    match part {
        Part::Clients => {
            let wanted: Wanted = serde_json::from_str(query).ok()?;
            let page = tokio::task::spawn_blocking(move || wanted.find(&broker));
            json(&page.await.ok()?.ok()?)
        }
        Part::Presence => {
            let names: Vec<String> = serde_json::from_str(query).ok()?;
            let ids = names.iter().filter_map(|name| ClientId::parse(name).ok());
            let ids: Vec<ClientId> = ids.collect();
            let clients: Vec<ClientInfo> = presence::here(&broker, &ids);
            json(&clients)
        }
        Part::Topics => {
            let wanted: WantedTopics = serde_json::from_str(query).ok()?;
            json(&topics::here(&broker, &wanted))
        }
        Part::Subscriptions => json(&subscriptions::here(&broker)),
        Part::Stats => {
            // A node of an earlier version asks for everything.
            let visible: Visible = serde_json::from_str(query).ok()?;
            json(&stats::here(state, &visible).await.ok()?)
        }
    }
}

fn json(answer: &impl Serialize) -> Option<String> {
    serde_json::to_string(answer).ok()
}
