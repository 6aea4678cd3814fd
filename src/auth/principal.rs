//! Who asks, and the one function that says whether they may do something.

use std::sync::{Arc, OnceLock};

use super::{
    action::{Action, Actions},
    key::KeyText,
    permission::{Permission, Reach, Target, actions_of, first_beyond, reach_of, refused_target},
    refusal::Refusal,
};
use crate::log::AuditCaller;

/// Who asks.
#[derive(Clone, Debug)]
pub enum Principal {
    /// This machine, where no admin token is configured. It may do everything.
    Machine,
    /// Whoever has the admin token. May do everything.
    AdminToken,
    /// A person who signed in with the admin token. May do everything.
    Session,
    /// An API key, or a person who signed in with one.
    Key(Arc<KeyText>),
}

/// Whether somebody may do an action to a target. Everything that is checked is checked here.
pub fn allows(principal: &Principal, action: Action, target: Target<'_>) -> Result<(), Refusal> {
    let Principal::Key(text) = principal else {
        return Ok(());
    };
    let key = &text.key;
    match refused_target(&key.permissions, action, target) {
        None => Ok(()),
        Some(refused) => Err(key.refusal(action, refused)),
    }
}

impl Principal {
    /// Its id. An API key has its own; all others have one name for all of their kind.
    pub fn id(&self) -> &str {
        match self {
            Self::Machine => "local",
            Self::AdminToken => "admin-token",
            Self::Session => "session",
            Self::Key(text) => &text.key.id,
        }
    }

    /// Its name, for people.
    pub fn name(&self) -> &str {
        match self {
            Self::Machine => "this machine",
            Self::AdminToken => "the admin token",
            Self::Session => "the panel",
            Self::Key(text) => &text.key.name,
        }
    }

    /// Its id and name for the audit trail. Shared, because each push has them.
    pub fn audit_caller(&self) -> Arc<AuditCaller> {
        static OWN: [OnceLock<Arc<AuditCaller>>; 3] = [const { OnceLock::new() }; 3];
        let cached = match self {
            Self::Key(text) => return Arc::clone(&text.key.caller),
            Self::Machine => &OWN[0],
            Self::AdminToken => &OWN[1],
            Self::Session => &OWN[2],
        };
        let caller = cached.get_or_init(|| {
            Arc::new(AuditCaller {
                id: self.id().into(),
                name: self.name().into(),
            })
        });
        Arc::clone(caller)
    }

    /// Its permissions. None: everything.
    fn permissions(&self) -> Option<&[Permission]> {
        match self {
            Self::Machine | Self::AdminToken | Self::Session => None,
            Self::Key(text) => Some(&text.key.permissions),
        }
    }

    /// The actions that it may do to something.
    pub fn actions(&self) -> Actions {
        self.permissions().map_or(Actions::ALL, actions_of)
    }

    /// Whether it may do an action to a target. Costs less than [`allows`] where the reason is not needed.
    pub fn may(&self, action: Action, target: Target<'_>) -> bool {
        self.permissions()
            .is_none_or(|own| refused_target(own, action, target).is_none())
    }

    /// The part that it may read. None: everything.
    pub fn reading(&self) -> Option<Reach> {
        let reach = reach_of(self.permissions()?, Action::Read);
        (!reach.is_everything()).then_some(reach)
    }

    /// The first of these permissions that allows more than this principal may do itself, with the action.
    pub fn first_beyond<'a>(&self, asked: &'a [Permission]) -> Option<(Action, &'a Permission)> {
        first_beyond(self.permissions()?, asked)
    }
}
