//! `/api/backup`: the log in one file.

use std::{fs::File, io, sync::Arc};

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use tokio::io::AsyncReadExt;

use super::{AppState, Code, Error, access::Caller, audited::Doing, off_thread, openapi::refuses};
use crate::{
    auth::{Action, Target},
    log::CopyError,
};

refuses!(BackupRefusals: StorageFull; READ);

/// Bytes that are read from the copy at once.
const BLOCK: usize = 64 * 1024;

/// Back up the log
///
/// Answers a copy of the log, as of one moment, in one file of SQLite. The server goes on meanwhile. It makes the copy in
/// its data folder before it answers, so it needs as much free space as the log takes. One copy is made at a time.
/// `tidings restore` checks the file and makes it the log of a server. It holds all messages: keep it as safe as the
/// data folder. Needs the right to manage everything.
#[utoipa::path(
    get, path = "/api/backup", tag = "node",
    responses(
        (status = 200, description = "The log", body = Vec<u8>, content_type = "application/vnd.sqlite3"),
        BackupRefusals,
    ),
)]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
) -> Result<Response, Error> {
    doing.action("backup");
    caller.check(&state, Action::Manage, Target::Everything, None)?;
    let turn = state.backups.lock().await;
    let broker = Arc::clone(&state.broker);
    let copy = off_thread(move || broker.log().copy()).await?;
    drop(turn);
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/vnd.sqlite3"),
        ),
        (header::CONTENT_LENGTH, HeaderValue::from(copy.size)),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"tidings-backup.sqlite3\""),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, body(copy.file)).into_response())
}

fn body(file: File) -> Body {
    let file = tokio::fs::File::from_std(file);
    Body::from_stream(stream::try_unfold(file, async |mut file| {
        let mut block = Vec::with_capacity(BLOCK);
        let read = file.read_buf(&mut block).await?;
        Ok::<_, io::Error>((read > 0).then(|| (Bytes::from(block), file)))
    }))
}

impl From<CopyError> for Error {
    fn from(error: CopyError) -> Self {
        if error.is_full() {
            let text = "there is no space in the data folder for a copy of the log";
            return Self::new(Code::StorageFull, text).retry_after(60);
        }
        tracing::error!(%error, "no copy of the log could be made");
        Self::new(Code::LogUnavailable, "no copy of the log can be made now").retry_after(1)
    }
}
