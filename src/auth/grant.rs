//! What a subscriber may do.

use std::sync::Arc;

use crate::{
    auth::{
        Refusal, RefusalKind,
        action::{Action, Actions},
        anonymous::Anonymous,
        permission::{Permission, Reach},
    },
    message::{ClientId, ClientPattern, TopicFilter},
    registry::StreamToken,
};

/// The rights of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The only client id that is allowed; none: any.
    pub client_id: Option<ClientId>,
    /// The topics that it may subscribe to, besides the server's own.
    pub topics: TopicsGrant,
    /// When the stream ends, in seconds since 1970; none: never.
    pub expires_at: Option<u64>,
    /// Whether it may subscribe to the server's own topics.
    pub admin: bool,
    /// The stream token, if it is the grant of one.
    pub token: Option<Arc<StreamToken>>,
    /// The rules of a stream that shows no token.
    pub anonymous: Option<Arc<Anonymous>>,
}

/// The topics that a stream may subscribe to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopicsGrant {
    /// All but the server's own.
    All,
    /// Topics that one of these filters covers.
    Only(Vec<TopicFilter>),
}

impl Grant {
    /// Any client and all topics.
    pub(super) fn open(admin: bool) -> Self {
        Self {
            client_id: None,
            topics: TopicsGrant::All,
            expires_at: None,
            admin,
            token: None,
            anonymous: None,
        }
    }

    /// A stream that shows no token. `admin`: whether it may subscribe to the server's own topics.
    pub(super) fn without_token(rules: &Arc<Anonymous>, admin: bool) -> Self {
        let topics = rules.topics().map(<[TopicFilter]>::to_vec);
        Self {
            topics: topics.map_or(TopicsGrant::All, TopicsGrant::Only),
            anonymous: Some(Arc::clone(rules)),
            ..Self::open(admin)
        }
    }

    /// Whether it may subscribe to this: every topic that `filter` stands for is granted.
    pub fn allows(&self, filter: &TopicFilter) -> bool {
        if filter.is_reserved() {
            return self.admin;
        }
        match &self.topics {
            TopicsGrant::All => true,
            TopicsGrant::Only(granted) => granted.iter().any(|granted| granted.covers(filter)),
        }
    }

    /// The grant of a token as the permission that allows the same: to listen as its client and to its topics. Messages to
    /// everyone reach every stream. None: it is not the grant of a token.
    pub fn as_permission(&self) -> Option<Permission> {
        let (Some(client_id), TopicsGrant::Only(topics)) = (&self.client_id, &self.topics) else {
            return None;
        };
        Some(Permission {
            actions: Actions::of(&[Action::Listen]),
            reach: Reach {
                clients: vec![ClientPattern::of(client_id)],
                topics: topics.clone(),
                everyone: true,
            },
        })
    }

