//! The push request of each server.

use super::{Contender, Kind, centrifugo, mercure};
use crate::{
    http,
    payload::{self, Sequence, Stamp},
};

/// A message.
#[derive(Clone, Copy, Debug)]
pub struct Push {
    /// The number of its listener. None for all.
    pub whom: Option<usize>,
    pub number: u64,
    pub sent: u64,
    /// The size of its payload in bytes.
    pub size: usize,
    /// Whether it is stored in the log, if the server has one.
    pub kept: bool,
}

impl Contender {
    /// Writes the request that pushes a message.
    pub fn push(&self, push: Push, out: &mut Vec<u8>) {
        let mut body = Vec::with_capacity(push.size + 128);
        let (path, kind) = match self.kind {
            Kind::Floor => floor(push, &mut body),
            Kind::Tidings => tidings(push, &mut body),
            Kind::NchanShared | Kind::NchanOwn => nchan(push, &mut body),
            Kind::Pushpin => pushpin(push, &mut body),
            Kind::Centrifugo => centrifugo(push, &mut body),
            Kind::MercureBolt | Kind::MercureLocal => mercure(push, &mut body),
            Kind::Tornado => tornado(push, &mut body),
        };
        let headers = match self.kind {
            Kind::Centrifugo => centrifugo::KEY_HEADER,
            Kind::MercureBolt | Kind::MercureLocal => mercure::TOKEN_HEADER,
            _ => "",
        };
        let head = http::post_with(headers, &path, self.started.pushes, kind, body.len());
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(&body);
    }
}

impl Push {
    fn write(self, out: &mut Vec<u8>) {
        let sequence = match self.whom {
            Some(_) => Sequence::Own,
            None => Sequence::All,
        };
        let (number, sent) = (self.number, self.sent);
        Stamp {
            sequence,
            number,
            sent,
        }
        .write(self.size, out);
    }
}

fn floor(push: Push, body: &mut Vec<u8>) -> (String, &'static str) {
    push.write(body);
    let path = push
        .whom
        .map_or_else(|| "/push".to_owned(), |to| format!("/push/{to}"));
    (path, "text/plain")
}

fn tidings(push: Push, body: &mut Vec<u8>) -> (String, &'static str) {
    match push.whom {
        Some(to) => {
            body.extend_from_slice(br#"{"to":{"client":""#);
            body.extend_from_slice(payload::client(to).as_bytes());
            body.extend_from_slice(br#""},"data":""#);
        }
        None => body.extend_from_slice(br#"{"to":{"topic":"all"},"data":""#),
    }
    push.write(body);
    let end: &[u8] = match push.kept {
        true => br#""}"#,
        false => br#"","ttl":0}"#,
    };
    body.extend_from_slice(end);
    ("/push".to_owned(), "application/json")
}

fn nchan(push: Push, body: &mut Vec<u8>) -> (String, &'static str) {
    push.write(body);
    let to = push.whom.map_or_else(|| "all".to_owned(), payload::client);
    (format!("/push?to={to}"), "text/plain")
}

fn pushpin(push: Push, body: &mut Vec<u8>) -> (String, &'static str) {
    let to = push.whom.map_or_else(|| "all".to_owned(), payload::client);
    let begin =
        format!(r#"{{"items":[{{"channel":"{to}","formats":{{"http-stream":{{"content":"data: "#);
    body.extend_from_slice(begin.as_bytes());
    push.write(body);
    body.extend_from_slice(br#"\n\n"}}}]}"#);
    ("/publish/".to_owned(), "application/json")
}

fn centrifugo(push: Push, body: &mut Vec<u8>) -> (String, &'static str) {
    let to = push.whom.map_or_else(|| "all".to_owned(), payload::client);
    body.extend_from_slice(format!(r#"{{"channel":"{to}","data":""#).as_bytes());
    push.write(body);
    body.extend_from_slice(br#""}"#);
    ("/api/publish".to_owned(), "application/json")
}

fn mercure(push: Push, body: &mut Vec<u8>) -> (String, &'static str) {
    let to = push.whom.map_or_else(|| "all".to_owned(), payload::client);
    body.extend_from_slice(format!("topic={}{to}&data=", mercure::TOPICS).as_bytes());
    push.write(body);
    (mercure::HUB.to_owned(), "application/x-www-form-urlencoded")
}

fn tornado(push: Push, body: &mut Vec<u8>) -> (String, &'static str) {
    let path = match push.whom {
        Some(to) => {
            body.extend_from_slice(b"client_id=");
            body.extend_from_slice(payload::client(to).as_bytes());
            body.push(b'&');
            "/push"
        }
        None => "/send_all",
    };
    body.extend_from_slice(b"message=");
    push.write(body);
    (path.to_owned(), "application/x-www-form-urlencoded")
}
