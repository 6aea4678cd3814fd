//! The error codes of the API.

use axum::http::StatusCode;

/// An error code. Programs may depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// A field, parameter or header has an invalid value.
    InvalidField,
    /// A field or parameter is missing.
    MissingField,
    /// A field that does not exist: most likely a typing error.
    UnknownField,
    /// The body is not JSON.
    InvalidJson,
    /// The body is of another content type.
    UnsupportedMediaType,
    /// The body has a content coding that is not read here.
    UnsupportedContentCoding,
    /// The body is not what its content coding says.
    InvalidContentCoding,
    /// The head of the request is not valid HTTP.
    InvalidRequest,
    /// No such route.
    NotFound,
    /// The route does not support the method.
    MethodNotAllowed,
    /// The client has never connected, and no message is for it.
    ClientUnknown,
    /// The client has no connection here.
    ClientNotConnected,
    /// No recipient of the push is connected, and the push required one (`require_online`).
    NobodyOnline,
    /// The idempotency key was used with another push before.
    IdempotencyKeyReused,
    /// There is no such message, or not any more.
    MessageUnknown,
    /// The cursor belongs to another log.
    UnknownEpoch,
    /// There is no such job, or not any more.
    JobUnknown,
    /// The job has ended and can't change any more.
    JobEnded,
    /// More steps are done than the job has.
    StepOverTotal,
    /// A line has a number that is not the next one of the log of the job.
    LineAhead,
    /// The job tracks a push, so only the server reports on it.
    JobTracked,
    /// The job can't be tried again: it has not failed, or its worker has not said how.
    JobNotRetried,
    /// The limit of running jobs is reached.
    TooManyJobs,
    /// There is no scheduled message with this id, or it was cancelled.
    ScheduleUnknown,
    /// The scheduled message was pushed, and can't be changed any more.
    ScheduleSent,
    /// The topic has no state.
    StateUnknown,
    /// So many messages are scheduled that no more are accepted (`max_scheduled`).
    TooManyScheduled,
    /// So many topics have a state that no more are accepted (`max_states`). Remove some.
    TooManyStates,
    /// The disk is full. Messages are accepted again when there is space.
    StorageFull,
    /// The log can't be written or read now.
    LogUnavailable,
    /// The stream of the cluster can't be reached. What was asked for may have been done: ask again, pushes with an
    /// idempotency key.
    ClusterUnavailable,
    /// This part of the log is damaged. The rest can be read.
    LogDamaged,
    /// Topics under `$` are published by the server only.
    ReservedTopic,
    /// There is no such API key, or not any more.
    KeyUnknown,
    /// There is no such saved list, or not any more.
    ListUnknown,
    /// There is no such template, or not any more.
    TemplateUnknown,
    /// There is the maximum number of saved lists, or of templates.
    TooManySaved,
    /// There is no such webhook.
    HookUnknown,
    /// There is no such event for webhooks.
    HookEventUnknown,
    /// There is the maximum number of webhooks.
    TooManyHooks,
    /// The connect hook does not allow the stream.
    ConnectDenied,
    /// The connect hook has not answered.
    ConnectHookUnavailable,
    /// There is no such person, or not any more.
    PersonUnknown,
    /// Another person, list or template has this name.
    NameTaken,
    /// There is no such session, or not any more.
    SessionUnknown,
    /// API keys and people need an admin token, and none is configured.
    AdminTokenNeeded,
    /// No credential, or one that is not valid.
    Unauthorized,
    /// The password is right, but the person has a second factor, and its code is missing.
    CodeNeeded,
    /// The credential is valid, but does not allow this.
    Forbidden,
    /// The OpenID Connect issuer can't be used now.
    IssuerUnavailable,
    /// The request came from a page of another site.
    CrossSite,
    /// The request names a host that is not this server.
    UnknownHost,
    /// Too many wrong tokens came from this address.
    TooManyTries,
    /// This address has opened too many streams in the last minute.
    TooManyOpens,
    /// This client has opened too many streams in the last minute.
    TooManyOpensOfClient,
    /// The caller has pushed too many messages in the last seconds.
    TooManyPushes,
    /// The caller has pushed too many bytes in the last seconds.
    TooManyPushBytes,
    /// The API key has pushed all that it may push on one day (`pushes_per_day`). A day begins at midnight UTC.
    QuotaUsedUp,
    /// The body is over its limit.
    MessageTooLarge,
    /// The URL is over its limit.
    UrlTooLong,
    /// The header fields are over their limit.
    HeadersTooLarge,
    /// One push names more clients than the limit.
    TooManyIds,
    /// One connection has more topics than the limit.
    TooManyTopics,
    /// The client has reached its limit of connections.
    TooManyConnectionsOfClient,
    /// The address has reached its limit of streams.
    TooManyConnectionsOfAddress,
    /// The server has reached its limit of connections.
    TooManyConnections,
    /// The request took too long to arrive.
    RequestTimeout,
    /// The server is shutting down.
    ShuttingDown,
    /// An error in the server. Details are in its log, not in the response.
    Internal,
}

