//! The transport outside the browser: `reqwest`.

use reqwest::{Client, Method, header};

/// Keeps connections to the server open between calls.
#[derive(Clone, Debug, Default)]
pub(super) struct Transport(Client);

impl super::Client {
    /// Sends requests with this client, which has its own timeouts and root certificates.
    #[must_use]
    pub fn with_http(mut self, http: Client) -> Self {
        self.transport = Transport(http);
        self
    }
}

impl Transport {
    pub(super) async fn send(
        &self,
        method: &str,
        url: &str,
        token: Option<&str>,
        body: Option<String>,
    ) -> Result<(u16, String), String> {
        let method = Method::from_bytes(method.as_bytes()).map_err(|e| e.to_string())?;
        let mut request = self.0.request(method, url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(body);
        }
        let response = request.send().await.map_err(chain)?;
        let status = response.status().as_u16();
        let body = response.text().await.map_err(chain)?;
        Ok((status, body))
    }
}

/// The text of an error with its causes. The first error alone is only "error sending request".
fn chain(error: reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
