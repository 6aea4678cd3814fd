//! The settings of a running server. Some of them can be changed while it runs.

use std::{collections::BTreeMap, sync::Arc};

use arc_swap::{ArcSwap, Guard};
use clap::{ArgMatches, Args, Command};

use super::{ConfigError, InvalidSettings, Secret, Settings};

/// The settings that change while the server runs. All others need a restart.
const CHANGEABLE: [&str; 41] = [
    "log",
    "drain",
    "admin_token",
    "admin_token_file",
    "stream_secret",
    "stream_secret_file",
    "allow_origin",
    "allow_host",
    "roles",
    "jwt_key",
    "jwt_issuer",
    "jwt_audience",
    "jwt_leeway",
    "jwt_topics_claim",
    "jwt_topics_prefix",
    "anonymous_topic",
    "require_token_for",
    "max_age_hours",
    "max_log_mb",
    "audit_days",
    "hook_keep_hours",
    "max_message_bytes",
    "max_ids_per_push",
    "max_scheduled",
    "max_schedule_days",
    "max_states",
    "max_topics",
    "max_connections_per_client",
    "max_connections",
    "max_header_bytes",
    "max_url_bytes",
    "limit_opens",
    "limit_opens_of_client",
    "limit_streams",
    "limit_pushes",
    "limit_push_bytes",
    "limit_failures",
    "limit_admin",
    "request_timeout",
    "write_timeout",
    "config",
];

/// The present settings, shared by everything that reads them again for each request. Reading them takes no lock.
#[derive(Debug)]
pub struct Live(ArcSwap<Settings>);

impl Live {
    /// Begins with these.
    pub fn new(settings: Settings) -> Self {
        Self(ArcSwap::from_pointee(settings))
    }

    /// The settings now. Hold them only for a moment.
    pub fn load(&self) -> Guard<Arc<Settings>> {
        self.0.load()
    }

    /// The settings now, to be kept.
    pub fn load_full(&self) -> Arc<Settings> {
        self.0.load_full()
    }

    /// Replaces them.
    pub fn replace(&self, settings: Settings) {
        self.0.store(Arc::new(settings));
    }
}

/// Settings with the texts that they were read from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// The values of each setting, by its name in the file.
    texts: BTreeMap<String, Vec<String>>,
}

/// What has changed between two readings of the settings.
#[derive(Debug)]
pub struct Changes {
    /// The settings to continue with.
    pub loaded: Loaded,
    /// The names of the settings that have changed.
    pub applied: Vec<String>,
    /// The names of those that need a restart.
    pub postponed: Vec<String>,
}

impl Loaded {
    /// The checked settings of a parsed command line.
    pub fn read(matches: &ArgMatches) -> Result<Self, ConfigError> {
        let settings = Settings::read(matches)?;
        let command = Settings::augment_args(Command::new("serve"));
        let names = command.get_arguments().map(|arg| arg.get_id().as_str());
        let texts = names.filter_map(|name| {
            let values = matches.try_get_raw(name).ok()??;
            let values = values.map(|value| value.to_string_lossy().into_owned());
            Some((name.to_owned(), values.collect()))
        });
        Ok(Self {
            texts: texts.collect(),
            settings,
        })
    }

    /// What changes when these settings replace others. Those that need a restart stay as they are.
    pub fn changes_from(&self, old: &Self) -> Result<Changes, InvalidSettings> {
        let (mut applied, mut postponed) = (Vec::new(), Vec::new());
        let mut settings = old.settings.clone();
        let (before, now) = (&old.settings, &self.settings);
        let secrets = [
            ("admin_token", &before.admin_token, &now.admin_token),
            ("stream_secret", &before.stream_secret, &now.stream_secret),
        ];
        for (name, before, now) in secrets {
            match (before, now) {
                (Some(before), Some(now)) if !is_same(before, now) => applied.push(name.to_owned()),
                // A server that lets everybody in, or no longer does, is another server.
                (Some(_), None) | (None, Some(_)) => postponed.push(name.to_owned()),
                _ => {}
            }
        }
        match before.jwt.may_become(&now.jwt) {
            true if before.jwt.keys == now.jwt.keys => {}
            true => applied.push("jwt_key".to_owned()),
            false => postponed.push("jwt_key".to_owned()),
        }
        for (name, values) in &self.texts {
            let is_secret = name.starts_with("admin_token")
                || name.starts_with("stream_secret")
                || name == "jwt_key";
            if is_secret || old.texts.get(name) == Some(values) {
                continue;
            }
            match CHANGEABLE.contains(&name.as_str()) {
                true => applied.push(name.clone()),
                false => postponed.push(name.clone()),
            }
        }
        let missing = old
            .texts
            .keys()
            .filter(|name| !self.texts.contains_key(*name));
        let missing = missing.filter(|name| !CHANGEABLE.contains(&name.as_str()));
        postponed.extend(missing.cloned());
        settings.take_changeable(now);
        settings.validate()?;
        let mut texts = self.texts.clone();
        for name in &postponed {
            match old.texts.get(name) {
                Some(values) => drop(texts.insert(name.clone(), values.clone())),
                None => drop(texts.remove(name)),
            }
        }
        Ok(Changes {
            loaded: Self { settings, texts },
            applied,
            postponed,
        })
    }
}

