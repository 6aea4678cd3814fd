//! People who sign in with a name and a password, or with an account of an issuer.
//!
//! The log has the people, and tells each that changes: see [`People::put`].

use std::{collections::HashMap, sync::Arc};

use parking_lot::{Mutex, RwLock};
use tokio::sync::Notify;

use super::{
    access::{Access, IssuerAccount},
    guess_limit::GuessLimit,
    password::Passwords,
    permission::Permission,
    role::Roles,
    stream_number,
};
use crate::log::{PersonName, StoredPerson};

/// The longest name, in characters.
const MAX_NAME: usize = 64;

/// Characters of names besides letters and digits.
const ALSO_ALLOWED: &str = "._-@+";

/// A person with what they may do.
#[derive(Debug)]
pub struct Person {
    /// The id.
    pub id: Arc<str>,
    /// The name.
    pub name: String,
    /// What the person may do. Empty if the role is not defined any more.
    pub permissions: Vec<Permission>,
    /// The account with which the person signs in, instead of a password.
    pub account: Option<IssuerAccount>,
    /// Marks the streams of the person. It changes when the person may do something else.
    pub number: u32,
}

/// See the module documentation.
#[derive(Debug)]
pub struct People {
    known: RwLock<Known>,
    /// Numbers of people who were removed or may do something else now.
    ended: Mutex<Vec<u32>>,
    changed: Notify,
    pub(super) passwords: Passwords,
    pub(super) guesses: GuessLimit,
}

#[derive(Debug)]
struct Known {
    roles: Arc<Roles>,
    people: HashMap<Arc<str>, (Arc<StoredPerson>, Arc<Person>)>,
    /// The ids, by names in lower case.
    names: HashMap<String, Arc<str>>,
    /// The ids, by accounts of an issuer.
    accounts: HashMap<IssuerAccount, Arc<str>>,
}

impl People {
    /// No people yet.
    pub fn new(roles: Arc<Roles>) -> Self {
        Self {
            known: RwLock::new(Known {
                roles,
                people: HashMap::new(),
                names: HashMap::new(),
                accounts: HashMap::new(),
            }),
            ended: Mutex::default(),
            changed: Notify::new(),
            passwords: Passwords::default(),
            guesses: GuessLimit::default(),
        }
    }

    /// Takes over a person who is new or has changed. None: the person was removed.
    pub fn put(&self, id: &Arc<str>, stored: Option<&Arc<StoredPerson>>) {
        let ended = self.known.write().replace(id, stored);
        self.end(ended);
    }

    /// Continues with other roles.
    pub fn set_roles(&self, roles: &Arc<Roles>) {
        let mut known = self.known.write();
        if known.roles == *roles {
            return;
        }
        known.roles = Arc::clone(roles);
        let all = known.people.values().map(|(stored, _)| Arc::clone(stored));
        let all: Vec<Arc<StoredPerson>> = all.collect();
        let each = all.iter();
        let ended: Vec<u32> = each
            .filter_map(|stored| known.replace(&stored.id, Some(stored)))
            .collect();
        drop(known);
        self.end(ended);
    }

    fn end(&self, numbers: impl IntoIterator<Item = u32>) {
        self.ended.lock().extend(numbers);
        self.changed.notify_one();
    }

    /// A person by the id.
    pub fn get(&self, id: &str) -> Option<Arc<Person>> {
        let known = self.known.read();
        known.people.get(id).map(|(_, person)| Arc::clone(person))
    }

    /// A person by the name, as stored. Upper and lower case are the same.
    pub fn named(&self, name: &str) -> Option<Arc<StoredPerson>> {
        let known = self.known.read();
        let id = known.names.get(&folded(name))?;
        known.people.get(id).map(|(stored, _)| Arc::clone(stored))
    }

    /// The person who signs in with this account, as stored.
    pub fn with_account(&self, account: &IssuerAccount) -> Option<Arc<StoredPerson>> {
        let known = self.known.read();
        let id = known.accounts.get(account)?;
        known.people.get(id).map(|(stored, _)| Arc::clone(stored))
    }

