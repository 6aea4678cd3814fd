//! What streams may do without a token.

use clap::Args;

/// Streams without a token. `auth::Anonymous` is made from these texts.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Access")]
pub struct AnonymousSettings {
    /// Topic or pattern, such as news/**, that streams without a token may subscribe to. Where streams need a token, one
    /// that shows none is then opened all the same, if its client id is a UUID, and is refused all other topics. Where they
    /// need none, they may only subscribe to these. Repeat the flag or separate topics with commas.
    #[arg(long, value_delimiter = ',', value_name = "TOPIC")]
    pub anonymous_topic: Vec<String>,

    /// Client ids that need a token: an id, a prefix such as user:*, or * for all. Only a stream token of this client, or an
    /// API key that may listen as it, opens a stream. Repeat the flag or separate ids with commas.
    #[arg(long, value_delimiter = ',', value_name = "CLIENT")]
    pub require_token_for: Vec<String>,
}
