//! What every node says about itself once a second. Nothing of it is stored.

use minicbor::{Decode, Encode};

use super::equal_settings::EqualSettings;
use crate::log::RECORD_VERSION;

/// The version of the message. A node ignores messages of versions that it does not know; fields that it does not know
/// do not matter.
const FORMAT: u16 = 1;

/// What a node tells about its work. The parts of the program that know it fill it in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeReport {
    /// The last position in the log of the node.
    pub head: u64,
    /// Clients with a connection to it.
    pub clients: u64,
    /// Its open streams.
    pub connections: u64,
    /// Whether somebody watches its panel.
    pub observed: bool,
    /// What is wrong with it, in words for people. None if nothing is.
    pub health: Option<String>,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Heartbeat {
    /// The version of the message.
    #[n(0)]
    pub format: u16,
    /// The name of the node.
    #[n(1)]
    pub node: String,
    /// The run of the node.
    #[n(2)]
    pub boot: u64,
    /// The version of the program.
    #[n(3)]
    pub version: String,
    /// When the run began, in milliseconds since 1970 by the clock of the node. Only to compare it with that of another
    /// run of the same node.
    #[n(4)]
    pub started_at: u64,
    /// Where it can be reached.
    #[n(5)]
    pub advertise: Option<String>,
    /// The last record of the stream that it has applied.
    #[n(6)]
    pub applied: u64,
    /// See [`NodeReport`].
    #[n(7)]
    pub head: u64,
    /// See [`NodeReport`].
    #[n(8)]
    pub clients: u64,
    /// See [`NodeReport`].
    #[n(9)]
    pub connections: u64,
    /// See [`NodeReport`].
    #[n(10)]
    pub observed: bool,
    /// See [`NodeReport`].
    #[n(11)]
    pub health: Option<String>,
    /// Whether it is about to leave.
    #[n(12)]
    pub draining: bool,
    /// Whether it can decide on maintenance for all: it follows the stream and stays.
    #[n(13)]
    pub able: bool,
    /// This is its last message.
    #[n(14)]
    pub left: bool,
    /// Seconds since the run began. A duration, because the clocks of two nodes may differ.
    #[n(15)]
    pub uptime: Option<u64>,
    /// What must be equal at all nodes. None from a node of a version that does not tell it.
    #[n(16)]
    pub settings: Option<EqualSettings>,
    /// The highest version of records that it reads. None: it does not know the audit trail.
    #[n(17)]
    pub reads: Option<u8>,
}

impl Heartbeat {
    /// A message of a node that has nothing to tell yet.
    pub fn new(node: &str, boot: u64, started_at: u64, advertise: Option<String>) -> Self {
        Self {
            format: FORMAT,
            node: node.to_owned(),
            boot,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at,
            advertise,
            applied: 0,
            head: 0,
            clients: 0,
            connections: 0,
            observed: false,
            health: None,
            draining: false,
            able: false,
            left: false,
            uptime: None,
            settings: None,
            reads: Some(RECORD_VERSION),
        }
    }

    /// The bytes of the message.
    pub fn encode(&self) -> Vec<u8> {
        // Writing to memory does not fail.
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// The message in these bytes. None if it is none, or of a version that is not known.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let beat: Self = minicbor::decode(bytes).ok()?;
        (beat.format == FORMAT).then_some(beat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_survives_the_wire() {
        let mut beat = Heartbeat::new("n1", 7, 1_700_000_000_000, Some("http://a".to_owned()));
        beat.clients = 12;
        beat.health = Some("the disk is full".to_owned());
        let bytes = beat.encode();
        assert!(bytes.len() < 200, "{}", bytes.len());
        assert_eq!(Heartbeat::decode(&bytes), Some(beat.clone()));
        assert_eq!(Heartbeat::decode(&bytes[1..]), None);
        beat.format = 2;
        assert_eq!(Heartbeat::decode(&beat.encode()), None);
    }

    #[test]
    fn fields_that_are_not_known_do_not_matter() {
        let mut bytes = Heartbeat::new("n1", 7, 1, None).encode();
        // One more entry: a map of up to 23 entries has its length in the first byte.
        bytes[0] += 1;
        bytes.extend([0x18, 99, 0xf5]);
        assert!(Heartbeat::decode(&bytes).is_some());
    }
}
