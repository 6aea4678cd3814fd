//! The records of a TLS 1.3 connection after its handshake (RFC 8446, section 5): what is left of the connection when
//! only events are sent over it.
//!
//! It keeps the keys as they are and prepares them for each record. That takes a fraction of a microsecond; the prepared
//! keys of a stream would take a kilobyte.

use ring::{
    aead::{
        AES_128_GCM, AES_256_GCM, Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, Nonce, Tag,
        UnboundKey,
    },
    error::Unspecified,
};
use rustls::{ConnectionTrafficSecrets as Secrets, ExtractedSecrets};

/// The length of the head of a record: type, version, length.
pub const HEAD: usize = 5;

/// The largest content of a record, in bytes.
pub const MAX_CONTENT: usize = 1 << 14;

/// The largest encrypted content of a record, in bytes.
pub const MAX_ENCRYPTED: usize = MAX_CONTENT + 256;

/// The content type of events.
pub const APPLICATION_DATA: u8 = 23;

/// The content type of alerts.
pub const ALERT: u8 = 21;

/// The alert that says that nothing more is sent: the level `warning` and the number of `close_notify` (RFC 8446,
/// section 6.1).
pub const CLOSE_NOTIFY: [u8; 2] = [1, 0];

/// The number of the alert `user_canceled`, which says nothing.
pub const USER_CANCELED: u8 = 90;

/// Records with one key: the limit of AES-GCM (RFC 8446, section 5.5). A stream ends there, and its client opens it
/// again.
const MAX_RECORDS: u64 = 1 << 24;

/// Why a record can't be written or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The keys are used up.
    #[error("the keys of the connection are used up")]
    UsedUp,
    /// The peer does not speak TLS 1.3, or somebody has changed a record.
    #[error("a record is not valid")]
    Invalid,
    /// The cipher suite is not known here.
    #[error("the cipher suite is not known")]
    UnknownSuite,
}

impl From<Unspecified> for RecordError {
    fn from(_: Unspecified) -> Self {
        Self::Invalid
    }
}

/// Both directions of a connection.
pub struct RecordLayer {
    suite: Suite,
    sent: Direction,
    received: Direction,
}

#[derive(Clone, Copy)]
enum Suite {
    Aes128Gcm,
    Aes256Gcm,
    ChaCha20Poly1305,
}

struct Direction {
    key: [u8; 32],
    iv: [u8; 12],
    /// The number of the next record.
    next: u64,
}

impl RecordLayer {
    /// Goes on with a connection of rustls.
    pub fn new(secrets: &ExtractedSecrets) -> Result<Self, RecordError> {
        let (suite, sent) = Direction::new(&secrets.tx)?;
        let (_, received) = Direction::new(&secrets.rx)?;
        Ok(Self {
            suite,
            sent,
            received,
        })
    }

    /// Encrypts the content that follows the space for a head at the end of `record`, and completes the record.
    pub fn seal(&mut self, content_type: u8, record: &mut Vec<u8>) -> Result<(), RecordError> {
        let algorithm = self.suite.algorithm();
        record.push(content_type);
        let length = record.len() - HEAD + algorithm.tag_len();
        let head = head(length);
        record[..HEAD].copy_from_slice(&head);
        let key = self.sent.key(algorithm)?;
        let nonce = self.sent.nonce()?;
        let tag: Tag =
            key.seal_in_place_separate_tag(nonce, Aad::from(head), &mut record[HEAD..])?;
        record.extend_from_slice(tag.as_ref());
        Ok(())
    }

    /// Decrypts a complete record. Returns its content type and its content.
    pub fn open<'a>(&mut self, record: &'a mut [u8]) -> Result<(u8, &'a [u8]), RecordError> {
        let (head, encrypted) = record.split_at_mut(HEAD);
        let head: [u8; HEAD] = (&*head).try_into().map_err(|_| RecordError::Invalid)?;
        if head[0] != APPLICATION_DATA {
            return Err(RecordError::Invalid);
        }
        let key = self.received.key(self.suite.algorithm())?;
        let nonce = self.received.nonce()?;
        let content = key.open_in_place(nonce, Aad::from(head), encrypted)?;
        // Padding is zeros behind the content type.
        let end = content.iter().rposition(|byte| *byte != 0);
        let end = end.ok_or(RecordError::Invalid)?;
        Ok((content[end], &content[..end]))
    }
}

