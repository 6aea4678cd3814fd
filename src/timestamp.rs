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

/// A time in milliseconds since 1970 in UTC (RFC 3339), with whole seconds.
pub fn rfc3339(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    let (year, month, day) = date_of(seconds / DAY);
    let (hour, minute, second) = (seconds % DAY / 3600, seconds % 3600 / 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
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
    let (date, rest) = (text.get(..10)?, text.get(10..)?);
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (year, month, day) = fields(date, '-', [4, 2, 2])?;
    let (hour, minute, second) = fields(rest.get(..8)?, ':', [2, 2, 2])?;
    let is_date = (1..=12).contains(&month) && (1..=days_of_month(year, month)).contains(&day);
    if !is_date || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (fraction, zone) = fraction(rest.get(8..)?)?;
    let offset = offset(zone)?;
    let seconds = days_until(year, month, day) * DAY.cast_signed()
        + (hour * 3600 + minute * 60 + second).cast_signed()
        - offset;
    u64::try_from(seconds)
        .ok()?
        .checked_mul(1000)?
        .checked_add(fraction)
}

/// Seconds of a day.
const DAY: u64 = 24 * 3600;

/// Three numbers of these many digits.
fn fields(text: &str, separator: char, digits: [usize; 3]) -> Option<(u64, u64, u64)> {
    let mut parts = text.split(separator).zip(digits).map(|(part, digits)| {
        let is_number = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u64>().ok().filter(|_| is_number)
    });
    Some((parts.next()??, parts.next()??, parts.next()??))
}

/// The milliseconds of a fraction of a second, if there is one, and the rest of the text.
fn fraction(text: &str) -> Option<(u64, &str)> {
    let Some(rest) = text.strip_prefix('.') else {
        return Some((0, text));
    };
    let end = rest.find(|c: char| !c.is_ascii_digit())?;
    let milliseconds: String = rest[..end].chars().chain("00".chars()).take(3).collect();
    Some((milliseconds.parse().ok().filter(|_| end > 0)?, &rest[end..]))
}

/// The seconds by which local time is ahead of UTC.
fn offset(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let (sign, rest) = match zone.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes, _) = fields(&format!("{rest}:00"), ':', [2, 2, 2])?;
    let seconds = (hours * 3600 + minutes * 60).cast_signed();
    (rest.len() == 5 && hours < 24 && minutes < 60).then_some(sign * seconds)
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_of_month(year: u64, month: u64) -> u64 {
    match month {
        2 => 28 + u64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar; negative before.
fn days_until(year: u64, month: u64, day: u64) -> i64 {
    // Years begin in March here, so that the leap day is their last.
    let year = if month <= 2 {
        year.wrapping_sub(1)
    } else {
        year
    }
    .cast_signed();
    let month = (month + 9) % 12;
    let day_of_year = ((153 * month + 2) / 5 + day - 1).cast_signed();
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    days + day_of_year - 719_468
}

/// The year, month and day that are so many days after 1970-01-01.
fn date_of(days: u64) -> (u64, u64, u64) {
    let mut year = 1970 + days / 366;
    while days_until(year + 1, 1, 1) <= days.cast_signed() {
        year += 1;
    }
    let mut rest = days - days_until(year, 1, 1).cast_unsigned();
    let mut month = 1;
    while rest >= days_of_month(year, month) {
        rest -= days_of_month(year, month);
        month += 1;
    }
    (year, month, rest + 1)
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
            ("9999-12-31T23:59:59Z", 253_402_300_799_000),
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
