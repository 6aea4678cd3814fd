//! The recipients of a push: the first of them by id, and suggestions for the audience fields.

use leptos::prelude::*;

use crate::{
    api::{ApiError, Client, ClientsQuery},
    components::{
        self, EraseView, RecipientCount, keyed_list, optional_text, outside, static_text,
    },
    erased_signal::ErasedSignal,
    i18n::{plural, texts, tr},
    wire::{ClientInfo, To},
};

/// Recipients that are listed.
const NAMED: usize = 12;
/// Clients that are searched for subscribers of a topic.
const LOOKED: u32 = 200;

/// The recipients. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct Preview {
    people: ErasedSignal<Vec<(String, Presence)>>,
    /// Suggested client ids.
    pub(super) ids: ErasedSignal<Vec<String>>,
    /// Suggested topics.
    pub(super) topics: ErasedSignal<Vec<String>>,
}

/// Whether a client is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Online,
    Away,
    Unknown,
}

impl Preview {
    pub(super) fn new() -> Self {
        Self {
            people: ErasedSignal::default(),
            ids: ErasedSignal::default(),
            topics: ErasedSignal::default(),
        }
    }

    pub(super) fn clear(self) {
        self.people.set(Vec::new());
    }

    /// Loads the recipients. The result is ignored if the request is not `current` any more. Errors are
    /// ignored, because the request for the number of recipients reports them.
    pub(super) async fn look(self, to: &[To], typed: &str, current: impl Fn() -> bool) {
        let mut found = match typed.is_empty() {
            true => Ok(Vec::new()),
            false => self
                .offer_similar(typed, &current)
                .await
                .map(|()| Vec::new()),
        };
        for (n, to) in to.iter().enumerate() {
            let Ok(known) = &found else { break };
            let rest = NAMED.saturating_sub(known.len());
            let next = match to {
                To::Client(id) if typed.is_empty() => self.set_filter(id, &current).await,
                To::Client(id) => look_at(std::slice::from_ref(id)).await,
                To::Clients(ids) => look_at(ids).await,
                To::Topic(topic) if n == 0 && typed.is_empty() => {
                    self.look_on(topic, &current).await
                }
                To::Topic(topic) => on_topic(topic).await,
                To::Everyone => newest().await,
            };
            found = match (found, next) {
                (Ok(mut all), Ok(next)) => {
                    let new = next.into_iter().filter(|one| !all.contains(one)).take(rest);
                    let new: Vec<_> = new.collect();
                    all.extend(new);
                    Ok(all)
                }
                (_, Err(error)) => Err(error),
                (failed, _) => failed,
            };
        }
        if to.is_empty() && typed.is_empty() {
            found = self.offer(&current).await.map(|()| Vec::new());
        }
        if current()
            && let Ok(people) = found
        {
            self.people.set(people);
        }
    }

    /// Suggestions for an empty field.
    async fn offer(self, current: &dyn Fn() -> bool) -> Result<(), ApiError> {
        let people = newest().await?;
        if current() {
            self.ids.set(people.into_iter().map(|(id, _)| id).collect());
        }
        self.offer_topics("", current).await
    }

    /// Answers to what was typed before come too late. So do those of the other functions.
    async fn offer_topics(self, text: &str, current: &dyn Fn() -> bool) -> Result<(), ApiError> {
        let page = Client::new("").topics(text, NAMED as u32).await?;
        if !current() {
            return Ok(());
        }
        let plain = |topic: &String| !topic.starts_with('$') && !topic.split('/').any(is_wildcard);
        let topics = page.topics.into_iter().map(|info| info.topic);
        self.topics.set(topics.filter(plain).collect());
        Ok(())
    }

    /// The named client. Clients with similar ids become suggestions.
    async fn set_filter(
        self,
        id: &str,
        current: &dyn Fn() -> bool,
    ) -> Result<Vec<(String, Presence)>, ApiError> {
        self.offer_clients(id, current).await?;
        look_at(&[id.to_owned()]).await
    }

    /// Clients and topics with similar names become suggestions.
    async fn offer_similar(self, text: &str, current: &dyn Fn() -> bool) -> Result<(), ApiError> {
        self.offer_clients(text, current).await?;
        self.offer_topics(text, current).await
    }

    async fn offer_clients(self, id: &str, current: &dyn Fn() -> bool) -> Result<(), ApiError> {
        let query = ClientsQuery {
            all: true,
            limit: Some(NAMED as u32),
            q: Some(id.to_owned()),
            ..ClientsQuery::default()
        };
        let page = Client::new("").clients(&query).await?;
        let ids = page.clients.into_iter().map(|client| client.client_id);
        if current() {
            self.ids.set(ids.collect());
        }
        Ok(())
    }

