//! Who a push would reach: the first of them by name, and names to offer while one is being typed.

use leptos::prelude::*;

use crate::{
    api::{ApiError, Client, ClientsQuery},
    components::{self, IntoPart, Reach, list, note, text, word},
    held::Held,
    wire::{ClientInfo, To},
    words::{count, say, words},
};

/// So many are named.
const NAMED: usize = 12;
/// So many are looked through for those who hear a topic.
const LOOKED: u32 = 200;

/// Who it is. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Preview {
    people: Held<Vec<(String, Presence)>>,
    /// Ids to offer.
    pub(super) ids: Held<Vec<String>>,
    /// Topics to offer.
    pub(super) topics: Held<Vec<String>>,
}

/// Whether somebody is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Online,
    Away,
    Unknown,
}

impl Preview {
    pub(super) fn new() -> Self {
        Self {
            people: Held::default(),
            ids: Held::default(),
            topics: Held::default(),
        }
    }

    pub(super) fn forget(self) {
        self.people.set(Vec::new());
    }

    /// Finds out who it is, as long as that is `current`. A list that can't be read is no list: how
    /// many they are, and what is wrong, is told elsewhere.
    pub(super) async fn look(self, to: Option<To>, current: impl Fn() -> bool) {
        let found = match &to {
            Some(To::Client(id)) => self.look_for(id).await,
            Some(To::Clients(ids)) => look_at(ids).await,
            Some(To::Topic(topic)) => self.look_on(topic).await,
            Some(To::Everyone) => newest().await,
            None => self.offer().await.map(|()| Vec::new()),
        };
        if current()
            && let Ok(people) = found
        {
            self.people.set(people);
        }
    }

    /// Names for an empty field.
    async fn offer(self) -> Result<(), ApiError> {
        let people = newest().await?;
        self.ids.set(people.into_iter().map(|(id, _)| id).collect());
        self.offer_topics("").await
    }

    async fn offer_topics(self, text: &str) -> Result<(), ApiError> {
        let page = Client::new("").topics(text, NAMED as u32).await?;
        let plain = |topic: &String| !topic.starts_with('$') && !topic.split('/').any(is_wildcard);
        let topics = page.topics.into_iter().map(|info| info.topic);
        self.topics.set(topics.filter(plain).collect());
        Ok(())
    }

    /// The one who is named, and those whose names are alike.
    async fn look_for(self, id: &str) -> Result<Vec<(String, Presence)>, ApiError> {
        let query = ClientsQuery {
            all: true,
            limit: Some(NAMED as u32),
            q: Some(id.to_owned()),
            ..ClientsQuery::default()
        };
        let page = Client::new("").clients(&query).await?;
        let ids = page.clients.into_iter().map(|client| client.client_id);
        self.ids.set(ids.collect());
        look_at(&[id.to_owned()]).await
    }

    /// Those who hear a topic.
    async fn look_on(self, topic: &str) -> Result<Vec<(String, Presence)>, ApiError> {
        self.offer_topics(topic).await?;
        // A pattern that covers the topic begins with its first segment, but for those of wildcards.
        let first = topic.split('/').next().unwrap_or(topic);
        let query = ClientsQuery {
            limit: Some(LOOKED),
            q: Some(first.to_owned()),
            ..ClientsQuery::default()
        };
        let page = Client::new("").clients(&query).await?;
        let hear = |client: &ClientInfo| {
            let mut topics = client.connections.iter().flat_map(|c| &c.topics);
            topics.any(|pattern| covers(pattern, topic))
        };
        let people = page.clients.into_iter().filter(hear).take(NAMED);
        Ok(people
            .map(|client| (client.client_id, Presence::Online))
            .collect())
    }
}

/// Those who came last.
async fn newest() -> Result<Vec<(String, Presence)>, ApiError> {
    let query = ClientsQuery {
        offset: Some(0),
        limit: Some(NAMED as u32),
        sort: Some("-since"),
        ..ClientsQuery::default()
    };
    let page = Client::new("").clients(&query).await?;
    let person = |client: ClientInfo| (client.client_id, Presence::Online);
    Ok(page.clients.into_iter().map(person).collect())
}

/// Whether these are here.
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

/// Whether a subscription hears a topic: a segment `*` is any one segment, a last `**` the rest.
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

/// The section of the place.
pub(super) fn view(preview: Preview, reach: Held<Reach>) -> AnyView {
    let people = list(move || {
        let entry = |(id, presence): (String, Presence)| {
            components::Entry::new(format!("{presence:?} {id}"), move || row(&id, presence))
        };
        preview.people.get().into_iter().map(entry).collect()
    });
    let more = note(move || {
        let named = preview.people.with(Vec::len) as u64;
        let Reach::Known(size) = reach.get() else {
            return None;
        };
        let more = size.clients.checked_sub(named).filter(|more| *more > 0)?;
        (named > 0).then(|| count(words().preview.more, more, &[]))
    });
    let nobody = note(move || {
        let unknown = reach.get() == Reach::Unknown && preview.people.with(Vec::is_empty);
        unknown.then(|| words().preview.nobody_named.to_owned())
    });
    view! {
        <section class="card" aria-labelledby="preview">
            <h2 id="preview">{say(|w| w.preview.title)}</h2>
            <p class="hint">{nobody}</p>
            <ul class="people" aria-labelledby="preview">
                {people}
            </ul>
            <p class="hint">{more}</p>
        </section>
    }
    .part()
}

fn row(id: &str, presence: Presence) -> AnyView {
    let class = match presence {
        Presence::Online => "presence here",
        Presence::Away | Presence::Unknown => "presence",
    };
    let said = word(move || match presence {
        Presence::Online => words().preview.online,
        Presence::Away => words().preview.away,
        Presence::Unknown => words().preview.unknown,
    });
    let name = id.to_owned();
    view! {
        <li>
            <span class=class aria-hidden="true"></span>
            <span class="code">{text(move || name.clone())}</span>
            <span class="hint">{said}</span>
        </li>
    }
    .fresh()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_what_the_server_says_it_covers() {
        assert!(covers("orders/42", "orders/42"));
        assert!(covers("orders/*", "orders/42"));
        assert!(!covers("orders/*", "orders/42/items"));
        assert!(covers("orders/**", "orders/42/items"));
        assert!(!covers("orders/**", "orders"));
        assert!(!covers("orders/42", "orders"));
    }
}
