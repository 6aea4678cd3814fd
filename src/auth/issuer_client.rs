//! Requests to issuers of tokens.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode, header, redirect::Policy};

use crate::config::SecureUrl;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The largest answer, in bytes.
pub(super) const MAX_BYTES: usize = 256 * 1024;

/// The status and the body of what is at a URL. Fails with the reason, in words.
pub(super) async fn get(url: &SecureUrl, accepted: &str) -> Result<(StatusCode, Vec<u8>), String> {
    let request = client()?.get(url.as_str());
    send(request.header(header::ACCEPT, accepted)).await
}

/// A client for a few requests. It is made each time: that is seldom, and an idle connection would be of no use.
pub(super) fn client() -> Result<Client, String> {
    // A redirect could lead to where the settings do not allow it.
    let client = Client::builder().redirect(Policy::none()).build();
    client.map_err(in_words)
}

/// Sends a request. Fails if the complete answer does not come in time.
pub(super) async fn send(request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), String> {
    let answered = tokio::time::timeout(TIMEOUT, answer(request)).await;
    answered.unwrap_or_else(|_| Err("no answer in time".to_owned()))
}

async fn answer(request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), String> {
    let mut response = request.send().await.map_err(in_words)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(in_words)? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_BYTES {
            return Err(format!("the answer has more than {MAX_BYTES} bytes"));
        }
    }
    Ok((response.status(), body))
}

/// What went wrong, without the URL, which may have secrets.
fn in_words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}
