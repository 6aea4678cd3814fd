//! Who sent a request, and how: what trusted proxies say about it in `Forwarded` (RFC 7239) and `X-Forwarded-For`,
//! `X-Forwarded-Proto` and `X-Forwarded-Host`.

mod forwarded;

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header};

use crate::config::{Host, ProxySettings};
use forwarded::Hop;

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// The sender of a request, as far as it is known. An extension of each request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The peer of the connection: the sender or the nearest proxy. None: the peer of a Unix socket.
    pub peer: Option<SocketAddr>,
    /// Whether the peer has sent fields that do not count, because it is not trusted or because they differ.
    pub ignored: bool,
    /// The address, with port 0 if only the address is known. None: the peer of a Unix socket.
    pub address: Option<SocketAddr>,
    /// Whether a trusted proxy got the request by HTTPS; none if no proxy says it.
    pub https: Option<bool>,
    /// The host that the sender asked for, if a trusted proxy says it.
    pub host: Option<Host>,
}

impl Sender {
    /// Whether a trusted proxy says something about the sender that the connection does not.
    pub fn is_behind_proxy(&self) -> bool {
        self.address != self.peer || self.https.is_some()
    }
}

/// Finds the sender of a request that `peer` has sent (`None`: the peer of a Unix socket).
///
/// The fields of a trusted peer are read from right to left: each trusted proxy has added at the right what it knows
/// about the peer before it. The first address that is not trusted is the sender. What is left of it, or of a value that
/// is not valid, can be forged and is ignored. A proxy that sets one kind of field may pass on the other one as a client
/// has sent it: if both are there and differ, neither counts.
pub fn client_address(
    peer: Option<SocketAddr>,
    headers: &HeaderMap,
    trusted: &ProxySettings,
) -> Sender {
    let mut sender = Sender {
        peer,
        ignored: false,
        address: peer,
        https: None,
        host: None,
    };
    if !trusted.trusts(ip(peer)) {
        sender.ignored = headers.contains_key(header::FORWARDED) || headers.contains_key(FOR);
        return sender;
    }
    let standard = forwarded::hops(headers.get_all(header::FORWARDED));
    let usual = usual_hops(headers);
    let hops = match (standard, usual) {
        (standard, None) => standard.unwrap_or_default(),
        (None, Some(usual)) => usual,
        (Some(standard), Some(usual)) => match agree(&standard, &usual) {
            true => usual,
            false => {
                sender.ignored = true;
                return sender;
            }
        },
    };
    for hop in hops.into_iter().rev() {
        let Some(hop) = hop else { break };
        sender.https = hop.https.or(sender.https);
        sender.host = hop.host.or(sender.host);
        let Some(address) = hop.address else { break };
        sender.address = Some(address);
        if !trusted.trusts(ip(Some(address))) {
            break;
        }
    }
    sender
}

fn ip(address: Option<SocketAddr>) -> Option<IpAddr> {
    address.map(|address| address.ip().to_canonical())
}

/// Whether both name the same peer of the nearest proxy.
fn agree(one: &[Option<Hop>], other: &[Option<Hop>]) -> bool {
    let last = |hops: &[Option<Hop>]| {
        let hop = hops.last().cloned().flatten()?;
        ip(hop.address)
    };
    last(one).is_some() && last(one) == last(other)
}

/// The hops of the `X-Forwarded-` fields; `None` if there is no such field. A proxy adds its values at the right, or it
/// replaces the field by a single value.
fn usual_hops(headers: &HeaderMap) -> Option<Vec<Option<Hop>>> {
    let (addresses, protos, hosts) = (
        list(headers, &FOR),
        list(headers, &PROTO),
        list(headers, &HOST),
    );
    let count = addresses
        .len()
        .max(protos.len().min(1))
        .max(hosts.len().min(1));
    if count == 0 {
        return None;
    }
    let from_right = |values: &[String], place: usize| {
        let place = values.len().checked_sub(place + 1)?;
        values.get(place).cloned()
    };
    let hop = |place| {
        let address = match from_right(&addresses, place) {
            Some(text) => Some(forwarded::address(&text)?),
            None => None,
        };
        let proto = from_right(&protos, place).and_then(|text| forwarded::https(&text));
        let host = from_right(&hosts, place).and_then(|text| text.parse().ok());
        Some(Hop {
            address,
            https: proto,
            host,
        })
    };
    Some((0..count).rev().map(hop).collect())
}

/// The values of a list (RFC 9110, section 5.6.1), in order. A field that is not text is one value that is not valid.
fn list(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let values = headers.get_all(name).iter();
    let texts = values.map(|value| value.to_str().unwrap_or("?"));
    let parts = texts.flat_map(|text| text.split(','));
    parts.map(|part| part.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests;
