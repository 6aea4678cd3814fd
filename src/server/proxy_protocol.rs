//! The PROXY protocol, versions 1 and 2: a proxy says at the beginning of a connection who has opened it
//! (<https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>).

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    net::TcpStream,
};

use crate::config::Settings;

/// The first bytes of version 2.
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";

/// The first bytes of version 1.
const TEXT: &[u8] = b"PROXY ";

/// The longest line of version 1, in bytes, with its end.
const LONGEST_LINE: usize = 107;

/// The most bytes after the fixed part of version 2. Addresses take at most 216; the rest are extensions, which are
/// ignored.
const MOST_BYTES: usize = 4096;

/// Why there is no sender.
#[derive(Debug, thiserror::Error)]
pub enum ProxyHeaderError {
    /// The peer is not a trusted proxy.
    #[error("the peer is not named in --trusted-proxy")]
    Untrusted,
    /// The connection ended or failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The bytes are no header of the PROXY protocol.
    #[error("the connection does not begin with a valid header of the PROXY protocol")]
    Invalid,
    /// The header did not come in time.
    #[error("the header of the PROXY protocol did not come in time")]
    Late,
}

/// The sender of all requests on this connection: whom the proxy names, or the proxy itself. None: the peer of a Unix
/// socket.
pub async fn sender_of(
    socket: &mut TcpStream,
    peer: Option<SocketAddr>,
    settings: &Settings,
) -> Result<Option<SocketAddr>, ProxyHeaderError> {
    if !settings.proxy.trusts(peer.map(|peer| peer.ip())) {
        return Err(ProxyHeaderError::Untrusted);
    }
    let sender = read_sender(socket, settings.limits.request_timeout()).await?;
    Ok(sender.or(peer))
}

/// Reads the header. Returns who opened the connection to the proxy; none if the proxy opened this connection for
/// itself, as for a health check. Reads no byte more than the header.
async fn read_sender(
    socket: &mut (impl AsyncRead + Unpin),
    patience: Duration,
) -> Result<Option<SocketAddr>, ProxyHeaderError> {
    match tokio::time::timeout(patience, read(socket)).await {
        Ok(sender) => sender,
        Err(_) => Err(ProxyHeaderError::Late),
    }
}

pub(super) async fn read(
    socket: &mut (impl AsyncRead + Unpin),
) -> Result<Option<SocketAddr>, ProxyHeaderError> {
    let mut start = [0; SIGNATURE.len()];
    socket.read_exact(&mut start[..1]).await?;
    // A byte of something else ends the reading at once, and not when twelve have come.
    if ![SIGNATURE[0], TEXT[0]].contains(&start[0]) {
        return Err(ProxyHeaderError::Invalid);
    }
    socket.read_exact(&mut start[1..]).await?;
    if start == SIGNATURE {
        return read_binary(socket).await;
    }
    let mut line = start.to_vec();
    while !line.ends_with(b"\r\n") {
        if line.len() == LONGEST_LINE || !line.starts_with(TEXT) {
            return Err(ProxyHeaderError::Invalid);
        }
        line.push(socket.read_u8().await?);
    }
    parse_line(&line).ok_or(ProxyHeaderError::Invalid)
}

/// Reads version 2 after its signature.
async fn read_binary(
    socket: &mut (impl AsyncRead + Unpin),
) -> Result<Option<SocketAddr>, ProxyHeaderError> {
    let mut fixed = [0; 4];
    socket.read_exact(&mut fixed).await?;
    let [command, family, high, low] = fixed;
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length > MOST_BYTES {
        return Err(ProxyHeaderError::Invalid);
    }
    let mut addresses = vec![0; length];
    socket.read_exact(&mut addresses).await?;
    parse_binary(command, family, &addresses).ok_or(ProxyHeaderError::Invalid)
}

/// `None`: the header is not valid.
fn parse_binary(command: u8, family: u8, addresses: &[u8]) -> Option<Option<SocketAddr>> {
    match command {
        // LOCAL: what follows is to be ignored.
        0x20 => return Some(None),
        0x21 => {}
        _ => return None,
    }
    match family {
        0x11 => {
            let (ip, rest) = addresses.split_first_chunk::<4>()?;
            // The address of the server is between the address and the port of the client.
            sender(Ipv4Addr::from(*ip).into(), rest.get(4..6)?)
        }
        0x21 => {
            let (ip, rest) = addresses.split_first_chunk::<16>()?;
            sender(Ipv6Addr::from(*ip).into(), rest.get(16..18)?)
        }
        // Unknown, UDP, or Unix sockets: there is no address of a client.
        0x00 | 0x12 | 0x22 | 0x31 | 0x32 => Some(None),
        _ => None,
    }
}

fn sender(ip: IpAddr, port: &[u8]) -> Option<Option<SocketAddr>> {
    let port = u16::from_be_bytes(port.try_into().ok()?);
    Some(Some(SocketAddr::new(ip, port)))
}

