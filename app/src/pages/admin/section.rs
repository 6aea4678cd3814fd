//! The sections of the panel and their URLs.

use leptos::prelude::*;

use crate::{
    erased_signal::{ErasedMemo, ErasedSignal},
    site_path::use_path,
};

/// A section of the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// The state of the node.
    Overview,
    /// Connected and known clients.
    Clients,
    /// One client.
    Client,
    /// Pushed messages.
    Messages,
    /// Messages as they are pushed.
    Tail,
    /// The push form.
    Push,
    /// Messages that are to be pushed later.
    Scheduled,
    /// The nodes of the cluster.
    Nodes,
    /// The API keys.
    Keys,
    /// The webhooks.
    Hooks,
    /// The people who sign in.
    People,
    /// The roles of keys and people.
    Roles,
    /// How often callers may do something.
    Limits,
    /// The audit trail.
    Audit,
    /// The own password, and sessions.
    Account,
}

impl Section {
    /// All sections, in the order of the navigation.
    pub(super) const ALL: [Self; 15] = [
        Self::Overview,
        Self::Clients,
        Self::Client,
        Self::Messages,
        Self::Tail,
        Self::Push,
        Self::Scheduled,
        Self::Nodes,
        Self::Keys,
        Self::Hooks,
        Self::People,
        Self::Roles,
        Self::Limits,
        Self::Audit,
        Self::Account,
    ];

    /// Whether it is one of the *Settings*, which have a navigation of their own.
    pub(super) fn is_setting(self) -> bool {
        matches!(
            self,
            Self::Keys | Self::Hooks | Self::People | Self::Roles | Self::Limits | Self::Audit
        )
    }

    /// Whether it is one of the most used ones, which are a bar at the bottom of a phone.
    pub(super) fn is_main(self) -> bool {
        matches!(
            self,
            Self::Overview | Self::Clients | Self::Client | Self::Messages | Self::Push
        )
    }

    /// Whether the navigation has a link to it.
    pub(super) fn is_in_nav(self) -> bool {
        !matches!(self, Self::Client)
    }

    /// Its path below the URL of the server.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Overview => "admin",
            Self::Clients => "admin/clients",
            Self::Client => "admin/client",
            Self::Messages => "admin/messages",
            Self::Tail => "admin/tail",
            Self::Push => "admin/push",
            Self::Scheduled => "admin/scheduled",
            Self::Nodes => "admin/nodes",
            Self::Keys => "admin/keys",
            Self::Hooks => "admin/hooks",
            Self::Audit => "admin/audit",
            Self::People => "admin/people",
            Self::Roles => "admin/roles",
            Self::Limits => "admin/limits",
            Self::Account => "admin/account",
        }
    }

    /// The section with this path.
    pub(super) fn at(path: &str) -> Option<Self> {
        let path = path.trim_end_matches('/');
        Self::ALL.into_iter().find(|section| section.path() == path)
    }
}

/// The section that is shown; none for an unknown URL below `/admin`. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct CurrentSection {
    section: ErasedMemo<Option<Section>>,
    /// The client ids that *Clients* hands to *Push*, until they are there.
    pub(super) recipients: ErasedSignal<Option<Vec<String>>>,
    /// Whether this server is a node of a cluster, as far as it is known. *Nodes* finds it out.
    pub(super) in_cluster: RwSignal<bool>,
}

impl CurrentSection {
    pub(super) fn new() -> Self {
        let path = use_path();
        Self {
            section: ErasedMemo::new(move || Section::at(&path())),
            recipients: ErasedSignal::new(None),
            in_cluster: RwSignal::new(false),
        }
    }

    pub(super) fn get(self) -> Option<Section> {
        self.section.get()
    }

    pub(super) fn is(self, section: Section) -> bool {
        self.section.get() == Some(section)
    }

    /// Whether one of the *Settings* is shown.
    pub(super) fn is_setting(self) -> bool {
        self.section.get().is_some_and(Section::is_setting)
    }

    /// Whether the panel has been left.
    pub(super) fn is_disposed(self) -> bool {
        self.section.try_read_untracked().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_url_belongs_to_one_section() {
        for section in Section::ALL {
            assert_eq!(Section::at(section.path()), Some(section));
        }
        assert_eq!(Section::at("admin/"), Some(Section::Overview));
        assert_eq!(Section::at("admin/nothing"), None);
    }
}
