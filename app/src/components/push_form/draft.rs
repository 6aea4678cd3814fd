//! The values of the push form.

use leptos::prelude::*;
use serde_json::value::{RawValue, to_raw_value};

use super::super::field::{Field, FieldError};
use crate::{
    erased_signal::ErasedSignal,
    formatting,
    i18n::{interpolate, texts},
    json::{self, JsonError},
    wire::{MessageInfo, PushRequest, To},
};

/// The four kinds of audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    One,
    Several,
    Topic,
    Everyone,
}

/// The values of the form. Copies share the same signals.
#[derive(Clone, Copy)]
pub(crate) struct Draft {
    pub(super) audience: ErasedSignal<Audience>,
    pub(super) client: RwSignal<String>,
    pub(super) clients: RwSignal<String>,
    pub(super) topic: RwSignal<String>,
    pub(super) event: RwSignal<String>,
    pub(super) data: RwSignal<String>,
    pub(super) as_json: RwSignal<bool>,
    pub(super) ttl: RwSignal<String>,
    pub(super) require_online: RwSignal<bool>,
    /// The local time at which it is to be pushed. Empty: now.
    pub(super) when: RwSignal<String>,
}

impl Audience {
    const ALL: [Self; 4] = [Self::One, Self::Several, Self::Topic, Self::Everyone];

    /// The name in a template.
    fn name(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Several => "several",
            Self::Topic => "topic",
            Self::Everyone => "everyone",
        }
    }

    fn named(name: &str) -> Self {
        let known = Self::ALL
            .into_iter()
            .find(|audience| audience.name() == name);
        known.unwrap_or(Self::One)
    }
}

impl Draft {
    pub(crate) fn new() -> Self {
        Self {
            audience: ErasedSignal::new(Audience::One),
            client: RwSignal::default(),
            clients: RwSignal::default(),
            topic: RwSignal::default(),
            event: RwSignal::default(),
            data: RwSignal::default(),
            as_json: RwSignal::new(false),
            ttl: RwSignal::default(),
            require_online: RwSignal::new(false),
            when: RwSignal::default(),
        }
    }

    /// Fills the form with a message, to push it again.
    pub(crate) fn fill(self, message: &MessageInfo) {
        match &message.to {
            To::Client(id) => {
                self.audience.set(Audience::One);
                self.client.set(id.clone());
            }
            To::Clients(ids) => self.address_several(ids),
            To::Topic(topic) => {
                self.audience.set(Audience::Topic);
                self.topic.set(topic.clone());
            }
            To::Everyone => self.audience.set(Audience::Everyone),
        }
        self.event.set(message.event.clone().unwrap_or_default());
        self.ttl.set(String::new());
        self.require_online.set(false);
        self.when.set(String::new());
        let json = message.data.get();
        let text = serde_json::from_str::<String>(json);
        self.as_json.set(text.is_err());
        self.data.set(text.unwrap_or_else(|_| json.to_owned()));
    }

    /// Sets the audience to one client.
    pub(crate) fn address(self, client_id: String) {
        self.audience.set(Audience::One);
        self.client.set(client_id);
    }

    /// Sets the audience to several clients.
    pub(crate) fn address_several(self, client_ids: &[String]) {
        self.audience.set(Audience::Several);
        self.clients.set(client_ids.join("\n"));
    }

    /// Sets the audience to a topic.
    pub(crate) fn address_topic(self, topic: String) {
        self.audience.set(Audience::Topic);
        self.topic.set(topic);
    }

    /// The name field of the selected kind of audience.
    fn name(self) -> RwSignal<String> {
        match self.audience.get() {
            Audience::One | Audience::Everyone => self.client,
            Audience::Several => self.clients,
            Audience::Topic => self.topic,
        }
    }

    /// All values of the form, in a fixed order.
    pub(crate) fn fields(self) -> Vec<String> {
        let flag = |flag: RwSignal<bool>| if flag.get() { "yes" } else { "" }.to_owned();
        vec![
            self.audience.get().name().to_owned(),
            self.name().get(),
            self.event.get(),
            self.data.get(),
            flag(self.as_json),
            self.ttl.get(),
            flag(self.require_online),
            self.when.get(),
        ]
    }

    /// Fills the form with the values of [`fields`](Self::fields).
    pub(crate) fn fill_fields(self, fields: &[String]) {
        let field = |n: usize| fields.get(n).cloned().unwrap_or_default();
        self.audience.set(Audience::named(&field(0)));
        untrack(|| self.name()).set(field(1));
        self.event.set(field(2));
        self.data.set(field(3));
        self.as_json.set(field(4) == "yes");
        self.ttl.set(field(5));
        self.require_online.set(field(6) == "yes");
        self.when.set(field(7));
    }

