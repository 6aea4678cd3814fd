//! Event-stream bytes, from the WHATWG HTML standard, section 9.2.6 "Interpreting an event stream".
//!
//! A frame is encoded once per message and shared by all its connections.

use bytes::Bytes;

use super::{Audience, Cursor, Data, Epoch, EventType, Handling, Message, Seq, Urgency};

/// Bytes before a frame that are reserved for the size of its chunk: eight digits and a line end.
const PREFIX: usize = 10;
/// The line end after a chunk.
const CHUNK_END: &[u8] = b"\r\n";

/// One or more events as the bytes of a `text/event-stream`, including the empty line after each. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    chunk: Bytes,
    /// Where the events begin.
    head: usize,
}

impl Frame {
    /// The frame of a message from the log of this epoch. `replaces` is the id of [`Message::replaces`].
    pub fn of(message: &Message, epoch: &Epoch, replaces: Option<&Cursor>) -> Self {
        let mut writer = FrameWriter::with_capacity(FrameWriter::size(message, epoch));
        writer.message(message, epoch, replaces);
        writer.take()
    }

    /// The bytes of the events.
    pub fn bytes(&self) -> Bytes {
        self.chunk
            .slice(self.head..self.chunk.len() - CHUNK_END.len())
    }

    /// The same as a chunk of an HTTP/1.1 body (RFC 9112, section 7.1), as it goes to a socket.
    pub fn chunk(&self) -> &Bytes {
        &self.chunk
    }

    /// The size on the wire in bytes.
    pub fn size(&self) -> usize {
        self.chunk.len()
    }
}

/// Encodes a frame field by field. Values can't forge other fields: an id is a [`Cursor`], a type an [`EventType`], and
/// data is split at its line ends.
#[derive(Debug)]
pub struct FrameWriter(Vec<u8>);

impl Default for FrameWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl FrameWriter {
    /// An empty frame.
    pub fn new() -> Self {
        Self::with_capacity(0)
    }

