//! The commands for packages: `health`, `completions` and `man`; and the settings file that packages install.

use std::{fs, net::TcpListener, path::Path};

use crate::command::{Running, server, tidings};

/// Whether it succeeded, and its output.
fn run(folder: &Path, args: &[&str]) -> (bool, String) {
    let output = tidings(folder, args).output().expect("it runs");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).expect("UTF-8");
    (output.status.success(), text)
}

#[test]
fn health_tells_a_server_that_is_ready_from_one_that_is_not_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let running = Running::start(server(folder.path(), &[]));
    let health = ["health", "--url", &running.url()];
    assert_eq!(run(folder.path(), &health), (true, "ready\n".to_owned()));
    running.signalled("-TERM");
    let (ready, told) = run(folder.path(), &health);
    assert!(!ready && told.contains("is not ready"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
}

#[test]
fn health_does_not_wait_for_a_server_that_hangs() {
    let folder = tempfile::tempdir().expect("a folder");
    // It accepts connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let (ready, told) = run(folder.path(), &["health", "--url", &url]);
    assert!(!ready && told.contains("did not answer within"), "{told}");
}

#[test]
fn completions_and_manual_pages_contain_the_commands() {
    let folder = tempfile::tempdir().expect("a folder");
    for shell in ["bash", "zsh", "fish"] {
        let (good, script) = run(folder.path(), &["completions", shell]);
        assert!(good && script.contains("data-dir"), "{shell}: {script}");
    }
    let (good, told) = run(folder.path(), &["man", "pages/man1"]);
    assert!(good, "{told}");
    let page = |name| fs::read_to_string(folder.path().join("pages/man1").join(name));
    let (program, serve) = (page("tidings.1"), page("tidings-serve.1"));
    assert!(program.expect("a page").contains("tidings\\-push"));
    assert!(serve.expect("a page").contains("\\-\\-data\\-dir"));
}

/// A line `#key = value` of the file is a setting that is not in force.
#[test]
fn every_line_of_the_settings_file_of_the_packages_is_true() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/tidings.toml");
    let text = fs::read_to_string(file).expect("the file");
    let folder = tempfile::tempdir().expect("a folder");
    // Sorted, because the order of the settings depends on those that are in the file.
    let help = |text: &str| {
        fs::write(folder.path().join("tidings.toml"), text).expect("written");
        let (good, help) = run(folder.path(), &["serve", "--help"]);
        assert!(good, "{help}");
        let mut lines: Vec<_> = help.lines().map(|line| line.trim().to_owned()).collect();
        lines.sort();
        lines
    };
    let own = help(&text);
    let folder_line = "[default: /var/lib/tidings]";
    assert!(own.iter().any(|line| line == folder_line), "{own:?}");

    // The values that are commented out are accepted. Those that are not examples are the defaults.
    let setting = |line: &&str| {
        line.strip_prefix('#')
            .is_some_and(|rest| !rest.starts_with(' '))
    };
    let shown: Vec<_> = text.lines().filter(setting).collect();
    assert!(shown.len() > 10, "{shown:?}");
    let is_example = |line: &&str| line.ends_with("# example");
    let examples = shown.iter().filter(|line| is_example(line)).count();
    assert!(examples > 0 && examples < shown.len());
    let uncommented = |wanted: fn(&str) -> bool| {
        let lines = text
            .lines()
            .map(|line| match setting(&line) && wanted(line) {
                true => &line[1..],
                false => line,
            });
        lines.collect::<Vec<_>>().join("\n")
    };
    assert_ne!(help(&uncommented(|_| true)), own);
    assert_eq!(help(&uncommented(|line| !line.ends_with("# example"))), own);
}
