//! The sections of the panel and their URLs.

use crate::{erased_signal::ErasedMemo, site_path::use_path};

/// A section of the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// The state of the node.
    Overview,
    /// Connected and known clients.
    Clients,
    /// Pushed messages.
    Messages,
    /// The push form.
    Push,
    /// The nodes of the cluster.
    Nodes,
    /// The API keys.
    Keys,
    /// The webhooks.
    Hooks,
    /// The people who sign in.
    People,
    /// The audit trail.
    Audit,
    /// The own password, and sessions.
    Account,
}

impl Section {
    /// All sections, in the order of the navigation.
    pub(super) const ALL: [Self; 10] = [
        Self::Overview,
        Self::Clients,
        Self::Messages,
        Self::Push,
        Self::Nodes,
        Self::Keys,
        Self::Hooks,
        Self::People,
        Self::Audit,
        Self::Account,
    ];

    /// Its path below the URL of the server.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Overview => "admin",
            Self::Clients => "admin/clients",
            Self::Messages => "admin/messages",
            Self::Push => "admin/push",
            Self::Nodes => "admin/nodes",
            Self::Keys => "admin/keys",
            Self::Hooks => "admin/hooks",
            Self::Audit => "admin/audit",
            Self::People => "admin/people",
            Self::Account => "admin/account",
        }
    }

    /// The section with this path.
    fn at(path: &str) -> Option<Self> {
        let path = path.trim_end_matches('/');
        Self::ALL.into_iter().find(|section| section.path() == path)
    }
}

/// The section that is shown; none for an unknown URL below `/admin`. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct CurrentSection(ErasedMemo<Option<Section>>);

impl CurrentSection {
    pub(super) fn new() -> Self {
        let path = use_path();
        Self(ErasedMemo::new(move || Section::at(&path())))
    }

    pub(super) fn get(self) -> Option<Section> {
        self.0.get()
    }

    pub(super) fn is(self, section: Section) -> bool {
        self.0.get() == Some(section)
    }

    /// Whether the panel has been left.
    pub(super) fn is_disposed(self) -> bool {
        self.0.try_read_untracked().is_none()
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