    /// The audience.
    pub(crate) fn to(self) -> Result<To, FieldError> {
        let needed = |why| FieldError::new(Field::To, why);
        match self.audience.get() {
            Audience::One => match self.client.get().trim() {
                "" => Err(needed(texts().push.need_client)),
                id => Ok(To::Client(id.to_owned())),
            },
            Audience::Several => match names(&self.clients.get()) {
                ids if ids.is_empty() => Err(needed(texts().push.need_clients)),
                ids => Ok(To::Clients(ids)),
            },
            Audience::Topic => match self.topic.get().trim() {
                "" => Err(needed(texts().push.need_topic)),
                topic => Ok(To::Topic(topic.to_owned())),
            },
            Audience::Everyone => Ok(To::Everyone),
        }
    }

    /// The JSON error of the data, if the data has to be JSON.
    pub(super) fn mistake(self) -> Option<JsonError> {
        if !self.as_json.get() {
            return None;
        }
        self.data.with(|text| match text.trim() {
            "" => None,
            _ => json::check(text).err(),
        })
    }

    /// The push, or the first error.
    pub(super) fn request(self) -> Result<PushRequest, FieldError> {
        let to = self.to()?;
        let ttl = match self.ttl.get().trim() {
            "" => None,
            seconds => Some(
                seconds
                    .parse()
                    .map_err(|_| FieldError::new(Field::Ttl, texts().push.need_seconds))?,
            ),
        };
        let at = match self.when.get().trim() {
            "" => None,
            when => match formatting::of_local_time(when) {
                None => return Err(FieldError::new(Field::When, texts().push.need_time)),
                at => at,
            },
        };
        let event = self.event.get();
        let text = self.data.get();
        let wrong = |why: String| FieldError::new(Field::Data, why);
        let data = match self.as_json.get() {
            true if text.trim().is_empty() => Err(wrong(texts().push.need_json.to_owned())),
            true => {
                json::check(&text).map_err(|mistake| wrong(json_error_text(&mistake)))?;
                RawValue::from_string(text.trim().to_owned()).map_err(|e| wrong(e.to_string()))
            }
            false if text.is_empty() => Err(wrong(texts().push.need_text.to_owned())),
            false => to_raw_value(&text).map_err(|e| wrong(e.to_string())),
        }?;
        Ok(PushRequest {
            event: Some(event.trim().to_owned()).filter(|event| !event.is_empty()),
            ttl,
            require_online: self.require_online.get(),
            // A push to many recipients is tracked by a job, unless it is ephemeral.
            track: !matches!(to, To::Client(_)) && ttl != Some(0) && at.is_none(),
            at,
            ..PushRequest::new(to, data)
        })
    }
}

/// A JSON error as a sentence.
pub(super) fn json_error_text(mistake: &JsonError) -> String {
    let (line, column) = (mistake.line.to_string(), mistake.column.to_string());
    let values = [
        ("line", line.as_str()),
        ("column", &column),
        ("what", &mistake.what),
    ];
    interpolate(texts().push.mistake, &values)
}

/// Splits ids at white space and commas, and removes duplicates.
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
    fn a_template_restores_the_form() {
        let (_owner, draft) = draft();
        draft.audience.set(Audience::Topic);
        draft.topic.set("news".to_owned());
        draft.data.set("[1]".to_owned());
        draft.as_json.set(true);
        draft.require_online.set(true);
        let kept = draft.fields();
        draft.fill_fields(&[]);
        assert_eq!(draft.data.get(), "");
        draft.fill_fields(&kept);
        assert_eq!(draft.to(), Ok(To::Topic("news".to_owned())));
        let push = draft.request().expect("complete");
        assert_eq!((push.data.get(), push.require_online), ("[1]", true));
    }

    #[test]
    fn an_incomplete_push_names_the_field() {
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
    fn text_is_sent_as_a_string_and_json_unchanged() {
        let (_owner, draft) = draft();
        draft.audience.set(Audience::Topic);
        draft.topic.set(" orders/42 ".to_owned());
        draft.data.set("tr \"hi\"\n".to_owned());
        let push = draft.request().expect("complete");
        assert_eq!(push.to, To::Topic("orders/42".to_owned()));
        assert_eq!(push.data.get(), r#""tr \"hi\"\n""#);
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
    fn a_message_can_be_pushed_again() {
        let (_owner, draft) = draft();
        let mut message = MessageInfo {
            id: "k3-1".to_owned(),
            at: 0,
            expires_at: None,
            to: To::Clients(vec!["a".to_owned(), "b".to_owned()]),
            clients: Some(2),
            event: Some("paid".to_owned()),
            data: to_raw_value("tr \"hi\"").expect("JSON"),
            ended: None,
            replace: None,
            replaces: None,
            urgency: None,
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
