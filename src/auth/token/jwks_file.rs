//! The file `jwks.json` of the data folder: the keys that an issuer published last. With it, a server that starts while the
//! issuer is down still accepts its tokens.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use crate::{
    auth::issuer_client::MAX_BYTES,
    config::{SecureUrl, TokenKey, published_keys},
    private_file,
};

/// The largest file, in bytes: each byte of an answer may be escaped.
const MAX_FILE: u64 = 8 * MAX_BYTES as u64;

/// See the module documentation.
#[derive(Debug)]
pub struct JwksFile(PathBuf);

/// What the file contains.
#[derive(Serialize, Deserialize)]
struct Content {
    /// Where the keys were read. They are of no use for another issuer.
    url: String,
    /// When, in seconds since 1970.
    read_at: u64,
    /// What the issuer answered.
    answer: String,
}

/// Why a file is ignored.
#[derive(Debug, thiserror::Error)]
pub enum Ignored {
    /// It can't be read.
    #[error("it can't be read: {0}")]
    Unreadable(#[from] io::Error),
    /// It was changed, or is something else.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// It has the keys of another URL.
    #[error("its keys are those of {0}")]
    Foreign(String),
}

impl JwksFile {
    /// The file in this data folder.
    pub fn in_folder(data: &Path) -> Self {
        Self(data.join("jwks.json"))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The keys that were read at this URL, and when. None if there is no file.
    pub fn read(&self, url: &SecureUrl) -> Result<Option<(Vec<TokenKey>, SystemTime)>, Ignored> {
        let file = match File::open(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let mut text = Vec::new();
        file.take(MAX_FILE).read_to_end(&mut text)?;
        let damaged = |why: &dyn ToString| Ignored::Damaged(why.to_string());
        let content: Content = serde_json::from_slice(&text).map_err(|why| damaged(&why))?;
        if content.url != url.as_str() {
            return Err(Ignored::Foreign(content.url));
        }
        let keys = published_keys(content.answer.as_bytes()).map_err(|why| damaged(&why))?;
        let read_at = UNIX_EPOCH.checked_add(Duration::from_secs(content.read_at));
        let read_at = read_at.ok_or_else(|| damaged(&"it has no time"))?;
        Ok(Some((keys, read_at)))
    }

    /// Stores what this URL has answered. Blocks.
    pub fn write(&self, url: &SecureUrl, answer: &[u8], read_at: SystemTime) -> io::Result<()> {
        let since = read_at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let content = Content {
            url: url.as_str().to_owned(),
            read_at: since.as_secs(),
            answer: String::from_utf8_lossy(answer).into_owned(),
        };
        private_file::replace(&self.0, &serde_json::to_vec(&content)?)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    const SET: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

    fn url(text: &str) -> SecureUrl {
        text.parse().expect("a URL")
    }

    #[test]
    fn keys_are_read_as_they_were_written_and_for_their_url_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = JwksFile::in_folder(folder.path());
        let issuer = url("https://issuer.example/jwks.json");
        assert!(file.read(&issuer).expect("no file").is_none());
        let at = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        file.write(&issuer, SET.as_bytes(), at).expect("written");
        let (keys, read_at) = file.read(&issuer).expect("readable").expect("there");
        assert_eq!((keys.len(), read_at), (1, at));
        let mode = fs::metadata(file.path()).expect("there").permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
        let other = file.read(&url("https://other.example/jwks.json"));
        assert!(matches!(other, Err(Ignored::Foreign(_))));
    }

    #[test]
    fn a_damaged_file_is_told_from_a_missing_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = JwksFile::in_folder(folder.path());
        let issuer = url("https://issuer.example/jwks.json");
        file.write(&issuer, SET.as_bytes(), UNIX_EPOCH)
            .expect("written");
        let whole = fs::read(file.path()).expect("there");
        for length in 0..whole.len() {
            fs::write(file.path(), &whole[..length]).expect("written");
            let read = file.read(&issuer);
            assert!(matches!(read, Err(Ignored::Damaged(_))), "{length} bytes");
        }
        file.write(&issuer, b"{\"keys\":[]}", UNIX_EPOCH)
            .expect("written");
        assert!(matches!(file.read(&issuer), Err(Ignored::Damaged(_))));
    }
}
