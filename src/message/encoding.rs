//! The forms in which connections get messages, and a message in those that were asked for.

use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

use super::{
    Cursor, Data, Draft, Epoch, EventType, Frame, FrameWriter, Message, Update, envelope,
    mercure_frame,
};

/// How a connection gets its messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// The event type and the topic in fields of the event stream, and the data as it was pushed.
    #[default]
    Fields,
    /// Everything in one line of JSON, without an event type: `onmessage` of an EventSource gets every message.
    Envelope,
    /// The fields of the Mercure protocol. There are no events of the stream itself, except for `gap` where it was asked for.
    Mercure {
        /// Whether a gap is an event, and not only a comment.
        gaps: bool,
    },
}

impl Encoding {
    /// Whether it is the one of Mercure.
    pub fn is_mercure(self) -> bool {
        matches!(self, Self::Mercure { .. })
    }
}

/// A message, encoded once for all its connections.
///
/// The other forms are encoded when the first connection needs them. They are created from the frame with all fields, so that
/// a message without them takes no more memory than this frame.
#[derive(Debug)]
pub struct EncodedMessage {
    fields: Frame,
    content: Content,
    envelope: OnceLock<Frame>,
    mercure: OnceLock<Box<Frame>>,
    update: Option<Arc<Update>>,
    encoded_at: Instant,
}

/// The content of the data lines of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Text,
    Json,
    /// An event of the stream itself. It has its own type in every encoding.
    Own,
}

impl EncodedMessage {
    /// A message that stands in the log of this epoch. `replaces` is the id of [`Message::replaces`].
    pub fn of(message: &Message, epoch: &Epoch, replaces: Option<&Cursor>) -> Self {
        Self {
            update: message.update.clone(),
            ..Self::new(
                Frame::of(message, epoch, replaces),
                Content::of(&message.data),
            )
        }
    }

    /// A message that is not in the log.
    pub fn ephemeral(draft: &Draft) -> Self {
        let is_own = draft.event.as_ref().is_some_and(EventType::is_reserved);
        let size = FrameWriter::content_size(draft.event.as_ref(), &draft.audience, &draft.data);
        let fields = FrameWriter::with_capacity(size)
            .event(draft.event.as_ref())
            .audience(&draft.audience)
            .handling(draft.handling.as_deref())
            .data(draft.data.as_str())
            .finish();
        let content = match is_own {
            true => Content::Own,
            false => Content::of(&draft.data),
        };
        Self {
            update: draft.update.clone(),
            ..Self::new(fields, content)
        }
    }

    fn new(fields: Frame, content: Content) -> Self {
        Self {
            fields,
            content,
            envelope: OnceLock::new(),
            mercure: OnceLock::new(),
            update: None,
            encoded_at: Instant::now(),
        }
    }

    /// What the message has besides, if it is an update.
    pub fn update(&self) -> Option<&Update> {
        self.update.as_deref()
    }

    /// The message as this connection wants it.
    pub fn frame(&self, encoding: Encoding) -> &Frame {
        match (encoding, self.content) {
            (Encoding::Mercure { .. }, content) => self.mercure.get_or_init(|| {
                Box::new(match content {
                    Content::Own => mercure_frame::silence(),
                    _ => mercure_frame::of_frame(&self.fields, self.update()),
                })
            }),
            (Encoding::Fields, _) | (_, Content::Own) => &self.fields,
            (Encoding::Envelope, content) => self
                .envelope
                .get_or_init(|| envelope::of_frame(&self.fields, content == Content::Json)),
        }
    }

    /// When it was encoded: right after it was stored or, for an ephemeral message, accepted.
    pub fn encoded_at(&self) -> Instant {
        self.encoded_at
    }

    /// How many bytes it takes on its way, whatever the encoding.
    pub fn size(&self) -> usize {
        self.fields.size()
    }
}

/// An event of the stream itself, which is the same in every encoding.
impl From<Frame> for EncodedMessage {
    fn from(fields: Frame) -> Self {
        Self::new(fields, Content::Own)
    }
}

impl Content {
    fn of(data: &Data) -> Self {
        match data {
            Data::Text(_) => Self::Text,
            Data::Json(_) => Self::Json,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Audience, Topic};

    fn draft(event: Option<EventType>) -> Draft {
        Draft {
            audience: Audience::Topic(Topic::parse("a").expect("a topic")),
            event,
            data: Data::Json("{\n  \"n\": 1}".into()),
            ttl: None,
            update: None,
            handling: None,
        }
    }

    #[test]
    fn an_envelope_is_encoded_once_and_only_on_demand() {
        let message = EncodedMessage::ephemeral(&draft(None));
        let fields = message.frame(Encoding::Fields).bytes();
        assert_eq!(&fields[..], b"topic: a\ndata: {\ndata:   \"n\": 1}\n\n");
        assert!(message.envelope.get().is_none());

        let first = message.frame(Encoding::Envelope).chunk().as_ptr();
        let second = message.frame(Encoding::Envelope);
        assert_eq!(first, second.chunk().as_ptr());
        assert_eq!(
            &second.bytes()[..],
            b"data: {\"event\":\"message\",\"topic\":\"a\",\"data\":{   \"n\": 1}}\n\n"
        );
    }

    #[test]
    fn events_of_the_stream_itself_are_the_same_in_every_encoding() {
        let recall = EncodedMessage::ephemeral(&draft(Some(EventType::own("recall"))));
        assert_eq!(
            recall.frame(Encoding::Envelope),
            recall.frame(Encoding::Fields)
        );
        // A subscriber of Mercure does not know them. An empty chunk would end the response.
        assert_eq!(
            &recall.frame(Encoding::Mercure { gaps: true }).bytes()[..],
            b": \n"
        );
    }
}