    /// Whether nobody signs in with a password.
    pub fn nobody_has_password(&self) -> bool {
        let known = self.known.read();
        let mut people = known.people.values();
        people.all(|(_, person)| person.account.is_some())
    }

    /// Waits until people were removed or may do something else, and returns the numbers of their streams. Cancel safe.
    pub async fn ended(&self) -> Vec<u32> {
        loop {
            let changed = self.changed.notified();
            let ended = std::mem::take(&mut *self.ended.lock());
            if !ended.is_empty() {
                return ended;
            }
            changed.await;
        }
    }
}

impl Known {
    /// Replaces a person. Returns the number of streams that may not go on.
    fn replace(&mut self, id: &Arc<str>, stored: Option<&Arc<StoredPerson>>) -> Option<u32> {
        let before = self.people.remove(id);
        if let Some((stored, person)) = &before {
            self.names.remove(&stored.name.folded);
            if let Some(account) = &person.account
                && self.accounts.get(account) == Some(id)
            {
                self.accounts.remove(account);
            }
        }
        let before = before.map(|(_, person)| person);
        let Some(stored) = stored else {
            return before.map(|before| before.number);
        };
        let access = serde_json::from_str::<Access>(&stored.access);
        let account = access.ok().and_then(|access| access.account);
        if let Some(account) = &account {
            self.accounts.insert(account.clone(), Arc::clone(id));
        }
        let permissions = self.permissions(stored);
        let same = before
            .as_ref()
            .filter(|before| before.permissions == permissions);
        let number = same.map_or_else(stream_number::next, |before| before.number);
        let person = Person {
            id: Arc::clone(id),
            name: stored.name.shown.clone(),
            permissions,
            account,
            number,
        };
        let name = stored.name.folded.clone();
        self.names.insert(name, Arc::clone(id));
        let known = (Arc::clone(stored), Arc::new(person));
        self.people.insert(Arc::clone(id), known);
        before
            .map(|before| before.number)
            .filter(|before| *before != number)
    }

    /// What a stored person may do: nothing if that can't be told any more.
    fn permissions(&self, stored: &StoredPerson) -> Vec<Permission> {
        Access::stored_permissions(&stored.access, &self.roles).unwrap_or_else(|why| {
            let (id, name) = (&stored.id, &stored.name.shown);
            tracing::warn!(%id, name, "a person may do nothing now: {why}");
            Vec::new()
        })
    }
}

/// Parses the name of a person: letters and digits of any language, and `. _ - @ +`. Two names are the same if they are
/// the same in lower case. Fails with the reason.
pub fn parse_name(name: &str) -> Result<PersonName, String> {
    let is_allowed = |c: char| c.is_alphanumeric() || ALSO_ALLOWED.contains(c);
    let length = name.chars().count();
    match (1..=MAX_NAME).contains(&length) && name.chars().all(is_allowed) {
        true => Ok(PersonName {
            shown: name.to_owned(),
            folded: folded(name),
        }),
        false => Err(format!(
            "must have 1 to {MAX_NAME} characters: letters, digits, and . _ - @ +"
        )),
    }
}

/// The nearest name that is allowed, of the text that an issuer has. Empty if there is none.
pub(super) fn cleaned_name(text: &str) -> String {
    let is_allowed = |c: char| c.is_alphanumeric() || ALSO_ALLOWED.contains(c);
    let words = text
        .split(|c| !is_allowed(c))
        .filter(|word| !word.is_empty());
    let joined = words.collect::<Vec<_>>().join("-");
    joined.chars().take(MAX_NAME).collect()
}

/// A name like another one, with a number. It is as short as names have to be.
pub fn numbered_name(name: &PersonName, number: usize) -> PersonName {
    let end = format!("+{number}");
    let room = MAX_NAME.saturating_sub(end.len());
    let mut shown: String = name.shown.chars().take(room).collect();
    shown += &end;
    PersonName {
        folded: folded(&shown),
        shown,
    }
}

