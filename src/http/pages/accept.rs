//! Content negotiation: `Accept-Encoding` of files and `Accept` of errors (RFC 9110, sections 12.5.1 and 12.5.3).

use axum::http::{HeaderMap, HeaderName, header};

/// An encoding of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Brotli, the smallest.
    Brotli,
    /// Gzip, for clients without brotli.
    Gzip,
    /// Not compressed.
    Identity,
}

impl Encoding {
    /// Its name in `Content-Encoding`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
            Self::Identity => "identity",
        }
    }

    /// The suffix of the file name.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
            Self::Identity => "",
        }
    }
}

/// The encodings that the request accepts, best first. `Identity` is included even if it was refused: a response in an
/// encoding that was not asked for is better than none.
pub fn accepted(headers: &HeaderMap) -> Vec<Encoding> {
    let weights = Weights::read(headers, header::ACCEPT_ENCODING);
    let mut forms: Vec<(u16, Encoding)> = [Encoding::Brotli, Encoding::Gzip, Encoding::Identity]
        .into_iter()
        .map(|form| (weights.of(form), form))
        .filter(|(weight, form)| *weight > 0 || *form == Encoding::Identity)
        .collect();
    // A stable sort: if two have the same weight, the smaller file stays first.
    forms.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    forms.into_iter().map(|(_, form)| form).collect()
}

/// Whether HTML is named in `Accept`, and JSON is not preferred to it. `*/*` alone, which programs send, does not name
/// it.
pub fn prefers_html(headers: &HeaderMap) -> bool {
    let weights = Weights::read(headers, header::ACCEPT);
    let weight = |kind: &str| weights.named(kind).unwrap_or(0);
    let html = weight("text/html").max(weight("application/xhtml+xml"));
    html > 0 && html >= weight("application/json").max(weight("application/problem+json"))
}

/// The members of a header field with their weights, in thousandths.
struct Weights(Vec<(String, u16)>);

impl Weights {
    fn read(headers: &HeaderMap, field: HeaderName) -> Self {
        let fields = headers.get_all(field).into_iter();
        let members = fields
            .filter_map(|field| field.to_str().ok())
            .flat_map(|field| field.split(','))
            .filter_map(member);
        Self(members.collect())
    }

    fn named(&self, name: &str) -> Option<u16> {
        let found = self.0.iter().find(|(member, _)| member == name);
        found.map(|(_, weight)| *weight)
    }

    fn of(&self, form: Encoding) -> u16 {
        let named = |name| self.named(name);
        match (named(form.name()), form) {
            (Some(weight), _) => weight,
            // Identity is always acceptable, but everything that was named is better.
            (None, Encoding::Identity) => named("*").map_or(1, |weight| weight.min(1)),
            (None, _) => named("*").unwrap_or(0),
        }
    }
}

/// One member of the list: a name with an optional `;q=0.5`. An invalid weight counts as 0.
fn member(text: &str) -> Option<(String, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let coding = parts.next().filter(|coding| !coding.is_empty())?;
    let weight = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("q")
            .then(|| thousandths(value.trim()))
    });
    Some((coding.to_ascii_lowercase(), weight.unwrap_or(1000)))
}

fn thousandths(text: &str) -> u16 {
    match text.parse::<f32>() {
        // The cast saturates, and the value is between 0 and 1000.
        Ok(weight) if (0.0..=1.0).contains(&weight) => (weight * 1000.0).round() as u16,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Encoding::{Brotli, Gzip, Identity};
    use axum::http::HeaderValue;

    fn accepted_by(value: &'static str) -> Vec<Encoding> {
        let value = HeaderValue::from_static(value);
        accepted(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, value)]))
    }

    #[test]
    fn a_browser_gets_brotli() {
        assert_eq!(
            accepted_by("gzip, deflate, br, zstd"),
            [Brotli, Gzip, Identity]
        );
        assert_eq!(accepted_by("GZIP , BR"), [Brotli, Gzip, Identity]);
    }

    #[test]
    fn a_client_without_brotli_gets_gzip() {
        assert_eq!(accepted_by("gzip, deflate"), [Gzip, Identity]);
    }

    #[test]
    fn without_the_field_the_file_is_not_compressed() {
        assert_eq!(accepted(&HeaderMap::new()), [Identity]);
        assert_eq!(accepted_by(""), [Identity]);
        assert_eq!(accepted_by("deflate, zstd"), [Identity]);
    }

    #[test]
    fn weights_have_precedence_over_size() {
        assert_eq!(accepted_by("br;q=0.5, gzip"), [Gzip, Brotli, Identity]);
        assert_eq!(accepted_by("gzip;q=0.2, identity;q=0.9"), [Identity, Gzip]);
        assert_eq!(
            accepted_by("br; q=0.001, gzip;Q=0.001"),
            [Brotli, Gzip, Identity]
        );
    }

    #[test]
    fn html_must_be_named_and_preferred() {
        let html = |value: &'static str| {
            let value = HeaderValue::from_static(value);
            prefers_html(&HeaderMap::from_iter([(header::ACCEPT, value)]))
        };
        assert!(html(
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
        ));
        assert!(html("text/html;q=0.5"));
        assert!(html("application/json, text/html"));
        assert!(!html("application/json, text/html;q=0.9"));
        assert!(!html("text/html;q=0, */*"));
        assert!(!html("*/*"));
        assert!(!html("text/event-stream"));
        assert!(!prefers_html(&HeaderMap::new()));
    }

    #[test]
    fn refused_encodings_are_not_sent() {
        assert_eq!(accepted_by("br;q=0, gzip"), [Gzip, Identity]);
        assert_eq!(accepted_by("br;q=0.0, *"), [Gzip, Identity]);
        assert_eq!(accepted_by("*"), [Brotli, Gzip, Identity]);
        assert_eq!(accepted_by("*;q=0"), [Identity]);
        assert_eq!(accepted_by("br;q=7, gzip;q=nan"), [Identity]);
    }
}
