//! Fan-out: puts one delivery into the targets of all its recipients.

use std::{mem, sync::Arc};

use smallvec::SmallVec;

use super::{ConnectionTable, TableEntry};
use crate::{
    message::{Audience, ClientId, Topic},
    outbox::{Delivery, Recipients, ThreadQueue},
    registry::{
        connection_set::{ConnectionKey, ConnectionSet},
        delivery_target::DeliveryTarget,
    },
};

/// Queues whose threads have to be woken, each once.
pub(in crate::registry) type ThreadQueueList = SmallVec<[Arc<ThreadQueue>; 4]>;

fn note(queue: &Arc<ThreadQueue>, queues: &mut ThreadQueueList) {
    if !queues.iter().any(|known| Arc::ptr_eq(known, queue)) {
        queues.push(Arc::clone(queue));
    }
}

impl ConnectionTable {
    /// Puts a delivery into the target of each of its recipients, and adds the queues whose threads have to be woken.
    /// Returns the number of recipients.
    pub(in crate::registry) fn put(
        &mut self,
        audience: &Audience,
        delivery: &Delivery,
        queues: &mut ThreadQueueList,
    ) -> u64 {
        if *audience == Audience::Everyone {
            return self.put_to_everyone(delivery, queues);
        }
        let mut stream_keys = mem::take(&mut self.stream_keys);
        stream_keys.resize_with(self.thread_queues.len(), Vec::new);
        let mut reached = 0;
        let update = delivery.update();
        let is_private = update.is_some_and(|update| update.private);
        // Looking at each connection costs more than finding it.
        let check = is_private || self.restricted_count > 0;
        let alternates = update.map_or(&[][..], |update| &update.alternates[..]);
        self.for_each(audience, alternates, |entry| {
            if check && !entry.record.subscriber.access.allows(audience, update) {
                return;
            }
            match &entry.target {
                DeliveryTarget::Queue(queue) => queue.put(delivery.clone()),
                DeliveryTarget::Thread(id, stream_key) => {
                    stream_keys[usize::from(id.0)].push(*stream_key)
                }
                DeliveryTarget::Unassigned | DeliveryTarget::Closing(_) => return,
            }
            reached += 1;
        });
        for (entry, stream_keys) in self.thread_queues.entries().zip(&mut stream_keys) {
            let recipients = match stream_keys.as_slice() {
                [] => continue,
                [stream_key] => Recipients::One(*stream_key),
                stream_keys => Recipients::Many(stream_keys.into()),
            };
            entry.queue.put(delivery.clone(), recipients);
            note(&entry.queue, queues);
            stream_keys.clear();
        }
        self.stream_keys = stream_keys;
        reached
    }

    fn put_to_everyone(&self, delivery: &Delivery, queues: &mut ThreadQueueList) -> u64 {
        let mut reached = self.with_own_queue.len() as u64;
        for key in self.with_own_queue.iter() {
            if let Some(TableEntry {
                target: DeliveryTarget::Queue(queue),
                ..
            }) = self.connections.get(key as usize)
            {
                queue.put(delivery.clone());
            }
        }
        for entry in self
            .thread_queues
            .entries()
            .filter(|entry| entry.audience > 0)
        {
            entry.queue.put(delivery.clone(), Recipients::Everyone);
            note(&entry.queue, queues);
            reached += entry.audience;
        }
        reached
    }

    /// Calls `found` for each connection of an audience, or of further topics; observers only where they subscribe to the
    /// topic.
    pub(super) fn for_each<'a>(
        &'a self,
        audience: &Audience,
        alternates: &[Topic],
        mut found: impl FnMut(&'a TableEntry),
    ) {
        let mut one = |key: ConnectionKey| {
            self.connections
                .get(key as usize)
                .into_iter()
                .for_each(&mut found);
        };
        let mut client = |client_id: &ClientId| {
            let keys = self
                .clients
                .get(client_id)
                .into_iter()
                .flat_map(ConnectionSet::iter);
            keys.for_each(&mut one);
        };
        match audience {
            Audience::Client(client_id) => client(client_id),
            Audience::Clients(client_ids) => client_ids.iter().for_each(client),
            Audience::Topic(topic) => {
                let topics = std::iter::once(topic).chain(alternates);
                self.topic_index.for_each(topics, one);
            }
            Audience::Everyone => {
                self.clients
                    .values()
                    .flat_map(ConnectionSet::iter)
                    .for_each(one);
            }
        }
    }
}
