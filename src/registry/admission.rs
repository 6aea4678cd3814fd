//! Admitting connections, and the guards that take them out again.

use std::sync::{Arc, atomic::Ordering};

use super::{
    AdmissionError, ConnectionRecord, ConnectionWatch, DeliveryTarget, Registry, StreamCounters,
    Subscriber, connection_set::ConnectionKey, now,
};
use crate::{
    access_log::AccessEntry,
    message::{Encoding, Seq},
    outbox::QueueLimits,
};

impl Registry {
    /// Admits a connection if the limits allow one more. It gets no messages before [`Admission::register`].
    pub fn admit(self: &Arc<Self>, subscriber: Subscriber) -> Result<Admission, AdmissionError> {
        self.admit_logged(subscriber, None)
    }

    /// The same for a connection whose request is logged here.
    pub fn admit_logged(
        self: &Arc<Self>,
        mut subscriber: Subscriber,
        access: Option<Arc<AccessEntry>>,
    ) -> Result<Admission, AdmissionError> {
        let mut table = self.table.lock();
        table.check_capacity(&subscriber)?;
        table.intern_strings(&mut subscriber);
        let logged = access.is_some();
        let record = Arc::new(ConnectionRecord {
            id: self.opened.fetch_add(1, Ordering::Relaxed) + 1,
            since: now(),
            subscriber,
            access,
        });
        let key = table.insert(Arc::clone(&record));
        drop(table);
        self.note_change(&record, |watch, record| watch.opened(record));
        Ok(Admission {
            registry: Arc::clone(self),
            record,
            key,
            encoding: Encoding::default(),
            logged,
        })
    }
}

/// An admitted connection that has no delivery target yet. Dropping it removes the connection.
pub struct Admission {
    registry: Arc<Registry>,
    record: Arc<ConnectionRecord>,
    key: ConnectionKey,
    /// Here and not in the record: it is read for each message, and it costs no memory beside the key.
    encoding: Encoding,
    /// Whether its request is logged, for the same reason.
    logged: bool,
}

impl Admission {
    /// The same connection, with its messages in this encoding.
    #[must_use]
    pub fn with_encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// Who the connection belongs to, and what it subscribes to.
    pub fn subscriber(&self) -> &Subscriber {
        &self.record.subscriber
    }

    /// The limits of a queue for the connection.
    pub fn limits(&self) -> QueueLimits {
        self.registry.limits
    }

    /// Puts every message for the connection into this target from now on.
    pub fn register(self, target: DeliveryTarget) -> Registration {
        self.registry.table.lock().register(self.key, target);
        Registration(self)
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.registry.table.lock().remove(self.key);
        let closed = |watch: &dyn ConnectionWatch, record: &ConnectionRecord| watch.closed(record);
        self.registry.note_change(&self.record, closed);
    }
}

/// Proof that the messages for a connection are being collected. Dropping it removes the connection.
pub struct Registration(Admission);

impl Registration {
    /// Who the connection belongs to, and what it subscribes to.
    pub fn subscriber(&self) -> &Subscriber {
        self.0.subscriber()
    }

    /// How the connection gets its messages.
    pub fn encoding(&self) -> Encoding {
        self.0.encoding
    }

    /// Where to count what happens to the stream.
    pub fn counters(&self) -> &StreamCounters {
        self.0.registry.counters()
    }

    /// Passes on that the connection is told of a gap.
    pub fn note_gap(&self, reason: &'static str, range: Option<(Seq, Seq)>) {
        let Admission {
            registry, record, ..
        } = &self.0;
        if let Some(watch) = registry.watch.get()
            && !record.subscriber.is_observer()
        {
            watch.gap(&record.subscriber, reason, range);
        }
    }

    /// Where the request of the stream is logged, if requests are.
    pub fn access(&self) -> Option<&Arc<AccessEntry>> {
        match self.0.logged {
            true => self.0.record.access.as_ref(),
            false => None,
        }
    }

    /// See [`Registry::fan_out_position`].
    pub fn fan_out_position(&self) -> Seq {
        self.0.registry.fan_out_position()
    }
}
