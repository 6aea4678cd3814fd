//! `tidings check`: reports damage of a log offline.

use std::fs;

use crate::{command::run, damaged_log::Place};

/// The exit code and the output.
fn check(place: &Place) -> (Option<i32>, String) {
    run(place.folder.path(), &["check"])
}

#[tokio::test]
async fn an_undamaged_log_passes_and_the_check_leaves_no_files() {
    let (place, _) = Place::filled(400).await;
    // Expired and recalled messages, finished jobs, and a restart.
    let server = place.start();
    server.run_all_kinds().await;
    server.stop();
    let files = |place: &Place| {
        let entries = fs::read_dir(place.file().parent().expect("a folder")).expect("a folder");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("one").file_name())
            .collect();
        names.sort();
        names
    };
    let (before, bytes) = (files(&place), fs::read(place.file()).expect("the file"));
    let (code, told) = check(&place);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("no damage found"), "{told}");
    assert!(told.contains("at positions 1 to "), "{told}");
    assert_eq!(files(&place), before);
    assert!(
        fs::read(place.file()).expect("the file") == bytes,
        "it was changed"
    );
}

#[tokio::test]
async fn a_log_that_was_not_closed_passes() {
    let place = Place::new();
    let server = place.start();
    server.run_all_kinds().await;
    server.kill();
    let (code, told) = check(&place);
    assert_eq!(code, Some(0), "{told}");
    assert!(!told.contains(": 0 messages"), "{told}");
    // Messages that are only in the write-ahead log are found.
    let server = place.start();
    assert!(!server.everything().await.0.is_empty());
}

#[tokio::test]
async fn a_damaged_log_is_reported_with_the_lost_messages() {
    let (place, all) = Place::filled(400).await;
    let leaves = place.pages("messages", "leaf");
    place.damage(leaves[leaves.len() / 2]);
    let (code, told) = check(&place);
    assert_eq!(code, Some(1), "{told}");
    let server = place.start();
    let (messages, _) = server.everything().await;
    server.stop();
    let lost: Vec<u64> = all
        .keys()
        .copied()
        .filter(|seq| !messages.contains_key(seq))
        .collect();
    let (first, last) = (lost.first().expect("one"), lost.last().expect("one"));
    assert!(
        told.contains(&format!("  messages {first} to {last}\n")),
        "{told}"
    );
    assert!(
        told.contains(&format!("{} messages can be read", messages.len())),
        "{told}"
    );
    assert!(told.contains("restore a backup"), "{told}");
}

#[tokio::test]
async fn every_bad_page_in_use_is_found() {
    let (place, _) = Place::filled(60).await;
    let unused = place.unused_pages();
    let sound = fs::read(place.file()).expect("the file");
    for page in 2..=place.page_count() {
        fs::write(place.file(), &sound).expect("written");
        place.damage(page);
        let (code, told) = check(&place);
        assert!(
            code == Some(1) || unused.contains(&page),
            "page {page}: {told}"
        );
        fs::write(place.file(), &sound).expect("written");
        assert_eq!(check(&place).0, Some(0), "page {page}");
    }
}

#[tokio::test]
async fn inconsistent_tables_are_found() {
    let (place, _) = Place::filled(40).await;
    let server = place.start();
    server.everything().await;
    server.stop();
    let sound = fs::read(place.file()).expect("the file");
    for (change, finding) in [
        (
            "DELETE FROM messages WHERE seq = 20",
            "postings of messages that do not exist",
        ),
        (
            "DELETE FROM posts WHERE seq = 20 AND audience != 1",
            "not in the index",
        ),
        (
            "DELETE FROM posts WHERE audience = 1",
            "not in the index of all topics",
        ),
        (
            "UPDATE messages SET ended = 1 WHERE seq = 20",
            "messages that have ended",
        ),
        (
            "UPDATE log SET counted = counted + 3",
            "3 more or fewer messages than the stored count",
        ),
        (
            "DELETE FROM log",
            "the row that describes the log is missing",
        ),
        (
            "UPDATE clients SET sent = 1000000",
            "after the newest message",
        ),
        ("DELETE FROM audiences WHERE kind = 1", "without a name"),
    ] {
        fs::write(place.file(), &sound).expect("written");
        place.change(change);
        let (code, told) = check(&place);
        assert_eq!(code, Some(1), "{change}: {told}");
        assert!(told.contains(finding), "{change}: {told}");
    }
}

#[tokio::test]
async fn a_log_that_can_not_be_checked_has_its_own_exit_code() {
    let place = Place::new();
    let (code, told) = check(&place);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("tidings-data"), "{told}");
    assert!(
        !place.file().parent().expect("a folder").exists(),
        "it was made"
    );

    let server = place.start();
    let (code, told) = check(&place);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("in use by another process"), "{told}");
    assert!(server.push("goes on").await);
    server.stop();

    fs::write(place.file(), "not a database at all. ".repeat(1000)).expect("written");
    let (code, told) = check(&place);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("is not a log of Tidings"), "{told}");
}

#[tokio::test]
async fn the_folder_comes_from_the_settings() {
    let (place, _) = Place::filled(4).await;
    let elsewhere = place.folder.path().join("elsewhere");
    fs::rename(place.file().parent().expect("a folder"), &elsewhere).expect("moved");
    assert_eq!(check(&place).0, Some(2));
    let settings = place.folder.path().join("tidings.toml");
    fs::write(&settings, "data_dir = \"elsewhere\"").expect("written");
    let (code, told) = check(&place);
    assert_eq!(code, Some(0), "{told}");
    fs::write(&settings, "data_dir = ").expect("written");
    let (code, told) = check(&place);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("tidings.toml"), "{told}");
}
