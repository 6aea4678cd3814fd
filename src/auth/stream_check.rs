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
        let verified = tokens.verify(token);
        verified.map_err(|why| self.refused_token(&why, field, parts))
    }

    /// Why a token that a request has in this field is refused. Forged ones are counted.
    pub(super) fn refused_token(
        &self,
        why: &InvalidToken,
        field: &'static str,
        parts: &Parts,
    ) -> Refusal {
        if why.is_forged()
            && let Err(limited) = self.forged.check(remote(parts), false, Instant::now())
        {
            return limited.into();
        }
        let kind = match why {
            InvalidToken::UnknownKey => RefusalKind::UnknownKey,
            _ => RefusalKind::Unauthorized,
        };
        Refusal::new(kind, why.to_string()).field(field)
    }
}
