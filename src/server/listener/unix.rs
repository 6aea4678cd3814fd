//! Listening Unix sockets and their files.

use std::{
    fs, io,
    os::unix::{
        fs::{FileTypeExt, MetadataExt, PermissionsExt, chown},
        net::UnixStream,
    },
    path::{Path, PathBuf},
};

use tokio::net::UnixListener;

use crate::config::ListenSettings;

/// The file of a Unix socket. It is removed when this is dropped, unless another process has replaced it.
pub struct SocketFile {
    path: PathBuf,
    /// Device and inode.
    identity: (u64, u64),
}

impl SocketFile {
    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|found| identity(&found) == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(metadata: &fs::Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// Listens on a Unix socket. A file that a process has left behind is replaced.
///
/// The socket is made under another name and then renamed. So nobody can connect before it has its permissions, and no
/// connection is refused meanwhile.
pub fn bind(path: &Path, settings: &ListenSettings) -> io::Result<(UnixListener, SocketFile)> {
    check_unused(path)?;
    let mut new = path.as_os_str().to_owned();
    new.push(format!(".{}", std::process::id()));
    let new = PathBuf::from(new);
    let _ = fs::remove_file(&new);
    let listener = UnixListener::bind(&new)?;
    let prepared = prepare(&new, settings).and_then(|identity| {
        fs::rename(&new, path)?;
        Ok(identity)
    });
    match prepared {
        Ok(identity) => {
            let path = path.to_owned();
            Ok((listener, SocketFile { path, identity }))
        }
        Err(error) => {
            let _ = fs::remove_file(&new);
            Err(error)
        }
    }
}

fn prepare(path: &Path, settings: &ListenSettings) -> io::Result<(u64, u64)> {
    if let Some(group) = &settings.unix_socket_group {
        chown(path, None, Some(group_id(group)?))?;
    }
    fs::set_permissions(path, fs::Permissions::from_mode(settings.unix_socket_mode))?;
    fs::symlink_metadata(path).map(|metadata| identity(&metadata))
}

/// Refuses a path that is used: by a process that listens, or by a file that is no socket.
fn check_unused(path: &Path) -> io::Result<()> {
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        metadata => metadata?,
    };
    if !metadata.file_type().is_socket() {
        let text = "there is a file that is not a socket";
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // Its queue is full, for example: somebody listens.
        _ => Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            "another process listens there",
        )),
    }
}

/// The number of a group.
fn group_id(group: &str) -> io::Result<u32> {
    if let Ok(id) = group.parse() {
        return Ok(id);
    }
    // Lines of `name:password:number:members`.
    let found = fs::read_to_string("/etc/group")?.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(group)).then(|| fields.nth(1).map(str::parse))?
    });
    match found {
        Some(Ok(id)) => Ok(id),
        _ => Err(io::Error::new(
            io::ErrorKind::NotFound,
            format!("--unix-socket-group: /etc/group has no group {group}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_found_by_name_and_number() {
        assert_eq!(group_id("root").expect("a group"), 0);
        assert_eq!(group_id("4711").expect("a number"), 4711);
        assert!(group_id("no-such-group").is_err());
    }
}
