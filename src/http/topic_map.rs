//! The map of all topics, which is made for all panels together.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use crate::registry::{LargestTopics, Registry};

/// Topics on the map.
pub const MAPPED: usize = 60;
/// How long a map is shown. Making it looks at each topic, while nobody else can use the registry.
const MAP_AGE: Duration = Duration::from_secs(10);

/// The map of all topics, made again when it is too old, however many panels are open.
#[derive(Debug, Default)]
pub struct TopicMap(Mutex<Option<(Instant, Arc<LargestTopics>)>>);

impl TopicMap {
    /// The map, not older than some seconds.
    pub fn now(&self, registry: &Registry) -> Arc<LargestTopics> {
        let mut kept = self.0.lock();
        match &*kept {
            Some((made, map)) if made.elapsed() < MAP_AGE => Arc::clone(map),
            _ => {
                let map = Arc::new(registry.largest_topics(MAPPED));
                *kept = Some((Instant::now(), Arc::clone(&map)));
                map
            }
        }
    }
}
