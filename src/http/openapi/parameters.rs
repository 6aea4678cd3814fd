//! Schemas of query parameters that are one of several words.

#![expect(dead_code, reason = "only the schemas of these types are used")]

use utoipa::ToSchema;

/// Which clients a list has.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum ClientState {
    /// Connected clients.
    Online,
    /// All known clients.
    All,
    /// Known clients that are not connected.
    Away,
}

/// The order of a list of clients.
#[derive(ToSchema)]
pub enum ClientOrder {
    /// By id.
    #[schema(rename = "client_id")]
    ClientId,
    /// By id, reversed.
    #[schema(rename = "-client_id")]
    ClientIdReversed,
    /// By the time of the first open connection.
    #[schema(rename = "since")]
    Since,
    /// The same, reversed.
    #[schema(rename = "-since")]
    SinceReversed,
    /// By the number of connections.
    #[schema(rename = "connections")]
    Connections,
    /// The same, reversed.
    #[schema(rename = "-connections")]
    ConnectionsReversed,
}

/// Which kind of recipients messages have.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum MessageAudience {
    /// Clients by name.
    Clients,
    /// A topic.
    Topics,
    /// Everyone.
    Everyone,
}

/// How the audit trail is answered.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum AuditFormat {
    /// One page.
    Json,
    /// All entries, one a line.
    Ndjson,
}

/// The form of an export.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum ExportFormat {
    /// A line of JSON for each message.
    Ndjson,
    /// A table for spreadsheets.
    Csv,
}

/// How messages come on a stream.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Envelope {
    /// Without their types, as one line of JSON each.
    Json,
}
