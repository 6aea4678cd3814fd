//! The query of a list of clients, and the pages that answer it.

use std::{cell::RefCell, sync::Arc};

use app::wire::{ClientInfo, ClientsPage};
use serde::{Deserialize, Serialize};

use super::{
    filter::ClientFilter,
    order::{BY_ID, parse_order, sort_by},
    presence::{self, info},
};
use crate::{
    broker::Broker,
    http::{
        Error,
        body::Pairs,
        nodes::ask::{self, Asked, Part},
        off_thread,
        visible::Visible,
    },
    log::{KnownClient, ReadError},
    message::ClientId,
    registry::{ClientSearch, SortKey},
};

/// The default number of clients on a page.
const PAGE: u64 = 100;
/// The maximum number of clients on a page.
const MAX_PAGE: u64 = 1_000;

/// The query of a request.
#[derive(Clone, Serialize, Deserialize)]
pub struct Wanted {
    /// Also clients that are not connected.
    pub(super) all: bool,
    pub(super) search: String,
    pub(super) limit: usize,
    from: From,
    /// Nodes that do not know it answer with clients that do not match.
    #[serde(default)]
    pub(super) filter: ClientFilter,
    /// Nodes that do not know it answer with all clients, and some are left out of the answer.
    #[serde(default)]
    pub(super) visible: Visible,
}

/// The first client of the page.
#[derive(Clone, Serialize, Deserialize)]
enum From {
    /// After this id, if there is one.
    Id(Option<String>),
    /// So many clients are skipped, in this order.
    Offset(usize, String),
}

impl Wanted {
    pub(super) fn parse(pairs: &Pairs, visible: Visible) -> Result<Self, Error> {
        let all = match pairs.get("state") {
            None | Some("online") => false,
            Some("all" | "away") => true,
            Some(_) => return Err(Error::invalid("state", "must be online, all or away")),
        };
        let filter = ClientFilter::parse(pairs, pairs.get("state") == Some("away"))?;
        Ok(Self {
            // Who is not connected does not match a condition on connections.
            all: all && filter.of_connections().is_none(),
            filter,
            search: pairs.get("q").unwrap_or_default().to_owned(),
            limit: pairs.page_limit(PAGE, MAX_PAGE, "clients")?,
            from: from(pairs, all)?,
            visible,
        })
    }

    /// The page of this node.
    pub fn find(&self, broker: &Broker) -> Result<ClientsPage, ReadError> {
        let sees = |id: &ClientId| self.visible.client(id);
        let connection = self.filter.connection(&self.visible);
        let unreadable = RefCell::new(None);
        let has_unread = |id: &ClientId| {
            let found = self.filter.unread(broker, id);
            found.unwrap_or_else(|error| {
                unreadable.replace(Some(error));
                false
            })
        };
        // Whoever sees only some topics must not find out others.
        let search = ClientSearch {
            text: &self.search,
            topics: self.visible.is_everything(),
            sees: &sees,
            connection: match self.filter.of_connections() {
                Some(_) => Some(&connection),
                None => None,
            },
            keeps: match self.filter.unread {
                true => Some(&has_unread),
                false => None,
            },
        };
        let (mut clients, next, matching) = match (&self.from, self.all) {
            (From::Id(after), false) => {
                let (clients, next) = self.online(broker, parsed(after).as_ref(), &search);
                (clients, next, None)
            }
            (From::Id(after), true) => {
                let after = parsed(after);
                let log = broker.log();
                let page = log.clients(&self.search, after.as_ref(), self.limit, &sees)?;
                let next = page.next.map(|next| next.to_string());
                (known_clients(broker, page.clients), next, None)
            }
            (From::Offset(offset, sort), false) => {
                let registry = broker.registry();
                let order = parse_order(sort).unwrap_or(BY_ID);
                let window = registry.sorted_clients(order, &search, *offset, self.limit);
                let clients = window.clients.into_iter().map(info).collect();
                (clients, None, Some(window.matching))
            }
            (From::Offset(offset, _), true) => {
                let range = (*offset as u64, self.limit as u64);
                let log = broker.log();
                let sees: Option<&dyn Fn(&ClientId) -> bool> =
                    (!self.visible.is_everything()).then_some(&sees);
                let (clients, matching) = log.client_window(&self.search, range, sees)?;
                (known_clients(broker, clients), None, Some(matching))
            }
        };
        if let Some(error) = unreadable.into_inner() {
            return Err(error);
        }
        self.hide(&mut clients);
        let total = match self.visible.is_everything() {
            true => broker.registry().size().clients,
            false => broker.registry().count_clients(sees).clients,
        };
        Ok(ClientsPage {
            clients,
            next,
            total,
            matching,
            missing_nodes: Vec::new(),
        })
    }

