//! Every kind of refusal there is.

use axum::http::StatusCode;

/// Every kind of refusal, named after the answer. The code is what programs may branch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// A field, parameter or header has a value that it can't have.
    InvalidField,
    /// A field or parameter is missing.
    MissingField,
    /// A field that nobody knows: most likely a slip of the pen.
    UnknownField,
    /// The body is not JSON at all.
    InvalidJson,
    /// The body is of another content type.
    UnsupportedMediaType,
    /// No such route.
    NotFound,
    /// The route is there, the method is not.
    MethodNotAllowed,
    /// Nobody has heard of this client.
    ClientUnknown,
    /// The client has no connection here.
    ClientNotConnected,
    /// Nobody whom the push is for is connected, and it asked for that.
    NobodyOnline,
    /// The idempotency key came with another push before.
    IdempotencyKeyReused,
    /// There is no such message, or not any more.
    MessageUnknown,
    /// There is no such job, or not any more.
    JobUnknown,
    /// The job has ended: nothing comes after that.
    JobEnded,
    /// The job follows a push, so the server itself reports on it.
    JobTracked,
    /// As many jobs are running as may.
    TooManyJobs,
    /// The disk is full: nothing can be kept until there is room.
    StorageFull,
    /// The log can't be written or read at this moment.
    LogUnavailable,
    /// A topic under `$sys/` is the server's own.
    ReservedTopic,
    /// No credential, or one that is not valid.
    Unauthorized,
    /// A valid credential that does not reach as far.
    Forbidden,
    /// The request came from a page of another site.
    CrossSite,
    /// The request names a host that this server is not.
    UnknownHost,
    /// Too many wrong tokens; wait.
    TooManyTries,
    /// The body is over its limit.
    MessageTooLarge,
    /// The URL is over its limit.
    UrlTooLong,
    /// The header fields are over their limit.
    HeadersTooLarge,
    /// More ids in one push than the limit.
    TooManyIds,
    /// More topics on one connection than the limit.
    TooManyTopics,
    /// More connections of this client than the limit.
    TooManyConnectionsOfClient,
    /// More connections in all than the limit.
    TooManyConnections,
    /// The request took too long to arrive.
    RequestTimeout,
    /// The server is on its way down.
    ShuttingDown,
    /// Something broke on our side; the log says what.
    Internal,
}

impl Code {
    /// Every kind, in the order of their declaration. `/docs` explains each where its link leads.
    pub const ALL: [Self; 34] = [
        Self::InvalidField,
        Self::MissingField,
        Self::UnknownField,
        Self::InvalidJson,
        Self::UnsupportedMediaType,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::ClientUnknown,
        Self::ClientNotConnected,
        Self::NobodyOnline,
        Self::IdempotencyKeyReused,
        Self::MessageUnknown,
        Self::JobUnknown,
        Self::JobEnded,
        Self::JobTracked,
        Self::TooManyJobs,
        Self::StorageFull,
        Self::LogUnavailable,
        Self::ReservedTopic,
        Self::Unauthorized,
        Self::Forbidden,
        Self::CrossSite,
        Self::UnknownHost,
        Self::TooManyTries,
        Self::MessageTooLarge,
        Self::UrlTooLong,
        Self::HeadersTooLarge,
        Self::TooManyIds,
        Self::TooManyTopics,
        Self::TooManyConnectionsOfClient,
        Self::TooManyConnections,
        Self::RequestTimeout,
        Self::ShuttingDown,
        Self::Internal,
    ];

