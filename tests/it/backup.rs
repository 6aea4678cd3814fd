//! Backups: made while a server runs or not, checked, and restored without losing anything in silence.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use app::wire::To;
use serde_json::Value;

use crate::{
    command::run,
    damaged_log::Place,
    harness::{Server, client},
};

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("one")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_backup_of_a_running_server_has_all_that_was_accepted_before_and_holds_nothing_up() {
    let (place, _) = Place::filled(200).await;
    let server = place.start();
    let before = server.everything().await.0;
    let (code, told) = run(place.folder.path(), &["backup", "copy.sqlite3"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("200 messages can be read"), "{told}");
    assert!(server.push("after the backup").await, "it is accepted");
    assert_eq!(server.everything().await.0.len(), 201);
    server.stop();

    let copy = place.folder.path().join("copy.sqlite3");
    let mode = fs::metadata(&copy).expect("the copy").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "others must not read it");
    let (code, told) = run(
        place.folder.path(),
        &["restore", "copy.sqlite3", "--replace"],
    );
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("the log that was there before is "), "{told}");
    let server = place.start();
    assert_eq!(server.everything().await.0, before);
}

#[tokio::test]
async fn a_backup_of_a_stopped_server_leaves_no_other_files() {
    let (place, all) = Place::filled(50).await;
    let folder = place.file().parent().expect("a folder").to_path_buf();
    let before = names(&folder);
    let (code, told) = run(
        place.folder.path(),
        &["backup", "copy.sqlite3", "--output", "json"],
    );
    assert_eq!(code, Some(0), "{told}");
    let report: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(report["messages"], all.len());
    assert_eq!(report["damaged"], false);
    assert_eq!(names(&folder), before);
    let beside = names(place.folder.path());
    assert!(beside.contains(&"copy.sqlite3".to_owned()), "{beside:?}");
    assert!(
        !beside.iter().any(|name| name.starts_with("copy.sqlite3.")),
        "{beside:?}"
    );
}

#[tokio::test]
async fn a_backup_overwrites_nothing() {
    let (place, _) = Place::filled(5).await;
    let copy = place.folder.path().join("copy.sqlite3");
    fs::write(&copy, "mine").expect("a file");
    let (code, told) = run(place.folder.path(), &["backup", "copy.sqlite3"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(
        told.contains("copy.sqlite3 exists: name a new file"),
        "{told}"
    );
    assert_eq!(fs::read_to_string(&copy).expect("the file"), "mine");

    let (code, told) = run(place.folder.path(), &["backup", "missing/copy.sqlite3"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("missing/copy.sqlite3"), "{told}");
    let (code, told) = run(
        place.folder.path(),
        &["backup", "b", "--data-dir", "nowhere"],
    );
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("nowhere"), "{told}");
    assert!(
        !place.folder.path().join("nowhere").exists(),
        "it was not created"
    );
}

#[tokio::test]
async fn a_backup_of_a_damaged_log_is_made_and_says_what_is_lost() {
    let (place, _) = Place::filled(400).await;
    let leaves = place.pages("messages", "leaf");
    place.damage(leaves[leaves.len() / 2]);
    let (code, told) = run(place.folder.path(), &["backup", "copy.sqlite3"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(
        told.contains("lost (the number is the end of a cursor)"),
        "{told}"
    );

    let other = tempfile::tempdir().expect("a folder");
    let copy = place.folder.path().join("copy.sqlite3");
    let copy = copy.to_str().expect("UTF-8");
    let (code, told) = run(other.path(), &["restore", copy]);
    assert_eq!(code, Some(1), "{told}");
    assert!(
        told.contains("is damaged: ") && told.contains("--accept-damage"),
        "{told}"
    );
    assert!(names(other.path()).is_empty(), "nothing half done");
    let (code, told) = run(other.path(), &["restore", copy, "--accept-damage"]);
    assert_eq!(code, Some(0), "{told}");
}

#[tokio::test]
async fn a_restore_refuses_a_running_server_another_log_and_other_files() {
    let (place, all) = Place::filled(20).await;
    let folder = place.folder.path();
    let (code, told) = run(folder, &["backup", "copy.sqlite3"]);
    assert_eq!(code, Some(0), "{told}");

    let server = place.start();
    let (code, told) = run(folder, &["restore", "copy.sqlite3", "--replace"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("is in use by another process"), "{told}");
    server.stop();

    let (code, told) = run(folder, &["restore", "copy.sqlite3"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("exists: with --replace"), "{told}");

    let own = place.file();
    let own = own.to_str().expect("UTF-8");
    let (code, told) = run(folder, &["restore", own, "--replace"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("is the log of this folder"), "{told}");

    fs::write(folder.join("letter"), "Dear Ada, ".repeat(999)).expect("a file");
    fs::write(folder.join("empty"), "").expect("a file");
    for wrong in ["letter", "empty", "missing"] {
        let (code, told) = run(folder, &["restore", wrong, "--replace"]);
        assert_eq!(code, Some(1), "{told}");
        assert!(told.contains(wrong), "{told}");
    }
    let server = place.start();
    let left: Vec<u64> = server.everything().await.0.into_keys().collect();
    assert_eq!(
        left,
        all.into_keys().collect::<Vec<_>>(),
        "the log is as it was"
    );
}

#[tokio::test]
async fn a_client_that_has_read_more_than_a_backup_has_is_told_so() {
    let server = Server::start().await;
    server.push(client("ada"), "kept").await;
    let folder = tempfile::tempdir().expect("a folder");
    let answer = server.get("/api/backup").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/vnd.sqlite3");
    let length: usize = answer.headers()["content-length"]
        .to_str()
        .expect("text")
        .parse()
        .expect("a number");
    let bytes = answer.bytes().await.expect("the backup");
    assert_eq!(bytes.len(), length);
    fs::write(folder.path().join("copy.sqlite3"), &bytes).expect("a file");
    let lost = server.push(client("ada"), "lost").await.id.expect("an id");

    let stopped = server.stopped().await;
    let data = stopped.folder().to_str().expect("UTF-8").to_owned();
    let (code, told) = run(
        folder.path(),
        &["restore", "copy.sqlite3", "--replace", "--data-dir", &data],
    );
    assert_eq!(code, Some(0), "{told}");
    let server = stopped.start().await;
    server.push(To::Everyone, "new").await;
    let mut ada = server.resume("ada", &lost, &[]).await;
    assert_eq!(ada.gap().await.reason, "rolled_back");
    assert_eq!(ada.text().await, "new");
    let left = names(Path::new(&data));
    assert!(
        !left
            .iter()
            .any(|name| name.contains("sent-") || name.contains("received")),
        "{left:?}"
    );
}

#[tokio::test]
async fn the_check_before_an_upgrade_says_what_the_new_program_will_do() {
    let (place, _) = Place::filled(3).await;
    let folder = place.folder.path();
    let server = place.start();
    let (code, told) = run(folder, &["upgrade-check"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("nothing changes"), "{told}");
    server.stop();

    place.change("PRAGMA user_version = 3");
    let (code, told) = run(folder, &["upgrade-check"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.contains("has version 3") && told.contains("make a backup first"),
        "{told}"
    );

    place.change("PRAGMA user_version = 99");
    let (code, told) = run(folder, &["upgrade-check"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("start the newer Tidings"), "{told}");

    let (code, told) = run(folder, &["upgrade-check", "--data-dir", "nowhere"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("a new one is made"), "{told}");
    fs::write(folder.join("tidings.toml"), "heart_beat = 3\n").expect("a file");
    let (code, told) = run(folder, &["upgrade-check"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("heart_beat"), "{told}");
}
