//! Webhooks: a back end is told what happened, at least once, in order per client, and signed.

mod connect;
mod events;
mod outages;
mod requests;

use app::{
    api::Client,
    wire::{HookFilter, HookInfo, HookRequest, NewHook},
};

use crate::{
    harness::{Server, within},
    support::receiver::{self, Receiver},
};

/// Lets hooks lead to this machine. It has to stand last.
const ALLOW: &str = "--hook-allow-private=true";

/// A server whose hooks may lead to this machine, with this grace time for clients.
async fn server_with(grace: &str) -> Server {
    Server::with(&["--hook-grace", grace, ALLOW]).await
}

async fn server() -> Server {
    server_with("0").await
}

fn request(receiver: &Receiver, events: &[&str]) -> HookRequest {
    HookRequest {
        url: receiver.url(),
        events: events.iter().map(|event| (*event).to_owned()).collect(),
        ..HookRequest::default()
    }
}

/// Makes a hook for these events.
async fn hook(server: &Server, receiver: &Receiver, events: &[&str]) -> NewHook {
    made(&server.api, &request(receiver, events)).await
}

async fn made(api: &Client, request: &HookRequest) -> NewHook {
    within(api.create_hook(request)).await.expect("made")
}

fn clients(patterns: &[&str]) -> HookFilter {
    HookFilter {
        clients: patterns.iter().map(|text| (*text).to_owned()).collect(),
        topics: Vec::new(),
    }
}

/// Waits until a hook is as it should be.
async fn until(server: &Server, hook: &NewHook, is: impl Fn(&HookInfo) -> bool) -> HookInfo {
    let path = format!("/api/hooks/{}", hook.info.id);
    server.until(&path, is).await
}
