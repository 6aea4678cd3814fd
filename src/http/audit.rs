//! `/api/audit`: the audit trail.

use std::sync::Arc;

use app::wire::{AuditEntries, AuditInfo};
use axum::{
    Json,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;

use super::{
    AppState, Error,
    access::Caller,
    body::Pairs,
    messages::to,
    off_thread,
    openapi::{AuditFormat, refuses, values},
};
use crate::{
    auth::{Action, Target},
    broker::Broker,
    log::{AuditFilter, AuditPage, AuditRecord, AuditTarget, OK, ReadError, SavedKind},
    message::{Audience, ClientId, Topic},
};

/// The default number of entries on a page.
const PAGE: u64 = 50;
/// The maximum number of entries on a page.
const MAX_PAGE: u64 = 500;

const NDJSON: &str = "application/x-ndjson";

refuses!(ListRefusals: ; READ);

/// List the audit trail
///
/// Who did what, from where, to whom, and with which outcome. One page, newest first; `next` of one page is `before` of the
/// following. A page may be short or empty and still have a next one, when few of the entries looked at are wanted. With
/// `Accept: application/x-ndjson` or `format=ndjson` the answer is all entries, one a line, without pages. Needs the right to
/// manage everything.
#[utoipa::path(
    get, path = "/api/audit", tag = "audit",
    params(
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 500, description = "Entries on one page; 50 by default"),
        ("before" = Option<values::Number>, Query, description = "Only entries before this one: `next` of the previous page"),
        ("who" = Option<String>, Query, description = "Only entries of the caller with this id or name"),
        ("action" = Option<String>, Query, description = "Only entries of this action, such as `push` or `key.create`"),
        ("client_id" = Option<values::ClientId>, Query, description = "Only entries about this client, alone or with others. The name `client` is accepted too"),
        ("topic" = Option<values::Topic>, Query, description = "Only entries about this topic"),
        ("outcome" = Option<String>, Query, description = "Only entries with this outcome: `ok`, or the code of an error"),
        ("from" = Option<values::Number>, Query, description = "Only entries of this time or later, in milliseconds since 1970. The name `since` is accepted too"),
        ("to" = Option<values::Number>, Query, description = "Only entries of this time or earlier, in milliseconds since 1970. The name `until` is accepted too"),
        ("format" = Option<AuditFormat>, Query, description = "`ndjson`: all entries, one a line"),
    ),
    responses(
        (
            status = 200, description = "One page, or all entries, one a line",
            content((AuditEntries = "application/json"), (Vec<AuditInfo> = "application/x-ndjson")),
        ),
        ListRefusals,
    ),
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    pairs: Pairs,
) -> Result<Response, Error> {
    caller.check(&state, Action::Manage, Target::Everything, None)?;
    let limit = pairs.page_limit(PAGE, MAX_PAGE, "entries")?;
    let before = pairs.number("before")?;
    let filter = filter(&pairs)?;
    let broker = Arc::clone(&state.broker);
    if is_ndjson(&headers, &pairs)? {
        let reader = Reader {
            broker,
            filter: Arc::new(filter),
            next: Some(before),
        };
        return Ok(reader.response());
    }
    let page = off_thread(move || {
        let page = broker.log().audit(&filter, before, limit)?;
        Ok::<_, ReadError>(AuditEntries {
            entries: page
                .records
                .iter()
                .map(|record| info(&broker, record))
                .collect(),
            next: page.next.map(|number| number.to_string()),
        })
    });
    Ok(Json(page.await?).into_response())
}

fn is_ndjson(headers: &HeaderMap, pairs: &Pairs) -> Result<bool, Error> {
    match pairs.get("format") {
        None => Ok(headers.get_all(header::ACCEPT).iter().any(|accept| {
            let accept = accept.to_str().unwrap_or_default();
            accept.split(',').any(|one| one.trim().starts_with(NDJSON))
        })),
        Some("ndjson") => Ok(true),
        Some("json") => Ok(false),
        Some(_) => Err(Error::invalid("format", "must be json or ndjson")),
    }
}