/// A name as it is compared.
pub(super) fn folded(name: &str) -> String {
    name.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::RoleSettings, log::Hidden};

    fn stored(id: &str, name: &str, role: &str) -> Arc<StoredPerson> {
        Arc::new(StoredPerson {
            id: id.into(),
            name: parse_name(name).expect("a name"),
            password: Hidden(String::new()),
            access: format!("{{\"role\":\"{role}\"}}"),
            created_at: 0,
            totp: None,
            version: 0,
            signed_in: None,
        })
    }

    fn roles(own: &[RoleSettings]) -> Arc<Roles> {
        Arc::new(Roles::new(own).expect("roles"))
    }

    #[test]
    fn a_person_is_found_by_the_name_in_any_case() {
        let people = People::new(roles(&[]));
        people.put(&"1".into(), Some(&stored("1", "Ada", "viewer")));
        let id = |name: &str| people.named(name).map(|person| person.id.to_string());
        assert_eq!(id("ADA"), Some("1".to_owned()));
        people.put(&"1".into(), Some(&stored("1", "Äda", "viewer")));
        assert_eq!((id("ada"), id("äDA")), (None, Some("1".to_owned())));
        people.put(&"1".into(), None);
        assert_eq!(id("äda"), None);
        assert!(people.nobody_has_password());
    }

    #[test]
    fn a_person_is_found_by_the_account_whatever_the_name_is() {
        let people = People::new(roles(&[]));
        let account = |subject: &str| IssuerAccount {
            issuer: "https://a.example".to_owned(),
            subject: subject.to_owned(),
        };
        let with_account = |name: &str, subject: &str| {
            let access = Access {
                role: Some("viewer".to_owned()),
                account: Some(account(subject)),
                ..Access::default()
            };
            let mut person = StoredPerson::clone(&stored("1", name, "viewer"));
            person.access = serde_json::to_string(&access).expect("JSON");
            Arc::new(person)
        };
        people.put(&"1".into(), Some(&with_account("ada", "7")));
        people.put(&"1".into(), Some(&with_account("bea", "7")));
        let found = people.with_account(&account("7")).expect("it is there");
        assert_eq!(found.name.shown, "bea");
        assert!(people.with_account(&account("8")).is_none());
        assert!(people.get("1").expect("it").account.is_some());
        assert!(people.nobody_has_password());
        people.put(&"1".into(), None);
        assert!(people.with_account(&account("7")).is_none());
    }

    #[tokio::test]
    async fn streams_end_when_a_person_may_do_something_else() {
        let people = People::new(roles(&[]));
        let number = || people.get("1").expect("it is there").number;
        people.put(&"1".into(), Some(&stored("1", "ada", "viewer")));
        let first = number();
        people.put(&"1".into(), Some(&stored("1", "bea", "viewer")));
        assert_eq!(number(), first, "only the name is another");
        people.put(&"1".into(), Some(&stored("1", "bea", "support")));
        assert_eq!(people.ended().await, [first]);
        assert!(people.get("1").expect("it").permissions.is_empty());
        let second = number();
        let support = RoleSettings {
            name: "support".to_owned(),
            actions: vec!["read".to_owned()],
            clients: Vec::new(),
            topics: Vec::new(),
            everyone: false,
        };
        people.set_roles(&roles(&[support]));
        assert_eq!(people.ended().await, [second]);
        assert!(!people.get("1").expect("it").permissions.is_empty());
        let third = number();
        people.put(&"1".into(), None);
        assert_eq!(people.ended().await, [third]);
    }

    #[test]
    fn a_numbered_name_is_a_name() {
        for name in ["Ada", &"x".repeat(64)] {
            let numbered = numbered_name(&parse_name(name).expect("a name"), 12);
            assert!(numbered.shown.ends_with("+12"));
            assert_eq!(parse_name(&numbered.shown), Ok(numbered));
        }
    }

    #[test]
    fn a_name_has_letters_and_digits() {
        for name in ["a", "Ada", "ada.l+push@example.org", "张伟", "x_1-2"] {
            assert!(parse_name(name).is_ok(), "{name}");
        }
        for name in [
            "",
            " ",
            "ada l",
            "a\u{301}",
            "a\0",
            "a/b",
            "\"",
            "\u{202e}a",
            &"x".repeat(65),
        ] {
            assert!(parse_name(name).is_err(), "{name:?}");
        }
    }
}
