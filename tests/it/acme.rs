//! Certificates from an authority, by ACME: against Pebble, which is left out if the set-up could not install it.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::json;

use crate::{
    certificates::{Certificate, client_of},
    command::{Running, tidings},
    harness::within,
    listen::free_port,
};

const NAME: &str = "push.tidings.example";

/// A process that is killed at the end of the test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn pebble() -> Option<PathBuf> {
    let chosen = std::env::var_os("PEBBLE").map(PathBuf::from);
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pebble/pebble");
    chosen.or_else(|| installed.exists().then_some(installed))
}

/// Answers every question for an address with 127.0.0.1, and others with nothing, over TCP (RFC 1035). Returns its port.
fn answer_dns() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for socket in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || answer_questions(socket));
        }
    });
    port
}

fn answer_questions(mut socket: TcpStream) -> Option<()> {
    loop {
        let mut length = [0; 2];
        socket.read_exact(&mut length).ok()?;
        let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
        socket.read_exact(&mut question).ok()?;
        // The name ends with a zero. The type and the class follow.
        let end = 12 + question.get(12..)?.iter().position(|byte| *byte == 0)? + 5;
        let is_address = question.get(end - 4..end)? == [0, 1, 0, 1];
        let mut answer = question.get(..end)?.to_vec();
        // A response without an error; one question; no further records.
        answer[2..12].copy_from_slice(&[0x84, 0, 0, 1, 0, u8::from(is_address), 0, 0, 0, 0]);
        if is_address {
            answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
        }
        let length = (answer.len() as u16).to_be_bytes();
        socket.write_all(&[&length[..], &answer].concat()).ok()?;
    }
}

/// Starts an authority that checks names at this port. Returns the URL of its directory.
fn start_authority(program: &Path, folder: &Path, tls_port: u16) -> (Killed, String, PathBuf) {
    let own = Certificate::of(&["localhost", "127.0.0.1"]).write(folder, "authority");
    let (port, management) = (free_port(), free_port());
    let config = json!({"pebble": {
        "listenAddress": format!("127.0.0.1:{port}"),
        "managementListenAddress": format!("127.0.0.1:{management}"),
        "certificate": own.cert,
        "privateKey": own.key,
        "httpPort": 5002,
        "tlsPort": tls_port,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": false,
    }});
    let file = folder.join("pebble.json");
    fs::write(&file, config.to_string()).expect("written");
    let dns = format!("127.0.0.1:{}", answer_dns());
    let mut command = Command::new(program);
    command.arg("-config").arg(&file).args(["-dnsserver", &dns]);
    command
        .env("PEBBLE_VA_NOSLEEP", "1")
        .env("PEBBLE_WFE_NONCEREJECT", "0");
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let child = Killed(command.spawn().expect("pebble runs"));
    (child, format!("https://127.0.0.1:{port}/dir"), own.cert)
}

#[tokio::test]
async fn a_certificate_is_requested_and_kept() {
    let Some(program) = pebble() else {
        eprintln!("left out: there is no pebble (scripts/setup pebble)");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let tls_port = free_port();
    let (_authority, directory, root) = start_authority(&program, folder.path(), tls_port);
    let http = client_of(&[&fs::read_to_string(&root).expect("a certificate")]);
    let http = http.build().expect("a client");
    within(async {
        while http.get(&directory).send().await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let tls = format!("127.0.0.1:{tls_port}");
    let flags = [
        "--listen",
        "127.0.0.1:0",
        "--listen-tls",
        &tls,
        "--drain",
        "0",
        "--acme-domain",
        NAME,
        "--acme-email",
        "admin@tidings.example",
        "--acme-directory",
        &directory,
        "--acme-ca",
        root.to_str().expect("a plain path"),
    ];
    let server = Running::start(tidings(folder.path(), &flags));
    server.wait_for_error("has issued a certificate");
    let stored = folder.path().join("tidings-data/acme/certificate.pem");
    let mode = fs::metadata(&stored).expect("stored").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    // What the server shows is what was issued. Its root is of no use to this client, so the chain is its own root.
    let serves = async || {
        let pem = fs::read_to_string(&stored).expect("a chain");
        let http = client_of(&[])
            .danger_accept_invalid_certs(true)
            .tls_info(true);
        let http = http
            .resolve(NAME, ([127, 0, 0, 1], tls_port).into())
            .build();
        let url = format!("https://{NAME}:{tls_port}/health/ready");
        let answer = within(http.expect("a client").get(url).send())
            .await
            .expect("an answer");
        let info = answer
            .extensions()
            .get::<reqwest::tls::TlsInfo>()
            .expect("of TLS");
        let shown = info.peer_certificate().expect("a certificate").to_vec();
        let stored = rustls::pki_types::pem::PemObject::pem_slice_iter(pem.as_bytes())
            .next()
            .expect("one")
            .expect("a certificate");
        let stored: rustls::pki_types::CertificateDer<'_> = stored;
        assert_eq!(shown, stored.as_ref());
        assert_eq!(answer.text().await.expect("text"), "ready");
    };
    serves().await;
    assert_eq!(server.signalled("-TERM").0, Some(0));

    // The next run needs no authority.
    drop(_authority);
    let server = Running::start(tidings(folder.path(), &flags));
    server.url();
    server.url();
    serves().await;
}

#[tokio::test]
async fn a_failure_is_said_and_what_is_there_is_served() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = Certificate::of(&["localhost"]);
    let files = own.write(folder.path(), "own").flags();
    let nobody = format!("https://127.0.0.1:{}/dir", free_port());
    let flags = [
        "--listen",
        "127.0.0.1:0",
        "--listen-tls",
        "127.0.0.1:0",
        "--drain",
        "0",
        "--acme-domain",
        NAME,
        "--acme-directory",
        &nobody,
    ];
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let server = Running::start(tidings(folder.path(), &[&flags, &files[..]].concat()));
    server.url();
    let url = server.url();
    server.wait_for_error("trying again in 60 s");
    let port = url.rsplit(':').next().expect("a port");
    let http = client_of(&[&own.pem]).build().expect("a client");
    let request = http.get(format!("https://localhost:{port}/health/ready"));
    let answer = within(request.send()).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let text = answer.text().await.expect("text");
    assert!(
        text.starts_with("ready, but no new certificate for push.tidings.example"),
        "{text}"
    );
}
