//! `tidings person`.

use std::{
    io::Write,
    path::Path,
    process::{Output, Stdio},
};

use crate::command::{Running, server, tidings};

const TOKEN: &str = "an-admin-token-for-tests";

/// Runs the command with this on stdin.
fn person(folder: &Path, url: &str, args: &[&str], stdin: &str) -> Output {
    let mut command = tidings(folder, &[&["person"], args, &["--url", url]].concat());
    let command = command
        .env("TIDINGS_ADMIN_TOKEN", TOKEN)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    let mut input = child.stdin.take().expect("a pipe");
    // A command that needs no input may have ended.
    let _ = input.write_all(stdin.as_bytes());
    drop(input);
    child.wait_with_output().expect("it ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[test]
fn a_person_is_added_listed_given_a_new_password_and_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let running = Running::start(server(folder, &["--admin-token", TOKEN]));
    let url = running.url();
    let add = |name: &str, password: &str| {
        person(folder, &url, &["add", name, "--role", "viewer"], password)
    };
    let added = add("Ada", "correct horse\n");
    assert!(added.status.success(), "{}", text(&added.stderr));
    assert_eq!(text(&added.stderr), "tidings: Ada can sign in now\n");
    let id = text(&added.stdout).trim().to_owned();

    for (name, password, told) in [
        ("ada", "correct horse\n", "another person has the name"),
        (
            "bob",
            "short\n",
            "password: must have at least 10 characters",
        ),
        ("bob", "", "there is no password on stdin"),
    ] {
        let refused = add(name, password);
        assert_eq!(refused.status.code(), Some(1));
        let found = text(&refused.stderr);
        assert!(found.contains(told), "{found}");
    }
    let listed = text(&person(folder, &url, &["list"], "").stdout);
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines.len(), 2, "{listed}");
    assert!(
        lines[1].starts_with(&id) && lines[1].contains("Ada"),
        "{listed}"
    );

    let changed = person(folder, &url, &["password", "ADA"], "another horse\n");
    assert!(changed.status.success(), "{}", text(&changed.stderr));
    let without = person(folder, &url, &["totp", "ada", "--remove"], "");
    assert!(without.status.success(), "{}", text(&without.stderr));
    let removed = person(folder, &url, &["remove", "ada"], "");
    assert!(removed.status.success(), "{}", text(&removed.stderr));
    let again = person(folder, &url, &["remove", "ada"], "");
    assert!(text(&again.stderr).contains("there is no person \"ada\""));
}
