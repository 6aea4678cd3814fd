//! The names that a cluster uses in NATS: its stream and its subjects. They follow from the name of the cluster.

/// The names of one cluster.
#[derive(Clone, Debug)]
pub struct Subjects {
    cluster: String,
}

impl Subjects {
    /// The names for `--cluster-name`.
    pub fn new(cluster: &str) -> Self {
        Self {
            cluster: cluster.to_owned(),
        }
    }

    /// The stream that all nodes follow. A name of a stream has no dots; `-` is replaced so that it can be typed
    /// anywhere. Two clusters cannot get one stream, because the name of a cluster has no `_`.
    pub fn stream(&self) -> String {
        format!("TIDINGS_{}", self.cluster.to_uppercase().replace('-', "_"))
    }

    /// The subject of the records in the stream.
    pub fn records(&self) -> String {
        self.of("r")
    }

    /// The subject on which every node says once a second that it is there. Nothing there is stored.
    pub fn heartbeats(&self) -> String {
        self.of("hb")
    }

    /// The subject of what is sent to all other nodes and not stored.
    pub fn broadcast(&self) -> String {
        self.of("e")
    }

    /// The subject of what is sent to one run of a node and not stored.
    pub fn run(&self, boot: u64) -> String {
        self.of(&format!("b.{boot:016x}"))
    }

    /// The subject of questions to one node.
    pub fn node(&self, node: &str) -> String {
        self.of(&format!("n.{node}"))
    }

    /// The subject of questions to one node for a copy of its log.
    pub fn copies(&self, node: &str) -> String {
        self.of(&format!("s.{node}"))
    }

    fn of(&self, rest: &str) -> String {
        format!("t.{}.{rest}", self.cluster)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_from_the_name_of_the_cluster() {
        let subjects = Subjects::new("west-2");
        assert_eq!(subjects.stream(), "TIDINGS_WEST_2");
        assert_eq!(subjects.records(), "t.west-2.r");
        assert_eq!(subjects.node("n1"), "t.west-2.n.n1");
    }
}
