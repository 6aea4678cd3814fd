//! All API keys, by the hashes of their texts.
//!
//! The log has the keys, and tells each that changes: see [`Keys::put`].

use std::{collections::HashMap, net::IpAddr, sync::Arc, time::Duration};

use parking_lot::{Mutex, RwLock};
use tokio::sync::Notify;

use super::{
    access::Access,
    digest::digest,
    key::{BadKey, Key, KeyText, LastUse},
    key_text,
    permission::Permission,
    refusal::{Refusal, RefusalKind},
    role::Roles,
    stream_number,
};
use crate::{
    log::{ApiKey, AuditCaller, KeyUse, NodePushes},
    registry::now,
};

/// How often the last use of a key is written to the log, at most, in milliseconds.
const WRITE_USE: u64 = 60_000;

/// The longest wait for the end of a key: the system clock may change.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// See the module documentation. Looking up a text takes no lock that is held for long.
#[derive(Debug)]
pub struct Keys {
    texts: RwLock<HashMap<[u8; 32], Arc<KeyText>>>,
    /// The name of this node.
    node: Arc<str>,
    known: Mutex<Known>,
    changed: Notify,
}

/// What is needed when a key changes.
#[derive(Debug)]
struct Known {
    roles: Arc<Roles>,
    keys: HashMap<Arc<str>, KnownKey>,
    /// Numbers of texts that ended or may do something else now.
    ended: Vec<u32>,
    /// Until when [`Keys::ended`] has looked for ends.
    looked: u64,
}

#[derive(Debug)]
struct KnownKey {
    stored: Arc<ApiKey>,
    texts: Vec<Arc<KeyText>>,
}

impl Keys {
    /// No keys yet, at the node with this name.
    pub fn new(roles: Arc<Roles>, node: &str) -> Self {
        Self {
            texts: RwLock::default(),
            node: node.into(),
            known: Mutex::new(Known {
                roles,
                keys: HashMap::new(),
                ended: Vec::new(),
                looked: now(),
            }),
            changed: Notify::new(),
        }
    }

    /// Takes over a key that is new or has changed. None: it was revoked.
    pub fn put(&self, id: &Arc<str>, stored: Option<&Arc<ApiKey>>) {
        let mut known = self.known.lock();
        self.replace(&mut known, id, stored);
        drop(known);
        self.changed.notify_one();
    }

    /// The roles now.
    pub fn roles(&self) -> Arc<Roles> {
        Arc::clone(&self.known.lock().roles)
    }

    /// Continues with other roles.
    pub fn set_roles(&self, roles: Arc<Roles>) {
        let mut known = self.known.lock();
        if known.roles == roles {
            return;
        }
        known.roles = roles;
        let all: Vec<Arc<ApiKey>> = known
            .keys
            .values()
            .map(|key| Arc::clone(&key.stored))
            .collect();
        for stored in &all {
            self.replace(&mut known, &stored.id, Some(stored));
        }
        drop(known);
        self.changed.notify_one();
    }

    fn replace(&self, known: &mut Known, id: &Arc<str>, stored: Option<&Arc<ApiKey>>) {
        let before = known.keys.remove(id);
        let old = before.map_or_else(Vec::new, |before| before.texts);
        let new = stored.map_or_else(Vec::new, |stored| known.texts_of(stored, &old));
        if let (Some(stored), Some(text)) = (stored, new.first()) {
            text.key.pushes.read(&stored.pushes, &self.node, now());
        }
        let mut texts = self.texts.write();
        for text in &old {
            texts.remove(&text.digest);
            if new.iter().all(|new| new.number != text.number) {
                known.ended.push(text.number);
            }
        }
        texts.extend(new.iter().map(|text| (text.digest, Arc::clone(text))));
        if let Some(stored) = stored {
            let stored = Arc::clone(stored);
            known
                .keys
                .insert(Arc::clone(id), KnownKey { stored, texts: new });
        }
    }

    /// The key with this text. Notes that it is used.
    pub fn find(&self, text: &str, from: Option<IpAddr>) -> Result<Arc<KeyText>, Refusal> {
        let found = self.look_up(text);
        let found =
            found.map_err(|why| Refusal::new(RefusalKind::Unauthorized, why.to_string()))?;
        found.key.last_use.note(now(), from);
        Ok(found)
    }

    /// The key with this text, without using it.
    pub fn look_up(&self, text: &str) -> Result<Arc<KeyText>, BadKey> {
        let Some(found) = self.by_digest(&digest(text)) else {
            return Err(match key_text::is_intact(text) {
                true => BadKey::Unknown,
                false => BadKey::Incomplete,
            });
        };
        match found.ends_at.filter(|ends_at| *ends_at <= now()) {
            None => Ok(found),
            Some(at) if found.is_replaced => Err(BadKey::Replaced(found, at)),
            Some(at) => Err(BadKey::Expired(found, at)),
        }
    }

    /// The key with a text that has this hash, if it has not ended.
    pub fn of_session(&self, digest: &[u8; 32]) -> Option<Arc<KeyText>> {
        let found = self.by_digest(digest)?;
        let is_good = found.ends_at.is_none_or(|ends_at| ends_at > now());
        is_good.then_some(found)
    }

