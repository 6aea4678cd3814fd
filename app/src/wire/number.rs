//! Whole numbers in requests.

use std::fmt;

use serde::{
    Deserializer,
    de::{Error, Unexpected, Visitor},
};

/// Reads a whole number or null. `5.0` is a whole number, too: some programs write all numbers with a point, and JSON
/// does not distinguish them (RFC 8259, section 6).
pub fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    deserializer.deserialize_any(Whole)
}

struct Whole;

impl Visitor<'_> for Whole {
    type Value = Option<u64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number from 0")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        // From here on, not every whole number has a float.
        const LIMIT: f64 = (1_u64 << f64::MANTISSA_DIGITS) as f64;
        match value.fract() == 0.0 && (0.0..LIMIT).contains(&value) {
            true => Ok(Some(value as u64)),
            false => Err(E::invalid_value(Unexpected::Float(value), &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Body {
        #[serde(default, deserialize_with = "super::whole")]
        number: Option<u64>,
    }

    fn read(json: &str) -> Option<Option<u64>> {
        let body: Option<Body> = serde_json::from_str(json).ok();
        body.map(|body| body.number)
    }

    #[test]
    fn a_whole_number_may_have_a_point() {
        for (text, number) in [("5", 5), ("5.0", 5), ("0.0", 0), ("-0.0", 0), ("1e3", 1000)] {
            let json = format!(r#"{{"number": {text}}}"#);
            assert_eq!(read(&json), Some(Some(number)), "{text}");
        }
        assert_eq!(read(r#"{"number": null}"#), Some(None));
        assert_eq!(read("{}"), Some(None));
    }

    #[test]
    fn other_values_are_refused() {
        for text in [
            "5.5",
            "-1",
            "-1.0",
            "1e300",
            "9007199254740992.0",
            "\"5\"",
            "[]",
            "true",
        ] {
            assert_eq!(read(&format!(r#"{{"number": {text}}}"#)), None, "{text}");
        }
    }
}
