//! `tidings person`: people who sign in to the panel of a running server.

mod password;

use std::io::{self, Write};

use app::{
    api::Client,
    wire::{PersonInfo, PersonRequest, PersonUpdate},
};
use clap::{Args, Subcommand};
use serde::Serialize;

use super::{
    arguments::{Remote, Rights},
    print_note,
    problem::api_error,
    runtime::block_on,
    table,
};
use crate::timestamp;

/// People that are asked for at once.
const PAGE: u32 = 1_000;

/// The headings of the list.
const HEAD: [&str; 6] = [
    "ID",
    "NAME",
    "ROLE",
    "SECOND FACTOR",
    "ADDED",
    "LAST SIGN-IN",
];

/// The subcommands of `tidings person`.
#[derive(Subcommand)]
pub enum Person {
    /// Add a person
    ///
    /// Asks for the password, or reads it from the first line of stdin.
    Add(Add),
    /// List all people, newest first
    List(List),
    /// Remove a person
    ///
    /// The person can't sign in from now on, and their sessions end.
    Remove(Remove),
    /// Give a person a new password
    ///
    /// Asks for it, or reads it from the first line of stdin. The sessions of the person end.
    Password(Password),
    /// Remove the second factor of a person who has lost it
    ///
    /// Nobody but the person can set one up, in the panel.
    Totp(Totp),
}

/// The person and their rights.
#[derive(Args)]
pub struct Add {
    /// Name to sign in with: letters, digits, and `. _ - @ +`. Upper and lower case are the same.
    name: String,

    #[command(flatten)]
    rights: Rights,

    #[command(flatten)]
    remote: Remote,

    /// Print the answer of the server as JSON.
    #[arg(long)]
    json: bool,
}

/// The list of people.
#[derive(Args)]
pub struct List {
    #[command(flatten)]
    remote: Remote,

    /// Print the list as JSON.
    #[arg(long)]
    json: bool,
}

/// The person to remove.
#[derive(Args)]
pub struct Remove {
    #[command(flatten)]
    whose: Whose,
}

/// The person who gets a new password.
#[derive(Args)]
pub struct Password {
    #[command(flatten)]
    whose: Whose,
}

/// The person who has lost the second factor.
#[derive(Args)]
pub struct Totp {
    /// Remove the second factor.
    #[arg(long, required = true)]
    remove: bool,

    #[command(flatten)]
    whose: Whose,
}

/// A person of a server.
#[derive(Args)]
struct Whose {
    /// Name of the person.
    name: String,

    #[command(flatten)]
    remote: Remote,
}

/// Runs the subcommand.
pub fn run(person: Person) -> anyhow::Result<()> {
    match person {
        Person::Add(add) => run_add(add),
        Person::List(List { remote, json }) => {
            let api = remote.client()?;
            let people = block_on(all(&api))?;
            print_people(&people, json)
        }
        Person::Remove(Remove { whose }) => {
            let api = whose.remote.client()?;
            block_on(async {
                let person = named(&api, &whose.name).await?;
                api.remove_person(&person.id).await.map_err(api_error)
            })
        }
        Person::Password(Password { whose }) => {
            let password = Some(password::read()?);
            let update = PersonUpdate {
                password,
                ..PersonUpdate::default()
            };
            change(&whose, &update)
        }
        Person::Totp(Totp { whose, remove }) => {
            let update = PersonUpdate {
                totp: Some(!remove),
                ..PersonUpdate::default()
            };
            change(&whose, &update)
        }
    }
}

fn run_add(add: Add) -> anyhow::Result<()> {
    let api = add.remote.client()?;
    let request = PersonRequest {
        name: add.name,
        password: password::read()?,
        role: Some(add.rights.role),
        clients: add.rights.client,
        topics: add.rights.topic,
        everyone: add.rights.everyone.then_some(true),
        ..PersonRequest::default()
    };
    let person = block_on(async { api.add_person(&request).await.map_err(api_error) })?;
    if add.json {
        return print_json(&person);
    }
    print_note(format_args!("{} can sign in now", person.name));
    writeln!(io::stdout().lock(), "{}", person.id)?;
    Ok(())
}

fn change(whose: &Whose, update: &PersonUpdate) -> anyhow::Result<()> {
    let api = whose.remote.client()?;
    block_on(async {
        let person = named(&api, &whose.name).await?;
        let changed = api.update_person(&person.id, update).await;
        changed.map(drop).map_err(api_error)
    })
}

async fn all(api: &Client) -> anyhow::Result<Vec<PersonInfo>> {
    let mut people = Vec::new();
    let mut before = None;
    loop {
        let page = api.people(before.as_deref(), PAGE).await;
        let page = page.map_err(api_error)?;
        people.extend(page.people);
        before = page.next;
        if before.is_none() {
            return Ok(people);
        }
    }
}

/// The person with this name, or with this id.
async fn named(api: &Client, name: &str) -> anyhow::Result<PersonInfo> {
    let folded = name.to_lowercase();
    let people = all(api).await?.into_iter();
    let mut found = people.filter(|one| one.name.to_lowercase() == folded || one.id == name);
    found
        .next()
        .ok_or_else(|| anyhow::anyhow!("there is no person {name:?}: see `tidings person list`"))
}

fn print_people(people: &[PersonInfo], json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(people);
    }
    let row = |person: &PersonInfo| {
        [
            person.id.clone(),
            person.name.clone(),
            person.role.clone().unwrap_or_default(),
            if person.totp { "yes" } else { "no" }.to_owned(),
            timestamp::of(person.created_at),
            person.signed_in_at.map_or_else(String::new, timestamp::of),
        ]
    };
    table::print(&mut io::stdout().lock(), HEAD, people.iter().map(row))?;
    Ok(())
}

fn print_json(value: &(impl Serialize + ?Sized)) -> anyhow::Result<()> {
    let json = serde_json::to_string(value)?;
    writeln!(io::stdout().lock(), "{json}")?;
    Ok(())
}
