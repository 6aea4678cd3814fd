use super::*;
use proptest::prelude::*;

fn reach(clients: &[String], topics: &[String], everyone: bool) -> Reach {
    let client = |text: &String| ClientPattern::parse(text).expect("a pattern");
    let topic = |text: &String| TopicFilter::parse(text).expect("a filter");
    Reach {
        clients: clients.iter().map(client).collect(),
        topics: topics.iter().map(topic).collect(),
        everyone,
    }
}

/// All ids of up to three letters of a small alphabet.
fn client_ids() -> Vec<ClientId> {
    let mut texts = vec![String::new()];
    let mut ids = Vec::new();
    for _ in 0..3 {
        texts = texts
            .iter()
            .flat_map(|text| ["a", "b", ":"].map(|letter| format!("{text}{letter}")))
            .collect();
        ids.extend(texts.iter().filter_map(|text| ClientId::parse(text).ok()));
    }
    ids
}

/// All topics of up to three segments of a small alphabet.
fn topic_names() -> Vec<Topic> {
    let mut texts = vec![String::new()];
    let mut topics = Vec::new();
    for depth in 0..3 {
        texts = texts
            .iter()
            .flat_map(|text| {
                ["a", "b", "$s", ""].map(|segment| match depth {
                    0 => segment.to_owned(),
                    _ => format!("{text}/{segment}"),
                })
            })
            .collect();
        topics.extend(texts.iter().filter_map(|text| Topic::parse(text).ok()));
    }
    topics
}

fn any_client_pattern() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("*".to_owned()),
        "[ab:]{1,3}",
        "[ab:]{1,2}".prop_map(|prefix| prefix + "*"),
    ]
}

fn any_filter() -> impl Strategy<Value = String> {
    let segment = prop_oneof![Just("a"), Just("b"), Just("$s"), Just("*"), Just("")];
    (prop::collection::vec(segment, 0..3), any::<bool>())
        .prop_map(|(segments, rest)| {
            let rest = rest.then_some("**");
            segments
                .into_iter()
                .chain(rest)
                .collect::<Vec<_>>()
                .join("/")
        })
        .prop_filter("a filter", |text| TopicFilter::parse(text).is_ok())
}

fn any_reach() -> impl Strategy<Value = Reach> {
    (
        prop::collection::vec(any_client_pattern(), 0..3),
        prop::collection::vec(any_filter(), 0..3),
        any::<bool>(),
    )
        .prop_map(|(clients, topics, everyone)| reach(&clients, &topics, everyone))
}

fn any_permission() -> impl Strategy<Value = Permission> {
    (prop::collection::vec(0..8_usize, 0..4), any_reach()).prop_map(|(actions, reach)| {
        let actions: Vec<Action> = actions.into_iter().map(|i| Action::ALL[i]).collect();
        Permission {
            actions: Actions::of(&actions),
            reach,
        }
    })
}

proptest! {
    #[test]
    fn an_intersection_includes_exactly_what_both_include(one in any_reach(), two in any_reach()) {
        let both = one.intersection(&two);
        for id in client_ids() {
            let target = Target::Client(&id);
            prop_assert_eq!(both.includes(&target), one.includes(&target) && two.includes(&target), "{}", id);
        }
        for topic in topic_names() {
            let target = Target::Topic(&topic);
            prop_assert_eq!(both.includes(&target), one.includes(&target) && two.includes(&target), "{}", topic);
        }
        prop_assert_eq!(both.everyone, one.everyone && two.everyone);
    }

    #[test]
    fn permissions_that_are_not_beyond_allow_nothing_more(
        own in prop::collection::vec(any_permission(), 0..3),
        asked in prop::collection::vec(any_permission(), 0..3),
    ) {
        prop_assume!(first_beyond(&own, &asked).is_none());
        fn may(permissions: &[Permission], action: Action, target: Target<'_>) -> bool {
            refused_target(permissions, action, target).is_none()
        }
        for action in Action::ALL {
            for id in client_ids() {
                let target = Target::Client(&id);
                prop_assert!(!may(&asked, action, target) || may(&own, action, target), "{}", id);
            }
            for topic in topic_names() {
                let target = Target::Topic(&topic);
                prop_assert!(!may(&asked, action, target) || may(&own, action, target), "{}", topic);
            }
            prop_assert!(!may(&asked, action, Target::Everyone) || may(&own, action, Target::Everyone));
            prop_assert!(!may(&asked, action, Target::Server) || may(&own, action, Target::Server));
        }
    }

    #[test]
    fn the_same_permissions_are_not_beyond(own in prop::collection::vec(any_permission(), 0..3)) {
        prop_assert_eq!(first_beyond(&own, &own), None);
    }

    #[test]
    fn several_clients_are_allowed_if_each_is(
        own in prop::collection::vec(any_permission(), 1..3),
        picked in prop::collection::vec(0..39_usize, 1..4),
    ) {
        let all = client_ids();
        let ids: Vec<ClientId> = picked.into_iter().map(|i| all[i].clone()).collect();
        let allowed = |target| refused_target(&own, Action::Push, target).is_none();
        let each = ids.iter().all(|id| allowed(Target::Client(id)));
        prop_assert_eq!(allowed(Target::Clients(&ids)), each);
    }
}

#[test]
fn a_filter_with_stars_inside_another_is_allowed_and_not_the_other_way() {
    let permissions = [Permission {
        actions: Actions::of(&[Action::Listen]),
        reach: reach(&[], &["orders/*".to_owned()], false),
    }];
    let refused = |text: &str| {
        let filter = TopicFilter::parse(text).expect("a filter");
        refused_target(&permissions, Action::Listen, Target::Filter(&filter)).is_some()
    };
    assert!(!refused("orders/42") && !refused("orders/*"));
    assert!(refused("orders/**") && refused("**") && refused("$sys/clients"));
}

#[test]
fn a_client_that_is_not_allowed_is_named() {
    let permissions = [Permission {
        actions: Actions::of(&[Action::Push]),
        reach: reach(&["a*".to_owned()], &[], false),
    }];
    let ids = ["a", "ab", "b"].map(|id| ClientId::parse(id).expect("an id"));
    let refused = refused_target(&permissions, Action::Push, Target::Clients(&ids));
    assert_eq!(refused, Some(Target::Client(&ids[2])));
    let other = refused_target(&permissions, Action::Recall, Target::Server);
    assert_eq!(other, Some(Target::Server));
}