    /// An empty frame with capacity for this many bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        let mut buffer = Vec::with_capacity(PREFIX + bytes + CHUNK_END.len());
        buffer.resize(PREFIX, 0);
        Self(buffer)
    }

    /// The position, which the page sends back as `Last-Event-ID`.
    #[must_use]
    pub fn id(mut self, cursor: &Cursor) -> Self {
        self.position(&cursor.epoch, cursor.seq);
        self
    }

    /// The event type. Without one the event is a `message`.
    #[must_use]
    pub fn event(mut self, event: Option<&EventType>) -> Self {
        if let Some(event) = event {
            self.field("event", event.as_str().as_bytes());
        }
        self
    }

    /// The time in milliseconds that an EventSource waits before it reconnects.
    #[must_use]
    pub fn retry(mut self, milliseconds: u64) -> Self {
        self.field("retry", milliseconds.to_string().as_bytes());
        self
    }

    /// A comment, which an EventSource does not pass on.
    #[must_use]
    pub fn comment(mut self, text: &'static str) -> Self {
        self.field("", text.as_bytes());
        self
    }

    /// The topic of the message, if it has one: a field that an EventSource ignores and `/tidings.js` reads.
    #[must_use]
    pub fn audience(mut self, audience: &Audience) -> Self {
        self.topic(audience);
        self
    }

    /// How the message is treated, if not as usual: fields that an EventSource ignores and `/tidings.js` reads.
    #[must_use]
    pub fn handling(mut self, handling: Option<&Handling>) -> Self {
        if let Some(handling) = handling {
            self.handled(handling, None);
        }
        self
    }

    /// The data: a `data:` line for each line of the text, whether it ends with LF, CR or CRLF.
    #[must_use]
    pub fn data(mut self, text: &str) -> Self {
        self.lines(text);
        self
    }

    /// Ends this event, so that another one can follow in the same frame.
    #[must_use]
    pub fn end_event(mut self) -> Self {
        self.end();
        self
    }

    /// Finishes the frame.
    pub fn finish(mut self) -> Frame {
        self.end();
        self.take()
    }

    /// Finishes a frame that has comments, and perhaps `retry`, and no event. It has no empty line: there, some libraries pass on
    /// an event although it has no data (`@microsoft/fetch-event-source` does).
    pub fn finish_without_event(self) -> Frame {
        self.take()
    }

    /// Appends the complete frame of a message.
    pub(crate) fn message(&mut self, message: &Message, epoch: &Epoch, replaces: Option<&Cursor>) {
        self.position(epoch, message.seq);
        self.content(message, replaces);
    }

    /// Appends the frame of a message before its turn: without an id, so that the reader goes on where it would. `id` is for
    /// programs.
    pub(crate) fn early(&mut self, message: &Message, id: &Cursor, replaces: Option<&Cursor>) {
        self.field("message", id.to_string().as_bytes());
        self.content(message, replaces);
    }

    fn content(&mut self, message: &Message, replaces: Option<&Cursor>) {
        if let Some(event) = &message.event {
            self.field("event", event.as_str().as_bytes());
        }
        self.topic(&message.audience);
        if let Some(handling) = &message.handling {
            self.handled(handling, replaces);
        }
        self.lines(message.data.as_str());
        self.end();
    }

    /// The empty line that ends a frame.
    pub(super) fn end(&mut self) {
        self.0.push(b'\n');
    }

    /// The number of bytes of events so far.
    pub(crate) fn len(&self) -> usize {
        self.0.len() - PREFIX
    }

    /// The complete frames that were written.
    pub(crate) fn take(self) -> Frame {
        let mut bytes = self.0;
        // Messages are limited, so a frame never has 4 GiB, and its size at most eight digits.
        let mut size = bytes.len() - PREFIX;
        let mut start = PREFIX - CHUNK_END.len();
        bytes[start..PREFIX].copy_from_slice(CHUNK_END);
        loop {
            start -= 1;
            bytes[start] = b"0123456789abcdef"[size % 16];
            size /= 16;
            if size == 0 || start == 0 {
                break;
            }
        }
        bytes.extend_from_slice(CHUNK_END);
        Frame {
            chunk: Bytes::from(bytes).slice(start..),
            head: PREFIX - start,
        }
    }

    /// The maximum size of the frame of a message with one line. Each further line adds eight bytes.
    pub(crate) fn size(message: &Message, epoch: &Epoch) -> usize {
        let content = Self::content_size(message.event.as_ref(), &message.audience, &message.data);
        let update = message.update.as_ref().map_or(0, |update| {
            let id = update.id.as_ref().map_or(0, |id| id.as_str().len());
            id + update.retry.map_or(0, |_| 28)
        });
        let handling = message
            .handling
            .as_ref()
            .map_or(0, |_| epoch.as_str().len() + 64);
        epoch.as_str().len() + handling + content + update + 26
    }

    /// The size of its type, topic and data.
    pub(super) fn content_size(
        event: Option<&EventType>,
        audience: &Audience,
        data: &Data,
    ) -> usize {
        let event = event.map_or(0, |event| event.as_str().len() + 8);
        let topic = match audience {
            Audience::Topic(topic) => topic.as_str().len() + 8,
            _ => 0,
        };
        event + topic + data.as_str().len() + 9
    }

    pub(super) fn position(&mut self, epoch: &Epoch, seq: Seq) {
        self.0.extend_from_slice(b"id: ");
        self.0.extend_from_slice(epoch.as_str().as_bytes());
        self.0.push(b'-');
        self.0
            .extend_from_slice(itoa::Buffer::new().format(seq).as_bytes());
        self.0.push(b'\n');
    }

    fn handled(&mut self, handling: &Handling, replaces: Option<&Cursor>) {
        if handling.urgency != Urgency::Normal {
            self.field("urgency", handling.urgency.as_str().as_bytes());
        }
        if let Some(cursor) = replaces {
            self.field("replaces", cursor.to_string().as_bytes());
        }
        if handling.is_state {
            self.field("state", b"true");
        }
    }

    fn topic(&mut self, audience: &Audience) {
        if let Audience::Topic(topic) = audience {
            self.field("topic", topic.as_str().as_bytes());
        }
    }

    pub(super) fn lines(&mut self, text: &str) {
        for line in lines(text.as_bytes()) {
            self.field("data", line);
        }
    }

    pub(super) fn field(&mut self, name: &str, value: &[u8]) {
        self.0.reserve(name.len() + value.len() + 3);
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b": ");
        self.0.extend_from_slice(value);
        self.0.push(b'\n');
    }
}

