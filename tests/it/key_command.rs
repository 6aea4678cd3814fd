//! `tidings key`, and roles of the settings file.

use std::{fs, path::Path};

use serde_json::Value;

use crate::{
    command::{Running, run, server, tidings},
    signals::send,
};

const TOKEN: &str = "an-admin-token-for-tests";

/// Runs the command with this token. Returns the exit code, stdout and stderr.
fn key(folder: &Path, url: &str, token: &str, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = tidings(folder, &[&["key"], args, &["--url", url]].concat());
    let output = command
        .env("TIDINGS_ADMIN_TOKEN", token)
        .output()
        .expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// The exit code and the output of a push with this token.
fn push(folder: &Path, url: &str, token: &str, to: &[&str]) -> (Option<i32>, String) {
    run(
        folder,
        &[&["push", "hello", "--url", url, "--token", token], to].concat(),
    )
}

#[test]
fn a_key_is_made_listed_rotated_and_revoked() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let running = Running::start(server(folder, &["--admin-token", TOKEN]));
    let url = running.url();
    let create = [
        "create",
        "--name",
        "shop",
        "--role",
        "publisher",
        "--client",
        "shop:*",
        "--topic",
        "orders/**",
        "--ttl",
        "90d",
    ];
    let (code, text, note) = key(folder, &url, TOKEN, &create);
    assert_eq!(code, Some(0), "{note}");
    let text = text.trim_end();
    assert!(
        text.starts_with("tdg_") && !text.contains(char::is_whitespace),
        "{text}"
    );
    assert!(
        note.contains("(shop): push, job: shop:* orders/**, until "),
        "{note}"
    );
    assert!(
        !note.contains(text),
        "the key is printed once, where it can be stored"
    );
    assert_eq!(push(folder, &url, text, &["--client", "shop:1"]).0, Some(0));
    let (code, told) = push(folder, &url, text, &["--topic", "news"]);
    assert_eq!(code, Some(1));
    assert!(
        told.contains("to.topic: the API key \"shop\" may push for"),
        "{told}"
    );

    let (_, listed, _) = key(folder, &url, TOKEN, &["list"]);
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines.len(), 3, "{listed}");
    assert!(
        lines[0].starts_with("ID ") && lines[2].starts_with("admin-token "),
        "{listed}"
    );
    let id = lines[1].split_whitespace().next().expect("an id");
    let (_, shown, _) = key(folder, &url, TOKEN, &["show", id]);
    assert!(shown.contains("last used from: 127.0.0.1\n"), "{shown}");
    let (_, json, _) = key(folder, &url, TOKEN, &["list", "--json"]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json[0]["role"], "publisher");

    let (code, second, note) = key(folder, &url, TOKEN, &["rotate", id, "--overlap", "1h"]);
    assert_eq!(code, Some(0), "{note}");
    assert!(note.contains("the text before is good until "), "{note}");
    for good in [text, second.trim_end()] {
        assert_eq!(push(folder, &url, good, &["--client", "shop:1"]).0, Some(0));
    }
    let (code, ..) = key(folder, &url, TOKEN, &["revoke", id]);
    assert_eq!(code, Some(0));
    let (code, told) = push(folder, &url, second.trim_end(), &["--client", "shop:1"]);
    assert_eq!(code, Some(1));
    assert!(told.contains("it was revoked"), "{told}");
    let (code, _, told) = key(folder, &url, TOKEN, &["revoke", id]);
    assert_eq!(code, Some(1));
    assert!(told.contains("id: there is no API key"), "{told}");
    let (code, _, told) = key(
        folder,
        &url,
        TOKEN,
        &["create", "--name", "a", "--role", "boss"],
    );
    assert_eq!(code, Some(1));
    assert!(
        told.contains("role: there is no role \"boss\": use admin, "),
        "{told}"
    );
}

#[test]
fn a_role_of_the_settings_is_used_changed_and_checked() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let file = folder.join("tidings.toml");
    let role = |clients: &str| {
        let text = format!(
            "[roles.support]\nactions = [\"push\"]\nclients = [{clients}]\ntopics = [\"orders/**\"]\n"
        );
        fs::write(&file, text).expect("written");
    };
    role("\"shop:*\"");
    let (code, told) = run(folder, &["config", "check"]);
    assert_eq!(code, Some(0), "{told}");
    let running = Running::start(server(folder, &["--admin-token", TOKEN]));
    let url = running.url();
    let (code, text, note) = key(
        folder,
        &url,
        TOKEN,
        &["create", "--name", "a", "--role", "support"],
    );
    assert_eq!(code, Some(0), "{note}");
    let pushes = |to: &str| push(folder, &url, text.trim_end(), &["--client", to]).0;
    assert_eq!((pushes("shop:1"), pushes("bank:1")), (Some(0), Some(1)));
    role("\"bank:*\"");
    send("-HUP", running.id());
    running.wait_for_error("changed: roles");
    assert_eq!((pushes("shop:1"), pushes("bank:1")), (Some(1), Some(0)));
    // Without the role, the key may do nothing.
    fs::write(&file, "").expect("written");
    send("-HUP", running.id());
    running.wait_for_error("may do nothing now");
    assert_eq!((pushes("shop:1"), pushes("bank:1")), (Some(1), Some(1)));

    for (text, expected) in [
        (
            "[roles.a]\nactions = [\"fly\"]\n",
            "roles.a.actions[0]: there is no action \"fly\"",
        ),
        (
            "[roles.admin]\nactions = [\"push\"]\n",
            "roles.admin: this is a built-in role",
        ),
        (
            "[roles.a]\nactions = [\"push\"]\ntopics = [\"**/a\"]\n",
            "roles.a.topics[0]: ",
        ),
        (
            "[roles.a]\nactions = [\"push\"]\ntopic = [\"a\"]\n",
            "line 3: `roles.a.topic`: unknown key",
        ),
        ("[roles.a]\n", "line 1: `roles.a.actions`: is missing"),
    ] {
        fs::write(&file, text).expect("written");
        let (code, told) = run(folder, &["config", "check"]);
        assert_eq!(code, Some(2), "{text}");
        assert!(told.contains(expected), "{told}");
        let (code, told) = run(folder, &["serve", "--listen", "127.0.0.1:0"]);
        assert_ne!(code, Some(0));
        assert!(told.contains(expected), "{told}");
    }
}
