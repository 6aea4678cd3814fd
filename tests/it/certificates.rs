//! Certificates for tests, in files.

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// A certificate that signs itself, and its key.
pub struct Certificate {
    pub pem: String,
    key: String,
}

/// Where a certificate and its key are.
pub struct Files {
    pub cert: PathBuf,
    pub key: PathBuf,
}

impl Certificate {
    /// For these names, which may be addresses.
    pub fn of(names: &[&str]) -> Self {
        Self::with(names, |_| {})
    }

    /// For these names, changed.
    pub fn with(names: &[&str], change: impl FnOnce(&mut rcgen::CertificateParams)) -> Self {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = rcgen::CertificateParams::new(names).expect("names");
        change(&mut params);
        let key = rcgen::KeyPair::generate().expect("a key");
        let cert = params.self_signed(&key).expect("a certificate");
        Self {
            pem: cert.pem(),
            key: key.serialize_pem(),
        }
    }

    /// Writes both into a folder.
    pub fn write(&self, folder: &Path, name: &str) -> Files {
        let (cert, key) = (
            folder.join(format!("{name}.pem")),
            folder.join(format!("{name}.key")),
        );
        std::fs::write(&cert, &self.pem).expect("written");
        std::fs::write(&key, &self.key).expect("written");
        Files { cert, key }
    }
}

impl Files {
    /// The flags that name them.
    pub fn flags(&self) -> [String; 4] {
        let text = |path: &Path| path.to_str().expect("a plain path").to_owned();
        [
            "--tls-cert".to_owned(),
            text(&self.cert),
            "--tls-key".to_owned(),
            text(&self.key),
        ]
    }
}

/// The certificate of the servers of this process.
pub struct OfTests {
    pub pem: String,
    pub files: Files,
    _folder: tempfile::TempDir,
}

/// A certificate for this machine, made once.
pub fn of_tests() -> &'static OfTests {
    static MADE: OnceLock<OfTests> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let certificate = Certificate::of(&["localhost", "127.0.0.1"]);
        OfTests {
            files: certificate.write(folder.path(), "server"),
            pem: certificate.pem,
            _folder: folder,
        }
    })
}

/// A client that trusts these certificates.
pub fn client_of(pems: &[&str]) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .no_proxy()
        .use_rustls_tls()
        .tls_built_in_root_certs(false);
    pems.iter().fold(builder, |builder, pem| {
        let cert = reqwest::Certificate::from_pem(pem.as_bytes()).expect("a certificate");
        builder.add_root_certificate(cert)
    })
}
