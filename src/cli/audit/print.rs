//! Prints entries of the audit trail.

use std::io::{self, Write};

use app::wire::{AuditInfo, To};

use crate::cli::table;
use crate::timestamp;

/// The headings of the list.
const HEAD: [&str; 6] = ["TIME", "WHO", "FROM", "ACTION", "TARGET", "OUTCOME"];

/// Prints an entry in a line.
pub fn print_entry(entry: &AuditInfo, json: bool) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match json {
        true => writeln!(out, "{}", serde_json::to_string(entry)?)?,
        false => {
            let cells = row(entry).into_iter().filter(|cell| !cell.is_empty());
            writeln!(out, "{}", cells.collect::<Vec<_>>().join("  "))?;
        }
    }
    out.flush()?;
    Ok(())
}

/// Prints a table of entries.
pub fn print_entries(entries: &[AuditInfo], json: bool) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match json {
        true => writeln!(out, "{}", serde_json::to_string(entries)?)?,
        false => table::print(&mut out, HEAD, entries.iter().map(row))?,
    }
    Ok(())
}

fn row(entry: &AuditInfo) -> [String; 6] {
    let outcome = match entry.count {
        1 => entry.outcome.clone(),
        count => format!("{} ({count} times)", entry.outcome),
    };
    [
        timestamp::of(entry.at),
        entry.name.clone().unwrap_or_else(|| "-".to_owned()),
        entry.address.clone().unwrap_or_else(|| "-".to_owned()),
        entry.action.clone(),
        target(entry),
        outcome,
    ]
}

fn target(entry: &AuditInfo) -> String {
    let to = entry.to.as_ref().map(|to| match to {
        To::Client(id) => format!("client {id}"),
        To::Clients(ids) => match entry.clients {
            Some(count) if count > ids.len() as u64 => {
                format!("{count} clients: {}, ...", ids.join(", "))
            }
            _ => format!("clients {}", ids.join(", ")),
        },
        To::Topic(topic) => format!("topic {topic}"),
        To::Everyone => "everyone".to_owned(),
    });
    let named = |what: &str, id: &Option<String>| id.as_ref().map(|id| format!("{what} {id}"));
    let parts = [
        to,
        named("key", &entry.key),
        named("token", &entry.token),
        named("person", &entry.person),
        named("hook", &entry.hook),
        named("list", &entry.list),
        named("template", &entry.template),
        named("message", &entry.message),
        named("job", &entry.job),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(json: &str) -> AuditInfo {
        let head = r#"{"number":1,"at":0,"action":"push","outcome":"ok","count":1"#;
        serde_json::from_str(&format!("{head}{json}}}")).expect("an entry")
    }

    #[test]
    fn targets_are_one_text() {
        let text = |json: &str| target(&entry(json));
        assert_eq!(
            text(r#","to":{"client":"ada"},"message":"k-1""#),
            "client ada, message k-1"
        );
        let list = r#","to":{"clients":["a","b"]},"clients":"#;
        assert_eq!(text(&format!("{list}2")), "clients a, b");
        assert_eq!(text(&format!("{list}500")), "500 clients: a, b, ...");
        assert_eq!(text(r#","to":"everyone""#), "everyone");
        assert_eq!(text(r#","key":"k1""#), "key k1");
        assert_eq!(text(""), "");
    }

    #[test]
    fn counts_are_told_with_the_outcome() {
        let mut many = entry("");
        many.count = 12;
        assert_eq!(row(&many)[5], "ok (12 times)");
    }
}
