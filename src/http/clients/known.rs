//! Lists of known clients of which some are left out: those without unread messages, or those that are connected.

use std::sync::Arc;

use app::wire::{ClientInfo, ClientsPage};

use super::{presence, wanted::Wanted};
use crate::{
    broker::Broker,
    http::{Error, off_thread},
    log::{KnownClient, ReadError},
    message::ClientId,
};

/// Known clients that are looked at together.
const STEP: usize = 1_000;

/// The clients of a list in their order, as far as they are on the page.
#[derive(Default)]
struct Page {
    clients: Vec<ClientInfo>,
    next: Option<String>,
    matching: u64,
    missing: Vec<String>,
}

/// One page. The cost grows with the number of known clients that are looked at, which with an offset are all of them.
pub async fn find(wanted: &Wanted, broker: &Arc<Broker>) -> Result<ClientsPage, Error> {
    let (mut after, skipped) = wanted.place();
    let counts_all = skipped.is_some();
    let range = skipped.unwrap_or_default()..skipped.unwrap_or_default() + wanted.limit as u64;
    let mut page = Page::default();
    loop {
        let (known, next) = step(wanted, broker, after).await?;
        let ids: Vec<ClientId> = known.iter().map(|client| client.id.clone()).collect();
        let presence = presence::of(broker, &ids).await;
        page.missing = presence.missing;
        for (client, found) in known.into_iter().zip(presence.clients) {
            let is_online = !found.connections.is_empty();
            if wanted.filter.away && is_online {
                continue;
            }
            if !counts_all && page.clients.len() == wanted.limit {
                page.next = page.clients.last().map(|last| last.client_id.clone());
                break;
            }
            if range.contains(&page.matching) {
                let last_seen = client.last_seen.filter(|_| !is_online);
                page.clients.push(ClientInfo { last_seen, ..found });
            }
            page.matching += 1;
        }
        after = match next {
            Some(next) if page.next.is_none() => Some(next),
            _ => break,
        };
    }
    wanted.hide(&mut page.clients);
    Ok(ClientsPage {
        clients: page.clients,
        next: page.next,
        total: wanted.total(broker).await,
        matching: counts_all.then_some(page.matching),
        missing_nodes: page.missing,
    })
}

/// Some known clients after an id that match as far as the log knows, and where to go on.
async fn step(
    wanted: &Wanted,
    broker: &Arc<Broker>,
    after: Option<ClientId>,
) -> Result<(Vec<KnownClient>, Option<ClientId>), Error> {
    let (wanted, broker) = (wanted.clone(), Arc::clone(broker));
    let found = off_thread(move || {
        let sees = |id: &ClientId| wanted.visible.client(id);
        let log = broker.log();
        let page = log.clients(&wanted.search, after.as_ref(), STEP, &sees)?;
        let mut clients = Vec::new();
        // Not while the rows are read: each has a query of its own.
        for client in page.clients {
            if wanted.filter.unread(&broker, &client.id)? {
                clients.push(client);
            }
        }
        Ok::<_, ReadError>((clients, page.next))
    });
    found.await
}
