//! The files of the log: created with access for their owner only, and watched, because writes to a file that was
//! deleted or replaced are lost.

use std::{
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Permissions of new folders: owner only.
const FOLDER_MODE: u32 = 0o700;

/// Permissions of new files: owner only.
const FILE_MODE: u32 = 0o600;

/// The file that a process locks while it uses the folder.
pub(super) const LOCK: &str = "lock";

/// The path of the database in this folder.
pub(super) fn database(folder: &Path) -> PathBuf {
    folder.join("tidings.sqlite3")
}

/// The files that must not be moved, deleted or replaced while this database is open.
pub(super) fn paths(path: &Path) -> [PathBuf; 4] {
    let lock = path.with_file_name(LOCK);
    [path.to_path_buf(), wal_path(path), index_path(path), lock]
}

/// The write-ahead log of this database.
pub(super) fn wal_path(path: &Path) -> PathBuf {
    with_suffix(path, "-wal")
}

/// The shared-memory index of the write-ahead log of this database.
pub(super) fn index_path(path: &Path) -> PathBuf {
    with_suffix(path, "-shm")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Creates a folder and its parents if they are missing. Existing folders keep their permissions.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(FOLDER_MODE).create(path)
}

/// Opens a file, and creates it if it is missing. An existing file keeps its content and permissions.
pub(super) fn open_or_make(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.create(true).append(true).mode(FILE_MODE).open(path)
}

/// Deletes the empty write-ahead log that SQLite creates to read a database, because it can't delete it through a read-only
/// connection. Does nothing if a server uses the database.
pub(super) fn remove_empty_wal(database: &Path) {
    let wal = wal_path(database);
    let Ok(lock) = open_or_make(&database.with_file_name(LOCK)) else {
        return;
    };
    if lock.try_lock().is_ok() && fs::metadata(&wal).is_ok_and(|wal| wal.len() == 0) {
        let _ = fs::remove_file(&wal);
        let _ = fs::remove_file(index_path(database));
    }
}

/// How often the files are checked while nothing is written.
const IDLE_INTERVAL: Duration = Duration::from_secs(1);

/// The minimum interval between two checks while the log is being written. A check takes a few microseconds.
const BUSY_INTERVAL: Duration = Duration::from_millis(10);

/// Detects files that were deleted or replaced while they are open.
pub(super) struct FileWatch {
    files: Vec<(PathBuf, Identity)>,
    checked_at: Instant,
}

/// Device and inode, which identify a file.
type Identity = (u64, u64);

/// An open file that is no longer at its path.
pub(super) struct LostFile {
    /// Its original path.
    pub path: PathBuf,
    /// Whether another file is at the path now.
    pub replaced: bool,
}

impl FileWatch {
    /// Watches these files, which must have just been opened.
    pub fn new(paths: impl IntoIterator<Item = PathBuf>) -> io::Result<Self> {
        let files = paths.into_iter().map(|path| {
            let identity = identity(&path)?;
            Ok((path, identity))
        });
        Ok(Self {
            files: files.collect::<io::Result<_>>()?,
            checked_at: Instant::now(),
        })
    }

    /// Limits a wait of the writer so that the next check is not late.
    pub fn limit_wait(&self, timeout: Option<Duration>) -> Option<Duration> {
        let left = IDLE_INTERVAL.saturating_sub(self.checked_at.elapsed());
        Some(timeout.map_or(left, |timeout| timeout.min(left)))
    }

    /// The first lost file. None if there is none, or if the last check was a moment ago.
    pub fn check(&mut self) -> Option<LostFile> {
        if self.checked_at.elapsed() < BUSY_INTERVAL {
            return None;
        }
        self.checked_at = Instant::now();
        self.find_lost()
    }

    /// The first lost file.
    pub fn find_lost(&self) -> Option<LostFile> {
        self.files.iter().find_map(|(path, opened)| {
            let replaced = match identity(path) {
                Ok(found) if found == *opened => return None,
                Ok(_) => true,
                Err(error) if is_absent(&error) => false,
                // The path can't be examined. This does not mean that the file is lost.
                Err(_) => return None,
            };
            let path = path.clone();
            Some(LostFile { path, replaced })
        })
    }
}

impl LostFile {
    /// Describes the failure, and what to do.
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

pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