    /// The status, the code as text, and the kind in a few words.
    pub(in crate::http) fn parts(self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Self::InvalidField => (
                S::UNPROCESSABLE_ENTITY,
                "invalid_field",
                "A value is not valid",
            ),
            Self::MissingField => (
                S::UNPROCESSABLE_ENTITY,
                "missing_field",
                "Something is missing",
            ),
            Self::UnknownField => (
                S::UNPROCESSABLE_ENTITY,
                "unknown_field",
                "Nobody knows this field",
            ),
            Self::InvalidJson => (S::BAD_REQUEST, "invalid_json", "The body is not JSON"),
            Self::UnsupportedMediaType => (
                S::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "This content type is not read here",
            ),
            Self::NotFound => (S::NOT_FOUND, "not_found", "There is nothing here"),
            Self::MethodNotAllowed => (
                S::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "Not with this method",
            ),
            Self::ClientUnknown => (
                S::NOT_FOUND,
                "client_unknown",
                "Nobody has heard of this client",
            ),
            Self::NobodyOnline => (S::CONFLICT, "nobody_online", "Nobody is connected"),
            Self::IdempotencyKeyReused => (
                S::CONFLICT,
                "idempotency_key_reused",
                "The key belongs to another push",
            ),
            Self::MessageUnknown => (S::NOT_FOUND, "message_unknown", "There is no such message"),
            Self::JobUnknown => (S::NOT_FOUND, "job_unknown", "There is no such job"),
            Self::JobEnded => (S::CONFLICT, "job_ended", "The job has ended"),
            Self::JobTracked => (S::CONFLICT, "job_tracked", "The job follows a push"),
            Self::TooManyJobs => (
                S::TOO_MANY_REQUESTS,
                "too_many_jobs",
                "Too many jobs are running",
            ),
            Self::StorageFull => (S::INSUFFICIENT_STORAGE, "storage_full", "The disk is full"),
            Self::LogUnavailable => (
                S::SERVICE_UNAVAILABLE,
                "log_unavailable",
                "The log does not answer",
            ),
            Self::ClientNotConnected => (
                S::NOT_FOUND,
                "client_not_connected",
                "The client is not connected",
            ),
            Self::ReservedTopic => (
                S::FORBIDDEN,
                "reserved_topic",
                "This topic is the server's own",
            ),
            Self::Unauthorized => (S::UNAUTHORIZED, "unauthorized", "A valid token is needed"),
            Self::Forbidden => (
                S::FORBIDDEN,
                "forbidden",
                "This token does not reach as far",
            ),
            Self::CrossSite => (S::FORBIDDEN, "cross_site", "Not from another site"),
            Self::UnknownHost => (
                S::MISDIRECTED_REQUEST,
                "unknown_host",
                "This server is not that host",
            ),
            Self::TooManyTries => (
                S::TOO_MANY_REQUESTS,
                "too_many_tries",
                "Too many wrong tokens",
            ),
            Self::MessageTooLarge => (
                S::PAYLOAD_TOO_LARGE,
                "message_too_large",
                "The body is too large",
            ),
            Self::UrlTooLong => (S::URI_TOO_LONG, "url_too_long", "The URL is too long"),
            Self::HeadersTooLarge => (
                S::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "headers_too_large",
                "The header fields are too large",
            ),
            Self::TooManyIds => (
                S::UNPROCESSABLE_ENTITY,
                "too_many_ids",
                "Too many clients in one push",
            ),
            Self::TooManyTopics => (
                S::UNPROCESSABLE_ENTITY,
                "too_many_topics",
                "Too many topics on one connection",
            ),
            Self::TooManyConnectionsOfClient => (
                S::TOO_MANY_REQUESTS,
                "too_many_connections_of_client",
                "This client has too many connections",
            ),
            Self::TooManyConnections => (
                S::SERVICE_UNAVAILABLE,
                "too_many_connections",
                "The server has all the connections it may have",
            ),
            Self::RequestTimeout => (
                S::REQUEST_TIMEOUT,
                "request_timeout",
                "The request took too long to arrive",
            ),
            Self::ShuttingDown => (
                S::SERVICE_UNAVAILABLE,
                "shutting_down",
                "The server is on its way down",
            ),
            Self::Internal => (
                S::INTERNAL_SERVER_ERROR,
                "internal",
                "Something broke on our side",
            ),
        }
    }
}
