//! The server's own topics, and the events on them. Admin only.

/// The topic on which the registry reports connects and disconnects.
pub const SYS_CLIENTS: &str = "$sys/clients";
/// On [`SYS_CLIENTS`]: a list of [`ClientInfo`](super::ClientInfo) that changed.
pub const EVENT_CLIENTS: &str = "clients";
/// On [`SYS_CLIENTS`]: too much has changed to send each change. Load the list again.
pub const EVENT_RESYNC: &str = "resync";
/// The topic on which the broker reports pushed messages and changed receipts.
pub const SYS_MESSAGES: &str = "$sys/messages";
/// On [`SYS_MESSAGES`]: a [`MessageInfo`](super::MessageInfo) that was just pushed.
pub const EVENT_PUSHED: &str = "pushed";
/// On [`SYS_MESSAGES`]: a [`MessageInfo`](super::MessageInfo) that was just sent and is not in the log (`ttl: 0`). Its id is
/// empty, and its receipts say only how many connections it was handed to.
pub const EVENT_EPHEMERAL: &str = "ephemeral";
/// On [`SYS_MESSAGES`]: a list of client ids whose receipts have changed.
pub const EVENT_MOVED: &str = "moved";
/// The topic on which the node reports its statistics.
pub const SYS_STATS: &str = "$sys/stats";
/// On [`SYS_STATS`]: a [`Sample`](super::Sample).
pub const EVENT_SAMPLE: &str = "sample";
/// The topic on which the node reports changes of jobs.
pub const SYS_JOBS: &str = "$sys/jobs";
/// On [`SYS_JOBS`]: a list of [`JobInfo`](super::JobInfo) that changed.
pub const EVENT_JOB: &str = "jobs";
/// On [`SYS_JOBS`]: a list of the ids of jobs that were removed.
pub const EVENT_JOBS_REMOVED: &str = "removed";