fn is_same(one: &Secret, other: &Secret) -> bool {
    one.expose() == other.expose()
}

impl Settings {
    /// Takes over the settings of [`CHANGEABLE`].
    fn take_changeable(&mut self, new: &Self) {
        let Self {
            limits, retention, ..
        } = self;
        let outbox = (limits.outbox, limits.outbox_bytes);
        *limits = new.limits.clone();
        (limits.outbox, limits.outbox_bytes) = outbox;
        retention.max_age_hours = new.retention.max_age_hours;
        retention.max_log_mb = new.retention.max_log_mb;
        self.log.clone_from(&new.log);
        self.drain = new.drain;
        self.allow_origin.clone_from(&new.allow_origin);
        self.allow_host.clone_from(&new.allow_host);
        self.roles.clone_from(&new.roles);
        if self.admin_token.is_some() && new.admin_token.is_some() {
            self.admin_token.clone_from(&new.admin_token);
        }
        if self.stream_secret.is_some() && new.stream_secret.is_some() {
            self.stream_secret.clone_from(&new.stream_secret);
        }
        self.jwt.take_changeable(&new.jwt);
        self.anonymous.clone_from(&new.anonymous);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(flags: &[&str]) -> Loaded {
        let command = Settings::augment_args(Command::new("serve").no_binary_name(true));
        let matches = command.try_get_matches_from(flags).expect("good flags");
        Loaded::read(&matches).expect("settings")
    }

    #[test]
    fn what_can_not_change_stays_and_is_named() {
        let old = loaded(&["--max-topics", "5", "--heartbeat", "7"]);
        let new = loaded(&[
            "--max-topics",
            "6",
            "--outbox",
            "9",
            "--allow-host",
            "a.example",
        ]);
        let changes = new.changes_from(&old).expect("they go together");
        assert_eq!(changes.applied, ["allow_host", "max_topics"]);
        assert_eq!(changes.postponed, ["heartbeat", "outbox"]);
        assert_eq!(changes.loaded.settings.limits.max_topics, 6);
        assert_eq!(changes.loaded.settings.heartbeat, 7);
        assert_eq!(changes.loaded.settings.limits.outbox, 64);
        assert_eq!(changes.loaded.settings.allow_host.len(), 1);
    }

    #[test]
    fn a_token_can_change_and_can_not_vanish() {
        let old = loaded(&["--admin-token", "0123456789abcdef"]);
        let new = loaded(&["--admin-token", "fedcba9876543210"]);
        let changes = new.changes_from(&old).expect("they go together");
        assert_eq!((changes.applied.len(), changes.postponed.len()), (1, 0));
        let token =
            |settings: &Settings| settings.admin_token.clone().map(|t| t.expose().to_owned());
        assert_eq!(
            token(&changes.loaded.settings).as_deref(),
            Some("fedcba9876543210")
        );
        let changes = loaded(&[]).changes_from(&old).expect("they go together");
        assert_eq!(changes.postponed, ["admin_token"]);
        assert_eq!(
            token(&changes.loaded.settings).as_deref(),
            Some("0123456789abcdef")
        );
    }

    #[test]
    fn every_changeable_setting_exists() {
        let command = Settings::augment_args(Command::new("serve"));
        for name in CHANGEABLE {
            let exists = command.get_arguments().any(|arg| arg.get_id() == name);
            assert!(exists, "{name}");
        }
    }
}
