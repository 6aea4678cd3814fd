//! As much of the protocol of NATS as the tests need: <https://docs.nats.io/reference/reference-protocols/nats-protocol>.

use std::{
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    net::TcpStream,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use serde_json::{Value, json};

/// After this time without an answer a request is sent again: there may have been no leader.
const AGAIN: Duration = Duration::from_secs(2);

static REQUESTS: AtomicU64 = AtomicU64::new(0);

/// A connection to a nats-server.
pub struct Connection(BufReader<TcpStream>);

impl Connection {
    /// Connects to a URL.
    pub fn open(url: &str) -> Self {
        let address = url.trim_start_matches("nats://");
        let socket = TcpStream::connect(address).expect("connected");
        socket.set_read_timeout(Some(AGAIN)).expect("a socket");
        let mut connection = Self(BufReader::new(socket));
        assert!(connection.line().expect("a line").starts_with("INFO "));
        connection.write("CONNECT {\"verbose\":false,\"headers\":true}\r\n");
        connection
    }

    /// Whether the server answers.
    pub fn ping(&mut self) -> bool {
        self.write("PING\r\n");
        self.answer().is_some_and(|line| line == "PONG")
    }

    /// Creates a stream with one subject of the same name.
    pub fn create_stream(&mut self, name: &str, replicas: u8) {
        let config = json!({"name": name, "subjects": [name], "num_replicas": replicas});
        let subject = format!("$JS.API.STREAM.CREATE.{name}");
        let answer = self.request(&subject, &config.to_string());
        assert!(answer.get("error").is_none(), "{answer}");
    }

    /// Publishes a message, and returns its number in the stream.
    pub fn publish(&mut self, subject: &str) -> u64 {
        let answer = self.request(subject, "message");
        let number = answer.get("seq").and_then(Value::as_u64);
        number.unwrap_or_else(|| panic!("{answer}"))
    }

    /// Sends a request until it is answered. Its id lets the stream take it once.
    fn request(&mut self, subject: &str, text: &str) -> Value {
        let number = REQUESTS.fetch_add(1, Ordering::Relaxed);
        // A leader acknowledges once more what it applies after a restart, so each request has an inbox of its own.
        let inbox = format!("inbox-{number}");
        let head = format!("NATS/1.0\r\nNats-Msg-Id: {number}\r\n\r\n");
        let (short, long) = (head.len(), head.len() + text.len());
        let publish = format!("HPUB {subject} {inbox} {short} {long}\r\n{head}{text}\r\n");
        self.write(&format!("SUB {inbox} {number}\r\n"));
        for _ in 0..30 {
            self.write(&publish);
            while let Some(line) = self.answer() {
                let length = line.rsplit(' ').next();
                let length = length.and_then(|last| last.parse::<usize>().ok());
                let mut body = vec![0; length.expect("a length") + 2];
                self.0.read_exact(&mut body).expect("a body");
                if line.starts_with(&format!("MSG {inbox} ")) {
                    return serde_json::from_slice(&body[..body.len() - 2]).expect("JSON");
                }
            }
        }
        panic!("no answer from {subject}");
    }

    /// The next line that is not a ping of the server. None if there is none for a while.
    fn answer(&mut self) -> Option<String> {
        loop {
            match self.line()?.as_str() {
                "PING" => self.write("PONG\r\n"),
                line => return Some(line.to_owned()),
            }
        }
    }

    fn write(&mut self, text: &str) {
        let written = self.0.get_mut().write_all(text.as_bytes());
        written.expect("sent");
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.0.read_line(&mut line) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            read => {
                assert_ne!(
                    read.expect("a line"),
                    0,
                    "the server has closed the connection"
                );
                Some(line.trim_end().to_owned())
            }
        }
    }
}
