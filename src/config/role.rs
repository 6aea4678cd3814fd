//! Own roles in the settings file: tables `[roles.NAME]`.

use std::{ops::Range, str::FromStr};

use serde::{Deserialize, Serialize};
use toml::de::{DeTable, DeValue};

/// The table that holds the roles.
pub const TABLE: &str = "roles";

/// The longest name of a role, in bytes.
const MAX_NAME: usize = 64;

/// A role of the settings. What its texts mean is checked where roles are used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleSettings {
    /// Its name: 1 to 64 of `a-z`, `0-9`, `_` and `-`.
    pub name: String,
    /// The actions that it allows.
    pub actions: Vec<String>,
    /// Patterns of the clients that it reaches.
    #[serde(default)]
    pub clients: Vec<String>,
    /// Patterns of the topics that it reaches.
    #[serde(default)]
    pub topics: Vec<String>,
    /// Whether it reaches everyone.
    #[serde(default)]
    pub everyone: bool,
}

impl FromStr for RoleSettings {
    type Err = String;

    fn from_str(json: &str) -> Result<Self, String> {
        let role: Self = serde_json::from_str(json).map_err(|error| error.to_string())?;
        check_name(&role.name).map(|()| role)
    }
}

fn check_name(name: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
    match (1..=MAX_NAME).contains(&name.len()) && name.chars().all(allowed) {
        true => Ok(()),
        false => Err(format!(
            "the name of a role has 1 to {MAX_NAME} of a-z, 0-9, _ and -"
        )),
    }
}

/// The place of a mistake, the key, and what is wrong.
type Mistake = (Range<usize>, String, String);

/// Reads the table of roles. Each role becomes the value that the flag takes.
pub fn read(roles: &DeTable) -> (Vec<String>, Vec<Mistake>) {
    let (mut read, mut mistakes) = (Vec::new(), Vec::new());
    for (name, value) in roles {
        let key = format!("{TABLE}.{}", name.get_ref());
        let DeValue::Table(fields) = value.get_ref() else {
            let why = "must be a table with actions, clients, topics and everyone".to_owned();
            mistakes.push((value.span(), key, why));
            continue;
        };
        let before = mistakes.len();
        if let Err(why) = check_name(name.get_ref()) {
            mistakes.push((name.span(), key.clone(), why));
        }
        match role(name.get_ref(), &key, fields, &mut mistakes) {
            Some(role) if mistakes.len() == before => {
                read.extend(serde_json::to_string(&role));
            }
            Some(_) => {}
            None => {
                let why = "is missing: name what the role may do".to_owned();
                mistakes.push((name.span(), format!("{key}.actions"), why));
            }
        }
    }
    (read, mistakes)
}

/// None if the role has no actions.
fn role(
    name: &str,
    key: &str,
    fields: &DeTable,
    mistakes: &mut Vec<Mistake>,
) -> Option<RoleSettings> {
    let mut role = RoleSettings {
        name: name.to_owned(),
        actions: Vec::new(),
        clients: Vec::new(),
        topics: Vec::new(),
        everyone: false,
    };
    let mut has_actions = false;
    for (field, value) in fields {
        let mut wrong = |why: &str| {
            let key = format!("{key}.{}", field.get_ref());
            mistakes.push((value.span(), key, why.to_owned()));
        };
        let field: &str = field.get_ref();
        let list = match field {
            "actions" => &mut role.actions,
            "clients" => &mut role.clients,
            "topics" => &mut role.topics,
            "everyone" => {
                match value.get_ref() {
                    DeValue::Boolean(yes) => role.everyone = *yes,
                    _ => wrong("must be true or false"),
                }
                continue;
            }
            _ => {
                wrong("unknown key: a role has actions, clients, topics and everyone");
                continue;
            }
        };
        has_actions |= field == "actions";
        match texts(value.get_ref()) {
            Some(texts) => *list = texts,
            None => wrong("must be an array of strings"),
        }
    }
    has_actions.then_some(role)
}

fn texts(value: &DeValue) -> Option<Vec<String>> {
    let DeValue::Array(items) = value else {
        return None;
    };
    let texts = items.iter().map(|item| item.get_ref().as_str());
    texts.map(|text| text.map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> (Vec<RoleSettings>, Vec<String>) {
        let table = DeTable::parse(text).expect("TOML");
        let (roles, mistakes) = read(table.get_ref());
        let parse = |json: &String| json.parse().expect("a role");
        let text = |(_, key, why): Mistake| format!("{key}: {why}");
        (
            roles.iter().map(parse).collect(),
            mistakes.into_iter().map(text).collect(),
        )
    }

    #[test]
    fn a_table_is_a_role() {
        let (roles, mistakes) = read_text(
            "[support]\nactions = [\"read\", \"push\"]\nclients = [\"shop:*\"]\neveryone = true",
        );
        assert!(mistakes.is_empty(), "{mistakes:?}");
        assert_eq!(roles[0].name, "support");
        assert_eq!(roles[0].actions, ["read", "push"]);
        assert_eq!(roles[0].clients, ["shop:*"]);
        assert!(roles[0].everyone && roles[0].topics.is_empty());
    }

    #[test]
    fn every_mistake_is_named() {
        let (roles, mistakes) = read_text(
            "[a]\nactions = \"read\"\neveryone = 1\nkind = 2\n[B]\nactions = [\"read\"]\n[c]\ntopics = [1]",
        );
        assert!(roles.is_empty());
        let text = mistakes.join("\n");
        for expected in [
            "roles.a.actions: must be an array of strings",
            "roles.a.everyone: must be true or false",
            "roles.a.kind: unknown key",
            "roles.B: the name of a role",
            "roles.c.topics: must be an array of strings",
            "roles.c.actions: is missing",
        ] {
            assert!(text.contains(expected), "{expected} is not in {text}");
        }
    }
}
