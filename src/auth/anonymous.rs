//! What a stream may do that shows no token: which topics it may have, and which client ids it may not.

use std::sync::Arc;

use super::{Refusal, RefusalKind, role::InvalidField};
use crate::{
    config::Settings,
    message::{ClientId, ClientPattern, TopicFilter},
};

/// The rules for streams without a token.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Anonymous {
    /// The topics of `--anonymous-topic`.
    topics: Vec<TopicFilter>,
    /// The clients of `--require-token-for`.
    reserved: Vec<ClientPattern>,
    /// Whether only a UUID can be the client id. So it is where other streams have tokens: their clients have ids that can be
    /// guessed, such as `user-7`, and nobody must get their messages without a token.
    only_uuids: bool,
}

impl Anonymous {
    /// Parses the settings. Fails at a pattern that is not valid.
    pub fn new(settings: &Settings) -> Result<Self, InvalidField> {
        let invalid = |setting: &str, text: &str, why: String| InvalidField {
            field: setting.to_owned(),
            why: format!("{text:?}: {why}"),
        };
        let topics = settings.anonymous.anonymous_topic.iter().map(|text| {
            let invalid = |why: String| invalid("--anonymous-topic", text, why);
            let filter = TopicFilter::parse(text).map_err(|why| invalid(why.to_string()))?;
            match filter.is_reserved() {
                true => Err(invalid("the server's own topics are for admins".to_owned())),
                false => Ok(filter),
            }
        });
        let reserved = settings.anonymous.require_token_for.iter().map(|text| {
            let parsed = ClientPattern::parse(text);
            parsed.map_err(|why| invalid("--require-token-for", text, why.to_string()))
        });
        Ok(Self {
            topics: topics.collect::<Result<_, _>>()?,
            reserved: reserved.collect::<Result<_, _>>()?,
            only_uuids: settings.need_stream_token(),
        })
    }

    /// The rules of settings that were checked before. If one is wrong all the same, no stream is opened without a token.
    pub fn of(settings: &Settings) -> Arc<Self> {
        let rules = Self::new(settings).unwrap_or_else(|why| {
            tracing::error!("{why}");
            Self {
                reserved: vec![ClientPattern::all()],
                ..Self::default()
            }
        });
        Arc::new(rules)
    }

    /// Whether a stream may be opened without a token where others need one.
    pub fn are_allowed(&self) -> bool {
        !self.topics.is_empty()
    }

    /// The only topics that a stream may subscribe to. None: all.
    pub fn topics(&self) -> Option<&[TopicFilter]> {
        (!self.topics.is_empty()).then_some(&self.topics)
    }

    /// Refuses a client id that needs a token.
    pub fn check_client(&self, asked: &ClientId) -> Result<(), Refusal> {
        let refuse = |detail: String| {
            Err(Refusal::new(RefusalKind::Unauthorized, detail).field("client_id"))
        };
        if self.reserved.iter().any(|pattern| pattern.matches(asked)) {
            return refuse(format!(
                "the client {asked} needs a stream token: send it as `Authorization: Bearer`, in the cookie tidings_stream, or as ?token="
            ));
        }
        match self.only_uuids && uuid::Uuid::try_parse(asked.as_str()).is_err() {
            true => refuse(format!(
                "without a stream token, the client id must be a UUID, and {asked:?} is none"
            )),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "0d5a4b1e-2f4c-4c0c-9d3e-5a1f6f0b7c11";

    fn rules(flags: &[&str]) -> Result<Anonymous, String> {
        let token = ["--admin-token", "an-admin-token-for-tests"];
        let settings = Settings::from_flags([&token, flags].concat()).expect("settings");
        Anonymous::new(&settings).map_err(|why| why.to_string())
    }

    fn may_be(rules: &Anonymous, id: &str) -> bool {
        rules
            .check_client(&ClientId::parse(id).expect("an id"))
            .is_ok()
    }

    #[test]
    fn reserved_ids_need_a_token_and_others_do_not() {
        let rules = rules(&["--require-token-for", "user:*,boss"]).expect("valid");
        for id in ["user:7", "user:", "boss"] {
            assert!(!may_be(&rules, id), "{id}");
        }
        for id in ["user", "User:7", "bosses", UUID] {
            assert!(may_be(&rules, id), "{id}");
        }
    }

    #[test]
    fn beside_tokens_only_uuids_are_free() {
        let secret = "01234567890123456789012345678901";
        let flags = ["--stream-secret", secret, "--anonymous-topic", "news/**"];
        let rules = rules(&flags).expect("valid");
        assert!(may_be(&rules, UUID) && !may_be(&rules, "user-7"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let refused = |flag, text| rules(&[flag, text]).expect_err("refused");
        for text in ["a/**/b", "$sys/clients"] {
            let why = refused("--anonymous-topic", text);
            assert!(
                why.starts_with("--anonymous-topic: ") && why.contains(text),
                "{why}"
            );
        }
        assert!(refused("--require-token-for", "a*b").contains("a*b"));
    }
}
