//! Stream tokens of a request.

use std::time::Instant;

use axum::http::request::Parts;

use super::{Auth, Grant, InvalidToken, Refusal, RefusalKind, remote, token::Tokens};

impl Auth {
    /// The grant of a token that a request has in this field. An address that sends many tokens which nobody has signed is
    /// refused without an answer about the token.
    pub(super) fn verify(
        &self,
        tokens: &Tokens,
        field: &'static str,
        token: &str,
        parts: &Parts,
    ) -> Result<Grant, Refusal> {
        let why = match tokens.verify(token) {
            Ok(grant) => return Ok(grant),
            Err(why) => why,
        };
        if why.is_forged() {
            self.forged.check(remote(parts), false, Instant::now())?;
        }
        let kind = match why {
            InvalidToken::UnknownKey => RefusalKind::UnknownKey,
            _ => RefusalKind::Unauthorized,
        };
        Err(Refusal::new(kind, why.to_string()).field(field))
    }
}
