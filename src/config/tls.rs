//! HTTPS: `--listen-tls`, certificates, and what goes with them.

use std::path::PathBuf;

use clap::Args;

use super::{Host, ListenAddress};

/// The longest `--hsts`: two years.
const MAX_HSTS: u64 = 2 * 366 * 24 * 60 * 60;

/// The directory of Let's Encrypt.
const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// HTTPS.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "TLS")]
pub struct TlsSettings {
    /// Address to listen on for HTTPS (TLS 1.2 and 1.3, HTTP/1.1 and HTTP/2). Written as for `--listen`. Repeat the flag
    /// or separate addresses with commas. The server still listens on `--listen`.
    #[arg(long, value_delimiter = ',', value_name = "ADDRESS")]
    pub listen_tls: Vec<ListenAddress>,

    /// File with the certificate and those of the authorities between it and the root, in PEM. Repeat it, with its
    /// `--tls-key`, for several certificates: the name that a client asks for (SNI) chooses one, and the first is for
    /// all other names. The files are read again when they change.
    #[arg(long, value_delimiter = ',', value_name = "FILE")]
    pub tls_cert: Vec<PathBuf>,

    /// File with the private key of the certificate, in PEM.
    #[arg(long, value_delimiter = ',', value_name = "FILE")]
    pub tls_key: Vec<PathBuf>,

    /// Address where plain HTTP is answered by a redirect (308) to HTTPS. Written as for `--listen`.
    #[arg(long, value_delimiter = ',', value_name = "ADDRESS")]
    pub redirect_http: Vec<ListenAddress>,

    /// Seconds for which browsers use only HTTPS for this host (`Strict-Transport-Security`), 0 to 63244800. Sent with
    /// every answer over HTTPS. Default: not sent.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(0..=MAX_HSTS))]
    pub hsts: Option<u64>,

    /// Certificates from an authority.
    #[command(flatten)]
    pub acme: AcmeSettings,
}

/// Certificates from an authority that speaks ACME (RFC 8555).
#[derive(Clone, Debug, Args)]
pub struct AcmeSettings {
    /// Name for which a certificate is requested from an authority by ACME, such as Let's Encrypt. The authority
    /// connects to port 443 of the name (TLS-ALPN-01), which must lead to a `--listen-tls`. By this flag you agree to
    /// the terms of the authority. Repeat the flag or separate names with commas.
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub acme_domain: Vec<Host>,

    /// Address to which the authority may write about the certificate.
    #[arg(long, value_name = "EMAIL")]
    pub acme_email: Option<String>,

    /// URL of the directory of the authority.
    #[arg(long, default_value = LETS_ENCRYPT, value_name = "URL")]
    pub acme_directory: String,

    /// File with the root certificate of an authority that is not known to browsers, in PEM. For its HTTPS, not for the
    /// certificates that it issues.
    #[arg(long, value_name = "FILE")]
    pub acme_ca: Option<PathBuf>,
}

impl TlsSettings {
    /// Refuses settings that do not go together.
    pub(super) fn check(&self) -> Result<(), InvalidTls> {
        let (certs, keys) = (self.tls_cert.len(), self.tls_key.len());
        if certs != keys {
            return Err(InvalidTls::Pairs { certs, keys });
        }
        let has_certificate = certs > 0 || !self.acme.acme_domain.is_empty();
        if !self.listen_tls.is_empty() && !has_certificate {
            return Err(InvalidTls::NoCertificate);
        }
        if !self.redirect_http.is_empty() && !has_certificate {
            return Err(InvalidTls::RedirectToNothing);
        }
        Ok(())
    }
}

/// Why the server does not start with these settings of HTTPS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTls {
    /// There is a certificate without a key, or a key without a certificate.
    #[error("each --tls-cert needs its --tls-key: there are {certs} certificates and {keys} keys")]
    Pairs {
        /// How many certificates are named.
        certs: usize,
        /// How many keys are named.
        keys: usize,
    },
    /// HTTPS without a certificate.
    #[error("--listen-tls needs a certificate: set --tls-cert and --tls-key")]
    NoCertificate,
    /// A redirect, but no HTTPS.
    #[error("--redirect-http needs HTTPS: set --listen-tls, --tls-cert and --tls-key")]
    RedirectToNothing,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ConfigError, InvalidSettings, Settings};

    fn refused(flags: &[&str]) -> Option<InvalidTls> {
        match Settings::from_flags(flags) {
            Ok(_) => None,
            Err(ConfigError::Invalid(InvalidSettings::Tls(why))) => Some(why),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_certificate_and_its_key_go_together() {
        let pair = ["--tls-cert", "a.pem", "--tls-key", "a.key"];
        let tls = ["--listen-tls", "127.0.0.1:0"];
        assert_eq!(refused(&[&pair[..], &tls].concat()), None);
        let (certs, keys) = (1, 0);
        assert_eq!(refused(&pair[..2]), Some(InvalidTls::Pairs { certs, keys }));
        assert_eq!(refused(&tls), Some(InvalidTls::NoCertificate));
        assert_eq!(
            refused(&["--redirect-http", "127.0.0.1:0"]),
            Some(InvalidTls::RedirectToNothing)
        );
    }
}
