//! The fields of the JSON of an event. It is one type for all events, because browsers load code for each type that is
//! parsed.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::json;

/// The fields of a JSON object.
pub(super) struct Fields(Vec<(String, Box<RawValue>)>);

impl Fields {
    /// None: it is not a JSON object.
    pub(super) fn parse(json: &str) -> Option<Self> {
        json::decode(json).ok()
    }

    /// The JSON of a field, as it was written.
    pub(super) fn json(&self, name: &str) -> Option<&str> {
        let field = self.0.iter().find(|(field, _)| field == name)?;
        Some(field.1.get())
    }

    /// The text of a field.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        json::decode(self.json(name)?).ok()
    }

    /// The whole number of a field.
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        let number = self.json(name)?.parse::<u64>().ok()?;
        Some(number as f64)
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Fields(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_by_name_and_raw_json_stays_as_it_is() {
        let fields = Fields::parse(r#"{"a": "x\ny", "n": 25, "data": {"total": 1.10}}"#);
        let fields = fields.expect("an object");
        assert_eq!(fields.text("a").as_deref(), Some("x\ny"));
        assert_eq!(fields.number("n"), Some(25.0));
        assert_eq!(fields.json("data"), Some(r#"{"total": 1.10}"#));
        assert_eq!((fields.text("n"), fields.number("a")), (None, None));
        assert!(fields.json("b").is_none());
        assert!(Fields::parse("[]").is_none());
    }
}
