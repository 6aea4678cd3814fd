//! Roles: permissions with a name. Some are built in, others come from the settings.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    action::{Action, Actions},
    permission::{Permission, Reach},
};
use crate::{
    config::{RoleSettings, Settings},
    message::{ClientPattern, TopicFilter},
};

/// The names and actions of the built-in roles. They reach everything.
const BUILT_IN: [(&str, Actions); 5] = [
    ("admin", Actions::ALL),
    ("operator", Actions::ALL.without(Action::Manage)),
    ("publisher", Actions::of(&[Action::Push, Action::Job])),
    ("viewer", Actions::of(&[Action::Read, Action::Metrics])),
    ("listener", Actions::of(&[Action::Listen])),
];

/// A permission with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// What it allows.
    pub permissions: Vec<Permission>,
}

/// All roles by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles(BTreeMap<String, Role>);

/// Why a role of the settings is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRole {
    /// The role has the name of a built-in one.
    #[error("roles.{0}: this is a built-in role: choose another name")]
    BuiltIn(String),
    /// A field is wrong.
    #[error("roles.{0}.{1}")]
    Field(String, InvalidField),
}

/// A field of a role or of an API key that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct InvalidField {
    /// Its name, such as `clients[0]`.
    pub field: String,
    /// What is wrong.
    pub why: String,
}

impl InvalidField {
    fn new(field: impl Into<String>, why: impl ToString) -> Self {
        Self {
            field: field.into(),
            why: why.to_string(),
        }
    }
}

impl Roles {
    /// The built-in roles and those of the settings.
    pub fn new(settings: &[RoleSettings]) -> Result<Self, InvalidRole> {
        let Self(mut roles) = Self::built_in();
        for own in settings {
            let invalid = |why| InvalidRole::Field(own.name.clone(), why);
            if BUILT_IN.iter().any(|(name, _)| *name == own.name) {
                return Err(InvalidRole::BuiltIn(own.name.clone()));
            }
            let permission = Permission {
                actions: parse_actions(&own.actions).map_err(invalid)?,
                reach: parse_reach(&own.clients, &own.topics, own.everyone).map_err(invalid)?,
            };
            roles.extend([role(&own.name, permission)]);
        }
        Ok(Self(roles))
    }

    /// The roles of settings that were checked before. If one is wrong all the same, only the built-in ones are left, and
    /// keys with another role may do nothing.
    pub fn of(settings: &Settings) -> Arc<Self> {
        let roles = Self::new(&settings.roles).unwrap_or_else(|why| {
            tracing::error!("{why}");
            Self::built_in()
        });
        Arc::new(roles)
    }

    /// The built-in roles alone.
    fn built_in() -> Self {
        let built_in = BUILT_IN.map(|(name, actions)| {
            let reach = Reach::everything();
            role(name, Permission { actions, reach })
        });
        Self(built_in.into())
    }

    /// A role by its name.
    pub fn get(&self, name: &str) -> Option<&Role> {
        self.0.get(name)
    }

    /// All roles, by name.
    pub fn all(&self) -> impl Iterator<Item = &Role> {
        self.0.values()
    }

    /// Their names, for people.
    pub fn names(&self) -> String {
        let names: Vec<&str> = self.0.keys().map(String::as_str).collect();
        names.join(", ")
    }
}

fn role(name: &str, permission: Permission) -> (String, Role) {
    let permissions = vec![permission];
    let name = name.to_owned();
    (name.clone(), Role { name, permissions })
}

/// Parses the names of actions.
pub fn parse_actions(names: &[String]) -> Result<Actions, InvalidField> {
    if names.is_empty() {
        return Err(InvalidField::new("actions", "name at least one action"));
    }
    let mut actions = Actions::default();
    for (i, name) in names.iter().enumerate() {
        let action = Action::parse(name).ok_or_else(|| {
            let why = format!("there is no action {name:?}: use {}", Actions::ALL.names());
            InvalidField::new(format!("actions[{i}]"), why)
        })?;
        actions = actions.and(Actions::of(&[action]));
    }
    Ok(actions)
}

/// Parses patterns.
pub fn parse_reach(
    clients: &[String],
    topics: &[String],
    everyone: bool,
) -> Result<Reach, InvalidField> {
    let client = |(i, text): (usize, &String)| {
        let parsed = ClientPattern::parse(text);
        parsed.map_err(|why| {
            let why = format!("{why}; a pattern may end with *");
            InvalidField::new(format!("clients[{i}]"), why)
        })
    };
    let topic = |(i, text): (usize, &String)| {
        TopicFilter::parse(text).map_err(|why| InvalidField::new(format!("topics[{i}]"), why))
    };
    Ok(Reach {
        clients: clients
            .iter()
            .enumerate()
            .map(client)
            .collect::<Result<_, _>>()?,
        topics: topics
            .iter()
            .enumerate()
            .map(topic)
            .collect::<Result<_, _>>()?,
        everyone,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(name: &str, actions: &[&str], clients: &[&str]) -> RoleSettings {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        RoleSettings {
            name: name.to_owned(),
            actions: owned(actions),
            clients: owned(clients),
            topics: Vec::new(),
            everyone: false,
        }
    }

    #[test]
    fn a_role_of_the_settings_stands_beside_the_built_in_ones() {
        let roles = Roles::new(&[own("support", &["read", "recall"], &["shop:*"])]).expect("roles");
        assert_eq!(
            roles.names(),
            "admin, listener, operator, publisher, support, viewer"
        );
        let support = &roles.get("support").expect("it").permissions[0];
        assert_eq!(support.actions.names(), "read, recall");
        let operator = &roles.get("operator").expect("it").permissions[0];
        assert!(!operator.actions.has(Action::Manage) && operator.actions.has(Action::Recall));
    }

    #[test]
    fn a_wrong_role_is_named_with_its_field() {
        let refused = |role| Roles::new(&[role]).expect_err("refused").to_string();
        let text = refused(own("admin", &["read"], &[]));
        assert_eq!(
            text,
            "roles.admin: this is a built-in role: choose another name"
        );
        let text = refused(own("a", &["read", "reed"], &[]));
        assert!(
            text.starts_with("roles.a.actions[1]: there is no action \"reed\""),
            "{text}"
        );
        assert!(refused(own("a", &[], &[])).starts_with("roles.a.actions: "));
        assert!(refused(own("a", &["read"], &["*a"])).starts_with("roles.a.clients[0]: "));
    }
}
