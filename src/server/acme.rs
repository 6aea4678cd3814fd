//! Requests a certificate from an authority by ACME (RFC 8555) and renews it in time.
//!
//! The authority checks that a name leads here by a handshake (TLS-ALPN-01, RFC 8737). So no other port is needed than
//! that of HTTPS.

mod error;
mod http;
mod store;

use std::{convert::Infallible, error::Error, sync::Arc, time::Duration};

use instant_acme::{
    Account, AuthorizationStatus, ChallengeType, Identifier, NewAccount, NewOrder, Order,
    OrderStatus, RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use rustls::{
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    sign::CertifiedKey,
};

use super::tls::Certificates;
use crate::{config::Settings, http::AppState};
use error::AcmeError;
use store::Store;

/// The first wait after a failure. It doubles with each.
const FIRST_WAIT: Duration = Duration::from_secs(60);

/// The longest wait after failures. Let's Encrypt allows five failures of a name in an hour.
const LONGEST_WAIT: Duration = Duration::from_secs(6 * 60 * 60);

/// How often it is looked whether the certificate has to be renewed.
const INTERVAL: Duration = Duration::from_secs(60 * 60);

/// How long the authority may take to check and to issue.
const PATIENCE: Duration = Duration::from_secs(120);

/// See the module documentation.
pub struct Acme {
    state: AppState,
    store: Store,
    certificates: Arc<Certificates>,
    names: Vec<String>,
}

impl Acme {
    /// For the names of the settings. The certificate of an earlier run is used at once.
    pub fn new(state: &AppState, certificates: Arc<Certificates>) -> Self {
        let domains = state.settings.tls.acme.acme_domain.iter();
        let acme = Self {
            state: state.clone(),
            store: Store::in_folder(&state.settings.data_dir),
            certificates,
            names: domains.map(|host| host.name().to_owned()).collect(),
        };
        match acme.store.certificate() {
            Ok(Some(key)) => acme.certificates.set_issued(key),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "the certificate of an earlier run is not used"),
        }
        acme
    }

    /// Renews the certificate whenever it is time. If that fails, the old one stays in use.
    pub async fn keep(self) -> Infallible {
        let mut wait = FIRST_WAIT;
        loop {
            if self.certificates.issued_lasts(&self.names) {
                tokio::time::sleep(INTERVAL).await;
                continue;
            }
            let names = self.names.join(", ");
            let failed = match self.renew().await {
                Ok(()) => {
                    tracing::info!("the authority has issued a certificate for {names}");
                    self.state.set_certificate_warning(None);
                    wait = FIRST_WAIT;
                    continue;
                }
                Err(error) => with_causes(&error),
            };
            let seconds = wait.as_secs();
            tracing::error!("no certificate for {names}: {failed}; trying again in {seconds} s");
            let warning = format!("no new certificate for {names}: {failed}");
            self.state.set_certificate_warning(Some(warning));
            tokio::time::sleep(wait).await;
            wait = (2 * wait).min(LONGEST_WAIT);
        }
    }

    async fn renew(&self) -> Result<(), AcmeError> {
        let account = self.account().await?;
        let names = self.names.iter().cloned().map(Identifier::Dns);
        let names = names.collect::<Vec<_>>();
        let mut order = account.new_order(&NewOrder::new(&names)).await?;
        let issued = self.issue(&mut order).await;
        self.certificates.clear_challenges();
        let (chain, key) = issued?;
        // The key and its certificate are in one file, so that they always belong together.
        self.store.write_certificate(&format!("{key}{chain}"))?;
        if let Some(key) = self.store.certificate()? {
            self.certificates.set_issued(key);
        }
        Ok(())
    }

    /// The account with the authority. It is made once.
    async fn account(&self) -> Result<Account, AcmeError> {
        let settings: &Settings = &self.state.settings;
        let acme = &settings.tls.acme;
        let http = http::client(acme.acme_ca.as_deref())?;
        let builder = Account::builder_with_http(Box::new(http));
        if let Some(credentials) = self.store.account(&acme.acme_directory)? {
            return Ok(builder.from_credentials(credentials).await?);
        }
        let contact = acme
            .acme_email
            .as_ref()
            .map(|email| format!("mailto:{email}"));
        let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
        let account = NewAccount {
            contact: &contact,
            terms_of_service_agreed: true,
            only_return_existing: false,
        };
        let directory = acme.acme_directory.clone();
        let (account, credentials) = builder.create(&account, directory, None).await?;
        self.store
            .write_account(&acme.acme_directory, &credentials)?;
        Ok(account)
    }

    /// Proves that the names lead here. Returns the chain and the key in PEM.
    async fn issue(&self, order: &mut Order) -> Result<(String, String), AcmeError> {
        let retries = RetryPolicy::default().timeout(PATIENCE);
        self.prove(order).await?;
        let status = order.poll_ready(&retries).await?;
        if status != OrderStatus::Ready {
            return Err(AcmeError::Refused(why(order, status).await));
        }
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(self.names.clone())?;
        params.distinguished_name = DistinguishedName::new();
        let request = params.serialize_request(&key)?;
        order.finalize_csr(request.der()).await?;
        let chain = order.poll_certificate(&retries).await?;
        Ok((chain, key.serialize_pem()))
    }

    async fn prove(&self, order: &mut Order) -> Result<(), AcmeError> {
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            match authorization.status {
                AuthorizationStatus::Pending => {}
                AuthorizationStatus::Valid => continue,
                other => return Err(AcmeError::Refused(format!("a name is {other:?}"))),
            }
            let name = authorization.identifier().to_string();
            let challenge = authorization.challenge(ChallengeType::TlsAlpn01);
            let mut challenge = challenge.ok_or_else(|| AcmeError::NoChallenge(name.clone()))?;
            let digest = challenge.key_authorization().digest();
            let proof = proof(&name, digest.as_ref())?;
            self.certificates.set_challenge(name, proof);
            challenge.set_ready().await?;
        }
        Ok(())
    }
}

/// Why the authority does not issue a certificate.
async fn why(order: &mut Order, status: OrderStatus) -> String {
    let mut authorizations = order.authorizations();
    while let Some(Ok(authorization)) = authorizations.next().await {
        let mut errors = authorization.challenges.iter();
        if let Some(error) = errors.find_map(|challenge| challenge.error.as_ref()) {
            return error.to_string();
        }
    }
    format!("the order is {status:?}")
}

/// The certificate that proves control of a name (RFC 8737, section 3).
fn proof(name: &str, digest: &[u8]) -> Result<CertifiedKey, AcmeError> {
    let mut params = CertificateParams::new([name.to_owned()])?;
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let chain = vec![certificate.der().clone()];
    let key = ring::default_provider()
        .key_provider
        .load_private_key(key)?;
    // `from_der` would refuse the extension of the proof, which it does not know.
    Ok(CertifiedKey::new(chain, key))
}

/// An error with its causes: the first alone is often only "error sending request".
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
