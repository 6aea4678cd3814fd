//! Checks that a request comes from a page of this server, or from no page (CSRF and DNS rebinding).
//!
//! Any page in a browser can send requests to this machine. A browser says which page sent a request in
//! `Sec-Fetch-Site` (Fetch Metadata), `Origin` (RFC 6454) or `Referer`, and a page can't forge these fields. Programs
//! like curl send none of them.

use axum::http::{HeaderName, Method, header, request::Parts};
use smallvec::{SmallVec, smallvec};

use crate::{
    auth::{Refusal, RefusalKind, client_address::Sender},
    config::{AllowedOrigin, Host, Origin},
};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The only path where a `GET` has an effect: the simple form of a push.
const ACTING_GET: &str = "/push";

/// Refuses a request whose host is neither a loopback name nor one of `allowed`. This prevents DNS rebinding: a page of
/// another site whose host name resolves to this machine.
pub fn check_host(parts: &Parts, allowed: &[Host]) -> Result<(), Refusal> {
    let known = |host: &Host| {
        host.is_loopback() || allowed.iter().any(|allowed| allowed.name() == host.name())
    };
    match hosts(parts) {
        Some(hosts) if hosts.iter().all(known) => Ok(()),
        _ => Err(Refusal::new(
            RefusalKind::UnknownHost,
            "without an admin token this server answers pushes and admin calls as localhost only: set --admin-token, or name the host in --allow-host or --public-url",
        )
        .field("Host")),
    }
}

/// The hosts that a request names, normally one; none if there is none or if one is not valid. HTTP/2 has it in
/// `:authority` (RFC 9113, section 8.3.1). A trusted proxy says which one the browser asked for.
pub(super) fn hosts(parts: &Parts) -> Option<SmallVec<[Host; 1]>> {
    let sender = parts.extensions.get::<Sender>();
    if let Some(host) = sender.and_then(|sender| sender.host.clone()) {
        return Some(smallvec![host]);
    }
    let headers = parts.headers.get_all(header::HOST);
    let mut hosts = SmallVec::new();
    for value in headers {
        hosts.push(value.to_str().ok()?.parse().ok()?);
    }
    if let Some(authority) = parts.uri.authority() {
        hosts.push(authority.as_str().parse().ok()?);
    }
    (!hosts.is_empty()).then_some(hosts)
}

/// Refuses a request from a page of another origin. `allowed` are further host names of this server, for proxies that
/// change `Host`.
pub fn check_origin(parts: &Parts, allowed: &[Host]) -> Result<(), Refusal> {
    let said_its_site = check_site(parts)?;
    let from_url = |name: HeaderName| {
        let mut values = parts.headers.get_all(name).iter().peekable();
        values.peek()?;
        Some(values.all(|value| {
            let origin = value.to_str().ok().map(Origin::of_url);
            origin.is_some_and(|origin| origin.is_ok_and(|origin| is_own(&origin, parts, allowed)))
        }))
    };
    match from_url(header::ORIGIN) {
        Some(true) => return Ok(()),
        Some(false) => return Err(refusal("Origin")),
        None if said_its_site => return Ok(()),
        None => {}
    }
    match from_url(header::REFERER) {
        Some(true) => Ok(()),
        Some(false) => Err(refusal("Referer")),
        None if is_silent_browser(parts) => Err(Refusal::new(
            RefusalKind::CrossSite,
            "the browser does not say which page sent the request: use POST",
        )),
        None => Ok(()),
    }
}

