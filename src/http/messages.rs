//! `/api/messages`: the history of pushes, with receipts, and recalls.

pub mod describe;
pub mod export;
mod filter;

use std::sync::Arc;

use app::wire::{MessageDetail, MessagesPage, Recall, Recipient};
use axum::{Json, extract::State};

use describe::info;
pub use describe::{just_pushed, ranges, to};
use filter::filter;

use super::{
    AppState, Code, Error,
    access::Caller,
    audited::Doing,
    body::{Pairs, PathId},
    off_thread,
    openapi::{MessageAudience, refuses, values},
    visible::Visible,
};
use crate::{
    auth::Action,
    broker::Broker,
    log::{HistoryAudience, HistoryFilter, Record, Standing},
    message::{ClientId, Cursor, Receipt, Seq},
};

/// The default number of messages on a page.
const PAGE: u64 = 50;
/// The maximum number of messages on a page.
const MAX_PAGE: u64 = 500;
/// The maximum number of recipients that the detail of a message lists.
const RECIPIENTS: usize = 1_000;

refuses!(ListRefusals: UnknownEpoch; READ);
refuses!(ShowRefusals: NotFound, MessageUnknown, InvalidField, ClusterUnavailable; READ);
refuses!(RecallRefusals: NotFound, MessageUnknown, InvalidField; WRITE);

/// List messages
///
/// One page, newest first; `next` of one page is `before` of the following. A page may be short or empty
/// and still have a next one, when few of the messages looked at are wanted.
#[utoipa::path(
    get, path = "/api/messages", tag = "messages",
    params(
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 500, description = "Messages on one page; 50 by default"),
        ("before" = Option<values::Cursor>, Query, description = "Only messages before this cursor"),
        ("audience" = Option<MessageAudience>, Query, description = "Only messages for clients by name, for topics, or for everyone. Only one of `audience`, `client_id` and `topic` can be given"),
        ("client_id" = Option<values::ClientId>, Query, description = "Only messages for this client"),
        ("topic" = Option<values::Topic>, Query, description = "Only messages for this topic"),
        ("event" = Option<values::EventType>, Query, description = "Only messages of this type"),
        ("q" = Option<String>, Query, description = "Only messages whose data contains this text"),
        ("from" = Option<values::Number>, Query, description = "Only messages that were pushed at this time or later, in milliseconds since 1970. The name `since` is accepted too"),
        ("to" = Option<values::Number>, Query, description = "Only messages that were pushed at this time or earlier, in milliseconds since 1970. The name `until` is accepted too"),
    ),
    responses((status = 200, description = "One page", body = MessagesPage), ListRefusals),
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    pairs: Pairs,
) -> Result<Json<MessagesPage>, Error> {
    let limit = pairs.page_limit(PAGE, MAX_PAGE, "messages")?;
    let before = pairs
        .get("before")
        .map(|id| position(&state.broker, "before", id))
        .transpose()?
        .map(|(seq, rolled_back)| rolled_back.unwrap_or(seq));
    let filter = filter(&pairs)?;
    let visible = Visible::from(&caller);
    let read = move || page(&state.broker, &filter, (before, limit), &visible);
    off_thread(read).await.map(|(page, _)| Json(page))
}

/// One page, and the position before which the next one begins.
fn page(
    broker: &Broker,
    filter: &HistoryFilter,
    (before, limit): (Option<Seq>, usize),
    visible: &Visible,
) -> Result<(MessagesPage, Option<Seq>), Error> {
    let mut page = broker.log().history(filter, before, limit)?;
    if !visible.is_everything() {
        let mut shown = Vec::new();
        for record in page.records {
            if is_visible(broker, &record, visible)? {
                shown.push(record);
            }
        }
        page.records = shown;
    }
    let info = |record: &Record| {
        let mut info = info(broker, record)?;
        if let Some(HistoryAudience::Client(id)) = &filter.audience {
            let receipt = broker.log().receipt_of(record.message.seq, id)?;
            info.receipt = receipt.map(Into::into);
        }
        Ok::<_, Error>(info)
    };
    let answer = MessagesPage {
        messages: page.records.iter().map(info).collect::<Result<_, _>>()?,
        next: page.next.map(|seq| broker.cursor(seq).to_string()),
        unreadable: ranges(broker, &page.unreadable),
    };
    Ok((answer, page.next))
}

/// Whether a caller may see a message of a list.
fn is_visible(broker: &Broker, record: &Record, visible: &Visible) -> Result<bool, Error> {
    let message = &record.message;
    let named = message.audience.named().len() as u64;
    if record.clients.is_none_or(|clients| clients == named) || !visible.audience(&message.audience)
    {
        return Ok(visible.audience(&message.audience));
    }
    // The record of a list names only some of the clients.
    let complete = broker.log().message(message.seq)?;
    Ok(complete.is_some_and(|record| visible.audience(&record.message.audience)))
}

