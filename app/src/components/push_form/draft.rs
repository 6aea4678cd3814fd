//! A push as it is being written.

use leptos::prelude::*;
use serde_json::value::{RawValue, to_raw_value};

use super::super::field::{Complaint, Field};
use crate::{
    json::{self, Mistake},
    wire::{MessageInfo, PushRequest, To},
};

/// The four audiences, as the form offers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    One,
    Several,
    Topic,
    Everyone,
}

/// What the form holds. Copies are the same form.
#[derive(Clone, Copy)]
pub(crate) struct Draft {
    pub(super) audience: RwSignal<Audience>,
    pub(super) client: RwSignal<String>,
    pub(super) clients: RwSignal<String>,
    pub(super) topic: RwSignal<String>,
    pub(super) event: RwSignal<String>,
    pub(super) data: RwSignal<String>,
    pub(super) as_json: RwSignal<bool>,
    pub(super) ttl: RwSignal<String>,
}

impl Draft {
    pub(crate) fn new() -> Self {
        Self {
            audience: RwSignal::new(Audience::One),
            client: RwSignal::default(),
            clients: RwSignal::default(),
            topic: RwSignal::default(),
            event: RwSignal::default(),
            data: RwSignal::default(),
            as_json: RwSignal::new(false),
            ttl: RwSignal::default(),
        }
    }

    /// Takes over a message that was pushed before, to be pushed again.
    pub(crate) fn fill(self, message: &MessageInfo) {
        match &message.to {
            To::Client(id) => {
                self.audience.set(Audience::One);
                self.client.set(id.clone());
            }
            To::Clients(ids) => {
                self.audience.set(Audience::Several);
                self.clients.set(ids.join("\n"));
            }
            To::Topic(topic) => {
                self.audience.set(Audience::Topic);
                self.topic.set(topic.clone());
            }
            To::Everyone => self.audience.set(Audience::Everyone),
        }
        self.event.set(message.event.clone().unwrap_or_default());
        self.ttl.set(String::new());
        let json = message.data.get();
        let text = serde_json::from_str::<String>(json);
        self.as_json.set(text.is_err());
        self.data.set(text.unwrap_or_else(|_| json.to_owned()));
    }

    /// Is for this client, and no other.
    pub(crate) fn address(self, client_id: String) {
        self.audience.set(Audience::One);
        self.client.set(client_id);
    }

    /// Takes a client from the list: the one it is for, or one more of several, or one less.
    pub(crate) fn pick(self, client_id: &str) {
        if self.audience.get_untracked() != Audience::Several {
            self.audience.set(Audience::One);
            self.client.set(client_id.to_owned());
            return;
        }
        let mut ids = names(&self.clients.get_untracked());
        match ids.iter().position(|id| id == client_id) {
            Some(place) => drop(ids.remove(place)),
            None => ids.push(client_id.to_owned()),
        }
        self.clients.set(ids.join("\n"));
    }

    /// Who has been picked or typed so far.
    pub(crate) fn picked(self) -> Vec<String> {
        match self.audience.get() {
            Audience::One => names(&self.client.get()),
            Audience::Several => names(&self.clients.get()),
            Audience::Topic | Audience::Everyone => Vec::new(),
        }
    }

    /// Whom it is for.
    pub(crate) fn to(self) -> Result<To, Complaint> {
        let needed = |why| Complaint::new(Field::To, why);
        match self.audience.get() {
            Audience::One => match self.client.get().trim() {
                "" => Err(needed("Pick a client from the list, or type its id.")),
                id => Ok(To::Client(id.to_owned())),
            },
            Audience::Several => match names(&self.clients.get()) {
                ids if ids.is_empty() => Err(needed("Pick clients from the list, or type ids.")),
                ids => Ok(To::Clients(ids)),
            },
            Audience::Topic => match self.topic.get().trim() {
                "" => Err(needed("Name a topic.")),
                topic => Ok(To::Topic(topic.to_owned())),
            },
            Audience::Everyone => Ok(To::Everyone),
        }
    }

    /// Where the data is not JSON, if it has to be.
    pub(super) fn mistake(self) -> Option<Mistake> {
        if !self.as_json.get() {
            return None;
        }
        self.data.with(|text| match text.trim() {
            "" => None,
            _ => json::check(text).err(),
        })
    }