fn filter(pairs: &Pairs) -> Result<AuditFilter, Error> {
    let text = |name| {
        pairs
            .get(name)
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
    };
    let mut client = ["client_id", "client"].into_iter();
    let client = client
        .find_map(|name| Some((name, pairs.get(name)?)))
        .map(|(name, id)| ClientId::parse(id).map_err(|why| Error::invalid(name, why)));
    let topic = pairs.get("topic");
    let topic = topic.map(|topic| Topic::parse(topic).map_err(|why| Error::invalid("topic", why)));
    Ok(AuditFilter {
        caller: text("who"),
        action: text("action"),
        client: client.transpose()?,
        topic: topic.transpose()?,
        outcome: text("outcome"),
        since: pairs.number_of(["from", "since"])?,
        until: pairs.number_of(["to", "until"])?,
    })
}

fn info(broker: &Broker, record: &AuditRecord) -> AuditInfo {
    let entry = &record.entry;
    let caller = entry.source.caller.as_deref();
    let (mut audience, mut key, mut token, mut person) = (None, None, None, None);
    let (mut hook, mut list, mut template) = (None, None, None);
    match &entry.target {
        Some(AuditTarget::Audience(to)) => audience = Some(to),
        Some(AuditTarget::Key(id)) => key = Some(id.to_string()),
        Some(AuditTarget::Token(id)) => token = Some(id.to_string()),
        Some(AuditTarget::Person(id)) => person = Some(id.to_string()),
        Some(AuditTarget::Hook(id)) => hook = Some(id.to_string()),
        Some(AuditTarget::Saved(SavedKind::List, id)) => list = Some(id.to_string()),
        Some(AuditTarget::Saved(SavedKind::Template, id)) => template = Some(id.to_string()),
        None => {}
    }
    AuditInfo {
        number: record.number,
        at: record.at,
        who: caller.map(|caller| caller.id.to_string()),
        name: caller.map(|caller| caller.name.to_string()),
        address: entry.source.address.map(|address| address.to_string()),
        action: entry.action.to_string(),
        to: audience.map(|audience: &Audience| to(audience)),
        clients: record.clients,
        key,
        hook,
        list,
        template,
        token,
        person,
        message: entry.message.map(|seq| broker.cursor(seq).to_string()),
        job: entry.job.map(|job| job.to_string()),
        outcome: entry.error.as_deref().unwrap_or(OK).to_owned(),
        count: entry.count,
        last_at: record.last_at,
    }
}

/// Reads the audit trail page by page, while it is sent.
struct Reader {
    broker: Arc<Broker>,
    filter: Arc<AuditFilter>,
    /// Where the next page begins. None: all was read.
    next: Option<Option<u64>>,
}

impl Reader {
    fn response(self) -> Response {
        let lines = stream::try_unfold(self, async |mut reader| {
            let Some(before) = reader.next else {
                return Ok(None);
            };
            let (broker, filter) = (Arc::clone(&reader.broker), Arc::clone(&reader.filter));
            let read = off_thread(move || {
                let page = broker.log().audit(&filter, before, MAX_PAGE as usize)?;
                Ok::<_, ReadError>((lines(&broker, &page), page.next))
            });
            // The headers are sent: the body ends before its end, which clients notice.
            let (lines, next) = read
                .await
                .map_err(|_| std::io::Error::other("the audit trail can't be read"))?;
            reader.next = next.map(Some);
            Ok::<_, std::io::Error>(Some((lines, reader)))
        });
        let headers = [
            (header::CONTENT_TYPE, NDJSON),
            (header::CACHE_CONTROL, "no-store"),
        ];
        (headers, Body::from_stream(lines)).into_response()
    }
}

fn lines(broker: &Broker, page: &AuditPage) -> Bytes {
    let mut lines = Vec::with_capacity(page.records.len() * 256);
    for record in &page.records {
        // Can't fail: the structure has only texts and numbers.
        let _ = serde_json::to_writer(&mut lines, &info(broker, record));
        lines.push(b'\n');
    }
    lines.into()
}
