//! Who asks, and the one function that says whether they may do something.

use std::sync::{Arc, OnceLock};

use super::{
    action::{Action, Actions},
    key::KeyText,
    people::Person,
    permission::{Permission, Reach, Target, actions_of, first_beyond, reach_of, refused_target},
    refusal::{Refusal, RefusalKind},
};
use crate::{log::AuditCaller, message::ClientId};

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
    /// A person who signed in with a name and a password.
    Person(Arc<Person>),
    /// Whoever has a stream token. Only where it is asked what a token may do: streams have its [`Grant`](super::Grant).
    Bearer(Arc<Bearer>),
}

/// Whoever has a stream token, and what it may do.
#[derive(Debug)]
pub struct Bearer {
    /// The client of the token.
    pub client_id: ClientId,
    /// The same as its grant.
    pub permissions: Vec<Permission>,
}

/// Whether somebody may do an action to a target. Everything that is checked is checked here.
pub fn allows(principal: &Principal, action: Action, target: Target<'_>) -> Result<(), Refusal> {
    let Some(own) = principal.permissions() else {
        return Ok(());
    };
    match refused_target(own, action, target) {
        None => Ok(()),
        Some(refused) => Err(refusal(principal, own, action, refused)),
    }
}

fn refusal(who: &Principal, own: &[Permission], action: Action, target: Target<'_>) -> Refusal {
    let kind = match who {
        Principal::Person(_) => "the person",
        Principal::Bearer(_) => "the stream token of",
        _ => "the API key",
    };
    let (name, verb, actions) = (who.name(), action.name(), actions_of(own));
    let detail = match target {
        _ if actions.is_empty() => {
            format!("{kind} {name:?} may do nothing: its role is not defined")
        }
        _ if !actions.has(action) => {
            format!("{kind} {name:?} may not {verb}: it may {}", actions.names())
        }
        target => {
            let reach = reach_of(own, action);
            format!("{kind} {name:?} may {verb} for {reach}, but not for {target}")
        }
    };
    Refusal::new(RefusalKind::Forbidden, detail)
}

impl Principal {
    /// Its id. An API key has its own; all others have one name for all of their kind.
    pub fn id(&self) -> &str {
        match self {
            Self::Machine => "local",
            Self::AdminToken => "admin-token",
            Self::Session => "session",
            Self::Key(text) => &text.key.id,
            Self::Person(person) => &person.id,
            Self::Bearer(_) => "stream-token",
        }
    }

    /// Its name, for people.
    pub fn name(&self) -> &str {
        match self {
            Self::Machine => "this machine",
            Self::AdminToken => "the admin token",
            Self::Session => "the panel",
            Self::Key(text) => &text.key.name,
            Self::Person(person) => &person.name,
            Self::Bearer(bearer) => bearer.client_id.as_str(),
        }
    }

    /// Marks its streams. 0: they are not marked.
    pub fn stream_number(&self) -> u32 {
        match self {
            Self::Machine | Self::AdminToken | Self::Session | Self::Bearer(_) => 0,
            Self::Key(text) => text.number,
            Self::Person(person) => person.number,
        }
    }

    /// Its id and name for the audit trail. Shared, because each push has them.
    pub fn audit_caller(&self) -> Arc<AuditCaller> {
        static OWN: [OnceLock<Arc<AuditCaller>>; 3] = [const { OnceLock::new() }; 3];
        let caller = || AuditCaller {
            id: self.id().into(),
            name: self.name().into(),
        };
        let cached = match self {
            Self::Key(text) => return Arc::clone(&text.key.caller),
            Self::Machine => &OWN[0],
            Self::AdminToken => &OWN[1],
            Self::Session => &OWN[2],
            Self::Person(_) | Self::Bearer(_) => return Arc::new(caller()),
        };
        Arc::clone(cached.get_or_init(|| Arc::new(caller())))
    }

    /// Its permissions. None: everything.
    pub fn permissions(&self) -> Option<&[Permission]> {
        match self {
            Self::Machine | Self::AdminToken | Self::Session => None,
            Self::Key(text) => Some(&text.key.permissions),
            Self::Person(person) => Some(&person.permissions),
            Self::Bearer(bearer) => Some(&bearer.permissions),
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
