//! `/api/messages/export`: what a filter matches, in one file.

mod csv;

use std::sync::Arc;

use app::wire::{MessageInfo, MessagesPage};
use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;

use super::{filter, page};
use crate::{
    broker::Broker,
    http::{
        AppState, Error,
        access::Caller,
        body::Pairs,
        off_thread,
        openapi::{ExportFormat, MessageAudience, refuses, values},
        visible::Visible,
    },
    log::HistoryFilter,
    message::Seq,
    timestamp,
};

/// Messages that are read at once. Only so many are in memory.
const PAGE: usize = 100;

refuses!(ExportRefusals: InvalidField, MissingField; READ);

/// Export messages
///
/// All messages that the filter matches and that the caller may see, newest first, in one file without a limit. They are
/// read while they are sent, so an export of any size needs little memory. Messages that are pushed meanwhile are not in
/// it. `ndjson`: one message a line, as `GET /api/messages` has them. `csv`: a table with a row of names (RFC 4180, in
/// UTF-8 with a byte order mark), for spreadsheets: a `'` stands before cells that they would take for a formula. Use
/// `ndjson` for programs. Of several clients, at most the first ten are named. A range of the log that can't be read is a line
/// `{"unreadable": {"from", "to"}}`, or a row with `unreadable` in the column `ended`. If the log fails meanwhile, the
/// response ends before its end, which clients notice.
#[utoipa::path(
    get, path = "/api/messages/export", tag = "messages",
    params(
        ("format" = ExportFormat, Query, description = "The form of the file"),
        ("audience" = Option<MessageAudience>, Query, description = "Only messages for clients by name, for topics, or for everyone. Only one of `audience`, `client_id` and `topic` can be given"),
        ("client_id" = Option<values::ClientId>, Query, description = "Only messages for this client"),
        ("topic" = Option<values::Topic>, Query, description = "Only messages for this topic"),
        ("event" = Option<values::EventType>, Query, description = "Only messages of this type"),
        ("q" = Option<String>, Query, description = "Only messages whose data contains this text"),
        ("from" = Option<values::Number>, Query, description = "Only messages that were pushed at this time or later, in milliseconds since 1970. The name `since` is accepted too"),
        ("to" = Option<values::Number>, Query, description = "Only messages that were pushed at this time or earlier, in milliseconds since 1970. The name `until` is accepted too"),
    ),
    responses(
        (
            status = 200, description = "The messages",
            content((Vec<MessageInfo> = "application/x-ndjson"), (String = "text/csv")),
        ),
        ExportRefusals,
    ),
)]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    pairs: Pairs,
) -> Result<Response, Error> {
    let format = Format::parse(pairs.need("format")?)?;
    let export = Export {
        broker: Arc::clone(&state.broker),
        filter: Arc::new(filter(&pairs)?),
        visible: Visible::from(&caller),
        format,
        next: Next::Begin,
    };
    export.response()
}

#[derive(Clone, Copy)]
enum Format {
    Ndjson,
    Csv,
}

impl Format {
    fn parse(text: &str) -> Result<Self, Error> {
        match text {
            "ndjson" => Ok(Self::Ndjson),
            "csv" => Ok(Self::Csv),
            _ => Err(Error::invalid("format", "must be ndjson or csv")),
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
        }
    }

    /// What stands before the first message.
    fn head(self) -> Vec<u8> {
        match self {
            Self::Ndjson => Vec::new(),
            Self::Csv => csv::head(),
        }
    }

    fn write(self, page: &MessagesPage, out: &mut Vec<u8>) {
        for message in &page.messages {
            match self {
                Self::Ndjson => line(message, out),
                Self::Csv => csv::row(message, out),
            }
        }
        for range in &page.unreadable {
            match self {
                Self::Ndjson => line(&serde_json::json!({ "unreadable": range }), out),
                Self::Csv => csv::unreadable(range, out),
            }
        }
    }
}

fn line(value: &impl serde::Serialize, out: &mut Vec<u8>) {
    // Can't fail: it has only texts and numbers.
    let _ = serde_json::to_writer(&mut *out, value);
    out.push(b'\n');
}

/// Reads the history page by page, while it is sent.
struct Export {
    broker: Arc<Broker>,
    filter: Arc<HistoryFilter>,
    visible: Visible,
    format: Format,
    next: Next,
}

/// What comes next.
enum Next {
    /// The head.
    Begin,
    /// The page before this position. None: the newest one.
    Page(Option<Seq>),
    /// Nothing.
    End,
}

impl Export {
    fn response(self) -> Result<Response, Error> {
        let name = format!(
            "attachment; filename=\"tidings-messages-{}.{}\"",
            timestamp::now()
                .get(..19)
                .unwrap_or_default()
                .replace(':', ""),
            self.format.extension()
        );
        let internal = |_| Error::internal();
        let headers = [
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static(self.format.media_type()),
            ),
            (
                header::CONTENT_DISPOSITION,
                HeaderValue::try_from(name).map_err(internal)?,
            ),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        let blocks = stream::try_unfold(self, async |mut export| {
            let block = export.block().await?;
            Ok::<_, std::io::Error>(block.map(|block| (Bytes::from(block), export)))
        });
        Ok((headers, Body::from_stream(blocks)).into_response())
    }

    /// The next part of the file. None: it is complete.
    async fn block(&mut self) -> Result<Option<Vec<u8>>, std::io::Error> {
        let before = match self.next {
            Next::Begin => {
                self.next = Next::Page(None);
                return Ok(Some(self.format.head()));
            }
            Next::Page(before) => before,
            Next::End => return Ok(None),
        };
        let (broker, filter) = (Arc::clone(&self.broker), Arc::clone(&self.filter));
        let (visible, format) = (self.visible.clone(), self.format);
        let read = off_thread(move || {
            let (page, next) = page(&broker, &filter, (before, PAGE), &visible)?;
            let mut block = Vec::new();
            format.write(&page, &mut block);
            Ok::<_, Error>((block, next))
        });
        // The headers are sent: the body ends before its end, which clients notice.
        let (block, next) = read
            .await
            .map_err(|_| std::io::Error::other("the history can't be read"))?;
        self.next = next.map_or(Next::End, |next| Next::Page(Some(next)));
        Ok(Some(block))
    }
}
