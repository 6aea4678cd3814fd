//! Converts messages of the log to the JSON of the API.

use app::wire::{CursorRange, Ended, MessageInfo, To};
use serde_json::value::RawValue;

use crate::{
    broker::{Broker, PushedMessage},
    http::Error,
    log::{self, Record},
    message::{Audience, Data, Message, Receipt, Receipts, Seq, Urgency},
};

/// The maximum number of recipients that are listed by name.
const NAMED: usize = 1_000;

/// A message that was just pushed, without receipts. One that is not in the log has no id.
pub fn just_pushed(pushed: &PushedMessage, broker: &Broker) -> MessageInfo {
    if !pushed.is_logged {
        let clients = pushed.message.audience.is_direct();
        let receipts = app::wire::Receipts {
            audience: pushed.connections,
            sent: pushed.connections,
            ..app::wire::Receipts::default()
        };
        let named = pushed.message.audience.named().len() as u64;
        let clients = clients.then_some(named);
        return MessageInfo {
            id: String::new(),
            ..describe(&pushed.message, broker, clients, None, receipts)
        };
    }
    let (clients, audience) = match &pushed.message.audience {
        Audience::Client(_) => (Some(1), 1),
        Audience::Clients(ids) => (Some(ids.len() as u64), ids.len() as u64),
        Audience::Topic(_) | Audience::Everyone => (None, pushed.connections),
    };
    let waiting = clients.unwrap_or_default();
    let receipts = app::wire::Receipts {
        audience,
        waiting,
        ..app::wire::Receipts::default()
    };
    describe(&pushed.message, broker, clients, None, receipts)
}

/// Ranges of positions as cursors.
pub fn ranges(broker: &Broker, ranges: &[(Seq, Seq)]) -> Vec<CursorRange> {
    let cursor = |seq| broker.cursor(seq).to_string();
    let range = |(from, to): &(Seq, Seq)| CursorRange {
        from: cursor(*from),
        to: cursor(*to),
    };
    ranges.iter().map(range).collect()
}

pub fn info(broker: &Broker, record: &Record) -> Result<MessageInfo, Error> {
    let message = &record.message;
    let receipts = broker.log().receipts(message.seq)?.unwrap_or_default();
    let ended = record.ended.map(|ended| match ended {
        log::Ended::Expired => Ended::Expired,
        log::Ended::Recalled => Ended::Recalled,
        log::Ended::Replaced => Ended::Replaced,
    });
    Ok(describe(
        message,
        broker,
        record.clients,
        ended,
        receipts.into(),
    ))
}

fn describe(
    message: &Message,
    broker: &Broker,
    clients: Option<u64>,
    ended: Option<Ended>,
    receipts: app::wire::Receipts,
) -> MessageInfo {
    let cursor = |seq| broker.cursor(seq).to_string();
    let handling = message.handling.as_deref();
    let key = handling.and_then(|handling| handling.replace.as_ref());
    let urgency = handling.map(|handling| handling.urgency);
    MessageInfo {
        id: cursor(message.seq),
        replace: key
            .filter(|key| !key.is_own())
            .map(|key| key.as_str().to_owned()),
        replaces: message.replaces().map(cursor),
        urgency: urgency
            .filter(|urgency| *urgency != Urgency::Normal)
            .map(|urgency| urgency.as_str().to_owned()),
        at: message.at,
        expires_at: message.expires_at,
        to: to(&message.audience),
        clients,
        event: message
            .event
            .as_ref()
            .map(|event| event.as_str().to_owned()),
        data: match ended {
            Some(Ended::Recalled) => RawValue::NULL.to_owned(),
            _ => json(&message.data),
        },
        ended,
        receipt: None,
        receipts,
    }
}

/// An audience as the API shows it.
pub fn to(audience: &Audience) -> To {
    match audience {
        Audience::Client(id) => To::Client(id.to_string()),
        Audience::Clients(ids) => {
            To::Clients(ids.iter().take(NAMED).map(ToString::to_string).collect())
        }
        Audience::Topic(topic) => To::Topic(topic.to_string()),
        Audience::Everyone => To::Everyone,
    }
}

/// Data as JSON.
pub fn json(data: &Data) -> Box<RawValue> {
    let text = match data {
        Data::Text(text) => serde_json::to_string(&**text).unwrap_or_default(),
        Data::Json(text) => text.to_string(),
    };
    RawValue::from_string(text).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

impl From<Receipts> for app::wire::Receipts {
    fn from(receipts: Receipts) -> Self {
        let Receipts {
            audience,
            sent,
            acknowledged,
            waiting,
            expired,
            recalled,
            replaced,
        } = receipts;
        Self {
            audience,
            sent,
            acknowledged,
            waiting,
            expired,
            recalled,
            replaced,
        }
    }
}

impl From<Receipt> for app::wire::Receipt {
    fn from(receipt: Receipt) -> Self {
        match receipt {
            Receipt::Queued => Self::Queued,
            Receipt::Sent => Self::Sent,
            Receipt::Acknowledged => Self::Acknowledged,
            Receipt::Expired => Self::Expired,
            Receipt::Recalled => Self::Recalled,
            Receipt::Replaced => Self::Replaced,
        }
    }
}