impl Code {
    /// All codes, in the order of their declaration. `/docs` has a row for each.
    pub const ALL: [Self; 69] = [
        Self::InvalidField,
        Self::MissingField,
        Self::UnknownField,
        Self::InvalidJson,
        Self::UnsupportedMediaType,
        Self::UnsupportedContentCoding,
        Self::InvalidContentCoding,
        Self::InvalidRequest,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::ClientUnknown,
        Self::ClientNotConnected,
        Self::NobodyOnline,
        Self::IdempotencyKeyReused,
        Self::MessageUnknown,
        Self::UnknownEpoch,
        Self::JobUnknown,
        Self::JobEnded,
        Self::StepOverTotal,
        Self::LineAhead,
        Self::JobTracked,
        Self::JobNotRetried,
        Self::TooManyJobs,
        Self::ScheduleUnknown,
        Self::ScheduleSent,
        Self::StateUnknown,
        Self::TooManyScheduled,
        Self::TooManyStates,
        Self::StorageFull,
        Self::LogUnavailable,
        Self::ClusterUnavailable,
        Self::LogDamaged,
        Self::ReservedTopic,
        Self::KeyUnknown,
        Self::ListUnknown,
        Self::TemplateUnknown,
        Self::TooManySaved,
        Self::HookUnknown,
        Self::HookEventUnknown,
        Self::TooManyHooks,
        Self::ConnectDenied,
        Self::ConnectHookUnavailable,
        Self::PersonUnknown,
        Self::NameTaken,
        Self::SessionUnknown,
        Self::AdminTokenNeeded,
        Self::Unauthorized,
        Self::CodeNeeded,
        Self::Forbidden,
        Self::IssuerUnavailable,
        Self::CrossSite,
        Self::UnknownHost,
        Self::TooManyTries,
        Self::TooManyOpens,
        Self::TooManyOpensOfClient,
        Self::TooManyPushes,
        Self::TooManyPushBytes,
        Self::QuotaUsedUp,
        Self::MessageTooLarge,
        Self::UrlTooLong,
        Self::HeadersTooLarge,
        Self::TooManyIds,
        Self::TooManyTopics,
        Self::TooManyConnectionsOfClient,
        Self::TooManyConnectionsOfAddress,
        Self::TooManyConnections,
        Self::RequestTimeout,
        Self::ShuttingDown,
        Self::Internal,
    ];

