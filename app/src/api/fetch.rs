//! The transport in the browser: `fetch`, which sends the session cookie.

use gloo_net::http::{Method, RequestBuilder};

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
        let method = match method {
            "POST" => Method::POST,
            "PATCH" => Method::PATCH,
            "DELETE" => Method::DELETE,
            _ => Method::GET,
        };
        let mut request = RequestBuilder::new(url).method(method);
        if let Some(token) = token {
            request = request.header("Authorization", &format!("Bearer {token}"));
        }
        let response = match body {
            Some(body) => {
                let request = request.header("Content-Type", "application/json");
                request.body(body).map_err(|e| e.to_string())?.send().await
            }
            None => request.send().await,
        }
        .map_err(|e| e.to_string())?;
        let status = response.status();
        let body = response.text().await.map_err(|e| e.to_string())?;
        Ok((status, body))
    }
}
