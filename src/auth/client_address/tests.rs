//! Who the sender is, in tables.

use super::*;
use crate::config::Settings;
use axum::http::HeaderValue;

type Shown = (String, Option<bool>, Option<String>);

fn trusting(networks: &str) -> ProxySettings {
    let flags: &[&str] = match networks {
        "" => &[],
        networks => &["--trusted-proxy", networks],
    };
    Settings::from_flags(flags).expect("settings").proxy
}

/// The sender of a request from 10.0.0.1, where 10.0.0.0/8 and fd00::/8 are trusted: address, https and host.
fn sender(fields: &[(&'static str, &str)]) -> Shown {
    shown(client_address(
        Some(PEER.parse().expect("an address")),
        &headers(fields),
        &trusting("10.0.0.0/8,fd00::/8"),
    ))
}

fn shown(sender: Sender) -> Shown {
    let address = sender
        .address
        .map_or("unix".to_owned(), |address| address.to_string());
    let host = sender.host.map(|host| host.to_string());
    (address, sender.https, host)
}

fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        let value = HeaderValue::from_bytes(value.as_bytes()).expect("a value");
        headers.append(*name, value);
    }
    headers
}

const PEER: &str = "10.0.0.1:40000";

#[test]
fn addresses_are_read_from_the_right_up_to_the_first_that_is_not_trusted() {
    for (value, address) in [
        ("192.0.2.7", "192.0.2.7:0"),
        ("192.0.2.7:5555", "192.0.2.7:5555"),
        ("198.51.100.1, 192.0.2.7", "192.0.2.7:0"),
        ("198.51.100.1, 192.0.2.7, 10.0.0.2", "192.0.2.7:0"),
        ("10.9.9.9, 10.0.0.2", "10.9.9.9:0"),
        ("2001:db8::1", "[2001:db8::1]:0"),
        ("[2001:db8::1]:443", "[2001:db8::1]:443"),
        ("[2001:db8::1], fd00::2", "[2001:db8::1]:0"),
        ("  192.0.2.7  ", "192.0.2.7:0"),
        // What is not valid ends the reading: the last hop that is known counts.
        ("", PEER),
        ("nonsense", PEER),
        ("198.51.100.1, nonsense, 10.0.0.2", "10.0.0.2:0"),
        ("192.0.2.7,", PEER),
        ("999.0.0.1", PEER),
        ("192.0.2.7é", PEER),
    ] {
        let found = sender(&[("x-forwarded-for", value)]).0;
        assert_eq!(found, address, "{value:?}");
    }
    let two = [
        ("x-forwarded-for", "198.51.100.1"),
        ("x-forwarded-for", "192.0.2.7"),
    ];
    assert_eq!(sender(&two).0, "192.0.2.7:0", "several fields are one list");
}

#[test]
fn the_standard_field_is_read_likewise() {
    for (value, address, https, host) in [
        ("for=192.0.2.7", "192.0.2.7:0", None, None),
        (
            "For=\"192.0.2.7:5555\";proto=https;host=a.example",
            "192.0.2.7:5555",
            Some(true),
            Some("a.example"),
        ),
        (
            "for=\"[2001:db8::1]:443\" ; Proto=HTTP",
            "[2001:db8::1]:443",
            Some(false),
            None,
        ),
        (
            "for=198.51.100.1, for=192.0.2.7;by=10.0.0.1",
            "192.0.2.7:0",
            None,
            None,
        ),
        (
            "for=198.51.100.1;proto=https,for=10.0.0.2;proto=http",
            "198.51.100.1:0",
            Some(true),
            None,
        ),
        (
            "for=1.2.3.4;proto=https, for=192.0.2.7;proto=http",
            "192.0.2.7:0",
            Some(false),
            None,
        ),
        ("for=\"_hidden\";proto=https", PEER, Some(true), None),
        ("for=unknown, for=10.0.0.2", "10.0.0.2:0", None, None),
        ("proto=https", PEER, Some(true), None),
        // Not valid.
        ("for=\"192.0.2.7", PEER, None, None),
        ("for=192.0.2.7;for=192.0.2.8", PEER, None, None),
        ("for=192.0.2.7;proto=gopher", PEER, None, None),
        ("for=192.0.2.7;host=\"a b\"", PEER, None, None),
        ("for=198.51.100.1, nonsense, for=10.0.0.2", PEER, None, None),
        ("for=192.0.2.7,", PEER, None, None),
        ("for = 192.0.2.7", PEER, None, None),
        ("for=\"a\\\"b\"", PEER, None, None),
    ] {
        let (found, found_https, found_host) = sender(&[("forwarded", value)]);
        let found = (found.as_str(), found_https, found_host.as_deref());
        assert_eq!(found, (address, https, host), "{value:?}");
    }
}

#[test]
fn scheme_and_host_are_those_that_the_first_trusted_proxy_saw() {
    let said = |of: &str, proto: &str, host: &str| {
        let (_, https, host) = sender(&[
            ("x-forwarded-for", of),
            ("x-forwarded-proto", proto),
            ("x-forwarded-host", host),
        ]);
        (https, host)
    };
    let example = "push.example.org";
    let expected = (Some(true), Some(example.to_owned()));
    assert_eq!(said("192.0.2.7", "https", example), expected);
    assert_eq!(said("192.0.2.7, 10.0.0.2", "https", example), expected);
    let both = "push.example.org, inner";
    assert_eq!(said("192.0.2.7, 10.0.0.2", "https, http", both), expected);
    // The client has added what is left of its address.
    let forged = said(
        "1.2.3.4, 192.0.2.7",
        "https, http",
        "evil, push.example.org",
    );
    assert_eq!(forged, (Some(false), Some(example.to_owned())));
    assert_eq!(said("192.0.2.7", "gopher", "a/b"), (None, None));
    let alone = sender(&[("x-forwarded-proto", "https")]);
    assert_eq!(alone, (PEER.to_owned(), Some(true), None));
}

#[test]
fn fields_that_contradict_each_other_do_not_count() {
    let both = |standard, usual| sender(&[("forwarded", standard), ("x-forwarded-for", usual)]).0;
    assert_eq!(both("for=192.0.2.7", "192.0.2.7"), "192.0.2.7:0");
    assert_eq!(both("for=1.2.3.4", "192.0.2.7"), PEER);
    assert_eq!(both("for=1.2.3.4, nonsense", "192.0.2.7"), PEER);
}

#[test]
fn an_untrusted_peer_speaks_for_itself_only() {
    let fields = headers(&[
        ("x-forwarded-for", "192.0.2.7"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "for=192.0.2.7"),
    ]);
    let peer = "203.0.113.9:1";
    for networks in ["", "10.0.0.0/8", "unix"] {
        let address = Some(peer.parse().expect("an address"));
        let found = shown(client_address(address, &fields, &trusting(networks)));
        assert_eq!(found, (peer.to_owned(), None, None), "{networks}");
    }
}

#[test]
fn a_unix_socket_is_trusted_by_its_name() {
    let fields = headers(&[("x-forwarded-for", "192.0.2.7")]);
    let address = |networks| shown(client_address(None, &fields, &trusting(networks))).0;
    assert_eq!(address("unix"), "192.0.2.7:0");
    assert_eq!(address("0.0.0.0/0,::/0"), "unix");
}
