//! The person of an account of the issuer. It is made at the first sign-in, and gets the name and the role of the account at
//! each.

use crate::{
    auth::{Access, Account, Auth, numbered_name, parse_name},
    broker::Broker,
    http::{
        Error,
        keys::{new_id, stored as as_text},
    },
    log::{Hidden, PersonChange, PersonName, StoredPerson},
};

/// How often it is tried. Others may take the same name meanwhile, or sign in with the same account.
const TRIES: usize = 20;

/// The largest number that is added to a name that somebody else has.
const MOST_OF_ONE_NAME: usize = 10_000;

/// Stores the person, durably. Somebody without a role becomes none, and who is one already may do nothing any more.
pub async fn store(auth: &Auth, broker: &Broker, account: &Account) -> Result<(), Error> {
    let failed = |why: &str| {
        tracing::error!(name = account.name, why, "an account can't become a person");
        Error::internal()
    };
    let wanted = parse_name(&account.name).map_err(|why| failed(&why))?;
    let access = as_text(&Access {
        role: account.role.clone().ok(),
        account: Some(account.id.clone()),
        ..Access::default()
    });
    for n in 0..TRIES {
        let change = match auth.people().with_account(&account.id) {
            Some(person) => {
                let may_rename = n == 0 && is_free(auth, &wanted, Some(&person.id));
                let name = if may_rename { &wanted } else { &person.name };
                match update(&person, name, &access) {
                    Some(update) => update,
                    None => return Ok(()),
                }
            }
            None if account.role.is_err() => return Ok(()),
            None => PersonChange::Add {
                id: new_id(broker.log().now()),
                name: free_name(auth, &wanted).ok_or_else(|| failed("no name is free"))?,
                // No password has this hash.
                password: Hidden(String::new()),
                access: access.clone(),
            },
        };
        // If somebody else has just taken the name, it changes nothing.
        broker.log().change_person(change).await?;
    }
    Err(failed("it was tried too often"))
}

/// None: the person has this name and these rights.
fn update(person: &StoredPerson, name: &PersonName, access: &str) -> Option<PersonChange> {
    let is_same = person.name == *name && person.access == access;
    (!is_same).then(|| PersonChange::Update {
        id: person.id.to_string(),
        name: name.clone(),
        access: access.to_owned(),
    })
}

/// The name, or else with the first number that makes it free: another person of this name is somebody else, whatever the issuer
/// says.
fn free_name(auth: &Auth, wanted: &PersonName) -> Option<PersonName> {
    let numbered = (2..=MOST_OF_ONE_NAME).map(|number| numbered_name(wanted, number));
    let mut names = std::iter::once(wanted.clone()).chain(numbered);
    names.find(|name| is_free(auth, name, None))
}

/// Whether nobody has a name, or only the person with this id.
fn is_free(auth: &Auth, name: &PersonName, own: Option<&str>) -> bool {
    let other = auth.people().named(&name.shown);
    other.is_none_or(|other| Some(&*other.id) == own)
}
