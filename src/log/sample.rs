//! Measurements of this node, and marks: moments at which something happened to it. They belong to the node and not to the
//! log, so they are in no record of a cluster.

/// How far apart samples are. The older they are, the coarser: what is asked of the last hour is *when exactly*, and of the
/// last week *how much*. Together about 3,200 rows, or 250 kB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Five seconds, for an hour: as the panel gets them live.
    Fine,
    /// A minute, for a day.
    Minute,
    /// Ten minutes, for a week.
    Coarse,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Fine, Self::Minute, Self::Coarse];

    /// The time between two samples, in seconds.
    pub const fn seconds(self) -> u64 {
        match self {
            Self::Fine => 5,
            Self::Minute => 60,
            Self::Coarse => 600,
        }
    }

    /// How long samples are kept, in milliseconds.
    pub const fn kept(self) -> u64 {
        const HOUR: u64 = 3_600_000;
        match self {
            Self::Fine => HOUR,
            Self::Minute => 24 * HOUR,
            Self::Coarse => 7 * 24 * HOUR,
        }
    }
}

/// Measurements over the time since the sample before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NodeSample {
    /// The end of the interval, in milliseconds since 1970.
    pub at: u64,
    /// Clients connected.
    pub clients: u64,
    /// Connections open.
    pub connections: u64,
    /// Messages accepted, per second.
    pub pushes: f64,
    /// Frames handed to connections, per second.
    pub deliveries: f64,
    /// The median of the delivery latency in milliseconds; none without pushes.
    pub lag_p50: Option<f64>,
    /// Its 99th percentile.
    pub lag_p99: Option<f64>,
    /// Memory of the process in bytes; 0 if the system does not report it.
    pub memory: u64,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// The server was started. The value is its version.
    Started,
    /// The log was found damaged. The value is the first error.
    LogDamaged,
    /// Pushes were refused because the disk was full.
    DiskFull,
    /// Commits of the log took long. The value is their mean duration in milliseconds.
    SlowStorage,
    /// Streams were told of gaps. The value is their number.
    Gaps,
}

impl MarkKind {
    /// All of them. The file has their places here.
    pub const ALL: [Self; 5] = [
        Self::Started,
        Self::LogDamaged,
        Self::DiskFull,
        Self::SlowStorage,
        Self::Gaps,
    ];
}

/// A moment at which something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeMark {
    /// In milliseconds since 1970.
    pub at: u64,
    /// What happened.
    pub kind: MarkKind,
    /// What is known of it: see [`MarkKind`].
    pub value: String,
}

/// What is to be written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewSamples {
    /// Samples, oldest first.
    pub samples: Vec<(Step, NodeSample)>,
    /// Marks, oldest first.
    pub marks: Vec<NodeMark>,
}

impl NewSamples {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty() && self.marks.is_empty()
    }
}
