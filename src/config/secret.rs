//! Secrets, which are never printed, and the files they are read from.

use std::{
    fmt, fs,
    io::{self, Read},
    path::Path,
};

/// The largest secret file, in bytes. The limit also catches wrong paths, such as a device without an end.
const MAX_FILE: u64 = 64 * 1024;

/// A secret. `Debug` does not show it.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Reads a file that contains one secret. A line end after the secret is ignored.
    pub fn from_file(path: &Path) -> Result<Self, UnreadableSecret> {
        let mut text = String::new();
        fs::File::open(path)?
            .take(MAX_FILE + 1)
            .read_to_string(&mut text)?;
        if text.len() as u64 > MAX_FILE {
            return Err(UnreadableSecret::TooLong);
        }
        match text.trim_end_matches(['\r', '\n']) {
            "" => Err(UnreadableSecret::Empty),
            secret => Ok(Self(secret.to_owned())),
        }
    }

    /// The secret itself, to compare it or to sign with it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Why a secret could not be read from a file.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableSecret {
    /// The file could not be read, or is not UTF-8.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file is empty.
    #[error("the file is empty")]
    Empty,
    /// The file is larger than 64 KiB.
    #[error("the file is larger than 64 KiB, so it can not be a secret")]
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<String, String> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), bytes).expect("written");
        Secret::from_file(file.path())
            .map(|secret| secret.expose().to_owned())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_line_end_after_a_secret_is_ignored() {
        assert_eq!(read(b"s3cret\n"), Ok("s3cret".to_owned()));
        assert_eq!(read(b"s3cret\r\n"), Ok("s3cret".to_owned()));
        assert_eq!(read(b" s3 cret "), Ok(" s3 cret ".to_owned()));
    }

    #[test]
    fn a_file_without_a_secret_is_refused() {
        assert_eq!(read(b"\n"), Err("the file is empty".to_owned()));
        assert!(read(&[0xff, 0xfe]).is_err());
        assert!(read(&vec![b'a'; 70_000]).is_err_and(|why| why.contains("64 KiB")));
        assert!(Secret::from_file(Path::new("/nowhere/at/all")).is_err());
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(
            format!("{:?}", Secret::from("s3cret".to_owned())),
            "Secret(..)"
        );
    }
}