/// One message and its receipts
#[utoipa::path(
    get, path = "/api/messages/{id}", tag = "messages",
    params(("id" = values::Cursor, Path, description = "The cursor of the message")),
    responses((status = 200, description = "The message", body = MessageDetail), ShowRefusals),
)]
pub async fn show(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<Json<MessageDetail>, Error> {
    let seq = message_position(&state.broker, &id)?;
    let visible = Visible::from(&caller);
    let look = || {
        let (broker, visible) = (Arc::clone(&state.broker), visible.clone());
        off_thread(move || detail(&broker, seq, &visible))
    };
    let found = state.broker.find(look).await?;
    found.map(Json).ok_or_else(|| unknown(&id))
}

fn detail(broker: &Broker, seq: Seq, visible: &Visible) -> Result<Option<MessageDetail>, Error> {
    let found = broker.log().message(seq)?;
    let Some(record) = found.filter(|record| visible.audience(&record.message.audience)) else {
        return Ok(None);
    };
    let recipients = broker
        .log()
        .recipients(seq, 0, RECIPIENTS)?
        .unwrap_or_default();
    let recipient = |(client_id, receipt): (ClientId, Receipt)| Recipient {
        client_id: client_id.to_string(),
        receipt: receipt.into(),
    };
    Ok(Some(MessageDetail {
        message: info(broker, &record)?,
        recipients: recipients.into_iter().map(recipient).collect(),
        scheduled: broker.log().schedule_of(seq)?.map(|id| id.to_string()),
        traceparent: broker.log().trace(seq)?.map(|trace| trace.to_string()),
    }))
}

/// Recall a message
///
/// The message is not delivered any more, and its data is deleted. Clients that have it get `event: recall`.
#[utoipa::path(
    delete, path = "/api/messages/{id}", tag = "messages",
    params(("id" = values::Cursor, Path, description = "The cursor of the message")),
    responses((status = 200, description = "Recalled, durably", body = Recall), RecallRefusals),
)]
pub async fn recall(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    PathId(id): PathId,
) -> Result<Json<Recall>, Error> {
    doing.action("recall");
    let seq = message_position(&state.broker, &id)?;
    let look = || {
        let broker = Arc::clone(&state.broker);
        off_thread(move || broker.log().message(seq))
    };
    // It must be here, so that the receipts of those who have it are kept.
    let Some(record) = state.broker.find(look).await? else {
        return Err(unknown(&id));
    };
    let audience = &record.message.audience;
    doing.to_message(seq, audience.clone());
    if !Visible::from(&caller).audience(audience) && !caller.0.may(Action::Recall, audience.into())
    {
        return Err(unknown(&id));
    }
    caller.check(&state, Action::Recall, audience.into(), Some("id"))?;
    match state.broker.recall(seq).await? {
        true => Ok(Json(Recall { id })),
        false => Err(unknown(&id)),
    }
}

fn unknown(id: &str) -> Error {
    Error::new(
        Code::MessageUnknown,
        format!("there is no message {id}: it was never there, or it has expired"),
    )
    .field("id")
}

/// The position up to which a reader with this cursor has received everything that is in this log.
pub fn received_position(broker: &Broker, field: &str, id: &str) -> Result<Seq, Error> {
    let (seq, rolled_back) = position(broker, field, id)?;
    Ok(rolled_back.map_or(seq, |from| from - 1))
}

/// The position of a cursor. If the cursor belongs to a history that was rolled back: also the first position at which
/// this log has other messages.
fn position(broker: &Broker, field: &str, id: &str) -> Result<(Seq, Option<Seq>), Error> {
    let cursor = Cursor::parse(id).map_err(|why| Error::invalid(field, why))?;
    match broker.log().check(&cursor) {
        Standing::Exact | Standing::Pruned { .. } => Ok((cursor.seq, None)),
        Standing::RolledBack { from, .. } => Ok((cursor.seq, Some(from))),
        Standing::UnknownEpoch => {
            let text = "this cursor belongs to another log";
            Err(Error::new(Code::UnknownEpoch, text).field(field))
        }
    }
}

/// The position of the message with this id. A message of another log is unknown here.
fn message_position(broker: &Broker, id: &str) -> Result<Seq, Error> {
    match position(broker, "id", id) {
        Ok((seq, None)) => Ok(seq),
        Ok((_, Some(_))) => Err(unknown(id)),
        Err(error) if error.code() == Code::UnknownEpoch => Err(unknown(id)),
        Err(error) => Err(error),
    }
}
