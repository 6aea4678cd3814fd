//! A proxy for each test, on a free port.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::harness::within;

/// A kind of proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Nginx,
    Haproxy,
    Apache,
}

impl Kind {
    /// The file of this repository for it.
    pub fn file(self) -> &'static str {
        match self {
            Self::Nginx => include_str!("../../../packaging/proxies/nginx.conf"),
            Self::Haproxy => include_str!("../../../packaging/proxies/haproxy.cfg"),
            Self::Apache => include_str!("../../../packaging/proxies/apache.conf"),
        }
    }

    /// The line that says where it listens, and the same line for these ports.
    fn listen(self, ports: &[u16]) -> (&'static str, String) {
        let each = |line: fn(u16) -> String| ports.iter().copied().map(line).collect::<String>();
        match self {
            Self::Nginx => (
                "listen 80;",
                each(|port| format!("listen 127.0.0.1:{port};\n")),
            ),
            Self::Haproxy => (
                "bind :80",
                each(|port| format!("bind 127.0.0.1:{port}\n    ")),
            ),
            Self::Apache => {
                let hosts = each(|port| format!(" *:{port}"));
                ("<VirtualHost *:80>", format!("<VirtualHost{hosts}>"))
            }
        }
    }

    /// What the file is a part of. The file is at `site` in the folder.
    fn frame(self, folder: &str, ports: &[u16]) -> String {
        match self {
            Self::Nginx => nginx_frame(folder),
            Self::Haproxy => String::new(),
            Self::Apache => apache_frame(folder, ports),
        }
    }

    fn command(self, folder: &str) -> Command {
        let (program, args) = match self {
            Self::Nginx => ("nginx", vec!["-p", folder, "-c", "frame", "-e", "errors"]),
            Self::Haproxy => ("haproxy", vec!["-W", "-f", "site"]),
            Self::Apache => ("apache2", vec!["-f", "frame", "-DFOREGROUND"]),
        };
        let mut command = Command::new("env");
        // Debian has them where only root looks for programs.
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{path}:/usr/sbin:/sbin"));
        command.arg(program).args(args).current_dir(folder);
        if self == Self::Apache {
            command.arg("-d").arg(folder);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    fn reload_signal(self) -> Signal {
        match self {
            Self::Nginx => Signal::HUP,
            Self::Haproxy => Signal::USR2,
            Self::Apache => Signal::USR1,
        }
    }
}

fn nginx_frame(folder: &str) -> String {
    let user = match rustix::process::geteuid().is_root() {
        true => "user root;",
        false => "",
    };
    let places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let places = places.map(|name| format!("{name}_temp_path {folder}/{name};\n"));
    format!(
        "{user}\ndaemon off;\nworker_processes 1;\npid {folder}/pid;\nevents {{}}\n\
         http {{\naccess_log off;\n{}include {folder}/site;\n}}\n",
        places.concat()
    )
}

fn apache_frame(folder: &str, ports: &[u16]) -> String {
    let modules = [
        "mpm_event",
        "authz_core",
        "env",
        "headers",
        "proxy",
        "proxy_http",
    ];
    let modules = modules
        .map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"));
    let listen: String = ports
        .iter()
        .map(|port| format!("Listen 127.0.0.1:{port}\n"))
        .collect();
    format!(
        "{}{listen}ServerName localhost\nUser nobody\nGroup nogroup\nPidFile {folder}/pid\n\
         DefaultRuntimeDir {folder}\nErrorLog {folder}/errors\nStartServers 1\nInclude {folder}/site\n",
        modules.concat()
    )
}

/// A running proxy.
pub struct Proxy {
    kind: Kind,
    child: Child,
    folder: tempfile::TempDir,
    file: String,
    port: u16,
}

impl Proxy {
    /// Starts one with this file of `packaging/proxies/`, or a changed one, before the server at this address.
    pub async fn start(kind: Kind, file: &str, server: SocketAddr) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = file.replace("127.0.0.1:8020", &server.to_string());
        let port = free_port();
        write(kind, folder.path(), &file, &[port]);
        let mut command = kind.command(path(&folder));
        command.stderr(fs::File::create(folder.path().join("stderr")).expect("a file"));
        let child = command
            .spawn()
            .expect("`scripts/setup proxies` installs it");
        let mut proxy = Self {
            kind,
            child,
            folder,
            file,
            port,
        };
        proxy.until_it_answers_at(port).await;
        proxy
    }

    /// The URL of a path here.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Loads the file again, with one more port, and waits until it listens there.
    pub async fn reload(&mut self) {
        let port = free_port();
        write(
            self.kind,
            self.folder.path(),
            &self.file,
            &[self.port, port],
        );
        self.signal(self.kind.reload_signal());
        self.until_it_answers_at(port).await;
    }

    async fn until_it_answers_at(&mut self, port: u16) {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        within(async {
            while tokio::net::TcpStream::connect(address).await.is_err() {
                if let Ok(Some(status)) = self.child.try_wait() {
                    panic!("it ended with {status}: {}", self.errors());
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
    }

    fn errors(&self) -> String {
        let text = |name| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        text("stderr") + &text("errors")
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().cast_signed()).expect("a process");
        let _ = kill_process(pid, signal);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Not a kill: its workers would remain.
        self.signal(Signal::TERM);
        let _ = self.child.wait();
    }
}

fn write(kind: Kind, folder: &Path, file: &str, ports: &[u16]) {
    let (line, lines) = kind.listen(ports);
    assert!(file.contains(line), "{file}");
    fs::write(folder.join("site"), file.replace(line, &lines)).expect("written");
    let frame = kind.frame(folder.to_str().expect("a plain path"), ports);
    fs::write(folder.join("frame"), frame).expect("written");
}

fn path(folder: &tempfile::TempDir) -> &str {
    folder.path().to_str().expect("a plain path")
}

fn free_port() -> u16 {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
    socket.local_addr().expect("an address").port()
}
