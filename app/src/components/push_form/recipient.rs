//! Whom a push is for, and the recipients in a text.

/// Whom a push is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Recipient {
    Client(String),
    Topic(String),
}

impl Recipient {
    /// What a typed name means: a client id if it can be one, otherwise a topic.
    pub(crate) fn named(name: &str) -> Self {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._~:@-".contains(c);
        match name.len() <= 128 && name.chars().all(allowed) {
            true => Self::Client(name.to_owned()),
            false => Self::Topic(name.to_owned()),
        }
    }

    /// The name with its kind.
    pub(super) fn key(&self) -> String {
        format!("{self:?}")
    }

    /// The client id or the topic.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Client(name) | Self::Topic(name) => name,
        }
    }
}

/// The names in a text: a column of a table, a line of CSV, or ids with spaces between them. Quotes around a name are removed.
pub(super) fn names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut add = |name: &str| {
        let name = name.trim_matches('"');
        if !name.is_empty() && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    };
    for part in text.split(['\n', '\r', '\t', ',', ';']).map(str::trim) {
        // A topic may have spaces in it.
        match part.contains('/') {
            true => add(part),
            false => part.split_whitespace().for_each(&mut add),
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_column_becomes_names() {
        assert_eq!(names("ada\r\nbob\r\nada\r\n"), ["ada", "bob"]);
        assert_eq!(names(r#""ada";"bob", eve"#), ["ada", "bob", "eve"]);
        assert_eq!(
            names("ada bob\tnews/of the day"),
            ["ada", "bob", "news/of the day"]
        );
        assert_eq!(names(" , ;\n"), [""; 0]);
    }

    #[test]
    fn a_typed_name_is_a_client_if_it_can_be_one() {
        assert_eq!(Recipient::named("ada"), Recipient::Client("ada".to_owned()));
        let topic = Recipient::Topic("orders/42".to_owned());
        assert_eq!(Recipient::named("orders/42"), topic);
    }
}
