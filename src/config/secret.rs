//! Texts that must not be printed, and the files that they may stand in.

use std::{
    fmt, fs,
    io::{self, Read},
    path::Path,
};

/// The largest file that is read as a secret, in bytes. A path to something else altogether, or to
/// something without an end, is noticed instead of filling the memory.
const MAX_FILE: u64 = 64 * 1024;

/// A text that must not be printed.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Reads a file that holds one secret; a line end after it is not part of it.
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

    /// The text itself, for whoever compares or signs with it.
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

/// Why a file gave no secret.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableSecret {
    /// It could not be read, or is not UTF-8.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// It can't be a secret.
    #[error("the file is over 64 KiB, which is no secret")]
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
    fn the_line_end_that_an_editor_adds_is_not_part_of_a_secret() {
        assert_eq!(read(b"s3cret\n"), Ok("s3cret".to_owned()));
        assert_eq!(read(b"s3cret\r\n"), Ok("s3cret".to_owned()));
        assert_eq!(read(b" s3 cret "), Ok(" s3 cret ".to_owned()));
    }

    #[test]
    fn a_file_without_a_secret_says_so() {
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
