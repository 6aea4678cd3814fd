//! The folder `acme` of the data folder: the account with the authority, and the certificate with its key. Only the user
//! of the server can read it.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use instant_acme::AccountCredentials;
use rustls::{
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use serde::{Deserialize, Serialize};

use super::error::AcmeError;
use crate::private_file;

const ACCOUNT: &str = "account.json";
const CERTIFICATE: &str = "certificate.pem";

/// See the module documentation.
pub struct Store(PathBuf);

#[derive(Serialize)]
struct NewAccount<'a> {
    directory: &'a str,
    credentials: &'a AccountCredentials,
}

#[derive(Deserialize)]
struct StoredAccount {
    directory: String,
    credentials: AccountCredentials,
}

impl Store {
    /// The store in this data folder.
    pub fn in_folder(data: &Path) -> Self {
        Self(data.join("acme"))
    }

    /// The account with the authority that has this directory.
    pub fn account(&self, directory: &str) -> io::Result<Option<AccountCredentials>> {
        let Some(text) = self.read(ACCOUNT)? else {
            return Ok(None);
        };
        let stored: StoredAccount = serde_json::from_slice(&text)?;
        Ok((stored.directory == directory).then_some(stored.credentials))
    }

    /// Stores the account.
    pub fn write_account(
        &self,
        directory: &str,
        credentials: &AccountCredentials,
    ) -> io::Result<()> {
        let account = NewAccount {
            directory,
            credentials,
        };
        self.write(ACCOUNT, &serde_json::to_vec(&account)?)
    }

    /// The certificate and its key.
    pub fn certificate(&self) -> Result<Option<CertifiedKey>, AcmeError> {
        let Some(pem) = self.read(CERTIFICATE)? else {
            return Ok(None);
        };
        let chain = CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>()?;
        let key = PrivateKeyDer::from_pem_slice(&pem)?;
        let provider = ring::default_provider();
        Ok(Some(CertifiedKey::from_der(chain, key, &provider)?))
    }

    /// Stores a certificate and its key, in PEM.
    pub fn write_certificate(&self, pem: &str) -> io::Result<()> {
        self.write(CERTIFICATE, pem.as_bytes())
    }

    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.0.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Replaces a file as a whole.
    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.0)?;
        private_file::replace(&self.0.join(name), bytes)
    }
}
