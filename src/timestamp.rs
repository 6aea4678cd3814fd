//! Times as text.

use std::time::{Duration, UNIX_EPOCH};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tracing_subscriber::fmt::{
    format::Writer,
    time::{FormatTime, SystemTime},
};

/// The last second of the year 9999, since 1970: the formats have four digits for the year.
const LATEST: u64 = 253_402_300_799;

/// A time in milliseconds since 1970 (RFC 9110, section 5.6.7).
pub fn of(milliseconds: u64) -> String {
    let since = Duration::from_millis(milliseconds).min(Duration::from_secs(LATEST));
    httpdate::fmt_http_date(UNIX_EPOCH + since)
}

/// The current time in UTC (RFC 3339).
pub fn now() -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = SystemTime.format_time(&mut Writer::new(&mut text));
    text
}

/// A time in milliseconds since 1970 in UTC (RFC 3339), with whole seconds.
pub fn rfc3339(milliseconds: u64) -> String {
    let seconds = (milliseconds / 1000).min(LATEST);
    let time = OffsetDateTime::from_unix_timestamp(seconds.cast_signed());
    let text = time.map(|time| time.format(&Rfc3339));
    text.ok()
        .and_then(Result::ok)
        .unwrap_or_else(|| unreachable!("the year has four digits"))
}

/// The same with milliseconds.
pub fn rfc3339_with_milliseconds(milliseconds: u64) -> String {
    let seconds = rfc3339(milliseconds);
    format!(
        "{}.{:03}Z",
        seconds.trim_end_matches('Z'),
        milliseconds % 1000
    )
}

/// Parses a time (RFC 3339) into milliseconds since 1970. None if it is none, or before 1970. A leap second is the second after.
pub fn parse(text: &str) -> Option<u64> {
    // The library takes anything between date and time.
    if !matches!(text.as_bytes().get(10)?, b'T' | b't' | b' ') {
        return None;
    }
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    // For the library it is the last nanosecond of the second before.
    let is_leap_second = text.get(17..19) == Some("60");
    let nanoseconds = time.unix_timestamp_nanos() + i128::from(is_leap_second);
    let nanoseconds = u128::try_from(nanoseconds).ok()?;
    u64::try_from(nanoseconds / 1_000_000).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_parsed() {
        for (text, milliseconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2027-01-15T08:00:00Z", 1_800_000_000_000),
            ("2027-01-15t09:30:00.5+01:30", 1_800_000_000_500),
            ("2027-01-15 06:00:00.123456-02:00", 1_800_000_000_123),
            ("2024-02-29T23:59:60Z", 1_709_251_200_000),
            ("2016-12-31T15:59:60.7-08:00", 1_483_228_800_000),
            ("9999-12-31T23:59:59Z", 253_402_300_799_000),
            ("9999-12-31T23:59:59-23:59", 253_402_387_139_000),
        ] {
            assert_eq!(parse(text), Some(milliseconds), "{text}");
        }
        for wrong in [
            "",
            "now",
            "2027-01-15",
            "2027-01-15T08:00:00",
            "2027-01-15T08:00Z",
            "2027-02-29T08:00:00Z",
            "2027-13-01T08:00:00Z",
            "2027-01-00T08:00:00Z",
            "2027-01-15T24:00:00Z",
            "2027-01-15T08:00:00.Z",
            "2027-01-15T08:00:00+1:00",
            "2027-01-15T08:00:00+24:00",
            "2027-01-15T08:00:00Z ",
            "1969-12-31T23:59:59Z",
            "1969-12-31T23:59:59.9999Z",
            "2027-01-15_08:00:00Z",
            "2027-01-15T08:00:60Z",
            "２027-01-15T08:00:00Z",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times_are_written_with_their_date() {
        for (time, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_735_689_599_001, "2024-12-31T23:59:59.001Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (u64::MAX, "9999-12-31T23:59:59.615Z"),
        ] {
            assert_eq!(rfc3339_with_milliseconds(time), text);
        }
    }

    proptest! {
        #[test]
        fn a_time_survives_as_text(seconds in 0_u64..=253_402_300_799) {
            prop_assert_eq!(parse(&rfc3339(seconds * 1000)), Some(seconds * 1000));
        }
    }
}
