//! The certificates of the server. They are read from files, and read again while it runs.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use parking_lot::{Mutex, RwLock};
use rustls::{
    client::verify_server_name,
    crypto::ring,
    pki_types::{
        CertificateDer, PrivateKeyDer, ServerName,
        pem::{self, PemObject},
    },
    server::{ClientHello, ParsedCertificate, ResolvesServerCert},
    sign::CertifiedKey,
};

use super::{alpn, validity::validity};
use crate::config::TlsSettings;

/// Why certificates can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read.
    #[error("{setting} {}: {why}", path.display())]
    Unreadable {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The certificate and the key do not belong together.
    #[error("--tls-cert {} and --tls-key {}: {why}", cert.display(), key.display())]
    Mismatch {
        /// The file of the certificate.
        cert: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// Why not.
        why: String,
    },
    /// The library for TLS refuses its settings, for example because the system has no random bits.
    #[error("TLS can't be set up: {0}")]
    Setup(#[from] rustls::Error),
}

/// All certificates of the server. The name that a client asks for chooses one.
#[derive(Debug)]
pub struct Certificates {
    files: Vec<PairOfFiles>,
    current: RwLock<Vec<Arc<CertifiedKey>>>,
    acme: RwLock<AcmeKeys>,
    stamps: Mutex<Stamps>,
}

/// What an authority has to do with.
#[derive(Debug, Default)]
struct AcmeKeys {
    issued: Option<Arc<CertifiedKey>>,
    /// What proves the control of a name.
    challenges: HashMap<String, Arc<CertifiedKey>>,
}

#[derive(Clone, Debug)]
struct PairOfFiles {
    cert: PathBuf,
    key: PathBuf,
}

/// The time and the size of each file. None: there is no such file.
type Stamp = Vec<Option<(SystemTime, u64)>>;

#[derive(Debug, Default)]
struct Stamps {
    /// When the files were last read.
    read: Stamp,
    /// When they were last looked at.
    seen: Stamp,
}

impl Certificates {
    /// Reads all certificates that the settings name.
    pub fn load(settings: &TlsSettings) -> Result<Self, TlsError> {
        let pairs = settings.tls_cert.iter().zip(&settings.tls_key);
        let certificates = Self {
            files: pairs
                .map(|(cert, key)| PairOfFiles {
                    cert: cert.clone(),
                    key: key.clone(),
                })
                .collect(),
            current: RwLock::default(),
            acme: RwLock::default(),
            stamps: Mutex::default(),
        };
        certificates.reload()?;
        Ok(certificates)
    }

    /// Reads all files again. New connections get the new certificates, open ones stay as they are. If one of the files
    /// is not usable, all old certificates stay.
    pub fn reload(&self) -> Result<(), TlsError> {
        // Before the files are read: a change in the meantime is seen later.
        let stamp = self.stamp();
        *self.stamps.lock() = Stamps {
            read: stamp.clone(),
            seen: stamp,
        };
        let read = self.files.iter().map(PairOfFiles::read);
        let read = read.collect::<Result<Vec<_>, _>>()?;
        *self.current.write() = read;
        Ok(())
    }

    /// Whether the files have changed since they were last read, and are the same as at the last call: a certificate and
    /// its key are not replaced at the same moment.
    pub fn have_changed(&self) -> bool {
        let now = self.stamp();
        let mut stamps = self.stamps.lock();
        let is_settled = stamps.seen == now;
        let differs = stamps.read != now;
        stamps.seen = now;
        differs && is_settled
    }

    /// Uses a certificate that an authority has issued.
    pub fn set_issued(&self, key: CertifiedKey) {
        self.acme.write().issued = Some(Arc::new(key));
    }

    /// Whether there is an issued certificate for all these names, with a third of its time left.
    pub fn issued_lasts(&self, names: &[String]) -> bool {
        let issued = self.acme.read().issued.clone();
        let is_for_name = |key: &CertifiedKey, name: &String| {
            ServerName::try_from(name.as_str()).is_ok_and(|name| is_for(key, &name))
        };
        issued.is_some_and(|key| {
            let validity = key.end_entity_cert().ok().and_then(|cert| validity(cert));
            names.iter().all(|name| is_for_name(&key, name))
                && validity.is_some_and(|validity| {
                    let time = validity.end.duration_since(validity.begin);
                    SystemTime::now() + time.unwrap_or_default() / 3 < validity.end
                })
        })
    }

    /// Shows this certificate to the authority when it checks the name.
    pub fn set_challenge(&self, name: String, key: CertifiedKey) {
        self.acme.write().challenges.insert(name, Arc::new(key));
    }

    /// The authority has done its checks.
    pub fn clear_challenges(&self) {
        self.acme.write().challenges.clear();
    }

    fn stamp(&self) -> Stamp {
        let of_file = |path: &PathBuf| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        };
        let files = self
            .files
            .iter()
            .flat_map(|files| [&files.cert, &files.key]);
        files.map(of_file).collect()
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let acme = self.acme.read();
        if is_challenge(&hello) {
            return acme.challenges.get(hello.server_name()?).cloned();
        }
        let current = self.current.read();
        let all = || current.iter().chain(&acme.issued);
        let name = hello.server_name().map(ServerName::try_from);
        let matching = name
            .and_then(Result::ok)
            .and_then(|name| all().find(|key| is_for(key, &name)));
        matching.or_else(|| all().next()).cloned()
    }
}

