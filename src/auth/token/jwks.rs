//! The keys that an issuer publishes at a URL (JWKS, RFC 7517, section 5).
//!
//! They are read at the start, every ten minutes, and when a token names a key that is not known. While they can't be
//! read, the last ones hold: an issuer that is down must not close streams. They are kept in the data folder, so that they
//! hold after a restart too.

use std::{
    convert::Infallible,
    path::Path,
    sync::{Arc, OnceLock},
    time::{Duration, Instant, SystemTime},
};

use arc_swap::{ArcSwap, Guard};
use parking_lot::Mutex;

use super::jwks_file::JwksFile;
use crate::{
    auth::{
        issuer_client,
        limits::{Buckets, Quota},
    },
    config::{SecureUrl, TokenKey, published_keys},
    metrics::CounterFamily,
};

/// How often the keys are read.
const EVERY: Duration = Duration::from_secs(10 * 60);

/// How soon it tries again after a failure.
const AGAIN: Duration = Duration::from_secs(30);

/// How often tokens that name keys that are not known may cause an attempt. Anybody can make such tokens. An issuer may
/// change its key twice in a short time.
const FOR_UNKNOWN: Quota = Quota {
    amount: 3,
    window: Duration::from_secs(90),
};

/// The results of an attempt, as they are counted.
const RESULTS: [&str; 2] = ["success", "failure"];

/// See the module documentation.
#[derive(Debug)]
pub struct Jwks {
    url: SecureUrl,
    /// What is signed with these keys, in words.
    signed: &'static str,
    /// Where the keys are kept.
    file: OnceLock<Arc<JwksFile>>,
    keys: ArcSwap<Vec<TokenKey>>,
    /// Attempts for keys that are not known.
    for_unknown: Buckets<()>,
    /// Locked during every attempt.
    under_way: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    reads: CounterFamily,
}

#[derive(Debug, Default)]
struct State {
    /// Why the last attempt failed, if it did.
    failure: Option<String>,
    /// When the keys were read.
    read_at: Option<SystemTime>,
}

impl Jwks {
    /// No keys yet. `signed`: what is signed with them, in words.
    pub fn new(url: SecureUrl, signed: &'static str) -> Self {
        Self {
            url,
            signed,
            file: OnceLock::new(),
            keys: ArcSwap::default(),
            for_unknown: Buckets::default(),
            under_way: tokio::sync::Mutex::default(),
            state: Mutex::default(),
            reads: CounterFamily::new(&RESULTS),
        }
    }

    /// Takes the keys that were kept in this data folder, and keeps there what is read from now on. A file that is damaged, or
    /// that has the keys of another URL, is ignored, and replaced when the keys were read.
    pub fn keep_in(&self, data: &Path) {
        let file = JwksFile::in_folder(data);
        match file.read(&self.url) {
            Ok(None) => {}
            Ok(Some((keys, read_at))) => {
                self.keys.store(Arc::new(keys));
                self.state.lock().read_at = Some(read_at);
            }
            Err(why) => {
                let file = file.path().display();
                tracing::warn!(%file, "the kept keys are ignored: {why}");
            }
        }
        let _ = self.file.set(Arc::new(file));
    }

    /// The keys that were read last.
    pub fn keys(&self) -> Guard<Arc<Vec<TokenKey>>> {
        self.keys.load()
    }

    /// Attempts to read the keys, by result.
    pub fn reads(&self) -> &CounterFamily {
        &self.reads
    }

    /// When the keys were read. None if they never were.
    pub fn read_at(&self) -> Option<SystemTime> {
        self.state.lock().read_at
    }

    /// What is wrong, in words, if something is.
    pub fn warning(&self) -> Option<String> {
        let state = self.state.lock();
        let failure = state.failure.as_ref()?;
        let (url, signed) = (&self.url, self.signed);
        Some(
            match state.read_at.map(|at| at.elapsed().unwrap_or_default()) {
                Some(age) => format!(
                    "the keys of {signed} can't be read from {url}: {failure}; those of {} hold",
                    ago(age)
                ),
                None => format!(
                    "the keys of {signed} can't be read from {url}: {failure}; until they are, no token of this issuer is valid"
                ),
            },
        )
    }

    /// Reads the keys from time to time, without end. After a failure, it tries again sooner.
    pub async fn keep(self: Arc<Self>) -> Infallible {
        loop {
            let under_way = self.under_way.lock().await;
            self.read().await;
            drop(under_way);
            let failed = self.state.lock().failure.is_some();
            tokio::time::sleep(if failed { AGAIN } else { EVERY }).await;
        }
    }

    /// Reads the keys because a token names one that is not known, unless that was done too often. Waits for an attempt that
    /// is under way, and does not begin another one then.
    pub async fn look_for_key(&self) {
        let finished = || self.reads.counts().map(|(_, count)| count).sum::<u64>();
        let before = finished();
        let _under_way = self.under_way.lock().await;
        if finished() != before {
            return;
        }
        let allowed = self.for_unknown.take((), 1, FOR_UNKNOWN, Instant::now());
        if allowed.is_ok() {
            self.read().await;
        }
    }

    async fn read(&self) {
        let outcome = fetch(&self.url).await;
        let result = RESULTS[usize::from(outcome.is_err())];
        match outcome {
            Ok((keys, answer)) => {
                let now = SystemTime::now();
                self.keys.store(Arc::new(keys));
                let failed = {
                    let mut state = self.state.lock();
                    state.read_at = Some(now);
                    state.failure.take()
                };
                if failed.is_some() {
                    tracing::info!(url = %self.url, "the keys of {} can be read again", self.signed);
                }
                self.store(answer, now).await;
            }
            Err(why) => {
                let mut state = self.state.lock();
                if state.failure.as_ref() != Some(&why) {
                    tracing::warn!(url = %self.url, why, "the keys of {} can't be read", self.signed);
                }
                state.failure = Some(why);
            }
        }
        // Last: whoever sees the count finds the keys, also in the file.
        self.reads.inc(result);
    }

    /// Keeps what the issuer has answered. If that fails, the keys hold until the next restart.
    async fn store(&self, answer: Vec<u8>, now: SystemTime) {
        let Some(file) = self.file.get().cloned() else {
            return;
        };
        let url = self.url.clone();
        let write = move || {
            let written = file.write(&url, &answer, now);
            written.map_err(|why| (file, why))
        };
        if let Ok(Err((file, why))) = tokio::task::spawn_blocking(write).await {
            let file = file.path().display();
            tracing::warn!(%file, "the keys can't be kept: {why}");
        }
    }
}

/// How long ago something was, in words.
fn ago(age: Duration) -> String {
    let minutes = age.as_secs() / 60;
    match minutes {
        0..120 => format!("{minutes} minutes ago"),
        120..2_880 => format!("{} hours ago", minutes / 60),
        _ => format!("{} days ago", minutes / 1_440),
    }
}

/// Reads the keys. Returns them with the answer.
async fn fetch(url: &SecureUrl) -> Result<(Vec<TokenKey>, Vec<u8>), String> {
    let accepted = "application/jwk-set+json, application/json";
    let (status, body) = issuer_client::get(url, accepted).await?;
    if !status.is_success() {
        return Err(format!("it answers {status}"));
    }
    let keys = published_keys(&body).map_err(|why| why.to_string())?;
    Ok((keys, body))
}
