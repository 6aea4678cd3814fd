//! All metrics of a server. `docs/metrics.md` is made from this list.

use crate::metrics::{Kind, Metric};

macro_rules! catalog {
    ($($name:ident: $kind:ident $family:literal $unit:literal [$($label:literal),*] $help:literal;)*) => {
        $(
            #[doc = $help]
            pub static $name: Metric = Metric {
                name: $family,
                kind: Kind::$kind,
                unit: $unit,
                labels: &[$($label),*],
                help: $help,
            };
        )*

        /// All of them, in the order of this file.
        pub static ALL: &[&Metric] = &[$(&$name),*];
    };
}

catalog! {
    CONNECTIONS: Gauge "tidings_connections" "" [] "Open streams of clients.";
    CLIENTS: Gauge "tidings_clients" "" [] "Clients with an open stream.";
    TOPICS: Gauge "tidings_topics" "" [] "Different topics and patterns that streams subscribe to.";
    JOB_VIEWERS: Gauge "tidings_job_viewers" "" [] "Open streams that view a job.";
    STREAMS_OPENED: Counter "tidings_streams_opened" "" [] "Streams that were opened, also those of the panel.";
    STREAMS_CLOSED: Counter "tidings_streams_closed" "" ["reason"] "Streams that have ended. left: the peer closed the connection. lost: the connection broke. The others are reasons of the server.";
    STREAM_BYTES: Counter "tidings_stream_written_bytes" "bytes" [] "Bytes that were written to streams, with the framing of HTTP.";
    STREAMS_BEHIND: Gauge "tidings_streams_behind" "" [] "Streams that are not up to date: they read the log, or their socket is full.";
    SLOW_READERS: Counter "tidings_slow_readers" "" [] "Times that a stream was too slow for its queue, and continued from the log.";
    REPLAYS: Counter "tidings_replays" "" ["cause"] "Streams that got messages from the log. connected: after they were opened. behind: because they were too slow.";
    REPLAY_PAGES: Counter "tidings_replay_pages" "" [] "Pages of messages that were read from the log for streams.";
    REPLAY_BYTES: Counter "tidings_replay_read_bytes" "bytes" [] "Bytes of encoded messages in these pages.";
    GAPS: Counter "tidings_gaps" "" ["reason"] "Gaps that streams were told of: messages that they can't get any more.";
    OUTBOX_MESSAGES: Gauge "tidings_outbox_messages" "" [] "Messages that wait in memory for the threads that write streams.";
    OUTBOX_BYTES: Gauge "tidings_outbox_bytes" "bytes" [] "Bytes of these messages.";
    PUSHES: Counter "tidings_pushes" "" ["audience", "kind"] "Accepted pushes, without repetitions of the same idempotency key.";
    DELIVERIES: Counter "tidings_deliveries" "" [] "Messages handed to streams: one message to ten streams counts ten times.";
    PUSH_DURATION: Histogram "tidings_push_duration_seconds" "seconds" [] "Time from the arrival of a push until it is stored and all connected recipients have it in their queues.";
    DELIVERY_LAG: Histogram "tidings_delivery_lag_seconds" "seconds" [] "Time from the moment when a message was stored until it was written to the streams of one thread, or to one stream that had to wait.";
    LOG_MESSAGES: Gauge "tidings_log_messages" "" [] "Messages in the log, with those that have ended and are kept for the history.";
    LOG_BYTES: Gauge "tidings_log_size_bytes" "bytes" [] "Size of the files of the log.";
    LOG_LIMIT: Gauge "tidings_log_limit_bytes" "bytes" [] "Size above which the oldest messages are deleted (max_log_mb).";
    LOG_OLDEST: Gauge "tidings_log_oldest_message_timestamp_seconds" "seconds" [] "When the oldest message was accepted, as Unix time. 0 if there is none.";
    STATES: Gauge "tidings_topic_states" "" [] "Topics that have a state.";
    SCHEDULED: Gauge "tidings_scheduled_messages" "" [] "Messages that wait until they are to be pushed.";
    LOG_QUEUE: Gauge "tidings_log_queue_messages" "" [] "Messages that wait to be written to the log.";
    LOG_APPENDED: Counter "tidings_log_appended_messages" "" [] "Messages that were written to the log.";
    LOG_APPENDED_BYTES: Counter "tidings_log_appended_bytes" "bytes" [] "Bytes of data in these messages.";
    COMMIT_DURATION: Histogram "tidings_log_commit_duration_seconds" "seconds" [] "Time of a commit of the log, nearly all of which is the fsync of the disk.";
    COMMIT_MESSAGES: Histogram "tidings_log_commit_messages" "" [] "Messages in a commit of the log.";
    LOG_DAMAGED: Gauge "tidings_log_damaged" "" [] "1 if a part of the log can't be read.";
    LOG_FULL: Gauge "tidings_log_disk_full" "" [] "1 if pushes are refused because the disk is full.";
    REQUESTS: Counter "tidings_http_requests" "" ["class"] "Answered requests, by the class of the status. A stream counts when it is opened.";
    ERRORS: Counter "tidings_errors" "" ["code"] "Requests that were refused, by the code of the error.";
    AUTH_FAILURES: Counter "tidings_auth_failures" "" ["kind"] "Requests that were refused because of who sent them.";
    LIMITED: Gauge "tidings_limits_tracked" "" ["limit"] "Addresses, clients and callers that are counted for a limit. Refusals are in tidings_errors, by their code.";
    KEY_PUSHES: Gauge "tidings_key_pushes_today" "" ["key"] "Messages pushed today (UTC) with an API key that has a quota, by its id. Of the 1000 keys that are closest to it.";
    KEY_QUOTA: Gauge "tidings_key_pushes_per_day" "" ["key"] "The quota of these keys.";
    JWKS_READS: Counter "tidings_jwks_reads" "" ["result"] "Times that the keys of an issuer were read (jwks_url).";
    JWKS_KEYS: Gauge "tidings_jwks_keys" "" [] "Keys of the issuer that hold now.";
    JWKS_READ_AT: Gauge "tidings_jwks_last_read_timestamp_seconds" "seconds" [] "When these keys were read, as Unix time. 0 if they never were.";
    ACCESS_LOG_DROPPED: Counter "tidings_access_log_dropped_lines" "" [] "Lines of the access log that were dropped because the disk was too slow.";
    HOOK_ATTEMPTS: Counter "tidings_hook_attempts" "" ["outcome"] "Attempts to deliver an event to a webhook, at the node that delivers. retried: it is tried again. failed: the endpoint has refused it again and again, while it took others.";
    HOOK_DROPPED: Counter "tidings_hook_dropped_events" "" [] "Events of this node that no webhook is told of, because the log took nothing and too many waited.";
    HOOKS: Gauge "tidings_hooks" "" ["state"] "Webhooks by state: active, failing (the last attempt has failed), or paused.";
    HOOK_WAITING: Gauge "tidings_hook_waiting_events" "" ["hook"] "Events that wait for a webhook, by its id, with those that its filter leaves out. Counted up to 10000.";
    HOOK_LOST: Gauge "tidings_hook_lost_events" "" ["hook"] "Events that were removed before a webhook got them, because they were too old or too many.";
    CONNECT_HOOK: Counter "tidings_connect_hook" "" ["result"] "Streams that the connect hook was asked for. failed: it did not answer. cached: an earlier answer held.";
    JOBS: Gauge "tidings_jobs" "" ["state"] "Jobs in the log.";
    READY: Gauge "tidings_ready" "" [] "1 if new streams should come here: see /health/ready.";
    RELOADS: Counter "tidings_config_reloads" "" ["result"] "Times that the settings were read again on SIGHUP.";
    RELOAD_GOOD: Gauge "tidings_config_last_reload_successful" "" [] "0 if the settings that were read last are wrong, so that the old ones still hold.";
    CLUSTER_CONNECTED: Gauge "tidings_cluster_connected" "" [] "1 if this node is connected to a NATS server.";
    CLUSTER_REACHABLE: Gauge "tidings_cluster_reachable" "" [] "1 if what this node publishes to the stream comes back to it.";
    CLUSTER_LAG: Gauge "tidings_cluster_lag_records" "" [] "Records of the stream that this node has not received yet.";
    CLUSTER_RECORD: Gauge "tidings_cluster_received_record" "" [] "Position of the newest record that this node has received.";
    CLUSTER_NODES: Gauge "tidings_cluster_nodes" "" ["state"] "Nodes of the cluster, as this node sees them.";
    CLUSTER_DROPPED: Counter "tidings_cluster_dropped_messages" "" [] "Messages of other nodes that were dropped because this node did not take them in time.";
    CLUSTER_WEAKNESSES: Gauge "tidings_cluster_weaknesses" "" [] "Things that could lose messages although everything works. The panel names them.";
    CLUSTER_JANITOR: Gauge "tidings_cluster_janitor" "" [] "1 if this node decides what is deleted.";
    BUILD: Info "tidings_build" "" ["version", "node"] "The version of the server and the name of the node.";
    START_TIME: Gauge "tidings_start_time_seconds" "seconds" [] "When the server was started, as Unix time.";
    PROCESS_MEMORY: Gauge "process_resident_memory_bytes" "bytes" [] "Resident memory.";
    PROCESS_CPU: Counter "process_cpu_seconds" "seconds" [] "Processor time of all threads.";
    PROCESS_FDS: Gauge "process_open_fds" "" [] "Open file descriptors. Each stream needs one.";
    PROCESS_MAX_FDS: Gauge "process_max_fds" "" [] "Limit of file descriptors.";
    PROCESS_START: Gauge "process_start_time_seconds" "seconds" [] "When the process was started, as Unix time.";
}