/// Refuses a request that does not say that it comes from a page of this server or of one of `origins`. A browser sends
/// cookies on behalf of any page, and a request with one that acts must name its page, which programs have no reason to.
pub fn check_named_origin(
    parts: &Parts,
    allowed: &[Host],
    origins: &[AllowedOrigin],
) -> Result<(), Refusal> {
    let name = match parts.headers.contains_key(header::ORIGIN) {
        true => header::ORIGIN,
        false => header::REFERER,
    };
    let mut values = parts.headers.get_all(&name).iter().peekable();
    let is_named = values.peek().is_some();
    let named = origins.iter().filter_map(AllowedOrigin::named);
    let may_act = values.all(|value| {
        let origin = value.to_str().ok().map(Origin::of_url);
        origin.is_some_and(|origin| {
            origin.is_ok_and(|origin| {
                is_own(&origin, parts, allowed) || named.clone().any(|other| *other == origin)
            })
        })
    });
    match (is_named && may_act, name == header::ORIGIN) {
        (true, _) => Ok(()),
        (false, true) => Err(refusal("Origin")),
        (false, false) => Err(Refusal::new(
            RefusalKind::CrossSite,
            "to publish with a cookie, a request must name the page that it comes from (Origin), and --allow-origin must name that origin if it is not this server's own",
        )
        .field("Origin")),
    }
}

/// Whether `Sec-Fetch-Site` is present; an error if it names another site. `same-site` is refused as well, because all
/// ports of localhost are the same site.
fn check_site(parts: &Parts) -> Result<bool, Refusal> {
    let mut there = false;
    for value in parts.headers.get_all(SEC_FETCH_SITE) {
        if !matches!(value.as_bytes(), b"same-origin" | b"none") {
            return Err(refusal("Sec-Fetch-Site"));
        }
        there = true;
    }
    Ok(there)
}

fn is_own(origin: &Origin, parts: &Parts, allowed: &[Host]) -> bool {
    let to = hosts(parts).unwrap_or_default();
    let same = !to.is_empty() && to.iter().all(|host| origin.is_at(host));
    same || allowed.iter().any(|host| origin.is_at(host))
}

/// Old browsers, and new ones over plain HTTP, can load an image without any of these fields.
fn is_silent_browser(parts: &Parts) -> bool {
    let agent = parts.headers.get(header::USER_AGENT);
    let is_browser = agent.is_some_and(|agent| agent.as_bytes().starts_with(b"Mozilla/"));
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    is_browser && reads && parts.uri.path() == ACTING_GET
}