    /// The page of all nodes, of clients that are connected. Each node has those of its own that may be on the page.
    pub(super) async fn find_online(&self, broker: &Arc<Broker>) -> Result<ClientsPage, Error> {
        let mut wanted = self.clone();
        if let From::Offset(offset, _) = &mut wanted.from {
            wanted.limit = wanted.limit.saturating_add(std::mem::take(offset));
        }
        let (asked, size) = tokio::join!(
            ask::ask::<ClientsPage>(broker, Part::Clients, &wanted),
            broker.size()
        );
        let this = Arc::clone(broker);
        let own = off_thread(move || wanted.find(&this)).await?;
        let total = match self.visible.is_everything() {
            true => size.clients,
            false => {
                own.total
                    + asked
                        .answers
                        .iter()
                        .map(|(_, page)| page.total)
                        .sum::<u64>()
            }
        };
        let pages = || std::iter::once(&own).chain(asked.answers.iter().map(|(_, page)| page));
        let found: usize = pages().map(|page| page.clients.len()).sum();
        let more = pages().any(|page| page.next.is_some());
        let matching: u64 = pages().filter_map(|page| page.matching).sum();
        let others = Asked {
            answers: asked
                .answers
                .into_iter()
                .map(|(node, page)| (node, page.clients))
                .collect(),
            missing: Vec::new(),
        };
        let merged = presence::merge(broker, own.clients, others);
        // Who is connected to several nodes is counted by each of them.
        let twice = (found - merged.len()) as u64;
        let mut clients: Vec<ClientInfo> = merged.into_values().collect();
        if self.filter.of_connections().is_some() {
            clients = self.with_all_connections(broker, clients).await;
        }
        self.hide(&mut clients);
        let (mut next, mut matching_all) = (None, None);
        match &self.from {
            From::Id(_) => {
                let full = clients.len() > self.limit || more;
                clients.truncate(self.limit);
                let last = clients.last().filter(|_| full);
                next = last.map(|last| last.client_id.clone());
            }
            From::Offset(offset, sort) => {
                sort_by(&mut clients, parse_order(sort).unwrap_or(BY_ID));
                clients = clients.into_iter().skip(*offset).take(self.limit).collect();
                matching_all = Some(matching - twice);
            }
        }
        Ok(ClientsPage {
            clients,
            next,
            total,
            matching: matching_all,
            missing_nodes: asked.missing,
        })
    }

    /// The same clients with the connections that do not meet the conditions, too.
    async fn with_all_connections(
        &self,
        broker: &Broker,
        clients: Vec<ClientInfo>,
    ) -> Vec<ClientInfo> {
        let found = presence::of(broker, &ids(&clients)).await.clients;
        // Those that have disconnected since are left out.
        let is_there = |client: &ClientInfo| !client.connections.is_empty();
        found.into_iter().filter(is_there).collect()
    }

    /// Where the page begins: after an id, or after so many clients.
    pub(super) fn place(&self) -> (Option<ClientId>, Option<u64>) {
        match &self.from {
            From::Id(after) => (parsed(after), None),
            From::Offset(offset, _) => (None, Some(*offset as u64)),
        }
    }