/// The length of the first record, if it is complete.
pub fn record_length(bytes: &[u8]) -> Result<Option<usize>, RecordError> {
    if bytes
        .first()
        .is_some_and(|first| *first != APPLICATION_DATA)
    {
        return Err(RecordError::Invalid);
    }
    let [_, _, _, high, low, body @ ..] = bytes else {
        return Ok(None);
    };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    match length {
        0 => Err(RecordError::Invalid),
        _ if length > MAX_ENCRYPTED => Err(RecordError::Invalid),
        _ => Ok((body.len() >= length).then_some(HEAD + length)),
    }
}

fn head(length: usize) -> [u8; HEAD] {
    let [high, low] = (length as u16).to_be_bytes();
    [APPLICATION_DATA, 3, 3, high, low]
}

impl Suite {
    fn algorithm(self) -> &'static Algorithm {
        match self {
            Self::Aes128Gcm => &AES_128_GCM,
            Self::Aes256Gcm => &AES_256_GCM,
            Self::ChaCha20Poly1305 => &CHACHA20_POLY1305,
        }
    }
}

impl Direction {
    fn new((next, secrets): &(u64, Secrets)) -> Result<(Suite, Self), RecordError> {
        let (suite, key, iv) = match secrets {
            Secrets::Aes128Gcm { key, iv } => (Suite::Aes128Gcm, key, iv),
            Secrets::Aes256Gcm { key, iv } => (Suite::Aes256Gcm, key, iv),
            Secrets::Chacha20Poly1305 { key, iv } => (Suite::ChaCha20Poly1305, key, iv),
            _ => return Err(RecordError::UnknownSuite),
        };
        let mut direction = Self {
            key: [0; 32],
            iv: [0; 12],
            next: *next,
        };
        let key = key.as_ref();
        let place = direction.key.get_mut(..key.len());
        place.ok_or(RecordError::UnknownSuite)?.copy_from_slice(key);
        direction.iv = (iv.as_ref().try_into()).map_err(|_| RecordError::UnknownSuite)?;
        Ok((suite, direction))
    }

    fn key(&self, algorithm: &'static Algorithm) -> Result<LessSafeKey, RecordError> {
        let key = UnboundKey::new(algorithm, &self.key[..algorithm.key_len()])?;
        Ok(LessSafeKey::new(key))
    }

    /// The nonce of the next record (RFC 8446, section 5.3).
    fn nonce(&mut self) -> Result<Nonce, RecordError> {
        if self.next >= MAX_RECORDS {
            return Err(RecordError::UsedUp);
        }
        let mut nonce = self.iv;
        for (byte, of_number) in nonce[4..].iter_mut().zip(self.next.to_be_bytes()) {
            *byte ^= of_number;
        }
        self.next += 1;
        Ok(Nonce::assume_unique_for_key(nonce))
    }
}

#[cfg(test)]
impl RecordLayer {
    /// Two ends of a connection.
    pub fn pair() -> [Self; 2] {
        let direction = |fill| Direction {
            key: [fill; 32],
            iv: [fill; 12],
            next: 0,
        };
        [(1, 2), (2, 1)].map(|(sent, received)| Self {
            suite: Suite::Aes256Gcm,
            sent: direction(sent),
            received: direction(received),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(layer: &mut RecordLayer, content: &[u8]) -> Vec<u8> {
        let mut record = [&[0; HEAD], content].concat();
        layer.seal(APPLICATION_DATA, &mut record).expect("sealed");
        record
    }

    #[test]
    fn records_are_opened_in_the_order_in_which_they_were_sealed() {
        let [mut server, mut client] = RecordLayer::pair();
        let (mut first, mut second) = (sealed(&mut server, b"one"), sealed(&mut server, b"two"));
        let opened = client.open(&mut first).expect("opened");
        assert_eq!(opened, (APPLICATION_DATA, &b"one"[..]));
        let opened = client.open(&mut second).expect("opened");
        assert_eq!(opened, (APPLICATION_DATA, &b"two"[..]));
    }

    #[test]
    fn a_changed_record_is_refused() {
        let [mut server, mut client] = RecordLayer::pair();
        let mut record = sealed(&mut server, b"one");
        record[HEAD] ^= 1;
        assert_eq!(client.open(&mut record), Err(RecordError::Invalid));
    }

    #[test]
    fn a_key_is_not_used_for_ever() {
        let [mut server, _] = RecordLayer::pair();
        server.sent.next = MAX_RECORDS;
        let mut record = vec![0; HEAD];
        assert_eq!(
            server.seal(APPLICATION_DATA, &mut record),
            Err(RecordError::UsedUp)
        );
    }

    #[test]
    fn it_is_small() {
        assert!(size_of::<RecordLayer>() <= 128);
    }
}
