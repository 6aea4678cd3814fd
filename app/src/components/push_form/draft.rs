//! The values of the push form.

use std::collections::HashSet;

use leptos::prelude::*;
use serde_json::value::{RawValue, to_raw_value};

use super::{
    super::field::{Field, FieldError},
    recipient::{Recipient, names},
};
use crate::{
    erased_signal::ErasedSignal,
    formatting,
    i18n::{interpolate, texts},
    json::{self, JsonError},
    wire::{MessageInfo, PushRequest, TemplateRequest, To},
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
    /// Several recipients.
    pub(super) recipients: ErasedSignal<Vec<Recipient>>,
    /// What is typed to become one of them.
    pub(super) typing: RwSignal<String>,
    pub(super) topic: RwSignal<String>,
    pub(super) event: RwSignal<String>,
    pub(super) data: RwSignal<String>,
    pub(super) as_json: RwSignal<bool>,
    pub(super) ttl: RwSignal<String>,
    pub(super) require_online: RwSignal<bool>,
    /// The local time at which it is to be pushed. Empty: now.
    pub(super) when: RwSignal<String>,
    /// How urgent it is. Empty: as usual.
    pub(super) urgency: RwSignal<String>,
    /// The key for replacement.
    pub(super) replace: RwSignal<String>,
}