    /// Refuses a request with the id of another client, or with one that needs a token. Every `client_id` of the query is checked, so that it does not
    /// matter which of several is used later.
    pub fn check_client<'a>(
        &self,
        asked: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), Refusal> {
        if let Some(rules) = &self.anonymous {
            // What is no client id is refused later.
            let mut ids = asked.into_iter().filter_map(|id| ClientId::parse(id).ok());
            return ids.try_for_each(|id| rules.check_client(&id));
        }
        let Some(own) = &self.client_id else {
            return Ok(());
        };
        match asked.into_iter().all(|asked| asked == own.as_str()) {
            true => Ok(()),
            false => Err(Refusal::new(
                RefusalKind::Forbidden,
                format!(
                    "this token is for the client {own}: leave client_id out, or name that one"
                ),
            )
            .field("client_id")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        auth::{
            permission::Target,
            principal::{Bearer, Principal},
        },
        message::Topic,
    };
    use proptest::prelude::*;

    fn filter(text: &str) -> TopicFilter {
        TopicFilter::parse(text).expect("a filter")
    }

    fn is_covered(granted: &str, asked: &str) -> bool {
        filter(granted).covers(&filter(asked))
    }

    #[test]
    fn a_grant_covers_narrower_filters() {
        for asked in [
            "orders/*",
            "orders/*/x",
            "orders/42",
            "orders/**",
            "orders/a/b/**",
        ] {
            assert!(is_covered("orders/**", asked), "{asked}");
        }
        assert!(is_covered("orders/*", "orders/42") && is_covered("orders/*", "orders/*"));
        assert!(is_covered("*/x", "orders/x") && is_covered("**", "*/a/**"));
        assert!(is_covered("orders/42", "orders/42"));
    }

    #[test]
    fn a_grant_does_not_cover_wider_filters() {
        assert!(!is_covered("orders/**", "orders") && !is_covered("orders/**", "**"));
        assert!(!is_covered("orders/*", "orders/**") && !is_covered("orders/*", "orders/4/2"));
        assert!(!is_covered("orders/42", "orders/*") && !is_covered("orders/42", "orders/43"));
        assert!(!is_covered("*/**", "**") && !is_covered("*", "**"));
        assert!(!is_covered("orders", "orders/") && !is_covered("a*", "ab"));
    }

    #[test]
    fn no_pattern_covers_reserved_topics() {
        for granted in ["**", "*/clients", "*/**"] {
            assert!(!is_covered(granted, "$sys/clients"), "{granted}");
        }
        let grant = |admin| Grant {
            topics: TopicsGrant::Only(vec![filter("$sys/**"), filter("**")]),
            ..Grant::open(admin)
        };
        assert!(
            !grant(false).allows(&filter("$sys/clients")),
            "a token names them in vain"
        );
        assert!(grant(true).allows(&filter("$sys/clients")));
        assert!(grant(false).allows(&filter("orders/**")));
        assert!(!Grant::open(false).allows(&filter("$sys/**")));
    }

    #[test]
    fn a_token_without_topics_grants_none() {
        let grant = Grant {
            topics: TopicsGrant::Only(Vec::new()),
            ..Grant::open(false)
        };
        assert!(!grant.allows(&filter("orders")) && !grant.allows(&filter("**")));
    }

    #[test]
    fn a_client_can_not_act_as_another() {
        let grant = Grant {
            client_id: Some(ClientId::parse("a").expect("an id")),
            ..Grant::open(false)
        };
        assert!(grant.check_client([]).is_ok() && grant.check_client(["a"]).is_ok());
        for asked in [&["b"][..], &["a", "b"], &["b", "a"], &[""]] {
            let error = grant
                .check_client(asked.iter().copied())
                .expect_err("refused");
            assert_eq!(error.kind, RefusalKind::Forbidden);
            assert_eq!(error.field, Some("client_id"));
        }
        assert!(Grant::open(false).check_client(["whoever"]).is_ok());
    }

    fn any_filter() -> impl Strategy<Value = String> {
        let segment = prop_oneof![Just("a"), Just("b"), Just("$s"), Just("*"), Just("")];
        (prop::collection::vec(segment, 1..4), any::<bool>())
            .prop_map(|(segments, rest)| segments.join("/") + if rest { "/**" } else { "" })
            .prop_filter("a filter", |text| TopicFilter::parse(text).is_ok())
    }

    /// Topics that stand for all that a filter matches: where it is free, the segment is one that no
    /// other filter names.
    fn witnesses(filter: &str) -> Vec<Topic> {
        let one = filter.replace("/**", "/\u{1f}").replace('*', "z");
        ["z", "z/z", "z/z/z", "z/z/z/z"]
            .into_iter()
            .filter_map(|rest| Topic::parse(&one.replace('\u{1f}', rest)).ok())
            .collect()
    }

    proptest! {
        #[test]
        fn a_grant_covers_a_filter_exactly_if_it_matches_all_its_topics(
            granted in any_filter(),
            asked in any_filter(),
        ) {
            let all = witnesses(&asked);
            prop_assume!(!all.is_empty());
            prop_assert!(all.iter().all(|topic| filter(&asked).matches(topic)));
            let matched = all.iter().all(|topic| filter(&granted).matches(topic));
            prop_assert_eq!(is_covered(&granted, &asked), matched);
        }

        #[test]
        fn the_permission_of_a_token_allows_what_its_grant_allows(
            granted in any_filter(),
            asked in any_filter(),
        ) {
            let client_id = ClientId::parse("ada").expect("an id");
            let grant = Grant {
                client_id: Some(client_id.clone()),
                topics: TopicsGrant::Only(vec![filter(&granted)]),
                ..Grant::open(false)
            };
            let permissions = vec![grant.as_permission().expect("a token")];
            let bearer = Principal::Bearer(Arc::new(Bearer { client_id, permissions }));
            let asked = filter(&asked);
            prop_assume!(!asked.is_reserved());
            let allowed = bearer.may(Action::Listen, Target::Filter(&asked));
            prop_assert_eq!(allowed, grant.allows(&asked));
        }
    }
}
