//! The head of a request, from its fields (RFC 9113, section 8).

use axum::http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version, header,
    uri::{Authority, PathAndQuery, Scheme},
};

use super::hpack::{FIELD_OVERHEAD, HpackError};

/// How often the limit may be exceeded before a head is not read to its end. To read it keeps the connection.
const MOST: usize = 16;

/// A request is not valid. Only its stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Why there is no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadError {
    /// It is not valid.
    Malformed,
    /// Its fields are over the limit.
    TooLarge,
}

/// A valid head.
#[derive(Debug)]
pub struct Head {
    /// The request, whose body comes later.
    pub request: Request<()>,
    /// The length of the body, if the head says it.
    pub content_length: Option<u64>,
}

/// Takes the fields of a head one by one.
pub struct HeadReader {
    limit: usize,
    size: usize,
    method: Option<Method>,
    scheme: Option<Scheme>,
    authority: Option<Authority>,
    path: Option<PathAndQuery>,
    fields: HeaderMap,
    /// The pieces of the field `cookie`.
    cookie: Vec<u8>,
    is_malformed: bool,
}

impl HeadReader {
    /// For a head with fields of at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            size: 0,
            method: None,
            scheme: None,
            authority: None,
            path: None,
            fields: HeaderMap::new(),
            cookie: Vec::new(),
            is_malformed: false,
        }
    }

    /// Takes a field. What is over the limit is only counted.
    pub fn take(&mut self, name: &[u8], value: &[u8]) -> Result<(), HpackError> {
        self.size += name.len() + value.len() + FIELD_OVERHEAD;
        if self.size > MOST * self.limit {
            return Err(HpackError::TooLarge);
        }
        if self.size <= self.limit && self.add(name, value).is_none() {
            self.is_malformed = true;
        }
        Ok(())
    }

    /// None: the request is malformed.
    fn add(&mut self, name: &[u8], value: &[u8]) -> Option<()> {
        if name.first() == Some(&b':') {
            return self.add_pseudo(name, value);
        }
        let (name, value) = field(name, value)?;
        match name {
            header::COOKIE => {
                if !self.cookie.is_empty() {
                    self.cookie.extend_from_slice(b"; ");
                }
                self.cookie.extend_from_slice(value.as_bytes());
            }
            header::TE if value != "trailers" => return None,
            name => drop(self.fields.append(name, value)),
        }
        Some(())
    }

    /// Pseudo fields come once, before the others.
    fn add_pseudo(&mut self, name: &[u8], value: &[u8]) -> Option<()> {
        if !self.fields.is_empty() || !self.cookie.is_empty() {
            return None;
        }
        let is_first = match name {
            b":method" => {
                let method = Method::from_bytes(value).ok()?;
                self.method.replace(method).is_none()
            }
            b":scheme" => {
                let scheme = Scheme::try_from(value).ok()?;
                self.scheme.replace(scheme).is_none() && !value.is_empty()
            }
            b":authority" => {
                let authority = Authority::try_from(value).ok()?;
                let has_user = value.contains(&b'@');
                self.authority.replace(authority).is_none() && !has_user
            }
            b":path" => {
                let is_path = matches!(value, [b'/', ..] | b"*");
                let path = PathAndQuery::try_from(value).ok()?;
                self.path.replace(path).is_none() && is_path
            }
            _ => false,
        };
        is_first.then_some(())
    }

    /// The method, so far as it is known.
    pub fn method(&self) -> Method {
        self.method.clone().unwrap_or_default()
    }

    /// The request.
    pub fn finish(mut self) -> Result<Head, HeadError> {
        if self.size > self.limit {
            return Err(HeadError::TooLarge);
        }
        if self.is_malformed {
            return Err(HeadError::Malformed);
        }
        if !self.cookie.is_empty() {
            let cookie = HeaderValue::from_maybe_shared(std::mem::take(&mut self.cookie));
            let cookie = cookie.map_err(|_| HeadError::Malformed)?;
            self.fields.insert(header::COOKIE, cookie);
        }
        self.request().ok_or(HeadError::Malformed)
    }

    fn request(self) -> Option<Head> {
        let content_length = content_length(&self.fields).ok()?;
        let method = self.method?;
        let mut uri = Uri::builder();
        if method == Method::CONNECT {
            if self.scheme.is_some() || self.path.is_some() {
                return None;
            }
            uri = uri.authority(self.authority?);
        } else {
            let (scheme, path) = (self.scheme?, self.path?);
            // Without an authority, the host is in a field, as with HTTP/1.1.
            if let Some(authority) = self.authority {
                uri = uri.scheme(scheme).authority(authority);
            }
            uri = uri.path_and_query(path);
        }
        let mut request = Request::new(());
        *request.method_mut() = method;
        *request.uri_mut() = uri.build().ok()?;
        *request.version_mut() = Version::HTTP_2;
        *request.headers_mut() = self.fields;
        Some(Head {
            request,
            content_length,
        })
    }
}

/// A field that is not a pseudo field (RFC 9113, sections 8.2.1 and 8.2.2).
pub fn field(name: &[u8], value: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    const OF_CONNECTIONS: [&str; 5] = [
        "connection",
        "keep-alive",
        "proxy-connection",
        "transfer-encoding",
        "upgrade",
    ];
    let is_blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    if is_blank(value.first()) || is_blank(value.last()) {
        return None;
    }
    let name = HeaderName::from_lowercase(name).ok()?;
    let value = HeaderValue::from_bytes(value).ok()?;
    (!OF_CONNECTIONS.contains(&name.as_str())).then_some((name, value))
}

/// The length of a body. It may be said several times (RFC 9110, section 8.6).
fn content_length(fields: &HeaderMap) -> Result<Option<u64>, Malformed> {
    let mut length = None;
    for value in fields.get_all(header::CONTENT_LENGTH) {
        let is_number = !value.is_empty() && value.as_bytes().iter().all(u8::is_ascii_digit);
        let number = value.to_str().ok().and_then(|text| text.parse().ok());
        let number = number.filter(|_| is_number).ok_or(Malformed)?;
        if length
            .replace(number)
            .is_some_and(|before| before != number)
        {
            return Err(Malformed);
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests;
