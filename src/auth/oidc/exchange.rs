//! Requests to the issuer with the code of a sign-in, and with the token that it gave for it.

use reqwest::{RequestBuilder, StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    error::{OidcError, plain},
    provider::Provider,
};
use crate::{auth::issuer_client, config::Secret};

const FORM: &str = "application/x-www-form-urlencoded";

/// What the issuer gives for a code.
#[derive(Deserialize)]
pub struct Tokens {
    /// Who has signed in.
    pub id_token: String,
    /// A token to ask for more.
    access_token: Option<String>,
}

/// Why it gives nothing (RFC 6749, section 5.2).
#[derive(Default, Deserialize)]
struct Refused {
    #[serde(default)]
    error: String,
    error_description: Option<String>,
}

/// Exchanges a code for tokens. `client`: the client id, and the secret if there is one.
pub async fn redeem(
    provider: &Provider,
    client: (&str, Option<&Secret>),
    code: &str,
    verifier: &str,
    callback: &str,
) -> Result<Tokens, OidcError> {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", callback),
        ("code_verifier", verifier),
    ];
    let request = request(provider, client, &fields)?;
    let answered = issuer_client::send(request).await;
    let (status, body) = answered.map_err(OidcError::Unavailable)?;
    if !status.is_success() {
        return Err(refused(status, &body));
    }
    serde_json::from_slice(&body).map_err(|_| {
        let why = "its answer to the code has no ID token: is `openid` one of the scopes?";
        OidcError::Unavailable(why.to_owned())
    })
}

/// A request for tokens with these fields, and with what says who this server is.
fn request(
    provider: &Provider,
    (id, secret): (&str, Option<&Secret>),
    fields: &[(&str, &str)],
) -> Result<RequestBuilder, OidcError> {
    let client = issuer_client::client().map_err(OidcError::Unavailable)?;
    let mut request = client
        .post(provider.token.as_str())
        .header(header::CONTENT_TYPE, FORM)
        .header(header::ACCEPT, "application/json");
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    match secret {
        Some(secret) if !provider.secret_in_body => {
            request = request.basic_auth(encoded(id), Some(encoded(secret.expose())));
        }
        Some(secret) => {
            form.append_pair("client_id", id)
                .append_pair("client_secret", secret.expose());
        }
        None => {
            form.append_pair("client_id", id);
        }
    }
    Ok(request.body(form.finish()))
}

/// Why the issuer gives no tokens.
fn refused(status: StatusCode, body: &[u8]) -> OidcError {
    let Refused {
        error,
        error_description,
    } = serde_json::from_slice(body).unwrap_or_default();
    match (status.is_client_error(), error.as_str()) {
        // The settings are wrong, and not whoever signs in.
        (true, "invalid_client" | "unauthorized_client") | (false, _) | (_, "") => {
            let said = error_description.unwrap_or(error);
            tracing::warn!(%status, said = %plain(&said), "the OpenID Connect issuer gives no tokens");
            OidcError::Unavailable(format!(
                "its answer to the code is {status} {}",
                plain(&said)
            ))
        }
        (true, _) => OidcError::Code(plain(error_description.as_deref().unwrap_or(&error))),
    }
}

/// Form encoding, because the parts of the header are encoded before they are joined (RFC 6749, section 2.3.1).
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// More claims about whoever has signed in (OpenID Connect Core 1.0, section 5.3). None if the issuer has no such thing.
pub async fn user_info(
    provider: &Provider,
    tokens: &Tokens,
    claims: &Map<String, Value>,
) -> Result<Map<String, Value>, OidcError> {
    let (Some(url), Some(token)) = (&provider.user_info, &tokens.access_token) else {
        return Ok(Map::new());
    };
    let client = issuer_client::client().map_err(OidcError::Unavailable)?;
    let request = client.get(url.as_str()).bearer_auth(token);
    let request = request.header(header::ACCEPT, "application/json");
    let answered = issuer_client::send(request).await;
    let (status, body) = answered.map_err(OidcError::Unavailable)?;
    let wrong = |why: String| OidcError::Unavailable(format!("its user info {why}"));
    if !status.is_success() {
        return Err(wrong(format!("answers {status}")));
    }
    let found: Map<String, Value> =
        serde_json::from_slice(&body).map_err(|_| wrong("is not a JSON object".to_owned()))?;
    // Otherwise it could be about somebody else (section 5.3.2).
    match found
        .get("sub")
        .is_some_and(|sub| Some(sub) == claims.get("sub"))
    {
        true => Ok(found),
        false => Err(wrong("is about another account (sub)".to_owned())),
    }
}
