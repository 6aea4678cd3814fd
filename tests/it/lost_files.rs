//! Files of the log that are deleted or replaced while the server runs: it ends with an error and accepts nothing more.

use std::{
    fs,
    path::{Path, PathBuf},
};

use app::{api::Client, wire::To};

use crate::{
    command::{Running, server},
    harness::{Listener, push_of, within},
};

const DATABASE: &str = "tidings.sqlite3";
const WAL: &str = "tidings.sqlite3-wal";

/// A server with its data in the subfolder `data`.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn server(&self) -> (Running, String) {
        let server = Running::start(server(self.folder.path(), &["--data-dir", "data"]));
        let url = server.url();
        (server, url)
    }
}

async fn push(url: &str, text: &str) -> bool {
    let push = push_of(To::Everyone, text);
    within(Client::new(url).push(&push)).await.is_ok()
}

/// Asserts that the server ends by itself and names the file.
fn assert_ends_and_names(server: Running, file: &str, what: &str) {
    let (code, told) = server.ended();
    assert_eq!(code, Some(1), "{told}");
    let last = told.lines().last().unwrap_or_default();
    assert!(last.contains("the log has failed"), "{told}");
    assert!(last.contains(file) && last.contains(what), "{told}");
    // What follows from it is not told as if it were another failure.
    assert!(!told.contains("statistics"), "{told}");
}

/// Changes the data folder of an idle server, and asserts that it ends.
fn idle(what: impl FnOnce(&Path), file: &str, told: &str) {
    let place = Place::new();
    let (server, _) = place.server();
    what(&place.data());
    assert_ends_and_names(server, file, told);
}

#[test]
fn an_idle_server_detects_a_deleted_database() {
    let delete = |data: &Path| fs::remove_file(data.join(DATABASE)).expect("deleted");
    idle(delete, DATABASE, "deleted or moved");
}

#[test]
fn an_idle_server_detects_a_replaced_database() {
    let replace = |data: &Path| {
        let copy = data.join("copy");
        fs::copy(data.join(DATABASE), &copy).expect("a copy");
        fs::rename(copy, data.join(DATABASE)).expect("renamed");
    };
    idle(replace, DATABASE, "replaced by another file");
}

#[test]
fn an_idle_server_detects_a_moved_data_folder() {
    let away = |data: &Path| fs::rename(data, data.with_file_name("old")).expect("moved");
    idle(away, DATABASE, "deleted or moved");
}

#[test]
fn an_idle_server_detects_a_deleted_lock() {
    let delete = |data: &Path| fs::remove_file(data.join("lock")).expect("deleted");
    idle(delete, "lock", "deleted or moved");
}

#[tokio::test]
async fn pushes_are_refused_after_the_database_was_deleted() {
    let place = Place::new();
    let (server, url) = place.server();
    assert!(push(&url, "before").await);
    fs::remove_file(place.data().join(DATABASE)).expect("deleted");
    while push(&url, "after").await {}
    assert_ends_and_names(server, DATABASE, "deleted or moved");
}

#[tokio::test]
async fn accepted_messages_survive_the_deletion_of_the_write_ahead_log() {
    let place = Place::new();
    let (server, url) = place.server();
    for text in ["one", "two", "three"] {
        assert!(push(&url, text).await);
    }
    fs::remove_file(place.data().join(WAL)).expect("deleted");
    assert_ends_and_names(server, WAL, "deleted or moved");
    let (_server, url) = place.server();
    let http = reqwest::Client::builder().no_proxy().build().expect("one");
    let request = http.get(format!("{url}/sse?client_id=ada&since=earliest"));
    let mut ada = Listener::of(within(request.send()).await.expect("a stream"));
    assert_eq!(ada.next().await.event, "welcome");
    assert_eq!(ada.texts(3).await, ["one", "two", "three"]);
}