    /// The subscribers of a topic.
    async fn look_on(
        self,
        topic: &str,
        current: &dyn Fn() -> bool,
    ) -> Result<Vec<(String, Presence)>, ApiError> {
        self.offer_topics(topic, current).await?;
        on_topic(topic).await
    }
}

/// The subscribers of a topic.
async fn on_topic(topic: &str) -> Result<Vec<(String, Presence)>, ApiError> {
    // A pattern that matches the topic starts with its first segment, unless that is a wildcard.
    let first = topic.split('/').next().unwrap_or(topic);
    let query = ClientsQuery {
        limit: Some(LOOKED),
        q: Some(first.to_owned()),
        ..ClientsQuery::default()
    };
    let page = Client::new("").clients(&query).await?;
    let is_recipient = |client: &ClientInfo| {
        let mut topics = client.connections.iter().flat_map(|c| &c.topics);
        topics.any(|pattern| covers(pattern, topic))
    };
    let people = page.clients.into_iter().filter(is_recipient).take(NAMED);
    Ok(people
        .map(|client| (client.client_id, Presence::Online))
        .collect())
}

/// The clients that connected last.
async fn newest() -> Result<Vec<(String, Presence)>, ApiError> {
    let query = ClientsQuery {
        offset: Some(0),
        limit: Some(NAMED as u32),
        sort: Some("-since"),
        ..ClientsQuery::default()
    };
    let page = Client::new("").clients(&query).await?;
    let selected = |client: ClientInfo| (client.client_id, Presence::Online);
    Ok(page.clients.into_iter().map(selected).collect())
}

/// Whether these clients are connected.
async fn look_at(ids: &[String]) -> Result<Vec<(String, Presence)>, ApiError> {
    let mut people = Vec::new();
    for id in ids.iter().take(NAMED) {
        let presence = match Client::new("").client(id).await {
            Ok(client) if client.connections.is_empty() => Presence::Away,
            Ok(_) => Presence::Online,
            Err(ApiError::Problem(problem)) if problem.status == 404 => Presence::Unknown,
            Err(error) => return Err(error),
        };
        people.push((id.clone(), presence));
    }
    Ok(people)
}

fn is_wildcard(segment: &str) -> bool {
    matches!(segment, "*" | "**")
}

/// Whether a subscription matches a topic: `*` is any one segment, a last `**` all remaining segments.
fn covers(pattern: &str, topic: &str) -> bool {
    let (mut wanted, mut given) = (pattern.split('/'), topic.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) | (Some("**"), Some(_)) => return true,
            (Some("*"), Some(_)) => {}
            (Some(wanted), Some(given)) if wanted == given => {}
            _ => return false,
        }
    }
}

/// The view.
pub(super) fn view(preview: Preview, recipient_count: ErasedSignal<RecipientCount>) -> AnyView {
    let people = keyed_list(move || {
        let entry = |(id, presence): (String, Presence)| {
            components::ListItem::new(format!("{presence:?} {id}"), move || row(&id, presence))
        };
        preview.people.get().into_iter().map(entry).collect()
    });
    let more = optional_text(move || {
        let named = preview.people.with(Vec::len) as u64;
        let RecipientCount::Known(size) = recipient_count.get() else {
            return None;
        };
        let more = size.clients.checked_sub(named).filter(|more| *more > 0)?;
        (named > 0).then(|| plural(texts().preview.more, more, &[]))
    });
    let nobody = optional_text(move || {
        let unknown =
            recipient_count.get() == RecipientCount::Unknown && preview.people.with(Vec::is_empty);
        unknown.then(|| texts().preview.nobody_named.to_owned())
    });
    view! {
        <section class="card" aria-labelledby="preview">
            <h2 id="preview">{tr(|t| t.preview.title)}</h2>
            <p class="hint">{nobody}</p>
            <ul class="recipients-preview" aria-labelledby="preview">
                {people}
            </ul>
            <p class="hint">{more}</p>
        </section>
    }
    .erase()
}

fn row(id: &str, presence: Presence) -> AnyView {
    let class = match presence {
        Presence::Online => "presence here",
        Presence::Away | Presence::Unknown => "presence",
    };
    let said = static_text(move || match presence {
        Presence::Online => texts().preview.online,
        Presence::Away => texts().preview.away,
        Presence::Unknown => texts().preview.unknown,
    });
    let name = id.to_owned();
    view! {
        <li>
            <span class=class aria-hidden="true"></span>
            <span class="code">{outside(name)}</span>
            <span class="hint">{said}</span>
        </li>
    }
    .erase_client_only()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_on_the_server() {
        assert!(covers("orders/42", "orders/42"));
        assert!(covers("orders/*", "orders/42"));
        assert!(!covers("orders/*", "orders/42/items"));
        assert!(covers("orders/**", "orders/42/items"));
        assert!(!covers("orders/**", "orders"));
        assert!(!covers("orders/42", "orders"));
    }
}
