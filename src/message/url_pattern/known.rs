//! The compiled patterns that are in use, each once. A filter has only its text.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use arcstr::ArcStr;
use parking_lot::Mutex;
use url::Url;

use super::{InvalidUrlPattern, UrlPattern};

/// How many patterns are kept that nobody uses, at least.
const SPARE: usize = 256;

#[derive(Default)]
struct Known {
    patterns: HashMap<ArcStr, Arc<UrlPattern>>,
    /// At this number, those that nobody uses are removed.
    full: usize,
}

static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

/// The compiled pattern of a filter with this text, which has the URL of the hub and the pattern in it. Whoever keeps it makes
/// sure that it is not compiled again.
pub fn known(text: &ArcStr, parts: (&str, &str)) -> Result<Arc<UrlPattern>, InvalidUrlPattern> {
    if let Some(pattern) = KNOWN.lock().patterns.get(text) {
        return Ok(Arc::clone(pattern));
    }
    let (base, pattern) = parts;
    let base = Url::parse(base).map_err(|_| InvalidUrlPattern)?;
    let pattern = Arc::new(UrlPattern::compile(pattern, &base)?);
    let mut known = KNOWN.lock();
    if known.patterns.len() >= known.full {
        known
            .patterns
            .retain(|_, pattern| Arc::strong_count(pattern) > 1);
        known.full = known.patterns.len() * 2 + SPARE;
    }
    let pattern = known.patterns.entry(text.clone()).or_insert(pattern);
    Ok(Arc::clone(pattern))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_nobody_uses_are_removed() {
        let base = "https://hub.example.com/.well-known/mercure";
        let get = |number: usize| {
            let pattern = format!("/known/{number}/:id");
            let text = ArcStr::from(format!("{base} {pattern}"));
            known(&text, (base, &pattern)).expect("a pattern")
        };
        let kept = get(0);
        for number in 1..SPARE * 20 {
            get(number);
        }
        assert!(Arc::ptr_eq(&kept, &get(0)));
        // Other tests use some as well.
        let count = KNOWN.lock().patterns.len();
        assert!(count < SPARE * 10, "{count}");
    }
}
