//! What a secret is that somebody shows to learn what it may do: a key, the admin token, a stream token, or nothing that
//! this server knows. Nothing is noted as used.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use subtle::ConstantTimeEq;

use super::{
    Auth, Grant, InvalidToken, Refusal,
    action::Action,
    digest::digest,
    key::{BadKey, KeyText},
    key_text,
    permission::Target,
    principal::{Bearer, Principal, allows},
    token,
};
use crate::message::{ClientId, Topic, TopicFilter};

/// A secret that was shown.
#[derive(Debug)]
pub enum Shown {
    /// The admin token.
    AdminToken,
    /// A text of an API key, good or not.
    Key(Result<Arc<KeyText>, BadKey>),
    /// A stream token with its grant, or why it is not valid.
    StreamToken(Result<Grant, InvalidToken>),
    /// A stream token, and this server knows no keys that sign them.
    UnusedToken,
    /// Nothing that this server knows.
    Unknown,
}

impl Shown {
    /// Who has it, if it is valid.
    pub fn principal(&self) -> Option<Principal> {
        match self {
            Self::AdminToken => Some(Principal::AdminToken),
            Self::Key(Ok(text)) => Some(Principal::Key(Arc::clone(text))),
            Self::StreamToken(Ok(grant)) => {
                let bearer = Bearer {
                    client_id: grant.client_id.clone()?,
                    permissions: vec![grant.as_permission()?],
                };
                Some(Principal::Bearer(Arc::new(bearer)))
            }
            Self::Key(Err(_)) | Self::StreamToken(Err(_)) | Self::UnusedToken | Self::Unknown => {
                None
            }
        }
    }

    /// Whether it can be a guess. A key that has ended is none, and neither is a token that an issuer has signed.
    fn is_guess(&self) -> bool {
        match self {
            Self::Key(Err(why)) => matches!(why, BadKey::Unknown | BadKey::Incomplete),
            Self::StreamToken(Err(why)) => why.is_forged(),
            Self::Unknown => true,
            Self::AdminToken | Self::Key(Ok(_)) | Self::StreamToken(Ok(_)) | Self::UnusedToken => {
                false
            }
        }
    }
}

impl Auth {
    /// What this secret is. A wrong one costs its sender an attempt, as where it is shown for access: so the answer is no
    /// quicker way to guess secrets.
    pub fn shown(&self, secret: &str, from: Option<SocketAddr>) -> Result<Shown, Refusal> {
        let shown = self.look_at(secret);
        if shown.is_guess() {
            let limit = match &self.admin {
                Some(admin) => &admin.attempts,
                None => &self.forged,
            };
            limit.check(from, false, Instant::now())?;
        }
        Ok(shown)
    }

    fn look_at(&self, secret: &str) -> Shown {
        if key_text::is_key(secret) {
            return Shown::Key(self.keys.look_up(secret));
        }
        let is_admin = |digest_of: &[u8; 32]| bool::from(digest(secret).ct_eq(digest_of));
        if self
            .admin
            .as_ref()
            .is_some_and(|admin| is_admin(&admin.digest))
        {
            return Shown::AdminToken;
        }
        match (token::is_jwt(secret), &self.stream) {
            (false, _) => Shown::Unknown,
            (true, None) => Shown::UnusedToken,
            (true, Some(tokens)) => Shown::StreamToken(tokens.verify(secret)),
        }
    }
}

/// What an action might be done to.
#[derive(Clone, Debug)]
pub enum AskedTarget {
    /// It is asked whether it can be done to anything at all.
    Any,
    /// A client.
    Client(ClientId),
    /// A topic.
    Topic(Topic),
    /// All topics of a pattern.
    Filter(TopicFilter),
    /// Everyone who is connected.
    Everyone,
}

impl AskedTarget {
    /// A topic or a pattern of topics.
    pub fn topics(filter: TopicFilter) -> Self {
        Topic::parse(filter.as_str()).map_or(Self::Filter(filter), Self::Topic)
    }

    /// What it is called for people. None: it is nothing in particular.
    pub fn name(&self) -> Option<String> {
        match self {
            Self::Any => None,
            Self::Client(id) => Some(Target::Client(id).to_string()),
            Self::Topic(topic) => Some(Target::Topic(topic).to_string()),
            Self::Filter(filter) => Some(Target::Filter(filter).to_string()),
            Self::Everyone => Some(Target::Everyone.to_string()),
        }
    }

