//! The files of the log: made so that only the user of the server can read them.

use std::{
    fs::{DirBuilder, File},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

/// Permissions of folders that are made here: only for their owner.
const FOLDER_MODE: u32 = 0o700;

/// Permissions of files that are made here: only for their owner.
const FILE_MODE: u32 = 0o600;

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
