//! The searches of the API.

use super::entry::{Entry, may};
use crate::{
    api::{ApiError, Client, ClientsQuery, JobsQuery, MessagesQuery, encoded},
    components::{job_state, members_text},
    formatting::lower_case,
    i18n::texts,
    wire::Session,
};

/// How many results each search gives.
const MOST: u32 = 5;

/// What is searched. Each is asked and answered for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Clients,
    Topics,
    Messages,
    Jobs,
    Lists,
}

impl Source {
    pub(super) const ALL: [Self; 5] = [
        Self::Clients,
        Self::Topics,
        Self::Messages,
        Self::Jobs,
        Self::Lists,
    ];

    /// Its name, for people.
    pub(super) fn name(self) -> &'static str {
        let texts = texts();
        match self {
            Self::Clients => texts.panel.clients,
            Self::Topics => texts.clients.topics,
            Self::Messages => texts.panel.messages,
            Self::Jobs => texts.jobs.title,
            Self::Lists => texts.saved.lists,
        }
    }

    /// Whether somebody may search it.
    pub(super) fn is_for(self, session: Option<&Session>) -> bool {
        self != Self::Lists || may(session, "push")
    }

    /// Searches for a text.
    pub(super) async fn search(self, text: &str) -> Result<Vec<Entry>, ApiError> {
        match self {
            Self::Clients => clients(text).await,
            Self::Topics => topics(text).await,
            Self::Messages => messages(text).await,
            Self::Jobs => jobs(text).await,
            Self::Lists => lists(text).await,
        }
    }
}

async fn clients(text: &str) -> Result<Vec<Entry>, ApiError> {
    let query = ClientsQuery {
        all: true,
        limit: Some(MOST),
        q: Some(text.to_owned()),
        ..ClientsQuery::default()
    };
    let page = Client::new("").clients(&query).await?;
    let clients = page.clients.into_iter().map(|client| {
        let about = match client.connections.is_empty() {
            true => texts().clients.away.to_owned(),
            false => texts().clients.online.to_owned(),
        };
        let path = format!("admin/client?id={}", encoded(&client.client_id));
        Entry::at(texts().palette.client, client.client_id, about, path)
    });
    Ok(clients.collect())
}

async fn topics(text: &str) -> Result<Vec<Entry>, ApiError> {
    let page = Client::new("").topics(text, MOST).await?;
    let topics = page.topics.into_iter().map(|topic| {
        let path = format!("admin/messages?for=topic&name={}", encoded(&topic.topic));
        Entry::at(texts().palette.topic, topic.topic, String::new(), path)
    });
    Ok(topics.collect())
}

/// Messages that contain the text, and the one with this id.
async fn messages(text: &str) -> Result<Vec<Entry>, ApiError> {
    let mut found = Vec::new();
    if is_id(text) {
        match Client::new("").message(text).await {
            Ok(detail) => found.push(Entry::message(&detail.message)),
            // It is not an id of this log.
            Err(ApiError::Problem(problem)) if problem.status < 500 => {}
            Err(error) => return Err(error),
        }
    }
    let query = MessagesQuery {
        limit: Some(MOST),
        q: Some(text.to_owned()),
        ..MessagesQuery::default()
    };
    let page = Client::new("").messages(&query).await?;
    found.extend(page.messages.iter().map(Entry::message));
    Ok(found)
}

/// Whether a text looks like a cursor: `<epoch>-<number>`.
fn is_id(text: &str) -> bool {
    let parts = text.rsplit_once('-');
    parts.is_some_and(|(epoch, number)| {
        !epoch.is_empty() && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

async fn jobs(text: &str) -> Result<Vec<Entry>, ApiError> {
    let query = JobsQuery {
        limit: Some(MOST),
        q: Some(text.to_owned()),
        ..JobsQuery::default()
    };
    let page = Client::new("").jobs(&query).await?;
    let jobs = page.jobs.into_iter().map(|job| {
        let path = format!("jobs/{}", job.id);
        Entry::at(
            texts().palette.job,
            job.title,
            job_state(job.state).to_owned(),
            path,
        )
    });
    Ok(jobs.collect())
}

async fn lists(text: &str) -> Result<Vec<Entry>, ApiError> {
    let text = lower_case(text);
    let found = Client::new("").lists().await?.lists;
    let fitting = found
        .into_iter()
        .filter(|list| lower_case(&list.name).contains(&text));
    let lists = fitting.take(MOST as usize).map(|list| {
        let path = format!("admin/push?list={}", encoded(&list.id));
        let about = members_text(list.clients, list.topics);
        Entry::at(texts().palette.list, list.name, about, path)
    });
    Ok(lists.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_recognized() {
        assert!(is_id("0Lk3-2f-17"));
        for text in ["", "17", "-17", "a-", "a-b", "orders/42"] {
            assert!(!is_id(text), "{text}");
        }
    }
}
