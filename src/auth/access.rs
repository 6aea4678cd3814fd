//! What an API key or a person was given: a role, perhaps only for some clients and topics, or permissions of its own.

use serde::{Deserialize, Serialize};

use super::{
    permission::{Permission, Reach},
    role::{InvalidField, Roles, parse_actions, parse_reach},
};

/// The most permissions of a key.
const MAX_PERMISSIONS: usize = 32;

/// The most patterns of one list.
const MAX_PATTERNS: usize = 100;

/// What a key was given, as texts. It is stored in this form, so that a role of the settings can change later.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// The role. None: the permissions say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The permissions, instead of a role.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<PermissionTexts>,
    /// The clients that the role is restricted to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<String>,
    /// The topics that the role is restricted to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<String>,
    /// Whether the role includes everyone. None: only if it is not restricted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub everyone: Option<bool>,
    /// Of a person who signs in at an issuer: the account that the role comes from. Versions that do not know it see a person
    /// without a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<IssuerAccount>,
}

/// An account of an issuer: whatever its name is, it stays the same one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IssuerAccount {
    /// The issuer.
    pub issuer: String,
    /// Its name for the account (`sub`).
    pub subject: String,
}

/// A permission as texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionTexts {
    /// The names of the actions.
    pub actions: Vec<String>,
    /// Patterns of clients.
    #[serde(default)]
    pub clients: Vec<String>,
    /// Patterns of topics.
    #[serde(default)]
    pub topics: Vec<String>,
    /// Whether everyone is included.
    #[serde(default)]
    pub everyone: bool,
}

impl Access {
    /// The permissions of a stored text. Fails with the reason if it can't be told any more what they are.
    pub(super) fn stored_permissions(text: &str, roles: &Roles) -> Result<Vec<Permission>, String> {
        let access = serde_json::from_str::<Self>(text).map_err(|why| why.to_string())?;
        access.permissions(roles).map_err(|why| why.to_string())
    }

    /// The permissions. Fails if a text is not valid, or there is no such role.
    pub fn permissions(&self, roles: &Roles) -> Result<Vec<Permission>, InvalidField> {
        let invalid = |field: &str, why: String| InvalidField {
            field: field.to_owned(),
            why,
        };
        check_number("clients", &self.clients)?;
        check_number("topics", &self.topics)?;
        let is_restricted = !self.clients.is_empty() || !self.topics.is_empty();
        match (&self.role, self.permissions.as_slice()) {
            (Some(_), [_, ..]) => {
                let why = "a key has a role or permissions, not both".to_owned();
                Err(invalid("permissions", why))
            }
            (None, []) => Err(invalid("role", "name a role, or permissions".to_owned())),
            (Some(name), []) => {
                let role = roles.get(name).ok_or_else(|| {
                    let why = format!("there is no role {name:?}: use {}", roles.names());
                    invalid("role", why)
                })?;
                let mut within = Reach::everything();
                if is_restricted {
                    within = parse_reach(&self.clients, &self.topics, false)?;
                }
                within.everyone = self.everyone.unwrap_or(!is_restricted);
                let restricted = |one: &Permission| Permission {
                    actions: one.actions,
                    reach: one.reach.intersection(&within),
                };
                Ok(role.permissions.iter().map(restricted).collect())
            }
            (None, _) if is_restricted || self.everyone.is_some() => {
                let why = "stands in each of the permissions".to_owned();
                let field = match (self.clients.is_empty(), self.topics.is_empty()) {
                    (false, _) => "clients",
                    (_, false) => "topics",
                    _ => "everyone",
                };
                Err(invalid(field, why))
            }
            (None, all) if all.len() > MAX_PERMISSIONS => {
                let why = format!("a key has at most {MAX_PERMISSIONS} permissions");
                Err(invalid("permissions", why))
            }
            (None, all) => all.iter().enumerate().map(parse).collect(),
        }
    }
}

fn parse((i, texts): (usize, &PermissionTexts)) -> Result<Permission, InvalidField> {
    let parse = || {
        check_number("clients", &texts.clients)?;
        check_number("topics", &texts.topics)?;
        Ok(Permission {
            actions: parse_actions(&texts.actions)?,
            reach: parse_reach(&texts.clients, &texts.topics, texts.everyone)?,
        })
    };
    parse().map_err(|why: InvalidField| InvalidField {
        field: format!("permissions[{i}].{}", why.field),
        ..why
    })
}

fn check_number(field: &str, patterns: &[String]) -> Result<(), InvalidField> {
    match patterns.len() > MAX_PATTERNS {
        true => Err(InvalidField {
            field: field.to_owned(),
            why: format!("at most {MAX_PATTERNS} patterns can be named"),
        }),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permissions(json: &str) -> Result<Vec<Permission>, String> {
        let access: Access = serde_json::from_str(json).expect("JSON");
        let roles = Roles::new(&[]).expect("the built-in roles");
        access.permissions(&roles).map_err(|why| why.to_string())
    }

    fn reach(json: &str) -> String {
        permissions(json).expect("valid")[0].reach.to_string()
    }

    #[test]
    fn a_restriction_leaves_what_it_names() {
        assert_eq!(reach(r#"{"role":"publisher"}"#), "everything");
        assert_eq!(
            reach(r#"{"role":"publisher","clients":["shop:*"],"topics":["orders/**"]}"#),
            "the clients shop:*, the topics orders/**"
        );
        assert_eq!(reach(r#"{"role":"viewer","topics":["a"]}"#), "the topics a");
        assert_eq!(
            reach(r#"{"role":"viewer","topics":["a"],"everyone":true}"#),
            "the topics a, everyone"
        );
        assert_eq!(
            reach(r#"{"role":"viewer","everyone":false}"#),
            "the clients *, the topics **"
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let refused = |json| permissions(json).expect_err("refused");
        assert!(refused("{}").starts_with("role: "));
        assert!(refused(r#"{"role":"boss"}"#).contains("there is no role \"boss\": use admin, "));
        let both = r#"{"role":"viewer","permissions":[{"actions":["read"]}]}"#;
        assert!(refused(both).starts_with("permissions: "));
        let twice = r#"{"permissions":[{"actions":["read"]}],"topics":["a"]}"#;
        assert!(refused(twice).starts_with("topics: "));
        let item = r#"{"permissions":[{"actions":["read"],"topics":["**/a"]}]}"#;
        assert!(refused(item).starts_with("permissions[0].topics[0]: "));
    }
}