    fn by_digest(&self, digest: &[u8; 32]) -> Option<Arc<KeyText>> {
        self.texts.read().get(digest).cloned()
    }

    /// When and from where a key was last used since the start of this node.
    pub fn last_use(&self, id: &str) -> Option<KeyUse> {
        let known = self.known.lock();
        known.keys.get(id)?.texts.first()?.key.last_use.get()
    }

    /// The uses that are to be written to the log now.
    pub fn uses_to_write(&self) -> Vec<(Arc<str>, KeyUse)> {
        self.each(|key| key.last_use.take(WRITE_USE))
    }

    /// The counts of pushes that are to be written to the log now.
    pub fn pushes_to_write(&self) -> Vec<(Arc<str>, NodePushes)> {
        let now = now();
        self.each(|key| key.pushes.to_write(&self.node, key.pushes_per_day?, now))
    }

    /// The counts of pushes that the log does not have.
    pub fn unwritten_pushes(&self) -> Vec<(Arc<str>, NodePushes)> {
        let now = now();
        self.each(|key| key.pushes.at_the_end(&self.node, now))
    }

    /// What was pushed today with a key that has a quota, at all nodes. None: it has no quota, or there is no such key.
    pub fn pushes_today(&self, id: &str) -> Option<u64> {
        let known = self.known.lock();
        let key = &known.keys.get(id)?.texts.first()?.key;
        key.pushes_per_day.map(|_| key.pushes.today(now()))
    }

    /// The keys with a quota, and what was pushed today: id, quota and pushes.
    pub fn quotas(&self) -> Vec<(Arc<str>, (u64, u64))> {
        let now = now();
        self.each(|key| Some((key.pushes_per_day?, key.pushes.today(now))))
    }

    /// What `of` finds for each key, with the id of the key.
    fn each<T>(&self, of: impl Fn(&Key) -> Option<T>) -> Vec<(Arc<str>, T)> {
        let known = self.known.lock();
        let found = known.keys.iter().filter_map(|(id, known)| {
            let found = of(&known.texts.first()?.key)?;
            Some((Arc::clone(id), found))
        });
        found.collect()
    }

    /// Waits until texts of keys have ended, and returns the numbers of their streams. Cancel safe.
    pub async fn ended(&self) -> Vec<u32> {
        loop {
            let changed = self.changed.notified();
            let (ended, wait) = self.known.lock().take_ended(now());
            if !ended.is_empty() {
                return ended;
            }
            let _ = tokio::time::timeout(wait, changed).await;
        }
    }
}

impl Known {
    /// The texts of a key. What a text may do has the number of before, if it is still the same.
    fn texts_of(&self, stored: &Arc<ApiKey>, old: &[Arc<KeyText>]) -> Vec<Arc<KeyText>> {
        let permissions = self.permissions(stored);
        let was = old.first().map(|text| &text.key);
        let last_use = was.map(|key| Arc::clone(&key.last_use)).unwrap_or_default();
        let pushes = was.map(|key| Arc::clone(&key.pushes)).unwrap_or_default();
        let same = was.is_some_and(|key| key.permissions == permissions);
        let key = Arc::new(Key {
            id: Arc::clone(&stored.id),
            name: stored.name.clone(),
            caller: Arc::new(AuditCaller {
                id: (*stored.id).into(),
                name: stored.name.as_str().into(),
            }),
            permissions,
            last_use: Arc::<LastUse>::clone(&last_use),
            pushes_per_day: stored.pushes_per_day,
            pushes,
        });
        let previous = stored.previous.map(|(digest, until)| {
            let ends_at = stored.expires_at.map_or(until, |end| end.min(until));
            (digest, Some(ends_at), true)
        });
        let texts = [(stored.digest, stored.expires_at, false)];
        let texts = texts.into_iter().chain(previous);
        let texts = texts.map(|(digest, ends_at, is_replaced)| {
            let before = old.iter().find(|old| old.digest == digest && same);
            let number = before.map_or_else(stream_number::next, |before| before.number);
            Arc::new(KeyText {
                key: Arc::clone(&key),
                digest,
                number,
                ends_at,
                is_replaced,
            })
        });
        texts.collect()
    }

    /// What a stored key may do: nothing if that can't be told any more.
    fn permissions(&self, stored: &ApiKey) -> Vec<Permission> {
        Access::stored_permissions(&stored.access, &self.roles).unwrap_or_else(|why| {
            let (id, name) = (&stored.id, &stored.name);
            tracing::warn!(%id, name, "an API key may do nothing now: {why}");
            Vec::new()
        })
    }

    /// The numbers of texts that have ended since the last call, and how long to wait for the next one.
    fn take_ended(&mut self, now: u64) -> (Vec<u32>, Duration) {
        let mut ended = std::mem::take(&mut self.ended);
        let mut next = u64::MAX;
        for text in self.keys.values().flat_map(|key| &key.texts) {
            match text.ends_at {
                Some(end) if end > now => next = next.min(end),
                Some(end) if end > self.looked => ended.push(text.number),
                _ => {}
            }
        }
        self.looked = now;
        let wait = Duration::from_millis(next.saturating_sub(now));
        (ended, wait.min(MAX_WAIT))
    }
}