impl Draft {
    pub(crate) fn new() -> Self {
        Self {
            audience: ErasedSignal::new(Audience::One),
            client: RwSignal::default(),
            recipients: ErasedSignal::default(),
            typing: RwSignal::default(),
            topic: RwSignal::default(),
            event: RwSignal::default(),
            data: RwSignal::default(),
            as_json: RwSignal::new(false),
            ttl: RwSignal::default(),
            require_online: RwSignal::new(false),
            when: RwSignal::default(),
            urgency: RwSignal::default(),
            replace: RwSignal::default(),
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
        self.urgency
            .set(message.urgency.clone().unwrap_or_default());
        self.replace
            .set(message.replace.clone().unwrap_or_default());
        self.fill_data(message.data.get());
    }

    fn fill_data(self, json: &str) {
        let text = serde_json::from_str::<String>(json);
        self.as_json.set(text.is_err());
        self.data.set(text.unwrap_or_else(|_| json.to_owned()));
    }

    /// Fills the form with a template. Recipients and time stay as they are.
    pub(crate) fn fill_template(self, template: &TemplateRequest) {
        let ttl = template.ttl.map(|ttl| ttl.to_string());
        self.event.set(template.event.clone().unwrap_or_default());
        self.ttl.set(ttl.unwrap_or_default());
        self.require_online.set(template.require_online);
        self.urgency
            .set(template.urgency.clone().unwrap_or_default());
        self.replace
            .set(template.replace.clone().unwrap_or_default());
        self.fill_data(template.data.get());
    }

    /// The form as a template, or the first error.
    pub(crate) fn template(self, name: String) -> Result<TemplateRequest, FieldError> {
        let push = self.message(To::Everyone)?;
        Ok(TemplateRequest {
            name,
            data: push.data,
            event: push.event,
            ttl: push.ttl,
            replace: push.replace,
            urgency: push.urgency,
            require_online: push.require_online,
        })
    }

    /// Sets the audience to one client.
    pub(crate) fn address(self, client_id: String) {
        self.audience.set(Audience::One);
        self.client.set(client_id);
    }

    /// Sets the audience to several clients.
    pub(crate) fn address_several(self, client_ids: &[String]) {
        let recipients = client_ids.iter().cloned().map(Recipient::Client);
        self.audience.set(Audience::Several);
        self.recipients.set(recipients.collect());
    }

    /// Adds recipients, each once, and sets the audience to several of them.
    pub(crate) fn add(self, new: Vec<Recipient>) {
        self.audience.set(Audience::Several);
        self.recipients.update(|recipients| {
            let mut known: HashSet<String> = recipients.iter().map(Recipient::key).collect();
            let is_new = |one: &Recipient| known.insert(one.key());
            recipients.extend(new.into_iter().filter(is_new));
        });
    }

    /// Adds what was typed.
    pub(super) fn add_typed(self) {
        let typed = self.typing.get_untracked();
        let names = names(&typed);
        if !names.is_empty() {
            self.typing.set(String::new());
            self.add(names.iter().map(|name| Recipient::named(name)).collect());
        }
    }

    /// What is typed to become a recipient, if several can be named.
    pub(crate) fn typing(self) -> String {
        match self.audience.try_read_untracked().as_deref() {
            Some(Audience::Several) => self.typing.get_untracked().trim().to_owned(),
            _ => String::new(),
        }
    }

    pub(super) fn remove(self, gone: &Recipient) {
        self.recipients.update(|all| all.retain(|one| one != gone));
    }

    pub(super) fn remove_last(self) {
        self.recipients.update(|all| drop(all.pop()));
    }

    /// Clients and topics that are named, with what is typed.
    pub(crate) fn named(self) -> (Vec<String>, Vec<String>) {
        let mut all = match self.audience.get() {
            Audience::One => vec![Recipient::Client(self.client.get().trim().to_owned())],
            Audience::Topic => vec![Recipient::Topic(self.topic.get().trim().to_owned())],
            Audience::Several => {
                let typed = names(&self.typing.get());
                let typed = typed.iter().map(|name| Recipient::named(name));
                self.recipients.get().into_iter().chain(typed).collect()
            }
            Audience::Everyone => Vec::new(),
        };
        all.retain(|one| !one.name().is_empty());
        let (mut clients, mut topics) = (Vec::new(), Vec::new());
        for one in all {
            match one {
                Recipient::Client(id) => clients.push(id),
                Recipient::Topic(topic) => topics.push(topic),
            }
        }
        (clients, topics)
    }

    /// Sets the audience to a topic.
    pub(crate) fn address_topic(self, topic: String) {
        self.audience.set(Audience::Topic);
        self.topic.set(topic);
    }

    /// All values of the form.
    pub(crate) fn track(self) {
        self.audience.track();
        self.recipients.track();
        self.as_json.track();
        self.require_online.track();
        let texts = [
            self.client,
            self.typing,
            self.topic,
            self.event,
            self.data,
            self.ttl,
            self.when,
            self.urgency,
            self.replace,
        ];
        for text in texts {
            text.track();
        }
    }

    /// The audiences. Each takes a push of its own: all clients together, and every topic.
    pub(crate) fn audiences(self) -> Result<Vec<To>, FieldError> {
        let (clients, topics) = self.named();
        let mut all: Vec<To> = topics.into_iter().map(To::Topic).collect();
        match clients.len() {
            0 => {}
            1 => all.insert(0, To::Client(clients.concat())),
            _ => all.insert(0, To::Clients(clients)),
        }
        let audience = self.audience.get();
        if audience == Audience::Everyone {
            all.push(To::Everyone);
        }
        let texts = &texts().push;
        let needed = match audience {
            Audience::One => texts.need_client,
            Audience::Topic => texts.need_topic,
            _ => texts.need_clients,
        };
        match all.is_empty() {
            true => Err(FieldError::new(Field::To, needed)),
            false => Ok(all),
        }
    }

    /// The event type, and the data as it arrives. The data is empty while it can't be pushed.
    pub(crate) fn shown(self) -> (Option<String>, String) {
        let data = match (self.as_json.get(), self.mistake()) {
            (true, Some(_)) => String::new(),
            (true, None) => self.data.with(|data| data.trim().to_owned()),
            (false, _) => self.data.get(),
        };
        (filled(self.event), data)
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

    /// A push for each audience, or the first error.
    pub(crate) fn requests(self) -> Result<Vec<PushRequest>, FieldError> {
        let audiences = self.audiences()?;
        audiences.into_iter().map(|to| self.message(to)).collect()
    }

    /// The push to this audience, or the first error.
    pub(crate) fn message(self, to: To) -> Result<PushRequest, FieldError> {
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
            event: filled(self.event),
            ttl,
            require_online: self.require_online.get(),
            // A push to many recipients is tracked by a job, unless it is ephemeral.
            track: !matches!(to, To::Client(_)) && ttl != Some(0) && at.is_none(),
            at,
            urgency: filled(self.urgency),
            replace: filled(self.replace),
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

/// The text of a field that may be empty.
fn filled(text: RwSignal<String>) -> Option<String> {
    Some(text.get().trim().to_owned()).filter(|text| !text.is_empty())
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

    /// The only push.
    fn request(draft: Draft) -> Result<PushRequest, FieldError> {
        let mut all = draft.requests()?;
        assert_eq!(all.len(), 1);
        Ok(all.remove(0))
    }

    #[test]
    fn a_template_restores_the_message_and_not_the_recipients() {
        let (_owner, draft) = draft();
        draft.address_topic("news".to_owned());
        draft.data.set("[1]".to_owned());
        draft.as_json.set(true);
        draft.require_online.set(true);
        draft.urgency.set("high".to_owned());
        draft.ttl.set("60".to_owned());
        let template = draft.template("t".to_owned()).expect("complete");
        let (_other, draft) = self::draft();
        draft.address("ada".to_owned());
        draft.fill_template(&template);
        let push = request(draft).expect("complete");
        assert_eq!(push.to, To::Client("ada".to_owned()));
        assert_eq!((push.data.get(), push.require_online), ("[1]", true));
        assert_eq!(
            (push.urgency.as_deref(), push.ttl),
            (Some("high"), Some(60))
        );
    }

    #[test]
    fn each_audience_has_a_push_of_its_own() {
        let (_owner, draft) = draft();
        draft.data.set("hello".to_owned());
        draft.address_several(&["ada".to_owned()]);
        draft.add(vec![
            Recipient::Topic("news".to_owned()),
            Recipient::Client("ada".to_owned()),
        ]);
        draft.typing.set("bob".to_owned());
        let pushes = draft.requests().expect("complete");
        let to: Vec<To> = pushes.into_iter().map(|push| push.to).collect();
        let both = To::Clients(vec!["ada".to_owned(), "bob".to_owned()]);
        assert_eq!(to, [both, To::Topic("news".to_owned())]);
        draft.add_typed();
        assert_eq!(draft.typing.get(), "");
        draft.remove(&Recipient::Client("ada".to_owned()));
        draft.remove_last();
        assert_eq!(draft.named(), (vec![], vec!["news".to_owned()]));
    }

    #[test]
    fn an_incomplete_push_names_the_field() {
        let (_owner, draft) = draft();
        let missing = |draft: Draft| request(draft).expect_err("incomplete").field;
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
        let push = request(draft).expect("complete");
        assert_eq!(push.to, To::Topic("orders/42".to_owned()));
        assert_eq!(push.data.get(), r#""tr \"hi\"\n""#);
        assert_eq!(push.event, None);
        draft.as_json.set(true);
        draft.event.set("paid".to_owned());
        draft.data.set("{\"n\": 1.10}\n".to_owned());
        draft.ttl.set(" 60 ".to_owned());
        let push = request(draft).expect("complete");
        assert_eq!(push.data.get(), "{\"n\": 1.10}");
        assert_eq!(push.event.as_deref(), Some("paid"));
        assert_eq!(push.ttl, Some(60));
        draft.ttl.set("a minute".to_owned());
        assert_eq!(request(draft).expect_err("no number").field, Field::Ttl);
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
            receipt: None,
            receipts: Receipts::default(),
        };
        draft.fill(&message);
        let push = request(draft).expect("complete");
        assert_eq!(
            (push.to, push.event),
            (message.to.clone(), message.event.clone())
        );
        assert_eq!(push.data.get(), message.data.get());
        message.to = To::Everyone;
        message.data = RawValue::from_string("[1.10]".to_owned()).expect("JSON");
        draft.fill(&message);
        let push = request(draft).expect("complete");
        assert_eq!((push.to, push.data.get()), (To::Everyone, "[1.10]"));
    }
}
