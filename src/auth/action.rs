//! What somebody may do.

/// Something that the API does for somebody who may do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Action {
    /// Open streams, and acknowledge.
    Listen,
    /// Push messages, and count an audience.
    Push,
    /// See clients, messages, topics, jobs and statistics.
    Read,
    /// Recall messages.
    Recall,
    /// Close the connections of a client.
    Disconnect,
    /// Begin jobs, report on them, and cancel them.
    Job,
    /// Make and revoke API keys, add and remove people, and copy the log.
    Manage,
    /// Read the metrics.
    Metrics,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 8] = [
        Self::Listen,
        Self::Push,
        Self::Read,
        Self::Recall,
        Self::Disconnect,
        Self::Job,
        Self::Manage,
        Self::Metrics,
    ];

    /// The name in the API and in settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Listen => "listen",
            Self::Push => "push",
            Self::Read => "read",
            Self::Recall => "recall",
            Self::Disconnect => "disconnect",
            Self::Job => "job",
            Self::Manage => "manage",
            Self::Metrics => "metrics",
        }
    }

    /// The action with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}

/// A set of actions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Actions(u8);

impl Actions {
    /// All actions.
    pub const ALL: Self = Self(u8::MAX);

    /// The set of these.
    pub const fn of(actions: &[Action]) -> Self {
        let mut bits = 0;
        let mut i = 0;
        while i < actions.len() {
            bits |= 1 << actions[i] as u8;
            i += 1;
        }
        Self(bits)
    }

    /// All but this one.
    pub const fn without(self, action: Action) -> Self {
        Self(self.0 & !(1 << action as u8))
    }

    /// Whether it has this one.
    pub const fn has(self, action: Action) -> bool {
        self.0 & (1 << action as u8) != 0
    }

    /// Those of both sets together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it has none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its actions, in the order of [`Action::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Action> {
        Action::ALL
            .into_iter()
            .filter(move |action| self.has(*action))
    }

    /// Their names, for people.
    pub fn names(self) -> String {
        let names: Vec<&str> = self.iter().map(Action::name).collect();
        names.join(", ")
    }
}
