//! Accepted pushes, by their audience and whether they are stored.

use crate::{
    message::{Audience, Draft},
    metrics::Counter,
};

/// The kinds of audiences.
const AUDIENCES: [&str; 4] = ["client", "clients", "topic", "everyone"];

/// Whether messages are stored.
const KINDS: [&str; 2] = ["durable", "ephemeral"];

/// See the module documentation.
#[derive(Debug, Default)]
pub struct PushCounts([[Counter; KINDS.len()]; AUDIENCES.len()]);

/// What a push counts as.
#[derive(Clone, Copy, Debug)]
pub struct PushKind {
    audience: usize,
    kind: usize,
}

impl PushKind {
    /// What a push of this draft counts as.
    pub fn of(draft: &Draft) -> Self {
        let audience = match draft.audience {
            Audience::Client(_) => 0,
            Audience::Clients(_) => 1,
            Audience::Topic(_) => 2,
            Audience::Everyone => 3,
        };
        let kind = usize::from(draft.is_ephemeral());
        Self { audience, kind }
    }
}

impl PushCounts {
    /// Counts an accepted push.
    pub fn count(&self, PushKind { audience, kind }: PushKind) {
        self.0[audience][kind].inc();
    }

    /// All accepted pushes.
    pub fn total(&self) -> u64 {
        self.0.iter().flatten().map(Counter::get).sum()
    }

    /// The counts, with the audience and the kind.
    pub fn each(&self) -> impl Iterator<Item = ([&'static str; 2], u64)> {
        let rows = AUDIENCES.iter().zip(&self.0);
        rows.flat_map(|(audience, row)| {
            let counts = KINDS.iter().zip(row);
            counts.map(|(kind, count)| ([*audience, *kind], count.get()))
        })
    }
}