/// Whether an authority checks a name (RFC 8737, section 3).
fn is_challenge(hello: &ClientHello<'_>) -> bool {
    let mut protocols = hello.alpn().into_iter().flatten();
    protocols.next() == Some(alpn::ACME) && protocols.next().is_none()
}

fn is_for(key: &CertifiedKey, name: &ServerName<'_>) -> bool {
    let cert = key.end_entity_cert().and_then(ParsedCertificate::try_from);
    cert.is_ok_and(|cert| verify_server_name(&cert, name).is_ok())
}

impl PairOfFiles {
    fn read(&self) -> Result<Arc<CertifiedKey>, TlsError> {
        let chain = CertificateDer::pem_file_iter(&self.cert).and_then(Iterator::collect);
        let chain: Vec<CertificateDer<'static>> =
            chain.map_err(|error| unreadable("--tls-cert", &self.cert, error))?;
        if chain.is_empty() {
            let none = pem::Error::NoItemsFound;
            return Err(unreadable("--tls-cert", &self.cert, none));
        }
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| unreadable("--tls-key", &self.key, error))?;
        let key =
            CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|error| {
                TlsError::Mismatch {
                    cert: self.cert.clone(),
                    key: self.key.clone(),
                    why: reason(error),
                }
            })?;
        warn_if_expired(&self.cert, &key);
        Ok(Arc::new(key))
    }
}

fn reason(error: rustls::Error) -> String {
    match error {
        rustls::Error::InconsistentKeys(_) => {
            "the key does not belong to the certificate".to_owned()
        }
        other => other.to_string(),
    }
}

fn unreadable(setting: &'static str, path: &Path, error: pem::Error) -> TlsError {
    let why = match error {
        pem::Error::Io(error) if error.kind() == io::ErrorKind::NotFound => {
            "there is no such file".to_owned()
        }
        pem::Error::Io(error) => error.to_string(),
        pem::Error::NoItemsFound if setting == "--tls-key" => {
            "there is no private key in PEM in this file".to_owned()
        }
        pem::Error::NoItemsFound => "there is no certificate in PEM in this file".to_owned(),
        other => other.to_string(),
    };
    TlsError::Unreadable {
        setting,
        path: path.to_owned(),
        why,
    }
}

fn warn_if_expired(path: &Path, key: &CertifiedKey) {
    let cert = key.end_entity_cert().ok();
    let validity = cert.and_then(|cert| validity(cert));
    if validity.is_some_and(|validity| validity.end < SystemTime::now()) {
        tracing::warn!(
            "the certificate {} has expired: clients refuse it",
            path.display()
        );
    }
}
