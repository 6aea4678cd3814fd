//! The files of the log: made so that only the user of the server can read them, and watched, because what is written
//! to a file that was deleted or replaced is lost.

use std::{
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Permissions of folders that are made here: only for their owner.
const FOLDER_MODE: u32 = 0o700;

/// Permissions of files that are made here: only for their owner.
const FILE_MODE: u32 = 0o600;

/// The name of the file that is locked while a process has the folder.
pub(super) const LOCK: &str = "lock";

/// The database in this folder.
pub(super) fn database(folder: &Path) -> PathBuf {
    folder.join("tidings.sqlite3")
}

/// The files that must stay where they are while this database is open.
pub(super) fn paths(path: &Path) -> [PathBuf; 4] {
    let lock = path.with_file_name(LOCK);
    [path.to_path_buf(), wal_path(path), index_path(path), lock]
}

/// The write-ahead log of this database.
pub(super) fn wal_path(path: &Path) -> PathBuf {
    with_suffix(path, "-wal")
}

/// The index of the write-ahead log of this database, which all its users share.
pub(super) fn index_path(path: &Path) -> PathBuf {
    with_suffix(path, "-shm")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Makes a folder, and those above it, if they are missing. Folders that exist keep their permissions.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(FOLDER_MODE).create(path)
}

/// Opens a file, and makes it if it is missing. A file that exists keeps its content and permissions.
pub(super) fn open_or_make(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.create(true).append(true).mode(FILE_MODE).open(path)
}

/// How often the files are looked at while nothing is written.
const IDLE_INTERVAL: Duration = Duration::from_secs(1);

/// How often the files are looked at before something is written, at most. A look costs a few microseconds.
const BUSY_INTERVAL: Duration = Duration::from_millis(10);

/// Tells whether the files that are open are still those at their paths.
pub(super) struct FileWatch {
    files: Vec<(PathBuf, Identity)>,
    looked_at: Instant,
}

/// Device and inode: no two files have both.
type Identity = (u64, u64);

/// A file that is not at its path any more.
pub(super) struct LostFile {
    /// Where it was.
    pub path: PathBuf,
    /// Whether another file is there now.
    pub replaced: bool,
}

impl FileWatch {
    /// Watches these files, which have just been opened.
    pub fn new(paths: impl IntoIterator<Item = PathBuf>) -> io::Result<Self> {
        let files = paths.into_iter().map(|path| {
            let identity = identity(&path)?;
            Ok((path, identity))
        });
        Ok(Self {
            files: files.collect::<io::Result<_>>()?,
            looked_at: Instant::now(),
        })
    }

    /// How long the writer may sleep, which would sleep for `patience`.
    pub fn limit_sleep(&self, patience: Option<Duration>) -> Option<Duration> {
        let left = IDLE_INTERVAL.saturating_sub(self.looked_at.elapsed());
        Some(patience.map_or(left, |patience| patience.min(left)))
    }

    /// The first file that was lost, if it is time to look.
    pub fn look(&mut self) -> Option<LostFile> {
        if self.looked_at.elapsed() < BUSY_INTERVAL {
            return None;
        }
        self.looked_at = Instant::now();
        self.find_lost()
    }

    /// The first file that was lost.
    pub fn find_lost(&self) -> Option<LostFile> {
        self.files.iter().find_map(|(path, opened)| {
            let replaced = match identity(path) {
                Ok(found) if found == *opened => return None,
                Ok(_) => true,
                Err(error) if is_absent(&error) => false,
                // The path can't be looked at. That says nothing about the file.
                Err(_) => return None,
            };
            let path = path.clone();
            Some(LostFile { path, replaced })
        })
    }
}

impl LostFile {
    /// Why the log has failed, and what to do.
    pub fn reason(&self) -> String {
        let path = self.path.display();
        match self.replaced {
            true => format!(
                "{path} was replaced by another file while the server was running, so messages can't be kept any more. \
                 Stop the server before a backup is put back"
            ),
            false => format!(
                "{path} was deleted or moved while the server was running, so messages can't be kept any more. \
                 Put it back, then start the server again"
            ),
        }
    }
}

fn identity(path: &Path) -> io::Result<Identity> {
    fs::metadata(path).map(|file| (file.dev(), file.ino()))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