    /// The number of connected clients that the caller sees.
    pub(super) async fn total(&self, broker: &Arc<Broker>) -> u64 {
        match self.visible.is_everything() {
            true => broker.size().await.clients,
            false => {
                let sees = |id: &ClientId| self.visible.client(id);
                broker.registry().count_clients(sees).clients
            }
        }
    }

    /// The page of all known clients: every node has their names, and each has its own connections.
    pub(super) async fn find_known(&self, broker: &Arc<Broker>) -> Result<ClientsPage, Error> {
        let (wanted, this) = (self.clone(), Arc::clone(broker));
        let mut page = off_thread(move || wanted.find(&this)).await?;
        let ids = ids(&page.clients);
        let (presence, size) = tokio::join!(presence::of(broker, &ids), broker.size());
        for (client, found) in page.clients.iter_mut().zip(presence.clients) {
            let seen = client.last_seen.filter(|_| found.connections.is_empty());
            *client = ClientInfo {
                last_seen: seen,
                ..found
            };
        }
        if self.visible.is_everything() {
            page.total = size.clients;
        }
        self.hide(&mut page.clients);
        page.missing_nodes = presence.missing;
        Ok(page)
    }

    /// Removes what the caller may not see. A node of an earlier version does not do it.
    pub(super) fn hide(&self, clients: &mut Vec<ClientInfo>) {
        if self.visible.is_everything() {
            return;
        }
        clients.retain(|client| self.visible.client_named(&client.client_id));
        for connection in clients
            .iter_mut()
            .flat_map(|client| &mut client.connections)
        {
            self.visible.hide_topics(connection);
        }
    }

    fn online(
        &self,
        broker: &Broker,
        after: Option<&ClientId>,
        search: &ClientSearch<'_>,
    ) -> (Vec<ClientInfo>, Option<String>) {
        let found = broker.registry().list(after, search, self.limit);
        let full = found.len() == self.limit;
        let last = found.last().filter(|_| full);
        let next = last.map(|last| last.client_id.to_string());
        (found.into_iter().map(info).collect(), next)
    }
}

fn from(pairs: &Pairs, all: bool) -> Result<From, Error> {
    let after = pairs.get("after").map(ClientId::parse).transpose();
    let after = after.map_err(|why| Error::invalid("after", why))?;
    let after = after.map(|id| id.to_string());
    let (offset, sort) = (pairs.number("offset")?, pairs.get("sort"));
    if offset.is_none() && sort.is_none() {
        return Ok(From::Id(after));
    }
    if after.is_some() {
        return Err(Error::invalid(
            "after",
            "can't be combined with offset or sort",
        ));
    }
    let sort = sort.unwrap_or("client_id");
    let order = parse_order(sort)?;
    if all && (order.by != SortKey::ClientId || order.descending) {
        return Err(Error::invalid(
            "sort",
            "with state=all, only client_id is supported",
        ));
    }
    let offset = usize::try_from(offset.unwrap_or_default()).unwrap_or(usize::MAX);
    Ok(From::Offset(offset, sort.to_owned()))
}

fn parsed(after: &Option<String>) -> Option<ClientId> {
    after.as_deref().and_then(|id| ClientId::parse(id).ok())
}

fn ids(clients: &[ClientInfo]) -> Vec<ClientId> {
    let id = |client: &ClientInfo| ClientId::parse(&client.client_id).ok();
    clients.iter().filter_map(id).collect()
}

fn known_clients(broker: &Broker, clients: Vec<KnownClient>) -> Vec<ClientInfo> {
    let client = |known: KnownClient| {
        let presence = broker.registry().presence(&known.id);
        let last_seen = known.last_seen.filter(|_| presence.connections.is_empty());
        ClientInfo {
            last_seen,
            ..info(presence)
        }
    };
    clients.into_iter().map(client).collect()
}
