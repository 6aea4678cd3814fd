//! What happens to messages, for those who watch: what was pushed, and whose receipts have moved.
//!
//! Bounded, whatever the rush. Whoever notes something asks first whether anybody watches.

use std::sync::Arc;

use indexmap::IndexSet;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::message::{ClientId, Message};

/// Above so much it is better to load the list again than to be told each.
const MOST: usize = 1_000;

/// See the module's description.
#[derive(Default)]
pub struct Watch {
    inner: Mutex<News>,
    noted: Notify,
}

/// What happened since somebody last looked.
#[derive(Default)]
pub struct News {
    /// Messages that were pushed, oldest first, each with the connections that it was handed to.
    pub pushed: Vec<Pushed>,
    /// Clients that have had or acknowledged something.
    pub moved: IndexSet<ClientId>,
    /// There was more.
    pub overflowed: bool,
}

/// A message that was pushed.
#[derive(Clone, Debug)]
pub struct Pushed {
    /// The message.
    pub message: Arc<Message>,
    /// How many connections it was handed to.
    pub connections: u64,
}

impl Watch {
    /// Waits until something has happened since the last call.
    pub async fn noted(&self) {
        self.noted.notified().await;
    }

    /// What happened since the last call.
    pub fn take(&self) -> News {
        std::mem::take(&mut *self.inner.lock())
    }

    pub(super) fn pushed(&self, message: &Arc<Message>, connections: u64) {
        self.note(|news| {
            news.pushed.push(Pushed {
                message: Arc::clone(message),
                connections,
            });
            news.pushed.len()
        });
    }

    pub(super) fn moved(&self, client_id: &ClientId) {
        self.note(|news| {
            news.moved.insert(client_id.clone());
            news.moved.len()
        });
    }

    fn note(&self, add: impl FnOnce(&mut News) -> usize) {
        let mut news = self.inner.lock();
        if !news.overflowed && add(&mut news) > MOST {
            *news = News {
                overflowed: true,
                ..News::default()
            };
        }
        drop(news);
        self.noted.notify_one();
    }
}
