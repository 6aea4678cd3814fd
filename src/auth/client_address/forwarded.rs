//! Reads the field `Forwarded` (RFC 7239).

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderValue, header::GetAll};

use crate::config::Host;

/// What one proxy says about the peer that it got a request from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hop {
    /// The address of the peer. None: the proxy does not name it.
    pub address: Option<SocketAddr>,
    /// Whether the request came by HTTPS.
    pub https: Option<bool>,
    /// The host that was asked for.
    pub host: Option<Host>,
}

/// The hops, from the first proxy to the last one. An element that is not valid is `None`. `None` if there is no field.
pub fn hops(fields: GetAll<'_, HeaderValue>) -> Option<Vec<Option<Hop>>> {
    let mut hops = Vec::new();
    for field in fields {
        match field.to_str() {
            Ok(text) => hops.extend(elements(text).iter().map(hop)),
            Err(_) => hops.push(None),
        }
    }
    (!hops.is_empty()).then_some(hops)
}

/// The address in `for=` or in `X-Forwarded-For`: IPv4 or IPv6, with or without brackets and a port.
pub fn address(text: &str) -> Option<SocketAddr> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address);
    }
    let inner = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let address: IpAddr = match inner {
        Some(inner) => IpAddr::V6(inner.parse().ok()?),
        None => text.parse().ok()?,
    };
    Some(SocketAddr::new(address, 0))
}

/// Whether a scheme is `https`; none if it is neither `https` nor `http`.
pub fn https(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "https" => Some(true),
        "http" => Some(false),
        _ => None,
    }
}

/// The pairs of an element; `None` if one is not valid.
type Element = Option<Vec<(String, String)>>;

/// Splits a field into its elements (RFC 7239, section 4). After an error, nothing can be told apart any more.
fn elements(text: &str) -> Vec<Element> {
    let mut elements = Vec::new();
    let mut pairs = Vec::new();
    let mut rest = text.trim_start();
    loop {
        let Some((found, after)) = pair(rest) else {
            elements.push(None);
            return elements;
        };
        pairs.extend(found);
        let after = after.trim_start();
        match after.chars().next() {
            None => {
                elements.push(Some(pairs));
                return elements;
            }
            Some(',') => elements.push(Some(std::mem::take(&mut pairs))),
            Some(';') => {}
            Some(_) => {
                elements.push(None);
                return elements;
            }
        }
        rest = after[1..].trim_start();
    }
}

/// A name and a value.
type Pair = (String, String);

/// The pair at the beginning of `text`, if there is one before the next separator, and what follows.
fn pair(text: &str) -> Option<(Option<Pair>, &str)> {
    if text.is_empty() || text.starts_with([',', ';']) {
        return Some((None, text));
    }
    let (name, rest) = text.split_once('=')?;
    if name.is_empty() || !name.chars().all(is_token) {
        return None;
    }
    let (value, rest) = match rest.strip_prefix('"') {
        Some(rest) => quoted(rest)?,
        None => unquoted(rest)?,
    };
    Some((Some((name.to_ascii_lowercase(), value)), rest))
}

/// A value without quotes, and what follows. Colons and brackets need quotes, but many programs forget them.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let end = text.find([',', ';', ' ', '\t']).unwrap_or(text.len());
    let (value, rest) = text.split_at(end);
    let allowed = |c| is_token(c) || "[]:".contains(c);
    let valid = value.chars().all(allowed);
    valid.then(|| (value.to_owned(), rest))
}

/// A quoted string (RFC 9110, section 5.6.4) after its first quote, and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            c => value.push(c),
        }
    }
    None
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

/// What an element says; `None` if one of its values is not valid, or comes twice.
fn hop(element: &Element) -> Option<Hop> {
    let pairs = element.as_ref()?;
    let mut hop = Hop::default();
    for (place, (name, value)) in pairs.iter().enumerate() {
        if pairs[..place].iter().any(|(before, _)| before == name) {
            return None;
        }
        match name.as_str() {
            // The proxy does not know or does not say the address (RFC 7239, sections 6.2 and 6.3).
            "for" if value.eq_ignore_ascii_case("unknown") || value.starts_with('_') => {}
            "for" => hop.address = Some(address(value)?),
            "proto" => hop.https = Some(https(value)?),
            "host" => hop.host = Some(value.parse().ok()?),
            _ => {}
        }
    }
    Some(hop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderMap, header};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_field_is_read_without_a_panic(text in "[ -~\u{80}-\u{ff}]{0,60}") {
            let mut headers = HeaderMap::new();
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(header::FORWARDED, value);
            }
            hops(headers.get_all(header::FORWARDED));
        }

        #[test]
        fn a_quoted_value_may_have_any_character(value in "[ -~]{0,20}") {
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
            let text = format!("a=\"{escaped}\";for=192.0.2.7");
            let pairs = vec![("a".to_owned(), value), ("for".to_owned(), "192.0.2.7".to_owned())];
            prop_assert_eq!(elements(&text), vec![Some(pairs)]);
        }
    }
}
