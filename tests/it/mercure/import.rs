//! `tidings import mercure`, from a file that a hub has written.

use std::{fs::File, io::Read, path::Path};

use flate2::read::GzDecoder;

use super::{PUBLISHER_KEY, hub, open, publisher, subscriber};
use crate::{
    command::tidings,
    harness::{Listener, Server},
};

/// The file, with 400 updates: number 7 is private, has two topics and a type, number 8 is about a subscription, and number 9 is
/// long.
fn file(folder: &Path) -> String {
    let packed = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/it/mercure/updates.db.gz"
    );
    let mut bytes = Vec::new();
    let packed = File::open(packed).expect("a file");
    GzDecoder::new(packed)
        .read_to_end(&mut bytes)
        .expect("bytes");
    let path = folder.join("updates.db");
    std::fs::write(&path, bytes).expect("written");
    path.to_str().expect("a plain path").to_owned()
}

/// Runs the command with this token. Returns its exit code and all that it has printed.
async fn import(
    server: &Server,
    folder: &Path,
    args: &[&str],
    token: &str,
) -> (Option<i32>, String) {
    let url = server.url("");
    let args = [
        &["import", "mercure"],
        args,
        &["--url", &url, "--token", token],
    ]
    .concat();
    let mut command = tidings(folder, &args);
    let output = tokio::task::spawn_blocking(move || command.output());
    let output = output.await.expect("no panic").expect("it runs");
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8(text).expect("UTF-8"),
    )
}

#[tokio::test]
async fn the_updates_of_a_hub_are_taken_over_with_their_ids() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = file(folder.path());
    let server = hub(&[]).await;
    let token = publisher(&["*"]);
    // Twice: what is there is not published again.
    for _ in 0..2 {
        let (code, printed) = import(&server, folder.path(), &[&file], &token).await;
        assert_eq!(code, Some(0), "{printed}");
        let expected = "399 updates are published; left out: 1 about subscriptions, 0 that";
        assert!(printed.contains(expected), "{printed}");
    }
    let all = subscriber(&["*"]);
    let headers = [("last-event-id", "urn:uuid:5")];
    let response = open(&server, &["*"], Some(&all), &headers).await;
    let mut stream = Listener::of(response);
    for number in (6..400).filter(|number| *number != 8) {
        let event = stream.message().await;
        assert_eq!(event.id, format!("urn:uuid:{number}"));
        match number {
            9 => assert_eq!(event.data, "long é\n".repeat(3000)),
            _ => assert_eq!(event.data, format!("update {number}")),
        }
        assert_eq!(event.event, if number == 7 { "sold" } else { "message" });
    }
    // By an alternate topic, and only for those who may.
    let topics = ["https://example.com/all", "https://example.com/books/10"];
    let earliest = [("last-event-id", "earliest")];
    let mut private = Listener::of(open(&server, &topics, Some(&all), &earliest).await);
    assert_eq!(private.texts(2).await, ["update 7", "update 10"]);
    let mut public = Listener::of(open(&server, &topics, None, &earliest).await);
    assert_eq!(public.text().await, "update 10");
}

#[tokio::test]
async fn what_can_not_be_taken_over_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = file(folder.path());
    let import = async |server: &Server, args: &[&str], token: &str| {
        let (code, printed) = import(server, folder.path(), args, token).await;
        assert_eq!(code, Some(1), "{printed}");
        printed
    };
    let server = hub(&[]).await;
    let refused = import(&server, &[&file], &publisher(&["news"])).await;
    assert!(refused.contains("403 forbidden"), "{refused}");
    let missing = import(&server, &["nothing.db"], PUBLISHER_KEY).await;
    assert!(missing.contains("nothing.db"), "{missing}");
    let other = folder.path().join("other.db");
    std::fs::write(&other, "no file of Bolt").expect("written");
    let other = other.to_str().expect("a plain path");
    let other = import(&server, &[other], PUBLISHER_KEY).await;
    assert!(other.contains("not a file of Bolt"), "{other}");
    let off = Server::start().await;
    let off = import(&off, &[&file], "x").await;
    assert!(off.contains("does not speak the Mercure protocol"), "{off}");
}
