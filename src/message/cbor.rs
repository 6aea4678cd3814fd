//! Drafts and audiences as CBOR (RFC 8949), as the nodes of a cluster exchange them. Fields can be added at the end.

use std::{sync::Arc, time::Duration};

use minicbor::{Decode, Encode, decode::Error};

use super::{
    Audience, ClientId, Data, Draft, EventType, Handling, ReplaceKey, Topic, Update, UpdateId,
    Urgency,
};

/// A [`Draft`].
#[derive(Encode, Decode)]
pub struct DraftCbor<'b> {
    #[b(0)]
    audience: AudienceCbor<'b>,
    #[b(1)]
    event: Option<&'b str>,
    #[n(2)]
    json: bool,
    #[b(3)]
    data: &'b str,
    /// In milliseconds.
    #[n(4)]
    ttl: Option<u64>,
    /// Added later.
    #[b(5)]
    update: Option<UpdateCbor<'b>>,
    /// Added later.
    #[b(6)]
    handling: Option<HandlingCbor<'b>>,
}

/// A [`Handling`], without what the log adds.
#[derive(Encode, Decode)]
struct HandlingCbor<'b> {
    #[b(0)]
    replace: Option<&'b str>,
    #[n(1)]
    urgency: u8,
    #[n(2)]
    is_state: bool,
}

/// An [`Update`].
#[derive(Encode, Decode)]
struct UpdateCbor<'b> {
    #[b(0)]
    alternates: Vec<&'b str>,
    #[n(1)]
    private: bool,
    #[b(2)]
    id: Option<&'b str>,
    #[n(3)]
    retry: Option<u64>,
}

/// An [`Audience`].
#[derive(Encode, Decode)]
pub enum AudienceCbor<'b> {
    /// [`Audience::Client`]
    #[n(0)]
    Client(#[b(0)] &'b str),
    /// [`Audience::Clients`]
    #[n(1)]
    Clients(#[b(0)] Vec<&'b str>),
    /// [`Audience::Topic`]
    #[n(2)]
    Topic(#[b(0)] &'b str),
    /// [`Audience::Everyone`]
    #[n(3)]
    Everyone,
}

impl<'b> DraftCbor<'b> {
    /// The fields of a draft.
    pub fn of(draft: &'b Draft) -> Self {
        let (json, data) = match &draft.data {
            Data::Text(text) => (false, &**text),
            Data::Json(text) => (true, &**text),
        };
        let milliseconds = |ttl: Duration| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
        Self {
            audience: AudienceCbor::of(&draft.audience),
            event: draft.event.as_ref().map(EventType::as_str),
            json,
            data,
            ttl: draft.ttl.map(milliseconds),
            update: draft.update.as_deref().map(UpdateCbor::of),
            handling: draft.handling.as_deref().map(HandlingCbor::of),
        }
    }

    /// The draft with these fields. Fails if a value is not valid.
    pub fn parse(self) -> Result<Draft, Error> {
        let data: Arc<str> = self.data.into();
        let event = self.event.map(EventType::stored).transpose();
        Ok(Draft {
            audience: self.audience.parse()?,
            event: event.map_err(Error::custom)?,
            data: match self.json {
                true => Data::Json(data),
                false => Data::Text(data),
            },
            ttl: self.ttl.map(Duration::from_millis),
            update: self
                .update
                .map(UpdateCbor::parse)
                .transpose()?
                .map(Arc::new),
            handling: self
                .handling
                .map(HandlingCbor::parse)
                .transpose()?
                .map(Arc::new),
        })
    }
}

impl<'b> UpdateCbor<'b> {
    fn of(update: &'b Update) -> Self {
        Self {
            alternates: update.alternates.iter().map(Topic::as_str).collect(),
            private: update.private,
            id: update.id.as_ref().map(UpdateId::as_str),
            retry: update.retry,
        }
    }

    fn parse(self) -> Result<Update, Error> {
        let topic = |name| Topic::parse(name).map_err(Error::custom);
        let alternates = self.alternates.into_iter().map(topic);
        let id = self.id.map(UpdateId::parse).transpose();
        Ok(Update {
            alternates: alternates.collect::<Result<_, _>>()?,
            private: self.private,
            id: id.map_err(Error::custom)?,
            retry: self.retry,
        })
    }
}

impl<'b> HandlingCbor<'b> {
    fn of(handling: &'b Handling) -> Self {
        Self {
            replace: handling.replace.as_ref().map(ReplaceKey::as_str),
            urgency: handling.urgency.code(),
            is_state: handling.is_state,
        }
    }

    fn parse(self) -> Result<Handling, Error> {
        let replace = self.replace.map(ReplaceKey::stored).transpose();
        Ok(Handling {
            replace: replace.map_err(Error::custom)?,
            urgency: Urgency::of_code(self.urgency),
            is_state: self.is_state,
            replaces: None,
        })
    }
}

impl<'b> AudienceCbor<'b> {
    /// The names of an audience.
    pub fn of(audience: &'b Audience) -> Self {
        match audience {
            Audience::Client(id) => Self::Client(id.as_str()),
            Audience::Clients(ids) => Self::Clients(ids.iter().map(ClientId::as_str).collect()),
            Audience::Topic(topic) => Self::Topic(topic.as_str()),
            Audience::Everyone => Self::Everyone,
        }
    }

    /// The audience with these names. Fails if a name is not valid.
    pub fn parse(self) -> Result<Audience, Error> {
        let client = |name| ClientId::parse(name).map_err(Error::custom);
        Ok(match self {
            Self::Client(name) => Audience::Client(client(name)?),
            Self::Clients(names) => {
                let ids: Result<Vec<_>, _> = names.into_iter().map(client).collect();
                Audience::clients(ids?)
            }
            Self::Topic(name) => Audience::Topic(Topic::parse(name).map_err(Error::custom)?),
            Self::Everyone => Audience::Everyone,
        })
    }
}
