//! The transport in the browser: `fetch`, which sends the session cookie.

use leptos::{
    wasm_bindgen::JsValue,
    web_sys::{Headers, RequestInit},
};
use wasm_bindgen_futures::JsFuture;

use crate::browser;

/// Without state: the browser manages the connections.
#[derive(Clone, Debug, Default)]
pub(super) struct Transport;

impl Transport {
    pub(super) async fn send(
        &self,
        method: &str,
        url: &str,
        token: Option<&str>,
        body: Option<String>,
    ) -> Result<(u16, String), String> {
        let answer = async {
            let (request, headers) = (RequestInit::new(), Headers::new()?);
            request.set_method(method);
            if let Some(token) = token {
                headers.set("Authorization", &format!("Bearer {token}"))?;
            }
            if let Some(body) = body {
                headers.set("Content-Type", "application/json")?;
                request.set_body(&body.into());
            }
            request.set_headers(&headers);
            // Below the URL of the pages.
            let url = url.trim_start_matches('/');
            let response = browser::fetch(url, &request).await?;
            let text = JsFuture::from(response.text()?).await?;
            Ok((response.status(), text.as_string().unwrap_or_default()))
        };
        answer.await.map_err(|error: JsValue| format!("{error:?}"))
    }
}
