//! Times such as `90d`.

/// The units, with their seconds.
const UNITS: [(char, u64); 4] = [('d', 24 * 3600), ('h', 3600), ('m', 60), ('s', 1)];

/// Parses a number with a unit. Returns seconds.
pub fn seconds(text: &str) -> Result<u64, String> {
    let parse = || {
        let unit = text.chars().last()?;
        let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let number = text.strip_suffix(unit)?;
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        let number: u64 = number.parse().ok().filter(|_| digits)?;
        number.checked_mul(*seconds)
    };
    parse().ok_or_else(|| "write a number and a unit: 90d, 12h, 30m or 45s".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_number_and_a_unit() {
        assert_eq!(seconds("90d"), Ok(7_776_000));
        assert_eq!(seconds("12h"), Ok(43_200));
        assert_eq!(seconds("0s"), Ok(0));
        for wrong in [
            "",
            "d",
            "90",
            "-1d",
            "+1d",
            "1.5h",
            "1w",
            "9999999999999999999d",
            "1µ",
        ] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
