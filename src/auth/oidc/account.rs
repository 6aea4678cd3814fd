//! Whose account it is, and what its claims allow.

use serde_json::{Map, Value};

use super::error::plain;
use crate::{
    auth::{access::IssuerAccount, people::cleaned_name, token::find_claim},
    config::OidcSettings,
};

/// Claims with a name for people, the best one first.
const NAMES: [&str; 3] = ["preferred_username", "email", "name"];

/// The claim that counts only if the issuer has verified it, and the claim that says whether it has.
const EMAIL: &str = "email";
const EMAIL_VERIFIED: &str = "email_verified";

/// An account of the issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// What stays the same for ever.
    pub id: IssuerAccount,
    /// The name, which may change.
    pub name: String,
    /// The name of the role that its claims are mapped to, if there is one.
    pub role: Result<String, NoRole>,
}

/// Why an account may not sign in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoRole(String);

impl Account {
    /// The account that these claims are about. They were checked.
    pub fn of(settings: &OidcSettings, issuer: &str, claims: &Map<String, Value>) -> Self {
        let text = |claim: &str| claims.get(claim).and_then(Value::as_str);
        let subject = text("sub").unwrap_or_default();
        let named = NAMES.into_iter().filter_map(text).map(cleaned_name);
        let name = named
            .chain([cleaned_name(subject)])
            .find(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| "somebody".to_owned());
        Self {
            role: role(settings, claims, &name),
            id: IssuerAccount {
                issuer: issuer.to_owned(),
                subject: subject.to_owned(),
            },
            name,
        }
    }
}

/// The role of the first mapping that fits.
fn role(
    settings: &OidcSettings,
    claims: &Map<String, Value>,
    name: &str,
) -> Result<String, NoRole> {
    let path = settings.oidc_claim.as_str();
    let refused = |why: &str| {
        NoRole(format!(
            "{name} may not sign in here: {why}. Ask whoever runs this server, or the issuer, for a role"
        ))
    };
    let claim = find_claim(claims, path);
    let values: Vec<&str> = match claim {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if values.is_empty() {
        return Err(refused(&format!(
            "the issuer says nothing about the claim {path:?} of this account"
        )));
    }
    // Anybody can claim any address at some issuers.
    if path == EMAIL && claims.get(EMAIL_VERIFIED) != Some(&Value::Bool(true)) {
        return Err(refused("the issuer has not verified the email address"));
    }
    let mut mapped = settings.oidc_role.iter();
    match mapped.find(|mapped| values.contains(&mapped.value.as_str())) {
        Some(mapped) => Ok(mapped.role.clone()),
        None => Err(refused(&format!(
            "no role belongs to what the issuer says about this account ({path}: {})",
            plain(&values.join(", "))
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use serde_json::json;

    fn settings(claim: &str) -> OidcSettings {
        let flags = [
            "--admin-token",
            "0123456789abcdef",
            "--oidc-issuer",
            "https://a.example",
            "--oidc-client-id",
            "tidings",
            "--oidc-claim",
            claim,
            "--oidc-role",
            "ops=admin,staff=viewer,ada@a.example=operator",
        ];
        Settings::from_flags(flags).expect("settings").oidc
    }

    fn account(claim: &str, claims: &Value) -> Account {
        let claims = claims.as_object().expect("an object");
        Account::of(&settings(claim), "https://a.example", claims)
    }

    fn role(claim: &str, claims: &Value) -> Option<String> {
        account(claim, claims).role.ok()
    }

    #[test]
    fn the_first_mapping_that_fits_counts() {
        let groups = |groups: Value| role("groups", &json!({"sub": "7", "groups": groups}));
        assert_eq!(groups(json!(["staff", "ops"])).as_deref(), Some("admin"));
        assert_eq!(groups(json!("staff")).as_deref(), Some("viewer"));
        for none in [
            json!([]),
            json!(["Staff"]),
            json!("staff ops"),
            json!(7),
            json!({"staff": true}),
            json!(null),
        ] {
            assert_eq!(groups(none.clone()), None, "{none}");
        }
        let nested = json!({"sub": "7", "realm_access": {"roles": ["x", "staff"]}});
        assert_eq!(
            role("realm_access.roles", &nested).as_deref(),
            Some("viewer")
        );
        assert_eq!(role("groups", &json!({"sub": "7"})), None);
    }

    #[test]
    fn an_address_counts_only_if_the_issuer_has_verified_it() {
        let verified = |verified: Value| {
            let claims = json!({"sub": "7", "email": "ada@a.example", "email_verified": verified});
            role("email", &claims)
        };
        assert_eq!(verified(json!(true)).as_deref(), Some("operator"));
        for not in [json!(false), json!("true"), json!(1), json!(null)] {
            assert_eq!(verified(not.clone()), None, "{not}");
        }
    }

    #[test]
    fn a_name_is_one_that_people_can_have() {
        let name = |claims: Value| {
            let mut all = json!({"sub": "a 7", "groups": "ops"});
            let fields = all.as_object_mut().expect("an object");
            fields.extend(claims.as_object().expect("an object").clone());
            account("groups", &all).name
        };
        assert_eq!(
            name(json!({"preferred_username": "ada", "email": "x@y.example"})),
            "ada"
        );
        assert_eq!(name(json!({"email": "x@y.example"})), "x@y.example");
        assert_eq!(name(json!({"name": "Ada  Lovelace!"})), "Ada-Lovelace");
        assert_eq!(name(json!({"preferred_username": "\u{202e}"})), "a-7");
        assert_eq!(name(json!({"name": "x".repeat(100)})).len(), 64);
    }
}
