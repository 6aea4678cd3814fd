//! Schemas of the texts and numbers of the API that have limits, for its description. The server checks the values
//! where it parses a request.

use std::borrow::Cow;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, SchemaFormat, Type},
};

/// Defines the schema of a kind of values. Its documentation becomes the description.
macro_rules! schema {
    ($(#[doc = $doc:literal])+ $name:ident: $schema:expr) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let description = concat!($($doc),+).trim();
                $schema.description(Some(description)).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    };
}

/// The largest whole number that JSON carries exactly everywhere (RFC 8259, section 6).
const MAX_NUMBER: u64 = (1 << 53) - 1;

/// The maximum time to live of a message in seconds: ten years.
pub const MAX_TTL: u64 = 10 * 365 * 24 * 3600;

/// The maximum time in seconds for which a worker may be silent: one day.
pub const MAX_TIMEOUT: u64 = 24 * 3600;

/// A text of 1 to `most` characters.
fn text(most: usize, pattern: &str) -> ObjectBuilder {
    let text = ObjectBuilder::new().schema_type(Type::String);
    text.min_length(Some(1))
        .max_length(Some(most))
        .pattern(Some(pattern))
}

fn whole_number(least: u64, most: u64) -> ObjectBuilder {
    let number = ObjectBuilder::new().schema_type(Type::Integer);
    number.minimum(Some(least)).maximum(Some(most))
}

schema! {
    /// The id of a client, of its own choice: letters, digits, and `. _ ~ : @ -`.
    ClientId: text(128, r"^[A-Za-z0-9._~:@-]+$")
}

schema! {
    /// Clients: an id, a prefix and `*`, or `*` for all.
    ClientPattern: text(129, r"^(?:[A-Za-z0-9._~:@-]{1,128}\*?|\*)$")
}

schema! {
    /// Something that a key may do.
    Action: ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(["listen", "push", "read", "recall", "disconnect", "job", "manage", "metrics"]))
}

schema! {
    /// The name of an API key, for people: not only spaces, and without control characters.
    KeyName: text(100, r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")
}

schema! {
    /// The id of an API key.
    KeyId: text(64, r"^[a-z0-9-]+$")
}

schema! {
    /// The id of a saved list or template.
    SavedId: text(64, r"^[a-z0-9-]+$")
}

schema! {
    /// The name of a saved list or template, for people: not only spaces, and without control characters.
    SavedName: text(100, r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")
}

schema! {
    /// The id of a webhook.
    HookId: text(64, r"^[a-z0-9-]+$")
}

schema! {
    /// The id of an event, as in `webhook-id`.
    HookEventId: text(128, r"^evt_[A-Za-z0-9]+_[0-9a-f]+_[0-9]{1,18}$")
}

schema! {
    /// The URL of a webhook: at most 2048 bytes, without a user and a password.
    HookUrl: text(2048, r"^https?://[^\s/@]+(?:/[^\s]*)?$")
}

schema! {
    /// The name of a webhook, for people: without control characters.
    HookName: ObjectBuilder::new()
        .schema_type(Type::String)
        .max_length(Some(100))
        .pattern(Some(r"^[^\x00-\x1f\x7f-\x9f]*$"))
}

schema! {
    /// A kind of event.
    HookEvent: ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(super::HOOK_EVENTS))
}

schema! {
    /// How requests are signed.
    HookSigning: ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(["hmac", "ed25519"]))
}

schema! {
    /// A secret of Standard Webhooks: `whsec_` and Base64 of 24 to 64 bytes, or `whsk_` and Base64 of an Ed25519 key.
    HookSecret: text(100, r"^wh(?:sec|sk)_[A-Za-z0-9+/]{32,88}={0,2}$")
}

schema! {
    /// The name of a person: letters and digits of any language, and `. _ - @ +`.
    PersonName: text(64, r"^[\p{L}\p{N}._@+-]+$")
}

schema! {
    /// A new password: at least 10 characters, at most 256 bytes of UTF-8, and not the name of the person.
    Password: ObjectBuilder::new().schema_type(Type::String).min_length(Some(10)).max_length(Some(256))
}

schema! {
    /// `false`: it is removed.
    Removed: ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([false]))
}

schema! {
    /// The id of a session.
    SessionId: text(64, r"^[a-z0-9-]+$")
}