/// `None`: the line is not valid.
fn parse_line(line: &[u8]) -> Option<Option<SocketAddr>> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix("\r\n")?;
    let words: Vec<&str> = line.split(' ').collect();
    match words[..] {
        ["PROXY", "UNKNOWN", ..] => Some(None),
        ["PROXY", family, from, to, port, to_port] => {
            let (from, to): (IpAddr, IpAddr) = (from.parse().ok()?, to.parse().ok()?);
            let is_v4 = match family {
                "TCP4" => true,
                "TCP6" => false,
                _ => return None,
            };
            to_port.parse::<u16>().ok()?;
            let fits = from.is_ipv4() == is_v4 && to.is_ipv4() == is_v4;
            let port = port.parse().ok()?;
            fits.then_some(Some(SocketAddr::new(from, port)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header(command: u8, family: u8, addresses: &[u8]) -> Vec<u8> {
        let length = u16::try_from(addresses.len()).expect("short").to_be_bytes();
        [&SIGNATURE[..], &[command, family], &length, addresses].concat()
    }

    /// What is read, and what is left of the bytes.
    fn read_all(bytes: &[u8]) -> (Result<Option<SocketAddr>, ProxyHeaderError>, Vec<u8>) {
        let mut rest = bytes;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        let patience = Duration::from_secs(60);
        let outcome = runtime
            .expect("a runtime")
            .block_on(read_sender(&mut rest, patience));
        (outcome, rest.to_vec())
    }

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn both_versions_name_the_sender_and_leave_the_request() {
        let v4 = header(
            0x21,
            0x11,
            &[192, 0, 2, 7, 10, 0, 0, 1, 0x15, 0xb3, 0x1f, 0x54],
        );
        let mut ends = [0; 36];
        ends[..16].copy_from_slice(&Ipv6Addr::LOCALHOST.octets());
        ends[32..34].copy_from_slice(&443_u16.to_be_bytes());
        let v6 = header(0x21, 0x21, &ends);
        for (bytes, sender) in [
            (v4, Some(address("192.0.2.7:5555"))),
            (v6, Some(address("[::1]:443"))),
            (header(0x20, 0, &[]), None),
            (header(0x21, 0, &[1, 2, 3]), None),
            (
                b"PROXY TCP4 192.0.2.7 10.0.0.1 5555 8020\r\n".to_vec(),
                Some(address("192.0.2.7:5555")),
            ),
            (
                b"PROXY TCP6 2001:db8::1 ::1 1 2\r\n".to_vec(),
                Some(address("[2001:db8::1]:1")),
            ),
            (b"PROXY UNKNOWN\r\n".to_vec(), None),
        ] {
            let (outcome, rest) = read_all(&[&bytes[..], b"GET /"].concat());
            assert_eq!(outcome.expect("a sender"), sender);
            assert_eq!(rest, b"GET /");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for bytes in [
            b"GET / HTTP/1.1\r\n\r\n".to_vec(),
            b"PROXY TCP4 192.0.2.7 10.0.0.1 5555\r\n".to_vec(),
            b"PROXY TCP4 ::1 ::1 1 2\r\n".to_vec(),
            b"PROXY TCP4 192.0.2.7 10.0.0.1 70000 1\r\n".to_vec(),
            [b"PROXY TCP4 ".as_slice(), &[b'1'; 200]].concat(),
            header(0x21, 0x11, &[1, 2, 3]),
            header(0x31, 0x11, &[0; 12]),
            header(0x21, 0x77, &[0; 12]),
            header(0x21, 0x11, &[0; 5000]),
            header(0x21, 0x11, &[0; 12])[..20].to_vec(),
            Vec::new(),
        ] {
            read_all(&bytes).0.expect_err("refused");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_all(&bytes);
        }

        #[test]
        fn any_header_of_version_2_is_read_to_its_end(
            command in any::<u8>(), family in any::<u8>(), addresses in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let bytes = [&header(command, family, &addresses)[..], b"X"].concat();
            prop_assert_eq!(read_all(&bytes).1, b"X");
        }

        #[test]
        fn any_address_survives(ip in any::<IpAddr>(), port in any::<u16>()) {
            let family = if ip.is_ipv4() { "TCP4" } else { "TCP6" };
            let line = format!("PROXY {family} {ip} {ip} {port} 1\r\n");
            let (outcome, _) = read_all(line.as_bytes());
            prop_assert_eq!(outcome.expect("a sender"), Some(SocketAddr::new(ip, port)));
        }
    }

    #[tokio::test]
    async fn a_header_that_does_not_come_is_not_waited_for() {
        let (mut near, _far) = tokio::io::duplex(64);
        let outcome = read_sender(&mut near, Duration::from_millis(1)).await;
        assert!(matches!(outcome, Err(ProxyHeaderError::Late)));
    }
}