fn refusal(field: &'static str) -> Refusal {
    Refusal::new(
        RefusalKind::CrossSite,
        "a page of another origin may not push or administer here; if this is the server's own page behind a proxy, set --public-url to its URL",
    )
    .field(field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).expect("a request").into_parts().0
    }

    fn host(value: &str, allowed: &[&str]) -> bool {
        let allowed: Vec<Host> = allowed
            .iter()
            .map(|host| host.parse().expect("a host"))
            .collect();
        check_host(&request("POST", "/push", &[("host", value)]), &allowed).is_ok()
    }

    /// What a request to `localhost:8020` with these headers is refused for.
    fn refused(method: &str, headers: &[(&str, &str)]) -> Option<&'static str> {
        let headers = [&[("host", "localhost:8020")], headers].concat();
        let error = check_origin(&request(method, "/push", &headers), &[]).err()?;
        assert_eq!(error.kind, RefusalKind::CrossSite);
        let field = error.field;
        Some(match field {
            Some("Origin") => "Origin",
            Some("Sec-Fetch-Site") => "Sec-Fetch-Site",
            Some("Referer") => "Referer",
            _ => "",
        })
    }

    #[test]
    fn only_local_and_allowed_hosts_are_accepted() {
        assert!(host("localhost:8020", &[]) && host("127.0.0.1", &[]) && host("[::1]:1", &[]));
        assert!(!host("rebound.example:8020", &[]) && !host("", &[]));
        assert!(!host("localhost@rebound.example", &[]));
        assert!(host("push.example:9", &["push.example"]));
        assert!(!host("evil.example", &["push.example"]));
        assert!(
            check_host(&request("GET", "/", &[]), &[]).is_err(),
            "no host at all"
        );
    }

    #[test]
    fn an_absolute_url_must_name_a_known_host_as_well() {
        let evil = request("GET", "http://evil.example/push", &[("host", "localhost")]);
        assert!(check_host(&evil, &[]).is_err());
        assert!(check_host(&request("GET", "http://localhost:8020/push", &[]), &[]).is_ok());
    }

    #[test]
    fn requests_of_programs_are_accepted() {
        assert_eq!(refused("POST", &[]), None);
        assert_eq!(refused("GET", &[("user-agent", "curl/8.0")]), None);
    }

    #[test]
    fn pages_of_this_server_are_accepted() {
        let own = ("origin", "http://localhost:8020");
        assert_eq!(
            refused("POST", &[own, ("sec-fetch-site", "same-origin")]),
            None
        );
        assert_eq!(refused("POST", &[own]), None);
        assert_eq!(
            refused("GET", &[("sec-fetch-site", "none")]),
            None,
            "typed in by hand"
        );
        assert_eq!(
            refused("GET", &[("referer", "http://localhost:8020/admin?a#b")]),
            None
        );
    }

    #[test]
    fn pages_of_other_origins_are_refused() {
        for site in ["cross-site", "same-site", "SAME-ORIGIN", ""] {
            assert_eq!(
                refused("GET", &[("sec-fetch-site", site)]),
                Some("Sec-Fetch-Site")
            );
        }
        for origin in [
            "http://evil.example",
            "http://localhost:3000",
            "http://localhost",
            "null",
            "",
        ] {
            assert_eq!(
                refused("POST", &[("origin", origin)]),
                Some("Origin"),
                "{origin}"
            );
        }
        let both = [
            ("sec-fetch-site", "same-origin"),
            ("origin", "http://evil.example"),
        ];
        assert_eq!(refused("POST", &both), Some("Origin"));
        let twice = [
            ("origin", "http://localhost:8020"),
            ("origin", "http://evil.example"),
        ];
        assert_eq!(refused("POST", &twice), Some("Origin"));
        let referer = [("referer", "http://evil.example/page")];
        assert_eq!(refused("GET", &referer), Some("Referer"));
    }

    #[test]
    fn a_cookie_acts_only_for_pages_that_are_named() {
        let origins: Vec<AllowedOrigin> = ["*", "https://shop.example"]
            .map(|text| text.parse().expect("an origin"))
            .into();
        let may = |headers: &[(&str, &str)]| {
            let headers = [&[("host", "localhost:8020")], headers].concat();
            check_named_origin(&request("POST", "/", &headers), &[], &origins).is_ok()
        };
        assert!(may(&[("origin", "https://shop.example")]));
        assert!(may(&[("origin", "http://localhost:8020")]));
        assert!(may(&[("referer", "https://shop.example/cart?a")]));
        assert!(!may(&[]));
        for origin in ["https://evil.example", "http://shop.example", "null", ""] {
            let referer = ("referer", "https://shop.example/");
            assert!(!may(&[("origin", origin), referer]), "{origin}");
        }
        let twice = ["https://shop.example", "https://evil.example"];
        assert!(!may(&twice.map(|origin| ("origin", origin))));
    }

    #[test]
    fn an_image_in_an_old_browser_can_not_push() {
        let browser = ("user-agent", "Mozilla/5.0 (X11; Linux)");
        assert_eq!(refused("GET", &[browser]), Some(""));
        assert_eq!(
            refused("POST", &[browser]),
            None,
            "a POST of a page has an Origin"
        );
        let list = request("GET", "/api/clients", &[("host", "localhost"), browser]);
        assert!(
            check_origin(&list, &[]).is_ok(),
            "what only reads can't be read by others"
        );
    }

    #[test]
    fn an_allowed_host_is_accepted_behind_a_proxy_that_changes_the_host() {
        let headers = [
            ("host", "127.0.0.1:8020"),
            ("origin", "https://push.example"),
        ];
        let request = request("POST", "/push", &headers);
        assert!(check_origin(&request, &[]).is_err());
        assert!(check_origin(&request, &["push.example".parse().expect("a host")]).is_ok());
        assert!(check_origin(&request, &["push.example:8443".parse().expect("a host")]).is_err());
    }
}
