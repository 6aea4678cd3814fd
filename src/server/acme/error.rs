//! Why no certificate was issued.

use super::http::HttpError;

/// Why no certificate was issued.
#[derive(Debug, thiserror::Error)]
pub enum AcmeError {
    #[error("{0}")]
    Authority(#[from] instant_acme::Error),
    #[error("{0}")]
    Http(#[from] HttpError),
    #[error("the authority does not offer the check by a handshake (TLS-ALPN-01) for {0}")]
    NoChallenge(String),
    #[error("the authority refuses the names: {0}")]
    Refused(String),
    #[error("the folder acme: {0}")]
    Store(#[from] std::io::Error),
    #[error("the certificate can't be made: {0}")]
    Make(#[from] rcgen::Error),
    #[error("the certificate can't be used: {0}")]
    Use(#[from] rustls::Error),
    #[error("the certificate can't be read: {0}")]
    Pem(#[from] rustls::pki_types::pem::Error),
}