    /// The code as text.
    pub(in crate::http) fn as_str(self) -> &'static str {
        self.parts().1
    }

    /// The status, the code as text, and a title.
    pub fn name(self) -> &'static str {
        self.parts().1
    }

    /// The status of a response with it.
    pub fn status(self) -> StatusCode {
        self.parts().0
    }

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
                "A required field is missing",
            ),
            Self::UnknownField => (
                S::UNPROCESSABLE_ENTITY,
                "unknown_field",
                "There is no such field",
            ),
            Self::InvalidJson => (S::BAD_REQUEST, "invalid_json", "The body is not JSON"),
            Self::UnsupportedMediaType => (
                S::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "This content type is not supported",
            ),
            Self::UnsupportedContentCoding => (
                S::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_content_coding",
                "This content coding is not supported",
            ),
            Self::InvalidContentCoding => (
                S::BAD_REQUEST,
                "invalid_content_coding",
                "The body can't be decompressed",
            ),
            Self::InvalidRequest => (
                S::BAD_REQUEST,
                "invalid_request",
                "The request is not valid HTTP",
            ),
            Self::NotFound => (S::NOT_FOUND, "not_found", "There is nothing here"),
            Self::MethodNotAllowed => (
                S::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "The method is not allowed here",
            ),
            Self::ClientUnknown => (S::NOT_FOUND, "client_unknown", "There is no such client"),
            Self::NobodyOnline => (S::CONFLICT, "nobody_online", "No recipient is connected"),
            Self::IdempotencyKeyReused => (
                S::CONFLICT,
                "idempotency_key_reused",
                "The idempotency key was used with another push",
            ),
            Self::MessageUnknown => (S::NOT_FOUND, "message_unknown", "There is no such message"),
            Self::UnknownEpoch => (
                S::CONFLICT,
                "unknown_epoch",
                "The cursor belongs to another log",
            ),
            Self::JobUnknown => (S::NOT_FOUND, "job_unknown", "There is no such job"),
            Self::JobEnded => (S::CONFLICT, "job_ended", "The job has ended"),
            Self::StepOverTotal => (
                S::CONFLICT,
                "step_over_total",
                "More steps are done than the job has",
            ),
            Self::LineAhead => (S::CONFLICT, "line_ahead", "Lines of the log are missing"),
            Self::JobTracked => (S::CONFLICT, "job_tracked", "The job tracks a push"),
            Self::JobNotRetried => (
                S::CONFLICT,
                "job_not_retried",
                "The job can't be tried again",
            ),
            Self::TooManyJobs => (
                S::TOO_MANY_REQUESTS,
                "too_many_jobs",
                "Too many jobs are running",
            ),
            Self::ScheduleUnknown => (
                S::NOT_FOUND,
                "schedule_unknown",
                "There is no such scheduled message",
            ),
            Self::ScheduleSent => (
                S::CONFLICT,
                "schedule_sent",
                "The scheduled message was pushed",
            ),
            Self::StateUnknown => (S::NOT_FOUND, "state_unknown", "The topic has no state"),
            Self::TooManyScheduled => (
                S::TOO_MANY_REQUESTS,
                "too_many_scheduled",
                "Too many messages are scheduled",
            ),
            Self::TooManyStates => (
                S::TOO_MANY_REQUESTS,
                "too_many_states",
                "Too many topics have a state",
            ),
            Self::StorageFull => (S::INSUFFICIENT_STORAGE, "storage_full", "The disk is full"),
            Self::ClusterUnavailable => (
                S::SERVICE_UNAVAILABLE,
                "cluster_unavailable",
                "The cluster can't be reached",
            ),
            Self::LogUnavailable => (
                S::SERVICE_UNAVAILABLE,
                "log_unavailable",
                "The log is not available",
            ),
            Self::LogDamaged => (
                S::SERVICE_UNAVAILABLE,
                "log_damaged",
                "A part of the log is damaged",
            ),
            Self::ClientNotConnected => (
                S::NOT_FOUND,
                "client_not_connected",
                "The client is not connected",
            ),
            Self::ReservedTopic => (S::FORBIDDEN, "reserved_topic", "This topic is reserved"),
            Self::KeyUnknown => (S::NOT_FOUND, "key_unknown", "There is no such API key"),
            Self::ListUnknown => (S::NOT_FOUND, "list_unknown", "There is no such list"),
            Self::TemplateUnknown => (
                S::NOT_FOUND,
                "template_unknown",
                "There is no such template",
            ),
            Self::TooManySaved => (
                S::CONFLICT,
                "too_many_saved",
                "There are too many lists or templates",
            ),
            Self::HookUnknown => (S::NOT_FOUND, "hook_unknown", "There is no such webhook"),
            Self::HookEventUnknown => (
                S::NOT_FOUND,
                "hook_event_unknown",
                "There is no such event for webhooks",
            ),
            Self::TooManyHooks => (S::CONFLICT, "too_many_hooks", "There are too many webhooks"),
            Self::ConnectDenied => (
                S::FORBIDDEN,
                "connect_denied",
                "The back end does not allow this stream",
            ),
            Self::ConnectHookUnavailable => (
                S::SERVICE_UNAVAILABLE,
                "connect_hook_unavailable",
                "The back end that allows streams does not answer",
            ),
            Self::PersonUnknown => (S::NOT_FOUND, "person_unknown", "There is no such person"),
            Self::NameTaken => (S::CONFLICT, "name_taken", "The name is taken"),
            Self::SessionUnknown => (S::NOT_FOUND, "session_unknown", "There is no such session"),
            Self::AdminTokenNeeded => (
                S::CONFLICT,
                "admin_token_needed",
                "API keys and people need an admin token",
            ),
            Self::Unauthorized => (S::UNAUTHORIZED, "unauthorized", "A valid token is needed"),
            Self::CodeNeeded => (
                S::UNAUTHORIZED,
                "code_needed",
                "The code of the second factor is needed",
            ),
            Self::Forbidden => (S::FORBIDDEN, "forbidden", "This token does not allow it"),
            Self::IssuerUnavailable => (
                S::SERVICE_UNAVAILABLE,
                "issuer_unavailable",
                "The OpenID Connect issuer can't be used now",
            ),
            Self::CrossSite => (
                S::FORBIDDEN,
                "cross_site",
                "Requests from other sites are not allowed",
            ),
            Self::UnknownHost => (
                S::MISDIRECTED_REQUEST,
                "unknown_host",
                "The host name is not one of this server",
            ),
            Self::TooManyTries => (
                S::TOO_MANY_REQUESTS,
                "too_many_tries",
                "Too many wrong tokens",
            ),
            Self::TooManyOpens => (
                S::TOO_MANY_REQUESTS,
                "too_many_opens",
                "Too many streams were opened from this address",
            ),
            Self::TooManyOpensOfClient => (
                S::TOO_MANY_REQUESTS,
                "too_many_opens_of_client",
                "This client has opened too many streams",
            ),
            Self::TooManyPushes => (
                S::TOO_MANY_REQUESTS,
                "too_many_pushes",
                "Too many messages were pushed",
            ),
            Self::TooManyPushBytes => (
                S::TOO_MANY_REQUESTS,
                "too_many_push_bytes",
                "Too many bytes were pushed",
            ),
            Self::QuotaUsedUp => (
                S::TOO_MANY_REQUESTS,
                "quota_used_up",
                "The quota of this day is used up",
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
            Self::TooManyConnectionsOfAddress => (
                S::TOO_MANY_REQUESTS,
                "too_many_connections_of_address",
                "This address has too many connections",
            ),
            Self::TooManyConnections => (
                S::SERVICE_UNAVAILABLE,
                "too_many_connections",
                "The server has too many connections",
            ),
            Self::RequestTimeout => (
                S::REQUEST_TIMEOUT,
                "request_timeout",
                "The request took too long to arrive",
            ),
            Self::ShuttingDown => (
                S::SERVICE_UNAVAILABLE,
                "shutting_down",
                "The server is shutting down",
            ),
            Self::Internal => (S::INTERNAL_SERVER_ERROR, "internal", "Internal error"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_texts_for_codes_that_exist() {
        for text in app::problem_codes() {
            let exists = Code::ALL.iter().any(|code| code.name() == *text);
            assert!(exists, "{text}");
        }
    }
}