/// The lines of a text, whether they end in LF, CR or CRLF. There is one more than there are line ends.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = memchr::memchr2(b'\r', b'\n', text) else {
            return rest.take();
        };
        let width = if text[end..].starts_with(b"\r\n") {
            2
        } else {
            1
        };
        rest = Some(&text[end + width..]);
        Some(&text[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Topic;
    use eventsource_stream::Eventsource;
    use futures_util::{FutureExt, StreamExt};
    use proptest::prelude::*;

    fn data(text: &str) -> String {
        let frame = FrameWriter::new().data(text).finish();
        String::from_utf8(frame.bytes().to_vec()).expect("UTF-8")
    }

    #[test]
    fn a_chunk_starts_with_its_size() {
        let frame = FrameWriter::new().data("hello there").finish();
        assert_eq!(frame.chunk(), &b"13\r\ndata: hello there\n\n\r\n"[..]);
        let long = "x".repeat(100_000);
        let frame = FrameWriter::new().data(&long).finish();
        let wanted = format!("{:x}\r\ndata: {long}\n\n\r\n", 100_008);
        assert_eq!(frame.chunk(), wanted.as_bytes());
        assert_eq!(frame.bytes().len(), 100_008);
    }

    #[test]
    fn every_line_end_becomes_a_data_line() {
        assert_eq!(data("one"), "data: one\n\n");
        assert_eq!(data(""), "data: \n\n");
        assert_eq!(data("a\nb"), "data: a\ndata: b\n\n");
        assert_eq!(data("a\r\nb\rc"), "data: a\ndata: b\ndata: c\n\n");
        assert_eq!(data("a\n"), "data: a\ndata: \n\n");
        assert_eq!(data("\n\n"), "data: \ndata: \ndata: \n\n");
        assert_eq!(data(" leading"), "data:  leading\n\n");
    }

    #[test]
    fn a_line_end_can_not_forge_a_field() {
        assert_eq!(
            data("a\n\nevent: b\ndata: c"),
            "data: a\ndata: \ndata: event: b\ndata: data: c\n\n"
        );
    }

    #[test]
    fn a_message_to_a_topic_has_a_topic_field() {
        let topic = Topic::parse("orders/42").expect("a topic");
        let message = Message {
            seq: 7,
            at: 0,
            expires_at: None,
            audience: Audience::Topic(topic),
            event: None,
            data: Data::Text("paid".into()),
            update: None,
            handling: None,
        };
        let epoch = Epoch::parse("abc").expect("an epoch");
        assert_eq!(
            &Frame::of(&message, &epoch, None).bytes()[..],
            b"id: abc-7\ntopic: orders/42\ndata: paid\n\n"
        );
    }

    #[test]
    fn fields_are_in_this_order() {
        let cursor = Cursor::parse("abc-7").expect("a cursor");
        let event = EventType::parse("order").expect("a type");
        let frame = FrameWriter::new()
            .retry(5)
            .id(&cursor)
            .event(Some(&event))
            .data("x")
            .finish();
        assert_eq!(
            &frame.bytes()[..],
            b"retry: 5\nid: abc-7\nevent: order\ndata: x\n\n"
        );
    }

    proptest! {
        /// This uses a parser of another project, so that a misreading of the standard can't be in both.
        #[test]
        fn any_text_is_decoded_as_its_lines(
            texts in prop::collection::vec("(?s)([a-z :]|\r\n|\r|\n|\u{2028}|\\PC){0,40}", 1..4),
            cut in 1usize..16,
        ) {
            let event = EventType::parse("t").expect("a type");
            let bytes: Vec<u8> = texts
                .iter()
                .flat_map(|text| FrameWriter::new().event(Some(&event)).data(text).finish().bytes().to_vec())
                .collect();
            let chunks: Vec<Result<Vec<u8>, std::io::Error>> =
                bytes.chunks(cut).map(|chunk| Ok(chunk.to_vec())).collect();
            let events = futures_util::stream::iter(chunks).eventsource().collect::<Vec<_>>().now_or_never();
            let got: Vec<String> =
                events.expect("all is there").into_iter().map(|event| event.expect("valid").data).collect();
            let sent: Vec<String> =
                texts.iter().map(|text| text.replace("\r\n", "\n").replace('\r', "\n")).collect();
            prop_assert_eq!(got, sent);
        }
    }
}
