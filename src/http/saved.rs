//! What a team saves to push with: lists of recipients (`/api/lists`) and templates of messages (`/api/templates`).

pub mod lists;
pub mod templates;

use std::sync::Arc;

use super::{
    AppState, Code, Error,
    access::Caller,
    audited::Doing,
    keys::{MAX_ID, check_name, new_id},
    off_thread,
};
use crate::{
    broker::Broker,
    log::{AuditTarget, NewSaved, ReadError, SavedChange, SavedHead, SavedItem, SavedKind},
};

/// The most items of a kind.
const MOST: usize = 500;

/// One of the two kinds, and what differs between them.
struct Kind {
    kind: SavedKind,
    /// How one is called in errors.
    called: &'static str,
    unknown: Code,
    /// The names of what is done, in the audit trail.
    create: &'static str,
    update: &'static str,
    delete: &'static str,
}

/// What somebody saves, checked.
struct Content {
    name: String,
    summary: String,
    content: String,
}

impl Kind {
    /// All of this kind, by name, as `shown` makes them of what the log has. It runs on a thread that may block.
    async fn all<T: Send + 'static>(
        &self,
        state: &AppState,
        shown: impl Fn(&Broker, SavedHead) -> Result<Option<T>, ReadError> + Send + 'static,
    ) -> Result<Vec<T>, Error> {
        let (broker, kind) = (Arc::clone(&state.broker), self.kind);
        let all = off_thread(move || {
            let heads = broker.log().saved_heads(kind)?;
            let shown = heads
                .into_iter()
                .filter_map(|head| shown(&broker, head).transpose());
            shown.collect::<Result<Vec<_>, ReadError>>()
        });
        all.await
    }

    /// Looks for one, here and then at the newest state of the cluster.
    async fn find(&self, state: &AppState, id: &str) -> Result<SavedItem, Error> {
        let look = || {
            let (broker, kind, id) = (Arc::clone(&state.broker), self.kind, id.to_owned());
            off_thread(move || Ok::<_, Error>(broker.log().saved_item(kind, &id)?))
        };
        let found = state.broker.find(look).await?;
        found.ok_or_else(|| self.unknown())
    }

    fn unknown(&self) -> Error {
        let detail = format!(
            "there is no {} with this id that you may use: it never was there, or it was removed",
            self.called
        );
        Error::new(self.unknown, detail).field("id")
    }

    /// Saves a new one.
    async fn add(
        &self,
        state: &AppState,
        caller: &Caller,
        doing: &Doing,
        content: Content,
    ) -> Result<SavedItem, Error> {
        let log = state.broker.log();
        let (kind, this) = (self.kind, Arc::clone(&state.broker));
        let count = off_thread(move || this.log().saved_heads(kind).map(|heads| heads.len()));
        if count.await? >= MOST {
            let detail = format!("there are {MOST} of them, and there may be no more");
            return Err(Error::new(Code::TooManySaved, detail));
        }
        let id = new_id(log.now());
        doing.to(AuditTarget::Saved(self.kind, id.as_str().into()));
        let new = self.new_item(caller, id.clone(), content);
        let name = new.name.clone();
        log.change_saved(SavedChange::Add(new)).await?;
        // It is not there if another one had its name.
        let found = self.find(state, &id).await;
        found.map_err(|error| match error.code() {
            code if code == self.unknown => self.taken(&name),
            _ => error,
        })
    }

    /// Replaces what was saved.
    async fn replace(
        &self,
        state: &AppState,
        caller: &Caller,
        id: &str,
        content: Content,
    ) -> Result<SavedItem, Error> {
        let new = self.new_item(caller, id.to_owned(), content);
        let name = new.name.clone();
        let log = state.broker.log();
        log.change_saved(SavedChange::Replace(new)).await?;
        let item = self.find(state, id).await?;
        // It keeps its name if another one has the new one.
        match item.head.name == name {
            true => Ok(item),
            false => Err(self.taken(&name)),
        }
    }

    async fn remove(&self, state: &AppState, id: &str) -> Result<(), Error> {
        let remove = SavedChange::Remove(self.kind, id.to_owned());
        Ok(state.broker.log().change_saved(remove).await?)
    }

    fn new_item(&self, caller: &Caller, id: String, content: Content) -> NewSaved {
        NewSaved {
            id,
            kind: self.kind,
            folded: content.name.to_lowercase(),
            name: content.name,
            summary: content.summary,
            content: content.content,
            by: caller.0.name().to_owned(),
        }
    }

    /// Says in the audit trail which one it is about. What is no id may be long.
    fn note(&self, doing: &Doing, id: &str) {
        let target: String = id.chars().take(MAX_ID).collect();
        doing.to(AuditTarget::Saved(self.kind, target.into()));
    }

    fn taken(&self, name: &str) -> Error {
        let detail = format!(
            "another {} has the name {name:?}: upper and lower case are the same",
            self.called
        );
        Error::new(Code::NameTaken, detail).field("name")
    }
}

/// A name without spaces around it.
fn parse_name(name: &str) -> Result<String, Error> {
    check_name(name)?;
    Ok(name.trim().to_owned())
}

/// Text and numbers as JSON, which can't fail.
fn to_stored(content: &impl serde::Serialize) -> String {
    serde_json::to_string(content).unwrap_or_default()
}