    /// The whole push, or the first thing that is wrong with it.
    pub(super) fn request(self) -> Result<PushRequest, Complaint> {
        let to = self.to()?;
        let ttl = match self.ttl.get().trim() {
            "" => None,
            seconds => Some(
                seconds
                    .parse()
                    .map_err(|_| Complaint::new(Field::Ttl, "Type whole seconds, or nothing."))?,
            ),
        };
        let event = self.event.get();
        let text = self.data.get();
        let wrong = |why: String| Complaint::new(Field::Data, why);
        let data = match self.as_json.get() {
            true if text.trim().is_empty() => Err(wrong("Type a JSON value.".to_owned())),
            true => {
                json::check(&text).map_err(|mistake| wrong(mistake.to_string()))?;
                RawValue::from_string(text.trim().to_owned()).map_err(|e| wrong(e.to_string()))
            }
            false if text.is_empty() => Err(wrong("Type a text.".to_owned())),
            false => to_raw_value(&text).map_err(|e| wrong(e.to_string())),
        }?;
        Ok(PushRequest {
            event: Some(event.trim().to_owned()).filter(|event| !event.is_empty()),
            ttl,
            ..PushRequest::new(to, data)
        })
    }
}

/// Ids with white space or commas between them, each once.
fn names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in text.split(|c: char| c.is_whitespace() || c == ',') {
        if !name.is_empty() && !names.iter().any(|n| n == name) {
            names.push(name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Receipts;

    fn draft() -> (Owner, Draft) {
        let owner = Owner::new();
        owner.set();
        (owner, Draft::new())
    }

    #[test]
    fn a_client_of_the_list_is_the_one_or_one_of_several() {
        let (_owner, draft) = draft();
        draft.pick("a");
        draft.pick("b");
        assert_eq!(draft.to(), Ok(To::Client("b".to_owned())));
        draft.audience.set(Audience::Several);
        draft.pick("a");
        draft.pick("b");
        draft.pick("c");
        draft.pick("b");
        assert_eq!(
            draft.to(),
            Ok(To::Clients(vec!["a".to_owned(), "c".to_owned()]))
        );
        draft.audience.set(Audience::Everyone);
        draft.pick("c");
        assert_eq!(draft.to(), Ok(To::Client("c".to_owned())));
    }

    #[test]
    fn a_push_that_lacks_something_says_where() {
        let (_owner, draft) = draft();
        let missing = |draft: Draft| draft.request().expect_err("incomplete").field;
        assert_eq!(missing(draft), Field::To);
        draft.audience.set(Audience::Everyone);
        assert_eq!(missing(draft), Field::Data);
        draft.as_json.set(true);
        draft.data.set("{\"a\": }".to_owned());
        assert_eq!(missing(draft), Field::Data);
        assert_eq!(draft.mistake().map(|m| (m.line, m.column)), Some((1, 7)));
    }

    #[test]
    fn text_is_sent_as_a_string_and_json_as_it_was_typed() {
        let (_owner, draft) = draft();
        draft.audience.set(Audience::Topic);
        draft.topic.set(" orders/42 ".to_owned());
        draft.data.set("say \"hi\"\n".to_owned());
        let push = draft.request().expect("complete");
        assert_eq!(push.to, To::Topic("orders/42".to_owned()));
        assert_eq!(push.data.get(), r#""say \"hi\"\n""#);
        assert_eq!(push.event, None);
        draft.as_json.set(true);
        draft.event.set("paid".to_owned());
        draft.data.set("{\"n\": 1.10}\n".to_owned());
        draft.ttl.set(" 60 ".to_owned());
        let push = draft.request().expect("complete");
        assert_eq!(push.data.get(), "{\"n\": 1.10}");
        assert_eq!(push.event.as_deref(), Some("paid"));
        assert_eq!(push.ttl, Some(60));
        draft.ttl.set("a minute".to_owned());
        assert_eq!(draft.request().expect_err("no number").field, Field::Ttl);
    }

    #[test]
    fn a_message_can_be_pushed_again_as_it_was() {
        let (_owner, draft) = draft();
        let mut message = MessageInfo {
            id: "k3-1".to_owned(),
            at: 0,
            expires_at: None,
            to: To::Clients(vec!["a".to_owned(), "b".to_owned()]),
            clients: Some(2),
            event: Some("paid".to_owned()),
            data: to_raw_value("say \"hi\"").expect("JSON"),
            ended: None,
            receipts: Receipts::default(),
        };
        draft.fill(&message);
        let push = draft.request().expect("complete");
        assert_eq!(
            (push.to, push.event),
            (message.to.clone(), message.event.clone())
        );
        assert_eq!(push.data.get(), message.data.get());
        message.to = To::Everyone;
        message.data = RawValue::from_string("[1.10]".to_owned()).expect("JSON");
        draft.fill(&message);
        let push = draft.request().expect("complete");
        assert_eq!((push.to, push.data.get()), (To::Everyone, "[1.10]"));
    }
}
