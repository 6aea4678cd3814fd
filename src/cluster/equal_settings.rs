//! The settings that must be equal at all nodes, as each node tells them, and where they differ.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::config::{Secret, Settings, TokenKey};

/// Bytes of the digest of a secret. It is always the same, so whoever hears it learns these 16 bits and never more, which is
/// too little to find a secret by it. One of 65,536 differences is not noticed.
const DIGEST: usize = 2;

/// Values by the name of the flag. Secrets are digests.
pub type EqualSettings = BTreeMap<String, String>;

/// The values of a node.
pub fn of(settings: &Settings) -> EqualSettings {
    let (retention, limits, jwt) = (&settings.retention, &settings.limits, &settings.jwt);
    let (cluster, mercure, oidc) = (&settings.cluster.name, &settings.mercure, &settings.oidc);
    let compared = |flag, value: &str| (flag, digest(cluster, flag, value));
    let secret = |flag, secret: &Option<Secret>| match secret {
        Some(secret) => compared(flag, secret.expose()),
        None => (flag, "none".to_owned()),
    };
    let jwks_url = jwt.jwks_url.as_ref().map_or("", |url| url.as_str());
    // Topics of Mercure that are no whole URLs are completed by it. All else may have another URL at each node.
    let hub = mercure.is_on().then(|| settings.hub_url()).flatten();
    let values = [
        ("--max-age-hours", retention.max_age_hours.to_string()),
        ("--max-log-mb", retention.max_log_mb.to_string()),
        ("--audit-days", retention.audit_days.to_string()),
        (
            "--hook-keep-hours",
            settings.hooks.hook_keep_hours.to_string(),
        ),
        (
            "--hook-pause-hours",
            settings.hooks.hook_pause_hours.to_string(),
        ),
        ("--hook-grace", settings.hooks.hook_grace.to_string()),
        (
            "--hook-allow-private",
            settings.hooks.hook_allow_private.to_string(),
        ),
        ("--max-message-bytes", limits.max_message_bytes.to_string()),
        ("--max-ids-per-push", limits.max_ids_per_push.to_string()),
        ("--max-scheduled", limits.max_scheduled.to_string()),
        ("--max-schedule-days", limits.max_schedule_days.to_string()),
        ("--max-states", limits.max_states.to_string()),
        ("--max-topics", limits.max_topics.to_string()),
        (
            "--max-connections-per-client",
            limits.max_connections_per_client.to_string(),
        ),
        ("--cluster-replicas", settings.cluster.replicas.to_string()),
        ("--jwt-leeway", jwt.jwt_leeway.to_string()),
        // Texts, lists and secrets are only compared.
        compared("--allow-origin", &sorted(&settings.allow_origin)),
        compared("[roles]", &format!("{:?}", settings.roles)),
        secret("--admin-token", &settings.admin_token),
        secret("--stream-secret", &settings.stream_secret),
        compared(
            "--jwt-key",
            &sorted(jwt.keys.iter().map(TokenKey::fingerprint)),
        ),
        compared("--jwks-url", jwks_url),
        compared("--jwt-issuer", &sorted(&jwt.jwt_issuer)),
        compared("--jwt-audience", &sorted(&jwt.jwt_audience)),
        compared("--jwt-topics-claim", &jwt.jwt_topics_claim),
        compared("--jwt-topics-prefix", &jwt.jwt_topics_prefix),
        ("--mercure", mercure.is_on().to_string()),
        ("--mercure-anonymous", mercure.mercure_anonymous.to_string()),
        (
            "--mercure-old-tokens",
            mercure.mercure_old_tokens.to_string(),
        ),
        (
            "--mercure-subscriptions",
            mercure.mercure_subscriptions.to_string(),
        ),
        compared("--public-url", hub.as_ref().map_or("", |url| url.as_str())),
        compared(
            "--mercure-issuer",
            mercure.mercure_issuer.as_deref().unwrap_or_default(),
        ),
        compared("--mercure-cookie", &mercure.mercure_cookie),
        secret("--mercure-publisher-key", &mercure.mercure_publisher_key),
        secret("--mercure-subscriber-key", &mercure.mercure_subscriber_key),
        compared(
            "--oidc-issuer",
            oidc.oidc_issuer.as_ref().map_or("", |url| url.as_str()),
        ),
        compared(
            "--oidc-client-id",
            oidc.oidc_client_id.as_deref().unwrap_or_default(),
        ),
        secret("--oidc-client-secret", &oidc.oidc_client_secret),
        compared("--oidc-claim", &oidc.oidc_claim),
        // Their order counts.
        compared("--oidc-role", &listed(&oidc.oidc_role)),
        compared(
            "--anonymous-topic",
            &sorted(&settings.anonymous.anonymous_topic),
        ),
        compared(
            "--require-token-for",
            &sorted(&settings.anonymous.require_token_for),
        ),
    ];
    let values = values.into_iter();
    values
        .map(|(flag, value)| (flag.to_owned(), value))
        .collect()
}

