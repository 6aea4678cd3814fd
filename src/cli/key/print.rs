//! Prints keys.

use std::io::{self, Write};

use app::wire::{AccessAnswer, AccessQuestion, KeyInfo, KeyPermission, NewKey};
use serde::Serialize;

use crate::cli::{print_note, table};
use crate::timestamp;

/// The headings of the list.
const HEAD: [&str; 7] = ["ID", "NAME", "ROLE", "REACH", "ENDS", "LAST USED", "TODAY"];

/// Prints the text of a new key to stdout, and the rest to stderr: so the text can be stored by a redirection.
pub fn print_new_key(key: &NewKey, json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(key);
    }
    let info = &key.info;
    let ends = when(info.expires_at).map_or_else(String::new, |when| format!(", until {when}"));
    print_note(format_args!(
        "{} ({}): {}{ends}",
        info.id,
        info.name,
        allowed(info)
    ));
    if let Some(until) = when(info.previous_until) {
        print_note(format_args!("the text before is good until {until}"));
    }
    print_note("store the key now, it is not shown again:");
    writeln!(io::stdout().lock(), "{}", key.key)?;
    Ok(())
}

/// Prints one key.
pub fn print_key(key: &KeyInfo, json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(key);
    }
    let mut out = io::stdout().lock();
    for (name, value) in facts(key) {
        if let Some(value) = value {
            writeln!(out, "{name}: {value}")?;
        }
    }
    Ok(())
}

/// What is known of a key, in lines.
fn facts(key: &KeyInfo) -> [(&'static str, Option<String>); 11] {
    [
        ("id", Some(key.id.clone())),
        ("name", Some(key.name.clone())),
        ("role", key.role.clone()),
        ("may", Some(allowed(key))),
        ("made", when((key.created_at > 0).then_some(key.created_at))),
        ("ends", when(key.expires_at)),
        ("rotated", when(key.rotated_at)),
        ("text before good until", when(key.previous_until)),
        ("last used", when(key.last_used_at)),
        ("last used from", key.last_used_from.clone()),
        ("pushes today (UTC)", pushes(key)),
    ]
}

/// Prints a table of keys.
pub fn print_keys(keys: &[KeyInfo], json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(keys);
    }
    let row = |key: &KeyInfo| {
        [
            key.id.clone(),
            key.name.clone(),
            key.role.clone().unwrap_or_default(),
            reach(&key.permissions),
            when(key.expires_at).unwrap_or_else(|| "never".to_owned()),
            when(key.last_used_at).unwrap_or_default(),
            pushes(key).unwrap_or_default(),
        ]
    };
    table::print(&mut io::stdout().lock(), HEAD, keys.iter().map(row))?;
    Ok(())
}

/// Prints what a secret is and what it may do.
pub fn print_access(
    answer: &AccessAnswer,
    question: &AccessQuestion,
    json: bool,
) -> anyhow::Result<()> {
    if json {
        return print_json(answer);
    }
    let mut out = io::stdout().lock();
    let valid = match &answer.detail {
        None => "yes".to_owned(),
        Some(why) => format!("no: {why}"),
    };
    writeln!(
        out,
        "kind: {}\nvalid: {valid}",
        answer.kind.replace('_', " ")
    )?;
    if let Some(shown) = &answer.shown {
        for (name, value) in facts(shown) {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                writeln!(out, "{name}: {value}")?;
            }
        }
    }
    let target = match (&question.client, &question.topic, question.everyone) {
        (Some(client), ..) => format!("the client {client}"),
        (_, Some(topic), _) => format!("the topic {topic}"),
        (.., true) => "everyone".to_owned(),
        (.., false) if question.action.is_none() => return Ok(()),
        (.., false) => "anything".to_owned(),
    };
    writeln!(out, "for {target}:")?;
    for asked in &answer.actions {
        let allowed = match (&asked.why, asked.allowed) {
            (_, true) => "yes".to_owned(),
            (Some(why), false) => format!("no: {why}"),
            (None, false) => "no".to_owned(),
        };
        writeln!(out, "  {}: {allowed}", asked.action)?;
    }
    Ok(())
}

fn print_json(value: &(impl Serialize + ?Sized)) -> anyhow::Result<()> {
    let json = serde_json::to_string(value)?;
    writeln!(io::stdout().lock(), "{json}")?;
    Ok(())
}

/// What a key may do, as a sentence.
fn allowed(key: &KeyInfo) -> String {
    if key.permissions.is_empty() {
        return "nothing, its role is not defined".to_owned();
    }
    let each = key.permissions.iter().map(|permission| {
        let actions = permission.actions.join(", ");
        format!("{actions}: {}", reach(std::slice::from_ref(permission)))
    });
    each.collect::<Vec<_>>().join("; ")
}

/// Which clients and topics permissions reach.
fn reach(permissions: &[KeyPermission]) -> String {
    let each = permissions.iter().map(|one| {
        let is_all = |patterns: &[String], all: &str| patterns.iter().any(|text| text == all);
        if one.everyone && is_all(&one.clients, "*") && is_all(&one.topics, "**") {
            return "everything".to_owned();
        }
        let texts = one.clients.iter().chain(&one.topics).map(String::as_str);
        let texts: Vec<&str> = texts.chain(one.everyone.then_some("everyone")).collect();
        match texts.is_empty() {
            true => "nothing".to_owned(),
            false => texts.join(" "),
        }
    });
    each.collect::<Vec<_>>().join("; ")
}

/// What was pushed today, of the quota.
fn pushes(key: &KeyInfo) -> Option<String> {
    let per_day = key.pushes_per_day?;
    let today = key.pushes_today.unwrap_or_default();
    Some(format!("{today} of {per_day}"))
}

fn when(milliseconds: Option<u64>) -> Option<String> {
    milliseconds.map(timestamp::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reach_of_a_key_is_one_text() {
        let permission = |clients: &[&str], topics: &[&str], everyone| KeyPermission {
            actions: vec!["push".to_owned()],
            clients: clients.iter().map(|text| (*text).to_owned()).collect(),
            topics: topics.iter().map(|text| (*text).to_owned()).collect(),
            everyone,
        };
        let text = |permission| reach(&[permission]);
        assert_eq!(text(permission(&["*"], &["**"], true)), "everything");
        assert_eq!(text(permission(&["*"], &["**"], false)), "* **");
        assert_eq!(
            text(permission(&["shop:*"], &["orders/**"], true)),
            "shop:* orders/** everyone"
        );
        assert_eq!(text(permission(&[], &[], false)), "nothing");
    }
}
