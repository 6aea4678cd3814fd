//! `tidings token`.

use std::{
    io::{self, Write},
    time::{Duration, SystemTime},
};

use anyhow::Context;
use clap::{ArgMatches, Args};

use crate::{
    auth::sign,
    config::StreamSecret,
    message::{ClientId, TopicFilter},
};

/// The longest lifetime of a token: ten years.
const MAX_TTL: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// The client of the token, and what it may subscribe to.
#[derive(Args)]
pub struct Token {
    /// Client that may subscribe with the token.
    #[arg(long, value_name = "ID", value_parser = |text: &str| ClientId::parse(text))]
    client_id: ClientId,

    /// Topic or pattern that it may subscribe to, with everything that the pattern contains. Repeat the flag for more.
    /// Without it, the client gets only direct messages and messages to everyone.
    #[arg(long, value_name = "TOPIC", value_parser = grantable)]
    topic: Vec<TopicFilter>,

    /// Lifetime: a number with s, m, h or d. Streams that use the token are closed when it expires.
    #[arg(long, default_value = "1h", value_name = "TIME", value_parser = duration)]
    ttl: Duration,

    #[command(flatten)]
    secret: StreamSecret,
}

/// Creates a stream token and prints it.
pub fn run(token: Token, matches: &ArgMatches) -> anyhow::Result<()> {
    let secret = token.secret.read(matches)?.context(
        "there is no stream secret: set --stream-secret (TIDINGS_STREAM_SECRET) to the one of the server",
    )?;
    let expires_at = (SystemTime::now() + token.ttl).duration_since(SystemTime::UNIX_EPOCH)?;
    let (client_id, topics) = (&token.client_id, &token.topic);
    let jwt = sign(&secret, client_id, topics, expires_at.as_secs());
    writeln!(io::stdout(), "{jwt}").context("the token could not be printed")
}

fn grantable(text: &str) -> Result<TopicFilter, String> {
    let filter = TopicFilter::parse(text).map_err(|why| why.to_string())?;
    match filter.is_reserved() {
        true => Err("topics that begin with $ are for admins only".to_owned()),
        false => Ok(filter),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => {
            return Err("write a number with s, m, h or d, such as 90s, 15m, 1h or 30d".to_owned());
        }
    };
    let number = digits.parse::<u64>().map_err(|why| why.to_string())?;
    match number.checked_mul(unit).map(Duration::from_secs) {
        Some(time) if !time.is_zero() && time <= MAX_TTL => Ok(time),
        _ => Err("the lifetime must be between 1 second and 10 years".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_has_a_unit() {
        let seconds = |text| duration(text).map(|time| time.as_secs()).ok();
        assert_eq!(seconds("90"), Some(90));
        assert_eq!(seconds("90s"), Some(90));
        assert_eq!(seconds("15m"), Some(900));
        assert_eq!(seconds("1h"), Some(3600));
        assert_eq!(seconds("30d"), Some(2_592_000));
        for text in [
            "",
            "h",
            "0",
            "-1h",
            "1.5h",
            "1w",
            "99999999999999999999d",
            "4000d",
            "1hé",
        ] {
            assert_eq!(seconds(text), None, "{text:?}");
        }
    }
}