/// A list as one text, whatever its order.
fn sorted<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let mut items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    items.sort_unstable();
    items.join(",")
}

/// A list as one text, in its order.
fn listed<T: ToString>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    items.join(",")
}

fn digest(cluster: &str, flag: &str, value: &str) -> String {
    let mut hash = Sha256::new();
    for part in [cluster, flag, value] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let bytes = hash.finalize();
    let digits = bytes.iter().take(DIGEST).map(|byte| format!("{byte:02x}"));
    // The sign keeps it from being taken for a number.
    format!("#{}", digits.collect::<String>())
}

/// Where the settings of another node differ, in plain words. None if they do not. A setting that one of them does not
/// tell, because its version is older, is not compared.
pub fn difference(own: &EqualSettings, node: &str, other: &EqualSettings) -> Option<String> {
    let differing = own.iter().filter_map(|(flag, here)| {
        let there = other.get(flag).filter(|there| *there != here)?;
        Some(match is_number(here) && is_number(there) {
            true => format!("{flag} ({there} there, {here} here)"),
            false => flag.clone(),
        })
    });
    let differing: Vec<String> = differing.collect();
    (!differing.is_empty()).then(|| {
        format!(
            "the node {node} has other settings than this one: {}. They must be equal at all nodes",
            differing.join(", ")
        )
    })
}

fn is_number(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(values: &[(&str, &str)]) -> EqualSettings {
        let values = values.iter();
        values
            .map(|(flag, value)| ((*flag).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn differences_are_named_and_digests_are_not_shown() {
        let own = settings(&[("--a", "1"), ("--b", "#0001"), ("--c", "3"), ("--d", "4")]);
        let other = settings(&[("--a", "2"), ("--b", "#0002"), ("--c", "3"), ("--e", "5")]);
        assert_eq!(difference(&own, "n", &own), None);
        let text = difference(&own, "n", &other).expect("a difference");
        assert!(
            text.contains(": --a (2 there, 1 here), --b. They"),
            "{text}"
        );
    }

    #[test]
    fn the_public_url_counts_where_topics_of_mercure_depend_on_it() {
        let of = |flags: &[&str]| of(&Settings::from_flags(flags).expect("valid"));
        let (one, other) = (
            ["--public-url", "https://a.example"],
            ["--public-url", "https://b.example"],
        );
        let hub = |flags: [&'static str; 2]| of(&[&["--mercure"][..], &flags].concat());
        let text = difference(&hub(one), "n", &hub(other)).expect("a difference");
        assert!(text.contains("than this one: --public-url. They"), "{text}");
        let none = of(&["--mercure"]);
        assert!(difference(&none, "n", &hub(one)).is_some());
        assert_eq!(difference(&hub(one), "n", &hub(one)), None);
        assert_eq!(difference(&of(&one), "n", &of(&other)), None);
    }

    #[test]
    fn a_digest_depends_on_the_cluster_the_flag_and_the_value() {
        let first = digest("c", "--x", "a secret");
        assert_eq!(first, digest("c", "--x", "a secret"));
        assert_eq!(first.len(), 1 + 2 * DIGEST);
        let others = [
            digest("d", "--x", "a secret"),
            digest("c", "--y", "a secret"),
            digest("c", "--x", "another one"),
        ];
        assert!(others.iter().all(|other| *other != first));
    }
}
