//! Live messages of a delivery thread: from its queue to its streams.

use super::Thread;
use crate::outbox::Recipients;

impl Thread {
    /// Writes the messages that have arrived for the streams.
    pub(super) fn deliver(&mut self) {
        if self.writer.is_done() {
            // Before the queue is read: see `Registry::fan_out_position`.
            self.next_watermark = self.broker.registry().fan_out_position();
            let drained = self.queue.take();
            self.writer.load(drained.deliveries);
            self.write_live();
            // These streams continue from the log, after the messages that were just written.
            for (recipients, lost) in drained.behind {
                self.fall_behind(&recipients, lost);
            }
            for (key, reason) in drained.closes {
                self.close(key, reason);
            }
        } else {
            self.write_live();
        }
    }

    pub(super) fn write_live(&mut self) {
        if self.writer.run(&mut self.streams) {
            self.watermark = self.next_watermark;
        }
        for key in std::mem::take(&mut self.writer.stalled) {
            if let Some(stream) = self.streams.stream(key) {
                self.queue.set_position(key, stream.behind());
            }
        }
        for index in std::mem::take(&mut self.writer.broken) {
            self.drop_broken(index);
        }
    }

    fn fall_behind(&mut self, recipients: &Recipients, lost: u64) {
        let mut keys = Vec::new();
        match recipients {
            Recipients::Everyone => self.streams.each(|key, _| keys.push(key)),
            Recipients::One(key) => keys.push(*key),
            Recipients::Many(these) => keys.extend_from_slice(these),
        }
        for key in keys {
            if let Some(stream) = self.streams.stream(key) {
                stream.fall_behind(lost);
                self.drive(key);
            }
        }
    }
}
