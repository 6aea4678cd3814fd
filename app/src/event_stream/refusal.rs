//! Asks why the server refused a stream. An EventSource does not say.

use leptos::web_sys::{AbortController, RequestCache, RequestInit, Response};
use wasm_bindgen_futures::JsFuture;

use super::state::Reason;
use crate::json;
use crate::{browser, wire::Problem};

/// The answer of the server.
pub(super) enum Refusal {
    /// It refuses the stream.
    Refused {
        status: u16,
        reason: Reason,
        /// The delay that it requests, in milliseconds.
        after: f64,
    },
    /// It accepts the stream now.
    Over,
    /// It does not answer.
    Unreachable,
}

/// Requests the stream at this URL, and reads only the head of the response.
pub(super) async fn ask(url: &str) -> Refusal {
    let Ok(abort) = AbortController::new() else {
        return Refusal::Unreachable;
    };
    let request = RequestInit::new();
    request.set_cache(RequestCache::NoStore);
    request.set_signal(Some(&abort.signal()));
    let Ok(response) = browser::fetch(url, &request).await else {
        return Refusal::Unreachable;
    };
    if response.ok() {
        abort.abort();
        return Refusal::Over;
    }
    let status = response.status();
    let after = response.headers().get("retry-after").ok().flatten();
    let after = after.and_then(|seconds| seconds.parse::<u64>().ok());
    Refusal::Refused {
        status,
        after: after.unwrap_or_default() as f64 * 1_000.0,
        reason: match problem(&response).await {
            Some(Problem { code, detail, .. }) => Reason {
                code,
                detail: Some(detail),
            },
            None => Reason {
                code: format!("status_{status}"),
                detail: None,
            },
        },
    }
}

async fn problem(response: &Response) -> Option<Problem> {
    let text = JsFuture::from(response.text().ok()?).await.ok()?;
    json::decode(&text.as_string()?).ok()
}
