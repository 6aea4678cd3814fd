//! `tidings config check`: all mistakes in the settings, without starting a server.

use std::fs;

use serde_json::Value;

use crate::command::tidings;

fn check(
    folder: &tempfile::TempDir,
    flags: &[&str],
    env: &[(&str, &str)],
) -> (Option<i32>, String) {
    let mut command = tidings(folder.path(), &[&["config", "check"], flags].concat());
    let output = command.envs(env.iter().copied()).output().expect("it runs");
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8(text).expect("UTF-8"),
    )
}

#[test]
fn right_settings_pass() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("tidings.toml"), "heartbeat = 7\n").expect("written");
    let env = [("TIDINGS_MAX_TOPICS", "9")];
    let (code, told) = check(&folder, &[], &env);
    assert_eq!((code, told.as_str()), (Some(0), "the settings are right\n"));
    assert!(
        !folder.path().join("tidings-data").exists(),
        "nothing was started"
    );
}

#[test]
fn every_mistake_is_named_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "heartbeat = 0\n\n[limits]\nmax_topics = \"many\"\nmax_tropics = 3\n";
    fs::write(folder.path().join("other.toml"), text).expect("written");
    let env = [("TIDINGS_DRAIN", "never")];
    let (code, told) = check(&folder, &["--config", "other.toml"], &env);
    assert_eq!(code, Some(2), "{told}");
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 4, "{told}");
    assert!(
        lines[0].contains("other.toml: line 1: `heartbeat`: "),
        "{told}"
    );
    assert!(
        lines[1].contains("other.toml: line 4: `limits.max_topics` must be "),
        "{told}"
    );
    assert!(
        lines[2].contains("other.toml: line 5: unknown key `limits.max_tropics`"),
        "{told}"
    );
    assert!(lines[3].contains("TIDINGS_DRAIN: "), "{told}");

    let (code, told) = check(&folder, &["--config", "other.toml", "--json"], &env);
    assert_eq!(code, Some(2));
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["ok"], false);
    let problems = told["problems"].as_array().expect("a list");
    assert_eq!(problems.len(), 4);
    assert_eq!(problems[1]["setting"], "limits.max_topics");
    assert_eq!(problems[1]["line"], 4);
    assert_eq!(problems[1]["file"], "other.toml");
    assert_eq!(problems[3]["setting"], "TIDINGS_DRAIN");
}

#[test]
fn settings_that_do_not_go_together_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, told) = check(&folder, &[], &[("TIDINGS_LISTEN", "0.0.0.0:80")]);
    assert_eq!(code, Some(2));
    assert!(told.contains("an admin token is needed"), "{told}");
    let env = [("TIDINGS_ADMIN_TOKEN_FILE", "missing")];
    let (code, told) = check(&folder, &["--json"], &env);
    assert_eq!(code, Some(2));
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["problems"][0]["setting"], "admin_token_file");
}

#[test]
fn a_file_with_a_key_that_can_not_be_used_is_named_with_the_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let keys = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tokens");
    for (file, reason) in [
        ("small.pem", "an RSA key must have 2048 to 8192 bits"),
        ("rsa.private.pem", "this is a private key"),
        ("certificate.pem", "this is a certificate"),
        ("signed.txt", "BEGIN PUBLIC KEY"),
        ("missing.pem", "No such file"),
    ] {
        let path = format!("{keys}/{file}");
        fs::write(
            folder.path().join("tidings.toml"),
            format!("jwt_key = \"{path}\"\n"),
        )
        .expect("written");
        let (code, told) = check(&folder, &["--json"], &[]);
        assert_eq!(code, Some(2), "{told}");
        let told: Value = serde_json::from_str(&told).expect("JSON");
        let problem = &told["problems"][0];
        assert_eq!(problem["setting"], "jwt_key");
        let text = problem["problem"].as_str().expect("a text");
        assert!(text.starts_with(&path) && text.contains(reason), "{text}");
    }
    fs::write(
        folder.path().join("tidings.toml"),
        format!("jwt_key = \"{keys}/jwks.json\"\n"),
    )
    .expect("written");
    assert_eq!(check(&folder, &[], &[]).0, Some(0));
}

#[test]
fn claims_are_mapped_to_roles_that_there_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let secret = folder.path().join("secret");
    fs::write(&secret, "the client secret\n").expect("written");
    let text = |role: &str| {
        format!(
            "admin_token = \"0123456789abcdef\"\n[access]\noidc_issuer = \"https://a.example\"\n\
             oidc_client_id = \"tidings\"\noidc_client_secret_file = {secret:?}\n\
             oidc_role = [\"ops=admin\", \"staff={role}\"]\n[roles.support]\nactions = [\"read\"]\n"
        )
    };
    let path = folder.path().join("tidings.toml");
    fs::write(&path, text("support")).expect("written");
    let (code, told) = check(&folder, &[], &[]);
    assert_eq!(code, Some(0), "{told}");
    fs::write(&path, text("boss")).expect("written");
    let (code, told) = check(&folder, &[], &[]);
    assert_eq!(code, Some(2), "{told}");
    assert!(
        told.contains("--oidc-role: there is no role \"boss\": use admin, "),
        "{told}"
    );
    fs::write(&path, text("support")).expect("written");
    fs::remove_file(&secret).expect("removed");
    let (code, told) = check(&folder, &[], &[]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("oidc_client_secret_file"), "{told}");
}