    /// Whether somebody may do an action to it. Fails with the reason if not. It knows what is done to what; whether that is
    /// allowed is decided by [`allows`].
    pub fn check(&self, who: &Principal, action: Action) -> Result<(), String> {
        let (action, target) = self.checked_as(action)?;
        allows(who, action, target).map_err(|refusal| refusal.detail)
    }

    /// What is checked where the action is done to this target.
    fn checked_as(&self, action: Action) -> Result<(Action, Target<'_>), String> {
        let is_reserved = match self {
            Self::Topic(topic) => topic.is_reserved(),
            Self::Filter(filter) => filter.is_reserved(),
            Self::Any | Self::Client(_) | Self::Everyone => false,
        };
        match (action, self) {
            // These are not done to clients or topics.
            (Action::Job | Action::Manage | Action::Metrics, _) | (_, Self::Any) => {
                Ok((action, Target::Server))
            }
            // Messages to everyone reach every stream.
            (Action::Listen, Self::Everyone) => Ok((action, Target::Server)),
            (Action::Disconnect, Self::Topic(_) | Self::Filter(_) | Self::Everyone) => {
                Err("only clients are disconnected".to_owned())
            }
            (Action::Listen | Action::Read, _) if is_reserved => {
                Ok((Action::Read, Target::Everything))
            }
            (_, _) if is_reserved => {
                Err("topics that begin with $ are the server's own".to_owned())
            }
            (_, Self::Client(id)) => Ok((action, Target::Client(id))),
            (_, Self::Topic(topic)) => Ok((action, Target::Topic(topic))),
            (_, Self::Filter(filter)) => Ok((action, Target::Filter(filter))),
            (_, Self::Everyone) => Ok((action, Target::Everyone)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::{access::Access, role::Roles};

    fn bearer(access: &str) -> Principal {
        let access: Access = serde_json::from_str(access).expect("JSON");
        let roles = Roles::new(&[]).expect("the built-in roles");
        Principal::Bearer(Arc::new(Bearer {
            client_id: ClientId::parse("ada").expect("an id"),
            permissions: access.permissions(&roles).expect("valid"),
        }))
    }

    /// The actions that are allowed, by name.
    fn allowed(who: &Principal, target: &AskedTarget) -> Vec<&'static str> {
        let all = Action::ALL.into_iter();
        let allowed = all.filter(|action| target.check(who, *action).is_ok());
        allowed.map(Action::name).collect()
    }

    fn client(id: &str) -> AskedTarget {
        AskedTarget::Client(ClientId::parse(id).expect("an id"))
    }

    fn topics(text: &str) -> AskedTarget {
        AskedTarget::topics(TopicFilter::parse(text).expect("a filter"))
    }

    #[test]
    fn actions_without_a_target_are_allowed_whatever_the_target_is() {
        let own = r#"{"role":"operator","clients":["own:*"],"topics":["own/**"]}"#;
        let who = bearer(own);
        assert_eq!(
            allowed(&who, &client("own:1")),
            [
                "listen",
                "push",
                "read",
                "recall",
                "disconnect",
                "job",
                "metrics"
            ]
        );
        assert_eq!(allowed(&who, &client("other:1")), ["job", "metrics"]);
        assert_eq!(
            allowed(&who, &topics("own/*")),
            ["listen", "push", "read", "recall", "job", "metrics"]
        );
        assert_eq!(allowed(&who, &topics("**")), ["job", "metrics"]);
        assert_eq!(
            allowed(&who, &AskedTarget::Everyone),
            ["listen", "job", "metrics"]
        );
        assert_eq!(allowed(&who, &AskedTarget::Any).len(), 7);
    }

    #[test]
    fn the_servers_own_topics_are_read_and_listened_to_with_the_right_to_read_everything() {
        let own = topics("$sys/**");
        let viewer = bearer(r#"{"role":"viewer"}"#);
        assert_eq!(allowed(&viewer, &own), ["listen", "read", "metrics"]);
        let some = bearer(r#"{"role":"viewer","topics":["**"]}"#);
        assert_eq!(allowed(&some, &own), ["metrics"]);
        assert_eq!(
            allowed(&Principal::AdminToken, &topics("$sys/clients")),
            ["listen", "read", "job", "manage", "metrics"]
        );
    }
}
