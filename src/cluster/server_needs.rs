//! What the NATS servers must be able to do.

use async_nats::ServerInfo;

use super::{connection::Connection, stream::StreamError};

/// The oldest version of the NATS servers. Older ones silently ignore settings of the stream that keep records safe.
const MIN_VERSION: (u32, u32) = (2, 12);

/// Bytes that a message of NATS must be able to have: the default of the servers.
const MIN_PAYLOAD: usize = 1024 * 1024;

/// Bytes of a record beside the message of a push.
const RECORD_OVERHEAD: usize = 64 * 1024;

/// What this node needs from the servers.
#[derive(Clone, Copy, Debug)]
pub struct ServerNeeds {
    max_payload: usize,
}

impl ServerNeeds {
    /// What is needed for pushes of this size: `--max-message-bytes`.
    pub fn new(max_message_bytes: usize) -> Self {
        Self {
            max_payload: MIN_PAYLOAD.max(max_message_bytes + RECORD_OVERHEAD),
        }
    }

    /// Checks the server at the other end of the connection.
    pub fn check(&self, connection: &Connection) -> Result<(), StreamError> {
        match connection.server() {
            Some(server) => self.check_server(&server),
            None => Err(StreamError::Unreachable(
                "there is no connection to a NATS server".to_owned(),
            )),
        }
    }

    fn check_server(&self, server: &ServerInfo) -> Result<(), StreamError> {
        let (name, version) = (&server.server_name, &server.version);
        if version_of(version).is_none_or(|version| version < MIN_VERSION) {
            return Err(StreamError::Wrong(format!(
                "the NATS server {name} has version {version}, but 2.12 or newer is needed"
            )));
        }
        if server.max_payload < self.max_payload {
            return Err(StreamError::Wrong(format!(
                "the NATS server {name} accepts {} bytes in a message, but {} are needed: raise max_payload in its configuration, or lower --max-message-bytes",
                server.max_payload, self.max_payload
            )));
        }
        Ok(())
    }
}

fn version_of(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.');
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next()?.parse().ok()?;
    Some((major, minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(version: &str, max_payload: usize) -> Result<(), StreamError> {
        let server = ServerInfo {
            version: version.to_owned(),
            max_payload,
            ..ServerInfo::default()
        };
        ServerNeeds::new(256 * 1024).check_server(&server)
    }

    #[test]
    fn old_servers_and_small_messages_are_refused() {
        assert_eq!(check("2.12.0", MIN_PAYLOAD), Ok(()));
        assert_eq!(check("3.0.0-beta.1", MIN_PAYLOAD), Ok(()));
        assert!(check("2.9.10", MIN_PAYLOAD).is_err());
        assert!(check("", MIN_PAYLOAD).is_err());
        assert!(check("2.15.1", MIN_PAYLOAD - 1).is_err());
    }
}
