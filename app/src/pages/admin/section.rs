//! The places of the panel, and at which of them somebody is.

use leptos::prelude::*;

use crate::erased_signal::ErasedMemo;
use leptos_router::hooks::use_location;

/// A place of the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// How the node is.
    Overview,
    /// Who listens.
    Clients,
    /// What was pushed.
    Messages,
    /// Pushing.
    Push,
}

impl Section {
    /// All of them, in the order in which they are offered.
    pub(super) const ALL: [Self; 4] = [Self::Overview, Self::Clients, Self::Messages, Self::Push];

    /// Its address.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Overview => "/admin",
            Self::Clients => "/admin/clients",
            Self::Messages => "/admin/messages",
            Self::Push => "/admin/push",
        }
    }

    /// The place with this address.
    fn at(path: &str) -> Option<Self> {
        let path = path.trim_end_matches('/');
        Self::ALL.into_iter().find(|section| section.path() == path)
    }
}

/// Where somebody is: at a place, or, in the panel, at an address that is none. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct CurrentSection(ErasedMemo<Option<Section>>);

impl CurrentSection {
    pub(super) fn new() -> Self {
        let path = use_location().pathname;
        Self(ErasedMemo::new(move || path.with(|path| Section::at(path))))
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
    fn an_address_leads_to_its_place_and_no_other_does() {
        for section in Section::ALL {
            assert_eq!(Section::at(section.path()), Some(section));
        }
        assert_eq!(Section::at("/admin/"), Some(Section::Overview));
        assert_eq!(Section::at("/admin/nothing"), None);
    }
}
