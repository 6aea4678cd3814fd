//! Times as text.

use tracing_subscriber::fmt::{
    format::Writer,
    time::{FormatTime, SystemTime},
};

/// A time in milliseconds since 1970 (RFC 9110, section 5.6.7).
pub fn of(milliseconds: u64) -> String {
    let since = std::time::Duration::from_millis(milliseconds);
    let time = std::time::UNIX_EPOCH.checked_add(since);
    // The format has four digits for the year.
    let latest = std::time::Duration::from_secs(253_402_300_799);
    httpdate::fmt_http_date(
        time.filter(|_| since <= latest)
            .unwrap_or(std::time::UNIX_EPOCH + latest),
    )
}

/// The current time in UTC (RFC 3339).
pub fn now() -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = SystemTime.format_time(&mut Writer::new(&mut text));
    text
}
