//! The permissions of the data folder.

use std::{
    collections::BTreeMap,
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
};

use app::{api::Client, wire::To};

use crate::{
    command::{Running, server},
    harness::{push_of, within},
};

/// Starts a server with this data folder and the umask 0.
fn start_with_open_umask(folder: &Path, data: &str) -> Running {
    let server = server(folder, &["--data-dir", data]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask 000; exec \"$0\" \"$@\""]);
    shell.arg(server.get_program()).args(server.get_args());
    shell.current_dir(folder);
    for (name, _) in server.get_envs() {
        shell.env_remove(name);
    }
    Running::start(shell)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path)
        .expect("it is there")
        .permissions()
        .mode()
        & 0o7777
}

/// The permissions of each file in a folder, in octal, by name.
fn modes_in(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let name = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    entries
        .map(|entry| entry.expect("an entry"))
        .map(|entry| (name(&entry), format!("{:o}", mode(&entry.path()))))
        .collect()
}

async fn push_one(server: &Running) {
    let push = push_of(To::Everyone, "for members only");
    within(Client::new(server.url()).push(&push))
        .await
        .expect("accepted");
}

#[tokio::test]
async fn the_data_folder_is_private_whatever_the_umask_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("of/tidings");
    for _ in 0..2 {
        let server = start_with_open_umask(folder.path(), "of/tidings");
        push_one(&server).await;
        assert_eq!(mode(&data), 0o700);
        assert_eq!(mode(&folder.path().join("of")), 0o700);
        let modes = modes_in(&data);
        for name in [
            "lock",
            "tidings.sqlite3",
            "tidings.sqlite3-shm",
            "tidings.sqlite3-wal",
        ] {
            assert_eq!(modes.get(name).map(String::as_str), Some("600"), "{name}");
        }
        assert!(modes.values().all(|mode| mode == "600"), "{modes:?}");
        assert_eq!(server.signalled("-TERM").0, Some(0));
        let modes = modes_in(&data);
        assert!(modes.values().all(|mode| mode == "600"), "{modes:?}");
    }
}

#[tokio::test]
async fn an_existing_data_folder_keeps_its_permissions() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    fs::create_dir(&data).expect("a folder");
    fs::set_permissions(&data, Permissions::from_mode(0o755)).expect("its permissions");
    let server = start_with_open_umask(folder.path(), "data");
    push_one(&server).await;
    assert_eq!(mode(&data), 0o755);
    let modes = modes_in(&data);
    assert!(modes.values().all(|mode| mode == "600"), "{modes:?}");
}
