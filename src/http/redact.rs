//! URLs without secrets, for the diagnostic log.

use std::fmt;

use axum::http::Uri;

use crate::query::LAST_EVENT_ID;

/// Parameters whose values are not secret. All other values are hidden, such as tokens and the text of a push.
const SHOWN: [&str; 6] = ["client_id", "topic", "since", "envelope", "after", "limit"];

/// The path and the query of a URL, in which only the values of known parameters are shown.
#[derive(Clone, Copy, Debug)]
pub struct Redacted<'a>(pub &'a Uri);

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.path())?;
        let Some(query) = self.0.query() else {
            return Ok(());
        };
        let mut mark = '?';
        for pair in query.split('&') {
            // A known name that is written with %-escapes is hidden as well.
            match pair.split_once('=') {
                Some((name, _)) if SHOWN.contains(&name) || LAST_EVENT_ID.contains(&name) => {
                    write!(f, "{mark}{pair}")?
                }
                Some((name, _)) if is_plain(name) => write!(f, "{mark}{name}=[hidden]")?,
                _ => write!(f, "{mark}[hidden]")?,
            }
            mark = '&';
        }
        Ok(())
    }
}

/// Whether a name is short and simple, so that it can't be a token.
fn is_plain(name: &str) -> bool {
    name.len() <= 32 && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(uri: &str) -> String {
        Redacted(&uri.parse().expect("a URI")).to_string()
    }

    #[test]
    fn known_parameters_are_shown() {
        assert_eq!(shown("/sse"), "/sse");
        for uri in [
            "/sse?client_id=a&topic=orders/*&topic=b",
            "/sse?client_id=a&lastEventId=e-7",
        ] {
            assert_eq!(shown(uri), uri);
        }
    }

    #[test]
    fn a_token_is_hidden_at_any_position() {
        assert_eq!(shown("/sse?token=s3cret"), "/sse?token=[hidden]");
        assert_eq!(
            shown("/sse?token=s3cret&client_id=a&token=s3cret"),
            "/sse?token=[hidden]&client_id=a&token=[hidden]"
        );
        for uri in [
            "/sse?%74oken=s3cret",
            "/sse?Token=s3cret",
            "/sse?s3cret",
            "/sse?s3cret=",
            "/sse?client_id%3Da%26token=s3cret",
            "/sse?access_token=s3cret",
            "/sse?a=b;token=s3cret",
            "/sse?&=s3cret",
            "http://user:s3cret@localhost/sse",
            "/push?client_id=a&message=s3cret",
        ] {
            assert!(!shown(uri).contains("s3cret"), "{}", shown(uri));
        }
    }
}