schema! {
    /// Seconds after which an API key ends: at most ten years.
    KeyLifetime: whole_number(1, MAX_TTL)
}

schema! {
    /// The name of a topic: at most 512 bytes of UTF-8 without control characters. It is divided into segments by `/`,
    /// and no segment is `*` or `**`. Topics that begin with `$` are published by the server only.
    Topic: text(
        512,
        r"^(?!\$)(?!(?:.*/)?\*{1,2}(?:/|$))[^\x00-\x1f\x7f-\x9f]+$"
    )
}

schema! {
    /// A topic, or a pattern: a segment `*` is any one segment, and a last segment `**` is the rest. At most 512 bytes
    /// of UTF-8 without control characters. Only admins can subscribe to topics that begin with `$`.
    TopicFilter: text(512, r"^(?!(?:.*/)?\*\*/)[^\x00-\x1f\x7f-\x9f]+$")
}

schema! {
    /// A position in the log. It comes in `id:` of an event, or in the answer of a push. Clients do not look inside.
    Cursor: text(83, r"^[A-Za-z0-9]{1,64}-[0-9]{1,18}$")
}

schema! {
    /// Where a stream starts: after a cursor, at the oldest message, with new messages only, or with the messages that
    /// the client has not received.
    StreamStart: text(83, r"^(?:earliest|latest|unread|[A-Za-z0-9]{1,64}-[0-9]{1,18})$")
}

schema! {
    /// The type of an event: at most 128 bytes of UTF-8 without control characters. The names that the stream or an
    /// `EventSource` uses itself are not allowed.
    EventType: text(
        128,
        r"^(?!(?:welcome|ping|gap|reconnect|refused|recall|state|open|error)$)[^\x00-\x1f\x7f-\x9f]+$"
    )
}

schema! {
    /// A key that a program makes for a push: at most 255 bytes of UTF-8 without control characters.
    IdempotencyKey: text(255, r"^[^\x00-\x1f\x7f-\x9f]+$")
}

schema! {
    /// The id of a stream token (`jti`): at most 256 bytes of UTF-8 without control characters.
    TokenId: text(256, r"^[^\x00-\x1f\x7f-\x9f]+$")
}

schema! {
    /// The title of a job, for people: not only spaces, and without control characters.
    JobTitle: text(200, r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")
}

schema! {
    /// Lines for the log of a job: at most 1000, each at most 4096 bytes of UTF-8, without control characters except
    /// tabs.
    JobLines: ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"))
}

schema! {
    /// The id of a job.
    JobId: ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::Custom("uuid".to_owned())))
}

schema! {
    /// The id of a scheduled message.
    ScheduleId: ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::Custom("uuid".to_owned())))
}

schema! {
    /// A cursor, or the id of a scheduled message.
    PushId: text(83, r"^[A-Za-z0-9-]+$")
}

schema! {
    /// A time (RFC 3339), such as `2027-01-31T08:00:00+01:00`.
    Time: ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::DateTime)))
}

schema! {
    /// A place in the list of scheduled messages: `next` of a page.
    SchedulePlace: text(40, r"^[0-9]{1,18}-[0-9]{1,18}$")
}

schema! {
    /// Seconds until a message is pushed: at most what `--max-schedule-days` allows.
    Delay: whole_number(0, MAX_TTL)
}

schema! {
    /// A key for replacement: at most 128 bytes of UTF-8 without control characters.
    ReplaceKey: text(128, r"^[^\x00-\x1f\x7f-\x9f]+$")
}

schema! {
    /// How urgent a message is (RFC 8030, section 5.3).
    Urgency: ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(["very-low", "low", "normal", "high"]))
}

schema! {
    /// A whole number, from 0.
    Number: whole_number(0, MAX_NUMBER)
}

schema! {
    /// A whole number, from 1.
    PositiveNumber: whole_number(1, MAX_NUMBER)
}

schema! {
    /// Seconds for which a message is kept: at most ten years.
    TimeToLive: whole_number(0, MAX_TTL)
}

schema! {
    /// Seconds for which a worker may be silent: at most one day.
    JobTimeout: whole_number(1, MAX_TIMEOUT)
}

schema! {
    /// A state in which jobs have ended, or any of them.
    EndedState: ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(["done", "failed", "cancelled", "ended"]))
}
