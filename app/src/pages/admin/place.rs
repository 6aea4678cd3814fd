//! The places of the panel, and at which of them somebody is.

use leptos::prelude::*;

use crate::held::Derived;
use leptos_router::hooks::use_location;

/// A place of the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// How the node is.
    Overview,
    /// Who listens.
    Clients,
    /// What was pushed.
    Messages,
    /// Pushing.
    Push,
}

impl Place {
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
        Self::ALL.into_iter().find(|place| place.path() == path)
    }
}

/// Where somebody is: at a place, or, in the panel, at an address that is none. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Here(Derived<Option<Place>>);

impl Here {
    pub(super) fn new() -> Self {
        let path = use_location().pathname;
        Self(Derived::new(move || path.with(|path| Place::at(path))))
    }

    pub(super) fn get(self) -> Option<Place> {
        self.0.get()
    }

    pub(super) fn is(self, place: Place) -> bool {
        self.0.get() == Some(place)
    }

    /// Whether the panel has been left.
    pub(super) fn is_gone(self) -> bool {
        self.0.try_peek().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_its_place_and_no_other_does() {
        for place in Place::ALL {
            assert_eq!(Place::at(place.path()), Some(place));
        }
        assert_eq!(Place::at("/admin/"), Some(Place::Overview));
        assert_eq!(Place::at("/admin/nothing"), None);
    }
}
