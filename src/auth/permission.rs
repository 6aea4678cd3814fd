//! Permissions: which actions, on which clients and topics.

use std::fmt;

use super::action::{Action, Actions};
use crate::message::{Audience, ClientId, ClientPattern, Topic, TopicFilter};

/// How many patterns an explanation names.
const NAMED: usize = 10;

/// What an action is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// One client.
    Client(&'a ClientId),
    /// Several clients, of which each must be allowed.
    Clients(&'a [ClientId]),
    /// One topic.
    Topic(&'a Topic),
    /// All topics of a subscription.
    Filter(&'a TopicFilter),
    /// Everyone who is connected.
    Everyone,
    /// Nothing in particular: it is enough that the action is allowed at all.
    Server,
    /// All clients, all topics and everyone: what can't be shown in parts.
    Everything,
}

impl<'a> From<&'a Audience> for Target<'a> {
    fn from(audience: &'a Audience) -> Self {
        match audience {
            Audience::Client(id) => Self::Client(id),
            Audience::Clients(ids) => Self::Clients(ids),
            Audience::Topic(topic) => Self::Topic(topic),
            Audience::Everyone => Self::Everyone,
        }
    }
}

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(id) => write!(f, "the client {id}"),
            Self::Clients(ids) => write!(f, "these {} clients", ids.len()),
            Self::Topic(topic) => write!(f, "the topic {topic}"),
            Self::Filter(filter) => write!(f, "the topics {filter}"),
            Self::Everyone => f.write_str("everyone"),
            Self::Server => f.write_str("the server"),
            Self::Everything => f.write_str("all clients and topics and everyone"),
        }
    }
}

/// Some clients and some topics, and perhaps everyone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// The clients.
    pub clients: Vec<ClientPattern>,
    /// The topics, besides the server's own.
    pub topics: Vec<TopicFilter>,
    /// Whether messages to everyone are included.
    pub everyone: bool,
}

impl Reach {
    /// All clients, all topics and everyone.
    pub fn everything() -> Self {
        Self {
            clients: vec![ClientPattern::all()],
            topics: vec![TopicFilter::all()],
            everyone: true,
        }
    }

    /// Whether nothing is left out.
    pub fn is_everything(&self) -> bool {
        self.everyone
            && self.clients.contains(&ClientPattern::all())
            && self.topics.contains(&TopicFilter::all())
    }

    /// Whether it includes a target.
    pub fn includes(&self, target: &Target<'_>) -> bool {
        match target {
            Target::Client(id) => self.clients.iter().any(|pattern| pattern.matches(id)),
            Target::Clients(ids) => ids.iter().all(|id| self.includes(&Target::Client(id))),
            Target::Topic(topic) => self.topics.iter().any(|filter| filter.matches(topic)),
            Target::Filter(asked) => self.topics.iter().any(|filter| filter.covers(asked)),
            Target::Everyone => self.everyone,
            Target::Server => true,
            Target::Everything => self.is_everything(),
        }
    }

    /// What both include.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let clients = self.clients.iter();
        let clients =
            clients.flat_map(|one| other.clients.iter().filter_map(|two| one.intersection(two)));
        let topics = self.topics.iter();
        let topics =
            topics.flat_map(|one| other.topics.iter().filter_map(|two| one.intersection(two)));
        Self {
            clients: clients.collect(),
            topics: topics.collect(),
            everyone: self.everyone && other.everyone,
        }
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_everything() {
            return f.write_str("everything");
        }
        let list = |kind: &str, texts: Vec<&str>| {
            let more = if texts.len() > NAMED {
                " and others"
            } else {
                ""
            };
            let named = texts[..texts.len().min(NAMED)].join(" ");
            (!texts.is_empty()).then(|| format!("{kind} {named}{more}"))
        };
        let clients = self.clients.iter().map(ClientPattern::as_str).collect();
        let topics = self.topics.iter().map(TopicFilter::as_str).collect();
        let parts = [
            list("the clients", clients),
            list("the topics", topics),
            self.everyone.then(|| "everyone".to_owned()),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        match parts.is_empty() {
            true => f.write_str("nothing"),
            false => f.write_str(&parts.join(", ")),
        }
    }
}

/// Some actions on some clients and topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// What may be done.
    pub actions: Actions,
    /// To what.
    pub reach: Reach,
}

impl Permission {
    /// All actions on everything.
    pub fn everything() -> Self {
        Self {
            actions: Actions::ALL,
            reach: Reach::everything(),
        }
    }
}

/// The actions that at least one of these permissions has.
pub fn actions_of(permissions: &[Permission]) -> Actions {
    let each = permissions.iter().map(|permission| permission.actions);
    each.fold(Actions::default(), Actions::and)
}

/// Everything that may be done this action to, together.
pub fn reach_of(permissions: &[Permission], action: Action) -> Reach {
    let mut all = Reach::default();
    for Permission { actions, reach } in permissions {
        if actions.has(action) {
            all.clients.extend_from_slice(&reach.clients);
            all.topics.extend_from_slice(&reach.topics);
            all.everyone |= reach.everyone;
        }
    }
    all
}

/// The first target that none of these permissions includes: a client, or the target itself. None if the action is
/// allowed.
pub fn refused_target<'a>(
    permissions: &[Permission],
    action: Action,
    target: Target<'a>,
) -> Option<Target<'a>> {
    let mut having = permissions.iter().filter(|one| one.actions.has(action));
    if let Target::Clients(ids) = target {
        let mut each = ids.iter().map(Target::Client);
        let refused = each.find_map(|one| refused_target(permissions, action, one));
        // A list of no clients is allowed to whoever may do it to some.
        return refused.or_else(|| having.next().is_none().then_some(target));
    }
    let allowed = match target {
        Target::Everything => reach_of(permissions, action).is_everything(),
        _ => having.any(|one| one.reach.includes(&target)),
    };
    (!allowed).then_some(target)
}

/// The first permission of `asked` that allows something that `own` does not, with the action: an own pattern covers
/// each of its patterns otherwise.
pub fn first_beyond<'a>(
    own: &[Permission],
    asked: &'a [Permission],
) -> Option<(Action, &'a Permission)> {
    let within = |action: Action, reach: &Reach| {
        let mine = || own.iter().filter(move |one| one.actions.has(action));
        let client = |asked: &ClientPattern| {
            mine().any(|one| one.reach.clients.iter().any(|own| own.covers(asked)))
        };
        let topic = |asked: &TopicFilter| {
            mine().any(|one| one.reach.topics.iter().any(|own| own.covers(asked)))
        };
        let everyone = !reach.everyone || mine().any(|one| one.reach.everyone);
        mine().next().is_some()
            && everyone
            && reach.clients.iter().all(client)
            && reach.topics.iter().all(topic)
    };
    asked.iter().find_map(|permission| {
        let mut actions = permission.actions.iter();
        let beyond = actions.find(|action| !within(*action, &permission.reach))?;
        Some((beyond, permission))
    })
}

#[cfg(test)]
mod tests;
